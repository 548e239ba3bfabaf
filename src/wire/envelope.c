#include "wire/envelope.h"
#include "wire/limits.h"

char
envelope_key(const struct bcur *key)
{
	const uint8_t *p;
	size_t len;

	return bencode_str(key, &p, &len) && len == 1 ? (char)p[0] : '\0';
}

int
envelope_open(struct envelope *out, const uint8_t *p, size_t len, char key,
    bool leaves, size_t max)
{
	struct bcur root, k, v;
	const uint8_t *s;
	size_t it = 0, n;
	char name;
	int r;

	memset(out, 0, sizeof(*out));
	if (len > LIM_ENVELOPE)
		return SP_ERR_TOOBIG;
	if ((r = bencode_check(p, len, true)) < 0)
		return r;
	root = bencode_root(p, len);
	while (bencode_next(&root, &it, &k, &v)) {
		name = root.type == BENCODE_DICT ? envelope_key(&k) : '\0';
		if (name == key && v.type == BENCODE_DICT) {
			out->raw = v.p;
			out->raw_len = v.len;
		} else if (name == 'h' && leaves && bencode_str(&v, &s, &n)) {
			out->leaves = s;
			out->leaves_len = n;
		} else if (name == 's' && bencode_str(&v, &s, &n) &&
			   n == HASH_SIG_LEN) {
			out->sig = s;
		} else {
			return SP_ERR_SYNTAX;
		}
	}
	if (out->raw == NULL || out->sig == NULL ||
	    (leaves && out->leaves == NULL))
		return SP_ERR_SYNTAX;
	return out->raw_len > max ? SP_ERR_TOOBIG : 0;
}

static void
put_key(struct sp_buf *b, char key)
{
	bencode_put_str(b, &key, 1);
}

int
envelope_seal(struct sp_buf *b, const struct envelope *e, char key,
    const char *label, const uint8_t sk[HASH_SK_LEN])
{
	uint8_t sig[HASH_SIG_LEN];

	hash_sign(sig, sk, label, e->raw, e->raw_len);
	bencode_put_dict(b);
	if (e->leaves != NULL) {
		put_key(b, 'h');
		bencode_put_str(b, e->leaves, e->leaves_len);
	}
	put_key(b, key);
	buf_put(b, e->raw, e->raw_len);
	put_key(b, 's');
	bencode_put_str(b, sig, sizeof(sig));
	bencode_put_end(b);
	return b->err;
}

int
envelope_get_uint(const struct bcur *v, uint64_t max, uint64_t *out)
{
	int64_t n;

	if (!bencode_int(v, &n))
		return SP_ERR_SYNTAX;
	if (n == 0)
		return SP_ERR_CANON;
	if (n < 0 || (uint64_t)n > max)
		return SP_ERR_RANGE;
	*out = (uint64_t)n;
	return 0;
}

int
envelope_get_u8(const struct bcur *v, uint8_t *out)
{
	uint64_t n;
	int r;

	if ((r = envelope_get_uint(v, UINT8_MAX, &n)) == 0)
		*out = (uint8_t)n;
	return r;
}

int
envelope_get_u16(const struct bcur *v, uint16_t *out)
{
	uint64_t n;
	int r;

	if ((r = envelope_get_uint(v, UINT16_MAX, &n)) == 0)
		*out = (uint16_t)n;
	return r;
}

int
envelope_get_u32(const struct bcur *v, uint32_t *out)
{
	uint64_t n;
	int r;

	if ((r = envelope_get_uint(v, UINT32_MAX, &n)) == 0)
		*out = (uint32_t)n;
	return r;
}

int
envelope_get_text(const struct bcur *v, size_t max, const char **p, size_t *len)
{
	const uint8_t *s;
	size_t n;

	if (!bencode_str(v, &s, &n))
		return SP_ERR_SYNTAX;
	if (n == 0)
		return SP_ERR_CANON;
	if (n > max)
		return SP_ERR_TOOBIG;
	*p = (const char *)s;
	*len = n;
	return 0;
}

void
envelope_put_uint(struct sp_buf *b, char key, uint64_t v)
{
	assert(v <= INT64_MAX && "a bencoded integer");
	if (v == 0)
		return;
	put_key(b, key);
	bencode_put_int(b, (int64_t)v);
}

void
envelope_put_text(struct sp_buf *b, char key, const void *p, size_t len)
{
	if (len == 0)
		return;
	put_key(b, key);
	bencode_put_str(b, p, len);
}
