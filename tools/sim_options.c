#include "tools/sim_options.h"

#include "test/sim/scnvar.h"

#define AT(field) CONF_AT(struct sim_options, field)

static const struct conf_row rows[] = {
	{ "suite", 'S', CONF_STR, AT(suite), 1, 4000, NULL, "NAME",
	    "run a suite: its name, or a path with a `/'", CONF_F_CMDLINE },
	{ "seed", 's', CONF_LIST, AT(seeds), 1, 64, NULL, "N|N..M",
	    "run with this seed, or these; may be repeated", CONF_F_CMDLINE },
	{ "set", 0, CONF_LIST, AT(sets), 1, 128, NULL, "NAME=VALUE",
	    "value of a variable of the file; may be repeated",
	    CONF_F_CMDLINE },
	{ "output", 'o', CONF_ENUM, AT(output), 0, 0, "text", "text|tsv|json",
	    "how results are printed", CONF_F_CMDLINE },
	{ "trace", 't', CONF_PATH, AT(trace), 1, 4000, NULL, "FILE",
	    "write every event, a line each", CONF_F_CMDLINE },
	{ "plot", 0, CONF_PATH, AT(plot), 1, 4000, NULL, "FILE.svg",
	    "draw lag, offload and origin rate, with gnuplot", CONF_F_CMDLINE },
	{ "real-crypto", 'r', CONF_FLAG, AT(real), 0, 0, NULL, NULL,
	    "encrypt, hash and verify for real", CONF_F_CMDLINE },
	{ "jobs", 'j', CONF_INT, AT(jobs), 1, 64, "1", "N",
	    "runs of a suite at once", CONF_F_CMDLINE },
	{ "strict", 0, CONF_FLAG, AT(strict), 0, 0, NULL, NULL,
	    "a bar of a suite that is missed is a failure", CONF_F_CMDLINE },
	{ "check", 'n', CONF_FLAG, AT(check), 0, 0, NULL, NULL,
	    "read the files and say what is wrong with them, run nothing",
	    CONF_F_CMDLINE },
	{ "quiet", 'q', CONF_FLAG, AT(quiet), 0, 0, NULL, NULL,
	    "no progress; of a run only the trace and what fails",
	    CONF_F_CMDLINE },
};

/* Digits only; *end is what follows. */
static bool
number(const char *s, const char **end, uint64_t *out)
{
	*out = 0;
	for (*end = s; **end >= '0' && **end <= '9'; (*end)++) {
		if (*out > UINT64_MAX / 10 - 1)
			return false;
		*out = *out * 10 + (uint64_t)(**end - '0');
	}
	return *end > s;
}

int
sim_options_seeds(const struct conf_list *l, uint64_t out[SIM_SEEDS])
{
	uint64_t from, to;
	const char *end;
	int n = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (!number(l->v[i], &end, &from))
			return SP_ERR_SYNTAX;
		to = from;
		if (strncmp(end, "..", 2) == 0 && !number(end + 2, &end, &to))
			return SP_ERR_SYNTAX;
		if (*end != '\0' || to < from)
			return SP_ERR_SYNTAX;
		for (; from <= to; from++) {
			if (n == SIM_SEEDS)
				return SP_ERR_FULL;
			out[n++] = from;
		}
	}
	return n;
}

static const char *
check(const void *opts, const char **what)
{
	const struct sim_options *o = opts;
	uint64_t seeds[SIM_SEEDS];
	struct scn_vars vars = { 0 };
	int n;

	*what = "seed";
	n = sim_options_seeds(&o->seeds, seeds);
	if (n < 0)
		return n == SP_ERR_FULL ? "more than 64" : "not N or N..M";
	*what = "set";
	for (size_t i = 0; i < o->sets.n; i++)
		if (scn_vars_set(&vars, o->sets.v[i]) < 0)
			return "not NAME=VALUE, or too long, or too many";
	*what = "suite";
	if (o->suite != NULL && (o->trace != NULL || o->plot != NULL))
		return "has neither trace nor plot";
	*what = "plot";
	if (o->plot != NULL && n > 1)
		return "of one run only";
	return NULL;
}

const struct conf_prog sim_options_prog = {
	.name = "spate-sim",
	.usage = "[options] FILE.scn ... | --suite NAME",
	.text = "simulate swarms of viewers on virtual time",
	.std = CONF_STD_TOOL,
	.std_at = offsetof(struct sim_options, std),
	.rows = rows,
	.nrows = SP_LEN(rows),
	.min_args = 0,
	.max_args = -1,
	.check = check,
};
