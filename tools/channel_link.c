#include "io/daemon.h"
#include "tools/channel.h"
#include "tools/key_load.h"

struct opts {
	struct conf_std std;
	const char *name;
	struct conf_list trackers, origins;
};

static const struct conf_row rows[] = {
	{ "name", 0, CONF_STR, CONF_AT(struct opts, name), 0, LIM_TITLE, NULL,
	    "TITLE", "title of the channel", 0 },
	{ "tracker", 0, CONF_LIST, CONF_AT(struct opts, trackers), 1, LIM_URI,
	    NULL, "URL", "announce URL of a tracker; may be repeated", 0 },
	{ "origin", 0, CONF_LIST, CONF_AT(struct opts, origins), 1, LIM_URI,
	    NULL, "URL", "base URL of the segments; may be repeated", 0 },
};

static const struct conf_prog prog = {
	.name = "spate-channel link",
	.version = daemon_version,
	.usage = "[options] KEYFILE",
	.text = "print the channel link",
	.std = CONF_STD_TOOL,
	.std_at = offsetof(struct opts, std),
	.rows = rows,
	.nrows = SP_LEN(rows),
	.min_args = 1,
	.max_args = 1,
};

/* URLs of the command line stand in for those of the file. */
static bool
print_link(struct keyfile *k, const struct opts *o)
{
	if (o->trackers.n > 0)
		k->link.n_trackers = 0;
	if (o->origins.n > 0)
		k->link.n_origins = 0;
	return channel_add(k, o->name, &o->trackers, &o->origins) &&
	       channel_put_link(k, "");
}

int
channel_link(int argc, char **argv)
{
	struct opts o;
	struct conf *c;
	struct keyfile *k;
	int rv = conf_parse(&c, &prog, &o, argc, argv);
	bool ok;

	if (rv != 0)
		return rv < 0 ? 2 : 0;
	k = key_load(conf_arg(c, 0), NULL, false);
	ok = k != NULL && print_link(k, &o);
	key_free(k);
	conf_free(c);
	return ok ? 0 : 1;
}
