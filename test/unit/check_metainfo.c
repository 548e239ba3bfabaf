#include "wire/metainfo.h"
#include "base/rng.h"
#include "test/unit/unit.h"

#define PIECE 32768

static struct failmem fm;
static struct sp_buf b;
static struct metainfo m, got;
static struct metainfo_file files[8];
static uint8_t data[9][20 * LIM_BLOCK];
static uint8_t roots[8][HASH_LEN];
static uint8_t leaves[8][20 * HASH_LEN];
static uint8_t sha1[8][20 * HASH_SHA1_LEN];
static const char *why;

#define TEXT(s)                    \
	(struct metainfo_text)     \
	{                          \
		(s), sizeof(s) - 1 \
	}

static void
start(void)
{
	hash_setup();
	failmem_init(&fm);
	buf_init(&b, &fm.mem, 1 << 20);
	memset(&m, 0, sizeof(m));
	memset(files, 0, sizeof(files));
	m.version = METAINFO_V2;
	m.piece_length = PIECE;
	m.name = TEXT("show");
	m.files = files;
}

static void
stop(void)
{
	buf_fini(&b);
	failmem_check(&fm);
}

/* A file of |len| bytes that begin with |path|. */
static void
add(const char *path, size_t len)
{
	size_t i = m.n_files++, at;
	struct metainfo_file *f = &files[i];

	memset(data[i], (int)i + 1, sizeof(data[i]));
	memcpy(data[i], path, strlen(path));
	f->path.p = path;
	f->path.len = strlen(path);
	f->length = len;
	if (len == 0)
		return;
	hash_leaves(leaves[i], data[i], len);
	hash_tree_root(roots[i], leaves[i], hash_leaf_count(len));
	f->root = roots[i];
	f->leaves = leaves[i];
	for (at = 0; at < len; at += m.piece_length)
		ck_assert_int_eq(
		    metainfo_sha1(sha1[i] + at / m.piece_length * HASH_SHA1_LEN,
			data[i] + at, SP_MIN(len - at, m.piece_length),
			m.piece_length, true),
		    0);
	f->sha1 = sha1[i];
}

static void
three(void)
{
	add("a/x.ts", 5 * LIM_BLOCK);
	add("a/y.ts", 100);
	add("b.m3u8", 3 * LIM_BLOCK + 1);
}

static int
reread(void)
{
	int rv;

	buf_reset(&b);
	rv = metainfo_write(&b, &m, NULL);
	ck_assert_int_eq(rv, 0);
	return metainfo_read(&got, &fm.mem, b.p, b.len, &why);
}

static void
text_eq(struct metainfo_text a, struct metainfo_text w)
{
	ck_assert_uint_eq(a.len, w.len);
	if (w.len > 0)
		ck_assert_mem_eq(a.p, w.p, w.len);
}

static void
same(void)
{
	ck_assert_uint_eq(got.version, m.version);
	ck_assert_uint_eq(got.piece_length, m.piece_length);
	ck_assert_uint_eq(got.n_files, m.n_files);
	ck_assert_uint_eq(got.n_trackers, m.n_trackers);
	ck_assert_uint_eq(got.n_seeds, m.n_seeds);
	ck_assert_int_eq(got.created, m.created);
	ck_assert_int_eq(got.private, m.private);
	text_eq(got.name, m.name);
	text_eq(got.comment, m.comment);
	text_eq(got.created_by, m.created_by);
	for (size_t i = 0; i < m.n_files; i++) {
		text_eq(got.files[i].path, m.files[i].path);
		ck_assert_uint_eq(got.files[i].length, m.files[i].length);
		if (m.files[i].length == 0)
			continue;
		ck_assert_mem_eq(got.files[i].root, m.files[i].root, HASH_LEN);
		if (m.version & METAINFO_V1)
			ck_assert_mem_eq(got.files[i].sha1, m.files[i].sha1,
			    metainfo_pieces(m.files[i].length, m.piece_length) *
				HASH_SHA1_LEN);
	}
}

START_TEST(what_is_written_reads_the_same)
{
	start();
	three();
	m.comment = TEXT("Caf\xc3\xa9");
	m.created_by = TEXT("spate");
	m.created = 1700000000;
	m.private = true;
	m.n_trackers = 2;
	m.trackers[0] = TEXT("http://t.example/announce");
	m.trackers[1] = TEXT("udp://u.example:6969");
	m.n_seeds = 2;
	m.seeds[0] = TEXT("https://o.example/");
	m.seeds[1] = TEXT("http://p.example/x/");
	for (int hybrid = 0; hybrid < 2; hybrid++) {
		m.version = hybrid ? METAINFO_HYBRID : METAINFO_V2;
		ck_assert_int_eq(reread(), 0);
		same();
		metainfo_fini(&got);
	}
	stop();
}
END_TEST

START_TEST(what_was_read_is_written_the_same)
{
	struct sp_buf again;

	start();
	three();
	m.version = METAINFO_HYBRID;
	ck_assert_int_eq(reread(), 0);
	buf_init(&again, &fm.mem, 1 << 20);
	ck_assert_int_eq(metainfo_write(&again, &got, NULL), 0);
	ck_assert_uint_eq(again.len, b.len);
	ck_assert_mem_eq(again.p, b.p, b.len);
	buf_reset(&again);
	ck_assert_int_eq(metainfo_write_info(&again, &got, NULL), 0);
	ck_assert_uint_eq(again.len, got.info.len);
	ck_assert_mem_eq(again.p, got.info.p, again.len);
	buf_fini(&again);
	metainfo_fini(&got);
	stop();
}
END_TEST

/* Of a file of 5 blocks and pieces of 2: see the picture in the header. */
START_TEST(layers_are_padded_with_subtrees_of_zeros)
{
	uint8_t pair[2][HASH_LEN], node[HASH_LEN];

	start();
	three();
	ck_assert_int_eq(reread(), 0);
	memcpy(pair[0], leaves[0] + 4 * HASH_LEN, HASH_LEN);
	memset(pair[1], 0, HASH_LEN);
	hash_sha256(node, pair, sizeof(pair));
	ck_assert_ptr_nonnull(got.files[0].layer);
	ck_assert_mem_eq(got.files[0].layer + 2 * HASH_LEN, node, HASH_LEN);
	hash_sha256(node, leaves[0], 2 * HASH_LEN);
	ck_assert_mem_eq(got.files[0].layer, node, HASH_LEN);
	metainfo_fini(&got);
	stop();
}
END_TEST

START_TEST(a_file_of_a_piece_has_no_layer)
{
	start();
	add("a", PIECE);
	add("b", PIECE + 1);
	add("c", 1);
	add("d", 0);
	ck_assert_int_eq(reread(), 0);
	same();
	ck_assert_ptr_null(got.files[0].layer);
	ck_assert_ptr_nonnull(got.files[1].layer);
	ck_assert_ptr_null(got.files[2].layer);
	ck_assert_ptr_null(got.files[3].root);
	metainfo_fini(&got);
	stop();
}
END_TEST

START_TEST(layers_and_roots_fit_for_all_sizes)
{
	uint8_t leaf[64 * HASH_LEN], layer[64 * HASH_LEN];
	uint8_t want[HASH_LEN], is[HASH_LEN];
	struct sp_rng r;

	rng_seed(&r, 3);
	for (size_t i = 0; i < sizeof(leaf); i++)
		leaf[i] = (uint8_t)rng_u64(&r);
	for (unsigned level = 0; level < 5; level++)
		for (size_t n = ((size_t)1 << level) + 1; n <= 64; n++) {
			size_t step = (size_t)1 << level, k = 0;

			for (size_t at = 0; at < n; at += step)
				hash_tree_span(layer + k++ * HASH_LEN,
				    leaf + at * HASH_LEN, SP_MIN(step, n - at),
				    level);
			hash_tree_root(want, leaf, n);
			hash_tree_above(is, layer, k, level);
			ck_assert_mem_eq(is, want, HASH_LEN);
		}
}
END_TEST

START_TEST(files_with_the_same_bytes_share_a_layer)
{
	start();
	add("a", 3 * PIECE);
	add("b", 3 * PIECE);
	files[1].root = files[0].root;
	files[1].leaves = files[0].leaves;
	ck_assert_int_eq(reread(), 0);
	ck_assert_ptr_eq(got.files[0].layer, got.files[1].layer);
	metainfo_fini(&got);
	stop();
}
END_TEST

START_TEST(order_is_by_components)
{
	static const struct {
		const char *a, *b;
		int is;
	} rows[] = {
		{ "a", "b", -1 },
		{ "a", "a", 0 },
		{ "a/b", "a-b", -1 },
		{ "a", "a/b", -1 },
		{ "a/z", "a.ts", -1 },
		{ "a/b/c", "a/b.c", -1 },
		{ "\xc3\xa9", "z", 1 },
		{ "ab", "a", 1 },
	};

	for (size_t i = 0; i < SP_LEN(rows); i++) {
		struct metainfo_text a = { rows[i].a, strlen(rows[i].a) };
		struct metainfo_text c = { rows[i].b, strlen(rows[i].b) };

		ck_assert_int_eq(metainfo_compare(&a, &c), rows[i].is);
		ck_assert_int_eq(metainfo_compare(&c, &a), -rows[i].is);
	}
}
END_TEST

static int
write_two(const char *a, const char *c, size_t *bad)
{
	int rv;

	start();
	add(a, 10);
	add(c, 10);
	rv = metainfo_write(&b, &m, bad);
	ck_assert(rv == 0 || b.len == 0);
	stop();
	return rv;
}

START_TEST(paths_that_are_none_are_refused)
{
	static const char *const bad[] = { "", "/a", "a/", "a//b", "..", ".",
		"a/../b", "a/./b", "a\nb", "a\\b", "a/b/c/d/e/f/g/h/i/j/k" };
	size_t at;

	for (size_t i = 0; i < SP_LEN(bad); i++) {
		ck_assert_int_eq(write_two("!", bad[i], &at), SP_ERR_ARG);
		ck_assert_uint_eq(at, 1);
	}
	ck_assert_int_eq(write_two("b", "a", &at), SP_ERR_ARG);
	ck_assert_uint_eq(at, 1);
	ck_assert_int_eq(write_two("a", "a", &at), SP_ERR_EXISTS);
	ck_assert_int_eq(write_two("a", "a/b", &at), SP_ERR_EXISTS);
	ck_assert_int_eq(write_two("..a", "a/b/c/d/e/f/g/h/i/j", &at), 0);
}
END_TEST

START_TEST(values_out_of_range_are_refused)
{
	start();
	three();
	m.piece_length = PIECE + 1;
	ck_assert_int_eq(metainfo_write(&b, &m, NULL), SP_ERR_ARG);
	m.piece_length = LIM_BLOCK / 2;
	ck_assert_int_eq(metainfo_write(&b, &m, NULL), SP_ERR_ARG);
	m.piece_length = METAINFO_PIECE_MAX * 2;
	ck_assert_int_eq(metainfo_write(&b, &m, NULL), SP_ERR_ARG);
	m.piece_length = PIECE;
	m.version = METAINFO_V1; /* and no pieces */
	ck_assert_int_eq(metainfo_write(&b, &m, NULL), SP_ERR_ARG);
	m.version = METAINFO_V2;
	m.name = TEXT("a/b");
	ck_assert_int_eq(metainfo_write(&b, &m, NULL), SP_ERR_ARG);
	m.name = TEXT("show");
	leaves[0][5] ^= 1;
	ck_assert_int_eq(metainfo_write(&b, &m, NULL), SP_ERR_HASH);
	ck_assert_uint_eq(b.len, 0);
	stop();
}
END_TEST

START_TEST(a_hybrid_has_padding_between_files_only)
{
	static const char pad[] =
	    "d4:attr1:p6:lengthi16384e4:pathl4:.pad5:16384ee";

	start();
	three();
	m.version = METAINFO_HYBRID;
	ck_assert_int_eq(metainfo_write(&b, &m, NULL), 0);
	/* The first file ends half way in its third piece. */
	ck_assert_ptr_nonnull(memmem(b.p, b.len, pad, strlen(pad)));
	ck_assert_ptr_nonnull(
	    memmem(b.p, b.len, ".pad5:32668", strlen(".pad5:32668")));
	ck_assert_ptr_null(
	    memmem(b.p, b.len, ".pad5:16383", strlen(".pad5:16383")));
	stop();
}
END_TEST

START_TEST(one_file_is_written_as_such)
{
	start();
	m.version = METAINFO_HYBRID;
	m.name = TEXT("film.mp4");
	add("film.mp4", 5 * LIM_BLOCK);
	ck_assert_int_eq(reread(), 0);
	same();
	ck_assert_ptr_null(memmem(b.p, b.len, "5:files", 7));
	metainfo_fini(&got);
	stop();
}
END_TEST

/* Replaces the first |from| of what was written; both have the same length. */
static int
bent(const char *from, const char *to)
{
	uint8_t *p = memmem(b.p, b.len, from, strlen(from));
	int rv;

	ck_assert_ptr_nonnull(p);
	memcpy(p, to, strlen(to));
	rv = metainfo_read(&got, &fm.mem, b.p, b.len, &why);
	if (rv == 0)
		metainfo_fini(&got);
	memcpy(p, from, strlen(from));
	return rv;
}

START_TEST(what_does_not_fit_is_refused)
{
	uint8_t *layer;

	start();
	three();
	m.version = METAINFO_HYBRID;
	ck_assert_int_eq(reread(), 0);
	metainfo_fini(&got);
	ck_assert_int_eq(bent("meta versioni2e", "meta versioni3e"),
	    SP_ERR_UNSUPPORTED);
	ck_assert_int_eq(bent("lengthi81920e", "lengthi81921e"), SP_ERR_SYNTAX);
	ck_assert_str_eq(why, "halves with different files");
	ck_assert_int_eq(bent("lengthi16384e", "lengthi16383e"), SP_ERR_SYNTAX);
	ck_assert_str_eq(why, "files share pieces");
	ck_assert_int_eq(bent("4:y.ts", "4:y/ts"), SP_ERR_RANGE);
	ck_assert_int_eq(bent("piece lengthi32768e", "piece lengthi32767e"),
	    SP_ERR_RANGE);
	layer = memmem(b.p, b.len, "12:piece layers", 15);
	ck_assert_ptr_nonnull(layer);
	layer[60] ^= 1;
	ck_assert_int_eq(metainfo_read(&got, &fm.mem, b.p, b.len, &why),
	    SP_ERR_HASH);
	layer[60] ^= 1;
	layer[20] ^= 1;
	ck_assert_int_eq(metainfo_read(&got, &fm.mem, b.p, b.len, &why),
	    SP_ERR_SYNTAX);
	stop();
}
END_TEST

START_TEST(version_1_is_written_without_padding)
{
	static uint8_t hashes[5 * HASH_SHA1_LEN];

	start();
	three();
	m.version = METAINFO_V1;
	m.pieces = hashes;
	m.n_pieces = 5;
	ck_assert_int_eq(reread(), 0);
	ck_assert_uint_eq(got.version, METAINFO_V1);
	ck_assert_uint_eq(got.n_pieces, 5);
	ck_assert_ptr_null(memmem(b.p, b.len, ".pad", 4));
	ck_assert_ptr_null(memmem(b.p, b.len, "piece layers", 12));
	metainfo_fini(&got);
	m.n_pieces = 4;
	ck_assert_int_eq(metainfo_write(&b, &m, NULL), SP_ERR_ARG);
	stop();
}
END_TEST

START_TEST(version_1_is_read)
{
	static const char t[] =
	    "d8:announce3:x:/4:infod5:filesl"
	    "d6:lengthi5e4:pathl1:a1:bee"
	    "d4:attr1:p6:lengthi3e4:pathl4:.pad1:3eee"
	    "4:name1:n12:piece lengthi4e6:pieces40:"
	    "0123456789012345678901234567890123456789e8:url-list20:"
	    "http://o.example/ab/e";

	start();
	ck_assert_int_eq(metainfo_read(&got, &fm.mem, (const uint8_t *)t,
			     sizeof(t) - 1, &why),
	    0);
	ck_assert_uint_eq(got.version, METAINFO_V1);
	ck_assert_uint_eq(got.n_files, 1);
	text_eq(got.files[0].path, TEXT("a/b"));
	ck_assert_uint_eq(got.n_pieces, 2);
	ck_assert_uint_eq(got.n_trackers, 0);
	ck_assert_uint_eq(got.n_seeds, 1);
	metainfo_fini(&got);
	stop();
}
END_TEST

START_TEST(any_cut_is_refused)
{
	start();
	three();
	ck_assert_int_eq(reread(), 0);
	metainfo_fini(&got);
	for (size_t n = 0; n < b.len; n++)
		ck_assert_int_lt(metainfo_read(&got, &fm.mem, b.p, n, &why), 0);
	stop();
}
END_TEST

START_TEST(memory_may_run_out_anywhere)
{
	uint8_t *copy;
	size_t len;
	int rv;

	start();
	m.version = METAINFO_HYBRID;
	three();
	ck_assert_int_eq(metainfo_write(&b, &m, NULL), 0);
	len = b.len;
	copy = malloc(len);
	memcpy(copy, b.p, len);
	stop();
	FAILMEM_EACH (&fm) {
		buf_init(&b, &fm.mem, 1 << 20);
		rv = metainfo_write(&b, &m, NULL);
		buf_fini(&b);
		if (rv == 0)
			rv = metainfo_read(&got, &fm.mem, copy, len, &why);
		if (rv == 0)
			metainfo_fini(&got);
		else
			ck_assert_int_eq(rv, SP_ERR_NOMEM);
	}
	free(copy);
}
END_TEST

START_TEST(the_magnet_link_has_both_hashes)
{
	char *s;

	start();
	three();
	m.version = METAINFO_HYBRID;
	m.n_trackers = m.n_seeds = 1;
	m.trackers[0] = TEXT("http://t.example/announce");
	m.seeds[0] = TEXT("https://o.example/");
	ck_assert_int_eq(reread(), 0);
	buf_reset(&b); /* the texts of |got| are gone: m's are not */
	m.info = TEXT("x");
	memset(m.v1, 0x11, sizeof(m.v1));
	memset(m.v2, 0x22, sizeof(m.v2));
	metainfo_magnet(&b, &m);
	buf_put_u8(&b, 0);
	s = (char *)b.p;
	ck_assert_str_eq(s,
	    "magnet:?xt=urn:btih:1111111111111111111111111111111111111111"
	    "&xt=urn:btmh:1220222222222222222222222222222222222222222222222222"
	    "2222222222222222&dn=show"
	    "&tr=http%3A%2F%2Ft.example%2Fannounce"
	    "&ws=https%3A%2F%2Fo.example%2F");
	metainfo_fini(&got);
	stop();
}
END_TEST

UNIT_MAIN("metainfo", what_is_written_reads_the_same,
    what_was_read_is_written_the_same, layers_are_padded_with_subtrees_of_zeros,
    a_file_of_a_piece_has_no_layer, layers_and_roots_fit_for_all_sizes,
    files_with_the_same_bytes_share_a_layer, order_is_by_components,
    paths_that_are_none_are_refused, values_out_of_range_are_refused,
    a_hybrid_has_padding_between_files_only, one_file_is_written_as_such,
    what_does_not_fit_is_refused, version_1_is_written_without_padding,
    version_1_is_read, any_cut_is_refused, memory_may_run_out_anywhere,
    the_magnet_link_has_both_hashes)
