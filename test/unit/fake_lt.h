#ifndef TEST_UNIT_FAKE_LT_H
#define TEST_UNIT_FAKE_LT_H

/*
 * Stands in for src/lt where what a host makes of the DHT is tested: it notes
 * what was asked for, and says what the test wants to be said. One session at a
 * time. Linked instead of libsplt.a.
 */

#include "lt/lt.h"

struct fake_lt {
	bool open;
	unsigned sessions; /* so far */
	/* as lt_new got it */
	char listen[128], bootstrap[512], restrict_ips[8];
	uint8_t state[64];
	size_t state_len;
	/* what was asked for */
	char nodes[4][80]; /* "host port" */
	unsigned n_nodes, searches, announces, lookups, puts, states, stats,
	    maps;
	uint8_t info_hash[20], key[32];
	uint16_t port; /* announced */
	uint16_t map;  /* to be mapped */
	char upnp[8];  /* as lt_new got it */
	struct lt_item put;
	uint8_t put_value[LT_VALUE_MAX];
	bool putting; /* not answered yet: no other one */
	bool refuse;  /* DHT operations fail with FULL */
};
extern struct fake_lt fake_lt;

/* Events for the next lt_drain. */
void fake_lt_say(enum lt_event_type type);
void fake_lt_peers(const uint8_t info_hash[20], const struct sp_addr *v,
    size_t n);
/* NULL: nobody has one. The END follows. */
void fake_lt_item(const struct lt_item *item);
/* The answer to the last put. */
void fake_lt_stored(uint32_t stored, int64_t seen);
void fake_lt_state(const void *p, size_t len);
void fake_lt_nodes(uint32_t n);
/* Of mapping |id|; FAKE_LT_MAP is that which lt_map_port gave. */
#define FAKE_LT_MAP 7
void fake_lt_mapped(uint32_t id, enum lt_way way, uint16_t external);
void fake_lt_map_failed(uint32_t id, enum lt_way way, const char *why);
void fake_lt_address(const struct sp_addr *addr);

#endif
