#include "tracker/daemon/process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Handlers do not wait: most need microseconds. */
static const struct {
	sp_time bound;
	const char *name;
} buckets[PROCESS_BUCKETS] = {
	{ 10 * SP_US, "1e-05" },
	{ 100 * SP_US, "0.0001" },
	{ SP_MS, "0.001" },
	{ 10 * SP_MS, "0.01" },
	{ 100 * SP_MS, "0.1" },
	{ SP_S, "1" },
};

void
took_add(struct took *k, sp_time t)
{
	size_t i = 0;

	while (i < PROCESS_BUCKETS && t > buckets[i].bound)
		i++;
	k->n[i]++;
	k->sum += t;
}

void
process_open(struct process *p)
{
	p->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
}

void
process_close(struct process *p)
{
	if (p->statm >= 0)
		close(p->statm);
	p->statm = -1;
}

uint64_t
process_memory(const struct process *p)
{
	unsigned long long size, resident;
	char text[128];
	ssize_t n;

	if (p->statm < 0)
		return 0;
	n = pread(p->statm, text, sizeof(text) - 1, 0);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	if (sscanf(text, "%llu %llu", &size, &resident) != 2)
		return 0;
	return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* One that stands alone, with what it is. */
static void
put_one(struct sp_buf *b, const char *name, const char *type, const char *help,
    double v)
{
	char text[256];
	int n = snprintf(text, sizeof(text),
	    "# HELP %s %s\n# TYPE %s %s\n%s %.2f\n", name, help, name, type,
	    name, v);

	buf_put(b, text, (size_t)SP_MIN(n, (int)sizeof(text) - 1));
}

static void
put_took(struct sp_buf *b, const struct took *k)
{
	static const char name[] = "spate_tracker_handling_seconds";
	uint64_t n = 0;
	char text[128];
	int len;

	buf_put_str(b, "# HELP spate_tracker_handling_seconds "
		       "Time that HTTP requests took to handle.\n"
		       "# TYPE spate_tracker_handling_seconds histogram\n");
	for (size_t i = 0; i <= PROCESS_BUCKETS; i++) {
		n += k->n[i];
		len = snprintf(text, sizeof(text),
		    "%s_bucket{le=\"%s\"} %" PRIu64 "\n", name,
		    i < PROCESS_BUCKETS ? buckets[i].name : "+Inf", n);
		buf_put(b, text, (size_t)len);
	}
	len =
	    snprintf(text, sizeof(text), "%s_sum %.6f\n%s_count %" PRIu64 "\n",
		name, (double)k->sum / SP_S, name, n);
	buf_put(b, text, (size_t)len);
}

int
process_metrics(const struct process *p, const struct took *k, struct sp_buf *b)
{
	struct rusage ru;
	struct rlimit rl;

	put_took(b, k);
	if (getrusage(RUSAGE_SELF, &ru) == 0)
		put_one(b, "process_cpu_seconds_total", "counter",
		    "User and system time.",
		    (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
			(double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) /
			    1e6);
	put_one(b, "process_resident_memory_bytes", "gauge", "Resident memory.",
	    (double)process_memory(p));
	if (getrlimit(RLIMIT_NOFILE, &rl) == 0)
		put_one(b, "process_max_fds", "gauge",
		    "Open files that are allowed.", (double)rl.rlim_cur);
	return b->err;
}
