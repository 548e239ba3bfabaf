#ifndef TEST_UNIT_M3U8_HELP_H
#define TEST_UNIT_M3U8_HELP_H

/* What the tests of the m3u8 reader share. */

#include "test/unit/unit.h"
#include "wire/m3u8.h"

#define HEAD "#EXTM3U\n#EXT-X-TARGETDURATION:4\n"

static struct failmem fm;
static struct m3u8 m;
static struct m3u8_error err;

SP_UNUSED static int
parse_len(const char *s, size_t len)
{
	/* An exact copy, so that ASan sees a read past the end. */
	static char *copy;
	int rv;

	free(copy);
	copy = malloc(len > 0 ? len : 1);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, s, len);
	failmem_init(&fm);
	rv = m3u8_parse(&m, &fm.mem, copy, len, &err);
	if (rv < 0) {
		failmem_check(&fm);
		ck_assert_ptr_nonnull(err.what);
	} else {
		ck_assert_ptr_null(err.what);
	}
	return rv;
}

SP_UNUSED static void
parse_ok(const char *s)
{
	int rv = parse_len(s, strlen(s));

	ck_assert_msg(rv == 0, "line %u: %s", err.line,
	    err.what != NULL ? err.what : "");
}

/* Refused with |code| in |line|, with |what|. */
SP_UNUSED static void
refused(const char *s, int code, unsigned line, const char *what)
{
	int rv = parse_len(s, strlen(s));

	ck_assert_msg(rv == code, "%d for: %s", rv, s);
	ck_assert_str_eq(err.what, what);
	ck_assert_uint_eq(err.line, line);
}

SP_UNUSED static void
done(void)
{
	m3u8_fini(&m);
	failmem_check(&fm);
}

SP_UNUSED static struct m3u8_span
span(const char *s)
{
	struct m3u8_span v = { s, strlen(s) };

	return v;
}

SP_UNUSED static void
span_is(struct m3u8_span s, const char *text)
{
	ck_assert_msg(s.len == strlen(text) && memcmp(s.p, text, s.len) == 0,
	    "\"%.*s\" is not \"%s\"", (int)s.len, s.p, text);
}

#endif
