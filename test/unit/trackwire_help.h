#ifndef TEST_UNIT_TRACKWIRE_HELP_H
#define TEST_UNIT_TRACKWIRE_HELP_H

/* For the files of tests of what trackers are told and answer. */

#include "test/unit/unit.h"
#include "wire/trackwire.h"

static struct failmem fm;
static struct sp_buf b;
static struct tw_announce ann;

static inline struct sp_addr
addr(const char *s)
{
	struct sp_addr a;

	ck_assert_int_eq(addr_parse(&a, s, strlen(s)), 0);
	return a;
}

static inline void
start(void)
{
	failmem_init(&fm);
	buf_init(&b, &fm.mem, LIM_TRACKER_REPLY);
}

static inline void
stop(void)
{
	buf_fini(&b);
	failmem_check(&fm);
}

static inline void
wrote(const char *want, size_t len)
{
	ck_assert_int_eq(b.err, 0);
	ck_assert_msg(b.len == len && memcmp(b.p, want, len) == 0, "%.*s",
	    (int)b.len, (const char *)b.p);
}
#define WROTE(lit) wrote(lit, sizeof(lit) - 1)

#endif
