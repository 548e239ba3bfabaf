#include "tools/grab.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/place.h"

/* A host that ignores Range sends the whole of it. */
#define WHOLE_MAX (64u << 20)

struct grab {
	const struct grab_source *src;
	grab_cb cb;
	void *ctx;
	bool ranged;
	uint64_t offset, length;
	size_t max;
	struct origin_fetch *fetch;
	struct io_timer timer; /* of a file */
	char *path;
	char url[LIM_URI + 1];
};

static void
grab_free(struct grab *g)
{
	if (g->timer.loop != NULL)
		io_timer_fini(&g->timer);
	free(g->path);
	free(g);
}

static void
finish(struct grab *g, const struct grab_result *r)
{
	grab_cb cb = g->cb;
	void *ctx = g->ctx;

	cb(ctx, r);
	grab_free(g);
}

/* ---- HTTP --------------------------------------------------------------- */

/* The part of |body| that was asked for; false when it is not there. */
static bool
cut(const struct grab *g, const struct origin_head *h, struct grab_result *r,
    const uint8_t *body, size_t len)
{
	uint64_t first = h->partial ? h->first : 0;

	r->p = body;
	r->len = len;
	if (!g->ranged)
		return true;
	if (first > g->offset || g->offset - first > len ||
	    len - (g->offset - first) < g->length)
		return false;
	r->p = body + (g->offset - first);
	r->len = (size_t)g->length;
	return true;
}

static void
http_cb(void *ctx, const struct origin_done *d, const struct origin_head *h,
    const uint8_t *body, size_t len)
{
	struct grab *g = ctx;
	char why[64];
	struct grab_result r = {
		.status = d->status,
		.retry = d->retry,
		.url = h != NULL && h->url != NULL ? h->url : g->url,
		.etag = h != NULL && h->etag != NULL ? h->etag : "",
	};

	g->fetch = NULL;
	if (d->result == ORIGIN_OK && h != NULL) {
		r.ok = cut(g, h, &r, body, len);
		r.why = r.ok ? NULL : "shorter than its byte range";
		if (r.ok && r.len > g->max) {
			r.ok = false;
			r.why = "too long";
		}
	} else if (d->result == ORIGIN_STATUS) {
		snprintf(why, sizeof(why), "HTTP status %d", d->status);
		r.why = why;
		r.same = d->status == 304;
	} else {
		r.why = d->text != NULL && d->text[0] != '\0'
			    ? d->text
			    : origin_result_name(d->result);
	}
	finish(g, &r);
}

static int
start_http(struct grab *g, const struct grab_ask *a)
{
	char none[300];
	const char *headers[] = { none };
	struct origin_ask ask = {
		.url = a->url,
		.ranged = a->ranged,
		.offset = a->offset,
		.length = a->length,
		.max_bytes = a->ranged ? WHOLE_MAX : a->max,
		.reach = ORIGIN_AS_FIRST,
		.headers = headers,
	};

	if (a->etag != NULL && a->etag[0] != '\0' &&
	    strlen(a->etag) < sizeof(none) - 32) {
		snprintf(none, sizeof(none), "If-None-Match: %s", a->etag);
		ask.nheaders = 1;
	}
	return origin_all(g->src->origin, &ask, http_cb, g, &g->fetch);
}

/* ---- files -------------------------------------------------------------- */

static const char *
read_open(struct grab *g, int fd, uint8_t **out, size_t *len)
{
	struct stat st;
	uint64_t at = g->ranged ? g->offset : 0, n;
	ssize_t k;

	if (fstat(fd, &st) < 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	n = g->ranged ? g->length : (uint64_t)st.st_size;
	if (at > (uint64_t)st.st_size || (uint64_t)st.st_size - at < n)
		return "shorter than its byte range";
	if (n > g->max)
		return "too long";
	*out = malloc((size_t)n + 1);
	if (*out == NULL)
		return sp_strerror(SP_ERR_NOMEM);
	for (*len = 0; *len < n; *len += (size_t)k) {
		k = pread(fd, *out + *len, (size_t)n - *len,
		    (off_t)(at + *len));
		if (k < 0 && errno == EINTR) {
			k = 0;
			continue;
		}
		if (k <= 0)
			return k < 0 ? strerror(errno) : "became shorter";
	}
	(*out)[*len] = '\0';
	return NULL;
}

static void
file_cb(void *ctx, sp_time now SP_UNUSED)
{
	struct grab *g = ctx;
	struct grab_result r = { .url = g->url, .etag = "" };
	uint8_t *p = NULL;
	int fd = open(g->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	r.why = fd < 0 ? strerror(errno) : read_open(g, fd, &p, &r.len);
	if (fd < 0)
		r.status = errno == ENOENT ? 404 : 0;
	r.p = p;
	r.ok = r.why == NULL;
	if (fd >= 0)
		close(fd);
	finish(g, &r);
	free(p);
}

static int
start_file(struct grab *g, const char *url)
{
	struct sp_buf b;
	int rv;

	buf_init(&b, io_mem(), 8192);
	buf_put_str(&b, g->src->dir);
	buf_put_u8(&b, '/');
	rv = place_file(&b, url);
	buf_put_u8(&b, 0);
	if (rv == 0)
		rv = b.err;
	if (rv == 0)
		rv = io_timer_init(&g->timer, g->src->loop, file_cb, g);
	if (rv == 0) {
		g->path = strdup((const char *)b.p);
		rv = g->path != NULL ? 0 : SP_ERR_NOMEM;
	}
	buf_fini(&b);
	if (rv == 0)
		io_timer_set(&g->timer, 0);
	return rv == SP_ERR_SYNTAX ? SP_ERR_ARG : rv;
}

int
grab_new(struct grab **out, const struct grab_source *src,
    const struct grab_ask *ask, grab_cb cb, void *ctx)
{
	struct grab *g = calloc(1, sizeof(*g));
	int rv;

	if (g == NULL)
		return SP_ERR_NOMEM;
	g->src = src;
	g->cb = cb;
	g->ctx = ctx;
	g->ranged = ask->ranged;
	g->offset = ask->offset;
	g->length = ask->length;
	g->max = ask->max;
	snprintf(g->url, sizeof(g->url), "%s", ask->url);
	rv = place_is_file(ask->url) ? start_file(g, ask->url)
				     : start_http(g, ask);
	if (rv < 0) {
		grab_free(g);
		return rv;
	}
	*out = g;
	return 0;
}

void
grab_cancel(struct grab *g)
{
	if (g == NULL)
		return;
	if (g->fetch != NULL)
		origin_cancel(g->fetch);
	grab_free(g);
}
