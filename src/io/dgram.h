#ifndef SRC_IO_DGRAM_H
#define SRC_IO_DGRAM_H

/*
 * A UDP socket that is served in batches by a thread of its own, which waits in
 * the kernel: per datagram that costs less than an event loop. No allocation
 * after dgram_open.
 *
 *	while (!stop) {
 *		n = dgram_recv(d, &v);
 *		for (i = 0; i < n; i++)
 *			v[i].out_len = answer(&v[i]);
 *		dgram_send(d);
 *	}
 */

#include "base/addr.h"
#include "base/tstamp.h"

#define DGRAM_BATCH   64
#define DGRAM_IN_MAX  2048 /* longer datagrams are dropped */
#define DGRAM_OUT_MAX 1472

struct dgram_msg {
	struct sp_addr from;
	const uint8_t *p; /* borrowed until the next dgram_recv */
	size_t len;
	uint8_t *out;   /* DGRAM_OUT_MAX bytes for the reply */
	size_t out_len; /* 0: none */
};

struct dgram;

/*
 * Binds to |addr| (port 0: any; IPv6 is IPv6 only), or takes an inherited
 * socket (io/inherit.h). |share|: other sockets of
 * this user that say so too may be bound there, and each gets its share of the
 * clients. |wait|: how long dgram_recv waits at most. Replies leave from the
 * address that was asked, also when |addr| is all addresses. SP_ERR_IO (errno
 * says why), SP_ERR_EXISTS (address in use), SP_ERR_NOMEM.
 */
int dgram_open(struct dgram **out, const struct sp_addr *addr, bool share,
    sp_time wait);
/*
 * Another one at the socket of |d|, for a thread that takes turns with d's. For
 * where there can be no second socket: beside one that another user has opened
 * (a supervisor, or we before we dropped rights). SP_ERR_IO, SP_ERR_NOMEM.
 */
int dgram_twin(struct dgram **out, const struct dgram *d, sp_time wait);
void dgram_free(struct dgram *d); /* NULL is fine */
struct sp_addr dgram_addr(const struct dgram *d);

/*
 * Waits for a datagram and takes up to DGRAM_BATCH that are there. Returns how
 * many, with out_len 0; 0 when there was none in time. SP_ERR_IO.
 */
int dgram_recv(struct dgram *d, struct dgram_msg **v);
/* From now on dgram_recv does not wait: 0 when there is none. */
void dgram_hurry(struct dgram *d);
/* Sends the replies of the last batch; does not wait. */
void dgram_send(struct dgram *d);

#define DGRAM_BUFFER (8 << 20) /* bytes that are asked for */

struct dgram_stats {
	uint64_t received, sent; /* datagrams */
	uint64_t bytes_in, bytes_out;
	uint64_t truncated; /* too long: dropped */
	uint64_t unsent;    /* the kernel did not take the reply */
	uint64_t lost;      /* by the kernel: the socket's buffer was full */
};
/* From any thread. */
void dgram_stats(const struct dgram *d, struct dgram_stats *out);
/* Bytes that the kernel keeps for the socket: it may be less than asked for. */
size_t dgram_buffer(const struct dgram *d);

#endif
