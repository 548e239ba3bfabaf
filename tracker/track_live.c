#include "tracker/track_int.h"

#include "tracker/reply.h"

void
track_relay(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const uint8_t *body, size_t len, struct live_result *res, sp_time now)
{
	if (track_may_publish(t, info_hash)) {
		live_publish(t->live, info_hash, body, len, res, now);
		/* Without memory for the mark the next publish sets it. */
		plain_set_live(t->plain, info_hash,
		    live_find(t->live, info_hash) != NULL);
	} else {
		memset(res, 0, sizeof(*res));
		res->err = SP_ERR_DENIED;
	}
	if (res->woke) {
		duties_touch(t->duties, info_hash, now);
		plans_touch(t->plans, info_hash, now);
	}
}

int
track_publish(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const uint8_t *body, size_t len, struct sp_buf *b, struct live_result *res,
    sp_time now)
{
	struct live_result own;

	if (res == NULL)
		res = &own;
	t->stats.publishes++;
	track_relay(t, info_hash, body, len, res, now);
	if (res->err < 0)
		t->stats.publish_errors++;
	reply_publish(b, t->live, live_find(t->live, info_hash), res);
	return res->err;
}

int
track_receipts(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const uint8_t *body, size_t len, const struct sp_addr *from, sp_time now)
{
	const struct live_chan *ch = live_find(t->live, info_hash);
	int r = SP_ERR_NOTFOUND;
	struct live_chan_stats s;
	struct rep_chan c;

	t->stats.receipts++;
	if (ch != NULL) {
		live_chan_stats(ch, &s);
		c = (struct rep_chan){ info_hash, s.kbps, s.avail_ms };
		r = reps_take(t->reps, &c, body, len, from, now);
	}
	if (r < 0)
		t->stats.receipt_errors++;
	return r;
}

/* ---- how viewers fare ---------------------------------------------------- */

static struct figures_chan
figures_chan(const struct track *t, const struct live_chan *ch,
    const uint8_t *info_hash)
{
	struct figures_chan c = { .info_hash = info_hash };
	struct tw_scrape_entry e;
	struct live_chan_stats s;

	live_chan_stats(ch, &s);
	c.rate_kbps = s.kbps;
	if (registry_scrape(t->registry, info_hash, &e))
		c.viewers = e.incomplete;
	return c;
}

/* Whether who says so has announced itself from there, as one who watches. */
static bool
is_viewer(const struct track *t, const uint8_t *info_hash,
    const struct telemetry *tel, const struct sp_addr *from)
{
	const struct peertab *tab = registry_tab(t->registry);
	uint32_t swarm = peertab_swarm(tab, info_hash), i;
	struct sp_addr addr = *from;

	if (swarm == PEERTAB_NONE)
		return false;
	addr.port = tel->port;
	i = peertab_find(tab, swarm, &addr);
	return i != PEERTAB_NONE && !(tab->peers[i].class & PEERTAB_SEED) &&
	       peertab_has_id(tab, i, tel->peer_id);
}

int
track_telemetry(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const uint8_t *body, size_t len, const struct sp_addr *from, sp_time now)
{
	const struct live_chan *ch = live_find(t->live, info_hash);
	struct figures_chan c;
	struct telemetry tel;
	int r;

	t->stats.telemetry++;
	r = telemetry_read(&tel, body, len);
	if (r == 0 && (ch == NULL || !is_viewer(t, info_hash, &tel, from)))
		r = SP_ERR_NOTFOUND;
	if (r == 0) {
		c = figures_chan(t, ch, info_hash);
		r = figures_take(t->figures, &c, &tel, from, now);
	}
	if (r < 0)
		t->stats.telemetry_errors++;
	return r;
}

int
track_channel_figures(const struct track *t,
    const uint8_t info_hash[LINK_INFOHASH_LEN], struct figures_told *out,
    sp_time now)
{
	const struct live_chan *ch = live_find(t->live, info_hash);
	struct figures_chan c;

	if (ch == NULL)
		return SP_ERR_NOTFOUND;
	c = figures_chan(t, ch, info_hash);
	figures_get(t->figures, &c, out, now);
	return 0;
}

/* ---- the window ---------------------------------------------------------- */

int
track_hello(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    int64_t wall_ms, struct sp_buf *b)
{
	const struct live_chan *ch = live_find(t->live, info_hash);

	if (ch == NULL)
		return SP_ERR_NOTFOUND;
	reply_hello(b, t->live, ch, wall_ms);
	return b->err;
}

int
track_feed(const struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    struct tw_since *pos, size_t max, struct sp_buf *b)
{
	const struct live_chan *ch = live_find(t->live, info_hash);

	return ch == NULL ? SP_ERR_NOTFOUND
			  : live_feed(t->live, ch, pos, max, b);
}

int
track_tail(const struct track *t, const struct tw_announce *a, size_t max,
    struct sp_buf *b)
{
	const struct live_chan *ch =
	    a->window ? live_find(t->live, a->info_hash) : NULL;

	if (ch != NULL)
		reply_tail(b, t->live, ch, &a->since, max);
	return b->err;
}

int
track_roster(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const struct sp_addr *reader, uint64_t *version, struct sp_buf *b)
{
	return duties_feed(t->duties, info_hash, reader, version, b);
}

static struct sp_addr
stream_addr(const struct tw_stream *s, const struct sp_addr *from)
{
	struct sp_addr addr = *from;

	addr.port = s->port;
	return addr;
}

int
track_places(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const struct tw_stream *s, const struct sp_addr *from, struct sp_buf *b)
{
	struct sp_addr addr = stream_addr(s, from);
	struct presence_key k = presence_key(info_hash, s->peer_id, &addr);

	return plans_feed(t->plans, &k, b);
}

int
track_stream_open(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const struct tw_stream *s, const struct sp_addr *from, sp_time now)
{
	struct sp_addr addr = stream_addr(s, from);
	struct presence_key k = presence_key(info_hash, s->peer_id, &addr);
	int r;

	if (!s->named)
		return SP_ERR_NOTFOUND;
	r = presence_open(t->presence, &k);
	if (r == 0 &&
	    registry_away(t->registry, info_hash, s->peer_id, &addr, false))
		duties_touch(t->duties, info_hash, now);
	if (r == 0)
		plans_come(t->plans, &k, now);
	return r;
}

void
track_stream_close(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const struct tw_stream *s, const struct sp_addr *from, sp_time now)
{
	struct sp_addr addr = stream_addr(s, from);
	struct presence_key k = presence_key(info_hash, s->peer_id, &addr);

	if (presence_streams(t->presence, &k) == 1)
		plans_go(t->plans, &k, now);
	if (presence_close(t->presence, &k) &&
	    registry_away(t->registry, info_hash, s->peer_id, &addr, true))
		duties_touch(t->duties, info_hash, now + DUTIES_GAP);
}

const struct roster *
track_roster_get(const struct track *t,
    const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	return duties_get(t->duties, info_hash);
}

int
track_manifest(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    struct sp_buf *b)
{
	const struct live_chan *ch = live_find(t->live, info_hash);
	const uint8_t *p;
	size_t len;

	if (ch == NULL)
		return SP_ERR_NOTFOUND;
	p = live_manifest(ch, &len);
	buf_put(b, p, len);
	return b->err;
}

int
track_evidence(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    struct sp_buf *b)
{
	struct live_evidence ev;
	struct tw_frame f = { 0 };
	int n = 0;

	for (size_t i = 0; live_evidence(t->live, i, &ev) == 0; i++) {
		if (memcmp(ev.info_hash, info_hash, LINK_INFOHASH_LEN) != 0)
			continue;
		f.type = ev.frame;
		f.p = ev.a;
		f.len = ev.a_len;
		tw_frame_write(b, &f);
		f.p = ev.b;
		f.len = ev.b_len;
		tw_frame_write(b, &f);
		n++;
	}
	return b->err != 0 ? b->err : n;
}
