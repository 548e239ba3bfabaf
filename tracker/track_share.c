#include "tracker/track_int.h"

/* What comes from other trackers, and what they are told of announces. */

struct shareout *
track_shareout(const struct track *t)
{
	return t->shareout;
}

void
track_tell(struct track *t, const struct tw_announce *a,
    const struct sp_addr *from, sp_time now)
{
	struct sharewire_peer p = { .addr = *from,
		.up_kbps = a->up_kbps,
		.has_track = a->has_track,
		.track = a->track,
		.flags = SHAREWIRE_LIVE };

	if (t->shareout == NULL)
		return;
	memcpy(p.info_hash, a->info_hash, LINK_INFOHASH_LEN);
	memcpy(p.peer_id, a->peer_id, LINK_PEERID_LEN);
	p.addr.port = a->port;
	if (a->left == 0)
		p.flags |= SHAREWIRE_SEEDER;
	if (a->event == TW_EVENT_STOPPED)
		p.flags |= SHAREWIRE_STOPPED;
	if (a->reachable)
		p.flags |= SHAREWIRE_REACHABLE;
	/* Who stops may name no port. What is not told is counted there. */
	if (!addr_is_bogus(&p.addr))
		(void)shareout_tell(t->shareout, &p, now);
}

int
track_adopt(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const struct roster *r, sp_time now, sp_time until)
{
	int rv = duties_adopt(t->duties, info_hash, r, now, until);

	if (rv == 0)
		plans_touch(t->plans, info_hash, now);
	return rv;
}

static int
import_plain(struct track *t, const struct sharewire_peer *p, sp_time now)
{
	struct plain_ask ask = { .info_hash = p->info_hash,
		.addr = p->addr,
		.seeds = (p->flags & SHAREWIRE_SEEDER) != 0 };

	if (p->flags & SHAREWIRE_STOPPED)
		ask.event = TW_EVENT_STOPPED;
	return plain_import(t->plain, &ask, t->import_s, now);
}

int
track_import(struct track *t, const struct sharewire_peer *p, sp_time now)
{
	bool live = (p->flags & SHAREWIRE_LIVE) != 0;
	struct tw_announce a = { .port = p->addr.port,
		.left = p->flags & SHAREWIRE_SEEDER ? 0 : 1,
		.live = live,
		.foreign = true,
		.up_kbps = p->up_kbps,
		.reachable = (p->flags & SHAREWIRE_REACHABLE) != 0,
		.has_track = p->has_track,
		.track = p->track };
	struct registry_answer ans;
	int r;

	if (!live) {
		r = import_plain(t, p, now);
		if (r != PLAIN_LIVE)
			return r;
	}
	if (!access_permits(t->access, p->info_hash) ||
	    !access_permits_addr(t->access, &p->addr))
		return SP_ERR_DENIED;
	memcpy(a.info_hash, p->info_hash, LINK_INFOHASH_LEN);
	memcpy(a.peer_id, p->peer_id, LINK_PEERID_LEN);
	if (p->flags & SHAREWIRE_STOPPED)
		a.event = TW_EVENT_STOPPED;
	r = registry_announce(t->registry, &a, &p->addr, live, NULL, 0, &ans,
	    now);
	if (r < 0)
		return r;
	if (live)
		duties_touch(t->duties, p->info_hash, now);
	return ans.store;
}
