#include "test/unit/meshnet.h"

#include <check.h>

#include "test/heap.h"

enum msg_kind { MSG_OPEN, MSG_DATA, MSG_CLOSE, MSG_ORIGIN };

struct meshnet_msg {
	struct meshnet_msg *next;
	sp_time at;
	enum msg_kind kind;
	uint32_t conn; /* the receiver's number */
	uint32_t dial; /* MSG_OPEN: the dialler's; MSG_ORIGIN: fetch */
	unsigned node; /* MSG_ORIGIN */
	uint64_t number, from, len;
	size_t n;
	uint8_t p[];
};

void
meshnet_init(struct meshnet *n, const struct sp_mem *mem)
{
	uint8_t seed[HASH_SEED_LEN];

	ck_assert_int_eq(hash_setup(), 0);
	memset(n, 0, sizeof(*n));
	n->mem = mem;
	n->now = 1000 * SP_S;
	n->delay = 10 * SP_MS;
	n->origin_delay = 50 * SP_MS;
	n->first = 1000;
	memset(seed, 7, sizeof(seed));
	hash_keypair(n->pk, n->sk, seed);
}

void
meshnet_fini(struct meshnet *n)
{
	struct meshnet_msg *msg;
	unsigned i;

	for (i = 0; i < n->n; i++)
		mesh_free(n->node[i].mesh);
	while ((msg = n->head) != NULL) {
		n->head = msg->next;
		free(msg);
	}
	for (i = 0; i < n->n_pieces; i++)
		free(n->env[i]);
}

/* Delays differ (origin, links), so the queue is kept sorted. */
static void
post(struct meshnet *n, struct meshnet_msg *msg)
{
	struct meshnet_msg **p = &n->head;

	while (*p != NULL && (*p)->at <= msg->at)
		p = &(*p)->next;
	msg->next = *p;
	*p = msg;
}

static struct meshnet_msg *
msg_new(struct meshnet *n, enum msg_kind kind, uint32_t conn, sp_time delay,
    size_t len)
{
	struct meshnet_msg *msg = calloc(1, sizeof(*msg) + len);

	ck_assert_ptr_nonnull(msg);
	msg->at = n->now + delay;
	msg->kind = kind;
	msg->conn = conn;
	msg->n = len;
	return msg;
}

void
meshnet_conf(const struct meshnet *n, unsigned i, struct mesh_conf *conf)
{
	static const struct secure_cipher *ciphers[2];
	static size_t n_ciphers;

	if (n_ciphers == 0)
		n_ciphers = secure_ciphers(ciphers);
	mesh_conf_init(conf);
	memcpy(conf->pk, n->pk, HASH_PK_LEN);
	memset(conf->secret, 0x20 + (int)i, sizeof(conf->secret));
	conf->listen_port = (uint16_t)(7000 + i);
	conf->lan = true;
	conf->ciphers = ciphers;
	conf->n_ciphers = n_ciphers;
}

static void drain(struct meshnet *n, unsigned i);

int
meshnet_add(struct meshnet *n, const struct mesh_conf *conf)
{
	static const uint8_t ip[4] = { 127, 0, 0, 1 };
	unsigned i = n->n;
	struct mesh_conf c;
	int rv;

	if (conf == NULL) {
		meshnet_conf(n, i, &c);
		conf = &c;
	}
	memset(&n->node[i], 0, sizeof(n->node[i]));
	n->node[i].addr = addr_make(4, ip, conf->listen_port);
	rv = mesh_new(&n->node[i].mesh, conf, n->mem, 100 + i, n->now);
	if (rv < 0)
		return rv;
	n->n++;
	return (int)i;
}

static void
act_dial(struct meshnet *n, unsigned i, const struct mesh_act *a)
{
	uint32_t c = n->next_conn;
	struct meshnet_msg *msg;
	unsigned k;

	for (k = 0; k < n->n; k++)
		if (addr_eq(&n->node[k].addr, &a->u.dial.addr))
			break;
	if (k == n->n || n->node[k].down) {
		mesh_dial_failed(n->node[i].mesh, a->u.dial.dial,
		    MESH_CLOSE_REFUSED, n->now);
		return;
	}
	ck_assert_uint_lt(c, SP_LEN(n->conn));
	n->next_conn++;
	n->conn[c].from = i;
	n->conn[c].to = k;
	n->conn[c].open = true;
	/* the listener sees it after one way, the dialler after two */
	post(n, msg_new(n, MSG_OPEN, 2 * c + 1, n->delay, 0));
	msg = msg_new(n, MSG_OPEN, 2 * c, 2 * n->delay, 0);
	msg->dial = a->u.dial.dial;
	post(n, msg);
}

static void
act_fetch(struct meshnet *n, unsigned i, const struct mesh_act *a)
{
	struct meshnet_msg *msg;

	n->node[i].fetches++;
	n->node[i].fetch = *a;
	if (!n->origin_up)
		return;
	msg = msg_new(n, MSG_ORIGIN, 0, n->origin_delay, 0);
	msg->node = i;
	msg->dial = a->u.fetch.fetch;
	msg->number = a->u.fetch.number;
	msg->from = a->u.fetch.at;
	msg->len = a->u.fetch.len;
	post(n, msg);
}

static void
act_send(struct meshnet *n, unsigned i, const struct mesh_act *a)
{
	uint32_t conn = a->u.send.conn;
	struct meshnet_msg *msg;

	mesh_peer_sent(n->node[i].mesh, conn, a->u.send.len, n->now);
	if (!n->conn[conn / 2].open)
		return;
	msg = msg_new(n, MSG_DATA, conn ^ 1, n->delay, a->u.send.len);
	memcpy(msg->p, a->u.send.p, a->u.send.len);
	post(n, msg);
}

static void
drain(struct meshnet *n, unsigned i)
{
	struct mesh *m = n->node[i].mesh;
	struct mesh_act a;
	unsigned guard = 0;

	while (mesh_next(m, &a) == 0) {
		ck_assert_uint_lt(++guard, 10000);
		switch (a.type) {
		case MESH_DIAL:
			act_dial(n, i, &a);
			break;
		case MESH_SEND:
			act_send(n, i, &a);
			break;
		case MESH_CLOSE:
			post(n, msg_new(n, MSG_CLOSE, a.u.close.conn ^ 1,
				    n->delay, 0));
			break;
		case MESH_FETCH:
			act_fetch(n, i, &a);
			break;
		case MESH_ANNOUNCE:
			n->node[i].announces++;
			mesh_announced(m, a.u.announce.announce, NULL, n->now);
			break;
		case MESH_CHANGED:
			n->node[i].changed |= a.u.changed.what;
			break;
		case MESH_UNFETCH:
		case MESH_RECEIPTS:
			break;
		}
	}
}

static unsigned
owner(const struct meshnet *n, uint32_t conn)
{
	return conn & 1 ? n->conn[conn / 2].to : n->conn[conn / 2].from;
}

static void
deliver_origin(struct meshnet *n, struct meshnet_msg *msg)
{
	struct mesh *m = n->node[msg->node].mesh;
	uint8_t bytes[MESHNET_LEN];
	int rv;

	meshnet_bytes((unsigned)(msg->number - n->first), bytes);
	rv = mesh_fetch_head(m, msg->dial, msg->from, MESHNET_LEN, n->now);
	if (rv == SP_ERR_NOTFOUND)
		return;
	ck_assert_int_eq(rv, 0);
	mesh_fetch_data(m, msg->dial, bytes + msg->from, msg->len, n->now);
	mesh_fetch_done(m, msg->dial, MESH_FETCH_OK, 200, 0, n->now);
}

static void
deliver(struct meshnet *n, struct meshnet_msg *msg)
{
	unsigned i = msg->kind == MSG_ORIGIN ? msg->node : owner(n, msg->conn);
	struct mesh *m = n->node[i].mesh;
	uint8_t entropy[32];
	int rv = 0;

	if (n->node[i].down)
		return;
	switch (msg->kind) {
	case MSG_OPEN:
		memset(entropy, (int)msg->conn + 1, sizeof(entropy));
		rv = mesh_peer_open(m, msg->conn, msg->dial,
		    &n->node[owner(n, msg->conn ^ 1)].addr, entropy, n->now);
		if (rv < 0)
			post(n,
			    msg_new(n, MSG_CLOSE, msg->conn ^ 1, n->delay, 0));
		break;
	case MSG_DATA:
		n->node[i].bytes_in += msg->n;
		rv = mesh_peer_recv(m, msg->conn, msg->p, msg->n, n->now);
		break;
	case MSG_CLOSE:
		n->conn[msg->conn / 2].open = false;
		mesh_peer_closed(m, msg->conn, MESH_CLOSE_REMOTE, n->now);
		break;
	case MSG_ORIGIN:
		deliver_origin(n, msg);
		break;
	}
	n->oom += rv == SP_ERR_NOMEM;
	drain(n, i);
}

void
meshnet_introduce(struct meshnet *n, unsigned i, unsigned k)
{
	struct tw_peer peer = { .addr = n->node[k].addr };
	struct tw_reply r = { .interval_s = 30, .n_peers = 1, .peers = &peer };

	mesh_announced(n->node[i].mesh, 0, &r, n->now);
	drain(n, i);
}

void
meshnet_bytes(unsigned k, uint8_t out[MESHNET_LEN])
{
	size_t i;

	for (i = 0; i < MESHNET_LEN; i++)
		out[i] = (uint8_t)(i * 7 + k * 13 + i / 251);
}

void
meshnet_publish(struct meshnet *n)
{
	uint8_t bytes[MESHNET_LEN], leaves[3 * HASH_LEN];
	unsigned k = n->n_pieces++;
	struct record_env env;
	struct record r;
	struct sp_buf b;

	meshnet_bytes(k, bytes);
	hash_leaves(leaves, bytes, sizeof(bytes));
	memset(&r, 0, sizeof(r));
	r.number = n->first + k;
	r.init = RECORD_NO_INIT;
	r.epoch = 1;
	r.avail_ms = n->now / SP_MS + 3600000; /* a clock an hour off */
	r.duration_us = 1000000;
	r.length = sizeof(bytes);
	r.uri = "seg.ts";
	r.uri_len = 6;
	hash_tree_root(r.root, leaves, 3);
	memcpy(r.prev, n->digest, HASH_LEN);
	buf_init(&b, &heap_mem, LIM_ENVELOPE);
	ck_assert_int_eq(record_seal(&b, &r, leaves, 3, n->sk), 0);
	ck_assert_int_eq(record_open(&env, b.p, b.len), 0);
	record_digest(n->digest, &env);
	n->env[k] = b.p;
	n->env_len[k] = b.len;
}

int
meshnet_record(struct meshnet *n, unsigned i, unsigned k, bool from_feed)
{
	int rv = mesh_record(n->node[i].mesh, n->env[k], n->env_len[k],
	    from_feed, n->now);

	n->oom += rv == SP_ERR_NOMEM;
	drain(n, i);
	return rv;
}

void
meshnet_run(struct meshnet *n, sp_time until)
{
	struct meshnet_msg *msg;
	sp_time at, d;
	unsigned i, who;

	for (;;) {
		at = n->head == NULL ? SP_NEVER : n->head->at;
		who = UINT32_MAX;
		for (i = 0; i < n->n; i++) {
			d = n->node[i].down ? SP_NEVER
					    : mesh_deadline(n->node[i].mesh);
			if (d < at) {
				at = d;
				who = i;
			}
		}
		if (at > until)
			break;
		n->now = SP_MAX(n->now, at);
		if (who != UINT32_MAX) {
			mesh_tick(n->node[who].mesh, n->now);
			drain(n, who);
			continue;
		}
		msg = n->head;
		n->head = msg->next;
		deliver(n, msg);
		free(msg);
	}
	n->now = until;
}

unsigned
meshnet_held(struct meshnet *n, unsigned i, unsigned k)
{
	struct mesh_piece pc;

	if (mesh_piece(n->node[i].mesh, 0, n->first + k, &pc) < 0)
		return 0;
	return pc.held;
}

void
meshnet_seed(struct meshnet *n)
{
	uint8_t bytes[MESHNET_LEN];
	unsigned k = n->n_pieces;

	meshnet_publish(n);
	ck_assert_int_eq(meshnet_record(n, 0, k, false), 0);
	meshnet_bytes(k, bytes);
	ck_assert_int_eq(mesh_supply(n->node[0].mesh, 0, n->first + k, bytes,
			     sizeof(bytes), n->now),
	    0);
}

struct mesh_stats
meshnet_stats(const struct meshnet *n, unsigned i)
{
	struct mesh_stats st;

	mesh_stats(n->node[i].mesh, &st, n->now);
	return st;
}
