#ifndef SRC_IO_TLS_H
#define SRC_IO_TLS_H

/* What servers and clients by TLS share. */

#include <openssl/ssl.h>

#include "base/err.h"

/*
 * OpenSSL did not take the file |path|: `path: reason' in |why|. Frees |ctx|
 * and empties the queue of errors. SP_ERR_SYNTAX.
 */
int tls_fail(SSL_CTX *ctx, const char *path, char *why, size_t size);

#endif
