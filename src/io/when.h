#ifndef SRC_IO_WHEN_H
#define SRC_IO_WHEN_H

/* Points in time as people write them. */

#include "base/err.h"

enum when_kind {
	WHEN_AT,    /* ms since 1970 */
	WHEN_START, /* ms after the start of what there is */
	WHEN_END,   /* ms before its end */
};

struct when {
	enum when_kind kind;
	int64_t ms;
};

/*
 * RFC 3339, with a blank for the T if one likes, local time where there is no
 * zone; HH:MM or HH:MM:SS, local time of the day of |now_ms|; a time span as
 * options have them ("90", "10m"), after the start, or before the end when
 * there is a '-'. SP_ERR_SYNTAX, SP_ERR_RANGE (a day or hour that is none).
 */
int when_parse(struct when *out, const char *s, int64_t now_ms);
/* The same of what has been: HH:MM that is to come today is yesterday's. */
int when_parse_past(struct when *out, const char *s, int64_t now_ms);
/* "2026-11-23T20:15:00.000Z" */
#define WHEN_MAX 32
const char *when_text(char out[WHEN_MAX], int64_t ms);

#endif
