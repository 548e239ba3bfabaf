#include "io/when.h"

#include <time.h>

#include "io/conf.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

/* |n| digits at *s, which moves on; -1: they are not there. */
static int
digits(const char **s, unsigned n)
{
	int v = 0;

	for (; n > 0; n--, ++*s) {
		if (**s < '0' || **s > '9')
			return -1;
		v = 10 * v + (**s - '0');
	}
	return v;
}

static bool
skip(const char **s, char c)
{
	if (**s != c)
		return false;
	++*s;
	return true;
}

/* HH:MM, seconds and their fraction if they are there. */
static int
parse_clock(const char **s, struct tm *tm, int *ms)
{
	int scale = 100;

	tm->tm_hour = digits(s, 2);
	if (tm->tm_hour < 0 || !skip(s, ':') || (tm->tm_min = digits(s, 2)) < 0)
		return SP_ERR_SYNTAX;
	tm->tm_sec = *ms = 0;
	if (skip(s, ':') && (tm->tm_sec = digits(s, 2)) < 0)
		return SP_ERR_SYNTAX;
	if (skip(s, '.')) {
		if (**s < '0' || **s > '9')
			return SP_ERR_SYNTAX;
		for (; **s >= '0' && **s <= '9'; ++*s, scale /= 10)
			*ms += scale * (**s - '0');
	}
	return tm->tm_hour > 23 || tm->tm_min > 59 || tm->tm_sec > 60
		   ? SP_ERR_RANGE
		   : 0;
}

/* Z or +HH:MM; *local when there is neither. */
static int
parse_zone(const char **s, bool *local, int *offset_s)
{
	int sign = **s == '-' ? -1 : 1, h, m;

	*offset_s = 0;
	*local = **s == '\0';
	if (*local || skip(s, 'Z') || skip(s, 'z'))
		return 0;
	if (!skip(s, '+') && !skip(s, '-'))
		return SP_ERR_SYNTAX;
	h = digits(s, 2);
	if (h < 0 || !skip(s, ':') || (m = digits(s, 2)) < 0)
		return SP_ERR_SYNTAX;
	*offset_s = sign * (3600 * h + 60 * m);
	return h > 23 || m > 59 ? SP_ERR_RANGE : 0;
}

static int
parse_date(struct when *out, const char *s)
{
	struct tm tm = { .tm_isdst = -1 };
	int ms, offset, day, month, rv;
	bool local;
	time_t t;

	tm.tm_year = digits(&s, 4) - 1900;
	if (!skip(&s, '-') || (month = digits(&s, 2)) < 0 || !skip(&s, '-') ||
	    (day = digits(&s, 2)) < 0 ||
	    (!skip(&s, 'T') && !skip(&s, 't') && !skip(&s, ' ')))
		return SP_ERR_SYNTAX;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	if ((rv = parse_clock(&s, &tm, &ms)) < 0 ||
	    (rv = parse_zone(&s, &local, &offset)) < 0)
		return rv;
	if (*s != '\0')
		return SP_ERR_SYNTAX;
	t = local ? mktime(&tm) : timegm(&tm);
	/* The 30th of February became another day. */
	if (tm.tm_mday != day || tm.tm_mon != month - 1)
		return SP_ERR_RANGE;
	out->kind = WHEN_AT;
	out->ms = ((int64_t)t - offset) * 1000 + ms;
	return 0;
}

static int
parse_today(struct when *out, const char *s, int64_t now_ms)
{
	time_t now = (time_t)(now_ms / 1000);
	struct tm tm;
	int ms, rv;

	localtime_r(&now, &tm);
	if ((rv = parse_clock(&s, &tm, &ms)) < 0)
		return rv;
	if (*s != '\0')
		return SP_ERR_SYNTAX;
	tm.tm_isdst = -1;
	out->kind = WHEN_AT;
	out->ms = (int64_t)mktime(&tm) * 1000 + ms;
	return 0;
}

int
when_parse(struct when *out, const char *s, int64_t now_ms)
{
	size_t n = strspn(s, "0123456789");
	sp_time t;
	int rv;

	if (n == 4 && s[n] == '-')
		return parse_date(out, s);
	if (n == 2 && s[n] == ':')
		return parse_today(out, s, now_ms);
	out->kind = *s == '-' ? WHEN_END : WHEN_START;
	rv = conf_get_time(s + (*s == '-'), &t);
	out->ms = t / SP_MS;
	return rv;
}

int
when_parse_past(struct when *out, const char *s, int64_t now_ms)
{
	int rv = when_parse(out, s, now_ms);

	if (rv == 0 && strspn(s, "0123456789") == 2 && s[2] == ':' &&
	    out->ms > now_ms)
		rv = when_parse(out, s, now_ms - DAY_MS);
	return rv;
}

const char *
when_text(char out[WHEN_MAX], int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;
	size_t n;

	gmtime_r(&t, &tm);
	n = strftime(out, WHEN_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, WHEN_MAX - n, ".%03dZ", (int)(ms % 1000));
	return out;
}
