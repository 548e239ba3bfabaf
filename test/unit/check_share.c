#include "tracker/share.h"

#include "test/unit/share_help.h"
#include "test/unit/share_rig.h"

static struct rig r;

/* |n| trackers that are connected. */
static void
start(size_t n)
{
	rig_start(&r, n);
	rig_run(&r, SP_S);
}

/* ---- windows ------------------------------------------------------------- */

START_TEST(what_is_published_at_one_is_read_at_all)
{
	start(3);
	rig_channel(&r, 0, 5);
	rig_run(&r, 100 * SP_MS);
	rig_all_have(&r, 5, 5);
	ck_assert_uint_gt(r.t[1].woke, 0);
	ck_assert_uint_eq(r.t[0].woke, 0);
	/* also the next one, published elsewhere */
	rig_records(&r, 2, 6, 6);
	rig_run(&r, 100 * SP_MS);
	rig_all_have(&r, 6, 6);
	/* nobody tells again what others told */
	ck_assert_uint_eq(rig_window_len(&r), 7);
	ck_assert_uint_eq(rig_stats(&r, 1).appended, 0);
	ck_assert_uint_eq(rig_stats(&r, 1).taken, 7);
	rig_run(&r, 60 * SP_S);
	ck_assert_uint_eq(rig_window_len(&r), 7);
	ck_assert_uint_eq(rig_stats(&r, 1).taken, 7);
	rig_end(&r);
}
END_TEST

START_TEST(who_starts_later_gets_the_whole_window)
{
	rig_start(&r, 3);
	rig_channel(&r, 0, 200);
	rig_run(&r, SP_S);
	rig_restart(&r, 1);
	ck_assert_uint_eq(rig_newest(&r, 1), 0);
	rig_run(&r, SP_S);
	ck_assert_uint_eq(rig_held(&r, 1), rig_held(&r, 0));
	rig_all_have(&r, 200, rig_held(&r, 0));
	rig_end(&r);
}
END_TEST

START_TEST(the_manifest_is_known_when_the_stream_has_lost_it)
{
	rig_start_channel(&r, 2);
	rig_lose_window(&r);
	rig_records(&r, 0, 6, 8);
	rig_run(&r, SP_S);
	ck_assert_uint_eq(rig_window_len(&r), 3);
	rig_restart(&r, 1);
	rig_run(&r, SP_S);
	ck_assert_uint_eq(rig_newest(&r, 1), 8);
	rig_end(&r);
}
END_TEST

START_TEST(while_it_is_away_each_goes_on_and_then_all_agree)
{
	rig_start_channel(&r, 3);
	for (size_t i = 0; i < r.n; i++)
		r.t[i].fault = RIG_CUT;
	rig_run(&r, SP_S);
	ck_assert_uint_eq(rig_stats(&r, 0).up, 0);
	rig_records(&r, 0, 6, 9);
	rig_run(&r, 20 * SP_S);
	ck_assert_uint_eq(rig_newest(&r, 0), 9);
	ck_assert_uint_eq(rig_newest(&r, 1), 5);
	for (size_t i = 0; i < r.n; i++)
		r.t[i].fault = RIG_FINE;
	rig_run(&r, 2 * SHARE_CONNECT_MAX);
	rig_all_have(&r, 9, 9);
	ck_assert_uint_eq(rig_stats(&r, 0).up, 1);
	ck_assert_uint_eq(rig_stats(&r, 0).ups, 2);
	rig_end(&r);
}
END_TEST

START_TEST(data_lost_there_are_written_again)
{
	rig_start_channel(&r, 2);
	rig_wipe(&r);
	ck_assert_uint_eq(rig_window_len(&r), 0);
	/* without a loss of the connection: at the next sign of life */
	rig_run(&r, 2 * SHARE_KEEP_GAP);
	ck_assert_uint_ge(rig_window_len(&r), 5);
	ck_assert_uint_gt(rig_stats(&r, 0).lost + rig_stats(&r, 1).lost, 0);
	rig_restart(&r, 1);
	rig_run(&r, SP_S);
	rig_all_have(&r, 5, 5);
	/* with it: at once */
	r.t[0].fault = RIG_CUT;
	rig_run(&r, 50 * SP_MS);
	rig_wipe(&r);
	r.t[0].fault = RIG_FINE;
	rig_run(&r, SP_S);
	ck_assert_uint_ge(rig_window_len(&r), 5);
	rig_end(&r);
}
END_TEST

START_TEST(a_tracker_whose_channel_it_was_may_die)
{
	rig_start_channel(&r, 3);
	rig_restart(&r, 0);
	rig_wipe(&r);
	/* the seeder goes on elsewhere */
	rig_records(&r, 1, 6, 7);
	rig_run(&r, 2 * SHARE_KEEP_GAP);
	ck_assert_uint_eq(rig_newest(&r, 0), 7);
	ck_assert_uint_eq(rig_newest(&r, 2), 7);
	rig_end(&r);
}
END_TEST

START_TEST(entries_that_come_twice_change_nothing)
{
	rig_start(&r, 2);
	r.t[1].fault = RIG_TWICE;
	rig_channel(&r, 0, 5);
	rig_run(&r, SP_S);
	rig_all_have(&r, 5, 5);
	ck_assert_uint_eq(rig_stats(&r, 1).taken, 6);
	ck_assert_uint_eq(rig_stats(&r, 1).bad, 0);
	rig_records(&r, 0, 6, 9);
	rig_run(&r, SP_S);
	rig_all_have(&r, 9, 9);
	rig_end(&r);
}
END_TEST

START_TEST(what_the_channel_key_did_not_sign_is_refused)
{
	struct signer other;
	struct sp_buf b;

	rig_start_channel(&r, 2);
	buf_init(&b, &r.fm.mem, 1 << 20);
	signer_init(&other, 9);
	signer_record(&other, &b, 0, 6, 12000, 0);
	rig_forge(&r, b.p, b.len);
	rig_forge(&r, "rubbish", 7);
	rig_forge(&r, b.p, b.len - 1);
	rig_forge(&r, NULL, 0);
	buf_fini(&b);
	rig_run(&r, SP_S);
	rig_all_have(&r, 5, 5);
	ck_assert_uint_eq(rig_stats(&r, 0).bad, 4);
	/* and does not keep the true one from being told */
	rig_records(&r, 0, 6, 6);
	rig_run(&r, SP_S);
	rig_all_have(&r, 6, 6);
	rig_end(&r);
}
END_TEST

START_TEST(refusals_are_tried_again)
{
	start(2);
	r.t[0].fault = RIG_REFUSE;
	rig_channel(&r, 0, 5);
	rig_run(&r, SP_S);
	ck_assert_uint_eq(rig_newest(&r, 1), 0);
	ck_assert_uint_gt(rig_stats(&r, 0).refused, 0);
	r.t[0].fault = RIG_FINE;
	rig_run(&r, 2 * SHARE_KEEP_GAP);
	rig_all_have(&r, 5, 5);
	rig_end(&r);
}
END_TEST

START_TEST(a_refused_append_leaves_no_hole)
{
	rig_start_channel(&r, 2);
	r.t[0].fault = RIG_FULL;
	rig_records(&r, 0, 6, 20);
	rig_run(&r, 100 * SP_MS);
	ck_assert_uint_lt(rig_newest(&r, 1), 20);
	r.t[0].fault = RIG_FINE;
	rig_run(&r, 2 * SHARE_MEND_MIN);
	rig_all_have(&r, 20, 20);
	rig_end(&r);
}
END_TEST

START_TEST(refusals_amid_many_appends_do_not_silence_a_channel)
{
	start(2);
	r.seed.window_ms = 900000;
	r.t[0].fault = RIG_FULL;
	rig_channel(&r, 0, 3 * SHARE_FLIGHT);
	rig_run(&r, 5 * SP_S);
	r.t[0].fault = RIG_FINE;
	rig_run(&r, 2 * SHARE_KEEP_GAP);
	rig_records(&r, 0, 3 * SHARE_FLIGHT + 1, 3 * SHARE_FLIGHT + 1);
	rig_run(&r, SP_S);
	ck_assert_uint_eq(rig_newest(&r, 1), 3 * SHARE_FLIGHT + 1);
	rig_end(&r);
}
END_TEST

START_TEST(refusals_that_stay_are_tried_again_ever_more_rarely)
{
	rig_start_channel(&r, 2);
	r.t[0].fault = RIG_REFUSE;
	rig_records(&r, 0, 6, 6);
	rig_run(&r, 60 * SP_S);
	/* peers and lists each 5 s, a channel and its signs of life each 10 */
	ck_assert_uint_lt(rig_stats(&r, 0).refused, 12 * 18 + 6 * 6 + 20);
	rig_end(&r);
}
END_TEST

START_TEST(a_stream_that_does_not_move_on_is_not_read_in_circles)
{
	rig_start(&r, 2);
	r.seed.window_ms = 900000;
	rig_channel(&r, 0, 200);
	rig_run(&r, SP_S);
	rig_restart(&r, 1);
	r.t[1].fault = RIG_STUCK;
	rig_run(&r, 20 * SP_S);
	ck_assert_uint_lt(r.t[1].reads, 20);
	r.t[1].fault = RIG_FINE;
	rig_run(&r, 2 * SHARE_KEEP_GAP);
	rig_all_have(&r, 200, rig_held(&r, 0));
	rig_end(&r);
}
END_TEST

/* ---- the link ------------------------------------------------------------ */

START_TEST(who_does_not_wait_for_news_is_not_asked_in_circles)
{
	start(2);
	r.t[0].fault = RIG_HASTY;
	r.t[0].waited = 0;
	rig_run(&r, 10 * SP_S);
	ck_assert_uint_le(r.t[0].waited, 51);
	/* news come all the same */
	rig_channel(&r, 1, 5);
	rig_run(&r, SP_S);
	rig_all_have(&r, 5, 5);
	rig_end(&r);
}
END_TEST

START_TEST(who_throws_us_out_at_once_is_asked_ever_more_rarely)
{
	rig_start(&r, 1);
	r.t[0].fault = RIG_BOUNCE;
	rig_run(&r, 300 * SP_S);
	ck_assert_uint_ge(r.t[0].connects, 16);
	ck_assert_uint_le(r.t[0].connects, 50);
	/* who has been there for a while is asked soon */
	r.t[0].fault = RIG_FINE;
	rig_run(&r, 3 * SHARE_CONNECT_MAX);
	r.t[0].fault = RIG_CUT;
	rig_run(&r, 20 * SP_MS);
	r.t[0].fault = RIG_FINE;
	rig_run(&r, SP_S);
	ck_assert_uint_eq(rig_stats(&r, 0).up, 1);
	rig_end(&r);
}
END_TEST

START_TEST(silence_is_the_end_of_a_connection)
{
	start(2);
	r.t[0].fault = RIG_SILENT;
	rig_run(&r, SHARE_TIMEOUT + SP_S);
	ck_assert_uint_eq(r.t[0].hangups, 1);
	rig_channel(&r, 1, 5);
	r.t[0].fault = RIG_FINE;
	rig_run(&r, SHARE_TIMEOUT + SP_S);
	rig_all_have(&r, 5, 5);
	rig_end(&r);
}
END_TEST

START_TEST(tries_to_connect_get_rarer)
{
	const struct rig_tracker *t = &r.t[0];
	sp_time gap;

	rig_start(&r, 2);
	r.t[0].fault = r.t[1].fault = RIG_CUT;
	rig_run(&r, 300 * SP_S);
	ck_assert_uint_ge(t->connects, 16);
	ck_assert_uint_le(t->connects, 50);
	gap = t->connected_at[1] - t->connected_at[0];
	ck_assert(gap >= 75 * SP_MS && gap <= 140 * SP_MS);
	gap = t->connected_at[15] - t->connected_at[14];
	ck_assert(gap >= SHARE_CONNECT_MAX * 3 / 4);
	/* not both at once */
	ck_assert_int_ne(t->connected_at[10], r.t[1].connected_at[10]);
	rig_end(&r);
}
END_TEST

/* ---- peers --------------------------------------------------------------- */

static struct tw_announce
announce_of(const struct sharewire_peer *p)
{
	struct tw_announce a = { .port = p->addr.port,
		.left = p->flags & SHAREWIRE_SEEDER ? 0 : 1,
		.numwant = 50,
		.event = p->flags & SHAREWIRE_STOPPED ? TW_EVENT_STOPPED
						      : TW_EVENT_STARTED,
		.live = p->flags & SHAREWIRE_LIVE,
		.up_kbps = p->up_kbps,
		.reachable = p->flags & SHAREWIRE_REACHABLE };

	memcpy(a.info_hash, p->info_hash, LINK_INFOHASH_LEN);
	memcpy(a.peer_id, p->flags & SHAREWIRE_LIVE ? "-SP0100-" : "-XX0100-",
	    8);
	a.peer_id[12] = p->addr.ip[3];
	a.peer_id[13] = p->addr.ip[2];
	return a;
}

/* Announces at tracker |i|; how many peers it is told of. */
static size_t
announce(size_t i, struct sharewire_peer p)
{
	struct tw_announce a = announce_of(&p);
	struct tw_peer peers[LIM_NUMWANT];
	struct tw_reply reply;

	ck_assert_int_eq(track_announce(r.t[i].track, &a, &p.addr, peers,
			     LIM_NUMWANT, &reply, r.now),
	    0);
	return reply.n_peers;
}

START_TEST(peers_of_different_trackers_find_each_other)
{
	start(3);
	for (unsigned k = 0; k < 30; k++)
		announce(k % 3, some_peer(1, k));
	rig_run(&r, SP_S);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(announce(i, some_peer(1, 100 + (unsigned)i)),
		    30);
	ck_assert_uint_eq(rig_stats(&r, 0).peers, 20);
	rig_end(&r);
}
END_TEST

START_TEST(who_leaves_one_is_forgotten_by_all)
{
	struct sharewire_peer p = some_peer(1, 1);

	start(2);
	announce(0, p);
	rig_run(&r, SP_S);
	ck_assert_uint_eq(announce(1, some_peer(1, 2)), 1);
	p.flags = SHAREWIRE_STOPPED;
	announce(0, p);
	rig_run(&r, SP_S);
	ck_assert_uint_eq(announce(1, some_peer(1, 3)), 1);
	rig_end(&r);
}
END_TEST

START_TEST(viewers_are_known_by_what_they_said)
{
	struct sharewire_peer p = some_peer(1, 1);
	struct tw_announce a;
	const struct roster *duty;

	rig_start_channel(&r, 2);
	memcpy(p.info_hash, r.seed.info_hash, LINK_INFOHASH_LEN);
	p.flags = SHAREWIRE_LIVE | SHAREWIRE_REACHABLE;
	p.up_kbps = 50000;
	announce(0, p);
	rig_run(&r, 200 * SP_MS + SHARE_PEERS_GAP);
	p.addr.ip[3] = 77;
	ck_assert_uint_eq(announce(1, p), 1);
	p.addr.ip[3] = 1;
	while (track_wake(r.t[1].track, a.info_hash, r.now + 10 * SP_S))
		continue;
	duty = track_roster_get(r.t[1].track, r.seed.info_hash);
	a = announce_of(&p);
	ck_assert(duty != NULL && roster_find(duty, a.peer_id) >= 0);
	rig_end(&r);
}
END_TEST

START_TEST(who_starts_later_gets_the_peers_of_the_last_half_hour)
{
	start(2);
	for (unsigned k = 0; k < 20; k++)
		announce(0, some_peer(k, k));
	rig_run(&r, 60 * SP_S);
	rig_restart(&r, 1);
	rig_run(&r, SP_S);
	ck_assert_uint_eq(rig_stats(&r, 1).peers, 20);
	rig_run(&r, SHARE_PEERS_BACK);
	rig_restart(&r, 1);
	rig_run(&r, SP_S);
	ck_assert_uint_eq(rig_stats(&r, 1).peers, 0);
	rig_end(&r);
}
END_TEST

START_TEST(bad_batches_are_skipped)
{
	start(2);
	rig_forge_batch(&r, 3, "rubbish", 7);
	rig_forge_batch(&r, 3, NULL, 0);
	announce(0, some_peer(3, 1));
	rig_run(&r, SP_S);
	ck_assert_uint_eq(rig_stats(&r, 1).bad, 2);
	ck_assert_uint_eq(rig_stats(&r, 1).peers, 1);
	rig_end(&r);
}
END_TEST

/* ---- memory -------------------------------------------------------------- */

START_TEST(every_failing_allocation_is_survived)
{
	struct rig_tracker *t = &r.t[1];
	struct share_conf sc = { .max_channels = 8, .idle = SP_S };
	struct share *s;
	struct failmem fm;

	rig_start(&r, 2);
	sc.node = t->node;
	sc.track = t->track;
	sc.out = track_shareout(t->track);
	FAILMEM_EACH (&fm) {
		int rv = share_new(&s, &sc, &fm.mem, 1, 0);

		if (rv < 0) {
			ck_assert_int_eq(rv, SP_ERR_NOMEM);
			ck_assert_ptr_null(s);
			continue;
		}
		share_local(s, r.seed.info_hash);
		share_member(s, "rubbish", 7);
		ck_assert(share_is_sound(s));
		share_free(s);
	}
	/* and while windows and peers travel: it heals */
	for (size_t i = 1; i < 60; i++) {
		failmem_arm(&r.fm, i);
		if (i == 1) {
			failmem_arm(&r.fm, 0);
			rig_channel(&r, 0, 5);
			failmem_arm(&r.fm, i);
		}
		rig_run(&r, 50 * SP_MS);
	}
	failmem_arm(&r.fm, 0);
	rig_run(&r, SHARE_LIST_GAP + 2 * SHARE_KEEP_GAP);
	rig_all_have(&r, 5, 5);
	rig_end(&r);
}
END_TEST

UNIT_MAIN("share", what_is_published_at_one_is_read_at_all,
    who_starts_later_gets_the_whole_window,
    the_manifest_is_known_when_the_stream_has_lost_it,
    while_it_is_away_each_goes_on_and_then_all_agree,
    data_lost_there_are_written_again, a_tracker_whose_channel_it_was_may_die,
    entries_that_come_twice_change_nothing,
    what_the_channel_key_did_not_sign_is_refused, refusals_are_tried_again,
    a_refused_append_leaves_no_hole,
    refusals_amid_many_appends_do_not_silence_a_channel,
    refusals_that_stay_are_tried_again_ever_more_rarely,
    a_stream_that_does_not_move_on_is_not_read_in_circles,
    who_does_not_wait_for_news_is_not_asked_in_circles,
    who_throws_us_out_at_once_is_asked_ever_more_rarely,
    silence_is_the_end_of_a_connection, tries_to_connect_get_rarer,
    peers_of_different_trackers_find_each_other,
    who_leaves_one_is_forgotten_by_all, viewers_are_known_by_what_they_said,
    who_starts_later_gets_the_peers_of_the_last_half_hour,
    bad_batches_are_skipped, every_failing_allocation_is_survived)
