#include "test/unit/unit.h"
#include "wire/compact.h"
#include "wire/udpwire.h"
#include "wire/uri.h"

#define IH "0123456789abcdefghij"
#define ID "-XX0001-abcdefghijkl"

static uint8_t out[2048];
static struct sp_buf b;
static struct uw_req req;
static struct uw_reply rep;

static void
announce_write(const char *options, size_t len)
{
	struct uw_req r = { .action = UW_ANNOUNCE };

	r.conn_id = UINT64_C(0x0102030405060708);
	r.tid = 0xa0b0c0d0;
	memcpy(r.ann.info_hash, IH, 20);
	memcpy(r.ann.peer_id, ID, 20);
	r.ann.downloaded = 1;
	r.ann.left = UINT64_MAX;
	r.ann.uploaded = 3;
	r.ann.event = TW_EVENT_STARTED;
	r.ann.key = 0xfeedbeef;
	r.ann.numwant = -1;
	r.ann.port = 6881;
	r.options = (const uint8_t *)options;
	r.options_len = len;
	buf_wrap(&b, out, sizeof(out));
	uw_req_write(&b, &r);
	ck_assert_int_eq(b.err, 0);
}

/* What reading an announce with these options gives. */
static int
options(const char *s, size_t len)
{
	announce_write(s, len);
	return uw_req_read(&req, b.p, b.len);
}

static const char *
url(void)
{
	static char text[LIM_UDP_URL + 1];
	size_t n = uw_url_get(text, &req);

	ck_assert_uint_eq(n, req.url_len);
	text[n] = '\0';
	return text;
}

/* ---- requests ----------------------------------------------------------- */

START_TEST(a_connect_is_sixteen_bytes_with_the_magic)
{
	struct uw_req r = { .action = UW_CONNECT, .tid = 7 };

	buf_wrap(&b, out, sizeof(out));
	uw_req_write(&b, &r);
	unit_hex_eq(b.p, b.len, "0000041727101980 00000000 00000007");
	ck_assert_int_eq(uw_req_read(&req, b.p, b.len), 0);
	ck_assert(req.action == UW_CONNECT && req.tid == 7);
	/* Longer is no harm. */
	ck_assert_int_eq(uw_req_read(&req, out, 20), 0);
	for (size_t n = 0; n < 16; n++)
		ck_assert_int_eq(uw_req_read(&req, out, n), SP_ERR_PROTO);
	out[3] ^= 1;
	ck_assert_int_eq(uw_req_read(&req, out, 16), SP_ERR_PROTO);
}
END_TEST

START_TEST(an_announce_has_every_field_in_its_place)
{
	announce_write(NULL, 0);
	unit_hex_eq(b.p, b.len,
	    "0102030405060708 00000001 a0b0c0d0"
	    "303132333435363738396162636465666768696a"
	    "2d5858303030312d6162636465666768696a6b6c"
	    "0000000000000001 ffffffffffffffff 0000000000000003"
	    "00000002 00000000 feedbeef ffffffff 1ae1");
	ck_assert_int_eq(uw_req_read(&req, b.p, b.len), 0);
	ck_assert(req.action == UW_ANNOUNCE && req.tid == 0xa0b0c0d0);
	ck_assert(req.conn_id == UINT64_C(0x0102030405060708));
	ck_assert_mem_eq(req.ann.info_hash, IH, 20);
	ck_assert_mem_eq(req.ann.peer_id, ID, 20);
	ck_assert(req.ann.downloaded == 1 && req.ann.left == UINT64_MAX);
	ck_assert(req.ann.uploaded == 3 && req.ann.port == 6881);
	ck_assert(req.ann.event == TW_EVENT_STARTED);
	ck_assert(req.ann.has_key && req.ann.key == 0xfeedbeef);
	ck_assert_int_eq(req.ann.numwant, -1);
	ck_assert_uint_eq(req.ann.ip.family, 0);
	ck_assert(req.ann.compact && !req.ann.live && !req.ann.has_track);
	ck_assert(req.options_len == 0 && req.url_len == 0);
}
END_TEST

START_TEST(events_are_numbered_as_in_bep_15)
{
	static const enum tw_event want[] = { TW_EVENT_NONE, TW_EVENT_COMPLETED,
		TW_EVENT_STARTED, TW_EVENT_STOPPED, TW_EVENT_NONE };

	announce_write(NULL, 0);
	for (uint8_t i = 0; i < SP_LEN(want); i++) {
		out[83] = i;
		ck_assert_int_eq(uw_req_read(&req, b.p, b.len), 0);
		ck_assert_int_eq(req.ann.event, want[i]);
	}
	out[80] = 0x80;
	ck_assert_int_eq(uw_req_read(&req, b.p, b.len), 0);
	ck_assert_int_eq(req.ann.event, TW_EVENT_NONE);
}
END_TEST

START_TEST(numwant_has_a_sign_and_the_ip_is_repeated)
{
	char text[ADDR_STRLEN];

	announce_write(NULL, 0);
	memcpy(out + 92, "\x80\0\0\0", 4);
	memcpy(out + 84, "\xc0\0\2\1", 4);
	ck_assert_int_eq(uw_req_read(&req, b.p, b.len), 0);
	ck_assert_int_eq(req.ann.numwant, -1);
	ck_assert_str_eq(addr_ip_str(&req.ann.ip, text), "192.0.2.1");
	memcpy(out + 92, "\x7f\xff\xff\xff", 4);
	ck_assert_int_eq(uw_req_read(&req, b.p, b.len), 0);
	ck_assert_int_eq(req.ann.numwant, INT32_MAX);
}
END_TEST

START_TEST(a_cut_announce_is_short_but_can_be_answered)
{
	announce_write(NULL, 0);
	for (size_t n = 16; n < 98; n++) {
		memset(&req, 0, sizeof(req));
		ck_assert_int_eq(uw_req_read(&req, b.p, n), SP_ERR_SHORT);
		ck_assert(req.action == UW_ANNOUNCE && req.tid == 0xa0b0c0d0);
		ck_assert(req.conn_id == UINT64_C(0x0102030405060708));
	}
}
END_TEST

START_TEST(unknown_actions_are_no_requests)
{
	announce_write(NULL, 0);
	for (uint8_t i = 3; i < 10; i++) {
		out[11] = i;
		ck_assert_int_eq(uw_req_read(&req, b.p, b.len), SP_ERR_PROTO);
	}
	out[11] = 1;
	out[8] = 1;
	ck_assert_int_eq(uw_req_read(&req, b.p, b.len), SP_ERR_PROTO);
}
END_TEST

START_TEST(a_scrape_has_whole_hashes_up_to_the_limit)
{
	struct uw_req r = { .action = UW_SCRAPE, .conn_id = 1, .tid = 2 };
	uint8_t hashes[100 * 20];

	for (size_t i = 0; i < sizeof(hashes); i++)
		hashes[i] = (uint8_t)(i * 7);
	r.hashes = hashes;
	for (r.n_hashes = 0; r.n_hashes <= 100; r.n_hashes++) {
		buf_wrap(&b, out, sizeof(out));
		uw_req_write(&b, &r);
		ck_assert_uint_eq(b.len, 16 + r.n_hashes * 20);
		ck_assert_int_eq(uw_req_read(&req, b.p, b.len), 0);
		ck_assert_uint_eq(req.n_hashes, SP_MIN(r.n_hashes, 74u));
		ck_assert(r.n_hashes == 0 ||
			  memcmp(req.hashes, hashes, req.n_hashes * 20) == 0);
	}
	for (size_t cut = 1; cut < 20; cut++)
		ck_assert_int_eq(uw_req_read(&req, b.p, b.len - cut),
		    SP_ERR_SHORT);
	ck_assert(req.action == UW_SCRAPE && req.tid == 2);
}
END_TEST

START_TEST(a_writer_without_room_says_so)
{
	struct uw_req r = { .action = UW_ANNOUNCE };
	struct uw_reply p = { .action = UW_ANNOUNCE };

	for (size_t n = 0; n < 98; n++) {
		buf_wrap(&b, out, n);
		uw_req_write(&b, &r);
		ck_assert_int_eq(b.err, SP_ERR_FULL);
		ck_assert_uint_le(b.len, n);
	}
	for (size_t n = 0; n < 20; n++) {
		buf_wrap(&b, out, n);
		uw_reply_write(&b, &p);
		ck_assert_int_eq(b.err, SP_ERR_FULL);
	}
}
END_TEST

/* ---- options ------------------------------------------------------------ */

START_TEST(url_data_is_joined_between_other_options)
{
	ck_assert_int_eq(options("\2\4/ann\1\1\2\0\7\3xyz\2\3?a=\2\1b", 23), 0);
	ck_assert_str_eq(url(), "/ann?a=b");
	/* What follows the end is not looked at. */
	ck_assert_int_eq(options("\2\2/a\0\2\2", 7), 0);
	ck_assert_str_eq(url(), "/a");
	ck_assert_int_eq(options("\0\0", 2), 0);
	ck_assert_str_eq(url(), "");
}
END_TEST

START_TEST(an_option_that_runs_past_the_end_is_refused)
{
	ck_assert_int_eq(options("\2", 1), SP_ERR_SYNTAX);
	ck_assert_int_eq(options("\2\1", 2), SP_ERR_SYNTAX);
	ck_assert_int_eq(options("\2\3ab", 4), SP_ERR_SYNTAX);
	ck_assert_int_eq(options("\1\1\xff\2x", 5), SP_ERR_SYNTAX);
	ck_assert_int_eq(options("\2\1a\2\5a", 6), SP_ERR_SYNTAX);
	ck_assert(req.action == UW_ANNOUNCE && req.tid == 0xa0b0c0d0);
}
END_TEST

START_TEST(a_url_is_written_in_pieces_up_to_its_limit)
{
	char text[LIM_UDP_URL + 1];
	uint8_t opt[LIM_UDP_URL + 32];
	struct sp_buf o;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 26);
	for (size_t n = 0; n <= sizeof(text); n++) {
		buf_wrap(&o, opt, sizeof(opt));
		uw_url_put(&o, text, n);
		ck_assert_uint_eq(o.len, n + 2 * ((n + 254) / 255));
		if (n > LIM_UDP_URL) {
			ck_assert_int_eq(options((char *)o.p, o.len),
			    SP_ERR_TOOBIG);
			break;
		}
		ck_assert_int_eq(options((char *)o.p, o.len), 0);
		ck_assert_uint_eq(strlen(url()), n);
		ck_assert_mem_eq(url(), text, n);
	}
}
END_TEST

START_TEST(parameters_of_the_url_can_be_read)
{
	char text[LIM_UDP_URL];
	struct uri_param p;
	size_t at = 0, n;
	const char *q;

	announce_write(NULL, 0);
	uw_url_put(&b, "/announce?passkey=x&up=900&rc=1&tk=3&port=1", 43);
	ck_assert_int_eq(uw_req_read(&req, b.p, b.len), 0);
	n = uw_url_get(text, &req);
	n = uw_url_query(text, n, &q);
	ck_assert(uri_query_next(&p, q, n, &at) && uri_param_is(&p, "passkey"));
	ck_assert(p.value_len == 1 && *p.value == 'x');
	tw_announce_live(&req.ann, q, n);
	ck_assert(req.ann.live && req.ann.up_kbps == 900 && req.ann.reachable);
	ck_assert(req.ann.has_track && req.ann.track == 3);
	/* Nothing else can be said there. */
	ck_assert_uint_eq(req.ann.port, 6881);
	ck_assert_uint_eq(uw_url_query("/announce", 9, &q), 0);
	ck_assert_uint_eq(uw_url_query("", 0, &q), 0);
}
END_TEST

/* ---- replies ------------------------------------------------------------ */

START_TEST(replies_go_round)
{
	struct uw_reply r = { .action = UW_CONNECT, .tid = 5 };

	r.conn_id = UINT64_C(0x1122334455667788);
	buf_wrap(&b, out, sizeof(out));
	uw_reply_write(&b, &r);
	unit_hex_eq(b.p, b.len, "00000000 00000005 1122334455667788");
	ck_assert_int_eq(uw_reply_read(&rep, 4, b.p, b.len), 0);
	ck_assert(rep.action == UW_CONNECT && rep.conn_id == r.conn_id);
	ck_assert_int_eq(uw_reply_read(&rep, 4, b.p, 15), SP_ERR_SHORT);

	r = (struct uw_reply){ .action = UW_ERROR,
		.tid = 6,
		.body = (const uint8_t *)"why",
		.body_len = 3 };
	buf_wrap(&b, out, sizeof(out));
	uw_reply_write(&b, &r);
	unit_hex_eq(b.p, b.len, "00000003 00000006 776879");
	ck_assert_int_eq(uw_reply_read(&rep, 4, b.p, b.len), 0);
	ck_assert(rep.action == UW_ERROR && rep.tid == 6);
	ck_assert_uint_eq(rep.body_len, 3);
	ck_assert_mem_eq(rep.body, "why", 3);
	ck_assert_int_eq(uw_reply_read(&rep, 4, b.p, 8), 0);
	ck_assert_uint_eq(rep.body_len, 0);
	ck_assert_int_eq(uw_reply_read(&rep, 4, b.p, 7), SP_ERR_SHORT);
	out[3] = 5;
	ck_assert_int_eq(uw_reply_read(&rep, 4, b.p, 8), SP_ERR_PROTO);
}
END_TEST

START_TEST(peers_are_six_bytes_or_eighteen)
{
	static const char *const text[] = { "192.0.2.1:80", "[2001:db8::1]:9" };
	struct sp_addr a, got;
	char s[ADDR_STRLEN];
	struct sp_rd rd;

	for (int f = 4; f <= 6; f += 2) {
		struct uw_reply r = { .action = UW_ANNOUNCE,
			.interval_s = 1800,
			.leechers = 2,
			.seeders = 3 };

		buf_wrap(&b, out, sizeof(out));
		uw_reply_write(&b, &r);
		ck_assert_uint_eq(b.len, UW_ANNOUNCED_LEN);
		addr_parse(&a, text[f / 6], strlen(text[f / 6]));
		compact_put(&b, &a);
		compact_put(&b, &a);
		ck_assert_int_eq(uw_reply_read(&rep, f, b.p, b.len), 0);
		ck_assert(rep.interval_s == 1800 && rep.leechers == 2 &&
			  rep.seeders == 3);
		rd = buf_rd(rep.body, rep.body_len);
		ck_assert(
		    compact_get(&rd, f, &got) && compact_get(&rd, f, &got));
		ck_assert_str_eq(addr_str(&got, s), text[f / 6]);
		ck_assert_int_eq(buf_get_end(&rd), 0);
		ck_assert_int_eq(uw_reply_read(&rep, f, b.p, b.len - 1),
		    SP_ERR_SYNTAX);
		ck_assert_int_eq(uw_reply_read(&rep, f, b.p, 19), SP_ERR_SHORT);
	}
}
END_TEST

START_TEST(the_live_window_stands_behind_the_peers)
{
	static const struct uw_reply r = { .action = UW_LIVE,
		.tid = 7,
		.interval_s = 30,
		.leechers = 2,
		.n_peers = 2 };
	const size_t head = UW_ANNOUNCED_LEN + 2;

	for (int family = 4; family <= 6; family += 2) {
		size_t unit = family == 4 ? COMPACT_LEN4 : COMPACT_LEN6;

		buf_wrap(&b, out, sizeof(out));
		uw_reply_write(&b, &r);
		ck_assert_uint_eq(b.len, head);
		buf_put(&b, "aaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbb", 2 * unit);
		buf_put_str(&b, "frames");
		ck_assert_int_eq(uw_reply_read(&rep, family, b.p, b.len), 0);
		ck_assert_int_eq(rep.action, UW_LIVE);
		ck_assert_uint_eq(rep.interval_s, 30);
		ck_assert_uint_eq(rep.n_peers, 2);
		ck_assert_uint_eq(rep.body_len, 2 * unit);
		ck_assert_uint_eq(rep.live_len, 6);
		ck_assert_mem_eq(rep.live, "frames", 6);
		for (size_t len = 0; len < head + 2 * unit; len++)
			ck_assert_int_eq(uw_reply_read(&rep, family, b.p, len),
			    SP_ERR_SHORT);
	}
	/* It is none of the requests. */
	out[11] = UW_LIVE;
	ck_assert_int_eq(uw_req_read(&req, out, UW_HEAD_LEN), SP_ERR_PROTO);
}
END_TEST

START_TEST(counts_are_seeders_completed_leechers)
{
	struct uw_counts c = { 1, 2, 3 }, got;
	struct uw_reply r = { .action = UW_SCRAPE, .tid = 9 };
	struct sp_rd rd;

	buf_wrap(&b, out, sizeof(out));
	uw_reply_write(&b, &r);
	uw_counts_put(&b, &c);
	c.seeders = 4;
	uw_counts_put(&b, &c);
	unit_hex_eq(b.p, b.len,
	    "00000002 00000009 00000001 00000002 00000003"
	    "00000004 00000002 00000003");
	ck_assert_int_eq(uw_reply_read(&rep, 4, b.p, b.len), 0);
	rd = buf_rd(rep.body, rep.body_len);
	ck_assert(uw_counts_get(&rd, &got) && got.seeders == 1);
	ck_assert(got.completed == 2 && got.leechers == 3);
	ck_assert(uw_counts_get(&rd, &got) && got.seeders == 4);
	ck_assert(!uw_counts_get(&rd, &got));
	ck_assert_int_eq(uw_reply_read(&rep, 6, b.p, b.len - 4), SP_ERR_SYNTAX);
}
END_TEST

UNIT_MAIN("udpwire", a_connect_is_sixteen_bytes_with_the_magic,
    an_announce_has_every_field_in_its_place, events_are_numbered_as_in_bep_15,
    numwant_has_a_sign_and_the_ip_is_repeated,
    a_cut_announce_is_short_but_can_be_answered,
    unknown_actions_are_no_requests, a_scrape_has_whole_hashes_up_to_the_limit,
    a_writer_without_room_says_so, url_data_is_joined_between_other_options,
    an_option_that_runs_past_the_end_is_refused,
    a_url_is_written_in_pieces_up_to_its_limit,
    parameters_of_the_url_can_be_read, replies_go_round,
    peers_are_six_bytes_or_eighteen, the_live_window_stands_behind_the_peers,
    counts_are_seeders_completed_leechers)
