#ifndef TRACKER_TRACK_H
#define TRACKER_TRACK_H

/*
 * The tracker: swarms, live windows and access lists behind one call per kind
 * of input. No sockets: a face (HTTP, later UDP and WebSocket) turns bytes
 * into these calls, and sends what they append to its buffer.
 *
 *	call             reply appended              who
 *	track_announce   none: a struct              any face
 *	track_http_*     bencoded, failures too      HTTP
 *	track_publish    bencoded                    POST /live/.../publish
 *	track_hello,     frames                      GET /live/.../window and
 *	track_feed                                   /live/.../stream
 *	track_receipts   none: an error              POST /live/.../receipts
 *	track_telemetry  none: an error              POST /live/.../telemetry
 *	track_roster,    frame                       /live/.../stream
 *	track_places
 *	track_manifest   envelope                    GET /live/.../manifest
 *	track_evidence   frames, in pairs            GET /live/.../evidence
 *
 * Open streams are the host's: after a publish with res.woke it calls
 * track_feed once for each stream of that channel, with the stream's own
 * position, until nothing more comes, and then track_roster; and track_places,
 * if it counts as a sign of life.
 *
 *	struct tw_since pos = asked;
 *	uint64_t roster = 0;
 *	track_hello(t, ih, wall_ms, out);
 *	track_roster(t, ih, &from, &roster, out);
 *	while (track_feed(t, ih, &pos, 65536, out) > 0)
 *		send(out);
 *	if (track_roster(t, ih, &from, &roster, out) > 0)
 *		send(out);
 *	if (counted && track_places(t, ih, &ask, &from, out) > 0)
 *		send(out);
 *
 * Duty rosters and places change with time as well: when track_deadline has
 *come the host calls track_wake until it is false, and feeds the streams of
 *each channel that it names.
 *
 * Ordinary swarms are in a struct plain (track_plain), the rest of them beside
 * it. A host with several threads has a lock for each:
 *
 *	plain_* of track_plain(t)            plain's
 *	track_announce, track_scrape,        both
 *	track_http_*, track_publish,
 *	track_access, track_tick,
 *	track_wake, track_stats,
 *	track_deadline, track_is_sound
 *	everything else                      the other
 *
 * A channel takes its name from the ordinary swarm of that info-hash with its
 * first publish: that swarm's peers are forgotten, for none of them could do
 * anything with a live channel, and those that could are viewers of ours, who
 * are told by their peer-id (-SP...) and never were in it.
 *
 * Calls with |now| must be made in the order of time. |wall_ms| is the wall
 * clock, ms since 1970; it is only told, never decided on.
 */

#include "tracker/access.h"
#include "tracker/figures.h"
#include "tracker/live.h"
#include "tracker/plain.h"
#include "tracker/registry.h"
#include "tracker/shareout.h"
#include "wire/roster.h"

struct track_conf {
	/* Its limits are those of ordinary swarms and of live ones, each. */
	struct registry_conf registry;
	uint64_t max_bytes; /* of ordinary swarms (tracker/plain.h); 0: any */
	struct live_conf live;
	bool full_scrape;     /* answer /scrape without info-hash (bounded) */
	uint32_t max_present; /* viewers whose streams are known; at least 1 */
	/*
	 * Not 0: other trackers are told of announces (track_shareout), by this
	 * name, which is random.
	 */
	uint64_t node;
};

#define TRACK_FULL_SCRAPE 10000 /* swarms in a full scrape */

struct track;

/* Defaults; conf->live.boot must be set by the host. */
void track_conf_init(struct track_conf *c);
/* SP_ERR_ARG, SP_ERR_NOMEM, SP_ERR_CRYPTO. */
int track_new(struct track **out, const struct track_conf *conf,
    const struct sp_mem *mem, uint64_t seed, sp_time now);
void track_free(struct track *t);

/*
 * One announce from |from|, for any face. Fills |out|; the peers stand in
 * |peers| (at most |max|). SP_ERR_DENIED (access), SP_ERR_RANGE (port 0,
 * address that cannot be dialled). out->external is |from|. The peers of live
 * swarms have their peer-ids, those of ordinary ones none.
 */
int track_announce(struct track *t, const struct tw_announce *a,
    const struct sp_addr *from, struct tw_peer *peers, size_t max,
    struct tw_reply *out, sp_time now);

/* SP_ERR_DENIED; zeros for a swarm that is not known. */
int track_scrape(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    struct tw_scrape_entry *out);

/*
 * Appends what |a|, which has been answered, asked for of the live window
 * (a->window), at most |max| bytes: the reply's "live". 0 bytes: it did not,
 * there is no such channel, or no room. b->err.
 */
int track_tail(const struct track *t, const struct tw_announce *a, size_t max,
    struct sp_buf *b);

/*
 * The number of the network (AS) of who announces by HTTP next; 0, and after
 * each announce: not known. Other faces fill in a->net.
 */
void track_asker_net(struct track *t, uint32_t net);
/*
 * |query| is the text after '?'. Both append one bencoded dictionary whatever
 * happens, and return 0 or the error that it tells; b->err only when |b| has
 * no room or memory.
 */
int track_http_announce(struct track *t, const char *query, size_t len,
    const struct sp_addr *from, struct sp_buf *b, sp_time now);
int track_http_scrape(struct track *t, const char *query, size_t len,
    struct sp_buf *b, sp_time now);

/*
 * The body of a publish. Appends the reply; returns as live_publish, or
 * SP_ERR_DENIED. |res| may be NULL.
 */
int track_publish(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const uint8_t *body, size_t len, struct sp_buf *b, struct live_result *res,
    sp_time now);
/* A batch of receipts from |from|. SP_ERR_NOTFOUND, or as reps_take. */
int track_receipts(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const uint8_t *body, size_t len, const struct sp_addr *from, sp_time now);
/*
 * How a viewer at |from| fares. SP_ERR_NOTFOUND: no such channel, or no viewer
 * that has announced itself from there so; as telemetry_read or figures_take.
 */
int track_telemetry(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const uint8_t *body, size_t len, const struct sp_addr *from, sp_time now);
/* How all of a channel fare: for the operator. SP_ERR_NOTFOUND. */
int track_channel_figures(const struct track *t,
    const uint8_t info_hash[LINK_INFOHASH_LEN], struct figures_told *out,
    sp_time now);
/* SP_ERR_NOTFOUND: no such channel (or denied): HTTP 404; b->err. */
int track_hello(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    int64_t wall_ms, struct sp_buf *b);
/* As live_feed, and SP_ERR_NOTFOUND: the channel is gone, end the stream. */
int track_feed(const struct track *t,
    const uint8_t info_hash[LINK_INFOHASH_LEN], struct tw_since *pos,
    size_t max, struct sp_buf *b);
/*
 * Appends a ROSTER frame when a reader at |reader| who has version |*version|
 * (0: none yet) lacks news, and moves it: 1. 0: nothing new. Or b->err.
 */
int track_roster(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const struct sp_addr *reader, uint64_t *version, struct sp_buf *b);
/*
 * A stream for |s| from |from| opens: 0 when it is counted as a sign of life of
 * whom it names. SP_ERR_NOTFOUND: it names nobody; SP_ERR_FULL, SP_ERR_NOMEM:
 * it is a stream like that.
 *
 * When the last one that counted closes, the viewer is taken off the roster:
 * with the next draw, or the first one after DUTIES_GAP, so that who comes back
 * at once stays. It may be drawn again when it opens another stream or
 * announces itself. Only what was counted is closed, once, with the same |s|
 * and |from|.
 */
int track_stream_open(struct track *t,
    const uint8_t info_hash[LINK_INFOHASH_LEN], const struct tw_stream *s,
    const struct sp_addr *from, sp_time now);
void track_stream_close(struct track *t,
    const uint8_t info_hash[LINK_INFOHASH_LEN], const struct tw_stream *s,
    const struct sp_addr *from, sp_time now);
/*
 * Appends a PLACES frame when whom |s| from |from| names has news: 1. 0:
 * nothing new. Or b->err; then it comes with the next stream.
 */
int track_places(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const struct tw_stream *s, const struct sp_addr *from, struct sp_buf *b);
/*
 * Another tracker drew the channel's roster: as duties_adopt. Its streams have
 * news.
 */
int track_adopt(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const struct roster *r, sp_time now, sp_time until);
/* The roster with all addresses, for the operator; NULL: none. Borrows until
 * the next call. */
const struct roster *track_roster_get(const struct track *t,
    const uint8_t info_hash[LINK_INFOHASH_LEN]);
int track_manifest(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    struct sp_buf *b);
/* Evidence of equivocation of one channel; a count of pairs. */
int track_evidence(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    struct sp_buf *b);

/* As access_set; then forgets what is no longer permitted. */
int track_access(struct track *t, enum access_list which, const char *text,
    size_t len, struct access_error *e);
/* As access_put; then forgets what is no longer permitted. */
void track_access_put(struct track *t, enum access_list which,
    struct map *list);

/*
 * Takes of |conf|->registry what may change while we run: max_swarm_peers,
 * min_interval_s, numwant. SP_ERR_ARG: nothing has changed.
 */
int track_relimit(struct track *t, const struct track_conf *conf);
/*
 * Forgets and denies an info-hash, or whoever is at |addr| (port 0: at any
 * port) until |until|: nobody is told of him any more, but peers who were keep
 * what they have. SP_ERR_FULL, SP_ERR_NOMEM.
 */
int track_kick(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    sp_time until);
int track_kick_addr(struct track *t, const struct sp_addr *addr, sp_time until,
    sp_time now);
/* For faces: false is counted. */
bool track_permits_addr(struct track *t, const struct sp_addr *addr);
/* What is to be told to other trackers; NULL: nothing is. */
struct shareout *track_shareout(const struct track *t);
/*
 * A peer that another tracker took: 0 when it is kept, or gone, as it says;
 * SP_ERR_DENIED, or as plain_import, or registry_announce and its answer's
 * store.
 */
int track_import(struct track *t, const struct sharewire_peer *p, sp_time now);
/*
 * Frames of a publish at another tracker, which is not believed: as
 * track_publish, but that nobody waits for an answer.
 */
void track_relay(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const uint8_t *body, size_t len, struct live_result *res, sp_time now);
/* By the access lists; what they refuse is counted. For faces with swarms of
 * their own. */
bool track_permits(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN]);

void track_tick(struct track *t, sp_time now);
/*
 * Does the same, and draws rosters and plans trees that are due until one has
 * changed: true, the streams of that channel have news. False: nothing is left
 * to do.
 */
bool track_wake(struct track *t, uint8_t info_hash[LINK_INFOHASH_LEN],
    sp_time now);
/* When to call it at the latest; SP_NEVER. */
sp_time track_deadline(const struct track *t);

struct track_stats {
	struct registry_stats registry; /* of all swarms */
	struct plain_stats plain;       /* of ordinary ones alone */
	struct live_stats live;
	uint64_t announces, announce_errors;
	uint64_t scrapes, scrape_errors;
	uint64_t publishes, publish_errors;
	uint64_t receipts, receipt_errors; /* batches */
	uint64_t telemetry, telemetry_errors;
	uint64_t denied;     /* by access, of all kinds */
	uint64_t peers_told; /* addresses handed out */
	uint64_t kicked;     /* info-hashes and addresses, at the last tick */
	uint64_t on_duty;    /* members of all rosters */
	uint64_t present;    /* viewers with a stream that names them */
	uint64_t planned;    /* of them, those in planned trees */
};
void track_stats(const struct track *t, struct track_stats *out);
struct plain *track_plain(struct track *t);
const struct live *track_live(const struct track *t);
const struct registry *track_registry(const struct track *t);
/* For tests and fuzzers. */
bool track_is_sound(const struct track *t);

#endif
