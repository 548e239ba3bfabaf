#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "swarm/client/vod_int.h"

#define ROUND      (2 * 1024 * 1024) /* bytes of one turn */
#define LONG_WAIT  SP_S
#define TRACE_TIME (15 * SP_S)

/* ---- where players are ---- */

static uint64_t
rate_of(const struct vod_get *g, sp_time now)
{
	return SP_MAX(ratemeter_bps(&g->rate, now), g->rate_before);
}

static void
leave_trace(struct vod_get *g, sp_time now)
{
	struct vod *v = g->v;
	struct vod_trace *t, *old = v->traces;
	uint64_t end = vod_files_ahead(v->files, g->file);

	if (g->at >= end)
		return;
	for (t = v->traces; t < v->traces + VOD_TRACES; t++)
		if (t->until < old->until)
			old = t;
	*old =
	    (struct vod_trace){ g->at, end, rate_of(g, now), now + TRACE_TIME };
}

/* Who goes on where somebody was: his trace is of no more use. */
static void
take_trace(struct vod_get *g, sp_time now)
{
	struct vod *v = g->v;
	uint32_t len = v->info->piece_length;
	struct vod_trace *t;

	for (t = v->traces; t < v->traces + VOD_TRACES; t++) {
		if (t->until <= now || g->at + len < t->at ||
		    g->at > t->at + vod_plan_window(t->rate_bps, len))
			continue;
		g->rate_before = SP_MAX(g->rate_before, t->rate_bps);
		t->until = 0;
	}
}

size_t
vod_get_readers(struct vod *v, struct vod_reader *out, size_t max, sp_time now)
{
	const struct vod_trace *t;
	const struct vod_get *g;
	size_t n = 0;

	LIST_FOREACH (g, &v->reads, entry) {
		if (n == max)
			return n;
		out[n++] = (struct vod_reader){ g->at,
			vod_files_ahead(v->files, g->file), rate_of(g, now),
			false };
	}
	for (t = v->traces; t < v->traces + VOD_TRACES; t++)
		if (t->until > now && n < max)
			out[n++] = (struct vod_reader){ t->at, t->end,
				t->rate_bps, true };
	return n;
}

/* ---- the end ---- */

static void
stop_waiting(struct vod_get *g, sp_time now)
{
	sp_time t = now - g->waits_since;

	if (g->waits_since == 0)
		return;
	g->v->waited += t;
	g->v->waits += t >= LONG_WAIT;
	g->waits_since = 0;
}

static void
get_free(struct vod_get *g)
{
	struct vod *v = g->v;

	stop_waiting(g, loop_now(v->loop));
	LIST_REMOVE(g, entry);
	v->n_reads--;
	if (g->fd >= 0)
		close(g->fd);
	free(g);
	vod_torrent_replan(v, true);
}

static void
gone_cb(void *ctx, struct http_req *r SP_UNUSED)
{
	get_free(ctx);
}

static void
get_cut(struct vod_get *g)
{
	http_cut(g->r);
	get_free(g);
}

/* ---- bytes ---- */

static int
open_file(struct vod_get *g)
{
	char path[PATH_MAX];
	struct stat st;
	int n;

	if (g->fd >= 0)
		return 0;
	n = snprintf(path, sizeof(path), "%s/%s", g->v->conf->save,
	    g->v->info->files[g->file].path);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return SP_ERR_IO;
	}
	g->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (g->fd < 0)
		return SP_ERR_IO;
	if (fstat(g->fd, &st) == 0 && S_ISREG(st.st_mode))
		return 0;
	errno = EINVAL;
	return SP_ERR_IO;
}

/* Verified bytes at g->at that may be sent in one go; 0: none. */
static size_t
ready(const struct vod_get *g)
{
	const struct vod *v = g->v;
	uint64_t len = v->info->piece_length, to;
	uint32_t i = (uint32_t)(g->at / len);

	for (to = g->at; to < g->end && to - g->at < VOD_CHUNK; i++) {
		if (!vod_torrent_has(v, i))
			break;
		to = (i + 1) * len;
	}
	to = SP_MIN(to, g->end);
	return (size_t)SP_MIN(to - g->at, (uint64_t)VOD_CHUNK);
}

/* Sends |n| bytes; a number below it is an error. */
static int
send_some(struct vod_get *g, size_t n)
{
	struct vod *v = g->v;
	const struct lt_file *f = &v->info->files[g->file];
	ssize_t k;
	int rv;

	if ((rv = open_file(g)) < 0)
		return rv;
	k = pread(g->fd, v->buf, n, (off_t)(g->at - (uint64_t)f->offset));
	if (k <= 0) {
		/* it was longer when it was verified */
		errno = k < 0 ? errno : ENODATA;
		return SP_ERR_IO;
	}
	if ((rv = http_write(g->r, v->buf, (size_t)k)) < 0)
		return rv;
	g->at += (uint64_t)k;
	v->played_bytes += (uint64_t)k;
	ratemeter_add(&g->rate, (uint64_t)k, loop_now(v->loop));
	return (int)k;
}

static void
complain(struct vod_get *g)
{
	struct vod *v = g->v;

	log_msg(v->conf->log, LOG_LEVEL_ERROR,
	    "file: cannot be read name=%s why=%s",
	    vod_files_name(v->files, g->file), strerror(errno));
}

/* False: it was cut, for what is in the way of all waits for nobody. */
static bool
wait_for_piece(struct vod_get *g, sp_time now)
{
	if (g->v->trouble.code < 0) {
		get_cut(g);
		return false;
	}
	if (g->waits_since == 0)
		g->waits_since = now;
	return true;
}

/* May free |g|. */
static void
step(struct vod_get *g)
{
	struct vod *v = g->v;
	uint32_t len = v->info->piece_length;
	sp_time now = loop_now(v->loop);
	uint64_t was = g->at / len;
	size_t n, sent = 0;
	int rv;

	g->more = false;
	while (g->at < g->end && http_backlog(g->r) == 0) {
		if ((n = ready(g)) == 0) {
			if (!wait_for_piece(g, now))
				return;
			break;
		}
		stop_waiting(g, now);
		if ((rv = send_some(g, n)) < 0) {
			if (rv == SP_ERR_CLOSED)
				return; /* gone_cb comes */
			if (rv == SP_ERR_IO)
				complain(g);
			get_cut(g);
			return;
		}
		if ((sent += (size_t)rv) >= ROUND) {
			g->more = true;
			io_timer_set(&v->again, 0);
			break;
		}
	}
	if (g->at == g->end) {
		http_end(g->r);
		leave_trace(g, now);
		get_free(g);
	} else if (g->at / len != was) {
		vod_torrent_replan(v, false);
	}
}

/* Steps may free their own get, and no other. */
static void
step_all(struct vod *v, uint32_t piece, bool more_only)
{
	struct vod_get *g, *next;

	for (g = LIST_FIRST(&v->reads); g != NULL; g = next) {
		next = LIST_NEXT(g, entry);
		if (more_only ? !g->more : g->waits_since == 0)
			continue;
		if (piece == UINT32_MAX ||
		    g->at / v->info->piece_length == piece)
			step(g);
	}
}

void
vod_get_again(void *ctx, sp_time now SP_UNUSED)
{
	step_all(ctx, UINT32_MAX, true);
}

void
vod_get_wake(struct vod *v, uint32_t piece)
{
	step_all(v, piece, false);
}

void
vod_get_cut_waiting(struct vod *v)
{
	struct vod_get *g, *next;

	for (g = LIST_FIRST(&v->reads); g != NULL; g = next) {
		next = LIST_NEXT(g, entry);
		if (g->waits_since != 0)
			get_cut(g);
	}
}

static void
drained_cb(void *ctx, struct http_req *r SP_UNUSED)
{
	step(ctx);
}

/* ---- the head ---- */

static void
put_name(struct http_req *r, const char *name)
{
	const char *base = strrchr(name, '/');
	enum { MAX = 4096 };
	struct sp_buf b;
	size_t i;

	base = base == NULL ? name : base + 1;
	buf_init(&b, io_mem(), MAX);
	buf_put_str(&b, strcmp(vod_type(name), "application/octet-stream") == 0
			    ? "attachment; filename=\""
			    : "inline; filename=\"");
	for (i = 0; base[i] != '\0'; i++)
		buf_put_u8(&b, base[i] < ' ' || base[i] > '~' ||
				       base[i] == '"' || base[i] == '\\'
				   ? '_'
				   : (uint8_t)base[i]);
	buf_put_str(&b, "\"; filename*=UTF-8''");
	vod_put_path(&b, base);
	buf_put_u8(&b, '\0');
	if (b.err == 0)
		http_header(r, "Content-Disposition", (const char *)b.p);
	buf_fini(&b);
}

/* True: |r| was answered with 304. */
static bool
is_known(struct vod *v, struct http_req *r, uint32_t file, bool *ranged)
{
	const char *match = http_req_header(r, "If-None-Match");
	const char *range = http_req_header(r, "If-Range");
	char hex[41], tag[64];

	buf_hex(hex, v->info->id, sizeof(v->info->id));
	snprintf(tag, sizeof(tag), "\"%s-%" PRIu32 "\"", hex, file);
	http_header(r, "ETag", tag);
	*ranged = range == NULL || strcmp(range, tag) == 0;
	if (match == NULL || strstr(match, tag) == NULL)
		return false;
	http_reply(r, 304, NULL, NULL, 0);
	return true;
}

/* Where to begin and end, as Range has it. False: |r| was answered. */
static bool
head(struct vod *v, struct http_req *r, uint32_t file, struct http_range *g)
{
	const char *name = vod_files_name(v->files, file);
	uint64_t length = (uint64_t)v->info->files[file].length;
	char text[80];
	bool ranged;
	int rv;

	http_header(r, "Accept-Ranges", "bytes");
	http_header(r, "Cache-Control", "no-cache");
	http_header(r, "X-Content-Type-Options", "nosniff");
	http_header(r, "Content-Security-Policy", "sandbox");
	if (is_known(v, r, file, &ranged))
		return false;
	rv = http_range_parse(ranged ? http_req_header(r, "Range") : NULL,
	    length, g);
	if (rv < 0) {
		http_reply_416(r, length);
		return false;
	}
	if (rv == 0)
		*g = (struct http_range){ 0, length - 1 };
	else
		http_header(r, "Content-Range",
		    http_range_text(g, length, text));
	put_name(r, name);
	http_start(r, rv == 1 ? 206 : 200, vod_type(name),
	    length == 0 ? 0 : (int64_t)(g->last - g->first + 1));
	if (length > 0 && http_req_method(r) != HTTP_M_HEAD)
		return true;
	http_end(r);
	return false;
}

void
vod_get_open(struct vod *v, struct http_req *r, uint32_t file)
{
	uint64_t offset = (uint64_t)v->info->files[file].offset;
	sp_time now = loop_now(v->loop);
	struct http_range range;
	struct vod_get *g;

	if (v->n_reads >= VOD_GETS_MAX || (g = calloc(1, sizeof(*g))) == NULL) {
		http_header(r, "Retry-After", "5");
		http_reply_text(r, 503, "too many files are read");
		return;
	}
	if (!head(v, r, file, &range)) {
		free(g);
		return;
	}
	g->v = v;
	g->r = r;
	g->file = file;
	g->fd = -1;
	g->at = offset + range.first;
	g->end = offset + range.last + 1;
	LIST_INSERT_HEAD(&v->reads, g, entry);
	v->n_reads++;
	v->asked[file] = 1;
	take_trace(g, now);
	http_on_gone(r, gone_cb, g);
	http_on_drained(r, drained_cb, g);
	vod_torrent_replan(v, true);
	step(g);
}
