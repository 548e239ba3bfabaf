#ifndef TRACKER_DAEMON_STREAMS_H
#define TRACKER_DAEMON_STREAMS_H

/*
 * Open streams of live windows. A stream pulls from the core only while its
 * client reads: what waits unsent stays near STREAMS_AHEAD, and a client that
 * takes nothing for STREAMS_STALL is cut. A client whose host does not
 * acknowledge what was sent for STREAMS_SILENT, or does not open its window,
 * is gone: ALIVE sees to it that something was sent.
 *
 * Polls are streams that end with their first frame, or when their time is
 * over; they count as streams.
 *
 * News is written in turns of STREAMS_TURN streams, and what else the loop has
 * to do comes between them. Who was served longest ago comes first.
 */

#include "io/http.h"
#include "tracker/daemon/locks.h"
#include "tracker/track.h"

#define STREAMS_ALIVE  (5 * SP_S)
#define STREAMS_STALL  (30 * SP_S)
#define STREAMS_SILENT (10 * SP_S)
#define STREAMS_AHEAD  (256 * 1024) /* bytes unsent; never above 1 MiB */
#define STREAMS_PART   (64 * 1024)
#define STREAMS_TURN   256

struct streams;

/*
 * Borrows |l|, |t| and |locks|: all of this is called with that of |t| taken,
 * streams_new and streams_free excepted. Ordinary swarms are not come to: their
 * lock need not be held, and news that is written holds no worker up.
 * SP_ERR_NOMEM.
 */
int streams_new(struct streams **out, struct loop *l, struct track *t,
    struct locks *locks, size_t max, uint64_t seed);
/* After the HTTP server: no stream is open. */
void streams_free(struct streams *s);
/*
 * Takes the request and answers it: 404, 503, or a stream from |ask|->since on,
 * which is a sign of life of whom |ask| names.
 */
void streams_open(struct streams *s, struct http_req *r,
    const uint8_t info_hash[LINK_INFOHASH_LEN], const struct tw_stream *ask,
    sp_time now);
/*
 * Takes the request and answers it with the window behind |ask|->since: at
 * once if there is something, else when there is or |ask|->wait_s are over.
 * 404; 503.
 */
void streams_poll(struct streams *s, struct http_req *r,
    const uint8_t info_hash[LINK_INFOHASH_LEN], const struct tw_stream *ask,
    sp_time now);
/* There is news in the channel: it is written soon. */
void streams_wake(struct streams *s, const uint8_t info_hash[LINK_INFOHASH_LEN],
    sp_time now);
/* Cuts the streams of a host. */
void streams_kick(struct streams *s, const struct sp_addr *host);
/* Ends up to |n| streams, as the server goes. */
void streams_end(struct streams *s, size_t n);
/* ALIVE to the quiet ones, the end to stalled ones and dead channels. */
void streams_tick(struct streams *s, sp_time now);

struct streams_stats {
	uint64_t open, refused, cut, bytes_out; /* polls are among them */
};
struct streams_stats streams_stats(const struct streams *s);

#endif
