#ifndef SWARM_CLIENT_HOST_STATUS_H
#define SWARM_CLIENT_HOST_STATUS_H

/*
 * What viewers and seeders tell of how their mesh is found and reached, for
 * status pages. Null: it is not used. What finds no memory is left out.
 */

#include <jansson.h>

#include "swarm/client/mesh_host.h"

json_t *host_status_dht(struct mesh_host *h);
json_t *host_status_reach(struct mesh_host *h);
json_t *host_status_lsd(struct mesh_host *h);
/*
 * The numbers among them in the text format of Prometheus; what is not used is
 * not there. Returns b->err.
 */
int host_status_metrics(struct sp_buf *b, struct mesh_host *h);

#endif
