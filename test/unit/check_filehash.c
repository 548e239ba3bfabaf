#include "tools/filehash.h"

#include <sys/stat.h>
#include <unistd.h>

#include "io/loop.h"
#include "test/unit/unit.h"

static char dir[64], why[FILESET_WHY_MAX];
static struct fileset set;

static const char *
in_dir(const char *name)
{
	static char path[8][256];
	static unsigned n;
	char *p = path[n++ % SP_LEN(path)];

	snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
	return p;
}

static void
put(const char *name, size_t len)
{
	FILE *f = fopen(in_dir(name), "w");

	ck_assert_ptr_nonnull(f);
	for (size_t i = 0; i < len; i++)
		fputc((int)(i * 7 + len), f);
	fclose(f);
}

/* x: b 40000, a/c 70000, a/d 0, a/l -> c, .spate-1 */
static void
setup(void)
{
	ck_assert_int_eq(hash_setup(), 0);
	snprintf(dir, sizeof(dir), "/tmp/check-filehash-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	mkdir(in_dir("x"), 0777);
	mkdir(in_dir("x/a"), 0777);
	put("x/b", 40000);
	put("x/a/c", 70000);
	put("x/a/d", 0);
	put("x/.spate-1", 5);
	ck_assert_int_eq(symlink("c", in_dir("x/a/l")), 0);
}

static void
teardown(void)
{
	static const char *const names[] = { "x/b", "x/a/c", "x/a/d", "x/a/l",
		"x/.spate-1", "x/a", "x", "" };

	fileset_fini(&set);
	for (size_t i = 0; i < SP_LEN(names); i++)
		remove(in_dir(names[i]));
}

static int
scan(const char *a, const char *b)
{
	const char *v[] = { a, b };

	fileset_fini(&set);
	return fileset_scan(&set, v, b != NULL ? 2 : 1, why);
}

START_TEST(a_folder_has_what_is_below_it)
{
	setup();
	ck_assert_int_eq(scan(in_dir("x"), NULL), 0);
	ck_assert_str_eq(set.name, "x");
	ck_assert(!set.single);
	ck_assert_uint_eq(set.n, 3);
	ck_assert_str_eq(set.files[0].path, "a/c");
	ck_assert_str_eq(set.files[1].path, "a/d");
	ck_assert_str_eq(set.files[2].path, "b");
	ck_assert_uint_eq(set.n_left, 1);
	ck_assert_uint_eq(set.total, 110000);
	teardown();
}
END_TEST

START_TEST(a_file_is_a_torrent_of_its_own)
{
	char path[512];

	setup();
	ck_assert_int_eq(scan(in_dir("x/a/c"), NULL), 0);
	ck_assert(set.single);
	ck_assert_str_eq(set.name, "c");
	ck_assert_str_eq(set.files[0].path, "c");
	ck_assert_int_eq(fileset_path(&set, 0, path, sizeof(path)), 0);
	ck_assert_int_eq(access(path, R_OK), 0);
	/* a link that is named is followed */
	ck_assert_int_eq(scan(in_dir("x/a/l"), NULL), 0);
	ck_assert_str_eq(set.name, "c");
	teardown();
}
END_TEST

START_TEST(several_lie_in_one_folder)
{
	char path[512];

	setup();
	ck_assert_int_eq(scan(in_dir("x/b"), in_dir("x/a")), 0);
	ck_assert_str_eq(set.name, "x");
	ck_assert_uint_eq(set.n, 3);
	ck_assert_str_eq(set.files[0].path, "a/c");
	ck_assert_int_eq(fileset_path(&set, 0, path, sizeof(path)), 0);
	ck_assert_int_eq(access(path, R_OK), 0);
	ck_assert_int_eq(scan(in_dir("x/b"), in_dir("x/a/c")), SP_ERR_ARG);
	ck_assert_ptr_nonnull(strstr(why, "not in the folder"));
	ck_assert_int_eq(scan(in_dir("x/b"), in_dir("x/b")), SP_ERR_ARG);
	ck_assert_ptr_nonnull(strstr(why, "twice"));
	ck_assert_int_eq(scan(in_dir("x/nothing"), NULL), SP_ERR_NOTFOUND);
	ck_assert_int_eq(scan("/dev/null", NULL), SP_ERR_ARG);
	ck_assert_int_eq(scan("/", NULL), SP_ERR_ARG);
	teardown();
}
END_TEST

START_TEST(what_has_changed_is_seen)
{
	struct fileset other;
	const char *x;

	setup();
	x = in_dir("x");
	ck_assert_int_eq(scan(x, NULL), 0);
	ck_assert_int_eq(fileset_scan(&other, &x, 1, why), 0);
	ck_assert(fileset_same(&set, &other));
	fileset_fini(&other);
	put("x/b", 40001);
	ck_assert_int_eq(fileset_scan(&other, &x, 1, why), 0);
	ck_assert(!fileset_same(&set, &other));
	fileset_fini(&other);
	teardown();
}
END_TEST

/* The torrent of the set, in pieces of |piece|, |bytes| in each step. */
static void
make(unsigned version, uint32_t piece, size_t bytes, struct sp_buf *b,
    struct metainfo *m)
{
	struct filehash_conf conf = { version, piece };
	struct filehash *h;
	int rv;

	ck_assert_int_eq(filehash_new(&h, &set, &conf), 0);
	while ((rv = filehash_step(h, bytes, why)) == 0)
		;
	ck_assert_int_eq(rv, 1);
	ck_assert_uint_eq(filehash_done(h), set.total);
	memset(m, 0, sizeof(*m));
	buf_init(b, io_mem(), LIM_METAINFO);
	ck_assert_int_eq(filehash_write(h, b, m), 0);
	filehash_free(h);
}

START_TEST(hashes_do_not_depend_on_the_steps)
{
	static const unsigned versions[] = { METAINFO_V1, METAINFO_V2,
		METAINFO_HYBRID };
	struct metainfo m, again;
	struct sp_buf a, b;

	setup();
	ck_assert_int_eq(scan(in_dir("x"), NULL), 0);
	for (size_t i = 0; i < SP_LEN(versions); i++) {
		make(versions[i], 32768, 1, &a, &m);
		make(versions[i], 32768, 1000000, &b, &again);
		/* it reads itself: layers give their roots */
		ck_assert_mem_eq(m.v1, again.v1, sizeof(m.v1));
		ck_assert_mem_eq(m.v2, again.v2, sizeof(m.v2));
		buf_fini(&a);
		buf_fini(&b);
	}
	teardown();
}
END_TEST

START_TEST(roots_and_pieces_are_those_of_the_bytes)
{
	uint8_t bytes[70000], leaves[5 * HASH_LEN], root[HASH_LEN];
	uint8_t sha1[HASH_SHA1_LEN];
	struct metainfo m, got;
	const char *text;
	struct sp_buf b;

	setup();
	ck_assert_int_eq(scan(in_dir("x"), NULL), 0);
	make(METAINFO_HYBRID, 32768, 50000, &b, &m);
	ck_assert_int_eq(metainfo_read(&got, io_mem(), b.p, b.len, &text), 0);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + sizeof(bytes));
	hash_leaves(leaves, bytes, sizeof(bytes));
	hash_tree_root(root, leaves, 5);
	ck_assert_mem_eq(got.files[0].root, root, HASH_LEN);
	/* the last piece of c is filled up, that of b is not */
	metainfo_sha1(sha1, bytes + 65536, 4464, 32768, true);
	ck_assert_mem_eq(got.files[0].sha1 + 2 * HASH_SHA1_LEN, sha1,
	    HASH_SHA1_LEN);
	for (size_t i = 0; i < 40000; i++)
		bytes[i] = (uint8_t)(i * 7 + 40000);
	metainfo_sha1(sha1, bytes + 32768, 7232, 32768, false);
	ck_assert_mem_eq(got.files[2].sha1 + HASH_SHA1_LEN, sha1,
	    HASH_SHA1_LEN);
	metainfo_fini(&got);
	buf_fini(&b);
	teardown();
}
END_TEST

START_TEST(a_file_that_changes_meanwhile_is_seen)
{
	struct filehash_conf conf = { METAINFO_V2, 0 };
	struct filehash *h;

	setup();
	ck_assert_int_eq(scan(in_dir("x"), NULL), 0);
	ck_assert_int_eq(filehash_new(&h, &set, &conf), 0);
	ck_assert_int_eq(filehash_step(h, 1, why), 0);
	put("x/b", 39999);
	ck_assert_int_eq(filehash_step(h, 1000000, why), SP_ERR_STALE);
	ck_assert_ptr_nonnull(strstr(why, "/x/b: has changed"));
	filehash_free(h);
	teardown();
}
END_TEST

UNIT_MAIN("filehash", a_folder_has_what_is_below_it,
    a_file_is_a_torrent_of_its_own, several_lie_in_one_folder,
    what_has_changed_is_seen, hashes_do_not_depend_on_the_steps,
    roots_and_pieces_are_those_of_the_bytes,
    a_file_that_changes_meanwhile_is_seen)
