#ifndef TEST_UNIT_SITE_RIG_H
#define TEST_UNIT_SITE_RIG_H

/*
 * A channel on one loopback server for tests of hosts: tracker, live feed and
 * origin, with pieces of 40,000 bytes that are signed on demand. Two faces:
 * face 0 is the tracker at /announce, face 1 the one at /b/announce.
 */

#include "io/http.h"
#include "io/loop.h"
#include "io/origin.h"
#include "swarm/client/mesh_host.h"
#include "wire/telemetry.h"

#define SITE_PIECES 32
#define SITE_BYTES  40000
#define SITE_FIRST  100 /* number of the first piece */

struct site {
	struct loop *loop;
	struct origin *origin;
	struct http *http;
	struct sp_addr addr;
	uint8_t pk[HASH_PK_LEN], sk[HASH_SK_LEN];
	char trackers[2][96], base[96];
	struct sp_buf manifest;
	uint64_t serial;                        /* its */
	struct sp_buf records[SITE_PIECES + 1]; /* [0] is the init piece */
	unsigned n_pieces;                      /* published */
	uint8_t prev[HASH_LEN];
	uint64_t seq;
	/* what was asked of it */
	unsigned announces[2], stopped, streams[2], fetched;
	struct tw_announce last;
	unsigned told; /* times that a viewer told how it fares */
	struct telemetry telemetry;
	struct http_req *stream[4];
	unsigned n_streams;
	bool down[2]; /* that tracker answers 503 */
	bool full;    /* no streams: trackers answer 503 to those */
	bool deaf;    /* the origin answers nothing */
	bool counted; /* trackers tell: */
	uint8_t viewers[LIM_TRACKS];
	struct tw_peer peers[4];
	size_t n_peers;
};

/* One piece of |duration| 1 s; |age_ms|: since it became available. */
void site_init(struct site *s);
void site_fini(struct site *s);
/* A manifest to open feeds, with a second track of 50 Mbit/s without pieces. */
void site_add_rung(struct site *s);
/* A manifest to open feeds that says that the channel has ended. */
void site_end(struct site *s);
/* Publishes the next piece, to open feeds too. */
void site_publish(struct site *s, int64_t age_ms, unsigned flags);
/* Sends the body of a ROSTER frame to open feeds. */
void site_roster(struct site *s, const struct sp_buf *body);
/* Ends all open feeds. */
void site_drop_feeds(struct site *s);
/* Byte |at| of piece |number|. */
uint8_t site_byte(uint64_t number, size_t at);
/* All bytes of a piece. */
void site_bytes(uint64_t number, uint8_t out[SITE_BYTES]);

/* A viewer of the channel: no LAN, both trackers, the origin as given. */
void site_conf(struct site *s, struct mesh_host_conf *c);

/* Steps the loop until |done| or for 8 s, which fails the test. */
#define SITE_UNTIL(s, done)                                        \
	do {                                                       \
		sp_time site_end = loop_now((s)->loop) + 8 * SP_S; \
		while (!(done) && loop_now((s)->loop) < site_end)  \
			loop_step((s)->loop,                       \
			    loop_now((s)->loop) + 20 * SP_MS);     \
		ck_assert_msg(done, "not within 8 s: %s", #done);  \
	} while (0)

#endif
