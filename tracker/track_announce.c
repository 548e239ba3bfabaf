#include "tracker/track_int.h"

#include "tracker/reply.h"

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

/* Of a live channel, or by a viewer of ours. */
static int
announce_live(struct track *t, const struct tw_announce *a,
    const struct sp_addr *from, struct tw_peer *peers, size_t max,
    struct tw_reply *out, sp_time now)
{
	struct registry_answer ans;
	struct sp_addr self = *from;
	int r = SP_ERR_DENIED;

	t->stats.announces++;
	self.port = a->port;
	if (track_permits(t, a->info_hash) && track_permits_addr(t, &self))
		r = registry_announce(t->registry, a, from, true, peers, max,
		    &ans, now);
	if (r < 0) {
		t->stats.announce_errors++;
		return r;
	}
	if (ans.store == 0) {
		note_viewer(t, a, from, &ans, now);
		track_tell(t, a, from, now);
	}
	weigh(t, a, from, now);
	duties_touch(t->duties, a->info_hash, now);
	out->interval_s = ans.interval_s;
	out->min_interval_s = ans.min_interval_s;
	out->complete = ans.complete;
	out->incomplete = ans.incomplete;
	out->counted = ans.counted;
	memcpy(out->viewers, ans.viewers, sizeof(out->viewers));
	out->n_peers = ans.n_peers;
	t->stats.peers_told += ans.n_peers;
	return 0;
}

#define PACKED_MAX (LIM_NUMWANT * 18)

/* As plain_announce; out->packed is |v|, which has room for PACKED_MAX. */
static int
announce_plain(struct track *t, const struct tw_announce *a,
    const struct sp_addr *from, uint8_t *v, size_t max, struct tw_reply *out,
    sp_time now)
{
	struct plain_ask ask = { a->info_hash, a->peer_id, *from, a->event,
		a->left == 0, a->numwant, NULL };
	size_t size = from->family == 6 ? 18 : 6;
	struct plain_answer ans;
	int r;

	ask.addr.port = a->port;
	r = plain_announce(t->plain, &ask, v,
	    SP_MIN(max, (size_t)LIM_NUMWANT) * size, &ans, now);
	if (r != 0)
		return r;
	out->interval_s = ans.interval_s;
	out->min_interval_s = ans.min_interval_s;
	out->complete = ans.complete;
	out->incomplete = ans.incomplete;
	out->packed = v;
	out->n_packed = ans.n_peers;
	out->packed_family = from->family;
	return 0;
}

static void
begin(struct tw_reply *out, const struct sp_addr *from, struct tw_peer *peers)
{
	memset(out, 0, sizeof(*out));
	out->external = *from;
	out->peers = peers;
}

static void
unpack(struct tw_reply *r)
{
	size_t ip = r->packed_family == 6 ? 16 : 4, i;
	const uint8_t *p = r->packed;

	for (i = 0; i < r->n_packed; i++, p += ip + 2) {
		r->peers[i].addr = addr_make(r->packed_family, p,
		    (uint16_t)(p[ip] << 8 | p[ip + 1]));
		r->peers[i].has_id = false;
	}
	r->n_peers = r->n_packed;
	r->packed = NULL;
	r->n_packed = 0;
}

int
track_announce(struct track *t, const struct tw_announce *a,
    const struct sp_addr *from, struct tw_peer *peers, size_t max,
    struct tw_reply *out, sp_time now)
{
	uint8_t v[PACKED_MAX];
	int r;

	begin(out, from, peers);
	r = announce_plain(t, a, from, v, max, out, now);
	if (r == 0)
		unpack(out);
	if (r == PLAIN_LIVE)
		r = announce_live(t, a, from, peers, max, out, now);
	return r;
}

/* What the announce asked for of the window goes with it, if there is memory.
 */
static void
put_reply(struct track *t, struct sp_buf *b, struct tw_reply *r,
    const struct tw_announce *a)
{
	struct sp_buf tail;

	if (!a->window) {
		tw_reply_write(b, r, a);
		return;
	}
	buf_init(&tail, t->mem, LIM_LIVE_TAIL);
	if (track_tail(t, a, LIM_LIVE_TAIL, &tail) == 0 && tail.len > 0) {
		r->live = tail.p;
		r->live_len = tail.len;
	}
	tw_reply_write(b, r, a);
	buf_fini(&tail);
}

void
track_asker_net(struct track *t, uint32_t net)
{
	t->asker_net = net;
}

int
track_http_announce(struct track *t, const char *query, size_t len,
    const struct sp_addr *from, struct sp_buf *b, sp_time now)
{
	struct tw_peer peers[LIM_NUMWANT];
	uint8_t v[PACKED_MAX];
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
	a.net = t->asker_net;
	t->asker_net = 0;
	begin(&reply, from, peers);
	/* Those of ordinary swarms are told as they are kept. */
	r = announce_plain(t, &a, from, v, LIM_NUMWANT, &reply, now);
	if (r == PLAIN_LIVE)
		r = announce_live(t, &a, from, peers, LIM_NUMWANT, &reply, now);
	if (r < 0)
		reply_failure(b, r, r == SP_ERR_DENIED ? "info_hash" : "port");
	else
		put_reply(t, b, &reply, &a);
	return r < 0 ? r : b->err;
}

/*
 * Viewers of ours may have come before their channel did; then both know of
 * the swarm.
 */
static void
scrape_both(const struct track *t, const uint8_t *info_hash,
    struct tw_scrape_entry *out)
{
	uint8_t ih[LINK_INFOHASH_LEN];
	struct tw_scrape_entry e;

	memcpy(ih, info_hash, sizeof(ih));
	registry_scrape(t->registry, ih, out);
	if (plain_scrape(t->plain, ih, &e) != 0)
		return;
	out->complete += e.complete;
	out->incomplete += e.incomplete;
	out->downloaded += e.downloaded;
}

int
track_scrape(struct track *t, const uint8_t info_hash[LINK_INFOHASH_LEN],
    struct tw_scrape_entry *out)
{
	if (!track_permits(t, info_hash))
		return SP_ERR_DENIED;
	scrape_both(t, info_hash, out);
	return 0;
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
	it = 0;
	while (n < TRACK_FULL_SCRAPE && plain_next(t->plain, &it, &e[n]))
		n++;
	/* One that is in both is told once; of each all is told. */
	for (size_t i = 0; i < n; i++)
		scrape_both(t, e[i].info_hash, &e[i]);
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
		if (track_scrape(t, v[i], &e[told]) == 0)
			told++;
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
	plain_tick(t->plain, now);
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
