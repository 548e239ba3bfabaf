#include "swarm/mesh.h"

#include "test/unit/mesh_help.h"

static uint8_t own[LINK_PEERID_LEN];

/* A neighbour that gave us piece |k|, and the feed is up. */
static unsigned
giver(uint8_t who, uint64_t k)
{
	unsigned c = neighbour(who);

	lab_publish(&lab, k);
	lab_have(&lab, c, 0, LAB_FIRST + k, true);
	run(SP_S);
	lab_serve(&lab, c, LAB_RIGHT);
	run(SP_S);
	lab_serve(&lab, c, LAB_RIGHT);
	reads_right(k);
	return c;
}

START_TEST(what_a_neighbour_gave_is_told_after_a_while)
{
	lab_setup(NULL);
	mesh_feed_state(lab.mesh, true, lab.now);
	mesh_follow(lab.mesh, 0, true, lab.now);
	giver(1, 0);
	ck_assert_uint_eq(lab.receipts, 0);
	run(35 * SP_S);
	ck_assert_uint_eq(lab.receipts, 1);
	ck_assert_uint_eq(lab.receipt.n, 1);
	ck_assert_uint_eq(lab.receipt.entries[0].bytes, LAB_LEN);
	ck_assert_uint_eq(lab.receipt.entries[0].flags, 0);
	ck_assert_int_eq(receipt_peerid(own, lab.receipt.key), 0);
	ck_assert_mem_eq(own, mesh_peer_id(lab.mesh), LINK_PEERID_LEN);
	ck_assert_mem_eq(lab.receipt.info_hash, mesh_info_hash(lab.mesh),
	    LINK_INFOHASH_LEN);
	/* nothing came since: nothing is said */
	run(60 * SP_S);
	ck_assert_uint_eq(lab.receipts, 1);
	lab_teardown();
}
END_TEST

START_TEST(slices_grow_and_do_not_overlap)
{
	uint64_t slice;

	lab_setup(NULL);
	mesh_feed_state(lab.mesh, true, lab.now);
	mesh_follow(lab.mesh, 0, true, lab.now);
	giver(1, 0);
	run(35 * SP_S);
	ck_assert_uint_eq(lab.receipts, 1);
	slice = lab.receipt.slice;
	giver(2, 20);
	run(40 * SP_S);
	ck_assert_uint_eq(lab.receipts, 2);
	ck_assert_uint_ge(lab.receipt.slice, slice + lab.receipt.slices);
	lab_teardown();
}
END_TEST

START_TEST(batch_waits_for_the_feed)
{
	lab_setup(NULL);
	mesh_follow(lab.mesh, 0, true, lab.now);
	giver(1, 0);
	run(50 * SP_S);
	ck_assert_uint_eq(lab.receipts, 0);
	mesh_feed_state(lab.mesh, true, lab.now);
	run(SP_S);
	ck_assert_uint_eq(lab.receipts, 1);
	lab_teardown();
}
END_TEST

START_TEST(bad_block_is_told_of_though_its_sender_is_gone)
{
	unsigned c;

	lab_setup(NULL);
	mesh_feed_state(lab.mesh, true, lab.now);
	mesh_follow(lab.mesh, 0, true, lab.now);
	c = neighbour(1);
	lab_publish(&lab, 0);
	lab_have(&lab, c, 0, LAB_FIRST, true);
	run(SP_S);
	lab_serve(&lab, c, LAB_WRONG);
	ck_assert(!lab.conn[c].open);
	run(35 * SP_S);
	ck_assert_uint_eq(lab.receipts, 1);
	ck_assert_uint_eq(lab.receipt.n, 1);
	ck_assert_uint_eq(lab.receipt.entries[0].flags, RECEIPT_BAD);
	ck_assert_uint_eq(lab.receipt.entries[0].bytes, 0);
	lab_teardown();
}
END_TEST

UNIT_MAIN("mesh_receipts", what_a_neighbour_gave_is_told_after_a_while,
    slices_grow_and_do_not_overlap, batch_waits_for_the_feed,
    bad_block_is_told_of_though_its_sender_is_gone)
