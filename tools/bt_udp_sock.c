#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/bt_udp_int.h"

#define SOCKET_BYTES (4 << 20)

static int
open_one(struct bt_udp *u, uint32_t s)
{
	struct sp_addr from = bt_check_source(&u->check, s);
	struct source *src = &u->source[s];
	struct sockaddr_storage ss;
	int bytes = SOCKET_BYTES, len;

	len = sock_from_addr(&ss, &u->o->addr);
	src->fd =
	    socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (src->fd < 0)
		return SP_ERR_IO;
	setsockopt(src->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	setsockopt(src->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	if (from.family != 0) {
		struct sockaddr_storage own;
		int own_len = sock_from_addr(&own, &from);

		if (bind(src->fd, (struct sockaddr *)&own, (socklen_t)own_len) <
		    0)
			return SP_ERR_IO;
	}
	if (connect(src->fd, (struct sockaddr *)&ss, (socklen_t)len) < 0)
		return SP_ERR_IO;
	src->addr = sock_local(src->fd);
	return 0;
}

int
bt_udp_open(struct bt_udp *u)
{
	int rv = 0;

	for (size_t i = 0; i < SP_LEN(u->source); i++)
		u->source[i].fd = -1;
	for (uint32_t s = 0; s < u->o->load.sources && rv == 0; s++)
		rv = open_one(u, s);
	return rv;
}

void
bt_udp_close(struct bt_udp *u)
{
	for (size_t i = 0; i < SP_LEN(u->source); i++)
		if (u->source[i].fd >= 0)
			close(u->source[i].fd);
}

/* ---- batches ------------------------------------------------------------- */

/* Sends what stands in u->out; the slots of what did not go are given back. */
static uint32_t
push(struct bt_udp *u, uint32_t s, struct slot **sl, uint32_t n)
{
	struct mmsghdr m[UDP_BATCH] = { 0 };
	struct iovec v[UDP_BATCH];
	int went;

	for (uint32_t i = 0; i < n; i++) {
		v[i] = (struct iovec){ u->out[i].p, u->out[i].len };
		m[i].msg_hdr.msg_iov = &v[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	went = sendmmsg(u->source[s].fd, m, n, MSG_DONTWAIT);
	went = SP_MAX(went, 0);
	for (uint32_t i = 0; i < n; i++) {
		if (i >= (uint32_t)went) {
			bt_udp_done(u, sl[i], true);
			continue;
		}
		u->res->sent += !sl[i]->own;
		u->res->bytes_out += u->out[i].len;
	}
	return (uint32_t)went;
}

uint32_t
bt_udp_send(struct bt_udp *u, uint32_t n, sp_time due, sp_time gap)
{
	struct slot *sl[UDP_BATCH];
	uint32_t s = u->turn, got = 0;

	u->turn = (u->turn + 1) % u->o->load.sources;
	bt_udp_next_source(u, &s);
	n = SP_MIN(n, SP_MIN(u->n_free, UDP_BATCH));
	while (got < n && !u->source[s].connecting) {
		sl[got] = bt_udp_draw(u, s, &u->out[got], due + got * gap);
		if (sl[got] == NULL)
			break;
		got++;
	}
	return got > 0 ? push(u, s, sl, got) : 0;
}

static uint32_t
receive_from(struct bt_udp *u, uint32_t s)
{
	struct mmsghdr m[UDP_BATCH] = { 0 };
	struct iovec v[UDP_BATCH];
	sp_time now;
	int n;

	for (size_t i = 0; i < UDP_BATCH; i++) {
		v[i] = (struct iovec){ u->in[i], UDP_PACKET };
		m[i].msg_hdr.msg_iov = &v[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	n = recvmmsg(u->source[s].fd, m, UDP_BATCH, MSG_DONTWAIT, NULL);
	now = io_now();
	for (int i = 0; i < n; i++)
		bt_udp_reply(u, s, u->in[i], m[i].msg_len, now);
	return (uint32_t)SP_MAX(n, 0);
}

uint32_t
bt_udp_receive(struct bt_udp *u)
{
	uint32_t n = 0;

	for (uint32_t s = 0; s < u->o->load.sources; s++)
		n += receive_from(u, s);
	return n;
}

void
bt_udp_wait(struct bt_udp *u, sp_time wait)
{
	struct timespec ts = { (time_t)(wait / SP_S), (long)(wait % SP_S) };
	struct pollfd p[LOAD_SOURCES];
	uint32_t n = u->o->load.sources;

	for (uint32_t s = 0; s < n; s++)
		p[s] = (struct pollfd){ u->source[s].fd, POLLIN, 0 };
	ppoll(p, n, &ts, NULL);
}
