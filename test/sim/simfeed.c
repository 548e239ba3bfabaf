#include "test/sim/world.h"

#define FEED_BACKOFF_MAX 5    /* 2^5 s */
#define FEED_KEEP        8192 /* bytes of an empty buffer */

/* ---- announces: one stream each, closed by the tracker ---- */

void
feed_announce(struct viewer *v, const struct mesh_act *act)
{
	struct world *w = v->w;
	struct tw_announce a;
	uint32_t end;

	memset(&a, 0, sizeof(a));
	memcpy(a.info_hash, mesh_info_hash(v->mesh), sizeof(a.info_hash));
	memcpy(a.peer_id, mesh_peer_id(v->mesh), sizeof(a.peer_id));
	a.port = SIM_PORT;
	a.uploaded = act->u.announce.uploaded;
	a.downloaded = act->u.announce.downloaded;
	a.left = act->u.announce.left;
	a.event = act->u.announce.event;
	a.numwant = (int32_t)act->u.announce.numwant;
	a.compact = true;
	a.live = act->u.announce.live;
	a.up_kbps = act->u.announce.up_kbps;
	a.reachable = act->u.announce.reachable;
	buf_reset(&v->query);
	tw_announce_write(&v->query, &a);
	end = simnet_dial(w->net, v->node, SIM_TRACKER);
	*world_use(w, end) = (struct use){ .use = USE_ANNOUNCE,
		.open = true,
		.id = act->u.announce.announce };
}

/* On the stream of the feed, which saves a handshake and nothing else. */
void
feed_receipts(struct viewer *v, const struct mesh_act *act)
{
	if (v->feed_held && v->feed_up)
		simnet_send(v->w->net, v->feed_end, act->u.receipts.p,
		    act->u.receipts.len, TAG_RECEIPTS);
}

static void
announced(struct viewer *v, uint32_t id, const struct simnet_ev *ev)
{
	struct tw_peer peers[LIM_NUMWANT];
	struct tw_reply r;
	bool ok;

	if (v->mesh == NULL)
		return;
	ok = ev->type == SIMNET_DATA &&
	     tw_reply_read(&r, peers, SP_LEN(peers), ev->p, ev->len) == 0 &&
	     r.failure == NULL;
	mesh_announced(v->mesh, id, ok ? &r : NULL, ev->at);
	viewer_pump(v);
}

static void
announce_event(struct viewer *v, const struct simnet_ev *ev,
    const struct use *u)
{
	struct use *own = world_use(v->w, ev->end);

	switch (ev->type) {
	case SIMNET_OPEN:
		simnet_send(v->w->net, ev->end, v->query.p, v->query.len,
		    TAG_ANNOUNCE);
		break;
	case SIMNET_DATA:
		own->open = false;
		simnet_close(v->w->net, ev->end);
		announced(v, u->id, ev);
		break;
	case SIMNET_CLOSED:
	case SIMNET_REFUSED:
	case SIMNET_TIMEOUT:
		announced(v, u->id, ev);
		break;
	default:
		break;
	}
}

/* ---- the live feed ---- */

void
feed_start(struct viewer *v)
{
	struct world *w = v->w;

	if (v->feed_held)
		return;
	v->feed_held = true;
	buf_reset(&v->feed_in);
	v->feed_end = simnet_dial(w->net, v->node, SIM_TRACKER);
	*world_use(w, v->feed_end) =
	    (struct use){ .use = USE_FEED, .open = true };
}

void
feed_stop(struct viewer *v)
{
	struct use *u = world_use(v->w, v->feed_end);

	if (v->feed_held && u->open) {
		u->open = false;
		simnet_close(v->w->net, v->feed_end);
	}
	v->feed_held = v->feed_up = false;
}

static void
feed_ask(struct viewer *v, uint32_t end)
{
	struct tw_stream s = { .since = v->feed_pos,
		.named = true,
		.port = SIM_PORT };

	memcpy(s.peer_id, mesh_peer_id(v->mesh), sizeof(s.peer_id));
	buf_reset(&v->w->out);
	tw_stream_write(&v->w->out, &s);
	simnet_send(v->w->net, end, v->w->out.p, v->w->out.len, TAG_SUBSCRIBE);
}

static void
feed_lost(struct viewer *v, sp_time now)
{
	unsigned n = SP_MIN(v->feed_fails, FEED_BACKOFF_MAX);
	sp_time gap = (sp_time)1 << n;

	v->feed_held = false;
	v->feed_fails++;
	if (v->feed_up) {
		v->feed_up = false;
		mesh_feed_state(v->mesh, false, now);
		viewer_pump(v);
	}
	gap = gap * SP_S * (80 + (sp_time)rng_below(&v->w->rng, 41)) / 100;
	simnet_timer(v->w->net, v->node, now + gap, TIMER_FEED);
}

static void
feed_roster(struct viewer *v, const struct tw_frame *f, sp_time now)
{
	int rv = roster_take(&v->roster, f->p, f->len);

	if (rv < 0)
		world_broken(v->w, "a roster cannot be taken", (uint64_t)-rv);
	else
		mesh_roster(v->mesh, &v->roster, now);
}

static void
feed_places(struct viewer *v, const struct tw_frame *f, sp_time now)
{
	uint16_t told;
	int rv = places_take(&v->places, &told, f->p, f->len);

	if (rv < 0)
		world_broken(v->w, "places cannot be taken", (uint64_t)-rv);
	else
		mesh_places(v->mesh, &v->places, told, now);
}

static void
feed_frame(struct viewer *v, const struct tw_frame *f, sp_time now)
{
	switch (f->type) {
	case TW_FRAME_HELLO:
		v->feed_pos.boot = f->boot;
		v->feed_fails = 0;
		v->roster.version = 0;
		memset(&v->places, 0, sizeof(v->places));
		if (!v->feed_up)
			mesh_feed_state(v->mesh, true, now);
		v->feed_up = true;
		break;
	case TW_FRAME_MANIFEST:
		mesh_manifest(v->mesh, f->p, f->len, true, now);
		break;
	case TW_FRAME_RECORD:
		v->feed_pos.seq = f->seq;
		mesh_record(v->mesh, f->p, f->len, true, now);
		break;
	case TW_FRAME_ROSTER:
		feed_roster(v, f, now);
		break;
	case TW_FRAME_PLACES:
		feed_places(v, f, now);
		break;
	default:
		break;
	}
}

static void
feed_data(struct viewer *v, const struct simnet_ev *ev)
{
	struct tw_frame f;
	size_t at = 0;
	int n;

	buf_put(&v->feed_in, ev->p, ev->len);
	while ((n = tw_frame_read(&f, v->feed_in.p + at, v->feed_in.len - at)) >
	       0) {
		feed_frame(v, &f, ev->at);
		at += (size_t)n;
	}
	if (n < 0)
		world_broken(v->w, "a frame of the feed cannot be read", 0);
	buf_consume(&v->feed_in, at);
	/* the whole window comes at first, then little by little */
	if (v->feed_in.len == 0 && v->feed_in.cap > FEED_KEEP) {
		buf_fini(&v->feed_in);
		buf_init(&v->feed_in, &sim_mem, 2 * LIM_FEED_FRAME);
	}
	viewer_pump(v);
}

static void
feed_link(struct viewer *v, const struct simnet_ev *ev)
{
	if (v->mesh == NULL)
		return;
	switch (ev->type) {
	case SIMNET_OPEN:
		feed_ask(v, ev->end);
		break;
	case SIMNET_DATA:
		feed_data(v, ev);
		break;
	case SIMNET_CLOSED:
	case SIMNET_REFUSED:
	case SIMNET_TIMEOUT:
		feed_lost(v, ev->at);
		break;
	default:
		break;
	}
}

void
feed_event(struct viewer *v, const struct simnet_ev *ev, const struct use *u)
{
	if (ev->type == SIMNET_DATA)
		v->feed_bytes += ev->len;
	if (u->use == USE_ANNOUNCE)
		announce_event(v, ev, u);
	else
		feed_link(v, ev);
}
