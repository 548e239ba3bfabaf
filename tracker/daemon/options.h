#ifndef TRACKER_DAEMON_OPTIONS_H
#define TRACKER_DAEMON_OPTIONS_H

/* The options of spate-tracker: one table. */

#include "io/conf.h"
#include "tracker/limit.h"
#include "tracker/track.h"

struct options {
	struct conf_std std;
	struct conf_list listen;
	struct conf_list admin_listen, tls_listen;
	const char *cert, *key;
	struct conf_list proxy;
	struct conf_list udp_listen; /* empty: as listen */
	bool no_udp;
	int64_t threads; /* 0: as many as there are processors */
	int64_t connect_rate, announce_rate, announce_burst;
	sp_time udp_id_life;
	int lan;
	int64_t numwant;
	sp_time interval, min_interval;
	int64_t max_peers, max_swarms, max_swarm_peers, max_ip_ports;
	int64_t max_peer_memory;
	int64_t max_channels, max_memory, max_channel_memory;
	sp_time channel_idle;
	int64_t max_streams;
	int64_t max_sockets, max_ip_sockets;
	sp_time ws_interval;
	sp_time timeout;
	int64_t max_connections, max_ip_connections;
	bool full_scrape;
	const char *access_file, *deny_file, *channel_file;
	const char *networks;
	const char *user, *chroot, *control;
	const char *redis; /* NULL: alone */
	const char *redis_ca, *redis_cert;
	int log_level;
};

/*
 * As conf_parse, called in the directory |cwd|; paths in |o| are absolute.
 * SP_ERR_NOMEM besides.
 */
int options_parse(struct conf **out, struct options *o, int argc, char **argv,
    const char *cwd);
/* What the core is told; |boot| is drawn by the caller. */
void options_track(const struct options *o, uint64_t boot,
    struct track_conf *out);
enum log_level options_log_level(const struct options *o);
/* As conf_diff. */
void options_diff(const struct options *a, const struct options *b,
    void (*cb)(void *ctx, const struct conf_row *row), void *ctx);
bool options_may_change(const char *name); /* while we run */
/* Takes from |from| what may change. Strings stay |from|'s. */
void options_take(struct options *o, const struct options *from);
/* Open files that the connections may need. */
size_t options_files(const struct options *o);
/* The file of a list, or NULL; as its name in the table. */
const char *options_list_path(const struct options *o, enum access_list which);
const char *options_list_name(enum access_list which);
/*
 * Reads a list (|path| NULL: no such list) for access_put. Returns the number
 * of entries; on an error |why| says what is wrong, with the line.
 */
#define OPTIONS_WHY 256
int options_list(struct map **out, const char *path, char why[OPTIONS_WHY]);

#endif
