#include "io/wsframe.h"

#include <wslay/wslay.h>

#define CTL_MAX   125 /* payload of a control frame */
#define SPARE_MAX 16
#define KEEP_MAX  8192 /* bytes of a message's buffer that stay */

/* What one connection needs in the middle of a frame or message. */
struct wsframe_rx {
	struct wsframe_rx *next; /* spare one */
	wslay_frame_context_ptr ctx;
	const uint8_t *in; /* wslay reads from there */
	size_t left;
	/* Bytes that wslay took, and that the frames begun so far have. */
	uint64_t taken, due;
	bool in_frame;
	uint64_t got;         /* bytes of the frame's payload */
	uint8_t opcode;       /* of the message; 0: none */
	struct sp_buf text;   /* of it */
	uint8_t ctl[CTL_MAX]; /* of a control frame */
};

struct wsframe_lot {
	const struct sp_mem *mem;
	size_t max_message, max_lent, lent;
	struct wsframe_rx *spare;
	size_t n_spare;
	wslay_frame_context_ptr tx;
	struct sp_buf *out; /* where tx writes */
};

/* ---- what is lent -------------------------------------------------------- */

static ssize_t
take(uint8_t *buf, size_t len, int flags, void *ctx)
{
	struct wsframe_rx *rx = ctx;

	(void)flags;
	len = SP_MIN(len, rx->left);
	if (len == 0)
		return -1;
	memcpy(buf, rx->in, len);
	rx->in += len;
	rx->left -= len;
	rx->taken += len;
	return (ssize_t)len;
}

static ssize_t
give(const uint8_t *p, size_t len, int flags, void *ctx)
{
	struct wsframe_lot *l = ctx;

	(void)flags;
	buf_put(l->out, p, len);
	return l->out->err == 0 ? (ssize_t)len : -1;
}

static const struct wslay_frame_callbacks calls = {
	.send_callback = give,
	.recv_callback = take,
};

static void
rx_free(struct wsframe_lot *l, struct wsframe_rx *rx)
{
	wslay_frame_context_free(rx->ctx);
	buf_fini(&rx->text);
	mem_free(l->mem, rx);
}

static struct wsframe_rx *
rx_new(struct wsframe_lot *l)
{
	struct wsframe_rx *rx = mem_zalloc(l->mem, 1, sizeof(*rx));

	if (rx == NULL)
		return NULL;
	if (wslay_frame_context_init(&rx->ctx, &calls, rx) != 0) {
		mem_free(l->mem, rx);
		return NULL;
	}
	buf_init(&rx->text, l->mem, l->max_message);
	return rx;
}

/* SP_ERR_FULL, SP_ERR_NOMEM. */
static int
lend(struct wsframe *f)
{
	struct wsframe_lot *l = f->lot;

	if (f->rx != NULL)
		return 0;
	if (l->lent >= l->max_lent)
		return SP_ERR_FULL;
	f->rx = l->spare;
	if (f->rx != NULL) {
		l->spare = f->rx->next;
		l->n_spare--;
	} else if ((f->rx = rx_new(l)) == NULL) {
		return SP_ERR_NOMEM;
	}
	l->lent++;
	return 0;
}

/* wslay's context is as new after the last byte of a message, and only then. */
static void
give_back(struct wsframe *f, bool clean)
{
	struct wsframe_lot *l = f->lot;
	struct wsframe_rx *rx = f->rx;

	if (rx == NULL)
		return;
	f->rx = NULL;
	l->lent--;
	if (!clean || l->n_spare >= SPARE_MAX) {
		rx_free(l, rx);
		return;
	}
	rx->taken = rx->due = 0;
	if (rx->text.cap > KEEP_MAX) {
		buf_fini(&rx->text);
		buf_init(&rx->text, l->mem, l->max_message);
	}
	rx->next = l->spare;
	l->spare = rx;
	l->n_spare++;
}

int
wsframe_lot_new(struct wsframe_lot **out, const struct sp_mem *mem,
    size_t max_message, size_t max_lent)
{
	struct wsframe_lot *l = mem_zalloc(mem, 1, sizeof(*l));

	*out = NULL;
	if (l == NULL)
		return SP_ERR_NOMEM;
	l->mem = mem;
	l->max_message = max_message;
	l->max_lent = max_lent;
	if (wslay_frame_context_init(&l->tx, &calls, l) != 0) {
		mem_free(mem, l);
		return SP_ERR_NOMEM;
	}
	*out = l;
	return 0;
}

void
wsframe_lot_free(struct wsframe_lot *l)
{
	struct wsframe_rx *rx;

	if (l == NULL)
		return;
	assert(l->lent == 0 && "connections end before their server");
	while ((rx = l->spare) != NULL) {
		l->spare = rx->next;
		rx_free(l, rx);
	}
	wslay_frame_context_free(l->tx);
	mem_free(l->mem, l);
}

size_t
wsframe_lent(const struct wsframe_lot *l)
{
	return l->lent;
}

void
wsframe_init(struct wsframe *f, struct wsframe_lot *l)
{
	*f = (struct wsframe){ .lot = l };
}

void
wsframe_fini(struct wsframe *f)
{
	give_back(f, false);
}

/* ---- out ----------------------------------------------------------------- */

static int
put_frame(struct wsframe *f, uint8_t opcode, const void *p, size_t len,
    struct sp_buf *out)
{
	struct wslay_frame_iocb io = {
		.fin = 1,
		.opcode = opcode,
		.payload_length = len,
		.data = p,
		.data_length = len,
	};

	if (f->closed)
		return SP_ERR_CLOSED;
	/* All or nothing: wslay never sees a full buffer. */
	if (buf_reserve(out, len + 14) == NULL)
		return out->err;
	f->lot->out = out;
	wslay_frame_send(f->lot->tx, &io);
	return out->err;
}

int
wsframe_send(struct wsframe *f, enum wsframe_kind kind, const void *p,
    size_t len, struct sp_buf *out)
{
	static const uint8_t opcode[] = {
		[WSFRAME_TEXT] = WSLAY_TEXT_FRAME,
		[WSFRAME_BINARY] = WSLAY_BINARY_FRAME,
		[WSFRAME_PING] = WSLAY_PING,
		[WSFRAME_PONG] = WSLAY_PONG,
	};

	return put_frame(f, opcode[kind], p, len, out);
}

int
wsframe_close(struct wsframe *f, enum wsframe_code code, struct sp_buf *out)
{
	uint8_t be[2] = { (uint8_t)(code >> 8), (uint8_t)code };
	size_t len = code == WSFRAME_NO_STATUS ? 0 : sizeof(be);
	int r;

	r = put_frame(f, WSLAY_CONNECTION_CLOSE, be, len, out);
	if (r == 0) {
		f->closed = true;
		f->code = (uint16_t)code;
	}
	return r;
}

/* ---- in ------------------------------------------------------------------ */

/* Section 7.4: may a client send it? */
static bool
is_code(unsigned code)
{
	return (code >= 1000 && code <= 1003) ||
	       (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

/* Answers with the same code, which is all that a server has to say. */
static enum wsframe_code
take_close(const uint8_t *p, size_t len)
{
	unsigned code;

	if (len == 0)
		return WSFRAME_NO_STATUS;
	if (len == 1)
		return WSFRAME_PROTOCOL;
	code = (unsigned)p[0] << 8 | p[1];
	if (!is_code(code))
		return WSFRAME_PROTOCOL;
	return wsframe_is_utf8(p + 2, len - 2) ? (enum wsframe_code)code
					       : WSFRAME_DATA;
}

static int
fail(struct wsframe *f, enum wsframe_code code, struct sp_buf *out)
{
	give_back(f, false);
	wsframe_close(f, code, out);
	f->done = true;
	return SP_ERR_CLOSED;
}

/* A frame's header as RFC 6455 section 5 has it: 0, or why not. */
static unsigned
check_header(const struct wsframe *f, const struct wslay_frame_iocb *io)
{
	const struct wsframe_rx *rx = f->rx;

	if (io->rsv != 0 || !io->mask)
		return WSFRAME_PROTOCOL;
	switch (io->opcode) {
	case WSLAY_TEXT_FRAME:
	case WSLAY_BINARY_FRAME:
		if (rx->opcode != 0)
			return WSFRAME_PROTOCOL;
		break;
	case WSLAY_CONTINUATION_FRAME:
		if (rx->opcode == 0)
			return WSFRAME_PROTOCOL;
		break;
	case WSLAY_CONNECTION_CLOSE:
	case WSLAY_PING:
	case WSLAY_PONG:
		return 0;
	default:
		return WSFRAME_PROTOCOL;
	}
	return io->payload_length > f->lot->max_message - rx->text.len
		   ? WSFRAME_TOOBIG
		   : 0;
}

/* A frame begins: its header is all that is known for certain. */
static unsigned
begin(struct wsframe *f, const struct wslay_frame_iocb *io)
{
	struct wsframe_rx *rx = f->rx;
	uint64_t len = io->payload_length;
	unsigned bad = check_header(f, io);

	if (bad != 0)
		return bad;
	rx->in_frame = true;
	rx->got = 0;
	rx->due += 2 + 4 + (len < 126 ? 0 : len < 65536 ? 2 : 8) + len;
	if (io->opcode == WSLAY_TEXT_FRAME || io->opcode == WSLAY_BINARY_FRAME)
		rx->opcode = io->opcode;
	return 0;
}

/* A control frame is complete. 1: a PONG, in |m|; 0; SP_ERR_CLOSED. */
static int
control(struct wsframe *f, uint8_t opcode, struct wsframe_msg *m,
    struct sp_buf *out)
{
	struct wsframe_rx *rx = f->rx;
	size_t len = (size_t)rx->got;

	if (opcode == WSLAY_CONNECTION_CLOSE)
		return fail(f, take_close(rx->ctl, len), out);
	if (opcode == WSLAY_PING)
		return f->closed
			   ? 0
			   : wsframe_send(f, WSFRAME_PONG, rx->ctl, len, out);
	*m = (struct wsframe_msg){ WSFRAME_PONG, rx->ctl, len };
	return 1;
}

/* The last frame of a message is complete. */
static int
message(struct wsframe *f, struct wsframe_msg *m, struct sp_buf *out)
{
	struct wsframe_rx *rx = f->rx;
	bool text = rx->opcode == WSLAY_TEXT_FRAME;

	rx->opcode = 0;
	if (text && !wsframe_is_utf8(rx->text.p, rx->text.len))
		return fail(f, WSFRAME_DATA, out);
	*m = (struct wsframe_msg){ text ? WSFRAME_TEXT : WSFRAME_BINARY,
		rx->text.p, rx->text.len };
	return 1;
}

/* Some payload of a frame, perhaps the last. */
static int
chunk(struct wsframe *f, const struct wslay_frame_iocb *io,
    struct wsframe_msg *m, struct sp_buf *out)
{
	struct wsframe_rx *rx = f->rx;
	bool ctl = wslay_is_ctrl_frame(io->opcode);

	if (ctl && io->data_length > 0)
		memcpy(rx->ctl + rx->got, io->data, io->data_length);
	else if (io->data_length > 0)
		buf_put(&rx->text, io->data, io->data_length);
	if (rx->text.err != 0)
		return SP_ERR_NOMEM;
	rx->got += io->data_length;
	if (rx->got < io->payload_length)
		return 0;
	rx->in_frame = false;
	if (ctl)
		return control(f, io->opcode, m, out);
	return io->fin ? message(f, m, out) : 0;
}

/* Nothing is left to read. Between messages nothing has to be kept either. */
static int
rest(struct wsframe *f)
{
	struct wsframe_rx *rx = f->rx;

	if (rx->taken == rx->due && !rx->in_frame && rx->opcode == 0)
		give_back(f, true);
	return 0;
}

static int
step(struct wsframe *f, struct wsframe_msg *m, struct sp_buf *out)
{
	struct wslay_frame_iocb io = { 0 };
	struct wsframe_rx *rx = f->rx;
	unsigned bad;
	ssize_t n;
	int r = 0;

	/* What was handed out last time is read by now. */
	if (rx->opcode == 0)
		buf_reset(&rx->text);
	while (r == 0) {
		n = wslay_frame_recv(rx->ctx, &io);
		if (n == WSLAY_ERR_WANT_READ)
			return rest(f);
		bad = n < 0          ? WSFRAME_PROTOCOL
		      : rx->in_frame ? 0
				     : begin(f, &io);
		if (bad != 0)
			return fail(f, (enum wsframe_code)bad, out);
		r = chunk(f, &io, m, out);
	}
	return r;
}

int
wsframe_recv(struct wsframe *f, const uint8_t **p, size_t *len,
    struct wsframe_msg *m, struct sp_buf *out)
{
	size_t had = *len;
	int r;

	*p += had;
	*len = 0;
	if (f->done)
		return SP_ERR_CLOSED;
	if (f->rx == NULL && had == 0)
		return 0;
	r = lend(f);
	if (r == SP_ERR_FULL)
		return fail(f, WSFRAME_LATER, out);
	if (r < 0)
		return r;
	f->rx->in = *p - had;
	f->rx->left = had;
	r = step(f, m, out);
	if (f->rx != NULL) {
		*p -= f->rx->left;
		*len = f->rx->left;
	}
	return r;
}
