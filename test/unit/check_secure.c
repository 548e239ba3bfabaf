#include "swarm/secure.h"

#include "swarm/noise.h"
#include "test/sim/countcipher.h"
#include "test/unit/secure_pair.h"

/* The handshake of the link; frames are in check_secure_frames.c. */

/* Computed by a second implementation (Python, cryptography.io). */
static const char MSG1[] =
    "5dfedd3b6bd47f6fa28ee15d969d5bb0ea53774d488bdaf9df1c6e0124b3ef22"
    "5876dd1f4044345f4f6aaa157501f504";
static const char MSG2[] =
    "ac01b2209e86354fb853237b5de0f4fab13c7fcbf433a61c019369617fecf10b"
    "988240f563120596d047e79022e4a3f2e3c61d022b359368402bf792df29e98a"
    "e318994c0d6f48396e6c8706078952e005d49c5bd9684adb727b450183fb6248"
    "f48b0db9c21d22b73097fd7c99b61c08";
static const char MSG3[] =
    "6daa32f01721143d2775cd57eba03e406b2492dd8cf80c414ef7763dc107ecdc"
    "ae425d1af82338eab4b161cc744d8e900a3438820ab75969a0f2f5e682e3daa2"
    "23362dc4a3f08d4a23d30316b34c5abb";

START_TEST(messages_are_those_of_the_protocol)
{
	struct pair p;

	failmem_init(&p.fm);
	pair_init(&p);
	ck_assert_int_eq(pair_new(&p), 0);
	ck_assert_int_eq(secure_start(p.a.s, &p.a.out), 0);
	unit_hex_eq(p.a.out.p, p.a.out.len, MSG1);
	ck_assert_int_eq(pair_pass(&p.a, &p.b, SIZE_MAX), 0);
	unit_hex_eq(p.b.out.p, p.b.out.len, MSG2);
	ck_assert_int_eq(pair_pass(&p.b, &p.a, SIZE_MAX), 0);
	unit_hex_eq(p.a.out.p, p.a.out.len, MSG3);
	pair_fini(&p);
}
END_TEST

START_TEST(both_sides_learn_of_each_other)
{
	struct pair p;
	uint8_t pk[SECURE_KEY_LEN];

	pair_open(&p);
	ck_assert(secure_is_established(p.a.s));
	ck_assert(secure_is_established(p.b.s));
	ck_assert_uint_eq(secure_remote(p.b.s)->version, 1);
	ck_assert_uint_eq(secure_remote(p.b.s)->port, 0x1234);
	ck_assert_uint_eq(secure_remote(p.b.s)->up_kbps, 0xfedcba98);
	ck_assert_uint_eq(secure_remote(p.b.s)->flags, 0);
	ck_assert_uint_eq(secure_remote(p.a.s)->port, 0);
	ck_assert_uint_eq(secure_remote(p.a.s)->up_kbps, 5);
	ck_assert_uint_eq(secure_remote(p.a.s)->flags, SECURE_FLAG_SEEDER);
	ck_assert_uint_eq(secure_remote(p.a.s)->ciphers, 1);
	secure_public(pk, p.a.conf.static_sk);
	ck_assert_mem_eq(secure_remote_key(p.b.s), pk, sizeof(pk));
	secure_public(pk, p.b.conf.static_sk);
	ck_assert_mem_eq(secure_remote_key(p.a.s), pk, sizeof(pk));
	pair_fini(&p);
}
END_TEST

START_TEST(the_handshake_comes_in_any_pieces)
{
	for (size_t chunk = 1; chunk <= PAIR_MSG2 + 1; chunk++) {
		struct pair p;

		failmem_init(&p.fm);
		pair_init(&p);
		ck_assert_int_eq(pair_meet(&p, chunk), 0);
		ck_assert(p.a.established && p.b.established);
		pair_fini(&p);
	}
}
END_TEST

START_TEST(frames_may_follow_the_last_message_at_once)
{
	for (size_t chunk = 1; chunk <= 200; chunk++) {
		struct pair p;

		failmem_init(&p.fm);
		pair_init(&p);
		ck_assert_int_eq(pair_new(&p), 0);
		secure_start(p.a.s, &p.a.out);
		pair_pass(&p.a, &p.b, chunk);
		pair_pass(&p.b, &p.a, chunk);
		ck_assert(!secure_is_established(p.b.s));
		secure_seal(p.a.s, &p.a.out, (const uint8_t *)"one", 3);
		secure_seal(p.a.s, &p.a.out, (const uint8_t *)"two", 3);
		ck_assert_int_eq(pair_pass(&p.a, &p.b, chunk), 0);
		ck_assert(p.b.established);
		ck_assert_uint_eq(p.b.n_frames, 2);
		ck_assert_mem_eq(p.b.plain.p, "onetwo", 6);
		pair_fini(&p);
	}
}
END_TEST

START_TEST(a_frame_may_be_sealed_where_it_stands)
{
	uint8_t data[3000];
	struct pair p;
	size_t at;

	memset(data, 0x5c, sizeof(data));
	pair_open(&p);
	secure_seal(p.a.s, &p.a.out, (const uint8_t *)"one", 3);
	at = secure_begin(&p.a.out);
	buf_put(&p.a.out, "two", 3);
	buf_put(&p.a.out, data, sizeof(data));
	ck_assert_int_eq(secure_end(p.a.s, &p.a.out, at), 0);
	secure_seal(p.a.s, &p.a.out, (const uint8_t *)"end", 3);
	ck_assert_uint_eq(p.a.out.len, 9 + sizeof(data) + 3 * SECURE_OVERHEAD);
	ck_assert_int_eq(pair_pass(&p.a, &p.b, 7), 0);
	ck_assert_uint_eq(p.b.n_frames, 3);
	ck_assert_mem_eq(p.b.plain.p, "onetwo", 6);
	ck_assert_mem_eq(p.b.plain.p + 6, data, sizeof(data));
	/* neither an empty one nor one in a buffer that is in error */
	at = secure_begin(&p.a.out);
	ck_assert_int_eq(secure_end(p.a.s, &p.a.out, at), SP_ERR_ARG);
	p.a.out.err = SP_ERR_FULL;
	ck_assert_int_eq(secure_end(p.a.s, &p.a.out, at), SP_ERR_FULL);
	pair_fini(&p);
}
END_TEST

/* The handshake up to and with message |step|, which stays in out. */
static struct pair_side *
meet_until(struct pair *p, size_t step)
{
	failmem_init(&p->fm);
	pair_init(p);
	ck_assert_int_eq(pair_new(p), 0);
	ck_assert_int_eq(secure_start(p->a.s, &p->a.out), 0);
	if (step >= 1)
		ck_assert_int_eq(pair_pass(&p->a, &p->b, SIZE_MAX), 0);
	if (step >= 2)
		ck_assert_int_eq(pair_pass(&p->b, &p->a, SIZE_MAX), 0);
	return step == 1 ? &p->b : &p->a;
}

START_TEST(every_changed_byte_ends_the_handshake)
{
	static const size_t lens[] = { PAIR_MSG1, PAIR_MSG2, PAIR_MSG3 };

	for (size_t step = 0; step < 3; step++) {
		for (size_t i = 0; i < lens[step]; i++) {
			struct pair p;
			struct pair_side *from = meet_until(&p, step);
			struct pair_side *to = step == 1 ? &p.a : &p.b;

			ck_assert_uint_eq(from->out.len, lens[step]);
			from->out.p[i] ^= 0x40;
			ck_assert_int_eq(pair_pass(from, to, SIZE_MAX),
			    SP_ERR_CRYPTO);
			ck_assert_uint_eq(to->out.len, 0);
			ck_assert(!to->established);
			ck_assert(!secure_is_established(to->s));
			/* And it stays so. */
			ck_assert_int_eq(
			    pair_feed(to, (const uint8_t *)"x", 1, 1),
			    SP_ERR_CRYPTO);
			pair_fini(&p);
		}
	}
}
END_TEST

START_TEST(who_lacks_the_key_gets_silence)
{
	struct pair p;

	failmem_init(&p.fm);
	pair_init(&p);
	p.a.conf.psk[31] ^= 1;
	ck_assert_int_eq(pair_meet(&p, SIZE_MAX), SP_ERR_CRYPTO);
	ck_assert_uint_eq(p.b.out.len, 0);
	pair_fini(&p);
}
END_TEST

START_TEST(who_means_another_channel_gets_silence)
{
	struct pair p;

	failmem_init(&p.fm);
	pair_init(&p);
	p.a.conf.info_hash[0] ^= 0x80;
	ck_assert_int_eq(pair_meet(&p, SIZE_MAX), SP_ERR_CRYPTO);
	ck_assert_uint_eq(p.b.out.len, 0);
	pair_fini(&p);
}
END_TEST

START_TEST(rubbish_gets_silence)
{
	struct pair p;
	uint8_t rubbish[PAIR_MSG1];

	memset(rubbish, 0x55, sizeof(rubbish));
	failmem_init(&p.fm);
	pair_init(&p);
	ck_assert_int_eq(pair_new(&p), 0);
	ck_assert_int_eq(pair_feed(&p.b, rubbish, PAIR_MSG1 - 1, 7), 0);
	ck_assert_uint_eq(p.b.out.len, 0);
	ck_assert_int_eq(pair_feed(&p.b, rubbish, 1, 1), SP_ERR_CRYPTO);
	ck_assert_uint_eq(p.b.out.len, 0);
	pair_fini(&p);
}
END_TEST

/* What a pair agrees on, or an error. */
static int
agree(const struct secure_cipher *const *a, size_t n_a,
    const struct secure_cipher *const *b, size_t n_b)
{
	struct pair p;
	int rv;

	failmem_init(&p.fm);
	pair_init(&p);
	p.a.conf.ciphers = a;
	p.a.conf.n_ciphers = n_a;
	p.b.conf.ciphers = b;
	p.b.conf.n_ciphers = n_b;
	rv = pair_meet(&p, SIZE_MAX);
	if (rv == 0) {
		rv = (int)secure_cipher(p.a.s);
		ck_assert_int_eq(rv, (int)secure_cipher(p.b.s));
		secure_seal(p.a.s, &p.a.out, (const uint8_t *)"hi", 2);
		ck_assert_int_eq(pair_pass(&p.a, &p.b, SIZE_MAX), 0);
		ck_assert_mem_eq(p.b.plain.p, "hi", 2);
	}
	pair_fini(&p);
	return rv;
}

START_TEST(the_best_common_cipher_wins)
{
	/* AES needs a processor; its number on another cipher does not. */
	struct secure_cipher aes = countcipher;
	const struct secure_cipher *const three[] = { &secure_chacha20, &aes,
		&countcipher };
	const struct secure_cipher *const turned[] = { &countcipher, &aes,
		&secure_chacha20 };

	aes.id = SECURE_AES256GCM;
	ck_assert_int_eq(agree(three, 3, turned, 3), SECURE_COUNTING);
	ck_assert_int_eq(agree(three, 2, turned, 3), SECURE_AES256GCM);
	ck_assert_int_eq(agree(three, 3, turned + 1, 2), SECURE_AES256GCM);
	/* A side without AES. */
	ck_assert_int_eq(agree(three, 1, turned, 3), SECURE_CHACHA20);
	ck_assert_int_eq(agree(three, 2, turned + 2, 1), SECURE_CHACHA20);
	ck_assert_int_eq(agree(three, 2, turned, 1), SP_ERR_PROTO);
}
END_TEST

START_TEST(impossible_cipher_tables_are_refused)
{
	struct secure_cipher high = countcipher, big = countcipher;
	const struct secure_cipher *const twice[] = { &secure_chacha20,
		&secure_chacha20 };
	const struct secure_cipher *const c[] = { &high };
	const struct secure_cipher *const d[] = { &big };

	high.id = 8;
	big.state_len = SECURE_STATE + 1;
	ck_assert_int_eq(agree(twice, 2, twice, 1), SP_ERR_ARG);
	ck_assert_int_eq(agree(twice, 0, twice, 1), SP_ERR_ARG);
	ck_assert_int_eq(agree(twice, 9, twice, 1), SP_ERR_ARG);
	ck_assert_int_eq(agree(c, 1, twice, 1), SP_ERR_ARG);
	ck_assert_int_eq(agree(d, 1, twice, 1), SP_ERR_ARG);
}
END_TEST

/* A dialler that sends |hello|: what does the other side say? */
static int
meet_with_hello(const uint8_t hello[SECURE_HELLO_LEN])
{
	static const char start[] = "spate peer 1";
	uint8_t prologue[sizeof(start) + LINK_INFOHASH_LEN];
	uint8_t msg[PAIR_MSG2], theirs[SECURE_HELLO_LEN];
	struct noise n;
	struct pair p;
	int rv;

	failmem_init(&p.fm);
	pair_init(&p);
	ck_assert_int_eq(pair_new(&p), 0);
	memcpy(prologue, start, sizeof(start));
	memset(prologue + sizeof(start), 7, LINK_INFOHASH_LEN);
	noise_init(&n, &(struct noise_conf){ .initiator = true,
			   .prologue = prologue,
			   .prologue_len = sizeof(prologue),
			   .psk = p.a.conf.psk,
			   .static_sk = p.a.conf.static_sk,
			   .ephemeral_sk = p.a.conf.ephemeral_sk });
	noise_write(&n, msg, NULL, 0);
	ck_assert_int_eq(pair_feed(&p.b, msg, PAIR_MSG1, SIZE_MAX), 0);
	ck_assert_int_eq(noise_read(&n, theirs, p.b.out.p, p.b.out.len), 0);
	unit_hex_eq(theirs, sizeof(theirs),
	    "01 01 01 00 0000 0000 00000005 00000000");
	noise_write(&n, msg, hello, SECURE_HELLO_LEN);
	rv = pair_feed(&p.b, msg, PAIR_MSG3, SIZE_MAX);
	ck_assert_int_eq(rv == 0, p.b.established);
	pair_fini(&p);
	return rv;
}

START_TEST(hellos_of_other_versions_are_refused)
{
	uint8_t hello[SECURE_HELLO_LEN] = { 1, 1 };

	ck_assert_int_eq(meet_with_hello(hello), 0);
	hello[0] = 2;
	ck_assert_int_eq(meet_with_hello(hello), SP_ERR_PROTO);
	hello[0] = 0;
	ck_assert_int_eq(meet_with_hello(hello), SP_ERR_PROTO);
}
END_TEST

START_TEST(unknown_bits_of_a_hello_are_ignored)
{
	uint8_t hello[SECURE_HELLO_LEN];

	memset(hello, 0xff, sizeof(hello));
	hello[0] = 1;
	ck_assert_int_eq(meet_with_hello(hello), 0);
	hello[1] = 0xfe;
	ck_assert_int_eq(meet_with_hello(hello), SP_ERR_PROTO);
}
END_TEST

START_TEST(a_full_buffer_ends_the_handshake)
{
	struct pair p;

	failmem_init(&p.fm);
	pair_init(&p);
	p.a.out.max = PAIR_MSG1 - 1;
	ck_assert_int_eq(pair_meet(&p, SIZE_MAX), SP_ERR_FULL);
	pair_fini(&p);

	pair_init(&p);
	p.b.out.max = PAIR_MSG2 - 1;
	ck_assert_int_eq(pair_meet(&p, SIZE_MAX), SP_ERR_FULL);
	pair_fini(&p);

	pair_init(&p);
	p.a.out.max = PAIR_MSG3 - 1;
	ck_assert_int_eq(pair_meet(&p, SIZE_MAX), SP_ERR_FULL);
	ck_assert(!secure_is_established(p.a.s));
	pair_fini(&p);
}
END_TEST

START_TEST(lack_of_memory_is_survived)
{
	struct pair p;

	FAILMEM_EACH (&p.fm) {
		uint8_t data[300] = { 0 };
		int rv;

		pair_init(&p);
		rv = pair_meet(&p, SIZE_MAX);
		if (rv == 0)
			rv = secure_seal(p.a.s, &p.a.out, data, sizeof(data));
		if (rv == 0)
			rv = pair_pass(&p.a, &p.b, 100);
		if (rv == 0)
			rv = secure_seal(p.b.s, &p.b.out, data, sizeof(data));
		if (rv == 0)
			rv = pair_pass(&p.b, &p.a, SIZE_MAX);
		ck_assert_int_eq(rv, p.fm.failed > 0 ? SP_ERR_NOMEM : 0);
		pair_fini(&p);
	}
}
END_TEST

START_TEST(an_idle_link_is_small)
{
	struct pair p;

	pair_open(&p);
	buf_fini(&p.a.out);
	buf_fini(&p.b.out);
	ck_assert_uint_eq(p.fm.live, 4);
	ck_assert_uint_le(p.fm.live_bytes, 2 * 640);
	pair_fini(&p);
}
END_TEST

/* An allocator that looks at what it gets back. */
struct snoop {
	struct sp_mem mem;
	size_t released, dirty;
};

static void *
snoop_alloc(void *ctx, size_t size)
{
	size_t *p = malloc(sizeof(max_align_t) + size);

	(void)ctx;
	ck_assert_ptr_nonnull(p);
	*p = size;
	return (uint8_t *)p + sizeof(max_align_t);
}

static void
snoop_release(void *ctx, void *p)
{
	struct snoop *sn = ctx;
	uint8_t *block = (uint8_t *)p - sizeof(max_align_t);
	size_t size = *(size_t *)(void *)block;

	sn->released++;
	for (size_t i = 0; i < size; i++) {
		if (((uint8_t *)p)[i] != 0) {
			sn->dirty++;
			break;
		}
	}
	free(block);
}

START_TEST(keys_are_wiped_before_memory_is_given_back)
{
	struct snoop sn = {
		.mem = { .ctx = &sn,
		    .alloc = snoop_alloc,
		    .release = snoop_release },
	};
	struct pair p;
	struct sp_rd frame;
	size_t used;

	failmem_init(&p.fm);
	pair_init(&p);
	ck_assert_int_eq(secure_new(&p.a.s, &p.a.conf, &sn.mem), 0);
	ck_assert_int_eq(secure_new(&p.b.s, &p.b.conf, &sn.mem), 0);
	secure_start(p.a.s, &p.a.out);
	secure_input(p.b.s, p.a.out.p, p.a.out.len, &used, &p.b.out, &frame);
	buf_reset(&p.a.out);
	ck_assert_int_eq(secure_input(p.a.s, p.b.out.p, p.b.out.len, &used,
			     &p.a.out, &frame),
	    SECURE_ESTABLISHED);
	ck_assert_uint_eq(sn.released, 1);
	secure_free(p.a.s);
	p.a.s = NULL;
	ck_assert_uint_eq(sn.released, 3);
	/* One in the middle of the handshake. */
	secure_free(p.b.s);
	p.b.s = NULL;
	ck_assert_uint_eq(sn.released, 5);
	ck_assert_uint_eq(sn.dirty, 0);
	secure_free(NULL);
	pair_fini(&p);
}
END_TEST

UNIT_MAIN("secure", messages_are_those_of_the_protocol,
    both_sides_learn_of_each_other, the_handshake_comes_in_any_pieces,
    frames_may_follow_the_last_message_at_once,
    a_frame_may_be_sealed_where_it_stands,
    every_changed_byte_ends_the_handshake, who_lacks_the_key_gets_silence,
    who_means_another_channel_gets_silence, rubbish_gets_silence,
    the_best_common_cipher_wins, impossible_cipher_tables_are_refused,
    hellos_of_other_versions_are_refused, unknown_bits_of_a_hello_are_ignored,
    a_full_buffer_ends_the_handshake, lack_of_memory_is_survived,
    an_idle_link_is_small, keys_are_wiped_before_memory_is_given_back)
