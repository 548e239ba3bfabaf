/*
 * The input is a manifest's dictionary, which the target signs with a key of
 * its own (a fuzzer cannot); k, if it is that key's place, is filled in. What
 * opens can be sealed, and that opens to the same. The input is also opened
 * as it is.
 */

#include "test/fuzz/fuzz.h"
#include "wire/bencode.h"
#include "wire/manifest.h"

static uint8_t pk[HASH_PK_LEN], sk[HASH_SK_LEN];

static void
sign(struct sp_buf *b, const uint8_t *p, size_t len)
{
	struct sp_buf raw;
	struct bcur root;
	const uint8_t *k;
	size_t n;
	uint8_t sig[HASH_SIG_LEN];

	buf_init(&raw, &heap_mem, len);
	buf_put(&raw, p, len);
	root = bencode_root(raw.p, raw.len);
	if (bencode_get_str(&root, "k", &k, &n) && n == HASH_PK_LEN)
		memcpy(raw.p + (k - raw.p), pk, HASH_PK_LEN);
	hash_sign(sig, sk, "spate manifest 1", raw.p, raw.len);
	bencode_put_dict(b);
	bencode_put_cstr(b, "m");
	buf_put(b, raw.p, raw.len);
	bencode_put_cstr(b, "s");
	bencode_put_str(b, sig, sizeof(sig));
	bencode_put_end(b);
	buf_fini(&raw);
}

static void
check(const uint8_t *p, size_t len)
{
	static struct manifest m, again;
	struct sp_buf b, b2;

	if (manifest_open(&m, p, len, NULL) < 0)
		return;
	memcpy(m.pk, pk, sizeof(pk));
	buf_init(&b, &heap_mem, LIM_ENVELOPE);
	buf_init(&b2, &heap_mem, LIM_ENVELOPE);
	FUZZ_CHECK(manifest_seal(&b, &m, sk) == 0);
	FUZZ_CHECK(manifest_open(&again, b.p, b.len, pk) == 0);
	FUZZ_CHECK(manifest_seal(&b2, &again, sk) == 0);
	FUZZ_CHECK(b.len == b2.len && memcmp(b.p, b2.p, b.len) == 0);
	/* Unknown keys are dropped, nothing else. */
	FUZZ_CHECK(b.len <= len);
	buf_fini(&b);
	buf_fini(&b2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const uint8_t seed[HASH_SEED_LEN] = { 9 };
	struct sp_buf b;

	hash_setup();
	hash_keypair(pk, sk, seed);
	check(p, len);
	if (bencode_check(p, len, true) < 0 || len > LIM_MANIFEST)
		return 0;
	buf_init(&b, &heap_mem, LIM_ENVELOPE);
	sign(&b, p, len);
	check(b.p, b.len);
	buf_fini(&b);
	return 0;
}
