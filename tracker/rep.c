#include "tracker/rep.h"

#include "base/heap.h"
#include "base/map.h"

#define RATE_USUAL 4000 /* kbit/s */
#define CUT        8    /* of the claimed uplink, in r */
#define SPANS_MAX  8    /* that a gap counts for */
#define TENTHS     10   /* full weight of a receipt */
#define NETS       512  /* whose accusations are counted at once */
#define CREDIT_MAX (UINT64_C(1) << 40)

struct key {
	uint8_t info_hash[LINK_INFOHASH_LEN];
	uint8_t peer_id[LINK_PEERID_LEN];
};

struct viewer {
	struct key key;
	struct heap_node gone;
	struct sp_addr addr; /* IP of its receipts, else of its announces */
	bool proven;         /* a receipt of its key came from there */
	uint8_t strikes;
	struct sp_addr striker;
	sp_time born, span_at;
	uint64_t credit; /* tenths of bytes, since span_at */
	uint64_t nets;   /* a bit for each network that gave credit */
	uint64_t slice;  /* the last one of its own receipts */
	uint32_t score;
	uint32_t up_kbps; /* as it claims; 0: it does not */
};

/* What a network has said against others since |since|. */
struct accuser {
	uint64_t net; /* hash */
	sp_time since;
	unsigned n; /* 0: a free place */
};

struct reps {
	const struct sp_mem *mem;
	struct accuser accusers[NETS]; /* by hash */
	struct map *viewers;           /* struct key -> struct viewer * */
	const struct registry *registry;
	struct heap gone;
	sp_time full; /* somebody found no room then; -SP_NEVER: nobody yet */
	uint64_t seed;
};

int
reps_new(struct reps **out, const struct sp_mem *mem,
    const struct registry *registry, uint32_t max, uint64_t seed)
{
	struct reps *r = mem_zalloc(mem, 1, sizeof(*r));
	int rv;

	*out = NULL;
	if (r == NULL)
		return SP_ERR_NOMEM;
	r->mem = mem;
	r->registry = registry;
	r->seed = seed;
	r->full = -SP_NEVER;
	heap_init(&r->gone, mem);
	rv = map_new(&r->viewers, mem, sizeof(struct key),
	    sizeof(struct viewer *), SP_CLAMP(max, 1, REP_MAX), seed);
	if (rv < 0) {
		mem_free(mem, r);
		return rv;
	}
	*out = r;
	return 0;
}

void
reps_free(struct reps *r)
{
	size_t it = 0;
	void *v;

	if (r == NULL)
		return;
	heap_fini(&r->gone); /* its nodes are theirs */
	while (map_next(r->viewers, &it, &v) != NULL)
		mem_free(r->mem, *(struct viewer **)v);
	map_free(r->viewers);
	mem_free(r->mem, r);
}

static struct viewer *
find(const struct reps *r, const uint8_t *info_hash, const uint8_t *peer_id)
{
	struct viewer **v;
	struct key k;

	memcpy(k.info_hash, info_hash, sizeof(k.info_hash));
	memcpy(k.peer_id, peer_id, sizeof(k.peer_id));
	v = map_get(r->viewers, &k);
	return v == NULL ? NULL : *v;
}

static void
forget(struct reps *r, struct viewer *v)
{
	heap_del(&r->gone, &v->gone);
	map_del(r->viewers, &v->key);
	mem_free(r->mem, v);
}

/* ---- the score ----------------------------------------------------------- */

/* Of its network; private ones are told apart by address. */
static uint64_t
net_hash(const struct reps *r, const struct sp_addr *a)
{
	size_t len = a->family == 6 ? 6 : 3;

	if (addr_is_private(a))
		len = sizeof(a->ip);
	return map_siphash(r->seed, a->family, a->ip, len);
}

static bool
same_net(const struct sp_addr *a, const struct sp_addr *b)
{
	return addr_is_private(a) ? addr_ip_eq(a, b) : addr_same_net(a, b);
}

static uint64_t
diversity(uint64_t nets)
{
	static const uint32_t part[] = { REP_ONE / 10, REP_ONE / 10,
		REP_ONE / 2, REP_ONE / 4 * 3, REP_ONE };

	return part[SP_MIN(__builtin_popcountll(nets), 4)];
}

/* Spans that are over change the score. */
static void
settle(struct viewer *v, uint32_t rate_kbps, sp_time now)
{
	uint64_t ms = (uint64_t)((now - v->span_at) / SP_MS), claim, sample;
	sp_time spans = (now - v->span_at) / REP_SPAN;

	if (spans < 1)
		return;
	if (rate_kbps == 0)
		rate_kbps = RATE_USUAL;
	claim = v->up_kbps == 0 ? rate_kbps
				: SP_MIN(v->up_kbps, (uint64_t)CUT * rate_kbps);
	/* bits per ms are kbit/s */
	sample = v->credit * 8 * (REP_ONE / 16) / (claim * ms) * 16 / TENTHS;
	sample = SP_MIN(sample, REP_ONE) * diversity(v->nets) / REP_ONE;
	for (spans = SP_MIN(spans, SPANS_MAX); spans > 0; spans--)
		v->score = (uint32_t)((3 * (uint64_t)v->score + sample) / 4);
	v->span_at = now;
	v->credit = 0;
	v->nets = 0;
}

/* ---- announces ----------------------------------------------------------- */

/* The score of who is so old, of whom nobody has said anything. */
static uint32_t
silent_score(uint32_t age_s)
{
	uint32_t score = REP_START;

	for (; score > 0 && age_s >= REP_SPAN / SP_S; age_s -= REP_SPAN / SP_S)
		score = score * 3 / 4;
	return score;
}

static uint32_t
age_of(const struct reps *r, uint32_t peer, sp_time now)
{
	return peertab_age(registry_tab(r->registry), peer,
	    registry_seconds(r->registry, now));
}

/* For how long |peer| has been silent who could have given something. */
static uint32_t
silent_age(const struct reps *r, uint32_t peer, sp_time now)
{
	/* while there was no room nobody was heard of */
	if (registry_tab(r->registry)->more[peer].foreign ||
	    now < tstamp_add(r->full, REP_KEEP))
		return 0;
	return age_of(r, peer, now);
}

/* A record of |peer|, of whom there was none. */
static struct viewer *
viewer_add(struct reps *r, const struct rep_chan *ch, const uint8_t *peer_id,
    uint32_t peer, sp_time now)
{
	const struct peertab *tab = registry_tab(r->registry);
	const struct peertab_peer *p = &tab->peers[peer];
	struct viewer *v = mem_zalloc(r->mem, 1, sizeof(*v)), **slot;
	uint32_t age = age_of(r, peer, now);
	uint32_t score = silent_score(silent_age(r, peer, now));
	sp_time was = r->full;

	r->full = now;
	if (v == NULL)
		return NULL;
	memcpy(v->key.info_hash, ch->info_hash, sizeof(v->key.info_hash));
	memcpy(v->key.peer_id, peer_id, sizeof(v->key.peer_id));
	v->addr = peertab_addr(tab, peer);
	v->born = now - age * SP_S;
	v->span_at = now - age % (REP_SPAN / SP_S) * SP_S;
	v->score = score;
	v->up_kbps = p->live ? peertab_up_kbps(p->up) : 0;
	if (heap_set(&r->gone, &v->gone, now + REP_KEEP) == 0) {
		slot = map_put(r->viewers, &v->key, NULL, NULL);
		if (slot != NULL) {
			r->full = was;
			*slot = v;
			return v;
		}
	}
	heap_del(&r->gone, &v->gone);
	mem_free(r->mem, v);
	return NULL;
}

/* The viewer of that peer-id in the registry; PEERTAB_NONE. */
static uint32_t
registered(const struct reps *r, const uint8_t *info_hash,
    const uint8_t *peer_id)
{
	const struct peertab *tab = registry_tab(r->registry);
	uint32_t swarm = peertab_swarm(tab, info_hash), peer = PEERTAB_NONE;

	if (swarm != PEERTAB_NONE)
		peer = peertab_find_id(tab, swarm, peer_id);
	if (peer != PEERTAB_NONE && (tab->peers[peer].class & PEERTAB_SEED))
		return PEERTAB_NONE;
	return peer;
}

/* NULL: it has not announced itself, or there is no room. */
static struct viewer *
find_or_add(struct reps *r, const struct rep_chan *ch, const uint8_t *peer_id,
    sp_time now)
{
	struct viewer *v = find(r, ch->info_hash, peer_id);
	uint32_t peer;

	if (v != NULL)
		return v;
	peer = registered(r, ch->info_hash, peer_id);
	if (peer == PEERTAB_NONE)
		return NULL;
	return viewer_add(r, ch, peer_id, peer, now);
}

void
reps_left(struct reps *r, const struct rep_chan *ch,
    const uint8_t peer_id[LINK_PEERID_LEN], const struct sp_addr *from)
{
	struct viewer *v = find(r, ch->info_hash, peer_id);

	/* what could be used again is kept as long as otherwise */
	if (v != NULL && v->strikes == 0 && v->slice == 0 &&
	    addr_ip_eq(&v->addr, from))
		forget(r, v);
}

void
reps_seen(struct reps *r, const struct rep_chan *ch,
    const struct tw_announce *a, const struct sp_addr *from, sp_time now)
{
	struct viewer *v = find(r, ch->info_hash, a->peer_id);

	if (a->event == TW_EVENT_STOPPED) {
		reps_left(r, ch, a->peer_id, from);
		return;
	}
	if (v == NULL)
		return;
	/* it is in the heap: no memory */
	(void)heap_set(&r->gone, &v->gone, now + REP_KEEP);
	/* who has the key says where it is, in v4 or v6 */
	if (v->proven && !addr_ip_eq(&v->addr, from))
		return;
	settle(v, ch->rate_kbps, now);
	v->addr = *from;
	v->up_kbps = a->live ? a->up_kbps : 0;
}

/* ---- receipts ------------------------------------------------------------ */

/* Whose they are, if they may count; nothing is kept before they are verified.
 */
static int
judge(const struct reps *r, const struct rep_chan *ch, const struct receipt *rc,
    uint8_t id[LINK_PEERID_LEN])
{
	int64_t ms = (int64_t)rc->slice * RECEIPT_SLICE_MS;
	const struct viewer *v;
	int rv;

	if (memcmp(rc->info_hash, ch->info_hash, LINK_INFOHASH_LEN) != 0)
		return SP_ERR_WRONGCHAN;
	if ((rv = receipt_peerid(id, rc->key)) < 0)
		return rv;
	v = find(r, ch->info_hash, id);
	if (v == NULL && registered(r, ch->info_hash, id) == PEERTAB_NONE)
		return SP_ERR_NOTFOUND;
	if (ch->clock_ms == 0 || ms > ch->clock_ms + REP_CLOCK ||
	    ms < ch->clock_ms - REP_CLOCK ||
	    (v != NULL && rc->slice <= v->slice))
		return SP_ERR_STALE;
	for (size_t i = 0; i < rc->n; i++)
		if (memcmp(rc->entries[i].peer_id, id, LINK_PEERID_LEN) == 0)
			return SP_ERR_DENIED;
	return 0;
}

/* 65536ths of what is said that may be true. */
static uint64_t
truth(const struct rep_chan *ch, const struct receipt *rc, uint64_t slices)
{
	uint64_t kbps = ch->rate_kbps == 0 ? RATE_USUAL : ch->rate_kbps;
	uint64_t all = 1, most = 2 * kbps * 125 * 10 * slices;

	for (size_t i = 0; i < rc->n; i++)
		all += rc->entries[i].bytes;
	/* both below 2^50 */
	return all <= most ? REP_ONE : (most << 14) / (all >> 2);
}

/* Whether its network may accuse one more. */
static bool
may_accuse(struct reps *r, const struct sp_addr *from, sp_time now)
{
	uint64_t net = net_hash(r, from);
	struct accuser *a = &r->accusers[net % NETS];

	if (a->n == 0 || now - a->since >= REP_ACCUSE_SPAN)
		*a = (struct accuser){ .net = net, .since = now };
	if (a->net != net || a->n == REP_ACCUSE)
		return false;
	a->n++;
	return true;
}

static void
strike(struct reps *r, struct viewer *v, struct viewer *accuser,
    uint32_t rate_kbps, sp_time now)
{
	settle(accuser, rate_kbps, now);
	if (now - accuser->born < REP_ACCUSER_AGE ||
	    accuser->score < REP_ACCUSER || v->strikes == REP_STRIKES ||
	    (v->strikes > 0 && same_net(&v->striker, &accuser->addr)) ||
	    !may_accuse(r, &accuser->addr, now))
		return;
	v->striker = accuser->addr;
	v->strikes++;
}

int
reps_take(struct reps *r, const struct rep_chan *ch, const uint8_t *p,
    size_t len, const struct sp_addr *from, sp_time now)
{
	uint8_t id[LINK_PEERID_LEN];
	struct viewer *self, *v;
	uint64_t part, weight;
	struct receipt rc;
	int rv;

	if ((rv = receipt_open(&rc, p, len)) < 0 ||
	    (rv = judge(r, ch, &rc, id)) < 0 ||
	    (rv = receipt_verify(&rc, p, len)) < 0)
		return rv;
	self = find_or_add(r, ch, id, now);
	if (self == NULL)
		return SP_ERR_FULL;
	part = truth(ch, &rc, SP_MIN(rc.slices, rc.slice - self->slice));
	self->slice = rc.slice;
	self->addr = *from;
	self->proven = true;
	weight = now - self->born < REP_YOUNG ? 1 : TENTHS;
	for (size_t i = 0; i < rc.n; i++) {
		v = find_or_add(r, ch, rc.entries[i].peer_id, now);
		if (v == NULL)
			continue;
		settle(v, ch->rate_kbps, now);
		v->credit += rc.entries[i].bytes * part / REP_ONE * weight;
		v->credit = SP_MIN(v->credit, CREDIT_MAX);
		v->nets |= UINT64_C(1) << net_hash(r, from) % 64;
		if (rc.entries[i].flags & RECEIPT_BAD)
			strike(r, v, self, ch->rate_kbps, now);
	}
	return 0;
}

struct rep
reps_get(struct reps *r, const struct rep_chan *ch, uint32_t peer, sp_time now)
{
	const struct peertab *tab = registry_tab(r->registry);
	struct sp_addr addr = peertab_addr(tab, peer);
	struct rep out = { .score = REP_START };
	uint8_t id[LINK_PEERID_LEN];
	struct viewer *v;
	uint32_t age;

	peertab_id(tab, peer, id);
	v = find(r, ch->info_hash, id);
	if (v == NULL) {
		age = silent_age(r, peer, now);
		out.score = silent_score(age);
		out.judged = age >= 2 * REP_SPAN / SP_S;
		return out;
	}
	out.out = v->strikes >= REP_STRIKES;
	if (!addr_ip_eq(&v->addr, &addr))
		return out;
	settle(v, ch->rate_kbps, now);
	out.score = v->score;
	out.judged = now - v->born >= 2 * REP_SPAN;
	return out;
}

/* ---- the rest ------------------------------------------------------------ */

void
reps_tick(struct reps *r, sp_time now)
{
	while (heap_at(&r->gone) <= now)
		forget(r,
		    (struct viewer *)(void *)((char *)heap_top(&r->gone) -
					      offsetof(struct viewer, gone)));
}

size_t
reps_len(const struct reps *r)
{
	return map_len(r->viewers);
}

bool
reps_are_sound(const struct reps *r)
{
	const struct viewer *v;
	const void *key;
	size_t it = 0;
	void *val;

	while ((key = map_next(r->viewers, &it, &val)) != NULL) {
		v = *(struct viewer **)val;
		if (memcmp(key, &v->key, sizeof(v->key)) != 0 ||
		    v->gone.pos == 0 || v->score > REP_ONE ||
		    v->credit > CREDIT_MAX || v->strikes > REP_STRIKES)
			return false;
	}
	for (it = 0; it < NETS; it++)
		if (r->accusers[it].n > REP_ACCUSE)
			return false;
	return map_len(r->viewers) == r->gone.len;
}
