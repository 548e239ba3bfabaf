#include "swarm/client/host_int.h"
#include "test/unit/fake_lt.h"
#include "test/unit/site_rig.h"
#include "test/unit/unit.h"

static struct site s;
static struct mesh_host *h;
static const struct mesh_host_ops ops;

/* A host that may be reached from outside, or from this machine only. */
static void
begin(bool map, bool outside)
{
	struct mesh_host_conf c;

	site_init(&s);
	memset(&fake_lt, 0, sizeof(fake_lt));
	site_conf(&s, &c);
	c.n_trackers = c.n_origins = 0;
	c.map_port = map;
	if (outside)
		c.listen[0] = addr_make(4, "\0\0\0\0", 0);
	ck_assert_int_eq(mesh_host_new(&h, &c, s.loop, s.origin, &ops, NULL),
	    0);
}

static void
end(void)
{
	mesh_host_free(h);
	ck_assert(!fake_lt.open);
	site_fini(&s);
}

static struct mesh_host_reach
status(void)
{
	struct mesh_host_reach r;
	sp_time until = loop_now(s.loop) + 100 * SP_MS;

	while (loop_now(s.loop) < until)
		loop_step(s.loop, loop_now(s.loop) + 10 * SP_MS);
	ck_assert(mesh_host_reach(h, &r));
	return r;
}

START_TEST(the_port_of_the_mesh_is_asked_for_and_told)
{
	const struct sp_addr seen = addr_make(4, "\x05\x06\x07\x08", 0);
	struct mesh_host_reach r;

	begin(true, true);
	ck_assert_uint_eq(fake_lt.maps, 1);
	ck_assert_uint_eq(fake_lt.map, mesh_host_port(h));
	ck_assert_str_eq(fake_lt.upnp, "1");
	ck_assert_str_eq(fake_lt.listen, "0.0.0.0:0");
	r = status();
	ck_assert(!r.mapped && r.why[0] == '\0' && r.outside.family == 0);
	/* libtorrent's own port is none of ours. */
	fake_lt_mapped(0, LT_WAY_UPNP, 99);
	fake_lt_map_failed(0, LT_WAY_UPNP, "no");
	ck_assert(!status().mapped && status().why[0] == '\0');
	fake_lt_map_failed(FAKE_LT_MAP, LT_WAY_NATPMP, "nobody is there");
	ck_assert_str_eq(status().why, "nobody is there");
	fake_lt_mapped(FAKE_LT_MAP, LT_WAY_UPNP, mesh_host_port(h));
	fake_lt_address(&seen);
	r = status();
	ck_assert(r.mapped && addr_ip_eq(&r.outside, &seen));
	ck_assert_uint_eq(r.port, mesh_host_port(h));
	ck_assert_str_eq(r.by, "upnp");
	ck_assert_str_eq(r.why, "");
	/* That the other way does not work is no news. */
	fake_lt_map_failed(FAKE_LT_MAP, LT_WAY_NATPMP, "nobody is there");
	ck_assert(status().mapped);
	fake_lt_map_failed(FAKE_LT_MAP, LT_WAY_UPNP, "it forgot us");
	r = status();
	ck_assert(!r.mapped);
	ck_assert_str_eq(r.why, "it forgot us");
	ck_assert_str_eq(r.by, "");
	end();
}
END_TEST

START_TEST(a_host_that_cannot_be_reached_asks_for_nothing)
{
	struct mesh_host_reach r;

	begin(true, false);
	ck_assert_uint_eq(fake_lt.sessions, 0);
	ck_assert(!mesh_host_reach(h, &r));
	end();
	begin(false, true);
	ck_assert_uint_eq(fake_lt.sessions, 0);
	ck_assert(!mesh_host_reach(h, &r));
	end();
}
END_TEST

START_TEST(where_the_dht_listens_is_left_to_it)
{
	struct mesh_host_conf c;

	site_init(&s);
	memset(&fake_lt, 0, sizeof(fake_lt));
	site_conf(&s, &c);
	c.n_trackers = c.n_origins = 0;
	c.map_port = c.dht.on = true;
	c.dht.listen[0] = addr_make(4, "\x7f\0\0\x01", 4000);
	c.dht.n_listen = 1;
	c.listen[0] = addr_make(4, "\0\0\0\0", 0);
	ck_assert_int_eq(mesh_host_new(&h, &c, s.loop, s.origin, &ops, NULL),
	    0);
	ck_assert_uint_eq(fake_lt.sessions, 1);
	ck_assert_uint_eq(fake_lt.maps, 1);
	ck_assert_str_eq(fake_lt.listen, "127.0.0.1:4000");
	ck_assert_str_eq(fake_lt.upnp, "1");
	end();
}
END_TEST

START_TEST(another_port_of_the_gateway_is_what_others_are_told)
{
	struct mesh_host_conf c;
	uint16_t port;

	site_init(&s);
	memset(&fake_lt, 0, sizeof(fake_lt));
	site_conf(&s, &c);
	c.n_trackers = c.n_origins = 0;
	c.map_port = c.dht.on = true;
	c.mesh.seeder = true;
	c.listen[0] = addr_make(4, "\0\0\0\0", 0);
	ck_assert_int_eq(mesh_host_new(&h, &c, s.loop, s.origin, &ops, NULL),
	    0);
	port = mesh_host_port(h);
	host_dht_serve(h);
	status();
	ck_assert_uint_eq(fake_lt.announces, 1);
	ck_assert_uint_eq(fake_lt.port, port);
	fake_lt_mapped(FAKE_LT_MAP, LT_WAY_NATPMP, port);
	status();
	ck_assert_uint_eq(fake_lt.announces, 1);
	/* It gives another one later on: that is told at once. */
	fake_lt_mapped(FAKE_LT_MAP, LT_WAY_NATPMP, 99);
	ck_assert_uint_eq(status().port, 99);
	ck_assert_uint_eq(fake_lt.announces, 2);
	ck_assert_uint_eq(fake_lt.port, 99);
	ck_assert_uint_eq(mesh_host_outside_port(h), 99);
	ck_assert_uint_eq(mesh_host_port(h), port);
	fake_lt_map_failed(FAKE_LT_MAP, LT_WAY_NATPMP, "it forgot us");
	status();
	ck_assert_uint_eq(fake_lt.announces, 3);
	ck_assert_uint_eq(fake_lt.port, port);
	end();
}
END_TEST

UNIT_MAIN("host_reach", the_port_of_the_mesh_is_asked_for_and_told,
    a_host_that_cannot_be_reached_asks_for_nothing,
    where_the_dht_listens_is_left_to_it,
    another_port_of_the_gateway_is_what_others_are_told)
