#include "swarm/window.h"

#include "base/rng.h"
#include "test/unit/pieces.h"
#include "test/unit/unit.h"

static struct failmem fm;
static struct window win;

static void
setup(void)
{
	failmem_init(&fm);
	window_init(&win, &fm.mem, NULL);
}

static void
teardown(void)
{
	window_fini(&win);
	failmem_check(&fm);
}

static int
add(uint64_t number)
{
	struct pieces_spec s = { .number = number, .length = 100 };

	/* an epoch of its own: no chain */
	s.epoch = (uint32_t)number;
	return pieces_add(&win, &s, 5, NULL);
}

START_TEST(first_record_makes_the_window)
{
	struct pieces_spec s = { .number = 700, .length = LIM_BLOCK + 1 };
	const struct window_track *t;
	struct piece *pc;

	setup();
	ck_assert_ptr_null(window_piece(&win, 0, 700));
	ck_assert_int_eq(pieces_add(&win, &s, 5, &pc), 0);
	t = window_track(&win, 0);
	ck_assert_uint_eq(t->first, 700);
	ck_assert_uint_eq(t->edge, 701);
	ck_assert_ptr_eq(window_piece(&win, 0, 700), pc);
	ck_assert_ptr_null(window_piece(&win, 1, 700));
	ck_assert_uint_eq(pc->blocks, 2);
	ck_assert_int_eq(pc->known_at, 5);
	ck_assert_int_eq(pc->done_at, SP_NEVER);
	ck_assert_int_eq(pc->deadline, SP_NEVER);
	ck_assert_int_eq(pc->want_at, SP_NEVER);
	teardown();
}
END_TEST

START_TEST(piece_of_a_gap_is_complete_at_once)
{
	struct pieces_spec s = { .number = 1, .flags = RECORD_GAP };
	struct piece *pc;

	setup();
	ck_assert_int_eq(pieces_add(&win, &s, 9, &pc), 0);
	ck_assert_uint_eq(pc->blocks, 0);
	ck_assert(piece_is_complete(pc));
	ck_assert_int_eq(pc->done_at, 9);
	ck_assert_ptr_null(window_get(&win, pc, 0));
	teardown();
}
END_TEST

START_TEST(text_of_a_record_is_kept_with_it)
{
	struct pieces_spec s = { .number = 1, .length = 9, .uri = "seg.ts" };
	struct piece *pc;

	setup();
	ck_assert_int_eq(pieces_add(&win, &s, 5, &pc), 0);
	ck_assert_uint_eq(pc->rec.uri_len, 6);
	ck_assert_mem_eq(pc->rec.uri, "seg.ts", 6);
	s.number = 2;
	s.epoch = 1;
	s.uri = NULL;
	ck_assert_int_eq(pieces_add(&win, &s, 5, &pc), 0);
	ck_assert_uint_eq(pc->rec.uri_len, 0);
	ck_assert_ptr_null(pc->rec.uri);
	ck_assert_ptr_null(pc->rec.keys);
	ck_assert_ptr_null(pc->rec.lines);
	teardown();
}
END_TEST

START_TEST(advance_forgets_what_left)
{
	uint64_t n;

	setup();
	for (n = 10; n < 20; n++)
		ck_assert_int_eq(add(n), 0);
	window_advance(&win, 0, 15);
	ck_assert_ptr_null(window_piece(&win, 0, 14));
	ck_assert_ptr_nonnull(window_piece(&win, 0, 15));
	ck_assert_uint_eq(window_track(&win, 0)->first, 15);
	window_advance(&win, 0, 12); /* never back */
	ck_assert_uint_eq(window_track(&win, 0)->first, 15);
	window_advance(&win, 0, 1000); /* never past the edge */
	ck_assert_uint_eq(window_track(&win, 0)->first, 20);
	ck_assert_uint_eq(window_track(&win, 0)->edge, 20);
	window_advance(&win, 77, 1); /* no such track */
	teardown();
}
END_TEST

START_TEST(newer_number_pushes_the_oldest_out)
{
	uint64_t n;

	setup();
	for (n = 0; n < LIM_WINDOW_PIECES; n++)
		ck_assert_int_eq(add(n), 0);
	ck_assert_uint_eq(window_track(&win, 0)->first, 0);
	ck_assert_int_eq(add(LIM_WINDOW_PIECES), 0);
	ck_assert_uint_eq(window_track(&win, 0)->first, 1);
	ck_assert_ptr_null(window_piece(&win, 0, 0));
	ck_assert_int_eq(add(100000), 0);
	ck_assert_uint_eq(window_track(&win, 0)->edge, 100001);
	ck_assert_uint_eq(window_track(&win, 0)->first,
	    100001 - LIM_WINDOW_PIECES);
	for (n = 0; n <= LIM_WINDOW_PIECES; n++)
		ck_assert_ptr_null(window_piece(&win, 0, n));
	teardown();
}
END_TEST

START_TEST(what_lies_before_the_window_is_stale)
{
	setup();
	ck_assert_int_eq(add(1000), 0);
	/* there is room before the first one ... */
	ck_assert_int_eq(add(1001 - LIM_WINDOW_PIECES), 0);
	/* ... but not for more than a window */
	ck_assert_int_eq(add(1000 - LIM_WINDOW_PIECES), SP_ERR_STALE);
	ck_assert_int_eq(add(0), SP_ERR_STALE);
	ck_assert_uint_eq(window_track(&win, 0)->first,
	    1001 - LIM_WINDOW_PIECES);
	teardown();
}
END_TEST

START_TEST(second_record_of_a_piece_is_known_or_equivocates)
{
	struct pieces_spec s = { .number = 5, .length = 100 };

	setup();
	ck_assert_int_eq(pieces_add(&win, &s, 5, NULL), 0);
	ck_assert_int_eq(pieces_add(&win, &s, 6, NULL), SP_ERR_EXISTS);
	s.salt = 1;
	ck_assert_int_eq(pieces_add(&win, &s, 6, NULL), SP_ERR_EQUIV);
	teardown();
}
END_TEST

START_TEST(chain_is_checked_against_both_neighbours)
{
	struct pieces_spec s[3] = { { 0 } };
	uint8_t digest[3][HASH_LEN], other[HASH_LEN] = { 1 };
	int i;

	setup();
	for (i = 0; i < 3; i++) {
		s[i].number = (uint64_t)i + 10;
		s[i].length = 100;
		s[i].prev = i > 0 ? digest[i - 1] : NULL;
		pieces_digest(digest[i], &s[i]);
	}
	ck_assert_int_eq(pieces_add(&win, &s[0], 5, NULL), 0);
	ck_assert_int_eq(pieces_add(&win, &s[2], 5, NULL), 0);
	/* does not follow 10 */
	s[1].prev = other;
	ck_assert_int_eq(pieces_add(&win, &s[1], 5, NULL), SP_ERR_CHAIN);
	/* follows 10, but 12 does not follow it */
	s[1].prev = digest[0];
	s[1].salt = 1;
	ck_assert_int_eq(pieces_add(&win, &s[1], 5, NULL), SP_ERR_CHAIN);
	s[1].salt = 0;
	ck_assert_int_eq(pieces_add(&win, &s[1], 5, NULL), 0);
	teardown();
}
END_TEST

START_TEST(chain_begins_anew_with_an_epoch)
{
	struct pieces_spec s = { .number = 5, .length = 100, .epoch = 1 };

	setup();
	ck_assert_int_eq(pieces_add(&win, &s, 5, NULL), 0);
	s.number = 6;
	ck_assert_int_eq(pieces_add(&win, &s, 5, NULL), SP_ERR_CHAIN);
	s.epoch = 2;
	ck_assert_int_eq(pieces_add(&win, &s, 5, NULL), 0);
	teardown();
}
END_TEST

START_TEST(init_pieces_have_windows_of_their_own)
{
	struct pieces_spec s = { .number = 5, .length = 100 };

	setup();
	s.track = LIM_TRACK_INIT + 31;
	ck_assert_int_eq(pieces_add(&win, &s, 5, NULL), 0);
	ck_assert_ptr_nonnull(window_piece(&win, LIM_TRACK_INIT + 31, 5));
	ck_assert_ptr_null(window_piece(&win, 31, 5));
	ck_assert_ptr_null(window_track(&win, 32));
	ck_assert_ptr_null(window_track(&win, LIM_TRACK_INIT + 32));
	ck_assert_ptr_null(window_track_const(&win, 255));
	s.track = 32;
	ck_assert_int_eq(pieces_add(&win, &s, 5, NULL), SP_ERR_RANGE);
	teardown();
}
END_TEST

START_TEST(blocks_are_read_back_and_counted)
{
	struct pieces_spec s = { .number = 5 };
	struct piece *pc;
	const uint8_t *p;

	setup();
	s.length = 130 * LIM_BLOCK + 7; /* three words of bits */
	ck_assert_int_eq(pieces_add(&win, &s, 5, &pc), 0);
	ck_assert_uint_eq(pc->blocks, 131);
	ck_assert_ptr_null(window_get(&win, pc, 130));
	ck_assert_int_eq(
	    window_put(&win, pc, 130, (const uint8_t *)"1234567", 7), 0);
	ck_assert_int_eq(
	    window_put(&win, pc, 130, (const uint8_t *)"7654321", 7),
	    SP_ERR_EXISTS);
	ck_assert_mem_eq(window_get(&win, pc, 130), "1234567", 7);
	ck_assert_ptr_null(window_get(&win, pc, 131));
	ck_assert_uint_eq(win.bytes, 7);
	ck_assert_int_eq(pieces_fill(&win, pc, 6), 0);
	ck_assert(piece_is_complete(pc));
	ck_assert_uint_eq(win.bytes, s.length);
	p = window_get(&win, pc, 64);
	ck_assert_uint_eq(p[1], (uint8_t)((64 * LIM_BLOCK + 1) * 3 + 5));
	window_drop(&win, pc);
	ck_assert_uint_eq(win.bytes, 0);
	ck_assert_uint_eq(pc->n_held, 0);
	ck_assert_ptr_null(window_get(&win, pc, 64));
	ck_assert_ptr_eq(window_piece(&win, 0, 5), pc);
	teardown();
}
END_TEST

START_TEST(forgotten_pieces_give_their_bytes_back)
{
	struct pieces_spec s = { .length = 50000 };
	struct piece *pc;

	setup();
	for (s.number = 0; s.number < 4; s.number++) {
		s.epoch = (uint32_t)s.number;
		ck_assert_int_eq(pieces_add(&win, &s, 5, &pc), 0);
		ck_assert_int_eq(pieces_fill(&win, pc, 6), 0);
	}
	ck_assert_uint_eq(win.bytes, 200000);
	window_advance(&win, 0, 3);
	ck_assert_uint_eq(win.bytes, 50000);
	teardown();
}
END_TEST

/* ---- against a model ---- */

#define NUMBERS 3000

static struct {
	bool used, known[NUMBERS];
	uint64_t first, edge;
} model;

static int
model_add(uint64_t n)
{
	uint64_t k;

	if (model.used && n >= model.first && n < model.edge && model.known[n])
		return SP_ERR_EXISTS;
	if (!model.used) {
		model.used = true;
		model.first = n;
		model.edge = n + 1;
	} else if (n < model.first) {
		if (model.edge - n > LIM_WINDOW_PIECES)
			return SP_ERR_STALE;
		model.first = n;
	} else if (n >= model.edge) {
		model.edge = n + 1;
		if (model.edge - model.first > LIM_WINDOW_PIECES)
			model.first = model.edge - LIM_WINDOW_PIECES;
	}
	model.known[n] = true;
	for (k = 0; k < model.first; k++)
		model.known[k] = false;
	return 0;
}

static void
model_advance(uint64_t n)
{
	uint64_t k;

	model.first = SP_MAX(model.first, SP_MIN(n, model.edge));
	for (k = 0; k < model.first; k++)
		model.known[k] = false;
}

START_TEST(random_operations_agree_with_a_naive_model)
{
	const struct window_track *t;
	struct sp_rng rng;
	uint64_t n, at = 100;
	int i;

	setup();
	rng_seed(&rng, 1);
	memset(&model, 0, sizeof(model));
	t = window_track(&win, 0);
	for (i = 0; i < 20000; i++) {
		switch (rng_below(&rng, 16)) {
		case 0:
			n = at - SP_MIN(at, rng_below(&rng, 60));
			window_advance(&win, 0, n);
			model_advance(n);
			break;
		case 1: /* a leap */
			n = at + rng_below(&rng, 700);
			if (rng_below(&rng, 20) == 0 && n < NUMBERS)
				ck_assert_int_eq(add(n), model_add(n));
			break;
		default:
			n = at - SP_MIN(at, rng_below(&rng, 600)) +
			    rng_below(&rng, 8);
			if (n < NUMBERS)
				ck_assert_int_eq(add(n), model_add(n));
		}
		if (rng_below(&rng, 10) == 0 && at < NUMBERS - 10)
			at++;
		ck_assert_uint_eq(t->first, model.first);
		ck_assert_uint_eq(t->edge, model.edge);
		n = rng_below(&rng, NUMBERS);
		ck_assert((window_piece(&win, 0, n) != NULL) == model.known[n]);
	}
	for (n = 0; n < NUMBERS; n++)
		ck_assert((window_piece(&win, 0, n) != NULL) == model.known[n]);
	teardown();
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
	struct pieces_spec s = { .length = 40000, .uri = "a" };
	struct piece *pc;
	uint64_t bytes;
	int rv;

	FAILMEM_EACH (&fm) {
		window_init(&win, &fm.mem, NULL);
		for (s.number = 0; s.number < 40; s.number += 13) {
			s.epoch = (uint32_t)s.number;
			bytes = win.bytes;
			rv = pieces_add(&win, &s, 5, &pc);
			if (rv == 0)
				rv = pieces_fill(&win, pc, 6);
			if (rv == 0)
				continue;
			ck_assert_int_eq(rv, SP_ERR_NOMEM);
			ck_assert_uint_eq(win.bytes, bytes);
		}
		window_fini(&win);
	}
}
END_TEST

static int
full_put(void *ctx SP_UNUSED, void *piece SP_UNUSED,
    const struct record *rec SP_UNUSED, uint32_t index SP_UNUSED,
    const uint8_t *p SP_UNUSED, size_t len SP_UNUSED)
{
	return SP_ERR_NOMEM;
}

START_TEST(store_that_cannot_take_a_block_leaves_it_missing)
{
	struct pieces_spec s = { .number = 1, .length = 10 };
	struct window_store store = window_store_heap;
	struct piece *pc;

	failmem_init(&fm);
	store.put = full_put;
	window_init(&win, &fm.mem, &store);
	ck_assert_int_eq(pieces_add(&win, &s, 5, &pc), 0);
	ck_assert_int_eq(pieces_fill(&win, pc, 6), SP_ERR_NOMEM);
	ck_assert(!piece_holds(pc, 0));
	ck_assert_uint_eq(win.bytes, 0);
	teardown();
}
END_TEST

UNIT_MAIN("window", first_record_makes_the_window,
    piece_of_a_gap_is_complete_at_once, text_of_a_record_is_kept_with_it,
    advance_forgets_what_left, newer_number_pushes_the_oldest_out,
    what_lies_before_the_window_is_stale,
    second_record_of_a_piece_is_known_or_equivocates,
    chain_is_checked_against_both_neighbours, chain_begins_anew_with_an_epoch,
    init_pieces_have_windows_of_their_own, blocks_are_read_back_and_counted,
    forgotten_pieces_give_their_bytes_back,
    random_operations_agree_with_a_naive_model,
    every_failing_allocation_is_survived,
    store_that_cannot_take_a_block_leaves_it_missing)
