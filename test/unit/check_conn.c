#include "io/conn_int.h"
#include "io/sock.h"
#include "test/unit/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* One end of a connection as a test sees it. */
struct end {
	struct conn *c;
	unsigned opens, drains, closes;
	int err;
	size_t got;
	uint8_t sum; /* xor of all bytes */
	bool close_on_data, free_on_data, no_claim;
};

static struct loop *loop;
static struct conn_listener *ls;
static struct sp_addr where;
static struct end here, there; /* dialling, accepting */

static void
on_open(void *ctx, struct conn *c)
{
	struct end *e = ctx;

	ck_assert_ptr_eq(e->c, c);
	e->opens++;
}

static void
on_data(void *ctx, struct conn *c, const uint8_t *p, size_t len)
{
	struct end *e = ctx;
	size_t i;

	ck_assert_uint_gt(len, 0);
	e->got += len;
	for (i = 0; i < len; i++)
		e->sum ^= p[i];
	if (e->close_on_data)
		conn_close(c);
	if (e->free_on_data) {
		conn_free(c);
		e->c = NULL;
	}
}

static void
on_drained(void *ctx, struct conn *c SP_UNUSED)
{
	((struct end *)ctx)->drains++;
}

static void
on_close(void *ctx, struct conn *c, int err, const char *why)
{
	struct end *e = ctx;

	ck_assert_ptr_eq(e->c, c);
	ck_assert_uint_gt(strlen(why), 0);
	e->closes++;
	e->err = err;
	e->c = NULL;
}

static const struct conn_ops ops = {
	.open = on_open,
	.data = on_data,
	.drained = on_drained,
	.close = on_close,
};

static void
on_accept(void *ctx SP_UNUSED, struct conn *c, const struct sp_addr *from)
{
	ck_assert(addr_is_loopback(from));
	there.opens++;
	if (there.no_claim)
		return;
	there.c = c;
	conn_set(c, &ops, &there);
}

static void
setup(void)
{
	struct sp_addr any;

	memset(&here, 0, sizeof(here));
	memset(&there, 0, sizeof(there));
	ck_assert_int_eq(loop_new(&loop), 0);
	ck_assert_int_eq(addr_parse(&any, "127.0.0.1:0", 11), 0);
	ck_assert_int_eq(conn_listen(&ls, loop, &any, on_accept, NULL), 0);
	where = conn_listener_addr(ls);
	ck_assert_uint_ne(where.port, 0);
}

static void
teardown(void)
{
	conn_free(here.c);
	conn_free(there.c);
	conn_listener_free(ls);
	loop_free(loop);
}

static void
run_until(const unsigned *count)
{
	sp_time end = io_now() + 8 * SP_S;

	while (*count == 0) {
		ck_assert_msg(io_now() < end, "nothing happens");
		loop_step(loop, end);
	}
}

static void
dial(void)
{
	ck_assert_int_eq(conn_dial(&here.c, loop, &where, 0, &ops, &here), 0);
	ck_assert_uint_eq(here.opens, 0);
}

static void
both(void)
{
	setup();
	dial();
	run_until(&here.opens);
	run_until(&there.opens);
}

static void
run_until_got(const struct end *e, size_t n)
{
	sp_time end = io_now() + 8 * SP_S;

	while (e->got < n) {
		ck_assert_msg(io_now() < end, "%zu of %zu", e->got, n);
		loop_step(loop, end);
	}
}

START_TEST(bytes_go_both_ways)
{
	struct sp_addr a;

	both();
	a = conn_remote(here.c);
	ck_assert(addr_eq(&a, &where));
	a = conn_remote(there.c);
	ck_assert_int_eq(conn_write(here.c, "abc", 3), 0);
	ck_assert_uint_eq(conn_unsent(here.c), 3);
	run_until_got(&there, 3);
	ck_assert_uint_eq(conn_unsent(here.c), 0);
	ck_assert_uint_eq(there.sum, 'a' ^ 'b' ^ 'c');
	ck_assert_int_eq(conn_write(there.c, "de", 2), 0);
	run_until_got(&here, 2);
	teardown();
}
END_TEST

START_TEST(writes_before_the_connection_stands_are_kept)
{
	setup();
	dial();
	ck_assert_int_eq(conn_write(here.c, "early", 5), 0);
	run_until_got(&there, 5);
	teardown();
}
END_TEST

START_TEST(megabytes_arrive_whole_and_drained_is_told)
{
	static uint8_t block[100000];
	uint8_t sum = 0;
	size_t i, n, sent = 0;

	both();
	for (i = 0; i < sizeof(block); i++)
		block[i] = (uint8_t)(i * 7 >> 3);
	conn_marks(here.c, 1000, 1 << 20);
	for (n = 0; n < 100; n++) {
		block[0] = (uint8_t)n;
		while (conn_write(here.c, block, sizeof(block)) == SP_ERR_FULL)
			loop_step(loop, io_now() + SP_S);
		ck_assert_uint_le(conn_unsent(here.c), 1 << 20);
		for (i = 0; i < sizeof(block); i++)
			sum ^= block[i];
		sent += sizeof(block);
	}
	run_until_got(&there, sent);
	run_until(&here.drains);
	ck_assert_uint_eq(there.got, sent);
	ck_assert_uint_eq(there.sum, sum);
	ck_assert_uint_eq(conn_unsent(here.c), 0);
	teardown();
}
END_TEST

START_TEST(paused_reader_fills_the_writer)
{
	static uint8_t block[65536];
	size_t sent = 0;
	int rc = 0;

	both();
	conn_pause(there.c, true);
	while (rc == 0) {
		rc = conn_write(here.c, block, sizeof(block));
		if (rc == 0)
			sent += sizeof(block);
		loop_step(loop, 0);
		ck_assert_uint_lt(sent, 64 << 20);
	}
	ck_assert_int_eq(rc, SP_ERR_FULL);
	ck_assert_uint_eq(there.got, 0);
	ck_assert_uint_gt(conn_unacked(here.c), conn_unsent(here.c));
	conn_pause(there.c, false);
	run_until_got(&there, sent);
	ck_assert_uint_eq(there.got, sent);
	teardown();
}
END_TEST

START_TEST(close_sends_everything_first)
{
	static uint8_t block[3 << 20];

	both();
	ck_assert_int_eq(conn_write(here.c, block, sizeof(block)), 0);
	/* Unread input must not make the kernel throw our bytes away. */
	conn_pause(here.c, true);
	ck_assert_int_eq(conn_write(there.c, "unread", 6), 0);
	loop_step(loop, 0);
	conn_close(here.c);
	ck_assert_int_eq(conn_write(here.c, "x", 1), SP_ERR_CLOSED);
	ck_assert_uint_eq(here.closes, 0);
	run_until(&there.closes);
	ck_assert_uint_eq(there.got, sizeof(block));
	ck_assert_int_eq(there.err, SP_ERR_CLOSED);
	run_until(&here.closes);
	ck_assert_int_eq(here.err, 0);
	ck_assert_uint_eq(here.got, 0);
	teardown();
}
END_TEST

START_TEST(refused_dial_is_told_later)
{
	struct sp_addr dead;

	setup();
	dead = where;
	conn_listener_free(ls);
	ls = NULL;
	ck_assert_int_eq(conn_dial(&here.c, loop, &dead, 0, &ops, &here), 0);
	ck_assert_uint_eq(here.closes, 0);
	run_until(&here.closes);
	ck_assert_int_eq(here.err, SP_ERR_IO);
	ck_assert_uint_eq(here.opens, 0);
	teardown();
}
END_TEST

START_TEST(connect_times_out)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	struct sp_addr full;
	struct end fill[4];
	unsigned i;
	int fd;

	/* A listener that nobody accepts from, with its queue full. */
	memset(fill, 0, sizeof(fill));
	setup();
	fd = socket(AF_INET, SOCK_STREAM, 0);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	ck_assert_int_eq(listen(fd, 0), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	full = addr_make(4, &sin.sin_addr, ntohs(sin.sin_port));
	for (i = 0; i < SP_LEN(fill); i++)
		ck_assert_int_eq(conn_dial(&fill[i].c, loop, &full, 200 * SP_MS,
				     &ops, &fill[i]),
		    0);
	run_until(&fill[3].closes);
	ck_assert_int_eq(fill[3].err, SP_ERR_TIMEOUT);
	ck_assert_uint_eq(fill[3].opens, 0);
	for (i = 0; i < SP_LEN(fill); i++)
		conn_free(fill[i].c);
	close(fd);
	teardown();
}
END_TEST

START_TEST(close_while_connecting_ends_at_once)
{
	setup();
	dial();
	conn_close(here.c);
	run_until(&here.closes);
	ck_assert_int_eq(here.err, 0);
	ck_assert_uint_eq(here.opens, 0);
	teardown();
}
END_TEST

START_TEST(silence_is_a_timeout_and_bytes_put_it_off)
{
	sp_time begun, mid;

	both();
	begun = io_now();
	conn_idle(there.c, 600 * SP_MS);
	while (io_now() < begun + 60 * SP_MS)
		loop_step(loop, begun + 60 * SP_MS);
	ck_assert_int_eq(conn_write(here.c, "x", 1), 0);
	run_until_got(&there, 1);
	mid = io_now();
	run_until(&there.closes);
	ck_assert_int_eq(there.err, SP_ERR_TIMEOUT);
	ck_assert_int_ge(io_now() - begun, 655 * SP_MS);
	ck_assert_int_ge(io_now(), mid);
	teardown();
}
END_TEST

START_TEST(callbacks_may_close_and_free)
{
	both();
	there.close_on_data = true;
	ck_assert_int_eq(conn_write(here.c, "x", 1), 0);
	run_until(&there.closes);
	run_until(&here.closes);
	ck_assert_int_eq(here.err, SP_ERR_CLOSED);
	teardown();
	both();
	there.free_on_data = true;
	ck_assert_int_eq(conn_write(here.c, "x", 1), 0);
	run_until(&here.closes);
	ck_assert_uint_eq(there.closes, 0);
	teardown();
}
END_TEST

START_TEST(unclaimed_connection_is_closed)
{
	setup();
	there.no_claim = true;
	dial();
	run_until(&here.closes);
	ck_assert_int_eq(here.err, SP_ERR_CLOSED);
	teardown();
}
END_TEST

START_TEST(taken_port_and_bogus_address_are_told)
{
	struct conn_listener *other;
	struct sp_addr bogus;
	struct conn *c;

	setup();
	ck_assert_int_eq(conn_listen(&other, loop, &where, on_accept, NULL),
	    SP_ERR_EXISTS);
	ck_assert_int_eq(addr_parse(&bogus, "1.2.3.4:0", 9), 0);
	ck_assert_int_eq(conn_dial(&c, loop, &bogus, 0, &ops, NULL),
	    SP_ERR_ARG);
	memset(&bogus, 0, sizeof(bogus));
	ck_assert_int_eq(conn_dial(&c, loop, &bogus, 0, &ops, NULL),
	    SP_ERR_ARG);
	teardown();
}
END_TEST

static void
congestion_is(const struct conn *c, const char *want)
{
	char name[16] = "";
	socklen_t len = sizeof(name);

	ck_assert_int_eq(
	    getsockopt(c->fd, IPPROTO_TCP, TCP_CONGESTION, name, &len), 0);
	ck_assert_str_eq(name, want);
}

/* Every Linux has reno, and lets everybody use it. */
START_TEST(congestion_control_is_that_which_was_asked_for)
{
	setup();
	ck_assert(sock_has_congestion("reno"));
	ck_assert(!sock_has_congestion("no-such"));
	ck_assert_int_eq(conn_listener_congestion(ls, "reno"), 0);
	dial();
	ck_assert_int_eq(conn_congestion(here.c, "reno"), 0);
	run_until(&there.opens);
	congestion_is(here.c, "reno");
	congestion_is(there.c, "reno");
	ck_assert_int_eq(conn_congestion(here.c, "no-such"), SP_ERR_IO);
	ck_assert_int_eq(errno, ENOENT);
	congestion_is(here.c, "reno");
	teardown();
}
END_TEST

UNIT_MAIN("conn", bytes_go_both_ways,
    writes_before_the_connection_stands_are_kept,
    megabytes_arrive_whole_and_drained_is_told, paused_reader_fills_the_writer,
    close_sends_everything_first, refused_dial_is_told_later, connect_times_out,
    close_while_connecting_ends_at_once,
    silence_is_a_timeout_and_bytes_put_it_off, callbacks_may_close_and_free,
    unclaimed_connection_is_closed, taken_port_and_bogus_address_are_told,
    congestion_control_is_that_which_was_asked_for)
