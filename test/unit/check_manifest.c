#include "wire/manifest.h"
#include "test/unit/unit.h"

static struct failmem fm;
static struct sp_buf b;
static uint8_t pk[HASH_PK_LEN], sk[HASH_SK_LEN];
static struct manifest m, got;

#define TEXT(s)                    \
	(struct manifest_text)     \
	{                          \
		(s), sizeof(s) - 1 \
	}

static void
minimal(void)
{
	static const uint8_t seed[HASH_SEED_LEN] = { 9 };

	hash_setup();
	hash_keypair(pk, sk, seed);
	memset(&m, 0, sizeof(m));
	memcpy(m.pk, pk, sizeof(pk));
}

static void
full(void)
{
	minimal();
	m.epoch = 3;
	m.serial = INT64_MAX;
	m.window_ms = 60000;
	m.holdback_ms = 6000;
	m.policy = MANIFEST_ENDED | UINT32_C(0x80000000);
	m.title = TEXT("Caf\xc3\xa9 TV");
	m.lines = TEXT("#EXT-X-INDEPENDENT-SEGMENTS\n");
	m.n_tracks = 2;
	m.tracks[0] = (struct manifest_track){ .id = 31,
		.container = MANIFEST_OTHER,
		.width = 1920,
		.height = 1080,
		.bandwidth_bps = UINT32_MAX,
		.target_s = 3600,
		.name = TEXT("hd"),
		.codecs = TEXT("avc1.64001f,mp4a.40.2"),
		.language = TEXT("en"),
		.head = TEXT("#EXT-X-START:TIME-OFFSET=0\n") };
	m.tracks[1] = (struct manifest_track){ .id = 0 };
	m.n_refs = 2;
	m.refs[0] = (struct manifest_ref){ MANIFEST_REF_STREAM, 0,
		TEXT("BANDWIDTH=1") };
	m.refs[1] = (struct manifest_ref){ MANIFEST_REF_MEDIA, -1,
		TEXT("TYPE=CLOSED-CAPTIONS") };
	m.n_origins = 2;
	m.origins[0] = TEXT("http://a.example/live/");
	m.origins[1] = TEXT("https://b.example/");
	m.n_trackers = 1;
	m.trackers[0] = TEXT("http://t.example/announce?k=1");
}

static void
start(void)
{
	failmem_init(&fm);
	buf_init(&b, &fm.mem, LIM_ENVELOPE);
}

static void
stop(void)
{
	buf_fini(&b);
	failmem_check(&fm);
}

static int
seal(void)
{
	buf_reset(&b);
	return manifest_seal(&b, &m, sk);
}

static int
reopen(void)
{
	ck_assert_int_eq(seal(), 0);
	return manifest_open(&got, b.p, b.len, pk);
}

static void
text_eq(struct manifest_text a, struct manifest_text w)
{
	ck_assert_uint_eq(a.len, w.len);
	if (a.len > 0)
		ck_assert_mem_eq(a.p, w.p, a.len);
}

START_TEST(every_field_comes_back)
{
	const struct manifest_track *t = &got.tracks[0];

	full();
	start();
	ck_assert_int_eq(reopen(), 0);
	ck_assert_mem_eq(got.pk, pk, sizeof(pk));
	ck_assert(got.epoch == 3 && got.serial == INT64_MAX);
	ck_assert(got.window_ms == 60000 && got.holdback_ms == 6000);
	ck_assert(got.policy == m.policy);
	text_eq(got.title, m.title);
	text_eq(got.lines, m.lines);
	ck_assert_uint_eq(got.n_tracks, 2);
	ck_assert(t->id == 31 && t->container == MANIFEST_OTHER);
	ck_assert(t->width == 1920 && t->height == 1080);
	ck_assert(t->bandwidth_bps == UINT32_MAX && t->target_s == 3600);
	text_eq(t->name, m.tracks[0].name);
	text_eq(t->codecs, m.tracks[0].codecs);
	text_eq(t->language, m.tracks[0].language);
	text_eq(t->head, m.tracks[0].head);
	ck_assert_mem_eq(&got.tracks[1], &m.tracks[1], sizeof(*t));
	ck_assert_uint_eq(got.n_refs, 2);
	ck_assert(got.refs[0].kind == MANIFEST_REF_STREAM);
	ck_assert(got.refs[0].track == 0 && got.refs[1].track == -1);
	ck_assert(got.refs[1].kind == MANIFEST_REF_MEDIA);
	text_eq(got.refs[1].attrs, m.refs[1].attrs);
	ck_assert_uint_eq(got.n_origins, 2);
	text_eq(got.origins[1], m.origins[1]);
	ck_assert_uint_eq(got.n_trackers, 1);
	text_eq(got.trackers[0], m.trackers[0]);
	stop();
}
END_TEST

START_TEST(the_smallest_manifest_is_key_and_version)
{
	minimal();
	start();
	ck_assert_int_eq(reopen(), 0);
	ck_assert_mem_eq(b.p, "d1:md1:k32:", 11);
	ck_assert_mem_eq(b.p + 11 + 32, "1:vi1ee1:s64:", 13);
	ck_assert_mem_eq(&got, &m, sizeof(m));
	stop();
}
END_TEST

START_TEST(tracks_are_found_by_id)
{
	full();
	ck_assert_ptr_eq(manifest_track(&m, 31), &m.tracks[0]);
	ck_assert_ptr_eq(manifest_track(&m, 0), &m.tracks[1]);
	ck_assert_ptr_null(manifest_track(&m, 1));
}
END_TEST

START_TEST(another_key_or_signature_is_refused)
{
	uint8_t other[HASH_PK_LEN] = { 1 };
	size_t i;

	full();
	start();
	ck_assert_int_eq(reopen(), 0);
	ck_assert_int_eq(manifest_open(&got, b.p, b.len, other),
	    SP_ERR_WRONGCHAN);
	ck_assert_int_eq(manifest_open(&got, b.p, b.len, NULL), 0);
	b.p[b.len - 2] ^= 1;
	ck_assert_int_eq(manifest_open(&got, b.p, b.len, pk), SP_ERR_SIG);
	b.p[b.len - 2] ^= 1;
	for (i = 0; i < b.len; i++) {
		b.p[i] ^= 0x20;
		ck_assert_int_lt(manifest_open(&got, b.p, b.len, NULL), 0);
		b.p[i] ^= 0x20;
		ck_assert_int_eq(manifest_open(&got, b.p, i, NULL),
		    SP_ERR_SHORT);
	}
	stop();
}
END_TEST

#define REFUSED(field, value)                         \
	do {                                          \
		full();                               \
		m.field = value;                      \
		ck_assert_int_eq(seal(), SP_ERR_ARG); \
		ck_assert_uint_eq(b.len, 0);          \
	} while (0)

START_TEST(numbers_out_of_range_are_not_written)
{
	start();
	REFUSED(serial, (uint64_t)INT64_MAX + 1);
	REFUSED(n_tracks, LIM_TRACKS + 1);
	REFUSED(n_refs, LIM_MASTER_REFS + 1);
	REFUSED(n_origins, LIM_ORIGINS + 1);
	REFUSED(n_trackers, LIM_TRACKERS + 1);
	REFUSED(tracks[0].id, LIM_TRACKS);
	REFUSED(tracks[0].id, 0); /* twice */
	REFUSED(tracks[0].container, MANIFEST_OTHER + 1);
	REFUSED(tracks[0].target_s, 3601);
	REFUSED(refs[0].kind, MANIFEST_REF_IFRAME + 1);
	REFUSED(refs[0].track, -2);
	REFUSED(refs[0].track, LIM_TRACKS);
	REFUSED(refs[0].track, 5); /* no such track */
	REFUSED(pk[0], (uint8_t)~pk[0]);
	stop();
}
END_TEST

START_TEST(text_that_breaks_its_rules_is_not_written)
{
	static char name[LIM_TITLE + 1], lines[LIM_LINES + 1];

	memset(name, 'n', sizeof(name));
	memset(lines, 'l', sizeof(lines));
	start();
	REFUSED(title, TEXT("a\nb"));
	REFUSED(title, ((struct manifest_text){ name, LIM_TITLE + 1 }));
	REFUSED(lines, TEXT("no hash\n"));
	REFUSED(tracks[0].name, TEXT("a\x01"));
	REFUSED(tracks[0].codecs, TEXT("a\x01"));
	REFUSED(tracks[0].language, TEXT("a\x01"));
	REFUSED(tracks[0].head, TEXT("#a"));
	REFUSED(refs[0].attrs, TEXT("a\nb"));
	REFUSED(refs[0].attrs,
	    ((struct manifest_text){ lines, LIM_LINES + 1 }));
	REFUSED(origins[0], TEXT("http://a/b"));
	REFUSED(origins[0], TEXT("http://a/?b/"));
	REFUSED(origins[0], TEXT("ftp://a/"));
	REFUSED(trackers[0], TEXT(""));
	REFUSED(trackers[0], TEXT("udp://t:80"));
	stop();
}
END_TEST

/* Signs |raw| as if it were a manifest and opens that. */
static int
open_raw(const char *head, const char *tail)
{
	struct sp_buf raw;
	uint8_t sig[HASH_SIG_LEN];
	int r;

	minimal();
	buf_init(&raw, &fm.mem, LIM_ENVELOPE);
	buf_put_str(&raw, head);
	buf_put_str(&raw, "1:k32:");
	buf_put(&raw, pk, sizeof(pk));
	buf_put_str(&raw, tail);
	hash_sign(sig, sk, "spate manifest 1", raw.p, raw.len);
	buf_reset(&b);
	buf_put_str(&b, "d1:m");
	buf_put(&b, raw.p, raw.len);
	buf_put_str(&b, "1:s64:");
	buf_put(&b, sig, sizeof(sig));
	buf_put_str(&b, "e");
	buf_fini(&raw);
	r = manifest_open(&got, b.p, b.len, pk);
	return r;
}

START_TEST(malformed_fields_are_refused)
{
	static const struct {
		const char *tail;
		int err;
	} v[] = {
		{ "1:vi1ee", 0 },
		{ "1:vi2ee", SP_ERR_UNSUPPORTED },
		{ "e", SP_ERR_SYNTAX },
		{ "1:v1:1e", SP_ERR_SYNTAX },
		{ "1:n0:1:vi1ee", SP_ERR_CANON },
		{ "1:ni1e1:vi1ee", SP_ERR_SYNTAX },
		{ "1:n1:\x01"
		  "1:vi1ee",
		    SP_ERR_SYNTAX },
		{ "1:o1:x1:vi1ee", SP_ERR_SYNTAX },
		{ "1:ole1:vi1ee", SP_ERR_CANON },
		{ "1:oli1ee1:vi1ee", SP_ERR_SYNTAX },
		{ "1:ol0:e1:vi1ee", SP_ERR_CANON },
		{ "1:ol1:xe1:vi1ee", SP_ERR_SYNTAX },
		{ "1:pi4294967296e1:vi1ee", SP_ERR_RANGE },
		{ "1:rle1:vi1ee", SP_ERR_CANON },
		{ "1:rli1ee1:vi1ee", SP_ERR_SYNTAX },
		{ "1:rld1:ki300eee1:vi1ee", SP_ERR_RANGE },
		{ "1:rld1:ki3eee1:vi1ee", SP_ERR_RANGE },
		{ "1:rld1:t1:xee1:vi1ee", SP_ERR_SYNTAX },
		{ "1:rld1:ti-2eee1:vi1ee", SP_ERR_RANGE },
		{ "1:rld1:ti32eee1:vi1ee", SP_ERR_RANGE },
		{ "1:rld1:ti0eee1:vi1ee", SP_ERR_CANON },
		{ "1:rld1:ti4eee1:vi1ee", SP_ERR_RANGE },
		{ "1:rld1:ti-1e1:zi1eee1:vi1ee", 0 },
		{ "1:si0e1:vi1ee", SP_ERR_CANON },
		{ "1:ti1e1:vi1ee", SP_ERR_SYNTAX },
		{ "1:tlde1:xe1:vi1ee", SP_ERR_SYNTAX },
		{ "1:tldedee1:vi1ee", SP_ERR_RANGE },
		{ "1:tld1:hi65536eee1:vi1ee", SP_ERR_RANGE },
		{ "1:tld1:ii256eee1:vi1ee", SP_ERR_RANGE },
		{ "1:tld1:ii32eee1:vi1ee", SP_ERR_RANGE },
		{ "1:tld1:di3601eee1:vi1ee", SP_ERR_RANGE },
		{ "1:tld1:zi1eee1:vi1ee", 0 },
		{ "1:ul8:http://te1:vi1ee", 0 },
		{ "1:vi1e1:x1:xe", SP_ERR_SYNTAX },
		{ "1:vi1e1:zi1ee", 0 },
	};

	start();
	for (size_t i = 0; i < SP_LEN(v); i++) {
		int r = open_raw("d", v[i].tail);

		ck_assert_msg(r == v[i].err, "%s: %s", v[i].tail,
		    sp_errname(r));
	}
	ck_assert_int_eq(open_raw("d1:hi1e", "1:vi1ee"), 0);
	ck_assert_uint_eq(got.holdback_ms, 1);
	stop();
}
END_TEST

#define S32  "ssssssssssssssssssssssssssssssss"
#define TAIL "1:s64:" S32 S32 "e"

START_TEST(a_manifest_needs_a_whole_key)
{
	static const char *const bad[] = { "d1:md1:vi1ee" TAIL,
		"d1:md1:ki1e1:vi1ee" TAIL, "d1:md1:k1:x1:vi1ee" TAIL,
		"d1:mi1e" TAIL, "d1:h0:1:mde" TAIL };

	for (size_t i = 0; i < SP_LEN(bad); i++)
		ck_assert_int_eq(manifest_open(&got, (const uint8_t *)bad[i],
				     strlen(bad[i]), NULL),
		    SP_ERR_SYNTAX);
}
END_TEST

static void
put_many(char *text, const char *head, const char *item, size_t n,
    const char *tail)
{
	size_t at = strlen(head);

	memcpy(text, head, at);
	while (n-- > 0) {
		memcpy(text + at, item, strlen(item));
		at += strlen(item);
	}
	memcpy(text + at, tail, strlen(tail) + 1);
}

START_TEST(long_lists_are_too_big)
{
	static char text[4096];

	start();
	put_many(text, "1:rl", "d1:ti-1ee", LIM_MASTER_REFS, "e1:vi1ee");
	ck_assert_int_eq(open_raw("d", text), 0);
	ck_assert_uint_eq(got.n_refs, LIM_MASTER_REFS);
	put_many(text, "1:rl", "d1:ti-1ee", LIM_MASTER_REFS + 1, "e1:vi1ee");
	ck_assert_int_eq(open_raw("d", text), SP_ERR_TOOBIG);
	put_many(text, "1:tl", "de", LIM_TRACKS + 1, "e1:vi1ee");
	ck_assert_int_eq(open_raw("d", text), SP_ERR_TOOBIG);
	put_many(text, "1:ol", "9:http://a/", LIM_ORIGINS, "e1:vi1ee");
	ck_assert_int_eq(open_raw("d", text), 0);
	put_many(text, "1:ol", "9:http://a/", LIM_ORIGINS + 1, "e1:vi1ee");
	ck_assert_int_eq(open_raw("d", text), SP_ERR_TOOBIG);
	put_many(text, "1:ul", "8:http://a", LIM_TRACKERS + 1, "e1:vi1ee");
	ck_assert_int_eq(open_raw("d", text), SP_ERR_TOOBIG);
	put_many(text, "1:n257:", "n", LIM_TITLE + 1, "1:vi1ee");
	ck_assert_int_eq(open_raw("d", text), SP_ERR_TOOBIG);
	stop();
}
END_TEST

START_TEST(a_manifest_above_its_limit_is_not_written)
{
	static char attrs[LIM_LINES];

	full();
	memset(attrs, 'a', sizeof(attrs));
	for (m.n_refs = 0; m.n_refs < 10; m.n_refs++)
		m.refs[m.n_refs] =
		    (struct manifest_ref){ 0, -1, { attrs, sizeof(attrs) } };
	start();
	ck_assert_int_eq(seal(), SP_ERR_TOOBIG);
	m.n_refs = 5;
	ck_assert_int_eq(reopen(), 0);
	stop();
}
END_TEST

START_TEST(sealing_survives_lack_of_memory)
{
	int r;

	full();
	FAILMEM_EACH (&fm) {
		buf_init(&b, &fm.mem, LIM_ENVELOPE);
		r = manifest_seal(&b, &m, sk);
		ck_assert(r == 0 || r == SP_ERR_NOMEM);
		buf_fini(&b);
	}
}
END_TEST

UNIT_MAIN("manifest", every_field_comes_back,
    the_smallest_manifest_is_key_and_version, tracks_are_found_by_id,
    another_key_or_signature_is_refused, numbers_out_of_range_are_not_written,
    text_that_breaks_its_rules_is_not_written, malformed_fields_are_refused,
    a_manifest_needs_a_whole_key, long_lists_are_too_big,
    a_manifest_above_its_limit_is_not_written, sealing_survives_lack_of_memory)
