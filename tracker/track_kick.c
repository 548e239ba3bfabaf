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

int
track_kick_addr(struct track *t, const struct sp_addr *addr, sp_time until)
{
	return access_kick_addr(t->access, addr, until);
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
