#include "tracker/track.h"

#include "base/hash.h"
#include "base/rng.h"
#include "tracker/track_int.h"

void
track_conf_init(struct track_conf *c)
{
	memset(c, 0, sizeof(*c));
	registry_conf_init(&c->registry);
	live_conf_init(&c->live);
	c->max_present = 10000;
}

/* Ordinary swarms have the limits of live ones. */
static int
make_plain(struct track *t, const struct track_conf *conf, uint64_t seed,
    sp_time now)
{
	const struct registry_conf *r = &conf->registry;
	struct plain_conf c = {
		.lan = r->lan,
		.max_peers = r->max_peers,
		.max_swarms = r->max_swarms,
		.max_swarm_peers = r->max_swarm_peers,
		.max_ip_ports = r->max_ip_ports,
		.max_bytes = conf->max_bytes,
		.interval_s = r->interval_s,
		.min_interval_s = r->min_interval_s,
		.numwant = r->numwant,
		.access = t->access,
		.shareout = t->shareout,
	};

	return plain_new(&t->plain, &c, t->mem, seed, now);
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
	/* So long as it takes until it is told of again. */
	t->import_s = conf->registry.interval_s / 10 * 11 + 60;
	rng_seed(&rng, seed);
	r = registry_new(&t->registry, &conf->registry, mem, rng_u64(&rng),
	    now);
	if (r == 0)
		r = live_new(&t->live, &conf->live, mem, rng_u64(&rng), now);
	if (r == 0)
		r = access_new(&t->access, mem, rng_u64(&rng));
	if (r == 0)
		r = reps_new(&t->reps, mem, t->registry,
		    conf->registry.max_peers, rng_u64(&rng));
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
	if (r == 0)
		r = make_plain(t, conf, rng_u64(&rng), now);
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
	plain_free(t->plain);
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

/* ---- the rest ------------------------------------------------------------ */

/* Channels that are gone are ordinary names again. */
static void
unmark(struct track *t)
{
	uint8_t ih[LINK_INFOHASH_LEN];

	for (size_t it = 0; plain_next_live(t->plain, &it, ih);) {
		if (live_find(t->live, ih) == NULL)
			plain_set_live(t->plain, ih, false);
	}
}

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
	for (it = 0; plain_next(t->plain, &it, &swarm);) {
		if (!access_permits(t->access, swarm.info_hash))
			plain_drop(t->plain, swarm.info_hash);
	}
	unmark(t);
}

void
track_access_put(struct track *t, enum access_list which, struct map *list)
{
	access_put(t->access, which, list);
	track_drop_denied(t);
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
	bool idle = live_deadline(t->live) <= now;

	t->stats.kicked = access_tick(t->access, now);
	plain_tick(t->plain, now);
	registry_tick(t->registry, now);
	live_tick(t->live, now);
	reps_tick(t->reps, now);
	figures_tick(t->figures, now);
	if (idle)
		unmark(t);
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

	at = SP_MIN(at, plain_deadline(t->plain));
	at = SP_MIN(at, plans_deadline(t->plans));
	return SP_MIN(at, duties_deadline(t->duties));
}

static void
add_plain(struct track_stats *out)
{
	const struct plain_stats *p = &out->plain;
	struct registry_stats *r = &out->registry;

	r->swarms += p->swarms;
	r->peers += p->peers;
	r->peers4 += p->peers4;
	r->peers6 += p->peers6;
	r->seeders += p->seeders;
	r->expired += p->expired;
	r->stopped += p->stopped;
	r->refused_full += p->refused_full;
	r->refused_denied += p->refused_denied;
	r->refused_nomem += p->refused_nomem;
	out->announces += p->announces + p->announce_errors;
	out->announce_errors += p->announce_errors;
	out->denied += p->denied;
	out->peers_told += p->peers_told;
}

void
track_stats(const struct track *t, struct track_stats *out)
{
	*out = t->stats;
	registry_stats(t->registry, &out->registry);
	plain_stats(t->plain, &out->plain);
	add_plain(out);
	live_stats(t->live, &out->live);
	out->on_duty = duties_members(t->duties);
	out->present = presence_len(t->presence);
	out->planned = plans_viewers(t->plans);
}

struct plain *
track_plain(struct track *t)
{
	return t->plain;
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
	uint8_t ih[LINK_INFOHASH_LEN];

	for (size_t it = 0; plain_next_live(t->plain, &it, ih);) {
		if (live_find(t->live, ih) == NULL)
			return false;
	}
	return plain_is_sound(t->plain) && registry_is_sound(t->registry) &&
	       live_is_sound(t->live) && duties_are_sound(t->duties) &&
	       reps_are_sound(t->reps) && presence_is_sound(t->presence) &&
	       plans_are_sound(t->plans) && figures_are_sound(t->figures);
}
