#ifndef SRC_WIRE_PEERWIRE_H
#define SRC_WIRE_PEERWIRE_H

/*
 * Messages between peers, inside the frames of the secure link. A frame holds
 * whole messages: u32 length (of type and body), u8 type, body. Integers are
 * big-endian. Types 0..8 and 16 have the numbers of BEP 3 and BEP 6; a type
 * that is not known is skipped, and so is a message of length 0, which is BEP
 * 3's keep-alive.
 *
 * A block is named (track u8, number u64, index u16).
 */

#include "base/addr.h"
#include "base/buf.h"
#include "wire/limits.h"
#include "wire/link.h"

/*
 * X(NAME, id, body)
 * have: u8 track, u64 base, then groups until the end:
 *	varint delta (number = base + delta), u8 kind, and for the kinds
 *	PW_HAVE_BLOCKS / ARRIVING: varint first, u8 n (1..128), n bytes of
 *	bitmap: bit 7 of byte 0 is block |first| (any, not only a multiple
 *	of 8). Every byte covers a block below LIM_PIECE_BLOCKS, and padding
 *	bits that would name one at or above it are 0.
 * pex: compact is 18 bytes (IPv6) when PW_PEX_V6 is set in the flags, else 6.
 *
 * The last five are those of the push trees (swarm/tree.h): of a media track
 * below LIM_TRACKS, stripes are 0..15.
 * tree: bit s of free: who asks is taken as a child in stripe s; of strong:
 *	who has children of its own may be. times: 18 bytes in units of
 *	PW_TREE_UNIT, 255: more, or never: how long a block waits here on its
 *	way to a leaf, and to a child that has children; then, for each stripe,
 *	how long after availability its blocks come here.
 * subscribe: weight: bit 7: it has no parent; the rest: 0: it would have no
 *	children in this stripe, else its uplink in eighths of the track's
 *	rate; from: of this piece and on.
 * accept: the depth of who accepts, and up to PW_PATH times u32: the last
 *	bytes of the peer-ids of those above it, from the root down, itself not
 *	among them. Sent again when they change.
 * unsubscribe: from: of this piece and on; older ones are still wanted.
 * redirect: no, or no longer from piece |from| on, which may lie ahead; the
 *	entries, at most PW_REDIRECTS, may be asked.
 */
#define PW_MSG_LIST(X)                                             \
	X(CHOKE, 0, "")                                            \
	X(UNCHOKE, 1, "")                                          \
	X(INTERESTED, 2, "")                                       \
	X(NOT_INTERESTED, 3, "")                                   \
	X(HAVE, 4, "track base groups")                            \
	X(REQUEST, 6, "track number index slack_ms:u16")           \
	X(BLOCK, 7, "track number index bytes")                    \
	X(CANCEL, 8, "track number index")                         \
	X(REJECT, 16, "track number index reason:u8")              \
	X(RECORD, 32, "envelope")                                  \
	X(WANT_RECORDS, 33, "track number count:u8")               \
	X(MANIFEST, 34, "envelope")                                \
	X(PEX, 35, "entries: flags:u8 peer-id[20] compact")        \
	X(PING, 36, "token:u64")                                   \
	X(PONG, 37, "token:u64 queue_ms:u16 up_kbps:u32")          \
	X(BYE, 38, "reason:u8 text")                               \
	X(WANT_MANIFEST, 39, "serial:u64")                         \
	X(TREE, 40, "track free:u16 strong:u16 times")             \
	X(SUBSCRIBE, 41, "track stripe weight:u8 from:u64")        \
	X(ACCEPT, 42, "track stripe depth:u8 path")                \
	X(UNSUBSCRIBE, 43, "track stripe from:u64")                \
	X(REDIRECT, 44, "track stripe from:u64 entries as of pex") \
	X(WARN, 45, "track number index peer-id[20]")

enum pw_type {
#define PW_ENUM(name, id, body) PW_##name = (id),
	PW_MSG_LIST(PW_ENUM)
#undef PW_ENUM
};

enum pw_have_kind {
	PW_HAVE_KNOWN = 0,    /* I have the record */
	PW_HAVE_ALL = 1,      /* I hold every block */
	PW_HAVE_BLOCKS = 2,   /* I hold these blocks */
	PW_HAVE_ARRIVING = 3, /* these are on their way to me from the origin */
	PW_HAVE_GONE = 4,     /* I no longer hold any block of it */
};

enum pw_reject {
	PW_REJECT_GONE = 0,   /* do not hold it */
	PW_REJECT_CHOKED = 1, /* you are choked */
	PW_REJECT_QUEUE = 2,  /* my upload queue is too long for the deadline */
};

enum pw_bye {
	PW_BYE_LEAVING = 0,   /* program ends */
	PW_BYE_FULL = 1,      /* too many neighbours */
	PW_BYE_CHURN = 2,     /* replaced by a better neighbour */
	PW_BYE_PROTOCOL = 3,  /* you broke the protocol (text says how) */
	PW_BYE_BAD_BLOCK = 4, /* a block of yours failed its hash */
	PW_BYE_SELF = 5,      /* connected to itself */
};

#define PW_STRIPES    16 /* of a piece that trees tell apart */
#define PW_PATH       8  /* ids in an accept */
#define PW_REDIRECTS  4  /* entries of a redirect */
#define PW_DEPTH_NONE 15 /* no depth of an accept: not attached */
#define PW_TREE_UNIT  32 /* ms */
#define PW_TREE_NEVER 255
#define PW_WEIGHT_MAX 127

/* What one may be asked for in the trees of a track. */
struct pw_tree {
	uint16_t free, strong; /* stripes, bit by number */
	uint8_t wait[2];       /* of a leaf, of who has children */
	uint8_t late[PW_STRIPES];
};

struct pw_accept {
	uint8_t depth;
	uint8_t n;
	uint32_t path[PW_PATH];
};

struct pw_block_ref {
	uint64_t number;
	uint16_t index;
	uint8_t track;
};

/* One group of a have; bits borrow the message. */
struct pw_have_group {
	uint64_t number;
	uint8_t kind;
	uint16_t first;
	uint8_t n_bytes; /* of bits */
	const uint8_t *bits;
};

struct pw_msg {
	uint8_t type; /* as on the wire, known or not */
	union {
		struct pw_block_ref ref; /* CANCEL */
		struct {
			struct pw_block_ref ref;
			uint16_t slack_ms; /* until the asker's deadline */
		} request;
		struct {
			struct pw_block_ref ref;
			const uint8_t *p; /* 1..LIM_BLOCK bytes */
			size_t len;
		} block;
		struct {
			struct pw_block_ref ref;
			uint8_t reason;
		} reject;
		struct {
			struct pw_block_ref ref;          /* was wrong */
			uint8_t peer_id[LINK_PEERID_LEN]; /* who sent it */
		} warn;
		struct {
			uint8_t track;
			uint64_t base;
			struct sp_rd rd; /* for pw_have_next */
			bool checked;
		} have;
		struct {
			uint8_t track;
			uint64_t number;
			uint8_t count; /* 1..LIM_RECORD_WANT */
		} want;
		struct {
			const uint8_t *p;
			size_t len;
		} env; /* RECORD, MANIFEST */
		struct {
			struct sp_rd rd; /* for pw_pex_next */
			/* REDIRECT only */
			uint8_t track, stripe;
			uint64_t from;
		} pex;
		struct {
			uint8_t track, stripe;
			uint8_t weight;          /* SUBSCRIBE */
			bool orphan;             /* likewise */
			uint64_t from;           /* and UNSUBSCRIBE */
			struct pw_accept accept; /* ACCEPT */
			struct pw_tree ad;       /* TREE; no stripe */
		} tree;
		uint64_t serial; /* WANT_MANIFEST: send yours if newer */
		struct {
			uint64_t token;
			uint32_t up_kbps; /* PONG only */
			uint16_t queue_ms;
		} ping;
		struct {
			uint8_t reason;
			const uint8_t *text;
			size_t len;
		} bye;
	} u;
};

enum pw_pex_flag {
	PW_PEX_LISTENS = 1 << 0, /* accepts incoming connections */
	PW_PEX_V6 = 1 << 1,      /* the address is IPv6 */
};

struct pw_pex_entry {
	/*
	 * enum pw_pex_flag; other bits are kept. PW_PEX_V6 follows addr.family
	 * both ways: pw_pex_add sets it, pw_pex_next corrects it (a mapped
	 * address is IPv4 once it is read).
	 */
	uint8_t flags;
	uint8_t peer_id[LINK_PEERID_LEN];
	struct sp_addr addr;
};

/*
 * Takes the next message out of a frame. 1: *out is set; 0: the frame is
 * used up. SP_ERR_PROTO: lengths are wrong, or a known type with a malformed
 * body (numbers, counts and groups are checked whole here, so pw_have_next and
 * pw_pex_next cannot fail later). Unknown types are returned with only type
 * set; the caller skips them. Reasons of reject and bye are not checked, so
 * that new ones can be added. Pointers in *out borrow the frame.
 */
int pw_read(struct sp_rd *frame, struct pw_msg *out);
/*
 * The next group, or entry (of pex or redirect), of a message that pw_read
 * gave; false at the end.
 */
bool pw_have_next(struct pw_msg *have, struct pw_have_group *out);
bool pw_pex_next(struct pw_msg *pex, struct pw_pex_entry *out);
/* "have", "request", ...: for logs; "unknown". */
const char *pw_name(uint8_t type);

/*
 * Writers append one whole message; errors are in b->err, and what stands in
 * |b| is then useless. Values must be in the ranges that pw_read checks.
 */
void pw_put_simple(struct sp_buf *b, enum pw_type type); /* no body */
void pw_put_request(struct sp_buf *b, struct pw_block_ref r, uint16_t slack_ms);
/* Header of a block message; the caller appends |len| bytes of payload. */
void pw_put_block_head(struct sp_buf *b, struct pw_block_ref r, size_t len);
void pw_put_cancel(struct sp_buf *b, struct pw_block_ref r);
void pw_put_reject(struct sp_buf *b, struct pw_block_ref r, uint8_t reason);
void pw_put_warn(struct sp_buf *b, struct pw_block_ref r,
    const uint8_t peer_id[LINK_PEERID_LEN]);
void pw_put_env(struct sp_buf *b, enum pw_type type, const void *p, size_t len);
void pw_put_want(struct sp_buf *b, uint8_t track, uint64_t number,
    uint8_t count);
void pw_put_want_manifest(struct sp_buf *b, uint64_t serial);
void pw_put_ping(struct sp_buf *b, uint64_t token);
void pw_put_pong(struct sp_buf *b, uint64_t token, uint16_t queue_ms,
    uint32_t up_kbps);
/* |text| (NULL: none) is cut at LIM_BYE_TEXT bytes. */
void pw_put_bye(struct sp_buf *b, uint8_t reason, const char *text);

void pw_put_tree(struct sp_buf *b, uint8_t track, const struct pw_tree *ad);
void pw_put_subscribe(struct sp_buf *b, uint8_t track, uint8_t stripe,
    uint8_t weight, bool orphan, uint64_t from);
void pw_put_accept(struct sp_buf *b, uint8_t track, uint8_t stripe,
    const struct pw_accept *a);
void pw_put_unsubscribe(struct sp_buf *b, uint8_t track, uint8_t stripe,
    uint64_t from);

/*
 * have, pex and redirect are built in steps: begin, any number of add, end. A
 * redirect's entries are added with pw_pex_add, PW_REDIRECTS at most.
 */
struct pw_open {
	size_t at; /* where the length stands */
	uint64_t base;
	unsigned n;
};
void pw_have_begin(struct pw_open *o, struct sp_buf *b, uint8_t track,
    uint64_t base);
/* g->number >= base. False when LIM_HAVE_GROUPS is reached: end, begin anew. */
bool pw_have_add(struct pw_open *o, struct sp_buf *b,
    const struct pw_have_group *g);
void pw_pex_begin(struct pw_open *o, struct sp_buf *b);
void pw_redirect_begin(struct pw_open *o, struct sp_buf *b, uint8_t track,
    uint8_t stripe, uint64_t from);
/* False when LIM_PEX_PEERS is reached. addr.family is 4 or 6. */
bool pw_pex_add(struct pw_open *o, struct sp_buf *b,
    const struct pw_pex_entry *e);
void pw_end(struct pw_open *o, struct sp_buf *b);

#endif
