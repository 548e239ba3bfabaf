#include "io/conf_int.h"

#define HELP_COLUMN 30

const char *
conf_put_value(const struct conf_row *row, int64_t v, char out[CONF_NUM_MAX])
{
	switch (row->type) {
	case CONF_SIZE:
		return conf_put_size(v, out);
	case CONF_TIME:
		return conf_put_time(v, out);
	case CONF_RATE:
		return conf_put_rate(v, out);
	case CONF_PPM:
		if (v % 10000 == 0)
			snprintf(out, CONF_NUM_MAX, "%" PRId64 "%%", v / 10000);
		else
			snprintf(out, CONF_NUM_MAX, "%" PRId64 "ppm", v);
		return out;
	default:
		snprintf(out, CONF_NUM_MAX, "%" PRId64, v);
		return out;
	}
}

static const char *
arg_of(const struct conf_row *row)
{
	static const char *const dflt[] = {
		[CONF_INT] = "N",
		[CONF_SIZE] = "SIZE",
		[CONF_TIME] = "TIME",
		[CONF_RATE] = "RATE",
		[CONF_PPM] = "SHARE",
		[CONF_STR] = "TEXT",
		[CONF_PATH] = "FILE",
		[CONF_LIST] = "TEXT",
	};

	if (row->type == CONF_FLAG || (row->flags & CONF_F_COUNT))
		return "";
	return row->arg != NULL ? row->arg : dflt[row->type];
}

void
conf_print_help(const struct conf_prog *p, FILE *f)
{
	const struct conf_row *row;
	const char *arg;
	size_t i;
	int n;

	fprintf(f, "usage: %s %s\n%s.\n\n", p->name, p->usage, p->text);
	for (i = 0; (row = conf_row(p, i)) != NULL; i++) {
		if (row->flags & CONF_F_HIDDEN)
			continue;
		arg = arg_of(row);
		if (row->letter != 0)
			n = fprintf(f, "  -%c, --%s", row->letter, row->name);
		else
			n = fprintf(f, "      --%s", row->name);
		if (*arg != '\0')
			n += fprintf(f, " %s", arg);
		if (n >= HELP_COLUMN)
			n = fprintf(f, "\n") - 1;
		fprintf(f, "%*s%s", HELP_COLUMN - n, "", row->text);
		if (row->dflt != NULL && row->dflt[0] != '\0' && *arg != '\0')
			fprintf(f, " [%s]", row->dflt);
		fputc('\n', f);
	}
}

void
conf_print_options(const struct conf_prog *p, FILE *f)
{
	const struct conf_row *row;
	size_t i;

	for (i = 0; (row = conf_row(p, i)) != NULL; i++) {
		if (row->flags & CONF_F_HIDDEN)
			continue;
		if (row->letter != 0)
			fprintf(f, "-%c, ", row->letter);
		fprintf(f, "--%s\t%s\t%s\t%s\n", row->name, arg_of(row),
		    row->dflt != NULL ? row->dflt : "", row->text);
	}
}

/* ---- configuration file ---- */

static void
print_text(FILE *f, const char *name, const char *s)
{
	fprintf(f, "%s ", name);
	if (*s != '\0' && strpbrk(s, " \t\"#\\") == NULL) {
		fprintf(f, "%s\n", s);
		return;
	}
	fputc('"', f);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			fputc('\\', f);
		fputc(*s, f);
	}
	fputs("\"\n", f);
}

static void
print_choice(FILE *f, const struct conf_row *row, int k)
{
	const char *p = row->arg;

	for (; k > 0; k--)
		p += strcspn(p, "|") + 1;
	fprintf(f, "%s %.*s\n", row->name, (int)strcspn(p, "|"), p);
}

static void
print_row(struct conf *c, size_t i, FILE *f)
{
	const struct conf_row *row = conf_row(c->prog, i);
	const struct conf_list *l;
	const char *s;
	char num[CONF_NUM_MAX];
	void *slot = conf_slot(c, i);
	size_t k;

	switch (row->type) {
	case CONF_FLAG:
		fprintf(f, "%s %s\n", row->name, *(bool *)slot ? "yes" : "no");
		break;
	case CONF_ENUM:
		print_choice(f, row, *(int *)slot);
		break;
	case CONF_STR:
	case CONF_PATH:
		if ((s = *(const char **)slot) == NULL)
			fprintf(f, "#%s %s\n", row->name, arg_of(row));
		else
			print_text(f, row->name, s);
		break;
	case CONF_LIST:
		l = slot;
		if (l->n == 0)
			fprintf(f, "#%s %s\n", row->name, arg_of(row));
		for (k = 0; k < l->n; k++)
			print_text(f, row->name, l->v[k]);
		break;
	default:
		fprintf(f, "%s %s\n", row->name,
		    conf_put_value(row, *(int64_t *)slot, num));
	}
}

void
conf_print_config(struct conf *c, FILE *f)
{
	const struct conf_row *row;
	size_t i;

	fprintf(f, "# %s: %s.\n", c->prog->name, c->prog->text);
	for (i = 0; (row = conf_row(c->prog, i)) != NULL; i++) {
		if (row->flags & (CONF_F_HIDDEN | CONF_F_CMDLINE))
			continue;
		fprintf(f, "\n# %s", row->text);
		if (row->dflt != NULL && row->dflt[0] != '\0')
			fprintf(f, " (default %s)", row->dflt);
		fputc('\n', f);
		print_row(c, i, f);
	}
}
