/*
 * The input is frames: each ROSTER is taken, and what is held stays in order;
 * a change that was taken is written again to the same bytes but for members
 * that it names without need. Ranks are indexes, none twice, and the cheap
 * rank is the true one.
 */

#include "test/fuzz/fuzz.h"
#include "wire/roster.h"
#include "wire/trackwire.h"

static struct roster held, before, copy;

static void
check_held(void)
{
	const struct roster_entry *e = held.entries;

	FUZZ_CHECK(held.n <= LIM_ROSTER);
	for (size_t i = 0; i < held.n; i++) {
		FUZZ_CHECK(e[i].weight > 0);
		FUZZ_CHECK(e[i].addr.family == 0 || !addr_is_bogus(&e[i].addr));
		FUZZ_CHECK(i == 0 || memcmp(e[i - 1].peer_id, e[i].peer_id,
					 LINK_PEERID_LEN) < 0);
		FUZZ_CHECK(roster_find(&held, e[i].peer_id) == (int)i);
	}
}

static void
check_ranks(uint32_t stripe)
{
	uint8_t rank[LIM_ROSTER];
	bool seen[LIM_ROSTER] = { false };
	size_t n = roster_rank(&held, 0, stripe, rank, LIM_ROSTER);

	FUZZ_CHECK(n == held.n);
	for (size_t i = 0; i < n; i++) {
		FUZZ_CHECK(rank[i] < n && !seen[rank[i]]);
		seen[rank[i]] = true;
		FUZZ_CHECK(roster_rank_of(&held, rank[i], 0, stripe, n) == i);
	}
}

/* What is written of the step leads to the same roster. */
static void
check_write(void)
{
	struct sp_buf b;

	buf_init(&b, &heap_mem, LIM_FEED_FRAME);
	roster_put_full(&b, &held);
	copy = before;
	FUZZ_CHECK(b.err == 0 && roster_take(&copy, b.p, b.len) == 0);
	FUZZ_CHECK(copy.n == held.n && copy.version == held.version);
	buf_reset(&b);
	if (before.version > 0 && before.version < held.version) {
		roster_put_delta(&b, &before, &held);
		copy = before;
		FUZZ_CHECK(b.err == 0 && roster_take(&copy, b.p, b.len) == 0);
	}
	FUZZ_CHECK(copy.n == held.n && copy.epoch == held.epoch);
	FUZZ_CHECK(memcmp(copy.entries, held.entries,
		       held.n * sizeof(held.entries[0])) == 0);
	buf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct tw_frame f;
	int n;

	memset(&held, 0, sizeof(held));
	for (; (n = tw_frame_read(&f, p, len)) > 0; p += n, len -= (size_t)n) {
		if (f.type != TW_FRAME_ROSTER)
			continue;
		before = held;
		if (roster_take(&held, f.p, f.len) < 0) {
			FUZZ_CHECK(memcmp(&held, &before, sizeof(held)) == 0);
			continue;
		}
		check_held();
		check_write();
	}
	check_ranks((uint32_t)held.version);
	return 0;
}
