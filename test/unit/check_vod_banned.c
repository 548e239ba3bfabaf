#include "swarm/client/vod_banned.h"

#include "test/unit/unit.h"

static struct vod_banned bans;

static struct sp_addr
who(unsigned i)
{
	uint8_t ip[4] = { 10, 0, (uint8_t)(i >> 8), (uint8_t)i };

	return addr_make(4, ip, 7000);
}

static void
ban(unsigned i, sp_time now)
{
	struct sp_addr a = who(i);

	vod_banned_add(&bans, &a, now);
}

static void
assert_next(unsigned i, sp_time now)
{
	const struct sp_addr *a = vod_banned_pardon(&bans, now);
	struct sp_addr want = who(i);

	ck_assert_ptr_nonnull(a);
	ck_assert(addr_eq(a, &want));
}

static void
assert_none(sp_time now)
{
	ck_assert_ptr_null(vod_banned_pardon(&bans, now));
}

START_TEST(one_comes_in_at_a_time_the_first_banned_first)
{
	memset(&bans, 0, sizeof(bans));
	assert_none(0);
	ban(1, 10 * SP_S);
	ban(2, 11 * SP_S);
	assert_none(10 * SP_S + VOD_BAN_TIME - 1);
	assert_next(1, 10 * SP_S + VOD_BAN_TIME);
	assert_none(10 * SP_S + VOD_BAN_TIME);
	/* he lies again: the other is first, though banned before him */
	ban(1, 20 * SP_S);
	assert_next(2, 30 * SP_S);
	assert_next(1, 30 * SP_S);
}
END_TEST

START_TEST(who_was_let_in_more_often_waits_longer)
{
	sp_time now = 0, wait;
	unsigned i;

	memset(&bans, 0, sizeof(bans));
	for (i = 0; i < 40; i++) {
		wait = i < 16 ? VOD_BAN_TIME << i : VOD_BAN_LONG;
		wait = SP_MIN(wait, VOD_BAN_LONG);
		ban(1, now);
		assert_none(now + wait - 1);
		assert_next(1, now + wait);
		now += 2 * wait;
	}
	ck_assert_uint_eq(bans.n, 1);
}
END_TEST

START_TEST(who_cannot_be_dialled_is_not_kept)
{
	struct sp_addr a = who(1);

	memset(&bans, 0, sizeof(bans));
	a.port = 0;
	vod_banned_add(&bans, &a, 0);
	assert_none(VOD_BAN_LONG);
}
END_TEST

START_TEST(of_too_many_the_worst_is_forgotten)
{
	unsigned i;

	memset(&bans, 0, sizeof(bans));
	for (i = 0; i < VOD_BANNED_MAX; i++)
		ban(i, (sp_time)i * SP_MS);
	assert_next(0, VOD_BAN_TIME);
	ban(VOD_BANNED_MAX, SP_S);
	ck_assert_uint_eq(bans.n, VOD_BANNED_MAX);
	for (i = 1; i <= VOD_BANNED_MAX; i++)
		assert_next(i, 20 * SP_S);
	/* all of them once; 0 is not among them */
	assert_none(20 * SP_S + VOD_BAN_TIME);
}
END_TEST

UNIT_MAIN("vod_banned", one_comes_in_at_a_time_the_first_banned_first,
    who_was_let_in_more_often_waits_longer, who_cannot_be_dialled_is_not_kept,
    of_too_many_the_worst_is_forgotten)
