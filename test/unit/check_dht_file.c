/* What the DHT is begun with, and what is kept of it between runs. */

#include <sys/stat.h>
#include <unistd.h>

#include "io/store.h"
#include "swarm/client/dht_file.h"
#include "swarm/client/host_int.h"
#include "test/unit/fake_lt.h"
#include "test/unit/site_rig.h"
#include "test/unit/unit.h"

static struct site s;
static struct mesh_host *h;
static bool left;

static void
on_left(void *ctx SP_UNUSED)
{
	left = true;
}

static const struct mesh_host_ops ops = { .left = on_left };

/* A viewer that knows nothing but the key. */
static void
conf(struct mesh_host_conf *c)
{
	site_conf(&s, c);
	c->mesh.lan = true;
	c->n_trackers = c->n_origins = 0;
	c->dht.on = true;
}

static void
start(const struct mesh_host_conf *c)
{
	left = false;
	ck_assert_int_eq(mesh_host_new(&h, c, s.loop, s.origin, &ops, NULL), 0);
}

static void
setup(void)
{
	struct mesh_host_conf c;

	site_init(&s);
	memset(&fake_lt, 0, sizeof(fake_lt));
	conf(&c);
	start(&c);
}

static void
teardown(void)
{
	mesh_host_free(h);
	ck_assert(!fake_lt.open);
	site_fini(&s);
}

START_TEST(nodes_are_kept_between_runs)
{
	char dir[] = "/tmp/check_host_dht.XXXXXX", path[64];
	struct mesh_host_conf c;
	uint8_t *p;
	size_t len;

	setup();
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a/b/dht", dir);
	mesh_host_free(h);
	conf(&c);
	c.dht.state = path;
	start(&c);
	ck_assert_uint_eq(fake_lt.state_len, 0);
	mesh_host_leave(h);
	ck_assert_uint_eq(fake_lt.states, 1);
	fake_lt_state("nodes", 5);
	SITE_UNTIL(&s, left);
	mesh_host_free(h);
	ck_assert_int_eq(dht_file_read(path, &p, &len), 0);
	ck_assert_uint_eq(len, 5);
	free(p);
	start(&c);
	ck_assert_uint_eq(fake_lt.state_len, 5);
	ck_assert_mem_eq(fake_lt.state, "nodes", 5);
	mesh_host_free(h);
	/* what is not such a file does not keep us from starting */
	ck_assert_int_eq(store_write(path, "bad!", 4, 0600), 0);
	start(&c);
	ck_assert(fake_lt.open);
	ck_assert_uint_eq(fake_lt.state_len, 0);
	mesh_host_free(h);
	ck_assert_int_eq(chmod(path, 0), 0);
	start(&c);
	ck_assert(fake_lt.open);
	unlink(path);
	rmdir((snprintf(path, sizeof(path), "%s/a/b", dir), path));
	rmdir((snprintf(path, sizeof(path), "%s/a", dir), path));
	rmdir(dir);
	teardown();
}
END_TEST

START_TEST(leaving_does_not_wait_for_nodes_for_ever)
{
	struct mesh_host_conf c;
	sp_time t;

	setup();
	mesh_host_free(h);
	conf(&c);
	c.dht.state = "/nowhere/dht";
	start(&c);
	t = loop_now(s.loop);
	mesh_host_leave(h);
	SITE_UNTIL(&s, left);
	ck_assert_int_le(loop_now(s.loop) - t, 4 * SP_S);
	teardown();
}
END_TEST

START_TEST(given_nodes_stand_in_for_the_well_known_ones)
{
	static const char *const nodes[] = { "127.0.0.1:6881",
		"router.lan:25401" };
	struct mesh_host_conf c;

	setup();
	ck_assert_str_eq(fake_lt.bootstrap, ""); /* --lan asks nobody else */
	ck_assert_str_eq(fake_lt.restrict_ips, "0");
	mesh_host_free(h);
	conf(&c);
	c.dht.bootstrap = nodes;
	c.dht.n_bootstrap = 2;
	start(&c);
	ck_assert_str_eq(fake_lt.bootstrap, "127.0.0.1:6881,router.lan:25401");
	ck_assert_str_eq(fake_lt.listen, "127.0.0.1:0"); /* the way there */
	ck_assert_uint_eq(fake_lt.n_nodes, 2);
	ck_assert_str_eq(fake_lt.nodes[0], "127.0.0.1 6881");
	ck_assert_str_eq(fake_lt.nodes[1], "router.lan 25401");
	mesh_host_free(h);
	/* into the world */
	c.mesh.lan = false;
	c.dht.listen[0] = addr_make(4, "\xc0\0\2\1", 6881);
	c.dht.n_listen = 1;
	memset(&fake_lt, 0, sizeof(fake_lt));
	start(&c);
	ck_assert_str_eq(fake_lt.listen, "192.0.2.1:6881");
	ck_assert_str_eq(fake_lt.restrict_ips, "");
	mesh_host_free(h);
	c.dht.n_bootstrap = 0;
	c.dht.n_listen = 0;
	start(&c);
	ck_assert_str_eq(fake_lt.bootstrap, "router.example:1");
	ck_assert_str_eq(fake_lt.listen, "0.0.0.0:0");
	teardown();
}
END_TEST

START_TEST(options_that_are_none_are_named)
{
	const char *what, *one[] = { "a:1" };
	struct dht_options o = { .bootstrap = { one, 1 } };

	ck_assert_ptr_null(dht_options_check(&o, &what));
	static const char *const bad[] = { "", "a", "a:0", "a:70000", ":1",
		"a,b:1", "a b:1" };
	for (size_t i = 0; i < SP_LEN(bad); i++) {
		one[0] = bad[i];
		ck_assert_msg(dht_options_check(&o, &what) != NULL, "%s",
		    bad[i]);
		ck_assert_str_eq(what, "dht-bootstrap");
	}
	o.bootstrap.n = 0;
	o.listen = "example.org:1";
	ck_assert_ptr_nonnull(dht_options_check(&o, &what));
	ck_assert_str_eq(what, "dht-listen");
	o.listen = "127.0.0.1:0";
	ck_assert_ptr_null(dht_options_check(&o, &what));
	ck_assert(dht_options_on(&o, 0));
	ck_assert(!dht_options_on(&o, 1));
	o.use = DHT_YES;
	ck_assert(dht_options_on(&o, 1));
	o.use = DHT_NO;
	ck_assert(!dht_options_on(&o, 0));
}
END_TEST

UNIT_MAIN("dht_file", nodes_are_kept_between_runs,
    leaving_does_not_wait_for_nodes_for_ever,
    given_nodes_stand_in_for_the_well_known_ones,
    options_that_are_none_are_named)
