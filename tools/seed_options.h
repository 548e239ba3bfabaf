#ifndef TOOLS_SEED_OPTIONS_H
#define TOOLS_SEED_OPTIONS_H

/* The options of spate-seed. */

#include "io/conf.h"
#include "swarm/client/dht_file.h"

enum seed_format {
	SEED_FORMAT_HYBRID,
	SEED_FORMAT_V2,
	SEED_FORMAT_V1,
};

struct seed_options {
	struct conf_std std;
	const char *key;    /* path of the key file */
	const char *phrase; /* path, NULL none */
	struct conf_list trackers, origins;
	const char *state;   /* path, NULL: beside the key */
	const char *journal; /* path, NULL none */
	bool new_epoch;
	sp_time window, wait, poll;
	int64_t peer_port;
	const char *congestion;
	const char *upload; /* "none" or a rate */
	bool lan, no_port_map, no_lsd;
	struct dht_options dht;
	/* files */
	struct conf_list files, web_seeds;
	int format;           /* enum seed_format */
	int64_t piece_length; /* 0: chosen */
	int64_t torrent_port;
	const char *torrent; /* .torrent to be written, NULL none */
	sp_time rescan;      /* 0: on SIGHUP only */
	const char *status;  /* where to listen, NULL nowhere */
};

extern const struct conf_prog seed_options_prog;

/* What --upload says: false for none, else the rate, 0 no limit. */
bool seed_options_upload(const struct seed_options *o, int64_t *bps);

#endif
