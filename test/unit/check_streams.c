#include "tracker/daemon/streams.h"
#include "test/unit/unit.h"

#include <sys/socket.h>

#include "io/conn.h"
#include "test/sim/signer.h"

/*
 * A tracker's streams and their readers on one loop. Time is the loop's, but
 * for streams_tick, which is told.
 */

#define READERS 600 /* more than two turns */

static struct loop *loop;
static struct http *http;
static struct track *track;
static struct streams *streams;
static struct locks locks;
static struct sp_addr where;
static struct signer seed;

struct reader {
	struct conn *c;
	char got[16384];
	size_t n;
};

static struct reader readers[READERS];
static size_t n_readers;

static void
reader_data(void *ctx, struct conn *c SP_UNUSED, const uint8_t *p, size_t len)
{
	struct reader *r = ctx;

	ck_assert_uint_lt(r->n + len, sizeof(r->got));
	memcpy(r->got + r->n, p, len);
	r->n += len;
	r->got[r->n] = '\0';
}

static void
reader_close(void *ctx, struct conn *c SP_UNUSED, int err SP_UNUSED,
    const char *why SP_UNUSED)
{
	((struct reader *)ctx)->c = NULL;
}

static const struct conn_ops ops = {
	.data = reader_data,
	.close = reader_close,
};

static void
handler(void *ctx SP_UNUSED, struct http_req *r)
{
	const char *q = http_req_query(r);
	struct tw_stream ask;

	ck_assert_int_eq(tw_stream_parse(&ask, q, strlen(q)), 0);
	locks_take(&locks);
	if (strcmp(http_req_path(r), "/stream") == 0)
		streams_open(streams, r, seed.info_hash, &ask, loop_now(loop));
	else
		streams_poll(streams, r, seed.info_hash, &ask, loop_now(loop));
	locks_give(&locks);
}

static void
publish(uint64_t first, uint64_t last)
{
	struct live_result res;
	struct sp_buf body, out;

	buf_init(&body, io_mem(), LIM_PUBLISH);
	buf_init(&out, io_mem(), 65536);
	if (first == 0)
		signer_manifest(&seed, &body);
	for (uint64_t n = SP_MAX(first, 1u); n <= last; n++)
		signer_record(&seed, &body, 0, n, (int64_t)n * 2000, 0);
	ck_assert_int_eq(track_publish(track, seed.info_hash, body.p, body.len,
			     &out, &res, loop_now(loop)),
	    0);
	if (res.woke)
		streams_wake(streams, seed.info_hash, loop_now(loop));
	buf_fini(&body);
	buf_fini(&out);
}

static void
start(size_t max)
{
	struct track_conf conf;
	struct sp_addr any;

	signer_init(&seed, 1);
	track_conf_init(&conf);
	conf.live.boot = 0xb007;
	ck_assert_int_eq(loop_new(&loop), 0);
	ck_assert_int_eq(track_new(&track, &conf, io_mem(), 1, loop_now(loop)),
	    0);
	locks_init(&locks);
	ck_assert_int_eq(streams_new(&streams, loop, track, &locks, max, 1), 0);
	ck_assert_int_eq(http_new(&http, loop, NULL, handler, NULL), 0);
	ck_assert_int_eq(addr_parse(&any, "127.0.0.1:0", 11), 0);
	ck_assert_int_eq(http_listen(http, &any, &where), 0);
	n_readers = 0;
	publish(0, 2);
}

static void
finish(void)
{
	while (n_readers > 0)
		conn_free(readers[--n_readers].c);
	http_free(http);
	ck_assert_uint_eq(streams_stats(streams).open, 0);
	streams_free(streams);
	ck_assert(track_is_sound(track));
	track_free(track);
	locks_fini(&locks);
	loop_free(loop);
}

static struct reader *
ask(const char *path)
{
	struct reader *r = &readers[n_readers++];
	char text[256];
	int n;

	memset(r, 0, sizeof(*r));
	ck_assert_int_eq(conn_dial(&r->c, loop, &where, 0, &ops, r), 0);
	n = snprintf(text, sizeof(text),
	    "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", path);
	ck_assert_int_eq(conn_write(r->c, text, (size_t)n), 0);
	return r;
}

/* Runs the loop until |done| says so; fails after 10 s. */
static void
until(bool (*done)(void))
{
	sp_time end = io_now() + 10 * SP_S;

	while (!done()) {
		ck_assert(io_now() < end);
		loop_step(loop, end);
	}
}

static bool
all_are_open(void)
{
	return streams_stats(streams).open == n_readers;
}

static bool
all_are_answered(void)
{
	for (size_t i = 0; i < n_readers; i++)
		if (readers[i].n == 0)
			return false;
	return true;
}

static bool
last_is_answered(void)
{
	return readers[n_readers - 1].n > 0;
}

/* Records, in a body that may be in chunks: each is near its piece's URI. */
static unsigned
records_of(const struct reader *r)
{
	const uint8_t *p = (const uint8_t *)r->got, *end = p + r->n;
	unsigned n = 0;

	for (; p + 8 < end; p++)
		n += memcmp(p, "1:s64:", 6) == 0;
	return n;
}

static unsigned wanted;

static bool
all_have_what_is_wanted(void)
{
	for (size_t i = 0; i < n_readers; i++)
		if (records_of(&readers[i]) < wanted)
			return false;
	return true;
}

static void
want(unsigned n)
{
	wanted = n;
	until(all_have_what_is_wanted);
}

/* The manifest has a signature as well. */
#define MANIFEST 1

START_TEST(a_poll_with_news_is_answered_at_once)
{
	struct reader *r;

	start(10);
	r = ask("/window?wait=60");
	want(MANIFEST + 2);
	ck_assert_ptr_nonnull(strstr(r->got, "200 OK"));
	ck_assert_uint_eq(streams_stats(streams).open, 0);
	finish();
}
END_TEST

START_TEST(without_wait_nobody_waits)
{
	struct reader *r;

	start(10);
	r = ask("/window?since=b007.3");
	until(all_are_answered);
	ck_assert_ptr_nonnull(strstr(r->got, "Content-Length: 29\r\n"));
	finish();
}
END_TEST

START_TEST(a_poll_waits_for_the_next_record)
{
	struct reader *r;

	start(10);
	r = ask("/window?since=b007.3&wait=60");
	until(all_are_open);
	streams_tick(streams, loop_now(loop));
	ck_assert_uint_eq(r->n, 0);
	publish(3, 3);
	want(1);
	ck_assert_uint_eq(records_of(r), 1);
	ck_assert_uint_eq(streams_stats(streams).open, 0);
	finish();
}
END_TEST

START_TEST(a_poll_is_answered_when_its_time_is_over)
{
	struct reader *r;

	start(10);
	r = ask("/window?since=b007.3&wait=5");
	until(all_are_open);
	streams_tick(streams, loop_now(loop) + 4 * SP_S);
	ck_assert_uint_eq(streams_stats(streams).open, 1);
	streams_tick(streams, loop_now(loop) + 5 * SP_S);
	ck_assert_uint_eq(streams_stats(streams).open, 0);
	until(all_are_answered);
	/* HELLO alone: 5 bytes and 24 */
	ck_assert_ptr_nonnull(strstr(r->got, "Content-Length: 29\r\n"));
	finish();
}
END_TEST

START_TEST(who_waits_counts_among_the_streams)
{
	start(2);
	ask("/window?since=b007.3&wait=60");
	ask("/stream?since=b007.3");
	until(all_are_open);
	ask("/window?since=b007.3&wait=60");
	until(last_is_answered);
	ck_assert_ptr_nonnull(strstr(readers[2].got, " 503 "));
	ck_assert_ptr_nonnull(strstr(readers[2].got, "Retry-After"));
	ck_assert_uint_eq(streams_stats(streams).refused, 1);
	finish();
}
END_TEST

static bool
none_is_open(void)
{
	return streams_stats(streams).open == 0;
}

START_TEST(a_poll_that_leaves_is_forgotten)
{
	struct reader *r;

	start(10);
	r = ask("/window?since=b007.3&wait=60");
	until(all_are_open);
	conn_free(r->c);
	r->c = NULL;
	until(none_is_open);
	publish(3, 3);
	streams_tick(streams, loop_now(loop) + 61 * SP_S);
	finish();
}
END_TEST

START_TEST(a_channel_that_is_gone_ends_polls)
{
	struct access_error e;

	start(10);
	ask("/window?since=b007.3&wait=60");
	until(all_are_open);
	ck_assert_int_ge(track_access(track, ACCESS_ALLOW,
			     "0000000000000000000000000000000000000000\n", 41,
			     &e),
	    0);
	streams_wake(streams, seed.info_hash, loop_now(loop));
	until(all_are_answered);
	ck_assert_ptr_nonnull(strstr(readers[0].got, " 404 "));
	finish();
}
END_TEST

START_TEST(news_reaches_all_streams_wherever_they_stand)
{
	char path[64];

	start(READERS);
	for (size_t i = 0; i < READERS; i++) {
		snprintf(path, sizeof(path), "/stream?since=b007.%zu", i % 4);
		ask(path);
	}
	until(all_are_open);
	/* while the first turns go on there is more */
	publish(3, 3);
	loop_step(loop, loop_now(loop));
	publish(4, 5);
	want(3);
	for (size_t i = 0; i < READERS; i++) {
		/* 0: all, the manifest too; 1: 2 records that were there */
		ck_assert_uint_eq(records_of(&readers[i]),
		    i % 4 == 0 ? 6 : 6 - i % 4);
	}
	finish();
}
END_TEST

START_TEST(what_nobody_asks_for_is_not_kept)
{
	start(10);
	ask("/stream");
	want(MANIFEST + 2);
	streams_tick(streams, loop_now(loop));
	streams_tick(streams, loop_now(loop));
	ask("/stream");
	want(MANIFEST + 2);
	publish(3, 3);
	want(MANIFEST + 3);
	finish();
}
END_TEST

/* A worker that answers has the lock of ordinary swarms: it need not wait. */
START_TEST(news_is_written_while_a_worker_has_its_lock)
{
	struct reader *r;

	start(10);
	r = ask("/stream?since=b007.3");
	until(all_are_open);
	pthread_mutex_lock(&locks.plain);
	publish(3, 3);
	want(1);
	streams_tick(streams, loop_now(loop));
	conn_free(r->c);
	r->c = NULL;
	until(none_is_open);
	pthread_mutex_unlock(&locks.plain);
	finish();
}
END_TEST

UNIT_MAIN("streams", a_poll_with_news_is_answered_at_once,
    without_wait_nobody_waits, a_poll_waits_for_the_next_record,
    a_poll_is_answered_when_its_time_is_over,
    who_waits_counts_among_the_streams, a_poll_that_leaves_is_forgotten,
    a_channel_that_is_gone_ends_polls,
    news_reaches_all_streams_wherever_they_stand,
    what_nobody_asks_for_is_not_kept,
    news_is_written_while_a_worker_has_its_lock)
