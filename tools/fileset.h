#ifndef TOOLS_FILESET_H
#define TOOLS_FILESET_H

/*
 * The files that are to be published: paths as a person gives them, and as the
 * torrent has them.
 *
 *	/srv/a.mkv              a.mkv, a torrent of one file
 *	/srv/slides             the folder slides, with all below it
 *	/srv/x/a.pdf /srv/x/b   the folder x, with a.pdf and what is in b
 *
 * Only regular files count, in bytewise order; what is a link, a socket or a
 * device is left out, and so are the names that clients use for themselves
 * (.spate-*).
 */

#include "wire/metainfo.h"

#define FILESET_WHY_MAX 512

struct fileset_file {
	char *path; /* as in struct metainfo_file */
	uint64_t length;
	int64_t mtime_ns;
};

struct fileset {
	char *root; /* folder that the torrent's name is in; absolute */
	char *name;
	bool single;  /* |name| is the file itself */
	bool is_part; /* of the folder |name| some entries were given */
	char **given; /* with is_part: their names in it */
	size_t n_given;
	size_t n, n_left; /* files; others, left out */
	struct fileset_file *files;
	uint64_t total;
};

/*
 * Looks at |paths|. SP_ERR_NOTFOUND and SP_ERR_IO (errno), SP_ERR_ARG: not in
 * one folder, or a name that cannot be in a torrent; SP_ERR_TOOBIG: too many
 * files; SP_ERR_NOMEM. |why| names what it was. |out| is always to be freed.
 */
int fileset_scan(struct fileset *out, const char *const *paths, size_t n,
    char why[FILESET_WHY_MAX]);
void fileset_fini(struct fileset *s); /* zeroed or filled */
/* Same names, lengths and times. */
bool fileset_same(const struct fileset *a, const struct fileset *b);
/* Path on disk of file |i|; SP_ERR_TOOBIG. */
int fileset_path(const struct fileset *s, size_t i, char *out, size_t size);

#endif
