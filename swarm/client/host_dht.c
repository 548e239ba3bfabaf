#include "swarm/client/host_int.h"

#include <errno.h>

/*
 * Peers of the channel from the DHT, and its head (host_dht_head.c). When to
 * ask for what is dht_plan's; here is how, and what becomes of the answers.
 *
 * To the mesh a search is an announce: its first peers are the answer. A search
 * that has brought none after FIND_TIME has failed; what comes later is taken
 * all the same.
 */

#define FIND_TIME     (3 * SP_S)
#define FIND_INTERVAL 300 /* s, as a tracker would say it */
#define FIND_MIN      15

/* ---- what the mesh is told ---- */

/* The announce that waits for us, if one does, is answered. */
static void
answer(struct mesh_host *h, bool found)
{
	struct tw_reply r = { .interval_s = FIND_INTERVAL,
		.min_interval_s = FIND_MIN };

	/* announce 0: there was none yet */
	if (h->announced || h->announce == 0 || h->leaving ||
	    host_tracker_busy(h))
		return;
	h->announced = true;
	mesh_announced(h->mesh, h->announce, found ? &r : NULL,
	    loop_now(h->loop));
}

static bool
trackers_answer(const struct mesh_host *h)
{
	for (size_t i = 0; i < h->n_trackers; i++)
		if (h->trackers[i].ok)
			return true;
	return false;
}

void
host_dht_wish(struct mesh_host *h)
{
	struct host_dht *d = &h->dht;

	if (!d->on || trackers_answer(h))
		return;
	dht_plan_wish(&d->plan, loop_now(h->loop));
	host_dht_run(h);
}

bool
host_dht_answers(struct mesh_host *h)
{
	struct host_dht *d = &h->dht;

	if (!d->on)
		return false;
	if (!d->finding)
		answer(h, d->n_seen > 0);
	return true;
}

/* ---- peers ---- */

/* Addresses that this search has not brought before. */
static void
take_peers(struct mesh_host *h, const struct lt_event_peers *ev)
{
	struct host_dht *d = &h->dht;
	sp_time now = loop_now(h->loop);
	size_t first = d->n_seen, k;

	if (memcmp(ev->info_hash, mesh_info_hash(h->mesh), LINK_INFOHASH_LEN) !=
	    0)
		return;
	for (size_t i = 0; i < ev->n && d->n_seen < SP_LEN(d->seen); i++) {
		if (addr_is_bogus(&ev->v[i]))
			continue;
		for (k = 0; k < d->n_seen; k++)
			if (addr_eq(&d->seen[k], &ev->v[i]))
				break;
		if (k == d->n_seen)
			d->seen[d->n_seen++] = ev->v[i];
	}
	if (d->n_seen == first)
		return;
	d->peers += d->n_seen - first;
	d->n_known = SP_MAX(d->n_known, d->n_seen);
	d->finding = false;
	dht_plan_peers(&d->plan, &h->rng, now);
	mesh_meet(h->mesh, &d->seen[first], d->n_seen - first, now);
	answer(h, true);
}

/* The search has had its time. */
static void
window_cb(void *ctx, sp_time now SP_UNUSED)
{
	struct mesh_host *h = ctx;

	h->dht.finding = false;
	answer(h, h->dht.n_seen > 0);
	host_pump(h);
}

/* ---- asking ---- */

static void
find(struct mesh_host *h, sp_time now)
{
	struct host_dht *d = &h->dht;

	/* how many there are is what the last whole search brought */
	d->n_known = d->n_seen;
	d->n_seen = 0;
	d->finding = true;
	d->searches++;
	io_timer_set(&d->window, now + FIND_TIME);
	/* one that is under way brings what this one would */
	(void)lt_dht_get_peers(h->lt.s, mesh_info_hash(h->mesh));
}

static void
get(struct mesh_host *h)
{
	struct host_dht *d = &h->dht;

	d->got = 0;
	(void)lt_dht_get(h->lt.s, h->conf.mesh.pk, HEAD_SALT,
	    strlen(HEAD_SALT));
}

void
host_dht_run(struct mesh_host *h)
{
	struct host_dht *d = &h->dht;
	sp_time now = loop_now(h->loop);
	unsigned due;

	if (!d->on || h->leaving)
		return;
	due = dht_plan_due(&d->plan, &h->rng, now);
	if (due & DHT_BIT(DHT_FIND))
		find(h, now);
	if (due & DHT_BIT(DHT_ANNOUNCE) &&
	    lt_dht_announce(h->lt.s, mesh_info_hash(h->mesh),
		host_reach_port(h)) == 0)
		d->announces++;
	if (due & DHT_BIT(DHT_GET))
		get(h);
	if (due & DHT_BIT(DHT_PUT))
		host_dht_put(h);
	io_timer_set(&d->timer, dht_plan_next(&d->plan));
}

static void
timer_cb(void *ctx, sp_time now SP_UNUSED)
{
	struct mesh_host *h = ctx;

	host_dht_run(h);
	host_pump(h);
}

void
host_dht_moved(struct mesh_host *h)
{
	if (!h->dht.on)
		return;
	dht_plan_moved(&h->dht.plan, loop_now(h->loop));
	host_dht_run(h);
}

/* Who cannot be connected to, or gives nothing, is not worth being found. */
void
host_dht_serve(struct mesh_host *h)
{
	struct host_dht *d = &h->dht;

	if (!d->on)
		return;
	dht_plan_known(&d->plan);
	if (h->port != 0 && (h->conf.mesh.seeder || !h->conf.mesh.no_upload))
		dht_plan_serve(&d->plan, loop_now(h->loop));
	host_dht_manifest(h);
	host_dht_run(h);
}

/* ---- events ---- */

static void
listening(struct mesh_host *h, const struct lt_event *ev)
{
	if (ev->type == LT_EV_LISTENING) {
		if (ev->u.listen.udp)
			h->dht.port = ev->u.listen.addr.port;
		return;
	}
	log_msg(h->conf.log, LOG_LEVEL_WARN, "dht: cannot listen why=%s",
	    ev->error.text);
}

static void
end(struct mesh_host *h, const struct lt_event_end *e)
{
	struct host_dht *d = &h->dht;

	if (e->op == LT_OP_GET)
		host_dht_got(h);
	/* there is a newer one, which had to wait */
	if (e->op == LT_OP_PUT && h->conf.mesh.seeder &&
	    d->put_seq != d->head.seq)
		dht_plan_publish(&d->plan, loop_now(h->loop));
}

static void
ready(struct mesh_host *h)
{
	struct host_dht *d = &h->dht;

	if (!d->ready)
		log_msg(h->conf.log, LOG_LEVEL_INFO, "dht: ready");
	d->ready = true;
	dht_plan_ready(&d->plan, loop_now(h->loop));
}

static void
count(struct host_dht *d, const struct lt_event *ev)
{
	const struct lt_counter *c = ev->u.counters.v;

	for (size_t i = 0; i < ev->u.counters.n; i++) {
		if (strcmp(c[i].name, "dht.dht_bytes_in") == 0)
			d->bytes_in = (uint64_t)c[i].value;
		else if (strcmp(c[i].name, "dht.dht_bytes_out") == 0)
			d->bytes_out = (uint64_t)c[i].value;
	}
}

void
host_dht_event(struct mesh_host *h, const struct lt_event *ev)
{
	struct host_dht *d = &h->dht;

	/* who leaves wants nothing but what is to be kept */
	if (!d->on || (h->leaving && ev->type != LT_EV_STATE))
		return;
	switch (ev->type) {
	case LT_EV_LISTENING:
	case LT_EV_LISTEN_FAILED:
		listening(h, ev);
		break;
	case LT_EV_ADDRESS:
		if (h->external.family == 0)
			h->external = ev->u.address;
		break;
	case LT_EV_DHT_READY:
		ready(h);
		break;
	case LT_EV_DHT_PEERS:
		take_peers(h, &ev->u.peers);
		break;
	case LT_EV_DHT_ITEM:
		host_dht_item(h, &ev->u.item.item);
		break;
	case LT_EV_DHT_PUT:
		host_dht_was_put(h, &ev->u.put);
		break;
	case LT_EV_DHT_END:
		end(h, &ev->u.end);
		break;
	case LT_EV_DHT_STATS:
		d->nodes[ev->u.dht.addr.family == 6] = ev->u.dht.nodes;
		break;
	case LT_EV_COUNTERS:
		count(d, ev);
		break;
	case LT_EV_STATE:
		host_dht_save(h, ev->u.bytes.p, ev->u.bytes.len);
		break;
	default:
		return;
	}
	host_dht_run(h);
}

/* ---- beginning and end ---- */

int
host_dht_start(struct mesh_host *h)
{
	struct host_dht *d = &h->dht;
	int rv;

	/* the session may be there for another part */
	if (!h->conf.dht.on)
		return 0;
	if (io_timer_init(&d->timer, h->loop, timer_cb, h) < 0 ||
	    io_timer_init(&d->window, h->loop, window_cb, h) < 0)
		return SP_ERR_NOMEM;
	if ((rv = host_dht_conf_start(h)) < 0)
		return rv;
	dht_plan_init(&d->plan, !h->conf.mesh.seeder, loop_now(h->loop));
	d->on = true;
	host_dht_run(h);
	return 0;
}

void
host_dht_fini(struct mesh_host *h)
{
	struct host_dht *d = &h->dht;

	d->on = false;
	io_timer_fini(&d->timer);
	io_timer_fini(&d->window);
	host_dht_conf_fini(h);
}

void
host_dht_leave(struct mesh_host *h)
{
	struct host_dht *d = &h->dht;

	if (!d->on)
		return;
	io_timer_cancel(&d->timer);
	io_timer_cancel(&d->window);
	io_timer_cancel(&d->save);
	d->saving = d->path != NULL && lt_post_state(h->lt.s) == 0;
}

bool
host_dht_busy(const struct mesh_host *h)
{
	return h->dht.saving;
}

bool
mesh_host_dht(struct mesh_host *h, struct mesh_host_dht *out)
{
	struct host_dht *d = &h->dht;

	memset(out, 0, sizeof(*out));
	if (!d->on)
		return false;
	*out = (struct mesh_host_dht){
		.ready = d->ready,
		.port = d->port,
		.nodes = d->nodes[0] + d->nodes[1],
		.searches = d->searches,
		.peers = d->peers,
		.announces = d->announces,
		.head_seq = (uint64_t)d->head.seq,
		.heads = d->heads,
		.refused = d->refused,
		.puts = d->puts,
		.stored = d->stored,
		.bytes_in = d->bytes_in,
		.bytes_out = d->bytes_out,
	};
	/* for who asks the next time */
	(void)lt_post_dht_stats(h->lt.s);
	(void)lt_post_counters(h->lt.s);
	return true;
}
