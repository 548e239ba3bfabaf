#include "test/sim/scnvar.h"

#define RESULT_MAX INT64_C(1000000000000)

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t
name_len(const char *p, size_t len)
{
	size_t n = 0;

	if (len == 0 || !is_letter(p[0]))
		return 0;
	while (n < len && (is_letter(p[n]) || is_digit(p[n]) || p[n] == '_'))
		n++;
	return n;
}

/* NULL: no such variable. */
static const struct scn_var *
find(const struct scn_vars *vars, const char *name, size_t len)
{
	for (size_t i = 0; i < vars->n; i++)
		if (strlen(vars->v[i].name) == len &&
		    memcmp(vars->v[i].name, name, len) == 0)
			return &vars->v[i];
	return NULL;
}

/* The variable of that name, made if need be. */
static int
slot(struct scn_vars *vars, const char *name, size_t len, struct scn_var **out)
{
	const struct scn_var *v = find(vars, name, len);
	size_t i = v != NULL ? (size_t)(v - vars->v) : vars->n;

	*out = &vars->v[i];
	if (v != NULL)
		return 0;
	if (name_len(name, len) != len || len == 0)
		return SP_ERR_SYNTAX;
	if (len >= SCN_VAR_NAME)
		return SP_ERR_TOOBIG;
	if (vars->n == SCN_VARS)
		return SP_ERR_FULL;
	memset(*out, 0, sizeof(**out));
	memcpy((*out)->name, name, len);
	vars->n++;
	return 0;
}

/* An integer, then an operator or the end; how long it is, 0: none. */
static size_t
number(const char *s, int64_t *out)
{
	size_t n = 0;

	for (*out = 0; is_digit(s[n]); n++) {
		*out = *out * 10 + (s[n] - '0');
		if (*out > RESULT_MAX)
			return 0;
	}
	return s[n] == '\0' || strchr("*/+-", s[n]) != NULL ? n : 0;
}

/* False: |s| is text, not a computation. */
static bool
compute(const char *s, int64_t *out)
{
	size_t n = number(s, out);
	int64_t b;
	char op;

	if (n == 0)
		return false;
	while ((op = s[n]) != '\0') {
		size_t more = number(s + n + 1, &b);

		if (more == 0 || (op == '/' && b == 0) ||
		    (op == '*' && b > 0 && *out > RESULT_MAX / b))
			return false;
		n += 1 + more;
		*out = op == '*'   ? *out * b
		       : op == '/' ? *out / b
		       : op == '+' ? *out + b
				   : *out - b;
		if (*out < 0 || *out > RESULT_MAX)
			return false;
	}
	return true;
}

int
scn_vars_let(struct scn_vars *vars, const char *name, const char *value)
{
	struct scn_var *v;
	int64_t result;
	int rv;

	if (value[0] == '\0')
		return SP_ERR_SYNTAX;
	if (strlen(value) >= SCN_VAR_VALUE)
		return SP_ERR_TOOBIG;
	rv = slot(vars, name, strlen(name), &v);
	if (rv < 0)
		return rv;
	v->met = true;
	if (v->set)
		return 0;
	if (compute(value, &result))
		snprintf(v->value, sizeof(v->value), "%" PRId64, result);
	else
		memcpy(v->value, value, strlen(value) + 1);
	return 0;
}

int
scn_vars_set(struct scn_vars *vars, const char *pair)
{
	const char *eq = strchr(pair, '=');
	struct scn_var *v;
	int rv;

	if (eq == NULL || eq[1] == '\0' || strpbrk(eq, " \t\r\n#") != NULL)
		return SP_ERR_SYNTAX;
	if (strlen(eq + 1) >= SCN_VAR_VALUE)
		return SP_ERR_TOOBIG;
	rv = slot(vars, pair, (size_t)(eq - pair), &v);
	if (rv < 0)
		return rv;
	v->set = true;
	memcpy(v->value, eq + 1, strlen(eq + 1) + 1);
	return 0;
}

/* A reference at |p|, which is a '$': its name, and how long it all is. */
static size_t
reference(const char *p, size_t len, const char **name, size_t *n)
{
	bool brace = len > 1 && p[1] == '{';
	size_t skip = brace ? 2 : 1;

	*name = p + skip;
	*n = name_len(p + skip, len - skip);
	if (*n == 0 || !brace)
		return *n > 0 ? skip + *n : 0;
	return skip + *n < len && p[skip + *n] == '}' ? skip + *n + 1 : 0;
}

int
scn_vars_expand(const struct scn_vars *vars, const char *p, size_t len,
    char *out, size_t size, const char **bad)
{
	const char *name, *end = p + len;
	const struct scn_var *v;
	size_t at = 0, n, used;

	while (p < end) {
		const char *from = p;

		used = n = 1;
		if (*p == '$') {
			used = reference(p, (size_t)(end - p), &name, &n);
			*bad = p;
			if (used == 0 || (v = find(vars, name, n)) == NULL)
				return SP_ERR_NOTFOUND;
			from = v->value;
			n = strlen(from);
		}
		if (n >= size - at)
			return SP_ERR_TOOBIG;
		memcpy(out + at, from, n);
		at += n;
		p += used;
	}
	out[at] = '\0';
	return 0;
}

const char *
scn_vars_unmet(const struct scn_vars *vars)
{
	for (size_t i = 0; i < vars->n; i++)
		if (vars->v[i].set && !vars->v[i].met)
			return vars->v[i].name;
	return NULL;
}
