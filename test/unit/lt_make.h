#ifndef TEST_UNIT_LT_MAKE_H
#define TEST_UNIT_LT_MAKE_H

/* Torrents for tests: bytes that can be told apart, and metainfo of them. */

#include "base/base.h"

#define LT_MAKE_FILES 3

struct lt_make {
	const char *name;
	bool v1, v2;
	uint32_t piece_length;
	size_t n_files; /* 1: the file has the torrent's name */
	const char *files[LT_MAKE_FILES]; /* in order of their bytes */
	uint32_t sizes[LT_MAKE_FILES];
	const char *web_seed; /* or NULL */
};

/* Byte |at| of file |f|. */
uint8_t lt_make_byte(size_t f, size_t at);
/* Writes the files below |dir|. */
void lt_make_files(const struct lt_make *m, const char *dir);
/* Fails the test unless they are below |dir|, byte for byte. */
void lt_make_compare(const struct lt_make *m, const char *dir);
/* The .torrent; caller frees with free(3). */
uint8_t *lt_make_metainfo(const struct lt_make *m, size_t *len);
/* All bytes of the torrent, with padding; caller frees with free(3). */
uint8_t *lt_make_bytes(const struct lt_make *m, size_t *len);

#endif
