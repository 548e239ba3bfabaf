#include "io/redis.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/queue.h>
#include <sys/un.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <hiredis/hiredis.h>
#include <openssl/err.h>

#include "io/redis_int.h"

#define WHY_MAX 200
#define CHUNK   16384 /* bytes that the reader is given at once */

/*
 * state      meaning                                   leaves on
 * CLOSED     nothing is there                          redis_open
 * LOOKUP     the name is looked up                     its answer, redis_close
 * OPENING    it connects, or says who we are           up, fail, redis_close
 * OPEN       up was called                             fail, redis_close
 * FAILED     down will be told                         down, redis_close
 */
enum redis_state {
	REDIS_CLOSED,
	REDIS_LOOKUP,
	REDIS_OPENING,
	REDIS_OPEN,
	REDIS_FAILED,
};

/* A command under way. */
struct sent {
	STAILQ_ENTRY(sent) link;
	redis_cb *cb;
	void *ctx, *arg;
};
STAILQ_HEAD(sents, sent);

struct redis {
	struct redis_env *env;
	char host[REDIS_TEXT_MAX]; /* "": the path of the URL */
	uint16_t port;
	const struct redis_ops *ops;
	void *ctx;
	enum redis_state state;
	struct evdns_getaddrinfo_request *lookup;
	unsigned tries; /* which of the addresses of a name is next */
	struct bufferevent *bev;
	struct redis_rx *rx;
	struct sents sent; /* their answers come in this order */
	struct io_timer silence;
	struct io_timer fail; /* down is told from the loop */
	char why[WHY_MAX];
};

bool
redis_is_built(void)
{
	return true;
}

/* ---- the end ------------------------------------------------------------- */

static void
cut(struct redis *r)
{
	io_timer_cancel(&r->silence);
	if (r->lookup != NULL)
		evdns_getaddrinfo_cancel(r->lookup);
	r->lookup = NULL;
	if (r->bev != NULL)
		bufferevent_free(r->bev);
	r->bev = NULL;
	redis_rx_free(r->rx);
	r->rx = NULL;
}

/* All that was asked has no answer; who is told may not ask again. */
static void
give_up(struct redis *r)
{
	struct sents list = STAILQ_HEAD_INITIALIZER(list);
	struct sent *s;

	STAILQ_CONCAT(&list, &r->sent);
	while ((s = STAILQ_FIRST(&list)) != NULL) {
		STAILQ_REMOVE_HEAD(&list, link);
		s->cb(s->ctx, s->arg, SP_ERR_CLOSED, NULL);
		free(s);
	}
}

void
redis_close(struct redis *r)
{
	io_timer_cancel(&r->fail);
	r->state = REDIS_CLOSED;
	cut(r);
	give_up(r);
}

/* Tells down in the next round: nobody is called from within his own call. */
static void
fail(struct redis *r, const char *why)
{
	snprintf(r->why, sizeof(r->why), "%s",
	    why != NULL && *why != '\0' ? why : "closed");
	r->state = REDIS_FAILED;
	cut(r);
	io_timer_set(&r->fail, 0);
}

/* Down comes first: who hears of it then expects no answers any more. */
static void
on_fail(void *ctx, sp_time now SP_UNUSED)
{
	struct redis *r = ctx;

	r->state = REDIS_CLOSED;
	r->ops->down(r->ctx, r->why);
	if (r->state == REDIS_CLOSED)
		give_up(r);
}

static void
on_silence(void *ctx, sp_time now SP_UNUSED)
{
	fail(ctx, "it does not answer");
}

/* ---- commands ------------------------------------------------------------ */

/* Until it is open its time is bounded as a whole. */
static void
watch(struct redis *r)
{
	if (r->state != REDIS_OPEN)
		return;
	if (STAILQ_EMPTY(&r->sent))
		io_timer_cancel(&r->silence);
	else
		io_timer_set(&r->silence,
		    loop_now(r->env->loop) + REDIS_SILENCE);
}

static int
write_command(struct redis *r, const struct redis_arg *v, size_t n)
{
	const char *text[REDIS_ARGS];
	size_t len[REDIS_ARGS];
	char *bytes;
	int size, rv;

	for (size_t i = 0; i < n; i++) {
		text[i] = v[i].len == 0 ? "" : v[i].p;
		len[i] = v[i].len;
	}
	size = redisFormatCommandArgv(&bytes, (int)n, text, len);
	if (size < 0)
		return SP_ERR_NOMEM;
	rv = bufferevent_write(r->bev, bytes, (size_t)size);
	redisFreeCommand(bytes);
	return rv < 0 ? SP_ERR_NOMEM : 0;
}

int
redis_send(struct redis *r, const struct redis_arg *v, size_t n, redis_cb *cb,
    void *ctx, void *arg)
{
	struct sent *s;
	int rv;

	assert(n > 0 && n <= REDIS_ARGS && "a command has some arguments");
	if (r->bev == NULL)
		return SP_ERR_CLOSED;
	s = malloc(sizeof(*s));
	if (s == NULL)
		return SP_ERR_NOMEM;
	*s = (struct sent){ .cb = cb, .ctx = ctx, .arg = arg };
	rv = write_command(r, v, n);
	if (rv < 0) {
		free(s);
		return rv;
	}
	STAILQ_INSERT_TAIL(&r->sent, s, link);
	if (STAILQ_FIRST(&r->sent) == s)
		watch(r);
	return 0;
}

/* ---- answers ------------------------------------------------------------- */

/* False: it has ended meanwhile. */
static bool
answer(struct redis *r, void *reply)
{
	struct sent *s = STAILQ_FIRST(&r->sent);
	const struct bufferevent *bev = r->bev;

	if (s == NULL) {
		redis_rx_done(reply);
		fail(r, "it speaks without being asked");
		return false;
	}
	STAILQ_REMOVE_HEAD(&r->sent, link);
	watch(r);
	s->cb(s->ctx, s->arg, 0, reply);
	free(s);
	redis_rx_done(reply);
	return r->bev == bev;
}

static bool
take(struct redis *r, const void *p, size_t len)
{
	const char *why = redis_rx_feed(r->rx, p, len);
	void *reply;
	int rv = 0;

	while (why == NULL && (rv = redis_rx_next(r->rx, &reply)) > 0) {
		if (!answer(r, reply))
			return false;
	}
	if (rv < 0)
		why = redis_rx_why(r->rx);
	if (why != NULL)
		fail(r, why);
	return why == NULL;
}

static void
on_read(struct bufferevent *bev, void *ctx)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct redis *r = ctx;
	uint8_t chunk[CHUNK];
	int n;

	while ((n = evbuffer_remove(in, chunk, sizeof(chunk))) > 0) {
		if (!take(r, chunk, (size_t)n))
			return;
	}
}

static void
on_event(struct bufferevent *bev, short what, void *ctx)
{
	const SSL *ssl = bufferevent_openssl_get_ssl(bev);
	const char *why = "closed";
	struct redis *r = ctx;
	int one = 1;

	if (what & BEV_EVENT_CONNECTED) {
		if (r->host[0] != '\0')
			setsockopt(bufferevent_getfd(bev), IPPROTO_TCP,
			    TCP_NODELAY, &one, sizeof(one));
		return;
	}
	if (what & BEV_EVENT_ERROR)
		why = evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR());
	if (ssl != NULL) {
		const char *more =
		    redis_tls_why(ssl, bufferevent_get_openssl_error(bev));

		why = more != NULL ? more : why;
		ERR_clear_error();
	}
	fail(r, why);
}

/* ---- the beginning ------------------------------------------------------- */

static void
on_hello(void *ctx, void *arg SP_UNUSED, int err, const struct redis_value *v)
{
	struct redis *r = ctx;

	if (err == 0 && redis_error(v) != NULL)
		fail(r, redis_error(v));
}

static void
on_time(void *ctx, void *arg SP_UNUSED, int err, const struct redis_value *v)
{
	struct redis *r = ctx;
	int64_t s, us;

	if (err < 0)
		return;
	if (redis_error(v) != NULL) {
		fail(r, redis_error(v));
	} else if (redis_int(redis_at(v, 0), &s) < 0 ||
		   redis_int(redis_at(v, 1), &us) < 0 || s < 0 || us < 0 ||
		   us >= 1000000 || s > INT64_MAX / 2000) {
		fail(r, "it does not tell the time");
	} else {
		r->state = REDIS_OPEN;
		watch(r);
		r->ops->up(r->ctx, (uint64_t)s * 1000 + (uint64_t)us / 1000);
	}
}

static struct redis_arg
word(const char *s)
{
	return (struct redis_arg){ s, strlen(s) };
}

/* Who we are, which database, what time it is; the answers come in order. */
static int
say_hello(struct redis *r)
{
	const struct redis_url *u = r->env->url;
	struct redis_arg v[3];
	char db[12];
	size_t n = 0;
	int rv = 0;

	if (u->pass[0] != '\0') {
		v[n++] = word("AUTH");
		if (u->user[0] != '\0')
			v[n++] = word(u->user);
		v[n++] = word(u->pass);
		rv = redis_send(r, v, n, on_hello, r, NULL);
	}
	if (u->db != 0 && rv == 0) {
		snprintf(db, sizeof(db), "%" PRIu32, u->db);
		v[0] = word("SELECT");
		v[1] = word(db);
		rv = redis_send(r, v, 2, on_hello, r, NULL);
	}
	v[0] = word("TIME");
	return rv == 0 ? redis_send(r, v, 1, on_time, r, NULL) : rv;
}

static struct bufferevent *
make_wire(struct redis *r)
{
	struct event_base *base = loop_base(r->env->loop);
	struct bufferevent *bev;
	SSL *ssl;

	if (r->env->tls == NULL || r->host[0] == '\0')
		return bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	ssl = redis_tls_new(r->env, r->host);
	if (ssl == NULL)
		return NULL;
	bev = bufferevent_openssl_socket_new(base, -1, ssl,
	    BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE);
	if (bev == NULL)
		SSL_free(ssl);
	return bev;
}

static int
connect_to(struct redis *r, const struct sockaddr *sa, int len)
{
	int rv;

	r->state = REDIS_OPENING;
	r->bev = make_wire(r);
	r->rx = redis_rx_new();
	if (r->bev == NULL || r->rx == NULL)
		return SP_ERR_NOMEM;
	bufferevent_setcb(r->bev, on_read, NULL, on_event, r);
	if (bufferevent_enable(r->bev, EV_READ | EV_WRITE) < 0)
		return SP_ERR_NOMEM;
	rv = say_hello(r);
	/* An error may have been told by on_event already. */
	if (rv == 0 && bufferevent_socket_connect(r->bev, sa, len) < 0 &&
	    r->state == REDIS_OPENING)
		rv = SP_ERR_IO;
	return rv;
}

static void
begin(struct redis *r, const struct sockaddr *sa, int len)
{
	int rv = connect_to(r, sa, len);

	if (rv < 0)
		fail(r, sp_strerror(rv));
}

static void
on_name(int err, struct evutil_addrinfo *list, void *ctx)
{
	struct evutil_addrinfo *ai;
	struct redis *r = ctx;
	unsigned n = 0, at;

	if (err == EVUTIL_EAI_CANCEL)
		return;
	r->lookup = NULL;
	if (err != 0 || list == NULL) {
		fail(r, evutil_gai_strerror(err));
		return;
	}
	for (ai = list; ai != NULL; ai = ai->ai_next)
		n++;
	at = r->tries++ % n;
	for (ai = list; at > 0; at--)
		ai = ai->ai_next;
	begin(r, ai->ai_addr, (int)ai->ai_addrlen);
	evutil_freeaddrinfo(list);
}

static void
begin_unix(struct redis *r)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	const char *path = r->env->url->path;

	memcpy(sa.sun_path, path, strnlen(path, sizeof(sa.sun_path) - 1));
	begin(r, (const struct sockaddr *)(const void *)&sa, sizeof(sa));
}

void
redis_open(struct redis *r)
{
	struct evutil_addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_protocol = IPPROTO_TCP };
	struct evdns_getaddrinfo_request *req;
	char port[8];

	redis_close(r);
	io_timer_set(&r->silence, loop_now(r->env->loop) + REDIS_OPEN_TIME);
	if (r->host[0] == '\0') {
		begin_unix(r);
		return;
	}
	r->state = REDIS_LOOKUP;
	snprintf(port, sizeof(port), "%u", r->port);
	/* NULL: on_name was called already. */
	req = evdns_getaddrinfo(r->env->dns, r->host, port, &hints, on_name, r);
	if (r->state == REDIS_LOOKUP)
		r->lookup = req;
}

bool
redis_is_up(const struct redis *r)
{
	return r->state == REDIS_OPEN;
}

/* ---- life ---------------------------------------------------------------- */

int
redis_env_new(struct redis_env **out, struct loop *l, const struct redis_url *u,
    const char *tls_ca, const char *tls_cert, char *why, size_t size)
{
	struct redis_env *e = calloc(1, sizeof(*e));
	int rv = 0;

	*out = NULL;
	if (e == NULL)
		return SP_ERR_NOMEM;
	e->loop = l;
	e->url = u;
	if (u->tls)
		rv = redis_env_tls(e, tls_ca, tls_cert, why, size);
	/* Of a cluster behind a socket's path the others are hosts. */
	if (rv == 0) {
		e->dns = evdns_base_new(loop_base(l),
		    EVDNS_BASE_INITIALIZE_NAMESERVERS |
			EVDNS_BASE_DISABLE_WHEN_INACTIVE);
		rv = e->dns == NULL ? SP_ERR_IO : 0;
	}
	if (rv < 0) {
		redis_env_free(e);
		return rv;
	}
	*out = e;
	return 0;
}

void
redis_env_free(struct redis_env *e)
{
	if (e == NULL)
		return;
	if (e->dns != NULL)
		evdns_base_free(e->dns, 0);
	SSL_CTX_free(e->tls);
	free(e);
}

int
redis_new(struct redis **out, struct redis_env *e, const char *host,
    uint16_t port, const struct redis_ops *ops, void *ctx)
{
	struct redis *r;
	int fail, silence;

	*out = NULL;
	if (host != NULL && strlen(host) >= sizeof(r->host))
		return SP_ERR_TOOBIG;
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return SP_ERR_NOMEM;
	r->env = e;
	if (host != NULL)
		memcpy(r->host, host, strlen(host) + 1);
	r->port = port;
	r->ops = ops;
	r->ctx = ctx;
	STAILQ_INIT(&r->sent);
	fail = io_timer_init(&r->fail, e->loop, on_fail, r);
	silence = io_timer_init(&r->silence, e->loop, on_silence, r);
	if (fail < 0 || silence < 0) {
		redis_free(r);
		return SP_ERR_NOMEM;
	}
	*out = r;
	return 0;
}

void
redis_free(struct redis *r)
{
	if (r == NULL)
		return;
	redis_close(r);
	io_timer_fini(&r->fail);
	io_timer_fini(&r->silence);
	free(r);
}
