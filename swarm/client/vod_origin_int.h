#ifndef SWARM_CLIENT_VOD_ORIGIN_INT_H
#define SWARM_CLIENT_VOD_ORIGIN_INT_H

/*
 * What the parts of vod_origin share; nobody else includes it.
 *
 *	vod_origin.c        making, looking, what libtorrent says
 *	vod_origin_get.c    a transfer, from URL to piece
 *	vod_origin_plan.c   what is fetched from where, and when: pure
 *	vod_origin_ban.c    files that are not to be had somewhere: pure
 */

#include "io/origin.h"
#include "swarm/client/vod_origin.h"
#include "swarm/client/vod_origin_ban.h"
#include "swarm/client/vod_origin_plan.h"

/* A transfer: one file after the other, until its end. */
struct vod_transfer {
	struct vod_origins *o;
	bool used;
	struct vod_origin_job job;
	struct origin_fetch *f; /* NULL: between two files */
	size_t file;
	uint64_t at;       /* next byte of the torrent */
	uint64_t part_end; /* of the file, in the torrent */
	uint64_t skip;     /* bytes of the body before |at| */
	bool ranged, decided;
	enum vod_origin_end how; /* if decided */
	uint8_t *buf;            /* an object, or the piece that |at| is in */
	size_t size;             /* of it */
};

struct vod_origin {
	char *url;
	enum origin_reach reach;
	uint64_t bytes, requests, failed;
	bool told;
};

struct vod_origins {
	const struct vod_conf *conf;
	const struct lt_info *info;
	struct loop *loop;
	struct vod_origins_view view;
	bool running;
	struct origin *http;
	struct vod_origin_plan *plan;
	struct vod_origin v[VOD_ORIGINS_MAX];
	unsigned n;
	struct vod_transfer jobs[VOD_ORIGIN_JOBS];
	struct io_timer timer;
	uint8_t *peers; /* for each piece */
	bool met;
	sp_time peers_at; /* when to ask for them */
	sp_time carried;
	int64_t down_bytes;
	uint64_t wrong_bytes;
};

/* vod_origin.c */
/* Looks at what is to be done in |in|. */
void vod_origins_soon(struct vod_origins *o, sp_time in);
/* Says that |origin| has other bytes at |at| of the torrent. */
void vod_origins_tell_wrong(const struct vod_origins *o, unsigned origin,
    uint64_t at);

/* vod_origin_get.c */
void vod_transfer_begin(struct vod_origins *o,
    const struct vod_origin_job *job);
/* Cuts it if it is under way. |retry| as vod_origin_plan_end. */
void vod_transfer_end(struct vod_transfer *t, enum vod_origin_end how,
    sp_time retry);
/* Is there anything in what is still to come? */
bool vod_transfer_is_needed(const struct vod_transfer *t);

static inline bool
vod_origins_has(const struct vod_origins *o, uint32_t piece)
{
	return vod_bit(o->view.have, piece);
}

#endif
