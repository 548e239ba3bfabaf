#ifndef SRC_IO_CONTROL_H
#define SRC_IO_CONTROL_H

/*
 * The operator's socket of a daemon: a UNIX stream socket of mode 0660. A
 * client sends one line and reads the answer until the connection ends:
 *
 *	ok\n		and a body, or
 *	error WHY\n
 *
 * One client is let in also when there are no more descriptors.
 */

#include "base/buf.h"
#include "io/loop.h"

#define CONTROL_LINE    4096 /* bytes of a request */
#define CONTROL_CLIENTS 16   /* at a time; more are closed */
#define CONTROL_REPLY   ((size_t)64 << 20)
#define CONTROL_TIME    (5 * SP_S) /* for a client that is silent */

struct control;

/*
 * Answers |line|, which may be written to: a body in |out| and 0, or why not in
 * |out|, without a newline, and an error.
 */
typedef int (*control_fn)(void *ctx, char *line, struct sp_buf *out);

/*
 * Listens at |path|, or takes the socket there that was inherited. A socket
 * that nobody listens at is replaced. SP_ERR_IO (errno), SP_ERR_EXISTS: one
 * listens there; SP_ERR_TOOBIG: the path; SP_ERR_NOMEM.
 */
int control_new(struct control **out, struct loop *l, const char *path,
    control_fn fn, void *ctx);
/* Lets nobody in any more; the socket is the successor's. */
void control_leave(struct control *c);
/* Removes the socket, unless it was left. NULL is fine. */
void control_free(struct control *c);

/*
 * The client: asks for |line| and waits for at most |limit|. The body, or why
 * not, is put into |out|, at most CONTROL_REPLY. 0; SP_ERR_DENIED: the daemon
 * says no; SP_ERR_IO (errno): there is none; SP_ERR_TOOBIG, SP_ERR_PROTO.
 */
int control_ask(const char *path, const char *line, sp_time limit,
    struct sp_buf *out);

#endif
