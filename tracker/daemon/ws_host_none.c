/* Stands in for ws_host.c where there is no wslay. */

#include "tracker/daemon/ws_host.h"

const struct host_part ws_host_part = { .name = "websocket" };

void
ws_host_take(struct track_host *h, struct http_req *r)
{
	(void)h;
	http_reply_text(r, 501, "built without WebSocket");
}

void
ws_host_end(struct track_host *h, size_t n)
{
	(void)h;
	(void)n;
}
