#include "io/store.h"

#include <errno.h>
#include <limits.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define WATCH_POLL (200 * SP_MS)
#define WATCH_MAX  65536 /* files that polling keeps in mind */

/* What polling remembers of a file. */
struct seen {
	char *name;
	int64_t size, mtime;
};

struct store_watch {
	struct loop *loop;
	char *dir;
	store_watch_cb cb;
	void *ctx;
	int fd; /* inotify, -1 when polling */
	struct io_watch *in;
	struct io_timer timer;
	sp_time poll;
	struct seen *v;
	int n;
	bool busy; /* callbacks run: store_watch_free waits for them */
	bool dead;
};

/* ---- inotify ---- */

static void
tell(struct store_watch *w, const struct inotify_event *e)
{
	if (e->mask & (IN_Q_OVERFLOW | IN_IGNORED))
		w->cb(w->ctx, NULL, false);
	else if (e->len > 0 && e->name[0] != '.' && (e->mask & IN_ISDIR) == 0)
		w->cb(w->ctx, e->name,
		    (e->mask & (IN_DELETE | IN_MOVED_FROM)) != 0);
}

static void
inotify_ready(void *ctx, int fd)
{
	_Alignas(struct inotify_event) char buf[4096];
	struct inotify_event e;
	struct store_watch *w = ctx;
	ssize_t n, at;

	n = read(fd, buf, sizeof(buf));
	w->busy = true;
	for (at = 0; !w->dead && at + (ssize_t)sizeof(e) <= n;
	     at += (ssize_t)(sizeof(e) + e.len)) {
		memcpy(&e, buf + at, sizeof(e));
		tell(w, (const struct inotify_event *)(void *)(buf + at));
	}
	w->busy = false;
	if (w->dead)
		store_watch_free(w);
}

static bool
inotify_open(struct store_watch *w)
{
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd < 0)
		return false;
	if (inotify_add_watch(w->fd, w->dir,
		IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM |
		    IN_ONLYDIR) >= 0 &&
	    io_watch_new(&w->in, w->loop, w->fd, inotify_ready, w) == 0)
		return true;
	close(w->fd);
	w->fd = -1;
	return false;
}

/* ---- polling ---- */

static void
seen_free(struct seen *v, int n)
{
	int i;

	for (i = 0; i < n; i++)
		free(v[i].name);
	free(v);
}

/* The directory as it is, sorted by name. Number or error. */
static int
scan(const struct store_watch *w, struct seen **out)
{
	char path[PATH_MAX], **names;
	struct stat st;
	struct seen *v;
	int i, k = 0, n;

	if ((n = store_list(w->dir, "", WATCH_MAX, &names)) < 0)
		return n;
	if ((v = calloc((size_t)n + 1, sizeof(*v))) == NULL) {
		store_list_free(names, n);
		return SP_ERR_NOMEM;
	}
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", w->dir, names[i]);
		if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		v[k].name = names[i];
		names[i] = NULL;
		v[k].size = st.st_size;
		v[k++].mtime = (int64_t)st.st_mtim.tv_sec * 1000000000 +
			       st.st_mtim.tv_nsec;
	}
	store_list_free(names, n);
	*out = v;
	return k;
}

/* Both lists are sorted: one walk finds new, changed and gone. */
static void
compare(struct store_watch *w, struct seen *old, int nold, struct seen *now,
    int nnow)
{
	int i = 0, k = 0, c;

	w->busy = true;
	while (!w->dead && (i < nold || k < nnow)) {
		c = i == nold   ? 1
		    : k == nnow ? -1
				: strcmp(old[i].name, now[k].name);
		if (c < 0)
			w->cb(w->ctx, old[i].name, true);
		else if (c > 0 || old[i].size != now[k].size ||
			 old[i].mtime != now[k].mtime)
			w->cb(w->ctx, now[k].name, false);
		i += c <= 0;
		k += c >= 0;
	}
	w->busy = false;
	w->v = now;
	w->n = nnow;
	seen_free(old, nold);
	if (w->dead)
		store_watch_free(w);
	else
		io_timer_set(&w->timer, loop_now(w->loop) + w->poll);
}

static void
poll_due(void *ctx, sp_time now)
{
	struct store_watch *w = ctx;
	struct seen *v, *old = w->v;
	int n = scan(w, &v), nold = w->n;

	if (n < 0) {
		io_timer_set(&w->timer, now + w->poll);
		return;
	}
	/* compare takes both lists. */
	w->v = NULL;
	w->n = 0;
	compare(w, old, nold, v, n);
}

int
store_watch(struct store_watch **out, struct loop *l, const char *dir,
    sp_time poll, store_watch_cb cb, void *ctx)
{
	struct store_watch *w;
	int n;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return SP_ERR_NOMEM;
	w->loop = l;
	w->cb = cb;
	w->ctx = ctx;
	w->fd = -1;
	w->poll = poll > 0 ? poll : WATCH_POLL;
	if ((w->dir = strdup(dir)) == NULL ||
	    io_timer_init(&w->timer, l, poll_due, w) < 0) {
		store_watch_free(w);
		return SP_ERR_NOMEM;
	}
	if (poll == 0 && inotify_open(w)) {
		*out = w;
		return 0;
	}
	if ((n = scan(w, &w->v)) < 0) {
		store_watch_free(w);
		return n;
	}
	w->n = n;
	io_timer_set(&w->timer, loop_now(l) + w->poll);
	*out = w;
	return 0;
}

void
store_watch_free(struct store_watch *w)
{
	if (w == NULL)
		return;
	w->dead = true;
	if (w->busy)
		return;
	io_watch_free(w->in);
	if (w->fd >= 0)
		close(w->fd);
	io_timer_fini(&w->timer);
	seen_free(w->v, w->n);
	free(w->dir);
	free(w);
}
