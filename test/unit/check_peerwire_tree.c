#include "test/unit/pw_help.h"

/* A redirect with |n| entries in |b|, as far as they fit. */
static void
put_redirect(struct sp_buf *b, unsigned n)
{
	struct pw_pex_entry e = { .flags = PW_PEX_LISTENS,
		.addr = addr_make(4, "\1\2\3\4", 5) };
	struct pw_open o;

	buf_reset(b);
	pw_redirect_begin(&o, b, 31, 15, LIM_NUMBER - 1);
	while (n-- > 0) {
		e.peer_id[0] = (uint8_t)n;
		ck_assert(pw_pex_add(&o, b, &e));
	}
	pw_end(&o, b);
}

START_TEST(trees_places_come_as_they_were_told)
{
	struct pw_tree ad = { .free = 0x8001,
		.strong = 0x1234,
		.wait = { 3, 255 },
		.late = { 1, [14] = 254, [15] = PW_TREE_NEVER } };
	struct sp_buf *b = fresh();
	struct pw_msg m;

	pw_put_tree(b, 31, &ad);
	unit_hex_eq(b->p, b->len,
	    "00000018 28 1f 8001 1234 03ff"
	    "01000000000000000000000000 00feff");
	m = reread();
	ck_assert_uint_eq(m.type, PW_TREE);
	ck_assert_uint_eq(m.u.tree.track, 31);
	ck_assert_mem_eq(&m.u.tree.ad, &ad, sizeof(ad));
	done();
}
END_TEST

START_TEST(subscriptions_come_as_they_were_written)
{
	struct pw_accept a = { .depth = PW_DEPTH_NONE - 1, .n = PW_PATH };
	struct sp_buf *b = fresh();
	struct pw_msg m;
	unsigned i;

	for (i = 0; i < 4; i++) {
		buf_reset(b);
		pw_put_subscribe(b, 31, 15, i & 1 ? PW_WEIGHT_MAX : 0, i & 2,
		    LIM_NUMBER - 1);
		m = reread();
		ck_assert_uint_eq(m.type, PW_SUBSCRIBE);
		ck_assert_uint_eq(m.u.tree.track, 31);
		ck_assert_uint_eq(m.u.tree.stripe, 15);
		ck_assert_uint_eq(m.u.tree.weight, i & 1 ? PW_WEIGHT_MAX : 0);
		ck_assert(m.u.tree.orphan == ((i & 2) != 0));
		ck_assert_uint_eq(m.u.tree.from, LIM_NUMBER - 1);
	}
	unit_hex_eq(b->p, b->len, "0000000c 29 1f 0f ff 001fffffffffffff");

	buf_reset(b);
	pw_put_unsubscribe(b, 2, 1, 77);
	unit_hex_eq(b->p, b->len, "0000000b 2b 02 01 000000000000004d");
	m = reread();
	ck_assert_uint_eq(m.type, PW_UNSUBSCRIBE);
	ck_assert_uint_eq(m.u.tree.track, 2);
	ck_assert_uint_eq(m.u.tree.stripe, 1);
	ck_assert_uint_eq(m.u.tree.from, 77);

	for (i = 0; i < PW_PATH; i++)
		a.path[i] = 0x01020304 + i;
	buf_reset(b);
	pw_put_accept(b, 2, 1, &a);
	m = reread();
	ck_assert_uint_eq(m.type, PW_ACCEPT);
	ck_assert_uint_eq(m.u.tree.stripe, 1);
	ck_assert_mem_eq(&m.u.tree.accept, &a, sizeof(a));
	a = (struct pw_accept){ 0 }; /* of a root: nobody is above it */
	buf_reset(b);
	pw_put_accept(b, 2, 1, &a);
	unit_hex_eq(b->p, b->len, "00000004 2a 02 01 00");
	m = reread();
	ck_assert_mem_eq(&m.u.tree.accept, &a, sizeof(a));
	done();
}
END_TEST

START_TEST(redirects_name_others_to_be_asked)
{
	struct sp_buf *b = fresh();
	struct pw_pex_entry e;
	struct pw_msg m;
	struct sp_rd rd;
	unsigned i, n;

	for (i = 0; i <= PW_REDIRECTS; i++) {
		put_redirect(b, i);
		m = reread();
		ck_assert_uint_eq(m.type, PW_REDIRECT);
		ck_assert_uint_eq(m.u.pex.track, 31);
		ck_assert_uint_eq(m.u.pex.stripe, 15);
		ck_assert_uint_eq(m.u.pex.from, LIM_NUMBER - 1);
		for (n = i; pw_pex_next(&m, &e);)
			ck_assert_uint_eq(e.peer_id[0], --n);
		ck_assert_uint_eq(n, 0);
	}
	put_redirect(b, PW_REDIRECTS + 1);
	rd = buf_rd(b->p, b->len);
	ck_assert_int_eq(pw_read(&rd, &m), SP_ERR_PROTO);
	done();
}
END_TEST

START_TEST(impossible_places_in_trees_are_refused)
{
#define ADS "0000 0000 0000 00000000000000000000000000000000"
	taken("00000018 28 1f" ADS);
	refused("00000018 28 20" ADS);
	refused("00000018 28 80" ADS); /* no pieces, no trees */
	refused("00000018 28 ff" ADS);
	refused("00000017 28 00 0000 0000 0000 000000000000000000000000000000");
	refused("00000019 28 00" ADS "00");
	refused("00000001 28");
#undef ADS
	taken("0000000c 29 1f 0f ff 001fffffffffffff");
	refused("0000000c 29 20 00 00 0000000000000000");
	refused("0000000c 29 00 10 00 0000000000000000");
	refused("0000000c 29 00 00 00 0020000000000000");
	refused("0000000b 29 00 00 00 00000000000000");
	refused("0000000d 29 00 00 00 0000000000000000 00");
	refused("00000002 29 00");
	taken("0000000b 2b 1f 0f 001fffffffffffff");
	refused("0000000b 2b 20 00 0000000000000000");
	refused("0000000b 2b 00 10 0000000000000000");
	refused("0000000b 2b 00 00 0020000000000000");
	refused("0000000a 2b 00 00 00000000000000");
	refused("0000000c 2b 00 00 0000000000000000 00");
	taken("0000000b 2c 1f 0f 001fffffffffffff");
	refused("0000000b 2c 20 00 0000000000000000");
	refused("0000000b 2c 00 10 0000000000000000");
	refused("0000000b 2c 00 00 0020000000000000");
	refused("0000000a 2c 00 00 00000000000000");
	refused("00000003 2c 00 00");
	refused("00000025 2c 00 00 0000000000000000 01"
		"7070707070707070707070707070707070707070 0a010203 1a");
}
END_TEST

START_TEST(impossible_paths_are_refused)
{
#define PATH8                                 \
	"00000001 00000002 00000003 00000004" \
	"00000005 00000006 00000007 00000008"
	taken("00000004 2a 1f 0f 0e");
	taken("00000024 2a 1f 0f 0e" PATH8);
	refused("00000028 2a 00 00 0e" PATH8 "00000009");
	refused("00000004 2a 00 00 0f"); /* it has no place itself */
	refused("00000004 2a 00 00 ff");
	refused("00000004 2a 20 00 00");
	refused("00000004 2a 00 10 00");
	refused("00000003 2a 00 00"); /* no depth */
	refused("00000007 2a 00 00 01 000102");
	refused("00000009 2a 00 00 01 00010203 04");
#undef PATH8
}
END_TEST

UNIT_MAIN("peerwire_tree", trees_places_come_as_they_were_told,
    subscriptions_come_as_they_were_written, redirects_name_others_to_be_asked,
    impossible_places_in_trees_are_refused, impossible_paths_are_refused)
