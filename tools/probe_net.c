#include <errno.h>

#include "io/sock.h"
#include "tools/probe_int.h"

#define LSD_TIME  (3 * SP_S)
#define BACK_TIME (5 * SP_S)
#define CALL_TIME (8 * SP_S) /* after a tracker has told of peers */
#define TRIES     8

/* ---- interfaces ---- */

static void
look_around(struct probe *p)
{
	/* Of documentation: nothing is sent there. */
	static const uint8_t v4[4] = { 192, 0, 2, 1 };
	static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
	const struct sp_addr far[2] = { addr_make(4, v4, 9),
		addr_make(6, v6, 9) };
	int n = iface_list(p->f.ifaces, SP_LEN(p->f.ifaces));

	p->f.n_ifaces = n > 0 ? (size_t)n : 0;
	for (size_t i = 0; i < SP_LEN(far); i++)
		(void)sock_route(&far[i], &p->f.route[i]);
}

/* ---- our port ---- */

/* From another house: no address of ours, of our network or of our gateway. */
static bool
is_far(const struct probe *p, const struct sp_addr *a)
{
	const struct probe_facts *f = &p->f;

	if (addr_is_private(a) || probe_is_ours(f, a) ||
	    addr_ip_eq(a, &f->gateway.outside) || addr_ip_eq(a, &f->dht.seen) ||
	    addr_ip_eq(a, &f->dht.found))
		return false;
	for (size_t i = 0; i < f->n_trackers; i++)
		if (addr_ip_eq(a, &f->trackers[i].outside))
			return false;
	return true;
}

static void
accept_cb(void *ctx, struct conn *c SP_UNUSED, const struct sp_addr *from)
{
	struct probe *p = ctx;
	struct probe_facts *f = &p->f;

	for (size_t i = 0; i < f->n_callers; i++)
		if (addr_ip_eq(&f->callers[i], from))
			return;
	if (is_far(p, from) && f->n_callers < PROBE_CALLERS)
		f->callers[f->n_callers++] = *from;
}

static int
listen_once(struct probe *p)
{
	static const uint8_t any[16];
	uint16_t port = (uint16_t)p->o->port;
	struct sp_addr a;
	int rv = 0;

	for (int i = 0; i < 2; i++) {
		a = addr_make(i == 0 ? 4 : 6, any, port);
		rv = conn_listen(&p->listeners[i], p->loop, &a, accept_cb, p);
		if (rv < 0)
			break;
		a = conn_listener_addr(p->listeners[i]);
		p->f.port = port = a.port;
	}
	/* a machine of one family will do */
	return rv == SP_ERR_IO && p->listeners[0] != NULL ? 0 : rv;
}

static void
listen_none(struct probe *p)
{
	for (size_t i = 0; i < SP_LEN(p->listeners); i++) {
		conn_listener_free(p->listeners[i]);
		p->listeners[i] = NULL;
	}
}

/* The kernel's port may be taken in the other family. */
static int
listen_both(struct probe *p)
{
	int rv = listen_once(p);

	for (int i = 0; i < TRIES && rv == SP_ERR_EXISTS && p->o->port == 0;
	     i++) {
		listen_none(p);
		rv = listen_once(p);
	}
	return rv;
}

/* ---- multicast ---- */

static void
heard_cb(void *ctx, const uint8_t *b, size_t len,
    const struct sp_addr *from SP_UNUSED)
{
	struct probe *p = ctx;

	if (lsd_is_mine(b, len, p->nonce))
		p->f.lsd.back = true;
	else
		p->f.lsd.heard++;
}

/* Under a key of nobody's, so that nobody calls. */
static void
say(struct probe *p)
{
	unsigned where = MCAST_OUTSIDE | (p->o->lan ? MCAST_LOOPBACK : 0);
	uint8_t pk[HASH_PK_LEN], text[LSD_LEN];
	struct sp_addr group;
	int n;

	io_random(pk, sizeof(pk));
	io_random(p->nonce, sizeof(p->nonce));
	lsd_write(text, pk, p->nonce, p->f.port);
	for (size_t i = 0; i < SP_LEN(p->m); i++) {
		group = lsd_group(i == 0 ? 4 : 6);
		if (mcast_new(&p->m[i], p->loop, &group, where, heard_cb, p) <
		    0)
			continue;
		n = mcast_send(p->m[i], text, sizeof(text));
		p->f.lsd.networks += (unsigned)SP_MAX(n, 0);
	}
}

/* ---- through the gateway ---- */

static void
back_open(void *ctx, struct conn *c)
{
	struct probe *p = ctx;

	p->f.hairpin = true;
	p->back = NULL;
	conn_free(c);
}

static void
back_close(void *ctx, struct conn *c SP_UNUSED, int err SP_UNUSED,
    const char *why SP_UNUSED)
{
	struct probe *p = ctx;

	p->back = NULL;
}

static const struct conn_ops back_ops = {
	.open = back_open,
	.close = back_close,
};

void
probe_net_tick(struct probe *p, sp_time now SP_UNUSED)
{
	struct probe_gateway *g = &p->f.gateway;
	struct sp_addr to = g->outside;

	if (!g->mapped || to.family == 0 || p->f.hairpin_tried ||
	    probe_is_ours(&p->f, &to))
		return;
	p->f.hairpin_tried = true;
	to.port = g->port;
	if (conn_dial(&p->back, p->loop, &to, BACK_TIME, &back_ops, p) < 0)
		p->back = NULL;
}

/* ---- the part ---- */

int
probe_net_begin(struct probe *p)
{
	int rv;

	look_around(p);
	if ((rv = listen_both(p)) < 0)
		return rv;
	p->f.lsd.asked = !p->o->no_lsd;
	if (p->f.lsd.asked)
		say(p);
	return 0;
}

bool
probe_net_is_through(const struct probe *p, sp_time now)
{
	const struct probe_lsd *l = &p->f.lsd;
	bool waits = l->asked && l->networks > 0 && !l->back &&
		     now - p->begun < LSD_TIME;
	bool calls = p->met_at != 0 && p->f.n_callers == 0 && !p->f.hairpin &&
		     now - p->met_at < CALL_TIME;

	return !waits && !calls && p->back == NULL;
}

void
probe_net_end(struct probe *p)
{
	conn_free(p->back);
	listen_none(p);
	for (size_t i = 0; i < SP_LEN(p->m); i++)
		mcast_free(p->m[i]);
}
