#ifndef SRC_IO_CONF_H
#define SRC_IO_CONF_H

/*
 * Options: one table row feeds the command line, the configuration file,
 * --help, --dump-config, -n, and the man page check (--dump-options).
 *
 * Worked example:
 *
 *   struct opts { struct conf_std std; int64_t up_bps; const char *link; };
 *   static const struct conf_row rows[] = {
 *	{ "upload", 'u', CONF_RATE, CONF_AT(struct opts, up_bps), 0, INT64_MAX,
 *	    "0", "RATE", "most that is sent to peers; 0 is no limit" },
 *   };
 *   static const struct conf_prog prog = {
 *	.name = "spate", .usage = "[options] LINK", .text = "watch a channel",
 *	.std = CONF_STD_DAEMON, .std_at = offsetof(struct opts, std),
 *	.rows = rows, .nrows = SP_LEN(rows), .min_args = 1, .max_args = 1,
 *   };
 *   struct opts o;
 *   struct conf *c;
 *   int rc = conf_parse(&c, &prog, &o, argc, argv);
 *   if (rc != 0)
 *	return rc < 0 ? 2 : 0;
 *
 * Configuration file: one `name value` per line, `#` starts a comment, values
 * with spaces may be quoted ("..." with \" and \\), `include FILE` (relative
 * to the including file, 8 deep). Flags take yes or no (alone: yes). The
 * command line wins over the file, a later line over an earlier one; lists
 * collect (an empty value "" clears).
 *
 * --dump-options prints a line per option for test/lint/check-options.sh:
 * `-x, --name`, argument, default, text, separated by tabs.
 */

#include "base/err.h"
#include "base/log.h"
#include "base/tstamp.h"

enum conf_type {
	CONF_FLAG, /* bool; --name, --no-name */
	CONF_INT,  /* int64_t */
	CONF_SIZE, /* int64_t bytes: 500, 64KiB, 4MiB, 2GiB, 10kB, 5MB, 1GB */
	CONF_TIME, /* sp_time: 20us 300ms 2s 5m 1h 1d; a bare number is s */
	CONF_RATE, /* int64_t bytes/s: 4Mbit/s 500kbit/s 500kB/s 1MiB/s 0 */
	CONF_PPM,  /* int64_t millionths: 5% 0.5 (= 50 %) 12.5% */
	CONF_STR,  /* const char *, min..max length; NULL when not set */
	CONF_PATH, /* as STR; relative paths in a file are relative to it */
	CONF_ENUM, /* int: index into |choices| "a|b|c"; "...|no": --no-name */
	CONF_LIST, /* struct conf_list, may be given repeatedly; min..max len */
};

struct conf_list {
	const char **v;
	size_t n;
};

#define CONF_AT(s, field) offsetof(s, field)

#define CONF_F_CMDLINE 1u /* not in files */
#define CONF_F_COUNT   4u /* CONF_INT without a value: each use adds one */
#define CONF_F_HIDDEN  2u /* not in --help and --dump-config */

struct conf_row {
	const char *name; /* long option and key: lower case, '-' */
	char letter;      /* 0 = none */
	enum conf_type type;
	size_t at; /* CONF_AT */
	int64_t min, max;
	const char *dflt; /* as a user would write it; NULL = not set */
	const char *arg;  /* "RATE", or the choices of CONF_ENUM: "a|b|c" */
	const char *text; /* one line, no full stop */
	unsigned flags;
};

/* What every program has, filled from the standard rows. */
struct conf_std {
	int64_t verbose;     /* -v, may be repeated */
	bool daemon;         /* -d */
	bool check;          /* -n */
	const char *file;    /* -f */
	const char *pidfile; /* -p */
	int log;             /* --log: enum conf_log */
};
enum conf_log {
	CONF_LOG_STDERR,
	CONF_LOG_SYSLOG,
};

enum conf_std_rows {
	CONF_STD_TOOL,   /* -h -V -v */
	CONF_STD_FILE,   /* and -f -n */
	CONF_STD_DAEMON, /* and -d -p --log */
};

struct conf_prog {
	const char *name;  /* "spate", "spate-channel new" */
	const char *usage; /* "[options] LINK" */
	const char *text;  /* one line: what it does */
	enum conf_std_rows std;
	size_t std_at; /* offset of struct conf_std */
	const struct conf_row *rows;
	size_t nrows;
	int min_args, max_args; /* operands; max -1 = any number */
	/* Answers -V; NULL: the name and the version, no libraries. */
	void (*version)(FILE *f, const char *prog);
	/*
	 * Checks that span options, also for -n; may be NULL. Returns NULL or
	 * why not, and names the option in *what.
	 */
	const char *(*check)(const void *opts, const char **what);
};

struct conf;

/*
 * Sets the defaults, reads the file of -f, then the command line, into
 * |opts|. 0: go on; CONF_DONE: --help, --version, --dump-* or a successful -n
 * was answered on stdout, exit 0; SP_ERR_ARG: `prog: what: why` (or
 * `file:line: why`) was printed to stderr, exit 2. *out is set in the first
 * case only; strings in |opts| live as long as it. |argv| is borrowed.
 */
#define CONF_DONE 1
int conf_parse(struct conf **out, const struct conf_prog *prog, void *opts,
    int argc, char **argv);
void conf_free(struct conf *c);
/*
 * Who hears, a line without its newline at a time, what conf_parse has to say
 * against options; NULL: stderr, as at first.
 */
void conf_complain_to(void (*fn)(void *ctx, const char *line), void *ctx);
/*
 * Puts |dir|, which is absolute, in front of all relative paths, so that they
 * mean the same in another directory. SP_ERR_NOMEM.
 */
int conf_absolute(struct conf *c, const char *dir);
/* Calls |cb| for each of the program's own rows whose value differs. */
void conf_diff(const struct conf_prog *prog, const void *a, const void *b,
    void (*cb)(void *ctx, const struct conf_row *row), void *ctx);
/* Operands. */
int conf_nargs(const struct conf *c);
const char *conf_arg(const struct conf *c, int i);

/* One value as it stands in a file: 0, SP_ERR_SYNTAX, SP_ERR_RANGE. Pure. */
int conf_get_size(const char *s, int64_t *out);
int conf_get_time(const char *s, sp_time *out);
int conf_get_rate(const char *s, int64_t *out);
int conf_get_ppm(const char *s, int64_t *out);
int conf_get_int(const char *s, int64_t *out);
/* An environment variable that is a number: -1 when it is not there or none. */
int64_t conf_get_env(const char *name);
/* The other way, for output; 32 bytes. Returns |out|. */
#define CONF_NUM_MAX 32
const char *conf_put_size(int64_t v, char out[CONF_NUM_MAX]);
const char *conf_put_time(sp_time v, char out[CONF_NUM_MAX]);
const char *conf_put_rate(int64_t v, char out[CONF_NUM_MAX]);

#endif
