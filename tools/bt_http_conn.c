#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/bt_http_int.h"

#define EVENTS    256
#define SWEEP_GAP (10 * SP_MS)

/* ---- connections --------------------------------------------------------- */

static void
put_idle(struct bt_http *h, struct conn *c)
{
	h->idle[c->source][h->n_idle[c->source]++] = c;
}

/*
 * Closes it. What is open on it is |lost|; else it ends as it should, and is
 * not idle before the caller says so.
 */
static void
hang_up(struct bt_http *h, struct conn *c, const char *lost)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->in_len = 0;
	c->waits = false;
	buf_reset(&c->out);
	for (; c->n > 0; c->n--) {
		if (h->mode == BT_FILL || h->mode == BT_VERIFY)
			h->again[h->n_again++] = c->ask[c->head].number;
		c->head = (c->head + 1) % HTTP_PIPELINE;
		h->n_open--;
		h->res->lost++;
		bt_result_fault(h->res, lost);
	}
}

static bool
dial(struct bt_http *h, struct conn *c)
{
	struct sp_addr from = bt_check_source(&h->check, c->source);
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
	struct sockaddr_storage ss;
	int on = 1, len;

	len = sock_from_addr(&ss, &h->o->addr);
	c->fd =
	    socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return false;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (from.family == 4 && h->o->load.sources > 1) {
		struct sockaddr_storage own;
		int own_len = sock_from_addr(&own, &from);

		setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
		    sizeof(on));
		if (bind(c->fd, (struct sockaddr *)&own, (socklen_t)own_len) <
		    0)
			return false;
	}
	if (connect(c->fd, (struct sockaddr *)&ss, (socklen_t)len) < 0 &&
	    errno != EINPROGRESS)
		return false;
	return epoll_ctl(h->epoll, EPOLL_CTL_ADD, c->fd, &ev) == 0;
}

int
bt_http_open(struct bt_http *h)
{
	uint32_t sources = h->o->load.sources;

	h->epoll = epoll_create1(EPOLL_CLOEXEC);
	h->conn = calloc(h->n_conns, sizeof(*h->conn));
	h->again =
	    calloc((size_t)h->n_conns * HTTP_PIPELINE, sizeof(*h->again));
	if (h->epoll < 0)
		return SP_ERR_IO;
	if (h->conn == NULL || h->again == NULL)
		return SP_ERR_NOMEM;
	for (uint32_t s = 0; s < sources; s++) {
		h->idle[s] = calloc(h->n_conns, sizeof(*h->idle[s]));
		if (h->idle[s] == NULL)
			return SP_ERR_NOMEM;
	}
	for (uint32_t i = 0; i < h->n_conns; i++) {
		struct conn *c = &h->conn[i];

		c->fd = -1;
		c->source = i % sources;
		buf_init(&c->out, io_mem(), HTTP_OUT);
		c->in = malloc(HTTP_IN);
		if (c->in == NULL)
			return SP_ERR_NOMEM;
		put_idle(h, c);
	}
	return 0;
}

void
bt_http_close(struct bt_http *h)
{
	for (uint32_t i = 0; i < h->n_conns && h->conn != NULL; i++) {
		if (h->conn[i].fd > 0)
			close(h->conn[i].fd);
		buf_fini(&h->conn[i].out);
		free(h->conn[i].in);
	}
	for (size_t s = 0; s < LOAD_SOURCES; s++)
		free(h->idle[s]);
	free(h->conn);
	free(h->again);
	if (h->epoll >= 0)
		close(h->epoll);
}

/* ---- out ----------------------------------------------------------------- */

/* Whether the rest goes when there is room. */
static void
wait_for_room(struct bt_http *h, struct conn *c, bool on)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

	if (c->waits == on)
		return;
	c->waits = on;
	ev.events |= on ? EPOLLOUT : 0;
	epoll_ctl(h->epoll, EPOLL_CTL_MOD, c->fd, &ev);
}

/* False: the connection is broken. */
static bool
flush_out(struct bt_http *h, struct conn *c)
{
	ssize_t n;

	while (c->out.len > 0) {
		n = send(c->fd, c->out.p, c->out.len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != ENOTCONN)
			return false;
		if (n < 0)
			break;
		h->res->bytes_out += (uint64_t)n;
		buf_consume(&c->out, (size_t)n);
	}
	wait_for_room(h, c, c->out.len > 0);
	return true;
}

/* A source that has an idle connection. */
static bool
pick_source(struct bt_http *h, uint32_t *s)
{
	uint32_t n = h->o->load.sources;

	if (bt_http_next_source(h, s))
		return h->n_idle[*s] > 0;
	for (uint32_t i = 0; i < n; i++) {
		h->turn = (h->turn + 1) % n;
		*s = h->turn;
		if (h->n_idle[*s] > 0)
			return true;
	}
	return false;
}

uint32_t
bt_http_send(struct bt_http *h, sp_time due, uint32_t most)
{
	uint32_t want = h->o->keep_alive ? (uint32_t)h->o->pipeline : 1;
	uint32_t s, n = 0;
	struct conn *c;

	if (!bt_http_has_more(h) || !pick_source(h, &s))
		return 0;
	c = h->idle[s][--h->n_idle[s]];
	want = SP_MIN(want, most);
	while (n < want && bt_http_draw(h, c, due))
		n++;
	if ((c->fd < 0 && !dial(h, c)) || !flush_out(h, c)) {
		hang_up(h, c, strerror(errno));
		put_idle(h, c);
	}
	return n;
}

/* ---- in ------------------------------------------------------------------ */

/* All whole replies of |c|; false when it is over with the connection. */
static bool
take_replies(struct bt_http *h, struct conn *c, bool eof, uint32_t *n,
    sp_time now)
{
	bool last = !h->o->keep_alive;
	int used;

	while (c->in_len > 0) {
		used = bt_http_reply(h, c, eof, &last, now);
		if (used < 0) {
			hang_up(h, c, "a reply that is none");
			return false;
		}
		if (used == 0)
			break;
		c->in_len -= (size_t)used;
		memmove(c->in, c->in + used, c->in_len);
		++*n;
		if (last && c->n == 0)
			return false;
	}
	return !eof;
}

static uint32_t
readable(struct bt_http *h, struct conn *c)
{
	bool was_idle = c->n == 0, more;
	uint32_t got = 0;
	ssize_t n;

	n = recv(c->fd, c->in + c->in_len, HTTP_IN - c->in_len, 0);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n > 0) {
		c->in_len += (size_t)n;
		h->res->bytes_in += (uint64_t)n;
	}
	more = take_replies(h, c, n <= 0, &got, io_now());
	if (!more)
		hang_up(h, c,
		    n < 0 ? strerror(errno)
			  : "closed before its "
			    "reply");
	if (!was_idle && c->n == 0)
		put_idle(h, c);
	return got;
}

uint32_t
bt_http_receive(struct bt_http *h, sp_time wait)
{
	struct timespec ts = { 0, (long)wait };
	struct epoll_event ev[EVENTS];
	uint32_t got = 0;
	int n;

	n = epoll_pwait2(h->epoll, ev, EVENTS, &ts, NULL);
	for (int i = 0; i < n; i++) {
		struct conn *c = ev[i].data.ptr;

		if (c->fd >= 0 && (ev[i].events & EPOLLOUT) &&
		    !flush_out(h, c)) {
			hang_up(h, c, strerror(errno));
			put_idle(h, c);
		}
		if (c->fd >= 0 && (ev[i].events & ~(uint32_t)EPOLLOUT))
			got += readable(h, c);
	}
	return got;
}

void
bt_http_sweep(struct bt_http *h, sp_time now)
{
	if (now - h->swept < SWEEP_GAP)
		return;
	h->swept = now;
	for (uint32_t i = 0; i < h->n_conns; i++) {
		struct conn *c = &h->conn[i];

		if (c->n == 0 || now - c->ask[c->head].due < h->o->timeout)
			continue;
		hang_up(h, c, "no answer in time");
		put_idle(h, c);
	}
}
