#include "io/inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/conf.h"
#include "io/sock.h"

#define INHERIT_FIRST 3 /* SD_LISTEN_FDS_START */

static struct {
	int fd; /* -1: taken */
	char name[INHERIT_NAME];
} table[INHERIT_MAX];
static size_t count;

/* Copies what is before the next ':' of |*names| and goes behind it. */
static void
next_name(char out[INHERIT_NAME], const char **names)
{
	size_t len = strcspn(*names, ":");

	snprintf(out, INHERIT_NAME, "%.*s",
	    (int)SP_MIN(len, (size_t)INHERIT_NAME - 1), *names);
	*names += len;
	if (**names == ':')
		++*names;
}

int
inherit_setup(void)
{
	const char *names = getenv("LISTEN_FDNAMES");
	int64_t n = 0;

	count = 0;
	if (conf_get_env("LISTEN_PID") == (int64_t)getpid())
		n = SP_MIN(conf_get_env("LISTEN_FDS"), INT16_MAX);
	if (names == NULL)
		names = "";
	for (int fd = INHERIT_FIRST; fd < INHERIT_FIRST + n; fd++) {
		if (count == INHERIT_MAX) {
			close(fd);
			continue;
		}
		next_name(table[count].name, &names);
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			continue;
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		table[count++].fd = fd;
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return (int)count;
}

/* Does |fd| take what comes for its address? */
static bool
is_open(int fd, int type)
{
	return sock_option(fd, SO_TYPE) == type &&
	       (type != SOCK_STREAM || sock_option(fd, SO_ACCEPTCONN) == 1);
}

static int
take(size_t i)
{
	int fd = table[i].fd;

	table[i].fd = -1;
	return fd;
}

int
inherit_take(int type, const struct sp_addr *addr)
{
	struct sp_addr at;

	for (size_t i = 0; i < count; i++) {
		if (table[i].fd < 0 || !is_open(table[i].fd, type))
			continue;
		at = sock_local(table[i].fd);
		if (at.family != 0 && addr_eq(&at, addr))
			return take(i);
	}
	return -1;
}

int
inherit_take_unix(const char *path)
{
	struct sockaddr_un un;
	socklen_t len;

	for (size_t i = 0; i < count; i++) {
		if (table[i].fd < 0 || !is_open(table[i].fd, SOCK_STREAM))
			continue;
		memset(&un, 0, sizeof(un));
		len = sizeof(un) - 1;
		if (getsockname(table[i].fd, (struct sockaddr *)&un, &len) ==
			0 &&
		    un.sun_family == AF_UNIX && strcmp(un.sun_path, path) == 0)
			return take(i);
	}
	return -1;
}

int
inherit_take_named(const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (table[i].fd >= 0 && strcmp(table[i].name, name) == 0)
			return take(i);
	}
	return -1;
}

size_t
inherit_addrs(const char *name, int type, struct sp_addr *out, size_t max)
{
	struct sp_addr at;
	size_t n = 0;

	for (size_t i = 0; i < count && n < max; i++) {
		if (table[i].fd < 0 || strcmp(table[i].name, name) != 0 ||
		    !is_open(table[i].fd, type))
			continue;
		at = sock_local(table[i].fd);
		if (at.family != 0)
			out[n++] = at;
	}
	return n;
}

size_t
inherit_close_rest(void)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (table[i].fd < 0)
			continue;
		close(take(i));
		n++;
	}
	count = 0;
	return n;
}
