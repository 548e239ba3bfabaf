#ifndef TEST_SIM_SIMNET_INT_H
#define TEST_SIM_SIMNET_INT_H

/*
 * Shared by simnet.c (nodes, streams), simevent.c, simflow.c and simdown.c
 * (bytes).
 */

#include "base/rng.h"
#include "test/sim/evq.h"
#include "test/sim/simnet.h"
#include "test/sim/simpool.h"

#define SIMNET_PACKET  1448 /* payload of one */
#define SIMNET_HEADERS 52   /* IPv4, TCP, time stamps */
#define SIMNET_CLASSES 5    /* of segment buffers; class 0 borrows */

enum simnet_kind {
	KIND_TIMER,  /* arg: node, p: tag */
	KIND_OPEN,   /* p: conn */
	KIND_ACCEPT, /* p: conn */
	KIND_FAIL,   /* p: conn; arg: 1 = time-out */
	KIND_RESET,  /* p: conn, arg: side that learns of it */
	KIND_ROOM,   /* arg: node whose uplink has room */
	KIND_PACED,  /* p: conn, arg: side that may send again */
	KIND_SENT,   /* p: conn, arg: side */
	KIND_PART,   /* p: conn, arg: bytes << 1 | side: acknowledged */
	KIND_ARRIVE, /* p: seg, last bit at the access router */
	KIND_REACH,  /* p: seg, through the downlink */
};

struct seg {
	struct seg *next;
	struct conn *conn;
	uint64_t seq, tag;
	sp_time tx; /* time it took on the uplink */
	const uint8_t *p;
	uint32_t len;
	uint32_t acked; /* while it was on the uplink still */
	uint8_t side;   /* of the sender */
	uint8_t class;
	bool fin;
	/* Bytes that |buf| leaves out: they are at |mid|; NULL: none. */
	uint16_t mid_at, mid_len;
	const uint8_t *mid;
	uint8_t buf[];
};

/* One direction; |side| of the conn sends. */
struct flow {
	struct seg *head, *tail; /* not yet in the link */
	size_t queued;           /* bytes of these */
	size_t hidden;           /* of these, not yet told as taken */
	size_t instant;          /* acknowledged as good as at once */
	size_t told;             /* to be told by the KIND_SENT under way */
	struct seg *parked;      /* came too early, by seq */
	uint64_t seq_out, seq_in;
	sp_time last;  /* arrival: segments do not overtake */
	sp_time tat;   /* pacing: when what was sent is paid for */
	sp_time cut;   /* no second rate cut before */
	sp_time hold;  /* its first packet was dropped: again then */
	uint32_t held; /* times in a row */
	uint64_t cwnd; /* bytes */
	uint64_t ssthresh;
	struct conn *ring_next; /* in the uplink's ring */
	bool in_ring, paced;
};

struct conn {
	uint32_t id;
	uint32_t refs; /* segments and events under way */
	uint32_t node[2];
	bool open[2]; /* the node still holds this end */
	bool dead[2]; /* died silently: takes nothing any more */
	bool opened;  /* handshake is through */
	sp_time owd;
	uint32_t loss_ppm;
	bool bursty; /* loss_now tells the loss */
	struct flow flow[2];
	struct conn *next[2], *prev[2]; /* streams of the node */
};

/* Bytes that will be acknowledged at |at|; told with the node's next event. */
struct ack {
	struct conn *conn;
	sp_time at;
	uint32_t side, len;
};

struct node {
	struct simnet_node_conf conf;
	struct simnet_stats stats;
	sp_time up_busy, down_busy;
	struct conn *ring_head, *ring_tail; /* flows that wait for room */
	uint32_t n_ring, n_held;            /* flows in it; that were dropped */
	struct conn *conns;                 /* held ends */
	struct ack *acks;
	uint32_t n_acks, cap_acks;
	bool up, silent; /* silent: how it died */
	bool room;       /* KIND_ROOM is under way */
	bool burst;      /* packets are being lost */
	sp_time turn;    /* when that changes */
};

struct simnet {
	struct simnet_conf conf;
	struct sp_rng rng;
	struct evq q;
	struct node *nodes;
	uint32_t n_nodes, cap_nodes;
	struct conn **conns; /* by id */
	uint32_t n_conns, cap_conns;
	struct conn *free_conns;
	struct seg *free_segs[SIMNET_CLASSES];
	struct seg *out; /* given to the user, freed at the next call */
	const struct simpool *pool;    /* NULL: all is copied */
	uint8_t whole[SIMNET_QUANTUM]; /* of a segment with bytes left out */
	uint64_t events;
	uint32_t turn; /* node of the last event */
	sp_time now;
};

static inline unsigned
conn_side(const struct conn *c, uint32_t node)
{
	return c->node[0] == node ? 0 : 1;
}

/* ---- simnet.c ---- */

void conn_unref(struct simnet *net, struct conn *c);
/* An event that holds a reference to |c|. */
void conn_event(struct simnet *net, sp_time at, uint32_t kind, uint32_t arg,
    struct conn *c);
void end_hold(struct simnet *net, struct conn *c, unsigned side);
/* The node lets go of its end; what it sent goes on. */
void end_drop(struct simnet *net, struct conn *c, unsigned side);

/* ---- simloss.c ---- */

/* ppm of packets that are lost on a bursty stream at this time. */
uint32_t loss_now(struct simnet *net, const struct conn *c);

/* ---- simflow.c, sending ---- */

struct seg *seg_new(struct simnet *net, size_t len, bool ref);
void seg_free(struct simnet *net, struct seg *s); /* drops its reference */
void flow_init(struct flow *f);
/* Appends a segment, which gets the conn's reference. */
void flow_put(struct conn *c, unsigned side, struct seg *s);
/* Sends what may be sent now. */
void flow_push(struct simnet *net, struct conn *c, unsigned side);
/* Time that so many bytes take on a link. */
sp_time flow_tx_time(uint32_t len, uint64_t bps);
/* One way, of an acknowledgement of what |side| has sent. */
sp_time flow_ack_time(const struct simnet *net, const struct conn *c,
    unsigned side);
sp_time flow_rtt(const struct simnet *net, const struct conn *c);
/* Loss cuts the window by three tenths, as cubic does, once a round trip. */
void flow_cut(struct simnet *net, const struct conn *c, struct flow *f);
/* Adds to the KIND_SENT under way, or to a new one. */
void flow_tell_of(struct simnet *net, struct conn *c, unsigned side, size_t n,
    sp_time at);
/*
 * Control messages are many and small: their acknowledgements wait for the
 * next thing that happens at the node, as a host looks only now and then.
 */
void flow_tell_later(struct simnet *net, struct conn *c, unsigned side,
    uint32_t len, sp_time at);
/* Drops what waits; bytes. */
size_t flow_drop(struct simnet *net, struct conn *c, unsigned side);
/* Bytes that have become taken since the last call. */
size_t flow_settle(struct simnet *net, struct flow *f);
void flow_room(struct simnet *net, uint32_t node);
/* Part of a segment is acknowledged. */
void flow_part(struct simnet *net, struct conn *c, uint32_t arg);
void flow_paced(struct simnet *net, struct conn *c, unsigned side);

/* ---- simdown.c, receiving ---- */

/* True: |s| is to be handed to the user now. */
bool flow_arrive(struct simnet *net, struct seg *s);
bool flow_reach(struct simnet *net, struct seg *s);
/* Forgets what came early. */
void flow_unpark(struct simnet *net, struct flow *f);

#endif
