#include "swarm/client/edge_int.h"

#define LIST_WANT  2           /* segments that the first list waits for */
#define LIST_WAIT  (8 * SP_S)  /* and for how long */
#define EMPTY_WAIT (18 * SP_S) /* for any at all; the head is sent before */
#define LIST_MAX   (1024 * 1024)
#define TYPE       "application/vnd.apple.mpegurl"

/* ---- what is listed ---- */

struct view {
	const struct mesh *mesh;
	uint8_t track;
};

static const struct record *
view_piece(void *ctx, uint64_t number)
{
	const struct view *v = ctx;
	struct mesh_piece pc;

	if (mesh_piece(v->mesh, v->track, number, &pc) < 0 || pc.lost)
		return NULL;
	return pc.rec;
}

void
edge_list_note(struct edge *e, uint8_t track)
{
	struct hls_seq *s = &e->tracks[track].seq;
	struct view v = { e->mesh, track };
	struct mesh_play play;
	uint64_t n;

	if (mesh_play(e->mesh, track, &play) < 0)
		return;
	for (n = SP_MAX(play.first, s->end); n < play.edge; n++)
		hls_seq_note(s, n, view_piece(&v, n));
	hls_seq_advance(s, play.first);
}

/* All that was published is in the list, and no more is known to come. */
static bool
is_ended(const struct edge *e, uint8_t track, const struct manifest *m,
    const struct mesh_play *play)
{
	struct mesh_piece pc;

	if (play->ended)
		return true;
	return m->policy & MANIFEST_ENDED && play->edge > play->first &&
	       mesh_piece(e->mesh, track, play->edge, &pc) < 0;
}

static bool
is_over(const struct edge *e, uint8_t track, const struct manifest *m,
    const struct mesh_play *play)
{
	struct mesh_piece pc;

	if (!is_ended(e, track, m, play))
		return false;
	return mesh_piece(e->mesh, track, play->edge - 1, &pc) < 0 ||
	       hls_is_over(loop_now(e->loop) - pc.avail_at, play->delay_ms);
}

static unsigned
count_listed(const struct hls_seq *s)
{
	unsigned n = 0;
	uint64_t i;

	for (i = s->first; i < s->end; i++)
		n += !(s->mark[i % SP_LEN(s->mark)] & HLS_MARK_LOST);
	return n;
}

/* Enough for a player to begin with? */
static bool
list_is_ready(struct edge *e, uint8_t track)
{
	const struct manifest *m = mesh_manifest_get(e->mesh, NULL, NULL);
	struct mesh_play play;

	if (m == NULL || mesh_play(e->mesh, track, &play) < 0)
		return false;
	edge_list_note(e, track);
	return count_listed(&e->tracks[track].seq) >= LIST_WANT ||
	       is_ended(e, track, m, &play);
}

static int
write_media(struct edge *e, struct sp_buf *b, uint8_t track, const char *query)
{
	const struct manifest *m = mesh_manifest_get(e->mesh, NULL, NULL);
	struct hls_seq *s = &e->tracks[track].seq;
	struct view v = { e->mesh, track };
	struct mesh_play play = { 0 };
	struct hls_media out = {
		.track = manifest_track(m, track),
		.seq = s,
		.piece = view_piece,
		.ctx = &v,
		.query = query,
	};
	uint64_t span_us;

	if (out.track == NULL)
		return SP_ERR_NOTFOUND;
	if (mesh_play(e->mesh, track, &play) == 0) {
		edge_list_note(e, track);
		out.ended = is_over(e, track, m, &play);
	}
	span_us = hls_list_span(SP_MIN(m->window_ms, e->conf.window_ms),
	    play.delay_ms, out.track->target_s);
	hls_seq_advance(s, hls_list_first(&out, s->first, s->end, span_us));
	return hls_media_write(b, &out);
}

/* ---- answering ---- */

static void
list_fail(struct edge_req *q, int status, const char *text)
{
	struct http_req *r = q->r;

	if (q->head_sent) {
		http_cut(r);
	} else {
		if (status == 503)
			http_header(r, "Retry-After", "1");
		http_reply_text(r, status, text);
	}
	edge_req_free(q);
}

static void
list_answer(struct edge_req *q)
{
	struct edge *e = q->e;
	const struct manifest *m = mesh_manifest_get(e->mesh, NULL, NULL);
	struct sp_buf b;
	int rv;

	buf_init(&b, io_mem(), LIST_MAX);
	if (m == NULL) {
		rv = SP_ERR_AGAIN;
	} else if (q->path.kind == HLS_PATH_MASTER) {
		e->without = edge_rungs_thin(e, m);
		rv = hls_master_write(&b, m, e->without, q->query);
	} else {
		rv = write_media(e, &b, q->path.track, q->query);
	}
	if (rv == SP_ERR_NOTFOUND) {
		list_fail(q, 404, "no such track");
	} else if (rv < 0) {
		list_fail(q, 503, "the channel is not known yet");
	} else if (q->head_sent) {
		http_write(q->r, b.p, b.len);
		http_end(q->r);
		edge_req_free(q);
	} else {
		http_header(q->r, "Cache-Control", "no-cache");
		http_reply(q->r, 200, TYPE, b.p, b.len);
		edge_req_free(q);
	}
	buf_fini(&b);
}

/*
 * There is nothing to list yet. hls.js gives up when no byte comes for 10 s:
 * the head is sent.
 */
static void
list_begin(struct edge_req *q)
{
	if (q->head_sent)
		return;
	http_header(q->r, "Cache-Control", "no-cache");
	http_start(q->r, 200, TYPE, -1);
	q->head_sent = true;
}

static void
media_list_step(struct edge_req *q, const struct manifest *m, sp_time now)
{
	struct edge *e = q->e;
	uint8_t track = q->path.track;
	sp_time age = now - q->since;

	if (manifest_track(m, track) == NULL) {
		list_answer(q);
		return;
	}
	edge_ask(e, track);
	if (list_is_ready(e, track))
		list_answer(q);
	else if (age < LIST_WAIT)
		return;
	else if (count_listed(&e->tracks[track].seq) > 0 || age >= EMPTY_WAIT)
		list_answer(q);
	else
		list_begin(q);
}

void
edge_list_step(struct edge_req *q, sp_time now)
{
	const struct manifest *m = mesh_manifest_get(q->e->mesh, NULL, NULL);
	sp_time age = now - q->since;

	if (m != NULL && q->path.kind == HLS_PATH_MEDIA)
		media_list_step(q, m, now);
	else if (m != NULL || age >= LIST_WAIT)
		list_answer(q);
}

void
edge_list_open(struct edge *e, struct http_req *r, const struct hls_path *path,
    const char *query)
{
	struct edge_req *q = edge_keep(e, r, path);

	if (q == NULL)
		return;
	snprintf(q->query, sizeof(q->query), "%s", query);
	edge_list_step(q, loop_now(e->loop));
}
