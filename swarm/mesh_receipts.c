#include "swarm/mesh_int.h"

#include "base/hash.h"

#define RECEIPTS_GAP   (30 * SP_S)
#define RECEIPTS_FIRST (20 * SP_S) /* after the start, at least */

void
mesh_receipts_init(struct mesh *m)
{
	/* each viewer at another time: the tracker gets them evenly */
	m->receipts_at =
	    m->now + RECEIPTS_FIRST + m->id[LINK_PEERID_LEN - 1] * 40 * SP_MS;
	buf_init(&m->receipts, m->mem, RECEIPT_MAX);
}

/* The newest slice that is over, by the channel's clock; -1: not known. */
static int64_t
last_slice(const struct mesh *m)
{
	int64_t ms;

	if (!m->clock.any)
		return -1;
	ms = (m->now - mesh_local(m, 0)) / SP_MS;
	return ms < RECEIPT_SLICE_MS ? -1 : ms / RECEIPT_SLICE_MS - 1;
}

void
mesh_receipts_run(struct mesh *m)
{
	int64_t slice = last_slice(m), span;
	struct receipt r;

	if (m->now < m->receipts_at || slice < 0 || !m->feed_up)
		return;
	span = slice - m->receipts_slice;
	if (span < 1)
		return;
	m->receipts_at = m->now + RECEIPTS_GAP;
	m->receipts_slice = slice;
	if (m->ledger.n == 0)
		return;
	memcpy(r.info_hash, m->info_hash, sizeof(r.info_hash));
	memcpy(r.key, m->sign_pk, sizeof(r.key));
	r.slice = (uint64_t)slice;
	r.slices = (uint8_t)SP_MIN(span, SP_MIN(slice + 1, LIM_RECEIPT_SPAN));
	ledger_take(&m->ledger, &r);
	buf_reset(&m->receipts);
	receipt_seal(&m->receipts, &r, m->sign_sk);
	m->receipts_due = m->receipts.err == 0;
	m->st.receipts += m->receipts_due;
}

bool
mesh_receipts_next(struct mesh *m, struct mesh_act *act)
{
	if (!m->receipts_due)
		return false;
	m->receipts_due = false;
	act->type = MESH_RECEIPTS;
	act->u.receipts.p = m->receipts.p;
	act->u.receipts.len = m->receipts.len;
	return true;
}
