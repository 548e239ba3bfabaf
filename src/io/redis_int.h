#ifndef SRC_IO_REDIS_INT_H
#define SRC_IO_REDIS_INT_H

/* What redis.c, redis_tls.c and redis_reply.c share; nobody else. */

#include <openssl/ssl.h>

#include "io/redis.h"

struct evdns_base;

struct redis_env {
	struct loop *loop;
	const struct redis_url *url;
	struct evdns_base *dns; /* NULL: a socket's path */
	SSL_CTX *tls;           /* NULL: without */
};

/* ---- redis_tls.c ---- */

/* One end for |host|, whose certificate has to be its; NULL: no memory. */
SSL *redis_tls_new(struct redis_env *e, const char *host);
/* Why TLS failed; static text. */
const char *redis_tls_why(const SSL *ssl, unsigned long err);

/* ---- redis_reply.c ---- */

/* Bytes to answers, of bounded size. */
struct redis_rx;

struct redis_rx *redis_rx_new(void); /* NULL: no memory */
void redis_rx_free(struct redis_rx *x);
/* NULL, or why the connection has to end. */
const char *redis_rx_feed(struct redis_rx *x, const void *p, size_t len);
/*
 * 1: an answer, in *out, which redis_rx_done frees; 0: none yet; SP_ERR_SYNTAX:
 * redis_rx_why tells.
 */
int redis_rx_next(struct redis_rx *x, void **out);
void redis_rx_done(void *answer);
const char *redis_rx_why(const struct redis_rx *x);

#endif
