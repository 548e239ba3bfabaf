#include "base/log.h"
#include "test/unit/unit.h"

START_TEST(each_directive_prints_its_type)
{
	char out[256];
	size_t n;

	n = log_format(out, sizeof(out), "%s %d %d %u %x%%", "a", -5, INT_MIN,
	    UINT_MAX, 0xbeefu);
	ck_assert_str_eq(out, "a -5 -2147483648 4294967295 beef%");
	ck_assert_uint_eq(n, strlen(out));
	log_format(out, sizeof(out), "%lld %lld %llu %llx %zu",
	    (long long)INT64_MIN, (long long)INT64_MAX,
	    (unsigned long long)UINT64_MAX, 255ull, (size_t)0);
	ck_assert_str_eq(out, "-9223372036854775808 9223372036854775807 "
			      "18446744073709551615 ff 0");
	log_format(out, sizeof(out), "%s", (char *)NULL);
	ck_assert_str_eq(out, "(null)");
}
END_TEST

START_TEST(bytes_are_hex_or_escaped)
{
	char out[256];

	log_format(out, sizeof(out), "[%p] [%p]", (const void *)"\x00\x9a\xff",
	    (size_t)3, (const void *)NULL, (size_t)0);
	ck_assert_str_eq(out, "[009aff] []");
	log_format(out, sizeof(out), "[%q]", "a b~\x7f\n\\\xc3\x00x",
	    (size_t)10);
	ck_assert_str_eq(out, "[a b~\\x7f\\x0a\\x5c\\xc3\\x00x]");
}
END_TEST

START_TEST(an_unknown_directive_ends_the_line)
{
	char out[64];

	ck_assert_uint_eq(log_format(out, sizeof(out), "a %k b", 1), 4);
	ck_assert_str_eq(out, "a %?");
	log_format(out, sizeof(out), "a %lls", 1ll);
	ck_assert_str_eq(out, "a %?");
	log_format(out, sizeof(out), "a %ll");
	ck_assert_str_eq(out, "a %?");
	log_format(out, sizeof(out), "a %");
	ck_assert_str_eq(out, "a %?");
}
END_TEST

START_TEST(long_text_is_cut_with_a_nul)
{
	char out[8];

	memset(out, 'z', sizeof(out));
	ck_assert_uint_eq(log_format(out, 5, "%s%d", "abc", 1234), 4);
	ck_assert_str_eq(out, "abc1");
	ck_assert_int_eq(out[5], 'z');
	ck_assert_uint_eq(
	    log_format(out, 5, "%p", (const void *)"abcdefgh", (size_t)8), 4);
	ck_assert_str_eq(out, "6162");
	ck_assert_uint_eq(log_format(out, 5, "%q", "\1\2\3", (size_t)3), 4);
	ck_assert_str_eq(out, "\\x01");
	ck_assert_uint_eq(log_format(out, 1, "abc"), 0);
	ck_assert_str_eq(out, "");
	ck_assert_uint_eq(log_format(NULL, 0, "abc"), 0);
}
END_TEST

struct sink {
	int lines;
	enum log_level level;
	char text[LOG_LINE_MAX + 1];
};

static void
take_line(void *ctx, enum log_level level, const char *text)
{
	struct sink *s = ctx;

	s->lines++;
	s->level = level;
	snprintf(s->text, sizeof(s->text), "%s", text);
}

START_TEST(lines_above_the_level_are_not_made)
{
	struct sink s = { 0 };
	struct sp_log log = { &s, LOG_LEVEL_INFO, take_line };

	log_msg(&log, LOG_LEVEL_DEBUG, "no");
	ck_assert_int_eq(s.lines, 0);
	log_msg(&log, LOG_LEVEL_INFO, "mesh: joined peers=%d", 3);
	ck_assert_int_eq(s.lines, 1);
	ck_assert_int_eq(s.level, LOG_LEVEL_INFO);
	ck_assert_str_eq(s.text, "mesh: joined peers=3");
	log_msg(&log, LOG_LEVEL_ERROR, "e");
	ck_assert_int_eq(s.lines, 2);
}
END_TEST

START_TEST(no_log_and_no_sink_are_fine)
{
	struct sp_log log = { NULL, LOG_LEVEL_DEBUG, NULL };

	log_msg(NULL, LOG_LEVEL_ERROR, "%d", 1);
	log_msg(&log, LOG_LEVEL_ERROR, "%d", 1);
}
END_TEST

START_TEST(a_line_has_at_most_its_maximum)
{
	struct sink s = { 0 };
	struct sp_log log = { &s, LOG_LEVEL_DEBUG, take_line };
	char big[2000];

	memset(big, 'b', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	log_msg(&log, LOG_LEVEL_WARN, "%s", big);
	ck_assert_uint_eq(strlen(s.text), LOG_LINE_MAX - 1);
}
END_TEST

UNIT_MAIN("log", each_directive_prints_its_type, bytes_are_hex_or_escaped,
    an_unknown_directive_ends_the_line, long_text_is_cut_with_a_nul,
    lines_above_the_level_are_not_made, no_log_and_no_sink_are_fine,
    a_line_has_at_most_its_maximum)
