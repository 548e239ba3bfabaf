#ifndef SWARM_CLIENT_VOD_SAVE_H
#define SWARM_CLIENT_VOD_SAVE_H

/*
 * What is on disk of a torrent between runs: beside its files, in the same
 * directory, .spate-HASH (40 hex digits of lt_info.id):
 *
 *	spate resume 1
 *	<number of files>
 *	<size> <ns of the last change> <path, escaped>  for each
 *	<bytes of libtorrent's resume data>
 *
 * libtorrent believes its resume data; that nobody else has touched the files
 * since is what sizes and times tell.
 */

#include "lt/lt.h"

/* How all names of ours in DIR begin; torrents may not have such. */
#define VOD_SAVE_OURS ".spate-"

/* Replaces the file. SP_ERR_NOMEM, SP_ERR_IO and others of store_write. */
int vod_save_store(const char *dir, const struct lt_info *info, const void *p,
    size_t len);
/*
 * *out is malloc-ed, caller frees; NULL and a length of 0 when there is none.
 * 0; SP_ERR_NOTFOUND; SP_ERR_STALE: there it is, but files have been touched,
 * so that they have to be checked; SP_ERR_SYNTAX and others of store_read.
 */
int vod_save_load(const char *dir, const uint8_t id[20], uint8_t **out,
    size_t *len);

/* Bytes that are free for us where |dir| is; -1: not known. */
int64_t vod_save_space(const char *dir);
/*
 * Makes a directory of ours below TMPDIR or /var/tmp, with mode 0700.
 * SP_ERR_IO (errno), SP_ERR_TOOBIG.
 */
int vod_save_temp(char *out, size_t size);
/* Removes such a directory with all that is in it. SP_ERR_IO (errno). */
int vod_save_remove(const char *dir);

#endif
