#ifndef TRACKER_REPLY_H
#define TRACKER_REPLY_H

/*
 * What the tracker says, as bencoded bytes. Announces and scrapes are written
 * by wire/trackwire.h; here is what only a tracker writes.
 *
 * The reply to a publish is a dictionary:
 *
 *	accepted        frames accepted
 *	boot            16 hex digits: of the tracker (HELLO)
 *	code            sp_errname of the first frame not accepted; absent: none
 *	failed          frames refused (but for stale ones)
 *	failure reason  text to |code|; absent: none
 *	seq             newest seq of the channel
 *	stale           frames that were known or older
 *	tracks          list of {d digest, e epoch, n number, t track}: the
 *	                newest record of each track, from which to go on
 *
 * stale alone is what a repeated publish gets: its sender has nothing to do.
 */

#include "tracker/live.h"
#include "tracker/registry.h"

/* {failure reason: "what: text of err" or the text alone when |what| is NULL}*/
void reply_failure(struct sp_buf *b, int err, const char *what);
/* |ch| may be NULL (channel not known). */
void reply_publish(struct sp_buf *b, const struct live *l,
    const struct live_chan *ch, const struct live_result *res);
/* HELLO frame for the channel. */
void reply_hello(struct sp_buf *b, const struct live *l,
    const struct live_chan *ch, int64_t wall_ms);
void reply_alive(struct sp_buf *b);
/*
 * What an announce asked for of the live window: HELLO without a clock, EDGE
 * with as many tracks as fit, live_tail. At most |max| bytes; nothing when
 * HELLO and one track do not fit.
 */
void reply_tail(struct sp_buf *b, const struct live *l,
    const struct live_chan *ch, const struct tw_since *since, size_t max);

#endif
