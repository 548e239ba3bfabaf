#include "swarm/client/host_int.h"
#include "swarm/mesh_int.h"
#include "test/unit/fake_lt.h"
#include "test/unit/site_rig.h"
#include "test/unit/unit.h"

struct watcher {
	struct mesh_host *h;
	unsigned calls;
	int64_t seen;
	uint32_t stored;
	bool left;
};

static void
on_left(void *ctx)
{
	((struct watcher *)ctx)->left = true;
}

static void
on_head(void *ctx, int64_t seen, uint32_t stored)
{
	struct watcher *w = ctx;

	w->calls++;
	w->seen = seen;
	w->stored = stored;
}

static const struct mesh_host_ops ops = {
	.left = on_left,
	.head = on_head,
};

static struct site s;
static struct watcher v; /* the viewer, which has the DHT */

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
start(struct watcher *w, const struct mesh_host_conf *c)
{
	memset(w, 0, sizeof(*w));
	ck_assert_int_eq(mesh_host_new(&w->h, c, s.loop, s.origin, &ops, w), 0);
}

static void
setup(void)
{
	struct mesh_host_conf c;

	site_init(&s);
	memset(&fake_lt, 0, sizeof(fake_lt));
	conf(&c);
	start(&v, &c);
}

static void
teardown(void)
{
	mesh_host_free(v.h);
	ck_assert(!fake_lt.open);
	site_fini(&s);
}

static struct mesh_host_dht
status(struct watcher *w)
{
	struct mesh_host_dht d;

	ck_assert(mesh_host_dht(w->h, &d));
	return d;
}

/* Some rounds of the loop, a quarter of a second. */
static void
rounds(void)
{
	sp_time end = loop_now(s.loop) + 250 * SP_MS;

	while (loop_now(s.loop) < end)
		loop_step(s.loop, loop_now(s.loop) + 20 * SP_MS);
}

static uint64_t
announces(void)
{
	struct mesh_stats st;

	mesh_stats(mesh_host_mesh(v.h), &st, loop_now(s.loop));
	return st.announces;
}

static uint64_t
announce_errors(void)
{
	struct mesh_stats st;

	mesh_stats(mesh_host_mesh(v.h), &st, loop_now(s.loop));
	return st.announce_errors;
}

static bool
has_manifest(const struct watcher *w)
{
	return mesh_manifest_get(mesh_host_mesh(w->h), NULL, NULL) != NULL;
}

/* A seeder without tracker and DHT, which has the manifest. */
static void
start_seeder(struct watcher *w)
{
	struct mesh_host_conf c;

	conf(&c);
	c.dht.on = false;
	c.mesh.seeder = true;
	start(w, &c);
	ck_assert_int_eq(mesh_manifest(mesh_host_mesh(w->h), s.manifest.p,
			     s.manifest.len, false, loop_now(s.loop)),
	    0);
	mesh_host_kick(w->h);
}

static struct sp_addr
addr_of(const struct watcher *w)
{
	return addr_make(4, "\x7f\0\0\x01", mesh_host_port(w->h));
}

static void
say_peers(const struct sp_addr *a, size_t n)
{
	fake_lt_peers(mesh_info_hash(mesh_host_mesh(v.h)), a, n);
}

/* ---- heads ---- */

static struct head_item head;

static void
seal(int64_t seq, const char *tracker, uint64_t serial)
{
	struct head hd = { .epoch = 1, .serial = serial };

	if (tracker != NULL) {
		hd.n_trackers = 1;
		hd.trackers[0] = (struct head_text){ tracker, strlen(tracker) };
	}
	ck_assert_int_eq(head_seal(&head, &hd, seq, s.sk), 0);
}

static void
say_head(void)
{
	struct lt_item it = { .size = sizeof(it),
		.seq = head.seq,
		.value = head.v,
		.value_len = head.len };

	memcpy(it.key, s.pk, sizeof(it.key));
	memcpy(it.sig, head.sig, sizeof(it.sig));
	fake_lt_item(&it);
}

/* ---- peers ---- */

START_TEST(peers_of_the_dht_bring_the_channel)
{
	struct watcher seeder;
	struct sp_addr a;

	setup();
	start_seeder(&seeder);
	a = addr_of(&seeder);
	ck_assert_uint_eq(fake_lt.searches, 1);
	ck_assert_uint_eq(fake_lt.lookups, 1);
	ck_assert_mem_eq(fake_lt.key, s.pk, HASH_PK_LEN);
	ck_assert_mem_eq(fake_lt.info_hash, mesh_info_hash(mesh_host_mesh(v.h)),
	    LINK_INFOHASH_LEN);
	say_peers(&a, 1);
	SITE_UNTIL(&s, has_manifest(&v));
	ck_assert_uint_eq(s.announces[0] + s.announces[1], 0);
	ck_assert_uint_eq(status(&v).peers, 1);
	ck_assert_uint_eq(announce_errors(), 0);
	/* who has something to give is announced, with the port for peers */
	SITE_UNTIL(&s, fake_lt.announces > 0);
	ck_assert_uint_eq(fake_lt.port, mesh_host_port(v.h));
	mesh_host_free(seeder.h);
	teardown();
}
END_TEST

START_TEST(nobody_is_announced_who_has_nothing_to_give)
{
	struct mesh_host_conf c;
	struct watcher seeder;
	struct sp_addr a;

	setup();
	fake_lt_say(LT_EV_DHT_READY);
	rounds();
	ck_assert(status(&v).ready);
	ck_assert_uint_eq(fake_lt.announces, 0); /* no manifest */
	mesh_host_free(v.h);
	conf(&c);
	c.mesh.no_upload = true;
	start(&v, &c);
	start_seeder(&seeder);
	a = addr_of(&seeder);
	say_peers(&a, 1);
	SITE_UNTIL(&s, has_manifest(&v));
	rounds();
	ck_assert_uint_eq(fake_lt.announces, 0);
	mesh_host_free(seeder.h);
	teardown();
}
END_TEST

START_TEST(nodes_make_everything_be_tried_again)
{
	setup();
	fake_lt_say(LT_EV_DHT_READY);
	SITE_UNTIL(&s, fake_lt.searches >= 2 && fake_lt.lookups >= 2);
	teardown();
}
END_TEST

START_TEST(a_search_in_vain_is_an_announce_that_failed)
{
	setup();
	SITE_UNTIL(&s, announce_errors() >= 1);
	/* and there will be another one */
	SITE_UNTIL(&s, announces() >= 2 && fake_lt.searches >= 2);
	teardown();
}
END_TEST

START_TEST(one_search_brings_so_many_and_no_more)
{
	static struct sp_addr a[4000];

	setup();
	for (unsigned i = 0; i < SP_LEN(a); i++) {
		a[i] = addr_make(4, "\x0a\0\0\0", 6881);
		a[i].ip[2] = (uint8_t)(i >> 8);
		a[i].ip[3] = (uint8_t)i;
	}
	a[3].port = 0;
	say_peers(a, SP_LEN(a));
	say_peers(a, SP_LEN(a));
	rounds();
	ck_assert_uint_eq(status(&v).peers, HOST_DHT_PEERS);
	ck_assert_uint_le(v.h->mesh->contacts.n, HOST_DHT_PEERS);
	teardown();
}
END_TEST

START_TEST(peers_of_another_channel_are_left_alone)
{
	uint8_t other[20] = { 1 };
	struct sp_addr a = addr_make(4, "\x7f\0\0\x01", 1);

	setup();
	fake_lt_peers(other, &a, 1);
	rounds();
	ck_assert_uint_eq(status(&v).peers, 0);
	teardown();
}
END_TEST

START_TEST(a_dht_that_refuses_everything_ends_nothing)
{
	struct sp_addr a = addr_make(4, "\x7f\0\0\x01", 1);

	setup();
	fake_lt.refuse = true;
	fake_lt_say(LT_EV_DHT_READY);
	fake_lt_say(LT_EV_DROPPED);
	fake_lt_say(LT_EV_LISTEN_FAILED);
	rounds();
	mesh_host_leave(v.h);
	/* what comes now is for nobody */
	say_peers(&a, 1);
	fake_lt_say(LT_EV_DHT_READY);
	SITE_UNTIL(&s, v.left);
	rounds();
	ck_assert_uint_eq(status(&v).peers, 0);
	teardown();
}
END_TEST

/* ---- the head ---- */

START_TEST(trackers_of_the_head_are_announced_to)
{
	setup();
	seal(1000, s.trackers[0], 1);
	say_head();
	SITE_UNTIL(&s, has_manifest(&v));
	ck_assert_uint_ge(s.announces[0], 1);
	ck_assert_uint_eq(s.announces[1], 0);
	ck_assert_int_eq(status(&v).head_seq, 1000);
	ck_assert_uint_eq(status(&v).heads, 1);
	teardown();
}
END_TEST

START_TEST(private_trackers_of_a_head_need_the_users_word)
{
	struct mesh_host_conf c;

	setup();
	mesh_host_free(v.h);
	conf(&c);
	c.mesh.lan = false;
	start(&v, &c);
	seal(1000, s.trackers[0], 1);
	say_head();
	rounds();
	ck_assert_uint_eq(s.announces[0], 0);
	ck_assert_uint_eq(mesh_host_trackers(v.h), 1);
	teardown();
}
END_TEST

START_TEST(forged_and_old_heads_are_refused)
{
	setup();
	seal(1000, s.trackers[0], 1);
	head.sig[0] ^= 1;
	say_head();
	rounds();
	ck_assert_int_eq(status(&v).head_seq, 0);
	ck_assert_uint_eq(status(&v).refused, 1);
	ck_assert_uint_eq(mesh_host_trackers(v.h), 0);
	seal(1000, NULL, 1);
	say_head();
	rounds();
	ck_assert_int_eq(status(&v).head_seq, 1000);
	/* an old one, with another tracker */
	seal(999, s.trackers[1], 1);
	say_head();
	rounds();
	ck_assert_int_eq(status(&v).head_seq, 1000);
	ck_assert_uint_eq(mesh_host_trackers(v.h), 0);
	/* the same seq again with another value */
	seal(1000, s.trackers[1], 1);
	say_head();
	rounds();
	ck_assert_uint_eq(mesh_host_trackers(v.h), 0);
	ck_assert_uint_eq(status(&v).refused, 2);
	teardown();
}
END_TEST

START_TEST(a_head_that_the_dht_lost_is_put_back_as_it_was)
{
	struct head_item was;

	setup();
	seal(io_wall_ms(), NULL, 1);
	was = head;
	say_head();
	rounds();
	ck_assert_uint_eq(fake_lt.puts, 0);
	/* the next time only an older one is there */
	v.h->dht.plan.at[DHT_GET] = loop_now(s.loop);
	host_dht_run(v.h);
	ck_assert_uint_eq(fake_lt.lookups, 2);
	seal(head.seq - 5, NULL, 1);
	say_head();
	rounds();
	ck_assert_int_ne(v.h->dht.plan.at[DHT_PUT], SP_NEVER);
	v.h->dht.plan.at[DHT_PUT] = loop_now(s.loop);
	host_dht_run(v.h);
	ck_assert_uint_eq(fake_lt.puts, 1);
	ck_assert_int_eq(fake_lt.put.seq, was.seq);
	ck_assert_mem_eq(fake_lt.put.sig, was.sig, HASH_SIG_LEN);
	ck_assert_mem_eq(fake_lt.put.key, s.pk, HASH_PK_LEN);
	ck_assert_uint_eq(fake_lt.put.value_len, was.len);
	ck_assert_mem_eq(fake_lt.put_value, was.v, was.len);
	fake_lt_stored(2, -1);
	rounds();
	ck_assert_int_eq(v.h->dht.plan.at[DHT_PUT], SP_NEVER);
	teardown();
}
END_TEST

START_TEST(a_manifest_that_comes_after_the_head_is_compared)
{
	struct watcher seeder;
	struct sp_addr a;

	setup();
	start_seeder(&seeder);
	a = addr_of(&seeder);
	seal(1000, NULL, s.serial + 1);
	say_head();
	rounds();
	ck_assert(!v.h->dht.told_old);
	say_peers(&a, 1);
	SITE_UNTIL(&s, has_manifest(&v));
	ck_assert(v.h->dht.told_old);
	mesh_host_free(seeder.h);
	teardown();
}
END_TEST

START_TEST(an_older_manifest_than_the_heads_starts_a_search)
{
	struct watcher seeder;
	struct sp_addr a;
	unsigned n;

	setup();
	start_seeder(&seeder);
	a = addr_of(&seeder);
	say_peers(&a, 1);
	SITE_UNTIL(&s, has_manifest(&v));
	rounds();
	n = fake_lt.searches;
	v.h->dht.plan.last[DHT_FIND] -= DHT_WISH_GAP;
	seal(1000, NULL, s.serial + 1);
	say_head();
	rounds();
	ck_assert(v.h->dht.told_old);
	ck_assert_uint_gt(fake_lt.searches, n);
	mesh_host_free(seeder.h);
	teardown();
}
END_TEST

START_TEST(seeder_puts_its_head_until_somebody_takes_it)
{
	struct mesh_host_conf c;

	setup();
	mesh_host_free(v.h);
	conf(&c);
	c.mesh.seeder = true;
	start(&v, &c);
	fake_lt.lookups = 0;
	seal(1000, NULL, 1);
	ck_assert_int_eq(mesh_host_head(v.h, &head), 0);
	ck_assert_uint_eq(fake_lt.puts, 1);
	fake_lt_stored(0, 1007);
	SITE_UNTIL(&s, v.calls == 1);
	ck_assert_int_eq(v.seen, 1007);
	ck_assert_uint_eq(v.stored, 0);
	SITE_UNTIL(&s, fake_lt.puts == 2); /* after two seconds */
	/* the next one waits for the answer to the one before, no longer */
	seal(1008, NULL, 1);
	ck_assert_int_eq(mesh_host_head(v.h, &head), 0);
	ck_assert_uint_eq(fake_lt.puts, 2);
	fake_lt_stored(1, -1);
	rounds();
	ck_assert_uint_eq(fake_lt.puts, 3);
	ck_assert_int_eq(fake_lt.put.seq, 1008);
	ck_assert_int_ne(v.h->dht.plan.at[DHT_PUT], SP_NEVER);
	fake_lt_stored(3, 1008);
	SITE_UNTIL(&s, v.stored == 3);
	ck_assert_int_eq(v.h->dht.plan.at[DHT_PUT], SP_NEVER);
	ck_assert_uint_eq(fake_lt.lookups, 0);
	teardown();
}
END_TEST

START_TEST(without_dht_there_is_none)
{
	struct mesh_host_conf c;
	struct mesh_host_dht d;

	setup();
	mesh_host_free(v.h);
	conf(&c);
	c.dht.on = false;
	start(&v, &c);
	ck_assert_uint_eq(fake_lt.sessions, 1); /* that of setup */
	ck_assert(!mesh_host_dht(v.h, &d));
	ck_assert_int_eq(mesh_host_head(v.h, &head), SP_ERR_CLOSED);
	SITE_UNTIL(&s, announce_errors() >= 1);
	teardown();
}
END_TEST

START_TEST(a_session_for_the_gateway_is_no_dht)
{
	struct mesh_host_conf c;
	struct mesh_host_dht d;

	setup();
	mesh_host_free(v.h);
	memset(&fake_lt, 0, sizeof(fake_lt));
	conf(&c);
	c.dht.on = false;
	c.map_port = true;
	c.listen[0] = addr_make(4, "\0\0\0", 0);
	start(&v, &c);
	ck_assert_uint_eq(fake_lt.sessions, 1);
	ck_assert(!mesh_host_dht(v.h, &d));
	SITE_UNTIL(&s, announce_errors() >= 1);
	ck_assert_uint_eq(fake_lt.searches + fake_lt.lookups, 0);
	teardown();
}
END_TEST

START_TEST(the_gateways_port_is_announced)
{
	struct mesh_host_conf c;

	setup();
	mesh_host_free(v.h);
	conf(&c);
	c.map_port = c.mesh.seeder = true;
	c.listen[0] = addr_make(4, "\0\0\0", 0);
	start(&v, &c);
	v.h->reach.mapped = true;
	v.h->reach.port = 12345;
	ck_assert_int_eq(mesh_manifest(mesh_host_mesh(v.h), s.manifest.p,
			     s.manifest.len, false, loop_now(s.loop)),
	    0);
	mesh_host_kick(v.h);
	SITE_UNTIL(&s, fake_lt.announces > 0);
	ck_assert_uint_eq(fake_lt.port, 12345);
	teardown();
}
END_TEST

UNIT_MAIN("host_dht", peers_of_the_dht_bring_the_channel,
    nobody_is_announced_who_has_nothing_to_give,
    nodes_make_everything_be_tried_again,
    a_search_in_vain_is_an_announce_that_failed,
    one_search_brings_so_many_and_no_more,
    peers_of_another_channel_are_left_alone,
    a_dht_that_refuses_everything_ends_nothing,
    trackers_of_the_head_are_announced_to,
    private_trackers_of_a_head_need_the_users_word,
    forged_and_old_heads_are_refused,
    a_head_that_the_dht_lost_is_put_back_as_it_was,
    a_manifest_that_comes_after_the_head_is_compared,
    an_older_manifest_than_the_heads_starts_a_search,
    seeder_puts_its_head_until_somebody_takes_it, without_dht_there_is_none,
    a_session_for_the_gateway_is_no_dht, the_gateways_port_is_announced)
