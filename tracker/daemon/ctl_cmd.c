/* spate-tracker ctl: asks a running tracker, and prints what it says. */

#include <errno.h>

#include <jansson.h>

#include "io/control.h"
#include "io/daemon.h"
#include "tracker/daemon/ctl.h"

#define ANSWER_TIME (30 * SP_S)

struct ctl_options {
	struct conf_std std;
	const char *control;
	int output;
};

enum {
	TEXT,
	JSON,
};

static const struct conf_row rows[] = {
	{ "control", 'c', CONF_PATH, CONF_AT(struct ctl_options, control), 1,
	    107, CTL_PATH, "PATH", "ask the tracker whose socket is there", 0 },
	{ "output", 'o', CONF_ENUM, CONF_AT(struct ctl_options, output), 0, 0,
	    "text", "text|json", "how answers are printed", 0 },
};

static const struct conf_prog prog = {
	.name = "spate-tracker ctl",
	.version = daemon_version,
	.usage = "[options] stats|channels|swarms|kick|reload|upgrade|"
		 "log-level [...]",
	.text = "ask a running tracker, or tell it what to do",
	.std = CONF_STD_TOOL,
	.std_at = offsetof(struct ctl_options, std),
	.rows = rows,
	.nrows = SP_LEN(rows),
	.min_args = 1,
	.max_args = 4,
};

/* ---- text ---------------------------------------------------------------- */

static void
print_value(const json_t *v)
{
	char text[512];

	if (json_is_string(v)) {
		daemon_log_escape(text, sizeof(text), json_string_value(v));
		fputs(text, stdout);
	} else if (json_is_integer(v)) {
		printf("%" JSON_INTEGER_FORMAT, json_integer_value(v));
	} else if (json_is_real(v)) {
		printf("%.6g", json_real_value(v));
	} else {
		fputs(json_is_true(v) ? "yes" : "no", stdout);
	}
}

/* Rows of like objects: a line of names, and a line for each. */
static void
print_table(const json_t *list)
{
	const char *key;
	json_t *v;

	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *row = json_array_get(list, i);

		if (i == 0) {
			json_object_foreach(row, key, v) printf("%s\t", key);
			putchar('\n');
		}
		json_object_foreach(row, key, v)
		{
			print_value(v);
			putchar('\t');
		}
		putchar('\n');
	}
}

/* `group.name value' */
static void
print_object(json_t *o)
{
	const char *group, *key;
	json_t *inner, *v;

	json_object_foreach(o, group, inner)
	{
		if (json_is_array(inner)) {
			print_table(inner);
			continue;
		}
		if (!json_is_object(inner)) {
			printf("%s ", group);
			print_value(inner);
			putchar('\n');
			continue;
		}
		json_object_foreach(inner, key, v)
		{
			printf("%s.%s ", group, key);
			print_value(v);
			putchar('\n');
		}
	}
}

static void
print_text(const struct sp_buf *b)
{
	json_t *j = json_loadb((const char *)b->p, b->len, 0, NULL);

	if (json_is_array(j))
		print_table(j);
	else if (json_is_object(j) && json_object_get(j, "done") == NULL)
		print_object(j);
	else if (j == NULL)
		fwrite(b->p, 1, b->len, stdout);
	json_decref(j);
}

/* ---- the question -------------------------------------------------------- */

/* The operands as a line: they are words to the tracker. */
static void
make_line(char *out, size_t size, const struct conf *c)
{
	size_t n = 0;
	int k;

	for (int i = 0; i < conf_nargs(c); i++) {
		if (strpbrk(conf_arg(c, i), " \t\r\n") != NULL)
			daemon_usage(conf_arg(c, i), "has blanks");
		k = snprintf(out + n, size - n, "%s%s", i > 0 ? " " : "",
		    conf_arg(c, i));
		n += (size_t)k;
		if (n >= size)
			daemon_usage(conf_arg(c, i), "is too long");
	}
}

static int
complain(const struct ctl_options *o, int err, struct sp_buf *b)
{
	buf_put_u8(b, 0);
	if (err == SP_ERR_DENIED && b->err == 0)
		daemon_complain("ctl", (const char *)b->p);
	else
		daemon_complain(o->control,
		    err == SP_ERR_IO ? strerror(errno) : sp_strerror(err));
	return 1;
}

int
ctl_main(int argc, char **argv)
{
	struct ctl_options o = { 0 };
	char line[CONTROL_LINE];
	struct sp_buf answer;
	struct conf *c;
	int r;

	r = conf_parse(&c, &prog, &o, argc, argv);
	if (r != 0)
		return r < 0 ? 2 : 0;
	make_line(line, sizeof(line), c);
	buf_init(&answer, io_mem(), CONTROL_REPLY);
	r = control_ask(o.control, line, ANSWER_TIME, &answer);
	if (r < 0)
		r = complain(&o, r, &answer);
	else if (o.output == JSON)
		fwrite(answer.p, 1, answer.len, stdout);
	else
		print_text(&answer);
	buf_fini(&answer);
	conf_free(c);
	return r;
}
