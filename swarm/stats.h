#ifndef SWARM_STATS_H
#define SWARM_STATS_H

/* Counters of one mesh since it was made, and what follows from them. */

#include "base/quantile.h"
#include "base/tstamp.h"

struct mesh_stats {
	/* bytes of blocks, verified and new */
	uint64_t peer_bytes;   /* from peers */
	uint64_t origin_bytes; /* from the origin */
	/* bytes that brought nothing */
	uint64_t dup_bytes; /* blocks already held */
	uint64_t bad_bytes; /* blocks that failed their hash */
	uint64_t
	    origin_waste_bytes; /* fetched, but held or outside the range */
	uint64_t up_bytes;      /* blocks sent to peers */
	uint64_t wire_in_bytes, wire_out_bytes; /* all link bytes */
	/* of those that came: haves; requests, cancels and rejects; records,
	 * manifests and what asks for them */
	uint64_t have_in_bytes, ask_in_bytes, record_in_bytes;

	uint64_t records, records_from_peers, records_bad;
	uint64_t pieces; /* completed */
	uint64_t due;    /* pieces whose deadline has come while followed */
	uint64_t missed; /* of these, not complete then */
	uint64_t stalls; /* runs of missed pieces */
	sp_time stalled; /* ns: sum over missed pieces of (complete - due),
			    overlapping times once */
	uint64_t lost;   /* pieces given up */
	uint64_t requests, timeouts, rejects, hedges;
	uint64_t fetches, fetch_errors, rescues;
	uint64_t duties;     /* stripes fetched on duty */
	uint64_t backups;    /* for who was on duty and silent */
	uint64_t instants;   /* times that others were no longer waited for */
	uint64_t push_bytes; /* of peer_bytes, those that were pushed */
	uint64_t tree_left;  /* parents left because they were silent */
	uint64_t dials, dial_errors, accepted, closed, banned;
	uint64_t announces, announce_errors;
	uint64_t receipts; /* batches of them that were signed */

	uint32_t tree_stripes;    /* there are, of tracks that are followed */
	uint32_t tree_places;     /* of them, those that have a parent, or start
				     here */
	uint32_t tree_depth;      /* sum of their depths; 0 is a root */
	uint32_t children;        /* in all stripes */
	uint32_t neighbours;      /* established now */
	uint32_t contacts;        /* addresses known now */
	uint32_t delay_ms;        /* playout delay in force */
	uint32_t delay_needed_ms; /* what it has to be; 0: not known yet */
	uint64_t window_bytes;    /* media held now */
	uint64_t peer_bps, origin_bps, up_bps; /* bytes per second, last 3 s */
	uint64_t uplink_bps; /* what the uplink is thought to be */
	sp_time
	    startup; /* ns, first follow to first piece complete; -1: not yet */
	bool feed_up;
	bool instant; /* others are not waited for */

	/* microseconds, availability to completion, of followed pieces */
	struct quantile lag;
};

/* peer bytes / all useful bytes, in 1/1,000,000; 0 when there are none. */
uint32_t stats_offload_ppm(const struct mesh_stats *s);

#endif
