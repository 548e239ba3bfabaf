#ifndef SRC_WIRE_TRACKWIRE_H
#define SRC_WIRE_TRACKWIRE_H

/*
 * What is said to and by a tracker over HTTP, as bytes and structs.
 *
 * Announce and scrape: BEP 3, 7, 23, 24, 48. The live extension adds paths
 *
 *	POST /live/<info-hash, 40 hex>/publish
 *		body: frames, at most LIM_PUBLISH bytes; reply: bencoded
 *	GET /live/<info-hash>/window?since=<boot>.<seq>&wait=<seconds>
 *		reply: HELLO, then frames, at most LIM_TRACKER_REPLY bytes;
 *		with wait, when there is a frame or that time is over
 *	GET /live/<info-hash>/stream?since=<boot>.<seq>&peer_id=<id>&port=<port>
 *		reply: frames, goes on
 *	GET /live/<info-hash>/manifest
 *		reply: manifest envelope
 *	GET /live/<info-hash>/evidence
 *		reply: frames in pairs that the channel key signed for one place
 *
 * A window that is longer goes on from the last seq that came; without a
 * record after HELLO the reader has everything up to HELLO's seq.
 *
 * The reply to a publish is a dictionary: accepted, stale (known already, or
 * older), failed: numbers of frames; code (sp_errname) and failure reason of
 * the first frame that was not accepted, absent if none; boot (16 hex
 * digits), seq; tracks: list of {d digest, e epoch, n number, t track}, the
 * newest record of each, from where a seeder goes on after CHAIN. With code
 * NOTFOUND it sends its manifest first; STALE alone needs nothing.
 *
 * A frame is u8 type, u32 length, body:
 *	1 HELLO     u64 boot, u64 seq, u64 tracker's clock in ms since 1970
 *	2 MANIFEST  envelope
 *	3 RECORD    u64 seq (0 in a publish), envelope
 *	4 ALIVE     nothing; sent every 5 s on a quiet stream
 *	5 ROSTER    duty roster, whole or what has changed (wire/roster.h); on
 *	            streams only: the first one after HELLO is whole
 *	6 PLACES    whom to ask for pushes first (wire/places.h); on streams of
 *	            who named himself only, and each gets his own
 *	7 EDGE      struct tw_edge of each track: where it is; in announces only
 * |boot| is drawn when the tracker starts and |seq| counts what it accepted for
 * the channel, so a client resumes where it was and a restarted tracker is
 * recognised: another boot means "send all".
 */

#include "base/addr.h"
#include "base/buf.h"
#include "wire/limits.h"
#include "wire/link.h"

enum tw_event {
	TW_EVENT_NONE,
	TW_EVENT_STARTED,
	TW_EVENT_STOPPED,
	TW_EVENT_COMPLETED,
};

/* Up to where a reader has what a tracker told. Zeros: nothing. */
struct tw_since {
	uint64_t boot, seq;
};

struct tw_announce {
	uint8_t info_hash[LINK_INFOHASH_LEN];
	uint8_t peer_id[LINK_PEERID_LEN];
	uint16_t port;
	uint64_t uploaded, downloaded, left;
	enum tw_event event;
	int32_t numwant; /* -1: not given */
	bool compact;    /* default true on parsing: BEP 23 */
	bool no_peer_id;
	bool has_key;
	uint32_t key;
	struct sp_addr ip; /* family 0: not given; IP only */
	/*
	 * The live extension: up=KBITS and rc=1, which only who relays tells
	 * (|live|: either was there) and other trackers skip.
	 */
	bool live;
	uint32_t up_kbps; /* what it believes its uplink to be; 0 unknown */
	bool reachable;   /* somebody could connect to it */
	/*
	 * tk=ID: the track that it watches, of those among which players
	 * choose the one of the highest rate.
	 */
	bool has_track;
	uint8_t track; /* below LIM_TRACKS */
	/*
	 * lw=BOOT.SEQ: what came to the live window after that is asked for
	 * with the reply, as far as it has room; lw=1: after nothing.
	 */
	bool window;
	struct tw_since since;
	/* Not on the wire: of the asker's network (AS), as a host of a tracker
	 * knows it; 0: it does not. */
	uint32_t net;
	bool foreign; /* nor is this: another tracker told of it */
};

struct tw_peer {
	uint8_t peer_id[LINK_PEERID_LEN]; /* zeros when not told */
	bool has_id;
	struct sp_addr addr;
};

struct tw_reply {
	const char *failure; /* NULL, or not terminated text of failure_len */
	size_t failure_len;
	const char *warning;
	size_t warning_len;
	uint32_t interval_s, min_interval_s;
	uint32_t complete, incomplete;
	struct sp_addr external; /* BEP 24; family 0 none */
	/*
	 * The live extension: "tracks", a byte string of pairs: a track, and
	 * how many others watch it, 255 or more. Told of small swarms.
	 */
	bool counted;
	uint8_t viewers[LIM_TRACKS];
	/* "live": HELLO (clock 0), EDGE, a manifest that the asker lacks, and
	 * the newest records; 0 bytes: not there */
	const uint8_t *live;
	size_t live_len; /* at most LIM_LIVE_TAIL */
	size_t n_peers;
	struct tw_peer *peers; /* caller's array */
	/*
	 * Peers as compact replies have them, of one family (4, 6), instead of
	 * |peers|: for writing only, borrowed until that.
	 */
	const uint8_t *packed;
	size_t n_packed;
	int packed_family;
};

/* Appends the query string of an announce, without the '?'. */
void tw_announce_write(struct sp_buf *b, const struct tw_announce *a);
/*
 * Parses a query string of at most LIM_ANNOUNCE_URI bytes (SP_ERR_TOOBIG).
 * Parameters are separated by '&'; of a repeated one the first counts; unknown
 * ones are skipped. Percent-encoding in all its forms ('+' is a space).
 * SP_ERR_SYNTAX, SP_ERR_RANGE (port 0, numbers), SP_ERR_NOTFOUND (info_hash,
 * peer_id or port missing); *what names the parameter, NULL if none.
 *
 * Taken as not given: numwant below 0, an event that BEP 3 does not know, an
 * ip that is not an address, an up or rc that is not a number of 32 bits, a tk
 * that is no track, an lw that is neither 1 nor a place. A key that is not 1 to
 * 8 hex digits is folded to 32 bits.
 */
int tw_announce_parse(struct tw_announce *out, const char *q, size_t len,
    const char **what);
/*
 * Takes from a query only what the live extension has in it, for an announce
 * that came another way (wire/udpwire.h).
 */
void tw_announce_live(struct tw_announce *a, const char *q, size_t len);
/*
 * Up to |max| info-hashes, those after them are ignored; returns their number,
 * SP_ERR_SYNTAX or SP_ERR_TOOBIG (LIM_SCRAPE_URI: as many as are answered,
 * each byte escaped, fit).
 */
int tw_scrape_parse(uint8_t (*out)[LINK_INFOHASH_LEN], size_t max,
    const char *q, size_t len);

/*
 * Reads a reply: compact peers, a list of dictionaries (entries with a host
 * name or without a port are skipped), peers6. At most |max| peers are stored
 * in |peers|, which out->peers then is; texts borrow |p|. With a failure, only
 * that is set. Numbers that are absent are 0, too large ones are capped.
 * Bencoding errors (bencode_check, not strict), SP_ERR_SYNTAX (neither
 * failure nor interval; malformed peers), SP_ERR_TOOBIG (LIM_TRACKER_REPLY).
 */
int tw_reply_read(struct tw_reply *out, struct tw_peer *peers, size_t max,
    const uint8_t *p, size_t len);
/*
 * Writes one; with a->compact BEP 23 + BEP 7, else a list of dictionaries
 * (with "peer id" unless no_peer_id).
 */
void tw_reply_write(struct sp_buf *b, const struct tw_reply *r,
    const struct tw_announce *a);
void tw_failure_write(struct sp_buf *b, const char *text);

struct tw_scrape_entry {
	uint8_t info_hash[LINK_INFOHASH_LEN];
	uint32_t complete, downloaded, incomplete;
};
/* Entries are sorted by info-hash in place; a repeated one is written once. */
void tw_scrape_write(struct sp_buf *b, struct tw_scrape_entry *e, size_t n);
/*
 * At most |max| entries; returns their number. Errors as tw_reply_read;
 * SP_ERR_SYNTAX when there are no "files".
 */
int tw_scrape_read(struct tw_scrape_entry *out, size_t max, const uint8_t *p,
    size_t len);

enum tw_frame_type {
	TW_FRAME_HELLO = 1,
	TW_FRAME_MANIFEST = 2,
	TW_FRAME_RECORD = 3,
	TW_FRAME_ALIVE = 4,
	TW_FRAME_ROSTER = 5,
	TW_FRAME_PLACES = 6,
	TW_FRAME_EDGE = 7,
};

struct tw_frame {
	uint8_t type;
	uint64_t boot, seq; /* HELLO; RECORD: seq only */
	uint64_t clock_ms;
	const uint8_t *p; /* envelope; ROSTER, PLACES, EDGE: body */
	size_t len;
};

/*
 * Next frame from the start of |p|: bytes used, 0 when more input is needed,
 * SP_ERR_TOOBIG (LIM_FEED_FRAME, LIM_ENVELOPE; no need to wait for the body),
 * SP_ERR_SYNTAX (known type with a malformed body; envelopes, rosters and
 * places are not looked into). Unknown types are returned with p/len = body.
 */
int tw_frame_read(struct tw_frame *out, const uint8_t *p, size_t len);
void tw_frame_write(struct sp_buf *b, const struct tw_frame *f);
#define TW_FRAME_HEAD 5 /* type, length */

/* The newest record of a track; u8, u32, u64, u64 in a frame's body. */
struct tw_edge {
	uint8_t track;
	uint32_t epoch;
	uint64_t number, avail_ms;
};
#define TW_EDGE_LEN (1 + 4 + 8 + 8)
void tw_edge_put(struct sp_buf *b, const struct tw_edge *e);
/* False at the end. */
bool tw_edge_get(struct sp_rd *rd, struct tw_edge *out);

/*
 * "since=<hex boot>.<dec seq>" in a query string; zeros when absent.
 * SP_ERR_SYNTAX, SP_ERR_RANGE.
 */
int tw_since_parse(struct tw_since *out, const char *q, size_t len);
void tw_since_write(struct sp_buf *b, const struct tw_since *s);

/*
 * What a stream is asked for with. Who announces itself names itself here too,
 * with the peer-id and the port of its announces: the stream is its sign of
 * life then (tracker/presence.h).
 */
struct tw_stream {
	struct tw_since since;
	bool named; /* the next two are given */
	uint8_t peer_id[LINK_PEERID_LEN];
	uint16_t port;
	uint32_t wait_s; /* of a window: [0, LIM_WINDOW_WAIT] */
};
/*
 * As tw_since_parse. Nobody is named when peer_id or port is missing or is not
 * what an announce takes: that is no reason to refuse a stream. A wait that is
 * longer is cut; one that is no number is 0.
 */
int tw_stream_parse(struct tw_stream *out, const char *q, size_t len);
void tw_stream_write(struct sp_buf *b, const struct tw_stream *s);

#endif
