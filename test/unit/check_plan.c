#include "tools/plan.h"

#include "test/unit/unit.h"
#include "tools/place.h"

static struct failmem fm;
static struct plan *p;
static struct manifest *m;

static void
begin(void)
{
	failmem_init(&fm);
	p = calloc(1, sizeof(*p));
	m = calloc(1, sizeof(*m));
	plan_init(p, &fm.mem);
}

static void
end(void)
{
	plan_fini(p);
	failmem_check(&fm);
	free(p);
	free(m);
}

static int
read_text(const char *s)
{
	struct m3u8_error e;

	return plan_read(p, s, strlen(s), &e);
}

static const char *
str(struct manifest_text t)
{
	static char out[512];

	ck_assert_uint_lt(t.len, sizeof(out));
	memcpy(out, t.p != NULL ? t.p : "", t.len);
	out[t.len] = '\0';
	return out;
}

static int
look(size_t i, const char *s)
{
	struct m3u8 pl;
	int rv;

	ck_assert_int_eq(m3u8_parse(&pl, &fm.mem, s, strlen(s), NULL), 0);
	rv = plan_look(p, i, &pl.media);
	m3u8_fini(&pl);
	return rv;
}

static const char master[] =
    "#EXTM3U\n#EXT-X-INDEPENDENT-SEGMENTS\n"
    "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"English\","
    "LANGUAGE=\"en\",URI=\"en/a.m3u8\",DEFAULT=YES\n"
    "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"c\",NAME=\"cc\","
    "INSTREAM-ID=\"CC1\"\n"
    "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"sub\","
    "URI=\"s.m3u8\"\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,"
    "CODECS=\"avc1.4d401e,mp4a.40.2\",AUDIO=\"a\"\nlo/v.m3u8?token=1\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=2000000,RESOLUTION=1280x720\nhi/v.m3u8\n"
    "#EXT-X-STREAM-INF:BANDWIDTH=810000\nlo/v.m3u8?token=1\n"
    "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"i.m3u8\"\n";

START_TEST(variants_and_renditions_become_tracks)
{
	begin();
	ck_assert_int_eq(read_text(master), 0);
	ck_assert_uint_eq(p->n_tracks, 4);
	ck_assert_str_eq(p->tracks[0].uri, "en/a.m3u8");
	ck_assert_str_eq(p->tracks[2].uri, "lo/v.m3u8?token=1");
	ck_assert_str_eq(p->tracks[2].name, "lo/v.m3u8");
	plan_manifest(p, m);
	ck_assert_uint_eq(m->n_tracks, 4);
	ck_assert_uint_eq(m->n_refs, 6);
	ck_assert_str_eq(str(m->refs[0].attrs),
	    "TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"English\",LANGUAGE=\"en\","
	    "DEFAULT=YES");
	ck_assert_int_eq(m->refs[0].kind, MANIFEST_REF_MEDIA);
	ck_assert_int_eq(m->refs[0].track, 0);
	ck_assert_int_eq(m->refs[1].track, -1);
	ck_assert_int_eq(m->refs[3].kind, MANIFEST_REF_STREAM);
	ck_assert_int_eq(m->refs[3].track, 2);
	ck_assert_int_eq(m->refs[5].track, 2);
	ck_assert_str_eq(str(m->lines), "#EXT-X-INDEPENDENT-SEGMENTS\n");
	ck_assert_str_eq(str(m->tracks[0].language), "en");
	ck_assert_str_eq(str(m->tracks[0].name), "English");
	ck_assert_int_eq(m->tracks[1].container, MANIFEST_TEXT);
	ck_assert_uint_eq(m->tracks[2].bandwidth_bps, 800000);
	ck_assert_uint_eq(m->tracks[2].width, 640);
	ck_assert_uint_eq(m->tracks[2].height, 360);
	ck_assert_str_eq(str(m->tracks[2].codecs), "avc1.4d401e,mp4a.40.2");
	end();
}
END_TEST

START_TEST(the_manifest_of_a_plan_can_be_signed)
{
	static const uint8_t seed[HASH_SEED_LEN] = { 1 };
	uint8_t sk[HASH_SK_LEN];
	struct manifest *back = calloc(1, sizeof(*back));
	struct sp_buf b;

	begin();
	buf_init(&b, &fm.mem, LIM_ENVELOPE);
	ck_assert_int_eq(read_text(master), 0);
	hash_setup();
	hash_keypair(m->pk, sk, seed);
	plan_manifest(p, m);
	ck_assert_int_eq(manifest_seal(&b, m, sk), 0);
	ck_assert_int_eq(manifest_open(back, b.p, b.len, m->pk), 0);
	ck_assert_uint_eq(back->n_refs, 6);
	buf_fini(&b);
	free(back);
	end();
}
END_TEST

START_TEST(ids_stay_when_the_order_changes)
{
	begin();
	ck_assert_int_eq(read_text(master), 0);
	plan_keep(p, "hi/v.m3u8", 0);
	plan_keep(p, "gone.m3u8", 1);
	plan_keep(p, "lo/v.m3u8", 9);
	ck_assert_uint_eq(p->tracks[3].id, 0);
	ck_assert_uint_eq(p->tracks[0].id, 3);
	ck_assert_uint_eq(p->tracks[2].id, 9);
	plan_manifest(p, m);
	ck_assert_int_eq(m->refs[0].track, 3);
	ck_assert_int_eq(m->refs[3].track, 9);
	ck_assert_int_eq(m->refs[4].track, 0);
	end();
}
END_TEST

START_TEST(a_media_playlist_is_one_track)
{
	static const char media[] =
	    "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-START:TIME-OFFSET=-6\n"
	    "#EXTINF:4,\na.ts?x=.mp4\n";

	begin();
	ck_assert_int_eq(read_text(media), 0);
	ck_assert(!p->is_master);
	ck_assert_uint_eq(p->n_tracks, 1);
	ck_assert_ptr_null(p->tracks[0].uri);
	ck_assert_uint_eq(plan_target(p), 0);
	ck_assert_int_eq(look(0, media), 1);
	ck_assert_int_eq(look(0, media), 0);
	ck_assert_uint_eq(plan_target(p), 4);
	plan_manifest(p, m);
	ck_assert_uint_eq(m->n_tracks, 1);
	ck_assert_uint_eq(m->n_refs, 0);
	ck_assert_int_eq(m->tracks[0].container, MANIFEST_TS);
	ck_assert_str_eq(str(m->tracks[0].head),
	    "#EXT-X-START:TIME-OFFSET=-6\n");
	ck_assert_int_eq(look(0, "#EXTM3U\n#EXT-X-TARGETDURATION:5\n"
				 "#EXTINF:4,\na.ts\n"),
	    1);
	end();
}
END_TEST

START_TEST(a_bandwidth_that_is_not_told_is_measured)
{
	begin();
	ck_assert_int_eq(read_text(master), 0);
	ck_assert(!plan_measure(p, 0, 100000, 1000000));
	ck_assert(!plan_measure(p, 0, 0, 0));
	ck_assert(!plan_measure(p, 0, 500000, 2000000));
	ck_assert(plan_measure(p, 0, 100000, 1000000));
	ck_assert_uint_eq(p->tracks[0].m.bandwidth_bps, 2010000);
	ck_assert(!plan_measure(p, 0, 900000, 1000000));
	for (int i = 0; i < 5; i++)
		ck_assert(!plan_measure(p, 2, 100000, 1000000));
	ck_assert_uint_eq(p->tracks[2].m.bandwidth_bps, 800000);
	end();
}
END_TEST

START_TEST(containers_are_told_by_names)
{
	static const struct {
		const char *text;
		int container;
	} v[] = {
		{ "#EXTINF:1,\na.M4S\n", MANIFEST_FMP4 },
		{ "#EXT-X-MAP:URI=\"i\"\n#EXTINF:1,\na.bin\n", MANIFEST_FMP4 },
		{ "#EXTINF:1,\na.aac\n", MANIFEST_AAC },
		{ "#EXTINF:1,\na.vtt\n", MANIFEST_TEXT },
		{ "#EXTINF:1,\na.ts#x\n", MANIFEST_TS },
		{ "#EXTINF:1,\nts\n", MANIFEST_OTHER },
		{ "", MANIFEST_OTHER },
	};
	char s[200];

	for (size_t i = 0; i < SP_LEN(v); i++) {
		begin();
		snprintf(s, sizeof(s), "#EXTM3U\n#EXT-X-TARGETDURATION:1\n%s",
		    v[i].text);
		ck_assert_int_eq(read_text(s), 0);
		ck_assert_int_eq(look(0, s), 1);
		ck_assert_int_eq(p->tracks[0].m.container, v[i].container);
		end();
	}
}
END_TEST

START_TEST(sources_without_tracks_are_refused)
{
	begin();
	ck_assert_int_eq(read_text(
			     "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\","
			     "NAME=\"n\"\n"),
	    SP_ERR_NOTFOUND);
	ck_assert_int_eq(read_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n"
				   "#EXT-X-I-FRAMES-ONLY\n#EXTINF:1,\na.ts\n"),
	    SP_ERR_UNSUPPORTED);
	ck_assert_int_eq(read_text("<html>"), SP_ERR_SYNTAX);
	end();
}
END_TEST

START_TEST(renditions_beyond_the_limit_are_counted)
{
	struct sp_buf b;

	begin();
	buf_init(&b, &fm.mem, 1 << 16);
	buf_put_str(&b, "#EXTM3U\n");
	for (int i = 0; i < LIM_TRACKS + 5; i++) {
		buf_put_str(&b, "#EXT-X-STREAM-INF:BANDWIDTH=1\nv");
		buf_put_dec(&b, i);
		buf_put_str(&b, ".m3u8\n");
	}
	buf_put_u8(&b, 0);
	ck_assert_int_eq(read_text((const char *)b.p), 0);
	ck_assert_uint_eq(p->n_tracks, LIM_TRACKS);
	ck_assert_uint_eq(p->n_refs, LIM_TRACKS);
	ck_assert_uint_eq(p->skipped, 5);
	buf_fini(&b);
	end();
}
END_TEST

START_TEST(without_memory_no_plan_stays)
{
	struct plan *q = calloc(1, sizeof(*q));
	struct m3u8_error e;
	struct failmem each;
	int rv;

	FAILMEM_EACH (&each) {
		plan_init(q, &each.mem);
		rv = plan_read(q, master, sizeof(master) - 1, &e);
		ck_assert(rv == 0 || rv == SP_ERR_NOMEM);
		plan_fini(q);
	}
	free(q);
}
END_TEST

/* ---- places ------------------------------------------------------------- */

static const char *
uri(const char *url)
{
	static const char *const origins[] = { "https://cdn/x/" };
	static char out[256];
	struct place_uri u;

	place_uri(&u, url, "http://src/live/", origins, 1);
	snprintf(out, sizeof(out), "%s%.*s", u.absolute ? "!" : "", (int)u.len,
	    u.p != NULL ? u.p : "");
	return out;
}

START_TEST(records_name_resources_as_short_as_can_be)
{
	ck_assert_str_eq(uri("http://src/live/a/1.ts?t=2"), "a/1.ts?t=2");
	ck_assert_str_eq(uri("https://cdn/x/1.ts"), "1.ts");
	ck_assert_str_eq(uri("http://src/1.ts#f"), "!http://src/1.ts");
	ck_assert_str_eq(uri("http://src/live/a:b"), "!http://src/live/a:b");
	ck_assert_str_eq(uri("file:///1.ts"), "");
	ck_assert_str_eq(uri("http://src/live/%2e%2e/1.ts"),
	    "!http://src/live/%2e%2e/1.ts");
}
END_TEST

static const char *
text_of(int rv, struct sp_buf *b)
{
	static char out[256];

	snprintf(out, sizeof(out), "%.*s", rv < 0 ? 5 : (int)b->len,
	    rv < 0         ? "error"
	    : b->p != NULL ? (const char *)b->p
			   : "");
	buf_reset(b);
	return out;
}

START_TEST(urls_have_directories_hosts_and_files)
{
	struct sp_buf b;

	begin();
	buf_init(&b, &fm.mem, 1000);
	ck_assert_str_eq(text_of(place_dir(&b, "http://h/a/b.m3u8?x=/"), &b),
	    "http://h/a/");
	ck_assert_str_eq(text_of(place_dir(&b, "http://h"), &b), "error");
	ck_assert_str_eq(text_of(place_host(&b, "http://h:1/a/b"), &b),
	    "http://h:1/");
	ck_assert_str_eq(text_of(place_file(&b, "file:///a%20b/c.ts?q"), &b),
	    "a b/c.ts");
	ck_assert_str_eq(text_of(place_file(&b, "file:///%2e%2e/c"), &b),
	    "error");
	ck_assert_str_eq(text_of(place_file(&b, "file:///a/.%2e"), &b),
	    "error");
	ck_assert_str_eq(text_of(place_file(&b, "file:///a%00"), &b), "error");
	ck_assert_str_eq(text_of(place_file(&b, "file:///"), &b), "error");
	ck_assert_str_eq(text_of(place_file(&b, "http://h/a"), &b), "error");
	buf_fini(&b);
	end();
}
END_TEST

START_TEST(keys_lie_where_viewers_find_them)
{
	struct sp_buf b;

	begin();
	buf_init(&b, &fm.mem, 1000);
	place_public(&b, "file:///hi/i.m3u8", "file:///", "https://cdn/x/");
	ck_assert_str_eq(text_of(0, &b), "https://cdn/x/hi/i.m3u8");
	place_public(&b, "http://s/l/i.m3u8", "http://s/l/", NULL);
	ck_assert_str_eq(text_of(0, &b), "http://s/l/i.m3u8");
	place_public(&b, "http://t/i.m3u8", "http://s/l/", "https://cdn/x/");
	ck_assert_str_eq(text_of(0, &b), "http://t/i.m3u8");
	place_public(&b, "file:///i.m3u8", "file:///", NULL);
	ck_assert_str_eq(text_of(0, &b), "");
	buf_fini(&b);
	end();
}
END_TEST

UNIT_MAIN("plan", variants_and_renditions_become_tracks,
    the_manifest_of_a_plan_can_be_signed, ids_stay_when_the_order_changes,
    a_media_playlist_is_one_track, a_bandwidth_that_is_not_told_is_measured,
    containers_are_told_by_names, sources_without_tracks_are_refused,
    renditions_beyond_the_limit_are_counted, without_memory_no_plan_stays,
    records_name_resources_as_short_as_can_be,
    urls_have_directories_hosts_and_files, keys_lie_where_viewers_find_them)
