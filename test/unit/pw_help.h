#ifndef TEST_UNIT_PW_HELP_H
#define TEST_UNIT_PW_HELP_H

/* Messages from hexadecimal text and back, for tests of wire/peerwire.h. */

#include "test/unit/unit.h"
#include "wire/peerwire.h"

/* Frame of |hex|, where blanks are skipped, in static memory. */
static inline struct sp_rd
frame_of(const char *hex)
{
	static uint8_t bytes[2 * LIM_MSG];
	char digits[2 * sizeof(bytes)];
	size_t n = 0;

	for (; *hex != '\0'; hex++)
		if (*hex != ' ')
			digits[n++] = *hex;
	ck_assert_int_eq(buf_unhex(bytes, n / 2, digits, n), 0);
	return buf_rd(bytes, n / 2);
}

static inline int
read_hex(const char *hex, struct pw_msg *m)
{
	struct sp_rd rd = frame_of(hex);

	return pw_read(&rd, m);
}

static inline void
refused(const char *hex)
{
	struct pw_msg m;

	ck_assert_msg(read_hex(hex, &m) == SP_ERR_PROTO, "taken: %s", hex);
}

static inline void
taken(const char *hex)
{
	struct pw_msg m;

	ck_assert_msg(read_hex(hex, &m) == 1, "refused: %s", hex);
}

/* One buffer per test; memory from an allocator that checks for leaks. */
static struct failmem fm;
static struct sp_buf buf;

static inline struct sp_buf *
fresh(void)
{
	failmem_init(&fm);
	buf_init(&buf, &fm.mem, 4 * LIM_MSG);
	return &buf;
}

/* Reads the only message of |buf|. */
static inline struct pw_msg
reread(void)
{
	struct sp_rd rd = buf_rd(buf.p, buf.len);
	struct pw_msg m, more;

	ck_assert_int_eq(buf.err, 0);
	ck_assert_int_eq(pw_read(&rd, &m), 1);
	ck_assert_int_eq(pw_read(&rd, &more), 0);
	return m;
}

static inline void
done(void)
{
	buf_fini(&buf);
	failmem_check(&fm);
}

static const struct pw_block_ref ref = { .number = 0x1122334455,
	.index = 0x3ff,
	.track = 3 };

static inline void
ref_is(const struct pw_block_ref *r)
{
	ck_assert_uint_eq(r->number, ref.number);
	ck_assert_uint_eq(r->index, ref.index);
	ck_assert_uint_eq(r->track, ref.track);
}

#endif
