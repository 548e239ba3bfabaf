#ifndef TOOLS_ARCHIVE_H
#define TOOLS_ARCHIVE_H

/* The subcommands of spate-archive: main functions, one file each. */

#include "io/conf.h"
#include "tools/archive_plan.h"
#include "wire/metainfo.h"

int archive_make(int argc, char **argv);
int archive_verify(int argc, char **argv);
int archive_show(int argc, char **argv);

/* -o */
enum archive_output {
	ARCHIVE_TEXT,
	ARCHIVE_TSV,
	ARCHIVE_JSON,
};
#define ARCHIVE_OUTPUTS "text|tsv|json"

/* What ends the name of a torrent. */
#define ARCHIVE_SUFFIX ".torrent"

/* "DIR/A/B" of its parts, those that are NULL left out; malloc-ed. */
char *archive_path(const char *dir, const char *a, const char *b);
/* The part of |path| before its last slash ("." without one), malloc-ed. */
char *archive_dirname(const char *path);
/* The part after the last slash; slashes at the end are not looked at. */
char *archive_basename(const char *path);

/* A torrent that was read. */
struct archive_torrent {
	uint8_t *bytes;
	struct metainfo m;
	char *stem; /* of its records; NULL: it is no archive */
};
/* False after a complaint. */
bool archive_torrent_read(struct archive_torrent *t, const char *path);
void archive_torrent_fini(struct archive_torrent *t);
/* NULL: not in it. */
const struct metainfo_file *archive_torrent_find(
    const struct archive_torrent *t, const char *path);
/*
 * Reads the records of |t| from |path| (NULL: from where make writes them,
 * beside |torrent|) and checks that they are those of the torrent, as far as
 * its version can tell. False after a complaint, none with |quiet|.
 */
bool archive_torrent_records(struct archive_span *out,
    const struct archive_torrent *t, const char *torrent, const char *path,
    const uint8_t *pk, bool quiet);

#endif
