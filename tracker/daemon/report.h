#ifndef TRACKER_DAEMON_REPORT_H
#define TRACKER_DAEMON_REPORT_H

/* /stats (JSON) and /metrics (Prometheus text). */

#include <jansson.h>

#include "io/http.h"
#include "io/redis_net.h"
#include "tracker/daemon/process.h"
#include "tracker/share.h"
#include "tracker/daemon/udp_host.h"
#include "tracker/track.h"

/* What the host counts itself. */
enum report_kind {
	REPORT_ANNOUNCE,
	REPORT_SCRAPE,
	REPORT_PUBLISH,
	REPORT_RECEIPTS,
	REPORT_TELEMETRY,
	REPORT_WINDOW,
	REPORT_STREAM,
	REPORT_MANIFEST,
	REPORT_EVIDENCE,
	REPORT_WS_CONNECT,
	REPORT_WS_ANNOUNCE,
	REPORT_WS_ANSWER,
	REPORT_WS_SCRAPE,
	REPORT_ADMIN,
	REPORT_OTHER, /* 404, 405 */
	REPORT_KINDS,
};

struct report {
	uint64_t requests[REPORT_KINDS];
	uint64_t streams;         /* open */
	uint64_t streams_refused; /* too many */
	uint64_t streams_cut;     /* did not read */
	uint64_t stream_bytes;
	uint64_t bytes_out;     /* bodies */
	uint64_t family[2];     /* requests by IPv4, IPv6 */
	struct http_stats http; /* of the public face */
	uint64_t connections;   /* of it */
	struct took took;
	struct process process;
	/* WebSocket: sockets, and the WebRTC peers behind them. */
	uint64_t ws_open;
	uint64_t ws_refused, ws_slow, ws_timeouts, ws_broken;
	uint64_t ws_swarms, ws_peers, ws_seeders;
	uint64_t ws_offers, ws_answers; /* relayed */
	uint64_t ws_expired, ws_evicted, ws_full, ws_foreign;
	uint64_t ws_errors; /* messages answered with a failure */
	uint64_t ws_bytes_in, ws_bytes_out;
	uint64_t reloads;
	struct share_stats share; /* zeros: alone */
	struct redis_net_stats redis;
	struct udp_host_stats udp;
	sp_time up;
	sp_time now;
};

/* malloc-ed text; NULL without memory. */
char *report_json(const struct track *t, const struct report *r);
/* An array with an object for each channel. The caller has it. */
json_t *report_channels(const struct track *t, sp_time now);
/* Appends; b->err. */
int report_metrics(const struct track *t, const struct report *r,
    struct sp_buf *b);

#endif
