#ifndef TEST_UNIT_SECURE_PAIR_H
#define TEST_UNIT_SECURE_PAIR_H

/*
 * Two sides of a secure link for the tests of it: |a| dials, |b| answers.
 * Fill in with pair_init, change the confs if you like, then pair_new.
 */

#include "base/buf.h"
#include "swarm/secure.h"
#include "test/unit/unit.h"

#define PAIR_MSG1 48
#define PAIR_MSG2 112
#define PAIR_MSG3 80

struct pair_side {
	struct secure *s; /* owned; NULL before pair_new */
	struct secure_conf conf;
	const struct secure_cipher *ciphers[8];
	struct sp_buf out;   /* what it wrote */
	struct sp_buf plain; /* frames it got, one after the other */
	size_t n_frames;
	bool established; /* SECURE_ESTABLISHED was seen */
};

struct pair {
	struct failmem fm;
	struct pair_side a, b;
};

/* Sets up all but fm; fixed keys, ChaCha20 alone. */
void pair_init(struct pair *p);
void pair_cipher(struct pair *p, const struct secure_cipher *c);
/* 0 or SP_ERR_*. */
int pair_new(struct pair *p);
/* Gives |len| bytes to |d|, |chunk| at a time: 0 or SP_ERR_*. */
int pair_feed(struct pair_side *d, const uint8_t *p, size_t len, size_t chunk);
/* As it, with all that |from| wrote, which is then forgotten. */
int pair_pass(struct pair_side *from, struct pair_side *to, size_t chunk);
/* pair_new and the handshake: 0 or SP_ERR_*. */
int pair_meet(struct pair *p, size_t chunk);
/* The same from nothing: fails the test unless it works. */
void pair_open(struct pair *p);
void pair_fini(struct pair *p);

#endif
