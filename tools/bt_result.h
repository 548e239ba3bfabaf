#ifndef TOOLS_BT_RESULT_H
#define TOOLS_BT_RESULT_H

/* What a run of the load generator came to, and how it is printed. */

#include "base/quantile.h"
#include "tools/bt_options.h"
#include "tools/bt_proc.h"

struct bt_result {
	enum bt_mode mode;
	sp_time took;      /* requests were sent for so long */
	uint64_t sent;     /* requests */
	uint64_t answered; /* within |took|, errors included */
	uint64_t late;     /* after it */
	/* Of the answers; all but |self| are faults of the tracker. */
	uint64_t errors;  /* "failure reason", action 3 */
	uint64_t bad;     /* no valid answer to what was asked */
	uint64_t foreign; /* with a peer that is not of that swarm */
	uint64_t twice;   /* with the same peer twice */
	uint64_t self;    /* with the asker */
	uint64_t lost;    /* requests that had no answer in time */
	uint64_t stray;   /* packets that answer nothing that is open */
	uint64_t peers;   /* handed out */
	uint64_t bytes_out, bytes_in; /* UDP payload; HTTP on the stream */
	/* VERIFY: sums of what was scraped, and swarms that are off. */
	uint64_t complete, incomplete, wrong;
	struct quantile latency; /* ns; of all answers */
	struct bt_proc before, after;
	char why[96]; /* the first fault, in words; "" none */
};

/* Notes the first fault. */
void bt_result_fault(struct bt_result *r, const char *why);
/* True when nothing was lost or wrong. */
bool bt_result_is_clean(const struct bt_result *r);

/* Around all results of a call. */
void bt_result_begin(enum bt_output o, FILE *f);
void bt_result_print(const struct bt_result *r, const struct bt_options *opts,
    FILE *f);
void bt_result_end(enum bt_output o, FILE *f);

#endif
