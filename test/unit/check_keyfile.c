#include "tools/keyfile.h"

#include "test/unit/unit.h"

static const uint8_t seed[HASH_SEED_LEN] = { 3 };
static const uint8_t salt[KEYFILE_SALT_LEN] = { 4 };
static const uint8_t nonce[KEYFILE_NONCE_LEN] = { 5 };

static struct failmem fm;
static struct keyfile *k, *back;
static struct keyfile_error e;
static struct sp_buf b;

static void
begin(void)
{
	failmem_init(&fm);
	hash_setup();
	k = calloc(1, sizeof(*k));
	back = calloc(1, sizeof(*back));
	buf_init(&b, &fm.mem, KEYFILE_MAX);
	keyfile_init(k, seed);
}

static void
end(void)
{
	buf_fini(&b);
	free(k);
	free(back);
	failmem_check(&fm);
}

static int
parse(void)
{
	buf_reset(&b);
	keyfile_write(&b, k);
	return keyfile_parse(back, (const char *)b.p, b.len, &e);
}

START_TEST(what_was_written_is_read_back)
{
	begin();
	ck_assert_int_eq(keyfile_set_name(k, "A name with blanks"), 0);
	ck_assert_int_eq(keyfile_add_tracker(k, "http://t/announce"), 0);
	ck_assert_int_eq(keyfile_add_origin(k, "http://o/a"), 0);
	ck_assert_str_eq(k->link.origins[0], "http://o/a/");
	ck_assert_int_eq(parse(), 0);
	ck_assert_mem_eq(&back->link, &k->link, sizeof(k->link));
	ck_assert_mem_eq(back->sk, k->sk, HASH_SK_LEN);
	ck_assert(back->open);
	ck_assert(!back->sealed);
	end();
}
END_TEST

START_TEST(a_seal_opens_with_its_phrase_only)
{
	begin();
	ck_assert_int_eq(keyfile_seal(k, "phrase", 6, salt, nonce), 0);
	ck_assert_int_eq(parse(), 0);
	ck_assert_ptr_null(memmem(b.p, b.len, "secret", 6));
	ck_assert(back->sealed);
	ck_assert(!back->open);
	ck_assert_int_eq(keyfile_unseal(back, "phrases", 7), SP_ERR_CRYPTO);
	ck_assert_int_eq(keyfile_unseal(back, "", 0), SP_ERR_CRYPTO);
	ck_assert(!back->open);
	ck_assert_int_eq(keyfile_unseal(back, "phrase", 6), 0);
	ck_assert_mem_eq(back->sk, k->sk, HASH_SK_LEN);
	/* An open key stays open. */
	ck_assert_int_eq(keyfile_unseal(back, "x", 1), 0);
	end();
}
END_TEST

START_TEST(a_box_under_another_public_key_does_not_open)
{
	begin();
	ck_assert_int_eq(keyfile_seal(k, "phrase", 6, salt, nonce), 0);
	k->link.pk[0] ^= 1;
	ck_assert_int_eq(parse(), 0);
	ck_assert_int_eq(keyfile_unseal(back, "phrase", 6), SP_ERR_CRYPTO);
	end();
}
END_TEST

START_TEST(bad_text_is_refused)
{
	char name[LIM_TITLE + 2];

	begin();
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(keyfile_set_name(k, name), SP_ERR_TOOBIG);
	ck_assert_int_eq(keyfile_set_name(k, "a\nsecret 1"), SP_ERR_ARG);
	ck_assert_int_eq(keyfile_add_tracker(k, "ftp://t/"), SP_ERR_ARG);
	ck_assert_int_eq(keyfile_add_tracker(k, "http://t/\n"), SP_ERR_ARG);
	ck_assert_int_eq(keyfile_add_origin(k, "http://o/?a"), SP_ERR_ARG);
	for (int i = 0; i < LIM_TRACKERS; i++)
		ck_assert_int_eq(keyfile_add_tracker(k, "http://t/"), 0);
	ck_assert_int_eq(keyfile_add_tracker(k, "http://t/"), SP_ERR_FULL);
	ck_assert_int_eq(keyfile_seal(k, "", 0, salt, nonce), SP_ERR_ARG);
	end();
}
END_TEST

START_TEST(every_truncation_is_refused)
{
	begin();
	ck_assert_int_eq(parse(), 0);
	/* The last line feed may be missing. */
	for (size_t n = 0; n + 1 < b.len; n++)
		ck_assert_int_lt(keyfile_parse(back, (const char *)b.p, n, &e),
		    0);
	ck_assert_int_eq(keyfile_parse(back, (const char *)b.p, b.len - 1, &e),
	    0);
	end();
}
END_TEST

START_TEST(a_wiped_key_is_gone)
{
	static const struct keyfile none;

	begin();
	keyfile_wipe(k);
	ck_assert_mem_eq(k, &none, sizeof(none));
	end();
}
END_TEST

UNIT_MAIN("keyfile", what_was_written_is_read_back,
    a_seal_opens_with_its_phrase_only,
    a_box_under_another_public_key_does_not_open, bad_text_is_refused,
    every_truncation_is_refused, a_wiped_key_is_gone)
