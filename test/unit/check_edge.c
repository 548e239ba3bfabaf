#include "test/unit/edge_help.h"

#include <jansson.h>

#include "swarm/mesh_int.h"

START_TEST(channel_plays_from_master_to_bytes)
{
	static const char head[] =
	    "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n"
	    "#EXT-X-MEDIA-SEQUENCE:";
	static const char map[] = "\n#EXT-X-MAP:URI=\"init-7.mp4\"\n";
	struct home m;
	uint8_t bytes[SITE_BYTES];
	char *next, path[64];
	unsigned long n;
	const char *s;

	home_init(&m, 8, NULL);
	ck_assert_str_eq(get(&m, "/master.m3u8"),
	    "#EXTM3U\n#EXT-X-VERSION:3\n"
	    "#EXT-X-STREAM-INF:BANDWIDTH=1000000\nt/0/index.m3u8\n");
	ck_assert_int_eq(m.status, 200);
	ck_assert_str_eq(m.type, "application/vnd.apple.mpegurl");
	s = get(&m, "/t/0/index.m3u8");
	ck_assert_int_eq(m.status, 200);
	ck_assert_msg(strncmp(s, head, strlen(head)) == 0, "%s", s);
	n = strtoul(s + strlen(head), &next, 10);
	ck_assert_uint_ge(n, SITE_FIRST);
	ck_assert_msg(strncmp(next, map, strlen(map)) == 0, "%s", s);
	/* two at least, so the second is there */
	snprintf(path, sizeof(path), "%lu.m4s\n", n + 1);
	ck_assert_ptr_nonnull(strstr(s, path));
	snprintf(path, sizeof(path), "/t/0/%lu.m4s", n + 1);
	get(&m, path);
	ck_assert_int_eq(m.status, 200);
	ck_assert_str_eq(m.type, "video/iso.segment");
	ck_assert_uint_eq(m.length, SITE_BYTES);
	site_bytes(n + 1, bytes);
	ck_assert_uint_eq(m.len, SITE_BYTES);
	ck_assert_mem_eq(m.body, bytes, SITE_BYTES);
	get(&m, "/t/0/init-7.mp4");
	ck_assert_str_eq(m.type, "video/mp4");
	site_bytes(7, bytes);
	ck_assert_mem_eq(m.body, bytes, SITE_BYTES);
	home_fini(&m);
}
END_TEST

/* Its rate is more than the uplink has room for. */
START_TEST(rung_of_few_is_not_offered)
{
	static const char both[] = "#EXTM3U\n#EXT-X-VERSION:3\n"
				   "#EXT-X-STREAM-INF:BANDWIDTH=1000000\n"
				   "t/0/index.m3u8\n"
				   "#EXT-X-STREAM-INF:BANDWIDTH=50000000\n"
				   "t/1/index.m3u8\n";
	struct home m;

	home_init(&m, 8, NULL);
	get(&m, "/t/0/index.m3u8");
	site_add_rung(&m.s);
	SITE_UNTIL(&m.s, strcmp(get(&m, "/master.m3u8"), both) == 0);
	m.s.counted = true;
	m.s.viewers[0] = 5;
	/* what we watch is told, and what others do comes with the answer */
	SITE_UNTIL(&m.s, m.s.last.has_track);
	ck_assert_uint_eq(m.s.last.track, 0);
	SITE_UNTIL(&m.s, strcmp(get(&m, "/master.m3u8"), both) != 0);
	ck_assert_ptr_null(strstr((const char *)m.body, "t/1/"));
	ck_assert_ptr_nonnull(strstr((const char *)m.body, "t/0/"));
	/* a player that has begun with it is not told otherwise */
	ask(&m, "/t/1/index.m3u8", &(struct origin_ask){ 0 });
	loop_step(m.s.loop, loop_now(m.s.loop) + 50 * SP_MS);
	SITE_UNTIL(&m.s, strcmp(get(&m, "/master.m3u8"), both) == 0);
	home_fini(&m);
}
END_TEST

START_TEST(ranges_and_heads_are_answered)
{
	struct origin_ask part = { .ranged = true, .offset = 100, .length = 9 };
	struct origin_ask past = { .ranged = true, .offset = SITE_BYTES };
	struct origin_ask head = { .head = true };
	uint8_t bytes[SITE_BYTES];
	struct home m;

	home_init(&m, 8, NULL);
	get(&m, "/t/0/index.m3u8");
	site_bytes(SITE_FIRST + 7, bytes);
	ask(&m, "/t/0/107.m4s", &part);
	SITE_UNTIL(&m.s, m.answered);
	ck_assert_int_eq(m.status, 206);
	ck_assert_uint_eq(m.len, 9);
	ck_assert_mem_eq(m.body, bytes + 100, 9);
	ask(&m, "/t/0/107.m4s", &past);
	SITE_UNTIL(&m.s, m.answered);
	ck_assert_int_eq(m.status, 416);
	ask(&m, "/t/0/107.m4s", &head);
	SITE_UNTIL(&m.s, m.answered);
	ck_assert_int_eq(m.status, 200);
	ck_assert_uint_eq(m.length, SITE_BYTES);
	ck_assert_uint_eq(m.len, 0);
	home_fini(&m);
}
END_TEST

START_TEST(piece_that_is_not_there_yet_is_waited_for)
{
	struct origin_ask a = { 0 };
	struct home m;

	home_init(&m, 8, NULL);
	get(&m, "/t/0/index.m3u8");
	/* the origin answers nothing: the head comes, the bytes do not */
	m.s.deaf = true;
	site_publish(&m.s, 0, 0);
	ask(&m, "/t/0/108.m4s", &a);
	SITE_UNTIL(&m.s, m.begun);
	ck_assert_uint_eq(m.length, SITE_BYTES);
	ck_assert(!m.answered);
	home_fini(&m);

	/* a record that comes while its player waits */
	home_init(&m, 8, NULL);
	get(&m, "/t/0/index.m3u8");
	ask(&m, "/t/0/108.m4s", &a);
	loop_step(m.s.loop, loop_now(m.s.loop) + 50 * SP_MS);
	loop_step(m.s.loop, loop_now(m.s.loop) + 50 * SP_MS);
	ck_assert(!m.answered);
	site_publish(&m.s, 0, 0);
	SITE_UNTIL(&m.s, m.answered);
	ck_assert_int_eq(m.status, 200);
	ck_assert_uint_eq(m.len, SITE_BYTES);
	home_fini(&m);
}
END_TEST

START_TEST(what_does_not_exist_is_not_found)
{
	struct home m;

	home_init(&m, 8, NULL);
	get(&m, "/t/0/index.m3u8");
	get(&m, "/t/0/5.m4s");
	ck_assert_int_eq(m.status, 404);
	get(&m, "/t/9/index.m3u8");
	ck_assert_int_eq(m.status, 404);
	get(&m, "/t/9/107.m4s");
	ck_assert_int_eq(m.status, 404);
	get(&m, "/nothing");
	ck_assert_int_eq(m.status, 404);
	home_fini(&m);
}
END_TEST

/* An encoder that restarts ends its playlist first. */
START_TEST(list_goes_on_after_a_last_piece)
{
	struct home m;
	unsigned i;

	home_init(&m, 2, NULL);
	for (i = 0; i < 3; i++)
		site_publish(&m.s, 3500 - i, i == 2 ? RECORD_LAST : 0);
	SITE_UNTIL(&m.s,
	    strstr(get(&m, "/t/0/index.m3u8"), "104.m4s\n") != NULL);
	ck_assert_ptr_null(strstr((const char *)m.body, "ENDLIST"));
	site_publish(&m.s, 3400, RECORD_DISCONTINUITY);
	SITE_UNTIL(&m.s,
	    strstr(get(&m, "/t/0/index.m3u8"), "105.m4s\n") != NULL);
	ck_assert_ptr_nonnull(strstr((const char *)m.body, "DISCONTINUITY\n"));
	home_fini(&m);
}
END_TEST

/* Four pieces are listed, the last with |flags|; all a minute old if |old|. */
static void
publish_four(struct home *m, unsigned flags, bool old)
{
	struct window *w = &mesh_host_mesh(m->h)->window;
	uint64_t n;

	for (n = 0; n < 4; n++)
		site_publish(&m->s, 7000 - (int64_t)n * 1000,
		    n == 3 ? flags : 0);
	SITE_UNTIL(&m->s,
	    strstr(get(m, "/t/0/index.m3u8"), "103.m4s\n") != NULL);
	for (n = SITE_FIRST; old && n < SITE_FIRST + 4; n++)
		window_piece(w, 0, n)->avail_at -= 60 * SP_S;
}

static bool
list_ends(struct home *m)
{
	return strstr(get(m, "/t/0/index.m3u8"), "\n#EXT-X-ENDLIST\n") != NULL;
}

/* No encoder comes back that late. */
START_TEST(list_ends_long_after_a_last_piece)
{
	struct home m;

	home_init(&m, 0, NULL);
	publish_four(&m, RECORD_LAST, true);
	ck_assert(list_ends(&m));
	ck_assert_ptr_nonnull(strstr((const char *)m.body, "103.m4s\n"));
	home_fini(&m);
	home_init(&m, 0, NULL);
	publish_four(&m, RECORD_LAST, false);
	ck_assert(!list_ends(&m));
	home_fini(&m);
}
END_TEST

START_TEST(list_ends_when_the_channel_has_ended)
{
	struct home m;

	home_init(&m, 0, NULL);
	publish_four(&m, 0, true);
	ck_assert(!list_ends(&m));
	site_end(&m.s);
	SITE_UNTIL(&m.s, list_ends(&m));
	home_fini(&m);
}
END_TEST

START_TEST(strangers_are_kept_out)
{
	static const char page[] = "Origin: http://evil.example";
	struct home m;

	home_init(&m, 1, NULL);
	/* a name that was rebound to this machine */
	ck_assert_int_eq(get_with(&m, "/status.json", "Host: evil.example"),
	    403);
	ck_assert_int_eq(get_with(&m, "/master.m3u8", "Host: evil.example"),
	    403);
	/* a page may play, and learn nothing else */
	ck_assert_int_eq(get_with(&m, "/master.m3u8", page), 200);
	ck_assert_int_eq(get_with(&m, "/status.json", page), 403);
	ck_assert_int_eq(get_with(&m, "/metrics", page), 403);
	ck_assert_int_eq(get_with(&m, "/", page), 403);
	get(&m, "/status.json");
	ck_assert_int_eq(m.status, 200);
	home_fini(&m);
}
END_TEST

START_TEST(token_is_asked_for_and_carried_on)
{
	struct home m;

	home_init(&m, 8, "secret-1");
	ck_assert_ptr_nonnull(strstr(m.base, "/secret-1"));
	*strstr(m.base, "/secret-1") = '\0';
	get(&m, "/master.m3u8");
	ck_assert_int_eq(m.status, 403);
	get(&m, "/secret-2/master.m3u8");
	ck_assert_int_eq(m.status, 403);
	get(&m, "/status.json");
	ck_assert_int_eq(m.status, 403);
	get(&m, "/secret-1/status.json");
	ck_assert_int_eq(m.status, 200);
	ck_assert_ptr_nonnull(
	    strstr(get(&m, "/secret-1/master.m3u8"), "\nt/0/index.m3u8\n"));
	ck_assert_ptr_nonnull(strstr(get(&m, "/master.m3u8?token=secret-1"),
	    "\nt/0/index.m3u8?token=secret-1\n"));
	ck_assert_ptr_nonnull(strstr(get(&m, "/t/0/index.m3u8?token=secret-1"),
	    ".m4s?token=secret-1\n"));
	/* then any name will do, it is the token that counts */
	ck_assert_int_eq(
	    get_with(&m, "/secret-1/master.m3u8", "Host: tv.example"), 200);
	home_fini(&m);
}
END_TEST

START_TEST(open_listening_needs_a_good_token)
{
	struct edge_conf c = { .door.n_listen = 1, .track = -1 };
	struct edge *e;
	struct home m;

	home_init(&m, 0, NULL);
	c.door.listen[0] = addr_make(4, "\0\0\0", 0);
	ck_assert_int_eq(edge_new(&e, &c, m.s.loop, m.h), SP_ERR_DENIED);
	c.door.token = "short";
	ck_assert_int_eq(edge_new(&e, &c, m.s.loop, m.h), SP_ERR_ARG);
	c.door.token = NULL;
	c.door.listen[0] = m.s.addr;
	ck_assert_int_eq(edge_new(&e, &c, m.s.loop, m.h), SP_ERR_EXISTS);
	ck_assert(door_token_is_ok("aA0-._~x"));
	ck_assert(!door_token_is_ok("with/slash"));
	ck_assert(!door_token_is_ok("with space"));
	home_fini(&m);
}
END_TEST

START_TEST(status_is_json_and_the_page_escapes)
{
	struct home m;
	json_t *o, *t;

	home_init(&m, 8, NULL);
	get(&m, "/t/0/index.m3u8");
	get(&m, "/status.json");
	ck_assert_str_eq(m.type, "application/json");
	o = json_loads((const char *)m.body, 0, NULL);
	ck_assert_ptr_nonnull(o);
	t = json_array_get(json_object_get(o, "tracks"), 0);
	ck_assert(json_is_true(json_object_get(t, "followed")));
	t = json_object_get(o, "stats");
	ck_assert(json_integer_value(json_object_get(t, "origin_bytes")) > 0);
	ck_assert_uint_eq(json_array_size(json_object_get(o, "trackers")), 2);
	ck_assert_str_eq(
	    json_string_value(json_array_get(json_object_get(o, "origins"), 0)),
	    m.s.base);
	json_decref(o);
	ck_assert_ptr_nonnull(strstr(get(&m, "/"), "<h1>Test &lt;1&gt;</h1>"));
	ck_assert_ptr_nonnull(
	    strstr(get(&m, "/metrics"), "\nspate_feed_up 1\n"));
	ck_assert_ptr_nonnull(strstr((const char *)m.body,
	    "\nspate_played_bytes_total 0\n# HELP "));
	home_fini(&m);
}
END_TEST

UNIT_MAIN("edge", channel_plays_from_master_to_bytes,
    rung_of_few_is_not_offered, ranges_and_heads_are_answered,
    piece_that_is_not_there_yet_is_waited_for, what_does_not_exist_is_not_found,
    list_goes_on_after_a_last_piece, list_ends_long_after_a_last_piece,
    list_ends_when_the_channel_has_ended, strangers_are_kept_out,
    token_is_asked_for_and_carried_on, open_listening_needs_a_good_token,
    status_is_json_and_the_page_escapes)
