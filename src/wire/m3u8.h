#ifndef SRC_WIRE_M3U8_H
#define SRC_WIRE_M3U8_H

/*
 * HLS playlists, RFC 8216 and draft-pantos-hls-rfc8216bis, versions 3 to 9.
 * The reader is zero-copy and keeps every tag it does not understand; the
 * writer of media playlists works from records (see hls_out in swarm/client).
 *
 * Lines end in LF or CRLF. A UTF-8 BOM is refused, as the RFC demands, and so
 * are control bytes other than TAB. All other bytes pass as they are. Comments
 * ('#' without EXT) and blank lines are dropped.
 *
 * The number in EXT-X-VERSION alone is no reason to refuse a playlist: what a
 * later version adds is a tag or attribute that passes through.
 *
 * Whole segments only: the low-latency tags PART, PART-INF, PRELOAD-HINT,
 * RENDITION-REPORT and SERVER-CONTROL are left out of the result, as RFC
 * 8216bis lets a client do that does not use them. SKIP (a delta update, which
 * a client gets only if it asks) is SP_ERR_UNSUPPORTED.
 *
 * An EXT-X-KEY with METHOD=AES-128 and no IV means that the media sequence
 * number is the IV: who renumbers segments must write that IV down
 * (m3u8_attr_set).
 */

#include "base/buf.h"
#include "wire/limits.h"

struct m3u8_span {
	const char *p;
	size_t len;
};

/* Where the reader stopped, for people. */
struct m3u8_error {
	unsigned line;    /* from 1 */
	const char *what; /* static text */
};

enum m3u8_kind {
	M3U8_MASTER,
	M3U8_MEDIA,
};

enum m3u8_type {
	M3U8_LIVE, /* no EXT-X-PLAYLIST-TYPE */
	M3U8_EVENT,
	M3U8_VOD,
};

#define M3U8_MAX_KEYS  4  /* keys in force at once (KEYFORMATs) */
#define M3U8_MAX_LINES 16 /* other tags before one segment */
#define M3U8_MAX_HEAD  64 /* other tags of the playlist as a whole */

struct m3u8_map {
	struct m3u8_span uri; /* len 0: none */
	bool has_range;
	uint64_t offset, length; /* BYTERANGE without offset: 0 */
};

struct m3u8_segment {
	struct m3u8_span uri;
	struct m3u8_span title; /* after the comma of EXTINF */
	uint64_t duration_us;
	uint64_t offset, length; /* with has_range: resolved, never implicit */
	uint64_t media_sequence;
	uint32_t dseq; /* discontinuity sequence, own tag included */
	bool has_range;
	bool discontinuity;
	bool gap;
	bool has_pdt;
	int64_t pdt_ms;      /* EXT-X-PROGRAM-DATE-TIME */
	struct m3u8_map map; /* in force */
	unsigned n_keys;     /* EXT-X-KEY lines in force, METHOD=NONE: 0 */
	struct m3u8_span keys[M3U8_MAX_KEYS];
	unsigned n_lines; /* PDT, DATERANGE, unknown tags: verbatim */
	struct m3u8_span lines[M3U8_MAX_LINES];
};

struct m3u8_media {
	uint32_t version; /* 1 when not given */
	uint32_t target_s;
	uint64_t media_sequence;
	uint32_t discontinuity_sequence;
	enum m3u8_type type;
	bool endlist;
	bool independent; /* EXT-X-INDEPENDENT-SEGMENTS */
	bool iframes_only;
	/*
	 * Other header lines, verbatim: START, DEFINE, ALLOW-CACHE, and tags
	 * that are not known if a known header tag comes after them and no
	 * segment before. All others that are not known are taken for tags of
	 * the segment that follows.
	 */
	unsigned n_head;
	struct m3u8_span head[M3U8_MAX_HEAD];
	unsigned n_tail; /* PDT, DATERANGE, unknown: after the last segment */
	struct m3u8_span tail[M3U8_MAX_LINES];
	size_t n_segments;
	struct m3u8_segment *segments; /* owned */
};

enum m3u8_ref_kind {
	M3U8_REF_STREAM, /* EXT-X-STREAM-INF */
	M3U8_REF_MEDIA,  /* EXT-X-MEDIA */
	M3U8_REF_IFRAME, /* EXT-X-I-FRAME-STREAM-INF */
};

struct m3u8_ref {
	enum m3u8_ref_kind kind;
	struct m3u8_span uri;   /* len 0: MEDIA without URI */
	struct m3u8_span attrs; /* whole attribute list, verbatim */
};

struct m3u8_master {
	uint32_t version;
	size_t n_refs;
	struct m3u8_ref *refs; /* owned, in the order of the playlist */
	/* Other tags, verbatim: SESSION-DATA, START, INDEPENDENT-SEGMENTS... */
	unsigned n_lines;
	struct m3u8_span lines[M3U8_MAX_HEAD];
};

struct m3u8 {
	enum m3u8_kind kind;
	const struct sp_mem *mem;
	struct m3u8_media media;
	struct m3u8_master master;
};

/*
 * Parses; spans borrow |s|. SP_ERR_SYNTAX (not a playlist, malformed tag),
 * SP_ERR_TOOBIG (LIM_*, M3U8_MAX_*), SP_ERR_RANGE, SP_ERR_UNSUPPORTED (SKIP;
 * EXT-X-DEFINE variables used in a URI), SP_ERR_NOMEM. After an error nothing
 * is owned. |e| may be NULL. Time is linear in |len|.
 *
 * Beyond the RFC: EXTINF without its comma and an attribute list that ends in
 * a comma are taken, since players take them. A PROGRAM-DATE-TIME without time
 * zone is UTC.
 */
int m3u8_parse(struct m3u8 *out, const struct sp_mem *mem, const char *s,
    size_t len, struct m3u8_error *e);
void m3u8_fini(struct m3u8 *m);

/*
 * Value of attribute |name| in an attribute list, or a tag with one after ':':
 * quotes stripped (*quoted tells, may be NULL). The first one if it is there
 * twice. False if not there, or behind something malformed.
 */
bool m3u8_attr(struct m3u8_span list, const char *name, struct m3u8_span *out,
    bool *quoted);
/*
 * Copies an attribute list, or a tag with one after ':', to |b| with attribute
 * |name| set to |value| (NULL: removed; quoted when |quote|); appended when it
 * was not there, and there once when it was there twice. 0, SP_ERR_SYNTAX
 * (|src| is not such a list), SP_ERR_ARG (|value| cannot be written so: line
 * breaks, control bytes, quotes, a comma or blank without quotes), b->err;
 * nothing is written for the first two.
 */
int m3u8_attr_set(struct sp_buf *b, struct m3u8_span src, const char *name,
    const char *value, size_t value_len, bool quote);
/* Tag of a line: "#EXT-X-KEY:..." is tag "EXT-X-KEY". */
bool m3u8_line_is(struct m3u8_span line, const char *tag);

/* "12.345" of |us| microseconds, as few decimals as needed, at least 3. */
void m3u8_put_duration(struct sp_buf *b, uint64_t us);

/*
 * RFC 3986 section 5 reference resolution (strict) of |ref| against |base|
 * (absolute; its fragment is not used). Appends to |b|. 0, SP_ERR_SYNTAX (no
 * scheme in |base|, control bytes; nothing is written), b->err.
 */
int m3u8_resolve(struct sp_buf *b, struct m3u8_span base, struct m3u8_span ref);
/*
 * The reference relative to |base| (a URL ending in "/") if |url| lies under
 * it: length > 0 and *out borrows |url|; m3u8_resolve gives |url| back. Else
 * 0, also for what looks as if it did but would lead elsewhere: dot segments
 * (even percent-encoded), "//", a colon in the first segment.
 */
size_t m3u8_relative(struct m3u8_span base, struct m3u8_span url,
    struct m3u8_span *out);

#endif
