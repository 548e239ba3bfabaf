#ifndef SWARM_CLIENT_VOD_ORIGIN_PLAN_H
#define SWARM_CLIENT_VOD_ORIGIN_PLAN_H

/*
 * Which pieces of a torrent come from its web seeds (BEP 19), called origins
 * here, from which of them, and when. Pure.
 *
 * Peers carry what they hold: a piece is fetched from an origin
 *
 *	at once         when no peer that we are connected with has it,
 *	as a rescue     when one has it, but it was wanted by a deadline for
 *	                VOD_ORIGIN_PATIENCE and is due in VOD_ORIGIN_GUARD, or
 *	                it is wanted, and nothing has come from peers for
 *	                VOD_ORIGIN_SILENCE.
 *
 * What is due goes first, by its time; then what players will read soon; the
 * rest of the files only with |all|. When a torrent begins peers have
 * VOD_ORIGIN_GRACE to be met.
 *
 * An origin that is busy or down (503, no connection) rests: 1, 2, 4, 4, 4, 8,
 * ... s, or as it asks for, then is tried with one transfer. Of one that has
 *not a file, or has wrong bytes in its place, that file is not asked for any
 *more for a while; others, or peers, have to do. One that ignores Range is
 *asked for whole files, one transfer for each.
 */

#include "lt/lt.h"
#include "swarm/client/vod_plan.h"

#define VOD_ORIGINS_MAX     16
#define VOD_ORIGIN_JOBS     6 /* transfers at the same time, of all */
#define VOD_ORIGIN_BYTES    (UINT64_C(4) << 20) /* of one; or one piece */
#define VOD_ORIGIN_PATIENCE (3 * SP_S)
#define VOD_ORIGIN_GUARD    (2 * SP_S)
#define VOD_ORIGIN_SILENCE  (10 * SP_S)
#define VOD_ORIGIN_GRACE    (3 * SP_S)  /* 1 s when nobody was heard of */
#define VOD_ORIGIN_REST_MAX (60 * SP_S) /* whatever it asks for */

struct vod_origin_plan;

/* Borrows |info| for life. SP_ERR_ARG, SP_ERR_NOMEM. */
int vod_origin_plan_new(struct vod_origin_plan **out, const struct sp_mem *mem,
    const struct lt_info *info, unsigned n_origins, sp_time now);
void vod_origin_plan_free(struct vod_origin_plan *p); /* NULL is fine */

struct vod_origin_in {
	const uint8_t *have;  /* a bit for each piece */
	const uint8_t *peers; /* for each piece, who has it: 255 is many */
	const struct vod_plan *plan;
	bool all;        /* what nobody waits for, too */
	uint32_t known;  /* peers heard of */
	bool met;        /* |peers| is of somebody */
	sp_time carried; /* when bytes came from peers last */
	sp_time now;
};

/*
 * Bytes [at, end) of the torrent, of origin |origin|; from the start of a piece
 * to the end of one.
 */
struct vod_origin_job {
	unsigned id; /* below VOD_ORIGIN_JOBS */
	unsigned origin;
	uint64_t at, end;
	bool whole; /* of files without Range */
	/*
	 * Just one file of a torrent of version 2, not longer than
	 * VOD_ORIGIN_BYTES, such as a segment of an archive: it is verified
	 * here, by its root. Of a magnet link libtorrent may not know the
	 * hashes of pieces, then takes what is wrong, and never says so.
	 */
	bool object;
};

/* Looks at what has changed; then transfers are pulled. */
void vod_origin_plan_look(struct vod_origin_plan *p,
    const struct vod_origin_in *in);
/* The next transfer to begin, of the same |in|; false: none at the moment. */
bool vod_origin_plan_next(struct vod_origin_plan *p,
    const struct vod_origin_in *in, struct vod_origin_job *out);

/* How a transfer ended. */
enum vod_origin_end {
	VOD_ORIGIN_DONE,    /* all of it came */
	VOD_ORIGIN_CUT,     /* we ended it: it is not needed any more */
	VOD_ORIGIN_BUSY,    /* no connection, 5xx, 429, too slow */
	VOD_ORIGIN_NONE,    /* has no such file, or one of another length */
	VOD_ORIGIN_WRONG,   /* an object with other bytes */
	VOD_ORIGIN_NORANGE, /* sends all where a part was asked for */
	VOD_ORIGIN_REFUSED, /* must not be asked at all */
};
/* |at|: how far it came; |retry|: what it asks for when BUSY, or 0. */
void vod_origin_plan_end(struct vod_origin_plan *p, unsigned id,
    enum vod_origin_end how, uint64_t at, sp_time retry, sp_time now);

/* Piece |i| was given to libtorrent, which will say got or wrong. */
void vod_origin_plan_given(struct vod_origin_plan *p, unsigned id, uint32_t i,
    sp_time now);
void vod_origin_plan_got(struct vod_origin_plan *p, uint32_t i);
/* libtorrent has forgotten what was given to it, and was not verified. */
void vod_origin_plan_renew(struct vod_origin_plan *p);
/*
 * It was wrong. The origin that it came from, or SP_ERR_NOTFOUND: from none.
 * Its files are not asked for there any more, for a minute at first.
 */
int vod_origin_plan_wrong(struct vod_origin_plan *p, uint32_t i, sp_time now);
/* Must transfer |id| end, since one of its files is not to be had there? */
bool vod_origin_plan_spoilt(const struct vod_origin_plan *p, unsigned id,
    sp_time now);

enum vod_origin_state {
	VOD_ORIGIN_READY,
	VOD_ORIGIN_RESTS,
	VOD_ORIGIN_OUT, /* for good */
};
enum vod_origin_state vod_origin_plan_state(const struct vod_origin_plan *p,
    unsigned origin, sp_time now);
bool vod_origin_plan_ignores_range(const struct vod_origin_plan *p,
    unsigned origin);

#endif
