/* parse, write, parse is a fixed point. */

#include "test/fuzz/fuzz.h"
#include "wire/link.h"
#include "wire/uri.h"

static void
check_urls(const char (*v)[LIM_URI + 1], size_t n)
{
	for (size_t i = 0; i < n; i++)
		FUZZ_CHECK(uri_is_http(v[i], strlen(v[i])));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static struct link l, again;
	struct link_error e;
	struct sp_buf b;
	int r = link_parse(&l, (const char *)p, len, &e);

	if (r < 0) {
		FUZZ_CHECK(e.what != NULL && e.at <= len);
		return 0;
	}
	FUZZ_CHECK(e.what == NULL);
	FUZZ_CHECK(l.n_trackers <= LIM_TRACKERS && l.n_origins <= LIM_ORIGINS);
	FUZZ_CHECK(uri_is_text(l.name, strlen(l.name)));
	check_urls(l.trackers, l.n_trackers);
	check_urls(l.origins, l.n_origins);
	buf_init(&b, &heap_mem, 4 * LIM_LINK);
	link_write(&b, &l);
	FUZZ_CHECK(b.err == 0);
	/* Escaping may make it longer than what is accepted. */
	if (b.len <= LIM_LINK) {
		r = link_parse(&again, (const char *)b.p, b.len, NULL);
		FUZZ_CHECK(r == 0 && memcmp(&l, &again, sizeof(l)) == 0);
	}
	buf_fini(&b);
	return 0;
}
