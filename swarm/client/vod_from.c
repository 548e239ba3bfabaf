#include "swarm/client/vod_from.h"

#include <errno.h>
#include <limits.h>

#include "io/store.h"
#include "swarm/client/from_list.h"
#include "swarm/client/vod_int.h"
#include "wire/uri.h"
#include "wire/verify.h"

#define STEP     (100 * SP_MS) /* between looks at what is here */
#define SLICE    200           /* records that are checked in one go */
#define TEXT_MAX ((size_t)64 << 20)
#define READ_MAX ((size_t)1 << 30)
#define NAME_LEN 255 /* of a file */
#define RECORDS  ".spate"
#define LIST     ".m3u8"

/* A piece that was broadcast. */
struct piece {
	uint8_t root[HASH_LEN];
	uint64_t number;
	uint32_t length, duration_us;
};

struct list {
	char name[NAME_LEN + 1]; /* with FROM_PREFIX */
	uint32_t file;
	struct sp_buf text;
};

struct vod_from {
	struct vod *v;
	struct io_timer timer;
	char stem[NAME_LEN + 1];
	int records; /* file */
	struct list lists[LIM_TRACKS + 1];
	size_t n_lists;
	uint8_t *env; /* what the records file has */
	size_t len, at;
	struct verify check;
	struct verify_row *row;
	struct piece *pieces;
	size_t n, cap;
	bool done;
	int64_t first, last; /* of all lists */
};

static void
fail(struct vod_from *f, const char *what, const char *why)
{
	io_timer_cancel(&f->timer);
	f->v->ops->failed(f->v->ctx, what, why);
}

/* ---- what it consists of ---- */

/* STEM.m3u8 and STEM-tN.m3u8 are its playlists. */
static bool
is_list(const struct vod_from *f, const char *name)
{
	size_t n = strlen(f->stem);

	if (strncmp(name, f->stem, n) != 0)
		return false;
	name += n;
	if (name[0] == '-' && name[1] == 't')
		name += 2 + strspn(name + 2, "0123456789");
	return strcmp(name, LIST) == 0;
}

static void
want(struct vod_from *f, uint32_t file)
{
	f->v->asked[file] = 1;
}

static int
add_list(struct vod_from *f, uint32_t file, const char *name)
{
	struct list *l = &f->lists[f->n_lists];

	if (f->n_lists == SP_LEN(f->lists))
		return SP_ERR_TOOBIG;
	snprintf(l->name, sizeof(l->name), FROM_PREFIX "%s", name);
	l->file = file;
	buf_init(&l->text, io_mem(), TEXT_MAX);
	f->n_lists++;
	want(f, file);
	return 0;
}

/* The main file is STEM.m3u8, and STEM.spate lies beside it. */
static int
find_parts(struct vod_from *f)
{
	struct vod *v = f->v;
	const char *name = vod_files_name(v->files, (size_t)v->main);
	size_t n = strlen(name), k = strlen(LIST);
	char records[NAME_LEN + sizeof(RECORDS)];
	int rv = 0;

	if (n <= k || n > NAME_LEN - sizeof(FROM_PREFIX) ||
	    strcmp(name + n - k, LIST) != 0 || strchr(name, '/') != NULL)
		return SP_ERR_NOTFOUND;
	memcpy(f->stem, name, n - k);
	snprintf(records, sizeof(records), "%s" RECORDS, f->stem);
	if ((f->records = vod_files_find(v->files, records)) < 0)
		return SP_ERR_NOTFOUND;
	want(f, (uint32_t)f->records);
	for (uint32_t i = 0; i < v->info->n_files && rv == 0; i++) {
		name = vod_files_name(v->files, i);
		if (!v->info->files[i].pad && is_list(f, name))
			rv = add_list(f, i, name);
	}
	return rv;
}

static bool
is_here(const struct vod_from *f, uint32_t file)
{
	const struct lt_file *x = &f->v->info->files[file];

	return vod_torrent_held(f->v, (uint64_t)x->offset,
		   (uint64_t)(x->offset + x->length)) == (uint64_t)x->length;
}

static int
read_file(const struct vod_from *f, uint32_t file, uint8_t **out, size_t *len)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", f->v->conf->save,
	    f->v->info->files[file].path);

	if (n < 0 || (size_t)n >= sizeof(path))
		return SP_ERR_TOOBIG;
	return store_read(path, READ_MAX, out, len);
}

/* ---- records ---- */

static int
by_root(const void *x, const void *y)
{
	const struct piece *a = x, *b = y;

	return memcmp(a->root, b->root, HASH_LEN);
}

static int
keep(struct vod_from *f, const struct record *r)
{
	struct piece *p;

	if (r->track >= LIM_TRACK_INIT && r->length == 0)
		return 0;
	if (f->n == f->cap) {
		f->cap = SP_MAX(2 * f->cap, (size_t)256);
		p = realloc(f->pieces, f->cap * sizeof(*p));
		if (p == NULL)
			return SP_ERR_NOMEM;
		f->pieces = p;
	}
	p = &f->pieces[f->n++];
	*p = (struct piece){ .number = r->number,
		.length = r->length,
		.duration_us = r->duration_us };
	memcpy(p->root, r->root, HASH_LEN);
	return 0;
}

/* True: there are more. A hole in the chain is none in what is signed. */
static bool
check_some(struct vod_from *f)
{
	const char *name = f->v->info->files[f->records].path;
	int n = 0, rv = 0;

	for (int i = 0; i < SLICE && f->at < f->len; i++) {
		n = verify_next(&f->check, f->env + f->at, f->len - f->at, true,
		    f->row);
		rv = n < 0 ? n : f->row->err;
		if (rv == SP_ERR_CHAIN || rv == SP_ERR_STALE)
			rv = 0;
		if (rv == 0 && f->row->kind == VERIFY_RECORD)
			rv = keep(f, &f->row->env.rec);
		if (rv < 0) {
			fail(f, name,
			    rv == SP_ERR_WRONGCHAN
				? "is of another channel"
				: "is not what the channel has signed");
			return false;
		}
		f->at += (size_t)n;
	}
	return f->at < f->len;
}

/* ---- playlists ---- */

/* The torrent's file that |uri| of a playlist names; < 0: none. */
static int
file_of(const struct vod_from *f, const struct m3u8_span *uri)
{
	char name[4096];
	int n;

	if (!from_list_is_path(uri))
		return SP_ERR_SYNTAX;
	n = uri_unescape(name, sizeof(name) - 1, uri->p, uri->len, false);
	if (n < 0)
		return n;
	name[n] = '\0';
	return vod_files_find(f->v->files, name);
}

/* Was |file| broadcast, with |number| if it is not a map? */
static bool
is_signed(const struct vod_from *f, int file, const struct m3u8_segment *s)
{
	const struct lt_file *x = &f->v->info->files[file];
	struct piece key;
	const struct piece *p;

	memcpy(key.root, x->root, HASH_LEN);
	if (!x->has_root || f->n == 0 ||
	    (p = bsearch(&key, f->pieces, f->n, sizeof(key), by_root)) == NULL)
		return false;
	while (p > f->pieces && by_root(p - 1, &key) == 0)
		p--;
	for (; p < f->pieces + f->n && by_root(p, &key) == 0; p++)
		if ((uint64_t)x->length == p->length &&
		    (s == NULL || (s->media_sequence == p->number &&
				      s->duration_us == p->duration_us)))
			return true;
	return false;
}

static int
prove(const struct vod_from *f, const struct m3u8_media *m)
{
	const struct m3u8_segment *s;
	int file;

	for (size_t i = 0; i < m->n_segments; i++) {
		s = &m->segments[i];
		if (s->map.uri.len > 0 &&
		    ((file = file_of(f, &s->map.uri)) < 0 ||
			!is_signed(f, file, NULL)))
			return SP_ERR_HASH;
		if (!s->gap &&
		    (s->has_range || (file = file_of(f, &s->uri)) < 0 ||
			!is_signed(f, file, s)))
			return SP_ERR_HASH;
	}
	return 0;
}

/* Does it name our playlists alone? */
static int
prove_master(const struct vod_from *f, const struct m3u8_master *m)
{
	size_t i, k;
	int file;

	for (i = 0; i < m->n_refs; i++) {
		if (m->refs[i].uri.len == 0)
			continue;
		file = file_of(f, &m->refs[i].uri);
		for (k = 0; k < f->n_lists; k++)
			if ((int)f->lists[k].file == file)
				break;
		if (k == f->n_lists)
			return SP_ERR_HASH;
	}
	return 0;
}

static int
cut_master(struct vod_from *f, struct list *l, const struct m3u8_master *m)
{
	int rv = prove_master(f, m);

	return rv < 0 ? rv : from_list_master(&l->text, m);
}

/* When to begin in a list from |first| to |last|. */
static int64_t
time_of(const struct when *w, int64_t first, int64_t last)
{
	return w->kind == WHEN_START ? first + w->ms
	       : w->kind == WHEN_END ? SP_MAX(last - w->ms, first)
				     : w->ms;
}

static int
cut_media(struct vod_from *f, struct list *l, const struct m3u8_media *m)
{
	int64_t first, last;
	int rv = prove(f, m);

	if (rv == 0)
		rv = from_list_times(m, &first, &last);
	if (rv < 0)
		return rv;
	f->first = first;
	f->last = last;
	return from_list_cut(&l->text, m,
	    time_of(f->v->conf->from, first, last));
}

static int
cut(struct vod_from *f, struct list *l)
{
	uint8_t *text = NULL;
	struct m3u8 m;
	size_t len = 0;
	int rv = read_file(f, l->file, &text, &len);

	if (rv == 0)
		rv = m3u8_parse(&m, io_mem(), (const char *)text, len, NULL);
	if (rv == 0) {
		rv = m.kind == M3U8_MEDIA ? cut_media(f, l, &m.media)
					  : cut_master(f, l, &m.master);
		m3u8_fini(&m);
	}
	free(text);
	return rv;
}

static void
fail_cut(struct vod_from *f, const struct list *l, int rv)
{
	char a[WHEN_MAX], b[WHEN_MAX], why[3 * WHEN_MAX];
	const char *name = f->v->info->files[l->file].path;

	if (rv == SP_ERR_HASH) {
		fail(f, name, "names what the channel has not broadcast so");
	} else if (rv != SP_ERR_NOTFOUND) {
		fail(f, name, sp_strerror(rv));
	} else if (f->last == 0) {
		fail(f, name, "tells no times (EXT-X-PROGRAM-DATE-TIME)");
	} else {
		snprintf(why, sizeof(why), "not in the archive: %s to %s",
		    when_text(a, f->first), when_text(b, f->last));
		fail(f, "--from", why);
	}
}

/* ---- step by step ---- */

static void
finish(struct vod_from *f)
{
	int rv;

	if (f->n > 0)
		qsort(f->pieces, f->n, sizeof(*f->pieces), by_root);
	for (size_t i = 0; i < f->n_lists; i++) {
		if ((rv = cut(f, &f->lists[i])) < 0) {
			fail_cut(f, &f->lists[i], rv);
			return;
		}
	}
	free(f->env);
	free(f->pieces);
	f->env = NULL;
	f->pieces = NULL;
	f->done = true;
	f->v->ops->ready(f->v->ctx);
}

static void
timer_cb(void *ctx, sp_time now)
{
	struct vod_from *f = ctx;
	bool here = is_here(f, (uint32_t)f->records);
	int rv;

	for (size_t i = 0; here && i < f->n_lists; i++)
		here = is_here(f, f->lists[i].file);
	if (!here) {
		io_timer_set(&f->timer, now + STEP);
		return;
	}
	if (f->env == NULL) {
		rv = read_file(f, (uint32_t)f->records, &f->env, &f->len);
		if (rv < 0 || f->len == 0) {
			fail(f, f->v->info->files[f->records].path,
			    rv == SP_ERR_IO ? strerror(errno)
					    : "cannot be read");
			return;
		}
		verify_init(&f->check, f->v->conf->pk);
	}
	/* set first: a failure takes it back */
	io_timer_set(&f->timer, now);
	if (check_some(f) || !io_timer_is_set(&f->timer))
		return;
	io_timer_cancel(&f->timer);
	finish(f);
}

int
vod_from_new(struct vod_from **out, struct vod *v)
{
	struct vod_from *f = calloc(1, sizeof(*f));
	int rv;

	*out = NULL;
	if (f == NULL)
		return SP_ERR_NOMEM;
	f->v = v;
	f->row = calloc(1, sizeof(*f->row));
	rv = f->row == NULL ? SP_ERR_NOMEM
			    : io_timer_init(&f->timer, v->loop, timer_cb, f);
	if (rv < 0) {
		vod_from_free(f);
		return rv;
	}
	*out = f;
	if (!v->info->has_v2)
		v->ops->failed(v->ctx, v->info->name,
		    "of version 1, which has no roots to be proven: --from "
		    "needs version 2 or a hybrid");
	else if (find_parts(f) < 0)
		v->ops->failed(v->ctx, v->info->name,
		    "not an archive of a channel, --from is of no use");
	else
		io_timer_set(&f->timer, 0);
	return 0;
}

void
vod_from_free(struct vod_from *f)
{
	if (f == NULL)
		return;
	io_timer_fini(&f->timer);
	for (size_t i = 0; i < f->n_lists; i++)
		buf_fini(&f->lists[i].text);
	free(f->env);
	free(f->row);
	free(f->pieces);
	free(f);
}

bool
vod_from_serve(struct vod_from *f, struct http_req *r, const char *path)
{
	const struct list *l;

	if (f == NULL || !f->done)
		return false;
	for (l = f->lists; l < f->lists + f->n_lists; l++) {
		if (strcmp(path + 1, l->name) != 0)
			continue;
		f->v->requests++;
		http_cors(r, "*");
		http_header(r, "Cache-Control", "no-cache");
		http_header(r, "X-Content-Type-Options", "nosniff");
		http_reply(r, 200, vod_type(l->name), l->text.p, l->text.len);
		return true;
	}
	return false;
}

const char *
vod_from_path(const struct vod_from *f)
{
	for (size_t i = 0; f != NULL && f->done && i < f->n_lists; i++)
		if (f->lists[i].file == (uint32_t)f->v->main)
			return f->lists[i].name;
	return NULL;
}
