#ifndef SRC_IO_DAEMON_H
#define SRC_IO_DAEMON_H

/* What a program does around its loop: log, errors, process state. */

#include <stdnoreturn.h>

#include "base/log.h"
#include "io/conf.h"
#include "io/loop.h"

/*
 * SIGPIPE is ignored, umask is 027, the soft limit of open files becomes the
 * hard one (at most 1,048,576). First thing in main.
 */
void daemon_setup(const char *prog);

/*
 * After inherit_setup: true when this process takes over from one that runs
 * (io/upgrade.h). Then daemon_detach leaves out what was done already, the pid
 * file is taken over with its lock, and daemon_ready tells the other one.
 */
bool daemon_succeed(void);

/*
 * Opens the log as |std| says (verbose 0: info, 1 and more: debug). Lines go
 * to stderr as `tag: text`, with a `<N>` priority in front when stderr is the
 * journal (JOURNAL_STREAM), with a UTC time stamp when it is a file or a pipe
 * and not the journal; to syslog with --log syslog or after detaching.
 * Control characters are escaped. The log is static: never freed.
 */
const struct sp_log *daemon_log_open(const struct conf_std *std);
const struct sp_log *daemon_log(void);
/*
 * What is printed of |text|: control characters as \xNN, cut to size - 1
 * bytes. Returns the length.
 */
size_t daemon_log_escape(char *out, size_t size, const char *text);

/*
 * Goes to the background (-d): forks twice, new session, chdir /, stdio to
 * /dev/null. Call daemon_ready when the sockets are open: the first process
 * then exits 0; if the daemon dies before, it exits 1. SP_ERR_IO.
 */
int daemon_detach(void);
/* Also sd_notify READY=1 where NOTIFY_SOCKET is set. Safe without detach. */
void daemon_ready(void);
/* sd_notify with |text|, e.g. "STOPPING=1", "WATCHDOG=1". */
void daemon_notify(const char *text);
/* Keeps the socket open, for who changes the root directory. */
void daemon_notify_keep(void);
/* RELOADING=1 with the time, as Type=notify-reload wants it. */
void daemon_notify_reloading(void);
/* Within what time WATCHDOG=1 is wanted; SP_NEVER: never. */
sp_time daemon_watchdog(void);

/*
 * Writes the pid and holds a lock on |path| until exit. SP_ERR_EXISTS: another
 * one runs, *pid tells which; SP_ERR_IO (errno).
 */
int daemon_pidfile(const char *path, long *pid);
void daemon_pidfile_remove(void);
/* Lets go of it: it is the successor's. */
void daemon_pidfile_leave(void);
int daemon_pidfile_fd(void); /* -1: none */

/* `prog: what: why` on stderr and exit 1 (failure) or 2 (usage). */
noreturn void daemon_fail(const char *what, const char *why);
noreturn void daemon_usage(const char *what, const char *why);
/* Without the exit. (A successor that complains before daemon_ready is ended.)
 */
void daemon_complain(const char *what, const char *why);

/* "prog VERSION" and the libraries, for -V. */
void daemon_version(FILE *f, const char *prog);

#endif
