#include "wire/uri.h"
#include "test/unit/unit.h"

static bool
http(const char *s)
{
	return uri_is_http(s, strlen(s));
}

static bool
relative(const char *s)
{
	return uri_is_relative(s, strlen(s));
}

START_TEST(only_http_and_https_with_a_host_are_http)
{
	ck_assert(http("http://a"));
	ck_assert(http("HTTPS://a.example:8080/b/?c=d"));
	ck_assert(http("http://[::1]/x"));
	ck_assert(!http(""));
	ck_assert(!http("http:/a"));
	ck_assert(!http("http://"));
	ck_assert(!http("http:///x"));
	ck_assert(!http("http://:80/"));
	ck_assert(!http("http://?x"));
	ck_assert(!http("ftp://a/"));
	ck_assert(!http("file:///etc/passwd"));
	ck_assert(!http("//a/b"));
}
END_TEST

START_TEST(bytes_that_parsers_disagree_about_are_refused)
{
	static const char *const bad[] = { "a b", "a\tb", "a\nb", "a\x7f",
		"a\\b", "a#b", "\x01" };
	char text[64];

	for (size_t i = 0; i < SP_LEN(bad); i++) {
		ck_assert_msg(!relative(bad[i]), "%s", bad[i]);
		snprintf(text, sizeof(text), "http://h/%s", bad[i]);
		ck_assert_msg(!http(text), "%s", text);
	}
	ck_assert(!uri_is_relative("a\0b", 3));
	ck_assert(relative("gr\xc3\xbc\xc3\x9f.ts"));
}
END_TEST

START_TEST(a_relative_uri_stays_below_its_base)
{
	ck_assert(relative("seg1.ts"));
	ck_assert(relative("a/b/c.m4s?x=1&y=../.."));
	ck_assert(relative("./seg:1.ts"));
	ck_assert(relative("a/b:c"));
	ck_assert(relative("...ts/a..b/..c"));
	ck_assert(relative("%2e/x"));
	ck_assert(relative("?x=1"));
	ck_assert(!relative(""));
	ck_assert(!relative("/a"));
	ck_assert(!relative("//evil/a"));
	ck_assert(!relative("http://evil/"));
	ck_assert(!relative("javascript:x"));
	ck_assert(!relative("a:b"));
	ck_assert(!relative(".."));
	ck_assert(!relative("../a"));
	ck_assert(!relative("a/../b"));
	ck_assert(!relative("a/.."));
	ck_assert(!relative("a/..?x"));
	ck_assert(!relative("a/%2e%2E/b"));
	ck_assert(!relative("a/.%2e/b"));
}
END_TEST

START_TEST(uris_have_a_longest_length)
{
	char text[LIM_URI + 1];

	memset(text, 'a', sizeof(text));
	ck_assert(uri_is_relative(text, LIM_URI));
	ck_assert(!uri_is_relative(text, LIM_URI + 1));
	memcpy(text, "http://", 7);
	ck_assert(uri_is_http(text, LIM_URI));
	ck_assert(!uri_is_http(text, LIM_URI + 1));
}
END_TEST

START_TEST(lines_are_whole_and_begin_with_a_hash)
{
	static const char *const good[] = { "", "#\n", "#EXT\n#\tX\n",
		"# a b\xff\n" };
	static const char *const bad[] = { "#EXT", "EXT\n", "#EXT\n\n",
		"#EXT\nseg.ts\n", "#EXT\r\n", "\n", "#a\x7f\n" };
	static char text[LIM_LINES + 1];
	size_t i;

	for (i = 0; i < SP_LEN(good); i++)
		ck_assert_msg(uri_is_lines(good[i], strlen(good[i])), "%s",
		    good[i]);
	for (i = 0; i < SP_LEN(bad); i++)
		ck_assert_msg(!uri_is_lines(bad[i], strlen(bad[i])), "%s",
		    bad[i]);
	ck_assert(!uri_is_lines("#\0\n", 3));
	memset(text, '#', sizeof(text));
	text[LIM_LINES] = text[LIM_LINES - 1] = '\n';
	ck_assert(uri_is_lines(text, LIM_LINES));
	text[LIM_LINES - 1] = '#';
	ck_assert(!uri_is_lines(text, LIM_LINES + 1));
}
END_TEST

START_TEST(text_has_no_control_bytes)
{
	ck_assert(uri_is_text("", 0));
	ck_assert(uri_is_text("\xc3\xa9 ~", 4));
	ck_assert(!uri_is_text("a\nb", 3));
	ck_assert(!uri_is_text("\x7f", 1));
}
END_TEST

START_TEST(unescape_takes_both_cases_and_raw_bytes)
{
	char out[8];

	ck_assert_int_eq(uri_unescape(out, sizeof(out), "%aB%Ab+\xff", 8, true),
	    4);
	ck_assert_mem_eq(out, "\xab\xab \xff", 4);
	ck_assert_int_eq(uri_unescape(out, sizeof(out), "a+", 2, false), 2);
	ck_assert_mem_eq(out, "a+", 2);
	ck_assert_int_eq(uri_unescape(out, 8, "12345678", 8, true), 8);
	ck_assert_int_eq(uri_unescape(out, 8, "123456789", 9, true),
	    SP_ERR_TOOBIG);
	ck_assert_int_eq(uri_unescape(out, 8, "", 0, true), 0);
}
END_TEST

START_TEST(bad_escapes_are_refused)
{
	static const char *const bad[] = { "%", "%1", "%g1", "%1g", "a%",
		"%%41", "% 1", "%-1" };
	char out[8];

	for (size_t i = 0; i < SP_LEN(bad); i++)
		ck_assert_int_eq(uri_unescape(out, sizeof(out), bad[i],
				     strlen(bad[i]), true),
		    SP_ERR_SYNTAX);
	/* The end of the text bounds the escape, not a NUL. */
	ck_assert_int_eq(uri_unescape(out, sizeof(out), "%41", 2, true),
	    SP_ERR_SYNTAX);
}
END_TEST

START_TEST(escaping_round_trips_every_byte)
{
	struct failmem fm;
	struct sp_buf b;
	uint8_t all[256];
	char back[256];

	for (size_t i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	failmem_init(&fm);
	buf_init(&b, &fm.mem, 1000);
	uri_put_escaped(&b, all, sizeof(all));
	ck_assert_int_eq(b.err, 0);
	ck_assert_int_eq(
	    uri_unescape(back, sizeof(back), (const char *)b.p, b.len, true),
	    256);
	ck_assert_mem_eq(back, all, 256);
	buf_reset(&b);
	uri_put_escaped(&b, "aZ09-._~/+ \xff", 12);
	ck_assert_uint_eq(b.len, 20);
	ck_assert_mem_eq(b.p, "aZ09-._~%2F%2B%20%FF", 20);
	buf_fini(&b);
	failmem_check(&fm);
}
END_TEST

START_TEST(numbers_are_digits_within_a_limit)
{
	uint64_t v = 5;

	ck_assert_int_eq(uri_get_u64(&v, "0", 1, 0), 0);
	ck_assert(v == 0);
	ck_assert_int_eq(uri_get_u64(&v, "007", 3, 9), 0);
	ck_assert(v == 7);
	ck_assert_int_eq(
	    uri_get_u64(&v, "18446744073709551615", 20, UINT64_MAX), 0);
	ck_assert(v == UINT64_MAX);
	ck_assert_int_eq(
	    uri_get_u64(&v, "18446744073709551616", 20, UINT64_MAX),
	    SP_ERR_RANGE);
	ck_assert_int_eq(uri_get_u64(&v, "10", 2, 9), SP_ERR_RANGE);
	ck_assert_int_eq(uri_get_u64(&v, "5", 1, 4), SP_ERR_RANGE);
	ck_assert_int_eq(uri_get_u64(&v, "", 0, 9), SP_ERR_SYNTAX);
	ck_assert_int_eq(uri_get_u64(&v, "-1", 2, 9), SP_ERR_SYNTAX);
	ck_assert_int_eq(uri_get_u64(&v, "1 ", 2, 9), SP_ERR_SYNTAX);
	ck_assert_int_eq(uri_get_u64(&v, "99x", 3, 9), SP_ERR_SYNTAX);
}
END_TEST

START_TEST(a_query_is_cut_at_ampersands)
{
	static const char q[] = "a=1&b&&=x&c=2=3&";
	static const char *const key[] = { "a", "b", "", "", "c" };
	static const char *const value[] = { "1", "", "", "x", "2=3" };
	struct uri_param p;
	size_t at = 0, n;

	for (n = 0; uri_query_next(&p, q, strlen(q), &at); n++) {
		ck_assert_uint_lt(n, SP_LEN(key));
		ck_assert_uint_eq(p.key_len, strlen(key[n]));
		ck_assert_mem_eq(p.key, key[n], p.key_len);
		ck_assert_uint_eq(p.value_len, strlen(value[n]));
		ck_assert_mem_eq(p.value, value[n], p.value_len);
		ck_assert_int_eq(p.has_value, n != 1 && n != 2);
	}
	ck_assert_uint_eq(n, SP_LEN(key));
	at = 0;
	ck_assert(!uri_query_next(&p, "", 0, &at));
}
END_TEST

START_TEST(keys_are_compared_unescaped)
{
	static const char q[] = "info%5fhash=1&info_hashes=2&%zz=3";
	struct uri_param p;
	size_t at = 0;

	ck_assert(uri_query_next(&p, q, strlen(q), &at));
	ck_assert(uri_param_is(&p, "info_hash"));
	ck_assert(uri_query_next(&p, q, strlen(q), &at));
	ck_assert(!uri_param_is(&p, "info_hash"));
	ck_assert(uri_query_next(&p, q, strlen(q), &at));
	ck_assert(!uri_param_is(&p, "%zz"));
}
END_TEST

UNIT_MAIN("uri", only_http_and_https_with_a_host_are_http,
    bytes_that_parsers_disagree_about_are_refused,
    a_relative_uri_stays_below_its_base, uris_have_a_longest_length,
    lines_are_whole_and_begin_with_a_hash, text_has_no_control_bytes,
    unescape_takes_both_cases_and_raw_bytes, bad_escapes_are_refused,
    escaping_round_trips_every_byte, numbers_are_digits_within_a_limit,
    a_query_is_cut_at_ampersands, keys_are_compared_unescaped)
