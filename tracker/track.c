#include "tracker/track.h"

#include "base/hash.h"
#include "base/rng.h"
#include "tracker/reply.h"
#include "tracker/track_int.h"

void
track_conf_init(struct track_conf *c)
{
	memset(c, 0, sizeof(*c));
	registry_conf_init(&c->registry);
	live_conf_init(&c->live);
	c->max_present = 10000;
}

/* Behind all that it borrows. */
static int
make_plans(struct track *t, const struct track_conf *conf, uint64_t seed)
{
	struct plans_conf pc = {
		.live = t->live,
		.registry = t->registry,
		.duties = t->duties,
		.reps = t->reps,
		.presence = t->presence,
		/* none without a viewer */
		.max_channels = conf->max_present,
		.max_viewers = conf->max_present,
		.tell_private = conf->registry.lan == SCOPE_LAN_YES,
	};

	return plans_new(&t->plans, &pc, t->mem, seed);
}

int
track_new(struct track **out, const struct track_conf *conf,
    const struct sp_mem *mem, uint64_t seed, sp_time now)
{
	struct duties_conf dc = { .max_channels = conf->live.max_channels };
	struct sp_rng rng;
	struct track *t;
	int r;

	*out = NULL;
	r = hash_setup();
	if (r < 0)
		return r;
	t = mem_zalloc(mem, 1, sizeof(*t));
	if (t == NULL)
		return SP_ERR_NOMEM;
	t->mem = mem;
	t->full_scrape = conf->full_scrape;
	rng_seed(&rng, seed);
	r = registry_new(&t->registry, &conf->registry, mem, rng_u64(&rng),
	    now);
	if (r == 0)
		r = live_new(&t->live, &conf->live, mem, rng_u64(&rng), now);
	if (r == 0)
		r = access_new(&t->access, mem, rng_u64(&rng));
	if (r == 0)
		r = reps_new(&t->reps, mem, conf->registry.max_peers,
		    rng_u64(&rng));
	dc.live = t->live;
	dc.reps = t->reps;
	dc.registry = t->registry;
	dc.tell_private = conf->registry.lan == SCOPE_LAN_YES;
	if (r == 0)
		r = duties_new(&t->duties, &dc, mem, rng_u64(&rng));
	if (r == 0)
		r = presence_new(&t->presence, mem, conf->max_present,
		    conf->registry.max_ip_ports, rng_u64(&rng));
	if (r == 0)
		r = make_plans(t, conf, rng_u64(&rng));
	if (r == 0)
		r = figures_new(&t->figures, mem, conf->live.max_channels,
		    rng_u64(&rng));
	if (r == 0 && conf->node != 0)
		r = shareout_new(&t->shareout, conf->node, mem, rng_u64(&rng),
		    now);
	if (r < 0) {
		track_free(t);
		return r;
	}
	*out = t;
	return 0;
}

void
track_free(struct track *t)
{
	if (t == NULL)
		return;
	figures_free(t->figures);
	plans_free(t->plans);
	presence_free(t->presence);
	duties_free(t->duties);
	reps_free(t->reps);
	registry_free(t->registry);
	live_free(t->live);
	access_free(t->access);
	shareout_free(t->shareout);
	mem_free(t->mem, t);
}

bool
track_permits(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	if (access_permits(t->access, info_hash))
		return true;
	t->stats.denied++;
	return false;
}

bool
track_may_publish(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	if (access_may_publish(t->access, info_hash))
		return true;
	t->stats.denied++;
	return false;
}

/* ---- announce and scrape ------------------------------------------------- */

/*
 * Our own viewers say so in their peer-id (link_peerid): after a restart they
 * must not be sent away for half an hour before the seeder has republished.
 */
static bool
is_live(const struct track *t, const struct tw_announce *a)
{
	return live_find(t->live, a->info_hash) != NULL ||
	       memcmp(a->peer_id, "-SP", 3) == 0;
}

/* A viewer that is stored, or has left: what others say of it will count. */
static void
note_viewer(struct track *t, const struct tw_announce *a,
    const struct sp_addr *from, const struct registry_answer *ans, sp_time now)
{
	const struct live_chan *ch = live_find(t->live, a->info_hash);
	struct live_chan_stats s;
	struct rep_chan c;

	if (ch == NULL || a->left == 0)
		return;
	live_chan_stats(ch, &s);
	c = (struct rep_chan){ a->info_hash, s.kbps, s.avail_ms };
	/* or one address would be known by as many names as it likes */
	if (ans->replaced)
		reps_left(t->reps, &c, ans->was, from);
	reps_seen(t->reps, &c, a, from, now);
}

static void
weigh(struct track *t, const struct tw_announce *a, const struct sp_addr *from,
    sp_time now)
{
	struct sp_addr addr = *from;
	struct presence_key k;

	addr.port = a->port;
	k = presence_key(a->info_hash, a->peer_id, &addr);
	plans_weigh(t->plans, &k, now);
}

int
track_announce(struct track *t, const struct tw_announce *a,
    const struct sp_addr *from, struct tw_peer *peers, size_t max,
    struct tw_reply *out, sp_time now)
{
	struct registry_answer ans;
	struct sp_addr self = *from;
	int r = SP_ERR_DENIED;

	memset(out, 0, sizeof(*out));
	t->stats.announces++;
	self.port = a->port;
	if (track_permits(t, a->info_hash) && track_permits_addr(t, &self))
		r = registry_announce(t->registry, a, from, is_live(t, a),
		    peers, max, &ans, now);
	if (r < 0) {
		t->stats.announce_errors++;
		return r;
	}
	if (ans.store == 0) {
		note_viewer(t, a, from, &ans, now);
		track_tell(t, a, from, is_live(t, a), now);
	}
	weigh(t, a, from, now);
	duties_touch(t->duties, a->info_hash, now);
	out->interval_s = ans.interval_s;
	out->min_interval_s = ans.min_interval_s;
	out->complete = ans.complete;
	out->incomplete = ans.incomplete;
	out->external = *from;
	out->counted = ans.counted;
	memcpy(out->viewers, ans.viewers, sizeof(out->viewers));
	out->n_peers = ans.n_peers;
	out->peers = peers;
	t->stats.peers_told += ans.n_peers;
	return 0;
}

/* What the announce asked for of the window goes with it, if there is memory.
 */
static void
put_reply(struct track *t, struct sp_buf *b, struct tw_reply *r,
    const struct tw_announce *a)
{
	struct sp_buf tail;

	buf_init(&tail, t->mem, LIM_LIVE_TAIL);
	if (track_tail(t, a, LIM_LIVE_TAIL, &tail) == 0 && tail.len > 0) {
		r->live = tail.p;
		r->live_len = tail.len;
	}
	tw_reply_write(b, r, a);
	buf_fini(&tail);
}

int
track_http_announce(struct track *t, const char *query, size_t len,
    const struct sp_addr *from, struct sp_buf *b, sp_time now)
{
	struct tw_peer peers[LIM_NUMWANT];
	struct tw_announce a;
	struct tw_reply reply;
	const char *what = NULL;
	int r;

	r = tw_announce_parse(&a, query, len, &what);
	if (r < 0) {
		t->stats.announces++;
		t->stats.announce_errors++;
		reply_failure(b, r, what);
		return r;
	}
	r = track_announce(t, &a, from, peers, LIM_NUMWANT, &reply, now);
	if (r < 0)
		reply_failure(b, r, r == SP_ERR_DENIED ? "info_hash" : "port");
	else
		put_reply(t, b, &reply, &a);
	return r < 0 ? r : b->err;
}

static int
scrape_full(struct track *t, struct sp_buf *b)
{
	struct tw_scrape_entry *e;
	size_t it = 0, n = 0;

	if (!t->full_scrape)
		return SP_ERR_NOTFOUND;
	e = mem_zalloc(t->mem, TRACK_FULL_SCRAPE, sizeof(*e));
	if (e == NULL)
		return SP_ERR_NOMEM;
	while (n < TRACK_FULL_SCRAPE && registry_next(t->registry, &it, &e[n]))
		n++;
	tw_scrape_write(b, e, n);
	mem_free(t->mem, e);
	return 0;
}

static int
scrape_some(struct track *t, uint8_t (*v)[LINK_INFOHASH_LEN], size_t n,
    struct sp_buf *b)
{
	struct tw_scrape_entry e[LIM_SCRAPE_HASHES];
	size_t told = 0;

	for (size_t i = 0; i < n; i++) {
		if (track_permits(t, v[i]))
			registry_scrape(t->registry, v[i], &e[told++]);
	}
	if (told == 0)
		return SP_ERR_DENIED;
	tw_scrape_write(b, e, told);
	return 0;
}

int
track_http_scrape(struct track *t, const char *query, size_t len,
    struct sp_buf *b, sp_time now)
{
	uint8_t v[LIM_SCRAPE_HASHES][LINK_INFOHASH_LEN];
	int r, n;

	t->stats.scrapes++;
	registry_tick(t->registry, now);
	n = r = tw_scrape_parse(v, LIM_SCRAPE_HASHES, query, len);
	if (n == 0)
		r = scrape_full(t, b);
	else if (n > 0)
		r = scrape_some(t, v, (size_t)n, b);
	if (r < 0) {
		t->stats.scrape_errors++;
		reply_failure(b, r, "info_hash");
		return r;
	}
	return b->err;
}

/* ---- the rest ------------------------------------------------------------ */

void
track_drop_denied(struct track *t)
{
	struct live_chan_stats ch;
	const struct live_chan *chan;
	struct tw_scrape_entry swarm;
	size_t it;

	for (it = 0; (chan = live_next(t->live, &it)) != NULL;) {
		live_chan_stats(chan, &ch);
		if (!access_may_publish(t->access, ch.info_hash))
			live_drop(t->live, ch.info_hash);
	}
	for (it = 0; registry_next(t->registry, &it, &swarm);) {
		if (!access_permits(t->access, swarm.info_hash))
			registry_drop(t->registry, swarm.info_hash);
	}
}

int
track_access(struct track *t, enum access_list which, const char *text,
    size_t len, struct access_error *e)
{
	int r = access_set(t->access, which, text, len, e);

	if (r >= 0)
		track_drop_denied(t);
	return r;
}

void
track_tick(struct track *t, sp_time now)
{
	t->stats.kicked = access_tick(t->access, now);
	registry_tick(t->registry, now);
	live_tick(t->live, now);
	reps_tick(t->reps, now);
	figures_tick(t->figures, now);
}

bool
track_wake(struct track *t, uint8_t info_hash[LINK_INFOHASH_LEN], sp_time now)
{
	track_tick(t, now);
	if (duties_run(t->duties, info_hash, now)) {
		plans_touch(t->plans, info_hash, now);
		return true;
	}
	return plans_run(t->plans, info_hash, now);
}

sp_time
track_deadline(const struct track *t)
{
	sp_time at =
	    SP_MIN(registry_deadline(t->registry), live_deadline(t->live));

	at = SP_MIN(at, plans_deadline(t->plans));
	return SP_MIN(at, duties_deadline(t->duties));
}

void
track_stats(const struct track *t, struct track_stats *out)
{
	*out = t->stats;
	registry_stats(t->registry, &out->registry);
	live_stats(t->live, &out->live);
	out->on_duty = duties_members(t->duties);
	out->present = presence_len(t->presence);
	out->planned = plans_viewers(t->plans);
}

const struct live *
track_live(const struct track *t)
{
	return t->live;
}

const struct registry *
track_registry(const struct track *t)
{
	return t->registry;
}

bool
track_is_sound(const struct track *t)
{
	return registry_is_sound(t->registry) && live_is_sound(t->live) &&
	       duties_are_sound(t->duties) && reps_are_sound(t->reps) &&
	       presence_is_sound(t->presence) && plans_are_sound(t->plans) &&
	       figures_are_sound(t->figures);
}
