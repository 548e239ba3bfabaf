#include "test/sim/tally.h"

#include "base/tstamp.h"
#include "test/sim/optimum.h"
#include "test/sim/simmem.h"
#include "wire/limits.h"

#define PPM 1000000

struct tally *
tally_new(void)
{
	struct tally *t = sim_zalloc(1, sizeof(*t));

	quantile_init(&t->sum.lag, 0);
	quantile_init(&t->early.lag, 0);
	quantile_init(&t->lag_later, 0);
	t->polluter = -1;
	return t;
}

void
tally_free(struct tally *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < METRIC_N; i++)
		mem_free(&sim_mem, t->sample[i].v);
	series_fini(&t->series);
	mem_free(&sim_mem, t);
}

void
tally_sample(struct tally *t, enum metric m, int64_t v)
{
	struct samples *s = &t->sample[m];

	if (s->n == s->cap) {
		s->cap = SP_MAX(2 * s->cap, 64);
		s->v = sim_resize(s->v, s->cap, sizeof(*s->v));
	}
	s->v[s->n++] = v;
}

static int
cmp(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int64_t
tally_ppm(uint64_t a, uint64_t b, int64_t none)
{
	if (b == 0)
		return none;
	if (a > UINT64_MAX / PPM)
		return (int64_t)(a / (b / PPM > 0 ? b / PPM : 1));
	return (int64_t)(a * PPM / b);
}

static void
close_offload(struct tally *t)
{
	const struct sums *s = &t->sum, *e = &t->early;
	int64_t *v = t->value;

	v[METRIC_OFFLOAD] = PPM - tally_ppm(s->origin_sent, s->played_bytes, 0);
	v[METRIC_COPIES] = tally_ppm(s->origin_sent, s->stream_bytes, 0);
	v[METRIC_OFFLOAD_LATER] =
	    PPM - tally_ppm(s->origin_sent - e->origin_sent,
		      s->played_bytes - e->played_bytes, 0);
	v[METRIC_COPIES_LATER] = tally_ppm(s->origin_sent - e->origin_sent,
	    s->stream_bytes - e->stream_bytes, 0);
}

static uint64_t
block_bytes(const struct sums *s)
{
	return s->peer_bytes + s->dup_bytes + s->bad_bytes + s->origin_bytes;
}

static uint64_t
control_bytes(const struct sums *s)
{
	uint64_t blocks = s->peer_bytes + s->dup_bytes + s->bad_bytes;

	return SP_MAX(s->wire_in, blocks) - blocks + s->feed_in;
}

static void
close_bytes(struct tally *t)
{
	const struct sums *s = &t->sum, *e = &t->early;
	uint64_t blocks = block_bytes(s), due = s->due_bytes;
	int64_t *v = t->value;

	v[METRIC_BLOCKS] = (int64_t)(blocks / LIM_BLOCK);
	v[METRIC_DUPLICATES] = tally_ppm(s->dup_bytes, blocks, 0);
	v[METRIC_DUPLICATES_LATER] =
	    tally_ppm(s->dup_bytes - e->dup_bytes, blocks - block_bytes(e), 0);
	v[METRIC_BAD] = tally_ppm(s->bad_bytes, blocks, 0);
	v[METRIC_POLLUTED] = (int64_t)s->bad_bytes;
	v[METRIC_CONTROL] = tally_ppm(control_bytes(s), due, 0);
	v[METRIC_CONTROL_LATER] = tally_ppm(
	    control_bytes(s) - SP_MIN(control_bytes(e), control_bytes(s)),
	    due - e->due_bytes, 0);
	v[METRIC_CONTROL_HAVE] = tally_ppm(s->have_in, due, 0);
	v[METRIC_CONTROL_ASK] = tally_ppm(s->ask_in, due, 0);
	v[METRIC_CONTROL_RECORD] = tally_ppm(s->record_in, due, 0);
	v[METRIC_CONTROL_FEED] = tally_ppm(s->feed_in, due, 0);
	v[METRIC_WASTE] = tally_ppm(s->waste_bytes, s->origin_sent, 0);
}

/* Neither is ever halved: the counts are those of samples. */
static void
close_lag(struct tally *t)
{
	struct quantile *q = &t->lag_later;

	*q = t->sum.lag;
	for (size_t i = 0; i < QUANTILE_BUCKETS; i++)
		q->count[i] -= t->early.lag.count[i];
	q->total -= t->early.lag.total;
}

void
tally_close(struct tally *t, const struct scenario *scn)
{
	int64_t *v = t->value;
	uint64_t due = (uint64_t)v[METRIC_DUE];
	uint64_t took_ms = (uint64_t)(scn->run / SP_MS);

	close_offload(t);
	close_bytes(t);
	close_lag(t);
	v[METRIC_MISSED] = tally_ppm((uint64_t)v[METRIC_MISSES], due, 0);
	/* The rule of three: exp(-3) is 5 %. */
	v[METRIC_MISS_BOUND] =
	    v[METRIC_MISSES] > 0 ? PPM : SP_MIN(tally_ppm(3, due, PPM), PPM);
	v[METRIC_ORIGIN_MEAN] =
	    took_ms > 0 ? (int64_t)(t->sum.origin_sent * 1000 / took_ms) : 0;
	v[METRIC_USE] = tally_ppm(t->used_bytes, t->usable_bytes, 0);
	v[METRIC_JAIN] =
	    tally_ppm(t->use_ppm * t->use_ppm, t->use_n * t->use_ppm2, PPM);
	v[METRIC_RECOVERY] = series_recovery(&t->series, scn);
	if (t->polluter >= 0)
		v[METRIC_POLLUTED_FOR] =
		    series_polluted(&t->series, t->polluter);
	for (size_t i = 0; i < METRIC_N; i++)
		if (t->sample[i].n > 0)
			qsort(t->sample[i].v, t->sample[i].n,
			    sizeof(*t->sample[i].v), cmp);
	optimum_fill(t, scn);
}

/*
 * In a bucket samples are taken as evenly spread: it is an eighth wide at most,
 * and bars would hang on where it begins.
 */
static int64_t
lag_get(const struct quantile *q, uint32_t ppm)
{
	uint64_t rank, below = 0, upto, low = 0, width = 1;

	if (q->total == 0)
		return 0;
	rank = SP_MAX(((uint64_t)q->total * ppm + PPM - 1) / PPM, 1);
	while ((upto = quantile_below(q, low + width)) < rank) {
		below = upto;
		low += width;
		if (low >= 16 && (low & (low - 1)) == 0)
			width = low / 8;
	}
	width = SP_MIN(width, q->max + 1 - low);
	low += width * (2 * (rank - below) - 1) / (2 * (upto - below));
	return (int64_t)SP_MIN(low, q->max) * SP_US;
}

int64_t
tally_get(const struct tally *t, enum metric m, uint32_t quantile_ppm)
{
	const struct samples *s = &t->sample[m];
	size_t rank;

	if (!metric_table[m].quantiles)
		return t->value[m];
	if (m == METRIC_LAG)
		return lag_get(&t->sum.lag, quantile_ppm);
	if (m == METRIC_LAG_LATER)
		return lag_get(&t->lag_later, quantile_ppm);
	if (s->n == 0)
		return 0;
	/* The nearest rank: the least value with that share at or below. */
	rank = (size_t)(((uint64_t)s->n * quantile_ppm + PPM - 1) / PPM);
	return s->v[rank > 0 ? rank - 1 : 0];
}

/* Of nothing nothing is missed. */
static bool
says_nothing(const struct tally *t, enum metric m)
{
	return t->value[METRIC_DUE] == 0 &&
	       (m == METRIC_MISSES || m == METRIC_MISSED);
}

unsigned
tally_judge(const struct tally *t, const struct scenario *scn, const char *name,
    FILE *out, bool verbose)
{
	unsigned failed = 0;
	char text[64];

	for (size_t i = 0; i < scn->n_expects; i++) {
		const struct scn_expect *x = &scn->expects[i];
		int64_t v = tally_get(t, x->metric, x->quantile_ppm);
		bool ok = scn_holds(x, v) && !says_nothing(t, x->metric);

		failed += !ok;
		if (ok && !verbose)
			continue;
		metric_print(text, sizeof(text), metric_table[x->metric].unit,
		    v);
		fprintf(out, "%s:%u: %s: %s: it is %s\n", name, x->line,
		    x->text, ok ? "holds" : "fails", text);
	}
	return failed;
}
