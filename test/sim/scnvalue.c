#include "test/sim/scenario.h"

struct unit {
	const char *name;
	int64_t num, den; /* of the unit that is kept */
};

static const struct unit times[] = { { "ns", 1, 1 }, { "us", 1000, 1 },
	{ "ms", SP_MS, 1 }, { "s", SP_S, 1 }, { "min", 60 * SP_S, 1 } };
static const struct unit rates[] = { { "bit/s", 1, 8 }, { "kbit/s", 125, 1 },
	{ "Mbit/s", 125000, 1 }, { "Gbit/s", 125000000, 1 }, { "B/s", 1, 1 },
	{ "kB/s", 1000, 1 }, { "MB/s", 1000000, 1 }, { "B", 1, 1 },
	{ "kB", 1000, 1 }, { "MB", 1000000, 1 }, { "KiB", 1024, 1 },
	{ "MiB", 1048576, 1 } };
static const struct unit ratios[] = { { "", 1000000, 1 }, { "%", 10000, 1 } };
static const struct unit counts[] = { { "", 1, 1 } };

/* Digits with at most 9 after the point: *num / *den; length used, 0: none. */
static size_t
decimal(const char *s, size_t len, int64_t *num, int64_t *den)
{
	bool point = false;
	size_t i;

	*num = 0;
	*den = 1;
	for (i = 0; i < len; i++) {
		if (s[i] == '.' && !point && i > 0 && i + 1 < len &&
		    s[i + 1] >= '0' && s[i + 1] <= '9') {
			point = true;
			continue;
		}
		if (s[i] < '0' || s[i] > '9')
			break;
		if (*num > INT64_MAX / 1000 || *den >= 1000000000)
			return 0;
		*num = *num * 10 + (s[i] - '0');
		if (point)
			*den *= 10;
	}
	return i;
}

static int
with_unit(int64_t *out, const struct unit *u, size_t n, const char *s,
    size_t len)
{
	int64_t num, den, whole, part;
	size_t used = decimal(s, len, &num, &den), i;

	if (used == 0)
		return SP_ERR_SYNTAX;
	if (num == 0 && used == len) {
		*out = 0;
		return 0;
	}
	for (i = 0; i < n; i++)
		if (strlen(u[i].name) == len - used &&
		    memcmp(u[i].name, s + used, len - used) == 0)
			break;
	if (i == n)
		return SP_ERR_SYNTAX;
	whole = num / den;
	part = num % den;
	if (whole > INT64_MAX / 2 / u[i].num || part > INT64_MAX / u[i].num)
		return SP_ERR_SYNTAX;
	*out = (whole * u[i].num + part * u[i].num / den) / u[i].den;
	return 0;
}

int
scn_value(int64_t *out, enum metric_unit unit, const char *s, size_t len)
{
	switch (unit) {
	case METRIC_TIME:
		return with_unit(out, times, SP_LEN(times), s, len);
	case METRIC_RATE:
		return with_unit(out, rates, SP_LEN(rates), s, len);
	case METRIC_RATIO:
		return with_unit(out, ratios, SP_LEN(ratios), s, len);
	case METRIC_COUNT:
	default:
		return with_unit(out, counts, SP_LEN(counts), s, len);
	}
}

const char *
scn_unit_name(enum metric_unit unit)
{
	static const char *const names[] = { [METRIC_COUNT] = "a number",
		[METRIC_RATIO] = "a share",
		[METRIC_TIME] = "a time",
		[METRIC_RATE] = "a rate or size" };

	return names[unit];
}
