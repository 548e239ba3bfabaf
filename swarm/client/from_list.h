#ifndef SWARM_CLIENT_FROM_LIST_H
#define SWARM_CLIENT_FROM_LIST_H

/*
 * Playlists of an archive, from some time on. A segment's time is that of
 * EXT-X-PROGRAM-DATE-TIME, its own or, with the durations between, of one
 * before it. Pure.
 */

#include "wire/m3u8.h"

/* Names of such playlists are those of the archive with this before them. */
#define FROM_PREFIX "from-"

/*
 * Is it the same file to every player: no scheme, query, fragment or variable,
 * just a path?
 */
bool from_list_is_path(const struct m3u8_span *uri);
/*
 * First and last moment of |m|. SP_ERR_NOTFOUND: none of its segments has a
 * time.
 */
int from_list_times(const struct m3u8_media *m, int64_t *first, int64_t *last);
/*
 * Appends |m| from the segment on that is played at |at_ms|: with its number,
 * and keys, map and time as they stand there. SP_ERR_NOTFOUND: it ends before,
 * or begins after that, or has no times; b->err. What would have a player show
 * something else in between (interstitials) is left out.
 */
int from_list_cut(struct sp_buf *b, const struct m3u8_media *m, int64_t at_ms);
/* Appends a master playlist whose playlists are called FROM_PREFIX and so on,
 * without content steering, which names others. */
int from_list_master(struct sp_buf *b, const struct m3u8_master *m);

#endif
