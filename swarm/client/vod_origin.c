#include "swarm/client/vod_origin.h"

#include "base/log.h"
#include "swarm/client/vod_origin_int.h"
#include "wire/uri.h"

#define STEP        (200 * SP_MS) /* between looks */
#define PEERS_EVERY SP_S
#define PEERS_COST  50 /* ns of pause for each piece of each peer */

void
vod_origins_soon(struct vod_origins *o, sp_time in)
{
	sp_time at = loop_now(o->loop) + in;

	if (o->running && (!io_timer_is_set(&o->timer) || o->timer.at > at))
		io_timer_set(&o->timer, at);
}

void
vod_origins_tell_wrong(const struct vod_origins *o, unsigned origin,
    uint64_t at)
{
	log_msg(o->conf->log, LOG_LEVEL_WARN,
	    "origin: has other bytes, others are asked url=%s file=%s",
	    o->v[origin].url,
	    o->info->files[vod_origin_file(o->info, at)].path);
}

/* ---- what is to be done ---- */

/* Ends transfers whose bytes are wrong, or have come from peers. */
static void
look_at_jobs(struct vod_origins *o, sp_time now)
{
	struct vod_transfer *t;

	for (t = o->jobs; t < o->jobs + SP_LEN(o->jobs); t++)
		if (t->used &&
		    (!vod_transfer_is_needed(t) ||
			vod_origin_plan_spoilt(o->plan, t->job.id, now)))
			vod_transfer_end(t, VOD_ORIGIN_CUT, 0);
}

static void
look(struct vod_origins *o, sp_time now)
{
	const struct lt_status *st = o->view.st;
	struct vod_origin_in in = {
		.have = o->view.have,
		.peers = o->peers,
		.plan = o->view.plan,
		.all = o->conf->all,
		.known = st->known,
		.met = o->met,
		.carried = o->carried,
		.now = now,
	};
	struct vod_origin_job job;

	look_at_jobs(o, now);
	vod_origin_plan_look(o->plan, &in);
	while (vod_origin_plan_next(o->plan, &in, &job))
		vod_transfer_begin(o, &job);
}

static void
timer_cb(void *ctx, sp_time now)
{
	struct vod_origins *o = ctx;
	const struct lt_status *st = o->view.st;

	now = loop_now(o->loop);
	if (!o->running)
		return;
	io_timer_set(&o->timer, now + STEP);
	if (!*o->view.ready || o->view.trouble->code < 0)
		return;
	if (st->down_bytes != o->down_bytes) {
		o->down_bytes = st->down_bytes;
		o->carried = now;
	}
	if (st->have == o->info->n_pieces)
		return;
	if (now >= o->peers_at) {
		o->peers_at = now + PEERS_EVERY;
		lt_post_peers(o->view.lt, o->view.id);
	}
	look(o, now);
}

static void
on_peers(struct vod_origins *o, const struct lt_peer *v, size_t n)
{
	uint32_t pieces = o->info->n_pieces, i;
	const struct lt_peer *p;

	memset(o->peers, 0, pieces);
	o->met = false;
	for (p = v; p < v + n; p++) {
		if (p->web || p->n_pieces != pieces)
			continue;
		o->met = true;
		for (i = 0; i < pieces; i++)
			if (vod_bit(p->pieces, i) && o->peers[i] < UINT8_MAX)
				o->peers[i]++;
	}
	o->peers_at =
	    loop_now(o->loop) + SP_MAX((sp_time)n * pieces * PEERS_COST,
				    o->met ? PEERS_EVERY : STEP);
}

static void
on_wrong(struct vod_origins *o, uint32_t piece)
{
	sp_time now = loop_now(o->loop);
	int origin = vod_origin_plan_wrong(o->plan, piece, now);
	uint64_t at = (uint64_t)piece * o->info->piece_length;

	if (origin < 0)
		return;
	o->v[origin].failed++;
	o->wrong_bytes += lt_info_piece_size(o->info, piece);
	vod_origins_tell_wrong(o, (unsigned)origin, at);
	vod_origins_soon(o, 0);
}

void
vod_origins_event(struct vod_origins *o, const struct lt_event *ev)
{
	if (o == NULL || !o->running)
		return;
	if (ev->type == LT_EV_PEERS && ev->error.code == 0)
		on_peers(o, ev->u.conns.v, ev->u.conns.n);
	else if (ev->type == LT_EV_ADDED)
		vod_origin_plan_renew(o->plan);
	else if (ev->type == LT_EV_PIECE)
		vod_origin_plan_got(o->plan, ev->u.piece);
	else if (ev->type == LT_EV_HASH_FAILED)
		on_wrong(o, ev->u.piece);
}

void
vod_origins_run(struct vod_origins *o)
{
	if (o != NULL)
		vod_origins_soon(o, 0);
}

/* ---- making ---- */

static int
add(struct vod_origins *o, const char *url, enum origin_reach reach)
{
	if (o->n == VOD_ORIGINS_MAX || !uri_is_http(url, strlen(url)))
		return 0;
	for (unsigned i = 0; i < o->n; i++)
		if (strcmp(o->v[i].url, url) == 0)
			return 0;
	if ((o->v[o->n].url = strdup(url)) == NULL)
		return SP_ERR_NOMEM;
	o->v[o->n++].reach = reach;
	return 0;
}

/*
 * Those that the user gave may be on his network; a torrent's may not, and
 * neither may those that whoever broadcasts tells of.
 */
static int
add_all(struct vod_origins *o)
{
	const struct vod_conf *c = o->conf;
	enum origin_reach reach = c->lan ? ORIGIN_AS_FIRST : ORIGIN_PUBLIC;
	size_t i;
	int rv = 0;

	for (i = 0; i < c->n_origins && rv == 0; i++)
		rv = add(o, c->origins[i],
		    i + c->n_told < c->n_origins ? ORIGIN_AS_FIRST : reach);
	for (i = 0; i < o->info->n_web_seeds && rv == 0; i++)
		rv = add(o, o->info->web_seeds[i], reach);
	return rv;
}

int
vod_origins_new(struct vod_origins **out, const struct vod_conf *conf,
    const struct lt_info *info, struct loop *l)
{
	struct vod_origins *o = calloc(1, sizeof(*o));
	int rv;

	*out = NULL;
	if (o == NULL)
		return SP_ERR_NOMEM;
	o->conf = conf;
	o->info = info;
	o->loop = l;
	rv = io_timer_init(&o->timer, l, timer_cb, o);
	if (rv == 0)
		rv = add_all(o);
	if (rv == 0 && o->n == 0) {
		vod_origins_free(o);
		return 0;
	}
	if (rv == 0)
		rv = vod_origin_plan_new(&o->plan, io_mem(), info, o->n,
		    loop_now(l));
	if (rv == 0)
		rv = origin_new(&o->http, l, NULL);
	if (rv == 0 && (o->peers = calloc(info->n_pieces, 1)) == NULL)
		rv = SP_ERR_NOMEM;
	if (rv < 0) {
		vod_origins_free(o);
		return rv;
	}
	*out = o;
	return 0;
}

void
vod_origins_start(struct vod_origins *o, const struct vod_origins_view *view)
{
	o->view = *view;
	o->running = true;
	o->carried = loop_now(o->loop);
	vod_origins_soon(o, 0);
}

void
vod_origins_stop(struct vod_origins *o)
{
	if (o == NULL || !o->running)
		return;
	o->running = false;
	io_timer_cancel(&o->timer);
	for (size_t i = 0; i < SP_LEN(o->jobs); i++)
		if (o->jobs[i].used)
			vod_transfer_end(&o->jobs[i], VOD_ORIGIN_CUT, 0);
}

void
vod_origins_free(struct vod_origins *o)
{
	if (o == NULL)
		return;
	vod_origins_stop(o);
	io_timer_fini(&o->timer);
	origin_free(o->http);
	vod_origin_plan_free(o->plan);
	for (size_t i = 0; i < SP_LEN(o->jobs); i++)
		free(o->jobs[i].buf);
	for (unsigned i = 0; i < o->n; i++)
		free(o->v[i].url);
	free(o->peers);
	free(o);
}

/* ---- for people ---- */

void
vod_origins_counts(const struct vod_origins *o, struct vod_counts *out)
{
	if (o == NULL)
		return;
	for (unsigned i = 0; i < o->n; i++) {
		out->origin_bytes += o->v[i].bytes;
		out->origin_requests += o->v[i].requests;
	}
	out->origin_wrong_bytes = o->wrong_bytes;
}

json_t *
vod_origins_json(const struct vod_origins *o)
{
	static const char *const states[] = {
		[VOD_ORIGIN_READY] = "ready",
		[VOD_ORIGIN_RESTS] = "rests",
		[VOD_ORIGIN_OUT] = "refused",
	};
	json_t *a = json_array();
	const struct vod_origin *v;

	for (unsigned i = 0; o != NULL && i < o->n; i++) {
		v = &o->v[i];
		json_array_append_new(a,
		    json_pack("{s:s, s:s, s:b, s:I, s:I, s:I}", "url", v->url,
			"state",
			states[vod_origin_plan_state(o->plan, i,
			    loop_now(o->loop))],
			"ignores_range",
			vod_origin_plan_ignores_range(o->plan, i), "bytes",
			(json_int_t)v->bytes, "requests",
			(json_int_t)v->requests, "failed",
			(json_int_t)v->failed));
	}
	return a;
}
