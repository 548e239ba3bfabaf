#include "wire/m3u8_in.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The RFC has no lower case and no underscore here; private names do. */
static bool
is_name(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool
m3u8_span_is(struct m3u8_span a, const char *s)
{
	size_t len = strlen(s);

	return a.len == len && memcmp(a.p, s, len) == 0;
}

bool
m3u8_span_eq(struct m3u8_span a, struct m3u8_span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool
m3u8_line_is(struct m3u8_span line, const char *tag)
{
	size_t len = strlen(tag);

	return line.len > len && line.p[0] == '#' &&
	       memcmp(line.p + 1, tag, len) == 0 &&
	       (line.len == len + 1 || line.p[len + 1] == ':');
}

struct m3u8_span
m3u8_value(struct m3u8_span line)
{
	struct m3u8_span v = line;
	const char *colon;

	if (line.len == 0 || line.p[0] != '#')
		return line;
	colon = memchr(line.p, ':', line.len);
	v.p = colon != NULL ? colon + 1 : line.p + line.len;
	v.len = line.len - (size_t)(v.p - line.p);
	return v;
}

/* One attribute. */
struct item {
	struct m3u8_span name, value; /* without quotes */
	struct m3u8_span whole;
	bool quoted;
};

/* Offset of the value's end; SIZE_MAX when it is malformed. */
static size_t
item_value(struct m3u8_span list, size_t i, struct item *a)
{
	const char *end;

	a->quoted = i < list.len && list.p[i] == '"';
	if (a->quoted) {
		i++;
		end = memchr(list.p + i, '"', list.len - i);
		if (end == NULL)
			return SIZE_MAX;
		a->value.p = list.p + i;
		a->value.len = (size_t)(end - a->value.p);
		return i + a->value.len + 1;
	}
	a->value.p = list.p + i;
	for (; i < list.len && list.p[i] != ','; i++)
		if (list.p[i] == '"')
			return SIZE_MAX;
	a->value.len = (size_t)(list.p + i - a->value.p);
	while (a->value.len > 0 && is_blank(a->value.p[a->value.len - 1]))
		a->value.len--;
	return i;
}

/* 1: *a is the attribute at offset *it, which moves on; 0; SP_ERR_SYNTAX. */
static int
item_next(struct m3u8_span list, size_t *it, struct item *a)
{
	size_t i = *it;

	while (i < list.len && is_blank(list.p[i]))
		i++;
	if (i >= list.len)
		return 0;
	a->name.p = list.p + i;
	while (i < list.len && is_name(list.p[i]))
		i++;
	a->name.len = (size_t)(list.p + i - a->name.p);
	if (a->name.len == 0 || i == list.len || list.p[i] != '=')
		return SP_ERR_SYNTAX;
	i = item_value(list, i + 1, a);
	if (i == SIZE_MAX)
		return SP_ERR_SYNTAX;
	a->whole.p = a->name.p;
	a->whole.len = (size_t)(list.p + i - a->name.p);
	while (i < list.len && is_blank(list.p[i]))
		i++;
	if (i < list.len && list.p[i] != ',')
		return SP_ERR_SYNTAX;
	*it = i < list.len ? i + 1 : i;
	return 1;
}

int
m3u8_check_attrs(struct m3u8_in *in, struct m3u8_span attrs)
{
	struct item a;
	size_t it = 0;
	int rv;

	while ((rv = item_next(attrs, &it, &a)) == 1)
		;
	return rv < 0 ? m3u8_fail(in, rv, "malformed attribute list") : 0;
}

bool
m3u8_attr(struct m3u8_span list, const char *name, struct m3u8_span *out,
    bool *quoted)
{
	struct m3u8_span v = m3u8_value(list);
	struct item a;
	size_t it = 0;

	while (item_next(v, &it, &a) == 1) {
		if (!m3u8_span_is(a.name, name))
			continue;
		*out = a.value;
		if (quoted != NULL)
			*quoted = a.quoted;
		return true;
	}
	return false;
}

static bool
attr_can_write(const char *value, size_t len, bool quote)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)value[i];

		if (c < 0x20 || c == 0x7f || c == '"')
			return false;
		if (!quote && (c == ',' || c == ' '))
			return false;
	}
	return true;
}

static void
attr_put(struct sp_buf *b, const char *name, const char *value, size_t len,
    bool quote)
{
	buf_put_str(b, name);
	buf_put_str(b, quote ? "=\"" : "=");
	buf_put(b, value, len);
	if (quote)
		buf_put_u8(b, '"');
}

int
m3u8_attr_set(struct sp_buf *b, struct m3u8_span src, const char *name,
    const char *value, size_t value_len, bool quote)
{
	struct m3u8_span v = m3u8_value(src);
	bool is_tag = src.len > 0 && src.p[0] == '#';
	bool there = value == NULL;
	struct item a;
	const char *sep = "";
	size_t it;
	int rv;

	for (it = 0; (rv = item_next(v, &it, &a)) == 1;)
		;
	if (rv < 0)
		return rv;
	if (value != NULL && !attr_can_write(value, value_len, quote))
		return SP_ERR_ARG;
	buf_put(b, src.p, src.len - v.len);
	if (is_tag && memchr(src.p, ':', src.len) == NULL)
		buf_put_u8(b, ':');
	for (it = 0; item_next(v, &it, &a) == 1;) {
		bool match = m3u8_span_is(a.name, name);

		if (match && there)
			continue;
		buf_put_str(b, sep);
		sep = ",";
		if (match)
			attr_put(b, name, value, value_len, quote);
		else
			buf_put(b, a.whole.p, a.whole.len);
		there = there || match;
	}
	if (!there) {
		buf_put_str(b, sep);
		attr_put(b, name, value, value_len, quote);
	}
	return b->err;
}
