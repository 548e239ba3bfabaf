#include "swarm/client/vod_save.h"

#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "io/store.h"
#include "wire/uri.h"

#define HEAD       "spate resume 1\n"
#define RESUME_MAX ((size_t)256 << 20)
#define MODE       0600

static int
resume_path(char *out, size_t size, const char *dir, const uint8_t id[20])
{
	char hex[41];
	int n;

	buf_hex(hex, id, 20);
	n = snprintf(out, size, "%s/.spate-%s", dir, hex);
	return n < 0 || (size_t)n >= size ? SP_ERR_TOOBIG : 0;
}

/* ---- saving ---- */

/* Size, time and path, so that they can be compared without the torrent. */
static void
put_stamp(struct sp_buf *b, const char *dir, const char *path)
{
	char full[PATH_MAX];
	struct stat st;
	int n = snprintf(full, sizeof(full), "%s/%s", dir, path);

	if (n < 0 || (size_t)n >= sizeof(full) || lstat(full, &st) < 0)
		memset(&st, 0, sizeof(st));
	buf_put_dec(b, (int64_t)st.st_size);
	buf_put_u8(b, ' ');
	buf_put_dec(b, (int64_t)st.st_mtim.tv_sec * SP_S + st.st_mtim.tv_nsec);
	buf_put_u8(b, ' ');
	uri_put_escaped(b, path, strlen(path));
	buf_put_u8(b, '\n');
}

int
vod_save_store(const char *dir, const struct lt_info *info, const void *p,
    size_t len)
{
	char path[PATH_MAX];
	struct sp_buf b;
	size_t i, n = 0;
	int rv;

	if ((rv = resume_path(path, sizeof(path), dir, info->id)) < 0)
		return rv;
	buf_init(&b, io_mem(), RESUME_MAX);
	for (i = 0; i < info->n_files; i++)
		n += !info->files[i].pad;
	buf_put_str(&b, HEAD);
	buf_put_dec(&b, (int64_t)n);
	buf_put_u8(&b, '\n');
	for (i = 0; i < info->n_files; i++)
		if (!info->files[i].pad)
			put_stamp(&b, dir, info->files[i].path);
	buf_put(&b, p, len);
	rv = b.err < 0 ? b.err : store_write(path, b.p, b.len, MODE);
	buf_fini(&b);
	return rv;
}

/* ---- loading ---- */

struct cursor {
	const char *p, *end;
};

/* The number up to |stop|, which is skipped. */
static int
get_number(struct cursor *c, char stop, uint64_t *out)
{
	const char *e = memchr(c->p, stop, (size_t)(c->end - c->p));
	int rv;

	if (e == NULL)
		return SP_ERR_SYNTAX;
	rv = uri_get_u64(out, c->p, (size_t)(e - c->p), INT64_MAX);
	c->p = e + 1;
	return rv;
}

/* 1: the file is as it was. */
static int
get_stamp(struct cursor *c, const char *dir)
{
	char path[PATH_MAX], full[2 * PATH_MAX];
	uint64_t size, ns;
	struct stat st;
	const char *e;
	int n;

	if (get_number(c, ' ', &size) < 0 || get_number(c, ' ', &ns) < 0 ||
	    (e = memchr(c->p, '\n', (size_t)(c->end - c->p))) == NULL)
		return SP_ERR_SYNTAX;
	n = uri_unescape(path, sizeof(path) - 1, c->p, (size_t)(e - c->p),
	    false);
	c->p = e + 1;
	if (n < 0)
		return SP_ERR_SYNTAX;
	path[n] = '\0';
	snprintf(full, sizeof(full), "%s/%s", dir, path);
	if (lstat(full, &st) < 0)
		memset(&st, 0, sizeof(st));
	return (uint64_t)st.st_size == size &&
	       (uint64_t)(st.st_mtim.tv_sec * SP_S + st.st_mtim.tv_nsec) == ns;
}

/* Where libtorrent's bytes begin; 0: as saved, SP_ERR_STALE. */
static int
get_stamps(struct cursor *c, const char *dir)
{
	const size_t head = strlen(HEAD);
	bool same = true;
	uint64_t i, n;
	int rv;

	if ((size_t)(c->end - c->p) < head || memcmp(c->p, HEAD, head) != 0)
		return SP_ERR_SYNTAX;
	c->p += head;
	if (get_number(c, '\n', &n) < 0)
		return SP_ERR_SYNTAX;
	for (i = 0; i < n; i++) {
		if ((rv = get_stamp(c, dir)) < 0)
			return rv;
		same &= rv == 1;
	}
	return same ? 0 : SP_ERR_STALE;
}

int
vod_save_load(const char *dir, const uint8_t id[20], uint8_t **out, size_t *len)
{
	char path[PATH_MAX];
	struct cursor c;
	uint8_t *p;
	size_t n;
	int rv;

	*out = NULL;
	*len = 0;
	if ((rv = resume_path(path, sizeof(path), dir, id)) < 0 ||
	    (rv = store_read(path, RESUME_MAX, &p, &n)) < 0)
		return rv;
	c = (struct cursor){ (const char *)p, (const char *)p + n };
	rv = get_stamps(&c, dir);
	if (rv < 0 && rv != SP_ERR_STALE) {
		free(p);
		return rv;
	}
	n = (size_t)(c.end - c.p);
	memmove(p, c.p, n);
	*out = p;
	*len = n;
	return rv;
}

/* ---- directories ---- */

int64_t
vod_save_space(const char *dir)
{
	struct statvfs st;

	if (statvfs(dir, &st) < 0)
		return -1;
	return (int64_t)SP_MIN((uint64_t)st.f_bavail * st.f_frsize,
	    (uint64_t)INT64_MAX);
}

int
vod_save_temp(char *out, size_t size)
{
	const char *base = getenv("TMPDIR");
	int n;

	if (base == NULL || base[0] != '/')
		base = "/var/tmp";
	n = snprintf(out, size, "%s/spate-XXXXXX", base);
	if (n < 0 || (size_t)n >= size)
		return SP_ERR_TOOBIG;
	return mkdtemp(out) == NULL ? SP_ERR_IO : 0;
}

static int
remove_one(const char *path, const struct stat *st SP_UNUSED,
    int kind SP_UNUSED, struct FTW *f SP_UNUSED)
{
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

int
vod_save_remove(const char *dir)
{
	return nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0 ? SP_ERR_IO
								   : 0;
}
