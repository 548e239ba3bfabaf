#include "io/loop.h"
#include "test/unit/unit.h"

#include <signal.h>
#include <unistd.h>

static char order[64];
static char names[] = "abc"; /* contexts of the timers */
static unsigned calls;
static sp_time when;
static struct loop *loop;

static void
note(void *ctx, sp_time now)
{
	size_t n = strlen(order);

	order[n] = *(const char *)ctx;
	order[n + 1] = '\0';
	calls++;
	when = now;
}

static void
stop(void *ctx SP_UNUSED, sp_time now SP_UNUSED)
{
	loop_stop(loop);
}

static void
setup(void)
{
	order[0] = '\0';
	calls = 0;
	ck_assert_int_eq(loop_new(&loop), 0);
}

START_TEST(timers_fire_in_order_and_never_early)
{
	struct io_timer a, b, c, end;
	sp_time now;

	setup();
	ck_assert_int_eq(io_timer_init(&a, loop, note, &names[0]), 0);
	ck_assert_int_eq(io_timer_init(&b, loop, note, &names[1]), 0);
	ck_assert_int_eq(io_timer_init(&c, loop, note, &names[2]), 0);
	ck_assert_int_eq(io_timer_init(&end, loop, stop, NULL), 0);
	now = loop_now(loop);
	io_timer_set(&a, now + 20 * SP_MS);
	io_timer_set(&b, now + 10 * SP_MS);
	io_timer_set(&c, now + 15 * SP_MS);
	io_timer_set(&end, now + 30 * SP_MS);
	io_timer_cancel(&c);
	ck_assert(io_timer_is_set(&a));
	ck_assert(!io_timer_is_set(&c));
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_str_eq(order, "ba");
	ck_assert_int_ge(when, now + 20 * SP_MS);
	ck_assert(!io_timer_is_set(&a));
	io_timer_fini(&a);
	io_timer_fini(&b);
	io_timer_fini(&c);
	io_timer_fini(&end);
	loop_free(loop);
}
END_TEST

START_TEST(later_setting_replaces_the_earlier)
{
	struct io_timer a;
	sp_time now;

	setup();
	ck_assert_int_eq(io_timer_init(&a, loop, note, &names[0]), 0);
	now = loop_now(loop);
	io_timer_set(&a, 0);
	io_timer_set(&a, now + 10 * SP_MS);
	/* not at once, as it was set before; however slow the machine is */
	loop_step(loop, 0);
	while (calls == 0)
		loop_step(loop, loop_now(loop) + SP_S);
	ck_assert_int_ge(when, now + 10 * SP_MS);
	io_timer_set(&a, 0);
	io_timer_set(&a, SP_NEVER);
	loop_step(loop, 0);
	ck_assert_uint_eq(calls, 1);
	io_timer_fini(&a);
	loop_free(loop);
}
END_TEST

static struct io_timer again;

static void
soon(void *ctx SP_UNUSED, sp_time now SP_UNUSED)
{
	calls++;
	io_timer_set(&again, 0);
}

START_TEST(soon_means_the_next_round_not_this_one)
{
	setup();
	ck_assert_int_eq(io_timer_init(&again, loop, soon, NULL), 0);
	io_timer_set(&again, 0);
	ck_assert_uint_eq(calls, 0);
	loop_step(loop, 0);
	ck_assert_uint_eq(calls, 1);
	loop_step(loop, 0);
	ck_assert_uint_eq(calls, 2);
	io_timer_fini(&again);
	loop_free(loop);
}
END_TEST

static void
free_self(void *ctx, sp_time now SP_UNUSED)
{
	io_timer_fini(ctx);
	calls++;
}

START_TEST(timer_can_be_freed_in_its_callback)
{
	struct io_timer t;

	setup();
	ck_assert_int_eq(io_timer_init(&t, loop, free_self, &t), 0);
	io_timer_set(&t, 0);
	loop_step(loop, 0);
	ck_assert_uint_eq(calls, 1);
	loop_step(loop, 0);
	ck_assert_uint_eq(calls, 1);
	loop_free(loop);
}
END_TEST

static void
on_signal(void *ctx, int signo)
{
	ck_assert_int_eq(signo, SIGUSR1);
	++*(unsigned *)ctx;
}

START_TEST(signals_come_through_the_loop)
{
	unsigned n = 0;

	setup();
	ck_assert_int_eq(loop_signal(loop, SIGUSR1, on_signal, &n), 0);
	raise(SIGUSR1);
	ck_assert_uint_eq(n, 0);
	while (n == 0)
		loop_step(loop, loop_now(loop) + SP_S);
	ck_assert_uint_eq(n, 1);
	loop_free(loop);
}
END_TEST

static void
on_readable(void *ctx, int fd)
{
	char byte;

	ck_assert_int_eq(read(fd, &byte, 1), 1);
	*(char *)ctx = byte;
}

START_TEST(watch_tells_of_readable_descriptors)
{
	struct io_watch *w;
	char byte = 0;
	int p[2];

	setup();
	ck_assert_int_eq(pipe(p), 0);
	ck_assert_int_eq(io_watch_new(&w, loop, p[0], on_readable, &byte), 0);
	loop_step(loop, 0);
	ck_assert_int_eq(byte, 0);
	ck_assert_int_eq(write(p[1], "x", 1), 1);
	while (byte == 0)
		loop_step(loop, loop_now(loop) + SP_S);
	ck_assert_int_eq(byte, 'x');
	io_watch_free(w);
	close(p[0]);
	close(p[1]);
	loop_free(loop);
}
END_TEST

START_TEST(clocks_are_sane)
{
	sp_time a = io_now(), b = io_now();

	ck_assert_int_gt(a, 0);
	ck_assert_int_ge(b, a);
	/* 2023-11-14 .. 2100 */
	ck_assert_int_gt(io_wall_ms(), INT64_C(1700000000000));
	ck_assert_int_lt(io_wall_ms(), INT64_C(4102444800000));
}
END_TEST

START_TEST(random_bytes_fill_the_whole_buffer)
{
	uint8_t buf[1000];
	unsigned seen = 0;
	size_t i, k;

	for (k = 0; k < 20; k++) {
		memset(buf, 0, sizeof(buf));
		io_random(buf, sizeof(buf));
		for (i = 990; i < sizeof(buf); i++)
			seen |= buf[i];
	}
	ck_assert_uint_ne(seen, 0);
	ck_assert_uint_ne(io_random_u64(), io_random_u64());
}
END_TEST

START_TEST(heap_table_works)
{
	const struct sp_mem *mem = io_mem();
	char *p = mem_dup(mem, "abc", 3);

	ck_assert_ptr_nonnull(p);
	p = mem_resize(mem, p, 100, 1);
	ck_assert_str_eq(p, "abc");
	mem_free(mem, p);
	mem_free(mem, NULL);
}
END_TEST

UNIT_MAIN("loop", timers_fire_in_order_and_never_early,
    later_setting_replaces_the_earlier, soon_means_the_next_round_not_this_one,
    timer_can_be_freed_in_its_callback, signals_come_through_the_loop,
    watch_tells_of_readable_descriptors, clocks_are_sane,
    random_bytes_fill_the_whole_buffer, heap_table_works)
