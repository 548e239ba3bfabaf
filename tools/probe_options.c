#include "tools/probe_options.h"

#include "io/daemon.h"
#include "wire/uri.h"

#define AT(field) CONF_AT(struct probe_options, field)

static const struct conf_row rows[] = {
	{ "peer-port", 'P', CONF_INT, AT(port), 0, 65535, "0", "PORT",
	    "port that is to be reached; 0 takes a free one", 0 },
	{ "tracker", 'T', CONF_LIST, AT(trackers), 1, LIM_URI, NULL, "URL",
	    "tracker besides those of the link; may be repeated", 0 },
	{ "lan", 0, CONF_FLAG, AT(lan), 0, 0, NULL, NULL,
	    "of a network of its own: no node of the internet is asked", 0 },
	{ "no-dht", 0, CONF_FLAG, AT(no_dht), 0, 0, NULL, NULL,
	    "do not try the DHT", 0 },
	{ "dht-bootstrap", 0, CONF_LIST, AT(dht.bootstrap), 1, 300, NULL,
	    "HOST:PORT", "node of the DHT to begin with; may be repeated", 0 },
	{ "dht-listen", 0, CONF_STR, AT(dht.listen), 1, 255, NULL, "ADDR:PORT",
	    "where the DHT listens, by UDP", 0 },
	{ "no-lsd", 0, CONF_FLAG, AT(no_lsd), 0, 0, NULL, NULL,
	    "do not try multicast on the local network", 0 },
	{ "no-port-map", 0, CONF_FLAG, AT(no_port_map), 0, 0, NULL, NULL,
	    "do not ask the gateway for the port", 0 },
	{ "time", 't', CONF_TIME, AT(time), 1 * SP_S, 600 * SP_S, "20s", "TIME",
	    "end after so long, whatever is still open", 0 },
	{ "output", 'o', CONF_ENUM, AT(output), 0, 0, "text", "text|json",
	    "what is printed", 0 },
};

static const char *
check(const void *opts, const char **what)
{
	const struct probe_options *o = opts;

	*what = "tracker";
	for (size_t i = 0; i < o->trackers.n; i++)
		if (!uri_is_http(o->trackers.v[i], strlen(o->trackers.v[i])))
			return "not an http or https URL";
	return dht_options_check(&o->dht, what);
}

const struct conf_prog probe_options_prog = {
	.name = "spate-probe",
	.version = daemon_version,
	.usage = "[options] [LINK|URL]",
	.text = "find out how others can reach this machine",
	.std = CONF_STD_TOOL,
	.std_at = offsetof(struct probe_options, std),
	.rows = rows,
	.nrows = SP_LEN(rows),
	.min_args = 0,
	.max_args = 1,
	.check = check,
};
