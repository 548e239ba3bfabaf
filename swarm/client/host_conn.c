#include "swarm/client/host_int.h"

#include <errno.h>

#include "base/hash.h"

#define DIAL_TIME   (10 * SP_S)
#define ACK_POLL    (10 * SP_MS)
#define UNSENT_MAX  (4 * 1024 * 1024)
#define KERNEL_MAX  (64 * 1024) /* unsent bytes that the kernel may hold */
#define PORT_TRIES  8
#define ENTROPY_LEN 32

/*
 * One TCP connection. A dialled one has |dial| until it stands; |id| is the
 * mesh's number for it, 0 while it does not know it or has forgotten it.
 */
struct host_conn {
	LIST_ENTRY(host_conn) entry;
	struct mesh_host *h;
	struct conn *c;
	uint32_t id, dial;
	size_t unsent; /* when last counted */
};

static void
conn_drop(struct host_conn *hc)
{
	LIST_REMOVE(hc, entry);
	free(hc);
}

static struct host_conn *
conn_find(struct mesh_host *h, uint32_t id)
{
	struct host_conn *hc;

	LIST_FOREACH (hc, &h->conns, entry)
		if (hc->id == id && id != 0)
			return hc;
	return NULL;
}

/*
 * Tells the mesh what has arrived since the last time. Acknowledgements make
 * no event, so a timer looks while something is out (host_conn_poll).
 */
static void
count_sent(struct host_conn *hc)
{
	size_t unsent = conn_unacked(hc->c);

	if (hc->id != 0 && unsent < hc->unsent)
		mesh_peer_sent(hc->h->mesh, hc->id, hc->unsent - unsent,
		    loop_now(hc->h->loop));
	hc->unsent = unsent;
}

static int
conn_tell(struct host_conn *hc, const struct sp_addr *addr)
{
	struct mesh_host *h = hc->h;
	uint8_t entropy[ENTROPY_LEN];
	int rv;

	/* low 0: the mesh refills while the kernel still has some to send */
	conn_marks(hc->c, 0, UNSENT_MAX);
	conn_lowat(hc->c, KERNEL_MAX);
	/* or a block leaves at once, however low the limit is */
	if (h->conf.mesh.up_bps > 0)
		conn_pace(hc->c, h->conf.mesh.up_bps);
	if (++h->next_conn == 0)
		h->next_conn = 1;
	io_random(entropy, sizeof(entropy));
	rv = mesh_peer_open(h->mesh, h->next_conn, hc->dial, addr, entropy,
	    loop_now(h->loop));
	hash_wipe(entropy, sizeof(entropy));
	if (rv == 0)
		hc->id = h->next_conn;
	return rv;
}

static void
open_cb(void *ctx, struct conn *c)
{
	struct host_conn *hc = ctx;
	struct mesh_host *h = hc->h;
	struct sp_addr addr = conn_remote(c);

	if (h->leaving) {
		conn_close(c);
		return;
	}
	if (conn_tell(hc, &addr) < 0) {
		mesh_dial_failed(h->mesh, hc->dial, MESH_CLOSE_LOCAL,
		    loop_now(h->loop));
		conn_close(c);
	}
	hc->dial = 0;
	host_pump(h);
}

static void
data_cb(void *ctx, struct conn *c SP_UNUSED, const uint8_t *p, size_t len)
{
	struct host_conn *hc = ctx;
	struct mesh_host *h = hc->h;

	if (hc->id == 0 || h->leaving)
		return;
	count_sent(hc);
	mesh_peer_recv(h->mesh, hc->id, p, len, loop_now(h->loop));
	host_pump(h);
}

static void
drained_cb(void *ctx, struct conn *c SP_UNUSED)
{
	struct host_conn *hc = ctx;
	struct mesh_host *h = hc->h;

	count_sent(hc);
	host_pump(h);
}

static void
close_cb(void *ctx, struct conn *c SP_UNUSED, int err,
    const char *why SP_UNUSED)
{
	struct host_conn *hc = ctx;
	struct mesh_host *h = hc->h;
	sp_time now = loop_now(h->loop);
	enum mesh_close how;

	how = err == SP_ERR_TIMEOUT ? MESH_CLOSE_TIMEOUT : MESH_CLOSE_REMOTE;
	if (h->leaving) {
		/* the mesh takes no input any more */
	} else if (hc->dial != 0) {
		mesh_dial_failed(h->mesh, hc->dial,
		    err == SP_ERR_TIMEOUT ? MESH_CLOSE_TIMEOUT
					  : MESH_CLOSE_REFUSED,
		    now);
	} else if (hc->id != 0) {
		mesh_peer_closed(h->mesh, hc->id, how, now);
	}
	conn_drop(hc);
	host_pump(h);
}

static const struct conn_ops ops = {
	.open = open_cb,
	.data = data_cb,
	.drained = drained_cb,
	.close = close_cb,
};

static struct host_conn *
conn_make(struct mesh_host *h)
{
	struct host_conn *hc = calloc(1, sizeof(*hc));

	if (hc != NULL) {
		hc->h = h;
		LIST_INSERT_HEAD(&h->conns, hc, entry);
	}
	return hc;
}

static void
accept_cb(void *ctx, struct conn *c, const struct sp_addr *from)
{
	struct mesh_host *h = ctx;
	struct host_conn *hc;

	if (h->leaving || (hc = conn_make(h)) == NULL)
		return;
	hc->c = c;
	if (conn_tell(hc, from) < 0)
		conn_drop(hc); /* the listener closes what was not taken */
	else
		conn_set(c, &ops, hc);
	host_pump(h);
}

/* ---- acts ---- */

void
host_conn_dial(struct mesh_host *h, const struct mesh_act *act)
{
	struct host_conn *hc = conn_make(h);

	if (hc != NULL) {
		hc->dial = act->u.dial.dial;
		if (conn_dial(&hc->c, h->loop, &act->u.dial.addr, DIAL_TIME,
			&ops, hc) == 0) {
			if (h->conf.congestion != NULL)
				conn_congestion(hc->c, h->conf.congestion);
			return;
		}
		conn_drop(hc);
	}
	if (!h->leaving)
		mesh_dial_failed(h->mesh, act->u.dial.dial, MESH_CLOSE_LOCAL,
		    loop_now(h->loop));
}

void
host_conn_poll(struct mesh_host *h)
{
	struct host_conn *hc;
	bool out = false;

	LIST_FOREACH (hc, &h->conns, entry) {
		if (hc->unsent == 0)
			continue;
		count_sent(hc);
		out |= hc->unsent > 0;
	}
	h->polling = out;
	if (out)
		io_timer_set(&h->acks, loop_now(h->loop) + ACK_POLL);
}

void
host_conn_send(struct mesh_host *h, const struct mesh_act *act)
{
	struct host_conn *hc = conn_find(h, act->u.send.conn);
	uint32_t id;

	if (hc == NULL)
		return;
	if (conn_write(hc->c, act->u.send.p, act->u.send.len) == 0) {
		hc->unsent += act->u.send.len;
		if (!h->polling) {
			h->polling = true;
			io_timer_set(&h->acks, loop_now(h->loop) + ACK_POLL);
		}
		return;
	}
	/* The mesh does not queue so much: the other side reads nothing. */
	id = hc->id;
	conn_free(hc->c);
	conn_drop(hc);
	if (!h->leaving)
		mesh_peer_closed(h->mesh, id, MESH_CLOSE_LOCAL,
		    loop_now(h->loop));
}

void
host_conn_close(struct mesh_host *h, const struct mesh_act *act)
{
	struct host_conn *hc = conn_find(h, act->u.close.conn);

	if (hc == NULL)
		return;
	hc->id = 0;
	conn_close(hc->c);
}

/* ---- listening ---- */

static bool
is_missing_family(int rv)
{
	return rv == SP_ERR_IO &&
	       (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL);
}

/* All addresses on one port; a family that this machine lacks is left out. */
static int
listen_all(struct mesh_host *h)
{
	struct sp_addr a;
	size_t i;
	int rv;

	for (i = 0; i < h->conf.n_listen; i++) {
		a = h->conf.listen[i];
		if (a.port == 0)
			a.port = h->port;
		rv = conn_listen(&h->listeners[h->n_listeners], h->loop, &a,
		    accept_cb, h);
		if (is_missing_family(rv) &&
		    (h->n_listeners > 0 || i + 1 < h->conf.n_listen))
			continue;
		if (rv < 0)
			return rv;
		if (h->conf.congestion != NULL)
			conn_listener_congestion(h->listeners[h->n_listeners],
			    h->conf.congestion);
		a = conn_listener_addr(h->listeners[h->n_listeners++]);
		h->port = a.port;
	}
	return 0;
}

static void
listen_none(struct mesh_host *h)
{
	while (h->n_listeners > 0)
		conn_listener_free(h->listeners[--h->n_listeners]);
	h->port = 0;
}

int
host_conn_listen(struct mesh_host *h)
{
	int rv, tries = PORT_TRIES;

	for (;;) {
		rv = listen_all(h);
		/* the kernel's port may be taken in the other family */
		if (rv != SP_ERR_EXISTS || h->conf.listen[0].port != 0 ||
		    --tries == 0)
			return rv;
		listen_none(h);
	}
}

void
host_conn_fini(struct mesh_host *h)
{
	struct host_conn *hc;

	listen_none(h);
	while ((hc = LIST_FIRST(&h->conns)) != NULL) {
		conn_free(hc->c);
		conn_drop(hc);
	}
}
