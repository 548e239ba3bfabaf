#include "swarm/contacts.h"
#include "swarm/peer.h"
#include "test/unit/mesh_help.h"

static const char *
open_dial(unsigned *d)
{
	unsigned i;

	for (i = 0; i < LAB_DIALS; i++)
		if (lab.dial[i].used) {
			*d = i;
			return NULL;
		}
	return "no dial";
}

static unsigned
a_dial(void)
{
	unsigned d = 0;

	ck_assert_ptr_null(open_dial(&d));
	return d;
}

static struct mesh_conf
small(uint32_t max)
{
	struct mesh_conf conf;

	lab_conf(&conf);
	conf.neighbours = SP_MIN(max, 2);
	conf.neighbours_max = max;
	return conf;
}

START_TEST(new_neighbour_is_greeted)
{
	struct mesh_neighbour v[2];
	unsigned c;

	lab_setup(NULL);
	c = (unsigned)lab_accept(&lab, 1);
	ck_assert_uint_eq(lab.conn[c].got[PW_WANT_MANIFEST], 1);
	ck_assert_uint_eq(lab.conn[c].got[PW_PING], 1);
	ck_assert_uint_eq(lab.conn[c].got[PW_INTERESTED], 1);
	ck_assert_uint_eq(mesh_neighbours(lab.mesh, v, 2, lab.now), 1);
	ck_assert(v[0].established && !v[0].outgoing && !v[0].seeder);
	ck_assert_uint_eq(v[0].conn, lab.conn[c].conn);
	ck_assert(v[0].choking_us && v[0].choked_by_us && !v[0].interested);
	pw_put_simple(lab_say(&lab, c), PW_INTERESTED);
	pw_put_simple(lab_say(&lab, c), PW_UNCHOKE);
	lab_flush(&lab, c);
	ck_assert(!lab.conn[c].choked); /* a free slot is given at once */
	mesh_neighbours(lab.mesh, v, 2, lab.now);
	ck_assert(!v[0].choking_us && !v[0].choked_by_us && v[0].interested);
	pw_put_simple(lab_say(&lab, c), PW_NOT_INTERESTED);
	lab_flush(&lab, c);
	run(2 * SP_S);
	ck_assert(lab.conn[c].choked);
	lab_teardown();
}
END_TEST

START_TEST(who_does_not_know_the_channel_hears_nothing)
{
	unsigned c;

	lab_setup(NULL);
	lab.foreign = true;
	c = (unsigned)lab_accept(&lab, 1);
	run(PEER_HANDSHAKE - SP_S);
	/* neither an answer nor a close that would tell */
	ck_assert(lab.conn[c].open);
	ck_assert_uint_eq(lab.conn[c].bytes_in, 0);
	ck_assert_uint_eq(lab_stats(&lab).neighbours, 0);
	lab_input(&lab, c, "GET / HTTP/1.0\r\n\r\n", 18);
	run(2 * SP_S);
	/* nor a slot for ever */
	ck_assert(!lab.conn[c].open);
	ck_assert_uint_eq(lab.conn[c].bytes_in, 0);
	lab_teardown();
}
END_TEST

START_TEST(who_says_nothing_is_closed)
{
	unsigned c;

	lab_setup(NULL);
	c = (unsigned)lab_accept_raw(&lab, 1);
	run(PEER_HANDSHAKE + SP_S);
	ck_assert(!lab.conn[c].open);
	ck_assert_int_eq(lab.conn[c].why, SP_ERR_TIMEOUT);
	ck_assert_uint_eq(lab.conn[c].bytes_in, 0);
	lab_teardown();
}
END_TEST

START_TEST(dialled_stranger_is_closed_and_tried_less)
{
	unsigned c, d;

	lab_setup(NULL);
	lab_announced(&lab, 1, 1);
	run(300 * SP_MS);
	d = a_dial();
	lab.foreign = true;
	c = (unsigned)lab_answer(&lab, d, 1);
	ck_assert(lab.conn[c].open);
	ck_assert_uint_gt(lab.conn[c].bytes_in, 0); /* the first message */
	lab_input(&lab, c,
	    "HTTP/1.0 400 Bad Request\r\n\r\n"
	    "................................................"
	    "................................................",
	    124);
	ck_assert(!lab.conn[c].open || lab.conn[c].err < 0);
	lab_drain(&lab);
	ck_assert_int_eq(lab.conn[c].why, SP_ERR_CRYPTO);
	run(4 * SP_S);
	ck_assert_uint_eq(lab.dials, 1);
	run(2 * SP_S);
	ck_assert_uint_eq(lab.dials, 2);
	lab_teardown();
}
END_TEST

START_TEST(our_own_address_is_dialled_once)
{
	struct mesh_conf conf;
	unsigned c;

	lab_conf(&conf);
	lab_setup(&conf);
	lab_announced(&lab, 0, 1);
	run(300 * SP_MS);
	c = (unsigned)lab_answer(&lab, a_dial(), 0);
	ck_assert(!lab.conn[c].open);
	ck_assert_uint_eq(lab.conn[c].bye, PW_BYE_SELF + 1);
	lab_announced(&lab, 0, 1);
	run(600 * SP_S);
	ck_assert_uint_eq(lab.dials, 1);
	ck_assert_uint_eq(lab_stats(&lab).neighbours, 0);
	c = (unsigned)lab_accept(&lab, 0);
	ck_assert(!lab.conn[c].open);
	lab_teardown();
}
END_TEST

START_TEST(newer_of_two_connections_from_one_peer_stays)
{
	unsigned c, d;

	lab_setup(NULL);
	c = (unsigned)lab_accept(&lab, 1);
	d = (unsigned)lab_accept(&lab, 1);
	ck_assert(!lab.conn[c].open);
	ck_assert(lab.conn[d].open);
	ck_assert_uint_eq(lab.conn[c].bye, PW_BYE_CHURN + 1);
	ck_assert_uint_eq(lab_stats(&lab).neighbours, 1);
	lab_teardown();
}
END_TEST

/* Both directions with peer |who|: the one that stays; true for ours. */
static bool
ours_stays(uint8_t who, bool ours_first)
{
	unsigned in = 0, out;
	bool ours;

	lab_setup(NULL);
	lab_announced(&lab, who, 1);
	run(300 * SP_MS);
	if (!ours_first)
		in = (unsigned)lab_accept(&lab, who);
	out = (unsigned)lab_answer(&lab, a_dial(), who);
	if (ours_first)
		in = (unsigned)lab_accept(&lab, who);
	ck_assert_uint_eq(lab_stats(&lab).neighbours, 1);
	ck_assert(lab.conn[in].open != lab.conn[out].open);
	ours = lab.conn[out].open;
	/* and there is no dialling for ever after */
	run(120 * SP_S);
	ck_assert_uint_eq(lab.dials, 1);
	lab_teardown();
	return ours;
}

START_TEST(connections_in_both_directions_settle_to_one)
{
	uint8_t who;
	unsigned ours = 0;
	bool first;

	for (who = 1; who <= 8; who++) {
		first = ours_stays(who, true);
		ck_assert(ours_stays(who, false) == first);
		ours += first;
	}
	/* which, says the order of the ids */
	ck_assert_uint_gt(ours, 0);
	ck_assert_uint_lt(ours, 8);
}
END_TEST

START_TEST(another_identity_than_was_told_is_refused)
{
	struct tw_peer peer = { .has_id = true, .peer_id = "somebody else" };
	struct tw_reply r = { .interval_s = 30, .n_peers = 1, .peers = &peer };
	unsigned c;

	lab_setup(NULL);
	peer.addr = lab_addr(&lab, 1);
	mesh_announced(lab.mesh, lab.announce, &r, lab.now);
	run(300 * SP_MS);
	c = (unsigned)lab_answer(&lab, a_dial(), 1);
	ck_assert(!lab.conn[c].open);
	ck_assert_int_eq(lab.conn[c].why, SP_ERR_IDENT);
	/* whoever listens there now may be met by chance later */
	run(6 * SP_S);
	c = (unsigned)lab_answer(&lab, a_dial(), 1);
	ck_assert(lab.conn[c].open);
	lab_teardown();
}
END_TEST

START_TEST(neighbours_have_a_maximum)
{
	struct mesh_conf conf = small(3);
	unsigned i, c, open = 0;
	int rv;

	lab_setup(&conf);
	for (i = 0; i < 12; i++) {
		rv = lab_accept(&lab, (uint8_t)(i + 1));
		if (rv == SP_ERR_FULL)
			continue;
		c = (unsigned)rv;
		if (!lab.conn[c].open)
			ck_assert_uint_eq(lab.conn[c].bye, PW_BYE_FULL + 1);
	}
	run(SP_S);
	for (i = 0; i < LAB_CONNS; i++)
		open += lab.conn[i].open;
	ck_assert_uint_eq(open, lab_stats(&lab).neighbours);
	ck_assert_uint_ge(open, 3);
	ck_assert_uint_le(open, 3 + MESH_OVER_CAP);
	/* over the cap the one that gives least goes, after a grace */
	run(13 * SP_S);
	ck_assert_uint_eq(lab_stats(&lab).neighbours, open);
	run(200 * SP_S);
	ck_assert_uint_eq(lab_stats(&lab).neighbours, 3);
	lab_teardown();
}
END_TEST

START_TEST(half_open_connections_drive_nobody_out)
{
	struct mesh_conf conf = small(3);
	unsigned i, c[3];

	lab_setup(&conf);
	for (i = 0; i < 3; i++)
		c[i] = neighbour((uint8_t)(i + 1));
	for (i = 0; i < 200; i++) {
		lab_accept_raw(&lab, (uint8_t)(20 + i));
		run(200 * SP_MS);
	}
	for (i = 0; i < 3; i++)
		ck_assert(lab.conn[c[i]].open);
	lab_teardown();
}
END_TEST

START_TEST(slots_are_all_taken_only_for_a_while)
{
	struct mesh_conf conf = small(3);
	unsigned i;

	lab_setup(&conf);
	for (i = 0; i < 11; i++)
		ck_assert_int_ge(lab_accept_raw(&lab, (uint8_t)i), 0);
	ck_assert_int_eq(lab_accept_raw(&lab, 99), SP_ERR_FULL);
	run(PEER_HANDSHAKE + SP_S);
	ck_assert_int_ge(lab_accept(&lab, 99), 0);
	ck_assert_uint_eq(lab_stats(&lab).neighbours, 1);
	lab_teardown();
}
END_TEST

START_TEST(silent_neighbour_is_dead_after_ten_seconds)
{
	unsigned c, d;

	lab_setup(NULL);
	c = neighbour(1);
	d = neighbour(2);
	lab.conn[c].mute = true;
	run(PEER_SILENT - SP_S);
	ck_assert(lab.conn[c].open);
	run(2 * SP_S);
	ck_assert(!lab.conn[c].open);
	ck_assert_int_eq(lab.conn[c].why, SP_ERR_TIMEOUT);
	/* one that answers pings lives on */
	run(60 * SP_S);
	ck_assert(lab.conn[d].open);
	ck_assert_uint_ge(lab.conn[d].got[PW_PING], 60 / 5);
	lab_teardown();
}
END_TEST

START_TEST(addresses_are_exchanged_where_they_may_be)
{
	unsigned near[2], far[2], i;
	bool leak = false;

	lab_setup(NULL);
	near[0] = neighbour(1);
	near[1] = neighbour(2);
	lab.far = true;
	far[0] = neighbour(3);
	far[1] = neighbour(4);
	run(61 * SP_S);
	/* who is near hears of all, who is far of what is public */
	ck_assert_uint_eq(lab.conn[near[0]].n_pex, 3);
	ck_assert_uint_eq(lab.conn[far[0]].n_pex, 1);
	for (i = 0; i < lab.conn[far[1]].n_pex; i++)
		leak |= addr_is_private(&lab.conn[far[1]].pex[i]);
	ck_assert(!leak);
	/* the port is the one that it listens at */
	ck_assert_uint_eq(lab.conn[far[0]].pex[0].port, 7004);
	lab_teardown();
}
END_TEST

static void
tell(unsigned c, const char *addr, const uint8_t *id)
{
	struct pw_pex_entry e = { .flags = PW_PEX_LISTENS };
	struct pw_open open;

	memcpy(e.peer_id, id, LINK_PEERID_LEN);
	ck_assert_int_eq(addr_parse(&e.addr, addr, strlen(addr)), 0);
	pw_pex_begin(&open, lab_say(&lab, c));
	pw_pex_add(&open, lab_say(&lab, c), &e);
	pw_end(&open, lab_say(&lab, c));
	lab_flush(&lab, c);
}

/* What neighbour |c| was told that we listen at. */
static uint16_t
told_port(unsigned c)
{
	return secure_remote(lab.conn[c].link)->port;
}

START_TEST(a_gateways_port_is_for_who_is_beyond_it)
{
	struct mesh_conf conf = small(50);

	conf.listen_port = 4711;
	lab_setup(&conf);
	lab.far = true;
	ck_assert_uint_eq(told_port(neighbour(1)), 4711);
	mesh_outside_port(lab.mesh, 5711);
	ck_assert_uint_eq(told_port(neighbour(2)), 5711);
	lab.far = false;
	ck_assert_uint_eq(told_port(neighbour(3)), 4711);
	lab_teardown();
}
END_TEST

START_TEST(far_peers_cannot_send_us_into_our_house)
{
	uint8_t id[LINK_PEERID_LEN] = "-SP0100-somebody...";
	unsigned near, far;
	uint32_t before;

	lab_setup(NULL);
	near = neighbour(1);
	lab.far = true;
	far = neighbour(2);
	before = lab_stats(&lab).contacts;
	tell(far, "192.168.0.1:80", id);
	ck_assert_uint_eq(lab_stats(&lab).contacts, before);
	tell(far, "9.9.9.9:9", mesh_peer_id(lab.mesh)); /* ourselves */
	ck_assert_uint_eq(lab_stats(&lab).contacts, before);
	tell(near, "192.168.0.2:80", id);
	ck_assert_uint_eq(lab_stats(&lab).contacts, before + 1);
	tell(far, "9.9.9.9:9", id);
	ck_assert_uint_eq(lab_stats(&lab).contacts, before + 2);
	run(SP_S);
	ck_assert_uint_eq(lab.dials, 2);
	lab_teardown();
}
END_TEST

START_TEST(dials_are_bounded_and_go_on_until_there_are_enough)
{
	struct mesh_conf conf;
	unsigned i, n;

	lab_conf(&conf);
	conf.neighbours = 16; /* of which we dial half */
	conf.dials_max = 5;
	lab_setup(&conf);
	lab_announced(&lab, 1, 12);
	run(10 * SP_S);
	ck_assert_uint_eq(lab.dials, 5);
	for (i = 0; i < 3; i++) {
		n = a_dial();
		lab.dial[n].used = false;
		mesh_dial_failed(lab.mesh, lab.dial[n].id, MESH_CLOSE_TIMEOUT,
		    lab.now);
	}
	run(SP_S);
	ck_assert_uint_eq(lab.dials, 8);
	for (i = 0; i < 40; i++) {
		if (open_dial(&n) != NULL)
			break;
		lab_answer(&lab, n, (uint8_t)(lab.dial[n].addr.port - 7000));
		run(300 * SP_MS);
	}
	ck_assert_uint_eq(lab_stats(&lab).neighbours, 8);
	ck_assert_int_eq(
	    mesh_dial_failed(lab.mesh, 12345, MESH_CLOSE_REFUSED, lab.now),
	    SP_ERR_NOTFOUND);
	lab_teardown();
}
END_TEST

START_TEST(refused_connection_frees_its_address)
{
	struct mesh_conf conf = small(1);
	struct sp_addr a;
	unsigned i, d;

	lab_setup(&conf);
	lab_announced(&lab, 1, 1);
	run(300 * SP_MS);
	d = a_dial();
	lab.dial[d].used = false;
	for (i = 0; i < 9; i++)
		lab_accept_raw(&lab, (uint8_t)(30 + i));
	a = lab.dial[d].addr;
	ck_assert_int_eq(mesh_peer_open(lab.mesh, 999, lab.dial[d].id, &a,
			     (const uint8_t[32]){ 1 }, lab.now),
	    SP_ERR_FULL);
	ck_assert_int_eq(mesh_peer_open(lab.mesh, lab.conn[0].conn, 0, &a,
			     (const uint8_t[32]){ 1 }, lab.now),
	    SP_ERR_EXISTS);
	run(PEER_HANDSHAKE + 6 * SP_S);
	ck_assert_uint_eq(lab.dials, 2);
	lab_teardown();
}
END_TEST

START_TEST(unknown_messages_are_skipped_and_broken_ones_end_it)
{
	unsigned c;

	lab_setup(NULL);
	c = neighbour(1);
	buf_put_u32(lab_say(&lab, c), 4);
	buf_put(lab_say(&lab, c), "\xc8xyz", 4);
	lab_flush(&lab, c);
	ck_assert(lab.conn[c].open);
	buf_put_u32(lab_say(&lab, c), 3);
	buf_put(lab_say(&lab, c), "\x06xy", 3);
	lab_flush(&lab, c);
	ck_assert(!lab.conn[c].open);
	ck_assert_int_eq(lab.conn[c].why, SP_ERR_PROTO);
	ck_assert_uint_eq(lab.conn[c].bye, PW_BYE_PROTOCOL + 1);
	c = neighbour(2);
	pw_put_bye(lab_say(&lab, c), PW_BYE_LEAVING, "so long");
	lab_flush(&lab, c);
	ck_assert(!lab.conn[c].open);
	ck_assert_int_eq(lab.conn[c].why, SP_OK);
	lab_teardown();
}
END_TEST

START_TEST(frame_that_does_not_authenticate_ends_it)
{
	uint8_t junk[64];
	unsigned c;

	lab_setup(NULL);
	c = neighbour(1);
	memset(junk, 0x55, sizeof(junk));
	while (lab.conn[c].open)
		lab_input(&lab, c, junk, sizeof(junk)), lab_drain(&lab);
	ck_assert(lab.conn[c].why == SP_ERR_CRYPTO ||
		  lab.conn[c].why == SP_ERR_PROTO);
	ck_assert_int_eq(lab_input(&lab, c, junk, 1), SP_ERR_NOTFOUND);
	ck_assert_int_eq(mesh_peer_sent(lab.mesh, 77, 1, lab.now),
	    SP_ERR_NOTFOUND);
	ck_assert_int_eq(
	    mesh_peer_closed(lab.mesh, 77, MESH_CLOSE_REMOTE, lab.now),
	    SP_ERR_NOTFOUND);
	lab_teardown();
}
END_TEST

START_TEST(who_leaves_says_so_to_all)
{
	unsigned c, d;

	lab_setup(NULL);
	mesh_follow(lab.mesh, 0, true, lab.now);
	mesh_origins(lab.mesh, 1, lab.now);
	lab_announced(&lab, 0, 0);
	lab_publish(&lab, 0);
	run(5 * SP_S);
	ck_assert_int_ge(lab_fetching(&lab), 0);
	c = neighbour(1);
	d = (unsigned)lab_accept_raw(&lab, 2);
	ck_assert_int_eq(mesh_leave(lab.mesh, lab.now), 0);
	ck_assert_int_eq(mesh_leave(lab.mesh, lab.now), 0);
	lab_drain(&lab);
	ck_assert(!lab.conn[c].open && !lab.conn[d].open);
	ck_assert_uint_eq(lab.conn[c].bye, PW_BYE_LEAVING + 1);
	ck_assert_int_eq(lab.event, TW_EVENT_STOPPED);
	ck_assert_int_eq(lab_fetching(&lab), -1);
	ck_assert_int_eq(mesh_deadline(lab.mesh), SP_NEVER);
	ck_assert_int_eq(mesh_tick(lab.mesh, lab.now + SP_S), 0);
	lab.now += SP_S;
	ck_assert_int_eq(lab_accept(&lab, 3), SP_ERR_CLOSED);
	lab_teardown();
}
END_TEST

START_TEST(tracker_is_asked_again_while_neighbours_are_few)
{
	unsigned before;

	lab_setup(NULL);
	run(SP_S);
	ck_assert_uint_eq(lab.announces, 1);
	ck_assert_int_eq(lab.event, TW_EVENT_STARTED);
	lab_announced(&lab, 1, 1);
	run(6 * SP_S);
	ck_assert_uint_eq(lab.announces, 2);
	ck_assert_int_eq(lab.event, TW_EVENT_NONE);
	before = lab.announces;
	while (lab.announce != 0) {
		mesh_announced(lab.mesh, lab.announce, NULL, lab.now);
		lab.announce = 0;
		run(900 * SP_MS);
	}
	ck_assert_uint_le(lab.announces, before + 2);
	ck_assert_uint_gt(lab_stats(&lab).announce_errors, 0);
	lab_teardown();
}
END_TEST

START_TEST(nonsense_of_a_conf_is_refused)
{
	struct mesh_conf conf;
	struct mesh *m;
	int i;

	failmem_init(&fm);
	for (i = 0; i < 7; i++) {
		lab_conf(&conf);
		conf.neighbours = i == 0 ? 0 : i == 1 ? 65 : 24;
		conf.neighbours_max = i == 2 ? 23 : i == 3 ? 65 : 50;
		conf.dials_max = i != 4;
		conf.fetches_max = i == 5 ? 17 : 4;
		conf.n_ciphers = i != 6;
		ck_assert_int_eq(mesh_new(&m, &conf, &fm.mem, 1, 0),
		    SP_ERR_ARG);
	}
	mesh_free(NULL);
	failmem_check(&fm);
}
END_TEST

UNIT_MAIN("mesh_peers", new_neighbour_is_greeted,
    who_does_not_know_the_channel_hears_nothing, who_says_nothing_is_closed,
    dialled_stranger_is_closed_and_tried_less, our_own_address_is_dialled_once,
    newer_of_two_connections_from_one_peer_stays,
    connections_in_both_directions_settle_to_one,
    another_identity_than_was_told_is_refused, neighbours_have_a_maximum,
    half_open_connections_drive_nobody_out,
    slots_are_all_taken_only_for_a_while,
    silent_neighbour_is_dead_after_ten_seconds,
    addresses_are_exchanged_where_they_may_be,
    a_gateways_port_is_for_who_is_beyond_it,
    far_peers_cannot_send_us_into_our_house,
    dials_are_bounded_and_go_on_until_there_are_enough,
    refused_connection_frees_its_address,
    unknown_messages_are_skipped_and_broken_ones_end_it,
    frame_that_does_not_authenticate_ends_it, who_leaves_says_so_to_all,
    tracker_is_asked_again_while_neighbours_are_few,
    nonsense_of_a_conf_is_refused)
