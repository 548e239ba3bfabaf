#ifndef TEST_SIM_COUNTCIPHER_H
#define TEST_SIM_COUNTCIPHER_H

/*
 * The cipher of the simulator: frames have the lengths of real ones and cost
 * nothing. No encryption, a tag of zeros (which |open| checks). Never part
 * of libswarm.a.
 */

#include "swarm/secure.h"

extern const struct secure_cipher countcipher; /* SECURE_COUNTING */

#endif
