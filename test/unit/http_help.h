#ifndef TEST_UNIT_HTTP_HELP_H
#define TEST_UNIT_HTTP_HELP_H

/*
 * A server and a client on one loop: the client writes literal requests, so
 * that the bytes on the wire are what is tested.
 */

#include "io/conn.h"
#include "io/http.h"
#include "io/sock.h"
#include "test/unit/unit.h"

static struct loop *loop;
static struct http *http;
static struct sp_addr where;
static struct conn *client;
static char got[1 << 20];
static size_t ngot;
static bool closed;
static struct http_req *kept;
static unsigned gone;

static void
client_data(void *ctx SP_UNUSED, struct conn *c SP_UNUSED, const uint8_t *p,
    size_t len)
{
	ck_assert_uint_lt(ngot + len, sizeof(got));
	memcpy(got + ngot, p, len);
	ngot += len;
	got[ngot] = '\0';
}

static void
client_close(void *ctx SP_UNUSED, struct conn *c SP_UNUSED, int err SP_UNUSED,
    const char *why SP_UNUSED)
{
	closed = true;
	client = NULL;
}

static const struct conn_ops client_ops = {
	.data = client_data,
	.close = client_close,
};

static inline void
start(const struct http_conf *conf, http_handler handler)
{
	struct sp_addr any;

	ck_assert_int_eq(loop_new(&loop), 0);
	ck_assert_int_eq(http_new(&http, loop, conf, handler, NULL), 0);
	ck_assert_int_eq(addr_parse(&any, "127.0.0.1:0", 11), 0);
	ck_assert_int_eq(http_listen(http, &any, &where), 0);
	ck_assert_uint_ne(where.port, 0);
	ck_assert_int_eq(conn_dial(&client, loop, &where, 0, &client_ops, NULL),
	    0);
	ngot = 0;
	closed = false;
	kept = NULL;
	gone = 0;
}

static inline void
finish(void)
{
	conn_free(client);
	client = NULL;
	http_free(http);
	loop_free(loop);
}

static inline void
say(const char *text)
{
	ck_assert_int_eq(conn_write(client, text, strlen(text)), 0);
}

/* Runs the loop until the client has |text|; fails after 5 s. */
static inline void
expect(const char *text)
{
	sp_time end = io_now() + 5 * SP_S;

	while (strstr(got, text) == NULL || ngot == 0) {
		ck_assert_msg(io_now() < end, "no '%s' in '%s'", text, got);
		loop_step(loop, end);
	}
}

static inline void
until(const bool *flag)
{
	sp_time end = io_now() + 5 * SP_S;

	while (!*flag) {
		ck_assert_msg(io_now() < end, "got only '%s'", got);
		loop_step(loop, end);
	}
}

/* Runs the loop for |t|, once at least. */
static inline void
wait_for(sp_time t)
{
	sp_time end = io_now() + t;

	do
		loop_step(loop, end);
	while (io_now() < end);
}

static inline void
forget(void)
{
	ngot = 0;
	got[0] = '\0';
}

#define HEAD " HTTP/1.1\r\nHost: 127.0.0.1\r\n"

#endif
