#include "wire/trackwire.h"
#include "test/unit/unit.h"

static struct failmem fm;
static struct sp_buf b;
static struct tw_announce ann;
static const char *what;

#define IH   "info_hash=%01234567890123456789a"
#define ID   "peer_id=-XX0001-abcdefghijkl"
#define BASE IH "&" ID "&port=6881"

static int
announce(const char *q)
{
	return tw_announce_parse(&ann, q, strlen(q), &what);
}

static void
fails(const char *q, int err, const char *param)
{
	ck_assert_msg(announce(q) == err, "%s", q);
	ck_assert_str_eq(what, param);
}

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
	failmem_init(&fm);
	buf_init(&b, &fm.mem, LIM_TRACKER_REPLY);
}

static void
stop(void)
{
	buf_fini(&b);
	failmem_check(&fm);
}

static void
wrote(const char *want, size_t len)
{
	ck_assert_int_eq(b.err, 0);
	ck_assert_msg(b.len == len && memcmp(b.p, want, len) == 0, "%.*s",
	    (int)b.len, (const char *)b.p);
}
#define WROTE(lit) wrote(lit, sizeof(lit) - 1)

/* ---- announce ----------------------------------------------------------- */

START_TEST(three_parameters_make_an_announce)
{
	ck_assert_int_eq(announce(BASE), 0);
	ck_assert_ptr_null(what);
	ck_assert_mem_eq(ann.info_hash,
	    "\x01"
	    "234567890123456789a",
	    20);
	ck_assert_mem_eq(ann.peer_id, "-XX0001-abcdefghijkl", 20);
	ck_assert_uint_eq(ann.port, 6881);
	ck_assert(ann.compact && !ann.no_peer_id && !ann.has_key);
	ck_assert_int_eq(ann.numwant, -1);
	ck_assert_int_eq(ann.event, TW_EVENT_NONE);
	ck_assert_uint_eq(ann.ip.family, 0);
	ck_assert(ann.uploaded == 0 && ann.downloaded == 0 && ann.left == 0);
}
END_TEST

START_TEST(all_parameters_are_taken)
{
	char ip[ADDR_STRLEN];

	ck_assert_int_eq(
	    announce(BASE "&uploaded=1&downloaded=18446744073709551615&left=3"
			  "&event=completed&numwant=50&compact=0&no_peer_id=1"
			  "&key=00aBcDeF&ip=2001%3Adb8%3A%3A1&corrupt=0"),
	    0);
	ck_assert(ann.uploaded == 1 && ann.left == 3);
	ck_assert(ann.downloaded == UINT64_MAX);
	ck_assert_int_eq(ann.event, TW_EVENT_COMPLETED);
	ck_assert_int_eq(ann.numwant, 50);
	ck_assert(!ann.compact && ann.no_peer_id && ann.has_key);
	ck_assert_uint_eq(ann.key, 0x00abcdef);
	ck_assert_str_eq(addr_ip_str(&ann.ip, ip), "2001:db8::1");
}
END_TEST

START_TEST(bytes_come_raw_or_escaped_in_any_case)
{
	ck_assert_int_eq(announce("info_hash=%aB%Cd\xff+%2b%26%3d%00"
				  "abcdefghijkl&" ID "&port=1"),
	    0);
	ck_assert_mem_eq(ann.info_hash, "\xab\xcd\xff +&=\0abcdefghijkl", 20);
}
END_TEST

START_TEST(of_a_repeated_parameter_the_first_counts)
{
	ck_assert_int_eq(announce(BASE "&port=x&event=stopped&event=started"
				       "&info_hash=y"),
	    0);
	ck_assert_uint_eq(ann.port, 6881);
	ck_assert_int_eq(ann.event, TW_EVENT_STOPPED);
}
END_TEST

START_TEST(what_is_missing_is_named)
{
	fails("", SP_ERR_NOTFOUND, "info_hash");
	fails(IH, SP_ERR_NOTFOUND, "peer_id");
	fails(IH "&" ID, SP_ERR_NOTFOUND, "port");
	fails(ID "&port=1;" IH, SP_ERR_SYNTAX, "port");
}
END_TEST

START_TEST(what_is_malformed_is_named)
{
	fails("info_hash=short&" ID "&port=1", SP_ERR_SYNTAX, "info_hash");
	fails(IH "b&" ID "&port=1", SP_ERR_SYNTAX, "info_hash");
	fails("info_hash=%zz&" ID "&port=1", SP_ERR_SYNTAX, "info_hash");
	fails(IH "&peer_id=&port=1", SP_ERR_SYNTAX, "peer_id");
	fails(IH "&" ID "&port=0", SP_ERR_RANGE, "port");
	fails(IH "&" ID "&port=65536", SP_ERR_RANGE, "port");
	fails(IH "&" ID "&port=", SP_ERR_SYNTAX, "port");
	fails(BASE "&left=-1", SP_ERR_SYNTAX, "left");
	fails(BASE "&uploaded=18446744073709551616", SP_ERR_RANGE, "uploaded");
	fails(BASE "&downloaded=1e3", SP_ERR_SYNTAX, "downloaded");
	fails(BASE "&numwant=2147483648", SP_ERR_RANGE, "numwant");
	fails(BASE "&numwant=", SP_ERR_SYNTAX, "numwant");
}
END_TEST

START_TEST(what_clients_invent_is_tolerated)
{
	ck_assert_int_eq(announce(BASE "&event=paused&numwant=-1&ip=my.host"
				       "&compact=yes&no_peer_id=&%zz=1&=&x"),
	    0);
	ck_assert_int_eq(ann.event, TW_EVENT_NONE);
	ck_assert_int_eq(ann.numwant, -1);
	ck_assert_uint_eq(ann.ip.family, 0);
	ck_assert(ann.compact && !ann.no_peer_id);
	ck_assert_int_eq(announce(BASE "&ip=1.2.3.4:99&event="), 0);
	ck_assert_uint_eq(ann.ip.port, 0);
	ck_assert_uint_eq(ann.ip.family, 4);
}
END_TEST

START_TEST(keys_are_hex_or_folded)
{
	ck_assert_int_eq(announce(BASE "&key=ff"), 0);
	ck_assert_uint_eq(ann.key, 0xff);
	ck_assert_int_eq(announce(BASE "&key="), 0);
	ck_assert(!ann.has_key);
	/* FNV-1a of "foobar". */
	ck_assert_int_eq(announce(BASE "&key=foobar"), 0);
	ck_assert(ann.has_key);
	ck_assert_uint_eq(ann.key, 0xbf9cf968);
	ck_assert_int_eq(announce(BASE "&key=000000001"), 0);
	ck_assert_uint_ne(ann.key, 1);
}
END_TEST

START_TEST(queries_have_a_longest_length)
{
	static char q[LIM_ANNOUNCE_URI + 1];
	uint8_t out[1][LINK_INFOHASH_LEN];

	memset(q, '&', sizeof(q));
	memcpy(q, BASE, strlen(BASE));
	ck_assert_int_eq(tw_announce_parse(&ann, q, LIM_ANNOUNCE_URI, &what),
	    0);
	ck_assert_int_eq(tw_announce_parse(&ann, q, sizeof(q), &what),
	    SP_ERR_TOOBIG);
	ck_assert_int_eq(tw_scrape_parse(out, 1, q, sizeof(q)), SP_ERR_TOOBIG);
	/* A value that is longer than any that means something. */
	memset(q, '0', sizeof(q));
	memcpy(q, "port=", 5);
	ck_assert_int_eq(tw_announce_parse(&ann, q, 1000, &what),
	    SP_ERR_SYNTAX);
}
END_TEST

START_TEST(a_written_announce_parses_to_the_same)
{
	struct tw_announce a = { .port = 65535,
		.left = UINT64_MAX,
		.event = TW_EVENT_STARTED,
		.numwant = 0,
		.compact = true,
		.no_peer_id = true,
		.has_key = true,
		.key = 0x0badcafe };

	memset(a.info_hash, 0xfe, sizeof(a.info_hash));
	memset(a.peer_id, '%', sizeof(a.peer_id));
	a.ip = addr("[2001:db8::7]:0");
	FAILMEM_EACH (&fm) {
		buf_init(&b, &fm.mem, LIM_ANNOUNCE_URI);
		tw_announce_write(&b, &a);
		if (b.err == 0) {
			ck_assert_int_eq(
			    tw_announce_parse(&ann, (char *)b.p, b.len, &what),
			    0);
			ck_assert_mem_eq(ann.info_hash, a.info_hash, 20);
			ck_assert_mem_eq(ann.peer_id, a.peer_id, 20);
			ck_assert(ann.left == a.left && ann.port == a.port);
			ck_assert(ann.event == a.event && ann.numwant == 0);
			ck_assert(ann.compact && ann.no_peer_id);
			ck_assert(ann.has_key && ann.key == a.key);
			ck_assert(addr_eq(&ann.ip, &a.ip));
		}
		buf_fini(&b);
	}
}
END_TEST

START_TEST(an_announce_writes_only_what_is_given)
{
	struct tw_announce a = { .port = 1, .numwant = -1 };

	memset(a.info_hash, 'h', 20);
	memset(a.peer_id, 'p', 20);
	start();
	tw_announce_write(&b, &a);
	WROTE("info_hash=hhhhhhhhhhhhhhhhhhhh&peer_id=pppppppppppppppppppp"
	      "&port=1&uploaded=0&downloaded=0&left=0&compact=0");
	buf_reset(&b);
	a.ip = addr("192.0.2.1:0");
	a.event = TW_EVENT_STOPPED;
	tw_announce_write(&b, &a);
	WROTE("info_hash=hhhhhhhhhhhhhhhhhhhh&peer_id=pppppppppppppppppppp"
	      "&port=1&uploaded=0&downloaded=0&left=0&compact=0"
	      "&event=stopped&ip=192.0.2.1");
	stop();
}
END_TEST

START_TEST(a_scrape_names_any_number_of_swarms)
{
	uint8_t out[3][LINK_INFOHASH_LEN];
	const char *q = IH "&x=1&info_hash=aaaaaaaaaaaaaaaaaaaa&" IH;

	ck_assert_int_eq(tw_scrape_parse(out, 3, q, strlen(q)), 3);
	ck_assert_mem_eq(out[1], "aaaaaaaaaaaaaaaaaaaa", 20);
	ck_assert_mem_eq(out[0], out[2], 20);
	ck_assert_int_eq(tw_scrape_parse(out, 2, q, strlen(q)), 2);
	ck_assert_int_eq(tw_scrape_parse(out, 3, "", 0), 0);
	ck_assert_int_eq(tw_scrape_parse(out, 3, "info_hash=a", 11),
	    SP_ERR_SYNTAX);
	ck_assert_int_eq(
	    tw_scrape_parse(out, 3, "info_hash=aaaaaaaaaaaaaaaaaaaaa", 31),
	    SP_ERR_SYNTAX);
}
END_TEST

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

START_TEST(since_says_where_a_client_was)
{
	struct tw_since s = { UINT64_MAX, UINT64_MAX }, back;

	start();
	tw_since_write(&b, &s);
	WROTE("since=ffffffffffffffff.18446744073709551615");
	ck_assert_int_eq(tw_since_parse(&back, (char *)b.p, b.len), 0);
	ck_assert(back.boot == s.boot && back.seq == s.seq);
	buf_reset(&b);
	s = (struct tw_since){ 0xAb, 0 };
	tw_since_write(&b, &s);
	WROTE("since=00000000000000ab.0");
	stop();
}
END_TEST

START_TEST(since_may_be_absent_but_not_malformed)
{
	struct tw_since s;

#define SINCE(q) tw_since_parse(&s, q, sizeof(q) - 1)
	ck_assert_int_eq(SINCE(""), 0);
	ck_assert(s.boot == 0 && s.seq == 0);
	ck_assert_int_eq(SINCE("x=1&since=aB%2e5&since=z"), 0);
	ck_assert(s.boot == 0xab && s.seq == 5);
	ck_assert_int_eq(SINCE("since="), SP_ERR_SYNTAX);
	ck_assert_int_eq(SINCE("since=5"), SP_ERR_SYNTAX);
	ck_assert_int_eq(SINCE("since=.5"), SP_ERR_SYNTAX);
	ck_assert_int_eq(SINCE("since=5."), SP_ERR_SYNTAX);
	ck_assert_int_eq(SINCE("since=g.5"), SP_ERR_SYNTAX);
	ck_assert_int_eq(SINCE("since=%.5"), SP_ERR_SYNTAX);
	ck_assert_int_eq(SINCE("since=11112222333344445.5"), SP_ERR_SYNTAX);
	ck_assert_int_eq(SINCE("since=1.18446744073709551616"), SP_ERR_RANGE);
#undef SINCE
}
END_TEST

UNIT_MAIN("trackwire", three_parameters_make_an_announce,
    all_parameters_are_taken, bytes_come_raw_or_escaped_in_any_case,
    of_a_repeated_parameter_the_first_counts, what_is_missing_is_named,
    what_is_malformed_is_named, what_clients_invent_is_tolerated,
    keys_are_hex_or_folded, queries_have_a_longest_length,
    a_written_announce_parses_to_the_same,
    an_announce_writes_only_what_is_given, a_scrape_names_any_number_of_swarms,
    compact_peers_of_both_families_are_read, a_list_of_peers_is_read,
    a_failure_is_told_alone, numbers_in_a_reply_are_clamped,
    keys_of_a_reply_may_be_unsorted, more_peers_than_wanted_are_dropped,
    malformed_replies_are_refused, compact_replies_have_a_string_per_family,
    lists_have_peer_ids_unless_unwanted, failures_are_written_alone,
    writing_replies_survives_lack_of_memory, scrapes_are_sorted_and_read_back,
    malformed_scrapes_are_refused, frames_come_back,
    malformed_frames_are_refused, since_says_where_a_client_was,
    since_may_be_absent_but_not_malformed)
