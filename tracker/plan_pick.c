#include "tracker/plan_int.h"

#include "tracker/scope.h"

#define FAR       (PLAN_DEPTH_MAX + 2)
#define HOP       16 /* what a level is worth in a score */
#define CONNECTS  6  /* another connection */
#define DISPLACES 4  /* another one moves for it */
#define YOUNG     (30 * SP_S)
#define BACKUPS   16 /* candidates that are looked at */
#define STRONGER  3  /* times: then it takes the place of who has children */

/* ---- upwards ------------------------------------------------------------- */

/* Of |i|; FAR: it hangs on no root, or |avoid| is on the way. */
static unsigned
depth_of(const struct plan *p, unsigned s, uint32_t i, uint32_t avoid)
{
	unsigned n = 0;

	for (; i != PLAN_NONE && i != avoid && n <= PLAN_DEPTH_MAX + 1;
	     i = p->v[i].parent[s], n++)
		if (p->root[s] == i)
			return n;
	return FAR;
}

unsigned
plan_depth(const struct plan *p, uint32_t i, unsigned s)
{
	return depth_of(p, s, i, PLAN_NONE);
}

/* ---- edges --------------------------------------------------------------- */

static bool
is_linked(const struct viewer *v, uint32_t kid)
{
	unsigned k;

	for (k = 0; k < v->n_kids; k++)
		if (v->kids[k] >> 4 == kid)
			return true;
	return false;
}

static unsigned
kids_in(const struct viewer *v, unsigned s)
{
	unsigned k, n = 0;

	for (k = 0; k < v->n_kids; k++)
		n += (v->kids[k] & 15) == s;
	return n;
}

static bool
grow(struct plan *p, struct viewer *v)
{
	uint16_t cap = (uint16_t)(v->cap_kids + v->cap_kids / 4 + 4);
	uint32_t *kids;

	if (v->n_kids < v->cap_kids)
		return true;
	kids = mem_resize(p->mem, v->kids, cap, sizeof(*kids));
	if (kids == NULL)
		return false;
	v->kids = kids;
	v->cap_kids = cap;
	return true;
}

static bool
link_to(struct plan *p, uint32_t parent, uint32_t i, unsigned s)
{
	struct viewer *v = &p->v[parent];

	if (!grow(p, v))
		return false;
	v->links += !is_linked(v, i);
	v->kids[v->n_kids++] = kid_name(i, s);
	p->v[i].parent[s] = parent;
	p->moves++;
	plan_mark(p, i, s);
	return true;
}

void
plan_detach(struct plan *p, uint32_t i, unsigned s)
{
	uint32_t parent = p->v[i].parent[s], name = kid_name(i, s);
	struct viewer *v;
	unsigned k;

	if (parent == PLAN_NONE)
		return;
	v = &p->v[parent];
	for (k = 0; v->kids[k] != name; k++)
		;
	v->kids[k] = v->kids[--v->n_kids];
	v->links -= !is_linked(v, i);
	p->v[i].parent[s] = PLAN_NONE;
	plan_mark(p, i, s);
}

/* ---- candidates ---------------------------------------------------------- */

/* Whether |v| may hear of |c| and can dial it. */
static bool
may_dial(const struct plan *p, const struct viewer *v, const struct viewer *c)
{
	return v->addr.family == c->addr.family &&
	       (p->tell_private || scope_of(&c->addr) <= scope_of(&v->addr));
}

static bool
has_place(const struct plan *p, const struct viewer *c, unsigned s, uint32_t i)
{
	return (c->inner >> s & 1) && c->n_kids < c->room &&
	       kids_in(c, s) < 2u * c->fanout &&
	       (c->links < PLAN_LINKS || is_linked(c, i)) && s < p->k;
}

/* Networks of the parents but in stripe |s|; whether |a| is in one. */
static unsigned
nets_of(const struct plan *p, const struct viewer *v, unsigned s,
    const struct sp_addr *a, bool *is_one)
{
	const struct sp_addr *seen[PLAN_NETS];
	const struct sp_addr *b;
	unsigned i, k, n = 0;

	*is_one = false;
	for (i = 0; i < p->k && n < PLAN_NETS; i++) {
		if (i == s || v->parent[i] == PLAN_NONE)
			continue;
		b = &p->v[v->parent[i]].addr;
		*is_one = *is_one || addr_same_net(a, b);
		for (k = 0; k < n && !addr_same_net(seen[k], b); k++)
			;
		if (k == n)
			seen[n++] = b;
	}
	return n;
}

/* One that has to give way for |v|, which is inner; PLAN_NONE. */
static uint32_t
weaker(const struct plan *p, const struct viewer *c, unsigned s, uint32_t i)
{
	const struct viewer *v = &p->v[i], *kid;
	unsigned k, least = UINT32_MAX, room;
	uint32_t name, best = PLAN_NONE;

	for (k = 0; k < c->n_kids; k++) {
		name = c->kids[k] >> 4;
		kid = &p->v[name];
		if ((c->kids[k] & 15) != s || name == i)
			continue;
		room = kid->inner >> s & 1 ? kid->room : 0;
		if (room > 0 && room * STRONGER > v->room)
			continue;
		if (room < least) {
			least = room;
			best = name;
		}
	}
	return best;
}

struct choice {
	uint32_t parent;
	uint32_t ousted; /* or PLAN_NONE */
	unsigned depth;  /* of the parent */
	unsigned score;
};

static void
consider(const struct plan *p, uint32_t i, unsigned s, uint32_t cand,
    struct choice *best)
{
	const struct viewer *v = &p->v[i], *c = &p->v[cand];
	uint32_t ousted = PLAN_NONE;
	unsigned depth, score;
	bool same;

	if (cand == i || !may_dial(p, v, c))
		return;
	depth = depth_of(p, s, cand, i);
	if (depth >= PLAN_DEPTH_MAX || depth * HOP >= best->score)
		return;
	score = depth * HOP;
	if (!has_place(p, c, s, i)) {
		if (!(v->inner >> s & 1) || !(c->inner >> s & 1) ||
		    (c->links >= PLAN_LINKS && !is_linked(c, i)))
			return;
		ousted = weaker(p, c, s, i);
		if (ousted == PLAN_NONE)
			return;
		score += DISPLACES;
	}
	if (nets_of(p, v, s, &c->addr, &same) < PLAN_NETS && same)
		score += HOP;
	score += c->doubtful ? HOP : 0;
	score += is_linked(c, i) ? 0 : CONNECTS;
	score += c->room > 0 ? 3u * c->n_kids / c->room : 3;
	score += p->ran_at - c->joined < YOUNG;
	score += !addr_same_net(&v->addr, &c->addr);
	if (score < best->score)
		*best = (struct choice){ cand, ousted, depth, score };
}

/* Of some that are drawn, or of all when there are few. */
static void
choose(struct plan *p, uint32_t i, unsigned s, struct choice *best)
{
	const struct inners *in = &p->inners[s];
	uint32_t n;

	if (p->root[s] != PLAN_NONE)
		consider(p, i, s, p->root[s], best);
	if (in->n <= PLAN_DRAWN) {
		for (n = 0; n < in->n; n++)
			consider(p, i, s, in->v[n], best);
		return;
	}
	for (n = 0; n < PLAN_DRAWN; n++)
		consider(p, i, s, in->v[rng_below(&p->rng, in->n)], best);
	for (n = 0; p->thorough && best->parent == PLAN_NONE && n < in->n; n++)
		consider(p, i, s, in->v[n], best);
}

/* ---- placing ------------------------------------------------------------- */

/* |i| has no parent. */
static bool
put_at(struct plan *p, uint32_t i, unsigned s, const struct choice *c)
{
	struct choice other = { PLAN_NONE, PLAN_NONE, 0, UINT32_MAX };

	if (c->ousted != PLAN_NONE)
		plan_detach(p, c->ousted, s);
	if (!link_to(p, c->parent, i, s))
		return false;
	if (c->ousted == PLAN_NONE)
		return true;
	/* below who has taken its place, where there is room */
	if (has_place(p, &p->v[i], s, c->ousted) &&
	    may_dial(p, &p->v[c->ousted], &p->v[i]) &&
	    link_to(p, i, c->ousted, s))
		return true;
	/* a leaf ousts nobody, and who is weaker only who is weaker still */
	choose(p, c->ousted, s, &other);
	if (other.parent != PLAN_NONE)
		put_at(p, c->ousted, s, &other);
	return true;
}

bool
plan_attach(struct plan *p, uint32_t i, unsigned s)
{
	struct choice best = { PLAN_NONE, PLAN_NONE, 0, UINT32_MAX };

	if (p->root[s] == i || p->root[s] == PLAN_NONE || s >= p->k ||
	    p->v[i].parent[s] != PLAN_NONE)
		return true;
	choose(p, i, s, &best);
	return best.parent != PLAN_NONE && put_at(p, i, s, &best);
}

void
plan_lift(struct plan *p, uint32_t i, unsigned s)
{
	struct choice best = { PLAN_NONE, PLAN_NONE, 0, UINT32_MAX };
	unsigned depth = depth_of(p, s, i, PLAN_NONE);

	if (p->root[s] == i || p->root[s] == PLAN_NONE || s >= p->k)
		return;
	choose(p, i, s, &best);
	if (best.parent == PLAN_NONE || best.depth + 1 >= depth)
		return;
	plan_detach(p, i, s);
	put_at(p, i, s, &best);
}

void
plan_oust(struct plan *p, uint32_t i, unsigned s)
{
	plan_detach(p, i, s);
	plan_attach(p, i, s);
}

/* ---- telling ------------------------------------------------------------- */

static void
put_peer(const struct plan *p, uint32_t i, struct place *out)
{
	struct places_peer *to = &out->v[out->n++];

	memcpy(to->peer_id, p->v[i].id, LINK_PEERID_LEN);
	to->addr = p->v[i].addr;
}

/* Not of the networks that are there, nor below the same grandparent. */
static bool
is_apart(const struct plan *p, uint32_t cand, uint32_t grand, unsigned s,
    const struct place *out)
{
	unsigned k;

	for (k = 0; k < out->n; k++)
		if (memcmp(out->v[k].peer_id, p->v[cand].id, LINK_PEERID_LEN) ==
			0 ||
		    addr_same_net(&out->v[k].addr, &p->v[cand].addr))
			return false;
	return grand == PLAN_NONE || p->v[cand].parent[s] != grand;
}

void
plan_place(struct plan *p, uint32_t i, unsigned s, struct place *out)
{
	uint32_t parent = p->v[i].parent[s], grand, cand;
	const struct inners *in = &p->inners[s];
	unsigned n;

	memset(out, 0, sizeof(*out));
	if (parent == PLAN_NONE || s >= p->k)
		return;
	put_peer(p, parent, out);
	grand = p->v[parent].parent[s];
	for (n = 0; n < BACKUPS && in->n > 0 && out->n < PLACES_EACH; n++) {
		cand = in->v[rng_below(&p->rng, in->n)];
		if (cand != i && may_dial(p, &p->v[i], &p->v[cand]) &&
		    depth_of(p, s, cand, i) < PLAN_DEPTH_MAX &&
		    is_apart(p, cand, grand, s, out))
			put_peer(p, cand, out);
	}
}
