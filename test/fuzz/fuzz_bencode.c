/*
 * What bencode_check accepts can be walked whole and, written anew, gives the
 * same bytes; strict accepts no more than not strict.
 */

#include "test/fuzz/fuzz.h"
#include "wire/bencode.h"
#include "wire/limits.h"

static void
copy(struct sp_buf *b, const struct bcur *v, int depth)
{
	struct bcur key, e;
	const uint8_t *p;
	size_t len, it = 0;
	int64_t n;

	FUZZ_CHECK(depth <= LIM_BENCODE_DEPTH);
	switch (v->type) {
	case BENCODE_INT:
		FUZZ_CHECK(bencode_int(v, &n));
		bencode_put_int(b, n);
		return;
	case BENCODE_STR:
		FUZZ_CHECK(bencode_str(v, &p, &len));
		bencode_put_str(b, p, len);
		return;
	case BENCODE_LIST:
		bencode_put_list(b);
		break;
	case BENCODE_DICT:
		bencode_put_dict(b);
		break;
	case BENCODE_NONE:
		FUZZ_CHECK(!"a value");
	}
	while (bencode_next(v, &it, &key, &e)) {
		if (v->type == BENCODE_DICT)
			copy(b, &key, depth + 1);
		copy(b, &e, depth + 1);
	}
	FUZZ_CHECK(it == 0 || it == v->len - 1);
	bencode_put_end(b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	int loose = bencode_check(p, len, false);
	int strict = bencode_check(p, len, true);
	struct sp_buf b;
	struct bcur root;
	size_t used;

	FUZZ_CHECK(strict == loose || (strict == SP_ERR_CANON));
	if (bencode_prefix(p, len, true, &used) == 0)
		FUZZ_CHECK(used <= len && bencode_check(p, used, true) == 0);
	if (loose < 0)
		return 0;
	root = bencode_root(p, len);
	buf_init(&b, &heap_mem, len);
	copy(&b, &root, 0);
	FUZZ_CHECK(b.err == 0 && b.len == len);
	FUZZ_CHECK(memcmp(b.p, p, len) == 0);
	buf_fini(&b);
	return 0;
}
