#include "base/hash.h"

#include <openssl/evp.h>
#include <sodium.h>

/*
 * EVP has SHA-NI and is several times faster than libsodium's portable C,
 * but only with an algorithm that was fetched once and a context that is
 * used again: fetching and allocating cost more than a short hash. Before
 * hash_setup, and should EVP ever fail, libsodium gives the same bytes.
 */
static EVP_MD *sha256, *sha1;
static _Thread_local EVP_MD_CTX *evp;

int
hash_setup(void)
{
	if (sodium_init() < 0)
		return SP_ERR_CRYPTO;
	if (sha256 == NULL)
		sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	/* Not everywhere: hash_sha1v says so. */
	if (sha1 == NULL)
		sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	return sha256 != NULL ? 0 : SP_ERR_CRYPTO;
}

static bool
evp_hashv(const EVP_MD *md, uint8_t *out, const struct hash_span *v, size_t n)
{
	if (md == NULL)
		return false;
	if (evp == NULL)
		evp = EVP_MD_CTX_new();
	if (evp == NULL || EVP_DigestInit_ex2(evp, md, NULL) != 1)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (v[i].len > 0 &&
		    EVP_DigestUpdate(evp, v[i].p, v[i].len) != 1)
			return false;
	}
	return EVP_DigestFinal_ex(evp, out, NULL) == 1;
}

void
hash_sha256v(uint8_t out[HASH_LEN], const struct hash_span *v, size_t n)
{
	crypto_hash_sha256_state state;

	if (evp_hashv(sha256, out, v, n))
		return;
	crypto_hash_sha256_init(&state);
	for (size_t i = 0; i < n; i++)
		crypto_hash_sha256_update(&state, v[i].p, v[i].len);
	crypto_hash_sha256_final(&state, out);
}

int
hash_sha1v(uint8_t out[HASH_SHA1_LEN], const struct hash_span *v, size_t n)
{
	return evp_hashv(sha1, out, v, n) ? 0 : SP_ERR_UNSUPPORTED;
}

void
hash_sha256(uint8_t out[HASH_LEN], const void *p, size_t len)
{
	struct hash_span span = { p, len };

	hash_sha256v(out, &span, 1);
}

static void
hash_pair(uint8_t *out, const uint8_t *left, const uint8_t *right)
{
	struct hash_span v[2] = { { left, HASH_LEN }, { right, HASH_LEN } };

	hash_sha256v(out, v, 2);
}

#define LEVELS (64 - 5) /* n 32-byte leaves fit in memory: n < 2^59 */

/*
 * A binary counter: after i leaves, done[k] is a finished subtree of 2^k
 * leaves exactly when bit k of i is set. With 5 leaves done[2] covers 0..3
 * and done[0] is leaf 4; the end joins done[0] with padding up to level 2
 * and then done[2] with that.
 */
static void
zero_subtree(uint8_t out[HASH_LEN], unsigned level)
{
	memset(out, 0, HASH_LEN);
	while (level-- > 0)
		hash_pair(out, out, out);
}

void
hash_tree_above(uint8_t out[HASH_LEN], const uint8_t *roots, size_t n,
    unsigned level)
{
	uint8_t done[LEVELS][HASH_LEN], node[HASH_LEN], pad[HASH_LEN];
	bool have = false;
	int k;

	assert(n > 0 && "a tree has at least one leaf");
	for (size_t i = 0; i < n; i++) {
		memcpy(node, roots + i * HASH_LEN, HASH_LEN);
		for (k = 0; i >> k & 1; k++)
			hash_pair(node, done[k], node);
		memcpy(done[k], node, HASH_LEN);
	}
	if ((n & (n - 1)) == 0) {
		memcpy(out, node, HASH_LEN);
		return;
	}
	zero_subtree(pad, level);
	for (k = 0; n >> k != 0; k++) {
		if (n >> k & 1) {
			hash_pair(node, done[k], have ? node : pad);
			have = true;
		} else if (have) {
			hash_pair(node, node, pad);
		}
		hash_pair(pad, pad, pad);
	}
	memcpy(out, node, HASH_LEN);
}

void
hash_tree_root(uint8_t out[HASH_LEN], const uint8_t *leaves, size_t n)
{
	hash_tree_above(out, leaves, n, 0);
}

void
hash_tree_span(uint8_t out[HASH_LEN], const uint8_t *leaves, size_t n,
    unsigned level)
{
	uint8_t pad[HASH_LEN];
	unsigned k = 0;

	hash_tree_above(out, leaves, n, 0);
	while ((size_t)1 << k < n)
		k++;
	zero_subtree(pad, k);
	for (; k < level; k++) {
		hash_pair(out, out, pad);
		hash_pair(pad, pad, pad);
	}
}

size_t
hash_leaf_count(uint64_t len)
{
	return (size_t)(len / HASH_BLOCK + (len % HASH_BLOCK != 0));
}

void
hash_leaves(uint8_t *out, const void *p, size_t len)
{
	const uint8_t *in = p;
	size_t n;

	for (; len > 0; in += n, len -= n, out += HASH_LEN) {
		n = SP_MIN(len, (size_t)HASH_BLOCK);
		hash_sha256(out, in, n);
	}
}

void
hash_keypair(uint8_t pk[HASH_PK_LEN], uint8_t sk[HASH_SK_LEN],
    const uint8_t seed[HASH_SEED_LEN])
{
	crypto_sign_seed_keypair(pk, sk, seed);
}

static void
label_digest(uint8_t *out, const char *label, const void *p, size_t len)
{
	struct hash_span v[2] = { { label, strlen(label) + 1 }, { p, len } };

	hash_sha256v(out, v, 2);
}

void
hash_sign(uint8_t sig[HASH_SIG_LEN], const uint8_t sk[HASH_SK_LEN],
    const char *label, const void *p, size_t len)
{
	uint8_t digest[HASH_LEN];

	label_digest(digest, label, p, len);
	crypto_sign_detached(sig, NULL, digest, sizeof(digest), sk);
}

int
hash_verify(const uint8_t sig[HASH_SIG_LEN], const uint8_t pk[HASH_PK_LEN],
    const char *label, const void *p, size_t len)
{
	uint8_t digest[HASH_LEN];

	label_digest(digest, label, p, len);
	if (crypto_sign_verify_detached(sig, digest, sizeof(digest), pk) != 0)
		return SP_ERR_SIG;
	return 0;
}

void
hash_sign_plain(uint8_t sig[HASH_SIG_LEN], const uint8_t sk[HASH_SK_LEN],
    const void *p, size_t len)
{
	crypto_sign_detached(sig, NULL, p, len, sk);
}

int
hash_verify_plain(const uint8_t sig[HASH_SIG_LEN],
    const uint8_t pk[HASH_PK_LEN], const void *p, size_t len)
{
	return crypto_sign_verify_detached(sig, p, len, pk) == 0 ? 0
								 : SP_ERR_SIG;
}

void
hash_x25519_sk(uint8_t out[HASH_X_LEN], const uint8_t sk[HASH_SK_LEN])
{
	int rv = crypto_sign_ed25519_sk_to_curve25519(out, sk);

	assert(rv == 0 && "any secret has its form on the other curve");
	(void)rv;
}

int
hash_x25519_pk(uint8_t out[HASH_X_LEN], const uint8_t pk[HASH_PK_LEN])
{
	return crypto_sign_ed25519_pk_to_curve25519(out, pk) == 0 ? 0
								  : SP_ERR_SIG;
}

bool
hash_eq(const void *a, const void *b, size_t len)
{
	return sodium_memcmp(a, b, len) == 0;
}

void
hash_wipe(void *p, size_t len)
{
	sodium_memzero(p, len);
}
