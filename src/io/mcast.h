#ifndef SRC_IO_MCAST_H
#define SRC_IO_MCAST_H

/*
 * The interfaces of this machine, and datagrams to all who listen on the
 * networks that they lead to.
 */

#include "base/addr.h"
#include "io/loop.h"

#define IFACE_NAME_MAX 16
#define IFACE_MAX      64

/* An address of an interface that is up. */
struct iface {
	char name[IFACE_NAME_MAX];
	unsigned index;
	struct sp_addr addr; /* no port */
	bool loopback;
	bool multicast; /* a network with others on it: no tunnel */
};

/* Returns the number, |max| at most; SP_ERR_IO. */
int iface_list(struct iface *v, size_t max);

struct mcast;

/* |from| is who has sent it. Must not free the mcast. */
typedef void mcast_cb(void *ctx, const uint8_t *p, size_t len,
    const struct sp_addr *from);

#define MCAST_LEN_MAX 1400 /* of a datagram; longer ones are not heard */

enum mcast_where {
	MCAST_OUTSIDE = 1 << 0,  /* interfaces that lead to a network */
	MCAST_LOOPBACK = 1 << 1, /* this machine alone */
};

/*
 * Hears what is sent to |group|, an address with a port, on all interfaces of
 * |where|, MCAST_* bits. Others of this machine may listen to it as well.
 * SP_ERR_IO (errno); SP_ERR_NOMEM.
 */
int mcast_new(struct mcast **out, struct loop *l, const struct sp_addr *group,
    unsigned where, mcast_cb *cb, void *ctx);
/*
 * Says it on all of them, no further than their own networks, and from then on
 * hears those that are new. It comes back to who has sent it. The number of
 * interfaces; 0: there was none, or none took it.
 */
int mcast_send(struct mcast *m, const uint8_t *p, size_t len);
void mcast_free(struct mcast *m); /* NULL is fine */

#endif
