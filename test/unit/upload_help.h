#ifndef TEST_UNIT_UPLOAD_HELP_H
#define TEST_UNIT_UPLOAD_HELP_H

/* For tests of who is served what, and when. */

#include "test/unit/mesh_help.h"

/* Piece 0 supplied. */
static inline void
setup_seeder(struct mesh_conf *conf, uint32_t length)
{
	static uint8_t bytes[LIM_PIECE_BYTES];
	struct lab_rec r;

	conf->seeder = true;
	lab_setup(conf);
	r = lab_rec(&lab, 0);
	r.length = length;
	ck_assert_int_eq(lab_record(&lab, &r, false), 0);
	lab_bytes(0, LAB_FIRST, 0, 0, bytes, length);
	ck_assert_int_eq(
	    mesh_supply(lab.mesh, 0, LAB_FIRST, bytes, length, lab.now), 0);
	lab_drain(&lab);
}

/* A seeder, or with |up_bps| one whose uplink is limited. */
static inline void
setup(uint64_t up_bps, uint32_t length)
{
	struct mesh_conf conf;

	lab_conf(&conf);
	conf.up_bps = up_bps;
	setup_seeder(&conf, length);
}

/* One whose uplink is thought to be like that. */
static inline void
setup_expecting(uint64_t up_bps)
{
	struct mesh_conf conf;

	lab_conf(&conf);
	conf.expect_up_bps = up_bps;
	setup_seeder(&conf, 128 * LIM_BLOCK);
}

/* A neighbour who may ask. */
static inline unsigned
taker(uint8_t who)
{
	unsigned c = (unsigned)lab_accept(&lab, who);

	pw_put_simple(lab_say(&lab, c), PW_INTERESTED);
	lab_flush(&lab, c);
	ck_assert(!lab.conn[c].choked);
	return c;
}

static inline void
ask(unsigned c, uint16_t from, uint16_t n, uint16_t slack_ms)
{
	struct pw_block_ref ref = { LAB_FIRST, from, 0 };

	for (; n > 0; n--, ref.index++)
		pw_put_request(lab_say(&lab, c), ref, slack_ms);
	lab_flush(&lab, c);
}

#endif
