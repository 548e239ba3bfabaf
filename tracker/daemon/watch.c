/*
 * Tells the operator, once a minute at most, of what ran full or was tried; and
 * the supervisor what is there.
 */

#include "io/daemon.h"
#include "tracker/daemon/host_int.h"

#define WATCH_GAP  (60 * SP_S)
#define WATCH_SOON (2 * SP_S) /* the first time */

struct watched {
	struct track_stats core;
	struct report host;
};

#define AT(field) offsetof(struct watched, field)

/* Counters that should not grow. */
static const struct {
	size_t at;
	enum log_level level;
	const char *text;
} rows[] = {
	{ AT(core.registry.refused_full), LOG_LEVEL_WARN,
	    "watch: peers answered and not kept, for want of room" },
	{ AT(core.registry.refused_nomem), LOG_LEVEL_ERROR,
	    "watch: peers answered and not kept, for want of memory" },
	{ AT(core.live.sig), LOG_LEVEL_WARN,
	    "watch: published without the channel's key" },
	{ AT(core.live.equiv), LOG_LEVEL_WARN,
	    "watch: two records for one piece, see /live/HASH/evidence" },
	{ AT(host.streams_refused), LOG_LEVEL_WARN,
	    "watch: streams refused, max-streams is reached" },
	{ AT(host.http.refused), LOG_LEVEL_WARN,
	    "watch: connections refused, for want of room" },
	{ AT(host.http.capped), LOG_LEVEL_INFO,
	    "watch: connections refused, one host had too many" },
	{ AT(host.http.tls_failed), LOG_LEVEL_INFO,
	    "watch: TLS handshakes that failed" },
};

struct watch {
	sp_time next;
	uint64_t told[SP_LEN(rows)];
};

static uint64_t
value(const struct watched *w, size_t at)
{
	uint64_t v;

	memcpy(&v, (const uint8_t *)w + at, sizeof(v));
	return v;
}

static int
watch_start(struct track_host *h, char *why)
{
	(void)why;
	h->watch = calloc(1, sizeof(*h->watch));
	if (h->watch == NULL)
		return SP_ERR_NOMEM;
	h->watch->next = h->started + WATCH_SOON;
	return 0;
}

/* What `systemctl status' shows. */
static void
tell_status(const struct watched *w)
{
	char text[256];

	snprintf(text, sizeof(text),
	    "STATUS=%" PRIu64 " peers in %" PRIu64 " swarms, %" PRIu64
	    " channels, %" PRIu64 " streams",
	    w->core.registry.peers, w->core.registry.swarms,
	    w->core.live.channels, w->host.streams);
	daemon_notify(text);
}

static void
watch_tick(struct track_host *h, sp_time now)
{
	struct watch *w = h->watch;
	struct watched seen;
	uint64_t v;

	if (now < w->next)
		return;
	w->next = now + WATCH_GAP;
	host_report(h);
	track_stats(h->track, &seen.core);
	seen.host = h->report;
	for (size_t i = 0; i < SP_LEN(rows); i++) {
		v = value(&seen, rows[i].at);
		if (v > w->told[i])
			log_msg(h->log, rows[i].level, "%s count=%llu",
			    rows[i].text, (unsigned long long)(v - w->told[i]));
		w->told[i] = v;
	}
	tell_status(&seen);
}

static void
watch_stop(struct track_host *h)
{
	free(h->watch);
}

const struct host_part watch_part = {
	.name = "watch",
	.start = watch_start,
	.tick = watch_tick,
	.stop = watch_stop,
};
