#include "swarm/client/host_int.h"

/*
 * The head of the channel: what a viewer makes of it, and how it is put, by the
 * seeder who signed it or by a viewer who has it.
 */

/* A manifest that is older than the head: who gave it may be cut off. */
void
host_dht_manifest(struct mesh_host *h)
{
	const struct manifest *m = mesh_manifest_get(h->mesh, NULL, NULL);
	struct host_dht *d = &h->dht;

	if (m == NULL || d->head_serial <= m->serial || d->told_old)
		return;
	d->told_old = true;
	log_msg(h->conf.log, LOG_LEVEL_INFO,
	    "dht: manifest is older than the head, looking for other peers "
	    "serial=%llu head=%llu",
	    (unsigned long long)m->serial, (unsigned long long)d->head_serial);
	dht_plan_wish(&d->plan, loop_now(h->loop));
}

static void
take_head(struct mesh_host *h)
{
	const struct manifest *m = mesh_manifest_get(h->mesh, NULL, NULL);
	enum origin_reach reach =
	    h->conf.mesh.lan ? ORIGIN_AS_FIRST : ORIGIN_PUBLIC;
	struct host_dht *d = &h->dht;
	struct head hd;

	if (head_open(&hd, &d->head, h->conf.mesh.pk) < 0)
		return;
	log_msg(h->conf.log, LOG_LEVEL_INFO,
	    "dht: head seq=%lld epoch=%u serial=%llu trackers=%zu peers=%zu",
	    (long long)d->head.seq, (unsigned)hd.epoch,
	    (unsigned long long)hd.serial, hd.n_trackers, hd.n_peers);
	d->head_serial = hd.serial;
	d->told_old = false;
	for (size_t i = 0; i < hd.n_trackers; i++)
		host_tracker_new(h, hd.trackers[i].p, hd.trackers[i].len,
		    reach);
	if (hd.n_peers > 0)
		mesh_meet(h->mesh, hd.peers, hd.n_peers, loop_now(h->loop));
	if (m != NULL)
		host_fetch_manifest(h, m);
	host_dht_manifest(h);
}

void
host_dht_origins(struct mesh_host *h)
{
	struct head hd;

	if (h->dht.head.seq == 0 ||
	    head_open(&hd, &h->dht.head, h->conf.mesh.pk) < 0)
		return;
	for (size_t i = 0; i < hd.n_origins; i++)
		host_fetch_add(h, hd.origins[i].p, hd.origins[i].len);
}

void
host_dht_item(struct mesh_host *h, const struct lt_item *in)
{
	struct head_item it = { .seq = in->seq, .len = in->value_len };
	struct host_dht *d = &h->dht;
	int rv = SP_ERR_TOOBIG;

	if (in->value_len == 0 || h->conf.mesh.seeder)
		return;
	if (in->value_len <= sizeof(it.v)) {
		memcpy(it.sig, in->sig, sizeof(it.sig));
		memcpy(it.v, in->value, in->value_len);
		rv = head_merge(&d->head, &it, h->conf.mesh.pk);
	}
	if (rv == 0 || rv == SP_ERR_EXISTS || rv == SP_ERR_STALE) {
		d->got = SP_MAX(d->got, in->seq);
		d->heads++;
	} else {
		log_msg(h->conf.log,
		    d->refused++ == 0 ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG,
		    "dht: head refused why=%s", sp_errname(rv));
	}
	if (rv == 0)
		take_head(h);
}

void
host_dht_got(struct mesh_host *h)
{
	struct host_dht *d = &h->dht;

	dht_plan_head(&d->plan, d->got, d->head.seq, io_wall_ms() - d->head.seq,
	    (uint32_t)d->n_known, &h->rng, loop_now(h->loop));
}

/* ---- putting ---- */

void
host_dht_put(struct mesh_host *h)
{
	struct host_dht *d = &h->dht;
	struct lt_item it = {
		.size = sizeof(it),
		.seq = d->head.seq,
		.salt = (const uint8_t *)HEAD_SALT,
		.salt_len = strlen(HEAD_SALT),
		.value = d->head.v,
		.value_len = d->head.len,
	};
	int rv;

	if (d->head.seq == 0)
		return;
	memcpy(it.key, h->conf.mesh.pk, sizeof(it.key));
	memcpy(it.sig, d->head.sig, sizeof(it.sig));
	rv = lt_dht_put(h->lt.s, &it);
	if (rv == 0) {
		d->puts++;
		d->put_seq = it.seq;
	} else if (rv != SP_ERR_EXISTS) {
		log_msg(h->conf.log, LOG_LEVEL_WARN, "dht: put: %s",
		    lt_why(h->lt.s)->text);
	}
}

void
host_dht_was_put(struct mesh_host *h, const struct lt_event_put *ev)
{
	struct host_dht *d = &h->dht;

	log_msg(h->conf.log, LOG_LEVEL_DEBUG,
	    "dht: head was put seq=%lld nodes=%u seen=%lld",
	    (long long)ev->item.seq, (unsigned)ev->stored,
	    (long long)ev->seen_seq);
	if (ev->item.seq != d->head.seq)
		return; /* another one is under way */
	d->stored = ev->stored;
	dht_plan_stored(&d->plan, ev->stored);
	if (h->conf.mesh.seeder) {
		if (h->ops->head != NULL)
			h->ops->head(h->ctx, ev->seen_seq, ev->stored);
	} else if (ev->seen_seq > d->head.seq) {
		dht_plan_stored(&d->plan, 1); /* ours is of no use */
		dht_plan_look(&d->plan, loop_now(h->loop));
	}
}

int
mesh_host_head(struct mesh_host *h, const struct head_item *it)
{
	struct host_dht *d = &h->dht;

	if (!d->on)
		return SP_ERR_CLOSED;
	d->head = *it;
	dht_plan_publish(&d->plan, loop_now(h->loop));
	host_dht_run(h);
	return 0;
}
