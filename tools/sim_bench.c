#include "tools/sim_bench.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define JOBS 64

/* One run under way. */
struct job {
	pid_t pid; /* 0: free */
	size_t run;
};

struct runner {
	struct bench *b;
	const struct sim_options *o;
	struct scenario *scns; /* by row */
	struct job jobs[JOBS];
	size_t next, done, total;
};

static bool
load_row(struct scenario *scn, const struct suite *s,
    const struct suite_row *row)
{
	char path[sizeof(s->dir) + SUITE_TEXT];
	struct scn_vars vars = { 0 };

	for (size_t i = 0; i < row->n_sets; i++)
		if (scn_vars_set(&vars, row->sets[i]) < 0)
			return false; /* has been checked */
	snprintf(path, sizeof(path), "%s%s", s->dir, row->file);
	if (sim_load(scn, path, &vars))
		return true;
	fprintf(stderr, "spate-sim: row %s, line %u\n", row->id, row->line);
	return false;
}

/* ---- the child ---- */

static void
child(struct runner *r, size_t run)
{
	const struct bench *b = r->b;
	size_t row = run / b->n_seeds;
	const struct suite_row *sr = &b->suite->rows[row];
	struct scenario *scn = &r->scns[row];
	struct simhost_opts so = { .real_crypto = r->o->real };
	struct bench_run *out = &b->runs[run];
	const struct tally *t;
	char name[64];

	scn->seed = b->seeds[run % b->n_seeds];
	snprintf(name, sizeof(name), "%zu of %zu: row %s, seed %" PRIu64,
	    run + 1, r->total, sr->id, scn->seed);
	t = simhost_tally(sim_run(&out->res, scn, &so,
	    r->o->quiet || r->o->jobs > 1 ? NULL : name));
	for (size_t i = 0; i < sr->n_checks; i++)
		out->got[i] = tally_get(t, sr->check[i].x.metric,
		    sr->check[i].x.quantile_ppm);
	/* Where nothing is due nothing is missed, and nothing is shown. */
	if (out->res.value[METRIC_DUE][0] == 0) {
		fprintf(stderr,
		    "spate-sim: row %s, seed %" PRIu64 ": no piece came due\n",
		    sr->id, scn->seed);
		_exit(1);
	}
	out->done = true;
	/* The memory goes with the process. */
	_exit(0);
}

/* ---- the parent ---- */

static void
launch(struct runner *r, struct job *j)
{
	fflush(NULL);
	j->run = r->next++;
	j->pid = fork();
	if (j->pid == 0)
		child(r, j->run);
	if (j->pid < 0) {
		fprintf(stderr, "spate-sim: fork: %s\n", strerror(errno));
		j->pid = 0;
		r->done++;
	}
}

/* One run more has ended, with |status| of waitpid. */
static void
tell(const struct runner *r, size_t run, int status)
{
	const struct bench *b = r->b;
	const struct bench_run *br = &b->runs[run];
	bool quiet = r->o->quiet || (r->o->jobs == 1 && isatty(2));

	if (br->done && quiet)
		return; /* each run tells of itself */
	fprintf(stderr, "%zu of %zu: row %s, seed %" PRIu64 ": ", r->done,
	    r->total, b->suite->rows[run / b->n_seeds].id,
	    b->seeds[run % b->n_seeds]);
	if (br->done)
		fprintf(stderr,
		    "%" PRId64 " misses of %" PRId64 ", %.0f s, %.0f MiB\n",
		    br->res.value[METRIC_MISSES][0],
		    br->res.value[METRIC_DUE][0], br->res.cpu_s,
		    (double)br->res.peak_bytes / 1048576);
	else if (WIFSIGNALED(status))
		fprintf(stderr, "BROKEN: %s\n", strsignal(WTERMSIG(status)));
	else
		fprintf(stderr, "BROKEN: status %d\n", WEXITSTATUS(status));
}

static void
reap(struct runner *r)
{
	int status;
	pid_t pid = waitpid(-1, &status, 0);

	for (size_t i = 0; pid > 0 && i < JOBS; i++) {
		if (r->jobs[i].pid != pid)
			continue;
		r->jobs[i].pid = 0;
		r->done++;
		tell(r, r->jobs[i].run, status);
	}
}

static void
run_all(struct runner *r)
{
	size_t jobs = (size_t)SP_MIN(r->o->jobs, JOBS);

	while (r->done < r->total) {
		for (size_t i = 0; i < jobs; i++)
			if (r->jobs[i].pid == 0 && r->next < r->total)
				launch(r, &r->jobs[i]);
		if (r->done < r->total)
			reap(r);
	}
}

static bool
prepare(struct runner *r, const struct suite *s)
{
	struct bench *b = r->b;
	bool ok = true;
	void *p;

	r->total = s->n_rows * b->n_seeds;
	r->scns = calloc(s->n_rows, sizeof(*r->scns));
	p = mmap(NULL, r->total * sizeof(*b->runs), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->scns == NULL || p == MAP_FAILED) {
		fputs("spate-sim: out of memory\n", stderr);
		return false;
	}
	b->runs = p;
	for (size_t i = 0; i < s->n_rows; i++)
		ok &= load_row(&r->scns[i], s, &s->rows[i]);
	return ok;
}

bool
bench_run(struct bench *b, const struct suite *s, const struct sim_options *o)
{
	struct runner r = { .b = b, .o = o };
	bool ok;

	ok = prepare(&r, s);
	if (ok && !o->check)
		run_all(&r);
	free(r.scns);
	return ok;
}

void
bench_free(struct bench *b)
{
	if (b->runs != NULL)
		munmap(b->runs,
		    b->suite->n_rows * b->n_seeds * sizeof(*b->runs));
	b->runs = NULL;
}

/* ---- judging ---- */

const struct bench_run *
bench_at(const struct bench *b, size_t row, size_t seed)
{
	return &b->runs[row * b->n_seeds + seed];
}

bool
bench_typical(const struct bench *b, size_t row, enum metric m, size_t q,
    int64_t *out)
{
	static const struct scn_expect low = { .op = SCN_LE };
	int64_t v[SIM_SEEDS];
	size_t n = 0;

	for (size_t i = 0; i < b->n_seeds; i++)
		if (bench_at(b, row, i)->done)
			v[n++] = bench_at(b, row, i)->res.value[m][q];
	if (n > 0)
		*out = suite_median(&low, v, n);
	return n > 0;
}

/* All seeds together: is the median on the right side of the other row's? */
static void
judge_against(const struct bench *b, const struct suite_check *c,
    struct bench_verdict *v)
{
	struct scn_expect x = c->x;

	if (!bench_typical(b, (size_t)c->row, x.metric, (size_t)sim_column(&x),
		&v->other)) {
		v->runs = 0;
		return;
	}
	x.value = v->other;
	v->held = scn_holds(&x, v->median) ? v->runs : 0;
}

struct bench_verdict
bench_judge(const struct bench *b, size_t row, size_t check)
{
	const struct suite_check *c = &b->suite->rows[row].check[check];
	const struct scn_expect *x = &c->x;
	struct bench_verdict v = { 0 };
	int64_t got[SIM_SEEDS];

	for (size_t i = 0; i < b->n_seeds; i++) {
		const struct bench_run *r = bench_at(b, row, i);

		if (!r->done)
			continue;
		got[v.runs++] = r->got[check];
		v.held += scn_holds(x, r->got[check]);
	}
	if (v.runs > 0) {
		v.median = suite_median(x, got, v.runs);
		v.worst = got[0];
		if (c->row >= 0)
			judge_against(b, c, &v);
	}
	return v;
}

double
bench_block_us(const struct bench *b, size_t row)
{
	double cpu = 0, blocks = 0;

	for (size_t i = 0; i < b->n_seeds; i++) {
		const struct bench_run *run = bench_at(b, row, i);

		if (!run->done)
			continue;
		cpu += run->res.cpu_s;
		blocks += (double)run->res.value[METRIC_BLOCKS][0];
	}
	return blocks > 0 ? cpu * 1e6 / blocks : 0;
}

void
bench_sum(const struct bench *b, struct bench_sum *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t r = 0; r < b->suite->n_rows; r++) {
		const struct suite_row *row = &b->suite->rows[r];

		out->counted += row->counted;
		for (size_t i = 0; i < b->n_seeds; i++) {
			const struct bench_run *run = bench_at(b, r, i);
			int64_t due = run->res.value[METRIC_DUE][0];
			int64_t misses = run->res.value[METRIC_MISSES][0];

			out->runs++;
			out->cpu_s += run->res.cpu_s;
			if (!run->done) {
				out->broken++;
				continue;
			}
			out->due += due;
			out->misses += misses;
			out->counted_due += row->counted ? due : 0;
			out->counted_misses += row->counted ? misses : 0;
		}
		for (size_t i = 0; i < row->n_checks; i++) {
			struct bench_verdict v = bench_judge(b, r, i);
			bool bad = v.held < v.runs || v.runs == 0;

			out->bars += row->check[i].bar;
			out->missed += row->check[i].bar && bad;
			out->expects += !row->check[i].bar;
			out->failed += !row->check[i].bar && bad;
		}
	}
}
