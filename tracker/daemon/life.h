#ifndef TRACKER_DAEMON_LIFE_H
#define TRACKER_DAEMON_LIFE_H

/*
 * The life of the daemon's process: signals, reload, upgrade, the end.
 *
 *	SIGHUP		life_reload
 *	SIGUSR2		life_upgrade
 *	SIGTERM, INT	nobody is let in, what is open ends, exit; at the second
 *			one at once
 *
 * An upgrade: the successor is started with our sockets and what we know of
 * ordinary swarms; as soon as it serves we let nobody in any more, and end what
 * is open within LIFE_DRAIN. Viewers and peers by WebSocket are not handed
 * over: their streams and sockets end, so they announce themselves again at
 * once, and seeders publish their windows again.
 */

#include "tracker/daemon/track_host.h"

#define LIFE_DRAIN   (10 * SP_S) /* with a successor */
#define LIFE_STOP    (2 * SP_S)  /* without */
#define LIFE_UPGRADE (30 * SP_S) /* for the successor to be ready */

struct ctl;

/* Borrowed until life_free, but for |conf|, which is taken. */
struct life_conf {
	struct loop *loop;
	struct track_host *host;
	struct ctl *ctl; /* NULL: none */
	struct options *opts;
	struct conf *conf;
	struct sp_log *log;
	int argc;
	char **argv;
	const char *cwd;  /* where it was started */
	const char *file; /* of the program; NULL: not known */
};

struct life;

/* Watches the signals, feeds the watchdog. SP_ERR_NOMEM, SP_ERR_FULL. */
int life_new(struct life **out, const struct life_conf *conf);
void life_free(struct life *f);

/*
 * Reads the configuration and the lists again. What cannot change while we run
 * is told, one line for each option. SP_ERR_ARG: an error in one of them, which
 * stays as it was.
 */
int life_reload(struct life *f);
/* SP_ERR_EXISTS: one is under way; SP_ERR_UNSUPPORTED: chroot; upgrade_new. */
int life_upgrade(struct life *f);
void life_log_level(struct life *f, enum log_level level);

#endif
