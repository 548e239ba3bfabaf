#include "tools/sim_suite.h"

#include <unistd.h>

#include "tools/sim_run.h"

struct reader {
	struct suite *s;
	struct suite_row *row; /* NULL before the first */
};

/* ---- parsing ---- */

static int
on_seeds(struct reader *r, const struct scn_line *l)
{
	const char *v = l->word[l->n - 1];
	struct conf_list list = { &v, 1 };
	int n;

	if (l->n != 2)
		return scn_fail(l, "seeds: N or N..M");
	n = sim_options_seeds(&list, r->s->seeds);
	if (n < 0)
		return scn_fail(l, "%.40s: not N or N..M, or more than %d", v,
		    SIM_SEEDS);
	r->s->n_seeds = n;
	return 0;
}

static int
on_row(struct reader *r, const struct scn_line *l)
{
	struct suite *s = r->s;
	struct suite_row *row = &s->rows[s->n_rows];

	if (s->n_rows == SUITE_ROWS)
		return scn_fail(l, "more than %d rows", SUITE_ROWS);
	if (l->n < 3 || l->n - 3 > SUITE_SETS)
		return scn_fail(l, "row: ID FILE, then at most %d NAME=VALUE",
		    SUITE_SETS);
	if (strlen(l->word[1]) >= sizeof(row->id) ||
	    strlen(l->word[2]) >= sizeof(row->file))
		return scn_fail(l, "row %.40s: too long", l->word[1]);
	for (size_t i = 0; i < s->n_rows; i++)
		if (strcmp(s->rows[i].id, l->word[1]) == 0)
			return scn_fail(l, "row %s: twice", l->word[1]);
	memset(row, 0, sizeof(*row));
	row->line = l->line;
	memcpy(row->id, l->word[1], strlen(l->word[1]) + 1);
	memcpy(row->file, l->word[2], strlen(l->word[2]) + 1);
	for (size_t i = 3; i < l->n; i++) {
		struct scn_vars try = { 0 };

		if (scn_vars_set(&try, l->word[i]) < 0)
			return scn_fail(l, "%.60s: not NAME=VALUE", l->word[i]);
		memcpy(row->sets[row->n_sets++], l->word[i],
		    strlen(l->word[i]) + 1);
	}
	s->n_rows++;
	r->row = row;
	return 0;
}

static int
on_text(struct reader *r, const struct scn_line *l)
{
	const char *text = l->text + strcspn(l->text, " \t");

	text += strspn(text, " \t");
	if (*text == '\0' || strlen(text) >= SUITE_TEXT)
		return scn_fail(l, "text: none, or more than %d characters",
		    SUITE_TEXT - 1);
	memcpy(r->row->text, text, strlen(text) + 1);
	return 0;
}

/* "@ID": of a row that has been told. */
static int
find_row(const struct reader *r, const struct scn_line *l, const char *id)
{
	for (size_t i = 0; i < r->s->n_rows; i++)
		if (&r->s->rows[i] != r->row &&
		    strcmp(r->s->rows[i].id, id) == 0)
			return (int)i;
	return scn_fail(l, "%.40s: no other row before it", id);
}

static int
on_check(struct reader *r, struct scn_line *l, bool bar)
{
	static char zero[] = "0";
	struct suite_row *row = r->row;
	struct suite_check *c = &row->check[row->n_checks];
	char *last = l->word[l->n - 1];
	int rv;

	if (row->n_checks == SUITE_CHECKS)
		return scn_fail(l, "more than %d bars and expectations",
		    SUITE_CHECKS);
	c->bar = bar;
	c->row = -1;
	if (*last == '@') {
		if ((c->row = find_row(r, l, last + 1)) < 0)
			return c->row;
		l->word[l->n - 1] = zero;
	}
	rv = scn_expect_read(&c->x, l);
	if (rv == 0 && c->row >= 0 && sim_column(&c->x) < 0)
		return scn_fail(l, "%.40s: not a quantile that is kept",
		    l->word[2]);
	row->n_checks += rv == 0;
	return rv;
}

static int
directive(void *ctx, struct scn_line *l)
{
	struct reader *r = ctx;
	const char *d = l->word[0];
	bool bar = strcmp(d, "bar") == 0;

	if (strcmp(d, "seeds") == 0)
		return on_seeds(r, l);
	if (strcmp(d, "row") == 0)
		return on_row(r, l);
	if (strcmp(d, "scale") == 0) {
		r->s->scale = true;
		return l->n == 1 ? 0 : scn_fail(l, "scale: nothing more");
	}
	if (!bar && strcmp(d, "text") != 0 && strcmp(d, "expect") != 0 &&
	    strcmp(d, "counted") != 0)
		return scn_fail(l, "%.60s: no such directive", d);
	if (r->row == NULL)
		return scn_fail(l, "%s: of which row?", d);
	if (*d == 'c') {
		r->row->counted = true;
		return l->n == 1 ? 0 : scn_fail(l, "counted: nothing more");
	}
	return strcmp(d, "text") == 0 ? on_text(r, l) : on_check(r, l, bar);
}

static int
fail(struct scn_error *e, const char *what, const char *why)
{
	e->line = 0;
	snprintf(e->what, sizeof(e->what), "%.40s%s", what, why);
	return SP_ERR_SYNTAX;
}

int
suite_parse(struct suite *s, const char *text, size_t len,
    struct scn_vars *vars, struct scn_error *e)
{
	struct reader r = { .s = s };
	int rv;

	s->n_rows = 0;
	s->scale = false;
	s->n_seeds = 1;
	s->seeds[0] = 1;
	rv = scn_lines(text, len, vars, e, directive, &r);
	if (rv < 0)
		return rv;
	if (s->n_rows == 0)
		return fail(e, "", "no rows");
	if (scn_vars_unmet(vars) != NULL)
		return fail(e, scn_vars_unmet(vars),
		    ": set, but there is no let of that name");
	return 0;
}

/* ---- finding ---- */

/* |dir| and what follows it, up to its last `/'. */
static bool
there(struct suite *s, const char *dir, const char *name)
{
	char path[sizeof(s->dir) + SUITE_TEXT];

	snprintf(path, sizeof(path), "%s%s.suite", dir, name);
	if (access(path, R_OK) < 0)
		return false;
	snprintf(s->dir, sizeof(s->dir), "%s", dir);
	return true;
}

/* Relative to the program: as it was built, and as it is installed. */
static bool
find(struct suite *s, const char *name)
{
	static const char *const places[] = { "/suites/",
		"/../share/spate/suites/" };
	char self[2048], dir[sizeof(self) + 32];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n > 0) {
		self[n] = '\0';
		*strrchr(self, '/') = '\0';
		for (size_t i = 0; i < SP_LEN(places); i++) {
			snprintf(dir, sizeof(dir), "%s%s", self, places[i]);
			if (there(s, dir, name))
				return true;
		}
	}
	return there(s, SIM_SUITES "/", name);
}

static bool
locate(struct suite *s, const char *name, char *path, size_t size)
{
	const char *slash = strrchr(name, '/');

	if (slash != NULL) {
		snprintf(s->dir, sizeof(s->dir), "%.*s",
		    (int)(slash + 1 - name), name);
		snprintf(path, size, "%s", name);
		return true;
	}
	if (strlen(name) < SUITE_TEXT && find(s, name)) {
		snprintf(path, size, "%s%s.suite", s->dir, name);
		return true;
	}
	fprintf(stderr, "spate-sim: %s: no such suite\n", name);
	return false;
}

bool
suite_load(struct suite *s, const char *name, struct scn_vars *vars)
{
	char path[sizeof(s->dir) + 2 * SUITE_TEXT], *text;
	struct scn_error e;
	size_t len;
	int rv;

	if (!locate(s, name, path, sizeof(path)) ||
	    (text = sim_slurp(path, &len)) == NULL)
		return false;
	rv = suite_parse(s, text, len, vars, &e);
	free(text);
	if (rv < 0 && e.line > 0)
		fprintf(stderr, "spate-sim: %s:%u: %s\n", path, e.line, e.what);
	else if (rv < 0)
		fprintf(stderr, "spate-sim: %s: %s\n", path, e.what);
	return rv == 0;
}

/* ---- weighing ---- */

int
suite_compare(const struct scn_expect *x, int64_t a, int64_t b)
{
	uint64_t da, db;

	if (a == b)
		return 0;
	switch (x->op) {
	case SCN_GE:
	case SCN_GT:
		return a < b ? -1 : 1;
	case SCN_LE:
	case SCN_LT:
		return a > b ? -1 : 1;
	case SCN_EQ:
	default:
		/* The farther the worse. */
		da = a > x->value ? (uint64_t)a - (uint64_t)x->value
				  : (uint64_t)x->value - (uint64_t)a;
		db = b > x->value ? (uint64_t)b - (uint64_t)x->value
				  : (uint64_t)x->value - (uint64_t)b;
		return da > db ? -1 : da < db;
	}
}

int64_t
suite_median(const struct scn_expect *x, int64_t *v, size_t n)
{
	/* Insertion: there are few. */
	for (size_t i = 1; i < n; i++)
		for (size_t k = i;
		     k > 0 && suite_compare(x, v[k], v[k - 1]) < 0; k--) {
			int64_t t = v[k];

			v[k] = v[k - 1];
			v[k - 1] = t;
		}
	/* Of an even number the worse of the two. */
	return v[(n - 1) / 2];
}
