#include "wire/link.h"
#include "test/unit/unit.h"

#define KEY  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HEAD "magnet:?xs=urn:btpk:" KEY

static struct link l; /* large */

static int
parse(const char *s, struct link_error *e)
{
	return link_parse(&l, s, strlen(s), e);
}

static void
fails(const char *s, int err, const char *what, size_t at)
{
	struct link_error e;

	ck_assert_msg(parse(s, &e) == err, "%s", s);
	ck_assert_str_eq(e.what, what);
	ck_assert_uint_eq(e.at, at);
	ck_assert_int_eq(parse(s, NULL), err);
}

START_TEST(a_link_gives_key_name_trackers_and_origins)
{
	struct link_error e = { "old", 7 };

	ck_assert_int_eq(
	    parse(HEAD "&dn=My+%43hannel%26"
		       "&tr=http%3A%2F%2Ft.example%2Fannounce"
		       "&ws=https://cdn.example/a+b/"
		       "&tr=https://u.example/announce&x.pe=1.2.3.4:5&&foo",
		&e),
	    0);
	ck_assert_ptr_null(e.what);
	for (size_t i = 0; i < HASH_PK_LEN; i++)
		ck_assert_uint_eq(l.pk[i], i);
	ck_assert_str_eq(l.name, "My Channel&");
	ck_assert_uint_eq(l.n_trackers, 2);
	ck_assert_str_eq(l.trackers[0], "http://t.example/announce");
	ck_assert_str_eq(l.trackers[1], "https://u.example/announce");
	ck_assert_uint_eq(l.n_origins, 1);
	ck_assert_str_eq(l.origins[0], "https://cdn.example/a+b/");
	ck_assert_uint_eq(l.n_peers, 1);
}
END_TEST

START_TEST(a_salt_says_what_is_meant_under_the_key)
{
	char room[LIM_LINK];
	struct sp_buf b;

	ck_assert_int_eq(parse(HEAD "&s=66696c65&s=zz&dn=x", NULL), 0);
	ck_assert_uint_eq(l.n_salt, 4);
	ck_assert_mem_eq(l.salt, "file", 4);
	buf_wrap(&b, room, sizeof(room));
	link_write(&b, &l);
	buf_put_u8(&b, '\0');
	ck_assert_str_eq(room, HEAD "&s=66696c65&dn=x");
	ck_assert_int_eq(parse(HEAD, NULL), 0);
	ck_assert_uint_eq(l.n_salt, 0);
	for (size_t n = 0; n <= 2 * LIM_SALT + 2; n++) {
		bool ok = n > 0 && n % 2 == 0 && n <= 2 * LIM_SALT;

		snprintf(room, sizeof(room), "%s&s=%.*s", HEAD, (int)n,
		    KEY KEY "00");
		ck_assert_int_eq(parse(room, NULL), ok ? 0 : SP_ERR_SYNTAX);
	}
	fails(HEAD "&s=6g", SP_ERR_SYNTAX,
	    "salt (s=) is not 2 to 128 hex digits", strlen(HEAD) + 3);
}
END_TEST

START_TEST(the_key_alone_is_a_link)
{
	ck_assert_int_eq(parse(HEAD, NULL), 0);
	ck_assert_str_eq(l.name, "");
	ck_assert_uint_eq(l.n_trackers + l.n_origins, 0);
	ck_assert_int_eq(
	    parse("MAGNET:?dn=x&xs=URN%3aBTPK%3a" KEY "&dn=y", NULL), 0);
	ck_assert_str_eq(l.name, "x");
}
END_TEST

START_TEST(other_sources_are_skipped)
{
	char text[600];

	ck_assert_int_eq(parse("magnet:?xs=urn:btih:00&xs=urn:btpk:" KEY
			       "&xs=http%3A%2F%2Fx",
			     NULL),
	    0);
	snprintf(text, sizeof(text), HEAD "&xs=http://%0200d", 0);
	ck_assert_int_eq(parse(text, NULL), 0);
}
END_TEST

START_TEST(what_is_no_channel_link_is_refused)
{
	fails("", SP_ERR_SYNTAX, "not a magnet link", 0);
	fails("http://x/", SP_ERR_SYNTAX, "not a magnet link", 0);
	fails("magnet:", SP_ERR_SYNTAX, "not a magnet link", 0);
	fails("magnet:?", SP_ERR_NOTFOUND, "no channel key (xs=urn:btpk:)", 8);
	fails("magnet:?dn=x", SP_ERR_NOTFOUND, "no channel key (xs=urn:btpk:)",
	    12);
}
END_TEST

START_TEST(a_key_has_64_hex_digits)
{
	const char *what = "channel key is not 64 hex digits";

	fails("magnet:?xs=urn:btpk:", SP_ERR_SYNTAX, what, 11);
	fails("magnet:?xs=urn:btpk:00", SP_ERR_SYNTAX, what, 11);
	fails(HEAD "0", SP_ERR_SYNTAX, what, 11);
	fails(HEAD "00", SP_ERR_SYNTAX, what, 11);
	fails("magnet:?xs=urn:btpk:%zz", SP_ERR_SYNTAX, what, 11);
	fails(HEAD "&xs=urn:btpk:" KEY, SP_ERR_SYNTAX, "second channel key",
	    strlen(HEAD) + 4);
}
END_TEST

START_TEST(names_are_bounded_text)
{
	size_t at = strlen(HEAD "&dn=");
	char text[600];

	snprintf(text, sizeof(text), HEAD "&dn=%0256d", 0);
	ck_assert_int_eq(parse(text, NULL), 0);
	ck_assert_uint_eq(strlen(l.name), LIM_TITLE);
	snprintf(text, sizeof(text), HEAD "&dn=%0257d", 0);
	fails(text, SP_ERR_TOOBIG, "name is too long", at);
	fails(HEAD "&dn=%", SP_ERR_SYNTAX, "bad escape in name", at);
	fails(HEAD "&dn=a%00b", SP_ERR_SYNTAX, "control byte in name", at);
}
END_TEST

START_TEST(urls_are_http_or_skipped_udp)
{
	size_t at = strlen(HEAD "&tr=");
	char text[3000];

	ck_assert_int_eq(parse(HEAD "&tr=UDP://t.example:80", NULL), 0);
	ck_assert_uint_eq(l.n_trackers, 0);
	fails(HEAD "&ws=udp://t.example:80", SP_ERR_UNSUPPORTED,
	    "URL is neither http nor https", at);
	fails(HEAD "&tr=wss://t.example", SP_ERR_UNSUPPORTED,
	    "URL is neither http nor https", at);
	fails(HEAD "&tr", SP_ERR_UNSUPPORTED, "URL is neither http nor https",
	    at - 1);
	fails(HEAD "&tr=http://", SP_ERR_SYNTAX, "malformed URL", at);
	fails(HEAD "&ws=http://a/%00", SP_ERR_SYNTAX, "malformed URL", at);
	fails(HEAD "&ws=http://a/%0", SP_ERR_SYNTAX, "bad escape in URL", at);
	snprintf(text, sizeof(text), HEAD "&tr=http://%02041d", 0);
	ck_assert_int_eq(parse(text, NULL), 0);
	ck_assert_uint_eq(strlen(l.trackers[0]), LIM_URI);
	snprintf(text, sizeof(text), HEAD "&tr=http://%02042d", 0);
	fails(text, SP_ERR_TOOBIG, "URL is too long", at);
}
END_TEST

START_TEST(lists_and_links_have_a_longest_length)
{
	static char text[LIM_LINK + 2];
	size_t at = strlen(HEAD), i;

	memcpy(text, HEAD, at);
	for (i = 0; i < LIM_TRACKERS; i++) {
		memcpy(text + at, "&tr=http://a", 12);
		at += 12;
	}
	ck_assert_int_eq(link_parse(&l, text, at, NULL), 0);
	ck_assert_uint_eq(l.n_trackers, LIM_TRACKERS);
	memcpy(text + at, "&tr=http://a", 12);
	ck_assert_int_eq(link_parse(&l, text, at + 12, NULL), SP_ERR_TOOBIG);
	memset(text + strlen(HEAD), '&', sizeof(text) - strlen(HEAD));
	ck_assert_int_eq(link_parse(&l, text, LIM_LINK, NULL), 0);
	ck_assert_int_eq(link_parse(&l, text, LIM_LINK + 1, NULL),
	    SP_ERR_TOOBIG);
}
END_TEST

START_TEST(peers_are_addresses_that_can_be_dialled)
{
	char text[ADDR_STRLEN], s[512] = HEAD;

	ck_assert_int_eq(parse(HEAD "&x.pe=peer.example:80&x.pe=1.2.3.4"
				    "&x.pe=224.0.0.1:80&x.pe=%5B2001:db8::1%5D"
				    "%3A80&x.pe=1.2.3.4:5%0&x.pe=9.8.7.6:5",
			     NULL),
	    0);
	ck_assert_uint_eq(l.n_peers, 2);
	ck_assert_str_eq(addr_str(&l.peers[0], text), "[2001:db8::1]:80");
	ck_assert_str_eq(addr_str(&l.peers[1], text), "9.8.7.6:5");
	for (unsigned i = 0; i < LIM_LINK_PEERS + 1; i++)
		snprintf(s + strlen(s), sizeof(s) - strlen(s),
		    "&x.pe=9.8.7.%u:5", i);
	ck_assert_int_eq(parse(s, NULL), 0);
	ck_assert_uint_eq(l.n_peers, LIM_LINK_PEERS);
}
END_TEST

START_TEST(a_written_link_parses_to_the_same)
{
	static struct link first;
	struct failmem fm;
	struct sp_buf b;

	ck_assert_int_eq(parse(HEAD "&dn=a%26b%25%C3%A9&tr=http://t/%2525?x=%26"
				    "&tr=http://u/&ws=http://o/%2B/"
				    "&x.pe=[2001:db8::1]:9&x.pe=1.2.3.4:5",
			     NULL),
	    0);
	first = l;
	FAILMEM_EACH (&fm) {
		buf_init(&b, &fm.mem, LIM_LINK);
		link_write(&b, &first);
		if (b.err < 0) {
			ck_assert_int_eq(b.err, SP_ERR_NOMEM);
		} else {
			ck_assert_int_eq(
			    link_parse(&l, (const char *)b.p, b.len, NULL), 0);
			ck_assert_mem_eq(&l, &first, sizeof(l));
		}
		buf_fini(&b);
	}
}
END_TEST

START_TEST(a_link_is_written_escaped_and_in_order)
{
	static const char want[] =
	    HEAD "&dn=a%20b&tr=http%3A%2F%2Ft%2F&ws=http%3A%2F%2Fo%2F";
	struct failmem fm;
	struct sp_buf b;

	ck_assert_int_eq(parse("magnet:?ws=http://o/&tr=http://t/&dn=a%20b"
			       "&xs=urn:btpk:" KEY,
			     NULL),
	    0);
	failmem_init(&fm);
	buf_init(&b, &fm.mem, LIM_LINK);
	link_write(&b, &l);
	ck_assert_uint_eq(b.len, strlen(want));
	ck_assert_mem_eq(b.p, want, b.len);
	buf_fini(&b);
	failmem_check(&fm);
}
END_TEST

/* Expected values from sha256sum over label, NUL, key. */
START_TEST(derived_names_are_those_of_the_protocol)
{
	uint8_t pk[32], hash[20], psk[32], id[20];

	for (size_t i = 0; i < 32; i++)
		pk[i] = (uint8_t)i;
	link_infohash(hash, pk);
	unit_hex_eq(hash, 20, "e011dc8dadf6e36b04f8666e9b95aeac15353c5d");
	link_psk(psk, pk);
	unit_hex_eq(psk, 32,
	    "8d24757124b844058f2c9809efbc96847a387cd3580610e0f6f871441ccdbff1");
	link_peerid(id, pk);
	ck_assert_mem_eq(id, "-SP0100-", 8);
	unit_hex_eq(id + 8, 12, "15c7348b321d453e739db7ac");
}
END_TEST

UNIT_MAIN("link", a_link_gives_key_name_trackers_and_origins,
    a_salt_says_what_is_meant_under_the_key, the_key_alone_is_a_link,
    other_sources_are_skipped, what_is_no_channel_link_is_refused,
    a_key_has_64_hex_digits, names_are_bounded_text,
    urls_are_http_or_skipped_udp, lists_and_links_have_a_longest_length,
    peers_are_addresses_that_can_be_dialled, a_written_link_parses_to_the_same,
    a_link_is_written_escaped_and_in_order,
    derived_names_are_those_of_the_protocol)
