#ifndef TEST_UNIT_MESH_HELP_H
#define TEST_UNIT_MESH_HELP_H

/* A lab in failmem, for the files of tests of the mesh. */

#include "test/sim/mesh_sound.h"
#include "test/sim/meshlab.h"
#include "test/unit/unit.h"

static struct failmem fm;
static struct lab lab;

/* |conf| NULL: a usual viewer. */
static inline void
lab_setup(const struct mesh_conf *conf)
{
	failmem_init(&fm);
	ck_assert_int_eq(lab_init(&lab, conf, &fm.mem), 0);
}

static inline void
lab_teardown(void)
{
	const char *why = mesh_sound(lab.mesh);

	ck_assert_msg(why == NULL, "%s", why);
	ck_assert_uint_eq(lab.wrong, 0);
	lab_fini(&lab);
	failmem_check(&fm);
}

/* Runs for |t|, looking at the mesh on the way. */
static inline void
run(sp_time t)
{
	sp_time end = lab.now + t;
	const char *why;

	while (lab.now < end) {
		lab_run(&lab, SP_MIN(lab.now + 100 * SP_MS, end));
		why = mesh_sound(lab.mesh);
		ck_assert_msg(why == NULL, "%s", why);
	}
}

/* A neighbour who lets us ask. */
static inline unsigned
neighbour(uint8_t who)
{
	int c = lab_accept(&lab, who);

	ck_assert_int_ge(c, 0);
	ck_assert(lab.conn[c].established);
	pw_put_simple(lab_say(&lab, (unsigned)c), PW_UNCHOKE);
	lab_flush(&lab, (unsigned)c);
	return (unsigned)c;
}

/* |c| tells that all stripes are with it |late| units after all. */
static inline void
offer(unsigned c, uint8_t late)
{
	struct pw_tree ad = { .free = UINT16_MAX };

	memset(ad.late, late, sizeof(ad.late));
	pw_put_tree(lab_say(&lab, c), 0, &ad);
	lab_flush(&lab, c);
}

/* |c| sends us away from |stripe|, with notice until piece |from|; 0: none. */
static inline void
redirect(unsigned c, uint8_t stripe, uint64_t from)
{
	struct pw_open open;

	pw_redirect_begin(&open, lab_say(&lab, c), 0, stripe, from);
	pw_end(&open, lab_say(&lab, c));
	lab_flush(&lab, c);
}

/* All of usual piece |k| reads right. */
static inline void
reads_right(uint64_t k)
{
	uint64_t wrong;

	ck_assert_uint_eq(lab_read(&lab, 0, LAB_FIRST + k, &wrong), LAB_LEN);
	ck_assert_uint_eq(wrong, 0);
}

#endif
