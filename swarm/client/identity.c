#include "swarm/client/identity.h"

#include "base/hash.h"
#include "io/loop.h"
#include "io/store.h"

#define TEXT_LEN (2 * HASH_SEED_LEN + 1)

static int
identity_make(uint8_t seed[HASH_SEED_LEN], const char *path)
{
	char text[TEXT_LEN + 1];
	int rv;

	io_random(seed, HASH_SEED_LEN);
	if (path == NULL)
		return 0;
	buf_hex(text, seed, HASH_SEED_LEN);
	text[TEXT_LEN - 1] = '\n';
	rv = store_create(path, text, TEXT_LEN, 0600);
	hash_wipe(text, sizeof(text));
	return rv;
}

static int
identity_read(uint8_t seed[HASH_SEED_LEN], const char *path)
{
	uint8_t *text;
	size_t len, n;
	int rv;

	rv = store_read_secret(path, 4 * TEXT_LEN, &text, &len);
	if (rv < 0)
		return rv == SP_ERR_TOOBIG ? SP_ERR_SYNTAX : rv;
	for (n = len; n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r');)
		n--;
	rv = buf_unhex(seed, HASH_SEED_LEN, (const char *)text, n);
	hash_wipe(text, len);
	free(text);
	return rv;
}

int
identity_load(uint8_t seed[HASH_SEED_LEN], const char *path)
{
	int rv;

	if (path == NULL)
		return identity_make(seed, NULL);
	rv = identity_read(seed, path);
	if (rv != SP_ERR_NOTFOUND)
		return rv;
	rv = identity_make(seed, path);
	/* another one of us was faster */
	return rv == SP_ERR_EXISTS ? identity_read(seed, path) : rv;
}
