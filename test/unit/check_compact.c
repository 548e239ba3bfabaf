#include "wire/compact.h"
#include "test/unit/unit.h"

START_TEST(v4_takes_six_bytes)
{
	static const uint8_t ip[4] = { 192, 0, 2, 7 };
	struct sp_addr a = addr_make(4, ip, 6881), back;
	struct failmem fm;
	struct sp_buf b;
	struct sp_rd rd;

	failmem_init(&fm);
	buf_init(&b, &fm.mem, 100);
	compact_put(&b, &a);
	unit_hex_eq(b.p, b.len, "c0000207 1ae1");
	rd = buf_rd(b.p, b.len);
	ck_assert(compact_get(&rd, 4, &back));
	ck_assert(addr_eq(&a, &back));
	ck_assert_int_eq(buf_get_end(&rd), 0);
	buf_fini(&b);
	failmem_check(&fm);
}
END_TEST

START_TEST(v6_takes_eighteen_bytes)
{
	static const uint8_t ip[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
	struct sp_addr a = addr_make(6, ip, 80), back;
	struct failmem fm;
	struct sp_buf b;
	struct sp_rd rd;

	failmem_init(&fm);
	buf_init(&b, &fm.mem, 100);
	compact_put(&b, &a);
	unit_hex_eq(b.p, b.len, "20010db8 00000000 00000000 00000001 0050");
	rd = buf_rd(b.p, b.len);
	ck_assert(compact_get(&rd, 6, &back));
	ck_assert(addr_eq(&a, &back));
	buf_fini(&b);
	failmem_check(&fm);
}
END_TEST

START_TEST(too_few_bytes_turn_the_reader_bad)
{
	static const uint8_t in[17];
	struct sp_addr a;
	struct sp_rd rd;

	for (size_t n = 0; n < COMPACT_LEN4; n++) {
		rd = buf_rd(in, n);
		ck_assert(!compact_get(&rd, 4, &a));
		ck_assert(rd.bad);
	}
	rd = buf_rd(in, sizeof(in));
	ck_assert(!compact_get(&rd, 6, &a));
	ck_assert(rd.bad);
}
END_TEST

START_TEST(a_mapped_v6_becomes_v4)
{
	static const uint8_t
	    in[18] = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 1, 0, 80 };
	struct sp_rd rd = buf_rd(in, sizeof(in));
	struct sp_addr a;
	char text[ADDR_STRLEN];

	ck_assert(compact_get(&rd, 6, &a));
	ck_assert_str_eq(addr_str(&a, text), "10.0.0.1:80");
}
END_TEST

START_TEST(without_memory_the_buffer_tells)
{
	static const uint8_t ip[4] = { 1, 2, 3, 4 };
	struct sp_addr a = addr_make(4, ip, 1);
	struct failmem fm;
	struct sp_buf b;

	FAILMEM_EACH (&fm) {
		buf_init(&b, &fm.mem, 100);
		compact_put(&b, &a);
		ck_assert(b.err == SP_ERR_NOMEM || b.len == COMPACT_LEN4);
		buf_fini(&b);
	}
}
END_TEST

/* What the first byte of |hex| and the rest are taken for. */
static int
any(const char *hex, size_t len, struct sp_addr *a)
{
	uint8_t in[32];
	struct sp_rd rd;

	ck_assert_int_eq(buf_unhex(in, len, hex, strlen(hex)), 0);
	rd = buf_rd(in, len);
	return compact_get_any(&rd, a);
}

START_TEST(family_stands_before_the_address)
{
	char text[ADDR_STRLEN];
	struct sp_addr a;

	ck_assert_int_eq(any("04c00002071ae1", 7, &a), 0);
	ck_assert_str_eq(addr_str(&a, text), "192.0.2.7:6881");
	ck_assert_int_eq(any("0620010db80000000000000000000000010050", 19, &a),
	    0);
	ck_assert_str_eq(addr_str(&a, text), "[2001:db8::1]:80");
	ck_assert_int_eq(any("00", 1, &a), 0);
	ck_assert_uint_eq(a.family, 0);
	ck_assert_int_eq(any("", 0, &a), SP_ERR_SHORT);
	ck_assert_int_eq(any("04c00002071a", 6, &a), SP_ERR_SHORT);
	ck_assert_int_eq(any("05c00002071ae1", 7, &a), SP_ERR_SYNTAX);
	ck_assert_int_eq(any("0600000000000000000000ffffc00002071ae1", 19, &a),
	    SP_ERR_CANON);
	ck_assert_int_eq(any("04c00002070000", 7, &a), SP_ERR_RANGE);
}
END_TEST

UNIT_MAIN("compact", v4_takes_six_bytes, v6_takes_eighteen_bytes,
    too_few_bytes_turn_the_reader_bad, a_mapped_v6_becomes_v4,
    without_memory_the_buffer_tells, family_stands_before_the_address)
