#include "base/buf.h"

#define BUF_CAP_MIN 64

struct sp_rd
buf_rd(const void *p, size_t len)
{
	static const uint8_t nothing[1];
	struct sp_rd rd;

	/* Arithmetic on NULL is undefined even when len is 0. */
	rd.p = p != NULL ? p : nothing;
	rd.end = rd.p + (p != NULL ? len : 0);
	rd.bad = p == NULL && len > 0;
	return rd;
}

size_t
buf_get_left(const struct sp_rd *rd)
{
	return rd->bad ? 0 : (size_t)(rd->end - rd->p);
}

const uint8_t *
buf_get_span(struct sp_rd *rd, size_t len)
{
	const uint8_t *p = rd->p;

	if (rd->bad || (size_t)(rd->end - rd->p) < len) {
		rd->bad = true;
		return NULL;
	}
	rd->p += len;
	return p;
}

static uint64_t
get_be(struct sp_rd *rd, size_t len)
{
	const uint8_t *p = buf_get_span(rd, len);
	uint64_t v = 0;

	if (p == NULL)
		return 0;
	for (size_t i = 0; i < len; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t
buf_get_u8(struct sp_rd *rd)
{
	return (uint8_t)get_be(rd, 1);
}

uint16_t
buf_get_u16(struct sp_rd *rd)
{
	return (uint16_t)get_be(rd, 2);
}

uint32_t
buf_get_u32(struct sp_rd *rd)
{
	return (uint32_t)get_be(rd, 4);
}

uint64_t
buf_get_u64(struct sp_rd *rd)
{
	return get_be(rd, 8);
}

uint64_t
buf_get_varint(struct sp_rd *rd)
{
	uint64_t v = 0;
	uint8_t byte;

	for (unsigned shift = 0; shift < 70; shift += 7) {
		byte = buf_get_u8(rd);
		if (rd->bad)
			return 0;
		/* The tenth byte has one bit to give; a zero last byte
		 * says that a shorter form existed. */
		if ((shift == 63 && byte > 1) || (shift > 0 && byte == 0))
			break;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return v;
	}
	rd->bad = true;
	return 0;
}

void
buf_get_copy(struct sp_rd *rd, void *out, size_t len)
{
	const uint8_t *p = buf_get_span(rd, len);

	if (len == 0)
		return;
	if (p != NULL)
		memcpy(out, p, len);
	else
		memset(out, 0, len);
}

int
buf_get_end(const struct sp_rd *rd)
{
	if (rd->bad)
		return SP_ERR_SHORT;
	return rd->p == rd->end ? 0 : SP_ERR_SYNTAX;
}

void
buf_init(struct sp_buf *b, const struct sp_mem *mem, size_t max)
{
	memset(b, 0, sizeof(*b));
	b->mem = mem;
	b->max = max;
}

void
buf_wrap(struct sp_buf *b, void *p, size_t cap)
{
	*b = (struct sp_buf){ .p = p, .cap = cap, .max = cap };
}

void
buf_fini(struct sp_buf *b)
{
	mem_free(b->mem, b->p);
	b->p = NULL;
	b->len = b->cap = 0;
}

void
buf_reset(struct sp_buf *b)
{
	b->len = 0;
	b->err = 0;
}

static int
grow(struct sp_buf *b, size_t need)
{
	size_t cap = b->cap > b->max / 2 ? b->max : b->cap * 2;
	uint8_t *p;

	cap = SP_MAX(cap, SP_MIN((size_t)BUF_CAP_MIN, b->max));
	cap = SP_MAX(cap, need);
	p = mem_resize(b->mem, b->p, cap, 1);
	if (p == NULL)
		return SP_ERR_NOMEM;
	b->p = p;
	b->cap = cap;
	return 0;
}

uint8_t *
buf_reserve(struct sp_buf *b, size_t len)
{
	if (b->err != 0)
		return NULL;
	if (len > b->max - b->len) {
		b->err = SP_ERR_FULL;
		return NULL;
	}
	if (len > b->cap - b->len || b->p == NULL) {
		b->err = grow(b, b->len + len);
		if (b->err != 0)
			return NULL;
	}
	return b->p + b->len;
}

void
buf_commit(struct sp_buf *b, size_t len)
{
	assert(len <= b->cap - b->len && "more than was reserved");
	b->len += len;
}

void
buf_consume(struct sp_buf *b, size_t len)
{
	assert(len <= b->len && "more than there is");
	if (len == 0)
		return;
	b->len -= len;
	memmove(b->p, b->p + len, b->len);
}

void
buf_append(struct sp_buf *b, const void *p, size_t len)
{
	uint8_t *to = buf_reserve(b, len);

	if (to == NULL)
		return;
	memcpy(to, p, len);
	b->len += len;
}

static void
put_be(struct sp_buf *b, uint64_t v, size_t len)
{
	uint8_t *to = buf_reserve(b, len);

	if (to == NULL)
		return;
	for (size_t i = len; i > 0; i--, v >>= 8)
		to[i - 1] = (uint8_t)v;
	b->len += len;
}

void
buf_put_u16(struct sp_buf *b, uint16_t v)
{
	put_be(b, v, 2);
}

void
buf_put_u32(struct sp_buf *b, uint32_t v)
{
	put_be(b, v, 4);
}

void
buf_put_u64(struct sp_buf *b, uint64_t v)
{
	put_be(b, v, 8);
}

void
buf_put_varint(struct sp_buf *b, uint64_t v)
{
	uint8_t out[10];
	size_t n = 0;

	while (v >= 0x80) {
		out[n++] = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	out[n++] = (uint8_t)v;
	buf_put(b, out, n);
}

void
buf_put_dec(struct sp_buf *b, int64_t v)
{
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	char out[20];
	size_t at = sizeof(out);

	do {
		out[--at] = (char)('0' + u % 10);
		u /= 10;
	} while (u > 0);
	if (v < 0)
		out[--at] = '-';
	buf_put(b, out + at, sizeof(out) - at);
}

void
buf_set_u32(struct sp_buf *b, size_t at, uint32_t v)
{
	/* After a failed put the place may not exist. */
	if (b->err != 0)
		return;
	assert(b->len >= 4 && at <= b->len - 4 && "outside what was put");
	for (size_t i = 4; i > 0; i--, v >>= 8)
		b->p[at + i - 1] = (uint8_t)v;
}

#define NONE_16 -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1
#define LETTERS -1, 10, 11, 12, 13, 14, 15, -1, -1, -1, -1, -1, -1, -1, -1, -1

const int8_t buf_hex_values[256] = { NONE_16, NONE_16, NONE_16, 0, 1, 2, 3, 4,
	5, 6, 7, 8, 9, -1, -1, -1, -1, -1, -1, LETTERS, NONE_16, LETTERS,
	NONE_16, NONE_16, NONE_16, NONE_16, NONE_16, NONE_16, NONE_16, NONE_16,
	NONE_16 };

void
buf_hex(char *out, const void *p, size_t len)
{
	static const char digit[] = "0123456789abcdef";
	const uint8_t *in = p;

	for (size_t i = 0; i < len; i++) {
		*out++ = digit[in[i] >> 4];
		*out++ = digit[in[i] & 15];
	}
	*out = '\0';
}

int
buf_unhex(void *out, size_t len, const char *s, size_t n)
{
	uint8_t *to = out;
	int hi, lo;

	if (n % 2 != 0 || n / 2 != len)
		return SP_ERR_SYNTAX;
	for (size_t i = 0; i < len; i++) {
		hi = buf_hex_digit(s[2 * i]);
		lo = buf_hex_digit(s[2 * i + 1]);
		if (hi < 0 || lo < 0)
			return SP_ERR_SYNTAX;
		to[i] = (uint8_t)(hi << 4 | lo);
	}
	return 0;
}
