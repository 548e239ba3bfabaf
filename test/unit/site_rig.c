#include "test/unit/site_rig.h"

#include "test/unit/unit.h"

#include "swarm/secure.h"

#define FEED "/stream"

/* ---- the channel ---- */

uint8_t
site_byte(uint64_t number, size_t at)
{
	return (uint8_t)(number * 31 + at * 7 + at / 251);
}

void
site_bytes(uint64_t number, uint8_t out[SITE_BYTES])
{
	size_t i;

	for (i = 0; i < SITE_BYTES; i++)
		out[i] = site_byte(number, i);
}

static void
make_manifest(struct site *s, unsigned tracks, uint32_t policy)
{
	struct manifest *m = calloc(1, sizeof(*m));

	ck_assert_ptr_nonnull(m);
	memcpy(m->pk, s->pk, sizeof(m->pk));
	m->serial = ++s->serial;
	m->policy = policy;
	m->window_ms = 60000;
	for (; m->n_tracks < tracks; m->n_tracks++)
		m->tracks[m->n_tracks] = (struct manifest_track){
			.id = (uint8_t)m->n_tracks,
			.container = MANIFEST_FMP4,
			.target_s = 1,
			.bandwidth_bps = m->n_tracks * 50000000,
		};
	m->n_origins = 1;
	m->origins[0] = (struct manifest_text){ s->base, strlen(s->base) };
	m->title = (struct manifest_text){ "Test <1>", 8 };
	ck_assert_int_eq(manifest_seal(&s->manifest, m, s->sk), 0);
	free(m);
}

static void
seal(struct site *s, struct sp_buf *b, struct record *r)
{
	uint8_t bytes[SITE_BYTES], leaves[4 * HASH_LEN];
	size_t n = hash_leaf_count(SITE_BYTES);

	site_bytes(r->number, bytes);
	hash_leaves(leaves, bytes, SITE_BYTES);
	hash_tree_root(r->root, leaves, n);
	r->length = SITE_BYTES;
	ck_assert_int_eq(record_seal(b, r, leaves, n, s->sk), 0);
}

static void
make_init(struct site *s)
{
	struct record r = { .number = 7 };

	r.track = LIM_TRACK_INIT;
	r.init = RECORD_NO_INIT;
	r.flags = RECORD_INIT;
	r.avail_ms = io_wall_ms() - 60000;
	r.uri = "7.mp4";
	r.uri_len = 5;
	seal(s, &s->records[0], &r);
}

static void
send_frame(struct http_req *r, enum tw_frame_type type, uint64_t seq,
    const struct sp_buf *env)
{
	struct tw_frame f = { .type = (uint8_t)type, .seq = seq, .boot = 9 };
	struct sp_buf b;

	if (env != NULL) {
		f.p = env->p;
		f.len = env->len;
	}
	buf_init(&b, io_mem(), 1 << 20);
	tw_frame_write(&b, &f);
	ck_assert_int_eq(http_write(r, b.p, b.len), 0);
	buf_fini(&b);
}

static void
renew_manifest(struct site *s, unsigned tracks, uint32_t policy)
{
	unsigned i;

	buf_reset(&s->manifest);
	make_manifest(s, tracks, policy);
	for (i = 0; i < s->n_streams; i++)
		send_frame(s->stream[i], TW_FRAME_MANIFEST, 0, &s->manifest);
}

void
site_add_rung(struct site *s)
{
	renew_manifest(s, 2, 0);
}

void
site_end(struct site *s)
{
	renew_manifest(s, 1, MANIFEST_ENDED);
}

void
site_publish(struct site *s, int64_t age_ms, unsigned flags)
{
	struct record r = { .number = SITE_FIRST + s->n_pieces };
	struct record_env env;
	struct sp_buf *b = &s->records[++s->n_pieces];
	char uri[32];
	unsigned i;

	ck_assert_uint_le(s->n_pieces, SITE_PIECES);
	snprintf(uri, sizeof(uri), "%u.m4s", (unsigned)r.number);
	r.init = 7;
	r.flags = (uint16_t)flags;
	r.avail_ms = io_wall_ms() - age_ms;
	r.duration_us = 1000000;
	r.uri = uri;
	r.uri_len = strlen(uri);
	memcpy(r.prev, s->prev, sizeof(r.prev));
	seal(s, b, &r);
	ck_assert_int_eq(record_open(&env, b->p, b->len), 0);
	record_digest(s->prev, &env);
	s->seq++;
	for (i = 0; i < s->n_streams; i++)
		send_frame(s->stream[i], TW_FRAME_RECORD, s->seq, b);
}

void
site_roster(struct site *s, const struct sp_buf *body)
{
	for (unsigned i = 0; i < s->n_streams; i++)
		send_frame(s->stream[i], TW_FRAME_ROSTER, 0, body);
}

/* ---- tracker ---- */

/* All that there is, as a tracker answers who asks for the window. */
static void
put_tail(const struct site *s, struct sp_buf *b)
{
	struct tw_frame f = { .type = TW_FRAME_HELLO, .boot = 9 };

	tw_frame_write(b, &f);
	f = (struct tw_frame){ .type = TW_FRAME_MANIFEST };
	f.p = s->manifest.p;
	f.len = s->manifest.len;
	tw_frame_write(b, &f);
	f.type = TW_FRAME_RECORD;
	for (f.seq = 0; f.seq <= s->n_pieces; f.seq++) {
		f.p = s->records[f.seq].p;
		f.len = s->records[f.seq].len;
		tw_frame_write(b, &f);
	}
	ck_assert_int_eq(b->err, 0);
}

static void
serve_announce(struct site *s, struct http_req *r, unsigned face)
{
	struct tw_reply reply = { .interval_s = 30, .complete = 1 };
	const char *q = http_req_query(r), *what;
	struct sp_buf b, tail;

	ck_assert_int_eq(tw_announce_parse(&s->last, q, strlen(q), &what), 0);
	s->announces[face]++;
	s->stopped += s->last.event == TW_EVENT_STOPPED;
	reply.peers = s->peers;
	reply.n_peers = s->n_peers;
	reply.counted = s->counted;
	memcpy(reply.viewers, s->viewers, sizeof(reply.viewers));
	buf_init(&tail, io_mem(), LIM_LIVE_TAIL);
	if (s->last.window)
		put_tail(s, &tail);
	reply.live = tail.p;
	reply.live_len = tail.len;
	buf_init(&b, io_mem(), 4096 + LIM_LIVE_TAIL);
	tw_reply_write(&b, &reply, &s->last);
	http_reply(r, 200, "text/plain", b.p, b.len);
	buf_fini(&tail);
	buf_fini(&b);
}

static void
stream_gone(void *ctx, struct http_req *r)
{
	struct site *s = ctx;
	unsigned i;

	for (i = 0; i < s->n_streams; i++)
		if (s->stream[i] == r)
			s->stream[i] = s->stream[--s->n_streams];
}

static void
serve_stream(struct site *s, struct http_req *r, unsigned face)
{
	struct tw_since since;
	const char *q = http_req_query(r);
	unsigned i;

	ck_assert_int_eq(tw_since_parse(&since, q, strlen(q)), 0);
	s->streams[face]++;
	ck_assert_uint_lt(s->n_streams, SP_LEN(s->stream));
	s->stream[s->n_streams++] = r;
	http_on_gone(r, stream_gone, s);
	http_start(r, 200, "application/octet-stream", -1);
	send_frame(r, TW_FRAME_HELLO, s->seq, NULL);
	send_frame(r, TW_FRAME_MANIFEST, 0, &s->manifest);
	for (i = since.boot == 9 ? (unsigned)since.seq + 1 : 0;
	     i <= s->n_pieces; i++)
		send_frame(r, TW_FRAME_RECORD, i, &s->records[i]);
}

void
site_drop_feeds(struct site *s)
{
	struct http_req *r;

	while (s->n_streams > 0) {
		r = s->stream[--s->n_streams];
		http_end(r);
	}
}

/* ---- origin ---- */

static void
serve_piece(struct site *s, struct http_req *r, const char *name)
{
	uint8_t bytes[SITE_BYTES];

	s->fetched++;
	if (s->deaf)
		return;
	site_bytes(strtoul(name, NULL, 10), bytes);
	http_reply_range(r, "video/iso.segment", bytes, sizeof(bytes));
}

static void
take_telemetry(struct site *s, struct http_req *r)
{
	const uint8_t *p;
	size_t len;

	p = http_req_body(r, &len);
	ck_assert_int_eq(telemetry_read(&s->telemetry, p, len), 0);
	s->told++;
	http_reply_text(r, 200, "thanks");
}

static void
handle(void *ctx, struct http_req *r)
{
	struct site *s = ctx;
	const char *path = http_req_path(r);
	unsigned face = strncmp(path, "/b/", 3) == 0;

	path += face * 2;
	if (strncmp(path, "/o/", 3) == 0)
		serve_piece(s, r, path + 3);
	else if (s->down[face] ||
		 (s->full && strcmp(path + strlen(path) - 7, FEED) == 0))
		http_reply_text(r, 503, "down");
	else if (strcmp(path, "/announce") == 0)
		serve_announce(s, r, face);
	else if (strncmp(path, "/live/", 6) == 0 &&
		 strcmp(path + strlen(path) - 7, FEED) == 0)
		serve_stream(s, r, face);
	else if (strncmp(path, "/live/", 6) == 0 &&
		 http_req_method(r) == HTTP_M_POST &&
		 strcmp(path + strlen(path) - 10, "/telemetry") == 0)
		take_telemetry(s, r);
	else
		http_reply_text(r, 404, "nothing here");
}

/* ---- making ---- */

void
site_init(struct site *s)
{
	static const uint8_t seed[HASH_SEED_LEN] = { 1, 2, 3 };
	struct sp_addr any = addr_make(4, "\x7f\0\0\x01", 0);
	struct http_conf face = { .methods =
				      HTTP_M_GET | HTTP_M_HEAD | HTTP_M_POST };
	char text[ADDR_STRLEN];
	unsigned i;

	memset(s, 0, sizeof(*s));
	ck_assert_int_eq(hash_setup(), 0);
	ck_assert_int_eq(loop_new(&s->loop), 0);
	ck_assert_int_eq(origin_new(&s->origin, s->loop, NULL), 0);
	ck_assert_int_eq(http_new(&s->http, s->loop, &face, handle, s), 0);
	ck_assert_int_eq(http_listen(s->http, &any, &s->addr), 0);
	hash_keypair(s->pk, s->sk, seed);
	addr_str(&s->addr, text);
	snprintf(s->trackers[0], sizeof(s->trackers[0]), "http://%s/announce",
	    text);
	snprintf(s->trackers[1], sizeof(s->trackers[1]), "http://%s/b/announce",
	    text);
	snprintf(s->base, sizeof(s->base), "http://%s/o/", text);
	buf_init(&s->manifest, io_mem(), LIM_ENVELOPE);
	for (i = 0; i < SP_LEN(s->records); i++)
		buf_init(&s->records[i], io_mem(), LIM_ENVELOPE);
	make_manifest(s, 1, 0);
	make_init(s);
}

void
site_fini(struct site *s)
{
	unsigned i;

	http_free(s->http);
	origin_free(s->origin);
	loop_free(s->loop);
	buf_fini(&s->manifest);
	for (i = 0; i < SP_LEN(s->records); i++)
		buf_fini(&s->records[i]);
}

void
site_conf(struct site *s, struct mesh_host_conf *c)
{
	static const struct secure_cipher *ciphers[2];
	static const char *trackers[2], *origins[1];

	mesh_host_conf_init(c);
	c->mesh.n_ciphers = secure_ciphers(ciphers);
	c->mesh.ciphers = ciphers;
	io_random(c->mesh.secret, sizeof(c->mesh.secret));
	memcpy(c->mesh.pk, s->pk, sizeof(s->pk));
	trackers[0] = s->trackers[0];
	trackers[1] = s->trackers[1];
	origins[0] = s->base;
	c->trackers = trackers;
	c->n_trackers = 2;
	c->origins = origins;
	c->n_origins = 1;
	c->listen[0] = addr_make(4, "\x7f\0\0\x01", 0);
	c->n_listen = 1;
}
