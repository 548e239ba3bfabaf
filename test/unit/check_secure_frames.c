#include "swarm/secure.h"

#include "test/sim/countcipher.h"
#include "test/unit/secure_pair.h"

/* The frames of the link; the handshake is in check_secure.c. */

/* Those of this machine and the simulator's. */
static size_t
all_ciphers(const struct secure_cipher *out[3])
{
	size_t n = secure_ciphers(out);

	out[n] = &countcipher;
	return n + 1;
}

static void
open_with(struct pair *p, const struct secure_cipher *c)
{
	failmem_init(&p->fm);
	pair_init(p);
	pair_cipher(p, c);
	ck_assert_int_eq(pair_meet(p, SIZE_MAX), 0);
	ck_assert_int_eq((int)secure_cipher(p->a.s), (int)c->id);
}

/* |len| bytes that depend on |seed|. */
static const uint8_t *
pattern(size_t len, uint8_t seed)
{
	static uint8_t p[SECURE_FRAME_MAX + 1];

	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(i * 7 + (i >> 8) + seed);
	return p;
}

/* Frames whose one byte is their number; by a second implementation. */
static const struct {
	const struct secure_cipher *cipher;
	bool from_a;
	size_t n;
	const char *hex;
} golden[] = {
	{ &secure_chacha20, true, 0, "6e2e24b7daaa01d1c5c506b9678fc520388784" },
	{ &secure_chacha20, true, 1, "ea60ab503ac9b1f5ca922906023f27960834c2" },
	{ &secure_chacha20, true, 33,
	    "695a2fea39b9c2a1f988b9d52129505eecb93d" },
	{ &secure_chacha20, true, 65535,
	    "1c073dc3ba8ad93e4e702c6c28b1b3c3263b42" },
	{ &secure_chacha20, true, 65536,
	    "25a9eee880c3dff75d0f2e37bd24bddab3563a" },
	{ &secure_chacha20, false, 0,
	    "2fb15727925f6bd90fb1b4fc3c05fa4ceb8d74" },
	{ &secure_chacha20, false, 65536,
	    "0b6520f7bc6eb9743d8e363ddbc6a68a94f0aa" },
	{ &secure_aes256gcm, true, 0,
	    "6e2e8a514bc3c9158502f599b0ffb9ced35f8f" },
	{ &secure_aes256gcm, true, 33,
	    "695a4bc061d1826d67afb2278f5cce91da9dac" },
	{ &secure_aes256gcm, true, 65535,
	    "1c07dbed60b19f993395a5b35f950f739cbde5" },
	{ &secure_aes256gcm, true, 65536,
	    "25a93f48d1b12baeeb7d7ebd94a70e977f8550" },
	{ &secure_aes256gcm, false, 65536,
	    "0b659b61e83d33510e430f346eb6eeb8ef7157" },
};

/* AES-GCM is told of beside ChaCha20, so the hello is another. */
static void
open_golden(struct pair *p, const struct secure_cipher *c)
{
	failmem_init(&p->fm);
	pair_init(p);
	if (c != &secure_chacha20) {
		p->a.ciphers[1] = p->b.ciphers[1] = c;
		p->a.conf.n_ciphers = p->b.conf.n_ciphers = 2;
	}
	ck_assert_int_eq(pair_meet(p, SIZE_MAX), 0);
}

static void
seal_golden(const struct secure_cipher *c, bool from_a)
{
	const size_t frame = 1 + SECURE_OVERHEAD;
	struct pair p;
	struct pair_side *from = from_a ? &p.a : &p.b;
	struct pair_side *to = from_a ? &p.b : &p.a;
	size_t good = 0;
	int rv = 0;

	open_golden(&p, c);
	for (size_t n = 0; n <= SECURE_REKEY_FRAMES && rv == 0; n++) {
		uint8_t byte = (uint8_t)n;

		rv = secure_seal(from->s, &from->out, &byte, 1);
	}
	ck_assert_int_eq(rv, 0);
	for (size_t i = 0; i < SP_LEN(golden); i++) {
		if (golden[i].cipher != c || golden[i].from_a != from_a)
			continue;
		unit_hex_eq(from->out.p + golden[i].n * frame, frame,
		    golden[i].hex);
	}
	/* And the other side follows over the change of keys. */
	ck_assert_int_eq(pair_pass(from, to, SIZE_MAX), 0);
	ck_assert_uint_eq(to->n_frames, SECURE_REKEY_FRAMES + 1);
	while (good < to->plain.len && to->plain.p[good] == (uint8_t)good)
		good++;
	ck_assert_uint_eq(good, SECURE_REKEY_FRAMES + 1);
	pair_fini(&p);
}

START_TEST(frames_are_those_of_the_protocol_beyond_a_rekey)
{
	const struct secure_cipher *c[2];
	size_t n = secure_ciphers(c);

	for (size_t i = 0; i < n; i++) {
		seal_golden(c[i], true);
		seal_golden(c[i], false);
	}
}
END_TEST

START_TEST(frames_of_all_lengths_come_through)
{
	static const size_t lens[] = { 1, 2, 15, 16, 17, 16384, 65000,
		SECURE_FRAME_MAX };
	const struct secure_cipher *c[3];
	size_t n = all_ciphers(c);

	for (size_t i = 0; i < n * SP_LEN(lens); i++) {
		size_t len = lens[i % SP_LEN(lens)];
		struct pair p;

		open_with(&p, c[i / SP_LEN(lens)]);
		for (uint8_t k = 0; k < 3; k++) {
			ck_assert_int_eq(
			    secure_seal(p.a.s, &p.a.out, pattern(len, k), len),
			    0);
			ck_assert_uint_eq(p.a.out.len,
			    (k + 1) * (len + SECURE_OVERHEAD));
		}
		ck_assert_int_eq(pair_pass(&p.a, &p.b, 40000), 0);
		ck_assert_uint_eq(p.b.n_frames, 3);
		for (uint8_t k = 0; k < 3; k++)
			ck_assert_mem_eq(p.b.plain.p + k * len, pattern(len, k),
			    len);
		pair_fini(&p);
	}
}
END_TEST

START_TEST(empty_and_oversized_frames_are_refused)
{
	struct pair p;

	pair_open(&p);
	ck_assert_int_eq(secure_seal(p.a.s, &p.a.out, pattern(1, 0), 0),
	    SP_ERR_ARG);
	ck_assert_int_eq(secure_seal(p.a.s, &p.a.out,
			     pattern(SECURE_FRAME_MAX + 1, 0),
			     SECURE_FRAME_MAX + 1),
	    SP_ERR_ARG);
	ck_assert_int_eq(secure_seal(p.a.s, &p.a.out, pattern(1, 0), SIZE_MAX),
	    SP_ERR_ARG);
	ck_assert_uint_eq(p.a.out.len, 0);
	ck_assert_int_eq(secure_seal(p.a.s, &p.a.out, pattern(1, 0), 1), 0);
	ck_assert_int_eq(pair_pass(&p.a, &p.b, 1), 0);
	pair_fini(&p);
}
END_TEST

START_TEST(lengths_below_a_byte_and_a_tag_are_refused)
{
	/* A frame of one byte says 17; the mask keeps what is xored. */
	for (uint8_t len = 0; len <= SECURE_TAG_LEN; len++) {
		struct pair p;

		pair_open(&p);
		secure_seal(p.a.s, &p.a.out, pattern(1, 0), 1);
		p.a.out.p[1] ^= (1 + SECURE_TAG_LEN) ^ len;
		ck_assert_int_eq(pair_pass(&p.a, &p.b, 1), SP_ERR_PROTO);
		ck_assert_uint_eq(p.b.n_frames, 0);
		pair_fini(&p);
	}
}
END_TEST

START_TEST(frames_may_be_cut_anywhere)
{
	const struct secure_cipher *c[3];
	size_t n = all_ciphers(c);

	for (size_t i = 0; i < n; i++) {
		for (size_t cut = 1; cut < 3 * SECURE_OVERHEAD + 23; cut++) {
			struct pair p;

			open_with(&p, c[i]);
			secure_seal(p.a.s, &p.a.out, pattern(1, 0), 1);
			secure_seal(p.a.s, &p.a.out, pattern(20, 1), 20);
			secure_seal(p.a.s, &p.a.out, pattern(2, 2), 2);
			ck_assert_int_eq(
			    pair_feed(&p.b, p.a.out.p, cut, SIZE_MAX), 0);
			ck_assert_int_eq(pair_feed(&p.b, p.a.out.p + cut,
					     p.a.out.len - cut, SIZE_MAX),
			    0);
			ck_assert_uint_eq(p.b.n_frames, 3);
			ck_assert_mem_eq(p.b.plain.p + 1, pattern(20, 1), 20);
			ck_assert_mem_eq(p.b.plain.p + 21, pattern(2, 2), 2);
			pair_fini(&p);
		}
	}
}
END_TEST

START_TEST(frames_come_in_any_pieces)
{
	for (size_t chunk = 1; chunk < 120; chunk++) {
		struct pair p;
		size_t at = 0;

		pair_open(&p);
		for (size_t len = 1; len < 60; len++)
			secure_seal(p.a.s, &p.a.out, pattern(len, 9), len);
		ck_assert_int_eq(pair_pass(&p.a, &p.b, chunk), 0);
		ck_assert_uint_eq(p.b.n_frames, 59);
		for (size_t len = 1; len < 60; at += len++)
			ck_assert_mem_eq(p.b.plain.p + at, pattern(len, 9),
			    len);
		pair_fini(&p);
	}
}
END_TEST

/*
 * A changed length may ask for more than there is, so more follows: then the
 * frame must fail, and nothing may be accepted before.
 */
START_TEST(every_changed_bit_of_a_frame_is_noticed)
{
	const struct secure_cipher *c[2];
	size_t n = secure_ciphers(c);

	for (size_t i = 0; i < n; i++) {
		for (size_t bit = 0; bit < 8 * (5 + SECURE_OVERHEAD); bit++) {
			size_t more = bit < 16 ? SECURE_FRAME_MAX : 9;
			struct pair p;
			int rv;

			open_with(&p, c[i]);
			secure_seal(p.a.s, &p.a.out, pattern(5, 0), 5);
			secure_seal(p.a.s, &p.a.out, pattern(more, 0), more);
			p.a.out.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
			rv = pair_pass(&p.a, &p.b, 50000);
			/* 21 may become 5, which is no length. */
			if (bit == 8 + 4)
				ck_assert_int_eq(rv, SP_ERR_PROTO);
			else
				ck_assert_int_eq(rv, SP_ERR_CRYPTO);
			ck_assert_uint_eq(p.b.n_frames, 0);
			ck_assert(!secure_is_established(p.b.s));
			/* It takes no more, nor gives. */
			ck_assert_int_eq(
			    secure_seal(p.b.s, &p.b.out, pattern(1, 0), 1), rv);
			ck_assert_uint_eq(p.b.out.len, 0);
			pair_fini(&p);
		}
	}
}
END_TEST

START_TEST(frames_work_in_their_order_only)
{
	const size_t frame = 100 + SECURE_OVERHEAD;
	/* Which of three frames are sent: replayed, left out, swapped. */
	static const size_t orders[][2] = { { 0, 0 }, { 0, 2 }, { 1, 0 } };
	const struct secure_cipher *c[2];
	size_t n = secure_ciphers(c);

	for (size_t i = 0; i < n * SP_LEN(orders); i++) {
		const size_t *order = orders[i % SP_LEN(orders)];
		size_t good = order[0] == 0 ? 1 : 0;
		struct pair p;
		int rv = 0;

		open_with(&p, c[i / SP_LEN(orders)]);
		for (uint8_t k = 0; k < 3; k++)
			secure_seal(p.a.s, &p.a.out, pattern(100, k), 100);
		for (size_t k = 0; k < 2 && rv == 0; k++)
			rv = pair_feed(&p.b, p.a.out.p + order[k] * frame,
			    frame, SIZE_MAX);
		/* The mask differs, so it may wait for a longer frame. */
		for (size_t k = 0; k < 600 && rv == 0; k++)
			rv = pair_feed(&p.b, p.a.out.p, frame, SIZE_MAX);
		ck_assert(rv == SP_ERR_CRYPTO || rv == SP_ERR_PROTO);
		ck_assert_uint_eq(p.b.n_frames, good);
		pair_fini(&p);
	}
}
END_TEST

START_TEST(frames_do_not_work_when_sent_back)
{
	struct pair p;
	int rv = 0;

	pair_open(&p);
	while (p.a.out.len < 2 * LIM_FRAME)
		secure_seal(p.a.s, &p.a.out, pattern(100, 1), 100);
	rv = pair_pass(&p.a, &p.a, SIZE_MAX);
	ck_assert(rv == SP_ERR_CRYPTO || rv == SP_ERR_PROTO);
	ck_assert_uint_eq(p.a.n_frames, 0);
	pair_fini(&p);
}
END_TEST

START_TEST(frames_that_find_no_room_use_up_no_number)
{
	struct pair p;

	pair_open(&p);
	p.a.out.max = 100;
	ck_assert_int_eq(secure_seal(p.a.s, &p.a.out, pattern(83, 0), 83),
	    SP_ERR_FULL);
	ck_assert_int_eq(secure_seal(p.a.s, &p.a.out, pattern(1, 0), 1),
	    SP_ERR_FULL);
	ck_assert_uint_eq(p.a.out.len, 0);
	buf_reset(&p.a.out);
	ck_assert_int_eq(secure_seal(p.a.s, &p.a.out, pattern(82, 0), 82), 0);
	ck_assert_int_eq(pair_pass(&p.a, &p.b, SIZE_MAX), 0);
	ck_assert_uint_eq(p.b.n_frames, 1);
	pair_fini(&p);
}
END_TEST

START_TEST(nothing_is_kept_between_frames)
{
	struct pair p;
	size_t live;

	pair_open(&p);
	buf_fini(&p.a.out);
	buf_fini(&p.b.out);
	p.b.plain.max = 0;
	live = p.fm.live;
	secure_seal(p.a.s, &p.a.out, pattern(16384, 0), 16384);
	/* One byte of the length needs no memory. */
	ck_assert_int_eq(pair_feed(&p.b, p.a.out.p, 1, 1), 0);
	ck_assert_uint_eq(p.fm.live, live + 1);
	ck_assert_int_eq(pair_feed(&p.b, p.a.out.p + 1, 1000, 1000), 0);
	ck_assert_uint_eq(p.fm.live, live + 2);
	pair_feed(&p.b, p.a.out.p + 1001, p.a.out.len - 1001, SIZE_MAX);
	ck_assert_uint_eq(p.b.n_frames, 1);
	ck_assert_uint_eq(p.fm.live, live + 1);
	pair_fini(&p);
}
END_TEST

UNIT_MAIN("secure_frames", frames_are_those_of_the_protocol_beyond_a_rekey,
    frames_of_all_lengths_come_through, empty_and_oversized_frames_are_refused,
    lengths_below_a_byte_and_a_tag_are_refused, frames_may_be_cut_anywhere,
    frames_come_in_any_pieces, every_changed_bit_of_a_frame_is_noticed,
    frames_work_in_their_order_only, frames_do_not_work_when_sent_back,
    frames_that_find_no_room_use_up_no_number, nothing_is_kept_between_frames)
