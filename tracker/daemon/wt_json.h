#ifndef TRACKER_DAEMON_WT_JSON_H
#define TRACKER_DAEMON_WT_JSON_H

/*
 * The messages of the WebTorrent tracker protocol, JSON in WebSocket text.
 * Binary values (info_hash, peer_id, offer_id) are strings in which each
 * character, U+0000 to U+00FF, is one byte. Offers and answers are objects that
 * nobody looks into: they are passed on as they came, but for blanks.
 */

#include "base/buf.h"
#include "tracker/wt.h"

enum wt_json_kind {
	WT_JSON_NONE, /* could not be told */
	WT_JSON_ANNOUNCE,
	WT_JSON_ANSWER, /* an announce that has an answer */
	WT_JSON_SCRAPE,
};

struct wt_json_scrape {
	bool all; /* it names no swarm */
	size_t n;
	uint8_t info_hash[LIM_SCRAPE_HASHES][LINK_INFOHASH_LEN];
};

struct wt_json {
	enum wt_json_kind kind;
	bool has_hash; /* known, also of a message that is bad otherwise */
	uint8_t info_hash[LINK_INFOHASH_LEN];
	const char *bad; /* what is wrong with it; NULL: nothing */
	struct wt_announce announce;
	struct wt_answer answer;
	struct wt_json_scrape scrape;
};

/* What a message's offers may need when they are written anew. */
#define WT_JSON_TEXT (2 * LIM_WT_MESSAGE)

/*
 * 0, or SP_ERR_SYNTAX with out->bad; SP_ERR_NOMEM. Offers beyond
 * LIM_WT_OFFERS and swarms beyond LIM_SCRAPE_HASHES are left out. Their texts
 * and ids are put into |text|, which must have a maximum of WT_JSON_TEXT: |out|
 * borrows it.
 */
int wt_json_read(struct wt_json *out, const uint8_t *p, size_t len,
    struct sp_buf *text);

/* Each appends one message; b->err. */
void wt_json_act(struct sp_buf *b, const struct wt_act *act);
/* To what |m| is, as far as that is known. */
void wt_json_failure(struct sp_buf *b, const struct wt_json *m,
    const char *why);
/* Call begin, one each, end. */
void wt_json_scrape_begin(struct sp_buf *b);
void wt_json_scrape_one(struct sp_buf *b,
    const uint8_t info_hash[LINK_INFOHASH_LEN], const struct wt_counts *c,
    bool first);
void wt_json_scrape_end(struct sp_buf *b, uint32_t interval_s);

#endif
