#include "wire/bencode.h"
#include "wire/limits.h"

/* One open list or dictionary of the walk. */
struct frame {
	const uint8_t *key; /* last one, NULL before the first */
	size_t key_len;
	bool dict;
	bool value; /* a key has been read, its value comes next */
};

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* What follows the 'i', with the closing 'e'. */
static int
read_int(struct sp_rd *rd, int64_t *out)
{
	uint8_t c = buf_get_u8(rd), first;
	bool neg = c == '-';
	uint64_t v = 0, max = (uint64_t)INT64_MAX + neg;
	bool over = false;
	size_t n;

	if (neg)
		c = buf_get_u8(rd);
	first = c;
	for (n = 0; is_digit(c); n++) {
		if (v > (max - (c - '0')) / 10)
			over = true;
		else
			v = v * 10 + (c - '0');
		c = buf_get_u8(rd);
	}
	if (rd->bad)
		return SP_ERR_SHORT;
	if (c != 'e' || n == 0 || (first == '0' && (n > 1 || neg)))
		return SP_ERR_SYNTAX;
	if (over)
		return SP_ERR_RANGE;
	*out = neg ? -(int64_t)(v - 1) - 1 : (int64_t)v;
	return 0;
}

/* A string whose first digit |c| has been read. */
static int
read_str(struct sp_rd *rd, uint8_t c, const uint8_t **p, size_t *len)
{
	uint8_t first = c;
	size_t v = 0, n;

	for (n = 0; is_digit(c); n++) {
		/* More than any input has; the span below will not be there. */
		v = v > SIZE_MAX / 16 ? SIZE_MAX : v * 10 + (c - '0');
		c = buf_get_u8(rd);
	}
	if (rd->bad)
		return SP_ERR_SHORT;
	if (c != ':' || n == 0 || (first == '0' && n > 1))
		return SP_ERR_SYNTAX;
	*p = buf_get_span(rd, v);
	*len = v;
	return *p == NULL ? SP_ERR_SHORT : 0;
}

static int
compare(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	size_t n = SP_MIN(a_len, b_len);
	int r = n > 0 ? memcmp(a, b, n) : 0;

	if (r != 0)
		return r;
	return a_len < b_len ? -1 : a_len > b_len;
}

static int
read_key(struct sp_rd *rd, uint8_t c, struct frame *f, bool strict)
{
	const uint8_t *key;
	size_t len;
	int r;

	if ((r = read_str(rd, c, &key, &len)) < 0)
		return r;
	if (strict && f->key != NULL &&
	    compare(f->key, f->key_len, key, len) >= 0)
		return SP_ERR_CANON;
	f->key = key;
	f->key_len = len;
	f->value = true;
	return 0;
}

static int
read_scalar(struct sp_rd *rd, uint8_t c)
{
	const uint8_t *p;
	size_t len;
	int64_t v;

	return c == 'i' ? read_int(rd, &v) : read_str(rd, c, &p, &len);
}

/* Without recursion: the depth is the sender's choice. */
static int
walk(struct sp_rd *rd, bool strict)
{
	struct frame stack[LIM_BENCODE_DEPTH], *f;
	size_t depth = 0;
	uint8_t c;
	int r;

	do {
		c = buf_get_u8(rd);
		if (rd->bad)
			return SP_ERR_SHORT;
		f = depth > 0 ? &stack[depth - 1] : NULL;
		if (f != NULL && c == 'e') {
			if (f->value)
				return SP_ERR_SYNTAX;
			depth--;
			continue;
		}
		if (f != NULL && f->dict && !f->value) {
			if ((r = read_key(rd, c, f, strict)) < 0)
				return r;
			continue;
		}
		if (f != NULL)
			f->value = false;
		if (c == 'l' || c == 'd') {
			if (depth == LIM_BENCODE_DEPTH)
				return SP_ERR_TOOBIG;
			stack[depth++] = (struct frame){ .dict = c == 'd' };
		} else if ((r = read_scalar(rd, c)) < 0) {
			return r;
		}
	} while (depth > 0);
	return 0;
}

int
bencode_prefix(const void *p, size_t len, bool strict, size_t *used)
{
	struct sp_rd rd = buf_rd(p, len);
	int r = walk(&rd, strict);

	if (r < 0)
		return r;
	*used = len - buf_get_left(&rd);
	return 0;
}

int
bencode_check(const void *p, size_t len, bool strict)
{
	size_t used;
	int r = bencode_prefix(p, len, strict, &used);

	if (r < 0)
		return r;
	return used == len ? 0 : SP_ERR_SYNTAX;
}

static enum bencode_type
type_of(uint8_t c)
{
	switch (c) {
	case 'i':
		return BENCODE_INT;
	case 'l':
		return BENCODE_LIST;
	case 'd':
		return BENCODE_DICT;
	default:
		return BENCODE_STR;
	}
}

struct bcur
bencode_root(const void *p, size_t len)
{
	struct bcur v = { p, len, BENCODE_NONE };

	if (len > 0)
		v.type = type_of(v.p[0]);
	return v;
}

bool
bencode_next(const struct bcur *v, size_t *it, struct bcur *key,
    struct bcur *val)
{
	struct bcur *part[2] = { key, val };
	size_t at = *it > 0 ? *it : 1, n, i;

	if (v->type != BENCODE_LIST && v->type != BENCODE_DICT)
		return false;
	for (i = v->type == BENCODE_DICT ? 0 : 1; i < 2; i++) {
		/* The closing 'e' is not a value, so this ends there. */
		if (bencode_prefix(v->p + at, v->len - at, false, &n) < 0)
			return false;
		*part[i] = bencode_root(v->p + at, n);
		at += n;
	}
	*it = at;
	return true;
}

bool
bencode_int(const struct bcur *v, int64_t *out)
{
	struct sp_rd rd = buf_rd(v->p, v->len);

	if (v->type != BENCODE_INT)
		return false;
	buf_get_u8(&rd);
	return read_int(&rd, out) == 0;
}

bool
bencode_str(const struct bcur *v, const uint8_t **p, size_t *len)
{
	struct sp_rd rd = buf_rd(v->p, v->len);

	if (v->type != BENCODE_STR)
		return false;
	return read_str(&rd, buf_get_u8(&rd), p, len) == 0;
}

bool
bencode_get(const struct bcur *dict, const char *key, struct bcur *out)
{
	size_t it = 0, want = strlen(key), len;
	struct bcur k, v;
	const uint8_t *p;

	if (dict->type != BENCODE_DICT)
		return false;
	while (bencode_next(dict, &it, &k, &v)) {
		if (bencode_str(&k, &p, &len) && len == want &&
		    memcmp(p, key, len) == 0) {
			*out = v;
			return true;
		}
	}
	return false;
}

bool
bencode_get_int(const struct bcur *dict, const char *key, int64_t *out)
{
	struct bcur v;

	return bencode_get(dict, key, &v) && bencode_int(&v, out);
}

bool
bencode_get_str(const struct bcur *dict, const char *key, const uint8_t **p,
    size_t *len)
{
	struct bcur v;

	return bencode_get(dict, key, &v) && bencode_str(&v, p, len);
}

void
bencode_put_int(struct sp_buf *b, int64_t v)
{
	buf_put_u8(b, 'i');
	buf_put_dec(b, v);
	buf_put_u8(b, 'e');
}

void
bencode_put_str(struct sp_buf *b, const void *p, size_t len)
{
	buf_put_dec(b, (int64_t)len);
	buf_put_u8(b, ':');
	if (len > 0)
		buf_put(b, p, len);
}

void
bencode_put_cstr(struct sp_buf *b, const char *s)
{
	bencode_put_str(b, s, strlen(s));
}

void
bencode_put_list(struct sp_buf *b)
{
	buf_put_u8(b, 'l');
}

void
bencode_put_dict(struct sp_buf *b)
{
	buf_put_u8(b, 'd');
}

void
bencode_put_end(struct sp_buf *b)
{
	buf_put_u8(b, 'e');
}
