#include "swarm/client/vod_run.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/daemon.h"
#include "io/store.h"
#include "swarm/client/vod_count.h"
#include "swarm/client/vod_link.h"
#include "swarm/client/vod_run_int.h"
#include "swarm/client/vod_save.h"
#include "wire/link.h"
#include "wire/uri.h"

#define REPORT_MAX  (64 * 1024)
#define TORRENT_MAX ((size_t)64 << 20)
#define NODES_MAX   (16 * 1024)
/* timeout(1) and sudo pass on what the terminal's group has got already. */
#define SIGNAL_AGAIN (500 * SP_MS)
/* Nobody was found: worth a word. */
#define LONG_WAIT (30 * SP_S)

static const char *
why_text(int err)
{
	return err == SP_ERR_IO ? strerror(errno) : sp_strerror(err);
}

void
vod_run_leave(struct run *r, int status)
{
	if (r->leaving)
		return;
	r->leaving = true;
	r->left_at = loop_now(r->loop);
	r->exit = status;
	status_clear(&r->status);
	vod_versions_leave(r);
	if (r->vod != NULL && !r->swapping)
		vod_leave(r->vod);
	vod_run_left(r);
}

void
vod_run_left(struct run *r)
{
	if (r->leaving && (r->vod == NULL || r->vod_left) &&
	    (r->follow == NULL || r->follow_left))
		loop_stop(r->loop);
}

/* Of a temporary directory nothing is left. */
static void
remove_save(struct run *r)
{
	if (r->temporary && vod_save_remove(r->save) < 0)
		daemon_complain(r->save, strerror(errno));
	r->temporary = false;
}

/* ---- what happens ---- */

static void
player_ended(void *ctx, int status)
{
	struct run *r = ctx;

	if (!r->o->keep_seeding)
		vod_run_leave(r, status);
}

static void
start_player(struct run *r)
{
	char url[VOD_URL_MAX];
	struct sp_buf b;
	int rv;

	buf_init(&b, io_mem(), 64 * 1024);
	rv = player_command(&b, r->o->exec, vod_url(r->vod, url));
	if (rv == 0)
		rv = player_start(&r->player, r->loop, (const char *)b.p,
		    player_ended, r);
	buf_fini(&b);
	if (rv < 0) {
		daemon_complain(r->o->exec, why_text(rv));
		vod_run_leave(r, 1);
	}
}

static void
say_where(struct run *r)
{
	const struct lt_info *i = vod_info(r->vod);
	char url[VOD_URL_MAX], need[32], left[32];
	int64_t space = vod_save_space(r->save);

	printf("play: %s\n", vod_url(r->vod, url));
	printf("save: %s%s, %s at most, %s free\n", r->save,
	    r->temporary ? " (removed at the end)" : "",
	    counters_bytes((uint64_t)i->total, need),
	    space < 0 ? "unknown" : counters_bytes((uint64_t)space, left));
	fflush(stdout);
	if (space >= 0 && space < i->total)
		log_msg(&r->status.log, LOG_LEVEL_WARN,
		    "save: not all of it has room dir=%s free=%s", r->save,
		    left);
}

static void
on_ready(void *ctx)
{
	struct run *r = ctx;

	r->ready = true;
	snprintf(r->name, sizeof(r->name), "%s", vod_info(r->vod)->name);
	status_clear(&r->status);
	say_where(r);
	if (r->o->exec != NULL && r->player == NULL)
		start_player(r);
}

static void
on_failed(void *ctx, const char *what, const char *why)
{
	struct run *r = ctx;

	status_clear(&r->status);
	daemon_complain(what, why);
	vod_run_leave(r, 1);
}

static void
on_left(void *ctx)
{
	struct run *r = ctx;

	r->vod_left = true;
	if (!vod_versions_left(r))
		vod_run_left(r);
}

static const struct vod_ops ops = { on_ready, on_failed, on_left };

static void
on_signal(void *ctx, int signo SP_UNUSED)
{
	struct run *r = ctx;

	if (!r->leaving) {
		vod_run_leave(r, 0);
	} else if (loop_now(r->loop) - r->left_at > SIGNAL_AGAIN) {
		remove_save(r);
		_exit(1);
	}
}

/* Nobody was met for so long. */
static void
look_lonely(struct run *r, const struct vod_counts *c, sp_time now)
{
	const char *why = r->ready ? "nobody who has it was found"
			  : r->vod == NULL
			      ? "nobody who knows of its files was found"
			      : "nobody who knows what is in it was found";

	r->met |= c->down_bytes > 0 || c->have > 0;
	if (r->met)
		return;
	if (r->o->wait > 0 && now - r->started >= r->o->wait) {
		on_failed(r, r->name, why);
		return;
	}
	if (r->warned || now - r->started < LONG_WAIT)
		return;
	r->warned = true;
	log_msg(&r->status.log, LOG_LEVEL_WARN,
	    "torrent: %s yet, trying on peers=%u heard_of=%u", why, c->peers,
	    c->known);
}

static void
on_tick(void *ctx, sp_time now)
{
	char text[LOG_LINE_MAX];
	struct run *r = ctx;
	struct vod_counts c;

	if (r->leaving)
		return;
	io_timer_set(&r->tick, now + SP_S);
	if (r->vod != NULL)
		vod_counts(r->vod, &c);
	else
		memset(&c, 0, sizeof(c));
	vod_count_line(text, sizeof(text), &c);
	if (r->status.line) {
		status_show(&r->status, text);
	} else if (r->o->status_interval > 0 && !r->o->quiet &&
		   now - r->logged >= r->o->status_interval) {
		r->logged = now;
		log_msg(&r->status.log, LOG_LEVEL_INFO, "status: %s", text);
	}
	look_lonely(r, &c, now);
	vod_versions_tick(r, &c, now);
}

/* ---- set-up ---- */

static int
fail(const char *what, int err)
{
	daemon_complain(what, why_text(err));
	return err;
}

static int
setup_save(struct run *r)
{
	const char *dir = r->o->save;
	struct stat st;
	int rv;

	if (dir == NULL) {
		r->temporary = true;
		rv = vod_save_temp(r->save, sizeof(r->save));
		if (rv < 0)
			r->temporary = false;
		return rv < 0 ? fail("a temporary directory", rv) : 0;
	}
	if (mkdir(dir, 0777) < 0 && errno != EEXIST)
		return fail(dir, SP_ERR_IO);
	if (stat(dir, &st) < 0)
		return fail(dir, SP_ERR_IO);
	if (!S_ISDIR(st.st_mode)) {
		daemon_complain(dir, "not a directory");
		return SP_ERR_ARG;
	}
	if (access(dir, W_OK | X_OK) < 0 || realpath(dir, r->save) == NULL)
		return fail(dir, SP_ERR_IO);
	return 0;
}

static int
setup_file(struct run *r)
{
	struct lt_error why = { .size = sizeof(why) };
	struct lt_info *info;
	char text[256];
	size_t len;
	int rv;

	if ((rv = store_read(r->what, TORRENT_MAX, &r->metainfo, &len)) < 0) {
		daemon_complain(r->what, rv == SP_ERR_TOOBIG
					     ? "too large for a torrent"
					     : strerror(errno));
		return rv;
	}
	if ((rv = lt_info_new(&info, r->metainfo, len, &why)) < 0) {
		snprintf(text, sizeof(text), "not a torrent: %s", why.text);
		daemon_complain(r->what, text);
		return rv;
	}
	r->conf.metainfo = r->metainfo;
	r->conf.metainfo_len = len;
	memcpy(r->conf.id, info->id, sizeof(info->id));
	snprintf(r->name, sizeof(r->name), "%s", info->name);
	lt_info_free(info);
	return 0;
}

/* Whose archive it has to be. */
static int
setup_key(struct run *r)
{
	struct link *l = malloc(sizeof(*l));
	struct link_error e = { NULL, 0 };
	int rv = SP_ERR_NOMEM;

	if (l != NULL)
		rv = link_parse(l, r->what, strlen(r->what), &e);
	if (rv == 0)
		memcpy(r->pk, l->pk, sizeof(r->pk));
	else
		daemon_complain("link",
		    e.what != NULL ? e.what : sp_strerror(rv));
	free(l);
	return rv;
}

static int
setup_magnet(struct run *r)
{
	if (vod_link_id(r->what, r->conf.id) < 0) {
		daemon_complain("link",
		    "the torrent's hash is not 40 hex digits (btih), 32 of "
		    "base32, or 1220 and 64 hex digits (btmh)");
		return SP_ERR_SYNTAX;
	}
	vod_link_name(r->what, r->name, sizeof(r->name));
	if (r->name[0] == '\0')
		snprintf(r->name, sizeof(r->name), "torrent");
	r->conf.magnet = r->what;
	if (vod_link_kind(r->what) != VOD_LINK_CHANNEL)
		return 0;
	r->conf.pk = r->pk;
	return setup_key(r);
}

/* What vod_new has against it. */
static int
fail_new(struct run *r, int err, const struct lt_error *why)
{
	char what[320];

	if (why->code < 0) {
		daemon_complain(r->name, why->text);
		return err;
	}
	if (r->o->listen != NULL)
		snprintf(what, sizeof(what), "--listen %s", r->o->listen);
	else
		snprintf(what, sizeof(what), "--port %d", (int)r->o->port);
	if (err != SP_ERR_EXISTS)
		return fail(what, err);
	daemon_complain(what, "the port is in use: give another one, or 0");
	return err;
}

/* Above the origin of a channel there is the folder of its archive. */
static void
go_up(char *url)
{
	size_t n = strlen(url);

	if (n > 0 && url[n - 1] == '/')
		n--;
	while (n > 0 && url[n - 1] != '/')
		n--;
	if (n > strlen("https://"))
		url[n] = '\0';
}

/* Those of --origin, then those of the link. */
int
vod_run_origins(struct run *r, struct vod_run_origins *o, const char *magnet)
{
	const struct conf_list *l = &r->o->origins;
	char url[LIM_URI + 1];
	size_t at = 0;

	vod_run_origins_fini(o);
	for (size_t i = 0; i < l->n && i < VOD_ORIGINS_MAX; i++)
		o->v[o->n++] = l->v[i];
	while (magnet != NULL && o->n < VOD_ORIGINS_MAX &&
	       vod_link_seed(magnet, &at, url, sizeof(url)) >= 0) {
		if (r->conf.pk != NULL)
			go_up(url);
		if ((o->seeds[o->n_seeds] = strdup(url)) == NULL)
			return fail("link", SP_ERR_NOMEM);
		o->v[o->n++] = o->seeds[o->n_seeds++];
	}
	return 0;
}

void
vod_run_origins_fini(struct vod_run_origins *o)
{
	while (o->n_seeds > 0)
		free(o->seeds[--o->n_seeds]);
	o->n = 0;
}

static void
setup_conf(struct run *r)
{
	vod_run_settings(r);
	r->conf.door = options_door(r->o);
	r->conf.save = r->save;
	r->conf.keep = !r->temporary;
	r->conf.trackers = r->o->trackers.v;
	r->conf.n_trackers = r->o->trackers.n;
	r->conf.lan = r->o->lan;
	r->conf.size_max = (uint64_t)r->o->disk_max;
	r->conf.file = r->o->file;
	if (r->o->from != NULL && r->link == NULL) {
		/* it was parsed once already */
		(void)when_parse_past(&r->from, r->o->from, io_wall_ms());
		r->conf.from = &r->from;
	}
	r->conf.all = r->o->all || r->link != NULL;
	r->conf.version = PACKAGE_VERSION;
	r->conf.log = &r->status.log;
}

int
vod_run_begin(struct run *r)
{
	struct lt_error why;
	int rv;

	r->vod_left = false;
	rv = vod_run_origins(r, &r->origins,
	    r->conf.magnet != NULL ? r->what : NULL);
	if (rv < 0)
		return rv;
	r->conf.origins = r->origins.v;
	r->conf.n_origins = r->origins.n;
	r->conf.n_told = r->link != NULL ? r->origins.n_seeds : 0;
	rv = vod_new(&r->vod, &r->conf, r->loop, &ops, r, &why);
	return rv < 0 ? fail_new(r, rv, &why) : 0;
}

static int
setup(struct run *r, bool is_file)
{
	int rv = 0;

	if (!lt_is_there()) {
		daemon_complain("torrent",
		    "built without libtorrent: only channels can be played");
		return SP_ERR_UNSUPPORTED;
	}
	if (r->o->to_stdout) {
		daemon_complain("stdout", "is for channels, not for torrents");
		return SP_ERR_ARG;
	}
	if (r->link == NULL)
		rv = is_file ? setup_file(r) : setup_magnet(r);
	if (rv < 0 || (rv = setup_save(r)) < 0)
		return rv;
	if ((rv = loop_new(&r->loop)) < 0 ||
	    (rv = io_timer_init(&r->tick, r->loop, on_tick, r)) < 0 ||
	    (rv = loop_signal(r->loop, SIGINT, on_signal, r)) < 0 ||
	    (rv = loop_signal(r->loop, SIGTERM, on_signal, r)) < 0)
		return fail("setup", rv);
	setup_conf(r);
	return r->link != NULL ? vod_versions_open(r) : vod_run_begin(r);
}

static void
report(struct run *r)
{
	struct vod_counts c;
	struct sp_buf b;

	if (r->o->quiet || r->vod == NULL)
		return;
	vod_counts(r->vod, &c);
	buf_init(&b, io_mem(), REPORT_MAX);
	if (vod_count_report(&b, &c, (enum counters_format)r->o->output) == 0)
		fwrite(b.p, 1, b.len, stdout);
	buf_fini(&b);
}

static void
teardown(struct run *r)
{
	player_free(r->player);
	vod_versions_close(r);
	vod_free(r->vod);
	io_timer_fini(&r->tick);
	/* while signals still go to the loop, and do not end us halfway */
	remove_save(r);
	loop_free(r->loop);
	vod_run_origins_fini(&r->origins);
	vod_run_origins_fini(&r->next_origins);
	free(r->metainfo);
	buf_fini(&r->nodes);
}

static int
run(struct run *r, bool is_file)
{
	const struct options *o = r->o;
	int level = SP_MIN(o->log_level + (int)o->std.verbose, LOG_LEVEL_DEBUG);

	buf_init(&r->nodes, io_mem(), NODES_MAX);
	status_init(&r->status, daemon_log_open(&o->std), (enum log_level)level,
	    !o->quiet && isatty(STDERR_FILENO) == 1);
	if (setup(r, is_file) < 0) {
		teardown(r);
		return 1;
	}
	r->started = r->logged = loop_now(r->loop);
	io_timer_set(&r->tick, 0);
	if (loop_run(r->loop) < 0)
		r->exit = 1;
	status_clear(&r->status);
	report(r);
	teardown(r);
	return r->exit;
}

int
vod_run(const struct options *o, const char *what, bool is_file)
{
	struct run r = { .o = o, .what = what };

	return run(&r, is_file);
}

int
vod_run_files(const struct options *o, const struct link *link)
{
	struct run *r = calloc(1, sizeof(*r));
	int rv;

	if (r == NULL)
		return 1;
	r->o = o;
	r->link = link;
	snprintf(r->name, sizeof(r->name), "%.255s",
	    link->name[0] != '\0' ? link->name : "channel");
	rv = run(r, false);
	free(r);
	return rv;
}
