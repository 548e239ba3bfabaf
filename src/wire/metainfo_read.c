#include "wire/metainfo.h"

#include "wire/bencode.h"
#include "wire/uri.h"

struct reader {
	struct metainfo *m;
	const char *why;
	size_t cap;  /* of m->files */
	size_t n_v1; /* files that version 1 tells of */
	struct bcur info;
};

static int
no(struct reader *r, int code, const char *why)
{
	r->why = why;
	return code;
}

/* ---- files -------------------------------------------------------------- */

static int
add_file(struct reader *r, const struct metainfo_file *f)
{
	struct metainfo *m = r->m;
	struct metainfo_file *v;
	size_t cap;

	if (m->n_files == LIM_METAINFO_FILES)
		return no(r, SP_ERR_TOOBIG, "too many files");
	if (m->n_files == r->cap) {
		cap = SP_MAX(2 * r->cap, (size_t)16);
		v = mem_resize(m->mem, m->files, cap, sizeof(*v));
		if (v == NULL)
			return no(r, SP_ERR_NOMEM, "out of memory");
		m->files = v;
		r->cap = cap;
	}
	m->files[m->n_files++] = *f;
	return 0;
}

/* The buffer of the paths may have moved until the last one was added. */
static void
settle_paths(struct metainfo *m)
{
	size_t at = 0;

	for (size_t i = 0; i < m->n_files; i++) {
		m->files[i].path.p = (const char *)m->text.p + at;
		at += m->files[i].path.len;
	}
}

/* Appends what was joined from m->text[at..] on as the path of |f|. */
static int
end_path(struct reader *r, size_t at, struct metainfo_file *f)
{
	struct sp_buf *b = &r->m->text;

	if (b->err != 0)
		return no(r,
		    b->err == SP_ERR_FULL ? SP_ERR_TOOBIG : SP_ERR_NOMEM,
		    "too many paths");
	f->path.p = (const char *)b->p + at;
	f->path.len = b->len - at;
	if (!metainfo_is_path(&f->path))
		return no(r, SP_ERR_RANGE, "a path that is not allowed");
	return add_file(r, f);
}

static int
get_length(struct reader *r, const struct bcur *d, uint64_t *out)
{
	int64_t v;

	if (!bencode_get_int(d, "length", &v))
		return no(r, SP_ERR_SYNTAX, "a file without length");
	if (v < 0 || v > INT64_MAX / 2)
		return no(r, SP_ERR_RANGE, "length of a file");
	*out = (uint64_t)v;
	return 0;
}

/* ---- the tree ----------------------------------------------------------- */

struct level {
	struct bcur dict;
	size_t it, path; /* length of the path here */
	bool any;
};

static int
leaf(struct reader *r, const struct bcur *d, const char *path, size_t len)
{
	struct metainfo_file f = { 0 };
	size_t n, at = r->m->text.len;
	int rv = get_length(r, d, &f.length);

	if (rv < 0)
		return rv;
	if (f.length > 0 &&
	    (!bencode_get_str(d, "pieces root", &f.root, &n) || n != HASH_LEN))
		return no(r, SP_ERR_SYNTAX, "a file without pieces root");
	buf_put(&r->m->text, path, len);
	return end_path(r, at, &f);
}

/* Adds a component to |path|; its length is that before on failure. */
static int
descend(struct reader *r, char path[LIM_METAINFO_PATH], size_t *len,
    const uint8_t *name, size_t name_len)
{
	size_t at = *len;

	if (name_len == 0 || name_len > METAINFO_NAME ||
	    at + 1 + name_len > LIM_METAINFO_PATH ||
	    memchr(name, '/', name_len) != NULL)
		return no(r, SP_ERR_RANGE, "a path that is not allowed");
	if (at > 0)
		path[at++] = '/';
	memcpy(path + at, name, name_len);
	*len = at + name_len;
	return 0;
}

static int
read_tree(struct reader *r, const struct bcur *root)
{
	struct level stack[METAINFO_DEPTH + 1], *l;
	char path[LIM_METAINFO_PATH];
	struct bcur key, val;
	const uint8_t *name;
	size_t depth = 1, n, len;
	int rv = 0;

	stack[0] = (struct level){ .dict = *root };
	while (depth > 0 && rv == 0) {
		l = &stack[depth - 1];
		if (!bencode_next(&l->dict, &l->it, &key, &val)) {
			if (!l->any)
				return no(r, SP_ERR_SYNTAX, "an empty folder");
			depth--;
			continue;
		}
		bencode_str(&key, &name, &n);
		if (val.type != BENCODE_DICT)
			return no(r, SP_ERR_SYNTAX, "file tree");
		if (n == 0) {
			/* A file is nothing but that. */
			if (l->any || l->path == 0 || l->it + 1 != l->dict.len)
				return no(r, SP_ERR_SYNTAX, "file tree");
			l->any = true;
			rv = leaf(r, &val, path, l->path);
			continue;
		}
		l->any = true;
		len = l->path;
		if (depth == SP_LEN(stack))
			return no(r, SP_ERR_TOOBIG, "folders are too deep");
		if ((rv = descend(r, path, &len, name, n)) < 0)
			return rv;
		stack[depth++] = (struct level){ .dict = val, .path = len };
	}
	return rv;
}

/* ---- layers ------------------------------------------------------------- */

struct layer {
	const uint8_t *root, *p;
	size_t len;
};

static int
collect_layers(struct reader *r, const struct bcur *d, struct layer **out,
    size_t *n)
{
	const struct sp_mem *mem = r->m->mem;
	struct bcur key, val;
	struct layer *v;
	size_t it = 0, len;

	*n = 0;
	*out = v = mem_zalloc(mem, r->m->n_files, sizeof(*v));
	if (v == NULL)
		return no(r, SP_ERR_NOMEM, "out of memory");
	while (bencode_next(d, &it, &key, &val)) {
		if (*n == r->m->n_files)
			return no(r, SP_ERR_SYNTAX, "too many piece layers");
		if (!bencode_str(&key, &v[*n].root, &len) || len != HASH_LEN ||
		    !bencode_str(&val, &v[*n].p, &v[*n].len))
			return no(r, SP_ERR_SYNTAX, "piece layers");
		++*n;
	}
	return 0;
}

static const struct layer *
find_layer(const struct layer *v, size_t n, const uint8_t *root)
{
	size_t low = 0, high = n, mid;
	int c;

	while (low < high) {
		mid = low + (high - low) / 2;
		c = memcmp(v[mid].root, root, HASH_LEN);
		if (c == 0)
			return &v[mid];
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static int
assign_layer(struct reader *r, struct metainfo_file *f, const struct layer *v,
    size_t n)
{
	uint32_t p = r->m->piece_length;
	uint64_t pieces = metainfo_pieces(f->length, p);
	const struct layer *l = find_layer(v, n, f->root);
	uint8_t root[HASH_LEN];

	if (l == NULL || l->len % HASH_LEN != 0 || l->len / HASH_LEN != pieces)
		return no(r, SP_ERR_SYNTAX, "a file without its piece layer");
	hash_tree_above(root, l->p, (size_t)pieces, metainfo_level(p));
	if (memcmp(root, f->root, HASH_LEN) != 0)
		return no(r, SP_ERR_HASH, "a piece layer of another root");
	f->layer = l->p;
	return 0;
}

static int
read_layers(struct reader *r, const struct bcur *top)
{
	struct metainfo *m = r->m;
	struct layer *v;
	struct bcur d = { 0 };
	size_t n;
	int rv;

	if (bencode_get(top, "piece layers", &d) && d.type != BENCODE_DICT)
		return no(r, SP_ERR_SYNTAX, "piece layers");
	rv = collect_layers(r, &d, &v, &n);
	for (size_t i = 0; i < m->n_files && rv == 0; i++)
		if (m->files[i].length > m->piece_length)
			rv = assign_layer(r, &m->files[i], v, n);
	mem_free(m->mem, v);
	return rv;
}

/* ---- version 1 ---------------------------------------------------------- */

static int
v1_path(struct reader *r, const struct bcur *d, char path[LIM_METAINFO_PATH],
    size_t *len)
{
	struct bcur list, key, val;
	const uint8_t *name;
	size_t it = 0, n;
	int rv = 0;

	*len = 0;
	if (!bencode_get(d, "path", &list) || list.type != BENCODE_LIST)
		return no(r, SP_ERR_SYNTAX, "a file without path");
	while (rv == 0 && bencode_next(&list, &it, &key, &val)) {
		if (!bencode_str(&val, &name, &n))
			return no(r, SP_ERR_SYNTAX, "path");
		rv = descend(r, path, len, name, n);
	}
	return rv;
}

static bool
is_padding(const struct bcur *d)
{
	const uint8_t *p;
	size_t n;

	return bencode_get_str(d, "attr", &p, &n) && memchr(p, 'p', n) != NULL;
}

/* A file of the second half of a hybrid: is it that of the first? */
static int
same_file(struct reader *r, size_t i, const struct metainfo_text *path,
    uint64_t length, uint64_t offset)
{
	struct metainfo *m = r->m;
	uint64_t piece = offset / m->piece_length;

	if (i >= m->n_files || m->files[i].length != length ||
	    metainfo_compare(&m->files[i].path, path) != 0)
		return no(r, SP_ERR_SYNTAX, "halves with different files");
	if (length == 0)
		return 0;
	if (offset % m->piece_length != 0)
		return no(r, SP_ERR_SYNTAX, "files share pieces");
	if (metainfo_pieces(offset + length, m->piece_length) > m->n_pieces)
		return no(r, SP_ERR_SYNTAX, "pieces are missing");
	m->files[i].sha1 = m->pieces + piece * HASH_SHA1_LEN;
	return 0;
}

/* The next file, at |offset| of all. */
static int
v1_add(struct reader *r, const char *path, size_t len, uint64_t length,
    uint64_t offset)
{
	struct metainfo_file f = { .length = length };
	struct metainfo_text t = { path, len };
	size_t at = r->m->text.len;

	if (r->m->version & METAINFO_V2)
		return same_file(r, r->n_v1++, &t, length, offset);
	r->n_v1++;
	buf_put(&r->m->text, path, len);
	return end_path(r, at, &f);
}

static int
v1_file(struct reader *r, const struct bcur *d, uint64_t *offset)
{
	char path[LIM_METAINFO_PATH];
	uint64_t length = 0;
	size_t len;
	int rv = get_length(r, d, &length);

	if (rv < 0)
		return rv;
	if (*offset > INT64_MAX / 2)
		return no(r, SP_ERR_RANGE, "length of all files");
	if (!is_padding(d)) {
		rv = v1_path(r, d, path, &len);
		if (rv == 0)
			rv = v1_add(r, path, len, length, *offset);
	}
	*offset += length;
	return rv;
}

static int
v1_files(struct reader *r, const struct bcur *list, uint64_t *offset)
{
	struct bcur key, val;
	size_t it = 0;
	int rv = 0;

	if (list->type != BENCODE_LIST)
		return no(r, SP_ERR_SYNTAX, "files");
	while (rv == 0 && bencode_next(list, &it, &key, &val))
		rv = val.type == BENCODE_DICT ? v1_file(r, &val, offset)
					      : no(r, SP_ERR_SYNTAX, "files");
	return rv;
}

static int
read_v1(struct reader *r)
{
	struct metainfo *m = r->m;
	struct bcur list;
	uint64_t offset = 0;
	size_t n;
	int rv;

	if (!bencode_get_str(&r->info, "pieces", &m->pieces, &n) ||
	    n % HASH_SHA1_LEN != 0)
		return no(r, SP_ERR_SYNTAX, "pieces");
	m->n_pieces = n / HASH_SHA1_LEN;
	if (bencode_get(&r->info, "files", &list))
		rv = v1_files(r, &list, &offset);
	else if ((rv = get_length(r, &r->info, &offset)) == 0)
		rv = v1_add(r, m->name.p, m->name.len, offset, 0);
	if (rv == 0 && r->n_v1 != m->n_files)
		return no(r, SP_ERR_SYNTAX, "halves with different files");
	if (rv == 0 && metainfo_pieces(offset, m->piece_length) != m->n_pieces)
		return no(r, SP_ERR_SYNTAX, "pieces do not fit the files");
	return rv;
}

/* ---- the rest ----------------------------------------------------------- */

static void
add_url(struct metainfo_text *v, size_t *n, size_t max, const struct bcur *val)
{
	struct metainfo_text t;
	const uint8_t *p;

	if (!bencode_str(val, &p, &t.len) || *n == max)
		return;
	t.p = (const char *)p;
	if (!uri_is_http(t.p, t.len) &&
	    !(t.len <= LIM_URI && uri_has_prefix(t.p, t.len, "udp://") &&
		uri_is_text(t.p, t.len)))
		return;
	for (size_t i = 0; i < *n; i++)
		if (metainfo_compare(&v[i], &t) == 0)
			return;
	v[(*n)++] = t;
}

static void
read_trackers(struct metainfo *m, const struct bcur *top)
{
	struct bcur v, tier, url, key;
	size_t it = 0, at;

	if (bencode_get(top, "announce", &v))
		add_url(m->trackers, &m->n_trackers, LIM_TRACKERS, &v);
	if (!bencode_get(top, "announce-list", &v) || v.type != BENCODE_LIST)
		return;
	while (bencode_next(&v, &it, &key, &tier)) {
		at = 0;
		while (tier.type == BENCODE_LIST &&
		       bencode_next(&tier, &at, &key, &url))
			add_url(m->trackers, &m->n_trackers, LIM_TRACKERS,
			    &url);
	}
}

static void
read_seeds(struct metainfo *m, const struct bcur *top)
{
	struct bcur v, url, key;
	size_t it = 0;

	if (!bencode_get(top, "url-list", &v))
		return;
	if (v.type == BENCODE_STR)
		add_url(m->seeds, &m->n_seeds, LIM_ORIGINS, &v);
	while (v.type == BENCODE_LIST && bencode_next(&v, &it, &key, &url))
		add_url(m->seeds, &m->n_seeds, LIM_ORIGINS, &url);
}

static void
read_text(struct metainfo_text *out, const struct bcur *d, const char *key)
{
	const uint8_t *p;
	size_t n;

	if (!bencode_get_str(d, key, &p, &n) ||
	    !uri_is_text((const char *)p, n) || n > LIM_METAINFO_PATH)
		return;
	out->p = (const char *)p;
	out->len = n;
}

static void
read_about(struct metainfo *m, const struct bcur *top, const struct bcur *info)
{
	int64_t v;

	read_text(&m->comment, top, "comment");
	read_text(&m->created_by, top, "created by");
	if (bencode_get_int(top, "creation date", &v) && v > 0)
		m->created = v;
	m->private = bencode_get_int(info, "private", &v) && v == 1;
}

static int
read_head(struct reader *r)
{
	struct metainfo *m = r->m;
	struct bcur v;
	int64_t n = 0;

	m->version = METAINFO_V1;
	if (bencode_get(&r->info, "meta version", &v)) {
		if (!bencode_int(&v, &n) || n != 2)
			return no(r, SP_ERR_UNSUPPORTED, "meta version");
		m->version = METAINFO_V2;
		if (bencode_get(&r->info, "pieces", &v))
			m->version |= METAINFO_V1;
	}
	read_text(&m->name, &r->info, "name");
	if (m->name.len == 0 || !metainfo_is_path(&m->name) ||
	    memchr(m->name.p, '/', m->name.len) != NULL)
		return no(r, SP_ERR_SYNTAX, "no name that is allowed");
	if (!bencode_get_int(&r->info, "piece length", &n) || n < 1 ||
	    n > METAINFO_PIECE_MAX)
		return no(r, SP_ERR_RANGE, "piece length");
	m->piece_length = (uint32_t)n;
	if ((m->version & METAINFO_V2) &&
	    (n < METAINFO_PIECE_MIN || (n & (n - 1)) != 0))
		return no(r, SP_ERR_RANGE, "piece length");
	return 0;
}

static void
take_hashes(struct metainfo *m)
{
	struct hash_span info = { m->info.p, m->info.len };

	if (m->version & METAINFO_V2)
		hash_sha256(m->v2, info.p, info.len);
	if ((m->version & METAINFO_V1) && hash_sha1v(m->v1, &info, 1) < 0)
		memset(m->v1, 0, sizeof(m->v1));
}

static int
read_all(struct reader *r, const uint8_t *p, size_t len)
{
	struct bcur top = bencode_root(p, len), tree;
	struct metainfo *m = r->m;
	int rv;

	if (!bencode_get(&top, "info", &r->info) ||
	    r->info.type != BENCODE_DICT)
		return no(r, SP_ERR_SYNTAX, "no info dictionary");
	m->info.p = (const char *)r->info.p;
	m->info.len = r->info.len;
	if ((rv = read_head(r)) < 0)
		return rv;
	if (m->version & METAINFO_V2) {
		if (!bencode_get(&r->info, "file tree", &tree) ||
		    tree.type != BENCODE_DICT)
			return no(r, SP_ERR_SYNTAX, "no file tree");
		if ((rv = read_tree(r, &tree)) < 0)
			return rv;
		settle_paths(m);
		if ((rv = read_layers(r, &top)) < 0)
			return rv;
	}
	if ((m->version & METAINFO_V1) && (rv = read_v1(r)) < 0)
		return rv;
	if (m->n_files == 0)
		return no(r, SP_ERR_SYNTAX, "no files");
	settle_paths(m);
	read_trackers(m, &top);
	read_seeds(m, &top);
	read_about(m, &top, &r->info);
	take_hashes(m);
	return 0;
}

int
metainfo_read(struct metainfo *out, const struct sp_mem *mem, const uint8_t *p,
    size_t len, const char **why)
{
	struct reader r = { .m = out, .why = "not bencoding" };
	int rv;

	memset(out, 0, sizeof(*out));
	out->mem = mem;
	buf_init(&out->text, mem, LIM_METAINFO);
	rv = len > LIM_METAINFO ? no(&r, SP_ERR_TOOBIG, "too long")
				: bencode_check(p, len, true);
	if (rv == SP_ERR_CANON)
		r.why = "keys are not in order";
	if (rv == 0)
		rv = read_all(&r, p, len);
	if (rv < 0)
		metainfo_fini(out);
	if (why != NULL)
		*why = rv < 0 ? r.why : NULL;
	return rv;
}

void
metainfo_fini(struct metainfo *m)
{
	if (m->mem == NULL)
		return;
	mem_free(m->mem, m->files);
	buf_fini(&m->text);
	memset(m, 0, sizeof(*m));
}
