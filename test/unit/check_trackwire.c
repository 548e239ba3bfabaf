#include "test/unit/trackwire_help.h"

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

	memset(q, '&', sizeof(q));
	memcpy(q, BASE, strlen(BASE));
	ck_assert_int_eq(tw_announce_parse(&ann, q, LIM_ANNOUNCE_URI, &what),
	    0);
	ck_assert_int_eq(tw_announce_parse(&ann, q, sizeof(q), &what),
	    SP_ERR_TOOBIG);
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
		.key = 0x0badcafe,
		.live = true,
		.up_kbps = UINT32_MAX,
		.reachable = true };

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
			ck_assert(ann.live && ann.reachable);
			ck_assert_uint_eq(ann.up_kbps, a.up_kbps);
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
	buf_reset(&b);
	a = (struct tw_announce){ .port = 1, .numwant = -1, .live = true };
	memset(a.info_hash, 'h', 20);
	memset(a.peer_id, 'p', 20);
	tw_announce_write(&b, &a);
	WROTE("info_hash=hhhhhhhhhhhhhhhhhhhh&peer_id=pppppppppppppppppppp"
	      "&port=1&uploaded=0&downloaded=0&left=0&compact=0&up=0&rc=0");
	stop();
}
END_TEST

START_TEST(who_relays_tells_its_uplink_and_reach)
{
	ck_assert_int_eq(announce(BASE), 0);
	ck_assert(!ann.live && !ann.reachable && ann.up_kbps == 0);
	ck_assert_int_eq(announce(BASE "&up=5000&rc=1"), 0);
	ck_assert(ann.live && ann.reachable && ann.up_kbps == 5000);
	ck_assert_int_eq(announce(BASE "&rc=0"), 0);
	ck_assert(ann.live && !ann.reachable && ann.up_kbps == 0);
	ck_assert_int_eq(announce(BASE "&up=0&rc=2"), 0);
	ck_assert(ann.live && !ann.reachable && ann.up_kbps == 0);
	/* others may mean something else by it */
	ck_assert_int_eq(announce(BASE "&up=fast&rc=&up=1"), 0);
	ck_assert(!ann.live && ann.up_kbps == 0);
	ck_assert_int_eq(announce(BASE "&up=4294967296"), 0);
	ck_assert(!ann.live && ann.up_kbps == 0);
}
END_TEST

START_TEST(as_many_swarms_as_are_answered_fit_in_a_scrape)
{
	static char q[LIM_SCRAPE_URI + 1];
	static uint8_t out[LIM_SCRAPE_HASHES][LINK_INFOHASH_LEN];
	size_t n = 0;
	int i, k;

	/* Every byte is escaped, of the name as well. */
	for (i = 0; i < LIM_SCRAPE_HASHES; i++) {
		n += (size_t)snprintf(q + n, sizeof(q) - n,
		    "%s%%69%%6e%%66%%6f%%5f%%68%%61%%73%%68=",
		    i == 0 ? "" : "&");
		for (k = 0; k < LINK_INFOHASH_LEN; k++)
			n += (size_t)snprintf(q + n, sizeof(q) - n, "%%%02x",
			    i + k);
	}
	ck_assert_int_eq(tw_scrape_parse(out, LIM_SCRAPE_HASHES, q, n),
	    LIM_SCRAPE_HASHES);
	for (i = 0; i < LIM_SCRAPE_HASHES; i++)
		for (k = 0; k < LINK_INFOHASH_LEN; k++)
			ck_assert_int_eq(out[i][k], i + k);
	memset(q, '&', sizeof(q));
	ck_assert_int_eq(tw_scrape_parse(out, 1, q, LIM_SCRAPE_URI), 0);
	ck_assert_int_eq(tw_scrape_parse(out, 1, q, sizeof(q)), SP_ERR_TOOBIG);
}
END_TEST

START_TEST(the_order_of_parameters_does_not_matter)
{
	ck_assert_int_eq(announce("lw=1&tk=3&left=9&no_peer_id=1&nosuch=1&"
				  "port=80&peer_id=bbbbbbbbbbbbbbbbbbbb&"
				  "p%6Frt=81&=&info_hash=aaaaaaaaaaaaaaaaaaaa&"
				  "%6eumwant=7"),
	    0);
	ck_assert_uint_eq(ann.port, 80);
	ck_assert_uint_eq(ann.left, 9);
	ck_assert_int_eq(ann.numwant, 7);
	ck_assert(ann.no_peer_id && ann.window && ann.has_track);
	ck_assert_mem_eq(ann.info_hash, "aaaaaaaaaaaaaaaaaaaa", 20);
	ck_assert_mem_eq(ann.peer_id, "bbbbbbbbbbbbbbbbbbbb", 20);
	/* A name is neither its beginning nor more than it. */
	ck_assert_int_eq(announce(BASE "&numwan=5&numwant2=5&%6eumwant%00=5"),
	    0);
	ck_assert_int_eq(ann.numwant, -1);
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

START_TEST(a_stream_names_who_asks)
{
	struct tw_stream s = { .since = { 0xab, 7 }, .named = true }, back;

	memcpy(s.peer_id, "-SP0100-\0&=+% 23456x", LINK_PEERID_LEN);
	s.port = 65535;
	start();
	tw_stream_write(&b, &s);
	WROTE("since=00000000000000ab.7&peer_id=-SP0100-%00%26%3D%2B%25%20"
	      "23456x&port=65535");
	ck_assert_int_eq(tw_stream_parse(&back, (char *)b.p, b.len), 0);
	ck_assert(back.named && back.port == 65535);
	ck_assert(back.since.boot == 0xab && back.since.seq == 7);
	ck_assert_mem_eq(back.peer_id, s.peer_id, LINK_PEERID_LEN);
	buf_reset(&b);
	s.named = false;
	tw_stream_write(&b, &s);
	WROTE("since=00000000000000ab.7");
	ck_assert_int_eq(tw_stream_parse(&back, (char *)b.p, b.len), 0);
	ck_assert(!back.named && back.since.seq == 7);
	stop();
}
END_TEST

START_TEST(a_stream_that_names_nobody_well_names_nobody)
{
	struct tw_stream s;

#define NAMED(q) (tw_stream_parse(&s, q, sizeof(q) - 1) == 0 && s.named)
	ck_assert(NAMED(ID "&port=1"));
	ck_assert(NAMED("port=1&x=2&since=1.2&" ID "&port=0"));
	ck_assert(s.since.seq == 2);
	ck_assert(!NAMED(""));
	ck_assert(!NAMED(ID));
	ck_assert(!NAMED("port=1"));
	ck_assert(!NAMED(ID "&port=0"));
	ck_assert(!NAMED(ID "&port=65536"));
	ck_assert(!NAMED(ID "&port="));
	ck_assert(!NAMED(ID "&port=%zz"));
	ck_assert(!NAMED(ID "3&port=1"));
	ck_assert(!NAMED("peer_id=&port=1"));
	ck_assert(!NAMED("peer_id=%2&port=1"));
	ck_assert(!NAMED(ID "&port=1&since=x"));
#undef NAMED
}
END_TEST

START_TEST(an_announce_may_ask_for_the_window)
{
	static const struct {
		const char *q;
		bool window;
		uint64_t boot, seq;
	} cases[] = {
		{ "lw=1", true, 0, 0 },
		{ "lw=0123456789abcdef.41", true, 0x0123456789abcdef, 41 },
		{ "lw=A.0", true, 10, 0 },
		{ "lw=0", false, 0, 0 },
		{ "lw=2", false, 0, 0 },
		{ "lw=", false, 0, 0 },
		{ "lw=.", false, 0, 0 },
		{ "lw=1.", false, 0, 0 },
		{ "lw=.1", false, 0, 0 },
		{ "lw=g.1", false, 0, 0 },
		{ "lw=00123456789abcdef.1", false, 0, 0 },
		{ "lw=1.18446744073709551616", false, 0, 0 },
	};
	struct tw_announce a;

	for (size_t i = 0; i < SP_LEN(cases); i++) {
		memset(&a, 0, sizeof(a));
		tw_announce_live(&a, cases[i].q, strlen(cases[i].q));
		ck_assert_int_eq(a.window, cases[i].window);
		ck_assert_uint_eq(a.since.boot, cases[i].boot);
		ck_assert_uint_eq(a.since.seq, cases[i].seq);
	}
	start();
	memset(&a, 0, sizeof(a));
	a.port = 1;
	a.window = true;
	a.since = (struct tw_since){ 0xab, 7 };
	tw_announce_write(&b, &a);
	ck_assert_int_eq(tw_announce_parse(&ann, (char *)b.p, b.len, &what), 0);
	ck_assert(ann.window);
	ck_assert_uint_eq(ann.since.boot, 0xab);
	ck_assert_uint_eq(ann.since.seq, 7);
	stop();
}
END_TEST

START_TEST(a_window_may_be_waited_for)
{
	static const struct {
		const char *q;
		uint32_t wait_s;
	} cases[] = {
		{ "wait=1", 1 },
		{ "since=1.2&wait=25", 25 },
		{ "wait=60&wait=3", 60 },
		{ "wait=61", LIM_WINDOW_WAIT },
		{ "wait=18446744073709551615", LIM_WINDOW_WAIT },
		{ "wait=18446744073709551616", 0 },
		{ "wait=-1", 0 },
		{ "wait=x", 0 },
		{ "wait=", 0 },
		{ "wait=%zz", 0 },
		{ "", 0 },
	};
	struct tw_stream s = { .wait_s = 30 };

	for (size_t i = 0; i < SP_LEN(cases); i++) {
		ck_assert_int_eq(
		    tw_stream_parse(&s, cases[i].q, strlen(cases[i].q)), 0);
		ck_assert_uint_eq(s.wait_s, cases[i].wait_s);
	}
	start();
	s = (struct tw_stream){ .since = { 1, 2 }, .wait_s = 30 };
	tw_stream_write(&b, &s);
	WROTE("since=0000000000000001.2&wait=30");
	stop();
}
END_TEST

UNIT_MAIN("trackwire", three_parameters_make_an_announce,
    all_parameters_are_taken, bytes_come_raw_or_escaped_in_any_case,
    of_a_repeated_parameter_the_first_counts, what_is_missing_is_named,
    what_is_malformed_is_named, what_clients_invent_is_tolerated,
    keys_are_hex_or_folded, queries_have_a_longest_length,
    a_written_announce_parses_to_the_same,
    an_announce_writes_only_what_is_given,
    who_relays_tells_its_uplink_and_reach, a_scrape_names_any_number_of_swarms,
    as_many_swarms_as_are_answered_fit_in_a_scrape,
    the_order_of_parameters_does_not_matter, since_says_where_a_client_was,
    since_may_be_absent_but_not_malformed, a_stream_names_who_asks,
    a_stream_that_names_nobody_well_names_nobody,
    an_announce_may_ask_for_the_window, a_window_may_be_waited_for)
