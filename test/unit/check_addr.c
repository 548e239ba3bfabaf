#include "base/addr.h"
#include "test/unit/unit.h"

static struct sp_addr
parse(const char *s)
{
	struct sp_addr a;

	ck_assert_msg(addr_parse(&a, s, strlen(s)) == 0, "refused: %s", s);
	return a;
}

START_TEST(text_goes_round_in_the_form_of_rfc_5952)
{
	static const char *const t[][2] = {
		{ "1.2.3.4:80", "1.2.3.4:80" },
		{ "1.2.3.4", "1.2.3.4:0" },
		{ "255.255.255.255:65535", "255.255.255.255:65535" },
		{ "[2001:DB8::1]:80", "[2001:db8::1]:80" },
		{ "[::1]", "[::1]:0" },
		{ "::1", "[::1]:0" },
		{ "::", "[::]:0" },
		{ "1::", "[1::]:0" },
		{ "[2001:db8:0:0:1:0:0:1]:9", "[2001:db8::1:0:0:1]:9" },
		{ "2001:db8:0:1:1:1:1:1", "[2001:db8:0:1:1:1:1:1]:0" },
		{ "1:0:0:2:0:0:0:3", "[1:0:0:2::3]:0" },
		{ "0001:0002:3:4:5:6:7:8", "[1:2:3:4:5:6:7:8]:0" },
		{ "1:2:3:4:5:6:7::", "[1:2:3:4:5:6:7:0]:0" },
		{ "64:ff9b::1.2.3.4", "[64:ff9b::102:304]:0" },
		{ "[::ffff:1.2.3.4]:5", "1.2.3.4:5" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:0" },
		{ "1:2:3:4:5:6:7.8.9.10", "[1:2:3:4:5:6:708:90a]:0" },
	};
	char out[ADDR_STRLEN];
	struct sp_addr a;

	for (size_t i = 0; i < SP_LEN(t); i++) {
		a = parse(t[i][0]);
		ck_assert_str_eq(addr_str(&a, out), t[i][1]);
	}
}
END_TEST

START_TEST(malformed_text_is_refused_and_leaves_the_result)
{
	static const char *const t[] = { "", ":", "1", "1.2.3", "1.2.3.4.5",
		"1.2.3.256", "1.2.3.04", "01.2.3.4", "1.2.3.4:", "1.2.3.4:x",
		"1.2.3.4:65536", "1.2.3.4:080", "1.2.3.4 ", " 1.2.3.4",
		"1.2.3.-4", "[]", "[::1", "[::1]x", "[::1]:", "[::1]:99999",
		"[1.2.3.4]:80", "1:2", ":1::2", "1:::2", "1::2::3",
		"::1:", "1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7:8::", "12345::", "::g", "::1.2.3", "::1.2.3.4.5",
		"::1.2.3.4:5", "::1.2.3.256", "1:2:3:4:5:6:7:1.2.3.4",
		"fe80::1%eth0", "::1]", "a.b.c.d",
		"99999999999999999999.1.1.1" };
	struct sp_addr a, before = parse("9.8.7.6:5");

	for (size_t i = 0; i < SP_LEN(t); i++) {
		a = before;
		ck_assert_msg(addr_parse(&a, t[i], strlen(t[i])) ==
				  SP_ERR_SYNTAX,
		    "taken: %s", t[i]);
		ck_assert(addr_eq(&a, &before));
	}
}
END_TEST

START_TEST(the_length_ends_the_text_not_a_nul)
{
	struct sp_addr a;

	ck_assert_int_eq(addr_parse(&a, "1.2.3.4:8099", 10), 0);
	ck_assert_uint_eq(a.port, 80);
	ck_assert_int_eq(addr_parse(&a, "1.2.3.4\0", 8), SP_ERR_SYNTAX);
}
END_TEST

START_TEST(mapped_v6_folds_to_v4)
{
	static const uint8_t
	    ip[16] = { [10] = 255, [11] = 255, [12] = 10, [15] = 1 };
	struct sp_addr a = addr_make(6, ip, 7), b = addr_make(4, ip + 12, 7);

	ck_assert_int_eq(a.family, 4);
	ck_assert(addr_eq(&a, &b));
	ck_assert_mem_eq(&a, &b, sizeof(a));
}
END_TEST

START_TEST(another_family_is_unset)
{
	struct sp_addr a = addr_make(5, "0123456789abcdef", 7);
	char out[ADDR_STRLEN];

	ck_assert_int_eq(a.family, 0);
	ck_assert_int_eq(a.port, 0);
	ck_assert_str_eq(addr_str(&a, out), "-");
	ck_assert(addr_is_bogus(&a));
	ck_assert(!addr_is_private(&a));
	ck_assert(!addr_same_net(&a, &a));
}
END_TEST

START_TEST(equality_sees_ip_port_and_family)
{
	struct sp_addr a = parse("1.2.3.4:5"), b = parse("1.2.3.4:6");
	struct sp_addr c = parse("[102:304::]:5"), d = parse("1.2.3.4:5");

	ck_assert(addr_eq(&a, &d));
	ck_assert(!addr_eq(&a, &b));
	ck_assert(addr_ip_eq(&a, &b));
	ck_assert_mem_eq(a.ip, c.ip, 16);
	ck_assert(!addr_ip_eq(&a, &c));
}
END_TEST

static void
check_class(bool (*is)(const struct sp_addr *), const char *s, bool want)
{
	struct sp_addr a = parse(s);

	ck_assert_msg(is(&a) == want, "%s", s);
}

START_TEST(loopback_is_127_and_one)
{
	check_class(addr_is_loopback, "127.0.0.1:1", true);
	check_class(addr_is_loopback, "127.255.0.9:1", true);
	check_class(addr_is_loopback, "128.0.0.1:1", false);
	check_class(addr_is_loopback, "[::1]:1", true);
	check_class(addr_is_loopback, "[::2]:1", false);
	check_class(addr_is_loopback, "[7f00::1]:1", false);
}
END_TEST

START_TEST(private_covers_the_ranges_and_not_their_neighbours)
{
	static const char *const yes[] = { "10.0.0.1", "10.255.255.255",
		"172.16.0.0", "172.31.255.255", "192.168.0.1", "169.254.3.4",
		"100.64.0.0", "100.127.255.255", "127.0.0.1", "::1", "fc00::1",
		"fdff::1", "fe80::1", "febf::1" };
	static const char *const no[] = { "9.255.255.255", "11.0.0.0",
		"172.15.255.255", "172.32.0.0", "192.167.0.1", "192.169.0.1",
		"169.253.0.1", "100.63.255.255", "100.128.0.0", "8.8.8.8",
		"2001:db8::1", "fb00::1", "fe00::1", "fec0::1" };

	for (size_t i = 0; i < SP_LEN(yes); i++)
		check_class(addr_is_private, yes[i], true);
	for (size_t i = 0; i < SP_LEN(no); i++)
		check_class(addr_is_private, no[i], false);
}
END_TEST

START_TEST(bogus_is_what_cannot_be_dialled)
{
	static const char *const yes[] = { "1.2.3.4", "0.0.0.0:1", "0.1.2.3:1",
		"224.0.0.1:1", "239.1.1.1:1", "240.0.0.1:1",
		"255.255.255.255:1", "[::]:1", "[ff02::1]:1", "[2001:db8::1]" };
	static const char *const no[] = { "1.2.3.4:1", "223.255.255.255:1",
		"127.0.0.1:9", "[::1]:1", "[2001:db8::1]:1" };

	for (size_t i = 0; i < SP_LEN(yes); i++)
		check_class(addr_is_bogus, yes[i], true);
	for (size_t i = 0; i < SP_LEN(no); i++)
		check_class(addr_is_bogus, no[i], false);
}
END_TEST

START_TEST(the_same_net_is_a_24_or_a_48)
{
	struct sp_addr a = parse("1.2.3.4:5"), b = parse("1.2.3.99:6");
	struct sp_addr c = parse("1.2.4.4:5"), d = parse("[2001:db8:1:2::]:1");
	struct sp_addr e = parse("[2001:db8:1:3::]:1");
	struct sp_addr f = parse("[2001:db8:2:2::]:1");

	ck_assert(addr_same_net(&a, &b));
	ck_assert(!addr_same_net(&a, &c));
	ck_assert(addr_same_net(&d, &e));
	ck_assert(!addr_same_net(&d, &f));
	ck_assert(!addr_same_net(&a, &d));
}
END_TEST

START_TEST(a_host_is_an_address_or_a_public_64)
{
	struct sp_addr a = parse("1.2.3.4:5"), b = parse("[2400:1:2:3:4::9]:7");
	struct sp_addr c = parse("[fd00:1:2:3:4::9]:7");

	a = addr_host(&a);
	ck_assert_uint_eq(a.port, 0);
	ck_assert_mem_eq(a.ip, "\1\2\3\4", 4);
	b = addr_host(&b);
	ck_assert_mem_eq(b.ip, "\x24\0\0\1\0\2\0\3\0\0\0\0\0\0\0\0", 16);
	c = addr_host(&c);
	ck_assert_uint_eq(c.ip[15], 9);
}
END_TEST

UNIT_MAIN("addr", text_goes_round_in_the_form_of_rfc_5952,
    malformed_text_is_refused_and_leaves_the_result,
    the_length_ends_the_text_not_a_nul, mapped_v6_folds_to_v4,
    another_family_is_unset, equality_sees_ip_port_and_family,
    loopback_is_127_and_one, private_covers_the_ranges_and_not_their_neighbours,
    bogus_is_what_cannot_be_dialled, the_same_net_is_a_24_or_a_48,
    a_host_is_an_address_or_a_public_64)
