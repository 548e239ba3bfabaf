/*
 * The input is the value of a head: u64 seq, then what a channel has signed.
 * What is taken is in range, and written again gives the same value when there
 * were no unknown keys; an item that is merged is there.
 */

#include "test/fuzz/fuzz.h"
#include "wire/head.h"

static uint8_t pk[HASH_PK_LEN], sk[HASH_SK_LEN];

static void
sign(struct head_item *it)
{
	uint8_t room[2 * LIM_HEAD];
	struct sp_buf b;

	buf_wrap(&b, room, sizeof(room));
	head_signed(&b, HEAD_SALT, strlen(HEAD_SALT), it->seq, it->v, it->len);
	FUZZ_CHECK(b.err == 0);
	hash_sign_plain(it->sig, sk, b.p, b.len);
}

static void
check(const struct head *h)
{
	FUZZ_CHECK(h->n_pieces <= LIM_HEAD_PIECES);
	FUZZ_CHECK(h->n_peers <= LIM_HEAD_PEERS);
	FUZZ_CHECK(h->n_trackers <= LIM_HEAD_URLS);
	FUZZ_CHECK(h->n_origins <= LIM_HEAD_URLS);
	for (size_t i = 0; i < h->n_pieces; i++)
		FUZZ_CHECK(h->pieces[i].track < LIM_TRACKS &&
			   h->pieces[i].number < LIM_NUMBER);
	for (size_t i = 0; i < h->n_peers; i++)
		FUZZ_CHECK(!addr_is_bogus(&h->peers[i]));
	for (size_t i = 0; i < h->n_trackers; i++)
		FUZZ_CHECK(h->trackers[i].len > 7);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const uint8_t seed[HASH_SEED_LEN] = { 1 };
	struct head_item it = { 0 }, again, have = { 0 };
	struct sp_rd rd = buf_rd(p, len);
	struct head h, h2;

	if (len < 8 || len - 8 > LIM_HEAD)
		return 0;
	hash_keypair(pk, sk, seed);
	it.seq = (int64_t)buf_get_u64(&rd);
	it.len = len - 8;
	memcpy(it.v, p + 8, it.len);
	FUZZ_CHECK(head_open(&h, &it, pk) < 0); /* it is not signed */
	sign(&it);
	if (head_open(&h, &it, pk) < 0) {
		FUZZ_CHECK(head_merge(&have, &it, pk) < 0 && have.seq == 0);
		return 0;
	}
	check(&h);
	FUZZ_CHECK(head_seal(&again, &h, it.seq, sk) == 0);
	FUZZ_CHECK(again.len <= it.len);
	FUZZ_CHECK(head_open(&h2, &again, pk) == 0);
	check(&h2);
	FUZZ_CHECK(again.len != it.len || memcmp(again.v, it.v, it.len) == 0);
	FUZZ_CHECK(head_merge(&have, &it, pk) == 0 && have.seq == it.seq);
	FUZZ_CHECK(head_merge(&have, &it, pk) == SP_ERR_EXISTS);
	return 0;
}
