#include "tools/follower_int.h"

#include "base/map.h"

#define SAME_PDT_MS 500

uint64_t
follower_what(const struct m3u8_segment *s)
{
	uint64_t v[3] = { 0, s->has_range ? s->offset + 1 : 0,
		s->has_range ? s->length : 0 };
	size_t end = 0, start = 0;

	/*
	 * The last part of the path only: signed URLs change with each copy
	 * of the playlist, in their query or in front.
	 */
	while (
	    end < s->uri.len && s->uri.p[end] != '?' && s->uri.p[end] != '#') {
		if (s->uri.p[end] == '/')
			start = end + 1;
		end++;
	}
	v[0] = map_siphash(1, 2, s->uri.p + start, end - start);
	return map_siphash(3, 4, v, sizeof(v));
}

void
follower_see(struct follower_track *t, const struct follower_mark *m)
{
	t->seen[m->source_seq % FOLLOWER_MEMORY] = (struct follower_seen){
		.used = true,
		.seq = m->source_seq,
		.what = m->what,
		.pdt_ms = m->pdt_ms,
		.avail_ms = m->avail_ms,
	};
}

/* Index of the first segment of the newest |window_us|. */
static size_t
tail_of(const struct m3u8_media *pl, uint64_t window_us)
{
	size_t i = pl->n_segments;
	uint64_t sum = 0;

	while (i > 0 && pl->n_segments - i < LIM_WINDOW_PIECES / 2) {
		sum += pl->segments[i - 1].duration_us;
		if (sum > window_us && i < pl->n_segments)
			break;
		i--;
	}
	return i;
}

/* A date decides; names do when one of them has none. */
static bool
is_same(const struct follower_seen *k, const struct m3u8_segment *s)
{
	int64_t slack, d;

	if (k->pdt_ms < 0 || !s->has_pdt)
		return k->what == follower_what(s);
	slack = SP_MAX(SAME_PDT_MS, (int64_t)(s->duration_us / 2000));
	d = s->pdt_ms - k->pdt_ms;
	return d <= slack && d >= -slack;
}

/* Index of the newest segment whose number is remembered; -1: none is. */
static int
newest_seen(const struct follower_track *t, const struct m3u8_media *pl)
{
	const struct follower_seen *k;
	size_t i = pl->n_segments;

	while (i-- > 0) {
		k = &t->seen[(pl->media_sequence + i) % FOLLOWER_MEMORY];
		if (k->used && k->seq == pl->media_sequence + i)
			return (int)i;
	}
	return -1;
}

/* |gap| segments more than the time that has passed can explain. */
static bool
is_leap(const struct follower_track *t, const struct m3u8_media *pl,
    uint64_t gap, int64_t now_ms)
{
	uint64_t target_ms = 1000 * (uint64_t)SP_MAX(pl->target_s, 1u);
	uint64_t passed =
	    now_ms > t->fed_ms ? (uint64_t)(now_ms - t->fed_ms) : 0;

	/* Segments may be half as long as the target duration. */
	return gap > 10 + 2 * (passed / target_ms) ||
	       gap > LIM_WINDOW_PIECES * UINT64_C(1000);
}

/* |k| is the newest segment of the snapshot. */
static enum follower_verdict
judge_older(const struct follower_track *t, const struct follower_conf *conf,
    const struct m3u8_media *pl, const struct follower_seen *k, int64_t now_ms)
{
	int64_t patience =
	    FOLLOWER_STALE_TARGETS * INT64_C(1000) * SP_MAX(pl->target_s, 1u);

	/* A file that is being written looks like its own beginning. */
	if (conf->local && pl->media_sequence != t->first)
		return FOLLOWER_RESTARTED;
	if (conf->local)
		patience = FOLLOWER_WRITING_MS;
	/* No cache keeps a live playlist for so long. */
	else if (t->last.avail_ms - k->avail_ms > patience * 4 / 3)
		return FOLLOWER_RESTARTED;
	if (t->behind_ms >= 0 && now_ms - t->behind_ms > patience)
		return FOLLOWER_RESTARTED;
	return FOLLOWER_STALE;
}

static enum follower_verdict
judge(const struct follower_track *t, const struct follower_conf *conf,
    const struct m3u8_media *pl, int64_t now_ms, int newest)
{
	uint64_t end = pl->media_sequence + pl->n_segments;
	uint64_t next = t->last.source_seq + 1;
	const struct follower_seen *k = NULL;

	if (newest >= 0) {
		k = &t->seen[(pl->media_sequence + (uint64_t)newest) %
			     FOLLOWER_MEMORY];
		if (!is_same(k, &pl->segments[newest]))
			return FOLLOWER_RESTARTED;
	}
	if (end < next)
		return k == NULL ? FOLLOWER_RESTARTED
				 : judge_older(t, conf, pl, k, now_ms);
	if (end == next)
		return FOLLOWER_GOES_ON;
	if (t->last.ended)
		return FOLLOWER_RESTARTED;
	if (pl->media_sequence > next &&
	    is_leap(t, pl, pl->media_sequence - next, now_ms))
		return FOLLOWER_RESTARTED;
	return FOLLOWER_GOES_ON;
}

enum follower_verdict
follower_judge(const struct follower_track *t, const struct follower_conf *conf,
    const struct m3u8_media *pl, int64_t now_ms, size_t *from)
{
	uint64_t next = t->last.source_seq + 1;
	size_t tail = tail_of(pl, conf->window_us);
	enum follower_verdict v;
	int newest;

	*from = tail;
	if (!t->known)
		return FOLLOWER_FIRST;
	newest = newest_seen(t, pl);
	v = judge(t, conf, pl, now_ms, newest);
	if (v == FOLLOWER_GOES_ON)
		*from = pl->media_sequence > next
			    ? 0
			    : (size_t)(next - pl->media_sequence);
	/* One that goes on after its end lists what was there before. */
	if (v == FOLLOWER_RESTARTED && t->last.ended && newest >= 0 &&
	    pl->media_sequence + pl->n_segments > next)
		*from = SP_MAX(tail, (size_t)newest + 1);
	return v;
}
