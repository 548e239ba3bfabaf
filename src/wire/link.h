#ifndef SRC_WIRE_LINK_H
#define SRC_WIRE_LINK_H

/*
 * A channel link, and what is derived from a channel key.
 *
 *	magnet:?xs=urn:btpk:<64 hex>&s=<hex>&dn=<name>&tr=<tracker URL>...
 *	    &ws=<base>...&x.pe=<address:port>...
 *
 * BEP 9 (magnet, x.pe), BEP 46 (xs=urn:btpk:, s), BEP 19 (ws). s is the salt of
 * what is meant under the key: that of wire/fileitem.h for the channel's files;
 * without it the stream. tr, ws and x.pe may
 * repeat; order is kept. Unknown parameters are skipped, and peers that are not
 * told by a numeric address. Text is percent-decoded on
 * parsing and encoded on writing.
 */

#include "base/addr.h"
#include "base/buf.h"
#include "base/hash.h"
#include "wire/limits.h"

#define LINK_INFOHASH_LEN 20
#define LINK_PEERID_LEN   20

struct link {
	uint8_t pk[HASH_PK_LEN];
	char name[LIM_TITLE + 1];
	size_t n_salt;
	uint8_t salt[LIM_SALT];
	size_t n_trackers, n_origins, n_peers;
	char trackers[LIM_TRACKERS][LIM_URI + 1];
	char origins[LIM_ORIGINS][LIM_URI + 1];
	struct sp_addr peers[LIM_LINK_PEERS];
};

/* What went wrong in link_parse, for people: static text, NULL if nothing. */
struct link_error {
	const char *what;
	size_t at; /* byte offset in the input */
};

/*
 * SP_ERR_SYNTAX (not a magnet link, bad escape), SP_ERR_NOTFOUND (no channel
 * key), SP_ERR_TOOBIG (too long, too many), SP_ERR_UNSUPPORTED (a tracker or
 * origin URL that is neither http nor https; udp trackers are skipped).
 * |e| may be NULL. struct link is large: keep it off small stacks.
 */
int link_parse(struct link *out, const char *s, size_t len,
    struct link_error *e);
void link_write(struct sp_buf *b, const struct link *l);

/* First 20 bytes of SHA-256("spate channel 1" || 0x00 || pk). */
void link_infohash(uint8_t out[LINK_INFOHASH_LEN],
    const uint8_t pk[HASH_PK_LEN]);
/*
 * SHA-256("spate psk 1" || 0x00 || pk): the secret that only those who have
 * the link know; mixed into every peer handshake (swarm/secure.h).
 */
void link_psk(uint8_t out[32], const uint8_t pk[HASH_PK_LEN]);
/*
 * Peer-id of a viewer with X25519 static key |key|: "-SP0100-" and the first
 * 12 bytes of SHA-256("spate peer 1" || 0x00 || key).
 */
void link_peerid(uint8_t out[LINK_PEERID_LEN], const uint8_t key[32]);

#endif
