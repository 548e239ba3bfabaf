#include "test/sim/optimum.h"

#include "base/rng.h"
#include "wire/limits.h"

#define PPM      1000000
#define HEADERS  52 /* of a packet, and an acknowledgement */
#define PACKET   1500
#define LAW_MORE (250 * SP_MS)
/* Mean distance of two points in a square of side 1. */
#define APART_PPM 521405

struct view {
	uint64_t span_ms, with_ms; /* with: of those who can have neighbours */
	uint64_t once_bytes;       /* each track that these watch */
	int64_t rho;               /* ppm */
	int64_t viewers;           /* ppm */
};

static void
look(struct view *v, const struct tally *t, const struct scenario *scn)
{
	const struct means *m = &t->means;
	uint64_t up;
	int64_t lost;

	v->span_ms = (uint64_t)((scn->run - scn->settle) / SP_MS);
	v->with_ms = m->here_ms - m->apart_ms;
	v->once_bytes = 0;
	for (size_t i = 0; i < SCN_TRACKS; i++)
		if (m->track_ms[i] > 0)
			v->once_bytes +=
			    (uint64_t)scn->tracks[i].rate * v->span_ms / 1000;
	v->viewers = tally_ppm(v->with_ms, v->span_ms, 0);
	up = m->could_bytes + (uint64_t)scn->seeder.up * v->span_ms / 1000;
	/* Both ends of a path lose. */
	lost = 2 * (m->here_ms > 0 ? (int64_t)(m->lossy / m->here_ms) : 0);
	v->rho = tally_ppm(up, m->need_bytes, 0);
	v->rho = SP_MIN(v->rho, 1000 * (int64_t)PPM);
	v->rho = v->rho * (PACKET - HEADERS) / PACKET;
	if (scn->net.acks > 0) /* of each packet that is needed */
		v->rho = v->rho * PACKET * scn->net.acks /
			 (PACKET * scn->net.acks + HEADERS);
	v->rho = v->rho * (PPM - SP_MIN(lost, PPM)) / PPM;
}

/* The share that has to come from the origin, of those with neighbours. */
static int64_t
outside(const struct view *v, const struct means *m, const struct scenario *scn)
{
	uint64_t seeded = (uint64_t)scn->seeder.up * v->span_ms / 1000;
	uint64_t once = v->once_bytes - SP_MIN(v->once_bytes, seeded);

	return SP_CLAMP(
	    SP_MAX(tally_ppm(once, m->need_bytes, PPM), PPM - v->rho), 0, PPM);
}

/* log2(|viewers| / |copies|), both in ppm, times |each|. */
static sp_time
doublings(int64_t viewers, int64_t copies, sp_time each)
{
	int64_t part = viewers > 0 ? copies * PPM / viewers : PPM;

	if (part >= PPM)
		return 0;
	/* part / PPM of 2^64 */
	return (sp_time)rng_log2_inv_of(
		   UINT64_MAX / PPM * (uint64_t)SP_MAX(part, 1)) *
	       each / 65536;
}

static sp_time
block_time(uint64_t bps)
{
	return bps > 0 ? (sp_time)((uint64_t)LIM_BLOCK * SP_S / bps) : 0;
}

static void
lags(struct tally *t, const struct scenario *scn, const struct view *v)
{
	const struct means *m = &t->means;
	int64_t *val = t->value;
	int64_t p99 = tally_get(t, METRIC_LAG_LATER, 990000);
	uint64_t here = SP_MAX(m->here_ms, 1), mean;
	sp_time spread, path;

	spread = scn->stream.segment / 1000 * PPM / SP_MAX(v->rho, PPM) * 1000;
	mean = v->with_ms > 0 ? m->could_bytes / v->with_ms * 1000 : 0;
	path = (sp_time)(2 * (m->delay / here)) * SP_US +
	       scn->net.plane / 1000 * APART_PPM / 1000;
	val[METRIC_LAG_MIN] =
	    SP_MAX(spread, doublings(v->viewers, val[METRIC_COPIES_LATER],
			       block_time(m->up_max))) +
	    path;
	val[METRIC_LAG_LAW] =
	    spread + doublings(v->viewers, PPM, block_time(mean)) + LAW_MORE;
	val[METRIC_LAG_RATIO] =
	    tally_ppm((uint64_t)p99, (uint64_t)val[METRIC_LAG_MIN], 0);
	val[METRIC_LAG_OF_LAW] =
	    tally_ppm((uint64_t)p99, (uint64_t)val[METRIC_LAG_LAW], 0);
}

void
optimum_fill(struct tally *t, const struct scenario *scn)
{
	int64_t *val = t->value, later = val[METRIC_OFFLOAD_LATER], best;
	const struct means *m = &t->means;
	struct view v;

	look(&v, t, scn);
	best = tally_ppm(m->need_bytes, m->need_bytes + m->apart_bytes, 0) *
	       (PPM - outside(&v, m, scn)) / PPM;
	val[METRIC_RHO] = v.rho;
	val[METRIC_OPTIMUM] = best;
	val[METRIC_OF_OPTIMUM] =
	    tally_ppm((uint64_t)SP_MAX(later, 0), (uint64_t)best, PPM);
	val[METRIC_EXCESS] = tally_ppm((uint64_t)SP_MAX(PPM - later, 0),
	    (uint64_t)(PPM - best), 0);
	lags(t, scn, &v);
}
