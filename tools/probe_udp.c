#include <sys/socket.h>
#include <unistd.h>

#include "io/sock.h"
#include "tools/probe_int.h"
#include "wire/udpwire.h"

/* A tracker's host is asked by UDP for a connection id (BEP 15). */

#define AGAIN   (1 * SP_S)
#define GIVE_UP (3 * SP_S)

static void
send_connect(struct probe_ask *a)
{
	uint8_t room[64];
	struct uw_req r = { .action = UW_CONNECT, .tid = a->tid };
	struct sp_buf b;

	buf_wrap(&b, room, sizeof(room));
	uw_req_write(&b, &r);
	/* What is not taken is sent again. */
	a->sent++;
	(void)!send(a->udp_fd, b.p, b.len, 0);
}

static void
readable_cb(void *ctx, int fd)
{
	struct probe_ask *a = ctx;
	sp_time now = loop_now(a->p->loop);
	uint8_t in[256];
	struct uw_reply r;
	ssize_t n = recv(fd, in, sizeof(in), 0);

	/* Whoever says that nobody is there may still be wrong. */
	if (n < 0 || uw_reply_read(&r, 4, in, (size_t)n) < 0 ||
	    r.action != UW_CONNECT || r.tid != a->tid)
		return;
	a->t->udp = PROBE_UDP_ANSWERS;
	a->t->udp_ms = (uint32_t)((now - a->udp_begun) / SP_MS);
	probe_udp_end(a);
}

void
probe_udp_ask(struct probe_ask *a, const struct sp_addr *addr)
{
	struct sockaddr_storage ss;
	int len = sock_from_addr(&ss, addr);

	if (len == 0 || a->udp_fd >= 0)
		return;
	a->udp_fd =
	    socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (a->udp_fd < 0)
		return;
	if (connect(a->udp_fd, (struct sockaddr *)&ss, (socklen_t)len) < 0 ||
	    io_watch_new(&a->udp, a->p->loop, a->udp_fd, readable_cb, a) < 0) {
		probe_udp_end(a);
		return;
	}
	a->tid = (uint32_t)io_random_u64();
	a->udp_begun = loop_now(a->p->loop);
	send_connect(a);
}

void
probe_udp_tick(struct probe *p, sp_time now)
{
	struct probe_ask *a;
	sp_time since;

	for (size_t i = 0; i < p->f.n_trackers; i++) {
		a = &p->asks[i];
		if (a->udp_fd < 0)
			continue;
		since = now - a->udp_begun;
		if (since >= GIVE_UP) {
			a->t->udp = PROBE_UDP_SILENT;
			probe_udp_end(a);
		} else if (since >= AGAIN * a->sent) {
			send_connect(a);
		}
	}
}

void
probe_udp_end(struct probe_ask *a)
{
	io_watch_free(a->udp);
	a->udp = NULL;
	if (a->udp_fd >= 0)
		close(a->udp_fd);
	a->udp_fd = -1;
}
