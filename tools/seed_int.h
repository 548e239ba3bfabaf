#ifndef TOOLS_SEED_INT_H
#define TOOLS_SEED_INT_H

/*
 * What the parts of the seeder share; nobody else includes it.
 *
 *	seed.c          making, starting, the minute's line
 *	seed_manifest.c the manifest, the link
 *	seed_state.c    the checkpoint
 *	seed_log.c      the journal of what was signed
 *	seed_refill.c   what the trackers know, at the start
 *	seed_root.c     the source's playlist, at the start
 *	seed_source.c   playlists of tracks: fetching, following
 *	seed_watch.c    directories
 *	seed_pieces.c   segments: fetching, signing
 *	seed_publish.c  trackers
 *	seed_dht.c      the head in the DHT
 *	seed_file.c     files, as a torrent
 *	seed_status.c   /status
 *
 * The order of things at the start: the source's playlist and the trackers'
 * windows are asked for at once; when both have come (or failed), the state
 * is settled (epoch, numbers) and the tracks are polled; when each has been
 * seen, the manifest is signed, and pieces follow.
 *
 * Without a source there are files only: the manifest is signed when they have
 * been hashed. With both, the stream does not wait for them.
 *
 * A record is in the checkpoint before anybody else sees it: after a crash
 * the same number is never signed twice.
 */

#include "io/http.h"
#include "io/loop.h"
#include "io/origin.h"
#include "io/store.h"
#include "lt/lt.h"
#include "swarm/client/mesh_host.h"
#include "tools/checkpoint.h"
#include "tools/filehash.h"
#include "tools/follower.h"
#include "tools/grab.h"
#include "tools/journal.h"
#include "tools/key_load.h"
#include "tools/plan.h"
#include "tools/seed.h"
#include "tools/sealer.h"
#include "tools/spool.h"
#include "wire/fileitem.h"

struct seed;

struct seed_track {
	struct seed *s;
	size_t i; /* in the plan */
	uint8_t id;
	/* playlist */
	char *url;    /* what is asked for */
	char *at;     /* after redirects */
	char *public; /* as viewers know it, NULL if they cannot */
	char etag[256];
	struct store_watch *watch; /* of its own directory */
	bool watched;
	struct grab *poll;
	struct io_timer poll_timer;
	sp_time began;     /* the last poll */
	uint64_t text;     /* hash of the last playlist */
	uint32_t target_s; /* 0: not seen yet */
	bool ended;        /* the playlist says so */
	unsigned poll_fails;
	char poll_why[160]; /* of the last failure, "" */
	/* the segment at work */
	struct grab *job;
	struct io_timer job_timer;
	uint64_t job_number;
	bool job_init; /* its init section, not itself */
	unsigned job_tries;
	bool init_fresh; /* init section of job_number was read */
	uint64_t init_id;
	/* counts */
	uint64_t pieces, bytes, skipped, missed, restarts;
};

struct seed_tracker {
	struct seed *s;
	char *announce, *publish, *window;
	struct spool_cursor cursor;
	struct spool_batch batch;
	struct origin_fetch *fetch;
	struct sp_buf body;
	struct io_timer timer; /* retry, heartbeat */
	sp_time sent;          /* the last good answer */
	unsigned fails;        /* in a row */
	uint64_t answers, failures, refused;
	char why[160]; /* of the last failure, "" */
	bool gone;     /* has been complained about */
	/* refill */
	struct tw_since since;
	uint64_t refilled;
	bool refilling;
};

struct seed_dht {
	bool on;
	struct io_timer timer;
	sp_time at;   /* the last one was signed; 0: none */
	int64_t seen; /* greatest seq that nodes told of */
	bool told;    /* that it is there */
};

/* The channel's files; all zero without --file. */
struct seed_file {
	bool on;
	struct fileset set, next; /* published; at work */
	struct fileset seen_set;  /* that --rescan has seen, and not taken */
	struct filehash *hash;    /* of |next| */
	struct io_timer work, rescan;
	char why[FILESET_WHY_MAX];
	struct lt_session *lt;
	struct io_watch *watch;
	bool listening, added; /* sockets; |torrent| */
	uint16_t port;
	uint64_t torrent; /* 0: nothing is published yet */
	uint8_t id[FILEITEM_ID_LEN], v2[HASH_LEN];
	bool has_v2;
	struct lt_status st;
	struct head_item item;
	uint8_t packed[FILEITEM_PACKED];
	size_t packed_len;
	int64_t seen; /* greatest seq that nodes told of */
	bool told;    /* that it is in the DHT */
};

struct seed {
	struct loop *loop;
	struct origin *origin;
	const struct seed_options *opts;
	const struct sp_log *log;
	struct keyfile *key;
	uint8_t info_hash[LINK_INFOHASH_LEN];
	/* time: wall clock at the start, then monotonic */
	int64_t wall0_ms;
	sp_time start;
	/* source */
	struct grab_source src;
	bool has_source;
	char *root_url; /* of the playlist */
	char *base;     /* directory of it, after redirects */
	char *dir;      /* of a source on disk */
	struct store_watch *watch;
	struct grab *root;
	struct io_timer root_timer;
	char root_why[320];
	struct plan plan;
	bool planned;
	struct seed_track tracks[LIM_TRACKS];
	size_t n_tracks;
	struct follower *follower;
	/* what is signed */
	struct sealer sealer;
	struct spool spool;
	struct checkpoint *state;
	char *state_path;
	int state_fd;      /* its lock */
	bool state_lost;   /* there was none */
	bool state_failed; /* it could not be written */
	char state_why[160];
	struct journal journal; /* with --journal */
	char journal_why[160];
	struct sp_buf env;   /* the envelope at work */
	bool manifest_stale; /* to be signed anew */
	bool ended;          /* the manifest says so */
	bool open;           /* pieces may be signed */
	bool settled;        /* epoch and numbers are known */
	unsigned refills;    /* trackers that have not answered yet */
	uint32_t known_dseq;
	/* where viewers find it */
	const char *origins[LIM_ORIGINS]; /* given, borrowed */
	size_t n_origins;
	char *hosts[LIM_ORIGINS]; /* of absolute URIs */
	size_t n_hosts;
	struct seed_tracker trackers[LIM_TRACKERS];
	size_t n_trackers;
	/* the swarm */
	struct mesh_host *mesh;
	struct seed_dht dht;
	struct seed_file file;
	bool upload;
	struct http *http;
	struct sp_addr status_at;
	struct io_timer soon, gate, minute;
	bool stopping;
	int result; /* exit status */
	uint64_t pieces, bytes, skipped;
};

int64_t seed_now_ms(const struct seed *s);
/* The program ends with exit status 1, after a complaint. */
void seed_give_up(struct seed *s, const char *what, const char *why);
/* Plan and settling are done: goes on. */
void seed_proceed(struct seed *s);
/* A track was seen for the first time, or its part of the manifest changed. */
void seed_track_seen(struct seed *s);
/* The channel has files, or others than before. */
void seed_files_ready(struct seed *s);
/* Envelope of a record in s->env: to checkpoint, spool and mesh. */
void seed_signed(struct seed *s, const struct record *r, const uint8_t *p,
    size_t len);

/* seed_state.c. Complaints are made. */
int seed_state_open(struct seed *s);
void seed_state_save(struct seed *s);
/* Epoch, heads and follower from the checkpoint and the trackers' windows. */
int seed_state_settle(struct seed *s);
void seed_state_close(struct seed *s);

/* seed_log.c. All but the first do nothing without --journal. */
int seed_log_open(struct seed *s); /* complaints are made */
void seed_log_add(struct seed *s, const uint8_t *env, size_t len);
void seed_log_sync(struct seed *s);

/* seed_refill.c */
void seed_refill_start(struct seed *s);

/* seed_manifest.c */
void seed_manifest_sign(struct seed *s);
/* An origin for the host of an absolute URI. */
void seed_add_host(struct seed *s, const char *url, size_t len);
/* Prints the channel link. */
void seed_manifest_link(struct seed *s);
/* Origins as viewers are told them; texts borrow |s|. */
void seed_manifest_origins(const struct seed *s, struct manifest *m);

/* seed_root.c */
int seed_source_start(struct seed *s, const char *arg);
/* What was written to |b| as a string; frees |b|. NULL if |rv| is an error. */
char *seed_take(struct sp_buf *b, int rv);
/* Directory of a URL, NULL if it has none. */
char *seed_dir_of(const char *url);
const char *seed_parse_why(char *out, size_t size, int err,
    const struct m3u8_error *e);

/* seed_watch.c: of a source on disk; again is fine. */
void seed_watch_root(struct seed *s);
void seed_watch_track(struct seed_track *t);

/* seed_source.c */
int seed_source_tracks(struct seed *s);
/* Looks at the playlist now. */
void seed_poll(struct seed_track *t);
void seed_source_stop(struct seed *s);

/* seed_pieces.c */
void seed_pieces_kick(struct seed_track *t);
void seed_pieces_stop(struct seed_track *t);
int seed_pieces_init(struct seed_track *t);

/* seed_publish.c */
int seed_publish_init(struct seed *s);
void seed_publish_kick(struct seed *s);
void seed_publish_stop(struct seed *s);

/* seed_dht.c */
int seed_dht_open(struct seed *s);
/* The manifest is another one: so is the head, soon. */
void seed_dht_changed(struct seed *s);
/* As mesh_host_ops.head. */
void seed_dht_put(void *ctx, int64_t seen, uint32_t stored);
void seed_dht_close(struct seed *s);

/* seed_file.c: nothing without --file. Complaints are made. */
int seed_file_open(struct seed *s);
/* Looks at the files again. */
void seed_file_look(struct seed *s);
/* As mesh_host_ops.item_put. */
void seed_file_put(void *ctx, const char *salt, int64_t seen, uint32_t stored);
/* Asks for figures, for who looks at them the next time. */
void seed_file_status(struct seed *s);
void seed_file_close(struct seed *s);

/* seed_status.c */
int seed_status_open(struct seed *s);

#endif
