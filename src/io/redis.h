#ifndef SRC_IO_REDIS_H
#define SRC_IO_REDIS_H

/*
 * One connection to a Redis server on the loop, by hiredis. Nothing here
 * blocks: names are looked up by libevent. Built without hiredis it can read
 * URLs and open nothing.
 */

#include "io/loop.h"

#define REDIS_PORT     6379
#define REDIS_TEXT_MAX 256

/*
 * redis://[[USER]:PASSWORD@]HOST[:PORT][/DB], unix:[[USER]:PASSWORD@]PATH
 * with ?db=DB; user and password may be percent-encoded.
 */
struct redis_url {
	char host[REDIS_TEXT_MAX]; /* "": path has a socket's */
	char path[REDIS_TEXT_MAX];
	char user[REDIS_TEXT_MAX]; /* "": none */
	char pass[REDIS_TEXT_MAX]; /* "": none */
	uint16_t port;
	uint32_t db;
};

/* SP_ERR_SYNTAX, SP_ERR_UNSUPPORTED (rediss:); *why says what is wrong. */
int redis_url_parse(struct redis_url *out, const char *text, const char **why);
/* For logs: without user and password. */
#define REDIS_NAME_MAX 300
const char *redis_url_name(const struct redis_url *u, char out[REDIS_NAME_MAX]);

/* Whether hiredis is there. */
bool redis_is_built(void);

struct redis;
struct redis_value; /* a reply or a part of one; lives during the callback */

struct redis_ops {
	/* It is open; the server's clock in ms. */
	void (*up)(void *ctx, uint64_t server_ms);
	/*
	 * It could not be opened, or has ended, for |why|; commands without an
	 * answer get none. redis_open may be called from here, and later.
	 */
	void (*down)(void *ctx, const char *why);
};

/*
 * Borrows |u| and |ops|. Makes what looks names up, from /etc, now.
 * SP_ERR_NOMEM, SP_ERR_IO, SP_ERR_UNSUPPORTED (not built).
 */
int redis_new(struct redis **out, struct loop *l, const struct redis_url *u,
    const struct redis_ops *ops, void *ctx);
void redis_free(struct redis *r); /* NULL is fine; no callback any more */
/* Begins to connect; exactly one of up and down follows, from the loop. */
void redis_open(struct redis *r);
/* Ends it without a callback; what was asked gets no answer. */
void redis_close(struct redis *r);

struct redis_arg {
	const void *p;
	size_t len;
};
/* |v| is the answer, an error among them. Must not free |ctx|'s connection. */
typedef void redis_cb(void *ctx, void *arg, const struct redis_value *v);
#define REDIS_ARGS 16
/*
 * Sends a command of |n| arguments, its name first, at most REDIS_ARGS; they
 * are copied. |cb| is called with |arg|, which the caller frees there or after
 * redis_close: then it is not called. SP_ERR_NOMEM, SP_ERR_CLOSED: not sent.
 */
int redis_send(struct redis *r, const struct redis_arg *v, size_t n,
    redis_cb *cb, void *arg);

/* ---- replies; NULL is a nil ---- */

/* The text of an error, else NULL. */
const char *redis_error(const struct redis_value *v);
/* A number, and decimal text; SP_ERR_SYNTAX. */
int redis_int(const struct redis_value *v, int64_t *out);
/* A string's bytes; NULL: it is none. */
const void *redis_bytes(const struct redis_value *v, size_t *len);
/* Elements of an array; 0 for anything else. */
size_t redis_len(const struct redis_value *v);
/* Element |i|, or NULL. */
const struct redis_value *redis_at(const struct redis_value *v, size_t i);

#endif
