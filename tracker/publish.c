#include "tracker/live_int.h"

/* Room for |need| more bytes in the channel and in all. */
static int
make_room(struct live *l, struct live_chan *ch, uint64_t need)
{
	uint64_t before = live_chan_bytes(ch);

	while (live_chan_bytes(ch) + need > l->conf.max_channel_bytes) {
		if (!feed_shrink(&ch->feed))
			break;
	}
	l->stats.bytes -= before - live_chan_bytes(ch);
	if (live_chan_bytes(ch) + need > l->conf.max_channel_bytes ||
	    l->stats.bytes + need > l->conf.max_bytes)
		return SP_ERR_FULL;
	return 0;
}

static void
accepted(struct live *l, struct live_chan *ch, struct live_result *res,
    sp_time now)
{
	ch->published = now;
	/* It is in the heap already, so this takes no memory. */
	(void)heap_set(&l->idle, &ch->idle, tstamp_add(now, l->conf.idle));
	l->stats.accepted++;
	res->accepted++;
	res->woke = true;
}

/* 0: news; 1: the same again; or an error. */
static int
judge_manifest(struct live *l, const struct live_chan *ch,
    const struct manifest *m, const struct tw_frame *f)
{
	if (ch->manifest == NULL)
		return 0;
	if (m->serial == ch->serial) {
		if (f->len == ch->manifest_len &&
		    memcmp(f->p, ch->manifest, f->len) == 0)
			return 1;
		evidence_keep(&l->evidence, ch->info_hash, TW_FRAME_MANIFEST,
		    ch->manifest, ch->manifest_len, f->p, f->len);
		return SP_ERR_EQUIV;
	}
	if (m->serial < ch->serial || m->epoch < ch->epoch)
		return SP_ERR_STALE;
	return 0;
}

static int
put_manifest(struct live *l, struct live_chan *ch, const struct manifest *m,
    const struct tw_frame *f)
{
	uint8_t *copy;
	int r;

	r = make_room(l, ch, f->len);
	if (r < 0)
		return r;
	copy = mem_dup(l->mem, f->p, f->len);
	if (copy == NULL)
		return SP_ERR_NOMEM;
	l->stats.bytes += f->len;
	l->stats.bytes -= ch->manifest_len;
	mem_free(l->mem, ch->manifest);
	ch->manifest = copy;
	ch->manifest_len = f->len;
	ch->manifest_seq = ++ch->seq;
	ch->serial = m->serial;
	ch->epoch = m->epoch;
	ch->window_ms = m->window_ms;
	return 0;
}

static int
take_manifest(struct live *l, const uint8_t info_hash[LINK_INFOHASH_LEN],
    struct live_chan **ch, const struct tw_frame *f, struct live_result *res,
    sp_time now)
{
	uint8_t derived[LINK_INFOHASH_LEN];
	struct manifest m;
	bool fresh = *ch == NULL;
	int r;

	r = manifest_open(&m, f->p, f->len, fresh ? NULL : (*ch)->pk);
	if (r < 0)
		return r;
	link_infohash(derived, m.pk);
	if (memcmp(derived, info_hash, LINK_INFOHASH_LEN) != 0)
		return SP_ERR_WRONGCHAN;
	if (fresh) {
		r = live_chan_add(l, &m, info_hash, now, ch);
		if (r < 0)
			return r;
	}
	r = judge_manifest(l, *ch, &m, f);
	if (r == 1) {
		res->skipped++;
		return 0;
	}
	if (r == 0)
		r = put_manifest(l, *ch, &m, f);
	if (r == 0)
		accepted(l, *ch, res, now);
	else if (fresh) {
		live_drop(l, info_hash);
		*ch = NULL;
	}
	return r;
}

static int
take_record(struct live *l, struct live_chan *ch, const struct tw_frame *f,
    struct live_result *res, sp_time now)
{
	const struct feed_entry *other;
	uint8_t digest[HASH_LEN];
	struct record_env env;
	uint64_t before;
	int r, judged;

	r = record_open(&env, f->p, f->len);
	if (r < 0)
		return r;
	record_digest(digest, &env);
	judged = feed_judge(&ch->feed, &env.rec, digest, ch->window_ms, &other);
	/* What is not kept is not worth a verification. */
	if (judged < 0 && judged != SP_ERR_EQUIV)
		return judged;
	r = record_verify(&env, ch->pk);
	if (r < 0)
		return r;
	if (judged == SP_ERR_EQUIV) {
		evidence_keep(&l->evidence, ch->info_hash, TW_FRAME_RECORD,
		    other->env, other->len, f->p, f->len);
		return judged;
	}
	r = make_room(l, ch, feed_cost(f->len));
	if (r == 0)
		r = feed_push(&ch->feed, &env.rec, digest, f->p, f->len,
		    ch->seq + 1);
	if (r < 0)
		return r;
	ch->seq++;
	l->stats.bytes += feed_cost(f->len);
	before = live_chan_bytes(ch);
	feed_trim(&ch->feed, ch->window_ms);
	l->stats.bytes -= before - live_chan_bytes(ch);
	accepted(l, ch, res, now);
	return 0;
}

/* Counts an error; true when the publish goes on. */
static bool
note_error(struct live *l, struct live_result *res, int err)
{
	if (res->err == 0)
		res->err = err;
	if (err == SP_ERR_STALE) {
		l->stats.stale++;
		res->stale++;
		return true;
	}
	res->failed++;
	if (err == SP_ERR_CHAIN)
		l->stats.chain++;
	else if (err == SP_ERR_EQUIV)
		l->stats.equiv++;
	else if (err == SP_ERR_SIG)
		l->stats.sig++;
	else
		l->stats.other++;
	return err == SP_ERR_CHAIN || err == SP_ERR_EQUIV;
}

static int
take_frame(struct live *l, const uint8_t info_hash[LINK_INFOHASH_LEN],
    struct live_chan **ch, const struct tw_frame *f, struct live_result *res,
    sp_time now)
{
	if (f->type == TW_FRAME_MANIFEST)
		return take_manifest(l, info_hash, ch, f, res, now);
	if (*ch == NULL)
		return SP_ERR_NOTFOUND;
	if (f->type == TW_FRAME_RECORD)
		return take_record(l, *ch, f, res, now);
	res->skipped++;
	return 0;
}

/* The next frame of the body, taken: bytes used, or an error. */
static int
take_next(struct live *l, const uint8_t info_hash[LINK_INFOHASH_LEN],
    struct live_chan **ch, const uint8_t *p, size_t len,
    struct live_result *res, sp_time now)
{
	struct tw_frame f;
	int n, r;

	n = tw_frame_read(&f, p, len);
	if (n == 0)
		n = SP_ERR_SHORT;
	r = n < 0 ? n : take_frame(l, info_hash, ch, &f, res, now);
	if (r < 0 && !note_error(l, res, r))
		return r;
	return n;
}

int
live_publish(struct live *l, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const uint8_t *body, size_t len, struct live_result *res, sp_time now)
{
	struct live_chan *ch;
	size_t at = 0;
	int n = 0;

	memset(res, 0, sizeof(*res));
	live_tick(l, now);
	ch = live_chan_get(l, info_hash);
	if (len == 0 || len > LIM_PUBLISH)
		note_error(l, res, len == 0 ? SP_ERR_SHORT : SP_ERR_TOOBIG);
	else
		for (; at < len && n >= 0; at += (size_t)n) {
			n = take_next(l, info_hash, &ch, body + at, len - at,
			    res, now);
			if (n < 0)
				break;
		}
	res->seq = ch == NULL ? 0 : ch->seq;
	return res->err;
}
