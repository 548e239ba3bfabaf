/*
 * tracker/plain, driven by the input: each step is an operation, its operands,
 * and a look at everything that must always hold.
 */

#include "test/fuzz/fuzz.h"
#include "base/buf.h"
#include "tracker/plain.h"

#define STEPS 400

struct run {
	struct plain *p;
	struct sp_rd in;
	uint8_t ih[LINK_INFOHASH_LEN];
	int64_t now_s;
};

static struct plain_ask
get_ask(struct run *r)
{
	static const uint8_t net[4][2] = { { 5, 1 }, { 10, 0 }, { 127, 0 },
		{ 224, 0 } };
	uint8_t kind = buf_get_u8(&r->in), how = buf_get_u8(&r->in);
	struct plain_ask a = { .info_hash = r->ih };
	uint8_t ip[16] = { 0 };

	memset(r->ih, how % 4, sizeof(r->ih));
	memcpy(ip, net[kind % 4], 2);
	ip[3] = kind / 16;
	if (kind & 8)
		ip[0] = kind & 4 ? 0xfd : 0x26;
	ip[7] = kind / 32;
	a.addr = addr_make(kind & 8 ? 6 : 4, ip, buf_get_u8(&r->in));
	a.event = (enum tw_event)(how / 4 % 4);
	a.seeds = (how & 16) != 0;
	a.numwant = (int8_t)buf_get_u8(&r->in);
	return a;
}

static void
do_announce(struct run *r)
{
	struct plain_ask a = get_ask(r);
	size_t size = a.addr.family == 6 ? 18 : 6, cap = buf_get_u8(&r->in);
	struct plain_answer ans;
	uint8_t out[256], *p;
	struct sp_addr peer;

	if (plain_announce(r->p, &a, out, cap, &ans, r->now_s * SP_S) != 0)
		return;
	FUZZ_CHECK(ans.n_peers * size <= cap);
	FUZZ_CHECK(a.numwant <= 0 || ans.n_peers <= (size_t)a.numwant);
	FUZZ_CHECK(a.event != TW_EVENT_STOPPED || ans.n_peers == 0);
	for (size_t i = 0; i < ans.n_peers; i++) {
		p = out + i * size;
		peer = addr_make(a.addr.family, p,
		    (uint16_t)(p[size - 2] << 8 | p[size - 1]));
		FUZZ_CHECK(!addr_is_bogus(&peer) && !addr_eq(&peer, &a.addr));
		FUZZ_CHECK(scope_of(&peer) <= scope_of(&a.addr));
	}
}

static void
step(struct run *r)
{
	struct tw_scrape_entry e;
	struct plain_hint hint;
	struct plain_ask a;

	switch (buf_get_u8(&r->in) % 8) {
	case 0:
		r->now_s += buf_get_u8(&r->in) * 40;
		plain_tick(r->p, r->now_s * SP_S);
		break;
	case 1:
		a = get_ask(r);
		(void)plain_import(r->p, &a, buf_get_u16(&r->in),
		    r->now_s * SP_S);
		break;
	case 2:
		memset(r->ih, buf_get_u8(&r->in) % 4, sizeof(r->ih));
		(void)plain_set_live(r->p, r->ih, buf_get_u8(&r->in) & 1);
		break;
	case 3:
		memset(r->ih, buf_get_u8(&r->in) % 5, sizeof(r->ih));
		for (int step = 0; step < PLAIN_WARM_STEPS; step++)
			plain_warm(r->p, &hint, r->ih, step);
		if (plain_scrape(r->p, r->ih, &e) == 0)
			FUZZ_CHECK(e.complete + e.incomplete > 0);
		if (buf_get_u8(&r->in) % 8 == 0)
			(void)plain_drop(r->p, r->ih);
		break;
	default:
		do_announce(r);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct run r = { .in = buf_rd(p, len) };
	struct plain_conf conf;
	struct plain_stats st;

	plain_conf_init(&conf);
	conf.max_peers = 60;
	conf.max_swarms = 3;
	conf.max_swarm_peers = 40;
	conf.max_ip_ports = 9;
	conf.max_bytes = buf_get_u8(&r.in) % 2 ? 0 : 20000;
	FUZZ_CHECK(plain_new(&r.p, &conf, &heap_mem, 1, 0) == 0);
	for (int i = 0; i < STEPS && buf_get_left(&r.in) > 0; i++) {
		step(&r);
		FUZZ_CHECK(plain_is_sound(r.p));
		plain_stats(r.p, &st);
		FUZZ_CHECK(st.peers <= 60 && st.swarms <= 3);
	}
	plain_free(r.p);
	return 0;
}
