/*
 * What is read as metainfo of version 2 is written the same by the writer, if
 * its keys are those that we know, and reads the same again.
 */

#include "test/fuzz/fuzz.h"
#include "wire/metainfo.h"

static void
check_files(const struct metainfo *m)
{
	for (size_t i = 0; i < m->n_files; i++) {
		const struct metainfo_file *f = &m->files[i];
		uint64_t n = metainfo_pieces(f->length, m->piece_length);

		FUZZ_CHECK(metainfo_is_path(&f->path));
		if (m->version == METAINFO_HYBRID && f->length > 0)
			FUZZ_CHECK(f->sha1 >= m->pieces &&
				   f->sha1 + n * HASH_SHA1_LEN <=
				       m->pieces + m->n_pieces * HASH_SHA1_LEN);
		if (i > 0 && (m->version & METAINFO_V2))
			FUZZ_CHECK(metainfo_compare(&m->files[i - 1].path,
				       &f->path) < 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct metainfo m, again;
	struct sp_buf b, b2;
	const char *why;
	size_t bad;
	int rv;

	hash_setup();
	rv = metainfo_read(&m, &heap_mem, p, len, &why);
	FUZZ_CHECK((rv < 0) == (why != NULL));
	if (rv < 0)
		return 0;
	FUZZ_CHECK(m.n_files > 0);
	check_files(&m);
	buf_init(&b, &heap_mem, 4 << 20);
	buf_init(&b2, &heap_mem, 4 << 20);
	metainfo_magnet(&b, &m);
	buf_reset(&b);
	if (m.version & METAINFO_V2) {
		rv = metainfo_write(&b, &m, &bad);
		FUZZ_CHECK(rv == 0);
		FUZZ_CHECK(
		    metainfo_read(&again, &heap_mem, b.p, b.len, &why) == 0);
		FUZZ_CHECK(metainfo_write(&b2, &again, NULL) == 0);
		FUZZ_CHECK(b.len == b2.len && memcmp(b.p, b2.p, b.len) == 0);
		metainfo_fini(&again);
	}
	buf_fini(&b);
	buf_fini(&b2);
	metainfo_fini(&m);
	return 0;
}
