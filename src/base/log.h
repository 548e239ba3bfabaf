#ifndef SRC_BASE_LOG_H
#define SRC_BASE_LOG_H

/*
 * Log lines `tag: text key=value`. The sink is the host's; a core that wants
 * to say something is given a struct sp_log. Formatting is an own small
 * subset, so that cores need no stdio:
 *   %s  const char *        %d  int             %u  unsigned
 *   %lld long long          %llu, %llx unsigned long long
 *   %zu  size_t             %x  unsigned, hex
 *   %p  const uint8_t *, size_t: hex of bytes   %q  const char *, size_t:
 *       escaped text (for peer bytes: \xNN for all but printable ASCII, and
 *       for the backslash)
 *   %%
 * No flags and widths. Anything else ends the line with "%?".
 */

#include "base/base.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

struct sp_log {
	void *ctx;
	enum log_level level; /* lines above it are not made */
	void (*line)(void *ctx, enum log_level level, const char *text);
};

#define LOG_LINE_MAX 512

/* |log| may be NULL. Longer lines are cut. */
void log_msg(const struct sp_log *log, enum log_level level, const char *fmt,
    ...);
/*
 * The formatter itself: returns the length that was written, < size. |size|
 * counts the NUL, which is always put unless |size| is 0.
 */
size_t log_format(char *out, size_t size, const char *fmt, ...);

#endif
