#ifndef SWARM_CLIENT_PLAYER_H
#define SWARM_CLIENT_PLAYER_H

/* A player that we start, through /bin/sh. */

#include "base/buf.h"
#include "io/loop.h"

struct player;

/*
 * Appends |command| with %u replaced by |url| and %% by %, and a NUL. Pure.
 * SP_ERR_SYNTAX: another % sequence; b->err.
 */
int player_command(struct sp_buf *b, const char *command, const char *url);
/*
 * Runs |command| (as it stands) and calls |ended| with its exit status, as a
 * shell tells it (128 + signal). SP_ERR_IO (errno), SP_ERR_NOMEM, SP_ERR_FULL.
 * One at a time in a process: it looks at SIGCHLD.
 */
int player_start(struct player **out, struct loop *l, const char *command,
    void (*ended)(void *ctx, int status), void *ctx);
/* Asks it to end (SIGTERM) if it still runs, and forgets it. NULL is fine. */
void player_free(struct player *p);

#endif
