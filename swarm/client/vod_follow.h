#ifndef SWARM_CLIENT_VOD_FOLLOW_H
#define SWARM_CLIENT_VOD_FOLLOW_H

/*
 * Which torrent the files of a channel are, now (wire/fileitem.h): a member of
 * the channel's swarm that listens for manifests, and looks into the DHT.
 *
 * What was seen last is kept beside the files, in DIR/.spate-files-<first 16
 * hex digits of the key>, so that nobody can have an older version taken for
 * the newest one:
 *
 *	spate files 1
 *	seen <hex>	the newest item, packed
 *	here <hex>	that of the version whose files are in DIR
 *	next <hex>	that of the one that is fetched beside it
 */

#include "swarm/client/options.h"
#include "wire/fileitem.h"
#include "wire/link.h"

struct vod_follow;

#define VOD_FOLLOW_PEERS 32

/* Called from the loop. */
struct vod_follow_ops {
	/* There is another newest one. */
	void (*news)(void *ctx);
	void (*left)(void *ctx); /* after vod_follow_leave */
};

/*
 * Reads what is kept in |dir|; all is borrowed for life. SP_ERR_SYNTAX and
 * what viewer_host has; complaints are made.
 */
int vod_follow_new(struct vod_follow **out, const struct options *o,
    const struct link *link, const char *dir, const struct sp_log *log,
    struct loop *loop, const struct vod_follow_ops *ops, void *ctx);
void vod_follow_free(struct vod_follow *f); /* NULL is fine */
void vod_follow_leave(struct vod_follow *f);

/* The newest one, and that whose files are in DIR; seq 0: none. */
const struct head_item *vod_follow_newest(const struct vod_follow *f);
const struct head_item *vod_follow_here(const struct vod_follow *f);
/* That which was fetched beside it when the run before ended; seq 0: none. */
const struct head_item *vod_follow_next(const struct vod_follow *f);
/* The files in DIR are those of |it|, and nothing is fetched beside them. */
void vod_follow_set_here(struct vod_follow *f, const struct head_item *it);
void vod_follow_set_next(struct vod_follow *f, const struct head_item *it);
/*
 * Where peers of the newest torrent may be: the broadcaster's port at the
 * addresses of seeders among the neighbours, and of the link. Their number.
 */
size_t vod_follow_peers(struct vod_follow *f,
    struct sp_addr out[VOD_FOLLOW_PEERS]);

#endif
