#include "wire/peerwire.h"

#include "wire/compact.h"
#include "wire/peerwire_in.h"

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
pw_pex_check(struct sp_rd *rd, struct pw_msg *m, unsigned max)
{
	struct pw_pex_entry e;
	unsigned n;

	m->u.pex.rd = *rd;
	for (n = 0; buf_get_left(rd) > 0; n++) {
		if (n == max || !pw_pex_get(rd, &e))
			return false;
	}
	return true;
}

static bool
pw_redirect_get(struct sp_rd *rd, struct pw_msg *m)
{
	m->u.pex.track = buf_get_u8(rd);
	m->u.pex.stripe = buf_get_u8(rd);
	m->u.pex.from = buf_get_u64(rd);
	return !rd->bad && m->u.pex.track < LIM_TRACKS &&
	       m->u.pex.stripe < PW_STRIPES && m->u.pex.from < LIM_NUMBER &&
	       pw_pex_check(rd, m, PW_REDIRECTS);
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

static void
pw_ad_get(struct sp_rd *rd, struct pw_tree *ad)
{
	ad->free = buf_get_u16(rd);
	ad->strong = buf_get_u16(rd);
	buf_get_copy(rd, ad->wait, sizeof(ad->wait));
	buf_get_copy(rd, ad->late, sizeof(ad->late));
}

static bool
pw_accept_get(struct sp_rd *rd, struct pw_accept *a)
{
	a->depth = buf_get_u8(rd);
	while (buf_get_left(rd) > 0) {
		if (a->n == PW_PATH)
			return false;
		a->path[a->n++] = buf_get_u32(rd);
	}
	return a->depth < PW_DEPTH_NONE;
}

static void
pw_weight_get(struct sp_rd *rd, struct pw_msg *m)
{
	uint8_t w = buf_get_u8(rd);

	m->u.tree.weight = w & PW_WEIGHT_MAX;
	m->u.tree.orphan = w > PW_WEIGHT_MAX;
}

static bool
pw_tree_get(struct sp_rd *rd, struct pw_msg *m)
{
	m->u.tree.track = buf_get_u8(rd);
	if (m->type == PW_TREE)
		pw_ad_get(rd, &m->u.tree.ad);
	else
		m->u.tree.stripe = buf_get_u8(rd);
	if (rd->bad || m->u.tree.track >= LIM_TRACKS ||
	    m->u.tree.stripe >= PW_STRIPES)
		return false;
	if (m->type == PW_ACCEPT)
		return pw_accept_get(rd, &m->u.tree.accept);
	if (m->type == PW_TREE)
		return true;
	if (m->type == PW_SUBSCRIBE)
		pw_weight_get(rd, m);
	m->u.tree.from = buf_get_u64(rd);
	return m->u.tree.from < LIM_NUMBER;
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
	case PW_WARN:
		if (!pw_ref_get(rd, &m->u.warn.ref))
			return false;
		buf_get_copy(rd, m->u.warn.peer_id, LINK_PEERID_LEN);
		return true;
	case PW_RECORD:
	case PW_MANIFEST:
		return pw_env_get(rd, m);
	case PW_WANT_RECORDS:
		return pw_want_get(rd, m);
	case PW_PEX:
		return pw_pex_check(rd, m, LIM_PEX_PEERS);
	case PW_REDIRECT:
		return pw_redirect_get(rd, m);
	case PW_TREE:
	case PW_SUBSCRIBE:
	case PW_ACCEPT:
	case PW_UNSUBSCRIBE:
		return pw_tree_get(rd, m);
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
	[PW_TREE] = "tree",
	[PW_SUBSCRIBE] = "subscribe",
	[PW_ACCEPT] = "accept",
	[PW_UNSUBSCRIBE] = "unsubscribe",
	[PW_REDIRECT] = "redirect",
	[PW_WARN] = "warn",
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
	assert((pex->type == PW_PEX || pex->type == PW_REDIRECT) &&
	       "the message has entries and is from pw_read");
	if (buf_get_left(&pex->u.pex.rd) == 0)
		return false;
	return pw_pex_get(&pex->u.pex.rd, out);
}
