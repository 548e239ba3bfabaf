/*
 * The input is a batch of peers as another tracker may have written it: what
 * is taken can be dialled, and is written and read again.
 */

#include "test/fuzz/fuzz.h"
#include "wire/sharewire.h"

static struct sharewire_in in, again;
static struct sharewire_peer peer, other;
static struct sharewire_out out;

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	int n = sharewire_open(&in, p, len), r;
	bool whole = true;

	if (n < 0)
		return 0;
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
	return 0;
}
