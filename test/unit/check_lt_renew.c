#include "lt/lt.h"
#include "test/unit/lt_make.h"
#include "test/unit/lt_rig.h"

/* Who was banned, and torrents that begin anew. */

static struct lt_rig rig;

static const struct lt_make kinds[] = {
	{ .name = "one",
	    .v1 = true,
	    .piece_length = 32768,
	    .n_files = 3,
	    .files = { "a", "b", "c" },
	    .sizes = { 100000, 70000, 300001 } },
	{ .name = "two",
	    .v2 = true,
	    .piece_length = 32768,
	    .n_files = 3,
	    .files = { "a", "b", "c" },
	    .sizes = { 100000, 20000, 300001 } },
	{ .name = "both",
	    .v1 = true,
	    .v2 = true,
	    .piece_length = 65536,
	    .n_files = 3,
	    .files = { "a", "b", "c" },
	    .sizes = { 100000, 16384, 300001 } },
};
static const struct lt_make *const v1 = &kinds[0];

/* Session |i| serves |m|; or loads it, from |from| if that is not |i|. */
static uint64_t
add(size_t i, const struct lt_make *m, bool serve, uint32_t flags)
{
	struct lt_torrent t = { .flags = flags };
	char name[32], dir[128];
	uint64_t id;
	size_t len;
	uint8_t *p = lt_make_metainfo(m, &len);

	snprintf(name, sizeof(name), "%s.%zu", m->name, i);
	t.save_path = lt_rig_dir(&rig, name, dir);
	if (serve)
		lt_make_files(m, dir);
	t.metainfo = p;
	t.metainfo_len = len;
	id = lt_rig_add(&rig, i, &t);
	free(p);
	return id;
}

static void
connect_to(size_t i, uint64_t id, size_t to)
{
	ck_assert_int_eq(lt_connect_peer(rig.node[i].s, id, &rig.node[to].tcp),
	    0);
}

static void
compare(size_t i, const struct lt_make *m)
{
	char dir[128];

	snprintf(dir, sizeof(dir), "%s/%s.%zu", rig.dir, m->name, i);
	lt_make_compare(m, dir);
}

/* The bytes of session |i|'s second file are turned over. */
static void
spoil(size_t i, const struct lt_make *m)
{
	char path[160];
	uint8_t b;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.%zu/%s/%s", rig.dir, m->name, i,
	    m->name, m->files[1]);
	f = fopen(path, "r+b");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fread(&b, 1, 1, f), 1);
	b ^= 0x55;
	ck_assert_int_eq(fseek(f, 0, SEEK_SET), 0);
	ck_assert_uint_eq(fwrite(&b, 1, 1, f), 1);
	ck_assert_int_eq(fclose(f), 0);
}

/*
 * The only seed is banned for a piece. When he is let in, and better, it goes
 * on with what was here, and nothing is counted twice or lost.
 */
START_TEST(who_was_banned_is_let_in_again)
{
	static const struct lt_status none;
	struct lt_node *n = &rig.node[1];
	const struct lt_info *info;
	unsigned pieces;
	uint64_t id;

	lt_rig_begin(&rig, 2, false);
	add(0, v1, true, 0);
	lt_rig_wait(&rig, 0, LT_EV_FINISHED, 1);
	spoil(0, v1);
	id = add(1, v1, false, 0);
	info = lt_info_of(n->s, id);
	lt_rig_wait(&rig, 1, LT_EV_CHECKED, 1);
	connect_to(1, id, 0);
	lt_rig_wait(&rig, 1, LT_EV_BANNED, 1);
	ck_assert(addr_eq(&n->address, &rig.node[0].tcp));
	ck_assert_int_eq(lt_post_status_all(n->s), 0);
	lt_rig_wait(&rig, 1, LT_EV_STATUS, n->n[LT_EV_STATUS] + 1);
	pieces = n->n[LT_EV_PIECE];
	ck_assert_uint_lt(pieces, info->n_pieces);
	spoil(0, v1);
	ck_assert_int_eq(lt_renew(n->s, id, &rig.node[0].tcp), 0);
	ck_assert_int_eq(lt_renew(n->s, id, &rig.node[0].tcp), 0);
	lt_rig_wait(&rig, 1, LT_EV_ADDED, 2);
	lt_rig_wait(&rig, 1, LT_EV_CHECKED, 2);
	ck_assert_ptr_eq(lt_info_of(n->s, id), info);
	lt_rig_wait(&rig, 1, LT_EV_FINISHED, 1);
	ck_assert_uint_eq(n->n[LT_EV_REMOVED], 0);
	ck_assert_uint_eq(n->n[LT_EV_TORRENT_ERROR], 0);
	compare(1, v1);
	n->status = none;
	ck_assert_int_eq(lt_post_status_all(n->s), 0);
	lt_rig_wait(&rig, 1, LT_EV_STATUS, n->n[LT_EV_STATUS] + 1);
	ck_assert_uint_eq(n->status.torrent, id);
	ck_assert_int_eq(n->status.failed_bytes, info->piece_length);
	/* what was here did not come again */
	ck_assert_int_ge(n->status.down_bytes,
	    info->total + info->piece_length);
	ck_assert_int_lt(n->status.down_bytes,
	    2 * info->total - pieces * (int64_t)info->piece_length / 2);
	/* and it can still be removed */
	ck_assert_int_eq(lt_remove(n->s, id, false), 0);
	lt_rig_wait(&rig, 1, LT_EV_REMOVED, 1);
	ck_assert_int_eq(lt_renew(n->s, id, NULL), SP_ERR_NOTFOUND);
	lt_rig_end(&rig);
}
END_TEST

/* In the middle of beginning anew it is removed, or asked for other things. */
START_TEST(renewed_torrents_are_removed_once)
{
	struct lt_node *n = &rig.node[0];
	uint64_t id;
	size_t i;

	lt_rig_begin(&rig, 1, false);
	for (i = 0; i < 3; i++) {
		lt_rig_forget(&rig, 0);
		id = add(0, &kinds[i], true, 0);
		lt_rig_wait(&rig, 0, LT_EV_CHECKED, 1);
		if (i == 2)
			ck_assert_int_eq(lt_save_resume(n->s, id, true), 0);
		ck_assert_int_eq(lt_renew(n->s, id, NULL), 0);
		if (i == 1) {
			lt_rig_wait(&rig, 0, LT_EV_ADDED, 2);
			ck_assert_int_eq(lt_renew(n->s, id, NULL), 0);
		}
		ck_assert_int_eq(lt_remove(n->s, id, false), 0);
		lt_rig_wait(&rig, 0, LT_EV_REMOVED, 1);
		lt_rig_run(&rig, 100, NULL);
		ck_assert_uint_eq(n->n[LT_EV_REMOVED], 1);
		ck_assert_ptr_null(lt_info_of(n->s, id));
	}
	lt_rig_end(&rig);
}
END_TEST

LT_RIG_MAIN("lt_renew", who_was_banned_is_let_in_again,
    renewed_torrents_are_removed_once)
