#ifndef SWARM_CLIENT_DHT_FILE_H
#define SWARM_CLIENT_DHT_FILE_H

/*
 * What both programs take of the DHT: where its nodes are kept between runs,
 * and what its options may say.
 */

#include "base/addr.h"
#include "io/conf.h"

#define DHT_FILE_MAX      (256 * 1024)
#define DHT_BOOTSTRAP_MAX 16

/* enum of the option dht, "auto|yes|no" */
enum dht_use { DHT_AUTO, DHT_YES, DHT_NO };

struct dht_options {
	int use; /* enum dht_use */
	struct conf_list bootstrap;
	const char *listen; /* NULL: all addresses, any port */
	const char *state;  /* NULL: dht_file_path */
};

/*
 * Where the nodes are when nobody says: spate/dht below $XDG_STATE_HOME or
 * ~/.local/state. malloc-ed; NULL: there is neither.
 */
char *dht_file_path(void);
/*
 * Reads it; *out is malloc-ed. SP_ERR_NOTFOUND and the other codes of
 * store_read.
 */
int dht_file_read(const char *path, uint8_t **out, size_t *len);
/* Writes it, with the folders above it where they are missing. SP_ERR_IO. */
int dht_file_write(const char *path, const void *p, size_t len);

/* What is wrong with the options, and which; NULL: nothing. */
const char *dht_options_check(const struct dht_options *o, const char **what);
/* Whether the DHT is used by who has |n_trackers|. */
bool dht_options_on(const struct dht_options *o, size_t n_trackers);
/*
 * What is made of them; borrows |o|, and *path, which is malloc-ed or NULL.
 * With |quiet| no file is kept that nobody named: of a network of its own, or
 * for who does not want to be known again.
 */
struct mesh_host_dht_conf;
void dht_options_conf(struct mesh_host_dht_conf *out,
    const struct dht_options *o, size_t n_trackers, bool quiet, char **path);
/* Where peers are looked for besides, mesh_host_conf.lsd; no_lsd: nowhere. */
unsigned dht_options_lsd(bool no_lsd, bool lan);

#endif
