#include "test/sim/scenario.h"

#include "swarm/mesh.h"
#include "wire/limits.h"

#define DAY      (24 * 3600 * SP_S)
#define RATE_MAX INT64_C(125000000000) /* 1 Tbit/s */
#define ALL      1000000               /* a share of 100 % */

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
	int64_t max;
};

#define ONE(s, m, unit, max)                                             \
	{                                                                \
#m, FIELD_ONE, METRIC_##unit, offsetof(struct s, m), max \
	}
#define DIST(s, m, unit, max)                                             \
	{                                                                 \
#m, FIELD_DIST, METRIC_##unit, offsetof(struct s, m), max \
	}

static const struct field net_fields[] = { ONE(scn_net, fifo, TIME, DAY),
	ONE(scn_net, sndbuf, RATE, RATE_MAX), ONE(scn_net, jitter, RATIO, ALL),
	ONE(scn_net, acks, COUNT, 100), ONE(scn_net, bbr, COUNT, 1),
	ONE(scn_net, nat, RATIO, ALL), ONE(scn_net, plane, TIME, 10 * SP_S) };
static const struct field stream_fields[] = { ONE(scn_stream, rate, RATE,
						  RATE_MAX),
	ONE(scn_stream, segment, TIME, 60 * SP_S),
	ONE(scn_stream, window, TIME, 900 * SP_S) };
static const struct field origin_fields[] = { ONE(scn_origin, rate, RATE,
						  RATE_MAX),
	ONE(scn_origin, ttfb, TIME, 60 * SP_S),
	ONE(scn_origin, sigma, RATIO, 10 * ALL),
	ONE(scn_origin, delay, TIME, 10 * SP_S),
	ONE(scn_origin, loss, RATIO, ALL / 2),
	ONE(scn_origin, requests, COUNT, 1000000),
	ONE(scn_origin, retry, TIME, 600 * SP_S) };
static const struct field tracker_fields[] = { ONE(scn_tracker, delay, TIME,
						   10 * SP_S),
	ONE(scn_tracker, loss, RATIO, ALL / 2) };
static const struct field seeder_fields[] = { ONE(scn_seeder, up, RATE,
						  RATE_MAX),
	ONE(scn_seeder, down, RATE, RATE_MAX),
	ONE(scn_seeder, delay, TIME, 10 * SP_S),
	ONE(scn_seeder, loss, RATIO, ALL / 2),
	ONE(scn_seeder, poll, TIME, 60 * SP_S) };
static const struct field group_fields[] = { DIST(scn_group, up, RATE,
						 RATE_MAX),
	DIST(scn_group, down, RATE, RATE_MAX),
	DIST(scn_group, delay, TIME, 10 * SP_S),
	DIST(scn_group, join, TIME, DAY), DIST(scn_group, session, TIME, DAY),
	ONE(scn_group, brief, RATIO, ALL), ONE(scn_group, loss, RATIO, ALL / 2),
	ONE(scn_group, burst, TIME, 60 * SP_S),
	ONE(scn_group, blocked, RATIO, ALL),
	ONE(scn_group, isolated, RATIO, ALL), ONE(scn_group, free, RATIO, ALL),
	ONE(scn_group, crash, RATIO, ALL), ONE(scn_group, replace, COUNT, 1),
	ONE(scn_group, cap, RATE, RATE_MAX), ONE(scn_group, known, COUNT, 1),
	ONE(scn_group, neighbours, COUNT, 64),
	ONE(scn_group, meet, COUNT, LIM_LINK_PEERS),
	ONE(scn_group, playout, TIME, 60 * SP_S),
	ONE(scn_group, window, TIME, 600 * SP_S),
	ONE(scn_group, flip, RATIO, ALL),
	ONE(scn_group, track, COUNT, SCN_TRACKS - 1) };
static const struct field track_fields[] = { ONE(scn_track, rate, RATE,
    RATE_MAX) };

/* The file under way. */
struct reader {
	struct scenario *scn;
	const struct scn_line *l;
	bool stream; /* its line has been */
};

/* "1.5r": times the stream's rate. */
static bool
relative(const struct reader *r, int64_t *out, const char *s)
{
	size_t len = strlen(s);
	int64_t ppm;

	if (len < 2 || s[len - 1] != 'r' ||
	    scn_value(&ppm, METRIC_RATIO, s, len - 1) < 0 || s[len - 2] == '%')
		return false;
	*out = ppm <= 100000 * (int64_t)ALL
		   ? r->scn->stream.rate / 1000 * ppm / 1000 +
			 r->scn->stream.rate % 1000 * ppm / ALL
		   : INT64_MAX;
	return true;
}

static int
value(struct reader *r, int64_t *out, const struct field *f, const char *s)
{
	if (f->unit == METRIC_RATE && relative(r, out, s)) {
		if (!r->stream)
			return scn_fail(r->l,
			    "%.60s: stream has to be told before", s);
	} else if (scn_value(out, f->unit, s, strlen(s)) < 0) {
		return scn_fail(r->l, "%.60s: not %s", s,
		    scn_unit_name(f->unit));
	}
	return *out <= f->max ? 0 : scn_fail(r->l, "%.60s: too much", s);
}

/* "A..B": the unit of B is A's too, as in "10..80ms". */
static int
uniform(struct reader *r, struct dist *d, const struct field *f, const char *s,
    const char *dots)
{
	size_t n = (size_t)(dots - s);
	char low[64];

	d->kind = DIST_UNIFORM;
	if (value(r, &d->b, f, dots + 2) < 0)
		return SP_ERR_SYNTAX;
	if (n + strlen(dots + 2) >= sizeof(low))
		return scn_fail(r->l, "%.60s: too long", s);
	memcpy(low, s, n);
	low[n] = '\0';
	if (n > 0 && low[n - 1] >= '0' && low[n - 1] <= '9') {
		dots += 2 + strspn(dots + 2, "0123456789.");
		memcpy(low + n, dots, strlen(dots) + 1);
	}
	if (value(r, &d->a, f, low) < 0)
		return SP_ERR_SYNTAX;
	return d->a <= d->b ? 0
			    : scn_fail(r->l, "%.60s: the wrong way round", s);
}

/* "MEAN" or "SHAPE,MEAN". */
static int
pareto(struct reader *r, struct dist *d, const struct field *f, const char *s)
{
	const char *comma = strchr(s, ',');

	d->kind = DIST_PARETO;
	d->b = DIST_SHAPE;
	if (comma != NULL) {
		if (scn_value(&d->b, METRIC_RATIO, s, (size_t)(comma - s)) <
			0 ||
		    d->b < DIST_SHAPE_MIN || d->b > DIST_SHAPE_MAX)
			return scn_fail(r->l,
			    "%.60s: not a shape from 1.05 to 10", s);
		s = comma + 1;
	}
	return value(r, &d->a, f, s);
}

static int
dist(struct reader *r, struct dist *d, const struct field *f, const char *s)
{
	const char *dots = strstr(s, "..");

	memset(d, 0, sizeof(*d));
	if (strncmp(s, "pareto:", 7) == 0)
		return pareto(r, d, f, s + 7);
	if (strncmp(s, "mix:", 4) == 0) {
		d->kind = DIST_MIX;
		return value(r, &d->a, f, s + 4);
	}
	if (dots != NULL)
		return uniform(r, d, f, s, dots);
	d->kind = DIST_FIXED;
	return value(r, &d->a, f, s);
}

/* Words |from| and on are fields of |base|. */
static int
fields(struct reader *r, size_t from, void *base, const struct field *f,
    size_t n)
{
	const struct scn_line *l = r->l;
	bool seen[32] = { false };

	assert(n <= SP_LEN(seen) && "a directive with too many settings");
	for (size_t w = from; w < l->n; w++) {
		char *eq = strchr(l->word[w], '=');
		size_t i;
		void *at;
		int rv;

		if (eq == NULL)
			return scn_fail(l, "%.60s: not name=value", l->word[w]);
		*eq = '\0';
		for (i = 0; i < n && strcmp(f[i].name, l->word[w]) != 0; i++)
			;
		if (i == n)
			return scn_fail(l, "%.60s: no such setting of %s",
			    l->word[w], l->word[0]);
		if (seen[i])
			return scn_fail(l, "%s: twice", f[i].name);
		seen[i] = true;
		at = (char *)base + f[i].at;
		rv = f[i].type == FIELD_DIST ? dist(r, at, &f[i], eq + 1)
					     : value(r, at, &f[i], eq + 1);
		if (rv < 0)
			return rv;
	}
	return 0;
}

static int
on_group(struct reader *r, enum scn_kind kind)
{
	static const struct field count = { "count", FIELD_ONE, METRIC_COUNT, 0,
		100000 };
	struct scenario *s = r->scn;
	struct scn_group *g = &s->groups[s->n_groups];
	int rv;

	if (s->n_groups == SCN_GROUPS)
		return scn_fail(r->l, "more than %d groups", SCN_GROUPS);
	if (r->l->n < 2)
		return scn_fail(r->l, "%s: how many?", r->l->word[0]);
	memset(g, 0, sizeof(*g));
	g->kind = kind;
	g->up.a = 5 * 125000;
	g->down.a = 20 * 125000;
	g->delay = (struct dist){ DIST_UNIFORM, 3 * SP_MS, 15 * SP_MS };
	g->flip = kind == SCN_POLLUTERS ? ALL : 0;
	if (value(r, &g->count, &count, r->l->word[1]) < 0)
		return SP_ERR_SYNTAX;
	rv = fields(r, 2, g, group_fields, SP_LEN(group_fields));
	if (rv < 0)
		return rv;
	if (g->flip > 0 && kind != SCN_POLLUTERS)
		return scn_fail(r->l, "flip: of polluters only");
	if (g->up.kind == DIST_MIX)
		dist_mix_fit(&g->up, (uint64_t)g->count);
	s->n_groups++;
	return 0;
}

static int
on_track(struct reader *r)
{
	struct scenario *s = r->scn;

	if (s->n_tracks == SCN_TRACKS)
		return scn_fail(r->l, "more than %d tracks", SCN_TRACKS);
	s->tracks[s->n_tracks].rate = 0;
	return fields(r, 1, &s->tracks[s->n_tracks++], track_fields,
	    SP_LEN(track_fields));
}

/* The word "name=value" of `at T origin'. */
static int
origin_event(struct reader *r, struct scn_event *ev, const char *word)
{
	static const struct {
		struct field f;
		enum scn_what what;
	} table[] = {
		{ { "rate", FIELD_ONE, METRIC_RATE, 0, RATE_MAX },
		    SCN_ORIGIN_RATE },
		{ { "ttfb", FIELD_ONE, METRIC_TIME, 0, 60 * SP_S },
		    SCN_ORIGIN_TTFB },
		{ { "requests", FIELD_ONE, METRIC_COUNT, 0, 1000000 },
		    SCN_ORIGIN_REQUESTS },
		{ { "dead", FIELD_ONE, METRIC_RATIO, 0, ALL },
		    SCN_ORIGIN_DEAD },
	};
	size_t n = strcspn(word, "=");

	for (size_t i = 0; word[n] == '=' && i < SP_LEN(table); i++)
		if (strlen(table[i].f.name) == n &&
		    memcmp(table[i].f.name, word, n) == 0) {
			ev->what = table[i].what;
			return value(r, &ev->value, &table[i].f, word + n + 1);
		}
	return scn_fail(r->l, "origin %.40s: no such event", word);
}

static int
event(struct reader *r, struct scn_event *ev, const char *who, const char *what)
{
	static const struct field count = { "count", FIELD_ONE, METRIC_COUNT, 0,
		100000 };
	static const struct {
		const char *who, *what; /* what NULL: a number */
		enum scn_what id;
	} table[] = { { "origin", "down", SCN_ORIGIN_DOWN },
		{ "origin", "up", SCN_ORIGIN_UP },
		{ "tracker", "down", SCN_TRACKER_DOWN },
		{ "tracker", "up", SCN_TRACKER_UP },
		{ "seeder", "down", SCN_SEEDER_DOWN },
		{ "seeder", "up", SCN_SEEDER_UP }, { "join", NULL, SCN_JOIN },
		{ "leave", NULL, SCN_LEAVE }, { "crash", NULL, SCN_CRASH } };

	for (size_t i = 0; i < SP_LEN(table); i++) {
		if (strcmp(who, table[i].who) != 0)
			continue;
		ev->what = table[i].id;
		if (table[i].what == NULL)
			return value(r, &ev->value, &count, what);
		if (strcmp(what, table[i].what) == 0)
			return 0;
	}
	if (strcmp(who, "origin") == 0)
		return origin_event(r, ev, what);
	return scn_fail(r->l, "%.40s %.40s: no such event", who, what);
}

static int
on_at(struct reader *r)
{
	static const struct field at = { "at", FIELD_ONE, METRIC_TIME, 0, DAY };
	struct scn_event ev = { 0, SCN_ORIGIN_RATE, 0 };
	struct scenario *s = r->scn;
	size_t i;
	int rv;

	if (r->l->n != 4)
		return scn_fail(r->l, "at: T who what");
	if (s->n_events == SCN_EVENTS)
		return scn_fail(r->l, "more than %d events", SCN_EVENTS);
	rv = value(r, &ev.at, &at, r->l->word[1]);
	if (rv == 0)
		rv = event(r, &ev, r->l->word[2], r->l->word[3]);
	if (rv < 0)
		return rv;
	for (i = s->n_events++; i > 0 && s->events[i - 1].at > ev.at; i--)
		s->events[i] = s->events[i - 1];
	s->events[i] = ev;
	return 0;
}

static int
on_expect(struct reader *r)
{
	struct scenario *s = r->scn;
	int rv;

	if (s->n_expects == SCN_EXPECTS)
		return scn_fail(r->l, "more than %d expectations", SCN_EXPECTS);
	rv = scn_expect_read(&s->expects[s->n_expects], r->l);
	s->n_expects += rv == 0;
	return rv;
}

static int
on_word(struct reader *r)
{
	static const struct field span = { "span", FIELD_ONE, METRIC_TIME, 0,
		DAY };
	static const struct field seed = { "seed", FIELD_ONE, METRIC_COUNT, 0,
		INT64_MAX };
	const struct scn_line *l = r->l;
	struct scenario *s = r->scn;
	int64_t v;

	if (l->n != 2)
		return scn_fail(l, "%s: one value", l->word[0]);
	if (strcmp(l->word[0], "run") == 0)
		return value(r, &s->run, &span, l->word[1]);
	if (strcmp(l->word[0], "settle") == 0)
		return value(r, &s->settle, &span, l->word[1]);
	if (strcmp(l->word[0], "crypto") == 0) {
		s->real_crypto = strcmp(l->word[1], "real") == 0;
		if (!s->real_crypto && strcmp(l->word[1], "counting") != 0)
			return scn_fail(l, "crypto: real or counting");
		return 0;
	}
	if (value(r, &v, &seed, l->word[1]) < 0)
		return SP_ERR_SYNTAX;
	s->seed = (uint64_t)v;
	return 0;
}

/* ablate NAME[,NAME...]; none is nothing. */
static int
on_ablate(struct reader *r)
{
	static const struct {
		const char *name;
		unsigned without;
	} parts[] = { { "none", 0 }, { "duty", MESH_WITHOUT_DUTY },
		{ "ramp", MESH_WITHOUT_RAMP }, { "hedge", MESH_WITHOUT_HEDGE },
		{ "push", MESH_WITHOUT_PUSH },
		{ "catchup", MESH_WITHOUT_CATCHUP },
		{ "small", MESH_WITHOUT_SMALL },
		{ "central", MESH_WITHOUT_CENTRAL },
		{ "plan", MESH_WITHOUT_PLAN },
		{ "order", MESH_WITHOUT_ORDER } };
	const char *s = r->l->n == 2 ? r->l->word[1] : "";
	size_t len, i;

	do {
		len = strcspn(s, ",");
		for (i = 0; i < SP_LEN(parts); i++)
			if (strlen(parts[i].name) == len &&
			    memcmp(parts[i].name, s, len) == 0)
				break;
		if (i == SP_LEN(parts))
			return scn_fail(r->l, "ablate %.40s: no such part", s);
		r->scn->without |= parts[i].without;
		s += len + (s[len] == ',');
	} while (*s != '\0');
	return 0;
}

static int
directive(void *ctx, struct scn_line *l)
{
	struct reader *r = ctx;
	const char *d = l->word[0];
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

	r->l = l;
	if (strcmp(d, "stream") == 0)
		r->stream = true;
	for (size_t i = 0; i < SP_LEN(plain); i++)
		if (strcmp(d, plain[i].name) == 0)
			return fields(r, 1, plain[i].base, plain[i].f,
			    plain[i].n);
	for (size_t i = 0; i < SP_LEN(kinds); i++)
		if (strcmp(d, kinds[i]) == 0)
			return on_group(r, (enum scn_kind)i);
	if (strcmp(d, "track") == 0)
		return on_track(r);
	if (strcmp(d, "at") == 0)
		return on_at(r);
	if (strcmp(d, "expect") == 0)
		return on_expect(r);
	if (strcmp(d, "ablate") == 0)
		return on_ablate(r);
	if (strcmp(d, "run") == 0 || strcmp(d, "crypto") == 0 ||
	    strcmp(d, "seed") == 0 || strcmp(d, "settle") == 0)
		return on_word(r);
	return scn_fail(l, "%.60s: no such directive", d);
}

static void
defaults(struct scenario *s)
{
	memset(s, 0, sizeof(*s));
	s->seed = 1;
	s->n_tracks = 1;
	s->net.fifo = 200 * SP_MS;
	s->net.sndbuf = 0;
	s->net.acks = 2;
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

/* What no line alone can tell. */
static const char *
whole(const struct scenario *s)
{
	if (s->run == 0)
		return "run is missing";
	if (s->n_groups == 0)
		return "viewers are missing";
	if (s->stream.rate == 0 || s->stream.segment < 100 * SP_MS ||
	    s->seeder.poll == 0)
		return "stream: needs a rate, a segment of 100ms or more, and "
		       "a seeder that polls";
	for (size_t i = 0; i < s->n_tracks; i++) {
		if (s->tracks[i].rate == 0)
			return "track: needs a rate";
		if (s->tracks[i].rate / 1000 * (s->stream.segment / SP_MS) >
		    LIM_PIECE_BYTES)
			return "stream: pieces of more than 16 MiB";
	}
	for (size_t i = 0; i < s->n_groups; i++)
		if ((size_t)s->groups[i].track >= s->n_tracks)
			return "viewers: there is no such track";
	if (s->stream.window < s->stream.segment)
		return "stream: the window is shorter than a segment";
	if (s->settle >= s->run)
		return "settle: not before the end of the run";
	if (s->n_events > 0 && s->events[s->n_events - 1].at > s->run)
		return "at: after the end of the run";
	return NULL;
}

int
scenario_parse(struct scenario *out, const char *text, size_t len,
    struct scn_vars *vars, struct scn_error *e)
{
	struct reader r = { .scn = out };
	struct scn_vars own;
	const char *why;
	int rv;

	if (vars == NULL) {
		memset(&own, 0, sizeof(own));
		vars = &own;
	}
	defaults(out);
	rv = scn_lines(text, len, vars, e, directive, &r);
	if (rv < 0)
		return rv;
	e->line = 0;
	out->tracks[0].rate = out->stream.rate;
	why = whole(out);
	if (why != NULL) {
		snprintf(e->what, sizeof(e->what), "%s", why);
		return SP_ERR_SYNTAX;
	}
	why = scn_vars_unmet(vars);
	if (why == NULL)
		return 0;
	snprintf(e->what, sizeof(e->what),
	    "%.40s: set, but there is no let of "
	    "that name",
	    why);
	return SP_ERR_SYNTAX;
}
