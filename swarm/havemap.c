#include "swarm/havemap.h"

#define ROWS_MIN 16

static int
track_index(uint8_t track)
{
	if (track < LIM_TRACKS)
		return track;
	if (track >= LIM_TRACK_INIT && track < LIM_TRACK_INIT + LIM_TRACKS)
		return track - LIM_TRACK_INIT + LIM_TRACKS;
	return -1;
}

void
havemap_init(struct havemap *h, const struct sp_mem *mem)
{
	memset(h, 0, sizeof(*h));
	h->mem = mem;
}

static void
row_clear(struct havemap *h, struct havemap_row *row)
{
	if (row->words > 1)
		mem_free(h->mem, row->u.big);
	memset(row, 0, sizeof(*row));
}

void
havemap_fini(struct havemap *h)
{
	struct havemap_track *t;
	uint32_t i, k;

	for (i = 0; i < SP_LEN(h->tracks); i++) {
		t = h->tracks[i];
		if (t == NULL)
			continue;
		for (k = 0; k < t->cap; k++)
			row_clear(h, &t->rows[k]);
		mem_free(h->mem, t->rows);
		mem_free(h->mem, t);
	}
	memset(h, 0, sizeof(*h));
}

static struct havemap_track *
track_make(struct havemap *h, uint8_t track)
{
	int i = track_index(track);
	struct havemap_track *t;

	assert(i >= 0 && "tracks are checked on the wire");
	if (h->tracks[i] != NULL)
		return h->tracks[i];
	t = mem_zalloc(h->mem, 1, sizeof(*t));
	h->tracks[i] = t;
	return t;
}

static bool
track_grow(struct havemap *h, struct havemap_track *t)
{
	struct havemap_row *rows;
	uint32_t i, cap = t->cap > 0 ? t->cap * 2 : ROWS_MIN;

	if (cap > LIM_WINDOW_PIECES)
		return false;
	rows = mem_zalloc(h->mem, cap, sizeof(*rows));
	if (rows == NULL)
		return false;
	for (i = 0; i < t->cap; i++)
		if (t->rows[i].number_1 != 0)
			rows[(t->rows[i].number_1 - 1) & (cap - 1)] =
			    t->rows[i];
	mem_free(h->mem, t->rows);
	t->rows = rows;
	t->cap = cap;
	return true;
}

static int
row_make(struct havemap *h, uint8_t track, uint64_t number,
    struct havemap_row **out)
{
	struct havemap_track *t = track_make(h, track);
	struct havemap_row *row;

	if (t == NULL || (t->cap == 0 && !track_grow(h, t)))
		return SP_ERR_NOMEM;
	for (;;) {
		row = &t->rows[number & (t->cap - 1)];
		if (row->number_1 == number + 1 || row->number_1 == 0)
			break;
		/* rows of a window's span do not collide in a ring as large */
		if (!track_grow(h, t)) {
			if (row->number_1 > number + 1)
				return SP_ERR_STALE;
			row_clear(h, row);
			t->used--;
			break;
		}
	}
	t->used += row->number_1 == 0;
	row->number_1 = number + 1;
	if (row->words == 0)
		row->words = 1;
	t->edge = SP_MAX(t->edge, number + 1);
	*out = row;
	return 0;
}

static uint64_t *
row_words(struct havemap_row *row, bool arriving)
{
	uint64_t *w = row->words > 1 ? row->u.big : row->u.small;

	return arriving ? w + row->words : w;
}

static int
row_widen(struct havemap *h, struct havemap_row *row, uint32_t words)
{
	uint64_t *big;

	if (words <= row->words)
		return 0;
	big = mem_zalloc(h->mem, 2 * words, sizeof(uint64_t));
	if (big == NULL)
		return SP_ERR_NOMEM;
	memcpy(big, row_words(row, false), row->words * 8u);
	memcpy(big + words, row_words(row, true), row->words * 8u);
	if (row->words > 1)
		mem_free(h->mem, row->u.big);
	row->u.big = big;
	row->words = (uint8_t)words;
	return 0;
}

int
havemap_add(struct havemap *h, uint8_t track, uint64_t number, uint32_t first,
    const uint8_t *bits, size_t n_bytes, bool arriving, sp_time now)
{
	struct havemap_row *row;
	uint64_t *w;
	uint32_t i, k;
	int rv;

	if ((rv = row_make(h, track, number, &row)) < 0)
		return rv;
	if (n_bytes == 0 || row->all)
		return 0;
	rv = row_widen(h, row, (first + (uint32_t)n_bytes * 8 + 63) / 64);
	if (rv < 0)
		return rv;
	w = row_words(row, arriving);
	for (i = 0; i < n_bytes * 8; i++) {
		if (!(bits[i / 8] & 0x80 >> i % 8))
			continue;
		k = first + i;
		w[k / 64] |= UINT64_C(1) << (k % 64);
	}
	if (arriving)
		row->arriving_at = now;
	return 0;
}

int
havemap_all(struct havemap *h, uint8_t track, uint64_t number)
{
	struct havemap_row *row;
	int rv;

	if ((rv = row_make(h, track, number, &row)) < 0)
		return rv;
	row_clear(h, row);
	row->number_1 = number + 1;
	row->words = 1;
	row->all = true;
	return 0;
}

void
havemap_gone(struct havemap *h, uint8_t track, uint64_t number)
{
	struct havemap_row *row =
	    (struct havemap_row *)havemap_row(h, track, number);

	if (row == NULL)
		return;
	row_clear(h, row);
	row->number_1 = number + 1;
	row->words = 1;
}

void
havemap_forget(struct havemap *h, uint8_t track, uint64_t number)
{
	struct havemap_row *row =
	    (struct havemap_row *)havemap_row(h, track, number);
	struct havemap_track *t;

	if (row == NULL)
		return;
	row_clear(h, row);
	t = h->tracks[track_index(track)];
	if (--t->used > 0)
		return;
	mem_free(h->mem, t->rows);
	t->rows = NULL;
	t->cap = 0;
}

void
havemap_saw(struct havemap *h, uint8_t track, uint64_t number)
{
	struct havemap_track *t = track_make(h, track);

	if (t != NULL)
		t->edge = SP_MAX(t->edge, number + 1);
}

const struct havemap_row *
havemap_row(const struct havemap *h, uint8_t track, uint64_t number)
{
	int i = track_index(track);
	const struct havemap_track *t = i < 0 ? NULL : h->tracks[i];
	const struct havemap_row *row;

	if (t == NULL || t->cap == 0)
		return NULL;
	row = &t->rows[number & (t->cap - 1)];
	return row->number_1 == number + 1 ? row : NULL;
}

uint64_t
havemap_edge(const struct havemap *h, uint8_t track)
{
	int i = track_index(track);

	return i < 0 || h->tracks[i] == NULL ? 0 : h->tracks[i]->edge;
}

bool
havemap_holds(const struct havemap_row *row, uint32_t index)
{
	if (row == NULL)
		return false;
	if (row->all)
		return true;
	if (index / 64 >= row->words)
		return false;
	return row_words((struct havemap_row *)row, false)[index / 64] >>
		   (index % 64) &
	       1;
}

bool
havemap_arriving(const struct havemap_row *row, uint32_t index, sp_time now)
{
	if (row == NULL || row->all || index / 64 >= row->words ||
	    now - row->arriving_at > HAVEMAP_ARRIVING)
		return false;
	return row_words((struct havemap_row *)row, true)[index / 64] >>
		   (index % 64) &
	       1;
}
