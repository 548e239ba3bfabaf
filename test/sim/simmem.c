#include "test/sim/simmem.h"

#include <sys/mman.h>

/* A sanitizer watches the heap itself. */
#if defined(__SANITIZE_ADDRESS__)
#define SIM_PLAIN_HEAP
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SIM_PLAIN_HEAP
#endif
#endif

/*
 * A thousand meshes are larger than any cache, and with pages of 4 KiB every
 * miss costs a walk through the page table as well, which in a virtual machine
 * is the dearer half. So memory comes from slabs of 2 MiB, each of one size,
 * for which huge pages are asked. Sizes go up by quarters of a power of two.
 */
#define SLAB    ((size_t)2 << 20)
#define HEAD    64
#define SPACE   ((size_t)1 << 36) /* of addresses */
#define STEPS   4
#define SMALL   64
#define CLASSES 52 /* up to 448 KiB */

struct slab {
	size_t size; /* of its pieces, or of the one piece */
	unsigned class;
};

struct spare {
	struct spare *next;
};

static struct {
	bool on;
	struct spare *spare[CLASSES];
	uint8_t *at[CLASSES], *end[CLASSES]; /* untouched rest of a slab */
	uint8_t *next, *last;                /* addresses not used yet */
} arena;

void
sim_mem_slabs(void)
{
#if !defined(SIM_PLAIN_HEAP)
	void *p = mmap(NULL, SPACE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return;
	madvise(p, SPACE, MADV_HUGEPAGE);
	arena.next = p;
	arena.last = arena.next + SPACE;
	arena.next += SLAB - (uintptr_t)p % SLAB;
	arena.on = true;
#endif
}

static size_t
class_size(unsigned c)
{
	return ((size_t)SMALL << (c / STEPS)) * (STEPS + c % STEPS) / STEPS;
}

static unsigned
class_of(size_t size)
{
	unsigned c = 0, up;

	if (size > SMALL) {
		/* the doubling that it is in, then the quarter */
		up = 63 - (unsigned)__builtin_clzll((size - 1) / SMALL);
		c = STEPS * up;
	}
	while (c < CLASSES && class_size(c) < size)
		c++;
	return SP_MIN(c, CLASSES);
}

/* From one stretch of addresses that nobody else uses. */
static struct slab *
slab_new(size_t bytes, size_t size, unsigned class)
{
	struct slab *s = (struct slab *)(void *)arena.next;

	bytes = (bytes + SLAB - 1) / SLAB * SLAB;
	if ((size_t)(arena.last - arena.next) < bytes)
		return NULL;
	arena.next += bytes;
	s->size = size;
	s->class = class;
	return s;
}

static struct slab *
slab_of(void *p)
{
	return (struct slab *)((uintptr_t)p & ~(uintptr_t)(SLAB - 1));
}

static void *
slab_alloc(size_t size)
{
	unsigned c = class_of(size);
	struct spare *p;
	struct slab *s;

	if (c == CLASSES) {
		s = slab_new(HEAD + size, size, c);
		return s == NULL ? NULL : (uint8_t *)s + HEAD;
	}
	if ((p = arena.spare[c]) != NULL) {
		arena.spare[c] = p->next;
		return p;
	}
	size = class_size(c);
	if (arena.at[c] == NULL ||
	    (size_t)(arena.end[c] - arena.at[c]) < size) {
		if ((s = slab_new(SLAB, size, c)) == NULL)
			return NULL;
		arena.at[c] = (uint8_t *)s + HEAD;
		arena.end[c] = (uint8_t *)s + SLAB;
	}
	p = (struct spare *)(void *)arena.at[c];
	arena.at[c] += size;
	return p;
}

static void
slab_release(void *p)
{
	struct slab *s = slab_of(p);
	struct spare *sp = p;

	if (s->class == CLASSES) {
		madvise(s, HEAD + s->size, MADV_DONTNEED);
		return;
	}
	sp->next = arena.spare[s->class];
	arena.spare[s->class] = sp;
}

static void *
slab_resize(void *p, size_t size)
{
	size_t had = slab_of(p)->size;
	void *q;

	if (size <= had && size >= had / 2)
		return p;
	q = slab_alloc(size);
	if (q == NULL)
		return NULL;
	memcpy(q, p, SP_MIN(size, had));
	slab_release(p);
	return q;
}

static void *
heap_alloc(void *ctx SP_UNUSED, size_t size)
{
	return arena.on ? slab_alloc(size) : malloc(size);
}

static void *
heap_resize(void *ctx SP_UNUSED, void *p, size_t size)
{
	if (!arena.on)
		return realloc(p, size);
	return p == NULL ? slab_alloc(size) : slab_resize(p, size);
}

static void
heap_release(void *ctx SP_UNUSED, void *p)
{
	if (!arena.on)
		free(p);
	else if (p != NULL)
		slab_release(p);
}

const struct sp_mem sim_mem = { NULL, heap_alloc, heap_resize, heap_release };

static void *
checked(void *p)
{
	if (p == NULL) {
		fputs("spate-sim: out of memory\n", stderr);
		exit(1);
	}
	return p;
}

void *
sim_alloc(size_t size)
{
	return checked(mem_alloc(&sim_mem, size));
}

void *
sim_zalloc(size_t n, size_t size)
{
	return checked(mem_zalloc(&sim_mem, n, size));
}

void *
sim_resize(void *p, size_t n, size_t size)
{
	return checked(mem_resize(&sim_mem, p, n, size));
}
