#include "swarm/client/door.h"

#include "base/hash.h"

bool
door_token_is_ok(const char *token)
{
	size_t len = strlen(token);

	return len >= DOOR_TOKEN_MIN && len <= DOOR_TOKEN_MAX &&
	       strspn(token,
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		   "0123456789-._~") == len;
}

int
door_check(const struct door *d)
{
	size_t i;

	if (d->n_listen == 0 || d->n_listen > DOOR_LISTEN)
		return SP_ERR_ARG;
	if (d->token != NULL && !door_token_is_ok(d->token))
		return SP_ERR_ARG;
	for (i = 0; i < d->n_listen; i++)
		if (!addr_is_loopback(&d->listen[i]) && d->token == NULL)
			return SP_ERR_DENIED;
	return 0;
}

int
door_open(const struct door *d, struct http *h, struct sp_addr *bound)
{
	struct sp_addr a, got;
	size_t i;
	int rv;

	for (i = 0; i < d->n_listen; i++) {
		a = d->listen[i];
		if (i > 0 && a.port == 0)
			a.port = bound->port;
		if ((rv = http_listen(h, &a, &got)) < 0)
			return rv;
		if (i == 0)
			*bound = got;
	}
	return 0;
}

/*
 * The token as first part of |path|: what follows it, NULL if it is not
 * there. In constant time but for the lengths.
 */
static const char *
after_token(const char *path, const char *token)
{
	size_t len = strlen(token);

	if (path[0] != '/' || strlen(path + 1) < len ||
	    !hash_eq(path + 1, token, len) || path[1 + len] != '/')
		return NULL;
	return path + 1 + len;
}

const char *
door_admit(const struct door *d, struct http_req *r, const char **query,
    char text[DOOR_QUERY_MAX])
{
	const char *path = http_req_path(r), *rest;

	*query = "";
	if (d->token == NULL)
		return path;
	if ((rest = after_token(path, d->token)) != NULL)
		return rest;
	if (!http_token_ok(r, d->token)) {
		http_cors(r, "*");
		http_reply_text(r, 403, "a token is needed");
		return NULL;
	}
	snprintf(text, DOOR_QUERY_MAX, "?token=%s", d->token);
	*query = text;
	return path;
}

const char *
door_url(const struct door *d, const struct sp_addr *bound, const char *path,
    char out[DOOR_URL_MAX])
{
	struct sp_addr a = *bound;
	char text[ADDR_STRLEN];
	bool any = true;
	size_t i;

	/* the "any" address means this machine, too */
	for (i = 0; i < sizeof(a.ip); i++)
		any &= a.ip[i] == 0;
	if (any)
		a = addr_make(4, "\x7f\x00\x00\x01", a.port);
	snprintf(out, DOOR_URL_MAX, "http://%s/%s%s%s", addr_str(&a, text),
	    d->token == NULL ? "" : d->token, d->token == NULL ? "" : "/",
	    path);
	return out;
}
