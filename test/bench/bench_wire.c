/*
 * How fast the wire layer is: messages between peers per message, records per
 * record, playlists per line.
 */

#define _POSIX_C_SOURCE 200809L

#include "test/bench/bench.h"

#include "base/hash.h"
#include "wire/m3u8.h"
#include "wire/peerwire.h"
#include "wire/record.h"

#define CALLS 20000

/* Times |calls| calls of fn(b); |per| things are done in each. */
static void
measure(const char *name, void (*fn)(struct sp_buf *), struct sp_buf *b,
    int calls, int per)
{
	int64_t best = INT64_MAX, start;
	int run, i;

	for (run = 0; run < BENCH_RUNS; run++) {
		start = now_ns();
		for (i = 0; i < calls; i++)
			fn(b);
		best = SP_MIN(best, now_ns() - start);
	}
	printf("%s %" PRId64 " ns\n", name, best / calls / per);
}

/* Reads all messages, and their groups, that stand in |b|. */
static void
read_messages(struct sp_buf *b)
{
	struct sp_rd rd = buf_rd(b->p, b->len);
	struct pw_have_group g;
	struct pw_msg m;

	while (pw_read(&rd, &m) == 1) {
		sink += m.type;
		while (m.type == PW_HAVE && pw_have_next(&m, &g))
			sink += g.number;
	}
}

#define REQUESTS 100

static void
write_requests(struct sp_buf *b)
{
	struct pw_block_ref ref = { .number = 1000, .index = 7, .track = 1 };
	int i;

	buf_reset(b);
	for (i = 0; i < REQUESTS; i++)
		pw_put_request(b, ref, 900);
}

/* A have of a whole window: 30 pieces, 20 blocks of the newest. */
static void
write_have(struct sp_buf *b)
{
	static const uint8_t bits[8] = { 0xff, 0xf0, 0x0f, 1, 2, 3, 4, 5 };
	struct pw_have_group g = { .kind = PW_HAVE_ALL };
	struct pw_open o;

	buf_reset(b);
	pw_have_begin(&o, b, 1, 1000);
	for (g.number = 1000; g.number < 1029; g.number++)
		pw_have_add(&o, b, &g);
	g.kind = PW_HAVE_BLOCKS;
	g.n_bytes = sizeof(bits);
	g.bits = bits;
	pw_have_add(&o, b, &g);
	pw_end(&o, b);
}

static void
bench_peerwire(void)
{
	static uint8_t block[LIM_BLOCK];
	struct pw_block_ref ref = { .number = 1000, .index = 7, .track = 1 };
	struct sp_buf b;

	buf_init(&b, &heap_mem, LIM_FRAME);
	measure("pw_put_request", write_requests, &b, CALLS, REQUESTS);
	measure("pw_read_request", read_messages, &b, CALLS, REQUESTS);
	measure("pw_put_have_30", write_have, &b, CALLS, 1);
	measure("pw_read_have_30", read_messages, &b, CALLS, 1);
	buf_reset(&b);
	pw_put_block_head(&b, ref, sizeof(block));
	buf_put(&b, block, sizeof(block));
	measure("pw_read_block", read_messages, &b, CALLS, 1);
	must(b.err == 0, "writing failed");
	buf_fini(&b);
}

static void
open_record(struct sp_buf *b)
{
	struct record_env env;

	must(record_open(&env, b->p, b->len) == 0, "record_open failed");
	sink = env.rec.number;
}

static uint8_t pk[HASH_PK_LEN];

static void
verify_record(struct sp_buf *b)
{
	struct record_env env;

	must(record_open(&env, b->p, b->len) == 0 &&
		 record_verify(&env, pk) == 0,
	    "record_verify failed");
}

/* A piece of 1 MB: 64 leaves. */
static void
bench_record(void)
{
	static const uint8_t seed[HASH_SEED_LEN] = { 1 };
	static uint8_t leaves[64 * HASH_LEN];
	struct record r = { .number = 1000,
		.init = RECORD_NO_INIT,
		.avail_ms = 1795300968123,
		.epoch = 1,
		.duration_us = 2000000,
		.length = 64 * HASH_BLOCK,
		.track = 1,
		.uri = "v1/seg000001000.ts",
		.uri_len = 18 };
	uint8_t sk[HASH_SK_LEN];
	struct sp_buf b;

	hash_keypair(pk, sk, seed);
	hash_tree_root(r.root, leaves, 64);
	buf_init(&b, &heap_mem, LIM_ENVELOPE);
	must(record_seal(&b, &r, leaves, 64, sk) == 0, "record_seal failed");
	measure("record_open_64", open_record, &b, CALLS / 10, 1);
	measure("record_verify_64", verify_record, &b, CALLS / 100, 1);
	buf_fini(&b);
}

static void
parse_playlist(struct sp_buf *b)
{
	struct m3u8 m;

	must(m3u8_parse(&m, &heap_mem, (char *)b->p, b->len, NULL) == 0,
	    "m3u8_parse failed");
	sink = m.media.n_segments;
	m3u8_fini(&m);
}

static void
resolve_uri(struct sp_buf *b)
{
	static const struct m3u8_span base = {
		"https://cdn.example/live/c1/v1/index.m3u8", 41
	};
	static const struct m3u8_span ref = { "../v1/seg000001000.ts?t=1", 25 };

	buf_reset(b);
	must(m3u8_resolve(b, base, ref) == 0, "m3u8_resolve failed");
}

/* |n| segments of three lines each. */
static void
bench_playlist(const char *name, int n)
{
	struct sp_buf b;
	int i;

	buf_init(&b, &heap_mem, LIM_PLAYLIST);
	buf_put_str(&b, "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n"
			"#EXT-X-MEDIA-SEQUENCE:1000\n");
	for (i = 0; i < n; i++)
		buf_put_str(&b,
		    "#EXT-X-PROGRAM-DATE-TIME:2026-11-21T22:42:48.123+0000\n"
		    "#EXTINF:2.002,\nseg000001000.ts\n");
	must(b.err == 0, "writing failed");
	measure(name, parse_playlist, &b, SP_MAX(CALLS / n, 10), 4 + 3 * n);
	buf_fini(&b);
}

int
main(void)
{
	struct sp_buf b;

	must(hash_setup() == 0, "no crypto");
	bench_peerwire();
	bench_record();
	bench_playlist("m3u8_line_live", 6);
	bench_playlist("m3u8_line_vod", 10000);
	buf_init(&b, &heap_mem, LIM_URI);
	measure("m3u8_resolve", resolve_uri, &b, CALLS, 1);
	buf_fini(&b);
	return 0;
}
