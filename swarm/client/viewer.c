#include "swarm/client/viewer.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/hash.h"
#include "io/daemon.h"
#include "io/sock.h"
#include "swarm/client/counters.h"
#include "swarm/client/edge.h"
#include "swarm/client/mesh_host.h"
#include "swarm/client/player.h"
#include "swarm/client/status.h"
#include "swarm/client/stream_out.h"
#include "swarm/client/viewer_host.h"

#define REPORT_MAX (256 * 1024)
/* timeout(1) and sudo pass on what the terminal's group has got already. */
#define SIGNAL_AGAIN (500 * SP_MS)

struct viewer {
	const struct options *o;
	const struct link *link;
	struct loop *loop;
	struct origin *origin;
	struct mesh_host *host;
	struct edge *edge;         /* NULL with --stdout */
	struct stream_out *stream; /* NULL without */
	struct player *player;
	struct status status;
	struct io_timer tick;
	sp_time started, logged, left_at;
	bool known; /* the manifest is here */
	bool leaving;
	int exit;
};

static const char *
why_text(int err)
{
	return err == SP_ERR_IO ? strerror(errno) : sp_strerror(err);
}

static void
leave(struct viewer *v, int status)
{
	if (v->leaving)
		return;
	v->leaving = true;
	v->left_at = loop_now(v->loop);
	v->exit = status;
	status_clear(&v->status);
	mesh_host_leave(v->host);
}

/* ---- what happens ---- */

static void
player_ended(void *ctx, int status)
{
	leave(ctx, status);
}

static void
start_player(struct viewer *v)
{
	char url[EDGE_URL_MAX];
	struct sp_buf b;
	int rv;

	buf_init(&b, io_mem(), 64 * 1024);
	rv = player_command(&b, v->o->exec, edge_url(v->edge, url));
	if (rv == 0)
		rv = player_start(&v->player, v->loop, (const char *)b.p,
		    player_ended, v);
	buf_fini(&b);
	if (rv < 0) {
		daemon_complain(v->o->exec, why_text(rv));
		leave(v, 1);
	}
}

/* The link does not say so (s=), but the manifest does. */
static bool
has_only_files(const struct viewer *v)
{
	const struct manifest *m =
	    mesh_manifest_get(mesh_host_mesh(v->host), NULL, NULL);

	return m != NULL && m->n_tracks == 0 && m->files.len > 0;
}

static void
on_changed(void *ctx, unsigned what)
{
	struct viewer *v = ctx;

	if (v->leaving)
		return;
	if (what & MESH_CHANGED_MANIFEST && has_only_files(v)) {
		leave(v, VIEWER_FILES);
		return;
	}
	if (what & MESH_CHANGED_MANIFEST && !v->known) {
		v->known = true;
		if (v->o->exec != NULL)
			start_player(v);
	}
	if (v->edge != NULL)
		edge_changed(v->edge, what);
	if (v->stream != NULL)
		stream_out_changed(v->stream);
}

static void
on_tracker(void *ctx, const char *url, const char *why)
{
	struct viewer *v = ctx;

	if (why != NULL)
		log_msg(&v->status.log, LOG_LEVEL_WARN,
		    "tracker: no answer, trying on url=%s why=%s", url, why);
	else
		log_msg(&v->status.log, LOG_LEVEL_INFO,
		    "tracker: answers url=%s", url);
}

static void
on_left(void *ctx)
{
	struct viewer *v = ctx;

	loop_stop(v->loop);
}

static const struct mesh_host_ops host_ops = {
	.changed = on_changed,
	.tracker = on_tracker,
	.left = on_left,
};

static void
stream_ended(void *ctx, int err)
{
	struct viewer *v = ctx;

	if (err == SP_ERR_NOTFOUND)
		daemon_complain("track", "the channel has no such track");
	else if (err == SP_ERR_IO)
		daemon_complain("stdout", why_text(err));
	leave(v, err == 0 || err == SP_ERR_CLOSED ? 0 : 1);
}

static void
on_signal(void *ctx, int signo SP_UNUSED)
{
	struct viewer *v = ctx;

	if (!v->leaving)
		leave(v, 0);
	else if (loop_now(v->loop) - v->left_at > SIGNAL_AGAIN)
		_exit(1);
}

static void
on_tick(void *ctx, sp_time now)
{
	struct viewer *v = ctx;
	char text[LOG_LINE_MAX];
	struct mesh_stats st;

	if (v->leaving)
		return;
	if (!v->known && v->o->wait > 0 && now - v->started >= v->o->wait) {
		status_clear(&v->status);
		daemon_complain(v->link->name[0] != '\0' ? v->link->name
							 : "channel",
		    "nobody who could be asked knows it");
		leave(v, 1);
		return;
	}
	io_timer_set(&v->tick, now + SP_S);
	mesh_stats(mesh_host_mesh(v->host), &st, now);
	status_text(text, sizeof(text), &st);
	if (v->status.line) {
		status_show(&v->status, text);
	} else if (v->o->status_interval > 0 && !v->o->quiet &&
		   now - v->logged >= v->o->status_interval) {
		v->logged = now;
		log_msg(&v->status.log, LOG_LEVEL_INFO, "status: %s", text);
	}
}

/* ---- set-up ---- */

static int
fail(const char *what, int err)
{
	daemon_complain(what, why_text(err));
	return err;
}

/* |where| is the address that |option| gave; NULL: only |port|. */
static int
fail_listen(const char *option, const char *where, int64_t port, int err)
{
	char what[320];

	if (where != NULL)
		snprintf(what, sizeof(what), "--%s %s", option, where);
	else
		snprintf(what, sizeof(what), "--%s %d", option, (int)port);
	if (err != SP_ERR_EXISTS)
		return fail(what, err);
	daemon_complain(what, "the port is in use: give another one, or 0");
	return err;
}

static int
setup_host(struct viewer *v)
{
	int port = (int)v->o->peer_port, rv;

	rv = viewer_host(&v->host, v->o, v->link, port, &v->status.log, v->loop,
	    v->origin, &host_ops, v);
	if (rv == SP_ERR_SYNTAX)
		return rv; /* complained about */
	return rv < 0 ? fail_listen("peer-port", NULL, port, rv) : 0;
}

static int
setup_edge(struct viewer *v)
{
	const struct options *o = v->o;
	struct edge_conf c = {
		.door = options_door(o),
		.track = (int)o->track,
		.all_renditions = o->all_renditions,
		.window_ms = (uint32_t)(o->window / SP_MS),
		.version = PACKAGE_VERSION,
		.name = v->link->name,
	};
	char url[EDGE_URL_MAX];
	int rv;

	if ((rv = edge_new(&v->edge, &c, v->loop, v->host)) < 0)
		return o->listen != NULL
			   ? fail_listen("listen", o->listen, 0, rv)
			   : fail_listen("port", NULL, o->port, rv);
	printf("play: %s\n", edge_url(v->edge, url));
	fflush(stdout);
	return 0;
}

static int
setup(struct viewer *v)
{
	int rv;

	if ((rv = loop_new(&v->loop)) < 0 ||
	    (rv = origin_new(&v->origin, v->loop, NULL)) < 0 ||
	    (rv = io_timer_init(&v->tick, v->loop, on_tick, v)) < 0 ||
	    (rv = loop_signal(v->loop, SIGINT, on_signal, v)) < 0 ||
	    (rv = loop_signal(v->loop, SIGTERM, on_signal, v)) < 0)
		return fail("setup", rv);
	if ((rv = setup_host(v)) < 0)
		return rv;
	if (v->o->to_stdout) {
		rv = stream_out_new(&v->stream, v->loop, v->host, STDOUT_FILENO,
		    (int)v->o->track, stream_ended, v);
		return rv < 0 ? fail("stdout", rv) : 0;
	}
	return setup_edge(v);
}

static void
report(struct viewer *v)
{
	struct mesh_stats st;
	struct sp_buf b;

	if (v->o->quiet)
		return;
	mesh_stats(mesh_host_mesh(v->host), &st, loop_now(v->loop));
	buf_init(&b, io_mem(), REPORT_MAX);
	if (counters_report(&b, &st, (enum counters_format)v->o->output) == 0)
		fwrite(b.p, 1, b.len, v->stream != NULL ? stderr : stdout);
	buf_fini(&b);
}

static void
teardown(struct viewer *v)
{
	player_free(v->player);
	stream_out_free(v->stream);
	edge_free(v->edge);
	mesh_host_free(v->host);
	io_timer_fini(&v->tick);
	origin_free(v->origin);
	loop_free(v->loop);
}

int
viewer_run(const struct options *o, const struct link *link)
{
	struct viewer v = { .o = o, .link = link };
	int level = SP_MIN(o->log_level + (int)o->std.verbose, LOG_LEVEL_DEBUG);

	status_init(&v.status, daemon_log_open(&o->std), (enum log_level)level,
	    !o->quiet && isatty(STDERR_FILENO) == 1);
	if (setup(&v) < 0) {
		teardown(&v);
		return 1;
	}
	v.started = v.logged = loop_now(v.loop);
	io_timer_set(&v.tick, 0);
	if (loop_run(v.loop) < 0)
		v.exit = 1;
	status_clear(&v.status);
	if (v.exit != VIEWER_FILES)
		report(&v);
	teardown(&v);
	return v.exit;
}
