#ifndef SWARM_CLIENT_VOD_UPDATE_H
#define SWARM_CLIENT_VOD_UPDATE_H

/*
 * The next version of a channel's files, fetched beside the one that is played,
 * in DIR/.spate-next-<40 hex digits of its id>.
 *
 * What the old one has is taken from there: a file of the same root (BEP 52)
 * is linked to, wherever it was, if it is complete, else copied; a file of the
 * same path is copied, for what of it has stayed as it was. Then all is
 * checked, and what is wrong or missing is fetched.
 */

#include "swarm/client/vod.h"

struct vod_update;

/* Called from the loop. */
struct vod_update_ops {
	void (*done)(void *ctx); /* all is here, and nothing is open */
	void (*failed)(void *ctx, const char *what, const char *why);
};

/*
 * |like| is what the old one was made with; |old| may end before this one, but
 * not before ops.done or vod_update_free. |magnet| is copied; all else is
 * borrowed for life. Codes of vod_new and mkdir (SP_ERR_IO, errno); |why| may
 * be filled.
 */
int vod_update_new(struct vod_update **out, const struct vod_conf *like,
    const struct vod *old, const char *magnet, const uint8_t id[20],
    struct loop *l, const struct vod_update_ops *ops, void *ctx,
    struct lt_error *why);
/* The files stay, to go on from. NULL is fine. */
void vod_update_free(struct vod_update *u);
void vod_update_meet(struct vod_update *u, const struct sp_addr *addr);
bool vod_update_is(const struct vod_update *u, const uint8_t id[20]);
/* Pieces that are here, and their number; 0: not known yet. */
void vod_update_counts(const struct vod_update *u, struct vod_counts *out);

/*
 * Moves the files of version |id| to |dir|, over what is there. 0 too when
 * there are none. SP_ERR_IO (errno): some may have been moved; again is fine.
 */
int vod_update_install(const char *dir, const uint8_t id[20]);
/* Removes what there is of it. */
void vod_update_forget(const char *dir, const uint8_t id[20]);

#endif
