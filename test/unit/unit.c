#include "test/unit/unit.h"

/* Long enough for a sanitizer build on a busy machine. */
#define UNIT_TIMEOUT_S 120

int
unit_run(const char *suite, const TTest *const *tests, size_t n)
{
	Suite *s = suite_create(suite);
	TCase *tc = tcase_create(suite);
	SRunner *sr;
	size_t i;
	int failed;

	for (i = 0; i < n; i++)
		tcase_add_test(tc, tests[i]);
	tcase_set_timeout(tc, UNIT_TIMEOUT_S);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}

/* "top_srcdir/name"; returns |out|. */
static const char *
path_of(char out[1024], const char *name)
{
	const char *top = getenv("top_srcdir");
	int n;

	n = snprintf(out, 1024, "%s/%s", top != NULL ? top : ".", name);
	ck_assert_msg(n > 0 && n < 1024, "path too long: %s", name);
	return out;
}

void
unit_read(const char *name, uint8_t **p, size_t *len)
{
	char path[1024];
	FILE *fp = fopen(path_of(path, name), "rb");
	long size;

	ck_assert_msg(fp != NULL, "cannot open %s", path);
	ck_assert_int_eq(fseek(fp, 0, SEEK_END), 0);
	size = ftell(fp);
	ck_assert_int_ge(size, 0);
	rewind(fp);
	*len = (size_t)size;
	*p = malloc(*len + 1);
	ck_assert_ptr_nonnull(*p);
	ck_assert_uint_eq(fread(*p, 1, *len, fp), *len);
	(*p)[*len] = 0;
	fclose(fp);
}

void
unit_hex_eq(const void *p, size_t len, const char *hex)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *b = p;
	size_t i, nibble = 0;

	for (i = 0; hex[i] != '\0'; i++) {
		char c = hex[i];
		unsigned v;

		if (c == ' ' || c == '\n' || c == '\t')
			continue;
		ck_assert_msg(nibble < 2 * len, "only %zu bytes", len);
		v = b[nibble / 2];
		v = nibble % 2 == 0 ? v >> 4 : v & 15;
		ck_assert_msg(digits[v] == c, "byte %zu is %02x, expected %s",
		    nibble / 2, b[nibble / 2], hex + i - nibble % 2);
		nibble++;
	}
	ck_assert_msg(nibble == 2 * len, "%zu bytes, expected %zu", len,
	    nibble / 2);
}
