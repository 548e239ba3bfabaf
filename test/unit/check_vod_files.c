#include "swarm/client/vod_files.h"

#include "io/loop.h"
#include "swarm/client/vod_count.h"
#include "swarm/client/vod_link.h"
#include "test/unit/unit.h"

#define MAX 16

static struct lt_file v[MAX];
static struct lt_info info;
static struct vod_files *files;

/* Paths with lengths, until NULL. */
static void
make(const char *name, ...)
{
	va_list ap;
	const char *p;

	memset(v, 0, sizeof(v));
	info = (struct lt_info){ .name = name, .files = v };
	va_start(ap, name);
	while ((p = va_arg(ap, const char *)) != NULL) {
		ck_assert_uint_lt(info.n_files, MAX);
		v[info.n_files].path = p;
		v[info.n_files].pad = strstr(p, ".pad") != NULL;
		v[info.n_files].offset = info.total;
		v[info.n_files].length = va_arg(ap, int);
		info.total += v[info.n_files].length;
		info.n_files++;
	}
	va_end(ap);
	ck_assert_int_eq(vod_files_new(&files, &info), 0);
}

static const char *
main_name(void)
{
	int i = vod_files_main(files);

	return i < 0 ? "none" : vod_files_name(files, (size_t)i);
}

static void
done(void)
{
	vod_files_free(files);
	files = NULL;
}

START_TEST(torrents_name_is_no_part_of_files_names)
{
	make("t", "t/a.mkv", 9, "t/.pad/7", 7, "t/b/c.srt", 1, NULL);
	ck_assert_str_eq(vod_files_name(files, 0), "a.mkv");
	ck_assert_int_eq(vod_files_find(files, "a.mkv"), 0);
	ck_assert_int_eq(vod_files_find(files, "b/c.srt"), 2);
	ck_assert_int_eq(vod_files_find(files, "t/a.mkv"), SP_ERR_NOTFOUND);
	ck_assert_int_eq(vod_files_find(files, ".pad/7"), SP_ERR_NOTFOUND);
	ck_assert_int_eq(vod_files_find(files, ""), SP_ERR_NOTFOUND);
	done();
	/* a single file has no directory */
	make("a.mkv", "a.mkv", 9, NULL);
	ck_assert_str_eq(vod_files_name(files, 0), "a.mkv");
	done();
}
END_TEST

START_TEST(list_goes_by_numbers_in_names)
{
	static const char *const want[] = { "e1.mkv", "E02.mkv", "e10.mkv",
		"e010b.mkv", "z.txt" };
	const uint32_t *list;
	size_t i, n;

	make("t", "t/e10.mkv", 1, "t/z.txt", 1, "t/E02.mkv", 1, "t/e1.mkv", 1,
	    "t/e010b.mkv", 1, NULL);
	list = vod_files_list(files, &n);
	ck_assert_uint_eq(n, SP_LEN(want));
	for (i = 0; i < n; i++)
		ck_assert_str_eq(vod_files_name(files, list[i]), want[i]);
	done();
}
END_TEST

START_TEST(main_file_is_a_playlist_else_the_largest_video)
{
	make("t", "t/a.mkv", 9, "t/b.MP4", 10, "t/c.iso", 900, "t/d.mp3", 800,
	    NULL);
	ck_assert_str_eq(main_name(), "b.MP4");
	done();
	make("t", "t/c.iso", 900, "t/d.mp3", 8, "t/e.flac", 9, NULL);
	ck_assert_str_eq(main_name(), "e.flac");
	done();
	make("t", "t/c.iso", 900, "t/d.txt", 8, NULL);
	ck_assert_str_eq(main_name(), "c.iso");
	done();
	make("t", "t/1/index.m3u8", 5, "t/1/0.ts", 900, "t/master.m3u8", 1,
	    "t/index.m3u8", 1, "t/x.mkv", 999, NULL);
	ck_assert_str_eq(main_name(), "master.m3u8");
	done();
	make("t", "t/1/index.m3u8", 5, "t/1/0.ts", 900, NULL);
	ck_assert_str_eq(main_name(), "1/index.m3u8");
	done();
	make("t", "t/talk.m3u8", 5, "t/talk-t0.m3u8", 9, "t/talk.spate", 9,
	    "t/0.ts", 900, "t/index.m3u8", 5, NULL);
	ck_assert_str_eq(main_name(), "talk.m3u8");
	done();
	/* others than these are not what one begins with */
	make("t", "t/all.m3u8", 5, "t/0.mp4", 900, NULL);
	ck_assert_str_eq(main_name(), "0.mp4");
	done();
	make("t", "t/.pad/1", 5, NULL);
	ck_assert_int_eq(vod_files_main(files), SP_ERR_NOTFOUND);
	done();
	make("t", "t/empty", 0, NULL);
	ck_assert_str_eq(main_name(), "empty");
	done();
}
END_TEST

START_TEST(person_names_a_file_by_number_name_or_end)
{
	make("t", "t/s1/e2.mkv", 9, "t/s1/e1.mkv", 9, "t/s2/e1.mkv", 9, "t/7",
	    9, NULL);
	ck_assert_int_eq(vod_files_pick(files, "s1/e2.mkv"), 0);
	ck_assert_int_eq(vod_files_pick(files, "e2.mkv"), 0);
	ck_assert_int_eq(vod_files_pick(files, "2.mkv"), SP_ERR_NOTFOUND);
	ck_assert_int_eq(vod_files_pick(files, "e1.mkv"), SP_ERR_EXISTS);
	/* 7, s1/e1, s1/e2, s2/e1 */
	ck_assert_int_eq(vod_files_pick(files, "2"), 1);
	ck_assert_int_eq(vod_files_pick(files, "4"), 2);
	ck_assert_int_eq(vod_files_pick(files, "0"), SP_ERR_NOTFOUND);
	ck_assert_int_eq(vod_files_pick(files, "5"), SP_ERR_NOTFOUND);
	/* a name is a name first */
	ck_assert_int_eq(vod_files_pick(files, "7"), 3);
	ck_assert_int_eq(vod_files_pick(files, ""), SP_ERR_NOTFOUND);
	done();
}
END_TEST

START_TEST(segments_are_so_only_beside_a_playlist)
{
	make("t", "t/a.ts", 10, "t/b.ts", 10, NULL);
	ck_assert_int_eq(vod_files_kind(files, 0), VOD_VIDEO);
	ck_assert_uint_eq(vod_files_ahead(files, 0), 10);
	done();
	make("t", "t/index.m3u8", 5, "t/0.ts", 10, "t/.pad/2", 2, "t/1.ts", 10,
	    "t/x/2.ts", 10, "t/3.ts", 10, NULL);
	ck_assert_int_eq(vod_files_kind(files, 1), VOD_SEGMENT);
	ck_assert_int_eq(vod_files_kind(files, 0), VOD_LIST);
	/* on to the next of the same directory, over padding */
	ck_assert_uint_eq(vod_files_ahead(files, 1), 27);
	ck_assert_uint_eq(vod_files_ahead(files, 4), 37);
	ck_assert_uint_eq(vod_files_ahead(files, 0), 5);
	done();
}
END_TEST

START_TEST(types_are_by_suffix_and_nothing_is_a_page)
{
	ck_assert_str_eq(vod_type("a/B.MKV"), "video/x-matroska");
	ck_assert_str_eq(vod_type("index.m3u8"),
	    "application/vnd.apple.mpegurl");
	ck_assert_str_eq(vod_type("x.html"), "application/octet-stream");
	ck_assert_str_eq(vod_type("x.svg"), "application/octet-stream");
	ck_assert_str_eq(vod_type("mkv"), "application/octet-stream");
	ck_assert_str_eq(vod_type(""), "application/octet-stream");
}
END_TEST

START_TEST(paths_are_escaped_by_parts)
{
	struct sp_buf b;

	buf_init(&b, io_mem(), 100);
	vod_put_path(&b, "a b/\xc3\xa9?#%/c.ts");
	buf_put_u8(&b, '\0');
	ck_assert_str_eq((char *)b.p, "a%20b/%C3%A9%3F%23%25/c.ts");
	buf_fini(&b);
}
END_TEST

/* ---- links ---- */

#define HEX "0123456789abcdef0123456789abcdef01234567"

START_TEST(kind_of_a_link_is_told_by_its_urns)
{
	ck_assert_int_eq(vod_link_kind("magnet:?xt=urn:btih:" HEX),
	    VOD_LINK_TORRENT);
	ck_assert_int_eq(vod_link_kind("MAGNET:?dn=x&xt=urn:btmh:1220" HEX),
	    VOD_LINK_TORRENT);
	ck_assert_int_eq(vod_link_kind("magnet:?xt.1=urn%3Abtih%3A" HEX),
	    VOD_LINK_TORRENT);
	ck_assert_int_eq(
	    vod_link_kind("magnet:?xt=urn:btih:" HEX "&xs=urn:btpk:00"),
	    VOD_LINK_CHANNEL);
	ck_assert_int_eq(vod_link_kind("magnet:?dn=x"), VOD_LINK_CHANNEL);
	ck_assert_int_eq(vod_link_kind("http://x/y.torrent"), VOD_LINK_CHANNEL);
	ck_assert_int_eq(vod_link_kind("y.torrent"), VOD_LINK_FILE);
	ck_assert_int_eq(vod_link_kind(""), VOD_LINK_FILE);
}
END_TEST

START_TEST(hash_of_a_link_is_read_in_all_its_forms)
{
	uint8_t id[20], want[20];
	char name[16];

	buf_unhex(want, 20, HEX, 40);
	ck_assert_int_eq(vod_link_id("magnet:?xt=urn:btih:" HEX, id), 0);
	ck_assert_mem_eq(id, want, 20);
	ck_assert_int_eq(
	    vod_link_id("magnet:?xt=urn:btih:aerukz4jvpg66ajdivtytk6n54"
			"asgrlh",
		id),
	    0);
	ck_assert_mem_eq(id, want, 20);
	/* version 2, cut; with version 1 beside it that is what counts */
	ck_assert_int_eq(vod_link_id("magnet:?xt=urn:btmh:1220" HEX
				     "aabbccddeeff001122334455",
			     id),
	    0);
	ck_assert_mem_eq(id, want, 20);
	ck_assert_int_eq(vod_link_id("magnet:?xt=urn:btmh:1220"
				     "ff" HEX
				     "bbccddeeff001122334455&xt=urn:btih:" HEX,
			     id),
	    0);
	ck_assert_mem_eq(id, want, 20);
	ck_assert_int_eq(vod_link_id("magnet:?xt=urn:btih:12", id),
	    SP_ERR_SYNTAX);
	ck_assert_int_eq(vod_link_id("magnet:?xt=urn:btih:0erukz4jvpg66ajdivt"
				     "ytk6n54asgrlh",
			     id),
	    SP_ERR_SYNTAX);
	ck_assert_int_eq(vod_link_id("magnet:?xt=urn:btmh:1114" HEX, id),
	    SP_ERR_SYNTAX);
	ck_assert_int_eq(vod_link_id("magnet:?dn=x", id), SP_ERR_NOTFOUND);
	vod_link_name("magnet:?xt=urn:btih:0&dn=My+film", name, sizeof(name));
	ck_assert_str_eq(name, "My film");
	vod_link_name("magnet:?dn=a%0ab", name, sizeof(name));
	ck_assert_str_eq(name, "");
	vod_link_name("magnet:?dn=aaaaaaaaaaaaaaaaaaaaaaaaaaaa", name,
	    sizeof(name));
	ck_assert_str_eq(name, "");
}
END_TEST

/* ---- counters ---- */

static const struct vod_counts counts = {
	.peers = 12,
	.known = 40,
	.players = 1,
	.n_pieces = 5,
	.down_bps = 500000,
	.wanted_bytes = 2000000000,
	.done_bytes = 684000000,
	.waited = 1500 * SP_MS,
	.waits = 1,
};

START_TEST(line_is_for_people)
{
	struct vod_counts c = counts;
	char line[200];

	vod_count_line(line, sizeof(line), &c);
	ck_assert_str_eq(line,
	    "12 peers 4.00 Mbit/s  up 0 kbit/s  34.2 % of 2.00 GB  1 player");
	c.full = true;
	vod_count_line(line, sizeof(line), &c);
	ck_assert_ptr_nonnull(strstr(line, "DISK FULL"));
	c.n_pieces = 0;
	vod_count_line(line, sizeof(line), &c);
	ck_assert_str_eq(line,
	    "12 peers of 40  looking for what is in the torrent");
}
END_TEST

START_TEST(report_comes_in_three_forms)
{
	struct sp_buf b;

	buf_init(&b, io_mem(), 65536);
	ck_assert_int_eq(vod_count_report(&b, &counts, COUNTERS_TSV), 0);
	buf_put_u8(&b, '\0');
	ck_assert_ptr_nonnull(strstr((char *)b.p, "\nwaited_s\t1.500\n"));
	ck_assert_ptr_nonnull(strstr((char *)b.p, "\nfull\t0\n"));
	buf_reset(&b);
	ck_assert_int_eq(vod_count_report(&b, &counts, COUNTERS_JSON), 0);
	buf_put_u8(&b, '\0');
	ck_assert_ptr_nonnull(strstr((char *)b.p, "\"waited_s\": 1.5,"));
	buf_reset(&b);
	ck_assert_int_eq(vod_count_report(&b, &counts, COUNTERS_TEXT), 0);
	buf_put_u8(&b, '\0');
	ck_assert_ptr_nonnull(strstr((char *)b.p, "here 34.2 % of 2.00 GB"));
	ck_assert_ptr_null(strstr((char *)b.p, "did not verify"));
	buf_reset(&b);
	ck_assert_int_eq(vod_count_metrics(&b, &counts), 0);
	buf_put_u8(&b, '\0');
	ck_assert_ptr_nonnull(strstr((char *)b.p,
	    "# TYPE spate_torrent_player_waits_total counter\n"
	    "spate_torrent_player_waits_total 1\n"));
	buf_fini(&b);
}
END_TEST

UNIT_MAIN("vod_files", torrents_name_is_no_part_of_files_names,
    list_goes_by_numbers_in_names,
    main_file_is_a_playlist_else_the_largest_video,
    person_names_a_file_by_number_name_or_end,
    segments_are_so_only_beside_a_playlist,
    types_are_by_suffix_and_nothing_is_a_page, paths_are_escaped_by_parts,
    kind_of_a_link_is_told_by_its_urns, hash_of_a_link_is_read_in_all_its_forms,
    line_is_for_people, report_comes_in_three_forms)
