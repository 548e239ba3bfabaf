/* The answers of a tracker: src/wire/trackreply.c. */

#include "test/unit/trackwire_help.h"

/* ---- reply -------------------------------------------------------------- */

static struct tw_peer peers[8];
static struct tw_reply rep;

static int
reply(const char *s, size_t len)
{
	return tw_reply_read(&rep, peers, SP_LEN(peers), (const uint8_t *)s,
	    len);
}
#define REPLY(lit) reply(lit, sizeof(lit) - 1)

static const char *
peer(size_t i)
{
	static char text[ADDR_STRLEN];

	ck_assert_uint_lt(i, rep.n_peers);
	return addr_str(&rep.peers[i].addr, text);
}

START_TEST(compact_peers_of_both_families_are_read)
{
	ck_assert_int_eq(
	    REPLY("d8:completei1e11:external ip4:\xc0\x00\x02\x09"
		  "10:incompletei2e8:intervali60e12:min intervali30e"
		  "5:peers12:\x01\x02\x03\x04\x00\x50\x05\x06\x07\x08\x1a\xe1"
		  "6:peers618:\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\0\x51"
		  "15:warning message2:hie"),
	    0);
	ck_assert(rep.complete == 1 && rep.incomplete == 2);
	ck_assert(rep.interval_s == 60 && rep.min_interval_s == 30);
	ck_assert_uint_eq(rep.n_peers, 3);
	ck_assert_ptr_eq(rep.peers, peers);
	ck_assert_str_eq(peer(0), "1.2.3.4:80");
	ck_assert_str_eq(peer(1), "5.6.7.8:6881");
	ck_assert_str_eq(peer(2), "[2001:db8::1]:81");
	ck_assert(!rep.peers[0].has_id);
	ck_assert_uint_eq(rep.external.family, 4);
	ck_assert_uint_eq(rep.external.ip[3], 9);
	ck_assert_ptr_null(rep.failure);
	ck_assert_uint_eq(rep.warning_len, 2);
	ck_assert_mem_eq(rep.warning, "hi", 2);
}
END_TEST

START_TEST(a_list_of_peers_is_read)
{
	ck_assert_int_eq(
	    REPLY("d8:intervali60e5:peersl"
		  "d2:ip7:1.2.3.47:peer id20:aaaaaaaaaaaaaaaaaaaa4:porti80ee"
		  "d2:ip11:2001:db8::14:porti81ee"
		  "d2:ip9:some.host4:porti80ee"
		  "d2:ip7:1.2.3.44:porti0ee"
		  "d2:ip7:1.2.3.44:porti65536ee"
		  "d2:ip7:1.2.3.44:port2:80e"
		  "d4:porti80eede"
		  "d2:ip7:1.2.3.57:peer id2:xx4:porti1ee"
		  "ee"),
	    0);
	ck_assert_uint_eq(rep.n_peers, 3);
	ck_assert_str_eq(peer(0), "1.2.3.4:80");
	ck_assert(rep.peers[0].has_id);
	ck_assert_mem_eq(rep.peers[0].peer_id, "aaaaaaaaaaaaaaaaaaaa", 20);
	ck_assert_str_eq(peer(1), "[2001:db8::1]:81");
	ck_assert(!rep.peers[1].has_id);
	ck_assert_str_eq(peer(2), "1.2.3.5:1");
	ck_assert(!rep.peers[2].has_id);
}
END_TEST

START_TEST(a_failure_is_told_alone)
{
	ck_assert_int_eq(
	    REPLY("d14:failure reason4:busy8:intervali60e5:peers0:e"), 0);
	ck_assert_uint_eq(rep.failure_len, 4);
	ck_assert_mem_eq(rep.failure, "busy", 4);
	ck_assert_uint_eq(rep.interval_s, 0);
}
END_TEST

START_TEST(numbers_in_a_reply_are_clamped)
{
	ck_assert_int_eq(REPLY("d8:completei-5e10:incompletei4294967296e"
			       "8:intervali-1e11:external ip3:abce"),
	    0);
	ck_assert(rep.complete == 0 && rep.interval_s == 0);
	ck_assert(rep.incomplete == UINT32_MAX);
	ck_assert_uint_eq(rep.external.family, 0);
	ck_assert_uint_eq(rep.n_peers, 0);
}
END_TEST

START_TEST(keys_of_a_reply_may_be_unsorted)
{
	ck_assert_int_eq(REPLY("d5:peers6:\x01\x02\x03\x04\x00\x50"
			       "8:intervali1ee"),
	    0);
	ck_assert_uint_eq(rep.n_peers, 1);
}
END_TEST

START_TEST(more_peers_than_wanted_are_dropped)
{
	struct tw_peer two[2];

	ck_assert_int_eq(tw_reply_read(&rep, two, 2,
			     (const uint8_t *)"d8:intervali1e5:peers18:"
					      "aaaaaabbbbbbcccccce",
			     43),
	    0);
	ck_assert_uint_eq(rep.n_peers, 2);
	ck_assert_uint_eq(two[1].addr.ip[0], 'b');
}
END_TEST

START_TEST(malformed_replies_are_refused)
{
	static const uint8_t big[LIM_TRACKER_REPLY + 1];

	ck_assert_int_eq(REPLY(""), SP_ERR_SHORT);
	ck_assert_int_eq(REPLY("<html>"), SP_ERR_SYNTAX);
	ck_assert_int_eq(REPLY("de"), SP_ERR_SYNTAX);
	ck_assert_int_eq(REPLY("le"), SP_ERR_SYNTAX);
	ck_assert_int_eq(REPLY("d8:interval2:60e"), SP_ERR_SYNTAX);
	ck_assert_int_eq(REPLY("d8:intervali1e5:peers5:aaaaae"), SP_ERR_SYNTAX);
	ck_assert_int_eq(REPLY("d8:intervali1e5:peersi1ee"), SP_ERR_SYNTAX);
	ck_assert_int_eq(REPLY("d8:intervali1e5:peersli1eee"), SP_ERR_SYNTAX);
	ck_assert_int_eq(REPLY("d8:intervali1e6:peers617:aaaaaaaaaaaaaaaaae"),
	    SP_ERR_SYNTAX);
	ck_assert_int_eq(REPLY("d8:intervali1e6:peers6lee"), SP_ERR_SYNTAX);
	ck_assert_int_eq(reply((const char *)big, sizeof(big)), SP_ERR_TOOBIG);
}
END_TEST

static void
two_peers(void)
{
	memset(&rep, 0, sizeof(rep));
	memset(peers, 0, sizeof(peers));
	rep.peers = peers;
	rep.n_peers = 2;
	peers[0].addr = addr("[2001:db8::1]:81");
	peers[0].has_id = true;
	memset(peers[0].peer_id, 'i', 20);
	peers[1].addr = addr("1.2.3.4:80");
	rep.interval_s = 60;
	rep.complete = 1;
	ann = (struct tw_announce){ .compact = true };
}

START_TEST(compact_replies_have_a_string_per_family)
{
	two_peers();
	start();
	tw_reply_write(&b, &rep, &ann);
	WROTE("d8:completei1e10:incompletei0e8:intervali60e"
	      "5:peers6:\x01\x02\x03\x04\x00\x50"
	      "6:peers618:\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\0\x51"
	      "e");
	buf_reset(&b);
	rep.n_peers = 0;
	rep.external = addr("192.0.2.9:0");
	rep.min_interval_s = 30;
	rep.warning = "hi";
	rep.warning_len = 2;
	tw_reply_write(&b, &rep, &ann);
	WROTE("d8:completei1e11:external ip4:\xc0\x00\x02\x09"
	      "10:incompletei0e8:intervali60e12:min intervali30e"
	      "5:peers0:15:warning message2:hie");
	buf_reset(&b);
	rep.external = addr("[2001:db8::1]:0");
	tw_reply_write(&b, &rep, &ann);
	ck_assert_int_eq(reply((char *)b.p, b.len), 0);
	ck_assert_uint_eq(rep.external.family, 6);
	stop();
}
END_TEST

START_TEST(lists_have_peer_ids_unless_unwanted)
{
	two_peers();
	ann.compact = false;
	start();
	tw_reply_write(&b, &rep, &ann);
	WROTE("d8:completei1e10:incompletei0e8:intervali60e5:peersl"
	      "d2:ip11:2001:db8::17:peer id20:iiiiiiiiiiiiiiiiiiii"
	      "4:porti81eed2:ip7:1.2.3.44:porti80eeee");
	buf_reset(&b);
	ann.no_peer_id = true;
	tw_reply_write(&b, &rep, &ann);
	WROTE("d8:completei1e10:incompletei0e8:intervali60e5:peersl"
	      "d2:ip11:2001:db8::14:porti81eed2:ip7:1.2.3.44:porti80eeee");
	stop();
}
END_TEST

START_TEST(packed_peers_are_written_as_others)
{
	static const uint8_t v4[] = { 1, 2, 3, 4, 0, 80, 5, 6, 7, 8, 1, 0 };
	static const uint8_t v6[18] = { 0x20, 1, [15] = 9, 0, 81 };

	two_peers();
	rep.n_peers = 0;
	rep.packed = v4;
	rep.n_packed = 2;
	rep.packed_family = 4;
	start();
	tw_reply_write(&b, &rep, &ann);
	WROTE("d8:completei1e10:incompletei0e8:intervali60e"
	      "5:peers12:\x01\x02\x03\x04\x00\x50\x05\x06\x07\x08\x01\x00"
	      "e");
	buf_reset(&b);
	ann.compact = false;
	tw_reply_write(&b, &rep, &ann);
	WROTE("d8:completei1e10:incompletei0e8:intervali60e5:peersl"
	      "d2:ip7:1.2.3.44:porti80eed2:ip7:5.6.7.84:porti256eeee");
	buf_reset(&b);
	rep.packed = v6;
	rep.n_packed = 1;
	rep.packed_family = 6;
	tw_reply_write(&b, &rep, &ann);
	WROTE("d8:completei1e10:incompletei0e8:intervali60e5:peersl"
	      "d2:ip7:2001::94:porti81eeee");
	buf_reset(&b);
	ann.compact = true;
	tw_reply_write(&b, &rep, &ann);
	WROTE("d8:completei1e10:incompletei0e8:intervali60e5:peers0:6:peers618:"
	      "\x20\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\x09\0\x51"
	      "e");
	buf_reset(&b);
	rep.n_packed = 0;
	tw_reply_write(&b, &rep, &ann);
	WROTE("d8:completei1e10:incompletei0e8:intervali60e5:peers0:e");
	stop();
}
END_TEST

START_TEST(failures_are_written_alone)
{
	two_peers();
	rep.failure = "busy!";
	rep.failure_len = 4;
	start();
	tw_reply_write(&b, &rep, &ann);
	WROTE("d14:failure reason4:busye");
	buf_reset(&b);
	tw_failure_write(&b, "busy");
	WROTE("d14:failure reason4:busye");
	stop();
}
END_TEST

START_TEST(writing_replies_survives_lack_of_memory)
{
	struct tw_scrape_entry e = { .complete = 1 };

	two_peers();
	FAILMEM_EACH (&fm) {
		buf_init(&b, &fm.mem, LIM_TRACKER_REPLY);
		tw_reply_write(&b, &rep, &ann);
		tw_scrape_write(&b, &e, 1);
		tw_frame_write(&b, &(struct tw_frame){ .type = 1 });
		ck_assert(b.err == 0 || b.err == SP_ERR_NOMEM);
		buf_fini(&b);
	}
}
END_TEST

/* ---- scrape ------------------------------------------------------------- */

START_TEST(scrapes_are_sorted_and_read_back)
{
	struct tw_scrape_entry e[4] = { { .complete = 1 }, { .complete = 2 },
		{ .downloaded = 3 }, { .complete = 9 } },
			       back[4];

	memset(e[0].info_hash, 'c', 20);
	memset(e[1].info_hash, 'a', 20);
	memset(e[2].info_hash, 'b', 20);
	memset(e[3].info_hash, 'c', 20);
	start();
	tw_scrape_write(&b, e, 4);
	WROTE("d5:filesd"
	      "20:aaaaaaaaaaaaaaaaaaaa"
	      "d8:completei2e10:downloadedi0e10:incompletei0ee"
	      "20:bbbbbbbbbbbbbbbbbbbb"
	      "d8:completei0e10:downloadedi3e10:incompletei0ee"
	      "20:cccccccccccccccccccc"
	      "d8:completei1e10:downloadedi0e10:incompletei0ee"
	      "ee");
	ck_assert_int_eq(tw_scrape_read(back, 4, b.p, b.len), 3);
	ck_assert_uint_eq(back[1].downloaded, 3);
	ck_assert_mem_eq(back[2].info_hash, "cccc", 4);
	ck_assert_int_eq(tw_scrape_read(back, 2, b.p, b.len), 2);
	buf_reset(&b);
	tw_scrape_write(&b, e, 0);
	WROTE("d5:filesdee");
	stop();
}
END_TEST

START_TEST(malformed_scrapes_are_refused)
{
	static const uint8_t big[LIM_TRACKER_REPLY + 1];
	struct tw_scrape_entry e[2];

#define SCRAPE(s) tw_scrape_read(e, 2, (const uint8_t *)(s), sizeof(s) - 1)
	ck_assert_int_eq(SCRAPE("d5:filesdee"), 0);
	ck_assert_int_eq(SCRAPE("d5:filesde"), SP_ERR_SHORT);
	ck_assert_int_eq(SCRAPE("de"), SP_ERR_SYNTAX);
	ck_assert_int_eq(SCRAPE("d5:filesi1ee"), SP_ERR_SYNTAX);
	ck_assert_int_eq(SCRAPE("d5:filesd2:xxdeee"), SP_ERR_SYNTAX);
	ck_assert_int_eq(SCRAPE("d5:filesd20:aaaaaaaaaaaaaaaaaaaai1eee"),
	    SP_ERR_SYNTAX);
#undef SCRAPE
	ck_assert_int_eq(tw_scrape_read(e, 2, big, sizeof(big)), SP_ERR_TOOBIG);
}
END_TEST

/* ---- frames ------------------------------------------------------------- */

START_TEST(frames_come_back)
{
	static const struct tw_frame v[] = {
		{ .type = TW_FRAME_HELLO,
		    .boot = 1,
		    .seq = UINT64_MAX,
		    .clock_ms = 3 },
		{ .type = TW_FRAME_MANIFEST,
		    .p = (const uint8_t *)"de",
		    .len = 2 },
		{ .type = TW_FRAME_RECORD,
		    .seq = 7,
		    .p = (const uint8_t *)"env",
		    .len = 3 },
		{ .type = TW_FRAME_ALIVE },
		{ .type = 200, .p = (const uint8_t *)"?", .len = 1 },
		{ .type = 0 },
	};
	struct tw_frame f;
	size_t at = 0, cut;
	int n;

	start();
	for (size_t i = 0; i < SP_LEN(v); i++)
		tw_frame_write(&b, &v[i]);
	for (size_t i = 0; i < SP_LEN(v); i++) {
		n = tw_frame_read(&f, b.p + at, b.len - at);
		ck_assert_int_gt(n, 0);
		for (cut = 0; cut < (size_t)n; cut++)
			ck_assert_int_eq(tw_frame_read(&f, b.p + at, cut), 0);
		tw_frame_read(&f, b.p + at, b.len - at);
		ck_assert_uint_eq(f.type, v[i].type);
		ck_assert(f.boot == v[i].boot && f.seq == v[i].seq);
		ck_assert(f.clock_ms == v[i].clock_ms);
		ck_assert_uint_eq(f.len, v[i].len);
		if (f.len > 0)
			ck_assert_mem_eq(f.p, v[i].p, f.len);
		at += (size_t)n;
	}
	ck_assert_uint_eq(at, b.len);
	stop();
}
END_TEST

START_TEST(malformed_frames_are_refused)
{
	static uint8_t big[5 + LIM_FEED_FRAME];
	struct tw_frame f;

#define FRAME(s) tw_frame_read(&f, (const uint8_t *)(s), sizeof(s) - 1)
	ck_assert_int_eq(FRAME("\x01\0\0\0\x02xx"), SP_ERR_SYNTAX);
	ck_assert_int_eq(FRAME("\x01\0\0\0\x19"
			       "1234567812345678123456789"),
	    SP_ERR_SYNTAX);
	ck_assert_int_eq(FRAME("\x02\0\0\0\0"), SP_ERR_SYNTAX);
	ck_assert_int_eq(FRAME("\x03\0\0\0\x08"
			       "12345678"),
	    SP_ERR_SYNTAX);
	ck_assert_int_eq(FRAME("\x03\0\0\0\x07"
			       "1234567"),
	    SP_ERR_SYNTAX);
	ck_assert_int_eq(FRAME("\x04\0\0\0\x01x"), SP_ERR_SYNTAX);
	/* Told from the head alone. */
	ck_assert_int_eq(FRAME("\x03\0\0\xc0\x41"), SP_ERR_TOOBIG);
	ck_assert_int_eq(FRAME("\x09\xff\xff\xff\xff"), SP_ERR_TOOBIG);
	ck_assert_int_eq(FRAME("\x03\0\0\xc0\x40"), 0);
#undef FRAME
	big[0] = TW_FRAME_RECORD;
	big[3] = 0xc0;
	big[4] = 8;
	ck_assert_int_eq(tw_frame_read(&f, big, sizeof(big)),
	    5 + 8 + LIM_ENVELOPE);
	big[4] = 9;
	ck_assert_int_eq(tw_frame_read(&f, big, sizeof(big)), SP_ERR_TOOBIG);
}
END_TEST

UNIT_MAIN("trackreply", compact_peers_of_both_families_are_read,
    a_list_of_peers_is_read, a_failure_is_told_alone,
    numbers_in_a_reply_are_clamped, keys_of_a_reply_may_be_unsorted,
    more_peers_than_wanted_are_dropped, malformed_replies_are_refused,
    compact_replies_have_a_string_per_family,
    lists_have_peer_ids_unless_unwanted, packed_peers_are_written_as_others,
    failures_are_written_alone, writing_replies_survives_lack_of_memory,
    scrapes_are_sorted_and_read_back, malformed_scrapes_are_refused,
    frames_come_back, malformed_frames_are_refused)
