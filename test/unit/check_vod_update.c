#include <sys/stat.h>

#include "swarm/client/vod_update.h"
#include "test/unit/vod_help.h"

static const uint8_t id[20] = { 0xab };
#define NEXT ".spate-next-ab00000000000000000000000000000000000000"

static void
put(const char *name)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	ck_assert_ptr_nonnull(f = fopen(path, "w"));
	fputs(name, f);
	fclose(f);
}

static void
make(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	ck_assert_int_eq(mkdir(path, 0777), 0);
}

/* Does it have the bytes that put(|was|) gave it? */
static bool
is(const char *name, const char *was)
{
	char path[256], got[256] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((f = fopen(path, "r")) == NULL)
		return false;
	(void)!fgets(got, sizeof(got), f);
	fclose(f);
	return strcmp(got, was) == 0;
}

static void
begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/check-vod-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

START_TEST(next_version_takes_the_place_of_what_is_there)
{
	begin();
	make("course");
	put("course/a");
	put("course/other");
	make(NEXT);
	make(NEXT "/course");
	put(NEXT "/course/a");
	make(NEXT "/course/new");
	put(NEXT "/course/new/b");
	ck_assert_int_eq(vod_update_install(dir, id), 0);
	ck_assert(is("course/a", NEXT "/course/a"));
	ck_assert(is("course/new/b", NEXT "/course/new/b"));
	ck_assert(is("course/other", "course/other"));
	ck_assert(!is(NEXT "/course/a", NEXT "/course/a"));
	/* again, after a run that was cut off */
	ck_assert_int_eq(vod_update_install(dir, id), 0);
	ck_assert_int_eq(vod_save_remove(dir), 0);
}
END_TEST

START_TEST(version_that_is_given_up_leaves_nothing)
{
	begin();
	put("a");
	make(NEXT);
	put(NEXT "/a");
	vod_update_forget(dir, id);
	ck_assert(!is(NEXT "/a", NEXT "/a"));
	ck_assert(is("a", "a"));
	ck_assert_int_eq(vod_save_remove(dir), 0);
}
END_TEST

/* What is saved under such names would be the word of strangers. */
START_TEST(torrent_with_names_of_ours_is_refused)
{
	static const struct fake_file v[][2] = {
		{ { ".spate-0102030000000000000000000000000000000000", 5,
		      false },
		    { "a", 0, false } },
		{ { "a", 5, false }, { ".Spate-next-01/.spate-01", 5, false } },
	};

	for (size_t i = 0; i < SP_LEN(v); i++) {
		vod_begin(v[i], 2);
		vod_make();
		fake_metadata();
		fake_checked();
		UNTIL(failed[0] != '\0');
		ck_assert_ptr_nonnull(strstr(failed, ".spate-"));
		ck_assert(!ready);
		ck_assert(fake.flags & LT_PAUSED);
		vod_leave(vod);
		UNTIL(left);
		vod_end();
	}
}
END_TEST

UNIT_MAIN("vod_update", next_version_takes_the_place_of_what_is_there,
    version_that_is_given_up_leaves_nothing,
    torrent_with_names_of_ours_is_refused)
