#include "io/http_int.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <event2/event.h>

#define PARTS    8 /* of one reply, with what was gathered before it */
#define GATHER   (32 * 1024)
#define KEEP_OUT 4096 /* a backlog's memory that is not given back */

/* ---- plain sockets ---- */

static int
plain_read(struct hconn *c, uint8_t *p, size_t len)
{
	ssize_t n = recv(c->fd, p, len, 0);

	if (n >= 0)
		return (int)n;
	return errno == EAGAIN || errno == EINTR ? SP_ERR_AGAIN : SP_ERR_CLOSED;
}

static int64_t
plain_write(struct hconn *c, const struct iovec *v, int n)
{
	struct msghdr m = {
		.msg_iov = (struct iovec *)(uintptr_t)v,
		.msg_iovlen = (size_t)n,
	};
	ssize_t k;

	k = n == 1 ? send(c->fd, v->iov_base, v->iov_len, MSG_NOSIGNAL)
		   : sendmsg(c->fd, &m, MSG_NOSIGNAL);
	if (k >= 0)
		return k;
	return errno == EAGAIN || errno == EINTR ? 0 : SP_ERR_CLOSED;
}

static void
rd_cb(evutil_socket_t fd SP_UNUSED, short what SP_UNUSED, void *arg)
{
	hconn_readable(arg);
}

static void
wr_cb(evutil_socket_t fd SP_UNUSED, short what SP_UNUSED, void *arg)
{
	hconn_writable(arg);
}

static int
plain_event(struct hconn *c, struct event **ev, bool on, short what,
    event_callback_fn cb)
{
	if (*ev == NULL && on)
		*ev = event_new(loop_base(c->http->loop), c->fd,
		    what | EV_PERSIST, cb, c);
	if (*ev == NULL)
		return on ? SP_ERR_NOMEM : 0;
	if ((on ? event_add(*ev, NULL) : event_del(*ev)) < 0)
		return SP_ERR_NOMEM;
	return 0;
}

static int
plain_want(struct hconn *c)
{
	int rc = 0;

	if (c->want_read != c->reads) {
		rc = plain_event(c, &c->rd, c->want_read, EV_READ, rd_cb);
		c->reads = c->want_read;
	}
	if (rc == 0 && c->want_write != c->writes) {
		rc = plain_event(c, &c->wr, c->want_write, EV_WRITE, wr_cb);
		c->writes = c->want_write;
	}
	return rc;
}

static size_t
plain_backlog(const struct hconn *c SP_UNUSED)
{
	return 0;
}

static void
plain_shut(struct hconn *c)
{
	shutdown(c->fd, SHUT_WR);
}

void
hconn_detach(struct hconn *c)
{
	if (c->rd != NULL)
		event_free(c->rd);
	if (c->wr != NULL)
		event_free(c->wr);
	c->rd = c->wr = NULL;
	c->reads = c->writes = false;
}

static void
plain_close(struct hconn *c)
{
	hconn_detach(c);
	close(c->fd);
}

const struct hwire hwire_plain = {
	.read = plain_read,
	.write = plain_write,
	.want = plain_want,
	.backlog = plain_backlog,
	.shut = plain_shut,
	.close = plain_close,
};

/* ---- sending, on any wire ---- */

size_t
hconn_backlog(const struct hconn *c)
{
	if (c->dead)
		return 0;
	return c->out.len - c->sent + c->wire->backlog(c);
}

/* The host hears of it from the loop, not inside its own call. */
static int
broke(struct hconn *c)
{
	c->broken = true;
	hconn_soon(c);
	return SP_ERR_CLOSED;
}

static void
want(struct hconn *c)
{
	if (c->wire->want(c) < 0)
		broke(c);
}

void
hconn_want_read(struct hconn *c, bool on)
{
	if (c->want_read == on && c->reads == on)
		return;
	c->want_read = on;
	want(c);
}

/* What was not taken of |v| waits. */
static int
queue_rest(struct hconn *c, const struct iovec *v, int n, size_t taken)
{
	size_t skip;
	int i;

	for (i = 0; i < n; i++) {
		skip = SP_MIN(taken, v[i].iov_len);
		taken -= skip;
		buf_put(&c->out, (const uint8_t *)v[i].iov_base + skip,
		    v[i].iov_len - skip);
	}
	if (c->out.err != 0) {
		broke(c);
		return c->out.err;
	}
	if (c->out.len > c->sent && !c->want_write) {
		c->want_write = true;
		want(c);
	}
	if (hconn_backlog(c) > 0) {
		c->waited = true;
		hconn_wait(c, HC_WRITE);
	}
	return c->broken ? SP_ERR_CLOSED : 0;
}

static size_t
total(const struct iovec *v, int n)
{
	size_t sum = 0;
	int i;

	for (i = 0; i < n; i++)
		sum += v[i].iov_len;
	return sum;
}

static int
send_now(struct hconn *c, const struct iovec *v, int n)
{
	int64_t taken = c->wire->write(c, v, n);

	if (taken < 0)
		return broke(c);
	return queue_rest(c, v, n, (size_t)taken);
}

int
hconn_send(struct hconn *c, const struct iovec *v, int n)
{
	struct sp_buf *tx = &c->http->tx;
	struct iovec all[PARTS];
	size_t len = total(v, n);
	int i, rc;

	assert(n < PARTS && "there is room for what was gathered");
	if (c->dead || c->broken)
		return SP_ERR_CLOSED;
	if (len > HTTP_BACKLOG_MAX - SP_MIN(hconn_backlog(c), HTTP_BACKLOG_MAX))
		return SP_ERR_FULL;
	if (c->out.len > 0)
		return queue_rest(c, v, n, 0);
	if (!c->corked)
		return send_now(c, v, n);
	if (tx->len + len <= GATHER) {
		for (i = 0; i < n; i++)
			buf_put(tx, v[i].iov_base, v[i].iov_len);
		return tx->err;
	}
	all[0].iov_base = tx->p;
	all[0].iov_len = tx->len;
	memcpy(all + 1, v, (size_t)n * sizeof(*v));
	rc = send_now(c, tx->len > 0 ? all : v, tx->len > 0 ? n + 1 : n);
	buf_reset(tx);
	return rc;
}

void
hconn_flush(struct hconn *c)
{
	struct sp_buf *tx = &c->http->tx;
	struct iovec v = { tx->p, tx->len };

	if (tx->err != 0 && !c->broken)
		broke(c);
	if (tx->len > 0 && !c->broken && !c->dead)
		send_now(c, &v, 1);
	buf_reset(tx);
}

/* Sends of what waits; false: the connection is broken. */
static bool
push_out(struct hconn *c)
{
	struct iovec v;
	int64_t taken;

	if (c->out.len == 0)
		return true;
	v.iov_base = c->out.p + c->sent;
	v.iov_len = c->out.len - c->sent;
	if ((taken = c->wire->write(c, &v, 1)) < 0) {
		broke(c);
		return false;
	}
	c->sent += (size_t)taken;
	if (taken > 0 && c->wait == HC_WRITE)
		hconn_wait(c, HC_NONE);
	if (c->sent == c->out.len) {
		c->sent = 0;
		buf_reset(&c->out);
		if (c->out.cap > KEEP_OUT)
			buf_fini(&c->out);
	} else if (c->sent > c->out.len / 2) {
		buf_consume(&c->out, c->sent);
		c->sent = 0;
	}
	return true;
}

void
hconn_writable(struct hconn *c)
{
	struct http_req *r = &c->req;

	hconn_enter(c);
	if (!c->dead && push_out(c)) {
		if (c->want_write && c->out.len == 0) {
			c->want_write = false;
			want(c);
		}
		if (c->waited && hconn_backlog(c) == 0) {
			c->waited = false;
			if (r->open && r->drained_cb != NULL)
				r->drained_cb(r->drained_ctx, r);
		}
	}
	if (!c->dead)
		hconn_step(c);
	hconn_leave(c);
}
