#ifndef TRACKER_UDP_H
#define TRACKER_UDP_H

/*
 * The UDP face of the tracker (BEP 15, 41; bytes in wire/udpwire.h): a datagram
 * in, at most one out. One struct udp belongs to one worker; only the key of
 * the connection ids is the same in all.
 *
 * An answer is made in up to three steps, so that a worker holds a lock only
 * for those that need it, and for a batch of datagrams at a time:
 *
 *	for each datagram    udp_read     needs nothing
 *	for each UDP_PLAIN   udp_plain    ordinary swarms of struct track
 *	for each UDP_LIVE    udp_live     all of struct track
 *	for each UDP_REPLY   send it
 *
 * What is answered, and how:
 *
 *	request                          reply                    result
 *	not of the protocol              none                     malformed
 *	over the host's limit            none                     limited
 *	connect                          16 bytes                 answered
 *	connection id not good           error, if no longer      bad_id
 *	                                 than the request
 *	cut, bad option, port 0, ...     error                    refused
 *	denied by the access lists       error                    denied
 *	announce                         20 bytes and peers       answered
 *	    stopped                      20 bytes                 answered
 *	    lw= in its URL, of a live    22 bytes, peers and      answered
 *	    channel                      frames
 *	scrape                           8 bytes, 12 a hash       answered
 *
 * Until a good connection id has shown that the address is the sender's, no
 * reply is longer than its request. None is longer than LIM_UDP_REPLY. The port
 * is the announced one and the IP that of the datagram, never the ip field.
 * Numwant 0 and below is the default. Denied and unknown info-hashes are zeros
 * in a scrape.
 */

#include "tracker/cookie.h"
#include "tracker/limit.h"
#include "tracker/plain.h"
#include "tracker/track.h"
#include "wire/udpwire.h"

struct udp_conf {
	uint8_t key[COOKIE_KEY_LEN]; /* secret */
	sp_time id_slice;            /* cookie.h */
	struct limit_rate rate[LIMIT_KINDS];
	uint32_t limit_hosts;
};

/* All but the key: 60 s, 20 connects and 10 announces a second, burst 50. */
void udp_conf_init(struct udp_conf *c);

enum udp_kind {
	UDP_KIND_CONNECT,
	UDP_KIND_ANNOUNCE,
	UDP_KIND_SCRAPE,
	UDP_KIND_OTHER,
	UDP_KINDS,
};

enum udp_result {
	UDP_ANSWERED,
	UDP_BAD_ID,
	UDP_LIMITED,
	UDP_MALFORMED,
	UDP_REFUSED,
	UDP_DENIED,
	UDP_RESULTS,
};

struct udp_stats {
	uint64_t requests[UDP_KINDS][UDP_RESULTS];
	uint64_t live; /* of those answered: by udp_live */
};

enum udp_next {
	UDP_SILENT, /* no reply */
	UDP_REPLY,  /* it is in the buffer */
	UDP_PLAIN,  /* call udp_plain */
	UDP_LIVE,   /* call udp_live */
};

/* One request on its way. Borrows the datagram. */
struct udp_ask {
	struct uw_req req;
	struct sp_addr from;
	bool warm; /* the hint is set */
	struct plain_hint hint;
};

struct udp;

/* SP_ERR_ARG, SP_ERR_NOMEM. */
int udp_new(struct udp **out, const struct udp_conf *conf,
    const struct sp_mem *mem, uint64_t seed);
void udp_free(struct udp *u); /* NULL is fine */

/*
 * A datagram from |from|. |out| is empty and has room for LIM_UDP_REPLY bytes;
 * the same one goes to the steps that follow. Gives what is next.
 */
enum udp_next udp_read(struct udp *u, struct udp_ask *ask, const uint8_t *p,
    size_t len, const struct sp_addr *from, struct sp_buf *out, sp_time now);
/*
 * UDP_REPLY, or UDP_LIVE for a live channel's info-hash. Of |t| it comes to
 * track_plain only.
 */
enum udp_next udp_plain(struct udp *u, const struct udp_ask *ask,
    struct track *t, struct sp_buf *out, sp_time now);
/* UDP_REPLY. */
enum udp_next udp_live(struct udp *u, const struct udp_ask *ask,
    struct track *t, struct sp_buf *out, sp_time now);
/*
 * Brings near what udp_plain will look at, as plain_warm: step 0 for all of a
 * batch, and so on. Scrapes are left alone.
 */
void udp_warm(struct udp_ask *ask, const struct plain *p, int step);

const struct udp_stats *udp_stats(const struct udp *u);

#endif
