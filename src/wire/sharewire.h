#ifndef SRC_WIRE_SHAREWIRE_H
#define SRC_WIRE_SHAREWIRE_H

/*
 * What trackers that share state tell each other of their peers: batches of
 * announces, as they stand in a stream of Redis (tracker/share.h).
 *
 *	u8 version (1), u64 node, then until the end groups:
 *	info-hash, u8 number of entries, 1 to 255, entries
 * and an entry:
 *	u8 flags, u8 family (4 or 6), address and port (6 or 18 bytes), and with
 *	SHAREWIRE_LIVE: peer-id, u32 uplink in kbit/s, u8 track (255: none)
 * |node| is drawn by a tracker at its start: so it knows what it said itself.
 */

#include "base/addr.h"
#include "base/buf.h"
#include "wire/limits.h"
#include "wire/link.h"

#define SHAREWIRE_VERSION 1
#define SHAREWIRE_HEAD    9  /* bytes before the first group */
#define SHAREWIRE_ENTRY   65 /* most that one entry adds, its group included */

enum sharewire_flag {
	SHAREWIRE_SEEDER = 0x01,
	SHAREWIRE_STOPPED = 0x02,
	SHAREWIRE_LIVE = 0x04,      /* a viewer of a live channel */
	SHAREWIRE_REACHABLE = 0x08, /* of those: somebody could connect to it */
};

/* One announce that a tracker took. */
struct sharewire_peer {
	uint8_t info_hash[LINK_INFOHASH_LEN];
	struct sp_addr addr;
	/* With SHAREWIRE_LIVE, else zeros: these four. */
	uint8_t peer_id[LINK_PEERID_LEN];
	uint32_t up_kbps;
	bool has_track;
	uint8_t track; /* below LIM_TRACKS */
	uint8_t flags; /* enum sharewire_flag */
	uint8_t zero;  /* no padding: the bytes may be compared */
};

/* A batch that is written: |buf| has it so far. */
struct sharewire_out {
	struct sp_buf buf;
	size_t group; /* where the last group begins; 0: none yet */
	uint32_t n;   /* entries */
};

/* No batch yet; it will be of at most LIM_SHARE_BATCH bytes. */
void sharewire_init(struct sharewire_out *o, const struct sp_mem *mem);
void sharewire_fini(struct sharewire_out *o);
/* Starts another one. */
void sharewire_begin(struct sharewire_out *o, uint64_t node);
/*
 * Adds |p|; entries for one info-hash that come after each other share a group.
 * SP_ERR_FULL: not added, send what is there; SP_ERR_NOMEM: not added.
 */
int sharewire_add(struct sharewire_out *o, const struct sharewire_peer *p);

/* A batch that is read; borrows it. */
struct sharewire_in {
	struct sp_rd rd;
	uint64_t node;
	uint8_t info_hash[LINK_INFOHASH_LEN];
	uint8_t left; /* entries of this group */
};

/*
 * Looks through all of a batch: the number of its entries, or SP_ERR_SHORT,
 * SP_ERR_SYNTAX (version, flags), SP_ERR_TOOBIG (LIM_SHARE_BATCH, a track),
 * SP_ERR_RANGE (an empty group, an address that cannot be dialled),
 * SP_ERR_CANON (an IPv4 address as IPv6).
 */
int sharewire_open(struct sharewire_in *in, const uint8_t *p, size_t len);
/* The next entry of one that was opened; false at the end. */
bool sharewire_next(struct sharewire_in *in, struct sharewire_peer *out);

#endif
