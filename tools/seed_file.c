#include "tools/seed_int.h"

#include <errno.h>

#include "io/daemon.h"

/*
 * Files of the channel: hashed bit by bit, seeded as a torrent by a session of
 * libtorrent's own, told of by an item (wire/fileitem.h) in the manifest and in
 * the DHT.
 *
 * What is seeded is what lies on the disk: once files have changed, the version
 * before cannot be had from here any more. libtorrent hashes what it sends for
 * the first time, so nobody gets a mixture of two versions.
 */

#define SLICE      (8 * 1024 * 1024) /* bytes hashed in a round of the loop */
#define SETTLE     (2 * SP_S)        /* files changed while they were read */
#define LOOK_AGAIN (SP_S)

/* ---- what is told ---- */

static void
put_url(struct head_text *v, size_t *n, const char *url)
{
	if (*n < LIM_HEAD_URLS)
		v[(*n)++] = (struct head_text){ url, strlen(url) };
}

static void
fill_item(const struct seed *s, struct fileitem *i)
{
	const struct seed_file *f = &s->file;
	struct sp_addr a = mesh_host_external(s->mesh);

	memset(i, 0, sizeof(*i));
	memcpy(i->id, f->id, sizeof(i->id));
	i->has_v2 = f->has_v2;
	memcpy(i->v2, f->v2, sizeof(i->v2));
	i->name = (struct head_text){ f->set.name, strlen(f->set.name) };
	i->port = f->port;
	for (size_t k = 0; k < s->opts->web_seeds.n; k++)
		put_url(i->seeds, &i->n_seeds, s->opts->web_seeds.v[k]);
	for (size_t k = 0; k < s->n_trackers; k++)
		put_url(i->trackers, &i->n_trackers, s->trackers[k].announce);
	a.port = f->port;
	if (!addr_is_bogus(&a) && (s->opts->lan || !addr_is_private(&a)))
		i->peers[i->n_peers++] = a;
}

static void
announce(struct seed *s)
{
	struct seed_file *f = &s->file;
	int64_t last = (int64_t)SP_MAX(s->state->head_seq, (uint64_t)f->seen);
	int64_t seq = head_next(last, seed_now_ms(s));
	struct fileitem i;
	struct sp_buf b;
	int rv = (int)SP_MIN(seq, 0);

	fill_item(s, &i);
	if (rv == 0)
		rv = fileitem_seal(&f->item, &i, seq, s->key->sk);
	if (rv < 0) {
		log_msg(s->log, LOG_LEVEL_ERROR, "files: %s", sp_strerror(rv));
		return;
	}
	/* as with the head: before anybody sees it */
	s->state->head_seq = (uint64_t)seq;
	seed_state_save(s);
	buf_wrap(&b, f->packed, sizeof(f->packed));
	fileitem_pack(&b, &f->item);
	f->packed_len = b.len;
	log_msg(s->log, LOG_LEVEL_INFO, "files: signed seq=%lld name=%s",
	    (long long)seq, f->set.name);
	seed_files_ready(s);
}

void
seed_file_put(void *ctx, const char *salt SP_UNUSED, int64_t seen,
    uint32_t stored)
{
	struct seed *s = ctx;
	struct seed_file *f = &s->file;

	if (s->stopping)
		return;
	if (seen > f->item.seq) {
		log_msg(s->log, LOG_LEVEL_WARN,
		    "files: the DHT has a later item, signed again seq=%lld "
		    "theirs=%lld",
		    (long long)f->item.seq, (long long)seen);
		f->seen = seen;
		announce(s);
	} else if (stored > 0 && !f->told) {
		f->told = true;
		log_msg(s->log, LOG_LEVEL_INFO,
		    "files: are in the DHT seq=%lld nodes=%u",
		    (long long)f->item.seq, (unsigned)stored);
	}
}

static void
say_magnet(struct seed *s, const struct metainfo *m)
{
	struct sp_buf b;

	buf_init(&b, io_mem(), (size_t)1 << 18);
	metainfo_magnet(&b, m);
	if (b.err == 0) {
		printf("files: %.*s\n", (int)b.len, (const char *)b.p);
		fflush(stdout);
	}
	buf_fini(&b);
	log_msg(s->log, LOG_LEVEL_INFO,
	    "files: name=%s files=%zu bytes=%llu piece=%u", s->file.next.name,
	    m->n_files, (unsigned long long)s->file.next.total,
	    (unsigned)m->piece_length);
}

/* ---- the torrent ---- */

static void
fill_about(const struct seed *s, struct metainfo *m)
{
	static const char by[] = "spate " PACKAGE_VERSION;

	memset(m, 0, sizeof(*m));
	m->created_by = (struct metainfo_text){ by, sizeof(by) - 1 };
	m->created = io_wall_ms() / 1000;
	for (size_t i = 0; i < s->n_trackers && i < LIM_TRACKERS; i++)
		m->trackers[m->n_trackers++] =
		    (struct metainfo_text){ s->trackers[i].announce,
			    strlen(s->trackers[i].announce) };
	for (size_t i = 0; i < s->opts->web_seeds.n && i < LIM_ORIGINS; i++)
		m->seeds[m->n_seeds++] =
		    (struct metainfo_text){ s->opts->web_seeds.v[i],
			    strlen(s->opts->web_seeds.v[i]) };
}

/* libtorrent's part; what it had is removed. */
static int
seed_torrent(struct seed *s, const struct sp_buf *b)
{
	struct seed_file *f = &s->file;
	int64_t bps = 0;
	struct lt_torrent t = {
		.size = sizeof(t),
		.metainfo = b->p,
		.metainfo_len = b->len,
		.save_path = f->next.root,
		.flags = LT_SEED_MODE | LT_NO_WEB_SEEDS,
	};

	if (!seed_options_upload(s->opts, &bps))
		bps = 0;
	t.up_bps = (uint32_t)SP_MIN(bps, (int64_t)INT32_MAX);
	if (f->torrent != 0)
		lt_remove(f->lt, f->torrent, false);
	f->torrent = 0;
	f->added = false;
	memset(&f->st, 0, sizeof(f->st));
	return lt_add(f->lt, &t, &f->torrent);
}

static int
write_torrent(struct seed *s, const struct sp_buf *b)
{
	const char *path = s->opts->torrent;

	if (path == NULL || store_write(path, b->p, b->len, 0644) == 0)
		return 0;
	log_msg(s->log, LOG_LEVEL_ERROR, "files: %s: %s", path,
	    strerror(errno));
	return SP_ERR_IO;
}

static int
make_torrent(struct seed *s, struct metainfo *m, struct sp_buf *b)
{
	struct seed_file *f = &s->file;
	int rv;

	fill_about(s, m);
	if ((rv = filehash_write(f->hash, b, m)) < 0) {
		snprintf(f->why, sizeof(f->why), "%s", sp_strerror(rv));
		return rv;
	}
	if (f->torrent != 0 && f->has_v2 == (m->version != METAINFO_V1) &&
	    memcmp(f->id, m->version & METAINFO_V1 ? m->v1 : m->v2,
		sizeof(f->id)) == 0)
		return SP_ERR_EXISTS;
	if ((rv = seed_torrent(s, b)) < 0) {
		snprintf(f->why, sizeof(f->why), "%s", lt_why(f->lt)->text);
		return rv;
	}
	(void)write_torrent(s, b);
	f->has_v2 = (m->version & METAINFO_V2) != 0;
	memcpy(f->id, m->version & METAINFO_V1 ? m->v1 : m->v2, sizeof(f->id));
	memcpy(f->v2, m->v2, sizeof(f->v2));
	say_magnet(s, m);
	return 0;
}

/* ---- hashing ---- */

static void
forget_next(struct seed_file *f)
{
	filehash_free(f->hash);
	f->hash = NULL;
	fileset_fini(&f->next);
}

/* At the start nothing is there to go on with. */
static void
failed(struct seed *s)
{
	struct seed_file *f = &s->file;

	forget_next(f);
	if (f->torrent == 0)
		seed_give_up(s, "file", f->why);
	else
		log_msg(s->log, LOG_LEVEL_ERROR,
		    "files: not published, the version before stays why=%s",
		    f->why);
}

static void
hashed(struct seed *s)
{
	struct seed_file *f = &s->file;
	struct metainfo m;
	struct sp_buf b;
	int rv;

	buf_init(&b, io_mem(), LIM_METAINFO);
	rv = make_torrent(s, &m, &b);
	buf_fini(&b);
	if (rv < 0 && rv != SP_ERR_EXISTS) {
		failed(s);
		return;
	}
	fileset_fini(&f->set);
	f->set = f->next;
	memset(&f->next, 0, sizeof(f->next));
	forget_next(f);
	/* announced when libtorrent has it (LT_EV_ADDED) */
}

static int
begin_hash(struct seed *s)
{
	static const unsigned versions[] = {
		[SEED_FORMAT_HYBRID] = METAINFO_HYBRID,
		[SEED_FORMAT_V2] = METAINFO_V2,
		[SEED_FORMAT_V1] = METAINFO_V1,
	};
	struct filehash_conf conf = {
		.version = versions[s->opts->format],
		.piece_length = (uint32_t)s->opts->piece_length,
	};
	struct seed_file *f = &s->file;
	int rv = filehash_new(&f->hash, &f->next, &conf);

	if (rv < 0) {
		snprintf(f->why, sizeof(f->why), "%s",
		    rv == SP_ERR_TOOBIG
			? "too many pieces: give a larger --piece-length"
			: sp_strerror(rv));
		return rv;
	}
	if (f->next.n_left > 0)
		log_msg(s->log, LOG_LEVEL_WARN,
		    "files: links and devices are left out number=%zu",
		    f->next.n_left);
	io_timer_set(&f->work, 0);
	return 0;
}

static int
look(struct seed *s)
{
	const struct conf_list *l = &s->opts->files;
	struct seed_file *f = &s->file;

	return fileset_scan(&f->next, (const char *const *)l->v, l->n, f->why);
}

static void
work_cb(void *ctx, sp_time now)
{
	struct seed *s = ctx;
	struct seed_file *f = &s->file;
	int rv;

	if (s->stopping)
		return;
	if (f->hash == NULL) { /* they changed while they were read */
		if ((rv = look(s)) < 0 || (rv = begin_hash(s)) < 0)
			failed(s);
		return;
	}
	rv = filehash_step(f->hash, SLICE, f->why);
	if (rv == 0) {
		io_timer_set(&f->work, 0);
	} else if (rv > 0) {
		hashed(s);
	} else if (rv == SP_ERR_STALE) {
		log_msg(s->log, LOG_LEVEL_WARN, "files: looked at again why=%s",
		    f->why);
		forget_next(f);
		io_timer_set(&f->work, now + SETTLE);
	} else {
		failed(s);
	}
}

void
seed_file_look(struct seed *s)
{
	struct seed_file *f = &s->file;

	if (!f->on || s->stopping || f->hash != NULL ||
	    io_timer_is_set(&f->work))
		return;
	if (look(s) < 0) {
		failed(s);
	} else if (fileset_same(&f->next, &f->set)) {
		log_msg(s->log, LOG_LEVEL_INFO, "files: are as they were");
		forget_next(f);
	} else if (begin_hash(s) < 0) {
		failed(s);
	}
}

/* Each --rescan: what has changed must have come to rest. */
static void
rescan_cb(void *ctx, sp_time now)
{
	struct seed *s = ctx;
	struct seed_file *f = &s->file;
	struct fileset was = f->seen_set;

	io_timer_set(&f->rescan, now + s->opts->rescan);
	if (s->stopping || f->hash != NULL || io_timer_is_set(&f->work) ||
	    f->torrent == 0)
		return;
	memset(&f->seen_set, 0, sizeof(f->seen_set));
	if (look(s) < 0 || fileset_same(&f->next, &f->set)) {
		forget_next(f);
	} else if (was.n > 0 && fileset_same(&f->next, &was)) {
		if (begin_hash(s) < 0)
			failed(s);
	} else {
		f->seen_set = f->next;
		memset(&f->next, 0, sizeof(f->next));
	}
	fileset_fini(&was);
}

/* ---- libtorrent ---- */

static void
on_listening(struct seed *s, const struct lt_event *ev)
{
	struct seed_file *f = &s->file;

	if (ev->type == LT_EV_LISTEN_FAILED) {
		log_msg(s->log, LOG_LEVEL_WARN, "files: cannot listen why=%s",
		    ev->error.text);
		return;
	}
	if (ev->u.listen.udp || f->listening)
		return;
	f->port = ev->u.listen.addr.port;
	f->listening = true;
	if (f->added && f->packed_len == 0)
		announce(s);
}

static void
on_event(void *ctx, const struct lt_event *ev)
{
	struct seed *s = ctx;
	struct seed_file *f = &s->file;

	switch (ev->type) {
	case LT_EV_LISTENING:
	case LT_EV_LISTEN_FAILED:
		on_listening(s, ev);
		break;
	case LT_EV_ADDED:
		if (ev->torrent != f->torrent)
			break;
		f->added = true;
		if (f->listening)
			announce(s);
		break;
	case LT_EV_STATUS:
		for (size_t i = 0; i < ev->u.status.n; i++)
			if (ev->u.status.v[i].torrent == f->torrent)
				f->st = ev->u.status.v[i];
		f->st.pieces = NULL;
		break;
	case LT_EV_TORRENT_ERROR:
		if (!f->added && ev->torrent == f->torrent) {
			snprintf(f->why, sizeof(f->why), "%s", ev->error.text);
			f->torrent = 0;
			failed(s);
			break;
		}
		log_msg(s->log, LOG_LEVEL_ERROR, "files: %s", ev->error.text);
		break;
	case LT_EV_TRACKER_ERROR:
		log_msg(s->log, LOG_LEVEL_DEBUG, "files: tracker: %s url=%s",
		    ev->error.text, ev->u.url);
		break;
	default:
		break;
	}
}

static void
fd_cb(void *ctx, int fd SP_UNUSED)
{
	struct seed *s = ctx;

	lt_drain(s->file.lt, on_event, s);
}

struct settings {
	struct lt_kv kv[64];
	char listen[64];
	struct sp_buf nodes;
	size_t n;
};

static void
set(struct settings *o, const char *name, const char *value)
{
	assert(o->n < SP_LEN(o->kv) && "presets and a few more");
	o->kv[o->n++] = (struct lt_kv){ name, value };
}

static void
set_all(struct settings *o, enum lt_preset which)
{
	const struct lt_kv *v;
	size_t n = lt_preset(which, &v);

	for (size_t i = 0; i < n; i++)
		set(o, v[i].name, v[i].value);
}

static void
fill_settings(const struct seed *s, struct settings *o)
{
	const struct seed_options *so = s->opts;
	const struct conf_list *l = &so->dht.bootstrap;
	bool dht = dht_options_on(&so->dht, s->n_trackers);
	int port = (int)so->torrent_port;

	set_all(o, LT_PRESET_PEERS);
	if (so->lan)
		set_all(o, LT_PRESET_LOCAL_DHT);
	snprintf(o->listen, sizeof(o->listen), "0.0.0.0:%d,[::]:%d", port,
	    port);
	set(o, "listen_interfaces", o->listen);
	set(o, "user_agent", "spate-seed/" PACKAGE_VERSION);
	set(o, "enable_dht", dht ? "1" : "0");
	for (size_t i = 0; i < l->n; i++) {
		buf_put_str(&o->nodes, i > 0 ? "," : "");
		buf_put_str(&o->nodes, l->v[i]);
	}
	buf_put_u8(&o->nodes, '\0');
	if ((l->n > 0 || so->lan) && o->nodes.err == 0)
		set(o, "dht_bootstrap_nodes", (const char *)o->nodes.p);
	if (!so->lan && !so->no_port_map) {
		set(o, "enable_upnp", "1");
		set(o, "enable_natpmp", "1");
	}
	/* who publishes gives to many at once, and many share an address */
	set(o, "allow_multiple_connections_per_ip", "1");
	set(o, "unchoke_slots_limit", "32");
}

static int
open_session(struct seed *s)
{
	struct settings *o = calloc(1, sizeof(*o));
	struct lt_conf c = { .size = sizeof(c) };
	struct lt_error why = { .size = sizeof(why) };
	struct seed_file *f = &s->file;
	int rv;

	if (o == NULL)
		return SP_ERR_NOMEM;
	buf_init(&o->nodes, io_mem(), 16 * 1024);
	fill_settings(s, o);
	c.settings = o->kv;
	c.n_settings = o->n;
	rv = lt_new(&f->lt, &c, &why);
	buf_fini(&o->nodes);
	free(o);
	if (rv < 0)
		daemon_complain("file", why.text);
	else
		rv = io_watch_new(&f->watch, s->loop, lt_fd(f->lt), fd_cb, s);
	return rv;
}

/* ---- beginning and end ---- */

int
seed_file_open(struct seed *s)
{
	struct seed_file *f = &s->file;
	int rv;

	if (s->opts->files.n == 0)
		return 0;
	if (!lt_is_there()) {
		daemon_complain("file",
		    "built without libtorrent: only streams can be published");
		return SP_ERR_UNSUPPORTED;
	}
	if (io_timer_init(&f->work, s->loop, work_cb, s) < 0 ||
	    io_timer_init(&f->rescan, s->loop, rescan_cb, s) < 0)
		return SP_ERR_NOMEM;
	if ((rv = look(s)) < 0 || (rv = begin_hash(s)) < 0) {
		daemon_complain("file", f->why);
		return rv;
	}
	f->on = true;
	if (s->opts->rescan > 0)
		io_timer_set(&f->rescan, loop_now(s->loop) + s->opts->rescan);
	return open_session(s);
}

void
seed_file_close(struct seed *s)
{
	struct seed_file *f = &s->file;

	io_watch_free(f->watch);
	io_timer_fini(&f->work);
	io_timer_fini(&f->rescan);
	lt_free(f->lt);
	forget_next(f);
	fileset_fini(&f->set);
	fileset_fini(&f->seen_set);
}

void
seed_file_status(struct seed *s)
{
	if (s->file.lt != NULL)
		(void)lt_post_status_all(s->file.lt);
}
