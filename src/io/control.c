#include "io/control.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "io/inherit.h"

struct client {
	struct control *control;
	struct bufferevent *bev;
	bool answered;
	LIST_ENTRY(client) entry;
};

#define PAUSE (100 * SP_MS) /* without descriptors */

struct control {
	struct loop *loop;
	int fd;
	/* Given up for a client when there are no others; -1: one has it. */
	int spare;
	struct io_watch *watch; /* NULL: paused, or left */
	struct io_timer pause;
	control_fn fn;
	void *ctx;
	size_t nclients;
	LIST_HEAD(, client) clients;
	struct sockaddr_un at;
	bool left;
};

/* ---- clients ------------------------------------------------------------- */

static void
client_free(struct client *cl)
{
	LIST_REMOVE(cl, entry);
	cl->control->nclients--;
	bufferevent_free(cl->bev);
	free(cl);
}

static void
answer(struct client *cl, char *line)
{
	struct evbuffer *ev = bufferevent_get_output(cl->bev);
	struct sp_buf out;
	int r;

	buf_init(&out, io_mem(), CONTROL_REPLY);
	r = cl->control->fn(cl->control->ctx, line, &out);
	if (r == 0)
		r = out.err;
	if (r == 0)
		evbuffer_add_printf(ev, "ok\n");
	else if (out.err == 0 && out.len > 0)
		evbuffer_add_printf(ev, "error %.*s\n", (int)out.len,
		    (const char *)out.p);
	else
		evbuffer_add_printf(ev, "error %s\n", sp_strerror(r));
	if (r == 0)
		evbuffer_add(ev, out.p, out.len);
	buf_fini(&out);
	cl->answered = true;
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *ev = bufferevent_get_input(bev);
	struct client *cl = arg;
	char *line;

	if (cl->answered) {
		evbuffer_drain(ev, evbuffer_get_length(ev));
		return;
	}
	line = evbuffer_readln(ev, NULL, EVBUFFER_EOL_LF);
	if (line != NULL)
		answer(cl, line);
	else if (evbuffer_get_length(ev) > CONTROL_LINE)
		client_free(cl);
	free(line);
}

static void
on_written(struct bufferevent *bev, void *arg)
{
	struct client *cl = arg;

	if (cl->answered &&
	    evbuffer_get_length(bufferevent_get_output(bev)) == 0)
		client_free(cl);
}

/* The end of what it sends, an error, or silence. */
static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct client *cl = arg;

	(void)bev;
	if ((what & BEV_EVENT_EOF) && cl->answered)
		return;
	client_free(cl);
}

/* ---- letting in ---------------------------------------------------------- */

/* Any descriptor does. */
static void
keep_spare(struct control *c)
{
	if (c->spare < 0)
		c->spare = open("/", O_PATH | O_CLOEXEC);
}

static void on_client(void *ctx, int fd);

static void
pause_over(void *ctx, sp_time now)
{
	struct control *c = ctx;

	if (io_watch_new(&c->watch, c->loop, c->fd, on_client, c) < 0)
		io_timer_set(&c->pause, now + PAUSE);
}

/* The next client, -1: none. Who asks why nobody is let in is let in. */
static int
let_in(struct control *c)
{
	int s;

	keep_spare(c);
	s = accept4(c->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (s >= 0 || (errno != EMFILE && errno != ENFILE))
		return s;
	if (c->spare >= 0) {
		close(c->spare);
		c->spare = -1;
		s = accept4(c->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (s >= 0)
			return s;
		keep_spare(c);
	}
	/* It would be told of the same client without end. */
	io_watch_free(c->watch);
	c->watch = NULL;
	io_timer_set(&c->pause, loop_now(c->loop) + PAUSE);
	return -1;
}

static void
on_client(void *ctx, int fd SP_UNUSED)
{
	const struct timeval limit = { CONTROL_TIME / SP_S, 0 };
	struct control *c = ctx;
	struct client *cl;
	int s = let_in(c);

	if (s < 0)
		return;
	cl = c->nclients < CONTROL_CLIENTS ? calloc(1, sizeof(*cl)) : NULL;
	if (cl == NULL) {
		close(s);
		return;
	}
	cl->control = c;
	cl->bev = bufferevent_socket_new(loop_base(c->loop), s,
	    BEV_OPT_CLOSE_ON_FREE);
	if (cl->bev == NULL) {
		close(s);
		free(cl);
		return;
	}
	LIST_INSERT_HEAD(&c->clients, cl, entry);
	c->nclients++;
	bufferevent_setcb(cl->bev, on_read, on_written, on_event, cl);
	bufferevent_setwatermark(cl->bev, EV_READ, 0, CONTROL_LINE + 1);
	bufferevent_set_timeouts(cl->bev, &limit, &limit);
	bufferevent_enable(cl->bev, EV_READ | EV_WRITE);
}

/* ---- the socket ---------------------------------------------------------- */

static int
set_path(struct sockaddr_un *un, const char *path)
{
	if (strlen(path) >= sizeof(un->sun_path))
		return SP_ERR_TOOBIG;
	memset(un, 0, sizeof(*un));
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, strlen(path));
	return 0;
}

static int
dial(const struct sockaddr_un *un)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), e;

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)un, sizeof(*un)) == 0)
		return fd;
	e = errno;
	close(fd);
	errno = e;
	return -1;
}

/* Makes room for us, if a socket is there that nobody listens at. */
static int
clear_path(const struct sockaddr_un *un)
{
	struct stat st;
	int fd;

	if (lstat(un->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : SP_ERR_IO;
	if (!S_ISSOCK(st.st_mode)) {
		errno = EEXIST;
		return SP_ERR_IO;
	}
	fd = dial(un);
	if (fd >= 0) {
		close(fd);
		errno = EADDRINUSE;
		return SP_ERR_EXISTS;
	}
	return unlink(un->sun_path) < 0 ? SP_ERR_IO : 0;
}

/* With its mode from the first moment on. */
static int
bind_path(int fd, const struct sockaddr_un *un)
{
	mode_t mask = umask(0117);
	int r = bind(fd, (const struct sockaddr *)un, sizeof(*un));

	umask(mask);
	return r < 0 || listen(fd, CONTROL_CLIENTS) < 0 ? SP_ERR_IO : 0;
}

static int
open_path(struct control *c)
{
	int r;

	c->fd = inherit_take_unix(c->at.sun_path);
	if (c->fd >= 0)
		return 0;
	if ((r = clear_path(&c->at)) < 0)
		return r;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return SP_ERR_IO;
	return bind_path(c->fd, &c->at);
}

int
control_new(struct control **out, struct loop *l, const char *path,
    control_fn fn, void *ctx)
{
	struct control *c;
	int r, e;

	*out = NULL;
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return SP_ERR_NOMEM;
	c->loop = l;
	c->fd = c->spare = -1;
	c->fn = fn;
	c->ctx = ctx;
	c->left = true;
	keep_spare(c);
	r = io_timer_init(&c->pause, l, pause_over, c);
	if (r == 0)
		r = set_path(&c->at, path);
	if (r == 0)
		r = open_path(c);
	if (r == 0)
		r = io_watch_new(&c->watch, l, c->fd, on_client, c);
	if (r < 0) {
		e = errno;
		control_free(c);
		errno = e;
		return r;
	}
	c->left = false;
	*out = c;
	return 0;
}

void
control_leave(struct control *c)
{
	io_watch_free(c->watch);
	c->watch = NULL;
	io_timer_cancel(&c->pause);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->left = true;
}

void
control_free(struct control *c)
{
	bool ours;

	if (c == NULL)
		return;
	while (!LIST_EMPTY(&c->clients))
		client_free(LIST_FIRST(&c->clients));
	ours = !c->left;
	if (c->pause.ev != NULL)
		control_leave(c);
	io_timer_fini(&c->pause);
	if (ours)
		unlink(c->at.sun_path);
	if (c->spare >= 0)
		close(c->spare);
	free(c);
}

/* ---- the client ---------------------------------------------------------- */

static int
send_line(int fd, const char *line)
{
	size_t len = strlen(line);

	if (len > CONTROL_LINE || strchr(line, '\n') != NULL)
		return SP_ERR_TOOBIG;
	if (send(fd, line, len, MSG_NOSIGNAL | MSG_MORE) != (ssize_t)len ||
	    send(fd, "\n", 1, MSG_NOSIGNAL) != 1)
		return SP_ERR_IO;
	return 0;
}

static int
read_all(int fd, struct sp_buf *b)
{
	uint8_t part[65536];
	ssize_t n;

	while ((n = recv(fd, part, sizeof(part), 0)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return SP_ERR_IO;
		buf_put(b, part, (size_t)n);
		if (b->err != 0)
			return b->err;
	}
	return 0;
}

/* Cuts the status line; what is left is the body, or why not. */
static int
take_status(struct sp_buf *b)
{
	static const char ok[] = "ok\n", bad[] = "error ";
	size_t cut;
	int r;

	if (b->len >= sizeof(ok) - 1 && memcmp(b->p, ok, sizeof(ok) - 1) == 0) {
		cut = sizeof(ok) - 1;
		r = 0;
	} else if (b->len > sizeof(bad) - 1 &&
		   memcmp(b->p, bad, sizeof(bad) - 1) == 0) {
		cut = sizeof(bad) - 1;
		b->len--;
		r = SP_ERR_DENIED;
	} else {
		return SP_ERR_PROTO;
	}
	buf_consume(b, cut);
	return r;
}

int
control_ask(const char *path, const char *line, sp_time limit,
    struct sp_buf *out)
{
	struct timeval tv = { limit / SP_S, limit % SP_S / SP_US };
	struct sockaddr_un un;
	int fd, r;

	if ((r = set_path(&un, path)) < 0)
		return r;
	if ((fd = dial(&un)) < 0)
		return SP_ERR_IO;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	r = send_line(fd, line);
	if (r == 0)
		r = read_all(fd, out);
	close(fd);
	return r < 0 ? r : take_status(out);
}
