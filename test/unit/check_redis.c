#include "io/redis.h"

#include "test/unit/unit.h"
#include "tracker/daemon/redis_cmd.h"

static struct redis_url u;
static const char *why;

static int
parse(const char *text)
{
	why = NULL;
	return redis_url_parse(&u, text, &why);
}

START_TEST(a_url_names_host_port_user_and_database)
{
	char name[REDIS_NAME_MAX];

	ck_assert_int_eq(parse("redis://example.org"), 0);
	ck_assert_str_eq(u.host, "example.org");
	ck_assert_uint_eq(u.port, REDIS_PORT);
	ck_assert_uint_eq(u.db, 0);
	ck_assert_str_eq(u.pass, "");
	ck_assert_int_eq(parse("redis://me:p%40ss:@[2001:db8::1]:7000/12"), 0);
	ck_assert_str_eq(u.user, "me");
	ck_assert_str_eq(u.pass, "p@ss:");
	ck_assert_str_eq(u.host, "2001:db8::1");
	ck_assert_uint_eq(u.port, 7000);
	ck_assert_uint_eq(u.db, 12);
	ck_assert_str_eq(redis_url_name(&u, name), "2001:db8::1:7000");
	ck_assert_int_eq(parse("redis://:secret@h/"), 0);
	ck_assert_str_eq(u.user, "");
	ck_assert_str_eq(u.pass, "secret");
}
END_TEST

START_TEST(a_url_may_name_a_socket)
{
	char name[REDIS_NAME_MAX];

	ck_assert_int_eq(parse("unix:/run/redis.sock"), 0);
	ck_assert_str_eq(u.path, "/run/redis.sock");
	ck_assert_str_eq(u.host, "");
	ck_assert_int_eq(parse("unix://a:b@/run/redis.sock?db=3"), 0);
	ck_assert_str_eq(u.path, "/run/redis.sock");
	ck_assert_str_eq(u.pass, "b");
	ck_assert_uint_eq(u.db, 3);
	/* what logs have of it */
	ck_assert_str_eq(redis_url_name(&u, name), "/run/redis.sock");
}
END_TEST

START_TEST(other_urls_are_refused_with_a_reason)
{
	static const char *const bad[] = { "", "redis", "redis:h", "redis://",
		"redis://:1", "redis://h:0", "redis://h:70000", "redis://h/x",
		"redis://h/1/2", "redis://h/123456", "redis://me@h",
		"redis://a:%zz@h", "redis://a:%00@h", "redis://a:b@",
		"unix:", "unix:run", "unix:/s?x=1", "unix:/s?db=x",
		"http://h" };

	for (size_t i = 0; i < SP_LEN(bad); i++) {
		ck_assert_msg(parse(bad[i]) == SP_ERR_SYNTAX, "%s", bad[i]);
		ck_assert_ptr_nonnull(why);
	}
	ck_assert_int_eq(parse("rediss://h"), SP_ERR_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(why, "TLS"));
}
END_TEST

/* Part |part| of |a| as text, its bytes as they are. */
static const char *
command(const struct share_act *a, unsigned part)
{
	static char text[512];
	struct redis_cmd c;
	size_t at = 0;

	if (!redis_cmd_make(&c, a, part, UINT64_C(0x4141414141414141), 1000000))
		return "";
	for (size_t i = 0; i < c.n; i++) {
		ck_assert_uint_lt(at + c.v[i].len + 2, sizeof(text));
		memcpy(text + at, c.v[i].p, c.v[i].len);
		at += c.v[i].len;
		text[at++] = ' ';
	}
	text[at - 1] = '\0';
	return text;
}

#define HASH "6161616161616161616161616161616161616161"

START_TEST(acts_become_commands)
{
	struct share_act a = { .p = (const uint8_t *)"PPP",
		.len = 3,
		.keep = 7,
		.ttl = 5 * SP_S,
		.shard = 3,
		.after = { 12, UINT64_MAX } };
	static const struct {
		enum share_what what;
		unsigned part;
		const char *text;
	} want[] = {
		{ SHARE_DO_WAIT, 0,
		    "XREAD BLOCK 2000 COUNT 256 STREAMS spate:news "
		    "12-18446744073709551615" },
		{ SHARE_DO_LIST, 0,
		    "ZREMRANGEBYSCORE spate:channels -inf 913600" },
		{ SHARE_DO_LIST, 1, "ZREVRANGE spate:channels 0 65535" },
		{ SHARE_DO_MARK, 0,
		    "ZADD spate:channels 1000000 aaaaaaaaaaaaaaaaaaaa" },
		{ SHARE_DO_GET_MANIFEST, 0, "GET spate:{" HASH "}:m" },
		{ SHARE_DO_PUT_MANIFEST, 0,
		    "SET spate:{" HASH "}:m PPP PX 5000" },
		{ SHARE_DO_READ, 0,
		    "XREAD COUNT 64 STREAMS spate:{" HASH "}:w "
		    "12-18446744073709551615" },
		{ SHARE_DO_APPEND, 0,
		    "XADD spate:{" HASH "}:w MAXLEN ~ 7 * n AAAAAAAA f PPP" },
		{ SHARE_DO_KEEP, 0, "PEXPIRE spate:{" HASH "}:m 5000" },
		{ SHARE_DO_KEEP, 1, "PEXPIRE spate:{" HASH "}:w 5000" },
		{ SHARE_DO_KEEP, 2, "" },
		{ SHARE_DO_NEWS, 0,
		    "XADD spate:news MAXLEN ~ 4096 * n AAAAAAAA "
		    "c aaaaaaaaaaaaaaaaaaaa" },
		{ SHARE_DO_READ_PEERS, 0,
		    "XREAD COUNT 16 STREAMS spate:{peers:03} "
		    "12-18446744073709551615" },
		{ SHARE_DO_APPEND_PEERS, 0,
		    "XADD spate:{peers:03} MAXLEN ~ 7 * b PPP" },
		{ SHARE_DO_READ_POLICY, 0, "SMEMBERS spate:{policy}:deny" },
	};

	memset(a.info_hash, 'a', sizeof(a.info_hash));
	a.list = ACCESS_SHARED_DENY;
	for (size_t i = 0; i < SP_LEN(want); i++) {
		a.what = want[i].what;
		ck_assert_str_eq(command(&a, want[i].part), want[i].text);
	}
}
END_TEST

UNIT_MAIN("redis", a_url_names_host_port_user_and_database,
    a_url_may_name_a_socket, other_urls_are_refused_with_a_reason,
    acts_become_commands)
