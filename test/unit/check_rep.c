#include "tracker/rep.h"

#include "test/unit/unit.h"

#define R      4000 /* kbit/s */
#define MB     1000000
#define SLICE0 100000 /* of the channel at time 0 */

static struct failmem fm;
static struct registry *reg;
static struct reps *reps;
static struct sp_buf b;
static uint8_t info_hash[LINK_INFOHASH_LEN];
static struct rep_chan chan;

/* Viewer |k|: its key, its peer-id. */
static void
key(unsigned k, uint8_t sk[HASH_SK_LEN], uint8_t pk[HASH_PK_LEN],
    uint8_t id[LINK_PEERID_LEN])
{
	uint8_t seed[HASH_SEED_LEN] = { (uint8_t)k, 1 };

	hash_keypair(pk, sk, seed);
	ck_assert_int_eq(receipt_peerid(id, pk), 0);
}

static const uint8_t *
id(unsigned k)
{
	uint8_t sk[HASH_SK_LEN], pk[HASH_PK_LEN];
	static uint8_t out[LINK_PEERID_LEN];

	key(k, sk, pk, out);
	return out;
}

/* In a /24 of its own. */
static struct sp_addr
addr(unsigned k)
{
	uint8_t ip[4] = { 5, 0, (uint8_t)k, 9 };

	return addr_make(4, ip, (uint16_t)(1000 + k));
}

static void
clock_at(sp_time now)
{
	chan = (struct rep_chan){ info_hash, R,
		SLICE0 * (int64_t)RECEIPT_SLICE_MS + now / SP_MS };
}

/* As track_announce has it: the registry is told first. */
static void
announce(unsigned k, struct tw_announce *a, struct sp_addr from, sp_time now)
{
	struct registry_answer ans;

	memcpy(a->info_hash, info_hash, LINK_INFOHASH_LEN);
	memcpy(a->peer_id, id(k), LINK_PEERID_LEN);
	a->port = from.port;
	a->left = 1;
	ck_assert_int_eq(
	    registry_announce(reg, a, &from, false, NULL, 0, &ans, now), 0);
	clock_at(now);
	if (ans.store == 0)
		reps_seen(reps, &chan, a, &from, now);
}

static void
seen_at(unsigned k, uint32_t up_kbps, struct sp_addr from, sp_time now)
{
	struct tw_announce a = { .live = true, .up_kbps = up_kbps };

	announce(k, &a, from, now);
}

static void
stop(unsigned k, struct sp_addr from, sp_time now)
{
	struct tw_announce a = { .event = TW_EVENT_STOPPED };

	announce(k, &a, from, now);
}

static void
seen(unsigned k, uint32_t up_kbps, sp_time now)
{
	seen_at(k, up_kbps, addr(k), now);
}

/* The three slices up to |now|, of |k|, who got |bytes| of |giver|. */
static struct receipt
batch(unsigned k, unsigned giver, uint32_t bytes, sp_time now)
{
	uint8_t sk[HASH_SK_LEN], own[LINK_PEERID_LEN];
	struct receipt r;

	memset(&r, 0, sizeof(r));
	memcpy(r.info_hash, info_hash, sizeof(r.info_hash));
	key(k, sk, r.key, own);
	r.slice = SLICE0 + (uint64_t)(now / (10 * SP_S)) - 1;
	r.slices = 3;
	r.n = 1;
	memcpy(r.entries[0].peer_id, id(giver), LINK_PEERID_LEN);
	r.entries[0].bytes = bytes;
	return r;
}

static int
take(unsigned k, const struct receipt *r, struct sp_addr from, sp_time now)
{
	uint8_t sk[HASH_SK_LEN], pk[HASH_PK_LEN], own[LINK_PEERID_LEN];
	int rv;

	key(k, sk, pk, own);
	buf_reset(&b);
	receipt_seal(&b, r, sk);
	clock_at(now);
	rv = reps_take(reps, &chan, b.p, b.len, &from, now);
	ck_assert(reps_are_sound(reps));
	return rv;
}

static int
got(unsigned k, unsigned giver, uint32_t bytes, sp_time now)
{
	struct receipt r = batch(k, giver, bytes, now);

	return take(k, &r, addr(k), now);
}

/* Of whom there is at |a|. */
static struct rep
rep_at(struct sp_addr a, sp_time now)
{
	const struct peertab *tab = registry_tab(reg);
	uint32_t i = peertab_find(tab, peertab_swarm(tab, info_hash), &a);

	ck_assert_uint_ne(i, PEERTAB_NONE);
	clock_at(now);
	return reps_get(reps, &chan, i, now);
}

static struct rep
rep(unsigned k, sp_time now)
{
	return rep_at(addr(k), now);
}

static int
start(void)
{
	struct registry_conf c;
	int r;

	memset(info_hash, 3, sizeof(info_hash));
	registry_conf_init(&c);
	/* Nothing is said to be live, so that it stays for a day. */
	c.interval_s = 86400;
	reps = NULL;
	buf_init(&b, &fm.mem, RECEIPT_MAX);
	r = registry_new(&reg, &c, &fm.mem, 4, 0);
	return r < 0 ? r : reps_new(&reps, &fm.mem, reg, 100, 5);
}

static void
end(void)
{
	reps_free(reps);
	registry_free(reg);
	buf_fini(&b);
}

/* Viewers 0..n-1, who were there 100 s before. */
static void
setup(unsigned n)
{
	failmem_init(&fm);
	ck_assert_int_eq(start(), 0);
	for (unsigned k = 0; k < n; k++)
		seen(k, 2 * R, 0);
}

static void
teardown(void)
{
	ck_assert(reps_are_sound(reps));
	end();
	failmem_check(&fm);
}

/* Four receivers, each |bytes| of viewer 0 in every 30 s from |from| on. */
static void
rounds(unsigned n, uint32_t bytes, sp_time from)
{
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 1; k <= 4; k++)
			ck_assert_int_eq(got(k, 0, bytes, from + i * 30 * SP_S),
			    0);
}

START_TEST(newcomers_have_a_quarter)
{
	struct rep r;

	setup(1);
	r = rep(0, 0);
	ck_assert_uint_eq(r.score, REP_START);
	ck_assert(!r.judged && !r.out);
	teardown();
}
END_TEST

/* Nothing is kept of them. */
START_TEST(who_gives_nothing_falls)
{
	struct rep r;

	setup(1);
	r = rep(0, 29 * SP_S);
	ck_assert_uint_eq(r.score, REP_START);
	r = rep(0, 59 * SP_S);
	ck_assert_uint_eq(r.score, REP_START * 3 / 4);
	ck_assert(!r.judged);
	r = rep(0, 60 * SP_S);
	ck_assert_uint_eq(r.score, REP_START * 3 / 4 * 3 / 4);
	ck_assert(r.judged && !r.out);
	ck_assert_uint_lt(rep(0, 600 * SP_S).score, REP_ONE / 1000);
	ck_assert_uint_eq(reps_len(reps), 0);
	teardown();
}
END_TEST

START_TEST(who_announces_at_another_tracker_does_not_fall)
{
	struct tw_announce a = { .live = true, .foreign = true };

	setup(2);
	announce(2, &a, addr(2), 0);
	ck_assert_uint_eq(rep(2, 200 * SP_S).score, REP_START);
	ck_assert(!rep(2, 200 * SP_S).judged);
	/* what it gives counts here as well */
	ck_assert_int_eq(got(1, 2, 60 * MB, 200 * SP_S), 0);
	ck_assert_uint_eq(reps_len(reps), 2);
	/* who is here stays, whatever others say */
	announce(0, &a, addr(0), 1 * SP_S);
	ck_assert(rep(0, 200 * SP_S).judged);
	seen(2, R, 201 * SP_S);
	stop(2, addr(2), 202 * SP_S);
	seen(2, R, 203 * SP_S);
	ck_assert(rep(2, 300 * SP_S).judged);
	teardown();
}
END_TEST

/* 8 Mbit/s are 30 MB in 30 s; four who got 7.5 MB each use all of it. */
START_TEST(score_goes_to_the_used_part_of_the_uplink)
{
	setup(5);
	rounds(20, 15 * MB / 2, 100 * SP_S);
	ck_assert_uint_gt(rep(0, 700 * SP_S).score, REP_ONE * 9 / 10);
	ck_assert(rep(0, 700 * SP_S).judged);
	seen(0, 2 * R, 700 * SP_S);
	rounds(20, 15 * MB / 4, 700 * SP_S);
	ck_assert_uint_gt(rep(0, 1300 * SP_S).score, REP_ONE * 48 / 100);
	ck_assert_uint_lt(rep(0, 1300 * SP_S).score, REP_ONE * 52 / 100);
	/* who gave nothing */
	ck_assert_uint_lt(rep(1, 1300 * SP_S).score, REP_ONE / 30);
	teardown();
}
END_TEST

START_TEST(huge_claims_count_as_eight_streams)
{
	setup(5);
	seen(0, 1000 * 1000, 0);
	/* 8 r are 120 MB in 30 s: a sixteenth */
	rounds(20, 15 * MB / 8, 100 * SP_S);
	ck_assert_uint_gt(rep(0, 700 * SP_S).score, REP_ONE * 5 / 100);
	ck_assert_uint_lt(rep(0, 700 * SP_S).score, REP_ONE * 8 / 100);
	teardown();
}
END_TEST

/* One network: a tenth. */
START_TEST(praise_from_one_network_counts_a_tenth)
{
	static const uint8_t ip[4] = { 9, 9, 9, 0 };
	struct sp_addr from = addr_make(4, ip, 1);
	struct receipt r;

	setup(5);
	for (sp_time t = 100 * SP_S; t < 1000 * SP_S; t += 30 * SP_S)
		for (unsigned k = 1; k <= 4; k++) {
			from.ip[3] = (uint8_t)k;
			r = batch(k, 0, 15 * MB / 2, t);
			ck_assert_int_eq(take(k, &r, from, t), 0);
		}
	ck_assert_uint_gt(rep(0, 1000 * SP_S).score, REP_ONE * 9 / 100);
	ck_assert_uint_lt(rep(0, 1000 * SP_S).score, REP_ONE * 11 / 100);
	teardown();
}
END_TEST

START_TEST(praise_of_newcomers_counts_a_tenth)
{
	setup(1);
	for (unsigned k = 1; k <= 4; k++) {
		seen(k, R, 100 * SP_S);
		ck_assert_int_eq(got(k, 0, 15 * MB / 2, 150 * SP_S), 0);
	}
	/* 150 s are five spans, of which the last one was worth a tenth */
	ck_assert_uint_lt(rep(0, 180 * SP_S).score, REP_ONE / 10);
	teardown();
}
END_TEST

START_TEST(nobody_can_have_got_more_than_there_was)
{
	setup(5);
	/* 2 r are 30 MB in 30 s: as if each had got these */
	rounds(20, 4000u * MB, 100 * SP_S);
	seen(0, 8 * R, 700 * SP_S);
	rounds(20, 4000u * MB, 700 * SP_S);
	ck_assert_uint_gt(rep(0, 1300 * SP_S).score, REP_ONE * 95 / 100);
	seen(1, 8 * R, 1300 * SP_S);
	for (unsigned i = 0; i < 20; i++)
		got(2, 1, 4000u * MB, (1300 + i * 30) * SP_S);
	/* one receiver: 30 of 120 MB, from one network */
	ck_assert_uint_lt(rep(1, 1900 * SP_S).score, REP_ONE * 3 / 100);
	teardown();
}
END_TEST

START_TEST(slices_count_once)
{
	sp_time t = 100 * SP_S;

	setup(3);
	ck_assert_int_eq(got(1, 0, MB, t), 0);
	ck_assert_int_eq(got(1, 0, MB, t), SP_ERR_STALE);
	ck_assert_int_eq(got(1, 0, MB, t - 10 * SP_S), SP_ERR_STALE);
	ck_assert_int_eq(got(1, 2, MB, t + 5 * SP_S), SP_ERR_STALE);
	ck_assert_int_eq(got(1, 0, MB, t + 10 * SP_S), 0);
	teardown();
}
END_TEST

START_TEST(clock_of_the_channel_must_be_near)
{
	struct receipt r;

	setup(3);
	r = batch(1, 0, MB, 100 * SP_S);
	ck_assert_int_eq(take(1, &r, addr(1), 10 * SP_S), SP_ERR_STALE);
	ck_assert_int_eq(take(1, &r, addr(1), 180 * SP_S), SP_ERR_STALE);
	ck_assert_int_eq(take(1, &r, addr(1), 130 * SP_S), 0);
	teardown();
}
END_TEST

START_TEST(receipts_of_strangers_and_to_oneself_are_refused)
{
	struct receipt r;

	setup(3);
	ck_assert_int_eq(got(9, 0, MB, 100 * SP_S), SP_ERR_NOTFOUND);
	ck_assert_int_eq(got(1, 1, MB, 100 * SP_S), SP_ERR_DENIED);
	/* signed by another than it says */
	r = batch(1, 0, MB, 100 * SP_S);
	ck_assert_int_eq(take(2, &r, addr(1), 100 * SP_S), SP_ERR_SIG);
	memset(r.info_hash, 9, sizeof(r.info_hash));
	ck_assert_int_eq(take(1, &r, addr(1), 100 * SP_S), SP_ERR_WRONGCHAN);
	/* nothing of it counted */
	ck_assert_int_eq(got(1, 0, MB, 100 * SP_S), 0);
	teardown();
}
END_TEST

START_TEST(peer_id_announced_from_elsewhere_gets_no_credit)
{
	setup(5);
	rounds(10, 15 * MB / 2, 100 * SP_S);
	ck_assert_int_eq(got(0, 1, MB, 390 * SP_S), 0); /* so it is there */
	seen(0, 2 * R, 394 * SP_S);
	seen_at(0, 2 * R, addr(77), 395 * SP_S);
	ck_assert_uint_eq(rep_at(addr(77), 400 * SP_S).score, REP_START);
	ck_assert_uint_gt(rep(0, 400 * SP_S).score, REP_ONE / 2);
	teardown();
}
END_TEST

static int
accuse(unsigned k, unsigned whom, sp_time now)
{
	struct receipt r = batch(k, whom, 0, now);

	r.entries[0].flags = RECEIPT_BAD;
	return take(k, &r, addr(k), now);
}

static int
by_id(const void *x, const void *y)
{
	return memcmp(x, y, LINK_PEERID_LEN);
}

/* Viewers |v| have given 1.5 MB each to each of four, of four networks. */
static void
credit(const unsigned *v, size_t n, sp_time now)
{
	struct receipt r;

	for (unsigned i = 30; i < 34; i++) {
		seen(i, R, now - REP_YOUNG);
		r = batch(i, 0, 0, now);
		for (r.n = 0; r.n < n; r.n++) {
			memcpy(r.entries[r.n].peer_id, id(v[r.n]),
			    LINK_PEERID_LEN);
			r.entries[r.n].bytes = 3 * MB / 2;
		}
		qsort(r.entries, r.n, sizeof(r.entries[0]), by_id);
		ck_assert_int_eq(take(i, &r, addr(i), now), 0);
	}
}

START_TEST(two_who_accuse_put_one_out)
{
	static const unsigned good[] = { 1, 2, 11 };

	setup(9);
	for (unsigned i = 0; i < 3; i++)
		seen(good[i], R / 4, i < 2 ? 0 : 190 * SP_S);
	credit(good, 3, 200 * SP_S);
	ck_assert_int_eq(accuse(1, 0, 240 * SP_S), 0);
	ck_assert(!rep(0, 240 * SP_S).out);
	/* the same one again, one of its network, one who is young */
	ck_assert_int_eq(accuse(1, 0, 270 * SP_S), 0);
	seen_at(10, R, addr(1), 0);
	ck_assert_int_eq(take(10, &(struct receipt){ 0 }, addr(1), 0) < 0, 1);
	ck_assert_int_eq(accuse(11, 0, 270 * SP_S), 0);
	/* one of whom nobody has got anything */
	ck_assert_int_eq(accuse(3, 0, 270 * SP_S), 0);
	ck_assert(!rep(0, 270 * SP_S).out);
	ck_assert_int_eq(accuse(2, 0, 270 * SP_S), 0);
	ck_assert(rep(0, 270 * SP_S).out);
	teardown();
}
END_TEST

/* Many viewers of two networks, who are good ones else. */
START_TEST(one_network_cannot_accuse_everybody)
{
	struct sp_addr from;
	struct receipt r;
	unsigned out = 0, good[20];
	sp_time now = 300 * SP_S;

	setup(0);
	for (unsigned k = 10; k < 30; k++) {
		from = addr(k % 2);
		from.ip[3] = (uint8_t)k;
		seen_at(k, R / 4, from, 0);
		good[k - 10] = k;
	}
	for (unsigned k = 1; k < 10; k++)
		seen(k, R, 0);
	credit(good, 20, 240 * SP_S);
	for (unsigned k = 10; k < 30; k++) {
		r = batch(k, 0, 0, now);
		r.n = 0;
		for (unsigned i = 1; i < 10; i++) {
			memcpy(r.entries[r.n].peer_id, id(i), LINK_PEERID_LEN);
			r.entries[r.n++].flags = RECEIPT_BAD;
		}
		qsort(r.entries, r.n, sizeof(r.entries[0]), by_id);
		from = addr(k % 2);
		from.ip[3] = (uint8_t)k;
		ck_assert_int_eq(take(k, &r, from, now), 0);
	}
	for (unsigned i = 1; i < 10; i++)
		out += rep(i, now).out;
	ck_assert_uint_le(out, REP_ACCUSE);
	ck_assert_uint_ge(out, 1);
	teardown();
}
END_TEST

START_TEST(budget_of_accusations_comes_back)
{
	static const unsigned good[] = { 1, 2 };
	unsigned out = 0;
	sp_time t;

	setup(14);
	for (unsigned k = 3; k < 13; k++) {
		t = (200 + 70 * k) * SP_S;
		for (unsigned i = 0; i < 14; i++)
			seen(i, R / 4, t - 50 * SP_S);
		credit(good, 2, t - 25 * SP_S);
		ck_assert_int_eq(accuse(1, k, t), 0);
		ck_assert_int_eq(accuse(2, k, t), 0);
		out += rep(k, t).out;
		/* four, and one when ten minutes are over */
		ck_assert_uint_eq(out, k < 7 ? k - 2 : k < 12 ? 4 : 5);
	}
	teardown();
}
END_TEST

START_TEST(who_stops_cannot_send_its_receipts_again)
{
	setup(3);
	ck_assert_int_eq(got(1, 0, MB, 100 * SP_S), 0);
	stop(1, addr(1), 100 * SP_S);
	seen(1, R, 101 * SP_S);
	ck_assert_int_eq(got(1, 0, MB, 100 * SP_S), SP_ERR_STALE);
	teardown();
}
END_TEST

START_TEST(nobody_else_can_say_that_one_stops)
{
	setup(5);
	/* one that has sent no receipts, and has given much */
	rounds(10, 15 * MB / 2, 100 * SP_S);
	seen(0, 2 * R, 389 * SP_S);
	stop(0, addr(2), 390 * SP_S);
	ck_assert_uint_gt(rep(0, 395 * SP_S).score, REP_ONE / 2);
	stop(0, addr(0), 395 * SP_S);
	seen(0, 2 * R, 395 * SP_S);
	ck_assert_uint_eq(rep(0, 395 * SP_S).score, REP_START);
	teardown();
}
END_TEST

START_TEST(who_announces_from_another_address_is_not_forgotten)
{
	struct sp_addr other = addr(7);

	setup(3);
	ck_assert_int_eq(got(1, 0, MB, 100 * SP_S), 0);
	reps_tick(reps, 200 * SP_S);
	seen_at(1, R, other, 250 * SP_S);
	reps_tick(reps, 100 * SP_S + REP_KEEP);
	ck_assert_uint_eq(reps_len(reps), 1);
	teardown();
}
END_TEST

START_TEST(viewers_are_forgotten)
{
	setup(3);
	ck_assert_uint_eq(reps_len(reps), 0);
	ck_assert_int_eq(got(1, 0, MB, 20 * SP_S), 0);
	ck_assert_uint_eq(reps_len(reps), 2);
	ck_assert_int_eq(got(1, 2, MB, 30 * SP_S), 0);
	ck_assert_uint_eq(reps_len(reps), 3);
	stop(0, addr(0), 31 * SP_S);
	ck_assert_uint_eq(reps_len(reps), 2);
	seen(1, R, 200 * SP_S);
	reps_tick(reps, 30 * SP_S + REP_KEEP - 1);
	ck_assert_uint_eq(reps_len(reps), 2);
	reps_tick(reps, 30 * SP_S + REP_KEEP);
	ck_assert_uint_eq(reps_len(reps), 1);
	reps_tick(reps, REP_KEEP + 200 * SP_S);
	ck_assert_uint_eq(reps_len(reps), 0);
	teardown();
}
END_TEST

START_TEST(memory_is_bounded)
{
	setup(120);
	for (unsigned k = 1; k < 100; k++)
		ck_assert_int_eq(got(k, 0, MB, 20 * SP_S), 0);
	ck_assert(rep(110, 100 * SP_S).judged);
	for (unsigned k = 100; k < 120; k++)
		ck_assert_int_eq(got(k, 0, MB, 20 * SP_S), SP_ERR_FULL);
	ck_assert_uint_eq(reps_len(reps), 100);
	/* there may be something that was not heard */
	ck_assert_uint_eq(rep(110, 100 * SP_S).score, REP_START);
	ck_assert(!rep(110, 100 * SP_S).judged);
	ck_assert(rep(110, 20 * SP_S + REP_KEEP).judged);
	teardown();
}
END_TEST

START_TEST(without_memory_everybody_is_a_newcomer)
{
	unsigned kept, known;

	FAILMEM_EACH (&fm) {
		if (start() == 0) {
			for (unsigned k = 0; k < 12; k++)
				seen(k, R, 0);
			known = registry_tab(reg)->n_peers;
			for (unsigned k = 1; k < 12; k++)
				got(k, 0, MB, 20 * SP_S);
			kept = (unsigned)reps_len(reps);
			ck_assert_uint_ge(kept, 12 * (fm.failed == 0));
			ck_assert_uint_le(kept, known);
		}
		end();
	}
}
END_TEST

UNIT_MAIN("rep", newcomers_have_a_quarter, who_gives_nothing_falls,
    who_announces_at_another_tracker_does_not_fall,
    score_goes_to_the_used_part_of_the_uplink,
    huge_claims_count_as_eight_streams, praise_from_one_network_counts_a_tenth,
    praise_of_newcomers_counts_a_tenth, nobody_can_have_got_more_than_there_was,
    slices_count_once, clock_of_the_channel_must_be_near,
    receipts_of_strangers_and_to_oneself_are_refused,
    peer_id_announced_from_elsewhere_gets_no_credit, two_who_accuse_put_one_out,
    one_network_cannot_accuse_everybody, budget_of_accusations_comes_back,
    who_stops_cannot_send_its_receipts_again,
    nobody_else_can_say_that_one_stops,
    who_announces_from_another_address_is_not_forgotten, viewers_are_forgotten,
    memory_is_bounded, without_memory_everybody_is_a_newcomer)
