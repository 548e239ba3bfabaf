#include "tracker/feed.h"

#include "tracker/live.h"

/* Slot of a track id; FEED_TRACKS when there is no such track. */
static uint32_t
slot_of(uint8_t track)
{
	if (track < LIM_TRACKS)
		return track;
	if (track >= LIM_TRACK_INIT && track < LIM_TRACK_INIT + LIM_TRACKS)
		return (uint32_t)(track - LIM_TRACK_INIT + LIM_TRACKS);
	return FEED_TRACKS;
}

static bool
is_init(uint32_t slot)
{
	return slot >= LIM_TRACKS;
}

void
feed_init(struct feed *f, const struct sp_mem *mem)
{
	memset(f, 0, sizeof(*f));
	f->mem = mem;
}

void
feed_fini(struct feed *f)
{
	struct feed_entry *e, *next;

	for (e = f->first; e != NULL; e = next) {
		next = e->next;
		mem_free(f->mem, e);
	}
	for (uint32_t i = 0; i < FEED_TRACKS; i++) {
		if (f->tracks[i] != NULL)
			mem_free(f->mem, f->tracks[i]->v);
		mem_free(f->mem, f->tracks[i]);
	}
	memset(f, 0, sizeof(*f));
}

uint64_t
feed_cost(size_t len)
{
	return sizeof(struct feed_entry) + len;
}

static struct feed_entry *
entry_at(const struct feed_track *t, uint32_t i)
{
	return t->v[(t->head + i) % t->cap];
}

/* The record |number| of the window, or NULL. */
static const struct feed_entry *
find(const struct feed_track *t, uint64_t number)
{
	uint32_t lo = 0, hi = t->len, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (entry_at(t, mid)->number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < t->len && entry_at(t, lo)->number == number)
		return entry_at(t, lo);
	return NULL;
}

/* |later| is more than |ms| after |earlier|. */
static bool
is_past(int64_t earlier, int64_t later, uint64_t ms)
{
	return later > earlier && (uint64_t)later - (uint64_t)earlier > ms;
}

int
feed_judge(const struct feed *f, const struct record *r,
    const uint8_t digest[HASH_LEN], uint64_t window_ms,
    const struct feed_entry **other)
{
	uint32_t slot = slot_of(r->track);
	const struct feed_track *t;
	const struct feed_entry *e;

	*other = NULL;
	if (slot == FEED_TRACKS)
		return SP_ERR_RANGE;
	t = f->tracks[slot];
	if (t == NULL)
		return 0;
	if (r->number <= t->number || r->epoch < t->epoch) {
		e = find(t, r->number);
		if (e == NULL || e->epoch != r->epoch ||
		    memcmp(e->digest, digest, HASH_LEN) == 0)
			return SP_ERR_STALE;
		*other = e;
		return SP_ERR_EQUIV;
	}
	if (memcmp(r->prev, t->digest, HASH_LEN) == 0 || r->epoch > t->epoch ||
	    is_past(t->avail_ms, r->avail_ms, window_ms + LIVE_SLACK_MS))
		return 0;
	return SP_ERR_CHAIN;
}

static int
track_get(struct feed *f, uint32_t slot, struct feed_track **out)
{
	struct feed_track *t = f->tracks[slot];

	if (t == NULL) {
		t = mem_zalloc(f->mem, 1, sizeof(*t));
		if (t == NULL)
			return SP_ERR_NOMEM;
	}
	*out = t;
	return 0;
}

static int
track_grow(struct feed *f, struct feed_track *t)
{
	uint32_t cap = SP_MAX(t->cap * 2, 16u);
	struct feed_entry **v;

	if (t->len < t->cap)
		return 0;
	v = mem_zalloc(f->mem, cap, sizeof(*v));
	if (v == NULL)
		return SP_ERR_NOMEM;
	for (uint32_t i = 0; i < t->len; i++)
		v[i] = entry_at(t, i);
	mem_free(f->mem, t->v);
	t->v = v;
	t->head = 0;
	t->cap = cap;
	return 0;
}

static void
drop_head(struct feed *f, struct feed_track *t)
{
	struct feed_entry *e = entry_at(t, 0);

	t->head = (t->head + 1) % t->cap;
	t->len--;
	if (e->prev != NULL)
		e->prev->next = e->next;
	else
		f->first = e->next;
	if (e->next != NULL)
		e->next->prev = e->prev;
	else
		f->last = e->prev;
	f->bytes -= feed_cost(e->len);
	f->n--;
	mem_free(f->mem, e);
}

static struct feed_entry *
entry_new(const struct feed *f, const struct record *r,
    const uint8_t digest[HASH_LEN], const uint8_t *env, size_t len,
    uint64_t seq)
{
	struct feed_entry *e = mem_alloc(f->mem, sizeof(*e) + len);

	if (e == NULL)
		return NULL;
	*e = (struct feed_entry){
		.seq = seq,
		.number = r->number,
		.init = r->init,
		.avail_ms = r->avail_ms,
		.duration_ms = r->duration_us / 1000,
		.epoch = r->epoch,
		.len = (uint32_t)len,
		.track = r->track,
	};
	memcpy(e->digest, digest, HASH_LEN);
	memcpy(e->env, env, len);
	return e;
}

#define BLOCKS_KEEP 16 /* pieces, until the largest is forgotten */

static void
note_rate(struct feed_track *t, const struct record *r)
{
	uint32_t blocks = (r->length + LIM_BLOCK - 1) / LIM_BLOCK;
	uint64_t kbps;

	if (blocks >= t->blocks || ++t->blocks_age > BLOCKS_KEEP) {
		t->blocks = blocks;
		t->blocks_age = 0;
	}
	if (r->duration_us < 1000 || r->length == 0)
		return;
	kbps = (uint64_t)r->length * 8000 / r->duration_us;
	kbps = SP_CLAMP(kbps, 1, UINT32_MAX);
	if (t->kbps != 0)
		kbps = ((uint64_t)t->kbps * 3 + kbps) / 4;
	t->kbps = (uint32_t)kbps;
}

uint32_t
feed_kbps(const struct feed *f)
{
	uint32_t kbps = 0;

	for (uint32_t i = 0; i < FEED_TRACKS; i++)
		if (f->tracks[i] != NULL)
			kbps = SP_MAX(kbps, f->tracks[i]->kbps);
	return kbps;
}

int
feed_push(struct feed *f, const struct record *r,
    const uint8_t digest[HASH_LEN], const uint8_t *env, size_t len,
    uint64_t seq)
{
	uint32_t slot = slot_of(r->track);
	struct feed_entry *e = NULL;
	struct feed_track *t;

	if (track_get(f, slot, &t) < 0)
		return SP_ERR_NOMEM;
	if (track_grow(f, t) == 0)
		e = entry_new(f, r, digest, env, len, seq);
	if (e == NULL) {
		if (f->tracks[slot] == NULL) {
			mem_free(f->mem, t->v);
			mem_free(f->mem, t);
		}
		return SP_ERR_NOMEM;
	}
	f->tracks[slot] = t;
	t->v[(t->head + t->len++) % t->cap] = e;
	t->number = r->number;
	t->epoch = r->epoch;
	t->avail_ms = f->avail_ms = r->avail_ms;
	memcpy(t->digest, digest, HASH_LEN);
	note_rate(t, r);
	e->prev = f->last;
	if (f->last != NULL)
		f->last->next = e;
	else
		f->first = e;
	f->last = e;
	f->bytes += feed_cost(len);
	f->n++;
	return 0;
}

/* An init piece is needed while a piece of the window names it. */
static bool
is_named(const struct feed *f, uint32_t init_slot, uint64_t number)
{
	const struct feed_track *t = f->tracks[init_slot - LIM_TRACKS];

	for (uint32_t i = 0; t != NULL && i < t->len; i++) {
		if (entry_at(t, i)->init == number)
			return true;
	}
	return false;
}

static bool
head_is_out(const struct feed *f, uint32_t slot, uint64_t window_ms)
{
	const struct feed_track *t = f->tracks[slot];
	const struct feed_entry *e = entry_at(t, 0);

	if (t->len > LIM_WINDOW_PIECES)
		return true;
	if (!is_past(e->avail_ms, f->avail_ms,
		window_ms + e->duration_ms + LIVE_SLACK_MS))
		return false;
	return !is_init(slot) ||
	       (t->len > LIVE_INIT_MIN && !is_named(f, slot, e->number));
}

void
feed_trim(struct feed *f, uint64_t window_ms)
{
	struct feed_track *t;

	for (uint32_t i = 0; i < FEED_TRACKS; i++) {
		t = f->tracks[i];
		while (t != NULL && t->len > 0 && head_is_out(f, i, window_ms))
			drop_head(f, t);
	}
}

bool
feed_shrink(struct feed *f)
{
	const struct feed_entry *e = f->first;

	while (e != NULL && is_init(slot_of(e->track)))
		e = e->next;
	if (e == NULL)
		return false;
	drop_head(f, f->tracks[slot_of(e->track)]);
	return true;
}

const struct feed_entry *
feed_after(const struct feed *f, uint64_t seq)
{
	const struct feed_entry *e = f->last;

	/* Readers that are nearly up to date are the rule. */
	if (f->first == NULL || f->first->seq > seq)
		return f->first;
	while (e->seq > seq)
		e = e->prev;
	return e->next;
}

static bool
track_is_sound(const struct feed_track *t, uint32_t slot)
{
	const struct feed_entry *e;

	if (t->len > LIM_WINDOW_PIECES || t->len > t->cap)
		return false;
	for (uint32_t i = 0; i < t->len; i++) {
		e = entry_at(t, i);
		if (slot_of(e->track) != slot || e->number > t->number ||
		    (i > 0 && (e->number <= entry_at(t, i - 1)->number ||
				  e->epoch < entry_at(t, i - 1)->epoch)))
			return false;
	}
	return true;
}

bool
feed_is_sound(const struct feed *f)
{
	const struct feed_entry *e, *prev = NULL;
	uint32_t n = 0, held = 0;
	uint64_t bytes = 0;

	for (e = f->first; e != NULL; prev = e, e = e->next) {
		if (e->prev != prev || (prev != NULL && prev->seq >= e->seq))
			return false;
		bytes += feed_cost(e->len);
		n++;
	}
	for (uint32_t i = 0; i < FEED_TRACKS; i++) {
		if (f->tracks[i] == NULL)
			continue;
		if (!track_is_sound(f->tracks[i], i))
			return false;
		held += f->tracks[i]->len;
	}
	return f->last == prev && n == f->n && held == n && bytes == f->bytes;
}
