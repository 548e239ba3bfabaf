#include "swarm/client/vod_update.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "swarm/client/vod_save.h"

#define SLICE (16 * 1024 * 1024) /* bytes copied in a round of the loop */

struct vod_update {
	struct vod_conf conf;
	const struct vod *old;
	const char *old_dir;
	const struct vod_update_ops *ops;
	void *ctx;
	struct loop *loop;
	struct vod *vod;
	struct io_timer work;
	char *magnet;
	char dir[PATH_MAX];
	/* what is taken over of the old one */
	size_t file;        /* of ours, at work */
	int in, out;        /* -1: not open */
	bool copied;        /* all is */
	bool leaving, left; /* |vod| */
};

static int
make_path(char *out, size_t size, const char *dir, const uint8_t id[20])
{
	char hex[41];
	int n;

	buf_hex(hex, id, 20);
	n = snprintf(out, size, "%s/.spate-next-%s", dir, hex);
	return n < 0 || (size_t)n >= size ? SP_ERR_TOOBIG : 0;
}

/* ---- which file was which ---- */

/* Without the torrent's own folder, which may have another name now. */
static const char *
below(const struct lt_info *i, const struct lt_file *f)
{
	size_t n = strlen(i->name);

	if (strncmp(f->path, i->name, n) == 0 && f->path[n] == '/')
		return f->path + n + 1;
	return i->n_files == 1 ? "" : f->path;
}

/* The old file that |f| may be made of; *same: it has the same bytes. */
static const struct lt_file *
find_old(const struct vod_update *u, const struct lt_file *f, bool *same)
{
	const struct lt_info *old = vod_info(u->old), *new = vod_info(u->vod);
	const struct lt_file *o, *by_name = NULL;

	*same = false;
	if (old == NULL)
		return NULL;
	for (size_t i = 0; i < old->n_files; i++) {
		o = &old->files[i];
		if (o->pad || o->length == 0)
			continue;
		if (f->has_root && o->has_root && f->length == o->length &&
		    memcmp(f->root, o->root, sizeof(f->root)) == 0) {
			*same = vod_has_file(u->old, i);
			return o;
		}
		if (strcmp(below(old, o), below(new, f)) == 0)
			by_name = o;
	}
	return by_name;
}

/* ---- taking over ---- */

/* Folders above |path|, from |from| on. */
static void
make_dirs(char *path, size_t from)
{
	for (char *p = path + from; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		(void)mkdir(path, 0777);
		*p = '/';
	}
}

/*
 * Begins with file u->file: linked, or opened to be copied. What cannot be had
 * is fetched, so nothing here is an error.
 */
static void
begin_file(struct vod_update *u)
{
	const struct lt_file *f = &vod_info(u->vod)->files[u->file], *o;
	char from[PATH_MAX], to[PATH_MAX];
	bool same;
	int n, k;

	if (f->pad || f->length == 0 || (o = find_old(u, f, &same)) == NULL)
		return;
	n = snprintf(from, sizeof(from), "%s/%s", u->old_dir, o->path);
	k = snprintf(to, sizeof(to), "%s/%s", u->dir, f->path);
	if (n < 0 || k < 0 || (size_t)n >= sizeof(from) ||
	    (size_t)k >= sizeof(to))
		return;
	make_dirs(to, strlen(u->dir) + 1);
	if (same && link(from, to) == 0)
		return;
	u->in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (u->in >= 0)
		u->out = open(to,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
}

static void
end_file(struct vod_update *u)
{
	const struct lt_file *f = &vod_info(u->vod)->files[u->file];

	/* libtorrent has no use for a file that is longer */
	if (u->out >= 0 && lseek(u->out, 0, SEEK_CUR) > f->length)
		(void)ftruncate(u->out, f->length);
	if (u->in >= 0)
		close(u->in);
	if (u->out >= 0)
		close(u->out);
	u->in = u->out = -1;
	u->file++;
}

static void
take_over(struct vod_update *u)
{
	ssize_t n = 0;

	if (u->in < 0)
		begin_file(u);
	if (u->in >= 0 && u->out >= 0)
		n = copy_file_range(u->in, NULL, u->out, NULL, SLICE, 0);
	if (n <= 0)
		end_file(u);
}

/* ---- the course of things ---- */

static int begin(struct vod_update *u, struct lt_error *why);

/* A vod has ended: that of the list of files, or that which fetched them. */
static void
go_on(struct vod_update *u)
{
	struct lt_error why;
	int rv;

	vod_free(u->vod);
	u->vod = NULL;
	u->left = u->leaving = false;
	if (!u->conf.hold) {
		u->ops->done(u->ctx); /* may free us */
		return;
	}
	u->conf.hold = false;
	if ((rv = begin(u, &why)) < 0)
		u->ops->failed(u->ctx, u->dir,
		    why.code < 0 ? why.text : sp_strerror(rv));
	else
		io_timer_set(&u->work, 0);
}

/* True: something is left to be done. */
static bool
take_next(struct vod_update *u)
{
	if (u->copied || vod_info(u->vod) == NULL)
		return !u->copied;
	if (u->file < vod_info(u->vod)->n_files)
		take_over(u);
	else
		u->copied = true;
	return true;
}

static void
work_cb(void *ctx, sp_time now)
{
	struct vod_update *u = ctx;
	struct vod_counts c;

	if (u->left) {
		go_on(u);
		return;
	}
	if (u->vod == NULL || u->leaving)
		return;
	io_timer_set(&u->work, u->copied ? now + SP_S : 0);
	if (take_next(u))
		return;
	u->old = NULL;
	vod_counts(u->vod, &c);
	log_msg(u->conf.log, LOG_LEVEL_DEBUG,
	    "files: next version have=%u of=%u peers=%u known=%u", c.have,
	    c.n_pieces, c.peers, c.known);
	if (u->conf.hold || (c.n_pieces > 0 && c.have == c.n_pieces)) {
		u->leaving = true;
		vod_leave(u->vod);
	}
}

static void
on_ready(void *ctx)
{
	struct vod_update *u = ctx;

	io_timer_set(&u->work, 0);
}

static void
on_failed(void *ctx, const char *what, const char *why)
{
	struct vod_update *u = ctx;

	u->ops->failed(u->ctx, what, why);
}

static void
on_left(void *ctx)
{
	struct vod_update *u = ctx;

	/* it is at work still */
	u->left = true;
	io_timer_set(&u->work, 0);
}

static const struct vod_ops ops = { on_ready, on_failed, on_left };

/*
 * First what is in it, so that what there is of it can be taken over before
 * anything is written; then, as a torrent of which files are there already, all
 * of it.
 */
static int
begin(struct vod_update *u, struct lt_error *why)
{
	u->conf.keep = !u->conf.hold;
	return vod_new(&u->vod, &u->conf, u->loop, &ops, u, why);
}

static int
start(struct vod_update *u, struct lt_error *why)
{
	char saved[PATH_MAX + 64], hex[41];
	int rv;

	rv = make_path(u->dir, sizeof(u->dir), u->old_dir, u->conf.id);
	if (rv < 0)
		return rv;
	if (mkdir(u->dir, 0777) < 0 && errno != EEXIST)
		return SP_ERR_IO;
	/* a run before this one had taken over what there was */
	buf_hex(hex, u->conf.id, sizeof(u->conf.id));
	snprintf(saved, sizeof(saved), "%s/.spate-%s", u->dir, hex);
	u->copied = u->old == NULL || vod_info(u->old) == NULL ||
		    access(saved, F_OK) == 0;
	u->conf.hold = !u->copied;
	if ((rv = io_timer_init(&u->work, u->loop, work_cb, u)) < 0)
		return rv;
	return begin(u, why);
}

int
vod_update_new(struct vod_update **out, const struct vod_conf *like,
    const struct vod *old, const char *magnet, const uint8_t id[20],
    struct loop *l, const struct vod_update_ops *uops, void *ctx,
    struct lt_error *why)
{
	struct vod_update *u = calloc(1, sizeof(*u));
	int rv = SP_ERR_NOMEM;

	*out = NULL;
	memset(why, 0, sizeof(*why));
	if (u == NULL || (u->magnet = strdup(magnet)) == NULL) {
		free(u);
		return rv;
	}
	u->conf = *like;
	u->conf.magnet = u->magnet;
	u->conf.metainfo = NULL;
	u->conf.metainfo_len = 0;
	memcpy(u->conf.id, id, sizeof(u->conf.id));
	u->conf.save = u->dir;
	u->conf.file = NULL;
	u->conf.all = u->conf.no_door = true;
	u->old = old;
	u->old_dir = like->save;
	u->ops = uops;
	u->ctx = ctx;
	u->loop = l;
	u->in = u->out = -1;
	if ((rv = start(u, why)) < 0) {
		vod_update_free(u);
		return rv;
	}
	*out = u;
	return 0;
}

void
vod_update_free(struct vod_update *u)
{
	if (u == NULL)
		return;
	if (u->in >= 0)
		close(u->in);
	if (u->out >= 0)
		close(u->out);
	vod_free(u->vod);
	io_timer_fini(&u->work);
	free(u->magnet);
	free(u);
}

void
vod_update_meet(struct vod_update *u, const struct sp_addr *addr)
{
	if (u->vod != NULL)
		vod_meet(u->vod, addr);
}

bool
vod_update_is(const struct vod_update *u, const uint8_t id[20])
{
	return memcmp(u->conf.id, id, sizeof(u->conf.id)) == 0;
}

void
vod_update_counts(const struct vod_update *u, struct vod_counts *out)
{
	memset(out, 0, sizeof(*out));
	if (u->vod != NULL)
		vod_counts(u->vod, out);
}

/* ---- in its place ---- */

/* nftw has no argument for its caller. */
static struct {
	const char *dir;
	size_t skip; /* of the paths */
	int errnum;
} move;

static int
move_one(const char *path, const struct stat *st SP_UNUSED, int kind,
    struct FTW *f)
{
	char to[PATH_MAX];
	int n;

	if (f->level == 0)
		return 0;
	n = snprintf(to, sizeof(to), "%s/%s", move.dir, path + move.skip);
	if (n < 0 || (size_t)n >= sizeof(to)) {
		move.errnum = ENAMETOOLONG;
		return -1;
	}
	if (kind == FTW_D) {
		if (mkdir(to, 0777) == 0 || errno == EEXIST)
			return 0;
	} else if (rename(path, to) == 0) {
		/* two names of one file are left as they were */
		(void)unlink(path);
		return 0;
	}
	move.errnum = errno;
	return -1;
}

int
vod_update_install(const char *dir, const uint8_t id[20])
{
	char from[PATH_MAX];
	int rv = make_path(from, sizeof(from), dir, id);

	if (rv < 0)
		return rv;
	if (access(from, F_OK) < 0)
		return 0;
	move.dir = dir;
	move.skip = strlen(from) + 1;
	move.errnum = EIO;
	if (nftw(from, move_one, 16, FTW_PHYS) != 0) {
		errno = move.errnum;
		return SP_ERR_IO;
	}
	vod_save_remove(from);
	return 0;
}

void
vod_update_forget(const char *dir, const uint8_t id[20])
{
	char from[PATH_MAX];

	if (make_path(from, sizeof(from), dir, id) == 0 &&
	    access(from, F_OK) == 0)
		vod_save_remove(from);
}
