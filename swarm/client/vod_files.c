#include "swarm/client/vod_files.h"

#include <ctype.h>
#include <strings.h>

#include "io/loop.h"
#include "wire/uri.h"

#define LISTS_AHEAD 64 /* segments that are looked at */

struct vod_files {
	const struct lt_info *info;
	size_t skip; /* bytes of the torrent's name in paths */
	size_t n;    /* without padding */
	uint32_t *by_name, *list;
	bool has_list; /* there is a playlist */
};

/* ---- what it is ---- */

static const struct type {
	const char *suffix, *type;
	enum vod_kind kind;
} types[] = {
	{ "3gp", "video/3gpp", VOD_VIDEO },
	{ "aac", "audio/aac", VOD_AUDIO },
	{ "ass", "text/x-ssa", VOD_TEXT },
	{ "avi", "video/x-msvideo", VOD_VIDEO },
	{ "flac", "audio/flac", VOD_AUDIO },
	{ "flv", "video/x-flv", VOD_VIDEO },
	{ "gif", "image/gif", VOD_TEXT },
	{ "jpeg", "image/jpeg", VOD_TEXT },
	{ "jpg", "image/jpeg", VOD_TEXT },
	{ "m2ts", "video/mp2t", VOD_VIDEO },
	{ "m3u8", "application/vnd.apple.mpegurl", VOD_LIST },
	{ "m4a", "audio/mp4", VOD_AUDIO },
	{ "m4b", "audio/mp4", VOD_AUDIO },
	{ "m4s", "video/iso.segment", VOD_VIDEO },
	{ "m4v", "video/mp4", VOD_VIDEO },
	{ "mka", "audio/x-matroska", VOD_AUDIO },
	{ "mkv", "video/x-matroska", VOD_VIDEO },
	{ "mov", "video/quicktime", VOD_VIDEO },
	{ "mp3", "audio/mpeg", VOD_AUDIO },
	{ "mp4", "video/mp4", VOD_VIDEO },
	{ "mpd", "application/dash+xml", VOD_LIST },
	{ "mpeg", "video/mpeg", VOD_VIDEO },
	{ "mpg", "video/mpeg", VOD_VIDEO },
	{ "oga", "audio/ogg", VOD_AUDIO },
	{ "ogg", "audio/ogg", VOD_AUDIO },
	{ "ogv", "video/ogg", VOD_VIDEO },
	{ "opus", "audio/ogg", VOD_AUDIO },
	{ "png", "image/png", VOD_TEXT },
	{ "srt", "application/x-subrip", VOD_TEXT },
	{ "ts", "video/mp2t", VOD_VIDEO },
	{ "txt", "text/plain; charset=utf-8", VOD_TEXT },
	{ "vtt", "text/vtt", VOD_TEXT },
	{ "wav", "audio/wav", VOD_AUDIO },
	{ "weba", "audio/webm", VOD_AUDIO },
	{ "webm", "video/webm", VOD_VIDEO },
	{ "webp", "image/webp", VOD_TEXT },
	{ "wmv", "video/x-ms-wmv", VOD_VIDEO },
};

static const struct type *
type_of(const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t i;

	for (i = 0; dot != NULL && i < SP_LEN(types); i++)
		if (strcasecmp(dot + 1, types[i].suffix) == 0)
			return &types[i];
	return NULL;
}

/* What playlists name, where there are any. */
static bool
is_segment(const struct type *t)
{
	static const char *const suffixes[] = { "aac", "m4s", "ts", "vtt" };
	size_t i;

	for (i = 0; i < SP_LEN(suffixes); i++)
		if (strcmp(t->suffix, suffixes[i]) == 0)
			return true;
	return false;
}

const char *
vod_type(const char *name)
{
	const struct type *t = type_of(name);

	return t == NULL ? "application/octet-stream" : t->type;
}

/* ---- names ---- */

const char *
vod_files_name(const struct vod_files *f, size_t file)
{
	return f->info->files[file].path + f->skip;
}

static const char *
base_name(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash == NULL ? name : slash + 1;
}

enum vod_kind
vod_files_kind(const struct vod_files *f, size_t file)
{
	const struct type *t = type_of(vod_files_name(f, file));

	if (t == NULL)
		return VOD_OTHER;
	return f->has_list && is_segment(t) ? VOD_SEGMENT : t->kind;
}

static int
compare(const void *a, const void *b, void *ctx)
{
	const struct vod_files *f = ctx;

	return strcmp(vod_files_name(f, *(const uint32_t *)a),
	    vod_files_name(f, *(const uint32_t *)b));
}

/* Digits are compared by what they amount to. */
static int
compare_numbers(const char **a, const char **b)
{
	size_t la, lb;
	int c;

	*a += strspn(*a, "0");
	*b += strspn(*b, "0");
	la = strspn(*a, "0123456789");
	lb = strspn(*b, "0123456789");
	if (la != lb)
		return la < lb ? -1 : 1;
	c = strncmp(*a, *b, la);
	*a += la;
	*b += lb;
	return c;
}

static int
compare_list(const void *a, const void *b, void *ctx)
{
	const struct vod_files *f = ctx;
	const char *s = vod_files_name(f, *(const uint32_t *)a);
	const char *t = vod_files_name(f, *(const uint32_t *)b);
	int c, x, y;

	while (*s != '\0' && *t != '\0') {
		if (isdigit((unsigned char)*s) && isdigit((unsigned char)*t)) {
			if ((c = compare_numbers(&s, &t)) != 0)
				return c;
			continue;
		}
		x = tolower((unsigned char)*s++);
		y = tolower((unsigned char)*t++);
		if (x != y)
			return x < y ? -1 : 1;
	}
	if (*s != *t)
		return *s == '\0' ? -1 : 1;
	return compare(a, b, ctx);
}

/* All paths begin with the torrent's name and a slash. */
static size_t
name_in_paths(const struct lt_info *info)
{
	size_t i, len = strlen(info->name);

	if (len == 0)
		return 0;
	for (i = 0; i < info->n_files; i++)
		if (strncmp(info->files[i].path, info->name, len) != 0 ||
		    info->files[i].path[len] != '/')
			return 0;
	return len + 1;
}

int
vod_files_new(struct vod_files **out, const struct lt_info *info)
{
	struct vod_files *f = calloc(1, sizeof(*f));
	size_t i;

	*out = NULL;
	if (f == NULL)
		return SP_ERR_NOMEM;
	f->info = info;
	f->skip = name_in_paths(info);
	f->by_name = calloc(2 * info->n_files + 1, sizeof(*f->by_name));
	if (f->by_name == NULL) {
		vod_files_free(f);
		return SP_ERR_NOMEM;
	}
	for (i = 0; i < info->n_files; i++)
		if (!info->files[i].pad)
			f->by_name[f->n++] = (uint32_t)i;
	for (i = 0; i < f->n; i++)
		f->has_list |= vod_files_kind(f, f->by_name[i]) == VOD_LIST;
	f->list = f->by_name + f->n;
	memcpy(f->list, f->by_name, f->n * sizeof(*f->list));
	qsort_r(f->by_name, f->n, sizeof(*f->by_name), compare, f);
	qsort_r(f->list, f->n, sizeof(*f->list), compare_list, f);
	*out = f;
	return 0;
}

void
vod_files_free(struct vod_files *f)
{
	if (f == NULL)
		return;
	free(f->by_name);
	free(f);
}

const uint32_t *
vod_files_list(const struct vod_files *f, size_t *n)
{
	*n = f->n;
	return f->list;
}

int
vod_files_find(const struct vod_files *f, const char *name)
{
	size_t lo = 0, hi = f->n, mid;
	int c;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		c = strcmp(name, vod_files_name(f, f->by_name[mid]));
		if (c == 0)
			return (int)f->by_name[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return SP_ERR_NOTFOUND;
}

/* ---- which one ---- */

static unsigned
depth(const char *name)
{
	unsigned n = 0;

	for (; *name != '\0'; name++)
		n += *name == '/';
	return n;
}

/* The playlist of an archive: its records are beside it (spate-archive(1)). */
static bool
is_archive(const struct vod_files *f, const char *name)
{
	static const char list[] = ".m3u8", records[] = ".spate";
	size_t n = strlen(name);
	struct sp_buf b;
	bool is;

	if (n < strlen(list) || strcmp(name + n - strlen(list), list) != 0)
		return false;
	n -= strlen(list);
	buf_init(&b, io_mem(), 64 * 1024);
	buf_put(&b, name, n);
	buf_put(&b, records, sizeof(records));
	is = b.err == 0 && vod_files_find(f, (const char *)b.p) >= 0;
	buf_fini(&b);
	return is;
}

/* What is played first has the higher rank; then depth counts, or size. */
static uint64_t
worth(const struct vod_files *f, size_t file)
{
	const uint64_t max = (UINT64_C(1) << 61) - 1;
	const char *name = vod_files_name(f, file);
	uint64_t size = SP_MIN((uint64_t)f->info->files[file].length, max);
	const char *base = base_name(name);

	switch (vod_files_kind(f, file)) {
	case VOD_LIST:
		if (strcasecmp(base, "master.m3u8") == 0 || is_archive(f, name))
			return UINT64_C(4) << 61 | (max - depth(name));
		if (strcasecmp(base, "index.m3u8") == 0)
			return UINT64_C(3) << 61 | (max - depth(name));
		return 0;
	case VOD_VIDEO:
		return UINT64_C(2) << 61 | size;
	case VOD_AUDIO:
		return UINT64_C(1) << 61 | size;
	default:
		return size;
	}
}

int
vod_files_main(const struct vod_files *f)
{
	int best = SP_ERR_NOTFOUND;
	uint64_t w, most = 0;
	size_t i;

	for (i = 0; i < f->n; i++) {
		w = worth(f, f->list[i]);
		if (best >= 0 && w <= most)
			continue;
		best = (int)f->list[i];
		most = w;
	}
	return best;
}

/* |name| ends with |end|, from a slash on. */
static bool
ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), e = strlen(end);

	return e > 0 && n > e && name[n - e - 1] == '/' &&
	       strcmp(name + n - e, end) == 0;
}

int
vod_files_pick(const struct vod_files *f, const char *text)
{
	int found = vod_files_find(f, text);
	uint64_t v;
	size_t i;

	if (found >= 0)
		return found;
	if (uri_get_u64(&v, text, strlen(text), f->n) == 0)
		return v == 0 ? SP_ERR_NOTFOUND : (int)f->list[v - 1];
	for (i = 0; i < f->n; i++) {
		if (!ends_with(vod_files_name(f, f->list[i]), text))
			continue;
		if (found >= 0)
			return SP_ERR_EXISTS;
		found = (int)f->list[i];
	}
	return found;
}

/* The directory, with its slash. */
static size_t
dir_len(const char *name)
{
	return (size_t)(base_name(name) - name);
}

uint64_t
vod_files_ahead(const struct vod_files *f, size_t file)
{
	const struct lt_file *v = f->info->files;
	const char *name = vod_files_name(f, file), *next;
	uint64_t end = (uint64_t)(v[file].offset + v[file].length);
	size_t i, d = dir_len(name);

	if (vod_files_kind(f, file) != VOD_SEGMENT)
		return end;
	for (i = file + 1; i < f->info->n_files && i < file + LISTS_AHEAD;
	     i++) {
		if (v[i].pad)
			continue;
		next = vod_files_name(f, i);
		if (vod_files_kind(f, i) != VOD_SEGMENT || dir_len(next) != d ||
		    strncmp(next, name, d) != 0)
			break;
		end = (uint64_t)(v[i].offset + v[i].length);
	}
	return end;
}

void
vod_put_path(struct sp_buf *b, const char *name)
{
	size_t len;

	for (;; name++) {
		len = strcspn(name, "/");
		uri_put_escaped(b, name, len);
		name += len;
		if (*name == '\0')
			return;
		buf_put_u8(b, '/');
	}
}
