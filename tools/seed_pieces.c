#include "tools/seed_int.h"

#include "base/map.h"
#include "tools/place.h"

/*
 * Segments, one at a time for each track:
 *
 *	init section, if it may have changed -> segment -> record
 *
 * What cannot be fetched is tried again until it has left the playlist.
 */

#define RETRY_FIRST (SP_S / 2)
#define RETRY_MAX   (8 * SP_S)
#define LEFT_TRIES  2 /* of a segment that has left */

static void work(struct seed_track *t);

static struct follower_seg *
head(struct seed_track *t)
{
	return follower_peek(t->s->follower, t->id);
}

static void
done_with(struct seed_track *t)
{
	follower_pop(t->s->follower, t->id);
	t->job_tries = 0;
	t->init_fresh = false;
	io_timer_set(&t->job_timer, 0);
}

static void
skip(struct seed_track *t, const char *why)
{
	struct follower_seg *g = head(t);

	log_msg(t->s->log, LOG_LEVEL_WARN,
	    "piece: skipped: %s track=%u number=%llu uri=%s", why, t->id,
	    (unsigned long long)g->mark.number, g->uri);
	t->skipped++;
	t->s->skipped++;
	done_with(t);
}

static void
retry(struct seed_track *t, const struct follower_seg *g, const char *uri,
    const struct grab_result *r)
{
	sp_time wait = RETRY_FIRST << SP_MIN(t->job_tries, 10u);

	if (++t->job_tries >= LEFT_TRIES && g->left) {
		skip(t, r->why);
		return;
	}
	log_msg(t->s->log, t->job_tries == 1 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG,
	    "piece: %s, trying again track=%u number=%llu uri=%s", r->why,
	    t->id, (unsigned long long)g->mark.number, uri);
	wait = SP_MAX(SP_MIN(wait, RETRY_MAX), SP_MIN(r->retry, RETRY_MAX));
	io_timer_set(&t->job_timer, loop_now(t->s->loop) + wait);
}

/* ---- records ------------------------------------------------------------ */

static char *
absolute(const struct seed_track *t, const char *uri)
{
	struct sp_buf b;
	char *out = NULL;

	buf_init(&b, io_mem(), 2 * LIM_URI);
	if (m3u8_resolve(&b, place_span(t->at), place_span(uri)) == 0) {
		buf_put_u8(&b, 0);
		if (b.err == 0 && b.len <= LIM_URI)
			out = strdup((const char *)b.p);
	}
	buf_fini(&b);
	return out;
}

static void
set_uri(const struct seed *s, struct record *r, const char *url)
{
	struct place_uri u;

	place_uri(&u, url, s->base, s->origins, s->n_origins);
	r->uri = u.p;
	r->uri_len = u.len;
	r->absolute = u.absolute;
}

static bool
seal(struct seed_track *t, struct record *r, const uint8_t *p, size_t len)
{
	struct seed *s = t->s;
	int rv;

	buf_reset(&s->env);
	rv = sealer_seal(&s->sealer, r, p, len, &s->env);
	if (rv < 0) {
		skip(t, rv == SP_ERR_ARG ? "not fit for a record"
					 : sp_strerror(rv));
		return false;
	}
	if (r->absolute)
		seed_add_host(s, r->uri, r->uri_len);
	return true;
}

static void
sign_piece(struct seed_track *t, const struct follower_seg *g, const char *url,
    const uint8_t *p, size_t len)
{
	struct seed *s = t->s;
	struct record r = {
		.number = g->mark.number,
		.init = RECORD_NO_INIT,
		.avail_ms = g->mark.avail_ms,
		.duration_us = g->duration_us,
		.dseq = g->mark.dseq,
		.track = t->id,
		.keys = g->keys,
		.keys_len = strlen(g->keys),
		.lines = g->lines,
		.lines_len = strlen(g->lines),
	};

	if (url != NULL)
		set_uri(s, &r, url);
	if (g->has_range && !g->gap) {
		r.has_range = true;
		r.offset = g->offset;
	}
	if (g->map.uri != NULL && s->sealer.inits[t->id].used)
		r.init = s->sealer.inits[t->id].number;
	r.flags = (g->gap ? RECORD_GAP : 0) | (g->last ? RECORD_LAST : 0) |
		  (g->independent ? RECORD_INDEPENDENT : 0);
	/* What went before is another epoch's. */
	if (!s->sealer.media[t->id].used && s->known_dseq > 0)
		r.flags |= RECORD_DISCONTINUITY;
	if (!seal(t, &r, p, len))
		return;
	s->state->tracks[t->id].used = true;
	s->state->tracks[t->id].mark = g->mark;
	t->pieces++;
	t->bytes += len;
	if (plan_measure(&s->plan, t->i, len, g->duration_us))
		s->manifest_stale = true;
	seed_signed(s, &r, p, len);
	done_with(t);
}

/* The keys of AES-128 hold for the init section too. */
static bool
is_whole_encrypted(const struct follower_seg *g)
{
	return strstr(g->keys, "METHOD=AES-128") != NULL;
}

static bool
sign_init(struct seed_track *t, const struct follower_seg *g, const char *url,
    const uint8_t *p, size_t len)
{
	struct seed *s = t->s;
	const struct sealer_head *h = &s->sealer.inits[t->id];
	struct record r = {
		.number = g->mark.number,
		.init = RECORD_NO_INIT,
		.avail_ms = g->mark.avail_ms,
		.flags = RECORD_INIT,
		.track = (uint8_t)(LIM_TRACK_INIT + t->id),
		.has_range = g->map.has_range,
		.offset = g->map.offset,
	};

	if (sealer_has_init(&s->sealer, t->id, p, len))
		return true;
	if (h->used && r.number <= h->number)
		r.number = h->number + 1;
	if (is_whole_encrypted(g)) {
		r.keys = g->keys;
		r.keys_len = strlen(g->keys);
	}
	set_uri(s, &r, url);
	if (!seal(t, &r, p, len))
		return false;
	seed_signed(s, &r, p, len);
	return true;
}

/* ---- fetching ----------------------------------------------------------- */

static uint64_t
init_id(const struct seed_track *t, const struct follower_map *m)
{
	char *url = absolute(t, m->uri);
	uint64_t v[3] = { 0, m->has_range ? m->offset + 1 : 0,
		m->has_range ? m->length : 0 };

	/* Queries change with each copy of the playlist. */
	if (url != NULL)
		v[0] = map_siphash(7, 8, url, strcspn(url, "?#"));
	free(url);
	return map_siphash(9, 10, v, sizeof(v));
}

static bool
needs_init(const struct seed_track *t, const struct follower_seg *g)
{
	if (g->map.uri == NULL || t->init_fresh)
		return false;
	return g->map_again || !t->s->sealer.inits[t->id].used ||
	       init_id(t, &g->map) != t->init_id;
}

static void
job_cb(void *ctx, const struct grab_result *r)
{
	struct seed_track *t = ctx;
	struct follower_seg *g = head(t);
	const char *uri;
	char *url;

	t->job = NULL;
	/* It may have been given up while it was on its way. */
	if (g == NULL || g->mark.number != t->job_number) {
		t->job_tries = 0;
		t->init_fresh = false;
		work(t);
		return;
	}
	uri = t->job_init ? g->map.uri : g->uri;
	url = absolute(t, uri);
	if (!r->ok) {
		retry(t, g, uri, r);
	} else if (url == NULL || r->len == 0) {
		skip(t, url == NULL ? "not a URI" : "is empty");
	} else if (!t->job_init) {
		sign_piece(t, g, url, r->p, r->len);
	} else if (sign_init(t, g, url, r->p, r->len)) {
		t->init_fresh = true;
		t->init_id = init_id(t, &g->map);
		t->job_tries = 0;
		work(t);
	}
	free(url);
}

static void
fetch(struct seed_track *t, struct follower_seg *g)
{
	struct grab_ask ask = { .max = LIM_PIECE_BYTES };
	char *url;
	int rv;

	t->job_init = needs_init(t, g);
	t->job_number = g->mark.number;
	url = absolute(t, t->job_init ? g->map.uri : g->uri);
	if (url == NULL) {
		skip(t, "not a URI");
		return;
	}
	ask.url = url;
	ask.ranged = t->job_init ? g->map.has_range : g->has_range;
	ask.offset = t->job_init ? g->map.offset : g->offset;
	ask.length = t->job_init ? g->map.length : g->length;
	rv = grab_new(&t->job, &t->s->src, &ask, job_cb, t);
	free(url);
	if (rv < 0) {
		t->job = NULL;
		skip(t, sp_strerror(rv));
	}
}

static void
work(struct seed_track *t)
{
	struct follower_seg *g;

	if (t->job != NULL || !t->s->open || t->s->stopping)
		return;
	g = head(t);
	if (g == NULL)
		return;
	if (g->gap)
		sign_piece(t, g, NULL, NULL, 0);
	else
		fetch(t, g);
}

static void
job_timer_cb(void *ctx, sp_time now SP_UNUSED)
{
	work(ctx);
}

int
seed_pieces_init(struct seed_track *t)
{
	return io_timer_init(&t->job_timer, t->s->loop, job_timer_cb, t);
}

void
seed_pieces_kick(struct seed_track *t)
{
	if (!io_timer_is_set(&t->job_timer))
		work(t);
}

void
seed_pieces_stop(struct seed_track *t)
{
	grab_cancel(t->job);
	t->job = NULL;
	io_timer_fini(&t->job_timer);
}
