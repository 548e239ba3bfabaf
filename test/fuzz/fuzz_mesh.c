/*
 * One mesh, driven by the input: each step is an operation, its operands, and
 * a look at everything that must always hold. Neighbours know the channel and
 * seal what they say; records are signed by the channel's key. So nothing of
 * the input is lost on cryptography.
 *
 *	u8	flags: 1 seeder, 2 no upload, 4 public addresses, 8 uplink
 *limit, 16 fixed delay, 32 few neighbours, 64 no fetches, 128 no lan
 *	u16	which allocation fails, 0 none
 *	...	steps, see mesh_ops.c
 */

#include "swarm/mesh_int.h"
#include "test/fuzz/fuzz.h"
#include "test/fuzz/mesh_ops.h"
#include "test/sim/mesh_sound.h"

#define STEPS 300

/* An allocator of which the n-th fails. */
static struct {
	uint32_t calls, fail_at;
} heap;

static bool
heap_fails(void)
{
	return ++heap.calls == heap.fail_at;
}

static void *
fail_alloc(void *ctx SP_UNUSED, size_t size)
{
	return heap_fails() ? NULL : malloc(size);
}

static void *
fail_resize(void *ctx SP_UNUSED, void *p, size_t size)
{
	return heap_fails() ? NULL : realloc(p, size);
}

static const struct sp_mem mem = { NULL, fail_alloc, fail_resize,
	heap_release };

static struct lab lab;

/* Whatever is listed can be played: it is there, or known to be lost. */
static void
check_list(uint8_t track)
{
	struct mesh_play play;
	struct mesh_piece pc;
	uint64_t n, wrong;

	if (mesh_play(lab.mesh, track, &play) < 0)
		return;
	FUZZ_CHECK(play.first <= play.edge);
	FUZZ_CHECK(play.edge - play.first <= LIM_WINDOW_PIECES);
	for (n = play.first; n < play.edge; n++) {
		if (mesh_piece(lab.mesh, track, n, &pc) < 0)
			continue;
		FUZZ_CHECK(pc.lost || pc.held == pc.blocks);
		if (pc.held == pc.blocks && n + 1 == play.edge)
			FUZZ_CHECK(lab_read(&lab, track, n, &wrong) ==
				       pc.rec->length &&
				   wrong == 0);
	}
}

static void
check(void)
{
	const char *why = mesh_sound(lab.mesh);
	unsigned i, dials = 0;
	int slot;

	if (why != NULL) {
		fprintf(stderr, "fuzz_mesh: %s\n", why);
		abort();
	}
	FUZZ_CHECK(lab.wrong == 0);
	for (i = 0; i < LAB_DIALS; i++)
		dials += lab.dial[i].used;
	FUZZ_CHECK(dials == contacts_dialing(&lab.mesh->contacts));
	for (i = 0; i < LAB_CONNS; i++) {
		if (!lab.conn[i].open)
			continue;
		slot = mesh_peer_slot(lab.mesh, lab.conn[i].conn);
		FUZZ_CHECK(slot >= 0);
		FUZZ_CHECK(lab.mesh->peers[slot]->unsent == lab.conn[i].unsent);
	}
	check_list(0);
	check_list(1);
}

static void
conf_of(uint8_t flags, struct mesh_conf *conf)
{
	lab_conf(conf);
	conf->seeder = flags & 1;
	conf->no_upload = (flags & 2) != 0;
	conf->up_bps = flags & 8 ? 100000 : 0;
	conf->delay_ms = flags & 16 ? 1500 : 0;
	if (flags & 32) {
		conf->neighbours = 2;
		conf->neighbours_max = 3;
		conf->dials_max = 2;
	}
	conf->fetches_max = flags & 64 ? 0 : 3;
	conf->lan = (flags & 128) == 0;
	lab.far = (flags & 4) != 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct sp_rd in = buf_rd(p, len);
	struct mesh_conf conf;
	uint8_t flags;
	int i;

	flags = buf_get_u8(&in);
	heap.calls = 0;
	heap.fail_at = buf_get_u16(&in);
	conf_of(flags, &conf);
	if (lab_init(&lab, &conf, &mem) < 0) {
		lab_fini(&lab);
		return 0;
	}
	lab.far = (flags & 4) != 0;
	for (i = 0; i < STEPS && buf_get_left(&in) > 0; i++) {
		if (!mesh_op(&lab, &in))
			break;
		lab_drain(&lab);
		check();
	}
	lab_drain(&lab);
	lab_fini(&lab);
	return 0;
}
