#include "wire/telemetry.h"

#define FORMAT 1

void
telemetry_put(struct sp_buf *b, const struct telemetry *t)
{
	buf_put_u8(b, FORMAT);
	buf_put(b, t->peer_id, LINK_PEERID_LEN);
	buf_put_u16(b, t->port);
	buf_put_u16(b, t->span_s);
	buf_put_u32(b, t->peer_kib);
	buf_put_u32(b, t->origin_kib);
	buf_put_u32(b, t->up_kib);
	buf_put_u32(b, t->uplink_kbps);
	buf_put_u16(b, t->stalls);
	buf_put_u32(b, t->stalled_ms);
	buf_put_u32(b, t->startup_ms);
	buf_put_u8(b, t->n);
	buf_put(b, t->lags, t->n);
}

int
telemetry_read(struct telemetry *out, const uint8_t *p, size_t len)
{
	struct sp_rd rd = buf_rd(p, len);
	uint8_t version = buf_get_u8(&rd);

	memset(out, 0, sizeof(*out));
	buf_get_copy(&rd, out->peer_id, LINK_PEERID_LEN);
	out->port = buf_get_u16(&rd);
	out->span_s = buf_get_u16(&rd);
	out->peer_kib = buf_get_u32(&rd);
	out->origin_kib = buf_get_u32(&rd);
	out->up_kib = buf_get_u32(&rd);
	out->uplink_kbps = buf_get_u32(&rd);
	out->stalls = buf_get_u16(&rd);
	out->stalled_ms = buf_get_u32(&rd);
	out->startup_ms = buf_get_u32(&rd);
	out->n = buf_get_u8(&rd);
	if (rd.bad)
		return SP_ERR_SHORT;
	if (version != FORMAT)
		return SP_ERR_SYNTAX;
	if (out->port == 0 || out->span_s < 1 || out->span_s > LIM_TELE_SPAN ||
	    out->n > LIM_LAGS)
		return SP_ERR_RANGE;
	buf_get_copy(&rd, out->lags, out->n);
	if (rd.bad)
		return SP_ERR_SHORT;
	for (size_t i = 1; i < out->n; i++)
		if (out->lags[i] < out->lags[i - 1])
			return SP_ERR_CANON;
	return buf_get_left(&rd) > 0 ? SP_ERR_SYNTAX : 0;
}

/* ---- lags ---------------------------------------------------------------- */

uint8_t
telemetry_lag_code(uint32_t ms)
{
	unsigned shift = 0;

	while (ms >> shift >= 16)
		shift++;
	/* 8 to 15 of each octave from the second on */
	return (uint8_t)(8 * shift + (ms >> shift));
}

uint32_t
telemetry_lag_ms(uint8_t code)
{
	unsigned shift = code < 16 ? 0 : (unsigned)code / 8 - 1;
	uint64_t ms = (uint64_t)(code - 8 * shift) << shift;

	ms += (UINT64_C(1) << shift) / 2;
	return (uint32_t)SP_MIN(ms, UINT32_MAX);
}

void
telemetry_lags(struct telemetry *t, const struct quantile *q,
    const struct quantile *before)
{
	struct quantile news = *q;
	uint64_t us;
	uint32_t n;

	for (size_t i = 0; q->total >= before->total && i < QUANTILE_BUCKETS;
	     i++) {
		n = SP_MIN(news.count[i], before->count[i]);
		news.count[i] -= n;
		news.total -= n;
	}
	t->n = (uint8_t)SP_MIN(news.total, (uint32_t)LIM_LAGS);
	for (uint32_t i = 0; i < t->n; i++) {
		us = quantile_get(&news, (2 * i + 1) * 500000 / t->n, 0);
		t->lags[i] = telemetry_lag_code(
		    (uint32_t)SP_MIN(us / 1000, (uint64_t)UINT32_MAX));
	}
}
