#ifndef TOOLS_GRAB_H
#define TOOLS_GRAB_H

/*
 * Reads a whole resource of the source: over HTTP, or a file below the
 * source's directory when the URL is "file:///..." (tools/place.h).
 */

#include "io/loop.h"
#include "io/origin.h"

struct grab;

/* Where from; borrowed while grabs are out. */
struct grab_source {
	struct loop *loop;
	struct origin *origin;
	const char *dir; /* of "file:///", no slash at the end */
};

struct grab_ask {
	const char *url;
	bool ranged;
	uint64_t offset, length; /* with ranged: exactly these bytes */
	size_t max;              /* more is a failure */
	const char *etag;        /* of what is held, "" or NULL none */
};

struct grab_result {
	bool ok;
	bool same;       /* 304: what is held is still right; ok is false */
	int status;      /* of HTTP, 0 none */
	const char *why; /* when not ok */
	sp_time retry;   /* Retry-After, 0 none */
	const uint8_t *p;
	size_t len;
	const char *url;  /* after redirects */
	const char *etag; /* "" none */
};

/* Everything in |r| is valid during the call only. */
typedef void (*grab_cb)(void *ctx, const struct grab_result *r);

/*
 * |cb| is called once, from the loop. SP_ERR_NOMEM, SP_ERR_ARG (URL). |src|
 * is borrowed until then.
 */
int grab_new(struct grab **out, const struct grab_source *src,
    const struct grab_ask *ask, grab_cb cb, void *ctx);
/* No callback will come. NULL is fine. */
void grab_cancel(struct grab *g);

#endif
