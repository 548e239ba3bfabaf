#ifndef TRACKER_DAEMON_NETWORKS_H
#define TRACKER_DAEMON_NETWORKS_H

/*
 * Which network (autonomous system) an address is of, from a MaxMind database
 * (GeoLite2-ASN and the like), where the program was built with libmaxminddb.
 */

#include "tracker/daemon/host_int.h"

struct networks;

/* SP_ERR_UNSUPPORTED: not built in; SP_ERR_IO: |why| (OPTIONS_WHY) tells. */
int networks_open(struct networks **out, const char *path, char *why);
void networks_close(struct networks *n); /* NULL is fine */
/* 0: not known, or |n| is NULL. Any thread may ask. */
uint32_t networks_of(const struct networks *n, const struct sp_addr *addr);

extern const struct host_part networks_part;

#endif
