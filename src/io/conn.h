#ifndef SRC_IO_CONN_H
#define SRC_IO_CONN_H

/*
 * TCP byte streams: listening, dialling, reading, writing with back-pressure.
 *
 * A connection lives until its close callback returns or until conn_free.
 * Writes are collected and sent once per round of the loop.
 */

#include "base/addr.h"
#include "io/loop.h"

struct conn;

/* All may be NULL. |ctx| is that of conn_dial or conn_set. */
struct conn_ops {
	/* A dialled connection stands. Not called for accepted ones. */
	void (*open)(void *ctx, struct conn *c);
	/* |len| > 0 bytes arrived; they are gone after the call. */
	void (*data)(void *ctx, struct conn *c, const uint8_t *p, size_t len);
	/* Unsent bytes fell from above the low mark to it or below. */
	void (*drained)(void *ctx, struct conn *c);
	/*
	 * The other end closed (SP_ERR_CLOSED), a time-out (SP_ERR_TIMEOUT), a
	 * failure (SP_ERR_IO), or everything was sent after conn_close (0).
	 * |why| is for logs. |c| is freed after the call.
	 */
	void (*close)(void *ctx, struct conn *c, int err, const char *why);
};

struct conn_listener;
/*
 * |accept| calls conn_set on |c|, or leaves it and it is closed. |from| is
 * the remote address.
 */
typedef void (
    *conn_accept_cb)(void *ctx, struct conn *c, const struct sp_addr *from);

/*
 * Listens on |addr| (port 0: any). IPv6 sockets are IPv6 only: for both, make
 * two. SP_ERR_IO (errno says why), SP_ERR_EXISTS (address in use),
 * SP_ERR_NOMEM.
 */
int conn_listen(struct conn_listener **out, struct loop *l,
    const struct sp_addr *addr, conn_accept_cb accept, void *ctx);
void conn_listener_free(struct conn_listener *ls);
/* With the port that was given by the kernel. */
struct sp_addr conn_listener_addr(const struct conn_listener *ls);
/* As sock_congestion, on all that it accepts from then on. */
int conn_listener_congestion(struct conn_listener *ls, const char *name);

/*
 * Dials; open or close follows, never from inside this call. |timeout| is
 * for the connect, 0 = 10 s. SP_ERR_NOMEM, SP_ERR_IO (no socket), SP_ERR_ARG
 * (address that cannot be dialled).
 */
int conn_dial(struct conn **out, struct loop *l, const struct sp_addr *addr,
    sp_time timeout, const struct conn_ops *ops, void *ctx);
/* As sock_congestion. */
int conn_congestion(struct conn *c, const char *name);
/* Borrows |ops| until the connection is freed. */
void conn_set(struct conn *c, const struct conn_ops *ops, void *ctx);

/*
 * Queues bytes. SP_ERR_FULL when more than the maximum would be unsent (none
 * is queued), SP_ERR_CLOSED, SP_ERR_NOMEM.
 */
int conn_write(struct conn *c, const void *p, size_t len);
/* Bytes accepted by conn_write and not yet by the kernel. */
size_t conn_unsent(const struct conn *c);
/* The same plus what the other side has not acknowledged yet (SIOCOUTQ). */
size_t conn_unacked(const struct conn *c);
/* low: mark for drained, default 64 KiB; max: default 4 MiB. */
void conn_marks(struct conn *c, size_t low, size_t max);
/*
 * The kernel takes no more while it holds |bytes| that it has not sent yet
 * (TCP_NOTSENT_LOWAT), so that what is urgent need not wait behind them.
 */
void conn_lowat(struct conn *c, size_t bytes);
/* No more than |bps| bytes a second leave, evenly (SO_MAX_PACING_RATE). */
void conn_pace(struct conn *c, uint64_t bps);
/* While paused nothing is read, and the sender feels it. */
void conn_pause(struct conn *c, bool pause);
/* Close with SP_ERR_TIMEOUT when nothing arrives for |t|; 0 = never. */
void conn_idle(struct conn *c, sp_time t);
/* Send what is queued (for at most 5 s), then close callback with 0. */
void conn_close(struct conn *c);
/* Now, without callback. NULL is fine. */
void conn_free(struct conn *c);

struct sp_addr conn_remote(const struct conn *c);

#endif
