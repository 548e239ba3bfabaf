#ifndef SWARM_MESH_INT_H
#define SWARM_MESH_INT_H

/*
 * What the parts of the mesh share; nobody else includes it.
 *
 *	mesh.c         making, freeing, time, players' view
 *	mesh_act.c     what is to be done: queue, sealing, upload order
 *	mesh_peer.c    connections
 *	mesh_msg.c     what neighbours say
 *	mesh_news.c    telling what we hold
 *	mesh_have.c    learning who holds what; records on request
 *	mesh_duty.c    the duty roster
 *	mesh_root.c    push trees: where they begin
 *	mesh_tree.c    push trees: who is whose child
 *	mesh_graft.c   push trees: what is said of them
 *	mesh_plan.c    push trees: as the tracker plans them
 *	mesh_push.c    push trees: blocks on their way
 *	mesh_relay.c   push trees: of what is not followed any more
 *	mesh_record.c  records, manifests, clock, deadlines
 *	mesh_block.c   a block has come
 *	mesh_warn.c    who has sent a wrong one
 *	mesh_sched.c   one scheduling pass: playheads, due pieces, stalls, delay
 *	mesh_request.c its other half: what to ask of whom, time-outs
 *	mesh_need.c    what is to be fetched from the origin, and when
 *	mesh_solo.c    whether others are waited for
 *	mesh_fetch.c   transfers from the origin
 *	mesh_receipts.c what neighbours gave us, for the tracker
 *	mesh_neigh.c   whom to dial, whom to let go
 *	mesh_weigh.c   what our uplink is good for; when nobody is believed
 *	mesh_house.c   liveness, choking, pex: four times a second
 *
 * Inputs mark work (m->sched_at, m->news_at, ...) and return; passes run in
 * mesh_tick, so a burst of inputs costs one pass.
 */

#include "base/quantile.h"
#include "base/ratelim.h"
#include "swarm/announce.h"
#include "swarm/choker.h"
#include "swarm/contacts.h"
#include "swarm/delay.h"
#include "swarm/ledger.h"
#include "swarm/mesh.h"
#include "swarm/mesh_job.h"
#include "swarm/peer.h"
#include "swarm/picker.h"
#include "swarm/playhead.h"
#include "swarm/rescue.h"
#include "swarm/solo.h"
#include "swarm/tap.h"
#include "swarm/tree.h"
#include "swarm/uplink.h"
#include "swarm/wirecost.h"

#define MESH_SCHED_GAP  (40 * SP_MS) /* between passes, at least */
#define MESH_SCHED_LONG (80 * SP_MS)
#define MESH_NEWS_GAP   (100 * SP_MS) /* haves are gathered for */
#define MESH_NEWS_FIRST (20 * SP_MS)  /* likewise, of what nobody has */
#define MESH_NEWS_SOON  (40 * SP_MS)  /* or less, when a pass comes */
#define MESH_NEWS_REST  (300 * SP_MS) /* for whom a parent pushes them to */
#define MESH_NEWS_PART  20            /* or this part of the playout delay */
#define MESH_YOUNG      (10 * SP_S)   /* a neighbour may be starting */
#define MESH_HOUSE_GAP  (250 * SP_MS)
#define MESH_URGENT     (500 * SP_MS) /* of slack: goes before pushes */
#define MESH_BURST      (60 * SP_MS)  /* of quiet: the window has come */
#define MESH_WANT_GAP   (500 * SP_MS) /* between asking for a record */
#define MESH_FEED_GRACE (400 * SP_MS) /* the feed may bring it anyway */
#define MESH_PEX_GAP    (60 * SP_S)
#define MESH_BAN        (600 * SP_S)
#define MESH_WATERMARK  65536 /* unsent bytes of a peer, then no blocks */
#define MESH_BLOCK_HEAD 48    /* of a block's message and frame, at most */
#define MESH_FETCHES    16
#define MESH_NEWS_MIN   4
#define MESH_NEWS       64
#define MESH_WANTED     96  /* pieces that one pass looks at */
#define MESH_CANDIDATES 512 /* blocks likewise */
#define MESH_STRAYS     64  /* unasked-for blocks before a peer is dropped */

/* For each slot |i| (unsigned) of |set|, which is read once. */
#define MESH_SLOTS(set, i)                                                   \
	for (uint64_t slots_ = (set);                                        \
	     slots_ != 0 && ((i) = (unsigned)__builtin_ctzll(slots_), true); \
	     slots_ &= slots_ - 1)

/* Of orders of sending: what is asked for and not urgent, after all else. */
#define MESH_CLASS_PULL (UINT64_C(3) << 62)

#define MESH_BIT(i) (UINT64_C(1) << (i))

_Static_assert(HOLDERS_SLOTS == MESH_PEERS_MAX && MESH_PEERS_MAX == 64,
    "a set of slots is one word");

/* Records of a track that were asked for last. */
struct want {
	uint64_t lo, hi; /* hi 0: none */
	sp_time at;
};

/* Local time minus seeder's time: the least of the last one to two minutes. */
struct clockmap {
	bool any;
	sp_time off[2];
	sp_time span_at;
};

/* A track's trees, and what is told of them. */
struct mesh_tree {
	struct tree tree;
	sp_time born; /* we relay a while after it */
	/* not followed any more: the children have notice; 0: it is */
	sp_time relay_till;
	uint64_t relay_from; /* of this piece */
	uint64_t bps;        /* of the track, smoothed; bytes per second */
	unsigned
	    k_most; /* stripes of late pieces; k_age ago there were so many */
	unsigned k_age;
	bool member;              /* of the roster */
	uint8_t rank[PW_STRIPES]; /* ours, if so; DUTY_RANKS: none */
	/* who has a better one (0: cannot be dialled), and since when */
	uint32_t before[PW_STRIPES][DUTY_RANKS - 1];
	sp_time before_at[PW_STRIPES][DUTY_RANKS - 1];
	uint8_t met[PW_STRIPES]; /* which of them were neighbours since */
	uint16_t acting;         /* stripes where none of these is heard of */
	/* ids of who has rank 1 and on, 0: nobody; while there is a roster */
	uint32_t backup[PW_STRIPES][DUTY_RANKS - 1];
	struct pw_tree ad; /* as told last */
	uint64_t ad_to;    /* slots that it was told to */
	sp_time ad_at;
	uint64_t hasty[PW_STRIPES]; /* slots that are told at once */
	uint16_t tell; /* stripes whose children do not know of a change */
	sp_time tell_at[PW_STRIPES];
};

/* Planned places, and who of them is a neighbour. */
struct mesh_plan {
	struct places places;
	sp_time told_at[PW_STRIPES];
	uint64_t spare[PW_STRIPES]; /* slots of those behind the parent */
};

struct mesh {
	struct mesh_conf conf;
	const struct sp_mem *mem;
	const struct mesh_crypto *crypto;
	struct sp_rng rng;
	uint64_t seed;
	sp_time now;
	bool leaving;

	uint8_t info_hash[LINK_INFOHASH_LEN];
	uint8_t psk[32];
	uint8_t id[LINK_PEERID_LEN];
	struct sp_addr external; /* ours, as a tracker sees it; or unset */
	uint16_t outside_port;   /* 0: that of conf */
	uint8_t static_sk[SECURE_KEY_LEN], static_pk[SECURE_KEY_LEN];
	/* the same identity, where something is signed */
	uint8_t sign_pk[HASH_PK_LEN], sign_sk[HASH_SK_LEN];

	struct window window;
	struct playhead play[LIM_TRACKS];
	struct playhead_conf play_conf;
	struct delay delay;
	struct clockmap clock;

	struct peer *peers[MESH_PEERS_MAX];
	/* sets of slots, bit by number */
	uint64_t used;   /* there is a peer */
	uint64_t open;   /* established, and not closing */
	uint64_t talk;   /* it may have something to send */
	uint64_t askers; /* it may wait for blocks of ours */
	uint64_t ending; /* it is closing */
	uint64_t asked;  /* requests to it may be out */
	sp_time late_at; /* no request is late before */
	uint64_t slow;   /* it did not read, when it was looked at last */
	uint64_t unsent; /* bytes that wait for those who read */
	uint32_t conns[MESH_PEERS_MAX]; /* by slot */
	uint32_t send_turn;
	struct contacts contacts;
	struct announce announce;
	struct choker choker;
	uint32_t next_id; /* of dials, fetches, announces */

	struct tap *taps; /* n_taps, of which the first n_origins count */
	unsigned n_taps, n_origins;
	struct fetch fetches[MESH_FETCHES];
	unsigned n_fetches;
	uint32_t fetch_now; /* id of the one that is delivering, 0 none */

	struct solo solo;
	struct want wants[2 * LIM_TRACKS]; /* inits behind the media */
	struct news *news;                 /* at most MESH_NEWS */
	unsigned n_news, cap_news;

	struct roster *roster; /* NULL: none has come */
	sp_time roster_at;     /* when it came */
	bool mates;            /* who shares a duty with us is to be met */
	/* availability until somebody has it or fetches it, as a backup */
	struct quantile heard_us;
	struct rescue_pace pace;
	/* from being told that blocks arrive to their being held */
	struct quantile kept_us;

	struct mesh_tree *trees[LIM_TRACKS]; /* NULL: not followed */
	struct mesh_plan *plan;              /* NULL: there is none */
	uint32_t told_kbps;                  /* uplink in the last announce */
	uint64_t pushes;                     /* put into queues so far */
	bool supplies;                       /* a seeder that has the pieces */
	sp_time hurried_at; /* the house was kept early, for trees */

	uint8_t *manifest_env;
	size_t manifest_len;
	struct manifest *manifest;

	struct mesh_act *acts; /* ring; all but SEND and CHANGED */
	uint32_t act_head, act_n, act_cap;
	unsigned changed;
	struct sp_buf out;

	struct ledger ledger;
	struct sp_buf receipts; /* the last batch */
	bool receipts_due;      /* it waits for the host */
	sp_time receipts_at;    /* no other batch before */
	int64_t receipts_slice; /* that it ended with */

	struct ratelim up_limit;
	struct uplink uplink;
	sp_time amnesty_at; /* no other before */
	sp_time weak_till;  /* it serves nobody; SP_NEVER: it is not weak */
	bool began;         /* a track has been followed */
	sp_time shy_till;   /* all are choked, till then at most; 0: not */
	uint64_t turns;     /* blocks sent so far */
	struct ratemeter peer_meter, origin_meter, up_meter;
	uint64_t down_best;

	sp_time record_at; /* the newest record came */
	sp_time sched_gap; /* between passes */
	sp_time sched_at, sched_last, news_at, news_last, rest_at, house_at,
	    want_at, choke_at, up_at, shed_at, rotate_at;
	bool feed_up;
	bool announced;      /* a tracker has answered */
	bool reached;        /* a neighbour came to us from outside */
	uint64_t swarm_size; /* as it said; 0: it did not */
	bool counted;        /* it said who watches what */
	uint8_t viewers[LIM_TRACKS];
	int watched;          /* mesh_watches */
	sp_time stalled_till; /* stall time is counted up to here */

	uint32_t origin_share; /* of what we get, smoothed, in 1/1024 */
	bool scarce;           /* so large that uploads cannot suffice */

	struct quantile fetch_us; /* request to block, all neighbours */
	sp_time q95;              /* of it, as of q95_at */
	sp_time q95_at;
	struct mesh_stats st;
};

/* mesh_act.c */
/* Bytes per second of our uplink; never 0. */
uint64_t mesh_uplink(const struct mesh *m);
/* It was configured or measured, not assumed. */
bool mesh_uplink_is_known(const struct mesh *m);
struct mesh_act *mesh_act_push(struct mesh *m, enum mesh_act_type type);
/* Buffer for messages to |p|; errors stay in it and close the peer later. */
struct sp_buf *mesh_say(struct mesh *m, struct peer *p);

/* mesh_peer.c */
int mesh_peer_slot(const struct mesh *m, uint32_t conn);
/* Says why (if bye >= 0) and closes; err is for the log. Always ends |p|. */
void mesh_peer_drop(struct mesh *m, unsigned slot, int bye, int err);
unsigned mesh_peers_established(const struct mesh *m);
/* Looks anew who does not read. */
void mesh_peers_slow(struct mesh *m);
/* What was still to be said to it is not. */
void mesh_peer_mute(struct peer *p);
void mesh_peer_free(struct mesh *m, unsigned slot);
void mesh_peer_requests_free(struct mesh *m, struct peer *p);
/* Cancels those for pieces of |track| below |number|. */
void mesh_peer_requests_forget(struct mesh *m, struct peer *p, uint8_t track,
    uint64_t number);

/* mesh_msg.c */
/* Errors as the neighbour's; 0 when all messages were taken. */
int mesh_frame(struct mesh *m, unsigned slot, struct sp_rd *frame);

/* mesh_news.c */
struct news *mesh_news(struct mesh *m, uint8_t track, uint64_t number,
    sp_time delay);
/* Block |index| is here; |first|: maybe nobody else has it yet. */
void mesh_news_block(struct mesh *m, const struct piece *pc, uint32_t index,
    bool first);
/* Tells what is due: with |rest| all of it. */
void mesh_news_flush(struct mesh *m, bool rest);
/* What we hold and expect from piece |from| on, to who is to push the rest. */
void mesh_have_since(struct mesh *m, struct peer *p, uint8_t track,
    uint64_t from);
void mesh_have_snapshot(struct mesh *m, struct peer *p);

/* mesh_have.c */
void mesh_have_recv(struct mesh *m, struct peer *p, struct pw_msg *msg);
/* How many neighbours have block piece_probe. */
unsigned mesh_have_probe(const struct mesh *m, const struct piece *pc);
/* What neighbours told of |pc| before its record came. */
void mesh_have_early(struct mesh *m, struct piece *pc);
/* The slot is free: nobody there holds anything. */
void mesh_have_forget(struct mesh *m, unsigned slot);
void mesh_want_recv(struct mesh *m, struct peer *p, const struct pw_msg *msg);
void mesh_want_run(struct mesh *m);

/* mesh_record.c */
int mesh_record_in(struct mesh *m, const uint8_t *env, size_t len, bool relay);
int mesh_manifest_in(struct mesh *m, const uint8_t *env, size_t len, bool relay,
    const struct peer *from);
/* Sets deadlines of every piece of |track| anew. */
void mesh_retime(struct mesh *m, uint8_t track);
sp_time mesh_local(const struct mesh *m, int64_t ms);

/* mesh_sched.c */
void mesh_dirty(struct mesh *m, sp_time delay);
void mesh_sched(struct mesh *m);
/* What the playout delay has to be; 0: it is not known. */
sp_time mesh_delay_needed(const struct mesh *m);

/* mesh_block.c */
/*
 * A block came, from a peer (slot) or the origin (-1). SP_ERR_HASH,
 * SP_ERR_EXISTS, SP_ERR_NOMEM.
 */
int mesh_block(struct mesh *m, struct piece *pc, uint32_t index,
    const uint8_t *p, size_t len, int slot);
/* |pc|, complete, may be the one that the player of its track begins with. */
void mesh_play_begins(struct mesh *m, const struct piece *pc);

/* mesh_warn.c */
/* The neighbour in |slot| has sent a wrong block: tells the others. */
void mesh_warn(struct mesh *m, unsigned slot, const struct pw_block_ref *ref);
/* |p| says so of another. */
void mesh_warn_recv(struct mesh *m, struct peer *p, const struct pw_msg *msg);
/* Asks those again who have not answered. */
void mesh_warn_house(struct mesh *m);
/* A block that was asked for is right. */
void mesh_warn_passed(struct mesh *m, struct peer *p,
    const struct pw_block_ref *ref);

/* mesh_request.c */
/* A piece that is wanted in this pass. */
struct wanted {
	struct piece *pc;
	sp_time deadline;
};
/* Asks neighbours and, through mesh_rescue, the origin. */
void mesh_request_run(struct mesh *m, sp_time *next);
void mesh_time_out(struct mesh *m, sp_time *next);
/* mesh_duty.c */
/* What of a new piece is ours to fetch. */
void mesh_duty_draw(struct mesh *m, struct piece *pc);
/* Notes which stripes others have or fetch; |believed| as in mesh_rescue. */
void mesh_duty_listen(struct mesh *m, struct piece *pc, uint64_t believed);
/* When block |index| is ours to fetch; SP_NEVER: it is not. */
sp_time mesh_duty_at(const struct mesh *m, const struct piece *pc,
    uint32_t index);
/* Before, who is on duty and the backups have not all had their turn. */
sp_time mesh_duty_end(const struct mesh *m, const struct piece *pc);
/* Counts stripes that are ours and are being fetched. */
void mesh_duty_count(struct mesh *m, const struct piece *pc, uint32_t first,
    uint32_t n);
/* Whether somebody is on duty at all. */
bool mesh_duty_is_on(const struct mesh *m);
/* Dials those that a duty is shared with. */
void mesh_duty_meet(struct mesh *m);

/* mesh_tree.c */
/* A new piece at the edge: its track has trees, and their shape may change. */
void mesh_tree_piece(struct mesh *m, const struct piece *pc);
void mesh_tree_gone(struct mesh *m, unsigned slot);
/*
 * A parent may be missing: looks for another one soon, if that was not done
 * just now, and then for what it was to push.
 */
void mesh_tree_hurry(struct mesh *m);
/* |track| has no trees any more. */
void mesh_tree_end(struct mesh *m, uint8_t track);
void mesh_tree_fini(struct mesh *m);
/* Whether the neighbour is a parent of ours. */
bool mesh_tree_needs(const struct mesh *m, unsigned slot);
/* Looks for parents, leaves those that are silent, tells what has changed. */
void mesh_tree_house(struct mesh *m);
/* The end of a peer-id, as it stands in a path. */
uint32_t mesh_short_id(const uint8_t id[LINK_PEERID_LEN]);
void mesh_tree_stats(const struct mesh *m, struct mesh_stats *out);
/* NULL: the track has none. */
static inline struct tree *
mesh_tree(const struct mesh *m, uint8_t track)
{
	return track < LIM_TRACKS && m->trees[track] != NULL
		   ? &m->trees[track]->tree
		   : NULL;
}

/* mesh_relay.c */
/*
 * |track| is not followed any more, and was |delay| behind: what its children
 * get of it they get for so long yet.
 */
void mesh_relay_begin(struct mesh *m, uint8_t track, sp_time delay);
/* Says no to a child to be. */
void mesh_relay_deny(struct mesh *m, uint8_t track, unsigned stripe,
    unsigned slot);
/* It is followed again. */
void mesh_relay_stop(struct mesh *m, uint8_t track);
void mesh_relay_run(struct mesh *m, uint8_t track);
static inline bool
mesh_relays(const struct mesh *m, uint8_t track)
{
	return m->trees[track] != NULL && m->trees[track]->relay_till != 0;
}

/* mesh_root.c */
/* There is another roster, or tree, or source: who the roots are. */
void mesh_root_roster(struct mesh *m);
/* A backup stands in for those before it that are not heard of. */
void mesh_root_watch(struct mesh *m, uint8_t track);
/* We stand in for who is on duty for |stripe|. */
bool mesh_root_acts(const struct mesh *m, uint8_t track, unsigned stripe);

/* mesh_graft.c */
/* Tells |slot| (or TREE_NOBODY) that we leave it as parent. */
void mesh_tree_bid(struct mesh *m, uint8_t track, unsigned stripe,
    unsigned slot, uint64_t from);
/*
 * What is above us has changed: tells the children, twice a second at most: it
 * goes through all that is below us.
 */
void mesh_tree_tell(struct mesh *m, uint8_t track, unsigned stripe);
/*
 * From piece |from| on it is no child of |stripe|; but those in |instead| may
 * be asked, as far as an address of them is known.
 */
void mesh_tree_redirect(struct mesh *m, uint8_t track, unsigned stripe,
    unsigned slot, uint64_t from, uint64_t instead);
/* It is no child of |stripe|, or no longer; ours who have some may take it. */
void mesh_tree_deny(struct mesh *m, uint8_t track, unsigned stripe,
    unsigned slot);
/* SUBSCRIBE, ACCEPT, UNSUBSCRIBE, REDIRECT, TREE. */
void mesh_tree_recv(struct mesh *m, struct peer *p, struct pw_msg *msg);

/* mesh_plan.c */
/* Dials those whom we should have as parents. */
void mesh_plan_house(struct mesh *m);
/* Of neighbours |open|, those whom |stripe| may ask for now. */
uint64_t mesh_plan_open(const struct mesh *m, uint8_t track, unsigned stripe,
    uint64_t open);

/* mesh_push.c */
/* The block has come from |slot| (-1: the origin): on to whom it is due. */
void mesh_push_block(struct mesh *m, struct piece *pc, uint32_t index,
    int slot);
/* A child of |stripe|: what is newer than |from| and it may lack. */
void mesh_push_catch_up(struct mesh *m, struct peer *p, uint8_t track,
    unsigned stripe, uint64_t from);
/* What is queued for it of pieces |from| and on is not sent. */
void mesh_push_forget(struct mesh *m, struct peer *p, uint8_t track,
    unsigned stripe, uint64_t from);
/* A block that nobody asked for came; false: nor is it pushed. */
bool mesh_push_arrived(struct mesh *m, const struct peer *p,
    const struct piece *pc, uint32_t index);
/*
 * The block is to be pushed to us, and there is time: it is not pulled, and
 * not fetched by chance. *next is lowered to when that ends.
 */
bool mesh_push_expects(const struct mesh *m, const struct piece *pc,
    uint32_t index, sp_time *next);
/* It had to be asked for (|pc| NULL: its piece has left). */
void mesh_push_pulled(struct mesh *m, const struct piece *pc, uint32_t index);
/* It came from elsewhere: the parent need not send it. */
void mesh_push_needless(struct mesh *m, const struct piece *pc, uint32_t index,
    int slot);

/* mesh_need.c */
/* Starts the transfers that |v| needs; *next is lowered to the next look. */
void mesh_rescue(struct mesh *m, const struct wanted *v, size_t n,
    sp_time *next);

/* mesh_solo.c */
void mesh_solo_look(struct mesh *m);
/* Some of it is fetched at the guard time. */
void mesh_solo_rescue(struct piece *pc);
/* Before: looks once who has what of it. */
void mesh_solo_middle(const struct mesh *m, struct piece *pc, sp_time deadline);
/* The piece's time has come. */
void mesh_solo_due(struct mesh *m, const struct piece *pc);

/* mesh_fetch.c */
/* The first that may be asked, beginning with the |tries|-th; -1: none. */
int mesh_fetch_choose(const struct mesh *m, uint32_t tries);
/* |origin| as it was chosen. False: no memory. */
bool mesh_fetch_start(struct mesh *m, struct piece *pc, unsigned origin,
    const struct rescue_range *r);
/*
 * What transfers that do not begin to answer were to bring may be asked of
 * others again, peers or the origin. *next is lowered to when more may be so.
 */
void mesh_fetch_hangs(struct mesh *m, sp_time *next);
/* Block |index| is here: no transfer is counted on for it. */
void mesh_fetch_held(struct piece *pc, uint32_t index);
/* Ends transfers whose piece is complete or gone. */
void mesh_fetch_prune(struct mesh *m, const struct piece *pc);
/* The same of pieces of |track| below |number|. */
void mesh_fetch_forget(struct mesh *m, uint8_t track, uint64_t number);
sp_time mesh_fetch_guard(const struct mesh *m, uint64_t bytes);
/* q99.9 of the time to the first byte; 0: no origin. */
sp_time mesh_fetch_ttfb(const struct mesh *m);
/* How long |bytes| take that are asked for now; SP_NEVER: no origin. */
sp_time mesh_fetch_eta(const struct mesh *m, uint64_t bytes);
/* Several transfers at once do not keep each other waiting. */
bool mesh_fetch_is_cheap(const struct mesh *m, const struct piece *pc);
/* Transfers of it that will be late leave half of the rest to others. */
void mesh_fetch_hurry(struct mesh *m, struct piece *pc, sp_time deadline,
    sp_time *next);
uint64_t mesh_fetch_within(const struct mesh *m, sp_time left);
void mesh_fetch_fini(struct mesh *m);

/* mesh_receipts.c */
void mesh_receipts_init(struct mesh *m);
/* Signs the next batch when it is time. */
void mesh_receipts_run(struct mesh *m);
/* The act, if a batch waits. */
bool mesh_receipts_next(struct mesh *m, struct mesh_act *act);
/* mesh_msg.c */
/* Addresses that |p| has told of, in a pex or a redirect. */
void mesh_pex_take(struct mesh *m, struct peer *p, struct pw_msg *msg);

/* mesh_neigh.c */
void mesh_neighbours_run(struct mesh *m);
/* Of who is on the roster, kbit/s; 0: it is not. */
uint32_t mesh_weight(const struct mesh *m, const uint8_t *peer_id);

/* mesh_weigh.c */
/* A track is followed: for the first one nobody is served for a while. */
void mesh_weigh_begins(struct mesh *m);
/* That ends when no player |waits| for a first piece; lowers *next. */
void mesh_weigh_start(struct mesh *m, bool waits, sp_time *next);
/* With each run of the choker. */
void mesh_weigh(struct mesh *m);

/* mesh_house.c */
bool mesh_is_neighbour(const struct mesh *m, const uint8_t *peer_id);
/* Dials a contact that contacts_take gave; false: cannot. */
bool mesh_dial(struct mesh *m, struct contact *ct);
void mesh_house(struct mesh *m);
void mesh_choke(struct mesh *m);

static inline struct piece *
mesh_find(const struct mesh *m, uint8_t track, uint64_t number)
{
	return window_piece(&m->window, track, number);
}

/* Whether others may hear of what is held of |pc|, and get it. */
/* Blocks are passed on. */
static inline bool
mesh_serves(const struct mesh *m)
{
	return !m->conf.no_upload && m->weak_till == SP_NEVER;
}

static inline bool
mesh_may_share(const struct mesh *m, const struct piece *pc)
{
	return mesh_serves(m) && (!(m->conf.without & MESH_WITHOUT_SMALL) ||
				     piece_is_complete(pc));
}

/* Of the stream at this piece. */
static inline uint64_t
mesh_piece_bps(const struct piece *pc)
{
	return (uint64_t)pc->rec.length * 1000000 /
	       SP_MAX(pc->rec.duration_us, 1u);
}

/* NULL: the window is empty, or the record is not known. */
static inline struct piece *
mesh_newest(const struct mesh *m, uint8_t track)
{
	const struct window_track *w = window_track_const(&m->window, track);

	return w == NULL || w->edge == 0 ? NULL
					 : mesh_find(m, track, w->edge - 1);
}

#endif
