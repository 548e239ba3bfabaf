#include "wire/fileitem.h"

#include "test/unit/unit.h"
#include "wire/manifest.h"

static uint8_t pk[HASH_PK_LEN], sk[HASH_SK_LEN];
static struct fileitem f, back;
static struct head_item it;

#define ID "iiiiiiiiiiiiiiiiiiii"

static struct head_text
text(const char *s)
{
	return (struct head_text){ s, strlen(s) };
}

static void
setup(void)
{
	static const uint8_t seed[HASH_SEED_LEN] = { 9 };

	hash_keypair(pk, sk, seed);
	memset(&f, 0, sizeof(f));
	memcpy(f.id, ID, sizeof(f.id));
	f.has_v2 = true;
	memset(f.v2, 'v', sizeof(f.v2));
	f.name = text("slides & notes");
	f.port = 6881;
	f.n_peers = 1;
	f.peers[0] = addr_make(4, "\xc0\0\2\1", 7000);
	f.n_seeds = 2;
	f.seeds[0] = text("https://cdn.example/files/");
	f.seeds[1] = text("http://b.example/");
	f.n_trackers = 1;
	f.trackers[0] = text("http://t.example/announce");
	ck_assert_int_eq(fileitem_seal(&it, &f, 1000, sk), 0);
}

static void
sign(void)
{
	uint8_t room[2 * LIM_HEAD];
	struct sp_buf b;

	buf_wrap(&b, room, sizeof(room));
	head_signed(&b, FILEITEM_SALT, 4, it.seq, it.v, it.len);
	ck_assert_int_eq(b.err, 0);
	hash_sign_plain(it.sig, sk, b.p, b.len);
}

/* The item with the value |v|, rightly signed. */
static int
open_value(const char *v, size_t len)
{
	ck_assert_uint_le(len, sizeof(it.v));
	it.seq = 7;
	it.len = len;
	memcpy(it.v, v, len);
	sign();
	return fileitem_open(&back, &it, pk);
}

#define OPEN(s) open_value(s, sizeof(s) - 1)

START_TEST(what_is_sealed_is_read_again)
{
	setup();
	ck_assert_int_eq(fileitem_open(&back, &it, pk), 0);
	ck_assert_mem_eq(back.id, f.id, sizeof(f.id));
	ck_assert(back.has_v2);
	ck_assert_mem_eq(back.v2, f.v2, sizeof(f.v2));
	ck_assert_uint_eq(back.name.len, f.name.len);
	ck_assert_mem_eq(back.name.p, f.name.p, f.name.len);
	ck_assert_uint_eq(back.port, 6881);
	ck_assert_uint_eq(back.n_peers, 1);
	ck_assert(addr_eq(&back.peers[0], &f.peers[0]));
	ck_assert_uint_eq(back.n_seeds, 2);
	ck_assert_mem_eq(back.seeds[1].p, f.seeds[1].p, f.seeds[1].len);
	ck_assert_uint_eq(back.n_trackers, 1);
}
END_TEST

START_TEST(other_clients_read_ih_where_bep_46_has_it)
{
	setup();
	memset(&f, 0, sizeof(f));
	memcpy(f.id, ID, sizeof(f.id));
	ck_assert_int_eq(fileitem_seal(&it, &f, 1, sk), 0);
	ck_assert_uint_eq(it.len, strlen("d2:ih20:" ID "1:vi1ee"));
	ck_assert_mem_eq(it.v, "d2:ih20:" ID "1:vi1ee", it.len);
	/* theirs is one too, and only ih counts in it */
	ck_assert_int_eq(OPEN("d2:ih20:" ID "e"), 0);
	ck_assert_mem_eq(back.id, ID, 20);
	ck_assert_int_eq(OPEN("d1:a3:abc2:ih20:" ID "1:p1:xe"), 0);
	ck_assert_uint_eq(back.port, 0);
	ck_assert_uint_eq(back.n_peers, 0);
}
END_TEST

START_TEST(no_byte_can_be_changed)
{
	setup();
	for (size_t i = 0; i < it.len; i++) {
		it.v[i] ^= 1;
		ck_assert_int_eq(fileitem_open(&back, &it, pk), SP_ERR_SIG);
		it.v[i] ^= 1;
	}
	it.seq++;
	ck_assert_int_eq(fileitem_open(&back, &it, pk), SP_ERR_SIG);
	it.seq--;
	it.sig[9] ^= 1;
	ck_assert_int_eq(fileitem_open(&back, &it, pk), SP_ERR_SIG);
	it.sig[9] ^= 1;
	ck_assert_int_eq(fileitem_open(&back, &it, pk), 0);
	pk[0] ^= 1;
	ck_assert_int_eq(fileitem_open(&back, &it, pk), SP_ERR_SIG);
}
END_TEST

START_TEST(a_head_is_no_item_of_files)
{
	struct head h = { .epoch = 1 };
	struct head_item head;

	setup();
	ck_assert_int_eq(head_seal(&head, &h, 5, sk), 0);
	ck_assert_int_eq(fileitem_open(&back, &head, pk), SP_ERR_SIG);
	ck_assert_int_eq(head_open(&h, &it, pk), SP_ERR_SIG);
}
END_TEST

START_TEST(what_does_not_fit_is_left_out)
{
	static char url[4][300];

	setup();
	f.n_trackers = f.n_seeds = 4;
	for (unsigned i = 0; i < 4; i++) {
		memset(url[i], 'x', 300);
		memcpy(url[i], "http://a/", 9);
		url[i][8] = (char)('0' + i);
		f.trackers[i] = f.seeds[i] = (struct head_text){ url[i], 300 };
	}
	ck_assert_int_eq(fileitem_seal(&it, &f, 1, sk), 0);
	ck_assert_int_eq(fileitem_open(&back, &it, pk), 0);
	ck_assert_uint_eq(back.n_trackers, 1);
	ck_assert_uint_eq(back.n_seeds, 1);
	ck_assert_uint_eq(back.n_peers, 1);
	ck_assert_mem_eq(back.seeds[0].p, url[0], 300);
	ck_assert_uint_eq(back.name.len, f.name.len);
}
END_TEST

START_TEST(what_would_not_be_taken_is_not_sealed)
{
	setup();
	ck_assert_int_eq(fileitem_seal(&it, &f, 0, sk), SP_ERR_ARG);
	ck_assert_int_eq(fileitem_seal(&it, &f, LIM_AVAIL_MS + 1, sk),
	    SP_ERR_ARG);
	f.seeds[0] = text("ftp://x/");
	ck_assert_int_eq(fileitem_seal(&it, &f, 1, sk), SP_ERR_ARG);
	f.seeds[0] = f.seeds[1];
	f.name = text("a\nb");
	ck_assert_int_eq(fileitem_seal(&it, &f, 1, sk), SP_ERR_ARG);
	f.name.len = 1;
	f.n_peers = LIM_HEAD_PEERS + 1;
	ck_assert_int_eq(fileitem_seal(&it, &f, 1, sk), SP_ERR_ARG);
	f.n_peers = 1;
	f.peers[0].port = 0;
	ck_assert_int_eq(fileitem_seal(&it, &f, 1, sk), SP_ERR_ARG);
	f.n_peers = 0;
	ck_assert_int_eq(fileitem_seal(&it, &f, 1, sk), 0);
}
END_TEST

START_TEST(value_must_have_its_form)
{
	setup();
	ck_assert_int_eq(OPEN("d2:ih20:" ID "1:vi1ee"), 0);
	ck_assert_int_eq(OPEN("d2:ih20:" ID "1:vi2ee"), SP_ERR_UNSUPPORTED);
	ck_assert_int_eq(OPEN("d2:ih20:" ID "1:v1:1e"), SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN("d2:ih19:iiiiiiiiiiiiiiiiiii1:vi1ee"),
	    SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN("d1:vi1ee"), SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN("le"), SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN(""), SP_ERR_SHORT);
	ck_assert_int_eq(OPEN("d1:vi1e2:ih20:" ID "e"), SP_ERR_CANON);
	ck_assert_int_eq(OPEN("d2:ih20:" ID "1:m3:abc1:vi1ee"), SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN("d2:ih20:" ID "1:n0:1:vi1ee"), SP_ERR_CANON);
	ck_assert_int_eq(OPEN("d2:ih20:" ID "1:n1:\n1:vi1ee"), SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN("d2:ih20:" ID "1:ole1:vi1ee"), SP_ERR_CANON);
	ck_assert_int_eq(OPEN("d2:ih20:" ID "1:ol4:ftp:e1:vi1ee"),
	    SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN("d2:ih20:" ID "1:ul8:http://a8:http://b8:http://c"
			      "8:http://d8:http://ee1:vi1ee"),
	    SP_ERR_TOOBIG);
	ck_assert_int_eq(OPEN("d2:ih20:" ID "1:pi0e1:vi1ee"), SP_ERR_CANON);
	ck_assert_int_eq(OPEN("d2:ih20:" ID "1:pi65536e1:vi1ee"), SP_ERR_RANGE);
	ck_assert_int_eq(OPEN("d1:al6:\xc0\0\2\1\0\0e2:ih20:" ID "1:vi1ee"),
	    SP_ERR_RANGE);
	ck_assert_int_eq(OPEN("d1:al5:\xc0\0\2\1\1e2:ih20:" ID "1:vi1ee"),
	    SP_ERR_SYNTAX);
	ck_assert_int_eq(OPEN("d1:ale2:ih20:" ID "1:vi1ee"), SP_ERR_CANON);
	ck_assert_int_eq(OPEN("d2:ih20:" ID "1:vi1e1:zi5ee"), 0);
}
END_TEST

START_TEST(older_version_is_not_taken_again)
{
	struct head_item have = { 0 }, old;

	setup();
	old = it;
	ck_assert_int_eq(fileitem_merge(&have, &old, pk), 0);
	ck_assert_int_eq(fileitem_merge(&have, &old, pk), SP_ERR_EXISTS);
	f.id[0] = 'x';
	ck_assert_int_eq(fileitem_seal(&it, &f, 1000, sk), 0);
	ck_assert_int_eq(fileitem_merge(&have, &it, pk), SP_ERR_EQUIV);
	ck_assert_int_eq(fileitem_seal(&it, &f, 1001, sk), 0);
	ck_assert_int_eq(fileitem_merge(&have, &it, pk), 0);
	ck_assert_int_eq(fileitem_merge(&have, &old, pk), SP_ERR_STALE);
	ck_assert_int_eq(have.seq, 1001);
	it.seq = 2000; /* forged */
	ck_assert_int_eq(fileitem_merge(&have, &it, pk), SP_ERR_SIG);
	ck_assert_int_eq(have.seq, 1001);
}
END_TEST

START_TEST(a_manifest_carries_it)
{
	static struct manifest m, got;
	uint8_t room[FILEITEM_PACKED + 1] = { 0 };
	struct head_item again;
	struct failmem fm;
	struct sp_buf b, env;

	setup();
	failmem_init(&fm);
	buf_wrap(&b, room, sizeof(room));
	fileitem_pack(&b, &it);
	memcpy(m.pk, pk, sizeof(m.pk));
	m.files.p = (const char *)b.p;
	m.files.len = b.len;
	buf_init(&env, &fm.mem, LIM_ENVELOPE);
	ck_assert_int_eq(manifest_seal(&env, &m, sk), 0);
	ck_assert_int_eq(manifest_open(&got, env.p, env.len, pk), 0);
	ck_assert_int_eq(fileitem_unpack(&again, got.files.p, got.files.len),
	    0);
	ck_assert_int_eq(again.seq, it.seq);
	ck_assert_uint_eq(again.len, it.len);
	ck_assert_int_eq(fileitem_open(&back, &again, pk), 0);
	ck_assert_int_eq(fileitem_unpack(&again, room, 71), SP_ERR_SHORT);
	ck_assert_int_eq(fileitem_unpack(&again, room, sizeof(room)),
	    SP_ERR_TOOBIG);
	m.files.p = (const char *)room;
	m.files.len = sizeof(room);
	buf_reset(&env);
	ck_assert_int_eq(manifest_seal(&env, &m, sk), SP_ERR_ARG);
	buf_fini(&env);
	failmem_check(&fm);
}
END_TEST

/* The magnet link of |f|, checked. */
static void
magnet(const char *want)
{
	char room[4096];
	struct sp_buf b;

	buf_wrap(&b, room, sizeof(room));
	fileitem_magnet(&b, &f);
	buf_put_u8(&b, '\0');
	ck_assert_int_eq(b.err, 0);
	ck_assert_str_eq(room, want);
}

#define HEX_ID "6969696969696969696969696969696969696969"
#define HEX_V2 \
	"7676767676767676767676767676767676767676767676767676767676767676"

START_TEST(magnet_link_has_the_hashes_that_there_are)
{
	setup();
	magnet("magnet:?xt=urn:btih:" HEX_ID "&xt=urn:btmh:1220" HEX_V2
	       "&dn=slides%20%26%20notes"
	       "&tr=http%3A%2F%2Ft.example%2Fannounce"
	       "&ws=https%3A%2F%2Fcdn.example%2Ffiles%2F"
	       "&ws=http%3A%2F%2Fb.example%2F"
	       "&x.pe=192.0.2.1%3A7000");
	f = (struct fileitem){ .has_v2 = true };
	memset(f.id, 'v', sizeof(f.id));
	memset(f.v2, 'v', sizeof(f.v2));
	magnet("magnet:?xt=urn:btmh:1220" HEX_V2);
	f = (struct fileitem){ .has_v2 = false };
	memcpy(f.id, ID, sizeof(f.id));
	magnet("magnet:?xt=urn:btih:" HEX_ID);
}
END_TEST

UNIT_MAIN("fileitem", what_is_sealed_is_read_again,
    other_clients_read_ih_where_bep_46_has_it, no_byte_can_be_changed,
    a_head_is_no_item_of_files, what_does_not_fit_is_left_out,
    what_would_not_be_taken_is_not_sealed, value_must_have_its_form,
    older_version_is_not_taken_again, a_manifest_carries_it,
    magnet_link_has_the_hashes_that_there_are)
