#include "tracker/daemon/networks.h"
#include "test/unit/unit.h"

#include <unistd.h>

static char path[] = "/tmp/spate-check-networks.XXXXXX";

static void
make(const char *args)
{
	const char *top = getenv("top_srcdir");
	char cmd[512];
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	snprintf(cmd, sizeof(cmd), "python3 %s/test/regress/mkmmdb.py %s %s",
	    top == NULL ? "." : top, path, args);
	ck_assert_int_eq(system(cmd), 0);
}

static uint32_t
of(const struct networks *n, const char *ip)
{
	struct sp_addr a;

	ck_assert_int_eq(addr_parse(&a, ip, strlen(ip)), 0);
	return networks_of(n, &a);
}

START_TEST(addresses_have_the_number_of_their_network)
{
	char why[OPTIONS_WHY] = "";
	struct networks *n;
	int r;

	make("5.6.0.0/16=64500 127.0.0.0/8=64501 2001:db8::/32=4200000000");
	r = networks_open(&n, path, why);
	unlink(path);
	if (r == SP_ERR_UNSUPPORTED)
		return;
	ck_assert_msg(r == 0, "%s", why);
	ck_assert_uint_eq(of(n, "5.6.7.8"), 64500);
	ck_assert_uint_eq(of(n, "5.7.0.1"), 0);
	ck_assert_uint_eq(of(n, "127.0.0.1"), 64501);
	ck_assert_uint_eq(of(n, "2001:db8:1::1"), 4200000000u);
	ck_assert_uint_eq(of(n, "2001:db9::1"), 0);
	ck_assert_uint_eq(of(NULL, "5.6.7.8"), 0);
	networks_close(n);
	networks_close(NULL);
}
END_TEST

START_TEST(what_is_no_database_is_told)
{
	char why[OPTIONS_WHY] = "";
	struct networks *n;

	ck_assert_int_lt(networks_open(&n, "/nonexistent", why), 0);
	ck_assert_ptr_null(n);
	ck_assert_str_ne(why, "");
	ck_assert_int_lt(networks_open(&n, "/dev/null", why), 0);
	ck_assert_ptr_null(n);
}
END_TEST

UNIT_MAIN("networks", addresses_have_the_number_of_their_network,
    what_is_no_database_is_told)
