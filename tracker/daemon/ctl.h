#ifndef TRACKER_DAEMON_CTL_H
#define TRACKER_DAEMON_CTL_H

/*
 * What the operator says to a running tracker on its control socket
 * (io/control.h): a line of words, answered in JSON.
 *
 *	stats				all counters, as /stats
 *	channels			one row for each channel
 *	swarms [NUMBER]			the largest ones
 *	kick channel|swarm WHAT [TIME]	forget it and deny it for TIME
 *	kick host|peer ADDRESS [TIME]	refuse it
 *	reload, upgrade			as the signals
 *	log-level [LEVEL]		tell or change it
 */

#include "tracker/daemon/life.h"

#define CTL_PATH        "/run/spate-tracker/control"
#define CTL_SWARMS      1000 /* most that are listed */
#define CTL_SWARMS_DFLT 20
#define CTL_KICK        (3600 * SP_S) /* when no time is named */
#define CTL_KICK_MAX    (366 * 86400 * SP_S)

struct ctl;

/*
 * Listens at |path|. Borrows all; |life| may come later (ctl_life), until then
 * nothing is answered. SP_ERR_* as control_new.
 */
int ctl_new(struct ctl **out, struct loop *l, struct track_host *h,
    const char *path);
void ctl_life(struct ctl *c, struct life *life);
void ctl_leave(struct ctl *c);
void ctl_free(struct ctl *c); /* NULL is fine */

/* The subcommand `ctl': argv[0] is it. Returns the exit status. */
int ctl_main(int argc, char **argv);

#endif
