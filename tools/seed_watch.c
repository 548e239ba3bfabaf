#include "tools/place.h"
#include "tools/seed_int.h"

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
		seed_poll(t);
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
			seed_poll(&s->tracks[i]);
}

/* Without a watch the timers do. */
void
seed_watch_root(struct seed *s)
{
	if (s->watch == NULL &&
	    store_watch(&s->watch, s->loop, s->dir, 0, watch_cb, s) < 0)
		s->watch = NULL;
}

void
seed_watch_track(struct seed_track *t)
{
	struct seed *s = t->s;
	char *dir = seed_dir_of(t->url), *path;
	struct sp_buf b;

	if (dir == NULL || strcmp(dir, s->base) == 0) {
		seed_watch_root(s);
		t->watched = s->watch != NULL;
		free(dir);
		return;
	}
	buf_init(&b, io_mem(), 2 * LIM_URI);
	buf_put_str(&b, s->dir);
	buf_put_u8(&b, '/');
	path = seed_take(&b, place_file(&b, dir));
	t->watched = path != NULL && store_watch(&t->watch, s->loop, path, 0,
					 track_watch_cb, t) == 0;
	if (!t->watched)
		t->watch = NULL;
	free(path);
	free(dir);
}
