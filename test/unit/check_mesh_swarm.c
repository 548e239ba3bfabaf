#include "test/sim/mesh_sound.h"
#include "test/unit/meshnet.h"
#include "test/unit/unit.h"

static struct failmem fm;
static struct meshnet net;

/* A seeder of no more than |up_bps|. */
static void
setup(uint64_t up_bps)
{
	struct mesh_conf conf;

	failmem_init(&fm);
	meshnet_init(&net, &fm.mem);
	meshnet_conf(&net, 0, &conf);
	conf.seeder = true;
	conf.up_bps = up_bps;
	ck_assert_int_eq(meshnet_add(&net, &conf), 0);
}

static unsigned
add_viewer(const struct window_store *store, uint64_t up_bps)
{
	struct mesh_conf conf;
	unsigned i = net.n;

	meshnet_conf(&net, i, &conf);
	conf.store = store;
	conf.up_bps = up_bps;
	ck_assert_int_eq(meshnet_add(&net, &conf), (int)i);
	mesh_follow(net.node[i].mesh, 0, true, net.now);
	return i;
}

static void
teardown(void)
{
	const char *why;
	unsigned i;

	for (i = 0; i < net.n; i++) {
		why = mesh_sound(net.node[i].mesh);
		ck_assert_msg(why == NULL, "node %u: %s", i, why);
	}
	meshnet_fini(&net);
	failmem_check(&fm);
}

static void
introduce_all(void)
{
	unsigned i, k;

	for (i = 0; i < net.n; i++)
		for (k = 0; k < net.n; k++)
			if (i != k)
				meshnet_introduce(&net, i, k);
}

/* Every byte of every piece that node |i| holds is right. */
static void
holds_no_wrong_byte(unsigned i)
{
	uint8_t want[MESHNET_LEN];
	const uint8_t *p;
	size_t at, len;
	unsigned k;

	for (k = 0; k < net.n_pieces; k++) {
		meshnet_bytes(k, want);
		for (at = 0; at < MESHNET_LEN; at += len) {
			if (mesh_read(net.node[i].mesh, 0, net.first + k, at,
				&p, &len) < 0)
				break;
			if (len == 0)
				len = LIM_BLOCK - at % LIM_BLOCK;
			else
				ck_assert_mem_eq(p, want + at, len);
		}
	}
}

/* A store that gives other bytes than it was given. */
static const uint8_t *
spoilt_get(void *ctx SP_UNUSED, void *piece, const struct record *rec,
    uint32_t index)
{
	static uint8_t block[LIM_BLOCK];

	memcpy(block, (const uint8_t *)piece + (size_t)index * LIM_BLOCK,
	    record_block_len(rec, index));
	block[7] ^= 1;
	return block;
}

START_TEST(polluter_is_banned_by_all_and_nobody_holds_a_wrong_byte)
{
	struct window_store spoilt = window_store_heap;
	unsigned i, k, banned = 0;

	setup(100000); /* too little for all: they must trade */
	spoilt.get = spoilt_get;
	add_viewer(&spoilt, 0);
	for (i = 2; i <= 5; i++)
		add_viewer(NULL, 0);
	introduce_all();
	meshnet_run(&net, net.now + SP_S);
	for (k = 0; k < 30; k++) {
		meshnet_seed(&net);
		meshnet_run(&net, net.now + SP_S);
	}
	meshnet_run(&net, net.now + 5 * SP_S);
	for (i = 2; i <= 5; i++) {
		holds_no_wrong_byte(i);
		banned += meshnet_stats(&net, i).banned > 0;
		/* at most a pipeline's worth of bad blocks, and one address */
		ck_assert_uint_le(meshnet_stats(&net, i).bad_bytes,
		    8 * LIM_BLOCK);
		ck_assert_uint_le(meshnet_stats(&net, i).banned, 1);
		ck_assert_uint_ge(meshnet_stats(&net, i).pieces, 28);
	}
	ck_assert_uint_ge(banned, 1);
	teardown();
}
END_TEST

START_TEST(two_that_dial_each_other_keep_one_connection)
{
	setup(0);
	add_viewer(NULL, 0);
	introduce_all();
	meshnet_run(&net, net.now + 2 * SP_S);
	ck_assert_uint_eq(meshnet_stats(&net, 0).neighbours, 1);
	ck_assert_uint_eq(meshnet_stats(&net, 1).neighbours, 1);
	meshnet_run(&net, net.now + 300 * SP_S);
	ck_assert_uint_eq(meshnet_stats(&net, 0).neighbours, 1);
	ck_assert_uint_le(
	    meshnet_stats(&net, 0).dials + meshnet_stats(&net, 1).dials, 3);
	teardown();
}
END_TEST

START_TEST(viewers_trade_what_the_seeder_sends_once)
{
	uint64_t sent;
	unsigned i, k;

	/* the seeder can send two and a half copies of the stream */
	setup(100000);
	for (i = 1; i <= 5; i++)
		add_viewer(NULL, 0);
	introduce_all();
	meshnet_run(&net, net.now + SP_S);
	for (k = 0; k < 40; k++) {
		meshnet_seed(&net);
		meshnet_run(&net, net.now + SP_S);
	}
	meshnet_run(&net, net.now + 5 * SP_S);
	for (i = 1; i <= 5; i++) {
		holds_no_wrong_byte(i);
		ck_assert_uint_ge(meshnet_stats(&net, i).pieces, 38);
		ck_assert_uint_le(meshnet_stats(&net, i).missed, 3);
	}
	sent = meshnet_stats(&net, 0).up_bytes;
	ck_assert_uint_le(sent, 46 * 100000 + 65536);
	teardown();
}
END_TEST

START_TEST(manifest_reaches_all)
{
	static uint8_t bytes[LIM_MANIFEST];
	struct manifest m;
	struct sp_buf b;
	unsigned i;

	setup(0);
	for (i = 1; i <= 4; i++)
		add_viewer(NULL, 0);
	introduce_all();
	memset(&m, 0, sizeof(m));
	memcpy(m.pk, net.pk, HASH_PK_LEN);
	m.serial = 3;
	m.n_tracks = 1;
	buf_init(&b, &fm.mem, sizeof(bytes));
	ck_assert_int_eq(manifest_seal(&b, &m, net.sk), 0);
	ck_assert_int_eq(
	    mesh_manifest(net.node[0].mesh, b.p, b.len, false, net.now), 0);
	buf_fini(&b);
	meshnet_run(&net, net.now + 3 * SP_S);
	for (i = 1; i <= 4; i++)
		ck_assert_ptr_nonnull(
		    mesh_manifest_get(net.node[i].mesh, NULL, NULL));
	teardown();
}
END_TEST

START_TEST(swarm_outlives_its_seeder)
{
	unsigned i, k;

	setup(0);
	for (i = 1; i <= 4; i++)
		add_viewer(NULL, 0);
	introduce_all();
	meshnet_run(&net, net.now + SP_S);
	for (k = 0; k < 6; k++) {
		meshnet_seed(&net);
		meshnet_run(&net, net.now + SP_S);
	}
	net.node[0].down = true;
	/* a record that one gets by the feed reaches the rest */
	meshnet_publish(&net);
	ck_assert_int_eq(meshnet_record(&net, 1, 6, false), 0);
	meshnet_run(&net, net.now + 30 * SP_S);
	for (i = 1; i <= 4; i++) {
		ck_assert_uint_ge(meshnet_stats(&net, i).neighbours, 3);
		ck_assert_uint_eq(meshnet_stats(&net, i).records, 7);
	}
	teardown();
}
END_TEST

UNIT_MAIN("mesh_swarm", polluter_is_banned_by_all_and_nobody_holds_a_wrong_byte,
    two_that_dial_each_other_keep_one_connection,
    viewers_trade_what_the_seeder_sends_once, manifest_reaches_all,
    swarm_outlives_its_seeder)
