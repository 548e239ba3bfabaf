/*
 * The input is what another tracker says of ordinary swarms. Whatever is taken
 * is sound, and goes to a third one as it is.
 */

#include "test/fuzz/fuzz.h"
#include "tracker/plain.h"

static struct plain *
make(uint64_t seed)
{
	struct plain_conf conf;
	struct plain *p;

	plain_conf_init(&conf);
	conf.max_peers = 200;
	conf.max_swarms = 20;
	conf.max_swarm_peers = 50;
	FUZZ_CHECK(plain_new(&p, &conf, &heap_mem, seed, 0) == 0);
	return p;
}

int
LLVMFuzzerTestOneInput(const uint8_t *v, size_t len)
{
	struct plain *a = make(1), *b = make(2);
	struct plain_stats had, has;
	struct sp_buf text;
	int64_t n;

	n = plain_load(a, v, len, 0);
	plain_stats(a, &had);
	FUZZ_CHECK(plain_is_sound(a));
	FUZZ_CHECK(n < 0 || (uint64_t)n >= had.peers);
	buf_init(&text, &heap_mem, 1 << 20);
	FUZZ_CHECK(plain_save(a, &text) == 0);
	n = plain_load(b, text.p, text.len, 0);
	plain_stats(b, &has);
	FUZZ_CHECK(plain_is_sound(b));
	FUZZ_CHECK(n == (int64_t)had.peers && has.peers == had.peers &&
		   has.swarms == had.swarms && has.seeders == had.seeders);
	buf_fini(&text);
	plain_free(a);
	plain_free(b);
	return 0;
}
