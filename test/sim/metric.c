#include "test/sim/metric.h"

const struct metric_row metric_table[METRIC_N] = {
#define METRIC_ROW(id, name, unit, quantiles, text) \
	{ name, METRIC_##unit, quantiles, text },
	METRIC_LIST(METRIC_ROW)
#undef METRIC_ROW
};

enum metric
metric_find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < METRIC_N; i++)
		if (strlen(metric_table[i].name) == len &&
		    memcmp(metric_table[i].name, name, len) == 0)
			break;
	return (enum metric)i;
}

void
metric_print(char *out, size_t size, enum metric_unit unit, int64_t v)
{
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	const char *sign = v < 0 ? "-" : "";

	switch (unit) {
	case METRIC_RATIO:
		snprintf(out, size, "%s%" PRIu64 ".%04" PRIu64, sign,
		    u / 1000000, u % 1000000 / 100);
		break;
	case METRIC_TIME:
		snprintf(out, size, "%s%" PRIu64 ".%03" PRIu64 "s", sign,
		    u / 1000000000, u % 1000000000 / 1000000);
		break;
	case METRIC_RATE:
		snprintf(out, size, "%s%" PRIu64 ".%03" PRIu64 "Mbit/s", sign,
		    u / 125000, u % 125000 / 125);
		break;
	case METRIC_COUNT:
	default:
		snprintf(out, size, "%" PRId64, v);
		break;
	}
}
