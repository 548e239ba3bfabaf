#include "tools/probe.h"

#include <jansson.h>

#include "io/loop.h"
#include "test/unit/unit.h"

static struct probe_facts f;
static struct probe_verdict v;

static struct sp_addr
addr(const char *s)
{
	struct sp_addr a;

	ck_assert_int_eq(addr_parse(&a, s, strlen(s)), 0);
	return a;
}

/* A machine at home, with a way out. */
static void
home(const char *ours)
{
	memset(&f, 0, sizeof(f));
	f.n_ifaces = 1;
	snprintf(f.ifaces[0].name, sizeof(f.ifaces[0].name), "eth0");
	f.ifaces[0].addr = addr(ours);
	f.route[0] = addr(ours);
	f.port = 4711;
}

static void
gateway(bool mapped, const char *outside, uint16_t port)
{
	f.gateway.asked = true;
	f.gateway.mapped = mapped;
	f.gateway.port = port;
	if (outside != NULL)
		f.gateway.outside = addr(outside);
}

/* The verdict is |reach|; where we are found is |outside|, "-" nowhere. */
static void
judged(enum probe_reach reach, const char *outside, size_t problems)
{
	char text[ADDR_STRLEN];

	probe_judge(&v, &f);
	ck_assert_str_eq(probe_reach_name(v.reach), probe_reach_name(reach));
	ck_assert_str_eq(addr_str(&v.outside, text), outside);
	ck_assert_uint_eq(v.n_problems, problems);
}

START_TEST(a_public_address_is_probably_reached)
{
	home("203.0.113.5");
	judged(PROBE_REACH_PROBABLY, "203.0.113.5:4711", 0);
	ck_assert(!v.nat);
	f.n_callers = 1;
	judged(PROBE_REACH_YES, "203.0.113.5:4711", 0);
}
END_TEST

START_TEST(behind_a_gateway_the_port_must_be_mapped)
{
	home("192.168.1.5");
	judged(PROBE_REACH_UNKNOWN, "-", 1);
	f.dht.asked = true;
	f.dht.nodes = 5;
	f.dht.found = addr("203.0.113.5:9");
	judged(PROBE_REACH_NO, "203.0.113.5:4711", 1);
	ck_assert(v.nat);
	gateway(true, "203.0.113.5", 5711);
	judged(PROBE_REACH_PROBABLY, "203.0.113.5:5711", 0);
	f.hairpin = true;
	judged(PROBE_REACH_YES, "203.0.113.5:5711", 0);
}
END_TEST

START_TEST(a_gateway_behind_another_maps_in_vain)
{
	home("192.168.1.5");
	gateway(true, "100.64.3.4", 4711);
	f.dht.seen = addr("203.0.113.5");
	judged(PROBE_REACH_NO, "203.0.113.5:4711", 1);
	/* to itself the way leads, not to others */
	f.hairpin = true;
	judged(PROBE_REACH_NO, "203.0.113.5:4711", 1);
	f.hairpin = false;
	/* and so does one that others see under another address */
	gateway(true, "198.51.100.1", 4711);
	judged(PROBE_REACH_NO, "203.0.113.5:4711", 1);
	f.dht.seen = addr("198.51.100.1");
	judged(PROBE_REACH_PROBABLY, "198.51.100.1:4711", 0);
}
END_TEST

START_TEST(what_our_own_network_says_is_not_the_world)
{
	home("192.168.1.5");
	f.n_trackers = 1;
	f.trackers[0].ok = true;
	f.trackers[0].outside = addr("192.168.1.5");
	judged(PROBE_REACH_UNKNOWN, "192.168.1.5:4711", 1);
	ck_assert(!v.nat);
	gateway(true, "203.0.113.5", 4711);
	judged(PROBE_REACH_PROBABLY, "203.0.113.5:4711", 0);
	memset(f.route, 0, sizeof(f.route));
	judged(PROBE_REACH_NO, "203.0.113.5:4711", 1);
}
END_TEST

START_TEST(each_thing_that_does_not_work_is_a_problem)
{
	home("203.0.113.5");
	f.lsd.asked = f.dht.asked = f.origin.asked = true;
	f.n_trackers = 1;
	f.trackers[0].url = "http://t/announce";
	snprintf(f.trackers[0].why, sizeof(f.trackers[0].why), "refused");
	snprintf(f.origin.why, sizeof(f.origin.why), "HTTP status 404");
	judged(PROBE_REACH_PROBABLY, "203.0.113.5:4711", 4);
	ck_assert_str_eq(v.problem[0], "multicast: there is no network for it");
	ck_assert_str_eq(v.problem[1], "dht: no node answers by UDP");
	ck_assert_str_eq(v.problem[2], "tracker: http://t/announce: refused");
	ck_assert_str_eq(v.problem[3], "origin: HTTP status 404");
	f.lsd.networks = 1;
	f.dht.nodes = 1;
	f.origin.ok = true;
	judged(PROBE_REACH_PROBABLY, "203.0.113.5:4711", 4);
	ck_assert_str_eq(v.problem[0],
	    "multicast: what we say does not come back");
	ck_assert_str_eq(v.problem[1], "dht: what we announced is not found");
	f.lsd.back = f.trackers[0].ok = f.origin.range = true;
	f.dht.found = addr("203.0.113.5:4711");
	judged(PROBE_REACH_PROBABLY, "203.0.113.5:4711", 0);
	/* More than there is room for are left out. */
	f.n_trackers = PROBE_TRACKERS;
	for (size_t i = 0; i < PROBE_TRACKERS; i++) {
		f.trackers[i].url = "http://t/announce";
		f.trackers[i].ok = false;
	}
	judged(PROBE_REACH_PROBABLY, "203.0.113.5:4711", PROBE_PROBLEMS);
}
END_TEST

START_TEST(gateways_tell_what_they_are_in_the_log)
{
	struct probe_gateway g = { 0 };
	char text[ADDR_STRLEN];

	probe_gateway_log(&g, "<== port map [ transport: NAT-PMP protocol: "
			      "TCP local: 1 external: 1 ttl: 3600 ]");
	ck_assert_str_eq(g.by, "nat-pmp");
	probe_gateway_log(&g, "<== port map [ transport: PCP protocol: TCP ]");
	ck_assert_str_eq(g.by, "pcp");
	probe_gateway_log(&g, "==> port map [ transport: NAT-PMP ]");
	ck_assert_str_eq(g.by, "pcp");
	probe_gateway_log(&g, "<== public IP address [ 203.0.113.5 ]");
	ck_assert_str_eq(addr_str(&g.outside, text), "203.0.113.5:0");
	probe_gateway_log(&g, "got router external IP address 203.0.113.6");
	ck_assert_str_eq(addr_str(&g.outside, text), "203.0.113.6:0");
	probe_gateway_log(&g, "<== public IP address [ nonsense ]");
	probe_gateway_log(&g, "<== public IP address [ ");
	probe_gateway_log(&g, "");
	ck_assert_str_eq(addr_str(&g.outside, text), "203.0.113.6:0");
}
END_TEST

static void
printed(bool json, const char *want)
{
	struct sp_buf b;

	buf_init(&b, io_mem(), 1 << 20);
	probe_judge(&v, &f);
	if (json)
		ck_assert_int_eq(probe_print_json(&b, &f, &v), 0);
	else
		probe_print_text(&b, &f, &v);
	buf_put_u8(&b, '\0');
	ck_assert_int_eq(b.err, 0);
	ck_assert_msg(strstr((char *)b.p, want) != NULL, "no '%s' in %s", want,
	    (char *)b.p);
	buf_fini(&b);
}

START_TEST(it_is_printed_for_people_and_for_programs)
{
	home("192.168.1.5");
	gateway(true, "203.0.113.5", 5711);
	snprintf(f.gateway.by, sizeof(f.gateway.by), "upnp");
	f.n_trackers = 1;
	f.trackers[0].url = "http://t/\xff";
	snprintf(f.trackers[0].why, sizeof(f.trackers[0].why), "refused");
	printed(false, "interfaces  eth0 192.168.1.5\n");
	printed(false,
	    "gateway     upnp: 203.0.113.5 port 5711 is our port 4711\n");
	printed(false, "outside     203.0.113.5:5711, behind a gateway\n");
	printed(false, "reachable   probably: the gateway maps the port\n");
	printed(true, "\"outside\": \"203.0.113.5:5711\"");
	printed(true, "\"dht\": null");
	printed(true, "\"url\": null");
	f.origin.asked = f.origin.ok = f.origin.has_clock = true;
	f.origin.clock_ms = -3500;
	printed(false, "its clock is 3 s behind\n");
	printed(true, "\"clock_ms\": -3500");
}
END_TEST

UNIT_MAIN("probe", a_public_address_is_probably_reached,
    behind_a_gateway_the_port_must_be_mapped,
    a_gateway_behind_another_maps_in_vain,
    what_our_own_network_says_is_not_the_world,
    each_thing_that_does_not_work_is_a_problem,
    gateways_tell_what_they_are_in_the_log,
    it_is_printed_for_people_and_for_programs)
