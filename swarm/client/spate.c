#include "base/hash.h"
#include "io/daemon.h"
#include "lt/lt.h"
#include "swarm/client/viewer.h"

/* Somebody must be known who can be asked for the channel. */
static void
check_way(const struct link *l, const struct options *o)
{
	size_t n = l->n_trackers + o->trackers.n;

	if (dht_options_on(&o->dht, n) && lt_is_there())
		return;
	if (o->dht.use == DHT_YES)
		daemon_usage("dht", "built without libtorrent: there is none");
	if (n > 0 || l->n_peers > 0)
		return;
	daemon_usage("link",
	    lt_is_there() ? "it names no tracker and no peer: give --tracker "
			    "URL, or let the DHT be used"
			  : "it names no tracker and no peer, and there is no "
			    "DHT without libtorrent: give --tracker URL");
}

/* Parses the link; complains and exits when it is none. */
static struct link *
get_link(const char *text, const struct options *o)
{
	struct link *l = calloc(1, sizeof(*l));
	struct link_error e = { NULL, 0 };
	char why[128];

	if (l == NULL)
		daemon_fail("link", "out of memory");
	if (link_parse(l, text, strlen(text), &e) < 0) {
		snprintf(why, sizeof(why), "%s (at byte %zu)",
		    e.what == NULL ? "not a channel link" : e.what, e.at);
		daemon_usage("link", why);
	}
	check_way(l, o);
	return l;
}

int
main(int argc, char **argv)
{
	struct options o;
	struct conf *c;
	struct link *l;
	int rv;

	daemon_setup("spate");
	memset(&o, 0, sizeof(o));
	if ((rv = conf_parse(&c, &options_prog, &o, argc, argv)) != 0)
		return rv < 0 ? 2 : 0;
	if (hash_setup() < 0)
		daemon_fail("libcrypto", "no SHA-256");
	l = get_link(conf_arg(c, 0), &o);
	rv = viewer_run(&o, l);
	free(l);
	conf_free(c);
	return rv;
}
