/*
 * The bytes of a WebSocket client, whole and cut to pieces: both must give the
 * same messages, the same answers and the same end.
 */

#include "io/wsframe.h"
#include "test/fuzz/fuzz.h"

#define MAX_MESSAGE 3000

struct side {
	struct wsframe ws;
	struct sp_buf out, got;
	int result;
};

static void
feed(struct side *s, const uint8_t *p, size_t len)
{
	struct wsframe_msg m;

	while ((s->result = wsframe_recv(&s->ws, &p, &len, &m, &s->out)) > 0) {
		FUZZ_CHECK(m.len <= MAX_MESSAGE);
		FUZZ_CHECK(
		    m.kind != WSFRAME_TEXT || wsframe_is_utf8(m.p, m.len));
		buf_put_u8(&s->got, (uint8_t)m.kind);
		buf_put_u32(&s->got, (uint32_t)m.len);
		buf_put(&s->got, m.p, m.len);
	}
	FUZZ_CHECK(s->result == 0 || s->result == SP_ERR_CLOSED);
	FUZZ_CHECK((s->result == 0) == (s->ws.code == 0));
	FUZZ_CHECK(s->result == 0 || s->ws.rx == NULL);
}

static void
begin(struct side *s, struct wsframe_lot *lot)
{
	s->result = 0;
	wsframe_init(&s->ws, lot);
	buf_init(&s->out, &heap_mem, 64 << 20);
	buf_init(&s->got, &heap_mem, 64 << 20);
}

static void
finish(struct side *s)
{
	wsframe_fini(&s->ws);
	buf_fini(&s->out);
	buf_fini(&s->got);
}

static bool
same(const struct sp_buf *a, const struct sp_buf *b)
{
	return a->len == b->len &&
	       (a->len == 0 || memcmp(a->p, b->p, a->len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wsframe_lot *lot;
	struct side whole, cut;
	size_t step = size > 0 ? 1 + data[0] % 16 : 1, n;

	FUZZ_CHECK(wsframe_lot_new(&lot, &heap_mem, MAX_MESSAGE, 2) == 0);
	begin(&whole, lot);
	begin(&cut, lot);
	if (size > 0) {
		data++;
		size--;
	}
	feed(&whole, data, size);
	for (; size > 0 && cut.result == 0; data += n, size -= n) {
		n = SP_MIN(step, size);
		feed(&cut, data, n);
	}
	FUZZ_CHECK(whole.result == cut.result);
	FUZZ_CHECK(whole.ws.code == cut.ws.code);
	FUZZ_CHECK(same(&whole.got, &cut.got) && same(&whole.out, &cut.out));
	finish(&whole);
	finish(&cut);
	FUZZ_CHECK(wsframe_lent(lot) == 0);
	wsframe_lot_free(lot);
	return 0;
}
