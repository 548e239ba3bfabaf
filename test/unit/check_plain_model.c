/*
 * tracker/plain beside a list of peers that is looked through each time, for
 * thousands of random steps.
 */

#include "test/unit/plain_help.h"

#define SWARMS 5
#define HOSTS  10
#define PORTS  4
#define PEERS  (SWARMS * HOSTS * PORTS)
#define LATE_S 64 /* so much later than it may a peer may go */

static const char *const hosts[HOSTS] = { "5.0.0.1", "5.0.0.2", "77.1.2.3",
	"10.0.0.1", "192.168.0.1", "127.0.0.1", "2600::1", "2600:0:0:1::1",
	"fd00::1", "::1" };

struct known {
	bool used, seeds, completed, foreign;
	int from_s, to_s; /* it goes between these */
};

static struct known peers[SWARMS][HOSTS][PORTS];
static uint32_t downloads[SWARMS];
static bool lives[SWARMS];
static struct sp_rng rng;
static int now_s;

static uint32_t
below(uint32_t n)
{
	return (uint32_t)rng_below(&rng, n);
}

static unsigned
scope_at(unsigned host)
{
	static const uint8_t scope[HOSTS] = { 0, 0, 0, 1, 1, 2, 0, 0, 1, 2 };

	return scope[host];
}

static bool
may_be(const struct known *k)
{
	return k->used && now_s < k->to_s;
}

static bool
must_be(const struct known *k)
{
	return k->used && now_s < k->from_s;
}

/* Those of a swarm that may be there (|sure|: must be), seeding or not. */
static uint32_t
count(unsigned swarm, bool seeds, bool sure)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < HOSTS * PORTS; i++) {
		const struct known *k = &peers[swarm][i / PORTS][i % PORTS];

		n += k->seeds == seeds && (sure ? must_be(k) : may_be(k));
	}
	return n;
}

/* How many the asker is handed at least and at most. */
static uint32_t
handed(unsigned swarm, unsigned host, unsigned port, bool seeds, bool sure)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < HOSTS * PORTS; i++) {
		const struct known *k = &peers[swarm][i / PORTS][i % PORTS];

		if ((i / PORTS == host && i % PORTS == port) ||
		    (i / PORTS >= 6) != (host >= 6) ||
		    scope_at(i / PORTS) > scope_at(host) || (seeds && k->seeds))
			continue;
		n += sure ? must_be(k) : may_be(k);
	}
	return n;
}

static struct plain_ask
ask_of(unsigned swarm, unsigned host, unsigned port)
{
	return ask(swarm, hosts[host], (uint16_t)(port + 1), false);
}

/* Each that was told of is known, may be told, and comes once. */
static void
check_told(const struct plain_ask *a, unsigned swarm, unsigned host)
{
	size_t size = host >= 6 ? 18 : 6;
	bool seen[HOSTS][PORTS] = { 0 };
	struct sp_addr addr;

	for (size_t i = 0; i < ans.n_peers; i++) {
		const uint8_t *p = got + i * size;
		unsigned h = host >= 6 ? 6 : 0, port = port_at(i, size) - 1u;

		for (;; h++) {
			ck_assert_uint_lt(h, HOSTS);
			addr_parse(&addr, hosts[h], strlen(hosts[h]));
			if (memcmp(addr.ip, p, size - 2) == 0)
				break;
		}
		ck_assert_uint_lt(port, PORTS);
		ck_assert(!seen[h][port]);
		seen[h][port] = true;
		ck_assert(may_be(&peers[swarm][h][port]));
		ck_assert(!a->seeds || !peers[swarm][h][port].seeds);
		ck_assert_uint_le(scope_at(h), scope_at(host));
		ck_assert(h != host || port != a->addr.port - 1u);
	}
}

static void
note(struct known *k, unsigned swarm, const struct plain_ask *a, int ttl_s,
    bool foreign)
{
	if (!may_be(k))
		*k = (struct known){ .used = true };
	if (a->event == TW_EVENT_COMPLETED && !k->completed) {
		k->completed = true;
		downloads[swarm]++;
	}
	k->seeds = a->seeds;
	k->foreign = foreign;
	k->from_s = SP_MAX(k->from_s, now_s + ttl_s);
	k->to_s = SP_MAX(k->to_s, now_s + ttl_s + LATE_S);
}

/* Whether a peer is there cannot be told for a moment; not asked then. */
static bool
is_doubtful(const struct known *k)
{
	return may_be(k) && !must_be(k);
}

static void
step_announce(void)
{
	unsigned swarm = below(SWARMS), host = below(HOSTS),
		 port = below(PORTS);
	struct known *k = &peers[swarm][host][port];
	struct plain_ask a = ask_of(swarm, host, port);
	int r;

	a.event = below(4) == 0 ? below(4) : 0;
	a.seeds = below(3) == 0;
	a.numwant = below(4) == 0 ? (int32_t)below(9) : 200;
	if (is_doubtful(k))
		return;
	r = tell(&a, now_s);
	if (lives[swarm]) {
		ck_assert_int_eq(r, PLAIN_LIVE);
		return;
	}
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(ans.store, 0);
	if (a.event == TW_EVENT_STOPPED)
		k->used = false;
	else
		note(k, swarm, &a, (int)(ans.interval_s * 3 / 2 + 30), false);
	ck_assert_uint_ge(ans.complete, count(swarm, true, true));
	ck_assert_uint_le(ans.complete, count(swarm, true, false));
	ck_assert_uint_ge(ans.incomplete, count(swarm, false, true));
	ck_assert_uint_le(ans.incomplete, count(swarm, false, false));
	if (a.event == TW_EVENT_STOPPED) {
		ck_assert_uint_eq(ans.n_peers, 0);
	} else if (a.numwant == 200) {
		ck_assert_uint_ge(ans.n_peers,
		    handed(swarm, host, port, a.seeds, true));
		ck_assert_uint_le(ans.n_peers,
		    handed(swarm, host, port, a.seeds, false));
	} else if (a.numwant > 0) {
		ck_assert_uint_le(ans.n_peers, (size_t)a.numwant);
	}
	check_told(&a, swarm, host);
}

static void
step_import(void)
{
	unsigned swarm = below(SWARMS), host = below(HOSTS),
		 port = below(PORTS);
	struct known *k = &peers[swarm][host][port];
	struct plain_ask a = ask_of(swarm, host, port);
	uint32_t ttl = 1 + below(1500);
	int r;

	a.event = below(5) == 0 ? TW_EVENT_STOPPED : TW_EVENT_NONE;
	a.seeds = below(3) == 0;
	if (is_doubtful(k))
		return;
	r = plain_import(pl, &a, ttl, now_s * SP_S);
	if (lives[swarm]) {
		ck_assert_int_eq(r, PLAIN_LIVE);
	} else if (may_be(k) && !k->foreign) {
		ck_assert_int_eq(r, SP_ERR_EXISTS);
	} else if (a.event == TW_EVENT_STOPPED) {
		ck_assert_int_eq(r, may_be(k) ? 0 : SP_ERR_NOTFOUND);
		k->used = false;
	} else {
		ck_assert_int_eq(r, 0);
		note(k, swarm, &a, (int)ttl, true);
	}
}

static void
step_swarm(void)
{
	unsigned swarm = below(SWARMS);

	if (below(2) == 0) {
		lives[swarm] = !lives[swarm];
		ck_assert_int_eq(
		    plain_set_live(pl, hash_of(swarm), lives[swarm]), 0);
	} else if (!lives[swarm]) {
		plain_drop(pl, hash_of(swarm));
	} else {
		return;
	}
	memset(peers[swarm], 0, sizeof(peers[swarm]));
	downloads[swarm] = 0;
}

static void
step_time(void)
{
	static const uint32_t far[] = { 30, 30, 30, 300, 300, 2000, 4000,
		90000 };

	now_s += (int)below(far[below(SP_LEN(far))]);
	plain_tick(pl, now_s * SP_S);
	for (unsigned i = 0; i < SWARMS; i++) {
		struct tw_scrape_entry e = scrape(i);

		ck_assert_uint_ge(e.complete, count(i, true, true));
		ck_assert_uint_le(e.complete, count(i, true, false));
		ck_assert_uint_ge(e.incomplete, count(i, false, true));
		ck_assert_uint_le(e.incomplete, count(i, false, false));
		if (e.complete + e.incomplete == 0)
			downloads[i] = 0;
		ck_assert_uint_eq(e.downloaded, downloads[i]);
	}
}

/* Swarms whose last peer left forgot their downloads. */
static void
forget_empty(void)
{
	for (unsigned i = 0; i < SWARMS; i++) {
		if (count(i, true, false) + count(i, false, false) == 0)
			downloads[i] = 0;
	}
}

static void
walk(uint64_t seed, int steps)
{
	memset(peers, 0, sizeof(peers));
	memset(downloads, 0, sizeof(downloads));
	memset(lives, 0, sizeof(lives));
	now_s = 0;
	rng_seed(&rng, seed);
	set_up();
	start();
	for (int i = 0; i < steps; i++) {
		switch (below(16)) {
		case 0:
			step_time();
			break;
		case 1:
		case 2:
			step_import();
			break;
		case 3:
			if (below(20) == 0)
				step_swarm();
			break;
		default:
			step_announce();
			break;
		}
		forget_empty();
		if (i % 16 == 0)
			ck_assert(plain_is_sound(pl));
	}
	tear_down();
}

START_TEST(it_does_as_a_plain_list_would)
{
	for (uint64_t seed = 1; seed <= 12; seed++)
		walk(seed, 4000);
}
END_TEST

/* Everything that is full at once: only what must always hold is asked. */
START_TEST(full_tables_hold_together)
{
	struct plain_ask a;
	struct plain_stats st;

	rng_seed(&rng, 9);
	set_up();
	conf.max_peers = 300;
	conf.max_swarms = 40;
	conf.max_swarm_peers = 60;
	conf.max_ip_ports = 5;
	conf.max_bytes = 40000;
	start();
	for (int i = 0; i < 40000; i++) {
		a = ask_of(below(80) * below(2), below(HOSTS), below(30));
		a.addr.ip[7] ^= a.addr.family == 6 ? (uint8_t)below(30) : 0;
		a.seeds = below(2);
		a.event = below(8) == 0 ? TW_EVENT_STOPPED : TW_EVENT_NONE;
		if (below(10) == 0)
			(void)plain_import(pl, &a, below(3000), i / 8 * SP_S);
		else
			ck_assert_int_eq(tell(&a, i / 8), 0);
		plain_stats(pl, &st);
		ck_assert_uint_le(st.peers, 300);
		ck_assert_uint_le(st.swarms, 40);
		ck_assert_uint_le(st.bytes, 40000);
		if (i % 64 == 0)
			ck_assert(plain_is_sound(pl));
	}
	ck_assert_uint_gt(st.evicted, 100);
	ck_assert_uint_gt(st.refused_full, 100);
	tear_down();
}
END_TEST

UNIT_MAIN("plain_model", it_does_as_a_plain_list_would,
    full_tables_hold_together)
