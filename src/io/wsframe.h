#ifndef SRC_IO_WSFRAME_H
#define SRC_IO_WSFRAME_H

/*
 * The server's end of a WebSocket (RFC 6455), bytes in and bytes out: the
 * handshake's arithmetic, and frames to messages and back. wslay reads and
 * writes the frames; what messages are made of is here. No extensions.
 *
 * A connection between two messages costs sizeof(struct wsframe). What is
 * needed in the middle of one is lent by the server's wsframe_lot, and comes
 * back with the last byte of it.
 */

#include "base/buf.h"

#define WSFRAME_ACCEPT 29 /* Sec-WebSocket-Accept and a NUL */

/*
 * Sec-WebSocket-Accept for a client's Sec-WebSocket-Key. SP_ERR_SYNTAX: it is
 * not the base64 of 16 bytes (or NULL); SP_ERR_CRYPTO.
 */
int wsframe_accept(const char *key, char out[WSFRAME_ACCEPT]);

/* RFC 6455 section 7.4.1, those that are sent from here. */
enum wsframe_code {
	WSFRAME_NORMAL = 1000,
	WSFRAME_AWAY = 1001,
	WSFRAME_PROTOCOL = 1002,
	WSFRAME_NO_STATUS = 1005, /* never sent */
	WSFRAME_DATA = 1007,      /* not UTF-8 */
	WSFRAME_POLICY = 1008,
	WSFRAME_TOOBIG = 1009,
	WSFRAME_LATER = 1013, /* IANA registry: try again later */
};

struct wsframe_lot;

/*
 * For all connections of a server: messages of at most |max_message| bytes,
 * at most |max_lent| connections in the middle of one; the next is closed with
 * WSFRAME_LATER. SP_ERR_NOMEM.
 */
int wsframe_lot_new(struct wsframe_lot **out, const struct sp_mem *mem,
    size_t max_message, size_t max_lent);
void wsframe_lot_free(struct wsframe_lot *l); /* NULL is fine */
/* Connections in the middle of a frame or message. */
size_t wsframe_lent(const struct wsframe_lot *l);

struct wsframe_rx;

struct wsframe {
	struct wsframe_lot *lot;
	struct wsframe_rx *rx; /* NULL between messages */
	uint16_t code;         /* of the first Close; 0: none yet */
	bool closed;           /* Close was sent: nothing else is */
	bool done;             /* nothing is read any more */
};

/* Borrows |l|. */
void wsframe_init(struct wsframe *f, struct wsframe_lot *l);
void wsframe_fini(struct wsframe *f);

enum wsframe_kind {
	WSFRAME_TEXT, /* UTF-8 */
	WSFRAME_BINARY,
	WSFRAME_PING,
	WSFRAME_PONG,
};

struct wsframe_msg {
	enum wsframe_kind kind; /* no PING: it is answered here */
	const uint8_t *p;       /* until the next call */
	size_t len;
};

/*
 * Reads on at |*p|, moves it, and appends to |out| what has to be answered.
 * 1: *m is a message; call again, with what is left, also if that is nothing.
 * 0: all was read.
 * SP_ERR_CLOSED: the client said Close, or broke the rules: f->code says why;
 * send |out|, and close the connection.
 * SP_ERR_NOMEM, or out->err: the same, without a farewell.
 */
int wsframe_recv(struct wsframe *f, const uint8_t **p, size_t *len,
    struct wsframe_msg *m, struct sp_buf *out);
/*
 * Appends one message, unfragmented (PING: at most 125 bytes). SP_ERR_CLOSED
 * after a Close; or out->err, and nothing was appended.
 */
int wsframe_send(struct wsframe *f, enum wsframe_kind kind, const void *p,
    size_t len, struct sp_buf *out);
/* Appends Close with |code|, unless one was sent. As above. */
int wsframe_close(struct wsframe *f, enum wsframe_code code,
    struct sp_buf *out);

/* Is it UTF-8 (RFC 3629: shortest form, no surrogates)? Pure. */
bool wsframe_is_utf8(const uint8_t *p, size_t len);

#endif
