#ifndef SWARM_HOLDERS_H
#define SWARM_HOLDERS_H

/*
 * Which neighbours hold which blocks of one piece: per block a set of slots,
 * so that a scheduling pass asks one word instead of every neighbour. What is
 * told of a piece whose record is not known yet waits in a havemap.
 */

#include "swarm/havemap.h"

#define HOLDERS_SLOTS 64

struct holders {
	uint64_t told;      /* slots that have told of the piece */
	uint64_t all;       /* of them, those that hold every block */
	uint64_t coming;    /* slots that told what comes to them */
	uint64_t *held;     /* by block: other slots that hold it */
	uint64_t *arriving; /* by block: to whom it comes from the origin */
	uint32_t blocks;
	uint16_t tick[HOLDERS_SLOTS]; /* when arriving was told last */
};

/* Words that |held| and |arriving| take together. */
#define HOLDERS_WORDS(blocks) (2 * (size_t)(blocks))

/* |words|: HOLDERS_WORDS of zeros, the caller's. */
void holders_init(struct holders *h, uint64_t *words, uint32_t blocks);

/* As havemap_add; bits of blocks that the piece has not are not looked at. */
void holders_add(struct holders *h, unsigned slot, uint32_t first,
    const uint8_t *bits, size_t n_bytes, bool arriving, sp_time now);
void holders_all(struct holders *h, unsigned slot);
/* It no longer holds any block; it still knows the piece. */
void holders_gone(struct holders *h, unsigned slot);
/* It holds this block: it sent it to us, or we to it. */
void holders_set(struct holders *h, unsigned slot, uint32_t index);
/* It does not hold this block after all (it rejected a request). */
void holders_unset(struct holders *h, unsigned slot, uint32_t index);
/* What |slot| had told before the record came. */
void holders_take(struct holders *h, unsigned slot,
    const struct havemap_row *row);
/* The slot is free again. */
void holders_forget(struct holders *h, unsigned slot);

static inline uint64_t
holders_of(const struct holders *h, uint32_t index)
{
	return h->all | h->held[index];
}

static inline bool
holders_has(const struct holders *h, unsigned slot, uint32_t index)
{
	return holders_of(h, index) >> slot & 1;
}

/* How long ago |slot| told what comes to it, in 250 ms; -1: it did not. */
sp_time holders_told(const struct holders *h, unsigned slot, sp_time now);
/*
 * Slots that told longer than |patience| ago what comes to them and still do
 * not hold all of that. It is forgotten, so each is named once.
 */
uint64_t holders_broken(struct holders *h, sp_time patience, sp_time now);
/* To whom the block is coming; told lately enough to be believed. */
uint64_t holders_expect(const struct holders *h, uint32_t index, sp_time now);

#endif
