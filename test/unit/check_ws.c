#include "io/ws.h"

#include <poll.h>

#include "io/wsframe.h"
#include "test/unit/http_help.h"
#include "test/unit/ws_help.h"

#define UPGRADE HEAD "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
#define HANDSHAKE                                               \
	"GET /announce" UPGRADE "Sec-WebSocket-Version: 13\r\n" \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"       \
	"Origin: https://example.org\r\n\r\n"

static struct ws_conf conf;
static struct ws_set *set;
static struct ws *socket_; /* the last that opened */
static unsigned opened, ended;
static bool refuse;
static char text[1000]; /* messages, as [text] */
static const char *say_when_open;

static void *
on_open(void *ctx, struct ws *w, uint32_t id, const struct sp_addr *from)
{
	ck_assert_uint_eq(id, ws_id(w));
	ck_assert(ws_get(set, id) == w);
	ck_assert(addr_is_loopback(from));
	if (refuse)
		return NULL;
	opened++;
	socket_ = w;
	return ctx;
}

static void
on_message(void *ctx SP_UNUSED, struct ws *w, bool is_text, const uint8_t *p,
    size_t len)
{
	size_t n = strlen(text);

	snprintf(text + n, sizeof(text) - n, "%s%.*s]",
	    is_text ? "[" : "[b:", (int)len, (const char *)p);
	if (len == 3 && memcmp(p, "end", 3) == 0)
		ws_close(w, WSFRAME_POLICY);
	else
		ck_assert_int_eq(ws_send(w, p, len), 0);
}

static void
on_gone(void *ctx, struct ws *w)
{
	ck_assert(ws_data(w) == ctx);
	ck_assert(ws_get(set, ws_id(w)) == w);
	ck_assert_int_eq(ws_send(w, "late", 4), SP_ERR_CLOSED);
	ended++;
	socket_ = NULL;
}

static const struct ws_calls calls = { on_open, on_message, on_gone };

static void
handler(void *ctx SP_UNUSED, struct http_req *r)
{
	if (!http_wants_upgrade(r, "websocket")) {
		http_reply_text(r, 200, "a page");
		return;
	}
	ws_take(set, r);
	if (say_when_open != NULL && socket_ != NULL)
		ws_send(socket_, say_when_open, strlen(say_when_open));
}

static void
begin(void)
{
	static const struct http_conf plain = {
		.methods = HTTP_M_GET | HTTP_M_POST,
		.timeout = SP_S / 2,
		.loopback_too = true,
	};

	conf = (struct ws_conf){ 3, 1000, 8, 100000, SP_S, SP_S };
	opened = ended = 0;
	socket_ = NULL;
	refuse = false;
	text[0] = '\0';
	say_when_open = NULL;
	start(&plain, handler);
}

static void
begin_set(void)
{
	ck_assert_int_eq(ws_new(&set, loop, &conf, &calls, &conf), 0);
}

static void
finish_set(void)
{
	conn_free(client);
	client = NULL;
	http_free(http);
	ws_free(set);
	ck_assert_uint_eq(opened, ended);
	loop_free(loop);
}

static void
shake(void)
{
	say(HANDSHAKE);
	expect("\r\n\r\n");
	expect("HTTP/1.1 101 ");
	ck_assert_uint_eq(opened, 1);
}

static void
send_frame(uint8_t first, const char *payload)
{
	struct sp_buf b;

	buf_init(&b, io_mem(), 1 << 20);
	client_text(&b, first, payload);
	ck_assert_int_eq(conn_write(client, b.p, b.len), 0);
	buf_fini(&b);
}

static void
until_ended(void)
{
	sp_time end = io_now() + 5 * SP_S;

	while (ended == 0 || !closed) {
		ck_assert(io_now() < end);
		loop_step(loop, end);
	}
}

START_TEST(the_handshake_is_that_of_the_rfc)
{
	begin();
	begin_set();
	say(HANDSHAKE);
	expect("HTTP/1.1 101 Switching Protocols\r\n");
	expect("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
	expect("Upgrade: websocket\r\n");
	expect("Connection: Upgrade\r\n");
	expect("\r\n\r\n");
	ck_assert_uint_eq(ws_stats(set).open, 1);
	finish_set();
}
END_TEST

START_TEST(bad_handshakes_are_refused)
{
	begin();
	begin_set();
	say("GET /" UPGRADE "Sec-WebSocket-Version: 8\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
	expect("HTTP/1.1 426 ");
	expect("Sec-WebSocket-Version: 13\r\n");
	expect("version 13 only\n");
	forget();
	say("GET /" UPGRADE "\r\n");
	expect("HTTP/1.1 426 ");
	expect("version 13 only\n");
	forget();
	say("GET /" UPGRADE "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: short\r\n\r\n");
	expect("HTTP/1.1 400 ");
	expect("Sec-WebSocket-Key\n");
	forget();
	say("GET /" HEAD "\r\n");
	expect("a page");
	ck_assert_uint_eq(opened, 0);
	finish_set();
}
END_TEST

START_TEST(who_finds_no_place_gets_503)
{
	begin();
	conf.max = 0;
	begin_set();
	say(HANDSHAKE);
	expect("HTTP/1.1 503 ");
	expect("sockets\n");
	ck_assert_uint_eq(ws_stats(set).refused, 1);
	finish_set();

	begin();
	begin_set();
	refuse = true;
	say(HANDSHAKE);
	expect("HTTP/1.1 503 ");
	ck_assert_uint_eq(ws_stats(set).open, 0);
	finish_set();
}
END_TEST

START_TEST(messages_are_echoed)
{
	begin();
	begin_set();
	shake();
	forget();
	send_frame(1, "Hel");
	send_frame(FIN | 9, "ping");
	send_frame(FIN | 0, "lo");
	expect("\x8a\x04ping");
	expect("\x81\x05Hello");
	send_frame(FIN | 2, "x");
	expect("\x81\x01x");
	ck_assert_str_eq(text, "[Hello][b:x]");
	ck_assert_uint_eq(ws_stats(set).messages_in, 2);
	ck_assert_uint_eq(ws_stats(set).messages_out, 2);
	finish_set();
}
END_TEST

START_TEST(what_comes_with_the_handshake_is_not_lost)
{
	struct sp_buf b;

	begin();
	begin_set();
	say_when_open = "welcome";
	buf_init(&b, io_mem(), 1 << 16);
	buf_put_str(&b, HANDSHAKE);
	client_text(&b, FIN | 1, "early");
	ck_assert_int_eq(conn_write(client, b.p, b.len), 0);
	buf_fini(&b);
	expect("\r\n\r\n\x81\x07welcome");
	expect("\x81\x05"
	       "early");
	finish_set();
}
END_TEST

START_TEST(a_close_is_answered_and_the_connection_ends)
{
	begin();
	begin_set();
	shake();
	forget();
	send_frame(FIN | 8, "\x03\xe8");
	until_ended();
	ck_assert_uint_eq(ngot, 4);
	ck_assert_int_eq(memcmp(got, "\x88\x02\x03\xe8", 4), 0);
	ck_assert_uint_eq(ws_stats(set).open, 0);
	ck_assert_uint_eq(ws_stats(set).broken, 0);
	finish_set();
}
END_TEST

START_TEST(breaking_the_rules_ends_it_with_a_code)
{
	begin();
	begin_set();
	shake();
	forget();
	send_frame(FIN | 3, "");
	until_ended();
	ck_assert_int_eq(memcmp(got, "\x88\x02\x03\xea", 4), 0);
	ck_assert_uint_eq(ws_stats(set).broken, 1);
	finish_set();
}
END_TEST

START_TEST(we_close_and_wait_for_theirs)
{
	begin();
	begin_set();
	shake();
	forget();
	send_frame(FIN | 1, "end");
	send_frame(FIN | 1, "ignored");
	expect("\x88\x02\x03\xf0");
	ck_assert_uint_eq(ended, 0);
	send_frame(FIN | 8, "\x03\xf0");
	until_ended();
	ck_assert_uint_eq(ngot, 4);
	ck_assert_str_eq(text, "[end]");
	finish_set();
}
END_TEST

START_TEST(who_does_not_say_close_too_is_cut)
{
	begin();
	conf.timeout = SP_S / 10;
	begin_set();
	shake();
	ws_leave(set, 9);
	until_ended();
	ck_assert_uint_eq(ws_stats(set).timeouts, 1);
	finish_set();
}
END_TEST

START_TEST(a_client_that_leaves_is_gone)
{
	sp_time end = io_now() + 5 * SP_S;

	begin();
	begin_set();
	shake();
	conn_free(client);
	client = NULL;
	while (ended == 0) {
		ck_assert(io_now() < end);
		loop_step(loop, end);
	}
	ck_assert_uint_eq(ws_stats(set).open, 0);
	finish_set();
}
END_TEST

START_TEST(the_silent_are_pinged_and_then_cut)
{
	begin();
	conf.ping = SP_S / 10;
	begin_set();
	shake();
	forget();
	expect("\x89");
	send_frame(FIN | 10, "");
	forget();
	expect("\x89"); /* it lives: asked anew */
	ck_assert_uint_eq(ended, 0);
	until_ended();
	ck_assert_uint_eq(ws_stats(set).timeouts, 1);
	finish_set();
}
END_TEST

START_TEST(who_was_not_asked_is_not_cut)
{
	sp_time end;

	begin();
	conf.ping = SP_S / 20;
	conf.timeout = SP_S / 2;
	begin_set();
	shake();
	forget();
	/* The process stands still: nobody was heard, and nobody asked. */
	for (end = io_now() + 3 * SP_S / 5; io_now() < end;)
		poll(NULL, 0, 50);
	expect("\x89");
	ck_assert_uint_eq(ended, 0);
	ck_assert_uint_eq(ws_stats(set).timeouts, 0);
	finish_set();
}
END_TEST

START_TEST(a_message_that_is_never_done_is_cut)
{
	sp_time end;

	begin();
	conf.timeout = SP_S / 5;
	conf.ping = 10 * SP_S;
	conf.max_message = 100000;
	begin_set();
	shake();
	/* Bytes keep coming, so it is not silent. */
	send_frame(1, "a");
	for (end = io_now() + 5 * SP_S; ended == 0 && io_now() < end;) {
		if (!closed)
			send_frame(0, "b");
		loop_step(loop, io_now() + SP_S / 50);
	}
	ck_assert_uint_eq(ended, 1);
	ck_assert_uint_eq(ws_stats(set).timeouts, 1);
	finish_set();
}
END_TEST

START_TEST(who_does_not_read_is_cut)
{
	static char much[60000];
	sp_time end = io_now() + 5 * SP_S;
	unsigned n = 0;

	begin();
	conf.max_message = 100000;
	begin_set();
	shake();
	memset(much, 'x', sizeof(much));
	/* The client's loop does not run, so it reads nothing. */
	while (ws_send(socket_, much, sizeof(much)) == 0) {
		n++;
		ck_assert(io_now() < end);
	}
	ck_assert_uint_gt(n, 1);
	ck_assert_uint_eq(ws_stats(set).slow, 1);
	ck_assert_uint_eq(ended, 0);
	conn_free(client);
	client = NULL;
	while (ended == 0) {
		ck_assert(io_now() < end);
		loop_step(loop, end);
	}
	finish_set();
}
END_TEST

START_TEST(numbers_are_used_again_after_gone)
{
	begin();
	begin_set();
	shake();
	ck_assert_uint_eq(ws_id(socket_), 0);
	send_frame(FIN | 8, "");
	until_ended();
	ck_assert_ptr_null(ws_get(set, 0));
	ck_assert_ptr_null(ws_get(set, 999));
	closed = false;
	forget();
	ck_assert_int_eq(conn_dial(&client, loop, &where, 0, &client_ops, NULL),
	    0);
	say(HANDSHAKE);
	expect("HTTP/1.1 101 ");
	ck_assert_uint_eq(ws_id(socket_), 0);
	finish_set();
}
END_TEST

UNIT_MAIN("ws", the_handshake_is_that_of_the_rfc, bad_handshakes_are_refused,
    who_finds_no_place_gets_503, messages_are_echoed,
    what_comes_with_the_handshake_is_not_lost,
    a_close_is_answered_and_the_connection_ends,
    breaking_the_rules_ends_it_with_a_code, we_close_and_wait_for_theirs,
    who_does_not_say_close_too_is_cut, a_client_that_leaves_is_gone,
    the_silent_are_pinged_and_then_cut, who_was_not_asked_is_not_cut,
    a_message_that_is_never_done_is_cut, who_does_not_read_is_cut,
    numbers_are_used_again_after_gone)
