#include "tracker/share.h"

#include "test/unit/share_help.h"
#include "test/unit/share_rig.h"

#define VIEWERS 30
#define STRIPES 16

static struct rig r;

/* Viewer |k| announces itself at tracker |i|. */
static void
announce(size_t i, unsigned k)
{
	struct tw_announce a = { .port = 1000,
		.left = 1,
		.live = true,
		.up_kbps = 20000 + 1000 * k,
		.reachable = true };
	struct sp_addr from = { .family = 4, .ip = { 11, (uint8_t)k, 1, 1 } };
	struct tw_peer peers[LIM_NUMWANT];
	struct tw_reply reply;

	memcpy(a.info_hash, r.seed.info_hash, LINK_INFOHASH_LEN);
	memcpy(a.peer_id, "-SP0100-", 8);
	a.peer_id[12] = (uint8_t)(k + 1);
	ck_assert_int_eq(track_announce(r.t[i].track, &a, &from, peers,
			     LIM_NUMWANT, &reply, r.now),
	    0);
}

/* Each viewer at its own tracker, again each half minute. */
static void
watch(sp_time span)
{
	sp_time end = r.now + span;

	for (; r.now < end; rig_run(&r, SP_MIN(30 * SP_S, end - r.now)))
		for (unsigned k = 0; k < VIEWERS; k++)
			announce(k % r.n, k);
}

static const struct roster *
roster(size_t i)
{
	return track_roster_get(r.t[i].track, r.seed.info_hash);
}

/* Times that a stripe of STRIPES is fetched by who goes by his tracker's. */
static unsigned
copies(void)
{
	const uint8_t *id;
	const struct roster *o;
	unsigned n = 0;
	uint8_t rank;

	for (uint32_t s = 0; s < STRIPES; s++) {
		for (size_t i = 0; i < r.n; i++) {
			o = roster(i);
			ck_assert(o != NULL && o->n > 0);
			ck_assert_uint_eq(roster_rank(o, 0, s, &rank, 1), 1);
			id = o->entries[rank].peer_id;
			/* he is at one tracker, and does by its roster */
			if ((size_t)(id[12] - 1) % r.n == i)
				n++;
		}
	}
	return n;
}

static void
all_agree(void)
{
	const struct roster *a = roster(0), *b;

	ck_assert_uint_ge(a->n, VIEWERS / 3 * 2);
	for (size_t i = 1; i < r.n; i++) {
		b = roster(i);
		ck_assert_uint_eq(b->n, a->n);
		ck_assert_uint_eq(b->epoch, a->epoch);
		ck_assert_mem_eq(b->entries, a->entries,
		    a->n * sizeof(a->entries[0]));
	}
	ck_assert_uint_eq(copies(), STRIPES);
}

START_TEST(all_trackers_have_one_roster)
{
	rig_start_channel(&r, 3);
	watch(100 * SP_S);
	all_agree();
	/* and it goes on so, through epochs */
	watch(2 * DUTIES_EPOCH_S * SP_S);
	all_agree();
	ck_assert_uint_gt(roster(0)->epoch, 1);
	rig_end(&r);
}
END_TEST

START_TEST(another_draws_when_the_one_who_did_is_gone)
{
	rig_start_channel(&r, 3);
	watch(100 * SP_S);
	all_agree();
	/* whoever it was */
	for (size_t i = 0; i < r.n; i++) {
		rig_restart(&r, i);
		watch(2 * SHARE_DRAWN);
		all_agree();
	}
	rig_end(&r);
}
END_TEST

START_TEST(alone_each_draws_its_own_and_then_all_agree_again)
{
	rig_start_channel(&r, 3);
	watch(100 * SP_S);
	for (size_t i = 0; i < r.n; i++)
		r.t[i].fault = RIG_CUT;
	watch(200 * SP_S);
	for (size_t i = 0; i < r.n; i++)
		ck_assert_uint_ge(roster(i)->n, VIEWERS / 3);
	for (size_t i = 0; i < r.n; i++)
		r.t[i].fault = RIG_FINE;
	watch(2 * SHARE_DRAWN);
	all_agree();
	/* Redis forgets: who draws writes it again */
	rig_wipe(&r);
	watch(2 * SHARE_DRAWN);
	all_agree();
	rig_end(&r);
}
END_TEST

START_TEST(what_is_no_roster_is_not_adopted)
{
	static const uint8_t bad[40] = { 1 };
	uint64_t was;

	rig_start_channel(&r, 2);
	watch(60 * SP_S);
	was = rig_stats(&r, 1).bad;
	rig_roster(&r, bad, sizeof(bad));
	rig_run(&r, SP_S);
	rig_roster(&r, bad, 3);
	rig_run(&r, SP_S);
	ck_assert_uint_gt(rig_stats(&r, 1).bad, was);
	watch(60 * SP_S);
	all_agree();
	rig_end(&r);
}
END_TEST

UNIT_MAIN("share_roster", all_trackers_have_one_roster,
    another_draws_when_the_one_who_did_is_gone,
    alone_each_draws_its_own_and_then_all_agree_again,
    what_is_no_roster_is_not_adopted)
