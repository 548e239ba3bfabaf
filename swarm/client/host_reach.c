#include "swarm/client/host_int.h"

/*
 * The port of the mesh on the gateway, by UPnP, NAT-PMP or PCP, so that
 * neighbours beyond it can connect to us.
 */

/*
 * Whether a gateway could be of use: somebody may connect to us, and not only
 * from this machine.
 */
static bool
is_wanted(const struct mesh_host *h)
{
	bool outside = false;

	for (size_t i = 0; i < h->conf.n_listen; i++)
		outside |= !addr_is_loopback(&h->conf.listen[i]);
	return h->conf.map_port && outside && h->port != 0 && lt_is_there();
}

size_t
host_reach_settings(struct mesh_host *h, struct lt_kv *out, size_t max)
{
	const struct lt_kv *v;
	size_t n = lt_preset(LT_PRESET_PORTMAP, &v), k = 0;

	h->reach.on = is_wanted(h);
	if (!h->reach.on)
		return 0;
	/* Where it listens the DHT has said, if it is there. */
	for (size_t i = 0; i < n && k < max; i++)
		if (!h->conf.dht.on ||
		    strcmp(v[i].name, "listen_interfaces") != 0)
			out[k++] = v[i];
	return k;
}

static const char *
way_name(enum lt_way way)
{
	return way == LT_WAY_UPNP ? "upnp" : "natpmp";
}

/* No way has been found yet. */
static void
give_up(struct mesh_host *h, const char *why)
{
	struct host_reach *r = &h->reach;

	if (strncmp(r->why, why, sizeof(r->why) - 1) == 0)
		return;
	snprintf(r->why, sizeof(r->why), "%s", why);
	log_msg(h->conf.log, LOG_LEVEL_INFO,
	    "reach: no gateway maps the port port=%u why=%s", h->port, r->why);
}

uint16_t
host_reach_port(const struct mesh_host *h)
{
	return h->reach.mapped && h->reach.port != 0 ? h->reach.port : h->port;
}

/* It is another one than |before|: all who were told that hear of it. */
static void
tell(struct mesh_host *h, uint16_t before)
{
	uint16_t port = host_reach_port(h);

	if (port == before)
		return;
	mesh_outside_port(h->mesh, port);
	host_dht_moved(h);
	host_tracker_again(h);
}

static void
on_failed(struct mesh_host *h, const struct lt_event *ev)
{
	struct host_reach *r = &h->reach;
	uint16_t before = host_reach_port(h);

	/* Another way may work. */
	if (r->mapped && ev->u.map.way != r->way)
		return;
	r->mapped = false;
	give_up(h, ev->error.text);
	tell(h, before);
}

int
host_reach_start(struct mesh_host *h)
{
	int rv;

	if (!h->reach.on)
		return 0;
	rv = lt_map_port(h->lt.s, false, h->port, h->port, &h->reach.id);
	if (rv == SP_ERR_NOMEM)
		return rv;
	if (rv < 0)
		give_up(h, lt_why(h->lt.s)->text);
	return 0;
}

static void
on_mapped(struct mesh_host *h, const struct lt_event_map *m)
{
	struct host_reach *r = &h->reach;
	uint16_t before = host_reach_port(h);

	if (r->mapped && r->port == m->external && r->way == m->way)
		return; /* renewed */
	r->mapped = true;
	r->port = m->external;
	r->way = m->way;
	r->why[0] = '\0';
	log_msg(h->conf.log, LOG_LEVEL_INFO,
	    "reach: the gateway maps the port port=%u external=%u by=%s",
	    h->port, r->port, way_name(r->way));
	tell(h, before);
}

void
host_reach_event(struct mesh_host *h, const struct lt_event *ev)
{
	struct host_reach *r = &h->reach;

	if (!r->on)
		return;
	if (ev->type == LT_EV_ADDRESS)
		r->outside = ev->u.address;
	else if (ev->type == LT_EV_MAPPED && ev->u.map.id == r->id)
		on_mapped(h, &ev->u.map);
	else if (ev->type == LT_EV_MAP_FAILED && ev->u.map.id == r->id)
		on_failed(h, ev);
}

bool
mesh_host_reach(const struct mesh_host *h, struct mesh_host_reach *out)
{
	const struct host_reach *r = &h->reach;

	memset(out, 0, sizeof(*out));
	if (!r->on)
		return false;
	out->mapped = r->mapped;
	out->by = r->mapped ? way_name(r->way) : "";
	out->port = r->port;
	out->why = r->why;
	out->outside = r->outside;
	return true;
}
