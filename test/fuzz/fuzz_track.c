/*
 * One tracker, driven by the input: each step is an operation, its operands,
 * and a look at everything that must always hold. Announces and publishes come
 * both well-formed, from operands, and raw, as bytes of the input.
 */

#include "test/fuzz/fuzz.h"
#include "base/buf.h"
#include "test/sim/signer.h"
#include "tracker/track.h"
#include "wire/receipt.h"

#define STEPS   200
#define STREAMS 4

struct run {
	struct track *t;
	struct sp_rd in;
	struct sp_buf out, body;
	struct signer seed[2];
	struct tw_since pos;
	struct roster roster;
	uint64_t version;    /* of it, as the tracker was told */
	struct sp_addr from; /* of who announced last: the reader */
	struct open {
		bool counted;
		struct tw_stream ask;
		struct sp_addr from;
	} open[STREAMS];
	sp_time now;
};

static struct sp_addr
get_addr(struct run *r)
{
	static const uint8_t net[4][4] = { { 5, 0, 0, 0 }, { 10, 0, 0, 0 },
		{ 127, 0, 0, 0 }, { 224, 0, 0, 0 } };
	uint8_t kind = buf_get_u8(&r->in), ip[16] = { 0 };

	memcpy(ip, net[kind % 4], 4);
	ip[3] = kind / 16;
	if (kind & 8) {
		ip[0] = kind & 4 ? 0xfd : 0x26;
		ip[15] = kind / 16;
		return addr_make(6, ip, 0);
	}
	return addr_make(4, ip, 0);
}

static void
check_peers(const struct tw_reply *reply, const struct tw_announce *a,
    const struct sp_addr *from)
{
	struct sp_addr self = *from;

	self.port = a->port;
	FUZZ_CHECK(reply->n_peers <= LIM_NUMWANT);
	FUZZ_CHECK(a->numwant <= 0 || reply->n_peers <= (size_t)a->numwant);
	FUZZ_CHECK(a->event != TW_EVENT_STOPPED || reply->n_peers == 0);
	for (size_t i = 0; i < reply->n_peers; i++) {
		FUZZ_CHECK(!addr_eq(&reply->peers[i].addr, &self));
		FUZZ_CHECK(!addr_is_bogus(&reply->peers[i].addr));
		FUZZ_CHECK(reply->peers[i].addr.family == from->family);
		FUZZ_CHECK(addr_is_private(from) ||
			   !addr_is_private(&reply->peers[i].addr));
	}
}

static void
do_announce(struct run *r)
{
	struct tw_peer peers[LIM_NUMWANT];
	struct sp_addr from = r->from = get_addr(r);
	struct tw_announce a = { 0 };
	struct tw_reply reply;
	uint8_t swarm = buf_get_u8(&r->in), how;

	memset(a.info_hash, swarm % 5, sizeof(a.info_hash));
	if (swarm % 5 == 4)
		memcpy(a.info_hash, r->seed[0].info_hash, LINK_INFOHASH_LEN);
	a.port = swarm / 5 % 8;
	a.left = swarm / 64;
	memset(a.peer_id, buf_get_u8(&r->in) % 3, sizeof(a.peer_id));
	how = buf_get_u8(&r->in);
	a.event = (enum tw_event)(how % 4);
	a.live = (how & 0x10) == 0;
	a.reachable = how & 0x20;
	a.up_kbps = (uint32_t)(how >> 6) * 3000;
	a.numwant = (int8_t)buf_get_u8(&r->in);
	if (track_announce(r->t, &a, &from, peers, LIM_NUMWANT, &reply,
		r->now) == 0)
		check_peers(&reply, &a, &from);
}

/* A span of the rest, its length first. */
static const uint8_t *
get_span(struct run *r, size_t *len)
{
	size_t want = buf_get_u8(&r->in);

	*len = SP_MIN(want, buf_get_left(&r->in));
	return buf_get_span(&r->in, *len);
}

static void
do_raw_query(struct run *r, bool scrape)
{
	struct sp_addr from = get_addr(r);
	size_t len;
	const char *q = (const char *)get_span(r, &len);

	buf_reset(&r->out);
	if (scrape)
		track_http_scrape(r->t, q, len, &r->out, r->now);
	else
		track_http_announce(r->t, q, len, &from, &r->out, r->now);
	FUZZ_CHECK(r->out.err == 0 && r->out.len > 0);
}

static void
do_sign(struct run *r, struct signer *s, bool manifest)
{
	uint8_t track, salt;
	uint64_t number;

	s->epoch = buf_get_u8(&r->in) % 3;
	if (manifest) {
		s->serial = buf_get_u8(&r->in);
		s->window_ms = buf_get_u8(&r->in) * 1000u;
		signer_manifest(s, &r->body);
		return;
	}
	track = buf_get_u8(&r->in) % 4;
	if (track > 1)
		track = (uint8_t)(track - 2 + LIM_TRACK_INIT);
	number = buf_get_u8(&r->in);
	salt = buf_get_u8(&r->in);
	if (salt & 0x80)
		memset(s->prev[track], 0, HASH_LEN);
	s->init = salt & 0x40 ? number / 2 : RECORD_NO_INIT;
	signer_record(s, &r->body, track, number,
	    (int64_t)(number * 2000 + (salt & 0x20) * 3000), salt & 3);
}

static void
do_publish(struct run *r, const struct signer *s)
{
	struct live_result res;
	uint8_t flip = buf_get_u8(&r->in);

	if (flip > 200 && r->body.len > 0)
		r->body.p[(size_t)flip * 7919 % r->body.len] ^= 1;
	buf_reset(&r->out);
	track_publish(r->t, s->info_hash, r->body.p, r->body.len, &r->out, &res,
	    r->now);
	FUZZ_CHECK(r->out.err == 0 && r->out.len > 0);
	FUZZ_CHECK((res.err == 0) == (res.failed + res.stale == 0));
	FUZZ_CHECK(res.woke == (res.accepted > 0));
	buf_reset(&r->body);
}

static void
do_feed(struct run *r)
{
	uint64_t last = r->pos.seq;
	struct tw_frame f;
	size_t at = 0;
	int n;

	buf_reset(&r->out);
	n = track_feed(r->t, r->seed[0].info_hash, &r->pos, buf_get_u16(&r->in),
	    &r->out);
	FUZZ_CHECK(n >= 0 || n == SP_ERR_NOTFOUND);
	for (int i = 0; i < n; i++) {
		FUZZ_CHECK(
		    tw_frame_read(&f, r->out.p + at, r->out.len - at) > 0);
		at += (size_t)tw_frame_read(&f, r->out.p + at, r->out.len - at);
		if (f.type != TW_FRAME_RECORD)
			continue;
		/* A reader from another boot begins again. */
		FUZZ_CHECK(f.seq > last || i <= 1);
		last = f.seq;
	}
	FUZZ_CHECK(at == r->out.len);
	FUZZ_CHECK(n < 0 || r->pos.seq >= last || n == 0);
}

static void
do_roster(struct run *r)
{
	uint8_t ih[LINK_INFOHASH_LEN];
	struct tw_frame f;
	int n;

	while (track_wake(r->t, ih, r->now))
		FUZZ_CHECK(track_roster_get(r->t, ih) != NULL);
	FUZZ_CHECK(track_deadline(r->t) > r->now);
	buf_reset(&r->out);
	n = track_roster(r->t, r->seed[0].info_hash, &r->from, &r->version,
	    &r->out);
	FUZZ_CHECK(n == 0 || n == 1);
	if (n == 0)
		return;
	FUZZ_CHECK(tw_frame_read(&f, r->out.p, r->out.len) == (int)r->out.len);
	FUZZ_CHECK(f.type == TW_FRAME_ROSTER);
	FUZZ_CHECK(roster_take(&r->roster, f.p, f.len) == 0);
	FUZZ_CHECK(r->roster.version == r->version);
	FUZZ_CHECK(
	    r->roster.n == track_roster_get(r->t, r->seed[0].info_hash)->n);
}

/* Signed by a viewer that announced itself, or raw. */
static void
do_receipts(struct run *r, const struct signer *s)
{
	uint8_t seed[HASH_SEED_LEN] = { 0 }, pk[HASH_PK_LEN], sk[HASH_SK_LEN];
	struct tw_announce a = { .live = true, .left = 1, .port = 9 };
	struct sp_addr from = get_addr(r);
	struct tw_peer peers[1];
	struct receipt rc = { .slices = 1, .n = 2 };
	struct tw_reply reply;
	const uint8_t *p;
	size_t len;

	seed[0] = buf_get_u8(&r->in);
	if (seed[0] & 0x80) {
		p = get_span(r, &len);
		track_receipts(r->t, s->info_hash, p, len, &from, r->now);
		return;
	}
	hash_keypair(pk, sk, seed);
	memcpy(rc.key, pk, sizeof(pk));
	memcpy(rc.info_hash, s->info_hash, LINK_INFOHASH_LEN);
	memcpy(a.info_hash, s->info_hash, LINK_INFOHASH_LEN);
	receipt_peerid(a.peer_id, pk);
	a.up_kbps = buf_get_u8(&r->in) * 100u;
	track_announce(r->t, &a, &from, peers, 1, &reply, r->now);
	rc.slice = buf_get_u8(&r->in) % 64;
	memset(rc.entries[1].peer_id, 1 + buf_get_u8(&r->in) % 2,
	    LINK_PEERID_LEN);
	rc.entries[0].bytes = rc.entries[1].bytes = buf_get_u32(&r->in);
	rc.entries[1].flags = buf_get_u8(&r->in);
	buf_reset(&r->out);
	receipt_seal(&r->out, &rc, sk);
	track_receipts(r->t, s->info_hash, r->out.p, r->out.len, &from, r->now);
}

/* Of a viewer that announced itself, or raw. */
static void
do_telemetry(struct run *r, const struct signer *s)
{
	struct tw_announce a = { .left = 1, .port = 9 };
	struct telemetry t = { .port = 9, .span_s = 1, .n = 1 };
	struct sp_addr from = get_addr(r);
	struct figures_told told;
	struct tw_peer peers[1];
	struct tw_reply reply;
	const uint8_t *p;
	size_t len;

	p = get_span(r, &len);
	if (len > 0) {
		track_telemetry(r->t, s->info_hash, p, len, &from, r->now);
		return;
	}
	memcpy(a.info_hash, s->info_hash, LINK_INFOHASH_LEN);
	memset(a.peer_id, buf_get_u8(&r->in) % 4, LINK_PEERID_LEN);
	memcpy(t.peer_id, a.peer_id, LINK_PEERID_LEN);
	track_announce(r->t, &a, &from, peers, 1, &reply, r->now);
	t.span_s = (uint16_t)(1 + buf_get_u8(&r->in));
	t.peer_kib = buf_get_u32(&r->in);
	t.origin_kib = buf_get_u32(&r->in);
	t.stalls = buf_get_u8(&r->in);
	t.lags[0] = buf_get_u8(&r->in);
	buf_reset(&r->out);
	telemetry_put(&r->out, &t);
	track_telemetry(r->t, s->info_hash, r->out.p, r->out.len, &from,
	    r->now);
	if (track_channel_figures(r->t, s->info_hash, &told, r->now) == 0)
		FUZZ_CHECK(told.offload_ppm <= 1000000 &&
			   told.reports <= told.viewers);
}

/* A stream that is open ends, another one begins. */
static void
do_stream(struct run *r)
{
	uint8_t how = buf_get_u8(&r->in);
	struct open *o = &r->open[how % STREAMS];
	const uint8_t *ih = r->seed[0].info_hash;

	if (o->counted) {
		track_stream_close(r->t, ih, &o->ask, &o->from, r->now);
		o->counted = false;
		return;
	}
	o->from = r->from;
	memset(&o->ask, 0, sizeof(o->ask));
	o->ask.named = how & 0x80;
	o->ask.port = how >> 2 & 7;
	memset(o->ask.peer_id, (how >> 5 & 3) % 3, sizeof(o->ask.peer_id));
	o->counted =
	    track_stream_open(r->t, ih, &o->ask, &o->from, r->now) == 0;
}

static void
do_access(struct run *r)
{
	static const char one[] = "0101010101010101010101010101010101010101";
	uint8_t how = buf_get_u8(&r->in);
	size_t len;
	const char *text;

	if (how % 4 == 0) {
		text = (const char *)get_span(r, &len);
		track_access(r->t, ACCESS_DENY, text, len, NULL);
	} else if (how % 4 == 1) {
		track_access(r->t, ACCESS_DENY, one, 40, NULL);
	} else {
		track_access(r->t, ACCESS_DENY, NULL, 0, NULL);
	}
}

static void
step(struct run *r)
{
	uint8_t op = buf_get_u8(&r->in);
	struct signer *s = &r->seed[op >> 7];
	size_t len;
	const uint8_t *p;

	switch (op % 16) {
	case 0:
		r->now += buf_get_u16(&r->in) * SP_S / 4;
		track_tick(r->t, r->now);
		break;
	case 1:
	case 2:
		do_raw_query(r, op % 16 == 1);
		break;
	case 3:
	case 4:
		do_sign(r, s, op % 16 == 3);
		break;
	case 5:
	case 6:
		do_publish(r, s);
		break;
	case 7:
		p = get_span(r, &len);
		buf_put(&r->body, p, len);
		break;
	case 8:
		do_feed(r);
		break;
	case 9:
		do_access(r);
		break;
	case 10:
		do_roster(r);
		break;
	case 11:
		do_stream(r);
		break;
	case 14:
		do_telemetry(r, s);
		break;
	case 15:
		do_receipts(r, s);
		break;
	default:
		do_announce(r);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct track_stats st;
	struct track_conf conf;
	struct run r = { 0 };

	track_conf_init(&conf);
	conf.live.boot = 7;
	conf.live.max_channels = 1;
	conf.registry.max_peers = 40;
	conf.registry.max_swarms = 4;
	conf.registry.max_swarm_peers = 20;
	conf.registry.max_ip_ports = 3;
	conf.full_scrape = true;
	conf.max_present = 3;
	FUZZ_CHECK(track_new(&r.t, &conf, &heap_mem, size, 0) == 0);
	buf_init(&r.out, &heap_mem, 64 << 20);
	buf_init(&r.body, &heap_mem, 64 << 20);
	signer_init(&r.seed[0], 1);
	signer_init(&r.seed[1], 2);
	r.in = buf_rd(data, size);
	for (int i = 0; i < STEPS && buf_get_left(&r.in) > 0; i++) {
		step(&r);
		FUZZ_CHECK(track_is_sound(r.t));
		track_stats(r.t, &st);
		FUZZ_CHECK(st.registry.peers <= 80 && st.registry.swarms <= 8);
		FUZZ_CHECK(st.live.channels <= 1 && st.present <= 3);
	}
	buf_fini(&r.out);
	buf_fini(&r.body);
	track_free(r.t);
	return 0;
}
