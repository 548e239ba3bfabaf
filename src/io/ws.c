#include "io/ws.h"

#include <sys/queue.h>

#include "io/wsframe.h"

#define OUT_KEEP 65536 /* bytes of the common buffer that stay */

/*
 * How a socket ends, in words:
 *
 *	OPEN     messages come and go
 *	CLOSING  we said Close; the client's is awaited, nothing else is read
 *	ENDING   both were said, or never will be: http_end in the next round
 *	CUT      broken or slow: http_cut in the next round
 *	DEAD     the client has left: only |gone| is due
 */
enum ws_state {
	WS_OPEN,
	WS_CLOSING,
	WS_ENDING,
	WS_CUT,
	WS_DEAD,
};

struct ws {
	struct ws_set *set;
	struct http_req *req;
	void *data;
	struct wsframe frame;
	uint32_t id;
	uint8_t state;
	bool partial;        /* in the middle of a message */
	sp_time pinged;      /* since it was heard; 0: not */
	sp_time heard;       /* last byte; in CLOSING: when we said Close */
	sp_time begun;       /* of the message */
	TAILQ_ENTRY(ws) by;  /* one list of |open|, |closing|, |ended| */
	TAILQ_ENTRY(ws) mid; /* |partial| */
};

TAILQ_HEAD(ws_list, ws);

struct ws_set {
	struct loop *loop;
	struct ws_conf conf;
	struct ws_calls calls;
	void *ctx;
	struct wsframe_lot *lot;
	struct ws **slots;
	uint32_t *free_ids;
	uint32_t n_slots, n_free;
	/* The first three in order of time: heard, heard, begun. */
	struct ws_list open, closing, partial, ended;
	struct io_timer tick, soon;
	struct sp_buf out; /* frames of one call */
	struct ws_stats stats;
};

/* ---- numbers ------------------------------------------------------------- */

static int
grow(struct ws_set *s)
{
	uint32_t n = s->n_slots == 0 ? 64 : 2 * s->n_slots;
	uint32_t *ids;
	struct ws **v;

	v = mem_resize(io_mem(), s->slots, n, sizeof(*v));
	if (v == NULL)
		return SP_ERR_NOMEM;
	s->slots = v;
	ids = mem_resize(io_mem(), s->free_ids, n, sizeof(*ids));
	if (ids == NULL)
		return SP_ERR_NOMEM;
	s->free_ids = ids;
	for (uint32_t i = n; i-- > s->n_slots;) {
		v[i] = NULL;
		ids[s->n_free++] = i;
	}
	s->n_slots = n;
	return 0;
}

static struct ws *
ws_alloc(struct ws_set *s)
{
	struct ws *w;

	if (s->stats.open >= s->conf.max || (s->n_free == 0 && grow(s) < 0))
		return NULL;
	w = mem_zalloc(io_mem(), 1, sizeof(*w));
	if (w == NULL)
		return NULL;
	w->set = s;
	w->id = s->free_ids[--s->n_free];
	s->slots[w->id] = w;
	wsframe_init(&w->frame, s->lot);
	s->stats.open++;
	return w;
}

static void
ws_release(struct ws *w)
{
	struct ws_set *s = w->set;

	wsframe_fini(&w->frame);
	s->slots[w->id] = NULL;
	s->free_ids[s->n_free++] = w->id;
	s->stats.open--;
	mem_free(io_mem(), w);
}

uint32_t
ws_id(const struct ws *w)
{
	return w->id;
}

struct ws *
ws_get(const struct ws_set *s, uint32_t id)
{
	return id < s->n_slots ? s->slots[id] : NULL;
}

void *
ws_data(const struct ws *w)
{
	return w->data;
}

struct sp_addr
ws_from(const struct ws *w)
{
	return http_req_from(w->req);
}

struct ws_stats
ws_stats(const struct ws_set *s)
{
	return s->stats;
}

/* ---- ending -------------------------------------------------------------- */

static void
set_partial(struct ws *w, bool partial)
{
	struct ws_set *s = w->set;

	if (w->partial == partial)
		return;
	w->partial = partial;
	if (partial) {
		w->begun = w->heard;
		TAILQ_INSERT_TAIL(&s->partial, w, mid);
	} else {
		TAILQ_REMOVE(&s->partial, w, mid);
	}
}

/* From now on |state| only grows; the rest is done by the loop. */
static void
end(struct ws *w, enum ws_state state)
{
	struct ws_set *s = w->set;

	if (w->state >= state)
		return;
	if (w->state < WS_ENDING) {
		set_partial(w, false);
		if (w->state == WS_OPEN)
			TAILQ_REMOVE(&s->open, w, by);
		else
			TAILQ_REMOVE(&s->closing, w, by);
		TAILQ_INSERT_TAIL(&s->ended, w, by);
		io_timer_set(&s->soon, 0);
	}
	w->state = (uint8_t)state;
}

/* Sends what stands in |out|. */
static void
flush(struct ws *w)
{
	struct ws_set *s = w->set;
	int r = s->out.err;

	if (w->state <= WS_CLOSING && s->out.len > 0) {
		s->stats.bytes_out += s->out.len;
		if (r == 0)
			r = http_write(w->req, s->out.p, s->out.len);
		if (r == 0 && http_backlog(w->req) > s->conf.max_backlog) {
			s->stats.slow++;
			r = SP_ERR_FULL;
		}
	}
	if (r < 0)
		end(w, WS_CUT);
	buf_reset(&s->out);
	if (s->out.cap > OUT_KEEP) {
		buf_fini(&s->out);
		buf_init(&s->out, io_mem(), 2 * s->conf.max_message + 1024);
	}
}

static void
bury(void *ctx, sp_time now)
{
	struct ws_set *s = ctx;
	struct ws *w;

	(void)now;
	while ((w = TAILQ_FIRST(&s->ended)) != NULL) {
		TAILQ_REMOVE(&s->ended, w, by);
		if (w->state == WS_CUT)
			http_cut(w->req);
		else if (w->state == WS_ENDING)
			http_end(w->req);
		w->state = WS_DEAD;
		s->calls.gone(s->ctx, w);
		ws_release(w);
	}
}

/* The client's end is closed: |req| is freed when this returns. */
static void
left(void *ctx, struct http_req *r)
{
	(void)r;
	end(ctx, WS_DEAD);
}

/* ---- reading ------------------------------------------------------------- */

/* The socket was heard: it is the last to be looked at again. */
static void
heard(struct ws *w)
{
	struct ws_set *s = w->set;

	w->heard = loop_now(s->loop);
	w->pinged = 0;
	TAILQ_REMOVE(&s->open, w, by);
	TAILQ_INSERT_TAIL(&s->open, w, by);
}

static void
stop_reading(struct ws *w, int r)
{
	struct ws_set *s = w->set;

	if (r == SP_ERR_CLOSED && w->frame.code != WSFRAME_NORMAL &&
	    w->frame.code != WSFRAME_AWAY && w->frame.code != WSFRAME_NO_STATUS)
		s->stats.broken++;
	flush(w);
	end(w, r == SP_ERR_CLOSED ? WS_ENDING : WS_CUT);
}

static void
data(void *ctx, struct http_req *req, const uint8_t *p, size_t len)
{
	struct ws *w = ctx;
	struct ws_set *s = w->set;
	struct wsframe_msg m;
	int r;

	(void)req;
	s->stats.bytes_in += len;
	if (w->state >= WS_ENDING)
		return;
	if (w->state == WS_OPEN)
		heard(w);
	while ((r = wsframe_recv(&w->frame, &p, &len, &m, &s->out)) > 0) {
		flush(w);
		if (w->state >= WS_ENDING)
			return;
		if (w->state == WS_CLOSING || m.kind == WSFRAME_PONG)
			continue;
		s->stats.messages_in++;
		s->calls.message(s->ctx, w, m.kind == WSFRAME_TEXT, m.p, m.len);
	}
	if (r < 0) {
		stop_reading(w, r);
		return;
	}
	flush(w);
	if (w->state < WS_ENDING)
		set_partial(w, w->frame.rx != NULL);
}

/* ---- writing ------------------------------------------------------------- */

int
ws_send(struct ws *w, const void *p, size_t len)
{
	struct ws_set *s = w->set;

	if (w->state != WS_OPEN)
		return SP_ERR_CLOSED;
	s->stats.messages_out++;
	wsframe_send(&w->frame, WSFRAME_TEXT, p, len, &s->out);
	flush(w);
	return 0;
}

void
ws_close(struct ws *w, unsigned code)
{
	struct ws_set *s = w->set;

	if (w->state != WS_OPEN)
		return;
	wsframe_close(&w->frame, (enum wsframe_code)code, &s->out);
	flush(w);
	if (w->state != WS_OPEN)
		return;
	w->state = WS_CLOSING;
	w->heard = loop_now(s->loop);
	TAILQ_REMOVE(&s->open, w, by);
	TAILQ_INSERT_TAIL(&s->closing, w, by);
}

void
ws_leave(struct ws_set *s, size_t n)
{
	struct ws *w;

	for (; n > 0 && (w = TAILQ_FIRST(&s->open)) != NULL; n--)
		ws_close(w, WSFRAME_AWAY);
}

/* ---- the handshake ------------------------------------------------------- */

static struct ws *
admit(struct ws_set *s, struct http_req *r)
{
	struct sp_addr from = http_req_from(r);
	struct ws *w = ws_alloc(s);

	if (w == NULL)
		return NULL;
	w->data = s->calls.open(s->ctx, w, w->id, &from);
	if (w->data == NULL) {
		ws_release(w);
		return NULL;
	}
	return w;
}

void
ws_take(struct ws_set *s, struct http_req *r)
{
	const char *version = http_req_header(r, "Sec-WebSocket-Version");
	char accept[WSFRAME_ACCEPT];
	struct ws *w;

	if (version == NULL || strcmp(version, "13") != 0) {
		http_header(r, "Sec-WebSocket-Version", "13");
		http_reply_text(r, 426, "WebSocket version 13 only");
		return;
	}
	if (wsframe_accept(http_req_header(r, "Sec-WebSocket-Key"), accept) <
	    0) {
		http_reply_text(r, 400, "no Sec-WebSocket-Key");
		return;
	}
	w = admit(s, r);
	if (w == NULL) {
		s->stats.refused++;
		http_reply_text(r, 503, "too many sockets");
		return;
	}
	s->stats.opened++;
	w->req = r;
	TAILQ_INSERT_TAIL(&s->open, w, by);
	heard(w);
	http_on_gone(r, left, w);
	http_header(r, "Sec-WebSocket-Accept", accept);
	http_upgrade(r, "websocket", data, w);
}

/* ---- time ---------------------------------------------------------------- */

static void
cut_late(struct ws_set *s, struct ws *w)
{
	s->stats.timeouts++;
	end(w, WS_CUT);
}

/*
 * Silent for |ping|: asked; and for |timeout| after that: cut. Who was not
 * asked in time, because we stood still, is not cut for it.
 */
static void
look_at_open(struct ws_set *s, sp_time now)
{
	struct ws *w, *next;

	for (w = TAILQ_FIRST(&s->open);
	     w != NULL && now - w->heard >= s->conf.ping; w = next) {
		next = TAILQ_NEXT(w, by);
		if (w->pinged == 0) {
			w->pinged = now;
			wsframe_send(&w->frame, WSFRAME_PING, NULL, 0, &s->out);
			flush(w);
		} else if (now - w->pinged >= s->conf.timeout) {
			cut_late(s, w);
		}
	}
}

static void
set_tick(struct ws_set *s, sp_time now)
{
	io_timer_set(&s->tick, now + SP_MIN(s->conf.timeout, s->conf.ping) / 4);
}

static void
tick(void *ctx, sp_time now)
{
	struct ws_set *s = ctx;
	struct ws *w;

	look_at_open(s, now);
	while ((w = TAILQ_FIRST(&s->closing)) != NULL &&
	       now - w->heard >= s->conf.timeout)
		cut_late(s, w);
	while ((w = TAILQ_FIRST(&s->partial)) != NULL &&
	       now - w->begun >= s->conf.timeout)
		cut_late(s, w);
	set_tick(s, now);
}

/* ---- life ---------------------------------------------------------------- */

int
ws_new(struct ws_set **out, struct loop *l, const struct ws_conf *conf,
    const struct ws_calls *calls, void *ctx)
{
	struct ws_set *s = mem_zalloc(io_mem(), 1, sizeof(*s));
	int r;

	*out = NULL;
	if (s == NULL)
		return SP_ERR_NOMEM;
	s->loop = l;
	s->conf = *conf;
	s->calls = *calls;
	s->ctx = ctx;
	TAILQ_INIT(&s->open);
	TAILQ_INIT(&s->closing);
	TAILQ_INIT(&s->partial);
	TAILQ_INIT(&s->ended);
	buf_init(&s->out, io_mem(), 2 * conf->max_message + 1024);
	r = wsframe_lot_new(&s->lot, io_mem(), conf->max_message,
	    conf->max_partial);
	if (r == 0)
		r = io_timer_init(&s->tick, l, tick, s);
	if (r == 0)
		r = io_timer_init(&s->soon, l, bury, s);
	if (r < 0) {
		ws_free(s);
		return r;
	}
	set_tick(s, loop_now(l));
	*out = s;
	return 0;
}

void
ws_free(struct ws_set *s)
{
	if (s == NULL)
		return;
	/* The HTTP server is gone, so all of its sockets have ended. */
	assert(TAILQ_EMPTY(&s->open) && TAILQ_EMPTY(&s->closing) &&
	       "the HTTP server is freed first");
	bury(s, 0);
	io_timer_fini(&s->tick);
	io_timer_fini(&s->soon);
	wsframe_lot_free(s->lot);
	buf_fini(&s->out);
	mem_free(io_mem(), s->slots);
	mem_free(io_mem(), s->free_ids);
	mem_free(io_mem(), s);
}
