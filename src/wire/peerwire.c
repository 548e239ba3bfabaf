#include "wire/peerwire.h"

#include "wire/compact.h"

/* Bytes of type and block name, which several messages start with. */
#define PW_REF_LEN 11

static bool
pw_track_ok(uint8_t track)
{
	return track < LIM_TRACKS ||
	       (track >= LIM_TRACK_INIT && track < LIM_TRACK_INIT + LIM_TRACKS);
}

static bool
pw_ref_ok(const struct pw_block_ref *r)
{
	return pw_track_ok(r->track) && r->number < LIM_NUMBER &&
	       r->index < LIM_PIECE_BLOCKS;
}

static bool
pw_kind_has_bits(uint8_t kind)
{
	return kind == PW_HAVE_BLOCKS || kind == PW_HAVE_ARRIVING;
}

static bool
pw_bits_ok(const struct pw_have_group *g)
{
	unsigned last, pad;

	if (g->first >= LIM_PIECE_BLOCKS || g->n_bytes < 1 ||
	    g->n_bytes > LIM_PIECE_BLOCKS / 8)
		return false;
	last = g->first + 8U * (g->n_bytes - 1U);
	if (last >= LIM_PIECE_BLOCKS)
		return false;
	if (last + 8 <= LIM_PIECE_BLOCKS)
		return true;
	pad = last + 8 - LIM_PIECE_BLOCKS;
	return (g->bits[g->n_bytes - 1] & ((1U << pad) - 1)) == 0;
}

/* False when there is no well-formed group at |rd|. */
static bool
pw_group_get(struct sp_rd *rd, uint64_t base, struct pw_have_group *g)
{
	uint64_t delta, first;

	*g = (struct pw_have_group){ 0 };
	delta = buf_get_varint(rd);
	g->kind = buf_get_u8(rd);
	if (rd->bad || delta >= LIM_NUMBER - base || g->kind > PW_HAVE_GONE)
		return false;
	g->number = base + delta;
	if (!pw_kind_has_bits(g->kind))
		return true;
	first = buf_get_varint(rd);
	g->n_bytes = buf_get_u8(rd);
	g->bits = buf_get_span(rd, g->n_bytes);
	if (rd->bad || first >= LIM_PIECE_BLOCKS)
		return false;
	g->first = (uint16_t)first;
	return pw_bits_ok(g);
}

static bool
pw_pex_get(struct sp_rd *rd, struct pw_pex_entry *e)
{
	bool v6;

	e->flags = buf_get_u8(rd);
	v6 = (e->flags & PW_PEX_V6) != 0;
	buf_get_copy(rd, e->peer_id, sizeof(e->peer_id));
	if (rd->bad || !compact_get(rd, v6 ? 6 : 4, &e->addr))
		return false;
	if (e->addr.family != 6)
		e->flags &= (uint8_t)~PW_PEX_V6;
	return true;
}

static bool
pw_ref_get(struct sp_rd *rd, struct pw_block_ref *r)
{
	r->track = buf_get_u8(rd);
	r->number = buf_get_u64(rd);
	r->index = buf_get_u16(rd);
	return !rd->bad && pw_ref_ok(r);
}

static bool
pw_have_get(struct sp_rd *rd, struct pw_msg *m)
{
	struct pw_have_group g;
	struct sp_rd all;
	unsigned n;

	m->u.have.track = buf_get_u8(rd);
	m->u.have.base = buf_get_u64(rd);
	if (rd->bad || !pw_track_ok(m->u.have.track) ||
	    m->u.have.base >= LIM_NUMBER)
		return false;
	all = *rd;
	for (n = 0; buf_get_left(rd) > 0; n++) {
		if (n == LIM_HAVE_GROUPS ||
		    !pw_group_get(rd, m->u.have.base, &g))
			return false;
	}
	m->u.have.rd = all;
	m->u.have.checked = true;
	return true;
}

static bool
pw_pex_check(struct sp_rd *rd, struct pw_msg *m)
{
	struct pw_pex_entry e;
	unsigned n;

	m->u.pex.rd = *rd;
	for (n = 0; buf_get_left(rd) > 0; n++) {
		if (n == LIM_PEX_PEERS || !pw_pex_get(rd, &e))
			return false;
	}
	return true;
}

static bool
pw_block_get(struct sp_rd *rd, struct pw_msg *m)
{
	if (!pw_ref_get(rd, &m->u.block.ref))
		return false;
	m->u.block.len = buf_get_left(rd);
	m->u.block.p = buf_get_span(rd, m->u.block.len);
	return m->u.block.len >= 1 && m->u.block.len <= LIM_BLOCK;
}

static bool
pw_env_get(struct sp_rd *rd, struct pw_msg *m)
{
	m->u.env.len = buf_get_left(rd);
	m->u.env.p = buf_get_span(rd, m->u.env.len);
	return m->u.env.len >= 1 && m->u.env.len <= LIM_ENVELOPE;
}

static bool
pw_want_get(struct sp_rd *rd, struct pw_msg *m)
{
	m->u.want.track = buf_get_u8(rd);
	m->u.want.number = buf_get_u64(rd);
	m->u.want.count = buf_get_u8(rd);
	return !rd->bad && pw_track_ok(m->u.want.track) &&
	       m->u.want.count >= 1 && m->u.want.count <= LIM_RECORD_WANT &&
	       m->u.want.number <= LIM_NUMBER - m->u.want.count;
}

static bool
pw_bye_get(struct sp_rd *rd, struct pw_msg *m)
{
	m->u.bye.reason = buf_get_u8(rd);
	m->u.bye.len = buf_get_left(rd);
	m->u.bye.text = buf_get_span(rd, m->u.bye.len);
	return !rd->bad && m->u.bye.len <= LIM_BYE_TEXT;
}

/* Fills |m| from the body; the caller checks that nothing is left. */
static bool
pw_body_get(struct sp_rd *rd, struct pw_msg *m)
{
	switch (m->type) {
	case PW_HAVE:
		return pw_have_get(rd, m);
	case PW_REQUEST:
		if (!pw_ref_get(rd, &m->u.request.ref))
			return false;
		m->u.request.slack_ms = buf_get_u16(rd);
		return true;
	case PW_BLOCK:
		return pw_block_get(rd, m);
	case PW_CANCEL:
		return pw_ref_get(rd, &m->u.ref);
	case PW_REJECT:
		if (!pw_ref_get(rd, &m->u.reject.ref))
			return false;
		m->u.reject.reason = buf_get_u8(rd);
		return true;
	case PW_RECORD:
	case PW_MANIFEST:
		return pw_env_get(rd, m);
	case PW_WANT_RECORDS:
		return pw_want_get(rd, m);
	case PW_PEX:
		return pw_pex_check(rd, m);
	case PW_PONG:
		m->u.ping.token = buf_get_u64(rd);
		m->u.ping.queue_ms = buf_get_u16(rd);
		m->u.ping.up_kbps = buf_get_u32(rd);
		return true;
	case PW_PING:
		m->u.ping.token = buf_get_u64(rd);
		return true;
	case PW_BYE:
		return pw_bye_get(rd, m);
	case PW_WANT_MANIFEST:
		m->u.serial = buf_get_u64(rd);
		return true;
	default: /* no body: choke, unchoke, interested, not interested */
		return true;
	}
}

static const char *const pw_names[] = {
	[PW_CHOKE] = "choke",
	[PW_UNCHOKE] = "unchoke",
	[PW_INTERESTED] = "interested",
	[PW_NOT_INTERESTED] = "not_interested",
	[PW_HAVE] = "have",
	[PW_REQUEST] = "request",
	[PW_BLOCK] = "block",
	[PW_CANCEL] = "cancel",
	[PW_REJECT] = "reject",
	[PW_RECORD] = "record",
	[PW_WANT_RECORDS] = "want_records",
	[PW_MANIFEST] = "manifest",
	[PW_PEX] = "pex",
	[PW_PING] = "ping",
	[PW_PONG] = "pong",
	[PW_BYE] = "bye",
	[PW_WANT_MANIFEST] = "want_manifest",
};

static bool
pw_is_known(uint8_t type)
{
	return type < SP_LEN(pw_names) && pw_names[type] != NULL;
}

const char *
pw_name(uint8_t type)
{
	return pw_is_known(type) ? pw_names[type] : "unknown";
}

int
pw_read(struct sp_rd *frame, struct pw_msg *out)
{
	const uint8_t *p;
	struct sp_rd rd;
	uint32_t len;

	*out = (struct pw_msg){ 0 };
	do {
		if (!frame->bad && buf_get_left(frame) == 0)
			return 0;
		len = buf_get_u32(frame);
	} while (!frame->bad && len == 0);
	if (len > LIM_MSG)
		return SP_ERR_PROTO;
	p = buf_get_span(frame, len);
	if (frame->bad)
		return SP_ERR_PROTO;
	rd = buf_rd(p, len);
	out->type = buf_get_u8(&rd);
	if (!pw_is_known(out->type))
		return 1;
	if (!pw_body_get(&rd, out) || buf_get_end(&rd) != 0)
		return SP_ERR_PROTO;
	return 1;
}

bool
pw_have_next(struct pw_msg *have, struct pw_have_group *out)
{
	assert(have->type == PW_HAVE && have->u.have.checked &&
	       "the message came from pw_read");
	if (buf_get_left(&have->u.have.rd) == 0)
		return false;
	return pw_group_get(&have->u.have.rd, have->u.have.base, out);
}

bool
pw_pex_next(struct pw_msg *pex, struct pw_pex_entry *out)
{
	assert(pex->type == PW_PEX && "the message is a pex from pw_read");
	if (buf_get_left(&pex->u.pex.rd) == 0)
		return false;
	return pw_pex_get(&pex->u.pex.rd, out);
}

/* |len| counts type and body. */
static void
pw_head_put(struct sp_buf *b, enum pw_type type, size_t len)
{
	assert(len >= 1 && len <= LIM_MSG && "a peer would refuse it");
	buf_put_u32(b, (uint32_t)len);
	buf_put_u8(b, (uint8_t)type);
}

static void
pw_ref_put(struct sp_buf *b, enum pw_type type, const struct pw_block_ref *r,
    size_t more)
{
	assert(pw_ref_ok(r) && "a block that can exist");
	pw_head_put(b, type, 1 + PW_REF_LEN + more);
	buf_put_u8(b, r->track);
	buf_put_u64(b, r->number);
	buf_put_u16(b, r->index);
}

void
pw_put_simple(struct sp_buf *b, enum pw_type type)
{
	assert(type <= PW_NOT_INTERESTED && "this type has a body");
	pw_head_put(b, type, 1);
}

void
pw_put_request(struct sp_buf *b, struct pw_block_ref r, uint16_t slack_ms)
{
	pw_ref_put(b, PW_REQUEST, &r, 2);
	buf_put_u16(b, slack_ms);
}

void
pw_put_block_head(struct sp_buf *b, struct pw_block_ref r, size_t len)
{
	assert(len >= 1 && len <= LIM_BLOCK && "one block");
	pw_ref_put(b, PW_BLOCK, &r, len);
}

void
pw_put_cancel(struct sp_buf *b, struct pw_block_ref r)
{
	pw_ref_put(b, PW_CANCEL, &r, 0);
}

void
pw_put_reject(struct sp_buf *b, struct pw_block_ref r, uint8_t reason)
{
	pw_ref_put(b, PW_REJECT, &r, 1);
	buf_put_u8(b, reason);
}

void
pw_put_env(struct sp_buf *b, enum pw_type type, const void *p, size_t len)
{
	assert((type == PW_RECORD || type == PW_MANIFEST) && "an envelope");
	assert(len >= 1 && len <= LIM_ENVELOPE && "a peer would refuse it");
	pw_head_put(b, type, 1 + len);
	buf_put(b, p, len);
}

void
pw_put_want(struct sp_buf *b, uint8_t track, uint64_t number, uint8_t count)
{
	assert(pw_track_ok(track) && count >= 1 && count <= LIM_RECORD_WANT &&
	       number <= LIM_NUMBER - count && "a peer would refuse it");
	pw_head_put(b, PW_WANT_RECORDS, 11);
	buf_put_u8(b, track);
	buf_put_u64(b, number);
	buf_put_u8(b, count);
}

void
pw_put_want_manifest(struct sp_buf *b, uint64_t serial)
{
	pw_head_put(b, PW_WANT_MANIFEST, 9);
	buf_put_u64(b, serial);
}

void
pw_put_ping(struct sp_buf *b, uint64_t token)
{
	pw_head_put(b, PW_PING, 9);
	buf_put_u64(b, token);
}

void
pw_put_pong(struct sp_buf *b, uint64_t token, uint16_t queue_ms,
    uint32_t up_kbps)
{
	pw_head_put(b, PW_PONG, 15);
	buf_put_u64(b, token);
	buf_put_u16(b, queue_ms);
	buf_put_u32(b, up_kbps);
}

void
pw_put_bye(struct sp_buf *b, uint8_t reason, const char *text)
{
	size_t len = text != NULL ? strlen(text) : 0;

	len = SP_MIN(len, LIM_BYE_TEXT);
	pw_head_put(b, PW_BYE, 2 + len);
	buf_put_u8(b, reason);
	buf_put(b, text, len);
}

/* The length stays 1 until pw_end knows it. */
static void
pw_open_put(struct pw_open *o, struct sp_buf *b, enum pw_type type)
{
	*o = (struct pw_open){ .at = b->len };
	pw_head_put(b, type, 1);
}

void
pw_have_begin(struct pw_open *o, struct sp_buf *b, uint8_t track, uint64_t base)
{
	assert(pw_track_ok(track) && base < LIM_NUMBER && "a track's piece");
	pw_open_put(o, b, PW_HAVE);
	o->base = base;
	buf_put_u8(b, track);
	buf_put_u64(b, base);
}

bool
pw_have_add(struct pw_open *o, struct sp_buf *b, const struct pw_have_group *g)
{
	assert(g->number >= o->base && g->number < LIM_NUMBER &&
	       g->kind <= PW_HAVE_GONE && "a peer would refuse it");
	assert((!pw_kind_has_bits(g->kind) || pw_bits_ok(g)) &&
	       "bits of blocks that can exist");
	if (o->n == LIM_HAVE_GROUPS)
		return false;
	o->n++;
	buf_put_varint(b, g->number - o->base);
	buf_put_u8(b, g->kind);
	if (pw_kind_has_bits(g->kind)) {
		buf_put_varint(b, g->first);
		buf_put_u8(b, g->n_bytes);
		buf_put(b, g->bits, g->n_bytes);
	}
	return true;
}

void
pw_pex_begin(struct pw_open *o, struct sp_buf *b)
{
	pw_open_put(o, b, PW_PEX);
}

bool
pw_pex_add(struct pw_open *o, struct sp_buf *b, const struct pw_pex_entry *e)
{
	uint8_t flags = e->flags & (uint8_t)~PW_PEX_V6;

	if (o->n == LIM_PEX_PEERS)
		return false;
	o->n++;
	if (e->addr.family == 6)
		flags |= PW_PEX_V6;
	buf_put_u8(b, flags);
	buf_put(b, e->peer_id, sizeof(e->peer_id));
	compact_put(b, &e->addr);
	return true;
}

void
pw_end(struct pw_open *o, struct sp_buf *b)
{
	if (b->err != 0)
		return;
	assert(b->len - o->at - 4 <= LIM_MSG && "groups are bounded");
	buf_set_u32(b, o->at, (uint32_t)(b->len - o->at - 4));
}
