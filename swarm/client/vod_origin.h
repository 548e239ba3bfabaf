#ifndef SWARM_CLIENT_VOD_ORIGIN_H
#define SWARM_CLIENT_VOD_ORIGIN_H

/*
 * Web seeds (BEP 19) by our own client instead of libtorrent's, which of 2.0.8
 * does not recover from a 503, gives one up for good after one wrong object,
 * and loads from it what peers have. vod_origin_plan.h says what is fetched;
 * here it is done: bytes become whole pieces, which libtorrent verifies
 * (lt_add_piece).
 */

#include <jansson.h>

#include "base/buf.h"
#include "swarm/client/vod.h"

struct vod_origins;
struct vod_plan;

/* Once it is known what is in the torrent. No origins: 0, and *out is NULL. */
int vod_origins_new(struct vod_origins **out, const struct vod_conf *conf,
    const struct lt_info *info, struct loop *l);
/* Ends all transfers. NULL is fine. */
void vod_origins_free(struct vod_origins *o);

/* What it goes by; all of it is borrowed until vod_origins_stop. */
struct vod_origins_view {
	struct lt_session *lt;
	uint64_t id;
	const uint8_t *have; /* bits */
	const struct vod_plan *plan;
	const struct lt_status *st;
	const bool *ready;              /* |have| is to be believed */
	const struct lt_error *trouble; /* code < 0: no space, for one */
};
void vod_origins_start(struct vod_origins *o,
    const struct vod_origins_view *view);
/* Cuts transfers; nothing is fetched from then on. NULL is fine. */
void vod_origins_stop(struct vod_origins *o);
/* The plan has changed. NULL is fine, here and below. */
void vod_origins_run(struct vod_origins *o);
/* LT_EV_PEERS, LT_EV_PIECE, LT_EV_HASH_FAILED, LT_EV_ADDED. */
void vod_origins_event(struct vod_origins *o, const struct lt_event *ev);

/* Their part of the counters. */
void vod_origins_counts(const struct vod_origins *o, struct vod_counts *out);
/* One object for each. Never NULL but without memory. */
json_t *vod_origins_json(const struct vod_origins *o);

/*
 * The URL of |file| at |base|, and a NUL. BEP 19: below the base, which of a
 * torrent of one file may be that of the file itself. b->err.
 */
int vod_origin_url(struct sp_buf *b, const char *base,
    const struct lt_info *info, size_t file);

#endif
