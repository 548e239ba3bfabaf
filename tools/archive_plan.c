#include "tools/archive_plan.h"

#include "io/loop.h"
#include "wire/uri.h"

#define SMALL_MAX ((size_t)1 << 30)

bool
archive_is_stem(const char *s, size_t len)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (len == 0 || len > ARCHIVE_STEM_MAX || s[0] == '.' || s[0] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (memchr(ok, s[i], sizeof(ok) - 1) == NULL)
			return false;
	return true;
}

static bool
is_init(const struct record *r)
{
	return r->track >= LIM_TRACK_INIT;
}

/* ---- paths -------------------------------------------------------------- */

/* Names in torrents are UTF-8; overlong forms and surrogates are none. */
static bool
is_utf8(const uint8_t *s, size_t len)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	uint32_t c;
	unsigned n;

	for (size_t i = 0; i < len;) {
		c = s[i];
		n = c < 0x80 ? 0 : c >> 5 == 6 ? 1 : c >> 4 == 14 ? 2 : 3;
		if (n == 3 && c >> 3 != 30)
			return false;
		c &= n == 0 ? 0x7f : 0x3fu >> n;
		if (len - i <= n)
			return false;
		for (unsigned k = 1; k <= n; k++) {
			if (s[i + k] >> 6 != 2)
				return false;
			c = c << 6 | (s[i + k] & 0x3f);
		}
		if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			return false;
		i += n + 1;
	}
	return true;
}

/* What follows "t" and digits, NULL if that does not stand at |s|. */
static const char *
after_track(const char *s)
{
	size_t n = *s == 't' ? strspn(s + 1, "0123456789") : 0;

	return n > 0 ? s + 1 + n : NULL;
}

/* A name of ours, or in the folder of padding files. |s| ends with a NUL. */
static bool
is_taken(const char *s, const char *stem)
{
	size_t n = strlen(stem);

	if (strncmp(s, ".pad", 4) == 0 && (s[4] == '\0' || s[4] == '/'))
		return true;
	if (strncmp(s, stem, n) != 0)
		return false;
	s += n;
	if (*s == '\0' || strcmp(s, ARCHIVE_PLAYLIST) == 0 ||
	    strcmp(s, ARCHIVE_RECORDS) == 0)
		return true;
	return (*s == '/' || *s == '-') && after_track(s + 1) != NULL;
}

/* The path of a URI below the origin, malloc-ed; NULL: it has none. */
static char *
path_of(const struct record *r, const char *stem)
{
	const char *end = memchr(r->uri, '?', r->uri_len);
	size_t len = end != NULL ? (size_t)(end - r->uri) : r->uri_len;
	struct metainfo_text path;
	char *out;
	int n;

	if (r->absolute || r->has_range || len == 0)
		return NULL;
	out = malloc(len + 1);
	if (out == NULL)
		return NULL;
	n = uri_unescape(out, len, r->uri, len, false);
	path.p = out;
	path.len = n > 0 ? (size_t)n : 0;
	if (!metainfo_is_path(&path) ||
	    !is_utf8((const uint8_t *)out, path.len)) {
		free(out);
		return NULL;
	}
	/* No NUL is in it: that is a control byte. */
	out[path.len] = '\0';
	if (!is_taken(out, stem))
		return out;
	free(out);
	return NULL;
}

static const char *
extension(const struct record *r, char out[9])
{
	const char *end =
	    r->uri_len > 0 ? memchr(r->uri, '?', r->uri_len) : NULL;
	size_t len = end != NULL ? (size_t)(end - r->uri) : r->uri_len, n;

	for (n = 0; n < len && n < 8; n++) {
		char c = r->uri[len - 1 - n];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
			break;
	}
	if (n == 0 || n == len || r->uri[len - 1 - n] != '.')
		return "bin";
	memcpy(out, r->uri + len - n, n);
	out[n] = '\0';
	return out;
}

static int
own_place(struct archive_piece *a, const char *stem)
{
	const struct record *r = &a->e.rec;
	unsigned track = is_init(r) ? r->track - LIM_TRACK_INIT : r->track;
	char path[ARCHIVE_STEM_MAX + 64], ext[9];

	snprintf(path, sizeof(path), "%s/t%u/%s%" PRIu64 ".%s", stem, track,
	    is_init(r) ? "i" : "", r->number, extension(r, ext));
	free(a->path);
	a->own = true;
	a->path = strdup(path);
	return a->path != NULL ? 0 : SP_ERR_NOMEM;
}

/* ---- who is where ------------------------------------------------------- */

struct slot {
	const struct archive_piece *a;
	size_t i;
};

static int
by_path(const void *x, const void *y)
{
	const struct slot *a = x, *b = y;
	struct metainfo_text p = { a->a->path, strlen(a->a->path) };
	struct metainfo_text q = { b->a->path, strlen(b->a->path) };
	int c = metainfo_compare(&p, &q);

	return c != 0 ? c : a->i < b->i ? -1 : a->i > b->i;
}

/* |dir| with a slash is how |path| begins. */
static bool
is_below(const char *dir, const char *path)
{
	size_t n = strlen(dir);

	return strncmp(dir, path, n) == 0 && path[n] == '/';
}

static bool
same_bytes(const struct archive_piece *a, const struct archive_piece *b)
{
	return a->e.rec.length == b->e.rec.length &&
	       memcmp(a->e.rec.root, b->e.rec.root, HASH_LEN) == 0;
}

/*
 * Pieces of one path stand together, oldest first: the newest has it, and those
 * with the same bytes share it. What is below a path that is a file has to go.
 */
static int
settle_group(struct archive_span *s, const struct slot *v, size_t n,
    const char *above, const char *stem)
{
	const struct archive_piece *last = v[n - 1].a;
	bool in_way = above != NULL && is_below(above, last->path);
	size_t first = SIZE_MAX;
	int rv = 0;

	for (size_t k = 0; k < n && rv == 0; k++) {
		struct archive_piece *a = &s->v[v[k].i];

		if (in_way || !same_bytes(a, last)) {
			rv = own_place(a, stem);
			continue;
		}
		if (first == SIZE_MAX)
			first = v[k].i;
		a->same = first;
	}
	return rv;
}

static int
settle(struct archive_span *s, struct slot *v, size_t n, const char *stem)
{
	char *above = NULL; /* the last path that is a file */
	size_t i, k;
	int rv = 0;

	qsort(v, n, sizeof(*v), by_path);
	for (i = 0; i < n && rv == 0; i = k) {
		for (k = i + 1; k < n; k++)
			if (strcmp(v[k].a->path, v[i].a->path) != 0)
				break;
		rv = settle_group(s, v + i, k - i, above, stem);
		/* It stays what it is for all that is below it. */
		if (rv == 0 && !v[k - 1].a->own)
			above = v[k - 1].a->path;
	}
	return rv;
}

/* Marks init pieces that some piece names. */
static bool
is_needed(const struct archive_span *s, const struct record *init)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct record *r = &s->v[i].e.rec;

		if (r->track == init->track - LIM_TRACK_INIT &&
		    r->init == init->number)
			return true;
	}
	return false;
}

int
archive_plan(struct archive_span *s, const char *stem)
{
	struct slot *v = calloc(s->n + 1, sizeof(*v));
	size_t n = 0;
	int rv = v != NULL ? 0 : SP_ERR_NOMEM;

	for (size_t i = 0; i < s->n && rv == 0; i++) {
		struct archive_piece *a = &s->v[i];
		const struct record *r = &a->e.rec;

		a->same = i;
		if (r->length == 0 || (is_init(r) && !is_needed(s, r)))
			continue;
		a->path = path_of(r, stem);
		if (a->path != NULL)
			v[n++] = (struct slot){ a, i };
		else
			rv = own_place(a, stem);
	}
	if (rv == 0)
		rv = settle(s, v, n, stem);
	free(v);
	return rv;
}

static int
by_name(const void *x, const void *y)
{
	const struct archive_piece *const *a = x, *const *b = y;

	return strcmp((*a)->path, (*b)->path);
}

int
archive_index(const struct archive_piece ***out, const struct archive_span *s)
{
	const struct archive_piece **v = calloc(s->n + 1, sizeof(*v));
	size_t n = 0;

	if (v == NULL)
		return SP_ERR_NOMEM;
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].path != NULL && s->v[i].same == i)
			v[n++] = &s->v[i];
	qsort(v, n, sizeof(*v), by_name);
	*out = v;
	return (int)n;
}

const struct archive_piece *
archive_find(const struct archive_piece **v, size_t n,
    const struct metainfo_text *path)
{
	size_t low = 0, high = n, mid;
	int c;

	while (low < high) {
		mid = low + (high - low) / 2;
		c = strncmp(v[mid]->path, path->p, path->len);
		if (c == 0)
			c = v[mid]->path[path->len] != '\0';
		if (c == 0)
			return v[mid];
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const char *
archive_lost(const struct archive_span *s, const struct archive_piece *a)
{
	return a->path != NULL ? s->v[a->same].lost : NULL;
}

/* ---- files -------------------------------------------------------------- */

int
archive_records(struct sp_buf *b, const struct archive_span *s)
{
	buf_put(b, s->manifest, s->manifest_len);
	for (size_t i = 0; i < s->n; i++)
		buf_put(b, s->v[i].env, s->v[i].len);
	return b->err;
}

size_t
archive_tracks(const struct archive_span *s, uint8_t out[LIM_TRACKS])
{
	uint32_t set = 0;
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (!is_init(&s->v[i].e.rec))
			set |= UINT32_C(1) << s->v[i].e.rec.track;
	for (uint8_t t = 0; t < LIM_TRACKS; t++)
		if (set >> t & 1)
			out[n++] = t;
	return n;
}

static int
hash_small(struct archive_small *f)
{
	if (f->text.err != 0)
		return f->text.err;
	f->leaves = malloc(hash_leaf_count(f->text.len) * HASH_LEN + 1);
	if (f->leaves == NULL)
		return SP_ERR_NOMEM;
	hash_leaves(f->leaves, f->text.p, f->text.len);
	hash_tree_root(f->root, f->leaves, hash_leaf_count(f->text.len));
	return 0;
}

static struct archive_small *
next_small(struct archive_small *v, int *n, const char *stem)
{
	struct archive_small *f = &v[(*n)++];

	buf_init(&f->text, io_mem(), SMALL_MAX);
	snprintf(f->path, sizeof(f->path), "%s", stem);
	return f;
}

static void
put_suffix(struct archive_small *f, const char *suffix)
{
	size_t n = strlen(f->path);

	snprintf(f->path + n, sizeof(f->path) - n, "%s", suffix);
}

int
archive_small(struct archive_small out[ARCHIVE_SMALL],
    const struct archive_span *s, const char *stem)
{
	struct archive_small *f;
	uint8_t ids[LIM_TRACKS];
	size_t tracks = archive_tracks(s, ids);
	char suffix[16];
	int n = 0, rv = 0;

	memset(out, 0, ARCHIVE_SMALL * sizeof(*out));
	if (tracks == 0)
		return SP_ERR_NOTFOUND;
	for (size_t i = 0; i < tracks; i++) {
		f = next_small(out, &n, stem);
		snprintf(suffix, sizeof(suffix), "-t%u" ARCHIVE_PLAYLIST,
		    ids[i]);
		put_suffix(f, tracks > 1 ? suffix : ARCHIVE_PLAYLIST);
		(void)archive_media_list(&f->text, s, ids[i]);
	}
	if (tracks > 1) {
		f = next_small(out, &n, stem);
		put_suffix(f, ARCHIVE_PLAYLIST);
		(void)archive_master_list(&f->text, s, stem);
	}
	f = next_small(out, &n, stem);
	put_suffix(f, ARCHIVE_RECORDS);
	(void)archive_records(&f->text, s);
	for (int i = 0; i < n && rv == 0; i++)
		rv = hash_small(&out[i]);
	if (rv < 0)
		archive_small_fini(out, n);
	return rv < 0 ? rv : n;
}

void
archive_small_fini(struct archive_small *v, int n)
{
	for (int i = 0; i < n; i++) {
		buf_fini(&v[i].text);
		free(v[i].leaves);
		free(v[i].sha1);
	}
}

static int
by_tree(const void *x, const void *y)
{
	const struct metainfo_file *a = x, *b = y;

	return metainfo_compare(&a->path, &b->path);
}

int
archive_files(struct metainfo_file **out, const struct archive_span *s,
    const struct archive_small *small, int n_small)
{
	size_t max = s->n + (size_t)n_small, n = 0;
	struct metainfo_file *v = calloc(max, sizeof(*v));

	if (v == NULL)
		return SP_ERR_NOMEM;
	for (int i = 0; i < n_small; i++, n++) {
		v[n].path.p = small[i].path;
		v[n].path.len = strlen(small[i].path);
		v[n].length = small[i].text.len;
		v[n].root = small[i].root;
		v[n].leaves = small[i].leaves;
		v[n].sha1 = small[i].sha1;
	}
	for (size_t i = 0; i < s->n; i++) {
		const struct archive_piece *a = &s->v[i];

		if (a->path == NULL || a->same != i || a->lost != NULL)
			continue;
		v[n].path.p = a->path;
		v[n].path.len = strlen(a->path);
		v[n].length = a->e.rec.length;
		v[n].root = a->e.rec.root;
		v[n].leaves = a->e.leaves;
		v[n].sha1 = a->sha1;
		n++;
	}
	if (n > LIM_METAINFO_FILES) {
		free(v);
		return SP_ERR_TOOBIG;
	}
	qsort(v, n, sizeof(*v), by_tree);
	*out = v;
	return (int)n;
}
