#ifndef SRC_IO_CONF_INT_H
#define SRC_IO_CONF_INT_H

/* What the files of io/conf share. */

#include "io/conf.h"

#define CONF_DEPTH  8 /* includes in includes */
#define CONF_FILE   (1024 * 1024)
#define CONF_VALUES 4096 /* elements of a list */

/* What a row does besides setting a value. */
enum conf_deed {
	CONF_D_NONE,
	CONF_D_HELP,
	CONF_D_VERSION,
	CONF_D_DUMP_CONFIG,
	CONF_D_DUMP_OPTIONS,
};

struct conf {
	const struct conf_prog *prog;
	uint8_t *opts;
	char **argv;
	int nargs;
	char **args;  /* permuted by getopt_long; owned array */
	void **owned; /* strings and list arrays that |opts| points to */
	size_t nowned;
	enum conf_deed deed;
	char why[256];
};

/* Row |i| of the program's and the standard rows; NULL past the end. */
const struct conf_row *conf_row(const struct conf_prog *p, size_t i);
/* By long name; NULL. *i (may be NULL) gets its number. */
const struct conf_row *conf_find(const struct conf_prog *p, const char *name,
    size_t *i);
/* Where row |i| keeps its value; NULL: nowhere (a deed). */
void *conf_slot(struct conf *c, size_t i);
enum conf_deed conf_deed(const struct conf_row *row);

/*
 * Sets a value as a user wrote it. |dir|: what relative paths are relative
 * to, NULL = this directory. SP_ERR_SYNTAX, SP_ERR_RANGE, SP_ERR_NOMEM with
 * the reason in c->why.
 */
int conf_set(struct conf *c, size_t i, const char *value, const char *dir);
int conf_defaults(struct conf *c);
/* SP_ERR_ARG after `file:line: why` on stderr. */
int conf_file(struct conf *c, const char *path);

/* What is wrong, a line, to who hears it. */
void conf_complain(const char *fmt, ...)
    __attribute__((__format__(__printf__, 1, 2)));

/* A number of the row's kind, as conf_set reads it. Returns |out|. */
const char *conf_put_value(const struct conf_row *row, int64_t v,
    char out[CONF_NUM_MAX]);
void conf_print_help(const struct conf_prog *p, FILE *f);
void conf_print_config(struct conf *c, FILE *f);
void conf_print_options(const struct conf_prog *p, FILE *f);

#endif
