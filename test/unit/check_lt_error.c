#include "base/buf.h"
#include "lt/lt.h"
#include "test/unit/lt_make.h"
#include "test/unit/lt_rig.h"

/* Bad torrents, links and numbers: each has its code, and says what it is. */

static struct lt_rig rig;

static const struct lt_make make = { .name = "one",
	.v1 = true,
	.v2 = true,
	.piece_length = 32768,
	.n_files = 3,
	.files = { "a", "b", "c" },
	.sizes = { 100000, 16384, 300001 },
	.web_seed = "http://127.0.0.1/x/" };

START_TEST(what_is_in_a_torrent_is_told)
{
	struct lt_info *i;
	struct lt_error why;
	size_t len;
	uint8_t *p = lt_make_metainfo(&make, &len);

	ck_assert_int_eq(lt_info_new(&i, p, len, &why), 0);
	ck_assert_str_eq(i->name, "one");
	ck_assert(i->has_v1 && i->has_v2 && !i->is_private);
	ck_assert_mem_eq(i->id, i->v1, 20);
	ck_assert_uint_eq(i->piece_length, 32768);
	/* a, its pad, b, its pad, c. */
	ck_assert_uint_eq(i->n_files, 5);
	ck_assert(i->files[1].pad && !i->files[0].pad && i->files[0].has_root);
	ck_assert(!i->files[1].has_root);
	ck_assert_int_eq(i->files[2].offset, 131072);
	ck_assert_str_eq(i->files[4].path, "one/c");
	ck_assert_int_eq(i->files[4].length, 300001);
	ck_assert_uint_eq(i->n_web_seeds, 1);
	ck_assert_str_eq(i->web_seeds[0], "http://127.0.0.1/x/");
	ck_assert_uint_eq(i->n_pieces, 15);
	ck_assert_int_eq(i->total, 131072 + 32768 + 300001);
	ck_assert_uint_eq(lt_info_piece_size(i, 0), 32768);
	ck_assert_uint_eq(lt_info_piece_size(i, 14), 300001 - 9 * 32768);
	ck_assert_uint_eq(lt_info_piece_size(i, 15), 0);
	lt_info_free(i);
	lt_info_free(NULL);
	free(p);
}
END_TEST

/* Neither parser nor session takes it, and both say |code|. */
static void
refused(struct lt_session *s, const void *p, size_t len, int code)
{
	struct lt_torrent t = { .size = sizeof(t), .save_path = "/tmp" };
	struct lt_info *i;
	struct lt_error why;
	uint64_t id = 77;

	memset(&why, 0, sizeof(why));
	ck_assert_msg(lt_info_new(&i, p, len, &why) == code, "%zu: %s", len,
	    why.text);
	ck_assert_ptr_null(i);
	ck_assert_int_eq(why.code, code);
	ck_assert_uint_gt(strlen(why.text), 0);
	t.metainfo = p;
	t.metainfo_len = len;
	ck_assert_int_eq(lt_add(s, &t, &id), code);
	ck_assert_int_eq(lt_why(s)->code, code);
	ck_assert_str_eq(lt_why(s)->text, why.text);
	ck_assert_uint_eq(id, 77);
}

START_TEST(garbage_is_no_torrent)
{
	static const char *const bad[] = { "", "x", "de", "le", "i1e",
		"d4:info", "d4:infoe", "d4:infodee", "d4:infoi1ee",
		"d4:infod4:name1:x12:piece lengthi0e6:pieces0:ee",
		"d4:infod6:lengthi-1e4:name1:x12:piece lengthi16384e"
		"6:pieces20:aaaaaaaaaaaaaaaaaaaaee",
		"d4:infod6:lengthi99999999e4:name1:x12:piece lengthi16384e"
		"6:pieces20:aaaaaaaaaaaaaaaaaaaaee",
		"d4:infod12:meta versioni3e4:name1:x12:piece lengthi16384eee" };
	struct lt_session *s;
	size_t i, len;
	uint8_t *p = lt_make_metainfo(&make, &len), *q;

	lt_rig_begin(&rig, 1, false);
	s = rig.node[0].s;
	for (i = 0; i < SP_LEN(bad); i++)
		refused(s, bad[i], strlen(bad[i]), SP_ERR_SYNTAX);
	/* However much is missing at the end. */
	for (i = 1; i < len; i += 37)
		refused(s, p, len - i, SP_ERR_SYNTAX);
	q = calloc(1, (64u << 20) + 1);
	ck_assert_ptr_nonnull(q);
	refused(s, q, (64u << 20) + 1, SP_ERR_TOOBIG);
	free(q);
	free(p);
	lt_rig_end(&rig);
}
END_TEST

START_TEST(bad_links_and_conflicts_are_told)
{
	static const char *const bad[] = { "", "http://x/",
		"magnet:", "magnet:?dn=x", "magnet:?xt=urn:btih:0123",
		"magnet:?xt=urn:btih:zz23456789012345678901234567890123456789",
		"magnet:?xt=urn:btmh:1220ab", "magnet:?xt=urn:sha1:x" };
	struct lt_torrent t = { .size = sizeof(t), .save_path = "/tmp" };
	struct lt_session *s;
	uint64_t id;
	size_t i, len;
	uint8_t *p = lt_make_metainfo(&make, &len);

	lt_rig_begin(&rig, 1, false);
	s = rig.node[0].s;
	for (i = 0; i < SP_LEN(bad); i++) {
		t.magnet = bad[i];
		ck_assert_msg(lt_add(s, &t, &id) == SP_ERR_SYNTAX, "%s: %s",
		    bad[i], lt_why(s)->text);
		ck_assert_uint_gt(strlen(lt_why(s)->text), 0);
	}
	t.metainfo = p;
	t.metainfo_len = len;
	ck_assert_int_eq(lt_add(s, &t, &id), SP_ERR_ARG);
	t.magnet = NULL;
	t.resume = "d3:foo3:bare";
	t.resume_len = 12;
	ck_assert_int_eq(lt_add(s, &t, &id), SP_ERR_SYNTAX);
	t.resume = "xx";
	t.resume_len = 2;
	ck_assert_int_eq(lt_add(s, &t, &id), SP_ERR_SYNTAX);
	t.resume_len = 0;
	t.save_path = NULL;
	ck_assert_int_eq(lt_add(s, &t, &id), SP_ERR_ARG);
	t.metainfo = NULL;
	t.save_path = "/tmp";
	ck_assert_int_eq(lt_add(s, &t, &id), SP_ERR_ARG);
	t.size = 0;
	ck_assert_int_eq(lt_add(s, &t, &id), SP_ERR_ARG);
	free(p);
	lt_rig_end(&rig);
}
END_TEST

START_TEST(an_unknown_id_is_told_by_every_call)
{
	const struct sp_addr addr = { .ip = { 127, 0, 0, 1 },
		.port = 9,
		.family = 4 };
	struct lt_session *s;
	uint64_t id;

	lt_rig_begin(&rig, 1, false);
	s = rig.node[0].s;
	for (id = 0; id < 2; id++) {
		ck_assert_ptr_null(lt_info_of(s, id));
		ck_assert_int_eq(lt_remove(s, id, false), SP_ERR_NOTFOUND);
		ck_assert_int_eq(lt_set_flags(s, id, 0, LT_PAUSED),
		    SP_ERR_NOTFOUND);
		ck_assert_int_eq(lt_limit(s, id, 1, 1), SP_ERR_NOTFOUND);
		ck_assert_int_eq(lt_connect_peer(s, id, &addr),
		    SP_ERR_NOTFOUND);
		ck_assert_int_eq(lt_add_piece(s, id, 0, "x", 1),
		    SP_ERR_NOTFOUND);
		ck_assert_int_eq(lt_read_piece(s, id, 0), SP_ERR_NOTFOUND);
		ck_assert_int_eq(lt_set_deadline(s, id, 0, 1, true),
		    SP_ERR_NOTFOUND);
		ck_assert_int_eq(lt_reset_deadline(s, id, 0), SP_ERR_NOTFOUND);
		ck_assert_int_eq(lt_clear_deadlines(s, id), SP_ERR_NOTFOUND);
		ck_assert_int_eq(
		    lt_file_priorities(s, id, (const uint8_t *)"", 1),
		    SP_ERR_NOTFOUND);
		ck_assert_int_eq(lt_piece_priorities(s, id, 0, 1, 1),
		    SP_ERR_NOTFOUND);
		ck_assert_int_eq(lt_recheck(s, id), SP_ERR_NOTFOUND);
		ck_assert_int_eq(lt_save_resume(s, id, true), SP_ERR_NOTFOUND);
		ck_assert_int_eq(lt_post_peers(s, id), SP_ERR_NOTFOUND);
		ck_assert_str_eq(lt_why(s)->text, "no such torrent");
	}
	ck_assert_int_eq(lt_unmap_port(s, 1), SP_ERR_NOTFOUND);
	lt_rig_end(&rig);
}
END_TEST

START_TEST(calls_before_it_was_added_wait_for_it)
{
	struct lt_torrent t = { .size = sizeof(t), .flags = LT_PAUSED };
	struct sp_addr addr = { .ip = { 127, 0, 0, 1 }, .family = 4 };
	struct lt_session *s;
	uint64_t id;
	size_t len;
	uint8_t *p = lt_make_metainfo(&make, &len);
	int i;

	lt_rig_begin(&rig, 1, false);
	s = rig.node[0].s;
	t.metainfo = p;
	t.metainfo_len = len;
	t.save_path = rig.dir;
	ck_assert_int_eq(lt_add(s, &t, &id), 0);
	ck_assert_int_eq(lt_connect_peer(s, id, &addr), SP_ERR_ARG);
	ck_assert_int_eq(lt_add_piece(s, id, 0, p, 32768), SP_ERR_AGAIN);
	for (i = 0; i < 1023; i++)
		ck_assert_int_eq(lt_limit(s, id, 1000, 0), 0);
	ck_assert_int_eq(lt_set_flags(s, id, LT_SEQUENTIAL, LT_SEQUENTIAL), 0);
	ck_assert_int_eq(lt_limit(s, id, 1000, 0), SP_ERR_FULL);
	lt_rig_wait(&rig, 0, LT_EV_ADDED, 1);
	ck_assert_int_eq(lt_post_status_all(s), 0);
	lt_rig_wait(&rig, 0, LT_EV_STATUS, 1);
	ck_assert_uint_eq(rig.node[0].status.flags, LT_PAUSED | LT_SEQUENTIAL);
	/* Removed before it was there: never told of, but of its end. */
	lt_rig_forget(&rig, 0);
	ck_assert_int_eq(lt_remove(s, id, false), 0);
	lt_rig_wait(&rig, 0, LT_EV_REMOVED, 1);
	ck_assert_int_eq(lt_add(s, &t, &id), 0);
	ck_assert_int_eq(lt_remove(s, id, false), 0);
	ck_assert_int_eq(lt_recheck(s, id), SP_ERR_NOTFOUND);
	lt_rig_wait(&rig, 0, LT_EV_REMOVED, 2);
	ck_assert_uint_eq(rig.node[0].n[LT_EV_ADDED], 0);
	free(p);
	lt_rig_end(&rig);
}
END_TEST

static void
free_it(void *ctx, const struct lt_event *ev SP_UNUSED)
{
	struct lt_session **s = ctx;

	ck_assert_ptr_nonnull(*s);
	ck_assert_int_eq(lt_drain(*s, free_it, ctx), SP_ERR_ARG);
	lt_free(*s);
	*s = NULL;
}

static void
abort_it(void *ctx, const struct lt_event *ev SP_UNUSED)
{
	lt_abort(ctx);
}

START_TEST(a_session_may_be_closed_in_its_callback)
{
	struct lt_torrent t = { .size = sizeof(t), .save_path = "/tmp" };
	struct lt_conf conf = { .size = sizeof(conf) };
	struct lt_session *s;
	uint64_t id;
	size_t len;
	uint8_t *p = lt_make_metainfo(&make, &len);

	t.metainfo = p;
	t.metainfo_len = len;
	ck_assert_int_eq(lt_new(&s, &conf, NULL), 0);
	ck_assert_int_eq(lt_add(s, &t, &id), 0);
	ck_assert_int_eq(lt_post_peers(s, id), 0);
	while (lt_post_counters(s) == 0)
		ck_assert_int_ge(lt_drain(s, abort_it, s), 0);
	ck_assert_int_ge(lt_drain(s, abort_it, s), 0);
	ck_assert_int_eq(lt_post_peers(s, id), SP_ERR_CLOSED);
	lt_free(s);
	free(p);
}
END_TEST

START_TEST(a_session_may_be_freed_in_its_callback)
{
	struct lt_conf conf = { .size = sizeof(conf) };
	struct lt_session *s;

	ck_assert_int_eq(lt_new(&s, &conf, NULL), 0);
	while (s != NULL)
		ck_assert_int_ge(lt_drain(s, free_it, &s), 0);
}
END_TEST

START_TEST(bad_arguments_are_told)
{
	struct lt_conf conf = { .size = sizeof(conf), .n_settings = 1 };
	struct lt_session *s;
	struct lt_error why;

	ck_assert_int_eq(lt_new(NULL, &conf, &why), SP_ERR_ARG);
	ck_assert_int_eq(lt_new(&s, NULL, &why), SP_ERR_ARG);
	ck_assert_int_eq(lt_new(&s, &conf, &why), SP_ERR_ARG);
	conf.size = 0;
	ck_assert_int_eq(lt_new(&s, &conf, NULL), SP_ERR_ARG);
	conf.size = sizeof(conf);
	conf.n_settings = 0;
	conf.state = "nonsense";
	conf.state_len = 8;
	ck_assert_int_eq(lt_new(&s, &conf, &why), SP_ERR_SYNTAX);
	ck_assert_str_eq(why.category, "bdecode");
	ck_assert_int_ne(why.sys, 0);
	ck_assert_int_eq(lt_drain(NULL, free_it, NULL), SP_ERR_ARG);
	ck_assert_int_eq(lt_post_counters(NULL), SP_ERR_ARG);
	ck_assert_int_eq(lt_why(NULL)->code, SP_ERR_ARG);
	lt_free(NULL);
	lt_abort(NULL);
	ck_assert_ptr_null(lt_hold(NULL));
	lt_release(NULL);
}
END_TEST

LT_RIG_MAIN("lt_error", what_is_in_a_torrent_is_told, garbage_is_no_torrent,
    bad_links_and_conflicts_are_told, an_unknown_id_is_told_by_every_call,
    calls_before_it_was_added_wait_for_it,
    a_session_may_be_closed_in_its_callback,
    a_session_may_be_freed_in_its_callback, bad_arguments_are_told)
