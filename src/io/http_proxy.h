#ifndef SRC_IO_HTTP_PROXY_H
#define SRC_IO_HTTP_PROXY_H

/* What a proxy tells of the client that it speaks for: pure. */

#include "io/http.h"

#define PROXY_MAX 536 /* bytes of a PROXY header; longer is SP_ERR_TOOBIG */

/*
 * The PROXY protocol's header (haproxy.org, proxy-protocol.txt), version 1
 * or 2, at the start of a connection. Returns its length and the client's
 * address, unset when the proxy speaks for itself (LOCAL, UNKNOWN).
 * SP_ERR_SHORT: more bytes are needed; SP_ERR_NOTFOUND: it is something
 * else; SP_ERR_SYNTAX; SP_ERR_TOOBIG.
 */
int proxy_parse(const uint8_t *p, size_t len, struct sp_addr *client);

/*
 * The client by the X-Forwarded-For |list| that |*at|, a proxy, sent: moves
 * |*at| to the last address of it that is not a proxy's itself, or to the one
 * behind what is not understood. True when all of the list are proxies: the
 * field before this one, if there is one, is what the first of them was sent.
 */
bool proxy_forwarded(struct sp_addr *at, const char *list,
    const struct http_net *proxies, size_t n);

#endif
