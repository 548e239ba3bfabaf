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

START_TEST(own_lists_win_over_shared_ones)
{
	start();
	set(ACCESS_SHARED_DENY, HASH_A);
	ck_assert(!permits(0xaa));
	ck_assert(permits(0xbb));
	set(ACCESS_SHARED_ALLOW, HASH_A "\n" HASH_B);
	ck_assert(!permits(0xaa));
	ck_assert(permits(0xbb));
	ck_assert(!permits(0xcc));
	set(ACCESS_DENY, HASH_B);
	ck_assert(!permits(0xbb));
	set(ACCESS_ALLOW, HASH_A);
	ck_assert(permits(0xaa));
	ck_assert(!permits(0xbb));
	ck_assert(!permits(0xcc));
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

static struct sp_addr
at(const char *text)
{
	struct sp_addr a;

	ck_assert_int_eq(addr_parse(&a, text, strlen(text)), 0);
	return a;
}

START_TEST(a_link_stands_for_its_channel)
{
	uint8_t hash[LINK_INFOHASH_LEN], pk[HASH_PK_LEN];

	start();
	ck_assert_int_eq(set(ACCESS_ALLOW,
			     "magnet:?xs=urn:btpk:" HASH_A
			     "aaaaaaaaaaaaaaaaaaaaaaaa&dn=Ours # the first"),
	    1);
	memset(pk, 0xaa, sizeof(pk));
	link_infohash(hash, pk);
	ck_assert(access_permits(acc, hash));
	ck_assert(!permits(0xaa));
	ck_assert_int_eq(set(ACCESS_ALLOW, "\nmagnet:?dn=No%20key"),
	    SP_ERR_SYNTAX);
	ck_assert_uint_eq(err.line, 2);
	ck_assert(access_permits(acc, hash));
	tear_down();
}
END_TEST

START_TEST(a_publish_list_concerns_channels_only)
{
	uint8_t a[LINK_INFOHASH_LEN], b[LINK_INFOHASH_LEN];

	memset(a, 0xaa, sizeof(a));
	memset(b, 0xbb, sizeof(b));
	start();
	ck_assert(access_may_publish(acc, a));
	ck_assert_int_eq(set(ACCESS_PUBLISH, HASH_A), 1);
	ck_assert(access_may_publish(acc, a));
	ck_assert(!access_may_publish(acc, b));
	ck_assert(access_permits(acc, b));
	/* Who is listed, but denied, is denied. */
	ck_assert_int_eq(set(ACCESS_DENY, HASH_A), 1);
	ck_assert(!access_may_publish(acc, a));
	ck_assert_int_eq(set(ACCESS_PUBLISH, ""), 0);
	ck_assert(!access_may_publish(acc, b));
	tear_down();
}
END_TEST

START_TEST(kicks_end_when_their_time_comes)
{
	struct sp_addr host = at("192.0.2.1"), one = at("192.0.2.2:80"),
		       other = at("192.0.2.2:81"), six = at("[2001:db8::1]:1");
	uint8_t hash[LINK_INFOHASH_LEN];

	memset(hash, 0xaa, sizeof(hash));
	start();
	ck_assert_int_eq(access_kick(acc, hash, 10 * SP_S), 0);
	ck_assert_int_eq(access_kick_addr(acc, &host, 20 * SP_S), 0);
	ck_assert_int_eq(access_kick_addr(acc, &one, 20 * SP_S), 0);
	ck_assert(!permits(0xaa));
	ck_assert(permits(0xbb));
	host.port = 4321;
	ck_assert(!access_permits_addr(acc, &host));
	ck_assert(!access_permits_addr(acc, &one));
	ck_assert(access_permits_addr(acc, &other));
	ck_assert(access_permits_addr(acc, &six));
	ck_assert_uint_eq(access_tick(acc, 9 * SP_S), 3);
	ck_assert(!permits(0xaa));
	ck_assert_uint_eq(access_tick(acc, 10 * SP_S), 2);
	ck_assert(permits(0xaa));
	/* Again: the later word counts. */
	ck_assert_int_eq(access_kick_addr(acc, &one, 30 * SP_S), 0);
	ck_assert_uint_eq(access_tick(acc, 20 * SP_S), 1);
	ck_assert(access_permits_addr(acc, &host));
	ck_assert(!access_permits_addr(acc, &one));
	ck_assert_uint_eq(access_tick(acc, 30 * SP_S), 0);
	ck_assert(access_permits_addr(acc, &one));
	tear_down();
}
END_TEST

START_TEST(kicks_have_a_maximum)
{
	struct sp_addr a = at("10.0.0.0");

	start();
	for (uint32_t i = 0; i < ACCESS_KICKS; i++) {
		a.ip[2] = (uint8_t)(i >> 8);
		a.ip[3] = (uint8_t)i;
		ck_assert_int_eq(access_kick_addr(acc, &a, SP_S), 0);
	}
	a.ip[1] = 1;
	ck_assert_int_eq(access_kick_addr(acc, &a, SP_S), SP_ERR_FULL);
	ck_assert_uint_eq(access_tick(acc, SP_S), 0);
	ck_assert_int_eq(access_kick_addr(acc, &a, SP_S), 0);
	tear_down();
}
END_TEST

UNIT_MAIN("access", without_lists_all_are_permitted,
    an_allow_list_permits_what_it_names, an_empty_allow_list_permits_nothing,
    deny_wins, own_lists_win_over_shared_ones,
    a_channel_key_stands_for_its_info_hash, a_bad_list_leaves_the_old_one,
    lack_of_memory_is_survived, a_link_stands_for_its_channel,
    a_publish_list_concerns_channels_only, kicks_end_when_their_time_comes,
    kicks_have_a_maximum)
