#ifndef SRC_IO_LOOP_H
#define SRC_IO_LOOP_H

/*
 * The event loop of a host: clock, timers, signals. One loop per thread, and
 * everything made on a loop is used on its thread and freed before it.
 *
 * Callbacks run from loop_run only, never from inside a call that arms them,
 * and any object may be freed in any callback, its own included, unless its
 * header says otherwise.
 */

#include "base/err.h"
#include "base/mem.h"
#include "base/tstamp.h"

struct loop;

/* SP_ERR_NOMEM, SP_ERR_IO. */
int loop_new(struct loop **out);
void loop_free(struct loop *l); /* NULL is fine */

/* CLOCK_MONOTONIC, read anew by each call. Never goes back, never 0. */
sp_time loop_now(const struct loop *l);
/* The same clock for who has no loop. */
sp_time io_now(void);
/* Wall clock, ms since 1970 UTC. */
int64_t io_wall_ms(void);

/* Runs until loop_stop; 0 or SP_ERR_IO. */
int loop_run(struct loop *l);
/* One round: waits at most until |until| for something to happen. */
int loop_step(struct loop *l, sp_time until);
/* The running loop_run returns after the present callback. */
void loop_stop(struct loop *l);

/*
 * A timer, embedded in its owner. |cb| is called once, at or after the time
 * that was set; it may set the timer again.
 */
struct io_timer {
	struct loop *loop;
	void (*cb)(void *ctx, sp_time now);
	void *ctx;
	sp_time at; /* SP_NEVER when not set */
	void *ev;
};

/* SP_ERR_NOMEM. */
int io_timer_init(struct io_timer *t, struct loop *l,
    void (*cb)(void *ctx, sp_time now), void *ctx);
void io_timer_fini(struct io_timer *t); /* zeroed or initialized */
/*
 * At absolute |at|; earlier settings are forgotten. A time that has passed
 * (0 is the idiom) means in the next round of the loop: "run soon". SP_NEVER
 * cancels.
 */
void io_timer_set(struct io_timer *t, sp_time at);
void io_timer_cancel(struct io_timer *t);
bool io_timer_is_set(const struct io_timer *t);

/* Calls |cb| in the loop when |signo| came. SP_ERR_NOMEM, SP_ERR_FULL (16). */
int loop_signal(struct loop *l, int signo, void (*cb)(void *ctx, int signo),
    void *ctx);

/*
 * Calls |cb| whenever |fd| is readable. The watch does not own |fd|: free the
 * watch before closing it.
 */
struct io_watch;
int io_watch_new(struct io_watch **out, struct loop *l, int fd,
    void (*cb)(void *ctx, int fd), void *ctx);
void io_watch_free(struct io_watch *w);

/* The host's allocator: malloc, realloc, free. Static. */
const struct sp_mem *io_mem(void);
/* |len| bytes from the kernel (getrandom). Aborts when there are none. */
void io_random(void *out, size_t len);
uint64_t io_random_u64(void);

/* For src/io itself. */
struct event_base;
struct event_base *loop_base(struct loop *l);
/* LOOP_SCRATCH bytes to receive into, for the length of one callback. */
#define LOOP_SCRATCH (256 * 1024)
uint8_t *loop_scratch(struct loop *l);

#endif
