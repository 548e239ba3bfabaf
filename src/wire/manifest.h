#ifndef SRC_WIRE_MANIFEST_H
#define SRC_WIRE_MANIFEST_H

/*
 * The signed description of a channel. Canonical bencoding inside
 *
 *	d 1:m <manifest> 1:s 64:<signature> e      label "spate manifest 1"
 *
 * One that would be 0 or empty is left out; unknown keys are skipped on
 * decoding, as in records. Keys:
 *
 *	e	epoch
 *	f	files: an item, packed (wire/fileitem.h)
 *	h	hold-back, ms
 *	k	channel key
 *	n	title
 *	o	list of origin base URLs, each ends with "/"
 *	p	policy flags
 *	r	list of master playlist references
 *	s	serial (grows with each change, over restarts too)
 *	t	list of tracks
 *	u	list of tracker URLs
 *	v	version (1)
 *	w	window, ms
 *	x	lines of the master playlist that stand for themselves
 *
 * A track: b bandwidth, c codecs, d target duration s, f container, g header
 * lines of its media playlist, h height, i id, l language, n name, w width.
 *
 * A reference: a the attribute list of the source's line without URI, k kind
 * (0 EXT-X-STREAM-INF, 1 EXT-X-MEDIA, 2 EXT-X-I-FRAME-STREAM-INF), t track id
 * or -1 for a rendition without its own playlist.
 */

#include "base/buf.h"
#include "base/hash.h"
#include "wire/limits.h"

enum manifest_container {
	MANIFEST_TS,
	MANIFEST_FMP4,
	MANIFEST_AAC,  /* packed audio */
	MANIFEST_TEXT, /* WebVTT */
	MANIFEST_OTHER,
};

enum manifest_ref_kind {
	MANIFEST_REF_STREAM,
	MANIFEST_REF_MEDIA,
	MANIFEST_REF_IFRAME,
};

enum manifest_policy {
	MANIFEST_ENDED = 1 << 0, /* the channel is over */
};

struct manifest_text {
	const char *p; /* not terminated */
	size_t len;
};

struct manifest_track {
	uint8_t id;             /* [0, LIM_TRACKS), each once */
	uint8_t container;      /* enum manifest_container */
	uint16_t width, height; /* 0 unknown */
	uint32_t bandwidth_bps; /* 0 unknown */
	uint32_t target_s;      /* EXT-X-TARGETDURATION, [0, 3600] */
	/* Each but head at most LIM_TITLE. */
	struct manifest_text name, codecs, language, head;
};

struct manifest_ref {
	uint8_t kind;
	int16_t track; /* an id of the list of tracks, -1 none */
	struct manifest_text attrs;
};

/*
 * Text borrows what was decoded. Lines (also head) follow uri_is_lines
 * (wire/uri.h), other text uri_is_text, URLs uri_is_http.
 */
struct manifest {
	uint8_t pk[HASH_PK_LEN];
	uint32_t epoch;
	uint64_t serial; /* [0, INT64_MAX] */
	uint32_t window_ms;
	uint32_t holdback_ms;
	uint32_t policy;
	struct manifest_text title, lines;
	struct manifest_text files; /* bytes; fileitem_unpack */
	size_t n_tracks, n_refs, n_origins, n_trackers;
	struct manifest_track tracks[LIM_TRACKS];
	struct manifest_ref refs[LIM_MASTER_REFS];
	struct manifest_text origins[LIM_ORIGINS];
	struct manifest_text trackers[LIM_TRACKERS];
};

/*
 * Encodes, signs, wraps. SP_ERR_ARG for values out of range and when m->pk is
 * not the key of |sk|; SP_ERR_TOOBIG above LIM_MANIFEST; b->err, SP_ERR_NOMEM.
 */
int manifest_seal(struct sp_buf *b, const struct manifest *m,
    const uint8_t sk[HASH_SK_LEN]);
/*
 * Checks form, ranges, signature by the key inside (SP_ERR_SIG), and that this
 * key is |pk| (SP_ERR_WRONGCHAN; |pk| NULL accepts any). Otherwise as
 * record_decode; SP_ERR_UNSUPPORTED for another version.
 */
int manifest_open(struct manifest *out, const uint8_t *p, size_t len,
    const uint8_t *pk);
/*
 * SHA-256 of the dictionary that is signed, of an envelope that manifest_open
 * has taken. Codes of manifest_open.
 */
int manifest_digest(uint8_t out[HASH_LEN], const uint8_t *p, size_t len);
const struct manifest_track *manifest_track(const struct manifest *m,
    uint8_t id); /* NULL if none */

#endif
