#include "io/sock.h"
#include "tools/probe_int.h"

/*
 * The gateway and the DHT, each with a session of its own: one must listen
 * where gateways are, the other where nodes are.
 */

#define TELL_TIME (1500 * SP_MS) /* a gateway that maps may tell more */
#define LOOK_GAP  (1 * SP_S)
#define KV_MAX    32

static void
why(char out[120], const struct lt_error *e)
{
	snprintf(out, 120, "%.119s", e->text);
}

/* ---- the gateway ---- */

static void
on_gateway(void *ctx, const struct lt_event *ev)
{
	struct probe *p = ctx;
	struct probe_gateway *g = &p->f.gateway;

	if (ev->type == LT_EV_LOG) {
		probe_gateway_log(g, ev->u.log);
	} else if (ev->type == LT_EV_MAPPED && ev->u.map.id == p->map) {
		g->mapped = true;
		g->port = ev->u.map.external;
		if (ev->u.map.way == LT_WAY_UPNP)
			snprintf(g->by, sizeof(g->by), "upnp");
		else if (g->by[0] == '\0' || strcmp(g->by, "upnp") == 0)
			snprintf(g->by, sizeof(g->by), "natpmp");
		if (p->mapped_at == 0)
			p->mapped_at = loop_now(p->loop);
		g->why[0] = '\0';
	} else if (ev->type == LT_EV_MAP_FAILED && ev->u.map.id == p->map &&
		   !g->mapped) {
		why(g->why, &ev->error);
		p->no_gateway |= ev->u.map.way == LT_WAY_NONE;
	}
}

/* ---- the DHT ---- */

static void
look(struct probe *p, sp_time now)
{
	(void)lt_post_dht_stats(p->dht.s);
	if (p->f.dht.nodes == 0 || p->f.dht.found.family != 0 ||
	    now - p->looked_at < LOOK_GAP)
		return;
	p->looked_at = now;
	/* A node that was not known yet may keep it now. */
	(void)lt_dht_announce(p->dht.s, p->lookup, p->f.port);
	(void)lt_dht_get_peers(p->dht.s, p->lookup);
}

static void
on_peers(struct probe *p, const struct lt_event_peers *e)
{
	if (memcmp(e->info_hash, p->lookup, sizeof(p->lookup)) != 0)
		return;
	for (size_t i = 0; i < e->n; i++)
		if (e->v[i].port == p->f.port)
			p->f.dht.found = e->v[i];
}

static void
on_dht(void *ctx, const struct lt_event *ev)
{
	struct probe *p = ctx;
	struct probe_dht *d = &p->f.dht;

	switch (ev->type) {
	case LT_EV_ADDRESS:
		d->seen = ev->u.address;
		break;
	case LT_EV_DHT_STATS:
		d->nodes = SP_MAX(d->nodes, ev->u.dht.nodes);
		break;
	case LT_EV_DHT_PEERS:
		on_peers(p, &ev->u.peers);
		break;
	case LT_EV_LISTEN_FAILED:
		if (p->o->dht.listen != NULL)
			why(d->why, &ev->error);
		break;
	default:
		break;
	}
}

/* ---- sessions ---- */

static void
gateway_cb(void *ctx, int fd SP_UNUSED)
{
	struct probe_session *s = ctx;

	(void)lt_drain(s->s, on_gateway, s->p);
}

static void
dht_cb(void *ctx, int fd SP_UNUSED)
{
	struct probe_session *s = ctx;

	(void)lt_drain(s->s, on_dht, s->p);
}

static int
open_session(struct probe *p, struct probe_session *s, const struct lt_conf *c,
    void (*cb)(void *ctx, int fd), char text[120])
{
	struct lt_error e = { .size = sizeof(e) };
	int rv;

	s->p = p;
	if ((rv = lt_new(&s->s, c, &e)) < 0) {
		why(text, &e);
		return rv;
	}
	return io_watch_new(&s->w, p->loop, lt_fd(s->s), cb, s);
}

static size_t
preset(struct lt_kv *out, enum lt_preset which)
{
	const struct lt_kv *v;
	size_t n = SP_MIN(lt_preset(which, &v), (size_t)KV_MAX);

	memcpy(out, v, n * sizeof(*v));
	return n;
}

static int
begin_gateway(struct probe *p)
{
	struct lt_kv kv[KV_MAX];
	struct lt_conf c = { .size = sizeof(c),
		.settings = kv,
		.log_mapping = true,
		.mute = true };
	int rv;

	p->f.gateway.asked = true;
	c.n_settings = preset(kv, LT_PRESET_PORTMAP);
	rv = open_session(p, &p->gateway, &c, gateway_cb, p->f.gateway.why);
	if (rv == 0)
		rv = lt_map_port(p->gateway.s, false, p->f.port, p->f.port,
		    &p->map);
	p->no_gateway = rv < 0;
	if (rv < 0 && p->f.gateway.why[0] == '\0')
		snprintf(p->f.gateway.why, sizeof(p->f.gateway.why), "%s",
		    sp_strerror(rv));
	return rv == SP_ERR_NOMEM ? rv : 0;
}

/* As host_dht_conf.c has it: the way to the first node of a network. */
static void
dht_listen(const struct probe *p, char *out, size_t size)
{
	const struct conf_list *l = &p->o->dht.bootstrap;
	char a[ADDR_STRLEN], b[ADDR_STRLEN];
	struct sp_addr v[2], to;
	int n = 0;

	*out = '\0';
	if (p->o->dht.listen != NULL)
		n = sock_listen_parse(p->o->dht.listen, v);
	if (n == 0 && p->o->lan && l->n > 0 &&
	    addr_parse(&to, l->v[0], strlen(l->v[0])) == 0)
		n = sock_route(&to, &v[0]) == 0;
	if (n == 2)
		snprintf(out, size, "%s,%s", addr_str(&v[0], a),
		    addr_str(&v[1], b));
	else if (n == 1)
		snprintf(out, size, "%s", addr_str(&v[0], a));
	else if (p->o->lan)
		snprintf(out, size, "0.0.0.0:0,[::]:0");
}

static int
begin_dht(struct probe *p)
{
	const struct conf_list *l = &p->o->dht.bootstrap;
	char listen[2 * ADDR_STRLEN + 2], host[SOCK_HOST_MAX];
	struct lt_kv kv[KV_MAX];
	struct lt_conf c = { .size = sizeof(c), .settings = kv };
	uint16_t port;
	int rv;

	p->f.dht.asked = true;
	io_random(p->lookup, sizeof(p->lookup));
	c.n_settings =
	    preset(kv, p->o->lan ? LT_PRESET_LOCAL_DHT : LT_PRESET_DHT);
	dht_listen(p, listen, sizeof(listen));
	if (listen[0] != '\0' && c.n_settings < KV_MAX)
		kv[c.n_settings++] =
		    (struct lt_kv){ "listen_interfaces", listen };
	if ((l->n > 0 || p->o->lan) && c.n_settings < KV_MAX)
		kv[c.n_settings++] = (struct lt_kv){ "dht_bootstrap_nodes",
			l->n > 0 ? l->v[0] : "" };
	rv = open_session(p, &p->dht, &c, dht_cb, p->f.dht.why);
	for (size_t i = 0; i < l->n && rv == 0; i++)
		if (sock_split(l->v[i], 0, host, &port) == 0)
			(void)lt_dht_add_node(p->dht.s, host, port);
	return rv == SP_ERR_NOMEM ? rv : 0;
}

/* ---- the part ---- */

int
probe_lt_begin(struct probe *p)
{
	int rv = 0;

	if (!lt_is_there()) {
		/* Both are left out, and it is said why. */
		p->f.dht.asked = !p->o->no_dht;
		snprintf(p->f.dht.why, sizeof(p->f.dht.why),
		    "built without libtorrent");
		return 0;
	}
	if (!p->o->no_port_map)
		rv = begin_gateway(p);
	if (rv == 0 && !p->o->no_dht)
		rv = begin_dht(p);
	return rv;
}

void
probe_lt_tick(struct probe *p, sp_time now)
{
	if (p->dht.s != NULL)
		look(p, now);
}

bool
probe_lt_is_through(const struct probe *p, sp_time now)
{
	const struct probe_facts *f = &p->f;
	bool mapped = f->gateway.mapped && now - p->mapped_at >= TELL_TIME;

	return (p->gateway.s == NULL || p->no_gateway || mapped) &&
	       (p->dht.s == NULL || f->dht.why[0] != '\0' ||
		   f->dht.found.family != 0);
}

void
probe_lt_end(struct probe *p)
{
	struct probe_session *v[] = { &p->gateway, &p->dht };

	/* Side by side, as lt_abort has it. */
	for (size_t i = 0; i < SP_LEN(v); i++) {
		io_watch_free(v[i]->w);
		lt_abort(v[i]->s);
	}
	for (size_t i = 0; i < SP_LEN(v); i++)
		lt_free(v[i]->s);
}
