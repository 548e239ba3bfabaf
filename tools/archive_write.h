#ifndef TOOLS_ARCHIVE_WRITE_H
#define TOOLS_ARCHIVE_WRITE_H

/* The parts of `spate-archive make' that write: files and the torrent. */

#include "tools/archive.h"
#include "tools/archive_media.h"

struct archive_options {
	struct conf_std std;
	const char *from, *to, *name, *files, *channel, *comment, *out;
	struct conf_list tracks, seeds, trackers;
	int format; /* enum archive_format */
	int64_t piece_length;
	bool allow_lost, force;
};

enum archive_format {
	ARCHIVE_V2,
	ARCHIVE_HYBRID,
	ARCHIVE_V1,
};

struct archive_job {
	const struct archive_options *o;
	struct archive_span span;
	struct archive_media media;
	uint32_t piece_length;
	char *name, *stem;
	char *dir; /* of the small files */
	struct archive_small small[ARCHIVE_SMALL];
	int n_small;
	struct metainfo m;
	uint8_t *pieces; /* of version 1 alone */
	size_t lost;
};

static inline bool
archive_is_hybrid(const struct archive_job *j)
{
	return j->o->format == ARCHIVE_HYBRID;
}

/*
 * Looks at all media: copies what has a place of its own, hashes for a hybrid.
 * What is not there, or not right, is marked as lost and complained about.
 * False after another complaint.
 */
bool archive_take_media(struct archive_job *j);
/* Playlists and records, on disk. False after a complaint. */
bool archive_write_small(struct archive_job *j);
/*
 * The torrent, on disk; j->m is what was written, with its info-hashes. False
 * after a complaint.
 */
bool archive_write_torrent(struct archive_job *j);

#endif
