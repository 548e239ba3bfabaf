/*
 * The input is an item of files as a manifest has it, which is signed anew.
 * What is taken is in range, and written again gives the same value when there
 * were no unknown keys; its magnet link is one.
 */

#include "test/fuzz/fuzz.h"
#include "wire/bencode.h"
#include "wire/fileitem.h"

static uint8_t pk[HASH_PK_LEN], sk[HASH_SK_LEN];

static void
sign(struct head_item *it)
{
	uint8_t room[2 * LIM_HEAD];
	struct sp_buf b;

	buf_wrap(&b, room, sizeof(room));
	head_signed(&b, FILEITEM_SALT, strlen(FILEITEM_SALT), it->seq, it->v,
	    it->len);
	FUZZ_CHECK(b.err == 0);
	hash_sign_plain(it->sig, sk, b.p, b.len);
}

static void
check(const struct fileitem *f)
{
	uint8_t room[8 * LIM_HEAD];
	struct sp_buf b;

	FUZZ_CHECK(f->n_peers <= LIM_HEAD_PEERS);
	FUZZ_CHECK(f->n_trackers <= LIM_HEAD_URLS);
	FUZZ_CHECK(f->n_seeds <= LIM_HEAD_URLS);
	FUZZ_CHECK(f->name.len <= LIM_TITLE);
	for (size_t i = 0; i < f->n_peers; i++)
		FUZZ_CHECK(!addr_is_bogus(&f->peers[i]));
	buf_wrap(&b, room, sizeof(room));
	fileitem_magnet(&b, f);
	FUZZ_CHECK(b.err == 0);
	for (size_t i = 0; i < b.len; i++)
		FUZZ_CHECK(b.p[i] > ' ' && b.p[i] < 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const uint8_t seed[HASH_SEED_LEN] = { 1 };
	struct head_item it, again, have = { 0 };
	struct fileitem f, f2;
	struct bcur root, v;

	if (fileitem_unpack(&it, p, len) < 0)
		return 0;
	hash_keypair(pk, sk, seed);
	FUZZ_CHECK(fileitem_open(&f, &it, pk) < 0); /* it is not signed */
	sign(&it);
	if (fileitem_open(&f, &it, pk) < 0) {
		FUZZ_CHECK(fileitem_merge(&have, &it, pk) < 0 && have.seq == 0);
		return 0;
	}
	check(&f);
	root = bencode_root(it.v, it.len);
	FUZZ_CHECK(fileitem_seal(&again, &f, it.seq, sk) == 0);
	FUZZ_CHECK(fileitem_open(&f2, &again, pk) == 0);
	check(&f2);
	FUZZ_CHECK(memcmp(f.id, f2.id, sizeof(f.id)) == 0);
	/* another client's has no version, and gets one */
	FUZZ_CHECK(!bencode_get(&root, "v", &v) || again.len < it.len ||
		   memcmp(again.v, it.v, it.len) == 0);
	FUZZ_CHECK(fileitem_merge(&have, &it, pk) == 0 && have.seq == it.seq);
	FUZZ_CHECK(fileitem_merge(&have, &it, pk) == SP_ERR_EXISTS);
	return 0;
}
