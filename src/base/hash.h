#ifndef SRC_BASE_HASH_H
#define SRC_BASE_HASH_H

/*
 * SHA-256 and SHA-1 (libcrypto's EVP, SHA-NI), Ed25519 (libsodium), and the
 * BEP 52 Merkle tree over 16 KiB leaves. The only file of base that knows
 * crypto libraries. Pure: same input, same output. Each thread that hashes
 * keeps one EVP context until the process ends.
 */

#include "base/err.h"

#define HASH_LEN      32
#define HASH_BLOCK    16384 /* BEP 52 leaf */
#define HASH_SIG_LEN  64
#define HASH_PK_LEN   32
#define HASH_SK_LEN   64 /* libsodium's seed || pk */
#define HASH_SEED_LEN 32

/*
 * Set-up before any thread is started; again is fine. 0 or SP_ERR_CRYPTO.
 * Without it hashes are right but slow.
 */
int hash_setup(void);

void hash_sha256(uint8_t out[HASH_LEN], const void *p, size_t len);
/* SHA-256 of the concatenation of |n| spans. */
struct hash_span {
	const void *p;
	size_t len;
};
void hash_sha256v(uint8_t out[HASH_LEN], const struct hash_span *v, size_t n);

/*
 * SHA-1 of the concatenation, for the first version of BitTorrent's metainfo
 * only. SP_ERR_UNSUPPORTED before hash_setup, and where libcrypto does not
 * offer it (FIPS).
 */
#define HASH_SHA1_LEN 20
int hash_sha1v(uint8_t out[HASH_SHA1_LEN], const struct hash_span *v, size_t n);

/*
 * Root over |n| leaf hashes (n >= 1), padded with zero hashes to the next
 * power of two, as `pieces root` in BEP 52; one leaf is its own root.
 * |leaves| is not changed. Depth-first with a small stack: no allocation.
 */
void hash_tree_root(uint8_t out[HASH_LEN], const uint8_t *leaves, size_t n);
/*
 * The same over |n| roots of subtrees of 2^|level| leaves each, as they stand
 * in `piece layers': padded with the roots of such subtrees of zero hashes.
 */
void hash_tree_above(uint8_t out[HASH_LEN], const uint8_t *roots, size_t n,
    unsigned level);
/*
 * Root of a subtree of 2^|level| leaves, of which the first |n| are given
 * (1 <= n <= 2^level) and the others are zero hashes.
 */
void hash_tree_span(uint8_t out[HASH_LEN], const uint8_t *leaves, size_t n,
    unsigned level);
/* Number of 16 KiB leaves of |len| bytes, 0 for 0. */
size_t hash_leaf_count(uint64_t len);
/* Leaf hashes of |len| bytes at |p| into |out| (hash_leaf_count * 32). */
void hash_leaves(uint8_t *out, const void *p, size_t len);

void hash_keypair(uint8_t pk[HASH_PK_LEN], uint8_t sk[HASH_SK_LEN],
    const uint8_t seed[HASH_SEED_LEN]);
/*
 * Plain Ed25519 (RFC 8032) over the 32 bytes SHA-256(label || 0x00 ||
 * message): the label keeps a signature from fitting two purposes, the digest
 * keeps the message from being copied.
 */
void hash_sign(uint8_t sig[HASH_SIG_LEN], const uint8_t sk[HASH_SK_LEN],
    const char *label, const void *p, size_t len);
/* 0 or SP_ERR_SIG. */
int hash_verify(const uint8_t sig[HASH_SIG_LEN], const uint8_t pk[HASH_PK_LEN],
    const char *label, const void *p, size_t len);
/*
 * The same over the message itself, for what others check as well: items of
 * BEP 44. The message has to begin with a text of its own, which no digest of
 * the above has by chance.
 */
void hash_sign_plain(uint8_t sig[HASH_SIG_LEN], const uint8_t sk[HASH_SK_LEN],
    const void *p, size_t len);
/* 0 or SP_ERR_SIG. */
int hash_verify_plain(const uint8_t sig[HASH_SIG_LEN],
    const uint8_t pk[HASH_PK_LEN], const void *p, size_t len);
/*
 * The X25519 key pair that belongs to an Ed25519 one (the curves are the same
 * but for a change of coordinates), so that one secret is one identity in
 * handshakes and in signatures. hash_x25519_pk: SP_ERR_SIG when |pk| is no
 * point that a secret key can have.
 */
#define HASH_X_LEN 32
void hash_x25519_sk(uint8_t out[HASH_X_LEN], const uint8_t sk[HASH_SK_LEN]);
int hash_x25519_pk(uint8_t out[HASH_X_LEN], const uint8_t pk[HASH_PK_LEN]);
/* Constant time. */
bool hash_eq(const void *a, const void *b, size_t len);
void hash_wipe(void *p, size_t len);

#endif
