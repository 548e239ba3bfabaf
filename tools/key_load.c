#include "tools/key_load.h"

#include <errno.h>
#include <sys/stat.h>

#include "io/daemon.h"
#include "io/store.h"

/* Why |path| could not be read as a secret. */
static void
complain(const char *path, int err)
{
	struct stat st;
	int e = errno;

	if (err == SP_ERR_DENIED && stat(path, &st) == 0 && S_ISREG(st.st_mode))
		daemon_complain(path,
		    (st.st_mode & 077) != 0
			? "group or others may access it: chmod 600 it first"
		    : e == EPERM ? "belongs to another user"
				 : strerror(e));
	else if (err == SP_ERR_TOOBIG)
		daemon_complain(path, "not a key file: too long");
	else if (err == SP_ERR_IO && e == EINVAL)
		daemon_complain(path, "not a regular file");
	else
		daemon_complain(path,
		    err == SP_ERR_NOMEM ? sp_strerror(err) : strerror(e));
}

char *
key_load_phrase(const char *path)
{
	uint8_t *p;
	size_t len;
	int rv;

	rv = store_read_secret(path, KEYFILE_PHRASE_MAX, &p, &len);
	if (rv == SP_ERR_TOOBIG) {
		daemon_complain(path, "passphrase is too long");
		return NULL;
	}
	if (rv < 0) {
		complain(path, rv);
		return NULL;
	}
	p[strcspn((char *)p, "\r\n")] = '\0';
	if (p[0] == '\0') {
		daemon_complain(path, "the first line is empty: no passphrase");
		free(p);
		return NULL;
	}
	return (char *)p;
}

static int
unseal(struct keyfile *k, const char *path, const char *phrase_path)
{
	char *phrase = key_load_phrase(phrase_path);
	int rv;

	if (phrase == NULL)
		return SP_ERR_DENIED;
	rv = keyfile_unseal(k, phrase, strlen(phrase));
	hash_wipe(phrase, strlen(phrase));
	free(phrase);
	if (rv < 0)
		daemon_complain(path, rv == SP_ERR_NOMEM
					  ? "no memory to open the key"
					  : "wrong passphrase");
	return rv;
}

static int
parse(struct keyfile *k, const char *path, const uint8_t *p, size_t len)
{
	struct keyfile_error e;
	char where[4200];
	int rv = keyfile_parse(k, (const char *)p, len, &e);

	if (rv == 0)
		return 0;
	if (e.line > 0)
		snprintf(where, sizeof(where), "%s:%u", path, e.line);
	else
		snprintf(where, sizeof(where), "%s", path);
	daemon_complain(where, e.what);
	return rv;
}

struct keyfile *
key_load(const char *path, const char *phrase_path, bool secret)
{
	struct keyfile *k;
	uint8_t *p;
	size_t len;
	int rv;

	rv = store_read_secret(path, KEYFILE_MAX, &p, &len);
	if (rv < 0) {
		complain(path, rv);
		return NULL;
	}
	k = calloc(1, sizeof(*k));
	rv = k != NULL ? parse(k, path, p, len) : SP_ERR_NOMEM;
	hash_wipe(p, len);
	free(p);
	if (rv == 0 && !k->open && phrase_path != NULL)
		rv = unseal(k, path, phrase_path);
	if (rv == 0 && secret && !k->open) {
		daemon_complain(path,
		    "the key is sealed: --passphrase-file is needed");
		rv = SP_ERR_DENIED;
	}
	if (rv < 0) {
		key_free(k);
		return NULL;
	}
	return k;
}

void
key_free(struct keyfile *k)
{
	if (k == NULL)
		return;
	keyfile_wipe(k);
	free(k);
}
