#include "test/unit/track_duty_help.h"
#include "wire/receipt.h"

/* As a new reader. */
static void
read_all(void)
{
	version = 0;
	memset(&ros, 0, sizeof(ros));
	ck_assert_uint_gt(read_roster(), 0);
}

START_TEST(private_addresses_are_told_to_their_kind_only)
{
	start();
	join("127.0.0.1", 1, 0);
	join("192.168.0.7", 2, 0);
	wake(0);
	read_roster();
	ck_assert_uint_eq(ros.n, 2);
	ck_assert_uint_eq(ros.entries[0].addr.family, 4);
	ck_assert_uint_eq(ros.entries[1].addr.family, 4);
	/* who reads need not be a viewer */
	reader = ip("192.168.0.99");
	read_all();
	ck_assert_uint_eq(ros.entries[0].addr.family, 0);
	ck_assert_uint_eq(ros.entries[1].addr.family, 4);
	reader = ip("5.6.7.8");
	read_all();
	ck_assert_uint_eq(ros.n, 2);
	ck_assert_uint_eq(ros.entries[0].addr.family, 0);
	ck_assert_uint_eq(ros.entries[1].addr.family, 0);
	/* a change hides as well */
	join("5.0.0.1", 3, 2 * SP_S);
	join("192.168.0.8", 4, 2 * SP_S);
	wake(2 * SP_S);
	read_roster();
	ck_assert_uint_eq(ros.n, 4);
	ck_assert_uint_eq(ros.entries[1].addr.family, 0);
	ck_assert_uint_eq(ros.entries[2].addr.family, 4);
	ck_assert_uint_eq(ros.entries[3].addr.family, 0);
	leave("192.168.0.8", 4, 3 * SP_S);
	/* they stay members, and are found when they go */
	leave("192.168.0.7", 2, 4 * SP_S);
	wake(4 * SP_S);
	read_roster();
	ck_assert_uint_eq(ros.n, 2);
	tear_down();
	set_up();
	conf.registry.lan = SCOPE_LAN_YES;
	reader = ip("5.6.7.8");
	ck_assert_int_eq(track_new(&track, &conf, &fm.mem, 1, 0), 0);
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish(0), 0);
	join("127.0.0.1", 1, 0);
	join("5.0.0.1", 3, 0);
	wake(0);
	read_roster();
	ck_assert_uint_eq(ros.entries[0].addr.family, 4);
	tear_down();
}
END_TEST

/* Viewer |k| of those who can sign, at 6.0.k.9. */
static struct tw_announce
signing(unsigned k, uint8_t sk[HASH_SK_LEN], uint8_t pk[HASH_PK_LEN])
{
	uint8_t secret[HASH_SEED_LEN] = { (uint8_t)k, 3 };
	struct tw_announce a = viewer(k);

	hash_keypair(pk, sk, secret);
	ck_assert_int_eq(receipt_peerid(a.peer_id, pk), 0);
	return a;
}

static void
announce_twelve(sp_time now)
{
	uint8_t sk[HASH_SK_LEN], pk[HASH_PK_LEN];
	struct tw_announce a;
	char text[32];

	for (unsigned k = 0; k < 12; k++) {
		a = signing(k, sk, pk);
		a.up_kbps = 16000;
		a.reachable = true;
		log_format(text, sizeof(text), "6.0.%u.9", k);
		announce(text, &a, now);
	}
}

static int
by_id(const void *x, const void *y)
{
	return memcmp(x, y, LINK_PEERID_LEN);
}

/* Of |k|, about |whom|. */
static int
receipt(unsigned k, unsigned whom, uint32_t bytes, uint8_t flags, sp_time now)
{
	uint8_t sk[HASH_SK_LEN], none[HASH_SK_LEN], pk[HASH_PK_LEN];
	struct receipt r = { .slice = 100, .slices = 3 };
	struct sp_addr from = ip("6.0.0.9");
	struct tw_announce a;
	int rv;

	/* who gives something has given the same to 8 and 9 */
	for (; r.n < (bytes > 0 ? 3 : 1); r.n++) {
		a = signing(r.n == 0 ? whom : 7U + r.n, none, pk);
		memcpy(r.entries[r.n].peer_id, a.peer_id, LINK_PEERID_LEN);
		r.entries[r.n].bytes = bytes;
	}
	r.entries[0].flags = flags;
	qsort(r.entries, r.n, sizeof(r.entries[0]), by_id);
	memcpy(r.info_hash, seed.info_hash, LINK_INFOHASH_LEN);
	signing(k, sk, r.key);
	from.ip[2] = (uint8_t)k;
	buf_reset(&b);
	receipt_seal(&b, &r, sk);
	rv = track_receipts(track, seed.info_hash, b.p, b.len, &from, now);
	return rv;
}

START_TEST(receipts_move_weights_and_strikes_put_out)
{
	uint8_t sk[HASH_SK_LEN], pk[HASH_PK_LEN];
	struct tw_announce a;
	struct track_stats st;
	uint32_t before;
	int at;

	set_up();
	ck_assert_int_eq(track_new(&track, &conf, &fm.mem, 1, 0), 0);
	signer_manifest(&seed, &body);
	signer_record(&seed, &body, 0, 1, 1000000, 0);
	ck_assert_int_eq(publish(0), 0);
	announce_twelve(0);
	wake(0);
	read_roster();
	ck_assert_uint_eq(ros.n, 12);
	announce_twelve(50 * SP_S);
	announce_twelve(100 * SP_S);
	for (unsigned k = 2; k < 8; k++)
		ck_assert_int_eq(receipt(k, 0, 10000000,
				     k == 3 ? RECEIPT_BAD : 0, 160 * SP_S),
		    0);
	ck_assert_int_eq(receipt(8, 1, 0, RECEIPT_BAD, 191 * SP_S), 0);
	ck_assert_int_eq(receipt(9, 1, 0, RECEIPT_BAD, 191 * SP_S), 0);
	ck_assert_int_eq(receipt(9, 1, 0, 0, 191 * SP_S), SP_ERR_STALE);
	/* announces keep them; the first one's score is settled by it */
	announce_twelve(201 * SP_S);
	wake(201 * SP_S);
	read_roster();
	ck_assert_uint_eq(ros.n, 11);
	a = signing(1, sk, pk);
	ck_assert_int_lt(roster_find(&ros, a.peer_id), 0);
	a = signing(2, sk, pk);
	at = roster_find(&ros, a.peer_id);
	ck_assert_int_ge(at, 0);
	before = ros.entries[at].weight;
	a = signing(0, sk, pk);
	at = roster_find(&ros, a.peer_id);
	ck_assert_int_ge(at, 0);
	ck_assert_uint_ge(ros.entries[at].weight, before * 3 / 2);
	track_stats(track, &st);
	ck_assert_uint_eq(st.receipts, 9);
	ck_assert_uint_eq(st.receipt_errors, 1);
	ck_assert_int_eq(track_receipts(track, a.peer_id, b.p, b.len,
			     &(struct sp_addr){ 0 }, 202 * SP_S),
	    SP_ERR_NOTFOUND);
	tear_down();
}
END_TEST

START_TEST(an_address_is_known_by_its_last_name_only)
{
	uint8_t sk[HASH_SK_LEN], pk[HASH_PK_LEN];
	struct tw_announce a;

	set_up();
	conf.registry.max_peers = 8;
	ck_assert_int_eq(track_new(&track, &conf, &fm.mem, 1, 0), 0);
	signer_manifest(&seed, &body);
	signer_record(&seed, &body, 0, 1, 1000000, 0);
	ck_assert_int_eq(publish(0), 0);
	for (unsigned k = 100; k < 200; k++) {
		a = signing(k, sk, pk);
		a.port = 7;
		announce("9.9.9.9", &a, SP_S);
	}
	/* there is room for who comes now */
	a = signing(2, sk, pk);
	announce("6.0.2.9", &a, 2 * SP_S);
	ck_assert_int_eq(receipt(2, 0, 1000, 0, 3 * SP_S), 0);
	tear_down();
}
END_TEST

UNIT_MAIN("track_roster", private_addresses_are_told_to_their_kind_only,
    receipts_move_weights_and_strikes_put_out,
    an_address_is_known_by_its_last_name_only)
