#ifndef TEST_SIM_SIMNET_H
#define TEST_SIM_SIMNET_H

/*
 * A network on virtual time: nodes behind access links, and reliable byte
 * streams between them.
 *
 *	owd(i, j) = a_i + a_j + |x_i - x_j|, each segment +-5 %
 *
 *	queue of      uplink        path         downlink     receiver
 *	the stream -> rate, FIFO -> owd, loss -> rate, FIFO -> in order
 *
 * A stream's bytes travel as segments of at most SIMNET_QUANTUM bytes; streams
 * that wait for room in their node's uplink FIFO take turns by segment.
 * TCP is modelled by what it costs: 52 bytes of headers per 1448; a window
 * that starts at ten packets, doubles each round trip in use until the first
 * loss, then AIMD; a lost segment comes one round trip later and holds up
 * those behind it. Both FIFOs drop what finds them full. On the uplink a block
 * waits until half of it is free, as a stream that backs off sends on at the
 *rate at which packets leave; a message of one packet, and a block where there
 *are more streams than a FIFO holds, comes again when the timer of TCP says so.
 * Round trips take as long as both uplinks' FIFOs make them.
 *
 * A stream is an |end| at each side; the end's number is what its node knows
 * the connection by. Everything that happens is pulled:
 *
 *	while (simnet_next(net, until, &ev))
 *		handle(&ev);
 *
 * Same calls, same events: no clock, no randomness but the seed.
 */

#include "base/addr.h"
#include "base/tstamp.h"

#define SIMNET_QUANTUM 17408 /* a sealed block of 16 KiB is one segment */

struct simnet;
struct simpool;

struct simnet_conf {
	sp_time fifo;  /* of each access link; 200 ms */
	size_t sndbuf; /* bytes that a stream takes at once; 64 KiB */
	/* Taken is what the other side has acknowledged; no sndbuf then. */
	bool acks;
	/* Packets that one of TCP's own acknowledgements is for, which takes 52
	   bytes of the receiver's uplink; 0: they cost nothing. */
	uint32_t ack_each;
	bool bbr;             /* no loss slows a sender */
	uint32_t jitter_ppm;  /* 50,000 */
	uint32_t nat_ppm;     /* pairs that cannot connect, no server in them */
	sp_time dial_timeout; /* for those and for the silent; 10 s */
	uint64_t seed;
};

struct simnet_node_conf {
	uint64_t up_bps, down_bps; /* bytes per second, 0 = no limit */
	sp_time delay;             /* a_i */
	sp_time x, y;              /* x_i, in ns of light */
	uint32_t loss_ppm;         /* of packets, either way */
	/* Mean length of the bursts in which half of the packets are lost, so
	   often that |loss_ppm| are on the whole; 0: no bursts. */
	sp_time burst;
	bool blocked;  /* nobody can connect to it */
	bool isolated; /* and it to nobody but servers */
	bool server;
};

enum simnet_type {
	SIMNET_TIMER,   /* tag */
	SIMNET_OPEN,    /* the dial of |end| worked */
	SIMNET_ACCEPT,  /* |end| is a new stream from |peer| */
	SIMNET_REFUSED, /* the dial of |end| failed; the end is gone */
	SIMNET_TIMEOUT, /* the same, after conf.dial_timeout */
	SIMNET_DATA,    /* p, len, and the tag of the send */
	SIMNET_SENT,    /* len more bytes were taken */
	SIMNET_CLOSED,  /* by the other side; the end is gone */
};

struct simnet_ev {
	enum simnet_type type;
	sp_time at;
	uint32_t node, end, peer; /* peer: the other node */
	const uint8_t *p;         /* until the next simnet_next */
	size_t len;
	uint64_t tag;
};

void simnet_conf_init(struct simnet_conf *conf);
struct simnet *simnet_new(const struct simnet_conf *conf);
void simnet_free(struct simnet *net);
/* Bytes of the pool are not copied from now on; borrows it for life. */
void simnet_pool(struct simnet *net, const struct simpool *pool);

/* Numbers count from 0 and are never used again. */
uint32_t simnet_node(struct simnet *net, const struct simnet_node_conf *conf);
void simnet_rate(struct simnet *net, uint32_t node, uint64_t up_bps,
    uint64_t down_bps);
/*
 * The node dies: its streams are gone. |silent|: the others are not told (the
 * cable is out), else they see CLOSED. Events of the dead do not come, timers
 * neither.
 */
void simnet_down(struct simnet *net, uint32_t node, bool silent);
/* Again. Streams from before are gone; those who hold one see CLOSED now. */
void simnet_up(struct simnet *net, uint32_t node);
bool simnet_is_up(const struct simnet *net, uint32_t node);

/* The end of |from|; OPEN, REFUSED or TIMEOUT follows. */
uint32_t simnet_dial(struct simnet *net, uint32_t from, uint32_t to);
/*
 * Takes all |len| bytes and says how many are in the stream's buffer now; SENT
 * tells of the rest. Bytes are copied; of simnet_send_ref they are borrowed
 * until the end of time.
 */
size_t simnet_send(struct simnet *net, uint32_t end, const void *p, size_t len,
    uint64_t tag);
size_t simnet_send_ref(struct simnet *net, uint32_t end, const void *p,
    size_t len, uint64_t tag);
/* Drops what has not yet entered the link; returns how many bytes. */
size_t simnet_cancel(struct simnet *net, uint32_t end);
/* What was sent still arrives, then CLOSED. The end is gone. */
void simnet_close(struct simnet *net, uint32_t end);
void simnet_timer(struct simnet *net, uint32_t node, sp_time at, uint64_t tag);

/* The next event that is not after |until|; false: time is |until| now. */
bool simnet_next(struct simnet *net, sp_time until, struct simnet_ev *ev);
sp_time simnet_now(const struct simnet *net);

/* For metrics. */
sp_time simnet_rtt(const struct simnet *net, uint32_t end);
struct simnet_stats {
	uint64_t up_bytes, down_bytes; /* of payload through the links */
	uint64_t lost, dropped;        /* segments */
	uint32_t streams;              /* ends that are open now */
};
void simnet_node_stats(const struct simnet *net, uint32_t node,
    struct simnet_stats *out);
uint64_t simnet_events(const struct simnet *net); /* handled so far */

#endif
