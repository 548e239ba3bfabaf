#include "wire/lsd.h"

#include "test/unit/unit.h"

static uint8_t pk[HASH_PK_LEN] = { 1 }, other[HASH_PK_LEN] = { 2 };
static uint8_t nonce[LSD_NONCE_LEN] = { 3 }, nonce2[LSD_NONCE_LEN] = { 4 };

START_TEST(the_port_comes_back_to_who_has_the_key)
{
	uint8_t b[LSD_LEN];
	uint16_t port = 0;

	lsd_write(b, pk, nonce, 51234);
	ck_assert_int_eq(lsd_read(&port, pk, b, sizeof(b)), 0);
	ck_assert_uint_eq(port, 51234);
	ck_assert_int_eq(lsd_read(&port, other, b, sizeof(b)),
	    SP_ERR_WRONGCHAN);
}
END_TEST

START_TEST(nothing_of_it_can_be_changed)
{
	uint8_t b[LSD_LEN];
	uint16_t port;

	for (size_t i = 0; i < sizeof(b); i++) {
		lsd_write(b, pk, nonce, 51234);
		b[i] ^= 1;
		ck_assert_int_lt(lsd_read(&port, pk, b, sizeof(b)), 0);
	}
}
END_TEST

START_TEST(only_its_own_length_and_a_port_will_do)
{
	uint8_t b[LSD_LEN + 1] = { 0 };
	uint16_t port;

	lsd_write(b, pk, nonce, 1);
	for (size_t n = 0; n <= sizeof(b); n++)
		ck_assert_int_eq(lsd_read(&port, pk, b, n),
		    n == LSD_LEN ? 0 : SP_ERR_SYNTAX);
	lsd_write(b, pk, nonce, 0);
	ck_assert_int_eq(lsd_read(&port, pk, b, LSD_LEN), SP_ERR_SYNTAX);
}
END_TEST

START_TEST(two_rounds_have_nothing_in_common_but_the_port)
{
	uint8_t a[LSD_LEN], b[LSD_LEN];

	lsd_write(a, pk, nonce, 7);
	lsd_write(b, pk, nonce2, 7);
	ck_assert_mem_eq(a + LSD_NONCE_LEN, b + LSD_NONCE_LEN, 2);
	ck_assert_mem_ne(a + LSD_NONCE_LEN + 2, b + LSD_NONCE_LEN + 2, 16);
	ck_assert(lsd_is_mine(a, sizeof(a), nonce));
	ck_assert(!lsd_is_mine(b, sizeof(b), nonce));
	ck_assert(!lsd_is_mine(a, sizeof(a) - 1, nonce));
}
END_TEST

START_TEST(the_groups_are_multicast)
{
	char text[ADDR_STRLEN];
	struct sp_addr a = lsd_group(4);

	ck_assert_str_eq(addr_str(&a, text), "239.255.83.80:6773");
	a = lsd_group(6);
	ck_assert_str_eq(addr_str(&a, text), "[ff15::5350]:6773");
}
END_TEST

UNIT_MAIN("lsd", the_port_comes_back_to_who_has_the_key,
    nothing_of_it_can_be_changed, only_its_own_length_and_a_port_will_do,
    two_rounds_have_nothing_in_common_but_the_port, the_groups_are_multicast)
