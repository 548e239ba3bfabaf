#include "io/conf.h"
#include "io/conf_int.h"

/* ---- rows ---- */

#define STD(field) offsetof(struct conf_std, field)

static const struct conf_row std_tool[] = {
	{ "verbose", 'v', CONF_INT, STD(verbose), 0, 3, "0", NULL,
	    "say more; may be repeated", CONF_F_CMDLINE | CONF_F_COUNT },
	{ "help", 'h', CONF_FLAG, 0, 0, 0, NULL, NULL, "print this and exit",
	    CONF_F_CMDLINE },
	{ "version", 'V', CONF_FLAG, 0, 0, 0, NULL, NULL,
	    "print the version and exit", CONF_F_CMDLINE },
	{ "dump-options", 0, CONF_FLAG, 0, 0, 0, NULL, NULL,
	    "print the table of options and exit",
	    CONF_F_CMDLINE | CONF_F_HIDDEN },
};
static const struct conf_row std_file[] = {
	{ "config", 'f', CONF_PATH, STD(file), 0, 4095, NULL, "FILE",
	    "read this configuration file", CONF_F_CMDLINE },
	{ "check", 'n', CONF_FLAG, STD(check), 0, 0, NULL, NULL,
	    "check the configuration and exit", CONF_F_CMDLINE },
	{ "dump-config", 0, CONF_FLAG, 0, 0, 0, NULL, NULL,
	    "print the configuration that results and exit", CONF_F_CMDLINE },
};
static const struct conf_row std_daemon[] = {
	{ "daemon", 'd', CONF_FLAG, STD(daemon), 0, 0, NULL, NULL,
	    "go to the background", CONF_F_CMDLINE },
	{ "pidfile", 'p', CONF_PATH, STD(pidfile), 0, 4095, NULL, "FILE",
	    "write the process id here and lock it", 0 },
	{ "log", 0, CONF_ENUM, STD(log), 0, 0, "stderr", "stderr|syslog",
	    "where log lines go", 0 },
};

const struct conf_row *
conf_row(const struct conf_prog *p, size_t i)
{
	if (i < p->nrows)
		return &p->rows[i];
	i -= p->nrows;
	if (p->std >= CONF_STD_DAEMON) {
		if (i < SP_LEN(std_daemon))
			return &std_daemon[i];
		i -= SP_LEN(std_daemon);
	}
	if (p->std >= CONF_STD_FILE) {
		if (i < SP_LEN(std_file))
			return &std_file[i];
		i -= SP_LEN(std_file);
	}
	return i < SP_LEN(std_tool) ? &std_tool[i] : NULL;
}

const struct conf_row *
conf_find(const struct conf_prog *p, const char *name, size_t *i)
{
	const struct conf_row *row;
	size_t k;

	for (k = 0; (row = conf_row(p, k)) != NULL; k++)
		if (strcmp(row->name, name) == 0) {
			if (i != NULL)
				*i = k;
			return row;
		}
	return NULL;
}

enum conf_deed
conf_deed(const struct conf_row *row)
{
	if (row == &std_tool[1])
		return CONF_D_HELP;
	if (row == &std_tool[2])
		return CONF_D_VERSION;
	if (row == &std_tool[3])
		return CONF_D_DUMP_OPTIONS;
	if (row == &std_file[2])
		return CONF_D_DUMP_CONFIG;
	return CONF_D_NONE;
}

void *
conf_slot(struct conf *c, size_t i)
{
	const struct conf_row *row = conf_row(c->prog, i);

	if (conf_deed(row) != CONF_D_NONE)
		return NULL;
	if (i < c->prog->nrows)
		return c->opts + row->at;
	return c->opts + c->prog->std_at + row->at;
}

/* ---- values ---- */

static void *
own(struct conf *c, void *p)
{
	void **v;

	if (p == NULL)
		return NULL;
	v = realloc(c->owned, (c->nowned + 1) * sizeof(*v));
	if (v == NULL) {
		free(p);
		return NULL;
	}
	c->owned = v;
	c->owned[c->nowned++] = p;
	return p;
}

static int
bad(struct conf *c, int rc, const char *what)
{
	snprintf(c->why, sizeof(c->why), "%s", what);
	return rc;
}

static int
set_flag(struct conf *c, bool *out, const char *value)
{
	if (value == NULL || strcmp(value, "yes") == 0)
		*out = true;
	else if (strcmp(value, "no") == 0)
		*out = false;
	else
		return bad(c, SP_ERR_SYNTAX, "yes or no");
	return 0;
}

static int
set_number(struct conf *c, const struct conf_row *row, int64_t *out,
    const char *value)
{
	static int (*const get[])(const char *, int64_t *) = {
		[CONF_INT] = conf_get_int,
		[CONF_SIZE] = conf_get_size,
		[CONF_TIME] = conf_get_time,
		[CONF_RATE] = conf_get_rate,
		[CONF_PPM] = conf_get_ppm,
	};
	static const char *const like[] = {
		[CONF_INT] = "a whole number",
		[CONF_SIZE] = "a size like 64KiB or 4MiB",
		[CONF_TIME] = "a time like 300ms, 2s or 5m",
		[CONF_RATE] = "a rate like 4Mbit/s or 500kB/s",
		[CONF_PPM] = "a share like 5% or 0.05",
	};
	char lo[CONF_NUM_MAX], hi[CONF_NUM_MAX];
	int64_t v;
	int rc = get[row->type](value, &v);

	if (rc == SP_ERR_SYNTAX) {
		snprintf(c->why, sizeof(c->why), "'%.60s' is not %s", value,
		    like[row->type]);
		return rc;
	}
	if (rc == 0 && v >= row->min && v <= row->max) {
		*out = v;
		return 0;
	}
	conf_put_value(row, row->min, lo);
	conf_put_value(row, row->max, hi);
	if (row->max == INT64_MAX)
		snprintf(c->why, sizeof(c->why), "'%.60s' is less than %s",
		    value, lo);
	else
		snprintf(c->why, sizeof(c->why), "'%.60s' is not in %s..%s",
		    value, lo, hi);
	return SP_ERR_RANGE;
}

static int
set_enum(struct conf *c, const struct conf_row *row, int *out,
    const char *value)
{
	const char *p = row->arg;
	size_t len;
	int k;

	for (k = 0;; k++) {
		len = strcspn(p, "|");
		if (strlen(value) == len && strncmp(p, value, len) == 0) {
			*out = k;
			return 0;
		}
		if (p[len] == '\0')
			break;
		p += len + 1;
	}
	snprintf(c->why, sizeof(c->why), "'%.60s' is not one of %s", value,
	    row->arg);
	return SP_ERR_SYNTAX;
}

/* A copy of the text, with |dir| in front of a relative path. */
static const char *
text_of(struct conf *c, const struct conf_row *row, const char *value,
    const char *dir)
{
	size_t len = strlen(value), dlen = 0;
	char *s;

	if (row->type == CONF_PATH && dir != NULL && *value != '/')
		dlen = strlen(dir) + 1;
	if ((s = own(c, malloc(dlen + len + 1))) == NULL)
		return NULL;
	if (dlen > 0) {
		memcpy(s, dir, dlen - 1);
		s[dlen - 1] = '/';
	}
	memcpy(s + dlen, value, len + 1);
	return s;
}

static int
check_length(struct conf *c, const struct conf_row *row, const char *value)
{
	size_t len = strlen(value);

	if (len >= (uint64_t)row->min && len <= (uint64_t)row->max)
		return 0;
	snprintf(c->why, sizeof(c->why),
	    "must have %" PRId64 " to %" PRId64 " characters", row->min,
	    row->max);
	return SP_ERR_RANGE;
}

static int
set_list(struct conf *c, const struct conf_row *row, struct conf_list *l,
    const char *value)
{
	const char *s;
	const char **v;

	if (*value == '\0') {
		l->n = 0;
		return 0;
	}
	if (check_length(c, row, value) < 0)
		return SP_ERR_RANGE;
	if (l->n == CONF_VALUES)
		return bad(c, SP_ERR_RANGE, "too many values");
	if ((s = text_of(c, row, value, NULL)) == NULL ||
	    (v = own(c, calloc(l->n + 1, sizeof(*v)))) == NULL)
		return bad(c, SP_ERR_NOMEM, "out of memory");
	if (l->n > 0)
		memcpy(v, l->v, l->n * sizeof(*v));
	v[l->n++] = s;
	l->v = v;
	return 0;
}

static int
set_text(struct conf *c, const struct conf_row *row, const char **out,
    const char *value, const char *dir)
{
	if (check_length(c, row, value) < 0)
		return SP_ERR_RANGE;
	if ((*out = text_of(c, row, value, dir)) == NULL)
		return bad(c, SP_ERR_NOMEM, "out of memory");
	return 0;
}

int
conf_set(struct conf *c, size_t i, const char *value, const char *dir)
{
	const struct conf_row *row = conf_row(c->prog, i);
	void *slot = conf_slot(c, i);

	if (slot == NULL)
		return 0;
	if (row->type == CONF_FLAG)
		return set_flag(c, slot, value);
	if (value == NULL)
		return bad(c, SP_ERR_SYNTAX, "a value is missing");
	switch (row->type) {
	case CONF_ENUM:
		return set_enum(c, row, slot, value);
	case CONF_LIST:
		return set_list(c, row, slot, value);
	case CONF_STR:
	case CONF_PATH:
		return set_text(c, row, slot, value, dir);
	default:
		return set_number(c, row, slot, value);
	}
}

static void
clear(struct conf *c, size_t i)
{
	const struct conf_row *row = conf_row(c->prog, i);
	void *slot = conf_slot(c, i);

	if (slot == NULL)
		return;
	switch (row->type) {
	case CONF_FLAG:
		*(bool *)slot = false;
		break;
	case CONF_ENUM:
		*(int *)slot = 0;
		break;
	case CONF_LIST:
		memset(slot, 0, sizeof(struct conf_list));
		break;
	case CONF_STR:
	case CONF_PATH:
		*(const char **)slot = NULL;
		break;
	default:
		*(int64_t *)slot = 0;
	}
}

int
conf_defaults(struct conf *c)
{
	const struct conf_row *row;
	size_t i;
	int rc;

	for (i = 0; (row = conf_row(c->prog, i)) != NULL; i++) {
		clear(c, i);
		if (row->dflt == NULL || conf_slot(c, i) == NULL)
			continue;
		if ((rc = conf_set(c, i, row->dflt, NULL)) == SP_ERR_NOMEM)
			return rc;
		assert(rc == 0 && "the default of a row is valid");
	}
	return 0;
}

void
conf_free(struct conf *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->nowned; i++)
		free(c->owned[i]);
	free(c->owned);
	free(c->args);
	free(c);
}

int
conf_absolute(struct conf *c, const char *dir)
{
	const struct conf_row *row;
	const char **path;

	for (size_t i = 0; (row = conf_row(c->prog, i)) != NULL; i++) {
		path = row->type == CONF_PATH ? conf_slot(c, i) : NULL;
		if (path == NULL || *path == NULL || **path == '/')
			continue;
		*path = text_of(c, row, *path, dir);
		if (*path == NULL)
			return SP_ERR_NOMEM;
	}
	return 0;
}

/* ---- two sets of options ---- */

static bool
is_same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
is_same_list(const struct conf_list *a, const struct conf_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	}
	return true;
}

static bool
is_same(const struct conf_row *row, const void *a, const void *b)
{
	switch (row->type) {
	case CONF_STR:
	case CONF_PATH:
		return is_same_text(*(const char *const *)a,
		    *(const char *const *)b);
	case CONF_LIST:
		return is_same_list(a, b);
	case CONF_FLAG:
		return *(const bool *)a == *(const bool *)b;
	case CONF_ENUM:
		return *(const int *)a == *(const int *)b;
	default:
		return *(const int64_t *)a == *(const int64_t *)b;
	}
}

void
conf_diff(const struct conf_prog *prog, const void *a, const void *b,
    void (*cb)(void *ctx, const struct conf_row *row), void *ctx)
{
	const struct conf_row *row;

	for (size_t i = 0; i < prog->nrows; i++) {
		row = &prog->rows[i];
		if (!is_same(row, (const uint8_t *)a + row->at,
			(const uint8_t *)b + row->at))
			cb(ctx, row);
	}
}
