#include "swarm/client/host_int.h"

/*
 * Every half minute, or what conf.telemetry is, 20 % either way so that
 * viewers that began together do not speak together. Without a feed there is
 * nobody to tell; what has gathered is told later, or not at all.
 */

static uint32_t
kib(uint64_t now, uint64_t before)
{
	return (
	    uint32_t)SP_MIN((now - before + 512) / 1024, (uint64_t)UINT32_MAX);
}

void
host_telemetry_fill(struct telemetry *t, const struct mesh_stats *now,
    const struct mesh_stats *before, sp_time span)
{
	memset(t, 0, sizeof(*t));
	t->span_s =
	    (uint16_t)SP_CLAMP((span + SP_S / 2) / SP_S, 1, LIM_TELE_SPAN);
	t->peer_kib = kib(now->peer_bytes, before->peer_bytes);
	t->origin_kib = kib(now->origin_bytes + now->origin_waste_bytes,
	    before->origin_bytes + before->origin_waste_bytes);
	t->up_kib = kib(now->up_bytes, before->up_bytes);
	t->uplink_kbps =
	    (uint32_t)SP_MIN(now->uplink_bps / 125, (uint64_t)UINT32_MAX);
	t->stalls = (uint16_t)SP_MIN(now->stalls - before->stalls,
	    (uint64_t)UINT16_MAX);
	t->stalled_ms = (uint32_t)SP_CLAMP(
	    (now->stalled - before->stalled) / SP_MS, 0, (sp_time)UINT32_MAX);
	telemetry_lags(t, &now->lag, &before->lag);
}

static void
arm(struct mesh_host *h)
{
	sp_time t = h->conf.telemetry;

	io_timer_set(&h->telemetry.timer,
	    loop_now(h->loop) + t * 4 / 5 +
		(sp_time)rng_below(&h->rng, (uint64_t)(t * 2 / 5) + 1));
}

static void
done_cb(void *ctx, const struct origin_done *d,
    const struct origin_head *head SP_UNUSED, const uint8_t *body SP_UNUSED,
    size_t len SP_UNUSED)
{
	struct mesh_host *h = ctx;

	h->telemetry.f = NULL;
	if (d->result != ORIGIN_OK)
		log_msg(h->conf.log, LOG_LEVEL_DEBUG,
		    "telemetry: refused status=%d why=%s", d->status, d->text);
}

/* False: nothing has happened that is worth a word. */
static bool
compose(struct mesh_host *h, struct telemetry *t, const struct mesh_stats *st,
    sp_time now)
{
	struct host_telemetry *tm = &h->telemetry;

	host_telemetry_fill(t, st, &tm->before, now - tm->since);
	memcpy(t->peer_id, mesh_peer_id(h->mesh), sizeof(t->peer_id));
	t->port = h->port == 0 ? 1 : h->port;
	if (!tm->start_told && st->startup >= 0)
		t->startup_ms = (uint32_t)SP_CLAMP(st->startup / SP_MS, 1,
		    (sp_time)UINT32_MAX);
	return t->peer_kib > 0 || t->origin_kib > 0 || t->stalls > 0 ||
	       t->n > 0;
}

static void
post(struct mesh_host *h, sp_time now)
{
	struct host_telemetry *tm = &h->telemetry;
	struct mesh_stats st;
	struct telemetry t;
	struct sp_buf b;
	int rv = 0;

	mesh_stats(h->mesh, &st, now);
	if (compose(h, &t, &st, now)) {
		buf_init(&b, io_mem(), TELEMETRY_MAX);
		telemetry_put(&b, &t);
		rv = b.err == 0 ? host_feed_post(h, "telemetry", b.p, b.len,
				      done_cb, &tm->f)
				: b.err;
		buf_fini(&b);
	}
	if (rv < 0 && now - tm->since < LIM_TELE_SPAN * SP_S)
		return;
	tm->start_told = tm->start_told || (rv == 0 && t.startup_ms > 0);
	tm->before = st;
	tm->since = now;
}

static void
timer_cb(void *ctx, sp_time now)
{
	struct mesh_host *h = ctx;

	if (h->telemetry.f == NULL)
		post(h, now);
	arm(h);
}

int
host_telemetry_init(struct mesh_host *h)
{
	struct host_telemetry *tm = &h->telemetry;

	if (h->conf.telemetry == 0 || h->conf.no_feed || h->conf.mesh.seeder)
		return 0;
	if (io_timer_init(&tm->timer, h->loop, timer_cb, h) < 0)
		return SP_ERR_NOMEM;
	tm->since = loop_now(h->loop);
	mesh_stats(h->mesh, &tm->before, tm->since);
	arm(h);
	return 0;
}

void
host_telemetry_fini(struct mesh_host *h)
{
	struct host_telemetry *tm = &h->telemetry;

	if (tm->f != NULL)
		origin_cancel(tm->f);
	tm->f = NULL;
	io_timer_fini(&tm->timer);
}
