#include "swarm/client/host_int.h"

/*
 * The session of libtorrent that a host has when one of its parts needs it. The
 * parts say which settings they want and take the events that are theirs.
 */

#define SETTINGS_MAX 64

static void
event_cb(void *ctx, const struct lt_event *ev)
{
	struct mesh_host *h = ctx;

	if (ev->type == LT_EV_DROPPED)
		log_msg(h->conf.log, LOG_LEVEL_WARN,
		    "libtorrent: events were lost");
	if (host_item_event(h, ev))
		return;
	host_dht_event(h, ev);
	host_reach_event(h, ev);
	if (ev->type == LT_EV_DHT_READY)
		host_item_ready(h);
}

static void
readable_cb(void *ctx, int fd SP_UNUSED)
{
	struct mesh_host *h = ctx;
	int rv = lt_drain(h->lt.s, event_cb, h);

	if (rv < 0)
		log_msg(h->conf.log, LOG_LEVEL_WARN, "libtorrent: %s",
		    lt_why(h->lt.s)->text);
	host_pump(h);
}

/* A file that is none must not keep us from the network. */
static int
open_session(struct mesh_host *h, struct lt_conf *c, struct lt_error *why)
{
	int rv = lt_new(&h->lt.s, c, why);

	if (rv != SP_ERR_SYNTAX || c->state_len == 0)
		return rv;
	c->state_len = 0;
	rv = lt_new(&h->lt.s, c, why);
	if (rv == 0)
		host_dht_state_bad(h);
	return rv;
}

int
host_lt_init(struct mesh_host *h)
{
	struct lt_kv kv[SETTINGS_MAX];
	struct lt_conf c = { .size = sizeof(c), .settings = kv };
	struct lt_error why = { .size = sizeof(why) };
	int rv;

	c.n_settings = host_dht_settings(h, kv, SP_LEN(kv));
	c.n_settings += host_reach_settings(h, kv + c.n_settings,
	    SP_LEN(kv) - c.n_settings);
	if (c.n_settings == 0)
		return 0;
	c.mute = !h->conf.dht.on;
	host_dht_state(h, &c.state, &c.state_len);
	rv = open_session(h, &c, &why);
	if (rv == 0)
		rv = io_watch_new(&h->lt.w, h->loop, lt_fd(h->lt.s),
		    readable_cb, h);
	if (rv == 0)
		rv = host_dht_start(h);
	if (rv == 0)
		rv = host_reach_start(h);
	if (rv == 0 || rv == SP_ERR_NOMEM)
		return rv;
	h->reach.on = false;
	log_msg(h->conf.log, LOG_LEVEL_ERROR,
	    "libtorrent: cannot be started, so there is no DHT and no port "
	    "mapping: %s",
	    why.text[0] != '\0' ? why.text : sp_strerror(rv));
	return 0;
}

void
host_lt_fini(struct mesh_host *h)
{
	host_item_fini(h);
	host_dht_fini(h);
	io_watch_free(h->lt.w);
	h->lt.w = NULL;
	lt_free(h->lt.s);
	h->lt.s = NULL;
}
