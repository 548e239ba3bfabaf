#include "tracker/daemon/streams.h"

#include <sys/queue.h>

#include "base/map.h"
#include "tracker/reply.h"

struct stream {
	struct streams *all;
	struct http_req *req;
	struct stream_chan *chan;
	struct tw_stream ask; /* its since moves along */
	bool counted;         /* as a sign of life */
	struct sp_addr from;
	uint64_t roster; /* version that it has */
	sp_time written; /* last time */
	sp_time drained; /* last time that nothing waited, or since open */
	TAILQ_ENTRY(stream) by_time;
	LIST_ENTRY(stream) by_chan;
};

struct stream_chan {
	uint8_t info_hash[LINK_INFOHASH_LEN];
	LIST_HEAD(, stream) streams;
};

struct streams {
	struct track *track;
	struct locks *locks;
	struct map *chans;            /* info-hash -> struct stream_chan * */
	TAILQ_HEAD(, stream) by_time; /* written longest ago first */
	struct sp_buf buf;
	size_t max;
	struct streams_stats stats;
};

int
streams_new(struct streams **out, struct track *t, struct locks *locks,
    size_t max, uint64_t seed)
{
	struct streams *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (s == NULL)
		return SP_ERR_NOMEM;
	if (map_new(&s->chans, io_mem(), LINK_INFOHASH_LEN,
		sizeof(struct stream_chan *), SP_MAX(max, (size_t)1),
		seed) < 0) {
		free(s);
		return SP_ERR_NOMEM;
	}
	s->track = t;
	s->locks = locks;
	s->max = max;
	TAILQ_INIT(&s->by_time);
	buf_init(&s->buf, io_mem(), STREAMS_PART + 2 * LIM_FEED_FRAME);
	*out = s;
	return 0;
}

void
streams_free(struct streams *s)
{
	if (s == NULL)
		return;
	assert(TAILQ_EMPTY(&s->by_time) && "the server has gone before");
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
		LIST_INIT(&(*v)->streams);
	}
	return *v;
}

static void
stream_free(struct stream *st, sp_time now)
{
	struct streams *s = st->all;
	struct stream_chan *c = st->chan;

	if (st->counted)
		track_stream_close(s->track, c->info_hash, &st->ask, &st->from,
		    now);
	TAILQ_REMOVE(&s->by_time, st, by_time);
	LIST_REMOVE(st, by_chan);
	if (LIST_EMPTY(&c->streams)) {
		map_del(s->chans, c->info_hash);
		free(c);
	}
	s->stats.open--;
	free(st);
}

static void
stream_gone(void *ctx, struct http_req *r)
{
	struct stream *st = ctx;
	struct locks *locks = st->all->locks;

	locks_take(locks);
	stream_free(st, loop_now(http_req_loop(r)));
	locks_give(locks);
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

/* Sends what is in the buffer. */
static int
stream_write(struct stream *st, sp_time now)
{
	struct streams *s = st->all;
	int r;

	if (http_backlog(st->req) == 0)
		st->drained = now;
	r = http_write(st->req, s->buf.p, s->buf.len);
	s->stats.bytes_out += s->buf.len;
	buf_reset(&s->buf);
	st->written = now;
	TAILQ_REMOVE(&s->by_time, st, by_time);
	TAILQ_INSERT_TAIL(&s->by_time, st, by_time);
	return r;
}

/* Feeds the stream while it drains. False: it is gone. */
static bool
stream_pump(struct stream *st, sp_time now)
{
	struct streams *s = st->all;
	int n;

	while (http_backlog(st->req) < STREAMS_AHEAD) {
		buf_reset(&s->buf);
		n = track_feed(s->track, st->chan->info_hash, &st->ask.since,
		    STREAMS_PART, &s->buf);
		if (n == 0)
			n = track_roster(s->track, st->chan->info_hash,
			    &st->from, &st->roster, &s->buf);
		if (n == 0 && st->counted)
			n = track_places(s->track, st->chan->info_hash,
			    &st->ask, &st->from, &s->buf);
		if (n == 0)
			return true;
		if (n < 0 || stream_write(st, now) < 0) {
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

	st->drained = loop_now(http_req_loop(r));
	locks_take(locks);
	stream_pump(st, st->drained);
	locks_give(locks);
}

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
		free(st);
		return NULL;
	}
	st->all = s;
	st->req = r;
	st->from = http_req_from(r);
	st->chan = c;
	st->written = st->drained = now;
	LIST_INSERT_HEAD(&c->streams, st, by_chan);
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
		http_start(r, 200, "application/octet-stream", -1);
		http_end(r);
		return;
	}
	st = stream_new(s, r, info_hash, now);
	if (st == NULL) {
		s->stats.refused++;
		http_header(r, "Retry-After", "10");
		http_reply_text(r, 503, "too many streams");
		return;
	}
	st->ask = *ask;
	st->counted =
	    track_stream_open(s->track, info_hash, ask, &st->from, now) == 0;
	http_give_up(r, STREAMS_SILENT);
	/* Behind HELLO: who is on duty for what comes next. */
	track_roster(s->track, info_hash, &st->from, &st->roster, &s->buf);
	http_on_gone(r, stream_gone, st);
	http_on_drained(r, stream_drained, st);
	http_start(r, 200, "application/octet-stream", -1);
	if (stream_write(st, now) < 0)
		stream_end(st, true);
	else
		stream_pump(st, now);
}

void
streams_wake(struct streams *s, const uint8_t info_hash[LINK_INFOHASH_LEN],
    sp_time now)
{
	struct stream_chan **c = map_get(s->chans, info_hash);
	struct stream *st, *next;

	if (c == NULL)
		return;
	/* The channel's list goes with its last stream: look ahead. */
	for (st = LIST_FIRST(&(*c)->streams); st != NULL; st = next) {
		next = LIST_NEXT(st, by_chan);
		stream_pump(st, now);
	}
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
}

void
streams_end(struct streams *s, size_t n)
{
	struct stream *st;

	for (; n > 0 && (st = TAILQ_FIRST(&s->by_time)) != NULL; n--)
		stream_end(st, false);
}
