#include "test/unit/redis_rig.h"

#include <netinet/in.h>
#include <stdio.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <hiredis/hiredis.h>

/* A connection that a server has. */
struct rig_link {
	struct rig_link *next;
	struct rig_server *server;
	struct bufferevent *bev;
	redisReader *reader;
};

/* ---- servers ------------------------------------------------------------- */

static void
link_free(struct rig_link *l)
{
	struct rig_link **at = &l->server->links;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	bufferevent_free(l->bev);
	redisReaderFree(l->reader);
	free(l);
}

/* False: it has hung up. */
static bool
obey(struct rig_link *l, const char *command)
{
	struct rig_server *s = l->server;
	size_t used = strlen(s->log), i = s->n_rules;
	const char *answer = RIG_OK;

	if (strncmp(command, "TIME", 4) != 0)
		snprintf(s->log + used, sizeof(s->log) - used, "%s\n", command);
	while (i > 0 && strncmp(command, s->rules[i - 1].command,
			    strlen(s->rules[i - 1].command)) != 0)
		i--;
	if (i > 0)
		answer = s->rules[i - 1].answer;
	if (answer == NULL)
		return true;
	if (*answer == '\0') {
		link_free(l);
		return false;
	}
	bufferevent_write(l->bev, answer, strlen(answer));
	return true;
}

static void
join(char *out, size_t size, const redisReply *r)
{
	size_t at = 0;

	for (size_t i = 0; i < r->elements; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%s",
		    i > 0 ? " " : "", r->element[i]->str);
}

static void
on_read(struct bufferevent *bev, void *ctx)
{
	struct rig_link *l = ctx;
	char bytes[4096], command[512];
	bool there = true;
	void *reply;
	int n;

	n = (int)bufferevent_read(bev, bytes, sizeof(bytes));
	ck_assert_int_eq(redisReaderFeed(l->reader, bytes, (size_t)n),
	    REDIS_OK);
	while (there && redisReaderGetReply(l->reader, &reply) == REDIS_OK &&
	       reply != NULL) {
		join(command, sizeof(command), reply);
		freeReplyObject(reply);
		there = obey(l, command);
	}
}

static void
on_event(struct bufferevent *bev SP_UNUSED, short what SP_UNUSED, void *ctx)
{
	link_free(ctx);
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *sa SP_UNUSED, int len SP_UNUSED, void *ctx)
{
	struct rig_link *l = calloc(1, sizeof(*l));

	ck_assert_ptr_nonnull(l);
	l->server = ctx;
	l->next = l->server->links;
	l->server->links = l;
	l->reader = redisReaderCreate();
	l->bev = bufferevent_socket_new(evconnlistener_get_base(listener), fd,
	    BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(l->bev, on_read, NULL, on_event, l);
	bufferevent_enable(l->bev, EV_READ | EV_WRITE);
}

static void
listen_at(struct rig *r, struct rig_server *s)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len = sizeof(sa);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sa.sin_port = htons(s->port);
	s->listener = evconnlistener_new_bind(loop_base(r->loop), on_accept, s,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, 16,
	    (struct sockaddr *)&sa, sizeof(sa));
	ck_assert_ptr_nonnull(s->listener);
	getsockname(evconnlistener_get_fd(s->listener), (struct sockaddr *)&sa,
	    &len);
	s->port = ntohs(sa.sin_port);
}

void
rig_rule(struct rig *r, size_t i, const char *command, const char *answer)
{
	struct rig_server *s = &r->s[i];

	ck_assert_uint_lt(s->n_rules, RIG_RULES);
	s->rules[s->n_rules++] = (struct rig_rule){ command, answer };
}

void
rig_cluster(struct rig *r)
{
	static char text[512];

	snprintf(text, sizeof(text),
	    "*3\r\n"
	    "*3\r\n:0\r\n:5460\r\n*2\r\n$9\r\n127.0.0.1\r\n:%u\r\n"
	    "*3\r\n:5461\r\n:10921\r\n*2\r\n$9\r\n127.0.0.1\r\n:%u\r\n"
	    "*3\r\n:10922\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:%u\r\n",
	    r->s[0].port, r->s[1].port, r->s[2].port);
	for (size_t i = 0; i < RIG_SERVERS; i++)
		rig_rule(r, i, "CLUSTER SLOTS", text);
}

void
rig_cut(struct rig *r, size_t i, bool listens)
{
	struct rig_server *s = &r->s[i];

	while (s->links != NULL)
		link_free(s->links);
	if (!listens) {
		evconnlistener_free(s->listener);
		s->listener = NULL;
	}
}

/* ---- who asks them ------------------------------------------------------- */

static void
on_up(void *ctx, uint64_t ms)
{
	struct rig *r = ctx;

	r->ups++;
	r->ms = ms;
}

static void
on_down(void *ctx, const char *why)
{
	struct rig *r = ctx;

	r->downs++;
	snprintf(r->why, sizeof(r->why), "%s", why);
	if (r->open_in_down)
		redis_net_open(r->net);
}

static const struct redis_ops ops = { on_up, on_down };

static void
on_answer(void *ctx, void *arg SP_UNUSED, int err, const struct redis_value *v)
{
	struct rig *r = ctx;
	char *text = r->got[r->n_got].text;
	const char *p;
	int64_t n;
	size_t len;

	ck_assert_uint_lt(r->n_got, RIG_ANSWERS);
	ck_assert((err < 0) == (v == NULL));
	r->got[r->n_got++].err = err;
	if (err < 0)
		return;
	p = redis_error(v) != NULL ? redis_error(v) : redis_bytes(v, &len);
	if (p != NULL)
		snprintf(text, 64, "%s", p);
	else if (redis_int(v, &n) == 0)
		snprintf(text, 64, "%d", (int)n);
	if (r->close_in_answer)
		redis_net_close(r->net);
}

int
rig_get(struct rig *r, const char *key)
{
	const struct redis_arg v[] = { { "GET", 3 }, { key, strlen(key) } };

	return redis_net_send(r->net, REDIS_LANE_CMD, key, v, 2, on_answer, r,
	    NULL);
}

void
rig_until(struct rig *r, const unsigned *count, unsigned n)
{
	sp_time end = io_now() + RIG_PATIENCE;

	while (*count < n) {
		ck_assert(io_now() < end);
		loop_step(r->loop, end);
	}
	ck_assert_uint_eq(*count, n);
}

void
rig_spin(struct rig *r)
{
	for (int i = 0; i < 50; i++)
		loop_step(r->loop, io_now() + SP_MS / 10);
}

void
rig_open(struct rig *r)
{
	unsigned was = r->ups + r->downs;
	sp_time end = io_now() + RIG_PATIENCE;

	redis_net_open(r->net);
	while (r->ups + r->downs == was) {
		ck_assert(io_now() < end);
		loop_step(r->loop, end);
	}
}

/* ---- life ---------------------------------------------------------------- */

void
rig_start(struct rig *r)
{
	struct redis_net_conf conf = { .url = &r->url,
		.wait_key = "spate:news",
		.ops = &ops,
		.ctx = r };
	const char *why;
	char text[64];

	memset(r, 0, sizeof(*r));
	ck_assert_int_eq(loop_new(&r->loop), 0);
	for (size_t i = 0; i < RIG_SERVERS; i++) {
		listen_at(r, &r->s[i]);
		rig_rule(r, i, "TIME", "*2\r\n$2\r\n12\r\n$4\r\n5000\r\n");
		rig_rule(r, i, "CLUSTER",
		    "-ERR This instance has cluster support disabled\r\n");
	}
	snprintf(text, sizeof(text), "redis://127.0.0.1:%u", r->s[0].port);
	ck_assert_int_eq(redis_url_parse(&r->url, text, &why), 0);
	conf.loop = r->loop;
	ck_assert_int_eq(redis_net_new(&r->net, &conf, text, sizeof(text)), 0);
}

void
rig_end(struct rig *r)
{
	redis_net_free(r->net);
	for (size_t i = 0; i < RIG_SERVERS; i++) {
		while (r->s[i].links != NULL)
			link_free(r->s[i].links);
		if (r->s[i].listener != NULL)
			evconnlistener_free(r->s[i].listener);
	}
	loop_free(r->loop);
}
