#include "test/unit/udp_help.h"

/* Scrapes, lists, limits and live channels. */

/* ---- scrapes ------------------------------------------------------------ */

static void
scrape(const struct sp_addr *from, const uint8_t *hashes, size_t n)
{
	prepare(from, 0, 0);
	req.action = UW_SCRAPE;
	req.hashes = hashes;
	req.n_hashes = n;
}

START_TEST(a_scrape_has_twelve_bytes_a_hash_in_order)
{
	struct sp_addr a = addr("192.0.2.1:1");
	uint8_t hashes[100 * 20];
	struct uw_counts c;
	struct sp_rd rd;

	start();
	for (size_t i = 0; i < 100; i++)
		memset(hashes + i * 20, (int)(i % 3), 20);
	fill(1, 4, 4, false);
	fill(1, 2, 6, true);
	fill(2, 1, 4, true);
	for (size_t n = 0; n <= 100; n++) {
		scrape(&a, hashes, n);
		ck_assert_int_eq(ask_it(&a), UDP_REPLY);
		ck_assert_int_eq(rep.action, UW_SCRAPE);
		ck_assert_uint_eq(out.len, 8 + 12 * SP_MIN(n, (size_t)74));
		rd = buf_rd(rep.body, rep.body_len);
		for (size_t i = 0; uw_counts_get(&rd, &c); i++) {
			ck_assert_uint_eq(c.leechers, i % 3 == 1 ? 4 : 0);
			ck_assert_uint_eq(c.seeders, i % 3 == 1   ? 2
						     : i % 3 == 2 ? 1
								  : 0);
		}
	}
	ck_assert_uint_eq(counted(UDP_KIND_SCRAPE, UDP_ANSWERED), 101);
	stop();
}
END_TEST

START_TEST(a_cut_hash_is_an_error)
{
	struct sp_addr a = addr("192.0.2.1:1");
	uint8_t hashes[40] = { 0 };

	start();
	for (size_t n = 17; n < 56; n++) {
		if (n == 36)
			continue;
		scrape(&a, hashes, 2);
		write_req();
		pkt_len = n;
		ck_assert_int_eq(send_at(&a, T0), UDP_REPLY);
		ck_assert(rep.action == UW_ERROR && rep.tid == 99);
	}
	ck_assert_uint_eq(counted(UDP_KIND_SCRAPE, UDP_REFUSED), 38);
	stop();
}
END_TEST

/* ---- lists, limits, live channels --------------------------------------- */

START_TEST(what_the_lists_deny_is_an_error_and_nought_in_a_scrape)
{
	static const char deny[] = "0101010101010101010101010101010101010101\n";
	struct sp_addr a = addr("192.0.2.1:1");
	uint8_t hash[20];
	struct uw_counts c;
	struct sp_rd rd;

	start();
	fill(1, 3, 4, false);
	ck_assert_int_eq(
	    track_access(tr, ACCESS_DENY, deny, sizeof(deny) - 1, NULL), 1);
	prepare(&a, 1, 80);
	gets_error(&a, "info-hash is not permitted");
	ck_assert_uint_eq(counted(UDP_KIND_ANNOUNCE, UDP_DENIED), 1);
	memset(hash, 1, sizeof(hash));
	scrape(&a, hash, 1);
	ck_assert_int_eq(ask_it(&a), UDP_REPLY);
	rd = buf_rd(rep.body, rep.body_len);
	ck_assert(uw_counts_get(&rd, &c));
	ck_assert(c.seeders == 0 && c.leechers == 0 && c.completed == 0);
	prepare(&a, 2, 80);
	gets_peers(&a, 0);
	stop();
}
END_TEST

START_TEST(what_is_over_a_limit_gets_no_answer)
{
	struct sp_addr a = addr("192.0.2.1:1"), b = addr("192.0.2.2:1");
	int got = 0;

	set_up();
	conf.rate[LIMIT_CONNECT] = (struct limit_rate){ 20, 20 };
	conf.rate[LIMIT_ANNOUNCE] = (struct limit_rate){ 10, 50 };
	begin();
	prepare(&a, 1, 80);
	for (int i = 0; i < 100; i++)
		got += ask_it(&a) == UDP_REPLY;
	ck_assert_int_eq(got, 50);
	ck_assert_uint_eq(counted(UDP_KIND_ANNOUNCE, UDP_LIMITED), 50);
	/* Bad ids count as connects. */
	got = 0;
	req.conn_id++;
	for (int i = 0; i < 100; i++)
		got += ask_it(&a) == UDP_REPLY;
	ck_assert_int_eq(got, 19);
	prepare(&b, 1, 80);
	gets_peers(&b, 1);
	stop();
}
END_TEST

START_TEST(live_channels_are_answered_by_the_rest_of_the_tracker)
{
	struct sp_addr a = addr("192.0.2.1:1"), b = addr("192.0.2.2:1");
	uint8_t hashes[60];
	struct uw_counts c[3];
	struct sp_rd rd;

	start();
	fill(1, 2, 4, false);
	memset(hashes, 1, 20);
	memset(hashes + 20, 2, 20);
	memset(hashes + 40, 3, 20);
	ck_assert_int_eq(plain_set_live(pl, hashes + 20, true), 0);
	prepare(&a, 2, 80);
	gets_peers(&a, 0);
	ck_assert_uint_eq(udp_stats(u)->live, 1);
	prepare(&b, 2, 80);
	gets_peers(&b, 1);
	ck_assert_uint_eq(rep.leechers, 2);
	req.ann.event = TW_EVENT_STOPPED;
	gets_peers(&b, 0);
	req.ann.event = TW_EVENT_NONE;
	req.ann.port = 0;
	gets_error(&b, "nobody can connect to this address and port");
	scrape(&a, hashes, 3);
	ck_assert_int_eq(ask_it(&a), UDP_REPLY);
	ck_assert_uint_eq(out.len, 8 + 36);
	rd = buf_rd(rep.body, rep.body_len);
	for (int i = 0; i < 3; i++)
		ck_assert(uw_counts_get(&rd, &c[i]));
	ck_assert_uint_eq(c[0].leechers, 2);
	ck_assert_uint_eq(c[1].leechers, 1);
	ck_assert_uint_eq(c[2].leechers, 0);
	ck_assert_uint_eq(udp_stats(u)->live, 4);
	stop();
}
END_TEST

START_TEST(a_viewer_tells_of_itself_in_the_url)
{
	struct sp_addr a = addr("192.0.2.1:1");
	uint8_t opt[64];
	struct sp_buf o;

	start();
	prepare(&a, 2, 80);
	memcpy(req.ann.peer_id, "-SP0100-", 8);
	buf_wrap(&o, opt, sizeof(opt));
	uw_url_put(&o, "/announce?up=900&rc=1", 21);
	req.options = o.p;
	req.options_len = o.len;
	gets_peers(&a, 0);
	ck_assert_uint_eq(udp_stats(u)->live, 1);
	ck_assert_uint_eq(rep.leechers, 1);
	stop();
}
END_TEST

UNIT_MAIN("udp_scrape", a_scrape_has_twelve_bytes_a_hash_in_order,
    a_cut_hash_is_an_error,
    what_the_lists_deny_is_an_error_and_nought_in_a_scrape,
    what_is_over_a_limit_gets_no_answer,
    live_channels_are_answered_by_the_rest_of_the_tracker,
    a_viewer_tells_of_itself_in_the_url)
