#include "swarm/client/edge_int.h"

#define LOOK_AHEAD 8 /* pieces of a track that may be on their way */
#define HOLES      2 /* of them, unknown ones that are looked past */

/* A piece stands as it does. */
static void
look_at(struct edge *e, struct edge_track *t, const struct mesh_piece *pc,
    const struct mesh_play *play, uint64_t total)
{
	struct edge_begun *b = &t->begun[pc->rec->number % SP_LEN(t->begun)];
	sp_time now = loop_now(e->loop);
	struct pace_piece done;

	if (b->at == 0 || b->number != pc->rec->number) {
		if (pc->held == 0)
			return;
		*b = (struct edge_begun){ pc->rec->number, e->seen_bytes, now,
			false };
	}
	if (b->done || pc->held < pc->blocks)
		return;
	b->done = true;
	done.bytes = total - b->bytes;
	/* most of it was here before anybody looked */
	if (done.bytes < pc->rec->length / 2)
		return;
	done.took = now - b->at;
	done.delay = play->delay_ms * SP_MS;
	done.lag = pc->avail_at < t->followed_at ? -1 : now - pc->avail_at;
	pace_piece(&e->pace, &done, now);
}

static void
look(struct edge *e, uint8_t track, uint64_t total)
{
	struct mesh_piece pc;
	struct mesh_play play;
	unsigned holes = 0;
	uint64_t n;

	if (mesh_play(e->mesh, track, &play) < 0 || !play.started)
		return;
	for (n = play.edge; n < play.edge + LOOK_AHEAD && holes < HOLES; n++) {
		if (mesh_piece(e->mesh, track, n, &pc) < 0)
			holes++;
		else if (pc.blocks > 0 && !pc.lost)
			look_at(e, &e->tracks[track], &pc, &play, total);
	}
}

void
edge_pace_look(struct edge *e)
{
	const struct manifest *m = mesh_manifest_get(e->mesh, NULL, NULL);
	struct mesh_stats st;
	struct rungs r;
	uint64_t total;
	size_t i;

	if (m == NULL)
		return;
	rungs_read(&r, m);
	if (r.n < 2)
		return;
	mesh_stats(e->mesh, &st, loop_now(e->loop));
	total = st.peer_bytes + st.origin_bytes;
	/* what came before anybody looked is not of the first piece */
	if (e->seen_bytes == 0)
		e->seen_bytes = total;
	for (i = 0; i < r.n; i++)
		if (e->tracks[r.v[i].track].followed)
			look(e, r.v[i].track, total);
	e->seen_bytes = total;
}

uint64_t
edge_pace_rate(const struct edge *e, uint8_t track, const struct record *rec)
{
	const struct manifest *m = mesh_manifest_get(e->mesh, NULL, NULL);
	uint64_t rate = 0;
	const struct rung *g;
	struct rungs r;

	if (m == NULL)
		return 0;
	rungs_read(&r, m);
	if (r.n < 2 || (g = rungs_find(&r, track)) == NULL)
		return 0;
	if (rec != NULL && rec->duration_us > 0)
		rate = (uint64_t)rec->length * 1000000 / rec->duration_us;
	return pace_rate(&e->pace, SP_MAX(rate, g->bps / 8),
	    r.v[r.n - 1].bps / 8, g == &r.v[0], loop_now(e->loop));
}
