#include "swarm/client/mesh_host.h"

#include "swarm/client/host_int.h"
#include "swarm/mesh_int.h"
#include "test/unit/site_rig.h"
#include "test/unit/unit.h"

struct watcher {
	struct mesh_host *h;
	unsigned changed, calls, answers, failures;
	bool left;
};

static void
on_changed(void *ctx, unsigned what)
{
	struct watcher *w = ctx;

	w->changed |= what;
	w->calls++;
}

static void
on_tracker(void *ctx, const char *url SP_UNUSED, const char *why)
{
	struct watcher *w = ctx;

	if (why == NULL)
		w->answers++;
	else
		w->failures++;
}

static void
on_left(void *ctx)
{
	struct watcher *w = ctx;

	w->left = true;
}

static const struct mesh_host_ops ops = {
	.changed = on_changed,
	.tracker = on_tracker,
	.left = on_left,
};

static void
start(struct watcher *w, struct site *s, const struct mesh_host_conf *c)
{
	memset(w, 0, sizeof(*w));
	ck_assert_int_eq(mesh_host_new(&w->h, c, s->loop, s->origin, &ops, w),
	    0);
}

static void
start_viewer(struct watcher *w, struct site *s)
{
	struct mesh_host_conf c;

	site_conf(s, &c);
	start(w, s, &c);
}

static bool
has_manifest(const struct watcher *w)
{
	return mesh_manifest_get(mesh_host_mesh(w->h), NULL, NULL) != NULL;
}

static unsigned
held(const struct watcher *w, uint64_t number)
{
	struct mesh_piece pc;

	if (mesh_piece(mesh_host_mesh(w->h), 0, number, &pc) < 0)
		return 0;
	return pc.held;
}

static struct mesh_stats
stats(const struct watcher *w, const struct site *s)
{
	struct mesh_stats st;

	mesh_stats(mesh_host_mesh(w->h), &st, loop_now(s->loop));
	return st;
}

static void
publish_some(struct site *s, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		site_publish(s, (n - i) * 1000 + 3000, 0);
}

START_TEST(viewer_fetches_from_the_origin_when_it_is_alone)
{
	struct site s;
	struct watcher w;
	const uint8_t *p;
	size_t len, i;

	site_init(&s);
	publish_some(&s, 6);
	start_viewer(&w, &s);
	SITE_UNTIL(&s, has_manifest(&w));
	mesh_follow(mesh_host_mesh(w.h), 0, true, loop_now(s.loop));
	mesh_host_kick(w.h);
	SITE_UNTIL(&s, held(&w, SITE_FIRST + 5) == 3);
	ck_assert_int_eq(
	    mesh_read(mesh_host_mesh(w.h), 0, SITE_FIRST + 5, 0, &p, &len), 0);
	ck_assert_uint_eq(len, LIM_BLOCK);
	for (i = 0; i < len; i++)
		ck_assert_uint_eq(p[i], site_byte(SITE_FIRST + 5, i));
	ck_assert(w.changed & MESH_CHANGED_BLOCKS);
	ck_assert_uint_gt(stats(&w, &s).origin_bytes, SITE_BYTES);
	ck_assert_str_eq(mesh_host_origin(w.h, 0), s.base);
	ck_assert_ptr_null(mesh_host_origin(w.h, 1));
	mesh_host_free(w.h);
	site_fini(&s);
}
END_TEST

START_TEST(announces_go_to_all_trackers_with_the_port)
{
	struct mesh_host_tracker t;
	struct site s;
	struct watcher w;

	site_init(&s);
	start_viewer(&w, &s);
	SITE_UNTIL(&s, w.answers == 2);
	ck_assert_uint_eq(s.announces[0], 1);
	ck_assert_uint_eq(s.announces[1], 1);
	ck_assert_uint_eq(s.last.port, mesh_host_port(w.h));
	ck_assert_uint_ne(s.last.port, 0);
	ck_assert_int_eq(s.last.event, TW_EVENT_STARTED);
	ck_assert(!s.last.compact);
	ck_assert_mem_eq(s.last.info_hash, mesh_info_hash(mesh_host_mesh(w.h)),
	    LINK_INFOHASH_LEN);
	ck_assert_uint_eq(mesh_host_trackers(w.h), 2);
	mesh_host_tracker(w.h, 0, &t);
	ck_assert(t.ok);
	ck_assert_uint_eq(t.answers, 1);
	ck_assert_uint_eq(t.complete, 1);
	ck_assert_str_eq(t.error, "");
	mesh_host_leave(w.h);
	SITE_UNTIL(&s, w.left);
	ck_assert_uint_eq(s.stopped, 2);
	mesh_host_free(w.h);
	site_fini(&s);
}
END_TEST

START_TEST(feed_moves_to_a_tracker_that_works)
{
	struct site s;
	struct watcher w;

	site_init(&s);
	s.down[0] = true;
	publish_some(&s, 1);
	start_viewer(&w, &s);
	SITE_UNTIL(&s, has_manifest(&w));
	ck_assert_uint_eq(s.streams[0], 0);
	ck_assert_uint_eq(s.streams[1], 1);
	SITE_UNTIL(&s, w.failures == 1 && w.answers == 1);
	/* and back, from where it was */
	s.down[0] = false;
	s.down[1] = true;
	site_drop_feeds(&s);
	SITE_UNTIL(&s, s.streams[0] == 1);
	site_publish(&s, 0, 0);
	SITE_UNTIL(&s, stats(&w, &s).records == 3);
	ck_assert(stats(&w, &s).feed_up);
	mesh_host_free(w.h);
	site_fini(&s);
}
END_TEST

START_TEST(without_a_stream_announces_bring_the_window)
{
	struct site s;
	struct watcher w;

	site_init(&s);
	s.full = s.down[0] = s.down[1] = true;
	publish_some(&s, 3);
	start_viewer(&w, &s);
	SITE_UNTIL(&s, w.failures == 2 && w.h->feed.fails > 0);
	/* they answer again, but streams are too many */
	s.down[0] = s.down[1] = false;
	SITE_UNTIL(&s, has_manifest(&w));
	ck_assert(s.last.window);
	ck_assert_uint_ge(stats(&w, &s).records, 3);
	ck_assert_uint_eq(s.streams[0] + s.streams[1], 0);
	/* A stream begins where none has been. */
	ck_assert_uint_eq(w.h->trackers[0].since.seq, 0);
	mesh_host_free(w.h);
	site_fini(&s);
}
END_TEST

START_TEST(a_viewer_tells_how_it_fares_if_it_may)
{
	struct mesh_host_conf c;
	struct site s;
	struct watcher w;

	site_init(&s);
	publish_some(&s, 6);
	site_conf(&s, &c);
	c.telemetry = SP_S / 10;
	start(&w, &s, &c);
	SITE_UNTIL(&s, has_manifest(&w));
	mesh_follow(mesh_host_mesh(w.h), 0, true, loop_now(s.loop));
	mesh_host_kick(w.h);
	SITE_UNTIL(&s, s.told >= 1 && s.telemetry.origin_kib > 0);
	ck_assert_mem_eq(s.telemetry.peer_id, mesh_peer_id(mesh_host_mesh(w.h)),
	    LINK_PEERID_LEN);
	ck_assert_uint_eq(s.telemetry.port, mesh_host_port(w.h));
	ck_assert_uint_eq(s.telemetry.peer_kib, 0);
	ck_assert_uint_eq(s.telemetry.span_s, 1);
	mesh_host_free(w.h);
	/* Who was not told to does not. */
	s.told = 0;
	site_conf(&s, &c);
	start(&w, &s, &c);
	SITE_UNTIL(&s, stats(&w, &s).feed_up);
	ck_assert(!io_timer_is_set(&w.h->telemetry.timer));
	mesh_host_free(w.h);
	ck_assert_uint_eq(s.told, 0);
	site_fini(&s);
}
END_TEST

START_TEST(what_is_told_is_what_has_changed)
{
	static struct mesh_stats was, is;
	struct telemetry t;

	quantile_init(&was.lag, 0);
	was.peer_bytes = was.origin_bytes = was.up_bytes = 1 << 20;
	was.stalls = 4;
	was.stalled = SP_S;
	quantile_add(&was.lag, 3000000);
	is = was;
	is.peer_bytes += 10 << 20;
	is.origin_bytes += 1 << 20;
	is.origin_waste_bytes += 1 << 10;
	is.up_bytes += 5 << 20;
	is.uplink_bps = 1000000;
	is.stalls += 2;
	is.stalled += 3 * SP_S / 2;
	quantile_add(&is.lag, 1000000);
	host_telemetry_fill(&t, &is, &was, 29600 * SP_MS);
	ck_assert_uint_eq(t.span_s, 30);
	ck_assert_uint_eq(t.peer_kib, 10240);
	ck_assert_uint_eq(t.origin_kib, 1025);
	ck_assert_uint_eq(t.up_kib, 5120);
	ck_assert_uint_eq(t.uplink_kbps, 8000);
	ck_assert_uint_eq(t.stalls, 2);
	ck_assert_uint_eq(t.stalled_ms, 1500);
	ck_assert_uint_eq(t.n, 1);
	ck_assert_uint_ge(telemetry_lag_ms(t.lags[0]), 930);
	ck_assert_uint_le(telemetry_lag_ms(t.lags[0]), 1070);
	host_telemetry_fill(&t, &is, &is, 0);
	ck_assert_uint_eq(t.span_s, 1);
	ck_assert_uint_eq(t.peer_kib + t.origin_kib + t.stalls + t.n, 0);
	host_telemetry_fill(&t, &is, &was, 86400 * SP_S);
	ck_assert_uint_eq(t.span_s, LIM_TELE_SPAN);
}
END_TEST

static const struct roster *
roster_of(const struct watcher *w)
{
	return mesh_host_mesh(w->h)->roster;
}

START_TEST(rosters_of_the_feed_reach_the_mesh)
{
	struct roster from = { .version = 4, .epoch = 1, .epoch_s = 20 }, to;
	struct sp_buf full, delta;
	struct site s;
	struct watcher w;

	site_init(&s);
	publish_some(&s, 1);
	from.n = 1;
	from.entries[0].weight = 7; /* of a member with a private address */
	to = from;
	to.version = 5;
	to.epoch = 2;
	buf_init(&full, io_mem(), LIM_FEED_FRAME);
	buf_init(&delta, io_mem(), LIM_FEED_FRAME);
	roster_put_full(&full, &from);
	roster_put_delta(&delta, &from, &to);
	start_viewer(&w, &s);
	SITE_UNTIL(&s, has_manifest(&w));
	ck_assert_ptr_null(roster_of(&w));
	/* a change of what it has not: nothing, and the feed goes on */
	site_roster(&s, &delta);
	site_roster(&s, &full);
	SITE_UNTIL(&s, roster_of(&w) != NULL);
	ck_assert_uint_eq(roster_of(&w)->version, 4);
	ck_assert_uint_eq(roster_of(&w)->entries[0].weight, 7);
	site_roster(&s, &delta);
	SITE_UNTIL(&s, roster_of(&w)->epoch == 2);
	ck_assert_uint_eq(s.streams[0] + s.streams[1], 1);
	/* another stream begins with a whole one */
	site_drop_feeds(&s);
	SITE_UNTIL(&s, s.streams[0] + s.streams[1] == 2);
	site_roster(&s, &delta);
	site_publish(&s, 0, 0);
	SITE_UNTIL(&s, stats(&w, &s).records == 3);
	ck_assert_uint_eq(roster_of(&w)->version, 5);
	site_roster(&s, &full);
	SITE_UNTIL(&s, roster_of(&w)->version == 4);
	mesh_host_free(w.h);
	site_fini(&s);
	buf_fini(&full);
	buf_fini(&delta);
}
END_TEST

START_TEST(peers_carry_a_piece_without_the_origin)
{
	struct mesh_host_conf c;
	struct watcher seeder, viewer;
	uint8_t bytes[SITE_BYTES];
	struct site s;
	unsigned i;
	sp_time now;

	site_init(&s);
	site_conf(&s, &c);
	c.mesh.seeder = true;
	c.mesh.lan = true;
	start(&seeder, &s, &c);
	publish_some(&s, 6);
	now = loop_now(s.loop);
	for (i = 1; i <= s.n_pieces; i++) {
		ck_assert_int_eq(mesh_record(mesh_host_mesh(seeder.h),
				     s.records[i].p, s.records[i].len, false,
				     now),
		    0);
		site_bytes(SITE_FIRST + i - 1, bytes);
		ck_assert_int_eq(mesh_supply(mesh_host_mesh(seeder.h), 0,
				     SITE_FIRST + i - 1, bytes, SITE_BYTES,
				     now),
		    0);
	}
	mesh_host_kick(seeder.h);
	SITE_UNTIL(&s, seeder.answers == 2);
	ck_assert_uint_eq(s.last.left, 0);
	ck_assert_uint_eq(s.streams[0] + s.streams[1], 0);
	s.peers[0].addr =
	    addr_make(4, "\x7f\0\0\x01", mesh_host_port(seeder.h));
	s.n_peers = 1;

	site_conf(&s, &c);
	c.mesh.lan = true;
	c.no_origin = true;
	start(&viewer, &s, &c);
	SITE_UNTIL(&s, has_manifest(&viewer));
	mesh_follow(mesh_host_mesh(viewer.h), 0, true, loop_now(s.loop));
	mesh_host_kick(viewer.h);
	SITE_UNTIL(&s, held(&viewer, SITE_FIRST + 5) == 3);
	ck_assert_uint_eq(s.fetched, 0);
	ck_assert_uint_ge(stats(&viewer, &s).peer_bytes, SITE_BYTES);
	ck_assert_uint_eq(stats(&viewer, &s).neighbours, 1);
	/* the seeder leaves: the viewer sees it go */
	mesh_host_leave(seeder.h);
	SITE_UNTIL(&s, seeder.left);
	SITE_UNTIL(&s, stats(&viewer, &s).neighbours == 0);
	mesh_host_free(viewer.h);
	mesh_host_free(seeder.h);
	site_fini(&s);
}
END_TEST

START_TEST(private_origin_needs_the_users_word)
{
	struct mesh_host_conf c;
	struct site s;
	struct watcher w;

	site_init(&s);
	publish_some(&s, 6);
	site_conf(&s, &c);
	c.n_origins = 0;
	start(&w, &s, &c);
	SITE_UNTIL(&s, has_manifest(&w));
	mesh_follow(mesh_host_mesh(w.h), 0, true, loop_now(s.loop));
	mesh_host_kick(w.h);
	SITE_UNTIL(&s, stats(&w, &s).fetch_errors > 0);
	ck_assert_uint_eq(s.fetched, 0);
	ck_assert_uint_eq(stats(&w, &s).origin_bytes, 0);
	mesh_host_free(w.h);
	site_fini(&s);
}
END_TEST

START_TEST(port_in_use_is_told)
{
	struct mesh_host_conf c;
	struct mesh_host *h;
	struct site s;

	site_init(&s);
	site_conf(&s, &c);
	c.listen[0] = s.addr;
	ck_assert_int_eq(mesh_host_new(&h, &c, s.loop, s.origin, &ops, NULL),
	    SP_ERR_EXISTS);
	site_fini(&s);
}
END_TEST

static void
expect_live(const char *tracker, const char *url)
{
	uint8_t ih[LINK_INFOHASH_LEN] = { 0xab };
	struct sp_buf b;

	buf_init(&b, io_mem(), 4096);
	mesh_host_live_url(&b, tracker, ih, "stream");
	buf_put_u8(&b, 0);
	ck_assert_str_eq((const char *)b.p, url);
	buf_fini(&b);
}

#define HEX "ab00000000000000000000000000000000000000"

START_TEST(live_urls_stand_beside_the_announce_url)
{
	expect_live("http://t:1/announce", "http://t:1/live/" HEX "/stream");
	expect_live("http://t:1/x/announce?k=/",
	    "http://t:1/x/live/" HEX "/stream");
	expect_live("http://t:1/", "http://t:1/live/" HEX "/stream");
	expect_live("http://t:1", "http://t:1/live/" HEX "/stream");
	expect_live("https://t?k=1", "https://t/live/" HEX "/stream");
}
END_TEST

START_TEST(authority_is_scheme_host_and_port)
{
	static const char *const same[][2] = {
		{ "http://h/a", "http://h:80" },
		{ "HTTP://H:80/a", "http://h:80" },
		{ "https://h?x", "https://h:443" },
		{ "https://h:/", "https://h:443" },
		{ "http://[::1]/x", "http://[::1]:80" },
		{ "http://[::1]:8/x", "http://[::1]:8" },
		{ "http://h:81/x@y", "http://h:81" },
	};
	static const char *const bad[] = { "ftp://h/", "http:///x", "http://",
		"http://u@h/", "h/x" };
	char out[HOST_AUTHORITY_MAX];
	size_t i;

	for (i = 0; i < SP_LEN(same); i++) {
		ck_assert_int_eq(
		    host_authority(out, same[i][0], strlen(same[i][0])), 0);
		ck_assert_str_eq(out, same[i][1]);
	}
	for (i = 0; i < SP_LEN(bad); i++)
		ck_assert_int_eq(host_authority(out, bad[i], strlen(bad[i])),
		    SP_ERR_SYNTAX);
}
END_TEST

UNIT_MAIN("mesh_host", viewer_fetches_from_the_origin_when_it_is_alone,
    announces_go_to_all_trackers_with_the_port,
    feed_moves_to_a_tracker_that_works,
    without_a_stream_announces_bring_the_window,
    a_viewer_tells_how_it_fares_if_it_may, what_is_told_is_what_has_changed,
    rosters_of_the_feed_reach_the_mesh, peers_carry_a_piece_without_the_origin,
    private_origin_needs_the_users_word, port_in_use_is_told,
    live_urls_stand_beside_the_announce_url, authority_is_scheme_host_and_port)
