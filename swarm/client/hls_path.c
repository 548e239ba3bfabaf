#include "swarm/client/hls_path.h"

#include "wire/uri.h"

/* What follows |prefix|, NULL if it is not there. */
static const char *
after(const char *s, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(s, prefix, len) == 0 ? s + len : NULL;
}

/* Digits up to |end|; canonical, so that a thing has one path. */
static bool
get_number(const char *s, const char *end, uint64_t max, uint64_t *out)
{
	size_t len = (size_t)(end - s);

	if (len > 1 && s[0] == '0')
		return false;
	return uri_get_u64(out, s, len, max) == 0;
}

static bool
is_ext(const char *s, size_t len)
{
	size_t i;

	if (len == 0 || len >= HLS_EXT_MAX)
		return false;
	for (i = 0; i < len; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') ||
			(s[i] >= '0' && s[i] <= '9')))
			return false;
	return true;
}

static enum hls_path_kind
parse_file(const char *s, uint64_t *number)
{
	enum hls_path_kind kind = HLS_PATH_SEGMENT;
	const char *p, *dot;

	if (strcmp(s, "index.m3u8") == 0)
		return HLS_PATH_MEDIA;
	if ((p = after(s, "init-")) != NULL) {
		kind = HLS_PATH_INIT;
		s = p;
	}
	dot = strchr(s, '.');
	if (dot == NULL || !is_ext(dot + 1, strlen(dot + 1)) ||
	    !get_number(s, dot, LIM_NUMBER - 1, number))
		return HLS_PATH_NONE;
	return kind;
}

struct hls_path
hls_path_parse(const char *path)
{
	struct hls_path out = { .kind = HLS_PATH_NONE };
	const char *s, *slash;
	uint64_t track;

	if (strcmp(path, "/master.m3u8") == 0 ||
	    strcmp(path, "/index.m3u8") == 0) {
		out.kind = HLS_PATH_MASTER;
		return out;
	}
	if ((s = after(path, "/t/")) == NULL ||
	    (slash = strchr(s, '/')) == NULL ||
	    !get_number(s, slash, LIM_TRACKS - 1, &track))
		return out;
	out.track = (uint8_t)track;
	out.kind = parse_file(slash + 1, &out.number);
	return out;
}

/* Extension of the path of the source's URI. */
static bool
ext_of_uri(const struct record *rec, char out[HLS_EXT_MAX])
{
	const char *q, *s = rec->uri;
	size_t i, len = rec->uri_len;

	if (len == 0)
		return false;
	if ((q = memchr(s, '?', len)) != NULL)
		len = (size_t)(q - s);
	for (i = len; i > 0 && s[i - 1] != '.' && s[i - 1] != '/'; i--)
		;
	if (i == 0 || s[i - 1] != '.' || !is_ext(s + i, len - i))
		return false;
	memcpy(out, s + i, len - i);
	out[len - i] = '\0';
	return true;
}

const char *
hls_ext(const struct manifest_track *t, const struct record *rec,
    char out[HLS_EXT_MAX])
{
	switch (t->container) {
	case MANIFEST_TS:
		return "ts";
	case MANIFEST_FMP4:
		return "m4s";
	case MANIFEST_TEXT:
		return "vtt";
	default:
		break;
	}
	if (ext_of_uri(rec, out))
		return out;
	return t->container == MANIFEST_AAC ? "aac" : "bin";
}

const char *
hls_type(const char *ext)
{
	static const struct {
		const char *ext, *type;
	} types[] = {
		{ "ts", "video/mp2t" },
		{ "m4s", "video/iso.segment" },
		{ "mp4", "video/mp4" },
		{ "aac", "audio/aac" },
		{ "mp3", "audio/mpeg" },
		{ "ac3", "audio/ac3" },
		{ "ec3", "audio/eac3" },
		{ "vtt", "text/vtt" },
		{ "m3u8", "application/vnd.apple.mpegurl" },
	};
	size_t i;

	for (i = 0; i < SP_LEN(types); i++)
		if (strcmp(ext, types[i].ext) == 0)
			return types[i].type;
	return "application/octet-stream";
}
