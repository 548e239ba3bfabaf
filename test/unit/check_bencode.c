#include "wire/bencode.h"
#include "wire/limits.h"
#include "test/unit/unit.h"

static int
check(const char *s, bool strict)
{
	return bencode_check(s, strlen(s), strict);
}

static struct bcur
root(const char *s)
{
	ck_assert_int_eq(check(s, false), 0);
	return bencode_root(s, strlen(s));
}

static int64_t
integer(const char *s)
{
	struct bcur v = root(s);
	int64_t n = 77;

	ck_assert(bencode_int(&v, &n));
	return n;
}

START_TEST(integers_span_int64)
{
	ck_assert(integer("i0e") == 0);
	ck_assert(integer("i-1e") == -1);
	ck_assert(integer("i9223372036854775807e") == INT64_MAX);
	ck_assert(integer("i-9223372036854775808e") == INT64_MIN);
	ck_assert_int_eq(check("i9223372036854775808e", false), SP_ERR_RANGE);
	ck_assert_int_eq(check("i-9223372036854775809e", false), SP_ERR_RANGE);
	ck_assert_int_eq(check("i99999999999999999999999999e", false),
	    SP_ERR_RANGE);
}
END_TEST

START_TEST(integers_have_one_form)
{
	static const char *const bad[] = { "ie", "i-e", "i-0e", "i00e", "i01e",
		"i-01e", "i+1e", "i 1e", "i1 e", "i1.0e", "i--1e", "i0x1e" };

	for (size_t i = 0; i < SP_LEN(bad); i++)
		ck_assert_msg(check(bad[i], false) == SP_ERR_SYNTAX, "%s",
		    bad[i]);
}
END_TEST

START_TEST(strings_are_taken_whole)
{
	struct bcur v = root("5:a\ni:e");
	const uint8_t *p;
	size_t len;

	ck_assert(bencode_str(&v, &p, &len));
	ck_assert_uint_eq(len, 5);
	ck_assert_mem_eq(p, "a\ni:e", 5);
	v = root("0:");
	ck_assert(bencode_str(&v, &p, &len));
	ck_assert_uint_eq(len, 0);
}
END_TEST

START_TEST(string_lengths_have_one_form)
{
	ck_assert_int_eq(check("01:a", false), SP_ERR_SYNTAX);
	ck_assert_int_eq(check("00:", false), SP_ERR_SYNTAX);
	ck_assert_int_eq(check(":a", false), SP_ERR_SYNTAX);
	ck_assert_int_eq(check("-1:a", false), SP_ERR_SYNTAX);
	ck_assert_int_eq(check("1;a", false), SP_ERR_SYNTAX);
	ck_assert_int_eq(check("x", false), SP_ERR_SYNTAX);
	ck_assert_int_eq(check("e", false), SP_ERR_SYNTAX);
}
END_TEST

START_TEST(a_huge_length_is_only_short)
{
	ck_assert_int_eq(check("2:a", false), SP_ERR_SHORT);
	ck_assert_int_eq(check("4294967296:a", false), SP_ERR_SHORT);
	ck_assert_int_eq(check("18446744073709551615:a", false), SP_ERR_SHORT);
	ck_assert_int_eq(check("18446744073709551617:a", false), SP_ERR_SHORT);
	ck_assert_int_eq(check("99999999999999999999999999999999:a", false),
	    SP_ERR_SHORT);
}
END_TEST

START_TEST(every_prefix_is_short)
{
	const char *s = "d1:ali1ei-22e3:xyze1:bd1:cleee";
	size_t len = strlen(s), i;

	for (i = 0; i < len; i++)
		ck_assert_int_eq(bencode_check(s, i, true), SP_ERR_SHORT);
	ck_assert_int_eq(bencode_check(s, len, true), 0);
	ck_assert_int_eq(bencode_check("", 0, true), SP_ERR_SHORT);
}
END_TEST

START_TEST(what_follows_the_value_is_refused_or_left)
{
	size_t used = 0;

	ck_assert_int_eq(check("i1ei2e", false), SP_ERR_SYNTAX);
	ck_assert_int_eq(bencode_prefix("i1ei2e", 6, true, &used), 0);
	ck_assert_uint_eq(used, 3);
	ck_assert_int_eq(bencode_prefix("lei2e", 5, true, &used), 0);
	ck_assert_uint_eq(used, 2);
}
END_TEST

START_TEST(strict_wants_sorted_unique_keys)
{
	ck_assert_int_eq(check("d1:ai1e1:bi2ee", true), 0);
	ck_assert_int_eq(check("d1:ai1e2:aai2ee", true), 0);
	ck_assert_int_eq(check("d0:i1e1:ai2ee", true), 0);
	ck_assert_int_eq(check("d1:bi1e1:ai2ee", true), SP_ERR_CANON);
	ck_assert_int_eq(check("d1:ai1e1:ai2ee", true), SP_ERR_CANON);
	ck_assert_int_eq(check("d2:aai1e1:ai2ee", true), SP_ERR_CANON);
	ck_assert_int_eq(check("ld1:bi1e1:ai2eee", true), SP_ERR_CANON);
	ck_assert_int_eq(check("d1:bi1e1:ai2ee", false), 0);
	ck_assert_int_eq(check("d1:ai1e1:ai2ee", false), 0);
	/* Bytes compare unsigned. */
	ck_assert_int_eq(check("d1:\x7fi1e1:\x80i2ee", true), 0);
}
END_TEST

START_TEST(each_dictionary_has_its_own_order)
{
	ck_assert_int_eq(check("d1:bd1:ai1ee1:cd1:ai1eee", true), 0);
}
END_TEST

START_TEST(keys_are_strings_with_values)
{
	ck_assert_int_eq(check("di1ei2ee", false), SP_ERR_SYNTAX);
	ck_assert_int_eq(check("d1:ae", false), SP_ERR_SYNTAX);
	ck_assert_int_eq(check("d1:ai1e1:be", false), SP_ERR_SYNTAX);
	ck_assert_int_eq(check("dlei1ee", false), SP_ERR_SYNTAX);
}
END_TEST

START_TEST(depth_has_a_limit)
{
	char s[2 * (LIM_BENCODE_DEPTH + 1)];
	const size_t n = LIM_BENCODE_DEPTH;

	memset(s, 'l', n + 1);
	memset(s + n, 'e', n);
	ck_assert_int_eq(bencode_check(s, 2 * n, true), 0);
	memset(s, 'l', n + 1);
	memset(s + n + 1, 'e', n + 1);
	ck_assert_int_eq(bencode_check(s, sizeof(s), true), SP_ERR_TOOBIG);
}
END_TEST

START_TEST(get_finds_keys_by_name_and_type)
{
	struct bcur d = root("d3:abci7e4:abcd2:xy1:lli1eee"), v;
	const uint8_t *p;
	int64_t n = 0;
	size_t len;

	ck_assert(bencode_get_int(&d, "abc", &n));
	ck_assert_int_eq(n, 7);
	ck_assert(bencode_get_str(&d, "abcd", &p, &len));
	ck_assert_uint_eq(len, 2);
	ck_assert_mem_eq(p, "xy", 2);
	ck_assert(bencode_get(&d, "l", &v));
	ck_assert_int_eq(v.type, BENCODE_LIST);
	ck_assert_uint_eq(v.len, 5);
	ck_assert(!bencode_get(&d, "ab", &v));
	ck_assert(!bencode_get_int(&d, "abcd", &n));
	ck_assert(!bencode_get_str(&d, "abc", &p, &len));
	ck_assert(!bencode_get_str(&d, "nope", &p, &len));
	ck_assert(!bencode_get_int(&d, "nope", &n));
}
END_TEST

START_TEST(get_takes_the_first_of_repeated_keys)
{
	struct bcur d = root("d1:ai1e1:ai2ee");
	int64_t n = 0;

	ck_assert(bencode_get_int(&d, "a", &n));
	ck_assert_int_eq(n, 1);
}
END_TEST

START_TEST(get_in_something_else_finds_nothing)
{
	struct bcur l = root("l1:ai1ee"), i = root("i5e"), v, k, none;
	size_t it = 0;
	int64_t n;
	const uint8_t *p;
	size_t len;

	none = bencode_root("", 0);
	ck_assert_int_eq(none.type, BENCODE_NONE);
	ck_assert(!bencode_get(&l, "a", &v));
	ck_assert(!bencode_get(&i, "a", &v));
	ck_assert(!bencode_next(&i, &it, &k, &v));
	ck_assert(!bencode_next(&none, &it, &k, &v));
	ck_assert(!bencode_int(&l, &n));
	ck_assert(!bencode_str(&i, &p, &len));
}
END_TEST

START_TEST(next_walks_lists_and_dictionaries)
{
	struct bcur l = root("li1e1:xd1:ai2eee"), k, v;
	static const enum bencode_type want[] = { BENCODE_INT, BENCODE_STR,
		BENCODE_DICT };
	size_t it = 0, n = 0;
	const uint8_t *p;
	size_t len;

	while (bencode_next(&l, &it, &k, &v))
		ck_assert_int_eq(v.type, want[n++]);
	ck_assert_uint_eq(n, 3);
	it = 0;
	l = v;
	ck_assert(bencode_next(&l, &it, &k, &v));
	ck_assert(bencode_str(&k, &p, &len));
	ck_assert_mem_eq(p, "a", 1);
	ck_assert_int_eq(v.type, BENCODE_INT);
	ck_assert(!bencode_next(&l, &it, &k, &v));
	it = 0;
	l = root("le");
	ck_assert(!bencode_next(&l, &it, &k, &v));
	l = root("de");
	ck_assert(!bencode_next(&l, &it, &k, &v));
}
END_TEST

START_TEST(what_is_written_can_be_read)
{
	static const char want[] = "d1:ai-5e1:bl3:x\0yi9223372036854775807e"
				   "i-9223372036854775808e0:ee";
	struct failmem fm;
	struct sp_buf b;

	FAILMEM_EACH (&fm) {
		buf_init(&b, &fm.mem, 1000);
		bencode_put_dict(&b);
		bencode_put_cstr(&b, "a");
		bencode_put_int(&b, -5);
		bencode_put_cstr(&b, "b");
		bencode_put_list(&b);
		bencode_put_str(&b, "x\0y", 3);
		bencode_put_int(&b, INT64_MAX);
		bencode_put_int(&b, INT64_MIN);
		bencode_put_str(&b, NULL, 0);
		bencode_put_end(&b);
		bencode_put_end(&b);
		if (b.err < 0) {
			ck_assert_int_eq(b.err, SP_ERR_NOMEM);
		} else {
			ck_assert_uint_eq(b.len, sizeof(want) - 1);
			ck_assert_mem_eq(b.p, want, b.len);
			ck_assert_int_eq(bencode_check(b.p, b.len, true), 0);
		}
		buf_fini(&b);
	}
}
END_TEST

UNIT_MAIN("bencode", integers_span_int64, integers_have_one_form,
    strings_are_taken_whole, string_lengths_have_one_form,
    a_huge_length_is_only_short, every_prefix_is_short,
    what_follows_the_value_is_refused_or_left, strict_wants_sorted_unique_keys,
    each_dictionary_has_its_own_order, keys_are_strings_with_values,
    depth_has_a_limit, get_finds_keys_by_name_and_type,
    get_takes_the_first_of_repeated_keys, get_in_something_else_finds_nothing,
    next_walks_lists_and_dictionaries, what_is_written_can_be_read)
