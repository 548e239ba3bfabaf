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
