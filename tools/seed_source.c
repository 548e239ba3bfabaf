#include "tools/seed_int.h"

#include "base/map.h"
#include "tools/place.h"

#define POLL_MAX    (10 * SP_S)
#define LOCAL_EVERY (2 * SP_S) /* should an event be lost */
#define ENDED_EVERY (5 * SP_S) /* it may come back */

static char *
resolve(const char *base, const char *ref)
{
	struct sp_buf b;

	buf_init(&b, io_mem(), 2 * LIM_URI);
	return seed_take(&b,
	    m3u8_resolve(&b, place_span(base), place_span(ref)));
}

static char *
public_url(const struct seed *s, const char *url)
{
	struct sp_buf b;

	buf_init(&b, io_mem(), 2 * LIM_URI);
	place_public(&b, url, s->base, s->n_origins > 0 ? s->origins[0] : NULL);
	if (b.len == 0) {
		buf_fini(&b);
		return NULL;
	}
	return seed_take(&b, 0);
}

/* ---- following ---------------------------------------------------------- */

static void
tell_news(struct seed_track *t, const struct follower_news *n)
{
	struct seed *s = t->s;

	t->missed += n->missed;
	t->restarts += n->restarted;
	if (n->missed > 0)
		log_msg(s->log, LOG_LEVEL_WARN,
		    "source: segments were missed track=%u count=%u", t->id,
		    n->missed);
	if (n->dropped > 0)
		log_msg(s->log, LOG_LEVEL_WARN,
		    "source: cannot keep up track=%u dropped=%u", t->id,
		    n->dropped);
	if (n->restarted)
		log_msg(s->log, LOG_LEVEL_INFO,
		    "source: restarted, numbers go on track=%u", t->id);
}

static void
poll_failed(struct seed_track *t, const char *why)
{
	if (t->poll_fails++ == 0 || strcmp(t->poll_why, why) != 0)
		log_msg(t->s->log, LOG_LEVEL_WARN, "playlist: %s url=%s", why,
		    t->url);
	snprintf(t->poll_why, sizeof(t->poll_why), "%s", why);
}

static bool
follow(struct seed_track *t, const struct m3u8_media *pl, bool *stale)
{
	struct seed *s = t->s;
	struct follower_news news;
	int rv, changed = plan_look(&s->plan, t->i, pl);

	rv = changed < 0 ? changed
			 : follower_feed(s->follower, t->id, pl, t->public,
			       seed_now_ms(s), &news);
	if (rv < 0) {
		poll_failed(t, sp_strerror(rv));
		return false;
	}
	tell_news(t, &news);
	*stale = news.stale;
	if (!news.stale)
		t->ended = news.ended;
	t->target_s = SP_MAX(pl->target_s, 1u);
	if (changed > 0 || news.ended || news.restarted)
		seed_track_seen(s);
	seed_pieces_kick(t);
	return true;
}

/* A playlist that was fetched: true when it is another than before. */
static bool
look(struct seed_track *t, const struct grab_result *r)
{
	uint64_t hash = map_siphash(5, 6, r->p, r->len);
	struct m3u8_error e;
	struct m3u8 pl;
	char why[160];
	bool ok, stale = false;
	int rv;

	rv = m3u8_parse(&pl, io_mem(), (const char *)r->p, r->len, &e);
	if (rv == 0 && pl.kind != M3U8_MEDIA) {
		m3u8_fini(&pl);
		rv = SP_ERR_SYNTAX;
		e = (struct m3u8_error){ 0, NULL };
	}
	if (rv < 0) {
		poll_failed(t, seed_parse_why(why, sizeof(why), rv, &e));
		return false;
	}
	ok = follow(t, &pl.media, &stale);
	m3u8_fini(&pl);
	if (!ok)
		return false;
	if (t->poll_fails > 0)
		log_msg(t->s->log, LOG_LEVEL_WARN, "playlist: is back url=%s",
		    t->url);
	t->poll_fails = 0;
	t->poll_why[0] = '\0';
	/* An older copy that stays is judged anew each time. */
	snprintf(t->etag, sizeof(t->etag), "%s",
	    !stale && strlen(r->etag) < sizeof(t->etag) ? r->etag : "");
	ok = hash != t->text;
	t->text = hash;
	return ok;
}

/* RFC 8216 section 6.3.4, counted from when the load began. */
static void
poll_again(struct seed_track *t, bool changed)
{
	sp_time target = SP_MAX(t->target_s, 1u) * SP_S, wait;

	wait = changed ? target : target / 2;
	if (t->poll_fails > 1)
		wait = SP_MIN(wait * SP_MIN(t->poll_fails, 8u), POLL_MAX);
	if (t->s->opts->poll > 0 && t->poll_fails <= 1)
		wait = t->s->opts->poll;
	if (t->watched)
		wait = SP_MAX(wait, LOCAL_EVERY);
	if (t->ended && t->s->dir == NULL)
		wait = SP_MAX(wait, ENDED_EVERY);
	io_timer_set(&t->poll_timer, t->began + wait);
}

/* Relative URIs count from where the playlist was found. */
static void
found_at(struct seed_track *t, const char *url)
{
	char *at = strcmp(t->at, url) != 0 ? strdup(url) : NULL;

	if (at == NULL)
		return;
	free(t->at);
	free(t->public);
	t->at = at;
	t->public = public_url(t->s, url);
}

static void
poll_cb(void *ctx, const struct grab_result *r)
{
	struct seed_track *t = ctx;
	bool changed = false;

	t->poll = NULL;
	if (r->ok) {
		found_at(t, r->url);
		if (t->s->dir != NULL && !t->watched)
			seed_watch_track(t);
		changed = look(t, r);
	} else if (!r->same) {
		poll_failed(t, r->why);
	}
	poll_again(t, changed);
	if (!t->s->open)
		seed_track_seen(t->s);
}

void
seed_poll(struct seed_track *t)
{
	struct grab_ask ask = {
		.url = t->url,
		.max = LIM_PLAYLIST,
		.etag = t->poll_fails == 0 ? t->etag : "",
	};
	int rv;

	if (t->poll != NULL || t->s->stopping)
		return;
	t->began = loop_now(t->s->loop);
	rv = grab_new(&t->poll, &t->s->src, &ask, poll_cb, t);
	if (rv < 0) {
		t->poll = NULL;
		poll_failed(t, sp_strerror(rv));
		poll_again(t, false);
	}
}

static void
poll_timer_cb(void *ctx, sp_time now SP_UNUSED)
{
	seed_poll(ctx);
}

/* ---- tracks ------------------------------------------------------------- */

static int
track_start(struct seed *s, size_t i)
{
	struct seed_track *t = &s->tracks[i];
	const struct plan_track *p = &s->plan.tracks[i];

	t->s = s;
	t->i = i;
	t->id = p->id;
	t->init_id = s->state->tracks[p->id].init_id;
	t->url =
	    p->uri != NULL ? resolve(s->root_url, p->uri) : strdup(s->root_url);
	if (t->url == NULL)
		return SP_ERR_NOMEM;
	t->at = strdup(t->url);
	t->public = public_url(s, t->url);
	if (t->at == NULL ||
	    io_timer_init(&t->poll_timer, s->loop, poll_timer_cb, t) < 0 ||
	    seed_pieces_init(t) < 0)
		return SP_ERR_NOMEM;
	if (s->dir != NULL)
		seed_watch_track(t);
	seed_poll(t);
	return 0;
}

int
seed_source_tracks(struct seed *s)
{
	int rv = 0;

	if (s->plan.skipped > 0)
		log_msg(s->log, LOG_LEVEL_WARN,
		    "source: too many renditions, left out: %u",
		    s->plan.skipped);
	s->n_tracks = s->plan.n_tracks;
	for (size_t i = 0; i < s->n_tracks && rv == 0; i++)
		rv = track_start(s, i);
	return rv;
}

void
seed_source_stop(struct seed *s)
{
	grab_cancel(s->root);
	store_watch_free(s->watch);
	s->root = NULL;
	s->watch = NULL;
	for (size_t i = 0; i < s->n_tracks; i++) {
		grab_cancel(s->tracks[i].poll);
		s->tracks[i].poll = NULL;
		store_watch_free(s->tracks[i].watch);
		s->tracks[i].watch = NULL;
		io_timer_fini(&s->tracks[i].poll_timer);
		seed_pieces_stop(&s->tracks[i]);
		free(s->tracks[i].url);
		free(s->tracks[i].at);
		free(s->tracks[i].public);
	}
}
