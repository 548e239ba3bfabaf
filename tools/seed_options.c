#include "tools/seed_options.h"

#include "io/daemon.h"
#include "io/sock.h"
#include "lt/lt.h"
#include "wire/metainfo.h"
#include "wire/uri.h"

#define AT(field) CONF_AT(struct seed_options, field)

static const struct conf_row rows[] = {
	{ "key", 'k', CONF_PATH, AT(key), 1, 4000, NULL, "KEYFILE",
	    "key of the channel, as spate-channel makes it", 0 },
	{ "passphrase-file", 0, CONF_PATH, AT(phrase), 1, 4000, NULL, "FILE",
	    "file whose first line opens a sealed key", 0 },
	{ "tracker", 'T', CONF_LIST, AT(trackers), 1, LIM_URI, NULL, "URL",
	    "tracker besides those of the key file; may be repeated", 0 },
	{ "origin", 'O', CONF_LIST, AT(origins), 1, LIM_URI, NULL, "URL",
	    "public base URL of the source; may be repeated", 0 },
	{ "state", 's', CONF_PATH, AT(state), 1, 4000, NULL, "FILE",
	    "checkpoint; KEYFILE.state when not set", 0 },
	{ "journal", 'j', CONF_PATH, AT(journal), 1, 4000, NULL, "FILE",
	    "append all that is signed to FILE, for spate-archive", 0 },
	{ "new-epoch", 0, CONF_FLAG, AT(new_epoch), 0, 0, NULL, NULL,
	    "begin the next epoch of the channel", CONF_F_CMDLINE },
	{ "window", 'w', CONF_TIME, AT(window), 10 * SP_S, 600 * SP_S, "60s",
	    "TIME", "how long trackers and peers keep a piece", 0 },
	{ "wait", 'W', CONF_TIME, AT(wait), 0, 86400 * SP_S, "30s", "TIME",
	    "give up when the source is not there at the start", 0 },
	{ "poll", 0, CONF_TIME, AT(poll), 0, 60 * SP_S, "0", "TIME",
	    "between looks at a playlist; 0 is what RFC 8216 says", 0 },
	{ "peer-port", 'P', CONF_INT, AT(peer_port), 0, 65535, "0", "PORT",
	    "port for peers; 0 takes a free one", 0 },
	{ "upload", 'u', CONF_STR, AT(upload), 1, 64, "none", "RATE|none",
	    "most that is sent; 0 is no limit", 0 },
	{ "dht", 0, CONF_ENUM, AT(dht.use), 0, 0, "auto", "auto|yes|no",
	    "publish the channel in the DHT; auto: if there is no tracker", 0 },
	{ "dht-bootstrap", 0, CONF_LIST, AT(dht.bootstrap), 1, 300, NULL,
	    "HOST:PORT", "node of the DHT to begin with; may be repeated", 0 },
	{ "dht-listen", 0, CONF_STR, AT(dht.listen), 1, 255, NULL, "ADDR:PORT",
	    "where the DHT listens, by UDP", 0 },
	{ "dht-state", 0, CONF_PATH, AT(dht.state), 1, 4000, NULL, "FILE",
	    "keep nodes of the DHT in FILE", 0 },
	{ "congestion", 0, CONF_STR, AT(congestion), 1, 15, NULL, "NAME",
	    "the kernel's congestion control for peers, such as bbr", 0 },
	{ "lan", 0, CONF_FLAG, AT(lan), 0, 0, NULL, NULL,
	    "meet peers on private addresses", 0 },
	{ "no-port-map", 0, CONF_FLAG, AT(no_port_map), 0, 0, NULL, NULL,
	    "do not ask the gateway to let peers in", 0 },
	{ "no-lsd", 0, CONF_FLAG, AT(no_lsd), 0, 0, NULL, NULL,
	    "do not look for peers on the local network", 0 },
	{ "file", 'F', CONF_LIST, AT(files), 1, 4000, NULL, "PATH",
	    "file or folder to publish; may be repeated", 0 },
	{ "format", 0, CONF_ENUM, AT(format), 0, 0, "hybrid", "hybrid|v2|v1",
	    "version of the torrent of the files", 0 },
	{ "piece-length", 0, CONF_SIZE, AT(piece_length), 0, METAINFO_PIECE_MAX,
	    "0", "SIZE", "power of two from 16KiB on; 0 chooses", 0 },
	{ "web-seed", 0, CONF_LIST, AT(web_seeds), 1, LIM_URI, NULL, "URL",
	    "where the files are on the web, too; may be repeated", 0 },
	{ "torrent", 0, CONF_PATH, AT(torrent), 1, 4000, NULL, "FILE",
	    "write the files' .torrent there", 0 },
	{ "torrent-port", 0, CONF_INT, AT(torrent_port), 0, 65535, "0", "PORT",
	    "port for peers of the files; 0 takes a free one", 0 },
	{ "rescan", 0, CONF_TIME, AT(rescan), 0, 86400 * SP_S, "0", "TIME",
	    "look for changed files so often; 0 is on SIGHUP only", 0 },
	{ "status-listen", 0, CONF_STR, AT(status), 1, 255, NULL, "ADDR:PORT",
	    "answer GET /status there", 0 },
};

bool
seed_options_upload(const struct seed_options *o, int64_t *bps)
{
	*bps = 0;
	return strcmp(o->upload, "none") != 0 &&
	       conf_get_rate(o->upload, bps) == 0;
}

static const char *
check_urls(const struct conf_list *l, bool base)
{
	for (size_t i = 0; i < l->n; i++)
		if (!uri_is_http(l->v[i], strlen(l->v[i])) ||
		    (base && strchr(l->v[i], '?') != NULL))
			return "not an http or https URL";
	return NULL;
}

static const char *
check_files(const struct seed_options *o, const char **what)
{
	int64_t n = o->piece_length;

	*what = "web-seed";
	if (o->web_seeds.n > LIM_HEAD_URLS)
		return "too many";
	if (o->web_seeds.n > 0 && o->files.n == 0)
		return "is of files only: --file PATH";
	*what = "piece-length";
	if (n != 0 && (n < METAINFO_PIECE_MIN || (n & (n - 1)) != 0))
		return "not a power of two from 16KiB on";
	*what = "torrent";
	if (o->torrent != NULL && o->files.n == 0)
		return "is of files only: --file PATH";
	*what = "web-seed";
	return check_urls(&o->web_seeds, true);
}

static const char *
check(const void *opts, const char **what)
{
	const struct seed_options *o = opts;
	struct sp_addr a[2];
	const char *why;
	int64_t bps;

	*what = "key";
	if (o->key == NULL)
		return "is needed: -k KEYFILE";
	*what = "tracker";
	if ((why = check_urls(&o->trackers, false)) != NULL)
		return why;
	*what = "origin";
	if ((why = check_urls(&o->origins, true)) != NULL)
		return why;
	*what = "upload";
	if (strcmp(o->upload, "none") != 0 &&
	    conf_get_rate(o->upload, &bps) < 0)
		return "neither none nor a rate";
	if ((why = dht_options_check(&o->dht, what)) != NULL)
		return why;
	*what = "congestion";
	if (o->congestion != NULL && !sock_has_congestion(o->congestion))
		return "not in net.ipv4.tcp_allowed_congestion_control";
	if ((why = check_files(o, what)) != NULL)
		return why;
	*what = "dht";
	if (o->dht.use == DHT_YES && !lt_is_there())
		return "built without libtorrent: there is none";
	*what = "status-listen";
	if (o->status != NULL && sock_listen_parse(o->status, a) < 0)
		return "not an address with a port";
	return NULL;
}

const struct conf_prog seed_options_prog = {
	.name = "spate-seed",
	.version = daemon_version,
	.usage = "-k KEYFILE [options] [SOURCE]",
	.text = "publish a live HLS stream, or files, as a channel",
	.std = CONF_STD_DAEMON,
	.std_at = offsetof(struct seed_options, std),
	.rows = rows,
	.nrows = SP_LEN(rows),
	.min_args = 0,
	.max_args = 1,
	.check = check,
};
