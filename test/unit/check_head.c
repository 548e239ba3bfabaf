#include "wire/head.h"

#include "test/unit/unit.h"
#include "wire/manifest.h"

static uint8_t pk[HASH_PK_LEN], sk[HASH_SK_LEN];
static struct head h, back;
static struct head_item it;

static struct head_text
text(const char *s)
{
	return (struct head_text){ s, strlen(s) };
}

/* Two pieces, two trackers, one origin, two peers. */
static void
setup(void)
{
	static const uint8_t seed[HASH_SEED_LEN] = { 9 };

	hash_keypair(pk, sk, seed);
	memset(&h, 0, sizeof(h));
	h.epoch = 3;
	h.serial = 1700000000;
	memset(h.manifest, 0xab, HASH_LEN);
	h.n_pieces = 2;
	h.pieces[0].number = 42;
	memset(h.pieces[0].digest, 1, HASH_LEN);
	h.pieces[1].track = 5;
	h.pieces[1].number = LIM_NUMBER - 1;
	memset(h.pieces[1].digest, 2, HASH_LEN);
	h.n_trackers = 2;
	h.trackers[0] = text("http://a.example/announce");
	h.trackers[1] = text("https://b.example/announce");
	h.n_origins = 1;
	h.origins[0] = text("https://cdn.example/live/");
	h.n_peers = 2;
	h.peers[0] = addr_make(4, "\xc0\0\2\1", 6881);
	h.peers[1] =
	    addr_make(6, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 6882);
	ck_assert_int_eq(head_seal(&it, &h, 1000, sk), 0);
}

/* The item with the value |v|, rightly signed. */
static int
open_value(const char *v, size_t len)
{
	uint8_t room[2 * LIM_HEAD];
	struct sp_buf b;

	ck_assert_uint_le(len, sizeof(it.v));
	it.seq = 7;
	it.len = len;
	memcpy(it.v, v, len);
	buf_wrap(&b, room, sizeof(room));
	head_signed(&b, HEAD_SALT, 4, it.seq, it.v, it.len);
	ck_assert_int_eq(b.err, 0);
	hash_sign_plain(it.sig, sk, b.p, b.len);
	return head_open(&back, &it, pk);
}

#define OPEN(s) open_value(s, sizeof(s) - 1)

/* ---- what BEP 44 has signed; vectors of its section "test vectors" ---- */

static const char bep44_pk[] =
    "77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548";

static void
vector(const char *salt, const char *want, const char *sig_hex)
{
	uint8_t room[256], key[HASH_PK_LEN], sig[HASH_SIG_LEN];
	struct sp_buf b;

	buf_wrap(&b, room, sizeof(room));
	head_signed(&b, salt, strlen(salt), 1, "12:Hello World!", 15);
	ck_assert_int_eq(b.err, 0);
	ck_assert_uint_eq(b.len, strlen(want));
	ck_assert_mem_eq(b.p, want, b.len);
	ck_assert_int_eq(buf_unhex(key, sizeof(key), bep44_pk, 64), 0);
	ck_assert_int_eq(buf_unhex(sig, sizeof(sig), sig_hex, 128), 0);
	ck_assert_int_eq(hash_verify_plain(sig, key, b.p, b.len), 0);
	b.p[b.len - 1] ^= 1;
	ck_assert_int_eq(hash_verify_plain(sig, key, b.p, b.len), SP_ERR_SIG);
}

START_TEST(bep_44_test_1_without_salt)
{
	vector("", "3:seqi1e1:v12:Hello World!",
	    "305ac8aeb6c9c151fa120f120ea2cfb923564e11552d06a5d856091e5e853cff"
	    "1260d3f39e4999684aa92eb73ffd136e6f4f3ecbfda0ce53a1608ecd7ae21f01");
}
END_TEST

START_TEST(bep_44_test_2_with_salt)
{
	vector("foobar", "4:salt6:foobar3:seqi1e1:v12:Hello World!",
	    "6834284b6b24c3204eb2fea824d82f88883a3d95e8b4a21b8c0ded553d17d17d"
	    "df9a8a7104b1258f30bed3787e6cb896fca78c58f8e03b5f18f14951a87d9a08");
}
END_TEST

START_TEST(salt_has_a_longest_length)
{
	uint8_t room[256], salt[HEAD_SALT_MAX + 1] = { 0 };
	struct sp_buf b;

	buf_wrap(&b, room, sizeof(room));
	head_signed(&b, salt, HEAD_SALT_MAX, 1, "i1e", 3);
	ck_assert_int_eq(b.err, 0);
	buf_wrap(&b, room, sizeof(room));
	head_signed(&b, salt, sizeof(salt), 1, "i1e", 3);
	ck_assert_int_eq(b.err, SP_ERR_ARG);
}
END_TEST

/* ---- sealing and opening ---- */

START_TEST(what_is_sealed_is_read_again)
{
	setup();
	ck_assert_int_eq(head_open(&back, &it, pk), 0);
	ck_assert_uint_eq(back.epoch, 3);
	ck_assert_uint_eq(back.serial, 1700000000);
	ck_assert_mem_eq(back.manifest, h.manifest, HASH_LEN);
	ck_assert_uint_eq(back.n_pieces, 2);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_uint_eq(back.pieces[i].track, h.pieces[i].track);
		ck_assert_uint_eq(back.pieces[i].number, h.pieces[i].number);
		ck_assert_mem_eq(back.pieces[i].digest, h.pieces[i].digest,
		    HASH_LEN);
		ck_assert(addr_eq(&back.peers[i], &h.peers[i]));
		ck_assert_uint_eq(back.trackers[i].len, h.trackers[i].len);
		ck_assert_mem_eq(back.trackers[i].p, h.trackers[i].p,
		    h.trackers[i].len);
	}
	ck_assert_uint_eq(back.n_trackers, 2);
	ck_assert_uint_eq(back.n_origins, 1);
	ck_assert_mem_eq(back.origins[0].p, h.origins[0].p, h.origins[0].len);
	ck_assert_uint_eq(back.n_peers, 2);
}
END_TEST

START_TEST(nothing_at_all_is_a_head)
{
	setup();
	memset(&h, 0, sizeof(h));
	ck_assert_int_eq(head_seal(&it, &h, 1, sk), 0);
	ck_assert_uint_eq(it.len, 8);
	ck_assert_mem_eq(it.v, "d1:vi1ee", 8);
	ck_assert_int_eq(head_open(&back, &it, pk), 0);
}
END_TEST

START_TEST(no_byte_can_be_changed)
{
	setup();
	for (size_t i = 0; i < it.len; i++) {
		it.v[i] ^= 1;
		ck_assert_int_eq(head_open(&back, &it, pk), SP_ERR_SIG);
		it.v[i] ^= 1;
	}
	for (size_t i = 0; i < HASH_SIG_LEN; i++) {
		it.sig[i] ^= 1;
		ck_assert_int_eq(head_open(&back, &it, pk), SP_ERR_SIG);
		it.sig[i] ^= 1;
	}
	it.seq++;
	ck_assert_int_eq(head_open(&back, &it, pk), SP_ERR_SIG);
	it.seq--;
	it.len--;
	ck_assert_int_eq(head_open(&back, &it, pk), SP_ERR_SIG);
	it.len++;
	ck_assert_int_eq(head_open(&back, &it, pk), 0);
	pk[0] ^= 1;
	ck_assert_int_eq(head_open(&back, &it, pk), SP_ERR_SIG);
}
END_TEST

START_TEST(what_does_not_fit_is_left_out)
{
	static char url[4][LIM_HEAD];

	setup();
	h.n_trackers = h.n_origins = h.n_peers = h.n_pieces = 4;
	for (unsigned i = 0; i < 4; i++) {
		/* 300 bytes each: one origin, one tracker, both peers */
		memset(url[i], 'x', 300);
		memcpy(url[i], "http://a/", 9);
		url[i][8] = (char)('0' + i);
		h.trackers[i] = (struct head_text){ url[i], 300 };
		h.origins[i] = h.trackers[i];
		h.peers[i] = h.peers[0];
		h.pieces[i].track = (uint8_t)i;
	}
	ck_assert_int_eq(head_seal(&it, &h, 1, sk), 0);
	ck_assert_uint_le(it.len, LIM_HEAD);
	ck_assert_int_eq(head_open(&back, &it, pk), 0);
	ck_assert_uint_eq(back.n_trackers, 1);
	ck_assert_uint_eq(back.n_origins, 1);
	ck_assert_uint_eq(back.n_peers, 4);
	ck_assert_uint_eq(back.n_pieces, 4);
	ck_assert_mem_eq(back.trackers[0].p, url[0], 300);
	/* a tracker that leaves no room for anything else */
	h.n_trackers = 1;
	h.trackers[0].len = 900;
	memset(url[0] + 300, 'y', 600);
	ck_assert_int_eq(head_seal(&it, &h, 1, sk), 0);
	ck_assert_int_eq(head_open(&back, &it, pk), 0);
	ck_assert_uint_eq(back.n_trackers, 0);
	ck_assert_uint_eq(back.n_pieces, 1);
	ck_assert_uint_eq(back.epoch, 3);
}
END_TEST

START_TEST(what_would_not_be_taken_is_not_sealed)
{
	setup();
	ck_assert_int_eq(head_seal(&it, &h, 0, sk), SP_ERR_ARG);
	ck_assert_int_eq(head_seal(&it, &h, -1, sk), SP_ERR_ARG);
	ck_assert_int_eq(head_seal(&it, &h, LIM_AVAIL_MS + 1, sk), SP_ERR_ARG);
	ck_assert_int_eq(head_seal(&it, &h, LIM_AVAIL_MS, sk), 0);
	h.pieces[1].track = 0;
	ck_assert_int_eq(head_seal(&it, &h, 1, sk), SP_ERR_ARG);
	h.pieces[1].track = LIM_TRACKS;
	ck_assert_int_eq(head_seal(&it, &h, 1, sk), SP_ERR_ARG);
	h.pieces[1].track = 1;
	h.pieces[1].number = LIM_NUMBER;
	ck_assert_int_eq(head_seal(&it, &h, 1, sk), SP_ERR_ARG);
	h.pieces[1].number = 1;
	h.trackers[1] = text("udp://a.example/");
	ck_assert_int_eq(head_seal(&it, &h, 1, sk), SP_ERR_ARG);
	h.trackers[1] = h.trackers[0];
	h.peers[1].port = 0;
	ck_assert_int_eq(head_seal(&it, &h, 1, sk), SP_ERR_ARG);
	h.n_peers = LIM_HEAD_PEERS + 1;
	ck_assert_int_eq(head_seal(&it, &h, 1, sk), SP_ERR_ARG);
	h.n_peers = 0;
	h.serial = (uint64_t)INT64_MAX + 1;
	ck_assert_int_eq(head_seal(&it, &h, 1, sk), SP_ERR_ARG);
	h.serial = INT64_MAX;
	ck_assert_int_eq(head_seal(&it, &h, 1, sk), 0);
}
END_TEST

START_TEST(value_must_have_its_form)
{
	setup();
	ck_assert_int_eq(OPEN("d1:vi1ee"), 0);
	ck_assert_int_eq(OPEN("d1:vi2ee"), SP_ERR_UNSUPPORTED);
	ck_assert_int_eq(OPEN("de"), SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN("le"), SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN("i1e"), SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN(""), SP_ERR_SHORT);
	ck_assert_int_eq(OPEN("d1:vi1e"), SP_ERR_SHORT);
	ck_assert_int_eq(OPEN("d1:vi1eex"), SP_ERR_SYNTAX);
	/* unknown keys, but in their order */
	ck_assert_int_eq(OPEN("d1:vi1e1:zi5ee"), 0);
	ck_assert_int_eq(OPEN("d2:aai5e1:vi1ee"), 0);
	ck_assert_int_eq(OPEN("d1:zi5e1:vi1ee"), SP_ERR_CANON);
	ck_assert_int_eq(OPEN("d1:vi1e1:vi1ee"), SP_ERR_CANON);
	/* what is 0 or empty is left out */
	ck_assert_int_eq(OPEN("d1:ei0e1:vi1ee"), SP_ERR_CANON);
	ck_assert_int_eq(OPEN("d1:si0e1:vi1ee"), SP_ERR_CANON);
	ck_assert_int_eq(OPEN("d1:ule1:vi1ee"), SP_ERR_CANON);
	ck_assert_int_eq(OPEN("d1:m32:\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			      "\0\0\0\0\0\0\0\0\0\0\0\0001:vi1ee"),
	    SP_ERR_CANON);
	/* types and ranges */
	ck_assert_int_eq(OPEN("d1:e1:x1:vi1ee"), SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN("d1:ei-1e1:vi1ee"), SP_ERR_RANGE);
	ck_assert_int_eq(OPEN("d1:ei4294967296e1:vi1ee"), SP_ERR_RANGE);
	ck_assert_int_eq(OPEN("d1:m2:xx1:vi1ee"), SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN("d1:u1:x1:vi1ee"), SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN("d1:uli1ee1:vi1ee"), SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN("d1:ul10:http://a/be1:vi1ee"), 0);
	ck_assert_int_eq(OPEN("d1:ul10:http://a\nbe1:vi1ee"), SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN("d1:ul4:ftp:e1:vi1ee"), SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN("d1:ul8:http://a8:http://b8:http://c8:http://d"
			      "8:http://ee1:vi1ee"),
	    SP_ERR_TOOBIG);
}
END_TEST

START_TEST(peers_and_pieces_must_have_theirs)
{
#define DIGEST "dddddddddddddddddddddddddddddddd"
	setup();
	ck_assert_int_eq(OPEN("d1:al6:\xc0\0\2\1\1\1e1:vi1ee"), 0);
	ck_assert_int_eq(OPEN("d1:al6:\xc0\0\2\1\0\0e1:vi1ee"), SP_ERR_RANGE);
	ck_assert_int_eq(OPEN("d1:al6:\0\0\0\0\1\1e1:vi1ee"), SP_ERR_RANGE);
	ck_assert_int_eq(OPEN("d1:al5:\xc0\0\2\1\1e1:vi1ee"), SP_ERR_SYNTAX);
	/* IPv4 in the form of IPv6 */
	ck_assert_int_eq(OPEN("d1:al18:\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1"
			      "\1\1e1:vi1ee"),
	    SP_ERR_CANON);
	ck_assert_int_eq(OPEN("d1:nl41:\0\0\0\0\0\0\0\0\5" DIGEST "e1:vi1ee"),
	    0);
	ck_assert_uint_eq(back.pieces[0].number, 5);
	ck_assert_int_eq(OPEN("d1:nl41:\x20\0\0\0\0\0\0\0\5" DIGEST "e1:vi1ee"),
	    SP_ERR_RANGE);
	ck_assert_int_eq(OPEN("d1:nl41:\0\1\0\0\0\0\0\0\5" DIGEST "e1:vi1ee"),
	    SP_ERR_RANGE);
	ck_assert_int_eq(OPEN("d1:nl40:\0\0\0\0\0\0\0\5" DIGEST "e1:vi1ee"),
	    SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN("d1:nl41:\1\0\0\0\0\0\0\0\5" DIGEST
			      "41:\0\0\0\0\0\0\0\0\5" DIGEST "e1:vi1ee"),
	    SP_ERR_CANON);
}
END_TEST

START_TEST(item_itself_is_checked_before_its_signature)
{
	setup();
	it.len = LIM_HEAD + 1;
	ck_assert_int_eq(head_open(&back, &it, pk), SP_ERR_TOOBIG);
	setup();
	it.seq = 0;
	ck_assert_int_eq(head_open(&back, &it, pk), SP_ERR_RANGE);
	it.seq = LIM_AVAIL_MS + 1;
	ck_assert_int_eq(head_open(&back, &it, pk), SP_ERR_RANGE);
}
END_TEST

/* ---- which one counts ---- */

START_TEST(newer_one_counts_and_nothing_forged)
{
	struct head_item have = { 0 }, in;

	setup();
	ck_assert_int_eq(head_merge(&have, &it, pk), 0);
	ck_assert_int_eq(have.seq, 1000);
	ck_assert_int_eq(head_merge(&have, &it, pk), SP_ERR_EXISTS);
	h.epoch = 4;
	ck_assert_int_eq(head_seal(&in, &h, 999, sk), 0);
	ck_assert_int_eq(head_merge(&have, &in, pk), SP_ERR_STALE);
	ck_assert_int_eq(head_seal(&in, &h, 1000, sk), 0);
	ck_assert_int_eq(head_merge(&have, &in, pk), SP_ERR_EQUIV);
	ck_assert_int_eq(head_seal(&in, &h, 1001, sk), 0);
	in.sig[5] ^= 1;
	ck_assert_int_eq(head_merge(&have, &in, pk), SP_ERR_SIG);
	ck_assert_mem_eq(&have, &it, sizeof(it));
	in.sig[5] ^= 1;
	ck_assert_int_eq(head_merge(&have, &in, pk), 0);
	ck_assert_int_eq(have.seq, 1001);
	/* what is not a head, though the channel has signed it */
	OPEN("d1:vi2ee");
	have.seq = 1;
	ck_assert_int_eq(head_merge(&have, &it, pk), SP_ERR_UNSUPPORTED);
	ck_assert_int_eq(have.seq, 1);
}
END_TEST

START_TEST(seq_grows_whatever_the_clock_does)
{
	ck_assert_int_eq(head_next(0, 1700000000000), 1700000000000);
	ck_assert_int_eq(head_next(1700000000000, 1700000000000),
	    1700000000001);
	ck_assert_int_eq(head_next(1700000000000, 5), 1700000000001);
	ck_assert_int_eq(head_next(0, -5), 1);
	ck_assert_int_eq(head_next(0, INT64_MAX), LIM_AVAIL_MS);
	ck_assert_int_eq(head_next(LIM_AVAIL_MS, 5), SP_ERR_FULL);
}
END_TEST

START_TEST(digest_of_a_manifest_is_that_of_what_is_signed)
{
	static struct manifest m;
	uint8_t got[HASH_LEN], want[HASH_LEN];
	struct failmem fm;
	struct sp_buf b;

	setup();
	failmem_init(&fm);
	buf_init(&b, &fm.mem, LIM_ENVELOPE);
	memcpy(m.pk, pk, sizeof(m.pk));
	ck_assert_int_eq(manifest_seal(&b, &m, sk), 0);
	/* d1:m <dictionary> 1:s64:<signature> e */
	hash_sha256(want, b.p + 4, b.len - 4 - 6 - HASH_SIG_LEN - 1);
	ck_assert_int_eq(manifest_digest(got, b.p, b.len), 0);
	ck_assert_mem_eq(got, want, HASH_LEN);
	ck_assert_int_eq(manifest_digest(got, b.p, b.len - 1), SP_ERR_SHORT);
	buf_fini(&b);
	failmem_check(&fm);
}
END_TEST

UNIT_MAIN("head", bep_44_test_1_without_salt, bep_44_test_2_with_salt,
    salt_has_a_longest_length, what_is_sealed_is_read_again,
    nothing_at_all_is_a_head, no_byte_can_be_changed,
    what_does_not_fit_is_left_out, what_would_not_be_taken_is_not_sealed,
    value_must_have_its_form, peers_and_pieces_must_have_theirs,
    item_itself_is_checked_before_its_signature,
    newer_one_counts_and_nothing_forged, seq_grows_whatever_the_clock_does,
    digest_of_a_manifest_is_that_of_what_is_signed)
