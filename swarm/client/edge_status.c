#include "swarm/client/edge_int.h"

#include "swarm/client/counters.h"
#include "swarm/client/host_status.h"

#define PAGE_MAX    (64 * 1024)
#define METRICS_MAX (64 * 1024)

/* Takes |v|; what finds no memory is left out. */
static void
set(json_t *o, const char *key, json_t *v)
{
	json_object_set_new(o, key, v);
}

static json_t *
hex(const void *p, size_t len)
{
	char text[2 * HASH_LEN + 1];

	buf_hex(text, p, SP_MIN(len, HASH_LEN));
	return json_string(text);
}

/* JSON takes UTF-8 only; what is not becomes null. */
static json_t *
text(const struct manifest_text *t)
{
	json_t *s = json_stringn(t->len == 0 ? "" : t->p, t->len);

	return s == NULL ? json_null() : s;
}

static json_t *
channel_json(const struct edge *e)
{
	const struct manifest *m = mesh_manifest_get(e->mesh, NULL, NULL);
	json_t *o = json_object();

	set(o, "info_hash", hex(mesh_info_hash(e->mesh), LINK_INFOHASH_LEN));
	set(o, "name", json_string(e->conf.name));
	if (m == NULL)
		return o;
	set(o, "key", hex(m->pk, sizeof(m->pk)));
	set(o, "title", text(&m->title));
	set(o, "epoch", json_integer(m->epoch));
	set(o, "serial", json_integer((json_int_t)m->serial));
	set(o, "ended", json_boolean(m->policy & MANIFEST_ENDED));
	return o;
}

static json_t *
track_json(const struct edge *e, const struct manifest_track *t)
{
	const struct edge_track *et = &e->tracks[t->id];
	struct mesh_play play;
	json_t *o = json_object();

	set(o, "id", json_integer(t->id));
	set(o, "name", text(&t->name));
	set(o, "bandwidth_bps", json_integer(t->bandwidth_bps));
	set(o, "width", json_integer(t->width));
	set(o, "height", json_integer(t->height));
	set(o, "followed", json_boolean(et->followed));
	if (!et->followed || mesh_play(e->mesh, t->id, &play) < 0)
		return o;
	set(o, "started", json_boolean(play.started));
	set(o, "ended", json_boolean(play.ended));
	set(o, "first", json_integer((json_int_t)play.first));
	set(o, "edge", json_integer((json_int_t)play.edge));
	set(o, "delay_s", json_real(play.delay_ms / 1e3));
	set(o, "listed",
	    json_integer((json_int_t)(et->seq.end - et->seq.first)));
	return o;
}

static json_t *
tracks_json(const struct edge *e)
{
	const struct manifest *m = mesh_manifest_get(e->mesh, NULL, NULL);
	json_t *a = json_array();
	size_t i;

	for (i = 0; m != NULL && i < m->n_tracks; i++)
		json_array_append_new(a, track_json(e, &m->tracks[i]));
	return a;
}

static json_t *
swarm_json(const struct edge *e)
{
	uint64_t bps = pace_swarm(&e->pace, loop_now(e->loop));

	return bps == 0 ? json_null() : json_integer((json_int_t)bps);
}

static json_t *
trackers_json(const struct edge *e)
{
	struct mesh_host_tracker t;
	json_t *a = json_array(), *o;
	size_t i;

	for (i = 0; i < mesh_host_trackers(e->h); i++) {
		mesh_host_tracker(e->h, i, &t);
		o = json_object();
		set(o, "url", json_string(t.url));
		set(o, "ok", json_boolean(t.ok));
		set(o, "feed", json_boolean(t.feed));
		set(o, "answers", json_integer((json_int_t)t.answers));
		set(o, "failures", json_integer((json_int_t)t.failures));
		set(o, "complete", json_integer(t.complete));
		set(o, "incomplete", json_integer(t.incomplete));
		set(o, "error", json_string(t.error));
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *
origins_json(const struct edge *e)
{
	json_t *a = json_array();
	const char *url;
	size_t i;

	for (i = 0; (url = mesh_host_origin(e->h, i)) != NULL; i++)
		json_array_append_new(a, json_string(url));
	return a;
}

static json_t *
neighbour_json(const struct mesh_neighbour *n)
{
	char addr[ADDR_STRLEN];
	json_t *o = json_object();

	set(o, "addr", json_string(addr_str(&n->addr, addr)));
	set(o, "peer_id", hex(n->peer_id, sizeof(n->peer_id)));
	set(o, "outgoing", json_boolean(n->outgoing));
	set(o, "established", json_boolean(n->established));
	set(o, "seeder", json_boolean(n->seeder));
	set(o, "choking_us", json_boolean(n->choking_us));
	set(o, "choked_by_us", json_boolean(n->choked_by_us));
	set(o, "interested", json_boolean(n->interested));
	set(o, "rtt_s", json_real(n->srtt_us / 1e6));
	set(o, "in_flight", json_integer(n->in_flight));
	set(o, "rate", json_integer((json_int_t)n->rate_bps));
	set(o, "down_bytes", json_integer((json_int_t)n->down_bytes));
	set(o, "up_bytes", json_integer((json_int_t)n->up_bytes));
	set(o, "timeouts", json_integer(n->timeouts));
	set(o, "rejects", json_integer(n->rejects));
	return o;
}

static json_t *
neighbours_json(const struct edge *e, sp_time now)
{
	struct mesh_neighbour v[MESH_PEERS_MAX];
	json_t *a = json_array();
	size_t i, n;

	n = mesh_neighbours(e->mesh, v, SP_LEN(v), now);
	for (i = 0; i < n; i++)
		json_array_append_new(a, neighbour_json(&v[i]));
	return a;
}

void
edge_status_json(struct edge *e, struct http_req *r)
{
	sp_time now = loop_now(e->loop);
	struct sp_addr ext = mesh_host_external(e->h);
	char url[EDGE_URL_MAX], addr[ADDR_STRLEN];
	struct mesh_stats st;
	json_t *o = json_object();
	char *s;

	mesh_stats(e->mesh, &st, now);
	set(o, "version", json_string(e->conf.version));
	set(o, "uptime_s", json_real((double)(now - e->started) / 1e9));
	set(o, "play", json_string(edge_url(e, url)));
	set(o, "peer_id", hex(mesh_peer_id(e->mesh), LINK_PEERID_LEN));
	set(o, "peer_port", json_integer(mesh_host_port(e->h)));
	set(o, "external",
	    ext.family == 0 ? json_null()
			    : json_string(addr_ip_str(&ext, addr)));
	set(o, "channel", channel_json(e));
	set(o, "tracks", tracks_json(e));
	set(o, "trackers", trackers_json(e));
	set(o, "dht", host_status_dht(e->h));
	set(o, "reach", host_status_reach(e->h));
	set(o, "lsd", host_status_lsd(e->h));
	set(o, "origins", origins_json(e));
	set(o, "swarm_rate", swarm_json(e));
	set(o, "requests", json_integer((json_int_t)e->requests));
	set(o, "played_bytes", json_integer((json_int_t)e->bytes));
	set(o, "stats", counters_json(&st));
	set(o, "neighbours", neighbours_json(e, now));
	s = json_dumps(o, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
	json_decref(o);
	if (s == NULL)
		http_reply_text(r, 500, "out of memory");
	else
		http_reply(r, 200, "application/json", s, strlen(s));
	free(s);
}

/* ---- metrics ---- */

void
edge_status_metrics(struct edge *e, struct http_req *r)
{
	char id[2 * LINK_INFOHASH_LEN + 1], line[256];
	struct mesh_stats st;
	struct sp_buf b;

	mesh_stats(e->mesh, &st, loop_now(e->loop));
	buf_init(&b, io_mem(), METRICS_MAX);
	buf_hex(id, mesh_info_hash(e->mesh), LINK_INFOHASH_LEN);
	snprintf(line, sizeof(line),
	    "spate_info{version=\"%s\",info_hash=\"%s\"} 1\n", e->conf.version,
	    id);
	buf_put_str(&b, "# HELP spate_info What runs here\n"
			"# TYPE spate_info gauge\n");
	buf_put_str(&b, line);
	buf_put_str(&b,
	    "# HELP spate_player_requests_total Requests of players\n"
	    "# TYPE spate_player_requests_total counter\n"
	    "spate_player_requests_total ");
	buf_put_dec(&b, (int64_t)e->requests);
	buf_put_str(&b,
	    "\n# HELP spate_played_bytes_total Media bytes sent to players\n"
	    "# TYPE spate_played_bytes_total counter\n"
	    "spate_played_bytes_total ");
	buf_put_dec(&b, (int64_t)e->bytes);
	buf_put_u8(&b, '\n');
	if (counters_metrics(&b, &st) < 0 || host_status_metrics(&b, e->h) < 0)
		http_reply_text(r, 500, "out of memory");
	else
		http_reply(r, 200, "text/plain; version=0.0.4", b.p, b.len);
	buf_fini(&b);
}

/* ---- the page ---- */

static void
put_html(struct sp_buf *b, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		switch (s[i]) {
		case '<':
			buf_put_str(b, "&lt;");
			break;
		case '>':
			buf_put_str(b, "&gt;");
			break;
		case '&':
			buf_put_str(b, "&amp;");
			break;
		case '"':
			buf_put_str(b, "&quot;");
			break;
		default:
			buf_put_u8(b, (uint8_t)s[i]);
		}
	}
}

static void
put_dht(struct sp_buf *b, const struct edge *e)
{
	struct mesh_host_dht d;
	char line[160];

	if (!mesh_host_dht(e->h, &d))
		return;
	snprintf(line, sizeof(line),
	    "<p>DHT: %u nodes; %llu peers found in %llu searches; head "
	    "%lld</p>",
	    (unsigned)d.nodes, (unsigned long long)d.peers,
	    (unsigned long long)d.searches, (long long)d.head_seq);
	buf_put_str(b, line);
}

void
edge_status_page(struct edge *e, struct http_req *r, const char *query)
{
	const struct manifest *m = mesh_manifest_get(e->mesh, NULL, NULL);
	struct mesh_stats st;
	struct sp_buf b;

	mesh_stats(e->mesh, &st, loop_now(e->loop));
	buf_init(&b, io_mem(), PAGE_MAX);
	buf_put_str(&b, "<!doctype html><meta charset=utf-8>"
			"<meta http-equiv=refresh content=2>"
			"<title>spate</title><h1>");
	if (m != NULL && m->title.len > 0)
		put_html(&b, m->title.p, m->title.len);
	else
		put_html(&b, e->conf.name, strlen(e->conf.name));
	buf_put_str(&b, "</h1><p>Play <a href=\"master.m3u8");
	buf_put_str(&b, query);
	buf_put_str(&b, "\">master.m3u8</a>; see <a href=\"status.json");
	buf_put_str(&b, query);
	buf_put_str(&b, "\">status.json</a> and <a href=\"metrics");
	buf_put_str(&b, query);
	buf_put_str(&b, "\">metrics</a>.</p><pre>");
	counters_report(&b, &st, COUNTERS_TEXT);
	buf_put_str(&b, "</pre>");
	put_dht(&b, e);
	buf_put_u8(&b, '\n');
	http_header(r, "Content-Security-Policy",
	    "default-src 'none'; frame-ancestors 'none'");
	if (b.err < 0)
		http_reply_text(r, 500, "out of memory");
	else
		http_reply(r, 200, "text/html; charset=utf-8", b.p, b.len);
	buf_fini(&b);
}
