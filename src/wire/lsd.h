#ifndef SRC_WIRE_LSD_H
#define SRC_WIRE_LSD_H

/*
 * What a peer says of itself on its own network, by UDP multicast to one of
 * the groups below (as BEP 14 has it for torrents): which port of the address
 * that the datagram comes from takes peer links of a channel. LSD_LEN bytes:
 *
 *	nonce	16 random bytes, new in each round
 *	port	2
 *	tag	the first 16 bytes of
 *		SHA-256("spate lsd 1" 0 channel-key nonce port)
 *
 * Who does not have the channel key learns neither which channel it is, nor
 * whether two that speak watch the same one, nor from one round to the next
 * whether it is still the same; and has no tag for another port.
 */

#include "base/addr.h"
#include "base/hash.h"
#include "wire/limits.h"

#define LSD_PORT      6773
#define LSD_NONCE_LEN 16
#define LSD_LEN       34

/* 239.255.83.80 and ff15::5350, with LSD_PORT. */
struct sp_addr lsd_group(int family);
void lsd_write(uint8_t out[LSD_LEN], const uint8_t pk[HASH_PK_LEN],
    const uint8_t nonce[LSD_NONCE_LEN], uint16_t port);
/* SP_ERR_SYNTAX; SP_ERR_WRONGCHAN: of another channel. */
int lsd_read(uint16_t *port, const uint8_t pk[HASH_PK_LEN], const uint8_t *p,
    size_t len);
/* It is a round of ours that came back. */
bool lsd_is_mine(const uint8_t *p, size_t len,
    const uint8_t nonce[LSD_NONCE_LEN]);

#endif
