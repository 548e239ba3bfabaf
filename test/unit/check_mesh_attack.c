#include "test/unit/mesh_help.h"

/* What neighbours do who mean harm. */

START_TEST(record_that_has_left_does_not_come_back)
{
	static uint8_t old[LIM_ENVELOPE];
	struct lab_rec r;
	unsigned c, d, k;
	size_t len = 0;

	lab_setup(NULL);
	c = neighbour(1);
	d = neighbour(2);
	for (k = 0; k < 70; k++) {
		lab_publish(&lab, k);
		if (k == 3) {
			len = lab.env.len;
			memcpy(old, lab.env.p, len);
		}
		run(SP_S);
	}
	ck_assert_int_eq(lab_held(&lab, 3), -1);
	pw_put_env(lab_say(&lab, c), PW_RECORD, old, len);
	lab_flush(&lab, c);
	run(SP_S);
	ck_assert_int_eq(lab_held(&lab, 3), -1);
	ck_assert_uint_eq(lab.conn[d].have[PW_HAVE_KNOWN], 0);
	ck_assert(lab.conn[c].open); /* it may have been slow */
	/* what was passed over and is in time is taken */
	lab_teardown();
	lab_setup(NULL);
	r = lab_rec(&lab, 0);
	lab_seal(&lab, &r);
	len = lab.env.len;
	memcpy(old, lab.env.p, len);
	lab.now += SP_S;
	lab_publish(&lab, 1);
	ck_assert_int_eq(mesh_record(lab.mesh, old, len, true, lab.now), 0);
	lab_teardown();
}
END_TEST

UNIT_MAIN("mesh_attack", record_that_has_left_does_not_come_back)
