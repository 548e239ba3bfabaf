#include "tracker/daemon/redis_host.h"

#include <sys/queue.h>

#include "base/log.h"
#include "tracker/daemon/redis_cmd.h"

#define WORKERS_GAP (50 * SP_MS) /* they add to batches without a word */

enum { CMD, WAIT, LINKS };

struct redis_host {
	struct track_host *host;
	struct redis_url url;
	char name[REDIS_NAME_MAX];
	struct share *share;
	uint64_t node;
	struct redis *link[LINKS];
	bool up[LINKS];
	uint64_t redis_ms;
	struct io_timer timer;
	sp_time next_warn;
	bool told_up, told_down; /* what was logged last */
	bool missing;            /* a KEEP's first part says so */
	TAILQ_HEAD(, ask) asked; /* of both links, in order of each */
};

/* A command under way. */
struct ask {
	TAILQ_ENTRY(ask) link;
	struct share_act act;
	bool last; /* of its act */
};

static void pump(struct redis_host *r);

/* ---- up and down --------------------------------------------------------- */

static void
forget(struct redis_host *r)
{
	struct ask *a;

	for (int i = 0; i < LINKS; i++) {
		redis_close(r->link[i]);
		r->up[i] = false;
	}
	while ((a = TAILQ_FIRST(&r->asked)) != NULL) {
		TAILQ_REMOVE(&r->asked, a, link);
		free(a);
	}
}

/* One line for each change, however often it is tried. */
static void
tell_down(struct redis_host *r, const char *why)
{
	bool was = r->told_down;

	r->told_down = true;
	r->told_up = false;
	log_msg(r->host->log, was ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN,
	    "redis: not there, each tracker goes on alone server=%s why=%q",
	    r->name, why, strlen(why));
}

static void
tell_up(struct redis_host *r)
{
	if (!r->told_up)
		log_msg(r->host->log, LOG_LEVEL_INFO, "redis: up server=%s",
		    r->name);
	r->told_up = true;
	r->told_down = false;
}

static void
on_up(struct redis_host *r, int which, uint64_t server_ms)
{
	r->up[which] = true;
	if (which == CMD)
		r->redis_ms = server_ms;
	if (!r->up[CMD] || !r->up[WAIT])
		return;
	tell_up(r);
	locks_take(&r->host->locks);
	share_up(r->share, r->redis_ms, loop_now(r->host->loop));
	pump(r);
	locks_give(&r->host->locks);
}

static void
on_cmd_up(void *ctx, uint64_t server_ms)
{
	on_up(ctx, CMD, server_ms);
}

static void
on_wait_up(void *ctx, uint64_t server_ms)
{
	on_up(ctx, WAIT, server_ms);
}

static void
on_down(void *ctx, const char *why)
{
	struct redis_host *r = ctx;

	tell_down(r, why);
	forget(r);
	locks_take(&r->host->locks);
	share_down(r->share, loop_now(r->host->loop));
	pump(r);
	locks_give(&r->host->locks);
}

static const struct redis_ops ops[LINKS] = {
	[CMD] = { on_cmd_up, on_down },
	[WAIT] = { on_wait_up, on_down },
};

/* ---- acts ---------------------------------------------------------------- */

static void
warn_refused(struct redis_host *r, const char *why)
{
	sp_time now = loop_now(r->host->loop);

	if (now < r->next_warn)
		return;
	r->next_warn = now + HOST_WARN_GAP;
	log_msg(r->host->log, LOG_LEVEL_WARN,
	    "redis: refuses a command server=%s why=%q", r->name, why,
	    strlen(why));
}

static void
answered(struct redis_host *r, const struct ask *a, const struct redis_value *v)
{
	sp_time now = loop_now(r->host->loop);
	bool keep = a->act.what == SHARE_DO_KEEP;
	int result;

	if (!a->last) {
		r->missing =
		    keep && redis_cmd_take(r->share, &a->act, v, now) == 0;
		return;
	}
	result = redis_cmd_take(r->share, &a->act, v, now);
	if (keep && r->missing && result == 1)
		result = 0;
	share_done(r->share, &a->act, result, now);
	pump(r);
}

static void
on_answer(void *ctx, void *arg, const struct redis_value *v)
{
	struct redis_host *r = ctx;
	struct ask *a = arg;

	if (redis_error(v) != NULL)
		warn_refused(r, redis_error(v));
	TAILQ_REMOVE(&r->asked, a, link);
	locks_take(&r->host->locks);
	answered(r, a, v);
	locks_give(&r->host->locks);
	free(a);
}

static int
send_part(struct redis_host *r, const struct share_act *act, unsigned part,
    bool last)
{
	struct redis *link = r->link[act->what == SHARE_DO_WAIT ? WAIT : CMD];
	struct ask *a = calloc(1, sizeof(*a));
	struct redis_cmd c;
	int rv;

	if (a == NULL)
		return SP_ERR_NOMEM;
	redis_cmd_make(&c, act, part, r->node, io_wall_ms() / 1000);
	a->act = *act;
	a->act.p = NULL;
	a->last = last;
	rv = redis_send(link, c.v, c.n, on_answer, a);
	if (rv < 0)
		free(a);
	else
		TAILQ_INSERT_TAIL(&r->asked, a, link);
	return rv;
}

static void
send_act(struct redis_host *r, const struct share_act *act)
{
	struct redis_cmd c;
	unsigned n = 1;
	int rv = 0;

	while (redis_cmd_make(&c, act, n, 0, 0))
		n++;
	for (unsigned i = 0; i < n && rv == 0; i++)
		rv = send_part(r, act, i, i + 1 == n);
	if (rv < 0)
		share_done(r->share, act, rv, loop_now(r->host->loop));
}

static void
carry_out(struct redis_host *r, const struct share_act *act)
{
	switch (act->what) {
	case SHARE_DO_CONNECT:
		redis_open(r->link[CMD]);
		redis_open(r->link[WAIT]);
		break;
	case SHARE_DO_HANGUP:
		tell_down(r, "it does not answer");
		forget(r);
		break;
	case SHARE_DO_WOKE:
		streams_wake(r->host->streams, act->info_hash,
		    loop_now(r->host->loop));
		break;
	default:
		send_act(r, act);
		break;
	}
}

/* With both locks. */
static void
pump(struct redis_host *r)
{
	sp_time now = loop_now(r->host->loop), at;
	struct share_act act;

	while (share_next(r->share, &act, now) == 0)
		carry_out(r, &act);
	at = share_deadline(r->share);
	io_timer_set(&r->timer, SP_MIN(at, now + WORKERS_GAP));
}

static void
on_timer(void *ctx, sp_time now)
{
	struct redis_host *r = ctx;

	(void)now;
	locks_take(&r->host->locks);
	pump(r);
	locks_give(&r->host->locks);
}

void
redis_host_publish(struct track_host *h,
    const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	struct redis_host *r = h->redis;

	if (r == NULL)
		return;
	share_local(r->share, info_hash);
	pump(r);
}

/* ---- the part ------------------------------------------------------------ */

static int
make_share(struct redis_host *r, sp_time now)
{
	struct share_conf conf = {
		.node = r->node,
		.track = r->host->track,
		.out = track_shareout(r->host->track),
		.idle = r->host->opts->channel_idle,
	};
	/* Room for ours even if many are told of that we do not take. */
	uint64_t n = 4 * (uint64_t)r->host->opts->max_channels;

	conf.max_channels = (uint32_t)SP_MIN(n, LIVE_CHANNELS_MAX);
	return share_new(&r->share, &conf, io_mem(), io_random_u64(), now);
}

static int
redis_start(struct track_host *h, char *why)
{
	struct redis_host *r;
	const char *text;
	int rv;

	if (h->opts->redis == NULL)
		return 0;
	r = h->redis = calloc(1, sizeof(*r));
	if (r == NULL)
		return SP_ERR_NOMEM;
	r->host = h;
	TAILQ_INIT(&r->asked);
	r->node = shareout_node(track_shareout(h->track));
	rv = redis_url_parse(&r->url, h->opts->redis, &text);
	if (rv < 0) {
		log_format(why, OPTIONS_WHY, "redis: %s", text);
		return rv;
	}
	redis_url_name(&r->url, r->name);
	rv = make_share(r, h->started);
	for (int i = 0; i < LINKS && rv == 0; i++)
		rv = redis_new(&r->link[i], h->loop, &r->url, &ops[i], r);
	if (rv == 0)
		rv = io_timer_init(&r->timer, h->loop, on_timer, r);
	if (rv == 0)
		io_timer_set(&r->timer, 0);
	return rv;
}

static void
redis_report(struct track_host *h)
{
	if (h->redis != NULL)
		share_stats(h->redis->share, &h->report.share);
}

static void
redis_stop(struct track_host *h)
{
	struct redis_host *r = h->redis;

	if (r == NULL)
		return;
	if (r->link[CMD] != NULL && r->link[WAIT] != NULL)
		forget(r);
	for (int i = 0; i < LINKS; i++)
		redis_free(r->link[i]);
	io_timer_fini(&r->timer);
	share_free(r->share);
	free(r);
	h->redis = NULL;
}

const struct host_part redis_part = {
	.name = "redis",
	.start = redis_start,
	.report = redis_report,
	.stop = redis_stop,
};
