#include "test/sim/tally.h"
#include "test/sim/world.h"

#define TICK_MIN SP_US /* a mesh that never rests still lets time pass */

static const struct mesh_crypto *
crypto(const struct world *w)
{
	return w->real_crypto ? NULL : &truth_crypto;
}

static void
mesh_setup(struct viewer *v)
{
	struct world *w = v->w;
	const struct scn_group *g = v->group;
	struct mesh_conf mc;
	uint64_t seed;
	int rv;

	mesh_conf_init(&mc);
	memcpy(mc.pk, truth_pk(w->truth), HASH_PK_LEN);
	world_random(w, mc.secret, sizeof(mc.secret));
	world_random(w, &seed, sizeof(seed));
	mc.listen_port = SIM_PORT;
	mc.ciphers = w->ciphers;
	mc.n_ciphers = w->n_ciphers;
	mc.crypto = crypto(w);
	mc.store = &v->store;
	mc.without = w->scn.without;
	if (g == NULL) {
		mc.seeder = true;
		mc.no_upload = v->up_bps == 0;
		mc.expect_up_bps = v->up_bps;
	} else {
		v->free_rider =
		    (int64_t)rng_below(&w->draws, 1000000) < g->free;
		mc.no_upload = v->free_rider;
		mc.up_bps = (uint64_t)g->cap;
		if (g->known != 0)
			mc.expect_up_bps = v->up_bps;
		if (g->neighbours > 0)
			mc.neighbours = (uint32_t)g->neighbours;
		mc.delay_ms = (uint32_t)(g->playout / SP_MS);
		if (g->window > 0)
			mc.window_ms = (uint32_t)(g->window / SP_MS);
	}
	rv = mesh_new(&v->mesh, &mc, &sim_mem, seed, world_now(w));
	if (rv < 0) {
		fprintf(stderr, "spate-sim: mesh_new: %s\n", sp_strerror(rv));
		exit(1);
	}
}

/* Some of those who are there: as in a link, or as a friend tells them. */
static void
meet(struct viewer *v)
{
	struct sp_addr some[LIM_LINK_PEERS];
	struct world *w = v->w;
	size_t n = 0, want = (size_t)v->group->meet;
	const struct viewer *o;
	uint64_t seen = 0, at;

	if (want == 0)
		return;
	for (size_t i = SIM_FIRST; (o = world_next_viewer(w, &i)) != NULL;) {
		if (o == v)
			continue;
		at = n < want ? n++ : rng_below(&w->rng, seen + 1);
		if (at < want)
			some[at] = world_addr(o->node, SIM_PORT);
		seen++;
	}
	mesh_meet(v->mesh, some, n, world_now(w));
}

void
viewer_start(struct viewer *v)
{
	struct world *w = v->w;
	sp_time now = world_now(w);

	v->timer = SP_NEVER;
	mesh_setup(v);
	if (v->group != NULL) {
		mesh_origins(v->mesh, 1, now);
		mesh_follow(v->mesh, v->track, true, now);
		meet(v);
		feed_start(v);
	}
	viewer_pump(v);
}

static void
viewer_node(struct viewer *v, const struct scn_group *g)
{
	struct simnet_node_conf nc;
	struct world *w = v->w;

	memset(&nc, 0, sizeof(nc));
	nc.x = (sp_time)rng_below(&w->draws, (uint64_t)w->scn.net.plane + 1);
	nc.y = (sp_time)rng_below(&w->draws, (uint64_t)w->scn.net.plane + 1);
	if (g == NULL) {
		nc.up_bps = (uint64_t)w->scn.seeder.up;
		nc.down_bps = (uint64_t)w->scn.seeder.down;
		nc.delay = w->scn.seeder.delay;
		nc.loss_ppm = (uint32_t)w->scn.seeder.loss;
	} else {
		nc.up_bps = (uint64_t)(g->up.kind == DIST_MIX
					   ? dist_mix(&g->up,
						 w->mixed[g - w->scn.groups]++)
					   : dist_draw(&g->up, &w->draws));
		nc.down_bps = (uint64_t)dist_draw(&g->down, &w->draws);
		nc.delay = dist_draw(&g->delay, &w->draws);
		nc.loss_ppm = (uint32_t)g->loss;
		nc.burst = g->burst;
		nc.blocked =
		    (int64_t)rng_below(&w->draws, 1000000) < g->blocked;
		nc.isolated = g->isolated > 0 && (int64_t)rng_below(&w->draws,
						     1000000) < g->isolated;
	}
	v->up_bps = nc.up_bps;
	v->delay = nc.delay;
	v->isolated = nc.isolated;
	/* Who serves no blocks still sends records. */
	if (g == NULL && nc.up_bps == 0)
		nc.up_bps = 100 * 125000;
	v->node = world_add(w, &nc);
}

/* How long a visit takes; 0: to the end. */
static sp_time
session_draw(struct world *w, const struct scn_group *g)
{
	if (g->brief > 0 && (int64_t)rng_below(&w->draws, 1000000) < g->brief)
		return 1 + (sp_time)rng_below(&w->draws, SIM_BRIEF);
	return dist_draw(&g->session, &w->draws);
}

void
viewer_new(struct world *w, const struct scn_group *g)
{
	struct viewer *v = sim_zalloc(1, sizeof(*v));
	sp_time session;

	v->w = w;
	v->group = g;
	v->track = g != NULL ? (uint8_t)g->track : 0;
	v->joined = world_now(w);
	viewer_node(v, g);
	w->agents[v->node].kind = AGENT_VIEWER;
	w->agents[v->node].u.viewer = v;
	truth_store_init(&v->ctx, &v->store, w->truth,
	    g != NULL ? (uint32_t)g->flip : 0);
	buf_init(&v->feed_in, &sim_mem, 2 * LIM_FEED_FRAME);
	buf_init(&v->query, &sim_mem, LIM_ANNOUNCE_URI);
	player_init(&v->player);
	if (g != NULL && (session = session_draw(w, g)) > 0)
		simnet_timer(w->net, v->node, v->joined + session, TIMER_LEAVE);
	if (g != NULL && g->kind == SCN_POLLUTERS)
		w->tally->polluter = v->joined - SIM_START;
	viewer_start(v);
}

void
viewer_free(struct viewer *v)
{
	mesh_free(v->mesh);
	truth_store_fini(&v->ctx);
	buf_fini(&v->feed_in);
	buf_fini(&v->query);
	mem_free(&sim_mem, v);
}

/* ---- acts ---- */

static void
on_dial(struct viewer *v, uint32_t dial, const struct sp_addr *addr)
{
	struct world *w = v->w;
	uint32_t to = world_node_of(w, addr), end;

	if (to == UINT32_MAX || to == v->node || addr->port != SIM_PORT) {
		mesh_dial_failed(v->mesh, dial, MESH_CLOSE_REFUSED,
		    world_now(w));
		return;
	}
	end = simnet_dial(w->net, v->node, to);
	*world_use(w, end) =
	    (struct use){ .use = USE_PEER, .open = true, .id = dial };
}

static void
on_send(struct viewer *v, uint32_t conn, const uint8_t *p, size_t len)
{
	struct use *u = world_use(v->w, conn);
	size_t taken;

	if (!u->open)
		return;
	taken = simnet_send(v->w->net, conn, p, len, 0);
	if (taken > 0)
		mesh_peer_sent(v->mesh, conn, taken, world_now(v->w));
}

static void
on_close(struct viewer *v, uint32_t conn)
{
	struct use *u = world_use(v->w, conn);

	if (!u->open)
		return;
	u->open = false;
	simnet_close(v->w->net, conn);
}

static void
perform(struct viewer *v, const struct mesh_act *act, bool *changed)
{
	switch (act->type) {
	case MESH_DIAL:
		on_dial(v, act->u.dial.dial, &act->u.dial.addr);
		break;
	case MESH_CLOSE:
		on_close(v, act->u.close.conn);
		break;
	case MESH_SEND:
		on_send(v, act->u.send.conn, act->u.send.p, act->u.send.len);
		break;
	case MESH_FETCH:
		fetch_start(v, act);
		break;
	case MESH_UNFETCH:
		fetch_cancel(v, act->u.unfetch.fetch);
		break;
	case MESH_ANNOUNCE:
		feed_announce(v, act);
		break;
	case MESH_RECEIPTS:
		feed_receipts(v, act);
		break;
	case MESH_CHANGED:
		*changed = true;
		break;
	}
}

static void
set_timer(struct viewer *v)
{
	sp_time at = mesh_deadline(v->mesh);

	if (at >= v->timer)
		return;
	v->timer = SP_MAX(at, world_now(v->w));
	simnet_timer(v->w->net, v->node, v->timer, TIMER_MESH);
}

void
viewer_pump(struct viewer *v)
{
	struct mesh_act act;
	bool changed = false;

	for (;;) {
		if (mesh_next(v->mesh, &act) == 0) {
			perform(v, &act, &changed);
			continue;
		}
		if (!changed || v->group == NULL)
			break;
		changed = false;
		player_run(v);
	}
	set_timer(v);
}

static void
on_timer(struct viewer *v, const struct simnet_ev *ev)
{
	sp_time at;

	if (ev->at != v->timer)
		return; /* another was set since */
	v->timer = SP_NEVER;
	if (mesh_deadline(v->mesh) <= ev->at) {
		mesh_tick(v->mesh, ev->at);
		at = mesh_deadline(v->mesh);
		if (at <= ev->at) {
			v->timer = ev->at + TICK_MIN;
			simnet_timer(v->w->net, v->node, v->timer, TIMER_MESH);
		}
	}
	viewer_pump(v);
}

/* ---- leaving ---- */

static void
follow_up(struct world *w, const struct scn_group *g)
{
	if (g != NULL && g->replace != 0)
		world_join(w, g);
}

void
viewer_leave(struct viewer *v, bool crash)
{
	struct world *w = v->w;
	const struct scn_group *g = v->group;

	if (v->mesh == NULL)
		return;
	tally_viewer(w, v);
	if (!crash) {
		mesh_leave(v->mesh, world_now(w));
		viewer_pump(v);
	}
	mesh_free(v->mesh);
	v->mesh = NULL;
	v->timer = SP_NEVER;
	if (crash)
		v->feed_held = v->feed_up = false;
	else
		feed_stop(v);
	memset(v->slots, 0, sizeof(v->slots));
	if (crash) {
		simnet_down(w->net, v->node, true);
		tracker_vanished(w, v->node);
	} else {
		simnet_timer(w->net, v->node, world_now(w) + SIM_LEAVE,
		    TIMER_GONE);
	}
	w->left++;
	follow_up(w, g);
}

/* ---- events ---- */

static void
on_open(struct viewer *v, const struct simnet_ev *ev, uint32_t dial)
{
	struct sp_addr addr = world_addr(ev->peer, SIM_PORT);
	uint8_t entropy[32];

	if (dial == 0)
		addr.port = (uint16_t)(49152 + ev->end % 16384);
	world_random(v->w, entropy, sizeof(entropy));
	if (mesh_peer_open(v->mesh, ev->end, dial, &addr, entropy, ev->at) < 0)
		on_close(v, ev->end);
}

static void
on_peer(struct viewer *v, const struct simnet_ev *ev, const struct use *u)
{
	switch (ev->type) {
	case SIMNET_OPEN:
		on_open(v, ev, u->id);
		break;
	case SIMNET_REFUSED:
		mesh_dial_failed(v->mesh, u->id, MESH_CLOSE_REFUSED, ev->at);
		break;
	case SIMNET_TIMEOUT:
		mesh_dial_failed(v->mesh, u->id, MESH_CLOSE_TIMEOUT, ev->at);
		break;
	case SIMNET_DATA:
		mesh_peer_recv(v->mesh, ev->end, ev->p, ev->len, ev->at);
		break;
	case SIMNET_SENT:
		mesh_peer_sent(v->mesh, ev->end, ev->len, ev->at);
		break;
	case SIMNET_CLOSED:
		mesh_peer_closed(v->mesh, ev->end, MESH_CLOSE_REMOTE, ev->at);
		break;
	default:
		break;
	}
	viewer_pump(v);
}

static void
on_timers(struct viewer *v, const struct simnet_ev *ev)
{
	bool crash;

	switch ((enum sim_timer)(ev->tag & 0xff)) {
	case TIMER_MESH:
		on_timer(v, ev);
		break;
	case TIMER_FEED:
		feed_start(v);
		break;
	case TIMER_FETCH:
	case TIMER_SLOW:
		fetch_timer(v, ev->tag);
		break;
	case TIMER_LEAVE:
		crash =
		    (int64_t)rng_below(&v->w->rng, 1000000) < v->group->crash;
		viewer_leave(v, crash);
		break;
	default:
		seed_timer(v->w, ev->tag);
		break;
	}
}

void
viewer_event(struct viewer *v, const struct simnet_ev *ev)
{
	struct use u;

	if (ev->type == SIMNET_TIMER) {
		if (v->mesh != NULL)
			on_timers(v, ev);
		else if (ev->tag == TIMER_GONE)
			simnet_down(v->w->net, v->node, false);
		return;
	}
	if (ev->type == SIMNET_ACCEPT) {
		*world_use(v->w, ev->end) =
		    (struct use){ .use = USE_PEER, .open = true };
		if (v->mesh != NULL)
			on_open(v, ev, 0);
		else
			on_close(v, ev->end);
		if (v->mesh != NULL)
			viewer_pump(v);
		return;
	}
	u = *world_use(v->w, ev->end);
	if (ev->type == SIMNET_CLOSED || ev->type == SIMNET_REFUSED ||
	    ev->type == SIMNET_TIMEOUT)
		world_use(v->w, ev->end)->open = false;
	if (u.use == USE_ANNOUNCE || u.use == USE_FEED)
		feed_event(v, ev, &u);
	else if (u.use == USE_PUBLISH)
		seed_event(v->w, ev);
	else if (v->mesh == NULL)
		return;
	else if (u.use == USE_FETCH)
		fetch_event(v, ev, u.id);
	else
		on_peer(v, ev, &u);
}
