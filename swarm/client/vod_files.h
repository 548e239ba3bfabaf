#ifndef SWARM_CLIENT_VOD_FILES_H
#define SWARM_CLIENT_VOD_FILES_H

/*
 * What a torrent's files are called over HTTP, what they are, and which of
 * them is played. Pure.
 *
 * The torrent's name, the directory that libtorrent puts in front of the paths
 * of a torrent of several files, is not part of a file's name here. Padding has
 * no name. Numbers of files are indexes of lt_info.files.
 */

#include "base/buf.h"
#include "lt/lt.h"

enum vod_kind {
	VOD_OTHER,
	VOD_VIDEO,
	VOD_AUDIO,
	VOD_LIST,    /* a playlist of HLS or DASH */
	VOD_SEGMENT, /* what such lists name */
	VOD_TEXT,    /* subtitles, and what a browser may show */
};

/* Content type by the suffix of |name|. Static. */
const char *vod_type(const char *name);

struct vod_files;

/* Borrows |info| for life. SP_ERR_NOMEM. */
int vod_files_new(struct vod_files **out, const struct lt_info *info);
void vod_files_free(struct vod_files *f); /* NULL is fine */

const char *vod_files_name(const struct vod_files *f, size_t file);
/* Without a playlist beside them, what may be segments are whole files. */
enum vod_kind vod_files_kind(const struct vod_files *f, size_t file);
/* The file of that name; SP_ERR_NOTFOUND. */
int vod_files_find(const struct vod_files *f, const char *name);
/*
 * The one to be played, if nobody says otherwise: a playlist called master or
 * that of an archive, else one called index, the nearest to the top; else the
 * largest video; else the largest audio; else the largest file.
 * SP_ERR_NOTFOUND: there are none.
 */
int vod_files_main(const struct vod_files *f);
/*
 * The one that a person means by |text|: its number from 1 on as the list
 * (vod_files_list) has it, its name, or the end of just one name from a slash
 * on. SP_ERR_NOTFOUND; SP_ERR_EXISTS: there are several.
 */
int vod_files_pick(const struct vod_files *f, const char *text);
/* All files, by name, with numbers in it by value: "2.mkv" before "10.mkv". */
const uint32_t *vod_files_list(const struct vod_files *f, size_t *n);
/*
 * One past the last byte, in the torrent, that who plays |file| is likely to
 * want next: its end; of a segment, the end of the segments behind it that lie
 * in the same directory.
 */
uint64_t vod_files_ahead(const struct vod_files *f, size_t file);

/* |name| as the path of a URL: all but unreserved characters and / escaped. */
void vod_put_path(struct sp_buf *b, const char *name);

#endif
