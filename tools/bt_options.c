#include "tools/bt_options.h"

#include <netdb.h>

#include "base/buf.h"
#include "io/daemon.h"
#include "wire/uri.h"

#define AT(field) CONF_AT(struct bt_options, field)

const char *const bt_mode_names[BT_MODES] = {
	[BT_ANNOUNCE] = "announce",
	[BT_FILL] = "fill",
	[BT_SCRAPE] = "scrape",
	[BT_CONNECT] = "connect",
	[BT_MIX] = "mix",
	[BT_VERIFY] = "verify",
};

static const struct conf_row rows[] = {
	{ "mode", 'm', CONF_LIST, AT(modes), 1, 16, NULL, "MODE",
	    "fill, announce, scrape, connect, mix or verify; may be repeated",
	    CONF_F_CMDLINE },
	{ "time", 't', CONF_TIME, AT(time), SP_MS, 86400 * SP_S, "3s", "TIME",
	    "how long each mode but fill and verify runs", CONF_F_CMDLINE },
	{ "rate", 'r', CONF_INT, AT(rate), 0, 100000000, "0", "NUMBER",
	    "requests per second; 0: as many as the window lets through",
	    CONF_F_CMDLINE },
	{ "window", 'w', CONF_INT, AT(window), 1, BT_WINDOW_MAX, "128",
	    "NUMBER", "requests, or HTTP connections, that are open at once",
	    CONF_F_CMDLINE },
	{ "batch", 'b', CONF_INT, AT(batch), 1, 64, "16", "NUMBER",
	    "UDP: requests that are sent with one call", CONF_F_CMDLINE },
	{ "timeout", 0, CONF_TIME, AT(timeout), SP_MS, 60 * SP_S, "1s", "TIME",
	    "a request that is not answered within it is lost",
	    CONF_F_CMDLINE },
	{ "peers", 0, CONF_INT, AT(peers), 1, 1 << 27, "1000000", "NUMBER",
	    "different peers", CONF_F_CMDLINE },
	{ "swarms", 0, CONF_INT, AT(swarms), 1, 1 << 27, "10000", "NUMBER",
	    "different info-hashes", CONF_F_CMDLINE },
	{ "info-hash", 0, CONF_STR, AT(info_hash), 40, 40, NULL, "HEX",
	    "that of the only swarm, instead of one that is drawn",
	    CONF_F_CMDLINE },
	{ "seeds", 0, CONF_PPM, AT(seeds), 0, 1000000, "50%", "SHARE",
	    "peers that have everything", CONF_F_CMDLINE },
	{ "seed", 's', CONF_INT, AT(seed), 0, INT64_MAX, "1", "NUMBER",
	    "what peers, info-hashes and their order are drawn from",
	    CONF_F_CMDLINE },
	{ "sources", 0, CONF_INT, AT(sources), 1, LOAD_SOURCES, "1", "NUMBER",
	    "sockets; on loopback each has an IPv4 address of its own",
	    CONF_F_CMDLINE },
	{ "numwant", 0, CONF_INT, AT(numwant), 0, BT_NUMWANT_MAX, "50",
	    "NUMBER", "peers that are asked for", CONF_F_CMDLINE },
	{ "hashes", 0, CONF_INT, AT(hashes), 1, BT_HASHES_MAX, "10", "NUMBER",
	    "info-hashes in a scrape", CONF_F_CMDLINE },
	{ "mix", 0, CONF_STR, AT(mix_text), 1, 32, "50:50:1", "C:A:S",
	    "parts of connects, announces and scrapes in mode mix",
	    CONF_F_CMDLINE },
	{ "keep-alive", 0, CONF_FLAG, AT(keep_alive), 0, 0, "yes", NULL,
	    "HTTP: many requests on a connection", CONF_F_CMDLINE },
	{ "pipeline", 0, CONF_INT, AT(pipeline), 1, 64, "1", "NUMBER",
	    "HTTP: requests that are open on a connection", CONF_F_CMDLINE },
	{ "peer-check", 0, CONF_FLAG, AT(peer_check), 0, 0, "yes", NULL,
	    "peers in replies must be of the swarm, and different",
	    CONF_F_CMDLINE },
	{ "pid", 'p', CONF_INT, AT(pid), 1, INT32_MAX, NULL, "PID",
	    "process whose CPU time and memory are told", CONF_F_CMDLINE },
	{ "output", 'o', CONF_ENUM, AT(output), 0, 0, "text", "text|tsv|json",
	    "how results are printed", CONF_F_CMDLINE },
	{ "list", 0, CONF_FLAG, AT(list), 0, 0, "no", NULL,
	    "print the info-hashes in hex and do nothing else",
	    CONF_F_CMDLINE },
	{ "force", 0, CONF_FLAG, AT(force), 0, 0, "no", NULL,
	    "load a tracker that is not on this host", CONF_F_CMDLINE },
};

static bool
mix_parse(const char *s, struct bt_mix *out)
{
	uint32_t *part[] = { &out->connect, &out->announce, &out->scrape };
	uint64_t v, sum = 0;
	size_t len;

	for (size_t i = 0; i < SP_LEN(part); i++) {
		len = strcspn(s, ":");
		if (uri_get_u64(&v, s, len, 1000000) < 0)
			return false;
		*part[i] = (uint32_t)v;
		sum += v;
		s += len;
		if ((*s == ':') != (i + 1 < SP_LEN(part)))
			return false;
		s += *s == ':';
	}
	return sum > 0;
}

static bool
mode_parse(const char *s, enum bt_mode *out)
{
	for (size_t i = 0; i < BT_MODES; i++) {
		if (strcmp(s, bt_mode_names[i]) == 0) {
			*out = (enum bt_mode)i;
			return true;
		}
	}
	return false;
}

static const char *
check(const void *opts, const char **what)
{
	const struct bt_options *o = opts;
	uint8_t hash[LOAD_HASH];
	enum bt_mode mode;
	struct bt_mix mix;

	*what = "mode";
	if (o->modes.n > BT_MODE_LIST)
		return "too many";
	for (size_t i = 0; i < o->modes.n; i++)
		if (!mode_parse(o->modes.v[i], &mode))
			return "not a mode";
	*what = "mix";
	if (!mix_parse(o->mix_text, &mix))
		return "not C:A:S";
	*what = "info-hash";
	if (o->info_hash != NULL &&
	    (o->swarms != 1 ||
		buf_unhex(hash, LOAD_HASH, o->info_hash, 40) < 0))
		return "not 40 hex digits for one swarm";
	*what = "peers";
	if (o->peers < o->swarms)
		return "fewer than swarms";
	if ((o->peers + o->swarms - 1) / o->swarms > (int64_t)LOAD_PORTS)
		return "more than 64000 in a swarm";
	return NULL;
}

static const struct conf_prog prog = {
	.name = "spate-bench-tracker",
	.usage = "[options] udp://HOST:PORT | http://HOST:PORT/PATH",
	.text = "load a BitTorrent tracker and check what it answers",
	.std = CONF_STD_TOOL,
	.std_at = offsetof(struct bt_options, std),
	.rows = rows,
	.nrows = SP_LEN(rows),
	.min_args = 0,
	.max_args = 1,
	.check = check,
};

/* ---- the operand --------------------------------------------------------- */

static int
resolve(struct sp_addr *out, const char *host, uint16_t port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *list;

	if (getaddrinfo(host, NULL, &hints, &list) != 0)
		return SP_ERR_NOTFOUND;
	*out = sock_to_addr(list->ai_addr);
	out->port = port;
	freeaddrinfo(list);
	return 0;
}

/* NULL, or what is wrong with |url|. */
static const char *
target(struct bt_options *o, const char *url)
{
	size_t len = strlen(url), n;
	char host[SOCK_HOST_MAX];
	const char *at;
	uint16_t port;

	o->http = uri_has_prefix(url, len, "http://");
	if (!o->http && !uri_has_prefix(url, len, "udp://"))
		return "neither udp:// nor http://";
	at = strstr(url, "://") + 3;
	n = strcspn(at, "/?#");
	if (n == 0 || n >= sizeof(o->host))
		return "no host, or too long";
	memcpy(o->host, at, n);
	o->host[n] = '\0';
	if (at[n] == '?' || at[n] == '#' || strlen(at + n) >= sizeof(o->path))
		return "not a path";
	snprintf(o->path, sizeof(o->path), "%s",
	    at[n] == '\0' ? "/announce" : at + n);
	if (sock_split(o->host, o->http ? 80 : 0, host, &port) < 0 || port == 0)
		return "not HOST:PORT";
	if (resolve(&o->addr, host, port) < 0)
		return "no such host";
	if (!addr_is_loopback(&o->addr) && !o->force)
		return "not this host: --force when the tracker is yours, for "
		       "it is loaded as much as it can bear";
	return NULL;
}

/* What UDP alone has, or HTTP alone. */
static const char *
suits(const struct bt_options *o)
{
	for (size_t i = 0; i < o->n_modes; i++)
		if (o->http && o->mode[i] == BT_CONNECT)
			return "mode connect is for UDP";
	return NULL;
}

static void
derive(struct bt_options *o)
{
	o->n_modes = SP_MAX(o->modes.n, 1);
	o->mode[0] = BT_ANNOUNCE;
	for (size_t i = 0; i < o->modes.n; i++)
		mode_parse(o->modes.v[i], &o->mode[i]);
	mix_parse(o->mix_text, &o->mix);
	o->load = (struct bt_load){
		.peers = (uint32_t)o->peers,
		.swarms = (uint32_t)o->swarms,
		.sources = (uint32_t)o->sources,
		.seeds_ppm = (uint32_t)o->seeds,
		.seed = (uint64_t)o->seed,
		.only = o->info_hash != NULL,
	};
	if (o->load.only)
		buf_unhex(o->load.hash, LOAD_HASH, o->info_hash, 40);
}

int
bt_options_parse(struct conf **out, struct bt_options *o, int argc, char **argv)
{
	const char *why = NULL;
	int rv = conf_parse(out, &prog, o, argc, argv);

	if (rv != 0)
		return rv;
	derive(o);
	if (o->list)
		return 0;
	if (conf_nargs(*out) == 0)
		why = "no URL";
	else
		why = target(o, conf_arg(*out, 0));
	if (why == NULL)
		why = suits(o);
	if (why == NULL)
		return 0;
	daemon_complain(conf_nargs(*out) > 0 ? conf_arg(*out, 0) : "usage",
	    why);
	conf_free(*out);
	return SP_ERR_ARG;
}
