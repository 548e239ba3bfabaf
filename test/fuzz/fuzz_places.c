/*
 * The input is frames: each PLACES is taken, or changes nothing. What is held
 * can be dialled, and what was taken is written and read again.
 */

#include "test/fuzz/fuzz.h"
#include "wire/places.h"
#include "wire/trackwire.h"

static struct places held, before;

static void
check_held(void)
{
	const struct place *pl;

	FUZZ_CHECK(held.track < LIM_TRACKS);
	for (unsigned s = 0; s < PLACES_STRIPES; s++) {
		pl = &held.stripes[s];
		FUZZ_CHECK(pl->n <= PLACES_EACH);
		for (unsigned i = 0; i < pl->n; i++)
			FUZZ_CHECK(!addr_is_bogus(&pl->v[i].addr));
	}
}

/* Peers may stand in it twice: then what is written is shorter. */
static void
check_write(uint16_t told, size_t len)
{
	struct places copy = held;
	struct sp_buf b;
	uint16_t again;

	buf_init(&b, &heap_mem, LIM_FEED_FRAME);
	places_put(&b, &held, told);
	FUZZ_CHECK(b.err == 0 && b.len <= len);
	FUZZ_CHECK(places_take(&copy, &again, b.p, b.len) == 0);
	FUZZ_CHECK(again == told && memcmp(&copy, &held, sizeof(held)) == 0);
	buf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct tw_frame f;
	uint16_t told;
	int n;

	memset(&held, 0, sizeof(held));
	for (; (n = tw_frame_read(&f, p, len)) > 0; p += n, len -= (size_t)n) {
		if (f.type != TW_FRAME_PLACES)
			continue;
		before = held;
		if (places_take(&held, &told, f.p, f.len) < 0) {
			FUZZ_CHECK(memcmp(&held, &before, sizeof(held)) == 0);
			continue;
		}
		check_held();
		check_write(told, f.len);
	}
	return 0;
}
