#include <unistd.h>

#include "base/hash.h"
#include "io/daemon.h"
#include "lt/lt.h"
#include "swarm/client/viewer.h"
#include "swarm/client/vod_link.h"
#include "swarm/client/vod_run.h"
#include "wire/fileitem.h"

/* Somebody must be known who can be asked for the channel. */
static void
check_way(const struct link *l, const struct options *o)
{
	size_t n = l->n_trackers + o->trackers.n;

	if (dht_options_on(&o->dht, n) && lt_is_there())
		return;
	if (o->dht.use == DHT_YES)
		daemon_usage("dht", "built without libtorrent: there is none");
	/* on a network of its own it may be found there */
	if (n > 0 || l->n_peers > 0 || (o->lan && !o->no_lsd))
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

/* Something of that name is there, or it looks like a torrent's name. */
static bool
is_file(const char *text)
{
	size_t n = strlen(text);

	return access(text, F_OK) == 0 ||
	       (n > 8 && strcmp(text + n - 8, ".torrent") == 0);
}

static int
play_channel(const struct options *o, const char *text)
{
	struct link *l = get_link(text, o);
	int rv = VIEWER_FILES;

	if (l->n_salt == 0)
		rv = viewer_run(o, l);
	else if (l->n_salt != strlen(FILEITEM_SALT) ||
		 memcmp(l->salt, FILEITEM_SALT, l->n_salt) != 0)
		daemon_usage("link",
		    "its salt (s=) is neither that of a channel's files nor "
		    "empty");
	if (rv == VIEWER_FILES)
		rv = vod_run_files(o, l);
	free(l);
	return rv;
}

static int
play(const struct options *o, const char *text)
{
	enum vod_link_kind kind = vod_link_kind(text);

	uint8_t id[20];

	if (o->from != NULL && kind == VOD_LINK_CHANNEL) {
		if (vod_link_id(text, id) == SP_ERR_NOTFOUND)
			daemon_usage("from",
			    "the link names no archive: it has no xt=");
		kind = VOD_LINK_TORRENT;
	}
	if (kind == VOD_LINK_TORRENT)
		return vod_run(o, text, false);
	if (kind == VOD_LINK_FILE && is_file(text))
		return vod_run(o, text, true);
	return play_channel(o, text);
}

int
main(int argc, char **argv)
{
	struct options o;
	struct conf *c;
	int rv;

	daemon_setup("spate");
	memset(&o, 0, sizeof(o));
	if ((rv = conf_parse(&c, &options_prog, &o, argc, argv)) != 0)
		return rv < 0 ? 2 : 0;
	if (hash_setup() < 0)
		daemon_fail("libcrypto", "no SHA-256");
	rv = play(&o, conf_arg(c, 0));
	conf_free(c);
	return rv;
}
