#include "swarm/client/vod_count.h"

enum kind {
	U64,
	U32,
	TIME, /* sp_time, shown in seconds */
	FLAG,
};

/* A name that ends in "_total" is a counter for monitors. */
static const struct row {
	const char *name, *metric; /* the latter after "spate_torrent_" */
	enum kind kind;
	size_t at;
	const char *help;
} rows[] = {
#define AT(f) offsetof(struct vod_counts, f)
	{ "down_bytes", "receive_bytes_total", U64, AT(down_bytes),
	    "Payload from peers" },
	{ "up_bytes", "send_bytes_total", U64, AT(up_bytes),
	    "Payload to peers" },
	{ "failed_bytes", "failed_bytes_total", U64, AT(failed_bytes),
	    "Bytes that did not verify" },
	{ "origin_bytes", "origin_bytes_total", U64, AT(origin_bytes),
	    "Bytes from web seeds" },
	{ "origin_requests", "origin_requests_total", U64, AT(origin_requests),
	    "Requests to web seeds" },
	{ "origin_wrong_bytes", "origin_wrong_bytes_total", U64,
	    AT(origin_wrong_bytes), "Of them, what did not verify" },
	{ "played_bytes", "played_bytes_total", U64, AT(played_bytes),
	    "Bytes sent to players" },
	{ "requests", "player_requests_total", U64, AT(requests),
	    "Requests of players" },
	{ "waits", "player_waits_total", U64, AT(waits),
	    "Times that a player waited a second or longer" },
	{ "waited_s", "player_waited_seconds_total", TIME, AT(waited),
	    "Time in which players waited" },
	{ "players", "players", U32, AT(players), "Files that are read now" },
	{ "due", "pieces_due", U32, AT(due), "Pieces with a deadline" },
	{ "peers", "peers", U32, AT(peers), "Peers connected now" },
	{ "seeds", "seeds", U32, AT(seeds), "Of them with all of it" },
	{ "known", "peers_known", U32, AT(known), "Peers heard of" },
	{ "down_rate", "receive_bytes_per_second", U64, AT(down_bps),
	    "Rate from peers" },
	{ "up_rate", "send_bytes_per_second", U64, AT(up_bps),
	    "Rate to peers" },
	{ "size", "bytes", U64, AT(size), "Size of the torrent" },
	{ "wanted_bytes", "wanted_bytes", U64, AT(wanted_bytes),
	    "Size of the files that are fetched" },
	{ "done_bytes", "done_bytes", U64, AT(done_bytes),
	    "Of them, what is here and verified" },
	{ "have", "pieces_held", U32, AT(have), "Pieces that are here" },
	{ "pieces", "pieces", U32, AT(n_pieces), "Pieces of the torrent" },
	{ "full", "no_space", FLAG, AT(full),
	    "Nothing is fetched for lack of space" },
	{ "uptime_s", "uptime_seconds", TIME, AT(uptime), "Time that it runs" },
#undef AT
};

static uint64_t
integer(const struct vod_counts *c, const struct row *r)
{
	const uint8_t *p = (const uint8_t *)c + r->at;
	uint64_t v;
	uint32_t w;
	bool b;

	switch (r->kind) {
	case U32:
		memcpy(&w, p, sizeof(w));
		return w;
	case FLAG:
		memcpy(&b, p, sizeof(b));
		return b;
	default:
		memcpy(&v, p, sizeof(v));
		return v;
	}
}

static void
put_value(struct sp_buf *b, const struct vod_counts *c, const struct row *r)
{
	uint64_t v = integer(c, r);
	char text[40];

	if (r->kind == TIME)
		snprintf(text, sizeof(text), "%" PRIu64 ".%03u", v / SP_S,
		    (unsigned)(v % SP_S / SP_MS));
	else
		snprintf(text, sizeof(text), "%" PRIu64, v);
	buf_put_str(b, text);
}

static bool
is_total(const char *name)
{
	size_t n = strlen(name);

	return n > 6 && strcmp(name + n - 6, "_total") == 0;
}

int
vod_count_metrics(struct sp_buf *b, const struct vod_counts *c)
{
	const struct row *r;
	char line[256];

	for (r = rows; r < rows + SP_LEN(rows); r++) {
		snprintf(line, sizeof(line),
		    "# HELP spate_torrent_%s %s\n# TYPE spate_torrent_%s %s\n"
		    "spate_torrent_%s ",
		    r->metric, r->help, r->metric,
		    is_total(r->metric) ? "counter" : "gauge", r->metric);
		buf_put_str(b, line);
		put_value(b, c, r);
		buf_put_u8(b, '\n');
	}
	return b->err;
}

json_t *
vod_count_json(const struct vod_counts *c)
{
	json_t *o = json_object(), *j;
	const struct row *r;
	uint64_t v;

	for (r = rows; o != NULL && r < rows + SP_LEN(rows); r++) {
		v = integer(c, r);
		j = r->kind == TIME   ? json_real((double)v / 1e9)
		    : r->kind == FLAG ? json_boolean(v)
				      : json_integer((json_int_t)v);
		json_object_set_new(o, r->name, j);
	}
	return o;
}

/* ---- for people ---- */

static unsigned
permille(const struct vod_counts *c)
{
	if (c->wanted_bytes == 0)
		return 0;
	return (unsigned)(c->done_bytes * 1000 / c->wanted_bytes);
}

size_t
vod_count_line(char *out, size_t size, const struct vod_counts *c)
{
	char down[32], up[32], bytes[32];
	int n;

	if (c->n_pieces == 0)
		n = snprintf(out, size,
		    "%u peers of %u  looking for what is "
		    "in the torrent",
		    c->peers, c->known);
	else
		n = snprintf(out, size,
		    "%u peers %s  up %s  %u.%u %% of %s  %u player%s%s",
		    c->peers, counters_rate(c->down_bps, down),
		    counters_rate(c->up_bps, up), permille(c) / 10,
		    permille(c) % 10, counters_bytes(c->wanted_bytes, bytes),
		    c->players, c->players == 1 ? "" : "s",
		    c->full ? "  DISK FULL" : "");
	return n < 0 ? 0 : SP_MIN((size_t)n, size - 1);
}

static void
report_text(struct sp_buf *b, const struct vod_counts *c)
{
	char x[32], y[32], line[256];

	snprintf(line, sizeof(line), "fetched %s from peers, sent %s to them\n",
	    counters_bytes(c->down_bytes, x), counters_bytes(c->up_bytes, y));
	buf_put_str(b, line);
	snprintf(line, sizeof(line),
	    "here %u.%u %% of %s; played %s in %" PRIu64 " requests\n",
	    permille(c) / 10, permille(c) % 10,
	    counters_bytes(c->wanted_bytes, x),
	    counters_bytes(c->played_bytes, y), c->requests);
	buf_put_str(b, line);
	snprintf(line, sizeof(line),
	    "players waited %" PRIu64 " times a second or longer, %u.%u s "
	    "in all\n",
	    c->waits, (unsigned)(c->waited / SP_S),
	    (unsigned)(c->waited % SP_S / (SP_S / 10)));
	buf_put_str(b, line);
	if (c->origin_requests > 0) {
		snprintf(line, sizeof(line),
		    "fetched %s from web seeds in %" PRIu64 " requests\n",
		    counters_bytes(c->origin_bytes, x), c->origin_requests);
		buf_put_str(b, line);
	}
	if (c->failed_bytes == 0)
		return;
	snprintf(line, sizeof(line), "%s did not verify\n",
	    counters_bytes(c->failed_bytes, x));
	buf_put_str(b, line);
}

int
vod_count_report(struct sp_buf *b, const struct vod_counts *c,
    enum counters_format f)
{
	const struct row *r;
	json_t *o;
	char *s;

	if (f == COUNTERS_TEXT) {
		report_text(b, c);
	} else if (f == COUNTERS_TSV) {
		for (r = rows; r < rows + SP_LEN(rows); r++) {
			buf_put_str(b, r->name);
			buf_put_u8(b, '\t');
			put_value(b, c, r);
			buf_put_u8(b, '\n');
		}
	} else {
		o = vod_count_json(c);
		s = json_dumps(o, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
		json_decref(o);
		if (s == NULL)
			return SP_ERR_NOMEM;
		buf_put_str(b, s);
		buf_put_u8(b, '\n');
		free(s);
	}
	return b->err;
}
