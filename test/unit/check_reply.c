#include "tracker/reply.h"

#include "test/sim/signer.h"
#include "test/unit/unit.h"
#include "wire/bencode.h"

static struct failmem fm;
static struct sp_buf b;

static void
start(void)
{
	failmem_init(&fm);
	ck_assert_int_eq(hash_setup(), 0);
	buf_init(&b, &fm.mem, 1 << 20);
}

static void
tear_down(void)
{
	buf_fini(&b);
	failmem_check(&fm);
}

static void
is_text(const char *want)
{
	ck_assert_int_eq(b.err, 0);
	ck_assert_uint_eq(b.len, strlen(want));
	ck_assert_mem_eq(b.p, want, b.len);
	buf_reset(&b);
}

START_TEST(failures_name_what_and_why)
{
	start();
	reply_failure(&b, SP_ERR_NOTFOUND, "info_hash");
	is_text("d14:failure reason18:info_hash: missinge");
	reply_failure(&b, SP_ERR_RANGE, "port");
	is_text("d14:failure reason24:port: value out of rangee");
	reply_failure(&b, SP_ERR_TOOBIG, NULL);
	is_text("d14:failure reason21:larger than its limite");
	tear_down();
}
END_TEST

START_TEST(alive_is_an_empty_frame)
{
	start();
	reply_alive(&b);
	unit_hex_eq(b.p, b.len, "04 00000000");
	tear_down();
}
END_TEST

/* A channel with one record. */
static struct live *
channel(struct signer *s)
{
	struct live_conf conf;
	struct live_result res;
	struct live *l;

	live_conf_init(&conf);
	conf.boot = UINT64_C(0x0102030405060708);
	ck_assert_int_eq(live_new(&l, &conf, &fm.mem, 1, 0), 0);
	signer_init(s, 1);
	signer_manifest(s, &b);
	signer_record(s, &b, 2, 77, 1000, 0);
	ck_assert_int_eq(live_publish(l, s->info_hash, b.p, b.len, &res, 0), 0);
	buf_reset(&b);
	return l;
}

START_TEST(hello_tells_boot_seq_and_clock)
{
	struct signer s;
	struct live *l;

	start();
	l = channel(&s);
	reply_hello(&b, l, live_find(l, s.info_hash), 0x1122);
	unit_hex_eq(b.p, b.len,
	    "01 00000018 0102030405060708 0000000000000002 0000000000001122");
	live_free(l);
	tear_down();
}
END_TEST

START_TEST(publish_tells_counts_and_where_each_track_stands)
{
	struct live_result res = { .accepted = 1, .stale = 2, .failed = 3 };
	struct bcur root, tracks, t;
	struct signer s;
	struct live *l;
	const uint8_t *p;
	size_t len, it = 0;
	int64_t n;

	start();
	l = channel(&s);
	res.seq = 2;
	res.err = SP_ERR_CHAIN;
	reply_publish(&b, l, live_find(l, s.info_hash), &res);
	ck_assert_int_eq(bencode_check(b.p, b.len, true), 0);
	root = bencode_root(b.p, b.len);
	ck_assert(bencode_get_int(&root, "accepted", &n) && n == 1);
	ck_assert(bencode_get_int(&root, "stale", &n) && n == 2);
	ck_assert(bencode_get_int(&root, "failed", &n) && n == 3);
	ck_assert(bencode_get_int(&root, "seq", &n) && n == 2);
	ck_assert(bencode_get_str(&root, "code", &p, &len) && len == 5);
	ck_assert_mem_eq(p, "CHAIN", 5);
	ck_assert(bencode_get_str(&root, "failure reason", &p, &len));
	ck_assert(bencode_get_str(&root, "boot", &p, &len) && len == 16);
	ck_assert_mem_eq(p, "0102030405060708", 16);
	ck_assert(bencode_get(&root, "tracks", &tracks));
	ck_assert(bencode_next(&tracks, &it, NULL, &t));
	ck_assert(bencode_get_int(&t, "t", &n) && n == 2);
	ck_assert(bencode_get_int(&t, "n", &n) && n == 77);
	ck_assert(bencode_get_int(&t, "e", &n) && n == 1);
	ck_assert(bencode_get_str(&t, "d", &p, &len) && len == HASH_LEN);
	ck_assert_mem_eq(p, s.prev[2], HASH_LEN);
	ck_assert(!bencode_next(&tracks, &it, NULL, &t));
	live_free(l);
	tear_down();
}
END_TEST

START_TEST(publish_without_error_has_no_failure)
{
	struct live_result res = { .accepted = 1 };
	struct signer s;
	struct live *l;

	start();
	l = channel(&s);
	reply_publish(&b, l, NULL, &res);
	is_text("d8:acceptedi1e4:boot16:01020304050607086:failedi0e"
		"3:seqi0e5:stalei0e6:trackslee");
	live_free(l);
	tear_down();
}
END_TEST

UNIT_MAIN("reply", failures_name_what_and_why, alive_is_an_empty_frame,
    hello_tells_boot_seq_and_clock,
    publish_tells_counts_and_where_each_track_stands,
    publish_without_error_has_no_failure)
