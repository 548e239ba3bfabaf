#ifndef SWARM_MESH_H
#define SWARM_MESH_H

/*
 * The mesh engine: one viewer's (or seeder's) side of one channel's swarm.
 *
 * A state machine without I/O. The host calls one function per kind of input,
 * each with the time |now| (never going back), then pulls what is to be done
 * with mesh_next until SP_ERR_AGAIN, and calls mesh_tick when mesh_deadline
 * has come. Nothing calls back. The same seed and the same inputs give the
 * same outputs, byte for byte.
 *
 *	mesh_peer_recv(m, conn, p, len, now);
 *	while (mesh_next(m, &act) == 0)
 *		perform(&act);
 *	set_timer(mesh_deadline(m));
 *
 * Inputs return 0 or a negative code. Codes of scope PEER have already been
 * acted upon (a CLOSE is queued); the host only logs. SP_ERR_NOMEM: the engine
 * is still consistent, the input is lost.
 *
 * Connections: |conn| is any number of the host's, unique while it is open.
 */

#include "base/addr.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/tstamp.h"
#include "swarm/secure.h"
#include "swarm/stats.h"
#include "swarm/window.h"
#include "wire/link.h"
#include "wire/manifest.h"
#include "wire/places.h"
#include "wire/record.h"
#include "wire/roster.h"
#include "wire/trackwire.h"

#define MESH_PEERS_MAX 64 /* neighbours at once, handshakes included */
#define MESH_OVER_CAP  4  /* above neighbours_max, until the worst has gone */

struct mesh;

/*
 * Checks that cost CPU, from the host, so that a simulator can count instead
 * of compute. mesh_crypto_real is the one that everybody else uses.
 */
struct mesh_crypto {
	/* 0 or SP_ERR_SIG. */
	int (*record)(const struct record_env *env, const uint8_t *pk);
	/* 0 or SP_ERR_HASH: |len| bytes against the leaf hash. */
	int (*block)(const uint8_t leaf[HASH_LEN], const void *p, size_t len);
	/* Of handshakes, NULL = X25519; a peer-id is of the real key. */
	const struct noise_dh *dh;
};
extern const struct mesh_crypto mesh_crypto_real;

/*
 * Parts of the scheduler that can be taken out, to see what each is worth:
 * for the simulator.
 */
enum mesh_without {
	MESH_WITHOUT_DUTY = 1 << 0,    /* no roster counts */
	MESH_WITHOUT_RAMP = 1 << 1,    /* no draws: the origin at the guard */
	MESH_WITHOUT_HEDGE = 1 << 2,   /* no block is asked of two */
	MESH_WITHOUT_PUSH = 1 << 3,    /* no trees */
	MESH_WITHOUT_CATCHUP = 1 << 4, /* a new child gets what is new only */
	MESH_WITHOUT_SMALL = 1 << 5,   /* a piece is passed on when whole */
	MESH_WITHOUT_CENTRAL = 1 << 6, /* no trees planned by the tracker */
	/* what others do instead, to compare with */
	MESH_WITHOUT_PLAN = 1 << 8,  /* fetches as p2p-media-loader's */
	MESH_WITHOUT_ORDER = 1 << 9, /* blocks picked as by libswift */
};

struct mesh_conf {
	uint8_t pk[HASH_PK_LEN]; /* the channel */
	/*
	 * Who we are: the seed of an Ed25519 key, which signs receipts. Its
	 * form on Curve25519 is the static key of handshakes, of which the
	 * peer-id is made.
	 */
	uint8_t secret[HASH_SEED_LEN];
	uint16_t listen_port;    /* told to others, 0 = none */
	bool seeder;             /* publishes; never requests, never fetches */
	bool no_upload;          /* never serves a block (records are served) */
	uint32_t neighbours;     /* wanted, 1..MESH_PEERS_MAX; 24 */
	uint32_t neighbours_max; /* accepted; 50 */
	uint32_t dials_max;      /* at once; 20 */
	uint64_t up_bps;         /* bytes per second on the wire, blocks give
				    way to the rest; 0 = no limit */
	uint64_t expect_up_bps;  /* what the uplink is thought to be, for queue
				    estimates; 0 = learned */
	uint32_t
	    window_ms;     /* media kept behind the playhead and ahead; 60000 */
	uint32_t delay_ms; /* playout delay, 0 = derived from the stream */
	uint32_t delay_max_ms; /* 60000 */
	uint32_t fetches_max;  /* origin transfers at once; 4 */
	bool lan;              /* dial private and loopback addresses */
	unsigned without;      /* MESH_WITHOUT_*; 0 */
	const struct secure_cipher *const *ciphers; /* borrowed for life */
	size_t n_ciphers;
	const struct mesh_crypto *crypto; /* borrowed; NULL = real */
	const struct window_store *store; /* borrowed; NULL = heap */
	const struct sp_log *log;         /* borrowed; NULL = silent */
};

/* Fills in the defaults named above; pk and secret stay zero. */
void mesh_conf_init(struct mesh_conf *conf);

/* SP_ERR_NOMEM, SP_ERR_ARG. Copies |conf|. |mem| is borrowed for life. */
int mesh_new(struct mesh **out, const struct mesh_conf *conf,
    const struct sp_mem *mem, uint64_t seed, sp_time now);
void mesh_free(struct mesh *m); /* NULL is fine */

/* ---- connections ---- */

enum mesh_close {
	MESH_CLOSE_REMOTE,  /* the other side or the network ended it */
	MESH_CLOSE_REFUSED, /* dial failed */
	MESH_CLOSE_TIMEOUT, /* dial timed out */
	MESH_CLOSE_LOCAL,   /* the host wants it gone */
};

/*
 * A dial worked (|dial| is the id of the DIAL act) or somebody connected
 * (|dial| 0). |entropy| is 32 fresh random bytes. SP_ERR_FULL (close it),
 * SP_ERR_EXISTS, SP_ERR_DENIED (banned: close it).
 */
int mesh_peer_open(struct mesh *m, uint32_t conn, uint32_t dial,
    const struct sp_addr *addr, const uint8_t entropy[32], sp_time now);
/* A dial came to nothing. */
int mesh_dial_failed(struct mesh *m, uint32_t dial, enum mesh_close why,
    sp_time now);
int mesh_peer_recv(struct mesh *m, uint32_t conn, const uint8_t *p, size_t len,
    sp_time now);
/*
 * |len| bytes of earlier SENDs have left the machine, as near as the host can
 * tell (acknowledged by TCP is best). What the kernel merely took has not: it
 * would hide a queue of seconds that the engine must know of.
 */
int mesh_peer_sent(struct mesh *m, uint32_t conn, size_t len, sp_time now);
int mesh_peer_closed(struct mesh *m, uint32_t conn, enum mesh_close why,
    sp_time now);

/* ---- tracker ---- */

/* Result of an ANNOUNCE: r NULL when it failed. */
int mesh_announced(struct mesh *m, uint32_t announce, const struct tw_reply *r,
    sp_time now);
/* The live feed is connected and up to date, or not. */
int mesh_feed_state(struct mesh *m, bool up, sp_time now);

/*
 * The duty roster as it stands after a frame of the feed; copied. It counts
 * for 60 s, so each frame that was taken is told, even if only its epoch has
 * changed. SP_ERR_NOMEM: the old one stays.
 */
int mesh_roster(struct mesh *m, const struct roster *r, sp_time now);

/*
 * Peers that the host has heard of elsewhere: from a link, say. They matter to
 * who joins while no tracker answers. Addresses that may not be dialled are
 * left out.
 */
int mesh_meet(struct mesh *m, const struct sp_addr *addrs, size_t n,
    sp_time now);
/*
 * The same of peers that have spoken on our own network: their addresses are
 * dialled though they are private.
 */
int mesh_meet_near(struct mesh *m, const struct sp_addr *addrs, size_t n,
    sp_time now);

/*
 * Places in push trees as the tracker plans them, as they stand after a frame
 * that told of stripes |told|; copied. SP_ERR_NOMEM: it is not heard.
 */
int mesh_places(struct mesh *m, const struct places *p, uint16_t told,
    sp_time now);

/*
 * The port at which others than those of our own network reach us, who are told
 * it from now on; 0: listen_port. A gateway of IPv4 has given it.
 */
void mesh_outside_port(struct mesh *m, uint16_t port);

/* ---- records and manifests, from the feed or (seeder) own ---- */

/*
 * |from_feed|: told to neighbours only if they ask. SP_ERR_STALE (known or out
 * of the window: fine), SP_ERR_SIG, SP_ERR_HASH, SP_ERR_CHAIN, SP_ERR_EQUIV,
 * SP_ERR_WRONGCHAN and the codes of record_open / manifest_open.
 */
int mesh_record(struct mesh *m, const uint8_t *env, size_t len, bool from_feed,
    sp_time now);
int mesh_manifest(struct mesh *m, const uint8_t *env, size_t len,
    bool from_feed, sp_time now);
/*
 * Seeder: the bytes of a piece whose record was given. Copied. Not needed with
 * no_upload. SP_ERR_NOTFOUND, SP_ERR_RANGE (length).
 */
int mesh_supply(struct mesh *m, uint8_t track, uint64_t number, const void *p,
    size_t len, sp_time now);

/* ---- origin ---- */

/* How many origins there are: act.origin is below it. 0: no rescue. */
int mesh_origins(struct mesh *m, unsigned n, sp_time now);

enum mesh_fetch {
	MESH_FETCH_OK,
	MESH_FETCH_HTTP,    /* a status that is neither 200 nor 206 */
	MESH_FETCH_NET,     /* connect, DNS, TLS, reset, time-out */
	MESH_FETCH_REFUSED, /* the host will not fetch this URL */
};

/*
 * The reply begins: its first body byte is byte |at| of the resource (0 when
 * the origin ignored Range). |total| 0 unknown. SP_ERR_NOTFOUND: cancelled
 * already; SP_ERR_RANGE: cannot be what was asked (drop the transfer).
 */
int mesh_fetch_head(struct mesh *m, uint32_t fetch, uint64_t at, uint64_t total,
    sp_time now);
/*
 * SP_ERR_CLOSED: more than was asked for; stop the transfer (it counts as OK).
 * One that brings just that ends by itself, and its connection is of use yet.
 */
int mesh_fetch_data(struct mesh *m, uint32_t fetch, const uint8_t *p,
    size_t len, sp_time now);
/* |status| is the HTTP status, 0 if none; retry_after_ms 0 if not told. */
int mesh_fetch_done(struct mesh *m, uint32_t fetch, enum mesh_fetch result,
    unsigned status, uint32_t retry_after_ms, sp_time now);

/* ---- playing ---- */

/*
 * Begin or stop to follow a track. SP_ERR_RANGE. Idempotent. What is not
 * followed any more is not asked for, but passed on to those who get it from
 * us for as long as the playout delay was.
 */
int mesh_follow(struct mesh *m, uint8_t track, bool on, sp_time now);

/*
 * The track that counts as ours among those that players choose from, -1: none.
 * Told to the tracker.
 */
void mesh_watches(struct mesh *m, int track, sp_time now);
/* How many others watch each; false: no tracker has told. */
bool mesh_viewers(const struct mesh *m, uint32_t out[LIM_TRACKS]);

/* What a player may be told of a followed track. */
struct mesh_play {
	uint64_t first; /* first piece to list */
	uint64_t edge;  /* one past the last to list; == first: none yet */
	bool started;   /* playing has a position */
	bool ended;     /* the last piece (RECORD_LAST) is in the list */
	uint32_t delay_ms;
};
/* SP_ERR_NOTFOUND: not followed. */
int mesh_play(const struct mesh *m, uint8_t track, struct mesh_play *out);

/*
 * A piece as it stands. Pointers hold until the next input. SP_ERR_NOTFOUND.
 */
struct mesh_piece {
	const struct record *rec;
	const uint8_t *env;
	size_t env_len;
	uint32_t blocks, held; /* counts */
	bool lost;        /* given up: leave it out and mark a discontinuity */
	sp_time avail_at; /* at the origin */
};
int mesh_piece(const struct mesh *m, uint8_t track, uint64_t number,
    struct mesh_piece *out);
/*
 * Bytes of a piece from |at| on, as many as are held in one run inside one
 * block; 0: not held yet. SP_ERR_NOTFOUND: piece is gone.
 */
int mesh_read(const struct mesh *m, uint8_t track, uint64_t number, size_t at,
    const uint8_t **p, size_t *len);
/* A player waits for this piece now: it becomes urgent. */
int mesh_want(struct mesh *m, uint8_t track, uint64_t number, sp_time now);
/* Newest manifest, NULL if none; holds until the next input. */
const struct manifest *mesh_manifest_get(const struct mesh *m,
    const uint8_t **env, size_t *len);

/* ---- time ---- */

int mesh_tick(struct mesh *m, sp_time now);
/* When mesh_tick wants to be called; SP_NEVER: on input only. */
sp_time mesh_deadline(const struct mesh *m);

/* ---- what is to be done ---- */

enum mesh_act_type {
	MESH_DIAL,     /* connect to u.dial.addr */
	MESH_CLOSE,    /* flush what was sent, then close conn */
	MESH_SEND,     /* write bytes to conn */
	MESH_FETCH,    /* transfer from an origin */
	MESH_UNFETCH,  /* cancel it; no more calls for it */
	MESH_ANNOUNCE, /* to the tracker */
	MESH_RECEIPTS, /* post them to the tracker whose feed is up */
	MESH_CHANGED,  /* something that players may wait for has changed */
};

enum mesh_changed {
	MESH_CHANGED_MANIFEST = 1 << 0,
	MESH_CHANGED_RECORDS = 1 << 1, /* also: what may be listed */
	MESH_CHANGED_BLOCKS = 1 << 2,
};

struct mesh_act {
	enum mesh_act_type type;
	union {
		struct {
			uint32_t dial;
			struct sp_addr addr;
		} dial;
		struct {
			uint32_t conn;
			int why; /* SP_OK or the error, for the log */
		} close;
		struct {
			uint32_t conn;
			const uint8_t *p; /* until the next call on |m| */
			size_t len;
		} send;
		struct {
			uint32_t fetch;
			unsigned origin; /* index, ignored when rec->absolute */
			uint64_t number;
			uint8_t track;
			const struct record *rec; /* until the next input */
			uint64_t at;              /* in the resource */
			uint64_t len;
			bool whole; /* no Range needed */
		} fetch;
		struct {
			uint32_t fetch;
		} unfetch;
		struct {
			uint32_t announce;
			enum tw_event event;
			uint32_t numwant;
			uint64_t uploaded, downloaded, left;
			bool live;        /* relays: tell the next two */
			uint32_t up_kbps; /* uplink, 0 unknown */
			bool reachable;   /* somebody connected to us */
			int track;        /* that we watch; -1: none */
		} announce;
		struct {
			const uint8_t *p; /* until the next call on |m| */
			size_t len;
		} receipts;
		struct {
			unsigned what; /* MESH_CHANGED_* */
		} changed;
	} u;
};

/* SP_ERR_AGAIN when there is nothing. */
int mesh_next(struct mesh *m, struct mesh_act *act);

/*
 * Leaves: tells every peer and the tracker; acts follow. After it only
 * mesh_next, mesh_peer_sent, mesh_stats and mesh_free.
 */
int mesh_leave(struct mesh *m, sp_time now);

/* ---- what happened ---- */

void mesh_stats(const struct mesh *m, struct mesh_stats *out, sp_time now);
const uint8_t *mesh_peer_id(const struct mesh *m);   /* LINK_PEERID_LEN */
const uint8_t *mesh_info_hash(const struct mesh *m); /* LINK_INFOHASH_LEN */

/* One line per neighbour for status pages. Number of neighbours copied. */
struct mesh_neighbour {
	uint32_t conn;
	struct sp_addr addr;
	uint8_t peer_id[LINK_PEERID_LEN];
	bool outgoing, established, seeder;
	bool choking_us, choked_by_us, interested;
	uint32_t srtt_us;
	uint32_t in_flight;
	uint64_t rate_bps; /* bytes per second that it delivers */
	uint64_t down_bytes, up_bytes;
	uint32_t timeouts, rejects;
};
size_t mesh_neighbours(const struct mesh *m, struct mesh_neighbour *out,
    size_t max, sp_time now);

#endif
