#include "tracker/daemon/wt_json.h"

#include <jansson.h>

#include "test/unit/unit.h"

static struct failmem fm;
static struct sp_buf text, out;
static struct wt_json msg;

#define HASH "aaaaaaaaaaaaaaaaaaaa"
#define PEER "-WW0102-bbbbbbbbbbbb"

static void
set_up(void)
{
	failmem_init(&fm);
	buf_init(&text, &fm.mem, WT_JSON_TEXT);
	buf_init(&out, &fm.mem, 1 << 20);
}

static void
tear_down(void)
{
	buf_fini(&text);
	buf_fini(&out);
	failmem_check(&fm);
}

static int
take(const char *s)
{
	return wt_json_read(&msg, (const uint8_t *)s, strlen(s), &text);
}

static void
bad(const char *s, const char *why)
{
	ck_assert_int_eq(take(s), SP_ERR_SYNTAX);
	ck_assert_str_eq(msg.bad, why);
}

static void
wrote(const char *want)
{
	buf_put_u8(&out, 0);
	ck_assert_str_eq((char *)out.p, want);
	buf_reset(&out);
}

static bool
same(struct wt_bytes b, const char *s)
{
	return b.len == strlen(s) && memcmp(b.p, s, b.len) == 0;
}

/* What bittorrent-tracker 11.2's client sends. */
START_TEST(an_announce_is_read)
{
	set_up();
	ck_assert_int_eq(take("{\"numwant\":2,\"uploaded\":0,\"downloaded\":0,"
			      "\"event\":\"started\",\"action\":\"announce\","
			      "\"info_hash\":\"" HASH "\",\"peer_id\":\"" PEER
			      "\",\"left\":7,\"offers\":["
			      "{\"offer\":{\"type\":\"offer\",\"sdp\":"
			      "\"v=0\\r\\n\"},\"offer_id\":\"x\"},"
			      "{\"offer\":{\"sdp\":\"\\u00e4\"},"
			      "\"offer_id\":\"\\u00e4\"}]}"),
	    0);
	ck_assert_int_eq(msg.kind, WT_JSON_ANNOUNCE);
	ck_assert_int_eq(memcmp(msg.announce.info_hash, HASH, 20), 0);
	ck_assert_int_eq(memcmp(msg.announce.peer_id, PEER, 20), 0);
	ck_assert_int_eq(msg.announce.event, WT_EVENT_STARTED);
	ck_assert_int_eq(msg.announce.left, WT_LEFT_SOME);
	ck_assert_uint_eq(msg.announce.n_offers, 2);
	ck_assert(same(msg.announce.offers[0].id, "x"));
	ck_assert(same(msg.announce.offers[0].sdp,
	    "{\"type\":\"offer\",\"sdp\":\"v=0\\r\\n\"}"));
	ck_assert(same(msg.announce.offers[1].id, "\xe4"));
	ck_assert(same(msg.announce.offers[1].sdp, "{\"sdp\":\"\xc3\xa4\"}"));
	tear_down();
}
END_TEST

START_TEST(an_answer_is_read)
{
	set_up();
	ck_assert_int_eq(take("{\"action\":\"announce\",\"info_hash\":\"" HASH
			      "\",\"peer_id\":\"" PEER
			      "\",\"to_peer_id\":\"" HASH
			      "\",\"answer\":{\"type\":\"answer\"},"
			      "\"offer_id\":\"id\"}"),
	    0);
	ck_assert_int_eq(msg.kind, WT_JSON_ANSWER);
	ck_assert_int_eq(memcmp(msg.answer.to, HASH, 20), 0);
	ck_assert_int_eq(memcmp(msg.answer.peer_id, PEER, 20), 0);
	ck_assert(same(msg.answer.offer.id, "id"));
	ck_assert(same(msg.answer.offer.sdp, "{\"type\":\"answer\"}"));
	tear_down();
}
END_TEST

#define ANNOUNCE                                         \
	"{\"action\":\"announce\",\"info_hash\":\"" HASH \
	"\",\"peer_id\":\"" PEER "\""

START_TEST(left_and_event_are_read_as_clients_write_them)
{
	static const struct {
		const char *json;
		enum wt_left left;
	} lefts[] = {
		{ ANNOUNCE "}", WT_LEFT_UNKNOWN },
		{ ANNOUNCE ",\"left\":null}", WT_LEFT_UNKNOWN },
		{ ANNOUNCE ",\"left\":0}", WT_LEFT_NONE },
		{ ANNOUNCE ",\"left\":0.0}", WT_LEFT_NONE },
		{ ANNOUNCE ",\"left\":-1}", WT_LEFT_NONE },
		{ ANNOUNCE ",\"left\":\"0\"}", WT_LEFT_NONE },
		{ ANNOUNCE ",\"left\":\"12\"}", WT_LEFT_SOME },
		{ ANNOUNCE ",\"left\":1e300}", WT_LEFT_SOME },
		{ ANNOUNCE ",\"left\":[]}", WT_LEFT_UNKNOWN },
	};
	static const struct {
		const char *json;
		enum wt_event event;
	} events[] = {
		{ ANNOUNCE ",\"event\":null,\"offers\":null}", WT_EVENT_NONE },
		{ ANNOUNCE ",\"event\":\"\"}", WT_EVENT_NONE },
		{ ANNOUNCE ",\"event\":\"update\"}", WT_EVENT_NONE },
		{ ANNOUNCE ",\"event\":\"stopped\"}", WT_EVENT_STOPPED },
		{ ANNOUNCE ",\"event\":\"completed\"}", WT_EVENT_COMPLETED },
		{ ANNOUNCE ",\"answer\":null}", WT_EVENT_NONE },
	};

	set_up();
	for (size_t i = 0; i < SP_LEN(lefts); i++) {
		ck_assert_int_eq(take(lefts[i].json), 0);
		ck_assert_int_eq(msg.announce.left, lefts[i].left);
	}
	for (size_t i = 0; i < SP_LEN(events); i++) {
		ck_assert_int_eq(take(events[i].json), 0);
		ck_assert_int_eq(msg.kind, WT_JSON_ANNOUNCE);
		ck_assert_int_eq(msg.announce.event, events[i].event);
	}
	tear_down();
}
END_TEST

START_TEST(bad_messages_are_told_why)
{
	set_up();
	bad("", "invalid JSON");
	bad("7", "invalid JSON");
	bad("{\"action\":\"announce\"", "invalid JSON");
	bad("{\"action\":\"\xff\"}", "invalid JSON");
	bad("[]", "invalid action");
	bad("{}", "invalid action");
	bad("{\"action\":1}", "invalid action");
	bad("{\"action\":\"connect\"}", "invalid action");
	ck_assert_int_eq(msg.kind, WT_JSON_NONE);
	bad("{\"action\":\"announce\"}", "invalid info_hash");
	bad("{\"action\":\"announce\",\"info_hash\":\"a" HASH "\"}",
	    "invalid info_hash");
	bad("{\"action\":\"announce\",\"info_hash\":\"\\u0100" PEER "\"}",
	    "invalid info_hash");
	ck_assert(!msg.has_hash);
	bad("{\"action\":\"announce\",\"info_hash\":\"" HASH "\"}",
	    "invalid peer_id");
	ck_assert(msg.has_hash);
	bad(ANNOUNCE ",\"event\":\"begun\"}", "invalid event");
	bad(ANNOUNCE ",\"event\":1}", "invalid event");
	bad(ANNOUNCE ",\"offers\":{}}", "invalid offers");
	bad(ANNOUNCE ",\"offers\":[1]}", "invalid offer");
	bad(ANNOUNCE ",\"offers\":[{\"offer\":{}}]}", "invalid offer");
	bad(ANNOUNCE ",\"offers\":[{\"offer\":1,\"offer_id\":\"x\"}]}",
	    "invalid offer");
	bad(ANNOUNCE ",\"offers\":[{\"offer\":{},\"offer_id\":\"\"}]}",
	    "invalid offer");
	bad(ANNOUNCE ",\"answer\":{}}", "invalid to_peer_id");
	bad(ANNOUNCE ",\"answer\":7,\"to_peer_id\":\"" HASH
		     "\",\"offer_id\":\"x\"}",
	    "invalid answer");
	bad("{\"action\":\"scrape\",\"info_hash\":7}", "invalid info_hash");
	bad("{\"action\":\"scrape\",\"info_hash\":[\"" HASH "\",\"\"]}",
	    "invalid info_hash");
	tear_down();
}
END_TEST

START_TEST(offers_are_bounded)
{
	struct sp_buf b;

	set_up();
	buf_init(&b, &fm.mem, 1 << 20);
	buf_put_str(&b, ANNOUNCE ",\"offers\":[");
	for (int i = 0; i < 40; i++)
		buf_put_str(&b, "{\"offer\":{},\"offer_id\":\"x\"},");
	buf_put_str(&b, "1]}");
	ck_assert_int_eq(wt_json_read(&msg, b.p, b.len, &text), 0);
	ck_assert_uint_eq(msg.announce.n_offers, LIM_WT_OFFERS);
	buf_reset(&b);
	buf_put_str(&b, ANNOUNCE ",\"offers\":[{\"offer\":{\"sdp\":\"");
	for (int i = 0; i < LIM_WT_SDP; i++)
		buf_put_str(&b, "x");
	buf_put_str(&b, "\"},\"offer_id\":\"x\"}]}");
	ck_assert_int_eq(wt_json_read(&msg, b.p, b.len, &text), SP_ERR_SYNTAX);
	ck_assert_str_eq(msg.bad, "invalid offer");
	buf_fini(&b);
	tear_down();
}
END_TEST

START_TEST(scrapes_name_one_several_or_all)
{
	set_up();
	ck_assert_int_eq(
	    take("{\"action\":\"scrape\",\"info_hash\":\"" HASH "\"}"), 0);
	ck_assert_int_eq(msg.kind, WT_JSON_SCRAPE);
	ck_assert_uint_eq(msg.scrape.n, 1);
	ck_assert(!msg.scrape.all);
	ck_assert_int_eq(take("{\"action\":\"scrape\",\"info_hash\":[\"" HASH
			      "\",\"" PEER "\"]}"),
	    0);
	ck_assert_uint_eq(msg.scrape.n, 2);
	ck_assert_int_eq(memcmp(msg.scrape.info_hash[1], PEER, 20), 0);
	ck_assert_int_eq(take("{\"action\":\"scrape\",\"info_hash\":[]}"), 0);
	ck_assert(!msg.scrape.all && msg.scrape.n == 0);
	ck_assert_int_eq(take("{\"action\":\"scrape\"}"), 0);
	ck_assert(msg.scrape.all);
	tear_down();
}
END_TEST

/* All 256 bytes, as hashes: what we write is what we read. */
START_TEST(every_byte_goes_there_and_back)
{
	struct wt_act act = { .kind = WT_ACT_REPLY };
	uint8_t ih[LINK_INFOHASH_LEN];
	const char *as_node;
	json_t *j;

	set_up();
	for (unsigned i = 0; i < 256; i += 16) {
		for (unsigned k = 0; k < sizeof(ih); k++)
			ih[k] = (uint8_t)(i + k);
		act.info_hash = ih;
		wt_json_act(&out, &act);
		j = json_loadb((char *)out.p, out.len, JSON_ALLOW_NUL, NULL);
		ck_assert_ptr_nonnull(j);
		json_object_set_new(j, "peer_id",
		    json_incref(json_object_get(j, "info_hash")));
		buf_reset(&out);
		char *s = json_dumps(j, JSON_ENSURE_ASCII);
		ck_assert_int_eq(take(s), 0);
		ck_assert_int_eq(memcmp(msg.announce.peer_id, ih, 20), 0);
		free(s);
		json_decref(j);
	}
	/* JSON.stringify of the first sixteen and four more, but that it has
	 * short forms for five of them. */
	memset(ih, 0, sizeof(ih));
	memcpy(ih, "\x01\x1f \"\\/\x7f\x80\xbf\xc0\xff", 11);
	as_node = "{\"action\":\"announce\",\"info_hash\":\"\\u0001\\u001f "
		  "\\\"\\\\/\x7f\xc2\x80\xc2\xbf\xc3\x80\xc3\xbf\\u0000\\u0000"
		  "\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\","
		  "\"interval\":0,\"complete\":0,\"incomplete\":0}";
	wt_json_act(&out, &act);
	wrote(as_node);
	tear_down();
}
END_TEST

START_TEST(replies_and_relays_are_written)
{
	struct wt_offer o = { { (const uint8_t *)"id", 2 },
		{ (const uint8_t *)"{\"x\":1}", 7 } };
	struct wt_act act = {
		.kind = WT_ACT_REPLY,
		.info_hash = (const uint8_t *)HASH,
		.peer_id = (const uint8_t *)PEER,
		.offer = &o,
		.interval_s = 120,
		.counts = { 3, 4 },
	};

	set_up();
	wt_json_act(&out, &act);
	wrote("{\"action\":\"announce\",\"info_hash\":\"" HASH
	      "\",\"interval\":120,\"complete\":3,\"incomplete\":4}");
	act.full = true;
	wt_json_act(&out, &act);
	wrote("{\"action\":\"announce\",\"info_hash\":\"" HASH
	      "\",\"interval\":120,\"complete\":3,\"incomplete\":4,"
	      "\"warning message\":\"full: you are not kept\"}");
	act.kind = WT_ACT_OFFER;
	wt_json_act(&out, &act);
	wrote("{\"action\":\"announce\",\"info_hash\":\"" HASH
	      "\",\"peer_id\":\"" PEER
	      "\",\"offer_id\":\"id\",\"offer\":{\"x\":1}}");
	act.kind = WT_ACT_ANSWER;
	wt_json_act(&out, &act);
	wrote("{\"action\":\"announce\",\"info_hash\":\"" HASH
	      "\",\"peer_id\":\"" PEER
	      "\",\"offer_id\":\"id\",\"answer\":{\"x\":1}}");
	tear_down();
}
END_TEST

START_TEST(failures_and_scrapes_are_written)
{
	struct wt_counts c = { 1, 2 };

	set_up();
	take("{}");
	wt_json_failure(&out, &msg, msg.bad);
	wrote("{\"failure reason\":\"invalid action\"}");
	take("{\"action\":\"announce\",\"info_hash\":\"" HASH "\"}");
	wt_json_failure(&out, &msg, msg.bad);
	wrote("{\"failure reason\":\"invalid peer_id\","
	      "\"action\":\"announce\",\"info_hash\":\"" HASH "\"}");
	take("{\"action\":\"scrape\",\"info_hash\":7}");
	wt_json_failure(&out, &msg, msg.bad);
	wrote("{\"failure reason\":\"invalid info_hash\","
	      "\"action\":\"scrape\"}");
	wt_json_scrape_begin(&out);
	wt_json_scrape_one(&out, (const uint8_t *)HASH, &c, true);
	wt_json_scrape_one(&out, (const uint8_t *)PEER, &c, false);
	wt_json_scrape_end(&out, 60);
	wrote("{\"action\":\"scrape\",\"files\":{\"" HASH
	      "\":{\"complete\":1,\"incomplete\":2,\"downloaded\":1},\"" PEER
	      "\":{\"complete\":1,\"incomplete\":2,\"downloaded\":1}},"
	      "\"flags\":{\"min_request_interval\":60}}");
	tear_down();
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
	static const char s[] =
	    ANNOUNCE ",\"offers\":[{\"offer\":{},\"offer_id\":\"x\"}]}";
	int r;

	FAILMEM_EACH (&fm) {
		buf_init(&text, &fm.mem, WT_JSON_TEXT);
		r = wt_json_read(&msg, (const uint8_t *)s, strlen(s), &text);
		ck_assert(r == 0 || r == SP_ERR_NOMEM);
		buf_fini(&text);
	}
}
END_TEST

UNIT_MAIN("wt_json", an_announce_is_read, an_answer_is_read,
    left_and_event_are_read_as_clients_write_them, bad_messages_are_told_why,
    offers_are_bounded, scrapes_name_one_several_or_all,
    every_byte_goes_there_and_back, replies_and_relays_are_written,
    failures_and_scrapes_are_written, every_failing_allocation_is_survived)
