/* spate-tracker: the tracker's daemon. */

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <unistd.h>

#include "io/daemon.h"
#include "tracker/daemon/track_host.h"

static void
on_stop(void *ctx, int signo)
{
	(void)signo;
	loop_stop(ctx);
}

static void
on_reload(void *ctx, int signo)
{
	(void)signo;
	daemon_notify("RELOADING=1");
	track_host_reload(ctx);
	daemon_notify("READY=1");
}

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

/* Going to the background leaves the directory that a path was meant in. */
static void
make_absolute(const char **path)
{
	static char text[3][PATH_MAX];
	static size_t n;
	char cwd[PATH_MAX];

	if (*path == NULL || **path == '/')
		return;
	assert(n < SP_LEN(text) && "there are three files");
	if (getcwd(cwd, sizeof(cwd)) == NULL)
		daemon_fail("current directory", strerror(errno));
	if (snprintf(text[n], PATH_MAX, "%s/%s", cwd, *path) >= PATH_MAX)
		daemon_fail(*path, strerror(ENAMETOOLONG));
	*path = text[n++];
}

static void
detach(struct options *o)
{
	make_absolute(&o->access_file);
	make_absolute(&o->deny_file);
	make_absolute(&o->std.pidfile);
	if (daemon_detach() < 0)
		daemon_fail("detach", strerror(errno));
}

static int
serve(const struct options *o, const struct sp_log *log)
{
	struct track_host *h;
	struct loop *l;
	const char *where = "listen";
	char why[OPTIONS_WHY];
	int r;

	if (loop_new(&l) < 0)
		daemon_fail("event loop", strerror(errno));
	r = track_host_new(&h, l, o, log, why);
	if (r < 0)
		daemon_fail("start", why[0] != '\0' ? why : sp_strerror(r));
	errno = 0;
	r = track_host_listen(h, &where);
	if (r < 0)
		daemon_fail(where,
		    errno != 0 ? strerror(errno) : sp_strerror(r));
	loop_signal(l, SIGTERM, on_stop, l);
	loop_signal(l, SIGINT, on_stop, l);
	loop_signal(l, SIGHUP, on_reload, h);
	daemon_ready();
	r = loop_run(l);
	daemon_notify("STOPPING=1");
	log_msg(log, LOG_LEVEL_INFO, "tracker: stops");
	track_host_free(h);
	loop_free(l);
	return r < 0 ? 1 : 0;
}

int
main(int argc, char **argv)
{
	struct options o = { 0 };
	struct sp_log log;
	struct conf *c;
	int r;

	daemon_setup("spate-tracker");
	r = options_parse(&c, &o, argc, argv);
	if (r != 0)
		return r < 0 ? 2 : 0;
	log = *daemon_log_open(&o.std);
	log.level = options_log_level(&o);
	if (o.std.daemon)
		detach(&o);
	take_pidfile(o.std.pidfile);
	r = serve(&o, &log);
	daemon_pidfile_remove();
	conf_free(c);
	return r;
}
