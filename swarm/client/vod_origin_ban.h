#ifndef SWARM_CLIENT_VOD_ORIGIN_BAN_H
#define SWARM_CLIENT_VOD_ORIGIN_BAN_H

/*
 * Files of a torrent that some origin does not have as they should be: they are
 * not asked for there for a minute, twice as long each time, up to an hour.
 * Pure.
 */

#include "base/tstamp.h"
#include "lt/lt.h"

#define VOD_BANS 256 /* of more those that end first are forgotten */

struct vod_ban {
	unsigned origin;
	size_t file;
	unsigned times;
	sp_time until;
};

/* All zero: none. */
struct vod_bans {
	struct vod_ban v[VOD_BANS];
	size_t n;
};

/*
 * Of the files that bytes [from, to) of the torrent are in, but for padding.
 * It says nothing new of a file whose time has not ended. True: there are too
 * many, and some were forgotten before their time.
 */
bool vod_bans_add(struct vod_bans *b, const struct lt_info *info,
    unsigned origin, uint64_t from, uint64_t to, sp_time now);
/* Is one of them out at |origin|? */
bool vod_bans_has(const struct vod_bans *b, const struct lt_info *info,
    unsigned origin, uint64_t from, uint64_t to, sp_time now);

/* The file, padding too, that byte |at| of the torrent is in. */
size_t vod_origin_file(const struct lt_info *info, uint64_t at);

#endif
