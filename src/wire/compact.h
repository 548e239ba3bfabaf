#ifndef SRC_WIRE_COMPACT_H
#define SRC_WIRE_COMPACT_H

/* Compact peers: 6 bytes IPv4 (BEP 23), 18 bytes IPv6 (BEP 7). */

#include "base/addr.h"
#include "base/buf.h"

#define COMPACT_LEN4 6
#define COMPACT_LEN6 18

/* Writes 6 or 18 bytes as the family says. */
void compact_put(struct sp_buf *b, const struct sp_addr *a);
/* |family| 4 or 6; bad reader and false when too short. */
bool compact_get(struct sp_rd *rd, int family, struct sp_addr *out);
/*
 * The family, 4 or 6, and such a peer that can be dialled; family 0 and no more
 * leaves *out unset. SP_ERR_SHORT, SP_ERR_SYNTAX, SP_ERR_CANON (an IPv4 address
 * in the form of IPv6), SP_ERR_RANGE.
 */
int compact_get_any(struct sp_rd *rd, struct sp_addr *out);

#endif
