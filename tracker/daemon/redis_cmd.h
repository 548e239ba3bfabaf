#ifndef TRACKER_DAEMON_REDIS_CMD_H
#define TRACKER_DAEMON_REDIS_CMD_H

/*
 * Acts of tracker/share as commands of Redis, and their answers as calls of it.
 * The keys are in tracker/share.h; what stands in braces is what Redis Cluster
 * hashes, so that a channel's keys are together and channels apart.
 */

#include "io/redis.h"
#include "tracker/share.h"

#define REDIS_CMD_NEWS "spate:news"
#define REDIS_CMD_DAY  86400 /* a channel silent for so many s is forgotten */

struct redis_cmd {
	struct redis_arg v[REDIS_ARGS];
	size_t n;
	char key[64];     /* what it is about */
	char text[6][48]; /* what some of |v| point to */
	size_t n_text;
	uint64_t node;
};

/*
 * The command of |a|, which is neither CONNECT, HANGUP nor WOKE; |part| from 0
 * on, for some have two; false: there is no such part. It borrows |a|; |now_s|
 * is the clock of Redis.
 */
bool redis_cmd_make(struct redis_cmd *c, const struct share_act *a,
    unsigned part, uint64_t node, int64_t now_s);
/*
 * Gives |s| what came for a part of |a|: the result of the part. Of KEEP, 0 or
 * 1; the least of its parts is that of the act.
 */
int redis_cmd_take(struct share *s, const struct share_act *a,
    const struct redis_value *v, sp_time now);

#endif
