#include "io/http.h"
#include "io/origin.h"

#include "test/unit/http_help.h"

static void
on_gone(void *ctx SP_UNUSED, struct http_req *r SP_UNUSED)
{
	gone++;
	kept = NULL;
}

static char big[4096];

static void
handler(void *ctx SP_UNUSED, struct http_req *r)
{
	const char *path = http_req_path(r);
	size_t len;
	const uint8_t *body;

	if (http_req_method(r) == HTTP_M_OPTIONS) {
		http_reply_preflight(r, "*", HTTP_M_GET | HTTP_M_HEAD);
	} else if (strcmp(path, "/hello") == 0) {
		http_cors(r, "*");
		http_reply(r, 200, "text/plain", "hello", 5);
	} else if (strcmp(path, "/range") == 0) {
		http_reply_range(r, "video/mp2t", "0123456789", 10);
	} else if (strcmp(path, "/echo") == 0) {
		body = http_req_body(r, &len);
		http_reply(r, 200, "text/plain", body, len);
	} else if (strcmp(path, "/big") == 0) {
		http_reply(r, 200, "application/json", big, sizeof(big));
	} else if (strcmp(path, "/random") == 0) {
		http_as_is(r);
		http_reply(r, 200, "text/plain", big, sizeof(big));
	} else if (strcmp(path, "/known") == 0) {
		http_start(r, 206, "video/mp2t", 10);
		kept = r;
		http_on_gone(r, on_gone, NULL);
	} else if (strcmp(path, "/unknown") == 0) {
		http_start(r, 200, "video/mp2t", -1);
		kept = r;
		http_on_gone(r, on_gone, NULL);
	} else if (strcmp(path, "/hold") == 0) {
		kept = r;
		http_on_gone(r, on_gone, NULL);
	} else if (strcmp(path, "/cut") == 0) {
		http_cut(r);
	} else {
		http_reply_text(r, 404, "nothing here");
	}
}

static const struct http_conf all = {
	.methods = HTTP_M_GET | HTTP_M_HEAD | HTTP_M_POST | HTTP_M_OPTIONS,
	.max_body = 1000,
	.timeout = SP_S / 5,
};

START_TEST(get_is_answered_with_length_and_cors)
{
	start(&all, handler);
	say("GET /hello" HEAD "\r\n");
	expect("\r\n\r\nhello");
	expect("HTTP/1.1 200 OK\r\n");
	expect("Content-Length: 5\r\n");
	expect("Access-Control-Allow-Origin: *\r\n");
	expect("Content-Type: text/plain\r\n");
	/* Keep-alive: the next request on the same connection. */
	forget();
	say("GET /nothing" HEAD "\r\n");
	expect("HTTP/1.1 404 Not Found\r\n");
	expect("nothing here\n");
	finish();
}
END_TEST

START_TEST(head_has_the_length_and_no_body)
{
	start(&all, handler);
	say("HEAD /hello" HEAD "\r\nGET /echo" HEAD "\r\n");
	expect("Content-Length: 0\r\n");
	expect("Content-Length: 5\r\n");
	ck_assert_ptr_null(strstr(got, "hello"));
	finish();
}
END_TEST

START_TEST(options_and_other_methods)
{
	start(&all, handler);
	say("OPTIONS /hello" HEAD
	    "Access-Control-Request-Headers: range\r\n\r\n");
	expect("HTTP/1.1 204 No Content\r\n");
	expect("Access-Control-Allow-Methods: GET, HEAD\r\n");
	expect("Access-Control-Allow-Headers: range\r\n");
	forget();
	say("DELETE /hello" HEAD "\r\n");
	expect("HTTP/1.1 405 ");
	expect("Allow: GET, HEAD, POST, OPTIONS\r\n");
	finish();
}
END_TEST

START_TEST(body_comes_whole_and_has_a_limit)
{
	start(&all, handler);
	say("POST /echo" HEAD "Content-Length: 3\r\n\r\nab");
	say("c");
	expect("\r\n\r\nabc");
	forget();
	say("POST /echo" HEAD "Content-Length: 1001\r\n\r\n");
	expect("HTTP/1.1 413 ");
	until(&closed);
	finish();
}
END_TEST

START_TEST(ranges_are_cut_out)
{
	start(&all, handler);
	say("GET /range" HEAD "Range: bytes=2-4\r\n\r\n");
	expect("HTTP/1.1 206 Partial Content\r\n");
	expect("Content-Range: bytes 2-4/10\r\n");
	expect("Content-Length: 3\r\n");
	expect("\r\n\r\n234");
	forget();
	say("GET /range" HEAD "Range: bytes=10-\r\n\r\n");
	expect("HTTP/1.1 416 ");
	expect("Content-Range: bytes */10\r\n");
	forget();
	say("GET /range" HEAD "\r\n");
	expect("HTTP/1.1 200 OK\r\n");
	expect("\r\n\r\n0123456789");
	forget();
	say("HEAD /range" HEAD "Range: bytes=-3\r\n\r\n");
	expect("Content-Range: bytes 7-9/10\r\n");
	expect("Content-Length: 3\r\n");
	finish();
}
END_TEST

START_TEST(known_length_is_streamed_without_chunks)
{
	start(&all, handler);
	say("GET /known" HEAD "\r\n");
	expect("\r\n\r\n");
	expect("Content-Length: 10\r\n");
	ck_assert_ptr_null(strstr(got, "chunked"));
	ck_assert_int_eq(http_write(kept, "01234", 5), 0);
	expect("\r\n\r\n01234");
	ck_assert_int_eq(http_write(kept, "too long", 8), SP_ERR_TOOBIG);
	ck_assert_int_eq(http_write(kept, "56789", 5), 0);
	http_end(kept);
	expect("\r\n\r\n0123456789");
	forget();
	say("GET /hello" HEAD "\r\n");
	expect("hello");
	ck_assert_uint_eq(gone, 0);
	finish();
}
END_TEST

START_TEST(short_stream_is_cut_not_padded)
{
	start(&all, handler);
	say("GET /known" HEAD "\r\n");
	expect("\r\n\r\n");
	ck_assert_int_eq(http_write(kept, "01234", 5), 0);
	expect("01234");
	http_end(kept);
	until(&closed);
	finish();
}
END_TEST

START_TEST(unknown_length_is_chunked_or_ends_at_close)
{
	start(&all, handler);
	say("GET /unknown" HEAD "\r\n");
	expect("Transfer-Encoding: chunked\r\n");
	ck_assert_int_eq(http_write(kept, "abc", 3), 0);
	expect("\r\n\r\n3\r\nabc\r\n");
	http_end(kept);
	expect("0\r\n\r\n");
	forget();
	say("GET /unknown HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	expect("\r\n\r\n");
	ck_assert_int_eq(http_write(kept, "abc", 3), 0);
	http_end(kept);
	until(&closed);
	ck_assert_str_eq(strstr(got, "\r\n\r\n"), "\r\n\r\nabc");
	finish();
}
END_TEST

static void
set_true(void *ctx, sp_time now SP_UNUSED)
{
	*(bool *)ctx = true;
}

START_TEST(held_request_outlives_the_idle_timeout)
{
	struct io_timer t;
	bool late = false;

	start(&all, handler);
	say("GET /hold" HEAD "\r\n");
	ck_assert_int_eq(io_timer_init(&t, loop, set_true, &late), 0);
	/* The idle time-out of the server is 200 ms. */
	io_timer_set(&t, io_now() + SP_S / 2);
	until(&late);
	ck_assert_ptr_nonnull(kept);
	ck_assert(!closed);
	http_reply(kept, 200, "text/plain", "late", 4);
	expect("late");
	/* Idle now: the connection is closed. */
	until(&closed);
	io_timer_fini(&t);
	finish();
}
END_TEST

START_TEST(client_that_leaves_is_told)
{
	static const char *const paths[] = { "/hold", "/known", "/unknown" };
	char text[100];
	bool left;
	size_t i;

	for (i = 0; i < SP_LEN(paths); i++) {
		start(&all, handler);
		snprintf(text, sizeof(text), "GET %s" HEAD "\r\n", paths[i]);
		say(text);
		while (kept == NULL)
			loop_step(loop, io_now() + SP_S);
		conn_free(client);
		client = NULL;
		left = false;
		while (!left) {
			loop_step(loop, io_now() + SP_S);
			left = gone == 1;
		}
		ck_assert_ptr_null(kept);
		finish();
	}
}
END_TEST

START_TEST(freeing_the_server_tells_open_requests)
{
	start(&all, handler);
	say("GET /hold" HEAD "\r\n");
	while (kept == NULL)
		loop_step(loop, io_now() + SP_S);
	finish();
	ck_assert_uint_eq(gone, 1);
}
END_TEST

START_TEST(cut_in_the_handler_closes)
{
	start(&all, handler);
	say("GET /cut" HEAD "\r\n");
	until(&closed);
	ck_assert_uint_eq(ngot, 0);
	finish();
}
END_TEST

START_TEST(text_is_gzipped_for_who_asks)
{
	memset(big, 'x', sizeof(big));
	start(&all, handler);
	say("GET /big" HEAD "Accept-Encoding: br, gzip;q=1.0\r\n\r\n");
	expect("Content-Encoding: gzip\r\n");
	ck_assert_uint_lt(ngot, 1000);
	forget();
	say("GET /big" HEAD "Accept-Encoding: gzip;q=0\r\n\r\n");
	expect("Content-Length: 4096\r\n");
	expect("xxxx");
	expect("Vary: Accept-Encoding\r\n");
	forget();
	say("GET /big" HEAD "Accept-Encoding: gzip ; q=0.00, br\r\n\r\n");
	expect("Content-Length: 4096\r\n");
	expect("xxxx");
	forget();
	say("GET /random" HEAD "Accept-Encoding: gzip\r\n\r\n");
	expect("Content-Length: 4096\r\n");
	expect("\r\n\r\nxxxx");
	ck_assert_ptr_null(strstr(got, "Vary"));
	finish();
}
END_TEST

START_TEST(bad_paths_never_reach_the_handler)
{
	start(&all, handler);
	say("GET /a%00b" HEAD "\r\n");
	expect("HTTP/1.1 400 ");
	finish();
	start(&all, handler);
	say("GET /%zz" HEAD "\r\n");
	expect("HTTP/1.1 400 ");
	finish();
}
END_TEST

START_TEST(foreign_host_is_refused)
{
	struct http_conf conf = all;

	conf.check_host = true;
	start(&conf, handler);
	say("GET /hello HTTP/1.1\r\nHost: evil.example:80\r\n\r\n");
	expect("HTTP/1.1 403 ");
	forget();
	say("GET /hello HTTP/1.1\r\nHost: localhost:8080\r\n\r\n");
	expect("hello");
	finish();
}
END_TEST

START_TEST(backlog_is_reported_and_drains)
{
	static char block[65536];
	struct http_conf conf = all;
	size_t sum = 0;

	conf.timeout = 10 * SP_S;
	start(&conf, handler);
	say("GET /unknown" HEAD "\r\n");
	expect("\r\n\r\n");
	forget();
	conn_pause(client, true);
	while (http_backlog(kept) < 4 * 1024 * 1024) {
		ck_assert_int_eq(http_write(kept, block, sizeof(block)), 0);
		sum += sizeof(block);
		loop_step(loop, 0);
		ck_assert_uint_lt(sum, 64 * 1024 * 1024);
	}
	http_cut(kept);
	conn_pause(client, false);
	while (!closed) {
		forget();
		loop_step(loop, io_now() + SP_S);
	}
	finish();
}
END_TEST

/* ---- pure parts ---- */

START_TEST(range_parse_table)
{
	static const struct {
		const char *text;
		uint64_t size;
		int rc;
		uint64_t first, last;
	} rows[] = {
		{ NULL, 10, 0, 0, 0 },
		{ "bytes=0-", 10, 1, 0, 9 },
		{ "bytes=0-0", 10, 1, 0, 0 },
		{ "bytes=3-5", 10, 1, 3, 5 },
		{ "bytes=3-500", 10, 1, 3, 9 },
		{ "bytes=-3", 10, 1, 7, 9 },
		{ "bytes=-30", 10, 1, 0, 9 },
		{ "bytes=9-9", 10, 1, 9, 9 },
		{ "bytes=10-", 10, SP_ERR_RANGE, 0, 0 },
		{ "bytes=-0", 10, SP_ERR_RANGE, 0, 0 },
		{ "bytes=0-", 0, SP_ERR_RANGE, 0, 0 },
		{ "bytes=-5", 0, SP_ERR_RANGE, 0, 0 },
		{ "bytes=99999999999999999999-", 10, SP_ERR_RANGE, 0, 0 },
		{ "bytes=0-99999999999999999999", 10, 1, 0, 9 },
		{ "bytes=5-3", 10, 0, 0, 0 },
		{ "bytes=-", 10, 0, 0, 0 },
		{ "bytes=0-1,3-4", 10, 0, 0, 0 },
		{ "bytes=a-b", 10, 0, 0, 0 },
		{ "lines=0-1", 10, 0, 0, 0 },
		{ "bytes=", 10, 0, 0, 0 },
		{ "Bytes= 1-2 ", 10, 1, 1, 2 },
	};
	struct http_range g;
	size_t i;

	for (i = 0; i < SP_LEN(rows); i++) {
		ck_assert_int_eq(
		    http_range_parse(rows[i].text, rows[i].size, &g),
		    rows[i].rc);
		if (rows[i].rc != 1)
			continue;
		ck_assert_uint_eq(g.first, rows[i].first);
		ck_assert_uint_eq(g.last, rows[i].last);
	}
}
END_TEST

START_TEST(query_values_are_bytes)
{
	const char *q = "info_hash=%00%ffA+b&x&x=2&empty=&bad=%4";
	char out[16];

	ck_assert_int_eq(http_query_param(q, "info_hash", 0, out, 16), 5);
	ck_assert_mem_eq(out, "\0\377A b", 6);
	ck_assert_int_eq(http_query_param(q, "x", 0, out, 16), 0);
	ck_assert_int_eq(http_query_param(q, "x", 1, out, 16), 1);
	ck_assert_int_eq(http_query_param(q, "empty", 0, out, 16), 0);
	ck_assert_int_eq(http_query_param(q, "x", 2, out, 16), SP_ERR_NOTFOUND);
	ck_assert_int_eq(http_query_param(q, "info", 0, out, 16),
	    SP_ERR_NOTFOUND);
	ck_assert_int_eq(http_query_param(q, "bad", 0, out, 16), SP_ERR_SYNTAX);
	ck_assert_int_eq(http_query_param(q, "info_hash", 0, out, 5),
	    SP_ERR_TOOBIG);
	ck_assert_int_eq(http_query_param("", "x", 0, out, 16),
	    SP_ERR_NOTFOUND);
}
END_TEST

START_TEST(host_check_knows_loopback_and_names)
{
	static const char *const names[] = { "tv.lan" };

	ck_assert(http_host_ok("127.0.0.1", NULL, 0));
	ck_assert(http_host_ok("127.0.0.1:8080", NULL, 0));
	ck_assert(http_host_ok("[::1]:8080", NULL, 0));
	ck_assert(http_host_ok("LocalHost", NULL, 0));
	ck_assert(http_host_ok("localhost.:80", NULL, 0));
	ck_assert(!http_host_ok(NULL, NULL, 0));
	ck_assert(!http_host_ok("", NULL, 0));
	ck_assert(!http_host_ok("tv.lan", NULL, 0));
	ck_assert(http_host_ok("tv.lan:1", names, 1));
	ck_assert(!http_host_ok("tv.lan:1@evil", names, 1));
	ck_assert(!http_host_ok("localhost.evil.example", NULL, 0));
	ck_assert(!http_host_ok("127.0.0.1.evil.example", NULL, 0));
	ck_assert(!http_host_ok("[::1", NULL, 0));
	ck_assert(!http_host_ok("127.0.0.1:80:80", NULL, 0));
}
END_TEST

static const char *const own_token = "s3cret";
static bool token_ok, origin_ok;

static void
token_handler(void *ctx SP_UNUSED, struct http_req *r)
{
	token_ok = http_token_ok(r, own_token);
	origin_ok = http_origin_ok(r);
	http_reply_text(r, 200, "done");
}

static void
ask(const char *request)
{
	forget();
	say(request);
	expect("done\n");
}

START_TEST(token_and_origin_are_checked)
{
	start(&all, token_handler);
	ask("GET /?token=s3cret" HEAD "\r\n");
	ck_assert(token_ok);
	ck_assert(origin_ok);
	ask("GET /" HEAD "Authorization: Bearer s3cret\r\n\r\n");
	ck_assert(token_ok);
	ask("GET /" HEAD "Authorization: Bearer s3cre\r\n\r\n");
	ck_assert(!token_ok);
	ask("GET /?token=" HEAD "\r\n");
	ck_assert(!token_ok);
	ask("GET /" HEAD "Origin: http://127.0.0.1\r\n\r\n");
	ck_assert(origin_ok);
	ask("GET /" HEAD "Origin: http://evil.example\r\n\r\n");
	ck_assert(!origin_ok);
	ask("GET /" HEAD "Origin: null\r\n\r\n");
	ck_assert(!origin_ok);
	finish();
}
END_TEST

START_TEST(without_listeners_connections_go_on)
{
	start(NULL, handler);
	say("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
	while (http_open(http) == 0)
		loop_step(loop, io_now() + SP_S);
	http_unlisten(http);
	http_reply_text(kept, 200, "still here");
	expect("still here");
	finish();
}
END_TEST

UNIT_MAIN("http", get_is_answered_with_length_and_cors,
    head_has_the_length_and_no_body, options_and_other_methods,
    body_comes_whole_and_has_a_limit, ranges_are_cut_out,
    known_length_is_streamed_without_chunks, short_stream_is_cut_not_padded,
    unknown_length_is_chunked_or_ends_at_close,
    held_request_outlives_the_idle_timeout, client_that_leaves_is_told,
    freeing_the_server_tells_open_requests, cut_in_the_handler_closes,
    text_is_gzipped_for_who_asks, bad_paths_never_reach_the_handler,
    foreign_host_is_refused, backlog_is_reported_and_drains, range_parse_table,
    query_values_are_bytes, host_check_knows_loopback_and_names,
    token_and_origin_are_checked, without_listeners_connections_go_on)
