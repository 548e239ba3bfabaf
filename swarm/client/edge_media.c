#include "swarm/client/edge_int.h"

#define BACKLOG   (256 * 1024) /* bytes that may wait for a slow player */
#define HOLD      (8 * SP_S)   /* for a record that is not there yet */
#define HOLD_MAX  (60 * SP_S)  /* for the bytes of a piece */
#define AHEAD     16           /* pieces past the list that may yet come */
#define INIT_BASE LIM_TRACK_INIT
#define PACE_TICK (20 * SP_MS)

static uint8_t
mesh_track(const struct edge_req *q)
{
	return q->path.kind == HLS_PATH_INIT
		   ? (uint8_t)(q->path.track + INIT_BASE)
		   : q->path.track;
}

static const char *
media_type(const struct edge_req *q)
{
	const struct manifest *m = mesh_manifest_get(q->e->mesh, NULL, NULL);
	const struct manifest_track *t;
	char ext[HLS_EXT_MAX];
	struct mesh_piece pc;

	if (q->path.kind == HLS_PATH_INIT)
		return hls_type("mp4");
	t = m == NULL ? NULL : manifest_track(m, q->path.track);
	if (t == NULL ||
	    mesh_piece(q->e->mesh, q->path.track, q->path.number, &pc) < 0)
		return hls_type("bin");
	return hls_type(hls_ext(t, pc.rec, ext));
}

static void
media_fail(struct edge_req *q)
{
	struct http_req *r = q->r;

	if (q->head_sent) {
		http_cut(r);
	} else {
		http_header(r, "Cache-Control", "no-store");
		http_reply_text(r, 404, "no such segment");
	}
	edge_req_free(q);
}

static void
media_end(struct edge_req *q)
{
	http_end(q->r);
	edge_req_free(q);
}

/* ---- the head ---- */

static void
drained_cb(void *ctx, struct http_req *r SP_UNUSED)
{
	struct edge_req *q = ctx;

	edge_media_step(q, loop_now(q->e->loop));
}

/* The length is known before the bytes are. False: |q| is freed. */
static bool
media_head(struct edge_req *q, uint64_t length)
{
	struct http_range g = { 0, 0 };
	char text[80];
	int rv;

	/* a gap has no bytes, and no part of them either */
	rv = length == 0
		 ? 0
		 : http_range_parse(http_req_header(q->r, "Range"), length, &g);
	if (rv < 0) {
		http_reply_416(q->r, length);
		edge_req_free(q);
		return false;
	}
	q->at = q->from = rv == 1 ? g.first : 0;
	q->end = rv == 1 ? g.last + 1 : length;
	http_header(q->r, "Accept-Ranges", "bytes");
	http_header(q->r, "Cache-Control", "max-age=60, immutable");
	if (rv == 1)
		http_header(q->r, "Content-Range",
		    http_range_text(&g, length, text));
	http_on_drained(q->r, drained_cb, q);
	http_start(q->r, rv == 1 ? 206 : 200, media_type(q),
	    (int64_t)(q->end - q->at));
	q->head_sent = true;
	if (http_req_method(q->r) == HTTP_M_HEAD) {
		media_end(q);
		return false;
	}
	return true;
}

/* ---- the bytes ---- */

/* How far it may be by now; wakes the rest. */
static uint64_t
media_until(struct edge_req *q)
{
	sp_time now = loop_now(q->e->loop);
	uint64_t ms = (uint64_t)((now - q->begun + PACE_TICK) / SP_MS), n;

	n = q->from + q->rate * ms / 1000;
	if (q->rate == 0 || n >= q->end)
		return q->end;
	edge_wake(q->e, now + PACE_TICK);
	return n;
}

/* 0: all is sent, SP_ERR_AGAIN: later, else the piece is gone. */
static int
media_send(struct edge_req *q)
{
	struct edge *e = q->e;
	uint64_t until = media_until(q);
	const uint8_t *p;
	size_t len;
	int rv;

	while (q->at < q->end) {
		if (q->at >= until)
			return SP_ERR_AGAIN;
		if (http_backlog(q->r) >= BACKLOG)
			return SP_ERR_AGAIN;
		rv = mesh_read(e->mesh, mesh_track(q), q->path.number,
		    (size_t)q->at, &p, &len);
		if (rv < 0)
			return rv;
		if (len == 0)
			return SP_ERR_AGAIN;
		len = (size_t)SP_MIN(len, until - q->at);
		if ((rv = http_write(q->r, p, len)) < 0)
			return rv;
		q->at += len;
		e->bytes += len;
	}
	return 0;
}

/* A record that may yet come? */
static bool
is_near_edge(const struct edge_req *q)
{
	const struct hls_seq *s = &q->e->tracks[q->path.track].seq;

	/* an init piece may come after the first record that names it */
	if (q->path.kind == HLS_PATH_INIT || !s->begun)
		return true;
	return q->path.number >= s->end && q->path.number < s->end + AHEAD;
}

void
edge_media_step(struct edge_req *q, sp_time now)
{
	struct edge *e = q->e;
	struct mesh_piece pc;
	bool known;
	int rv;

	known = mesh_piece(e->mesh, mesh_track(q), q->path.number, &pc) == 0;
	if (!known && !q->head_sent && is_near_edge(q) && now - q->since < HOLD)
		return;
	if (!known || now - q->since > HOLD_MAX) {
		if (!known || pc.held < pc.blocks) {
			media_fail(q);
			return;
		}
	}
	if (!q->head_sent) {
		q->begun = now;
		if (q->path.kind == HLS_PATH_SEGMENT)
			q->rate = edge_pace_rate(e, q->path.track, pc.rec);
		if (!media_head(q, pc.rec->length))
			return;
		if (pc.held < pc.blocks) {
			mesh_want(e->mesh, mesh_track(q), q->path.number, now);
			mesh_host_kick(e->h);
		}
	}
	if ((rv = media_send(q)) == 0)
		media_end(q);
	else if (rv != SP_ERR_AGAIN)
		media_fail(q);
}

void
edge_media_open(struct edge *e, struct http_req *r, const struct hls_path *path)
{
	const struct manifest *m = mesh_manifest_get(e->mesh, NULL, NULL);
	struct edge_req *q;

	if (m != NULL && manifest_track(m, path->track) == NULL) {
		http_reply_text(r, 404, "no such track");
		return;
	}
	/* keeps a track alive, but what nobody listed is not begun */
	if (e->tracks[path->track].followed)
		edge_ask(e, path->track);
	if ((q = edge_keep(e, r, path)) != NULL)
		edge_media_step(q, loop_now(e->loop));
}
