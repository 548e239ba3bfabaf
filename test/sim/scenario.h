#ifndef TEST_SIM_SCENARIO_H
#define TEST_SIM_SCENARIO_H

/*
 * A scenario file: what is simulated, and what is expected of it. One
 * directive a line, '#' begins a comment. spate-scenario(5) tells all.
 *
 *	let NAME VALUE		then $NAME (scnvar.h)
 *	seed N
 *	crypto real|counting
 *	net fifo= sndbuf= acks= bbr= jitter= nat= plane=
 *	stream rate= segment= window=
 *	track rate=		another rendition; the stream's is track 0
 *	origin rate= ttfb= sigma= delay= loss= requests= retry=
 *	tracker delay= loss=
 *	seeder up= down= delay= loss= poll=
 *	viewers N up= down= delay= loss= join= session= ...
 *	liars N ...		claim everything, deliver nothing
 *	polluters N ...		deliver false bytes
 *	at T origin|tracker|seeder down|up
 *	at T origin rate=R|ttfb=T|requests=N|dead=SHARE
 *	at T join N		more viewers, as in the first viewers line
 *	at T leave|crash N	random viewers; crash: nobody is told
 *	ablate NAME,...		parts of the engine that are left out
 *	settle T		metrics named -later count from then on
 *	run T
 *	expect METRIC [pNN] ==|<=|>=|<|> VALUE
 *
 * Times: ns us ms s min; rates: bit/s kbit/s Mbit/s Gbit/s (and B/s ...), and
 * 1.5r for 1.5 times the stream's; sizes: B kB MB KiB MiB; shares: 5% or 0.05.
 * join, delay, up, down and session take distributions (dist.h).
 */

#include "base/err.h"
#include "base/tstamp.h"
#include "test/sim/dist.h"
#include "test/sim/metric.h"
#include "test/sim/scnline.h"

#define SCN_GROUPS  16
#define SCN_EVENTS  64
#define SCN_EXPECTS 64
#define SCN_TRACKS  8

struct scn_net {
	sp_time fifo;   /* 200ms */
	int64_t sndbuf; /* of a host that does not watch acknowledgements; 0 */
	int64_t acks;   /* packets that an acknowledgement of TCP is for; 2 */
	int64_t bbr;    /* bool: no loss slows a sender; 0 */
	int64_t jitter; /* ppm; 5% */
	int64_t nat;    /* ppm of pairs that cannot connect; 0 */
	sp_time plane;  /* nodes stand in a square of that side; 30ms */
};

struct scn_stream {
	int64_t rate;    /* bytes per second; 1 Mbit/s */
	sp_time segment; /* 1s */
	sp_time window;  /* 30s */
};

struct scn_track {
	int64_t rate; /* bytes per second */
};

struct scn_origin {
	int64_t rate;     /* bytes per second of all transfers; 0 = no limit */
	sp_time ttfb;     /* median; 50ms */
	int64_t sigma;    /* ppm, of the log-normal; 0.7 */
	sp_time delay;    /* 5ms */
	int64_t loss;     /* ppm of packets; 0 */
	int64_t requests; /* a second; more get a 429. 0: no limit */
	sp_time retry;    /* Retry-After of a 429; 0: none */
};

struct scn_tracker {
	sp_time delay; /* 10ms */
	int64_t loss;  /* ppm; 0 */
};

struct scn_seeder {
	int64_t up;    /* bytes per second of blocks; 0: serves none */
	int64_t down;  /* 100 Mbit/s */
	sp_time delay; /* 5ms */
	int64_t loss;  /* ppm; 0 */
	sp_time poll;  /* the playlist, that often; 100ms */
};

enum scn_kind {
	SCN_VIEWERS,
	SCN_LIARS,
	SCN_POLLUTERS,
};

struct scn_group {
	enum scn_kind kind;
	int64_t count;
	struct dist up, down; /* 5, 20 Mbit/s */
	struct dist delay;    /* a_i; 3..15ms */
	struct dist join;     /* 0s */
	struct dist session;  /* how long; 0: to the end */
	int64_t brief;        /* ppm: share that leaves within 10 s */
	int64_t loss;         /* ppm of packets */
	sp_time burst;        /* mean length of a burst of loss; 0: no bursts */
	int64_t blocked;      /* ppm: share that nobody can connect to */
	int64_t isolated;     /* ppm: share without any peer, either way */
	int64_t free;         /* ppm: share that uploads nothing */
	int64_t crash;        /* ppm: share that leaves without a word */
	int64_t replace;      /* bool: who leaves is followed by another */
	int64_t cap;          /* the mesh's own upload limit; 0: none */
	int64_t known;        /* bool: the mesh is told its uplink's rate */
	int64_t neighbours;   /* 0: the mesh's default */
	int64_t meet;         /* viewers that it knows of, as by its link */
	sp_time playout;      /* delay asked of the mesh; 0: derived */
	sp_time window;       /* of the mesh; 0: its default */
	int64_t flip;         /* ppm of blocks that a polluter spoils; all */
	int64_t track;        /* which they watch; 0 */
};

enum scn_what {
	SCN_ORIGIN_DOWN,
	SCN_ORIGIN_UP,
	SCN_ORIGIN_RATE,
	SCN_ORIGIN_TTFB,
	SCN_ORIGIN_REQUESTS,
	SCN_ORIGIN_DEAD, /* hangs for that share of the viewers */
	SCN_TRACKER_DOWN,
	SCN_TRACKER_UP,
	SCN_SEEDER_DOWN,
	SCN_SEEDER_UP,
	SCN_JOIN,
	SCN_LEAVE,
	SCN_CRASH,
};

struct scn_event {
	sp_time at;
	enum scn_what what;
	int64_t value;
};

enum scn_op {
	SCN_EQ,
	SCN_LE,
	SCN_GE,
	SCN_LT,
	SCN_GT,
};

struct scn_expect {
	unsigned line;
	enum metric metric;
	uint32_t quantile_ppm; /* 0: none */
	enum scn_op op;
	int64_t value;
	char text[96]; /* as it was written */
};

struct scenario {
	uint64_t seed;
	bool real_crypto;
	unsigned without; /* MESH_WITHOUT_*, of every engine */
	sp_time run, settle;
	struct scn_net net;
	struct scn_stream stream;
	struct scn_origin origin;
	struct scn_tracker tracker;
	struct scn_seeder seeder;
	size_t n_groups, n_events, n_expects, n_tracks;
	struct scn_track tracks[SCN_TRACKS]; /* [0] is the stream */
	struct scn_group groups[SCN_GROUPS];
	struct scn_event events[SCN_EVENTS]; /* by time */
	struct scn_expect expects[SCN_EXPECTS];
};

/*
 * SP_ERR_SYNTAX, and *e tells. |text| has |len| bytes. |vars|: what was set
 * from outside, and what is found; NULL: none set.
 */
int scenario_parse(struct scenario *out, const char *text, size_t len,
    struct scn_vars *vars, struct scn_error *e);

/* The words of |l| after the first: METRIC [pNN] OP VALUE. SP_ERR_SYNTAX. */
int scn_expect_read(struct scn_expect *out, const struct scn_line *l);
bool scn_holds(const struct scn_expect *x, int64_t v);

/*
 * One quantity. |unit| is that of a metric; sizes are rates without "/s".
 * SP_ERR_SYNTAX.
 */
int scn_value(int64_t *out, enum metric_unit unit, const char *s, size_t len);
/* "a time", ... for messages. */
const char *scn_unit_name(enum metric_unit unit);

#endif
