#ifndef SRC_BASE_BASE_H
#define SRC_BASE_BASE_H

/*
 * What every file starts from: the C library's types, the macros of the
 * house, and the list of functions that nobody may call.
 *
 * The standard headers are included before the poison so that a later
 * include of them (they are guarded) does not trip over it.
 */

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SP_LEN(a)         (sizeof(a) / sizeof((a)[0]))
#define SP_MIN(a, b)      ((a) < (b) ? (a) : (b))
#define SP_MAX(a, b)      ((a) > (b) ? (a) : (b))
#define SP_CLAMP(x, l, h) ((x) < (l) ? (l) : (x) > (h) ? (h) : (x))
#define SP_PRINTF(f, a)   __attribute__((format(printf, f, a)))
#define SP_UNUSED         __attribute__((unused))

/* C++ headers use all of these themselves. */
#ifndef __cplusplus

/* With _GNU_SOURCE it is a macro, and poisoning one warns. */
#undef alloca

#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atoll gets
#pragma GCC poison alloca

/*
 * These cannot be poisoned: headers of libcrypto and libsodium use the words
 * for parameters and members. As macros they catch calls only.
 */
#define rand(...)   use_base_rng_and_not_rand
#define srand(...)  use_base_rng_and_not_srand
#define random(...) use_base_rng_and_not_random

#endif

#endif
