#include "swarm/client/vod_origin_int.h"

#include "base/hash.h"
#include "base/log.h"
#include "swarm/client/vod_files.h"
#include "wire/limits.h"

#define CONNECT (5 * SP_S)
#define SILENT  (8 * SP_S)
#define URL_MAX (8 * LIM_URI)

int
vod_origin_url(struct sp_buf *b, const char *base, const struct lt_info *info,
    size_t file)
{
	const char *path = info->files[file].path;
	size_t n = strlen(base);
	bool below = strchr(path, '/') != NULL;

	buf_put_str(b, base);
	if (n > 0 && base[n - 1] == '/') {
		vod_put_path(b, path);
	} else if (below) {
		buf_put_u8(b, '/');
		vod_put_path(b, path);
	}
	buf_put_u8(b, '\0');
	return b->err;
}

static void next_file(struct vod_transfer *t);

void
vod_transfer_end(struct vod_transfer *t, enum vod_origin_end how, sp_time retry)
{
	struct vod_origins *o = t->o;

	if (t->f != NULL)
		origin_cancel(t->f);
	t->f = NULL;
	t->used = false;
	o->v[t->job.origin].failed +=
	    how != VOD_ORIGIN_DONE && how != VOD_ORIGIN_CUT;
	vod_origin_plan_end(o->plan, t->job.id, how, t->at, retry,
	    loop_now(o->loop));
	vod_origins_soon(o, 0);
}

/* A piece is whole: libtorrent says whether it is right. */
static void
give(struct vod_transfer *t, uint32_t i, const uint8_t *p)
{
	struct vod_origins *o = t->o;

	if (vod_origins_has(o, i) || lt_add_piece(o->view.lt, o->view.id, i, p,
					 lt_info_piece_size(o->info, i)) < 0)
		return;
	vod_origin_plan_given(o->plan, t->job.id, i, loop_now(o->loop));
}

static bool
is_right(const uint8_t *p, const struct lt_file *f)
{
	uint8_t root[HASH_LEN],
	    leaves[VOD_ORIGIN_BYTES / HASH_BLOCK * HASH_LEN];
	size_t n = (size_t)f->length;

	hash_leaves(leaves, p, n);
	hash_tree_root(root, leaves, hash_leaf_count(n));
	return memcmp(root, f->root, HASH_LEN) == 0;
}

/* An object is whole. */
static enum vod_origin_end
give_object(struct vod_transfer *t)
{
	const struct lt_info *info = t->o->info;
	const struct lt_file *f =
	    &info->files[vod_origin_file(info, t->job.at)];
	uint32_t len = info->piece_length, i;

	if (!is_right(t->buf, f)) {
		t->o->wrong_bytes += (uint64_t)f->length;
		vod_origins_tell_wrong(t->o, t->job.origin, t->job.at);
		return VOD_ORIGIN_WRONG;
	}
	for (i = (uint32_t)(t->job.at / len); i * (uint64_t)len < t->job.end;
	     i++)
		give(t, i, t->buf + (i * (uint64_t)len - t->job.at));
	return VOD_ORIGIN_DONE;
}

/* |p| NULL: zeros. */
static void
feed(struct vod_transfer *t, const uint8_t *p, uint64_t len)
{
	const struct lt_info *info = t->o->info;
	uint64_t start, n;
	uint32_t i;

	if (t->job.object) {
		if (p != NULL)
			memcpy(t->buf + (t->at - t->job.at), p, (size_t)len);
		else
			memset(t->buf + (t->at - t->job.at), 0, (size_t)len);
		t->at += len;
		return;
	}
	for (; len > 0; len -= n) {
		i = (uint32_t)(t->at / info->piece_length);
		start = (uint64_t)i * info->piece_length;
		n = SP_MIN(len, start + lt_info_piece_size(info, i) - t->at);
		if (p != NULL)
			memcpy(t->buf + (t->at - start), p, (size_t)n);
		else
			memset(t->buf + (t->at - start), 0, (size_t)n);
		p = p != NULL ? p + n : NULL;
		t->at += n;
		if (t->at == start + lt_info_piece_size(info, i))
			give(t, i, t->buf);
	}
}

bool
vod_transfer_is_needed(const struct vod_transfer *t)
{
	uint32_t len = t->o->info->piece_length;
	uint64_t at = t->job.object ? t->job.at : t->at - t->at % len;

	for (; at < t->job.end; at += len)
		if (!vod_origins_has(t->o, (uint32_t)(at / len)))
			return true;
	return false;
}

static enum origin_verdict
decide(struct vod_transfer *t, enum vod_origin_end how)
{
	t->decided = true;
	t->how = how;
	return ORIGIN_STOP;
}

static enum origin_verdict
head_cb(void *ctx, struct origin_fetch *f SP_UNUSED,
    const struct origin_head *h)
{
	struct vod_transfer *t = ctx;
	const struct lt_file *file = &t->o->info->files[t->file];
	uint64_t offset = t->at - (uint64_t)file->offset;

	if (h->status != 200 && h->status != 206)
		return decide(t, h->status == 429 || h->status >= 500
				     ? VOD_ORIGIN_BUSY
				     : VOD_ORIGIN_NONE);
	if (h->total != UINT64_MAX && h->total != (uint64_t)file->length)
		return decide(t, VOD_ORIGIN_NONE);
	if (!t->ranged)
		return h->status == 200 ? ORIGIN_GO
					: decide(t, VOD_ORIGIN_NONE);
	if (h->status == 200)
		return decide(t, VOD_ORIGIN_NORANGE);
	return h->first == offset ? ORIGIN_GO : decide(t, VOD_ORIGIN_NONE);
}

/* Does the origin send more of the file than there is to come? */
static bool
is_cut_short(const struct vod_transfer *t)
{
	const struct lt_file *f = &t->o->info->files[t->file];

	return !t->ranged && t->part_end < (uint64_t)(f->offset + f->length);
}

static enum origin_verdict
data_cb(void *ctx, struct origin_fetch *f SP_UNUSED, const uint8_t *p,
    size_t len)
{
	struct vod_transfer *t = ctx;
	uint64_t n = SP_MIN(t->skip, (uint64_t)len);

	t->o->v[t->job.origin].bytes += len;
	t->skip -= n;
	p += n;
	len -= (size_t)n;
	n = SP_MIN((uint64_t)len, t->part_end - t->at);
	feed(t, p, n);
	if (t->at == t->part_end)
		return n < len || is_cut_short(t) ? ORIGIN_STOP : ORIGIN_GO;
	return vod_transfer_is_needed(t) ? ORIGIN_GO
					 : decide(t, VOD_ORIGIN_CUT);
}

static enum vod_origin_end
result_of(const struct vod_transfer *t, const struct origin_done *d)
{
	if (t->decided)
		return t->how;
	switch (d->result) {
	case ORIGIN_OK:
	case ORIGIN_TOOBIG:
		/* shorter than it should be */
		return VOD_ORIGIN_NONE;
	case ORIGIN_REFUSED:
		return VOD_ORIGIN_REFUSED;
	default:
		return VOD_ORIGIN_BUSY;
	}
}

/* Once, until something comes from there. */
static void
tell(struct vod_transfer *t, const struct origin_done *d,
    enum vod_origin_end how)
{
	static const char *const texts[] = {
		[VOD_ORIGIN_BUSY] = "failed, tried again later",
		[VOD_ORIGIN_NONE] = "has not this file",
		[VOD_ORIGIN_NORANGE] = "ignores Range",
		[VOD_ORIGIN_REFUSED] = "refused, see --lan and --origin",
	};
	struct vod_origin *v = &t->o->v[t->job.origin];
	bool warn = !v->told && how != VOD_ORIGIN_NORANGE;

	if (how == VOD_ORIGIN_CUT)
		return;
	log_msg(t->o->conf->log, warn ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG,
	    "origin: %s url=%s file=%s status=%d why=%s", texts[how], v->url,
	    t->o->info->files[t->file].path, d->status, d->text);
	v->told |= warn;
}

static void
done_cb(void *ctx, struct origin_fetch *f SP_UNUSED,
    const struct origin_done *d)
{
	struct vod_transfer *t = ctx;
	enum vod_origin_end how;

	t->f = NULL;
	if (!t->decided && t->at == t->part_end) {
		next_file(t);
		return;
	}
	how = result_of(t, d);
	tell(t, d, how);
	vod_transfer_end(t, how, d->retry);
}

static const struct origin_ops ops = { head_cb, data_cb, done_cb };

static int
ask_for(struct vod_transfer *t)
{
	struct vod_origins *o = t->o;
	const struct lt_file *f = &o->info->files[t->file];
	struct vod_origin *from = &o->v[t->job.origin];
	struct origin_ask ask = {
		.max_bytes = UINT64_MAX,
		.timeout = SP_NEVER,
		.connect = CONNECT,
		.low_speed = SILENT,
		.reach = from->reach,
	};
	struct sp_buf b;
	int rv;

	ask.offset = t->at - (uint64_t)f->offset;
	ask.length = t->part_end - t->at;
	ask.ranged = !t->job.whole && ask.length != (uint64_t)f->length;
	t->ranged = ask.ranged;
	t->skip = ask.ranged ? 0 : ask.offset;
	if (!ask.ranged)
		ask.offset = ask.length = 0;
	from->requests++;
	buf_init(&b, io_mem(), URL_MAX);
	rv = vod_origin_url(&b, from->url, o->info, t->file);
	ask.url = (const char *)b.p;
	if (rv == 0)
		rv = origin_get(o->http, &ask, &ops, t, &t->f);
	buf_fini(&b);
	return rv;
}

/* Padding is not at origins. */
static void
next_file(struct vod_transfer *t)
{
	const struct lt_info *info = t->o->info;
	const struct lt_file *f;

	t->decided = false;
	while (t->at < t->job.end) {
		t->file = vod_origin_file(info, t->at);
		f = &info->files[t->file];
		t->part_end =
		    SP_MIN((uint64_t)(f->offset + f->length), t->job.end);
		if (!f->pad)
			break;
		feed(t, NULL, t->part_end - t->at);
	}
	if (t->at >= t->job.end)
		vod_transfer_end(t,
		    t->job.object ? give_object(t) : VOD_ORIGIN_DONE, 0);
	else if (!vod_transfer_is_needed(t))
		vod_transfer_end(t, VOD_ORIGIN_CUT, 0);
	else if (ask_for(t) < 0)
		vod_transfer_end(t, VOD_ORIGIN_NONE, 0);
}

/* Room for an object, or for one piece. */
static bool
make_room(struct vod_transfer *t)
{
	size_t n = t->job.object ? (size_t)(t->job.end - t->job.at)
				 : t->o->info->piece_length;
	uint8_t *p;

	if (t->size >= n)
		return true;
	if ((p = realloc(t->buf, n)) == NULL)
		return false;
	t->buf = p;
	t->size = n;
	return true;
}

void
vod_transfer_begin(struct vod_origins *o, const struct vod_origin_job *job)
{
	struct vod_transfer *t = &o->jobs[job->id];

	assert(!t->used && "a transfer's number is free");
	t->used = true;
	t->o = o;
	t->job = *job;
	t->at = job->at;
	if (make_room(t))
		next_file(t);
	else
		vod_transfer_end(t, VOD_ORIGIN_BUSY, 0);
}
