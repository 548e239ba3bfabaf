#include "wire/metainfo.h"

#include "wire/bencode.h"
#include "wire/uri.h"

#define ZEROS ((size_t)65536) /* padding is hashed in parts of that */

/* ---- paths -------------------------------------------------------------- */

/* '/' ends a component, so it comes before all that may go on. */
static int
rank(char c)
{
	return c == '/' ? 0 : (uint8_t)c;
}

int
metainfo_compare(const struct metainfo_text *a, const struct metainfo_text *b)
{
	size_t n = SP_MIN(a->len, b->len);

	for (size_t i = 0; i < n; i++)
		if (a->p[i] != b->p[i])
			return rank(a->p[i]) < rank(b->p[i]) ? -1 : 1;
	return a->len < b->len ? -1 : a->len > b->len;
}

static bool
is_component(const char *s, size_t len)
{
	if (len == 0 || len > METAINFO_NAME || !uri_is_text(s, len))
		return false;
	if (memchr(s, '/', len) != NULL || memchr(s, '\\', len) != NULL)
		return false;
	return !(s[0] == '.' && (len == 1 || (len == 2 && s[1] == '.')));
}

/* End of the component that starts at |at|. */
static size_t
component(const struct metainfo_text *path, size_t at)
{
	const char *slash = memchr(path->p + at, '/', path->len - at);

	return slash != NULL ? (size_t)(slash - path->p) : path->len;
}

bool
metainfo_is_path(const struct metainfo_text *path)
{
	size_t at = 0, end, depth = 0;

	if (path->len == 0 || path->len > LIM_METAINFO_PATH)
		return false;
	for (; at <= path->len; at = end + 1) {
		end = component(path, at);
		if (++depth > METAINFO_DEPTH ||
		    !is_component(path->p + at, end - at))
			return false;
	}
	return true;
}

/* ---- hashes ------------------------------------------------------------- */

uint64_t
metainfo_pieces(uint64_t length, uint32_t piece_length)
{
	return length / piece_length + (length % piece_length != 0);
}

unsigned
metainfo_level(uint32_t piece_length)
{
	unsigned level = 0;

	while ((uint64_t)LIM_BLOCK << level < piece_length)
		level++;
	return level;
}

int
metainfo_sha1(uint8_t out[HASH_SHA1_LEN], const uint8_t *p, size_t len,
    uint32_t piece_length, bool pad)
{
	static const uint8_t zeros[ZEROS];
	struct hash_span v[2 + METAINFO_PIECE_MAX / ZEROS];
	size_t n = 1, left = pad && len < piece_length ? piece_length - len : 0;

	v[0] = (struct hash_span){ p, len };
	for (; left > 0 && n < SP_LEN(v); n++) {
		v[n] = (struct hash_span){ zeros, SP_MIN(left, ZEROS) };
		left -= v[n].len;
	}
	return left > 0 ? SP_ERR_ARG : hash_sha1v(out, v, n);
}

/* ---- writing ------------------------------------------------------------ */

static void
put_text(struct sp_buf *b, const struct metainfo_text *t)
{
	bencode_put_str(b, t->p, t->len);
}

static void
put_root(struct sp_buf *b, const struct metainfo_file *f)
{
	bencode_put_cstr(b, "");
	bencode_put_dict(b);
	bencode_put_cstr(b, "length");
	bencode_put_int(b, (int64_t)f->length);
	if (f->length > 0) {
		bencode_put_cstr(b, "pieces root");
		bencode_put_str(b, f->root, HASH_LEN);
	}
	bencode_put_end(b);
}

/* Where the directories that |a| and |b| share end: 0, or past a '/'. */
static size_t
shared(const struct metainfo_text *a, const struct metainfo_text *b)
{
	size_t i, at = 0;

	for (i = 0; i < a->len && i < b->len && a->p[i] == b->p[i]; i++)
		if (a->p[i] == '/')
			at = i + 1;
	return at;
}

static void
close_dirs(struct sp_buf *b, const struct metainfo_text *path, size_t at)
{
	for (; at < path->len; at++)
		if (path->p[at] == '/')
			bencode_put_end(b);
}

static void
put_tree(struct sp_buf *b, const struct metainfo *m)
{
	static const struct metainfo_text none = { "", 0 };
	const struct metainfo_text *path, *last = &none;
	size_t at, end;

	bencode_put_dict(b);
	for (size_t i = 0; i < m->n_files; i++) {
		path = &m->files[i].path;
		at = shared(last, path);
		close_dirs(b, last, at);
		for (; at <= path->len; at = end + 1) {
			end = component(path, at);
			bencode_put_str(b, path->p + at, end - at);
			bencode_put_dict(b);
		}
		put_root(b, &m->files[i]);
		bencode_put_end(b);
		last = path;
	}
	close_dirs(b, last, 0);
	bencode_put_end(b);
}

static void
put_v1_path(struct sp_buf *b, const struct metainfo_text *path)
{
	size_t at, end;

	bencode_put_cstr(b, "path");
	bencode_put_list(b);
	for (at = 0; at <= path->len; at = end + 1) {
		end = component(path, at);
		bencode_put_str(b, path->p + at, end - at);
	}
	bencode_put_end(b);
}

static void
put_padding(struct sp_buf *b, uint64_t len)
{
	char digits[24];
	struct sp_buf name;

	bencode_put_dict(b);
	bencode_put_cstr(b, "attr");
	bencode_put_cstr(b, "p");
	bencode_put_cstr(b, "length");
	bencode_put_int(b, (int64_t)len);
	bencode_put_cstr(b, "path");
	bencode_put_list(b);
	bencode_put_cstr(b, ".pad");
	buf_wrap(&name, digits, sizeof(digits));
	buf_put_dec(&name, (int64_t)len);
	bencode_put_str(b, name.p, name.len);
	bencode_put_end(b);
	bencode_put_end(b);
}

static bool
is_single(const struct metainfo *m)
{
	return m->n_files == 1 &&
	       metainfo_compare(&m->files[0].path, &m->name) == 0;
}

static void
put_v1_files(struct sp_buf *b, const struct metainfo *m)
{
	uint64_t over;

	if (is_single(m))
		return;
	bencode_put_cstr(b, "files");
	bencode_put_list(b);
	for (size_t i = 0; i < m->n_files; i++) {
		const struct metainfo_file *f = &m->files[i];

		bencode_put_dict(b);
		bencode_put_cstr(b, "length");
		bencode_put_int(b, (int64_t)f->length);
		put_v1_path(b, &f->path);
		bencode_put_end(b);
		over =
		    m->version == METAINFO_V1 ? 0 : f->length % m->piece_length;
		if (over > 0 && i + 1 < m->n_files)
			put_padding(b, m->piece_length - over);
	}
	bencode_put_end(b);
}

static void
put_v1_pieces(struct sp_buf *b, const struct metainfo *m)
{
	uint64_t n = 0;

	for (size_t i = 0; i < m->n_files; i++)
		n += metainfo_pieces(m->files[i].length, m->piece_length);
	bencode_put_cstr(b, "pieces");
	if (m->version == METAINFO_V1) {
		bencode_put_str(b, m->pieces, m->n_pieces * HASH_SHA1_LEN);
		return;
	}
	buf_put_dec(b, (int64_t)(n * HASH_SHA1_LEN));
	buf_put_u8(b, ':');
	for (size_t i = 0; i < m->n_files; i++) {
		n = metainfo_pieces(m->files[i].length, m->piece_length);
		buf_put(b, m->files[i].sha1, (size_t)n * HASH_SHA1_LEN);
	}
}

static void
put_info(struct sp_buf *b, const struct metainfo *m)
{
	bool v1 = (m->version & METAINFO_V1) != 0;
	bool v2 = (m->version & METAINFO_V2) != 0;

	bencode_put_dict(b);
	if (v2) {
		bencode_put_cstr(b, "file tree");
		put_tree(b, m);
	}
	if (v1)
		put_v1_files(b, m);
	if (v1 && is_single(m)) {
		bencode_put_cstr(b, "length");
		bencode_put_int(b, (int64_t)m->files[0].length);
	}
	if (v2) {
		bencode_put_cstr(b, "meta version");
		bencode_put_int(b, 2);
	}
	bencode_put_cstr(b, "name");
	put_text(b, &m->name);
	bencode_put_cstr(b, "piece length");
	bencode_put_int(b, m->piece_length);
	if (v1)
		put_v1_pieces(b, m);
	if (m->private) {
		bencode_put_cstr(b, "private");
		bencode_put_int(b, 1);
	}
	bencode_put_end(b);
}

/* ---- layers ------------------------------------------------------------- */

static void
put_layer(struct sp_buf *b, const struct metainfo *m,
    const struct metainfo_file *f)
{
	unsigned level = metainfo_level(m->piece_length);
	uint64_t n = metainfo_pieces(f->length, m->piece_length);
	size_t leaves = hash_leaf_count(f->length), at, step;
	uint8_t node[HASH_LEN];

	bencode_put_str(b, f->root, HASH_LEN);
	buf_put_dec(b, (int64_t)(n * HASH_LEN));
	buf_put_u8(b, ':');
	if (f->layer != NULL) {
		buf_put(b, f->layer, (size_t)n * HASH_LEN);
		return;
	}
	for (at = 0; at < leaves; at += step) {
		step = SP_MIN(leaves - at, (size_t)1 << level);
		hash_tree_span(node, f->leaves + at * HASH_LEN, step, level);
		buf_put(b, node, HASH_LEN);
	}
}

static bool
has_layer(const struct metainfo *m, const struct metainfo_file *f)
{
	return f->length > m->piece_length;
}

static bool
sorts_before(const struct metainfo *m, size_t a, size_t b)
{
	return memcmp(m->files[a].root, m->files[b].root, HASH_LEN) < 0;
}

static void
sink(const struct metainfo *m, uint32_t *v, size_t at, size_t n)
{
	uint32_t x = v[at];
	size_t kid;

	for (; (kid = 2 * at + 1) < n; at = kid) {
		if (kid + 1 < n && sorts_before(m, v[kid], v[kid + 1]))
			kid++;
		if (!sorts_before(m, x, v[kid]))
			break;
		v[at] = v[kid];
	}
	v[at] = x;
}

/* Heapsort: indices of files by their roots. */
static void
sort_roots(const struct metainfo *m, uint32_t *v, size_t n)
{
	uint32_t top;

	for (size_t i = n / 2; i-- > 0;)
		sink(m, v, i, n);
	while (n > 1) {
		top = v[0];
		v[0] = v[--n];
		v[n] = top;
		sink(m, v, 0, n);
	}
}

static int
put_layers(struct sp_buf *b, const struct metainfo *m)
{
	uint32_t *v = mem_zalloc(b->mem, m->n_files, sizeof(*v));
	const uint8_t *last = NULL;
	size_t n = 0;

	if (v == NULL)
		return SP_ERR_NOMEM;
	for (size_t i = 0; i < m->n_files; i++)
		if (has_layer(m, &m->files[i]))
			v[n++] = (uint32_t)i;
	sort_roots(m, v, n);
	bencode_put_cstr(b, "piece layers");
	bencode_put_dict(b);
	for (size_t i = 0; i < n; i++) {
		const struct metainfo_file *f = &m->files[v[i]];

		/* Files of the same bytes share one. */
		if (last == NULL || memcmp(last, f->root, HASH_LEN) != 0)
			put_layer(b, m, f);
		last = f->root;
	}
	bencode_put_end(b);
	mem_free(b->mem, v);
	return b->err;
}

/* ---- checks ------------------------------------------------------------- */

static int
check_file(const struct metainfo *m, const struct metainfo_file *f)
{
	uint8_t root[HASH_LEN];

	if (!metainfo_is_path(&f->path) || f->length > INT64_MAX / 2)
		return SP_ERR_ARG;
	if (m->version == METAINFO_V1)
		return 0;
	if (f->length > 0 && f->root == NULL)
		return SP_ERR_ARG;
	if (f->length > 0 && m->version == METAINFO_HYBRID && f->sha1 == NULL)
		return SP_ERR_ARG;
	if (!has_layer(m, f) || f->layer != NULL)
		return 0;
	if (f->leaves == NULL)
		return SP_ERR_ARG;
	hash_tree_root(root, f->leaves, hash_leaf_count(f->length));
	return memcmp(root, f->root, HASH_LEN) == 0 ? 0 : SP_ERR_HASH;
}

/* |a| is the same as |b|, or a directory of it. */
static bool
is_in_way(const struct metainfo_text *a, const struct metainfo_text *b)
{
	return a->len <= b->len && memcmp(a->p, b->p, a->len) == 0 &&
	       (a->len == b->len || b->p[a->len] == '/');
}

static int
check_files(const struct metainfo *m, size_t *bad)
{
	const struct metainfo_text *last = NULL, *path;
	uint64_t total = 0;
	int rv;

	for (*bad = 0; *bad < m->n_files; ++*bad) {
		if ((rv = check_file(m, &m->files[*bad])) < 0)
			return rv;
		path = &m->files[*bad].path;
		if (last != NULL && is_in_way(last, path))
			return SP_ERR_EXISTS;
		if (last != NULL && metainfo_compare(last, path) > 0)
			return SP_ERR_ARG;
		last = path;
		total += m->files[*bad].length;
		if (total > INT64_MAX / 2)
			return SP_ERR_ARG;
	}
	if (m->version == METAINFO_V1 &&
	    (m->pieces == NULL ||
		metainfo_pieces(total, m->piece_length) != m->n_pieces))
		return SP_ERR_ARG;
	return 0;
}

static bool
is_url(const struct metainfo_text *t)
{
	return t->len > 0 && t->len <= LIM_URI && uri_is_text(t->p, t->len);
}

static int
check(const struct metainfo *m, size_t *bad)
{
	uint32_t p = m->piece_length;

	*bad = m->n_files;
	if (m->version == 0 || (m->version & ~METAINFO_HYBRID) ||
	    p < METAINFO_PIECE_MIN || p > METAINFO_PIECE_MAX ||
	    (p & (p - 1)) != 0 || m->created < 0)
		return SP_ERR_ARG;
	if (m->n_files == 0 || m->n_files > LIM_METAINFO_FILES ||
	    m->n_trackers > LIM_TRACKERS || m->n_seeds > LIM_ORIGINS ||
	    m->comment.len > LIM_METAINFO_PATH ||
	    m->created_by.len > LIM_METAINFO_PATH ||
	    !is_component(m->name.p, m->name.len))
		return SP_ERR_ARG;
	for (size_t i = 0; i < m->n_trackers; i++)
		if (!is_url(&m->trackers[i]))
			return SP_ERR_ARG;
	for (size_t i = 0; i < m->n_seeds; i++)
		if (!is_url(&m->seeds[i]))
			return SP_ERR_ARG;
	return check_files(m, bad);
}

/* ---- the whole ---------------------------------------------------------- */

static void
put_trackers(struct sp_buf *b, const struct metainfo *m)
{
	if (m->n_trackers == 0)
		return;
	bencode_put_cstr(b, "announce");
	put_text(b, &m->trackers[0]);
	if (m->n_trackers == 1)
		return;
	bencode_put_cstr(b, "announce-list");
	bencode_put_list(b);
	for (size_t i = 0; i < m->n_trackers; i++) {
		bencode_put_list(b);
		put_text(b, &m->trackers[i]);
		bencode_put_end(b);
	}
	bencode_put_end(b);
}

static void
put_about(struct sp_buf *b, const struct metainfo *m)
{
	if (m->comment.len > 0) {
		bencode_put_cstr(b, "comment");
		put_text(b, &m->comment);
	}
	if (m->created_by.len > 0) {
		bencode_put_cstr(b, "created by");
		put_text(b, &m->created_by);
	}
	if (m->created > 0) {
		bencode_put_cstr(b, "creation date");
		bencode_put_int(b, m->created);
	}
}

int
metainfo_write_info(struct sp_buf *b, const struct metainfo *m, size_t *bad)
{
	size_t file;
	int rv = check(m, bad != NULL ? bad : &file);

	if (rv < 0)
		return rv;
	put_info(b, m);
	return b->err;
}

int
metainfo_write(struct sp_buf *b, const struct metainfo *m, size_t *bad)
{
	size_t file;
	int rv = check(m, bad != NULL ? bad : &file);

	if (rv < 0)
		return rv;
	bencode_put_dict(b);
	put_trackers(b, m);
	put_about(b, m);
	bencode_put_cstr(b, "info");
	put_info(b, m);
	if ((m->version & METAINFO_V2) && (rv = put_layers(b, m)) < 0)
		return rv;
	if (m->n_seeds > 0) {
		bencode_put_cstr(b, "url-list");
		bencode_put_list(b);
		for (size_t i = 0; i < m->n_seeds; i++)
			put_text(b, &m->seeds[i]);
		bencode_put_end(b);
	}
	bencode_put_end(b);
	return b->err;
}

/* ---- the magnet link ---------------------------------------------------- */

static void
put_hex(struct sp_buf *b, const uint8_t *p, size_t len)
{
	char hex[2 * HASH_LEN + 1];

	buf_hex(hex, p, len);
	buf_put_str(b, hex);
}

static void
put_param(struct sp_buf *b, const char *key, const struct metainfo_text *t)
{
	buf_put_str(b, key);
	uri_put_escaped(b, t->p, t->len);
}

void
metainfo_magnet(struct sp_buf *b, const struct metainfo *m)
{
	buf_put_str(b, "magnet:?");
	if (m->version & METAINFO_V1) {
		buf_put_str(b, "xt=urn:btih:");
		put_hex(b, m->v1, sizeof(m->v1));
	}
	if (m->version == METAINFO_HYBRID)
		buf_put_u8(b, '&');
	if (m->version & METAINFO_V2) {
		/* A multihash: SHA-256, 32 bytes. */
		buf_put_str(b, "xt=urn:btmh:1220");
		put_hex(b, m->v2, sizeof(m->v2));
	}
	put_param(b, "&dn=", &m->name);
	for (size_t i = 0; i < m->n_trackers; i++)
		put_param(b, "&tr=", &m->trackers[i]);
	for (size_t i = 0; i < m->n_seeds; i++)
		put_param(b, "&ws=", &m->seeds[i]);
}
