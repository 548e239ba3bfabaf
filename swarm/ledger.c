#include "swarm/ledger.h"

/* Who accuses nobody gives way to who does. */
static bool
is_less(const struct receipt_entry *a, const struct receipt_entry *b)
{
	if (a->flags != b->flags)
		return a->flags < b->flags;
	return a->bytes < b->bytes;
}

static void
drop_least(struct ledger *l)
{
	size_t least = 0;

	for (size_t i = 1; i < l->n; i++)
		if (is_less(&l->v[i], &l->v[least]))
			least = i;
	l->n--;
	memmove(&l->v[least], &l->v[least + 1],
	    (l->n - least) * sizeof(l->v[0]));
}

static struct receipt_entry *
entry(struct ledger *l, const uint8_t peer_id[LINK_PEERID_LEN])
{
	size_t at = l->n;
	int c = -1;

	/* from the end: the order is by hash, so no side is likelier */
	for (; at > 0; at--) {
		c = memcmp(l->v[at - 1].peer_id, peer_id, LINK_PEERID_LEN);
		if (c <= 0)
			break;
	}
	if (at > 0 && c == 0)
		return &l->v[at - 1];
	if (l->n == LIM_RECEIPTS) {
		drop_least(l);
		return entry(l, peer_id);
	}
	memmove(&l->v[at + 1], &l->v[at], (l->n - at) * sizeof(l->v[0]));
	l->n++;
	memset(&l->v[at], 0, sizeof(l->v[at]));
	memcpy(l->v[at].peer_id, peer_id, LINK_PEERID_LEN);
	return &l->v[at];
}

void
ledger_gave(struct ledger *l, const uint8_t peer_id[LINK_PEERID_LEN],
    size_t bytes)
{
	struct receipt_entry *e = entry(l, peer_id);

	e->bytes += (uint32_t)SP_MIN(bytes, (size_t)(UINT32_MAX - e->bytes));
}

void
ledger_bad(struct ledger *l, const uint8_t peer_id[LINK_PEERID_LEN])
{
	entry(l, peer_id)->flags |= RECEIPT_BAD;
}

void
ledger_take(struct ledger *l, struct receipt *r)
{
	r->n = (uint8_t)l->n;
	memcpy(r->entries, l->v, l->n * sizeof(l->v[0]));
	l->n = 0;
}
