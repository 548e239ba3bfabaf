#include "test/sim/scenario.h"

#define WORDS_MAX 32
#define LINE_SIZE 512

enum field_type {
	FIELD_ONE,
	FIELD_DIST,
};

/* A word "name=value" of a directive. */
struct field {
	const char *name;
	enum field_type type;
	enum metric_unit unit;
	size_t at;
};

#define ONE(s, m, unit)                                             \
	{                                                           \
#m, FIELD_ONE, METRIC_##unit, offsetof(struct s, m) \
	}
#define DIST(s, m, unit)                                             \
	{                                                            \
#m, FIELD_DIST, METRIC_##unit, offsetof(struct s, m) \
	}

static const struct field net_fields[] = { ONE(scn_net, fifo, TIME),
	ONE(scn_net, sndbuf, RATE), ONE(scn_net, jitter, RATIO),
	ONE(scn_net, nat, RATIO), ONE(scn_net, plane, TIME) };
static const struct field stream_fields[] = { ONE(scn_stream, rate, RATE),
	ONE(scn_stream, segment, TIME), ONE(scn_stream, window, TIME) };
static const struct field origin_fields[] = { ONE(scn_origin, rate, RATE),
	ONE(scn_origin, ttfb, TIME), ONE(scn_origin, sigma, RATIO),
	ONE(scn_origin, delay, TIME) };
static const struct field tracker_fields[] = { ONE(scn_tracker, delay, TIME) };
static const struct field seeder_fields[] = { ONE(scn_seeder, up, RATE),
	ONE(scn_seeder, down, RATE), ONE(scn_seeder, delay, TIME),
	ONE(scn_seeder, poll, TIME) };
static const struct field group_fields[] = { DIST(scn_group, up, RATE),
	DIST(scn_group, down, RATE), DIST(scn_group, delay, TIME),
	DIST(scn_group, join, TIME), DIST(scn_group, session, TIME),
	ONE(scn_group, loss, RATIO), ONE(scn_group, blocked, RATIO),
	ONE(scn_group, free, RATIO), ONE(scn_group, crash, RATIO),
	ONE(scn_group, replace, COUNT), ONE(scn_group, cap, RATE),
	ONE(scn_group, known, COUNT), ONE(scn_group, neighbours, COUNT),
	ONE(scn_group, playout, TIME), ONE(scn_group, window, TIME) };

/* The line under way. */
struct reader {
	struct scenario *scn;
	struct scn_error *e;
	unsigned line;
	size_t n; /* words */
	char *word[WORDS_MAX];
	char buf[LINE_SIZE];
	char text[LINE_SIZE]; /* the line without its comment */
};

static int SP_PRINTF(2, 3) fail(struct reader *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->e->what, sizeof(r->e->what), fmt, ap);
	va_end(ap);
	r->e->line = r->line;
	return SP_ERR_SYNTAX;
}

static int
value(struct reader *r, int64_t *out, enum metric_unit unit, const char *s)
{
	static const char *const what[] = { "a number", "a share", "a time",
		"a rate or size" };

	if (scn_value(out, unit, s, strlen(s)) == 0)
		return 0;
	return fail(r, "%.60s: not %s", s, what[unit]);
}

static int
dist(struct reader *r, struct dist *d, enum metric_unit unit, const char *s)
{
	const char *dots = strstr(s, "..");
	char low[64];
	size_t n;

	if (strncmp(s, "pareto:", 7) == 0) {
		d->kind = DIST_PARETO;
		return value(r, &d->a, unit, s + 7);
	}
	if (strncmp(s, "mix:", 4) == 0) {
		d->kind = DIST_MIX;
		return value(r, &d->a, unit, s + 4);
	}
	if (dots == NULL) {
		d->kind = DIST_FIXED;
		return value(r, &d->a, unit, s);
	}
	d->kind = DIST_UNIFORM;
	if (value(r, &d->b, unit, dots + 2) < 0)
		return SP_ERR_SYNTAX;
	/* "10..80ms": the unit of the second is the first's. */
	n = (size_t)(dots - s);
	if (n + strlen(dots + 2) >= sizeof(low))
		return fail(r, "%.60s: too long", s);
	memcpy(low, s, n);
	low[n] = '\0';
	if (scn_value(&d->a, unit, low, n) < 0) {
		dots += 2 + strspn(dots + 2, "0123456789.");
		memcpy(low + n, dots, strlen(dots) + 1);
		if (value(r, &d->a, unit, low) < 0)
			return SP_ERR_SYNTAX;
	}
	return d->a <= d->b ? 0 : fail(r, "%.60s: the wrong way round", s);
}

/* Words |from| and on are fields of |base|. */
static int
fields(struct reader *r, size_t from, void *base, const struct field *f,
    size_t n)
{
	for (size_t w = from; w < r->n; w++) {
		char *eq = strchr(r->word[w], '=');
		size_t i;
		void *at;
		int rv;

		if (eq == NULL)
			return fail(r, "%.60s: not name=value", r->word[w]);
		*eq = '\0';
		for (i = 0; i < n && strcmp(f[i].name, r->word[w]) != 0; i++)
			;
		if (i == n)
			return fail(r, "%.60s: no such setting of %s",
			    r->word[w], r->word[0]);
		at = (char *)base + f[i].at;
		if (f[i].type == FIELD_DIST)
			rv = dist(r, at, f[i].unit, eq + 1);
		else
			rv = value(r, at, f[i].unit, eq + 1);
		if (rv < 0)
			return rv;
	}
	return 0;
}

static int
on_group(struct reader *r, enum scn_kind kind)
{
	struct scenario *s = r->scn;
	struct scn_group *g = &s->groups[s->n_groups];

	if (s->n_groups == SCN_GROUPS)
		return fail(r, "more than %d groups", SCN_GROUPS);
	if (r->n < 2)
		return fail(r, "%s: how many?", r->word[0]);
	memset(g, 0, sizeof(*g));
	g->kind = kind;
	g->up.a = 5 * 125000;
	g->down.a = 20 * 125000;
	g->delay = (struct dist){ DIST_UNIFORM, 3 * SP_MS, 15 * SP_MS };
	if (value(r, &g->count, METRIC_COUNT, r->word[1]) < 0)
		return SP_ERR_SYNTAX;
	if (g->count > 100000)
		return fail(r, "%s: more than 100000", r->word[0]);
	s->n_groups++;
	return fields(r, 2, g, group_fields, SP_LEN(group_fields));
}

static int
on_at(struct reader *r)
{
	static const struct {
		const char *who, *what;
		enum scn_what id;
	} table[] = { { "origin", "down", SCN_ORIGIN_DOWN },
		{ "origin", "up", SCN_ORIGIN_UP },
		{ "tracker", "down", SCN_TRACKER_DOWN },
		{ "tracker", "up", SCN_TRACKER_UP },
		{ "seeder", "down", SCN_SEEDER_DOWN },
		{ "seeder", "up", SCN_SEEDER_UP } };
	struct scn_event ev = { 0, SCN_ORIGIN_RATE, 0 };
	struct scenario *s = r->scn;
	size_t i;

	if (r->n != 4)
		return fail(r, "at: T who what");
	if (s->n_events == SCN_EVENTS)
		return fail(r, "more than %d events", SCN_EVENTS);
	if (value(r, &ev.at, METRIC_TIME, r->word[1]) < 0)
		return SP_ERR_SYNTAX;
	for (i = 0; i < SP_LEN(table); i++)
		if (strcmp(r->word[2], table[i].who) == 0 &&
		    strcmp(r->word[3], table[i].what) == 0)
			break;
	if (i < SP_LEN(table)) {
		ev.what = table[i].id;
	} else if (strcmp(r->word[2], "origin") == 0 &&
		   strncmp(r->word[3], "rate=", 5) == 0) {
		if (value(r, &ev.value, METRIC_RATE, r->word[3] + 5) < 0)
			return SP_ERR_SYNTAX;
	} else {
		if (strcmp(r->word[2], "join") == 0)
			ev.what = SCN_JOIN;
		else if (strcmp(r->word[2], "leave") == 0)
			ev.what = SCN_LEAVE;
		else if (strcmp(r->word[2], "crash") == 0)
			ev.what = SCN_CRASH;
		else
			return fail(r, "%.40s %.40s: no such event", r->word[2],
			    r->word[3]);
		if (value(r, &ev.value, METRIC_COUNT, r->word[3]) < 0)
			return SP_ERR_SYNTAX;
	}
	for (i = s->n_events++; i > 0 && s->events[i - 1].at > ev.at; i--)
		s->events[i] = s->events[i - 1];
	s->events[i] = ev;
	return 0;
}

/* "p95", "p99.9" as parts per million; 0 if it is none. */
static uint32_t
quantile_of(const char *s)
{
	int64_t v;

	if (s[0] != 'p' ||
	    scn_value(&v, METRIC_RATIO, s + 1, strlen(s + 1)) < 0)
		return 0;
	v /= 100;
	return v > 0 && v <= 1000000 ? (uint32_t)v : 0;
}

static int
on_expect(struct reader *r)
{
	static const char *const ops[] = { "==", "<=", ">=", "<", ">" };
	struct scenario *s = r->scn;
	struct scn_expect *x = &s->expects[s->n_expects];
	const struct metric_row *row;
	size_t op;

	if (s->n_expects == SCN_EXPECTS)
		return fail(r, "more than %d expectations", SCN_EXPECTS);
	if (r->n < 4 || r->n > 5)
		return fail(r, "expect: METRIC [pNN] OP VALUE");
	memset(x, 0, sizeof(*x));
	x->line = r->line;
	snprintf(x->text, sizeof(x->text), "%.90s", r->text);
	x->metric = metric_find(r->word[1], strlen(r->word[1]));
	if (x->metric == METRIC_N)
		return fail(r, "%.60s: no such metric", r->word[1]);
	row = &metric_table[x->metric];
	if (row->quantiles != (r->n == 5))
		return fail(r, "%s: %s", row->name,
		    row->quantiles ? "which quantile (pNN)?"
				   : "has no quantiles");
	if (r->n == 5 && (x->quantile_ppm = quantile_of(r->word[2])) == 0)
		return fail(r, "%.60s: not a quantile (pNN)", r->word[2]);
	for (op = 0; op < SP_LEN(ops); op++)
		if (strcmp(ops[op], r->word[r->n - 2]) == 0)
			break;
	if (op == SP_LEN(ops))
		return fail(r, "%.60s: not an operator", r->word[r->n - 2]);
	x->op = (enum scn_op)op;
	if (value(r, &x->value, row->unit, r->word[r->n - 1]) < 0)
		return SP_ERR_SYNTAX;
	s->n_expects++;
	return 0;
}

static int
on_word(struct reader *r)
{
	struct scenario *s = r->scn;
	int64_t v;

	if (r->n != 2)
		return fail(r, "%s: one value", r->word[0]);
	if (strcmp(r->word[0], "run") == 0)
		return value(r, &s->run, METRIC_TIME, r->word[1]);
	if (strcmp(r->word[0], "settle") == 0)
		return value(r, &s->settle, METRIC_TIME, r->word[1]);
	if (strcmp(r->word[0], "crypto") == 0) {
		s->real_crypto = strcmp(r->word[1], "real") == 0;
		if (!s->real_crypto && strcmp(r->word[1], "counting") != 0)
			return fail(r, "crypto: real or counting");
		return 0;
	}
	if (value(r, &v, METRIC_COUNT, r->word[1]) < 0)
		return SP_ERR_SYNTAX;
	s->seed = (uint64_t)v;
	return 0;
}

static int
directive(struct reader *r)
{
	const char *d = r->word[0];
	struct scenario *s = r->scn;
	const struct {
		const char *name;
		void *base;
		const struct field *f;
		size_t n;
	} plain[] = {
		{ "net", &s->net, net_fields, SP_LEN(net_fields) },
		{ "stream", &s->stream, stream_fields, SP_LEN(stream_fields) },
		{ "origin", &s->origin, origin_fields, SP_LEN(origin_fields) },
		{ "tracker", &s->tracker, tracker_fields,
		    SP_LEN(tracker_fields) },
		{ "seeder", &s->seeder, seeder_fields, SP_LEN(seeder_fields) },
	};
	static const char *const kinds[] = { "viewers", "liars", "polluters" };

	for (size_t i = 0; i < SP_LEN(plain); i++)
		if (strcmp(d, plain[i].name) == 0)
			return fields(r, 1, plain[i].base, plain[i].f,
			    plain[i].n);
	for (size_t i = 0; i < SP_LEN(kinds); i++)
		if (strcmp(d, kinds[i]) == 0)
			return on_group(r, (enum scn_kind)i);
	if (strcmp(d, "at") == 0)
		return on_at(r);
	if (strcmp(d, "expect") == 0)
		return on_expect(r);
	if (strcmp(d, "run") == 0 || strcmp(d, "crypto") == 0 ||
	    strcmp(d, "seed") == 0 || strcmp(d, "settle") == 0)
		return on_word(r);
	return fail(r, "%.60s: no such directive", d);
}

static int
on_line(struct reader *r, const char *p, size_t len)
{
	const char *hash = memchr(p, '#', len);
	char *s;

	if (hash != NULL)
		len = (size_t)(hash - p);
	while (len > 0 && strchr(" \t\r", p[len - 1]) != NULL)
		len--;
	if (len >= sizeof(r->buf) || memchr(p, '\0', len) != NULL)
		return fail(r, "line too long, or not text");
	memcpy(r->buf, p, len);
	r->buf[len] = '\0';
	memcpy(r->text, r->buf, len + 1);
	r->n = 0;
	for (s = r->buf; *(s += strspn(s, " \t")) != '\0';) {
		if (r->n == WORDS_MAX)
			return fail(r, "more than %d words", WORDS_MAX);
		r->word[r->n++] = s;
		s += strcspn(s, " \t");
		if (*s != '\0')
			*s++ = '\0';
	}
	return r->n > 0 ? directive(r) : 0;
}

static void
defaults(struct scenario *s)
{
	memset(s, 0, sizeof(*s));
	s->seed = 1;
	s->net.fifo = 200 * SP_MS;
	s->net.sndbuf = 0;
	s->net.jitter = 50000;
	s->net.plane = 30 * SP_MS;
	s->stream.rate = 125000;
	s->stream.segment = SP_S;
	s->stream.window = 30 * SP_S;
	s->origin.ttfb = 50 * SP_MS;
	s->origin.sigma = 700000;
	s->origin.delay = 5 * SP_MS;
	s->tracker.delay = 10 * SP_MS;
	s->seeder.down = 100 * 125000;
	s->seeder.delay = 5 * SP_MS;
	s->seeder.poll = 100 * SP_MS;
}

int
scenario_parse(struct scenario *out, const char *text, size_t len,
    struct scn_error *e)
{
	struct reader r = { .scn = out, .e = e };
	const char *end = text + len, *nl;
	int rv;

	defaults(out);
	while (text < end) {
		r.line++;
		nl = memchr(text, '\n', (size_t)(end - text));
		if (nl == NULL)
			nl = end;
		rv = on_line(&r, text, (size_t)(nl - text));
		if (rv < 0)
			return rv;
		text = nl < end ? nl + 1 : end;
	}
	if (out->run == 0)
		return fail(&r, "run is missing");
	if (out->n_groups == 0)
		return fail(&r, "viewers are missing");
	if (out->stream.rate == 0 || out->stream.segment < 100 * SP_MS ||
	    out->seeder.poll == 0)
		return fail(&r, "stream: needs a rate, a segment of 100ms or "
				"more, and a seeder that polls");
	return 0;
}

bool
scn_holds(const struct scn_expect *x, int64_t v)
{
	switch (x->op) {
	case SCN_EQ:
		return v == x->value;
	case SCN_LE:
		return v <= x->value;
	case SCN_GE:
		return v >= x->value;
	case SCN_LT:
		return v < x->value;
	case SCN_GT:
	default:
		return v > x->value;
	}
}
