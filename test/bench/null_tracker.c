/*
 * null_tracker udp|http|evhttp PORT [PEERS]: answers announces without looking
 * into them, on 127.0.0.1, with replies of the size of real ones: what the
 * kernel alone costs, or libevent's HTTP server.
 *
 * udp: recvmmsg and sendmmsg of 64. http: a loop of epoll, read and write that
 * looks for the end of a request and nothing else; it closes when it is asked
 * to. evhttp: a constant from a callback.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/bench/bench.h"
#include "wire/bencode.h"
#include "wire/udpwire.h"

#define BATCH        64
#define PACKET       2048
#define CONNS        65536
#define SOCKET_BYTES (4 << 20)

static size_t peers = 50;

static int
listen_on(int type, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1;

	must(fd >= 0, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	must(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0, "bind");
	if (type & SOCK_NONBLOCK)
		must(listen(fd, 4096) == 0, "listen");
	return fd;
}

/* ---- udp ----------------------------------------------------------------- */

static struct {
	uint8_t in[BATCH][PACKET], out[BATCH][PACKET];
	struct sockaddr_in from[BATCH];
	struct iovec vin[BATCH], vout[BATCH];
	struct mmsghdr min[BATCH], mout[BATCH];
} u;

/* The head of a request is that of its reply, but for the action's place. */
static size_t
answer(const uint8_t *p, uint8_t *out)
{
	static const uint8_t head[12] = { 0, 0, 7, 8, 0, 0, 0, 50, 0, 0, 0,
		50 };
	uint8_t action = p[11];

	memset(out, 0, 4);
	out[3] = action;
	memcpy(out + 4, p + 12, 4);
	if (action == UW_CONNECT) {
		memset(out + 8, 1, 8);
		return UW_CONNECTED_LEN;
	}
	memcpy(out + 8, head, sizeof(head));
	return UW_ANNOUNCED_LEN + 6 * peers;
}

static void
udp_init(void)
{
	for (size_t i = 0; i < BATCH; i++) {
		u.vin[i] = (struct iovec){ u.in[i], PACKET };
		u.min[i].msg_hdr = (struct msghdr){ .msg_name = &u.from[i],
			.msg_namelen = sizeof(u.from[i]),
			.msg_iov = &u.vin[i],
			.msg_iovlen = 1 };
		u.vout[i] = (struct iovec){ u.out[i], 0 };
		u.mout[i].msg_hdr = u.min[i].msg_hdr;
		u.mout[i].msg_hdr.msg_iov = &u.vout[i];
		memset(u.out[i], 1, PACKET);
	}
}

static void
serve_udp(uint16_t port)
{
	int fd = listen_on(SOCK_DGRAM, port), bytes = SOCKET_BYTES, n;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	udp_init();
	for (;;) {
		n = recvmmsg(fd, u.min, BATCH, MSG_WAITFORONE, NULL);
		if (n < 0 && errno != EINTR)
			must(false, "recvmmsg");
		for (int i = 0; i < n; i++)
			u.vout[i].iov_len = answer(u.in[i], u.out[i]);
		if (n > 0)
			sendmmsg(fd, u.mout, (unsigned)n, 0);
	}
}

/* ---- http ---------------------------------------------------------------- */

static struct sp_buf body;
static struct sp_buf reply[2]; /* which is last on its connection: 1 */

static void
make_replies(void)
{
	static const uint8_t peer[6] = { 127, 0, 0, 1, 4, 1 };

	buf_init(&body, &heap_mem, PACKET);
	buf_put_str(&body,
	    "d8:completei50e10:incompletei50e8:intervali1800e5:peers");
	buf_put_dec(&body, (int64_t)(6 * peers));
	buf_put_u8(&body, ':');
	for (size_t i = 0; i < peers; i++)
		buf_put(&body, peer, sizeof(peer));
	buf_put_u8(&body, 'e');
	for (size_t i = 0; i < SP_LEN(reply); i++) {
		struct sp_buf *b = &reply[i];

		buf_init(b, &heap_mem, PACKET);
		buf_put_str(b, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
			       "Content-Length: ");
		buf_put_dec(b, (int64_t)body.len);
		buf_put_str(b, i == 1 ? "\r\nConnection: close" : "");
		buf_put_str(b, "\r\n\r\n");
		buf_put(b, body.p, body.len);
	}
}

/* Bytes of whole requests at the start of |p|; answers each. */
static size_t
answer_all(int fd, const char *p, size_t len, bool *last)
{
	size_t used = 0;
	const char *end;

	while (!*last &&
	       (end = memmem(p + used, len - used, "\r\n\r\n", 4)) != NULL) {
		const struct sp_buf *b;
		size_t n = (size_t)(end + 4 - (p + used));

		*last =
		    memmem(p + used, n, "\r\nConnection: close", 19) != NULL;
		b = &reply[*last];
		if (send(fd, b->p, b->len, MSG_NOSIGNAL) < 0)
			*last = true;
		used += n;
	}
	return used;
}

static struct {
	char p[4096];
	size_t len;
} * rest; /* by descriptor */

static void
hear(int fd)
{
	ssize_t n = recv(fd, rest[fd].p + rest[fd].len,
	    sizeof(rest[fd].p) - rest[fd].len, 0);
	bool last = n <= 0 && errno != EAGAIN;
	size_t used;

	if (n > 0) {
		rest[fd].len += (size_t)n;
		used = answer_all(fd, rest[fd].p, rest[fd].len, &last);
		rest[fd].len -= used;
		memmove(rest[fd].p, rest[fd].p + used, rest[fd].len);
	}
	if (last)
		close(fd);
}

static void
welcome(int ep, int lfd)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int on = 1, fd;

	while ((fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		if (fd >= CONNS) {
			close(fd);
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		rest[fd].len = 0;
		ev.data.fd = fd;
		epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
		hear(fd);
	}
}

static void
serve_http(uint16_t port)
{
	int lfd = listen_on(SOCK_STREAM | SOCK_NONBLOCK, port), n;
	int ep = epoll_create1(0);
	struct epoll_event ev[256] = { { .events = EPOLLIN } };

	rest = calloc(CONNS, sizeof(*rest));
	must(rest != NULL && ep >= 0, "out of memory");
	ev[0].data.fd = lfd;
	epoll_ctl(ep, EPOLL_CTL_ADD, lfd, &ev[0]);
	for (;;) {
		n = epoll_wait(ep, ev, SP_LEN(ev), -1);
		for (int i = 0; i < n; i++) {
			if (ev[i].data.fd == lfd)
				welcome(ep, lfd);
			else
				hear(ev[i].data.fd);
		}
	}
}

static void
on_request(struct evhttp_request *r, void *ctx)
{
	struct evbuffer *b = evhttp_request_get_output_buffer(r);

	(void)ctx;
	evbuffer_add(b, body.p, body.len);
	evhttp_send_reply(r, 200, "OK", NULL);
}

static void
serve_evhttp(uint16_t port)
{
	struct event_base *base = event_base_new();
	struct evhttp *h = base != NULL ? evhttp_new(base) : NULL;

	must(h != NULL, "libevent");
	must(evhttp_bind_socket(h, "127.0.0.1", port) == 0, "bind");
	evhttp_set_gencb(h, on_request, NULL);
	event_base_dispatch(base);
}

int
main(int argc, char **argv)
{
	unsigned long port = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;

	signal(SIGPIPE, SIG_IGN);
	if (argc > 3)
		peers = SP_MIN(strtoul(argv[3], NULL, 10), 200);
	make_replies();
	if (port == 0 || port > UINT16_MAX)
		fputs("usage: null_tracker udp|http|evhttp PORT [PEERS]\n",
		    stderr);
	else if (strcmp(argv[1], "udp") == 0)
		serve_udp((uint16_t)port);
	else if (strcmp(argv[1], "http") == 0)
		serve_http((uint16_t)port);
	else if (strcmp(argv[1], "evhttp") == 0)
		serve_evhttp((uint16_t)port);
	return 2;
}
