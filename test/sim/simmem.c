#include "test/sim/simmem.h"

static void *
heap_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return malloc(size);
}

static void *
heap_resize(void *ctx, void *p, size_t size)
{
	(void)ctx;
	return realloc(p, size);
}

static void
heap_release(void *ctx, void *p)
{
	(void)ctx;
	free(p);
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
