#include "tracker/daemon/options.h"

#include <errno.h>

#include "base/map.h"
#include "io/daemon.h"
#include "io/http.h"
#include "io/loop.h"
#include "io/redis.h"
#include "io/priv.h"
#include "io/sock.h"
#include "io/store.h"

#define LIST_BYTES_MAX (ACCESS_MAX * (size_t)80)

/* Listeners, lists, pipes. */
#define OTHER_FILES 1024

#define AT(field) CONF_AT(struct options, field)

/* name, letter, type, where, min, max, default, argument, text */
static const struct conf_row rows[] = {
	{ "listen", 'l', CONF_LIST, AT(listen), 1, 255, NULL, "ADDRESS",
	    "answer on ADDRESS; 6969 when none is given", 0 },
	{ "admin-listen", 0, CONF_LIST, AT(admin_listen), 1, 255, NULL,
	    "ADDRESS", "answer /stats and /metrics there and only there", 0 },
	{ "tls-listen", 0, CONF_LIST, AT(tls_listen), 1, 255, NULL, "ADDRESS",
	    "answer on ADDRESS with TLS; needs cert and key", 0 },
	{ "cert", 0, CONF_PATH, AT(cert), 1, 4095, NULL, "FILE",
	    "certificate with its chain, as PEM", 0 },
	{ "key", 0, CONF_PATH, AT(key), 1, 4095, NULL, "FILE",
	    "the certificate's key, as PEM", 0 },
	{ "proxy", 0, CONF_LIST, AT(proxy), 1, 255, NULL, "ADDRESS",
	    "believe ADDRESS or ADDRESS/BITS about the clients it is for", 0 },
	{ "udp-listen", 0, CONF_LIST, AT(udp_listen), 1, 255, NULL, "ADDRESS",
	    "answer by UDP on ADDRESS; as listen when none is given", 0 },
	{ "no-udp", 0, CONF_FLAG, AT(no_udp), 0, 0, "no", NULL,
	    "do not answer by UDP", 0 },
	{ "threads", 0, CONF_INT, AT(threads), 0, 64, "1", "NUMBER",
	    "threads for UDP on each address; 0 is one a processor", 0 },
	{ "connect-rate", 0, CONF_INT, AT(connect_rate), 0, LIMIT_RATE_MAX,
	    "20", "NUMBER", "UDP connects of a host in a second; 0 is any", 0 },
	{ "announce-rate", 0, CONF_INT, AT(announce_rate), 0, LIMIT_RATE_MAX,
	    "10", "NUMBER", "UDP announces of a host in a second; 0 is any",
	    0 },
	{ "announce-burst", 0, CONF_INT, AT(announce_burst), 1, LIMIT_RATE_MAX,
	    "50", "NUMBER", "UDP announces of a host at once", 0 },
	{ "udp-id-life", 0, CONF_TIME, AT(udp_id_life), 2 * SP_S, 86400 * SP_S,
	    "2m", "TIME", "a UDP connection id lasts half of this to all", 0 },
	{ "lan", 0, CONF_ENUM, AT(lan), 0, 0, "auto", "auto|yes|no",
	    "hand out private addresses: to private askers, to all, never", 0 },
	{ "interval", 0, CONF_TIME, AT(interval), 60 * SP_S, 86400 * SP_S,
	    "30m", "TIME", "announce interval of ordinary swarms", 0 },
	{ "min-interval", 0, CONF_TIME, AT(min_interval), 0, 86400 * SP_S,
	    "60s", "TIME", "shortest interval that clients are told", 0 },
	{ "numwant", 0, CONF_INT, AT(numwant), 1, LIM_NUMWANT, "50", "NUMBER",
	    "peers in a reply when the client names no number", 0 },
	{ "max-peers", 0, CONF_INT, AT(max_peers), 1, REGISTRY_PEERS_MAX,
	    "1000000", "NUMBER", "peers that are kept in all swarms", 0 },
	{ "max-swarms", 0, CONF_INT, AT(max_swarms), 1, REGISTRY_PEERS_MAX,
	    "100000", "NUMBER", "swarms that are kept", 0 },
	{ "max-swarm-peers", 0, CONF_INT, AT(max_swarm_peers), 1,
	    REGISTRY_PEERS_MAX, "200000", "NUMBER",
	    "peers that are kept in one swarm", 0 },
	{ "max-ip-ports", 0, CONF_INT, AT(max_ip_ports), 1, 65535, "64",
	    "NUMBER", "peers of one address in one swarm", 0 },
	{ "max-peer-memory", 0, CONF_SIZE, AT(max_peer_memory), 0, INT64_MAX,
	    "0", "SIZE", "memory of ordinary swarms; 0: no ceiling", 0 },
	{ "max-channels", 0, CONF_INT, AT(max_channels), 1, LIVE_CHANNELS_MAX,
	    "256", "NUMBER", "live channels that are kept", 0 },
	{ "max-memory", 0, CONF_SIZE, AT(max_memory), LIVE_BYTES_MIN, INT64_MAX,
	    "256MiB", "SIZE", "live windows of all channels", 0 },
	{ "max-channel-memory", 0, CONF_SIZE, AT(max_channel_memory),
	    LIVE_BYTES_MIN, INT64_MAX, "64MiB", "SIZE",
	    "live window of one channel", 0 },
	{ "channel-idle", 0, CONF_TIME, AT(channel_idle), SP_S, SP_NEVER / 2,
	    "10m", "TIME", "forget a channel that publishes nothing", 0 },
	{ "max-streams", 0, CONF_INT, AT(max_streams), 0, 1000000, "10000",
	    "NUMBER", "open streams of live windows", 0 },
	{ "max-sockets", 0, CONF_INT, AT(max_sockets), 0, 1000000, "10000",
	    "NUMBER", "open WebSockets; 0 is none", 0 },
	{ "max-ip-sockets", 0, CONF_INT, AT(max_ip_sockets), 1, 1000000, "256",
	    "NUMBER", "open WebSockets of one address", 0 },
	{ "ws-interval", 0, CONF_TIME, AT(ws_interval), 10 * SP_S, 86400 * SP_S,
	    "2m", "TIME", "announce interval of WebSocket peers", 0 },
	{ "timeout", 0, CONF_TIME, AT(timeout), SP_S, 3600 * SP_S, "10s",
	    "TIME", "close a connection that is silent for so long", 0 },
	{ "max-connections", 0, CONF_INT, AT(max_connections), 16, 1000000,
	    "8192", "NUMBER", "connections besides those of streams", 0 },
	{ "max-ip-connections", 0, CONF_INT, AT(max_ip_connections), 0, 1000000,
	    "256", "NUMBER", "connections of one address; 0 = no limit", 0 },
	{ "full-scrape", 0, CONF_FLAG, AT(full_scrape), 0, 0, "no", NULL,
	    "answer scrapes that name no swarm with all of them", 0 },
	{ "access-file", 0, CONF_PATH, AT(access_file), 1, 4095, NULL, "FILE",
	    "serve the channels in FILE only", 0 },
	{ "deny-file", 0, CONF_PATH, AT(deny_file), 1, 4095, NULL, "FILE",
	    "do not serve the channels in FILE", 0 },
	{ "channel-file", 0, CONF_PATH, AT(channel_file), 1, 4095, NULL, "FILE",
	    "create the channels in FILE only", 0 },
	{ "redis", 0, CONF_STR, AT(redis), 1, 1023, NULL, "URL",
	    "share windows, peers and policy with other trackers there", 0 },
	{ "redis-ca", 0, CONF_PATH, AT(redis_ca), 1, 4095, NULL, "FILE",
	    "who signs certificates for rediss:, as PEM", 0 },
	{ "redis-cert", 0, CONF_PATH, AT(redis_cert), 1, 4095, NULL, "FILE",
	    "our certificate for rediss: with its chain and key, as PEM", 0 },
	{ "networks", 0, CONF_PATH, AT(networks), 1, 4095, NULL, "FILE",
	    "viewers of one network by this MaxMind database are near", 0 },
	{ "user", 0, CONF_STR, AT(user), 1, 255, NULL, "NAME",
	    "become NAME or NAME:GROUP when all is open", 0 },
	{ "chroot", 0, CONF_PATH, AT(chroot), 1, 4095, NULL, "DIR",
	    "and have DIR as the root directory; needs user", 0 },
	{ "control", 0, CONF_PATH, AT(control), 1, 107, NULL, "PATH",
	    "listen for spate-tracker ctl at the socket PATH", 0 },
	{ "log-level", 0, CONF_ENUM, AT(log_level), 0, 0, "info",
	    "error|warn|info|debug", "what is logged; -v is debug", 0 },
};

static const char *
check_listen(const struct conf_list *l)
{
	struct sp_addr addr[2];

	for (size_t i = 0; i < l->n; i++) {
		if (sock_listen_parse(l->v[i], addr) < 0)
			return "neither PORT nor ADDRESS:PORT";
	}
	return NULL;
}

static const char outside[] =
    "not below the chroot: it could not be read again";

static bool
is_below(const char *path, const char *dir)
{
	size_t len = dir == NULL ? 0 : strlen(dir);

	while (len > 0 && dir[len - 1] == '/')
		len--;
	return len == 0 || path == NULL ||
	       (strncmp(path, dir, len) == 0 && path[len] == '/');
}

static const char *
check_rights(const struct options *o, const char **what)
{
	struct priv p = { o->user, o->chroot };
	static char why[PRIV_WHY];

	*what = o->user == NULL ? "chroot" : "user";
	return priv_check(&p, why) < 0 ? why : NULL;
}

static const char *
check_tls(const struct options *o, const char **what)
{
	const char *why;

	*what = "tls-listen";
	if ((why = check_listen(&o->tls_listen)) != NULL)
		return why;
	if (o->tls_listen.n > 0 && o->cert == NULL)
		return "needs cert and key";
	*what = o->cert == NULL ? "key" : "cert";
	if ((o->cert == NULL) != (o->key == NULL))
		return "cert and key go together";
	if (o->cert != NULL &&
	    (!is_below(o->cert, o->chroot) || !is_below(o->key, o->chroot)))
		return outside;
	return NULL;
}

static const char *
check_proxy(const struct conf_list *l)
{
	struct http_net net;

	for (size_t i = 0; i < l->n; i++) {
		if (http_net_parse(&net, l->v[i]) < 0)
			return "neither ADDRESS nor ADDRESS/BITS";
	}
	return NULL;
}

static const char *
check_list(enum access_list which, const struct options *o)
{
	const char *path = options_list_path(o, which);
	static char why[OPTIONS_WHY];
	struct map *list;
	int r;

	if (path == NULL)
		return NULL;
	if (!is_below(path, o->chroot))
		return outside;
	r = options_list(&list, path, why);
	map_free(list);
	return r < 0 ? why : NULL;
}

static const char *
check_redis(const struct options *o, const char **what)
{
	struct redis_url u = { .tls = false };
	const char *why = NULL;

	*what = "redis";
	if (o->redis != NULL && redis_url_parse(&u, o->redis, &why) < 0)
		return why;
	if (o->redis != NULL && !redis_is_built())
		return "spate was built without hiredis";
	*what = o->redis_ca == NULL && o->redis_cert != NULL ? "redis-cert"
							     : "redis-ca";
	if (u.tls && o->chroot != NULL && o->redis_ca == NULL)
		return "is needed: the system's are not in the chroot";
	if (!u.tls && (o->redis_ca != NULL || o->redis_cert != NULL))
		return "is for redis by rediss:";
	if (!is_below(o->redis_ca, o->chroot) ||
	    !is_below(o->redis_cert, o->chroot))
		return outside;
	return NULL;
}

static const char *
check(const void *opts, const char **what)
{
	const struct options *o = opts;
	const char *why;

	*what = "listen";
	if ((why = check_listen(&o->listen)) != NULL)
		return why;
	*what = "admin-listen";
	if ((why = check_listen(&o->admin_listen)) != NULL)
		return why;
	if ((why = check_redis(o, what)) != NULL)
		return why;
	if ((why = check_tls(o, what)) != NULL)
		return why;
	*what = "proxy";
	if ((why = check_proxy(&o->proxy)) != NULL)
		return why;
	*what = "udp-listen";
	if ((why = check_listen(&o->udp_listen)) != NULL)
		return why;
	*what = "min-interval";
	if (o->min_interval > o->interval)
		return "longer than the interval";
	if ((why = check_rights(o, what)) != NULL)
		return why;
	*what = "networks";
	if (!is_below(o->networks, o->chroot))
		return outside;
	for (int i = 0; i < ACCESS_OWN; i++) {
		*what = options_list_name((enum access_list)i);
		why = check_list((enum access_list)i, o);
		if (why != NULL)
			return why;
	}
	return NULL;
}

static const struct conf_prog prog = {
	.name = "spate-tracker",
	.version = daemon_version,
	.usage = "[options]",
	.text = "tell the peers of live swarms about each other",
	.std = CONF_STD_DAEMON,
	.std_at = offsetof(struct options, std),
	.rows = rows,
	.nrows = SP_LEN(rows),
	.check = check,
};

int
options_parse(struct conf **out, struct options *o, int argc, char **argv,
    const char *cwd)
{
	static const char *any[] = { "6969" };
	int r;

	r = conf_parse(out, &prog, o, argc, argv);
	if (r == 0 && (r = conf_absolute(*out, cwd)) < 0) {
		conf_free(*out);
		*out = NULL;
	}
	if (r == 0 && o->listen.n == 0)
		o->listen = (struct conf_list){ any, SP_LEN(any) };
	return r;
}

void
options_diff(const struct options *a, const struct options *b,
    void (*cb)(void *ctx, const struct conf_row *row), void *ctx)
{
	conf_diff(&prog, a, b, cb, ctx);
}

bool
options_may_change(const char *name)
{
	static const char *const names[] = { "log-level", "access-file",
		"deny-file", "channel-file", "numwant", "min-interval",
		"max-swarm-peers" };

	for (size_t i = 0; i < SP_LEN(names); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

void
options_take(struct options *o, const struct options *from)
{
	o->log_level = from->log_level;
	o->access_file = from->access_file;
	o->deny_file = from->deny_file;
	o->channel_file = from->channel_file;
	o->numwant = from->numwant;
	o->min_interval = SP_MIN(from->min_interval, o->interval);
	o->max_swarm_peers = from->max_swarm_peers;
}

size_t
options_files(const struct options *o)
{
	return (size_t)(o->max_streams + o->max_sockets + o->max_connections) +
	       OTHER_FILES;
}

void
options_track(const struct options *o, uint64_t boot, struct track_conf *out)
{
	static const enum scope_lan lan[] = { SCOPE_LAN_AUTO, SCOPE_LAN_YES,
		SCOPE_LAN_NO };

	track_conf_init(out);
	out->registry.lan = lan[o->lan];
	out->registry.max_peers = (uint32_t)o->max_peers;
	out->max_bytes = (uint64_t)o->max_peer_memory;
	out->registry.max_swarms = (uint32_t)o->max_swarms;
	out->registry.max_swarm_peers = (uint32_t)o->max_swarm_peers;
	out->registry.max_ip_ports = (uint32_t)o->max_ip_ports;
	out->registry.interval_s = (uint32_t)(o->interval / SP_S);
	out->registry.min_interval_s = (uint32_t)(o->min_interval / SP_S);
	out->registry.numwant = (uint32_t)o->numwant;
	out->live.max_channels = (uint32_t)o->max_channels;
	out->live.max_bytes = (uint64_t)o->max_memory;
	out->live.max_channel_bytes = (uint64_t)o->max_channel_memory;
	out->live.idle = o->channel_idle;
	out->live.boot = boot;
	out->full_scrape = o->full_scrape;
	out->max_present = (uint32_t)SP_MAX(o->max_streams, 1);
}

enum log_level
options_log_level(const struct options *o)
{
	static const enum log_level level[] = { LOG_LEVEL_ERROR, LOG_LEVEL_WARN,
		LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

	return o->std.verbose > 0 ? LOG_LEVEL_DEBUG : level[o->log_level];
}

const char *
options_list_path(const struct options *o, enum access_list which)
{
	switch (which) {
	case ACCESS_ALLOW:
		return o->access_file;
	case ACCESS_DENY:
		return o->deny_file;
	default:
		return o->channel_file;
	}
}

const char *
options_list_name(enum access_list which)
{
	static const char *const name[ACCESS_OWN] = {
		[ACCESS_ALLOW] = "access-file",
		[ACCESS_DENY] = "deny-file",
		[ACCESS_PUBLISH] = "channel-file",
	};

	return name[which];
}

int
options_list(struct map **out, const char *path, char why[OPTIONS_WHY])
{
	struct access_error e = { 0 };
	uint8_t *text = NULL;
	size_t len = 0;
	int r;

	why[0] = '\0';
	*out = NULL;
	if (path != NULL) {
		errno = 0;
		r = store_read(path, LIST_BYTES_MAX, &text, &len);
		if (r < 0) {
			snprintf(why, OPTIONS_WHY, "%s: %s", path,
			    errno != 0 ? strerror(errno) : sp_strerror(r));
			return r;
		}
	}
	r = access_read(out, io_mem(), io_random_u64(), (const char *)text, len,
	    &e);
	free(text);
	if (r < 0)
		snprintf(why, OPTIONS_WHY, "%s:%zu: %s", path, e.line,
		    e.what != NULL ? e.what : sp_strerror(r));
	return r;
}
