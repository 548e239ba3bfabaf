#include "tracker/daemon/redis_host.h"

#include "base/log.h"
#include "io/redis_net.h"
#include "tracker/daemon/redis_cmd.h"

#define WORKERS_GAP (50 * SP_MS) /* they add to batches without a word */

struct redis_host {
	struct track_host *host;
	struct redis_url url;
	char name[REDIS_NAME_MAX];
	struct share *share;
	uint64_t node;
	struct redis_net *net;
	uint64_t up_ms; /* the clock of Redis at |up_at| */
	sp_time up_at;
	struct io_timer timer;
	sp_time next_warn;
	bool told_up, told_down; /* what was logged last */
};

/* An act under way. */
struct ask {
	struct share_act act;
	unsigned left; /* parts without an answer */
	int result;    /* of those that have one */
};

static void pump(struct redis_host *r);

/* ---- up and down --------------------------------------------------------- */

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
on_up(void *ctx, uint64_t server_ms)
{
	struct redis_host *r = ctx;

	r->up_ms = server_ms;
	r->up_at = loop_now(r->host->loop);
	tell_up(r);
	locks_take(&r->host->locks);
	share_up(r->share, server_ms, r->up_at);
	pump(r);
	locks_give(&r->host->locks);
}

static void
on_down(void *ctx, const char *why)
{
	struct redis_host *r = ctx;

	tell_down(r, why);
	locks_take(&r->host->locks);
	share_down(r->share, loop_now(r->host->loop));
	pump(r);
	locks_give(&r->host->locks);
}

static const struct redis_ops ops = { on_up, on_down };

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

/* What one part of |a| came to. */
static void
add_result(struct ask *a, int result)
{
	if (a->result < 0)
		return;
	if (result >= 0 && a->act.what == SHARE_DO_KEEP)
		result = SP_MIN(result, a->result);
	a->result = result;
}

static void
on_answer(void *ctx, void *arg, int err, const struct redis_value *v)
{
	struct redis_host *r = ctx;
	struct ask *a = arg;
	sp_time now;

	/* All is down: tracker/share knows it, or will not ask any more. */
	if (err == SP_ERR_CLOSED) {
		if (--a->left == 0)
			free(a);
		return;
	}
	if (err == 0 && redis_error(v) != NULL)
		warn_refused(r, redis_error(v));
	now = loop_now(r->host->loop);
	locks_take(&r->host->locks);
	add_result(a,
	    err < 0 ? err : redis_cmd_take(r->share, &a->act, v, now));
	if (--a->left == 0) {
		share_done(r->share, &a->act, a->result, now);
		free(a);
		pump(r);
	}
	locks_give(&r->host->locks);
}

static int
send_part(struct redis_host *r, struct ask *a, const struct share_act *act,
    unsigned part)
{
	enum redis_lane lane =
	    act->what == SHARE_DO_WAIT ? REDIS_LANE_WAIT : REDIS_LANE_CMD;
	sp_time age = loop_now(r->host->loop) - r->up_at;
	int64_t now_s = (int64_t)(r->up_ms + (uint64_t)(age / SP_MS)) / 1000;
	struct redis_cmd c;

	redis_cmd_make(&c, act, part, r->node, now_s);
	return redis_net_send(r->net, lane, c.key, c.v, c.n, on_answer, r, a);
}

/* A part that is not sent makes the act fail when those that were are done. */
static void
send_act(struct redis_host *r, const struct share_act *act)
{
	struct ask *a = calloc(1, sizeof(*a));
	struct redis_cmd c;
	unsigned n = 1;
	int rv = SP_ERR_NOMEM;

	while (redis_cmd_make(&c, act, n, 0, 0))
		n++;
	if (a != NULL) {
		a->act = *act;
		a->act.p = NULL;
		a->result = 1;
		for (rv = 0; a->left < n && rv == 0; a->left += rv == 0)
			rv = send_part(r, a, act, a->left);
		if (a->left > 0) {
			add_result(a, rv < 0 ? rv : 1);
			return;
		}
		free(a);
	}
	share_done(r->share, act, rv, loop_now(r->host->loop));
}

static void
carry_out(struct redis_host *r, const struct share_act *act)
{
	switch (act->what) {
	case SHARE_DO_CONNECT:
		redis_net_open(r->net);
		break;
	case SHARE_DO_HANGUP:
		tell_down(r, "it does not answer");
		redis_net_close(r->net);
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

void
redis_host_drawn(struct track_host *h,
    const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	if (h->redis != NULL)
		share_drawn(h->redis->share, info_hash);
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
make_net(struct redis_host *r, char *why)
{
	struct track_host *h = r->host;
	struct redis_net_conf conf = { .loop = h->loop,
		.url = &r->url,
		.tls_ca = h->opts->redis_ca,
		.tls_cert = h->opts->redis_cert,
		.wait_key = REDIS_CMD_NEWS,
		.ops = &ops,
		.ctx = r };

	return redis_net_new(&r->net, &conf, why, OPTIONS_WHY);
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
	r->node = shareout_node(track_shareout(h->track));
	rv = redis_url_parse(&r->url, h->opts->redis, &text);
	if (rv < 0) {
		log_format(why, OPTIONS_WHY, "redis: %s", text);
		return rv;
	}
	redis_url_name(&r->url, r->name);
	rv = make_share(r, h->started);
	if (rv == 0)
		rv = make_net(r, why);
	if (rv == 0)
		rv = io_timer_init(&r->timer, h->loop, on_timer, r);
	if (rv == 0)
		io_timer_set(&r->timer, 0);
	return rv;
}

/* What certificates are believed by, from now on. */
static bool
redis_reload(struct track_host *h)
{
	char why[OPTIONS_WHY] = "";
	int rv = 0;

	if (h->redis != NULL)
		rv = redis_net_tls(h->redis->net,
		    host_path(h, h->opts->redis_ca),
		    host_path(h, h->opts->redis_cert), why, sizeof(why));
	if (rv < 0)
		log_msg(h->log, LOG_LEVEL_ERROR,
		    "reload: the old redis-ca and redis-cert stay why=%q", why,
		    strlen(why));
	return rv >= 0;
}

static void
redis_report(struct track_host *h)
{
	if (h->redis == NULL)
		return;
	share_stats(h->redis->share, &h->report.share);
	redis_net_stats(h->redis->net, &h->report.redis);
}

static void
redis_stop(struct track_host *h)
{
	struct redis_host *r = h->redis;

	if (r == NULL)
		return;
	redis_net_free(r->net);
	io_timer_fini(&r->timer);
	share_free(r->share);
	free(r);
	h->redis = NULL;
}

const struct host_part redis_part = {
	.name = "redis",
	.start = redis_start,
	.reload = redis_reload,
	.report = redis_report,
	.stop = redis_stop,
};
