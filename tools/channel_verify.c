#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <unistd.h>

#include "io/daemon.h"
#include "io/loop.h"
#include "tools/channel.h"
#include "wire/verify.h"

#define READ_SIZE 65536
#define BUF_MAX   (4 * LIM_FEED_FRAME)

struct opts {
	struct conf_std std;
	const char *channel;
	int output;
};

static const struct conf_row rows[] = {
	{ "channel", 'k', CONF_STR, CONF_AT(struct opts, channel), 1, LIM_LINK,
	    NULL, "KEY",
	    "public key in hex, channel link or key file that it must be of",
	    0 },
	{ "output", 'o', CONF_ENUM, CONF_AT(struct opts, output), 0, 0, "text",
	    CHANNEL_OUTPUTS, "what is printed", 0 },
};

static const struct conf_prog prog = {
	.name = "spate-channel verify",
	.version = daemon_version,
	.usage = "[options] [FILE]",
	.text = "check signed manifests and records, or a tracker's feed",
	.std = CONF_STD_TOOL,
	.std_at = offsetof(struct opts, std),
	.rows = rows,
	.nrows = SP_LEN(rows),
	.min_args = 0,
	.max_args = 1,
};

/* ---- rows --------------------------------------------------------------- */

/* What a row says, in the order of the columns. */
struct cells {
	const char *kind, *verdict;
	char track[8], flags[8], uri[LIM_URI + 1];
	uint64_t number;
	int64_t avail_ms;
	uint32_t epoch, duration_ms, length;
	size_t leaves;
};

static const char *
verdict(const struct verify_row *row)
{
	switch (row->err) {
	case 0:
		return row->kind == VERIFY_RECORD && row->first ? "first"
								: "ok";
	case SP_ERR_NOTFOUND:
		return "no key: --channel is needed";
	case SP_ERR_STALE:
		return "number or epoch does not grow";
	default:
		return sp_strerror(row->err);
	}
}

static void
put_flags(char out[8], unsigned flags)
{
	static const char letters[] = "idDpgl"; /* in the order of the bits */
	size_t n = 0;

	for (size_t i = 0; i < sizeof(letters) - 1; i++)
		if (flags >> i & 1)
			out[n++] = letters[i];
	out[n] = '\0';
}

static void
fill_record(struct cells *c, const struct verify_row *row)
{
	const struct record *r = &row->env.rec;
	bool init = (r->flags & RECORD_INIT) != 0;

	snprintf(c->track, sizeof(c->track), init ? "%ui" : "%u",
	    (unsigned)(init ? r->track - LIM_TRACK_INIT : r->track));
	put_flags(c->flags, r->flags);
	c->number = r->number;
	c->avail_ms = r->avail_ms;
	c->epoch = r->epoch;
	c->duration_ms = r->duration_us / 1000;
	c->length = r->length;
	c->leaves = row->env.n_leaves;
	memcpy(c->uri, r->uri != NULL ? r->uri : "", r->uri_len);
}

static void
fill_manifest(struct cells *c, const struct manifest *m)
{
	c->number = m->serial;
	c->epoch = m->epoch;
	c->leaves = m->n_tracks;
	memcpy(c->uri, m->title.p != NULL ? m->title.p : "", m->title.len);
}

static void
fill(struct cells *c, const struct verify_row *row)
{
	memset(c, 0, sizeof(*c));
	c->kind = row->kind == VERIFY_MANIFEST ? "manifest" : "record";
	c->verdict = verdict(row);
	snprintf(c->track, sizeof(c->track), "-");
	if (row->decoded && row->kind == VERIFY_RECORD)
		fill_record(c, row);
	else if (row->decoded)
		fill_manifest(c, &row->manifest);
}

static void
print_head(int output)
{
	if (output == CHANNEL_TSV)
		puts("kind\ttrack\tepoch\tnumber\tavail_ms\tduration_ms\t"
		     "length\tleaves\tflags\turi\tverdict");
	else if (output == CHANNEL_TEXT)
		printf("%-8s %5s %10s %12s %14s %7s %9s %6s %-6s %-7s %s\n",
		    "KIND", "TRACK", "EPOCH", "NUMBER", "AVAIL", "MS", "BYTES",
		    "LEAVES", "FLAGS", "VERDICT", "URI");
}

static void
print_json(const struct cells *c, int err)
{
	json_t *j = json_pack("{ss ss sI sI sI sI sI sI ss ss ss ss}", "kind",
	    c->kind, "track", c->track, "epoch", (json_int_t)c->epoch, "number",
	    (json_int_t)c->number, "avail_ms", (json_int_t)c->avail_ms,
	    "duration_ms", (json_int_t)c->duration_ms, "length",
	    (json_int_t)c->length, "leaves", (json_int_t)c->leaves, "flags",
	    c->flags, "uri", c->uri, "verdict", c->verdict, "code",
	    sp_errname(err));

	/* Titles and URIs need not be UTF-8. */
	if (j == NULL)
		j = json_pack("{ss ss ss}", "kind", c->kind, "verdict",
		    c->verdict, "code", sp_errname(err));
	json_dumpf(j, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(j);
}

static void
print_row(const struct verify_row *row, int output)
{
	struct cells c;

	if (row->kind == VERIFY_FRAME)
		return;
	fill(&c, row);
	if (output == CHANNEL_JSON) {
		print_json(&c, row->err);
		return;
	}
	printf(output == CHANNEL_TSV
		   ? "%s\t%s\t%" PRIu32 "\t%" PRIu64 "\t%" PRId64 "\t%" PRIu32
		     "\t%" PRIu32 "\t%zu\t%s\t"
		   : "%-8s %5s %10" PRIu32 " %12" PRIu64 " %14" PRId64
		     " %7" PRIu32 " %9" PRIu32 " %6zu %-6s ",
	    c.kind, c.track, c.epoch, c.number, c.avail_ms, c.duration_ms,
	    c.length, c.leaves, c.flags);
	if (output == CHANNEL_TSV)
		printf("%s\t%s\n", c.uri, c.verdict);
	else
		printf("%-7s %s\n", c.verdict, c.uri);
}

/* ---- the input ---------------------------------------------------------- */

struct input {
	const char *name;
	int fd;
	bool end;
	struct sp_buf buf;
	struct verify v;
	int output;
};

/* False when there was an error; at the end |in->end| is set. */
static bool
read_more(struct input *in)
{
	uint8_t *p = buf_reserve(&in->buf, READ_SIZE);
	ssize_t n;

	if (p == NULL) {
		daemon_complain(in->name, sp_strerror(in->buf.err));
		return false;
	}
	do
		n = read(in->fd, p, READ_SIZE);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		daemon_complain(in->name, strerror(errno));
		return false;
	}
	buf_commit(&in->buf, (size_t)n);
	in->end = n == 0;
	return true;
}

static bool
verify_all(struct input *in)
{
	struct verify_row *row = malloc(sizeof(*row));
	int n;

	if (row == NULL)
		daemon_fail(in->name, sp_strerror(SP_ERR_NOMEM));
	do {
		if (!read_more(in)) {
			free(row);
			return false;
		}
		while ((n = verify_next(&in->v, in->buf.p, in->buf.len, in->end,
			    row)) > 0) {
			print_row(row, in->output);
			buf_consume(&in->buf, (size_t)n);
		}
		fflush(stdout); /* it may be an endless stream */
	} while (n == 0 && !in->end);
	free(row);
	if (n < 0)
		daemon_complain(in->name,
		    n == SP_ERR_SHORT ? "ends in the middle of something"
				      : "neither envelopes nor a feed");
	return n >= 0;
}

static bool
verify_input(struct input *in)
{
	bool ok;

	buf_init(&in->buf, io_mem(), BUF_MAX);
	print_head(in->output);
	ok = verify_all(in);
	buf_fini(&in->buf);
	if (in->output == CHANNEL_TEXT)
		printf("%" PRIu64 " manifests, %" PRIu64 " records, %" PRIu64
		       " do not verify\n",
		    in->v.manifests, in->v.records, in->v.failed);
	if (ok && in->v.manifests + in->v.records == 0) {
		daemon_complain(in->name, "nothing to verify");
		ok = false;
	}
	return ok && in->v.failed == 0;
}

static bool
open_input(struct input *in, const char *name)
{
	in->name = name;
	in->fd = STDIN_FILENO;
	if (strcmp(name, "-") == 0)
		return true;
	in->fd = open(name, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0)
		daemon_complain(name, strerror(errno));
	return in->fd >= 0;
}

int
channel_verify(int argc, char **argv)
{
	struct opts o;
	struct conf *c;
	struct input *in;
	uint8_t pk[HASH_PK_LEN];
	int rv = conf_parse(&c, &prog, &o, argc, argv);
	bool ok;

	if (rv != 0)
		return rv < 0 ? 2 : 0;
	in = calloc(1, sizeof(*in));
	if (in == NULL)
		daemon_fail("verify", sp_strerror(SP_ERR_NOMEM));
	in->output = o.output;
	ok = o.channel == NULL || channel_key_of(pk, o.channel);
	verify_init(&in->v, o.channel != NULL && ok ? pk : NULL);
	ok = ok && open_input(in, conf_nargs(c) > 0 ? conf_arg(c, 0) : "-") &&
	     verify_input(in);
	free(in);
	conf_free(c);
	return ok ? 0 : 1;
}
