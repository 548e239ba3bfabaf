#include "test/unit/share_rig.h"

#include "base/buf.h"

#define CHANNEL_MAX 4096 /* entries of a stream */
#define BOOT        UINT64_C(0x1000)

struct entry {
	struct share_id id;
	uint64_t node;
	uint8_t ih[LINK_INFOHASH_LEN];
	bool policy, roster; /* news: of it */
	uint8_t *p;
	size_t len;
};

struct stream {
	struct entry v[CHANNEL_MAX];
	size_t n;
};

/* One channel is enough. */
struct rig_store {
	struct stream window, news, peers[SHAREOUT_SHARDS];
	uint8_t *manifest;
	size_t manifest_len;
	uint8_t *roster;
	size_t roster_len;
	sp_time roster_until;
	bool marked;
	uint8_t ih[LINK_INFOHASH_LEN];
	char policy[2][8][80];
	size_t n_policy[2];
	uint64_t seq;
};

struct rig_answer {
	struct rig_answer *next;
	struct share_act act;
	struct share_id after;
	int result;
};

/* ---- streams ------------------------------------------------------------- */

static void
stream_clear(struct stream *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i].p);
	s->n = 0;
}

static struct entry *
append(struct rig *r, struct stream *s, uint64_t node, const void *p,
    size_t len)
{
	struct entry *e;

	ck_assert_uint_lt(s->n, CHANNEL_MAX);
	e = &s->v[s->n++];
	memset(e, 0, sizeof(*e));
	e->id.ms = (uint64_t)(r->now / SP_MS);
	e->id.seq = ++r->store->seq;
	e->node = node;
	if (len > 0) {
		e->p = malloc(len);
		ck_assert_ptr_nonnull(e->p);
		memcpy(e->p, p, len);
	}
	e->len = len;
	return e;
}

static bool
is_after(const struct entry *e, struct share_id id)
{
	return e->id.ms > id.ms || (e->id.ms == id.ms && e->id.seq > id.seq);
}

void
rig_wipe(struct rig *r)
{
	struct rig_store *st = r->store;

	stream_clear(&st->window);
	stream_clear(&st->news);
	for (size_t i = 0; i < SHAREOUT_SHARDS; i++)
		stream_clear(&st->peers[i]);
	free(st->manifest);
	st->manifest = NULL;
	free(st->roster);
	st->roster = NULL;
	st->marked = false;
	st->n_policy[0] = st->n_policy[1] = 0;
}

void
rig_lose_window(struct rig *r)
{
	stream_clear(&r->store->window);
}

size_t
rig_window_len(const struct rig *r)
{
	return r->store->window.n;
}

void
rig_forge(struct rig *r, const void *p, size_t len)
{
	struct entry *e;

	append(r, &r->store->window, 1, p, len);
	e = append(r, &r->store->news, 1, NULL, 0);
	memcpy(e->ih, r->seed.info_hash, LINK_INFOHASH_LEN);
}

void
rig_forge_batch(struct rig *r, unsigned shard, const void *p, size_t len)
{
	append(r, &r->store->peers[shard], 0, p, len);
}

void
rig_roster(struct rig *r, const void *p, size_t len)
{
	struct entry *e;

	free(r->store->roster);
	r->store->roster = malloc(len);
	memcpy(r->store->roster, p, len);
	r->store->roster_len = len;
	r->store->roster_until = r->now + SHARE_DRAWN;
	e = append(r, &r->store->news, 0, NULL, 0);
	e->roster = true;
	memcpy(e->ih, r->seed.info_hash, LINK_INFOHASH_LEN);
}

void
rig_policy(struct rig *r, enum access_list list, const char *member)
{
	size_t k = list == ACCESS_SHARED_ALLOW ? 0 : 1;
	char *to;

	if (member != NULL) {
		to = r->store->policy[k][r->store->n_policy[k]++];
		ck_assert_uint_lt(strlen(member), 80);
		memcpy(to, member, strlen(member) + 1);
	}
	append(r, &r->store->news, 0, NULL, 0)->policy = true;
}

/* ---- what an act does there ---------------------------------------------- */

static int
carry_out(struct rig *r, struct rig_tracker *t, const struct share_act *a)
{
	struct rig_store *st = r->store;
	struct entry *e;

	switch (a->what) {
	case SHARE_DO_MARK:
		st->marked = true;
		memcpy(st->ih, a->info_hash, LINK_INFOHASH_LEN);
		return 0;
	case SHARE_DO_PUT_MANIFEST:
		free(st->manifest);
		st->manifest = malloc(a->len);
		memcpy(st->manifest, a->p, a->len);
		st->manifest_len = a->len;
		return 0;
	case SHARE_DO_APPEND:
		if (t->fault == RIG_FULL && ++t->appends % 3 == 0)
			return SP_ERR_IO;
		append(r, &st->window, t->node, a->p, a->len);
		return 0;
	case SHARE_DO_PUT_ROSTER:
		free(st->roster);
		st->roster = malloc(a->len);
		memcpy(st->roster, a->p, a->len);
		st->roster_len = a->len;
		st->roster_until = r->now + a->ttl;
		return 0;
	case SHARE_DO_KEEP:
		return st->window.n > 0 && st->manifest != NULL;
	case SHARE_DO_NEWS:
		e = append(r, &st->news, t->node, NULL, 0);
		e->roster = a->roster;
		memcpy(e->ih, a->info_hash, LINK_INFOHASH_LEN);
		return 0;
	case SHARE_DO_APPEND_PEERS:
		append(r, &st->peers[a->shard], t->node, a->p, a->len);
		return 0;
	default:
		return 0;
	}
}

/* ---- answers ------------------------------------------------------------- */

static int
answer_window(struct rig *r, struct rig_tracker *t, const struct rig_answer *an)
{
	struct stream *s = &r->store->window;
	bool twice = t->fault == RIG_TWICE;
	int n = 0;

	for (size_t i = 0; i < s->n && n < SHARE_COUNT; i++) {
		if (!is_after(&s->v[i], an->after) && t->fault != RIG_STUCK)
			continue;
		n++;
		for (size_t k = 0; k <= (twice ? 2u : 0u); k++)
			share_frame(t->share, an->act.info_hash, s->v[i].id,
			    s->v[i].node, s->v[k == 2 ? 0 : i].p,
			    s->v[k == 2 ? 0 : i].len, r->now);
	}
	return n;
}

static int
answer_peers(struct rig *r, struct rig_tracker *t, const struct rig_answer *an)
{
	struct stream *s = &r->store->peers[an->act.shard];
	int n = 0;

	for (size_t i = 0; i < s->n && n < SHARE_BATCHES; i++) {
		if (!is_after(&s->v[i], an->after))
			continue;
		n++;
		for (int k = 0; k <= (t->fault == RIG_TWICE); k++)
			share_batch(t->share, an->act.shard, s->v[i].id,
			    s->v[i].p, s->v[i].len, r->now);
	}
	return n;
}

static void
answer(struct rig *r, struct rig_tracker *t, const struct rig_answer *an)
{
	static const struct share_id none;
	struct rig_store *st = r->store;
	int result = an->result;
	size_t k;

	switch (an->act.what) {
	case SHARE_DO_LIST:
		if (st->marked)
			share_channel(t->share, st->ih);
		break;
	case SHARE_DO_GET_MANIFEST:
		if (st->manifest != NULL)
			share_frame(t->share, an->act.info_hash, none, 0,
			    st->manifest, st->manifest_len, r->now);
		break;
	case SHARE_DO_GET_ROSTER:
		if (st->roster != NULL && r->now < st->roster_until)
			share_roster(t->share, an->act.info_hash, st->roster,
			    st->roster_len, r->now);
		break;
	case SHARE_DO_READ:
		t->reads++;
		result = answer_window(r, t, an);
		break;
	case SHARE_DO_READ_PEERS:
		result = answer_peers(r, t, an);
		break;
	case SHARE_DO_READ_POLICY:
		k = an->act.list == ACCESS_SHARED_ALLOW ? 0 : 1;
		for (size_t i = 0; i < st->n_policy[k]; i++)
			share_member(t->share, st->policy[k][i],
			    strlen(st->policy[k][i]));
		break;
	default:
		break;
	}
	share_done(t->share, &an->act, result, r->now);
}

static void
forget(struct rig_tracker *t)
{
	struct rig_answer *an;

	while ((an = t->first) != NULL) {
		t->first = an->next;
		free(an);
	}
	t->last = &t->first;
	t->waits = false;
	t->connected = false;
}

static void
answer_wait(struct rig *r, struct rig_tracker *t)
{
	struct stream *s = &r->store->news;
	int n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (!is_after(&s->v[i], t->wait.after))
			continue;
		n++;
		if (s->v[i].roster) {
			share_news_roster(t->share, s->v[i].id, s->v[i].ih);
			continue;
		}
		share_news(t->share, s->v[i].id,
		    s->v[i].policy ? NULL : s->v[i].ih, r->now);
	}
	if (n == 0 && r->now < t->wait_until && t->fault != RIG_HASTY)
		return;
	t->waits = false;
	t->waited++;
	share_done(t->share, &t->wait, n, r->now);
}

static void
answer_acts(struct rig *r, struct rig_tracker *t)
{
	struct rig_answer *an = t->first;

	t->first = NULL;
	t->last = &t->first;
	while (an != NULL) {
		struct rig_answer *next = an->next;

		if (t->fault == RIG_REFUSE)
			share_done(t->share, &an->act, SP_ERR_IO, r->now);
		else
			answer(r, t, an);
		free(an);
		an = next;
	}
}

static void
answer_all(struct rig *r, struct rig_tracker *t)
{
	if (!t->connected || t->fault == RIG_SILENT)
		return;
	if (t->fault != RIG_SLOW || r->now % (100 * SP_MS) == 0)
		answer_acts(r, t);
	if (t->waits)
		answer_wait(r, t);
}

/* ---- rounds -------------------------------------------------------------- */

static void
connect_it(struct rig *r, struct rig_tracker *t)
{
	if (t->connects < SP_LEN(t->connected_at))
		t->connected_at[t->connects] = r->now;
	t->connects++;
	t->connected = t->fault != RIG_CUT;
	if (t->connected)
		share_up(t->share, (uint64_t)(r->now / SP_MS), r->now);
	else
		share_down(t->share, r->now);
}

static void
take(struct rig *r, struct rig_tracker *t, const struct share_act *a)
{
	struct rig_answer *an;

	switch (a->what) {
	case SHARE_DO_CONNECT:
		connect_it(r, t);
		return;
	case SHARE_DO_HANGUP:
		t->hangups++;
		forget(t);
		return;
	case SHARE_DO_WOKE:
		t->woke++;
		return;
	case SHARE_DO_WAIT:
		t->waits = true;
		t->wait = *a;
		t->wait_until = r->now + SHARE_WAIT;
		return;
	default:
		break;
	}
	an = calloc(1, sizeof(*an));
	ck_assert_ptr_nonnull(an);
	an->act = *a;
	an->after = a->after;
	an->act.p = NULL;
	if (t->fault != RIG_REFUSE)
		an->result = carry_out(r, t, a);
	*t->last = an;
	t->last = &an->next;
}

static void
round_of(struct rig *r, struct rig_tracker *t)
{
	uint8_t ih[LINK_INFOHASH_LEN];
	struct share_act a;
	unsigned n = 0;

	while (track_wake(t->track, ih, r->now))
		share_drawn(t->share, ih);
	if ((t->fault == RIG_CUT || t->fault == RIG_BOUNCE) && t->connected) {
		forget(t);
		share_down(t->share, r->now);
	}
	answer_all(r, t);
	if (share_deadline(t->share) > r->now)
		return;
	while (share_next(t->share, &a, r->now) == 0) {
		ck_assert_uint_lt(++n, 10000);
		take(r, t, &a);
	}
	ck_assert(share_deadline(t->share) > r->now);
	ck_assert(share_is_sound(t->share));
}

void
rig_run(struct rig *r, sp_time span)
{
	sp_time until = r->now + span;

	for (; r->now < until; r->now += RIG_STEP) {
		for (size_t i = 0; i < r->n; i++)
			round_of(r, &r->t[i]);
	}
}

/* ---- trackers ------------------------------------------------------------ */

static void
make(struct rig *r, size_t i)
{
	struct rig_tracker *t = &r->t[i];
	struct share_conf sc = { .max_channels = 8, .idle = 600 * SP_S };
	struct track_conf conf;

	memset(t, 0, sizeof(*t));
	t->last = &t->first;
	t->node = 1000 + i + (uint64_t)r->now;
	track_conf_init(&conf);
	conf.live.boot = BOOT + i + (uint64_t)r->now;
	conf.node = t->node;
	ck_assert_int_eq(track_new(&t->track, &conf, &r->fm.mem, i + 1, r->now),
	    0);
	sc.node = t->node;
	sc.track = t->track;
	sc.out = track_shareout(t->track);
	ck_assert_int_eq(share_new(&t->share, &sc, &r->fm.mem, i + 1, r->now),
	    0);
}

static void
unmake(struct rig_tracker *t)
{
	forget(t);
	ck_assert(track_is_sound(t->track));
	share_free(t->share);
	track_free(t->track);
}

void
rig_start(struct rig *r, size_t n)
{
	memset(r, 0, sizeof(*r));
	failmem_init(&r->fm);
	ck_assert_int_eq(hash_setup(), 0);
	signer_init(&r->seed, 1);
	buf_init(&r->body, &r->fm.mem, 16 << 20);
	r->store = calloc(1, sizeof(*r->store));
	ck_assert_ptr_nonnull(r->store);
	r->now = 100 * SP_S;
	r->n = n;
	for (size_t i = 0; i < n; i++)
		make(r, i);
}

void
rig_end(struct rig *r)
{
	rig_wipe(r);
	free(r->store);
	for (size_t i = 0; i < r->n; i++)
		unmake(&r->t[i]);
	buf_fini(&r->body);
	failmem_check(&r->fm);
}

void
rig_restart(struct rig *r, size_t i)
{
	unmake(&r->t[i]);
	make(r, i);
}

int
rig_publish(struct rig *r, size_t i)
{
	struct live_result res;
	struct sp_buf reply;

	buf_init(&reply, &r->fm.mem, 1 << 16);
	track_publish(r->t[i].track, r->seed.info_hash, r->body.p, r->body.len,
	    &reply, &res, r->now);
	buf_fini(&reply);
	buf_reset(&r->body);
	if (res.woke)
		share_local(r->t[i].share, r->seed.info_hash);
	return res.err;
}

void
rig_records(struct rig *r, size_t i, uint64_t first, uint64_t last)
{
	for (uint64_t n = first; n <= last; n++)
		signer_record(&r->seed, &r->body, 0, n, (int64_t)n * 2000, 0);
	ck_assert_int_eq(rig_publish(r, i), 0);
}

void
rig_channel(struct rig *r, size_t i, uint64_t n)
{
	signer_manifest(&r->seed, &r->body);
	rig_records(r, i, 1, n);
}

void
rig_start_channel(struct rig *r, size_t n)
{
	rig_start(r, n);
	rig_channel(r, 0, 5);
	rig_run(r, SP_S);
}

static const struct live_chan *
chan(const struct rig *r, size_t i)
{
	return live_find(track_live(r->t[i].track), r->seed.info_hash);
}

uint64_t
rig_newest(const struct rig *r, size_t i)
{
	const struct live_chan *ch = chan(r, i);
	struct live_edge e;

	return ch != NULL && live_edge(ch, 0, &e) == 0 ? e.number : 0;
}

uint32_t
rig_held(const struct rig *r, size_t i)
{
	const struct live_chan *ch = chan(r, i);
	struct live_edge e;

	return ch != NULL && live_edge(ch, 0, &e) == 0 ? e.held : 0;
}

void
rig_all_have(const struct rig *r, uint64_t newest, uint32_t held)
{
	for (size_t i = 0; i < r->n; i++) {
		ck_assert_uint_eq(rig_newest(r, i), newest);
		ck_assert_uint_eq(rig_held(r, i), held);
	}
}

struct share_stats
rig_stats(const struct rig *r, size_t i)
{
	struct share_stats st;

	share_stats(r->t[i].share, &st);
	return st;
}
