/*
 * How fast the base layer is: hashing per size, map and heap per call.
 */

#define _POSIX_C_SOURCE 200809L

#include "test/bench/bench.h"

#include "base/hash.h"
#include "base/heap.h"
#include "base/map.h"
#include "base/quantile.h"
#include "base/rng.h"

#define CALLS 200000

static void
hash_size(size_t size)
{
	size_t rounds = 8 * 1024 * 1024 / size;
	int64_t best = INT64_MAX, start;
	uint8_t *in = calloc(1, size), out[HASH_LEN];

	must(in != NULL, "out of memory");
	for (int run = 0; run < BENCH_RUNS; run++) {
		start = now_ns();
		for (size_t i = 0; i < rounds; i++) {
			hash_sha256(out, in, size);
			in[0] = out[0];
		}
		best = SP_MIN(best, now_ns() - start);
	}
	sink = in[0];
	printf("sha256_%zu %" PRId64 " MB/s\n", size,
	    (int64_t)(rounds * size) * 1000 / best);
	free(in);
}

/* Times fn(ctx) as CALLS calls of what it measures. */
static void
per_call(const char *name, void (*fn)(void *), void *ctx)
{
	int64_t best = INT64_MAX, start;

	for (int run = 0; run < BENCH_RUNS; run++) {
		start = now_ns();
		fn(ctx);
		best = SP_MIN(best, now_ns() - start);
	}
	printf("%s %" PRId64 " ns\n", name, best / CALLS);
}

static void
map_fill_and_drain(void *ctx)
{
	struct map *m = ctx;

	for (uint64_t i = 0; i < CALLS / 2; i++)
		must(map_put(m, &i, NULL, NULL) != NULL, "map_put failed");
	for (uint64_t i = 0; i < CALLS / 2; i++)
		must(map_del(m, &i) == 0, "map_del failed");
}

static void
map_look_up(void *ctx)
{
	struct map *m = ctx;
	uint64_t x = 1, k, hits = 0;

	for (int i = 0; i < CALLS; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		k = x >> 47;
		hits += map_get(m, &k) != NULL;
	}
	sink = hits;
}

struct timers {
	struct heap heap;
	struct heap_node node[1000];
	struct sp_rng rng;
};

static void
heap_move(void *ctx)
{
	struct timers *t = ctx;
	struct heap_node *n;

	for (int i = 0; i < CALLS; i++) {
		n = heap_top(&t->heap);
		heap_set(&t->heap, n,
		    n->at + 1 + (sp_time)rng_below(&t->rng, 1000));
	}
	sink = (uint64_t)heap_at(&t->heap);
}

static void
quantile_fill(void *ctx)
{
	struct quantile *q = ctx;

	for (uint64_t i = 0; i < CALLS; i++)
		quantile_add(q, i * i);
	sink = quantile_get(q, 500000, 0);
}

static void
log2_draw(void *ctx)
{
	uint64_t sum = 0;

	for (int i = 0; i < CALLS; i++)
		sum += rng_log2_inv(ctx);
	sink = sum;
}

int
main(void)
{
	static struct timers t;
	static struct quantile q;
	static const size_t sizes[] = { 64, 1024, 16384, 1048576 };
	struct map *m;

	must(hash_setup() == 0, "no crypto");
	for (size_t i = 0; i < SP_LEN(sizes); i++)
		hash_size(sizes[i]);

	must(map_new(&m, &heap_mem, 8, 32, CALLS, 1) == 0, "map_new failed");
	per_call("map_put_del", map_fill_and_drain, m);
	for (uint64_t i = 0; i < 65536; i++)
		must(map_put(m, &i, NULL, NULL) != NULL, "map_put failed");
	per_call("map_get", map_look_up, m);
	map_free(m);

	rng_seed(&t.rng, 1);
	heap_init(&t.heap, &heap_mem);
	for (size_t i = 0; i < SP_LEN(t.node); i++)
		must(heap_set(&t.heap, &t.node[i], (sp_time)i) == 0,
		    "heap_set failed");
	per_call("heap_move_1000", heap_move, &t);
	heap_fini(&t.heap);

	quantile_init(&q, 100000);
	per_call("quantile_add", quantile_fill, &q);
	per_call("rng_log2_inv", log2_draw, &t.rng);
	return 0;
}
