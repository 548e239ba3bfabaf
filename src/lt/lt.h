#ifndef SRC_LT_LT_H
#define SRC_LT_LT_H

/*
 * libtorrent-rasterbar for C: torrents, the DHT, port mapping. The one place
 * of spate where another language is behind the calls; no exception and no
 * type of libtorrent comes across.
 *
 *	struct lt_conf conf = { .size = sizeof(conf) };
 *
 *	if ((r = lt_new(&lt, &conf, &why)) < 0)
 *		return r;
 *	io_watch_new(&w, loop, lt_fd(lt), on_lt, me);
 *	...
 *	static void
 *	on_lt(void *ctx, int fd)
 *	{
 *		lt_drain(me->lt, on_event, me);
 *	}
 *
 * A session is used on one thread. libtorrent's own threads never call back:
 * what they have to say becomes events, which lt_drain hands over. No call
 * waits for them but lt_new, which starts them, and lt_free, which joins them.
 *
 * Nothing reaches out until it is told to: DHT, local discovery and port
 *mapping are off, and sockets are bound to 127.0.0.1, until settings say
 *otherwise (lt_preset). A torrent's trackers and web seeds are asked unless its
 *flags say otherwise.
 *
 * Errors. Calls return 0 (or a count) or one of SP_ERR_*, negative; these may
 * come from any call that returns int, and are not repeated below:
 *
 *	SP_ERR_ARG          NULL where it is needed, a size member of 0, a
 *	                    number out of its range; the caller is wrong
 *	SP_ERR_CLOSED       lt_abort has been called
 *	SP_ERR_NOMEM        out of memory; the session is as it was
 *	SP_ERR_UNSUPPORTED  built without libtorrent (lt_is_there)
 *	SP_ERR_IO           anything else that libtorrent throws; sys and
 *	                    category have its own code
 *
 * lt_why tells more of the last one. Of what fails later an event tells, with a
 * struct lt_error of the same kind.
 *
 * Structs that a caller fills begin with |size|, which he sets to their sizeof,
 * the rest zero: members that are added later are then 0.
 */

#include "base/addr.h"

#ifdef __cplusplus
extern "C" {
#endif

struct lt_session;

/* Whether libtorrent is there; all calls fail without it. */
bool lt_is_there(void);
/* "2.0.8.0", or "none". Static. */
const char *lt_version(void);

/* ---- errors ---- */

struct lt_error {
	size_t size;
	int code;          /* SP_ERR_* */
	int sys;           /* the number in |category|; 0: there is none */
	char category[32]; /* "system", "libtorrent", "bdecode", ...; or "" */
	char text[224];    /* for people; never empty when code < 0 */
};

/* ---- settings ---- */

/*
 * By libtorrent's own name (settings_pack), the value as text: "0", "1", "true"
 * and "false" for switches, decimals for numbers. SP_ERR_NOTFOUND: no setting
 * has that name; SP_ERR_SYNTAX: the value is not of its type; SP_ERR_DENIED:
 * alert_mask and what else belongs to the shim.
 */
struct lt_kv {
	const char *name;
	const char *value;
};

enum lt_preset {
	LT_PRESET_QUIET, /* what every session begins with */
	/* The DHT, and on all interfaces at a port that the system chooses. */
	LT_PRESET_DHT,
	/*
	 * A DHT of one host or one network: its nodes may share an address, or
	 * have private ones, so what guards against that is off. Not with the
	 * internet.
	 */
	LT_PRESET_LOCAL_DHT,
	LT_PRESET_PORTMAP, /* UPnP, NAT-PMP and PCP */
	LT_PRESET_PEERS,   /* torrents with the world: DHT, LSD, PEX, uTP in */
};

/* Static rows; their number. */
size_t lt_preset(enum lt_preset which, const struct lt_kv **out);

/* ---- sessions ---- */

struct lt_conf {
	size_t size;
	/* Over LT_PRESET_QUIET, in order; a later one wins. */
	const struct lt_kv *settings;
	size_t n_settings;
	/* Bytes of LT_EV_STATE of an earlier run: the DHT's nodes. */
	const void *state;
	size_t state_len;
	/* After how long a DHT operation has failed; 0: 20 s. */
	uint32_t dht_timeout_ms;
	/* How many DHT operations may be under way; 0: 256. */
	uint32_t max_ops;
	uint32_t max_torrents; /* 0: 256 */
	bool pieces;           /* wants LT_EV_PIECE */
	bool log_mapping;      /* wants LT_EV_LOG of port mapping */
	bool lsd_peers;        /* wants LT_EV_LSD_PEER */
	bool bans;             /* wants LT_EV_BANNED */
	/*
	 * For lt_map_port alone: libtorrent's own sockets are shut as soon as
	 * it has opened them, and what it maps for itself is taken back.
	 */
	bool mute;
};

/*
 * Starts a session and its threads, which block all signals. Its sockets are
 * not close-on-exec before libtorrent 2.0.12: who runs programs closes what he
 * did not mean to hand on. As settings (struct lt_kv); SP_ERR_SYNTAX: |state|
 * is not what LT_EV_STATE had. |why| may be NULL. An address that cannot be
 * bound is no error here but LT_EV_LISTEN_FAILED. Limits of rates hold for all
 * peers, those of local networks as well.
 */
int lt_new(struct lt_session **out, const struct lt_conf *conf,
    struct lt_error *why);
/*
 * Begins to end it: torrents say good-bye to their trackers. Of several
 * sessions abort all, then free all: so they end side by side. May be called
 * again. All other calls but lt_drain fail from then on.
 */
void lt_abort(struct lt_session *s);
/*
 * Waits for the threads: some ms, up to 2 s with torrents that have trackers.
 * NULL is fine. May be called in a callback of lt_drain.
 */
void lt_free(struct lt_session *s);
/* Why the last call failed; borrows until the next one. Never NULL. */
const struct lt_error *lt_why(const struct lt_session *s);
/* As struct lt_kv; all of them or, when one is wrong, none. */
int lt_apply(struct lt_session *s, const struct lt_kv *settings, size_t n);
/* Readable when lt_drain has something to do. Valid until lt_free. */
int lt_fd(const struct lt_session *s);

struct lt_event;
typedef void lt_cb(void *ctx, const struct lt_event *ev);

/*
 * Hands over all events that are there, on the caller's thread, and returns
 * their number. Everything in an event is borrowed until |cb| returns. |cb| may
 * call whatever it likes but lt_drain.
 */
int lt_drain(struct lt_session *s, lt_cb *cb, void *ctx);

/* ---- what is asked for and answered by an event ---- */

/* LT_EV_COUNTERS. */
int lt_post_counters(struct lt_session *s);
/* LT_EV_STATE: bytes for lt_conf.state. */
int lt_post_state(struct lt_session *s);
/* LT_EV_STATUS, of torrents of which something changed since the last. */
int lt_post_status(struct lt_session *s);
/* LT_EV_STATUS of all. */
int lt_post_status_all(struct lt_session *s);
/* LT_EV_DHT_STATS. Without DHT there is no answer. */
int lt_post_dht_stats(struct lt_session *s);

/* ---- DHT (BEP 5, 44) ---- */

#define LT_SALT_MAX  64
#define LT_VALUE_MAX 1000

/*
 * A node to begin with, besides those of the setting dht_bootstrap_nodes:
 * |host| is a name or an address. It is of use only once it has answered, so
 * on a small DHT every node should be told of the others.
 */
int lt_dht_add_node(struct lt_session *s, const char *host, uint16_t port);

/*
 * Each of these is an operation that ends with LT_EV_DHT_END, at the latest
 * after lt_conf.dht_timeout_ms, whatever libtorrent does. One that is under way
 * already is asked again, and its time begins anew. SP_ERR_FULL: too many are.
 */

/*
 * Says that we have |port| (BEP 5, implied_port off, so it need not be ours);
 * and finds peers on the way (LT_EV_DHT_PEERS). Ends by time: nothing tells
 * when the nodes have taken it. Hold for half an hour.
 */
int lt_dht_announce(struct lt_session *s, const uint8_t info_hash[20],
    uint16_t port);
/* Finds peers. Ends by time, with all there were until then. */
int lt_dht_get_peers(struct lt_session *s, const uint8_t info_hash[20]);

struct lt_item {
	size_t size;
	uint8_t key[32]; /* Ed25519 public key */
	uint8_t sig[64];
	int64_t seq; /* [0..INT64_MAX] */
	const uint8_t *salt;
	size_t salt_len; /* [0..LT_SALT_MAX] */
	const uint8_t *value;
	size_t value_len; /* [0..LT_VALUE_MAX]; 0: nobody had one */
};

/*
 * Stores a mutable item (BEP 44) that the caller has signed. |value| is one
 * canonically bencoded value, not longer than LT_VALUE_MAX: else SP_ERR_SYNTAX,
 * SP_ERR_CANON, SP_ERR_TOOBIG. The signature is not looked at here: nodes
 * refuse an item whose is wrong or which is older than theirs. LT_EV_DHT_PUT
 * tells how many took it: 0 is usual while the routing table is empty; try
 * again, later each time. SP_ERR_EXISTS: a put of that key and salt is under
 * way. Ends with that event.
 */
int lt_dht_put(struct lt_session *s, const struct lt_item *item);
/*
 * Finds the item of |key| and |salt|: LT_EV_DHT_ITEM for each that is newer
 * than those before, the last with |authoritative|. libtorrent has verified the
 * signature; who trusts nobody verifies it again. Ends with the last.
 */
int lt_dht_get(struct lt_session *s, const uint8_t key[32], const void *salt,
    size_t salt_len);

/* ---- ports of ours on the gateway (UPnP, NAT-PMP, PCP) ---- */

/*
 * Asks gateways to hand |external| to our |local| port, and goes on doing so
 * until lt_unmap_port: they are asked again before it expires. |*id| names it
 * in LT_EV_MAPPED and LT_EV_MAP_FAILED, one for each way and interface, or one
 * that says that there is no gateway. Settings enable_upnp and enable_natpmp
 * (LT_PRESET_PORTMAP) must be on, and listen_interfaces name something that is
 * not loopback. SP_ERR_FULL: 32 are mapped.
 */
int lt_map_port(struct lt_session *s, bool udp, uint16_t external,
    uint16_t local, uint32_t *id);
/* SP_ERR_NOTFOUND. libtorrent may say LT_EV_MAP_FAILED though it worked. */
int lt_unmap_port(struct lt_session *s, uint32_t id);

/* ---- what is in a torrent ---- */

struct lt_file {
	const char *path; /* below the save path, with the torrent's name */
	int64_t length;
	int64_t offset; /* in the torrent: piece = offset / piece_length */
	bool pad;       /* zeros between files (BEP 47) */
	bool hidden;
	bool symlink;
	bool has_root;
	uint8_t root[32]; /* pieces root (BEP 52), unless length is 0 */
};

struct lt_info {
	size_t size;
	const char *name;
	bool has_v1;
	bool has_v2;
	uint8_t v1[20]; /* info-hash of BEP 3 */
	uint8_t v2[32]; /* of BEP 52 */
	uint8_t id[20]; /* what trackers and the DHT use: v1, else v2 cut */
	bool is_private;
	uint32_t piece_length; /* bytes; the last piece may be shorter */
	uint32_t n_pieces;
	int64_t total; /* bytes, with padding */
	size_t n_files;
	const struct lt_file *files;
	size_t n_trackers;
	const char *const *trackers;
	size_t n_web_seeds;
	const char *const *web_seeds; /* url-list (BEP 19) */
};

/*
 * Reads a .torrent. SP_ERR_SYNTAX (of bencoding or of what is in it),
 * SP_ERR_TOOBIG: 64 MiB, 2^20 pieces or more than 2^17 files. |why| may be
 * NULL. Whether piece layers (BEP 52) are those of their roots is not looked
 * at.
 */
int lt_info_new(struct lt_info **out, const void *p, size_t len,
    struct lt_error *why);
void lt_info_free(struct lt_info *i); /* NULL is fine */
/* Bytes of a piece; 0 when there is none of that number. */
uint32_t lt_info_piece_size(const struct lt_info *i, uint32_t piece);

/* ---- torrents ---- */

/*
 * With SEED_MODE and NO_CHECK there is no LT_EV_CHECKED, nor LT_EV_FINISHED for
 * what was there at the beginning. NO_WEB_SEEDS: libtorrent 2.0.8 loads all
 * from a web seed where peers have it too, and gives one up after some 503.
 */
enum lt_flag {
	LT_PAUSED = 1,             /* neither loads nor serves */
	LT_SEQUENTIAL = 2,         /* loads first things first */
	LT_UPLOAD_ONLY = 4,        /* asks nobody for anything */
	LT_SEED_MODE = 8,          /* all is there; looked at when asked for */
	LT_NO_DHT = 16,            /* not announced there */
	LT_NO_LSD = 32,            /* nor on the local network */
	LT_NO_PEX = 64,            /* nor told to peers of peers */
	LT_NO_TRACKERS = 128,      /* those of the torrent are dropped */
	LT_NO_WEB_SEEDS = 256,     /* likewise, of its url-list */
	LT_NOTHING = 2048,         /* every piece has priority 0 at first */
	LT_NO_CHECK = 512,         /* believe |have| and |resume| as they are */
	LT_STOP_WHEN_READY = 1024, /* pause once it was checked */
};

struct lt_torrent {
	size_t size;
	/* One of these two, or resume alone, if it was saved with the info. */
	const void *metainfo; /* a .torrent */
	size_t metainfo_len;
	const char *magnet; /* a magnet link with xt=urn:btih: or urn:btmh: */
	const void *resume; /* bytes of LT_EV_RESUME */
	size_t resume_len;
	/*
	 * Pieces that are in |save_path| and verified, bit 0 first (the
	 * highest bit of byte 0): n_have bits, n_have the number of pieces.
	 */
	const uint8_t *have;
	uint32_t n_have;
	const char *save_path;
	uint32_t flags;     /* of enum lt_flag */
	uint32_t up_bps;    /* bytes/s; 0: no limit */
	uint32_t down_bps;  /* bytes/s; 0: no limit */
	uint32_t max_conns; /* 0: no limit of its own */
	/* Besides those of the torrent or the link, and with NO_TRACKERS. */
	const char *const *trackers;
	size_t n_trackers;
	const struct sp_addr *peers;
	size_t n_peers;
};

/*
 * Adds a torrent; |*id|, never 0, names it from then on. It is there when
 * LT_EV_ADDED says so; or LT_EV_TORRENT_ERROR and LT_EV_REMOVED, with
 * SP_ERR_EXISTS when the session has one of that info-hash. The calls below may
 * be used at once, and wait for it. SP_ERR_SYNTAX: the torrent, the link or the
 * resume data; SP_ERR_HASH: they are not of one torrent; SP_ERR_TOOBIG: as
 * lt_info_new; SP_ERR_FULL: lt_conf.max_torrents.
 */
int lt_add(struct lt_session *s, const struct lt_torrent *add, uint64_t *id);

/* All calls with an id: SP_ERR_NOTFOUND, there is no such torrent (any more).
 */

/* LT_EV_REMOVED follows. With |files|, those that were loaded go as well. */
int lt_remove(struct lt_session *s, uint64_t id, bool files);
/*
 * What is in it; borrows until LT_EV_REMOVED. NULL: there is no such torrent,
 * or a magnet link's metadata have not come (LT_EV_METADATA).
 */
const struct lt_info *lt_info_of(const struct lt_session *s, uint64_t id);
/* Of |mask|, which may have PAUSED, SEQUENTIAL, UPLOAD_ONLY. */
int lt_set_flags(struct lt_session *s, uint64_t id, uint32_t flags,
    uint32_t mask);
/* Bytes per second; 0: no limit. */
int lt_limit(struct lt_session *s, uint64_t id, uint32_t up_bps,
    uint32_t down_bps);
int lt_connect_peer(struct lt_session *s, uint64_t id,
    const struct sp_addr *addr);
/*
 * A whole piece of the caller's, with padding: it is hashed, and written when
 * it is right (LT_EV_PIECE), else forgotten (LT_EV_HASH_FAILED). A piece that
 * is there is left alone. SP_ERR_RANGE: no such piece, or not its size;
 * SP_ERR_AGAIN: before LT_EV_ADDED and metadata. Bytes are copied.
 */
int lt_add_piece(struct lt_session *s, uint64_t id, uint32_t piece,
    const void *p, size_t len);
/* LT_EV_DATA. A piece that is not here is an error there. */
int lt_read_piece(struct lt_session *s, uint64_t id, uint32_t piece);
/*
 * Wants |piece| within |ms|: before all others, from who is fastest. With
 * |read| LT_EV_DATA comes as soon as it is here. SP_ERR_RANGE; SP_ERR_AGAIN:
 * no metadata yet.
 */
int lt_set_deadline(struct lt_session *s, uint64_t id, uint32_t piece,
    uint32_t ms, bool read);
/* Of one piece. Where |read| was asked for, LT_EV_DATA has an error. */
int lt_reset_deadline(struct lt_session *s, uint64_t id, uint32_t piece);
int lt_clear_deadlines(struct lt_session *s, uint64_t id); /* of all */
/* 0 not at all, 1..7, usual is 4; one for each file, in order. */
int lt_file_priorities(struct lt_session *s, uint64_t id, const uint8_t *prio,
    size_t n);
/* The same of |n| pieces. SP_ERR_RANGE; SP_ERR_AGAIN: no metadata yet. */
int lt_piece_priorities(struct lt_session *s, uint64_t id, uint32_t first,
    uint32_t n, uint8_t prio);
/* Looks at the files again: LT_EV_CHECKED. */
int lt_recheck(struct lt_session *s, uint64_t id);
/* LT_EV_RESUME; |info|: with what is in the torrent, so it suffices alone. */
int lt_save_resume(struct lt_session *s, uint64_t id, bool info);
/*
 * Begins anew with what is here and verified, under the same id: what stood in
 * the way is over (errors, LT_UPLOAD_ONLY, LT_PAUSED unless it was added with
 * it), blocks of pieces that are not complete are forgotten, and nobody is
 * banned any more; with |pardon| only he is not, and is dialled. LT_EV_ADDED
 * and what follows it come again; deadlines and priorities are those of a
 * torrent that was just added, and what was asked for before (lt_save_resume,
 * lt_read_piece) may have no answer. When LT_EV_ADDED has an error it is as it
 * was; or it is gone, as when lt_add fails. SP_ERR_AGAIN: before LT_EV_ADDED
 * and metadata.
 *
 * Whom libtorrent bans has sent parts of pieces that were wrong: not
 * necessarily the wrong ones, and where a full disk was the cause, nobody did.
 */
int lt_renew(struct lt_session *s, uint64_t id, const struct sp_addr *pardon);
/* LT_EV_PEERS. */
int lt_post_peers(struct lt_session *s, uint64_t id);

/* ---- events ---- */

enum lt_event_type {
	LT_EV_NONE,
	LT_EV_LISTENING,     /* listen */
	LT_EV_LISTEN_FAILED, /* listen */
	LT_EV_ADDRESS,       /* address: ours, as others see it; no port */
	LT_EV_MAPPED,        /* map */
	LT_EV_MAP_FAILED,    /* map */
	LT_EV_LOG,           /* log: of port mapping */
	LT_EV_DHT_READY,     /* first lookup done; there may be no node yet */
	LT_EV_DHT_PEERS,     /* peers, more than once */
	LT_EV_DHT_ITEM,      /* item */
	LT_EV_DHT_PUT,       /* put */
	LT_EV_DHT_END,       /* end */
	LT_EV_DHT_STATS,     /* dht */
	LT_EV_COUNTERS,      /* counters */
	LT_EV_STATE,         /* bytes */
	LT_EV_STATUS,        /* status */
	LT_EV_DROPPED,       /* events were lost: ask for the status of all */
	/* With |torrent|. */
	LT_EV_ADDED,
	LT_EV_METADATA,      /* lt_info_of has it; also of a .torrent */
	LT_EV_CHECKED,       /* what was on disk has been looked at */
	LT_EV_PIECE,         /* piece: it is here, and right */
	LT_EV_DATA,          /* data */
	LT_EV_HASH_FAILED,   /* piece: it was wrong, and is forgotten */
	LT_EV_FINISHED,      /* all that is wanted is here */
	LT_EV_RESUME,        /* bytes; none: error */
	LT_EV_PEERS,         /* conns */
	LT_EV_LSD_PEER,      /* address */
	LT_EV_BANNED,        /* address, port 0: he dialled us; see lt_renew */
	LT_EV_TRACKER_ERROR, /* url, error */
	LT_EV_TORRENT_ERROR, /* error: it stands still */
	LT_EV_REMOVED,       /* the id is not valid any more */
	LT_EV_FILES_REMOVED, /* or, with error, were not */
};

/* For logs: "dht-put". Static, never NULL. */
const char *lt_event_name(enum lt_event_type type);

enum lt_way {
	LT_WAY_NATPMP, /* NAT-PMP or PCP */
	LT_WAY_UPNP,
	LT_WAY_NONE, /* no gateway at all */
};

enum lt_op {
	LT_OP_ANNOUNCE,
	LT_OP_GET_PEERS,
	LT_OP_PUT,
	LT_OP_GET,
};

enum lt_state {
	LT_STATE_CHECKING, /* looks at what is on disk */
	LT_STATE_METADATA, /* a magnet link's metadata are looked for */
	LT_STATE_LOADING,
	LT_STATE_FINISHED, /* has all that is wanted */
	LT_STATE_SEEDING,  /* has all there is */
};

struct lt_status {
	uint64_t torrent;
	enum lt_state state;
	uint32_t flags;        /* PAUSED, SEQUENTIAL, UPLOAD_ONLY */
	int error;             /* 0 or SP_ERR_*: it stands still */
	uint32_t progress_ppm; /* of what is wanted, or of the checking */
	int64_t done, total;   /* bytes that are here, that are wanted */
	int64_t down_bytes, up_bytes; /* payload of this session */
	int64_t failed_bytes;         /* came, and were wrong */
	uint32_t down_bps, up_bps;    /* bytes/s, payload */
	uint32_t peers, seeds;        /* connected; of them with all of it */
	uint32_t known;               /* peers we have heard of */
	uint32_t have;                /* pieces */
	uint32_t n_pieces;            /* 0: no metadata yet */
	/* A bit for each piece as lt_torrent.have; NULL: none or no metadata.
	 */
	const uint8_t *pieces;
	bool needs_resume; /* changed since lt_save_resume */
};

struct lt_peer {
	struct sp_addr addr;
	const char *client;
	bool outgoing, utp, encrypted, choked_us, interested, seed, web;
	uint32_t down_bps, up_bps;
	int64_t down_bytes, up_bytes;
	uint32_t have;   /* pieces */
	uint32_t queued; /* our requests that he has not answered */
	/* Which: as lt_torrent.have; 0 bits before he has said. */
	const uint8_t *pieces;
	uint32_t n_pieces;
};

struct lt_counter {
	const char *name; /* "dht.dht_nodes"; static */
	int64_t value;
};

/* Which of these has something is said at the type. */
struct lt_event_listen {
	bool udp;
	struct sp_addr addr; /* unset where it could not be understood */
};

struct lt_event_map {
	uint32_t id; /* 0: libtorrent's own port */
	bool udp;
	enum lt_way way;
	uint16_t external;    /* MAPPED: what the gateway gave us */
	struct sp_addr local; /* the interface; no port */
};

struct lt_event_peers {
	uint8_t info_hash[20];
	const struct sp_addr *v;
	size_t n;
};

struct lt_event_put {
	struct lt_item item; /* what was put */
	uint32_t stored;     /* nodes that took it */
	int64_t seen_seq;    /* newest found on the way; -1: none */
};

/*
 * code: 0 it ended by itself; SP_ERR_TIMEOUT by time. answers: events before
 * this one. key has 20 bytes (info-hash) for announce and get_peers, else 32.
 */
struct lt_event_end {
	enum lt_op op;
	uint8_t key[32];
	const uint8_t *salt;
	size_t salt_len;
	int code;
	uint32_t answers;
};

struct lt_event_dht {
	uint32_t nodes;        /* in the table of this socket's DHT node */
	uint32_t replacements; /* and in reserve */
	uint32_t requests;     /* lookups under way */
	struct sp_addr addr;   /* of the socket */
};

struct lt_event_data {
	uint32_t piece;
	const uint8_t *p; /* NULL: error says why */
	size_t len;       /* without the padding at its end */
	size_t padding;   /* bytes of it, which are not at |p| */
	const void *own;  /* of the shim */
};

/*
 * error.code is 0 where nothing is wrong. Of LT_EV_TORRENT_ERROR it is
 * SP_ERR_FULL when the disk is full: then the torrent only serves until
 * lt_set_flags takes LT_UPLOAD_ONLY away.
 */
struct lt_event {
	size_t size;
	enum lt_event_type type;
	uint64_t torrent; /* 0: of none */
	struct lt_error error;
	union {
		struct lt_event_listen listen;
		struct sp_addr address;
		struct lt_event_map map;
		const char *log;
		const char *url;
		struct lt_event_peers peers;
		struct {
			struct lt_item item;
			bool authoritative;
		} item;
		struct lt_event_put put;
		struct lt_event_end end;
		struct lt_event_dht dht;
		struct {
			const struct lt_counter *v;
			size_t n;
		} counters;
		struct {
			const uint8_t *p;
			size_t len;
		} bytes;
		struct {
			const struct lt_status *v;
			size_t n;
		} status;
		struct {
			const struct lt_peer *v;
			size_t n;
		} conns;
		uint32_t piece;
		struct lt_event_data data;
	} u;
};

/*
 * Keeps the bytes of LT_EV_DATA, where they are, beyond the callback; until
 * lt_release, which may be called at any time, after lt_free too. NULL: no
 * memory, or the event has no bytes.
 */
void *lt_hold(const struct lt_event *ev);
void lt_release(void *held); /* NULL is fine */

#ifdef __cplusplus
}
#endif

#endif
