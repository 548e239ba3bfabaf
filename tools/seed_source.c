#include "tools/seed_int.h"

#include <libgen.h>
#include <sys/stat.h>

#include "base/map.h"
#include "io/daemon.h"
#include "tools/place.h"
#include "wire/uri.h"

#define ROOT_RETRY  SP_S
#define POLL_MAX    (10 * SP_S)
#define LOCAL_EVERY (2 * SP_S)  /* should an event be lost */
#define ENDED_EVERY (30 * SP_S) /* it may come back */

static void poll_start(struct seed_track *t);

static char *
take(struct sp_buf *b, int rv)
{
	char *out = NULL;

	buf_put_u8(b, 0);
	if (rv == 0 && b->err == 0)
		out = strdup((const char *)b->p);
	buf_fini(b);
	return out;
}

static char *
resolve(const char *base, const char *ref)
{
	struct sp_buf b;

	buf_init(&b, io_mem(), 2 * LIM_URI);
	return take(&b, m3u8_resolve(&b, place_span(base), place_span(ref)));
}

static char *
dir_of(const char *url)
{
	struct sp_buf b;

	buf_init(&b, io_mem(), 2 * LIM_URI);
	return take(&b, place_dir(&b, url));
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
	return take(&b, 0);
}

/* ---- directories -------------------------------------------------------- */

/* A directory that is removed and made again is another one to the kernel. */
static void
unwatch(struct seed *s, struct seed_track *t)
{
	struct store_watch **w = t != NULL ? &t->watch : &s->watch;

	store_watch_free(*w);
	*w = NULL;
	for (size_t i = 0; i < s->n_tracks; i++)
		if (t == NULL || t == &s->tracks[i])
			s->tracks[i].watched = s->tracks[i].watch != NULL;
}

static void
track_watch_cb(void *ctx, const char *name, bool gone)
{
	struct seed_track *t = ctx;

	if (name == NULL)
		unwatch(t->s, t);
	if (!gone &&
	    (name == NULL || strcmp(strrchr(t->url, '/') + 1, name) == 0))
		poll_start(t);
}

static void
watch_cb(void *ctx, const char *name, bool gone)
{
	struct seed *s = ctx;

	if (name == NULL)
		unwatch(s, NULL);
	if (gone)
		return;
	if (!s->planned && s->root == NULL)
		io_timer_set(&s->root_timer, 0);
	/* Segments change here too; only playlists are looked at. */
	for (size_t i = 0; i < s->n_tracks; i++)
		if (s->tracks[i].watch == NULL &&
		    (name == NULL ||
			strcmp(strrchr(s->tracks[i].url, '/') + 1, name) == 0))
			poll_start(&s->tracks[i]);
}

/* Without a watch the timers do. */
static void
root_watch(struct seed *s)
{
	if (s->watch == NULL &&
	    store_watch(&s->watch, s->loop, s->dir, 0, watch_cb, s) < 0)
		s->watch = NULL;
}

static void
track_watch(struct seed_track *t)
{
	struct seed *s = t->s;
	char *dir = dir_of(t->url), *path;
	struct sp_buf b;

	if (dir == NULL || strcmp(dir, s->base) == 0) {
		root_watch(s);
		t->watched = s->watch != NULL;
		free(dir);
		return;
	}
	buf_init(&b, io_mem(), 2 * LIM_URI);
	buf_put_str(&b, s->dir);
	buf_put_u8(&b, '/');
	path = take(&b, place_file(&b, dir));
	t->watched = path != NULL && store_watch(&t->watch, s->loop, path, 0,
					 track_watch_cb, t) == 0;
	if (!t->watched)
		t->watch = NULL;
	free(path);
	free(dir);
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

static const char *
parse_why(char *out, size_t size, int err, const struct m3u8_error *e)
{
	if (e->what != NULL)
		snprintf(out, size, "line %u: %s", e->line, e->what);
	else
		snprintf(out, size, "%s", sp_strerror(err));
	return out;
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
		poll_failed(t, parse_why(why, sizeof(why), rv, &e));
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
			track_watch(t);
		changed = look(t, r);
	} else if (!r->same) {
		poll_failed(t, r->why);
	}
	poll_again(t, changed);
	if (!t->s->open)
		seed_track_seen(t->s);
}

static void
poll_start(struct seed_track *t)
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
	poll_start(ctx);
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
		track_watch(t);
	poll_start(t);
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

/* ---- the source's playlist ---------------------------------------------- */

static void root_start(struct seed *s);

static void
root_failed(struct seed *s, const char *why)
{
	if (strcmp(s->root_why, why) != 0)
		log_msg(s->log, LOG_LEVEL_INFO, "source: %s, waiting url=%s",
		    why, s->root_url);
	snprintf(s->root_why, sizeof(s->root_why), "%s", why);
	if (loop_now(s->loop) - s->start >= s->opts->wait)
		seed_give_up(s, s->root_url, why);
	else
		io_timer_set(&s->root_timer, loop_now(s->loop) + ROOT_RETRY);
}

static void
plan_it(struct seed *s, const struct grab_result *r)
{
	struct m3u8_error e;
	char why[200];
	int rv = plan_read(&s->plan, (const char *)r->p, r->len, &e);

	if (rv < 0) {
		if (rv == SP_ERR_NOTFOUND)
			e.what = "a master playlist without renditions";
		else if (rv == SP_ERR_UNSUPPORTED && e.what == NULL)
			e.what = "an I-frame playlist";
		root_failed(s, parse_why(why, sizeof(why), rv, &e));
		return;
	}
	free(s->base);
	s->base = dir_of(r->url);
	if (s->base == NULL) {
		seed_give_up(s, s->root_url, "has no path");
		return;
	}
	if (s->plan.is_master) {
		free(s->root_url);
		s->root_url = strdup(r->url);
	}
	for (unsigned i = 0; i < LIM_TRACKS; i++)
		if (s->state->tracks[i].used)
			plan_keep(&s->plan, s->state->tracks[i].uri,
			    (uint8_t)i);
	s->planned = true;
	seed_proceed(s);
}

static void
root_cb(void *ctx, const struct grab_result *r)
{
	struct seed *s = ctx;

	s->root = NULL;
	if (r->ok)
		plan_it(s, r);
	else
		root_failed(s, r->why);
}

static void
root_start(struct seed *s)
{
	struct grab_ask ask = { .url = s->root_url, .max = LIM_PLAYLIST };
	int rv = grab_new(&s->root, &s->src, &ask, root_cb, s);

	if (rv < 0) {
		s->root = NULL;
		seed_give_up(s, s->root_url, sp_strerror(rv));
	}
}

static void
root_timer_cb(void *ctx, sp_time now SP_UNUSED)
{
	root_start(ctx);
}

/* A path: its directory is the source, watched. */
static int
open_dir(struct seed *s, const char *path)
{
	char *copy = strdup(path), *copy2 = strdup(path);
	char *real = copy != NULL ? realpath(dirname(copy), NULL) : NULL;
	struct sp_buf b;
	const char *name;

	if (copy2 == NULL || real == NULL) {
		daemon_complain(path, "no such directory");
		free(copy);
		free(copy2);
		free(real);
		return SP_ERR_NOTFOUND;
	}
	name = basename(copy2);
	s->dir = real;
	buf_init(&b, io_mem(), 2 * LIM_URI);
	buf_put_str(&b, "file:///");
	uri_put_escaped(&b, name, strlen(name));
	s->root_url = take(&b, 0);
	free(copy);
	free(copy2);
	return s->root_url != NULL ? 0 : SP_ERR_NOMEM;
}

int
seed_source_start(struct seed *s, const char *arg)
{
	int rv = 0;

	if (uri_is_http(arg, strlen(arg)))
		s->root_url = strdup(arg);
	else if (strstr(arg, "://") != NULL) {
		daemon_complain(arg, "neither http(s) nor a path");
		return SP_ERR_ARG;
	} else
		rv = open_dir(s, arg);
	if (rv < 0)
		return rv;
	s->src = (struct grab_source){ s->loop, s->origin, s->dir };
	if (s->root_url == NULL ||
	    io_timer_init(&s->root_timer, s->loop, root_timer_cb, s) < 0)
		return SP_ERR_NOMEM;
	if (s->dir != NULL)
		root_watch(s);
	root_start(s);
	return 0;
}
