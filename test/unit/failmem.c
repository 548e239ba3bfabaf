#include "test/unit/failmem.h"

#include <check.h>

#define FAILMEM_LIVE  UINT64_C(0x6c6976656c697665)
#define FAILMEM_DEAD  UINT64_C(0x6465616464656164)
#define FAILMEM_FRESH 0xa5
#define FAILMEM_STALE 0x5a
/* A test that needs more rounds has a loop that never succeeds. */
#define FAILMEM_ROUNDS 100000

union failmem_head {
	struct {
		uint64_t state;
		size_t size;
	} h;
	max_align_t align;
};

static bool
failmem_fails(struct failmem *fm)
{
	fm->calls++;
	if (fm->fail_at == 0 || fm->calls < fm->fail_at)
		return false;
	if (fm->calls > fm->fail_at && !fm->sticky)
		return false;
	fm->failed++;
	return true;
}

static void *
failmem_take(struct failmem *fm, size_t size)
{
	union failmem_head *h = malloc(sizeof(*h) + size);

	ck_assert_ptr_nonnull(h);
	h->h.state = FAILMEM_LIVE;
	h->h.size = size;
	memset(h + 1, FAILMEM_FRESH, size);
	fm->live++;
	fm->live_bytes += size;
	fm->peak_bytes = SP_MAX(fm->peak_bytes, fm->live_bytes);
	return h + 1;
}

static void *
failmem_alloc(void *ctx, size_t size)
{
	struct failmem *fm = ctx;

	ck_assert_msg(size > 0, "allocation of 0 bytes");
	return failmem_fails(fm) ? NULL : failmem_take(fm, size);
}

static void
failmem_release(void *ctx, void *p)
{
	struct failmem *fm = ctx;
	union failmem_head *h = p;

	if (p == NULL)
		return;
	h--;
	ck_assert_msg(h->h.state == FAILMEM_LIVE,
	    "released twice, or not from this allocator: %p", p);
	ck_assert_msg(fm->live > 0, "more released than allocated");
	h->h.state = FAILMEM_DEAD;
	memset(p, FAILMEM_STALE, h->h.size);
	fm->live--;
	fm->live_bytes -= h->h.size;
	free(h);
}

/* Always moves, so that stale pointers show. */
static void *
failmem_resize(void *ctx, void *p, size_t size)
{
	struct failmem *fm = ctx;
	union failmem_head *old = p;
	void *q;

	ck_assert_msg(size > 0, "resize to 0 bytes");
	if (failmem_fails(fm))
		return NULL;
	q = failmem_take(fm, size);
	if (old != NULL) {
		old--;
		ck_assert_msg(old->h.state == FAILMEM_LIVE,
		    "resize of what is not allocated: %p", p);
		memcpy(q, p, SP_MIN(size, old->h.size));
		failmem_release(fm, p);
	}
	return q;
}

void
failmem_init(struct failmem *fm)
{
	memset(fm, 0, sizeof(*fm));
	fm->mem.ctx = fm;
	fm->mem.alloc = failmem_alloc;
	fm->mem.resize = failmem_resize;
	fm->mem.release = failmem_release;
}

void
failmem_arm(struct failmem *fm, size_t n)
{
	fm->fail_at = n > 0 ? fm->calls + n : 0;
}

void
failmem_check(const struct failmem *fm)
{
	ck_assert_msg(fm->live == 0,
	    "%zu blocks (%zu bytes) leak, allocation %zu failed", fm->live,
	    fm->live_bytes, fm->failed > 0 ? fm->fail_at : 0);
}

bool
failmem_round(struct failmem *fm)
{
	if (fm->round > 0) {
		failmem_check(fm);
		if (fm->failed == 0)
			return false;
	}
	ck_assert_msg(fm->round < FAILMEM_ROUNDS, "too many rounds");
	fm->round++;
	fm->calls = 0;
	fm->failed = 0;
	fm->fail_at = fm->round;
	return true;
}
