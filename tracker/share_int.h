#ifndef TRACKER_SHARE_INT_H
#define TRACKER_SHARE_INT_H

/*
 * What share.c (the link, and whose turn it is), share_window.c (windows) and
 * share_in.c (peers and policy) share; nobody else includes it.
 */

#include <sys/queue.h>

#include "base/map.h"
#include "base/rng.h"
#include "tracker/share.h"

/* The newest record of a track that the stream has. */
struct share_edge {
	uint64_t next; /* its number + 1; 0: none */
	uint32_t epoch;
};

#define CHORE_KEEP     1u
#define CHORE_MANIFEST 2u
#define CHORE_MARK     4u
#define CHORES         7u

/*
 * A channel. |synced|: its stream was read to the end since the link came up,
 * so that edges and serial say what is there.
 */
struct share_chan {
	uint8_t info_hash[LINK_INFOHASH_LEN];
	TAILQ_ENTRY(share_chan) work; /* when queued */
	TAILQ_ENTRY(share_chan) woke_link;
	bool queued, woke;
	bool want_manifest, want_read, reading, synced;
	bool whole;  /* not synced, but being read from the beginning */
	bool redo;   /* is to be read so, after the read under way */
	bool dirty;  /* the own window may have what the stream lacks */
	bool told;   /* appended, and the news not told yet */
	bool holes;  /* an append was refused: what follows it may be there */
	bool failed; /* something was refused: to be done again, at mend_at */
	uint64_t drawer;  /* whose roster was there last; 0: nobody's */
	sp_time drawn_at; /* when it was read */
	uint64_t
	    roster_version; /* of the own one, when it was looked at last */
	bool roster_known;  /* it was looked for since the link came up */
	bool roster_want, roster_reading;
	bool roster_due;  /* the own one is another, or is lacking there */
	bool roster_news; /* it is there, and the news not told yet */
	unsigned chores;
	sp_time again_at; /* unknown here: when to read all of it again */
	struct share_id last;
	struct tw_since pos; /* in the own window: looked at up to here */
	uint64_t serial;     /* of the newest manifest there; 0: none */
	struct share_edge edges[LIVE_TRACKS];
};
TAILQ_HEAD(share_chans, share_chan);

struct share_shard {
	struct share_id last;
	bool reading;
	sp_time at; /* when to read on */
};

enum share_link {
	LINK_DOWN,       /* until retry_at */
	LINK_CONNECTING, /* CONNECT was given */
	LINK_UP,
};

struct share {
	const struct sp_mem *mem;
	struct share_conf conf;
	const struct live *live;
	struct sp_rng rng;

	enum share_link link;
	unsigned tries;    /* in vain, since it was up */
	sp_time retry_at;  /* DOWN: when to connect */
	sp_time heard_at;  /* last sign of the other end while it owes one */
	sp_time wait_from; /* of the WAIT under way */
	sp_time wait_at;   /* when to give the next; SP_NEVER: one is */
	sp_time up_at;
	uint32_t flight;

	struct map *chans; /* info-hash -> struct share_chan * */
	struct share_chans work, woke;
	struct sp_buf cur; /* of the own window, for the first of |work| */
	size_t cur_at;
	struct sp_buf frame;  /* that an act borrows */
	struct roster roster; /* read last */
	sp_time keep_at, list_at;
	sp_time mend_at;  /* SP_NEVER: no channel has failed */
	sp_time mend_gap; /* before the next such */

	struct share_shard shards[SHAREOUT_SHARDS];
	struct share_id news;
	sp_time policy_at;
	enum access_list policy; /* the set that is read, or next */
	bool policy_busy;        /* it is read */
	bool policy_again;       /* news of it, since both were read */
	bool policy_told;        /* and before this reading of both */
	bool policy_some[2];     /* the set is not empty here */
	struct sp_buf members;   /* of it, a line each */
	struct share_stats stats;
};

/* An act that is answered: counts it, and gives it. */
void share_give(struct share *s, struct share_act *act, enum share_what what,
    sp_time now);
bool share_id_after(struct share_id a, struct share_id b);

/* ---- share_window.c ---- */

/* NULL: there is none, and no room or memory for one. */
struct share_chan *share_chan_get(struct share *s, const uint8_t *info_hash);
void share_chans_free(struct share *s);
/* Reads the stream on. */
void share_chan_read(struct share *s, struct share_chan *ch);
/* There are news of it. */
void share_chan_news(struct share *s, struct share_chan *ch, sp_time now);
/* Reads the stream from its beginning, then tells what it lacks. */
void share_chan_resync(struct share *s, struct share_chan *ch);
void share_chans_down(struct share *s);
/* Signs of life are due, and what nobody has is forgotten. */
void share_chans_keep(struct share *s);
/* Does again what was refused. */
void share_chans_mend(struct share *s);
/* The next act of a channel; SP_ERR_AGAIN. */
int share_window_next(struct share *s, struct share_act *act, sp_time now);
void share_window_done(struct share *s, const struct share_act *act, int result,
    sp_time now);

/* Gives an act of |ch|. */
void share_chan_give(struct share *s, const struct share_chan *ch,
    struct share_act *act, enum share_what what, sp_time now);
struct share_chan *share_chan_find(const struct share *s,
    const uint8_t *info_hash);
/* It has something to do. */
void share_chan_queue(struct share *s, struct share_chan *ch);
/* Its streams have news. */
void share_chan_woke(struct share *s, struct share_chan *ch);

/* ---- share_roster.c ---- */

/* The next act about the roster of |ch|; SP_ERR_AGAIN. */
int share_roster_next(struct share *s, struct share_chan *ch,
    struct share_act *act, sp_time now);
/* It was looked for. */
void share_roster_done(struct share *s, struct share_chan *ch);

/* ---- share_in.c ---- */

/* Where to read from now that the clock of Redis says |redis_ms|. */
void share_in_up(struct share *s, uint64_t redis_ms, sp_time now);
int share_in_next(struct share *s, struct share_act *act, sp_time now);
void share_in_done(struct share *s, const struct share_act *act, int result,
    sp_time now);
sp_time share_in_deadline(const struct share *s);

#endif
