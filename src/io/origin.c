#include "io/origin.h"
#include "io/origin_int.h"

#include <event2/event.h>

#define ORIGIN_HOST_CONNS 6
#define ORIGIN_ALL_CONNS  64
#define ORIGIN_ALL_BYTES  (4 * 1024 * 1024)

/* A socket of libcurl in our loop. */
struct origin_sock {
	struct origin *origin;
	struct event *ev;
	curl_socket_t fd;
};

static void origin_reap(struct origin *o);

/* ---- libcurl in the loop ---- */

static void
origin_act(struct origin *o, curl_socket_t fd, int mask)
{
	int running;

	o->depth++;
	curl_multi_socket_action(o->multi, fd, mask, &running);
	o->depth--;
	origin_reap(o);
}

static void
socket_ready(evutil_socket_t fd, short what, void *arg)
{
	struct origin_sock *s = arg;
	int mask = 0;

	if (what & EV_READ)
		mask |= CURL_CSELECT_IN;
	if (what & EV_WRITE)
		mask |= CURL_CSELECT_OUT;
	/* libcurl may drop |s| in here. */
	origin_act(s->origin, fd, mask);
}

static void
socket_forget(struct origin *o, curl_socket_t fd, struct origin_sock *s)
{
	if (s == NULL)
		return;
	curl_multi_assign(o->multi, fd, NULL);
	if (s->ev != NULL)
		event_free(s->ev);
	free(s);
}

static int
socket_cb(CURL *easy SP_UNUSED, curl_socket_t fd, int what, void *arg,
    void *sockp)
{
	struct origin_sock *s = sockp;
	struct origin *o = arg;
	short mask = EV_PERSIST;

	if (what == CURL_POLL_REMOVE) {
		socket_forget(o, fd, s);
		return 0;
	}
	if (s == NULL) {
		if ((s = calloc(1, sizeof(*s))) == NULL)
			return -1;
		s->origin = o;
		s->fd = fd;
		curl_multi_assign(o->multi, fd, s);
	}
	if (what & CURL_POLL_IN)
		mask |= EV_READ;
	if (what & CURL_POLL_OUT)
		mask |= EV_WRITE;
	if (s->ev != NULL)
		event_free(s->ev);
	s->ev = event_new(loop_base(o->loop), fd, mask, socket_ready, s);
	if (s->ev == NULL || event_add(s->ev, NULL) < 0)
		return -1;
	return 0;
}

static int
timer_cb(CURLM *multi SP_UNUSED, long ms, void *arg)
{
	struct origin *o = arg;

	if (ms < 0)
		io_timer_cancel(&o->timer);
	else if (ms == 0)
		io_timer_set(&o->timer, 0);
	else
		io_timer_set(&o->timer, loop_now(o->loop) + ms * SP_MS);
	return 0;
}

static void
timer_due(void *ctx, sp_time now SP_UNUSED)
{
	origin_act(ctx, CURL_SOCKET_TIMEOUT, 0);
}

/* ---- life of a fetch ---- */

static void
fetch_free(struct origin_fetch *f)
{
	TAILQ_REMOVE(&f->origin->list, f, link);
	if (f->easy != NULL) {
		f->origin->depth++;
		if (f->state != ORIGIN_WAITING)
			curl_multi_remove_handle(f->origin->multi, f->easy);
		curl_easy_cleanup(f->easy);
		f->origin->depth--;
	}
	curl_slist_free_all(f->headers);
	if (f->all != NULL)
		free(f->all->p);
	free(f->all);
	free(f->url);
	free(f);
}

static void
fetch_done(struct origin_fetch *f, CURLcode code)
{
	struct origin_done d;

	if (f->state != ORIGIN_CANCELLED) {
		origin_judge(f, code, &d);
		f->ops->done(f->ctx, f, &d);
	}
	fetch_free(f);
}

static void
origin_reap(struct origin *o)
{
	struct origin_fetch *f;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(o->multi, &left)) != NULL) {
		if (m->msg != CURLMSG_DONE)
			continue;
		f = NULL;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &f);
		if (f != NULL)
			fetch_done(f, m->data.result);
	}
}

/* What could not be done inside a callback of libcurl. */
static void
kick_due(void *ctx, sp_time now SP_UNUSED)
{
	struct origin *o = ctx;
	struct origin_fetch *f, *next;

	for (f = TAILQ_FIRST(&o->list); f != NULL; f = next) {
		next = TAILQ_NEXT(f, link);
		if (f->state == ORIGIN_CANCELLED) {
			fetch_free(f);
		} else if (f->state == ORIGIN_WAITING) {
			f->state = ORIGIN_RUNNING;
			o->depth++;
			curl_multi_add_handle(o->multi, f->easy);
			o->depth--;
		}
	}
	origin_reap(o);
}

int
origin_get(struct origin *o, const struct origin_ask *ask,
    const struct origin_ops *ops, void *ctx, struct origin_fetch **out)
{
	struct origin_fetch *f;
	int rc;

	if ((f = calloc(1, sizeof(*f))) == NULL)
		return SP_ERR_NOMEM;
	f->origin = o;
	f->ops = ops;
	f->ctx = ctx;
	f->started = loop_now(o->loop);
	TAILQ_INSERT_TAIL(&o->list, f, link);
	if ((rc = origin_setup(f, ask)) < 0) {
		fetch_free(f);
		return rc;
	}
	io_timer_set(&o->kick, 0);
	if (out != NULL)
		*out = f;
	return 0;
}

void
origin_cancel(struct origin_fetch *f)
{
	struct origin *o = f->origin;

	if (o->depth == 0) {
		fetch_free(f);
		return;
	}
	f->state = ORIGIN_CANCELLED;
	io_timer_set(&o->kick, 0);
}

/* ---- the pool ---- */

static bool
proxy_in_environment(void)
{
	/* libcurl ignores HTTP_PROXY in capitals, as CGI may set it. */
	static const char *const names[] = { "http_proxy", "https_proxy",
		"HTTPS_PROXY", "all_proxy", "ALL_PROXY" };
	const char *v;
	size_t i;

	for (i = 0; i < SP_LEN(names); i++)
		if ((v = getenv(names[i])) != NULL && *v != '\0')
			return true;
	return false;
}

static int
origin_open(struct origin *o, const struct origin_conf *conf)
{
	static bool is_up;

	if (!is_up && curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return SP_ERR_IO;
	is_up = true;
	o->agent = strdup(
	    conf->agent != NULL ? conf->agent : "spate/" PACKAGE_VERSION);
	if (o->agent == NULL)
		return SP_ERR_NOMEM;
	if (conf->ca_file != NULL &&
	    (o->ca_file = strdup(conf->ca_file)) == NULL)
		return SP_ERR_NOMEM;
	if (io_timer_init(&o->timer, o->loop, timer_due, o) < 0 ||
	    io_timer_init(&o->kick, o->loop, kick_due, o) < 0 ||
	    (o->multi = curl_multi_init()) == NULL)
		return SP_ERR_NOMEM;
	curl_multi_setopt(o->multi, CURLMOPT_SOCKETFUNCTION, socket_cb);
	curl_multi_setopt(o->multi, CURLMOPT_SOCKETDATA, o);
	curl_multi_setopt(o->multi, CURLMOPT_TIMERFUNCTION, timer_cb);
	curl_multi_setopt(o->multi, CURLMOPT_TIMERDATA, o);
	curl_multi_setopt(o->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
	    (long)(conf->host_conns > 0 ? conf->host_conns
					: ORIGIN_HOST_CONNS));
	curl_multi_setopt(o->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
	    (long)(conf->all_conns > 0 ? conf->all_conns : ORIGIN_ALL_CONNS));
	return 0;
}

int
origin_new(struct origin **out, struct loop *l, const struct origin_conf *conf)
{
	static const struct origin_conf dflt;
	struct origin *o;
	int rc;

	if ((o = calloc(1, sizeof(*o))) == NULL)
		return SP_ERR_NOMEM;
	o->loop = l;
	TAILQ_INIT(&o->list);
	o->proxied = proxy_in_environment();
	if ((rc = origin_open(o, conf != NULL ? conf : &dflt)) < 0) {
		origin_free(o);
		return rc;
	}
	*out = o;
	return 0;
}

void
origin_free(struct origin *o)
{
	struct origin_fetch *f;

	if (o == NULL)
		return;
	assert(o->depth == 0 && "not from a callback of a fetch");
	while ((f = TAILQ_FIRST(&o->list)) != NULL)
		fetch_free(f);
	if (o->multi != NULL)
		curl_multi_cleanup(o->multi);
	io_timer_fini(&o->timer);
	io_timer_fini(&o->kick);
	free(o->agent);
	free(o->ca_file);
	free(o);
}

/* ---- whole body ---- */

static enum origin_verdict
all_data(void *ctx, struct origin_fetch *f SP_UNUSED, const uint8_t *p,
    size_t len)
{
	struct origin_all *a = ctx;
	size_t cap = a->cap;
	uint8_t *grown;

	while (cap < a->len + len + 1)
		cap = cap == 0 ? 4096 : cap * 2;
	if (cap > a->cap) {
		if ((grown = realloc(a->p, cap)) == NULL)
			return ORIGIN_STOP;
		a->p = grown;
		a->cap = cap;
	}
	memcpy(a->p + a->len, p, len);
	a->len += len;
	a->p[a->len] = '\0';
	return ORIGIN_GO;
}

static void
all_done(void *ctx, struct origin_fetch *f, const struct origin_done *d)
{
	struct origin_all *a = ctx;
	static const uint8_t nothing[1];

	a->cb(a->ctx, d, &f->head, a->p != NULL ? a->p : nothing, a->len);
}

int
origin_all(struct origin *o, const struct origin_ask *ask, origin_all_cb cb,
    void *ctx, struct origin_fetch **out)
{
	static const struct origin_ops ops = {
		.data = all_data,
		.done = all_done,
	};
	struct origin_ask mine = *ask;
	struct origin_fetch *f;
	struct origin_all *a;
	int rc;

	if (mine.max_bytes == 0)
		mine.max_bytes = ORIGIN_ALL_BYTES;
	if ((a = calloc(1, sizeof(*a))) == NULL)
		return SP_ERR_NOMEM;
	a->cb = cb;
	a->ctx = ctx;
	if ((rc = origin_get(o, &mine, &ops, a, &f)) < 0) {
		free(a);
		return rc;
	}
	f->all = a;
	if (out != NULL)
		*out = f;
	return 0;
}
