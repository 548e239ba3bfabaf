#ifndef TOOLS_BT_HTTP_H
#define TOOLS_BT_HTTP_H

/*
 * Load over HTTP: GET of announces and scrapes (BEP 3, 23, 48), on connections
 * that stay open or on a new one each. One thread, epoll.
 */

#include "tools/bt_result.h"

struct bt_http;

/* SP_ERR_IO (errno), SP_ERR_NOMEM. |o| is borrowed. */
int bt_http_new(struct bt_http **out, const struct bt_options *o);
void bt_http_free(struct bt_http *h); /* NULL is fine */
/* As bt_udp_run. */
int bt_http_run(struct bt_http *h, enum bt_mode mode, struct bt_result *out);

#endif
