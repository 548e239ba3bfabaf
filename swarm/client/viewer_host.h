#ifndef SWARM_CLIENT_VIEWER_HOST_H
#define SWARM_CLIENT_VIEWER_HOST_H

/* A viewer's mesh host, as its options and its link say. */

#include "swarm/client/mesh_host.h"
#include "swarm/client/options.h"
#include "wire/link.h"

/*
 * |port| is that of the mesh, 0 a free one; the rest is as with mesh_host_new.
 * SP_ERR_SYNTAX: no identity, which has been complained about; other codes of
 * mesh_host_new.
 */
int viewer_host(struct mesh_host **out, const struct options *o,
    const struct link *link, int port, const struct sp_log *log,
    struct loop *loop, struct origin *origin, const struct mesh_host_ops *ops,
    void *ctx);

#endif
