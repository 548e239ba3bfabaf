#include "swarm/client/player.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

struct player {
	pid_t pid; /* 0 when it has ended */
	void (*ended)(void *ctx, int status);
	void *ctx;
};

/* The one that SIGCHLD is about; a loop's signals cannot be taken back. */
static struct player *running;
static struct loop *watching;

int
player_command(struct sp_buf *b, const char *command, const char *url)
{
	const char *s;

	for (s = command; *s != '\0'; s++) {
		if (*s != '%') {
			buf_put_u8(b, (uint8_t)*s);
			continue;
		}
		s++;
		if (*s == 'u')
			buf_put_str(b, url);
		else if (*s == '%')
			buf_put_u8(b, '%');
		else
			return SP_ERR_SYNTAX;
	}
	buf_put_u8(b, '\0');
	return b->err;
}

static void
child_cb(void *ctx SP_UNUSED, int signo SP_UNUSED)
{
	struct player *p = running;
	int st;

	if (p == NULL || p->pid == 0 || waitpid(p->pid, &st, WNOHANG) != p->pid)
		return;
	p->pid = 0;
	p->ended(p->ctx, WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st));
}

/*
 * The child's signals are as ours were before the loop took them. It gets no
 * file but the first three: libcurl's wake-up sockets are not close-on-exec.
 */
static int
spawn(pid_t *pid, const char *command)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)command, NULL };
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	sigset_t dfl;
	int e;

	if ((e = posix_spawn_file_actions_init(&fa)) != 0) {
		errno = e;
		return SP_ERR_IO;
	}
	e = posix_spawn_file_actions_addclosefrom_np(&fa, STDERR_FILENO + 1);
	if (e == 0 && (e = posix_spawnattr_init(&at)) == 0) {
		sigemptyset(&dfl);
		sigaddset(&dfl, SIGPIPE);
		sigaddset(&dfl, SIGINT);
		sigaddset(&dfl, SIGTERM);
		posix_spawnattr_setsigdefault(&at, &dfl);
		posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGDEF);
		e = posix_spawn(pid, "/bin/sh", &fa, &at, argv, environ);
		posix_spawnattr_destroy(&at);
	}
	posix_spawn_file_actions_destroy(&fa);
	errno = e;
	return e == 0 ? 0 : SP_ERR_IO;
}

int
player_start(struct player **out, struct loop *l, const char *command,
    void (*ended)(void *ctx, int status), void *ctx)
{
	struct player *p;
	int rv;

	assert(running == NULL && "one player at a time");
	if (watching != l && (rv = loop_signal(l, SIGCHLD, child_cb, NULL)) < 0)
		return rv;
	watching = l;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return SP_ERR_NOMEM;
	p->ended = ended;
	p->ctx = ctx;
	if ((rv = spawn(&p->pid, command)) < 0) {
		free(p);
		return rv;
	}
	running = p;
	*out = p;
	return 0;
}

void
player_free(struct player *p)
{
	if (p == NULL)
		return;
	if (p->pid != 0)
		kill(p->pid, SIGTERM);
	running = NULL;
	free(p);
}
