#include "test/sim/mesh_sound.h"
#include "test/sim/tally.h"
#include "test/sim/world.h"

#define CHECK_GAP   SP_S
#define WINDOW_MAX  (180 * SP_S) /* of media in a mesh, above the stream's */
#define SOUND_MAX   100
#define STREAMS_MAX (MESH_PEERS_MAX + SIM_FETCHES + 4)

/* Timers of the conductor; << 32: index. */
enum conduct {
	CONDUCT_PIECE,
	CONDUCT_CHECK,
	CONDUCT_EVENT,
	CONDUCT_JOIN,
	CONDUCT_SETTLE,
};

void
plan_make(struct world *w)
{
	const struct scenario *s = &w->scn;

	simnet_timer(w->net, SIM_CONDUCTOR, truth_due(w->truth), CONDUCT_PIECE);
	simnet_timer(w->net, SIM_CONDUCTOR, SIM_START + CHECK_GAP,
	    CONDUCT_CHECK);
	if (s->settle > 0)
		simnet_timer(w->net, SIM_CONDUCTOR, SIM_START + s->settle,
		    CONDUCT_SETTLE);
	for (size_t i = 0; i < s->n_events; i++)
		simnet_timer(w->net, SIM_CONDUCTOR, SIM_START + s->events[i].at,
		    TAG(CONDUCT_EVENT, i));
	for (size_t i = 0; i < s->n_groups; i++)
		for (int64_t k = 0; k < s->groups[i].count; k++)
			simnet_timer(w->net, SIM_CONDUCTOR,
			    SIM_START + dist_draw(&s->groups[i].join, &w->rng),
			    TAG(CONDUCT_JOIN, i));
}

static struct viewer *
some_viewer(struct world *w)
{
	struct viewer *v, *found = NULL;
	uint64_t n = 0;

	for (size_t i = SIM_FIRST; (v = world_next_viewer(w, &i)) != NULL;)
		if (v->group->kind == SCN_VIEWERS &&
		    rng_below(&w->rng, ++n) == 0)
			found = v;
	return found;
}

static void
many(struct world *w, enum scn_what what, int64_t n)
{
	struct viewer *v;

	for (; n > 0; n--) {
		if (what == SCN_JOIN) {
			world_join(w, &w->scn.groups[0]);
			continue;
		}
		v = some_viewer(w);
		if (v != NULL)
			viewer_leave(v, what == SCN_CRASH);
	}
}

static void
seeder_event(struct world *w, bool up)
{
	struct viewer *v = w->agents[SIM_SEEDER].u.viewer;

	if (up == (v->mesh != NULL))
		return;
	if (!up) {
		viewer_leave(v, true);
		return;
	}
	simnet_up(w->net, SIM_SEEDER);
	viewer_start(v);
	seed_start(w);
}

/* From now on it hangs for that share of those who are here. */
static void
origin_dead(struct world *w, int64_t ppm)
{
	struct viewer *v;

	for (size_t i = SIM_FIRST; (v = world_next_viewer(w, &i)) != NULL;)
		v->cut_off = (int64_t)rng_below(&w->draws, 1000000) < ppm;
}

static void
scenario_event(struct world *w, const struct scn_event *e)
{
	switch (e->what) {
	case SCN_ORIGIN_DOWN:
		simnet_down(w->net, SIM_ORIGIN, true);
		origin_reset(w);
		break;
	case SCN_ORIGIN_UP:
		simnet_up(w->net, SIM_ORIGIN);
		break;
	case SCN_ORIGIN_RATE:
		simnet_rate(w->net, SIM_ORIGIN, (uint64_t)e->value, 0);
		break;
	case SCN_ORIGIN_TTFB:
		w->scn.origin.ttfb = e->value;
		break;
	case SCN_ORIGIN_REQUESTS:
		w->scn.origin.requests = e->value;
		break;
	case SCN_ORIGIN_DEAD:
		origin_dead(w, e->value);
		break;
	case SCN_TRACKER_DOWN:
		if (w->track == NULL)
			break;
		simnet_down(w->net, SIM_TRACKER, false);
		tracker_halt(w);
		break;
	case SCN_TRACKER_UP:
		if (w->track != NULL)
			break;
		simnet_up(w->net, SIM_TRACKER);
		tracker_boot(w);
		break;
	case SCN_SEEDER_DOWN:
	case SCN_SEEDER_UP:
		seeder_event(w, e->what == SCN_SEEDER_UP);
		break;
	case SCN_JOIN:
	case SCN_LEAVE:
	case SCN_CRASH:
		many(w, e->what, e->value);
		break;
	}
}

uint64_t
world_origin_bytes(const struct world *w)
{
	struct simnet_stats st;

	simnet_node_stats(w->net, SIM_ORIGIN, &st);
	return st.up_bytes;
}

/* Meshes from the inside: all of a small swarm, some in turn of a large one. */
static void
check_sound(struct world *w)
{
	const struct viewer *v;
	const char *why;

	for (size_t i = 0; i < SP_MIN(w->n_agents, SOUND_MAX); i++) {
		w->sound_turn = (w->sound_turn + 1) % w->n_agents;
		if (w->agents[w->sound_turn].kind != AGENT_VIEWER)
			continue;
		v = w->agents[w->sound_turn].u.viewer;
		why = v->mesh != NULL ? mesh_sound(v->mesh) : NULL;
		if (why != NULL)
			world_broken(w, why, w->sound_turn);
	}
}

/* One second more of the run's history. */
static void
record(struct world *w)
{
	struct tally *t = w->tally;
	struct series_row row = { .at = world_now(w) - SIM_START,
		.origin_bytes = world_origin_bytes(w),
		.played_bytes = t->sum.played_bytes,
		.peer_bytes = t->sum.peer_bytes,
		.bad_bytes = t->sum.bad_bytes,
		.missed = (uint64_t)t->value[METRIC_MISSES] };
	struct mesh_stats s;
	struct viewer *v;

	for (size_t i = SIM_FIRST; (v = world_next_viewer(w, &i)) != NULL;) {
		mesh_stats(v->mesh, &s, world_now(w));
		row.present++;
		row.waiting +=
		    world_now(w) - v->joined >= SIM_SETTLED &&
		    (v->player.startup < 0 || world_now(w) > v->player.end);
		row.played_bytes +=
		    v->player.played * world_piece_bytes(w, v->track);
		row.peer_bytes += s.peer_bytes;
		row.bad_bytes += s.bad_bytes;
		row.missed += s.missed;
	}
	series_add(&t->series, &row);
}

/* What must hold of every node, once a second. */
static void
check(struct world *w)
{
	uint64_t window =
	    (uint64_t)((w->scn.stream.window + WINDOW_MAX) / SP_MS) *
	    world_copy_bytes(w) / (uint64_t)(w->scn.stream.segment / SP_MS);
	uint64_t now_bytes = world_origin_bytes(w);
	struct simnet_stats net;
	struct mesh_stats s;
	struct viewer *v;

	w->origin_peak = SP_MAX(w->origin_peak, now_bytes - w->origin_second);
	w->origin_second = now_bytes;
	for (size_t i = SIM_SEEDER; (v = world_next_viewer(w, &i)) != NULL;) {
		mesh_stats(v->mesh, &s, world_now(w));
		simnet_node_stats(w->net, v->node, &net);
		if (s.window_bytes > window)
			world_broken(w, "a window holds too much",
			    s.window_bytes);
		if (s.neighbours > MESH_PEERS_MAX || net.streams > STREAMS_MAX)
			world_broken(w, "too many streams", net.streams);
		if (v->ctx.wrong > 0)
			world_broken(w, "a wrong block was taken", v->node);
	}
	check_sound(w);
	record(w);
	simnet_timer(w->net, SIM_CONDUCTOR, world_now(w) + CHECK_GAP,
	    CONDUCT_CHECK);
}

uint64_t
world_piece_bytes(const struct world *w, uint8_t track)
{
	return (uint64_t)w->scn.tracks[track].rate *
	       (uint64_t)(w->scn.stream.segment / SP_MS) / 1000;
}

uint64_t
world_copy_bytes(const struct world *w)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < w->scn.n_tracks; i++)
		sum += world_piece_bytes(w, (uint8_t)i);
	return sum;
}

void
plan_timer(struct world *w, uint64_t tag)
{
	size_t i = tag >> 32;

	switch ((enum conduct)(tag & 0xff)) {
	case CONDUCT_PIECE:
		seed_make(w);
		break;
	case CONDUCT_CHECK:
		check(w);
		break;
	case CONDUCT_EVENT:
		scenario_event(w, &w->scn.events[i]);
		break;
	case CONDUCT_SETTLE:
		tally_settle(w);
		break;
	case CONDUCT_JOIN:
		world_join(w, &w->scn.groups[i]);
		break;
	}
}
