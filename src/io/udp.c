#include "io/udp.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/sock.h"

#define UDP_BATCH  32
#define UDP_ROUNDS 4 /* batches in one round of the loop */

struct udp {
	int fd;
	struct io_watch *watch;
	udp_recv_cb recv;
	void *ctx;
	uint8_t family;
	bool busy; /* callbacks run: udp_free waits for them */
	bool dead;
	struct mmsghdr msg[UDP_BATCH];
	struct iovec iov[UDP_BATCH];
	struct sockaddr_storage from[UDP_BATCH];
	uint8_t buf[UDP_BATCH][UDP_MAX];
};

/* Returns how many came. */
static int
udp_batch(struct udp *u)
{
	struct sp_addr from;
	int i, n;

	for (i = 0; i < UDP_BATCH; i++) {
		u->msg[i].msg_hdr.msg_namelen = sizeof(u->from[i]);
		u->msg[i].msg_hdr.msg_flags = 0;
	}
	n = recvmmsg(u->fd, u->msg, UDP_BATCH, MSG_DONTWAIT, NULL);
	for (i = 0; i < n && !u->dead; i++) {
		if (u->msg[i].msg_hdr.msg_flags & MSG_TRUNC)
			continue;
		from = sock_to_addr((struct sockaddr *)&u->from[i]);
		u->recv(u->ctx, u, &from, u->buf[i], u->msg[i].msg_len);
	}
	return n;
}

static void
udp_readable(void *ctx, int fd SP_UNUSED)
{
	struct udp *u = ctx;
	int i, n = UDP_BATCH;

	u->busy = true;
	for (i = 0; i < UDP_ROUNDS && n == UDP_BATCH && !u->dead; i++)
		n = udp_batch(u);
	u->busy = false;
	if (u->dead)
		udp_free(u);
}

int
udp_open(struct udp **out, struct loop *l, const struct sp_addr *addr,
    udp_recv_cb cb, void *ctx)
{
	struct udp *u;
	int i, rc;

	if ((u = calloc(1, sizeof(*u))) == NULL)
		return SP_ERR_NOMEM;
	u->recv = cb;
	u->ctx = ctx;
	u->family = addr->family;
	if ((rc = sock_bind(&u->fd, SOCK_DGRAM, addr)) < 0) {
		free(u);
		return rc;
	}
	for (i = 0; i < UDP_BATCH; i++) {
		u->iov[i].iov_base = u->buf[i];
		u->iov[i].iov_len = UDP_MAX;
		u->msg[i].msg_hdr.msg_iov = &u->iov[i];
		u->msg[i].msg_hdr.msg_iovlen = 1;
		u->msg[i].msg_hdr.msg_name = &u->from[i];
	}
	if (io_watch_new(&u->watch, l, u->fd, udp_readable, u) < 0) {
		udp_free(u);
		return SP_ERR_NOMEM;
	}
	*out = u;
	return 0;
}

void
udp_free(struct udp *u)
{
	if (u == NULL)
		return;
	u->dead = true;
	if (u->busy)
		return;
	io_watch_free(u->watch);
	close(u->fd);
	free(u);
}

struct sp_addr
udp_addr(const struct udp *u)
{
	return sock_local(u->fd);
}

int
udp_send(struct udp *u, const struct sp_addr *to, const void *p, size_t len)
{
	struct sockaddr_storage ss;
	int n = sock_from_addr(&ss, to);

	if (n == 0 || to->family != u->family)
		return SP_ERR_ARG;
	if (sendto(u->fd, p, len, MSG_DONTWAIT | MSG_NOSIGNAL,
		(struct sockaddr *)&ss, (socklen_t)n) < 0)
		return errno == EAGAIN || errno == ENOBUFS ? SP_ERR_AGAIN
							   : SP_ERR_IO;
	return 0;
}
