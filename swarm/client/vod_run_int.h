#ifndef SWARM_CLIENT_VOD_RUN_INT_H
#define SWARM_CLIENT_VOD_RUN_INT_H

/*
 * What the parts of vod_run share; nobody else includes it.
 *
 *	vod_run.c       the program: settings, player, status line, leaving
 *	vod_versions.c  of a channel's files: which version is played
 */

#include "swarm/client/player.h"
#include "swarm/client/status.h"
#include "swarm/client/vod.h"
#include "swarm/client/vod_follow.h"
#include "swarm/client/vod_origin_plan.h"
#include "swarm/client/vod_run.h"
#include "swarm/client/vod_update.h"

#define VOD_RUN_SETTINGS 24

/* Web seeds. */
struct vod_run_origins {
	const char *v[VOD_ORIGINS_MAX];
	size_t n;
	char *seeds[VOD_ORIGINS_MAX]; /* of them, those of the link */
	size_t n_seeds;
};

struct run {
	const struct options *o;
	const char *what; /* as given */
	char name[256];   /* of what is played, for people */
	struct loop *loop;
	struct vod *vod;
	struct vod_conf conf;
	struct player *player;
	struct status status;
	struct io_timer tick;
	uint8_t *metainfo;
	char save[PATH_MAX];
	bool temporary;
	/* of a channel's files: vod_versions.c */
	const struct link *link; /* NULL: it is a torrent */
	struct vod_follow *follow;
	struct vod_update *update;
	struct head_item playing, next; /* what |vod| and |update| are */
	char *magnet;
	char **old; /* files of the version that gives way */
	size_t n_old;
	sp_time update_done, met_at; /* 0: not */
	bool swapping, vod_left, follow_left, update_failed;
	struct lt_kv kv[VOD_RUN_SETTINGS];
	char text[VOD_RUN_SETTINGS][128];
	struct sp_buf nodes; /* of the DHT */
	struct vod_run_origins origins, next_origins;
	struct when from;
	uint8_t pk[HASH_PK_LEN]; /* of a channel's link */
	sp_time started, logged, left_at;
	bool ready, met; /* what is in it is known; somebody was met */
	bool warned, leaving;
	int exit;
};

/* vod_settings.c */
void vod_run_settings(struct run *r);

/* vod_run.c */
/* Those of --origin, and of |magnet| (may be NULL). SP_ERR_NOMEM; complains. */
int vod_run_origins(struct run *r, struct vod_run_origins *o,
    const char *magnet);
void vod_run_origins_fini(struct vod_run_origins *o); /* zeroed or filled */
/* Makes the vod of r->conf; complains. */
int vod_run_begin(struct run *r);
void vod_run_leave(struct run *r, int status);
/* Ends the loop when all has left. */
void vod_run_left(struct run *r);

/* vod_versions.c: all but the first do nothing without r->link */
/* Begins to follow, and with what is here. Complaints are made. */
int vod_versions_open(struct run *r);
void vod_versions_tick(struct run *r, const struct vod_counts *c, sp_time now);
/* The vod has left. True: for the next version. */
bool vod_versions_left(struct run *r);
void vod_versions_leave(struct run *r);
void vod_versions_close(struct run *r);

#endif
