#include "test/sim/signer.h"

void
signer_init(struct signer *s, uint8_t seed)
{
	uint8_t bytes[HASH_SEED_LEN];

	memset(s, 0, sizeof(*s));
	memset(bytes, seed, sizeof(bytes));
	hash_keypair(s->pk, s->sk, bytes);
	link_infohash(s->info_hash, s->pk);
	s->epoch = 1;
	s->window_ms = 30000;
	s->length = 20000;
	s->init = RECORD_NO_INIT;
}

static void
put_frame(struct sp_buf *b, uint8_t type, const struct sp_buf *env)
{
	struct tw_frame f = { .type = type, .p = env->p, .len = env->len };

	tw_frame_write(b, &f);
	assert(b->err == 0 && "the test gives enough room");
}

void
signer_manifest(struct signer *s, struct sp_buf *b)
{
	struct manifest m = { 0 };
	struct sp_buf env;
	int r;

	memcpy(m.pk, s->pk, HASH_PK_LEN);
	m.epoch = s->epoch;
	m.serial = ++s->serial;
	m.window_ms = s->window_ms;
	m.n_tracks = 1;
	m.tracks[0].target_s = 2;
	buf_init(&env, b->mem, LIM_ENVELOPE);
	r = manifest_seal(&env, &m, s->sk);
	assert(r == 0 && "the manifest is in range");
	(void)r;
	put_frame(b, TW_FRAME_MANIFEST, &env);
	buf_fini(&env);
}

void
signer_record(struct signer *s, struct sp_buf *b, uint8_t track,
    uint64_t number, int64_t avail_ms, uint8_t salt)
{
	uint8_t leaves[8][HASH_LEN];
	size_t n = hash_leaf_count(s->length);
	struct record_env open;
	struct record rec = { 0 };
	struct sp_buf env;
	int r;

	assert(n <= SP_LEN(leaves) && "pieces of tests are short");
	memset(leaves, salt + 1, sizeof(leaves));
	rec.number = number;
	rec.init = s->init;
	rec.avail_ms = avail_ms;
	rec.epoch = s->epoch;
	rec.length = s->length;
	rec.track = track;
	rec.duration_us = 2000000;
	if (track >= LIM_TRACK_INIT) {
		rec.duration_us = 0;
		rec.init = RECORD_NO_INIT;
		rec.flags = RECORD_INIT;
	}
	hash_tree_root(rec.root, leaves[0], n);
	memcpy(rec.prev, s->prev[track], HASH_LEN);
	rec.uri = "seg.ts";
	rec.uri_len = 6;
	buf_init(&env, b->mem, LIM_ENVELOPE);
	r = record_seal(&env, &rec, leaves[0], n, s->sk);
	assert(r == 0 && "the record is in range");
	r = record_open(&open, env.p, env.len);
	assert(r == 0 && "what was sealed can be opened");
	(void)r;
	record_digest(s->prev[track], &open);
	put_frame(b, TW_FRAME_RECORD, &env);
	buf_fini(&env);
}
