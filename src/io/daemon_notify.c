#include "io/daemon.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int kept = -1;

/* A socket that is connected to the supervisor; -1: there is none. */
static int
notify_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t len;
	int fd;

	if (path == NULL || (path[0] != '/' && path[0] != '@'))
		return -1;
	len = strlen(path);
	if (len >= sizeof(un.sun_path))
		return -1;
	memcpy(un.sun_path, path, len);
	/* '@' is systemd's spelling of the abstract name space. */
	if (un.sun_path[0] == '@')
		un.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&un,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) <
	    0) {
		close(fd);
		return -1;
	}
	return fd;
}

void
daemon_notify(const char *text)
{
	int fd = kept >= 0 ? kept : notify_open();

	if (fd < 0)
		return;
	send(fd, text, strlen(text), MSG_NOSIGNAL);
	if (fd != kept)
		close(fd);
}

void
daemon_notify_keep(void)
{
	if (kept < 0)
		kept = notify_open();
}

void
daemon_notify_reloading(void)
{
	char text[64];

	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
	    (int64_t)(io_now() / SP_US));
	daemon_notify(text);
}

sp_time
daemon_watchdog(void)
{
	int64_t us = conf_get_env("WATCHDOG_USEC"), pid;

	pid = conf_get_env("WATCHDOG_PID");
	if (us <= 0 || us > INT64_MAX / SP_US ||
	    (pid >= 0 && pid != (int64_t)getpid()))
		return SP_NEVER;
	return us * SP_US;
}
