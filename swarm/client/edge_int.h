#ifndef SWARM_CLIENT_EDGE_INT_H
#define SWARM_CLIENT_EDGE_INT_H

/*
 * What the parts of the edge share; nobody else includes it.
 *
 *	edge.c         server, access, tracks, the clock
 *	edge_list.c    playlists
 *	edge_media.c   segments
 *	edge_pace.c    how fast segments are given
 *	edge_rungs.c   renditions
 *	edge_status.c  status, metrics, the page
 */

#include <sys/queue.h>

#include "io/http.h"
#include "swarm/client/edge.h"
#include "swarm/client/hls_out.h"
#include "swarm/client/pace.h"
#include "swarm/client/rungs.h"

/* A piece that is coming, or has come. */
struct edge_begun {
	uint64_t number;
	uint64_t bytes; /* that had come before, of whatever */
	sp_time at;     /* of its first block; 0: there is none */
	bool done;
};

struct edge_track {
	bool followed;
	bool asked; /* by a player, since it is followed */
	sp_time followed_at, asked_at;
	struct hls_seq seq;
	struct edge_begun begun[16]; /* by number */
};

/* A request that waits or is being sent. */
struct edge_req {
	LIST_ENTRY(edge_req) entry;
	struct edge *e;
	struct http_req *r;
	struct hls_path path;
	sp_time since;
	char query[DOOR_QUERY_MAX]; /* for playlists: "?token=..." */
	char ext[HLS_EXT_MAX];      /* of a segment, as asked */
	bool head_sent;
	uint64_t at, end; /* of a segment: next byte, one past the last */
	/* bytes per second that are given of it; 0: no limit */
	uint64_t rate, from;
	sp_time begun;
};

struct edge {
	struct loop *loop;
	struct mesh_host *h;
	struct mesh *mesh;
	struct edge_conf conf;
	struct http *http;
	struct sp_addr bound;
	sp_time started;
	uint64_t requests, bytes;
	struct io_timer timer;
	LIST_HEAD(, edge_req) reqs;
	struct edge_track tracks[LIM_TRACKS];
	bool chosen;      /* the first tracks are followed */
	int told;         /* the track that counts as ours, -1: none */
	uint32_t without; /* tracks that the last player was not told of */
	struct pace pace;
	uint64_t seen_bytes; /* that had come when it was looked last */
};

/* edge.c */
/* Follows it and notes that a player asks. */
void edge_ask(struct edge *e, uint8_t track);
void edge_follow(struct edge *e, uint8_t track, bool on);
/* Keeps |r|; NULL: no memory, and it was answered. */
struct edge_req *edge_keep(struct edge *e, struct http_req *r,
    const struct hls_path *path);
/* After the reply. */
void edge_req_free(struct edge_req *q);

/* Wakes requests that wait, at |at|. */
void edge_wake(struct edge *e, sp_time at);

/* edge_pace.c */
/* Looks what has come. */
void edge_pace_look(struct edge *e);
/* Bytes per second for a segment of |track|; 0: no limit. |rec| may be NULL. */
uint64_t edge_pace_rate(const struct edge *e, uint8_t track,
    const struct record *rec);

/* edge_rungs.c */
/* Its player has gone, or plays another rendition. */
bool edge_rung_is_left(const struct edge *e, const struct rungs *r,
    uint8_t track, sp_time now);
/* The tracks that a player who begins now is not told of. */
uint32_t edge_rungs_thin(const struct edge *e, const struct manifest *m);
/* Tells the mesh which one counts as ours. */
void edge_rungs_tell(struct edge *e, const struct rungs *r, sp_time now);

/* edge_list.c */
void edge_list_open(struct edge *e, struct http_req *r,
    const struct hls_path *path, const char *query);
/* Answers if it is time. May free |q|. */
void edge_list_step(struct edge_req *q, sp_time now);
/* Notes what may be listed of |track| now. */
void edge_list_note(struct edge *e, uint8_t track);

/* edge_media.c */
void edge_media_open(struct edge *e, struct http_req *r,
    const struct hls_path *path);
/* Sends what there is. May free |q|. */
void edge_media_step(struct edge_req *q, sp_time now);

/* edge_status.c */
void edge_status_json(struct edge *e, struct http_req *r);
void edge_status_metrics(struct edge *e, struct http_req *r);
void edge_status_page(struct edge *e, struct http_req *r, const char *query);

#endif
