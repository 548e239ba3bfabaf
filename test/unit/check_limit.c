#include "tracker/limit.h"
#include "test/unit/unit.h"

static struct failmem fm;
static struct limit *lim;

static const struct limit_rate rates[LIMIT_KINDS] = {
	[LIMIT_CONNECT] = { 20, 20 },
	[LIMIT_ANNOUNCE] = { 10, 50 },
};

static struct sp_addr
addr(const char *s)
{
	struct sp_addr a;

	ck_assert_int_eq(addr_parse(&a, s, strlen(s)), 0);
	return a;
}

static struct sp_addr
nth(uint32_t n)
{
	uint8_t ip[4] = { 10, (uint8_t)(n >> 16), (uint8_t)(n >> 8),
		(uint8_t)n };

	return addr_make(4, ip, 1);
}

static void
start(uint32_t hosts)
{
	failmem_init(&fm);
	ck_assert_int_eq(limit_new(&lim, &fm.mem, rates, hosts, 42), 0);
}

static void
stop(void)
{
	limit_free(lim);
	failmem_check(&fm);
}

/* How many of |n| announces at |now| pass. */
static int
announces(const struct sp_addr *a, int n, sp_time now)
{
	int ok = 0;

	while (n-- > 0)
		ok += limit_take(lim, a, LIMIT_ANNOUNCE, now);
	return ok;
}

START_TEST(a_burst_passes_and_then_the_rate)
{
	struct sp_addr a = addr("192.0.2.1:1");

	start(1024);
	ck_assert_int_eq(announces(&a, 100, 5 * SP_S), 50);
	ck_assert_int_eq(announces(&a, 1, 5 * SP_S + 99 * SP_MS), 0);
	ck_assert_int_eq(announces(&a, 100, 6 * SP_S), 10);
	for (sp_time t = 7; t < 100; t++)
		ck_assert_int_eq(announces(&a, 100, t * SP_S), 10);
	/* A rest of five seconds fills it. */
	ck_assert_int_eq(announces(&a, 100, 105 * SP_S), 50);
	ck_assert_int_eq(announces(&a, 100, 1000 * SP_S), 50);
	stop();
}
END_TEST

START_TEST(kinds_and_hosts_do_not_share)
{
	struct sp_addr a = addr("192.0.2.1:1"), b = addr("192.0.2.2:1");

	start(1024);
	ck_assert_int_eq(announces(&a, 60, 0), 50);
	ck_assert(limit_take(lim, &a, LIMIT_CONNECT, 0));
	ck_assert_int_eq(announces(&b, 60, 0), 50);
	for (int i = 1; i < 20; i++)
		ck_assert(limit_take(lim, &a, LIMIT_CONNECT, 0));
	ck_assert(!limit_take(lim, &a, LIMIT_CONNECT, 0));
	ck_assert(limit_take(lim, &b, LIMIT_CONNECT, 0));
	stop();
}
END_TEST

START_TEST(ports_do_not_count_and_of_ipv6_the_network_does)
{
	struct sp_addr a = addr("192.0.2.1:1"), b = addr("192.0.2.1:2");
	struct sp_addr c = addr("[2001:db8::1]:1");
	struct sp_addr d = addr("[2001:db8::ffff:1]:1");
	struct sp_addr e = addr("[2001:db8:0:1::1]:1");

	start(1024);
	ck_assert_int_eq(announces(&a, 60, 0), 50);
	ck_assert_int_eq(announces(&b, 60, 0), 0);
	ck_assert_int_eq(announces(&c, 60, 0), 50);
	ck_assert_int_eq(announces(&d, 60, 0), 0);
	ck_assert_int_eq(announces(&e, 60, 0), 50);
	stop();
}
END_TEST

START_TEST(a_rate_of_nought_is_no_limit)
{
	struct limit_rate none[LIMIT_KINDS] = { { 0, 0 }, { 0, 0 } };
	struct sp_addr a = addr("192.0.2.1:1");

	start(1024);
	ck_assert_int_eq(announces(&a, 60, 0), 50);
	ck_assert_int_eq(limit_set(lim, none), 0);
	ck_assert_int_eq(announces(&a, 1000, 0), 1000);
	ck_assert_int_eq(limit_set(lim, rates), 0);
	ck_assert_int_eq(announces(&a, 60, SP_S), 10);
	stop();
}
END_TEST

START_TEST(a_flood_of_hosts_does_not_free_who_is_over_the_limit)
{
	struct sp_addr bad = addr("192.0.2.1:1"), a;
	size_t calls;
	int got = 0;

	start(256);
	calls = fm.calls;
	ck_assert_int_eq(announces(&bad, 60, 0), 50);
	for (uint32_t i = 0; i < 100000; i++) {
		a = nth(i);
		ck_assert(limit_take(lim, &a, LIMIT_ANNOUNCE, 0));
		if (i % 100 == 0)
			got += announces(&bad, 1, 0);
	}
	ck_assert_int_eq(got, 0);
	ck_assert_uint_eq(fm.calls, calls);
	stop();
}
END_TEST

START_TEST(the_table_serves_as_many_hosts_as_it_was_made_for)
{
	struct sp_addr a;
	int over = 0;

	start(4096);
	for (uint32_t i = 0; i < 1024; i++) {
		a = nth(i);
		ck_assert_int_eq(announces(&a, 60, 0), 50);
	}
	/* At a quarter of its size a set is seldom full. */
	for (uint32_t i = 0; i < 1024; i++) {
		a = nth(i);
		over += announces(&a, 1, 0) > 0;
	}
	ck_assert_int_lt(over, 50);
	stop();
}
END_TEST

START_TEST(time_may_come_round)
{
	struct sp_addr a = addr("192.0.2.1:1");

	start(16);
	for (sp_time t = 0; t < 400 * 3600 * SP_S; t += 1800 * SP_S) {
		ck_assert_int_eq(announces(&a, 60, t), 50);
		ck_assert_int_eq(announces(&a, 60, t + SP_S), 10);
	}
	/* 65536 s are 2^32 ticks. */
	ck_assert_int_eq(announces(&a, 60, 400 * 3600 * SP_S), 50);
	ck_assert_int_eq(announces(&a, 60, (400 * 3600 + 65530) * SP_S), 50);
	stop();
}
END_TEST

START_TEST(rates_out_of_range_are_refused)
{
	struct limit_rate r[LIMIT_KINDS] = { { 1, 1 }, { 1, 1 } };

	start(16);
	r[0].burst = 0;
	ck_assert_int_eq(limit_set(lim, r), SP_ERR_ARG);
	r[0].burst = LIMIT_BURST_MAX;
	ck_assert_int_eq(limit_set(lim, r), SP_ERR_ARG);
	r[0].per_s = LIMIT_RATE_MAX;
	ck_assert_int_eq(limit_set(lim, r), 0);
	r[0].per_s++;
	ck_assert_int_eq(limit_set(lim, r), SP_ERR_ARG);
	stop();
	ck_assert_int_eq(
	    limit_new(&lim, &fm.mem, rates, LIMIT_HOSTS_MAX + 1, 1),
	    SP_ERR_ARG);
	ck_assert_int_eq(limit_new(&lim, &fm.mem, r, 16, 1), SP_ERR_ARG);
	failmem_check(&fm);
}
END_TEST

START_TEST(no_memory_is_survived)
{
	FAILMEM_EACH (&fm) {
		int r = limit_new(&lim, &fm.mem, rates, 64, 1);

		if (r < 0) {
			ck_assert_int_eq(r, SP_ERR_NOMEM);
			ck_assert_ptr_null(lim);
			continue;
		}
		limit_free(lim);
	}
	limit_free(NULL);
}
END_TEST

UNIT_MAIN("limit", a_burst_passes_and_then_the_rate,
    kinds_and_hosts_do_not_share,
    ports_do_not_count_and_of_ipv6_the_network_does,
    a_rate_of_nought_is_no_limit,
    a_flood_of_hosts_does_not_free_who_is_over_the_limit,
    the_table_serves_as_many_hosts_as_it_was_made_for, time_may_come_round,
    rates_out_of_range_are_refused, no_memory_is_survived)
