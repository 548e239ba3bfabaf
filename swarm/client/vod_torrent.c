#include <strings.h>

#include "swarm/client/vod_int.h"
#include "swarm/client/vod_save.h"

#define PLAN_PAUSE (50 * SP_MS)
#define SAVE_EVERY (30 * SP_S)

/* ---- what is here ---- */

bool
vod_torrent_has(const struct vod *v, uint32_t i)
{
	return v->trusted && i < v->info->n_pieces && vod_bit(v->have, i);
}

uint64_t
vod_torrent_held(const struct vod *v, uint64_t from, uint64_t to)
{
	uint64_t len = v->info->piece_length, n = 0, a, b;
	uint32_t i;

	for (i = (uint32_t)(from / len); from < to && i * len < to; i++) {
		if (!vod_torrent_has(v, i))
			continue;
		a = SP_MAX(i * len, from);
		b = SP_MIN((i + 1) * len, to);
		n += b - a;
	}
	return n;
}

/* ---- what is wanted ---- */

static size_t
spans(struct vod *v)
{
	size_t i, n = 0;
	uint64_t from, to;
	const struct lt_file *f;

	for (i = 0; i < v->info->n_files; i++) {
		f = &v->info->files[i];
		if (f->pad || f->length == 0 || (!v->asked[i] && !v->conf->all))
			continue;
		from = (uint64_t)f->offset;
		to = from + (uint64_t)f->length;
		v->spans[n++] = (struct vod_span){
			.from = from,
			.to = to,
			.prio = v->asked[i] ? VOD_P_WANTED : VOD_P_REST,
			.edges = v->asked[i] &&
				 vod_files_kind(v->files, i) != VOD_SEGMENT,
		};
	}
	return n;
}

static void
tell(struct vod *v, const struct vod_act *a)
{
	switch (a->type) {
	case VOD_ACT_CLEAR:
		lt_clear_deadlines(v->lt, v->id);
		break;
	case VOD_ACT_UNDUE:
		lt_reset_deadline(v->lt, v->id, a->first);
		break;
	case VOD_ACT_DUE:
		lt_set_deadline(v->lt, v->id, a->first, a->ms, false);
		break;
	case VOD_ACT_PRIO:
		lt_piece_priorities(v->lt, v->id, a->first, a->n, a->prio);
		break;
	}
}

static void
plan_cb(void *ctx, sp_time now)
{
	struct vod_reader readers[VOD_GETS_MAX + VOD_TRACES];
	struct vod *v = ctx;
	struct vod_plan_in in = {
		.have = v->have,
		.spans = v->spans,
		.readers = readers,
	};
	struct vod_act act;

	if (v->plan == NULL || v->renewing || v->leaving || v->conf->hold)
		return;
	in.now = v->planned_at = now = loop_now(v->loop);
	in.n_spans = spans(v);
	in.n_readers = vod_get_readers(v, readers, SP_LEN(readers), now);
	vod_plan_make(v->plan, &in);
	while (vod_plan_next(v->plan, &act))
		tell(v, &act);
	vod_origins_run(v->origins);
}

void
vod_torrent_replan(struct vod *v, bool at_once)
{
	sp_time at = at_once ? 0 : v->planned_at + PLAN_PAUSE;

	if (v->plan == NULL)
		return;
	if (!io_timer_is_set(&v->plan_timer) || v->plan_timer.at > at)
		io_timer_set(&v->plan_timer, at);
}

/* ---- what libtorrent says ---- */

void
vod_torrent_fail(struct vod *v, const char *what, const char *why)
{
	if (!v->leaving)
		v->ops->failed(v->ctx, what, why);
}

static int
make_tables(struct vod *v)
{
	const struct lt_info *i = v->info;
	size_t n = SP_MAX(i->n_files, (size_t)1);
	int rv;

	v->asked = calloc(n, 1);
	v->spans = calloc(n, sizeof(*v->spans));
	v->have = calloc((size_t)i->n_pieces / 8 + 1, 1);
	if (v->asked == NULL || v->spans == NULL || v->have == NULL)
		return SP_ERR_NOMEM;
	if ((rv = vod_files_new(&v->files, i)) < 0)
		return rv;
	return vod_plan_new(&v->plan, io_mem(), i->n_pieces, i->piece_length,
	    (uint64_t)i->total);
}

/* What is to be played. False: there is no such thing. */
static bool
choose(struct vod *v)
{
	const char *text = v->conf->file;

	v->main = text != NULL ? vod_files_pick(v->files, text)
			       : vod_files_main(v->files);
	if (v->main >= 0) {
		v->asked[v->main] = 1;
		return true;
	}
	vod_torrent_fail(v, text == NULL ? v->info->name : text,
	    v->main == SP_ERR_EXISTS ? "several files end with that"
	    : text == NULL           ? "there are no files in the torrent"
				     : "no such file in the torrent");
	return false;
}

static int
make_origins(struct vod *v)
{
	struct vod_origins_view view = {
		.lt = v->lt,
		.id = v->id,
		.have = v->have,
		.plan = v->plan,
		.st = &v->st,
		.ready = &v->trusted,
		.trouble = &v->trouble,
	};
	int rv = vod_origins_new(&v->origins, v->conf, v->info, v->loop);

	if (rv == 0 && v->origins != NULL)
		vod_origins_start(v->origins, &view);
	return rv;
}

/*
 * What lies in DIR under such names is believed: how far a torrent is, which
 * version of a channel's files there is.
 */
static bool
has_our_names(const struct lt_info *i)
{
	for (size_t k = 0; k < i->n_files; k++)
		if (strncasecmp(i->files[k].path, VOD_SAVE_OURS,
			strlen(VOD_SAVE_OURS)) == 0)
			return true;
	return false;
}

static void
on_metadata(struct vod *v)
{
	const struct lt_info *info;
	int rv;

	if (v->info != NULL || (info = lt_info_of(v->lt, v->id)) == NULL)
		return;
	if (has_our_names(info)) {
		lt_set_flags(v->lt, v->id, LT_PAUSED, LT_PAUSED);
		vod_torrent_fail(v, info->name,
		    "names that begin with " VOD_SAVE_OURS " are not taken");
		return;
	}
	v->info = info;
	if (v->conf->size_max != 0 &&
	    (uint64_t)v->info->total > v->conf->size_max) {
		vod_torrent_fail(v, v->info->name,
		    "its files take more than --disk-max");
		return;
	}
	if ((rv = make_tables(v)) < 0 ||
	    (!v->conf->hold && (rv = make_origins(v)) < 0)) {
		vod_torrent_fail(v, v->info->name, sp_strerror(rv));
		return;
	}
	if (!choose(v))
		return;
	vod_torrent_replan(v, true);
	lt_post_status_all(v->lt);
	if (v->conf->from == NULL)
		v->ops->ready(v->ctx);
	else if ((rv = vod_from_new(&v->from, v)) < 0)
		vod_torrent_fail(v, v->info->name, sp_strerror(rv));
}

static void
on_checked(struct vod *v)
{
	if (v->recheck) {
		v->recheck = false;
		lt_recheck(v->lt, v->id);
		return;
	}
	v->trusted = true;
	lt_post_status_all(v->lt);
}

static void
on_status(struct vod *v, const struct lt_status *st)
{
	bool had = v->st.have > 0;

	if (st->torrent != v->id)
		return;
	v->st = *st;
	v->st.pieces = NULL;
	vod_again_status(v);
	if (!v->trusted || st->pieces == NULL || v->info == NULL ||
	    v->have == NULL || st->n_pieces != v->info->n_pieces)
		return;
	memcpy(v->have, st->pieces, (st->n_pieces + 7) / 8);
	if (!had && st->have > 0)
		vod_torrent_replan(v, true);
	vod_get_wake(v, UINT32_MAX);
}

static void
on_piece(struct vod *v, uint32_t i)
{
	/* of a small torrent some come before that is said */
	if (v->plan == NULL || !v->trusted || i >= v->info->n_pieces)
		return;
	v->have[i >> 3] |= (uint8_t)(0x80 >> (i & 7));
	vod_plan_got(v->plan, i);
	vod_get_wake(v, i);
	/* the window may have room for more deadlines */
	vod_torrent_replan(v, false);
}

static void
on_resume(struct vod *v, const uint8_t *p, size_t len)
{
	int rv;

	v->saving = false;
	if (v->info != NULL && p != NULL) {
		rv = vod_save_store(v->conf->save, v->info, p, len);
		if (rv < 0)
			log_msg(v->conf->log, LOG_LEVEL_WARN,
			    "save: how far we are is not saved dir=%s why=%s",
			    v->conf->save, sp_strerror(rv));
	}
	if (v->leaving)
		v->ops->left(v->ctx);
}

static void
on_other(struct vod *v, const struct lt_event *ev)
{
	const struct sp_log *log = v->conf->log;
	char addr[ADDR_STRLEN];

	switch (ev->type) {
	case LT_EV_LISTEN_FAILED:
		log_msg(log, LOG_LEVEL_WARN,
		    "peers: cannot listen addr=%s "
		    "why=%s",
		    addr_str(&ev->u.listen.addr, addr), ev->error.text);
		break;
	case LT_EV_TRACKER_ERROR:
		log_msg(log, LOG_LEVEL_WARN, "tracker: no answer url=%s why=%s",
		    ev->u.url, ev->error.text);
		break;
	case LT_EV_BANNED:
		vod_again_banned(v, &ev->u.address);
		break;
	case LT_EV_HASH_FAILED:
		log_msg(log, LOG_LEVEL_INFO, "piece: came wrong piece=%" PRIu32,
		    ev->u.piece);
		break;
	case LT_EV_DROPPED:
		lt_post_status_all(v->lt);
		break;
	default:
		break;
	}
}

static void
on_event(void *ctx, const struct lt_event *ev)
{
	struct vod *v = ctx;

	if (ev->torrent != 0 && ev->torrent != v->id)
		return;
	switch (ev->type) {
	case LT_EV_ADDED:
		vod_again_added(v, &ev->error);
		break;
	case LT_EV_METADATA:
		on_metadata(v);
		break;
	case LT_EV_CHECKED:
		on_checked(v);
		break;
	case LT_EV_STATUS:
		for (size_t i = 0; i < ev->u.status.n; i++)
			on_status(v, &ev->u.status.v[i]);
		break;
	case LT_EV_PIECE:
		on_piece(v, ev->u.piece);
		break;
	case LT_EV_TORRENT_ERROR:
		vod_again_trouble(v, &ev->error);
		break;
	case LT_EV_RESUME:
		on_resume(v, ev->u.bytes.p, ev->u.bytes.len);
		break;
	default:
		on_other(v, ev);
	}
	vod_origins_event(v->origins, ev);
}

static void
fd_cb(void *ctx, int fd SP_UNUSED)
{
	struct vod *v = ctx;

	lt_drain(v->lt, on_event, v);
}

/* ---- making ---- */

static int
add(struct vod *v)
{
	const struct vod_conf *c = v->conf;
	struct lt_torrent t = { .size = sizeof(t) };
	uint8_t *resume = NULL;
	size_t len = 0;
	int rv;

	t.metainfo = c->metainfo;
	t.metainfo_len = c->metainfo_len;
	t.magnet = c->magnet;
	t.flags = LT_NO_WEB_SEEDS; /* vod_origin.h */
	if (c->hold)
		t.flags |= LT_NOTHING;
	t.save_path = c->save;
	t.trackers = c->trackers;
	t.n_trackers = c->n_trackers;
	rv = vod_save_load(c->save, c->id, &resume, &len);
	v->recheck = rv == SP_ERR_STALE;
	if (len > 0) {
		t.resume = resume;
		t.resume_len = len;
	}
	rv = lt_add(v->lt, &t, &v->id);
	if (len > 0 && (rv == SP_ERR_SYNTAX || rv == SP_ERR_HASH)) {
		/* as if nothing had been saved: files are looked at */
		t.resume = NULL;
		t.resume_len = 0;
		v->recheck = false;
		rv = lt_add(v->lt, &t, &v->id);
	}
	free(resume);
	return rv;
}

int
vod_torrent_begin(struct vod *v, struct lt_error *why)
{
	const struct lt_kv *usual;
	struct lt_kv kv[64];
	struct lt_conf c = {
		.size = sizeof(c),
		.settings = kv,
		.pieces = true,
		.bans = true,
	};
	size_t n = lt_preset(LT_PRESET_PEERS, &usual), i;
	int rv;

	assert(n + v->conf->n_settings <= SP_LEN(kv) && "a few settings");
	for (i = 0; i < n; i++)
		kv[i] = usual[i];
	for (i = 0; i < v->conf->n_settings; i++)
		kv[n + i] = v->conf->settings[i];
	c.n_settings = n + v->conf->n_settings;
	if ((rv = lt_new(&v->lt, &c, why)) < 0)
		return rv;
	rv = io_timer_init(&v->plan_timer, v->loop, plan_cb, v);
	if (rv == 0)
		rv = io_watch_new(&v->watch, v->loop, lt_fd(v->lt), fd_cb, v);
	if (rv < 0)
		return rv;
	if ((rv = add(v)) < 0)
		*why = *lt_why(v->lt);
	return rv;
}

void
vod_torrent_end(struct vod *v)
{
	vod_origins_free(v->origins);
	vod_from_free(v->from);
	io_watch_free(v->watch);
	io_timer_fini(&v->plan_timer);
	vod_plan_free(v->plan);
	vod_files_free(v->files);
	free(v->asked);
	free(v->spans);
	free(v->have);
	lt_free(v->lt);
}

/* ---- each second ---- */

void
vod_torrent_tick(struct vod *v, sp_time now)
{
	lt_post_status_all(v->lt);
	vod_again_tick(v, now);
	/* traces end, rates change */
	vod_torrent_replan(v, false);
	if (!v->conf->keep || v->saving || !v->st.needs_resume ||
	    v->info == NULL || now - v->saved_at < SAVE_EVERY)
		return;
	v->saving = lt_save_resume(v->lt, v->id, true) == 0;
	v->saved_at = now;
}
