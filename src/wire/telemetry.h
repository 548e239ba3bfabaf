#ifndef SRC_WIRE_TELEMETRY_H
#define SRC_WIRE_TELEMETRY_H

/*
 * How a viewer fares: what it tells a tracker of its last half minute
 * (POST /live/<info-hash>/telemetry), unless it was told not to. It is not
 * signed: a tracker counts it for who has announced itself from the address
 * that it comes from, and makes sums and medians of it, nothing else.
 *
 *	u8 version = 1, peer-id, u16 port as in its announces,
 *	u16 seconds that it covers,
 *	u32 KiB from peers, u32 KiB from the origin, u32 KiB to peers,
 *	u32 uplink in kbit/s (0: not known),
 *	u16 stalls, u32 ms stalled,
 *	u32 ms from joining to the first piece (0: not yet, or told before),
 *	u8 number of lags, lags
 *
 * A lag is the time from a piece's availability to its completion, one byte of
 * telemetry_lag_code. They are the quantiles (2 i + 1) / (2 n) of all pieces
 * that came in these seconds, growing; of n pieces up to LIM_LAGS all.
 */

#include "base/buf.h"
#include "base/quantile.h"
#include "wire/limits.h"
#include "wire/link.h"

#define TELEMETRY_HEAD (1 + LINK_PEERID_LEN + 2 + 2 + 4 * 4 + 2 + 4 + 4 + 1)
#define TELEMETRY_MAX  (TELEMETRY_HEAD + LIM_LAGS)

struct telemetry {
	uint8_t peer_id[LINK_PEERID_LEN];
	uint16_t port;   /* not 0 */
	uint16_t span_s; /* [1, LIM_TELE_SPAN] */
	uint32_t peer_kib, origin_kib, up_kib;
	uint32_t uplink_kbps;
	uint16_t stalls;
	uint32_t stalled_ms;
	uint32_t startup_ms;
	uint8_t n; /* [0, LIM_LAGS] */
	uint8_t lags[LIM_LAGS];
};

void telemetry_put(struct sp_buf *b, const struct telemetry *t);
/*
 * SP_ERR_SHORT, SP_ERR_SYNTAX (version, bytes left over), SP_ERR_RANGE
 * (numbers), SP_ERR_CANON (lags do not grow).
 */
int telemetry_read(struct telemetry *out, const uint8_t *p, size_t len);

/* |ms| below 16 exactly, above with 3 bits behind the first: [0, 239]. */
uint8_t telemetry_lag_code(uint32_t ms);
/* The middle of what has that code. */
uint32_t telemetry_lag_ms(uint8_t code);
/*
 * t->lags of what |q|, in microseconds, has got since it was |before| (all of
 * it when |q| has begun to forget since).
 */
void telemetry_lags(struct telemetry *t, const struct quantile *q,
    const struct quantile *before);

#endif
