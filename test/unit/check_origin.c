#include "io/origin.h"
#include "test/unit/unit.h"

#include "io/conn.h"
#include "io/http.h"

/*
 * A server that behaves badly on demand and the client under test, on one
 * loop over loopback. http_proxy and its kin are unset by start().
 */

static struct loop *loop;
static struct http *http;
static struct origin *origin;
static char base[64];
static unsigned asked;
static char request[512]; /* headers that a test looks at */
static struct http_req *kept;

/* What a fetch did. */
struct seen {
	unsigned heads, dones;
	struct origin_head head;
	char type[64], etag[64], text[128];
	char body[4096];
	size_t len;
	struct origin_done done;
	enum origin_verdict on_head;
	unsigned pauses; /* data calls to answer with ORIGIN_PAUSE */
	size_t stop_at;
	struct origin_fetch *cancel; /* in the data callback */
};

static enum origin_verdict
seen_head(void *ctx, struct origin_fetch *f SP_UNUSED,
    const struct origin_head *h)
{
	struct seen *s = ctx;

	s->heads++;
	s->head = *h;
	snprintf(s->type, sizeof(s->type), "%s", h->type);
	snprintf(s->etag, sizeof(s->etag), "%s", h->etag);
	return s->on_head;
}

static enum origin_verdict
seen_data(void *ctx, struct origin_fetch *f, const uint8_t *p, size_t len)
{
	struct seen *s = ctx;

	ck_assert_uint_eq(s->heads, 1);
	ck_assert_uint_eq(s->dones, 0);
	if (s->cancel != NULL) {
		origin_cancel(s->cancel);
		s->cancel = NULL;
		return ORIGIN_GO;
	}
	if (s->pauses > 0) {
		s->pauses--;
		origin_resume(f);
		return ORIGIN_PAUSE;
	}
	ck_assert_uint_lt(s->len + len, sizeof(s->body));
	memcpy(s->body + s->len, p, len);
	s->len += len;
	s->body[s->len] = '\0';
	return s->stop_at > 0 && s->len >= s->stop_at ? ORIGIN_STOP : ORIGIN_GO;
}

static void
seen_done(void *ctx, struct origin_fetch *f SP_UNUSED,
    const struct origin_done *d)
{
	struct seen *s = ctx;

	s->dones++;
	s->done = *d;
	snprintf(s->text, sizeof(s->text), "%s", d->text);
	s->done.text = s->text;
}

static const struct origin_ops seen_ops = {
	.head = seen_head,
	.data = seen_data,
	.done = seen_done,
};

static void
redirect(struct http_req *r, const char *to)
{
	http_header(r, "Location", to);
	http_reply_text(r, 302, "elsewhere");
}

static void
note_request(struct http_req *r)
{
	const char *range = http_req_header(r, "Range");
	const char *agent = http_req_header(r, "User-Agent");
	const char *auth = http_req_header(r, "Authorization");
	size_t len;

	asked++;
	http_req_body(r, &len);
	snprintf(request, sizeof(request),
	    "%s %s range=%s agent=%s auth=%s "
	    "body=%zu",
	    http_req_method(r) == HTTP_M_POST ? "POST" : "GET",
	    http_req_path(r), range != NULL ? range : "-",
	    agent != NULL ? agent : "-", auth != NULL ? auth : "-", len);
}

static void
behave(struct http_req *r, const char *path)
{
	if (strcmp(path, "/ignores-range") == 0) {
		http_header(r, "ETag", "\"v1\"");
		http_reply(r, 200, "video/mp2t", "0123456789", 10);
	} else if (strcmp(path, "/short") == 0) {
		http_start(r, 200, "video/mp2t", 10);
		http_write(r, "0123", 4);
		kept = r;
	} else if (strcmp(path, "/busy") == 0) {
		http_header(r, "Retry-After", "7");
		http_reply_text(r, 503, "later");
	} else if (strcmp(path, "/silent") == 0) {
		kept = r;
	} else if (strcmp(path, "/feed") == 0) {
		http_start(r, 200, "application/octet-stream", -1);
		kept = r;
	} else if (strcmp(path, "/once") == 0) {
		redirect(r, "/range");
	} else if (strcmp(path, "/round") == 0) {
		redirect(r, "/round");
	} else if (strcmp(path, "/tolocal") == 0) {
		redirect(r, "http://127.0.0.1:80/admin");
	} else if (strcmp(path, "/file") == 0) {
		redirect(r, "file:///etc/passwd");
	} else if (strcmp(path, "/text") == 0) {
		static char text[2000];

		memset(text, 'y', sizeof(text));
		http_reply(r, 200, "application/json", text, sizeof(text));
	} else if (strcmp(path, "/echo") == 0) {
		size_t len;
		const uint8_t *p = http_req_body(r, &len);

		http_reply(r, 200, "text/plain", p, len);
	} else {
		http_reply_text(r, 404, "no");
	}
}

static void
handler(void *ctx SP_UNUSED, struct http_req *r)
{
	note_request(r);
	if (strcmp(http_req_path(r), "/range") == 0)
		http_reply_range(r, "video/mp2t", "0123456789", 10);
	else
		behave(r, http_req_path(r));
}

static void
start(void)
{
	static const struct http_conf conf = {
		.methods = HTTP_M_GET | HTTP_M_HEAD | HTTP_M_POST,
	};
	struct sp_addr any, at;

	unsetenv("http_proxy");
	unsetenv("https_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	asked = 0;
	kept = NULL;
	ck_assert_int_eq(loop_new(&loop), 0);
	ck_assert_int_eq(http_new(&http, loop, &conf, handler, NULL), 0);
	ck_assert_int_eq(addr_parse(&any, "127.0.0.1:0", 11), 0);
	ck_assert_int_eq(http_listen(http, &any, &at), 0);
	snprintf(base, sizeof(base), "http://127.0.0.1:%u", at.port);
	ck_assert_int_eq(origin_new(&origin, loop, NULL), 0);
}

static void
finish(void)
{
	origin_free(origin);
	http_free(http);
	loop_free(loop);
}

static const char *
url_of(const char *path)
{
	static char url[256];

	snprintf(url, sizeof(url), "%s%s", base, path);
	return url;
}

static void
begin(struct seen *s, const char *path, struct origin_ask *ask,
    struct origin_fetch **out)
{
	if (ask->url == NULL)
		ask->url = url_of(path);
	ck_assert_int_eq(origin_get(origin, ask, &seen_ops, s, out), 0);
	ck_assert_uint_eq(s->dones, 0);
}

static void
run_until(const unsigned *count, unsigned n)
{
	sp_time end = io_now() + 10 * SP_S;

	while (*count < n) {
		ck_assert_msg(io_now() < end, "nothing happens");
		loop_step(loop, end);
	}
}

/* One fetch from start to end. */
static void
fetch(struct seen *s, const char *path, struct origin_ask *ask)
{
	struct origin_fetch *f;

	ask->reach = ask->reach == ORIGIN_PUBLIC ? ORIGIN_AS_FIRST : ask->reach;
	begin(s, path, ask, &f);
	run_until(&s->dones, 1);
}

START_TEST(range_is_asked_for_and_reported)
{
	struct origin_ask ask = { .ranged = true, .offset = 2, .length = 3 };
	struct seen s = { 0 };

	start();
	fetch(&s, "/range", &ask);
	ck_assert_str_eq(request,
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
	finish();
}
END_TEST

START_TEST(range_to_the_end_reuses_the_connection)
{
	struct origin_ask ask = { .ranged = true, .offset = 7 };
	struct seen s = { 0 }, t = { 0 };

	start();
	fetch(&s, "/range", &ask);
	fetch(&t, "/range", &ask);
	ck_assert_str_eq(t.body, "789");
	ck_assert(t.done.reused);
	finish();
}
END_TEST

START_TEST(host_that_ignores_range_is_reported)
{
	struct origin_ask ask = { .ranged = true, .offset = 2, .length = 3 };
	struct seen s = { 0 };

	start();
	fetch(&s, "/ignores-range", &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_OK);
	ck_assert(!s.head.partial);
	ck_assert_int_eq(s.head.status, 200);
	ck_assert_uint_eq(s.head.first, 0);
	ck_assert_uint_eq(s.head.total, 10);
	ck_assert_str_eq(s.etag, "\"v1\"");
	ck_assert_str_eq(s.body, "0123456789");
	finish();
}
END_TEST

START_TEST(range_beyond_the_end_is_a_status)
{
	struct origin_ask ask = { .ranged = true, .offset = 10, .length = 3 };
	struct seen s = { 0 };

	start();
	fetch(&s, "/range", &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_STATUS);
	ck_assert_int_eq(s.done.status, 416);
	finish();
}
END_TEST

START_TEST(truncated_body_is_not_ok)
{
	struct origin_ask ask = { .reach = ORIGIN_ANY };
	struct seen s = { 0 };
	struct origin_fetch *f;

	start();
	begin(&s, "/short", &ask, &f);
	while (s.len < 4)
		loop_step(loop, io_now() + SP_S);
	http_cut(kept);
	run_until(&s.dones, 1);
	ck_assert_int_eq(s.done.result, ORIGIN_TRUNCATED);
	ck_assert_int_eq(s.done.status, 200);
	ck_assert_uint_eq(s.done.bytes, 4);
	ck_assert_str_eq(s.body, "0123");
	finish();
}
END_TEST

START_TEST(busy_host_says_when_to_return)
{
	struct origin_ask ask = { 0 };
	struct seen s = { 0 };

	start();
	fetch(&s, "/busy", &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_STATUS);
	ck_assert_int_eq(s.done.status, 503);
	ck_assert_int_eq(s.done.retry, 7 * SP_S);
	ck_assert_int_eq(s.head.retry, 7 * SP_S);
	finish();
}
END_TEST

START_TEST(silent_host_is_slow)
{
	struct origin_ask ask = { .timeout = 100 * SP_MS };
	struct seen s = { 0 };

	start();
	fetch(&s, "/silent", &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_SLOW);
	ck_assert_int_eq(s.done.status, 0);
	ck_assert_uint_eq(s.heads, 0);
	ck_assert_int_ge(s.done.took, 100 * SP_MS);
	finish();
}
END_TEST

START_TEST(nobody_listening_is_connect)
{
	struct origin_ask ask = { .url = "http://127.0.0.1:1/x" };
	struct seen s = { 0 };

	start();
	fetch(&s, NULL, &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_CONNECT);
	finish();
}
END_TEST

START_TEST(unknown_name_is_connect)
{
	struct origin_ask ask = { .url = "http://no.such.invalid/x" };
	struct seen s = { 0 };

	start();
	fetch(&s, NULL, &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_CONNECT);
	finish();
}
END_TEST

START_TEST(redirects_are_followed_but_not_forever)
{
	struct origin_ask ask = { 0 }, ask2 = { 0 };
	struct seen s = { 0 }, t = { 0 };

	start();
	fetch(&s, "/once", &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_OK);
	ck_assert_uint_eq(s.heads, 1);
	ck_assert_str_eq(s.body, "0123456789");
	asked = 0;
	fetch(&t, "/round", &ask2);
	ck_assert_int_eq(t.done.result, ORIGIN_REFUSED);
	ck_assert_uint_eq(t.heads, 0);
	ck_assert_uint_eq(asked, 6);
	finish();
}
END_TEST

START_TEST(redirect_to_a_file_is_refused)
{
	struct origin_ask ask = { 0 };
	struct seen s = { 0 };

	start();
	fetch(&s, "/file", &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_REFUSED);
	ck_assert_uint_eq(s.len, 0);
	finish();
}
END_TEST

START_TEST(loopback_is_not_public)
{
	struct origin_ask ask = { .reach = ORIGIN_PUBLIC };
	struct seen s = { 0 };
	struct origin_fetch *f;

	start();
	begin(&s, "/range", &ask, &f);
	run_until(&s.dones, 1);
	ck_assert_int_eq(s.done.result, ORIGIN_REFUSED);
	ck_assert_uint_eq(asked, 0);
	finish();
}
END_TEST

/* Another fetch opened the connection with permission. */
START_TEST(reused_connection_is_no_way_in)
{
	struct origin_ask ask = { .reach = ORIGIN_ANY };
	struct origin_ask ask2 = { .reach = ORIGIN_PUBLIC };
	struct seen s = { 0 }, t = { 0 };
	struct origin_fetch *f;

	start();
	fetch(&s, "/range", &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_OK);
	asked = 0;
	begin(&t, "/range", &ask2, &f);
	run_until(&t.dones, 1);
	ck_assert_int_eq(t.done.result, ORIGIN_REFUSED);
	ck_assert_uint_eq(asked, 0);
	finish();
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

	start();
	setenv("http_proxy", base, 1);
	origin_free(origin);
	ck_assert_int_eq(origin_new(&origin, loop, NULL), 0);
	/* evhttp sees "GET http://cdn.example/loop": path /loop. */
	fetch(&s, NULL, &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_STATUS);
	ck_assert_int_eq(s.done.status, 404);
	ck_assert_uint_eq(asked, 1);
	memset(&s, 0, sizeof(s));
	ask.url = "http://cdn.example/tolocal";
	fetch(&s, NULL, &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_REFUSED);
	ck_assert_uint_eq(asked, 2);
	unsetenv("http_proxy");
	finish();
}
END_TEST

START_TEST(bodies_beyond_the_limit_end)
{
	struct origin_ask ask = { .max_bytes = 9 };
	struct origin_ask feed = { .max_bytes = 3, .reach = ORIGIN_ANY };
	struct seen s = { 0 }, t = { 0 };
	struct origin_fetch *f;

	start();
	/* By Content-Length, before a byte of it. */
	fetch(&s, "/range", &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_TOOBIG);
	ck_assert_uint_eq(s.len, 0);
	/* By count, when there is none. */
	begin(&t, "/feed", &feed, &f);
	run_until(&t.heads, 1);
	ck_assert_int_eq(http_write(kept, "abcd", 4), 0);
	run_until(&t.dones, 1);
	ck_assert_int_eq(t.done.result, ORIGIN_TOOBIG);
	ck_assert_uint_eq(t.len, 0);
	finish();
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

	start();
	begin(&s, "/feed", &ask, &f);
	run_until(&s.heads, 1);
	ck_assert_uint_eq(s.head.length, UINT64_MAX);
	ck_assert_uint_eq(s.head.total, UINT64_MAX);
	http_write(kept, "one", 3);
	while (s.len < 3)
		loop_step(loop, io_now() + SP_S);
	http_write(kept, "two", 3);
	while (s.len < 6)
		loop_step(loop, io_now() + SP_S);
	ck_assert_str_eq(s.body, "onetwo");
	http_end(kept);
	run_until(&s.dones, 1);
	ck_assert_int_eq(s.done.result, ORIGIN_OK);
	finish();
}
END_TEST

START_TEST(paused_bytes_come_again)
{
	struct origin_ask ask = { 0 };
	struct seen s = { .pauses = 2 };

	start();
	fetch(&s, "/range", &ask);
	ck_assert_uint_eq(s.pauses, 0);
	ck_assert_str_eq(s.body, "0123456789");
	ck_assert_uint_eq(s.done.bytes, 10);
	finish();
}
END_TEST

START_TEST(head_and_data_can_stop)
{
	struct origin_ask ask = { 0 }, ask2 = { 0 };
	struct seen s = { .on_head = ORIGIN_STOP }, t = { .stop_at = 1 };

	start();
	fetch(&s, "/range", &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_STOPPED);
	ck_assert_uint_eq(s.len, 0);
	fetch(&t, "/range", &ask2);
	ck_assert_int_eq(t.done.result, ORIGIN_STOPPED);
	ck_assert_uint_eq(t.done.bytes, 10);
	finish();
}
END_TEST

START_TEST(cancelled_fetch_says_nothing_more)
{
	struct origin_ask ask = { .reach = ORIGIN_ANY };
	struct seen s = { 0 }, t = { 0 }, u = { 0 };
	struct origin_fetch *f, *g;

	start();
	/* Before libcurl has it. */
	begin(&s, "/range", &ask, &f);
	origin_cancel(f);
	/* In its own callback. */
	ask.url = NULL;
	begin(&t, "/range", &ask, &f);
	t.cancel = f;
	while (t.cancel != NULL)
		loop_step(loop, io_now() + SP_S);
	/* While it waits for the host. */
	ask.url = NULL;
	begin(&u, "/silent", &ask, &g);
	while (kept == NULL)
		loop_step(loop, io_now() + SP_S);
	origin_cancel(g);
	loop_step(loop, io_now() + 10 * SP_MS);
	ck_assert_uint_eq(s.heads + s.dones, 0);
	ck_assert_uint_eq(t.heads, 1);
	ck_assert_uint_eq(t.dones, 0);
	ck_assert_uint_eq(u.heads + u.dones, 0);
	finish();
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

	start();
	fetch(&s, "/echo", &ask);
	ck_assert_int_eq(s.done.result, ORIGIN_OK);
	ck_assert_uint_eq(s.len, 3);
	ck_assert_mem_eq(s.body, "a\0b", 3);
	ck_assert_ptr_nonnull(strstr(request, "POST /echo"));
	ck_assert_ptr_nonnull(strstr(request, "auth=Bearer t0k"));
	finish();
}
END_TEST

START_TEST(split_headers_and_odd_schemes_are_arguments)
{
	static const char *const split[] = { "A: b\r\nC: d" };
	struct origin_ask ask = { .url = "ftp://127.0.0.1/x" };
	struct origin_fetch *f;
	struct seen s = { 0 };

	start();
	ck_assert_int_eq(origin_get(origin, &ask, &seen_ops, &s, &f),
	    SP_ERR_ARG);
	ask.url = url_of("/range");
	ask.headers = split;
	ask.nheaders = 1;
	ck_assert_int_eq(origin_get(origin, &ask, &seen_ops, &s, &f),
	    SP_ERR_ARG);
	finish();
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

	start();
	ask.url = url_of("/text");
	ck_assert_int_eq(origin_all(origin, &ask, whole_cb, &w, NULL), 0);
	run_until(&w.calls, 1);
	ck_assert_int_eq(w.result, ORIGIN_OK);
	ck_assert_int_eq(w.status, 200);
	ck_assert_uint_eq(w.len, 2000);
	ck_assert_int_eq(w.first, 'y');
	ask.url = "http://127.0.0.1:1/";
	ck_assert_int_eq(origin_all(origin, &ask, whole_cb, &x, NULL), 0);
	run_until(&x.calls, 1);
	ck_assert_int_eq(x.result, ORIGIN_CONNECT);
	ck_assert_uint_eq(x.len, 0);
	finish();
}
END_TEST

START_TEST(many_fetches_share_few_connections)
{
	static struct seen v[40];
	struct origin_ask ask = { .reach = ORIGIN_ANY };
	struct origin_fetch *f;
	unsigned fresh = 0;
	size_t i;

	start();
	for (i = 0; i < SP_LEN(v); i++) {
		ask.url = NULL;
		begin(&v[i], "/range", &ask, &f);
	}
	for (i = 0; i < SP_LEN(v); i++) {
		run_until(&v[i].dones, 1);
		ck_assert_int_eq(v[i].done.result, ORIGIN_OK);
		fresh += !v[i].done.reused;
	}
	ck_assert_uint_le(fresh, 6);
	finish();
}
END_TEST

START_TEST(freeing_the_pool_cancels)
{
	struct origin_ask ask = { .reach = ORIGIN_ANY };
	struct seen s = { 0 };
	struct origin_fetch *f;

	start();
	begin(&s, "/silent", &ask, &f);
	while (kept == NULL)
		loop_step(loop, io_now() + SP_S);
	finish();
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
    stream_is_told_as_it_comes, paused_bytes_come_again, head_and_data_can_stop,
    cancelled_fetch_says_nothing_more, post_carries_body_and_headers,
    split_headers_and_odd_schemes_are_arguments, whole_body_is_unpacked,
    many_fetches_share_few_connections, freeing_the_pool_cancels)
