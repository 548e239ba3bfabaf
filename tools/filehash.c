#include "tools/filehash.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/loop.h"

struct filehash {
	const struct fileset *set;
	unsigned version;
	uint32_t piece;
	struct metainfo_file *files; /* as the torrent has them */
	uint8_t *hashes;             /* roots and layers */
	uint8_t *sha1;               /* of all pieces */
	size_t n_sha1;
	uint8_t *leaves; /* of a piece */
	/* at work */
	size_t i;        /* file */
	size_t n_hashes; /* layers of those before, in hashes */
	uint64_t at;     /* in it */
	uint8_t *p;      /* a piece */
	size_t len;      /* of it; of version 1 alone it goes over files */
	int fd;          /* -1: not open */
	uint64_t done;
};

static bool
has_v1(const struct filehash *h)
{
	return (h->version & METAINFO_V1) != 0;
}

static bool
has_v2(const struct filehash *h)
{
	return (h->version & METAINFO_V2) != 0;
}

/* ---- making ---- */

static uint64_t
count_pieces(const struct fileset *s, uint32_t piece, bool aligned)
{
	uint64_t n = 0;

	if (!aligned)
		return metainfo_pieces(s->total, piece);
	for (size_t i = 0; i < s->n; i++)
		n += metainfo_pieces(s->files[i].length, piece);
	return n;
}

/*
 * About four thousand. Padding of hybrids is fetched by clients that do not
 * know it, so pieces are shorter where files are many.
 */
static uint32_t
choose_piece(const struct fileset *s, unsigned version)
{
	bool aligned = (version & METAINFO_V2) != 0;
	uint32_t p = 1u << 16, max = 1u << 22;

	if (version == METAINFO_HYBRID && s->n > 1)
		max = (uint32_t)SP_CLAMP(s->total / s->n / 8, 1u << 18, max);
	while (p * 2 <= max && count_pieces(s, p, aligned) > 4096)
		p *= 2;
	return p;
}

/* Where each file's root and layer will stand. */
static int
make_tables(struct filehash *h)
{
	const struct fileset *s = h->set;
	uint64_t n = count_pieces(s, h->piece, has_v2(h));

	if (n * (HASH_LEN + HASH_SHA1_LEN) > LIM_METAINFO)
		return SP_ERR_TOOBIG;
	h->files = calloc(s->n, sizeof(*h->files));
	h->hashes = calloc((size_t)n + s->n + 1, HASH_LEN);
	h->sha1 = calloc((size_t)n + 1, HASH_SHA1_LEN);
	h->leaves = calloc(h->piece / LIM_BLOCK + 1, HASH_LEN);
	h->p = malloc(h->piece);
	if (h->files == NULL || h->hashes == NULL || h->sha1 == NULL ||
	    h->leaves == NULL || h->p == NULL)
		return SP_ERR_NOMEM;
	for (size_t i = 0; i < s->n; i++) {
		h->files[i].path.p = s->files[i].path;
		h->files[i].path.len = strlen(s->files[i].path);
		h->files[i].length = s->files[i].length;
	}
	return 0;
}

int
filehash_new(struct filehash **out, const struct fileset *set,
    const struct filehash_conf *conf)
{
	struct filehash *h = calloc(1, sizeof(*h));
	int rv;

	*out = NULL;
	if (h == NULL)
		return SP_ERR_NOMEM;
	h->set = set;
	h->fd = -1;
	h->version = conf->version;
	h->piece = conf->piece_length != 0 ? conf->piece_length
					   : choose_piece(set, conf->version);
	if ((rv = make_tables(h)) < 0) {
		filehash_free(h);
		return rv;
	}
	*out = h;
	return 0;
}

void
filehash_free(struct filehash *h)
{
	if (h == NULL)
		return;
	if (h->fd >= 0)
		close(h->fd);
	free(h->files);
	free(h->hashes);
	free(h->sha1);
	free(h->leaves);
	free(h->p);
	free(h);
}

uint64_t
filehash_done(const struct filehash *h)
{
	return h->done;
}

/* ---- hashing ---- */

/* The piece of version 1 in h->p. |pad|: it is filled up with zeros. */
static int
sha1_piece(struct filehash *h, bool pad)
{
	uint8_t *out = h->sha1 + h->n_sha1++ * HASH_SHA1_LEN;

	return metainfo_sha1(out, h->p, h->len, h->piece, pad);
}

/* The piece of a file in h->p, where files begin at pieces. */
static int
hash_piece(struct filehash *h)
{
	const struct metainfo_file *f = &h->files[h->i];
	size_t n = hash_leaf_count(h->len);
	uint8_t *out = h->hashes + h->n_hashes++ * HASH_LEN;
	int rv = 0;

	hash_leaves(h->leaves, h->p, h->len);
	if (f->length <= h->piece)
		hash_tree_root(out, h->leaves, n);
	else
		hash_tree_span(out, h->leaves, n, metainfo_level(h->piece));
	if (has_v1(h))
		rv = sha1_piece(h, h->i + 1 < h->set->n);
	h->len = 0;
	return rv;
}

/* All pieces of a file are there: its root, its layer. */
static void
end_of_file(struct filehash *h)
{
	struct metainfo_file *f = &h->files[h->i];
	uint64_t n = metainfo_pieces(f->length, h->piece);
	uint8_t *first = h->hashes + (h->n_hashes - (size_t)n) * HASH_LEN;

	f->root = first;
	if (f->length > h->piece) {
		uint8_t *root = h->hashes + h->n_hashes++ * HASH_LEN;

		f->layer = first;
		f->root = root;
		hash_tree_above(root, first, (size_t)n,
		    metainfo_level(h->piece));
	}
	if (has_v1(h))
		f->sha1 = h->sha1 + (h->n_sha1 - (size_t)n) * HASH_SHA1_LEN;
}

/* ---- reading ---- */

static int
fail(struct filehash *h, int err, const char *what, char *why)
{
	char path[PATH_MAX];

	if (fileset_path(h->set, h->i, path, sizeof(path)) < 0)
		snprintf(path, sizeof(path), "%s", h->set->name);
	snprintf(why, FILESET_WHY_MAX, "%.300s: %s", path, what);
	return err;
}

static bool
is_as_it_was(const struct filehash *h)
{
	const struct fileset_file *f = &h->set->files[h->i];
	struct stat st;

	return fstat(h->fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       (uint64_t)st.st_size == f->length &&
	       (int64_t)st.st_mtim.tv_sec * SP_S + st.st_mtim.tv_nsec ==
		   f->mtime_ns;
}

static int
open_file(struct filehash *h, char *why)
{
	char path[PATH_MAX];

	if (fileset_path(h->set, h->i, path, sizeof(path)) < 0)
		return fail(h, SP_ERR_TOOBIG, "the path is too long", why);
	h->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (h->fd < 0)
		return fail(h, SP_ERR_IO, strerror(errno), why);
	if (!is_as_it_was(h))
		return fail(h, SP_ERR_STALE, "has changed", why);
	return 0;
}

/* Some bytes of the file into the piece. */
static int
read_some(struct filehash *h, char *why)
{
	uint64_t left = h->set->files[h->i].length - h->at;
	size_t want = (size_t)SP_MIN(left, h->piece - h->len);
	ssize_t n;

	if (h->fd < 0) {
		int rv = open_file(h, why);

		if (rv < 0)
			return rv;
	}
	n = want > 0 ? read(h->fd, h->p + h->len, want) : 0;
	if (n < 0)
		return fail(h, SP_ERR_IO, strerror(errno), why);
	if (n == 0 && want > 0)
		return fail(h, SP_ERR_STALE, "is shorter than it was", why);
	h->at += (uint64_t)n;
	h->len += (size_t)n;
	h->done += (uint64_t)n;
	return 0;
}

/* The file has been read. */
static int
next_file(struct filehash *h, char *why)
{
	bool same = is_as_it_was(h);

	close(h->fd);
	h->fd = -1;
	if (!same)
		return fail(h, SP_ERR_STALE, "changed while it was read", why);
	if (has_v2(h))
		end_of_file(h);
	h->at = 0;
	h->i++;
	return 0;
}

static int
step(struct filehash *h, char *why)
{
	bool at_end;
	int rv;

	if ((rv = read_some(h, why)) < 0)
		return rv;
	at_end = h->at == h->set->files[h->i].length;
	if (has_v2(h)) {
		if (h->len > 0 && (h->len == h->piece || at_end))
			rv = hash_piece(h);
	} else if (h->len == h->piece ||
		   (at_end && h->i + 1 == h->set->n && h->len > 0)) {
		rv = sha1_piece(h, false);
		h->len = 0;
	}
	if (rv < 0)
		return fail(h, rv, "no SHA-1 here", why);
	return at_end ? next_file(h, why) : 0;
}

int
filehash_step(struct filehash *h, size_t bytes, char why[FILESET_WHY_MAX])
{
	uint64_t until = h->done + bytes;
	int rv = 0;

	while (rv == 0 && h->i < h->set->n && h->done < until)
		rv = step(h, why);
	return rv < 0 ? rv : h->i == h->set->n;
}

/* ---- the torrent ---- */

int
filehash_write(struct filehash *h, struct sp_buf *b, struct metainfo *about)
{
	struct metainfo got;
	size_t from = b->len;
	const char *why;
	int rv;

	about->version = h->version;
	about->piece_length = h->piece;
	about->name =
	    (struct metainfo_text){ h->set->name, strlen(h->set->name) };
	about->files = h->files;
	about->n_files = h->set->n;
	about->pieces = has_v2(h) ? NULL : h->sha1;
	about->n_pieces = has_v2(h) ? 0 : h->n_sha1;
	if ((rv = metainfo_write(b, about, NULL)) < 0)
		return rv;
	/* the hashes as who reads it has them */
	rv = metainfo_read(&got, io_mem(), b->p + from, b->len - from, &why);
	if (rv < 0)
		return rv;
	memcpy(about->v1, got.v1, sizeof(got.v1));
	memcpy(about->v2, got.v2, sizeof(got.v2));
	metainfo_fini(&got);
	return 0;
}
