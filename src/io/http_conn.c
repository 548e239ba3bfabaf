#include "io/http_int.h"

#include <sys/uio.h>

#include "io/http_proxy.h"

#define ROUNDS     4 /* reads before others have their turn */
#define LINGER_MAX ((size_t)1 << 20)
/* Fields of proxies that are looked at, the last ones. */
#define FORWARDED 16u

static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

/* ---- requests ---- */

/* The bytes of what was answered are done with. */
static void
advance(struct hconn *c)
{
	size_t n = c->parse.at;

	if (!c->corked) {
		buf_consume(&c->in, n);
		c->base = c->in.p;
		c->len = c->in.len;
	} else {
		c->base += n;
		c->len -= n;
	}
	hconn_parse_next(c);
}

void
hconn_done(struct hconn *c)
{
	struct http_req *r = &c->req;

	r->open = false;
	buf_reset(&c->head);
	if (!c->parse.keep || r->data_cb != NULL)
		c->ending = true;
	advance(c);
	/* What comes next is not begun inside of a call of the host. */
	if (!c->corked)
		hconn_soon(c);
}

/* Refuses what no handler should see. */
static bool
screen(struct hconn *c, struct http_req *r)
{
	const struct http_conf *k = &c->http->conf;

	if (k->check_host &&
	    !http_host_ok(http_req_header(r, "Host"), k->hosts, k->nhosts)) {
		http_reply_text(r, 403, "this Host is not served here");
		return false;
	}
	if ((k->methods & r->method) == 0) {
		http_reply_method(r, k->methods);
		return false;
	}
	return true;
}

/* Each proxy may have added a field of its own: the last is the nearest's. */
static struct sp_addr
client_of(const struct hconn *c)
{
	const struct http_conf *k = &c->http->conf;
	struct sp_addr at = c->client;
	const char *v, *lists[FORWARDED];
	unsigned n = 0, i;
	uint32_t from = 0;

	if (!http_net_has(k->proxies, k->nproxies, &at))
		return at;
	while ((v = hparse_each(&c->parse, c->base, "X-Forwarded-For",
		    &from)) != NULL)
		lists[n++ % FORWARDED] = v;
	for (i = SP_MIN(n, FORWARDED); i > 0; i--)
		if (!proxy_forwarded(&at, lists[--n % FORWARDED], k->proxies,
			k->nproxies))
			break;
	return at;
}

static void
serve(struct hconn *c)
{
	struct http *h = c->http;
	struct http_req *r = &c->req;

	hconn_wait(c, HC_NONE);
	memset(r, 0, sizeof(*r));
	r->c = c;
	r->method = http_method_of(hparse_method(&c->parse));
	if (r->method == 0) {
		http_refuse(c, 501);
		return;
	}
	r->open = true;
	r->from = client_of(c);
	if (!screen(c, r))
		return;
	h->stats.requests++;
	h->handler(h->ctx, r);
}

/* False: there is none, or none that is whole. */
static bool
next_request(struct hconn *c)
{
	struct iovec v = { (void *)(uintptr_t)go_on, sizeof(go_on) - 1 };

	switch (hparse_run(&c->parse, c->base, &c->len)) {
	case HPARSE_DONE:
		c->parse.keep &= !c->http->draining;
		serve(c);
		return true;
	case HPARSE_BAD:
		c->http->stats.bad++;
		http_refuse(c, c->parse.status);
		return false;
	case HPARSE_MORE:
		if (c->parse.expect) {
			c->parse.expect = false;
			hconn_send(c, &v, 1);
		}
		return false;
	}
	return false;
}

/* ---- bytes ---- */

static bool
is_upgraded(const struct hconn *c)
{
	return c->req.open && c->req.data_cb != NULL;
}

/* Keeps what is left of the bytes for the next callback. */
static void
keep_rest(struct hconn *c)
{
	size_t done;

	if (c->in.len == 0) {
		buf_put(&c->in, c->base, c->len);
	} else {
		done = (size_t)(c->base - c->in.p);
		c->in.len = done + c->len;
		buf_consume(&c->in, done);
	}
	if (c->in.len == 0)
		buf_fini(&c->in);
	c->base = c->in.p;
	c->len = c->in.len;
	if (c->in.err != 0)
		hconn_kill(c);
}

/* Bytes that came with the request for an upgrade, and those behind it. */
static void
give(struct hconn *c, const uint8_t *p, size_t len)
{
	struct http_req *r = &c->req;

	if (len > 0 && is_upgraded(c))
		r->data_cb(r->data_ctx, r, p, len);
}

static void
give_rest(struct hconn *c)
{
	struct sp_buf rest = c->in;
	size_t at = c->parse.at;

	if (!is_upgraded(c) || c->in.len == 0 || c->dead || c->paused)
		return;
	/* The callback may end the request: the bytes are out of its way. */
	buf_init(&c->in, io_mem(), rest.max);
	c->base = c->http->rx + HTTP_RX;
	c->len = 0;
	hconn_parse_next(c);
	give(c, rest.p + at, rest.len - at);
	buf_fini(&rest);
}

static bool
is_blocked(const struct hconn *c)
{
	return c->req.open || c->ending || hconn_backlog(c) >= HTTP_PIPE;
}

/* Answers all that is here. */
static void
process(struct hconn *c)
{
	c->corked = true;
	while (!c->dead && !c->broken && c->len > 0 && !is_blocked(c))
		if (!next_request(c))
			break;
	hconn_flush(c);
	c->corked = false;
	if (c->dead)
		return;
	if (c->ending)
		c->len = 0;
	keep_rest(c);
	give_rest(c);
}

/* Is more to be read? */
static bool
has_room(const struct hconn *c)
{
	return !c->eof && !c->paused && !(c->len >= HTTP_PIPE && is_blocked(c));
}

static enum hconn_wait
awaited(const struct hconn *c)
{
	if (hconn_backlog(c) > 0)
		return HC_WRITE;
	if (c->lingering)
		return HC_LINGER;
	if (c->req.open)
		return HC_NONE;
	/* A new connection owes a header from the beginning. */
	if (c->len == 0)
		return c->wait == HC_HEAD ? HC_HEAD : HC_IDLE;
	return c->parse.stage == HPARSE_HEAD ? HC_HEAD : HC_BODY;
}

/* What it waits for now. */
static void
settle(struct hconn *c)
{
	enum hconn_wait w;

	/* Who sends no more: what is left of a request is none. */
	if (c->eof && !is_blocked(c))
		c->ending = true;
	w = awaited(c);
	if (c->broken || (c->eof && c->req.open) ||
	    (c->ending && w != HC_WRITE && !c->req.open &&
		(!c->lingering || c->eof))) {
		hconn_kill(c);
		return;
	}
	if (w == HC_LINGER && c->wait != HC_LINGER)
		c->wire->shut(c);
	hconn_wait(c, w);
	hconn_want_read(c, has_room(c));
	if (c->in.cap != c->held)
		http_hold(c->http, c);
}

void
hconn_step(struct hconn *c)
{
	hconn_enter(c);
	if (!c->dead && !c->broken && c->len > 0 && !is_blocked(c))
		process(c);
	else if (!c->dead)
		give_rest(c);
	if (!c->dead)
		settle(c);
	hconn_leave(c);
}

static void
take(struct hconn *c, size_t n)
{
	struct http *h = c->http;

	if (c->lingering || c->ending) {
		c->lingered += n;
		if (c->lingered > LINGER_MAX)
			hconn_kill(c);
		return;
	}
	if (is_upgraded(c)) {
		if (c->in.len == 0) {
			give(c, h->rx, n);
			return;
		}
		/* What came before it was upgraded goes first. */
		buf_put(&c->in, h->rx, n);
		if (c->in.err != 0)
			hconn_kill(c);
		give_rest(c);
		return;
	}
	if (c->in.len > 0) {
		buf_put(&c->in, h->rx, n);
		c->base = c->in.p;
		c->len = c->in.len;
		if (c->in.err != 0) {
			hconn_kill(c);
			return;
		}
	} else {
		c->base = h->rx;
		c->len = n;
	}
	if (is_blocked(c))
		keep_rest(c);
	else
		process(c);
}

void
hconn_readable(struct hconn *c)
{
	struct http *h = c->http;
	int i, n;

	hconn_enter(c);
	for (i = 0; i < ROUNDS && !c->dead && has_room(c); i++) {
		if (!c->opened) {
			n = hconn_open(c);
			if (n == SP_ERR_AGAIN)
				break;
			if (n < 0) {
				hconn_kill(c);
				break;
			}
		}
		n = c->wire->read(c, h->rx, HTTP_RX);
		if (n == SP_ERR_AGAIN)
			break;
		if (n < 0)
			hconn_kill(c);
		else if (n == 0)
			c->eof = true;
		else
			take(c, (size_t)n);
		if (n < HTTP_RX)
			break;
	}
	if (!c->dead)
		settle(c);
	hconn_leave(c);
}
