#include "swarm/client/host_int.h"

#include <errno.h>

#include "wire/lsd.h"

/*
 * Peers of the channel on our own network: we say there, to who has the
 * channel's key, which port is ours, and meet who does.
 */

static const int families[HOST_LSD_GROUPS] = { 4, 6 };

/* ---- what is heard ---- */

/*
 * An address of a link alone cannot be dialled.
 */
static bool
is_of_use(const struct mesh_host *h, const struct sp_addr *a)
{
	bool of_link =
	    a->family == 6 && a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80;

	return !of_link && !addr_is_bogus(a) &&
	       (h->conf.lsd & MCAST_LOOPBACK || !addr_is_loopback(a));
}

static void
heard_cb(void *ctx, const uint8_t *p, size_t len, const struct sp_addr *from)
{
	struct mesh_host *h = ctx;
	struct host_lsd *l = &h->lsd;
	sp_time now = loop_now(h->loop);
	struct sp_addr a = *from;

	if (h->leaving || lsd_is_mine(p, len, l->nonce))
		return;
	if (lsd_read(&a.port, h->conf.mesh.pk, p, len) < 0) {
		l->foreign++;
		return;
	}
	l->heard++;
	if (!is_of_use(h, &a) || !lsd_plan_heard(&l->plan, &a, &h->rng, now))
		return;
	l->peers++;
	mesh_meet_near(h->mesh, &a, 1, now);
	io_timer_set(&l->timer, lsd_plan_next(&l->plan));
	host_pump(h);
}

/* ---- what is said ---- */

static void
say(struct mesh_host *h)
{
	struct host_lsd *l = &h->lsd;
	uint8_t text[LSD_LEN];
	int n;

	io_random(l->nonce, sizeof(l->nonce));
	lsd_write(text, h->conf.mesh.pk, l->nonce, h->port);
	l->networks = 0;
	for (size_t i = 0; i < SP_LEN(l->m); i++)
		if (l->m[i] != NULL &&
		    (n = mcast_send(l->m[i], text, sizeof(text))) > 0)
			l->networks += (unsigned)n;
	l->said += l->networks > 0;
}

static void
timer_cb(void *ctx, sp_time now)
{
	struct mesh_host *h = ctx;
	struct host_lsd *l = &h->lsd;

	if (h->leaving)
		return;
	if (lsd_plan_due(&l->plan, &h->rng, now))
		say(h);
	io_timer_set(&l->timer, lsd_plan_next(&l->plan));
}

void
host_lsd_wish(struct mesh_host *h)
{
	struct host_lsd *l = &h->lsd;

	if (!l->on || h->leaving || !LIST_EMPTY(&h->conns))
		return;
	lsd_plan_wish(&l->plan, loop_now(h->loop));
	io_timer_set(&l->timer, lsd_plan_next(&l->plan));
}

/* ---- beginning and end ---- */

/* Where somebody may connect to us. */
static unsigned
where(const struct mesh_host *h)
{
	bool outside = false;

	for (size_t i = 0; i < h->conf.n_listen; i++)
		outside |= !addr_is_loopback(&h->conf.listen[i]);
	if (h->port == 0)
		return 0;
	return h->conf.lsd & (outside ? ~0u : MCAST_LOOPBACK);
}

static int
open_group(struct mesh_host *h, size_t i)
{
	struct sp_addr group = lsd_group(families[i]);
	int rv =
	    mcast_new(&h->lsd.m[i], h->loop, &group, where(h), heard_cb, h);

	if (rv < 0)
		log_msg(h->conf.log, LOG_LEVEL_INFO,
		    "lsd: no local discovery by IPv%d why=%s", families[i],
		    rv == SP_ERR_IO ? strerror(errno) : sp_strerror(rv));
	return rv;
}

int
host_lsd_init(struct mesh_host *h)
{
	struct host_lsd *l = &h->lsd;

	if (where(h) == 0)
		return 0;
	for (size_t i = 0; i < SP_LEN(l->m); i++)
		if (open_group(h, i) == SP_ERR_NOMEM)
			return SP_ERR_NOMEM;
	if (io_timer_init(&l->timer, h->loop, timer_cb, h) < 0)
		return SP_ERR_NOMEM;
	l->on = true;
	lsd_plan_init(&l->plan, loop_now(h->loop));
	io_timer_set(&l->timer, lsd_plan_next(&l->plan));
	return 0;
}

void
host_lsd_fini(struct mesh_host *h)
{
	struct host_lsd *l = &h->lsd;

	l->on = false;
	io_timer_fini(&l->timer);
	for (size_t i = 0; i < SP_LEN(l->m); i++) {
		mcast_free(l->m[i]);
		l->m[i] = NULL;
	}
}

bool
mesh_host_lsd(const struct mesh_host *h, struct mesh_host_lsd *out)
{
	const struct host_lsd *l = &h->lsd;

	memset(out, 0, sizeof(*out));
	if (!l->on)
		return false;
	*out = (struct mesh_host_lsd){
		.networks = l->networks,
		.said = l->said,
		.heard = l->heard,
		.peers = l->peers,
		.foreign = l->foreign,
	};
	return true;
}
