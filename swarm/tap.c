#include "swarm/tap.h"

#define REST_MIN   (250 * SP_MS)
#define REST_MAX   (4 * SP_S)
#define RETRY_MAX  (30 * SP_S)
#define FORGET     200 /* samples that the quantiles remember */
#define USUAL      8   /* one sample's share in what is usual */
#define GRAIN_KEPT (20 * SP_S)
#define HANGS      8  /* in a row: twice the patience */
#define HANGS_MAX  32 /* and five times it, at most */
#define SLOW_TIMES 3  /* the median, and the window is halved */
#define SLOW_MIN   (100 * SP_MS)
#define SLOW_KNOWN 16           /* samples, before the median is one */
#define SHORT_READ (20 * SP_MS) /* bytes of a short one may have waited */

void
tap_init(struct tap *t, uint32_t window_max)
{
	memset(t, 0, sizeof(*t));
	quantile_init(&t->ttfb_us, FORGET);
	quantile_init(&t->rate, FORGET);
	t->ttfb_worst = TAP_TTFB;
	t->rate_worst = TAP_RATE;
	t->ttfb_usual = TAP_TTFB;
	t->rate_usual = TAP_RATE;
	t->window = t->window_max = window_max;
	t->cut_at = SP_NEVER;
}

bool
tap_may(const struct tap *t, sp_time now)
{
	return t->down_until <= now &&
	       t->out < (t->hangs > 1 ? SP_MIN(t->window, 1) : t->window);
}

void
tap_begin(struct tap *t)
{
	t->out++;
}

void
tap_end(struct tap *t)
{
	assert(t->out > 0 && "each transfer ends once");
	t->out--;
}

static void
halve(struct tap *t, sp_time began, sp_time now)
{
	if (t->cut_at != SP_NEVER && began < t->cut_at)
		return;
	t->cut_at = now;
	t->good = 0;
	t->window = SP_MAX(t->window / 2, SP_MIN(t->window_max, 1));
}

sp_time
tap_patience(const struct tap *t)
{
	sp_time usual = TAP_MARGIN + SP_MAX(t->ttfb_worst, TAP_TTFB);

	return usual + usual * SP_MIN(t->hangs, HANGS_MAX) / HANGS;
}

void
tap_hangs(struct tap *t, sp_time began, sp_time now)
{
	tap_end(t);
	t->hangs++;
	/* the first connections take longer */
	if (t->ttfb_us.total >= SLOW_KNOWN)
		halve(t, began, now);
}

void
tap_back(struct tap *t)
{
	t->out++;
}

void
tap_answers(struct tap *t)
{
	t->hangs = 0;
}

static void
learn(struct tap *t)
{
	t->ttfb_worst = (sp_time)quantile_get(&t->ttfb_us, 999000,
			    (uint64_t)SP_MAX(t->ttfb_usual, TAP_TTFB) / 1000) *
			SP_US;
	t->rate_worst = SP_MAX(quantile_get(&t->rate, 50000, t->rate_usual), 1);
}

void
tap_age(struct tap *t, sp_time now)
{
	if (now < t->fade_at)
		return;
	t->fade_at = now + TAP_FADE;
	quantile_fade(&t->ttfb_us);
	quantile_fade(&t->rate);
	learn(t);
}

/*
 * TCP begins slowly, so the line is no slower than a short transfer. But what
 * lay in a buffer was not that fast, nor need more of it go on like that.
 */
static uint64_t
short_rate(uint64_t bytes, sp_time took)
{
	uint64_t ms = (uint64_t)(SP_MAX(took, 0) + SHORT_READ) / SP_MS;

	return SP_CLAMP(bytes / ms, TAP_RATE, TAP_RATE_SHORT);
}

void
tap_flow(struct tap *t, uint64_t bytes, sp_time took, sp_time now)
{
	uint64_t rate;

	if (bytes < TAP_TINY || (bytes < TAP_SHORT && t->long_seen))
		return;
	tap_age(t, now);
	/* nothing that is to be taken back */
	if (bytes < TAP_SHORT && t->rate.total == 0 &&
	    short_rate(bytes, took) == TAP_RATE)
		return;
	if (bytes >= TAP_SHORT && !t->long_seen) {
		t->long_seen = true;
		t->rate_usual = TAP_RATE;
		quantile_init(&t->rate, FORGET);
	}
	rate = t->long_seen
		   ? SP_MAX(bytes / (uint64_t)SP_MAX(took / SP_MS, 1), 1)
		   : short_rate(bytes, took);
	t->rate_usual = (t->rate_usual * (USUAL - 1) + rate) / USUAL;
	quantile_add(&t->rate, rate);
	learn(t);
}

static void
answered(struct tap *t, sp_time began, sp_time first, sp_time now)
{
	sp_time ttfb = SP_MAX(first - began, 0), median;

	median = (sp_time)quantile_get(&t->ttfb_us, 500000, TAP_TTFB / SP_US) *
		 SP_US;
	if (t->ttfb_us.total >= SLOW_KNOWN &&
	    ttfb > SLOW_TIMES * SP_MAX(median, SLOW_MIN))
		halve(t, began, now);
	else
		t->good++;
	t->ttfb_usual = (t->ttfb_usual * (USUAL - 1) + ttfb) / USUAL;
	quantile_add(&t->ttfb_us, (uint64_t)ttfb / 1000);
	learn(t);
}

void
tap_ok(struct tap *t, sp_time began, sp_time first, sp_time now)
{
	tap_age(t, now);
	t->fails = 0;
	if (!t->told)
		t->down_until = 0;
	answered(t, began, first, now);
	if (t->good < t->window || t->window >= t->window_max)
		return;
	t->window++;
	t->good = 0;
}

void
tap_failed(struct tap *t, bool refused, sp_time retry_after, sp_time began,
    sp_time now)
{
	sp_time rest = SP_MIN(retry_after, RETRY_MAX);

	if (refused)
		halve(t, began, now);
	if (refused && (t->grain == 0 || began >= t->grain_at)) {
		t->grain = SP_MIN(t->grain + 1, TAP_GRAIN_MAX);
		t->grain_at = now;
	}
	/* what was out at the same time tells nothing more */
	if (t->fails == 0 || began >= t->failed_at) {
		rest = SP_MAX(rest,
		    SP_MIN(REST_MIN << SP_MIN(t->fails, 8), REST_MAX));
		t->failed_at = now;
		t->fails++;
	}
	if (now + rest <= t->down_until)
		return;
	t->down_until = now + rest;
	t->told = rest == SP_MIN(retry_after, RETRY_MAX);
}

unsigned
tap_grain(struct tap *t, sp_time now)
{
	while (t->grain > 0 && now - t->grain_at >= GRAIN_KEPT) {
		t->grain--;
		t->grain_at += GRAIN_KEPT;
	}
	return t->grain;
}

sp_time
tap_guard(const struct tap *t, uint64_t bytes)
{
	return t->ttfb_worst + (sp_time)(bytes / t->rate_worst) * SP_MS +
	       TAP_MARGIN;
}

static uint64_t
median_ttfb_us(const struct tap *t)
{
	return quantile_get(&t->ttfb_us, 500000,
	    (uint64_t)t->ttfb_usual / 1000);
}

uint64_t
tap_within(const struct tap *t, sp_time left)
{
	left -= (sp_time)median_ttfb_us(t) * SP_US;
	left = SP_MAX(left, t->ttfb_worst);
	/* of few samples the worst is no bad one */
	return (uint64_t)(left / SP_MS) * SP_MIN(t->rate_worst, t->rate_usual);
}

sp_time
tap_eta(const struct tap *t, uint64_t bytes)
{
	uint64_t us = median_ttfb_us(t), rate;

	rate = SP_MAX(quantile_get(&t->rate, 500000, t->rate_usual), 1);
	return (sp_time)us * SP_US + (sp_time)(bytes / rate) * SP_MS;
}
