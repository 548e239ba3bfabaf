#include "test/sim/scnline.h"
#include "test/unit/unit.h"

static struct scn_vars vars;

static void
expands(const char *text, const char *want)
{
	const char *where;
	char out[64];

	ck_assert_int_eq(scn_vars_expand(&vars, text, strlen(text), out,
			     sizeof(out), &where),
	    0);
	ck_assert_str_eq(out, want);
}

static void
setup(void)
{
	memset(&vars, 0, sizeof(vars));
	ck_assert_int_eq(scn_vars_let(&vars, "N", "20"), 0);
	ck_assert_int_eq(scn_vars_let(&vars, "UP_2", "mix:1.5r"), 0);
}

START_TEST(names_stand_for_their_values)
{
	setup();
	expands("viewers $N up=$UP_2", "viewers 20 up=mix:1.5r");
	expands("${N}0 $N", "200 20");
	expands("no reference", "no reference");
	expands("", "");
}
END_TEST

START_TEST(integers_are_computed_from_left_to_right)
{
	static const char *const sums[][2] = { { "20*2/100", "0" },
		{ "200*98/100", "196" }, { "2+3*4", "20" }, { "10-3", "7" },
		/* and what is none stays as it is */
		{ "4Mbit/s", "4Mbit/s" }, { "1/0", "1/0" }, { "3-4", "3-4" },
		{ "1.5*2", "1.5*2" }, { "2*", "2*" }, { "-1", "-1" },
		{ "999999999999*9", "999999999999*9" },
		{ "99999999999999", "99999999999999" } };

	for (size_t i = 0; i < SP_LEN(sums); i++) {
		setup();
		ck_assert_int_eq(scn_vars_let(&vars, "X", sums[i][0]), 0);
		expands("$X", sums[i][1]);
	}
}
END_TEST

START_TEST(what_was_set_wins_over_let)
{
	memset(&vars, 0, sizeof(vars));
	ck_assert_int_eq(scn_vars_set(&vars, "N=7"), 0);
	ck_assert_str_eq(scn_vars_unmet(&vars), "N");
	ck_assert_int_eq(scn_vars_let(&vars, "N", "20"), 0);
	ck_assert_ptr_null(scn_vars_unmet(&vars));
	expands("$N", "7");
	ck_assert_int_eq(scn_vars_set(&vars, "N=8"), 0);
	expands("$N", "8");
	ck_assert_int_eq(scn_vars_let(&vars, "M", "1"), 0);
	ck_assert_int_eq(scn_vars_let(&vars, "M", "2"), 0);
	expands("$M", "2");
}
END_TEST

START_TEST(bad_references_are_found)
{
	static const char *const bad[] = { "$", "$M", "${N", "${}", "$ N", "$1",
		"${N }" };
	const char *where;
	char out[8];

	setup();
	for (size_t i = 0; i < SP_LEN(bad); i++) {
		ck_assert_int_eq(scn_vars_expand(&vars, bad[i], strlen(bad[i]),
				     out, sizeof(out), &where),
		    SP_ERR_NOTFOUND);
		ck_assert_ptr_eq(where, bad[i]);
	}
	ck_assert_int_eq(
	    scn_vars_expand(&vars, "$UP_2", 5, out, sizeof(out), &where),
	    SP_ERR_TOOBIG);
	ck_assert_int_eq(
	    scn_vars_expand(&vars, "12345678", 8, out, sizeof(out), &where),
	    SP_ERR_TOOBIG);
}
END_TEST

START_TEST(bad_names_and_values_are_refused)
{
	char value[SCN_VAR_VALUE + 1], pair[SCN_VAR_VALUE + 8], name[4];

	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	setup();
	ck_assert_int_eq(scn_vars_let(&vars, "2N", "1"), SP_ERR_SYNTAX);
	ck_assert_int_eq(scn_vars_let(&vars, "a-b", "1"), SP_ERR_SYNTAX);
	ck_assert_int_eq(scn_vars_let(&vars, "", "1"), SP_ERR_SYNTAX);
	ck_assert_int_eq(scn_vars_let(&vars, "a", ""), SP_ERR_SYNTAX);
	ck_assert_int_eq(scn_vars_let(&vars, "a", value), SP_ERR_TOOBIG);
	ck_assert_int_eq(scn_vars_let(&vars, "abcdefghijklmnopqrstuvwx", "1"),
	    SP_ERR_TOOBIG);
	ck_assert_int_eq(scn_vars_set(&vars, "N"), SP_ERR_SYNTAX);
	ck_assert_int_eq(scn_vars_set(&vars, "N="), SP_ERR_SYNTAX);
	ck_assert_int_eq(scn_vars_set(&vars, "=1"), SP_ERR_SYNTAX);
	ck_assert_int_eq(scn_vars_set(&vars, "N=1 2"), SP_ERR_SYNTAX);
	ck_assert_int_eq(scn_vars_set(&vars, "N=1#"), SP_ERR_SYNTAX);
	snprintf(pair, sizeof(pair), "N=%s", value);
	ck_assert_int_eq(scn_vars_set(&vars, pair), SP_ERR_TOOBIG);
	for (unsigned i = 2; i < SCN_VARS; i++) {
		snprintf(name, sizeof(name), "v%u", i);
		ck_assert_int_eq(scn_vars_let(&vars, name, "1"), 0);
	}
	ck_assert_int_eq(scn_vars_let(&vars, "more", "1"), SP_ERR_FULL);
	ck_assert_int_eq(scn_vars_set(&vars, "more=1"), SP_ERR_FULL);
}
END_TEST

/* ---- lines ---- */

static char heard[512];

static int
hear(void *ctx, struct scn_line *l)
{
	size_t at = strlen(heard);

	ck_assert_ptr_eq(ctx, heard);
	if (strcmp(l->word[0], "stop") == 0)
		return scn_fail(l, "stopped by %s", l->word[0]);
	snprintf(heard + at, sizeof(heard) - at, "%u:%zu:%.80s|", l->line, l->n,
	    l->text);
	return 0;
}

static int
read_lines(const char *text, size_t len, struct scn_error *e)
{
	memset(&vars, 0, sizeof(vars));
	heard[0] = '\0';
	return scn_lines(text, len, &vars, e, hear, heard);
}

START_TEST(lines_are_told_without_comments_and_lets)
{
	static const char text[] = "# first\n"
				   "  one two\tthree  # more\r\n"
				   "\n"
				   "let A 5\n"
				   "four $A";
	struct scn_error e;

	ck_assert_int_eq(read_lines(text, strlen(text), &e), 0);
	ck_assert_str_eq(heard, "2:3:one two\tthree|5:2:four 5|");
}
END_TEST

static void
complains(const char *text, size_t len, unsigned line, const char *what)
{
	struct scn_error e;

	ck_assert_int_eq(read_lines(text, len, &e), SP_ERR_SYNTAX);
	ck_assert_uint_eq(e.line, line);
	ck_assert_msg(strstr(e.what, what) != NULL, "%s", e.what);
}

START_TEST(lines_that_cannot_be_are_told)
{
	char text[2 * SCN_LINE];

	complains("a\nstop\nb", 8, 2, "stopped by stop");
	complains("a\n\nb $c d", 9, 3, "$c: no such variable");
	complains("b $", 3, 1, "$: no such variable");
	complains("let A\n", 6, 1, "let: NAME VALUE");
	complains("let A 1 2\n", 10, 1, "let: NAME VALUE");
	complains("let 1 2\n", 8, 1, "let 1: not a name");
	complains("a\0b", 3, 1, "not text");
	memset(text, 'x', sizeof(text));
	complains(text, sizeof(text), 1, "too long");
	for (size_t i = 0; i < 2 * SCN_WORDS + 2; i++)
		text[i] = i % 2 == 0 ? 'w' : ' ';
	complains(text, 2 * SCN_WORDS + 2, 1, "more than 32 words");
	memcpy(text, "let A ", 6);
	memset(text + 6, 'y', SCN_VAR_VALUE);
	complains(text, 6 + SCN_VAR_VALUE, 1, "let A: too long");
}
END_TEST

UNIT_MAIN("scnvar", names_stand_for_their_values,
    integers_are_computed_from_left_to_right, what_was_set_wins_over_let,
    bad_references_are_found, bad_names_and_values_are_refused,
    lines_are_told_without_comments_and_lets, lines_that_cannot_be_are_told)
