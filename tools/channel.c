#include "tools/channel.h"

#include "io/daemon.h"
#include "io/loop.h"
#include "tools/key_load.h"

static const char *
why(int err, const char *url)
{
	return err == SP_ERR_FULL     ? "too many"
	       : err == SP_ERR_TOOBIG ? "too long"
				      : url;
}

static bool
add_all(struct keyfile *k, const struct conf_list *l, const char *option,
    int (*add)(struct keyfile *k, const char *url))
{
	char text[LIM_URI + 64];
	int rv;

	for (size_t i = 0; i < l->n; i++) {
		rv = add(k, l->v[i]);
		if (rv == 0)
			continue;
		snprintf(text, sizeof(text), "not an http(s) URL: %s", l->v[i]);
		daemon_complain(option, why(rv, text));
		return false;
	}
	return true;
}

bool
channel_add(struct keyfile *k, const char *name,
    const struct conf_list *trackers, const struct conf_list *origins)
{
	int rv = name != NULL ? keyfile_set_name(k, name) : 0;

	if (rv < 0) {
		daemon_complain("--name", why(rv, "control characters"));
		return false;
	}
	return add_all(k, trackers, "--tracker", keyfile_add_tracker) &&
	       add_all(k, origins, "--origin", keyfile_add_origin);
}

bool
channel_put_link(const struct keyfile *k, const char *prefix)
{
	struct sp_buf b;
	bool ok;

	buf_init(&b, io_mem(), 3 * (LIM_TRACKERS + LIM_ORIGINS + 1) * LIM_URI);
	link_write(&b, &k->link);
	ok = b.err == 0;
	if (ok)
		printf("%s%.*s\n", prefix, (int)b.len, (const char *)b.p);
	else
		daemon_complain("link", sp_strerror(b.err));
	if (ok && b.len > LIM_LINK)
		daemon_complain("link",
		    "longer than 8192 bytes: programs will refuse it");
	buf_fini(&b);
	return ok;
}

/* ---- which channel ------------------------------------------------------ */

static bool
key_of_link(uint8_t pk[HASH_PK_LEN], const char *s)
{
	struct link *l = calloc(1, sizeof(*l));
	struct link_error e = { 0 };
	int rv = l != NULL ? link_parse(l, s, strlen(s), &e) : SP_ERR_NOMEM;

	if (rv == 0)
		memcpy(pk, l->pk, HASH_PK_LEN);
	else
		daemon_complain("--channel",
		    e.what != NULL ? e.what : sp_strerror(rv));
	free(l);
	return rv == 0;
}

bool
channel_key_of(uint8_t pk[HASH_PK_LEN], const char *s)
{
	struct keyfile *k;

	if (strncmp(s, "magnet:", 7) == 0)
		return key_of_link(pk, s);
	if (buf_unhex(pk, HASH_PK_LEN, s, strlen(s)) == 0)
		return true;
	k = key_load(s, NULL, false);
	if (k == NULL)
		return false;
	memcpy(pk, k->link.pk, HASH_PK_LEN);
	key_free(k);
	return true;
}
