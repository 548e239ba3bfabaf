#include "tracker/plan_int.h"

uint32_t
plan_len(const struct plan *p)
{
	return p->n;
}

uint32_t
plan_parent(const struct plan *p, uint32_t i, unsigned s)
{
	return p->v[i].parent[s];
}

unsigned
plan_room(const struct plan *p, uint32_t i)
{
	return p->v[i].room;
}

uint64_t
plan_moves(const struct plan *p)
{
	return p->moves;
}

size_t
plan_bytes(const struct plan *p)
{
	size_t sum = p->cap * sizeof(*p->v);
	uint32_t i;

	for (i = 0; i < p->len; i++)
		sum += p->v[i].cap_kids * sizeof(uint32_t);
	for (i = 0; i < K; i++)
		sum += p->inners[i].cap * sizeof(uint32_t);
	return sum;
}

/* ---- invariants ---------------------------------------------------------- */

/* No cycle above it: it ends at who has no parent. */
static bool
ends(const struct plan *p, uint32_t i, unsigned s)
{
	uint32_t n;

	for (n = 0; i != PLAN_NONE; i = p->v[i].parent[s])
		if (n++ > p->n || !p->v[i].used)
			return false;
	return true;
}

static bool
has_kid(const struct viewer *v, uint32_t name)
{
	unsigned k, n = 0;

	for (k = 0; k < v->n_kids; k++)
		n += v->kids[k] == name;
	return n == 1;
}

static unsigned
links_of(const struct viewer *v)
{
	unsigned k, j, n = 0;

	for (k = 0; k < v->n_kids; k++) {
		for (j = 0; j < k && v->kids[j] >> 4 != v->kids[k] >> 4; j++)
			;
		n += j == k;
	}
	return n;
}

static bool
is_listed(const struct inners *in, uint32_t i)
{
	uint32_t k, n = 0;

	for (k = 0; k < in->n; k++)
		n += in->v[k] == i;
	return n == 1;
}

static bool
viewer_is_sound(const struct plan *p, uint32_t i, uint32_t room[K])
{
	const struct viewer *v = &p->v[i];
	unsigned s, k, each;

	if (v->n_kids > v->room || v->n_kids > v->cap_kids ||
	    v->links != links_of(v))
		return false;
	each = (unsigned)__builtin_popcount(v->inner);
	each = each == 0 ? 0 : v->room / each;
	for (s = 0; s < K; s++) {
		if (!ends(p, i, s) ||
		    (p->root[s] == i && v->parent[s] != PLAN_NONE) ||
		    (v->parent[s] != PLAN_NONE &&
			!has_kid(&p->v[v->parent[s]], kid_name(i, s))))
			return false;
		if (!(v->inner >> s & 1))
			continue;
		room[s] += each;
		if (!is_listed(&p->inners[s], i))
			return false;
	}
	for (k = 0; k < v->n_kids; k++)
		if (p->v[v->kids[k] >> 4].parent[v->kids[k] & 15] != i ||
		    !(v->inner >> (v->kids[k] & 15) & 1))
			return false;
	return true;
}

bool
plan_is_sound(const struct plan *p)
{
	uint32_t i, n = 0, inner = 0, listed = 0, room[K] = { 0 };
	unsigned s;

	for (i = 0; i < p->len; i++) {
		if (!p->v[i].used)
			continue;
		n++;
		inner += (uint32_t)__builtin_popcount(p->v[i].inner);
		if (!viewer_is_sound(p, i, room))
			return false;
	}
	for (s = 0; s < K; s++) {
		listed += p->inners[s].n;
		if (room[s] != p->room[s] ||
		    (p->root[s] != PLAN_NONE && !p->v[p->root[s]].used))
			return false;
	}
	return n == p->n && inner == listed;
}
