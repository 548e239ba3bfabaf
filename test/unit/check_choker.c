#include "swarm/choker.h"
#include "test/unit/unit.h"

#define N 12

static struct choker choker;
static struct sp_rng rng;
static struct choker_peer v[N];

static void
setup(void)
{
	uint32_t i;

	choker_init(&choker);
	rng_seed(&rng, 4);
	memset(v, 0, sizeof(v));
	for (i = 0; i < N; i++) {
		v[i].slot = i;
		v[i].interested = true;
	}
}

/* The one with that slot, wherever it is now. */
static struct choker_peer *
by(uint32_t slot)
{
	uint32_t i;

	for (i = 0; i < N; i++)
		if (v[i].slot == slot)
			return &v[i];
	return NULL;
}

static unsigned
unchoked(void)
{
	unsigned i, n = 0;

	for (i = 0; i < N; i++)
		n += v[i].unchoked;
	return n;
}

START_TEST(slots_follow_the_upload_limit)
{
	ck_assert_uint_eq(choker_slots(0), 64);
	ck_assert_uint_eq(choker_slots(1), 4);
	ck_assert_uint_eq(choker_slots(32768 * 5), 5);
	ck_assert_uint_eq(choker_slots(32768 * 6 - 1), 5);
	ck_assert_uint_eq(choker_slots(UINT64_MAX), 64);
}
END_TEST

START_TEST(everybody_interested_is_served_while_slots_last)
{
	setup();
	by(3)->interested = false;
	by(3)->unchoked = true;
	choker_run(&choker, v, N, N - 1, &rng, 0);
	ck_assert_uint_eq(unchoked(), N - 1);
	ck_assert(!by(3)->unchoked);
}
END_TEST

START_TEST(who_gives_most_goes_first)
{
	uint32_t i;

	setup();
	for (i = 0; i < N; i++)
		by(i)->given_bps = i % 3 == 0 ? 1000 + i : 0;
	choker_run(&choker, v, N, 5, &rng, 0);
	ck_assert_uint_eq(unchoked(), 5);
	for (i = 0; i < N; i += 3)
		ck_assert(by(i)->unchoked);
}
END_TEST

START_TEST(who_does_not_want_gets_no_slot_however_much_it_gives)
{
	setup();
	by(7)->interested = false;
	by(7)->given_bps = 1000000;
	choker_run(&choker, v, N, 4, &rng, 0);
	ck_assert(!by(7)->unchoked);
	ck_assert_uint_eq(unchoked(), 4);
}
END_TEST

START_TEST(regular_slots_do_not_flap)
{
	bool was[N];
	uint32_t i, changes = 0;
	sp_time now;

	setup();
	choker_run(&choker, v, N, 4, &rng, 0);
	for (now = SP_S; now < CHOKER_ROTATE; now += SP_S) {
		for (i = 0; i < N; i++)
			was[i] = by(i)->unchoked;
		choker_run(&choker, v, N, 4, &rng, now);
		for (i = 0; i < N; i++)
			changes += was[i] != by(i)->unchoked;
	}
	/* the lucky one may become a regular one, which frees its slot */
	ck_assert_uint_le(changes, 2);
}
END_TEST

START_TEST(one_slot_goes_round_all)
{
	unsigned turns[N] = { 0 };
	uint32_t i;
	sp_time now;

	setup();
	/* three contributors hold the regular slots */
	for (i = 0; i < 3; i++)
		by(i)->given_bps = 1000;
	for (now = 0; now < 600 * SP_S; now += SP_S) {
		choker_run(&choker, v, N, 4, &rng, now);
		ck_assert_uint_eq(unchoked(), 4);
		for (i = 0; i < 3; i++)
			ck_assert(by(i)->unchoked);
		for (i = 3; i < N; i++)
			turns[i] += by(i)->unchoked;
	}
	for (i = 3; i < N; i++)
		ck_assert_uint_ge(turns[i], 10);
}
END_TEST

START_TEST(lucky_ones_keep_their_slots_for_a_while)
{
	bool was[N];
	uint32_t i;
	sp_time now;

	setup();
	for (i = 0; i < 6; i++)
		by(i)->given_bps = 1000;
	choker_run(&choker, v, N, 8, &rng, 0);
	for (i = 0; i < N; i++)
		was[i] = by(i)->unchoked;
	for (now = 0; now < CHOKER_ROTATE; now += SP_S) {
		choker_run(&choker, v, N, 8, &rng, now);
		for (i = 0; i < N; i++)
			ck_assert(by(i)->unchoked == was[i]);
	}
}
END_TEST

START_TEST(a_quarter_goes_to_who_gives_nothing)
{
	uint32_t i, served;

	setup();
	for (i = 0; i < 8; i++)
		by(i)->given_bps = 1000 * (i + 1);
	for (sp_time now = 0; now < 100 * SP_S; now += SP_S) {
		choker_run(&choker, v, N, 8, &rng, now);
		ck_assert_uint_eq(unchoked(), 8);
		for (i = 2, served = 0; i < 8; i++)
			served += by(i)->unchoked;
		ck_assert_uint_eq(served, 6);
	}
}
END_TEST

START_TEST(lesser_is_who_gives_next_to_nothing)
{
	setup();
	choker_rank(v, N);
	for (uint32_t i = 0; i < N; i++)
		ck_assert(!by(i)->lesser);
	for (uint32_t i = 0; i < 10; i++)
		by(i)->given_bps = 12000;
	by(9)->given_bps = 1000; /* of a mean of 9083 */
	by(8)->given_bps = 1200;
	by(11)->is_new = true;
	choker_rank(v, N);
	for (uint32_t i = 0; i < 9; i++)
		ck_assert(!by(i)->lesser);
	ck_assert(by(9)->lesser && by(10)->lesser && !by(11)->lesser);
	choker_rank(v, 0);
}
END_TEST

START_TEST(no_slots_choke_all)
{
	setup();
	choker_run(&choker, v, N, 4, &rng, 0);
	choker_run(&choker, v, N, 0, &rng, SP_S);
	ck_assert_uint_eq(unchoked(), 0);
	choker_run(&choker, v, 0, 4, &rng, SP_S);
}
END_TEST

START_TEST(single_slot_goes_round_too)
{
	unsigned turns[N] = { 0 };
	uint32_t i;
	sp_time now;

	setup();
	for (now = 0; now < 2000 * SP_S; now += 10 * SP_S) {
		choker_run(&choker, v, N, 1, &rng, now);
		ck_assert_uint_eq(unchoked(), 1);
		for (i = 0; i < N; i++)
			turns[i] += by(i)->unchoked;
	}
	for (i = 0; i < N; i++)
		ck_assert_uint_gt(turns[i], 0);
}
END_TEST

UNIT_MAIN("choker", slots_follow_the_upload_limit,
    everybody_interested_is_served_while_slots_last, who_gives_most_goes_first,
    who_does_not_want_gets_no_slot_however_much_it_gives,
    regular_slots_do_not_flap, one_slot_goes_round_all,
    lucky_ones_keep_their_slots_for_a_while,
    a_quarter_goes_to_who_gives_nothing, lesser_is_who_gives_next_to_nothing,
    no_slots_choke_all, single_slot_goes_round_too)
