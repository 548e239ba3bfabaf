#include "io/sock.h"
#include "test/unit/unit.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

START_TEST(addresses_survive_the_round_trip)
{
	static const char *const rows[] = { "1.2.3.4:80", "[2001:db8::1]:443",
		"127.0.0.1:0" };
	struct sockaddr_storage ss;
	char text[ADDR_STRLEN];
	struct sp_addr a;
	size_t i;

	for (i = 0; i < SP_LEN(rows); i++) {
		ck_assert_int_eq(addr_parse(&a, rows[i], strlen(rows[i])), 0);
		ck_assert_int_gt(sock_from_addr(&ss, &a), 0);
		a = sock_to_addr((struct sockaddr *)&ss);
		ck_assert_str_eq(addr_str(&a, text), rows[i]);
	}
	memset(&a, 0, sizeof(a));
	ck_assert_int_eq(sock_from_addr(&ss, &a), 0);
	a = sock_to_addr((struct sockaddr *)&ss);
	ck_assert_int_eq(a.family, 0);
}
END_TEST

START_TEST(mapped_addresses_fold_to_v4)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	static const uint8_t
	    mapped[16] = { [10] = 0xff, [11] = 0xff, 1, 2, 3, 4 };
	char text[ADDR_STRLEN];
	struct sp_addr a;

	memcpy(&v6.sin6_addr, mapped, 16);
	v6.sin6_port = htons(9);
	a = sock_to_addr((struct sockaddr *)&v6);
	ck_assert_str_eq(addr_str(&a, text), "1.2.3.4:9");
}
END_TEST

START_TEST(split_table)
{
	static const struct {
		const char *text;
		int rc;
		const char *host;
		unsigned port;
	} rows[] = {
		{ "a.example:80", 0, "a.example", 80 },
		{ "a.example", 0, "a.example", 7 },
		{ "1.2.3.4:65535", 0, "1.2.3.4", 65535 },
		{ "[2001:db8::1]:80", 0, "2001:db8::1", 80 },
		{ "[::1]", 0, "::1", 7 },
		{ "::1", 0, "::1", 7 },
		{ "a:65536", SP_ERR_RANGE, NULL, 0 },
		{ "a:", SP_ERR_SYNTAX, NULL, 0 },
		{ "a:8x", SP_ERR_SYNTAX, NULL, 0 },
		{ ":80", SP_ERR_SYNTAX, NULL, 0 },
		{ "", SP_ERR_SYNTAX, NULL, 0 },
		{ "[::1", SP_ERR_SYNTAX, NULL, 0 },
		{ "[::1]x", SP_ERR_SYNTAX, NULL, 0 },
	};
	char host[SOCK_HOST_MAX], longname[400];
	uint16_t port;
	size_t i;

	for (i = 0; i < SP_LEN(rows); i++) {
		ck_assert_int_eq(sock_split(rows[i].text, 7, host, &port),
		    rows[i].rc);
		if (rows[i].rc < 0)
			continue;
		ck_assert_str_eq(host, rows[i].host);
		ck_assert_uint_eq(port, rows[i].port);
	}
	memset(longname, 'a', sizeof(longname));
	longname[399] = '\0';
	ck_assert_int_eq(sock_split(longname, 7, host, &port), SP_ERR_TOOBIG);
}
END_TEST

START_TEST(listen_table)
{
	static const struct {
		const char *text;
		int rc;
		const char *first;
	} rows[] = {
		{ "80", 2, "0.0.0.0:80" },
		{ ":80", 2, "0.0.0.0:80" },
		{ "*:80", 2, "0.0.0.0:80" },
		{ "127.0.0.1:0", 1, "127.0.0.1:0" },
		{ "localhost:8080", 1, "127.0.0.1:8080" },
		{ "[::1]:80", 1, "[::1]:80" },
		{ "[::]:80", 1, "[::]:80" },
		{ "::1", 1, "[::1]:0" },
		{ "a.example:80", SP_ERR_SYNTAX, NULL },
		{ "127.0.0.1:66666", SP_ERR_RANGE, NULL },
		{ "", SP_ERR_SYNTAX, NULL },
		{ ":", SP_ERR_SYNTAX, NULL },
	};
	char text[ADDR_STRLEN];
	struct sp_addr v[2];
	size_t i;

	for (i = 0; i < SP_LEN(rows); i++) {
		ck_assert_msg(sock_listen_parse(rows[i].text, v) == rows[i].rc,
		    "%s", rows[i].text);
		if (rows[i].rc < 0)
			continue;
		ck_assert_str_eq(addr_str(&v[0], text), rows[i].first);
		if (rows[i].rc == 2)
			ck_assert_str_eq(addr_str(&v[1], text), "[::]:80");
	}
}
END_TEST

static int
option(int fd, int level, int name)
{
	int v = -1;
	socklen_t len = sizeof(v);

	ck_assert_int_eq(getsockopt(fd, level, name, &v, &len), 0);
	return v;
}

START_TEST(a_connection_gives_up_on_a_host_that_is_silent)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_ge(fd, 0);
	sock_give_up(fd, 10 * SP_S);
	ck_assert_int_eq(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 10000);
	ck_assert_int_eq(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	ck_assert_int_eq(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 5);
	ck_assert_int_eq(option(fd, IPPROTO_TCP, TCP_KEEPINTVL), 5);
	close(fd);
	sock_give_up(-1, SP_S); /* does nothing */
}
END_TEST

UNIT_MAIN("sock", addresses_survive_the_round_trip, mapped_addresses_fold_to_v4,
    split_table, listen_table, a_connection_gives_up_on_a_host_that_is_silent)
