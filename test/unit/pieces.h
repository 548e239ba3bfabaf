#ifndef TEST_UNIT_PIECES_H
#define TEST_UNIT_PIECES_H

/*
 * Records without signatures for tests of the window and of what stands on
 * it. The envelope is made up: leaves, the text and some bytes whose digest
 * depends on everything that makes a record differ.
 */

#include "swarm/window.h"

struct pieces_spec {
	uint64_t number;
	uint8_t track;
	uint8_t salt;    /* another record of the same number */
	uint32_t length; /* bytes; 0: one of a gap */
	int64_t avail_ms;
	uint32_t duration_us;
	uint32_t epoch;
	uint16_t flags;
	const uint8_t *prev; /* NULL: zeros */
	const char *uri;     /* NULL: none */
};

/* As window_add; |out| may be NULL. */
int pieces_add(struct window *w, const struct pieces_spec *s, sp_time now,
    struct piece **out);
/* Digest that the record of |s| has. */
void pieces_digest(uint8_t out[HASH_LEN], const struct pieces_spec *s);

/* Puts every block of |pc|, byte i of the piece being i * 3 + number. */
int pieces_fill(struct window *w, struct piece *pc, sp_time now);

#endif
