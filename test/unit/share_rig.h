#ifndef TEST_UNIT_SHARE_RIG_H
#define TEST_UNIT_SHARE_RIG_H

/*
 * Trackers that share state through a model of Redis, on literal time. Acts
 * reach it in the round in which they are given, and are answered in the next.
 */

#include "test/sim/signer.h"
#include "test/unit/unit.h"
#include "tracker/share.h"

#define RIG_TRACKERS 3
#define RIG_STEP     (10 * SP_MS)

/* What is wrong with the link of a tracker. */
enum rig_fault {
	RIG_FINE,
	RIG_CUT,    /* refuses connections */
	RIG_SILENT, /* takes acts and never answers */
	RIG_REFUSE, /* answers with errors */
	RIG_TWICE,  /* entries come twice, and the older ones again */
	RIG_FULL,   /* refuses every third append */
	RIG_STUCK,  /* reads a window from its beginning each time */
	RIG_HASTY,  /* does not wait for news */
	RIG_BOUNCE, /* lets in, and throws out in the next round */
	RIG_SLOW,   /* answers each 100 ms, but tells news at once */
};

struct rig_tracker {
	struct track *track;
	struct share *share;
	uint64_t node;
	enum rig_fault fault;
	struct rig_answer *first, **last; /* acts to be answered */
	bool waits;                       /* a WAIT is open */
	struct share_act wait;
	sp_time wait_until;
	bool connected;
	unsigned connects, hangups, woke, appends, reads, waited;
	sp_time connected_at[16];
};

struct rig {
	struct failmem fm;
	sp_time now;
	struct rig_tracker t[RIG_TRACKERS];
	size_t n;
	struct signer seed;
	struct sp_buf body;
	struct rig_store *store;
};

/* |n| trackers that know nothing, at second 100. */
void rig_start(struct rig *r, size_t n);
/* And they have records 1 to 5 of a channel, a second later. */
void rig_start_channel(struct rig *r, size_t n);
void rig_end(struct rig *r);
void rig_run(struct rig *r, sp_time span);
/* Publishes r->body at tracker |i| and empties it; the result of publish. */
int rig_publish(struct rig *r, size_t i);
/* A manifest and records 1..n, or records first..last, at tracker |i|. */
void rig_channel(struct rig *r, size_t i, uint64_t n);
void rig_records(struct rig *r, size_t i, uint64_t first, uint64_t last);
/* Newest number of track 0 at tracker |i|; 0: it has none. */
uint64_t rig_newest(const struct rig *r, size_t i);
uint32_t rig_held(const struct rig *r, size_t i);
/* All trackers: that is the newest one, and so many are there. */
void rig_all_have(const struct rig *r, uint64_t newest, uint32_t held);
struct share_stats rig_stats(const struct rig *r, size_t i);
/* Tracker |i| dies, and another begins with nothing in its place. */
void rig_restart(struct rig *r, size_t i);

/* ---- the model of Redis ---- */

/* It loses all of its data; trackers stay connected. */
void rig_wipe(struct rig *r);
/* The window's stream alone. */
void rig_lose_window(struct rig *r);
/* Entries of the window's stream. */
size_t rig_window_len(const struct rig *r);
/* Somebody writes there what is no frame of the channel. */
void rig_forge(struct rig *r, const void *p, size_t len);
void rig_forge_batch(struct rig *r, unsigned shard, const void *p, size_t len);
/* What |len| bytes at |p| say of the channel's roster; and the news of it. */
void rig_roster(struct rig *r, const void *p, size_t len);
/* Into the set |list|, unless NULL; and the news of it. */
void rig_policy(struct rig *r, enum access_list list, const char *member);

#endif
