#ifndef SRC_BASE_BUF_H
#define SRC_BASE_BUF_H

/*
 * Reading and writing bytes. Every parser reads through sp_rd and nothing
 * else; integers are big-endian as in BitTorrent. A reader that ran past the
 * end turns |bad| and from then on returns zeros, so that a parser may read a
 * whole message and check once.
 */

#include "base/err.h"
#include "base/mem.h"

struct sp_rd {
	const uint8_t *p;   /* next byte */
	const uint8_t *end; /* one past the last */
	bool bad;           /* a read went past the end */
};

/* Borrows |p| (NULL: empty) until the last use of the reader. */
struct sp_rd buf_rd(const void *p, size_t len);
/* 0 when bad. */
size_t buf_get_left(const struct sp_rd *rd);
uint8_t buf_get_u8(struct sp_rd *rd);
uint16_t buf_get_u16(struct sp_rd *rd);
uint32_t buf_get_u32(struct sp_rd *rd);
uint64_t buf_get_u64(struct sp_rd *rd);
/* LEB128, at most 10 bytes, shortest form only (else bad). */
uint64_t buf_get_varint(struct sp_rd *rd);
/* Pointer into the input, NULL (and bad) when fewer than |len| are left. */
const uint8_t *buf_get_span(struct sp_rd *rd, size_t len);
/* Copies |len| bytes to |out|, zeros when there are not enough. */
void buf_get_copy(struct sp_rd *rd, void *out, size_t len);
/* SP_ERR_SHORT when bad, SP_ERR_SYNTAX when bytes are left over, else 0. */
int buf_get_end(const struct sp_rd *rd);

/*
 * A growing writer with a maximum. A put that finds no memory or no room
 * turns |err| (SP_ERR_NOMEM, SP_ERR_FULL) and later puts do nothing, so a
 * writer checks once.
 */
struct sp_buf {
	const struct sp_mem *mem;
	uint8_t *p; /* len bytes, owned */
	size_t len;
	size_t cap;
	size_t max; /* len never exceeds it */
	int err;
};

void buf_init(struct sp_buf *b, const struct sp_mem *mem, size_t max);
/* Writes to the |cap| bytes at |p|, which the caller keeps: no buf_fini. */
void buf_wrap(struct sp_buf *b, void *p, size_t cap);
void buf_fini(struct sp_buf *b);
/* Forgets content and error, keeps the memory. */
void buf_reset(struct sp_buf *b);
/* Room for |len| more bytes: pointer to them (not yet counted), or NULL and
 * |err| set. */
uint8_t *buf_reserve(struct sp_buf *b, size_t len);
/* Counts |len| bytes that were written where buf_reserve pointed. */
void buf_commit(struct sp_buf *b, size_t len);
/* Drops the first |len| bytes. */
void buf_consume(struct sp_buf *b, size_t len);
/* The same, and copies them there. */
void buf_append(struct sp_buf *b, const void *p, size_t len);
/* Where there is room, which is nearly always, no call is made. */
static inline void
buf_put(struct sp_buf *b, const void *p, size_t len)
{
	if (len == 0)
		return;
	if (b->err != 0 || len > b->cap - b->len) {
		buf_append(b, p, len);
		return;
	}
	memcpy(b->p + b->len, p, len);
	b->len += len;
}
static inline void
buf_put_u8(struct sp_buf *b, uint8_t v)
{
	buf_put(b, &v, 1);
}
void buf_put_u16(struct sp_buf *b, uint16_t v);
void buf_put_u32(struct sp_buf *b, uint32_t v);
void buf_put_u64(struct sp_buf *b, uint64_t v);
void buf_put_varint(struct sp_buf *b, uint64_t v);
/* Without the NUL. */
static inline void
buf_put_str(struct sp_buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}
/* Decimal text. */
void buf_put_dec(struct sp_buf *b, int64_t v);

/* Overwrites bytes at |at| (at + 4 <= len); nothing after an error. */
void buf_set_u32(struct sp_buf *b, size_t at, uint32_t v);

/* Lower-case hex of |len| bytes and a NUL: out holds 2 * len + 1. */
void buf_hex(char *out, const void *p, size_t len);
/* 0 to 15, of both cases; -1: none. */
extern const int8_t buf_hex_values[256];
static inline int
buf_hex_digit(char c)
{
	return buf_hex_values[(uint8_t)c];
}
/* Both cases; SP_ERR_SYNTAX unless exactly 2 * len digits of |n|. */
int buf_unhex(void *out, size_t len, const char *s, size_t n);

#endif
