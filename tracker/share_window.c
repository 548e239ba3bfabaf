#include "tracker/share_int.h"

#include "wire/manifest.h"
#include "wire/record.h"

#define LOOK 65536 /* bytes of the own window in one go */

/* ---- channels ------------------------------------------------------------ */

void
share_chan_queue(struct share *s, struct share_chan *ch)
{
	if (ch->queued)
		return;
	TAILQ_INSERT_TAIL(&s->work, ch, work);
	ch->queued = true;
}

static void
dequeue(struct share *s, struct share_chan *ch)
{
	if (!ch->queued)
		return;
	if (ch == TAILQ_FIRST(&s->work)) {
		buf_reset(&s->cur);
		s->cur_at = 0;
	}
	TAILQ_REMOVE(&s->work, ch, work);
	ch->queued = false;
}

struct share_chan *
share_chan_find(const struct share *s, const uint8_t *info_hash)
{
	struct share_chan **v = map_get(s->chans, info_hash);

	return v == NULL ? NULL : *v;
}

struct share_chan *
share_chan_get(struct share *s, const uint8_t *info_hash)
{
	struct share_chan *ch = share_chan_find(s, info_hash), **v;

	if (ch != NULL)
		return ch;
	ch = mem_zalloc(s->mem, 1, sizeof(*ch));
	if (ch == NULL)
		return NULL;
	memcpy(ch->info_hash, info_hash, LINK_INFOHASH_LEN);
	v = map_put(s->chans, info_hash, NULL, NULL);
	if (v == NULL) {
		mem_free(s->mem, ch);
		return NULL;
	}
	*v = ch;
	ch->roster_want = true;
	share_chan_resync(s, ch);
	return ch;
}

static void
chan_free(struct share *s, struct share_chan *ch)
{
	dequeue(s, ch);
	if (ch->woke)
		TAILQ_REMOVE(&s->woke, ch, woke_link);
	mem_free(s->mem, ch);
}

void
share_chans_free(struct share *s)
{
	size_t it = 0;
	void *v;

	while (s->chans != NULL && map_next(s->chans, &it, &v) != NULL)
		chan_free(s, *(struct share_chan **)v);
	map_free(s->chans);
}

void
share_chan_read(struct share *s, struct share_chan *ch)
{
	ch->want_read = true;
	share_chan_queue(s, ch);
}

void
share_chan_resync(struct share *s, struct share_chan *ch)
{
	ch->synced = false;
	ch->redo = ch->reading;
	if (ch->redo)
		return;
	memset(ch->edges, 0, sizeof(ch->edges));
	ch->serial = 0;
	ch->last = (struct share_id){ 0, 0 };
	ch->whole = true;
	ch->want_manifest = true;
	share_chan_read(s, ch);
}

void
share_chan_news(struct share *s, struct share_chan *ch, sp_time now)
{
	if (live_find(s->live, ch->info_hash) != NULL || ch->again_at > now) {
		share_chan_read(s, ch);
		return;
	}
	/* It could not be taken; perhaps its manifest has come since. */
	ch->again_at = now + SHARE_KEEP_GAP;
	if (!ch->reading)
		share_chan_resync(s, ch);
}

void
share_chans_down(struct share *s)
{
	struct share_chan *ch;
	size_t it = 0;
	void *v;

	while (map_next(s->chans, &it, &v) != NULL) {
		ch = *(struct share_chan **)v;
		dequeue(s, ch);
		ch->reading = ch->synced = ch->told = ch->failed = false;
		ch->redo = ch->roster_known = ch->roster_reading = false;
		ch->roster_news = false;
		ch->roster_want = true;
		ch->chores = 0;
	}
}

void
share_chans_keep(struct share *s)
{
	struct share_chan *ch;
	size_t it = 0;
	void *v;

	while (map_next(s->chans, &it, &v) != NULL) {
		ch = *(struct share_chan **)v;
		if (live_find(s->live, ch->info_hash) == NULL) {
			if (ch->reading || ch->queued)
				continue;
			map_del(s->chans, ch->info_hash);
			chan_free(s, ch);
			continue;
		}
		if (!ch->synced && !ch->reading)
			share_chan_resync(s, ch);
		ch->chores |= CHORE_MARK | CHORE_KEEP;
		share_chan_read(s, ch);
	}
}

static void
failed(struct share *s, struct share_chan *ch, sp_time now)
{
	ch->failed = true;
	if (s->mend_at != SP_NEVER)
		return;
	s->mend_at = now + s->mend_gap;
	s->mend_gap = SP_MIN(2 * s->mend_gap, SHARE_KEEP_GAP);
}

void
share_chans_mend(struct share *s)
{
	struct share_chan *ch;
	size_t it = 0;
	void *v;

	while (map_next(s->chans, &it, &v) != NULL) {
		ch = *(struct share_chan **)v;
		if (!ch->failed)
			continue;
		ch->failed = false;
		if (ch->synced)
			share_chan_read(s, ch);
		else if (!ch->reading)
			share_chan_resync(s, ch);
	}
}

static void
refused(struct share *s, struct share_chan *ch, const struct share_act *act,
    sp_time now)
{
	switch (act->what) {
	case SHARE_DO_APPEND:
		ch->synced = ch->whole = false;
		ch->holes = true;
		break;
	case SHARE_DO_GET_MANIFEST:
		ch->want_manifest = true;
		break;
	case SHARE_DO_PUT_MANIFEST:
		ch->chores |= CHORE_MANIFEST;
		break;
	case SHARE_DO_NEWS:
		ch->told |= !act->roster;
		ch->roster_news |= act->roster;
		break;
	case SHARE_DO_GET_ROSTER:
		ch->roster_reading = false;
		ch->roster_want = true;
		break;
	case SHARE_DO_PUT_ROSTER:
		ch->roster_due = true;
		break;
	default: /* KEEP and MARK come again anyway */
		return;
	}
	failed(s, ch, now);
}

void
share_local(struct share *s, const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	struct share_chan *ch = share_chan_get(s, info_hash);

	if (ch == NULL)
		return;
	ch->dirty = true;
	if (s->link == LINK_UP)
		share_chan_queue(s, ch);
}

/* ---- what the stream has ------------------------------------------------- */

static struct share_edge *
edge_of(struct share_chan *ch, const struct record *r)
{
	size_t slot = r->track < LIM_TRACK_INIT
			  ? r->track
			  : (size_t)r->track - LIM_TRACK_INIT + LIM_TRACKS;

	return &ch->edges[slot];
}

/*
 * Whether the stream lacks the frame, as far as is known; from now on it does
 * not.
 */
static bool
note(struct share_chan *ch, const struct tw_frame *f)
{
	struct record_env env;
	struct share_edge *e;
	struct manifest m;

	if (f->type == TW_FRAME_MANIFEST) {
		if (manifest_open(&m, f->p, f->len, NULL) < 0 ||
		    m.serial <= ch->serial)
			return false;
		ch->serial = m.serial;
		return true;
	}
	if (f->type != TW_FRAME_RECORD || record_open(&env, f->p, f->len) < 0)
		return false;
	e = edge_of(ch, &env.rec);
	if (env.rec.number < e->next && env.rec.epoch <= e->epoch)
		return false;
	e->next = SP_MAX(e->next, env.rec.number + 1);
	e->epoch = SP_MAX(e->epoch, env.rec.epoch);
	return true;
}

/* ---- what comes ---------------------------------------------------------- */

void
share_chan_woke(struct share *s, struct share_chan *ch)
{
	if (ch->woke)
		return;
	TAILQ_INSERT_TAIL(&s->woke, ch, woke_link);
	ch->woke = true;
}

static void
relay(struct share *s, struct share_chan *ch, const struct tw_frame *f,
    const uint8_t *p, size_t len, sp_time now)
{
	struct live_result res;

	track_relay(s->conf.track, ch->info_hash, p, len, &res, now);
	if (res.woke)
		share_chan_woke(s, ch);
	if (res.accepted > 0)
		s->stats.taken++;
	else if (res.err == 0 || res.err == SP_ERR_STALE)
		s->stats.known++;
	else
		s->stats.bad++;
	/* What was refused is not there for anybody. */
	if (res.err == 0 || res.err == SP_ERR_STALE)
		note(ch, f);
}

void
share_frame(struct share *s, const uint8_t info_hash[LINK_INFOHASH_LEN],
    struct share_id id, uint64_t node, const uint8_t *p, size_t len,
    sp_time now)
{
	struct share_chan *ch = share_chan_find(s, info_hash);
	struct tw_frame f;

	if (ch == NULL)
		return;
	if (share_id_after(id, ch->last))
		ch->last = id;
	if (len == 0 || tw_frame_read(&f, p, len) != (int)len)
		s->stats.bad++;
	else if (node != s->conf.node)
		relay(s, ch, &f, p, len, now);
	else if (!ch->holes)
		note(ch, &f);
}

/* ---- what goes ----------------------------------------------------------- */

void
share_chan_give(struct share *s, const struct share_chan *ch,
    struct share_act *act, enum share_what what, sp_time now)
{
	share_give(s, act, what, now);
	memcpy(act->info_hash, ch->info_hash, LINK_INFOHASH_LEN);
}

/* |f| as in a publish, for |act|. */
static int
lend(struct share *s, struct share_act *act, struct tw_frame f)
{
	f.seq = 0;
	buf_reset(&s->frame);
	tw_frame_write(&s->frame, &f);
	act->p = s->frame.p;
	act->len = s->frame.len;
	return s->frame.err;
}

static uint32_t
window_keep(const struct live_chan *chan)
{
	struct live_chan_stats st;

	live_chan_stats(chan, &st);
	return SHARE_WINDOW_KEEP + 2 * st.records;
}

/* The next frame of the own window that the stream lacks; or |told|. */
static int
next_append(struct share *s, struct share_chan *ch, struct share_act *act,
    sp_time now)
{
	const struct live_chan *chan = live_find(s->live, ch->info_hash);
	struct tw_frame f;
	int n = 0;

	while (chan != NULL) {
		if (s->cur_at == s->cur.len) {
			s->cur_at = 0;
			buf_reset(&s->cur);
			n = live_feed(s->live, chan, &ch->pos, LOOK, &s->cur);
			if (n <= 0)
				break;
		}
		n = tw_frame_read(&f, s->cur.p + s->cur_at,
		    s->cur.len - s->cur_at);
		assert(n > 0 && "the own window is of whole frames");
		s->cur_at += (size_t)n;
		if (!note(ch, &f))
			continue;
		if (lend(s, act, f) < 0) {
			/* It is noted, and was not told. */
			act->what = SHARE_DO_APPEND;
			refused(s, ch, act, now);
			break;
		}
		if (f.type == TW_FRAME_MANIFEST)
			ch->chores = CHORES;
		share_chan_give(s, ch, act, SHARE_DO_APPEND, now);
		act->keep = window_keep(chan);
		ch->told = true;
		s->stats.appended++;
		return 0;
	}
	ch->dirty = n < 0;
	return SP_ERR_AGAIN;
}

static int
put_manifest(struct share *s, struct share_chan *ch, struct share_act *act,
    sp_time now)
{
	const struct live_chan *chan = live_find(s->live, ch->info_hash);
	struct tw_frame f = { .type = TW_FRAME_MANIFEST };

	if (chan == NULL)
		return SP_ERR_NOTFOUND;
	f.p = live_manifest(chan, &f.len);
	if (lend(s, act, f) < 0)
		return SP_ERR_NOMEM;
	share_chan_give(s, ch, act, SHARE_DO_PUT_MANIFEST, now);
	return 0;
}

static int
next_chore(struct share *s, struct share_chan *ch, struct share_act *act,
    sp_time now)
{
	if (ch->chores & CHORE_MANIFEST) {
		ch->chores &= ~CHORE_MANIFEST;
		if (put_manifest(s, ch, act, now) == 0) {
			ch->told = true; /* some wait for it alone */
			return 0;
		}
	}
	if (ch->chores & CHORE_MARK) {
		ch->chores &= ~CHORE_MARK;
		share_chan_give(s, ch, act, SHARE_DO_MARK, now);
		return 0;
	}
	if (ch->chores & CHORE_KEEP) {
		ch->chores &= ~CHORE_KEEP;
		share_chan_give(s, ch, act, SHARE_DO_KEEP, now);
		return 0;
	}
	return SP_ERR_AGAIN;
}

static int
next_read(struct share *s, struct share_chan *ch, struct share_act *act,
    sp_time now)
{
	if (ch->want_manifest) {
		ch->want_manifest = false;
		share_chan_give(s, ch, act, SHARE_DO_GET_MANIFEST, now);
		return 0;
	}
	ch->want_read = false;
	ch->reading = true;
	share_chan_give(s, ch, act, SHARE_DO_READ, now);
	act->after = ch->last;
	return 0;
}

static int
chan_next(struct share *s, struct share_chan *ch, struct share_act *act,
    sp_time now)
{
	/* What was looked at is told before anything else is begun. */
	bool telling = ch->synced && (s->cur_at < s->cur.len || ch->told);

	if (!telling && ch->want_read && !ch->reading)
		return next_read(s, ch, act, now);
	if (ch->reading || !ch->synced)
		return SP_ERR_AGAIN;
	if (telling || ch->dirty) {
		if (next_append(s, ch, act, now) == 0)
			return 0;
		if (ch->told) {
			ch->told = false;
			share_chan_give(s, ch, act, SHARE_DO_NEWS, now);
			return 0;
		}
	}
	if (share_roster_next(s, ch, act, now) == 0)
		return 0;
	return next_chore(s, ch, act, now);
}

int
share_window_next(struct share *s, struct share_act *act, sp_time now)
{
	struct share_chan *ch;

	while ((ch = TAILQ_FIRST(&s->work)) != NULL) {
		if (chan_next(s, ch, act, now) == 0)
			return 0;
		dequeue(s, ch);
	}
	return SP_ERR_AGAIN;
}

/* The stream was read, up to its end if |result| says so. */
static void
read_done(struct share *s, struct share_chan *ch, const struct share_act *act,
    int result, sp_time now)
{
	bool more = result >= SHARE_COUNT;

	ch->reading = false;
	if (ch->redo) {
		share_chan_resync(s, ch);
		return;
	}
	if (result < 0 || (more && !share_id_after(ch->last, act->after))) {
		failed(s, ch, now);
		return;
	}
	if (more) {
		ch->want_read = true;
	} else if (ch->whole) {
		ch->whole = false;
		ch->synced = true;
		ch->holes = false;
		ch->pos = (struct tw_since){ 0, 0 };
		ch->dirty = true;
		ch->chores = CHORES;
	}
	share_chan_queue(s, ch);
}

void
share_window_done(struct share *s, const struct share_act *act, int result,
    sp_time now)
{
	struct share_chan *ch = share_chan_find(s, act->info_hash);

	if (ch == NULL)
		return;
	if (act->what == SHARE_DO_READ) {
		read_done(s, ch, act, result, now);
	} else if (act->what == SHARE_DO_KEEP && result == 0 && ch->synced) {
		s->stats.lost++;
		share_chan_resync(s, ch);
	} else if (act->what == SHARE_DO_GET_ROSTER && result >= 0) {
		share_roster_done(s, ch);
	} else if (result < 0) {
		refused(s, ch, act, now);
	}
}
