#include "io/redis.h"

#include <stdio.h>

#include "base/buf.h"
#include "io/sock.h"

static_assert(SOCK_HOST_MAX <= REDIS_TEXT_MAX, "a host has room");

/* Percent-decodes |len| bytes into |out|; false: malformed, or too long. */
static bool
decode(char out[REDIS_TEXT_MAX], const char *p, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++, n++) {
		if (n + 1 == REDIS_TEXT_MAX)
			return false;
		out[n] = p[i];
		if (p[i] != '%')
			continue;
		if (len - i < 3 || buf_unhex(&out[n], 1, p + i + 1, 2) < 0 ||
		    out[n] == '\0')
			return false;
		i += 2;
	}
	out[n] = '\0';
	return true;
}

/* Takes what stands before '@' and gives what stands behind it; NULL: bad. */
static const char *
take_user(struct redis_url *u, const char *p, size_t len)
{
	const char *at = memrchr(p, '@', len), *colon;

	if (at == NULL)
		return p;
	colon = memchr(p, ':', (size_t)(at - p));
	if (colon == NULL || !decode(u->user, p, (size_t)(colon - p)) ||
	    !decode(u->pass, colon + 1, (size_t)(at - colon - 1)))
		return NULL;
	return at + 1;
}

static bool
take_db(struct redis_url *u, const char *p)
{
	if (*p == '\0' || strlen(p) > 5)
		return *p == '\0';
	for (; *p != '\0'; p++) {
		if (*p < '0' || *p > '9')
			return false;
		u->db = u->db * 10 + (uint32_t)(*p - '0');
	}
	return true;
}

static int
parse_tcp(struct redis_url *u, const char *p, const char **why)
{
	size_t len = strcspn(p, "/");
	const char *host = take_user(u, p, len);
	char text[REDIS_TEXT_MAX];

	*why = "user and password are USER:PASSWORD@";
	if (host == NULL)
		return SP_ERR_SYNTAX;
	len -= (size_t)(host - p);
	*why = "no host, or not HOST:PORT";
	if (len == 0 || len >= sizeof(text))
		return SP_ERR_SYNTAX;
	memcpy(text, host, len);
	text[len] = '\0';
	if (sock_split(text, REDIS_PORT, u->host, &u->port) < 0 ||
	    u->host[0] == '\0' || u->port == 0)
		return SP_ERR_SYNTAX;
	*why = "the database is a number";
	if (host[len] == '/' && !take_db(u, host + len + 1))
		return SP_ERR_SYNTAX;
	return 0;
}

static int
parse_unix(struct redis_url *u, const char *p, const char **why)
{
	size_t len = strcspn(p, "?");
	const char *path = take_user(u, p, len);

	*why = "user and password are USER:PASSWORD@";
	if (path == NULL)
		return SP_ERR_SYNTAX;
	len -= (size_t)(path - p);
	*why = "the socket's path begins with / and has at most 107 bytes";
	if (len == 0 || len > 107 || *path != '/')
		return SP_ERR_SYNTAX;
	memcpy(u->path, path, len);
	*why = "the database is ?db=NUMBER";
	if (path[len] == '?' && (strncmp(path + len, "?db=", 4) != 0 ||
				    !take_db(u, path + len + 4)))
		return SP_ERR_SYNTAX;
	return 0;
}

int
redis_url_parse(struct redis_url *out, const char *text, const char **why)
{
	int r = SP_ERR_SYNTAX;

	memset(out, 0, sizeof(*out));
	if (strncmp(text, "redis://", 8) == 0) {
		r = parse_tcp(out, text + 8, why);
	} else if (strncmp(text, "unix:", 5) == 0) {
		text += strncmp(text, "unix://", 7) == 0 ? 7 : 5;
		r = parse_unix(out, text, why);
	} else if (strncmp(text, "rediss://", 9) == 0) {
		out->tls = true;
		r = parse_tcp(out, text + 9, why);
	} else {
		*why = "neither redis://, rediss:// nor unix:";
	}
	return r;
}

const char *
redis_url_name(const struct redis_url *u, char out[REDIS_NAME_MAX])
{
	if (u->host[0] == '\0')
		snprintf(out, REDIS_NAME_MAX, "%s", u->path);
	else
		snprintf(out, REDIS_NAME_MAX, "%s:%u", u->host, u->port);
	return out;
}
