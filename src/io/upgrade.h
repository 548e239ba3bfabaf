#ifndef SRC_IO_UPGRADE_H
#define SRC_IO_UPGRADE_H

/*
 * A successor. The program's file, as it is on disk now, is started with the
 * same arguments; it gets the sockets that listen (IPv4, IPv6 and UNIX) and the
 * bound datagram sockets by the same way as from a supervisor (io/inherit.h),
 * so what knocks meanwhile is let in by one of the two. When it serves
 * (daemon_ready), or has failed, |done| is called: who made room stops
 * listening then, ends what is open, and exits.
 *
 *	old: upgrade_new -- new: inherit_setup, daemon_succeed, ... daemon_ready
 *	old: done(0), stops listening, drains, exits
 */

#include "base/buf.h"
#include "io/loop.h"

/* Names of what it gets beside sockets. */
#define UPGRADE_READY   "spate-ready"
#define UPGRADE_PIDFILE "spate-pidfile"
#define UPGRADE_STATE   "spate-state"

struct upgrade_conf {
	const char *file; /* of the program, absolute */
	char *const *argv;
	const char *cwd; /* where it was started */
	sp_time limit;   /* to become ready; then it is killed */
	/* Bytes that the successor may read (upgrade_state). Borrowed. */
	const void *state;
	size_t state_len;
};

/* What the successor writes at UPGRADE_READY: this byte, or a complaint. */
#define UPGRADE_SERVES 1
#define UPGRADE_WHY    512 /* bytes of it */

typedef void (*upgrade_fn)(void *ctx, int err, long pid, const char *why);

struct upgrade;

/*
 * |done| is called once, from the loop: 0 and the successor's pid, or SP_ERR_IO
 * (it ended; |why| is what it complained of, "" for nothing), SP_ERR_TIMEOUT;
 * then the upgrade may be freed. SP_ERR_IO (errno:
 * no process, no pipe), SP_ERR_NOMEM, SP_ERR_FULL (more than INHERIT_MAX
 * sockets): there is no successor.
 */
int upgrade_new(struct upgrade **out, struct loop *l,
    const struct upgrade_conf *conf, upgrade_fn done, void *ctx);
/* Kills a successor that is not ready. NULL is fine. */
void upgrade_free(struct upgrade *u);

/*
 * In the successor, once: appends what the other one left, if it left anything;
 * b->err.
 */
int upgrade_state(struct sp_buf *b);

#endif
