#ifndef TOOLS_KEYFILE_H
#define TOOLS_KEYFILE_H

/*
 * The key file of a channel: text, one `name value` per line, `#` starts a
 * comment line.
 *
 *	spate-key 1
 *	public 64 hex digits
 *	secret 64 hex digits                             (Ed25519 seed)
 *	sealed OPS MEMORY SALT NONCE BOX                 (instead of secret)
 *	name Title of the channel
 *	tracker URL                                      (any number)
 *	origin URL                                       (any number)
 *
 * Sealed: BOX is the seed in crypto_secretbox under the key that
 * crypto_pwhash (Argon2id) makes of the passphrase; SALT, NONCE and BOX are
 * hex. The first two lines must be there and the first must be the first.
 *
 * Pure: the caller reads and writes the file and brings random bytes.
 */

#include "base/buf.h"
#include "base/hash.h"
#include "wire/link.h"

#define KEYFILE_MAX        (128 * 1024) /* bytes of a key file */
#define KEYFILE_SALT_LEN   16
#define KEYFILE_NONCE_LEN  24
#define KEYFILE_BOX_LEN    (HASH_SEED_LEN + 16)
#define KEYFILE_OPS        4          /* Argon2id passes for new files */
#define KEYFILE_MEM        (64 << 20) /* bytes */
#define KEYFILE_OPS_MAX    64         /* more is refused on reading */
#define KEYFILE_MEM_MAX    (1 << 30)
#define KEYFILE_PHRASE_MAX 1024

/* Large: keep it off small stacks. Wipe it with keyfile_wipe. */
struct keyfile {
	struct link link; /* public key, name, trackers, origins */
	bool sealed;      /* the file holds a box; |open| tells about sk */
	bool open;        /* sk is known */
	uint8_t sk[HASH_SK_LEN];
	uint64_t ops, mem;
	uint8_t salt[KEYFILE_SALT_LEN];
	uint8_t nonce[KEYFILE_NONCE_LEN];
	uint8_t box[KEYFILE_BOX_LEN];
};

/* What is wrong with a key file, for people. */
struct keyfile_error {
	unsigned line; /* from 1; 0: the file as a whole */
	const char *what;
};

/* A new channel's key from |seed|: open, not sealed, no name. */
void keyfile_init(struct keyfile *k, const uint8_t seed[HASH_SEED_LEN]);
/*
 * Reads the text. SP_ERR_SYNTAX, SP_ERR_RANGE (cost of the box), SP_ERR_TOOBIG
 * (file, name, number of URLs), SP_ERR_UNSUPPORTED (a later version),
 * SP_ERR_CRYPTO (the public key is not that of the secret one); *e tells
 * where.
 */
int keyfile_parse(struct keyfile *k, const char *s, size_t len,
    struct keyfile_error *e);
/* Appends the text: with the box when sealed, else with the secret. */
void keyfile_write(struct sp_buf *b, const struct keyfile *k);

/*
 * Puts the secret into a box; it stays open. SP_ERR_ARG for an empty phrase or
 * one above KEYFILE_PHRASE_MAX, SP_ERR_NOMEM (Argon2id's memory).
 */
int keyfile_seal(struct keyfile *k, const char *phrase, size_t len,
    const uint8_t salt[KEYFILE_SALT_LEN],
    const uint8_t nonce[KEYFILE_NONCE_LEN]);
/* Opens the box: SP_ERR_CRYPTO (wrong phrase, or a changed file),
 * SP_ERR_NOMEM. Nothing to do for an open key. */
int keyfile_unseal(struct keyfile *k, const char *phrase, size_t len);
void keyfile_wipe(struct keyfile *k);

/* SP_ERR_ARG (not http, control bytes), SP_ERR_FULL, SP_ERR_TOOBIG. */
int keyfile_set_name(struct keyfile *k, const char *name);
int keyfile_add_tracker(struct keyfile *k, const char *url);
/* A base URL: a missing '/' at its end is added. */
int keyfile_add_origin(struct keyfile *k, const char *url);

#endif
