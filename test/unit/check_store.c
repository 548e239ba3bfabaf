#include "io/store.h"
#include "test/unit/unit.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];
static char path[4][128];

/* A fresh directory and four names in it. */
static void
setup(void)
{
	size_t i;

	snprintf(dir, sizeof(dir), "/tmp/check_store.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	for (i = 0; i < SP_LEN(path); i++)
		snprintf(path[i], sizeof(path[i]), "%s/%c.ts", dir,
		    (char)('a' + i));
}

static void
teardown(void)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(cmd), 0);
}

static unsigned
mode_of(const char *p)
{
	struct stat st;

	ck_assert_int_eq(stat(p, &st), 0);
	return st.st_mode & 07777;
}

START_TEST(what_is_written_is_read)
{
	static char big[100000];
	uint8_t *p;
	size_t len;

	setup();
	memset(big, 'z', sizeof(big));
	ck_assert_int_eq(store_write(path[0], "a\0b", 3, 0640), 0);
	ck_assert_uint_eq(mode_of(path[0]), 0640);
	ck_assert_int_eq(store_read(path[0], 100, &p, &len), 0);
	ck_assert_uint_eq(len, 3);
	ck_assert_mem_eq(p, "a\0b", 4);
	free(p);
	ck_assert_int_eq(store_write(path[0], big, sizeof(big), 0600), 0);
	ck_assert_int_eq(store_read(path[0], sizeof(big), &p, &len), 0);
	ck_assert_uint_eq(len, sizeof(big));
	ck_assert_mem_eq(p, big, sizeof(big));
	free(p);
	ck_assert_int_eq(store_write(path[0], "", 0, 0600), 0);
	ck_assert_int_eq(store_read(path[0], 0, &p, &len), 0);
	ck_assert_uint_eq(len, 0);
	free(p);
	teardown();
}
END_TEST

START_TEST(reading_has_a_limit_and_names_its_errors)
{
	uint8_t *p;
	size_t len;

	setup();
	ck_assert_int_eq(store_write(path[0], "12345", 5, 0600), 0);
	ck_assert_int_eq(store_read(path[0], 5, &p, &len), 0);
	free(p);
	ck_assert_int_eq(store_read(path[0], 4, &p, &len), SP_ERR_TOOBIG);
	ck_assert_int_eq(store_read(path[1], 5, &p, &len), SP_ERR_NOTFOUND);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(store_read(dir, 5, &p, &len), SP_ERR_IO);
	ck_assert_int_eq(mkfifo(path[2], 0600), 0);
	ck_assert_int_eq(store_read(path[2], 5, &p, &len), SP_ERR_IO);
	teardown();
}
END_TEST

START_TEST(secrets_must_be_private)
{
	uint8_t *p;
	size_t len;

	setup();
	ck_assert_int_eq(store_write(path[0], "key", 3, 0600), 0);
	ck_assert_int_eq(store_read_secret(path[0], 100, &p, &len), 0);
	free(p);
	ck_assert_int_eq(chmod(path[0], 0640), 0);
	ck_assert_int_eq(store_read_secret(path[0], 100, &p, &len),
	    SP_ERR_DENIED);
	ck_assert_int_eq(chmod(path[0], 0602), 0);
	ck_assert_int_eq(store_read_secret(path[0], 100, &p, &len),
	    SP_ERR_DENIED);
	teardown();
}
END_TEST

START_TEST(writing_leaves_no_temporary_file)
{
	char **names, nowhere[256];

	setup();
	ck_assert_int_eq(store_write(path[0], "x", 1, 0600), 0);
	ck_assert_int_eq(store_create(path[1], "y", 1, 0600), 0);
	ck_assert_int_eq(store_create(path[1], "z", 1, 0600), SP_ERR_EXISTS);
	/* A directory is in the way of the rename. */
	ck_assert_int_eq(mkdir(path[2], 0700), 0);
	ck_assert_int_lt(store_write(path[2], "x", 1, 0600), 0);
	snprintf(nowhere, sizeof(nowhere), "%s/no/where", dir);
	ck_assert_int_eq(store_write(nowhere, "x", 1, 0600), SP_ERR_NOTFOUND);
	ck_assert_int_eq(store_list(dir, "", 100, &names), 3);
	store_list_free(names, 3);
	teardown();
}
END_TEST

START_TEST(list_is_sorted_and_filtered)
{
	char **names, other[128];

	setup();
	snprintf(other, sizeof(other), "%s/.hidden.ts", dir);
	ck_assert_int_eq(store_write(other, "", 0, 0600), 0);
	snprintf(other, sizeof(other), "%s/b.m3u8", dir);
	ck_assert_int_eq(store_write(other, "", 0, 0600), 0);
	ck_assert_int_eq(store_write(path[2], "", 0, 0600), 0);
	ck_assert_int_eq(store_write(path[0], "", 0, 0600), 0);
	ck_assert_int_eq(store_list(dir, ".ts", 100, &names), 2);
	ck_assert_str_eq(names[0], "a.ts");
	ck_assert_str_eq(names[1], "c.ts");
	store_list_free(names, 2);
	ck_assert_int_eq(store_list(dir, ".none", 100, &names), 0);
	store_list_free(names, 0);
	ck_assert_int_eq(store_list(dir, ".ts", 1, &names), SP_ERR_TOOBIG);
	ck_assert_int_eq(store_list("/no/such", "", 1, &names),
	    SP_ERR_NOTFOUND);
	teardown();
}
END_TEST

static struct loop *loop;
static struct store_watch *watch;
static char told[256];
static unsigned ntold;
static bool free_in_callback;

static void
on_change(void *ctx SP_UNUSED, const char *name, bool gone)
{
	size_t n = strlen(told);

	snprintf(told + n, sizeof(told) - n, "%s%s ", gone ? "-" : "+",
	    name != NULL ? name : "?");
	ntold++;
	if (free_in_callback) {
		store_watch_free(watch);
		watch = NULL;
	}
}

static void
run_until(unsigned n)
{
	sp_time end = io_now() + 5 * SP_S;

	while (ntold < n) {
		ck_assert_msg(io_now() < end, "told only: %s", told);
		loop_step(loop, end);
	}
}

static void
watch_start(sp_time poll)
{
	told[0] = '\0';
	ntold = 0;
	free_in_callback = false;
	ck_assert_int_eq(loop_new(&loop), 0);
	ck_assert_int_eq(store_watch(&watch, loop, dir, poll, on_change, NULL),
	    0);
}

static void
watch_round(sp_time poll)
{
	setup();
	ck_assert_int_eq(store_write(path[3], "old", 3, 0600), 0);
	watch_start(poll);
	ck_assert_int_eq(store_write(path[0], "1", 1, 0600), 0);
	run_until(1);
	ck_assert_str_eq(told, "+a.ts ");
	ck_assert_int_eq(store_write(path[0], "12", 2, 0600), 0);
	run_until(2);
	ck_assert_str_eq(told, "+a.ts +a.ts ");
	ck_assert_int_eq(unlink(path[3]), 0);
	run_until(3);
	ck_assert_str_eq(told, "+a.ts +a.ts -d.ts ");
	ck_assert_int_eq(rename(path[0], path[1]), 0);
	run_until(5);
	ck_assert_str_eq(told, "+a.ts +a.ts -d.ts -a.ts +b.ts ");
	store_watch_free(watch);
	loop_free(loop);
	teardown();
}

START_TEST(watch_tells_changes_by_inotify)
{
	watch_round(0);
}
END_TEST

START_TEST(watch_tells_changes_by_polling)
{
	watch_round(5 * SP_MS);
}
END_TEST

static void
watch_freed(sp_time poll)
{
	setup();
	watch_start(poll);
	free_in_callback = true;
	ck_assert_int_eq(store_write(path[0], "1", 1, 0600), 0);
	ck_assert_int_eq(store_write(path[1], "1", 1, 0600), 0);
	run_until(1);
	loop_step(loop, io_now() + 20 * SP_MS);
	ck_assert_uint_eq(ntold, 1);
	loop_free(loop);
	teardown();
}

START_TEST(watch_can_be_freed_in_its_callback)
{
	watch_freed(0);
	watch_freed(5 * SP_MS);
}
END_TEST

START_TEST(watching_nothing_is_an_error)
{
	setup();
	ck_assert_int_eq(loop_new(&loop), 0);
	ck_assert_int_eq(
	    store_watch(&watch, loop, "/no/such", 0, on_change, NULL),
	    SP_ERR_NOTFOUND);
	loop_free(loop);
	teardown();
}
END_TEST

UNIT_MAIN("store", what_is_written_is_read,
    reading_has_a_limit_and_names_its_errors, secrets_must_be_private,
    writing_leaves_no_temporary_file, list_is_sorted_and_filtered,
    watch_tells_changes_by_inotify, watch_tells_changes_by_polling,
    watch_can_be_freed_in_its_callback, watching_nothing_is_an_error)
