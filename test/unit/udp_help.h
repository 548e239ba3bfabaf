#ifndef TEST_UNIT_UDP_HELP_H
#define TEST_UNIT_UDP_HELP_H

/* A tracker and its UDP face, and a client that asks it. */

#include "tracker/udp.h"
#include "test/unit/unit.h"
#include "wire/compact.h"

#define T0 (1000 * SP_S)

static struct failmem fm;
static struct udp_conf conf;
static struct track *tr;
static struct plain *pl; /* of it */
static struct udp *u;

static uint8_t pkt[2048], reply[LIM_UDP_REPLY];
static size_t pkt_len;
static struct sp_buf out;
static struct uw_reply rep;
static struct uw_req req;

static inline struct sp_addr
addr(const char *s)
{
	struct sp_addr a;

	ck_assert_int_eq(addr_parse(&a, s, strlen(s)), 0);
	return a;
}

static inline void
set_up(void)
{
	struct track_conf tc;

	failmem_init(&fm);
	udp_conf_init(&conf);
	memset(conf.key, 7, sizeof(conf.key));
	conf.rate[LIMIT_CONNECT].per_s = conf.rate[LIMIT_ANNOUNCE].per_s = 0;
	track_conf_init(&tc);
	tc.live.boot = 1;
	ck_assert_int_eq(track_new(&tr, &tc, &fm.mem, 1, T0), 0);
	pl = track_plain(tr);
}

static inline void
begin(void)
{
	ck_assert_int_eq(udp_new(&u, &conf, &fm.mem, 1), 0);
}

static inline void
start(void)
{
	set_up();
	begin();
}

static inline void
stop(void)
{
	udp_free(u);
	track_free(tr);
	failmem_check(&fm);
}

/* ---- asking ------------------------------------------------------------- */

/* What answers the datagram in pkt: read into rep, unless silent. */
static inline enum udp_next
send_at(const struct sp_addr *from, sp_time now)
{
	struct udp_ask ask;
	enum udp_next next;

	buf_wrap(&out, reply, sizeof(reply));
	next = udp_read(u, &ask, pkt, pkt_len, from, &out, now);
	if (next == UDP_PLAIN) {
		for (int i = 0; i < PLAIN_WARM_STEPS; i++)
			udp_warm(&ask, pl, i);
		next = udp_plain(u, &ask, tr, &out, now);
	}
	if (next == UDP_LIVE)
		next = udp_live(u, &ask, tr, &out, now);
	ck_assert_int_eq(out.err, 0);
	if (next == UDP_REPLY)
		ck_assert_int_eq(
		    uw_reply_read(&rep, from->family, out.p, out.len), 0);
	return next;
}

static inline uint64_t
connect_at(const struct sp_addr *from, sp_time now)
{
	struct uw_req r = { .action = UW_CONNECT, .tid = 77 };
	struct sp_buf b;

	buf_wrap(&b, pkt, sizeof(pkt));
	uw_req_write(&b, &r);
	pkt_len = b.len;
	ck_assert_int_eq(send_at(from, now), UDP_REPLY);
	ck_assert(rep.action == UW_CONNECT && rep.tid == 77);
	ck_assert_uint_eq(out.len, 16);
	return rep.conn_id;
}

static inline void
write_req(void)
{
	struct sp_buf b;

	buf_wrap(&b, pkt, sizeof(pkt));
	uw_req_write(&b, &req);
	ck_assert_int_eq(b.err, 0);
	pkt_len = b.len;
}

/* An announce of swarm |swarm| stands in req, with a good id. */
static inline void
prepare(const struct sp_addr *from, uint8_t swarm, uint16_t port)
{
	memset(&req, 0, sizeof(req));
	req.conn_id = connect_at(from, T0);
	req.action = UW_ANNOUNCE;
	req.tid = 99;
	memset(req.ann.info_hash, swarm, 20);
	memset(req.ann.peer_id, 'p', 20);
	req.ann.left = 1;
	req.ann.numwant = -1;
	req.ann.port = port;
}

static inline enum udp_next
ask_it(const struct sp_addr *from)
{
	write_req();
	return send_at(from, T0);
}

/* Announces and gets |n| peers. */
static inline void
gets_peers(const struct sp_addr *from, size_t n)
{
	ck_assert_int_eq(ask_it(from), UDP_REPLY);
	ck_assert(rep.action == UW_ANNOUNCE && rep.tid == 99);
	ck_assert_uint_eq(rep.body_len,
	    n * (from->family == 4 ? COMPACT_LEN4 : COMPACT_LEN6));
	ck_assert_uint_eq(out.len, 20 + rep.body_len);
}

static inline void
gets_error(const struct sp_addr *from, const char *text)
{
	ck_assert_int_eq(ask_it(from), UDP_REPLY);
	ck_assert(rep.action == UW_ERROR && rep.tid == 99);
	ck_assert_uint_eq(rep.body_len, strlen(text));
	ck_assert_mem_eq(rep.body, text, rep.body_len);
}

static inline struct sp_addr
nth(uint32_t n, int family)
{
	uint8_t ip[16] = { 0x20, 1, 0xd, 0xb8, 0, (uint8_t)(n >> 8),
		(uint8_t)n };

	if (family == 4)
		memcpy(ip, (uint8_t[4]){ 11, 1, (uint8_t)(n >> 8), (uint8_t)n },
		    4);
	return addr_make(family, ip, 5000);
}

static inline void
fill(uint8_t swarm, uint32_t n, int family, bool seeds)
{
	struct sp_addr a;

	for (uint32_t i = 0; i < n; i++) {
		a = nth(i, family);
		prepare(&a, swarm, (uint16_t)(6000 + seeds));
		req.ann.left = !seeds;
		req.ann.numwant = 1;
		ck_assert_int_eq(ask_it(&a), UDP_REPLY);
	}
}

static inline uint64_t
counted(enum udp_kind k, enum udp_result r)
{
	return udp_stats(u)->requests[k][r];
}

#endif
