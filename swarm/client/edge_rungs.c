#include "swarm/client/edge_int.h"

#define FOLLOW_GRACE (20 * SP_S)

bool
edge_rung_is_left(const struct edge *e, const struct rungs *r, uint8_t track,
    sp_time now)
{
	const struct rung *g = rungs_find(r, track);
	const struct edge_track *t;
	sp_time other = 0;
	bool down = false;
	size_t i;

	for (i = 0; g != NULL && i < r->n; i++) {
		t = &e->tracks[r->v[i].track];
		if (&r->v[i] == g || !t->followed || !t->asked ||
		    t->asked_at <= other)
			continue;
		other = t->asked_at;
		down = r->v[i].bps < g->bps;
	}
	t = &e->tracks[track];
	return now - t->asked_at > FOLLOW_GRACE ||
	       (other != 0 && rungs_is_left(g, t->asked_at, other, down, now));
}

uint32_t
edge_rungs_thin(const struct edge *e, const struct manifest *m)
{
	uint32_t viewers[LIM_TRACKS], thin;
	struct mesh_stats st;
	struct rungs r;
	unsigned i;

	if (e->conf.all_renditions || !mesh_viewers(e->mesh, viewers))
		return 0;
	rungs_read(&r, m);
	mesh_stats(e->mesh, &st, loop_now(e->loop));
	thin = rungs_thin(&r, viewers, 8 * st.uplink_bps);
	/* a player is there already, or was asked for */
	for (i = 0; i < LIM_TRACKS; i++)
		if (e->tracks[i].asked || e->conf.track == (int)i)
			thin &= ~(UINT32_C(1) << i);
	return thin;
}

void
edge_rungs_tell(struct edge *e, const struct rungs *r, sp_time now)
{
	int watched = -1, ours;
	size_t i;

	for (i = 0; i < r->n; i++)
		if (e->tracks[r->v[i].track].followed)
			watched = r->v[i].track;
	ours =
	    rungs_wish(r, watched, e->without, 8 * pace_swarm(&e->pace, now));
	if (ours == e->told)
		return;
	e->told = ours;
	mesh_watches(e->mesh, ours, now);
	mesh_host_kick(e->h);
}
