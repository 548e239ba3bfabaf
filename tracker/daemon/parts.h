#ifndef TRACKER_DAEMON_PARTS_H
#define TRACKER_DAEMON_PARTS_H

/*
 * What readers of one channel are sent who stand at the same place: thousands
 * wait for the same record. It is written out once, and all of them share the
 * bytes.
 */

#include "io/http.h"
#include "tracker/track.h"

#define PARTS 4 /* places that are remembered; the oldest one gives way */

struct part {
	struct tw_since from, to;
	struct http_blob *blob; /* NULL: none */
	bool used;              /* since parts_age */
};

struct parts {
	struct part v[PARTS];
	unsigned next;
};

/*
 * What a reader at |*pos| has not seen, of about |max| bytes: the number of
 * bytes and |*out|, which is ours until the next call for these parts; |*pos|
 * moves behind it. 0: nothing. As track_feed; SP_ERR_NOMEM. |scratch| is
 * written over.
 */
int parts_get(struct parts *p, const struct track *t,
    const uint8_t info_hash[LINK_INFOHASH_LEN], struct tw_since *pos,
    size_t max, struct sp_buf *scratch, struct http_blob **out);
/* Forgets what was not used since the last time. False: nothing is left. */
bool parts_age(struct parts *p);
void parts_fini(struct parts *p);

#endif
