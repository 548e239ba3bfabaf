#ifndef TOOLS_ARCHIVE_TIME_H
#define TOOLS_ARCHIVE_TIME_H

/* Points in time as people write them. */

#include "base/err.h"

enum archive_time_kind {
	ARCHIVE_TIME_AT,    /* ms since 1970 */
	ARCHIVE_TIME_START, /* ms after the start of what there is */
	ARCHIVE_TIME_END,   /* ms before its end */
};

struct archive_time {
	enum archive_time_kind kind;
	int64_t ms;
};

/*
 * RFC 3339, with a blank for the T if one likes, local time where there is no
 * zone; HH:MM or HH:MM:SS, local time of the day of |now_ms|; a time span as
 * options have them ("90", "10m"), after the start, or before the end when
 * there is a '-'. SP_ERR_SYNTAX, SP_ERR_RANGE (a day or hour that is none).
 */
int archive_time_parse(struct archive_time *out, const char *s, int64_t now_ms);
/* "2026-11-23T20:15:00.000Z" */
#define ARCHIVE_TIME_MAX 32
const char *archive_time_text(char out[ARCHIVE_TIME_MAX], int64_t ms);

#endif
