#include "test/unit/track_duty_help.h"
#include "tracker/udp.h"

/* What the UDP face tells of live channels. */

static struct udp *udp;
static uint8_t reply[LIM_UDP_REPLY];
static struct uw_reply rep;

static void
begin(unsigned records)
{
	struct udp_conf uc;

	start();
	for (unsigned n = 2; n <= records; n++)
		signer_record(&seed, &body, 0, n, (int64_t)n * 1000, 0);
	if (records > 1)
		ck_assert_int_eq(publish(SP_S), 0);
	udp_conf_init(&uc);
	memset(uc.key, 1, sizeof(uc.key));
	ck_assert_int_eq(udp_new(&udp, &uc, &fm.mem, 1), 0);
}

static void
end(void)
{
	udp_free(udp);
	tear_down();
}

/* The reply's length; the reply in |rep|. */
static size_t
send(const struct uw_req *r, const struct sp_addr *from)
{
	uint8_t pkt[1500];
	struct udp_ask ask;
	struct sp_buf in, out;
	enum udp_next next;

	buf_wrap(&in, pkt, sizeof(pkt));
	uw_req_write(&in, r);
	buf_wrap(&out, reply, sizeof(reply));
	next = udp_read(udp, &ask, in.p, in.len, from, &out, SP_S);
	if (next == UDP_PLAIN)
		next = udp_plain(udp, &ask, track, &out, SP_S);
	if (next == UDP_LIVE)
		next = udp_live(udp, &ask, track, &out, SP_S);
	ck_assert(next == UDP_REPLY && out.err == 0);
	ck_assert_int_eq(uw_reply_read(&rep, from->family, out.p, out.len), 0);
	return out.len;
}

/* Viewer |k| at |from| announces itself with |url|. */
static size_t
ask(const char *from, unsigned k, const char *url)
{
	struct uw_req r = { .action = UW_CONNECT };
	struct sp_addr addr = ip(from);
	uint8_t opt[300];
	struct sp_buf o;

	addr.port = 5000;
	send(&r, &addr);
	r.conn_id = rep.conn_id;
	r.action = UW_ANNOUNCE;
	r.ann = viewer(k);
	r.ann.live = false;
	buf_wrap(&o, opt, sizeof(opt));
	uw_url_put(&o, url, strlen(url));
	r.options = o.p;
	r.options_len = o.len;
	return send(&r, &addr);
}

START_TEST(who_asks_for_the_window_gets_what_fits)
{
	const uint8_t *p;
	struct tw_frame f;
	size_t len;
	int n, records = 0;

	begin(30);
	ask("5.0.0.1", 1, "/announce");
	ck_assert_int_eq(rep.action, UW_ANNOUNCE);
	len = ask("5.0.0.2", 2, "/announce?lw=1");
	ck_assert_int_eq(rep.action, UW_LIVE);
	ck_assert(rep.n_peers == 1 && rep.leechers == 2);
	ck_assert(len <= LIM_UDP_REPLY && rep.live_len > 0);
	p = rep.live;
	for (len = rep.live_len; len > 0; len -= (size_t)n, p += n) {
		n = tw_frame_read(&f, p, len);
		ck_assert_int_gt(n, 0);
		records += f.type == TW_FRAME_RECORD;
	}
	ck_assert_int_gt(records, 0);
	end();
}
END_TEST

START_TEST(without_a_channel_the_answer_is_as_ever)
{
	begin(1);
	seed.info_hash[0] ^= 1;
	ask("5.0.0.1", 1, "/announce?lw=1");
	ck_assert_int_eq(rep.action, UW_ANNOUNCE);
	ck_assert_uint_eq(rep.leechers, 1);
	end();
}
END_TEST

START_TEST(many_peers_and_the_window_share_the_datagram)
{
	char from[32];
	size_t len = 0;

	begin(30);
	for (unsigned k = 1; k <= 100; k++) {
		snprintf(from, sizeof(from), "5.0.%u.1", k);
		len = ask(from, k, "/announce?lw=1&up=1000&rc=1");
		ck_assert_uint_le(len, LIM_UDP_REPLY);
		ck_assert_int_eq(rep.action, UW_LIVE);
	}
	ck_assert_uint_eq(rep.n_peers, 50);
	end();
}
END_TEST

UNIT_MAIN("udp_live", who_asks_for_the_window_gets_what_fits,
    without_a_channel_the_answer_is_as_ever,
    many_peers_and_the_window_share_the_datagram)
