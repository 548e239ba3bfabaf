#include "swarm/contacts.h"
#include "test/unit/unit.h"

static struct failmem fm;
static struct contacts c;
static struct sp_rng rng;

static void
setup(void)
{
	failmem_init(&fm);
	rng_seed(&rng, 9);
	contacts_init(&c, &fm.mem, false);
}

static void
teardown(void)
{
	contacts_fini(&c);
	failmem_check(&fm);
}

static struct sp_addr
addr(unsigned i)
{
	uint8_t ip[4] = { 5, 6, (uint8_t)(i >> 8), (uint8_t)i };

	return addr_make(4, ip, 7000);
}

static struct sp_addr
literal(const char *s)
{
	struct sp_addr a;

	ck_assert_int_eq(addr_parse(&a, s, strlen(s)), 0);
	return a;
}

/* Adds with the id |i| in all bytes. */
static int
add(unsigned i, sp_time now)
{
	struct sp_addr a = addr(i);
	uint8_t id[LINK_PEERID_LEN];

	memset(id, (int)i, sizeof(id));
	return contacts_add(&c, &a, id, &rng, now);
}

/* When the next idle one may be dialled. */
static sp_time
next_retry(const struct contacts *v)
{
	sp_time at = SP_NEVER;
	uint32_t i;

	for (i = 0; i < v->n; i++)
		if (v->v[i].state == CONTACT_IDLE)
			at = SP_MIN(at, v->v[i].retry_at);
	return at;
}

/* The first that may be dialled, marked so; NULL. */
static struct contact *
pick(struct contacts *k, uint32_t dial, sp_time now)
{
	for (uint32_t i = 0; i < k->n; i++)
		if (contacts_may_dial(k, &k->v[i], now))
			return contacts_take(k, &k->v[i].addr, dial, now);
	return NULL;
}

START_TEST(only_what_can_be_dialled_is_noted)
{
	struct sp_addr a;

	setup();
	a = literal("10.0.0.1:80");
	ck_assert_int_eq(contacts_add(&c, &a, NULL, &rng, 0), SP_ERR_DENIED);
	a = literal("127.0.0.1:80");
	ck_assert_int_eq(contacts_add(&c, &a, NULL, &rng, 0), SP_ERR_DENIED);
	a = literal("5.6.7.8");
	ck_assert_int_eq(contacts_add(&c, &a, NULL, &rng, 0), SP_ERR_DENIED);
	a = literal("224.0.0.1:80");
	ck_assert_int_eq(contacts_add(&c, &a, NULL, &rng, 0), SP_ERR_DENIED);
	a = literal("[2001:db8::1]:80");
	ck_assert_int_eq(contacts_add(&c, &a, NULL, &rng, 0), 0);
	/* but of who has spoken on our own network */
	a = literal("10.0.0.2:80");
	ck_assert_int_eq(contacts_add_near(&c, &a, NULL, &rng, 0), 0);
	a = literal("224.0.0.1:80");
	ck_assert_int_eq(contacts_add_near(&c, &a, NULL, &rng, 0),
	    SP_ERR_DENIED);
	c.lan = true;
	a = literal("10.0.0.1:80");
	ck_assert_int_eq(contacts_add(&c, &a, NULL, &rng, 0), 0);
	ck_assert_uint_eq(c.n, 3);
	teardown();
}
END_TEST

START_TEST(address_is_noted_once)
{
	struct sp_addr a = addr(1);
	uint8_t id[LINK_PEERID_LEN] = { 9 };

	setup();
	ck_assert_int_eq(contacts_add(&c, &a, NULL, &rng, 0), 0);
	ck_assert(!contacts_by_addr(&c, &a)->has_id);
	ck_assert_int_eq(contacts_add(&c, &a, id, &rng, 0), SP_ERR_EXISTS);
	ck_assert(contacts_by_addr(&c, &a)->has_id);
	ck_assert_mem_eq(contacts_by_addr(&c, &a)->peer_id, id,
	    LINK_PEERID_LEN);
	ck_assert_uint_eq(c.n, 1);
	teardown();
}
END_TEST

START_TEST(picked_one_is_dialling_until_released)
{
	struct contact *ct;
	struct sp_addr a = addr(1);

	setup();
	ck_assert_ptr_null(pick(&c, 1, 0));
	ck_assert_int_eq(add(1, 0), 0);
	ck_assert_int_eq(next_retry(&c), 0);
	ct = pick(&c, 33, 10);
	ck_assert_ptr_eq(ct, contacts_by_addr(&c, &a));
	ck_assert_int_eq(ct->state, CONTACT_DIALING);
	ck_assert_ptr_eq(contacts_by_dial(&c, 33), ct);
	ck_assert_ptr_null(contacts_by_dial(&c, 34));
	ck_assert_uint_eq(contacts_dialing(&c), 1);
	ck_assert_ptr_null(pick(&c, 34, 10));
	ck_assert_int_eq(next_retry(&c), SP_NEVER);
	contacts_release(&c, ct, false, 20);
	ck_assert_ptr_null(contacts_by_dial(&c, 33));
	ck_assert_uint_eq(contacts_dialing(&c), 0);
	ck_assert_int_eq(next_retry(&c), 20 + 5 * SP_S);
	ck_assert_ptr_null(pick(&c, 35, 20));
	ck_assert_ptr_nonnull(pick(&c, 35, 20 + 5 * SP_S));
	teardown();
}
END_TEST

START_TEST(failed_dials_back_off_and_end)
{
	static const sp_time wait[] = { 5, 10, 20, 40, 80 };
	struct contact *ct;
	sp_time now = 0;
	uint32_t i;

	setup();
	ck_assert_int_eq(add(1, 0), 0);
	ck_assert_int_eq(add(2, SP_NEVER), 0); /* never its turn */
	for (i = 0; i < SP_LEN(wait); i++) {
		ct = pick(&c, i, now);
		ck_assert_ptr_nonnull(ct);
		contacts_release(&c, ct, true, now);
		ck_assert_int_eq(next_retry(&c), now + wait[i] * SP_S);
		now = next_retry(&c);
	}
	ct = pick(&c, i, now);
	contacts_release(&c, ct, true, now);
	ck_assert_uint_eq(c.n, 1);
	ck_assert_int_eq(next_retry(&c), SP_NEVER);
	teardown();
}
END_TEST

START_TEST(new_identity_at_a_failed_address_is_tried_at_once)
{
	struct sp_addr a = addr(1);
	uint8_t id[LINK_PEERID_LEN] = { 7 };
	struct contact *ct;

	setup();
	ck_assert_int_eq(add(1, 0), 0);
	ct = pick(&c, 1, 0);
	contacts_release(&c, ct, true, 0);
	ck_assert_int_eq(add(1, 1), SP_ERR_EXISTS); /* the same: no change */
	ck_assert_int_eq(next_retry(&c), 5 * SP_S);
	ck_assert_int_eq(contacts_add(&c, &a, id, &rng, 2), SP_ERR_EXISTS);
	ck_assert_int_eq(next_retry(&c), 2);
	ck_assert_uint_eq(contacts_by_addr(&c, &a)->fails, 0);
	teardown();
}
END_TEST

START_TEST(full_table_replaces_the_worst_idle_one)
{
	struct contact *ct;
	struct sp_addr a;
	unsigned i;

	setup();
	for (i = 0; i < CONTACTS_MAX; i++)
		ck_assert_int_eq(add(i, 0), 0);
	for (i = 0; i < c.n; i++)
		c.v[i].state = CONTACT_CONNECTED;
	ck_assert_int_eq(add(1000, 0), SP_ERR_FULL);
	a = addr(77);
	ct = contacts_by_addr(&c, &a);
	ct->state = CONTACT_IDLE;
	ct->fails = 2;
	c.v[3].state = CONTACT_IDLE;
	ck_assert_int_eq(add(1000, 0), 0);
	ck_assert_ptr_null(contacts_by_addr(&c, &a));
	a = addr(1000);
	ck_assert_ptr_nonnull(contacts_by_addr(&c, &a));
	ck_assert_uint_eq(c.n, CONTACTS_MAX);
	teardown();
}
END_TEST

START_TEST(ban_covers_identity_and_public_address)
{
	uint8_t id[LINK_PEERID_LEN] = { 1 }, other[LINK_PEERID_LEN] = { 2 };
	struct sp_addr a = addr(1), b = addr(2), port = a;

	setup();
	contacts_ban(&c, id, &a, 100);
	port.port = 9;
	ck_assert(contacts_is_banned(&c, id, &b, 50));
	ck_assert(contacts_is_banned(&c, other, &a, 50));
	/* somebody else behind the same NAT */
	ck_assert(!contacts_is_banned(&c, NULL, &port, 50));
	ck_assert(!contacts_is_banned(&c, other, &port, 50));
	ck_assert(!contacts_is_banned(&c, other, &b, 50));
	ck_assert(!contacts_is_banned(&c, id, &a, 100));
	ck_assert_int_eq(contacts_add(&c, &a, NULL, &rng, 50), SP_ERR_DENIED);
	ck_assert_int_eq(contacts_add(&c, &b, id, &rng, 50), SP_ERR_DENIED);
	ck_assert_int_eq(contacts_add(&c, &a, id, &rng, 100), 0);
	teardown();
}
END_TEST

START_TEST(crowd_of_banned_ones_bans_their_address)
{
	uint8_t id[LINK_PEERID_LEN] = { 1 };
	struct sp_addr a = addr(1), port = a;

	setup();
	port.port = 9;
	contacts_ban(&c, id, &a, 100);
	contacts_ban(&c, id, &a, 100); /* once more is nobody else */
	a.port++;
	id[0]++;
	contacts_ban(&c, id, &a, 90);
	ck_assert(!contacts_is_banned(&c, NULL, &port, 50));
	a.port++;
	id[0]++;
	contacts_ban(&c, id, &a, 100);
	ck_assert(contacts_is_banned(&c, NULL, &port, 50));
	ck_assert(!contacts_is_banned(&c, NULL, &port, 90));
	teardown();
}
END_TEST

START_TEST(ban_does_not_hit_a_whole_house)
{
	uint8_t id[LINK_PEERID_LEN] = { 1 }, other[LINK_PEERID_LEN] = { 2 };
	struct sp_addr a = literal("192.168.1.5:7000");

	setup();
	contacts_ban(&c, id, &a, 100);
	ck_assert(contacts_is_banned(&c, id, &a, 50));
	ck_assert(!contacts_is_banned(&c, other, &a, 50));
	ck_assert(!contacts_is_banned(&c, NULL, &a, 50));
	teardown();
}
END_TEST

START_TEST(banned_contact_is_not_picked)
{
	uint8_t id[LINK_PEERID_LEN];
	struct sp_addr a = addr(1);

	setup();
	memset(id, 1, sizeof(id));
	ck_assert_int_eq(add(1, 0), 0);
	contacts_ban(&c, id, &a, 100);
	ck_assert_ptr_null(pick(&c, 1, 50));
	ck_assert_ptr_nonnull(pick(&c, 1, 100));
	teardown();
}
END_TEST

START_TEST(bans_are_bounded_and_the_oldest_gives_way)
{
	uint8_t id[LINK_PEERID_LEN];
	struct sp_addr a;
	unsigned i;

	setup();
	for (i = 0; i <= CONTACTS_BANS; i++) {
		a = addr(i);
		memset(id, (int)i + 1, sizeof(id));
		contacts_ban(&c, id, &a, 1000 + (sp_time)i);
	}
	ck_assert_uint_eq(c.n_bans, CONTACTS_BANS);
	a = addr(0);
	ck_assert(!contacts_is_banned(&c, NULL, &a, 0));
	for (i = 1; i <= CONTACTS_BANS; i++) {
		a = addr(i);
		ck_assert(contacts_is_banned(&c, NULL, &a, 0));
	}
	teardown();
}
END_TEST

START_TEST(named_address_is_taken_when_it_may_be_dialled)
{
	struct sp_addr a = addr(1), other = addr(2);
	uint8_t id[LINK_PEERID_LEN];
	struct contact *ct;

	setup();
	memset(id, 1, sizeof(id));
	ck_assert_int_eq(add(1, 0), 0);
	ck_assert_int_eq(add(3, 0), 0);
	ck_assert_ptr_null(contacts_take(&c, &other, 7, 0));
	ct = contacts_take(&c, &a, 7, 0);
	ck_assert_ptr_nonnull(ct);
	ck_assert(addr_eq(&ct->addr, &a));
	ck_assert_ptr_eq(contacts_by_dial(&c, 7), ct);
	ck_assert_uint_eq(contacts_dialing(&c), 1);
	/* it is on its way */
	ck_assert_ptr_null(contacts_take(&c, &a, 8, 0));
	ck_assert_ptr_null(contacts_by_dial(&c, 8));
	/* it rests after a failure */
	contacts_release(&c, ct, true, 0);
	ck_assert_ptr_null(contacts_take(&c, &a, 8, 5 * SP_S - 1));
	ct = contacts_take(&c, &a, 8, 5 * SP_S);
	ck_assert_ptr_nonnull(ct);
	contacts_release(&c, ct, false, 5 * SP_S);
	contacts_ban(&c, id, &a, 60 * SP_S);
	ck_assert_ptr_null(contacts_take(&c, &a, 9, 60 * SP_S - 1));
	ck_assert_ptr_nonnull(contacts_take(&c, &a, 9, 60 * SP_S));
	teardown();
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
	uint8_t id[LINK_PEERID_LEN] = { 1 };
	struct sp_addr a = addr(1);
	unsigned i;
	int rv;

	FAILMEM_EACH (&fm) {
		rng_seed(&rng, 9);
		contacts_init(&c, &fm.mem, false);
		for (i = 0; i < 40; i++) {
			rv = add(i, 0);
			if (rv < 0)
				ck_assert_int_eq(rv, SP_ERR_NOMEM);
		}
		contacts_ban(&c, id, &a, 100);
		ck_assert(contacts_is_banned(&c, id, &a, 0) == (c.n_bans > 0));
		contacts_fini(&c);
	}
}
END_TEST

UNIT_MAIN("contacts", only_what_can_be_dialled_is_noted, address_is_noted_once,
    picked_one_is_dialling_until_released, failed_dials_back_off_and_end,
    new_identity_at_a_failed_address_is_tried_at_once,
    full_table_replaces_the_worst_idle_one,
    ban_covers_identity_and_public_address,
    crowd_of_banned_ones_bans_their_address, ban_does_not_hit_a_whole_house,
    banned_contact_is_not_picked, bans_are_bounded_and_the_oldest_gives_way,
    named_address_is_taken_when_it_may_be_dialled,
    every_failing_allocation_is_survived)
