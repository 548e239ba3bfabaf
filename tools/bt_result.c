#include "tools/bt_result.h"

static bool begun; /* something has been printed: for the commas */

void
bt_result_fault(struct bt_result *r, const char *why)
{
	if (r->why[0] == '\0')
		snprintf(r->why, sizeof(r->why), "%s", why);
}

bool
bt_result_is_clean(const struct bt_result *r)
{
	return r->errors == 0 && r->bad == 0 && r->foreign == 0 &&
	       r->twice == 0 && r->lost == 0 && r->stray == 0 && r->wrong == 0;
}

/* ---- one list for TSV and JSON ------------------------------------------- */

struct number {
	const char *name;
	double v;
};
#define NUMBERS 32

static double
us(uint64_t ns)
{
	return (double)ns / 1000;
}

static double
per(uint64_t a, uint64_t b)
{
	return b > 0 ? (double)a / (double)b : 0;
}

static size_t
numbers(const struct bt_result *r, const struct bt_options *o,
    struct number out[NUMBERS])
{
	uint64_t user = r->after.user_us - r->before.user_us;
	uint64_t sys = r->after.system_us - r->before.system_us;
	const struct quantile *q = &r->latency;
	uint64_t rss = r->after.rss_bytes;
	const struct number list[] = {
		{ "seconds", (double)r->took / SP_S },
		{ "sent", (double)r->sent },
		{ "answered", (double)r->answered },
		{ "late", (double)r->late },
		{ "lost", (double)r->lost },
		{ "rate",
		    per(r->answered * 1000000, (uint64_t)r->took / 1000) },
		{ "p50_us", us(quantile_get(q, 500000, 0)) },
		{ "p99_us", us(quantile_get(q, 990000, 0)) },
		{ "p999_us", us(quantile_get(q, 999000, 0)) },
		{ "max_us", us(q->max) },
		{ "errors", (double)r->errors },
		{ "bad", (double)r->bad },
		{ "foreign", (double)r->foreign },
		{ "twice", (double)r->twice },
		{ "self", (double)r->self },
		{ "stray", (double)r->stray },
		{ "peers", per(r->peers, r->answered + r->late) },
		{ "bytes_out", per(r->bytes_out, r->sent) },
		{ "bytes_in", per(r->bytes_in, r->answered + r->late) },
		{ "complete", (double)r->complete },
		{ "incomplete", (double)r->incomplete },
		{ "wrong", (double)r->wrong },
		/* Of the server: seconds for a million requests. */
		{ "cpu_user", per(user, r->answered) },
		{ "cpu_system", per(sys, r->answered) },
		{ "cpu", per(user + sys, r->answered) },
		{ "user_share", per(user, user + sys) },
		{ "rss", (double)rss },
		{ "rss_growth", (double)rss - (double)r->before.rss_bytes },
	};
	size_t n = o->pid != 0 ? SP_LEN(list) : SP_LEN(list) - 6;

	memcpy(out, list, n * sizeof(*out));
	return n;
}

/* ---- text ---------------------------------------------------------------- */

static void
print_faults(const struct bt_result *r, FILE *f)
{
	const struct {
		uint64_t n;
		const char *text;
	} list[] = {
		{ r->lost, "lost" },
		{ r->errors, "errors" },
		{ r->bad, "invalid" },
		{ r->foreign, "with peers of other swarms" },
		{ r->twice, "with a peer twice" },
		{ r->stray, "stray" },
		{ r->wrong, "swarms with other counts" },
		{ r->self, "with the asker itself (no fault)" },
	};

	for (size_t i = 0; i < SP_LEN(list); i++)
		if (list[i].n > 0)
			fprintf(f, "\t%" PRIu64 " %s\n", list[i].n,
			    list[i].text);
	if (r->why[0] != '\0')
		fprintf(f, "\tfirst fault: %s\n", r->why);
}

static void
print_server(const struct bt_result *r, const struct bt_options *o, FILE *f)
{
	uint64_t user = r->after.user_us - r->before.user_us;
	uint64_t sys = r->after.system_us - r->before.system_us;
	double grown = (double)r->after.rss_bytes - (double)r->before.rss_bytes;

	fprintf(f,
	    "\tserver: %.2f s CPU for a million, %.0f %% of it its own; "
	    "%.1f MiB",
	    per(user + sys, r->answered), per(user, user + sys) * 100,
	    (double)r->after.rss_bytes / (1 << 20));
	if (r->mode == BT_FILL)
		fprintf(f, ", %.1f bytes for each peer",
		    grown / (double)o->peers);
	fputc('\n', f);
}

static void
print_text(const struct bt_result *r, const struct bt_options *o, FILE *f)
{
	const struct quantile *q = &r->latency;

	fprintf(f,
	    "%-8s %.0f/s in %.2f s; p50 %.0f us, p99 %.0f us, p99.9 %.0f us\n",
	    bt_mode_names[r->mode],
	    per(r->answered * 1000000, (uint64_t)r->took / 1000),
	    (double)r->took / SP_S, us(quantile_get(q, 500000, 0)),
	    us(quantile_get(q, 990000, 0)), us(quantile_get(q, 999000, 0)));
	fprintf(f,
	    "\t%" PRIu64 " sent, %" PRIu64 " answered, %.1f peers and "
	    "%.0f bytes in a reply\n",
	    r->sent, r->answered + r->late,
	    per(r->peers, r->answered + r->late),
	    per(r->bytes_in, r->answered + r->late));
	if (r->mode == BT_VERIFY)
		fprintf(f, "\tseeders %" PRIu64 ", leechers %" PRIu64 "\n",
		    r->complete, r->incomplete);
	print_faults(r, f);
	if (o->pid != 0)
		print_server(r, o, f);
}

/* ---- all ----------------------------------------------------------------- */

static void
print_tsv(const struct bt_result *r, const struct bt_options *o, FILE *f)
{
	struct number v[NUMBERS];
	size_t n = numbers(r, o, v);

	for (size_t i = 0; i < n && !begun; i++)
		fprintf(f, "%s%s", i > 0 ? "\t" : "mode\t", v[i].name);
	fprintf(f, "%s%s", begun ? "" : "\n", bt_mode_names[r->mode]);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "\t%.10g", v[i].v);
	fputc('\n', f);
}

static void
print_json(const struct bt_result *r, const struct bt_options *o, FILE *f)
{
	struct number v[NUMBERS];
	size_t n = numbers(r, o, v);

	fprintf(f, "%s{\"mode\":\"%s\"", begun ? ",\n" : "",
	    bt_mode_names[r->mode]);
	for (size_t i = 0; i < n; i++)
		fprintf(f, ",\"%s\":%.10g", v[i].name, v[i].v);
	fputc('}', f);
}

void
bt_result_begin(enum bt_output o, FILE *f)
{
	begun = false;
	if (o == BT_JSON)
		fputc('[', f);
}

void
bt_result_print(const struct bt_result *r, const struct bt_options *opts,
    FILE *f)
{
	switch ((enum bt_output)opts->output) {
	case BT_TEXT:
		print_text(r, opts, f);
		break;
	case BT_TSV:
		print_tsv(r, opts, f);
		break;
	case BT_JSON:
		print_json(r, opts, f);
		break;
	}
	begun = true;
}

void
bt_result_end(enum bt_output o, FILE *f)
{
	if (o == BT_JSON)
		fputs("]\n", f);
}
