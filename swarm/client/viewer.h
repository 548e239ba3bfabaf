#ifndef SWARM_CLIENT_VIEWER_H
#define SWARM_CLIENT_VIEWER_H

/* The viewer's program, without its command line: everything in one loop. */

#include "swarm/client/options.h"
#include "wire/link.h"

#define VIEWER_FILES (-1)
/*
 * Watches |link| until told to stop. The exit status of the program, or
 * VIEWER_FILES: the channel has no stream, but files.
 */
int viewer_run(const struct options *o, const struct link *link);

#endif
