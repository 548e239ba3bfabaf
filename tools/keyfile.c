#include "tools/keyfile.h"

#include <sodium.h>

#include "wire/uri.h"

_Static_assert(KEYFILE_SALT_LEN == crypto_pwhash_SALTBYTES, "salt");
_Static_assert(KEYFILE_NONCE_LEN == crypto_secretbox_NONCEBYTES, "nonce");
_Static_assert(KEYFILE_BOX_LEN == HASH_SEED_LEN + crypto_secretbox_MACBYTES,
    "box");

void
keyfile_init(struct keyfile *k, const uint8_t seed[HASH_SEED_LEN])
{
	memset(k, 0, sizeof(*k));
	hash_keypair(k->link.pk, k->sk, seed);
	k->open = true;
}

void
keyfile_wipe(struct keyfile *k)
{
	hash_wipe(k, sizeof(*k));
}

/* ---- what a channel says of itself -------------------------------------- */

int
keyfile_set_name(struct keyfile *k, const char *name)
{
	size_t len = strlen(name);

	if (len > LIM_TITLE)
		return SP_ERR_TOOBIG;
	if (!uri_is_text(name, len))
		return SP_ERR_ARG;
	memcpy(k->link.name, name, len + 1);
	return 0;
}

static int
add_url(char (*v)[LIM_URI + 1], size_t *n, size_t max, const char *url,
    bool is_base)
{
	size_t len = strlen(url);
	bool add = is_base && len > 0 && url[len - 1] != '/';

	if (len + add > LIM_URI)
		return SP_ERR_TOOBIG;
	if (!uri_is_http(url, len) || (is_base && strchr(url, '?') != NULL))
		return SP_ERR_ARG;
	if (*n == max)
		return SP_ERR_FULL;
	memcpy(v[*n], url, len);
	v[*n][len] = '/';
	v[*n][len + add] = '\0';
	(*n)++;
	return 0;
}

int
keyfile_add_tracker(struct keyfile *k, const char *url)
{
	return add_url(k->link.trackers, &k->link.n_trackers, LIM_TRACKERS, url,
	    false);
}

int
keyfile_add_origin(struct keyfile *k, const char *url)
{
	return add_url(k->link.origins, &k->link.n_origins, LIM_ORIGINS, url,
	    true);
}

/* ---- the box ------------------------------------------------------------ */

static int
derive(uint8_t key[crypto_secretbox_KEYBYTES], const struct keyfile *k,
    const char *phrase, size_t len)
{
	if (crypto_pwhash(key, crypto_secretbox_KEYBYTES, phrase, len, k->salt,
		k->ops, (size_t)k->mem, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return SP_ERR_NOMEM;
	return 0;
}

int
keyfile_seal(struct keyfile *k, const char *phrase, size_t len,
    const uint8_t salt[KEYFILE_SALT_LEN],
    const uint8_t nonce[KEYFILE_NONCE_LEN])
{
	uint8_t key[crypto_secretbox_KEYBYTES];
	int rv;

	if (!k->open || len == 0 || len > KEYFILE_PHRASE_MAX)
		return SP_ERR_ARG;
	k->ops = KEYFILE_OPS;
	k->mem = KEYFILE_MEM;
	memcpy(k->salt, salt, KEYFILE_SALT_LEN);
	memcpy(k->nonce, nonce, KEYFILE_NONCE_LEN);
	rv = derive(key, k, phrase, len);
	if (rv < 0)
		return rv;
	crypto_secretbox_easy(k->box, k->sk, HASH_SEED_LEN, k->nonce, key);
	hash_wipe(key, sizeof(key));
	k->sealed = true;
	return 0;
}

/* Takes the pair that grows from |seed| if it is the file's. */
static int
open_with(struct keyfile *k, const uint8_t seed[HASH_SEED_LEN])
{
	uint8_t pk[HASH_PK_LEN];

	hash_keypair(pk, k->sk, seed);
	if (!hash_eq(pk, k->link.pk, HASH_PK_LEN)) {
		hash_wipe(k->sk, sizeof(k->sk));
		return SP_ERR_CRYPTO;
	}
	k->open = true;
	return 0;
}

int
keyfile_unseal(struct keyfile *k, const char *phrase, size_t len)
{
	uint8_t key[crypto_secretbox_KEYBYTES], seed[HASH_SEED_LEN];
	int rv;

	if (k->open)
		return 0;
	if (len == 0 || len > KEYFILE_PHRASE_MAX)
		return SP_ERR_CRYPTO;
	rv = derive(key, k, phrase, len);
	if (rv < 0)
		return rv;
	rv = SP_ERR_CRYPTO;
	if (crypto_secretbox_open_easy(seed, k->box, KEYFILE_BOX_LEN, k->nonce,
		key) == 0)
		rv = open_with(k, seed);
	hash_wipe(key, sizeof(key));
	hash_wipe(seed, sizeof(seed));
	return rv;
}

/* ---- reading ------------------------------------------------------------ */

struct reader {
	struct keyfile *k;
	const char *what;
	bool has_public, has_secret;
};

static int
complain(struct reader *in, int err, const char *what)
{
	in->what = what;
	return err;
}

static int
read_public(struct reader *in, const char *v, size_t len)
{
	if (in->has_public)
		return complain(in, SP_ERR_SYNTAX, "a second public key");
	if (buf_unhex(in->k->link.pk, HASH_PK_LEN, v, len) < 0)
		return complain(in, SP_ERR_SYNTAX, "not 64 hex digits");
	in->has_public = true;
	return 0;
}

static int
read_secret(struct reader *in, const char *v, size_t len)
{
	if (in->has_secret)
		return complain(in, SP_ERR_SYNTAX, "a second secret key");
	/* The pair is made when the whole file is read. */
	if (buf_unhex(in->k->sk, HASH_SEED_LEN, v, len) < 0)
		return complain(in, SP_ERR_SYNTAX, "not 64 hex digits");
	in->has_secret = true;
	return 0;
}

/* The next of the words of |v|, which blanks part; false when none is left. */
static bool
next_word(const char **v, size_t *len, const char **word, size_t *n)
{
	const char *blank;

	if (*len == 0)
		return false;
	blank = memchr(*v, ' ', *len);
	*word = *v;
	*n = blank != NULL ? (size_t)(blank - *v) : *len;
	*v += *n + (blank != NULL);
	*len -= *n + (blank != NULL);
	return true;
}

static int
read_sealed(struct reader *in, const char *v, size_t len)
{
	struct keyfile *k = in->k;
	const char *w[6];
	size_t n[6], i;

	if (in->has_secret)
		return complain(in, SP_ERR_SYNTAX, "a second secret key");
	for (i = 0; i < SP_LEN(w) && next_word(&v, &len, &w[i], &n[i]); i++)
		;
	if (i != 5 || uri_get_u64(&k->ops, w[0], n[0], UINT64_MAX) < 0 ||
	    uri_get_u64(&k->mem, w[1], n[1], UINT64_MAX) < 0 ||
	    buf_unhex(k->salt, KEYFILE_SALT_LEN, w[2], n[2]) < 0 ||
	    buf_unhex(k->nonce, KEYFILE_NONCE_LEN, w[3], n[3]) < 0 ||
	    buf_unhex(k->box, KEYFILE_BOX_LEN, w[4], n[4]) < 0)
		return complain(in, SP_ERR_SYNTAX, "not a sealed key");
	if (k->ops < crypto_pwhash_OPSLIMIT_MIN || k->ops > KEYFILE_OPS_MAX ||
	    k->mem < crypto_pwhash_MEMLIMIT_MIN || k->mem > KEYFILE_MEM_MAX)
		return complain(in, SP_ERR_RANGE, "cost of the sealed key");
	in->has_secret = true;
	k->sealed = true;
	return 0;
}

/* |v| as a string, for what takes one. */
static int
read_text(struct reader *in, const char *v, size_t len,
    int (*set)(struct keyfile *k, const char *s), const char *what)
{
	char text[LIM_URI + 1];
	int rv = SP_ERR_TOOBIG;

	if (len < sizeof(text)) {
		memcpy(text, v, len);
		text[len] = '\0';
		rv = set(in->k, text);
	}
	if (rv == SP_ERR_ARG)
		rv = SP_ERR_SYNTAX;
	if (rv == SP_ERR_FULL)
		rv = SP_ERR_TOOBIG;
	return rv < 0 ? complain(in, rv, what) : 0;
}

static bool
is_word(const char *p, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(p, word, len) == 0;
}

static int
read_line(struct reader *in, unsigned line, const char *p, size_t len)
{
	const char *word = "";
	size_t n = 0;

	if (line == 1) {
		if (is_word(p, len, "spate-key 1"))
			return 0;
		next_word(&p, &len, &word, &n);
		if (is_word(word, n, "spate-key"))
			return complain(in, SP_ERR_UNSUPPORTED,
			    "a version that is not known");
		return complain(in, SP_ERR_SYNTAX, "not a key file");
	}
	if (len == 0 || p[0] == '#')
		return 0;
	if (memchr(p, '\0', len) != NULL)
		return complain(in, SP_ERR_SYNTAX, "a zero byte");
	next_word(&p, &len, &word, &n);
	if (is_word(word, n, "public"))
		return read_public(in, p, len);
	if (is_word(word, n, "secret"))
		return read_secret(in, p, len);
	if (is_word(word, n, "sealed"))
		return read_sealed(in, p, len);
	if (is_word(word, n, "name"))
		return read_text(in, p, len, keyfile_set_name, "bad name");
	if (is_word(word, n, "tracker"))
		return read_text(in, p, len, keyfile_add_tracker,
		    "bad tracker URL");
	if (is_word(word, n, "origin"))
		return read_text(in, p, len, keyfile_add_origin,
		    "bad origin URL");
	return complain(in, SP_ERR_SYNTAX, "unknown word");
}

static int
read_end(struct reader *in)
{
	uint8_t seed[HASH_SEED_LEN];
	int rv;

	if (!in->has_public || !in->has_secret)
		return complain(in, SP_ERR_SYNTAX,
		    in->has_public ? "no secret key" : "no public key");
	if (in->k->sealed)
		return 0;
	memcpy(seed, in->k->sk, HASH_SEED_LEN);
	rv = open_with(in->k, seed);
	hash_wipe(seed, sizeof(seed));
	if (rv < 0)
		in->what = "the public key is not that of the secret one";
	return rv;
}

int
keyfile_parse(struct keyfile *k, const char *s, size_t len,
    struct keyfile_error *e)
{
	struct reader in = { .k = k };
	const char *end = s + len, *lf;
	unsigned line = 0;
	int rv = 0;

	memset(k, 0, sizeof(*k));
	if (len > KEYFILE_MAX)
		rv = complain(&in, SP_ERR_TOOBIG, "not a key file: too long");
	while (rv == 0 && s < end) {
		lf = memchr(s, '\n', (size_t)(end - s));
		if (lf == NULL)
			lf = end;
		rv = read_line(&in, ++line, s, (size_t)(lf - s));
		s = lf < end ? lf + 1 : end;
	}
	if (rv == 0) {
		rv = line > 0 ? 0
			      : complain(&in, SP_ERR_SYNTAX, "empty key file");
		line = 0;
		if (rv == 0)
			rv = read_end(&in);
	}
	if (e != NULL)
		*e = (struct keyfile_error){ line, in.what };
	if (rv < 0)
		keyfile_wipe(k);
	return rv;
}

/* ---- writing ------------------------------------------------------------ */

static void
put_hex(struct sp_buf *b, const void *p, size_t len)
{
	char hex[2 * HASH_SK_LEN + 1];

	buf_hex(hex, p, len);
	buf_put_str(b, hex);
	hash_wipe(hex, sizeof(hex));
}

static void
put_text(struct sp_buf *b, const char *word, const char *text)
{
	buf_put_str(b, word);
	buf_put_u8(b, ' ');
	buf_put_str(b, text);
	buf_put_u8(b, '\n');
}

static void
put_box(struct sp_buf *b, const struct keyfile *k)
{
	buf_put_str(b, "sealed ");
	uri_put_u64(b, k->ops);
	buf_put_u8(b, ' ');
	uri_put_u64(b, k->mem);
	buf_put_u8(b, ' ');
	put_hex(b, k->salt, KEYFILE_SALT_LEN);
	buf_put_u8(b, ' ');
	put_hex(b, k->nonce, KEYFILE_NONCE_LEN);
	buf_put_u8(b, ' ');
	put_hex(b, k->box, KEYFILE_BOX_LEN);
}

void
keyfile_write(struct sp_buf *b, const struct keyfile *k)
{
	assert((k->sealed || k->open) && "there is a secret to write");
	buf_put_str(b, "spate-key 1\npublic ");
	put_hex(b, k->link.pk, HASH_PK_LEN);
	buf_put_u8(b, '\n');
	if (k->sealed) {
		put_box(b, k);
	} else {
		buf_put_str(b, "secret ");
		put_hex(b, k->sk, HASH_SEED_LEN);
	}
	buf_put_u8(b, '\n');
	if (k->link.name[0] != '\0')
		put_text(b, "name", k->link.name);
	for (size_t i = 0; i < k->link.n_trackers; i++)
		put_text(b, "tracker", k->link.trackers[i]);
	for (size_t i = 0; i < k->link.n_origins; i++)
		put_text(b, "origin", k->link.origins[i]);
}
