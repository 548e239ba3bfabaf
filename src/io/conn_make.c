#include "io/conn_int.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "io/sock.h"

#define CONN_LOW     (64 * 1024)
#define CONN_MAX     (4 * 1024 * 1024)
#define CONN_CONNECT (10 * SP_S)

static struct conn *
conn_make(struct loop *l, int fd)
{
	struct conn *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	c->loop = l;
	c->fd = -1;
	c->low = CONN_LOW;
	c->max = CONN_MAX;
	c->out = evbuffer_new();
	c->rd =
	    event_new(loop_base(l), fd, EV_READ | EV_PERSIST, conn_read_cb, c);
	c->wr = event_new(loop_base(l), fd, EV_WRITE | EV_PERSIST,
	    conn_write_cb, c);
	if (io_timer_init(&c->kick, l, conn_kick_cb, c) < 0 ||
	    io_timer_init(&c->timer, l, conn_timer_cb, c) < 0 ||
	    c->out == NULL || c->rd == NULL || c->wr == NULL) {
		conn_free(c);
		return NULL;
	}
	c->fd = fd;
	return c;
}

void
conn_set(struct conn *c, const struct conn_ops *ops, void *ctx)
{
	c->ops = ops;
	c->ctx = ctx;
}

int
conn_dial(struct conn **out, struct loop *l, const struct sp_addr *addr,
    sp_time timeout, const struct conn_ops *ops, void *ctx)
{
	struct sockaddr_storage ss;
	struct conn *c;
	int fd, one = 1, len = sock_from_addr(&ss, addr);

	if (len == 0 || addr_is_bogus(addr))
		return SP_ERR_ARG;
	fd =
	    socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return SP_ERR_IO;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if ((c = conn_make(l, fd)) == NULL) {
		close(fd);
		return SP_ERR_NOMEM;
	}
	c->remote = *addr;
	conn_set(c, ops, ctx);
	io_timer_set(&c->timer,
	    loop_now(l) + (timeout > 0 ? timeout : CONN_CONNECT));
	if (connect(fd, (struct sockaddr *)&ss, (socklen_t)len) < 0 &&
	    errno != EINPROGRESS) {
		c->err = errno;
		io_timer_set(&c->kick, 0);
	} else {
		event_add(c->wr, NULL);
	}
	*out = c;
	return 0;
}

struct conn *
conn_adopt(struct loop *l, int fd, const struct sp_addr *from)
{
	struct conn *c;

	if ((c = conn_make(l, fd)) == NULL)
		return NULL;
	c->remote = *from;
	c->state = CONN_OPEN;
	conn_enter(c);
	return c;
}

void
conn_adopted(struct conn *c)
{
	if (c->state != CONN_DEAD && c->ops == NULL)
		conn_shut(c);
	else if (c->state == CONN_OPEN)
		conn_watch_reads(c);
	conn_leave(c);
}

struct sp_addr
conn_remote(const struct conn *c)
{
	return c->remote;
}
