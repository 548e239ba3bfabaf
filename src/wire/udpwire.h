#ifndef SRC_WIRE_UDPWIRE_H
#define SRC_WIRE_UDPWIRE_H

/*
 * The tracker protocol over UDP, as bytes and structs, from both ends: BEP 15
 * with the peers of IPv6, and the options of BEP 41. All integers big-endian.
 *
 *	request    bytes
 *	connect    u64 UW_MAGIC, u32 0, u32 tid
 *	announce   u64 conn_id, u32 1, u32 tid, info_hash, peer_id,
 *	           u64 downloaded, u64 left, u64 uploaded, u32 event, u32 ip,
 *	           u32 key, i32 numwant, u16 port, options
 *	scrape     u64 conn_id, u32 2, u32 tid, info-hashes
 *
 *	reply      bytes
 *	connect    u32 0, u32 tid, u64 conn_id
 *	announce   u32 1, u32 tid, u32 interval, u32 leechers, u32 seeders,
 *	           peers: 6 bytes each by IPv4, 18 by IPv6
 *	scrape     u32 2, u32 tid, {u32 seeders, u32 completed, u32 leechers}
 *	           of each info-hash, in their order
 *	error      u32 3, u32 tid, text
 *	live       u32 4, u32 tid, u32 interval, u32 leechers, u32 seeders,
 *	           u16 number of peers, peers, frames (wire/trackwire.h): the
 *	           answer to an announce whose URL asks for the live window
 *(lw), from a tracker that has one to tell; others give them the one above
 */

#include "wire/trackwire.h"

#define UW_MAGIC UINT64_C(0x41727101980)

#define UW_HEAD_LEN      16 /* what every request has */
#define UW_ANNOUNCE_LEN  98 /* without options */
#define UW_CONNECTED_LEN 16
#define UW_ANNOUNCED_LEN 20 /* without peers */
#define UW_LIVE_LEN      22 /* without peers and frames */
#define UW_SCRAPED_LEN   8  /* without counts */
#define UW_ERROR_LEN     8  /* without text */
#define UW_COUNTS_LEN    12

enum uw_action {
	UW_CONNECT,
	UW_ANNOUNCE,
	UW_SCRAPE,
	UW_ERROR, /* replies only, this and the next */
	UW_LIVE,
};

struct uw_req {
	enum uw_action action;
	uint32_t tid;
	uint64_t conn_id; /* announce, scrape */
	/*
	 * Announce. compact and has_key are set; the live extension is not
	 * (tw_announce_live takes it from the URL). ip is only repeated.
	 */
	struct tw_announce ann;
	const uint8_t *options; /* BEP 41, well-formed */
	size_t options_len;
	size_t url_len; /* what uw_url_get will give; not used by writers */
	/* Scrape. */
	const uint8_t *hashes; /* LINK_INFOHASH_LEN each */
	size_t n_hashes;
};

/*
 * Reads a request; out->options and out->hashes borrow |p|. Bytes after a
 * connect are ignored, and info-hashes after LIM_SCRAPE_HASHES. An unknown
 * event is none, a numwant below 0 is -1 (not given).
 *
 * SP_ERR_PROTO: no request at all (shorter than UW_HEAD_LEN, unknown action,
 * connect without UW_MAGIC); nothing in |out| counts. With all other errors
 * action, tid and conn_id do, so that one can say so: SP_ERR_SHORT (cut
 * announce or info-hash), SP_ERR_SYNTAX (option that runs past the end),
 * SP_ERR_TOOBIG (URL over LIM_UDP_URL).
 */
int uw_req_read(struct uw_req *out, const uint8_t *p, size_t len);
/* Appends one; event, numwant and key as they are read. */
void uw_req_write(struct sp_buf *b, const struct uw_req *r);

/*
 * The path and query that the options spell, joined, r->url_len bytes: its
 * parameters are read with uri_query_next from behind the '?'. 0: none.
 */
size_t uw_url_get(char out[LIM_UDP_URL], const struct uw_req *r);
/* The query in it: *q, of the bytes returned, borrows |url|. */
size_t uw_url_query(const char *url, size_t len, const char **q);
/* Appends the options that spell |url| (at most LIM_UDP_URL bytes). */
void uw_url_put(struct sp_buf *b, const char *url, size_t len);

struct uw_reply {
	enum uw_action action;
	uint32_t tid;
	uint64_t conn_id;                       /* connect */
	uint32_t interval_s, leechers, seeders; /* announce, live */
	/* Live: of them in the body, and the frames; writers leave these empty
	 * as well, but n_peers must be right. */
	uint16_t n_peers;
	const uint8_t *live;
	size_t live_len;
	/*
	 * Announce, live: peers, read with compact_get. Scrape: uw_counts_get.
	 * Error: text, not terminated.
	 */
	const uint8_t *body;
	size_t body_len;
};

/*
 * Reads a reply that came by IPv4 or IPv6 (|family| 4, 6: so long is a peer).
 * Borrows |p|. SP_ERR_SHORT, SP_ERR_PROTO (unknown action), SP_ERR_SYNTAX (a
 * body that is no whole number of peers or counts).
 */
int uw_reply_read(struct uw_reply *out, int family, const uint8_t *p,
    size_t len);
/*
 * Appends one. A tracker leaves the body empty and puts it behind with
 * compact_put and uw_counts_put.
 */
void uw_reply_write(struct sp_buf *b, const struct uw_reply *r);

struct uw_counts {
	uint32_t seeders, completed, leechers;
};
/* False at the end. */
bool uw_counts_get(struct sp_rd *rd, struct uw_counts *out);
void uw_counts_put(struct sp_buf *b, const struct uw_counts *c);

#endif
