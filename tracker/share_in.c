#include "tracker/share_int.h"

/* What comes but for windows: news, channels, peers, policy. */

#define RETRY (5 * SP_S) /* after an act was refused */

static struct share_id
id_back(uint64_t redis_ms, sp_time back)
{
	uint64_t ms = (uint64_t)(back / SP_MS);

	return (struct share_id){ redis_ms > ms ? redis_ms - ms : 0, 0 };
}

void
share_in_up(struct share *s, uint64_t redis_ms, sp_time now)
{
	struct share_shard *k;

	/* All windows are read anew: what is older is in them. */
	s->news = id_back(redis_ms, SHARE_NEWS_BACK);
	for (size_t i = 0; i < SHAREOUT_SHARDS; i++) {
		k = &s->shards[i];
		k->reading = false;
		k->at = now;
		/* Or the clock of Redis has gone back, and nothing would come.
		 */
		if (k->last.ms == 0 || k->last.ms > redis_ms)
			k->last = id_back(redis_ms, SHARE_PEERS_BACK);
	}
	s->policy = ACCESS_SHARED_ALLOW;
	s->policy_busy = false;
}

/* ---- news and channels --------------------------------------------------- */

void
share_news(struct share *s, struct share_id id, const uint8_t *info_hash,
    sp_time now)
{
	struct share_chan *ch;

	if (share_id_after(id, s->news))
		s->news = id;
	if (info_hash == NULL) {
		s->policy_again = true;
		if (!s->policy_busy)
			s->policy_at = now;
		return;
	}
	ch = share_chan_get(s, info_hash);
	if (ch != NULL)
		share_chan_news(s, ch, now);
}

void
share_channel(struct share *s, const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	struct share_chan *ch = share_chan_get(s, info_hash);

	if (ch != NULL && !ch->reading && live_find(s->live, info_hash) == NULL)
		share_chan_resync(s, ch);
}

/* ---- peers --------------------------------------------------------------- */

void
share_batch(struct share *s, unsigned shard, struct share_id id,
    const uint8_t *p, size_t len, sp_time now)
{
	struct sharewire_peer peer;
	struct sharewire_in in;

	if (share_id_after(id, s->shards[shard].last))
		s->shards[shard].last = id;
	if (sharewire_open(&in, p, len) < 0) {
		s->stats.bad++;
		return;
	}
	if (in.node == s->conf.node)
		return;
	while (sharewire_next(&in, &peer)) {
		shareout_heard(s->conf.out, peer.info_hash, now);
		if (track_import(s->conf.track, &peer, now) == 0)
			s->stats.peers++;
	}
}

static bool
next_peers(struct share *s, struct share_act *act, sp_time now)
{
	struct share_shard *k;

	for (unsigned i = 0; i < SHAREOUT_SHARDS; i++) {
		k = &s->shards[i];
		if (k->reading || k->at > now)
			continue;
		k->reading = true;
		share_give(s, act, SHARE_DO_READ_PEERS, now);
		act->shard = i;
		act->after = k->last;
		return true;
	}
	return false;
}

/* ---- policy -------------------------------------------------------------- */

void
share_member(struct share *s, const char *text, size_t len)
{
	uint8_t bytes[HASH_PK_LEN];

	if (buf_unhex(bytes, LINK_INFOHASH_LEN, text, len) < 0 &&
	    buf_unhex(bytes, HASH_PK_LEN, text, len) < 0) {
		s->stats.bad++;
		return;
	}
	buf_put(&s->members, text, len);
	buf_put_u8(&s->members, '\n');
}

/*
 * The set |list| was read, and counts. But one that has vanished without a word
 * of the operator is one that Redis has lost.
 */
static void
take_policy(struct share *s, enum access_list list)
{
	const char *text = (const char *)s->members.p;
	bool *some = &s->policy_some[list != ACCESS_SHARED_ALLOW];
	size_t len = s->members.len;
	int r = s->members.err;

	if (r == 0 && len == 0 && *some && !s->policy_told)
		return;
	if (r == 0)
		r = track_access(s->conf.track, list, len == 0 ? NULL : text,
		    len, NULL);
	if (r < 0)
		s->stats.bad++;
	else
		*some = len > 0;
}

/* The one, then the other, and then none for a while. */
static void
policy_done(struct share *s, enum access_list list, int result, sp_time now)
{
	s->policy_busy = false;
	s->policy_at = now;
	if (result < 0) {
		s->policy_at += RETRY;
		return;
	}
	take_policy(s, list);
	if (list == ACCESS_SHARED_ALLOW) {
		s->policy = ACCESS_SHARED_DENY;
		return;
	}
	s->policy = ACCESS_SHARED_ALLOW;
	if (!s->policy_again)
		s->policy_at += SHARE_POLICY_GAP;
}

static void
next_policy(struct share *s, struct share_act *act, sp_time now)
{
	if (s->policy == ACCESS_SHARED_ALLOW) {
		s->policy_told = s->policy_again;
		s->policy_again = false;
	}
	s->policy_at = SP_NEVER;
	s->policy_busy = true;
	buf_reset(&s->members);
	share_give(s, act, SHARE_DO_READ_POLICY, now);
	act->list = s->policy;
}

/* ---- whose turn it is ---------------------------------------------------- */

int
share_in_next(struct share *s, struct share_act *act, sp_time now)
{
	if (s->list_at <= now) {
		s->list_at = SP_NEVER;
		share_give(s, act, SHARE_DO_LIST, now);
		return 0;
	}
	if (s->policy_at <= now) {
		next_policy(s, act, now);
		return 0;
	}
	return next_peers(s, act, now) ? 0 : SP_ERR_AGAIN;
}

void
share_in_done(struct share *s, const struct share_act *act, int result,
    sp_time now)
{
	struct share_shard *k;

	switch (act->what) {
	case SHARE_DO_LIST:
		s->list_at = now + (result < 0 ? RETRY : SHARE_LIST_GAP);
		break;
	case SHARE_DO_READ_POLICY:
		policy_done(s, act->list, result, now);
		break;
	case SHARE_DO_READ_PEERS:
		k = &s->shards[act->shard];
		k->reading = false;
		k->at = now;
		/* Or the same ones come for ever. */
		if (result < 0 || (result >= SHARE_BATCHES &&
				      !share_id_after(k->last, act->after)))
			k->at += RETRY;
		else if (result < SHARE_BATCHES)
			k->at += SHARE_PEERS_GAP;
		break;
	default:
		break;
	}
}

sp_time
share_in_deadline(const struct share *s)
{
	sp_time at = SP_MIN(s->list_at, s->policy_at);

	for (size_t i = 0; i < SHAREOUT_SHARDS; i++) {
		if (!s->shards[i].reading)
			at = SP_MIN(at, s->shards[i].at);
	}
	return at;
}
