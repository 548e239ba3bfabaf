#ifndef TOOLS_JOURNAL_H
#define TOOLS_JOURNAL_H

/*
 * The file in which a seeder keeps all that it signed: envelopes of manifests
 * and records, one after the other and nothing else, as spate-channel verify
 * reads them. Two journals of a channel, one behind the other, are a journal.
 *
 * A journal is only appended to. What a crash left behind its last whole
 * envelope is cut off when it is opened again.
 */

#include "base/buf.h"
#include "base/hash.h"
#include "wire/limits.h"

/* ---- reading ---- */

struct journal_reader {
	int fd;      /* borrowed */
	bool frames; /* take frames of a tracker's feed as well */
	bool end;
	uint64_t at; /* of the next envelope */
	size_t used; /* of |buf|, by the last one */
	struct sp_buf buf;
};

void journal_reader_init(struct journal_reader *r, int fd, bool frames);
void journal_reader_fini(struct journal_reader *r);
/*
 * 1 and the next envelope, valid until the next call; 0 at the end.
 * SP_ERR_SHORT: it ends in the middle of one; SP_ERR_SYNTAX: what stands at
 * r->at is none; SP_ERR_NOMEM; SP_ERR_IO (errno).
 */
int journal_next(struct journal_reader *r, const uint8_t **p, size_t *len);
/* It begins as an envelope of a manifest does. */
bool journal_is_manifest(const uint8_t *p, size_t len);

/* ---- writing ---- */

/* What could not be written waits; more than that is lost. */
#define JOURNAL_WAITING ((size_t)16 << 20)

struct journal_head {
	bool known;
	uint32_t epoch;
	uint64_t number;
};

struct journal {
	int fd;
	bool dirty;           /* written and not synced */
	bool failed;          /* the last write did */
	uint64_t size;        /* of the file */
	uint64_t cut;         /* bytes that were cut off on opening */
	uint64_t added, lost; /* envelopes */
	struct sp_buf waiting;
	struct journal_head heads[LIM_TRACK_INIT + LIM_TRACKS]; /* newest */
};

/*
 * Opens or creates |path| and locks it, reads it to its end. SP_ERR_EXISTS:
 * another process writes it; SP_ERR_WRONGCHAN: it is not |pk|'s;
 * SP_ERR_SYNTAX: not a journal, or damaged (j->size says where);
 * SP_ERR_NOMEM; SP_ERR_IO (errno). After an error nothing is open.
 */
int journal_open(struct journal *j, const char *path,
    const uint8_t pk[HASH_PK_LEN]);
/*
 * Appends an envelope. A record that is not newer than its track's newest is
 * left out. SP_ERR_IO (errno): it waits, and is written with the next;
 * SP_ERR_FULL: too much waits, it is lost; codes of record_open.
 */
int journal_add(struct journal *j, const uint8_t *env, size_t len);
/* Writes what waits, and to the disk. SP_ERR_IO (errno). */
int journal_sync(struct journal *j);
void journal_close(struct journal *j); /* zeroed or opened */

#endif
