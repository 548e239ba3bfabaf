#include "tracker/cookie.h"
#include "test/unit/unit.h"

static const uint8_t key[COOKIE_KEY_LEN] = "0123456789abcde";
static struct cookie ck;

static struct sp_addr
addr(const char *s)
{
	struct sp_addr a;

	ck_assert_int_eq(addr_parse(&a, s, strlen(s)), 0);
	return a;
}

static void
start(void)
{
	cookie_init(&ck, key, 60 * SP_S);
}

START_TEST(an_id_is_good_in_its_slice_and_in_the_next)
{
	struct sp_addr a = addr("192.0.2.1:5000");
	uint64_t early, late;

	start();
	early = cookie_make(&ck, &a, 600 * SP_S);
	late = cookie_make(&ck, &a, 660 * SP_S - 1);
	ck_assert_uint_eq(early, late);
	ck_assert(cookie_is_good(&ck, &a, early, 600 * SP_S));
	ck_assert(cookie_is_good(&ck, &a, early, 660 * SP_S - 1));
	ck_assert(cookie_is_good(&ck, &a, early, 660 * SP_S));
	ck_assert(cookie_is_good(&ck, &a, early, 720 * SP_S - 1));
	ck_assert(!cookie_is_good(&ck, &a, early, 720 * SP_S));
	ck_assert(!cookie_is_good(&ck, &a, early, 7200 * SP_S));
	ck_assert_uint_ne(cookie_make(&ck, &a, 660 * SP_S), early);
}
END_TEST

START_TEST(an_id_of_the_future_is_bad)
{
	struct sp_addr a = addr("192.0.2.1:5000");
	uint64_t id;

	start();
	id = cookie_make(&ck, &a, 660 * SP_S);
	ck_assert(!cookie_is_good(&ck, &a, id, 659 * SP_S));
	id = cookie_make(&ck, &a, 0);
	ck_assert(cookie_is_good(&ck, &a, id, 0));
	ck_assert(!cookie_is_good(&ck, &a, 0, 0));
}
END_TEST

START_TEST(an_id_belongs_to_one_ip_whatever_its_port)
{
	struct sp_addr a = addr("192.0.2.1:5000"), b = addr("192.0.2.1:6000");
	struct sp_addr c = addr("192.0.2.2:5000");
	uint64_t id;

	start();
	id = cookie_make(&ck, &a, SP_S);
	ck_assert(cookie_is_good(&ck, &b, id, SP_S));
	ck_assert(!cookie_is_good(&ck, &c, id, SP_S));
}
END_TEST

START_TEST(of_ipv6_the_whole_address_counts)
{
	struct sp_addr a = addr("[2001:db8::1]:1"), b = addr("[2001:db8::2]:1");
	struct sp_addr v4 = addr("1.2.3.4:1"), v6 = addr("[102:304::]:1");

	start();
	ck_assert(!cookie_is_good(&ck, &b, cookie_make(&ck, &a, 0), 0));
	ck_assert(!cookie_is_good(&ck, &v6, cookie_make(&ck, &v4, 0), 0));
}
END_TEST

START_TEST(another_key_makes_other_ids)
{
	struct sp_addr a = addr("192.0.2.1:5000");
	uint8_t k[COOKIE_KEY_LEN];
	struct cookie other;
	uint64_t id;

	start();
	id = cookie_make(&ck, &a, 0);
	for (size_t i = 0; i < sizeof(k); i++) {
		memcpy(k, key, sizeof(k));
		k[i] ^= 1;
		cookie_init(&other, k, 60 * SP_S);
		ck_assert(!cookie_is_good(&other, &a, id, 0));
	}
	for (int bit = 0; bit < 64; bit++)
		ck_assert(!cookie_is_good(&ck, &a, id ^ UINT64_C(1) << bit, 0));
}
END_TEST

UNIT_MAIN("cookie", an_id_is_good_in_its_slice_and_in_the_next,
    an_id_of_the_future_is_bad, an_id_belongs_to_one_ip_whatever_its_port,
    of_ipv6_the_whole_address_counts, another_key_makes_other_ids)
