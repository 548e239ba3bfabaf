#include "io/sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/util.h>

#include "io/inherit.h"

int
sock_from_addr(struct sockaddr_storage *out, const struct sp_addr *a)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (a->family == 4) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(a->port);
		memcpy(&v4->sin_addr, a->ip, 4);
		return sizeof(*v4);
	}
	if (a->family == 6) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(a->port);
		memcpy(&v6->sin6_addr, a->ip, 16);
		return sizeof(*v6);
	}
	return 0;
}

struct sp_addr
sock_to_addr(const struct sockaddr *sa)
{
	struct sp_addr none = { .family = 0 };
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof(v4));
		return addr_make(4, &v4.sin_addr, ntohs(v4.sin_port));
	}
	if (sa->sa_family == AF_INET6) {
		memcpy(&v6, sa, sizeof(v6));
		return addr_make(6, &v6.sin6_addr, ntohs(v6.sin6_port));
	}
	return none;
}

struct sp_addr
sock_local(int fd)
{
	struct sockaddr_storage ss = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) < 0)
		ss.ss_family = AF_UNSPEC;
	return sock_to_addr((struct sockaddr *)&ss);
}

struct sp_addr
sock_remote(int fd)
{
	struct sockaddr_storage ss = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(ss);

	if (getpeername(fd, (struct sockaddr *)&ss, &len) < 0)
		ss.ss_family = AF_UNSPEC;
	return sock_to_addr((struct sockaddr *)&ss);
}

int
sock_route(const struct sp_addr *to, struct sp_addr *from)
{
	struct sockaddr_storage ss;
	struct sp_addr a = *to;
	int fd, len, rv = SP_ERR_IO;

	a.port = 9; /* any will do */
	if ((len = sock_from_addr(&ss, &a)) == 0)
		return SP_ERR_ARG;
	fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return SP_ERR_IO;
	if (connect(fd, (struct sockaddr *)&ss, (socklen_t)len) == 0) {
		*from = sock_local(fd);
		from->port = 0;
		rv = from->family != 0 ? 0 : SP_ERR_IO;
	}
	close(fd);
	return rv;
}

void
sock_give_up(int fd, sp_time t)
{
	int ms = (int)(t / SP_MS), idle = SP_MAX((int)(t / SP_S / 2), 1);
	int one = 1, count = 2;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
}

int
sock_bind(int *out, int type, const struct sp_addr *addr)
{
	struct sockaddr_storage ss;
	int len, fd, one = 1, e;

	if ((len = sock_from_addr(&ss, addr)) == 0) {
		errno = EAFNOSUPPORT;
		return SP_ERR_IO;
	}
	if (addr->port != 0 && (fd = inherit_take(type, addr)) >= 0) {
		*out = fd;
		return 0;
	}
	fd = socket(ss.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return SP_ERR_IO;
	/* Accepted sockets inherit TCP_NODELAY from the listening one. */
	if (type == SOCK_STREAM) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	}
	if (addr->family == 6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&ss, (socklen_t)len) < 0 ||
	    (type == SOCK_STREAM && listen(fd, SOMAXCONN) < 0)) {
		e = errno;
		close(fd);
		errno = e;
		return e == EADDRINUSE ? SP_ERR_EXISTS : SP_ERR_IO;
	}
	*out = fd;
	return 0;
}

int
sock_congestion(int fd, const char *name)
{
	return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name,
		   (socklen_t)strlen(name)) == 0
		   ? 0
		   : SP_ERR_IO;
}

bool
sock_has_congestion(const char *name)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool has = fd >= 0 && sock_congestion(fd, name) == 0;

	if (fd >= 0)
		close(fd);
	return has;
}

int
sock_option(int fd, int name)
{
	int v = -1;
	socklen_t len = sizeof(v);

	return getsockopt(fd, SOL_SOCKET, name, &v, &len) < 0 ? -1 : v;
}

/* ---- text ---- */

static int
port_parse(const char *s, uint16_t *out)
{
	unsigned v = 0;

	if (*s == '\0')
		return SP_ERR_SYNTAX;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return SP_ERR_SYNTAX;
		v = v * 10 + (unsigned)(*s - '0');
		if (v > 65535)
			return SP_ERR_RANGE;
	}
	*out = (uint16_t)v;
	return 0;
}

int
sock_split(const char *s, uint16_t dflt, char host[SOCK_HOST_MAX],
    uint16_t *port)
{
	const char *end, *colon = strrchr(s, ':');

	*port = dflt;
	if (*s == '[') {
		if ((end = strchr(++s, ']')) == NULL)
			return SP_ERR_SYNTAX;
		colon = end[1] == ':' ? end + 1 : NULL;
		if (colon == NULL && end[1] != '\0')
			return SP_ERR_SYNTAX;
	} else {
		/* Several colons without brackets: an IPv6 literal. */
		if (colon != NULL && strchr(s, ':') != colon)
			colon = NULL;
		end = colon != NULL ? colon : s + strlen(s);
	}
	if (end == s)
		return SP_ERR_SYNTAX;
	if (end - s >= SOCK_HOST_MAX)
		return SP_ERR_TOOBIG;
	memcpy(host, s, (size_t)(end - s));
	host[end - s] = '\0';
	return colon != NULL ? port_parse(colon + 1, port) : 0;
}

static int
listen_all(uint16_t port, struct sp_addr out[2])
{
	static const uint8_t any[16];

	out[0] = addr_make(4, any, port);
	out[1] = addr_make(6, any, port);
	return 2;
}

int
sock_listen_parse(const char *s, struct sp_addr out[2])
{
	static const uint8_t lo[4] = { 127, 0, 0, 1 };
	char host[SOCK_HOST_MAX];
	uint16_t port;
	int rc;

	if (port_parse(s, &port) == 0)
		return listen_all(port, out);
	if (*s == ':' || (*s == '*' && s[1] == ':')) {
		rc = port_parse(strchr(s, ':') + 1, &port);
		if (rc == 0)
			return listen_all(port, out);
		/* "::1" is an address. */
		if (*s == '*' || s[1] != ':')
			return rc;
	}
	if ((rc = sock_split(s, 0, host, &port)) < 0)
		return rc;
	if (strcmp(host, "localhost") == 0) {
		out[0] = addr_make(4, lo, port);
		return 1;
	}
	if (addr_parse(&out[0], host, strlen(host)) < 0)
		return SP_ERR_SYNTAX;
	out[0].port = port;
	return 1;
}
