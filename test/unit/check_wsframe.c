#include "test/unit/ws_help.h"

#define MAX_MESSAGE 70000

static struct failmem fm;
static struct wsframe_lot *lot;
static struct wsframe ws;
static struct sp_buf in, out, got; /* got: messages, as [T:text] */
static int result;

static void
set_up(size_t max_message, size_t max_lent)
{
	failmem_init(&fm);
	ck_assert_int_eq(wsframe_lot_new(&lot, &fm.mem, max_message, max_lent),
	    0);
	wsframe_init(&ws, lot);
	buf_init(&in, &fm.mem, 1 << 20);
	buf_init(&out, &fm.mem, 1 << 20);
	buf_init(&got, &fm.mem, 1 << 20);
}

static void
tear_down(void)
{
	wsframe_fini(&ws);
	ck_assert_uint_eq(wsframe_lent(lot), 0);
	wsframe_lot_free(lot);
	buf_fini(&in);
	buf_fini(&out);
	buf_fini(&got);
	failmem_check(&fm);
}

static void
feed(const uint8_t *p, size_t len)
{
	static const char names[] = "TB?P";
	struct wsframe_msg m;

	while ((result = wsframe_recv(&ws, &p, &len, &m, &out)) > 0) {
		buf_put_str(&got, "[");
		buf_put_u8(&got, (uint8_t)names[m.kind]);
		buf_put_str(&got, ":");
		buf_put(&got, m.p, m.len);
		buf_put_str(&got, "]");
	}
	ck_assert_uint_eq(len, 0);
}

static void
feed_all(void)
{
	feed(in.p, in.len);
	buf_reset(&in);
}

static void
got_is(const char *want)
{
	buf_put_u8(&got, 0);
	ck_assert_str_eq((char *)got.p, want);
	buf_reset(&got);
}

/* What was sent is a Close with |code|, and nothing else. */
static void
closed_with(unsigned code)
{
	char p[200];
	size_t len;

	ck_assert_int_eq(result, SP_ERR_CLOSED);
	ck_assert_int_eq(server_frame(&out, p, sizeof(p), &len), FIN | 8);
	ck_assert_uint_eq(len, 2);
	ck_assert_uint_eq((unsigned)(uint8_t)p[0] << 8 | (uint8_t)p[1], code);
	ck_assert_uint_eq(ws.code, code);
	ck_assert(ws.closed);
	ck_assert_uint_eq(out.len, 0);
	ck_assert_uint_eq(wsframe_lent(lot), 0);
}

/* One frame on a fresh connection ends it with |code|. */
static void
refused(uint8_t first, const char *payload, unsigned code)
{
	set_up(MAX_MESSAGE, 4);
	client_text(&in, first, payload);
	feed_all();
	got_is("");
	closed_with(code);
	feed((const uint8_t *)"x", 0);
	ck_assert_int_eq(result, SP_ERR_CLOSED);
	tear_down();
}

START_TEST(the_answer_is_that_of_the_rfc)
{
	char a[WSFRAME_ACCEPT];

	ck_assert_int_eq(wsframe_accept("dGhlIHNhbXBsZSBub25jZQ==", a), 0);
	ck_assert_str_eq(a, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}
END_TEST

START_TEST(keys_are_sixteen_bytes_of_base64)
{
	static const char *const bad[] = { NULL, "",
		"dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ==A",
		"dGhlIHNhbXBsZSBub25jZQAA", "dGhlIHNhbXBsZSBub25j====",
		"dGhl!HNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZ===" };
	char a[WSFRAME_ACCEPT];

	for (size_t i = 0; i < SP_LEN(bad); i++)
		ck_assert_int_eq(wsframe_accept(bad[i], a), SP_ERR_SYNTAX);
}
END_TEST

START_TEST(messages_are_read)
{
	set_up(MAX_MESSAGE, 4);
	client_text(&in, FIN | 1, "Hello");
	client_text(&in, FIN | 2, "\xff\xfe");
	client_text(&in, FIN | 1, "");
	feed_all();
	ck_assert_int_eq(result, 0);
	got_is("[T:Hello][B:\xff\xfe][T:]");
	ck_assert_uint_eq(wsframe_lent(lot), 0);
	ck_assert_ptr_null(ws.rx);
	tear_down();
}
END_TEST

/* All that may come in order, and what has to come of it. */
static void
put_everything(struct sp_buf *big)
{
	for (int i = 0; i < 300; i++)
		buf_put_str(big, "0123456789");
	client_text(&in, 1, "fr\xc3");
	client_text(&in, FIN | 9, "ping");
	client_text(&in, 0, "");
	client_text(&in, FIN | 10, "pong");
	client_text(&in, FIN | 0, "\xa4gment");
	client_frame(&in, FIN | 2, big->p, 200);
	client_text(&in, FIN | 9, "");
	client_frame(&in, FIN | 1, big->p, big->len);
	client_text(&in, FIN | 8,
	    "\x03\xe8"
	    "bye");
}

static void
everything_came(const struct sp_buf *big)
{
	struct sp_buf want;
	char p[200];
	size_t len;

	ck_assert_int_eq(result, SP_ERR_CLOSED);
	buf_init(&want, &fm.mem, 1 << 16);
	buf_put_str(&want, "[P:pong][T:fr\xc3\xa4gment][B:");
	buf_put(&want, big->p, 200);
	buf_put_str(&want, "][T:");
	buf_put(&want, big->p, big->len);
	buf_put_str(&want, "]");
	buf_put_u8(&want, 0);
	got_is((char *)want.p);
	buf_fini(&want);
	ck_assert_int_eq(server_frame(&out, p, sizeof(p), &len), FIN | 10);
	ck_assert_str_eq(p, "ping");
	ck_assert_int_eq(server_frame(&out, p, sizeof(p), &len), FIN | 10);
	ck_assert_str_eq(p, "");
	closed_with(1000);
}

START_TEST(any_cut_of_the_bytes_gives_the_same)
{
	struct sp_buf big;

	set_up(MAX_MESSAGE, 4);
	buf_init(&big, &fm.mem, 1 << 16);
	put_everything(&big);
	for (size_t cut = 0; cut <= in.len; cut++) {
		wsframe_fini(&ws);
		wsframe_init(&ws, lot);
		feed(in.p, cut);
		if (result == 0)
			feed(in.p + cut, in.len - cut);
		everything_came(&big);
	}
	buf_fini(&big);
	tear_down();
}
END_TEST

START_TEST(byte_by_byte_gives_the_same)
{
	struct sp_buf big;

	set_up(MAX_MESSAGE, 4);
	buf_init(&big, &fm.mem, 1 << 16);
	put_everything(&big);
	for (size_t i = 0; i < in.len; i++) {
		feed(in.p + i, 1);
		ck_assert_int_eq(result, i + 1 < in.len ? 0 : SP_ERR_CLOSED);
	}
	everything_came(&big);
	buf_fini(&big);
	tear_down();
}
END_TEST

START_TEST(nothing_is_lent_between_messages)
{
	set_up(MAX_MESSAGE, 4);
	client_text(&in, FIN | 1, "Hello");
	for (size_t i = 0; i < in.len; i++) {
		feed(in.p + i, 1);
		ck_assert_uint_eq(wsframe_lent(lot), i + 1 < in.len);
	}
	got_is("[T:Hello]");
	/* of a message in two frames both are needed */
	buf_reset(&in);
	client_text(&in, 1, "Hel");
	feed_all();
	ck_assert_uint_eq(wsframe_lent(lot), 1);
	client_text(&in, FIN | 0, "lo");
	feed_all();
	ck_assert_uint_eq(wsframe_lent(lot), 0);
	got_is("[T:Hello]");
	tear_down();
}
END_TEST

START_TEST(too_many_in_the_middle_of_a_message_are_sent_away)
{
	struct wsframe a, b;
	struct wsframe_msg m;
	const uint8_t *p;
	size_t len;

	set_up(MAX_MESSAGE, 2);
	wsframe_init(&a, lot);
	wsframe_init(&b, lot);
	client_text(&in, FIN | 1, "Hello");
	p = in.p;
	len = 3;
	ck_assert_int_eq(wsframe_recv(&a, &p, &len, &m, &out), 0);
	p = in.p;
	len = 3;
	ck_assert_int_eq(wsframe_recv(&b, &p, &len, &m, &out), 0);
	feed(in.p, in.len);
	got_is("");
	ck_assert_int_eq(result, SP_ERR_CLOSED);
	ck_assert_uint_eq(ws.code, WSFRAME_LATER);
	wsframe_fini(&a);
	wsframe_init(&ws, lot);
	feed_all();
	got_is("[T:Hello]");
	wsframe_fini(&b);
	tear_down();
}
END_TEST

START_TEST(frames_that_break_the_rules_end_it)
{
	refused(FIN | 0x40 | 1, "x", 1002); /* reserved bits */
	refused(FIN | 0x20 | 1, "x", 1002);
	refused(FIN | 0x10 | 1, "x", 1002);
	refused(FIN | 3, "x", 1002); /* reserved opcodes */
	refused(FIN | 7, "", 1002);
	refused(FIN | 11, "", 1002);
	refused(FIN | 0, "x", 1002); /* nothing to continue */
	refused(9, "x", 1002);       /* control frames are whole */
	refused(8, "", 1002);
}
END_TEST

START_TEST(frames_must_be_masked)
{
	set_up(MAX_MESSAGE, 4);
	feed((const uint8_t *)"\x81\x05Hello", 7);
	got_is("");
	closed_with(1002);
	tear_down();
}
END_TEST

START_TEST(lengths_must_be_short_and_control_frames_small)
{
	static const uint8_t bad[][14] = {
		{ FIN | 1, 0x80 | 126, 0, 125, 1, 2, 3, 4 },
		{ FIN | 1, 0x80 | 127, 0, 0, 0, 0, 0, 0, 1, 0, 1, 2, 3, 4 },
		{ FIN | 1, 0x80 | 127, 0x80, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4 },
		{ FIN | 9, 0x80 | 126, 0, 126, 1, 2, 3, 4 },
	};

	for (size_t i = 0; i < SP_LEN(bad); i++) {
		set_up(MAX_MESSAGE, 4);
		feed(bad[i], sizeof(bad[i]));
		closed_with(1002);
		tear_down();
	}
}
END_TEST

START_TEST(a_message_inside_another_ends_it)
{
	set_up(MAX_MESSAGE, 4);
	client_text(&in, 1, "a");
	client_text(&in, FIN | 1, "b");
	feed_all();
	got_is("");
	closed_with(1002);
	tear_down();
}
END_TEST

START_TEST(text_must_be_utf8)
{
	static const char *const bad[] = { "\x80", "\xc0\xaf", "\xc1\xbf",
		"\xc3", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xe2\x82",
		"\xe2\x82z" };
	static const char *const good[] = { "", "a", "\xc2\x80", "\xdf\xbf",
		"\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
		"\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\xe2\x82\xac z" };

	for (size_t i = 0; i < SP_LEN(bad); i++)
		refused(FIN | 1, bad[i], 1007);
	for (size_t i = 0; i < SP_LEN(good); i++)
		ck_assert(
		    wsframe_is_utf8((const uint8_t *)good[i], strlen(good[i])));
	ck_assert(wsframe_is_utf8((const uint8_t *)"a\0b", 3));
}
END_TEST

START_TEST(long_messages_are_refused_at_their_header)
{
	char big[101] = { 0 };

	memset(big, 'x', 100);
	set_up(100, 4);
	client_frame(&in, FIN | 1, big, 100);
	feed_all();
	ck_assert_int_eq(result, 0);
	ck_assert_uint_eq(got.len, 104);
	buf_reset(&got);
	client_frame(&in, FIN | 1, big, 101);
	feed(in.p, 7);
	closed_with(1009);
	tear_down();

	set_up(100, 4);
	client_frame(&in, 1, big, 60);
	client_frame(&in, FIN, big, 41);
	feed_all();
	closed_with(1009);
	tear_down();
	/* Control frames in between do not count. */
	set_up(100, 4);
	client_frame(&in, 1, big, 60);
	client_frame(&in, FIN | 10, big, 100);
	client_frame(&in, FIN, big, 40);
	feed_all();
	ck_assert_int_eq(result, 0);
	tear_down();
}
END_TEST

START_TEST(a_close_is_answered_with_its_code)
{
	static const struct {
		const char *p;
		unsigned code;
	} rows[] = {
		{ "\x03\xe9", 1001 }, { "\x0b\xb8why", 3000 },
		{ "\x13\x87", 4999 }, { "\x03", 1002 },
		{ "\x03\xe7", 1002 },     /* 999 */
		{ "\x03\xec", 1002 },     /* 1004 */
		{ "\x03\xed", 1002 },     /* 1005 */
		{ "\x03\xee", 1002 },     /* 1006 */
		{ "\x03\xf7", 1002 },     /* 1015 */
		{ "\x07\xd0", 1002 },     /* 2000 */
		{ "\x13\x88", 1002 },     /* 5000 */
		{ "\x03\xe8\x80", 1007 }, /* the reason is UTF-8 */
	};
	char p[4];
	size_t len;

	for (size_t i = 0; i < SP_LEN(rows); i++)
		refused(FIN | 8, rows[i].p, rows[i].code);
	/* and one without a code with none */
	set_up(MAX_MESSAGE, 4);
	client_text(&in, FIN | 8, "");
	feed_all();
	ck_assert_int_eq(result, SP_ERR_CLOSED);
	ck_assert_int_eq(server_frame(&out, p, sizeof(p), &len), FIN | 8);
	ck_assert_uint_eq(len, 0);
	ck_assert_uint_eq(ws.code, WSFRAME_NO_STATUS);
	tear_down();
}
END_TEST

START_TEST(what_is_sent_has_the_shortest_header)
{
	static const size_t lens[] = { 0, 125, 126, 65535, 65536 };
	static const size_t heads[] = { 2, 2, 4, 4, 10 };
	static uint8_t big[65536];
	static char p[65537];
	size_t len;

	set_up(MAX_MESSAGE, 4);
	for (size_t i = 0; i < SP_LEN(lens); i++) {
		ck_assert_int_eq(
		    wsframe_send(&ws, WSFRAME_TEXT, big, lens[i], &out), 0);
		ck_assert_uint_eq(out.len, lens[i] + heads[i]);
		ck_assert_int_eq(server_frame(&out, p, sizeof(p), &len),
		    FIN | 1);
		ck_assert_uint_eq(len, lens[i]);
	}
	tear_down();
}
END_TEST

START_TEST(after_our_close_nothing_is_sent_and_theirs_is_awaited)
{
	set_up(MAX_MESSAGE, 4);
	ck_assert_int_eq(wsframe_close(&ws, WSFRAME_AWAY, &out), 0);
	ck_assert_int_eq(wsframe_close(&ws, WSFRAME_AWAY, &out), SP_ERR_CLOSED);
	ck_assert_int_eq(wsframe_send(&ws, WSFRAME_PING, NULL, 0, &out),
	    SP_ERR_CLOSED);
	ck_assert_uint_eq(out.len, 4);
	client_text(&in, FIN | 9, "x");
	client_text(&in, FIN | 1, "late");
	feed_all();
	ck_assert_int_eq(result, 0);
	got_is("[T:late]");
	client_text(&in, FIN | 8, "\x03\xe9");
	feed_all();
	closed_with(1001);
	feed((const uint8_t *)"x", 1);
	ck_assert_int_eq(result, SP_ERR_CLOSED);
	tear_down();
}
END_TEST

START_TEST(a_frame_is_written_whole_or_not_at_all)
{
	struct sp_buf small;
	uint8_t big[100] = { 0 };

	set_up(MAX_MESSAGE, 4);
	buf_init(&small, &fm.mem, 100);
	ck_assert_int_eq(wsframe_send(&ws, WSFRAME_TEXT, big, 100, &small),
	    SP_ERR_FULL);
	ck_assert_uint_eq(small.len, 0);
	buf_fini(&small);
	tear_down();
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
	struct sp_buf frames;
	struct wsframe_msg m;
	struct failmem own;
	const uint8_t *p;
	size_t len;
	int r;

	failmem_init(&own);
	buf_init(&frames, &own.mem, 1 << 16);
	client_text(&frames, 1, "Hel");
	client_text(&frames, FIN | 9, "ping");
	client_text(&frames, FIN | 0, "lo");
	FAILMEM_EACH (&fm) {
		r = wsframe_lot_new(&lot, &fm.mem, 100, 2);
		if (r < 0) {
			ck_assert_int_eq(r, SP_ERR_NOMEM);
			continue;
		}
		wsframe_init(&ws, lot);
		buf_init(&out, &fm.mem, 1000);
		p = frames.p;
		len = frames.len;
		while ((r = wsframe_recv(&ws, &p, &len, &m, &out)) > 0)
			ck_assert_uint_eq(m.len, 5);
		ck_assert(r == 0 || r == SP_ERR_NOMEM);
		wsframe_fini(&ws);
		buf_fini(&out);
		wsframe_lot_free(lot);
	}
	buf_fini(&frames);
	failmem_check(&own);
}
END_TEST

UNIT_MAIN("wsframe", the_answer_is_that_of_the_rfc,
    keys_are_sixteen_bytes_of_base64, messages_are_read,
    any_cut_of_the_bytes_gives_the_same, byte_by_byte_gives_the_same,
    nothing_is_lent_between_messages,
    too_many_in_the_middle_of_a_message_are_sent_away,
    frames_that_break_the_rules_end_it, frames_must_be_masked,
    lengths_must_be_short_and_control_frames_small,
    a_message_inside_another_ends_it, text_must_be_utf8,
    long_messages_are_refused_at_their_header,
    a_close_is_answered_with_its_code, what_is_sent_has_the_shortest_header,
    after_our_close_nothing_is_sent_and_theirs_is_awaited,
    a_frame_is_written_whole_or_not_at_all,
    every_failing_allocation_is_survived)
