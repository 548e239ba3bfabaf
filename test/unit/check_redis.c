#include "io/redis_net.h"

#include <stdio.h>

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
	ck_assert(!u.tls);
	ck_assert_int_eq(parse("rediss://a:b@h:1/2"), 0);
	ck_assert(u.tls);
	ck_assert_str_eq(u.host, "h");
	ck_assert_uint_eq(u.db, 2);
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
		"unix:", "unix:run", "unix:/s?x=1", "unix:/s?db=x", "http://h",
		"rediss:h", "rediss://", "rediss://:1" };

	for (size_t i = 0; i < SP_LEN(bad); i++) {
		ck_assert_msg(parse(bad[i]) == SP_ERR_SYNTAX, "%s", bad[i]);
		ck_assert_ptr_nonnull(why);
	}
}
END_TEST

static unsigned
slot(const char *key)
{
	return redis_slot(key, strlen(key));
}

START_TEST(a_key_has_the_slot_that_redis_gives_it)
{
	/* as CLUSTER KEYSLOT says */
	ck_assert_uint_eq(slot("123456789"), 0x31c3);
	ck_assert_uint_eq(slot(""), 0);
	ck_assert_uint_eq(slot("spate:news"), 2089);
	ck_assert_uint_eq(slot("spate:{peers:07}"), slot("peers:07"));
	ck_assert_uint_eq(slot("a{b}c{d}"), slot("b"));
	ck_assert_uint_eq(slot("a{{b}}"), slot("{b"));
	/* no tag: all of it counts */
	ck_assert_uint_eq(slot("a{}b"), 13694);
	ck_assert_uint_eq(slot("a{b"), 13340);
	ck_assert_uint_eq(slot("a}b{"), 6027);
}
END_TEST

START_TEST(a_redirection_names_slot_and_node)
{
	static const char *const bad[] = { "", "MOVED", "MOVED ", "MOVED 1",
		"MOVED 1 ", "MOVED 1 h", "MOVED 1 h:", "MOVED 1 h:0",
		"MOVED 1 h:65536", "MOVED 16384 h:1", "MOVED -1 h:1",
		"MOVED x h:1", "MOVED 1 h:1 ", "ASKING", "ERR MOVED 1 h:1" };
	struct redis_redirect to;
	char text[400] = "MOVED 1 ";

	ck_assert_int_eq(redis_redirect_parse(&to, "MOVED 16383 h.de:1"), 0);
	ck_assert(!to.ask);
	ck_assert_uint_eq(to.slot, 16383);
	ck_assert_str_eq(to.host, "h.de");
	ck_assert_uint_eq(to.port, 1);
	ck_assert_int_eq(redis_redirect_parse(&to, "ASK 0 2001:db8::1:65535"),
	    0);
	ck_assert(to.ask);
	ck_assert_str_eq(to.host, "2001:db8::1");
	ck_assert_uint_eq(to.port, 65535);
	ck_assert_int_eq(redis_redirect_parse(&to, "MOVED 7 :7000"), 0);
	ck_assert_str_eq(to.host, "");
	for (size_t i = 0; i < SP_LEN(bad); i++)
		ck_assert_msg(redis_redirect_parse(&to, bad[i]) ==
				  SP_ERR_SYNTAX,
		    "%s", bad[i]);
	memset(text + 8, 'h', REDIS_TEXT_MAX);
	memcpy(text + 8 + REDIS_TEXT_MAX, ":1", 3);
	ck_assert_int_eq(redis_redirect_parse(&to, text), SP_ERR_SYNTAX);
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
		{ SHARE_DO_GET_ROSTER, 0, "GET spate:{" HASH "}:d" },
		{ SHARE_DO_PUT_ROSTER, 0,
		    "SET spate:{" HASH "}:d PPP PX 5000" },
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
	a.what = SHARE_DO_NEWS;
	a.roster = true;
	ck_assert_str_eq(command(&a, 0),
	    "XADD spate:news MAXLEN ~ 4096 * n AAAAAAAA "
	    "d aaaaaaaaaaaaaaaaaaaa");
}
END_TEST

START_TEST(a_command_knows_what_key_it_is_about)
{
	struct share_act a = { .p = (const uint8_t *)"PPP", .len = 3 };
	struct redis_cmd c;
	char word[80];
	bool found;

	memset(a.info_hash, 'a', sizeof(a.info_hash));
	for (int what = SHARE_DO_WAIT; what < SHARE_DO_WOKE; what++) {
		a.what = (enum share_what)what;
		for (unsigned k = 0; redis_cmd_make(&c, &a, k, 1, 1); k++) {
			found = false;
			for (size_t i = 0; i < c.n; i++) {
				snprintf(word, sizeof(word), "%.*s",
				    (int)SP_MIN(c.v[i].len, 79),
				    (const char *)c.v[i].p);
				found |= strcmp(word, c.key) == 0;
			}
			ck_assert_msg(found, "act %d", what);
		}
	}
}
END_TEST

UNIT_MAIN("redis", a_url_names_host_port_user_and_database,
    a_url_may_name_a_socket, other_urls_are_refused_with_a_reason,
    a_key_has_the_slot_that_redis_gives_it, a_redirection_names_slot_and_node,
    acts_become_commands, a_command_knows_what_key_it_is_about)
