#include "tracker/daemon/report.h"

#include "tracker/daemon/report_channels.h"

static const char *const kinds[REPORT_KINDS] = {
	[REPORT_ANNOUNCE] = "announce",
	[REPORT_SCRAPE] = "scrape",
	[REPORT_PUBLISH] = "publish",
	[REPORT_RECEIPTS] = "receipts",
	[REPORT_TELEMETRY] = "telemetry",
	[REPORT_WINDOW] = "window",
	[REPORT_STREAM] = "stream",
	[REPORT_MANIFEST] = "manifest",
	[REPORT_EVIDENCE] = "evidence",
	[REPORT_WS_CONNECT] = "ws_connect",
	[REPORT_WS_ANNOUNCE] = "ws_announce",
	[REPORT_WS_ANSWER] = "ws_answer",
	[REPORT_WS_SCRAPE] = "ws_scrape",
	[REPORT_ADMIN] = "admin",
	[REPORT_OTHER] = "other",
};

static const char *const udp_kinds[UDP_KINDS] = {
	[UDP_KIND_CONNECT] = "connect",
	[UDP_KIND_ANNOUNCE] = "announce",
	[UDP_KIND_SCRAPE] = "scrape",
	[UDP_KIND_OTHER] = "other",
};

static const char *const udp_results[UDP_RESULTS] = {
	[UDP_ANSWERED] = "answered",
	[UDP_BAD_ID] = "bad_id",
	[UDP_LIMITED] = "limited",
	[UDP_MALFORMED] = "malformed",
	[UDP_REFUSED] = "refused",
	[UDP_DENIED] = "denied",
};

/* ---- one table for both -------------------------------------------------- */

struct numbers {
	struct track_stats core;
	struct report host;
	uint64_t up_s, memory;
};

/*
 * A row: the object and key in /stats, the name and label in /metrics (name
 * NULL: not there), and where the number is.
 */
struct row {
	const char *group, *key;
	const char *metric, *label;
	bool counter;
	size_t at;
};

#define AT(field) offsetof(struct numbers, field)

static const struct row rows[] = {
	{ "swarms", "swarms", "swarms", NULL, false, AT(core.registry.swarms) },
	{ "swarms", "peers", NULL, NULL, false, AT(core.registry.peers) },
	{ "swarms", "peers4", "peers", "family=\"4\"", false,
	    AT(core.registry.peers4) },
	{ "swarms", "peers6", "peers", "family=\"6\"", false,
	    AT(core.registry.peers6) },
	{ "swarms", "seeders", "seeders", NULL, false,
	    AT(core.registry.seeders) },
	{ "swarms", "expired", "peers_removed_total", "why=\"expired\"", true,
	    AT(core.registry.expired) },
	{ "swarms", "stopped", "peers_removed_total", "why=\"stopped\"", true,
	    AT(core.registry.stopped) },
	{ "swarms", "evicted", "peers_removed_total", "why=\"evicted\"", true,
	    AT(core.plain.evicted) },
	{ "swarms", "refused_full", "peers_refused_total", "why=\"full\"", true,
	    AT(core.registry.refused_full) },
	{ "swarms", "refused_denied", "peers_refused_total", "why=\"denied\"",
	    true, AT(core.registry.refused_denied) },
	{ "swarms", "refused_nomem", "peers_refused_total", "why=\"nomem\"",
	    true, AT(core.registry.refused_nomem) },
	{ "swarms", "peers_told", "peers_told_total", NULL, true,
	    AT(core.peers_told) },
	{ "swarms", "bytes", "peer_bytes", NULL, false, AT(core.plain.bytes) },
	{ "live", "channels", "channels", NULL, false, AT(core.live.channels) },
	{ "live", "records", "records", NULL, false, AT(core.live.records) },
	{ "live", "bytes", "window_bytes", NULL, false, AT(core.live.bytes) },
	{ "live", "accepted", "frames_total", "result=\"accepted\"", true,
	    AT(core.live.accepted) },
	{ "live", "stale", "frames_total", "result=\"stale\"", true,
	    AT(core.live.stale) },
	{ "live", "chain", "frames_total", "result=\"chain\"", true,
	    AT(core.live.chain) },
	{ "live", "equiv", "frames_total", "result=\"equiv\"", true,
	    AT(core.live.equiv) },
	{ "live", "sig", "frames_total", "result=\"sig\"", true,
	    AT(core.live.sig) },
	{ "live", "other", "frames_total", "result=\"other\"", true,
	    AT(core.live.other) },
	{ "live", "forgotten", "channels_forgotten_total", NULL, true,
	    AT(core.live.forgotten) },
	{ "live", "on_duty", "on_duty", NULL, false, AT(core.on_duty) },
	{ "live", "present", "present", NULL, false, AT(core.present) },
	{ "live", "planned", "planned", NULL, false, AT(core.planned) },
	{ "errors", "announces", "errors_total", "kind=\"announce\"", true,
	    AT(core.announce_errors) },
	{ "errors", "scrapes", "errors_total", "kind=\"scrape\"", true,
	    AT(core.scrape_errors) },
	{ "errors", "publishes", "errors_total", "kind=\"publish\"", true,
	    AT(core.publish_errors) },
	{ "errors", "receipts", "errors_total", "kind=\"receipts\"", true,
	    AT(core.receipt_errors) },
	{ "errors", "telemetry", "errors_total", "kind=\"telemetry\"", true,
	    AT(core.telemetry_errors) },
	{ "errors", "denied", "denied_total", NULL, true, AT(core.denied) },
	{ "streams", "open", "streams", NULL, false, AT(host.streams) },
	{ "streams", "refused", "streams_closed_total", "why=\"refused\"", true,
	    AT(host.streams_refused) },
	{ "streams", "cut", "streams_closed_total", "why=\"slow\"", true,
	    AT(host.streams_cut) },
	{ "streams", "bytes", "stream_bytes_total", NULL, true,
	    AT(host.stream_bytes) },
	{ "http", "connections", "connections", NULL, false,
	    AT(host.connections) },
	{ "http", "accepted", "connections_total", "result=\"accepted\"", true,
	    AT(host.http.accepted) },
	{ "http", "refused", "connections_total", "result=\"refused\"", true,
	    AT(host.http.refused) },
	{ "http", "capped", "connections_total", "result=\"capped\"", true,
	    AT(host.http.capped) },
	{ "http", "evicted", "connections_cut_total", "why=\"evicted\"", true,
	    AT(host.http.evicted) },
	{ "http", "timeouts", "connections_cut_total", "why=\"timeout\"", true,
	    AT(host.http.timeouts) },
	{ "http", "tls_failed", "connections_cut_total", "why=\"tls\"", true,
	    AT(host.http.tls_failed) },
	{ "http", "bad", "bad_requests_total", NULL, true, AT(host.http.bad) },
	{ "http", "requests4", "requests_by_family_total", "family=\"4\"", true,
	    AT(host.family[0]) },
	{ "http", "requests6", "requests_by_family_total", "family=\"6\"", true,
	    AT(host.family[1]) },
	{ "process", "kicked", "kicked", NULL, false, AT(core.kicked) },
	{ "process", "memory", NULL, NULL, false, AT(memory) },
	{ "redis", "up", "redis_up", NULL, false, AT(host.share.up) },
	{ "redis", "ups", "redis_connects_total", NULL, true,
	    AT(host.share.ups) },
	{ "redis", "nodes", "redis_nodes", "state=\"all\"", false,
	    AT(host.redis.nodes) },
	{ "redis", "nodes_up", "redis_nodes", "state=\"up\"", false,
	    AT(host.redis.up) },
	{ "redis", "moved", "redis_moved_total", NULL, true,
	    AT(host.redis.moved) },
	{ "redis", "channels", "redis_channels", NULL, false,
	    AT(host.share.channels) },
	{ "redis", "appended", "redis_frames_total", "result=\"told\"", true,
	    AT(host.share.appended) },
	{ "redis", "taken", "redis_frames_total", "result=\"taken\"", true,
	    AT(host.share.taken) },
	{ "redis", "known", "redis_frames_total", "result=\"known\"", true,
	    AT(host.share.known) },
	{ "redis", "bad", "redis_frames_total", "result=\"bad\"", true,
	    AT(host.share.bad) },
	{ "redis", "lost", "redis_windows_lost_total", NULL, true,
	    AT(host.share.lost) },
	{ "redis", "refused", "redis_refused_total", NULL, true,
	    AT(host.share.refused) },
	{ "redis", "peers_taken", "redis_peers_total", "result=\"taken\"", true,
	    AT(host.share.peers) },
	{ "redis", "peers_told", "redis_peers_total", "result=\"told\"", true,
	    AT(host.share.out.told) },
	{ "redis", "peers_over", "redis_peers_total", "result=\"over\"", true,
	    AT(host.share.out.over) },
	{ "redis", "peers_dropped", "redis_peers_total", "result=\"dropped\"",
	    true, AT(host.share.out.dropped) },
	{ "websocket", "open", "ws_open", NULL, false, AT(host.ws_open) },
	{ "websocket", "refused", "ws_closed_total", "why=\"refused\"", true,
	    AT(host.ws_refused) },
	{ "websocket", "slow", "ws_closed_total", "why=\"slow\"", true,
	    AT(host.ws_slow) },
	{ "websocket", "timeouts", "ws_closed_total", "why=\"timeout\"", true,
	    AT(host.ws_timeouts) },
	{ "websocket", "broken", "ws_closed_total", "why=\"broken\"", true,
	    AT(host.ws_broken) },
	{ "websocket", "swarms", "ws_swarms", NULL, false, AT(host.ws_swarms) },
	{ "websocket", "peers", "ws_peers", NULL, false, AT(host.ws_peers) },
	{ "websocket", "seeders", "ws_seeders", NULL, false,
	    AT(host.ws_seeders) },
	{ "websocket", "offers", "ws_relayed_total", "what=\"offer\"", true,
	    AT(host.ws_offers) },
	{ "websocket", "answers", "ws_relayed_total", "what=\"answer\"", true,
	    AT(host.ws_answers) },
	{ "websocket", "expired", "ws_peers_removed_total", "why=\"expired\"",
	    true, AT(host.ws_expired) },
	{ "websocket", "evicted", "ws_peers_removed_total", "why=\"evicted\"",
	    true, AT(host.ws_evicted) },
	{ "websocket", "refused_full", "ws_peers_refused_total", "why=\"full\"",
	    true, AT(host.ws_full) },
	{ "websocket", "refused_id", "ws_peers_refused_total", "why=\"id\"",
	    true, AT(host.ws_foreign) },
	{ "websocket", "errors", "ws_errors_total", NULL, true,
	    AT(host.ws_errors) },
	{ "websocket", "bytes_in", "ws_bytes_total", "way=\"in\"", true,
	    AT(host.ws_bytes_in) },
	{ "websocket", "bytes_out", "ws_bytes_total", "way=\"out\"", true,
	    AT(host.ws_bytes_out) },
	{ "udp", "received", "udp_datagrams_total", "way=\"received\"", true,
	    AT(host.udp.sock.received) },
	{ "udp", "sent", "udp_datagrams_total", "way=\"sent\"", true,
	    AT(host.udp.sock.sent) },
	{ "udp", "bytes_in", "udp_bytes_total", "way=\"received\"", true,
	    AT(host.udp.sock.bytes_in) },
	{ "udp", "bytes_out", "udp_bytes_total", "way=\"sent\"", true,
	    AT(host.udp.sock.bytes_out) },
	{ "udp", "lost", "udp_dropped_total", "why=\"buffer\"", true,
	    AT(host.udp.sock.lost) },
	{ "udp", "truncated", "udp_dropped_total", "why=\"long\"", true,
	    AT(host.udp.sock.truncated) },
	{ "udp", "unsent", "udp_dropped_total", "why=\"unsent\"", true,
	    AT(host.udp.sock.unsent) },
	{ "process", "bytes_out", "bytes_out_total", NULL, true,
	    AT(host.bytes_out) },
	{ "process", "reloads", "reloads_total", NULL, true, AT(host.reloads) },
	{ "process", "up_s", "uptime_seconds", NULL, false, AT(up_s) },
};

static void
collect(const struct track *t, const struct report *r, struct numbers *out)
{
	memset(out, 0, sizeof(*out));
	track_stats(t, &out->core);
	out->host = *r;
	out->memory = process_memory(&r->process);
	out->up_s = (uint64_t)(r->up / SP_S);
}

static uint64_t
value(const struct numbers *n, size_t at)
{
	uint64_t v;

	memcpy(&v, (const uint8_t *)n + at, sizeof(v));
	return v;
}

/* ---- JSON ---------------------------------------------------------------- */

json_t *
report_channels(const struct track *t, sp_time now)
{
	const struct live *l = track_live(t);
	const struct roster *roster;
	char hex[2 * LINK_INFOHASH_LEN + 1];
	const struct live_chan *ch;
	struct live_chan_stats s;
	json_t *list = json_array(), *o, *fares;
	size_t it = 0;

	while ((ch = live_next(l, &it)) != NULL) {
		live_chan_stats(ch, &s);
		buf_hex(hex, s.info_hash, sizeof(s.info_hash));
		roster = track_roster_get(t, s.info_hash);
		o = json_pack("{s:s s:I s:I s:i s:i s:i s:i s:i s:i}",
		    "info_hash", hex, "seq", (json_int_t)s.seq, "bytes",
		    (json_int_t)s.bytes, "records", (int)s.records, "tracks",
		    (int)s.tracks, "epoch", (int)s.epoch, "window_ms",
		    (int)s.window_ms, "kbps", (int)s.kbps, "on_duty",
		    roster == NULL ? 0 : (int)roster->n);
		fares = report_channel_json(t, s.info_hash, now);
		json_object_update_missing(o, fares);
		json_decref(fares);
		json_array_append_new(list, o);
	}
	return list;
}

/* What was asked by UDP, both families: "announce": {"answered": 7, ...} */
static json_t *
udp_requests(const struct report *r)
{
	const struct udp_stats *f = r->udp.face;
	json_t *all = json_object(), *one;

	for (int k = 0; k < UDP_KINDS; k++) {
		one = json_object();
		for (int i = 0; i < UDP_RESULTS; i++)
			json_object_set_new(one, udp_results[i],
			    json_integer((json_int_t)(f[0].requests[k][i] +
						      f[1].requests[k][i])));
		json_object_set_new(all, udp_kinds[k], one);
	}
	return all;
}

char *
report_json(const struct track *t, const struct report *r)
{
	json_t *root = json_object(), *group;
	struct numbers n;
	char *text;

	collect(t, r, &n);
	for (size_t i = 0; i < SP_LEN(rows); i++) {
		group = json_object_get(root, rows[i].group);
		if (group == NULL) {
			group = json_object();
			json_object_set_new(root, rows[i].group, group);
		}
		json_object_set_new(group, rows[i].key,
		    json_integer((json_int_t)value(&n, rows[i].at)));
	}
	group = json_object();
	for (size_t i = 0; i < REPORT_KINDS; i++)
		json_object_set_new(group, kinds[i],
		    json_integer((json_int_t)r->requests[i]));
	json_object_set_new(root, "requests", group);
	json_object_set_new(root, "udp_requests", udp_requests(r));
	json_object_set_new(root, "channels", report_channels(t, r->now));
	text = json_dumps(root, JSON_INDENT(2));
	json_decref(root);
	return text;
}

/* ---- Prometheus ---------------------------------------------------------- */

/* What each is; who adds a metric to the table says it here. */
static const struct {
	const char *name, *text;
} helps[] = {
	{ "redis_up", "Whether state is shared." },
	{ "redis_nodes",
	    "Redis servers that have keys; more than 1: a cluster." },
	{ "redis_moved_total", "Commands that met MOVED or ASK." },
	{ "redis_connects_total", "Times that Redis was reached." },
	{ "redis_channels", "Channels known of here or through Redis." },
	{ "redis_frames_total", "Manifests and records through Redis." },
	{ "redis_windows_lost_total", "Windows that Redis had lost." },
	{ "redis_refused_total", "Commands that Redis refused." },
	{ "redis_peers_total", "Announces told, and taken from others." },
	{ "bad_requests_total",
	    "HTTP requests that had no answer but an error." },
	{ "bytes_out_total", "Bodies of HTTP replies but for streams." },
	{ "channels", "Live channels." },
	{ "channels_forgotten_total", "Channels that published nothing." },
	{ "connections", "HTTP connections." },
	{ "connections_cut_total",
	    "HTTP connections that the tracker closed." },
	{ "connections_total", "HTTP connections that came." },
	{ "denied_total", "Requests that lists or kicks did not permit." },
	{ "errors_total", "Requests that were refused." },
	{ "frames_total", "Records and manifests that were published." },
	{ "kicked", "Swarms, hosts and peers that are kicked out." },
	{ "on_duty", "Viewers on duty for a channel's origin." },
	{ "peer_bytes", "Memory of ordinary swarms." },
	{ "peers", "Peers that are kept." },
	{ "peers_refused_total", "Peers that were answered and not kept." },
	{ "peers_removed_total", "Peers that are kept no longer." },
	{ "peers_told_total", "Addresses that were handed out." },
	{ "planned", "Viewers in planned trees." },
	{ "present", "Viewers whose stream names them." },
	{ "records", "Records in live windows." },
	{ "reloads_total", "Times that lists were read again." },
	{ "requests_by_family_total", "HTTP requests." },
	{ "requests_total", "HTTP requests." },
	{ "seeders", "Peers that have everything." },
	{ "streams", "Open streams and polls of live windows." },
	{ "stream_bytes_total", "What was written to streams." },
	{ "streams_closed_total", "Streams that were refused or cut." },
	{ "swarms", "Swarms that are kept." },
	{ "udp_bytes_total", "Payload of datagrams." },
	{ "udp_datagrams_total", "Datagrams that came and that went." },
	{ "udp_dropped_total", "Datagrams lost or thrown away on this host." },
	{ "udp_requests_total", "Requests by UDP, and what became of them." },
	{ "uptime_seconds", "Since the start." },
	{ "window_bytes", "Memory of live windows." },
	{ "ws_bytes_total", "Bytes by WebSocket." },
	{ "ws_closed_total", "WebSockets that the tracker refused or closed." },
	{ "ws_errors_total", "Messages by WebSocket that were refused." },
	{ "ws_open", "Open WebSockets." },
	{ "ws_peers", "Peers behind WebSockets." },
	{ "ws_peers_refused_total", "Those that were answered and not kept." },
	{ "ws_peers_removed_total", "Those that are kept no longer." },
	{ "ws_relayed_total", "WebRTC offers and answers passed on." },
	{ "ws_seeders", "Peers behind WebSockets that have everything." },
	{ "ws_swarms", "Swarms of peers behind WebSockets." },
};

static void
put_help(struct sp_buf *b, const char *name)
{
	for (size_t i = 0; i < SP_LEN(helps); i++) {
		if (strcmp(helps[i].name, name) != 0)
			continue;
		buf_put_str(b, "# HELP spate_tracker_");
		buf_put_str(b, name);
		buf_put_str(b, " ");
		buf_put_str(b, helps[i].text);
		buf_put_str(b, "\n");
	}
}

static void
put_type(struct sp_buf *b, const char *name, bool counter)
{
	put_help(b, name);
	buf_put_str(b, "# TYPE spate_tracker_");
	buf_put_str(b, name);
	buf_put_str(b, counter ? " counter\n" : " gauge\n");
}

static void
put_metric(struct sp_buf *b, const char *name, const char *label, uint64_t v)
{
	buf_put_str(b, "spate_tracker_");
	buf_put_str(b, name);
	if (label != NULL) {
		buf_put_str(b, "{");
		buf_put_str(b, label);
		buf_put_str(b, "}");
	}
	buf_put_str(b, " ");
	buf_put_dec(b, (int64_t)v);
	buf_put_str(b, "\n");
}

static void
put_udp(struct sp_buf *b, const struct report *r)
{
	char label[96];

	put_type(b, "udp_requests_total", true);
	for (int v6 = 0; v6 < 2; v6++)
		for (int k = 0; k < UDP_KINDS; k++)
			for (int i = 0; i < UDP_RESULTS; i++) {
				snprintf(label, sizeof(label),
				    "family=\"%d\",kind=\"%s\",result=\"%s\"",
				    v6 ? 6 : 4, udp_kinds[k], udp_results[i]);
				put_metric(b, "udp_requests_total", label,
				    r->udp.face[v6].requests[k][i]);
			}
}

int
report_metrics(const struct track *t, const struct report *r, struct sp_buf *b)
{
	const char *last = "";
	struct numbers n;
	char label[64];

	collect(t, r, &n);
	for (size_t i = 0; i < SP_LEN(rows); i++) {
		if (rows[i].metric == NULL)
			continue;
		if (strcmp(last, rows[i].metric) != 0)
			put_type(b, rows[i].metric, rows[i].counter);
		last = rows[i].metric;
		put_metric(b, last, rows[i].label, value(&n, rows[i].at));
	}
	put_type(b, "requests_total", true);
	for (size_t i = 0; i < REPORT_KINDS; i++) {
		snprintf(label, sizeof(label), "kind=\"%s\"", kinds[i]);
		put_metric(b, "requests_total", label, r->requests[i]);
	}
	process_metrics(&r->process, &r->took, b);
	put_udp(b, r);
	return report_channels_metrics(t, b, r->now);
}
