/*
 * The tracker's memory of peers: announces per second, and bytes a peer as the
 * process grows, for ordinary swarms that are full, for many small ones, and
 * for viewers of live channels. Under valgrind, bench_registry N runs N
 * announces of the first kind and nothing else, and bench_registry live N of
 * the last.
 */

#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include "test/bench/bench.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "tracker/plain.h"
#include "tracker/registry.h"

#define RUN_S 2
#define BATCH 64

static struct sp_rng rng;

/* Without what files are behind: code is read as it is needed. */
static uint64_t
rss_bytes(void)
{
	unsigned long size = 0, rss = 0, files = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	must(f != NULL && fscanf(f, "%lu %lu %lu", &size, &rss, &files) == 3,
	    "statm");
	fclose(f);
	return (uint64_t)(rss - files) * (uint64_t)sysconf(_SC_PAGESIZE);
}

struct load {
	const char *name;
	uint32_t swarms, each; /* peers of a swarm, at least; 16 more at most */
	uint32_t spread;
};

static void
info_hash(uint8_t *out, uint32_t swarm)
{
	struct sp_rng r;
	uint64_t v;

	rng_seed(&r, swarm);
	for (size_t i = 0; i < LINK_INFOHASH_LEN; i += 4) {
		v = rng_u64(&r);
		memcpy(out + i, &v, 4);
	}
}

static struct sp_addr
peer_addr(uint32_t swarm, uint32_t peer)
{
	uint32_t v = swarm * 2654435761u + peer * 40503u;
	uint8_t ip[4] = { (uint8_t)(11 + (v >> 24) % 88), (uint8_t)(v >> 16),
		(uint8_t)(v >> 8), (uint8_t)peer };

	return addr_make(4, ip, (uint16_t)(1024 + peer * 7 + swarm % 1000));
}

static uint32_t
peers_of(const struct load *l, uint32_t swarm)
{
	return l->each + (l->spread ? swarm % (l->spread + 1) : 0);
}

static void
announce(struct plain *p, const uint8_t *ih, uint32_t swarm, uint32_t peer,
    sp_time now)
{
	struct plain_ask ask = { .info_hash = ih,
		.addr = peer_addr(swarm, peer),
		.seeds = peer % 2 == 0,
		.numwant = 50 };
	struct plain_answer ans;
	uint8_t out[1200];

	must(plain_announce(p, &ask, out, sizeof(out), &ans, now) == 0 &&
		 ans.store == 0,
	    "announce");
	sink += ans.n_peers + out[5];
}

static uint64_t
fill(struct plain *p, const struct load *l, uint8_t (*ih)[LINK_INFOHASH_LEN])
{
	uint64_t n = 0;

	for (uint32_t k = 0; k < l->each + l->spread; k++) {
		for (uint32_t i = 0; i < l->swarms; i++) {
			if (k >= peers_of(l, i))
				continue;
			announce(p, ih[i], i, k, 0);
			n++;
		}
	}
	return n;
}

/* Random announces of peers that are known; |calls| 0: for RUN_S. */
static void
again(struct plain *p, const struct load *l, uint8_t (*ih)[LINK_INFOHASH_LEN],
    uint64_t calls, bool warm)
{
	int64_t start = now_ns(), end = start;
	struct plain_hint hint[BATCH];
	uint32_t swarm[BATCH];
	uint64_t n = 0;

	while (calls != 0 ? n < calls : end - start < RUN_S * SP_S) {
		for (uint32_t i = 0; i < BATCH; i++)
			swarm[i] = (uint32_t)rng_below(&rng, l->swarms);
		for (int step = 0; warm && step < PLAIN_WARM_STEPS; step++)
			for (uint32_t i = 0; i < BATCH; i++)
				plain_warm(p, &hint[i], ih[swarm[i]], step);
		for (uint32_t i = 0; i < BATCH; i++)
			announce(p, ih[swarm[i]], swarm[i],
			    (uint32_t)rng_below(&rng, l->each), SP_S);
		n += BATCH;
		end = now_ns();
	}
	printf("%s announces%s %" PRIu64 " /s\n", l->name,
	    warm ? " warmed" : "",
	    (uint64_t)((double)n * 1e9 / (double)(end - start)));
}

static void
run(const struct load *l, uint64_t calls)
{
	uint8_t(*ih)[LINK_INFOHASH_LEN] = malloc(l->swarms * sizeof(*ih));
	struct plain_stats st;
	struct plain_conf c;
	struct plain *p;
	uint64_t before, n, rss;
	int64_t t;

	must(ih != NULL, "memory");
	for (uint32_t i = 0; i < l->swarms; i++)
		info_hash(ih[i], i);
	plain_conf_init(&c);
	c.max_peers = c.max_swarms = 1u << 24;
	before = rss_bytes();
	must(plain_new(&p, &c, &heap_mem, 1, 0) == 0, "plain_new");
	t = now_ns();
	n = fill(p, l, ih);
	t = now_ns() - t;
	rss = rss_bytes() - before;
	plain_stats(p, &st);
	printf("%s fill %" PRIu64 " /s\n", l->name,
	    (uint64_t)((double)n * 1e9 / (double)t));
	printf("%s memory %.2f bytes/peer, counted %.2f\n", l->name,
	    (double)rss / (double)n, (double)st.bytes / (double)n);
	again(p, l, ih, calls, false);
	if (calls == 0)
		again(p, l, ih, calls, true);
	plain_free(p);
	free(ih);
}

struct audience {
	const char *name;
	uint32_t channels, viewers; /* of each */
};

/* Ids as those of our viewers are (link_peerid). */
static void
watch(struct registry *r, uint32_t chan, uint32_t viewer, size_t want,
    sp_time now)
{
	struct tw_announce a = { .left = 1,
		.live = true,
		.up_kbps = 5000,
		.numwant = 50,
		.peer_id = "-SP0100-............" };
	struct tw_peer peers[LIM_NUMWANT];
	struct sp_addr from = peer_addr(chan, viewer % 9000);
	struct registry_answer ans;

	from.ip[2] = (uint8_t)viewer;
	from.ip[3] = (uint8_t)(viewer >> 8);
	from.port = (uint16_t)(1024 + viewer);
	memset(a.info_hash, (int)chan, sizeof(a.info_hash));
	memcpy(a.peer_id + 8, &viewer, sizeof(viewer));
	a.port = from.port;
	must(registry_announce(r, &a, &from, true, peers, want, &ans, now) ==
		     0 &&
		 ans.store == 0,
	    "watch");
	sink += ans.n_peers;
}

static struct registry *
audience_new(const struct audience *v)
{
	struct registry_conf c;
	struct registry *r;

	registry_conf_init(&c);
	must(registry_new(&r, &c, &heap_mem, 1, 0) == 0, "registry_new");
	for (uint32_t i = 0; i < v->viewers; i++) {
		for (uint32_t k = 0; k < v->channels; k++)
			watch(r, k, i, 0, 0);
	}
	return r;
}

static void
run_live(const struct audience *v, uint64_t calls)
{
	static const struct audience few = { "few", 1, 10 };
	struct registry *r = audience_new(&few);
	uint64_t before, rss, n;
	int64_t t;

	/* What runs is in memory now. */
	registry_free(r);
	before = rss_bytes();
	r = audience_new(v);
	rss = rss_bytes() - before;
	printf("%s memory %.2f bytes/viewer\n", v->name,
	    (double)rss / v->channels / v->viewers);
	t = now_ns();
	for (n = 0; calls != 0 ? n < calls : now_ns() - t < RUN_S * SP_S; n++)
		watch(r, (uint32_t)rng_below(&rng, v->channels),
		    (uint32_t)rng_below(&rng, v->viewers), LIM_NUMWANT, SP_S);
	printf("%s announces %" PRIu64 " /s\n", v->name,
	    (uint64_t)((double)n * 1e9 / (double)(now_ns() - t)));
	registry_free(r);
}

/* In a process of its own: none has memory that another gave back. */
static void
measure_live(const struct audience *v)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0) {
		run_live(v, 0);
		fflush(stdout);
		_exit(0);
	}
	must(waitpid(pid, &status, 0) == pid && status == 0, "child");
}

int
main(int argc, char **argv)
{
	static const struct load dense = { "dense", 10000, 96, 16 };
	static const struct load sparse = { "sparse", 1000000, 2, 0 };
	static const struct audience medium = { "live10k", 4, 10000 };
	static const struct audience large = { "live", 4, 50000 };
	bool live = argc > 1 && strcmp(argv[1], "live") == 0;
	const char *n = argv[argc - 1];
	uint64_t calls = argc > 1 + live ? strtoull(n, NULL, 10) : 0;

	rng_seed(&rng, 7);
	if (calls == 0) {
		measure_live(&medium);
		measure_live(&large);
	} else if (live) {
		run_live(&medium, calls);
	}
	if (live)
		return 0;
	run(&dense, calls);
	if (calls == 0)
		run(&sparse, 0);
	return 0;
}
