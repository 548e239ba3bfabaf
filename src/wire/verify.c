#include "wire/verify.h"

#include "wire/bencode.h"

void
verify_init(struct verify *v, const uint8_t *pk)
{
	memset(v, 0, sizeof(*v));
	if (pk != NULL) {
		memcpy(v->pk, pk, HASH_PK_LEN);
		v->has_pk = true;
	}
}

static int
check_manifest(struct verify *v, struct verify_row *row, const uint8_t *p,
    size_t len)
{
	int rv =
	    manifest_open(&row->manifest, p, len, v->has_pk ? v->pk : NULL);

	if (rv < 0)
		return rv;
	row->decoded = true;
	memcpy(v->pk, row->manifest.pk, HASH_PK_LEN);
	v->has_pk = true;
	return 0;
}

/* The record's place after the newest of its track. */
static int
check_chain(struct verify *v, struct verify_row *row)
{
	static const uint8_t none[HASH_LEN];
	const struct record *r = &row->env.rec;
	struct verify_track *t = &v->tracks[r->track];
	int rv = 0;

	row->first = !t->known || r->epoch > t->epoch;
	if (t->known && (r->number <= t->number || r->epoch < t->epoch))
		return SP_ERR_STALE;
	if (t->known && memcmp(r->prev, t->digest, HASH_LEN) != 0 &&
	    (!row->first || memcmp(r->prev, none, HASH_LEN) != 0))
		rv = SP_ERR_CHAIN;
	t->known = true;
	t->epoch = r->epoch;
	t->number = r->number;
	record_digest(t->digest, &row->env);
	return rv;
}

static int
check_record(struct verify *v, struct verify_row *row, const uint8_t *p,
    size_t len)
{
	int rv = record_open(&row->env, p, len);

	if (rv < 0)
		return rv;
	row->decoded = true;
	if (!v->has_pk)
		return SP_ERR_NOTFOUND;
	rv = record_verify(&row->env, v->pk);
	return rv < 0 ? rv : check_chain(v, row);
}

static void
check(struct verify *v, struct verify_row *row, const uint8_t *p, size_t len)
{
	if (row->kind == VERIFY_MANIFEST) {
		row->err = check_manifest(v, row, p, len);
		v->manifests++;
	} else if (row->kind == VERIFY_RECORD) {
		row->err = check_record(v, row, p, len);
		v->records++;
	}
	v->failed += row->err < 0;
}

static int
next_frame(struct verify *v, const uint8_t *p, size_t len,
    struct verify_row *row)
{
	int n = tw_frame_read(&row->frame, p, len);

	if (n <= 0)
		return n;
	row->framed = true;
	row->kind = row->frame.type == TW_FRAME_MANIFEST ? VERIFY_MANIFEST
		    : row->frame.type == TW_FRAME_RECORD ? VERIFY_RECORD
							 : VERIFY_FRAME;
	check(v, row, row->frame.p, row->frame.len);
	return n;
}

/* An envelope by itself; its first key tells what is in it. */
static int
next_envelope(struct verify *v, const uint8_t *p, size_t len,
    struct verify_row *row)
{
	size_t used;
	int rv = bencode_prefix(p, len, false, &used);

	if (rv == SP_ERR_SHORT)
		return len > LIM_ENVELOPE ? SP_ERR_TOOBIG : 0;
	if (rv < 0)
		return rv;
	if (used > LIM_ENVELOPE)
		return SP_ERR_TOOBIG;
	row->kind = used > 3 && memcmp(p, "d1:m", 4) == 0 ? VERIFY_MANIFEST
							  : VERIFY_RECORD;
	check(v, row, p, used);
	return (int)used;
}

int
verify_next(struct verify *v, const uint8_t *p, size_t len, bool end,
    struct verify_row *row)
{
	int n;

	memset(row, 0, sizeof(*row));
	row->kind = VERIFY_FRAME;
	if (len == 0)
		return 0;
	/* No type of frame is as high as 'd'. */
	n = p[0] == 'd' ? next_envelope(v, p, len, row)
			: next_frame(v, p, len, row);
	return n == 0 && end ? SP_ERR_SHORT : n;
}
