#ifndef SRC_WIRE_MANIFEST_H
#define SRC_WIRE_MANIFEST_H

/*
 * The signed description of a channel. Canonical bencoding inside
 *
 *	d 1:m <manifest> 1:s 64:<signature> e      label "spate manifest 1"
 *
 * Keys: e epoch, h hold-back ms, k channel key, n title, o origin base URLs
 * (end with "/"), p policy flags, r list of master playlist references, s
 * serial (grows with each change, over restarts too), t list of tracks, u
 * trackers, v version (1), w window ms, x lines of the master playlist that
 * stand for themselves (whole lines).
 * A track: b bandwidth, c codecs, d target duration s, f container, g header
 * lines of its media playlist (whole lines), h height, i id, l language, n
 * name, w width.
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
	uint8_t id;
	uint8_t container;
	uint16_t width, height; /* 0 unknown */
	uint32_t bandwidth_bps; /* 0 unknown */
	uint32_t target_s;      /* EXT-X-TARGETDURATION */
	struct manifest_text name, codecs, language, head;
};

struct manifest_ref {
	uint8_t kind;
	int16_t track; /* -1 none */
	struct manifest_text attrs;
};

/* Text borrows what was decoded. */
struct manifest {
	uint8_t pk[HASH_PK_LEN];
	uint32_t epoch;
	uint64_t serial;
	uint32_t window_ms;
	uint32_t holdback_ms;
	uint32_t policy;
	struct manifest_text title, lines;
	size_t n_tracks, n_refs, n_origins, n_trackers;
	struct manifest_track tracks[LIM_TRACKS];
	struct manifest_ref refs[LIM_MASTER_REFS];
	struct manifest_text origins[LIM_ORIGINS];
	struct manifest_text trackers[LIM_TRACKERS];
};

/* Encodes, signs, wraps. SP_ERR_ARG for values out of range. */
int manifest_seal(struct sp_buf *b, const struct manifest *m,
    const uint8_t sk[HASH_SK_LEN]);
/*
 * Checks form, ranges, signature by the key inside, and that this key is |pk|
 * (SP_ERR_WRONGCHAN; |pk| NULL accepts any). Errors as record_decode.
 */
int manifest_open(struct manifest *out, const uint8_t *p, size_t len,
    const uint8_t *pk);
const struct manifest_track *manifest_track(const struct manifest *m,
    uint8_t id); /* NULL if none */

#endif
