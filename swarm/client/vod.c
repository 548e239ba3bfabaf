#include "swarm/client/vod.h"

#include "swarm/client/vod_int.h"

#define LEAVE_TIME (3 * SP_S)
#define LT_USUAL   4 /* priority, as lt.h has it */
#define LAST_WORD  (100 * SP_MS)

static void
tick_cb(void *ctx, sp_time now)
{
	struct vod *v = ctx;

	now = loop_now(v->loop);
	if (v->leaving) {
		v->ops->left(v->ctx);
		return;
	}
	io_timer_set(&v->tick, now + SP_S);
	vod_torrent_tick(v, now);
}

int
vod_new(struct vod **out, const struct vod_conf *conf, struct loop *l,
    const struct vod_ops *ops, void *ctx, struct lt_error *why)
{
	struct vod *v;
	int rv;

	*out = NULL;
	memset(why, 0, sizeof(*why));
	why->size = sizeof(*why);
	if (!conf->no_door && (rv = door_check(&conf->door)) < 0)
		return rv;
	if ((v = calloc(1, sizeof(*v))) == NULL ||
	    (v->buf = malloc(VOD_CHUNK)) == NULL) {
		free(v);
		return SP_ERR_NOMEM;
	}
	v->conf = conf;
	v->loop = l;
	v->ops = ops;
	v->ctx = ctx;
	v->main = SP_ERR_NOTFOUND;
	v->started = v->saved_at = loop_now(l);
	LIST_INIT(&v->reads);
	if ((rv = io_timer_init(&v->tick, l, tick_cb, v)) < 0 ||
	    (rv = io_timer_init(&v->again, l, vod_get_again, v)) < 0 ||
	    (!conf->no_door && (rv = vod_http_begin(v)) < 0) ||
	    (rv = vod_torrent_begin(v, why)) < 0) {
		vod_free(v);
		return rv;
	}
	io_timer_set(&v->tick, 0);
	*out = v;
	return 0;
}

void
vod_free(struct vod *v)
{
	if (v == NULL)
		return;
	/* gone callbacks empty the list */
	http_free(v->http);
	assert(LIST_EMPTY(&v->reads) && "the server told of every request");
	io_timer_fini(&v->tick);
	io_timer_fini(&v->again);
	vod_torrent_end(v);
	free(v->buf);
	free(v);
}

/* Pauses first, so that what is saved is what there is. */
void
vod_leave(struct vod *v)
{
	v->leaving = true;
	vod_origins_stop(v->origins);
	lt_post_status_all(v->lt);
	if (!v->conf->keep || v->info == NULL || !v->trusted) {
		/* for the last figures */
		io_timer_set(&v->tick, loop_now(v->loop) + LAST_WORD);
		return;
	}
	lt_set_flags(v->lt, v->id, LT_PAUSED, LT_PAUSED);
	lt_save_resume(v->lt, v->id, true);
	io_timer_set(&v->tick, loop_now(v->loop) + LEAVE_TIME);
}

const char *
vod_url(const struct vod *v, char out[VOD_URL_MAX])
{
	const char *path = vod_from_path(v->from);
	char base[DOOR_URL_MAX];
	struct sp_buf b;

	door_url(&v->conf->door, &v->bound, "", base);
	buf_wrap(&b, out, VOD_URL_MAX);
	buf_put_str(&b, base);
	if (path != NULL)
		vod_put_path(&b, path);
	else if (v->main >= 0)
		vod_page_path(v, &b, (uint32_t)v->main);
	buf_put_u8(&b, '\0');
	if (b.err < 0)
		snprintf(out, VOD_URL_MAX, "%sfile/%d/", base, v->main);
	return out;
}

uint16_t
vod_port(const struct vod *v)
{
	return v->bound.port;
}

void
vod_meet(struct vod *v, const struct sp_addr *addr)
{
	(void)lt_connect_peer(v->lt, v->id, addr);
}

bool
vod_has_file(const struct vod *v, size_t i)
{
	const struct lt_file *f = &v->info->files[i];
	uint64_t from = (uint64_t)f->offset;

	return vod_torrent_held(v, from, from + (uint64_t)f->length) ==
	       (uint64_t)f->length;
}

const struct lt_info *
vod_info(const struct vod *v)
{
	return v->info;
}

/* What is fetched, and what of it is here. */
static void
count_files(const struct vod *v, struct vod_counts *out)
{
	const struct lt_file *f;
	size_t i;

	for (i = 0; i < v->info->n_files; i++) {
		f = &v->info->files[i];
		if (f->pad || (!v->asked[i] && !v->conf->all))
			continue;
		out->wanted_bytes += (uint64_t)f->length;
		out->done_bytes += vod_torrent_held(v, (uint64_t)f->offset,
		    (uint64_t)(f->offset + f->length));
	}
}

void
vod_counts(const struct vod *v, struct vod_counts *out)
{
	const struct lt_status *st = &v->st;

	*out = (struct vod_counts){
		.peers = st->peers,
		.seeds = st->seeds,
		.known = st->known,
		.players = v->n_reads,
		.have = st->have,
		.down_bps = st->down_bps,
		.up_bps = st->up_bps,
		.down_bytes = (uint64_t)st->down_bytes,
		.up_bytes = (uint64_t)st->up_bytes,
		.failed_bytes = (uint64_t)st->failed_bytes,
		.played_bytes = v->played_bytes,
		.requests = v->requests,
		.waits = v->waits,
		.waited = v->waited,
		.uptime = loop_now(v->loop) - v->started,
		.full = v->trouble.code == SP_ERR_FULL,
	};
	if (v->info == NULL || v->files == NULL)
		return;
	out->n_pieces = v->info->n_pieces;
	out->size = (uint64_t)v->info->total;
	if (v->plan != NULL)
		out->due = (uint32_t)vod_plan_due(v->plan);
	vod_origins_counts(v->origins, out);
	count_files(v, out);
}
