#include "test/golden/golden.h"

#include <inttypes.h>

#include "wire/telemetry.h"

int
golden_telemetry(FILE *out, struct sp_buf *again, const uint8_t *p, size_t len)
{
	struct telemetry t;
	int rv;

	if ((rv = telemetry_read(&t, p, len)) < 0)
		return rv;
	golden_hex(out, "peer-id", t.peer_id, sizeof(t.peer_id));
	fprintf(out, "port %u\nspan %u s\n", t.port, t.span_s);
	fprintf(out, "from peers %" PRIu32 " KiB\n", t.peer_kib);
	fprintf(out, "from origin %" PRIu32 " KiB\n", t.origin_kib);
	fprintf(out, "to peers %" PRIu32 " KiB\n", t.up_kib);
	fprintf(out, "uplink %" PRIu32 " kbit/s\n", t.uplink_kbps);
	fprintf(out, "stalls %u, %" PRIu32 " ms\n", t.stalls, t.stalled_ms);
	fprintf(out, "startup %" PRIu32 " ms\n", t.startup_ms);
	for (size_t i = 0; i < t.n; i++)
		fprintf(out, "lag %u: %" PRIu32 " ms\n", t.lags[i],
		    telemetry_lag_ms(t.lags[i]));
	telemetry_put(again, &t);
	return 0;
}
