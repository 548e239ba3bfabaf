#ifndef SRC_IO_UDP_H
#define SRC_IO_UDP_H

/* Datagrams. Received in batches; sends never block. */

#include "base/addr.h"
#include "io/loop.h"

struct udp;

#define UDP_MAX 2048 /* longer datagrams are dropped */

typedef void (*udp_recv_cb)(void *ctx, struct udp *u,
    const struct sp_addr *from, const uint8_t *p, size_t len);

/*
 * Binds to |addr| (port 0: any; IPv6 is IPv6 only). SP_ERR_IO (errno says
 * why), SP_ERR_EXISTS (address in use), SP_ERR_NOMEM.
 */
int udp_open(struct udp **out, struct loop *l, const struct sp_addr *addr,
    udp_recv_cb recv, void *ctx);
void udp_free(struct udp *u);
struct sp_addr udp_addr(const struct udp *u);
/*
 * SP_ERR_AGAIN (the kernel's queue is full: the datagram is lost, as on any
 * network), SP_ERR_IO, SP_ERR_ARG (address family is not the socket's).
 */
int udp_send(struct udp *u, const struct sp_addr *to, const void *p,
    size_t len);

#endif
