#include "io/udp.h"
#include "test/unit/unit.h"

static struct loop *loop;
static unsigned got;
static uint8_t last[UDP_MAX];
static size_t last_len;
static struct sp_addr last_from;
static struct udp *to_free;

static void
received(void *ctx SP_UNUSED, struct udp *u SP_UNUSED,
    const struct sp_addr *from, const uint8_t *p, size_t len)
{
	got++;
	memcpy(last, p, len);
	last_len = len;
	last_from = *from;
	udp_free(to_free);
	to_free = NULL;
}

static struct udp *
open_udp(const char *at)
{
	struct sp_addr a;
	struct udp *u;

	ck_assert_int_eq(addr_parse(&a, at, strlen(at)), 0);
	ck_assert_int_eq(udp_open(&u, loop, &a, received, NULL), 0);
	return u;
}

static void
run_until(unsigned n)
{
	sp_time end = io_now() + 5 * SP_S;

	while (got < n) {
		ck_assert_msg(io_now() < end, "%u came", got);
		loop_step(loop, end);
	}
}

START_TEST(datagrams_come_with_their_sender)
{
	struct udp *a, *b;
	struct sp_addr at, from;

	got = 0;
	ck_assert_int_eq(loop_new(&loop), 0);
	a = open_udp("127.0.0.1:0");
	b = open_udp("127.0.0.1:0");
	at = udp_addr(a);
	from = udp_addr(b);
	ck_assert_uint_ne(at.port, 0);
	ck_assert_int_eq(udp_send(b, &at, "hello", 5), 0);
	run_until(1);
	ck_assert_uint_eq(last_len, 5);
	ck_assert_mem_eq(last, "hello", 5);
	ck_assert(addr_eq(&last_from, &from));
	/* Empty ones are datagrams too. */
	ck_assert_int_eq(udp_send(b, &at, "", 0), 0);
	run_until(2);
	ck_assert_uint_eq(last_len, 0);
	udp_free(a);
	udp_free(b);
	loop_free(loop);
}
END_TEST

START_TEST(batches_come_whole_and_long_ones_are_dropped)
{
	static uint8_t p[UDP_MAX + 1];
	struct udp *a, *b;
	struct sp_addr at;
	unsigned i;

	got = 0;
	ck_assert_int_eq(loop_new(&loop), 0);
	a = open_udp("127.0.0.1:0");
	b = open_udp("127.0.0.1:0");
	at = udp_addr(a);
	for (i = 0; i < 100; i++)
		ck_assert_int_eq(udp_send(b, &at, &i, sizeof(i)), 0);
	ck_assert_int_eq(udp_send(b, &at, p, sizeof(p)), 0);
	ck_assert_int_eq(udp_send(b, &at, p, UDP_MAX), 0);
	run_until(101);
	loop_step(loop, 0);
	ck_assert_uint_eq(got, 101);
	ck_assert_uint_eq(last_len, UDP_MAX);
	udp_free(a);
	udp_free(b);
	loop_free(loop);
}
END_TEST

START_TEST(socket_can_be_freed_in_its_callback)
{
	struct udp *a, *b;
	struct sp_addr at;
	unsigned i;

	got = 0;
	ck_assert_int_eq(loop_new(&loop), 0);
	a = open_udp("127.0.0.1:0");
	b = open_udp("127.0.0.1:0");
	at = udp_addr(a);
	to_free = a;
	for (i = 0; i < 10; i++)
		ck_assert_int_eq(udp_send(b, &at, "x", 1), 0);
	run_until(1);
	loop_step(loop, 0);
	ck_assert_uint_eq(got, 1);
	udp_free(b);
	loop_free(loop);
}
END_TEST

START_TEST(wrong_family_and_taken_port_are_told)
{
	struct sp_addr six, taken;
	struct udp *a, *b;

	ck_assert_int_eq(loop_new(&loop), 0);
	a = open_udp("127.0.0.1:0");
	taken = udp_addr(a);
	ck_assert_int_eq(udp_open(&b, loop, &taken, received, NULL),
	    SP_ERR_EXISTS);
	ck_assert_int_eq(addr_parse(&six, "[::1]:9", 7), 0);
	ck_assert_int_eq(udp_send(a, &six, "x", 1), SP_ERR_ARG);
	udp_free(a);
	udp_free(NULL);
	loop_free(loop);
}
END_TEST

UNIT_MAIN("udp", datagrams_come_with_their_sender,
    batches_come_whole_and_long_ones_are_dropped,
    socket_can_be_freed_in_its_callback, wrong_family_and_taken_port_are_told)
