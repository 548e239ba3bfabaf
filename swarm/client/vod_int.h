#ifndef SWARM_CLIENT_VOD_INT_H
#define SWARM_CLIENT_VOD_INT_H

/*
 * What the parts of vod share; nobody else includes it.
 *
 *	vod.c          making, leaving, the clock
 *	vod_torrent.c  what libtorrent says and is told
 *	vod_again.c    what is in its way, and beginning anew
 *	vod_http.c     who may see what
 *	vod_get.c      a player's request for a file
 *	vod_page.c     page, playlist, status, metrics
 *	vod_save.c     what is on disk of earlier runs
 *	vod_origin.c   pieces from web seeds
 *	vod_from.c     an archive from some time on
 *	vod_plan.c     what is wanted when: pure
 *	vod_banned.c   who was banned, and comes in again: pure
 *	vod_files.c    names and kinds of files: pure
 *	vod_count.c    counters as text: pure
 */

#include <sys/queue.h>

#include "base/log.h"
#include "base/ratelim.h"
#include "swarm/client/vod.h"
#include "swarm/client/vod_banned.h"
#include "swarm/client/vod_files.h"
#include "swarm/client/vod_from.h"
#include "swarm/client/vod_origin.h"
#include "swarm/client/vod_plan.h"

/* A player's request. Places are in the torrent. */
struct vod_get {
	LIST_ENTRY(vod_get) entry;
	struct vod *v;
	struct http_req *r;
	uint32_t file;
	int fd;           /* -1: not opened yet */
	uint64_t at, end; /* next byte to send, one past the last */
	struct ratemeter rate;
	uint64_t rate_before; /* that its player had in the request before */
	sp_time waits_since;  /* 0: it does not */
	bool more;            /* goes on in the next round */
};

/*
 * Where a player was when his last request had been answered: he is likely to
 * go on there.
 */
struct vod_trace {
	uint64_t at, end;
	uint64_t rate_bps;
	sp_time until;
};

#define VOD_TRACES 16

struct vod {
	const struct vod_conf *conf;
	const struct vod_ops *ops;
	void *ctx;
	struct loop *loop;
	sp_time started;
	bool leaving;
	bool saving; /* lt_save_resume was asked for */

	struct lt_session *lt;
	struct io_watch *watch;
	uint64_t id;
	const struct lt_info *info; /* NULL: not known yet */
	struct vod_files *files;
	int main;               /* what is to be played, < 0: nothing */
	uint8_t *asked;         /* for each file: it is fetched */
	struct vod_span *spans; /* as many */
	uint8_t *have;          /* a bit for each piece; verified */
	bool trusted;           /* what was on disk has been looked at */
	bool recheck;           /* it has to be, whatever was saved */
	struct lt_status st;
	struct lt_error trouble; /* code 0: none */
	struct vod_banned banned;
	bool renewing;      /* lt_renew was asked for */
	int64_t came_bytes; /* until |came_at| */
	uint32_t came_have;
	sp_time came_at;
	sp_time saved_at;

	struct vod_plan *plan;
	struct vod_origins *origins; /* NULL: there are none */
	struct vod_from *from;       /* likewise */
	struct io_timer plan_timer;
	sp_time planned_at;
	struct vod_trace traces[VOD_TRACES];

	struct http *http;
	struct sp_addr bound;
	struct io_timer tick, again;
	LIST_HEAD(, vod_get) reads;
	uint32_t n_reads;
	uint64_t requests, played_bytes, waits;
	sp_time waited;
	uint8_t *buf; /* VOD_CHUNK */
};

#define VOD_CHUNK (256 * 1024)

/* vod_torrent.c */
int vod_torrent_begin(struct vod *v, struct lt_error *why);
void vod_torrent_end(struct vod *v);
/* Ends all. */
void vod_torrent_fail(struct vod *v, const char *what, const char *why);
/* Each second. */
void vod_torrent_tick(struct vod *v, sp_time now);
/* Plans anew: at once, or with what else comes within some milliseconds. */
void vod_torrent_replan(struct vod *v, bool at_once);
/* Is piece |i| here, and verified? */
bool vod_torrent_has(const struct vod *v, uint32_t i);
/* Verified bytes of the torrent's [from, to). */
uint64_t vod_torrent_held(const struct vod *v, uint64_t from, uint64_t to);

/* vod_again.c */
void vod_again_trouble(struct vod *v, const struct lt_error *e);
void vod_again_banned(struct vod *v, const struct sp_addr *who);
/* LT_EV_ADDED. */
void vod_again_added(struct vod *v, const struct lt_error *e);
/* v->st is new. */
void vod_again_status(struct vod *v);
/* Each second. */
void vod_again_tick(struct vod *v, sp_time now);

/* vod_http.c */
int vod_http_begin(struct vod *v);

/* vod_get.c */
void vod_get_open(struct vod *v, struct http_req *r, uint32_t file);
/* Sends what there is to who waits for |piece|; UINT32_MAX: to all. */
void vod_get_wake(struct vod *v, uint32_t piece);
/* Cuts those that wait. */
void vod_get_cut_waiting(struct vod *v);
/* Where players read. Returns the number. */
size_t vod_get_readers(struct vod *v, struct vod_reader *out, size_t max,
    sp_time now);
/* io_timer: goes on with those that had their turn. */
void vod_get_again(void *ctx, sp_time now);

/* vod_page.c */
void vod_page_html(struct vod *v, struct http_req *r, const char *query);
void vod_page_json(struct vod *v, struct http_req *r);
void vod_page_metrics(struct vod *v, struct http_req *r);
void vod_page_playlist(struct vod *v, struct http_req *r, const char *query);
/* The path of a file's URL, without the first slash. */
void vod_page_path(const struct vod *v, struct sp_buf *b, uint32_t file);

#endif
