#ifndef SWARM_PICKER_H
#define SWARM_PICKER_H

/*
 * Which block from which neighbour next (SCHEDULER.md section 4). Pure:
 * candidates in, decisions out.
 *
 * Class A, slack < 2 * q95(fetch): earliest deadline first. Class B: by
 * value = 2^(-holders/2) + 2^(-slack/1.4 s) / 2, the rare and the soon due
 * before the rest. Equal ones in random order, so that neighbours who pick at
 * the same time pick different blocks and have something to trade.
 *
 * Provider: of up to three random holders with room in their pipeline the one
 * with the least queued / rate + (inflight + 1) * block / rate + srtt; a class
 * B block waits rather than be asked of one that would take more than half of
 * its slack.
 */

#include "base/rng.h"
#include "base/tstamp.h"

#define PICKER_PEERS 64

struct picker_block {
	uint64_t holders; /* bit per peer slot that could send it */
	uint64_t key;     /* the picker's own */
	sp_time slack;    /* deadline minus now */
	uint32_t ref;     /* the caller's name for it */
	uint32_t len;     /* bytes */
	bool hedge;       /* asked of somebody else already */
};

struct picker_peer {
	uint64_t rate_bps; /* bytes per second, > 0 */
	sp_time srtt;
	uint32_t inflight; /* requests */
	uint32_t inflight_bytes;
	uint32_t room; /* further requests that fit its pipeline */
};

struct picker_choice {
	uint32_t ref;
	uint32_t slot;
	bool hedge;
};

struct picker_conf {
	sp_time fetch_q95; /* request to block */
	uint32_t budget;   /* most choices: what may be in flight in all */
	uint32_t hedges;   /* most of them that are hedges */
	/* By chance, a block's weight being 1 / slack: libswift's, to compare
	 * with. */
	bool one_over_x;
};

/*
 * |peers| has PICKER_PEERS slots; their inflight and room are counted on as
 * choices are made. |blocks| is reordered. |out| has room for
 * min(n, conf->budget). Returns the number of choices.
 */
size_t picker_pick(const struct picker_conf *conf, struct picker_block *blocks,
    size_t n, struct picker_peer *peers, struct sp_rng *rng,
    struct picker_choice *out);

/* 2^(-x/16) in 1/65536; integers only. */
uint32_t picker_exp2_neg(uint64_t x);

#endif
