#ifndef SRC_WIRE_PLACES_H
#define SRC_WIRE_PLACES_H

/*
 * A viewer's places in the push trees of a track, as a tracker plans them:
 * whom to ask first, stripe by stripe. Advice, and no more: parents take whom
 * they like, and who has none is looked for as without a tracker.
 *
 * The body of a PLACES frame (wire/trackwire.h):
 *	u8 track, u16 stripes to have children in, u16 stripes told of (bit s
 *	is stripe s), u8 number of peers, peers, and for each stripe told of,
 *	growing: u8 number, as many u8 indexes of peers
 * and a peer:
 *	peer-id, u8 family (4 or 6), address and port (6 or 18 bytes)
 * The first index is the parent's, those behind it are asked when it cannot
 * be had; number 0: nobody is planned. Peers stand in the order in which
 * indexes name them first. Stripes that are not told of stay as they are,
 * but for a frame of another track: then nothing does.
 */

#include "base/addr.h"
#include "base/buf.h"
#include "wire/limits.h"
#include "wire/link.h"

#define PLACES_STRIPES 16
#define PLACES_EACH    3 /* the parent and two others */

struct places_peer {
	uint8_t peer_id[LINK_PEERID_LEN];
	struct sp_addr addr;
};

struct place {
	uint8_t n; /* [0, PLACES_EACH] */
	struct places_peer v[PLACES_EACH];
};

struct places {
	uint8_t track; /* < LIM_TRACKS */
	uint16_t inner;
	struct place stripes[PLACES_STRIPES];
};

/* Appends the body of a frame that tells of stripes |told|. */
void places_put(struct sp_buf *b, const struct places *p, uint16_t told);
/*
 * Takes one; *told are its stripes. |p| (zeros: nothing yet) is as it was
 * unless the result is 0: SP_ERR_SHORT, SP_ERR_SYNTAX, SP_ERR_TOOBIG (track,
 * number), SP_ERR_RANGE (an address that cannot be dialled, an index that
 * names nobody), SP_ERR_CANON (order of peers, an IPv4 address as IPv6).
 */
int places_take(struct places *p, uint16_t *told, const uint8_t *body,
    size_t len);

#endif
