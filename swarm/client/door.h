#ifndef SWARM_CLIENT_DOOR_H
#define SWARM_CLIENT_DOOR_H

/*
 * Who may come in to what is served to players: where a program listens, the
 * token that is asked for elsewhere than on loopback, and the URL that players
 * are given.
 */

#include "io/http.h"

#define DOOR_TOKEN_MIN 8
#define DOOR_TOKEN_MAX 64
#define DOOR_LISTEN    2
#define DOOR_QUERY_MAX (DOOR_TOKEN_MAX + 16)
#define DOOR_URL_MAX   256
#define DOOR_METHODS   (HTTP_M_GET | HTTP_M_HEAD | HTTP_M_OPTIONS)

struct door {
	struct sp_addr listen[DOOR_LISTEN]; /* port 0: the kernel's choice */
	size_t n_listen;
	const char *token; /* borrowed; NULL: loopback only */
};

/* 8 to 64 of A-Z a-z 0-9 - . _ ~. Pure. */
bool door_token_is_ok(const char *token);
/* SP_ERR_DENIED (not loopback and no token), SP_ERR_ARG. Pure. */
int door_check(const struct door *d);
/*
 * Listens everywhere; |bound| gets the first address. SP_ERR_EXISTS (port in
 * use), SP_ERR_IO (errno), SP_ERR_NOMEM.
 */
int door_open(const struct door *d, struct http *h, struct sp_addr *bound);
/*
 * NULL: who may not come in was answered. Else the path without the token,
 * and what URLs below have to carry on: "" or "?token=...", in |text|.
 */
const char *door_admit(const struct door *d, struct http_req *r,
    const char **query, char text[DOOR_QUERY_MAX]);
/*
 * http://127.0.0.1:PORT/ and |path|, without its slash, with the token in
 * between if there is one. Returns |out|.
 */
const char *door_url(const struct door *d, const struct sp_addr *bound,
    const char *path, char out[DOOR_URL_MAX]);

#endif
