#include "test/unit/track_duty_help.h"

/* One that passes, but for its age. */
static struct tw_announce
fit(unsigned k)
{
	struct tw_announce a = viewer(k);

	a.reachable = true;
	a.up_kbps = 50000;
	return a;
}

/* Fit ones, |from| .. |to| - 1, each in a /24 of its own. */
static void
join_many(unsigned from, unsigned to, sp_time now)
{
	struct tw_announce a;
	char text[32];

	for (; from < to; from++) {
		a = fit(from);
		log_format(text, sizeof(text), "5.%u.%u.9", from / 256,
		    from % 256);
		announce(text, &a, now);
	}
}

static bool
on_duty(unsigned k)
{
	struct tw_announce a = viewer(k);

	return roster_find(&ros, a.peer_id) >= 0;
}

START_TEST(first_viewers_have_a_roster_within_a_second)
{
	start();
	ck_assert_uint_eq(wake(0), 0);
	ck_assert_uint_eq(read_roster(), 0);
	ck_assert_ptr_null(track_roster_get(track, seed.info_hash));
	join("127.0.0.1", 1, 10 * SP_S);
	ck_assert(track_deadline(track) <= 10 * SP_S);
	ck_assert_uint_eq(wake(10 * SP_S), 1);
	ck_assert_uint_gt(read_roster(), 0);
	ck_assert_uint_eq(ros.n, 1);
	ck_assert_uint_eq(ros.epoch, 1);
	for (unsigned k = 2; k <= 8; k++)
		join("127.0.0.1", k, 10 * SP_S + k * 50 * SP_MS);
	ck_assert_uint_eq(wake(10 * SP_S + 999 * SP_MS), 0);
	ck_assert(track_deadline(track) == 11 * SP_S);
	ck_assert_uint_eq(wake(11 * SP_S), 1);
	ck_assert_uint_gt(read_roster(), 0);
	ck_assert_uint_eq(ros.n, 8);
	ck_assert_uint_eq(ros.epoch, 1);
	for (unsigned k = 1; k <= 8; k++)
		ck_assert(on_duty(k));
	ck_assert_uint_eq(ros.entries[3].addr.port, 1004);
	ck_assert(addr_is_loopback(&ros.entries[3].addr));
	ck_assert_uint_eq(read_roster(), 0);
	tear_down();
}
END_TEST

START_TEST(who_stops_is_gone_a_second_later)
{
	start();
	join_many(0, 10, 0);
	wake(0);
	read_roster();
	ck_assert_uint_eq(ros.n, 10);
	leave("5.0.4.9", 4, 5 * SP_S);
	ck_assert_uint_eq(wake(5 * SP_S), 1);
	/* a change, not all of it: head of a frame, of a roster, one id */
	ck_assert_uint_eq(read_roster(), 5 + 24 + LINK_PEERID_LEN);
	ck_assert_uint_eq(ros.n, 9);
	ck_assert(!on_duty(4));
	/* who comes now gets all of it */
	version = 0;
	memset(&ros, 0, sizeof(ros));
	ck_assert_uint_gt(read_roster(), 9 * 31);
	ck_assert_uint_eq(ros.n, 9);
	/* and so does who has missed one */
	leave("5.0.5.9", 5, 7 * SP_S);
	wake(7 * SP_S);
	leave("5.0.6.9", 6, 9 * SP_S);
	wake(9 * SP_S);
	ck_assert_uint_gt(read_roster(), 7 * 31);
	ck_assert_uint_eq(ros.n, 7);
	tear_down();
}
END_TEST

START_TEST(last_one_leaves_an_empty_roster)
{
	start();
	join_many(0, 1, 0);
	wake(0);
	read_roster();
	ck_assert_uint_eq(ros.n, 1);
	leave("5.0.0.9", 0, 5 * SP_S);
	ck_assert_uint_eq(wake(5 * SP_S), 1);
	read_roster();
	ck_assert_uint_eq(ros.n, 0);
	/* of which nothing more is said */
	ck_assert_uint_eq(wake(100 * SP_S), 0);
	ck_assert_uint_eq(read_roster(), 0);
	join_many(0, 1, 101 * SP_S);
	ck_assert_uint_eq(wake(101 * SP_S), 1);
	read_roster();
	ck_assert_uint_eq(ros.n, 1);
	tear_down();
}
END_TEST

START_TEST(draws_and_epochs_are_told_though_nothing_else_changes)
{
	start();
	join_many(0, 20, 0);
	ck_assert_uint_eq(wake(0), 1);
	read_roster();
	ck_assert_uint_eq(ros.n, 20);
	ck_assert(track_deadline(track) <= 20 * SP_S);
	ck_assert_uint_eq(wake(20 * SP_S - 1), 0);
	ck_assert_uint_eq(wake(20 * SP_S), 1);
	/* everybody is older: the weights have changed, the epoch has not */
	ck_assert_uint_eq(read_roster(), 5 + 24 + 20 * 31);
	/* and nobody tells of anything that they gave, down to the least */
	for (int s = 40; s <= 260; s += 20) {
		join_many(0, 20, s * SP_S);
		ck_assert_uint_eq(wake(s * SP_S), 1);
		ck_assert_uint_gt(read_roster(), 0);
	}
	join_many(0, 20, 270 * SP_S);
	ck_assert_uint_eq(wake(280 * SP_S), 1);
	ck_assert_uint_eq(read_roster(), 5 + 24);
	ck_assert_uint_eq(ros.epoch, 1);
	ck_assert_uint_eq(wake(300 * SP_S - 1), 0);
	ck_assert_uint_eq(wake(300 * SP_S), 1);
	/* in five minutes nobody has got anything: all are weak ones */
	ck_assert_uint_gt(read_roster(), 5 + 24);
	ck_assert_uint_eq(ros.epoch, 2);
	ck_assert_uint_eq(ros.n, 8);
	join_many(0, 20, 310 * SP_S);
	ck_assert_uint_eq(wake(320 * SP_S), 1);
	ck_assert_uint_eq(read_roster(), 5 + 24);
	tear_down();
}
END_TEST

START_TEST(an_epoch_lasts_whatever_changes_in_it)
{
	start();
	for (unsigned s = 0; s < 300; s += 7) {
		join_many(0, 10, s * SP_S);
		join_many(10 + s, 12 + s, s * SP_S);
		wake(s * SP_S);
		read_roster();
		ck_assert_uint_eq(ros.epoch, 1);
		ck_assert_uint_ge(ros.n, 10);
	}
	/* it ends with the next draw */
	wake(294 * SP_S + DUTIES_DRAW_S * SP_S);
	read_roster();
	ck_assert_uint_eq(ros.epoch, 2);
	tear_down();
}
END_TEST

START_TEST(between_whole_draws_enough_are_enough)
{
	struct tw_announce a;
	char text[32];

	start();
	join_many(0, 60, 0);
	join_many(0, 60, 61 * SP_S);
	wake(61 * SP_S);
	read_roster();
	ck_assert_uint_eq(ros.n, 60);
	/* newcomers wait for the next one, leavers do not */
	a = fit(77);
	announce("6.0.0.1", &a, 63 * SP_S);
	leave("5.0.3.9", 3, 63 * SP_S);
	ck_assert_uint_eq(wake(63 * SP_S), 1);
	read_roster();
	ck_assert_uint_eq(ros.n, 59);
	ck_assert(!on_duty(3) && !on_duty(77));
	ck_assert_uint_eq(wake(81 * SP_S), 1);
	read_roster();
	ck_assert_uint_eq(ros.n, 59); /* it is too young */
	join_many(0, 3, 120 * SP_S);
	join_many(4, 60, 120 * SP_S);
	announce("6.0.0.1", &a, 123 * SP_S);
	wake(125 * SP_S);
	read_roster();
	ck_assert(on_duty(77));
	ck_assert_uint_eq(ros.n, 60);
	/* too few: the others come at once */
	for (unsigned k = 4; k < 40; k++) {
		log_format(text, sizeof(text), "5.0.%u.9", k);
		leave(text, k, 128 * SP_S);
	}
	join_many(300, 320, 128 * SP_S);
	wake(128 * SP_S);
	read_roster();
	ck_assert_uint_eq(ros.n, 32);
	ck_assert(on_duty(77) && on_duty(59));
	ck_assert_uint_eq(ros.epoch, 1);
	tear_down();
}
END_TEST

START_TEST(of_weak_ones_there_are_eight)
{
	start();
	for (unsigned k = 1; k <= 20; k++)
		join("127.0.0.1", k, 0);
	wake(0);
	read_roster();
	ck_assert_uint_eq(ros.n, 8);
	/* one of them for each who passes */
	join_many(300, 303, 2 * SP_S);
	wake(2 * SP_S);
	read_roster();
	ck_assert_uint_eq(ros.n, 8);
	join_many(303, 315, 4 * SP_S);
	wake(4 * SP_S);
	read_roster();
	ck_assert_uint_eq(ros.n, 15);
	for (unsigned k = 1; k <= 20; k++)
		ck_assert(!on_duty(k));
	tear_down();
}
END_TEST

START_TEST(seeders_strangers_and_mutes_are_not_on_it)
{
	struct tw_announce a;

	start();
	a = viewer(1);
	a.left = 0;
	announce("5.0.0.1", &a, 0);
	a = viewer(2);
	a.live = false;
	announce("5.0.1.1", &a, 0);
	a = viewer(3);
	a.info_hash[0] ^= 1; /* of another swarm, with no channel */
	announce("5.0.2.1", &a, 0);
	ck_assert_uint_eq(wake(SP_S), 0);
	ck_assert_uint_eq(read_roster(), 0);
	/* it begins to relay, and ends */
	a = viewer(2);
	announce("5.0.1.1", &a, 12 * SP_S);
	ck_assert_uint_eq(wake(12 * SP_S), 1);
	read_roster();
	ck_assert_uint_eq(ros.n, 1);
	a.live = false;
	announce("5.0.1.1", &a, 15 * SP_S);
	ck_assert_uint_eq(wake(15 * SP_S), 1);
	read_roster();
	ck_assert_uint_eq(ros.n, 0);
	tear_down();
}
END_TEST

START_TEST(who_is_silent_expires)
{
	start();
	join_many(0, 3, 0);
	wake(0);
	read_roster();
	ck_assert_uint_eq(ros.n, 3);
	for (int s = 20; s <= 120; s += 20) {
		join_many(0, 1, s * SP_S);
		wake(s * SP_S);
		read_roster();
	}
	ck_assert_uint_eq(ros.n, 1);
	ck_assert(on_duty(0));
	tear_down();
}
END_TEST

START_TEST(another_viewer_at_the_same_address_takes_its_place)
{
	struct tw_announce a;

	start();
	a = viewer(1);
	announce("5.0.0.1", &a, 0);
	wake(0);
	read_roster();
	ck_assert(on_duty(1));
	a.peer_id[9] = 2;
	announce("5.0.0.1", &a, 2 * SP_S);
	ck_assert_uint_eq(wake(2 * SP_S), 1);
	read_roster();
	ck_assert_uint_eq(ros.n, 1);
	ck_assert(on_duty(2));
	tear_down();
}
END_TEST

START_TEST(viewers_may_be_there_before_the_channel)
{
	set_up();
	ck_assert_int_eq(track_new(&track, &conf, &fm.mem, 1, 0), 0);
	join_many(0, 5, 0);
	ck_assert_uint_eq(wake(SP_S), 0);
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish(2 * SP_S), 0);
	ck_assert_uint_eq(wake(2 * SP_S), 1);
	read_roster();
	ck_assert_uint_eq(ros.n, 5);
	tear_down();
}
END_TEST

START_TEST(forgotten_channels_have_no_roster)
{
	struct track_stats st;

	start();
	join_many(0, 5, 0);
	wake(0);
	read_roster();
	track_stats(track, &st);
	ck_assert_uint_eq(st.on_duty, 5);
	ck_assert_uint_eq(track_roster_get(track, seed.info_hash)->n, 5);
	ck_assert_int_eq(track_access(track, ACCESS_ALLOW, "", 0, NULL), 0);
	ck_assert_uint_eq(wake(30 * SP_S), 0);
	track_stats(track, &st);
	ck_assert_uint_eq(st.on_duty, 0);
	ck_assert_ptr_null(track_roster_get(track, seed.info_hash));
	ck_assert_uint_eq(read_roster(), 0);
	ck_assert(track_deadline(track) == SP_NEVER);
	/* and no version means two things */
	ck_assert_int_eq(track_access(track, ACCESS_ALLOW, NULL, 0, NULL), 0);
	signer_init(&seed, 1);
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish(31 * SP_S), 0);
	join_many(0, 2, 31 * SP_S);
	wake(31 * SP_S);
	ck_assert_uint_gt(read_roster(), 0);
	ck_assert_uint_eq(ros.n, 2);
	tear_down();
}
END_TEST

START_TEST(a_channel_that_is_back_is_silent_until_it_is_drawn)
{
	start();
	join_many(0, 5, 0);
	wake(0);
	read_roster();
	ck_assert_int_eq(track_access(track, ACCESS_ALLOW, "", 0, NULL), 0);
	ck_assert_uint_eq(wake(30 * SP_S), 0);
	ck_assert_int_eq(track_access(track, ACCESS_ALLOW, NULL, 0, NULL), 0);
	join_many(0, 2, 31 * SP_S);
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish(31 * SP_S), 0);
	/* The stream of a reader has stayed open. */
	ck_assert_uint_eq(read_roster(), 0);
	ck_assert_uint_eq(wake(31 * SP_S), 1);
	ck_assert_uint_gt(read_roster(), 0);
	tear_down();
}
END_TEST

START_TEST(very_large_swarms_have_a_roster_too)
{
	struct tw_announce a;
	char text[32];

	set_up();
	ck_assert_int_eq(track_new(&track, &conf, &fm.mem, 1, 0), 0);
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish(0), 0);
	for (unsigned k = 0; k < DUTIES_SCAN + 4000; k++) {
		a = viewer(k);
		a.up_kbps = 9000;
		a.reachable = true;
		log_format(text, sizeof(text), "%u.%u.%u.9", 20 + (k >> 16),
		    k / 256 % 256, k % 256);
		announce(text, &a, 0);
	}
	wake(0);
	read_roster();
	ck_assert_uint_eq(ros.n, 32);
	wake(70 * SP_S);
	read_roster();
	ck_assert_uint_eq(ros.n, LIM_ROSTER);
	tear_down();
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
	set_up();
	signer_manifest(&seed, &body);
	FAILMEM_EACH (&fm) {
		struct tw_announce a = viewer(1);
		struct sp_addr from = ip("5.0.0.1");
		uint8_t ih[LINK_INFOHASH_LEN];
		struct tw_peer peers[4];
		struct live_result res;
		struct tw_reply r;
		struct sp_buf out;
		int rv;

		buf_init(&out, &fm.mem, 1 << 16);
		signer_init(&seed, 1);
		rv = track_new(&track, &conf, &fm.mem, 1, 0);
		if (rv < 0) {
			ck_assert_int_eq(rv, SP_ERR_NOMEM);
			continue;
		}
		track_publish(track, seed.info_hash, body.p, body.len, &out,
		    &res, 0);
		for (int s = 0; s < 60; s += 5) {
			a.peer_id[9] = (uint8_t)s;
			a.port = (uint16_t)(1 + s);
			track_announce(track, &a, &from, peers, 4, &r,
			    s * SP_S);
			while (track_wake(track, ih, s * SP_S))
				continue;
			ck_assert(track_is_sound(track));
			buf_reset(&out);
			version = 0;
			memset(&ros, 0, sizeof(ros));
			if (track_roster(track, seed.info_hash, &reader,
				&version, &out) > 0)
				ck_assert_int_eq(
				    roster_take(&ros, out.p + 5, out.len - 5),
				    0);
		}
		track_free(track);
		buf_fini(&out);
	}
}
END_TEST

UNIT_MAIN("track_duty", first_viewers_have_a_roster_within_a_second,
    who_stops_is_gone_a_second_later, last_one_leaves_an_empty_roster,
    draws_and_epochs_are_told_though_nothing_else_changes,
    an_epoch_lasts_whatever_changes_in_it,
    between_whole_draws_enough_are_enough, of_weak_ones_there_are_eight,
    seeders_strangers_and_mutes_are_not_on_it, who_is_silent_expires,
    another_viewer_at_the_same_address_takes_its_place,
    viewers_may_be_there_before_the_channel, forgotten_channels_have_no_roster,
    a_channel_that_is_back_is_silent_until_it_is_drawn,
    very_large_swarms_have_a_roster_too, every_failing_allocation_is_survived)
