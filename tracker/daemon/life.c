#include "tracker/daemon/life.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "io/daemon.h"
#include "io/upgrade.h"
#include "tracker/daemon/ctl.h"

#define ROUND (50 * SP_MS) /* of draining */

struct life {
	struct life_conf c;
	struct conf *lists; /* what the changeable options are from, or NULL */
	struct upgrade *upgrade;
	struct io_timer drain, watchdog;
	sp_time pet;   /* between two signs of life for the watchdog */
	sp_time until; /* draining; 0: not */
	sp_time grace; /* a reply may still be on its way until then */
};

/* ---- the end ------------------------------------------------------------- */

static void
drain_round(void *ctx, sp_time now)
{
	struct life *f = ctx;
	sp_time left = f->until - now;
	size_t some;

	if (left <= 0) {
		loop_stop(f->c.loop);
		return;
	}
	/* Evenly, so that not all come to the successor at once. */
	some = track_host_drained(f->c.host, 0) / (size_t)(left / ROUND + 1);
	if (track_host_drained(f->c.host, some + 1) == 0 && now >= f->grace) {
		loop_stop(f->c.loop);
		return;
	}
	io_timer_set(&f->drain, now + ROUND);
}

static void
drain(struct life *f, sp_time limit)
{
	sp_time now = loop_now(f->c.loop);

	track_host_drain(f->c.host);
	if (f->c.ctl != NULL && limit == LIFE_DRAIN)
		ctl_leave(f->c.ctl);
	f->until = now + limit;
	f->grace = now + 2 * ROUND;
	io_timer_set(&f->drain, 0);
}

static void
on_stop(void *ctx, int signo)
{
	struct life *f = ctx;

	(void)signo;
	if (f->until != 0) {
		loop_stop(f->c.loop);
		return;
	}
	daemon_notify("STOPPING=1");
	log_msg(f->c.log, LOG_LEVEL_INFO, "tracker: stops");
	/* A successor that is not ready yet would outlive us. */
	upgrade_free(f->upgrade);
	f->upgrade = NULL;
	drain(f, LIFE_STOP);
}

/* ---- reload -------------------------------------------------------------- */

static void
on_change(void *ctx, const struct conf_row *row)
{
	const struct life *f = ctx;

	if (!options_may_change(row->name))
		log_msg(f->c.log, LOG_LEVEL_WARN,
		    "reload: only an upgrade or a restart changes %s",
		    row->name);
}

static void
on_complaint(void *ctx, const char *line)
{
	const struct life *f = ctx;

	log_msg(f->c.log, LOG_LEVEL_ERROR, "reload: %s", line);
}

/*
 * Parses everything again, from where we were started. Whom we have become may
 * not be allowed to go there: then only relative paths are not found.
 */
static int
read_again(struct life *f, struct conf **c, struct options *o)
{
	char here[4096];
	int r;

	if (getcwd(here, sizeof(here)) == NULL)
		return SP_ERR_IO;
	if (chdir(f->c.cwd) < 0)
		log_msg(f->c.log, LOG_LEVEL_DEBUG, "reload: cannot go to %s",
		    f->c.cwd);
	conf_complain_to(on_complaint, f);
	r = options_parse(c, o, f->c.argc, f->c.argv, f->c.cwd);
	conf_complain_to(NULL, NULL);
	if (chdir(here) < 0)
		log_msg(f->c.log, LOG_LEVEL_WARN, "reload: cannot go back");
	return r < 0 ? r : 0;
}

static int
reload_conf(struct life *f)
{
	struct options fresh = { 0 };
	struct conf *c;
	int r;

	/* The file is outside. */
	if (f->c.opts->chroot != NULL)
		return 0;
	r = read_again(f, &c, &fresh);
	if (r < 0) {
		log_msg(f->c.log, LOG_LEVEL_ERROR,
		    "reload: the configuration stays as it was why=%s",
		    sp_errname(r));
		return r;
	}
	options_diff(f->c.opts, &fresh, on_change, f);
	options_take(f->c.opts, &fresh);
	conf_free(f->lists);
	f->lists = c;
	life_log_level(f, options_log_level(f->c.opts));
	return 0;
}

int
life_reload(struct life *f)
{
	bool good;

	daemon_notify_reloading();
	good = reload_conf(f) == 0;
	good = track_host_reload(f->c.host) && good;
	daemon_notify("READY=1");
	return good ? 0 : SP_ERR_ARG;
}

void
life_log_level(struct life *f, enum log_level level)
{
	f->c.log->level = level;
}

static void
on_reload(void *ctx, int signo)
{
	(void)signo;
	life_reload(ctx);
}

/* ---- upgrade ------------------------------------------------------------- */

static void
upgraded(void *ctx, int err, long pid, const char *why)
{
	struct life *f = ctx;
	char text[64];

	if (err != 0) {
		log_msg(f->c.log, LOG_LEVEL_ERROR,
		    "upgrade: goes on as it was why=%s says=%q",
		    sp_errname(err), why, strlen(why));
		upgrade_free(f->upgrade);
		f->upgrade = NULL;
		daemon_notify("READY=1");
		return;
	}
	log_msg(f->c.log, LOG_LEVEL_INFO,
	    "upgrade: the successor serves"
	    " pid=%d",
	    (int)pid);
	snprintf(text, sizeof(text), "MAINPID=%ld\nREADY=1", pid);
	daemon_notify(text);
	daemon_pidfile_leave();
	drain(f, LIFE_DRAIN);
}

static int
begin_upgrade(struct life *f)
{
	struct upgrade_conf u = {
		.file = f->c.file,
		.argv = f->c.argv,
		.cwd = f->c.cwd,
		.limit = LIFE_UPGRADE,
	};
	struct sp_buf state;
	int r;

	if (f->upgrade != NULL || f->until != 0)
		return SP_ERR_EXISTS;
	if (f->c.opts->chroot != NULL || f->c.file == NULL)
		return SP_ERR_UNSUPPORTED;
	track_host_state(f->c.host, &state);
	u.state = state.p;
	u.state_len = state.len;
	r = upgrade_new(&f->upgrade, f->c.loop, &u, upgraded, f);
	buf_fini(&state);
	return r;
}

int
life_upgrade(struct life *f)
{
	int r = begin_upgrade(f);

	if (r < 0)
		log_msg(f->c.log, LOG_LEVEL_ERROR,
		    "upgrade: no successor"
		    " why=%s",
		    sp_errname(r));
	else
		daemon_notify_reloading();
	return r;
}

static void
on_upgrade(void *ctx, int signo)
{
	(void)signo;
	life_upgrade(ctx);
}

/* ---- life ---------------------------------------------------------------- */

static void
feed_watchdog(void *ctx, sp_time now)
{
	struct life *f = ctx;

	daemon_notify("WATCHDOG=1");
	io_timer_set(&f->watchdog, now + f->pet);
}

static int
start(struct life *f)
{
	struct loop *l = f->c.loop;
	sp_time watchdog = daemon_watchdog();
	int r;

	if ((r = io_timer_init(&f->drain, l, drain_round, f)) < 0 ||
	    (r = io_timer_init(&f->watchdog, l, feed_watchdog, f)) < 0 ||
	    (r = loop_signal(l, SIGTERM, on_stop, f)) < 0 ||
	    (r = loop_signal(l, SIGINT, on_stop, f)) < 0 ||
	    (r = loop_signal(l, SIGHUP, on_reload, f)) < 0 ||
	    (r = loop_signal(l, SIGUSR2, on_upgrade, f)) < 0)
		return r;
	if (watchdog != SP_NEVER) {
		f->pet = watchdog / 3;
		io_timer_set(&f->watchdog, loop_now(l) + f->pet);
	}
	return 0;
}

int
life_new(struct life **out, const struct life_conf *conf)
{
	struct life *f = calloc(1, sizeof(*f));
	int r;

	*out = NULL;
	if (f == NULL)
		return SP_ERR_NOMEM;
	f->c = *conf;
	r = start(f);
	if (r < 0) {
		f->c.conf = NULL;
		life_free(f);
		return r;
	}
	if (conf->ctl != NULL)
		ctl_life(conf->ctl, f);
	*out = f;
	return 0;
}

void
life_free(struct life *f)
{
	if (f == NULL)
		return;
	upgrade_free(f->upgrade);
	io_timer_fini(&f->drain);
	io_timer_fini(&f->watchdog);
	conf_free(f->lists);
	conf_free(f->c.conf);
	free(f);
}
