#include "io/http_proxy.h"

#include "test/unit/http_help.h"

static struct sp_addr
addr(const char *s)
{
	struct sp_addr a;

	ck_assert_int_eq(addr_parse(&a, s, strlen(s)), 0);
	return a;
}

static void
is(struct sp_addr a, const char *want)
{
	char text[ADDR_STRLEN];

	ck_assert_str_eq(addr_str(&a, text), want);
}

START_TEST(networks_are_read_and_matched)
{
	static const struct {
		const char *net, *yes, *no;
	} rows[] = {
		{ "10.0.0.1", "10.0.0.1:80", "10.0.0.2" },
		{ "10.0.0.0/8", "10.255.1.1", "11.0.0.1" },
		{ "10.128.0.0/9", "10.255.1.1", "10.127.0.1" },
		{ "2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1" },
		{ "::1", "::1", "::2" },
		{ "0.0.0.0/0", "255.1.2.3", "::1" },
	};
	struct http_net n;
	struct sp_addr a;

	for (size_t i = 0; i < SP_LEN(rows); i++) {
		ck_assert_int_eq(http_net_parse(&n, rows[i].net), 0);
		a = addr(rows[i].yes);
		ck_assert(http_net_has(&n, 1, &a));
		a = addr(rows[i].no);
		ck_assert(!http_net_has(&n, 1, &a));
	}
	ck_assert(!http_net_has(NULL, 0, &a));
	ck_assert_int_eq(http_net_parse(&n, "10.0.0.0/33"), SP_ERR_RANGE);
	ck_assert_int_eq(http_net_parse(&n, "::/129"), SP_ERR_RANGE);
	ck_assert_int_eq(http_net_parse(&n, "10.0.0.0/"), SP_ERR_SYNTAX);
	ck_assert_int_eq(http_net_parse(&n, "10.0.0.0/x"), SP_ERR_SYNTAX);
	ck_assert_int_eq(http_net_parse(&n, "10.0.0.0:80"), SP_ERR_SYNTAX);
	ck_assert_int_eq(http_net_parse(&n, "proxy"), SP_ERR_SYNTAX);
}
END_TEST

/* All that is cut short asks for more. */
static int
parse(const void *p, size_t len, struct sp_addr *out)
{
	size_t i;

	for (i = 1; i < len; i++)
		if (proxy_parse(p, i, out) != SP_ERR_SHORT)
			break;
	ck_assert_msg(i == len || proxy_parse(p, len, out) < 0,
	    "%zu of %zu bytes are enough", i, len);
	return proxy_parse(p, len, out);
}

static int
parse_text(const char *s, struct sp_addr *out)
{
	return parse(s, strlen(s), out);
}

START_TEST(version_1_tells_the_client)
{
	struct sp_addr a;

	ck_assert_int_eq(
	    parse_text("PROXY TCP4 198.51.100.1 203.0.113.2 35646 80\r\n", &a),
	    46);
	is(a, "198.51.100.1:35646");
	ck_assert_int_eq(
	    parse_text("PROXY TCP6 2001:db8::1 2001:db8::2 65535 1\r\n", &a),
	    44);
	is(a, "[2001:db8::1]:65535");
	ck_assert_int_eq(parse_text("PROXY UNKNOWN\r\n", &a), 15);
	is(a, "-");
	ck_assert_int_eq(parse_text("PROXY UNKNOWN a b c d\r\n", &a), 23);
	is(a, "-");
}
END_TEST

START_TEST(version_1_with_faults_is_refused)
{
	static const char *const rows[] = {
		"PROXY TCP4 198.51.100.1 203.0.113.2 35646 80\n",
		"PROXY TCP5 198.51.100.1 203.0.113.2 35646 80\r\n",
		"PROXY TCP4 198.51.100.256 203.0.113.2 35646 80\r\n",
		"PROXY TCP4 198.51.100.1:5 203.0.113.2 35646 80\r\n",
		"PROXY TCP4 198.51.100.1 203.0.113.2 65536 80\r\n",
		"PROXY TCP4 198.51.100.1 203.0.113.2\r\n",
		"PROXY TCP4\r\n",
		"PROXY \r\n",
	};
	struct sp_addr a;
	char text[200];

	for (size_t i = 0; i < SP_LEN(rows); i++)
		ck_assert_msg(parse_text(rows[i], &a) == SP_ERR_SYNTAX, "%s",
		    rows[i]);
	memset(text, 'x', sizeof(text));
	memcpy(text, "PROXY UNKNOWN ", 14);
	ck_assert_int_eq(proxy_parse((uint8_t *)text, 106, &a), SP_ERR_SHORT);
	ck_assert_int_eq(proxy_parse((uint8_t *)text, 107, &a), SP_ERR_TOOBIG);
}
END_TEST

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

START_TEST(version_2_tells_the_client)
{
	static const char v4[] = SIGNATURE "\x21\x11\0\x0c"
					   "\xc6\x33\x64\x01\xcb\0\x71\x02"
					   "\x8b\x3e\0\x50";
	static const char tlv[] = SIGNATURE "\x21\x11\0\x0f"
					    "\xc6\x33\x64\x01\xcb\0\x71\x02"
					    "\x8b\x3e\0\x50\x04\0\0";
	static const char v6[] = SIGNATURE
	    "\x21\x21\0\x24\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
	    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\x8b\x3e\0\x50";
	static const char local[] = SIGNATURE "\x20\0\0\0";
	static const char other[] = SIGNATURE "\x21\x31\0\x02xx";
	struct sp_addr a;

	ck_assert_int_eq(parse(v4, sizeof(v4) - 1, &a), 28);
	is(a, "198.51.100.1:35646");
	ck_assert_int_eq(parse(tlv, sizeof(tlv) - 1, &a), 31);
	is(a, "198.51.100.1:35646");
	ck_assert_int_eq(parse(v6, sizeof(v6) - 1, &a), 52);
	is(a, "[2001:db8::1]:35646");
	ck_assert_int_eq(parse(local, sizeof(local) - 1, &a), 16);
	is(a, "-");
	ck_assert_int_eq(parse(other, sizeof(other) - 1, &a), 18);
	is(a, "-");
}
END_TEST

START_TEST(version_2_with_faults_is_refused)
{
	static const char version[] = SIGNATURE "\x31\x11\0\x0c";
	static const char little[] = SIGNATURE "\x21\x11\0\x04\x01\x02\x03\x04";
	static const char big[] = SIGNATURE "\x21\x11\xff\xff";
	struct sp_addr a;

	ck_assert_int_eq(parse(version, sizeof(version) - 1, &a),
	    SP_ERR_SYNTAX);
	ck_assert_int_eq(parse(little, sizeof(little) - 1, &a), SP_ERR_SYNTAX);
	ck_assert_int_eq(parse(big, sizeof(big) - 1, &a), SP_ERR_TOOBIG);
}
END_TEST

START_TEST(something_else_is_left_alone)
{
	struct sp_addr a;

	ck_assert_int_eq(parse_text("GET / HTTP/1.1\r\n", &a), SP_ERR_NOTFOUND);
	ck_assert_int_eq(parse_text("PUT / HTTP/1.1\r\n", &a), SP_ERR_NOTFOUND);
	ck_assert_int_eq(parse_text("\x16\x03\x01", &a), SP_ERR_NOTFOUND);
	ck_assert_int_eq(parse_text("\r\nGET", &a), SP_ERR_NOTFOUND);
}
END_TEST

START_TEST(forwarded_clients_are_read_from_the_end)
{
	static const struct {
		const char *list, *want;
	} rows[] = {
		{ "", "10.0.0.1:5" },
		{ "192.0.2.7", "192.0.2.7:0" },
		{ "  192.0.2.7\t", "192.0.2.7:0" },
		{ "192.0.2.7:8080", "192.0.2.7:8080" },
		{ "2001:db8::7", "[2001:db8::7]:0" },
		{ "1.1.1.1, 192.0.2.7", "192.0.2.7:0" },
		{ "1.1.1.1 ,192.0.2.7, 10.0.0.2", "192.0.2.7:0" },
		{ "10.0.0.3, 10.0.0.2", "10.0.0.3:0" },
		{ "192.0.2.7, unknown", "10.0.0.1:5" },
		{ "192.0.2.7, unknown, 10.0.0.2", "10.0.0.2:0" },
		{ "192.0.2.7,", "10.0.0.1:5" },
		{ ",", "10.0.0.1:5" },
	};
	struct sp_addr from = addr("10.0.0.1:5"), at;
	struct http_net net;

	ck_assert_int_eq(http_net_parse(&net, "10.0.0.0/8"), 0);
	for (size_t i = 0; i < SP_LEN(rows); i++) {
		at = from;
		/* Only a list of nothing but proxies leaves it open. */
		ck_assert(proxy_forwarded(&at, rows[i].list, &net, 1) ==
			  (strcmp(rows[i].list, "10.0.0.3, 10.0.0.2") == 0));
		is(at, rows[i].want);
	}
}
END_TEST

/* ---- on a connection ---- */

static void
say_from(void *ctx SP_UNUSED, struct http_req *r)
{
	struct sp_addr from = http_req_from(r);
	char text[ADDR_STRLEN];

	http_reply_text(r, 200, addr_ip_str(&from, text));
}

static void
begin(const char *proxy)
{
	static struct http_net net;
	struct http_conf conf = { .proxies = &net, .nproxies = 1 };

	ck_assert_int_eq(http_net_parse(&net, proxy), 0);
	conf.max_host_conns = 1;
	conf.loopback_too = true;
	start(&conf, say_from);
}

START_TEST(client_of_a_listed_proxy_is_known)
{
	begin("127.0.0.0/8");
	say("PROXY TCP4 192.0.2.1 10.0.0.1 ");
	loop_step(loop, io_now() + SP_S / 20);
	loop_step(loop, io_now() + SP_S / 20);
	say("1 2\r\nGET /" HEAD "\r\n");
	expect("\r\n\r\n192.0.2.1\n");
	forget();
	say("GET /" HEAD "X-Forwarded-For: 192.0.2.9\r\n\r\n");
	expect("\r\n\r\n192.0.2.1\n");
	finish();
}
END_TEST

START_TEST(forwarded_field_of_a_listed_proxy_is_believed)
{
	begin("127.0.0.1");
	say("GET /" HEAD "X-Forwarded-For: 192.0.2.9, 192.0.2.8\r\n\r\n");
	expect("\r\n\r\n192.0.2.8\n");
	forget();
	say("GET /" HEAD "X-Forwarded-For: 192.0.2.9\r\n"
	    "X-Forwarded-For: 192.0.2.7\r\n\r\n");
	expect("\r\n\r\n192.0.2.7\n");
	forget();
	say("GET /" HEAD "\r\n");
	expect("\r\n\r\n127.0.0.1\n");
	finish();
}
END_TEST

START_TEST(each_proxy_may_add_a_field_of_its_own)
{
	begin("127.0.0.0/8");
	say("GET /" HEAD "X-Forwarded-For: 9.9.9.9, 192.0.2.9\r\n"
	    "X-Forwarded-For: 127.0.0.3, 127.0.0.2\r\n\r\n");
	expect("\r\n\r\n192.0.2.9\n");
	forget();
	/* What a proxy did not understand it was told by nobody knows whom. */
	say("GET /" HEAD "X-Forwarded-For: 192.0.2.9\r\n"
	    "X-Forwarded-For: unknown\r\n\r\n");
	expect("\r\n\r\n127.0.0.1\n");
	finish();
}
END_TEST

START_TEST(first_byte_of_a_request_may_come_alone)
{
	begin("127.0.0.1");
	say("P");
	loop_step(loop, io_now() + SP_S / 20);
	loop_step(loop, io_now() + SP_S / 20);
	say("UT /" HEAD "\r\n");
	expect("HTTP/1.1 405 ");
	finish();
}
END_TEST

START_TEST(others_are_not_believed)
{
	begin("10.0.0.0/8");
	say("GET /" HEAD "X-Forwarded-For: 192.0.2.9\r\n\r\n");
	expect("\r\n\r\n127.0.0.1\n");
	finish();
	begin("10.0.0.0/8");
	say("PROXY TCP4 192.0.2.1 10.0.0.1 1 2\r\nGET /" HEAD "\r\n");
	expect("HTTP/1.1 501 ");
	finish();
}
END_TEST

START_TEST(clients_of_a_proxy_are_counted_each)
{
	static const char one[] = "PROXY TCP4 192.0.2.1 10.0.0.1 1 2\r\n"
				  "GET /" HEAD "\r\n";
	static const char two[] = "PROXY TCP4 192.0.2.2 10.0.0.1 1 2\r\n"
				  "GET /" HEAD "\r\n";
	struct conn *first, *second;

	begin("127.0.0.1");
	first = client;
	say(one);
	expect("\r\n\r\n192.0.2.1\n");
	ck_assert_int_eq(conn_dial(&second, loop, &where, 0, &client_ops, NULL),
	    0);
	conn_write(second, two, sizeof(two) - 1);
	expect("\r\n\r\n192.0.2.2\n");
	ck_assert_int_eq(conn_dial(&client, loop, &where, 0, &client_ops, NULL),
	    0);
	say(one);
	until(&closed);
	ck_assert_uint_eq(http_stats(http).capped, 1);
	conn_free(first);
	conn_free(second);
	finish();
}
END_TEST

UNIT_MAIN("http_proxy", networks_are_read_and_matched,
    version_1_tells_the_client, version_1_with_faults_is_refused,
    version_2_tells_the_client, version_2_with_faults_is_refused,
    client_of_a_listed_proxy_is_known,
    forwarded_field_of_a_listed_proxy_is_believed,
    each_proxy_may_add_a_field_of_its_own,
    first_byte_of_a_request_may_come_alone, others_are_not_believed,
    clients_of_a_proxy_are_counted_each, something_else_is_left_alone,
    forwarded_clients_are_read_from_the_end)
