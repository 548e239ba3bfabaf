#ifndef TRACKER_DAEMON_TRACK_HOST_H
#define TRACKER_DAEMON_TRACK_HOST_H

/* The tracker core on a loop: its HTTP face, streams, timers and lists. */

#include "base/buf.h"
#include "io/loop.h"
#include "tracker/daemon/options.h"

struct track_host;

/*
 * |o| and |log| are borrowed until track_host_free. Reads the lists; what is
 * wrong with them stands in |why| (OPTIONS_WHY bytes), else it is empty.
 * SP_ERR_NOMEM, SP_ERR_ARG, or the list's error.
 */
int track_host_new(struct track_host **out, struct loop *l,
    const struct options *o, const struct sp_log *log, char *why);
void track_host_free(struct track_host *h);
/*
 * Opens all listeners. On an error, errno tells, and |where| the address that
 * could not be opened.
 */
int track_host_listen(struct track_host *h, const char **where);
/*
 * Starts threads: when rights are dropped, so that none has had more.
 * SP_ERR_IO (errno).
 */
int track_host_serve(struct track_host *h);
/*
 * Reads the lists again; one that is bad stays as it was, and is logged. False
 * if there was one.
 */
bool track_host_reload(struct track_host *h);

/*
 * What the successor of an upgrade is told, into |b|, which is initialised and
 * the caller's: the secret, and the peers of ordinary swarms.
 */
void track_host_state(struct track_host *h, struct sp_buf *b);

/*
 * The end, politely: nobody is let in any more. Then track_host_drained is
 * called now and then: it ends |streams| of the streams that are left, and
 * returns what is still open.
 */
void track_host_drain(struct track_host *h);
size_t track_host_drained(struct track_host *h, size_t streams);

#endif
