#ifndef TRACKER_FIGURES_H
#define TRACKER_FIGURES_H

/*
 * How the viewers of each live channel fare, by what they tell of themselves
 * (wire/telemetry.h): sums, ratios and quantiles for the operator. Nothing that
 * the tracker does depends on it.
 *
 * Of each viewer its last report counts, for FIGURES_KEEP. A channel keeps
 * FIGURES_REPORTS of them: of more viewers a part is heard that is drawn by
 * hash, and sums are scaled. So memory has a bound, and a viewer counts once
 * however often it speaks.
 *
 * What liars can do. All viewers have the same weight in quantiles of lags, so
 * a part f of them moves what is told as the median to a quantile between
 * 0.5 - f and 0.5 + f of the truth: few do not move it noticeably. Those above
 * are worth less: one viewer in a hundred who lies makes the p99. Bytes are
 * cut to what the channel's rate allows, so one of n moves offload by about
 * 4 / n. Of one network (/24, /48; private ones excepted) a channel hears at
 * most an eighth, or FIGURES_NET where that is more: who has one network of
 * addresses is an eighth of the viewers at most. Stalls are believed, up to
 * FIGURES_STALLS in a report.
 */

#include "base/addr.h"
#include "base/mem.h"
#include "base/tstamp.h"
#include "wire/telemetry.h"

#define FIGURES_KEEP    (90 * SP_S)
#define FIGURES_GAP     (10 * SP_S) /* between reports of a viewer */
#define FIGURES_REPORTS 4096        /* of one channel */
#define FIGURES_ALL     65536       /* of all */
#define FIGURES_NET     8
#define FIGURES_STALLS  30
#define FIGURES_IDLE    (600 * SP_S) /* a silent channel is forgotten */

struct figures;

/* What is known of the channel. */
struct figures_chan {
	const uint8_t *info_hash; /* LINK_INFOHASH_LEN */
	uint32_t rate_kbps;       /* of its largest track; 0: not known */
	uint32_t viewers;         /* by announces */
};

/* Zeros where nothing was told. Ratios are in 1/1,000,000. */
struct figures_told {
	uint32_t viewers;     /* by announces, or reports if they are more */
	uint32_t reports;     /* of the last FIGURES_KEEP */
	uint32_t offload_ppm; /* from peers, of all bytes */
	/* times that the stream left the origin for them; 0: no rate */
	uint64_t copies_ppm;
	uint32_t lag_ms[3]; /* p50, p90, p99 */
	bool has_lag;
	uint32_t startup_ms; /* median of who began lately; 0: nobody */
	uint64_t up_kbps;    /* sent to peers, all viewers */
	uint64_t stalls;     /* so far; while the channel is remembered */
	uint64_t stalled_ms; /* likewise */
};

/* At most |max_channels|. SP_ERR_ARG, SP_ERR_NOMEM. */
int figures_new(struct figures **out, const struct sp_mem *mem,
    uint32_t max_channels, uint64_t seed);
void figures_free(struct figures *f); /* NULL is fine */

/*
 * A report from |from|, whose viewer is known to be there. SP_ERR_STALE: it
 * told less than FIGURES_GAP ago. SP_ERR_DENIED: its network has told enough.
 * SP_ERR_FULL: so have all; SP_ERR_NOMEM.
 */
int figures_take(struct figures *f, const struct figures_chan *ch,
    const struct telemetry *t, const struct sp_addr *from, sp_time now);
void figures_get(const struct figures *f, const struct figures_chan *ch,
    struct figures_told *out, sp_time now);

/* Forgets; it does not matter when exactly it is called. */
void figures_tick(struct figures *f, sp_time now);
uint64_t figures_len(const struct figures *f); /* reports kept */
bool figures_are_sound(const struct figures *f);

#endif
