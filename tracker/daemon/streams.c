#include "tracker/daemon/streams.h"

#include <sys/queue.h>

#include "base/heap.h"
#include "base/map.h"
#include "tracker/daemon/parts.h"
#include "tracker/reply.h"

#define POLL_BYTES (LIM_TRACKER_REPLY - 3 * LIM_FEED_FRAME)
#define BINARY     "application/octet-stream"

struct stream {
	struct streams *all;
	struct http_req *req;
	struct stream_chan *chan;
	struct tw_stream ask; /* its since moves along */
	bool counted;         /* as a sign of life */
	bool poll;
	struct heap_node over; /* of a poll */
	struct sp_addr from;
	uint64_t roster; /* version that it has */
	uint64_t turn;   /* of the channel, the last one that it was fed in */
	sp_time written; /* last time */
	sp_time drained; /* last time that nothing waited, or since open */
	TAILQ_ENTRY(stream) by_time; /* not of polls */
	TAILQ_ENTRY(stream) by_chan;
};

struct stream_chan {
	uint8_t info_hash[LINK_INFOHASH_LEN];
	TAILQ_HEAD(, stream) streams; /* fed longest ago first */
	struct parts parts;
	uint64_t turn; /* times that there was news */
	bool due;      /* not all have it */
	TAILQ_ENTRY(stream_chan) by_due;
};

struct streams {
	struct track *track;
	struct locks *locks;
	struct map *chans;            /* info-hash -> struct stream_chan * */
	TAILQ_HEAD(, stream) by_time; /* written longest ago first */
	TAILQ_HEAD(, stream_chan) due;
	struct heap polls;
	struct io_timer soon;
	struct sp_buf buf;
	size_t max;
	struct streams_stats stats;
};

static void soon_cb(void *ctx, sp_time now);

int
streams_new(struct streams **out, struct loop *l, struct track *t,
    struct locks *locks, size_t max, uint64_t seed)
{
	struct streams *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (s == NULL)
		return SP_ERR_NOMEM;
	if (map_new(&s->chans, io_mem(), LINK_INFOHASH_LEN,
		sizeof(struct stream_chan *), SP_MAX(max, (size_t)1),
		seed) < 0 ||
	    io_timer_init(&s->soon, l, soon_cb, s) < 0) {
		map_free(s->chans);
		free(s);
		return SP_ERR_NOMEM;
	}
	s->track = t;
	s->locks = locks;
	s->max = max;
	TAILQ_INIT(&s->by_time);
	TAILQ_INIT(&s->due);
	heap_init(&s->polls, io_mem());
	buf_init(&s->buf, io_mem(), LIM_TRACKER_REPLY);
	*out = s;
	return 0;
}

void
streams_free(struct streams *s)
{
	if (s == NULL)
		return;
	assert(s->stats.open == 0 && "the server has gone before");
	io_timer_fini(&s->soon);
	heap_fini(&s->polls);
	map_free(s->chans);
	buf_fini(&s->buf);
	free(s);
}

struct streams_stats
streams_stats(const struct streams *s)
{
	return s->stats;
}

/* The channel's list of streams, made if it is not there. */
static struct stream_chan *
chan_get(struct streams *s, const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	struct stream_chan **v = map_put(s->chans, info_hash, NULL, NULL);

	if (v == NULL)
		return NULL;
	if (*v == NULL) {
		*v = calloc(1, sizeof(**v));
		if (*v == NULL) {
			map_del(s->chans, info_hash);
			return NULL;
		}
		memcpy((*v)->info_hash, info_hash, LINK_INFOHASH_LEN);
		TAILQ_INIT(&(*v)->streams);
	}
	return *v;
}

static void
chan_put(struct streams *s, struct stream_chan *c)
{
	if (!TAILQ_EMPTY(&c->streams))
		return;
	if (c->due)
		TAILQ_REMOVE(&s->due, c, by_due);
	map_del(s->chans, c->info_hash);
	parts_fini(&c->parts);
	free(c);
}

static void
stream_free(struct stream *st, sp_time now)
{
	struct streams *s = st->all;
	struct stream_chan *c = st->chan;

	if (st->counted)
		track_stream_close(s->track, c->info_hash, &st->ask, &st->from,
		    now);
	if (st->poll)
		heap_del(&s->polls, &st->over);
	else
		TAILQ_REMOVE(&s->by_time, st, by_time);
	TAILQ_REMOVE(&c->streams, st, by_chan);
	chan_put(s, c);
	s->stats.open--;
	free(st);
}

static void
stream_gone(void *ctx, struct http_req *r)
{
	struct stream *st = ctx;
	struct locks *locks = st->all->locks;

	locks_take_track(locks);
	stream_free(st, loop_now(http_req_loop(r)));
	locks_give_track(locks);
}

static void
stream_end(struct stream *st, bool cut)
{
	struct http_req *r = st->req;

	stream_free(st, loop_now(http_req_loop(r)));
	if (cut)
		http_cut(r);
	else
		http_end(r);
}

/* ---- writing ------------------------------------------------------------- */

/* Bytes go out. */
static void
stream_mark(struct stream *st, size_t len, sp_time now)
{
	struct streams *s = st->all;

	if (http_backlog(st->req) == 0)
		st->drained = now;
	s->stats.bytes_out += len;
	st->written = now;
	TAILQ_REMOVE(&s->by_time, st, by_time);
	TAILQ_INSERT_TAIL(&s->by_time, st, by_time);
}

/* Sends what is in the buffer. */
static int
stream_write(struct stream *st, sp_time now)
{
	struct sp_buf *b = &st->all->buf;

	stream_mark(st, b->len, now);
	return http_write(st->req, b->p, b->len);
}

/* What is new: 1, it was written; 0: nothing; or an error. */
static int
stream_feed(struct stream *st, sp_time now)
{
	struct stream_chan *c = st->chan;
	struct streams *s = st->all;
	struct http_blob *blob;
	int n;

	n = parts_get(&c->parts, s->track, c->info_hash, &st->ask.since,
	    STREAMS_PART, &s->buf, &blob);
	if (n > 0) {
		stream_mark(st, (size_t)n, now);
		n = http_write_shared(st->req, blob);
		return n < 0 ? n : 1;
	}
	buf_reset(&s->buf);
	if (n == 0)
		n = track_roster(s->track, c->info_hash, &st->from, &st->roster,
		    &s->buf);
	if (n == 0 && st->counted)
		n = track_places(s->track, c->info_hash, &st->ask, &st->from,
		    &s->buf);
	if (n > 0 && (n = stream_write(st, now)) == 0)
		n = 1;
	return n;
}

/* Feeds the stream while it drains. False: it is gone. */
static bool
stream_pump(struct stream *st, sp_time now)
{
	int n = 1;

	while (n > 0 && http_backlog(st->req) < STREAMS_AHEAD) {
		n = stream_feed(st, now);
		if (n < 0) {
			stream_end(st, n != SP_ERR_NOTFOUND);
			return false;
		}
	}
	return true;
}

static void
stream_drained(void *ctx, struct http_req *r)
{
	struct stream *st = ctx;
	struct locks *locks = st->all->locks;

	locks_take_track(locks);
	st->drained = loop_now(http_req_loop(r));
	stream_pump(st, st->drained);
	locks_give_track(locks);
}

/* ---- opening ------------------------------------------------------------- */

static struct stream *
stream_new(struct streams *s, struct http_req *r,
    const uint8_t info_hash[LINK_INFOHASH_LEN], sp_time now)
{
	struct stream *st = NULL;
	struct stream_chan *c;

	if (s->stats.open < s->max)
		st = calloc(1, sizeof(*st));
	c = st == NULL ? NULL : chan_get(s, info_hash);
	if (c == NULL) {
		s->stats.refused++;
		http_header(r, "Retry-After", "10");
		http_reply_text(r, 503, "too many streams");
		free(st);
		return NULL;
	}
	st->all = s;
	st->req = r;
	st->from = http_req_from(r);
	st->chan = c;
	st->turn = c->turn;
	st->written = st->drained = now;
	TAILQ_INSERT_TAIL(&c->streams, st, by_chan);
	TAILQ_INSERT_TAIL(&s->by_time, st, by_time);
	s->stats.open++;
	return st;
}

void
streams_open(struct streams *s, struct http_req *r,
    const uint8_t info_hash[LINK_INFOHASH_LEN], const struct tw_stream *ask,
    sp_time now)
{
	struct stream *st;

	buf_reset(&s->buf);
	if (track_hello(s->track, info_hash, io_wall_ms(), &s->buf) < 0) {
		http_reply_text(r, 404, "no such channel");
		return;
	}
	if (http_req_method(r) == HTTP_M_HEAD) {
		http_start(r, 200, BINARY, -1);
		http_end(r);
		return;
	}
	st = stream_new(s, r, info_hash, now);
	if (st == NULL)
		return;
	st->ask = *ask;
	st->counted =
	    track_stream_open(s->track, info_hash, ask, &st->from, now) == 0;
	http_give_up(r, STREAMS_SILENT);
	/* Behind HELLO: who is on duty for what comes next. */
	track_roster(s->track, info_hash, &st->from, &st->roster, &s->buf);
	http_on_gone(r, stream_gone, st);
	http_on_drained(r, stream_drained, st);
	http_start(r, 200, BINARY, -1);
	if (stream_write(st, now) < 0)
		stream_end(st, true);
	else
		stream_pump(st, now);
}

/* ---- polls --------------------------------------------------------------- */

/* The window behind |*since| into the buffer: the number of frames. */
static int
poll_look(struct streams *s, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const struct tw_since *since)
{
	struct tw_since pos = *since;
	int n;

	buf_reset(&s->buf);
	n = track_hello(s->track, info_hash, io_wall_ms(), &s->buf);
	if (n == 0)
		n = track_feed(s->track, info_hash, &pos, POLL_BYTES, &s->buf);
	return n;
}

static void
poll_reply(struct streams *s, struct http_req *r, int n)
{
	if (n == SP_ERR_NOTFOUND) {
		http_reply_text(r, 404, "no such channel");
	} else if (n < 0) {
		http_reply_text(r, 503, sp_strerror(n));
	} else {
		s->stats.bytes_out += s->buf.len;
		http_header(r, "Cache-Control", "no-store");
		http_reply(r, 200, BINARY, s->buf.p, s->buf.len);
	}
}

/* Answers if there is something to say. */
static void
poll_pump(struct stream *st, sp_time now)
{
	struct http_req *r = st->req;
	struct streams *s = st->all;
	int n = poll_look(s, st->chan->info_hash, &st->ask.since);

	if (n == 0 && st->over.at > now)
		return;
	stream_free(st, now);
	poll_reply(s, r, n);
}

void
streams_poll(struct streams *s, struct http_req *r,
    const uint8_t info_hash[LINK_INFOHASH_LEN], const struct tw_stream *ask,
    sp_time now)
{
	int n = poll_look(s, info_hash, &ask->since);
	struct stream *st;

	if (n != 0 || ask->wait_s == 0 || http_req_method(r) == HTTP_M_HEAD) {
		poll_reply(s, r, n);
		return;
	}
	st = stream_new(s, r, info_hash, now);
	if (st == NULL)
		return;
	st->ask = *ask;
	st->poll = true;
	TAILQ_REMOVE(&s->by_time, st, by_time);
	http_give_up(r, STREAMS_SILENT);
	http_on_gone(r, stream_gone, st);
	/* Without memory it is answered at once. */
	if (heap_set(&s->polls, &st->over, now + ask->wait_s * SP_S) < 0)
		poll_pump(st, now);
}

/* ---- news and time ------------------------------------------------------- */

void
streams_wake(struct streams *s, const uint8_t info_hash[LINK_INFOHASH_LEN],
    sp_time now SP_UNUSED)
{
	struct stream_chan **v = map_get(s->chans, info_hash), *c;

	if (v == NULL)
		return;
	c = *v;
	c->turn++;
	if (c->due)
		return;
	c->due = true;
	TAILQ_INSERT_TAIL(&s->due, c, by_due);
	io_timer_set(&s->soon, 0);
}

/* Of the first channel that is due, whom it is up to; NULL: all have it. */
static struct stream *
next_due(struct streams *s)
{
	struct stream_chan *c;
	struct stream *st;

	while ((c = TAILQ_FIRST(&s->due)) != NULL) {
		st = TAILQ_FIRST(&c->streams);
		TAILQ_REMOVE(&s->due, c, by_due);
		if (st->turn != c->turn) {
			/* channels take turns as well */
			TAILQ_INSERT_TAIL(&s->due, c, by_due);
			st->turn = c->turn;
			TAILQ_REMOVE(&c->streams, st, by_chan);
			TAILQ_INSERT_TAIL(&c->streams, st, by_chan);
			return st;
		}
		c->due = false;
	}
	return NULL;
}

static void
soon_cb(void *ctx, sp_time now)
{
	struct streams *s = ctx;
	struct stream *st;
	unsigned n;

	locks_take_track(s->locks);
	now = io_now();
	for (n = 0; n < STREAMS_TURN && (st = next_due(s)) != NULL; n++) {
		if (st->poll)
			poll_pump(st, now);
		else
			stream_pump(st, now);
	}
	locks_give_track(s->locks);
	if (!TAILQ_EMPTY(&s->due))
		io_timer_set(&s->soon, 0);
}

static void
age_parts(struct streams *s)
{
	size_t it = 0;
	void *v;

	while (map_next(s->chans, &it, &v) != NULL)
		parts_age(&(*(struct stream_chan **)v)->parts);
}

void
streams_tick(struct streams *s, sp_time now)
{
	struct stream *st;

	while ((st = TAILQ_FIRST(&s->by_time)) != NULL &&
	       now - st->written >= STREAMS_ALIVE) {
		if (http_backlog(st->req) > 0 &&
		    now - st->drained >= STREAMS_STALL) {
			s->stats.cut++;
			stream_end(st, true);
			continue;
		}
		if (!stream_pump(st, now) || st->written == now)
			continue;
		/* The dead channel shows when nothing is fed as well. */
		buf_reset(&s->buf);
		reply_alive(&s->buf);
		if (stream_write(st, now) < 0)
			stream_end(st, true);
	}
	while (heap_at(&s->polls) <= now)
		poll_pump(
		    (struct stream *)(void *)((char *)heap_top(&s->polls) -
					      offsetof(struct stream, over)),
		    now);
	age_parts(s);
}

void
streams_end(struct streams *s, size_t n)
{
	struct stream *st;

	for (; n > 0 && (st = TAILQ_FIRST(&s->by_time)) != NULL; n--)
		stream_end(st, false);
}

void
streams_kick(struct streams *s, const struct sp_addr *host)
{
	struct stream *st, *next;

	for (st = TAILQ_FIRST(&s->by_time); st != NULL; st = next) {
		next = TAILQ_NEXT(st, by_time);
		if (addr_ip_eq(&st->from, host))
			stream_end(st, true);
	}
}
