#include "io/redis_int.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "io/tls.h"

/* ---- what servers are believed by ---------------------------------------- */

int
redis_env_tls(struct redis_env *e, const char *tls_ca, const char *tls_cert,
    char *why, size_t size)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx == NULL)
		return SP_ERR_NOMEM;
	ERR_clear_error();
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (tls_ca == NULL && SSL_CTX_set_default_verify_paths(ctx) != 1)
		return tls_fail(ctx, "authorities", why, size);
	if (tls_ca != NULL && SSL_CTX_load_verify_file(ctx, tls_ca) != 1)
		return tls_fail(ctx, tls_ca, why, size);
	if (tls_cert != NULL &&
	    (SSL_CTX_use_certificate_chain_file(ctx, tls_cert) != 1 ||
		SSL_CTX_use_PrivateKey_file(ctx, tls_cert, SSL_FILETYPE_PEM) !=
		    1 ||
		SSL_CTX_check_private_key(ctx) != 1))
		return tls_fail(ctx, tls_cert, why, size);
	/* Connections hold on to the one that they began with. */
	SSL_CTX_free(e->tls);
	e->tls = ctx;
	return 0;
}

/* ---- one connection ------------------------------------------------------ */

SSL *
redis_tls_new(struct redis_env *e, const char *host)
{
	SSL *ssl = SSL_new(e->tls);
	X509_VERIFY_PARAM *p;
	int ok;

	if (ssl == NULL)
		return NULL;
	p = SSL_get0_param(ssl);
	ok = X509_VERIFY_PARAM_set1_ip_asc(p, host);
	if (!ok) /* a name, not an address */
		ok = SSL_set1_host(ssl, host) &&
		     SSL_set_tlsext_host_name(ssl, host);
	ERR_clear_error();
	if (!ok) {
		SSL_free(ssl);
		return NULL;
	}
	return ssl;
}

const char *
redis_tls_why(const SSL *ssl, unsigned long err)
{
	long verdict = SSL_get_verify_result(ssl);
	const char *text = NULL;

	if (verdict != X509_V_OK)
		return X509_verify_cert_error_string(verdict);
	if (err != 0)
		text = ERR_reason_error_string(err);
	return text;
}
