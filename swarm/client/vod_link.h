#ifndef SWARM_CLIENT_VOD_LINK_H
#define SWARM_CLIENT_VOD_LINK_H

/* What a person gave to be played, as far as text can tell. Pure. */

#include "base/err.h"

enum vod_link_kind {
	VOD_LINK_CHANNEL, /* a channel link, or nothing that we know */
	VOD_LINK_TORRENT, /* a magnet link of a torrent */
	VOD_LINK_FILE,    /* no link: a file, if there is one */
};

/*
 * A magnet link with a channel key (xs=urn:btpk:) is of a channel, whatever
 * else it has; else one with xt=urn:btih: or urn:btmh: is of a torrent.
 */
enum vod_link_kind vod_link_kind(const char *text);
/*
 * The info-hash of a torrent's magnet link: of version 1 (40 hex digits or 32
 * of base32), else of version 2, cut. SP_ERR_SYNTAX, SP_ERR_NOTFOUND.
 */
int vod_link_id(const char *text, uint8_t id[20]);
/*
 * Its next web seed (ws), from |*at| on, which is 0 at first, in |out|. The
 * length; SP_ERR_NOTFOUND: there are no more.
 */
int vod_link_seed(const char *text, size_t *at, char *out, size_t size);
/* Its name (dn) in |out|, "" if there is none that can be shown. */
void vod_link_name(const char *text, char *out, size_t size);

#endif
