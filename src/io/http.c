#include "io/http.h"

#include <errno.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>

#include "io/http_int.h"
#include "io/sock.h"

#define HTTP_HEADERS (16 * 1024)
#define HTTP_BODY    (64 * 1024)
#define HTTP_TIMEOUT (30 * SP_S)
#define HTTP_SOCKS   64          /* listeners */
#define HTTP_PIPE    (64 * 1024) /* read ahead while a reply is under way */

struct http {
	struct loop *loop;
	struct evhttp *ev;
	struct http_conf conf;
	http_handler handler;
	void *ctx;
	struct http_req *current; /* in its handler; NULL once it is over */
	struct timeval timeout;
	size_t open; /* requests */
	struct evhttp_bound_socket *socks[HTTP_SOCKS];
	size_t nsocks;
};

static const struct {
	enum evhttp_cmd_type ev;
	enum http_method method;
	const char *name;
} methods[] = {
	{ EVHTTP_REQ_GET, HTTP_M_GET, "GET" },
	{ EVHTTP_REQ_HEAD, HTTP_M_HEAD, "HEAD" },
	{ EVHTTP_REQ_POST, HTTP_M_POST, "POST" },
	{ EVHTTP_REQ_PUT, HTTP_M_PUT, "PUT" },
	{ EVHTTP_REQ_DELETE, HTTP_M_DELETE, "DELETE" },
	{ EVHTTP_REQ_OPTIONS, HTTP_M_OPTIONS, "OPTIONS" },
};

const char *
http_allow_text(unsigned allowed, char out[64])
{
	size_t i, n = 0;

	out[0] = '\0';
	for (i = 0; i < SP_LEN(methods); i++)
		if (allowed & methods[i].method)
			n += (size_t)snprintf(out + n, 64 - n, "%s%s",
			    n > 0 ? ", " : "", methods[i].name);
	return out;
}

/* ---- life of a request ---- */

static struct bufferevent *
req_bev(const struct http_req *r)
{
	struct evhttp_connection *ec = evhttp_request_get_connection(r->ev);

	return ec == NULL ? NULL : evhttp_connection_get_bufferevent(ec);
}

/* After this, evhttp knows nothing of |r|. */
static void
req_detach(struct http_req *r)
{
	struct evhttp_connection *ec = evhttp_request_get_connection(r->ev);
	struct bufferevent *bev = req_bev(r);

	if (ec != NULL)
		evhttp_connection_set_closecb(ec, NULL, NULL);
	if (bev != NULL)
		bufferevent_setwatermark(bev, EV_READ, 0, 0);
}

void
http_req_over(struct http_req *r)
{
	req_detach(r);
	r->http->open--;
	if (r->http->current == r)
		r->http->current = NULL;
	free(r->path);
	free(r);
}

/*
 * The connection is going away under an open request. When evhttp noticed
 * (end of file, error), it has cut the request loose and leaves it to us;
 * when we free the connection or the server, it frees the request.
 */
static void
req_gone(struct evhttp_connection *ec SP_UNUSED, void *arg)
{
	struct http_req *r = arg;
	struct evhttp_request *loose = NULL;

	if (evhttp_request_get_connection(r->ev) == NULL)
		loose = r->ev;
	r->gone = true;
	if (r->gone_cb != NULL)
		r->gone_cb(r->gone_ctx, r);
	http_req_over(r);
	if (loose != NULL)
		evhttp_request_free(loose);
}

/* The reply is out: the idle time-out, which a reply suspends, returns. */
static void
req_complete(struct evhttp_request *ev, void *arg)
{
	struct evhttp_connection *ec = evhttp_request_get_connection(ev);
	const struct http *h = arg;

	if (ec != NULL)
		bufferevent_set_timeouts(evhttp_connection_get_bufferevent(ec),
		    &h->timeout, &h->timeout);
}

/*
 * evhttp stops reading while it waits for a reply, so it would not see the
 * client leave; and the read time-out would cut long replies.
 */
static void
req_watch(struct http_req *r)
{
	struct bufferevent *bev = req_bev(r);
	bufferevent_data_cb wr;
	bufferevent_event_cb ev;
	void *arg;

	bufferevent_getcb(bev, NULL, &wr, &ev, &arg);
	bufferevent_setcb(bev, NULL, wr, ev, arg);
	bufferevent_enable(bev, EV_READ);
}

static char *
req_path(struct evhttp_request *ev)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(ev);
	const char *raw = uri == NULL ? NULL : evhttp_uri_get_path(uri);
	size_t len;
	char *path;
	int n;

	if (raw == NULL || *raw == '\0')
		raw = "/";
	len = strlen(raw);
	if ((path = malloc(len + 1)) == NULL)
		return NULL;
	n = http_unescape(raw, len, false, path, len + 1);
	if (n <= 0 || strlen(path) != (size_t)n || path[0] != '/') {
		free(path);
		return NULL;
	}
	return path;
}

/* Refuses what no handler should see. */
static bool
req_screen(struct http *h, struct http_req *r)
{
	const char *host = http_req_header(r, "Host");

	if (h->conf.check_host &&
	    !http_host_ok(host, h->conf.hosts, h->conf.nhosts)) {
		http_reply_text(r, 403, "this Host is not served here");
		return false;
	}
	if ((h->conf.methods & r->method) == 0) {
		http_reply_method(r, h->conf.methods);
		return false;
	}
	return true;
}

static void
server_cb(struct evhttp_request *ev, void *arg)
{
	struct evhttp_connection *ec = evhttp_request_get_connection(ev);
	struct http *h = arg;
	struct http_req *r;
	size_t i;

	if ((r = calloc(1, sizeof(*r))) == NULL ||
	    (r->path = req_path(ev)) == NULL) {
		evhttp_send_error(ev, r == NULL ? 503 : 400, NULL);
		free(r);
		return;
	}
	r->http = h;
	r->ev = ev;
	h->open++;
	for (i = 0; i < SP_LEN(methods); i++)
		if (methods[i].ev == evhttp_request_get_command(ev))
			r->method = methods[i].method;
	evhttp_connection_set_closecb(ec, req_gone, r);
	evhttp_request_set_on_complete_cb(ev, req_complete, h);
	bufferevent_set_timeouts(req_bev(r), NULL, &h->timeout);
	bufferevent_setwatermark(req_bev(r), EV_READ, 0, HTTP_PIPE);
	if (!req_screen(h, r))
		return;
	h->current = r;
	h->handler(h->ctx, r);
	if (h->current == r && !r->started)
		req_watch(r);
	h->current = NULL;
}

/* ---- the server ---- */

int
http_new(struct http **out, struct loop *l, const struct http_conf *conf,
    http_handler handler, void *ctx)
{
	struct http *h;

	if ((h = calloc(1, sizeof(*h))) == NULL)
		return SP_ERR_NOMEM;
	if ((h->ev = evhttp_new(loop_base(l))) == NULL) {
		free(h);
		return SP_ERR_NOMEM;
	}
	h->loop = l;
	h->handler = handler;
	h->ctx = ctx;
	if (conf != NULL)
		h->conf = *conf;
	if (h->conf.methods == 0)
		h->conf.methods = HTTP_M_GET | HTTP_M_HEAD;
	if (h->conf.max_headers == 0)
		h->conf.max_headers = HTTP_HEADERS;
	if (h->conf.max_body == 0)
		h->conf.max_body = HTTP_BODY;
	if (h->conf.timeout == 0)
		h->conf.timeout = HTTP_TIMEOUT;
	h->timeout.tv_sec = h->conf.timeout / SP_S;
	h->timeout.tv_usec = h->conf.timeout % SP_S / SP_US;
	evhttp_set_max_headers_size(h->ev, (ssize_t)h->conf.max_headers);
	evhttp_set_max_body_size(h->ev, (ssize_t)h->conf.max_body);
	evhttp_set_timeout_tv(h->ev, &h->timeout);
	/* evhttp answers others with 501; 405 is ours. */
	evhttp_set_allowed_methods(h->ev, 0xffff);
	evhttp_set_default_content_type(h->ev, NULL);
	evhttp_set_gencb(h->ev, server_cb, h);
	*out = h;
	return 0;
}

void
http_free(struct http *h)
{
	if (h == NULL)
		return;
	evhttp_free(h->ev);
	free(h);
}

int
http_listen(struct http *h, const struct sp_addr *addr, struct sp_addr *bound)
{
	struct evconnlistener *lev;
	int fd, rc;

	if (h->nsocks == HTTP_SOCKS)
		return SP_ERR_FULL;
	if ((rc = sock_bind(&fd, SOCK_STREAM, addr)) < 0)
		return rc;
	lev = evconnlistener_new(loop_base(h->loop), NULL, NULL,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (lev == NULL) {
		close(fd);
		return SP_ERR_NOMEM;
	}
	h->socks[h->nsocks] = evhttp_bind_listener(h->ev, lev);
	if (h->socks[h->nsocks] == NULL) {
		evconnlistener_free(lev);
		return SP_ERR_NOMEM;
	}
	h->nsocks++;
	if (bound != NULL)
		*bound = sock_local(fd);
	return 0;
}

void
http_unlisten(struct http *h)
{
	while (h->nsocks > 0)
		evhttp_del_accept_socket(h->ev, h->socks[--h->nsocks]);
}

size_t
http_open(const struct http *h)
{
	return h->open;
}

/* ---- the request ---- */

enum http_method
http_req_method(const struct http_req *r)
{
	return r->method;
}

const char *
http_req_path(const struct http_req *r)
{
	return r->path;
}

const char *
http_req_query(const struct http_req *r)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(r->ev);
	const char *q = uri == NULL ? NULL : evhttp_uri_get_query(uri);

	return q == NULL ? "" : q;
}

int
http_req_param(const struct http_req *r, const char *name, unsigned nth,
    char *out, size_t size)
{
	return http_query_param(http_req_query(r), name, nth, out, size);
}

const char *
http_req_header(const struct http_req *r, const char *name)
{
	return evhttp_find_header(evhttp_request_get_input_headers(r->ev),
	    name);
}

const uint8_t *
http_req_body(struct http_req *r, size_t *len)
{
	struct evbuffer *b = evhttp_request_get_input_buffer(r->ev);
	const uint8_t *p;

	*len = evbuffer_get_length(b);
	p = evbuffer_pullup(b, -1);
	if (p == NULL)
		*len = 0;
	return p;
}

struct sp_addr
http_req_from(const struct http_req *r)
{
	struct bufferevent *bev = req_bev(r);
	struct sp_addr none = { .family = 0 };

	return bev == NULL ? none : sock_remote(bufferevent_getfd(bev));
}

struct loop *
http_req_loop(const struct http_req *r)
{
	return r->http->loop;
}

void
http_cut(struct http_req *r)
{
	struct evhttp_connection *ec = evhttp_request_get_connection(r->ev);

	http_req_over(r);
	if (ec != NULL)
		evhttp_connection_free(ec);
}

void
http_give_up(struct http_req *r, sp_time t)
{
	struct bufferevent *bev = req_bev(r);

	if (bev != NULL)
		sock_give_up(bufferevent_getfd(bev), t);
}

size_t
http_backlog(const struct http_req *r)
{
	struct bufferevent *bev = req_bev(r);

	return bev == NULL ? 0
			   : evbuffer_get_length(bufferevent_get_output(bev));
}

void
http_on_drained(struct http_req *r, void (*cb)(void *ctx, struct http_req *r),
    void *ctx)
{
	r->drained_cb = cb;
	r->drained_ctx = ctx;
}

void
http_on_gone(struct http_req *r, void (*cb)(void *ctx, struct http_req *r),
    void *ctx)
{
	r->gone_cb = cb;
	r->gone_ctx = ctx;
}
