#include "io/loop.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

#include <event2/event.h>
#include <event2/util.h>

#define LOOP_SIGNALS 16

struct loop_sig {
	struct event *ev;
	void (*cb)(void *ctx, int signo);
	void *ctx;
};

struct loop {
	struct event_base *base;
	struct io_timer step;
	struct loop_sig sig[LOOP_SIGNALS];
	size_t nsig;
	uint8_t scratch[LOOP_SCRATCH];
};

struct io_watch {
	struct event *ev;
	void (*cb)(void *ctx, int fd);
	void *ctx;
};

static void
step_over(void *ctx SP_UNUSED, sp_time now SP_UNUSED)
{
}

int
loop_new(struct loop **out)
{
	struct event_config *cfg;
	struct loop *l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return SP_ERR_NOMEM;
	if ((cfg = event_config_new()) == NULL) {
		free(l);
		return SP_ERR_NOMEM;
	}
	/* Otherwise libevent's clock moves in steps of the kernel's tick. */
	event_config_set_flag(cfg,
	    EVENT_BASE_FLAG_PRECISE_TIMER | EVENT_BASE_FLAG_NOLOCK);
	l->base = event_base_new_with_config(cfg);
	event_config_free(cfg);
	if (l->base == NULL) {
		free(l);
		return SP_ERR_IO;
	}
	if (io_timer_init(&l->step, l, step_over, NULL) < 0) {
		loop_free(l);
		return SP_ERR_NOMEM;
	}
	*out = l;
	return 0;
}

void
loop_free(struct loop *l)
{
	size_t i;

	if (l == NULL)
		return;
	for (i = 0; i < l->nsig; i++)
		event_free(l->sig[i].ev);
	io_timer_fini(&l->step);
	event_base_free(l->base);
	free(l);
}

sp_time
io_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (sp_time)ts.tv_sec * SP_S + ts.tv_nsec + 1;
}

sp_time
loop_now(const struct loop *l SP_UNUSED)
{
	return io_now();
}

int64_t
io_wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int
loop_run(struct loop *l)
{
	int rc = event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY);

	return rc < 0 ? SP_ERR_IO : 0;
}

int
loop_step(struct loop *l, sp_time until)
{
	int flags = EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY;
	int rc;

	if (until <= loop_now(l))
		flags |= EVLOOP_NONBLOCK;
	else
		io_timer_set(&l->step, until);
	rc = event_base_loop(l->base, flags);
	io_timer_cancel(&l->step);
	return rc < 0 ? SP_ERR_IO : 0;
}

void
loop_stop(struct loop *l)
{
	event_base_loopbreak(l->base);
}

/* ---- timers ---- */

static void
timer_arm(struct io_timer *t, sp_time now)
{
	sp_time us = 0;
	struct timeval tv;

	if (t->at > now)
		us = (t->at - now) / SP_US + ((t->at - now) % SP_US != 0);
	us = SP_MIN(us, (sp_time)86400 * 1000000);
	tv.tv_sec = us / 1000000;
	tv.tv_usec = us % 1000000;
	event_add(t->ev, &tv);
}

static void
timer_cb(evutil_socket_t fd SP_UNUSED, short what SP_UNUSED, void *arg)
{
	struct io_timer *t = arg;
	sp_time now = io_now();

	if (t->at == SP_NEVER)
		return;
	/* libevent counts from the start of the round: it may be early. */
	if (t->at > now) {
		timer_arm(t, now);
		return;
	}
	t->at = SP_NEVER;
	t->cb(t->ctx, now);
}

int
io_timer_init(struct io_timer *t, struct loop *l,
    void (*cb)(void *ctx, sp_time now), void *ctx)
{
	t->loop = l;
	t->cb = cb;
	t->ctx = ctx;
	t->at = SP_NEVER;
	t->ev = event_new(l->base, -1, 0, timer_cb, t);
	return t->ev == NULL ? SP_ERR_NOMEM : 0;
}

void
io_timer_fini(struct io_timer *t)
{
	if (t->ev != NULL)
		event_free(t->ev);
	t->ev = NULL;
	t->at = SP_NEVER;
}

void
io_timer_set(struct io_timer *t, sp_time at)
{
	if (at == SP_NEVER) {
		io_timer_cancel(t);
		return;
	}
	/* Moving an event costs; many owners set the same time again. */
	if (t->at == at)
		return;
	t->at = at;
	timer_arm(t, at == 0 ? 0 : io_now());
}

void
io_timer_cancel(struct io_timer *t)
{
	if (t->at == SP_NEVER)
		return;
	t->at = SP_NEVER;
	event_del(t->ev);
}

bool
io_timer_is_set(const struct io_timer *t)
{
	return t->ev != NULL && t->at != SP_NEVER;
}

/* ---- signals and descriptors ---- */

static void
signal_cb(evutil_socket_t signo, short what SP_UNUSED, void *arg)
{
	struct loop_sig *s = arg;

	s->cb(s->ctx, (int)signo);
}

int
loop_signal(struct loop *l, int signo, void (*cb)(void *ctx, int signo),
    void *ctx)
{
	struct loop_sig *s;

	if (l->nsig == LOOP_SIGNALS)
		return SP_ERR_FULL;
	s = &l->sig[l->nsig];
	s->cb = cb;
	s->ctx = ctx;
	s->ev = evsignal_new(l->base, signo, signal_cb, s);
	if (s->ev == NULL)
		return SP_ERR_NOMEM;
	if (evsignal_add(s->ev, NULL) < 0) {
		event_free(s->ev);
		return SP_ERR_NOMEM;
	}
	l->nsig++;
	return 0;
}

static void
watch_cb(evutil_socket_t fd, short what SP_UNUSED, void *arg)
{
	struct io_watch *w = arg;

	w->cb(w->ctx, (int)fd);
}

int
io_watch_new(struct io_watch **out, struct loop *l, int fd,
    void (*cb)(void *ctx, int fd), void *ctx)
{
	struct io_watch *w;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return SP_ERR_NOMEM;
	w->cb = cb;
	w->ctx = ctx;
	w->ev = event_new(l->base, fd, EV_READ | EV_PERSIST, watch_cb, w);
	if (w->ev == NULL || event_add(w->ev, NULL) < 0) {
		io_watch_free(w);
		return SP_ERR_NOMEM;
	}
	*out = w;
	return 0;
}

void
io_watch_free(struct io_watch *w)
{
	if (w == NULL)
		return;
	if (w->ev != NULL)
		event_free(w->ev);
	free(w);
}

/* ---- memory, random bytes ---- */

static void *
heap_alloc(void *ctx SP_UNUSED, size_t size)
{
	return malloc(size);
}

static void *
heap_resize(void *ctx SP_UNUSED, void *p, size_t size)
{
	return realloc(p, size);
}

static void
heap_release(void *ctx SP_UNUSED, void *p)
{
	free(p);
}

const struct sp_mem *
io_mem(void)
{
	static const struct sp_mem mem = {
		.alloc = heap_alloc,
		.resize = heap_resize,
		.release = heap_release,
	};

	return &mem;
}

void
io_random(void *out, size_t len)
{
	uint8_t *p = out;
	ssize_t n;

	while (len > 0) {
		n = getrandom(p, SP_MIN(len, (size_t)256), 0);
		if (n < 0 && errno == EINTR)
			continue;
		/* Keys from a broken source are worse than no program. */
		if (n <= 0)
			abort();
		p += n;
		len -= (size_t)n;
	}
}

uint64_t
io_random_u64(void)
{
	uint64_t v;

	io_random(&v, sizeof(v));
	return v;
}

struct event_base *
loop_base(struct loop *l)
{
	return l->base;
}

uint8_t *
loop_scratch(struct loop *l)
{
	return l->scratch;
}
