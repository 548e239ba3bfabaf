#ifndef TEST_UNIT_ORIGIN_RIG_H
#define TEST_UNIT_ORIGIN_RIG_H

/*
 * For tests of io/origin: a server that behaves badly on demand and the
 * client under test, on one loop over loopback.
 *
 *   /range          "0123456789", with Range
 *   /ignores-range  the same, always 200 and whole
 *   /short          4 bytes of 10; the test cuts rig.kept
 *   /busy           503, Retry-After 7
 *   /silent         no answer; rig.kept
 *   /feed           no length; the test writes to rig.kept
 *   /once /round /file /tolocal   redirects
 *   /text /echo     2000 bytes of JSON; the body that came
 */

#include "io/http.h"
#include "io/origin.h"

struct rig {
	struct loop *loop;
	struct http *http;
	struct origin *origin;
	char base[64]; /* "http://127.0.0.1:PORT" */
	unsigned asked;
	char request[512]; /* what a test looks at of the last request */
	struct http_req *kept;
};
extern struct rig rig;

/* What a fetch did, and what its callbacks answer. */
struct seen {
	unsigned heads, dones;
	struct origin_head head;
	char type[64], etag[64], text[128];
	char body[4096];
	size_t len;
	struct origin_done done;
	enum origin_verdict on_head;
	size_t stop_at;
	struct origin_fetch *cancel; /* in the data callback */
};
extern const struct origin_ops seen_ops;

/* Clears the environment of proxies, too. */
void rig_start(void);
void rig_finish(void);
/* Static. */
const char *rig_url(const char *path);
/* |path| is used when ask->url is NULL. */
void rig_begin(struct seen *s, const char *path, struct origin_ask *ask,
    struct origin_fetch **out);
/* Until *count >= n; fails after 10 s. */
void rig_run_until(const unsigned *count, unsigned n);
/* One fetch from start to end; ORIGIN_PUBLIC becomes ORIGIN_AS_FIRST. */
void rig_fetch(struct seen *s, const char *path, struct origin_ask *ask);

#endif
