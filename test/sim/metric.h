#ifndef TEST_SIM_METRIC_H
#define TEST_SIM_METRIC_H

/*
 * What a run is measured by. Values are integers: ratios in 1/1,000,000, times
 * in ns, rates in bytes per second.
 */

#include "base/base.h"

enum metric_unit {
	METRIC_COUNT,
	METRIC_RATIO,
	METRIC_TIME,
	METRIC_RATE,
};

/* X(NAME, name, unit, has quantiles over viewers or pieces, text) */
#define METRIC_LIST(X)                                                         \
	X(OFFLOAD, "offload", RATIO, false, "1 - origin bytes / played bytes") \
	X(COPIES, "copies", RATIO, false, "origin bytes / stream bytes")       \
	X(OFFLOAD_LATER, "offload-later", RATIO, false,                        \
	    "the same, after settle")                                          \
	X(COPIES_LATER, "copies-later", RATIO, false,                          \
	    "the same, after settle")                                          \
	X(RHO, "rho", RATIO, false,                                            \
	    "uplinks of use / what viewers need, after settle")                \
	X(OPTIMUM, "optimum", RATIO, false, "best offload there can be")       \
	X(OF_OPTIMUM, "of-optimum", RATIO, false, "offload-later / optimum")   \
	X(EXCESS, "excess", RATIO, false,                                      \
	    "(1 - offload-later) / (1 - optimum)")                             \
	X(STARTUP, "startup", TIME, true, "join to first piece played")        \
	X(LAG, "lag", TIME, true, "availability to completion")                \
	X(LAG_LATER, "lag-later", TIME, true, "the same, after settle")        \
	X(LAG_MIN, "lag-min", TIME, false, "least lag there can be")           \
	X(LAG_RATIO, "lag-ratio", RATIO, false, "lag-later p99 / lag-min")     \
	X(LAG_LAW, "lag-law", TIME, false, "p99 of a swarm that pushes")       \
	X(LAG_OF_LAW, "lag-of-law", RATIO, false, "lag-later p99 / lag-law")   \
	X(DELAY, "delay", TIME, true, "playout delay at the end")              \
	X(STALLS, "stalls", COUNT, false, "times a player waited")             \
	X(STALLED, "stalled", TIME, false, "time that players waited")         \
	X(MISSES, "misses", COUNT, false, "pieces not complete when due")      \
	X(MISSED, "missed", RATIO, false, "misses / pieces due")               \
	X(DUE, "due", COUNT, false, "pieces that came due")                    \
	X(MISS_BOUND, "miss-bound", RATIO, false,                              \
	    "missed is below it with 95 % confidence, if there were none")     \
	X(LOST, "lost", COUNT, false, "pieces given up")                       \
	X(PLAYED, "played", COUNT, false, "pieces that players played")        \
	X(SKIPPED, "skipped", COUNT, false, "pieces that players skipped")     \
	X(WRONG, "wrong", COUNT, false, "blocks stored or played wrong")       \
	X(DUPLICATES, "duplicates", RATIO, false,                              \
	    "bytes of blocks already held / block bytes received")             \
	X(DUPLICATES_LATER, "duplicates-later", RATIO, false,                  \
	    "the same, after settle")                                          \
	X(BAD, "bad", RATIO, false,                                            \
	    "bytes of blocks that failed their hash / block bytes received")   \
	X(POLLUTED, "polluted", COUNT, false,                                  \
	    "bytes of blocks that failed their hash")                          \
	X(POLLUTED_FOR, "polluted-for", TIME, false,                           \
	    "last polluter's joining to the last of these")                    \
	X(CONTROL, "control", RATIO, false,                                    \
	    "bytes received that are no media / bytes of the stream")          \
	X(CONTROL_LATER, "control-later", RATIO, false,                        \
	    "the same, after settle")                                          \
	X(CONTROL_HAVE, "control-have", RATIO, false, "of it what peers hold") \
	X(CONTROL_ASK, "control-ask", RATIO, false,                            \
	    "of it requests, cancels and rejects")                             \
	X(CONTROL_RECORD, "control-record", RATIO, false,                      \
	    "of it records and manifests, from peers")                         \
	X(CONTROL_FEED, "control-feed", RATIO, false,                          \
	    "of it from the tracker")                                          \
	X(WASTE, "waste", RATIO, false,                                        \
	    "origin bytes that brought nothing / origin bytes")                \
	X(ORIGIN_PEAK, "origin-peak", RATE, false, "most in one second")       \
	X(ORIGIN_MEAN, "origin-mean", RATE, false, "over the run")             \
	X(RECOVERY, "recovery", TIME, false,                                   \
	    "end of an outage to all being well, the longest")                 \
	X(DUTIES, "duties", COUNT, false, "stripes fetched on duty")           \
	X(BACKUPS, "backups", COUNT, false, "stripes fetched by a backup")     \
	X(RESCUES, "rescues", COUNT, false, "origin fetches, but for duties")  \
	X(FETCHES, "fetches", COUNT, false, "origin fetches")                  \
	X(BLOCKS, "blocks", COUNT, false, "received, from whomever")           \
	X(REQUESTS, "requests", COUNT, false, "for blocks, to peers")          \
	X(REJECTS, "rejects", COUNT, false, "of requests")                     \
	X(TIMEOUTS, "timeouts", COUNT, false, "requests without an answer")    \
	X(HEDGES, "hedges", COUNT, false, "second requests for a block")       \
	X(BANNED, "banned", COUNT, false, "bans of neighbours")                \
	X(NEIGHBOURS, "neighbours", COUNT, true, "at the end")                 \
	X(USE, "use", RATIO, false, "share of uplinks that blocks took")       \
	X(JAIN, "jain", RATIO, false,                                          \
	    "Jain's index of the use of uplinks that may be used")             \
	X(VIEWERS, "viewers", COUNT, false, "that joined")                     \
	X(NEVER, "never", COUNT, false,                                        \
	    "viewers (5 s and more) who saw "                                  \
	    "nothing")

enum metric {
#define METRIC_ENUM(id, name, unit, quantiles, text) METRIC_##id,
	METRIC_LIST(METRIC_ENUM)
#undef METRIC_ENUM
	    METRIC_N
};

struct metric_row {
	const char *name;
	enum metric_unit unit;
	bool quantiles;
	const char *text;
};
extern const struct metric_row metric_table[METRIC_N];

/* METRIC_N if there is none of that name. */
enum metric metric_find(const char *name, size_t len);
/* "97.3 %", "1.250 s", ... into |out|. */
void metric_print(char *out, size_t size, enum metric_unit unit, int64_t v);

#endif
