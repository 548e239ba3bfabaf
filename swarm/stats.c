#include "swarm/stats.h"

uint32_t
stats_offload_ppm(const struct mesh_stats *s)
{
	uint64_t all = s->peer_bytes + s->origin_bytes;

	if (all == 0)
		return 0;
	while (all > UINT64_MAX / 1000000)
		return (uint32_t)(s->peer_bytes / (all / 1000000));
	return (uint32_t)(s->peer_bytes * 1000000 / all);
}
