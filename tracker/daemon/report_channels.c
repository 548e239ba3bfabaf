#include "tracker/daemon/report_channels.h"

/* One number of a channel: |num| / |den|, if it is known. */
struct value {
	bool known;
	uint64_t num, den;
};

struct metric {
	const char *name, *type, *help;
	const char *label; /* behind the channel, or NULL */
	const char *key;   /* in JSON */
	struct value (*get)(const struct figures_told *f);
};

static struct value
of(bool known, uint64_t num, uint64_t den)
{
	return (struct value){ known, num, den };
}

static struct value
get_viewers(const struct figures_told *f)
{
	return of(true, f->viewers, 1);
}

static struct value
get_reports(const struct figures_told *f)
{
	return of(true, f->reports, 1);
}

static struct value
get_offload(const struct figures_told *f)
{
	return of(f->reports > 0, f->offload_ppm, 1000000);
}

static struct value
get_copies(const struct figures_told *f)
{
	return of(f->reports > 0, f->copies_ppm, 1000000);
}

static struct value
get_upload(const struct figures_told *f)
{
	return of(f->reports > 0, f->up_kbps * 125, 1);
}

static struct value
get_p50(const struct figures_told *f)
{
	return of(f->has_lag, f->lag_ms[0], 1000);
}

static struct value
get_p90(const struct figures_told *f)
{
	return of(f->has_lag, f->lag_ms[1], 1000);
}

static struct value
get_p99(const struct figures_told *f)
{
	return of(f->has_lag, f->lag_ms[2], 1000);
}

static struct value
get_startup(const struct figures_told *f)
{
	return of(f->startup_ms > 0, f->startup_ms, 1000);
}

static struct value
get_stalls(const struct figures_told *f)
{
	return of(true, f->stalls, 1);
}

static struct value
get_stalled(const struct figures_told *f)
{
	return of(true, f->stalled_ms, 1000);
}

static const struct metric metrics[] = {
	{ "viewers", "gauge", "Viewers, by announces.", NULL, "viewers",
	    get_viewers },
	{ "reports", "gauge", "Viewers that lately told how they fare.", NULL,
	    "reports", get_reports },
	{ "offload_ratio", "gauge", "Part of all bytes that peers gave.", NULL,
	    "offload", get_offload },
	{ "copies_ratio", "gauge", "Times that the stream leaves the origin.",
	    NULL, "copies", get_copies },
	{ "upload_bytes_per_second", "gauge",
	    "What viewers send to each other.", NULL, "upload_bytes_per_second",
	    get_upload },
	{ "lag_seconds", "summary",
	    "From a piece being there to viewers having it.",
	    "quantile=\"0.5\"", "lag_p50_s", get_p50 },
	{ "lag_seconds", NULL, NULL, "quantile=\"0.9\"", "lag_p90_s", get_p90 },
	{ "lag_seconds", NULL, NULL, "quantile=\"0.99\"", "lag_p99_s",
	    get_p99 },
	{ "startup_seconds", "gauge",
	    "Median of viewers that began lately: joining to first piece.",
	    NULL, "startup_s", get_startup },
	{ "stalls_total", "counter", "Stalls that viewers told of.", NULL,
	    "stalls", get_stalls },
	{ "stalled_seconds_total", "counter",
	    "How long those stalls lasted, all together.", NULL, "stalled_s",
	    get_stalled },
};

static void
put_value(struct sp_buf *b, const struct metric *m,
    const uint8_t info_hash[LINK_INFOHASH_LEN], const struct value *v)
{
	char hex[2 * LINK_INFOHASH_LEN + 1], text[256];
	int n;

	buf_hex(hex, info_hash, LINK_INFOHASH_LEN);
	n = snprintf(text, sizeof(text),
	    v->den == 1 ? "spate_channel_%s{channel=\"%s\"%s%s} %.0f\n"
			: "spate_channel_%s{channel=\"%s\"%s%s} %.6f\n",
	    m->name, hex, m->label == NULL ? "" : ",",
	    m->label == NULL ? "" : m->label, (double)v->num / (double)v->den);
	buf_put(b, text, (size_t)n);
}

/* A channel as it stands. */
struct channel {
	uint8_t info_hash[LINK_INFOHASH_LEN];
	struct figures_told f;
};

static void
put_metric(struct sp_buf *b, const struct metric *m, const struct channel *c,
    size_t n)
{
	struct value v;

	if (m->type != NULL) {
		buf_put_str(b, "# HELP spate_channel_");
		buf_put_str(b, m->name);
		buf_put_str(b, " ");
		buf_put_str(b, m->help);
		buf_put_str(b, "\n# TYPE spate_channel_");
		buf_put_str(b, m->name);
		buf_put_str(b, " ");
		buf_put_str(b, m->type);
		buf_put_str(b, "\n");
	}
	for (size_t i = 0; i < n; i++) {
		v = m->get(&c[i].f);
		if (v.known)
			put_value(b, m, c[i].info_hash, &v);
	}
}

int
report_channels_metrics(const struct track *t, struct sp_buf *b, sp_time now)
{
	const struct live_chan *ch;
	struct live_chan_stats s;
	struct live_stats all;
	struct channel *c;
	size_t it = 0, n = 0;

	live_stats(track_live(t), &all);
	c = calloc(all.channels + 1, sizeof(*c));
	if (c == NULL)
		return SP_ERR_NOMEM;
	while (
	    n < all.channels && (ch = live_next(track_live(t), &it)) != NULL) {
		live_chan_stats(ch, &s);
		memcpy(c[n].info_hash, s.info_hash, LINK_INFOHASH_LEN);
		n += track_channel_figures(t, s.info_hash, &c[n].f, now) == 0;
	}
	for (size_t i = 0; n > 0 && i < SP_LEN(metrics); i++)
		put_metric(b, &metrics[i], c, n);
	free(c);
	return b->err;
}

json_t *
report_channel_json(const struct track *t,
    const uint8_t info_hash[LINK_INFOHASH_LEN], sp_time now)
{
	json_t *o = json_object();
	struct figures_told f;
	struct value v;

	if (track_channel_figures(t, info_hash, &f, now) < 0)
		return o;
	for (size_t i = 0; i < SP_LEN(metrics); i++) {
		v = metrics[i].get(&f);
		json_object_set_new(o, metrics[i].key,
		    !v.known     ? json_null()
		    : v.den == 1 ? json_integer((json_int_t)v.num)
				 : json_real((double)v.num / (double)v.den));
	}
	return o;
}
