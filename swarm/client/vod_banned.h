#ifndef SWARM_CLIENT_VOD_BANNED_H
#define SWARM_CLIENT_VOD_BANNED_H

/*
 * Whom libtorrent has banned, and who is let in again when nothing comes any
 * more. It bans all who sent parts of pieces that were wrong, so one who lies
 * takes the others with him, and a viewer may be left with nobody. Pure.
 *
 * One comes back at a time, who is alone then: if he lies, that is certain, and
 * he is banned at once; if not, the film goes on. Each has to wait the longer
 * the more often he was let in.
 *
 *	0 s   A and B are banned for the same pieces
 *	3 s   A is let in, and banned for a piece of his own
 *	6 s   B is let in, who is honest
 *	      (A could not be before 3 + 2 * VOD_BAN_TIME)
 */

#include "base/addr.h"
#include "base/tstamp.h"

#define VOD_BANNED_MAX 64
#define VOD_BAN_TIME   (2 * SP_S) /* the first one; then twice as long */
#define VOD_BAN_LONG   (600 * SP_S)

struct vod_ban {
	struct sp_addr addr;
	unsigned pardons;
	sp_time since; /* of the ban, or of the last pardon */
};

struct vod_banned {
	struct vod_ban v[VOD_BANNED_MAX]; /* all zero: nobody */
	size_t n;
};

/*
 * |a| was banned. Who cannot be dialled (port 0) is not kept. When there are
 * too many, who was pardoned most often is forgotten.
 */
void vod_banned_add(struct vod_banned *b, const struct sp_addr *a, sp_time now);
/*
 * Who is to be let in: of those who have waited who was pardoned least often,
 * and of these the first. NULL: nobody yet. Counts as a pardon.
 */
const struct sp_addr *vod_banned_pardon(struct vod_banned *b, sp_time now);

#endif
