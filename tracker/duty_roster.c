#include "tracker/duty_roster.h"

#define RATE_USUAL 4000 /* kbit/s */
#define REP_LEAST  4096 /* so that nobody is judged for ever */

/* ---- weights ------------------------------------------------------------- */

static uint64_t
square_root(uint64_t v)
{
	uint64_t r = 0, bit = UINT64_C(1) << 62;

	while (bit > v)
		bit >>= 2;
	for (; bit != 0; bit >>= 2) {
		if (v >= r + bit) {
			v -= r + bit;
			r = (r >> 1) + bit;
		} else {
			r >>= 1;
		}
	}
	return r;
}

uint32_t
duty_stability(uint32_t a_s)
{
	uint64_t x = ((uint64_t)a_s << 16) / ((uint64_t)a_s + 3);

	/* x^1.5 is the root of the cube: 48 bits, whose root has 24. */
	return (uint32_t)(square_root(x * x * x) >> 8);
}

static uint32_t
weight_of(const struct duty_draft *d, const struct duty_viewer *v)
{
	uint64_t up = v->up_kbps == 0 ? d->rate_kbps : v->up_kbps, w;

	up = SP_MIN(up, (uint64_t)8 * d->rate_kbps);
	w = up * duty_stability(SP_MIN(v->age_s, UINT32_MAX - 1) + 1) >> 16;
	w = w * SP_MAX(v->rep, (uint32_t)REP_LEAST) >> 16;
	return (uint32_t)SP_CLAMP(w, 1, UINT32_MAX);
}

static uint8_t
grade_of(const struct duty_draft *d, const struct duty_viewer *v, bool member)
{
	uint64_t need = (uint64_t)d->rate_kbps * (member ? 3 : 4) / 2;

	if (!v->reachable)
		return 3;
	if (v->up_kbps == 0 || v->up_kbps < need)
		return 2;
	if (v->judged && v->rep < DUTY_REP)
		return 2;
	return v->age_s < DUTY_AGE_S ? 1 : 0;
}

/* ---- order --------------------------------------------------------------- */

static bool
is_better(const struct duty_candidate *a, const struct duty_candidate *b)
{
	if (a->grade != b->grade)
		return a->grade < b->grade;
	if (a->member != b->member)
		return a->member;
	if (a->e.weight != b->e.weight)
		return a->e.weight > b->e.weight;
	return memcmp(a->e.peer_id, b->e.peer_id, LINK_PEERID_LEN) < 0;
}

/* Into a list of at most |max| that is in order; the last one may fall out. */
static void
put(struct duty_candidate *v, size_t *n, size_t max,
    const struct duty_candidate *c)
{
	size_t at = *n;

	while (at > 0 && is_better(c, &v[at - 1]))
		at--;
	if (at == max)
		return;
	*n = SP_MIN(*n + 1, max);
	memmove(&v[at + 1], &v[at], (*n - 1 - at) * sizeof(*v));
	v[at] = *c;
}

static void
take_out(struct duty_draft *d, size_t at)
{
	d->n--;
	memmove(&d->best[at], &d->best[at + 1],
	    (d->n - at) * sizeof(d->best[0]));
}

static bool
has_id(const struct duty_candidate *v, size_t n, const uint8_t *id, size_t *at)
{
	for (*at = 0; *at < n; ++*at)
		if (memcmp(v[*at].e.peer_id, id, LINK_PEERID_LEN) == 0)
			return true;
	return false;
}

/* How many are of the same network; the last of them in *last. */
static size_t
count_net(const struct duty_draft *d, const struct sp_addr *a, size_t *last)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++) {
		if (!addr_same_net(&d->best[i].e.addr, a))
			continue;
		*last = i;
		n++;
	}
	return n;
}

/* ---- the draft ----------------------------------------------------------- */

void
duty_draft_init(struct duty_draft *d, const struct roster *old,
    uint32_t rate_kbps, bool whole)
{
	d->old = old;
	d->rate_kbps = rate_kbps == 0 ? RATE_USUAL : rate_kbps;
	d->whole = whole;
	d->n = d->spare_n = 0;
}

static void
make(const struct duty_draft *d, const struct duty_viewer *v,
    struct duty_candidate *c)
{
	int i = roster_find(d->old, v->peer_id);
	const struct roster_entry *e = i < 0 ? NULL : &d->old->entries[i];
	uint32_t w = weight_of(d, v);

	memset(c, 0, sizeof(*c));
	memcpy(c->e.peer_id, v->peer_id, LINK_PEERID_LEN);
	c->e.addr = v->addr;
	c->member = e != NULL && addr_eq(&e->addr, &v->addr);
	c->grade = grade_of(d, v, c->member);
	if (c->member &&
	    (!d->whole ||
		SP_MAX(w, e->weight) - SP_MIN(w, e->weight) <= e->weight / 4))
		w = e->weight;
	c->e.weight = w;
}

void
duty_draft_offer(struct duty_draft *d, const struct duty_viewer *v)
{
	struct duty_candidate c;
	size_t at;

	make(d, v, &c);
	if (d->n == LIM_ROSTER && !is_better(&c, &d->best[d->n - 1]))
		return;
	if (has_id(d->best, d->n, c.e.peer_id, &at)) {
		if (!is_better(&c, &d->best[at]))
			return;
		take_out(d, at);
	}
	if (!addr_is_private(&c.e.addr) &&
	    count_net(d, &c.e.addr, &at) >= DUTY_NET) {
		if (!is_better(&c, &d->best[at])) {
			put(d->spare, &d->spare_n, DUTY_MIN, &c);
			return;
		}
		put(d->spare, &d->spare_n, DUTY_MIN, &d->best[at]);
		take_out(d, at);
	}
	put(d->best, &d->n, LIM_ROSTER, &c);
}

/* Into its place by peer-id. */
static void
admit(struct roster *out, const struct roster_entry *e)
{
	size_t at = out->n++;

	for (; at > 0 && memcmp(out->entries[at - 1].peer_id, e->peer_id,
			     LINK_PEERID_LEN) > 0;
	     at--)
		out->entries[at] = out->entries[at - 1];
	out->entries[at] = *e;
}

void
duty_draft_end(const struct duty_draft *d, struct roster *out)
{
	size_t n = 0, i;

	while (n < d->n &&
	       (d->best[n].grade == 0 ||
		   (d->best[n].grade == 1 && n < DUTY_MIN) || n < DUTY_FEW))
		n++;
	out->n = 0;
	for (i = 0; i < n; i++)
		admit(out, &d->best[i].e);
	/* enough for a house behind one address, not for who makes up viewers
	 */
	for (i = 0; i < d->spare_n && out->n < DUTY_FEW; i++)
		if (roster_find(out, d->spare[i].e.peer_id) < 0)
			admit(out, &d->spare[i].e);
}
