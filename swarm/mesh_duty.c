#include "swarm/mesh_int.h"

#define FRESH     (2 * SP_S)       /* an older piece is the swarm's already */
#define HEARD_Q95 (400 * SP_MS)    /* assumed before there are samples */
#define HEARD_MAX SP_S             /* later it was a backup, or the ramp */
#define RATE_MIN  (128 * 1024 / 8) /* bytes per second, of a block's time */

int
mesh_roster(struct mesh *m, const struct roster *r, sp_time now)
{
	m->now = now;
	if (m->conf.without & MESH_WITHOUT_DUTY)
		return 0;
	if (m->roster == NULL) {
		m->roster = mem_alloc(m->mem, sizeof(*m->roster));
		if (m->roster == NULL)
			return SP_ERR_NOMEM;
	}
	memcpy(m->roster, r, offsetof(struct roster, entries));
	memcpy(m->roster->entries, r->entries, r->n * sizeof(r->entries[0]));
	m->roster_at = now;
	mesh_root_roster(m);
	m->mates = roster_find(m->roster, m->id) >= 0;
	if (m->mates)
		m->house_at = SP_MIN(m->house_at, now + MESH_HOUSE_GAP);
	return 0;
}

bool
mesh_duty_is_on(const struct mesh *m)
{
	return m->roster != NULL && m->roster->n > 0 &&
	       m->now - m->roster_at <= DUTY_AGE;
}

void
mesh_duty_draw(struct mesh *m, struct piece *pc)
{
	unsigned k = duty_stripes(pc->blocks);

	if (m->conf.seeder || m->n_origins == 0 || k == 0 ||
	    pc->rec.track >= LIM_TRACKS || m->now - pc->avail_at > FRESH)
		return;
	if (m->taps[0].no_range || m->conf.without & MESH_WITHOUT_SMALL)
		k = 1;
	if (duty_draw(&pc->duty, m->roster, m->roster_at, m->id, pc->rec.track,
		k, m->now))
		pc->stripes = (uint8_t)k;
}

static unsigned
backups(const struct piece *pc)
{
	return pc->duty.rank[1] | pc->duty.rank[2] | pc->duty.rank[3];
}

void
mesh_duty_listen(struct mesh *m, struct piece *pc, uint64_t believed)
{
	const struct holders *hs = &pc->holders;
	unsigned set = backups(pc) & ~(unsigned)pc->heard, s;
	uint32_t i;

	for (; set != 0; set &= set - 1) {
		s = (unsigned)__builtin_ctz(set);
		i = duty_first(pc->blocks, pc->stripes, s);
		if (!piece_holds(pc, i) &&
		    ((holders_of(hs, i) | holders_expect(hs, i, m->now)) &
			believed) == 0)
			continue;
		pc->heard |= (uint16_t)(1u << s);
		quantile_add(&m->heard_us,
		    (uint64_t)(SP_CLAMP(m->now - pc->avail_at, 0, HEARD_MAX) /
			       SP_US));
	}
}

static int
rank_in(const struct duty *d, unsigned stripe)
{
	unsigned r;

	for (r = 0; r < DUTY_RANKS; r++)
		if (d->rank[r] >> stripe & 1)
			return (int)r;
	return -1;
}

/*
 * Of an origin that refuses requests who has the first of 2^grain stripes
 * fetches them all; the others among them are left to their own as to a backup,
 * should he not have been refused and fetch only his.
 */
static int
rank_of(const struct mesh *m, const struct piece *pc, uint32_t index)
{
	unsigned grain = tap_grain(&m->taps[0], m->now), s, lead;
	int own, of_lead;

	if (pc->stripes == 0)
		return -1;
	s = duty_stripe(pc->blocks, pc->stripes, index);
	lead = s >> grain << grain;
	own = rank_in(&pc->duty, s);
	if (lead == s)
		return own;
	of_lead = rank_in(&pc->duty, lead);
	own = own < 0 ? -1 : SP_MIN(own + 1, DUTY_RANKS - 1);
	return of_lead < 0 || (own >= 0 && own < of_lead) ? own : of_lead;
}

/* When who has rank |r| steps in. */
static sp_time
turn_of(const struct mesh *m, const struct piece *pc, unsigned r)
{
	sp_time heard, ttfb;

	if (r == 0)
		return pc->avail_at;
	heard = (sp_time)quantile_get(&m->heard_us, 950000, HEARD_Q95 / SP_US) *
		SP_US;
	ttfb = (sp_time)quantile_get(&m->taps[0].ttfb_us, 950000,
		   TAP_TTFB / SP_US) *
	       SP_US;
	return pc->avail_at + duty_backup_delay(r, heard, ttfb,
				  (sp_time)(LIM_BLOCK * 1000 /
					    SP_MAX(mesh_uplink(m), RATE_MIN)) *
				      SP_MS);
}

sp_time
mesh_duty_at(const struct mesh *m, const struct piece *pc, uint32_t index)
{
	int r = rank_of(m, pc, index);

	if (r == 1 && mesh_root_acts(m, pc->rec.track,
			  duty_stripe(pc->blocks, pc->stripes, index)))
		return pc->avail_at;
	return r < 0 ? SP_NEVER : turn_of(m, pc, (unsigned)r);
}

sp_time
mesh_duty_end(const struct mesh *m, const struct piece *pc)
{
	/* a record that came late has no duty to wait for */
	return mesh_duty_is_on(m) && pc->known_at - pc->avail_at <= FRESH
		   ? turn_of(m, pc, DUTY_RANKS)
		   : pc->avail_at;
}

void
mesh_duty_count(struct mesh *m, const struct piece *pc, uint32_t first,
    uint32_t n)
{
	uint32_t i;

	for (i = first; i < first + n; i++) {
		if (i != duty_first(pc->blocks, pc->stripes,
			     duty_stripe(pc->blocks, pc->stripes, i)))
			continue;
		if (rank_of(m, pc, i) == 0)
			m->st.duties++;
		else
			m->st.backups++;
	}
}

/* Dials a member; false: not now. */
static bool
meet(struct mesh *m, const struct roster_entry *e)
{
	uint32_t dials = contacts_dialing(&m->contacts);
	struct contact *ct;

	if (e->addr.family == 0 || mesh_is_neighbour(m, e->peer_id))
		return true;
	if (mesh_peers_established(m) + dials >= m->conf.neighbours_max)
		return false;
	m->mates = dials >= m->conf.dials_max;
	if (m->mates)
		return false;
	contacts_add(&m->contacts, &e->addr, e->peer_id, &m->rng, m->now);
	ct = contacts_take(&m->contacts, &e->addr, ++m->next_id, m->now);
	return ct == NULL || mesh_dial(m, ct);
}

/*
 * The backups of a duty should hear of it at first hand. One of two dials: who
 * comes later. What the limit of dials does not allow now is done later.
 */
void
mesh_duty_meet(struct mesh *m)
{
	const struct roster_entry *v = m->roster->entries;
	uint8_t rank[DUTY_RANKS], t;
	size_t n, i, k;
	unsigned s;

	m->mates = false;
	for (t = 0; t < LIM_TRACKS; t++) {
		for (s = 0; m->play[t].on && s < DUTY_STRIPES; s++) {
			n = roster_rank(m->roster, t, s, rank, DUTY_RANKS);
			for (i = 0; i < n; i++)
				if (memcmp(v[rank[i]].peer_id, m->id,
					LINK_PEERID_LEN) == 0)
					break;
			for (k = 0; i < n && k < i; k++)
				if (!meet(m, &v[rank[k]]))
					return;
		}
	}
}
