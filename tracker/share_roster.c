#include "tracker/share_int.h"

/* Who draws the roster of a channel: see share.h. */

static bool
is_ours(const struct share *s, const struct share_chan *ch, sp_time now)
{
	return ch->drawer == s->conf.node || ch->drawer == 0 ||
	       now - ch->drawn_at >= SHARE_DRAWN;
}

void
share_drawn(struct share *s, const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	const struct roster *r = track_roster_get(s->conf.track, info_hash);
	struct share_chan *ch = share_chan_get(s, info_hash);

	if (ch == NULL || r == NULL || r->version == ch->roster_version)
		return;
	ch->roster_version = r->version;
	ch->roster_due = true;
	if (s->link == LINK_UP)
		share_chan_queue(s, ch);
}

void
share_news_roster(struct share *s, struct share_id id, const uint8_t *info_hash)
{
	struct share_chan *ch;

	if (share_id_after(id, s->news))
		s->news = id;
	ch = info_hash == NULL ? NULL : share_chan_get(s, info_hash);
	if (ch == NULL)
		return;
	ch->roster_want = true;
	share_chan_queue(s, ch);
}

void
share_roster(struct share *s, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const uint8_t *p, size_t len, sp_time now)
{
	struct share_chan *ch = share_chan_find(s, info_hash);
	struct sp_rd rd = buf_rd(p, len);
	uint64_t node = buf_get_u64(&rd);

	if (ch == NULL)
		return;
	memset(&s->roster, 0, offsetof(struct roster, entries));
	if (rd.bad || node == 0 ||
	    roster_take(&s->roster, p + 8, len - 8) < 0) {
		s->stats.bad++;
		return;
	}
	/* Two of us drew: the lower one goes on, and says so again. */
	if (node == s->conf.node ||
	    (ch->drawer == s->conf.node && ch->drawer < node)) {
		ch->roster_due |= node != s->conf.node;
		return;
	}
	ch->drawer = node;
	ch->drawn_at = now;
	if (track_adopt(s->conf.track, info_hash, &s->roster, now,
		now + SHARE_DRAWN) == 0)
		share_chan_woke(s, ch);
}

void
share_roster_done(struct share *s, struct share_chan *ch)
{
	ch->roster_reading = false;
	/* What was lost there is written again. */
	ch->roster_due |= !ch->roster_known;
	ch->roster_known = true;
	share_chan_queue(s, ch);
}

static int
put(struct share *s, struct share_chan *ch, struct share_act *act, sp_time now)
{
	const struct roster *r = track_roster_get(s->conf.track, ch->info_hash);

	ch->roster_due = false;
	if (r == NULL || r->n == 0)
		return SP_ERR_AGAIN;
	buf_reset(&s->frame);
	buf_put_u64(&s->frame, s->conf.node);
	roster_put_full(&s->frame, r);
	if (s->frame.err != 0)
		return SP_ERR_AGAIN; /* the next one comes soon */
	share_chan_give(s, ch, act, SHARE_DO_PUT_ROSTER, now);
	act->p = s->frame.p;
	act->len = s->frame.len;
	act->ttl = SHARE_DRAWN;
	ch->drawer = s->conf.node;
	ch->roster_news = true;
	return 0;
}

int
share_roster_next(struct share *s, struct share_chan *ch, struct share_act *act,
    sp_time now)
{
	if (ch->roster_want && !ch->roster_reading) {
		ch->roster_want = false;
		ch->roster_reading = true;
		share_chan_give(s, ch, act, SHARE_DO_GET_ROSTER, now);
		return 0;
	}
	if (ch->roster_news) {
		ch->roster_news = false;
		share_chan_give(s, ch, act, SHARE_DO_NEWS, now);
		act->roster = true;
		return 0;
	}
	if (ch->roster_known && ch->roster_due && is_ours(s, ch, now))
		return put(s, ch, act, now);
	return SP_ERR_AGAIN;
}
