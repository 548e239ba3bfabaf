#include "tracker/share.h"

#include "tracker/share_int.h"

#define LOOK_BYTES (65536 + 3 * LIM_FEED_FRAME) /* of the own window */

int
share_new(struct share **out, const struct share_conf *conf,
    const struct sp_mem *mem, uint64_t seed, sp_time now)
{
	struct share *s;
	int r;

	*out = NULL;
	if (conf->node == 0 || conf->max_channels < 1 ||
	    conf->max_channels > LIVE_CHANNELS_MAX || conf->idle < SP_S)
		return SP_ERR_ARG;
	s = mem_zalloc(mem, 1, sizeof(*s));
	if (s == NULL)
		return SP_ERR_NOMEM;
	s->mem = mem;
	s->conf = *conf;
	s->live = track_live(conf->track);
	rng_seed(&s->rng, seed);
	TAILQ_INIT(&s->work);
	TAILQ_INIT(&s->woke);
	buf_init(&s->cur, mem, LOOK_BYTES);
	buf_init(&s->frame, mem, 2 * LIM_FEED_FRAME);
	buf_init(&s->members, mem, ACCESS_MAX * (2 * HASH_PK_LEN + 1));
	s->retry_at = now;
	s->mend_at = SP_NEVER;
	r = map_new(&s->chans, mem, LINK_INFOHASH_LEN,
	    sizeof(struct share_chan *), conf->max_channels, rng_u64(&s->rng));
	if (r < 0) {
		share_free(s);
		return r;
	}
	*out = s;
	return 0;
}

void
share_free(struct share *s)
{
	if (s == NULL)
		return;
	share_chans_free(s);
	buf_fini(&s->cur);
	buf_fini(&s->frame);
	buf_fini(&s->members);
	mem_free(s->mem, s);
}

bool
share_id_after(struct share_id a, struct share_id b)
{
	return a.ms > b.ms || (a.ms == b.ms && a.seq > b.seq);
}

/* ---- the link ------------------------------------------------------------ */

void
share_up(struct share *s, uint64_t redis_ms, sp_time now)
{
	struct share_chan **ch;
	size_t it = 0;
	void *v;

	if (s->link == LINK_UP)
		return;
	s->link = LINK_UP;
	s->up_at = now;
	s->flight = 0;
	s->heard_at = now;
	s->wait_at = s->list_at = s->policy_at = now;
	s->keep_at = now + SHARE_KEEP_GAP;
	s->mend_at = SP_NEVER;
	s->mend_gap = SHARE_MEND_MIN;
	s->stats.up = 1;
	s->stats.ups++;
	share_in_up(s, redis_ms, now);
	while (map_next(s->chans, &it, &v) != NULL) {
		ch = v;
		share_chan_resync(s, *ch);
	}
}

/* A quarter more or less, or all trackers would come back in one moment. */
static sp_time
retry_gap(struct share *s)
{
	sp_time gap = SHARE_CONNECT_MAX;

	if (s->tries < 8)
		gap = SP_MIN(gap, SHARE_CONNECT_MIN << s->tries);
	s->tries += s->tries < 8;
	return gap - gap / 4 + (sp_time)rng_below(&s->rng, (uint64_t)gap / 2);
}

void
share_down(struct share *s, sp_time now)
{
	if (s->link == LINK_DOWN)
		return;
	/* Who takes us in and throws us out at once is not asked each time. */
	if (s->link == LINK_UP && now - s->up_at >= SHARE_CONNECT_MAX)
		s->tries = 0;
	s->link = LINK_DOWN;
	s->retry_at = now + retry_gap(s);
	s->flight = 0;
	s->stats.up = 0;
	share_chans_down(s);
}

/* Something is owed, and nothing came for too long. */
static sp_time
silent_at(const struct share *s)
{
	sp_time at = SP_NEVER;

	if (s->link == LINK_DOWN)
		return at;
	if (s->link == LINK_CONNECTING || s->flight > 0)
		at = s->heard_at + SHARE_TIMEOUT;
	if (s->link == LINK_UP && s->wait_at == SP_NEVER)
		at = SP_MIN(at, s->wait_from + SHARE_WAIT + SHARE_TIMEOUT);
	return at;
}

/* Acts that have nothing to do with what is shared. */
static int
next_of_link(struct share *s, struct share_act *act, sp_time now)
{
	if (silent_at(s) <= now) {
		share_down(s, now);
		act->what = SHARE_DO_HANGUP;
		return 0;
	}
	if (s->link == LINK_DOWN && s->retry_at <= now) {
		s->link = LINK_CONNECTING;
		s->heard_at = now;
		act->what = SHARE_DO_CONNECT;
		return 0;
	}
	if (s->link == LINK_UP && s->wait_at <= now) {
		s->wait_at = SP_NEVER;
		s->wait_from = now;
		act->what = SHARE_DO_WAIT;
		act->after = s->news;
		return 0;
	}
	return SP_ERR_AGAIN;
}

/* ---- acts ---------------------------------------------------------------- */

void
share_give(struct share *s, struct share_act *act, enum share_what what,
    sp_time now)
{
	if (s->flight++ == 0)
		s->heard_at = now;
	act->what = what;
	act->ttl = s->conf.idle;
}

static bool
next_woke(struct share *s, struct share_act *act)
{
	struct share_chan *ch = TAILQ_FIRST(&s->woke);

	if (ch == NULL)
		return false;
	TAILQ_REMOVE(&s->woke, ch, woke_link);
	ch->woke = false;
	act->what = SHARE_DO_WOKE;
	memcpy(act->info_hash, ch->info_hash, LINK_INFOHASH_LEN);
	return true;
}

static int
next_batch(struct share *s, struct share_act *act, sp_time now)
{
	struct shareout_batch b;
	int r = shareout_next(s->conf.out, &b, now);

	if (r < 0)
		return r;
	share_give(s, act, SHARE_DO_APPEND_PEERS, now);
	act->shard = b.shard;
	act->p = b.p;
	act->len = b.len;
	act->keep = SHARE_PEERS_KEEP;
	return 0;
}

int
share_next(struct share *s, struct share_act *act, sp_time now)
{
	int r;

	memset(act, 0, sizeof(*act));
	if (next_woke(s, act))
		return 0;
	r = next_of_link(s, act, now);
	if (r == 0 || s->link != LINK_UP || s->flight >= SHARE_FLIGHT)
		return r;
	if (s->mend_at <= now) {
		s->mend_at = SP_NEVER;
		share_chans_mend(s);
	}
	if (s->keep_at <= now) {
		s->keep_at = now + SHARE_KEEP_GAP;
		if (s->mend_at == SP_NEVER)
			s->mend_gap = SHARE_MEND_MIN;
		share_chans_keep(s);
	}
	r = share_in_next(s, act, now);
	if (r < 0)
		r = share_window_next(s, act, now);
	if (r < 0)
		r = next_batch(s, act, now);
	return r;
}

/* Who neither waits nor has anything new is not asked in circles. */
static void
wait_done(struct share *s, const struct share_act *act, int result, sp_time now)
{
	s->wait_at = now;
	if (result < 0)
		s->wait_at += SP_S;
	else if (!share_id_after(s->news, act->after) &&
		 now - s->wait_from < SHARE_WAIT / 2)
		s->wait_at += SHARE_PEERS_GAP;
}

void
share_done(struct share *s, const struct share_act *act, int result,
    sp_time now)
{
	if (s->link != LINK_UP)
		return;
	if (result < 0)
		s->stats.refused++;
	if (act->what == SHARE_DO_WAIT) {
		wait_done(s, act, result, now);
		return;
	}
	assert(s->flight > 0 && "an act is answered once");
	s->flight--;
	s->heard_at = now;
	share_in_done(s, act, result, now);
	share_window_done(s, act, result, now);
}

sp_time
share_deadline(const struct share *s)
{
	sp_time at = silent_at(s);

	if (!TAILQ_EMPTY(&s->woke))
		return 0;
	if (s->link == LINK_DOWN)
		return s->retry_at;
	if (s->link != LINK_UP)
		return at;
	at = SP_MIN(at, s->wait_at);
	if (s->flight >= SHARE_FLIGHT)
		return at;
	if (!TAILQ_EMPTY(&s->work))
		return 0;
	at = SP_MIN(at, SP_MIN(s->keep_at, s->mend_at));
	at = SP_MIN(at, share_in_deadline(s));
	return SP_MIN(at, shareout_deadline(s->conf.out));
}

void
share_stats(const struct share *s, struct share_stats *out)
{
	*out = s->stats;
	out->channels = map_len(s->chans);
	shareout_stats(s->conf.out, &out->out);
}

bool
share_is_sound(const struct share *s)
{
	const struct share_chan *ch;
	size_t n = 0;

	TAILQ_FOREACH (ch, &s->work, work) {
		if (!ch->queued || ++n > map_len(s->chans))
			return false;
	}
	n = 0;
	TAILQ_FOREACH (ch, &s->woke, woke_link) {
		if (!ch->woke || ++n > map_len(s->chans))
			return false;
	}
	return s->flight <= SHARE_FLIGHT && s->cur_at <= s->cur.len &&
	       (s->link == LINK_UP || s->flight == 0);
}
