#include "tracker/daemon/ws_host.h"

#include <sys/socket.h>
#include <unistd.h>

#include "io/conn.h"
#include "io/sock.h"
#include "io/wsframe.h"
#include "test/unit/ws_help.h"

/*
 * The WebSocket face of a host that has nothing else, and browsers, all on one
 * loop.
 */

#define BROWSERS 3
#define HASH     "\"info_hash\":\"aaaaaaaaaaaaaaaaaaaa\""
#define OTHER    "\"info_hash\":\"bbbbbbbbbbbbbbbbbbbb\""
#define PEER_1   "\"peer_id\":\"-WW0001-111111111111\""
#define PEER_2   "\"peer_id\":\"-WW0001-222222222222\""
#define OFFER    "\"offers\":[{\"offer_id\":\"x\",\"offer\":{\"sdp\":\"o\"}}]"
#define HANDSHAKE                                                       \
	"GET / HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: " \
	"websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " \
	"dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

struct browser {
	struct conn *c;
	bool upgraded;
	int first; /* byte of the last frame; 0: none */
	struct sp_buf in;
	char said[70000]; /* its payload */
	size_t len;
};

static struct track_host host;
static struct options opts;
static struct browser browsers[BROWSERS];
static struct sp_addr where;

static void
on_data(void *ctx, struct conn *c SP_UNUSED, const uint8_t *p, size_t len)
{
	struct browser *b = ctx;

	buf_put(&b->in, p, len);
	ck_assert_int_eq(b->in.err, 0);
}

static void
on_close(void *ctx, struct conn *c SP_UNUSED, int err SP_UNUSED,
    const char *why SP_UNUSED)
{
	((struct browser *)ctx)->c = NULL;
}

static const struct conn_ops ops = { .data = on_data, .close = on_close };

static void
handler(void *ctx SP_UNUSED, struct http_req *r)
{
	locks_take(&host.locks);
	ws_host_take(&host, r);
	locks_give(&host.locks);
}

static void
start(int64_t sockets)
{
	char why[OPTIONS_WHY] = "";
	struct track_conf tc;
	struct sp_addr any;

	memset(&host, 0, sizeof(host));
	opts = (struct options){ .max_sockets = sockets,
		.max_ip_sockets = 100,
		.max_peers = 100,
		.max_swarm_peers = 100,
		.ws_interval = 120 * SP_S,
		.timeout = 10 * SP_S };
	host.opts = &opts;
	ck_assert_int_eq(loop_new(&host.loop), 0);
	host.started = loop_now(host.loop);
	locks_init(&host.locks);
	track_conf_init(&tc);
	tc.live.boot = 1;
	ck_assert_int_eq(track_new(&host.track, &tc, io_mem(), 1, host.started),
	    0);
	ck_assert_int_eq(ws_host_part.start(&host, why), 0);
	ck_assert_int_eq(http_new(&host.http, host.loop, NULL, handler, NULL),
	    0);
	ck_assert_int_eq(addr_parse(&any, "127.0.0.1:0", 11), 0);
	ck_assert_int_eq(http_listen(host.http, &any, &where), 0);
	memset(browsers, 0, sizeof(browsers));
}

static void
finish(void)
{
	for (size_t i = 0; i < BROWSERS; i++) {
		conn_free(browsers[i].c);
		buf_fini(&browsers[i].in);
	}
	http_free(host.http);
	ws_host_part.stop(&host);
	track_free(host.track);
	locks_fini(&host.locks);
	loop_free(host.loop);
}

static const struct report *
report(void)
{
	ws_host_part.report(&host);
	return &host.report;
}

/* Runs the loop until the browser was told something: its head, or a frame. */
static void
hear(struct browser *b)
{
	static const char end_of_head[] = "\r\n\r\n";
	sp_time end = io_now() + 20 * SP_S;
	uint8_t *at;

	b->first = 0;
	for (;;) {
		at = b->in.len == 0 ? NULL
				    : memmem(b->in.p, b->in.len, end_of_head,
					  sizeof(end_of_head) - 1);
		if (!b->upgraded && at != NULL) {
			b->upgraded = true;
			b->first = -1;
			memcpy(b->said, b->in.p, 12);
			b->said[12] = '\0';
			buf_consume(&b->in,
			    (size_t)(at - b->in.p) + sizeof(end_of_head) - 1);
			return;
		}
		if (b->upgraded && (b->first = server_frame(&b->in, b->said,
					sizeof(b->said), &b->len)) >= 0)
			return;
		ck_assert_msg(io_now() < end, "nothing is said");
		loop_step(host.loop, end);
	}
}

static void
hears(struct browser *b, const char *part)
{
	hear(b);
	ck_assert_int_eq(b->first, FIN | 1);
	ck_assert_msg(strstr(b->said, part) != NULL, "no %s in %s", part,
	    b->said);
}

static struct browser *
join(size_t i)
{
	struct browser *b = &browsers[i];

	buf_init(&b->in, io_mem(), 1 << 20);
	ck_assert_int_eq(conn_dial(&b->c, host.loop, &where, 0, &ops, b), 0);
	ck_assert_int_eq(conn_write(b->c, HANDSHAKE, strlen(HANDSHAKE)), 0);
	hear(b);
	return b;
}

static void
say(struct browser *b, const char *json)
{
	struct sp_buf out;

	buf_init(&out, io_mem(), 1 << 20);
	client_text(&out, FIN | 1, json);
	ck_assert_int_eq(conn_write(b->c, out.p, out.len), 0);
	buf_fini(&out);
}

#define ANNOUNCE(hash, peer, more) \
	"{\"action\":\"announce\"," hash "," peer ",\"left\":1" more "}"

static void
gone(struct browser *b)
{
	sp_time end = io_now() + 20 * SP_S;

	while (b->c != NULL) {
		ck_assert(io_now() < end);
		loop_step(host.loop, end);
	}
}

START_TEST(offers_and_answers_are_passed_on)
{
	struct browser *a, *b;

	start(10);
	a = join(0);
	ck_assert_str_eq(a->said, "HTTP/1.1 101");
	b = join(1);
	say(a, ANNOUNCE(HASH, PEER_1, ""));
	hears(a, "\"incomplete\":1");
	say(b, ANNOUNCE(HASH, PEER_2, "," OFFER));
	hears(b, "\"incomplete\":2");
	hears(a, "\"offer\":{\"sdp\":\"o\"}");
	ck_assert_ptr_nonnull(strstr(a->said, PEER_2));
	say(a, "{\"action\":\"announce\"," HASH "," PEER_1
	       ",\"to_peer_id\":\"-WW0001-222222222222\",\"offer_id\":\"x\","
	       "\"answer\":{\"sdp\":\"a\"}}");
	hears(b, "\"answer\":{\"sdp\":\"a\"}");
	ck_assert_uint_eq(report()->ws_offers, 1);
	ck_assert_uint_eq(report()->ws_answers, 1);
	ck_assert_uint_eq(report()->ws_peers, 2);
	ck_assert_uint_eq(report()->requests[REPORT_WS_ANNOUNCE], 2);
	ck_assert_uint_eq(report()->requests[REPORT_WS_ANSWER], 1);
	finish();
}
END_TEST

START_TEST(who_leaves_is_not_told_of)
{
	struct browser *a, *b;

	start(10);
	a = join(0);
	say(a, ANNOUNCE(HASH, PEER_1, ""));
	hears(a, "\"incomplete\":1");
	conn_free(a->c);
	a->c = NULL;
	b = join(1);
	do
		loop_step(host.loop, loop_now(host.loop));
	while (report()->ws_open > 1);
	say(b, ANNOUNCE(HASH, PEER_2, "," OFFER));
	hears(b, "\"incomplete\":1");
	ck_assert_uint_eq(report()->ws_offers, 0);
	finish();
}
END_TEST

START_TEST(a_scrape_counts_and_all_of_them_is_no_answer)
{
	struct browser *a;

	start(10);
	a = join(0);
	say(a, ANNOUNCE(HASH, PEER_1, ""));
	hears(a, "\"incomplete\":1");
	say(a, "{\"action\":\"scrape\"," HASH "}");
	hears(a, "\"incomplete\":1");
	say(a, "{\"action\":\"scrape\"," OTHER "}");
	hears(a, "\"incomplete\":0");
	say(a, "{\"action\":\"scrape\"}");
	hears(a, "info_hash is missing");
	opts.full_scrape = true;
	say(a, "{\"action\":\"scrape\"}");
	hears(a, "aaaaaaaaaaaaaaaaaaaa");
	ck_assert_uint_eq(report()->requests[REPORT_WS_SCRAPE], 4);
	finish();
}
END_TEST

START_TEST(what_is_wrong_is_told_and_the_socket_stays)
{
	struct browser *a;

	start(10);
	a = join(0);
	say(a, "[");
	hears(a, "failure reason");
	say(a, "{\"action\":\"announce\"," HASH "}");
	hears(a, "failure reason");
	ck_assert_ptr_nonnull(strstr(a->said, "aaaaaaaaaaaaaaaaaaaa"));
	say(a, ANNOUNCE(HASH, PEER_1, ""));
	hears(a, "\"incomplete\":1");
	ck_assert_uint_eq(report()->ws_errors, 2);
	finish();
}
END_TEST

START_TEST(what_the_lists_deny_goes_and_its_sockets_stay)
{
	static const char deny[] = "6161616161616161616161616161616161616161";
	struct access_error e;
	struct browser *a;

	start(10);
	a = join(0);
	say(a, ANNOUNCE(HASH, PEER_1, ""));
	hears(a, "\"incomplete\":1");
	ck_assert_int_eq(
	    track_access(host.track, ACCESS_DENY, deny, sizeof(deny) - 1, &e),
	    1);
	ck_assert(ws_host_part.reload(&host));
	ck_assert_uint_eq(report()->ws_peers, 0);
	say(a, ANNOUNCE(HASH, PEER_1, ""));
	hears(a, "does not serve it");
	say(a, ANNOUNCE(OTHER, PEER_1, ""));
	hears(a, "\"incomplete\":1");
	finish();
}
END_TEST

START_TEST(a_kicked_host_is_sent_away)
{
	struct sp_addr ip;
	struct browser *a;
	sp_time now;

	start(10);
	a = join(0);
	ck_assert_int_eq(addr_parse(&ip, "127.0.0.1", 9), 0);
	now = loop_now(host.loop);
	ck_assert_int_eq(track_kick_addr(host.track, &ip, now + 60 * SP_S, now),
	    0);
	say(a, ANNOUNCE(HASH, PEER_1, ""));
	hear(a);
	ck_assert_int_eq(a->first, FIN | 8);
	ck_assert_int_eq(memcmp(a->said, "\x03\xf0", 2), 0);
	ck_assert_uint_eq(report()->ws_peers, 0);
	finish();
}
END_TEST

START_TEST(without_sockets_there_is_no_websocket)
{
	struct browser *a;

	start(0);
	a = join(0);
	ck_assert_str_eq(a->said, "HTTP/1.1 501");
	finish();

	start(1);
	join(0);
	a = join(1);
	ck_assert_str_eq(a->said, "HTTP/1.1 503");
	ck_assert_uint_eq(report()->ws_refused, 1);
	finish();
}
END_TEST

START_TEST(at_the_end_all_are_told_to_go)
{
	struct browser *a;

	start(10);
	a = join(0);
	ws_host_end(&host, 5);
	hear(a);
	ck_assert_int_eq(a->first, FIN | 8);
	ck_assert_int_eq(memcmp(a->said, "\x03\xe9", 2), 0);
	finish();
}
END_TEST

/* In a socket of its own, which nobody reads. */
static int
join_deaf(void)
{
	struct sockaddr_storage ss;
	int len = sock_from_addr(&ss, &where), small = 1, fd;
	struct sp_buf b;

	fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_ge(fd, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	ck_assert_int_eq(connect(fd, (void *)&ss, (socklen_t)len), 0);
	buf_init(&b, io_mem(), 1 << 16);
	buf_put_str(&b, HANDSHAKE);
	client_text(&b, FIN | 1, ANNOUNCE(HASH, PEER_1, ""));
	ck_assert_int_eq(write(fd, b.p, b.len), (ssize_t)b.len);
	buf_fini(&b);
	return fd;
}

START_TEST(who_reads_nothing_does_not_keep_all_offers_waiting)
{
	static char text[20000];
	struct browser *b;
	unsigned n = 0;
	int fd;

	start(10);
	fd = join_deaf();
	while (report()->ws_peers == 0)
		loop_step(host.loop, io_now() + SP_S);
	b = join(0);
	n = (unsigned)snprintf(text, sizeof(text),
	    "{\"action\":\"announce\"," HASH "," PEER_2
	    ",\"left\":1,\"offers\":[{\"offer_id\":\"x\",\"offer\":{\"sdp\":"
	    "\"%015000d\"}}]}",
	    0);
	ck_assert_uint_lt(n, sizeof(text));
	for (n = 0; report()->ws_slow == 0; n++) {
		ck_assert_uint_lt(n, 10000);
		say(b, text);
		hears(b, "\"interval\"");
	}
	do
		loop_step(host.loop, loop_now(host.loop));
	while (report()->ws_peers > 1);
	ck_assert_uint_eq(report()->ws_open, 1);
	close(fd);
	finish();
}
END_TEST

START_TEST(a_browser_that_closes_is_answered)
{
	struct sp_buf out;
	struct browser *a;

	start(10);
	a = join(0);
	buf_init(&out, io_mem(), 100);
	client_frame(&out, FIN | 8, "\x03\xe8", 2);
	ck_assert_int_eq(conn_write(a->c, out.p, out.len), 0);
	buf_fini(&out);
	hear(a);
	ck_assert_int_eq(a->first, FIN | 8);
	gone(a);
	ck_assert_uint_eq(report()->ws_open, 0);
	finish();
}
END_TEST

UNIT_MAIN("ws_host", offers_and_answers_are_passed_on,
    who_leaves_is_not_told_of, a_scrape_counts_and_all_of_them_is_no_answer,
    what_is_wrong_is_told_and_the_socket_stays,
    what_the_lists_deny_goes_and_its_sockets_stay, a_kicked_host_is_sent_away,
    without_sockets_there_is_no_websocket, at_the_end_all_are_told_to_go,
    who_reads_nothing_does_not_keep_all_offers_waiting,
    a_browser_that_closes_is_answered)
