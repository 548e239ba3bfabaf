#include "test/sim/tally.h"

#include "base/tstamp.h"
#include "test/sim/simmem.h"

#define PPM 1000000

struct tally *
tally_new(void)
{
	struct tally *t = sim_zalloc(1, sizeof(*t));

	quantile_init(&t->lag, 0);
	return t;
}

void
tally_free(struct tally *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < METRIC_N; i++)
		mem_free(&sim_mem, t->sample[i].v);
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

/* a / b in 1/1,000,000; |none| when b is 0. */
static int64_t
ppm(uint64_t a, uint64_t b, int64_t none)
{
	if (b == 0)
		return none;
	if (a > UINT64_MAX / PPM)
		return (int64_t)(a / (b / PPM > 0 ? b / PPM : 1));
	return (int64_t)(a * PPM / b);
}

void
tally_close(struct tally *t, sp_time took)
{
	int64_t *v = t->value;
	uint64_t blocks =
	    t->peer_bytes + t->origin_bytes + t->dup_bytes + t->bad_bytes;
	uint64_t wire = t->wire_in;
	uint64_t from_peers = t->peer_bytes + t->dup_bytes + t->bad_bytes;

	v[METRIC_OFFLOAD] = PPM - ppm(t->origin_sent, t->played_bytes, 0);
	v[METRIC_COPIES] = ppm(t->origin_sent, t->stream_bytes, 0);
	v[METRIC_OFFLOAD_LATER] =
	    PPM - ppm(t->origin_sent - t->early_origin,
		      t->played_bytes - t->early_played, 0);
	v[METRIC_COPIES_LATER] = ppm(t->origin_sent - t->early_origin,
	    t->stream_bytes - t->early_stream, 0);
	v[METRIC_MISSED] =
	    ppm((uint64_t)v[METRIC_MISSES], (uint64_t)v[METRIC_DUE], 0);
	v[METRIC_DUPLICATES] = ppm(t->dup_bytes, blocks, 0);
	v[METRIC_BAD] = ppm(t->bad_bytes, blocks, 0);
	v[METRIC_CONTROL] =
	    ppm(wire > from_peers ? wire - from_peers : 0, wire, 0);
	v[METRIC_WASTE] = ppm(t->waste_bytes, t->origin_sent, 0);
	v[METRIC_ORIGIN_MEAN] =
	    took < SP_MS
		? 0
		: (int64_t)(t->origin_sent * 1000 / (uint64_t)(took / SP_MS));
	v[METRIC_JAIN] =
	    ppm(t->use_ppm * t->use_ppm, t->use_n * t->use_ppm2, PPM);
	for (size_t i = 0; i < METRIC_N; i++)
		if (t->sample[i].n > 0)
			qsort(t->sample[i].v, t->sample[i].n,
			    sizeof(*t->sample[i].v), cmp);
}

int64_t
tally_get(const struct tally *t, enum metric m, uint32_t quantile_ppm)
{
	const struct samples *s = &t->sample[m];
	size_t rank;

	if (!metric_table[m].quantiles)
		return t->value[m];
	if (m == METRIC_LAG)
		return (int64_t)quantile_get(&t->lag, quantile_ppm, 0) * SP_US;
	if (s->n == 0)
		return 0;
	/* The nearest rank: the least value with that share at or below. */
	rank = (size_t)(((uint64_t)s->n * quantile_ppm + PPM - 1) / PPM);
	return s->v[rank > 0 ? rank - 1 : 0];
}

static const struct {
	const char *name;
	uint32_t ppm;
} quantiles[] = { { "p50", 500000 }, { "p95", 950000 }, { "p99", 990000 },
	{ "p99.9", 999000 } };

void
tally_print(const struct tally *t, FILE *out, bool tsv)
{
	char text[64];
	size_t i, k;
	int64_t v;

	for (i = 0; i < METRIC_N; i++) {
		const struct metric_row *row = &metric_table[i];

		if (!tsv)
			fprintf(out, "%-12s", row->name);
		for (k = 0; k < (row->quantiles ? SP_LEN(quantiles) : 1); k++) {
			v = tally_get(t, (enum metric)i, quantiles[k].ppm);
			if (tsv) {
				fprintf(out, "%s\t%s\t%" PRId64 "\n", row->name,
				    row->quantiles ? quantiles[k].name : "-",
				    v);
				continue;
			}
			metric_print(text, sizeof(text), row->unit, v);
			if (row->quantiles)
				fprintf(out, " %s %s", quantiles[k].name, text);
			else
				fprintf(out, " %s", text);
		}
		if (!tsv)
			fputc('\n', out);
	}
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
		bool ok = scn_holds(x, v);

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
