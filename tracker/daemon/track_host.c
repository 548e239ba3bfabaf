#include "tracker/daemon/track_host.h"

#include "io/upgrade.h"
#include "tracker/daemon/host_int.h"
#include "tracker/daemon/networks.h"
#include "tracker/daemon/redis_host.h"
#include "tracker/daemon/ws_host.h"
#include "tracker/plan.h"

#define TICK      PLAN_GAP
#define STATE_MAX ((size_t)16 << 30) /* bytes for a successor */

/* ---- the core and its streams -------------------------------------------- */

static int
core_start(struct track_host *h, char *why)
{
	struct track_conf conf;
	int r;

	(void)why;
	options_track(h->opts, io_random_u64() | 1, &conf);
	if (h->opts->redis != NULL)
		conf.node = io_random_u64() | 1;
	r = track_new(&h->track, &conf, io_mem(), io_random_u64(), h->started);
	if (r < 0)
		return r;
	return streams_new(&h->streams, h->loop, h->track, &h->locks,
	    (size_t)h->opts->max_streams, io_random_u64());
}

static bool
core_reload(struct track_host *h)
{
	struct track_conf conf;
	int r;

	options_track(h->opts, 1, &conf);
	locks_take(&h->locks);
	r = track_relimit(h->track, &conf);
	locks_give(&h->locks);
	return r == 0;
}

static void
core_tick(struct track_host *h, sp_time now)
{
	uint8_t ih[LINK_INFOHASH_LEN];

	track_tick(h->track, now);
	while (track_wake(h->track, ih, now)) {
		streams_wake(h->streams, ih, now);
		redis_host_drawn(h, ih);
	}
}

static void
core_later(struct track_host *h, sp_time now)
{
	streams_tick(h->streams, now);
}

static void
core_report(struct track_host *h)
{
	struct streams_stats s = streams_stats(h->streams);

	h->report.streams = s.open;
	h->report.streams_refused = s.refused;
	h->report.streams_cut = s.cut;
	h->report.stream_bytes = s.bytes_out;
	h->report.now = loop_now(h->loop);
	h->report.up = h->report.now - h->started;
}

static void
core_stop(struct track_host *h)
{
	streams_free(h->streams);
	track_free(h->track);
	process_close(&h->report.process);
}

static const struct host_part core_part = {
	.name = "core",
	.start = core_start,
	.tick = core_tick,
	.later = core_later,
	.reload = core_reload,
	.report = core_report,
	.stop = core_stop,
};

/* ---- the lists ----------------------------------------------------------- */

static int
lists_start(struct track_host *h, char *why)
{
	enum access_list which;
	struct map *list;
	int r;

	for (int i = 0; i < ACCESS_OWN; i++) {
		which = (enum access_list)i;
		r = options_list(&list, options_list_path(h->opts, which), why);
		if (r < 0)
			return r;
		track_access_put(h->track, which, list);
	}
	return 0;
}

const char *
host_path(const struct track_host *h, const char *path)
{
	if (path == NULL || h->opts->chroot == NULL)
		return path;
	path += strlen(h->opts->chroot);
	return path[0] == '/' ? path : path - 1;
}

static bool
list_reload(struct track_host *h, enum access_list which)
{
	const char *name = options_list_name(which);
	char why[OPTIONS_WHY];
	struct map *list;
	int n;

	/* A long list takes long to read: workers go on meanwhile. */
	n = options_list(&list, host_path(h, options_list_path(h->opts, which)),
	    why);
	if (n >= 0) {
		locks_take(&h->locks);
		track_access_put(h->track, which, list);
		locks_give(&h->locks);
	}
	if (n < 0)
		log_msg(h->log, LOG_LEVEL_ERROR,
		    "reload: the old list stays %s why=%q", name, why,
		    strlen(why));
	else if (options_list_path(h->opts, which) != NULL)
		log_msg(h->log, LOG_LEVEL_INFO, "reload: read %s entries=%d",
		    name, n);
	return n >= 0;
}

static bool
lists_reload(struct track_host *h)
{
	bool good = true;

	for (int i = 0; i < ACCESS_OWN; i++)
		good = list_reload(h, (enum access_list)i) && good;
	return good;
}

static const struct host_part lists_part = {
	.name = "lists",
	.start = lists_start,
	.reload = lists_reload,
};

/* ---- UDP ----------------------------------------------------------------- */

static int
udp_start(struct track_host *h, char *why)
{
	struct udp_host_conf conf = { .opts = h->opts, .log = h->log };

	(void)why;
	if (h->opts->no_udp)
		return 0;
	conf.locks = &h->locks;
	conf.networks = &h->networks;
	conf.track = h->track;
	conf.secret = h->secret;
	return udp_host_new(&h->udp, &conf);
}

static int
udp_listen(struct track_host *h, const char **where)
{
	return h->udp == NULL ? 0 : udp_host_listen(h->udp, where);
}

static int
udp_serve(struct track_host *h)
{
	return h->udp == NULL ? 0 : udp_host_serve(h->udp);
}

static void
udp_report(struct track_host *h)
{
	if (h->udp != NULL)
		udp_host_stats(h->udp, &h->report.udp);
}

/* Our successor has the sockets too; now it alone answers. */
static void
udp_stop(struct track_host *h)
{
	udp_host_free(h->udp);
	h->udp = NULL;
}

static const struct host_part udp_part = {
	.name = "udp",
	.start = udp_start,
	.listen = udp_listen,
	.serve = udp_serve,
	.drain = udp_stop,
	.report = udp_report,
	.stop = udp_stop,
};

/* ---- life ---------------------------------------------------------------- */

static const struct host_part *const parts[] = {
	&core_part,
	&networks_part,
	&lists_part,
	&redis_part,
	&ws_host_part,
	&faces_part,
	&watch_part,
	&udp_part,
};

void
host_report(struct track_host *h)
{
	for (size_t i = 0; i < SP_LEN(parts); i++) {
		if (parts[i]->report != NULL)
			parts[i]->report(h);
	}
}

static void
tick(void *ctx, sp_time now)
{
	struct track_host *h = ctx;

	locks_take(&h->locks);
	now = loop_now(h->loop); /* others held them since */
	for (size_t i = 0; i < SP_LEN(parts); i++) {
		if (parts[i]->tick != NULL)
			parts[i]->tick(h, now);
	}
	locks_give(&h->locks);
	locks_take_track(&h->locks);
	now = loop_now(h->loop);
	for (size_t i = 0; i < SP_LEN(parts); i++) {
		if (parts[i]->later != NULL)
			parts[i]->later(h, now);
	}
	locks_give_track(&h->locks);
	io_timer_set(&h->timer, now + TICK);
}

static int
start(struct track_host *h, char *why)
{
	int r;

	h->started = loop_now(h->loop);
	r = io_timer_init(&h->timer, h->loop, tick, h);
	for (size_t i = 0; i < SP_LEN(parts) && r >= 0; i++) {
		if (parts[i]->start != NULL)
			r = parts[i]->start(h, why);
	}
	if (r < 0)
		return r;
	io_timer_set(&h->timer, h->started + TICK);
	return 0;
}

/* ---- what is handed over ------------------------------------------------- */

/* Our own is drawn, our predecessor's is taken. */
static void
take_secret(struct track_host *h, struct sp_buf *state)
{
	io_random(h->secret, HOST_SECRET);
	if (upgrade_state(state) < 0)
		buf_reset(state);
	if (state->len >= HOST_SECRET)
		memcpy(h->secret, state->p, HOST_SECRET);
}

static void
take_peers(struct track_host *h, const struct sp_buf *state)
{
	int64_t n;

	if (state->len <= HOST_SECRET)
		return;
	n = plain_load(track_plain(h->track), state->p + HOST_SECRET,
	    state->len - HOST_SECRET, loop_now(h->loop));
	if (n < 0)
		log_msg(h->log, LOG_LEVEL_WARN,
		    "start: not all peers are taken over why=%s",
		    sp_errname((int)n));
	else
		log_msg(h->log, LOG_LEVEL_INFO, "start: took over peers=%lld",
		    (long long)n);
}

void
track_host_state(struct track_host *h, struct sp_buf *b)
{
	size_t len;

	buf_init(b, io_mem(), STATE_MAX);
	buf_put(b, h->secret, HOST_SECRET);
	len = b->len;
	locks_take(&h->locks);
	/* At once: a buffer that grows may need twice as much. */
	buf_reserve(b, plain_save_len(track_plain(h->track)));
	plain_save(track_plain(h->track), b);
	locks_give(&h->locks);
	if (b->err == 0)
		return;
	log_msg(h->log, LOG_LEVEL_WARN,
	    "upgrade: peers are not handed over why=%s", sp_errname(b->err));
	b->err = 0;
	b->len = len;
}

/* ---- the host ------------------------------------------------------------ */

int
track_host_new(struct track_host **out, struct loop *l, const struct options *o,
    const struct sp_log *log, char *why)
{
	struct track_host *h = calloc(1, sizeof(*h));
	struct sp_buf state;
	int r;

	*out = NULL;
	why[0] = '\0';
	if (h == NULL)
		return SP_ERR_NOMEM;
	h->loop = l;
	h->opts = o;
	h->log = log;
	process_open(&h->report.process);
	buf_init(&state, io_mem(), STATE_MAX);
	take_secret(h, &state);
	locks_init(&h->locks);
	buf_init(&h->buf, io_mem(), HOST_REPLY_MAX);
	r = start(h, why);
	if (r == 0)
		take_peers(h, &state);
	buf_fini(&state);
	if (r < 0) {
		track_host_free(h);
		return r;
	}
	*out = h;
	return 0;
}

void
track_host_free(struct track_host *h)
{
	if (h == NULL)
		return;
	io_timer_fini(&h->timer);
	for (size_t i = SP_LEN(parts); i-- > 0;) {
		if (parts[i]->stop != NULL)
			parts[i]->stop(h);
	}
	buf_fini(&h->buf);
	locks_fini(&h->locks);
	free(h);
}

int
track_host_listen(struct track_host *h, const char **where)
{
	int r = 0;

	for (size_t i = 0; i < SP_LEN(parts) && r == 0; i++) {
		if (parts[i]->listen != NULL)
			r = parts[i]->listen(h, where);
	}
	return r;
}

int
track_host_serve(struct track_host *h)
{
	int r = 0;

	for (size_t i = 0; i < SP_LEN(parts) && r == 0; i++) {
		if (parts[i]->serve != NULL)
			r = parts[i]->serve(h);
	}
	return r;
}

bool
track_host_reload(struct track_host *h)
{
	bool good = true;

	h->report.reloads++;
	for (size_t i = 0; i < SP_LEN(parts); i++) {
		if (parts[i]->reload != NULL)
			good = parts[i]->reload(h) && good;
	}
	return good;
}

void
track_host_drain(struct track_host *h)
{
	for (size_t i = 0; i < SP_LEN(parts); i++) {
		if (parts[i]->drain != NULL)
			parts[i]->drain(h);
	}
}

size_t
track_host_drained(struct track_host *h, size_t streams)
{
	locks_take(&h->locks);
	streams_end(h->streams, streams);
	ws_host_end(h, streams);
	locks_give(&h->locks);
	return http_open(h->http) +
	       (h->admin == NULL ? 0 : http_open(h->admin));
}
