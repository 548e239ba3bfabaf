#include "wire/sharewire.h"

#include "wire/compact.h"

#define NO_TRACK 0xff
#define KNOWN    0x0f /* flags */

static_assert(LIM_SHARE_BATCH >= SHAREWIRE_HEAD + SHAREWIRE_ENTRY,
    "a batch has room for any entry");

/* ---- writing ------------------------------------------------------------- */

void
sharewire_init(struct sharewire_out *o, const struct sp_mem *mem)
{
	memset(o, 0, sizeof(*o));
	buf_init(&o->buf, mem, LIM_SHARE_BATCH);
}

void
sharewire_fini(struct sharewire_out *o)
{
	buf_fini(&o->buf);
}

void
sharewire_begin(struct sharewire_out *o, uint64_t node)
{
	buf_reset(&o->buf);
	buf_put_u8(&o->buf, SHAREWIRE_VERSION);
	buf_put_u64(&o->buf, node);
	o->group = 0;
	o->n = 0;
}

static void
put_entry(struct sp_buf *b, const struct sharewire_peer *p)
{
	buf_put_u8(b, p->flags);
	buf_put_u8(b, p->addr.family);
	compact_put(b, &p->addr);
	if (!(p->flags & SHAREWIRE_LIVE))
		return;
	buf_put(b, p->peer_id, LINK_PEERID_LEN);
	buf_put_u32(b, p->up_kbps);
	buf_put_u8(b, p->has_track ? p->track : NO_TRACK);
}

int
sharewire_add(struct sharewire_out *o, const struct sharewire_peer *p)
{
	struct sp_buf *b = &o->buf;
	size_t was = b->len, group = o->group;
	int err;

	if (group == 0 || b->p[group + LINK_INFOHASH_LEN] == UINT8_MAX ||
	    memcmp(b->p + group, p->info_hash, LINK_INFOHASH_LEN) != 0) {
		group = was;
		buf_put(b, p->info_hash, LINK_INFOHASH_LEN);
		buf_put_u8(b, 0);
	}
	put_entry(b, p);
	if (b->err != 0) {
		err = b->err;
		b->err = 0;
		b->len = was;
		return err;
	}
	o->group = group;
	b->p[group + LINK_INFOHASH_LEN]++;
	o->n++;
	return 0;
}

/* ---- reading ------------------------------------------------------------- */

static int
get_live(struct sp_rd *rd, struct sharewire_peer *out)
{
	uint8_t track;

	buf_get_copy(rd, out->peer_id, LINK_PEERID_LEN);
	out->up_kbps = buf_get_u32(rd);
	track = buf_get_u8(rd);
	if (rd->bad)
		return SP_ERR_SHORT;
	out->has_track = track != NO_TRACK;
	out->track = out->has_track ? track : 0;
	return out->track >= LIM_TRACKS ? SP_ERR_TOOBIG : 0;
}

static int
get_entry(struct sp_rd *rd, struct sharewire_peer *out)
{
	int r;

	out->flags = buf_get_u8(rd);
	r = compact_get_any(rd, &out->addr);
	if (r < 0)
		return r;
	if (out->addr.family == 0 || (out->flags & ~KNOWN) != 0)
		return SP_ERR_SYNTAX;
	return out->flags & SHAREWIRE_LIVE ? get_live(rd, out) : 0;
}

/* 1: an entry; 0: the end; or an error. */
static int
get_next(struct sharewire_in *in, struct sharewire_peer *out)
{
	int r;

	memset(out, 0, sizeof(*out));
	if (in->left == 0) {
		if (buf_get_left(&in->rd) == 0)
			return 0;
		buf_get_copy(&in->rd, in->info_hash, LINK_INFOHASH_LEN);
		in->left = buf_get_u8(&in->rd);
		if (in->rd.bad)
			return SP_ERR_SHORT;
		if (in->left == 0)
			return SP_ERR_RANGE;
	}
	memcpy(out->info_hash, in->info_hash, LINK_INFOHASH_LEN);
	r = get_entry(&in->rd, out);
	if (r < 0)
		return r;
	in->left--;
	return 1;
}

int
sharewire_open(struct sharewire_in *in, const uint8_t *p, size_t len)
{
	struct sharewire_peer peer;
	struct sharewire_in at;
	uint8_t version;
	int n = 0, r;

	memset(in, 0, sizeof(*in));
	if (len > LIM_SHARE_BATCH)
		return SP_ERR_TOOBIG;
	in->rd = buf_rd(p, len);
	version = buf_get_u8(&in->rd);
	in->node = buf_get_u64(&in->rd);
	if (in->rd.bad)
		return SP_ERR_SHORT;
	if (version != SHAREWIRE_VERSION)
		return SP_ERR_SYNTAX;
	at = *in;
	while ((r = get_next(&at, &peer)) > 0)
		n++;
	return r < 0 ? r : n;
}

bool
sharewire_next(struct sharewire_in *in, struct sharewire_peer *out)
{
	return get_next(in, out) > 0;
}
