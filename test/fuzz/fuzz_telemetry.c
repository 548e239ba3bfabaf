/*
 * The input is a viewer's telemetry: what is read is in range, and written
 * again gives the same bytes.
 */

#include "test/fuzz/fuzz.h"
#include "wire/telemetry.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct telemetry t;
	struct sp_buf b;

	if (telemetry_read(&t, p, len) < 0)
		return 0;
	FUZZ_CHECK(t.port != 0 && t.span_s >= 1 && t.span_s <= LIM_TELE_SPAN);
	FUZZ_CHECK(t.n <= LIM_LAGS);
	for (size_t i = 1; i < t.n; i++)
		FUZZ_CHECK(telemetry_lag_ms(t.lags[i]) >=
			   telemetry_lag_ms(t.lags[i - 1]));
	buf_init(&b, &heap_mem, TELEMETRY_MAX);
	telemetry_put(&b, &t);
	FUZZ_CHECK(b.err == 0 && b.len == len && memcmp(b.p, p, len) == 0);
	buf_fini(&b);
	return 0;
}
