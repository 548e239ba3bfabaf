#include "swarm/client/options.h"

#include "io/daemon.h"
#include "io/sock.h"
#include "io/when.h"
#include "swarm/client/player.h"
#include "swarm/mesh.h"
#include "wire/uri.h"

#define AT(field) CONF_AT(struct options, field)

static const struct conf_row rows[] = {
	{ "port", 'p', CONF_INT, AT(port), 0, 65535, "0", "PORT",
	    "port for players on this machine; 0 takes a free one", 0 },
	{ "listen", 'l', CONF_STR, AT(listen), 1, 255, NULL, "ADDR:PORT",
	    "where players connect, instead of 127.0.0.1", 0 },
	{ "token", 0, CONF_STR, AT(token), DOOR_TOKEN_MIN, DOOR_TOKEN_MAX, NULL,
	    "TOKEN", "what players must present", 0 },
	{ "exec", 'e', CONF_STR, AT(exec), 1, 4096, NULL, "COMMAND",
	    "play with this shell command; %u is the URL", 0 },
	{ "stdout", 's', CONF_FLAG, AT(to_stdout), 0, 0, NULL, NULL,
	    "write the stream to standard output", 0 },
	{ "track", 't', CONF_INT, AT(track), -1, LIM_TRACKS - 1, "-1", "ID",
	    "track to begin with; -1 is the first variant", 0 },
	{ "all-renditions", 0, CONF_FLAG, AT(all_renditions), 0, 0, NULL, NULL,
	    "offer players renditions that few others watch, too", 0 },
	{ "peer-port", 'P', CONF_INT, AT(peer_port), 0, 65535, "0", "PORT",
	    "port for peers; 0 takes a free one", 0 },
	{ "upload", 'u', CONF_RATE, AT(up_bps), 0, INT64_MAX, "0", "RATE",
	    "most that is sent on the wire; 0 is no limit", 0 },
	{ "no-upload", 'U', CONF_FLAG, AT(no_upload), 0, 0, NULL, NULL,
	    "send no media to peers", 0 },
	{ "no-telemetry", 0, CONF_FLAG, AT(no_telemetry), 0, 0, NULL, NULL,
	    "do not tell the tracker how playback goes", 0 },
	{ "neighbours", 0, CONF_INT, AT(neighbours), 1, MESH_PEERS_MAX, "24",
	    "N", "peers to be connected with", 0 },
	{ "congestion", 0, CONF_STR, AT(congestion), 1, 15, NULL, "NAME",
	    "the kernel's congestion control for peers, such as bbr", 0 },
	{ "lan", 0, CONF_FLAG, AT(lan), 0, 0, NULL, NULL,
	    "meet peers and origins on private addresses", 0 },
	{ "identity", 'i', CONF_PATH, AT(identity), 1, 4095, NULL, "FILE",
	    "keep this peer's key in FILE, made if missing", 0 },
	{ "dht", 0, CONF_ENUM, AT(dht.use), 0, 0, "auto", "auto|yes|no",
	    "find peers and trackers by the DHT; auto: if no tracker is known",
	    0 },
	{ "dht-bootstrap", 0, CONF_LIST, AT(dht.bootstrap), 1, 300, NULL,
	    "HOST:PORT", "node of the DHT to begin with; may be repeated", 0 },
	{ "dht-listen", 0, CONF_STR, AT(dht.listen), 1, 255, NULL, "ADDR:PORT",
	    "where the DHT listens, by UDP", 0 },
	{ "dht-state", 0, CONF_PATH, AT(dht.state), 1, 4095, NULL, "FILE",
	    "keep nodes of the DHT in FILE", 0 },
	{ "no-port-map", 0, CONF_FLAG, AT(no_port_map), 0, 0, NULL, NULL,
	    "do not ask the gateway to let neighbours in", 0 },
	{ "no-lsd", 0, CONF_FLAG, AT(no_lsd), 0, 0, NULL, NULL,
	    "do not look for peers on the local network", 0 },
	{ "ephemeral", 0, CONF_FLAG, AT(ephemeral), 0, 0, NULL, NULL,
	    "a fresh key for this run, whatever identity says", 0 },
	{ "delay", 'D', CONF_TIME, AT(delay), 0, 60 * SP_S, "0", "TIME",
	    "playout delay; 0 derives it from the stream", 0 },
	{ "window", 'w', CONF_TIME, AT(window), 10 * SP_S, 600 * SP_S, "60s",
	    "TIME", "media kept for players and peers", 0 },
	{ "wait", 'W', CONF_TIME, AT(wait), 0, 86400 * SP_S, "0", "TIME",
	    "give up when the channel is unknown for so long; 0 never", 0 },
	{ "tracker", 'T', CONF_LIST, AT(trackers), 1, LIM_URI, NULL, "URL",
	    "tracker besides those of the link; may be repeated", 0 },
	{ "origin", 'O', CONF_LIST, AT(origins), 1, LIM_URI, NULL, "URL",
	    "origin besides those of the link; may be repeated", 0 },
	{ "save", 0, CONF_PATH, AT(save), 1, 4000, NULL, "DIR",
	    "keep a torrent's files in DIR, and go on from there", 0 },
	{ "file", 'F', CONF_STR, AT(file), 1, 4096, NULL, "NAME",
	    "file of a torrent to play, by name or number", 0 },
	{ "from", 0, CONF_STR, AT(from), 1, 40, NULL, "TIME",
	    "play an archive from this time on", 0 },
	{ "all", 0, CONF_FLAG, AT(all), 0, 0, NULL, NULL,
	    "fetch all files of a torrent", 0 },
	{ "keep-seeding", 0, CONF_FLAG, AT(keep_seeding), 0, 0, NULL, NULL,
	    "of a torrent: go on when the player has ended", 0 },
	{ "download", 0, CONF_RATE, AT(down_bps), 0, INT64_MAX, "0", "RATE",
	    "most that is received of a torrent; 0 is no limit", 0 },
	{ "disk-max", 0, CONF_SIZE, AT(disk_max), 0, INT64_MAX, "0", "SIZE",
	    "play no torrent whose files take more; 0 is no limit", 0 },
	{ "encryption", 0, CONF_ENUM, AT(encryption), 0, 0, "auto",
	    "auto|require|no", "of connections with peers of a torrent", 0 },
	{ "status-interval", 0, CONF_TIME, AT(status_interval), 0, 86400 * SP_S,
	    "10s", "TIME", "between status lines in a log; 0 is none", 0 },
	{ "log-level", 0, CONF_ENUM, AT(log_level), 0, 0, "warn",
	    "error|warn|info|debug", "what is logged; -v is one more", 0 },
	{ "quiet", 'q', CONF_FLAG, AT(quiet), 0, 0, NULL, NULL,
	    "no status line and no report at the end", 0 },
	{ "output", 'o', CONF_ENUM, AT(output), 0, 0, "text", "text|tsv|json",
	    "form of the report at the end", 0 },
};

static const char *
check_urls(const struct conf_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (!uri_is_http(l->v[i], strlen(l->v[i])))
			return "not an http or https URL";
	return NULL;
}

static const char *
check_listen(const struct options *o, const char **what)
{
	struct sp_addr a[2];
	int i, n;

	*what = "token";
	if (o->token != NULL && !door_token_is_ok(o->token))
		return "only letters, digits and -._~";
	if (o->listen == NULL)
		return NULL;
	*what = "listen";
	if (o->port != 0)
		return "not together with port";
	if ((n = sock_listen_parse(o->listen, a)) < 0)
		return "not an address with a port";
	for (i = 0; i < n; i++)
		if (!addr_is_loopback(&a[i]) && o->token == NULL)
			return "an address that others can reach needs --token";
	return NULL;
}

static bool
is_command(const char *command)
{
	struct sp_buf b;
	int rv;

	buf_init(&b, io_mem(), 64 * 1024);
	rv = player_command(&b, command, "");
	buf_fini(&b);
	return rv != SP_ERR_SYNTAX;
}

static const char *
check(const void *opts, const char **what)
{
	const struct options *o = opts;
	struct when from;
	const char *why;

	*what = "tracker";
	if ((why = check_urls(&o->trackers)) != NULL)
		return why;
	*what = "origin";
	if ((why = check_urls(&o->origins)) != NULL)
		return why;
	if ((why = dht_options_check(&o->dht, what)) != NULL)
		return why;
	*what = "congestion";
	if (o->congestion != NULL && !sock_has_congestion(o->congestion))
		return "not in net.ipv4.tcp_allowed_congestion_control";
	*what = "from";
	if (o->from != NULL && when_parse(&from, o->from, 0) < 0)
		return "not a time";
	*what = "stdout";
	if (o->to_stdout && o->exec != NULL)
		return "not together with exec";
	*what = "exec";
	if (o->exec != NULL && !is_command(o->exec))
		return "only %u and %% may follow a %";
	return check_listen(o, what);
}

struct door
options_door(const struct options *o)
{
	struct door d = { .n_listen = 1, .token = o->token };

	d.listen[0] = addr_make(4, "\x7f\0\0\x01", (uint16_t)o->port);
	if (o->listen != NULL)
		d.n_listen = (size_t)sock_listen_parse(o->listen, d.listen);
	return d;
}

const struct conf_prog options_prog = {
	.name = "spate",
	.version = daemon_version,
	.usage = "[options] LINK",
	.text = "watch a channel",
	.std = CONF_STD_FILE,
	.std_at = offsetof(struct options, std),
	.rows = rows,
	.nrows = SP_LEN(rows),
	.min_args = 1,
	.max_args = 1,
	.check = check,
};
