#include "wire/m3u8_in.h"

#define US_PER_S 1000000U

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int
m3u8_get_u64(struct m3u8_span s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;
	size_t i;

	if (s.len == 0)
		return SP_ERR_SYNTAX;
	for (i = 0; i < s.len; i++)
		if (!is_digit(s.p[i]))
			return SP_ERR_SYNTAX;
	for (i = 0; i < s.len; i++) {
		uint64_t d = (uint64_t)(s.p[i] - '0');

		if (d > max || v > (max - d) / 10)
			return SP_ERR_RANGE;
		v = v * 10 + d;
	}
	*out = v;
	return 0;
}

int
m3u8_get_duration(struct m3u8_span s, uint64_t *us)
{
	struct m3u8_span whole = s;
	uint64_t seconds, frac = 0, unit = US_PER_S;
	size_t i;
	int rv;

	for (whole.len = 0; whole.len < s.len; whole.len++)
		if (s.p[whole.len] == '.')
			break;
	rv = m3u8_get_u64(whole, UINT32_MAX, &seconds);
	if (rv < 0)
		return rv;
	/* "5." has been seen in the wild and means 5. */
	for (i = whole.len + 1; i < s.len; i++) {
		if (!is_digit(s.p[i]))
			return SP_ERR_SYNTAX;
		if (unit > 1) {
			unit /= 10;
			frac += (uint64_t)(s.p[i] - '0') * unit;
		} else if (unit == 1) {
			frac += s.p[i] >= '5';
			unit = 0;
		}
	}
	*us = seconds * US_PER_S + frac;
	return 0;
}

int
m3u8_get_range(struct m3u8_span s, uint64_t *length, uint64_t *offset,
    bool *has_offset)
{
	const char *at = memchr(s.p, '@', s.len);
	struct m3u8_span n = s, o = { NULL, 0 };
	int rv;

	*has_offset = at != NULL;
	*offset = 0;
	if (at != NULL) {
		n.len = (size_t)(at - s.p);
		o.p = at + 1;
		o.len = s.len - n.len - 1;
		rv = m3u8_get_u64(o, INT64_MAX, offset);
		if (rv < 0)
			return rv;
	}
	rv = m3u8_get_u64(n, INT64_MAX, length);
	if (rv < 0)
		return rv;
	if (*length == 0 || *length > INT64_MAX - *offset)
		return SP_ERR_RANGE;
	return 0;
}

/* A reader of fixed-width numbers that remembers failure. */
struct date_in {
	struct m3u8_span s;
	bool bad;
};

static int
date_number(struct date_in *d, size_t width, int min, int max)
{
	int v = 0;
	size_t i;

	for (i = 0; i < width; i++) {
		if (i >= d->s.len || !is_digit(d->s.p[i])) {
			d->bad = true;
			return min;
		}
		v = v * 10 + (d->s.p[i] - '0');
	}
	d->s.p += width;
	d->s.len -= width;
	if (v < min || v > max)
		d->bad = true;
	return v;
}

static bool
date_take(struct date_in *d, const char *any)
{
	if (d->s.len == 0 || d->s.p[0] == '\0' ||
	    strchr(any, d->s.p[0]) == NULL)
		return false;
	d->s.p++;
	d->s.len--;
	return true;
}

static void
date_need(struct date_in *d, const char *any)
{
	if (!date_take(d, any))
		d->bad = true;
}

/* Days from 1970-01-01; the proleptic Gregorian calendar in 400-year eras. */
static int64_t
date_days(int year, int month, int day)
{
	static const int before[] = { 306, 337, 0, 31, 61, 92, 122, 153, 184,
		214, 245, 275 }; /* days from 1 March */
	int y = month <= 2 ? year - 1 : year;
	int era = (y >= 0 ? y : y - 399) / 400;
	int in_era = y - era * 400;

	return (int64_t)era * 146097 + in_era * 365 + in_era / 4 -
	       in_era / 100 + before[month - 1] + day - 1 - 719468;
}

static int
date_month_len(int year, int month)
{
	static const int len[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && leap ? 29 : len[month - 1];
}

/* Digits after the point, as milliseconds; what is finer is cut. */
static int
date_fraction(struct date_in *d)
{
	int ms = 0, unit = 100;

	if (!date_take(d, ".,"))
		return 0;
	if (d->s.len == 0 || !is_digit(d->s.p[0]))
		d->bad = true;
	while (d->s.len > 0 && is_digit(d->s.p[0])) {
		ms += (d->s.p[0] - '0') * unit;
		unit /= 10;
		d->s.p++;
		d->s.len--;
	}
	return ms;
}

/* Minutes east of UTC of "", "Z", "+hh", "+hhmm", "+hh:mm". */
static int
date_zone(struct date_in *d)
{
	bool west;
	int h, m = 0;

	if (d->s.len == 0 || date_take(d, "Zz"))
		return 0;
	west = d->s.p[0] == '-';
	date_need(d, "+-");
	h = date_number(d, 2, 0, 23);
	if (d->s.len > 0) {
		date_take(d, ":");
		m = date_number(d, 2, 0, 59);
	}
	return west ? -(h * 60 + m) : h * 60 + m;
}

int
m3u8_get_date(struct m3u8_span s, int64_t *ms)
{
	struct date_in d = { s, false };
	int year, month, day, hour, minute, second, milli, zone;

	year = date_number(&d, 4, 0, 9999);
	date_need(&d, "-");
	month = date_number(&d, 2, 1, 12);
	date_need(&d, "-");
	day = date_number(&d, 2, 1, 31);
	date_need(&d, "Tt");
	hour = date_number(&d, 2, 0, 23);
	date_need(&d, ":");
	minute = date_number(&d, 2, 0, 59);
	date_need(&d, ":");
	second = date_number(&d, 2, 0, 60); /* leap second */
	milli = date_fraction(&d);
	zone = date_zone(&d);
	if (d.bad || d.s.len > 0 || day > date_month_len(year, month))
		return SP_ERR_SYNTAX;
	*ms = date_days(year, month, day) * 86400000 +
	      (int64_t)(hour * 60 + minute - zone) * 60000 +
	      (int64_t)second * 1000 + milli;
	return 0;
}

void
m3u8_put_duration(struct sp_buf *b, uint64_t us)
{
	char frac[6];
	uint64_t v = us % US_PER_S;
	size_t i, n = sizeof(frac);

	for (i = sizeof(frac); i > 0; i--, v /= 10)
		frac[i - 1] = (char)('0' + v % 10);
	while (n > 3 && frac[n - 1] == '0')
		n--;
	buf_put_dec(b, (int64_t)(us / US_PER_S));
	buf_put_u8(b, '.');
	buf_put(b, frac, n);
}
