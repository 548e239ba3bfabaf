#ifndef SRC_IO_CONN_INT_H
#define SRC_IO_CONN_INT_H

/* What the files of io/conn share. */

#include <event2/util.h>

#include "io/conn.h"

struct event;
struct evbuffer;

/*
 * state       meaning                            leaves on
 * CONNECTING  connect(2) is under way            writable, time-out
 * OPEN        both directions                    conn_close, error, EOF
 * FLUSHING    conn_close: sends the rest         queue empty, time-out
 * LINGER      FIN sent, input is thrown away     EOF, time-out
 * DEAD        only the memory is left
 *
 * LINGER is there because close(2) with unread input sends RST, which can
 * overtake our last bytes at the other end.
 */
enum conn_state {
	CONN_CONNECTING,
	CONN_OPEN,
	CONN_FLUSHING,
	CONN_LINGER,
	CONN_DEAD,
};

struct conn {
	struct loop *loop;
	int fd;
	enum conn_state state;
	const struct conn_ops *ops;
	void *ctx;
	struct event *rd, *wr;
	struct io_timer kick;  /* flush, or tell of a failure, next round */
	struct io_timer timer; /* connect, idle, flush or linger */
	struct evbuffer *out;
	size_t low, max;
	struct sp_addr remote;
	sp_time idle, heard;
	int err; /* failure that the next kick tells, errno */
	unsigned busy;
	bool paused, above;
};

/* Everything but the memory of |c| itself. */
void conn_shut(struct conn *c);
/* Callbacks run between these two, so that they may free |c|. */
void conn_enter(struct conn *c);
void conn_leave(struct conn *c);
/* Reads or not, as the state wants. */
void conn_watch_reads(struct conn *c);

/* For libevent and the timers. */
void conn_read_cb(evutil_socket_t fd, short what, void *arg);
void conn_write_cb(evutil_socket_t fd, short what, void *arg);
void conn_kick_cb(void *ctx, sp_time now);
void conn_timer_cb(void *ctx, sp_time now);

/*
 * For listeners: a connection from an accepted socket. NULL: no memory.
 * conn_adopted after the accept callback, which may have freed it.
 */
struct conn *conn_adopt(struct loop *l, int fd, const struct sp_addr *from);
void conn_adopted(struct conn *c);

#endif
