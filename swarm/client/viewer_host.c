#include "swarm/client/viewer_host.h"

#include <errno.h>

#include "base/hash.h"
#include "io/daemon.h"
#include "swarm/client/identity.h"

/* |given| after those of the link. Returns the number. */
static size_t
join(const char **out, size_t max, const char (*of_link)[LIM_URI + 1],
    size_t n_link, const struct conf_list *given)
{
	size_t i, n = 0;

	for (i = 0; i < given->n && n < max; i++)
		out[n++] = given->v[i];
	for (i = 0; i < n_link && n < max; i++)
		out[n++] = of_link[i];
	return n;
}

static void
mesh_options(struct mesh_conf *c, const struct options *o)
{
	static const struct secure_cipher *ciphers[2];

	c->n_ciphers = secure_ciphers(ciphers);
	c->ciphers = ciphers;
	c->no_upload = o->no_upload;
	c->neighbours = (uint32_t)o->neighbours;
	c->neighbours_max = SP_MAX(c->neighbours_max, c->neighbours);
	c->up_bps = (uint64_t)o->up_bps;
	c->window_ms = (uint32_t)(o->window / SP_MS);
	c->delay_ms = (uint32_t)(o->delay / SP_MS);
	c->lan = o->lan;
}

int
viewer_host(struct mesh_host **out, const struct options *o,
    const struct link *link, int port, const struct sp_log *log,
    struct loop *loop, struct origin *origin, const struct mesh_host_ops *ops,
    void *ctx)
{
	const char *trackers[MESH_HOST_TRACKERS], *origins[MESH_HOST_ORIGINS];
	struct mesh_host_conf c;
	char *nodes;
	int rv;

	mesh_host_conf_init(&c);
	mesh_options(&c.mesh, o);
	memcpy(c.mesh.pk, link->pk, sizeof(c.mesh.pk));
	c.mesh.log = c.log = log;
	rv = identity_load(c.mesh.secret, o->ephemeral ? NULL : o->identity);
	if (rv < 0) {
		daemon_complain(o->identity,
		    rv == SP_ERR_SYNTAX ? "not an identity file"
		    : rv == SP_ERR_IO   ? strerror(errno)
					: sp_strerror(rv));
		return SP_ERR_SYNTAX;
	}
	c.n_trackers = join(trackers, SP_LEN(trackers), link->trackers,
	    link->n_trackers, &o->trackers);
	c.n_origins = join(origins, SP_LEN(origins), link->origins,
	    link->n_origins, &o->origins);
	c.trackers = trackers;
	c.origins = origins;
	c.peers = link->peers;
	c.n_peers = link->n_peers;
	c.listen[0] = addr_make(4, "\0\0\0", (uint16_t)port);
	c.listen[1] =
	    addr_make(6, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", (uint16_t)port);
	c.n_listen = 2;
	c.map_port = !o->no_port_map && !o->lan;
	c.lsd = dht_options_lsd(o->no_lsd, o->lan);
	c.congestion = o->congestion;
	c.telemetry = o->no_telemetry ? 0 : MESH_HOST_TELEMETRY;
	dht_options_conf(&c.dht, &o->dht, c.n_trackers, o->lan || o->ephemeral,
	    &nodes);
	rv = mesh_host_new(out, &c, loop, origin, ops, ctx);
	hash_wipe(&c, sizeof(c));
	free(nodes);
	return rv;
}
