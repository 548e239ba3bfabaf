#include "tracker/plain_int.h"

struct tally {
	uint64_t swarms, peers, foreign, lives, hung;
	uint64_t count[POOL_CLASSES][2];
};

static bool
pools_are_sound(const struct plain *p, const struct swarm *s, struct tally *t)
{
	uint32_t seen = 0, len = 0;

	for (const struct pool *v = s->pools; v != NULL; v = v->next) {
		if ((seen >> v->class & 1) || v->len == 0 ||
		    !pool_is_sound(v, &p->env))
			return false;
		seen |= UINT32_C(1) << v->class;
		len += v->len;
		t->count[v->class][0] += v->len - v->seeds;
		t->count[v->class][1] += v->seeds;
		for (uint32_t i = 0; i < v->len; i++) {
			t->foreign += (pool_mark(v, i) & MARK_FOREIGN) != 0;
			/* Those that a look missed are seen at the next tick.
			 */
			if (plain_mark_tick(p, pool_mark(v, i)) <
				plain_due_tick(p, s->due) &&
			    plain_due_tick(p, s->due) > p->turn + 1)
				return false;
		}
	}
	t->peers += len;
	return len == s->len;
}

static bool
swarm_is_sound(const struct plain *p, uint32_t i, struct tally *t)
{
	const struct swarm *s = plain_swarm(p, i);
	bool live = (s->flags & SWARM_LIVE) != 0;

	t->swarms += !live;
	t->lives += live;
	if (plain_find(p, plain_hash(p, s->info_hash), s->info_hash) != i ||
	    !(s->flags & SWARM_HUNG) || (s->len == 0) != live ||
	    ((s->flags & SWARM_LONE) != 0) != (s->len == 1))
		return false;
	return live || (plain_due_tick(p, s->due) >= p->turn &&
			   pools_are_sound(p, s, t));
}

/* Counts a list; false when it does not hold together. */
static bool
list_is_sound(const struct plain *p, uint32_t head, uint64_t max, uint64_t *n)
{
	uint32_t prev = PLAIN_NONE;

	for (uint32_t i = head; i != PLAIN_NONE; i = plain_swarm(p, i)->next) {
		if (plain_swarm(p, i)->prev != prev || ++*n > max)
			return false;
		prev = i;
	}
	return true;
}

static bool
wheels_are_sound(const struct plain *p, struct tally *t)
{
	const struct swarm *s;
	uint32_t head;

	for (uint32_t k = 0; k < 2; k++) {
		for (uint32_t b = 0; b <= p->wheel_mask; b++) {
			head = p->wheel[k][b];
			if (!list_is_sound(p, head, t->swarms, &t->hung))
				return false;
			for (; head != PLAIN_NONE; head = s->next) {
				s = plain_swarm(p, head);
				if ((s->due & p->wheel_mask) != b ||
				    (k == 1) != (s->len == 1))
					return false;
				if (k == 1 &&
				    plain_due_tick(p, s->due) < p->lone_from)
					return false;
			}
		}
	}
	return t->hung == t->swarms;
}

bool
plain_is_sound(const struct plain *p)
{
	struct tally t = { 0 };
	uint64_t lives = 0, pairs = 0;

	for (uint32_t i = 0; i < p->swarms_len; i++) {
		if ((plain_swarm(p, i)->flags & SWARM_USED) &&
		    !swarm_is_sound(p, i, &t))
			return false;
	}
	for (uint32_t i = 0; i <= p->shard_mask; i++)
		pairs += p->shards[i].len;
	return wheels_are_sound(p, &t) &&
	       list_is_sound(p, p->lives, t.lives, &lives) &&
	       lives == t.lives && pairs == t.swarms + t.lives &&
	       t.swarms == p->n_swarms && t.peers == p->peers &&
	       t.foreign == p->stats.foreign &&
	       memcmp(t.count, p->count, sizeof(t.count)) == 0;
}
