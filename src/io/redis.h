#ifndef SRC_IO_REDIS_H
#define SRC_IO_REDIS_H

/*
 * Connections to Redis servers on the loop: libevent moves the bytes, hiredis
 * reads answers. Nothing here blocks: names are looked up by libevent. Built
 * without hiredis it can read URLs and open nothing.
 */

#include "io/loop.h"

#define REDIS_PORT     6379
#define REDIS_TEXT_MAX 256

/*
 * redis://[[USER]:PASSWORD@]HOST[:PORT][/DB], rediss: likewise with TLS,
 * unix:[[USER]:PASSWORD@]PATH with ?db=DB; user and password may be
 * percent-encoded.
 */
struct redis_url {
	char host[REDIS_TEXT_MAX]; /* "": path has a socket's */
	char path[REDIS_TEXT_MAX];
	char user[REDIS_TEXT_MAX]; /* "": none */
	char pass[REDIS_TEXT_MAX]; /* "": none */
	uint16_t port;
	bool tls;
	uint32_t db;
};

/* SP_ERR_SYNTAX; *why says what is wrong. */
int redis_url_parse(struct redis_url *out, const char *text, const char **why);
/* For logs: without user and password. */
#define REDIS_NAME_MAX 300
const char *redis_url_name(const struct redis_url *u, char out[REDIS_NAME_MAX]);

/* Whether hiredis is there. */
bool redis_is_built(void);

/* ---- what connections of one URL share ---- */

/* How names are looked up, TLS, and who we are. */
struct redis_env;

/*
 * Borrows |u|. Makes what looks names up, from /etc, and reads |tls_ca| and
 * |tls_cert| if the URL wants TLS, now. SP_ERR_NOMEM, SP_ERR_IO,
 * SP_ERR_UNSUPPORTED (not built); of TLS as redis_env_tls.
 */
int redis_env_new(struct redis_env **out, struct loop *l,
    const struct redis_url *u, const char *tls_ca, const char *tls_cert,
    char *why, size_t size);
void redis_env_free(struct redis_env *e); /* NULL is fine */
/*
 * For connections that are opened from now on: PEM files of whom servers'
 * certificates may be signed by, NULL: the system's authorities; and of our
 * own certificate with its chain and key, NULL: none. SP_ERR_NOMEM,
 * SP_ERR_SYNTAX with |why| (|size|): all stays as it was.
 */
int redis_env_tls(struct redis_env *e, const char *tls_ca, const char *tls_cert,
    char *why, size_t size);

/* ---- one connection ---- */

#define REDIS_OPEN_TIME (2 * SP_S) /* until it is open, at most */
#define REDIS_SILENCE   (5 * SP_S) /* while an answer is owed: it is over */
/* Of one answer; a larger one ends the connection. */
#define REDIS_ANSWER_MAX   (80u << 20) /* bytes */
#define REDIS_ELEMENTS_MAX (1u << 20)  /* of its arrays, all together */

struct redis;
struct redis_value; /* a reply or a part of one; lives during the callback */

struct redis_ops {
	/* It is open; the server's clock in ms. */
	void (*up)(void *ctx, uint64_t server_ms);
	/*
	 * It could not be opened, or has ended, for |why|. redis_open may be
	 * called from here, and later.
	 */
	void (*down)(void *ctx, const char *why);
};

/*
 * To |host| and |port|; |host| NULL: to the path of the URL. Borrows |e| and
 * |ops|. SP_ERR_NOMEM, SP_ERR_TOOBIG (|host|).
 */
int redis_new(struct redis **out, struct redis_env *e, const char *host,
    uint16_t port, const struct redis_ops *ops, void *ctx);
void redis_free(struct redis *r); /* NULL is fine; as redis_close */
/* Begins to connect; exactly one of up and down follows, from the loop. */
void redis_open(struct redis *r);
/* Ends it without down; what was asked is answered SP_ERR_CLOSED now. */
void redis_close(struct redis *r);
bool redis_is_up(const struct redis *r);

struct redis_arg {
	const void *p;
	size_t len;
};
#define REDIS_ARGS 16
/*
 * |err| 0: |v| is the answer, a Redis error among them. SP_ERR_CLOSED: the
 * connection has ended, |v| is NULL; no other call of the connection may be
 * made then. Must not free it.
 */
typedef void redis_cb(void *ctx, void *arg, int err,
    const struct redis_value *v);
/*
 * Sends a command of |n| arguments, its name first, at most REDIS_ARGS; they
 * are copied. |cb| is called with |ctx| and |arg| exactly once, never from
 * within. SP_ERR_NOMEM, SP_ERR_CLOSED: not sent.
 */
int redis_send(struct redis *r, const struct redis_arg *v, size_t n,
    redis_cb *cb, void *ctx, void *arg);

/* ---- replies; NULL is a nil ---- */

/* The text of an error, else NULL. */
const char *redis_error(const struct redis_value *v);
/* A number, and decimal text; SP_ERR_SYNTAX. */
int redis_int(const struct redis_value *v, int64_t *out);
/* A string's bytes, a 0 after them; NULL: it is none. */
const void *redis_bytes(const struct redis_value *v, size_t *len);
/* Elements of an array; 0 for anything else. */
size_t redis_len(const struct redis_value *v);
bool redis_is_nil(const struct redis_value *v);
bool redis_is_array(const struct redis_value *v);
/* Element |i|, or NULL. */
const struct redis_value *redis_at(const struct redis_value *v, size_t i);

#endif
