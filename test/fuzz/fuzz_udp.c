/*
 * The UDP face with a small tracker behind it. Input: ops, each u8 what, u8
 * host, u16 length, bytes of a datagram. what & 1: IPv6; & 2: the connection id
 * in the datagram is made good; & 4: a minute goes by first.
 *
 * No reply is longer than a packet, and none longer than its request before the
 * address is proven; all can be read.
 */

#include "test/fuzz/fuzz.h"
#include "tracker/udp.h"

#define KEY "0123456789abcdef"

struct lab {
	struct udp *udp;
	struct track *track;
	struct cookie cookie;
	sp_time now;
};

static void
lab_init(struct lab *l)
{
	static const uint8_t live[LINK_INFOHASH_LEN] = "live live live live";
	struct udp_conf uc;
	struct track_conf tc;

	l->now = 1000 * SP_S;
	udp_conf_init(&uc);
	memcpy(uc.key, KEY, sizeof(uc.key));
	uc.limit_hosts = 16;
	cookie_init(&l->cookie, uc.key, uc.id_slice);
	track_conf_init(&tc);
	tc.live.boot = 1;
	tc.registry.max_peers = 50;
	tc.registry.max_swarms = 5;
	FUZZ_CHECK(udp_new(&l->udp, &uc, &heap_mem, 1) == 0);
	FUZZ_CHECK(track_new(&l->track, &tc, &heap_mem, 1, l->now) == 0);
	FUZZ_CHECK(plain_set_live(track_plain(l->track), live, true) == 0);
}

static void
lab_fini(struct lab *l)
{
	FUZZ_CHECK(plain_is_sound(track_plain(l->track)));
	FUZZ_CHECK(registry_is_sound(track_registry(l->track)));
	udp_free(l->udp);
	track_free(l->track);
}

static void
ask(struct lab *l, const uint8_t *p, size_t len, const struct sp_addr *from)
{
	uint8_t room[LIM_UDP_REPLY];
	struct sp_buf out;
	struct udp_ask a;
	enum udp_next next;
	struct plain *plain = track_plain(l->track);
	struct uw_reply rep;
	bool proven;

	buf_wrap(&out, room, sizeof(room));
	next = udp_read(l->udp, &a, p, len, from, &out, l->now);
	proven = next != UDP_SILENT && a.req.action != UW_CONNECT &&
		 cookie_is_good(&l->cookie, from, a.req.conn_id, l->now);
	FUZZ_CHECK(proven || next == UDP_SILENT || next == UDP_REPLY);
	if (next == UDP_PLAIN) {
		for (int i = 0; i < PLAIN_WARM_STEPS; i++)
			udp_warm(&a, plain, i);
		next = udp_plain(l->udp, &a, l->track, &out, l->now);
		FUZZ_CHECK(next == UDP_REPLY || next == UDP_LIVE);
	}
	if (next == UDP_LIVE)
		next = udp_live(l->udp, &a, l->track, &out, l->now);
	if (next == UDP_SILENT)
		return;
	FUZZ_CHECK(out.err == 0 && out.len > 0 && (proven || out.len <= len));
	FUZZ_CHECK(uw_reply_read(&rep, from->family, out.p, out.len) == 0);
	FUZZ_CHECK(rep.action == UW_ERROR || rep.action == a.req.action ||
		   (rep.action == UW_LIVE && a.req.action == UW_ANNOUNCE));
	FUZZ_CHECK(rep.tid == a.req.tid);
}

static void
op(struct lab *l, uint8_t what, uint8_t host, const uint8_t *p, size_t len)
{
	uint8_t ip[16] = { 0x20, 1, 0xd, 0xb8, [15] = host }, pkt[2048];
	struct sp_addr from;
	uint64_t id;

	if ((what & 1) == 0)
		memcpy(ip, (uint8_t[4]){ 192, 0, 2, host }, 4);
	from = addr_make(what & 1 ? 6 : 4, ip, (uint16_t)(host * 256 + 1));
	len = SP_MIN(len, sizeof(pkt));
	memcpy(pkt, p, len);
	if (what & 4)
		l->now += 60 * SP_S;
	if (what & 2) {
		id = cookie_make(&l->cookie, &from, l->now);
		for (size_t i = 0; i < SP_MIN(len, 8u); i++)
			pkt[i] = (uint8_t)(id >> (56 - 8 * i));
	}
	l->now += SP_S;
	ask(l, pkt, len, &from);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct sp_rd rd = buf_rd(p, len);
	struct lab l;
	uint8_t what, host;
	size_t n;

	lab_init(&l);
	while (buf_get_left(&rd) > 4) {
		what = buf_get_u8(&rd);
		host = buf_get_u8(&rd);
		n = buf_get_u16(&rd);
		n = SP_MIN(n, buf_get_left(&rd));
		op(&l, what, host, buf_get_span(&rd, n), n);
	}
	lab_fini(&l);
	return 0;
}
