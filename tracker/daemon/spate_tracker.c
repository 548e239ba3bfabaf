/* spate-tracker: the tracker's daemon. */

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "io/daemon.h"
#include "io/inherit.h"
#include "io/priv.h"
#include "tracker/daemon/ctl.h"
#include "tracker/daemon/life.h"
#include "tracker/daemon/track_host.h"

static char cwd[PATH_MAX], file[PATH_MAX];

static void
take_pidfile(const char *path)
{
	char why[64];
	long pid;
	int r;

	if (path == NULL)
		return;
	r = daemon_pidfile(path, &pid);
	if (r == SP_ERR_EXISTS) {
		snprintf(why, sizeof(why), "in use by process %ld", pid);
		daemon_fail(path, why);
	}
	if (r < 0)
		daemon_fail(path, strerror(errno));
}

/* Where we are, and what we are: an upgrade starts the same again. */
static void
find_self(void)
{
	ssize_t n = readlink("/proc/self/exe", file, sizeof(file) - 1);

	file[SP_MAX(n, 0)] = '\0';
	if (getcwd(cwd, sizeof(cwd)) == NULL)
		daemon_fail("current directory", strerror(errno));
}

static void
raise_files(const struct options *o, const struct sp_log *log)
{
	size_t want = options_files(o), got = priv_files(want);

	if (got < want)
		log_msg(log, LOG_LEVEL_WARN,
		    "start: fewer open files than max-streams needs "
		    "limit=%zu wanted=%zu",
		    got, want);
}

static void
drop_rights(const struct options *o)
{
	struct priv p = { o->user, o->chroot };
	char why[PRIV_WHY];

	if (o->user == NULL)
		return;
	daemon_notify_keep();
	if (priv_drop(&p, why) < 0)
		daemon_fail("user", why);
}

static struct track_host *
open_all(struct loop *l, const struct options *o, const struct sp_log *log)
{
	struct track_host *h;
	const char *where = "listen";
	char why[OPTIONS_WHY];
	int r;

	r = track_host_new(&h, l, o, log, why);
	if (r < 0)
		daemon_fail("start", why[0] != '\0' ? why : sp_strerror(r));
	errno = 0;
	r = track_host_listen(h, &where);
	if (r < 0)
		daemon_fail(where,
		    errno != 0 ? strerror(errno) : sp_strerror(r));
	return h;
}

/* Whom we become may remove the socket, and his group may use it. */
static struct ctl *
open_ctl(struct loop *l, struct track_host *h, const struct options *o)
{
	struct priv p = { o->user, o->chroot };
	struct ctl *c;
	int r;

	if (o->control == NULL)
		return NULL;
	r = ctl_new(&c, l, h, o->control);
	if (r < 0)
		daemon_fail(o->control, r == SP_ERR_IO || r == SP_ERR_EXISTS
					    ? strerror(errno)
					    : sp_strerror(r));
	if (priv_own(&p, o->control) < 0)
		daemon_fail(o->control, strerror(errno));
	return c;
}

static void
close_rest(const struct sp_log *log)
{
	size_t left = inherit_close_rest();

	if (left > 0)
		log_msg(log, LOG_LEVEL_WARN,
		    "start: sockets at addresses that we do not listen on "
		    "closed=%zu",
		    left);
}

static int
serve(struct life_conf *lc)
{
	struct life *life;
	struct loop *l;
	int r;

	if (loop_new(&l) < 0)
		daemon_fail("event loop", strerror(errno));
	raise_files(lc->opts, lc->log);
	lc->loop = l;
	lc->host = open_all(l, lc->opts, lc->log);
	lc->ctl = open_ctl(l, lc->host, lc->opts);
	close_rest(lc->log);
	drop_rights(lc->opts);
	if (track_host_serve(lc->host) < 0)
		daemon_fail("threads", strerror(errno));
	if (life_new(&life, lc) < 0)
		daemon_fail("start", sp_strerror(SP_ERR_NOMEM));
	daemon_ready();
	r = loop_run(l);
	ctl_free(lc->ctl);
	life_free(life);
	track_host_free(lc->host);
	loop_free(l);
	return r < 0 ? 1 : 0;
}

int
main(int argc, char **argv)
{
	struct options o = { 0 };
	struct life_conf lc = { .opts = &o, .cwd = cwd, .argc = argc };
	struct sp_log log;
	int r;

	daemon_setup("spate-tracker");
	inherit_setup();
	daemon_succeed();
	if (argc > 1 && strcmp(argv[1], "ctl") == 0)
		return ctl_main(argc - 1, argv + 1);
	find_self();
	lc.argv = argv;
	lc.file = file[0] == '\0' ? NULL : file;
	r = options_parse(&lc.conf, &o, argc, argv, cwd);
	if (r != 0)
		return r < 0 ? 2 : 0;
	log = *daemon_log_open(&o.std);
	log.level = options_log_level(&o);
	lc.log = &log;
	if (o.std.daemon && daemon_detach() < 0)
		daemon_fail("detach", strerror(errno));
	take_pidfile(o.std.pidfile);
	r = serve(&lc);
	daemon_pidfile_remove();
	return r;
}
