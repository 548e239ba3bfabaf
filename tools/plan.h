#ifndef TOOLS_PLAN_H
#define TOOLS_PLAN_H

/*
 * Which tracks a source has, and the manifest that says so. Pure.
 *
 * From a master playlist: each variant and each EXT-X-MEDIA rendition with a
 * URI is a track; a URI that is named twice is one track. I-frame playlists
 * are left out. From a media playlist: one track, no references.
 *
 * Track ids follow the order of the playlist, unless an earlier run gave the
 * same playlist an id (plan_keep).
 */

#include "base/buf.h"
#include "wire/m3u8.h"
#include "wire/manifest.h"

struct plan_track {
	uint8_t id;
	char *name; /* URI as the master has it, without query; "" none */
	char *uri;  /* verbatim; NULL: the source itself is the playlist */
	struct manifest_track m; /* texts borrow the plan */
	char *head;              /* header lines, m.head */
	bool seen;               /* a media playlist was looked at */
	unsigned measured;       /* pieces */
	uint64_t peak_bps;       /* of them */
};

struct plan {
	const struct sp_mem *mem;
	char *text; /* of the master, owned */
	struct m3u8 pl;
	bool is_master;
	struct plan_track tracks[LIM_TRACKS];
	size_t n_tracks;
	struct manifest_ref refs[LIM_MASTER_REFS];
	char *attrs[LIM_MASTER_REFS]; /* owned, where refs needed a copy */
	size_t n_refs;
	char *lines;      /* other lines of the master, owned */
	unsigned skipped; /* tracks or references beyond the limits */
};

void plan_init(struct plan *p, const struct sp_mem *mem);
void plan_fini(struct plan *p);
/*
 * Reads a playlist of either kind, |text| is copied. Errors of m3u8_parse;
 * SP_ERR_NOTFOUND (a master without tracks), SP_ERR_UNSUPPORTED (an I-frame
 * playlist). |p| is fresh from plan_init, and is so again after an error.
 */
int plan_read(struct plan *p, const char *text, size_t len,
    struct m3u8_error *e);
/* The track whose playlist is |name| gets |id|; its owner takes the other. */
void plan_keep(struct plan *p, const char *name, uint8_t id);
/*
 * Takes header lines, target duration and container from a playlist of track
 * |i| (an index). True when the manifest changes by it. SP_ERR_NOMEM.
 */
int plan_look(struct plan *p, size_t i, const struct m3u8_media *pl);
/*
 * A piece of track |i|: where the source does not tell a bandwidth, the peak of
 * the first PLAN_MEASURE pieces stands in. True when the manifest changes.
 */
#define PLAN_MEASURE 3
bool plan_measure(struct plan *p, size_t i, size_t bytes, uint32_t duration_us);
/* Fills tracks, refs and lines of |m|; texts borrow |p|. */
void plan_manifest(const struct plan *p, struct manifest *m);
/* Largest target duration, s; 0: none was seen. */
uint32_t plan_target(const struct plan *p);

#endif
