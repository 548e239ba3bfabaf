#include "io/conf_int.h"

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit sizes[] = {
	{ "", 1 },
	{ "B", 1 },
	{ "kB", 1000 },
	{ "MB", 1000000 },
	{ "GB", 1000000000 },
	{ "TB", 1000000000000 },
	{ "KiB", INT64_C(1) << 10 },
	{ "MiB", INT64_C(1) << 20 },
	{ "GiB", INT64_C(1) << 30 },
	{ "TiB", INT64_C(1) << 40 },
};

static const struct unit times[] = {
	{ "", SP_S },
	{ "ns", 1 },
	{ "us", SP_US },
	{ "ms", SP_MS },
	{ "s", SP_S },
	{ "m", 60 * SP_S },
	{ "min", 60 * SP_S },
	{ "h", 3600 * SP_S },
	{ "d", 86400 * SP_S },
};

static const struct unit rates[] = {
	{ "", 1 },
	{ "B/s", 1 },
	{ "kB/s", 1000 },
	{ "MB/s", 1000000 },
	{ "GB/s", 1000000000 },
	{ "KiB/s", INT64_C(1) << 10 },
	{ "MiB/s", INT64_C(1) << 20 },
	{ "GiB/s", INT64_C(1) << 30 },
};

/* Bits: the factor is of bits and the sum is divided by 8. */
static const struct unit bits[] = {
	{ "bit/s", 1 },
	{ "kbit/s", 1000 },
	{ "Mbit/s", 1000000 },
	{ "Gbit/s", 1000000000 },
};

static const struct unit ppms[] = {
	{ "", 1000000 },
	{ "%", 10000 },
	{ "ppm", 1 },
};

/*
 * Digits, at most one point, and at most nine digits behind it, as mantissa
 * and power of ten. Returns what follows.
 */
static const char *
decimal(const char *s, int64_t *mant, int64_t *div)
{
	bool any = false, point = false;

	*mant = 0;
	*div = 1;
	for (;; s++) {
		if (*s == '.' && !point && any) {
			point = true;
			continue;
		}
		if (*s < '0' || *s > '9')
			break;
		if (*mant > (INT64_MAX - 9) / 10 || *div >= 1000000000)
			return NULL;
		*mant = *mant * 10 + (*s - '0');
		if (point)
			*div *= 10;
		any = true;
	}
	return any && s[-1] != '.' ? s : NULL;
}

static int
scaled(const char *s, const struct unit *u, size_t n, int64_t *out)
{
	int64_t mant, div;
	const char *end = decimal(s, &mant, &div);
	size_t i;

	if (end == NULL)
		return SP_ERR_SYNTAX;
	end += strspn(end, " ");
	for (i = 0; i < n; i++)
		if (strcmp(end, u[i].name) == 0)
			break;
	if (i == n)
		return SP_ERR_SYNTAX;
	if (mant != 0 && u[i].factor > INT64_MAX / mant) {
		/* 1.5TiB does not fit before the division by ten. */
		if (mant / div > INT64_MAX / u[i].factor - 1)
			return SP_ERR_RANGE;
		*out =
		    mant / div * u[i].factor + mant % div * (u[i].factor / div);
		return 0;
	}
	*out = mant * u[i].factor / div;
	return 0;
}

int
conf_get_size(const char *s, int64_t *out)
{
	return scaled(s, sizes, SP_LEN(sizes), out);
}

int
conf_get_time(const char *s, sp_time *out)
{
	return scaled(s, times, SP_LEN(times), out);
}

int
conf_get_rate(const char *s, int64_t *out)
{
	int rc = scaled(s, bits, SP_LEN(bits), out);

	if (rc == SP_ERR_SYNTAX)
		return scaled(s, rates, SP_LEN(rates), out);
	if (rc == 0)
		*out /= 8;
	return rc;
}

int
conf_get_ppm(const char *s, int64_t *out)
{
	return scaled(s, ppms, SP_LEN(ppms), out);
}

int
conf_get_int(const char *s, int64_t *out)
{
	bool minus = *s == '-';
	int64_t v, div;
	const char *end = decimal(s + minus, &v, &div);

	if (end == NULL || *end != '\0' || div != 1)
		return SP_ERR_SYNTAX;
	*out = minus ? -v : v;
	return 0;
}

/* The largest unit that divides |v|. */
static const char *
put(int64_t v, const struct unit *u, size_t n, const char *zero,
    char out[CONF_NUM_MAX])
{
	size_t i, best = SIZE_MAX;

	for (i = 0; i < n; i++)
		if (v != 0 && v % u[i].factor == 0 && u[i].name[0] != '\0' &&
		    (best == SIZE_MAX || u[i].factor > u[best].factor))
			best = i;
	if (v == 0 || best == SIZE_MAX)
		snprintf(out, CONF_NUM_MAX, "%" PRId64 "%s", v,
		    v == 0 ? zero : "");
	else
		snprintf(out, CONF_NUM_MAX, "%" PRId64 "%s", v / u[best].factor,
		    u[best].name);
	return out;
}

const char *
conf_put_size(int64_t v, char out[CONF_NUM_MAX])
{
	if (v % 1024 == 0)
		return put(v, sizes + 6, SP_LEN(sizes) - 6, "", out);
	return put(v, sizes, 6, "", out);
}

const char *
conf_put_time(sp_time v, char out[CONF_NUM_MAX])
{
	if (v == SP_NEVER) {
		snprintf(out, CONF_NUM_MAX, "never");
		return out;
	}
	return put(v, times, SP_LEN(times), "s", out);
}

const char *
conf_put_rate(int64_t v, char out[CONF_NUM_MAX])
{
	if (v <= INT64_MAX / 8 && v % 125 == 0)
		return put(v * 8, bits, SP_LEN(bits), "", out);
	return put(v, rates, SP_LEN(rates), "", out);
}

int64_t
conf_get_env(const char *name)
{
	const char *text = getenv(name);
	int64_t v;

	return text == NULL || conf_get_int(text, &v) < 0 ? -1 : v;
}
