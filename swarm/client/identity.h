#ifndef SWARM_CLIENT_IDENTITY_H
#define SWARM_CLIENT_IDENTITY_H

/*
 * The key by which peers know us: 32 random bytes, an X25519 secret key. Its
 * file holds 64 hex digits and a newline, mode 0600.
 */

#include "swarm/secure.h"

/* |path| NULL: a fresh key. Else that of the file, which is made if missing.
 * SP_ERR_SYNTAX (not such a file), SP_ERR_DENIED (others may read it),
 * SP_ERR_IO (errno), SP_ERR_NOMEM. */
int identity_load(uint8_t sk[SECURE_KEY_LEN], const char *path);

#endif
