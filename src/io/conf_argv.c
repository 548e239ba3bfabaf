#include "io/conf_int.h"

#include <getopt.h>

#define ARGV_LONG 1000 /* getopt_long values: row number above it */
#define ARGV_NO   100000
#define ARGV_ROWS 200

/* What getopt_long wants, made from the rows. */
struct argv_table {
	char shorts[2 * ARGV_ROWS + 2];
	struct option longs[2 * ARGV_ROWS + 1];
	char no[ARGV_ROWS][48]; /* "no-name" */
};

static bool
takes_value(const struct conf_row *row)
{
	return row->type != CONF_FLAG && (row->flags & CONF_F_COUNT) == 0;
}

/* --no-name is of use. */
static bool
has_no(const struct conf_row *row)
{
	size_t n = row->type == CONF_ENUM ? strlen(row->arg) : 0;

	return row->type == CONF_FLAG ||
	       (n >= 3 && strcmp(row->arg + n - 3, "|no") == 0);
}

static void
table_fill(struct argv_table *t, const struct conf_prog *p)
{
	const struct conf_row *row;
	size_t i, s = 0, l = 0, n = 0;

	memset(t, 0, sizeof(*t));
	t->shorts[s++] = ':'; /* missing values are told apart */
	for (i = 0; (row = conf_row(p, i)) != NULL; i++) {
		assert(i < ARGV_ROWS && "too many options");
		if (row->letter != 0) {
			t->shorts[s++] = row->letter;
			if (takes_value(row))
				t->shorts[s++] = ':';
		}
		t->longs[l].name = row->name;
		t->longs[l].has_arg =
		    takes_value(row) ? required_argument : no_argument;
		t->longs[l++].val = ARGV_LONG + (int)i;
		if (!has_no(row) || conf_deed(row) != CONF_D_NONE)
			continue;
		snprintf(t->no[n], sizeof(t->no[n]), "no-%s", row->name);
		t->longs[l].name = t->no[n++];
		t->longs[l++].val = ARGV_NO + (int)i;
	}
}

static size_t
row_of_letter(const struct conf_prog *p, int letter)
{
	const struct conf_row *row;
	size_t i;

	for (i = 0; (row = conf_row(p, i)) != NULL; i++)
		if (row->letter == letter)
			break;
	return i;
}

static int
complain(const struct conf *c, const char *what, const char *why)
{
	conf_complain("%s: %s: %s", c->prog->name, what, why);
	return SP_ERR_ARG;
}

/* What stands in argv, for messages. */
static const char *
spelled(struct conf *c, char out[64])
{
	const char *word = c->args[optind - 1];

	if (optopt > 0 && optopt < ARGV_LONG)
		snprintf(out, 64, "-%c", optopt);
	else
		snprintf(out, 64, "%s", word);
	return out;
}

static int
apply(struct conf *c, int opt, const char *value)
{
	const struct conf_row *row;
	const char *v = value;
	char name[64];
	size_t i;
	int64_t *count;

	if (opt >= ARGV_NO) {
		i = (size_t)(opt - ARGV_NO);
		v = "no";
	} else if (opt >= ARGV_LONG) {
		i = (size_t)(opt - ARGV_LONG);
	} else {
		i = row_of_letter(c->prog, opt);
	}
	row = conf_row(c->prog, i);
	if (conf_deed(row) != CONF_D_NONE) {
		if (c->deed == CONF_D_NONE)
			c->deed = conf_deed(row);
		return 0;
	}
	if (row->flags & CONF_F_COUNT) {
		count = conf_slot(c, i);
		*count = SP_MIN(*count + 1, row->max);
		return 0;
	}
	if (conf_set(c, i, v, NULL) == 0)
		return 0;
	snprintf(name, sizeof(name), "--%s", row->name);
	return complain(c, name, c->why);
}

/*
 * One pass over the command line. The first looks for -f and what exits, the
 * second comes after the file and wins over it; lists would collect twice,
 * so the first pass is undone by the defaults.
 */
static int
pass(struct conf *c, int argc, char **argv)
{
	struct argv_table *t;
	char word[64];
	int opt, rc = 0;

	if ((t = malloc(sizeof(*t))) == NULL)
		return complain(c, "options", "out of memory");
	table_fill(t, c->prog);
	memcpy(c->args, argv, (size_t)(argc + 1) * sizeof(*argv));
	optind = 0; /* glibc: start anew */
	opterr = 0;
	while (rc == 0 && (opt = getopt_long(argc, c->args, t->shorts, t->longs,
			       NULL)) != -1) {
		if (opt == '?')
			rc = complain(c, spelled(c, word), "no such option");
		else if (opt == ':')
			rc =
			    complain(c, spelled(c, word), "a value is missing");
		else
			rc = apply(c, opt, optarg);
	}
	c->nargs = argc - optind;
	c->argv = c->args + optind;
	free(t);
	return rc;
}

static int
check_args(struct conf *c)
{
	const struct conf_prog *p = c->prog;
	const char *what = "options", *why;
	char text[160];

	if (c->nargs < p->min_args) {
		snprintf(text, sizeof(text), "%s %s; --help tells more",
		    p->name, p->usage);
		return complain(c, "usage", text);
	}
	if (p->max_args >= 0 && c->nargs > p->max_args)
		return complain(c, c->argv[p->max_args],
		    "one argument too many");
	if (p->check != NULL && (why = p->check(c->opts, &what)) != NULL)
		return complain(c, what, why);
	return 0;
}

static int
do_deed(struct conf *c)
{
	switch (c->deed) {
	case CONF_D_HELP:
		conf_print_help(c->prog, stdout);
		break;
	case CONF_D_VERSION:
		if (c->prog->version != NULL)
			c->prog->version(stdout, c->prog->name);
		else
			printf("%s %s\n", c->prog->name, PACKAGE_VERSION);
		break;
	case CONF_D_DUMP_OPTIONS:
		conf_print_options(c->prog, stdout);
		break;
	default:
		return 0;
	}
	return CONF_DONE;
}

static int
parse(struct conf *c, int argc, char **argv)
{
	struct conf_std *std =
	    (struct conf_std *)(void *)(c->opts + c->prog->std_at);
	const char *file;
	int rc;

	/* A program may lack the rows of some of its fields. */
	memset(std, 0, sizeof(*std));
	if (conf_defaults(c) < 0)
		return complain(c, "options", "out of memory");
	rc = pass(c, argc, argv);
	/* --help is answered even when the rest is wrong. */
	if (do_deed(c) == CONF_DONE)
		return CONF_DONE;
	if (rc < 0)
		return rc;
	file = std->file;
	if (conf_defaults(c) < 0)
		return complain(c, "options", "out of memory");
	if (c->prog->std >= CONF_STD_FILE && file != NULL &&
	    (rc = conf_file(c, file)) < 0)
		return rc;
	if ((rc = pass(c, argc, argv)) < 0)
		return rc;
	if (c->deed == CONF_D_DUMP_CONFIG) {
		conf_print_config(c, stdout);
		return CONF_DONE;
	}
	/* A configuration can be checked without operands. */
	if (std->check && c->nargs == 0) {
		const char *what = "options", *why = NULL;

		if (c->prog->check != NULL)
			why = c->prog->check(c->opts, &what);
		return why != NULL ? complain(c, what, why) : CONF_DONE;
	}
	if ((rc = check_args(c)) < 0)
		return rc;
	return std->check ? CONF_DONE : 0;
}

int
conf_parse(struct conf **out, const struct conf_prog *prog, void *opts,
    int argc, char **argv)
{
	struct conf *c;
	int rc;

	*out = NULL;
	if ((c = calloc(1, sizeof(*c))) == NULL ||
	    (c->args = calloc((size_t)argc + 1, sizeof(*c->args))) == NULL) {
		free(c);
		conf_complain("%s: options: out of memory", prog->name);
		return SP_ERR_ARG;
	}
	c->prog = prog;
	c->opts = opts;
	rc = parse(c, argc, argv);
	if (rc != 0) {
		conf_free(c);
		return rc;
	}
	*out = c;
	return 0;
}

int
conf_nargs(const struct conf *c)
{
	return c->nargs;
}

const char *
conf_arg(const struct conf *c, int i)
{
	return i >= 0 && i < c->nargs ? c->argv[i] : NULL;
}
