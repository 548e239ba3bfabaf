#include "wire/peerwire.h"

#include "wire/compact.h"
#include "wire/peerwire_in.h"

/* Bytes of a block name. */
#define PW_REF_LEN 11

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
pw_put_warn(struct sp_buf *b, struct pw_block_ref r,
    const uint8_t peer_id[LINK_PEERID_LEN])
{
	pw_ref_put(b, PW_WARN, &r, LINK_PEERID_LEN);
	buf_put(b, peer_id, LINK_PEERID_LEN);
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
pw_put_tree(struct sp_buf *b, uint8_t track, const struct pw_tree *ad)
{
	assert(track < LIM_TRACKS && "a media track");
	pw_head_put(b, PW_TREE, 6 + sizeof(ad->wait) + sizeof(ad->late));
	buf_put_u8(b, track);
	buf_put_u16(b, ad->free);
	buf_put_u16(b, ad->strong);
	buf_put(b, ad->wait, sizeof(ad->wait));
	buf_put(b, ad->late, sizeof(ad->late));
}

static void
pw_tree_put(struct sp_buf *b, enum pw_type type, size_t more, uint8_t track,
    uint8_t stripe)
{
	assert(track < LIM_TRACKS && stripe < PW_STRIPES && "a media track's");
	pw_head_put(b, type, 3 + more);
	buf_put_u8(b, track);
	buf_put_u8(b, stripe);
}

void
pw_put_subscribe(struct sp_buf *b, uint8_t track, uint8_t stripe,
    uint8_t weight, bool orphan, uint64_t from)
{
	assert(weight <= PW_WEIGHT_MAX && from < LIM_NUMBER &&
	       "a peer would refuse it");
	pw_tree_put(b, PW_SUBSCRIBE, 9, track, stripe);
	buf_put_u8(b, (uint8_t)(weight | (orphan ? PW_WEIGHT_MAX + 1 : 0)));
	buf_put_u64(b, from);
}

void
pw_put_accept(struct sp_buf *b, uint8_t track, uint8_t stripe,
    const struct pw_accept *a)
{
	unsigned i;

	assert(a->depth < PW_DEPTH_NONE && a->n <= PW_PATH &&
	       "a peer would refuse it");
	pw_tree_put(b, PW_ACCEPT, 1 + 4 * (size_t)a->n, track, stripe);
	buf_put_u8(b, a->depth);
	for (i = 0; i < a->n; i++)
		buf_put_u32(b, a->path[i]);
}

void
pw_put_unsubscribe(struct sp_buf *b, uint8_t track, uint8_t stripe,
    uint64_t from)
{
	assert(from < LIM_NUMBER && "a peer would refuse it");
	pw_tree_put(b, PW_UNSUBSCRIBE, 8, track, stripe);
	buf_put_u64(b, from);
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
pw_redirect_begin(struct pw_open *o, struct sp_buf *b, uint8_t track,
    uint8_t stripe, uint64_t from)
{
	assert(track < LIM_TRACKS && stripe < PW_STRIPES && from < LIM_NUMBER &&
	       "a media track's");
	pw_open_put(o, b, PW_REDIRECT);
	buf_put_u8(b, track);
	buf_put_u8(b, stripe);
	buf_put_u64(b, from);
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
