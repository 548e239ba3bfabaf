#include "tracker/plan.h"

#include "tracker/plan_int.h"

#define USED_MOST 750  /* of uplinks, 1/1000: the rest is for all else */
#define USED_PART 1120 /* of what is needed, when there is more */

int
plan_new(struct plan **out, const struct sp_mem *mem, uint32_t max,
    bool tell_private, uint64_t seed)
{
	struct plan *p = mem_zalloc(mem, 1, sizeof(*p));
	unsigned s;

	*out = NULL;
	if (p == NULL)
		return SP_ERR_NOMEM;
	p->mem = mem;
	p->max = SP_MIN(max, PLAN_MAX);
	p->free = PLAN_NONE;
	p->tell_private = tell_private;
	p->rho = USED_MOST;
	p->run_at = SP_NEVER;
	for (s = 0; s < K; s++)
		p->root[s] = PLAN_NONE;
	rng_seed(&p->rng, seed);
	*out = p;
	return 0;
}

void
plan_free(struct plan *p)
{
	uint32_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->len; i++)
		mem_free(p->mem, p->v[i].kids);
	for (i = 0; i < K; i++)
		mem_free(p->mem, p->inners[i].v);
	mem_free(p->mem, p->v);
	mem_free(p->mem, p);
}

void
plan_run_by(struct plan *p, sp_time at)
{
	p->run_at = SP_MIN(p->run_at, SP_MAX(at, p->ran_at + PLAN_GAP));
}

void
plan_mark(struct plan *p, uint32_t i, unsigned s)
{
	p->v[i].dirty |= (uint16_t)(1u << s);
	plan_run_by(p, p->ran_at);
}

/* ---- who is there -------------------------------------------------------- */

static bool
make_room(struct plan *p)
{
	uint32_t cap = SP_MIN(SP_MAX(16, p->cap + p->cap / 4), p->max);
	struct viewer *v;

	if (p->free != PLAN_NONE || p->len < p->cap)
		return true;
	if (cap <= p->cap)
		return false;
	v = mem_resize(p->mem, p->v, cap, sizeof(*v));
	if (v == NULL)
		return false;
	p->v = v;
	p->cap = cap;
	return true;
}

uint32_t
plan_join(struct plan *p, const uint8_t peer_id[LINK_PEERID_LEN],
    const struct sp_addr *addr, sp_time now)
{
	struct viewer *v;
	uint32_t i;
	unsigned s;

	if (!make_room(p))
		return PLAN_NONE;
	i = p->free;
	if (i != PLAN_NONE)
		p->free = p->v[i].parent[0];
	else
		i = p->len++;
	v = &p->v[i];
	memset(v, 0, sizeof(*v));
	memcpy(v->id, peer_id, LINK_PEERID_LEN);
	v->addr = *addr;
	v->joined = now;
	v->used = true;
	for (s = 0; s < K; s++)
		v->parent[s] = PLAN_NONE;
	p->n++;
	for (s = 0; s < p->k; s++)
		plan_attach(p, i, s);
	plan_run_by(p, now);
	return i;
}

/* Those with children first: leaves find a place anywhere. */
static void
adopt(struct plan *p, const uint32_t *kids, unsigned n, bool inner)
{
	unsigned k, s;
	uint32_t i;

	for (k = 0; k < n; k++) {
		i = kids[k] >> 4;
		s = kids[k] & 15;
		if ((p->v[i].inner >> s & 1) == inner &&
		    p->v[i].parent[s] == PLAN_NONE)
			plan_attach(p, i, s);
	}
}

void
plan_leave(struct plan *p, uint32_t i, sp_time now)
{
	struct viewer *v = &p->v[i];
	unsigned k, s, n = v->n_kids;
	uint32_t *kids = v->kids;

	plan_count_room(p, i, false);
	for (s = 0; s < K; s++) {
		plan_detach(p, i, s);
		if (v->inner >> s & 1)
			plan_quit(p, i, s);
		if (p->root[s] == i)
			p->root[s] = PLAN_NONE;
	}
	for (k = 0; k < n; k++) {
		p->v[kids[k] >> 4].parent[kids[k] & 15] = PLAN_NONE;
		plan_mark(p, kids[k] >> 4, kids[k] & 15);
	}
	v->kids = NULL;
	v->n_kids = v->cap_kids = 0;
	v->used = false;
	v->parent[0] = p->free;
	p->free = i;
	p->n--;
	adopt(p, kids, n, true);
	adopt(p, kids, n, false);
	mem_free(p->mem, kids);
	plan_run_by(p, now);
}

void
plan_weigh(struct plan *p, uint32_t i, const struct plan_weight *w, sp_time now)
{
	struct viewer *v = &p->v[i];
	bool up = (w->relays && !v->relays) || w->up_kbps > v->up_kbps;
	bool early = v->raised_at != 0 && now - v->raised_at < PLAN_RAISE;

	if (up && !early)
		v->raised_at = now;
	v->up_kbps = early ? SP_MIN(v->up_kbps, w->up_kbps) : w->up_kbps;
	v->relays = w->relays && (v->relays || !early);
	v->doubtful = w->doubtful;
	v->grown = v->grown || now - v->joined >= PLAN_AGE;
	plan_refit(p, i);
}

void
plan_track(struct plan *p, uint8_t track, uint32_t kbps, unsigned k)
{
	uint32_t i;
	unsigned s;

	k = SP_CLAMP(k, 1, K);
	if (track == p->track && k == p->k &&
	    SP_MAX(kbps, p->kbps) - SP_MIN(kbps, p->kbps) <= p->kbps / 8)
		return;
	if (track != p->track)
		for (i = 0; i < p->len; i++)
			plan_untold(p, i);
	p->track = track;
	p->k = k;
	p->kbps = kbps;
	for (i = 0; i < p->len; i++) {
		for (s = k; s < K && p->v[i].used; s++)
			plan_detach(p, i, s);
		if (p->v[i].used && p->v[i].inner >> k != 0)
			plan_reshape(p, i, plan_fair_room(p, i));
		else if (p->v[i].used)
			plan_refit(p, i);
	}
	plan_run_by(p, p->ran_at);
}

/* ---- time ---------------------------------------------------------------- */

/* What part of uplinks is to be used. */
static void
weigh_all(struct plan *p)
{
	uint64_t up = 0, rho;
	const struct viewer *v;
	uint32_t i;

	for (i = 0; i < p->len; i++) {
		v = &p->v[i];
		if (v->used && v->relays && v->grown)
			up += SP_MIN(v->up_kbps == 0 ? UP_ASSUMED : v->up_kbps,
			    (uint64_t)8 * p->kbps);
	}
	rho = USED_PART * (uint64_t)p->n * p->kbps / SP_MAX(up, 1);
	rho = SP_CLAMP(rho, USED_MOST / 4, USED_MOST);
	if (rho > p->rho + p->rho / 8 || rho + p->rho / 8 < p->rho)
		p->rho = (uint32_t)rho;
}

/*
 * Parents for those who have none, until there are too many who find none at
 * all: uplinks do not suffice then, and the next turn begins with others.
 * False: there is more to do.
 */
static bool
complete(struct plan *p)
{
	unsigned s, vain = 0;
	uint32_t n, i = 0;

	p->thorough = true;
	for (n = 0; n < p->len && vain < PLAN_TRIES; n++) {
		i = (p->turn + n) % p->len;
		for (s = 0; s < p->k && p->v[i].used; s++)
			if (p->v[i].parent[s] == PLAN_NONE)
				vain += !plan_attach(p, i, s);
	}
	p->thorough = false;
	p->turn = i + 1;
	return vain == 0;
}

/* True: there is something to be told. */
static bool
publish(struct viewer *v)
{
	v->ready |= v->dirty;
	v->dirty = 0;
	v->told_shape = v->told_shape || v->reshaped;
	v->reshaped = false;
	return v->ready != 0 || v->told_shape;
}

bool
plan_run(struct plan *p, sp_time now)
{
	sp_time next = SP_NEVER;
	struct viewer *v;
	bool news = false;
	uint32_t i;

	if (now < p->run_at)
		return false;
	p->ran_at = now;
	weigh_all(p);
	for (i = 0; i < p->len; i++) {
		v = &p->v[i];
		if (!v->used)
			continue;
		v->grown = v->grown || now - v->joined >= PLAN_AGE;
		if (!v->grown)
			next = SP_MIN(next, v->joined + PLAN_AGE);
		plan_refit(p, i);
	}
	if (!plan_flatten(p))
		next = SP_MIN(next, now + PLAN_GAP);
	if (!complete(p))
		next = SP_MIN(next, now + PLAN_RETRY);
	for (i = 0; i < p->len; i++)
		news = (p->v[i].used && publish(&p->v[i])) || news;
	p->run_at = next;
	return news;
}

sp_time
plan_deadline(const struct plan *p)
{
	return p->run_at;
}

/* ---- telling ------------------------------------------------------------- */

bool
plan_tell(struct plan *p, uint32_t i, struct places *out, uint16_t *told)
{
	struct viewer *v = &p->v[i];
	unsigned s;

	*told = v->ready;
	if (v->ready == 0 && !v->told_shape)
		return false;
	out->track = p->track;
	out->inner = v->inner;
	for (s = 0; s < K; s++)
		if (*told >> s & 1)
			plan_place(p, i, s, &out->stripes[s]);
	v->ready = 0;
	v->told_shape = false;
	return true;
}

void
plan_untold(struct plan *p, uint32_t i)
{
	struct viewer *v = &p->v[i];
	unsigned s;

	v->reshaped = v->used;
	for (s = 0; s < p->k; s++)
		if (v->used && v->parent[s] != PLAN_NONE)
			plan_mark(p, i, s);
	plan_run_by(p, p->ran_at);
}
