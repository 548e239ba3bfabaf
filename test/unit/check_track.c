#include "tracker/track.h"

#include "test/sim/signer.h"
#include "test/unit/unit.h"
#include "wire/bencode.h"

static struct failmem fm;
static struct track_conf conf;
static struct track *track;
static struct signer seed;
static struct sp_buf b, body;
static struct live_result res;

/* A query with info_hash |hash| (one letter, twenty times). */
#define QUERY(hash, rest)                                                   \
	"info_hash=" hash hash hash hash hash hash hash hash hash hash hash \
	    hash hash hash hash hash hash hash hash hash                    \
	"&peer_id=-XX0100-abcdefghijkl" rest
#define HEX_A "6161616161616161616161616161616161616161"

static void
set_up(void)
{
	failmem_init(&fm);
	ck_assert_int_eq(hash_setup(), 0);
	track_conf_init(&conf);
	conf.live.boot = 9;
	signer_init(&seed, 1);
	buf_init(&b, &fm.mem, 8 << 20);
	buf_init(&body, &fm.mem, 8 << 20);
}

static void
start(void)
{
	set_up();
	ck_assert_int_eq(track_new(&track, &conf, &fm.mem, 1, 0), 0);
}

static void
tear_down(void)
{
	ck_assert(track_is_sound(track));
	track_free(track);
	buf_fini(&b);
	buf_fini(&body);
	failmem_check(&fm);
}

static int
announce(const char *from, const char *query)
{
	struct sp_addr a;

	ck_assert_int_eq(addr_parse(&a, from, strlen(from)), 0);
	buf_reset(&b);
	return track_http_announce(track, query, strlen(query), &a, &b, 0);
}

static int
scrape(const char *query)
{
	buf_reset(&b);
	return track_http_scrape(track, query, strlen(query), &b, 0);
}

static int
publish(void)
{
	int r;

	buf_reset(&b);
	r = track_publish(track, seed.info_hash, body.p, body.len, &b, &res, 0);
	buf_reset(&body);
	return r;
}

/* The reply is a dictionary with "failure reason" |why|. */
static void
failed(const char *why)
{
	struct bcur d;
	const uint8_t *p;
	size_t len;

	ck_assert_int_eq(bencode_check(b.p, b.len, true), 0);
	d = bencode_root(b.p, b.len);
	ck_assert(bencode_get_str(&d, "failure reason", &p, &len));
	ck_assert_uint_eq(len, strlen(why));
	ck_assert_mem_eq(p, why, len);
}

static struct tw_reply
reply(struct tw_peer *peers, size_t max)
{
	struct tw_reply r;

	ck_assert_int_eq(tw_reply_read(&r, peers, max, b.p, b.len), 0);
	ck_assert_ptr_null(r.failure);
	return r;
}

static struct track_stats
stats(void)
{
	struct track_stats st;

	track_stats(track, &st);
	return st;
}

START_TEST(an_announce_is_answered_with_peers_and_own_address)
{
	struct tw_peer peers[4];
	struct tw_reply r;

	start();
	ck_assert_int_eq(announce("5.0.0.1", QUERY("a", "&port=1&left=5")), 0);
	ck_assert_int_eq(announce("5.0.0.2", QUERY("a", "&port=2&left=0")), 0);
	r = reply(peers, 4);
	ck_assert_uint_eq(r.n_peers, 1);
	ck_assert_uint_eq(peers[0].addr.port, 1);
	ck_assert_uint_eq(r.complete, 1);
	ck_assert_uint_eq(r.incomplete, 1);
	ck_assert_uint_eq(r.external.ip[3], 2);
	ck_assert_uint_ge(r.interval_s, 1620);
	ck_assert_uint_eq(r.min_interval_s, 60);
	ck_assert_uint_eq(stats().announces, 2);
	ck_assert_uint_eq(stats().peers_told, 1);
	tear_down();
}
END_TEST

START_TEST(without_compact_peers_are_dictionaries)
{
	struct tw_peer peers[4];
	struct tw_reply r;

	start();
	announce("5.0.0.1", QUERY("a", "&port=1&left=5"));
	announce("5.0.0.2", QUERY("a", "&port=2&left=5&compact=0"));
	r = reply(peers, 4);
	ck_assert_uint_eq(r.n_peers, 1);
	/* No peer-ids are kept of ordinary swarms. */
	ck_assert(!peers[0].has_id);
	ck_assert_uint_eq(peers[0].addr.port, 1);
	tear_down();
}
END_TEST

START_TEST(v6_peers_are_told_apart)
{
	struct tw_peer peers[4];
	struct tw_reply r;

	start();
	announce("2600::1", QUERY("a", "&port=1&left=5"));
	announce("2600::2", QUERY("a", "&port=2&left=5"));
	r = reply(peers, 4);
	ck_assert_uint_eq(r.n_peers, 1);
	ck_assert_uint_eq(peers[0].addr.family, 6);
	ck_assert_uint_eq(r.external.family, 6);
	tear_down();
}
END_TEST

START_TEST(bad_announces_are_told_why)
{
	static const struct {
		const char *query, *why;
		int err;
	} t[] = {
		{ "", "info_hash: missing", SP_ERR_NOTFOUND },
		{ "port=1", "info_hash: missing", SP_ERR_NOTFOUND },
		{ QUERY("a", ""), "port: missing", SP_ERR_NOTFOUND },
		{ QUERY("a", "&port=0"), "port: value out of range",
		    SP_ERR_RANGE },
		{ QUERY("a", "&port=70000"), "port: value out of range",
		    SP_ERR_RANGE },
		{ QUERY("a", "&port=x"), "port: malformed input",
		    SP_ERR_SYNTAX },
		{ QUERY("aa", "&port=1"), "info_hash: malformed input",
		    SP_ERR_SYNTAX },
	};

	start();
	for (size_t i = 0; i < SP_LEN(t); i++) {
		ck_assert_int_eq(announce("5.0.0.1", t[i].query), t[i].err);
		failed(t[i].why);
	}
	ck_assert_int_eq(announce("224.0.0.1", QUERY("a", "&port=1")),
	    SP_ERR_RANGE);
	failed("port: value out of range");
	ck_assert_uint_eq(stats().announce_errors, SP_LEN(t) + 1);
	ck_assert_uint_eq(stats().registry.peers, 0);
	tear_down();
}
END_TEST

START_TEST(stopped_gets_no_peers)
{
	struct tw_peer peers[4];

	start();
	announce("5.0.0.1", QUERY("a", "&port=1&left=5"));
	announce("5.0.0.2", QUERY("a", "&port=2&left=5"));
	announce("5.0.0.2", QUERY("a", "&port=2&left=5&event=stopped"));
	ck_assert_uint_eq(reply(peers, 4).n_peers, 0);
	ck_assert_uint_eq(stats().registry.peers, 1);
	tear_down();
}
END_TEST

START_TEST(scrapes_count_each_swarm)
{
	struct tw_scrape_entry e[4];

	start();
	announce("5.0.0.1", QUERY("b", "&port=1&left=5"));
	announce("5.0.0.2", QUERY("b", "&port=2&left=0&event=completed"));
	ck_assert_int_eq(scrape(QUERY("b", "&info_hash=aaaaaaaaaaaaaaaaaaaa")),
	    0);
	ck_assert_int_eq(tw_scrape_read(e, 4, b.p, b.len), 2);
	ck_assert_uint_eq(e[0].info_hash[0], 'a');
	ck_assert_uint_eq(e[0].incomplete, 0);
	ck_assert_uint_eq(e[1].incomplete, 1);
	ck_assert_uint_eq(e[1].complete, 1);
	ck_assert_uint_eq(e[1].downloaded, 1);
	tear_down();
}
END_TEST

START_TEST(a_full_scrape_is_an_option)
{
	struct tw_scrape_entry e[4];

	start();
	ck_assert_int_eq(scrape(""), SP_ERR_NOTFOUND);
	failed("info_hash: missing");
	ck_assert_int_eq(scrape("info_hash=short"), SP_ERR_SYNTAX);
	ck_assert_uint_eq(stats().scrape_errors, 2);
	tear_down();
	set_up();
	conf.full_scrape = true;
	ck_assert_int_eq(track_new(&track, &conf, &fm.mem, 1, 0), 0);
	announce("5.0.0.1", QUERY("a", "&port=1&left=5"));
	announce("5.0.0.1", QUERY("b", "&port=1&left=5"));
	ck_assert_int_eq(scrape(""), 0);
	ck_assert_int_eq(tw_scrape_read(e, 4, b.p, b.len), 2);
	failmem_arm(&fm, 1);
	ck_assert_int_eq(scrape(""), SP_ERR_NOMEM);
	failmem_arm(&fm, 0);
	tear_down();
}
END_TEST

START_TEST(swarms_of_live_channels_announce_often)
{
	struct tw_announce a = { .port = 1, .left = 1, .numwant = -1 };
	struct tw_peer peers[4];
	struct tw_reply r;
	struct sp_addr from = addr_make(4, (uint8_t[]){ 5, 0, 0, 1 }, 0);

	start();
	memcpy(a.info_hash, seed.info_hash, LINK_INFOHASH_LEN);
	ck_assert_int_eq(track_announce(track, &a, &from, peers, 4, &r, 0), 0);
	ck_assert_uint_gt(r.interval_s, 1000);
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish(), 0);
	ck_assert_int_eq(track_announce(track, &a, &from, peers, 4, &r, 1), 0);
	ck_assert_uint_eq(r.interval_s, 30);
	ck_assert_uint_eq(r.min_interval_s, 10);
	/* Our viewers, before the seeder has come back. */
	memset(a.info_hash, 'z', sizeof(a.info_hash));
	memcpy(a.peer_id, "-SP0100-", 8);
	ck_assert_int_eq(track_announce(track, &a, &from, peers, 4, &r, 2), 0);
	ck_assert_uint_eq(r.interval_s, 30);
	tear_down();
}
END_TEST

START_TEST(a_channel_takes_its_name_from_an_ordinary_swarm)
{
	struct tw_announce a = { .port = 1, .left = 1, .numwant = -1 };
	struct sp_addr from = addr_make(4, (uint8_t[]){ 5, 0, 0, 1 }, 0);
	struct tw_scrape_entry e;
	struct tw_peer peers[4];
	struct tw_reply r;

	start();
	memcpy(a.info_hash, seed.info_hash, LINK_INFOHASH_LEN);
	ck_assert_int_eq(track_announce(track, &a, &from, peers, 4, &r, 0), 0);
	memcpy(a.peer_id, "-SP0100-", 8);
	a.port = 2;
	ck_assert_int_eq(track_announce(track, &a, &from, peers, 4, &r, 0), 0);
	/* Each is told of its like only; a scrape has both. */
	ck_assert_uint_eq(r.n_peers, 0);
	ck_assert_int_eq(track_scrape(track, a.info_hash, &e), 0);
	ck_assert_uint_eq(e.incomplete, 2);
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish(), 0);
	ck_assert_uint_eq(stats().plain.peers, 0);
	ck_assert_uint_eq(stats().registry.peers, 1);
	/* Any client is told of viewers now, with their peer-ids. */
	memcpy(a.peer_id, "-XX0100-", 8);
	a.port = 3;
	ck_assert_int_eq(track_announce(track, &a, &from, peers, 4, &r, 1), 0);
	ck_assert_uint_eq(r.n_peers, 1);
	ck_assert_uint_eq(peers[0].addr.port, 2);
	ck_assert(peers[0].has_id);
	/* When the channel is forgotten the name is free again. */
	track_tick(track, 4000 * SP_S);
	ck_assert_int_eq(
	    track_announce(track, &a, &from, peers, 4, &r, 4000 * SP_S), 0);
	ck_assert_uint_eq(stats().plain.peers, 1);
	ck_assert_uint_eq(stats().announces, 4);
	tear_down();
}
END_TEST

START_TEST(a_channel_is_published_and_read)
{
	struct tw_since pos = { 0 };
	struct tw_frame f;
	int n;

	start();
	ck_assert_int_eq(track_hello(track, seed.info_hash, 1, &b),
	    SP_ERR_NOTFOUND);
	ck_assert_int_eq(track_feed(track, seed.info_hash, &pos, 99, &b),
	    SP_ERR_NOTFOUND);
	ck_assert_int_eq(track_manifest(track, seed.info_hash, &b),
	    SP_ERR_NOTFOUND);
	signer_manifest(&seed, &body);
	signer_record(&seed, &body, 0, 1, 1000, 0);
	ck_assert_int_eq(publish(), 0);
	ck_assert_uint_eq(res.accepted, 2);
	buf_reset(&b);
	ck_assert_int_eq(track_hello(track, seed.info_hash, 1, &b), 0);
	n = tw_frame_read(&f, b.p, b.len);
	ck_assert_int_eq(n, (int)b.len);
	ck_assert_uint_eq(f.type, TW_FRAME_HELLO);
	ck_assert_uint_eq(f.boot, 9);
	ck_assert_uint_eq(f.seq, 2);
	ck_assert_uint_eq(f.clock_ms, 1);
	ck_assert_int_eq(track_feed(track, seed.info_hash, &pos, 99999, &b), 2);
	ck_assert_int_eq(track_feed(track, seed.info_hash, &pos, 99999, &b), 0);
	buf_reset(&b);
	ck_assert_int_eq(track_manifest(track, seed.info_hash, &b), 0);
	ck_assert_int_eq(bencode_check(b.p, b.len, true), 0);
	tear_down();
}
END_TEST

START_TEST(evidence_is_told_in_pairs)
{
	struct tw_frame f;
	size_t at = 0;
	int n, frames = 0;

	start();
	ck_assert_int_eq(track_evidence(track, seed.info_hash, &b), 0);
	signer_manifest(&seed, &body);
	signer_record(&seed, &body, 0, 1, 1000, 0);
	memset(seed.prev[0], 0, HASH_LEN);
	signer_record(&seed, &body, 0, 1, 1000, 1);
	ck_assert_int_eq(publish(), SP_ERR_EQUIV);
	buf_reset(&b);
	ck_assert_int_eq(track_evidence(track, seed.info_hash, &b), 1);
	for (; at < b.len; at += (size_t)n, frames++) {
		n = tw_frame_read(&f, b.p + at, b.len - at);
		ck_assert_int_gt(n, 0);
		ck_assert_uint_eq(f.type, TW_FRAME_RECORD);
	}
	ck_assert_int_eq(frames, 2);
	seed.info_hash[0] ^= 1;
	ck_assert_int_eq(track_evidence(track, seed.info_hash, &b), 0);
	tear_down();
}
END_TEST

START_TEST(what_is_not_permitted_gets_nothing)
{
	start();
	ck_assert_int_eq(track_access(track, ACCESS_ALLOW, HEX_A, 40, NULL), 1);
	ck_assert_int_eq(announce("5.0.0.1", QUERY("a", "&port=1")), 0);
	ck_assert_int_eq(announce("5.0.0.1", QUERY("b", "&port=1")),
	    SP_ERR_DENIED);
	failed("info_hash: not permitted");
	ck_assert_int_eq(scrape(QUERY("b", "")), SP_ERR_DENIED);
	failed("info_hash: not permitted");
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish(), SP_ERR_DENIED);
	failed("not permitted");
	ck_assert_uint_eq(stats().denied, 3);
	ck_assert_uint_eq(stats().publish_errors, 1);
	tear_down();
}
END_TEST

START_TEST(a_new_list_drops_what_it_denies_and_nothing_else)
{
	struct tw_scrape_entry e;
	uint8_t hash[LINK_INFOHASH_LEN];
	char deny[2 * HASH_PK_LEN + 1];

	start();
	announce("5.0.0.1", QUERY("a", "&port=1"));
	announce("5.0.0.1", QUERY("b", "&port=1"));
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish(), 0);
	ck_assert_int_eq(track_access(track, ACCESS_DENY, HEX_A, 40, NULL), 1);
	memset(hash, 'a', sizeof(hash));
	ck_assert_int_eq(track_scrape(track, hash, &e), SP_ERR_DENIED);
	ck_assert_uint_eq(stats().plain.swarms, 1);
	memset(hash, 'b', sizeof(hash));
	ck_assert_int_eq(track_scrape(track, hash, &e), 0);
	ck_assert_uint_eq(e.complete, 1);
	ck_assert_ptr_nonnull(live_find(track_live(track), seed.info_hash));
	buf_hex(deny, seed.pk, HASH_PK_LEN);
	ck_assert_int_eq(track_access(track, ACCESS_DENY, deny, 64, NULL), 1);
	ck_assert_ptr_null(live_find(track_live(track), seed.info_hash));
	ck_assert_int_eq(track_access(track, ACCESS_DENY, "?", 1, NULL),
	    SP_ERR_SYNTAX);
	ck_assert_int_eq(track_scrape(track, hash, &e), 0);
	ck_assert_uint_eq(e.complete, 1);
	tear_down();
}
END_TEST

START_TEST(who_is_kicked_is_refused_for_a_time)
{
	uint8_t hash[LINK_INFOHASH_LEN];
	struct sp_addr who;

	start();
	addr_parse(&who, "5.0.0.1:7", 9);
	memset(hash, 'a', sizeof(hash));
	ck_assert_int_eq(track_kick_addr(track, &who, 10 * SP_S, 0), 0);
	ck_assert_int_eq(announce("5.0.0.1", QUERY("a", "&port=7")),
	    SP_ERR_DENIED);
	ck_assert_int_eq(announce("5.0.0.1", QUERY("a", "&port=8")), 0);
	who.port = 0;
	ck_assert(track_permits_addr(track, &who));
	ck_assert_int_eq(track_kick(track, hash, 20 * SP_S), 0);
	ck_assert_int_eq(announce("5.0.0.1", QUERY("a", "&port=8")),
	    SP_ERR_DENIED);
	track_tick(track, 10 * SP_S);
	ck_assert_uint_eq(stats().kicked, 1);
	ck_assert_int_eq(announce("5.0.0.1", QUERY("b", "&port=7")), 0);
	track_tick(track, 20 * SP_S);
	ck_assert_uint_eq(stats().kicked, 0);
	ck_assert_int_eq(announce("5.0.0.1", QUERY("a", "&port=7")), 0);
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish(), 0);
	ck_assert_int_eq(track_kick(track, seed.info_hash, 30 * SP_S), 0);
	ck_assert_ptr_null(live_find(track_live(track), seed.info_hash));
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish(), SP_ERR_DENIED);
	track_tick(track, 30 * SP_S);
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish(), 0);
	/* A list of channels takes those away that it does not name. */
	ck_assert_int_eq(track_access(track, ACCESS_PUBLISH, HEX_A, 40, NULL),
	    1);
	ck_assert_ptr_null(live_find(track_live(track), seed.info_hash));
	signer_manifest(&seed, &body);
	ck_assert_int_eq(publish(), SP_ERR_DENIED);
	ck_assert_int_eq(announce("5.0.0.1", QUERY("b", "&port=7")), 0);
	tear_down();
}
END_TEST

START_TEST(limits_may_change)
{
	struct track_conf c;
	uint64_t told;

	start();
	track_conf_init(&c);
	c.registry.numwant = 1;
	c.registry.max_swarm_peers = 3;
	for (char i = '1'; i <= '3'; i++) {
		char from[] = "5.0.0.x";

		from[6] = i;
		ck_assert_int_eq(announce(from, QUERY("a", "&port=1&left=5")),
		    0);
	}
	ck_assert_int_eq(track_relimit(track, &c), 0);
	announce("5.0.0.4", QUERY("a", "&port=1&left=5"));
	ck_assert_uint_eq(stats().registry.peers, 3);
	ck_assert_uint_eq(stats().registry.refused_full, 1);
	/* One of three is told. */
	told = stats().peers_told;
	announce("5.0.0.1", QUERY("a", "&port=1&left=5"));
	ck_assert_uint_eq(stats().peers_told - told, 1);
	c.registry.min_interval_s = 100000;
	ck_assert_int_eq(track_relimit(track, &c), SP_ERR_ARG);
	tear_down();
}
END_TEST

START_TEST(ticks_forget_peers_and_channels)
{
	start();
	ck_assert(track_deadline(track) == SP_NEVER);
	announce("5.0.0.1", QUERY("a", "&port=1"));
	ck_assert(track_deadline(track) == PLAIN_TICK_S * SP_S);
	signer_manifest(&seed, &body);
	publish();
	track_tick(track, 4000 * SP_S);
	ck_assert_uint_eq(stats().registry.peers, 0);
	ck_assert_uint_eq(stats().live.channels, 0);
	ck_assert(track_deadline(track) == SP_NEVER);
	tear_down();
}
END_TEST

START_TEST(a_reply_without_room_is_an_error)
{
	struct sp_addr from = addr_make(4, (uint8_t[]){ 5, 0, 0, 1 }, 0);
	const char *q = QUERY("a", "&port=1");
	struct sp_buf tiny;

	start();
	buf_init(&tiny, &fm.mem, 3);
	ck_assert_int_eq(
	    track_http_announce(track, q, strlen(q), &from, &tiny, 0),
	    SP_ERR_FULL);
	buf_fini(&tiny);
	tear_down();
}
END_TEST

START_TEST(bad_configurations_are_refused)
{
	set_up();
	ck_assert_int_eq(
	    (conf.live.boot = 0, track_new(&track, &conf, &fm.mem, 1, 0)),
	    SP_ERR_ARG);
	conf.live.boot = 1;
	conf.registry.max_peers = 0;
	ck_assert_int_eq(track_new(&track, &conf, &fm.mem, 1, 0), SP_ERR_ARG);
	track_free(NULL);
	failmem_check(&fm);
}
END_TEST

START_TEST(lack_of_memory_is_survived)
{
	struct sp_addr from = addr_make(4, (uint8_t[]){ 5, 0, 0, 1 }, 0);
	const char *q = QUERY("a", "&port=1");
	struct failmem good;

	set_up();
	failmem_init(&good);
	buf_init(&body, &good.mem, 1 << 20);
	signer_manifest(&seed, &body);
	signer_record(&seed, &body, 0, 1, 1000, 0);
	FAILMEM_EACH (&fm) {
		buf_init(&b, &fm.mem, 1 << 20);
		if (track_new(&track, &conf, &fm.mem, 1, 0) == 0) {
			(void)track_http_announce(track, q, strlen(q), &from,
			    &b, 0);
			(void)track_http_scrape(track, q, strlen(q), &b, 0);
			(void)track_publish(track, seed.info_hash, body.p,
			    body.len, &b, NULL, 0);
			(void)track_access(track, ACCESS_DENY, HEX_A, 40, NULL);
			ck_assert(track_is_sound(track));
			track_free(track);
		}
		buf_fini(&b);
	}
	buf_fini(&body);
	failmem_check(&good);
}
END_TEST

UNIT_MAIN("track", an_announce_is_answered_with_peers_and_own_address,
    without_compact_peers_are_dictionaries, v6_peers_are_told_apart,
    bad_announces_are_told_why, stopped_gets_no_peers, scrapes_count_each_swarm,
    a_full_scrape_is_an_option, swarms_of_live_channels_announce_often,
    a_channel_takes_its_name_from_an_ordinary_swarm,
    a_channel_is_published_and_read, evidence_is_told_in_pairs,
    what_is_not_permitted_gets_nothing,
    a_new_list_drops_what_it_denies_and_nothing_else,
    who_is_kicked_is_refused_for_a_time, limits_may_change,
    ticks_forget_peers_and_channels, a_reply_without_room_is_an_error,
    bad_configurations_are_refused, lack_of_memory_is_survived)
