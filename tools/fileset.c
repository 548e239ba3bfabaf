#include "tools/fileset.h"

#include <dirent.h>
#include <errno.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/tstamp.h"

#define OURS  ".spate-"
#define DEPTH (METAINFO_DEPTH + 1)

struct scan {
	struct fileset *out;
	size_t room;
	char *why;
	char path[PATH_MAX]; /* on disk */
	size_t skip;         /* of it, up to the path in the torrent */
};

static int
fail(struct scan *s, int err, const char *what)
{
	snprintf(s->why, FILESET_WHY_MAX, "%.300s: %s", s->path, what);
	return err;
}

static int
fail_errno(struct scan *s)
{
	int e = errno;

	fail(s, 0, strerror(e));
	errno = e;
	return e == ENOENT ? SP_ERR_NOTFOUND : SP_ERR_IO;
}

/* ---- one file ---- */

static int
grow(struct scan *s)
{
	size_t room = s->room == 0 ? 64 : 2 * s->room;
	void *p;

	if (s->out->n < s->room)
		return 0;
	if (room > 2 * (size_t)LIM_METAINFO_FILES)
		return fail(s, SP_ERR_TOOBIG, "too many files");
	p = realloc(s->out->files, room * sizeof(*s->out->files));
	if (p == NULL)
		return fail(s, SP_ERR_NOMEM, "out of memory");
	s->out->files = p;
	s->room = room;
	return 0;
}

static int
add_file(struct scan *s, const struct stat *st)
{
	struct metainfo_text t = { s->path + s->skip,
		strlen(s->path + s->skip) };
	struct fileset_file *f;
	int rv;

	if (!metainfo_is_path(&t))
		return fail(s, SP_ERR_ARG, "a torrent cannot have that name");
	if ((rv = grow(s)) < 0)
		return rv;
	f = &s->out->files[s->out->n];
	f->path = strdup(t.p);
	if (f->path == NULL)
		return fail(s, SP_ERR_NOMEM, "out of memory");
	f->length = (uint64_t)st->st_size;
	f->mtime_ns = (int64_t)st->st_mtim.tv_sec * SP_S + st->st_mtim.tv_nsec;
	s->out->n++;
	s->out->total += f->length;
	return 0;
}

/* ---- folders ---- */

static int scan_folder(struct scan *s, unsigned depth);

/* What s->path is. */
static int
scan_one(struct scan *s, unsigned depth)
{
	struct stat st;

	if (lstat(s->path, &st) < 0)
		return fail_errno(s);
	if (S_ISREG(st.st_mode))
		return add_file(s, &st);
	if (!S_ISDIR(st.st_mode)) {
		s->out->n_left++;
		return 0;
	}
	if (depth == DEPTH)
		return fail(s, SP_ERR_ARG, "too many folders in each other");
	return scan_folder(s, depth + 1);
}

static int
scan_entry(struct scan *s, const char *name, unsigned depth)
{
	size_t len = strlen(s->path);
	int n, rv;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    strncmp(name, OURS, strlen(OURS)) == 0)
		return 0;
	n = snprintf(s->path + len, sizeof(s->path) - len, "/%s", name);
	if (n < 0 || (size_t)n >= sizeof(s->path) - len) {
		s->path[len] = '\0';
		return fail(s, SP_ERR_TOOBIG, "names below it are too long");
	}
	rv = scan_one(s, depth);
	if (rv == 0)
		s->path[len] = '\0';
	return rv;
}

static int
scan_folder(struct scan *s, unsigned depth)
{
	DIR *d = opendir(s->path);
	struct dirent *e;
	int rv = 0;

	if (d == NULL)
		return fail_errno(s);
	while (rv == 0 && (errno = 0, e = readdir(d)) != NULL)
		rv = scan_entry(s, e->d_name, depth);
	if (rv == 0 && errno != 0)
		rv = fail_errno(s);
	closedir(d);
	return rv;
}

/* ---- what was given ---- */

/* Splits the real path of |given| into folder and name. */
static int
split(struct scan *s, const char *given, char **dir, char **name)
{
	char *slash;

	*dir = *name = NULL;
	if (realpath(given, s->path) == NULL) {
		snprintf(s->path, sizeof(s->path), "%s", given);
		return fail_errno(s);
	}
	slash = strrchr(s->path, '/');
	if (slash[1] == '\0')
		return fail(s, SP_ERR_ARG, "not the whole machine");
	*name = strdup(slash + 1);
	*dir = strndup(s->path, SP_MAX((size_t)(slash - s->path), (size_t)1));
	if (*name == NULL || *dir == NULL) {
		free(*name);
		free(*dir);
		return fail(s, SP_ERR_NOMEM, "out of memory");
	}
	return 0;
}

static int
scan_single(struct scan *s, const char *given)
{
	struct fileset *o = s->out;
	struct stat st;
	int rv = split(s, given, &o->root, &o->name);

	if (rv < 0)
		return rv;
	if (stat(s->path, &st) < 0)
		return fail_errno(s);
	o->single = !S_ISDIR(st.st_mode);
	s->skip = strlen(s->path) + 1;
	if (o->single)
		s->skip -= strlen(o->name) + 1;
	return scan_one(s, 0);
}

/* One of several: all have to be in the same folder. */
static int
scan_part(struct scan *s, const char *given)
{
	struct fileset *o = s->out;
	char *dir, *name;
	int rv = split(s, given, &dir, &name);
	bool same;

	if (rv < 0)
		return rv;
	same = o->root == NULL || strcmp(dir, o->root) == 0;
	if (o->root == NULL)
		o->root = dir;
	else
		free(dir);
	if (!same) {
		free(name);
		return fail(s, SP_ERR_ARG, "is not in the folder of the first");
	}
	o->given[o->n_given++] = name;
	s->skip = strlen(o->root) == 1 ? 1 : strlen(o->root) + 1;
	return scan_one(s, 0);
}

static int
scan_several(struct scan *s, const char *const *paths, size_t n)
{
	struct fileset *o = s->out;
	char *slash;
	int rv = 0;

	o->is_part = true;
	o->given = calloc(n, sizeof(*o->given));
	if (o->given == NULL)
		return fail(s, SP_ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < n && rv == 0; i++)
		rv = scan_part(s, paths[i]);
	if (rv < 0)
		return rv;
	slash = strrchr(o->root, '/');
	if (slash[1] == '\0')
		return fail(s, SP_ERR_ARG, "its folder has no name");
	o->name = strdup(slash + 1);
	slash[slash == o->root] = '\0';
	return o->name != NULL ? 0 : fail(s, SP_ERR_NOMEM, "out of memory");
}

static int
compare(const void *a, const void *b)
{
	const struct fileset_file *x = a, *y = b;
	struct metainfo_text tx = { x->path, strlen(x->path) };
	struct metainfo_text ty = { y->path, strlen(y->path) };

	return metainfo_compare(&tx, &ty);
}

int
fileset_scan(struct fileset *out, const char *const *paths, size_t n,
    char why[FILESET_WHY_MAX])
{
	struct scan s = { .out = out, .why = why };
	int rv;

	memset(out, 0, sizeof(*out));
	why[0] = '\0';
	rv = n == 1 ? scan_single(&s, paths[0]) : scan_several(&s, paths, n);
	if (rv < 0)
		return rv;
	/* viewers keep what they know there */
	if (strncasecmp(out->name, OURS, strlen(OURS)) == 0) {
		snprintf(s.path, sizeof(s.path), "%s", out->name);
		return fail(&s, SP_ERR_ARG, "a torrent cannot have that name");
	}
	if (out->n == 0) {
		snprintf(s.path, sizeof(s.path), "%s", paths[0]);
		return fail(&s, SP_ERR_ARG, "there is no file");
	}
	if (out->n > LIM_METAINFO_FILES)
		return fail(&s, SP_ERR_TOOBIG, "too many files");
	qsort(out->files, out->n, sizeof(*out->files), compare);
	for (size_t i = 1; i < out->n; i++)
		if (strcmp(out->files[i - 1].path, out->files[i].path) == 0) {
			snprintf(s.path, sizeof(s.path), "%s",
			    out->files[i].path);
			return fail(&s, SP_ERR_ARG, "was given twice");
		}
	return 0;
}

void
fileset_fini(struct fileset *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->files[i].path);
	for (size_t i = 0; i < s->n_given; i++)
		free(s->given[i]);
	free(s->given);
	free(s->files);
	free(s->root);
	free(s->name);
	memset(s, 0, sizeof(*s));
}

bool
fileset_same(const struct fileset *a, const struct fileset *b)
{
	if (a->n != b->n || a->name == NULL || b->name == NULL ||
	    strcmp(a->name, b->name) != 0 || strcmp(a->root, b->root) != 0)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->files[i].length != b->files[i].length ||
		    a->files[i].mtime_ns != b->files[i].mtime_ns ||
		    strcmp(a->files[i].path, b->files[i].path) != 0)
			return false;
	return true;
}

int
fileset_path(const struct fileset *s, size_t i, char *out, size_t size)
{
	const char *root = strcmp(s->root, "/") == 0 ? "" : s->root;
	int n;

	if (s->single)
		n = snprintf(out, size, "%s/%s", root, s->name);
	else
		n = snprintf(out, size, "%s/%s/%s", root, s->name,
		    s->files[i].path);
	return n < 0 || (size_t)n >= size ? SP_ERR_TOOBIG : 0;
}
