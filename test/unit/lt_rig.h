#ifndef TEST_UNIT_LT_RIG_H
#define TEST_UNIT_LT_RIG_H

/*
 * Sessions of src/lt on 127.0.0.1 that know nothing of the world, and what
 * they said. Tests on it skip without libtorrent:
 *
 *	LT_RIG_MAIN("lt_dht", a_test, another)
 */

#include "lt/lt.h"
#include "test/unit/unit.h"

#define LT_RIG_NODES  9
#define LT_RIG_EVENTS (LT_EV_FILES_REMOVED + 1)
#define LT_RIG_PEERS  32
#define LT_RIG_PIECES 256

struct lt_node {
	struct lt_session *s;
	struct sp_addr tcp, udp;
	unsigned n[LT_RIG_EVENTS];            /* how many came */
	struct lt_error error[LT_RIG_EVENTS]; /* of the last that had one */
	struct sp_addr peers[LT_RIG_PEERS];   /* of DHT_PEERS, each once */
	size_t n_peers;
	struct lt_event_put put;
	struct lt_event_end end;
	struct lt_item item; /* the last; its value is ours */
	uint8_t value[LT_VALUE_MAX];
	unsigned dht_nodes;
	struct lt_status status;
	uint8_t *bytes; /* of RESUME or STATE */
	size_t len;
	uint32_t order[LT_RIG_PIECES]; /* pieces of DATA as they came */
	uint8_t *data;                 /* if set, DATA is put there */
	size_t data_len;               /* bytes of it that DATA brought */
	uint32_t piece_length;
	size_t padding;
	int64_t counter_sum;
	unsigned n_conns;
	struct sp_addr address; /* of BANNED */
};

struct lt_rig {
	struct lt_node node[LT_RIG_NODES];
	size_t n;
	char dir[64]; /* of this test; removed by lt_rig_end */
};

/* |n| sessions with LT_PRESET_LOCAL_DHT (|dht|) or LT_PRESET_QUIET. */
void lt_rig_begin(struct lt_rig *r, size_t n, bool dht);
void lt_rig_end(struct lt_rig *r);
/* Starts session |i| anew, with |state|. */
void lt_rig_start(struct lt_rig *r, size_t i, bool dht, const void *state,
    size_t len);
void lt_rig_stop(struct lt_rig *r, size_t i);
/* A new directory below the rig's. */
const char *lt_rig_dir(struct lt_rig *r, const char *name, char out[128]);

/* Hands events over for |ms|, or until |done| says so; its last word. */
bool lt_rig_run(struct lt_rig *r, int ms, bool (*done)(struct lt_rig *r));
/* Until session |i| has said |type| |n| times in all; else the test fails. */
void lt_rig_wait(struct lt_rig *r, size_t i, enum lt_event_type type,
    unsigned n);
/* Forgets what was said. */
void lt_rig_forget(struct lt_rig *r, size_t i);
/* Adds a torrent to session |i| and waits for LT_EV_ADDED. */
uint64_t lt_rig_add(struct lt_rig *r, size_t i, struct lt_torrent *t);

int lt_rig_main(const char *suite, const TTest *const *tests, size_t n);

#define LT_RIG_MAIN(suite, ...)                                        \
	int main(void)                                                 \
	{                                                              \
		const TTest *const lt_tests[] = { __VA_ARGS__ };       \
                                                                       \
		return lt_rig_main(suite, lt_tests, SP_LEN(lt_tests)); \
	}

#endif
