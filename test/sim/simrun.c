#include <getopt.h>
#include <time.h>

#include "base/hash.h"
#include "test/sim/simhost.h"

/*
 * Runs scenarios: 0 when every expectation holds, 1 when one does not, 2 for
 * usage and for files that cannot be read.
 */

#define SCN_MAX (256 * 1024)

struct options {
	bool have_seed, real, tsv, quiet;
	uint64_t seed;
	FILE *trace;
};

static int
usage(void)
{
	fputs("usage: simrun [-qr] [-o text|tsv] [-s seed] [-t trace] "
	      "file ...\n",
	    stderr);
	return 2;
}

/* The text of |name|, NULL with a message; caller frees. */
static char *
slurp(const char *name, size_t *len)
{
	FILE *fp = fopen(name, "rb");
	char *text;

	if (fp == NULL) {
		fprintf(stderr, "simrun: %s: cannot be opened\n", name);
		return NULL;
	}
	text = malloc(SCN_MAX);
	*len = text != NULL ? fread(text, 1, SCN_MAX, fp) : SCN_MAX;
	if (*len == SCN_MAX) {
		fprintf(stderr, "simrun: %s: too large\n", name);
		free(text);
		text = NULL;
	}
	fclose(fp);
	return text;
}

static struct scenario *
load(const char *name, const struct options *o)
{
	struct scenario *scn = malloc(sizeof(*scn));
	struct scn_error e;
	size_t len;
	char *text = slurp(name, &len);

	if (text == NULL || scn == NULL) {
		free(text);
		free(scn);
		return NULL;
	}
	if (scenario_parse(scn, text, len, &e) < 0) {
		fprintf(stderr, "%s:%u: %s\n", name, e.line, e.what);
		free(scn);
		scn = NULL;
	} else if (o->have_seed) {
		scn->seed = o->seed;
	}
	free(text);
	return scn;
}

static double
wall(void)
{
	struct timespec ts;

	timespec_get(&ts, TIME_UTC);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
report(const struct simhost *h, const struct tally *t, const struct options *o,
    double took)
{
	if (!o->quiet || o->tsv)
		tally_print(t, stdout, o->tsv);
	printf(o->tsv ? "trace\t-\t%016" PRIx64 "\n" : "trace %016" PRIx64 "\n",
	    simhost_trace(h));
	if (!o->quiet)
		fprintf(stderr,
		    "%" PRIu64 " events, %.1f s of a wall clock, %.1f times "
		    "real time\n",
		    simhost_events(h), took,
		    (double)simhost_time(h) / 1e9 / (took > 0 ? took : 1));
}

/* 0, 1 or 2, as the program. */
static int
run(const char *name, const struct options *o)
{
	struct scenario *scn = load(name, o);
	struct simhost_opts so = { .real_crypto = o->real, .trace = o->trace };
	double started = wall(), told = started;
	const struct tally *t;
	struct simhost *h;
	unsigned failed;

	if (scn == NULL)
		return 2;
	h = simhost_new(scn, &so);
	while (simhost_step(h, SP_S)) {
		if (o->quiet || wall() - told < 5)
			continue;
		told = wall();
		fprintf(stderr, "%s: %d s of %d, %.0f s\n", name,
		    (int)(simhost_time(h) / SP_S), (int)(scn->run / SP_S),
		    told - started);
	}
	t = simhost_finish(h);
	report(h, t, o, wall() - started);
	failed = tally_judge(t, scn, name, stdout, !o->quiet && !o->tsv);
	simhost_free(h);
	free(scn);
	return failed > 0 ? 1 : 0;
}

static bool
options(struct options *o, int argc, char **argv)
{
	static const struct option names[] = { { "output", 1, NULL, 'o' },
		{ "quiet", 0, NULL, 'q' }, { "real-crypto", 0, NULL, 'r' },
		{ "seed", 1, NULL, 's' }, { "trace", 1, NULL, 't' },
		{ NULL, 0, NULL, 0 } };
	char *end;
	int c;

	while ((c = getopt_long(argc, argv, "o:qrs:t:", names, NULL)) != -1) {
		switch (c) {
		case 'o':
			o->tsv = strcmp(optarg, "tsv") == 0;
			if (!o->tsv && strcmp(optarg, "text") != 0)
				return false;
			break;
		case 'q':
			o->quiet = true;
			break;
		case 'r':
			o->real = true;
			break;
		case 's':
			o->have_seed = true;
			o->seed = strtoull(optarg, &end, 10);
			if (*end != '\0' || end == optarg)
				return false;
			break;
		case 't':
			o->trace = fopen(optarg, "w");
			if (o->trace == NULL)
				return false;
			break;
		default:
			return false;
		}
	}
	return optind < argc;
}

int
main(int argc, char **argv)
{
	struct options o = { 0 };
	int rv = 0, one;

	if (!options(&o, argc, argv))
		return usage();
	if (hash_setup() < 0) {
		fputs("simrun: no crypto\n", stderr);
		return 1;
	}
	for (int i = optind; i < argc; i++) {
		one = run(argv[i], &o);
		rv = SP_MAX(rv, one);
	}
	if (o.trace != NULL)
		fclose(o.trace);
	return rv;
}
