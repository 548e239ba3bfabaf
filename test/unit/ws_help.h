#ifndef TEST_UNIT_WS_HELP_H
#define TEST_UNIT_WS_HELP_H

/* A WebSocket client's frames, and a reader of a server's. */

#include "io/wsframe.h"

#include "test/unit/unit.h"

#define FIN 0x80

/* Appends a masked frame; |first| is its first byte. */
static inline void
client_frame(struct sp_buf *b, uint8_t first, const void *p, size_t len)
{
	static const uint8_t key[4] = { 0x37, 0xfa, 0x21, 0x3d };
	const uint8_t *v = p;

	buf_put_u8(b, first);
	if (len < 126) {
		buf_put_u8(b, (uint8_t)(0x80 | len));
	} else if (len < 65536) {
		buf_put_u8(b, 0x80 | 126);
		buf_put_u16(b, (uint16_t)len);
	} else {
		buf_put_u8(b, 0x80 | 127);
		buf_put_u64(b, len);
	}
	buf_put(b, key, 4);
	for (size_t i = 0; i < len; i++)
		buf_put_u8(b, v[i] ^ key[i % 4]);
	ck_assert_int_eq(b->err, 0);
}

static inline void
client_text(struct sp_buf *b, uint8_t first, const char *s)
{
	client_frame(b, first, s, strlen(s));
}

/*
 * Takes one frame of a server from the front of |b|: its first byte, and the
 * payload, which must be shorter than |size|, with a NUL. -1: there is none.
 */
static inline int
server_frame(struct sp_buf *b, char *out, size_t size, size_t *len)
{
	struct sp_rd rd = buf_rd(b->p, b->len);
	uint8_t first = buf_get_u8(&rd);
	const uint8_t *p;

	*len = buf_get_u8(&rd);
	if (*len == 126)
		*len = buf_get_u16(&rd);
	else if (*len == 127)
		*len = (size_t)buf_get_u64(&rd);
	p = rd.bad ? NULL : buf_get_span(&rd, *len);
	if (p == NULL)
		return -1;
	ck_assert_uint_lt(*len, size);
	memcpy(out, p, *len);
	out[*len] = '\0';
	buf_consume(b, b->len - buf_get_left(&rd));
	return first;
}

#endif
