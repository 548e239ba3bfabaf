#ifndef SWARM_CLIENT_VOD_RUN_H
#define SWARM_CLIENT_VOD_RUN_H

/* The program that plays a torrent, around vod.h. */

#include "swarm/client/options.h"
#include "wire/link.h"

/*
 * Plays |what|, a magnet link of a torrent or, if |is_file|, a .torrent, until
 * the player or a signal ends it. The exit status.
 */
int vod_run(const struct options *o, const char *what, bool is_file);
/* Likewise the files of a channel, and each new version of them. */
int vod_run_files(const struct options *o, const struct link *link);

#endif
