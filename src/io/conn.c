#include "io/conn.h"
#include "io/conn_int.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "io/sock.h"

#define CONN_IOV     64
#define CONN_ROUND   (1024 * 1024) /* most that is sent in one round */
#define CONN_FLUSH   (5 * SP_S)
#define CONN_LINGERS SP_S

void
conn_shut(struct conn *c)
{
	c->state = CONN_DEAD;
	if (c->rd != NULL)
		event_free(c->rd);
	if (c->wr != NULL)
		event_free(c->wr);
	io_timer_fini(&c->kick);
	io_timer_fini(&c->timer);
	if (c->out != NULL)
		evbuffer_free(c->out);
	if (c->fd >= 0)
		close(c->fd);
	c->rd = c->wr = NULL;
	c->out = NULL;
	c->fd = -1;
}

void
conn_free(struct conn *c)
{
	if (c == NULL)
		return;
	if (c->state != CONN_DEAD)
		conn_shut(c);
	if (c->busy == 0)
		free(c);
}

void
conn_enter(struct conn *c)
{
	c->busy++;
}

void
conn_leave(struct conn *c)
{
	c->busy--;
	if (c->state == CONN_DEAD && c->busy == 0)
		free(c);
}

static void
conn_end(struct conn *c, int err, const char *why)
{
	const struct conn_ops *ops = c->ops;

	if (c->state == CONN_DEAD)
		return;
	conn_enter(c);
	/* The handle stays valid for queries inside the callback. */
	if (ops != NULL && ops->close != NULL)
		ops->close(c->ctx, c, err, why);
	if (c->state != CONN_DEAD)
		conn_shut(c);
	conn_leave(c);
}

static void
conn_fail(struct conn *c, int e)
{
	if (c->state == CONN_FLUSHING || c->state == CONN_LINGER)
		conn_end(c, 0, "closed");
	else if (e == ETIMEDOUT)
		conn_end(c, SP_ERR_TIMEOUT, "connection timed out");
	else
		conn_end(c, SP_ERR_IO, strerror(e));
}

/* ---- reading ---- */

void
conn_watch_reads(struct conn *c)
{
	bool want =
	    c->state == CONN_LINGER || (c->state == CONN_OPEN && !c->paused);

	if (want)
		event_add(c->rd, NULL);
	else
		event_del(c->rd);
}

static void
conn_eof(struct conn *c)
{
	if (c->state == CONN_LINGER)
		conn_end(c, 0, "closed");
	else
		conn_end(c, SP_ERR_CLOSED, "closed by the other end");
}

void
conn_read_cb(evutil_socket_t fd SP_UNUSED, short what SP_UNUSED, void *arg)
{
	struct conn *c = arg;
	uint8_t *buf = loop_scratch(c->loop);
	ssize_t n;

	n = recv(c->fd, buf, LOOP_SCRATCH, 0);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			conn_fail(c, errno);
		return;
	}
	if (n == 0) {
		conn_eof(c);
		return;
	}
	if (c->state != CONN_OPEN)
		return;
	if (c->idle > 0)
		c->heard = loop_now(c->loop);
	conn_enter(c);
	if (c->ops != NULL && c->ops->data != NULL)
		c->ops->data(c->ctx, c, buf, (size_t)n);
	conn_leave(c);
}

/* ---- writing ---- */

/* Sends what the kernel takes; errno or 0. */
static int
conn_send(struct conn *c)
{
	struct evbuffer_iovec v[CONN_IOV];
	struct msghdr msg;
	size_t sent = 0;
	ssize_t n;
	int k;

	while (evbuffer_get_length(c->out) > 0 && sent < CONN_ROUND) {
		k = evbuffer_peek(c->out, -1, NULL, v, CONN_IOV);
		memset(&msg, 0, sizeof(msg));
		msg.msg_iov = (struct iovec *)v;
		msg.msg_iovlen = (size_t)SP_MIN(k, CONN_IOV);
		n = sendmsg(c->fd, &msg, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : errno;
		evbuffer_drain(c->out, (size_t)n);
		sent += (size_t)n;
	}
	return 0;
}

static void
conn_watch_writes(struct conn *c)
{
	if (evbuffer_get_length(c->out) > 0)
		event_add(c->wr, NULL);
	else
		event_del(c->wr);
}

/* The queue of a closing connection is empty. */
static void
conn_linger(struct conn *c)
{
	shutdown(c->fd, SHUT_WR);
	c->state = CONN_LINGER;
	conn_watch_reads(c);
	io_timer_set(&c->timer, loop_now(c->loop) + CONN_LINGERS);
}

static void
conn_round(struct conn *c)
{
	int e;

	if ((e = c->err) == 0)
		e = conn_send(c);
	if (e != 0) {
		conn_fail(c, e);
		return;
	}
	conn_watch_writes(c);
	if (c->state == CONN_FLUSHING && evbuffer_get_length(c->out) == 0) {
		conn_linger(c);
		return;
	}
	if (c->above && evbuffer_get_length(c->out) <= c->low) {
		c->above = false;
		conn_enter(c);
		if (c->ops != NULL && c->ops->drained != NULL)
			c->ops->drained(c->ctx, c);
		conn_leave(c);
	}
}

static void
conn_opened(struct conn *c)
{
	int e = 0;
	socklen_t len = sizeof(e);

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &e, &len) < 0)
		e = errno;
	if (e != 0) {
		conn_fail(c, e);
		return;
	}
	c->state = CONN_OPEN;
	io_timer_cancel(&c->timer);
	conn_idle(c, c->idle);
	conn_watch_reads(c);
	conn_watch_writes(c);
	conn_enter(c);
	if (c->ops != NULL && c->ops->open != NULL)
		c->ops->open(c->ctx, c);
	conn_leave(c);
}

void
conn_write_cb(evutil_socket_t fd SP_UNUSED, short what SP_UNUSED, void *arg)
{
	struct conn *c = arg;

	if (c->state == CONN_CONNECTING)
		conn_opened(c);
	else
		conn_round(c);
}

void
conn_kick_cb(void *ctx, sp_time now SP_UNUSED)
{
	struct conn *c = ctx;

	/* A connect that failed at once is told here. */
	if (c->state == CONN_CONNECTING && c->err == 0)
		return;
	conn_round(c);
}

int
conn_write(struct conn *c, const void *p, size_t len)
{
	size_t had;

	if (c->state != CONN_OPEN && c->state != CONN_CONNECTING)
		return SP_ERR_CLOSED;
	had = evbuffer_get_length(c->out);
	if (len > c->max || had > c->max - len)
		return SP_ERR_FULL;
	if (evbuffer_add(c->out, p, len) < 0)
		return SP_ERR_NOMEM;
	if (had + len > c->low)
		c->above = true;
	if (c->state == CONN_OPEN && !event_pending(c->wr, EV_WRITE, NULL))
		io_timer_set(&c->kick, 0);
	return 0;
}

size_t
conn_unsent(const struct conn *c)
{
	return c->out == NULL ? 0 : evbuffer_get_length(c->out);
}

size_t
conn_unacked(const struct conn *c)
{
	int n = 0;

	if (c->fd < 0 || ioctl(c->fd, SIOCOUTQ, &n) < 0 || n < 0)
		n = 0;
	return conn_unsent(c) + (size_t)n;
}

/* ---- the rest of a connection's life ---- */

void
conn_timer_cb(void *ctx, sp_time now)
{
	struct conn *c = ctx;

	switch (c->state) {
	case CONN_CONNECTING:
		conn_end(c, SP_ERR_TIMEOUT, "connect timed out");
		break;
	case CONN_OPEN:
		/* Reads only note the time: moving the timer costs more. */
		if (c->heard + c->idle > now)
			io_timer_set(&c->timer, c->heard + c->idle);
		else
			conn_end(c, SP_ERR_TIMEOUT, "idle");
		break;
	default:
		conn_end(c, 0, "closed");
	}
}

void
conn_marks(struct conn *c, size_t low, size_t max)
{
	c->low = low;
	c->max = max;
}

void
conn_lowat(struct conn *c, size_t bytes)
{
	int v = (int)SP_MIN(bytes, INT_MAX);

	setsockopt(c->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &v, sizeof(v));
}

int
conn_congestion(struct conn *c, const char *name)
{
	return sock_congestion(c->fd, name);
}

void
conn_pace(struct conn *c, uint64_t bps)
{
	uint32_t v = (uint32_t)SP_MIN(bps, UINT32_MAX - 1);

	setsockopt(c->fd, SOL_SOCKET, SO_MAX_PACING_RATE, &v, sizeof(v));
}

void
conn_pause(struct conn *c, bool pause)
{
	c->paused = pause;
	if (c->state == CONN_OPEN)
		conn_watch_reads(c);
}

void
conn_idle(struct conn *c, sp_time t)
{
	c->idle = t;
	c->heard = loop_now(c->loop);
	if (c->state != CONN_OPEN)
		return;
	io_timer_set(&c->timer, t > 0 ? c->heard + t : SP_NEVER);
}

void
conn_close(struct conn *c)
{
	if (c->state == CONN_CONNECTING)
		c->err = ECONNABORTED;
	else if (c->state != CONN_OPEN)
		return;
	c->state = CONN_FLUSHING;
	event_del(c->rd);
	event_del(c->wr);
	io_timer_set(&c->timer, loop_now(c->loop) + CONN_FLUSH);
	io_timer_set(&c->kick, 0);
}
