#include "test/sim/world.h"

/*
 * A player that reads the local playlist: it starts at the first piece that
 * is listed, asks for one after the other, plays each for its duration, and
 * stalls when its buffer is empty before the next one is complete.
 */

void
player_init(struct player *p)
{
	memset(p, 0, sizeof(*p));
	p->startup = -1;
}

static void
play(struct viewer *v, const struct record *rec, sp_time now)
{
	struct player *p = &v->player;

	if (p->startup < 0) {
		p->startup = now - v->joined;
		p->end = now;
	} else if (now > p->end) {
		p->stalls++;
		p->stalled += now - p->end;
		p->end = now;
	}
	p->end += (sp_time)rec->duration_us * SP_US;
	p->played++;
	p->next++;
}

void
player_run(struct viewer *v)
{
	struct player *p = &v->player;
	struct mesh_play play_now;
	struct mesh_piece pc;
	sp_time now = world_now(v->w);

	if (mesh_play(v->mesh, v->track, &play_now) < 0 || !play_now.started)
		return;
	if (!p->started && play_now.first < play_now.edge) {
		p->started = true;
		p->next = play_now.first;
	}
	while (p->started && p->next < play_now.edge) {
		if (p->next < play_now.first ||
		    mesh_piece(v->mesh, v->track, p->next, &pc) < 0) {
			p->skipped++;
			p->next++;
			continue;
		}
		if (pc.held == pc.blocks) {
			play(v, pc.rec, now);
			continue;
		}
		if (!pc.lost) {
			if (!p->waiting || p->wanted != p->next)
				mesh_want(v->mesh, v->track, p->next, now);
			p->waiting = true;
			p->wanted = p->next;
			return;
		}
		p->skipped++;
		p->next++;
	}
	p->waiting = false;
}
