#include "io/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>
#include <event2/event.h>
#include <sodium.h>
#include <zlib.h>

#include "io/inherit.h"
#include "io/upgrade.h"

#define DAEMON_FILES 1048576
#define PID_TRIES    5

static struct {
	const char *prog;
	int ready; /* pipe to the process that waits; -1 */
	int pid_fd;
	char pid_path[4096];
	bool successor;
} self = { .prog = "spate", .ready = -1, .pid_fd = -1 };

void
daemon_setup(const char *prog)
{
	struct rlimit rl;

	self.prog = prog;
	signal(SIGPIPE, SIG_IGN);
	umask(027);
	if (getrlimit(RLIMIT_NOFILE, &rl) < 0)
		return;
	rl.rlim_cur = SP_MIN(rl.rlim_max, (rlim_t)DAEMON_FILES);
	setrlimit(RLIMIT_NOFILE, &rl);
}

/* ---- errors ---- */

/*
 * A line to stderr, which may lead nowhere, and to who waits for us as his
 * successor, who has a log.
 */
static void
complain(void *ctx SP_UNUSED, const char *line)
{
	char text[UPGRADE_WHY];

	fprintf(stderr, "%s\n", line);
	if (!self.successor || self.ready < 0)
		return;
	daemon_log_escape(text, sizeof(text), line);
	if (write(self.ready, text, strlen(text)) < 0)
		fprintf(stderr, "%s: nobody waits\n", self.prog);
}

void
daemon_complain(const char *what, const char *why)
{
	char a[512], b[512], line[1100];

	/* what others sent may be in it: links, replies */
	daemon_log_escape(a, sizeof(a), what);
	daemon_log_escape(b, sizeof(b), why);
	snprintf(line, sizeof(line), "%.60s: %s: %s", self.prog, a, b);
	complain(NULL, line);
}

bool
daemon_succeed(void)
{
	self.ready = inherit_take_named(UPGRADE_READY);
	self.pid_fd = inherit_take_named(UPGRADE_PIDFILE);
	self.successor = self.ready >= 0;
	if (self.successor)
		conf_complain_to(complain, NULL);
	return self.successor;
}

noreturn void
daemon_fail(const char *what, const char *why)
{
	daemon_complain(what, why);
	exit(1);
}

noreturn void
daemon_usage(const char *what, const char *why)
{
	daemon_complain(what, why);
	exit(2);
}

void
daemon_version(FILE *f, const char *prog)
{
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);

	fprintf(f, "%s %s\n", prog, PACKAGE_VERSION);
	fprintf(f, "libevent %s, libcurl %s (%s), libsodium %s, zlib %s\n",
	    event_get_version(), v->version,
	    v->ssl_version != NULL ? v->ssl_version : "no TLS",
	    sodium_version_string(), zlibVersion());
}

/* ---- background ---- */

/* The first process: exits as the daemon fares until it is ready. */
static noreturn void
wait_for_ready(int fd)
{
	char byte;
	ssize_t n;

	do
		n = read(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	_exit(n == 1 ? 0 : 1);
}

int
daemon_detach(void)
{
	int p[2], null;
	pid_t pid;

	if (self.successor) /* of one who has done all that */
		return chdir("/") < 0 ? SP_ERR_IO : 0;
	if (pipe2(p, O_CLOEXEC) < 0)
		return SP_ERR_IO;
	fflush(NULL);
	if ((pid = fork()) < 0) {
		close(p[0]);
		close(p[1]);
		return SP_ERR_IO;
	}
	if (pid > 0) {
		close(p[1]);
		wait_for_ready(p[0]);
	}
	close(p[0]);
	/* The second fork: a session leader could get a terminal again. */
	if (setsid() < 0 || (pid = fork()) < 0)
		_exit(1);
	if (pid > 0)
		_exit(0);
	self.ready = p[1];
	if (chdir("/") < 0 || (null = open("/dev/null", O_RDWR)) < 0)
		return SP_ERR_IO;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	/* stderr stays until daemon_ready: why it cannot start is told. */
	if (null > STDERR_FILENO)
		close(null);
	return 0;
}

/* ---- pid file ---- */

static long
read_pid(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	return strtol(text, NULL, 10);
}

static int
write_pid(int fd)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) != n)
		return SP_ERR_IO;
	return 0;
}

/* Is the file still there? Who ended just now may have removed it. */
static bool
is_at(int fd, const char *path)
{
	struct stat st, there;

	return fstat(fd, &st) == 0 && lstat(path, &there) == 0 &&
	       st.st_dev == there.st_dev && st.st_ino == there.st_ino;
}

/* Opens and locks it. */
static int
lock_pidfile(const char *path, long *pid)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0)
		return SP_ERR_IO;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (pid != NULL)
			*pid = read_pid(fd);
		close(fd);
		return SP_ERR_EXISTS;
	}
	return fd;
}

int
daemon_pidfile(const char *path, long *pid)
{
	int fd = -1;

	if (pid != NULL)
		*pid = 0;
	if (strlen(path) >= sizeof(self.pid_path)) {
		errno = ENAMETOOLONG;
		return SP_ERR_IO;
	}
	snprintf(self.pid_path, sizeof(self.pid_path), "%s", path);
	if (self.successor && self.pid_fd >= 0) /* written when ready */
		return 0;
	for (int i = 0; i < PID_TRIES; i++) {
		if ((fd = lock_pidfile(path, pid)) < 0)
			return fd;
		if (is_at(fd, path) || i + 1 == PID_TRIES)
			break;
		close(fd);
	}
	if (write_pid(fd) < 0) {
		close(fd);
		return SP_ERR_IO;
	}
	self.pid_fd = fd;
	return 0;
}

void
daemon_pidfile_remove(void)
{
	if (self.pid_fd < 0)
		return;
	/* Without the right to remove it, it tells of nobody at least. */
	if (unlink(self.pid_path) < 0 && ftruncate(self.pid_fd, 0) < 0)
		daemon_complain(self.pid_path, strerror(errno));
	close(self.pid_fd);
	self.pid_fd = -1;
}

void
daemon_pidfile_leave(void)
{
	if (self.pid_fd >= 0)
		close(self.pid_fd);
	self.pid_fd = -1;
}

int
daemon_pidfile_fd(void)
{
	return self.pid_fd;
}

void
daemon_ready(void)
{
	char byte = UPGRADE_SERVES;
	int null;

	if (self.successor && self.pid_fd >= 0)
		write_pid(self.pid_fd);
	daemon_notify("READY=1");
	if (self.ready < 0)
		return;
	if (!self.successor &&
	    (null = open("/dev/null", O_RDWR | O_CLOEXEC)) >= 0) {
		dup2(null, STDERR_FILENO);
		close(null);
	}
	if (write(self.ready, &byte, 1) != 1)
		daemon_complain("ready", "nobody waits");
	close(self.ready);
	self.ready = -1;
}
