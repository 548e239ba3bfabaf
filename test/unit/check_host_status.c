#include "swarm/client/host_status.h"

#include "swarm/client/host_int.h"
#include "test/unit/fake_lt.h"
#include "test/unit/site_rig.h"
#include "test/unit/unit.h"

static struct site s;
static struct mesh_host *h;
static const struct mesh_host_ops ops;

/* A host that uses all of it, or nothing. */
static void
begin(bool all)
{
	struct mesh_host_conf c;

	site_init(&s);
	memset(&fake_lt, 0, sizeof(fake_lt));
	site_conf(&s, &c);
	c.n_trackers = c.n_origins = 0;
	if (all) {
		io_random(c.mesh.pk, sizeof(c.mesh.pk));
		c.map_port = c.dht.on = true;
		c.lsd = MCAST_LOOPBACK;
		c.listen[0] = addr_make(4, "\0\0\0\0", 0);
	}
	ck_assert_int_eq(mesh_host_new(&h, &c, s.loop, s.origin, &ops, NULL),
	    0);
}

static void
end(void)
{
	mesh_host_free(h);
	site_fini(&s);
}

static json_int_t
number(json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);

	ck_assert_msg(json_is_integer(v), "no number %s", key);
	return json_integer_value(v);
}

/* The value of a metric; -1: it is not there. */
static int64_t
metric(const char *name)
{
	char want[96];
	const char *p;
	struct sp_buf b;
	int64_t v = -1;

	snprintf(want, sizeof(want), "\nspate_%s ", name);
	buf_init(&b, io_mem(), 1 << 16);
	ck_assert_int_eq(host_status_metrics(&b, h), 0);
	buf_put_u8(&b, '\0');
	if ((p = strstr((char *)b.p, want)) != NULL)
		v = strtoll(p + strlen(want), NULL, 10);
	buf_fini(&b);
	return v;
}

START_TEST(what_is_used_is_told)
{
	json_t *o;

	begin(true);
	SITE_UNTIL(&s, metric("lsd_announces_total") > 0);
	fake_lt_nodes(7);
	fake_lt_mapped(FAKE_LT_MAP, LT_WAY_UPNP, 4711);
	SITE_UNTIL(&s, metric("dht_nodes") == 7 && metric("port_mapped") == 1);
	SITE_UNTIL(&s, metric("dht_receive_bytes_total") == 1000);
	ck_assert_int_eq(metric("dht_send_bytes_total"), 2000);
	ck_assert_int_eq(metric("port_mapped_port"), 4711);
	ck_assert_int_eq(metric("dht_searches_total"), 1);
	ck_assert_int_eq(metric("dht_ready"), 0);
	ck_assert_int_eq(metric("lsd_networks"), 1);
	o = host_status_dht(h);
	ck_assert_int_eq(number(o, "nodes"), 7);
	ck_assert_int_eq(number(o, "bytes_in"), 1000);
	ck_assert(json_is_false(json_object_get(o, "ready")));
	json_decref(o);
	o = host_status_reach(h);
	ck_assert_int_eq(number(o, "port"), 4711);
	ck_assert(json_is_true(json_object_get(o, "mapped")));
	ck_assert_str_eq(json_string_value(json_object_get(o, "by")), "upnp");
	ck_assert(json_is_null(json_object_get(o, "outside")));
	json_decref(o);
	o = host_status_lsd(h);
	ck_assert_int_ge(number(o, "said"), 1);
	json_decref(o);
	end();
}
END_TEST

START_TEST(what_is_not_used_is_null_and_no_metric)
{
	struct sp_buf b;
	json_t *v[3];

	begin(false);
	v[0] = host_status_dht(h);
	v[1] = host_status_reach(h);
	v[2] = host_status_lsd(h);
	for (size_t i = 0; i < SP_LEN(v); i++) {
		ck_assert(json_is_null(v[i]));
		json_decref(v[i]);
	}
	buf_init(&b, io_mem(), 1 << 16);
	ck_assert_int_eq(host_status_metrics(&b, h), 0);
	ck_assert_uint_eq(b.len, 0);
	buf_fini(&b);
	end();
}
END_TEST

UNIT_MAIN("host_status", what_is_used_is_told,
    what_is_not_used_is_null_and_no_metric)
