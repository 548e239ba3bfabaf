#include "io/redis.h"

#include <stdio.h>

#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <hiredis/adapters/libevent.h>
#include <hiredis/async.h>

#define WHY_MAX 200

/*
 * state      meaning                                   leaves on
 * CLOSED     nothing is there                          redis_open
 * LOOKUP     the name is looked up                     its answer, redis_close
 * OPENING    hiredis connects, or says who we are      up, down, redis_close
 * OPEN       up was called                             down, redis_close
 */
enum redis_state {
	REDIS_CLOSED,
	REDIS_LOOKUP,
	REDIS_OPENING,
	REDIS_OPEN,
};

struct redis {
	struct loop *loop;
	const struct redis_url *url;
	const struct redis_ops *ops;
	void *ctx;
	enum redis_state state;
	struct evdns_base *dns; /* NULL: a socket's path */
	struct evdns_getaddrinfo_request *lookup;
	redisAsyncContext *ac; /* its data is this, while it is ours */
	struct io_timer fail;  /* down is told from the loop */
	char why[WHY_MAX];
};

/* A command under way. */
struct sent {
	struct redis *redis;
	redis_cb *cb;
	void *arg;
};

bool
redis_is_built(void)
{
	return true;
}

/* ---- the end ------------------------------------------------------------- */

/* |ac| is hiredis's alone from now on, which frees it. */
static void
let_go(struct redis *r)
{
	if (r->ac != NULL)
		r->ac->data = NULL;
	r->ac = NULL;
}

void
redis_close(struct redis *r)
{
	redisAsyncContext *ac = r->ac;

	io_timer_cancel(&r->fail);
	r->state = REDIS_CLOSED;
	if (r->lookup != NULL)
		evdns_getaddrinfo_cancel(r->lookup);
	r->lookup = NULL;
	let_go(r);
	if (ac != NULL)
		redisAsyncFree(ac);
}

/* Tells down in the next round: nobody is called from within his own call. */
static void
fail(struct redis *r, const char *why)
{
	char text[WHY_MAX];

	snprintf(text, sizeof(text), "%s", why);
	redis_close(r);
	memcpy(r->why, text, sizeof(text));
	io_timer_set(&r->fail, 0);
}

static void
on_fail(void *ctx, sp_time now SP_UNUSED)
{
	struct redis *r = ctx;

	r->ops->down(r->ctx, r->why);
}

/* hiredis frees |ac| itself after this. */
static void
on_disconnect(const redisAsyncContext *ac, int status)
{
	struct redis *r = ac->data;
	const char *why = status == REDIS_OK ? "closed" : ac->errstr;

	if (r == NULL)
		return;
	let_go(r);
	fail(r, why != NULL && *why != '\0' ? why : "closed");
}

static void
on_connect(const redisAsyncContext *ac, int status)
{
	if (status != REDIS_OK)
		on_disconnect(ac, status);
}

/* ---- commands ------------------------------------------------------------ */

static void
on_reply(redisAsyncContext *ac, void *reply, void *priv)
{
	struct sent *s = priv;

	/* Without a reply the connection has ended: down tells. */
	if (ac->data != NULL && reply != NULL)
		s->cb(s->redis->ctx, s->arg, reply);
	free(s);
}

int
redis_send(struct redis *r, const struct redis_arg *v, size_t n, redis_cb *cb,
    void *arg)
{
	const char *text[REDIS_ARGS];
	size_t len[REDIS_ARGS];
	struct sent *s;

	assert(n > 0 && n <= REDIS_ARGS && "a command has some arguments");
	if (r->ac == NULL)
		return SP_ERR_CLOSED;
	for (size_t i = 0; i < n; i++) {
		text[i] = v[i].len == 0 ? "" : v[i].p;
		len[i] = v[i].len;
	}
	s = malloc(sizeof(*s));
	if (s == NULL)
		return SP_ERR_NOMEM;
	*s = (struct sent){ r, cb, arg };
	if (redisAsyncCommandArgv(r->ac, on_reply, s, (int)n, text, len) ==
	    REDIS_OK)
		return 0;
	free(s);
	return SP_ERR_CLOSED;
}

/* ---- the beginning ------------------------------------------------------- */

static void
on_hello(void *ctx SP_UNUSED, void *arg, const struct redis_value *v)
{
	struct redis *r = arg;

	if (redis_error(v) != NULL)
		fail(r, redis_error(v));
}

static void
on_time(void *ctx, void *arg, const struct redis_value *v)
{
	struct redis *r = arg;
	int64_t s, us;

	if (redis_error(v) != NULL) {
		fail(r, redis_error(v));
	} else if (redis_int(redis_at(v, 0), &s) < 0 ||
		   redis_int(redis_at(v, 1), &us) < 0 || s < 0 || us < 0 ||
		   s > INT64_MAX / 2000) {
		fail(r, "it does not tell the time");
	} else {
		r->state = REDIS_OPEN;
		r->ops->up(ctx, (uint64_t)s * 1000 + (uint64_t)us / 1000);
	}
}

static struct redis_arg
word(const char *s)
{
	return (struct redis_arg){ s, strlen(s) };
}

/* Who we are, which database, what time it is; the answers come in order. */
static void
say_hello(struct redis *r)
{
	const struct redis_url *u = r->url;
	struct redis_arg v[3];
	char db[12];
	size_t n = 0;
	int rv = 0;

	if (u->pass[0] != '\0') {
		v[n++] = word("AUTH");
		if (u->user[0] != '\0')
			v[n++] = word(u->user);
		v[n++] = word(u->pass);
		rv = redis_send(r, v, n, on_hello, r);
	}
	if (u->db != 0 && rv == 0) {
		snprintf(db, sizeof(db), "%" PRIu32, u->db);
		v[0] = word("SELECT");
		v[1] = word(db);
		rv = redis_send(r, v, 2, on_hello, r);
	}
	v[0] = word("TIME");
	if (rv == 0)
		rv = redis_send(r, v, 1, on_time, r);
	if (rv < 0)
		fail(r, sp_strerror(rv));
}

static void
begin(struct redis *r, redisAsyncContext *ac)
{
	r->state = REDIS_OPENING;
	r->ac = ac;
	if (ac == NULL) {
		fail(r, sp_strerror(SP_ERR_NOMEM));
		return;
	}
	ac->data = r;
	if (ac->err != 0 ||
	    redisLibeventAttach(ac, loop_base(r->loop)) != REDIS_OK) {
		fail(r, ac->err != 0 ? ac->errstr : "event loop");
		return;
	}
	redisAsyncSetConnectCallback(ac, on_connect);
	redisAsyncSetDisconnectCallback(ac, on_disconnect);
	say_hello(r);
}

static void
on_name(int err, struct evutil_addrinfo *list, void *ctx)
{
	struct redis *r = ctx;
	char text[64] = "";

	if (err == EVUTIL_EAI_CANCEL)
		return;
	r->lookup = NULL;
	if (err != 0 || list == NULL) {
		fail(r, evutil_gai_strerror(err));
		return;
	}
	if (list->ai_family == AF_INET6)
		evutil_inet_ntop(AF_INET6,
		    &((struct sockaddr_in6 *)(void *)list->ai_addr)->sin6_addr,
		    text, sizeof(text));
	else
		evutil_inet_ntop(AF_INET,
		    &((struct sockaddr_in *)(void *)list->ai_addr)->sin_addr,
		    text, sizeof(text));
	evutil_freeaddrinfo(list);
	begin(r, redisAsyncConnect(text, r->url->port));
}

void
redis_open(struct redis *r)
{
	struct evutil_addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct evdns_getaddrinfo_request *req;

	redis_close(r);
	if (r->dns == NULL) {
		begin(r, redisAsyncConnectUnix(r->url->path));
		return;
	}
	r->state = REDIS_LOOKUP;
	/* NULL: on_name was called already. */
	req = evdns_getaddrinfo(r->dns, r->url->host, NULL, &hints, on_name, r);
	if (r->state == REDIS_LOOKUP)
		r->lookup = req;
}

int
redis_new(struct redis **out, struct loop *l, const struct redis_url *u,
    const struct redis_ops *ops, void *ctx)
{
	struct redis *r = calloc(1, sizeof(*r));

	*out = NULL;
	if (r == NULL)
		return SP_ERR_NOMEM;
	r->loop = l;
	r->url = u;
	r->ops = ops;
	r->ctx = ctx;
	if (io_timer_init(&r->fail, l, on_fail, r) < 0) {
		free(r);
		return SP_ERR_NOMEM;
	}
	if (u->host[0] != '\0') {
		r->dns = evdns_base_new(loop_base(l),
		    EVDNS_BASE_INITIALIZE_NAMESERVERS |
			EVDNS_BASE_DISABLE_WHEN_INACTIVE);
		if (r->dns == NULL) {
			redis_free(r);
			return SP_ERR_IO;
		}
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
	if (r->dns != NULL)
		evdns_base_free(r->dns, 0);
	io_timer_fini(&r->fail);
	free(r);
}

/* ---- replies ------------------------------------------------------------- */

static const redisReply *
as_reply(const struct redis_value *v)
{
	return (const redisReply *)(const void *)v;
}

const char *
redis_error(const struct redis_value *v)
{
	const redisReply *p = as_reply(v);

	return p != NULL && p->type == REDIS_REPLY_ERROR ? p->str : NULL;
}

const void *
redis_bytes(const struct redis_value *v, size_t *len)
{
	const redisReply *p = as_reply(v);

	*len = 0;
	if (p == NULL || p->type != REDIS_REPLY_STRING)
		return NULL;
	*len = p->len;
	return p->str;
}

int
redis_int(const struct redis_value *v, int64_t *out)
{
	const redisReply *p = as_reply(v);
	char *end;

	if (p != NULL && p->type == REDIS_REPLY_INTEGER) {
		*out = p->integer;
		return 0;
	}
	if (p == NULL || p->type != REDIS_REPLY_STRING || p->len == 0)
		return SP_ERR_SYNTAX;
	*out = strtoll(p->str, &end, 10);
	return end == p->str + p->len ? 0 : SP_ERR_SYNTAX;
}

size_t
redis_len(const struct redis_value *v)
{
	const redisReply *p = as_reply(v);

	return p != NULL && p->type == REDIS_REPLY_ARRAY ? p->elements : 0;
}

const struct redis_value *
redis_at(const struct redis_value *v, size_t i)
{
	const redisReply *p = as_reply(v);

	return i < redis_len(v)
		   ? (const struct redis_value *)(const void *)p->element[i]
		   : NULL;
}
