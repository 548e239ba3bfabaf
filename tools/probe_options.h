#ifndef TOOLS_PROBE_OPTIONS_H
#define TOOLS_PROBE_OPTIONS_H

/* The options of spate-probe. */

#include "io/conf.h"
#include "swarm/client/dht_file.h"

enum probe_output { PROBE_TEXT, PROBE_JSON };

struct probe_options {
	struct conf_std std;
	int64_t port;
	bool no_dht, no_lsd, no_port_map, lan;
	struct dht_options dht; /* bootstrap, listen */
	struct conf_list trackers;
	sp_time time;
	int output; /* enum probe_output */
};

extern const struct conf_prog probe_options_prog;

#endif
