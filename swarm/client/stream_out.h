#ifndef SWARM_CLIENT_STREAM_OUT_H
#define SWARM_CLIENT_STREAM_OUT_H

/*
 * One track written to a file descriptor, piece after piece: for pipes. With
 * fragmented MP4 the initialization section goes before the first piece and
 * again when it changes. Lost pieces are left out.
 */

#include "io/loop.h"
#include "swarm/client/mesh_host.h"

struct stream_out;

/*
 * |track| -1: the first variant's. |ended| is called once, from the loop: err
 * 0 when the stream has ended, SP_ERR_CLOSED when the reader has gone,
 * SP_ERR_NOTFOUND when there is no such track, SP_ERR_IO (errno). |fd| may
 * block; it is never made to. SP_ERR_NOMEM.
 */
int stream_out_new(struct stream_out **out, struct loop *l, struct mesh_host *h,
    int fd, int track, void (*ended)(void *ctx, int err), void *ctx);
void stream_out_free(struct stream_out *s); /* NULL is fine */
/* mesh_host_ops.changed. */
void stream_out_changed(struct stream_out *s);

#endif
