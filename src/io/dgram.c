#include "io/dgram.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/inherit.h"
#include "io/sock.h"

/* Room for one of these, as the kernel aligns it. */
#define CONTROL_MAX 64

/* At a power of two all beginnings would share two sets of the first cache. */
#define IN_STRIDE (DGRAM_IN_MAX + 64)

static_assert(CMSG_SPACE(sizeof(struct in6_pktinfo)) <= CONTROL_MAX, "it fits");

/* Counted by the socket's thread, read by any. */
enum {
	RECEIVED,
	SENT,
	BYTES_IN,
	BYTES_OUT,
	TRUNCATED,
	UNSENT,
	COUNTS,
};

struct dgram {
	int fd;
	bool any;  /* bound to all addresses: answers say from which */
	bool twin; /* another one has the socket too, and tells what it lost */
	int wait_ms;
	_Atomic uint64_t count[COUNTS];
	int n; /* of the last batch */
	struct mmsghdr in[DGRAM_BATCH], out[DGRAM_BATCH];
	struct iovec in_iov[DGRAM_BATCH], out_iov[DGRAM_BATCH];
	struct sockaddr_in6 from[DGRAM_BATCH];
	struct dgram_msg msg[DGRAM_BATCH];
	_Alignas(16) uint8_t control[DGRAM_BATCH][CONTROL_MAX];
	uint8_t in_buf[DGRAM_BATCH][IN_STRIDE];
	uint8_t out_buf[DGRAM_BATCH][DGRAM_OUT_MAX];
};

/* Nobody else writes, so it need not be one step. */
static void
add(struct dgram *d, int which, uint64_t n)
{
	uint64_t v =
	    atomic_load_explicit(&d->count[which], memory_order_relaxed);

	atomic_store_explicit(&d->count[which], v + n, memory_order_relaxed);
}

/* ---- opening ------------------------------------------------------------ */

static void
set_buffer(int fd, int option, int force)
{
	int size = DGRAM_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, force, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, option, &size, sizeof(size));
}

static bool
is_any(const struct sp_addr *a)
{
	static const uint8_t any[16];

	return memcmp(a->ip, any, sizeof(any)) == 0;
}

static int
new_socket(const struct sp_addr *addr, bool share)
{
	struct sockaddr_storage ss;
	int len = sock_from_addr(&ss, addr), fd, e, one = 1;

	fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (share)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (addr->family == 6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&ss, (socklen_t)len) == 0)
		return fd;
	e = errno;
	close(fd);
	errno = e;
	return -1;
}

static void
set_up(struct dgram *d, const struct sp_addr *addr, sp_time wait)
{
	struct timeval tv = { .tv_sec = wait / SP_S,
		.tv_usec = wait % SP_S / SP_US };
	bool v6 = addr->family == 6;
	int one = 1;

	fcntl(d->fd, F_SETFL, fcntl(d->fd, F_GETFL) & ~O_NONBLOCK);
	setsockopt(d->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	set_buffer(d->fd, SO_RCVBUF, SO_RCVBUFFORCE);
	set_buffer(d->fd, SO_SNDBUF, SO_SNDBUFFORCE);
	d->wait_ms = (int)(wait / SP_MS);
	d->any = is_any(addr);
	if (d->any)
		setsockopt(d->fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
		    v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, &one, sizeof(one));
}

/* For the kernel to receive into. */
static void
make_ready(struct dgram *d, int i)
{
	struct msghdr *h = &d->in[i].msg_hdr;

	h->msg_namelen = sizeof(d->from[i]);
	if (d->any) {
		h->msg_control = d->control[i];
		h->msg_controllen = CONTROL_MAX;
	}
}

/* Takes |fd|, bound to |addr|. */
static int
wrap(struct dgram **out, int fd, const struct sp_addr *addr, sp_time wait)
{
	struct dgram *d = calloc(1, sizeof(*d));

	*out = d;
	if (d == NULL) {
		close(fd);
		return SP_ERR_NOMEM;
	}
	d->fd = fd;
	set_up(d, addr, wait);
	for (int i = 0; i < DGRAM_BATCH; i++) {
		d->in_iov[i] = (struct iovec){ d->in_buf[i], DGRAM_IN_MAX };
		d->in[i].msg_hdr.msg_iov = &d->in_iov[i];
		d->in[i].msg_hdr.msg_iovlen = 1;
		d->in[i].msg_hdr.msg_name = &d->from[i];
		d->out[i].msg_hdr.msg_iov = &d->out_iov[i];
		d->out[i].msg_hdr.msg_iovlen = 1;
		d->msg[i].p = d->in_buf[i];
		d->msg[i].out = d->out_buf[i];
		make_ready(d, i);
	}
	return 0;
}

int
dgram_open(struct dgram **out, const struct sp_addr *addr, bool share,
    sp_time wait)
{
	int fd = -1, one = 1;

	*out = NULL;
	if (addr->family == 0) {
		errno = EAFNOSUPPORT;
		return SP_ERR_IO;
	}
	if (addr->port != 0)
		fd = inherit_take(SOCK_DGRAM, addr);
	if (fd >= 0 && share)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (fd < 0)
		fd = new_socket(addr, share);
	if (fd < 0)
		return errno == EADDRINUSE ? SP_ERR_EXISTS : SP_ERR_IO;
	return wrap(out, fd, addr, wait);
}

int
dgram_twin(struct dgram **out, const struct dgram *d, sp_time wait)
{
	struct sp_addr addr = dgram_addr(d);
	int fd = fcntl(d->fd, F_DUPFD_CLOEXEC, 0), r;

	*out = NULL;
	if (fd < 0)
		return SP_ERR_IO;
	r = wrap(out, fd, &addr, wait);
	if (r == 0)
		(*out)->twin = true;
	return r;
}

void
dgram_free(struct dgram *d)
{
	if (d == NULL)
		return;
	close(d->fd);
	free(d);
}

struct sp_addr
dgram_addr(const struct dgram *d)
{
	return sock_local(d->fd);
}

size_t
dgram_buffer(const struct dgram *d)
{
	socklen_t len = sizeof(int);
	int size = 0;

	if (getsockopt(d->fd, SOL_SOCKET, SO_RCVBUF, &size, &len) < 0)
		return 0;
	return (size_t)size / 2; /* the kernel counts its own part twice */
}

/* ---- batches ------------------------------------------------------------ */

static void
take(struct dgram *d, int i)
{
	struct dgram_msg *m = &d->msg[i];

	m->from = sock_to_addr((struct sockaddr *)&d->from[i]);
	m->len = d->in[i].msg_len;
	m->out_len = 0;
	if (d->in[i].msg_hdr.msg_flags & MSG_TRUNC) {
		add(d, TRUNCATED, 1);
		m->len = 0;
	}
}

/*
 * The socket may have become one that does not wait: a process that inherits it
 * shares this with us.
 */
static int
nobody_came(struct dgram *d)
{
	struct pollfd p = { .fd = d->fd, .events = POLLIN };

	if (errno != EAGAIN && errno != EINTR)
		return SP_ERR_IO;
	if (errno == EAGAIN && d->wait_ms > 0)
		poll(&p, 1, d->wait_ms);
	return 0;
}

void
dgram_hurry(struct dgram *d)
{
	d->wait_ms = 0;
}

int
dgram_recv(struct dgram *d, struct dgram_msg **v)
{
	int n, flags = d->wait_ms > 0 ? MSG_WAITFORONE : MSG_DONTWAIT;
	uint64_t bytes = 0;

	for (int i = 0; i < d->n; i++)
		make_ready(d, i);
	d->n = 0;
	*v = d->msg;
	n = recvmmsg(d->fd, d->in, DGRAM_BATCH, flags, NULL);
	if (n < 0)
		return nobody_came(d);
	for (int i = 0; i < n; i++) {
		bytes += d->in[i].msg_len;
		take(d, i);
	}
	d->n = n;
	add(d, RECEIVED, (uint64_t)n);
	add(d, BYTES_IN, bytes);
	return n;
}

/*
 * The control data that came names the address that was asked, and sent back it
 * is the one to answer from; only the way the datagram came in does not bind
 * the answer.
 */
static void
turn_around(struct msghdr *to, struct msghdr *from)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(from);
	struct in_pktinfo p4;
	struct in6_pktinfo p6;

	to->msg_control = NULL;
	to->msg_controllen = 0;
	if (c == NULL)
		return;
	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		memcpy(&p4, CMSG_DATA(c), sizeof(p4));
		p4.ipi_spec_dst = p4.ipi_addr;
		p4.ipi_ifindex = 0;
		memcpy(CMSG_DATA(c), &p4, sizeof(p4));
	} else if (c->cmsg_level == IPPROTO_IPV6 &&
		   c->cmsg_type == IPV6_PKTINFO) {
		/* A link-local address means nothing without its link. */
		memcpy(&p6, CMSG_DATA(c), sizeof(p6));
		if (!IN6_IS_ADDR_LINKLOCAL(&p6.ipi6_addr))
			p6.ipi6_ifindex = 0;
		memcpy(CMSG_DATA(c), &p6, sizeof(p6));
	} else {
		return;
	}
	to->msg_control = from->msg_control;
	to->msg_controllen = from->msg_controllen;
}

static unsigned
fill(struct dgram *d)
{
	struct msghdr *to;
	unsigned n = 0;

	for (int i = 0; i < d->n; i++) {
		if (d->msg[i].out_len == 0)
			continue;
		assert(d->msg[i].out_len <= DGRAM_OUT_MAX && "it has room");
		to = &d->out[n].msg_hdr;
		to->msg_name = &d->from[i];
		to->msg_namelen = d->in[i].msg_hdr.msg_namelen;
		d->out_iov[n] =
		    (struct iovec){ d->msg[i].out, d->msg[i].out_len };
		if (d->any)
			turn_around(to, &d->in[i].msg_hdr);
		n++;
	}
	return n;
}

void
dgram_send(struct dgram *d)
{
	uint64_t bytes = 0, sent = 0;
	unsigned n = fill(d), at = 0;
	int r;

	while (at < n) {
		r = sendmmsg(d->fd, d->out + at, n - at, MSG_DONTWAIT);
		if (r < 0 && errno == EINTR)
			continue;
		/* The first one of them cannot be sent; others may. */
		if (r <= 0) {
			add(d, UNSENT, 1);
			at++;
			continue;
		}
		for (int i = 0; i < r; i++)
			bytes += d->out[at + (unsigned)i].msg_len;
		sent += (uint64_t)r;
		at += (unsigned)r;
	}
	add(d, SENT, sent);
	add(d, BYTES_OUT, bytes);
}

void
dgram_stats(const struct dgram *d, struct dgram_stats *out)
{
	uint32_t mem[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(mem);
	uint64_t v[COUNTS];

	for (int i = 0; i < COUNTS; i++)
		v[i] = atomic_load_explicit(&d->count[i], memory_order_relaxed);
	*out = (struct dgram_stats){ v[RECEIVED], v[SENT], v[BYTES_IN],
		v[BYTES_OUT], v[TRUNCATED], v[UNSENT], 0 };
	if (!d->twin &&
	    getsockopt(d->fd, SOL_SOCKET, SO_MEMINFO, mem, &len) == 0)
		out->lost = mem[SK_MEMINFO_DROPS];
}
