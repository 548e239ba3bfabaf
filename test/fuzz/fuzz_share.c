/*
 * An input that begins with 1 is a batch of peers as another tracker may have
 * written it: what is taken can be dialled, and is written and read again. Any
 * other is what comes from Redis, call by call:
 *
 *	u8 call, u8 argument, u16 length, bytes
 *
 * to a tracker that shares its state: it stays sound.
 */

#include "base/hash.h"
#include "test/fuzz/fuzz.h"
#include "test/sim/signer.h"
#include "tracker/share.h"

/* ---- a batch ------------------------------------------------------------- */

static struct sharewire_in in, again;
static struct sharewire_peer peer, other;
static struct sharewire_out out;

static void
try_batch(const uint8_t *p, size_t len)
{
	int n = sharewire_open(&in, p, len), r;
	bool whole = true;

	if (n < 0)
		return;
	sharewire_init(&out, &heap_mem);
	sharewire_begin(&out, in.node);
	again = in;
	for (; sharewire_next(&in, &peer); n--) {
		FUZZ_CHECK(!addr_is_bogus(&peer.addr));
		FUZZ_CHECK(peer.track < LIM_TRACKS);
		r = sharewire_add(&out, &peer);
		/* one group may become several: then it may not fit */
		FUZZ_CHECK(r == 0 || r == SP_ERR_FULL);
		whole &= r == 0;
	}
	FUZZ_CHECK(n == 0);
	FUZZ_CHECK(out.buf.len <= LIM_SHARE_BATCH);
	FUZZ_CHECK(sharewire_open(&in, out.buf.p, out.buf.len) == (int)out.n);
	while (whole && sharewire_next(&again, &other)) {
		FUZZ_CHECK(sharewire_next(&in, &peer));
		FUZZ_CHECK(memcmp(&peer, &other, sizeof(peer)) == 0);
	}
	sharewire_fini(&out);
}

/* ---- what comes from Redis ----------------------------------------------- */

#define NODE  5
#define ASKED 256

static struct track *track;
static struct share *share;
static struct signer seed;
static sp_time now;
static struct share_act asked[ASKED];
static size_t first, last;

static void
start(void)
{
	struct share_conf sc = { .node = NODE, .max_channels = 4 };
	struct track_conf conf;

	FUZZ_CHECK(hash_setup() == 0);
	signer_init(&seed, 7);
	track_conf_init(&conf);
	conf.live.boot = 1;
	conf.live.max_channels = 4;
	conf.registry.max_peers = conf.registry.max_swarms = 100;
	conf.node = NODE;
	now = SP_S;
	first = last = 0;
	FUZZ_CHECK(track_new(&track, &conf, &heap_mem, 1, now) == 0);
	sc.track = track;
	sc.out = track_shareout(track);
	sc.idle = 10 * SP_S;
	FUZZ_CHECK(share_new(&share, &sc, &heap_mem, 1, now) == 0);
}

static void
end(void)
{
	FUZZ_CHECK(track_is_sound(track));
	share_free(share);
	track_free(track);
}

static void
pull(void)
{
	struct share_act a;
	size_t n = 0;

	while (share_next(share, &a, now) == 0) {
		FUZZ_CHECK(++n < 10000);
		if (a.what == SHARE_DO_HANGUP)
			first = last;
		if (a.what == SHARE_DO_CONNECT || a.what == SHARE_DO_HANGUP ||
		    a.what == SHARE_DO_WOKE)
			continue;
		FUZZ_CHECK(last - first < ASKED);
		asked[last++ % ASKED] = a;
	}
}

static void
publish(const uint8_t *p, size_t len)
{
	struct live_result res;

	track_relay(track, seed.info_hash, p, len, &res, now);
	if (res.woke)
		share_local(share, seed.info_hash);
}

static void
call(uint8_t what, uint8_t arg, const uint8_t *p, size_t len)
{
	struct share_id id = { now / SP_MS, arg };
	uint8_t drawn[LINK_INFOHASH_LEN];
	const uint8_t *ih = len < LINK_INFOHASH_LEN ? seed.info_hash : p;

	switch (what < 20 ? what % 10 : 10 + what % 3) {
	case 0:
		share_up(share, now / SP_MS, now);
		break;
	case 1:
		share_down(share, now);
		first = last;
		break;
	case 2:
		share_frame(share, seed.info_hash, id, arg, p, len, now);
		break;
	case 3:
		share_batch(share, arg % SHAREOUT_SHARDS, id, p, len, now);
		break;
	case 4:
		share_news(share, id, arg == 0 ? NULL : ih, now);
		break;
	case 5:
		share_channel(share, ih);
		break;
	case 6:
		share_member(share, (const char *)p, len);
		break;
	case 7:
		if (first != last)
			share_done(share, &asked[first++ % ASKED],
			    arg == 255 ? SP_ERR_IO : arg, now);
		break;
	case 8:
		now += arg * 50 * SP_MS;
		break;
	case 9:
		publish(p, len);
		break;
	case 10:
		share_roster(share, seed.info_hash, p, len, now);
		break;
	case 11:
		share_news_roster(share, id, arg == 0 ? NULL : ih);
		break;
	default:
		while (track_wake(track, drawn, now))
			share_drawn(share, drawn);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	size_t n;

	if (len > 0 && p[0] == SHAREWIRE_VERSION) {
		try_batch(p, len);
		return 0;
	}
	start();
	while (len >= 4) {
		n = SP_MIN((size_t)(p[2] << 8 | p[3]), len - 4);
		call(p[0], p[1], p + 4, n);
		pull();
		FUZZ_CHECK(share_is_sound(share));
		p += 4 + n;
		len -= 4 + n;
	}
	end();
	return 0;
}
