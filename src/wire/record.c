#include "wire/record.h"
#include "wire/envelope.h"
#include "wire/uri.h"

#define LABEL "spate record 1"

static bool
is_zero(const uint8_t hash[HASH_LEN])
{
	static const uint8_t zero[HASH_LEN];

	return memcmp(hash, zero, HASH_LEN) == 0;
}

static bool
check_track(const struct record *r)
{
	unsigned first = r->flags & RECORD_INIT ? LIM_TRACK_INIT : 0;

	return r->track >= first && r->track - first < LIM_TRACKS;
}

static bool
check_numbers(const struct record *r)
{
	bool init = (r->flags & RECORD_INIT) != 0;
	bool gap = (r->flags & RECORD_GAP) != 0;

	if (r->number >= LIM_NUMBER || !check_track(r))
		return false;
	if (r->init != RECORD_NO_INIT && (init || r->init >= LIM_NUMBER))
		return false;
	if (r->duration_us > LIM_DURATION_US || (init && r->duration_us > 0))
		return false;
	if (r->avail_ms < 0 || r->avail_ms > LIM_AVAIL_MS)
		return false;
	if (r->length > LIM_PIECE_BYTES || (r->length == 0) != gap)
		return false;
	if (r->offset > (uint64_t)INT64_MAX - r->length ||
	    (r->offset > 0 && !r->has_range))
		return false;
	return is_zero(r->root) == gap;
}

static bool
check_text(const struct record *r)
{
	if (!uri_is_lines(r->keys, r->keys_len) ||
	    !uri_is_lines(r->lines, r->lines_len))
		return false;
	if (r->uri_len == 0)
		return !r->absolute;
	return r->absolute ? uri_is_http(r->uri, r->uri_len)
			   : uri_is_relative(r->uri, r->uri_len);
}

int
record_encode(struct sp_buf *b, const struct record *r)
{
	if (!check_numbers(r) || !check_text(r))
		return SP_ERR_ARG;
	bencode_put_dict(b);
	envelope_put_uint(b, 'a', (uint64_t)r->avail_ms);
	envelope_put_uint(b, 'd', r->duration_us);
	envelope_put_uint(b, 'e', r->epoch);
	envelope_put_uint(b, 'f', r->flags);
	if (r->init != RECORD_NO_INIT) {
		bencode_put_cstr(b, "i");
		bencode_put_int(b, (int64_t)r->init);
	}
	envelope_put_text(b, 'k', r->keys, r->keys_len);
	envelope_put_uint(b, 'l', r->length);
	envelope_put_text(b, 'm', r->lines, r->lines_len);
	envelope_put_uint(b, 'n', r->number);
	if (r->has_range) {
		bencode_put_cstr(b, "o");
		bencode_put_int(b, (int64_t)r->offset);
	}
	if (!is_zero(r->prev))
		envelope_put_text(b, 'p', r->prev, HASH_LEN);
	envelope_put_uint(b, 'q', r->dseq);
	if (!is_zero(r->root))
		envelope_put_text(b, 'r', r->root, HASH_LEN);
	envelope_put_uint(b, 't', r->track);
	envelope_put_text(b, r->absolute ? 'x' : 'u', r->uri, r->uri_len);
	bencode_put_end(b);
	return b->err;
}

/* i and o: 0 is written, since absence means something else. */
static int
get_or_none(const struct bcur *v, uint64_t max, uint64_t *out)
{
	int r = envelope_get_uint(v, max, out);

	if (r == SP_ERR_CANON) {
		*out = 0;
		return 0;
	}
	return r;
}

static int
get_hash(const struct bcur *v, uint8_t out[HASH_LEN])
{
	const uint8_t *p;
	size_t len;

	if (!bencode_str(v, &p, &len) || len != HASH_LEN)
		return SP_ERR_SYNTAX;
	memcpy(out, p, HASH_LEN);
	return is_zero(out) ? SP_ERR_CANON : 0;
}

static int
get_avail(const struct bcur *v, int64_t *out)
{
	uint64_t n;
	int r;

	if ((r = envelope_get_uint(v, LIM_AVAIL_MS, &n)) == 0)
		*out = (int64_t)n;
	return r;
}

static int
decode_text(struct record *rec, char key, const struct bcur *v)
{
	if (key == 'k')
		return envelope_get_text(v, LIM_LINES, &rec->keys,
		    &rec->keys_len);
	if (key == 'm')
		return envelope_get_text(v, LIM_LINES, &rec->lines,
		    &rec->lines_len);
	if (rec->uri != NULL)
		return SP_ERR_SYNTAX; /* both u and x */
	rec->absolute = key == 'x';
	return envelope_get_text(v, LIM_URI, &rec->uri, &rec->uri_len);
}

static int
decode_field(struct record *rec, char key, const struct bcur *v)
{
	switch (key) {
	case 'a':
		return get_avail(v, &rec->avail_ms);
	case 'd':
		return envelope_get_u32(v, &rec->duration_us);
	case 'e':
		return envelope_get_u32(v, &rec->epoch);
	case 'f':
		return envelope_get_u16(v, &rec->flags);
	case 'i':
		return get_or_none(v, LIM_NUMBER - 1, &rec->init);
	case 'l':
		return envelope_get_u32(v, &rec->length);
	case 'n':
		return envelope_get_uint(v, LIM_NUMBER - 1, &rec->number);
	case 'o':
		rec->has_range = true;
		return get_or_none(v, INT64_MAX, &rec->offset);
	case 'p':
		return get_hash(v, rec->prev);
	case 'q':
		return envelope_get_u32(v, &rec->dseq);
	case 'r':
		return get_hash(v, rec->root);
	case 't':
		return envelope_get_u8(v, &rec->track);
	case 'k':
	case 'm':
	case 'u':
	case 'x':
		return decode_text(rec, key, v);
	default:
		return 0;
	}
}

int
record_decode(struct record *out, const uint8_t *p, size_t len)
{
	struct bcur root, k, v;
	size_t it = 0;
	int r;

	memset(out, 0, sizeof(*out));
	out->init = RECORD_NO_INIT;
	if (len > LIM_RECORD)
		return SP_ERR_TOOBIG;
	if ((r = bencode_check(p, len, true)) < 0)
		return r;
	root = bencode_root(p, len);
	if (root.type != BENCODE_DICT)
		return SP_ERR_SYNTAX;
	while (bencode_next(&root, &it, &k, &v))
		if ((r = decode_field(out, envelope_key(&k), &v)) < 0)
			return r;
	if (!check_numbers(out))
		return SP_ERR_RANGE;
	return check_text(out) ? 0 : SP_ERR_SYNTAX;
}

static bool
root_matches(const struct record *r, const uint8_t *leaves, size_t n_leaves)
{
	uint8_t root[HASH_LEN];

	if (n_leaves == 0)
		return true; /* a gap: nothing to hash */
	hash_tree_root(root, leaves, n_leaves);
	return memcmp(root, r->root, HASH_LEN) == 0;
}

int
record_seal(struct sp_buf *b, const struct record *r, const uint8_t *leaves,
    size_t n_leaves, const uint8_t sk[HASH_SK_LEN])
{
	struct envelope e;
	struct sp_buf raw;
	int rv;

	if (n_leaves != record_blocks(r))
		return SP_ERR_ARG;
	if (n_leaves > LIM_PIECE_BLOCKS)
		return SP_ERR_ARG;
	if (!root_matches(r, leaves, n_leaves))
		return SP_ERR_HASH;
	buf_init(&raw, b->mem, LIM_RECORD);
	if ((rv = record_encode(&raw, r)) == 0) {
		e.raw = raw.p;
		e.raw_len = raw.len;
		/* A gap has an h too, an empty one. */
		e.leaves = n_leaves > 0 ? leaves : raw.p;
		e.leaves_len = n_leaves * HASH_LEN;
		rv = envelope_seal(b, &e, 'r', LABEL, sk);
	}
	buf_fini(&raw);
	return rv;
}

int
record_open(struct record_env *out, const uint8_t *p, size_t len)
{
	struct envelope e;
	int r;

	if ((r = envelope_open(&e, p, len, 'r', true, LIM_RECORD)) < 0)
		return r;
	if ((r = record_decode(&out->rec, e.raw, e.raw_len)) < 0)
		return r;
	out->raw = e.raw;
	out->raw_len = e.raw_len;
	out->leaves = e.leaves;
	out->n_leaves = record_blocks(&out->rec);
	out->sig = e.sig;
	if (e.leaves_len != out->n_leaves * HASH_LEN)
		return SP_ERR_SYNTAX;
	return root_matches(&out->rec, out->leaves, out->n_leaves)
		   ? 0
		   : SP_ERR_HASH;
}

int
record_verify(const struct record_env *env, const uint8_t pk[HASH_PK_LEN])
{
	return hash_verify(env->sig, pk, LABEL, env->raw, env->raw_len);
}

void
record_digest(uint8_t out[HASH_LEN], const struct record_env *env)
{
	hash_sha256(out, env->raw, env->raw_len);
}

uint32_t
record_blocks(const struct record *r)
{
	return (uint32_t)hash_leaf_count(r->length);
}

uint32_t
record_block_len(const struct record *r, uint32_t i)
{
	assert(i < record_blocks(r) && "a block of this piece");
	return SP_MIN(r->length - i * LIM_BLOCK, LIM_BLOCK);
}
