#ifndef TRACKER_PRESENCE_H
#define TRACKER_PRESENCE_H

/*
 * Whose streams are open: how many of each viewer that named itself
 * (struct tw_stream). A viewer that dies says nothing, and its announce is
 * believed for minutes; its stream ends within seconds.
 *
 * A viewer is named by channel, peer-id, IP and port together, and the IP is
 * that of the stream's connection. So a stream tells of who announced itself
 * from the address that the stream came from, and of nobody else: who merely
 * knows a peer-id opens and ends streams of a viewer that does not exist.
 * Behind the same address he can, but then the viewer's own stream is still
 * there, and only the last one's end counts.
 */

#include "base/addr.h"
#include "base/mem.h"
#include "wire/link.h"

struct presence;

struct presence_key {
	uint8_t info_hash[LINK_INFOHASH_LEN];
	uint8_t peer_id[LINK_PEERID_LEN];
	uint8_t ip[16];
	uint16_t port; /* of its announces */
	uint16_t family;
};

/*
 * At most |max| viewers, 1 or more; of one channel at most |host_max| of one
 * host (addr_host), but for loopback. SP_ERR_ARG, SP_ERR_NOMEM.
 */
int presence_new(struct presence **out, const struct sp_mem *mem, size_t max,
    uint32_t host_max, uint64_t seed);
void presence_free(struct presence *p); /* NULL is fine */

struct presence_key presence_key(const uint8_t info_hash[LINK_INFOHASH_LEN],
    const uint8_t peer_id[LINK_PEERID_LEN], const struct sp_addr *addr);
/* One more. SP_ERR_FULL, SP_ERR_NOMEM: it is not counted. */
int presence_open(struct presence *p, const struct presence_key *k);
/* One that was counted has ended: true, it was the last one. */
bool presence_close(struct presence *p, const struct presence_key *k);
/* Its streams; 0: it is not there. */
uint32_t presence_streams(const struct presence *p,
    const struct presence_key *k);
/*
 * What somebody else keeps of the viewer: 0 when its first stream opens. NULL:
 * it has none. Valid until the next call that opens or closes one.
 */
uint32_t *presence_note(struct presence *p, const struct presence_key *k);
/* Viewers with a stream. */
size_t presence_len(const struct presence *p);
/* For tests and fuzzers. */
bool presence_is_sound(const struct presence *p);

#endif
