#include "io/http.h"

#include <time.h>

#include "base/map.h"
#include "io/http_int.h"

#define HEADERS   (16 * 1024)
#define BODY      (64 * 1024)
#define TIMEOUT   (30 * SP_S)
#define CONNS     16384
#define HELD      ((size_t)64 << 20)
#define LINGER    (2 * SP_S)
#define BODY_RATE 4096 /* bytes a second, at least */
#define TX_MAX    ((size_t)8 << 20)

/* ---- time ---- */

void
http_clock(struct http *h)
{
	time_t s = (time_t)(io_wall_ms() / 1000);
	struct tm tm;

	h->now = loop_now(h->loop);
	if (!io_timer_is_set(&h->tick))
		io_timer_set(&h->tick, h->now + h->period);
	if (s == h->date_s)
		return;
	h->date_s = s;
	gmtime_r(&s, &tm);
	h->date_len = strftime(h->date, sizeof(h->date),
	    "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
}

static sp_time
patience(const struct http *h, enum hconn_wait w)
{
	if (w == HC_LINGER)
		return SP_MIN(LINGER, h->conf.timeout);
	if (w == HC_BODY)
		return h->conf.timeout +
		       (sp_time)(h->conf.max_body / BODY_RATE) * SP_S;
	return h->conf.timeout;
}

static void
expire(struct hconn *c)
{
	struct http *h = c->http;

	hconn_enter(c);
	h->stats.timeouts += c->wait != HC_LINGER;
	if ((c->wait == HC_HEAD && c->len > 0) || c->wait == HC_BODY) {
		http_refuse(c, 408);
		/* It had its time. */
		c->lingering = false;
		hconn_step(c);
	} else {
		hconn_kill(c);
	}
	hconn_leave(c);
}

static void
tick_cb(void *ctx, sp_time now SP_UNUSED)
{
	struct http *h = ctx;
	struct hconn *c;
	sp_time limit;
	int w;

	if (h->stats.open == 0)
		return;
	http_clock(h);
	for (w = 0; w < HC_WAITS; w++) {
		limit = h->now - patience(h, (enum hconn_wait)w);
		while (
		    (c = TAILQ_FIRST(&h->wait[w])) != NULL && c->since <= limit)
			expire(c);
	}
}

/* Calls made in there may ask for another round: those wait for it. */
static void
next_cb(void *ctx, sp_time now SP_UNUSED)
{
	struct http *h = ctx;
	struct hconn *c;
	size_t n = 0;

	TAILQ_FOREACH (c, &h->soon, by_soon)
		n++;
	while (n-- > 0 && (c = TAILQ_FIRST(&h->soon)) != NULL) {
		TAILQ_REMOVE(&h->soon, c, by_soon);
		c->soon = false;
		hconn_step(c);
	}
}

/* ---- life ---- */

static void
defaults(struct http_conf *k)
{
	if (k->methods == 0)
		k->methods = HTTP_M_GET | HTTP_M_HEAD;
	if (k->max_headers == 0)
		k->max_headers = HEADERS;
	if (k->max_uri == 0)
		k->max_uri = k->max_headers;
	if (k->max_body == 0)
		k->max_body = BODY;
	if (k->timeout == 0)
		k->timeout = TIMEOUT;
	if (k->max_conns == 0)
		k->max_conns = CONNS;
	if (k->max_held == 0)
		k->max_held = HELD;
}

static int
set_up(struct http *h)
{
	int rc;

	h->period = SP_CLAMP(h->conf.timeout / 8, 25 * SP_MS, 500 * SP_MS);
	rc = map_new(&h->hosts, io_mem(), sizeof(struct sp_addr),
	    sizeof(uint32_t), h->conf.max_conns + 1, io_random_u64());
	if (rc == 0)
		rc = io_timer_init(&h->tick, h->loop, tick_cb, h);
	if (rc == 0)
		rc = io_timer_init(&h->next, h->loop, next_cb, h);
	if (rc == 0)
		rc = http_accept_init(h);
	return rc;
}

int
http_new(struct http **out, struct loop *l, const struct http_conf *conf,
    http_handler handler, void *ctx)
{
	struct http *h;
	int rc, w;

	*out = NULL;
	if ((h = calloc(1, sizeof(*h))) == NULL)
		return SP_ERR_NOMEM;
	h->loop = l;
	h->handler = handler;
	h->ctx = ctx;
	if (conf != NULL)
		h->conf = *conf;
	defaults(&h->conf);
	LIST_INIT(&h->conns);
	LIST_INIT(&h->listeners);
	TAILQ_INIT(&h->soon);
	for (w = 0; w < HC_WAITS; w++)
		TAILQ_INIT(&h->wait[w]);
	buf_init(&h->line, io_mem(), 2 * h->conf.max_headers + 512);
	buf_init(&h->tx, io_mem(), TX_MAX);
	if ((rc = set_up(h)) < 0) {
		http_free(h);
		return rc;
	}
	*out = h;
	return 0;
}

void
http_free(struct http *h)
{
	struct hconn *c;

	if (h == NULL)
		return;
	http_accept_fini(h);
	while ((c = LIST_FIRST(&h->conns)) != NULL)
		hconn_kill(c);
	io_timer_fini(&h->tick);
	io_timer_fini(&h->next);
	http_tls_free(h);
	map_free(h->hosts);
	buf_fini(&h->line);
	buf_fini(&h->tx);
	free(h);
}

struct http_stats
http_stats(const struct http *h)
{
	return h->stats;
}

size_t
http_open(const struct http *h)
{
	const struct hconn *c;
	size_t n = 0;

	LIST_FOREACH (c, &h->conns, entry)
		n += c->req.open;
	return n;
}
