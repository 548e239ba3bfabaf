#ifndef TRACKER_DAEMON_UDP_HOST_H
#define TRACKER_DAEMON_UDP_HOST_H

/*
 * The UDP face of the daemon: for each address and each of --threads a worker,
 * which is a socket (SO_REUSEPORT) and a thread that waits on it. What comes at
 * once is one batch: read without a lock, answered from the ordinary swarms
 * with their lock taken once, and sent without. Datagrams for live channels
 * take both locks, for themselves alone.
 */

#include "io/dgram.h"
#include "tracker/daemon/locks.h"
#include "tracker/daemon/options.h"
#include "tracker/udp.h"

#define UDP_HOST_WORKERS 256

struct udp_host;

struct networks;

/* What it borrows until udp_host_free. */
struct udp_host_conf {
	const struct options *opts;
	const struct sp_log *log;
	struct locks *locks;
	struct track *track;
	const uint8_t *secret; /* HOST_SECRET bytes */
	/* Where the one in use stands (NULL: none), under that of |track|. */
	struct networks *const *networks;
};

/* SP_ERR_NOMEM. */
int udp_host_new(struct udp_host **out, const struct udp_host_conf *conf);
/* Ends the workers and waits for them; the caller holds no lock. */
void udp_host_free(struct udp_host *u);
/* Opens the sockets; as track_host_listen. */
int udp_host_listen(struct udp_host *u, const char **where);
/* Starts the workers, once. SP_ERR_IO (errno). */
int udp_host_serve(struct udp_host *u);

struct udp_host_stats {
	struct udp_stats face[2]; /* IPv4, IPv6 */
	struct dgram_stats sock;  /* of all sockets */
};
/* The sum of all workers; the caller holds the lock of ordinary swarms. */
void udp_host_stats(const struct udp_host *u, struct udp_host_stats *out);

#endif
