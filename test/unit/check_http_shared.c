#include "io/http.h"
#include "test/unit/unit.h"

#include "io/conn.h"

static struct loop *loop;
static struct conn *client;
static struct http_req *kept;
static char got[512 * 1024];
static size_t ngot;

static void
on_data(void *ctx SP_UNUSED, struct conn *c SP_UNUSED, const uint8_t *p,
    size_t len)
{
	ck_assert_uint_lt(ngot + len, sizeof(got));
	memcpy(got + ngot, p, len);
	ngot += len;
}

static void
on_close(void *ctx SP_UNUSED, struct conn *c SP_UNUSED, int err SP_UNUSED,
    const char *why SP_UNUSED)
{
	client = NULL;
}

static const struct conn_ops ops = { .data = on_data, .close = on_close };

static void
on_gone(void *ctx SP_UNUSED, struct http_req *r SP_UNUSED)
{
	kept = NULL;
}

/* /N: a reply of N bytes, or of an unknown number for 0. */
static void
handler(void *ctx SP_UNUSED, struct http_req *r)
{
	long n = strtol(http_req_path(r) + 1, NULL, 10);

	http_start(r, 200, "video/mp2t", n == 0 ? -1 : n);
	http_on_gone(r, on_gone, NULL);
	kept = r;
}

static void
run_until(size_t bytes)
{
	sp_time end = io_now() + 5 * SP_S;

	while (kept == NULL || ngot < bytes) {
		ck_assert(io_now() < end);
		loop_step(loop, end);
	}
}

/* A server, and a client that has got the head of a reply to |path|. */
static struct http *
start(const char *path)
{
	struct sp_addr any, where;
	struct http *http;
	char text[100];
	int n;

	ngot = 0;
	kept = NULL;
	ck_assert_int_eq(loop_new(&loop), 0);
	ck_assert_int_eq(http_new(&http, loop, NULL, handler, NULL), 0);
	ck_assert_int_eq(addr_parse(&any, "127.0.0.1:0", 11), 0);
	ck_assert_int_eq(http_listen(http, &any, &where), 0);
	ck_assert_int_eq(conn_dial(&client, loop, &where, 0, &ops, NULL), 0);
	n = snprintf(text, sizeof(text),
	    "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", path);
	ck_assert_int_eq(conn_write(client, text, (size_t)n), 0);
	run_until(1);
	ngot = 0;
	return http;
}

static void
finish(struct http *http)
{
	conn_free(client);
	http_free(http);
	loop_free(loop);
}

#define LONG ((size_t)64 * 1024)

START_TEST(shared_bytes_stay_until_they_are_sent)
{
	struct http *http = start("/0");
	struct http_blob *few, *many;
	char *text = malloc(LONG), *at;

	memset(text, 'x', LONG);
	few = http_blob_new("shared", 6);
	many = http_blob_new(text, LONG);
	ck_assert_uint_eq(http_blob_len(many), LONG);
	ck_assert_int_eq(http_write_shared(kept, few), 0);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(http_write_shared(kept, many), 0);
	ck_assert_int_eq(http_write_shared(kept, few), 0);
	http_blob_free(few);
	http_blob_free(many);
	run_until(4 * (LONG + 9) + 2 * 11);
	ck_assert_mem_eq(got, "6\r\nshared\r\n10000\r\nxxx", 21);
	for (int i = 0; i < 4; i++) {
		at = got + 11 + (size_t)i * (LONG + 9) + 7;
		ck_assert_mem_eq(at, text, LONG);
	}
	ck_assert_mem_eq(got + 11 + 4 * (LONG + 9), "6\r\nshared\r\n", 11);
	free(text);
	finish(http);
}
END_TEST

START_TEST(no_more_than_the_length_is_sent)
{
	struct http *http = start("/10");
	struct http_blob *blob = http_blob_new("0123456", 7);

	ck_assert_int_eq(http_write_shared(kept, blob), 0);
	ck_assert_int_eq(http_write_shared(kept, blob), SP_ERR_TOOBIG);
	http_blob_free(blob);
	run_until(7);
	ck_assert_mem_eq(got, "0123456", 7);
	finish(http);
	http_blob_free(NULL);
}
END_TEST

START_TEST(a_reader_that_leaves_lets_go)
{
	struct http *http = start("/0");
	char *text = calloc(1, LONG);
	struct http_blob *blob = http_blob_new(text, LONG);

	for (int i = 0; i < 64; i++)
		ck_assert_int_eq(http_write_shared(kept, blob), 0);
	http_blob_free(blob);
	free(text);
	/* What is unsent goes with the connection: the sanitizer looks. */
	finish(http);
}
END_TEST

UNIT_MAIN("http_shared", shared_bytes_stay_until_they_are_sent,
    no_more_than_the_length_is_sent, a_reader_that_leaves_lets_go)
