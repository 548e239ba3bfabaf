#include "test/sim/tally.h"
#include "test/sim/world.h"

static void
tally_player(struct tally *t, const struct viewer *v, sp_time now)
{
	const struct player *p = &v->player;
	int64_t *val = t->value;

	if (p->startup >= 0)
		tally_sample(t, METRIC_STARTUP, p->startup);
	else if (now - v->joined >= SIM_SETTLED)
		val[METRIC_NEVER]++;
	val[METRIC_STALLS] += (int64_t)p->stalls;
	val[METRIC_STALLED] += p->stalled;
	if (p->startup >= 0 && now > p->end) {
		val[METRIC_STALLS]++; /* one that goes on */
		val[METRIC_STALLED] += now - p->end;
	}
	val[METRIC_PLAYED] += (int64_t)p->played;
	val[METRIC_SKIPPED] += (int64_t)p->skipped;
}

static void
tally_uplink(struct tally *t, const struct viewer *v,
    const struct mesh_stats *s, sp_time now)
{
	uint64_t could;

	if (v->free_rider || v->isolated || v->group->kind == SCN_POLLUTERS)
		return;
	could = v->up_bps * (uint64_t)((now - v->joined) / SP_MS) / 1000;
	if (could == 0 || now - v->joined < SIM_SETTLED)
		return;
	t->used_bytes += s->up_bytes;
	t->usable_bytes += could;
	could = s->up_bytes * 1000 / could; /* in 1/1000 keeps squares small */
	t->use_n++;
	t->use_ppm += could;
	t->use_ppm2 += could * could;
}

/* What the optimum is computed from. */
static void
tally_means(struct means *m, const struct viewer *v, const struct scenario *scn,
    sp_time now)
{
	sp_time from = SP_MAX(v->joined, SIM_START + scn->settle);
	uint64_t ms = now > from ? (uint64_t)((now - from) / SP_MS) : 0;
	uint64_t media = (uint64_t)scn->tracks[v->track].rate * ms / 1000;
	const struct scn_group *g = v->group;
	uint64_t up = v->up_bps;

	m->here_ms += ms;
	if (v->isolated) {
		m->apart_ms += ms;
		m->apart_bytes += media;
	} else {
		m->need_bytes += media;
		m->track_ms[v->track] += ms;
	}
	m->lossy += ms * (uint64_t)g->loss;
	m->delay += ms * (uint64_t)(v->delay / SP_US);
	if (v->isolated || v->free_rider || g->kind == SCN_POLLUTERS)
		return;
	if (g->cap > 0)
		up = SP_MIN(up, (uint64_t)g->cap);
	m->could_bytes += up / 1000 * ms + up % 1000 * ms / 1000;
	m->up_max = SP_MAX(m->up_max, up);
}

static void
sums_add(struct sums *t, const struct viewer *v, const struct mesh_stats *s,
    sp_time now)
{
	const struct world *w = v->w;

	t->peer_bytes += s->peer_bytes;
	t->origin_bytes += s->origin_bytes;
	t->dup_bytes += s->dup_bytes;
	t->bad_bytes += s->bad_bytes;
	t->waste_bytes += s->origin_waste_bytes;
	t->wire_in += s->wire_in_bytes;
	t->have_in += s->have_in_bytes;
	t->ask_in += s->ask_in_bytes;
	t->record_in += s->record_in_bytes;
	t->feed_in += v->feed_bytes;
	t->due_bytes += (uint64_t)((now - v->joined) / SP_MS) *
			(uint64_t)w->scn.tracks[v->track].rate / 1000;
	t->played_bytes += v->player.played * world_piece_bytes(w, v->track);
	quantile_merge(&t->lag, &s->lag);
}

/* What was until now is start-up. */
void
tally_settle(struct world *w)
{
	struct sums *early = &w->tally->early;
	struct mesh_stats s;
	sp_time now = world_now(w);
	struct viewer *v;

	*early = w->tally->sum; /* of those who left */
	for (size_t i = SIM_FIRST; (v = world_next_viewer(w, &i)) != NULL;) {
		mesh_stats(v->mesh, &s, now);
		sums_add(early, v, &s, now);
	}
	early->origin_sent = world_origin_bytes(w);
	early->stream_bytes =
	    (truth_edge(w->truth) - w->first_piece) * world_copy_bytes(w);
}

void
tally_viewer(struct world *w, struct viewer *v)
{
	struct tally *t = w->tally;
	int64_t *val = t->value;
	struct mesh_stats s;
	sp_time now = world_now(w);

	val[METRIC_WRONG] += (int64_t)v->ctx.wrong;
	if (v->group == NULL)
		return;
	mesh_stats(v->mesh, &s, now);
	val[METRIC_VIEWERS]++;
	tally_player(t, v, now);
	tally_uplink(t, v, &s, now);
	tally_means(&t->means, v, &w->scn, now);
	sums_add(&t->sum, v, &s, now);
	val[METRIC_MISSES] += (int64_t)s.missed;
	val[METRIC_DUE] += (int64_t)s.due;
	val[METRIC_LOST] += (int64_t)s.lost;
	val[METRIC_DUTIES] += (int64_t)s.duties;
	val[METRIC_BACKUPS] += (int64_t)s.backups;
	val[METRIC_RESCUES] += (int64_t)s.rescues;
	val[METRIC_FETCHES] += (int64_t)s.fetches;
	val[METRIC_REQUESTS] += (int64_t)s.requests;
	val[METRIC_REJECTS] += (int64_t)s.rejects;
	val[METRIC_TIMEOUTS] += (int64_t)s.timeouts;
	val[METRIC_HEDGES] += (int64_t)s.hedges;
	val[METRIC_BANNED] += (int64_t)s.banned;
	tally_sample(t, METRIC_DELAY, (int64_t)s.delay_ms * SP_MS);
	if (now - v->joined >= SIM_SETTLED)
		tally_sample(t, METRIC_NEIGHBOURS, s.neighbours);
}
