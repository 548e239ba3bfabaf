#include "io/conn_int.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/sock.h"

#define LISTEN_ROUND 64            /* accepts per round of the loop */
#define LISTEN_REST  (100 * SP_MS) /* when there are no descriptors */

struct conn_listener {
	struct loop *loop;
	int fd;
	struct io_watch *watch;
	struct io_timer rest;
	conn_accept_cb accept;
	void *ctx;
	bool busy; /* callbacks run: conn_listener_free waits for them */
	bool dead;
};

static void listener_cb(void *ctx, int fd);

static void
listener_watch(struct conn_listener *ls, bool on)
{
	if (!on) {
		io_watch_free(ls->watch);
		ls->watch = NULL;
	} else if (ls->watch == NULL && io_watch_new(&ls->watch, ls->loop,
					    ls->fd, listener_cb, ls) < 0) {
		io_timer_set(&ls->rest, loop_now(ls->loop) + LISTEN_REST);
	}
}

static void
listener_rested(void *ctx, sp_time now SP_UNUSED)
{
	struct conn_listener *ls = ctx;

	listener_watch(ls, true);
}

static void
listener_give(struct conn_listener *ls, int fd, const struct sp_addr *from)
{
	struct conn *c = conn_adopt(ls->loop, fd, from);

	if (c == NULL) {
		close(fd);
		return;
	}
	ls->accept(ls->ctx, c, from);
	conn_adopted(c);
}

static void
listener_cb(void *ctx, int fd)
{
	struct conn_listener *ls = ctx;
	struct sockaddr_storage ss;
	struct sp_addr from;
	socklen_t len;
	int i, s = 0;

	ls->busy = true;
	for (i = 0; i < LISTEN_ROUND && !ls->dead; i++) {
		len = sizeof(ss);
		memset(&ss, 0, sizeof(ss));
		s = accept4(fd, (struct sockaddr *)&ss, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (s < 0 && errno == ECONNABORTED)
			continue;
		if (s < 0)
			break;
		from = sock_to_addr((struct sockaddr *)&ss);
		listener_give(ls, s, &from);
	}
	ls->busy = false;
	if (ls->dead) {
		conn_listener_free(ls);
		return;
	}
	/* Out of descriptors: the socket stays readable, so look away. */
	if (s < 0 && errno != EAGAIN && errno != EINTR &&
	    errno != ECONNABORTED) {
		listener_watch(ls, false);
		io_timer_set(&ls->rest, loop_now(ls->loop) + LISTEN_REST);
	}
}

int
conn_listen(struct conn_listener **out, struct loop *l,
    const struct sp_addr *addr, conn_accept_cb cb, void *ctx)
{
	struct conn_listener *ls;
	int rc;

	if ((ls = calloc(1, sizeof(*ls))) == NULL)
		return SP_ERR_NOMEM;
	ls->loop = l;
	ls->accept = cb;
	ls->ctx = ctx;
	if ((rc = sock_bind(&ls->fd, SOCK_STREAM, addr)) < 0) {
		free(ls);
		return rc;
	}
	if (io_timer_init(&ls->rest, l, listener_rested, ls) < 0 ||
	    io_watch_new(&ls->watch, l, ls->fd, listener_cb, ls) < 0) {
		conn_listener_free(ls);
		return SP_ERR_NOMEM;
	}
	*out = ls;
	return 0;
}

void
conn_listener_free(struct conn_listener *ls)
{
	if (ls == NULL)
		return;
	ls->dead = true;
	if (ls->busy)
		return;
	io_watch_free(ls->watch);
	io_timer_fini(&ls->rest);
	close(ls->fd);
	free(ls);
}

int
conn_listener_congestion(struct conn_listener *ls, const char *name)
{
	return sock_congestion(ls->fd, name);
}

struct sp_addr
conn_listener_addr(const struct conn_listener *ls)
{
	return sock_local(ls->fd);
}
