#include "test/sim/world.h"

/*
 * The seeder sees a new piece at its next poll of the playlist, downloads it,
 * publishes its record and, if it uploads, holds its blocks. Its own download
 * is not counted as the origin's: it stands beside the encoder.
 */

#define PUBLISH_RETRY SP_S

static uint64_t
window_first(const struct world *w, uint64_t edge)
{
	uint64_t n = (uint64_t)(w->scn.stream.window / w->scn.stream.segment);

	return edge > n ? edge - n : 0;
}

static void
publish_frame(struct world *w, enum tw_frame_type type, const uint8_t *p,
    size_t len)
{
	struct tw_frame f = { .type = type, .p = p, .len = len };
	struct sp_buf b;

	buf_init(&b, &sim_mem, LIM_FEED_FRAME);
	tw_frame_write(&b, &f);
	if (b.err < 0 || b.len > SIMNET_QUANTUM)
		world_broken(w, "an envelope does not fit one segment", b.len);
	simnet_send(w->net, w->publish_end, b.p, b.len, TAG_PUBLISH);
	buf_fini(&b);
}

static void
publish(struct world *w)
{
	const struct truth_piece *pc;

	if (!w->publish_open)
		return;
	for (; w->published < w->seen; w->published++)
		for (size_t i = 0; i < w->scn.n_tracks; i++) {
			pc = truth_piece(w->truth, (uint8_t)i, w->published);
			publish_frame(w, TW_FRAME_RECORD, pc->env, pc->env_len);
		}
}

static void
publish_dial(struct world *w)
{
	if (w->publish_held || !simnet_is_up(w->net, SIM_SEEDER))
		return;
	w->publish_held = true;
	w->publish_end = simnet_dial(w->net, SIM_SEEDER, SIM_TRACKER);
	*world_use(w, w->publish_end) =
	    (struct use){ .use = USE_PUBLISH, .open = true };
}

static void
supply_piece(struct viewer *v, const struct truth_piece *pc, sp_time now)
{
	int rv;

	rv = mesh_record(v->mesh, pc->env, pc->env_len, false, now);
	if (rv < 0 && rv != SP_ERR_STALE)
		world_broken(v->w, "the seeder's mesh refuses a record",
		    (uint64_t)-rv);
	if (v->up_bps > 0)
		mesh_supply(v->mesh, pc->track, pc->number, pc->p, pc->len,
		    now);
}

/* The mesh of the seeder learns pieces [from, w->seen). */
static void
supply(struct world *w, uint64_t from)
{
	struct viewer *v = w->agents[SIM_SEEDER].u.viewer;

	if (v->mesh == NULL)
		return;
	for (; from < w->seen; from++)
		for (size_t i = 0; i < w->scn.n_tracks; i++)
			supply_piece(v, truth_piece(w->truth, (uint8_t)i, from),
			    world_now(w));
	viewer_pump(v);
}

static void
see(struct world *w, uint64_t edge)
{
	uint64_t from = w->seen;

	if (edge <= from)
		return;
	w->seen = edge;
	supply(w, SP_MAX(from, window_first(w, edge)));
	publish(w);
}

void
seed_start(struct world *w)
{
	struct viewer *v = w->agents[SIM_SEEDER].u.viewer;
	const uint8_t *p;
	size_t len;

	w->publish_held = w->publish_open = false;
	p = truth_manifest(w->truth, &len);
	mesh_manifest(v->mesh, p, len, false, world_now(w));
	w->seen = truth_edge(w->truth);
	supply(w, window_first(w, w->seen));
	publish_dial(w);
}

void
seed_make(struct world *w)
{
	sp_time now = world_now(w), at;
	uint64_t number;

	for (;;) {
		number = truth_edge(w->truth);
		if (!truth_make(w->truth, now))
			break;
		at = now +
		     (sp_time)rng_below(&w->rng, (uint64_t)w->scn.seeder.poll) +
		     2 * (w->scn.seeder.delay + w->scn.origin.delay);
		if (w->scn.seeder.down > 0)
			at += (sp_time)(world_copy_bytes(w) * 1000000000 /
					(uint64_t)w->scn.seeder.down);
		simnet_timer(w->net, SIM_SEEDER, at,
		    TAG(TIMER_SEE, number + 1));
		for (size_t i = SIM_FIRST; i < w->n_agents; i++)
			if (w->agents[i].kind == AGENT_LIAR)
				liar_piece(w->agents[i].u.liar, number);
	}
	simnet_timer(w->net, SIM_CONDUCTOR, truth_due(w->truth), 0);
}

void
seed_event(struct world *w, const struct simnet_ev *ev)
{
	const uint8_t *p;
	size_t len;

	switch (ev->type) {
	case SIMNET_OPEN:
		w->publish_open = true;
		w->published = window_first(w, w->seen);
		p = truth_manifest(w->truth, &len);
		publish_frame(w, TW_FRAME_MANIFEST, p, len);
		publish(w);
		break;
	case SIMNET_CLOSED:
	case SIMNET_REFUSED:
	case SIMNET_TIMEOUT:
		w->publish_held = w->publish_open = false;
		simnet_timer(w->net, SIM_SEEDER, ev->at + PUBLISH_RETRY,
		    TIMER_PUBLISH);
		break;
	default:
		break;
	}
}

void
seed_timer(struct world *w, uint64_t tag)
{
	if ((tag & 0xff) == TIMER_SEE)
		see(w, tag >> 32);
	else if ((tag & 0xff) == TIMER_PUBLISH)
		publish_dial(w);
}
