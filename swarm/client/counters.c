#include "swarm/client/counters.h"

/* Bounds of the histogram of lags, in us: from 2^16 on, eight per octave. */
#define LAG_FIRST   16
#define LAG_OCTAVES 9

enum kind {
	U64,  /* uint64_t */
	U32,  /* uint32_t */
	TIME, /* sp_time, shown in seconds; -1 is not shown */
	FLAG, /* bool */
	MS,   /* uint32_t, shown in seconds */
};

/* A name that ends in "_total" is a counter for monitors. */
struct row {
	const char *name;   /* in JSON and TSV */
	const char *metric; /* after "spate_" */
	enum kind kind;
	size_t at;
	const char *help;
};

#define AT(f) offsetof(struct mesh_stats, f)

static const struct row rows[] = {
	{ "peer_bytes", "peer_bytes_total", U64, AT(peer_bytes),
	    "Verified new bytes from peers" },
	{ "origin_bytes", "origin_bytes_total", U64, AT(origin_bytes),
	    "Verified new bytes from the origin" },
	{ "dup_bytes", "duplicate_bytes_total", U64, AT(dup_bytes),
	    "Bytes of blocks that were held already" },
	{ "bad_bytes", "bad_bytes_total", U64, AT(bad_bytes),
	    "Bytes of blocks that failed their hash" },
	{ "origin_waste_bytes", "origin_waste_bytes_total", U64,
	    AT(origin_waste_bytes), "Bytes from the origin of no use" },
	{ "up_bytes", "upload_bytes_total", U64, AT(up_bytes),
	    "Bytes of blocks sent to peers" },
	{ "wire_in_bytes", "wire_receive_bytes_total", U64, AT(wire_in_bytes),
	    "All bytes received from peers" },
	{ "wire_out_bytes", "wire_send_bytes_total", U64, AT(wire_out_bytes),
	    "All bytes sent to peers" },
	{ "have_in_bytes", "have_receive_bytes_total", U64, AT(have_in_bytes),
	    "Bytes in which peers told what they hold" },
	{ "ask_in_bytes", "ask_receive_bytes_total", U64, AT(ask_in_bytes),
	    "Bytes of requests, cancels and rejects from peers" },
	{ "record_in_bytes", "record_receive_bytes_total", U64,
	    AT(record_in_bytes), "Bytes of records and manifests from peers" },
	{ "records", "records_total", U64, AT(records), "Records accepted" },
	{ "records_from_peers", "records_from_peers_total", U64,
	    AT(records_from_peers), "Records that came from peers" },
	{ "records_bad", "records_bad_total", U64, AT(records_bad),
	    "Records refused" },
	{ "pieces", "pieces_total", U64, AT(pieces), "Pieces completed" },
	{ "due", "pieces_due_total", U64, AT(due),
	    "Pieces whose deadline has come" },
	{ "missed", "pieces_missed_total", U64, AT(missed),
	    "Pieces not complete at their deadline" },
	{ "stalls", "stalls_total", U64, AT(stalls), "Runs of missed pieces" },
	{ "stalled_s", "stalled_seconds_total", TIME, AT(stalled),
	    "Time in which a due piece was missing" },
	{ "lost", "pieces_lost_total", U64, AT(lost), "Pieces given up" },
	{ "requests", "requests_total", U64, AT(requests),
	    "Blocks asked of peers" },
	{ "timeouts", "request_timeouts_total", U64, AT(timeouts),
	    "Requests that were not answered in time" },
	{ "rejects", "request_rejects_total", U64, AT(rejects),
	    "Requests that were refused" },
	{ "hedges", "request_hedges_total", U64, AT(hedges),
	    "Requests to a second peer" },
	{ "fetches", "origin_fetches_total", U64, AT(fetches),
	    "Transfers from the origin" },
	{ "fetch_errors", "origin_fetch_errors_total", U64, AT(fetch_errors),
	    "Transfers from the origin that failed" },
	{ "duties", "duties_total", U64, AT(duties),
	    "Stripes fetched from the origin on duty" },
	{ "backups", "backups_total", U64, AT(backups),
	    "Stripes fetched by a backup of who is on duty" },
	{ "instants", "instant_origin_total", U64, AT(instants),
	    "Times that instant origin mode began" },
	{ "push_bytes", "push_bytes_total", U64, AT(push_bytes),
	    "Verified new bytes that parents pushed" },
	{ "tree_left", "tree_parents_left_total", U64, AT(tree_left),
	    "Parents in push trees left because they were silent or late" },
	{ "rescues", "rescues_total", U64, AT(rescues),
	    "Times that the origin was asked for something, but for duties" },
	{ "dials", "dials_total", U64, AT(dials), "Connections tried" },
	{ "dial_errors", "dial_errors_total", U64, AT(dial_errors),
	    "Connections that came to nothing" },
	{ "accepted", "accepted_total", U64, AT(accepted),
	    "Connections taken" },
	{ "closed", "closed_total", U64, AT(closed), "Connections ended" },
	{ "banned", "banned_total", U64, AT(banned), "Peers banned" },
	{ "announces", "announces_total", U64, AT(announces),
	    "Announces to the tracker" },
	{ "announce_errors", "announce_errors_total", U64, AT(announce_errors),
	    "Announces that failed" },
	{ "receipts", "receipts_total", U64, AT(receipts),
	    "Batches of receipts for what neighbours gave" },
	{ "tree_stripes", "tree_stripes", U32, AT(tree_stripes),
	    "Stripes of followed tracks, each with a push tree" },
	{ "tree_places", "tree_places", U32, AT(tree_places),
	    "Of them, those with a parent or beginning here" },
	{ "tree_depth", "tree_depth_sum", U32, AT(tree_depth),
	    "Sum of the depths of these places, 0 for a root" },
	{ "children", "tree_children", U32, AT(children),
	    "Children in all push trees" },
	{ "neighbours", "neighbours", U32, AT(neighbours),
	    "Peers connected now" },
	{ "contacts", "contacts", U32, AT(contacts), "Addresses known now" },
	{ "delay_s", "playout_delay_seconds", MS, AT(delay_ms),
	    "Playout delay in force" },
	{ "delay_needed_s", "playout_delay_needed_seconds", MS,
	    AT(delay_needed_ms),
	    "What the playout delay has to be, 0 unknown" },
	{ "window_bytes", "window_bytes", U64, AT(window_bytes),
	    "Media held now" },
	{ "peer_rate", "peer_receive_bytes_per_second", U64, AT(peer_bps),
	    "Rate from peers over the last seconds" },
	{ "origin_rate", "origin_receive_bytes_per_second", U64, AT(origin_bps),
	    "Rate from the origin over the last seconds" },
	{ "up_rate", "upload_bytes_per_second", U64, AT(up_bps),
	    "Rate to peers over the last seconds" },
	{ "uplink_rate", "uplink_bytes_per_second", U64, AT(uplink_bps),
	    "What the uplink is believed to carry" },
	{ "startup_s", "startup_seconds", TIME, AT(startup),
	    "First follow to first complete piece" },
	{ "instant", "instant_origin", FLAG, AT(instant),
	    "Instant origin mode: whole pieces at once, others not waited "
	    "for" },
	{ "feed_up", "feed_up", FLAG, AT(feed_up),
	    "The live feed is connected" },
};

static const struct {
	const char *name, *label;
	uint32_t ppm;
} quantiles[] = {
	{ "lag_p50_s", "0.5", 500000 },
	{ "lag_p95_s", "0.95", 950000 },
	{ "lag_p99_s", "0.99", 990000 },
};

/* ---- values ---- */

struct value {
	bool none;   /* not known yet */
	bool real;   /* |num| are millionths */
	int64_t num; /* integers above INT64_MAX do not happen */
};

static struct value
value_of(const struct row *r, const struct mesh_stats *st)
{
	const uint8_t *p = (const uint8_t *)st + r->at;
	struct value v = { false, false, 0 };
	uint64_t u;
	uint32_t w;
	sp_time t;

	switch (r->kind) {
	case U64:
		memcpy(&u, p, sizeof(u));
		v.num = (int64_t)SP_MIN(u, INT64_MAX);
		break;
	case U32:
	case MS:
		memcpy(&w, p, sizeof(w));
		v.real = r->kind == MS;
		v.num = v.real ? (int64_t)w * 1000 : (int64_t)w;
		break;
	case TIME:
		memcpy(&t, p, sizeof(t));
		v.none = t < 0;
		v.real = true;
		v.num = t / SP_US;
		break;
	case FLAG:
		v.num = *(const bool *)p;
		break;
	}
	return v;
}

/* Millionths as a decimal: 1500000 is 1.500000. */
static void
put_value(struct sp_buf *b, struct value v)
{
	char text[32];

	if (v.real)
		snprintf(text, sizeof(text), "%" PRId64 ".%06" PRId64,
		    v.num / 1000000, v.num % 1000000);
	else
		snprintf(text, sizeof(text), "%" PRId64, v.num);
	buf_put_str(b, text);
}

static struct value
offload_of(const struct mesh_stats *st)
{
	return (struct value){ false, true, stats_offload_ppm(st) };
}

static struct value
lag_of(const struct mesh_stats *st, uint32_t ppm)
{
	struct value v = { st->lag.total == 0, true, 0 };

	v.num = (int64_t)quantile_get(&st->lag, ppm, 0);
	return v;
}

/* ---- metrics ---- */

static void
put_head(struct sp_buf *b, const char *metric, const char *type,
    const char *help)
{
	buf_put_str(b, "# HELP spate_");
	buf_put_str(b, metric);
	buf_put_u8(b, ' ');
	buf_put_str(b, help);
	buf_put_str(b, "\n# TYPE spate_");
	buf_put_str(b, metric);
	buf_put_u8(b, ' ');
	buf_put_str(b, type);
	buf_put_str(b, "\n");
}

static void
put_sample(struct sp_buf *b, const char *metric, struct value v)
{
	buf_put_str(b, "spate_");
	buf_put_str(b, metric);
	buf_put_u8(b, ' ');
	put_value(b, v);
	buf_put_u8(b, '\n');
}

static bool
is_counter(const char *metric)
{
	size_t len = strlen(metric);

	return len > 6 && strcmp(metric + len - 6, "_total") == 0;
}

static void
put_lag(struct sp_buf *b, const struct mesh_stats *st)
{
	char metric[64];
	struct value v;
	size_t i;

	put_head(b, "lag_seconds", "summary",
	    "Availability at the origin to completion here");
	for (i = 0; i < SP_LEN(quantiles); i++) {
		v = lag_of(st, quantiles[i].ppm);
		if (v.none)
			continue;
		snprintf(metric, sizeof(metric), "lag_seconds{quantile=\"%s\"}",
		    quantiles[i].label);
		put_sample(b, metric, v);
	}
	put_sample(b, "lag_seconds_count",
	    (struct value){ false, false, st->lag.total });
}

/*
 * The same as a histogram, which can be added up over viewers. Its bounds are
 * those of the buckets that the engine counts in.
 */
static void
put_lag_spread(struct sp_buf *b, const struct mesh_stats *st)
{
	struct value below = { false, false, 0 };
	char metric[64];
	uint64_t us;
	unsigned i;

	put_head(b, "piece_lag_seconds", "histogram",
	    "Availability at the origin to completion here");
	for (i = 0; i < LAG_OCTAVES * 8; i++) {
		us = (uint64_t)(8 + i % 8) << (LAG_FIRST - 3 + i / 8);
		snprintf(metric, sizeof(metric),
		    "piece_lag_seconds_bucket{le=\"%.6f\"}", (double)us / 1e6);
		below.num = quantile_below(&st->lag, us);
		put_sample(b, metric, below);
	}
	below.num = st->lag.total;
	put_sample(b, "piece_lag_seconds_bucket{le=\"+Inf\"}", below);
	put_sample(b, "piece_lag_seconds_count", below);
}

int
counters_metrics(struct sp_buf *b, const struct mesh_stats *st)
{
	const struct row *r;
	struct value v;
	size_t i;

	for (i = 0; i < SP_LEN(rows); i++) {
		r = &rows[i];
		v = value_of(r, st);
		if (v.none)
			continue;
		put_head(b, r->metric,
		    is_counter(r->metric) ? "counter" : "gauge", r->help);
		put_sample(b, r->metric, v);
	}
	put_head(b, "offload_ratio", "gauge",
	    "Share of useful bytes that came from peers");
	put_sample(b, "offload_ratio", offload_of(st));
	put_lag(b, st);
	put_lag_spread(b, st);
	return b->err;
}

/* ---- JSON ---- */

static json_t *
json_value(struct value v)
{
	if (v.none)
		return json_null();
	return v.real ? json_real((double)v.num / 1e6) : json_integer(v.num);
}

json_t *
counters_json(const struct mesh_stats *st)
{
	json_t *o = json_object();
	int bad = o == NULL;
	size_t i;

	for (i = 0; i < SP_LEN(rows) && !bad; i++) {
		if (rows[i].kind == FLAG)
			bad = json_object_set_new(o, rows[i].name,
			    json_boolean(value_of(&rows[i], st).num));
		else
			bad = json_object_set_new(o, rows[i].name,
			    json_value(value_of(&rows[i], st)));
	}
	if (!bad)
		bad = json_object_set_new(o, "offload",
		    json_value(offload_of(st)));
	for (i = 0; i < SP_LEN(quantiles) && !bad; i++)
		bad = json_object_set_new(o, quantiles[i].name,
		    json_value(lag_of(st, quantiles[i].ppm)));
	if (bad) {
		json_decref(o);
		return NULL;
	}
	return o;
}

/* ---- report ---- */

const char *
counters_bytes(uint64_t n, char out[32])
{
	static const char *const unit[] = { "kB", "MB", "GB", "TB" };
	uint64_t div = 1000;
	size_t i = 0;

	if (n < 1000) {
		snprintf(out, 32, "%u B", (unsigned)n);
		return out;
	}
	while (i + 1 < SP_LEN(unit) && n / div >= 1000) {
		div *= 1000;
		i++;
	}
	snprintf(out, 32, "%" PRIu64 ".%02u %s", n / div,
	    (unsigned)(n % div / (div / 100)), unit[i]);
	return out;
}

const char *
counters_rate(uint64_t bps, char out[32])
{
	uint64_t bits = SP_MIN(bps, UINT64_MAX / 8) * 8;

	if (bits < 1000000)
		snprintf(out, 32, "%" PRIu64 " kbit/s", bits / 1000);
	else
		snprintf(out, 32, "%" PRIu64 ".%02u Mbit/s", bits / 1000000,
		    (unsigned)(bits % 1000000 / 10000));
	return out;
}

static void
report_text(struct sp_buf *b, const struct mesh_stats *st)
{
	char a[32], c[32], line[256];
	uint32_t off = stats_offload_ppm(st);

	snprintf(line, sizeof(line),
	    "received  %s from peers, %s from the origin: offload %u.%u %%\n",
	    counters_bytes(st->peer_bytes, a),
	    counters_bytes(st->origin_bytes, c), off / 10000,
	    off % 10000 / 1000);
	buf_put_str(b, line);
	snprintf(line, sizeof(line), "sent      %s to peers\n",
	    counters_bytes(st->up_bytes, a));
	buf_put_str(b, line);
	snprintf(line, sizeof(line),
	    "pieces    %" PRIu64 " complete, %" PRIu64 " missed, %" PRIu64
	    " lost, %" PRIu64 " stalls (%" PRId64 ".%03d s)\n",
	    st->pieces, st->missed, st->lost, st->stalls, st->stalled / SP_S,
	    (int)(st->stalled % SP_S / SP_MS));
	buf_put_str(b, line);
	snprintf(line, sizeof(line),
	    "lag       %" PRIu64 " ms median, %" PRIu64 " ms p99\n",
	    quantile_get(&st->lag, 500000, 0) / 1000,
	    quantile_get(&st->lag, 990000, 0) / 1000);
	buf_put_str(b, line);
}

static void
report_line(struct sp_buf *b, const char *name, struct value v)
{
	buf_put_str(b, name);
	buf_put_u8(b, '\t');
	if (!v.none)
		put_value(b, v);
	buf_put_u8(b, '\n');
}

static void
report_tsv(struct sp_buf *b, const struct mesh_stats *st)
{
	size_t i;

	for (i = 0; i < SP_LEN(rows); i++)
		report_line(b, rows[i].name, value_of(&rows[i], st));
	report_line(b, "offload", offload_of(st));
	for (i = 0; i < SP_LEN(quantiles); i++)
		report_line(b, quantiles[i].name, lag_of(st, quantiles[i].ppm));
}

static int
report_json(struct sp_buf *b, const struct mesh_stats *st)
{
	json_t *o = counters_json(st);
	char *s = NULL;

	if (o != NULL)
		s = json_dumps(o, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
	json_decref(o);
	if (s == NULL)
		return SP_ERR_NOMEM;
	buf_put_str(b, s);
	buf_put_u8(b, '\n');
	free(s);
	return b->err;
}

int
counters_report(struct sp_buf *b, const struct mesh_stats *st,
    enum counters_format f)
{
	switch (f) {
	case COUNTERS_TEXT:
		report_text(b, st);
		break;
	case COUNTERS_TSV:
		report_tsv(b, st);
		break;
	case COUNTERS_JSON:
		return report_json(b, st);
	}
	return b->err;
}
