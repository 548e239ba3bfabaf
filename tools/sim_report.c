#include "tools/sim_report.h"

static unsigned reported; /* runs, for the commas */

/* ---- JSON ---- */

void
sim_json_string(FILE *f, const char *s)
{
	fputc('"', f);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(f, "\\%c", *s);
		else if ((unsigned char)*s < 0x20)
			fprintf(f, "\\u%04x", (unsigned char)*s);
		else
			fputc(*s, f);
	}
	fputc('"', f);
}

void
sim_json_value(FILE *f, enum metric_unit unit, int64_t v)
{
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	const char *sign = v < 0 ? "-" : "";

	if (unit == METRIC_RATIO)
		fprintf(f, "%s%" PRIu64 ".%06" PRIu64, sign, u / 1000000,
		    u % 1000000);
	else if (unit == METRIC_TIME)
		fprintf(f, "%s%" PRIu64 ".%09" PRIu64, sign, u / 1000000000,
		    u % 1000000000);
	else
		fprintf(f, "%" PRId64, v);
}

void
sim_json_metrics(FILE *f, const struct sim_result *r)
{
	for (size_t m = 0; m < METRIC_N; m++) {
		const struct metric_row *row = &metric_table[m];

		fprintf(f, "%s\"%s\":", m > 0 ? "," : "", row->name);
		if (!row->quantiles) {
			sim_json_value(f, row->unit, r->value[m][0]);
			continue;
		}
		for (size_t q = 0; q < SIM_QUANTILES; q++) {
			fprintf(f, "%s\"%s\":", q > 0 ? "," : "{",
			    sim_quantiles[q].name);
			sim_json_value(f, row->unit, r->value[m][q]);
		}
		fputc('}', f);
	}
}

static double
per_block_us(const struct sim_result *r)
{
	int64_t blocks = r->value[METRIC_BLOCKS][0];

	return blocks > 0 ? r->cpu_s * 1e6 / (double)blocks : 0;
}

static double
per_viewer_bytes(const struct sim_result *r)
{
	int64_t viewers = r->value[METRIC_VIEWERS][0];

	return viewers > 0 ? (double)r->peak_bytes / (double)viewers : 0;
}

static void
report_json(FILE *f, const char *file, const struct sim_result *r)
{
	fprintf(f, "%s{\"file\":", reported > 0 ? ",\n" : "");
	sim_json_string(f, file);
	fprintf(f,
	    ",\"seed\":%" PRIu64 ",\"trace\":\"%016" PRIx64 "\",\"run\":",
	    r->seed, r->trace);
	sim_json_value(f, METRIC_TIME, r->run);
	fputs(",\"metrics\":{", f);
	sim_json_metrics(f, r);
	fprintf(f,
	    "},\"machine\":{\"events\":%" PRIu64
	    ",\"wall_s\":%.3f,\"cpu_s\":%.3f,\"cpu_us_per_block\":%.2f,"
	    "\"peak_bytes\":%" PRIu64 ",\"peak_bytes_per_viewer\":%.0f}}",
	    r->events, r->wall_s, r->cpu_s, per_block_us(r), r->peak_bytes,
	    per_viewer_bytes(r));
}

/* ---- TSV ---- */

static void
report_tsv(FILE *f, const char *file, const struct sim_result *r)
{
	fprintf(f, "file\t-\t%s\nseed\t-\t%" PRIu64 "\n", file, r->seed);
	for (size_t m = 0; m < METRIC_N; m++)
		for (size_t q = 0;
		     q < (metric_table[m].quantiles ? SIM_QUANTILES : 1); q++)
			fprintf(f, "%s\t%s\t%" PRId64 "\n",
			    metric_table[m].name,
			    metric_table[m].quantiles ? sim_quantiles[q].name
						      : "-",
			    r->value[m][q]);
	fprintf(f, "trace\t-\t%016" PRIx64 "\n", r->trace);
}

/* ---- text ---- */

/* What stands beside some of the figures. */
static void
remark(FILE *f, size_t m, const struct sim_result *r)
{
	const int64_t(*v)[SIM_QUANTILES] = r->value;

	switch ((enum metric)m) {
	case METRIC_OFFLOAD_LATER:
		fprintf(f, "   optimum %.4f, (1-O)/(1-O*) %.2f",
		    (double)v[METRIC_OPTIMUM][0] / 1e6,
		    (double)v[METRIC_EXCESS][0] / 1e6);
		break;
	case METRIC_LAG_LATER:
		fprintf(f, "   lag/lag_min %.2f",
		    (double)v[METRIC_LAG_RATIO][0] / 1e6);
		break;
	case METRIC_MISSES:
		fprintf(f, " of %" PRId64 " piece-viewers", v[METRIC_DUE][0]);
		if (v[m][0] == 0 && v[METRIC_DUE][0] > 0)
			fprintf(f, "; at most %.2g with 95 %% confidence",
			    3.0 / (double)v[METRIC_DUE][0]);
		break;
	default:
		break;
	}
}

static void
report_text(FILE *f, const char *file, const struct sim_result *r)
{
	char text[64];

	fprintf(f, "%s%s, seed %" PRIu64 "\n", reported > 0 ? "\n" : "", file,
	    r->seed);
	for (size_t m = 0; m < METRIC_N; m++) {
		const struct metric_row *row = &metric_table[m];

		fprintf(f, "%-14s ", row->name);
		for (size_t q = 0; q < (row->quantiles ? SIM_QUANTILES : 1);
		     q++) {
			metric_print(text, sizeof(text), row->unit,
			    r->value[m][q]);
			if (row->quantiles)
				fprintf(f, "%s%s %s", q > 0 ? "  " : "",
				    sim_quantiles[q].name, text);
			else
				fputs(text, f);
		}
		remark(f, m, r);
		fputc('\n', f);
	}
	fprintf(f,
	    "machine       %.1f s, %.1f times real time, %" PRIu64
	    " events, %.1f us of CPU a block, peak %.1f MiB, %.0f KiB a "
	    "viewer\n",
	    r->wall_s, (double)r->run / 1e9 / (r->wall_s > 0 ? r->wall_s : 1),
	    r->events, per_block_us(r), (double)r->peak_bytes / 1048576,
	    per_viewer_bytes(r) / 1024);
}

/* ---- all ---- */

void
sim_report_begin(enum sim_output o, FILE *f)
{
	reported = 0;
	if (o == SIM_JSON)
		fputs("{\"runs\":[\n", f);
}

void
sim_report_end(enum sim_output o, FILE *f)
{
	if (o == SIM_JSON)
		fputs("\n]}\n", f);
}

void
sim_report(enum sim_output o, FILE *f, const char *file,
    const struct sim_result *r, bool quiet)
{
	if (o == SIM_JSON) {
		report_json(f, file, r);
	} else if (o == SIM_TSV) {
		report_tsv(f, file, r);
	} else {
		if (!quiet)
			report_text(f, file, r);
		fprintf(f, "trace %016" PRIx64 "\n", r->trace);
	}
	reported++;
}
