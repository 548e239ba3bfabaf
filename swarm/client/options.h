#ifndef SWARM_CLIENT_OPTIONS_H
#define SWARM_CLIENT_OPTIONS_H

/* The options of spate: one row each in options.c; spate(1) explains them. */

#include "io/conf.h"
#include "swarm/client/dht_file.h"
#include "swarm/client/door.h"

enum { ENCRYPTION_AUTO, ENCRYPTION_REQUIRE, ENCRYPTION_NO };

struct options {
	struct conf_std std;
	/* players */
	const char *listen;
	int64_t port;
	const char *token, *exec;
	bool to_stdout;
	int64_t track; /* -1: the first variant */
	bool all_renditions;
	/* peers */
	int64_t peer_port;
	int64_t up_bps;
	bool no_upload, lan, ephemeral, no_telemetry, no_port_map, no_lsd;
	int64_t neighbours;
	const char *identity, *congestion;
	struct dht_options dht;
	/* stream */
	sp_time delay, window, wait;
	struct conf_list trackers, origins;
	/* torrents */
	const char *save, *file;
	bool all, keep_seeding;
	const char *from;
	int64_t down_bps, disk_max;
	int encryption; /* ENCRYPTION_* */
	/* what it says */
	sp_time status_interval;
	int log_level; /* enum log_level */
	bool quiet;
	int output; /* enum counters_format */
};

extern const struct conf_prog options_prog;
/* Where players connect. */
struct door options_door(const struct options *o);

#endif
