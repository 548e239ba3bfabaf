#ifndef SRC_WIRE_PEERWIRE_IN_H
#define SRC_WIRE_PEERWIRE_IN_H

/*
 * What may stand in a peer message: refused by the reader (peerwire.c),
 * asserted by the writers (peerwire_put.c). Not for others.
 */

#include "wire/peerwire.h"

static inline bool
pw_track_ok(uint8_t track)
{
	return track < LIM_TRACKS ||
	       (track >= LIM_TRACK_INIT && track < LIM_TRACK_INIT + LIM_TRACKS);
}

static inline bool
pw_ref_ok(const struct pw_block_ref *r)
{
	return pw_track_ok(r->track) && r->number < LIM_NUMBER &&
	       r->index < LIM_PIECE_BLOCKS;
}

static inline bool
pw_kind_has_bits(uint8_t kind)
{
	return kind == PW_HAVE_BLOCKS || kind == PW_HAVE_ARRIVING;
}

/* Every bit that is set names a block below LIM_PIECE_BLOCKS. */
static inline bool
pw_bits_ok(const struct pw_have_group *g)
{
	unsigned last, pad;

	if (g->first >= LIM_PIECE_BLOCKS || g->n_bytes < 1 ||
	    g->n_bytes > LIM_PIECE_BLOCKS / 8)
		return false;
	last = g->first + 8U * (g->n_bytes - 1U);
	if (last >= LIM_PIECE_BLOCKS)
		return false;
	if (last + 8 <= LIM_PIECE_BLOCKS)
		return true;
	pad = last + 8 - LIM_PIECE_BLOCKS;
	return (g->bits[g->n_bytes - 1] & ((1U << pad) - 1)) == 0;
}

#endif
