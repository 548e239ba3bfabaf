#include "swarm/client/mesh_host.h"

#include "swarm/client/host_int.h"

#define LEAVE_TIME (2 * SP_S)
#define PUMP_MAX   4096 /* acts of one call: the loop must go round */

void
mesh_host_conf_init(struct mesh_host_conf *conf)
{
	memset(conf, 0, sizeof(*conf));
	mesh_conf_init(&conf->mesh);
}

/* ---- the pump ---- */

static void
manifest_changed(struct mesh_host *h)
{
	const struct manifest *m = mesh_manifest_get(h->mesh, NULL, NULL);
	enum origin_reach reach;
	size_t i;

	if (m == NULL)
		return;
	reach = h->conf.mesh.lan ? ORIGIN_AS_FIRST : ORIGIN_PUBLIC;
	for (i = 0; i < m->n_trackers && !h->conf.mesh.seeder; i++)
		host_tracker_add(h, m->trackers[i].p, m->trackers[i].len,
		    reach);
	if (!h->conf.mesh.seeder)
		host_fetch_manifest(h, m);
	host_dht_serve(h);
}

static void
perform(struct mesh_host *h, const struct mesh_act *act)
{
	switch (act->type) {
	case MESH_DIAL:
		host_conn_dial(h, act);
		break;
	case MESH_CLOSE:
		host_conn_close(h, act);
		break;
	case MESH_SEND:
		host_conn_send(h, act);
		break;
	case MESH_FETCH:
		host_fetch_start(h, act);
		break;
	case MESH_UNFETCH:
		host_fetch_stop(h, act);
		break;
	case MESH_ANNOUNCE:
		host_tracker_announce(h, act);
		break;
	case MESH_RECEIPTS:
		host_feed_receipts(h, act);
		break;
	case MESH_CHANGED:
		if (act->u.changed.what & MESH_CHANGED_MANIFEST)
			manifest_changed(h);
		h->changed |= act->u.changed.what;
		io_timer_set(&h->soon, 0);
		break;
	}
}

void
host_pump(struct mesh_host *h)
{
	struct mesh_act act;
	unsigned n;

	if (h->left)
		return;
	for (n = 0; n < PUMP_MAX && mesh_next(h->mesh, &act) == 0; n++)
		perform(h, &act);
	if (n == PUMP_MAX)
		io_timer_set(&h->soon, 0);
	if (!h->leaving)
		io_timer_set(&h->timer, mesh_deadline(h->mesh));
	else if (LIST_EMPTY(&h->conns) && !host_tracker_busy(h) &&
		 !host_dht_busy(h))
		io_timer_set(&h->bye, 0);
}

static void
timer_cb(void *ctx, sp_time now SP_UNUSED)
{
	struct mesh_host *h = ctx;

	mesh_tick(h->mesh, loop_now(h->loop));
	host_pump(h);
}

static void
acks_cb(void *ctx, sp_time now SP_UNUSED)
{
	struct mesh_host *h = ctx;

	host_conn_poll(h);
	host_pump(h);
}

static void
soon_cb(void *ctx, sp_time now SP_UNUSED)
{
	struct mesh_host *h = ctx;
	unsigned what;

	host_pump(h);
	what = h->changed;
	h->changed = 0;
	if (what != 0 && !h->leaving && h->ops->changed != NULL)
		h->ops->changed(h->ctx, what);
}

void
mesh_host_kick(struct mesh_host *h)
{
	if (!h->left)
		io_timer_set(&h->soon, 0);
}

/* ---- leaving ---- */

static void
bye_cb(void *ctx, sp_time now SP_UNUSED)
{
	struct mesh_host *h = ctx;

	if (h->left)
		return;
	h->left = true;
	if (h->ops->left != NULL)
		h->ops->left(h->ctx);
}

void
mesh_host_leave(struct mesh_host *h)
{
	sp_time now = loop_now(h->loop);

	if (h->leaving)
		return;
	h->leaving = true;
	io_timer_cancel(&h->timer);
	io_timer_set(&h->bye, now + LEAVE_TIME);
	host_telemetry_fini(h);
	host_feed_fini(h);
	host_dht_leave(h);
	mesh_leave(h->mesh, now);
	host_pump(h);
	host_fetch_stop_all(h);
}

/* ---- making ---- */

static int
make_mesh(struct mesh_host *h)
{
	sp_time now = loop_now(h->loop);
	int rv;

	h->conf.mesh.listen_port = h->port;
	rv = mesh_new(&h->mesh, &h->conf.mesh, io_mem(), io_random_u64(), now);
	if (rv == 0 && h->n_origins > 0)
		rv = mesh_origins(h->mesh, (unsigned)h->n_origins, now);
	if (rv == 0 && h->conf.n_peers > 0)
		rv = mesh_meet(h->mesh, h->conf.peers, h->conf.n_peers, now);
	return rv;
}

static int
setup(struct mesh_host *h)
{
	size_t i;
	int rv;

	if (io_timer_init(&h->timer, h->loop, timer_cb, h) < 0 ||
	    io_timer_init(&h->soon, h->loop, soon_cb, h) < 0 ||
	    io_timer_init(&h->acks, h->loop, acks_cb, h) < 0 ||
	    io_timer_init(&h->bye, h->loop, bye_cb, h) < 0)
		return SP_ERR_NOMEM;
	for (i = 0; i < h->conf.n_trackers; i++) {
		rv = host_tracker_add(h, h->conf.trackers[i],
		    strlen(h->conf.trackers[i]), ORIGIN_AS_FIRST);
		if (rv < 0)
			return rv;
	}
	if ((rv = host_fetch_init(h)) < 0 || (rv = host_conn_listen(h)) < 0 ||
	    (rv = make_mesh(h)) < 0)
		return rv;
	if ((rv = host_feed_init(h)) < 0 || (rv = host_telemetry_init(h)) < 0)
		return rv;
	if ((rv = host_lsd_init(h)) < 0)
		return rv;
	return host_lt_init(h);
}

int
mesh_host_new(struct mesh_host **out, const struct mesh_host_conf *conf,
    struct loop *loop, struct origin *origin, const struct mesh_host_ops *ops,
    void *ctx)
{
	struct mesh_host *h;
	int rv;

	if (conf->n_listen > MESH_HOST_LISTEN)
		return SP_ERR_ARG;
	if ((h = calloc(1, sizeof(*h))) == NULL)
		return SP_ERR_NOMEM;
	h->loop = loop;
	h->origin = origin;
	h->conf = *conf;
	h->ops = ops;
	h->ctx = ctx;
	LIST_INIT(&h->conns);
	LIST_INIT(&h->fetches);
	rng_seed(&h->rng, io_random_u64());
	h->key = (uint32_t)rng_u64(&h->rng);
	if ((rv = setup(h)) < 0) {
		mesh_host_free(h);
		return rv;
	}
	/* the lists belong to the caller */
	h->conf.trackers = h->conf.origins = NULL;
	h->conf.dht.bootstrap = NULL;
	h->conf.dht.state = NULL;
	mesh_host_kick(h);
	*out = h;
	return 0;
}

void
mesh_host_free(struct mesh_host *h)
{
	if (h == NULL)
		return;
	host_lt_fini(h);
	host_lsd_fini(h);
	host_telemetry_fini(h);
	host_feed_fini(h);
	host_fetch_fini(h);
	host_tracker_fini(h);
	host_conn_fini(h);
	io_timer_fini(&h->timer);
	io_timer_fini(&h->soon);
	io_timer_fini(&h->acks);
	io_timer_fini(&h->bye);
	mesh_free(h->mesh);
	free(h);
}

struct mesh *
mesh_host_mesh(struct mesh_host *h)
{
	return h->mesh;
}

uint16_t
mesh_host_port(const struct mesh_host *h)
{
	return h->port;
}

uint16_t
mesh_host_outside_port(const struct mesh_host *h)
{
	return host_reach_port(h);
}

struct sp_addr
mesh_host_external(const struct mesh_host *h)
{
	return h->external;
}
