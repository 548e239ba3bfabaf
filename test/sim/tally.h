#ifndef TEST_SIM_TALLY_H
#define TEST_SIM_TALLY_H

/* What a run has come to: one value a metric, sorted samples of some. */

#include "base/quantile.h"
#include "test/sim/scenario.h"

struct samples {
	int64_t *v;
	size_t n, cap;
};

struct tally {
	int64_t value[METRIC_N]; /* of those without quantiles */
	struct samples sample[METRIC_N];
	struct quantile lag; /* us */
	/* sums over viewers */
	uint64_t peer_bytes, origin_bytes, dup_bytes, bad_bytes, waste_bytes;
	uint64_t wire_in, played_bytes, up_bytes;
	uint64_t use_n, use_ppm, use_ppm2; /* of uplinks */
	/* of the origin and the stream */
	uint64_t origin_sent, stream_bytes;
	/* of these, before the swarm had settled */
	uint64_t early_origin, early_played, early_stream;
};

struct tally *tally_new(void);
void tally_free(struct tally *t);
void tally_sample(struct tally *t, enum metric m, int64_t v);
/* Ratios and samples are final after it. */
void tally_close(struct tally *t, sp_time took);
int64_t tally_get(const struct tally *t, enum metric m, uint32_t quantile_ppm);

/* A table for people, or lines "name quantile value" in base units. */
void tally_print(const struct tally *t, FILE *out, bool tsv);
/*
 * Says which expectations fail, as NAME:line: text, and how many; |verbose|
 * says of each how it went.
 */
unsigned tally_judge(const struct tally *t, const struct scenario *scn,
    const char *name, FILE *out, bool verbose);

#endif
