#include "base/mem.h"

void *
mem_alloc(const struct sp_mem *mem, size_t size)
{
	return mem->alloc(mem->ctx, size > 0 ? size : 1);
}

void *
mem_zalloc(const struct sp_mem *mem, size_t n, size_t size)
{
	void *p;

	if (size > 0 && n > SIZE_MAX / size)
		return NULL;
	p = mem_alloc(mem, n * size);
	if (p != NULL)
		memset(p, 0, n * size);
	return p;
}

void *
mem_resize(const struct sp_mem *mem, void *p, size_t n, size_t size)
{
	if (size > 0 && n > SIZE_MAX / size)
		return NULL;
	size *= n;
	return mem->resize(mem->ctx, p, size > 0 ? size : 1);
}

void
mem_free(const struct sp_mem *mem, void *p)
{
	if (p != NULL)
		mem->release(mem->ctx, p);
}

void *
mem_dup(const struct sp_mem *mem, const void *p, size_t len)
{
	char *copy;

	if (len == SIZE_MAX)
		return NULL;
	copy = mem_alloc(mem, len + 1);
	if (copy == NULL)
		return NULL;
	if (len > 0)
		memcpy(copy, p, len);
	copy[len] = '\0';
	return copy;
}
