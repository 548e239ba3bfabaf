#ifndef SWARM_CLIENT_VOD_H
#define SWARM_CLIENT_VOD_H

/*
 * A torrent, played: its files over HTTP with Range, while libtorrent fetches
 * what players read next.
 *
 *	/NAME            a file, as the torrent calls it, without the
 *	                 torrent's own directory
 *	/file/N/NAME     the same by its number, for names such as these:
 *	/playlist.m3u    all that can be played, by name
 *	/status.json     everything that is known, for scripts
 *	/metrics         for Prometheus
 *	/                a page for people
 *
 * A file's bytes are sent as its pieces come; none that libtorrent has not
 * verified. What has been asked for once is fetched to its end; what nobody
 * asked for is not, but for the file that is to be played.
 *
 * Who may come in is as with the edge (swarm/client/door.h): files may be read
 * by any web page, the rest by none.
 */

#include "io/when.h"
#include "lt/lt.h"
#include "swarm/client/door.h"

struct vod;

#define VOD_GETS_MAX 64 /* files that are read at the same time */

/* Called from the loop. */
struct vod_ops {
	/* What is in the torrent is known. */
	void (*ready)(void *ctx);
	/* It cannot go on: |what| and why, for people. */
	void (*failed)(void *ctx, const char *what, const char *why);
	/* After vod_leave: all is said and saved. */
	void (*left)(void *ctx);
};

struct vod_conf {
	struct door door;
	const char *save; /* a directory that is there */
	bool keep;        /* it is kept: how far we are is saved there */
	/* One of the two. */
	const char *magnet;
	const void *metainfo; /* a .torrent */
	size_t metainfo_len;
	uint8_t id[20];              /* of the torrent, as lt_info.id */
	const char *const *trackers; /* besides its own */
	size_t n_trackers;
	/* Web seeds, besides those of the torrent. */
	const char *const *origins;
	size_t n_origins;
	size_t n_told;     /* of them: the last, which are a stranger's word */
	uint64_t size_max; /* of all files together; 0: any */
	bool lan; /* the torrent's, and those, may be on private addresses */
	const struct lt_kv *settings; /* over LT_PRESET_PEERS */
	size_t n_settings;
	const char *file; /* what to play, as vod_files_pick; NULL: as it is */
	bool all;         /* fetch what nobody asks for, too */
	const struct when *from; /* of an archive: where to begin; or NULL */
	const uint8_t *pk; /* whose archive it has to be; NULL: anybody's */
	bool hold;         /* fetch nothing: only what is in it is wanted */
	bool no_door;      /* no players: |door| is not looked at */
	const char *version;
	const struct sp_log *log; /* may be NULL */
};

/*
 * All of |conf| is borrowed for life. SP_ERR_EXISTS (port in use),
 * SP_ERR_DENIED (not loopback and no token), and those of lt_new and lt_add,
 * of which |why| tells.
 */
int vod_new(struct vod **out, const struct vod_conf *conf, struct loop *l,
    const struct vod_ops *ops, void *ctx, struct lt_error *why);
/* Cuts all players. NULL is fine. */
void vod_free(struct vod *v);
/* Says good-bye and saves how far we are: ops.left, within 3 s. */
void vod_leave(struct vod *v);
/* Of what is to be played; of the page before that is known. Returns |out|. */
#define VOD_URL_MAX 4096
const char *vod_url(const struct vod *v, char out[VOD_URL_MAX]);
/* Where players connect. */
uint16_t vod_port(const struct vod *v);
/* A peer may be there. */
void vod_meet(struct vod *v, const struct sp_addr *addr);
/* All of file |i| of the info is here, and verified. */
bool vod_has_file(const struct vod *v, size_t i);
/* NULL before it is known. */
const struct lt_info *vod_info(const struct vod *v);

struct vod_counts {
	uint32_t peers, seeds, known;
	uint32_t players;        /* files being read */
	uint32_t have, n_pieces; /* n_pieces 0: not known yet */
	uint64_t down_bps, up_bps;
	uint64_t down_bytes, up_bytes; /* payload of this run */
	uint64_t failed_bytes;         /* did not verify */
	uint64_t size;                 /* of the torrent */
	uint64_t wanted_bytes, done_bytes;
	uint64_t played_bytes; /* sent to players */
	uint64_t requests;
	uint64_t waits; /* times that a player waited a second or longer */
	sp_time waited; /* all together */
	sp_time uptime;
	uint32_t due; /* pieces with a deadline */
	bool full;    /* nothing is fetched: no space */
	uint64_t origin_bytes, origin_requests;
	uint64_t origin_wrong_bytes; /* did not verify */
};

void vod_counts(const struct vod *v, struct vod_counts *out);

#endif
