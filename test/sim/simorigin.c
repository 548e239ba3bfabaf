#include "test/sim/world.h"

#define HEAD_BYTES 250 /* of a reply; the first tells what it is */

static struct origin_wait *
wait_new(struct world *w)
{
	size_t i;

	for (i = 0; i < w->n_waits; i++)
		if (w->waits[i].id == 0)
			return &w->waits[i];
	if (w->n_waits == w->cap_waits) {
		w->cap_waits = SP_MAX(2 * w->cap_waits, 64);
		w->waits =
		    sim_resize(w->waits, w->cap_waits, sizeof(*w->waits));
	}
	memset(&w->waits[i], 0, sizeof(w->waits[i]));
	w->n_waits++;
	return &w->waits[i];
}

/* A second's worth of requests at once, then at the pace of the limit. */
static bool
is_too_many(struct world *w, sp_time now)
{
	sp_time each;

	if (w->scn.origin.requests == 0)
		return false;
	each = SP_S / w->scn.origin.requests;
	w->origin_tat = SP_MAX(w->origin_tat, now - SP_S);
	if (w->origin_tat + each > now)
		return true;
	w->origin_tat += each;
	return false;
}

static void
on_request(struct world *w, const struct simnet_ev *ev)
{
	const struct use *u = world_use(w, ev->end ^ 1);
	struct origin_wait *q;
	sp_time ttfb;

	if (u->fetch != (uint32_t)(ev->tag >> 32))
		return; /* cancelled, and another was asked since */
	q = wait_new(w);
	q->id = ++w->requests;
	q->end = ev->end;
	q->fetch = u->fetch;
	q->track = u->track;
	q->number = u->number;
	q->at = u->at;
	q->len = u->len;
	q->too_many = is_too_many(w, ev->at);
	ttfb = dist_lognormal(&w->rng, w->scn.origin.ttfb,
	    (uint32_t)w->scn.origin.sigma);
	simnet_timer(w->net, SIM_ORIGIN, ev->at + ttfb,
	    TAG((uint64_t)(q - w->waits), q->id));
}

static void
forget(struct world *w, uint32_t end)
{
	for (size_t i = 0; i < w->n_waits; i++)
		if (w->waits[i].end == end)
			w->waits[i].id = 0;
}

void
origin_reset(struct world *w)
{
	w->n_waits = 0;
}

static void
reply(struct world *w, const struct origin_wait *q)
{
	const struct truth_piece *pc =
	    truth_piece(w->truth, q->track, q->number);
	uint8_t head[HEAD_BYTES] = { 0 };

	if (q->too_many)
		head[0] = ORIGIN_429;
	else if (pc != NULL && q->at < pc->len && q->len > 0 &&
		 q->len <= pc->len - q->at)
		head[0] = ORIGIN_206;
	simnet_send(w->net, q->end, head, sizeof(head),
	    TAG(TAG_HEAD, q->fetch));
	if (head[0] == ORIGIN_206)
		simnet_send_ref(w->net, q->end, pc->p + q->at, q->len,
		    TAG(TAG_BODY, q->fetch));
}

void
origin_event(struct world *w, const struct simnet_ev *ev)
{
	struct origin_wait *q;

	switch (ev->type) {
	case SIMNET_ACCEPT:
		*world_use(w, ev->end) =
		    (struct use){ .use = USE_SERVED, .open = true };
		break;
	case SIMNET_TIMER:
		q = &w->waits[(uint32_t)ev->tag];
		if ((uint32_t)ev->tag >= w->n_waits ||
		    q->id != (uint32_t)(ev->tag >> 32))
			break;
		reply(w, q);
		q->id = 0;
		break;
	case SIMNET_DATA:
		if ((uint32_t)ev->tag == TAG_CANCEL) {
			forget(w, ev->end);
			simnet_cancel(w->net, ev->end);
		} else {
			on_request(w, ev);
		}
		break;
	case SIMNET_CLOSED:
		world_use(w, ev->end)->open = false;
		forget(w, ev->end);
		break;
	default:
		break;
	}
}
