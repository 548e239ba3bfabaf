#include <ctype.h>

#include "test/unit/pw_help.h"

START_TEST(names_are_those_of_the_list_in_lower_case)
{
	static const struct {
		uint8_t type;
		const char *name;
	} list[] = {
#define ROW(name, id, body) { id, #name },
		PW_MSG_LIST(ROW)
#undef ROW
	};
	size_t i, j;

	for (i = 0; i < SP_LEN(list); i++) {
		const char *got = pw_name(list[i].type);

		ck_assert_uint_eq(strlen(got), strlen(list[i].name));
		for (j = 0; got[j] != '\0'; j++)
			ck_assert_int_eq(got[j],
			    tolower((unsigned char)list[i].name[j]));
	}
	ck_assert_str_eq(pw_name(5), "unknown");
	ck_assert_str_eq(pw_name(99), "unknown");
	ck_assert_str_eq(pw_name(255), "unknown");
}
END_TEST

START_TEST(simple_messages_have_bittorrents_bytes)
{
	struct sp_buf *b = fresh();
	unsigned t;

	for (t = PW_CHOKE; t <= PW_NOT_INTERESTED; t++) {
		buf_reset(b);
		pw_put_simple(b, (enum pw_type)t);
		ck_assert_int_eq(reread().type, (int)t);
	}
	unit_hex_eq(b->p, b->len, "00000001 03");
	done();
}
END_TEST

START_TEST(request_cancel_reject_and_block_name_a_block)
{
	struct sp_buf *b = fresh();
	struct pw_msg m;

	pw_put_request(b, ref, 1500);
	unit_hex_eq(b->p, b->len, "0000000e 06 03 0000001122334455 03ff 05dc");
	m = reread();
	ck_assert_uint_eq(m.type, PW_REQUEST);
	ref_is(&m.u.request.ref);
	ck_assert_uint_eq(m.u.request.slack_ms, 1500);

	buf_reset(b);
	pw_put_cancel(b, ref);
	unit_hex_eq(b->p, b->len, "0000000c 08 03 0000001122334455 03ff");
	m = reread();
	ck_assert_uint_eq(m.type, PW_CANCEL);
	ref_is(&m.u.ref);

	buf_reset(b);
	pw_put_reject(b, ref, PW_REJECT_QUEUE);
	unit_hex_eq(b->p, b->len, "0000000d 10 03 0000001122334455 03ff 02");
	m = reread();
	ck_assert_uint_eq(m.type, PW_REJECT);
	ref_is(&m.u.reject.ref);
	ck_assert_uint_eq(m.u.reject.reason, PW_REJECT_QUEUE);

	buf_reset(b);
	pw_put_warn(b, ref, (const uint8_t *)"abcdefghijklmnopqrst");
	unit_hex_eq(b->p, b->len,
	    "00000020 2d 03 0000001122334455 03ff "
	    "6162636465666768696a6b6c6d6e6f7071727374");
	m = reread();
	ck_assert_uint_eq(m.type, PW_WARN);
	ref_is(&m.u.warn.ref);
	ck_assert_mem_eq(m.u.warn.peer_id, "abcdefghijklmnopqrst", 20);

	buf_reset(b);
	pw_put_block_head(b, ref, 4);
	buf_put(b, "data", 4);
	unit_hex_eq(b->p, b->len,
	    "00000010 07 03 0000001122334455 03ff 64617461");
	m = reread();
	ck_assert_uint_eq(m.type, PW_BLOCK);
	ref_is(&m.u.block.ref);
	ck_assert_uint_eq(m.u.block.len, 4);
	ck_assert_mem_eq(m.u.block.p, "data", 4);
	ck_assert_ptr_eq(m.u.block.p, b->p + b->len - 4);
	done();
}
END_TEST

START_TEST(envelopes_travel_as_they_are)
{
	static uint8_t env[LIM_ENVELOPE];
	struct sp_buf *b = fresh();
	struct pw_msg m;

	memset(env, 'e', sizeof(env));
	pw_put_env(b, PW_RECORD, env, 3);
	unit_hex_eq(b->p, b->len, "00000004 20 656565");
	buf_reset(b);
	pw_put_env(b, PW_MANIFEST, env, sizeof(env));
	m = reread();
	ck_assert_uint_eq(m.type, PW_MANIFEST);
	ck_assert_uint_eq(m.u.env.len, sizeof(env));
	ck_assert_mem_eq(m.u.env.p, env, sizeof(env));
	done();
}
END_TEST

START_TEST(want_ping_pong_and_bye_keep_their_values)
{
	static char text[LIM_BYE_TEXT + 2];
	struct sp_buf *b = fresh();
	struct pw_msg m;

	pw_put_want(b, 131, 9, 64);
	unit_hex_eq(b->p, b->len, "0000000b 21 83 0000000000000009 40");
	m = reread();
	ck_assert_uint_eq(m.u.want.track, 131);
	ck_assert_uint_eq(m.u.want.number, 9);
	ck_assert_uint_eq(m.u.want.count, 64);

	buf_reset(b);
	pw_put_ping(b, 0x0102030405060708);
	unit_hex_eq(b->p, b->len, "00000009 24 0102030405060708");
	ck_assert_uint_eq(reread().u.ping.token, 0x0102030405060708);

	buf_reset(b);
	pw_put_pong(b, 7, 250, 6000);
	unit_hex_eq(b->p, b->len, "0000000f 25 0000000000000007 00fa 00001770");
	m = reread();
	ck_assert_uint_eq(m.u.ping.token, 7);
	ck_assert_uint_eq(m.u.ping.queue_ms, 250);
	ck_assert_uint_eq(m.u.ping.up_kbps, 6000);

	buf_reset(b);
	pw_put_want_manifest(b, 12);
	unit_hex_eq(b->p, b->len, "00000009 27 000000000000000c");
	ck_assert_uint_eq(reread().u.serial, 12);

	buf_reset(b);
	pw_put_bye(b, PW_BYE_FULL, NULL);
	unit_hex_eq(b->p, b->len, "00000002 26 01");
	ck_assert_uint_eq(reread().u.bye.len, 0);

	buf_reset(b);
	memset(text, 't', sizeof(text) - 1);
	pw_put_bye(b, PW_BYE_PROTOCOL, text);
	m = reread();
	ck_assert_uint_eq(m.u.bye.reason, PW_BYE_PROTOCOL);
	ck_assert_uint_eq(m.u.bye.len, LIM_BYE_TEXT);
	ck_assert_mem_eq(m.u.bye.text, text, LIM_BYE_TEXT);
	done();
}
END_TEST

START_TEST(have_carries_groups_relative_to_its_base)
{
	static const uint8_t bits[] = { 0x80, 0x01 };
	struct pw_have_group g = { .number = 1000, .kind = PW_HAVE_ALL };
	struct sp_buf *b = fresh();
	struct pw_open o;
	struct pw_msg m;

	pw_have_begin(&o, b, 2, 1000);
	ck_assert(pw_have_add(&o, b, &g));
	g = (struct pw_have_group){ .number = 1300,
		.kind = PW_HAVE_ARRIVING,
		.first = 200,
		.n_bytes = 2,
		.bits = bits };
	ck_assert(pw_have_add(&o, b, &g));
	g = (struct pw_have_group){ .number = 1001, .kind = PW_HAVE_GONE };
	ck_assert(pw_have_add(&o, b, &g));
	pw_end(&o, b);
	unit_hex_eq(b->p, b->len,
	    "00000016 04 02 00000000000003e8 00 01 ac02 03 c801 02 8001 01 04");

	m = reread();
	ck_assert_uint_eq(m.u.have.track, 2);
	ck_assert(pw_have_next(&m, &g));
	ck_assert_uint_eq(g.number, 1000);
	ck_assert_uint_eq(g.kind, PW_HAVE_ALL);
	ck_assert(pw_have_next(&m, &g));
	ck_assert_uint_eq(g.number, 1300);
	ck_assert_uint_eq(g.kind, PW_HAVE_ARRIVING);
	ck_assert_uint_eq(g.first, 200);
	ck_assert_uint_eq(g.n_bytes, 2);
	ck_assert_mem_eq(g.bits, bits, 2);
	ck_assert(pw_have_next(&m, &g));
	ck_assert_uint_eq(g.number, 1001);
	ck_assert_ptr_null(g.bits);
	ck_assert(!pw_have_next(&m, &g));
	ck_assert(!pw_have_next(&m, &g));
	done();
}
END_TEST

START_TEST(have_takes_as_many_groups_as_a_reader_allows)
{
	static const uint8_t bits[128] = { 1 };
	struct pw_have_group g = { .number = LIM_NUMBER - 1,
		.kind = PW_HAVE_BLOCKS,
		.n_bytes = 128,
		.bits = bits };
	struct sp_buf *b = fresh();
	struct pw_open o;
	struct pw_msg m;
	unsigned n;

	pw_have_begin(&o, b, 159, 0);
	for (n = 0; pw_have_add(&o, b, &g); n++)
		;
	ck_assert_uint_eq(n, LIM_HAVE_GROUPS);
	pw_end(&o, b);
	m = reread();
	for (n = 0; pw_have_next(&m, &g); n++)
		ck_assert_uint_eq(g.number, LIM_NUMBER - 1);
	ck_assert_uint_eq(n, LIM_HAVE_GROUPS);

	/* One group more is refused, though each of them is fine. */
	buf_set_u32(b, 0, (uint32_t)b->len - 4 + 2);
	buf_put(b, "\0\1", 2);
	{
		struct sp_rd rd = buf_rd(b->p, b->len);

		ck_assert_int_eq(pw_read(&rd, &m), SP_ERR_PROTO);
	}
	done();
}
END_TEST

START_TEST(pex_tells_the_family_by_a_flag)
{
	static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 9 };
	struct pw_pex_entry e = { .flags = PW_PEX_LISTENS | PW_PEX_V6 };
	struct sp_buf *b = fresh();
	struct pw_open o;
	struct pw_msg m;

	memset(e.peer_id, 'p', sizeof(e.peer_id));
	pw_pex_begin(&o, b);
	e.addr = addr_make(4, "\x0a\x01\x02\x03", 6881);
	ck_assert(pw_pex_add(&o, b, &e));
	e.flags = 0;
	e.addr = addr_make(6, v6, 80);
	ck_assert(pw_pex_add(&o, b, &e));
	pw_end(&o, b);
	unit_hex_eq(b->p, b->len,
	    "00000043 23"
	    "01 7070707070707070707070707070707070707070 0a010203 1ae1"
	    "02 7070707070707070707070707070707070707070"
	    "20010db8000000000000000000000009 0050");
	m = reread();
	ck_assert(pw_pex_next(&m, &e));
	ck_assert_uint_eq(e.flags, PW_PEX_LISTENS);
	ck_assert_uint_eq(e.addr.family, 4);
	ck_assert_uint_eq(e.addr.port, 6881);
	ck_assert(pw_pex_next(&m, &e));
	ck_assert_uint_eq(e.flags, PW_PEX_V6);
	ck_assert_uint_eq(e.addr.family, 6);
	ck_assert_mem_eq(e.addr.ip, v6, 16);
	ck_assert_mem_eq(e.peer_id, "pppp", 4);
	ck_assert(!pw_pex_next(&m, &e));
	done();
}
END_TEST

START_TEST(mapped_address_in_pex_is_read_as_v4)
{
	struct pw_pex_entry e;
	struct pw_msg m;

	ck_assert_int_eq(read_hex("00000028 23 03"
				  "7070707070707070707070707070707070707070"
				  "00000000000000000000ffff0a010203 1ae1",
			     &m),
	    1);
	ck_assert(pw_pex_next(&m, &e));
	ck_assert_uint_eq(e.addr.family, 4);
	ck_assert_uint_eq(e.flags, PW_PEX_LISTENS);
}
END_TEST

START_TEST(pex_is_full_at_its_limit)
{
	struct pw_pex_entry e = { .addr = addr_make(4, "\1\2\3\4", 5) };
	struct sp_buf *b = fresh();
	struct pw_open o;
	struct pw_msg m;
	unsigned n;

	pw_pex_begin(&o, b);
	for (n = 0; pw_pex_add(&o, b, &e); n++)
		;
	ck_assert_uint_eq(n, LIM_PEX_PEERS);
	pw_end(&o, b);
	m = reread();
	for (n = 0; pw_pex_next(&m, &e); n++)
		;
	ck_assert_uint_eq(n, LIM_PEX_PEERS);
	buf_put(b, b->p + 5, 27);
	buf_set_u32(b, 0, (uint32_t)b->len - 4);
	{
		struct sp_rd rd = buf_rd(b->p, b->len);

		ck_assert_int_eq(pw_read(&rd, &m), SP_ERR_PROTO);
	}
	done();
}
END_TEST

START_TEST(have_and_pex_may_be_empty)
{
	struct pw_have_group g;
	struct pw_pex_entry e;
	struct pw_msg m;

	ck_assert_int_eq(read_hex("0000000a 04 00 0000000000000000", &m), 1);
	ck_assert(!pw_have_next(&m, &g));
	ck_assert_int_eq(read_hex("00000001 23", &m), 1);
	ck_assert(!pw_pex_next(&m, &e));
}
END_TEST

START_TEST(messages_of_a_frame_come_in_order)
{
	struct sp_rd rd = frame_of("00000001 01 00000000 00000003 63 ffff"
				   "00000000 00000002 26 00 00000000");
	struct pw_msg m;

	ck_assert_int_eq(pw_read(&rd, &m), 1);
	ck_assert_uint_eq(m.type, PW_UNCHOKE);
	ck_assert_int_eq(pw_read(&rd, &m), 1);
	ck_assert_uint_eq(m.type, 0x63); /* unknown: only the type is set */
	ck_assert_int_eq(pw_read(&rd, &m), 1);
	ck_assert_uint_eq(m.type, PW_BYE);
	ck_assert_int_eq(pw_read(&rd, &m), 0);
	ck_assert_int_eq(pw_read(&rd, &m), 0);
}
END_TEST

START_TEST(wrong_lengths_are_refused)
{
	refused("00");
	refused("000000");
	refused("00000002 00");
	refused("00000000 00");
	refused("00000002 00 00"); /* a body where there is none */
	refused("0000c101 63");    /* LIM_MSG + 1 */
	refused("ffffffff 63");
	refused("0000000d 06 00 0000000000000000 0000 00");
	refused("0000000f 06 00 0000000000000000 0000 0000 00");
	refused("0000000b 08 00 0000000000000000 00");
	refused("0000000c 10 00 0000000000000000 0000");
	refused("00000008 24 00000000000000");
	refused("00000008 27 00000000000000");
	refused("0000000e 25 0000000000000000 0000 000000");
	refused("0000000a 21 00 0000000000000000");
	refused("00000009 04 00 00000000000000");
	refused("00000001 26");
	refused("00000001 20");
	refused("00000001 22");
	refused("0000000c 07 00 0000000000000000 0000");
}
END_TEST

START_TEST(names_of_impossible_blocks_are_refused)
{
	taken("0000000c 08 1f 001fffffffffffff 03ff");
	taken("0000000c 08 80 0000000000000000 0000");
	taken("0000000c 08 9f 0000000000000000 0000");
	refused("0000000c 08 20 0000000000000000 0000");
	refused("0000000c 08 7f 0000000000000000 0000");
	refused("0000000c 08 a0 0000000000000000 0000");
	refused("0000000c 08 00 0020000000000000 0000");
	refused("0000000c 08 00 0000000000000000 0400");
	refused("0000000e 06 20 0000000000000000 0000 0000");
	refused("0000000d 10 20 0000000000000000 0000 00");
	refused("0000000d 07 20 0000000000000000 0000 00");
	refused("0000000b 21 20 0000000000000000 01");
	refused("0000000b 21 00 0000000000000000 00");
	refused("0000000b 21 00 0000000000000000 41");
	taken("0000000b 21 00 001fffffffffffff 01");
	refused("0000000b 21 00 001fffffffffffff 02");
}
END_TEST

START_TEST(impossible_groups_are_refused)
{
#define HAVE(n) "000000" n " 04 00 0000000000000000 "
	refused("0000000a 04 20 0000000000000000");
	refused("0000000a 04 00 0020000000000000");
	refused(HAVE("0b") "00");                 /* no kind */
	refused(HAVE("0c") "00 05");              /* unknown kind */
	refused(HAVE("0d") "8000 00");            /* varint not shortest */
	refused(HAVE("0c") "00 02");              /* no bitmap */
	refused(HAVE("0e") "00 02 00 00");        /* empty bitmap */
	refused(HAVE("0e") "00 02 00 01");        /* cut bitmap */
	refused(HAVE("10") "00 03 8008 01 80");   /* first 1024 */
	taken(HAVE("10") "00 03 ff07 01 80");     /* block 1023 */
	refused(HAVE("10") "00 03 ff07 01 40");   /* block 1024 */
	refused(HAVE("11") "00 03 f807 02 0000"); /* a byte too many */
	refused("00000013 04 00 001fffffffffffff 8080808080808010 00");
	refused("0000000c 04 00 001fffffffffffff 01 00");
	taken("0000000c 04 00 001fffffffffffff 00 00");
#undef HAVE
}
END_TEST

START_TEST(bitmap_of_129_bytes_is_refused)
{
	struct sp_buf *b = fresh();
	struct sp_rd rd;
	struct pw_msg m;
	unsigned n;

	for (n = 128; n <= 129; n++) {
		buf_reset(b);
		buf_put_u32(b, 14 + n);
		buf_put(b, "\4\0\0\0\0\0\0\0\0\0\0\2\0", 13);
		buf_put_u8(b, (uint8_t)n);
		memset(buf_reserve(b, n), 0xff, n);
		buf_commit(b, n);
		rd = buf_rd(b->p, b->len);
		ck_assert_int_eq(pw_read(&rd, &m), n == 128 ? 1 : SP_ERR_PROTO);
	}
	done();
}
END_TEST

START_TEST(bodies_over_their_limits_are_refused)
{
	static const struct {
		const char *head;
		size_t head_len, max;
	} cases[] = {
		{ "\7\0\0\0\0\0\0\0\0\0\0\0", 12, LIM_BLOCK },
		{ "\x20", 1, LIM_ENVELOPE },
		{ "\x22", 1, LIM_ENVELOPE },
		{ "\x26\0", 2, LIM_BYE_TEXT },
	};
	struct sp_buf *b = fresh();
	struct sp_rd rd;
	struct pw_msg m;
	size_t i, over;

	for (i = 0; i < SP_LEN(cases); i++) {
		for (over = 0; over < 2; over++) {
			size_t n = cases[i].max + over;

			buf_reset(b);
			buf_put_u32(b, (uint32_t)(cases[i].head_len + n));
			buf_put(b, cases[i].head, cases[i].head_len);
			memset(buf_reserve(b, n), 'x', n);
			buf_commit(b, n);
			rd = buf_rd(b->p, b->len);
			ck_assert_int_eq(pw_read(&rd, &m),
			    over == 0 ? 1 : SP_ERR_PROTO);
		}
	}
	done();
}
END_TEST

START_TEST(cut_pex_entries_are_refused)
{
	refused("00000002 23 01");
	refused("0000001b 23 01 7070707070707070707070707070707070707070"
		"0a010203 1a");
	refused("0000001c 23 02 7070707070707070707070707070707070707070"
		"0a010203 1ae1");
}
END_TEST

START_TEST(failing_memory_shows_in_the_buffer_only)
{
	struct pw_have_group g = { .number = 5, .kind = PW_HAVE_ALL };
	struct pw_pex_entry e = { .addr = addr_make(4, "\1\2\3\4", 5) };
	struct failmem f;
	struct pw_open o;
	struct sp_buf b;

	FAILMEM_EACH (&f) {
		buf_init(&b, &f.mem, LIM_FRAME);
		pw_have_begin(&o, &b, 0, 5);
		pw_have_add(&o, &b, &g);
		pw_end(&o, &b);
		pw_pex_begin(&o, &b);
		while (pw_pex_add(&o, &b, &e))
			;
		pw_end(&o, &b);
		pw_put_bye(&b, PW_BYE_LEAVING, "gone");
		pw_redirect_begin(&o, &b, 0, 0, 7);
		pw_pex_add(&o, &b, &e);
		pw_end(&o, &b);
		pw_put_unsubscribe(&b, 0, 0, 5);
		ck_assert_int_eq(b.err, f.failed > 0 ? SP_ERR_NOMEM : 0);
		buf_fini(&b);
	}
}
END_TEST

UNIT_MAIN("peerwire", names_are_those_of_the_list_in_lower_case,
    simple_messages_have_bittorrents_bytes,
    request_cancel_reject_and_block_name_a_block, envelopes_travel_as_they_are,
    want_ping_pong_and_bye_keep_their_values,
    have_carries_groups_relative_to_its_base,
    have_takes_as_many_groups_as_a_reader_allows,
    pex_tells_the_family_by_a_flag, mapped_address_in_pex_is_read_as_v4,
    pex_is_full_at_its_limit, have_and_pex_may_be_empty,
    messages_of_a_frame_come_in_order, wrong_lengths_are_refused,
    names_of_impossible_blocks_are_refused, impossible_groups_are_refused,
    bitmap_of_129_bytes_is_refused, bodies_over_their_limits_are_refused,
    cut_pex_entries_are_refused, failing_memory_shows_in_the_buffer_only)
