#include "test/unit/http_help.h"

#include <sys/socket.h>
#include <unistd.h>

/* What is kept of a client's, and what he gets when somebody ends. */

static char block[1 << 20];
static unsigned nkept;

static void
kept_gone(void *ctx SP_UNUSED, struct http_req *r SP_UNUSED)
{
	gone++;
}

static void
keep(struct http_req *r)
{
	kept = r;
	nkept++;
	http_on_gone(r, kept_gone, NULL);
}

static void
handler(void *ctx SP_UNUSED, struct http_req *r)
{
	const char *path = http_req_path(r);
	const uint8_t *body;
	size_t len;

	if (strcmp(path, "/hold") == 0) {
		keep(r);
	} else if (strcmp(path, "/stream") == 0) {
		keep(r);
		http_start(r, 200, "text/plain", -1);
	} else if (strcmp(path, "/echo") == 0) {
		body = http_req_body(r, &len);
		http_reply(r, 200, "text/plain", body, len);
	} else if (strcmp(path, "/block") == 0) {
		http_as_is(r);
		http_reply(r, 200, "text/plain", block, sizeof(block));
	} else if (strcmp(path, "/cut") == 0) {
		http_cut(r);
	} else {
		http_reply_text(r, 200, path);
	}
}

static const struct http_conf plain = {
	.methods = HTTP_M_GET | HTTP_M_POST,
	.timeout = 60 * SP_S,
};

static void
begin(void)
{
	nkept = 0;
	start(&plain, handler);
}

START_TEST(answers_before_a_cut_are_sent)
{
	begin();
	say("GET /1" HEAD "\r\nGET /cut" HEAD "\r\n");
	until(&closed);
	expect("\r\n\r\n/1\n");
	finish();
}
END_TEST

/* A socket that is not the loop's, connected. */
static int
dial_raw(void)
{
	struct sockaddr_storage ss;
	int len = sock_from_addr(&ss, &where);
	int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&ss, (socklen_t)len),
	    0);
	return fd;
}

static void
say_raw(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), 0), strlen(text));
}

/*
 * Reads to the end, which has to come within 20 s; how many bytes. |got| has
 * the last ones.
 */
static size_t
read_raw(int fd)
{
	static char in[65536];
	sp_time end = io_now() + 20 * SP_S;
	size_t sum = 0;
	ssize_t n;

	forget();
	while ((n = recv(fd, in, sizeof(in), MSG_DONTWAIT)) != 0) {
		ck_assert_msg(io_now() < end, "no end after %zu bytes", sum);
		if (n < 0)
			loop_step(loop, io_now() + SP_MS);
		if (n <= 0)
			continue;
		sum += (size_t)n;
		if (ngot + (size_t)n >= sizeof(got))
			forget();
		memcpy(got + ngot, in, (size_t)n);
		ngot += (size_t)n;
		got[ngot] = '\0';
	}
	close(fd);
	return sum;
}

static void
until_served(int fd)
{
	say_raw(fd, "GET /1 HTTP/1.0\r\n\r\n");
	ck_assert_uint_gt(read_raw(fd), 0);
}

START_TEST(who_sends_no_more_gets_all_answers)
{
	int fd, i;

	begin();
	fd = dial_raw();
	for (i = 0; i < 20; i++)
		say_raw(fd, "GET /block" HEAD "\r\n");
	say_raw(fd, "GET /nothing whole");
	shutdown(fd, SHUT_WR);
	/* The end is seen while answers wait. */
	wait_for(SP_S / 10);
	ck_assert_uint_gt(read_raw(fd), 20 * sizeof(block));
	ck_assert_uint_eq(http_stats(http).requests, 20);
	finish();
}
END_TEST

START_TEST(who_leaves_while_a_request_waits_is_told)
{
	int fd;

	begin();
	fd = dial_raw();
	say_raw(fd, "GET /hold" HEAD "\r\nGET /hold" HEAD "\r\n");
	while (kept == NULL)
		loop_step(loop, io_now() + SP_S);
	close(fd);
	while (gone == 0)
		loop_step(loop, io_now() + SP_S);
	ck_assert_uint_eq(nkept, 1);
	finish();
}
END_TEST

#define BODY (50 * 1024)

START_TEST(slow_bodies_hold_no_more_than_they_may)
{
	sp_time end = io_now() + 20 * SP_S;
	struct http_conf little = plain;
	int fd[8];
	size_t i;

	little.max_body = BODY;
	little.max_held = 3 * BODY;
	little.timeout = 60 * SP_S;
	start(&little, handler);
	for (i = 0; i < SP_LEN(fd); i++) {
		fd[i] = dial_raw();
		say_raw(fd[i],
		    "POST /echo" HEAD "Content-Length: 51200\r\n\r\n");
		ck_assert_int_eq(send(fd[i], block, BODY - 100, 0), BODY - 100);
		wait_for(SP_S / 50);
	}
	while (http_stats(http).evicted < 4) {
		ck_assert_msg(io_now() < end, "none has given way");
		loop_step(loop, io_now() + SP_MS);
	}
	/* The last ones are there, and others are served. */
	ck_assert_int_eq(send(fd[7], block, 100, 0), 100);
	shutdown(fd[7], SHUT_WR);
	ck_assert_uint_gt(read_raw(fd[7]), BODY);
	forget();
	say("POST /echo" HEAD "Content-Length: 3\r\n\r\nab");
	wait_for(SP_S / 50);
	say("c");
	expect("\r\n\r\nabc");
	for (i = 0; i < 7; i++)
		close(fd[i]);
	finish();
}
END_TEST

START_TEST(slow_bodies_give_way_in_a_full_house)
{
	struct http_conf few = plain;

	few.max_conns = 1;
	few.max_body = BODY;
	start(&few, handler);
	say("POST /echo" HEAD "Content-Length: 51200\r\n\r\na");
	wait_for(SP_S + SP_S / 10);
	until_served(dial_raw());
	until(&closed);
	ck_assert_uint_eq(http_stats(http).evicted, 1);
	finish();
}
END_TEST

static void
echo_data(void *ctx SP_UNUSED, struct http_req *r, const uint8_t *p, size_t len)
{
	http_write(r, p, len);
	if (memchr(p, '!', len) != NULL)
		http_end(r);
}

START_TEST(bytes_before_a_late_upgrade_keep_their_order)
{
	int fd;

	begin();
	fd = dial_raw();
	say_raw(fd, "GET /hold" HEAD
		    "Connection: upgrade\r\nUpgrade: test\r\n\r\none ");
	while (kept == NULL)
		loop_step(loop, io_now() + SP_S);
	/* Then there is something kept, and something to be read. */
	say_raw(fd, "two!");
	http_upgrade(kept, "test", echo_data, NULL);
	read_raw(fd);
	ck_assert_ptr_nonnull(strstr(got, "\r\n\r\none two!"));
	finish();
}
END_TEST

START_TEST(reply_whose_end_cannot_be_sent_is_cut)
{
	sp_time end = io_now() + 20 * SP_S;
	size_t n;

	begin();
	say("GET /stream" HEAD "\r\n");
	expect("\r\n\r\n");
	conn_pause(client, true);
	while (http_write(kept, block, sizeof(block)) == 0)
		;
	/* The largest chunk that there is room for, and less than the last. */
	for (n = HTTP_BACKLOG_MAX - http_backlog(kept); n > 0; n--)
		if (http_write(kept, block, n) == 0)
			break;
	http_end(kept);
	conn_pause(client, false);
	while (!closed) {
		ck_assert_msg(io_now() < end, "it goes on");
		forget();
		loop_step(loop, io_now() + 5 * SP_S);
	}
	ck_assert_uint_eq(gone, 0);
	finish();
}
END_TEST

UNIT_MAIN("http_end", answers_before_a_cut_are_sent,
    who_sends_no_more_gets_all_answers,
    who_leaves_while_a_request_waits_is_told,
    slow_bodies_hold_no_more_than_they_may,
    slow_bodies_give_way_in_a_full_house,
    bytes_before_a_late_upgrade_keep_their_order,
    reply_whose_end_cannot_be_sent_is_cut)
