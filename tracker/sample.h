#ifndef TRACKER_SAMPLE_H
#define TRACKER_SAMPLE_H

/* Which peers of a swarm an asker is handed. */

#include "tracker/near.h"
#include "tracker/peertab.h"
#include "wire/trackwire.h"

struct sample_rule {
	bool v6;        /* the asker's family */
	bool seeds;     /* hand out seeders too */
	uint8_t scopes; /* the highest that is handed out */
	uint32_t self;  /* the asker's own entry or PEERTAB_NONE */
	bool near;      /* of a live swarm: near ones first (tracker/near.h) */
	struct near_place asker;
};

/*
 * Up to |want| different peers. A random start and a random coprime step:
 * every eligible peer is equally likely, none comes twice, and it costs two
 * random numbers and no memory. With rule->near, near_choose among three times
 * as many of those.
 */
size_t sample_peers(const struct peertab *t, uint32_t swarm,
    const struct sample_rule *rule, struct sp_rng *rng, struct tw_peer *out,
    size_t want);

#endif
