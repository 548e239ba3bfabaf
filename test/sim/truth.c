#include "test/sim/truth.h"

#include "base/map.h"
#include "base/rng.h"
#include "test/sim/simmem.h"

#define POOL    (2 * 1024 * 1024)
#define STEP    4160 /* between the places of two pieces */
#define ENV_MAX LIM_ENVELOPE

/* Where the block with this leaf hash is: open addressing, never removed. */
struct leaf {
	const uint8_t *hash; /* in an envelope; NULL: free */
	const uint8_t *p;
};

struct truth {
	struct truth_conf conf;
	uint8_t pk[HASH_PK_LEN], sk[HASH_SK_LEN];
	uint8_t *pool;               /* POOL and one piece more */
	struct truth_piece **pieces; /* those of a number in a row */
	size_t n, cap;               /* of numbers */
	struct leaf *leaves;
	size_t n_leaves, cap_leaves; /* cap: a power of two */
	struct sp_buf manifest;
};

static void
make_manifest(struct truth *t)
{
	struct manifest *m = sim_zalloc(1, sizeof(*m));
	int rv;

	memcpy(m->pk, t->pk, HASH_PK_LEN);
	m->epoch = 1;
	m->serial = 1;
	m->window_ms = (uint32_t)(t->conf.window / SP_MS);
	m->n_tracks = t->conf.n_tracks;
	for (size_t i = 0; i < m->n_tracks; i++) {
		m->tracks[i].id = (uint8_t)i;
		m->tracks[i].bandwidth_bps =
		    (uint32_t)((uint64_t)t->conf.piece_bytes[i] * 8000 /
			       (uint64_t)(t->conf.segment / SP_MS));
		m->tracks[i].target_s =
		    (uint32_t)((t->conf.segment + SP_S - 1) / SP_S);
	}
	buf_init(&t->manifest, &sim_mem, LIM_MANIFEST);
	rv = manifest_seal(&t->manifest, m, t->sk);
	assert(rv == 0 && "the manifest is in order");
	(void)rv;
	mem_free(&sim_mem, m);
}

struct truth *
truth_new(const struct truth_conf *conf)
{
	struct truth *t = sim_zalloc(1, sizeof(*t));
	uint8_t seed[HASH_SEED_LEN] = "the channel of the simulator";
	size_t len, i;
	struct sp_rng r;
	uint64_t v;

	t->conf = *conf;
	truth_pool(t, &len);
	hash_keypair(t->pk, t->sk, seed);
	rng_seed(&r, conf->seed ^ 0x7472757468u);
	t->pool = sim_alloc(len + sizeof(v));
	for (i = 0; i < len; i += sizeof(v)) {
		v = rng_u64(&r);
		memcpy(t->pool + i, &v, sizeof(v));
	}
	make_manifest(t);
	return t;
}

void
truth_free(struct truth *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n * t->conf.n_tracks; i++) {
		mem_free(&sim_mem, (void *)(uintptr_t)t->pieces[i]->env);
		mem_free(&sim_mem, t->pieces[i]);
	}
	mem_free(&sim_mem, t->pieces);
	mem_free(&sim_mem, t->leaves);
	mem_free(&sim_mem, t->pool);
	buf_fini(&t->manifest);
	mem_free(&sim_mem, t);
}

const uint8_t *
truth_pk(const struct truth *t)
{
	return t->pk;
}

const uint8_t *
truth_manifest(const struct truth *t, size_t *len)
{
	*len = t->manifest.len;
	return t->manifest.p;
}

const uint8_t *
truth_pool(const struct truth *t, size_t *len)
{
	*len = 0;
	for (size_t i = 0; i < t->conf.n_tracks; i++)
		*len = SP_MAX(*len, t->conf.piece_bytes[i]);
	*len += POOL;
	return t->pool;
}

/* ---- blocks by hash ---- */

static size_t
leaf_slot(const struct truth *t, const uint8_t *hash)
{
	uint64_t h;
	size_t i;

	memcpy(&h, hash, sizeof(h)); /* any eight bytes of it are uniform */
	i = (size_t)h & (t->cap_leaves - 1);
	while (t->leaves[i].hash != NULL &&
	       memcmp(t->leaves[i].hash, hash, HASH_LEN) != 0)
		i = (i + 1) & (t->cap_leaves - 1);
	return i;
}

static void
leaf_add(struct truth *t, const uint8_t *hash, const uint8_t *p)
{
	struct leaf *old = t->leaves;
	size_t i, cap = t->cap_leaves;

	if (2 * t->n_leaves >= cap) {
		t->cap_leaves = cap > 0 ? 2 * cap : 1024;
		t->leaves = sim_zalloc(t->cap_leaves, sizeof(*t->leaves));
		for (i = 0; i < cap; i++)
			if (old[i].hash != NULL)
				t->leaves[leaf_slot(t, old[i].hash)] = old[i];
		mem_free(&sim_mem, old);
	}
	i = leaf_slot(t, hash);
	t->n_leaves += t->leaves[i].hash == NULL;
	t->leaves[i] = (struct leaf){ hash, p };
}

/* ---- pieces ---- */

static void
make_record(struct truth *t, struct truth_piece *pc)
{
	size_t n = hash_leaf_count(pc->len), i;
	uint8_t *leaves = sim_alloc(n * HASH_LEN);
	char uri[32];
	struct sp_buf b;
	struct record rec;
	struct record_env env;
	int rv;

	memset(&rec, 0, sizeof(rec));
	rec.number = pc->number;
	rec.init = RECORD_NO_INIT;
	rec.avail_ms = t->conf.wall_ms + pc->avail / SP_MS;
	rec.epoch = 1;
	rec.duration_us = (uint32_t)(t->conf.segment / SP_US);
	rec.length = pc->len;
	rec.flags = RECORD_INDEPENDENT;
	rec.track = pc->track;
	snprintf(uri, sizeof(uri), "%c/%08" PRIu64 ".ts", "stuvwxyz"[pc->track],
	    pc -> number);
	rec.uri = uri;
	rec.uri_len = strlen(uri);
	hash_leaves(leaves, pc->p, pc->len);
	hash_tree_root(rec.root, leaves, n);
	if (t->n > 0)
		memcpy(rec.prev, truth_piece(t, pc->track, t->n - 1)->digest,
		    HASH_LEN);
	buf_init(&b, &sim_mem, ENV_MAX);
	rv = record_seal(&b, &rec, leaves, n, t->sk);
	assert(rv == 0 && "the record is in order");
	mem_free(&sim_mem, leaves);
	pc->env = b.p; /* taken from the buffer */
	pc->env_len = b.len;
	rv = record_open(&env, pc->env, pc->env_len);
	assert(rv == 0 && "the record can be opened");
	(void)rv;
	record_digest(pc->digest, &env);
	for (i = 0; i < n; i++)
		leaf_add(t, env.leaves + i * HASH_LEN, pc->p + i * HASH_BLOCK);
}

uint64_t
truth_edge(const struct truth *t)
{
	return t->n;
}

sp_time
truth_due(const struct truth *t)
{
	return t->conf.start + (sp_time)t->n * t->conf.segment;
}

static struct truth_piece *
make_piece(struct truth *t, uint8_t track)
{
	struct truth_piece *pc = sim_zalloc(1, sizeof(*pc));

	pc->number = t->n;
	pc->track = track;
	pc->avail = truth_due(t);
	pc->p = t->pool + (t->n * t->conf.n_tracks + track) * STEP % POOL;
	pc->len = t->conf.piece_bytes[track];
	make_record(t, pc);
	return pc;
}

bool
truth_make(struct truth *t, sp_time now)
{
	size_t n = t->conf.n_tracks;

	if (truth_due(t) > now)
		return false;
	if (t->n == t->cap) {
		t->cap = t->cap > 0 ? 2 * t->cap : 64;
		t->pieces = sim_resize(t->pieces, t->cap * n,
		    sizeof(struct truth_piece *));
	}
	for (size_t i = 0; i < n; i++)
		t->pieces[t->n * n + i] = make_piece(t, (uint8_t)i);
	t->n++;
	return true;
}

const struct truth_piece *
truth_piece(const struct truth *t, uint8_t track, uint64_t number)
{
	return number < t->n && track < t->conf.n_tracks
		   ? t->pieces[number * t->conf.n_tracks + track]
		   : NULL;
}

/* ---- store ---- */

static void *
store_new(void *ctx, const struct sp_mem *mem SP_UNUSED,
    const struct record *rec)
{
	const struct truth_store *s = ctx;
	const struct truth_piece *pc =
	    truth_piece(s->truth, rec->track, rec->number);

	assert(pc != NULL && "a record that nobody made");
	return (void *)(uintptr_t)pc->p;
}

static void
store_free(void *ctx SP_UNUSED, const struct sp_mem *mem SP_UNUSED,
    void *piece SP_UNUSED, const struct record *rec SP_UNUSED)
{
}

static int
store_put(void *ctx, void *piece, const struct record *rec, uint32_t index,
    const uint8_t *p, size_t len)
{
	struct truth_store *s = ctx;
	const uint8_t *want = (uint8_t *)piece + (size_t)index * LIM_BLOCK;

	if (len != record_block_len(rec, index) || memcmp(want, p, len) != 0)
		s->wrong++;
	return 0;
}

static bool
is_flipped(const struct truth_store *s, const struct record *rec,
    uint32_t index)
{
	uint64_t block[2] = { rec->number, (uint64_t)rec->track << 32 | index };

	return map_siphash(s->truth->conf.seed, 0x666c6970, block,
		   sizeof(block)) %
		   1000000 <
	       s->flip_ppm;
}

static const uint8_t *
store_get(void *ctx, void *piece, const struct record *rec, uint32_t index)
{
	struct truth_store *s = ctx;
	const uint8_t *p = (uint8_t *)piece + (size_t)index * LIM_BLOCK;

	if (s->lie == NULL || !is_flipped(s, rec, index))
		return p;
	memcpy(s->lie, p, record_block_len(rec, index));
	s->lie[0] ^= 1;
	return s->lie;
}

/* A thousand viewers keep the same envelope: once is enough. */
static uint8_t *
store_env_dup(void *ctx, const struct sp_mem *mem, const struct record *rec,
    const uint8_t *env, size_t len)
{
	const struct truth_store *s = ctx;
	const struct truth_piece *pc =
	    truth_piece(s->truth, rec->track, rec->number);

	if (pc != NULL && pc->env_len == len && memcmp(pc->env, env, len) == 0)
		return (uint8_t *)(uintptr_t)pc->env;
	return mem_dup(mem, env, len);
}

static void
store_env_free(void *ctx, const struct sp_mem *mem, const struct record *rec,
    uint8_t *env)
{
	const struct truth_store *s = ctx;
	const struct truth_piece *pc =
	    truth_piece(s->truth, rec->track, rec->number);

	if (pc == NULL || env != pc->env)
		mem_free(mem, env);
}

void
truth_store_init(struct truth_store *s, struct window_store *out,
    const struct truth *t, uint32_t flip_ppm)
{
	s->truth = t;
	s->wrong = 0;
	s->flip_ppm = flip_ppm;
	s->lie = flip_ppm > 0 ? sim_alloc(LIM_BLOCK) : NULL;
	out->ctx = s;
	out->piece_new = store_new;
	out->piece_free = store_free;
	out->put = store_put;
	out->get = store_get;
	out->env_dup = store_env_dup;
	out->env_free = store_env_free;
}

void
truth_store_fini(struct truth_store *s)
{
	mem_free(&sim_mem, s->lie);
	s->lie = NULL;
}

/* ---- crypto ---- */

static const struct truth *crypto_truth;

static int
count_record(const struct record_env *env, const uint8_t *pk)
{
	const struct truth_piece *pc;
	struct record_env own;

	pc = truth_piece(crypto_truth, env->rec.track, env->rec.number);
	if (pc == NULL || memcmp(pk, crypto_truth->pk, HASH_PK_LEN) != 0 ||
	    record_open(&own, pc->env, pc->env_len) < 0)
		return SP_ERR_SIG;
	return own.raw_len == env->raw_len &&
		       memcmp(own.raw, env->raw, env->raw_len) == 0 &&
		       memcmp(own.sig, env->sig, HASH_SIG_LEN) == 0
		   ? 0
		   : SP_ERR_SIG;
}

static int
count_block(const uint8_t leaf[HASH_LEN], const void *p, size_t len)
{
	const struct leaf *l =
	    &crypto_truth->leaves[leaf_slot(crypto_truth, leaf)];

	assert(l->hash != NULL && "a leaf hash that nobody made");
	return memcmp(l->p, p, len) == 0 ? 0 : SP_ERR_HASH;
}

static void
count_public(uint8_t pk[NOISE_KEY_LEN], const uint8_t sk[NOISE_KEY_LEN])
{
	for (size_t i = 0; i < NOISE_KEY_LEN; i++)
		pk[i] = sk[i] ^ 0x5a;
}

static int
count_shared(uint8_t out[NOISE_KEY_LEN],
    const uint8_t sk[NOISE_KEY_LEN] SP_UNUSED, const uint8_t pk[NOISE_KEY_LEN],
    const uint8_t remote[NOISE_KEY_LEN])
{
	for (size_t i = 0; i < NOISE_KEY_LEN; i++)
		out[i] = (uint8_t)(pk[i] + remote[i]);
	return 0;
}

static const struct noise_dh count_dh = { count_public, count_shared };

const struct mesh_crypto truth_crypto = { count_record, count_block,
	&count_dh };

void
truth_crypto_use(const struct truth *t)
{
	crypto_truth = t;
}
