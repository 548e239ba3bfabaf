#ifndef TOOLS_BT_UDP_H
#define TOOLS_BT_UDP_H

/*
 * Load over UDP (BEP 15). One thread; it spins while it waits, for who sleeps
 * has to be woken, and that the server would pay for.
 */

#include "tools/bt_result.h"

struct bt_udp;

/*
 * Sockets, and a connection id for each. SP_ERR_IO (errno), SP_ERR_TIMEOUT
 * (no answer to a connect), SP_ERR_NOMEM. |o| is borrowed.
 */
int bt_udp_new(struct bt_udp **out, const struct bt_options *o);
void bt_udp_free(struct bt_udp *u); /* NULL is fine */
/*
 * Runs |mode| once into |out|. SP_ERR_TIMEOUT when nothing has been answered
 * for ten seconds.
 */
int bt_udp_run(struct bt_udp *u, enum bt_mode mode, struct bt_result *out);

#endif
