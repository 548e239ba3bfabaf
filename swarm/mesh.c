#include "swarm/mesh.h"

#include "base/hash.h"
#include "swarm/mesh_int.h"
#include "swarm/neighbours.h"

#define OUT_MAX   (2 * 1024 * 1024)
#define UP_LEFT   12  /* that part of an upload limit is not used */
#define UP_BURSTS 200 /* of a second's worth saved, besides one block */

static int
real_record(const struct record_env *env, const uint8_t *pk)
{
	return record_verify(env, pk);
}

static int
real_block(const uint8_t leaf[HASH_LEN], const void *p, size_t len)
{
	uint8_t h[HASH_LEN];

	hash_sha256(h, p, len);
	return memcmp(h, leaf, HASH_LEN) == 0 ? 0 : SP_ERR_HASH;
}

const struct mesh_crypto mesh_crypto_real = { real_record, real_block, NULL };

void
mesh_conf_init(struct mesh_conf *conf)
{
	memset(conf, 0, sizeof(*conf));
	conf->neighbours = 24;
	conf->neighbours_max = 50;
	conf->dials_max = 20;
	conf->window_ms = 60000;
	conf->delay_max_ms = 60000;
	conf->fetches_max = 4;
}

static int
conf_check(const struct mesh_conf *c)
{
	if (c->neighbours < 1 || c->neighbours > MESH_PEERS_MAX ||
	    c->neighbours_max < c->neighbours ||
	    c->neighbours_max > MESH_PEERS_MAX || c->dials_max < 1 ||
	    c->fetches_max > MESH_FETCHES || c->n_ciphers == 0 ||
	    c->window_ms < 1000)
		return SP_ERR_ARG;
	return 0;
}

int
mesh_new(struct mesh **out, const struct mesh_conf *conf,
    const struct sp_mem *mem, uint64_t seed, sp_time now)
{
	struct mesh *m;

	if (conf_check(conf) < 0)
		return SP_ERR_ARG;
	m = mem_zalloc(mem, 1, sizeof(*m));
	if (m == NULL)
		return SP_ERR_NOMEM;
	m->news = mem_zalloc(mem, MESH_NEWS_MIN, sizeof(*m->news));
	if (m->news == NULL) {
		mem_free(mem, m);
		return SP_ERR_NOMEM;
	}
	m->cap_news = MESH_NEWS_MIN;
	m->conf = *conf;
	m->mem = mem;
	m->crypto = conf->crypto != NULL ? conf->crypto : &mesh_crypto_real;
	m->seed = seed;
	m->now = now;
	rng_seed(&m->rng, seed);
	link_infohash(m->info_hash, conf->pk);
	link_psk(m->psk, conf->pk);
	hash_keypair(m->sign_pk, m->sign_sk, conf->secret);
	hash_x25519_sk(m->static_sk, m->sign_sk);
	secure_public(m->static_pk, m->static_sk);
	link_peerid(m->id, m->static_pk);
	window_init(&m->window, mem, conf->store);
	contacts_init(&m->contacts, mem, conf->lan);
	announce_init(&m->announce, now);
	choker_init(&m->choker);
	uplink_init(&m->uplink);
	m->weak_till = SP_NEVER;
	quantile_init(&m->fetch_us, 500);
	quantile_init(&m->heard_us, 500);
	quantile_init(&m->kept_us, 500);
	rescue_pace_init(&m->pace);
	quantile_init(&m->st.lag, 0);
	buf_init(&m->out, mem, OUT_MAX);
	mesh_receipts_init(m);
	/*
	 * What TCP has held back for a moment comes in one go afterwards: a
	 * part is left for that, or the limit would be none in some seconds.
	 */
	ratelim_init(&m->up_limit, conf->up_bps - conf->up_bps / UP_LEFT,
	    conf->up_bps / UP_BURSTS +
		wirecost_sent(LIM_BLOCK + MESH_BLOCK_HEAD),
	    now);
	delay_init(&m->delay);
	solo_init(&m->solo, now);
	m->play_conf.delay = conf->delay_ms * SP_MS;
	m->play_conf.delay_max = conf->delay_max_ms * SP_MS;
	m->st.startup = -1;
	m->watched = -1;
	m->sched_at = m->news_at = m->want_at = m->up_at = SP_NEVER;
	m->rest_at = SP_NEVER;
	m->late_at = SP_NEVER;
	m->sched_gap = MESH_SCHED_GAP;
	m->house_at = now;
	/* not all at once */
	m->rotate_at =
	    now + NEIGH_ROTATE + m->id[LINK_PEERID_LEN - 2] * 120 * SP_MS;
	*out = m;
	return 0;
}

void
mesh_free(struct mesh *m)
{
	unsigned i;

	if (m == NULL)
		return;
	for (i = 0; i < MESH_PEERS_MAX; i++)
		if (m->peers[i] != NULL)
			mesh_peer_free(m, i);
	mesh_fetch_fini(m);
	mesh_tree_fini(m);
	window_fini(&m->window);
	contacts_fini(&m->contacts);
	buf_fini(&m->out);
	mem_free(m->mem, m->acts);
	mem_free(m->mem, m->taps);
	mem_free(m->mem, m->roster);
	mem_free(m->mem, m->plan);
	mem_free(m->mem, m->news);
	mem_free(m->mem, m->manifest);
	mem_free(m->mem, m->manifest_env);
	buf_fini(&m->receipts);
	hash_wipe(&m->conf, sizeof(m->conf));
	hash_wipe(m->static_sk, sizeof(m->static_sk));
	hash_wipe(m->sign_sk, sizeof(m->sign_sk));
	mem_free(m->mem, m);
}

/* ---- tracker ---- */

int
mesh_announced(struct mesh *m, uint32_t announce, const struct tw_reply *r,
    sp_time now)
{
	size_t i;

	m->now = now;
	if (r == NULL) {
		m->st.announce_errors++;
		announce_failed(&m->announce, announce, &m->rng, now);
		return 0;
	}
	announce_ok(&m->announce, announce, r->interval_s, r->min_interval_s,
	    &m->rng, now);
	m->announced = true;
	if (r->external.family != 0)
		m->external = r->external;
	m->swarm_size = (uint64_t)r->complete + r->incomplete;
	m->counted = r->counted;
	memcpy(m->viewers, r->viewers, sizeof(m->viewers));
	for (i = 0; i < r->n_peers; i++) {
		if (r->peers[i].has_id &&
		    memcmp(r->peers[i].peer_id, m->id, LINK_PEERID_LEN) == 0)
			continue;
		contacts_add(&m->contacts, &r->peers[i].addr,
		    r->peers[i].has_id ? r->peers[i].peer_id : NULL, &m->rng,
		    now);
	}
	m->house_at = now;
	mesh_dirty(m, 0);
	return 0;
}

int
mesh_meet(struct mesh *m, const struct sp_addr *addrs, size_t n, sp_time now)
{
	size_t i;

	m->now = now;
	for (i = 0; i < n; i++)
		contacts_add(&m->contacts, &addrs[i], NULL, &m->rng, now);
	m->house_at = now;
	mesh_dirty(m, 0);
	return 0;
}

int
mesh_meet_near(struct mesh *m, const struct sp_addr *addrs, size_t n,
    sp_time now)
{
	size_t i;

	m->now = now;
	for (i = 0; i < n; i++)
		contacts_add_near(&m->contacts, &addrs[i], NULL, &m->rng, now);
	m->house_at = now;
	mesh_dirty(m, 0);
	return 0;
}

void
mesh_outside_port(struct mesh *m, uint16_t port)
{
	m->outside_port = port;
}

int
mesh_feed_state(struct mesh *m, bool up, sp_time now)
{
	m->now = now;
	m->feed_up = up;
	if (!up && m->want_at > now + MESH_FEED_GRACE)
		m->want_at = now + MESH_FEED_GRACE;
	return 0;
}

int
mesh_record(struct mesh *m, const uint8_t *env, size_t len, bool from_feed,
    sp_time now)
{
	m->now = now;
	return mesh_record_in(m, env, len, !from_feed);
}

int
mesh_manifest(struct mesh *m, const uint8_t *env, size_t len, bool from_feed,
    sp_time now)
{
	m->now = now;
	return mesh_manifest_in(m, env, len, !from_feed, NULL);
}

int
mesh_supply(struct mesh *m, uint8_t track, uint64_t number, const void *p,
    size_t len, sp_time now)
{
	struct piece *pc = mesh_find(m, track, number);
	uint32_t i;
	size_t n;
	int rv;

	m->now = now;
	if (pc == NULL)
		return SP_ERR_NOTFOUND;
	if (len != pc->rec.length)
		return SP_ERR_RANGE;
	for (i = 0; i < pc->blocks; i++) {
		n = record_block_len(&pc->rec, i);
		rv = mesh_block(m, pc, i,
		    (const uint8_t *)p + (size_t)i * LIM_BLOCK, n, -1);
		if (rv < 0 && rv != SP_ERR_EXISTS)
			return rv;
	}
	if (!m->supplies) {
		m->supplies = true;
		mesh_root_roster(m);
	}
	return 0;
}

/* ---- playing ---- */

int
mesh_follow(struct mesh *m, uint8_t track, bool on, sp_time now)
{
	struct window_track *t = window_track(&m->window, track);

	sp_time delay;

	m->now = now;
	if (track >= LIM_TRACKS || t == NULL)
		return SP_ERR_RANGE;
	if (m->play[track].on == on)
		return 0;
	delay = m->play[track].delay;
	if (on) {
		mesh_relay_stop(m, track);
		playhead_follow(&m->play[track], now);
		mesh_weigh_begins(m);
	} else {
		playhead_stop(&m->play[track]);
		mesh_relay_begin(m, track, delay);
	}
	mesh_retime(m, track);
	mesh_dirty(m, 0);
	return 0;
}

void
mesh_watches(struct mesh *m, int track, sp_time now)
{
	if (track == m->watched)
		return;
	m->now = now;
	m->watched = track;
	announce_hurry(&m->announce, now);
	m->house_at = SP_MIN(m->house_at, now + MESH_HOUSE_GAP);
}

bool
mesh_viewers(const struct mesh *m, uint32_t out[LIM_TRACKS])
{
	unsigned i;

	for (i = 0; i < LIM_TRACKS; i++)
		out[i] = m->viewers[i];
	return m->counted;
}

int
mesh_play(const struct mesh *m, uint8_t track, struct mesh_play *out)
{
	const struct playhead *ph;
	const struct window_track *t;

	if (track >= LIM_TRACKS || !m->play[track].on)
		return SP_ERR_NOTFOUND;
	ph = &m->play[track];
	t = &m->window.tracks[track];
	out->started = ph->started;
	out->first = SP_MAX(ph->start, t->first);
	out->edge = SP_MAX(ph->edge, out->first);
	out->ended = ph->ended;
	out->delay_ms = (uint32_t)(ph->delay / SP_MS);
	return 0;
}

int
mesh_piece(const struct mesh *m, uint8_t track, uint64_t number,
    struct mesh_piece *out)
{
	const struct piece *pc = mesh_find(m, track, number);

	if (pc == NULL)
		return SP_ERR_NOTFOUND;
	out->rec = &pc->rec;
	out->env = pc->env;
	out->env_len = pc->env_len;
	out->blocks = pc->blocks;
	out->held = pc->n_held;
	out->lost = pc->lost;
	out->avail_at = pc->avail_at;
	return 0;
}

int
mesh_read(const struct mesh *m, uint8_t track, uint64_t number, size_t at,
    const uint8_t **p, size_t *len)
{
	const struct piece *pc = mesh_find(m, track, number);
	uint32_t i = (uint32_t)(at / LIM_BLOCK);
	const uint8_t *block;

	*p = NULL;
	*len = 0;
	if (pc == NULL)
		return SP_ERR_NOTFOUND;
	if (at >= pc->rec.length)
		return 0;
	block = window_get(&m->window, pc, i);
	if (block == NULL)
		return 0;
	*p = block + at % LIM_BLOCK;
	*len = record_block_len(&pc->rec, i) - at % LIM_BLOCK;
	return 0;
}

int
mesh_want(struct mesh *m, uint8_t track, uint64_t number, sp_time now)
{
	struct piece *pc = mesh_find(m, track, number);

	m->now = now;
	if (pc == NULL)
		return SP_ERR_NOTFOUND;
	if (piece_is_complete(pc) || pc->want_at != SP_NEVER)
		return 0;
	pc->want_at = now;
	if (track < LIM_TRACKS)
		m->play[track].asked = SP_MIN(m->play[track].asked, number);
	/* a player waits: as urgent as the first piece of a start */
	pc->deadline = SP_MIN(pc->deadline,
	    now + mesh_fetch_guard(m, pc->rec.length) + PLAYHEAD_STEP);
	mesh_dirty(m, 0);
	return 0;
}

const struct manifest *
mesh_manifest_get(const struct mesh *m, const uint8_t **env, size_t *len)
{
	if (env != NULL)
		*env = m->manifest_env;
	if (len != NULL)
		*len = m->manifest_len;
	return m->manifest;
}

/* ---- time ---- */

int
mesh_tick(struct mesh *m, sp_time now)
{
	assert(now >= m->now && "time does not go back");
	m->now = now;
	if (m->leaving)
		return 0;
	if (now >= m->house_at) {
		m->house_at = now + MESH_HOUSE_GAP;
		mesh_house(m);
	}
	if (now >= m->want_at) {
		m->want_at = SP_NEVER;
		mesh_want_run(m);
	}
	if (now >= m->sched_at) {
		m->sched_at = SP_NEVER;
		m->sched_last = now;
		mesh_sched(m);
	}
	/* with the requests of a pass, if there are any, in one frame */
	if (now >= SP_MIN(m->news_at, m->rest_at) ||
	    (now == m->sched_last && now + MESH_NEWS_SOON >= m->news_at)) {
		m->news_at = SP_NEVER;
		m->news_last = now;
		mesh_news_flush(m, now + MESH_NEWS_SOON >= m->rest_at);
	}
	if (now >= m->up_at)
		m->up_at = SP_NEVER;
	return 0;
}

sp_time
mesh_deadline(const struct mesh *m)
{
	sp_time at = SP_MIN(m->house_at, m->sched_at);

	if (m->leaving)
		return SP_NEVER;
	at = SP_MIN(at, SP_MIN(m->news_at, m->rest_at));
	at = SP_MIN(at, m->want_at);
	return SP_MIN(at, m->up_at);
}

int
mesh_leave(struct mesh *m, sp_time now)
{
	struct mesh_act *a;
	unsigned i;

	m->now = now;
	if (m->leaving)
		return 0;
	for (i = 0; i < MESH_FETCHES; i++)
		if (m->fetches[i].used) {
			a = mesh_act_push(m, MESH_UNFETCH);
			if (a != NULL)
				a->u.unfetch.fetch = m->fetches[i].id;
		}
	mesh_fetch_fini(m);
	for (i = 0; i < MESH_PEERS_MAX; i++)
		if (m->peers[i] != NULL)
			mesh_peer_drop(m, i, PW_BYE_LEAVING, SP_OK);
	m->leaving = true;
	if (!m->announced)
		return 0;
	a = mesh_act_push(m, MESH_ANNOUNCE);
	if (a == NULL)
		return SP_ERR_NOMEM;
	a->u.announce.announce = ++m->next_id;
	a->u.announce.event = TW_EVENT_STOPPED;
	a->u.announce.track = -1;
	a->u.announce.uploaded = m->st.up_bytes;
	a->u.announce.downloaded = m->st.peer_bytes + m->st.origin_bytes;
	a->u.announce.left = m->conf.seeder ? 0 : 1;
	return 0;
}

/* ---- what happened ---- */

void
mesh_stats(const struct mesh *m, struct mesh_stats *out, sp_time now)
{
	unsigned i;

	*out = m->st;
	out->neighbours = 0;
	for (i = 0; i < MESH_PEERS_MAX; i++)
		if (m->peers[i] != NULL && m->peers[i]->established)
			out->neighbours++;
	mesh_tree_stats(m, out);
	out->contacts = m->contacts.n;
	out->delay_ms = 0;
	for (i = 0; i < LIM_TRACKS; i++)
		out->delay_ms =
		    SP_MAX(out->delay_ms, (uint32_t)(m->play[i].delay / SP_MS));
	out->delay_needed_ms = (uint32_t)(mesh_delay_needed(m) / SP_MS);
	out->window_bytes = m->window.bytes;
	out->peer_bps = ratemeter_bps(&m->peer_meter, now);
	out->origin_bps = ratemeter_bps(&m->origin_meter, now);
	out->up_bps = ratemeter_bps(&m->up_meter, now);
	out->uplink_bps = mesh_uplink(m);
	out->feed_up = m->feed_up;
}

const uint8_t *
mesh_peer_id(const struct mesh *m)
{
	return m->id;
}

const uint8_t *
mesh_info_hash(const struct mesh *m)
{
	return m->info_hash;
}

size_t
mesh_neighbours(const struct mesh *m, struct mesh_neighbour *out, size_t max,
    sp_time now)
{
	const struct peer *p;
	size_t n = 0;
	unsigned i;

	for (i = 0; i < MESH_PEERS_MAX && n < max; i++) {
		p = m->peers[i];
		if (p == NULL)
			continue;
		out[n] = (struct mesh_neighbour){
			.conn = p->conn,
			.addr = p->addr,
			.outgoing = p->outgoing,
			.established = p->established,
			.seeder = p->seeder,
			.choking_us = p->is_choking,
			.choked_by_us = p->am_choking,
			.interested = p->is_interested,
			.srtt_us = (uint32_t)(p->srtt / SP_US),
			.in_flight = p->n_req,
			.rate_bps = ratemeter_bps(&p->down, now),
			.down_bytes = p->down_bytes,
			.up_bytes = p->up_bytes,
			.timeouts = p->timeouts,
			.rejects = p->rejects,
		};
		memcpy(out[n++].peer_id, p->id, LINK_PEERID_LEN);
	}
	return n;
}
