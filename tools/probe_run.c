#include <errno.h>
#include <signal.h>

#include "io/daemon.h"
#include "tools/probe_int.h"

#define TICK     (100 * SP_MS)
#define BYE_TIME (2 * SP_S)

static void
bye(struct probe *p, sp_time now)
{
	if (p->bye != 0)
		return;
	p->bye = now;
	probe_web_bye(p);
}

static void
tick_cb(void *ctx, sp_time now)
{
	struct probe *p = ctx;

	if (p->bye != 0) {
		if (probe_web_said_bye(p) || now - p->bye >= BYE_TIME) {
			loop_stop(p->loop);
			return;
		}
	} else {
		probe_lt_tick(p, now);
		probe_net_tick(p, now);
		probe_udp_tick(p, now);
		if (now - p->begun >= p->o->time ||
		    (probe_net_is_through(p, now) &&
			probe_lt_is_through(p, now) &&
			probe_web_is_through(p, now)))
			bye(p, now);
	}
	io_timer_set(&p->tick, now + TICK);
}

static void
signal_cb(void *ctx, int signo SP_UNUSED)
{
	struct probe *p = ctx;

	bye(p, loop_now(p->loop));
}

static int
fail(const char *what, int rv)
{
	daemon_complain(what, rv == SP_ERR_EXISTS
				  ? "the port is in use: give another one, or 0"
			      : rv == SP_ERR_IO ? strerror(errno)
						: sp_strerror(rv));
	return rv;
}

static int
begin(struct probe *p)
{
	int rv;

	if ((rv = loop_new(&p->loop)) < 0 ||
	    (rv = origin_new(&p->origin, p->loop, NULL)) < 0 ||
	    (rv = io_timer_init(&p->tick, p->loop, tick_cb, p)) < 0 ||
	    (rv = loop_signal(p->loop, SIGINT, signal_cb, p)) < 0 ||
	    (rv = loop_signal(p->loop, SIGTERM, signal_cb, p)) < 0)
		return fail("setup", rv);
	p->begun = loop_now(p->loop);
	if ((rv = probe_net_begin(p)) < 0)
		return fail("peer-port", rv);
	if ((rv = probe_lt_begin(p)) < 0 || (rv = probe_web_begin(p)) < 0)
		return fail("setup", rv);
	io_timer_set(&p->tick, 0);
	return 0;
}

int
probe_run(struct probe *p)
{
	int rv = begin(p);

	if (rv == 0)
		rv = loop_run(p->loop);
	if (p->loop != NULL) {
		probe_web_end(p);
		probe_lt_end(p);
		probe_net_end(p);
		io_timer_fini(&p->tick);
		origin_free(p->origin);
	}
	loop_free(p->loop);
	return rv;
}
