#include "tools/seed_int.h"

#include <libgen.h>

#include "io/daemon.h"
#include "tools/place.h"
#include "wire/uri.h"

#define ROOT_RETRY SP_S

char *
seed_take(struct sp_buf *b, int rv)
{
	char *out = NULL;

	buf_put_u8(b, 0);
	if (rv == 0 && b->err == 0)
		out = strdup((const char *)b->p);
	buf_fini(b);
	return out;
}

char *
seed_dir_of(const char *url)
{
	struct sp_buf b;

	buf_init(&b, io_mem(), 2 * LIM_URI);
	return seed_take(&b, place_dir(&b, url));
}

const char *
seed_parse_why(char *out, size_t size, int err, const struct m3u8_error *e)
{
	if (e->what != NULL)
		snprintf(out, size, "line %u: %s", e->line, e->what);
	else
		snprintf(out, size, "%s", sp_strerror(err));
	return out;
}

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
		root_failed(s, seed_parse_why(why, sizeof(why), rv, &e));
		return;
	}
	free(s->base);
	s->base = seed_dir_of(r->url);
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
	s->root_url = seed_take(&b, 0);
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
		seed_watch_root(s);
	root_start(s);
	return 0;
}
