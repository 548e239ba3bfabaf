#include "swarm/client/edge.h"

#include "swarm/client/edge_int.h"

#define TICK (250 * SP_MS)
/* A paused player reads nothing for long. */
#define HTTP_TIMEOUT (180 * SP_S)

/* ---- tracks ---- */

void
edge_follow(struct edge *e, uint8_t track, bool on)
{
	struct edge_track *t = &e->tracks[track];

	if (t->followed == on)
		return;
	if (mesh_follow(e->mesh, track, on, loop_now(e->loop)) < 0)
		return;
	t->followed = on;
	t->followed_at = loop_now(e->loop);
	t->asked = false;
	/* how pieces came before tells nothing of those that come now */
	memset(t->begun, 0, sizeof(t->begun));
	/* after a pause, who comes begins with what is new */
	hls_seq_advance(&t->seq, t->seq.end);
	mesh_host_kick(e->h);
}

void
edge_ask(struct edge *e, uint8_t track)
{
	edge_follow(e, track, true);
	e->tracks[track].asked = true;
	e->tracks[track].asked_at = loop_now(e->loop);
}

/* Tracks to begin with, once the manifest tells which there are. */
static void
choose_tracks(struct edge *e)
{
	const struct manifest *m = mesh_manifest_get(e->mesh, NULL, NULL);
	int track;

	if (e->chosen || m == NULL || m->n_tracks == 0)
		return;
	e->chosen = true;
	e->without = edge_rungs_thin(e, m);
	track = hls_first_track(m, e->without);
	if (e->conf.track >= 0 &&
	    manifest_track(m, (uint8_t)e->conf.track) != NULL)
		track = e->conf.track;
	edge_follow(e, (uint8_t)track, true);
}

static bool
has_waiting(const struct edge *e, uint8_t track)
{
	const struct edge_req *q;

	LIST_FOREACH (q, &e->reqs, entry)
		if (q->path.kind != HLS_PATH_MASTER && q->path.track == track)
			return true;
	return false;
}

/* Stops to follow what nobody asks for any more. */
static void
drop_tracks(struct edge *e, sp_time now)
{
	const struct manifest *m = mesh_manifest_get(e->mesh, NULL, NULL);
	struct edge_track *t;
	struct rungs rungs;
	bool asked = false;
	uint8_t i;

	if (m == NULL || m->n_tracks == 1)
		return;
	rungs_read(&rungs, m);
	edge_rungs_tell(e, &rungs, now);
	for (i = 0; i < LIM_TRACKS; i++)
		asked |= e->tracks[i].asked;
	for (i = 0; i < LIM_TRACKS; i++) {
		t = &e->tracks[i];
		if (!t->followed || (!t->asked && !asked))
			continue;
		/* the one that was begun with has its time too */
		if (!t->asked) {
			t->asked = true;
			t->asked_at = now;
		} else if (edge_rung_is_left(e, &rungs, i, now) &&
			   !has_waiting(e, i)) {
			edge_follow(e, i, false);
		}
	}
}

/* ---- requests that wait ---- */

static void
gone_cb(void *ctx, struct http_req *r SP_UNUSED)
{
	edge_req_free(ctx);
}

struct edge_req *
edge_keep(struct edge *e, struct http_req *r, const struct hls_path *path)
{
	struct edge_req *q = calloc(1, sizeof(*q));

	if (q == NULL) {
		http_reply_text(r, 503, "out of memory");
		return NULL;
	}
	q->e = e;
	q->r = r;
	q->path = *path;
	q->since = loop_now(e->loop);
	LIST_INSERT_HEAD(&e->reqs, q, entry);
	http_on_gone(r, gone_cb, q);
	return q;
}

void
edge_req_free(struct edge_req *q)
{
	LIST_REMOVE(q, entry);
	free(q);
}

static void
step_all(struct edge *e, sp_time now)
{
	struct edge_req *q, *next;

	for (q = LIST_FIRST(&e->reqs); q != NULL; q = next) {
		next = LIST_NEXT(q, entry);
		if (q->path.kind == HLS_PATH_MASTER ||
		    q->path.kind == HLS_PATH_MEDIA)
			edge_list_step(q, now);
		else
			edge_media_step(q, now);
	}
}

static void
timer_cb(void *ctx, sp_time now SP_UNUSED)
{
	struct edge *e = ctx;

	now = loop_now(e->loop);
	drop_tracks(e, now);
	/* a step may set it to an earlier time */
	io_timer_set(&e->timer, now + SP_S);
	step_all(e, now);
	if (!LIST_EMPTY(&e->reqs))
		edge_wake(e, now + TICK);
}

void
edge_wake(struct edge *e, sp_time at)
{
	if (!io_timer_is_set(&e->timer) || e->timer.at > at)
		io_timer_set(&e->timer, at);
}

void
edge_changed(struct edge *e, unsigned what)
{
	uint8_t i;

	if (what & MESH_CHANGED_MANIFEST)
		choose_tracks(e);
	if (what & (MESH_CHANGED_BLOCKS | MESH_CHANGED_RECORDS))
		edge_pace_look(e);
	for (i = 0; what & MESH_CHANGED_RECORDS && i < LIM_TRACKS; i++)
		if (e->tracks[i].followed)
			edge_list_note(e, i);
	step_all(e, loop_now(e->loop));
}

/* ---- access ---- */

static void
serve_media(struct edge *e, struct http_req *r, const struct hls_path *p,
    const char *query)
{
	if (http_req_method(r) == HTTP_M_OPTIONS) {
		http_reply_preflight(r, "*", DOOR_METHODS);
		return;
	}
	e->requests++;
	http_cors(r, "*");
	if (p->kind == HLS_PATH_MASTER || p->kind == HLS_PATH_MEDIA)
		edge_list_open(e, r, p, query);
	else
		edge_media_open(e, r, p);
}

/* Not for pages of other sites. */
static void
serve_own(struct edge *e, struct http_req *r, const char *path,
    const char *query)
{
	if (!http_origin_ok(r)) {
		http_reply_text(r, 403, "not for pages of other sites");
		return;
	}
	if (http_req_method(r) == HTTP_M_OPTIONS) {
		http_reply_method(r, HTTP_M_GET | HTTP_M_HEAD);
		return;
	}
	http_header(r, "Cache-Control", "no-store");
	http_header(r, "X-Content-Type-Options", "nosniff");
	if (strcmp(path, "/status.json") == 0)
		edge_status_json(e, r);
	else if (strcmp(path, "/metrics") == 0)
		edge_status_metrics(e, r);
	else if (strcmp(path, "/") == 0)
		edge_status_page(e, r, query);
	else
		http_reply_text(r, 404, "no such page");
}

static void
handle(void *ctx, struct http_req *r)
{
	struct edge *e = ctx;
	char text[DOOR_QUERY_MAX];
	const char *path, *query;
	struct hls_path p;

	if ((path = door_admit(&e->conf.door, r, &query, text)) == NULL)
		return;
	p = hls_path_parse(path);
	if (p.kind != HLS_PATH_NONE)
		serve_media(e, r, &p, query);
	else
		serve_own(e, r, path, query);
}

/* ---- making ---- */

static int
listen_all(struct edge *e)
{
	struct http_conf hc = {
		.methods = DOOR_METHODS,
		.timeout = HTTP_TIMEOUT,
		.check_host = e->conf.door.token == NULL,
	};
	int rv;

	if ((rv = http_new(&e->http, e->loop, &hc, handle, e)) < 0)
		return rv;
	return door_open(&e->conf.door, e->http, &e->bound);
}

int
edge_new(struct edge **out, const struct edge_conf *conf, struct loop *loop,
    struct mesh_host *h)
{
	struct edge *e;
	int rv;

	if ((rv = door_check(&conf->door)) < 0)
		return rv;
	if ((e = calloc(1, sizeof(*e))) == NULL)
		return SP_ERR_NOMEM;
	e->conf = *conf;
	e->loop = loop;
	e->h = h;
	e->mesh = mesh_host_mesh(h);
	e->started = loop_now(loop);
	e->told = -1;
	pace_init(&e->pace, e->started);
	LIST_INIT(&e->reqs);
	rv = io_timer_init(&e->timer, loop, timer_cb, e);
	if (rv == 0)
		rv = listen_all(e);
	if (rv < 0) {
		edge_free(e);
		return rv;
	}
	io_timer_set(&e->timer, 0);
	*out = e;
	return 0;
}

void
edge_free(struct edge *e)
{
	if (e == NULL)
		return;
	/* gone callbacks empty the list */
	http_free(e->http);
	assert(LIST_EMPTY(&e->reqs) && "the server told of every request");
	io_timer_fini(&e->timer);
	free(e);
}

const char *
edge_url(const struct edge *e, char out[EDGE_URL_MAX])
{
	return door_url(&e->conf.door, &e->bound, "master.m3u8", out);
}
