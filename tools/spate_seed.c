/* spate-seed: publishes a live HLS stream, or files, as a channel. */

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "io/daemon.h"
#include "tools/key_load.h"
#include "tools/seed.h"

static void
signal_cb(void *ctx, int signo SP_UNUSED)
{
	daemon_notify("STOPPING=1");
	seed_stop(ctx);
}

static void
look_cb(void *ctx, int signo SP_UNUSED)
{
	seed_look(ctx);
}

static void
take_pidfile(const char *path)
{
	char why[64];
	long pid = 0;
	int rv;

	if (path == NULL)
		return;
	rv = daemon_pidfile(path, &pid);
	if (rv == SP_ERR_EXISTS) {
		snprintf(why, sizeof(why), "runs already, pid %ld", pid);
		daemon_fail(path, why);
	}
	if (rv < 0)
		daemon_fail(path, strerror(errno));
}

/* Before the daemon leaves the directory; NULL stays NULL. */
static const char *
absolute(const char *path)
{
	char cwd[4096];
	size_t n;
	char *out;

	if (path == NULL || path[0] == '/' || strstr(path, "://") != NULL)
		return path;
	if (getcwd(cwd, sizeof(cwd)) == NULL)
		daemon_fail(path, strerror(errno));
	n = strlen(cwd) + strlen(path) + 2;
	out = malloc(n); /* lives as long as the program */
	if (out == NULL)
		daemon_fail(path, strerror(errno));
	snprintf(out, n, "%s/%s", cwd, path);
	return out;
}

static int
run(const struct seed_options *o, struct keyfile *k, const char *source)
{
	struct loop *l;
	struct seed *s;
	int rv;

	if (o->std.daemon && daemon_detach() < 0)
		daemon_fail("detach", strerror(errno));
	take_pidfile(o->std.pidfile);
	if (loop_new(&l) < 0)
		daemon_fail("loop", strerror(errno));
	rv = seed_new(&s, l, o, k, source, daemon_log_open(&o->std));
	if (rv == 0) {
		loop_signal(l, SIGINT, signal_cb, s);
		loop_signal(l, SIGTERM, signal_cb, s);
		if (o->files.n > 0)
			loop_signal(l, SIGHUP, look_cb, s);
		rv = loop_run(l);
		if (rv == 0)
			rv = seed_result(s);
		seed_free(s);
	}
	loop_free(l);
	daemon_pidfile_remove();
	return rv == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	struct seed_options o;
	struct conf *c;
	struct keyfile *k;
	int rv;

	daemon_setup("spate-seed");
	if (hash_setup() < 0)
		daemon_fail("libsodium", "cannot be set up");
	rv = conf_parse(&c, &seed_options_prog, &o, argc, argv);
	if (rv != 0)
		return rv < 0 ? 2 : 0;
	if (conf_arg(c, 0) == NULL && o.files.n == 0)
		daemon_usage("SOURCE", "is needed, or --file PATH");
	k = key_load(o.key, o.phrase, true);
	if (o.std.daemon) {
		o.key = absolute(o.key);
		o.state = absolute(o.state);
		o.dht.state = absolute(o.dht.state);
		o.journal = absolute(o.journal);
		o.std.pidfile = absolute(o.std.pidfile);
		o.torrent = absolute(o.torrent);
		for (size_t i = 0; i < o.files.n; i++)
			o.files.v[i] = absolute(o.files.v[i]);
	}
	rv = k != NULL
		 ? run(&o, k,
		       o.std.daemon ? absolute(conf_arg(c, 0)) : conf_arg(c, 0))
		 : 1;
	key_free(k);
	conf_free(c);
	return rv;
}
