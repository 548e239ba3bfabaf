#include "test/sim/world.h"

#define REQUEST_BYTES 300 /* GET with Range and the usual headers */

static uint64_t
slot_tag(const struct viewer *v, const struct fetch_slot *s, uint64_t kind)
{
	return TAG(kind | (uint64_t)(s - v->slots) << 8, s->fetch);
}

static struct fetch_slot *
slot_find(struct viewer *v, uint32_t fetch)
{
	for (size_t i = 0; i < SIM_FETCHES; i++)
		if (v->slots[i].busy && v->slots[i].fetch == fetch)
			return &v->slots[i];
	return NULL;
}

/* A free stream: an open one, else a new one, else one that is opening. */
static struct fetch_slot *
slot_free(struct viewer *v)
{
	struct fetch_slot *s = NULL, *opening = NULL;

	for (size_t i = 0; i < SIM_FETCHES; i++) {
		if (v->slots[i].busy)
			continue;
		if (v->slots[i].opened)
			return &v->slots[i];
		if (v->slots[i].connected)
			opening = &v->slots[i];
		else if (s == NULL)
			s = &v->slots[i];
	}
	return s != NULL ? s : opening;
}

static void
ask(struct viewer *v, struct fetch_slot *s)
{
	static const uint8_t request[REQUEST_BYTES];
	struct use *u = world_use(v->w, s->end);

	if (v->cut_off)
		return;
	u->fetch = s->fetch;
	u->track = s->track;
	u->number = s->number;
	u->at = s->at;
	u->len = s->len;
	simnet_send(v->w->net, s->end, request, sizeof(request),
	    TAG(TAG_REQUEST, s->fetch));
}

void
fetch_start(struct viewer *v, const struct mesh_act *act)
{
	struct world *w = v->w;
	struct fetch_slot *s = slot_free(v);
	sp_time now = world_now(w);

	if (s == NULL) {
		world_broken(w, "more fetches at once than there may be",
		    act->u.fetch.fetch);
		mesh_fetch_done(v->mesh, act->u.fetch.fetch, MESH_FETCH_NET, 0,
		    0, now);
		return;
	}
	s->busy = true;
	s->fetch = act->u.fetch.fetch;
	s->track = act->u.fetch.track;
	s->number = act->u.fetch.number;
	s->at = act->u.fetch.at;
	s->len = act->u.fetch.len;
	s->got = 0;
	s->progress = now;
	if (s->opened) {
		ask(v, s);
	} else if (!s->connected) {
		s->end = simnet_dial(w->net, v->node, SIM_ORIGIN);
		s->connected = true;
		*world_use(w, s->end) = (struct use){ .use = USE_FETCH,
			.open = true,
			.id = (uint32_t)(s - v->slots) };
	}
	simnet_timer(w->net, v->node, now + SIM_FETCH_MAX,
	    slot_tag(v, s, TIMER_SLOW));
}

/* The stream stays; what is on its way will be ignored. */
static void
stop(struct viewer *v, struct fetch_slot *s)
{
	s->busy = false;
	if (s->opened)
		simnet_send(v->w->net, s->end, "", 1,
		    TAG(TAG_CANCEL, s->fetch));
}

void
fetch_cancel(struct viewer *v, uint32_t fetch)
{
	struct fetch_slot *s = slot_find(v, fetch);

	if (s != NULL)
		stop(v, s);
}

static void
done(struct viewer *v, struct fetch_slot *s, enum mesh_fetch result,
    unsigned status)
{
	uint32_t retry_ms = 0;

	if (status == 429)
		retry_ms = (uint32_t)(v->w->scn.origin.retry / SP_MS);
	s->busy = false;
	mesh_fetch_done(v->mesh, s->fetch, result, status, retry_ms,
	    world_now(v->w));
	viewer_pump(v);
}

static void
on_head(struct viewer *v, struct fetch_slot *s, const struct simnet_ev *ev)
{
	const struct truth_piece *pc =
	    truth_piece(v->w->truth, s->track, s->number);

	if (ev->p[0] != ORIGIN_206) {
		done(v, s, MESH_FETCH_HTTP, ev->p[0] == ORIGIN_429 ? 429 : 404);
		return;
	}
	assert(pc != NULL && "the origin had it");
	if (mesh_fetch_head(v->mesh, s->fetch, s->at, pc->len, ev->at) < 0)
		stop(v, s);
	viewer_pump(v);
}

static void
on_body(struct viewer *v, struct fetch_slot *s, const struct simnet_ev *ev)
{
	uint32_t fetch = s->fetch;
	int rv;

	s->got += ev->len;
	rv = mesh_fetch_data(v->mesh, fetch, ev->p, ev->len, ev->at);
	if (rv < 0 || s->got >= s->len) {
		if (s->got < s->len)
			stop(v, s);
		done(v, s, MESH_FETCH_OK, 206);
		return;
	}
	viewer_pump(v);
}

static void
on_data(struct viewer *v, struct fetch_slot *s, const struct simnet_ev *ev)
{
	if (v->cut_off || !s->busy || (uint32_t)(ev->tag >> 32) != s->fetch)
		return;
	s->progress = ev->at;
	if ((uint32_t)ev->tag == TAG_HEAD)
		on_head(v, s, ev);
	else
		on_body(v, s, ev);
}

void
fetch_event(struct viewer *v, const struct simnet_ev *ev, uint32_t slot)
{
	struct fetch_slot *s = &v->slots[slot];

	switch (ev->type) {
	case SIMNET_OPEN:
		/* TLS: one round trip more. */
		simnet_timer(v->w->net, v->node,
		    ev->at + simnet_rtt(v->w->net, ev->end),
		    slot_tag(v, s, TIMER_FETCH));
		break;
	case SIMNET_DATA:
		on_data(v, s, ev);
		break;
	case SIMNET_CLOSED:
	case SIMNET_REFUSED:
	case SIMNET_TIMEOUT:
		s->connected = s->opened = false;
		if (s->busy)
			done(v, s, MESH_FETCH_NET, 0);
		break;
	default:
		break;
	}
}

void
fetch_timer(struct viewer *v, uint64_t tag)
{
	struct fetch_slot *s = &v->slots[tag >> 8 & 0xff];
	sp_time now = world_now(v->w);

	if ((tag & 0xff) == TIMER_FETCH) {
		if (!s->connected)
			return;
		s->opened = true;
		if (s->busy)
			ask(v, s);
		return;
	}
	if (!s->busy || s->fetch != (uint32_t)(tag >> 32))
		return;
	if (now - s->progress < SIM_FETCH_MAX) {
		simnet_timer(v->w->net, v->node, s->progress + SIM_FETCH_MAX,
		    tag);
		return;
	}
	world_use(v->w, s->end)->open = false;
	simnet_close(v->w->net, s->end);
	s->connected = s->opened = false;
	done(v, s, MESH_FETCH_NET, 0);
}
