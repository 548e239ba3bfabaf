#include "tracker/access.h"

#include "base/buf.h"
#include "test/unit/unit.h"

static struct failmem fm;
static struct access *acc;
static struct access_error err;

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH_B "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"

static void
start(void)
{
	failmem_init(&fm);
	ck_assert_int_eq(access_new(&acc, &fm.mem, 1), 0);
}

static void
tear_down(void)
{
	access_free(acc);
	failmem_check(&fm);
}

static int
set(enum access_list which, const char *text)
{
	return access_set(acc, which, text, strlen(text), &err);
}

static bool
permits(uint8_t byte)
{
	uint8_t hash[LINK_INFOHASH_LEN];

	memset(hash, byte, sizeof(hash));
	return access_permits(acc, hash);
}

START_TEST(without_lists_all_are_permitted)
{
	start();
	ck_assert(permits(0xaa));
	tear_down();
}
END_TEST

START_TEST(an_allow_list_permits_what_it_names)
{
	start();
	ck_assert_int_eq(
	    set(ACCESS_ALLOW, "# ours\n\n  " HASH_A "  # a\r\n" HASH_B), 2);
	ck_assert(permits(0xaa));
	ck_assert(permits(0xbb));
	ck_assert(!permits(0xcc));
	tear_down();
}
END_TEST

START_TEST(an_empty_allow_list_permits_nothing)
{
	start();
	ck_assert_int_eq(set(ACCESS_ALLOW, "# nobody\n"), 0);
	ck_assert(!permits(0xaa));
	ck_assert_int_eq(access_set(acc, ACCESS_ALLOW, NULL, 0, &err), 0);
	ck_assert(permits(0xaa));
	tear_down();
}
END_TEST

START_TEST(deny_wins)
{
	start();
	set(ACCESS_ALLOW, HASH_A "\n" HASH_B "\n");
	ck_assert_int_eq(set(ACCESS_DENY, HASH_B "\n"), 1);
	ck_assert(permits(0xaa));
	ck_assert(!permits(0xbb));
	tear_down();
}
END_TEST

START_TEST(a_channel_key_stands_for_its_info_hash)
{
	uint8_t pk[HASH_PK_LEN], hash[LINK_INFOHASH_LEN];
	char hex[2 * HASH_PK_LEN + 1];

	start();
	memset(pk, 5, sizeof(pk));
	buf_hex(hex, pk, sizeof(pk));
	link_infohash(hash, pk);
	ck_assert_int_eq(set(ACCESS_DENY, hex), 1);
	ck_assert(!access_permits(acc, hash));
	ck_assert(permits(5));
	tear_down();
}
END_TEST

START_TEST(a_bad_list_leaves_the_old_one)
{
	static const char *const bad[] = { "x", HASH_A "a", HASH_A " a",
		"# fine\n" HASH_A "\nzz" };

	start();
	set(ACCESS_ALLOW, HASH_A);
	for (size_t i = 0; i < SP_LEN(bad); i++) {
		ck_assert_int_eq(set(ACCESS_ALLOW, bad[i]), SP_ERR_SYNTAX);
		ck_assert_ptr_nonnull(err.what);
		ck_assert_uint_eq(err.line, i == 3 ? 3 : 1);
		ck_assert(permits(0xaa));
		ck_assert(!permits(0xbb));
	}
	ck_assert_int_eq(access_set(acc, ACCESS_ALLOW, "y", 1, NULL),
	    SP_ERR_SYNTAX);
	tear_down();
}
END_TEST

START_TEST(lack_of_memory_is_survived)
{
	FAILMEM_EACH (&fm) {
		if (access_new(&acc, &fm.mem, 1) < 0)
			continue;
		if (set(ACCESS_ALLOW, HASH_A "\n" HASH_B) < 0)
			ck_assert(permits(0xcc));
		else
			ck_assert(!permits(0xcc));
		access_free(acc);
	}
	access_free(NULL);
}
END_TEST

UNIT_MAIN("access", without_lists_all_are_permitted,
    an_allow_list_permits_what_it_names, an_empty_allow_list_permits_nothing,
    deny_wins, a_channel_key_stands_for_its_info_hash,
    a_bad_list_leaves_the_old_one, lack_of_memory_is_survived)
