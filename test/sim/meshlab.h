#ifndef TEST_SIM_MESHLAB_H
#define TEST_SIM_MESHLAB_H

/*
 * One mesh on literal time, whose neighbours, tracker and origin are played
 * by hand: for tests of what a mesh does when others misbehave, and for its
 * fuzz target. Nothing takes time; the caller moves |now|.
 *
 *	lab_init(&lab, &conf, mem);
 *	c = lab_accept(&lab, 1);              somebody connects
 *	lab_have(&lab, c, 0, 1000, true);     says that it holds a piece
 *	lab_run(&lab, lab.now + SP_S);        the mesh asks for it
 *	lab_serve(&lab, c, LAB_RIGHT);        and gets it
 *	lab_fini(&lab);
 */

#include "swarm/mesh.h"
#include "wire/peerwire.h"
#include "wire/receipt.h"

#define LAB_CONNS   16
#define LAB_FETCHES 32
#define LAB_DIALS   64
#define LAB_REQS    512
#define LAB_FIRST   UINT64_C(1000) /* number of the usual first piece */
#define LAB_LEN     40000          /* bytes of the usual piece: 3 blocks */

/* A neighbour that is played by hand. */
struct lab_conn {
	bool open;        /* the mesh has it */
	bool established; /* from the neighbour's side */
	bool choked;      /* by the mesh */
	bool mute;        /* does not answer pings */
	int err;          /* of the neighbour's link */
	int why;          /* of the CLOSE act, 1 before */
	uint32_t conn;
	uint8_t who; /* identity: picks the key and the address */
	struct secure *link;
	struct sp_buf out; /* for the mesh */
	struct sp_buf say; /* messages to be sealed */
	size_t unsent;     /* SENDs that the host has not reported as sent */
	uint64_t bytes_in; /* that the mesh has sent */
	/* what the mesh has said */
	unsigned got[256];    /* messages by type */
	unsigned rejected[4]; /* rejects by reason */
	unsigned have[8];     /* groups by kind */
	unsigned bye;         /* reason of the last one + 1 */
	struct {
		struct pw_block_ref ref;
		uint16_t slack_ms;
	} req[LAB_REQS]; /* not yet answered, oldest first */
	unsigned n_req;
	uint64_t want_number;
	uint8_t want_track, want_count;
	uint16_t parent_of; /* stripes: asked and not left since */
	uint64_t redirect;  /* from of the last one */
	unsigned n_pex;
	struct sp_addr pex[LIM_PEX_PEERS]; /* of the last one */
	uint64_t blocks, block_bytes;
	uint16_t asked;          /* stripes it was asked for as a parent */
	struct pw_tree ad;       /* as told last */
	struct pw_accept accept; /* likewise */
};

struct lab_fetch {
	uint32_t id;
	unsigned origin;
	uint64_t number, at, len, offset;
	uint32_t length;
	uint8_t track;
	bool used, whole, head;
};

struct lab {
	struct mesh *mesh;
	sp_time now;
	uint8_t pk[HASH_PK_LEN], sk[HASH_SK_LEN];
	struct lab_conn conn[LAB_CONNS];
	struct lab_fetch fetch[LAB_FETCHES];
	struct {
		bool used;
		uint32_t id;
		struct sp_addr addr;
	} dial[LAB_DIALS];
	uint32_t next_conn;
	uint32_t announce; /* that waits for an answer, 0 none */
	enum tw_event event;
	struct {
		bool live, reachable;
		uint32_t up_kbps;
		int track;
	} told;                 /* with it */
	unsigned receipts;      /* batches, and the last one */
	struct receipt receipt; /* wrong counts those that are bad */
	unsigned announces, fetches, unfetches, dials, changed;
	unsigned wrong; /* blocks that the mesh served with wrong bytes */
	uint64_t hash;  /* of all acts */
	bool slow;      /* SENDs are reported by lab_sent only */
	bool foreign;   /* new neighbours do not know the channel */
	bool far;       /* and have public addresses */
	struct sp_buf env;
	uint8_t digest[4][256][HASH_LEN]; /* of sealed records */
	uint64_t serial;
};

/* Conf of a viewer of the lab's channel; identity 0 is its own. */
void lab_conf(struct mesh_conf *conf);
/* |conf| NULL: lab_conf. Code of mesh_new. */
int lab_init(struct lab *lab, const struct mesh_conf *conf,
    const struct sp_mem *mem);
void lab_fini(struct lab *lab);

/* Performs what the mesh wants done, until it wants nothing. */
void lab_drain(struct lab *lab);
/* Ticks at every deadline up to |until|. */
void lab_run(struct lab *lab, sp_time until);

/* ---- neighbours ---- */

struct sp_addr lab_addr(const struct lab *lab, uint8_t who);
/* Somebody connects and shakes hands. Index of the connection or the code. */
int lab_accept(struct lab *lab, uint8_t who);
/* As it, without a handshake: bytes are up to the caller. */
int lab_accept_raw(struct lab *lab, uint8_t who);
/* The |d|-th DIAL reaches |who|. */
int lab_answer(struct lab *lab, unsigned d, uint8_t who);
/* Raw bytes from it. */
int lab_input(struct lab *lab, unsigned c, const void *p, size_t len);
/* Messages for lab_flush. */
struct sp_buf *lab_say(struct lab *lab, unsigned c);
/* Sends what was said. */
void lab_flush(struct lab *lab, unsigned c);
void lab_hangup(struct lab *lab, unsigned c, enum mesh_close why);
/* Reports |len| bytes of SENDs as sent, all when fewer wait (with slow). */
void lab_sent(struct lab *lab, unsigned c, size_t len);
/* It tells of a piece: holds all blocks, or only the record. */
void lab_have(struct lab *lab, unsigned c, uint8_t track, uint64_t number,
    bool all);
/* It says that |who| has sent it that block, and wrong; for lab_flush. */
void lab_warn(struct lab *lab, unsigned c, uint8_t who,
    struct pw_block_ref ref);
void lab_request(struct lab *lab, unsigned c, uint8_t track, uint64_t number,
    uint16_t index, uint16_t slack_ms);

enum lab_how { LAB_RIGHT, LAB_WRONG, LAB_GONE, LAB_CHOKED, LAB_QUEUE };

/* Answers all that it is asked for; how many. */
unsigned lab_serve(struct lab *lab, unsigned c, enum lab_how how);
/* Answers the oldest one. */
bool lab_serve_one(struct lab *lab, unsigned c, enum lab_how how);

/* ---- records ---- */

struct lab_rec {
	uint64_t number, init;
	int64_t avail_ms;
	uint64_t offset;
	uint32_t length, duration_us, epoch;
	uint16_t flags;
	uint8_t track, salt; /* bytes depend on them */
	bool no_uri, unchained;
};

/* A usual record: piece LAB_FIRST + k of track 0, available now. */
struct lab_rec lab_rec(const struct lab *lab, uint64_t k);
/*
 * Into lab->env, which stays empty when a value is out of range. Follows the
 * newest record sealed with the number before.
 */
void lab_seal(struct lab *lab, const struct lab_rec *r);
/* Seals and gives it to the mesh; its code. */
int lab_record(struct lab *lab, const struct lab_rec *r, bool from_feed);
/* Usual piece |k| by the feed. */
void lab_publish(struct lab *lab, uint64_t k);
/* Bytes [at, at + len) of a piece. */
void lab_bytes(uint8_t track, uint64_t number, uint8_t salt, uint64_t at,
    uint8_t *p, size_t len);
/* A manifest into lab->env. */
void lab_manifest(struct lab *lab, uint64_t serial);

/* Every byte of a piece that can be read: 0 if all are right, how many. */
uint64_t lab_read(struct lab *lab, uint8_t track, uint64_t number,
    uint64_t *wrong);
/* Blocks of usual piece |k| that the mesh holds; -1 without a record. */
int lab_held(struct lab *lab, uint64_t k);
struct mesh_stats lab_stats(struct lab *lab);

/* ---- origin ---- */

enum lab_reply {
	LAB_OK,
	LAB_IGNORES_RANGE, /* 200, from byte 0 */
	LAB_SHORT,         /* half of it, then the end */
	LAB_LONG,          /* more than was asked */
	LAB_BAD,           /* wrong bytes */
	LAB_404,
	LAB_503,   /* Retry-After: 2 s */
	LAB_RESET, /* the network, after the first bytes */
};

/* Index of the oldest transfer, or -1. */
int lab_fetching(const struct lab *lab);
/* Ends a transfer so. */
void lab_reply(struct lab *lab, unsigned f, enum lab_reply how);
/* Steps of it: the head; |len| bytes of the body from |at| of the resource. */
int lab_reply_head(struct lab *lab, unsigned f, uint64_t at, uint64_t total);
int lab_reply_data(struct lab *lab, unsigned f, uint64_t at, size_t len,
    bool right);
void lab_reply_done(struct lab *lab, unsigned f, enum mesh_fetch result,
    unsigned status, uint32_t retry_after_ms);

/* ---- tracker ---- */

/* Answers with the addresses of |n| identities from |who| on. */
void lab_announced(struct lab *lab, uint8_t who, unsigned n);

#endif
