#include "lt/lt.h"
#include "test/unit/lt_make.h"
#include "test/unit/lt_rig.h"

#include <dirent.h>
#include <unistd.h>

/*
 * Sessions come and go and leave nothing. LT_MANY=1000 for as many; the usual
 * is what takes a second.
 */

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

static const struct lt_make make = { .name = "one",
	.v2 = true,
	.piece_length = 32768,
	.n_files = 1,
	.sizes = { 100000 } };

/* Memory of a sanitizer, and of valgrind, grows as it likes. */
static bool
is_watched(void)
{
	const char *libs = getenv("LD_PRELOAD");

	return SANITIZED || (libs != NULL && strstr(libs, "vgpreload") != NULL);
}

static void
ignore(void *ctx SP_UNUSED, const struct lt_event *ev SP_UNUSED)
{
}

static void
cycle(const uint8_t *metainfo, size_t len)
{
	struct lt_conf conf = { .size = sizeof(conf) };
	struct lt_torrent t = { .size = sizeof(t),
		.save_path = "/nonexistent" };
	const struct lt_kv *v;
	struct lt_session *s;
	struct lt_error why;
	uint8_t hash[20] = { 1 };
	uint64_t id;

	conf.n_settings = lt_preset(LT_PRESET_LOCAL_DHT, &v);
	conf.settings = v;
	ck_assert_int_eq(lt_new(&s, &conf, &why), 0);
	t.metainfo = metainfo;
	t.metainfo_len = len;
	ck_assert_int_eq(lt_add(s, &t, &id), 0);
	ck_assert_int_eq(lt_dht_get_peers(s, hash), 0);
	ck_assert_int_eq(lt_post_state(s), 0);
	ck_assert_int_ge(lt_drain(s, ignore, NULL), 0);
	lt_free(s);
}

/* Memory that is ours alone, in KiB. */
static long
resident(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long size = 0, rss = 0, shared = 0;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%ld %ld %ld", &size, &rss, &shared), 3);
	fclose(f);
	return (rss - shared) * (sysconf(_SC_PAGESIZE) / 1024);
}

static unsigned
entries(const char *dir)
{
	DIR *d = opendir(dir);
	unsigned n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

START_TEST(sessions_leave_nothing_behind)
{
	const char *many = getenv("LT_MANY");
	int n = many != NULL ? (int)strtol(many, NULL, 10) : 30, i;
	unsigned fds, threads;
	long before, after;
	size_t len;
	uint8_t *p = lt_make_metainfo(&make, &len);

	/* What is allocated once, and arenas of malloc. */
	for (i = 0; i < 20; i++)
		cycle(p, len);
	before = resident();
	fds = entries("/proc/self/fd");
	threads = entries("/proc/self/task");
	for (i = 0; i < n; i++)
		cycle(p, len);
	after = resident();
	ck_assert_uint_eq(entries("/proc/self/fd"), fds);
	ck_assert_uint_eq(entries("/proc/self/task"), threads);
	printf("# %d cycles: %ld KiB before, %ld after\n", n, before, after);
	fflush(stdout);
	/* Not a kilobyte each; what malloc keeps back wavers. */
	if (!is_watched())
		ck_assert_int_le(after - before, 1024 + n);
	free(p);
}
END_TEST

LT_RIG_MAIN("lt_many", sessions_leave_nothing_behind)
