#include "io/dgram.h"
#include "test/unit/unit.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/sock.h"

static struct dgram *d;
static struct dgram_msg *v;

static struct sp_addr
addr(const char *s)
{
	struct sp_addr a;

	ck_assert_int_eq(addr_parse(&a, s, strlen(s)), 0);
	return a;
}

static struct sp_addr
start(const char *at)
{
	struct sp_addr a = addr(at);

	ck_assert_int_eq(dgram_open(&d, &a, false, 2 * SP_S), 0);
	return dgram_addr(d);
}

/* A client that hears from |to| only. */
static int
client(const struct sp_addr *to)
{
	struct timeval tv = { .tv_sec = 5 };
	struct sockaddr_storage ss;
	int len = sock_from_addr(&ss, to), fd;

	fd = socket(ss.ss_family, SOCK_DGRAM, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&ss, (socklen_t)len),
	    0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	return fd;
}

static void
say(int fd, const void *p, size_t len)
{
	ck_assert_int_eq(send(fd, p, len, 0), (ssize_t)len);
}

/* Answers what is there with its bytes; returns how many came. */
static int
echo(void)
{
	int n = dgram_recv(d, &v);

	ck_assert_int_ge(n, 0);
	for (int i = 0; i < n; i++) {
		v[i].out_len = SP_MIN(v[i].len, (size_t)DGRAM_OUT_MAX);
		memcpy(v[i].out, v[i].p, v[i].out_len);
	}
	dgram_send(d);
	return n;
}

static void
hears(int fd, const char *want)
{
	char in[64];

	ck_assert_int_eq(recv(fd, in, sizeof(in), 0), (ssize_t)strlen(want));
	ck_assert_mem_eq(in, want, strlen(want));
}

START_TEST(datagrams_come_with_their_sender_and_are_answered)
{
	struct sp_addr at = start("127.0.0.1:0"), from;
	int a = client(&at), b = client(&at);

	say(a, "one", 3);
	ck_assert_int_eq(dgram_recv(d, &v), 1);
	from = sock_local(a);
	ck_assert(addr_eq(&v[0].from, &from));
	ck_assert(v[0].len == 3 && memcmp(v[0].p, "one", 3) == 0);
	ck_assert_uint_eq(v[0].out_len, 0);
	dgram_send(d);
	say(a, "two", 3);
	say(b, "three", 5);
	ck_assert_int_eq(echo(), 2);
	hears(a, "two");
	hears(b, "three");
	close(a);
	close(b);
	dgram_free(d);
}
END_TEST

START_TEST(what_came_before_is_taken_in_batches)
{
	struct sp_addr at = start("127.0.0.1:0");
	struct dgram_stats s;
	int a = client(&at);

	for (int i = 0; i < 100; i++)
		say(a, &i, sizeof(i));
	ck_assert_int_eq(dgram_recv(d, &v), DGRAM_BATCH);
	for (int i = 0; i < DGRAM_BATCH; i++)
		ck_assert_mem_eq(v[i].p, &i, sizeof(i));
	ck_assert_int_eq(dgram_recv(d, &v), 100 - DGRAM_BATCH);
	dgram_stats(d, &s);
	ck_assert(s.received == 100 && s.bytes_in == 400 && s.sent == 0);
	close(a);
	dgram_free(d);
}
END_TEST

START_TEST(a_long_datagram_is_dropped)
{
	static uint8_t p[DGRAM_IN_MAX + 1];
	struct sp_addr at = start("127.0.0.1:0");
	struct dgram_stats s;
	int a = client(&at);

	say(a, p, sizeof(p));
	say(a, p, DGRAM_IN_MAX);
	ck_assert_int_eq(dgram_recv(d, &v), 2);
	ck_assert(v[0].len == 0 && v[1].len == DGRAM_IN_MAX);
	dgram_stats(d, &s);
	ck_assert_uint_eq(s.truncated, 1);
	close(a);
	dgram_free(d);
}
END_TEST

/* The client is connected, so another source would not be heard. */
START_TEST(answers_leave_from_the_address_that_was_asked)
{
	struct sp_addr at = start("0.0.0.0:0"), to = addr("127.0.0.7:0");
	int a;

	to.port = at.port;
	a = client(&to);
	for (int i = 0; i < 3; i++) {
		say(a, "seven", 5);
		ck_assert_int_eq(echo(), 1);
		hears(a, "seven");
	}
	close(a);
	dgram_free(d);
}
END_TEST

START_TEST(ipv6_works_and_leaves_ipv4_alone)
{
	struct sp_addr at, to = addr("[::1]:0"), four = addr("127.0.0.1:0");
	int a, b;

	at = addr("[::]:0");
	if (dgram_open(&d, &at, false, 2 * SP_S) < 0)
		return; /* a host without IPv6 */
	four.port = to.port = dgram_addr(d).port;
	a = client(&to);
	b = client(&four);
	send(b, "four", 4, 0);
	say(a, "six", 3);
	ck_assert_int_eq(echo(), 1);
	ck_assert_uint_eq(v[0].from.family, 6);
	hears(a, "six");
	close(a);
	close(b);
	dgram_free(d);
}
END_TEST

START_TEST(addresses_are_shared_only_when_all_say_so)
{
	struct sp_addr any = addr("127.0.0.1:0"), at;
	struct dgram *e, *f;

	at = start("127.0.0.1:0");
	ck_assert_int_eq(dgram_open(&e, &at, true, SP_S), SP_ERR_EXISTS);
	ck_assert_ptr_null(e);
	dgram_free(d);
	ck_assert_int_eq(dgram_open(&d, &any, true, SP_S), 0);
	at = dgram_addr(d);
	ck_assert_int_eq(dgram_open(&e, &at, true, SP_S), 0);
	ck_assert_int_eq(dgram_open(&f, &at, false, SP_S), SP_ERR_EXISTS);
	dgram_free(d);
	dgram_free(e);
	at.family = 0;
	ck_assert_int_eq(dgram_open(&d, &at, true, SP_S), SP_ERR_IO);
	dgram_free(NULL);
}
END_TEST

START_TEST(what_cannot_be_sent_does_not_stop_the_rest)
{
	struct sp_addr at = start("127.0.0.1:0");
	int a = client(&at), b = client(&at);
	struct dgram_stats s;

	say(a, "one", 3);
	say(b, "two", 3);
	ck_assert_int_eq(dgram_recv(d, &v), 2);
	for (int i = 0; i < 2; i++)
		v[i].out_len = 3;
	memcpy(v[0].out, "ONE", 3);
	memcpy(v[1].out, "TWO", 3);
	close(a);
	dgram_send(d);
	hears(b, "TWO");
	dgram_stats(d, &s);
	ck_assert_uint_eq(s.sent + s.unsent, 2);
	close(b);
	dgram_free(d);
}
END_TEST

START_TEST(nobody_comes_and_the_wait_ends)
{
	struct sp_addr a = addr("127.0.0.1:0");

	ck_assert_int_eq(dgram_open(&d, &a, false, 10 * SP_MS), 0);
	ck_assert_int_eq(dgram_recv(d, &v), 0);
	ck_assert_uint_gt(dgram_buffer(d), 0);
	dgram_send(d);
	dgram_free(d);
}
END_TEST

START_TEST(who_hurries_does_not_wait)
{
	struct sp_addr a = start("127.0.0.1:0");
	int fd = client(&a);

	dgram_hurry(d);
	say(fd, "x", 1);
	ck_assert_int_eq(dgram_recv(d, &v), 1);
	ck_assert_int_eq(dgram_recv(d, &v), 0);
	close(fd);
	dgram_free(d);
}
END_TEST

START_TEST(twins_take_turns_at_one_socket)
{
	struct sp_addr a = start("127.0.0.1:0"), b;
	struct dgram_stats stats;
	struct dgram *twin;
	int fd = client(&a);

	ck_assert_int_eq(dgram_twin(&twin, d, SP_S), 0);
	b = dgram_addr(twin);
	ck_assert(addr_eq(&a, &b));
	say(fd, "x", 1);
	ck_assert_int_eq(dgram_recv(twin, &v), 1);
	say(fd, "y", 1);
	ck_assert_int_eq(dgram_recv(d, &v), 1);
	dgram_stats(twin, &stats);
	ck_assert_uint_eq(stats.received, 1);
	ck_assert_uint_eq(stats.lost, 0);
	dgram_free(d);
	/* The other one still has it. */
	say(fd, "z", 1);
	ck_assert_int_eq(dgram_recv(twin, &v), 1);
	close(fd);
	dgram_free(twin);
}
END_TEST

UNIT_MAIN("dgram", datagrams_come_with_their_sender_and_are_answered,
    what_came_before_is_taken_in_batches, a_long_datagram_is_dropped,
    answers_leave_from_the_address_that_was_asked,
    ipv6_works_and_leaves_ipv4_alone, addresses_are_shared_only_when_all_say_so,
    what_cannot_be_sent_does_not_stop_the_rest, nobody_comes_and_the_wait_ends,
    who_hurries_does_not_wait, twins_take_turns_at_one_socket)
