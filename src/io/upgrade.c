#include "io/upgrade.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/conf.h"
#include "io/daemon.h"
#include "io/inherit.h"
#include "io/sock.h"

#define FIRST  3 /* as sd_listen_fds(3) */
#define DIGITS 20

struct upgrade {
	struct loop *loop;
	struct io_watch *watch;
	struct io_timer limit;
	int ready; /* our end */
	pid_t pid;
	upgrade_fn done;
	void *ctx;
	char why[UPGRADE_WHY]; /* the successor's word */
};

/* What the child is given: descriptors, their names, its environment. */
struct gift {
	int fd[INHERIT_MAX];
	size_t n;
	char names[INHERIT_MAX * INHERIT_NAME];
	char count[sizeof("LISTEN_FDS=") + DIGITS];
	char pid[sizeof("LISTEN_PID=") + DIGITS];
	char **env;
};

/* ---- what is given ------------------------------------------------------- */

static int
gift_add(struct gift *g, int fd, const char *name)
{
	size_t len = strlen(g->names);

	if (fd < 0)
		return 0;
	if (g->n == INHERIT_MAX)
		return SP_ERR_FULL;
	g->fd[g->n++] = fd;
	snprintf(g->names + len, sizeof(g->names) - len, "%s%s",
	    len == 0 ? "LISTEN_FDNAMES=" : ":", name);
	return 0;
}

/*
 * Does |fd| take what comes for its address: a listening stream, or a datagram
 * socket of IPv4 or IPv6 that is bound and not connected?
 */
static bool
is_open(int fd)
{
	int type = sock_option(fd, SO_TYPE);

	if (type == SOCK_STREAM)
		return sock_option(fd, SO_ACCEPTCONN) == 1;
	return type == SOCK_DGRAM && sock_local(fd).port != 0 &&
	       sock_remote(fd).family == 0;
}

/* Looking at what is open keeps no list that could be wrong. */
static int
gift_sockets(struct gift *g)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;
	int64_t fd;
	int r = 0;

	if (d == NULL)
		return SP_ERR_IO;
	while (r == 0 && (e = readdir(d)) != NULL) {
		if (conf_get_int(e->d_name, &fd) == 0 && fd >= FIRST &&
		    fd != dirfd(d) && is_open((int)fd))
			r = gift_add(g, (int)fd, "spate");
	}
	closedir(d);
	return r;
}

/* A descriptor from which the bytes can be read; -1. */
static int
make_state(const void *p, size_t len)
{
	const uint8_t *at = p;
	ssize_t n;
	int fd;

	if (len == 0)
		return -1;
	fd = memfd_create("spate-state", MFD_CLOEXEC);
	if (fd < 0)
		return -1;
	/* One call writes 2 GiB at most. */
	while (len > 0 && (n = write(fd, at, len)) > 0) {
		at += n;
		len -= (size_t)n;
	}
	if (len > 0 || lseek(fd, 0, SEEK_SET) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool
is_ours(const char *var)
{
	return strncmp(var, "LISTEN_", 7) == 0 ||
	       strncmp(var, "WATCHDOG_PID=", 13) == 0;
}

/* Ours with what tells of the gift; its pid is filled in by the child. */
static int
gift_env(struct gift *g)
{
	size_t n = 0, k = 0;

	while (environ[n] != NULL)
		n++;
	g->env = calloc(n + 4, sizeof(*g->env));
	if (g->env == NULL)
		return SP_ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		if (!is_ours(environ[i]))
			g->env[k++] = environ[i];
	}
	snprintf(g->count, sizeof(g->count), "LISTEN_FDS=%zu", g->n);
	snprintf(g->pid, sizeof(g->pid), "LISTEN_PID=");
	g->env[k++] = g->names;
	g->env[k++] = g->count;
	g->env[k++] = g->pid;
	return 0;
}

/* ---- the child ----------------------------------------------------------- */

/* As printf, but between fork and exec of a process with threads. */
static void
put_pid(char *out, long pid)
{
	char digits[DIGITS];
	size_t n = 0;

	do
		digits[n++] = (char)('0' + pid % 10);
	while ((pid /= 10) > 0);
	while (n > 0)
		*out++ = digits[--n];
	*out = '\0';
}

/* Descriptors to FIRST and on; others are closed. */
static bool
place(struct gift *g)
{
	int last = FIRST + (int)g->n;

	for (size_t i = 0; i < g->n; i++) {
		g->fd[i] = fcntl(g->fd[i], F_DUPFD, last);
		if (g->fd[i] < 0)
			return false;
	}
	for (size_t i = 0; i < g->n; i++) {
		if (dup2(g->fd[i], FIRST + (int)i) < 0)
			return false;
	}
	return close_range((unsigned)last, ~0U, 0) == 0;
}

static void
become(struct gift *g, const struct upgrade_conf *conf)
{
	put_pid(g->pid + strlen(g->pid), (long)getpid());
	/* Who has dropped rights may not be let in: it matters to relative
	 * paths alone, and about them the successor complains itself. */
	if (chdir(conf->cwd) < 0 && errno != EACCES && errno != ENOENT)
		_exit(127);
	if (place(g))
		execve(conf->file, conf->argv, g->env);
	_exit(127);
}

/* ---- the parent ---------------------------------------------------------- */

static void
finish(struct upgrade *u, int err)
{
	pid_t pid = u->pid;

	io_watch_free(u->watch);
	u->watch = NULL;
	io_timer_cancel(&u->limit);
	close(u->ready);
	u->ready = -1;
	u->pid = 0;
	if (err != 0) {
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	u->done(u->ctx, err, (long)pid, u->why);
}

static void
on_ready(void *ctx, int fd)
{
	struct upgrade *u = ctx;
	ssize_t n = read(fd, u->why, sizeof(u->why) - 1);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	u->why[SP_MAX(n, 0)] = '\0';
	if (n == 1 && u->why[0] == UPGRADE_SERVES) {
		u->why[0] = '\0';
		finish(u, 0);
	} else {
		finish(u, SP_ERR_IO);
	}
}

static void
on_limit(void *ctx, sp_time now SP_UNUSED)
{
	finish(ctx, SP_ERR_TIMEOUT);
}

static int
spawn(struct upgrade *u, struct gift *g, const struct upgrade_conf *conf)
{
	int p[2], state, r;

	if (pipe2(p, O_CLOEXEC) < 0)
		return SP_ERR_IO;
	u->ready = p[0];
	state = make_state(conf->state, conf->state_len);
	r = gift_add(g, p[1], UPGRADE_READY);
	if (r == 0)
		r = gift_add(g, daemon_pidfile_fd(), UPGRADE_PIDFILE);
	if (r == 0)
		r = gift_add(g, state, UPGRADE_STATE);
	if (r == 0)
		r = gift_env(g);
	if (r == 0) {
		u->pid = fork();
		if (u->pid == 0)
			become(g, conf);
		if (u->pid < 0)
			r = SP_ERR_IO;
	}
	close(p[1]);
	if (state >= 0)
		close(state);
	return r;
}

static int
start(struct upgrade *u, const struct upgrade_conf *conf)
{
	struct gift *g = calloc(1, sizeof(*g));
	int r;

	if (g == NULL)
		return SP_ERR_NOMEM;
	r = gift_sockets(g);
	if (r == 0)
		r = spawn(u, g, conf);
	if (r == 0)
		r = io_watch_new(&u->watch, u->loop, u->ready, on_ready, u);
	free(g->env);
	free(g);
	return r;
}

int
upgrade_new(struct upgrade **out, struct loop *l,
    const struct upgrade_conf *conf, upgrade_fn done, void *ctx)
{
	struct upgrade *u;
	int r;

	*out = NULL;
	if ((u = calloc(1, sizeof(*u))) == NULL)
		return SP_ERR_NOMEM;
	u->loop = l;
	u->ready = -1;
	u->done = done;
	u->ctx = ctx;
	r = io_timer_init(&u->limit, l, on_limit, u);
	if (r == 0)
		r = start(u, conf);
	if (r < 0) {
		upgrade_free(u);
		return r;
	}
	io_timer_set(&u->limit, loop_now(l) + conf->limit);
	*out = u;
	return 0;
}

void
upgrade_free(struct upgrade *u)
{
	if (u == NULL)
		return;
	io_watch_free(u->watch);
	io_timer_fini(&u->limit);
	if (u->ready >= 0)
		close(u->ready);
	if (u->pid > 0) {
		kill(u->pid, SIGKILL);
		waitpid(u->pid, NULL, 0);
	}
	free(u);
}

int
upgrade_state(struct sp_buf *b)
{
	int fd = inherit_take_named(UPGRADE_STATE);
	uint8_t *room;
	struct stat st;
	ssize_t n = 1;

	if (fd < 0)
		return 0;
	if (fstat(fd, &st) < 0)
		st.st_size = 0;
	while (n > 0 && b->err == 0 && b->len < (uint64_t)st.st_size) {
		room = buf_reserve(b, (size_t)st.st_size - b->len);
		n = room == NULL ? -1
				 : read(fd, room, (size_t)st.st_size - b->len);
		buf_commit(b, n > 0 ? (size_t)n : 0);
	}
	close(fd);
	return b->err;
}
