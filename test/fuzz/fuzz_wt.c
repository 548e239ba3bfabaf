/*
 * Swarms of WebRTC peers, driven by the input: each step is an operation, its
 * operands, and a look at everything that must always hold.
 */

#include "test/fuzz/fuzz.h"
#include "base/buf.h"
#include "tracker/wt.h"

#define STEPS 400
#define CONNS 8

static const uint8_t sdp[] = "sdp";

static struct sp_addr
host(uint8_t n)
{
	uint8_t ip[4] = { n % 4 == 3 ? 127 : 5, 0, 0, n % 4 };

	return addr_make(4, ip, n);
}

static void
drain(struct wt *w, size_t most, bool reply)
{
	struct wt_act act;
	size_t n = 0;

	while (wt_next(w, &act) == 0) {
		FUZZ_CHECK(act.conn < CONNS);
		if (act.kind == WT_ACT_REPLY) {
			FUZZ_CHECK(reply && n == 0);
			FUZZ_CHECK(act.interval_s >= 108);
			reply = false;
			continue;
		}
		FUZZ_CHECK(!reply && act.offer->sdp.p == sdp);
		n++;
	}
	FUZZ_CHECK(!reply && n <= most);
}

static void
do_announce(struct wt *w, struct sp_rd *in, uint32_t conn, sp_time now)
{
	struct wt_announce a = { 0 };
	uint8_t how = buf_get_u8(in), who = buf_get_u8(in);
	int r;

	memset(a.info_hash, how % 4, sizeof(a.info_hash));
	memset(a.peer_id, who % 16, sizeof(a.peer_id));
	a.event = (enum wt_event)(how >> 2 & 3);
	a.left = (enum wt_left)((how >> 4) % 3);
	a.n_offers = who % (LIM_WT_OFFERS + 1);
	for (size_t i = 0; i < a.n_offers; i++)
		a.offers[i].sdp.p = sdp;
	r = wt_announce(w, conn, &a, now);
	FUZZ_CHECK(r == 0 || r == SP_ERR_EXISTS || r == SP_ERR_NOTFOUND);
	drain(w, a.n_offers, r == 0);
}

static void
do_answer(struct wt *w, struct sp_rd *in, uint32_t conn, sp_time now)
{
	struct wt_answer a = { .offer = { .sdp = { sdp, 3 } } };
	uint8_t how = buf_get_u8(in), who = buf_get_u8(in);
	int r;

	memset(a.info_hash, how % 4, sizeof(a.info_hash));
	memset(a.peer_id, who % 16, sizeof(a.peer_id));
	memset(a.to, who / 16, sizeof(a.to));
	r = wt_answer(w, conn, &a, now);
	FUZZ_CHECK(r == 0 || r == SP_ERR_NOTFOUND);
	drain(w, r == 0, false);
}

static void
step(struct wt *w, struct sp_rd *in, sp_time *now)
{
	uint8_t op = buf_get_u8(in);
	uint32_t conn = op >> 4 & (CONNS - 1);
	uint8_t ih[LINK_INFOHASH_LEN];
	struct sp_addr from;

	switch (op % 16) {
	case 0:
	case 1:
		from = host(buf_get_u8(in));
		wt_open(w, conn, &from, *now);
		break;
	case 2:
		wt_close(w, conn);
		break;
	case 3:
		*now += buf_get_u8(in) * 2 * SP_S;
		wt_tick(w, *now);
		FUZZ_CHECK(wt_deadline(w) > *now);
		break;
	case 4:
		memset(ih, buf_get_u8(in) % 4, sizeof(ih));
		wt_drop(w, ih);
		break;
	case 5:
		wt_charge(w, conn, buf_get_u16(in), *now);
		break;
	case 6:
	case 7:
		do_answer(w, in, conn, *now);
		break;
	default:
		do_announce(w, in, conn, *now);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_rd in = buf_rd(data, size);
	struct wt_stats st;
	struct wt_conf conf;
	sp_time now = 0;
	struct wt *w;

	wt_conf_init(&conf);
	conf.max_conns = 6;
	conf.max_host_conns = 2;
	conf.max_conn_peers = 5;
	conf.max_swarm_peers = 6;
	conf.max_peers = 12;
	FUZZ_CHECK(wt_new(&w, &conf, &heap_mem, size, 0) == 0);
	for (int i = 0; i < STEPS && buf_get_left(&in) > 0; i++) {
		step(w, &in, &now);
		FUZZ_CHECK(wt_is_sound(w));
		wt_stats(w, &st);
		FUZZ_CHECK(st.conns <= 6 && st.peers <= 12);
		FUZZ_CHECK(st.seeders <= st.peers && st.swarms <= st.peers);
	}
	wt_free(w);
	return 0;
}
