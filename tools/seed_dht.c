#include "tools/seed_int.h"

/*
 * The channel's head in the DHT: when the seeder starts, when the manifest (so
 * also epoch or trackers) has changed, and each 10 to 15 minutes.
 *
 * Its seq is in the checkpoint before anybody sees it, as with records. When
 * nodes know a greater one (the checkpoint was lost, or the clock set back),
 * the head is signed again, above that.
 */

#define GATHER    (200 * SP_MS) /* changes that come together */
#define GAP       (2 * SP_S)    /* between two, at least */
#define RENEW     (10 * 60 * SP_S)
#define RENEW_MAX (5 * 60 * SP_S) /* more, by chance */

static void
put_url(struct head_text *v, size_t *n, const char *url)
{
	if (*n < LIM_HEAD_URLS)
		v[(*n)++] = (struct head_text){ url, strlen(url) };
}

static void
put_pieces(const struct seed *s, struct head *h)
{
	const struct spool_entry *e;
	struct head_piece *p;

	for (uint8_t t = 0; t < LIM_TRACKS; t++) {
		e = spool_newest(&s->spool, t);
		if (e == NULL || h->n_pieces == LIM_HEAD_PIECES)
			continue;
		p = &h->pieces[h->n_pieces++];
		p->track = t;
		p->number = e->number;
		memcpy(p->digest, e->digest, HASH_LEN);
	}
}

/* Where we are found, as far as somebody has told us. */
static void
put_ourselves(const struct seed *s, struct head *h)
{
	struct sp_addr a = mesh_host_external(s->mesh);

	a.port = a.family == 4 && !addr_is_private(&a)
		     ? mesh_host_outside_port(s->mesh)
		     : mesh_host_port(s->mesh);
	if (!addr_is_bogus(&a) && (s->opts->lan || !addr_is_private(&a)))
		h->peers[h->n_peers++] = a;
}

static void
fill(const struct seed *s, struct head *h, const struct manifest *m)
{
	memset(h, 0, sizeof(*h));
	h->epoch = s->state->epoch;
	h->serial = s->state->serial;
	if (s->spool.manifest != NULL)
		(void)manifest_digest(h->manifest, s->spool.manifest,
		    s->spool.manifest_len);
	put_pieces(s, h);
	for (size_t i = 0; i < s->n_trackers; i++)
		put_url(h->trackers, &h->n_trackers, s->trackers[i].announce);
	for (size_t i = 0; i < m->n_origins && i < LIM_HEAD_URLS; i++)
		h->origins[h->n_origins++] =
		    (struct head_text){ m->origins[i].p, m->origins[i].len };
	put_ourselves(s, h);
}

static int
seal(struct seed *s, struct head_item *it)
{
	struct manifest *m = calloc(1, sizeof(*m));
	struct seed_dht *d = &s->dht;
	int64_t last = (int64_t)SP_MAX(s->state->head_seq, (uint64_t)d->seen);
	int64_t seq = head_next(last, seed_now_ms(s));
	struct head h;
	int rv = (int)SP_MIN(seq, 0);

	if (m == NULL)
		return SP_ERR_NOMEM;
	seed_manifest_origins(s, m);
	fill(s, &h, m);
	if (rv == 0)
		rv = head_seal(it, &h, seq, s->key->sk);
	free(m);
	return rv;
}

static void
publish(struct seed *s)
{
	struct seed_dht *d = &s->dht;
	sp_time now = loop_now(s->loop);
	struct head_item it;
	int rv = seal(s, &it);

	d->at = now;
	io_timer_set(&d->timer,
	    now + RENEW + (sp_time)(io_random_u64() % (uint64_t)RENEW_MAX));
	if (rv == 0) {
		s->state->head_seq = (uint64_t)it.seq;
		seed_state_save(s);
		rv = mesh_host_head(s->mesh, &it);
	}
	if (rv < 0)
		log_msg(s->log, LOG_LEVEL_ERROR, "head: %s", sp_strerror(rv));
	else
		log_msg(s->log, LOG_LEVEL_DEBUG, "head: signed seq=%lld",
		    (long long)it.seq);
}

static void
timer_cb(void *ctx, sp_time now SP_UNUSED)
{
	struct seed *s = ctx;

	if (!s->stopping && s->open)
		publish(s);
}

void
seed_dht_changed(struct seed *s)
{
	struct seed_dht *d = &s->dht;
	sp_time at = loop_now(s->loop) + GATHER;

	if (!d->on)
		return;
	if (d->at != 0)
		at = SP_MAX(at, d->at + GAP);
	if (at < d->timer.at)
		io_timer_set(&d->timer, at);
}

void
seed_dht_put(void *ctx, int64_t seen, uint32_t stored)
{
	struct seed *s = ctx;
	struct seed_dht *d = &s->dht;

	if (seen > (int64_t)s->state->head_seq) {
		log_msg(s->log, LOG_LEVEL_WARN,
		    "head: the DHT has a later one, signed again seq=%lld "
		    "theirs=%lld",
		    (long long)s->state->head_seq, (long long)seen);
		d->seen = seen;
		seed_dht_changed(s);
	} else if (stored > 0 && !d->told) {
		d->told = true;
		log_msg(s->log, LOG_LEVEL_INFO, "head: is in the DHT nodes=%u",
		    (unsigned)stored);
	}
}

int
seed_dht_open(struct seed *s)
{
	struct mesh_host_dht st;

	s->dht.on = mesh_host_dht(s->mesh, &st);
	return io_timer_init(&s->dht.timer, s->loop, timer_cb, s);
}

void
seed_dht_close(struct seed *s)
{
	s->dht.on = false;
	io_timer_fini(&s->dht.timer);
}
