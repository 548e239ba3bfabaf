#ifndef SRC_IO_STORE_H
#define SRC_IO_STORE_H

/*
 * Files. On SP_ERR_IO, SP_ERR_NOTFOUND, SP_ERR_DENIED and SP_ERR_EXISTS,
 * errno tells the rest.
 */

#include "io/loop.h"

/*
 * Reads a regular file of at most |max| bytes. *out is malloc-ed with a NUL
 * that is not counted; caller frees. SP_ERR_TOOBIG, SP_ERR_NOTFOUND,
 * SP_ERR_DENIED, SP_ERR_NOMEM, SP_ERR_IO.
 */
int store_read(const char *path, size_t max, uint8_t **out, size_t *len);
/*
 * The same for a secret: SP_ERR_DENIED also when the file's owner is neither
 * this user nor root, or when group or others may read or write it.
 */
int store_read_secret(const char *path, size_t max, uint8_t **out, size_t *len);
/*
 * Replaces |path| as a whole: temporary file beside it, fsync, rename, fsync
 * of the directory. A reader sees the old bytes or the new ones.
 */
int store_write(const char *path, const void *p, size_t len, unsigned mode);
/* SP_ERR_EXISTS when there is one already. */
int store_create(const char *path, const void *p, size_t len, unsigned mode);

/*
 * Names (not paths) in |dir| that end with |suffix| ("" = all), sorted, no
 * names with a leading dot. Returns their number; caller frees with
 * store_list_free. SP_ERR_TOOBIG: more than |max|.
 */
int store_list(const char *dir, const char *suffix, size_t max, char ***out);
void store_list_free(char **names, int n);

/*
 * Watches a directory: inotify, or polling where there is none (or when |poll|
 * is not 0: network file systems). |cb| gets a name when its file was closed
 * after writing, was renamed to it, or changed size or time (polling); gone =
 * true when it was removed. Files that are there at the start are not told:
 * list them after store_watch. |name| NULL: changes were lost, list anew.
 */
struct store_watch;
typedef void (*store_watch_cb)(void *ctx, const char *name, bool gone);
int store_watch(struct store_watch **out, struct loop *l, const char *dir,
    sp_time poll, store_watch_cb cb, void *ctx);
void store_watch_free(struct store_watch *w);

#endif
