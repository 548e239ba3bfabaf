#ifndef TOOLS_FOLLOWER_INT_H
#define TOOLS_FOLLOWER_INT_H

/* What the files of the follower share. */

#include "tools/follower.h"

#define FOLLOWER_STALE_TARGETS 3
#define FOLLOWER_WRITING_MS    300 /* a file may be half written */

/* One segment that is recognised when it is listed again. */
struct follower_seen {
	bool used;
	uint64_t seq, what;
	int64_t pdt_ms;
	int64_t avail_ms;
};

struct follower_track {
	bool known;                /* |last| holds something */
	bool restored;             /* no snapshot since follower_restore */
	uint32_t gen;              /* of the base; 0: its own */
	int64_t base;              /* number - media sequence */
	struct follower_mark last; /* newest that got a number */
	uint64_t first;            /* of the last snapshot */
	int64_t fed_ms;
	int64_t behind_ms; /* since when only older copies came, -1 */
	struct follower_seen seen[FOLLOWER_MEMORY]; /* slot: seq % MEMORY */
	struct follower_seg *head, *tail;
	size_t waiting;
};

enum follower_verdict {
	FOLLOWER_FIRST,   /* nothing is known of the track */
	FOLLOWER_GOES_ON, /* also: nothing new */
	FOLLOWER_STALE,   /* an older copy */
	FOLLOWER_RESTARTED,
};

/* What the snapshot is, and the index of its first new segment. */
enum follower_verdict follower_judge(const struct follower_track *t,
    const struct follower_conf *conf, const struct m3u8_media *pl,
    int64_t now_ms, size_t *from);
/* Hash that tells segments apart which have the same sequence number. */
uint64_t follower_what(const struct m3u8_segment *s);
/* Remembers |s|. */
void follower_see(struct follower_track *t, const struct follower_mark *m);

/* |s| NULL: the segment that only says that the source has ended. */
int follower_seg_new(struct follower_seg **out, const struct sp_mem *mem,
    const struct m3u8_segment *s, const char *base);
void follower_seg_free(const struct sp_mem *mem, struct follower_seg *g);

#endif
