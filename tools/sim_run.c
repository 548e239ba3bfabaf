#include "tools/sim_run.h"

#include <errno.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define FILE_MAX  (256 * 1024)
#define TELL_EACH 0.5 /* s */

const struct sim_quantile sim_quantiles[SIM_QUANTILES] = { { "p50", 500000 },
	{ "p95", 950000 }, { "p99", 990000 }, { "p99.9", 999000 } };

int
sim_column(const struct scn_expect *x)
{
	for (int i = 0; i < SIM_QUANTILES; i++)
		if (sim_quantiles[i].ppm == x->quantile_ppm)
			return i;
	return x->quantile_ppm == 0 ? 0 : -1;
}

char *
sim_slurp(const char *path, size_t *len)
{
	FILE *fp = fopen(path, "rb");
	char *text;

	if (fp == NULL) {
		fprintf(stderr, "spate-sim: %s: %s\n", path, strerror(errno));
		return NULL;
	}
	text = malloc(FILE_MAX + 1);
	*len = text != NULL ? fread(text, 1, FILE_MAX, fp) : FILE_MAX;
	if (text == NULL || ferror(fp) || *len == FILE_MAX) {
		fprintf(stderr,
		    "spate-sim: %s: cannot be read, or is too "
		    "large\n",
		    path);
		free(text);
		text = NULL;
	} else {
		text[*len] = '\0';
	}
	fclose(fp);
	return text;
}

bool
sim_load(struct scenario *out, const char *path, struct scn_vars *vars)
{
	struct scn_error e;
	size_t len;
	char *text = sim_slurp(path, &len);
	int rv;

	if (text == NULL)
		return false;
	rv = scenario_parse(out, text, len, vars, &e);
	free(text);
	if (rv == 0)
		return true;
	if (e.line > 0)
		fprintf(stderr, "spate-sim: %s:%u: %s\n", path, e.line, e.what);
	else
		fprintf(stderr, "spate-sim: %s: %s\n", path, e.what);
	return false;
}

/* ---- progress ---- */

static double
seconds(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

struct progress {
	const char *name; /* NULL: say nothing */
	double started, told;
	size_t shown; /* characters of the line that is there */
};

static void
tell(struct progress *p, const struct simhost *h, const struct scenario *scn)
{
	double now, done, left;
	char line[160];
	int n;

	if (p->name == NULL)
		return;
	now = seconds(CLOCK_MONOTONIC);
	if (now - p->told < TELL_EACH)
		return;
	p->told = now;
	done = (double)simhost_time(h) / (double)scn->run;
	left = done > 0 ? (now - p->started) * (1 - done) / done : 0;
	n = snprintf(line, sizeof(line),
	    "%.40s: %.0f s of %.0f, %.0f %%, %.0f s to go, %.0f events/s",
	    p->name, (double)simhost_time(h) / 1e9, (double)scn->run / 1e9,
	    done * 100, left, (double)simhost_events(h) / (now - p->started));
	fprintf(stderr, "\r%-*s", (int)p->shown, line);
	p->shown = (size_t)n;
}

static void
wipe(const struct progress *p)
{
	if (p->shown > 0)
		fprintf(stderr, "\r%*s\r", (int)p->shown, "");
}

/* ---- running ---- */

static void
collect(struct sim_result *res, const struct tally *t)
{
	for (size_t m = 0; m < METRIC_N; m++)
		for (size_t q = 0; q < SIM_QUANTILES; q++)
			res->value[m][q] =
			    tally_get(t, (enum metric)m, sim_quantiles[q].ppm);
}

static uint64_t
peak_bytes(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return (uint64_t)ru.ru_maxrss * 1024;
}

struct simhost *
sim_run(struct sim_result *res, const struct scenario *scn,
    const struct simhost_opts *opts, const char *name)
{
	struct progress p = { .name = isatty(2) ? name : NULL };
	double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	struct simhost *h;

	memset(res, 0, sizeof(*res));
	p.started = p.told = seconds(CLOCK_MONOTONIC);
	h = simhost_new(scn, opts);
	while (simhost_step(h, SP_S))
		tell(&p, h, scn);
	wipe(&p);
	res->seed = scn->seed;
	res->run = scn->run;
	res->rate = scn->stream.rate;
	res->events = simhost_events(h);
	res->trace = simhost_trace(h);
	res->wall_s = seconds(CLOCK_MONOTONIC) - p.started;
	res->cpu_s = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	res->peak_bytes = peak_bytes();
	collect(res, simhost_finish(h));
	return h;
}
