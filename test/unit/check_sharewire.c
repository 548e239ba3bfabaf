#include "wire/sharewire.h"

#include "test/unit/share_help.h"
#include "test/unit/unit.h"

#define NODE UINT64_C(0x0123456789abcdef)

static struct failmem fm;
static struct sharewire_out out;
static struct sharewire_in in;
static struct sharewire_peer got;

static void
begin(void)
{
	failmem_init(&fm);
	sharewire_init(&out, &fm.mem);
	sharewire_begin(&out, NODE);
}

static void
end(void)
{
	sharewire_fini(&out);
	failmem_check(&fm);
}

static void
add(struct sharewire_peer p)
{
	ck_assert_int_eq(sharewire_add(&out, &p), 0);
}

static int
open_it(void)
{
	return sharewire_open(&in, out.buf.p, out.buf.len);
}

static void
next_is(struct sharewire_peer p)
{
	ck_assert(sharewire_next(&in, &got));
	ck_assert_mem_eq(&got, &p, sizeof(p));
}

START_TEST(what_is_written_is_read)
{
	struct sharewire_peer left = some_peer(2, 4);

	left.flags = SHAREWIRE_STOPPED | SHAREWIRE_SEEDER;
	begin();
	add(some_peer(1, 1));
	add(some_peer(1, 2));
	add(some_viewer(2, 3));
	add(left);
	ck_assert_uint_eq(out.n, 4);
	ck_assert_int_eq(open_it(), 4);
	ck_assert_uint_eq(in.node, NODE);
	next_is(some_peer(1, 1));
	next_is(some_peer(1, 2));
	next_is(some_viewer(2, 3));
	next_is(left);
	ck_assert(!sharewire_next(&in, &got));
	end();
}
END_TEST

START_TEST(peers_of_one_swarm_share_a_group)
{
	begin();
	for (unsigned k = 0; k < 256; k++)
		add(some_peer(1, k));
	ck_assert_uint_eq(out.buf.len, SHAREWIRE_HEAD + 2 * 21 + 256 * 8);
	ck_assert_int_eq(open_it(), 256);
	for (unsigned k = 0; k < 256; k++)
		next_is(some_peer(1, k));
	end();
}
END_TEST

START_TEST(an_empty_batch_says_nothing)
{
	begin();
	ck_assert_int_eq(open_it(), 0);
	ck_assert(!sharewire_next(&in, &got));
	end();
}
END_TEST

START_TEST(a_full_batch_stays_whole)
{
	struct sharewire_peer p;
	unsigned k = 0;
	int r;

	begin();
	for (;; k++) {
		p = some_viewer(k, k);
		r = sharewire_add(&out, &p);
		if (r != 0)
			break;
	}
	ck_assert_int_eq(r, SP_ERR_FULL);
	ck_assert_uint_gt(out.buf.len + SHAREWIRE_ENTRY, LIM_SHARE_BATCH);
	ck_assert_int_eq(open_it(), (int)k);
	for (unsigned i = 0; i < k; i++)
		next_is(some_viewer(i, i));
	ck_assert(!sharewire_next(&in, &got));
	/* and another one begins */
	sharewire_begin(&out, NODE);
	add(p);
	ck_assert_int_eq(open_it(), 1);
	next_is(p);
	end();
}
END_TEST

/* A viewer alone, and byte |at| of the batch is |v|: what opening says. */
static int
changed(size_t at, uint8_t v)
{
	int r;

	begin();
	add(some_viewer(1, 1));
	out.buf.p[at] = v;
	r = open_it();
	end();
	return r;
}

START_TEST(malformed_batches_are_refused)
{
	const size_t group = SHAREWIRE_HEAD, entry = group + 21;

	ck_assert_int_eq(changed(0, 1), 1);
	ck_assert_int_eq(changed(0, 2), SP_ERR_SYNTAX);
	ck_assert_int_eq(changed(group + 20, 0), SP_ERR_RANGE);
	ck_assert_int_eq(changed(group + 20, 2), SP_ERR_SHORT);
	ck_assert_int_eq(changed(entry, 0x14), SP_ERR_SYNTAX);
	ck_assert_int_eq(changed(entry, 0), SP_ERR_RANGE);
	ck_assert_int_eq(changed(entry + 1, 5), SP_ERR_SYNTAX);
	ck_assert_int_eq(changed(entry + 1, 0), SP_ERR_SYNTAX);
	ck_assert_int_eq(changed(entry + 2, 0xff), SP_ERR_RANGE);
	ck_assert_int_eq(changed(entry + 44, LIM_TRACKS), SP_ERR_TOOBIG);
	ck_assert_int_eq(changed(entry + 44, 0xff), 1);
}
END_TEST

START_TEST(every_cut_is_refused_or_ends_between_groups)
{
	begin();
	add(some_peer(1, 1));
	add(some_viewer(2, 2));
	for (size_t len = 0; len < out.buf.len; len++) {
		int r = sharewire_open(&in, out.buf.p, len);

		if (len == SHAREWIRE_HEAD || len == SHAREWIRE_HEAD + 29)
			ck_assert_int_eq(r, len > SHAREWIRE_HEAD);
		else
			ck_assert_int_eq(r, SP_ERR_SHORT);
	}
	end();
}
END_TEST

START_TEST(more_than_a_batch_may_be_is_refused)
{
	static uint8_t large[LIM_SHARE_BATCH + 1] = { SHAREWIRE_VERSION };

	ck_assert_int_eq(sharewire_open(&in, large, sizeof(large)),
	    SP_ERR_TOOBIG);
}
END_TEST

START_TEST(a_failing_allocation_leaves_the_batch_as_it_was)
{
	struct sharewire_peer p = some_peer(1, 0);
	unsigned n = 0;

	FAILMEM_EACH (&fm) {
		sharewire_init(&out, &fm.mem);
		sharewire_begin(&out, NODE);
		n = 0;
		for (unsigned k = 0; k < 100 && out.buf.err == 0; k++) {
			p = some_peer(k, k);
			n += sharewire_add(&out, &p) == 0;
		}
		if (out.buf.err == 0)
			ck_assert_int_eq(open_it(), (int)n);
		sharewire_fini(&out);
	}
	ck_assert_uint_eq(n, 100);
}
END_TEST

UNIT_MAIN("sharewire", what_is_written_is_read,
    peers_of_one_swarm_share_a_group, an_empty_batch_says_nothing,
    a_full_batch_stays_whole, malformed_batches_are_refused,
    every_cut_is_refused_or_ends_between_groups,
    more_than_a_batch_may_be_is_refused,
    a_failing_allocation_leaves_the_batch_as_it_was)
