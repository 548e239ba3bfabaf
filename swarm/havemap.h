#ifndef SWARM_HAVEMAP_H
#define SWARM_HAVEMAP_H

/*
 * What a neighbour says it holds of pieces whose record is not here yet: per
 * track a ring of rows by piece number, at most LIM_WINDOW_PIECES of them; a
 * newer number takes the row of an older one. A neighbour can only spoil its
 * own map. With the record the row goes over to the piece (holders.h).
 */

#include "base/err.h"
#include "base/mem.h"
#include "base/tstamp.h"
#include "wire/limits.h"

struct havemap_row {
	uint64_t number_1;   /* number + 1; 0: row is empty */
	bool all;            /* holds every block */
	uint8_t words;       /* of held and of arriving, each */
	sp_time arriving_at; /* when the newest arriving bit was told */
	union {
		uint64_t small[2]; /* words == 1: held, arriving */
		uint64_t *big;     /* words > 1: held[words], arriving[words] */
	} u;
};

struct havemap_track {
	uint32_t cap, used;
	uint64_t edge;            /* one past the highest number told of */
	struct havemap_row *rows; /* NULL while none is used */
};

struct havemap {
	const struct sp_mem *mem;
	struct havemap_track *tracks[2 * LIM_TRACKS];
};

/* Arriving bits are believed this long. */
#define HAVEMAP_ARRIVING (3 * SP_S)

void havemap_init(struct havemap *h, const struct sp_mem *mem);
void havemap_fini(struct havemap *h);

/*
 * Notes |n_bytes| of bitmap from block |first| on; n_bytes 0: only that the
 * row exists. SP_ERR_NOMEM, SP_ERR_STALE (older than what its row holds).
 */
int havemap_add(struct havemap *h, uint8_t track, uint64_t number,
    uint32_t first, const uint8_t *bits, size_t n_bytes, bool arriving,
    sp_time now);
int havemap_all(struct havemap *h, uint8_t track, uint64_t number);
/* It no longer holds any block of it; the row stays as known. */
void havemap_gone(struct havemap *h, uint8_t track, uint64_t number);

/* The row is not needed any more. */
void havemap_forget(struct havemap *h, uint8_t track, uint64_t number);
/* It has told of that piece, which needs no row. */
void havemap_saw(struct havemap *h, uint8_t track, uint64_t number);

/* NULL when it has said nothing of that piece. */
const struct havemap_row *havemap_row(const struct havemap *h, uint8_t track,
    uint64_t number);
/* One past the highest number that it told of; 0: none. */
uint64_t havemap_edge(const struct havemap *h, uint8_t track);

/* |row| may be NULL: holds nothing. */
bool havemap_holds(const struct havemap_row *row, uint32_t index);
bool havemap_arriving(const struct havemap_row *row, uint32_t index,
    sp_time now);

#endif
