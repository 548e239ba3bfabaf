#include "io/conf.h"
#include "test/unit/unit.h"

#include <unistd.h>

#include "io/daemon.h"
#include "io/store.h"

struct opts {
	struct conf_std std;
	bool flag, on;
	int64_t count, size, rate, share;
	sp_time wait;
	const char *name, *path;
	int mode;
	struct conf_list list;
};

static const struct conf_row rows[] = {
	{ "flag", 'F', CONF_FLAG, CONF_AT(struct opts, flag), 0, 0, NULL, NULL,
	    "a flag", 0 },
	{ "on", 0, CONF_FLAG, CONF_AT(struct opts, on), 0, 0, "yes", NULL,
	    "a flag that is on", 0 },
	{ "count", 'c', CONF_INT, CONF_AT(struct opts, count), 1, 100, "10",
	    NULL, "how many", 0 },
	{ "size", 's', CONF_SIZE, CONF_AT(struct opts, size), 0, INT64_MAX,
	    "64KiB", NULL, "how large", 0 },
	{ "rate", 'r', CONF_RATE, CONF_AT(struct opts, rate), 0, INT64_MAX,
	    "4Mbit/s", NULL, "how fast", 0 },
	{ "wait", 0, CONF_TIME, CONF_AT(struct opts, wait), 1, 60 * SP_S,
	    "300ms", NULL, "how long", 0 },
	{ "share", 0, CONF_PPM, CONF_AT(struct opts, share), 0, 1000000, "5%",
	    NULL, "which part", 0 },
	{ "name", 0, CONF_STR, CONF_AT(struct opts, name), 1, 10, NULL, "NAME",
	    "what it is called", 0 },
	{ "path", 0, CONF_PATH, CONF_AT(struct opts, path), 0, 100, NULL, NULL,
	    "where it is", 0 },
	{ "mode", 'm', CONF_ENUM, CONF_AT(struct opts, mode), 0, 0, "slow",
	    "fast|slow|off", "which way", 0 },
	{ "list", 'l', CONF_LIST, CONF_AT(struct opts, list), 1, 100, NULL,
	    "URL", "several", 0 },
};

static const char *
check(const void *p, const char **what)
{
	const struct opts *o = p;

	*what = "--count";
	return o->count == 13 ? "is unlucky" : NULL;
}

static const struct conf_prog prog = {
	.name = "prog",
	.usage = "[options] ARG",
	.text = "does things",
	.std = CONF_STD_DAEMON,
	.std_at = offsetof(struct opts, std),
	.rows = rows,
	.nrows = SP_LEN(rows),
	.min_args = 0,
	.max_args = 2,
	.version = daemon_version,
	.check = check,
};

static struct opts o;
static struct conf *c;
static char err[4096], out[16384]; /* what went to stderr and stdout */
static char conf_path[64];

static void
slurp(FILE *f, char *to, size_t size)
{
	size_t n;

	rewind(f);
	n = fread(to, 1, size - 1, f);
	to[n] = '\0';
	fclose(f);
}

/* Parses "prog" and the words; the output lands in err and out. */
static int
parse(const char *words)
{
	static char copy[1024];
	static char self[] = "prog";
	char *argv[32] = { self }, *p;
	FILE *e = tmpfile(), *s = tmpfile();
	int argc = 1, rc, olderr = dup(2), oldout = dup(1);

	conf_free(c);
	c = NULL;
	snprintf(copy, sizeof(copy), "%s", words);
	for (p = copy; *p != '\0'; p += strspn(p, " ")) {
		argv[argc++] = p;
		p += strcspn(p, " ");
		if (*p != '\0')
			*p++ = '\0';
	}
	fflush(NULL);
	dup2(fileno(e), 2);
	dup2(fileno(s), 1);
	rc = conf_parse(&c, &prog, &o, argc, argv);
	fflush(NULL);
	dup2(olderr, 2);
	dup2(oldout, 1);
	close(olderr);
	close(oldout);
	slurp(e, err, sizeof(err));
	slurp(s, out, sizeof(out));
	ck_assert((rc == 0) == (c != NULL));
	return rc;
}

START_TEST(a_tool_that_has_no_check_option_is_not_checking)
{
	static const struct conf_prog tool = {
		.name = "tool",
		.usage = "ARG",
		.text = "does one thing",
		.std = CONF_STD_TOOL,
		.std_at = offsetof(struct opts, std),
	};
	static char self[] = "tool";
	char *argv[] = { self, NULL };

	memset(&o, 0xff, sizeof(o));
	ck_assert_int_eq(conf_parse(&c, &tool, &o, 1, argv), 0);
	ck_assert(!o.std.check);
	ck_assert_ptr_null(o.std.file);
}
END_TEST

static void
file_is(const char *text)
{
	snprintf(conf_path, sizeof(conf_path), "/tmp/check_conf.%ld",
	    (long)getpid());
	ck_assert_int_eq(store_write(conf_path, text, strlen(text), 0600), 0);
}

static int
parse_file(const char *text, const char *words)
{
	char all[512];
	int rc;

	file_is(text);
	snprintf(all, sizeof(all), "-f %s %s", conf_path, words);
	rc = parse(all);
	unlink(conf_path);
	return rc;
}

START_TEST(defaults_are_set)
{
	memset(&o, 0xff, sizeof(o));
	ck_assert_int_eq(parse(""), 0);
	ck_assert(!o.flag);
	ck_assert(o.on);
	ck_assert_int_eq(o.count, 10);
	ck_assert_int_eq(o.size, 65536);
	ck_assert_int_eq(o.rate, 500000);
	ck_assert_int_eq(o.wait, 300 * SP_MS);
	ck_assert_int_eq(o.share, 50000);
	ck_assert_ptr_null(o.name);
	ck_assert_int_eq(o.mode, 1);
	ck_assert_uint_eq(o.list.n, 0);
	ck_assert_int_eq(o.std.verbose, 0);
	ck_assert(!o.std.daemon);
	ck_assert_int_eq(o.std.log, CONF_LOG_STDERR);
	ck_assert_int_eq(conf_nargs(c), 0);
	ck_assert_ptr_null(conf_arg(c, 0));
	ck_assert_str_eq(err, "");
}
END_TEST

START_TEST(command_line_sets_everything)
{
	ck_assert_int_eq(parse("-F one --no-on -c5 --size=2MiB -r 1MB/s "
			       "--wait 2s --share 0.5 --name bob --path x/y -m "
			       "fast -l u1 -l u2 "
			       "-vv -d -- -two"),
	    0);
	ck_assert(o.flag);
	ck_assert(!o.on);
	ck_assert_int_eq(o.count, 5);
	ck_assert_int_eq(o.size, 2 << 20);
	ck_assert_int_eq(o.rate, 1000000);
	ck_assert_int_eq(o.wait, 2 * SP_S);
	ck_assert_int_eq(o.share, 500000);
	ck_assert_str_eq(o.name, "bob");
	ck_assert_str_eq(o.path, "x/y");
	ck_assert_int_eq(o.mode, 0);
	ck_assert_uint_eq(o.list.n, 2);
	ck_assert_str_eq(o.list.v[0], "u1");
	ck_assert_str_eq(o.list.v[1], "u2");
	ck_assert_int_eq(o.std.verbose, 2);
	ck_assert(o.std.daemon);
	ck_assert_int_eq(conf_nargs(c), 2);
	ck_assert_str_eq(conf_arg(c, 0), "one");
	ck_assert_str_eq(conf_arg(c, 1), "-two");
}
END_TEST

START_TEST(usage_errors_name_the_option)
{
	static const struct {
		const char *words, *err;
	} bad[] = {
		{ "--nope", "prog: --nope: no such option\n" },
		{ "-Z", "prog: -Z: no such option\n" },
		{ "-c", "prog: -c: a value is missing\n" },
		{ "--count", "prog: --count: a value is missing\n" },
		{ "--count x", "prog: --count: 'x' is not a whole number\n" },
		{ "-c 101", "prog: --count: '101' is not in 1..100\n" },
		{ "-c 0", "prog: --count: '0' is not in 1..100\n" },
		{ "--size 5x", "prog: --size: '5x' is not a size like 64KiB "
			       "or 4MiB\n" },
		{ "--wait 2h", "prog: --wait: '2h' is not in 1ns..1m\n" },
		{ "--name 12345678901",
		    "prog: --name: must have 1 to 10 characters\n" },
		{ "-m medium",
		    "prog: --mode: 'medium' is not one of fast|slow|off\n" },
		{ "a b c", "prog: c: one argument too many\n" },
		{ "-c 13", "prog: --count: is unlucky\n" },
		{ "-f /no/such.conf",
		    "/no/such.conf: No such file or directory\n" },
	};
	size_t i;

	for (i = 0; i < SP_LEN(bad); i++) {
		ck_assert_int_eq(parse(bad[i].words), SP_ERR_ARG);
		ck_assert_str_eq(err, bad[i].err);
		ck_assert_str_eq(out, "");
	}
}
END_TEST

START_TEST(file_sets_and_command_line_wins)
{
	ck_assert_int_eq(parse_file("# comment\n"
				    "\n"
				    "count 7   # trailing\n"
				    "  flag\n"
				    "on no\n"
				    "name \"a \\\"b\\\" #\"\r\n"
				    "list http://x/#frag\n"
				    "list two\n"
				    "path rel\n"
				    "size 1KiB",
			     "-s 2KiB --list three"),
	    0);
	ck_assert_str_eq(err, "");
	ck_assert_int_eq(o.count, 7);
	ck_assert(o.flag);
	ck_assert(!o.on);
	ck_assert_str_eq(o.name, "a \"b\" #");
	ck_assert_uint_eq(o.list.n, 3);
	ck_assert_str_eq(o.list.v[0], "http://x/#frag");
	ck_assert_str_eq(o.list.v[2], "three");
	/* Relative to the file, not to where the program was started. */
	ck_assert_str_eq(o.path, "/tmp/rel");
	ck_assert_int_eq(o.size, 2048);
	ck_assert_int_eq(parse_file("list a\nlist \"\"\nlist b\n", ""), 0);
	ck_assert_uint_eq(o.list.n, 1);
	ck_assert_str_eq(o.list.v[0], "b");
}
END_TEST

START_TEST(file_errors_have_file_and_line)
{
	static const struct {
		const char *text, *err;
	} bad[] = {
		{ "\n\nnope 1\n", ":3: no such option: nope\n" },
		{ "count x\n", ":1: count: 'x' is not a whole number\n" },
		{ "count\n", ":1: count: a value is missing\n" },
		{ "flag maybe\n", ":1: flag: yes or no\n" },
		{ "count 1 2\n",
		    ":1: one value only; put it in quotes if it has spaces\n" },
		{ "name \"abc\n", ":1: a quote is not closed\n" },
		{ "daemon yes\n", ":1: only for the command line: daemon\n" },
		{ "include\n", ":1: include: which file?\n" },
	};
	char want[256];
	size_t i;

	for (i = 0; i < SP_LEN(bad); i++) {
		ck_assert_int_eq(parse_file(bad[i].text, ""), SP_ERR_ARG);
		snprintf(want, sizeof(want), "%s%s", conf_path, bad[i].err);
		ck_assert_str_eq(err, want);
	}
}
END_TEST

START_TEST(includes_are_relative_and_not_endless)
{
	char inner[80], want[300], text[200];

	snprintf(inner, sizeof(inner), "/tmp/check_conf_in.%ld",
	    (long)getpid());
	ck_assert_int_eq(store_write(inner, "count 9\nnope 1\n", 15, 0600), 0);
	snprintf(text, sizeof(text), "include %s\n", inner + 5);
	ck_assert_int_eq(parse_file(text, ""), SP_ERR_ARG);
	snprintf(want, sizeof(want), "%s:2: no such option: nope\n", inner);
	ck_assert_str_eq(err, want);
	ck_assert_int_eq(store_write(inner, "count 9\n", 8, 0600), 0);
	ck_assert_int_eq(parse_file(text, ""), 0);
	ck_assert_int_eq(o.count, 9);
	/* A file that includes itself. */
	ck_assert_int_eq(store_write(inner, text, strlen(text), 0600), 0);
	ck_assert_int_eq(parse_file(text, ""), SP_ERR_ARG);
	ck_assert_ptr_nonnull(strstr(err, ":1: too many files in files\n"));
	ck_assert_int_eq(parse_file("include nowhere\n", ""), SP_ERR_ARG);
	ck_assert_ptr_nonnull(
	    strstr(err, ":1: /tmp/nowhere: No such file or directory\n"));
	unlink(inner);
}
END_TEST

START_TEST(check_mode_ends_with_success_or_the_error)
{
	ck_assert_int_eq(parse("-n"), CONF_DONE);
	ck_assert_int_eq(parse("-n -c 13"), SP_ERR_ARG);
	ck_assert_str_eq(err, "prog: --count: is unlucky\n");
	ck_assert_int_eq(parse_file("count 5\n", "-n"), CONF_DONE);
	ck_assert_int_eq(parse_file("count 500\n", "-n"), SP_ERR_ARG);
}
END_TEST

START_TEST(help_and_version_go_to_stdout)
{
	ck_assert_int_eq(parse("-h"), CONF_DONE);
	ck_assert_ptr_nonnull(strstr(out, "usage: prog [options] ARG\n"));
	ck_assert_ptr_nonnull(strstr(out, "  -c, --count N "));
	ck_assert_ptr_nonnull(strstr(out, "how many [10]\n"));
	ck_assert_ptr_nonnull(strstr(out, "--mode fast|slow|off"));
	ck_assert_ptr_null(strstr(out, "dump-options"));
	ck_assert_int_eq(parse("--version"), CONF_DONE);
	ck_assert_int_eq(strncmp(out, "prog " PACKAGE_VERSION "\n", 8), 0);
	ck_assert_ptr_nonnull(strstr(out, "libevent "));
}
END_TEST

START_TEST(option_table_is_tab_separated)
{
	ck_assert_int_eq(parse("--dump-options"), CONF_DONE);
	ck_assert_ptr_nonnull(strstr(out, "-c, --count\tN\t10\thow many\n"));
	ck_assert_ptr_nonnull(strstr(out, "-F, --flag\t\t\ta flag\n"));
	ck_assert_ptr_nonnull(
	    strstr(out, "\n--name\tNAME\t\twhat it is called\n"));
	ck_assert_ptr_nonnull(strstr(out, "\n-h, --help\t"));
}
END_TEST

START_TEST(dumped_config_reads_back_the_same)
{
	static char first[sizeof(out)];

	ck_assert_int_eq(
	    parse(
		"--dump-config -c 3 -F --no-on -s 5000 "
		"-r 1kB/s --wait 1500us --share 333ppm --name x#\"\\ -l a -l b "
		"-m off"),
	    CONF_DONE);
	ck_assert_ptr_nonnull(strstr(out, "count 3\n"));
	ck_assert_ptr_nonnull(strstr(out, "name \"x#\\\"\\\\\"\n"));
	ck_assert_ptr_nonnull(strstr(out, "\n#path FILE\n"));
	memcpy(first, out, sizeof(first));
	ck_assert_int_eq(parse_file(first, "--dump-config"), CONF_DONE);
	ck_assert_str_eq(out, first);
	ck_assert_int_eq(o.wait, 1500 * SP_US);
	ck_assert_int_eq(o.share, 333);
	ck_assert_int_eq(o.rate, 1000);
	ck_assert_int_eq(o.size, 5000);
}
END_TEST

START_TEST(numbers_with_units)
{
	static const struct {
		int (*get)(const char *, int64_t *);
		const char *text;
		int rc;
		int64_t v;
	} v[] = {
		{ conf_get_size, "0", 0, 0 },
		{ conf_get_size, "500", 0, 500 },
		{ conf_get_size, "64KiB", 0, 65536 },
		{ conf_get_size, "1.5KiB", 0, 1536 },
		{ conf_get_size, "10kB", 0, 10000 },
		{ conf_get_size, "5 MB", 0, 5000000 },
		{ conf_get_size, "1.5TiB", 0, INT64_C(1649267441664) },
		{ conf_get_size, "9999999TiB", SP_ERR_RANGE, 0 },
		{ conf_get_size, "99999999999999999999", SP_ERR_SYNTAX, 0 },
		{ conf_get_size, "64kib", SP_ERR_SYNTAX, 0 },
		{ conf_get_size, "-1", SP_ERR_SYNTAX, 0 },
		{ conf_get_size, "", SP_ERR_SYNTAX, 0 },
		{ conf_get_size, "KiB", SP_ERR_SYNTAX, 0 },
		{ conf_get_size, "1.", SP_ERR_SYNTAX, 0 },
		{ conf_get_size, ".5MB", SP_ERR_SYNTAX, 0 },
		{ conf_get_size, "1.2.3", SP_ERR_SYNTAX, 0 },
		{ conf_get_time, "300ms", 0, 300 * SP_MS },
		{ conf_get_time, "2", 0, 2 * SP_S },
		{ conf_get_time, "0.5", 0, SP_S / 2 },
		{ conf_get_time, "5m", 0, 300 * SP_S },
		{ conf_get_time, "1d", 0, 86400 * SP_S },
		{ conf_get_time, "20us", 0, 20 * SP_US },
		{ conf_get_time, "1y", SP_ERR_SYNTAX, 0 },
		{ conf_get_rate, "4Mbit/s", 0, 500000 },
		{ conf_get_rate, "500kB/s", 0, 500000 },
		{ conf_get_rate, "1MiB/s", 0, 1048576 },
		{ conf_get_rate, "100", 0, 100 },
		{ conf_get_rate, "2.5Gbit/s", 0, 312500000 },
		{ conf_get_rate, "4Mbps", SP_ERR_SYNTAX, 0 },
		{ conf_get_ppm, "5%", 0, 50000 },
		{ conf_get_ppm, "12.5%", 0, 125000 },
		{ conf_get_ppm, "0.5", 0, 500000 },
		{ conf_get_ppm, "1", 0, 1000000 },
		{ conf_get_int, "-5", 0, -5 },
		{ conf_get_int, "+5", SP_ERR_SYNTAX, 0 },
		{ conf_get_int, "1.5", SP_ERR_SYNTAX, 0 },
		{ conf_get_int, "0x10", SP_ERR_SYNTAX, 0 },
	};
	int64_t got;
	size_t i;

	for (i = 0; i < SP_LEN(v); i++) {
		ck_assert_msg(v[i].get(v[i].text, &got) == v[i].rc, "%s",
		    v[i].text);
		if (v[i].rc == 0)
			ck_assert_msg(got == v[i].v, "%s", v[i].text);
	}
}
END_TEST

START_TEST(numbers_print_in_their_largest_unit)
{
	char s[CONF_NUM_MAX];

	ck_assert_str_eq(conf_put_size(65536, s), "64KiB");
	ck_assert_str_eq(conf_put_size(5000000, s), "5MB");
	ck_assert_str_eq(conf_put_size(1537, s), "1537B");
	ck_assert_str_eq(conf_put_size(0, s), "0");
	ck_assert_str_eq(conf_put_time(300 * SP_MS, s), "300ms");
	ck_assert_str_eq(conf_put_time(0, s), "0s");
	ck_assert_str_eq(conf_put_rate(500000, s), "4Mbit/s");
	ck_assert_str_eq(conf_put_rate(7, s), "7B/s");
	ck_assert_str_eq(conf_put_rate(0, s), "0");
}
END_TEST

static char differs[256];

static void
note(void *ctx SP_UNUSED, const struct conf_row *row)
{
	size_t n = strlen(differs);

	snprintf(differs + n, sizeof(differs) - n, "%s ", row->name);
}

START_TEST(what_differs_is_told_by_name)
{
	static const char *one[] = { "x", "y" }, *two[] = { "x", "z" };
	struct opts a = { .name = "n", .list = { one, 2 }, .count = 4 }, b = a;
	char name[] = "n";

	differs[0] = '\0';
	b.name = name;
	b.list.v = (const char *[2]){ "x", "y" };
	conf_diff(&prog, &a, &b, note, NULL);
	ck_assert_str_eq(differs, "");
	b.flag = true;
	b.count = 5;
	b.path = "/";
	b.name = NULL;
	b.mode = 1;
	b.wait = 1;
	b.list.v = two;
	conf_diff(&prog, &a, &b, note, NULL);
	ck_assert_str_eq(differs, "flag count wait name path mode list ");
}
END_TEST

START_TEST(paths_can_be_made_to_mean_the_same_anywhere)
{
	ck_assert_int_eq(parse("--path x/y --pidfile /run/pid --name a"), 0);
	ck_assert_int_eq(conf_absolute(c, "/srv"), 0);
	ck_assert_str_eq(o.path, "/srv/x/y");
	ck_assert_str_eq(o.std.pidfile, "/run/pid");
	ck_assert_ptr_null(o.std.file);
	ck_assert_str_eq(o.name, "a");
}
END_TEST

static char heard[1000];

static void
hear(void *ctx, const char *line)
{
	ck_assert_ptr_eq(ctx, &o);
	snprintf(heard, sizeof(heard), "%s", line);
}

START_TEST(what_is_wrong_can_be_heard_elsewhere)
{
	conf_complain_to(hear, &o);
	ck_assert_int_eq(parse("--count 101"), SP_ERR_ARG);
	ck_assert_str_eq(err, "");
	ck_assert_str_eq(heard, "prog: --count: '101' is not in 1..100");
	ck_assert_int_eq(parse_file("\nnonsense 1\n", ""), SP_ERR_ARG);
	ck_assert_str_eq(err, "");
	ck_assert_ptr_nonnull(strstr(heard, ":2: no such option: nonsense"));
	conf_complain_to(NULL, NULL);
	ck_assert_int_eq(parse("--count 101"), SP_ERR_ARG);
	ck_assert_str_ne(err, "");
}
END_TEST

UNIT_MAIN("conf", defaults_are_set,
    a_tool_that_has_no_check_option_is_not_checking,
    command_line_sets_everything, usage_errors_name_the_option,
    file_sets_and_command_line_wins, file_errors_have_file_and_line,
    includes_are_relative_and_not_endless,
    check_mode_ends_with_success_or_the_error, help_and_version_go_to_stdout,
    option_table_is_tab_separated, dumped_config_reads_back_the_same,
    numbers_with_units, numbers_print_in_their_largest_unit,
    what_differs_is_told_by_name, paths_can_be_made_to_mean_the_same_anywhere,
    what_is_wrong_can_be_heard_elsewhere)
