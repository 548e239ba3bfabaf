#include "tools/seed.h"

#include "io/daemon.h"
#include "io/sock.h"
#include "tools/seed_int.h"

#define GATE   (3 * SP_S) /* for renditions that do not come */
#define MINUTE (60 * SP_S)

int64_t
seed_now_ms(const struct seed *s)
{
	return s->wall0_ms + (loop_now(s->loop) - s->start) / SP_MS;
}

int
seed_result(const struct seed *s)
{
	return s->result;
}

void
seed_give_up(struct seed *s, const char *what, const char *why)
{
	daemon_complain(what, why);
	s->result = 1;
	s->stopping = true;
	loop_stop(s->loop);
}

/* Signs the manifest if need be and publishes, in the next round of the loop.
 */
static void
soon(struct seed *s)
{
	io_timer_set(&s->soon, 0);
}

/* ---- records ------------------------------------------------------------ */

static void
to_mesh(struct seed *s, const uint8_t *env, size_t len)
{
	int rv;

	if (s->mesh == NULL)
		return;
	rv = mesh_record(mesh_host_mesh(s->mesh), env, len, false,
	    loop_now(s->loop));
	if (rv < 0 && rv != SP_ERR_STALE && rv != SP_ERR_EXISTS)
		log_msg(s->log, LOG_LEVEL_DEBUG, "mesh: record: %s",
		    sp_strerror(rv));
}

void
seed_signed(struct seed *s, const struct record *r, const uint8_t *p,
    size_t len)
{
	int rv = spool_add(&s->spool, s->env.p, s->env.len);

	if (rv < 0)
		log_msg(s->log, LOG_LEVEL_ERROR, "record: %s", sp_strerror(rv));
	spool_trim(&s->spool, (uint32_t)(s->opts->window / SP_MS));
	seed_state_save(s);
	seed_log_add(s, s->env.p, s->env.len);
	to_mesh(s, s->env.p, s->env.len);
	if (s->upload && s->mesh != NULL && len > 0)
		(void)mesh_supply(mesh_host_mesh(s->mesh), r->track, r->number,
		    p, len, loop_now(s->loop));
	s->pieces++;
	s->bytes += len;
	if (((r->flags & RECORD_LAST) != 0) != s->ended &&
	    r->track < LIM_TRACK_INIT)
		s->manifest_stale = true;
	log_msg(s->log, LOG_LEVEL_DEBUG,
	    "piece: track=%u number=%llu bytes=%zu age_ms=%lld", r->track,
	    (unsigned long long)r->number, len,
	    (long long)(seed_now_ms(s) - r->avail_ms));
	soon(s);
}

static void
soon_cb(void *ctx, sp_time now SP_UNUSED)
{
	struct seed *s = ctx;

	if (!s->open || s->stopping)
		return;
	if (s->manifest_stale)
		seed_manifest_sign(s);
	seed_log_sync(s);
	seed_publish_kick(s);
	if (s->mesh != NULL)
		mesh_host_kick(s->mesh);
}

/* ---- the start ---------------------------------------------------------- */

static void
open_up(struct seed *s)
{
	s->open = true;
	io_timer_cancel(&s->gate);
	seed_manifest_sign(s);
	for (size_t i = 0; i < s->spool.n; i++)
		to_mesh(s, s->spool.v[i].env, s->spool.v[i].len);
	for (size_t i = 0; i < s->n_tracks; i++)
		seed_pieces_kick(&s->tracks[i]);
	daemon_ready();
	soon(s);
}

static size_t
tracks_seen(const struct seed *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_tracks; i++)
		n += s->tracks[i].target_s > 0;
	return n;
}

void
seed_track_seen(struct seed *s)
{
	s->manifest_stale = true;
	if (s->open)
		soon(s);
	else if (s->n_tracks > 0 && tracks_seen(s) == s->n_tracks)
		open_up(s);
}

void
seed_files_ready(struct seed *s)
{
	if (mesh_host_item(s->mesh, FILEITEM_SALT, &s->file.item) < 0)
		log_msg(s->log, LOG_LEVEL_DEBUG, "files: no DHT");
	s->manifest_stale = true;
	if (s->open)
		soon(s);
	else if (s->settled && !s->has_source)
		open_up(s);
}

/* Some renditions are late: the others need not wait for them. */
static void
gate_cb(void *ctx, sp_time now)
{
	struct seed *s = ctx;

	if (tracks_seen(s) > 0)
		open_up(s);
	else if (now - s->start >= SP_MAX(s->opts->wait, GATE))
		seed_give_up(s, s->tracks[0].url, s->tracks[0].poll_why);
	else
		io_timer_set(&s->gate, now + SP_S);
}

static int
begin_source(struct seed *s)
{
	io_timer_set(&s->gate, loop_now(s->loop) + GATE);
	return seed_source_tracks(s);
}

static int
begin_files(struct seed *s)
{
	if (s->file.packed_len > 0)
		open_up(s);
	return 0;
}

void
seed_proceed(struct seed *s)
{
	int rv;

	if (!s->planned || s->refills > 0 || s->settled || s->stopping)
		return;
	rv = seed_state_settle(s);
	if (rv == 0) {
		/* A state that cannot be written must not be found out
		 * when the first record has left. */
		seed_state_save(s);
		if (s->state_failed) {
			seed_give_up(s, s->state_path, s->state_why);
			return;
		}
		seed_manifest_link(s);
		rv = s->has_source ? begin_source(s) : begin_files(s);
	}
	if (rv < 0)
		seed_give_up(s, "start", sp_strerror(rv));
}

static void
minute_cb(void *ctx, sp_time now)
{
	struct seed *s = ctx;
	unsigned ok = 0;

	for (size_t i = 0; i < s->n_trackers; i++)
		ok += s->trackers[i].answers > 0 && s->trackers[i].fails == 0;
	log_msg(s->log, LOG_LEVEL_INFO,
	    "seed: pieces=%llu bytes=%llu skipped=%llu tracks=%zu "
	    "trackers=%u/%zu",
	    (unsigned long long)s->pieces, (unsigned long long)s->bytes,
	    (unsigned long long)s->skipped, s->n_tracks, ok, s->n_trackers);
	io_timer_set(&s->minute, now + MINUTE);
}

/* ---- making ------------------------------------------------------------- */

static void
left_cb(void *ctx)
{
	struct seed *s = ctx;

	loop_stop(s->loop);
}

static const struct mesh_host_ops mesh_ops = {
	.left = left_cb,
	.head = seed_dht_put,
	.item_put = seed_file_put,
};

static int
mesh_open(struct seed *s)
{
	static const struct secure_cipher *ciphers[2];
	const char *urls[LIM_TRACKERS];
	struct mesh_host_conf c;
	char port[16], *nodes;
	int64_t bps;
	int n, rv;

	mesh_host_conf_init(&c);
	memcpy(c.mesh.pk, s->key->link.pk, HASH_PK_LEN);
	io_random(c.mesh.secret, sizeof(c.mesh.secret));
	c.mesh.n_ciphers = secure_ciphers(ciphers);
	c.mesh.ciphers = ciphers;
	s->upload = seed_options_upload(s->opts, &bps);
	c.mesh.seeder = true;
	c.mesh.no_upload = !s->upload;
	c.mesh.up_bps = (uint64_t)bps;
	c.mesh.lan = s->opts->lan;
	c.mesh.window_ms = (uint32_t)(s->opts->window / SP_MS);
	c.mesh.log = c.log = s->log;
	for (size_t i = 0; i < s->n_trackers; i++)
		urls[i] = s->trackers[i].announce;
	c.trackers = urls;
	c.n_trackers = s->n_trackers;
	snprintf(port, sizeof(port), "*:%u", (unsigned)s->opts->peer_port);
	n = sock_listen_parse(port, c.listen);
	c.n_listen = n > 0 ? (size_t)n : 0;
	c.map_port = s->upload && !s->opts->no_port_map && !s->opts->lan;
	c.congestion = s->opts->congestion;
	c.lsd = dht_options_lsd(s->opts->no_lsd, s->opts->lan);
	dht_options_conf(&c.dht, &s->opts->dht, s->n_trackers, s->opts->lan,
	    &nodes);
	rv = mesh_host_new(&s->mesh, &c, s->loop, s->origin, &mesh_ops, s);
	/* A machine without IPv6. */
	if (rv == SP_ERR_IO && c.n_listen > 1) {
		c.n_listen = 1;
		rv = mesh_host_new(&s->mesh, &c, s->loop, s->origin, &mesh_ops,
		    s);
	}
	hash_wipe(c.mesh.secret, sizeof(c.mesh.secret));
	free(nodes);
	if (rv < 0)
		daemon_complain("peer-port",
		    rv == SP_ERR_EXISTS ? "is in use" : sp_strerror(rv));
	return rv;
}

/* Those of the command line, or those of the key file; end in '/'. */
static int
take_origins(struct seed *s)
{
	const struct conf_list *l = &s->opts->origins;
	struct keyfile *k = s->key;
	int rv = 0;

	if (l->n > 0)
		k->link.n_origins = 0;
	for (size_t i = 0; i < l->n && rv == 0; i++)
		rv = keyfile_add_origin(k, l->v[i]);
	if (rv < 0) {
		daemon_complain("origin", sp_strerror(rv));
		return rv;
	}
	for (size_t i = 0; i < k->link.n_origins; i++)
		s->origins[s->n_origins++] = k->link.origins[i];
	return 0;
}

static int
start(struct seed *s, const char *source)
{
	/* The origin's log tells seeders from viewers. */
	static const struct origin_conf web = {
		.agent = "spate-seed/" PACKAGE_VERSION,
	};
	int rv;

	link_infohash(s->info_hash, s->key->link.pk);
	sealer_init(&s->sealer, s->key->sk);
	spool_init(&s->spool, io_mem());
	plan_init(&s->plan, io_mem());
	buf_init(&s->env, io_mem(), LIM_ENVELOPE);
	if (io_timer_init(&s->soon, s->loop, soon_cb, s) < 0 ||
	    io_timer_init(&s->gate, s->loop, gate_cb, s) < 0 ||
	    io_timer_init(&s->minute, s->loop, minute_cb, s) < 0)
		return SP_ERR_NOMEM;
	io_timer_set(&s->minute, s->start + MINUTE);
	if ((rv = take_origins(s)) < 0 || (rv = seed_state_open(s)) < 0 ||
	    (rv = seed_log_open(s)) < 0 ||
	    (rv = origin_new(&s->origin, s->loop, &web)) < 0 ||
	    (rv = seed_publish_init(s)) < 0 || (rv = mesh_open(s)) < 0 ||
	    (rv = seed_dht_open(s)) < 0 || (rv = seed_status_open(s)) < 0)
		return rv;
	if ((rv = seed_file_open(s)) < 0)
		return rv;
	seed_refill_start(s);
	if (source != NULL)
		return seed_source_start(s, source);
	s->planned = true;
	seed_proceed(s);
	return 0;
}

int
seed_new(struct seed **out, struct loop *l, const struct seed_options *opts,
    struct keyfile *key, const char *source, const struct sp_log *log)
{
	struct seed *s = calloc(1, sizeof(*s));
	int rv;

	if (s == NULL)
		return SP_ERR_NOMEM;
	s->loop = l;
	s->opts = opts;
	s->key = key;
	s->log = log;
	s->state_fd = -1;
	s->has_source = source != NULL;
	s->start = loop_now(l);
	s->wall0_ms = io_wall_ms();
	rv = start(s, source);
	if (rv < 0) {
		seed_free(s);
		return rv;
	}
	*out = s;
	return 0;
}

void
seed_look(struct seed *s)
{
	seed_file_look(s);
}

void
seed_stop(struct seed *s)
{
	if (s->stopping)
		return;
	s->stopping = true;
	if (s->settled)
		seed_state_save(s);
	mesh_host_leave(s->mesh);
}

void
seed_free(struct seed *s)
{
	if (s == NULL)
		return;
	s->stopping = true;
	http_free(s->http);
	seed_dht_close(s);
	seed_file_close(s);
	mesh_host_free(s->mesh);
	seed_source_stop(s);
	seed_publish_stop(s);
	origin_free(s->origin);
	io_timer_fini(&s->soon);
	io_timer_fini(&s->gate);
	io_timer_fini(&s->minute);
	io_timer_fini(&s->root_timer);
	follower_free(s->follower);
	plan_fini(&s->plan);
	spool_fini(&s->spool);
	buf_fini(&s->env);
	sealer_wipe(&s->sealer);
	seed_log_sync(s);
	journal_close(&s->journal);
	seed_state_close(s);
	for (size_t i = 0; i < s->n_hosts; i++)
		free(s->hosts[i]);
	free(s->root_url);
	free(s->base);
	free(s->dir);
	free(s);
}
