#include "io/http_int.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/http_proxy.h"

void
hconn_enter(struct hconn *c)
{
	c->frames++;
}

bool
hconn_leave(struct hconn *c)
{
	if (--c->frames > 0 || !c->dead)
		return !c->dead;
	buf_fini(&c->in);
	buf_fini(&c->head);
	buf_fini(&c->out);
	free(c);
	return false;
}

void
hconn_wait(struct hconn *c, enum hconn_wait w)
{
	struct http *h = c->http;

	/* What trickles in does not make a header young. */
	if (w == c->wait && w != HC_IDLE)
		return;
	if (c->wait != HC_NONE)
		TAILQ_REMOVE(&h->wait[c->wait], c, by_wait);
	c->wait = w;
	c->since = h->now;
	if (w != HC_NONE)
		TAILQ_INSERT_TAIL(&h->wait[w], c, by_wait);
}

void
hconn_soon(struct hconn *c)
{
	struct http *h = c->http;

	if (c->soon || c->dead)
		return;
	c->soon = true;
	TAILQ_INSERT_TAIL(&h->soon, c, by_soon);
	io_timer_set(&h->next, 0);
}

void
hconn_kill(struct hconn *c)
{
	struct http *h = c->http;
	struct http_req *r = &c->req;

	if (c->dead)
		return;
	hconn_enter(c);
	c->dead = true;
	hconn_wait(c, HC_NONE);
	if (c->soon)
		TAILQ_REMOVE(&h->soon, c, by_soon);
	LIST_REMOVE(c, entry);
	http_host_del(h, c);
	h->held -= c->held;
	c->held = 0;
	h->stats.open--;
	c->wire->close(c);
	if (r->open) {
		r->gone = true;
		if (r->gone_cb != NULL)
			r->gone_cb(r->gone_ctx, r);
		r->open = false;
	}
	hconn_leave(c);
}

void
hconn_parse_next(struct hconn *c)
{
	const struct http_conf *k = &c->http->conf;

	hparse_init(&c->parse, (uint32_t)k->max_headers, (uint32_t)k->max_uri,
	    (uint32_t)k->max_body);
}

void
hconn_new(struct http *h, int fd, const struct sp_addr *peer, bool tls)
{
	struct hconn *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		close(fd);
		return;
	}
	c->http = h;
	c->wire = &hwire_plain;
	c->fd = fd;
	c->peer = c->client = *peer;
	c->wait = HC_NONE;
	c->req.c = c;
	c->tls = tls;
	c->proxied = http_net_has(h->conf.proxies, h->conf.nproxies, peer);
	buf_init(&c->in, io_mem(),
	    h->conf.max_headers + h->conf.max_body + HTTP_PIPE + 2 * HTTP_RX);
	buf_init(&c->head, io_mem(), h->conf.max_headers);
	buf_init(&c->out, io_mem(), HTTP_BACKLOG_MAX + HTTP_RX);
	hconn_parse_next(c);
	LIST_INSERT_HEAD(&h->conns, c, entry);
	if (h->stats.open++ == 0)
		http_clock(h);
	h->stats.accepted++;
	hconn_enter(c);
	hconn_wait(c, HC_HEAD);
	/* Often the request is here, and so will be its end. */
	if (http_host_add(h, c))
		hconn_readable(c);
	else
		hconn_kill(c);
	hconn_leave(c);
}

/* ---- what comes before the first request ---- */

/*
 * A proxy may say whom it speaks for. Its words are looked at before they
 * are taken, so that none of what follows them, which may be TLS, is lost.
 */
static int
read_proxy(struct hconn *c)
{
	struct http *h = c->http;
	size_t had = c->in.len;
	struct sp_addr client;
	ssize_t n;
	int rc;

	n = recv(c->fd, h->rx, PROXY_MAX - had, MSG_PEEK);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? SP_ERR_AGAIN
							 : SP_ERR_CLOSED;
	buf_put(&c->in, h->rx, (size_t)n);
	if (n == 0 || c->in.err != 0)
		return SP_ERR_CLOSED;
	rc = proxy_parse(c->in.p, c->in.len, &client);
	if (rc == SP_ERR_NOTFOUND && (had == 0 || !c->tls)) {
		/* "P" came alone, of "PUT": those bytes are a request's. */
		c->in.len = had;
		c->base = c->in.p;
		c->len = had;
		return 0;
	}
	if (rc < 0 && rc != SP_ERR_SHORT)
		return rc;
	/* All of it is a part of the header, or the rest of it is. */
	n = rc < 0 ? n : rc - (ssize_t)had;
	if (recv(c->fd, h->rx, (size_t)n, 0) != n)
		return SP_ERR_CLOSED;
	if (rc < 0)
		return SP_ERR_AGAIN;
	buf_fini(&c->in);
	if (client.family == 0)
		return 0;
	c->client = client;
	c->proxied = false;
	return http_host_add(h, c) ? 0 : SP_ERR_FULL;
}

int
hconn_open(struct hconn *c)
{
	int rc = 0;

	if (c->proxied)
		rc = read_proxy(c);
	if (rc == 0 && c->tls)
		rc = hconn_tls(c);
	if (rc == 0)
		c->opened = true;
	return rc;
}
