#ifndef TOOLS_BT_OPTIONS_H
#define TOOLS_BT_OPTIONS_H

/* Options of spate-bench-tracker, and the tracker that its URL names. */

#include "io/conf.h"
#include "io/sock.h"
#include "tools/bt_load.h"

/* What is done, in the order of --mode; the names are those of the option. */
enum bt_mode {
	BT_ANNOUNCE, /* peers drawn at random */
	BT_FILL,     /* each peer once, event=started, until answered */
	BT_SCRAPE,   /* random swarms, --hashes at a time */
	BT_CONNECT,  /* UDP: connection ids */
	BT_MIX,      /* --mix */
	BT_VERIFY,   /* all swarms scraped once, sums compared */
	BT_MODES,
};
extern const char *const bt_mode_names[BT_MODES];

enum bt_output {
	BT_TEXT,
	BT_TSV,
	BT_JSON,
};

struct bt_mix {
	uint32_t connect, announce, scrape; /* parts */
};

#define BT_MODE_LIST   16
#define BT_WINDOW_MAX  4096
#define BT_HASHES_MAX  74
#define BT_NUMWANT_MAX 200

struct bt_options {
	struct conf_std std;
	struct conf_list modes;
	int64_t peers, swarms, sources, seeds, seed;
	int64_t numwant, hashes, window, rate, pid, batch, pipeline;
	sp_time time, timeout;
	const char *mix_text, *info_hash;
	bool keep_alive, peer_check, force, list;
	int output;
	/* What follows from them. */
	enum bt_mode mode[BT_MODE_LIST];
	size_t n_modes;
	struct bt_mix mix;
	struct bt_load load;
	/* The operand. */
	bool http;
	struct sp_addr addr;
	char host[SOCK_HOST_MAX + 8]; /* as in a Host header */
	char path[256];               /* HTTP: with a slash in front */
};

/* conf_parse; then the operand: |url| says what is wrong with it. */
int bt_options_parse(struct conf **out, struct bt_options *o, int argc,
    char **argv);

#endif
