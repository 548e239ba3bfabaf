#include "test/sim/scnline.h"

#define BLANKS " \t\r"

int
scn_fail(const struct scn_line *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(l->e->what, sizeof(l->e->what), fmt, ap);
	va_end(ap);
	l->e->line = l->line;
	return SP_ERR_SYNTAX;
}

static int
let(const struct scn_line *l, struct scn_vars *vars)
{
	if (l->n != 3)
		return scn_fail(l, "let: NAME VALUE");
	switch (scn_vars_let(vars, l->word[1], l->word[2])) {
	case 0:
		return 0;
	case SP_ERR_FULL:
		return scn_fail(l, "more than %d variables", SCN_VARS);
	case SP_ERR_TOOBIG:
		return scn_fail(l, "let %.40s: too long", l->word[1]);
	default:
		return scn_fail(l, "let %.40s: not a name", l->word[1]);
	}
}

static int
expand(struct scn_line *l, const struct scn_vars *vars, const char *p,
    size_t len)
{
	const char *bad;
	size_t n = 0;
	int rv;

	rv = scn_vars_expand(vars, p, len, l->text, sizeof(l->text), &bad);
	if (rv == SP_ERR_NOTFOUND) {
		while (n < SCN_VAR_NAME && bad + n < p + len &&
		       strchr(BLANKS, bad[n]) == NULL)
			n++;
		return scn_fail(l, "%.*s: no such variable", (int)n, bad);
	}
	return rv < 0 ? scn_fail(l, "line too long") : 0;
}

static int
split(struct scn_line *l)
{
	char *s;

	memcpy(l->buf, l->text, sizeof(l->buf));
	for (s = l->buf; *(s += strspn(s, BLANKS)) != '\0';) {
		if (l->n == SCN_WORDS)
			return scn_fail(l, "more than %d words", SCN_WORDS);
		l->word[l->n++] = s;
		s += strcspn(s, BLANKS);
		if (*s != '\0')
			*s++ = '\0';
	}
	return 0;
}

static int
one(struct scn_line *l, struct scn_vars *vars, const char *p, size_t len)
{
	const char *hash = memchr(p, '#', len);
	int rv;

	l->n = 0;
	if (memchr(p, '\0', len) != NULL)
		return scn_fail(l, "not text");
	if (hash != NULL)
		len = (size_t)(hash - p);
	while (len > 0 && strchr(BLANKS, p[len - 1]) != NULL)
		len--;
	while (len > 0 && strchr(BLANKS, *p) != NULL) {
		p++;
		len--;
	}
	rv = expand(l, vars, p, len);
	return rv < 0 ? rv : split(l);
}

int
scn_lines(const char *text, size_t len, struct scn_vars *vars,
    struct scn_error *e, int (*fn)(void *ctx, struct scn_line *l), void *ctx)
{
	const char *end = text + len, *nl;
	struct scn_line l = { .e = e };
	int rv;

	for (; text < end; text = nl < end ? nl + 1 : end) {
		l.line++;
		nl = memchr(text, '\n', (size_t)(end - text));
		if (nl == NULL)
			nl = end;
		rv = one(&l, vars, text, (size_t)(nl - text));
		if (rv == 0 && l.n > 0)
			rv = strcmp(l.word[0], "let") == 0 ? let(&l, vars)
							   : fn(ctx, &l);
		if (rv < 0)
			return rv;
	}
	return 0;
}
