#ifndef SRC_WIRE_M3U8_IN_H
#define SRC_WIRE_M3U8_IN_H

/*
 * Inside of the m3u8 reader: what the files m3u8*.c share. Not for others.
 */

#include "wire/m3u8.h"

/* The reader at work on one playlist. */
struct m3u8_in {
	struct m3u8 *out;
	unsigned line;    /* number of the current line, from 1 */
	const char *what; /* went wrong: static text */
	uint64_t seen;    /* bit per row of the tag table */
	bool has_target;  /* EXT-X-TARGETDURATION was there */
	bool has_define;
	bool has_inf;    /* EXTINF was there, its URI not yet */
	bool has_stream; /* EXT-X-STREAM-INF was there, its URI not yet */
	bool implicit;   /* BYTERANGE was there, without offset */
	size_t cap;      /* of segments or refs */
	struct m3u8_segment seg; /* the next one, and what is in force */
};

/* Notes |what| and returns |err|. */
int m3u8_fail(struct m3u8_in *in, int err, const char *what);
/* Appends a line to one of the arrays of lines. */
int m3u8_keep(struct m3u8_in *in, struct m3u8_span *lines, unsigned *n,
    unsigned max, struct m3u8_span line);
/* Fine as a URI: 1 to |max| bytes, no variables. */
int m3u8_check_uri(struct m3u8_in *in, struct m3u8_span uri, size_t max);
int m3u8_check_attrs(struct m3u8_in *in, struct m3u8_span attrs);
/*
 * URI of an attribute list, which is checked. SP_ERR_NOTFOUND, with nothing
 * noted, if it has none.
 */
int m3u8_get_uri(struct m3u8_in *in, struct m3u8_span attrs, size_t max,
    struct m3u8_span *uri);

/* Tags of media playlists; |v| is what follows the colon. */
int m3u8_in_target(struct m3u8_in *in, struct m3u8_span v);
int m3u8_in_sequence(struct m3u8_in *in, struct m3u8_span v);
int m3u8_in_dseq(struct m3u8_in *in, struct m3u8_span v);
int m3u8_in_type(struct m3u8_in *in, struct m3u8_span v);
int m3u8_in_endlist(struct m3u8_in *in, struct m3u8_span v);
int m3u8_in_iframes(struct m3u8_in *in, struct m3u8_span v);
int m3u8_in_inf(struct m3u8_in *in, struct m3u8_span v);
int m3u8_in_byterange(struct m3u8_in *in, struct m3u8_span v);
int m3u8_in_discontinuity(struct m3u8_in *in, struct m3u8_span v);
int m3u8_in_key(struct m3u8_in *in, struct m3u8_span line);
int m3u8_in_map(struct m3u8_in *in, struct m3u8_span v);
int m3u8_in_date(struct m3u8_in *in, struct m3u8_span line);
int m3u8_in_gap(struct m3u8_in *in, struct m3u8_span v);
/* The URI line that completes a segment. */
int m3u8_in_segment(struct m3u8_in *in, struct m3u8_span uri);
/* Nothing may be open at the end. */
int m3u8_in_media_end(struct m3u8_in *in);

/* Tags of master playlists, and the URI line of EXT-X-STREAM-INF. */
int m3u8_in_stream(struct m3u8_in *in, struct m3u8_span v);
int m3u8_in_media(struct m3u8_in *in, struct m3u8_span v);
int m3u8_in_iframe(struct m3u8_in *in, struct m3u8_span v);
int m3u8_in_stream_uri(struct m3u8_in *in, struct m3u8_span uri);

/* What follows the colon of a tag; a list that is no tag comes back whole. */
struct m3u8_span m3u8_value(struct m3u8_span line);
bool m3u8_span_is(struct m3u8_span a, const char *s);
bool m3u8_span_eq(struct m3u8_span a, struct m3u8_span b);

/* All of |s| is the value: else SP_ERR_SYNTAX, or SP_ERR_RANGE. */
int m3u8_get_u64(struct m3u8_span s, uint64_t max, uint64_t *out);
/* Seconds with or without decimals, rounded to microseconds. */
int m3u8_get_duration(struct m3u8_span s, uint64_t *us);
/* "<n>[@<o>]": n > 0, o + n < 2^63. */
int m3u8_get_range(struct m3u8_span s, uint64_t *length, uint64_t *offset,
    bool *has_offset);
/* ISO 8601 date and time to milliseconds since 1970. */
int m3u8_get_date(struct m3u8_span s, int64_t *ms);

#endif
