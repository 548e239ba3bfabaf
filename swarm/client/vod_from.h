#ifndef SWARM_CLIENT_VOD_FROM_H
#define SWARM_CLIENT_VOD_FROM_H

/*
 * An archive (spate-archive(1)) from some time on: once its records are here,
 * and signed by the channel, its playlists are served cut, beside the files:
 *
 *	/from-STEM.m3u8, /from-STEM-tN.m3u8
 *
 * Every segment that they name is proven first: a record with its number, whose
 * root the torrent has for that file. So what is played is what was broadcast,
 * in that order, whoever made the torrent.
 */

#include "io/http.h"
#include "io/when.h"
#include "lt/lt.h"

struct vod;
struct vod_from;

/*
 * Begins, once it is known what is in the torrent. Ends with vod_ops.ready, or
 * vod_ops.failed. SP_ERR_NOMEM.
 */
int vod_from_new(struct vod_from **out, struct vod *v);
void vod_from_free(struct vod_from *f); /* NULL is fine */
/* Answers a request for one of its playlists. False: it is for none. */
bool vod_from_serve(struct vod_from *f, struct http_req *r, const char *path);
/* What to play: a path without the first slash. NULL: not known yet. */
const char *vod_from_path(const struct vod_from *f);

#endif
