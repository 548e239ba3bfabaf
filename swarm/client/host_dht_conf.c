#include "swarm/client/host_int.h"

#include <errno.h>

#include "io/sock.h"
#include "swarm/client/dht_file.h"

/* What the DHT is begun with, and what is kept of it. */

#define SAVE_FIRST (5 * 60 * SP_S)
#define SAVE_GAP   (30 * 60 * SP_S)

/* ---- settings ---- */

static size_t
preset(struct lt_kv *out, size_t max, enum lt_preset which)
{
	const struct lt_kv *v;
	size_t n = SP_MIN(lt_preset(which, &v), max);

	memcpy(out, v, n * sizeof(*v));
	return n;
}

/*
 * On a network of its own libtorrent must be told the address: where no route
 * leads to the internet it takes "all addresses" for nobody's business and
 * starts no node. So it is the address from which the first of the others is
 * reached.
 */
static bool
lan_address(const struct mesh_host_dht_conf *c, struct sp_addr *out)
{
	struct sp_addr to;

	for (size_t i = 0; i < c->n_bootstrap; i++)
		if (addr_parse(&to, c->bootstrap[i], strlen(c->bootstrap[i])) ==
			0 &&
		    sock_route(&to, out) == 0)
			return true;
	return false;
}

/* "1.2.3.4:0", or "" for what the preset has. */
static void
listen_text(struct mesh_host *h)
{
	const struct mesh_host_dht_conf *c = &h->conf.dht;
	struct host_dht *d = &h->dht;
	char a[ADDR_STRLEN], b[ADDR_STRLEN];
	struct sp_addr lan;

	if (c->n_listen == 2)
		snprintf(d->listen, sizeof(d->listen), "%s,%s",
		    addr_str(&c->listen[0], a), addr_str(&c->listen[1], b));
	else if (c->n_listen == 1)
		snprintf(d->listen, sizeof(d->listen), "%s",
		    addr_str(&c->listen[0], a));
	else if (h->conf.mesh.lan && lan_address(c, &lan))
		snprintf(d->listen, sizeof(d->listen), "%s", addr_str(&lan, a));
	else if (h->conf.mesh.lan)
		snprintf(d->listen, sizeof(d->listen), "0.0.0.0:0,[::]:0");
}

static int
bootstrap_text(struct mesh_host *h)
{
	const struct mesh_host_dht_conf *c = &h->conf.dht;
	struct sp_buf b;
	int rv;

	buf_init(&b, io_mem(), DHT_BOOTSTRAP_MAX * (SOCK_HOST_MAX + 8));
	for (size_t i = 0; i < c->n_bootstrap; i++) {
		if (i > 0)
			buf_put_u8(&b, ',');
		buf_put_str(&b, c->bootstrap[i]);
	}
	buf_put_u8(&b, '\0');
	rv = b.err;
	if (rv == 0 && (h->dht.bootstrap = strdup((char *)b.p)) == NULL)
		rv = SP_ERR_NOMEM;
	buf_fini(&b);
	return rv;
}

size_t
host_dht_settings(struct mesh_host *h, struct lt_kv *out, size_t max)
{
	struct host_dht *d = &h->dht;
	bool lan = h->conf.mesh.lan;
	size_t n;

	if (!h->conf.dht.on || bootstrap_text(h) < 0)
		return 0;
	n = preset(out, max, lan ? LT_PRESET_LOCAL_DHT : LT_PRESET_DHT);
	listen_text(h);
	if (d->listen[0] != '\0' && n < max)
		out[n++] = (struct lt_kv){ "listen_interfaces", d->listen };
	if ((d->bootstrap[0] != '\0' || lan) && n < max)
		out[n++] =
		    (struct lt_kv){ "dht_bootstrap_nodes", d->bootstrap };
	return n;
}

/* ---- the nodes, between runs ---- */

void
host_dht_state(struct mesh_host *h, const void **p, size_t *len)
{
	struct host_dht *d = &h->dht;
	const char *path = h->conf.dht.state;
	int rv;

	*p = NULL;
	*len = 0;
	if (path == NULL || (d->path = strdup(path)) == NULL)
		return;
	rv = dht_file_read(path, &d->saved, &d->saved_len);
	if (rv == 0) {
		*p = d->saved;
		*len = d->saved_len;
	} else if (rv != SP_ERR_NOTFOUND) {
		log_msg(h->conf.log, LOG_LEVEL_WARN,
		    "dht: nodes of the last run cannot be read file=%s why=%s",
		    path, rv == SP_ERR_IO ? strerror(errno) : sp_strerror(rv));
	}
}

void
host_dht_state_bad(struct mesh_host *h)
{
	log_msg(h->conf.log, LOG_LEVEL_WARN,
	    "dht: not a file of nodes, begins anew file=%s", h->dht.path);
}

void
host_dht_save(struct mesh_host *h, const uint8_t *p, size_t len)
{
	struct host_dht *d = &h->dht;

	d->saving = false;
	if (d->path == NULL || len == 0 || len > DHT_FILE_MAX)
		return;
	if (dht_file_write(d->path, p, len) < 0 && !d->save_failed) {
		d->save_failed = true;
		log_msg(h->conf.log, LOG_LEVEL_WARN,
		    "dht: nodes cannot be kept file=%s why=%s", d->path,
		    strerror(errno));
	}
}

static void
save_cb(void *ctx, sp_time now)
{
	struct mesh_host *h = ctx;

	h->dht.saving = lt_post_state(h->lt.s) == 0;
	io_timer_set(&h->dht.save, now + SAVE_GAP);
}

/* Each node in both ways: as one that is asked, and as one that is kept. */
int
host_dht_conf_start(struct mesh_host *h)
{
	const struct mesh_host_dht_conf *c = &h->conf.dht;
	struct host_dht *d = &h->dht;
	char host[SOCK_HOST_MAX];
	uint16_t port;

	free(d->saved);
	d->saved = NULL;
	for (size_t i = 0; i < c->n_bootstrap; i++)
		if (sock_split(c->bootstrap[i], 0, host, &port) == 0)
			(void)lt_dht_add_node(h->lt.s, host, port);
	if (io_timer_init(&d->save, h->loop, save_cb, h) < 0)
		return SP_ERR_NOMEM;
	if (d->path != NULL)
		io_timer_set(&d->save, loop_now(h->loop) + SAVE_FIRST);
	return 0;
}

void
host_dht_conf_fini(struct mesh_host *h)
{
	struct host_dht *d = &h->dht;

	io_timer_fini(&d->save);
	free(d->saved);
	free(d->path);
	free(d->bootstrap);
	d->saved = NULL;
	d->path = d->bootstrap = NULL;
}
