#include "io/redis_net.h"

#include <stdio.h>

#define NOWHERE  UINT8_MAX /* a slot that nobody has */
#define HOPS_MAX 3         /* that one command is sent on by ASK */

static_assert(REDIS_NODES_MAX < NOWHERE, "slots name nodes in a byte");

/*
 * state   meaning                                    leaves on
 * CLOSED  nothing is there                           open
 * FIRST   one node is asked where slots are          its answer, down, close
 * NODES   all of them are connected to               up, down, close
 * UP      up was called                              down, close
 */
enum net_state {
	NET_CLOSED,
	NET_FIRST,
	NET_NODES,
	NET_UP,
};

struct node {
	struct redis_net *net;
	struct redis *redis; /* NULL: the place is free */
	char host[REDIS_TEXT_MAX];
	uint16_t port;
	bool has_slots;
	bool was_up; /* since it was opened */
	bool failed; /* has ended, or could not be opened */
};

struct redis_net {
	struct redis_net_conf conf;
	struct redis_env *env;
	enum net_state state;
	bool cluster; /* it has told of slots */
	/* [0] is the URL's; all that were known stay, to be asked first. */
	struct node nodes[REDIS_NODES_MAX];
	unsigned first; /* whom to ask next */
	struct node wait;
	uint64_t wait_ms;
	uint8_t slots[REDIS_SLOTS]; /* in |nodes|, or NOWHERE */
	struct io_timer refresh;
	uint64_t moved;
};

/* A command, which can be sent on. */
struct order {
	struct redis_net *net;
	struct node *node;
	redis_cb *cb;
	void *ctx, *arg;
	unsigned hops;
	bool wait;
	size_t n;
	struct redis_arg v[REDIS_ARGS];
	uint8_t bytes[]; /* that |v| point to */
};

static void check_up(struct redis_net *n);

/* ---- down ---------------------------------------------------------------- */

static void
close_all(struct redis_net *n)
{
	io_timer_cancel(&n->refresh);
	for (size_t i = 0; i < REDIS_NODES_MAX; i++) {
		if (n->nodes[i].redis != NULL)
			redis_close(n->nodes[i].redis);
		n->nodes[i].has_slots = false;
	}
	if (n->wait.redis != NULL)
		redis_close(n->wait.redis);
}

void
redis_net_close(struct redis_net *n)
{
	n->state = NET_CLOSED;
	close_all(n);
}

/* As of a connection: who hears of it expects no answers any more. */
static void
go_down(struct redis_net *n, const char *why)
{
	/* What it says of the others may be wrong. */
	if (n->state != NET_UP)
		n->first++;
	n->state = NET_CLOSED;
	n->conf.ops->down(n->conf.ctx, why);
	if (n->state == NET_CLOSED)
		close_all(n);
}

static void
refresh_soon(struct redis_net *n)
{
	if (n->cluster && !io_timer_is_set(&n->refresh))
		io_timer_set(&n->refresh,
		    loop_now(n->conf.loop) + REDIS_REFRESH);
}

static void
on_node_down(void *ctx, const char *why)
{
	struct node *node = ctx;
	struct redis_net *n = node->net;
	bool was = node->was_up;

	node->was_up = false;
	node->failed = true;
	switch (n->state) {
	case NET_CLOSED:
		break;
	case NET_FIRST:
		go_down(n, why);
		break;
	case NET_NODES:
		if (node == &n->wait)
			go_down(n, why);
		else
			check_up(n);
		break;
	default:
		if (was && (node->has_slots || node == &n->wait))
			go_down(n, why);
		else
			refresh_soon(n);
		break;
	}
}

/* ---- nodes --------------------------------------------------------------- */

static void on_node_up(void *ctx, uint64_t server_ms);

static const struct redis_ops node_ops = { on_node_up, on_node_down };

/* |host| NULL: the path of the URL. */
static int
make_node(struct redis_net *n, struct node *node, const char *host,
    uint16_t port)
{
	int r;

	redis_free(node->redis);
	memset(node, 0, sizeof(*node));
	node->net = n;
	r = redis_new(&node->redis, n->env, host, port, &node_ops, node);
	if (r < 0)
		return r;
	if (host != NULL)
		memcpy(node->host, host, strlen(host) + 1);
	node->port = port;
	return 0;
}

/* Where it is in |nodes|, from now on if need be; NOWHERE. */
static uint8_t
find_node(struct redis_net *n, const char *host, uint16_t port)
{
	struct node *node;
	uint8_t idle = NOWHERE;

	for (uint8_t i = 0; i < REDIS_NODES_MAX; i++) {
		node = &n->nodes[i];
		if (node->redis == NULL) {
			idle = i;
			break;
		}
		if (node->port == port && strcmp(node->host, host) == 0)
			return i;
		if (i > 0 && !node->has_slots && !redis_is_up(node->redis))
			idle = i;
	}
	if (idle == NOWHERE || make_node(n, &n->nodes[idle], host, port) < 0)
		return NOWHERE;
	return idle;
}

static void
open_node(struct node *node)
{
	node->failed = node->was_up = false;
	redis_open(node->redis);
}

/* ---- where slots are ----------------------------------------------------- */

/* [from, to, [host, port, ...], ...]; what is not that is no range. */
static void
take_range(struct redis_net *n, const struct node *said,
    const struct redis_value *v)
{
	const struct redis_value *where = redis_at(v, 2);
	int64_t from, to, port;
	const char *host;
	size_t len;
	uint8_t at;

	if (redis_int(redis_at(v, 0), &from) < 0 ||
	    redis_int(redis_at(v, 1), &to) < 0 || from < 0 ||
	    to >= REDIS_SLOTS || redis_int(redis_at(where, 1), &port) < 0 ||
	    port < 1 || port > UINT16_MAX)
		return;
	host = redis_bytes(redis_at(where, 0), &len);
	if (host == NULL || len == 0)
		host = said->host;
	at = find_node(n, host, (uint16_t)port);
	if (at == NOWHERE)
		return;
	n->nodes[at].has_slots = true;
	for (; from <= to; from++)
		n->slots[from] = at;
}

static void
take_slots(struct redis_net *n, const struct node *said,
    const struct redis_value *v)
{
	memset(n->slots, NOWHERE, sizeof(n->slots));
	for (size_t i = 0; i < REDIS_NODES_MAX; i++)
		n->nodes[i].has_slots = false;
	for (size_t i = 0; i < SP_MIN(redis_len(v), REDIS_SLOTS); i++)
		take_range(n, said, redis_at(v, i));
}

static struct node *
node_of(struct redis_net *n, const char *key)
{
	uint8_t at = n->slots[redis_slot(key, strlen(key))];

	return at == NOWHERE ? NULL : &n->nodes[at];
}

/* No cluster: it has all. */
static void
take_all(struct redis_net *n, struct node *node)
{
	memset(n->slots, (int)(node - n->nodes), sizeof(n->slots));
	node->has_slots = true;
}

static void
ask_slots(struct redis_net *n, struct node *node, redis_cb *cb)
{
	static const struct redis_arg v[] = { { "CLUSTER", 7 },
		{ "SLOTS", 5 } };
	int r = redis_send(node->redis, v, SP_LEN(v), cb, n, node);

	if (r < 0)
		go_down(n, sp_strerror(r));
}

/* ---- up ------------------------------------------------------------------ */

static void
check_up(struct redis_net *n)
{
	const struct node *home = node_of(n, n->conf.wait_key);
	bool missing = false;

	for (size_t i = 0; i < REDIS_NODES_MAX; i++) {
		if (!n->nodes[i].has_slots || redis_is_up(n->nodes[i].redis))
			continue;
		if (!n->nodes[i].failed)
			return;
		missing = true;
	}
	if (!redis_is_up(home->redis)) {
		go_down(n, "a node that is needed is not there");
	} else if (redis_is_up(n->wait.redis)) {
		n->state = NET_UP;
		if (missing)
			refresh_soon(n);
		n->conf.ops->up(n->conf.ctx, n->wait_ms);
	}
}

/* Connects to all that have slots. */
static void
open_nodes(struct redis_net *n)
{
	const struct node *home = node_of(n, n->conf.wait_key);
	const char *host;

	if (home == NULL) {
		go_down(n, "the cluster is not complete");
		return;
	}
	host = home->host[0] == '\0' ? NULL : home->host;
	if (make_node(n, &n->wait, host, home->port) < 0) {
		go_down(n, sp_strerror(SP_ERR_NOMEM));
		return;
	}
	n->state = NET_NODES;
	open_node(&n->wait);
	for (size_t i = 0; i < REDIS_NODES_MAX; i++) {
		if (n->nodes[i].has_slots && !redis_is_up(n->nodes[i].redis))
			open_node(&n->nodes[i]);
	}
}

static void
on_first_slots(void *ctx, void *arg, int err, const struct redis_value *v)
{
	struct redis_net *n = ctx;

	if (err < 0)
		return;
	n->cluster = redis_is_array(v);
	if (n->cluster)
		take_slots(n, arg, v);
	else
		take_all(n, arg);
	open_nodes(n);
}

static void
on_node_up(void *ctx, uint64_t server_ms)
{
	struct node *node = ctx;
	struct redis_net *n = node->net;

	node->was_up = true;
	if (node == &n->wait)
		n->wait_ms = server_ms;
	if (n->state == NET_FIRST)
		ask_slots(n, node, on_first_slots);
	else if (n->state == NET_NODES)
		check_up(n);
}

void
redis_net_open(struct redis_net *n)
{
	redis_net_close(n);
	n->state = NET_FIRST;
	for (unsigned i = 0; i < REDIS_NODES_MAX; i++, n->first++) {
		if (n->nodes[n->first % REDIS_NODES_MAX].redis != NULL)
			break;
	}
	open_node(&n->nodes[n->first % REDIS_NODES_MAX]);
}

/* ---- again --------------------------------------------------------------- */

static void
on_slots_again(void *ctx, void *arg, int err, const struct redis_value *v)
{
	struct redis_net *n = ctx;
	const struct node *home;
	bool missing = false;

	if (err < 0 || n->state != NET_UP)
		return;
	if (!redis_is_array(v)) {
		refresh_soon(n);
		return;
	}
	take_slots(n, arg, v);
	home = node_of(n, n->conf.wait_key);
	if (home == NULL || home->port != n->wait.port ||
	    strcmp(home->host, n->wait.host) != 0) {
		go_down(n, "the cluster has changed");
		return;
	}
	for (size_t i = 0; i < REDIS_NODES_MAX; i++) {
		if (!n->nodes[i].has_slots || redis_is_up(n->nodes[i].redis))
			continue;
		missing = true;
		if (n->nodes[i].failed)
			open_node(&n->nodes[i]);
	}
	if (missing)
		refresh_soon(n);
}

static void
on_refresh(void *ctx, sp_time now SP_UNUSED)
{
	struct redis_net *n = ctx;

	for (size_t i = 0; i < REDIS_NODES_MAX; i++) {
		if (n->nodes[i].has_slots && redis_is_up(n->nodes[i].redis)) {
			ask_slots(n, &n->nodes[i], on_slots_again);
			return;
		}
	}
}

/* ---- commands ------------------------------------------------------------ */

static void on_order(void *ctx, void *arg, int err,
    const struct redis_value *v);

/* 0: it is under way once more. */
static int
send_on(struct order *o, struct node *to)
{
	static const struct redis_arg asking = { "ASKING", 6 };
	int r = SP_ERR_AGAIN;

	if (o->wait || o->hops++ == HOPS_MAX || !redis_is_up(to->redis))
		return r;
	r = redis_send(to->redis, &asking, 1, on_order, NULL, NULL);
	if (r < 0)
		return r;
	o->node = to;
	return redis_send(to->redis, o->v, o->n, on_order, NULL, o);
}

/* 0: the order goes on. */
static int
redirect(struct order *o, const struct redis_redirect *to)
{
	const char *host = to->host[0] == '\0' ? o->node->host : to->host;
	struct redis_net *n = o->net;
	uint8_t at = find_node(n, host, to->port);
	struct node *node;

	n->moved++;
	n->cluster = true;
	refresh_soon(n);
	if (at == NOWHERE)
		return SP_ERR_AGAIN;
	node = &n->nodes[at];
	if (!to->ask)
		n->slots[to->slot] = at;
	if (!node->has_slots && !redis_is_up(node->redis))
		open_node(node);
	node->has_slots = true;
	return to->ask ? send_on(o, node) : SP_ERR_AGAIN;
}

static void
on_order(void *ctx SP_UNUSED, void *arg, int err, const struct redis_value *v)
{
	struct redis_redirect to;
	struct order *o = arg;
	const char *text = err == 0 ? redis_error(v) : NULL;

	if (o == NULL)
		return;
	/* The connection alone has ended, not all of them. */
	if (err == SP_ERR_CLOSED && o->net->state == NET_UP)
		err = SP_ERR_AGAIN;
	if (text != NULL && redis_redirect_parse(&to, text) == 0) {
		if (redirect(o, &to) == 0)
			return;
		err = SP_ERR_AGAIN;
		v = NULL;
	} else if (text != NULL) {
		refresh_soon(o->net);
	}
	o->cb(o->ctx, o->arg, err, v);
	free(o);
}

static struct order *
make_order(const struct redis_arg *v, size_t n)
{
	struct order *o;
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += v[i].len;
	o = calloc(1, sizeof(*o) + len);
	if (o == NULL)
		return NULL;
	o->n = n;
	len = 0;
	for (size_t i = 0; i < n; i++) {
		o->v[i] = (struct redis_arg){ o->bytes + len, v[i].len };
		if (v[i].len > 0)
			memcpy(o->bytes + len, v[i].p, v[i].len);
		len += v[i].len;
	}
	return o;
}

int
redis_net_send(struct redis_net *n, enum redis_lane lane, const char *key,
    const struct redis_arg *v, size_t argc, redis_cb *cb, void *ctx, void *arg)
{
	struct node *node;
	struct order *o;
	int r;

	assert(argc <= REDIS_ARGS && "commands are short");
	if (n->state != NET_UP)
		return SP_ERR_CLOSED;
	node = lane == REDIS_LANE_WAIT ? &n->wait : node_of(n, key);
	if (node == NULL || !redis_is_up(node->redis)) {
		refresh_soon(n);
		return SP_ERR_AGAIN;
	}
	o = make_order(v, argc);
	if (o == NULL)
		return SP_ERR_NOMEM;
	o->net = n;
	o->node = node;
	o->cb = cb;
	o->ctx = ctx;
	o->arg = arg;
	o->wait = lane == REDIS_LANE_WAIT;
	r = redis_send(node->redis, o->v, o->n, on_order, NULL, o);
	if (r < 0)
		free(o);
	return r;
}

/* ---- life ---------------------------------------------------------------- */

int
redis_net_new(struct redis_net **out, const struct redis_net_conf *conf,
    char *why, size_t size)
{
	struct redis_net *n = calloc(1, sizeof(*n));
	const char *host = conf->url->host[0] == '\0' ? NULL : conf->url->host;
	int r;

	*out = NULL;
	if (n == NULL)
		return SP_ERR_NOMEM;
	n->conf = *conf;
	r = redis_env_new(&n->env, conf->loop, conf->url, conf->tls_ca,
	    conf->tls_cert, why, size);
	if (r == 0)
		r = io_timer_init(&n->refresh, conf->loop, on_refresh, n);
	if (r == 0)
		r = make_node(n, &n->nodes[0], host, conf->url->port);
	if (r < 0) {
		redis_net_free(n);
		return r;
	}
	*out = n;
	return 0;
}

void
redis_net_free(struct redis_net *n)
{
	if (n == NULL)
		return;
	n->state = NET_CLOSED;
	io_timer_fini(&n->refresh);
	for (size_t i = 0; i < REDIS_NODES_MAX; i++)
		redis_free(n->nodes[i].redis);
	redis_free(n->wait.redis);
	redis_env_free(n->env);
	free(n);
}

int
redis_net_tls(struct redis_net *n, const char *tls_ca, const char *tls_cert,
    char *why, size_t size)
{
	return n->conf.url->tls
		   ? redis_env_tls(n->env, tls_ca, tls_cert, why, size)
		   : 0;
}

void
redis_net_stats(const struct redis_net *n, struct redis_net_stats *out)
{
	*out = (struct redis_net_stats){ .moved = n->moved };
	for (size_t i = 0; i < REDIS_NODES_MAX; i++) {
		if (!n->nodes[i].has_slots)
			continue;
		out->nodes++;
		out->up += redis_is_up(n->nodes[i].redis);
	}
}
