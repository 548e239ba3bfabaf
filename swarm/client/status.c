#include "swarm/client/status.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "swarm/client/counters.h"

size_t
status_text(char *out, size_t size, const struct mesh_stats *st)
{
	char peer[32], origin[32];
	uint32_t off = stats_offload_ppm(st);
	uint64_t lag = quantile_get(&st->lag, 500000, 0);
	int n;

	n = snprintf(out, size,
	    "%u peers %s  origin %s  offload %u.%u %%  lag %u.%u s  "
	    "stalls %" PRIu64,
	    st->neighbours, counters_rate(st->peer_bps, peer),
	    counters_rate(st->origin_bps, origin), off / 10000,
	    off % 10000 / 1000, (unsigned)(lag / 1000000),
	    (unsigned)(lag % 1000000 / 100000), st->stalls);
	return n < 0 ? 0 : SP_MIN((size_t)n, size - 1);
}

void
status_clear(struct status *s)
{
	if (s->shown)
		fputs("\r\033[K", stderr);
	s->shown = false;
}

static void
line_cb(void *ctx, enum log_level level, const char *text)
{
	struct status *s = ctx;

	status_clear(s);
	s->via->line(s->via->ctx, level, text);
}

void
status_init(struct status *s, const struct sp_log *via, enum log_level level,
    bool line)
{
	s->log = (struct sp_log){ s, level, line_cb };
	s->via = via;
	s->line = line;
	s->shown = false;
}

/* A line that wraps could not be taken away again. */
static int
columns(void)
{
	struct winsize w;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_col < 2)
		return INT_MAX;
	return w.ws_col - 1;
}

void
status_show(struct status *s, const char *text)
{
	if (!s->line)
		return;
	fprintf(stderr, "\r%.*s\033[K", columns(), text);
	fflush(stderr);
	s->shown = true;
}
