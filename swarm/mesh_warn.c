#include "swarm/mesh_int.h"

/*
 * Polluters. Who has sent a wrong block is banned by who got it, and tells its
 * neighbours which block that was. None of them believes it: each asks the
 * accused one for the same block, and bans it if that is wrong. So a polluter
 * that spoils few blocks, or sends few, is found by all soon after the first,
 * and nobody can be put out by what is said of him. A test costs what finding
 * out alone would have cost, one block; who warns of one that passes is not
 * heard any more.
 */

#define TESTS    8           /* refused or not answered, then that is all */
#define TEST_GAP SP_S        /* between them */
#define TRUSTED  (60 * SP_S) /* who has passed is not tested again */

void
mesh_warn(struct mesh *m, unsigned slot, const struct pw_block_ref *ref)
{
	const struct peer *p = m->peers[slot];
	unsigned i;

	MESH_SLOTS (m->open & ~MESH_BIT(slot), i)
		pw_put_warn(mesh_say(m, m->peers[i]), *ref, p->id);
}

static struct peer *
accused(const struct mesh *m, const uint8_t id[LINK_PEERID_LEN])
{
	unsigned i;

	MESH_SLOTS (m->open, i)
		if (memcmp(m->peers[i]->id, id, LINK_PEERID_LEN) == 0)
			return m->peers[i];
	return NULL;
}

/* Asks for it so that it is not refused for what |p| pushes. */
static void
ask(struct mesh *m, struct peer *p, struct piece *pc)
{
	const struct pw_block_ref *ref = &p->test;

	p->tests++;
	p->test_at = m->now;
	if (p->is_choking || peer_request_find(p, ref) >= 0 ||
	    peer_request(p, ref, record_block_len(&pc->rec, ref->index), true,
		m->now) < 0)
		return;
	m->asked |= MESH_BIT(p->slot);
	m->late_at = SP_MIN(m->late_at, p->req[p->n_req - 1].timeout_at);
	pw_put_request(mesh_say(m, p), *ref,
	    (uint16_t)(MESH_URGENT / SP_MS - 1));
	m->st.requests++;
	pc->pending[ref->index]++;
	pc->n_pending++;
	mesh_dirty(m, 0);
}

void
mesh_warn_recv(struct mesh *m, struct peer *by, const struct pw_msg *msg)
{
	const struct pw_block_ref *ref = &msg->u.warn.ref;
	struct piece *pc = mesh_find(m, ref->track, ref->number);
	struct peer *p = accused(m, msg->u.warn.peer_id);

	if (m->conf.seeder || by->cried || p == NULL || p == by || pc == NULL ||
	    ref->index >= pc->blocks || p->on_test || m->now < p->trusted_till)
		return;
	p->on_test = true;
	p->test = *ref;
	p->test_by = by->conn;
	p->tests = 0;
	ask(m, p, pc);
}

void
mesh_warn_house(struct mesh *m)
{
	struct piece *pc;
	struct peer *p;
	unsigned i;

	MESH_SLOTS (m->open, i) {
		p = m->peers[i];
		if (!p->on_test || m->now - p->test_at < TEST_GAP ||
		    peer_request_find(p, &p->test) >= 0)
			continue;
		pc = mesh_find(m, p->test.track, p->test.number);
		p->on_test = pc != NULL && p->tests < TESTS;
		if (p->on_test)
			ask(m, p, pc);
	}
}

void
mesh_warn_passed(struct mesh *m, struct peer *p, const struct pw_block_ref *ref)
{
	int slot;

	if (!p->on_test || p->test.number != ref->number ||
	    p->test.index != ref->index || p->test.track != ref->track)
		return;
	slot = mesh_peer_slot(m, p->test_by);
	if (slot >= 0)
		m->peers[slot]->cried = true;
	p->on_test = false;
	p->trusted_till = m->now + TRUSTED;
}
