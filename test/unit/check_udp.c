#include "test/unit/udp_help.h"

/* Connection ids and announces. */

/* ---- connection ids ----------------------------------------------------- */

START_TEST(an_id_is_bound_to_the_ip)
{
	struct sp_addr a = addr("192.0.2.1:5000"), b = addr("192.0.2.2:5000");

	start();
	prepare(&a, 1, 80);
	gets_peers(&a, 0);
	gets_error(&b, "connection id is not valid");
	/* Another port of the same IP is another client behind one router. */
	a.port = 5001;
	gets_peers(&a, 0);
	ck_assert_uint_eq(counted(UDP_KIND_ANNOUNCE, UDP_BAD_ID), 1);
	ck_assert_uint_eq(counted(UDP_KIND_ANNOUNCE, UDP_ANSWERED), 2);
	stop();
}
END_TEST

START_TEST(an_id_expires_after_two_slices_at_most)
{
	struct sp_addr a = addr("192.0.2.1:5000");

	start();
	prepare(&a, 1, 80); /* at 1000 s: the slice is 960 to 1020 */
	write_req();
	ck_assert_int_eq(send_at(&a, 1080 * SP_S - 1), UDP_REPLY);
	ck_assert_int_eq(rep.action, UW_ANNOUNCE);
	ck_assert_int_eq(send_at(&a, 1080 * SP_S), UDP_REPLY);
	ck_assert_int_eq(rep.action, UW_ERROR);
	stop();
}
END_TEST

START_TEST(an_unproven_address_gets_no_more_than_it_sent)
{
	static const uint8_t hashes[74 * LINK_INFOHASH_LEN];
	struct sp_addr a = addr("192.0.2.1:5000");
	enum udp_next next;

	start();
	fill(1, 100, 4, true);
	for (int action = UW_ANNOUNCE; action <= UW_SCRAPE; action++)
		for (size_t n = 0; n < 1500; n++) {
			prepare(&a, 1, 80);
			req.conn_id ^= 1;
			req.action = (enum uw_action)action;
			req.options = req.hashes = hashes;
			req.options_len = action == UW_ANNOUNCE ? 800 : 0;
			req.n_hashes = 74;
			write_req();
			pkt_len = n;
			next = send_at(&a, T0);
			ck_assert(next == UDP_SILENT || out.len <= n);
			ck_assert(next == UDP_SILENT || rep.action == UW_ERROR);
			ck_assert_int_eq(next, n < 34 ? UDP_SILENT : UDP_REPLY);
		}
	stop();
}
END_TEST

START_TEST(what_is_no_request_gets_no_answer)
{
	struct sp_addr a = addr("192.0.2.1:5000"), none = addr("192.0.2.1:0");

	start();
	prepare(&a, 1, 80);
	write_req();
	pkt[11] = 3;
	ck_assert_int_eq(send_at(&a, T0), UDP_SILENT);
	pkt[11] = 0;
	ck_assert_int_eq(send_at(&a, T0), UDP_SILENT);
	pkt[11] = 1;
	pkt_len = 15;
	ck_assert_int_eq(send_at(&a, T0), UDP_SILENT);
	pkt_len = 0;
	ck_assert_int_eq(send_at(&a, T0), UDP_SILENT);
	write_req();
	ck_assert_int_eq(send_at(&none, T0), UDP_SILENT);
	ck_assert_uint_eq(counted(UDP_KIND_OTHER, UDP_MALFORMED), 5);
	stop();
}
END_TEST

/* ---- announces ---------------------------------------------------------- */

START_TEST(the_largest_reply_has_200_peers_or_67)
{
	struct sp_addr four = addr("192.0.2.1:1"),
		       six = addr("[2001:db8::1]:1");

	start();
	fill(1, 300, 4, false);
	fill(1, 300, 6, false);
	prepare(&four, 1, 80);
	req.ann.numwant = INT32_MAX;
	gets_peers(&four, 200);
	ck_assert_uint_eq(out.len, 1220);
	prepare(&six, 1, 80);
	req.ann.numwant = 200;
	gets_peers(&six, 67);
	ck_assert_uint_eq(out.len, 1226);
	ck_assert_uint_eq(rep.leechers, 602);
	stop();
}
END_TEST

START_TEST(numwant_none_and_nought_are_the_default)
{
	struct sp_addr a = addr("192.0.2.1:1");
	static const int32_t want[] = { 0, -1, INT32_MIN, 1, 7, 200, 201 };
	static const size_t get[] = { 50, 50, 50, 1, 7, 200, 200 };

	start();
	fill(1, 300, 4, false);
	for (size_t i = 0; i < SP_LEN(want); i++) {
		prepare(&a, 1, 80);
		req.ann.numwant = want[i];
		gets_peers(&a, get[i]);
	}
	stop();
}
END_TEST

START_TEST(peers_of_a_reply_differ_and_all_are_told_in_time)
{
	struct sp_addr a = addr("192.0.2.1:1"), p;
	bool seen[300] = { false };
	struct sp_rd rd;
	unsigned n, all = 0;

	start();
	fill(1, 300, 4, false);
	for (int i = 0; i < 20; i++) {
		bool here[300] = { false };

		prepare(&a, 1, 80);
		req.ann.numwant = 20;
		gets_peers(&a, 20);
		rd = buf_rd(rep.body, rep.body_len);
		while (compact_get(&rd, 4, &p)) {
			n = (unsigned)p.ip[2] << 8 | p.ip[3];
			ck_assert(n < 300 && !here[n] && p.port == 6000);
			here[n] = seen[n] = true;
		}
	}
	for (int i = 0; i < 300; i++)
		all += seen[i];
	/* 300 * (1 - (14/15)^20) = 225 are to be expected. */
	ck_assert_uint_gt(all, 200);
	stop();
}
END_TEST

START_TEST(nobody_is_told_himself_and_no_seeder_of_seeders)
{
	struct sp_addr a = addr("192.0.2.1:1");

	start();
	prepare(&a, 1, 80);
	gets_peers(&a, 0);
	gets_peers(&a, 0);
	fill(1, 3, 4, true);
	prepare(&a, 1, 80);
	gets_peers(&a, 3);
	ck_assert(rep.seeders == 3 && rep.leechers == 1);
	req.ann.left = 0;
	gets_peers(&a, 0);
	ck_assert(rep.seeders == 4 && rep.leechers == 0);
	fill(1, 5, 4, false);
	prepare(&a, 1, 80);
	req.ann.left = 0;
	gets_peers(&a, 5);
	stop();
}
END_TEST

START_TEST(the_port_is_announced_and_the_ip_is_seen)
{
	struct sp_addr a = addr("192.0.2.1:5000"), b = addr("192.0.2.2:1"), p;
	struct sp_addr other = addr("198.51.100.9:0"), want;
	struct sp_rd rd;

	start();
	prepare(&a, 1, 0);
	gets_error(&a, "nobody can connect to this address and port");
	ck_assert_uint_eq(counted(UDP_KIND_ANNOUNCE, UDP_REFUSED), 1);
	prepare(&a, 1, 6881);
	req.ann.ip = other;
	gets_peers(&a, 0);
	prepare(&b, 1, 80);
	gets_peers(&b, 1);
	rd = buf_rd(rep.body, rep.body_len);
	ck_assert(compact_get(&rd, 4, &p));
	want = addr("192.0.2.1:6881");
	ck_assert(addr_eq(&p, &want));
	stop();
}
END_TEST

START_TEST(who_stops_gets_twenty_bytes_and_is_gone)
{
	struct sp_addr a = addr("192.0.2.1:1");

	start();
	fill(1, 10, 4, false);
	prepare(&a, 1, 80);
	gets_peers(&a, 10);
	req.ann.event = TW_EVENT_STOPPED;
	gets_peers(&a, 0);
	ck_assert_uint_eq(out.len, 20);
	ck_assert_uint_eq(rep.leechers, 10);
	stop();
}
END_TEST

START_TEST(options_are_read_and_bad_ones_refused)
{
	struct sp_addr a = addr("192.0.2.1:1");

	start();
	prepare(&a, 1, 80);
	req.options = (const uint8_t *)"\1\2\3/ab\0";
	req.options_len = 7;
	gets_peers(&a, 0);
	req.options = (const uint8_t *)"\2\4/ab";
	req.options_len = 5;
	gets_error(&a, "malformed option");
	req.options_len = 0;
	write_req();
	pkt_len = 97;
	ck_assert_int_eq(send_at(&a, T0), UDP_REPLY);
	ck_assert_int_eq(rep.action, UW_ERROR);
	stop();
}
END_TEST

START_TEST(no_memory_is_survived_and_none_is_taken_later)
{
	struct sp_addr a = addr("192.0.2.1:1");
	size_t calls;

	udp_conf_init(&conf);
	FAILMEM_EACH (&fm) {
		int r = udp_new(&u, &conf, &fm.mem, 1);

		if (r < 0) {
			ck_assert_int_eq(r, SP_ERR_NOMEM);
			ck_assert_ptr_null(u);
			continue;
		}
		calls = fm.calls;
		for (int i = 0; i < 1000; i++) {
			a = nth((uint32_t)i, 4);
			connect_at(&a, T0);
		}
		ck_assert_uint_eq(fm.calls, calls);
		udp_free(u);
	}
	udp_free(NULL);
	conf.id_slice = SP_S - 1;
	ck_assert_int_eq(udp_new(&u, &conf, &fm.mem, 1), SP_ERR_ARG);
}
END_TEST

UNIT_MAIN("udp", an_id_is_bound_to_the_ip,
    an_id_expires_after_two_slices_at_most,
    an_unproven_address_gets_no_more_than_it_sent,
    what_is_no_request_gets_no_answer, the_largest_reply_has_200_peers_or_67,
    numwant_none_and_nought_are_the_default,
    peers_of_a_reply_differ_and_all_are_told_in_time,
    nobody_is_told_himself_and_no_seeder_of_seeders,
    the_port_is_announced_and_the_ip_is_seen,
    who_stops_gets_twenty_bytes_and_is_gone,
    options_are_read_and_bad_ones_refused,
    no_memory_is_survived_and_none_is_taken_later)
