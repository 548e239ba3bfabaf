#include "io/http_int.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/map.h"
#include "io/sock.h"

#define BATCH    64            /* accepted before others have their turn */
#define PAUSE    (100 * SP_MS) /* without descriptors */
#define SLOW     SP_S          /* requests that take longer may give way */
#define WARN_GAP (10 * SP_S)

struct http_listener {
	struct http *http;
	int fd;
	bool tls;
	struct event *ev;
	LIST_ENTRY(http_listener) entry;
};

/* ---- who may ---- */

bool
http_host_add(struct http *h, struct hconn *c)
{
	struct sp_addr key = addr_host(&c->client);
	uint32_t *n;

	if (h->conf.max_host_conns == 0 || c->proxied ||
	    (addr_is_loopback(&key) && !h->conf.loopback_too))
		return true;
	n = map_put(h->hosts, &key, NULL, NULL);
	if (n == NULL || *n >= h->conf.max_host_conns) {
		h->stats.capped++;
		return false;
	}
	++*n;
	c->counted = true;
	return true;
}

void
http_host_del(struct http *h, struct hconn *c)
{
	struct sp_addr key = addr_host(&c->client);
	uint32_t *n;

	if (!c->counted)
		return;
	c->counted = false;
	n = map_get(h->hosts, &key);
	assert(n != NULL && *n > 0 && "it was counted");
	if (--*n == 0)
		map_del(h->hosts, &key);
}

/* Who waits for |w| the longest, if that is too long. */
static struct hconn *
slow(struct http *h, enum hconn_wait w)
{
	struct hconn *c = TAILQ_FIRST(&h->wait[w]);

	return c != NULL && h->now - c->since >= SLOW ? c : NULL;
}

bool
http_evict(struct http *h)
{
	struct hconn *c = TAILQ_FIRST(&h->wait[HC_IDLE]);

	http_clock(h);
	if (c == NULL)
		c = slow(h, HC_HEAD);
	if (c == NULL)
		c = slow(h, HC_BODY);
	if (c == NULL)
		c = TAILQ_FIRST(&h->wait[HC_LINGER]);
	if (c == NULL)
		return false;
	h->stats.evicted++;
	hconn_kill(c);
	return true;
}

/* A connection that waits for |w| the longest, of those that keep anything. */
static struct hconn *
holder(struct http *h, enum hconn_wait w)
{
	struct hconn *c;

	TAILQ_FOREACH (c, &h->wait[w], by_wait)
		if (c->held > 0)
			break;
	return c;
}

void
http_hold(struct http *h, struct hconn *c)
{
	h->held += c->in.cap - c->held;
	c->held = c->in.cap;
	while (h->held > h->conf.max_held) {
		if ((c = holder(h, HC_BODY)) == NULL)
			c = holder(h, HC_HEAD);
		if (c == NULL)
			return;
		h->stats.evicted++;
		hconn_kill(c);
	}
}

/* ---- accepting ---- */

static void
listen_events(struct http *h, bool on)
{
	struct http_listener *l;

	LIST_FOREACH (l, &h->listeners, entry) {
		if (on)
			event_add(l->ev, NULL);
		else
			event_del(l->ev);
	}
}

static void
pause_over(void *ctx, sp_time now SP_UNUSED)
{
	listen_events(ctx, true);
}

/* accept(2) of |fd| failed. True: it is worth another try now. */
static bool
no_more(struct http *h, int fd, int e)
{
	struct pollfd waits = { .fd = fd, .events = POLLIN };

	if (e == EINTR || e == ECONNABORTED || e == EPROTO)
		return true;
	if (e != EMFILE && e != ENFILE && e != ENOBUFS && e != ENOMEM)
		return false;
	/* The kernel looks for a descriptor before it looks for a client. */
	if (poll(&waits, 1, 0) == 0)
		return false;
	h->now = loop_now(h->loop);
	if (h->now >= h->next_warn) {
		h->next_warn = h->now + WARN_GAP;
		log_msg(h->conf.log, LOG_LEVEL_WARN,
		    "http: cannot accept: %s open=%llu", strerror(e),
		    (unsigned long long)h->stats.open);
	}
	if (http_evict(h))
		return true;
	h->stats.refused++;
	listen_events(h, false);
	io_timer_set(&h->pause, h->now + PAUSE);
	return false;
}

static void
accept_cb(evutil_socket_t fd, short what SP_UNUSED, void *arg)
{
	struct http_listener *l = arg;
	struct http *h = l->http;
	struct sockaddr_storage ss;
	struct sp_addr peer;
	socklen_t len;
	int i, s;

	for (i = 0; i < BATCH; i++) {
		len = sizeof(ss);
		s = accept4((int)fd, (struct sockaddr *)&ss, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (s < 0) {
			if (no_more(h, (int)fd, errno))
				continue;
			return;
		}
		if (h->stats.open >= h->conf.max_conns && !http_evict(h)) {
			h->stats.refused++;
			close(s);
			continue;
		}
		peer = sock_to_addr((struct sockaddr *)&ss);
		hconn_new(h, s, &peer, l->tls);
		/* A handler may have closed the listeners: |l| is gone then. */
		if (h->draining)
			return;
	}
}

/* ---- listening ---- */

int
http_accept_init(struct http *h)
{
	return io_timer_init(&h->pause, h->loop, pause_over, h);
}

void
http_unlisten(struct http *h)
{
	struct http_listener *l;
	struct hconn *c;

	io_timer_cancel(&h->pause);
	while ((l = LIST_FIRST(&h->listeners)) != NULL) {
		LIST_REMOVE(l, entry);
		event_free(l->ev);
		close(l->fd);
		free(l);
	}
	h->draining = true;
	while ((c = TAILQ_FIRST(&h->wait[HC_IDLE])) != NULL)
		hconn_kill(c);
}

void
http_accept_fini(struct http *h)
{
	if (h->pause.ev != NULL)
		http_unlisten(h);
	io_timer_fini(&h->pause);
}

static int
take_fd(struct http *h, int fd, bool tls)
{
	struct http_listener *l = calloc(1, sizeof(*l));
	int one = 1;

	if (l == NULL) {
		close(fd);
		return SP_ERR_NOMEM;
	}
	l->http = h;
	l->fd = fd;
	l->tls = tls;
	l->ev = event_new(loop_base(h->loop), fd, EV_READ | EV_PERSIST,
	    accept_cb, l);
	if (l->ev == NULL || event_add(l->ev, NULL) < 0) {
		if (l->ev != NULL)
			event_free(l->ev);
		close(fd);
		free(l);
		return SP_ERR_NOMEM;
	}
	/* Clients speak first: who is accepted has something to say. */
	setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	LIST_INSERT_HEAD(&h->listeners, l, entry);
	return 0;
}

static int
listen_at(struct http *h, const struct sp_addr *addr, bool tls,
    struct sp_addr *bound)
{
	int fd, rc;

	if ((rc = sock_bind(&fd, SOCK_STREAM, addr)) < 0)
		return rc;
	if (bound != NULL)
		*bound = sock_local(fd);
	return take_fd(h, fd, tls);
}

int
http_listen(struct http *h, const struct sp_addr *addr, struct sp_addr *bound)
{
	return listen_at(h, addr, false, bound);
}

int
http_listen_tls(struct http *h, const struct sp_addr *addr,
    struct sp_addr *bound)
{
	return listen_at(h, addr, true, bound);
}
