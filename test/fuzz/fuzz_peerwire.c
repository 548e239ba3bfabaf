/*
 * A frame as a peer may send it. What pw_read takes is within its limits, can
 * be iterated to the end, and is the same bytes when it is written again.
 */

#include "test/fuzz/fuzz.h"
#include "wire/peerwire.h"

static void
must_ref(const struct pw_block_ref *r)
{
	FUZZ_CHECK(r->number < LIM_NUMBER && r->index < LIM_PIECE_BLOCKS);
	FUZZ_CHECK((r->track & ~LIM_TRACK_INIT) < LIM_TRACKS);
}

static void
put_have(struct sp_buf *b, struct pw_msg *m)
{
	struct pw_have_group g;
	struct pw_open o;
	unsigned i, bit;

	pw_have_begin(&o, b, m->u.have.track, m->u.have.base);
	while (pw_have_next(m, &g)) {
		FUZZ_CHECK(g.number >= m->u.have.base && g.number < LIM_NUMBER);
		for (i = 0; i < g.n_bytes * 8U; i++) {
			bit = g.bits[i / 8] >> (7 - i % 8) & 1;
			FUZZ_CHECK(bit == 0 || g.first + i < LIM_PIECE_BLOCKS);
		}
		FUZZ_CHECK(pw_have_add(&o, b, &g));
	}
	pw_end(&o, b);
}

/* False when an address was folded to IPv4, so that the bytes differ. */
static bool
put_pex(struct sp_buf *b, struct pw_msg *m)
{
	size_t left = buf_get_left(&m->u.pex.rd);
	struct pw_pex_entry e;
	struct pw_open o;
	size_t head;

	if (m->type == PW_REDIRECT)
		pw_redirect_begin(&o, b, m->u.pex.track, m->u.pex.stripe,
		    m->u.pex.from);
	else
		pw_pex_begin(&o, b);
	head = b->len;
	while (pw_pex_next(m, &e)) {
		FUZZ_CHECK(e.addr.family == 4 || e.addr.family == 6);
		FUZZ_CHECK(
		    ((e.flags & PW_PEX_V6) != 0) == (e.addr.family == 6));
		FUZZ_CHECK(pw_pex_add(&o, b, &e));
	}
	pw_end(&o, b);
	FUZZ_CHECK(m->type != PW_REDIRECT || o.n <= PW_REDIRECTS);
	return b->len == left + head;
}

/* Requests and the like, which name one block. */
static void
put_ref(struct sp_buf *b, const struct pw_msg *m)
{
	if (m->type == PW_REQUEST) {
		must_ref(&m->u.request.ref);
		pw_put_request(b, m->u.request.ref, m->u.request.slack_ms);
	} else if (m->type == PW_BLOCK) {
		must_ref(&m->u.block.ref);
		FUZZ_CHECK(m->u.block.len >= 1 && m->u.block.len <= LIM_BLOCK);
		pw_put_block_head(b, m->u.block.ref, m->u.block.len);
		buf_put(b, m->u.block.p, m->u.block.len);
	} else if (m->type == PW_CANCEL) {
		must_ref(&m->u.ref);
		pw_put_cancel(b, m->u.ref);
	} else if (m->type == PW_WARN) {
		must_ref(&m->u.warn.ref);
		pw_put_warn(b, m->u.warn.ref, m->u.warn.peer_id);
	} else {
		must_ref(&m->u.reject.ref);
		pw_put_reject(b, m->u.reject.ref, m->u.reject.reason);
	}
}

static void
put_bye(struct sp_buf *b, const struct pw_msg *m)
{
	char text[LIM_BYE_TEXT + 1];

	FUZZ_CHECK(m->u.bye.len <= LIM_BYE_TEXT);
	memcpy(text, m->u.bye.text, m->u.bye.len);
	text[m->u.bye.len] = '\0';
	pw_put_bye(b, m->u.bye.reason, text);
}

static void
put_tree(struct sp_buf *b, const struct pw_msg *m)
{
	uint8_t track = m->u.tree.track, stripe = m->u.tree.stripe;

	FUZZ_CHECK(track < LIM_TRACKS && stripe < PW_STRIPES);
	FUZZ_CHECK(m->u.tree.from < LIM_NUMBER);
	FUZZ_CHECK(m->u.tree.accept.n <= PW_PATH);
	if (m->type == PW_TREE)
		pw_put_tree(b, track, &m->u.tree.ad);
	else if (m->type == PW_SUBSCRIBE)
		pw_put_subscribe(b, track, stripe, m->u.tree.weight,
		    m->u.tree.orphan, m->u.tree.from);
	else if (m->type == PW_ACCEPT)
		pw_put_accept(b, track, stripe, &m->u.tree.accept);
	else
		pw_put_unsubscribe(b, track, stripe, m->u.tree.from);
}

/* Whether |b| should now be the bytes that were read. */
static bool
put(struct sp_buf *b, struct pw_msg *m)
{
	switch (m->type) {
	case PW_CHOKE:
	case PW_UNCHOKE:
	case PW_INTERESTED:
	case PW_NOT_INTERESTED:
		pw_put_simple(b, (enum pw_type)m->type);
		return true;
	case PW_HAVE:
		put_have(b, m);
		return true;
	case PW_REQUEST:
	case PW_BLOCK:
	case PW_CANCEL:
	case PW_REJECT:
	case PW_WARN:
		put_ref(b, m);
		return true;
	case PW_RECORD:
	case PW_MANIFEST:
		pw_put_env(b, (enum pw_type)m->type, m->u.env.p, m->u.env.len);
		return true;
	case PW_WANT_RECORDS:
		pw_put_want(b, m->u.want.track, m->u.want.number,
		    m->u.want.count);
		return true;
	case PW_WANT_MANIFEST:
		pw_put_want_manifest(b, m->u.serial);
		return true;
	case PW_PEX:
	case PW_REDIRECT:
		return put_pex(b, m);
	case PW_TREE:
	case PW_SUBSCRIBE:
	case PW_ACCEPT:
	case PW_UNSUBSCRIBE:
		put_tree(b, m);
		return true;
	case PW_PING:
		pw_put_ping(b, m->u.ping.token);
		return true;
	case PW_PONG:
		pw_put_pong(b, m->u.ping.token, m->u.ping.queue_ms,
		    m->u.ping.up_kbps);
		return true;
	case PW_BYE:
		put_bye(b, m);
		return memchr(m->u.bye.text, 0, m->u.bye.len) == NULL;
	default:
		return false;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct sp_rd rd = buf_rd(p, len);
	struct pw_msg m;
	struct sp_buf b;

	buf_init(&b, &heap_mem, 2 * LIM_MSG);
	while (pw_read(&rd, &m) == 1) {
		buf_reset(&b);
		if (!put(&b, &m))
			continue;
		FUZZ_CHECK(b.err == 0 && b.len <= (size_t)(rd.p - p));
		FUZZ_CHECK(memcmp(rd.p - b.len, b.p, b.len) == 0);
	}
	buf_fini(&b);
	return 0;
}
