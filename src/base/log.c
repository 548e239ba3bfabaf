#include "base/log.h"

struct out {
	char *p;
	size_t len, size; /* one of |size| is kept for the NUL */
};

static void
put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->p[o->len++] = c;
}

static void
put_str(struct out *o, const char *s)
{
	if (s == NULL)
		s = "(null)";
	while (*s != '\0')
		put(o, *s++);
}

static void
put_uint(struct out *o, uint64_t v, unsigned base)
{
	static const char digit[] = "0123456789abcdef";
	char tmp[20];
	size_t n = 0;

	do {
		tmp[n++] = digit[v % base];
		v /= base;
	} while (v > 0);
	while (n > 0)
		put(o, tmp[--n]);
}

static void
put_int(struct out *o, int64_t v)
{
	if (v < 0)
		put(o, '-');
	put_uint(o, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10);
}

static void
put_byte(struct out *o, uint8_t b)
{
	static const char digit[] = "0123456789abcdef";

	put(o, digit[b >> 4]);
	put(o, digit[b & 15]);
}

static void
put_hex(struct out *o, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len && o->len + 1 < o->size; i++)
		put_byte(o, p[i]);
}

/* The backslash is escaped too, or "\x41" could be forged. */
static void
put_quoted(struct out *o, const char *p, size_t len)
{
	for (size_t i = 0; i < len && o->len + 1 < o->size; i++) {
		if (p[i] >= ' ' && p[i] < 0x7f && p[i] != '\\') {
			put(o, p[i]);
			continue;
		}
		put(o, '\\');
		put(o, 'x');
		put_byte(o, (uint8_t)p[i]);
	}
}

static bool
put_long(struct out *o, char c, va_list *ap)
{
	if (c == 'd')
		put_int(o, va_arg(*ap, long long));
	else if (c == 'u')
		put_uint(o, va_arg(*ap, unsigned long long), 10);
	else if (c == 'x')
		put_uint(o, va_arg(*ap, unsigned long long), 16);
	else
		return false;
	return true;
}

static bool
put_bytes(struct out *o, char c, va_list *ap)
{
	const void *p = va_arg(*ap, const void *);
	size_t len = va_arg(*ap, size_t);

	if (c == 'p')
		put_hex(o, p, len);
	else
		put_quoted(o, p, len);
	return true;
}

/* Handles the directive at *f (past the '%'); false when unknown. */
static bool
directive(struct out *o, const char **f, va_list *ap)
{
	const char *s = *f;

	if (strncmp(s, "ll", 2) == 0 && s[2] != '\0') {
		*f += 3;
		return put_long(o, s[2], ap);
	}
	if (strncmp(s, "zu", 2) == 0) {
		*f += 2;
		put_uint(o, va_arg(*ap, size_t), 10);
		return true;
	}
	*f += *s != '\0';
	switch (*s) {
	case 's':
		put_str(o, va_arg(*ap, const char *));
		return true;
	case 'd':
		put_int(o, va_arg(*ap, int));
		return true;
	case 'u':
		put_uint(o, va_arg(*ap, unsigned), 10);
		return true;
	case 'x':
		put_uint(o, va_arg(*ap, unsigned), 16);
		return true;
	case 'p':
	case 'q':
		return put_bytes(o, *s, ap);
	case '%':
		put(o, '%');
		return true;
	default:
		return false;
	}
}

static size_t
format(char *out, size_t size, const char *fmt, va_list ap)
{
	struct out o = { out, 0, size };
	va_list args;

	if (size == 0)
		return 0;
	va_copy(args, ap);
	while (*fmt != '\0') {
		if (*fmt != '%') {
			put(&o, *fmt++);
			continue;
		}
		fmt++;
		/* What follows an unknown one cannot be fetched any more. */
		if (!directive(&o, &fmt, &args)) {
			put_str(&o, "%?");
			break;
		}
	}
	va_end(args);
	out[o.len] = '\0';
	return o.len;
}

size_t
log_format(char *out, size_t size, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	n = format(out, size, fmt, ap);
	va_end(ap);
	return n;
}

void
log_msg(const struct sp_log *log, enum log_level level, const char *fmt, ...)
{
	char text[LOG_LINE_MAX];
	va_list ap;

	if (log == NULL || log->line == NULL || level > log->level)
		return;
	va_start(ap, fmt);
	format(text, sizeof(text), fmt, ap);
	va_end(ap);
	log->line(log->ctx, level, text);
}
