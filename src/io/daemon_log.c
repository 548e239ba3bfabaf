#include "io/daemon.h"

#include <errno.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

enum log_style {
	LOG_STYLE_PLAIN,   /* a terminal */
	LOG_STYLE_STAMPED, /* a file or a pipe */
	LOG_STYLE_JOURNAL, /* <N> in front */
	LOG_STYLE_SYSLOG,
};

static const int priority[] = {
	[LOG_LEVEL_ERROR] = LOG_ERR,
	[LOG_LEVEL_WARN] = LOG_WARNING,
	[LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

static enum log_style style = LOG_STYLE_PLAIN;

static void log_sink(void *ctx, enum log_level level, const char *text);
static struct sp_log the_log = { NULL, LOG_LEVEL_INFO, log_sink };

/* Is stderr the socket that JOURNAL_STREAM ("device:inode") names? */
static bool
is_journal(void)
{
	const char *v = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	if (v == NULL || sscanf(v, "%llu:%llu", &dev, &ino) != 2 ||
	    fstat(STDERR_FILENO, &st) < 0)
		return false;
	return st.st_dev == dev && st.st_ino == ino;
}

/* Either byte of U+0080 to U+009F: U+009B is a terminal's ESC [. */
static bool
is_c1(const unsigned char *s, const char *text)
{
	if ((const char *)s > text && s[-1] == 0xc2)
		return s[0] >= 0x80 && s[0] < 0xa0;
	return s[0] == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0;
}

size_t
daemon_log_escape(char *out, size_t size, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *s = (const unsigned char *)text;
	size_t n = 0;

	/* UTF-8 passes: titles are for people. C0, DEL and C1 do not. */
	for (; *s != '\0' && n + 5 <= size; s++) {
		if (*s >= 0x20 && *s != 0x7f && !is_c1(s, text)) {
			out[n++] = (char)*s;
			continue;
		}
		out[n++] = '\\';
		out[n++] = 'x';
		out[n++] = hex[*s >> 4];
		out[n++] = hex[*s & 15];
	}
	out[n] = '\0';
	return n;
}

static int
stamp(char *out, size_t size)
{
	struct timespec ts;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	n = strftime(out, size, "%Y-%m-%dT%H:%M:%S", &tm);
	return (int)n +
	       snprintf(out + n, size - n, ".%03ldZ ", ts.tv_nsec / 1000000);
}

static void
log_sink(void *ctx SP_UNUSED, enum log_level level, const char *text)
{
	char line[LOG_LINE_MAX * 4 + 64];
	int n = 0, keep = errno;

	if (style == LOG_STYLE_SYSLOG) {
		daemon_log_escape(line, sizeof(line), text);
		syslog(priority[level], "%s", line);
		errno = keep;
		return;
	}
	if (style == LOG_STYLE_JOURNAL)
		n = snprintf(line, sizeof(line), "<%d>", priority[level]);
	else if (style == LOG_STYLE_STAMPED)
		n = stamp(line, sizeof(line));
	n += (int)daemon_log_escape(line + n, sizeof(line) - (size_t)n - 1,
	    text);
	line[n++] = '\n';
	/* One write, so that lines of several processes do not mix. */
	while (write(STDERR_FILENO, line, (size_t)n) < 0 && errno == EINTR)
		;
	errno = keep;
}

const struct sp_log *
daemon_log_open(const struct conf_std *std)
{
	the_log.level = std->verbose > 0 ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
	if (std->log == CONF_LOG_SYSLOG || std->daemon) {
		/* Now: after chroot(2) there is no /dev/log any more. */
		openlog(NULL, LOG_PID | LOG_NDELAY, LOG_DAEMON);
		style = LOG_STYLE_SYSLOG;
	} else if (is_journal()) {
		style = LOG_STYLE_JOURNAL;
	} else {
		style =
		    isatty(STDERR_FILENO) ? LOG_STYLE_PLAIN : LOG_STYLE_STAMPED;
	}
	return &the_log;
}

const struct sp_log *
daemon_log(void)
{
	return &the_log;
}
