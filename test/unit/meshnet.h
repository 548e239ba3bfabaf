#ifndef TEST_UNIT_MESHNET_H
#define TEST_UNIT_MESHNET_H

/*
 * A few real meshes joined by in-memory pipes with one fixed delay, a channel
 * key, and a source of signed pieces: enough to test the glue of the mesh on
 * literal time. (The simulator in test/sim models networks; this one none.)
 */

#include "swarm/mesh.h"

#define MESHNET_NODES  8
#define MESHNET_PIECES 64
#define MESHNET_LEN    40000 /* bytes of a piece: three blocks */

struct meshnet_node {
	struct mesh *mesh;
	struct sp_addr addr;
	bool down;
	unsigned fetches, announces, changed;
	uint64_t bytes_in;
	struct mesh_act fetch; /* the newest FETCH */
};

struct meshnet_msg; /* in flight */

struct meshnet {
	const struct sp_mem *mem;
	sp_time now, delay;
	uint8_t pk[HASH_PK_LEN], sk[HASH_SK_LEN];
	struct meshnet_node node[MESHNET_NODES];
	unsigned n;
	struct meshnet_msg *head, *tail;
	uint32_t next_conn;
	struct {
		unsigned from, to;
		bool open;
	} conn[256]; /* conn numbers 2i (dialler) and 2i + 1 */
	uint8_t *env[MESHNET_PIECES];
	size_t env_len[MESHNET_PIECES];
	uint8_t digest[HASH_LEN];
	unsigned n_pieces;
	uint64_t first;
	bool origin_up; /* answers fetches, after |origin_delay| */
	sp_time origin_delay;
	int oom; /* inputs that ran out of memory */
};

void meshnet_init(struct meshnet *n, const struct sp_mem *mem);
void meshnet_fini(struct meshnet *n);
/* Adds a node; conf NULL: defaults. SP_ERR_NOMEM. Returns its index. */
int meshnet_add(struct meshnet *n, const struct mesh_conf *conf);
/* Conf with the channel, an identity and the ciphers of node |i|. */
void meshnet_conf(const struct meshnet *n, unsigned i, struct mesh_conf *conf);
/* Node |i| learns the address of node |k| as a tracker's reply would tell. */
void meshnet_introduce(struct meshnet *n, unsigned i, unsigned k);
/* Next piece, available now: its record, signed. */
void meshnet_publish(struct meshnet *n);
/* Gives record |k| to node |i|; its code. */
int meshnet_record(struct meshnet *n, unsigned i, unsigned k, bool from_feed);
/* Bytes of piece |k|. */
void meshnet_bytes(unsigned k, uint8_t out[MESHNET_LEN]);
/* A new piece, of which node 0 has record and bytes. */
void meshnet_seed(struct meshnet *n);
struct mesh_stats meshnet_stats(const struct meshnet *n, unsigned i);
/* Runs everything up to |until|. */
void meshnet_run(struct meshnet *n, sp_time until);
/* Blocks of piece |k| that node |i| holds. */
unsigned meshnet_held(struct meshnet *n, unsigned i, unsigned k);

#endif
