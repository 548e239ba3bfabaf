#ifndef SWARM_CLIENT_HLS_PATH_H
#define SWARM_CLIENT_HLS_PATH_H

/*
 * Paths and types of what the local edge serves. Pure.
 *
 *	/master.m3u8 /index.m3u8      master playlist
 *	/t/<track>/index.m3u8         media playlist
 *	/t/<track>/<number>.<ext>     segment: ts m4s aac vtt, or the origin's
 *	/t/<track>/init-<number>.mp4  initialization section
 */

#include "wire/manifest.h"
#include "wire/record.h"

enum hls_path_kind {
	HLS_PATH_NONE,
	HLS_PATH_MASTER,
	HLS_PATH_MEDIA,
	HLS_PATH_SEGMENT,
	HLS_PATH_INIT,
};

struct hls_path {
	enum hls_path_kind kind;
	uint8_t track;   /* [0, LIM_TRACKS) */
	uint64_t number; /* SEGMENT, INIT */
};

/* |path| starts with '/'. */
struct hls_path hls_path_parse(const char *path);

#define HLS_EXT_MAX 8
/* "ts", "m4s", ...; "bin" when nothing better is known. Returns |out|. */
const char *hls_ext(const struct manifest_track *t, const struct record *rec,
    char out[HLS_EXT_MAX]);
/* Content type for an extension. */
const char *hls_type(const char *ext);

#endif
