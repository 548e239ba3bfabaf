#include "swarm/noise.h"

#include "base/buf.h"
#include "swarm/secure.h"
#include "test/unit/unit.h"

/*
 * Published vectors of Noise_XXpsk0_25519_ChaChaPoly_SHA256: vectors.txt of
 * https://github.com/flynn/noise. The keys are the same in all of them.
 */

#define MSG_MAX 128

static const char INIT_S[] =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
static const char RESP_S[] =
    "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20";
static const char INIT_E[] =
    "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";
static const char RESP_E[] =
    "4142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f60";
static const char SHARED[] =
    "2176657279736563726574766572797365637265747665727973656372657421";

struct vector {
	const char *prologue;
	const char *payload[NOISE_STEPS];
	const char *message[NOISE_STEPS];
};

static const struct vector vectors[] = {
	{
	    .prologue = "",
	    .payload = { "", "", "" },
	    .message = {
		"358072d6365880d1aeea329adf9121383851ed21a28e3b75e965d0d2cd166254"
		"555f63b2499511e3b299a5649351a5b7",
		"64b101b1d0be5a8704bd078f9895001fc03e8e9f9522f188dd128d9846d48466"
		"22df46c0ac1e0fc71795a84e37cc0e963d131c8e84c02cd5cfcfe8def3fe128b"
		"324ab54fd3be59ac143dfdc68996211170078c960e051d6ed971da20bde0fcf1",
		"462127adbe047db3d1fce0581b5447d99b606c591545a7719132e0c91fe93d12"
		"3be3fe89ffd8af56e02cefda863080ecee5651dcecddde76b8237c66740d7c8f",
	    },
	},
	{
	    .prologue = "",
	    .payload = { "746573745f6d73675f30", "746573745f6d73675f31",
		"746573745f6d73675f32" },
	    .message = {
		"358072d6365880d1aeea329adf9121383851ed21a28e3b75e965d0d2cd166254"
		"7f533cf20723ac4407c8e51516d7c7382d8aa777424dba78813d",
		"64b101b1d0be5a8704bd078f9895001fc03e8e9f9522f188dd128d9846d48466"
		"22df46c0ac1e0fc71795a84e37cc0e963d131c8e84c02cd5cfcfe8def3fe128b"
		"1146c1820dc4d08bf16b5c682badf2ef2dc6c1642ae7e8ae8c8e1e38a0606434"
		"1a604c21b70227181c04",
		"462127adbe047db3d1fce0581b5447d99b606c591545a7719132e0c91fe93d12"
		"2132c2cde2bc69209884f77756f265744111b0bfa4fdeb4704a42c7f87502799"
		"08327b545416cf81f828",
	    },
	},
	{
	    .prologue = "6e6f74736563726574",
	    .payload = { "", "", "" },
	    .message = {
		"358072d6365880d1aeea329adf9121383851ed21a28e3b75e965d0d2cd166254"
		"54a218352d64c1f8c239416ccb542aec",
		"64b101b1d0be5a8704bd078f9895001fc03e8e9f9522f188dd128d9846d48466"
		"22df46c0ac1e0fc71795a84e37cc0e963d131c8e84c02cd5cfcfe8def3fe128b"
		"58733b0ab529b3f48ed3fbe90840f1a27404f52be696831ccb795d1bdee31d33",
		"462127adbe047db3d1fce0581b5447d99b606c591545a7719132e0c91fe93d12"
		"fb91ca67cf72f381bab072bd9e6efef157067416654408489b43ba2fb6173b66",
	    },
	},
};

/* The first transport message of each side, the same in all vectors. */
static const char FROM_INIT[] =
    "75fff8afebd2f14da1cac9cc5b5201395cdf2ad65f3a97804e360c16f4e2ac";
static const char FROM_RESP[] =
    "150cc85f79f9ca0f0730b8b4707805ed1969ff6b2770a5d466cd2754802805";

static size_t
unhex(uint8_t *out, const char *hex)
{
	size_t len = strlen(hex) / 2;

	ck_assert_int_eq(buf_unhex(out, len, hex, strlen(hex)), 0);
	return len;
}

static void
start(struct noise *n, bool initiator, const char *prologue)
{
	uint8_t p[16], psk[32], s[32], e[32];
	struct noise_conf conf = {
		.initiator = initiator,
		.prologue = p,
		.psk = psk,
		.static_sk = s,
		.ephemeral_sk = e,
	};

	conf.prologue_len = unhex(p, prologue);
	unhex(psk, SHARED);
	unhex(s, initiator ? INIT_S : RESP_S);
	unhex(e, initiator ? INIT_E : RESP_E);
	noise_init(n, &conf);
}

/* Runs the handshake of |v| and compares every message. */
static void
run(const struct vector *v, struct noise side[2])
{
	start(&side[0], true, v->prologue);
	start(&side[1], false, v->prologue);
	for (size_t i = 0; i < NOISE_STEPS; i++) {
		struct noise *from = &side[i % 2], *to = &side[1 - i % 2];
		uint8_t payload[MSG_MAX], msg[MSG_MAX], got[MSG_MAX];
		size_t len = unhex(payload, v->payload[i]);
		size_t total = noise_len(from, len);

		ck_assert(noise_is_turn(from));
		ck_assert(!noise_is_turn(to));
		ck_assert_uint_le(total, MSG_MAX);
		ck_assert_int_eq(noise_write(from, msg, payload, len), 0);
		unit_hex_eq(msg, total, v->message[i]);
		ck_assert_int_eq(noise_read(to, got, msg, total), 0);
		if (len > 0)
			ck_assert_mem_eq(got, payload, len);
	}
	ck_assert(!noise_is_turn(&side[0]));
	ck_assert(!noise_is_turn(&side[1]));
}

START_TEST(published_vectors_fit)
{
	for (size_t i = 0; i < SP_LEN(vectors); i++) {
		struct noise side[2];
		uint8_t k[4][32], pk[32], c[64];

		run(&vectors[i], side);
		ck_assert_mem_eq(side[0].h, side[1].h, 32);
		noise_split(&side[0], k[0], k[1]);
		noise_split(&side[1], k[2], k[3]);
		ck_assert_mem_eq(k[0], k[2], 2 * 32);
		secure_chacha20.seal(c, (const uint8_t *)"yellowsubmarine", 15,
		    NULL, 0, 0, k[0]);
		unit_hex_eq(c, 15 + NOISE_TAG_LEN, FROM_INIT);
		secure_chacha20.seal(c, (const uint8_t *)"submarineyellow", 15,
		    NULL, 0, 0, k[1]);
		unit_hex_eq(c, 15 + NOISE_TAG_LEN, FROM_RESP);
		noise_public(pk, side[0].s);
		ck_assert_mem_eq(side[1].rs, pk, 32);
		noise_public(pk, side[1].s);
		ck_assert_mem_eq(side[0].rs, pk, 32);
	}
}
END_TEST

START_TEST(exported_keys_agree_and_differ_by_label)
{
	struct noise side[2];
	uint8_t k[4][32];

	run(&vectors[0], side);
	noise_export(&side[0], "a", k[0], k[1]);
	noise_export(&side[1], "a", k[2], k[3]);
	ck_assert_mem_eq(k[0], k[2], 2 * 32);
	ck_assert_mem_ne(k[0], k[1], 32);
	noise_export(&side[0], "b", k[2], k[3]);
	ck_assert_mem_ne(k[0], k[2], 32);
	noise_split(&side[0], k[2], k[3]);
	ck_assert_mem_ne(k[0], k[2], 32);
}
END_TEST

/* |step| messages of vector 1 are done; gives the next message. */
static size_t
run_until(size_t step, struct noise side[2], uint8_t msg[MSG_MAX])
{
	const struct vector *v = &vectors[1];
	uint8_t got[MSG_MAX], payload[MSG_MAX];
	size_t len, total = 0;

	start(&side[0], true, v->prologue);
	start(&side[1], false, v->prologue);
	for (size_t i = 0; i <= step; i++) {
		len = unhex(payload, v->payload[i]);
		total = noise_len(&side[i % 2], len);
		ck_assert_int_eq(noise_write(&side[i % 2], msg, payload, len),
		    0);
		if (i < step)
			ck_assert_int_eq(
			    noise_read(&side[1 - i % 2], got, msg, total), 0);
	}
	return total;
}

START_TEST(every_changed_bit_is_noticed)
{
	for (size_t step = 0; step < NOISE_STEPS; step++) {
		struct noise side[2], copy;
		uint8_t msg[MSG_MAX], got[MSG_MAX];
		size_t len = run_until(step, side, msg);

		for (size_t bit = 0; bit < 8 * len; bit++) {
			copy = side[1 - step % 2];
			msg[bit / 8] ^= (uint8_t)(1U << bit % 8);
			ck_assert_int_eq(noise_read(&copy, got, msg, len),
			    SP_ERR_CRYPTO);
			msg[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		ck_assert_int_eq(noise_read(&side[1 - step % 2], got, msg, len),
		    0);
	}
}
END_TEST

START_TEST(every_shortened_message_is_refused)
{
	for (size_t step = 0; step < NOISE_STEPS; step++) {
		struct noise side[2], copy;
		uint8_t msg[MSG_MAX], got[MSG_MAX];
		size_t len = run_until(step, side, msg);

		for (size_t n = 0; n < len; n++) {
			copy = side[1 - step % 2];
			ck_assert_int_eq(noise_read(&copy, got, msg, n),
			    SP_ERR_CRYPTO);
		}
	}
}
END_TEST

/* Points of small order: any secret multiplies them to zero. */
static const char *const small_points[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

START_TEST(keys_of_small_order_are_refused)
{
	for (size_t i = 0; i < SP_LEN(small_points); i++) {
		struct noise side[2];
		uint8_t msg[MSG_MAX], got[MSG_MAX];
		size_t len;

		/* The responder answers message 1: ee. */
		run_until(0, side, msg);
		side[1].step = 1;
		unhex(side[1].re, small_points[i]);
		ck_assert_int_eq(noise_write(&side[1], msg, NULL, 0),
		    SP_ERR_PROTO);

		/* The initiator reads message 2: ee. */
		len = run_until(1, side, msg);
		unhex(msg, small_points[i]);
		ck_assert_int_eq(noise_read(&side[0], got, msg, len),
		    SP_ERR_PROTO);

		/* The initiator writes message 3: se. */
		len = run_until(1, side, msg);
		ck_assert_int_eq(noise_read(&side[0], got, msg, len), 0);
		unhex(side[0].re, small_points[i]);
		ck_assert_int_eq(noise_write(&side[0], msg, NULL, 0),
		    SP_ERR_PROTO);
	}
}
END_TEST

UNIT_MAIN("noise", published_vectors_fit,
    exported_keys_agree_and_differ_by_label, every_changed_bit_is_noticed,
    every_shortened_message_is_refused, keys_of_small_order_are_refused)
