#include "tracker/live.h"

#include "tracker/live_int.h"

void
live_conf_init(struct live_conf *c)
{
	*c = (struct live_conf){
		.max_channels = 256,
		.max_bytes = 256u << 20,
		.max_channel_bytes = 64u << 20,
		.idle = 600 * SP_S,
	};
}

int
live_new(struct live **out, const struct live_conf *conf,
    const struct sp_mem *mem, uint64_t seed, sp_time now)
{
	struct live *l;
	int r;

	(void)now;
	*out = NULL;
	if (conf->boot == 0 || conf->max_channels < 1 ||
	    conf->max_channels > LIVE_CHANNELS_MAX ||
	    conf->max_channel_bytes < LIVE_BYTES_MIN ||
	    conf->max_bytes < LIVE_BYTES_MIN || conf->idle < SP_S)
		return SP_ERR_ARG;
	l = mem_zalloc(mem, 1, sizeof(*l));
	if (l == NULL)
		return SP_ERR_NOMEM;
	l->mem = mem;
	l->conf = *conf;
	heap_init(&l->idle, mem);
	evidence_init(&l->evidence, mem);
	r = map_new(&l->chans, mem, LINK_INFOHASH_LEN,
	    sizeof(struct live_chan *), conf->max_channels, seed);
	if (r < 0) {
		mem_free(mem, l);
		return r;
	}
	*out = l;
	return 0;
}

uint64_t
live_boot(const struct live *l)
{
	return l->conf.boot;
}

/* ---- channels ------------------------------------------------------------ */

uint64_t
live_chan_bytes(const struct live_chan *ch)
{
	return ch->feed.bytes + ch->manifest_len;
}

struct live_chan *
live_chan_get(const struct live *l, const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	struct live_chan **v = map_get(l->chans, info_hash);

	return v == NULL ? NULL : *v;
}

static void
chan_free(struct live *l, struct live_chan *ch)
{
	if (ch->seq > l->seq_floor)
		l->seq_floor = ch->seq;
	l->stats.bytes -= live_chan_bytes(ch);
	heap_del(&l->idle, &ch->idle);
	feed_fini(&ch->feed);
	mem_free(l->mem, ch->manifest);
	mem_free(l->mem, ch);
}

int
live_chan_add(struct live *l, const struct manifest *m,
    const uint8_t info_hash[LINK_INFOHASH_LEN], sp_time now,
    struct live_chan **out)
{
	struct live_chan *ch, **v;
	int r;

	ch = mem_zalloc(l->mem, 1, sizeof(*ch));
	if (ch == NULL)
		return SP_ERR_NOMEM;
	memcpy(ch->info_hash, info_hash, LINK_INFOHASH_LEN);
	memcpy(ch->pk, m->pk, HASH_PK_LEN);
	ch->seq = l->seq_floor;
	feed_init(&ch->feed, l->mem);
	r = heap_set(&l->idle, &ch->idle, tstamp_add(now, l->conf.idle));
	if (r == 0) {
		v = map_put(l->chans, info_hash, NULL, &r);
		if (v != NULL)
			*v = *out = ch;
	}
	if (r < 0)
		chan_free(l, ch);
	return r;
}

void
live_free(struct live *l)
{
	size_t it = 0;
	void *v;

	if (l == NULL)
		return;
	while (map_next(l->chans, &it, &v) != NULL)
		chan_free(l, *(struct live_chan **)v);
	map_free(l->chans);
	heap_fini(&l->idle);
	evidence_fini(&l->evidence);
	mem_free(l->mem, l);
}

int
live_drop(struct live *l, const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	struct live_chan *ch = live_chan_get(l, info_hash);

	if (ch == NULL)
		return SP_ERR_NOTFOUND;
	map_del(l->chans, ch->info_hash);
	chan_free(l, ch);
	return 0;
}

const struct live_chan *
live_find(const struct live *l, const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	return live_chan_get(l, info_hash);
}

const struct live_chan *
live_next(const struct live *l, size_t *it)
{
	void *v;

	return map_next(l->chans, it, &v) == NULL ? NULL
						  : *(struct live_chan **)v;
}

void
live_tick(struct live *l, sp_time now)
{
	struct live_chan *ch;

	while (heap_at(&l->idle) <= now) {
		ch = (struct live_chan *)(void *)((char *)heap_top(&l->idle) -
						  offsetof(struct live_chan,
						      idle));
		map_del(l->chans, ch->info_hash);
		chan_free(l, ch);
		l->stats.forgotten++;
	}
}

sp_time
live_deadline(const struct live *l)
{
	return heap_at(&l->idle);
}

/* ---- reading ------------------------------------------------------------- */

const uint8_t *
live_manifest(const struct live_chan *ch, size_t *len)
{
	*len = ch->manifest_len;
	return ch->manifest;
}

static void
put_frame(struct sp_buf *b, uint8_t type, uint64_t seq, const uint8_t *p,
    size_t len)
{
	struct tw_frame f = { .type = type, .seq = seq, .p = p, .len = len };

	tw_frame_write(b, &f);
}

static void
put_manifest(struct sp_buf *b, const struct live_chan *ch)
{
	put_frame(b, TW_FRAME_MANIFEST, 0, ch->manifest, ch->manifest_len);
}

int
live_feed(const struct live *l, const struct live_chan *ch,
    struct tw_since *pos, size_t max, struct sp_buf *b)
{
	uint64_t from = pos->seq, seq;
	const struct feed_entry *e;
	size_t start = b->len;
	bool tell;
	int n = 0;

	if (pos->boot != l->conf.boot || from > ch->seq)
		from = 0;
	seq = from;
	tell = ch->manifest_seq > from;
	for (e = feed_after(&ch->feed, from); e != NULL; e = e->next) {
		if (seq > from && b->len - start >= max)
			break;
		/* A new reader needs it first; others get it in its place. */
		if (tell && (from == 0 || ch->manifest_seq < e->seq)) {
			put_manifest(b, ch);
			tell = false;
			n++;
		}
		put_frame(b, TW_FRAME_RECORD, e->seq, e->env, e->len);
		seq = e->seq;
		n++;
	}
	if (e == NULL && tell) {
		put_manifest(b, ch);
		n++;
	}
	if (b->err != 0)
		return b->err;
	pos->boot = l->conf.boot;
	pos->seq = e == NULL ? ch->seq : seq;
	return n;
}

#define FRAME_COST  TW_FRAME_HEAD
#define RECORD_COST (TW_FRAME_HEAD + 8) /* seq */

int
live_tail(const struct live *l, const struct live_chan *ch,
    const struct tw_since *since, size_t max, struct sp_buf *b)
{
	const struct feed_entry *e, *first = NULL;
	uint64_t from = since->seq;
	int n = 0;

	if (since->boot != l->conf.boot || from > ch->seq)
		from = 0;
	if (ch->manifest_seq > from && FRAME_COST + ch->manifest_len <= max) {
		max -= FRAME_COST + ch->manifest_len;
		put_manifest(b, ch);
		n++;
	}
	for (e = ch->feed.last;
	     e != NULL && e->seq > from && RECORD_COST + e->len <= max;
	     e = e->prev) {
		max -= RECORD_COST + e->len;
		first = e;
	}
	for (e = first; e != NULL; e = e->next) {
		put_frame(b, TW_FRAME_RECORD, e->seq, e->env, e->len);
		n++;
	}
	return b->err != 0 ? b->err : n;
}

int
live_edge(const struct live_chan *ch, size_t i, struct live_edge *out)
{
	const struct feed_track *t =
	    i < LIVE_TRACKS ? ch->feed.tracks[i] : NULL;

	if (t == NULL)
		return SP_ERR_NOTFOUND;
	out->track =
	    (uint8_t)(i < LIM_TRACKS ? i : i - LIM_TRACKS + LIM_TRACK_INIT);
	out->epoch = t->epoch;
	out->number = t->number;
	out->avail_ms = t->avail_ms;
	out->held = t->len;
	memcpy(out->digest, t->digest, HASH_LEN);
	return 0;
}

void
live_chan_stats(const struct live_chan *ch, struct live_chan_stats *out)
{
	memset(out, 0, sizeof(*out));
	memcpy(out->info_hash, ch->info_hash, LINK_INFOHASH_LEN);
	memcpy(out->pk, ch->pk, HASH_PK_LEN);
	out->seq = ch->seq;
	out->bytes = live_chan_bytes(ch);
	out->records = ch->feed.n;
	for (size_t i = 0; i < LIVE_TRACKS; i++)
		out->tracks += ch->feed.tracks[i] != NULL;
	out->epoch = ch->epoch;
	out->window_ms = ch->window_ms;
	out->kbps = feed_kbps(&ch->feed);
	out->avail_ms = ch->feed.avail_ms;
	out->published = ch->published;
}

#define MAIN_PART 4 /* times as large as any other */

bool
live_main(const struct live_chan *ch, struct live_main *out)
{
	const struct feed_track *t, *best = NULL;
	uint32_t other = 0;

	for (uint8_t i = 0; i < LIM_TRACKS; i++) {
		t = ch->feed.tracks[i];
		if (t == NULL || t->len == 0 || t->kbps == 0)
			continue;
		if (best != NULL && t->kbps <= best->kbps) {
			other = SP_MAX(other, t->kbps);
			continue;
		}
		other = best == NULL ? 0 : best->kbps;
		best = t;
		out->track = i;
	}
	if (best == NULL || other > best->kbps / MAIN_PART)
		return false;
	out->kbps = best->kbps;
	out->blocks = best->blocks;
	return true;
}

int
live_evidence(const struct live *l, size_t i, struct live_evidence *out)
{
	return evidence_get(&l->evidence, i, out);
}

void
live_stats(const struct live *l, struct live_stats *out)
{
	const struct live_chan *ch;
	size_t it = 0;

	*out = l->stats;
	out->channels = map_len(l->chans);
	while ((ch = live_next(l, &it)) != NULL)
		out->records += ch->feed.n;
}

bool
live_is_sound(const struct live *l)
{
	const struct live_chan *ch;
	uint64_t bytes = 0;
	size_t it = 0;

	while ((ch = live_next(l, &it)) != NULL) {
		if (ch->manifest == NULL || ch->idle.pos == 0 ||
		    ch->manifest_seq > ch->seq ||
		    (ch->feed.last != NULL && ch->feed.last->seq > ch->seq) ||
		    live_chan_bytes(ch) > l->conf.max_channel_bytes ||
		    !feed_is_sound(&ch->feed))
			return false;
		bytes += live_chan_bytes(ch);
	}
	return bytes == l->stats.bytes && bytes <= l->conf.max_bytes &&
	       map_len(l->chans) == l->idle.len;
}
