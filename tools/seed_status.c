#include "tools/seed_int.h"

#include <jansson.h>

#include "io/daemon.h"
#include "io/sock.h"
#include "swarm/client/host_status.h"

static json_t *
tracks(const struct seed *s)
{
	json_t *a = json_array();
	const struct checkpoint_track *c;
	const struct seed_track *t;

	for (size_t i = 0; i < s->n_tracks; i++) {
		t = &s->tracks[i];
		c = &s->state->tracks[t->id];
		json_array_append_new(a,
		    json_pack("{si ss sI sb sI sI sI sI sI sI ss}", "id", t->id,
			"url", t->url, "number",
			(json_int_t)(c->used ? c->mark.number : 0), "ended",
			c->used && c->mark.ended, "pieces",
			(json_int_t)t->pieces, "bytes", (json_int_t)t->bytes,
			"waiting",
			(json_int_t)follower_waiting(s->follower, t->id),
			"skipped", (json_int_t)t->skipped, "missed",
			(json_int_t)t->missed, "restarts",
			(json_int_t)t->restarts, "error", t->poll_why));
	}
	return a;
}

static json_t *
trackers(const struct seed *s)
{
	json_t *a = json_array();
	const struct seed_tracker *t;

	for (size_t i = 0; i < s->n_trackers; i++) {
		t = &s->trackers[i];
		json_array_append_new(a,
		    json_pack("{ss sb sI sI sI sI ss}", "url", t->announce,
			"ok", t->answers > 0 && t->fails == 0, "answers",
			(json_int_t)t->answers, "failures",
			(json_int_t)t->failures, "refused",
			(json_int_t)t->refused, "behind",
			(json_int_t)(s->spool.seq - t->cursor.seq), "error",
			t->why));
	}
	return a;
}

static json_t *
swarm(struct seed *s)
{
	struct mesh_neighbour v[MESH_PEERS_MAX];
	size_t n = mesh_neighbours(mesh_host_mesh(s->mesh), v, MESH_PEERS_MAX,
	    loop_now(s->loop));
	uint64_t up = 0;

	for (size_t i = 0; i < n; i++)
		up += v[i].up_bytes;
	return json_pack("{si si sb sI}", "port", mesh_host_port(s->mesh),
	    "neighbours", (int)n, "uploads", s->upload, "up_bytes",
	    (json_int_t)up);
}

static json_t *
journal(const struct seed *s)
{
	const struct journal *j = &s->journal;

	if (s->opts->journal == NULL)
		return json_null();
	return json_pack("{ss sb sI sI sI sI ss}", "file", s->opts->journal,
	    "ok", !j->failed && j->lost == 0, "bytes", (json_int_t)j->size,
	    "added", (json_int_t)j->added, "waiting",
	    (json_int_t)j->waiting.len, "lost", (json_int_t)j->lost, "error",
	    s->journal_why);
}

/* null: none are published. */
static json_t *
files(struct seed *s)
{
	const struct seed_file *f = &s->file;
	char id[2 * FILEITEM_ID_LEN + 1];

	if (!f->on)
		return json_null();
	seed_file_status(s);
	buf_hex(id, f->id, sizeof(f->id));
	return json_pack("{ss? ss sI sI sI sI sI si si sI sI ss}", "name",
	    f->set.name, "id", f->torrent != 0 ? id : "", "seq",
	    (json_int_t)f->item.seq, "files", (json_int_t)f->set.n, "bytes",
	    (json_int_t)f->set.total, "hashing",
	    (json_int_t)(f->hash != NULL ? f->next.total : 0), "hashed",
	    (json_int_t)(f->hash != NULL ? filehash_done(f->hash) : 0), "port",
	    f->port, "peers", (int)f->st.peers, "up_bytes",
	    (json_int_t)f->st.up_bytes, "up_bps", (json_int_t)f->st.up_bps,
	    "error", f->why);
}

static json_t *
status(struct seed *s)
{
	char pk[2 * HASH_PK_LEN + 1], ih[2 * LINK_INFOHASH_LEN + 1];

	buf_hex(pk, s->key->link.pk, HASH_PK_LEN);
	buf_hex(ih, s->info_hash, LINK_INFOHASH_LEN);
	return json_pack("{ss ss ss? sb sI sI sI sI sI sI s{ss sb ss} so so so "
			 "so so so so so}",
	    "channel", pk, "info_hash", ih, "source", s->root_url, "live",
	    s->open && !s->ended, "uptime_s",
	    (json_int_t)((loop_now(s->loop) - s->start) / SP_S), "epoch",
	    (json_int_t)s->state->epoch, "serial", (json_int_t)s->state->serial,
	    "pieces", (json_int_t)s->pieces, "bytes", (json_int_t)s->bytes,
	    "window", (json_int_t)s->spool.n, "state", "file", s->state_path,
	    "ok", !s->state_failed, "error", s->state_why, "journal",
	    journal(s), "tracks", tracks(s), "trackers", trackers(s), "swarm",
	    swarm(s), "dht", host_status_dht(s->mesh), "reach",
	    host_status_reach(s->mesh), "lsd", host_status_lsd(s->mesh),
	    "files", files(s));
}

static void
handler(void *ctx, struct http_req *r)
{
	struct seed *s = ctx;
	json_t *j;
	char *text;

	if (strcmp(http_req_path(r), "/status") != 0) {
		http_reply_text(r, 404, "only /status is here");
		return;
	}
	j = status(s);
	text = j != NULL ? json_dumps(j, JSON_INDENT(2)) : NULL;
	json_decref(j);
	http_header(r, "Cache-Control", "no-store");
	if (text != NULL)
		http_reply(r, 200, "application/json", text, strlen(text));
	else
		http_reply_text(r, 500, "something here is not UTF-8");
	free(text);
}

int
seed_status_open(struct seed *s)
{
	struct http_conf conf = { .check_host = true };
	struct sp_addr a[2];
	int n, rv;

	if (s->opts->status == NULL)
		return 0;
	n = sock_listen_parse(s->opts->status, a);
	/* Behind a name it is the operator's own choice. */
	conf.check_host = n > 0 && addr_is_loopback(&a[0]);
	rv = http_new(&s->http, s->loop, &conf, handler, s);
	for (int i = 0; i < n && rv == 0; i++)
		rv = http_listen(s->http, &a[i], &s->status_at);
	if (rv < 0) {
		daemon_complain(s->opts->status,
		    rv == SP_ERR_EXISTS ? "is in use" : sp_strerror(rv));
		return rv;
	}
	log_msg(s->log, LOG_LEVEL_INFO, "status: port=%u", s->status_at.port);
	return 0;
}
