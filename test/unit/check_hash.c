#include "base/hash.h"
#include "base/buf.h"
#include "base/rng.h"
#include "test/unit/unit.h"

#include <sodium.h>

/* FIPS 180-4 examples, as NIST publishes them. */
static const struct {
	const char *in, *out;
} fips[] = {
	{ "", "e3b0c44298fc1c149afbf4c8996fb924"
	      "27ae41e4649b934ca495991b7852b855" },
	{ "abc", "ba7816bf8f01cfea414140de5dae2223"
		 "b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	    "248d6a61d20638b8e5c026930c3e6039"
	    "a33ce45964ff2167f6ecedd419db06c1" },
	{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
	  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
	    "cf5b16a778af8380036ce59e7b049237"
	    "0b249b11e8f07a51afac45037afee9d1" },
};

static void
check_fips(void)
{
	uint8_t out[HASH_LEN], *million;

	for (size_t i = 0; i < SP_LEN(fips); i++) {
		hash_sha256(out, fips[i].in, strlen(fips[i].in));
		unit_hex_eq(out, HASH_LEN, fips[i].out);
	}
	million = malloc(1000000);
	ck_assert_ptr_nonnull(million);
	memset(million, 'a', 1000000);
	hash_sha256(out, million, 1000000);
	unit_hex_eq(out, HASH_LEN,
	    "cdc76e5c9914fb9281a1c7e284d73e67"
	    "f1809a48a497200e046d39ccc7112cd0");
	free(million);
	hash_sha256(out, NULL, 0);
	unit_hex_eq(out, HASH_LEN, fips[0].out);
}

START_TEST(sha256_is_right_before_the_setup)
{
	check_fips();
}
END_TEST

START_TEST(sha256_is_right_after_the_setup)
{
	ck_assert_int_eq(hash_setup(), 0);
	ck_assert_int_eq(hash_setup(), 0);
	check_fips();
}
END_TEST

START_TEST(sha1_is_right_or_not_there)
{
	uint8_t out[HASH_SHA1_LEN];
	struct hash_span v[3] = { { "a", 1 }, { NULL, 0 }, { "bc", 2 } };
	int rv;

	hash_setup();
	rv = hash_sha1v(out, v, 3);
	ck_assert(rv == 0 || rv == SP_ERR_UNSUPPORTED);
	if (rv == 0)
		unit_hex_eq(out, sizeof(out),
		    "a9993e364706816aba3e25717850c26c9cd0d89d");
	if (rv == 0 && hash_sha1v(out, v, 0) == 0)
		unit_hex_eq(out, sizeof(out),
		    "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}
END_TEST

START_TEST(spans_hash_like_their_concatenation)
{
	struct hash_span v[4];
	uint8_t in[300], a[HASH_LEN], b[HASH_LEN];
	struct sp_rng r;
	size_t cut;

	hash_setup();
	rng_seed(&r, 1);
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)rng_u64(&r);
	hash_sha256(a, in, sizeof(in));
	for (int i = 0; i < 100; i++) {
		cut = rng_below(&r, sizeof(in));
		v[0] = (struct hash_span){ in, cut };
		v[1] = (struct hash_span){ NULL, 0 };
		v[2] = (struct hash_span){ in + cut, (300 - cut) / 2 };
		v[3] = (struct hash_span){ in + cut + v[2].len,
			300 - cut - v[2].len };
		hash_sha256v(b, v, 4);
		ck_assert_mem_eq(a, b, HASH_LEN);
	}
	hash_sha256v(b, NULL, 0);
	unit_hex_eq(b, HASH_LEN, fips[0].out);
}
END_TEST

/* Level by level over a padded copy, with libsodium's SHA-256. */
static void
brute_root(uint8_t *out, const uint8_t *leaves, size_t n)
{
	static uint8_t v[128 * HASH_LEN];
	size_t width = 1;

	while (width < n)
		width *= 2;
	memset(v, 0, sizeof(v));
	memcpy(v, leaves, n * HASH_LEN);
	for (; width > 1; width /= 2) {
		for (size_t i = 0; i < width / 2; i++)
			crypto_hash_sha256(v + i * HASH_LEN,
			    v + 2 * i * HASH_LEN, 2 * HASH_LEN);
	}
	memcpy(out, v, HASH_LEN);
}

START_TEST(roots_agree_with_brute_force)
{
	uint8_t leaves[70 * HASH_LEN], copy[sizeof(leaves)];
	uint8_t got[HASH_LEN], want[HASH_LEN];
	struct sp_rng r;

	hash_setup();
	rng_seed(&r, 2);
	for (size_t i = 0; i < sizeof(leaves); i++)
		leaves[i] = (uint8_t)rng_u64(&r);
	memcpy(copy, leaves, sizeof(leaves));
	for (size_t n = 1; n <= 70; n++) {
		hash_tree_root(got, leaves, n);
		brute_root(want, leaves, n);
		ck_assert_mem_eq(got, want, HASH_LEN);
		ck_assert_mem_eq(leaves, copy, sizeof(leaves));
	}
}
END_TEST

START_TEST(one_leaf_is_its_own_root)
{
	uint8_t leaf[HASH_LEN], root[HASH_LEN];

	hash_sha256(leaf, "x", 1);
	hash_tree_root(root, leaf, 1);
	ck_assert_mem_eq(root, leaf, HASH_LEN);
}
END_TEST

START_TEST(leaves_are_cut_at_16_kib)
{
	enum { LEN = 2 * HASH_BLOCK + 5 };
	uint8_t out[4 * HASH_LEN], want[HASH_LEN], *in;

	ck_assert_uint_eq(hash_leaf_count(0), 0);
	ck_assert_uint_eq(hash_leaf_count(1), 1);
	ck_assert_uint_eq(hash_leaf_count(HASH_BLOCK), 1);
	ck_assert_uint_eq(hash_leaf_count(HASH_BLOCK + 1), 2);
	ck_assert_uint_eq(hash_leaf_count(UINT64_MAX), (uint64_t)1 << 50);
	in = malloc(LEN);
	ck_assert_ptr_nonnull(in);
	for (size_t i = 0; i < LEN; i++)
		in[i] = (uint8_t)(i * 7 >> 3);
	memset(out, 0x55, sizeof(out));
	hash_leaves(out, in, LEN);
	for (size_t i = 0; i < 3; i++) {
		hash_sha256(want, in + i * HASH_BLOCK, i < 2 ? HASH_BLOCK : 5);
		ck_assert_mem_eq(out + i * HASH_LEN, want, HASH_LEN);
	}
	ck_assert_uint_eq(out[3 * HASH_LEN], 0x55);
	hash_leaves(out, NULL, 0);
	free(in);
}
END_TEST

/* RFC 8032, 7.1, tests 1 to 3. */
static const struct {
	const char *seed, *pk, *msg, *sig;
} rfc[] = {
	{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
	    "",
	    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
	    "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100"
	    "b" },
	{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
	    "r",
	    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c0"
	    "0" },
	{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
	    "\xaf\x82",
	    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
	    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40"
	    "a" },
};

START_TEST(keys_are_those_of_rfc_8032)
{
	uint8_t seed[HASH_SEED_LEN], pk[HASH_PK_LEN], sk[HASH_SK_LEN];
	uint8_t sig[HASH_SIG_LEN];

	hash_setup();
	for (size_t i = 0; i < SP_LEN(rfc); i++) {
		ck_assert_int_eq(buf_unhex(seed, 32, rfc[i].seed, 64), 0);
		hash_keypair(pk, sk, seed);
		unit_hex_eq(pk, sizeof(pk), rfc[i].pk);
		/* The secret key is one that the plain scheme signs with. */
		crypto_sign_detached(sig, NULL, (const uint8_t *)rfc[i].msg,
		    strlen(rfc[i].msg), sk);
		unit_hex_eq(sig, sizeof(sig), rfc[i].sig);
	}
}
END_TEST

START_TEST(a_signature_is_ed25519_over_the_labelled_digest)
{
	static const uint8_t seed[HASH_SEED_LEN] = { 1 };
	uint8_t pk[HASH_PK_LEN], sk[HASH_SK_LEN], sig[HASH_SIG_LEN];
	uint8_t want[HASH_SIG_LEN], digest[HASH_LEN];

	hash_setup();
	hash_keypair(pk, sk, seed);
	hash_sign(sig, sk, "label", "message", 7);
	crypto_hash_sha256(digest, (const uint8_t *)"label\0message", 13);
	crypto_sign_detached(want, NULL, digest, sizeof(digest), sk);
	ck_assert_mem_eq(sig, want, sizeof(sig));
	ck_assert_int_eq(hash_verify(sig, pk, "label", "message", 7), 0);
}
END_TEST

START_TEST(a_signature_fits_one_key_label_and_message)
{
	static const uint8_t seed[2][HASH_SEED_LEN] = { { 1 }, { 2 } };
	uint8_t pk[2][HASH_PK_LEN], sk[2][HASH_SK_LEN], sig[HASH_SIG_LEN];

	hash_setup();
	hash_keypair(pk[0], sk[0], seed[0]);
	hash_keypair(pk[1], sk[1], seed[1]);
	hash_sign(sig, sk[0], "record", "abc", 3);
	ck_assert_int_eq(hash_verify(sig, pk[0], "record", "abc", 3), 0);
	ck_assert_int_eq(hash_verify(sig, pk[1], "record", "abc", 3),
	    SP_ERR_SIG);
	ck_assert_int_eq(hash_verify(sig, pk[0], "recor", "dabc", 4),
	    SP_ERR_SIG);
	ck_assert_int_eq(hash_verify(sig, pk[0], "", "record\0abc", 10),
	    SP_ERR_SIG);
	ck_assert_int_eq(hash_verify(sig, pk[0], "record", "abd", 3),
	    SP_ERR_SIG);
	ck_assert_int_eq(hash_verify(sig, pk[0], "record", "abc", 2),
	    SP_ERR_SIG);
	for (size_t i = 0; i < sizeof(sig); i++) {
		sig[i] ^= 1;
		ck_assert_int_eq(hash_verify(sig, pk[0], "record", "abc", 3),
		    SP_ERR_SIG);
		sig[i] ^= 1;
	}
	hash_sign(sig, sk[0], "record", NULL, 0);
	ck_assert_int_eq(hash_verify(sig, pk[0], "record", NULL, 0), 0);
}
END_TEST

START_TEST(equality_looks_at_every_byte_and_wipe_clears)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };

	for (size_t i = 0; i < 32; i++) {
		b[i] = 1;
		ck_assert(!hash_eq(a, b, 32));
		ck_assert(hash_eq(a, b, i));
		hash_wipe(b, i + 1);
		ck_assert(hash_eq(a, b, 32));
	}
}
END_TEST

UNIT_MAIN("hash", sha256_is_right_before_the_setup,
    sha256_is_right_after_the_setup, sha1_is_right_or_not_there,
    spans_hash_like_their_concatenation, roots_agree_with_brute_force,
    one_leaf_is_its_own_root, leaves_are_cut_at_16_kib,
    keys_are_those_of_rfc_8032, a_signature_is_ed25519_over_the_labelled_digest,
    a_signature_fits_one_key_label_and_message,
    equality_looks_at_every_byte_and_wipe_clears)
