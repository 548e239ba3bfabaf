#ifndef TEST_UNIT_LT_FAKE_H
#define TEST_UNIT_LT_FAKE_H

/*
 * libtorrent as a script, in the place of src/lt, for tests of who uses it: a
 * torrent of literal files whose pieces come when the test says so.
 *
 * Byte i of the torrent is fake_byte(i). Pieces have FAKE_PIECE bytes.
 */

#include "lt/lt.h"

#define FAKE_PIECE  UINT32_C(16384)
#define FAKE_PIECES 64
#define FAKE_FILES  8

struct fake_file {
	const char *path;
	int64_t length;
	bool pad;
};

struct fake {
	struct lt_info info;
	struct lt_file files[FAKE_FILES];
	char dir[128]; /* the save path, as it was given */
	char magnet[256];
	bool has_metadata;
	/* what was told */
	uint8_t prio[FAKE_PIECES];
	bool due[FAKE_PIECES];
	uint32_t due_ms[FAKE_PIECES];
	uint8_t have[FAKE_PIECES / 8];
	uint32_t flags;    /* UPLOAD_ONLY, PAUSED */
	size_t resume_len; /* of lt_add */
	unsigned rechecks, saves, renewals, sessions;
	struct sp_addr pardon; /* of the last of them */
	int64_t down_bytes;
	int add_error; /* what lt_add answers, once */
};

extern struct fake fake;

/* Forgets all; |n| files, one after the other, of a torrent called |name|. */
void fake_init(const char *name, const struct fake_file *v, size_t n);
/* Before fake_init: another length of pieces, for once. */
void fake_pieces_of(uint32_t len);
uint8_t fake_byte(uint64_t at);
/* Events, for the next lt_drain. */
void fake_metadata(void);
void fake_checked(void);
void fake_status(void);
/* The piece is written to its files, and comes. */
void fake_piece(uint32_t piece);
/* Its bytes are there, wrong, and it does not come. */
void fake_wrong(uint32_t piece);
void fake_error(int code, const char *text);
void fake_banned(const struct sp_addr *who);
/* Pieces with deadlines. */
unsigned fake_due(void);

#endif
