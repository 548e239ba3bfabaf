#ifndef TEST_SIM_WORLD_H
#define TEST_SIM_WORLD_H

/*
 * What the parts of a simulated swarm share.
 *
 *	simhost.c    sets it up, runs it, hands events to the nodes
 *	simplan.c    what happens when, and what must hold meanwhile
 *	simviewer.c  a node with a mesh: acts, joining, leaving (seeder too)
 *	simfeed.c    its link to the tracker: announces, live feed
 *	simfetch.c   its fetches from the origin
 *	simplayer.c  its player
 *	simseed.c    making pieces, publishing them
 *	simtrack.c   the node with the tracker core
 *	simorigin.c  the node that answers Range requests
 *	simliar.c    a node that claims everything and delivers nothing
 *	simtally.c   counting
 *
 * Node numbers: 0 the conductor (timers only), 1 tracker, 2 origin, 3 seeder,
 * then everybody else in the order of joining. Every stream end has a
 * |struct use| that says what its holder uses it for.
 */

#include "base/quantile.h"
#include "base/rng.h"
#include "test/sim/scenario.h"
#include "test/sim/simmem.h"
#include "test/sim/simnet.h"
#include "test/sim/simpool.h"
#include "test/sim/truth.h"
#include "tracker/track.h"
#include "wire/roster.h"

#define SIM_START     (1000 * SP_S) /* of the scenario, on the nodes' clock */
#define SIM_WALL_MS   INT64_C(1750000000000) /* at time 0 */
#define SIM_PORT      6881
#define SIM_FETCHES   8
#define SIM_SETTLED   (5 * SP_S)  /* who came before should be playing */
#define SIM_LEAVE     (2 * SP_S)  /* goodbyes take that long at most */
#define SIM_VANISHED  (10 * SP_S) /* until a dead host's stream is given up */
#define SIM_BRIEF     (10 * SP_S) /* of visits, the longest that is brief */
#define SIM_FETCH_MAX (10 * SP_S) /* without progress */

enum sim_node {
	SIM_CONDUCTOR,
	SIM_TRACKER,
	SIM_ORIGIN,
	SIM_SEEDER,
	SIM_FIRST, /* of the others */
};

/* What the holder of an end uses it for. */
enum sim_use {
	USE_NONE,
	USE_PEER,     /* id: of the dial, 0 accepted */
	USE_ANNOUNCE, /* id: of the announce */
	USE_FEED,
	USE_PUBLISH,
	USE_FETCH,  /* id: slot */
	USE_SERVED, /* tracker and origin */
};

struct use {
	uint8_t use;
	bool open;
	uint32_t id;
	/* Of a fetch, for the origin: what was asked last. */
	uint32_t fetch;
	uint8_t track;
	uint64_t number, at, len;
};

/* Tags of sends to and from the tracker and the origin. */
enum sim_tag {
	TAG_ANNOUNCE = 1,
	TAG_SUBSCRIBE,
	TAG_FEED,
	TAG_PUBLISH,
	TAG_RECEIPTS,
	TAG_REQUEST, /* to the origin; << 32: fetch */
	TAG_CANCEL,
	TAG_HEAD, /* from it; << 32: fetch */
	TAG_BODY,
};
#define TAG(kind, id) ((uint64_t)(id) << 32 | (kind))

/* Timers of viewers. */
enum sim_timer {
	TIMER_MESH = 1,
	TIMER_FEED,
	TIMER_FETCH, /* << 8: slot, << 32: fetch; the request goes out */
	TIMER_SLOW,  /* likewise; time-out of a fetch */
	TIMER_LEAVE,
	TIMER_GONE,
	TIMER_LIAR,
	TIMER_SEE,     /* seeder: << 32: edge of what it sees */
	TIMER_PUBLISH, /* seeder: connect again */
};

struct fetch_slot {
	uint32_t end;
	bool connected; /* end is valid */
	bool opened;
	bool busy;
	uint8_t track;
	uint32_t fetch;
	uint64_t number, at, len, got;
	sp_time progress;
};

struct player {
	bool started;
	bool waiting; /* for piece wanted */
	uint64_t wanted;
	uint64_t next;
	sp_time end;     /* what is in the buffer is played by then */
	sp_time startup; /* -1 before */
	uint64_t played, skipped, stalls;
	sp_time stalled;
};

struct viewer {
	struct world *w;
	uint32_t node;
	const struct scn_group *group; /* NULL: the seeder */
	struct mesh *mesh;             /* NULL once it has left */
	struct truth_store ctx;
	struct window_store store;
	uint8_t track; /* that it watches */
	uint64_t up_bps;
	sp_time delay; /* of its access link */
	bool free_rider, isolated;
	bool cut_off;        /* its origin fetches hang */
	uint64_t feed_bytes; /* from the tracker */
	sp_time joined;
	sp_time timer; /* when TIMER_MESH comes; SP_NEVER */
	bool gone;     /* no events any more */

	uint32_t feed_end;
	bool feed_held, feed_up;
	unsigned feed_fails;
	struct tw_since feed_pos;
	struct roster roster; /* as the feed has told it */
	struct places places; /* likewise */
	struct sp_buf feed_in;
	struct sp_buf query; /* of the newest announce */

	struct fetch_slot slots[SIM_FETCHES];
	struct player player;
};

struct agent {
	enum { AGENT_NONE, AGENT_VIEWER, AGENT_LIAR } kind;
	union {
		struct viewer *viewer;
		struct liar *liar;
	} u;
};

/* A request whose first byte is not out yet. */
struct origin_wait {
	uint32_t id; /* 0: free */
	uint32_t end, fetch;
	uint64_t number, at, len;
	uint8_t track;
	bool too_many;
};

/* First byte of a reply's head. */
enum origin_head {
	ORIGIN_404,
	ORIGIN_206,
	ORIGIN_429,
};

struct feed_end {
	uint32_t end;
	uint32_t node;
	struct tw_stream ask; /* its since moves along */
	struct sp_addr from;
	uint64_t roster; /* version that it has */
	bool counted;    /* as a sign of life */
};

struct world {
	struct scenario scn;
	bool real_crypto;
	struct simnet *net;
	struct truth *truth;
	struct simpool *pool; /* the truth's; NULL with real crypto */
	struct sp_rng rng;
	struct sp_rng draws; /* of who comes: the same whatever they do */
	const struct secure_cipher *ciphers[2];
	size_t n_ciphers;
	uint8_t info_hash[LINK_INFOHASH_LEN];

	struct agent *agents; /* by node */
	size_t n_agents, cap_agents;
	struct use *uses; /* by end */
	size_t cap_uses;

	/* tracker */
	struct track *track; /* NULL while it is down */
	uint64_t boots;
	sp_time track_at; /* when its timer comes; SP_NEVER */
	struct feed_end *feeds;
	size_t n_feeds, cap_feeds;
	struct sp_buf out;

	/* seeder */
	uint32_t publish_end;
	bool publish_held, publish_open;
	uint64_t seen;      /* edge that the seeder knows */
	uint64_t published; /* edge that was sent to the tracker */

	/* origin */
	uint32_t requests; /* so far; names them */
	struct origin_wait *waits;
	size_t n_waits, cap_waits;
	uint64_t origin_second; /* bytes at the last full second */
	uint64_t origin_peak;

	struct tally *tally;
	size_t sound_turn; /* whose inside is looked at next */
	uint64_t trace;
	uint64_t joined, left;
	uint64_t first_piece;       /* made when the scenario began */
	uint64_t mixed[SCN_GROUPS]; /* uplinks drawn from the deck */
	sp_time origin_tat;         /* requests are paid for until then */
	sp_time now;
};

static inline sp_time
world_now(const struct world *w)
{
	return simnet_now(w->net);
}

/* ---- simhost.c ---- */

struct use *world_use(struct world *w, uint32_t end);
struct sp_addr world_addr(uint32_t node, uint16_t port);
/* UINT32_MAX: nobody's. */
uint32_t world_node_of(const struct world *w, const struct sp_addr *a);
uint32_t world_add(struct world *w, const struct simnet_node_conf *nc);
/* The next that is there, of node *i or later; *i moves past it. NULL: none. */
struct viewer *world_next_viewer(const struct world *w, size_t *i);
void world_random(struct world *w, void *p, size_t len);
void world_join(struct world *w, const struct scn_group *g);
void world_broken(const struct world *w, const char *what, uint64_t v);

/* ---- simplan.c ---- */

void plan_make(struct world *w);
/* A timer of the conductor. */
void plan_timer(struct world *w, uint64_t tag);
uint64_t world_origin_bytes(const struct world *w); /* sent so far */
uint64_t world_piece_bytes(const struct world *w, uint8_t track);
/* A copy of every track's pieces of one number. */
uint64_t world_copy_bytes(const struct world *w);

/* ---- simviewer.c ---- */

/* |g| NULL: the seeder. */
void viewer_new(struct world *w, const struct scn_group *g);
/* Gives it a mesh: at first, and the seeder when it comes back. */
void viewer_start(struct viewer *v);
void viewer_free(struct viewer *v);
void viewer_event(struct viewer *v, const struct simnet_ev *ev);
/* Does what the mesh wants done. */
void viewer_pump(struct viewer *v);
void viewer_leave(struct viewer *v, bool crash);

/* ---- simfeed.c ---- */

void feed_start(struct viewer *v);
/* The viewer leaves. */
void feed_stop(struct viewer *v);
void feed_announce(struct viewer *v, const struct mesh_act *act);
void feed_receipts(struct viewer *v, const struct mesh_act *act);
void feed_event(struct viewer *v, const struct simnet_ev *ev,
    const struct use *u);

/* ---- simfetch.c ---- */

void fetch_start(struct viewer *v, const struct mesh_act *act);
void fetch_cancel(struct viewer *v, uint32_t fetch);
void fetch_event(struct viewer *v, const struct simnet_ev *ev, uint32_t slot);
void fetch_timer(struct viewer *v, uint64_t tag);

/* ---- simplayer.c ---- */

void player_init(struct player *p);
void player_run(struct viewer *v);

/* ---- simseed.c ---- */

/* Pieces whose time has come. */
void seed_make(struct world *w);
/* The seeder is (again) there. */
void seed_start(struct world *w);
void seed_event(struct world *w, const struct simnet_ev *ev);
void seed_timer(struct world *w, uint64_t tag);

/* ---- simtrack.c ---- */

void tracker_boot(struct world *w);
void tracker_halt(struct world *w);
/* The viewer of |node| has died: its stream is given up in a while. */
void tracker_vanished(struct world *w, uint32_t node);
void tracker_event(struct world *w, const struct simnet_ev *ev);

/* ---- simorigin.c ---- */

void origin_event(struct world *w, const struct simnet_ev *ev);
/* It went down: what was asked is forgotten. */
void origin_reset(struct world *w);

/* ---- simliar.c ---- */

void liar_new(struct world *w, const struct scn_group *g);
/* A piece was made: liars claim it. */
void liar_piece(struct liar *l, uint64_t number);
void liar_free(struct liar *l);
void liar_event(struct liar *l, const struct simnet_ev *ev);

/* ---- simtally.c ---- */

void tally_viewer(struct world *w, struct viewer *v);
void tally_settle(struct world *w);

#endif
