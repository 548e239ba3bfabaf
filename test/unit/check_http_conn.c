#include "test/unit/http_help.h"

#include <sys/resource.h>
#include <unistd.h>

/* Connections: order, limits, patience, other protocols. */

static struct http_req *held[8];
static unsigned nheld, ndrained;
static char upgraded[256];
static size_t nupgraded;

static void
held_gone(void *ctx SP_UNUSED, struct http_req *r)
{
	unsigned i;

	for (i = 0; i < nheld; i++)
		if (held[i] == r)
			held[i] = NULL;
	gone++;
}

static void
hold(struct http_req *r)
{
	held[nheld++] = r;
	http_on_gone(r, held_gone, NULL);
}

static void
on_drained(void *ctx SP_UNUSED, struct http_req *r SP_UNUSED)
{
	ndrained++;
}

static void
on_data(void *ctx SP_UNUSED, struct http_req *r, const uint8_t *p, size_t len)
{
	ck_assert_uint_lt(nupgraded + len, sizeof(upgraded));
	memcpy(upgraded + nupgraded, p, len);
	nupgraded += len;
	if (memchr(p, '!', len) != NULL)
		http_end(r);
	else
		http_write(r, p, len);
}

static void
handler(void *ctx SP_UNUSED, struct http_req *r)
{
	const char *path = http_req_path(r);
	const uint8_t *body;
	size_t len;

	if (strcmp(path, "/hold") == 0) {
		hold(r);
	} else if (strcmp(path, "/stream") == 0) {
		hold(r);
		http_on_drained(r, on_drained, NULL);
		http_start(r, 200, "text/plain", -1);
	} else if (strcmp(path, "/echo") == 0) {
		body = http_req_body(r, &len);
		http_reply(r, 200, "text/plain", body, len);
	} else if (http_wants_upgrade(r, "test")) {
		hold(r);
		http_header(r, "X-Key", "k");
		http_upgrade(r, "test", on_data, NULL);
		http_pause(r, strcmp(path, "/paused") == 0);
	} else {
		http_reply_text(r, 200, path);
	}
}

static struct http_conf conf = {
	.methods = HTTP_M_GET | HTTP_M_POST,
	.max_headers = 1000,
	.max_body = 10,
	.loopback_too = true,
};

static void
begin_with(sp_time timeout)
{
	nheld = ndrained = 0;
	nupgraded = 0;
	conf.timeout = timeout;
	start(&conf, handler);
}

static void
begin(void)
{
	begin_with(10 * SP_S);
}

/* For what is about the time-out. */
static void
begin_quick(void)
{
	begin_with(SP_S / 4);
}

static size_t
count(const char *text)
{
	const char *s = got;
	size_t n = 0;

	for (; (s = strstr(s, text)) != NULL; s++)
		n++;
	return n;
}

START_TEST(pipelined_requests_are_answered_in_order)
{
	begin();
	say("GET /1" HEAD "\r\nGET /2" HEAD "\r\nGET /3" HEAD "\r\nGET /4");
	expect("/3\n");
	ck_assert_uint_eq(count("HTTP/1.1 200 OK"), 3);
	ck_assert(strstr(got, "/1\n") < strstr(got, "/2\n"));
	ck_assert(strstr(got, "/2\n") < strstr(got, "/3\n"));
	say(HEAD "\r\n");
	expect("/4\n");
	ck_assert_uint_eq(http_stats(http).requests, 4);
	finish();
}
END_TEST

START_TEST(requests_behind_one_that_waits_wait_too)
{
	begin();
	say("GET /1" HEAD "\r\nGET /hold" HEAD "\r\nGET /3" HEAD "\r\n");
	expect("/1\n");
	say("GET /hold" HEAD "\r\nGET /5" HEAD "\r\n");
	wait_for(SP_S / 20);
	ck_assert_uint_eq(nheld, 1);
	ck_assert_uint_eq(count("HTTP/1.1"), 1);
	ck_assert_str_eq(http_req_path(held[0]), "/hold");
	http_reply_text(held[0], 200, "late");
	/* Nothing of the next one is begun inside the reply to this one. */
	ck_assert_uint_eq(nheld, 1);
	expect("/3\n");
	while (nheld < 2)
		loop_step(loop, io_now() + SP_S);
	ck_assert_uint_eq(count("HTTP/1.1"), 3);
	http_reply_text(held[1], 200, "later");
	expect("/5\n");
	ck_assert(strstr(got, "late\n") < strstr(got, "/3\n"));
	ck_assert(strstr(got, "later\n") < strstr(got, "/5\n"));
	finish();
}
END_TEST

START_TEST(any_split_of_the_bytes_gives_the_same)
{
	static const char text[] =
	    "POST /echo" HEAD "Transfer-Encoding: chunked\r\n\r\n"
	    "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
	    "GET /end" HEAD "\r\n";
	size_t cut;

	begin();
	for (cut = 1; cut < sizeof(text) - 1; cut++) {
		forget();
		ck_assert_int_eq(conn_write(client, text, cut), 0);
		loop_step(loop, io_now() + SP_MS);
		loop_step(loop, 0);
		ck_assert_int_eq(
		    conn_write(client, text + cut, sizeof(text) - 1 - cut), 0);
		expect("\r\n\r\nabcde");
		expect("\r\n\r\n/end\n");
	}
	finish();
}
END_TEST

START_TEST(continue_is_sent_once)
{
	begin();
	say("POST /echo" HEAD "Expect: 100-continue\r\n"
	    "Content-Length: 3\r\n\r\n");
	expect("HTTP/1.1 100 Continue\r\n\r\n");
	say("a");
	wait_for(SP_S / 20);
	say("bc");
	expect("\r\n\r\nabc");
	ck_assert_uint_eq(count("100 Continue"), 1);
	/* A body that is too long is not asked for. */
	forget();
	say("POST /echo" HEAD "Expect: 100-continue\r\n"
	    "Content-Length: 11\r\n\r\n");
	expect("HTTP/1.1 413 ");
	ck_assert_uint_eq(count("100 Continue"), 0);
	finish();
}
END_TEST

START_TEST(refusals_are_read_before_the_connection_ends)
{
	static const struct {
		const char *text, *answer;
	} rows[] = {
		{ "BREW /" HEAD "\r\n", "HTTP/1.1 501 Not Implemented\r\n" },
		{ "PATCH /" HEAD "\r\n", "HTTP/1.1 501 " },
		{ "PUT /" HEAD "\r\n", "HTTP/1.1 405 " },
		{ "\x16\x03\x01", "HTTP/1.1 400 Bad Request\r\n" },
		{ "GET / HTTP/2.0\r\n\r\n", "HTTP/1.1 505 " },
	};
	char text[4000];
	size_t i;

	for (i = 0; i < SP_LEN(rows); i++) {
		begin();
		say(rows[i].text);
		expect(rows[i].answer);
		if (strstr(rows[i].answer, "405") == NULL)
			until(&closed);
		finish();
	}
	memset(text, 'a', sizeof(text));
	memcpy(text, "GET /", 5);
	text[sizeof(text) - 1] = '\0';
	begin();
	say(text);
	expect("HTTP/1.1 414 URI Too Long\r\n");
	/* More of it does not hurt the answer. */
	for (i = 0; i < 20 && !closed; i++)
		say(text);
	until(&closed);
	finish();
}
END_TEST

START_TEST(slow_header_is_cut_whatever_trickles)
{
	sp_time begun, end;

	begin_quick();
	begun = io_now();
	say("GET / HTTP/1.1\r\n");
	while (!closed) {
		wait_for(20 * SP_MS);
		if (!closed)
			say("A: b\r\n");
		ck_assert(io_now() - begun < 9 * SP_S);
	}
	end = io_now();
	ck_assert_int_ge(end - begun, conf.timeout - 10 * SP_MS);
	expect("HTTP/1.1 408 ");
	ck_assert_uint_eq(http_stats(http).timeouts, 1);
	finish();
}
END_TEST

START_TEST(silent_connections_are_cut)
{
	begin_quick();
	/* With nothing said, and between requests. */
	until(&closed);
	ck_assert_uint_eq(ngot, 0);
	finish();
	begin_quick();
	say("GET /1" HEAD "\r\n");
	expect("/1\n");
	until(&closed);
	ck_assert_uint_eq(count("HTTP/1.1"), 1);
	finish();
}
END_TEST

START_TEST(one_host_has_so_many_connections_and_no_more)
{
	struct http_conf few = conf;
	struct conn *first, *more[2];

	few.max_host_conns = 2;
	few.timeout = 5 * SP_S;
	start(&few, handler);
	first = client;
	say("GET /1" HEAD "\r\n");
	expect("/1\n");
	ck_assert_int_eq(
	    conn_dial(&more[0], loop, &where, 0, &client_ops, NULL), 0);
	conn_write(more[0], "GET /2" HEAD "\r\n", strlen("GET /2" HEAD "\r\n"));
	expect("/2\n");
	ck_assert_int_eq(
	    conn_dial(&more[1], loop, &where, 0, &client_ops, NULL), 0);
	conn_write(more[1], "GET /3" HEAD "\r\n", strlen("GET /3" HEAD "\r\n"));
	until(&closed);
	ck_assert_uint_eq(http_stats(http).capped, 1);
	ck_assert_uint_eq(http_stats(http).open, 2);
	/* One leaves, another may come. */
	conn_free(more[0]);
	while (http_stats(http).open > 1)
		loop_step(loop, io_now() + SP_S);
	forget();
	ck_assert_int_eq(conn_dial(&client, loop, &where, 0, &client_ops, NULL),
	    0);
	say("GET /4" HEAD "\r\n");
	expect("/4\n");
	conn_free(first);
	finish();
}
END_TEST

START_TEST(oldest_idle_connection_gives_way)
{
	struct http_conf few = conf;
	struct conn *second;

	few.max_conns = 1;
	few.timeout = 5 * SP_S;
	nheld = 0;
	start(&few, handler);
	say("GET /1" HEAD "\r\n");
	expect("/1\n");
	ck_assert_int_eq(conn_dial(&second, loop, &where, 0, &client_ops, NULL),
	    0);
	conn_write(second, "GET /hold" HEAD "\r\n",
	    strlen("GET /hold" HEAD "\r\n"));
	until(&closed);
	while (nheld == 0)
		loop_step(loop, io_now() + SP_S);
	ck_assert_uint_eq(http_stats(http).evicted, 1);
	/* That one is no more idle: who comes is shut out. */
	closed = false;
	ck_assert_int_eq(conn_dial(&client, loop, &where, 0, &client_ops, NULL),
	    0);
	say("GET /3" HEAD "\r\n");
	until(&closed);
	ck_assert_uint_eq(http_stats(http).refused, 1);
	http_reply_text(held[0], 200, "done");
	expect("done\n");
	conn_free(second);
	finish();
}
END_TEST

START_TEST(without_descriptors_the_idle_give_way)
{
	struct http_conf long_lived = conf;
	struct conn *second;
	struct rlimit few;
	int fd;

	long_lived.timeout = 5 * SP_S;
	start(&long_lived, handler);
	say("GET /1" HEAD "\r\n");
	expect("/1\n");
	/* One more: the client has it, and none is left to accept with. */
	fd = dup(0);
	close(fd);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &few), 0);
	few.rlim_cur = (rlim_t)fd + 1;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	ck_assert_int_eq(conn_dial(&second, loop, &where, 0, &client_ops, NULL),
	    0);
	conn_write(second, "GET /2" HEAD "\r\n", strlen("GET /2" HEAD "\r\n"));
	expect("/2\n");
	ck_assert(closed);
	ck_assert_uint_eq(http_stats(http).evicted, 1);
	conn_free(second);
	finish();
}
END_TEST

START_TEST(upgraded_connection_carries_bytes)
{
	begin_quick();
	say("GET /up" HEAD "Connection: upgrade\r\nUpgrade: test\r\n\r\nabc");
	expect("\r\n\r\nabc");
	expect("HTTP/1.1 101 Switching Protocols\r\n");
	expect("Upgrade: test\r\n");
	expect("Connection: Upgrade\r\n");
	expect("X-Key: k\r\n");
	say("def");
	expect("abcdef");
	/* Silence is no reason to cut it. */
	wait_for(2 * conf.timeout);
	ck_assert(!closed);
	ck_assert_uint_eq(gone, 0);
	ck_assert_int_eq(http_write(held[0], "more", 4), 0);
	expect("abcdefmore");
	say("bye!");
	until(&closed);
	ck_assert_uint_eq(gone, 0);
	ck_assert_uint_eq(nupgraded, 10);
	finish();
}
END_TEST

START_TEST(upgraded_client_that_leaves_is_told)
{
	begin();
	say("GET /up" HEAD "Connection: upgrade\r\nUpgrade: test\r\n\r\n");
	expect("101 ");
	conn_free(client);
	client = NULL;
	while (gone == 0)
		loop_step(loop, io_now() + SP_S);
	finish();
	ck_assert_uint_eq(gone, 1);
}
END_TEST

START_TEST(paused_upgraded_connection_is_not_read)
{
	begin();
	say("GET /up" HEAD "Connection: upgrade\r\nUpgrade: test\r\n\r\n");
	expect("101 ");
	http_pause(held[0], true);
	say("abc");
	wait_for(SP_S / 20);
	ck_assert_uint_eq(nupgraded, 0);
	http_pause(held[0], false);
	expect("abc");
	finish();
}
END_TEST

START_TEST(bytes_behind_an_upgrade_wait_for_who_is_paused)
{
	begin();
	say("GET /paused" HEAD
	    "Connection: upgrade\r\nUpgrade: test\r\n\r\nab");
	expect("101 ");
	wait_for(SP_S / 20);
	ck_assert_uint_eq(nupgraded, 0);
	http_pause(held[0], false);
	expect("\r\n\r\nab");
	say("c");
	expect("\r\n\r\nabc");
	finish();
}
END_TEST

START_TEST(drained_is_told_of_a_backlog_once)
{
	static char block[1 << 20];
	unsigned i;

	begin();
	say("GET /stream" HEAD "\r\n");
	expect("\r\n\r\n");
	ck_assert_int_eq(http_write(held[0], "x", 1), 0);
	ck_assert_uint_eq(http_backlog(held[0]), 0);
	conn_pause(client, true);
	for (i = 0; http_backlog(held[0]) == 0; i++)
		ck_assert_int_eq(http_write(held[0], block, sizeof(block)), 0);
	ck_assert_uint_eq(ndrained, 0);
	conn_pause(client, false);
	while (ndrained == 0) {
		forget();
		loop_step(loop, io_now() + SP_S);
	}
	ck_assert_uint_eq(http_backlog(held[0]), 0);
	ck_assert_uint_eq(ndrained, 1);
	http_end(held[0]);
	finish();
}
END_TEST

START_TEST(client_that_takes_nothing_is_cut)
{
	static char block[1 << 20];

	begin_quick();
	say("GET /stream" HEAD "\r\n");
	expect("\r\n\r\n");
	conn_pause(client, true);
	while (http_backlog(held[0]) == 0)
		ck_assert_int_eq(http_write(held[0], block, sizeof(block)), 0);
	wait_for(2 * conf.timeout);
	ck_assert_uint_eq(gone, 1);
	ck_assert_uint_eq(http_stats(http).timeouts, 1);
	finish();
}
END_TEST

START_TEST(old_clients_connection_ends_behind_the_answer)
{
	begin();
	say("GET /1 HTTP/1.0\r\n\r\n");
	expect("/1\n");
	expect("Connection: close\r\n");
	until(&closed);
	finish();
}
END_TEST

UNIT_MAIN("http_conn", pipelined_requests_are_answered_in_order,
    requests_behind_one_that_waits_wait_too,
    any_split_of_the_bytes_gives_the_same, continue_is_sent_once,
    refusals_are_read_before_the_connection_ends,
    slow_header_is_cut_whatever_trickles, silent_connections_are_cut,
    one_host_has_so_many_connections_and_no_more,
    oldest_idle_connection_gives_way, without_descriptors_the_idle_give_way,
    upgraded_connection_carries_bytes, upgraded_client_that_leaves_is_told,
    paused_upgraded_connection_is_not_read,
    bytes_behind_an_upgrade_wait_for_who_is_paused,
    drained_is_told_of_a_backlog_once, client_that_takes_nothing_is_cut,
    old_clients_connection_ends_behind_the_answer)
