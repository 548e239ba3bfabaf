#ifndef TOOLS_CHANNEL_H
#define TOOLS_CHANNEL_H

/* The subcommands of spate-channel: main functions, one file each. */

#include "io/conf.h"
#include "tools/keyfile.h"

int channel_create(int argc, char **argv);
int channel_show(int argc, char **argv);
int channel_link(int argc, char **argv);
int channel_verify(int argc, char **argv);

/* -o */
enum channel_output {
	CHANNEL_TEXT,
	CHANNEL_TSV,
	CHANNEL_JSON,
};
#define CHANNEL_OUTPUTS "text|tsv|json"

/*
 * Adds the URLs and, if not NULL, the name to |k|. False after a complaint
 * that names the option.
 */
bool channel_add(struct keyfile *k, const char *name,
    const struct conf_list *trackers, const struct conf_list *origins);
/*
 * The channel key that |s|, the argument of --channel, names: hex, a channel
 * link, or a key file. False after a complaint.
 */
bool channel_key_of(uint8_t pk[HASH_PK_LEN], const char *s);
/* Prints the link of |k| with "\n", |prefix| before it. False: no memory. */
bool channel_put_link(const struct keyfile *k, const char *prefix);

#endif
