#include <errno.h>
#include <sys/stat.h>

#include "io/daemon.h"
#include "io/loop.h"
#include "io/store.h"
#include "tools/channel.h"
#include "tools/key_load.h"

struct opts {
	struct conf_std std;
	const char *name;
	const char *phrase;
	struct conf_list trackers, origins;
};

static const struct conf_row rows[] = {
	{ "name", 0, CONF_STR, CONF_AT(struct opts, name), 0, LIM_TITLE, NULL,
	    "TITLE", "title of the channel", 0 },
	{ "tracker", 0, CONF_LIST, CONF_AT(struct opts, trackers), 1, LIM_URI,
	    NULL, "URL", "announce URL of a tracker; may be repeated", 0 },
	{ "origin", 0, CONF_LIST, CONF_AT(struct opts, origins), 1, LIM_URI,
	    NULL, "URL", "base URL of the segments; may be repeated", 0 },
	{ "passphrase-file", 0, CONF_PATH, CONF_AT(struct opts, phrase), 1,
	    4096, NULL, "FILE", "file whose first line seals or opens the key",
	    0 },
};

static const struct conf_prog prog = {
	.name = "spate-channel create",
	.version = daemon_version,
	.usage = "[options] DIR|FILE",
	.text = "make the key of a new channel",
	.std = CONF_STD_TOOL,
	.std_at = offsetof(struct opts, std),
	.rows = rows,
	.nrows = SP_LEN(rows),
	.min_args = 1,
	.max_args = 1,
};

/* A directory gets channel.key. */
static bool
key_path(char *out, size_t size, const char *arg)
{
	struct stat st;
	bool is_dir = stat(arg, &st) == 0 && S_ISDIR(st.st_mode);
	int n = snprintf(out, size, "%s%s", arg, is_dir ? "/channel.key" : "");

	if (n > 0 && (size_t)n < size)
		return true;
	daemon_complain(arg, "path is too long");
	return false;
}

static bool
seal(struct keyfile *k, const char *phrase_path)
{
	uint8_t salt[KEYFILE_SALT_LEN], nonce[KEYFILE_NONCE_LEN];
	char *phrase = key_load_phrase(phrase_path);
	int rv;

	if (phrase == NULL)
		return false;
	io_random(salt, sizeof(salt));
	io_random(nonce, sizeof(nonce));
	rv = keyfile_seal(k, phrase, strlen(phrase), salt, nonce);
	hash_wipe(phrase, strlen(phrase));
	free(phrase);
	if (rv < 0)
		daemon_complain("passphrase", sp_strerror(rv));
	return rv == 0;
}

static bool
save(const struct keyfile *k, const char *path)
{
	struct sp_buf b;
	int rv;

	buf_init(&b, io_mem(), KEYFILE_MAX);
	keyfile_write(&b, k);
	rv = b.err < 0 ? b.err : store_create(path, b.p, b.len, 0600);
	if (rv == SP_ERR_EXISTS)
		daemon_complain(path, "there is one already: it is kept");
	else if (rv == SP_ERR_FULL || rv == SP_ERR_NOMEM)
		daemon_complain(path, sp_strerror(rv));
	else if (rv < 0)
		daemon_complain(path, strerror(errno));
	if (b.p != NULL)
		hash_wipe(b.p, b.len);
	buf_fini(&b);
	return rv == 0;
}

static bool
create(struct keyfile *k, const struct opts *o, const char *arg)
{
	uint8_t seed[HASH_SEED_LEN];
	char path[4096];

	io_random(seed, sizeof(seed));
	keyfile_init(k, seed);
	hash_wipe(seed, sizeof(seed));
	if (!channel_add(k, o->name, &o->trackers, &o->origins) ||
	    (o->phrase != NULL && !seal(k, o->phrase)) ||
	    !key_path(path, sizeof(path), arg) || !save(k, path))
		return false;
	printf("key: %s\n", path);
	return channel_put_link(k, "link: ");
}

int
channel_create(int argc, char **argv)
{
	struct opts o;
	struct conf *c;
	struct keyfile *k;
	int rv = conf_parse(&c, &prog, &o, argc, argv);
	bool ok;

	if (rv != 0)
		return rv < 0 ? 2 : 0;
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		daemon_fail("create", sp_strerror(SP_ERR_NOMEM));
	ok = create(k, &o, conf_arg(c, 0));
	key_free(k);
	conf_free(c);
	return ok ? 0 : 1;
}
