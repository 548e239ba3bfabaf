#include "test/sim/meshlab.h"

#include "test/heap.h"

#define FNV_PRIME UINT64_C(0x100000001b3)

static void
hash_add(struct lab *lab, const void *p, size_t len)
{
	const uint8_t *b = p;
	size_t i;

	for (i = 0; i < len; i++)
		lab->hash = (lab->hash ^ b[i]) * FNV_PRIME;
}

static void
hash_u64(struct lab *lab, uint64_t v)
{
	hash_add(lab, &v, sizeof(v));
}

void
lab_conf(struct mesh_conf *conf)
{
	static const struct secure_cipher *ciphers[1] = { &secure_chacha20 };
	uint8_t sk[HASH_SK_LEN], seed[HASH_SEED_LEN];

	memset(seed, 7, sizeof(seed));
	mesh_conf_init(conf);
	hash_keypair(conf->pk, sk, seed);
	memset(conf->secret, 0x20, sizeof(conf->secret));
	conf->listen_port = 7000;
	conf->lan = true;
	conf->ciphers = ciphers;
	conf->n_ciphers = 1;
}

int
lab_init(struct lab *lab, const struct mesh_conf *conf,
    const struct sp_mem *mem)
{
	const struct secure_cipher *ciphers[2];
	uint8_t seed[HASH_SEED_LEN];
	struct mesh_conf c;

	memset(lab, 0, sizeof(*lab));
	hash_setup();
	secure_ciphers(ciphers);
	lab->now = 1000 * SP_S;
	lab->next_conn = 1;
	lab->hash = UINT64_C(0xcbf29ce484222325);
	memset(seed, 7, sizeof(seed));
	hash_keypair(lab->pk, lab->sk, seed);
	buf_init(&lab->env, &heap_mem, LIM_ENVELOPE);
	if (conf == NULL) {
		lab_conf(&c);
		conf = &c;
	}
	return mesh_new(&lab->mesh, conf, mem, 1, lab->now);
}

static void
conn_fini(struct lab_conn *k)
{
	secure_free(k->link);
	buf_fini(&k->out);
	buf_fini(&k->say);
	k->link = NULL;
	k->open = false;
}

void
lab_fini(struct lab *lab)
{
	unsigned i;

	for (i = 0; i < LAB_CONNS; i++)
		if (lab->conn[i].out.mem != NULL)
			conn_fini(&lab->conn[i]);
	buf_fini(&lab->env);
	mesh_free(lab->mesh);
	lab->mesh = NULL;
}

/* ---- what the mesh wants done ---- */

static void
on_dial(struct lab *lab, const struct mesh_act *a)
{
	unsigned i;

	lab->dials++;
	hash_u64(lab, a->u.dial.dial);
	hash_add(lab, &a->u.dial.addr, sizeof(a->u.dial.addr));
	for (i = 0; i < LAB_DIALS; i++) {
		if (lab->dial[i].used)
			continue;
		lab->dial[i].used = true;
		lab->dial[i].id = a->u.dial.dial;
		lab->dial[i].addr = a->u.dial.addr;
		return;
	}
	mesh_dial_failed(lab->mesh, a->u.dial.dial, MESH_CLOSE_LOCAL, lab->now);
}

static void
on_fetch(struct lab *lab, const struct mesh_act *a)
{
	struct lab_fetch *f;
	unsigned i;

	lab->fetches++;
	hash_u64(lab, a->u.fetch.at);
	hash_u64(lab, a->u.fetch.len);
	hash_add(lab, a->u.fetch.rec->uri, a->u.fetch.rec->uri_len);
	for (i = 0; i < LAB_FETCHES && lab->fetch[i].used; i++)
		;
	/* an UNFETCH may be lost for want of memory */
	f = &lab->fetch[i % LAB_FETCHES];
	memset(f, 0, sizeof(*f));
	f->used = true;
	f->id = a->u.fetch.fetch;
	f->origin = a->u.fetch.origin;
	f->track = a->u.fetch.track;
	f->number = a->u.fetch.number;
	f->at = a->u.fetch.at;
	f->len = a->u.fetch.len;
	f->whole = a->u.fetch.whole;
	f->offset = a->u.fetch.rec->offset;
	f->length = a->u.fetch.rec->length;
	assert(f->at >= f->offset && f->len > 0 &&
	       f->at + f->len <= f->offset + f->length &&
	       "a transfer is inside its piece");
}

static void
on_unfetch(struct lab *lab, const struct mesh_act *a)
{
	unsigned i;

	lab->unfetches++;
	hash_u64(lab, a->u.unfetch.fetch);
	for (i = 0; i < LAB_FETCHES; i++)
		if (lab->fetch[i].used &&
		    lab->fetch[i].id == a->u.unfetch.fetch)
			lab->fetch[i].used = false;
}

static struct lab_conn *
by_conn(struct lab *lab, uint32_t conn)
{
	unsigned i;

	for (i = 0; i < LAB_CONNS; i++)
		if (lab->conn[i].open && lab->conn[i].conn == conn)
			return &lab->conn[i];
	return NULL;
}

static void
got_block(struct lab *lab, struct lab_conn *k, const struct pw_msg *msg)
{
	static uint8_t want[LIM_BLOCK];
	const struct pw_block_ref *ref = &msg->u.block.ref;
	struct mesh_piece pc;

	k->blocks++;
	k->block_bytes += msg->u.block.len;
	if (mesh_piece(lab->mesh, ref->track, ref->number, &pc) < 0)
		return;
	lab_bytes(ref->track, ref->number, (uint8_t)pc.rec->dseq,
	    (uint64_t)ref->index * LIM_BLOCK, want, msg->u.block.len);
	lab->wrong += memcmp(want, msg->u.block.p, msg->u.block.len) != 0;
}

static void
got_cancel(struct lab_conn *k, const struct pw_block_ref *ref)
{
	unsigned i;

	for (i = 0; i < k->n_req; i++) {
		if (k->req[i].ref.number != ref->number ||
		    k->req[i].ref.index != ref->index ||
		    k->req[i].ref.track != ref->track)
			continue;
		k->n_req--;
		memmove(&k->req[i], &k->req[i + 1],
		    (k->n_req - i) * sizeof(k->req[0]));
		return;
	}
}

static void
got_pex(struct lab_conn *k, struct pw_msg *msg)
{
	struct pw_pex_entry e;

	for (k->n_pex = 0; pw_pex_next(msg, &e);)
		k->pex[k->n_pex++] = e.addr;
}

static void
got(struct lab *lab, struct lab_conn *k, struct pw_msg *msg)
{
	struct pw_have_group g;

	k->got[msg->type]++;
	switch (msg->type) {
	case PW_CHOKE:
	case PW_UNCHOKE:
		k->choked = msg->type == PW_CHOKE;
		break;
	case PW_HAVE:
		while (pw_have_next(msg, &g))
			k->have[g.kind & 7]++;
		break;
	case PW_REQUEST:
		if (k->n_req == LAB_REQS)
			break;
		k->req[k->n_req].ref = msg->u.request.ref;
		k->req[k->n_req++].slack_ms = msg->u.request.slack_ms;
		break;
	case PW_BLOCK:
		got_block(lab, k, msg);
		break;
	case PW_CANCEL:
		got_cancel(k, &msg->u.ref);
		break;
	case PW_REJECT:
		k->rejected[msg->u.reject.reason & 3]++;
		break;
	case PW_WANT_RECORDS:
		k->want_track = msg->u.want.track;
		k->want_number = msg->u.want.number;
		k->want_count = msg->u.want.count;
		break;
	case PW_TREE:
		k->ad = msg->u.tree.ad;
		break;
	case PW_SUBSCRIBE:
		k->asked |= (uint16_t)(1u << msg->u.tree.stripe);
		k->parent_of |= (uint16_t)(1u << msg->u.tree.stripe);
		break;
	case PW_ACCEPT:
		k->accept = msg->u.tree.accept;
		break;
	case PW_PEX:
		got_pex(k, msg);
		break;
	case PW_UNSUBSCRIBE:
		k->parent_of &= (uint16_t) ~(1u << msg->u.tree.stripe);
		break;
	case PW_REDIRECT:
		k->redirect = msg->u.pex.from;
		break;
	case PW_PING:
		if (!k->mute)
			pw_put_pong(&k->say, msg->u.ping.token, 0, 1000);
		break;
	case PW_BYE:
		k->bye = msg->u.bye.reason + 1u;
		break;
	default:
		break;
	}
}

/* What the mesh sent, as the neighbour reads it. */
static void
heard(struct lab *lab, struct lab_conn *k, const uint8_t *p, size_t len)
{
	struct sp_rd frame;
	struct pw_msg msg;
	size_t used;
	int rv;

	k->bytes_in += len;
	if (k->link == NULL || k->err < 0)
		return;
	for (;;) {
		rv = secure_input(k->link, p, len, &used, &k->out, &frame);
		if (rv < 0)
			k->err = rv;
		if (rv <= SECURE_MORE)
			return;
		k->established = true;
		p += used;
		len -= used;
		if (rv != SECURE_FRAME)
			continue;
		while ((rv = pw_read(&frame, &msg)) > 0)
			got(lab, k, &msg);
		assert(rv == 0 && "a mesh breaks no rule");
	}
}

static void
on_send(struct lab *lab, const struct mesh_act *a)
{
	struct lab_conn *k = by_conn(lab, a->u.send.conn);

	assert(k != NULL && a->u.send.len > 0 && "sends go to who is there");
	hash_u64(lab, a->u.send.conn);
	hash_add(lab, a->u.send.p, a->u.send.len);
	heard(lab, k, a->u.send.p, a->u.send.len);
	k->unsent += a->u.send.len;
	if (!lab->slow)
		lab_sent(lab, (unsigned)(k - lab->conn), SIZE_MAX);
}

static void
on_close(struct lab *lab, const struct mesh_act *a)
{
	struct lab_conn *k = by_conn(lab, a->u.close.conn);

	assert(k != NULL && "who is closed was there");
	hash_u64(lab, a->u.close.conn);
	hash_u64(lab, (uint64_t)a->u.close.why);
	k->why = a->u.close.why;
	k->open = false;
}

static void
on_receipts(struct lab *lab, const struct mesh_act *a)
{
	lab->receipts++;
	if (receipt_open(&lab->receipt, a->u.receipts.p, a->u.receipts.len) <
		0 ||
	    receipt_verify(&lab->receipt, a->u.receipts.p, a->u.receipts.len) <
		0)
		lab->wrong++;
}

static void
perform(struct lab *lab, const struct mesh_act *a)
{
	hash_u64(lab, (uint64_t)a->type);
	switch (a->type) {
	case MESH_DIAL:
		on_dial(lab, a);
		break;
	case MESH_CLOSE:
		on_close(lab, a);
		break;
	case MESH_SEND:
		on_send(lab, a);
		break;
	case MESH_FETCH:
		on_fetch(lab, a);
		break;
	case MESH_UNFETCH:
		on_unfetch(lab, a);
		break;
	case MESH_ANNOUNCE:
		lab->announces++;
		lab->announce = a->u.announce.announce;
		lab->event = a->u.announce.event;
		lab->told.live = a->u.announce.live;
		lab->told.reachable = a->u.announce.reachable;
		lab->told.up_kbps = a->u.announce.up_kbps;
		lab->told.track = a->u.announce.track;
		hash_u64(lab, a->u.announce.downloaded);
		break;
	case MESH_RECEIPTS:
		on_receipts(lab, a);
		break;
	case MESH_CHANGED:
		lab->changed |= a->u.changed.what;
		hash_u64(lab, a->u.changed.what);
		break;
	}
}

/* A neighbour that has something to say; LAB_CONNS: none. */
static unsigned
next_talker(const struct lab *lab)
{
	const struct lab_conn *k;
	unsigned i;

	for (i = 0; i < LAB_CONNS; i++) {
		k = &lab->conn[i];
		if (k->open && k->err == 0 &&
		    (k->out.len > 0 || (k->established && k->say.len > 0)))
			break;
	}
	return i;
}

void
lab_drain(struct lab *lab)
{
	unsigned n = 0, i;
	struct mesh_act a;

	do {
		while (mesh_next(lab->mesh, &a) == 0) {
			assert(++n < 20000 && "a mesh comes to an end");
			perform(lab, &a);
		}
		i = next_talker(lab);
		if (i < LAB_CONNS)
			lab_flush(lab, i);
	} while (i < LAB_CONNS);
}

void
lab_run(struct lab *lab, sp_time until)
{
	sp_time at;

	lab_drain(lab);
	while ((at = mesh_deadline(lab->mesh)) <= until) {
		lab->now = SP_MAX(lab->now, at);
		mesh_tick(lab->mesh, lab->now);
		lab_drain(lab);
		assert(
		    mesh_deadline(lab->mesh) > lab->now && "a tick moves on");
	}
	lab->now = until;
}

int
lab_held(struct lab *lab, uint64_t k)
{
	struct mesh_piece pc;

	if (mesh_piece(lab->mesh, 0, LAB_FIRST + k, &pc) < 0)
		return -1;
	return (int)pc.held;
}

struct mesh_stats
lab_stats(struct lab *lab)
{
	struct mesh_stats st;

	mesh_stats(lab->mesh, &st, lab->now);
	return st;
}

void
lab_announced(struct lab *lab, uint8_t who, unsigned n)
{
	struct tw_peer peers[64];
	struct tw_reply r = { .interval_s = 30, .peers = peers };

	memset(peers, 0, sizeof(peers));
	for (; r.n_peers < SP_MIN(n, SP_LEN(peers)); r.n_peers++)
		peers[r.n_peers].addr =
		    lab_addr(lab, (uint8_t)(who + r.n_peers));
	mesh_announced(lab->mesh, lab->announce, &r, lab->now);
	lab->announce = 0;
	lab_drain(lab);
}
