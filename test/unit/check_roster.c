#include "wire/roster.h"
#include "test/unit/unit.h"

#define STRIPES 4000

static struct roster ros;
static struct failmem fm;

static void
set_id(uint8_t id[LINK_PEERID_LEN], unsigned k)
{
	memset(id, 0x5a, LINK_PEERID_LEN);
	id[0] = (uint8_t)(k >> 8);
	id[1] = (uint8_t)k;
}

static struct roster_entry
entry(unsigned k, uint32_t weight)
{
	uint8_t ip[4] = { 192, 0, 2, (uint8_t)k };
	struct roster_entry e = { .weight = weight };

	set_id(e.peer_id, k);
	e.addr = addr_make(4, ip, (uint16_t)(1000 + k));
	return e;
}

/* |n| members of weight 1000 with ids 2, 4, 6 ... */
static void
fill(struct roster *r, size_t n)
{
	memset(r, 0, sizeof(*r));
	r->version = 1;
	r->epoch = 7;
	r->epoch_s = 20;
	r->n = n;
	for (size_t i = 0; i < n; i++)
		r->entries[i] = entry((unsigned)(2 * i + 2), 1000);
}

static void
drop(struct roster *r, size_t at)
{
	r->n--;
	memmove(&r->entries[at], &r->entries[at + 1],
	    (r->n - at) * sizeof(r->entries[0]));
}

static unsigned
duty(const struct roster *r, uint32_t stripe)
{
	uint8_t rank[1];

	ck_assert_uint_eq(roster_rank(r, 0, stripe, rank, 1), 1);
	return rank[0];
}

/* ---- ranks ---- */

START_TEST(who_leaves_moves_its_own_duties_only)
{
	struct roster less;
	unsigned was, is, moved = 0;

	fill(&ros, 40);
	less = ros;
	drop(&less, 17);
	for (uint32_t s = 0; s < STRIPES; s++) {
		was = duty(&ros, s);
		is = duty(&less, s);
		if (was == 17)
			moved++;
		else
			ck_assert_uint_eq(is, was < 17 ? was : was - 1);
	}
	/* 1/40 of 4000: 100, standard deviation 9.9 */
	ck_assert_uint_ge(moved, 60);
	ck_assert_uint_le(moved, 140);
}
END_TEST

START_TEST(backups_take_over_in_their_order)
{
	uint8_t rank[5], then[5];
	struct roster less;

	fill(&ros, 20);
	for (uint32_t s = 0; s < 200; s++) {
		ck_assert_uint_eq(roster_rank(&ros, 3, s, rank, 5), 5);
		less = ros;
		drop(&less, rank[0]);
		ck_assert_uint_eq(roster_rank(&less, 3, s, then, 4), 4);
		for (size_t i = 0; i < 4; i++)
			ck_assert_mem_eq(less.entries[then[i]].peer_id,
			    ros.entries[rank[i + 1]].peer_id, LINK_PEERID_LEN);
	}
}
END_TEST

START_TEST(shares_are_in_proportion_to_weight)
{
	static const uint32_t weight[] = { 100, 200, 400, 800, 1500 };
	unsigned got[5] = { 0 }, want, slack;

	fill(&ros, 5);
	for (size_t i = 0; i < 5; i++)
		ros.entries[i].weight = weight[i];
	for (uint32_t s = 0; s < 3 * STRIPES; s++)
		got[duty(&ros, s)]++;
	for (size_t i = 0; i < 5; i++) {
		want = 3 * STRIPES * weight[i] / 3000;
		/* four standard deviations of a binomial count, and a little */
		for (slack = 0; slack * slack < 16 * want; slack++)
			continue;
		ck_assert_uint_ge(got[i] + slack, want);
		ck_assert_uint_le(got[i], want + slack);
	}
}
END_TEST

START_TEST(weights_alone_count_however_large)
{
	unsigned got = 0;

	fill(&ros, 2);
	ros.entries[0].weight = UINT32_MAX;
	ros.entries[1].weight = UINT32_MAX / 3;
	for (uint32_t s = 0; s < STRIPES; s++)
		got += duty(&ros, s) == 0;
	ck_assert_uint_ge(got, STRIPES * 3 / 4 - 110);
	ck_assert_uint_le(got, STRIPES * 3 / 4 + 110);
}
END_TEST

START_TEST(epoch_track_and_stripe_draw_anew)
{
	unsigned epoch = 0, track = 0, stripe = 0;
	struct roster next;
	uint8_t a[1], b[1];

	fill(&ros, 100);
	next = ros;
	next.epoch++;
	for (uint32_t s = 0; s < 1000; s++) {
		roster_rank(&ros, 0, s, a, 1);
		roster_rank(&next, 0, s, b, 1);
		epoch += a[0] == b[0];
		roster_rank(&ros, 1, s, b, 1);
		track += a[0] == b[0];
		roster_rank(&ros, 0, s + 1, b, 1);
		stripe += a[0] == b[0];
	}
	/* by chance: 10 */
	ck_assert_uint_le(epoch, 30);
	ck_assert_uint_le(track, 30);
	ck_assert_uint_le(stripe, 30);
}
END_TEST

START_TEST(ranks_are_the_same_however_many_are_asked_for)
{
	uint8_t all[LIM_ROSTER], some[LIM_ROSTER];
	size_t n;

	fill(&ros, LIM_ROSTER);
	for (size_t i = 0; i < LIM_ROSTER; i++)
		ros.entries[i].weight = (uint32_t)(1 + 37 * i % 900);
	for (uint32_t s = 0; s < 50; s++) {
		ck_assert_uint_eq(roster_rank(&ros, 0, s, all, LIM_ROSTER),
		    LIM_ROSTER);
		for (n = 0; n < LIM_ROSTER; n += 9) {
			ck_assert_uint_eq(roster_rank(&ros, 0, s, some, n), n);
			ck_assert(n == 0 || memcmp(all, some, n) == 0);
		}
		for (size_t i = 0; i < LIM_ROSTER; i++) {
			ck_assert_uint_eq(
			    roster_rank_of(&ros, all[i], 0, s, LIM_ROSTER), i);
			ck_assert_uint_eq(roster_rank_of(&ros, all[i], 0, s, 4),
			    SP_MIN(i, (size_t)4));
		}
	}
}
END_TEST

START_TEST(empty_and_single_rosters_have_ranks)
{
	uint8_t rank[4];

	fill(&ros, 0);
	ck_assert_uint_eq(roster_rank(&ros, 0, 0, rank, 4), 0);
	fill(&ros, 1);
	for (uint32_t s = 0; s < 20; s++) {
		ck_assert_uint_eq(roster_rank(&ros, 0, s, rank, 4), 1);
		ck_assert_uint_eq(rank[0], 0);
		ck_assert_uint_eq(roster_rank_of(&ros, 0, 0, s, 4), 0);
	}
}
END_TEST

START_TEST(ranks_are_these)
{
	/* by another implementation, in floating point */
	static const uint8_t want[4][3] = { { 3, 11, 10 }, { 8, 9, 11 },
		{ 11, 9, 10 }, { 1, 8, 6 } };
	uint8_t rank[3];

	fill(&ros, 12);
	for (uint32_t s = 0; s < 4; s++) {
		roster_rank(&ros, 2, s, rank, 3);
		ck_assert_mem_eq(rank, want[s], 3);
	}
}
END_TEST

START_TEST(members_are_found)
{
	uint8_t id[LINK_PEERID_LEN];

	fill(&ros, 0);
	set_id(id, 4);
	ck_assert_int_eq(roster_find(&ros, id), -1);
	fill(&ros, 100);
	for (unsigned k = 1; k <= 202; k++) {
		set_id(id, k);
		ck_assert_int_eq(roster_find(&ros, id),
		    k % 2 == 0 && k <= 200 ? (int)k / 2 - 1 : -1);
	}
}
END_TEST

/* ---- bytes ---- */

static void
same(const struct roster *a, const struct roster *b)
{
	ck_assert_uint_eq(a->version, b->version);
	ck_assert_uint_eq(a->epoch, b->epoch);
	ck_assert_uint_eq(a->epoch_s, b->epoch_s);
	ck_assert_uint_eq(a->n, b->n);
	ck_assert(a->n == 0 || memcmp(a->entries, b->entries,
				   a->n * sizeof(a->entries[0])) == 0);
}

/* Takes from full to changed through bytes; the delta's length. */
static size_t
step(const struct roster *from, const struct roster *to)
{
	struct roster r = { 0 };
	struct sp_buf b;
	size_t len;

	failmem_init(&fm);
	buf_init(&b, &fm.mem, LIM_FEED_FRAME);
	roster_put_full(&b, from);
	ck_assert_int_eq(roster_take(&r, b.p, b.len), 0);
	same(&r, from);
	buf_reset(&b);
	roster_put_delta(&b, from, to);
	ck_assert_int_eq(b.err, 0);
	len = b.len;
	ck_assert_int_eq(roster_take(&r, b.p, b.len), 0);
	same(&r, to);
	buf_fini(&b);
	failmem_check(&fm);
	return len;
}

START_TEST(whole_rosters_of_any_size_are_read_back)
{
	struct roster none = { .version = 9, .epoch_s = 1 };
	static const uint8_t ip[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };

	for (size_t n = 0; n <= LIM_ROSTER; n += 32) {
		fill(&ros, n);
		if (n > 0)
			ros.entries[n / 2].addr = addr_make(6, ip, 80);
		ros.version = 5;
		ck_assert_uint_eq(step(&ros, &none), 24 + n * LINK_PEERID_LEN);
	}
}
END_TEST

START_TEST(changes_are_read_back)
{
	struct roster to;

	fill(&ros, 60);
	to = ros;
	to.version = 2;
	to.epoch = 8;
	ck_assert_uint_eq(step(&ros, &to), 24);
	to.entries[3].weight = 17;
	to.entries[59].addr.port = 1;
	ck_assert_uint_eq(step(&ros, &to), 24 + 2 * 31);
	memset(&to.entries[9].addr, 0, sizeof(to.entries[9].addr));
	ck_assert_uint_eq(step(&ros, &to), 24 + 2 * 31 + 25);
	ros.version = 3;
	step(&to, &ros);
	ros.version = 1;
	to.entries[9] = ros.entries[9];
	drop(&to, 0);
	drop(&to, 30);
	to.entries[to.n++] = entry(500, 3);
	memmove(&to.entries[1], &to.entries[0], to.n++ * sizeof(to.entries[0]));
	to.entries[0] = entry(1, 3);
	ck_assert_uint_eq(step(&ros, &to), 24 + 2 * 20 + 4 * 31);
}
END_TEST

START_TEST(a_full_roster_is_changed_as_a_whole)
{
	struct roster to;

	fill(&ros, LIM_ROSTER);
	fill(&to, LIM_ROSTER);
	to.version = 2;
	for (unsigned i = 0; i < LIM_ROSTER; i++)
		to.entries[i] = entry(2 * i + 1, 5);
	step(&ros, &to);
}
END_TEST

START_TEST(a_gap_waits_for_a_whole_one)
{
	struct roster r = { 0 }, to;
	struct sp_buf b;

	failmem_init(&fm);
	buf_init(&b, &fm.mem, LIM_FEED_FRAME);
	fill(&ros, 3);
	to = ros;
	to.version = 2;
	drop(&to, 1);
	roster_put_delta(&b, &ros, &to);
	/* nothing yet */
	ck_assert_int_eq(roster_take(&r, b.p, b.len), SP_ERR_STALE);
	ck_assert_uint_eq(r.version, 0);
	ck_assert_uint_eq(r.n, 0);
	/* another version */
	r = ros;
	r.version = 4;
	ck_assert_int_eq(roster_take(&r, b.p, b.len), SP_ERR_STALE);
	ck_assert_uint_eq(r.n, 3);
	/* a whole one is taken from wherever, also with a lower version */
	buf_reset(&b);
	roster_put_full(&b, &to);
	ck_assert_int_eq(roster_take(&r, b.p, b.len), 0);
	same(&r, &to);
	buf_fini(&b);
	failmem_check(&fm);
}
END_TEST

START_TEST(no_cut_frame_is_taken)
{
	struct roster r, to;
	struct sp_buf b;
	uint8_t *copy;

	failmem_init(&fm);
	buf_init(&b, &fm.mem, LIM_FEED_FRAME);
	fill(&ros, 4);
	to = ros;
	to.version = 2;
	drop(&to, 1);
	to.entries[to.n++] = entry(99, 3);
	roster_put_delta(&b, &ros, &to);
	for (size_t len = 0; len < b.len; len++) {
		r = ros;
		copy = mem_dup(&fm.mem, b.p, len);
		ck_assert_int_eq(roster_take(&r, copy, len), SP_ERR_SHORT);
		mem_free(&fm.mem, copy);
		same(&r, &ros);
	}
	buf_put_u8(&b, 0);
	r = ros;
	ck_assert_int_eq(roster_take(&r, b.p, b.len), SP_ERR_SYNTAX);
	same(&r, &ros);
	buf_fini(&b);
	failmem_check(&fm);
}
END_TEST

#define HEAD                                \
	"0000000000000002 0000000000000001" \
	"00000008 0014 "

/* What reading |tail| after versions 2, 1 does to three members 2, 4, 6. */
static int
take_hex(const char *head, const char *tail)
{
	uint8_t body[512];
	char hex[1024];
	struct roster r;
	size_t n = 0;
	int rv;

	for (int part = 0; part < 2; part++)
		for (const char *s = part == 0 ? head : tail; *s != '\0'; s++)
			if (*s != ' ')
				hex[n++] = *s;
	ck_assert_int_eq(buf_unhex(body, n / 2, hex, n), 0);
	fill(&ros, 3);
	r = ros;
	rv = roster_take(&r, body, n / 2);
	if (rv < 0)
		same(&r, &ros);
	return rv;
}

#define ID(k)   "00" k "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
#define OWN     "00000001 04 c0000201 0001 "
#define E(k)    ID(k) OWN
#define NONE_OF "0000000000000002 0000000000000000 00000008 0014 "

START_TEST(malformed_rosters_are_refused)
{
	ck_assert_int_eq(take_hex(HEAD, "01 01" ID("02") E("05")), 0);
	/* order: of those gone, of entries */
	ck_assert_int_eq(take_hex(HEAD, "02 00" ID("04") ID("02")),
	    SP_ERR_CANON);
	ck_assert_int_eq(take_hex(HEAD, "02 00" ID("04") ID("04")),
	    SP_ERR_CANON);
	ck_assert_int_eq(take_hex(HEAD, "00 02" E("05") E("03")), SP_ERR_CANON);
	ck_assert_int_eq(take_hex(HEAD, "00 02" E("05") E("05")), SP_ERR_CANON);
	ck_assert_int_eq(take_hex(HEAD, "00 02" E("06") E("04")), SP_ERR_CANON);
	ck_assert_int_eq(take_hex(NONE_OF, "00 02" E("06") E("04")),
	    SP_ERR_CANON);
	/* gone who was not there, or who has an entry too */
	ck_assert_int_eq(take_hex(HEAD, "01 00" ID("01")), SP_ERR_NOTFOUND);
	ck_assert_int_eq(take_hex(HEAD, "01 00" ID("05")), SP_ERR_NOTFOUND);
	ck_assert_int_eq(take_hex(HEAD, "01 00" ID("07")), SP_ERR_NOTFOUND);
	ck_assert_int_eq(take_hex(HEAD, "01 01" ID("04") E("04")),
	    SP_ERR_NOTFOUND);
	ck_assert_int_eq(take_hex(NONE_OF, "01 00" ID("04")), SP_ERR_NOTFOUND);
	/* weight 0, family, port 0, IPv4 in IPv6 */
	ck_assert_int_eq(
	    take_hex(HEAD, "00 01" ID("05") "00000000 04 c0000201 0001"),
	    SP_ERR_RANGE);
	ck_assert_int_eq(
	    take_hex(HEAD, "00 01" ID("05") "00000001 05 c0000201 0001"),
	    SP_ERR_SYNTAX);
	ck_assert_int_eq(
	    take_hex(HEAD, "00 01" ID("05") "00000001 04 c0000201 0000"),
	    SP_ERR_RANGE);
	ck_assert_int_eq(
	    take_hex(HEAD,
		"00 01" ID("05") "00000001 06"
				 "00000000000000000000ffffc0000201 0001"),
	    SP_ERR_CANON);
	/* an address that is not told takes no bytes */
	ck_assert_int_eq(take_hex(HEAD, "00 01" ID("05") "00000001 00"), 0);
	ck_assert_int_eq(
	    take_hex(HEAD, "00 01" ID("05") "00000001 00 c0000201 0001"),
	    SP_ERR_SYNTAX);
	/* versions that do not grow, no seconds */
	ck_assert_int_eq(take_hex("0000000000000001 0000000000000001"
				  "00000008 0014 ",
			     "0000"),
	    SP_ERR_CANON);
	ck_assert_int_eq(take_hex("0000000000000000 0000000000000000"
				  "00000008 0014 ",
			     "0000"),
	    SP_ERR_CANON);
	ck_assert_int_eq(take_hex("0000000000000002 0000000000000001"
				  "00000008 0000 ",
			     "0000"),
	    SP_ERR_RANGE);
}
END_TEST

START_TEST(one_too_many_is_refused)
{
	struct roster r;
	struct sp_buf b;

	failmem_init(&fm);
	buf_init(&b, &fm.mem, LIM_FEED_FRAME);
	fill(&ros, LIM_ROSTER);
	r = ros;
	r.version = 2;
	r.entries[LIM_ROSTER - 1] = entry(999, 1);
	roster_put_delta(&b, &ros, &r);
	/* without the one that is gone: 20 bytes, after the head */
	b.p[22] = 0;
	memmove(b.p + 24, b.p + 44, b.len - 44);
	r = ros;
	ck_assert_int_eq(roster_take(&r, b.p, b.len - 20), SP_ERR_TOOBIG);
	same(&r, &ros);
	buf_fini(&b);
	failmem_check(&fm);
}
END_TEST

UNIT_MAIN("roster", who_leaves_moves_its_own_duties_only,
    backups_take_over_in_their_order, shares_are_in_proportion_to_weight,
    weights_alone_count_however_large, epoch_track_and_stripe_draw_anew,
    ranks_are_the_same_however_many_are_asked_for,
    empty_and_single_rosters_have_ranks, ranks_are_these, members_are_found,
    whole_rosters_of_any_size_are_read_back, changes_are_read_back,
    a_full_roster_is_changed_as_a_whole, a_gap_waits_for_a_whole_one,
    no_cut_frame_is_taken, malformed_rosters_are_refused,
    one_too_many_is_refused)
