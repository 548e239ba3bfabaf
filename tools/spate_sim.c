/* spate-sim: whole swarms of the real cores on virtual time. */

#include <errno.h>

#include "base/hash.h"
#include "test/sim/simmem.h"
#include "tools/sim_bench.h"
#include "tools/sim_plot.h"
#include "tools/sim_report.h"

/* How it ended. */
enum {
	FINE,
	FAILED,
	USAGE,
};

static bool
set_vars(struct scn_vars *vars, const struct sim_options *o)
{
	memset(vars, 0, sizeof(*vars));
	for (size_t i = 0; i < o->sets.n; i++)
		if (scn_vars_set(vars, o->sets.v[i]) < 0)
			return false; /* options have been checked */
	return true;
}

static int
run_one(const char *file, const struct scenario *scn,
    const struct sim_options *o, FILE *trace)
{
	struct simhost_opts so = { .real_crypto = o->real, .trace = trace };
	struct sim_result *res = malloc(sizeof(*res));
	const struct tally *t;
	struct simhost *h;
	unsigned failed;
	int rv;

	if (res == NULL)
		return FAILED;
	h = sim_run(res, scn, &so, o->quiet ? NULL : file);
	t = simhost_tally(h);
	sim_report((enum sim_output)o->output, stdout, file, res, o->quiet);
	failed = tally_judge(t, scn, file,
	    o->output == SIM_TEXT ? stdout : stderr, o->std.verbose > 0);
	if (o->output == SIM_TEXT && !o->quiet && failed == 0)
		printf("%zu expectations hold\n", scn->n_expects);
	rv = failed > 0 ? FAILED : FINE;
	if (o->plot != NULL && !sim_plot(o->plot, file, t))
		rv = FAILED;
	simhost_free(h);
	free(res);
	return rv;
}

/* All seeds of a file. */
static int
run_file(const char *file, const struct sim_options *o, FILE *trace)
{
	uint64_t seeds[SIM_SEEDS];
	int n = sim_options_seeds(&o->seeds, seeds), rv = FINE, one;
	struct scenario *scn = malloc(sizeof(*scn));
	struct scn_vars vars;

	if (scn == NULL || !set_vars(&vars, o) || !sim_load(scn, file, &vars)) {
		free(scn);
		return USAGE;
	}
	for (int i = 0; i < SP_MAX(n, 1) && !o->check; i++) {
		if (n > 0)
			scn->seed = seeds[i];
		one = run_one(file, scn, o, trace);
		rv = SP_MAX(rv, one);
	}
	free(scn);
	return rv;
}

static int
run_files(const struct sim_options *o, const struct conf *c)
{
	FILE *trace = NULL;
	int rv = FINE, one;

	if (o->trace != NULL && (trace = fopen(o->trace, "w")) == NULL) {
		fprintf(stderr, "spate-sim: %s: %s\n", o->trace,
		    strerror(errno));
		return USAGE;
	}
	if (!o->check)
		sim_report_begin((enum sim_output)o->output, stdout);
	for (int i = 0; i < conf_nargs(c); i++) {
		one = run_file(conf_arg(c, i), o, trace);
		rv = SP_MAX(rv, one);
	}
	if (!o->check)
		sim_report_end((enum sim_output)o->output, stdout);
	if (trace != NULL && fclose(trace) != 0) {
		fprintf(stderr, "spate-sim: %s: cannot be written\n", o->trace);
		rv = SP_MAX(rv, FAILED);
	}
	return rv;
}

/* ---- a suite ---- */

static int
verdict(const struct bench *b, const struct sim_options *o)
{
	struct bench_sum s;

	bench_sum(b, &s);
	if (s.broken > 0 || s.failed > 0 || (o->strict && s.missed > 0))
		return FAILED;
	return FINE;
}

static int
run_suite(const struct sim_options *o)
{
	struct suite *s = calloc(1, sizeof(*s));
	struct bench b = { .suite = s };
	uint64_t seeds[SIM_SEEDS];
	int n = sim_options_seeds(&o->seeds, seeds), rv = USAGE;
	struct scn_vars vars;

	if (s == NULL || !set_vars(&vars, o) ||
	    !suite_load(s, o->suite, &vars)) {
		free(s);
		return USAGE;
	}
	b.seeds = n > 0 ? seeds : s->seeds;
	b.n_seeds = (size_t)(n > 0 ? n : s->n_seeds);
	if (bench_run(&b, s, o))
		rv = FINE;
	if (rv == FINE && !o->check) {
		bench_print(&b, (enum sim_output)o->output, stdout,
		    o->std.verbose > 0);
		rv = verdict(&b, o);
	}
	bench_free(&b);
	free(s);
	return rv;
}

int
main(int argc, char **argv)
{
	struct sim_options o;
	struct conf *c;
	int rv;

	rv = conf_parse(&c, &sim_options_prog, &o, argc, argv);
	if (rv != 0)
		return rv < 0 ? USAGE : FINE;
	if (hash_setup() < 0) {
		fputs("spate-sim: libsodium: cannot be set up\n", stderr);
		return FAILED;
	}
	sim_mem_slabs();
	if ((o.suite != NULL) == (conf_nargs(c) > 0)) {
		fprintf(stderr,
		    "spate-sim: usage: spate-sim %s; --help tells more\n",
		    sim_options_prog.usage);
		rv = USAGE;
	} else if (o.plot != NULL && conf_nargs(c) > 1) {
		fputs("spate-sim: plot: of one run only\n", stderr);
		rv = USAGE;
	} else {
		rv = o.suite != NULL ? run_suite(&o) : run_files(&o, c);
	}
	conf_free(c);
	if (fflush(stdout) != 0)
		rv = SP_MAX(rv, FAILED);
	return rv;
}
