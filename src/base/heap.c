#include "base/heap.h"

#define HEAP_CAP_MIN 16

void
heap_init(struct heap *h, const struct sp_mem *mem)
{
	memset(h, 0, sizeof(*h));
	h->mem = mem;
}

void
heap_fini(struct heap *h)
{
	for (size_t i = 0; i < h->len; i++)
		h->v[i]->pos = 0;
	mem_free(h->mem, h->v);
	h->v = NULL;
	h->len = h->cap = 0;
}

static bool
before(const struct heap_node *a, const struct heap_node *b)
{
	return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

/* Positions are 1-based: parent of i is i / 2, children 2 i and 2 i + 1. */
static void
place(struct heap *h, size_t pos, struct heap_node *n)
{
	h->v[pos - 1] = n;
	n->pos = pos;
}

static void
sift_up(struct heap *h, size_t pos, struct heap_node *n)
{
	for (; pos > 1 && before(n, h->v[pos / 2 - 1]); pos /= 2)
		place(h, pos, h->v[pos / 2 - 1]);
	place(h, pos, n);
}

static void
sift_down(struct heap *h, size_t pos, struct heap_node *n)
{
	size_t child;

	while ((child = 2 * pos) <= h->len) {
		if (child < h->len && before(h->v[child], h->v[child - 1]))
			child++;
		if (!before(h->v[child - 1], n))
			break;
		place(h, pos, h->v[child - 1]);
		pos = child;
	}
	place(h, pos, n);
}

static void
settle(struct heap *h, size_t pos, struct heap_node *n)
{
	if (pos > 1 && before(n, h->v[pos / 2 - 1]))
		sift_up(h, pos, n);
	else
		sift_down(h, pos, n);
}

static int
make_room(struct heap *h)
{
	struct heap_node **v;
	size_t cap;

	if (h->len < h->cap)
		return 0;
	cap = SP_MAX(h->cap * 2, (size_t)HEAP_CAP_MIN);
	v = mem_resize(h->mem, h->v, cap, sizeof(*v));
	if (v == NULL)
		return SP_ERR_NOMEM;
	h->v = v;
	h->cap = cap;
	return 0;
}

int
heap_set(struct heap *h, struct heap_node *n, sp_time at)
{
	int err;

	if (n->pos == 0) {
		err = make_room(h);
		if (err != 0)
			return err;
		h->len++;
		n->pos = h->len;
	}
	assert(n->pos <= h->len && "node of another heap");
	n->at = at;
	n->seq = h->seq++;
	settle(h, n->pos, n);
	return 0;
}

void
heap_del(struct heap *h, struct heap_node *n)
{
	struct heap_node *last;
	size_t pos = n->pos;

	if (pos == 0)
		return;
	assert(pos <= h->len && h->v[pos - 1] == n && "node of another heap");
	n->pos = 0;
	last = h->v[--h->len];
	if (last != n)
		settle(h, pos, last);
}

struct heap_node *
heap_top(const struct heap *h)
{
	return h->len > 0 ? h->v[0] : NULL;
}

sp_time
heap_at(const struct heap *h)
{
	return h->len > 0 ? h->v[0]->at : SP_NEVER;
}
