#include "test/sim/mesh_sound.h"

#include "swarm/mesh_int.h"

/* Not what is fuzzed: without counters it is three times as fast. */
#ifdef __clang__
#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), \
    apply_to = function)
#endif

#define MUST(x)                            \
	do {                               \
		if (!(x))                  \
			return "not: " #x; \
	} while (0)

static uint32_t
bits(const uint64_t *w, uint32_t n)
{
	uint32_t i, sum = 0;

	for (i = 0; i < n; i++)
		sum += w[i / 64] >> (i % 64) & 1;
	return sum;
}

/* Requests in flight for one block. */
static uint32_t
asked(const struct mesh *m, const struct piece *pc, uint32_t index)
{
	struct pw_block_ref ref = { pc->rec.number, (uint16_t)index,
		pc->rec.track };
	uint32_t i, n = 0;

	for (i = 0; i < MESH_PEERS_MAX; i++)
		n += m->peers[i] != NULL &&
		     peer_request_find(m->peers[i], &ref) >= 0;
	return n;
}

/* Neighbours who are asked for it to see whether they send it right. */
static unsigned
tested(const struct mesh *m, const struct piece *pc, uint32_t index)
{
	const struct peer *p;
	unsigned i, n = 0;

	MESH_SLOTS (m->asked, i) {
		p = m->peers[i];
		n += p->on_test && p->test.track == pc->rec.track &&
		     p->test.number == pc->rec.number &&
		     p->test.index == index &&
		     peer_request_find(p, &p->test) >= 0;
	}
	return n;
}

static bool
is_fetched(const struct mesh *m, const struct piece *pc, uint32_t index)
{
	const struct fetch *f;
	uint32_t i;

	for (i = 0; i < MESH_FETCHES; i++) {
		f = &m->fetches[i];
		if (f->used && f->track == pc->rec.track &&
		    f->number == pc->rec.number && index >= f->first &&
		    index < f->first + f->n)
			return true;
	}
	return false;
}

/* Nobody holds anything but neighbours who have said so. */
static const char *
holders_sound(const struct mesh *m, const struct holders *h)
{
	uint32_t i;

	MUST((h->told & ~m->used) == 0);
	MUST((h->all & ~h->told) == 0);
	for (i = 0; i < h->blocks; i++) {
		MUST((h->held[i] & (h->all | ~h->told)) == 0);
		MUST((h->arriving[i] & (h->all | ~h->told)) == 0);
	}
	return NULL;
}

static const char *
piece_sound(const struct mesh *m, const struct piece *pc, uint64_t *bytes)
{
	uint32_t i, pending = 0;

	MUST(pc->blocks == record_blocks(&pc->rec));
	MUST(pc->n_held == bits(pc->held, pc->blocks));
	MUST(pc->n_fetching == bits(pc->fetching, pc->blocks));
	MUST(pc->n_held == 0 || pc->data != NULL);
	MUST(piece_is_complete(pc) == (pc->done_at != SP_NEVER));
	for (i = 0; i < pc->blocks; i++) {
		pending += pc->pending[i];
		MUST(pc->pending[i] == asked(m, pc, i));
		MUST(!piece_holds(pc, i) || pc->pending[i] == tested(m, pc, i));
		if (piece_holds(pc, i))
			*bytes += record_block_len(&pc->rec, i);
		if (pc->fetching[i / 64] >> (i % 64) & 1) {
			MUST(!piece_holds(pc, i));
			MUST(is_fetched(m, pc, i));
		}
	}
	MUST(pc->n_pending == pending);
	return holders_sound(m, &pc->holders);
}

static const char *
track_sound(const struct mesh *m, uint8_t track, uint64_t *bytes)
{
	const struct window_track *t = window_track_const(&m->window, track);
	const struct piece *pc;
	const char *why;
	uint32_t i, inside = 0, all = 0;
	uint64_t n;

	MUST(t->first <= t->edge);
	MUST(t->edge - t->first <= LIM_WINDOW_PIECES);
	MUST(t->edge - t->first <= t->cap);
	for (n = t->first; n < t->edge; n++) {
		pc = window_piece(&m->window, track, n);
		if (pc == NULL)
			continue;
		inside++;
		MUST(pc->rec.number == n && pc->rec.track == track);
		if ((why = piece_sound(m, pc, bytes)) != NULL)
			return why;
	}
	for (i = 0; i < t->cap; i++)
		all += t->ring[i] != NULL;
	MUST(all == inside);
	return NULL;
}

static const char *
peer_sound(const struct mesh *m, unsigned slot)
{
	const struct peer *p = m->peers[slot];
	const struct piece *pc;
	uint64_t bytes = 0;
	unsigned i;

	MUST(mesh_peer_slot(m, p->conn) == (int)slot);
	MUST(p->closing == ((m->ending & MESH_BIT(slot)) != 0));
	MUST((p->established && !p->closing) ==
	     ((m->open & MESH_BIT(slot)) != 0));
	MUST(p->n_req == 0 || (m->asked & MESH_BIT(slot)));
	MUST(p->up.n == 0 || (m->askers & MESH_BIT(slot)));
	MUST((p->hs.len == 0 && p->hs.err == 0 && p->plain.len == 0 &&
		 p->plain.err == 0) ||
	     (m->talk & MESH_BIT(slot)));
	MUST(p->n_req <= PEER_PIPE_MAX && p->n_req <= p->cap_req);
	MUST(!p->closing || (p->n_req == 0 && p->up.n == 0));
	MUST(p->established || (p->n_req == 0 && p->up.n == 0));
	for (i = 0; i < p->n_req; i++) {
		pc = mesh_find(m, p->req[i].ref.track, p->req[i].ref.number);
		MUST(pc == NULL || p->req[i].ref.index < pc->blocks);
		bytes += p->req[i].len;
	}
	MUST(bytes == p->req_bytes);
	MUST(p->up.n <= LIM_REQUESTS_IN);
	for (i = 0, bytes = 0; i < p->up.n; i++)
		bytes += p->up.v[i].len;
	MUST(bytes == p->up.bytes);
	return NULL;
}

/* A contact that is taken belongs to a neighbour. */
static const char *
contact_sound(const struct mesh *m, const struct contact *ct)
{
	unsigned i;

	if (ct->state != CONTACT_CONNECTED)
		return NULL;
	for (i = 0; i < MESH_PEERS_MAX; i++)
		if (m->peers[i] != NULL &&
		    (addr_eq(&m->peers[i]->listen, &ct->addr) ||
			addr_eq(&m->peers[i]->addr, &ct->addr)))
			return NULL;
	return "contact that is connected, without a neighbour";
}

static const char *
fetches_sound(const struct mesh *m)
{
	const struct fetch *f;
	const struct piece *pc;
	uint32_t i, n = 0;

	for (i = 0; i < MESH_FETCHES; i++) {
		f = &m->fetches[i];
		if (!f->used)
			continue;
		n++;
		MUST(f->buf != NULL && f->n > 0);
		MUST(f->at >= f->first && f->at <= f->first + f->n);
		MUST(f->fill < LIM_BLOCK);
		pc = mesh_find(m, f->track, f->number);
		MUST(pc == NULL || f->first + f->n <= pc->blocks);
	}
	MUST(n == m->n_fetches && n <= m->conf.fetches_max);
	return NULL;
}

static const char *
play_sound(const struct playhead *ph)
{
	MUST(!ph->started || ph->on);
	MUST(!ph->started || (ph->start <= ph->edge && ph->edge <= ph->scan));
	MUST(ph->delay >= 0);
	return NULL;
}

const char *
mesh_sound(const struct mesh *m)
{
	const char *why = NULL;
	uint64_t bytes = 0, unsent = 0;
	uint32_t i;
	uint8_t t;

	for (t = 0; t < LIM_TRACKS && why == NULL; t++) {
		why = track_sound(m, t, &bytes);
		if (why == NULL)
			why = track_sound(m, (uint8_t)(t + LIM_TRACK_INIT),
			    &bytes);
		if (why == NULL)
			why = play_sound(&m->play[t]);
	}
	for (i = 0; i < MESH_PEERS_MAX && why == NULL; i++) {
		MUST((m->peers[i] != NULL) == ((m->used & MESH_BIT(i)) != 0));
		if (m->peers[i] == NULL)
			continue;
		why = peer_sound(m, i);
		if (!(m->slow & MESH_BIT(i)))
			unsent += m->peers[i]->unsent;
	}
	for (i = 0; i < m->contacts.n && why == NULL; i++)
		why = contact_sound(m, &m->contacts.v[i]);
	if (why == NULL)
		why = fetches_sound(m);
	if (why != NULL)
		return why;
	MUST(bytes == m->window.bytes);
	MUST(unsent == m->unsent);
	MUST(m->contacts.n <= CONTACTS_MAX);
	MUST(m->n_news <= MESH_NEWS);
	MUST(m->act_n <= m->act_cap);
	return NULL;
}

#ifdef __clang__
#pragma clang attribute pop
#endif
