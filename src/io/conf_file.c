#include "io/conf_int.h"

#include <errno.h>

#include "io/store.h"

/* ---- what is wrong ---- */

static struct {
	void (*fn)(void *ctx, const char *line);
	void *ctx;
} hears;

void
conf_complain_to(void (*fn)(void *ctx, const char *line), void *ctx)
{
	hears.fn = fn;
	hears.ctx = ctx;
}

void
conf_complain(const char *fmt, ...)
{
	char line[2 * 4096 + 512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (hears.fn != NULL)
		hears.fn(hears.ctx, line);
	else
		fprintf(stderr, "%s\n", line);
}

/* ---- files ---- */

struct place {
	const char *path;
	unsigned line;
	unsigned depth;
	char dir[4096];
};

static int read_file(struct conf *c, const char *path, unsigned depth,
    const struct place *from);

static int
complain(const struct place *at, const char *why)
{
	conf_complain("%s:%u: %s", at->path, at->line, why);
	return SP_ERR_ARG;
}

/* Cuts a word off |*s| in place: bare, or in quotes with \" and \\. */
static int
word(char **s, char **out)
{
	char *p = *s, *w;

	p += strspn(p, " \t");
	*out = w = p;
	if (*p != '"') {
		p += strcspn(p, " \t");
		if (*p != '\0')
			*p++ = '\0';
		*s = p;
		return 0;
	}
	for (p++; *p != '"'; *w++ = *p++) {
		if (*p == '\\' && (p[1] == '"' || p[1] == '\\'))
			p++;
		if (*p == '\0')
			return SP_ERR_SYNTAX;
	}
	*w = '\0';
	*s = p + 1;
	return 0;
}

/* A # starts a comment unless it is quoted or inside a word (a URL). */
static void
strip(char *s)
{
	bool quoted = false;
	char *p, *end;

	for (p = s; *p != '\0'; p++) {
		if (*p == '\\' && quoted && p[1] != '\0')
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (*p == '#' && !quoted &&
			 (p == s || p[-1] == ' ' || p[-1] == '\t'))
			break;
	}
	*p = '\0';
	for (end = p; end > s && strchr(" \t\r", end[-1]) != NULL; end--)
		;
	*end = '\0';
}

static int
include(struct conf *c, const struct place *at, const char *path)
{
	char full[8192];

	if (at->depth + 1 >= CONF_DEPTH)
		return complain(at, "too many files in files");
	if (*path == '/')
		snprintf(full, sizeof(full), "%s", path);
	else
		snprintf(full, sizeof(full), "%s/%s", at->dir, path);
	return read_file(c, full, at->depth + 1, at);
}

static int
set(struct conf *c, const struct place *at, const char *key, const char *value)
{
	const struct conf_row *row;
	char why[512];
	size_t i;

	row = conf_find(c->prog, key, &i);
	if (row == NULL || (row->flags & CONF_F_CMDLINE)) {
		snprintf(why, sizeof(why),
		    row == NULL ? "no such option: %.100s"
				: "only for the command line: %.100s",
		    key);
		return complain(at, why);
	}
	if (conf_set(c, i, value, at->dir) == 0)
		return 0;
	snprintf(why, sizeof(why), "%.100s: %s", key, c->why);
	return complain(at, why);
}

static int
line(struct conf *c, const struct place *at, char *s)
{
	char *key, *value = NULL;

	strip(s);
	s += strspn(s, " \t");
	if (*s == '\0')
		return 0;
	if (word(&s, &key) < 0)
		return complain(at, "a quote is not closed");
	s += strspn(s, " \t");
	if (*s != '\0' && word(&s, &value) < 0)
		return complain(at, "a quote is not closed");
	s += strspn(s, " \t");
	if (*s != '\0')
		return complain(at,
		    "one value only; put it in quotes if it has spaces");
	if (strcmp(key, "include") != 0)
		return set(c, at, key, value);
	if (value == NULL)
		return complain(at, "include: which file?");
	return include(c, at, value);
}

static int
cannot_read(const struct place *from, const char *path, int rc)
{
	const char *why =
	    rc == SP_ERR_TOOBIG ? sp_strerror(rc) : strerror(errno);
	char text[4400];

	if (from == NULL) {
		conf_complain("%s: %s", path, why);
		return SP_ERR_ARG;
	}
	snprintf(text, sizeof(text), "%.4000s: %s", path, why);
	return complain(from, text);
}

static int
read_file(struct conf *c, const char *path, unsigned depth,
    const struct place *from)
{
	struct place at = { .path = path, .depth = depth };
	const char *slash = strrchr(path, '/');
	char *p, *next;
	uint8_t *text;
	size_t len;
	int rc;

	if ((rc = store_read(path, CONF_FILE, &text, &len)) < 0)
		return cannot_read(from, path, rc);
	if (slash == NULL)
		snprintf(at.dir, sizeof(at.dir), ".");
	else
		snprintf(at.dir, sizeof(at.dir), "%.*s",
		    (int)SP_MAX(slash - path, 1), path);
	rc = 0;
	for (p = (char *)text; rc == 0 && p < (char *)text + len; p = next) {
		at.line++;
		next = p + strcspn(p, "\n");
		if (*next == '\0' && next < (char *)text + len)
			rc = complain(&at, "a NUL byte");
		*next++ = '\0';
		if (rc == 0)
			rc = line(c, &at, p);
	}
	free(text);
	return rc;
}

int
conf_file(struct conf *c, const char *path)
{
	return read_file(c, path, 0, NULL);
}
