#ifndef TEST_SIM_TALLY_H
#define TEST_SIM_TALLY_H

/* What a run has come to: one value a metric, sorted samples of some. */

#include "base/quantile.h"
#include "test/sim/scenario.h"
#include "test/sim/series.h"

struct samples {
	int64_t *v;
	size_t n, cap;
};

/*
 * What the optimum depends on: sums over viewers, of their time after settle
 * only.
 */
struct means {
	uint64_t here_ms;     /* time */
	uint64_t apart_ms;    /* of those who cannot have neighbours */
	uint64_t need_bytes;  /* of media, by the others */
	uint64_t apart_bytes; /* by these */
	/* Those others by track: ms. */
	uint64_t track_ms[SCN_TRACKS];
	uint64_t could_bytes; /* what honest uplinks could have sent */
	uint64_t lossy;       /* ms * ppm of packets lost */
	uint64_t delay;       /* us * ms, of access links */
	uint64_t up_max;      /* bytes per second, the best uplink */
};

/* What grows from the beginning on, over all viewers. */
struct sums {
	uint64_t peer_bytes, origin_bytes, dup_bytes, bad_bytes, waste_bytes;
	uint64_t wire_in, feed_in, played_bytes, due_bytes;
	uint64_t have_in, ask_in, record_in; /* of wire_in */
	/* of the origin and the stream */
	uint64_t origin_sent, stream_bytes;
	struct quantile lag; /* us */
};

struct tally {
	int64_t value[METRIC_N]; /* of those without quantiles */
	struct samples sample[METRIC_N];
	struct sums sum;
	struct sums early;                 /* as it was after settle */
	struct quantile lag_later;         /* sum.lag without early.lag */
	uint64_t use_n, use_ppm, use_ppm2; /* of uplinks */
	uint64_t used_bytes, usable_bytes; /* the same, summed up */
	struct means means;
	sp_time polluter; /* the last one joined then; -1: there are none */
	struct series series;
};

struct tally *tally_new(void);
void tally_free(struct tally *t);
void tally_sample(struct tally *t, enum metric m, int64_t v);
/* Ratios and samples are final after it. */
void tally_close(struct tally *t, const struct scenario *scn);
int64_t tally_get(const struct tally *t, enum metric m, uint32_t quantile_ppm);
/* a / b in 1/1,000,000; |none| when b is 0. */
int64_t tally_ppm(uint64_t a, uint64_t b, int64_t none);

/*
 * Says which expectations fail, as NAME:line: text, and how many; |verbose|
 * says of each how it went.
 */
unsigned tally_judge(const struct tally *t, const struct scenario *scn,
    const char *name, FILE *out, bool verbose);

#endif
