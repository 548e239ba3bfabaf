#include "io/origin.h"
#include "test/unit/unit.h"

#include "test/unit/origin_rig.h"

START_TEST(range_is_asked_for_and_reported)
{
	struct origin_ask ask = { .ranged = true, .offset = 2, .length = 3 };
	struct seen s = { 0 };

	rig_start();
	rig_fetch(&s, "/range", &ask);
	ck_assert_str_eq(rig.request,
	    "GET /range range=bytes=2-4 "
	    "agent=spate/" PACKAGE_VERSION " auth=- body=0");
	ck_assert_int_eq(s.done.result, ORIGIN_OK);
	ck_assert_uint_eq(s.heads, 1);
	ck_assert_int_eq(s.head.status, 206);
	ck_assert(s.head.partial);
	ck_assert_uint_eq(s.head.first, 2);
	ck_assert_uint_eq(s.head.total, 10);
	ck_assert_uint_eq(s.head.length, 3);
	ck_assert_str_eq(s.type, "video/mp2t");
	ck_assert(addr_is_loopback(&s.head.ip));
	ck_assert_int_gt(s.head.date_ms, INT64_C(1700000000000));
	ck_assert_str_eq(s.body, "234");
	ck_assert_uint_eq(s.done.bytes, 3);
	ck_assert_int_gt(s.done.first, 0);
	ck_assert_int_ge(s.done.took, s.done.first);
	ck_assert(!s.done.reused);
	rig_finish();
}
END_TEST

START_TEST(range_to_the_end_reuses_the_connection)
{
	struct origin_ask ask = { .ranged = true, .offset = 7 };
	struct seen s = { 0 }, t = { 0 };

	rig_start();
	rig_fetch(&s, "/range", &ask);
	rig_fetch(&t, "/range", &ask);
	ck_assert_str_eq(t.body, "789");
	ck_assert(t.done.reused);
	rig_finish();
}
END_TEST

START_TEST(host_that_ignores_range_is_reported)
{
	struct origin_ask ask = { .ranged = true, .offset = 2, .length = 3 };
	struct seen s = { 0 };

	rig_start();
	rig_fetch(&s, "/ignores-range", &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_OK);
	ck_assert(!s.head.partial);
	ck_assert_int_eq(s.head.status, 200);
	ck_assert_uint_eq(s.head.first, 0);
	ck_assert_uint_eq(s.head.total, 10);
	ck_assert_str_eq(s.etag, "\"v1\"");
	ck_assert_str_eq(s.body, "0123456789");
	rig_finish();
}
END_TEST

START_TEST(range_beyond_the_end_is_a_status)
{
	struct origin_ask ask = { .ranged = true, .offset = 10, .length = 3 };
	struct seen s = { 0 };

	rig_start();
	rig_fetch(&s, "/range", &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_STATUS);
	ck_assert_int_eq(s.done.status, 416);
	rig_finish();
}
END_TEST

START_TEST(truncated_body_is_not_ok)
{
	struct origin_ask ask = { .reach = ORIGIN_ANY };
	struct seen s = { 0 };
	struct origin_fetch *f;

	rig_start();
	rig_begin(&s, "/short", &ask, &f);
	while (s.len < 4)
		loop_step(rig.loop, io_now() + SP_S);
	http_cut(rig.kept);
	rig_run_until(&s.dones, 1);
	ck_assert_int_eq(s.done.result, ORIGIN_TRUNCATED);
	ck_assert_int_eq(s.done.status, 200);
	ck_assert_uint_eq(s.done.bytes, 4);
	ck_assert_str_eq(s.body, "0123");
	rig_finish();
}
END_TEST

START_TEST(busy_host_says_when_to_return)
{
	struct origin_ask ask = { 0 };
	struct seen s = { 0 };

	rig_start();
	rig_fetch(&s, "/busy", &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_STATUS);
	ck_assert_int_eq(s.done.status, 503);
	ck_assert_int_eq(s.done.retry, 7 * SP_S);
	ck_assert_int_eq(s.head.retry, 7 * SP_S);
	rig_finish();
}
END_TEST

START_TEST(silent_host_is_slow)
{
	struct origin_ask ask = { .timeout = 100 * SP_MS };
	struct seen s = { 0 };

	rig_start();
	rig_fetch(&s, "/silent", &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_SLOW);
	ck_assert_int_eq(s.done.status, 0);
	ck_assert_uint_eq(s.heads, 0);
	ck_assert_int_ge(s.done.took, 100 * SP_MS);
	rig_finish();
}
END_TEST

START_TEST(nobody_listening_is_connect)
{
	struct origin_ask ask = { .url = "http://127.0.0.1:1/x" };
	struct seen s = { 0 };

	rig_start();
	rig_fetch(&s, NULL, &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_CONNECT);
	rig_finish();
}
END_TEST

START_TEST(unknown_name_is_connect)
{
	struct origin_ask ask = { .url = "http://no.such.invalid/x" };
	struct seen s = { 0 };

	rig_start();
	rig_fetch(&s, NULL, &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_CONNECT);
	rig_finish();
}
END_TEST

START_TEST(redirects_are_followed_but_not_forever)
{
	struct origin_ask ask = { 0 }, ask2 = { 0 };
	struct seen s = { 0 }, t = { 0 };

	rig_start();
	rig_fetch(&s, "/once", &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_OK);
	ck_assert_uint_eq(s.heads, 1);
	ck_assert_str_eq(s.body, "0123456789");
	rig.asked = 0;
	rig_fetch(&t, "/round", &ask2);
	ck_assert_int_eq(t.done.result, ORIGIN_REFUSED);
	ck_assert_uint_eq(t.heads, 0);
	ck_assert_uint_eq(rig.asked, 6);
	rig_finish();
}
END_TEST

START_TEST(redirect_to_a_file_is_refused)
{
	struct origin_ask ask = { 0 };
	struct seen s = { 0 };

	rig_start();
	rig_fetch(&s, "/file", &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_REFUSED);
	ck_assert_uint_eq(s.len, 0);
	rig_finish();
}
END_TEST

START_TEST(loopback_is_not_public)
{
	struct origin_ask ask = { .reach = ORIGIN_PUBLIC };
	struct seen s = { 0 };
	struct origin_fetch *f;

	rig_start();
	rig_begin(&s, "/range", &ask, &f);
	rig_run_until(&s.dones, 1);
	ck_assert_int_eq(s.done.result, ORIGIN_REFUSED);
	ck_assert_uint_eq(rig.asked, 0);
	rig_finish();
}
END_TEST

/* Another fetch opened the connection with permission. */
START_TEST(reused_connection_is_no_way_in)
{
	struct origin_ask ask = { .reach = ORIGIN_ANY };
	struct origin_ask ask2 = { .reach = ORIGIN_PUBLIC };
	struct seen s = { 0 }, t = { 0 };
	struct origin_fetch *f;

	rig_start();
	rig_fetch(&s, "/range", &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_OK);
	rig.asked = 0;
	rig_begin(&t, "/range", &ask2, &f);
	rig_run_until(&t.dones, 1);
	ck_assert_int_eq(t.done.result, ORIGIN_REFUSED);
	ck_assert_uint_eq(rig.asked, 0);
	rig_finish();
}
END_TEST

/*
 * The proxy plays a public host (the name is not resolved here), which
 * redirects to this machine. The proxy would fetch it for us.
 */
START_TEST(public_host_cannot_redirect_to_loopback)
{
	struct origin_ask ask = { .url = "http://cdn.example/loop" };
	struct seen s = { 0 };

	rig_start();
	setenv("http_proxy", rig.base, 1);
	origin_free(rig.origin);
	ck_assert_int_eq(origin_new(&rig.origin, rig.loop, NULL), 0);
	/* evhttp sees "GET http://cdn.example/loop": path /loop. */
	rig_fetch(&s, NULL, &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_STATUS);
	ck_assert_int_eq(s.done.status, 404);
	ck_assert_uint_eq(rig.asked, 1);
	memset(&s, 0, sizeof(s));
	ask.url = "http://cdn.example/tolocal";
	rig_fetch(&s, NULL, &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_REFUSED);
	ck_assert_uint_eq(rig.asked, 2);
	unsetenv("http_proxy");
	rig_finish();
}
END_TEST

START_TEST(bodies_beyond_the_limit_end)
{
	struct origin_ask ask = { .max_bytes = 9 };
	struct origin_ask feed = { .max_bytes = 3, .reach = ORIGIN_ANY };
	struct seen s = { 0 }, t = { 0 };
	struct origin_fetch *f;

	rig_start();
	/* By Content-Length, before a byte of it. */
	rig_fetch(&s, "/range", &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_TOOBIG);
	ck_assert_uint_eq(s.len, 0);
	/* By count, when there is none. */
	rig_begin(&t, "/feed", &feed, &f);
	rig_run_until(&t.heads, 1);
	ck_assert_int_eq(http_write(rig.kept, "abcd", 4), 0);
	rig_run_until(&t.dones, 1);
	ck_assert_int_eq(t.done.result, ORIGIN_TOOBIG);
	ck_assert_uint_eq(t.len, 0);
	rig_finish();
}
END_TEST

START_TEST(stream_is_told_as_it_comes)
{
	struct origin_ask ask = {
		.timeout = SP_NEVER,
		.low_speed = SP_NEVER,
		.max_bytes = UINT64_MAX,
		.reach = ORIGIN_ANY,
	};
	struct seen s = { 0 };
	struct origin_fetch *f;

	rig_start();
	rig_begin(&s, "/feed", &ask, &f);
	rig_run_until(&s.heads, 1);
	ck_assert_uint_eq(s.head.length, UINT64_MAX);
	ck_assert_uint_eq(s.head.total, UINT64_MAX);
	http_write(rig.kept, "one", 3);
	while (s.len < 3)
		loop_step(rig.loop, io_now() + SP_S);
	http_write(rig.kept, "two", 3);
	while (s.len < 6)
		loop_step(rig.loop, io_now() + SP_S);
	ck_assert_str_eq(s.body, "onetwo");
	http_end(rig.kept);
	rig_run_until(&s.dones, 1);
	ck_assert_int_eq(s.done.result, ORIGIN_OK);
	rig_finish();
}
END_TEST

START_TEST(head_and_data_can_stop)
{
	struct origin_ask ask = { 0 }, ask2 = { 0 };
	struct seen s = { .on_head = ORIGIN_STOP }, t = { .stop_at = 1 };

	rig_start();
	rig_fetch(&s, "/range", &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_STOPPED);
	ck_assert_uint_eq(s.len, 0);
	rig_fetch(&t, "/range", &ask2);
	ck_assert_int_eq(t.done.result, ORIGIN_STOPPED);
	ck_assert_uint_eq(t.done.bytes, 10);
	rig_finish();
}
END_TEST

START_TEST(cancelled_fetch_says_nothing_more)
{
	struct origin_ask ask = { .reach = ORIGIN_ANY };
	struct seen s = { 0 }, t = { 0 }, u = { 0 };
	struct origin_fetch *f, *g;

	rig_start();
	/* Before libcurl has it. */
	rig_begin(&s, "/range", &ask, &f);
	origin_cancel(f);
	/* In its own callback. */
	ask.url = NULL;
	rig_begin(&t, "/range", &ask, &f);
	t.cancel = f;
	while (t.cancel != NULL)
		loop_step(rig.loop, io_now() + SP_S);
	/* While it waits for the host. */
	ask.url = NULL;
	rig_begin(&u, "/silent", &ask, &g);
	while (rig.kept == NULL)
		loop_step(rig.loop, io_now() + SP_S);
	origin_cancel(g);
	loop_step(rig.loop, io_now() + 10 * SP_MS);
	ck_assert_uint_eq(s.heads + s.dones, 0);
	ck_assert_uint_eq(t.heads, 1);
	ck_assert_uint_eq(t.dones, 0);
	ck_assert_uint_eq(u.heads + u.dones, 0);
	rig_finish();
}
END_TEST

START_TEST(post_carries_body_and_headers)
{
	static const char *const headers[] = {
		"Authorization: Bearer t0k",
	};
	struct origin_ask ask = {
		.post = true,
		.body = "a\0b",
		.body_len = 3,
		.headers = headers,
		.nheaders = 1,
	};
	struct seen s = { 0 };

	rig_start();
	rig_fetch(&s, "/echo", &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_OK);
	ck_assert_uint_eq(s.len, 3);
	ck_assert_mem_eq(s.body, "a\0b", 3);
	ck_assert_ptr_nonnull(strstr(rig.request, "POST /echo"));
	ck_assert_ptr_nonnull(strstr(rig.request, "auth=Bearer t0k"));
	rig_finish();
}
END_TEST

START_TEST(split_headers_and_odd_schemes_are_arguments)
{
	static const char *const split[] = { "A: b\r\nC: d" };
	struct origin_ask ask = { .url = "ftp://127.0.0.1/x" };
	struct origin_fetch *f;
	struct seen s = { 0 };

	rig_start();
	ck_assert_int_eq(origin_get(rig.origin, &ask, &seen_ops, &s, &f),
	    SP_ERR_ARG);
	ask.url = rig_url("/range");
	ask.headers = split;
	ask.nheaders = 1;
	ck_assert_int_eq(origin_get(rig.origin, &ask, &seen_ops, &s, &f),
	    SP_ERR_ARG);
	rig_finish();
}
END_TEST

struct whole {
	unsigned calls;
	enum origin_result result;
	int status;
	size_t len;
	char first;
};

static void
whole_cb(void *ctx, const struct origin_done *d, const struct origin_head *h,
    const uint8_t *body, size_t len)
{
	struct whole *w = ctx;

	w->calls++;
	w->result = d->result;
	w->status = h->status;
	w->len = len;
	w->first = (char)body[0];
	ck_assert_uint_eq(body[len], 0);
}

START_TEST(whole_body_is_unpacked)
{
	struct origin_ask ask = { .reach = ORIGIN_ANY, .gzip = true };
	struct whole w = { 0 }, x = { 0 };

	rig_start();
	ask.url = rig_url("/text");
	ck_assert_int_eq(origin_all(rig.origin, &ask, whole_cb, &w, NULL), 0);
	rig_run_until(&w.calls, 1);
	ck_assert_int_eq(w.result, ORIGIN_OK);
	ck_assert_int_eq(w.status, 200);
	ck_assert_uint_eq(w.len, 2000);
	ck_assert_int_eq(w.first, 'y');
	ask.url = "http://127.0.0.1:1/";
	ck_assert_int_eq(origin_all(rig.origin, &ask, whole_cb, &x, NULL), 0);
	rig_run_until(&x.calls, 1);
	ck_assert_int_eq(x.result, ORIGIN_CONNECT);
	ck_assert_uint_eq(x.len, 0);
	rig_finish();
}
END_TEST

START_TEST(many_fetches_share_few_connections)
{
	static struct seen v[40];
	struct origin_ask ask = { .reach = ORIGIN_ANY };
	struct origin_fetch *f;
	unsigned fresh = 0;
	size_t i;

	rig_start();
	for (i = 0; i < SP_LEN(v); i++) {
		ask.url = NULL;
		rig_begin(&v[i], "/range", &ask, &f);
	}
	for (i = 0; i < SP_LEN(v); i++) {
		rig_run_until(&v[i].dones, 1);
		ck_assert_int_eq(v[i].done.result, ORIGIN_OK);
		fresh += !v[i].done.reused;
	}
	ck_assert_uint_le(fresh, 6);
	rig_finish();
}
END_TEST

START_TEST(freeing_the_pool_cancels)
{
	struct origin_ask ask = { .reach = ORIGIN_ANY };
	struct seen s = { 0 };
	struct origin_fetch *f;

	rig_start();
	rig_begin(&s, "/silent", &ask, &f);
	while (rig.kept == NULL)
		loop_step(rig.loop, io_now() + SP_S);
	rig_finish();
	ck_assert_uint_eq(s.dones, 0);
}
END_TEST

UNIT_MAIN("origin", range_is_asked_for_and_reported,
    range_to_the_end_reuses_the_connection, host_that_ignores_range_is_reported,
    range_beyond_the_end_is_a_status, truncated_body_is_not_ok,
    busy_host_says_when_to_return, silent_host_is_slow,
    nobody_listening_is_connect, unknown_name_is_connect,
    redirects_are_followed_but_not_forever, redirect_to_a_file_is_refused,
    loopback_is_not_public, reused_connection_is_no_way_in,
    public_host_cannot_redirect_to_loopback, bodies_beyond_the_limit_end,
    stream_is_told_as_it_comes, head_and_data_can_stop,
    cancelled_fetch_says_nothing_more, post_carries_body_and_headers,
    split_headers_and_odd_schemes_are_arguments, whole_body_is_unpacked,
    many_fetches_share_few_connections, freeing_the_pool_cancels)
