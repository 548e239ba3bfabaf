#include "tools/archive_media.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "io/daemon.h"
#include "tools/archive.h"
#include "wire/uri.h"

#define TRIES 4
#define PAUSE SP_S /* before the second, then twice as long each time */

static bool
open_dir(struct archive_media *m, const char *arg)
{
	struct stat st;

	m->src.dir = arg;
	if (stat(arg, &st) < 0 || (!S_ISDIR(st.st_mode) && (errno = ENOTDIR))) {
		daemon_complain(arg, strerror(errno));
		return false;
	}
	return true;
}

static bool
open_url(struct archive_media *m, const char *arg)
{
	size_t n = strlen(arg);

	if (!uri_is_http(arg, n) || strchr(arg, '?') != NULL) {
		daemon_complain(arg, "not a base URL");
		return false;
	}
	m->base = malloc(n + 2);
	if (m->base != NULL)
		snprintf(m->base, n + 2, "%s%s", arg,
		    arg[n - 1] == '/' ? "" : "/");
	return m->base != NULL;
}

bool
archive_media_open(struct archive_media *m, const char *arg)
{
	static const struct origin_conf web = {
		.agent = "spate-archive/" PACKAGE_VERSION,
	};
	bool url = strstr(arg, "://") != NULL;

	memset(m, 0, sizeof(*m));
	if (!(url ? open_url(m, arg) : open_dir(m, arg)))
		return false;
	if (loop_new(&m->loop) < 0 ||
	    origin_new(&m->origin, m->loop, &web) < 0) {
		daemon_complain(arg, "no event loop");
		archive_media_close(m);
		return false;
	}
	m->src.loop = m->loop;
	m->src.origin = m->origin;
	return true;
}

void
archive_media_close(struct archive_media *m)
{
	origin_free(m->origin);
	loop_free(m->loop);
	free(m->base);
	free(m->bytes);
	memset(m, 0, sizeof(*m));
}

/* ---- reading ------------------------------------------------------------ */

struct one {
	struct archive_media *m;
	bool over, ok, again; /* again: it may be there later */
	size_t len;
};

static void
grab_done(void *ctx, const struct grab_result *r)
{
	struct one *o = ctx;
	struct archive_media *m = o->m;

	o->over = true;
	if (!r->ok) {
		snprintf(m->why, sizeof(m->why), "%s", r->why);
		/* A file that is not there is told with a status too. */
		o->again = m->base != NULL && r->status != 404 &&
			   r->status != 410 && r->status != 403;
		return;
	}
	m->bytes = malloc(r->len + 1);
	if (m->bytes == NULL) {
		snprintf(m->why, sizeof(m->why), "out of memory");
		return;
	}
	memcpy(m->bytes, r->p, r->len);
	o->len = r->len;
	o->ok = true;
}

static bool
fetch(struct archive_media *m, const struct record *r, const char *url,
    struct one *o)
{
	struct grab_ask ask = {
		.url = url,
		.ranged = r->has_range,
		.offset = r->offset,
		.length = r->length,
		.max = LIM_PIECE_BYTES,
	};
	struct grab *g;
	int rv;

	*o = (struct one){ .m = m };
	free(m->bytes);
	m->bytes = NULL;
	rv = grab_new(&g, &m->src, &ask, grab_done, o);
	if (rv < 0) {
		snprintf(m->why, sizeof(m->why), "%s", sp_strerror(rv));
		return false;
	}
	while (!o->over)
		loop_step(m->loop, loop_now(m->loop) + SP_S);
	return o->ok;
}

static bool
fetch_patiently(struct archive_media *m, const struct record *r,
    const char *url, struct one *o)
{
	sp_time pause = PAUSE, until;

	for (unsigned i = 1;; i++) {
		if (fetch(m, r, url, o))
			return true;
		if (!o->again || i == TRIES)
			return false;
		until = loop_now(m->loop) + pause;
		while (loop_now(m->loop) < until)
			loop_step(m->loop, until);
		pause *= 2;
	}
}

static bool
is_right(struct archive_media *m, const struct record *r, size_t len)
{
	uint8_t root[HASH_LEN], *leaves;

	snprintf(m->why, sizeof(m->why),
	    "has other bytes than those that were signed");
	if (len != r->length)
		return false;
	leaves = malloc(hash_leaf_count(len) * HASH_LEN);
	if (leaves == NULL)
		return false;
	hash_leaves(leaves, m->bytes, len);
	hash_tree_root(root, leaves, hash_leaf_count(len));
	free(leaves);
	return memcmp(root, r->root, HASH_LEN) == 0;
}

const uint8_t *
archive_media_get(struct archive_media *m, const struct record *r)
{
	const char *base = r->absolute       ? ""
			   : m->base != NULL ? m->base
					     : "file:///";
	char url[2 * LIM_URI + 16];
	struct one o;

	if (r->uri_len == 0 || strlen(base) + r->uri_len > LIM_URI) {
		snprintf(m->why, sizeof(m->why), "%s",
		    r->uri_len == 0 ? "the origin never had it"
				    : "its URL is too long");
		return NULL;
	}
	snprintf(url, sizeof(url), "%s%.*s", base, (int)r->uri_len, r->uri);
	if (!fetch_patiently(m, r, url, &o) || !is_right(m, r, o.len))
		return NULL;
	return m->bytes;
}

bool
archive_media_look(struct archive_media *m, const char *path, uint64_t len)
{
	struct stat st;
	char *full;
	int rv;

	if (m->base != NULL)
		return true;
	full = archive_path(m->src.dir, path, NULL);
	errno = ENOMEM;
	rv = full != NULL ? stat(full, &st) : -1;
	free(full);
	if (rv < 0)
		snprintf(m->why, sizeof(m->why), "%s", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		snprintf(m->why, sizeof(m->why), "not a regular file");
	else if ((uint64_t)st.st_size != len)
		snprintf(m->why, sizeof(m->why),
		    "has %" PRIu64 " bytes instead of %" PRIu64,
		    (uint64_t)st.st_size, len);
	else
		return true;
	return false;
}
