#include "io/tls.h"

#include <stdio.h>

#include <openssl/err.h>

int
tls_fail(SSL_CTX *ctx, const char *path, char *why, size_t size)
{
	unsigned long e = ERR_peek_last_error();
	const char *text = e == 0 ? NULL : ERR_reason_error_string(e);

	snprintf(why, size, "%s: %s", path,
	    text != NULL ? text : "cannot be used");
	ERR_clear_error();
	SSL_CTX_free(ctx);
	return SP_ERR_SYNTAX;
}
