#include "swarm/delay.h"

#define FORGET 2000 /* samples */
#define AGAIN  SP_S /* it has grown by: worth another word */

void
delay_init(struct delay *d)
{
	quantile_init(&d->lag_us, FORGET);
	d->told = 0;
}

void
delay_sample(struct delay *d, sp_time lag, bool late, sp_time delay,
    sp_time ttfb)
{
	sp_time most = late ? delay + DELAY_LATE : delay - ttfb - DELAY_MARGIN;

	quantile_add(&d->lag_us,
	    (uint64_t)SP_MAX(SP_MIN(lag, most), 0) / SP_US);
}

sp_time
delay_needed(const struct delay *d, sp_time ttfb)
{
	if (d->lag_us.total < DELAY_KNOWN)
		return 0;
	return (sp_time)quantile_get(&d->lag_us, 999000, 0) * SP_US + ttfb +
	       DELAY_MARGIN;
}

bool
delay_warns(struct delay *d, sp_time needed, sp_time fixed)
{
	if (needed <= fixed || (d->told != 0 && needed < d->told + AGAIN))
		return false;
	d->told = needed;
	return true;
}
