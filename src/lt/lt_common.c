#include "lt/lt.h"

/* What is the same with libtorrent and without. */

static const struct lt_kv quiet[] = {
	{ "user_agent", "spate" },
	{ "peer_fingerprint", "-SX0010-" },
	{ "listen_interfaces", "127.0.0.1:0" },
	{ "enable_dht", "0" },
	{ "enable_lsd", "0" },
	{ "enable_upnp", "0" },
	{ "enable_natpmp", "0" },
	{ "dht_bootstrap_nodes", "" },
	/* uTP is slower, and collapses with small buffers. */
	{ "enable_outgoing_utp", "0" },
	{ "enable_incoming_utp", "0" },
	{ "announce_to_all_trackers", "0" },
	{ "stop_tracker_timeout", "1" },
	/* Names in links are not looked up as what they look like. */
	{ "allow_idna", "0" },
	{ "ssrf_mitigation", "1" },
	/* No address of ours in what is told, no version of the library. */
	{ "always_send_user_agent", "0" },
	{ "no_atime_storage", "1" },
};

static const struct lt_kv dht[] = {
	{ "listen_interfaces", "0.0.0.0:0,[::]:0" },
	{ "enable_dht", "1" },
	{ "dht_bootstrap_nodes", "dht.libtorrent.org:25401,"
				 "router.bittorrent.com:6881,"
				 "dht.transmissionbt.com:6881" },
};

static const struct lt_kv local_dht[] = {
	{ "enable_dht", "1" },
	{ "dht_restrict_routing_ips", "0" },
	{ "dht_restrict_search_ips", "0" },
	{ "dht_enforce_node_id", "0" },
	{ "dht_prefer_verified_node_ids", "0" },
	{ "dht_ignore_dark_internet", "0" },
	{ "dht_block_ratelimit", "1000000" },
	{ "dht_upload_rate_limit", "10000000" },
	{ "allow_multiple_connections_per_ip", "1" },
};

static const struct lt_kv portmap[] = {
	{ "listen_interfaces", "0.0.0.0:0" },
	{ "enable_upnp", "1" },
	{ "enable_natpmp", "1" },
};

static const struct lt_kv peers[] = {
	{ "listen_interfaces", "0.0.0.0:0,[::]:0" },
	{ "enable_dht", "1" },
	{ "dht_bootstrap_nodes", "dht.libtorrent.org:25401,"
				 "router.bittorrent.com:6881,"
				 "dht.transmissionbt.com:6881" },
	{ "enable_lsd", "1" },
	{ "enable_incoming_utp", "1" },
};

size_t
lt_preset(enum lt_preset which, const struct lt_kv **out)
{
	switch (which) {
	case LT_PRESET_QUIET:
		*out = quiet;
		return SP_LEN(quiet);
	case LT_PRESET_DHT:
		*out = dht;
		return SP_LEN(dht);
	case LT_PRESET_LOCAL_DHT:
		*out = local_dht;
		return SP_LEN(local_dht);
	case LT_PRESET_PORTMAP:
		*out = portmap;
		return SP_LEN(portmap);
	case LT_PRESET_PEERS:
		*out = peers;
		return SP_LEN(peers);
	}
	*out = NULL;
	return 0;
}

uint32_t
lt_info_piece_size(const struct lt_info *i, uint32_t piece)
{
	int64_t left;

	if (piece >= i->n_pieces)
		return 0;
	left = i->total - (int64_t)piece * i->piece_length;
	return (uint32_t)SP_MIN(left, (int64_t)i->piece_length);
}

const char *
lt_event_name(enum lt_event_type type)
{
	static const char *const names[] = {
		[LT_EV_NONE] = "none",
		[LT_EV_LISTENING] = "listening",
		[LT_EV_LISTEN_FAILED] = "listen-failed",
		[LT_EV_ADDRESS] = "address",
		[LT_EV_MAPPED] = "mapped",
		[LT_EV_MAP_FAILED] = "map-failed",
		[LT_EV_LOG] = "log",
		[LT_EV_DHT_READY] = "dht-ready",
		[LT_EV_DHT_PEERS] = "dht-peers",
		[LT_EV_DHT_ITEM] = "dht-item",
		[LT_EV_DHT_PUT] = "dht-put",
		[LT_EV_DHT_END] = "dht-end",
		[LT_EV_DHT_STATS] = "dht-stats",
		[LT_EV_COUNTERS] = "counters",
		[LT_EV_STATE] = "state",
		[LT_EV_STATUS] = "status",
		[LT_EV_DROPPED] = "dropped",
		[LT_EV_ADDED] = "added",
		[LT_EV_METADATA] = "metadata",
		[LT_EV_CHECKED] = "checked",
		[LT_EV_PIECE] = "piece",
		[LT_EV_DATA] = "data",
		[LT_EV_HASH_FAILED] = "hash-failed",
		[LT_EV_FINISHED] = "finished",
		[LT_EV_RESUME] = "resume",
		[LT_EV_PEERS] = "peers",
		[LT_EV_LSD_PEER] = "lsd-peer",
		[LT_EV_BANNED] = "banned",
		[LT_EV_TRACKER_ERROR] = "tracker-error",
		[LT_EV_TORRENT_ERROR] = "torrent-error",
		[LT_EV_REMOVED] = "removed",
		[LT_EV_FILES_REMOVED] = "files-removed",
	};

	if ((size_t)type < SP_LEN(names) && names[type] != NULL)
		return names[type];
	return "unknown";
}
