#ifndef TRACKER_DAEMON_WS_HOST_H
#define TRACKER_DAEMON_WS_HOST_H

/*
 * The WebSocket face: browsers announce themselves (tracker/wt), by JSON
 * (wt_json) on sockets (io/ws) that the HTTP servers hand over. Built without
 * wslay, or with max-sockets 0, it answers 501.
 */

#include "tracker/daemon/host_int.h"

extern const struct host_part ws_host_part;

/* Answers a request that asks to be upgraded to "websocket". */
void ws_host_take(struct track_host *h, struct http_req *r);
/* Ends |n| sockets in good order: their clients connect again. */
void ws_host_end(struct track_host *h, size_t n);

#endif
