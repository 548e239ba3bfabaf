#include "tracker/track_int.h"

int
track_kick(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    sp_time until)
{
	int r = access_kick(t->access, info_hash, until);

	if (r == 0)
		track_drop_denied(t);
	return r;
}

/* Whom the registry has lost is nobody's parent, and in no roster. */
static void
forget_viewer(struct track *t, const uint8_t *info_hash,
    const struct sp_addr *addr, const uint8_t *peer_id, sp_time now)
{
	struct presence_key k = presence_key(info_hash, peer_id, addr);

	plans_weigh(t->plans, &k, now);
	duties_touch(t->duties, info_hash, now);
}

int
track_kick_addr(struct track *t, const struct sp_addr *addr, sp_time until,
    sp_time now)
{
	int r = access_kick_addr(t->access, addr, until);
	uint8_t was[LINK_PEERID_LEN];
	struct tw_scrape_entry swarm;
	size_t it = 0;

	if (r < 0)
		return r;
	plain_forget(t->plain, addr);
	while (registry_next(t->registry, &it, &swarm)) {
		if (registry_forget(t->registry, swarm.info_hash, addr, was) >
		    0)
			forget_viewer(t, swarm.info_hash, addr, was, now);
	}
	return 0;
}

bool
track_permits_addr(struct track *t, const struct sp_addr *addr)
{
	if (access_permits_addr(t->access, addr))
		return true;
	t->stats.denied++;
	return false;
}

int
track_relimit(struct track *t, const struct track_conf *conf)
{
	struct plain_conf p;
	int r;

	plain_conf_init(&p);
	p.max_swarm_peers = conf->registry.max_swarm_peers;
	p.min_interval_s = conf->registry.min_interval_s;
	p.numwant = conf->registry.numwant;
	r = registry_relimit(t->registry, &conf->registry);
	return r < 0 ? r : plain_relimit(t->plain, &p);
}
