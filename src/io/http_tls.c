#include "io/http_int.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "io/tls.h"

/* TLS by libevent's bufferevents; what is above them sees another wire. */

/* ---- the wire ---- */

/* A client that takes a little of its reply is not one that takes nothing. */
static void
output_cb(struct evbuffer *out SP_UNUSED, const struct evbuffer_cb_info *info,
    void *arg)
{
	struct hconn *c = arg;

	if (info->n_deleted == 0 || c->wait != HC_WRITE)
		return;
	hconn_wait(c, HC_NONE);
	hconn_wait(c, HC_WRITE);
}

static int
tls_read(struct hconn *c, uint8_t *p, size_t len)
{
	int n = evbuffer_remove(bufferevent_get_input(c->bev), p, len);

	if (n > 0)
		return n;
	return c->tls_over ? 0 : SP_ERR_AGAIN;
}

static int64_t
tls_write(struct hconn *c, const struct iovec *v, int n)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	int64_t sum = 0;
	int i;

	if (c->tls_over)
		return SP_ERR_CLOSED;
	for (i = 0; i < n; i++) {
		if (evbuffer_add(out, v[i].iov_base, v[i].iov_len) < 0)
			return SP_ERR_CLOSED;
		sum += (int64_t)v[i].iov_len;
	}
	return sum;
}

static int
tls_want(struct hconn *c)
{
	if (c->want_read == c->reads)
		return 0;
	c->reads = c->want_read;
	if (!c->want_read)
		return bufferevent_disable(c->bev, EV_READ) < 0 ? SP_ERR_NOMEM
								: 0;
	if (bufferevent_enable(c->bev, EV_READ) < 0)
		return SP_ERR_NOMEM;
	/* What is decrypted already makes no event of its own. */
	if (evbuffer_get_length(bufferevent_get_input(c->bev)) > 0)
		bufferevent_trigger(c->bev, EV_READ,
		    BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
	return 0;
}

static size_t
tls_backlog(const struct hconn *c)
{
	return evbuffer_get_length(bufferevent_get_output(c->bev));
}

static void
tls_shut(struct hconn *c)
{
	SSL_shutdown(bufferevent_openssl_get_ssl(c->bev));
	ERR_clear_error();
	shutdown(c->fd, SHUT_WR);
}

static void
tls_close(struct hconn *c)
{
	SSL *ssl = bufferevent_openssl_get_ssl(c->bev);

	bufferevent_setcb(c->bev, NULL, NULL, NULL, NULL);
	evbuffer_remove_cb(bufferevent_get_output(c->bev), output_cb, c);
	/* Says that it ends, and waits for no answer to that. */
	SSL_set_shutdown(ssl, SSL_RECEIVED_SHUTDOWN);
	SSL_shutdown(ssl);
	ERR_clear_error();
	bufferevent_free(c->bev);
}

static const struct hwire hwire_tls = {
	.read = tls_read,
	.write = tls_write,
	.want = tls_want,
	.backlog = tls_backlog,
	.shut = tls_shut,
	.close = tls_close,
};

/* ---- events ---- */

/* The input is bounded by its watermark, and so is this. */
static void
read_cb(struct bufferevent *bev, void *arg)
{
	struct hconn *c = arg;

	hconn_enter(c);
	do
		hconn_readable(c);
	while (!c->dead && c->want_read &&
	       evbuffer_get_length(bufferevent_get_input(bev)) > 0);
	hconn_leave(c);
}

static void
write_cb(struct bufferevent *bev SP_UNUSED, void *arg)
{
	hconn_writable(arg);
}

static void
event_cb(struct bufferevent *bev, short what, void *arg)
{
	struct hconn *c = arg;

	if (what & BEV_EVENT_CONNECTED) {
		c->tls_up = true;
		return;
	}
	if (!c->tls_up)
		c->http->stats.tls_failed++;
	c->tls_over = true;
	c->broken |= (what & BEV_EVENT_ERROR) != 0;
	ERR_clear_error();
	read_cb(bev, c);
}

int
hconn_tls(struct hconn *c)
{
	struct http *h = c->http;
	SSL *ssl = h->tls == NULL ? NULL : SSL_new(h->tls);

	if (ssl == NULL)
		return SP_ERR_NOMEM;
	c->bev = bufferevent_openssl_socket_new(loop_base(h->loop), c->fd, ssl,
	    BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	if (c->bev == NULL) {
		SSL_free(ssl);
		return SP_ERR_NOMEM;
	}
	/* From here on the socket is the bufferevent's. */
	hconn_detach(c);
	c->wire = &hwire_tls;
	bufferevent_openssl_set_allow_dirty_shutdown(c->bev, 1);
	bufferevent_setwatermark(c->bev, EV_READ, 0, HTTP_RX);
	bufferevent_setcb(c->bev, read_cb, write_cb, event_cb, c);
	evbuffer_add_cb(bufferevent_get_output(c->bev), output_cb, c);
	return bufferevent_enable(c->bev, EV_WRITE) < 0 ? SP_ERR_NOMEM : 0;
}

/* ---- the certificate ---- */

/* Who offers HTTP/2 as well is told that it is 1.1. */
static int
alpn_cb(SSL *ssl SP_UNUSED, const unsigned char **out, unsigned char *outlen,
    const unsigned char *in, unsigned int inlen, void *arg SP_UNUSED)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *choice;

	if (SSL_select_next_proto(&choice, outlen, ours, sizeof(ours) - 1, in,
		inlen) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*out = choice;
	return SSL_TLSEXT_ERR_OK;
}

int
http_tls(struct http *h, const char *cert, const char *key, char *why,
    size_t size)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (ctx == NULL)
		return SP_ERR_NOMEM;
	ERR_clear_error();
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION |
				     SSL_OP_NO_RENEGOTIATION |
				     SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_alpn_select_cb(ctx, alpn_cb, NULL);
	if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
		return tls_fail(ctx, cert, why, size);
	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1)
		return tls_fail(ctx, key, why, size);
	/* Connections hold on to the one that they began with. */
	SSL_CTX_free(h->tls);
	h->tls = ctx;
	return 0;
}

void
http_tls_free(struct http *h)
{
	SSL_CTX_free(h->tls);
}
