#include "swarm/ledger.h"

#include "test/unit/unit.h"

static struct ledger l;
static struct receipt r;

static const uint8_t *
id(unsigned k)
{
	static uint8_t out[LINK_PEERID_LEN];

	out[8] = (uint8_t)(k * 167); /* all different, and in no order */
	out[9] = (uint8_t)k;
	return out;
}

static void
take(void)
{
	ledger_take(&l, &r);
	for (size_t i = 1; i < r.n; i++)
		ck_assert_int_lt(memcmp(r.entries[i - 1].peer_id,
				     r.entries[i].peer_id, LINK_PEERID_LEN),
		    0);
}

static const struct receipt_entry *
find(unsigned k)
{
	for (size_t i = 0; i < r.n; i++)
		if (memcmp(r.entries[i].peer_id, id(k), LINK_PEERID_LEN) == 0)
			return &r.entries[i];
	return NULL;
}

START_TEST(bytes_add_up_by_neighbour)
{
	memset(&l, 0, sizeof(l));
	for (unsigned i = 0; i < 300; i++)
		ledger_gave(&l, id(i % 20), 100 + i % 20);
	take();
	ck_assert_uint_eq(r.n, 20);
	for (unsigned k = 0; k < 20; k++)
		ck_assert_uint_eq(find(k)->bytes, 15 * (100 + k));
	take();
	ck_assert_uint_eq(r.n, 0);
}
END_TEST

START_TEST(bytes_do_not_wrap)
{
	memset(&l, 0, sizeof(l));
	ledger_gave(&l, id(1), UINT32_MAX - 10);
	ledger_gave(&l, id(1), 16384);
	take();
	ck_assert_uint_eq(find(1)->bytes, UINT32_MAX);
}
END_TEST

START_TEST(least_is_forgotten_of_too_many)
{
	memset(&l, 0, sizeof(l));
	for (unsigned k = 0; k < 200; k++)
		ledger_gave(&l, id(k), 1000 + k);
	take();
	ck_assert_uint_eq(r.n, LIM_RECEIPTS);
	for (unsigned k = 200 - LIM_RECEIPTS; k < 200; k++)
		ck_assert_ptr_nonnull(find(k));
}
END_TEST

START_TEST(who_sent_a_bad_block_is_not_forgotten)
{
	memset(&l, 0, sizeof(l));
	ledger_bad(&l, id(3));
	for (unsigned k = 10; k < 200; k++)
		ledger_gave(&l, id(k), 1000);
	ledger_bad(&l, id(199));
	take();
	ck_assert_uint_eq(find(3)->flags, RECEIPT_BAD);
	ck_assert_uint_eq(find(3)->bytes, 0);
	ck_assert_uint_eq(find(199)->flags, RECEIPT_BAD);
	ck_assert_uint_eq(find(199)->bytes, 1000);
}
END_TEST

UNIT_MAIN("ledger", bytes_add_up_by_neighbour, bytes_do_not_wrap,
    least_is_forgotten_of_too_many, who_sent_a_bad_block_is_not_forgotten)
