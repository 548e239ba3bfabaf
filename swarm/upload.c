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

int
upload_cancel(struct upload *u, const struct pw_block_ref *ref)
{
	uint32_t i;

	for (i = 0; i < u->n; i++) {
		if (!same(&u->v[i].ref, ref))
			continue;
		remove_at(u, i);
		return 0;
	}
	return SP_ERR_NOTFOUND;
}

void
upload_clear(struct upload *u)
{
	u->n = 0;
	u->bytes = 0;
}
