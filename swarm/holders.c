#include "swarm/holders.h"

#define TICK      (250 * SP_MS)
#define TICKS_MAX (HAVEMAP_ARRIVING / TICK)

static uint16_t
tick_of(sp_time t)
{
	return (uint16_t)((uint64_t)t / (uint64_t)TICK);
}

void
holders_init(struct holders *h, uint64_t *words, uint32_t blocks)
{
	memset(h, 0, sizeof(*h));
	h->held = words;
	h->arriving = words + blocks;
	h->blocks = blocks;
}

void
holders_add(struct holders *h, unsigned slot, uint32_t first,
    const uint8_t *bits, size_t n_bytes, bool arriving, sp_time now)
{
	uint64_t bit = UINT64_C(1) << slot;
	uint64_t *w = arriving ? h->arriving : h->held;
	size_t i;
	uint32_t k;
	uint8_t byte;

	h->told |= bit;
	if (h->all & bit)
		return;
	if (arriving && n_bytes > 0) {
		h->tick[slot] = tick_of(now);
		h->coming |= bit;
	}
	for (i = 0; i < n_bytes; i++) {
		k = first + (uint32_t)i * 8;
		for (byte = bits[i]; byte != 0 && k < h->blocks; k++) {
			if (byte & 0x80)
				w[k] |= bit;
			byte = (uint8_t)(byte << 1);
		}
	}
}

static void
clear(struct holders *h, uint64_t bit)
{
	uint32_t i;

	h->all &= ~bit;
	h->coming &= ~bit;
	for (i = 0; i < h->blocks; i++) {
		h->held[i] &= ~bit;
		h->arriving[i] &= ~bit;
	}
}

void
holders_all(struct holders *h, unsigned slot)
{
	uint64_t bit = UINT64_C(1) << slot;

	h->told |= bit;
	if (h->all & bit)
		return;
	clear(h, bit);
	h->all |= bit;
}

void
holders_gone(struct holders *h, unsigned slot)
{
	uint64_t bit = UINT64_C(1) << slot;

	if (h->told & bit)
		clear(h, bit);
}

void
holders_set(struct holders *h, unsigned slot, uint32_t index)
{
	uint64_t bit = UINT64_C(1) << slot;

	h->told |= bit;
	if (!(h->all & bit) && index < h->blocks)
		h->held[index] |= bit;
}

void
holders_unset(struct holders *h, unsigned slot, uint32_t index)
{
	uint64_t bit = UINT64_C(1) << slot;

	/* who claimed all and then lacks a block is believed nothing of it */
	if (h->all & bit)
		clear(h, bit);
	else if (index < h->blocks)
		h->held[index] &= ~bit;
}

void
holders_take(struct holders *h, unsigned slot, const struct havemap_row *row)
{
	uint64_t bit = UINT64_C(1) << slot;
	uint32_t i;

	if (row == NULL)
		return;
	h->told |= bit;
	if (row->all) {
		h->all |= bit;
		return;
	}
	h->tick[slot] = tick_of(row->arriving_at);
	for (i = 0; i < h->blocks; i++) {
		if (havemap_holds(row, i))
			h->held[i] |= bit;
		if (havemap_arriving(row, i, row->arriving_at)) {
			h->arriving[i] |= bit;
			h->coming |= bit;
		}
	}
}

void
holders_forget(struct holders *h, unsigned slot)
{
	uint64_t bit = UINT64_C(1) << slot;

	if (!(h->told & bit))
		return;
	clear(h, bit);
	h->told &= ~bit;
}

sp_time
holders_told(const struct holders *h, unsigned slot, sp_time now)
{
	if (!(h->coming >> slot & 1))
		return -1;
	return (sp_time)(uint16_t)(tick_of(now) - h->tick[slot]) * TICK;
}

uint64_t
holders_broken(struct holders *h, sp_time patience, sp_time now)
{
	uint64_t set = h->coming, out = 0, bit;
	uint32_t i;

	for (; set != 0; set &= set - 1) {
		if (holders_told(h, (unsigned)__builtin_ctzll(set), now) <=
		    patience)
			continue;
		bit = set & -set;
		h->coming &= ~bit;
		for (i = 0; i < h->blocks; i++) {
			if (h->arriving[i] & ~h->held[i] & bit)
				out |= bit;
			h->arriving[i] &= ~bit;
		}
	}
	return out;
}

uint64_t
holders_expect(const struct holders *h, uint32_t index, sp_time now)
{
	uint64_t set = h->arriving[index] & ~h->all, out = 0;
	uint16_t tick = tick_of(now);
	unsigned i;

	for (; set != 0; set &= set - 1) {
		i = (unsigned)__builtin_ctzll(set);
		if ((uint16_t)(tick - h->tick[i]) <= TICKS_MAX)
			out |= UINT64_C(1) << i;
	}
	return out;
}
