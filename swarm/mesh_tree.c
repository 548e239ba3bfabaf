#include "swarm/mesh_int.h"

#define RELAY_AGE  (3 * SP_S)    /* of a viewer before it has children */
#define AD_GAP     (500 * SP_MS) /* between telling what has changed */
#define AD_KEEP    (5 * SP_S)    /* and of small changes, or by a leaf */
#define AD_FAR     4             /* units that are no small change */
#define HOP_DELAY  (30 * SP_MS)  /* one way, as far as fan-out is planned */
#define USED_PCT   75            /* of the uplink that is for trees */
#define K_KEEP     16            /* pieces, until fewer stripes are believed */
#define ASKED_TAIL (10 * SP_S)   /* an answer may come, and blocks with it */
#define SOON       (20 * SP_MS)  /* for another parent */
#define LOST       (250 * SP_MS) /* a parent: then its blocks are asked for */
#define HURRY_GAP  (100 * SP_MS) /* so often at most */
#define SHED_ROUND 4             /* children let go at once */
#define JUDGED     8             /* newest pieces that are looked at */

uint32_t
mesh_short_id(const uint8_t id[LINK_PEERID_LEN])
{
	struct sp_rd rd = buf_rd(id + LINK_PEERID_LEN - 4, 4);

	return buf_get_u32(&rd);
}

/* ---- shape ---- */

static struct mesh_tree *
make(struct mesh *m, uint8_t track)
{
	struct mesh_tree *mt = mem_zalloc(m->mem, 1, sizeof(*mt));

	if (mt == NULL)
		return NULL;
	tree_init(&mt->tree);
	mt->born = m->now;
	m->trees[track] = mt;
	mesh_root_roster(m);
	return mt;
}

/* Of the tracks that have trees. */
static uint64_t
all_bps(const struct mesh *m)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < LIM_TRACKS; i++)
		sum += m->trees[i] != NULL ? m->trees[i]->bps : 0;
	return SP_MAX(sum, 1);
}

/*
 * Each track has its share of the uplink by its rate, and a stripe of it the
 * k-th part: so many children fit.
 */
static void
shape(struct mesh *m, struct mesh_tree *mt)
{
	uint64_t up = mesh_uplink(m), room;

	room = up * USED_PCT / 100 * mt->k_most / all_bps(m);
	if (!mesh_uplink_is_known(m))
		room = SP_MIN(room, mt->k_most / 4);
	if (!mesh_serves(m) || (!m->conf.seeder && mt->tree.roots == 0 &&
				   m->now - mt->born < RELAY_AGE))
		room = 0;
	tree_shape(&mt->tree, mt->k_most,
	    (uint32_t)SP_MIN(room, PW_STRIPES * TREE_SLOTS),
	    tree_fanout(up, HOP_DELAY), m->seed);
	mt->tree.weight =
	    (uint8_t)SP_CLAMP(up * 8 / SP_MAX(mt->bps, 1), 1, PW_WEIGHT_MAX);
}

void
mesh_tree_piece(struct mesh *m, const struct piece *pc)
{
	uint8_t track = pc->rec.track;
	struct mesh_tree *mt;
	uint64_t bps;
	unsigned k = duty_stripes(pc->blocks);

	if (track >= LIM_TRACKS || (m->conf.without & MESH_WITHOUT_PUSH) ||
	    !(m->play[track].on || (m->conf.seeder && !m->conf.no_upload)))
		return;
	mt = m->trees[track] != NULL ? m->trees[track] : make(m, track);
	if (mt == NULL)
		return;
	if (k >= mt->k_most || ++mt->k_age > K_KEEP) {
		mt->k_most = k;
		mt->k_age = 0;
	}
	bps =
	    (uint64_t)pc->rec.length * 1000000 / SP_MAX(pc->rec.duration_us, 1);
	mt->bps = mt->bps == 0 ? bps : (mt->bps * 7 + bps) / 8;
	shape(m, mt);
}

/* ---- places ---- */

static bool
is_far(uint8_t a, uint8_t b)
{
	return a > b + AD_FAR || b > a + AD_FAR;
}

static bool
is_other(const struct pw_tree *a, const struct pw_tree *b)
{
	bool far =
	    is_far(a->wait[0], b->wait[0]) || is_far(a->wait[1], b->wait[1]);
	unsigned s;

	for (s = 0; s < PW_STRIPES; s++)
		far = far || is_far(a->late[s], b->late[s]);
	return far || a->free != b->free || a->strong != b->strong;
}

/* No children, and no room for any as told or now: nobody goes by the rest. */
static bool
is_leaf(const struct mesh_tree *mt, const struct pw_tree *now)
{
	unsigned s;

	for (s = 0; s < PW_STRIPES; s++)
		if (mt->tree.stripes[s].children != 0)
			return false;
	return (mt->ad.free | mt->ad.strong | now->free | now->strong) == 0;
}

static void
tell_places(struct mesh *m, uint8_t track)
{
	struct mesh_tree *mt = m->trees[track];
	struct pw_tree ad;
	unsigned i;

	tree_ad(&mt->tree,
	    (sp_time)(2 * LIM_BLOCK * 1000 / SP_MAX(mesh_uplink(m), 1)) * SP_MS,
	    &ad);
	/* nobody is to begin with us now */
	if (mt->relay_till != 0) {
		memset(&ad, PW_TREE_NEVER, sizeof(ad));
		ad.free = ad.strong = 0;
	}
	if (is_other(&ad, &mt->ad) ||
	    (m->now - mt->ad_at > AD_KEEP &&
		memcmp(&ad, &mt->ad, sizeof(ad)) != 0)) {
		if (m->now - mt->ad_at < (is_leaf(mt, &ad) ? AD_KEEP : AD_GAP))
			return;
		mt->ad = ad;
		mt->ad_to = 0;
		mt->ad_at = m->now;
	}
	mt->ad_to &= m->open;
	MESH_SLOTS (m->open & ~mt->ad_to, i)
		pw_put_tree(mesh_say(m, m->peers[i]), track, &mt->ad);
	mt->ad_to = m->open;
}

/* ---- ends ---- */

void
mesh_tree_gone(struct mesh *m, unsigned slot)
{
	struct mesh_tree *mt;
	uint8_t t;

	for (t = 0; t < LIM_TRACKS; t++) {
		if ((mt = m->trees[t]) == NULL)
			continue;
		tree_gone(&mt->tree, slot);
		mt->ad_to &= ~MESH_BIT(slot);
		mesh_tree_hurry(m);
	}
}

/* That there are trees no longer. */
static void
tell_end(struct mesh *m, uint8_t track)
{
	struct pw_tree ad = { .free = 0 };
	unsigned i;

	memset(ad.wait, PW_TREE_NEVER, sizeof(ad.wait));
	memset(ad.late, PW_TREE_NEVER, sizeof(ad.late));
	MESH_SLOTS (m->trees[track]->ad_to & m->open, i)
		pw_put_tree(mesh_say(m, m->peers[i]), track, &ad);
}

void
mesh_tree_end(struct mesh *m, uint8_t track)
{
	struct mesh_tree *mt = m->trees[track];
	unsigned s, i;

	if (mt == NULL)
		return;
	for (s = 0; s < PW_STRIPES; s++) {
		mesh_tree_bid(m, track, s, mt->tree.stripes[s].parent, 0);
		mesh_tree_bid(m, track, s, mt->tree.stripes[s].asked, 0);
		MESH_SLOTS (mt->tree.stripes[s].children & m->open, i)
			mesh_tree_deny(m, track, s, i);
	}
	tell_end(m, track);
	mem_free(m->mem, mt);
	m->trees[track] = NULL;
}

void
mesh_tree_fini(struct mesh *m)
{
	unsigned t;

	for (t = 0; t < LIM_TRACKS; t++)
		mem_free(m->mem, m->trees[t]);
}

/* ---- now and then ---- */

static bool
lacks(const struct piece *pc, unsigned s)
{
	unsigned k = duty_stripes(pc->blocks);
	uint32_t i;

	if (s >= k)
		return false;
	for (i = duty_first(pc->blocks, k, s);
	     i < duty_first(pc->blocks, k, s + 1); i++)
		if (!piece_holds(pc, i))
			return true;
	return false;
}

/* The parent does not send, or not a word: then it may be dead. */
static bool
is_bad(const struct mesh *m, struct tree *t, unsigned s, const struct piece *pc)
{
	const struct peer *p = m->peers[t->stripes[s].parent];
	bool missing = lacks(pc, s);

	return tree_judge(t, s, pc->rec.number, pc->avail_at, missing) ||
	       (missing && p->recv_at < pc->avail_at);
}

/* Whether parents have sent what they should have by now. */
static void
judge(struct mesh *m, uint8_t track)
{
	const struct window_track *w = &m->window.tracks[track];
	struct tree *t = &m->trees[track]->tree;
	const struct piece *pc;
	uint8_t parent;
	uint64_t n;
	unsigned s;

	for (n = w->edge - SP_MIN(w->edge - w->first, JUDGED); n < w->edge;
	     n++) {
		pc = mesh_find(m, track, n);
		for (s = 0; pc != NULL && s < t->k; s++) {
			parent = t->stripes[s].parent;
			/* the oldest one was waited for long enough */
			if (parent == TREE_NOBODY ||
			    (n + JUDGED > w->edge &&
				pc->avail_at + tree_wait(t, s) > m->now) ||
			    !is_bad(m, t, s, pc))
				continue;
			m->st.tree_left++;
			mesh_tree_bid(m, track, s, parent, 0);
			tree_leave(t, s, m->now);
			mesh_dirty(m, LOST);
		}
	}
}

/* Lets children go that the uplink is too slow for. */
static void
shed(struct mesh *m, uint8_t track)
{
	struct tree *t = &m->trees[track]->tree;
	uint64_t edge = m->window.tracks[track].edge;
	unsigned s, slot, n;

	for (n = 0; n < SHED_ROUND && tree_excess(t, &s, &slot); n++) {
		tree_unsubscribe(t, s, slot, edge);
		mesh_push_forget(m, m->peers[slot], track, s, edge);
		mesh_tree_deny(m, track, s, slot);
	}
}

static void
seek(struct mesh *m, uint8_t track)
{
	struct tree *t = &m->trees[track]->tree;
	struct tree_stripe *st;
	sp_time srtt[TREE_SLOTS];
	unsigned i, s;
	uint8_t slot;
	uint64_t from, told = 0;

	if (!m->play[track].on || m->conf.seeder)
		return;
	MESH_SLOTS (m->open, i)
		srtt[i] = m->peers[i]->srtt;
	from = SP_MAX(m->play[track].scan, m->window.tracks[track].first);
	for (s = 0; s < t->k; s++) {
		st = &t->stripes[s];
		if (tree_over(t, s, m->window.tracks[track].edge)) {
			mesh_tree_bid(m, track, s, st->parent, st->notice);
			tree_refused(t, s, st->parent, m->now);
			mesh_dirty(m, LOST);
		}
		slot = tree_pick(t, s,
		    mesh_plan_open(m, track, s, m->open & ~m->slow), srtt,
		    &m->rng, m->now);
		if (slot == TREE_NOBODY)
			continue;
		/* who had a parent lately is still getting what it has begun */
		st->asked_from =
		    m->now < st->served_till || st->parent != TREE_NOBODY
			? m->window.tracks[track].edge
			: from;
		/* behind the last piece there can be */
		st->asked_from = SP_MIN(st->asked_from, LIM_NUMBER - 1);
		m->peers[slot]->asked_till = m->now + ASKED_TAIL;
		/* or it would send that too */
		if (st->asked_from == from && !(told & MESH_BIT(slot)))
			mesh_have_since(m, m->peers[slot], track, from);
		told |= MESH_BIT(slot);
		pw_put_subscribe(mesh_say(m, m->peers[slot]), track, (uint8_t)s,
		    t->inner >> s & 1 ? t->weight : 0,
		    st->parent == TREE_NOBODY || st->notice != 0 ||
			t->wish[s] == slot,
		    st->asked_from);
	}
}

/* Paths that changed too soon after they had been told. */
static void
tell_again(struct mesh *m, uint8_t track)
{
	uint16_t set = m->trees[track]->tell;
	unsigned s;

	for (s = 0; s < PW_STRIPES; s++)
		if (set >> s & 1)
			mesh_tree_tell(m, track, s);
}

void
mesh_tree_hurry(struct mesh *m)
{
	sp_time at = SP_MAX(m->now + SOON, m->hurried_at + HURRY_GAP);

	/* what was to be pushed is asked for, unless that brings it */
	mesh_dirty(m, LOST);
	if (at >= m->house_at)
		return;
	m->house_at = m->hurried_at = at;
}

void
mesh_tree_house(struct mesh *m)
{
	uint8_t t;

	for (t = 0; t < LIM_TRACKS; t++) {
		if (m->trees[t] == NULL)
			continue;
		if (mesh_relays(m, t)) {
			tell_places(m, t);
			mesh_relay_run(m, t);
			continue;
		}
		mesh_root_watch(m, t);
		shape(m, m->trees[t]);
		shed(m, t);
		judge(m, t);
		seek(m, t);
		tell_again(m, t);
		tell_places(m, t);
	}
}

bool
mesh_tree_needs(const struct mesh *m, unsigned slot)
{
	const struct tree *t;
	uint8_t i;
	unsigned s;

	for (i = 0; i < LIM_TRACKS; i++) {
		if ((t = mesh_tree(m, i)) == NULL)
			continue;
		for (s = 0; s < t->k; s++)
			if (t->stripes[s].parent == slot)
				return true;
	}
	return false;
}

void
mesh_tree_stats(const struct mesh *m, struct mesh_stats *out)
{
	const struct tree *t;
	uint8_t i;
	unsigned s;

	for (i = 0; i < LIM_TRACKS; i++) {
		if ((t = mesh_tree(m, i)) == NULL)
			continue;
		out->children += t->edges;
		if (mesh_relays(m, i))
			continue;
		out->tree_stripes += t->k;
		for (s = 0; s < t->k; s++) {
			if (t->stripes[s].depth >= TREE_DEPTH_MAX)
				continue;
			out->tree_places++;
			out->tree_depth += t->stripes[s].depth;
		}
	}
}
