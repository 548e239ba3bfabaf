#include "swarm/client/host_int.h"
#include "test/unit/site_rig.h"
#include "test/unit/unit.h"

/*
 * Hosts that nothing tells of each other, on loopback. Their channels are made
 * up for each run, so that others that run at the same time are strangers.
 */

static struct site s;
static const struct mesh_host_ops ops;

static struct mesh_host *
start(const uint8_t pk[HASH_PK_LEN], unsigned lsd, bool outside)
{
	struct mesh_host_conf c;
	struct mesh_host *h;

	site_conf(&s, &c);
	memcpy(c.mesh.pk, pk, HASH_PK_LEN);
	io_random(c.mesh.secret, sizeof(c.mesh.secret));
	c.n_trackers = c.n_origins = 0;
	c.lsd = lsd;
	if (outside)
		c.listen[0] = addr_make(4, "\0\0\0\0", 0);
	ck_assert_int_eq(mesh_host_new(&h, &c, s.loop, s.origin, &ops, NULL),
	    0);
	return h;
}

static unsigned
established(struct mesh_host *h)
{
	struct mesh_neighbour v[MESH_PEERS_MAX];
	unsigned n = 0;
	size_t all =
	    mesh_neighbours(mesh_host_mesh(h), v, SP_LEN(v), loop_now(s.loop));

	for (size_t i = 0; i < all; i++)
		n += v[i].established;
	return n;
}

static struct mesh_host_lsd
status(struct mesh_host *h)
{
	struct mesh_host_lsd st;

	ck_assert(mesh_host_lsd(h, &st));
	return st;
}

START_TEST(members_of_a_channel_meet_and_others_do_not)
{
	uint8_t pk[HASH_PK_LEN], pk2[HASH_PK_LEN];
	struct mesh_host *a, *b, *c;

	site_init(&s);
	io_random(pk, sizeof(pk));
	io_random(pk2, sizeof(pk2));
	a = start(pk, MCAST_LOOPBACK, false);
	c = start(pk2, MCAST_LOOPBACK, false);
	SITE_UNTIL(&s, status(a).said > 0 && status(c).foreign > 0);
	b = start(pk, MCAST_LOOPBACK, false);
	SITE_UNTIL(&s, established(a) == 1 && established(b) == 1);
	SITE_UNTIL(&s, status(c).foreign >= 3);
	ck_assert_uint_eq(established(c), 0);
	ck_assert_uint_eq(status(c).heard, 0);
	ck_assert_uint_eq(status(a).peers, 1);
	ck_assert_uint_ge(status(a).heard, 1);
	ck_assert_uint_eq(status(a).networks, 1);
	mesh_host_free(a);
	mesh_host_free(b);
	mesh_host_free(c);
	site_fini(&s);
}
END_TEST

START_TEST(who_is_not_to_or_cannot_be_met_says_nothing)
{
	uint8_t pk[HASH_PK_LEN];
	struct mesh_host_lsd st;
	struct mesh_host *h;

	site_init(&s);
	io_random(pk, sizeof(pk));
	h = start(pk, 0, true);
	ck_assert(!mesh_host_lsd(h, &st));
	mesh_host_free(h);
	/* Nobody of the network can connect to a loopback address. */
	h = start(pk, MCAST_OUTSIDE, false);
	ck_assert(!mesh_host_lsd(h, &st));
	mesh_host_free(h);
	site_fini(&s);
}
END_TEST

UNIT_MAIN("host_lsd", members_of_a_channel_meet_and_others_do_not,
    who_is_not_to_or_cannot_be_met_says_nothing)
