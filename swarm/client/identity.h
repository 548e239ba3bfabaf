#ifndef SWARM_CLIENT_IDENTITY_H
#define SWARM_CLIENT_IDENTITY_H

/*
 * The key by which peers know us: 32 random bytes, the seed of an Ed25519 key
 * (swarm/mesh.h). Its file holds 64 hex digits and a newline, mode 0600.
 */

#include "base/buf.h"
#include "base/hash.h"

/* |path| NULL: a fresh key. Else that of the file, which is made if missing.
 * SP_ERR_SYNTAX (not such a file), SP_ERR_DENIED (others may read it),
 * SP_ERR_IO (errno), SP_ERR_NOMEM. */
int identity_load(uint8_t seed[HASH_SEED_LEN], const char *path);

#endif
