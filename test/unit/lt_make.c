#include "test/unit/lt_make.h"

#include "base/hash.h"
#include "io/loop.h"
#include "test/unit/unit.h"
#include "wire/bencode.h"

#include <openssl/evp.h>
#include <sys/stat.h>

uint8_t
lt_make_byte(size_t f, size_t at)
{
	return (uint8_t)((at * 2654435761u >> 13) ^ (at >> 5) ^ f);
}

static void
path_of(const struct lt_make *m, size_t f, const char *dir, char *out,
    size_t size)
{
	if (m->n_files == 1)
		snprintf(out, size, "%s/%s", dir, m->name);
	else
		snprintf(out, size, "%s/%s/%s", dir, m->name, m->files[f]);
}

void
lt_make_files(const struct lt_make *m, const char *dir)
{
	char path[512];
	size_t f, i;
	FILE *out;

	if (m->n_files > 1) {
		snprintf(path, sizeof(path), "%s/%s", dir, m->name);
		ck_assert_int_eq(mkdir(path, 0755), 0);
	}
	for (f = 0; f < m->n_files; f++) {
		path_of(m, f, dir, path, sizeof(path));
		out = fopen(path, "wb");
		ck_assert_ptr_nonnull(out);
		for (i = 0; i < m->sizes[f]; i++)
			putc(lt_make_byte(f, i), out);
		ck_assert_int_eq(fclose(out), 0);
	}
}

void
lt_make_compare(const struct lt_make *m, const char *dir)
{
	char path[512];
	size_t f, i;
	FILE *in;

	for (f = 0; f < m->n_files; f++) {
		path_of(m, f, dir, path, sizeof(path));
		in = fopen(path, "rb");
		ck_assert_msg(in != NULL, "%s is not there", path);
		for (i = 0; i < m->sizes[f]; i++)
			if (getc(in) != lt_make_byte(f, i))
				break;
		ck_assert_msg(i == m->sizes[f], "%s: byte %zu is wrong", path,
		    i);
		ck_assert_int_eq(getc(in), EOF);
		fclose(in);
	}
}

/*
 * Zeros after file |f|, so that the next begins with a piece. libtorrent has
 * them after the last one too, in torrents that are v2 only.
 */
static size_t
pad_after(const struct lt_make *m, size_t f)
{
	uint32_t over = m->sizes[f] % m->piece_length;

	if (!m->v2 || (m->v1 && f + 1 == m->n_files) || over == 0)
		return 0;
	return m->piece_length - over;
}

uint8_t *
lt_make_bytes(const struct lt_make *m, size_t *len)
{
	size_t f, i, at = 0;
	uint8_t *p;

	*len = 0;
	for (f = 0; f < m->n_files; f++)
		*len += m->sizes[f] + pad_after(m, f);
	p = calloc(1, *len);
	ck_assert_ptr_nonnull(p);
	for (f = 0; f < m->n_files; f++) {
		for (i = 0; i < m->sizes[f]; i++)
			p[at++] = lt_make_byte(f, i);
		at += pad_after(m, f);
	}
	return p;
}

/* ---- metainfo ---- */

/* Leaves of file |f|, zero hashes up to a whole number of pieces. */
static uint8_t *
leaves_of(const struct lt_make *m, size_t f, size_t *n)
{
	size_t per = m->piece_length / HASH_BLOCK, i;
	uint8_t *bytes = malloc(m->sizes[f]), *out;

	ck_assert_ptr_nonnull(bytes);
	for (i = 0; i < m->sizes[f]; i++)
		bytes[i] = lt_make_byte(f, i);
	*n = hash_leaf_count(m->sizes[f]);
	out = calloc(*n + per, HASH_LEN);
	ck_assert_ptr_nonnull(out);
	hash_leaves(out, bytes, m->sizes[f]);
	free(bytes);
	return out;
}

static void
root_of(const struct lt_make *m, size_t f, uint8_t root[HASH_LEN])
{
	size_t n;
	uint8_t *leaves = leaves_of(m, f, &n);

	hash_tree_root(root, leaves, n);
	free(leaves);
}

static void
put_file_tree(struct sp_buf *b, const struct lt_make *m)
{
	uint8_t root[HASH_LEN];
	size_t f;

	bencode_put_cstr(b, "file tree");
	bencode_put_dict(b);
	for (f = 0; f < m->n_files; f++) {
		root_of(m, f, root);
		bencode_put_cstr(b, m->n_files == 1 ? m->name : m->files[f]);
		bencode_put_dict(b);
		bencode_put_cstr(b, "");
		bencode_put_dict(b);
		bencode_put_cstr(b, "length");
		bencode_put_int(b, m->sizes[f]);
		bencode_put_cstr(b, "pieces root");
		bencode_put_str(b, root, sizeof(root));
		bencode_put_end(b);
		bencode_put_end(b);
	}
	bencode_put_end(b);
}

static void
put_v1_file(struct sp_buf *b, size_t len, const char *attr, const char *dir,
    const char *name)
{
	bencode_put_dict(b);
	if (attr != NULL) {
		bencode_put_cstr(b, "attr");
		bencode_put_cstr(b, attr);
	}
	bencode_put_cstr(b, "length");
	bencode_put_int(b, (int64_t)len);
	bencode_put_cstr(b, "path");
	bencode_put_list(b);
	if (dir != NULL)
		bencode_put_cstr(b, dir);
	bencode_put_cstr(b, name);
	bencode_put_end(b);
	bencode_put_end(b);
}

static void
put_v1_files(struct sp_buf *b, const struct lt_make *m)
{
	char num[24];
	size_t f;

	if (m->n_files == 1) {
		bencode_put_cstr(b, "length");
		bencode_put_int(b, m->sizes[0]);
		return;
	}
	bencode_put_cstr(b, "files");
	bencode_put_list(b);
	for (f = 0; f < m->n_files; f++) {
		put_v1_file(b, m->sizes[f], NULL, NULL, m->files[f]);
		if (pad_after(m, f) == 0)
			continue;
		snprintf(num, sizeof(num), "%zu", pad_after(m, f));
		put_v1_file(b, pad_after(m, f), "p", ".pad", num);
	}
	bencode_put_end(b);
}

static void
put_v1_pieces(struct sp_buf *b, const struct lt_make *m)
{
	size_t len, at, n = 0;
	uint8_t *p = lt_make_bytes(m, &len);
	uint8_t *out = malloc((len / m->piece_length + 1) * 20);

	ck_assert_ptr_nonnull(out);
	for (at = 0; at < len; at += m->piece_length, n += 20)
		ck_assert_int_eq(EVP_Digest(p + at,
				     SP_MIN(len - at, m->piece_length), out + n,
				     NULL, EVP_sha1(), NULL),
		    1);
	bencode_put_cstr(b, "pieces");
	bencode_put_str(b, out, n);
	free(out);
	free(p);
}

static void
put_info(struct sp_buf *b, const struct lt_make *m)
{
	bencode_put_cstr(b, "info");
	bencode_put_dict(b);
	if (m->v2)
		put_file_tree(b, m);
	if (m->v1)
		put_v1_files(b, m);
	if (m->v2) {
		bencode_put_cstr(b, "meta version");
		bencode_put_int(b, 2);
	}
	bencode_put_cstr(b, "name");
	bencode_put_cstr(b, m->name);
	bencode_put_cstr(b, "piece length");
	bencode_put_int(b, m->piece_length);
	if (m->v1)
		put_v1_pieces(b, m);
	bencode_put_end(b);
}

struct layer {
	uint8_t root[HASH_LEN];
	uint8_t *hashes;
	size_t len;
};

static int
by_root(const void *a, const void *b)
{
	return memcmp(a, b, HASH_LEN);
}

/* Hashes of the pieces of each file that has more than one. */
static void
put_layers(struct sp_buf *b, const struct lt_make *m)
{
	size_t per = m->piece_length / HASH_BLOCK, f, n, i, k = 0;
	struct layer v[LT_MAKE_FILES];

	for (f = 0; f < m->n_files; f++) {
		uint8_t *leaves;

		if (m->sizes[f] <= m->piece_length)
			continue;
		leaves = leaves_of(m, f, &n);
		root_of(m, f, v[k].root);
		v[k].len = (n + per - 1) / per * HASH_LEN;
		v[k].hashes = malloc(v[k].len);
		ck_assert_ptr_nonnull(v[k].hashes);
		for (i = 0; i * HASH_LEN < v[k].len; i++)
			hash_tree_root(v[k].hashes + i * HASH_LEN,
			    leaves + i * per * HASH_LEN, per);
		free(leaves);
		k++;
	}
	qsort(v, k, sizeof(v[0]), by_root);
	bencode_put_cstr(b, "piece layers");
	bencode_put_dict(b);
	for (i = 0; i < k; i++) {
		bencode_put_str(b, v[i].root, HASH_LEN);
		bencode_put_str(b, v[i].hashes, v[i].len);
		free(v[i].hashes);
	}
	bencode_put_end(b);
}

uint8_t *
lt_make_metainfo(const struct lt_make *m, size_t *len)
{
	struct sp_buf b;
	uint8_t *out;

	buf_init(&b, io_mem(), 1 << 24);
	bencode_put_dict(&b);
	put_info(&b, m);
	if (m->v2)
		put_layers(&b, m);
	if (m->web_seed != NULL) {
		bencode_put_cstr(&b, "url-list");
		bencode_put_cstr(&b, m->web_seed);
	}
	bencode_put_end(&b);
	ck_assert_int_eq(b.err, 0);
	out = malloc(b.len);
	ck_assert_ptr_nonnull(out);
	memcpy(out, b.p, b.len);
	*len = b.len;
	buf_fini(&b);
	return out;
}
