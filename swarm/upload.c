#include "swarm/upload.h"

void
upload_init(struct upload *u, const struct sp_mem *mem)
{
	memset(u, 0, sizeof(*u));
	u->mem = mem;
}

void
upload_fini(struct upload *u)
{
	mem_free(u->mem, u->v);
	mem_free(u->mem, u->push);
	memset(u, 0, sizeof(*u));
}

static bool
same(const struct pw_block_ref *a, const struct pw_block_ref *b)
{
	return a->number == b->number && a->index == b->index &&
	       a->track == b->track;
}

static void
remove_at(struct upload *u, uint32_t i)
{
	u->bytes -= u->v[i].len;
	u->n--;
	memmove(&u->v[i], &u->v[i + 1], (u->n - i) * sizeof(u->v[0]));
}

static int
grow(struct upload *u)
{
	uint32_t cap = u->cap == 0 ? 8 : u->cap * 2;
	struct upload_entry *v = mem_resize(u->mem, u->v, cap, sizeof(u->v[0]));

	if (v == NULL)
		return SP_ERR_NOMEM;
	u->v = v;
	u->cap = cap;
	return 0;
}

int
upload_add(struct upload *u, const struct upload_entry *e)
{
	uint32_t i;
	int rv;

	for (i = 0; i < u->n; i++)
		if (same(&u->v[i].ref, &e->ref))
			return SP_ERR_EXISTS;
	if (u->n >= LIM_REQUESTS_IN)
		return SP_ERR_FULL;
	if (u->n == u->cap && (rv = grow(u)) < 0)
		return rv;
	u->v[u->n++] = *e;
	u->bytes += e->len;
	return 0;
}

void
upload_take(struct upload *u, uint32_t i, struct upload_entry *out)
{
	*out = u->v[i];
	remove_at(u, i);
}

static int
grow_push(struct upload *u)
{
	uint32_t cap = u->cap_push == 0 ? 8 : u->cap_push * 2;
	struct upload_push *v =
	    mem_resize(u->mem, u->push, cap, sizeof(u->push[0]));

	if (v == NULL)
		return SP_ERR_NOMEM;
	u->push = v;
	u->cap_push = cap;
	return 0;
}

int
upload_push(struct upload *u, const struct upload_push *e)
{
	uint32_t i;
	int rv;

	for (i = 0; i < u->n_push; i++)
		if (same(&u->push[i].e.ref, &e->e.ref))
			return SP_ERR_EXISTS;
	if (u->n_push >= LIM_REQUESTS_IN)
		return SP_ERR_FULL;
	if (u->n_push == u->cap_push && (rv = grow_push(u)) < 0)
		return rv;
	/* most come in order, and go in front: the greatest key */
	for (i = 0; i < u->n_push && u->push[i].key > e->key; i++)
		;
	memmove(&u->push[i + 1], &u->push[i],
	    (u->n_push - i) * sizeof(u->push[0]));
	u->push[i] = *e;
	u->n_push++;
	u->push_bytes += e->e.len;
	return 0;
}

void
upload_unpush(struct upload *u, uint32_t i)
{
	u->push_bytes -= u->push[i].e.len;
	u->n_push--;
	memmove(&u->push[i], &u->push[i + 1],
	    (u->n_push - i) * sizeof(u->push[0]));
}

void
upload_pop(struct upload *u, struct upload_entry *out)
{
	*out = u->push[u->n_push - 1].e;
	upload_unpush(u, u->n_push - 1);
}

int
upload_cancel(struct upload *u, const struct pw_block_ref *ref)
{
	uint32_t i;
	int rv = SP_ERR_NOTFOUND;

	for (i = 0; i < u->n && rv < 0; i++) {
		if (!same(&u->v[i].ref, ref))
			continue;
		remove_at(u, i);
		rv = 0;
	}
	for (i = 0; i < u->n_push; i++) {
		if (!same(&u->push[i].e.ref, ref))
			continue;
		upload_unpush(u, i);
		return 0;
	}
	return rv;
}

void
upload_clear(struct upload *u)
{
	u->n = 0;
	u->bytes = 0;
}
