#ifndef SRC_BASE_ERR_H
#define SRC_BASE_ERR_H

/*
 * One error space for all of spate. Functions return 0 or a count on success
 * and one of these, negative, otherwise.
 *
 * The scope says how far the damage reaches, and glue acts on it alone:
 *   CALL     the call did nothing; the caller decides (try later, give up)
 *   MESSAGE  this message is bad; drop it, go on with the sender
 *   PEER     the sender broke the protocol; close the connection
 *   ENGINE   the object cannot go on; free it
 */

#include "base/base.h"

enum sp_err_scope {
	SP_SCOPE_NONE,
	SP_SCOPE_CALL,
	SP_SCOPE_MESSAGE,
	SP_SCOPE_PEER,
	SP_SCOPE_ENGINE,
};

/* X(name, value, scope, text) */
#define SP_ERR_LIST(X)                                                \
	X(AGAIN, -1, CALL, "nothing to do now")                       \
	X(NOMEM, -2, ENGINE, "out of memory")                         \
	X(FULL, -3, CALL, "a table or queue is at its maximum")       \
	X(ARG, -4, CALL, "argument out of range")                     \
	X(NOTFOUND, -5, CALL, "no such thing")                        \
	X(EXISTS, -6, CALL, "exists already")                         \
	X(SHORT, -7, MESSAGE, "input ends early")                     \
	X(SYNTAX, -8, MESSAGE, "malformed input")                     \
	X(RANGE, -9, MESSAGE, "value out of range")                   \
	X(TOOBIG, -10, MESSAGE, "larger than its limit")              \
	X(CANON, -11, MESSAGE, "not in canonical form")               \
	X(SIG, -12, MESSAGE, "signature does not verify")             \
	X(HASH, -13, MESSAGE, "hash does not match")                  \
	X(CHAIN, -14, MESSAGE, "hash chain is broken")                \
	X(STALE, -15, MESSAGE, "older than what is known")            \
	X(EQUIV, -16, MESSAGE, "two different records for one piece") \
	X(WRONGCHAN, -17, MESSAGE, "belongs to another channel")      \
	X(PROTO, -18, PEER, "protocol violation")                     \
	X(CRYPTO, -19, PEER, "authentication failed")                 \
	X(IDENT, -20, PEER, "peer is not who it should be")           \
	X(LIMIT, -21, PEER, "peer exceeds a limit")                   \
	X(CLOSED, -22, CALL, "closed")                                \
	X(UNSUPPORTED, -23, MESSAGE, "not supported")                 \
	X(IO, -24, CALL, "input/output error")                        \
	X(TIMEOUT, -25, CALL, "timed out")                            \
	X(DENIED, -26, CALL, "not permitted")

enum sp_err {
	SP_OK = 0,
#define SP_ERR_ENUM(name, value, scope, text) SP_ERR_##name = (value),
	SP_ERR_LIST(SP_ERR_ENUM)
#undef SP_ERR_ENUM
};

/* Static text for |err|; "success" for 0 and above, "unknown error" else. */
const char *sp_strerror(int err);

/* "AGAIN", "NOMEM", ...: the token for logs. "OK" for 0 and above. */
const char *sp_errname(int err);

/* SP_SCOPE_NONE for 0 and above; SP_SCOPE_ENGINE for unknown codes. */
enum sp_err_scope sp_errscope(int err);

#endif
