#ifndef SWARM_CLIENT_VOD_PLAN_H
#define SWARM_CLIENT_VOD_PLAN_H

/*
 * Which pieces of a torrent are wanted, and by when: a function of where
 * players read and how fast, of what is here, and of the time. Pure.
 *
 * Worked example: pieces of 1 MiB, one file of 200 MiB, a player at its
 * beginning that takes 1 MiB/s, nothing here yet:
 *
 *	pieces   0..9     window of 10 s: deadlines now, in 1 s, ... in 9 s
 *	pieces  10..49    VOD_P_AHEAD, four windows more
 *	pieces  50..198   VOD_P_WANTED, rarest first
 *	piece  199        the tail, VOD_P_SOON
 *
 * The player seeks to 100 MiB: the deadlines of 0..9 are taken back, then
 * 100..109 get theirs, and so on. A torrent begins with all pieces at
 * VOD_P_USUAL, as libtorrent does; what nobody wants gets 0.
 */

#include "base/err.h"
#include "base/mem.h"
#include "base/tstamp.h"

#define VOD_DUE_MAX    64 /* deadlines in all */
#define VOD_WINDOW_S   10 /* seconds that a player's window is long */
#define VOD_WINDOW_MIN (UINT64_C(4) << 20) /* bytes; and two pieces */
#define VOD_WINDOW_MAX (UINT64_C(64) << 20)
#define VOD_EDGE_MIN   (UINT64_C(128) << 10) /* head and tail of a file */
#define VOD_EDGE_MAX   (UINT64_C(4) << 20)
#define VOD_RATE_MIN   (UINT64_C(512) << 10) /* bytes/s; slower is not known */

/* Priorities as libtorrent has them. */
#define VOD_P_NONE   0
#define VOD_P_REST   1 /* files that nobody asked for */
#define VOD_P_WANTED 3 /* files that are played */
#define VOD_P_USUAL  4 /* what a torrent begins with */
#define VOD_P_AHEAD  5 /* some windows ahead of a player */
#define VOD_P_SOON   6 /* in a window, head or tail */
#define VOD_P_DUE    7 /* has a deadline */

/* Bytes [from, to) of the torrent that are wanted: a file, as a rule. */
struct vod_span {
	uint64_t from, to;
	uint8_t prio;
	bool edges; /* head and tail first */
};

/* A player that reads byte |at| next, and will not want any from |end| on. */
struct vod_reader {
	uint64_t at, end;
	uint64_t rate_bps; /* bytes/s; 0: not known */
	/*
	 * He asks for nothing at the moment, but may go on: no deadlines while
	 * there is anybody who does ask.
	 */
	bool idle;
};

struct vod_plan_in {
	const uint8_t *have; /* a bit for each piece, highest of byte 0 first */
	const struct vod_span *spans;
	size_t n_spans;
	const struct vod_reader *readers;
	size_t n_readers;
	sp_time now;
};

enum vod_act_type {
	VOD_ACT_CLEAR, /* no piece has a deadline any more */
	VOD_ACT_UNDUE, /* piece |first| has no deadline any more */
	VOD_ACT_DUE,   /* piece |first| is wanted within |ms| */
	VOD_ACT_PRIO,  /* |n| pieces from |first| on have |prio| */
};

struct vod_act {
	enum vod_act_type type;
	uint32_t first, n;
	uint8_t prio;
	uint32_t ms;
};

struct vod_plan;

/* SP_ERR_ARG (no pieces), SP_ERR_NOMEM. */
int vod_plan_new(struct vod_plan **out, const struct sp_mem *mem,
    uint32_t n_pieces, uint32_t piece_len, uint64_t total);
void vod_plan_free(struct vod_plan *p); /* NULL is fine */
/* The torrent was added anew: it has no deadlines and usual priorities. */
void vod_plan_reset(struct vod_plan *p);
/*
 * Makes the plan anew. What differs is to be pulled before anything else is
 * called; |in->have| is borrowed until then.
 */
void vod_plan_make(struct vod_plan *p, const struct vod_plan_in *in);
/*
 * The next thing to tell libtorrent; false: that was all. First deadlines that
 * are gone, then new ones, the earliest first, then priorities.
 *
 * When a player waits for a piece that had no deadline, he has come or has
 * jumped there: then all are taken back first, and told anew. On the first one
 * libtorrent cancels what it has asked for otherwise; else that, some seconds
 * of the line's rate, would come before what he waits for.
 */
bool vod_plan_next(struct vod_plan *p, struct vod_act *act);
/* The piece is here: libtorrent has forgotten its deadline by itself. */
void vod_plan_got(struct vod_plan *p, uint32_t piece);
/* Deadlines in force. */
size_t vod_plan_due(const struct vod_plan *p);
/* Deadline |k| of them, in no order; false: there are fewer. */
bool vod_plan_nth_due(const struct vod_plan *p, size_t k, uint32_t *piece,
    sp_time *at);
/* VOD_P_* that |piece| has by the plan, whether it is here or not. */
uint8_t vod_plan_want(const struct vod_plan *p, uint32_t piece);

/*
 * Bytes of head and tail of a file: as large as indexes are, a 512th (the moov
 * of an MP4 of two hours has some MiB).
 */
uint64_t vod_plan_edge(uint64_t file_bytes);
/* Bytes that are read ahead of a player. */
uint64_t vod_plan_window(uint64_t rate_bps, uint32_t piece_len);

static inline bool
vod_bit(const uint8_t *bits, uint32_t i)
{
	return bits[i >> 3] >> (7 - (i & 7)) & 1;
}

#endif
