#include "wire/receipt.h"

#define FORMAT 1
#define LABEL  "spate receipt 1"

void
receipt_seal(struct sp_buf *b, const struct receipt *r,
    const uint8_t sk[HASH_SK_LEN])
{
	uint8_t sig[HASH_SIG_LEN];
	size_t at = b->len;

	buf_put_u8(b, FORMAT);
	buf_put(b, r->info_hash, LINK_INFOHASH_LEN);
	buf_put(b, r->key, HASH_PK_LEN);
	buf_put_u64(b, r->slice);
	buf_put_u8(b, r->slices);
	buf_put_u8(b, r->n);
	for (size_t i = 0; i < r->n; i++) {
		buf_put(b, r->entries[i].peer_id, LINK_PEERID_LEN);
		buf_put_u32(b, r->entries[i].bytes);
		buf_put_u8(b, r->entries[i].flags);
	}
	if (b->err != 0)
		return;
	hash_sign(sig, sk, LABEL, b->p + at, b->len - at);
	buf_put(b, sig, sizeof(sig));
}

static int
get_entries(struct sp_rd *rd, struct receipt *out)
{
	struct receipt_entry *e;

	for (size_t i = 0; i < out->n; i++) {
		e = &out->entries[i];
		buf_get_copy(rd, e->peer_id, LINK_PEERID_LEN);
		e->bytes = buf_get_u32(rd);
		e->flags = buf_get_u8(rd);
		if (rd->bad)
			return SP_ERR_SHORT;
		if (i > 0 &&
		    memcmp(e[-1].peer_id, e->peer_id, LINK_PEERID_LEN) >= 0)
			return SP_ERR_CANON;
	}
	return 0;
}

int
receipt_open(struct receipt *out, const uint8_t *p, size_t len)
{
	struct sp_rd rd = buf_rd(p, len);
	uint8_t version = buf_get_u8(&rd);
	int rv;

	memset(out, 0, sizeof(*out));
	buf_get_copy(&rd, out->info_hash, LINK_INFOHASH_LEN);
	buf_get_copy(&rd, out->key, HASH_PK_LEN);
	out->slice = buf_get_u64(&rd);
	out->slices = buf_get_u8(&rd);
	out->n = buf_get_u8(&rd);
	if (rd.bad)
		return SP_ERR_SHORT;
	if (version != FORMAT)
		return SP_ERR_SYNTAX;
	if (out->slices < 1 || out->slices > LIM_RECEIPT_SPAN ||
	    out->slice > LIM_AVAIL_MS / RECEIPT_SLICE_MS ||
	    out->slices > out->slice + 1 || out->n < 1 || out->n > LIM_RECEIPTS)
		return SP_ERR_RANGE;
	if ((rv = get_entries(&rd, out)) < 0)
		return rv;
	if (buf_get_left(&rd) < HASH_SIG_LEN)
		return SP_ERR_SHORT;
	return buf_get_left(&rd) > HASH_SIG_LEN ? SP_ERR_SYNTAX : 0;
}

int
receipt_verify(const struct receipt *r, const uint8_t *p, size_t len)
{
	if (len < HASH_SIG_LEN)
		return SP_ERR_SIG;
	len -= HASH_SIG_LEN;
	return hash_verify(p + len, r->key, LABEL, p, len);
}

int
receipt_peerid(uint8_t out[LINK_PEERID_LEN], const uint8_t key[HASH_PK_LEN])
{
	uint8_t x[HASH_X_LEN];
	int rv = hash_x25519_pk(x, key);

	if (rv == 0)
		link_peerid(out, x);
	return rv;
}
