#ifndef SWARM_PEER_H
#define SWARM_PEER_H

/*
 * A neighbour: its link, what it holds, what is asked of it, and how fast it
 * answers. No policy about other neighbours.
 */

#include "base/addr.h"
#include "base/ratelim.h"
#include "swarm/havemap.h"
#include "swarm/secure.h"
#include "swarm/upload.h"

#define PEER_RATE_START  250000 /* bytes/s assumed of an unknown one */
#define PEER_PIPE_MIN    2
#define PEER_PIPE_MAX    64
#define PEER_TIMEOUT_MIN (700 * SP_MS)  /* what a fair queue may take */
#define PEER_TIMEOUT_0   (1500 * SP_MS) /* before there are samples */
#define PEER_ALONE       (5 * SP_S)     /* after two time-outs in a row */
#define PEER_BUSY        (200 * SP_MS)  /* after a refusal; doubles thrice */
#define PEER_BARREN      3              /* time-outs, and not one block */
#define PEER_SHUNNED     (30 * SP_S)    /* when it never delivers */
#define PEER_SILENT      (10 * SP_S)    /* then it is dead */
#define PEER_PING        (4 * SP_S)     /* of own silence */
#define PEER_HANDSHAKE   (10 * SP_S)
#define PEER_SLOW        (3 * SP_S)  /* what was sent has not left by then */
#define PEER_STUCK       (15 * SP_S) /* nor by then: it is dropped */
#define PEER_AWAY        (60 * SP_S) /* it had no use for us */

struct peer_request {
	struct pw_block_ref ref;
	uint32_t len;
	sp_time sent_at, timeout_at;
	bool hedge;
};

struct peer {
	/* what every pass looks at, close together */
	bool used, established, closing;
	bool deaf; /* failed the handshake: kept open, not listened to */
	bool outgoing, seeder;
	bool am_choking, am_interested, is_choking, is_interested;
	bool lesser;   /* next to nothing is from it, and all is scarce */
	unsigned slot; /* the mesh's number for it */
	struct peer_request *req; /* in flight, oldest first */
	uint32_t n_req, cap_req;
	uint32_t req_bytes;
	uint32_t timeouts_row, timeouts, rejects_row, rejects, blocks_ok;
	sp_time alone_until;
	sp_time srtt;             /* 0: no sample yet */
	sp_time rtt_least;        /* creeps up: paths do change */
	sp_time fetch, fetch_var; /* request to block, smoothed */
	uint64_t rate_best[2];    /* best samples of this and the last span */
	bool timed;               /* |mark| is that of a block alone */
	size_t unsent;            /* bytes that the host has not got rid of */
	size_t mark;              /* of them, those that were out at mark_at */
	sp_time mark_at, recv_at, sent_at;
	uint64_t turn; /* when it was last sent a block, in blocks sent */
	struct upload up;
	struct secure *link;
	struct sp_buf plain; /* whole messages that wait to be sealed */
	struct sp_buf hs;    /* handshake bytes that wait to be sent */

	int close_why; /* error for the CLOSE act */
	sp_time away;  /* once it is gone it is not dialled for so long */
	uint32_t conn;
	struct sp_addr addr;   /* of the connection */
	struct sp_addr listen; /* where it says it listens; family 0 none */
	uint8_t id[LINK_PEERID_LEN];
	struct havemap have; /* of pieces without a record */
	sp_time opened_at, established_at;
	sp_time ping_at;
	uint64_t ping_token; /* 0: none out */
	sp_time block_at;    /* last block came */
	sp_time push_till;   /* it was our parent: pushes may be on the way */
	sp_time asked_till;  /* it was asked to be one: it may push */
	sp_time rate_span;
	sp_time pex_at;
	sp_time choke_out_of_turn; /* not before: it became interested */
	struct ratelim env_out;    /* records and manifests it may ask for */
	struct ratelim pex_in;     /* addresses that it may tell us of */
	struct ratelim tree_in;    /* what it may say of trees */
	uint32_t strays;           /* blocks that nobody asked for */
	sp_time strays_at;         /* they were halved */
	uint32_t records_bad; /* records and manifests that did not verify */
	bool cried;           /* who it warned of had sent the right block */
	bool on_test; /* it was asked for |test|, to see if that is right */
	struct pw_block_ref test;
	uint32_t test_by;     /* conn of who has warned */
	unsigned tests;       /* so far */
	sp_time test_at;      /* the last one */
	sp_time trusted_till; /* the last one went well: no other before */
	uint64_t down_bytes, up_bytes;
	struct ratemeter down, upm;
};

void peer_init(struct peer *p, const struct sp_mem *mem, uint32_t conn,
    const struct sp_addr *addr, bool outgoing, sp_time now);
void peer_fini(struct peer *p);

/* |len| bytes are handed to the host; |len| of them have left. */
void peer_out(struct peer *p, size_t len, sp_time now);
/*
 * True: a block was acknowledged that nothing of ours was before on its way; it
 * was *took under way.
 */
bool peer_left(struct peer *p, size_t len, sp_time now, sp_time *took);
/*
 * Bytes wait for it longer than our uplink can have been the cause: it does
 * not read. They are no measure of our own queue.
 */
bool peer_is_slow(const struct peer *p, sp_time now);
/* Bytes per second that it can be counted on for. */
uint64_t peer_rate(const struct peer *p);
/* Requests that may be in flight: clamp(rate * (srtt + 0.1 s) / block + 1). */
uint32_t peer_pipeline(const struct peer *p);
/* How many more may be asked of it now. */
uint32_t peer_room(const struct peer *p, sp_time now);
/*
 * Whether its word that it holds something is worth waiting for: it has
 * delivered about as often as it was late. New ones are believed.
 */
bool peer_is_credible(const struct peer *p);
/* What it was late with and refused is forgotten: it was not its fault. */
void peer_amnesty(struct peer *p);
/* It was asked PEER_BARREN times and never gave a block. */
bool peer_is_barren(const struct peer *p);
sp_time peer_timeout(const struct peer *p);

/* SP_ERR_NOMEM, SP_ERR_FULL. */
int peer_request(struct peer *p, const struct pw_block_ref *ref, uint32_t len,
    bool hedge, sp_time now);
/* Index in p->req or -1. */
int peer_request_find(const struct peer *p, const struct pw_block_ref *ref);
void peer_request_del(struct peer *p, uint32_t index);
/* The block of p->req[index] is here: samples; removes it. */
void peer_request_done(struct peer *p, uint32_t index, sp_time now);
/* p->req[index] timed out: backs off; removes it. */
void peer_request_late(struct peer *p, uint32_t index, sp_time now);
/* Its queue is too long: it is asked again after a while, then less often. */
void peer_rejected(struct peer *p, sp_time now);
void peer_rtt(struct peer *p, sp_time sample);

#endif
