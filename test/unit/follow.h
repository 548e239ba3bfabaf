#ifndef TEST_UNIT_FOLLOW_H
#define TEST_UNIT_FOLLOW_H

/* A follower that is fed with playlists in short, for its tests. */

#include "test/unit/failmem.h"
#include "tools/follower.h"

#define FIRST UINT64_C(1000) /* number of a new channel */
#define T0    INT64_C(1700000000000)

extern struct failmem fm;
extern struct follower *f;
extern struct follower_news news; /* of the last feed */

void begin(void);
void begin_with(bool local);
void end(void);

/*
 * A playlist in short: "SEQ WORD WORD ...". A word is a URI, or a tag for the
 * one that follows: "!" discontinuity, "-" gap, "." end list, "@N" minute N,
 * "#..." a whole tag. |head| is header lines.
 */
void parse(struct m3u8 *m, const char *head, const char *s);
/* Frees the newest text that was parsed; end frees the rest. */
void forget(void);
/* Feeds one |at_ms| after T0. */
void feed(unsigned track, int64_t at_ms, const char *s);
void feed_head(unsigned track, int64_t at_ms, const char *head, const char *s);
/* What waits: "number=uri/dseq gap last left"; empties the queue. Static. */
const char *take(unsigned track);

#endif
