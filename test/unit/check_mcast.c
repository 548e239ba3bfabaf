#include "io/mcast.h"
#include "test/unit/unit.h"

#include <sys/socket.h>
#include <unistd.h>

#include "io/sock.h"

/*
 * All of it on loopback; the group's port is free, so that tests that run at
 * the same time hear nothing of each other.
 */

static struct loop *l;
static struct sp_addr group;

struct ear {
	struct mcast *m;
	unsigned n;
	uint8_t last[8];
	size_t len;
	struct sp_addr from;
};

static void
on_heard(void *ctx, const uint8_t *p, size_t len, const struct sp_addr *from)
{
	struct ear *e = ctx;

	e->n++;
	e->len = len;
	memcpy(e->last, p, SP_MIN(len, sizeof(e->last)));
	e->from = *from;
}

static void
begin(void)
{
	struct sp_addr any = addr_make(4, "\0\0\0\0", 0);
	int fd;

	ck_assert_int_eq(loop_new(&l), 0);
	ck_assert_int_eq(sock_bind(&fd, SOCK_DGRAM, &any), 0);
	group = addr_make(4, "\xef\xff\x53\x51", sock_local(fd).port);
	close(fd);
}

static void
listen_to(struct ear *e)
{
	memset(e, 0, sizeof(*e));
	ck_assert_int_eq(
	    mcast_new(&e->m, l, &group, MCAST_LOOPBACK, on_heard, e), 0);
}

static void
wait_for(const struct ear *e, unsigned n)
{
	sp_time end = loop_now(l) + 60 * SP_S;

	while (e->n < n && loop_now(l) < end)
		loop_step(l, loop_now(l) + 20 * SP_MS);
	ck_assert_uint_eq(e->n, n);
}

START_TEST(all_that_listen_hear_it_and_who_says_it)
{
	struct ear a, b;

	begin();
	listen_to(&a);
	listen_to(&b);
	ck_assert_int_eq(mcast_send(a.m, (const uint8_t *)"hello", 5), 1);
	wait_for(&a, 1);
	wait_for(&b, 1);
	ck_assert_uint_eq(b.len, 5);
	ck_assert_mem_eq(b.last, "hello", 5);
	ck_assert(addr_is_loopback(&b.from));
	/* Twice joined is joined. */
	ck_assert_int_eq(mcast_send(a.m, (const uint8_t *)"", 0), 1);
	wait_for(&b, 2);
	ck_assert_uint_eq(b.len, 0);
	mcast_free(a.m);
	mcast_free(b.m);
	mcast_free(NULL);
	loop_free(l);
}
END_TEST

START_TEST(what_is_not_said_to_the_group_is_not_heard)
{
	uint8_t big[MCAST_LEN_MAX + 1] = { 0 };
	struct sockaddr_storage ss;
	struct ear a;
	struct sp_addr to = addr_make(4, "\x7f\0\0\x01", 0);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), len;

	begin();
	listen_to(&a);
	to.port = group.port;
	len = sock_from_addr(&ss, &to);
	/* Nobody is there, which the kernel may say. */
	(void)!sendto(fd, "x", 1, 0, (struct sockaddr *)&ss, (socklen_t)len);
	ck_assert_int_eq(mcast_send(a.m, big, sizeof(big)), 1);
	ck_assert_int_eq(mcast_send(a.m, big, MCAST_LEN_MAX), 1);
	wait_for(&a, 1);
	ck_assert_uint_eq(a.len, MCAST_LEN_MAX);
	close(fd);
	mcast_free(a.m);
	loop_free(l);
}
END_TEST

START_TEST(without_an_interface_nothing_is_said)
{
	struct ear a = { 0 };

	begin();
	ck_assert_int_eq(mcast_new(&a.m, l, &group, 0, on_heard, &a), 0);
	ck_assert_int_eq(mcast_send(a.m, (const uint8_t *)"x", 1), 0);
	mcast_free(a.m);
	group.family = 0;
	ck_assert_int_eq(
	    mcast_new(&a.m, l, &group, MCAST_LOOPBACK, on_heard, &a),
	    SP_ERR_IO);
	loop_free(l);
}
END_TEST

START_TEST(loopback_is_an_interface)
{
	struct iface v[IFACE_MAX];
	int n = iface_list(v, SP_LEN(v));
	bool found = false;

	for (int i = 0; i < n; i++) {
		ck_assert(v[i].name[0] != '\0' && v[i].index > 0);
		ck_assert_int_eq(v[i].addr.port, 0);
		if (v[i].loopback && addr_is_loopback(&v[i].addr))
			found = true;
	}
	ck_assert(found);
	ck_assert_int_eq(iface_list(v, 1), 1);
	ck_assert_int_eq(iface_list(v, 0), 0);
}
END_TEST

UNIT_MAIN("mcast", all_that_listen_hear_it_and_who_says_it,
    what_is_not_said_to_the_group_is_not_heard,
    without_an_interface_nothing_is_said, loopback_is_an_interface)
