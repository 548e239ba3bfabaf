#include "test/sim/meshlab.h"

#include "test/heap.h"

#define PEER_PORT 7000

struct sp_addr
lab_addr(const struct lab *lab, uint8_t who)
{
	uint8_t near[4] = { 127, 0, 1, who }, far[4] = { 5, 9, who, 1 };

	return addr_make(4, lab->far ? far : near, (uint16_t)(PEER_PORT + who));
}

static void
keys_of(uint8_t who, uint8_t pk[HASH_PK_LEN], uint8_t sk[HASH_SK_LEN])
{
	uint8_t secret[HASH_SEED_LEN];

	memset(secret, 0x20 + who, sizeof(secret));
	hash_keypair(pk, sk, secret);
}

void
lab_warn(struct lab *lab, unsigned c, uint8_t who, struct pw_block_ref ref)
{
	uint8_t pk[HASH_PK_LEN], sk[HASH_SK_LEN], id[LINK_PEERID_LEN];
	uint8_t dh_sk[SECURE_KEY_LEN], dh_pk[SECURE_KEY_LEN];

	keys_of(who, pk, sk);
	hash_x25519_sk(dh_sk, sk);
	secure_public(dh_pk, dh_sk);
	link_peerid(id, dh_pk);
	pw_put_warn(lab_say(lab, c), ref, id);
}

/* The neighbour's side of the link. */
static int
link_make(struct lab *lab, struct lab_conn *k, bool initiator)
{
	static const struct secure_cipher *ciphers[1] = { &secure_chacha20 };
	uint8_t pk[HASH_PK_LEN], sk[HASH_SK_LEN];
	struct secure_conf sc;
	int rv;

	memset(&sc, 0, sizeof(sc));
	sc.initiator = initiator;
	link_infohash(sc.info_hash, lab->pk);
	link_psk(sc.psk, lab->pk);
	sc.psk[0] ^= lab->foreign;
	keys_of(k->who, pk, sk);
	hash_x25519_sk(sc.static_sk, sk);
	memset(sc.ephemeral_sk, (int)k->conn, sizeof(sc.ephemeral_sk));
	sc.ephemeral_sk[1] = k->who;
	sc.hello.version = 1;
	sc.hello.port = (uint16_t)(PEER_PORT + k->who);
	sc.ciphers = ciphers;
	sc.n_ciphers = 1;
	rv = secure_new(&k->link, &sc, &heap_mem);
	return rv == 0 ? secure_start(k->link, &k->out) : rv;
}

static int
conn_make(struct lab *lab, uint8_t who, uint32_t dial,
    const struct sp_addr *addr, bool handshake)
{
	uint8_t entropy[32];
	struct lab_conn *k;
	unsigned i;
	int rv;

	for (i = 0; i < LAB_CONNS && lab->conn[i].open; i++)
		;
	if (i == LAB_CONNS)
		return SP_ERR_FULL;
	k = &lab->conn[i];
	if (k->out.mem != NULL) {
		secure_free(k->link);
		buf_fini(&k->out);
		buf_fini(&k->say);
	}
	memset(k, 0, sizeof(*k));
	k->conn = lab->next_conn++;
	k->who = who;
	k->choked = true;
	k->why = 1;
	buf_init(&k->out, &heap_mem, 4 << 20);
	buf_init(&k->say, &heap_mem, 4 << 20);
	if (handshake && (rv = link_make(lab, k, dial == 0)) < 0)
		return rv;
	memset(entropy, (int)k->conn, sizeof(entropy));
	rv = mesh_peer_open(lab->mesh, k->conn, dial, addr, entropy, lab->now);
	if (rv < 0)
		return rv;
	k->open = true;
	lab_drain(lab);
	return (int)i;
}

int
lab_accept(struct lab *lab, uint8_t who)
{
	struct sp_addr addr = lab_addr(lab, who);

	addr.port = (uint16_t)(40000 + lab->next_conn % 20000);
	return conn_make(lab, who, 0, &addr, true);
}

int
lab_accept_raw(struct lab *lab, uint8_t who)
{
	struct sp_addr addr = lab_addr(lab, who);

	addr.port = (uint16_t)(40000 + lab->next_conn % 20000);
	return conn_make(lab, who, 0, &addr, false);
}

int
lab_answer(struct lab *lab, unsigned d, uint8_t who)
{
	unsigned i;

	assert(d < LAB_DIALS && lab->dial[d].used);
	lab->dial[d].used = false;
	for (i = 0; i < LAB_CONNS && lab->conn[i].open; i++)
		;
	if (i == LAB_CONNS) {
		mesh_dial_failed(lab->mesh, lab->dial[d].id, MESH_CLOSE_LOCAL,
		    lab->now);
		return SP_ERR_FULL;
	}
	return conn_make(lab, who, lab->dial[d].id, &lab->dial[d].addr, true);
}

int
lab_input(struct lab *lab, unsigned c, const void *p, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	int rv;

	/* memory of its own, so that overruns show */
	assert(copy != NULL);
	if (len > 0)
		memcpy(copy, p, len);
	rv = mesh_peer_recv(lab->mesh, lab->conn[c].conn, copy, len, lab->now);
	free(copy);
	return rv;
}

struct sp_buf *
lab_say(struct lab *lab, unsigned c)
{
	return &lab->conn[c].say;
}

/* Seals what was said, whole messages to a frame where they fit. */
static void
seal(struct lab_conn *k)
{
	size_t at = 0, n, msg;
	struct sp_rd rd;

	while (at < k->say.len) {
		for (n = 0; at + n < k->say.len; n += msg) {
			rd = buf_rd(k->say.p + at + n, k->say.len - at - n);
			msg = 4 + (size_t)buf_get_u32(&rd);
			msg = SP_MIN(msg, k->say.len - at - n);
			if (n > 0 && n + msg > SECURE_FRAME_MAX)
				break;
			msg = SP_MIN(msg, SECURE_FRAME_MAX);
		}
		if (secure_seal(k->link, &k->out, k->say.p + at, n) < 0)
			break;
		at += n;
	}
	buf_reset(&k->say);
}

void
lab_flush(struct lab *lab, unsigned c)
{
	struct lab_conn *k = &lab->conn[c];
	struct sp_buf out;

	if (!k->open || k->err < 0)
		return;
	if (k->established && k->say.len > 0)
		seal(k);
	/* answers to what is given go into a fresh buffer */
	out = k->out;
	buf_init(&k->out, &heap_mem, out.max);
	lab_input(lab, c, out.p, out.len);
	buf_fini(&out);
	lab_drain(lab);
}

void
lab_hangup(struct lab *lab, unsigned c, enum mesh_close why)
{
	if (!lab->conn[c].open)
		return;
	lab->conn[c].open = false;
	mesh_peer_closed(lab->mesh, lab->conn[c].conn, why, lab->now);
	lab_drain(lab);
}

void
lab_sent(struct lab *lab, unsigned c, size_t len)
{
	struct lab_conn *k = &lab->conn[c];

	len = SP_MIN(len, k->unsent);
	k->unsent -= len;
	mesh_peer_sent(lab->mesh, k->conn, len, lab->now);
}

void
lab_have(struct lab *lab, unsigned c, uint8_t track, uint64_t number, bool all)
{
	struct pw_have_group g = { .number = number,
		.kind = all ? PW_HAVE_ALL : PW_HAVE_KNOWN };
	struct pw_open open;

	pw_have_begin(&open, lab_say(lab, c), track, number);
	pw_have_add(&open, lab_say(lab, c), &g);
	pw_end(&open, lab_say(lab, c));
	lab_flush(lab, c);
}

void
lab_request(struct lab *lab, unsigned c, uint8_t track, uint64_t number,
    uint16_t index, uint16_t slack_ms)
{
	struct pw_block_ref ref = { number, index, track };

	pw_put_request(lab_say(lab, c), ref, slack_ms);
	lab_flush(lab, c);
}

/* A block with bytes that are right, or not. */
static void
put_block(struct lab *lab, struct sp_buf *b, struct pw_block_ref ref,
    bool right)
{
	static uint8_t bytes[LIM_BLOCK];
	struct mesh_piece pc;
	uint32_t len = LIM_BLOCK;
	uint8_t salt = 0;

	if (mesh_piece(lab->mesh, ref.track, ref.number, &pc) == 0 &&
	    ref.index < pc.blocks) {
		len = record_block_len(pc.rec, ref.index);
		salt = (uint8_t)pc.rec->dseq;
	}
	lab_bytes(ref.track, ref.number, salt, (uint64_t)ref.index * LIM_BLOCK,
	    bytes, len);
	bytes[len / 2] ^= !right;
	pw_put_block_head(b, ref, len);
	buf_put(b, bytes, len);
}

bool
lab_serve_one(struct lab *lab, unsigned c, enum lab_how how)
{
	struct lab_conn *k = &lab->conn[c];
	struct sp_buf *b = &k->say;
	struct pw_block_ref ref;

	if (!k->open || k->n_req == 0)
		return false;
	ref = k->req[0].ref;
	k->n_req--;
	memmove(&k->req[0], &k->req[1], k->n_req * sizeof(k->req[0]));
	if (how <= LAB_WRONG)
		put_block(lab, b, ref, how == LAB_RIGHT);
	else
		pw_put_reject(b, ref, (uint8_t)(how - LAB_GONE));
	lab_flush(lab, c);
	return true;
}

unsigned
lab_serve(struct lab *lab, unsigned c, enum lab_how how)
{
	unsigned n = lab->conn[c].n_req, i;

	for (i = 0; i < n; i++)
		if (!lab_serve_one(lab, c, how))
			break;
	return i;
}
