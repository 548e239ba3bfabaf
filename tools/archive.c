#include "tools/archive.h"

#include <errno.h>

#include "io/daemon.h"
#include "io/loop.h"
#include "io/store.h"

/* ---- paths -------------------------------------------------------------- */

char *
archive_path(const char *dir, const char *a, const char *b)
{
	size_t n = strlen(dir) + (a != NULL ? strlen(a) : 0) +
		   (b != NULL ? strlen(b) : 0) + 3;
	char *out = malloc(n);

	if (out != NULL)
		snprintf(out, n, "%s%s%s%s%s", dir, a != NULL ? "/" : "",
		    a != NULL ? a : "", b != NULL ? "/" : "",
		    b != NULL ? b : "");
	return out;
}

char *
archive_dirname(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	return slash == path ? strdup("/")
			     : strndup(path, (size_t)(slash - path));
}

char *
archive_basename(const char *path)
{
	size_t end = strlen(path), at;

	while (end > 1 && path[end - 1] == '/')
		end--;
	for (at = end; at > 0 && path[at - 1] != '/'; at--)
		;
	return strndup(path + at, end - at);
}

/* ---- torrents ----------------------------------------------------------- */

/* The one file without folder that ends in .spate; NULL: none, or several. */
static char *
stem_of(const struct metainfo *m)
{
	size_t n = strlen(ARCHIVE_RECORDS);
	const struct metainfo_text *found = NULL;

	for (size_t i = 0; i < m->n_files; i++) {
		const struct metainfo_text *p = &m->files[i].path;

		if (p->len <= n || memchr(p->p, '/', p->len) != NULL ||
		    memcmp(p->p + p->len - n, ARCHIVE_RECORDS, n) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = p;
	}
	if (found == NULL || !archive_is_stem(found->p, found->len - n))
		return NULL;
	return strndup(found->p, found->len - n);
}

bool
archive_torrent_read(struct archive_torrent *t, const char *path)
{
	const char *why;
	size_t len;
	int rv;

	memset(t, 0, sizeof(*t));
	rv = store_read(path, LIM_METAINFO, &t->bytes, &len);
	if (rv < 0) {
		daemon_complain(path, rv == SP_ERR_TOOBIG || rv == SP_ERR_NOMEM
					  ? sp_strerror(rv)
					  : strerror(errno));
		return false;
	}
	rv = metainfo_read(&t->m, io_mem(), t->bytes, len, &why);
	if (rv < 0) {
		daemon_complain(path, why);
		archive_torrent_fini(t);
		memset(t, 0, sizeof(*t));
		return false;
	}
	t->stem = stem_of(&t->m);
	return true;
}

void
archive_torrent_fini(struct archive_torrent *t)
{
	metainfo_fini(&t->m);
	free(t->bytes);
	free(t->stem);
}

static int
by_tree(const void *x, const void *y)
{
	const struct metainfo_file *a = x, *b = y;

	return metainfo_compare(&a->path, &b->path);
}

const struct metainfo_file *
archive_torrent_find(const struct archive_torrent *t, const char *path)
{
	struct metainfo_file key = { .path = { path, strlen(path) } };

	return bsearch(&key, t->m.files, t->m.n_files, sizeof(key), by_tree);
}

static char *
records_path(const struct archive_torrent *t, const char *torrent)
{
	char *name = strndup(t->m.name.p, t->m.name.len);
	char *dir = archive_dirname(torrent), *out = NULL;
	char file[ARCHIVE_STEM_MAX + sizeof(ARCHIVE_RECORDS)];

	snprintf(file, sizeof(file), "%s" ARCHIVE_RECORDS, t->stem);
	if (name != NULL && dir != NULL)
		out = archive_path(dir, name, file);
	free(name);
	free(dir);
	return out;
}

/* Are the bytes of |path| those that the torrent names? */
static bool
is_of_torrent(const struct archive_torrent *t, const char *path,
    const char **why)
{
	char file[ARCHIVE_STEM_MAX + sizeof(ARCHIVE_RECORDS)];
	const struct metainfo_file *f;
	uint8_t *p, *leaves, root[HASH_LEN] = { 0 };
	size_t len;
	int rv = store_read(path, (size_t)1 << 30, &p, &len);

	*why = rv == SP_ERR_TOOBIG || rv == SP_ERR_NOMEM ? sp_strerror(rv)
							 : strerror(errno);
	if (rv < 0)
		return false;
	snprintf(file, sizeof(file), "%s" ARCHIVE_RECORDS, t->stem);
	f = archive_torrent_find(t, file);
	leaves = malloc(hash_leaf_count(len) * HASH_LEN + 1);
	*why = "not the records of this torrent";
	if (leaves != NULL && len > 0) {
		hash_leaves(leaves, p, len);
		hash_tree_root(root, leaves, hash_leaf_count(len));
	}
	free(leaves);
	free(p);
	/* Version 1 has no root of it. */
	if (f != NULL && f->length == len && t->m.version == METAINFO_V1)
		return true;
	return f != NULL && f->length == len && f->root != NULL &&
	       memcmp(f->root, root, HASH_LEN) == 0;
}

static bool
load_records(struct archive_span *out, const struct archive_torrent *t,
    const char *path, const uint8_t *pk, bool quiet)
{
	struct archive_want all = { .tracks = UINT32_MAX };
	char why[ARCHIVE_WHY];
	const char *no;

	if (!is_of_torrent(t, path, &no)) {
		if (!quiet)
			daemon_complain(path, no);
		return false;
	}
	if (archive_span_load(out, path, &all, pk, why) < 0) {
		if (!quiet)
			daemon_complain(path, why);
		return false;
	}
	if (archive_plan(out, t->stem) == 0)
		return true;
	archive_span_fini(out);
	return false;
}

bool
archive_torrent_records(struct archive_span *out,
    const struct archive_torrent *t, const char *torrent, const char *path,
    const uint8_t *pk, bool quiet)
{
	char *found = NULL;
	bool ok;

	if (t->stem == NULL) {
		if (!quiet)
			daemon_complain(torrent, "not made by spate-archive");
		return false;
	}
	if (path == NULL)
		path = found = records_path(t, torrent);
	ok = path != NULL && load_records(out, t, path, pk, quiet);
	free(found);
	return ok;
}
