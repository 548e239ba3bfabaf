#include "base/buf.h"
#include "test/unit/unit.h"

static struct failmem fm;

START_TEST(integers_are_read_big_endian)
{
	static const uint8_t in[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
		14, 15 };
	struct sp_rd rd = buf_rd(in, sizeof(in));

	ck_assert_uint_eq(buf_get_left(&rd), 15);
	ck_assert_uint_eq(buf_get_u8(&rd), 1);
	ck_assert_uint_eq(buf_get_u16(&rd), 0x0203);
	ck_assert_uint_eq(buf_get_u32(&rd), 0x04050607);
	ck_assert_int_eq(buf_get_end(&rd), SP_ERR_SYNTAX);
	ck_assert_uint_eq(buf_get_u64(&rd), 0x08090a0b0c0d0e0f);
	ck_assert_int_eq(buf_get_end(&rd), 0);
	ck_assert_uint_eq(buf_get_left(&rd), 0);
}
END_TEST

START_TEST(a_reader_past_the_end_stays_bad)
{
	uint8_t out[4] = { 9, 9, 9, 9 };
	struct sp_rd rd = buf_rd("abc", 3);

	ck_assert_uint_eq(buf_get_u32(&rd), 0);
	ck_assert(rd.bad);
	ck_assert_uint_eq(buf_get_u8(&rd), 0);
	ck_assert_uint_eq(buf_get_left(&rd), 0);
	ck_assert_ptr_null(buf_get_span(&rd, 0));
	buf_get_copy(&rd, out, 4);
	ck_assert_mem_eq(out, "\0\0\0\0", 4);
	ck_assert_int_eq(buf_get_end(&rd), SP_ERR_SHORT);
}
END_TEST

START_TEST(spans_point_into_the_input)
{
	static const char in[] = "abcdef";
	struct sp_rd rd = buf_rd(in, 6);
	char out[3];

	ck_assert_ptr_eq(buf_get_span(&rd, 2), in);
	buf_get_copy(&rd, out, 3);
	ck_assert_mem_eq(out, "cde", 3);
	buf_get_copy(&rd, NULL, 0);
	ck_assert_ptr_eq(buf_get_span(&rd, 1), in + 5);
	ck_assert_ptr_nonnull(buf_get_span(&rd, 0));
	ck_assert_ptr_null(buf_get_span(&rd, SIZE_MAX));
}
END_TEST

START_TEST(null_is_an_empty_input)
{
	struct sp_rd rd = buf_rd(NULL, 0);

	ck_assert_int_eq(buf_get_end(&rd), 0);
	ck_assert_uint_eq(buf_get_varint(&rd), 0);
	ck_assert(rd.bad);
	rd = buf_rd(NULL, 3);
	ck_assert_int_eq(buf_get_end(&rd), SP_ERR_SHORT);
}
END_TEST

START_TEST(varints_go_round)
{
	static const uint64_t v[] = { 0, 1, 127, 128, 300, 16383, 16384,
		UINT32_MAX, UINT64_MAX >> 1, UINT64_MAX - 1, UINT64_MAX };
	struct sp_buf b;
	struct sp_rd rd;

	failmem_init(&fm);
	buf_init(&b, &fm.mem, 1000);
	for (size_t i = 0; i < SP_LEN(v); i++)
		buf_put_varint(&b, v[i]);
	ck_assert_int_eq(b.err, 0);
	rd = buf_rd(b.p, b.len);
	for (size_t i = 0; i < SP_LEN(v); i++)
		ck_assert_uint_eq(buf_get_varint(&rd), v[i]);
	ck_assert_int_eq(buf_get_end(&rd), 0);
	buf_reset(&b);
	buf_put_varint(&b, 300);
	unit_hex_eq(b.p, b.len, "ac 02");
	buf_reset(&b);
	buf_put_varint(&b, UINT64_MAX);
	unit_hex_eq(b.p, b.len, "ff ff ff ff ff ff ff ff ff 01");
	buf_fini(&b);
	failmem_check(&fm);
}
END_TEST

START_TEST(only_the_shortest_varint_is_taken)
{
	static const struct {
		const char *p;
		size_t len;
	} bad[] = {
		{ "\x80", 1 },
		{ "\x80\x00", 2 },
		{ "\xff\x80\x00", 3 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x01", 11 },
	};
	struct sp_rd rd;

	for (size_t i = 0; i < SP_LEN(bad); i++) {
		rd = buf_rd(bad[i].p, bad[i].len);
		ck_assert_uint_eq(buf_get_varint(&rd), 0);
		ck_assert_msg(rd.bad, "case %zu", i);
	}
}
END_TEST

START_TEST(puts_write_big_endian_and_text)
{
	struct sp_buf b;

	failmem_init(&fm);
	buf_init(&b, &fm.mem, 1000);
	buf_put_u8(&b, 1);
	buf_put_u16(&b, 0x0203);
	buf_put_u32(&b, 0);
	buf_put_u64(&b, 0x08090a0b0c0d0e0f);
	buf_set_u32(&b, 3, 0x04050607);
	unit_hex_eq(b.p, b.len, "010203040506070809 0a0b0c0d0e0f");
	buf_reset(&b);
	buf_put_str(&b, "x=");
	buf_put_dec(&b, 0);
	buf_put_dec(&b, -7);
	buf_put_dec(&b, INT64_MIN);
	buf_put_dec(&b, INT64_MAX);
	buf_put_u8(&b, 0);
	ck_assert_str_eq((char *)b.p,
	    "x=0-7-92233720368547758089223372036854775807");
	buf_fini(&b);
	failmem_check(&fm);
}
END_TEST

START_TEST(a_full_writer_remembers_until_reset)
{
	struct sp_buf b;

	failmem_init(&fm);
	buf_init(&b, &fm.mem, 10);
	buf_put(&b, "12345678", 8);
	buf_put_u32(&b, 1);
	ck_assert_int_eq(b.err, SP_ERR_FULL);
	buf_put_u8(&b, 'x');
	buf_set_u32(&b, 100, 1);
	ck_assert_uint_eq(b.len, 8);
	ck_assert_ptr_null(buf_reserve(&b, 1));
	buf_reset(&b);
	buf_put(&b, "1234567890", 10);
	ck_assert_int_eq(b.err, 0);
	ck_assert_uint_le(fm.peak_bytes, 10);
	buf_put(&b, NULL, 0);
	ck_assert_int_eq(b.err, 0);
	buf_put_u8(&b, 0);
	ck_assert_int_eq(b.err, SP_ERR_FULL);
	buf_fini(&b);
	failmem_check(&fm);
}
END_TEST

START_TEST(reserve_commit_and_consume_move_the_bytes)
{
	struct sp_buf b;
	uint8_t *p;

	failmem_init(&fm);
	buf_init(&b, &fm.mem, 1000);
	p = buf_reserve(&b, 500);
	ck_assert_ptr_nonnull(p);
	memcpy(p, "hello", 5);
	ck_assert_uint_eq(b.len, 0);
	buf_commit(&b, 5);
	buf_put_str(&b, " you");
	buf_consume(&b, 0);
	buf_consume(&b, 2);
	ck_assert_uint_eq(b.len, 7);
	ck_assert_mem_eq(b.p, "llo you", 7);
	buf_consume(&b, 7);
	ck_assert_uint_eq(b.len, 0);
	buf_fini(&b);
	failmem_check(&fm);
}
END_TEST

START_TEST(a_writer_without_memory_keeps_what_it_has)
{
	struct sp_buf b;

	FAILMEM_EACH (&fm) {
		buf_init(&b, &fm.mem, 100000);
		for (int i = 0; i < 5000; i++)
			buf_put_u32(&b, (uint32_t)i);
		if (b.err != 0)
			ck_assert_int_eq(b.err, SP_ERR_NOMEM);
		else
			ck_assert_uint_eq(b.len, 20000);
		for (size_t i = 0; i < b.len / 4; i++)
			ck_assert_uint_eq(b.p[4 * i + 3], i & 0xff);
		buf_fini(&b);
	}
	ck_assert_uint_gt(fm.round, 4);
}
END_TEST

START_TEST(hex_goes_round_in_both_cases)
{
	uint8_t out[3];
	char text[7];

	buf_hex(text, "\x00\xab\xff", 3);
	ck_assert_str_eq(text, "00abff");
	ck_assert_int_eq(buf_unhex(out, 3, "00aBFf", 6), 0);
	ck_assert_mem_eq(out, "\x00\xab\xff", 3);
	ck_assert_int_eq(buf_unhex(out, 0, "", 0), 0);
}
END_TEST

START_TEST(hex_of_another_length_or_alphabet_is_refused)
{
	uint8_t out[3];

	ck_assert_int_eq(buf_unhex(out, 3, "00abf", 5), SP_ERR_SYNTAX);
	ck_assert_int_eq(buf_unhex(out, 3, "00abff0", 7), SP_ERR_SYNTAX);
	ck_assert_int_eq(buf_unhex(out, 3, "00abff00", 8), SP_ERR_SYNTAX);
	ck_assert_int_eq(buf_unhex(out, 3, "00abfg", 6), SP_ERR_SYNTAX);
	ck_assert_int_eq(buf_unhex(out, 3, "0:abff", 6), SP_ERR_SYNTAX);
	ck_assert_int_eq(buf_unhex(out, 3, "@0abff", 6), SP_ERR_SYNTAX);
	ck_assert_int_eq(buf_unhex(out, SIZE_MAX / 2 + 2, "00", 2),
	    SP_ERR_SYNTAX);
}
END_TEST

START_TEST(a_wrapped_writer_stays_in_the_bytes_it_was_given)
{
	uint8_t out[5] = { 9, 9, 9, 9, 9 };
	struct sp_buf w;

	buf_wrap(&w, out, 4);
	buf_put_u16(&w, 0x102);
	ck_assert(w.err == 0 && w.len == 2 && w.p == out);
	buf_put_u32(&w, 0);
	ck_assert(w.err == SP_ERR_FULL && w.len == 2);
	buf_reset(&w);
	buf_put_u32(&w, 0x3040506);
	ck_assert(w.err == 0 && w.len == 4);
	ck_assert_mem_eq(out, "\3\4\5\6\11", 5);
	buf_wrap(&w, NULL, 0);
	buf_put_u8(&w, 1);
	ck_assert_int_eq(w.err, SP_ERR_FULL);
}
END_TEST

UNIT_MAIN("buf", integers_are_read_big_endian, a_reader_past_the_end_stays_bad,
    spans_point_into_the_input, null_is_an_empty_input, varints_go_round,
    only_the_shortest_varint_is_taken, puts_write_big_endian_and_text,
    a_full_writer_remembers_until_reset,
    reserve_commit_and_consume_move_the_bytes,
    a_writer_without_memory_keeps_what_it_has, hex_goes_round_in_both_cases,
    hex_of_another_length_or_alphabet_is_refused,
    a_wrapped_writer_stays_in_the_bytes_it_was_given)
