/*
 * A record that is decoded can be encoded, and that decodes to the same; the
 * bytes are the same unless there are unknown keys, which encoding drops. The
 * same for envelopes. The input is taken as a record and as an envelope.
 */

#include "test/fuzz/fuzz.h"
#include "wire/bencode.h"
#include "wire/record.h"

static bool
has_unknown_key(const uint8_t *p, size_t len)
{
	struct bcur root = bencode_root(p, len), k, v;
	const uint8_t *s;
	size_t it = 0, n;

	while (bencode_next(&root, &it, &k, &v)) {
		FUZZ_CHECK(bencode_str(&k, &s, &n));
		if (n != 1 || memchr("adefiklmnopqrtux", s[0], 16) == NULL)
			return true;
	}
	return false;
}

static void
check_record(const uint8_t *p, size_t len)
{
	struct record r, again;
	struct sp_buf b, b2;

	if (record_decode(&r, p, len) < 0)
		return;
	FUZZ_CHECK(record_blocks(&r) <= LIM_PIECE_BLOCKS);
	if (r.length > 0)
		FUZZ_CHECK(record_block_len(&r, record_blocks(&r) - 1) > 0);
	buf_init(&b, &heap_mem, LIM_RECORD);
	buf_init(&b2, &heap_mem, LIM_RECORD);
	FUZZ_CHECK(record_encode(&b, &r) == 0);
	if (!has_unknown_key(p, len))
		FUZZ_CHECK(b.len == len && memcmp(b.p, p, len) == 0);
	FUZZ_CHECK(record_decode(&again, b.p, b.len) == 0);
	FUZZ_CHECK(record_encode(&b2, &again) == 0);
	FUZZ_CHECK(b.len == b2.len && memcmp(b.p, b2.p, b.len) == 0);
	buf_fini(&b);
	buf_fini(&b2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const uint8_t seed[HASH_SEED_LEN] = { 7 };
	uint8_t pk[HASH_PK_LEN], sk[HASH_SK_LEN], digest[HASH_LEN];
	struct record_env env;
	struct sp_buf b;

	check_record(p, len);
	if (record_open(&env, p, len) < 0)
		return 0;
	hash_setup();
	hash_keypair(pk, sk, seed);
	check_record(env.raw, env.raw_len);
	record_digest(digest, &env);
	buf_init(&b, &heap_mem, LIM_ENVELOPE);
	FUZZ_CHECK(
	    record_seal(&b, &env.rec, env.leaves, env.n_leaves, sk) == 0);
	/* The signature is deterministic: the same key gives the same bytes. */
	if (record_verify(&env, pk) == 0 &&
	    !has_unknown_key(env.raw, env.raw_len))
		FUZZ_CHECK(b.len == len && memcmp(b.p, p, len) == 0);
	FUZZ_CHECK(record_open(&env, b.p, b.len) == 0);
	FUZZ_CHECK(record_verify(&env, pk) == 0);
	buf_fini(&b);
	return 0;
}
