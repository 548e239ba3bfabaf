#include <strings.h>
#include <sys/stat.h>

#include "test/unit/vod_help.h"

#define P FAKE_PIECE

/* A film of 20 pieces and a bit, and what lies beside it. */
static const struct fake_file film[] = {
	{ "torrent/cover.jpg", 1000, false },
	{ "torrent/.pad/1", P - 1000, true },
	{ "torrent/sub dir/film \"1\".mkv", 20 * P + 5, false },
	{ "torrent/readme.html", 100, false },
	{ "torrent/empty.txt", 0, false },
};
#define FILM      "/sub%20dir/film%20%221%22.mkv"
#define FILM_LEN  (20 * (size_t)P + 5)
#define FILM_LAST 21 /* piece; the first is 1 */

static void
up(void)
{
	vod_up(film, SP_LEN(film));
}

static void
have(uint32_t from, uint32_t to)
{
	for (; from < to; from++)
		fake_piece(from);
}

/* ---- what is asked of libtorrent ---- */

START_TEST(main_file_is_the_film_and_its_edges_come_first)
{
	char url[VOD_URL_MAX];

	up();
	ck_assert_str_eq(strstr(vod_url(vod, url) + 7, "/"), FILM);
	ck_assert(fake.due[1] && fake.due[FILM_LAST]);
	/* what nobody asked for is not fetched */
	ck_assert_uint_eq(fake.prio[0], 0);
	vod_end();
}
END_TEST

START_TEST(player_gets_bytes_as_pieces_come)
{
	struct client *k;

	up();
	k = ask(0, "GET", FILM, "");
	UNTIL(strstr(k->got, "\r\n\r\n") != NULL);
	ck_assert_int_eq(status(k), 200);
	ck_assert_str_eq(header(k, "content-length"), "327685");
	ck_assert_str_eq(header(k, "content-type"), "video/x-matroska");
	ck_assert_str_eq(header(k, "accept-ranges"), "bytes");
	ck_assert_uint_eq(fake.due_ms[1], 0);
	/* one that is not next is not sent */
	fake_piece(2);
	rest(50 * SP_MS);
	ck_assert_uint_eq(body_len(k), 0);
	fake_piece(1);
	UNTIL(body_len(k) == 2 * P);
	assert_body(k, P, 2 * P);
	have(3, FILM_LAST + 1);
	UNTIL(answered(k));
	assert_body(k, P, FILM_LEN);
	vod_end();
}
END_TEST

START_TEST(bytes_that_were_not_verified_are_not_sent)
{
	struct client *k;

	up();
	k = ask(0, "GET", FILM, "");
	fake_wrong(1);
	fake_wrong(2);
	rest(50 * SP_MS);
	ck_assert_uint_eq(body_len(k), 0);
	have(1, FILM_LAST + 1);
	UNTIL(answered(k));
	assert_body(k, P, FILM_LEN);
	vod_end();
}
END_TEST

/* A film of 40 MiB in pieces of one. */
START_TEST(player_that_leaves_takes_his_deadlines_along)
{
	static const struct fake_file big = { "film.mkv", 40 << 20, false };
	struct client *k;

	fake_pieces_of(1 << 20);
	vod_up(&big, 1);
	/* head and tail, for who comes */
	ck_assert_uint_eq(fake_due(), 2);
	k = ask(0, "GET", "/film.mkv", "Range: bytes=10485760-\r\n");
	UNTIL(fake.due[10] && fake.due_ms[10] == 0 && fake.due[14]);
	ck_assert_uint_eq(fake_due(), 5);
	ck_assert_uint_eq(fake.prio[0], 6);
	conn_free(k->c);
	k->c = NULL;
	UNTIL(fake_due() == 2);
	ck_assert(fake.due[0] && fake.due[39]);
	ck_assert_uint_eq(fake.prio[10], 3);
	vod_end();
}
END_TEST

/* Browsers and players of HLS ask for a part after the other. */
START_TEST(player_that_asks_for_parts_has_his_window_in_between)
{
	static const struct fake_file big = { "film.mkv", 40 << 20, false };

	fake_pieces_of(1 << 20);
	vod_up(&big, 1);
	fake_piece(10);
	rest(20 * SP_MS);
	get("/film.mkv", "Range: bytes=10485760-10485770\r\n");
	rest(100 * SP_MS);
	ck_assert(fake.due[11] && fake.due[14]);
	vod_end();
}
END_TEST

START_TEST(two_players_read_at_two_places)
{
	struct client *a, *b;

	up();
	a = ask(0, "GET", FILM, "");
	b = ask(1, "GET", FILM, "Range: bytes=163840-\r\n");
	UNTIL(fake.due[1] && fake.due[11] && fake.due_ms[11] == 0);
	fake_piece(11);
	fake_piece(1);
	UNTIL(body_len(a) == P && body_len(b) == P);
	assert_body(a, P, P);
	assert_body(b, 11 * P, P);
	vod_end();
}
END_TEST

/* ---- ranges ---- */

START_TEST(ranges_are_answered_as_the_rfc_has_it)
{
	struct client *k;

	up();
	have(1, FILM_LAST + 1);
	k = get(FILM, "Range: bytes=100-199\r\n");
	ck_assert_int_eq(status(k), 206);
	ck_assert_str_eq(header(k, "content-range"), "bytes 100-199/327685");
	assert_body(k, P + 100, 100);
	/* the end */
	k = get(FILM, "Range: bytes=-7\r\n");
	ck_assert_str_eq(header(k, "content-range"),
	    "bytes 327678-327684/327685");
	assert_body(k, P + FILM_LEN - 7, 7);
	/* past it */
	k = get(FILM, "Range: bytes=327684-999999999\r\n");
	ck_assert_int_eq(status(k), 206);
	assert_body(k, P + FILM_LEN - 1, 1);
	k = get(FILM, "Range: bytes=327685-\r\n");
	ck_assert_int_eq(status(k), 416);
	ck_assert_str_eq(header(k, "content-range"), "bytes */327685");
	/* several, and nonsense: all of it */
	k = get(FILM, "Range: bytes=0-1,5-6\r\n");
	ck_assert_int_eq(status(k), 200);
	assert_body(k, P, FILM_LEN);
	k = get(FILM, "Range: bytes=9-1\r\n");
	ck_assert_int_eq(status(k), 200);
	vod_end();
}
END_TEST

START_TEST(range_of_another_version_is_the_whole_file)
{
	struct client *k;
	char tag[128], line[256];

	up();
	have(1, FILM_LAST + 1);
	k = get(FILM, "Range: bytes=0-0\r\n");
	snprintf(tag, sizeof(tag), "%.100s", header(k, "etag"));
	ck_assert_str_ne(tag, "");
	snprintf(line, sizeof(line), "Range: bytes=0-0\r\nIf-Range: %s\r\n",
	    tag);
	ck_assert_int_eq(status(get(FILM, line)), 206);
	ck_assert_int_eq(
	    status(get(FILM, "Range: bytes=0-0\r\nIf-Range: \"x\"\r\n")), 200);
	snprintf(line, sizeof(line), "If-None-Match: %s\r\n", tag);
	k = ask(0, "GET", FILM, line);
	UNTIL(status(k) == 304);
	vod_end();
}
END_TEST

START_TEST(head_tells_the_length_of_what_is_not_here)
{
	struct client *k;

	up();
	k = ask(0, "HEAD", FILM, "");
	UNTIL(strstr(k->got, "\r\n\r\n") != NULL);
	ck_assert_int_eq(status(k), 200);
	ck_assert_str_eq(header(k, "content-length"), "327685");
	k = ask(0, "HEAD", FILM, "Range: bytes=5-6\r\n");
	UNTIL(strstr(k->got, "\r\n\r\n") != NULL);
	ck_assert_int_eq(status(k), 206);
	ck_assert_str_eq(header(k, "content-length"), "2");
	k = get("/empty.txt", "");
	ck_assert_int_eq(status(k), 200);
	ck_assert_uint_eq(body_len(k), 0);
	ck_assert_int_eq(status(get("/empty.txt", "Range: bytes=0-\r\n")), 416);
	vod_end();
}
END_TEST

/* ---- names, types, access ---- */

START_TEST(names_are_escaped_and_pages_of_strangers_are_not_run)
{
	struct client *k;

	up();
	have(0, 22);
	k = ask(0, "HEAD", FILM, "");
	UNTIL(strstr(k->got, "\r\n\r\n") != NULL);
	ck_assert_str_eq(header(k, "content-disposition"),
	    "inline; filename=\"film _1_.mkv\"; "
	    "filename*=UTF-8''film%20%221%22.mkv");
	k = ask(0, "HEAD", "/readme.html", "");
	UNTIL(strstr(k->got, "\r\n\r\n") != NULL);
	ck_assert_str_eq(header(k, "content-type"), "application/octet-stream");
	ck_assert_int_eq(
	    strncmp(header(k, "content-disposition"), "attachment;", 11), 0);
	ck_assert_str_eq(header(k, "content-security-policy"), "sandbox");
	ck_assert_str_eq(header(k, "x-content-type-options"), "nosniff");
	/* by number; padding has no name */
	ck_assert_int_eq(status(get("/file/0/x", "")), 200);
	ck_assert_int_eq(status(get("/file/1/x", "")), 404);
	ck_assert_int_eq(status(get("/file/99/x", "")), 404);
	ck_assert_int_eq(status(get("/.pad/1", "")), 404);
	ck_assert_int_eq(status(get("/../check", "")), 404);
	ck_assert_int_eq(status(get("/torrent/cover.jpg", "")), 404);
	vod_end();
}
END_TEST

START_TEST(strangers_are_kept_out)
{
	static const char rebound[] = "GET / HTTP/1.1\r\n"
				      "Host: evil.example\r\n\r\n";
	struct client *k;

	up();
	have(0, 22);
	k = ask(0, "GET", "/cover.jpg", "");
	UNTIL(answered(k));
	ck_assert_str_eq(header(k, "access-control-allow-origin"), "*");
	/* a page of another site may play, not look */
	k = get("/status.json", "Origin: http://evil.example\r\n");
	ck_assert_int_eq(status(k), 403);
	k = get("/playlist.m3u", "Origin: http://evil.example\r\n");
	ck_assert_int_eq(status(k), 403);
	/* DNS rebinding */
	k = ask(1, "GET", "/cover.jpg", "");
	UNTIL(answered(k));
	k->n = 0;
	ck_assert_int_eq(conn_write(k->c, rebound, strlen(rebound)), 0);
	UNTIL(strstr(k->got, "403") != NULL);
	vod_end();
}
END_TEST

START_TEST(token_opens_and_is_carried_on)
{
	struct client *k;
	char url[VOD_URL_MAX];

	vod_begin(film, SP_LEN(film));
	conf.door.token = "secret-12";
	vod_make();
	fake_metadata();
	fake_checked();
	UNTIL(ready);
	have(0, 22);
	ck_assert_ptr_nonnull(strstr(vod_url(vod, url), "/secret-12" FILM));
	ck_assert_int_eq(status(get("/cover.jpg", "")), 403);
	ck_assert_int_eq(status(get("/cover.jpg?token=secret-12", "")), 200);
	ck_assert_int_eq(status(get("/secret-12/cover.jpg", "")), 200);
	k = get("/playlist.m3u?token=secret-12", "");
	ck_assert_ptr_nonnull(
	    strstr(k->got, "sub%20dir/film%20%221%22.mkv?token=secret-12\n"));
	vod_end();
}
END_TEST

START_TEST(pages_tell_what_there_is)
{
	struct client *k;

	up();
	have(1, 11);
	k = get("/status.json", "");
	ck_assert_int_eq(status(k), 200);
	ck_assert_ptr_nonnull(strstr(k->got, "\"here_bytes\": 163840"));
	ck_assert_ptr_nonnull(strstr(k->got, "\"name\": \"torrent\""));
	k = get("/", "");
	ck_assert_ptr_nonnull(
	    strstr(k->got, "film &quot;1&quot;.mkv</a> (main)"));
	ck_assert_ptr_nonnull(strstr(k->got, "<td>49 %"));
	k = get("/metrics", "");
	ck_assert_ptr_nonnull(strstr(k->got, "\nspate_torrent_peers 3\n"));
	k = get("/playlist.m3u", "");
	ck_assert_ptr_nonnull(
	    strstr(k->got, "#EXTINF:-1,sub dir/film "
			   "\"1\".mkv\nsub%20dir/film%20%221%22.mkv\n"));
	ck_assert_ptr_null(strstr(k->got, "cover"));
	vod_end();
}
END_TEST

/* ---- before and after ---- */

START_TEST(before_the_metadata_come_players_are_asked_to_wait)
{
	struct client *k;

	vod_begin(film, SP_LEN(film));
	vod_make();
	k = get("/cover.jpg", "");
	ck_assert_int_eq(status(k), 503);
	ck_assert_str_eq(header(k, "retry-after"), "2");
	ck_assert_int_eq(status(get("/", "")), 200);
	ck_assert_int_eq(status(get("/status.json", "")), 200);
	ck_assert_int_eq(status(get("/playlist.m3u", "")), 200);
	vod_end();
}
END_TEST

START_TEST(pieces_may_come_before_it_is_known_what_of)
{
	vod_begin(film, SP_LEN(film));
	vod_make();
	fake_checked();
	fake_piece(1);
	rest(20 * SP_MS);
	fake_metadata();
	UNTIL(ready);
	assert_body(get(FILM, "Range: bytes=0-9\r\n"), P, 10);
	vod_end();
}
END_TEST

START_TEST(file_that_is_not_there_is_named)
{
	vod_begin(film, SP_LEN(film));
	conf.file = "other.mkv";
	vod_make();
	fake_metadata();
	UNTIL(failed[0] != '\0');
	ck_assert_str_eq(failed, "other.mkv: no such file in the torrent");
	vod_end();
}
END_TEST

START_TEST(full_disk_ends_who_waits_and_plays_what_is_here)
{
	struct client *k;

	up();
	have(1, 3);
	k = ask(0, "GET", FILM, "");
	UNTIL(body_len(k) == 2 * P);
	/* one that was complete before comes after the error, and the last one
	 * cannot be read, for it was not written */
	fake_error(SP_ERR_FULL, "No space left on device");
	fake_piece(9);
	fake_error(SP_ERR_IO, "file too short");
	UNTIL(k->closed);
	k = get(FILM, "Range: bytes=0-32767\r\n");
	assert_body(k, P, 2 * P);
	k = get("/status.json", "");
	ck_assert_ptr_nonnull(
	    strstr(k->got, "\"error\": \"No space left on device\""));
	/* there is room: tried again */
	UNTIL(fake.renewals > 0);
	ck_assert_uint_eq(fake.flags, 0);
	fake_status();
	fake_piece(3);
	k = get(FILM, "Range: bytes=0-49151\r\n");
	assert_body(k, P, 3 * P);
	k = get("/status.json", "");
	ck_assert_ptr_nonnull(strstr(k->got, "\"error\": null"));
	vod_end();
}
END_TEST

START_TEST(file_that_was_cut_meanwhile_ends_its_reply)
{
	struct client *k;
	char path[256];

	up();
	have(1, FILM_LAST + 1);
	snprintf(path, sizeof(path), "%s/torrent/sub dir/film \"1\".mkv", dir);
	ck_assert_int_eq(truncate(path, 100), 0);
	k = ask(0, "GET", FILM, "");
	UNTIL(k->closed);
	ck_assert_uint_le(body_len(k), 100);
	vod_end();
}
END_TEST

START_TEST(link_in_the_place_of_a_file_is_not_followed)
{
	struct client *k;
	char path[256];

	up();
	have(0, 1);
	snprintf(path, sizeof(path), "%s/torrent/cover.jpg", dir);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	k = ask(0, "GET", "/cover.jpg", "");
	UNTIL(k->closed);
	ck_assert_uint_eq(body_len(k), 0);
	vod_end();
}
END_TEST

START_TEST(too_many_readers_are_sent_away)
{
	struct conn *many[VOD_GETS_MAX];
	struct client *k;
	unsigned i;

	up();
	/* a connection has one request at a time */
	for (i = 0; i < VOD_GETS_MAX; i++) {
		k = ask(0, "GET", FILM, "");
		UNTIL(strstr(k->got, "\r\n\r\n") != NULL);
		ck_assert_int_eq(status(k), 200);
		many[i] = k->c;
		k->c = NULL;
	}
	k = ask(1, "GET", FILM, "");
	UNTIL(status(k) == 503);
	for (i = 0; i < VOD_GETS_MAX; i++)
		conn_free(many[i]);
	vod_end();
}
END_TEST

/* ---- from run to run ---- */

START_TEST(how_far_it_is_is_saved_and_taken_up)
{
	vod_begin(film, SP_LEN(film));
	conf.keep = true;
	vod_make();
	fake_metadata();
	fake_checked();
	UNTIL(ready);
	fake_piece(1);
	rest(20 * SP_MS);
	vod_leave(vod);
	UNTIL(left);
	ck_assert_uint_eq(fake.saves, 1);
	vod_free(vod);
	/* as it was */
	vod_make();
	ck_assert_uint_eq(fake.resume_len, 6);
	fake_metadata();
	fake_checked();
	rest(50 * SP_MS);
	ck_assert_uint_eq(fake.rechecks, 0);
	ck_assert_int_eq(status(get(FILM, "Range: bytes=0-9\r\n")), 206);
	vod_end();
}
END_TEST

START_TEST(files_that_were_touched_are_checked_before_they_are_played)
{
	struct client *k;

	vod_begin(film, SP_LEN(film));
	conf.keep = true;
	vod_make();
	fake_metadata();
	fake_checked();
	UNTIL(ready);
	fake_piece(1);
	rest(20 * SP_MS);
	vod_leave(vod);
	UNTIL(left);
	vod_free(vod);
	fake_wrong(1);
	vod_make();
	ck_assert_uint_eq(fake.resume_len, 6);
	fake_metadata();
	fake_checked();
	k = ask(0, "GET", FILM, "Range: bytes=0-9\r\n");
	rest(1200 * SP_MS);
	ck_assert_uint_eq(fake.rechecks, 1);
	ck_assert_uint_eq(body_len(k), 0);
	/* checked: it is not there */
	fake.have[0] = 0;
	fake_checked();
	rest(50 * SP_MS);
	ck_assert_uint_eq(body_len(k), 0);
	fake_piece(1);
	UNTIL(answered(k));
	assert_body(k, P, 10);
	vod_end();
}
END_TEST

START_TEST(what_was_saved_and_is_of_no_use_is_left)
{
	vod_begin(film, SP_LEN(film));
	conf.keep = true;
	ck_assert_int_eq(vod_save_store(dir, &fake.info, "junk", 4), 0);
	fake.add_error = SP_ERR_SYNTAX;
	vod_make();
	ck_assert_uint_eq(fake.resume_len, 0);
	ck_assert_uint_eq(fake.sessions, 1);
	vod_end();
}
END_TEST

START_TEST(temporary_files_are_not_saved_about)
{
	up();
	fake_piece(1);
	rest(20 * SP_MS);
	vod_leave(vod);
	UNTIL(left);
	ck_assert_uint_eq(fake.saves, 0);
	vod_end();
}
END_TEST

START_TEST(making_fails_with_a_reason)
{
	struct lt_error why;
	struct vod *v;

	vod_begin(film, SP_LEN(film));
	conf.door.listen[0] = addr_make(4, "\0\0\0\0", 0);
	ck_assert_int_eq(vod_new(&v, &conf, loop, &vod_test_ops, NULL, &why),
	    SP_ERR_DENIED);
	conf.door.listen[0] = addr_make(4, "\x7f\0\0\x01", 0);
	fake.add_error = SP_ERR_SYNTAX;
	ck_assert_int_eq(vod_new(&v, &conf, loop, &vod_test_ops, NULL, &why),
	    SP_ERR_SYNTAX);
	ck_assert_str_eq(why.text, "as scripted");
	ck_assert_ptr_null(v);
	loop_free(loop);
	vod_save_remove(dir);
}
END_TEST

UNIT_MAIN("vod", main_file_is_the_film_and_its_edges_come_first,
    player_gets_bytes_as_pieces_come, bytes_that_were_not_verified_are_not_sent,
    player_that_leaves_takes_his_deadlines_along,
    player_that_asks_for_parts_has_his_window_in_between,
    two_players_read_at_two_places, ranges_are_answered_as_the_rfc_has_it,
    range_of_another_version_is_the_whole_file,
    head_tells_the_length_of_what_is_not_here,
    names_are_escaped_and_pages_of_strangers_are_not_run,
    strangers_are_kept_out, token_opens_and_is_carried_on,
    pages_tell_what_there_is,
    before_the_metadata_come_players_are_asked_to_wait,
    pieces_may_come_before_it_is_known_what_of, file_that_is_not_there_is_named,
    full_disk_ends_who_waits_and_plays_what_is_here,
    file_that_was_cut_meanwhile_ends_its_reply,
    link_in_the_place_of_a_file_is_not_followed, too_many_readers_are_sent_away,
    how_far_it_is_is_saved_and_taken_up,
    files_that_were_touched_are_checked_before_they_are_played,
    what_was_saved_and_is_of_no_use_is_left,
    temporary_files_are_not_saved_about, making_fails_with_a_reason)
