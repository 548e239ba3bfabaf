#ifndef SWARM_CLIENT_STATUS_H
#define SWARM_CLIENT_STATUS_H

/*
 * What a person sees while the program runs: log lines, and on a terminal one
 * line below them that is written anew each second.
 */

#include "base/log.h"
#include "swarm/stats.h"

/*
 * "12 peers 3.91 Mbit/s  origin 0 kbit/s  offload 97.4 %  lag 1.2 s  stalls 0"
 * in |out|, as a rule for 80 columns; the length. Pure.
 */
size_t status_text(char *out, size_t size, const struct mesh_stats *st);

struct status {
	struct sp_log log;        /* hand this to everybody */
	const struct sp_log *via; /* where the lines go */
	bool line;                /* a status line is shown */
	bool shown;
};

/* Lines up to |level| go to |via|. |s| stays where it is. */
void status_init(struct status *s, const struct sp_log *via,
    enum log_level level, bool line);
/* Shows the line anew (no log line), if there is one, as far as it fits. */
void status_show(struct status *s, const char *text);
/* Takes the line away, for other output. */
void status_clear(struct status *s);

#endif
