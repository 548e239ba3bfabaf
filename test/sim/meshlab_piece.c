#include "test/sim/meshlab.h"

/* Not what is fuzzed: without counters it is three times as fast. */
#ifdef __clang__
#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), \
    apply_to = function)
#endif

#define AN_HOUR 3600000 /* ms that the seeder's clock is off */

void
lab_bytes(uint8_t track, uint64_t number, uint8_t salt, uint64_t at, uint8_t *p,
    size_t len)
{
	uint64_t i;

	for (i = at; i < at + len; i++)
		*p++ = (uint8_t)(i * 7 + i / 251 + number * 13 + track * 31u +
				 salt * 101u);
}

struct lab_rec
lab_rec(const struct lab *lab, uint64_t k)
{
	struct lab_rec r = { .number = LAB_FIRST + k,
		.init = RECORD_NO_INIT,
		.avail_ms = lab->now / SP_MS + AN_HOUR,
		.length = LAB_LEN,
		.duration_us = 1000000,
		.epoch = 1 };

	return r;
}

/* Where the digest of a record is remembered; inits have rows of their own. */
static uint8_t *
digest_at(struct lab *lab, uint8_t track, uint64_t number)
{
	unsigned row = (track & 1u) | (track >= LIM_TRACK_INIT ? 2u : 0u);

	return lab->digest[row][number % 256];
}

void
lab_seal(struct lab *lab, const struct lab_rec *r)
{
	static uint8_t bytes[LIM_BLOCK], leaves[LIM_PIECE_BLOCKS * HASH_LEN];
	size_t n = hash_leaf_count(r->length), i;
	struct record_env env;
	struct record rec;
	int rv;

	memset(&rec, 0, sizeof(rec));
	rec.number = r->number;
	rec.init = r->init;
	rec.avail_ms = r->avail_ms;
	rec.epoch = r->epoch;
	rec.duration_us = r->duration_us;
	rec.length = r->length;
	rec.dseq = r->salt;
	rec.flags = r->flags;
	rec.track = r->track;
	rec.offset = r->offset;
	rec.has_range = r->offset > 0;
	for (i = 0; i < n; i++) {
		size_t len = record_block_len(&rec, (uint32_t)i);

		lab_bytes(r->track, r->number, r->salt, i * LIM_BLOCK, bytes,
		    len);
		hash_sha256(leaves + i * HASH_LEN, bytes, len);
	}
	if (n > 0)
		hash_tree_root(rec.root, leaves, n);
	if (!r->unchained && r->number > 0)
		memcpy(rec.prev, digest_at(lab, r->track, r->number - 1),
		    HASH_LEN);
	if (!r->no_uri) {
		rec.uri = "seg.ts";
		rec.uri_len = 6;
	}
	buf_reset(&lab->env);
	rv = record_seal(&lab->env, &rec, leaves, n, lab->sk);
	if (rv < 0) {
		buf_reset(&lab->env);
		return;
	}
	rv = record_open(&env, lab->env.p, lab->env.len);
	assert(rv == 0 && "what was sealed can be opened");
	(void)rv;
	record_digest(digest_at(lab, r->track, r->number), &env);
}

int
lab_record(struct lab *lab, const struct lab_rec *r, bool from_feed)
{
	int rv;

	lab_seal(lab, r);
	rv = mesh_record(lab->mesh, lab->env.p, lab->env.len, from_feed,
	    lab->now);
	lab_drain(lab);
	return rv;
}

void
lab_publish(struct lab *lab, uint64_t k)
{
	struct lab_rec r = lab_rec(lab, k);

	lab_record(lab, &r, true);
}

void
lab_manifest(struct lab *lab, uint64_t serial)
{
	struct manifest m;

	memset(&m, 0, sizeof(m));
	memcpy(m.pk, lab->pk, HASH_PK_LEN);
	m.epoch = 1;
	m.serial = serial;
	m.window_ms = 60000;
	m.n_tracks = 1;
	m.tracks[0].target_s = 1;
	buf_reset(&lab->env);
	if (manifest_seal(&lab->env, &m, lab->sk) < 0)
		buf_reset(&lab->env);
}

uint64_t
lab_read(struct lab *lab, uint8_t track, uint64_t number, uint64_t *wrong)
{
	static uint8_t want[LIM_BLOCK];
	struct mesh_piece pc;
	const uint8_t *p;
	uint64_t at, n = 0;
	size_t len;

	*wrong = 0;
	if (mesh_piece(lab->mesh, track, number, &pc) < 0)
		return 0;
	for (at = 0; at < pc.rec->length; at += SP_MAX(len, 1)) {
		if (mesh_read(lab->mesh, track, number, at, &p, &len) < 0)
			break;
		if (len == 0) { /* the next block */
			len = LIM_BLOCK - at % LIM_BLOCK;
			continue;
		}
		lab_bytes(track, number, (uint8_t)pc.rec->dseq, at, want, len);
		*wrong += memcmp(p, want, len) != 0;
		n += len;
	}
	return n;
}

/* ---- origin ---- */

int
lab_fetching(const struct lab *lab)
{
	int i, best = -1;

	for (i = 0; i < LAB_FETCHES; i++)
		if (lab->fetch[i].used &&
		    (best < 0 || lab->fetch[i].id < lab->fetch[best].id))
			best = i;
	return best;
}

int
lab_reply_head(struct lab *lab, unsigned f, uint64_t at, uint64_t total)
{
	int rv =
	    mesh_fetch_head(lab->mesh, lab->fetch[f].id, at, total, lab->now);

	lab->fetch[f].head = true;
	lab_drain(lab);
	return rv;
}

int
lab_reply_data(struct lab *lab, unsigned f, uint64_t at, size_t len, bool right)
{
	const struct lab_fetch *k = &lab->fetch[f];
	uint8_t *p = malloc(SP_MAX(len, 1));
	struct mesh_piece pc;
	size_t i;
	uint8_t salt = 0;
	int rv;

	assert(p != NULL);
	if (mesh_piece(lab->mesh, k->track, k->number, &pc) == 0)
		salt = (uint8_t)pc.rec->dseq;
	/* other bytes of the resource than the piece's are junk */
	for (i = 0; i < len; i++)
		p[i] = 0xee;
	i = (size_t)(at < k->offset ? SP_MIN(k->offset - at, len) : 0);
	lab_bytes(k->track, k->number, salt, at + i - k->offset, p + i,
	    len - i);
	if (!right && len > 0)
		p[len / 2] ^= 1;
	rv = mesh_fetch_data(lab->mesh, k->id, p, len, lab->now);
	free(p);
	lab_drain(lab);
	return rv;
}

void
lab_reply_done(struct lab *lab, unsigned f, enum mesh_fetch result,
    unsigned status, uint32_t retry_after_ms)
{
	uint32_t id = lab->fetch[f].id;

	lab->fetch[f].used = false;
	mesh_fetch_done(lab->mesh, id, result, status, retry_after_ms,
	    lab->now);
	lab_drain(lab);
}

void
lab_reply(struct lab *lab, unsigned f, enum lab_reply how)
{
	const struct lab_fetch k = lab->fetch[f];
	uint64_t total = k.offset > 0 ? 0 : k.length;
	unsigned status = how == LAB_404 ? 404 : how == LAB_503 ? 503 : 206;
	int rv;

	if (status != 206) {
		lab_reply_done(lab, f, MESH_FETCH_HTTP, status,
		    how == LAB_503 ? 2000 : 0);
		return;
	}
	rv = lab_reply_head(lab, f, how == LAB_IGNORES_RANGE ? 0 : k.at, total);
	if (rv == 0 && how == LAB_IGNORES_RANGE)
		rv = lab_reply_data(lab, f, 0, (size_t)(k.at + k.len), true);
	else if (rv == 0 && how == LAB_SHORT)
		rv = lab_reply_data(lab, f, k.at, (size_t)k.len / 2, true);
	else if (rv == 0 && how == LAB_LONG)
		rv = lab_reply_data(lab, f, k.at, (size_t)k.len + 5000, true);
	else if (rv == 0 && how == LAB_RESET)
		rv = lab_reply_data(lab, f, k.at, (size_t)k.len / 3, true);
	else if (rv == 0)
		rv =
		    lab_reply_data(lab, f, k.at, (size_t)k.len, how != LAB_BAD);
	if (!lab->fetch[f].used || lab->fetch[f].id != k.id)
		return; /* cancelled meanwhile */
	lab_reply_done(lab, f,
	    how == LAB_RESET ? MESH_FETCH_NET : MESH_FETCH_OK,
	    how == LAB_IGNORES_RANGE ? 200 : 206, 0);
}

#ifdef __clang__
#pragma clang attribute pop
#endif
