#include "base/buf.h"
#include "lt/lt.h"
#include "test/unit/lt_make.h"
#include "test/unit/lt_rig.h"

#include <sys/stat.h>
#include <unistd.h>

/* Torrents between sessions on one host. */

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
static const struct lt_make *const v2 = &kinds[1];

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

START_TEST(three_sessions_exchange_every_kind)
{
	const struct lt_info *info;
	uint64_t id[3];
	size_t k, i;

	lt_rig_begin(&rig, 3, false);
	for (k = 0; k < SP_LEN(kinds); k++) {
		for (i = 0; i < 3; i++)
			lt_rig_forget(&rig, i);
		id[0] = add(0, &kinds[k], true, 0);
		lt_rig_wait(&rig, 0, LT_EV_FINISHED, 1);
		for (i = 1; i < 3; i++)
			id[i] = add(i, &kinds[k], false, 0);
		connect_to(1, id[1], 0);
		/* The third one has it from the second alone. */
		lt_rig_wait(&rig, 2, LT_EV_CHECKED, 1);
		connect_to(2, id[2], 1);
		lt_rig_wait(&rig, 1, LT_EV_FINISHED, 1);
		lt_rig_wait(&rig, 2, LT_EV_FINISHED, 1);
		for (i = 1; i < 3; i++) {
			info = lt_info_of(rig.node[i].s, id[i]);
			ck_assert_ptr_nonnull(info);
			ck_assert(info->has_v1 == kinds[k].v1);
			ck_assert(info->has_v2 == kinds[k].v2);
			ck_assert_uint_eq(rig.node[i].n[LT_EV_PIECE],
			    info->n_pieces);
			ck_assert_uint_eq(rig.node[i].n[LT_EV_HASH_FAILED], 0);
			compare(i, &kinds[k]);
		}
		ck_assert_int_eq(lt_post_peers(rig.node[1].s, id[1]), 0);
		lt_rig_wait(&rig, 1, LT_EV_PEERS, 1);
	}
	lt_rig_end(&rig);
}
END_TEST

START_TEST(pieces_of_ours_are_checked_and_kept)
{
	const struct lt_info *info;
	struct lt_session *s;
	size_t k, len, size;
	uint8_t *bytes;
	uint64_t id;
	uint32_t i;

	lt_rig_begin(&rig, 1, false);
	s = rig.node[0].s;
	for (k = 0; k < SP_LEN(kinds); k++) {
		lt_rig_forget(&rig, 0);
		bytes = lt_make_bytes(&kinds[k], &len);
		id = add(0, &kinds[k], false, 0);
		lt_rig_wait(&rig, 0, LT_EV_CHECKED, 1);
		info = lt_info_of(s, id);
		ck_assert_int_eq((int64_t)len, info->total);
		/* A wrong byte costs the piece, and is forgotten. */
		bytes[5] ^= 1;
		ck_assert_int_eq(
		    lt_add_piece(s, id, 0, bytes, info->piece_length), 0);
		lt_rig_wait(&rig, 0, LT_EV_HASH_FAILED, 1);
		ck_assert_uint_eq(rig.node[0].n[LT_EV_PIECE], 0);
		bytes[5] ^= 1;
		for (i = 0; i < info->n_pieces; i++) {
			size = lt_info_piece_size(info, i);
			ck_assert_int_eq(lt_add_piece(s, id, i,
					     bytes + i * info->piece_length,
					     size),
			    0);
		}
		ck_assert_int_eq(lt_add_piece(s, id, i, bytes, 1),
		    SP_ERR_RANGE);
		ck_assert_int_eq(lt_add_piece(s, id, 0, bytes, 1),
		    SP_ERR_RANGE);
		lt_rig_wait(&rig, 0, LT_EV_FINISHED, 1);
		ck_assert_uint_eq(rig.node[0].n[LT_EV_PIECE], info->n_pieces);
		lt_rig_run(&rig, 300, NULL);
		compare(0, &kinds[k]);
		free(bytes);
	}
	lt_rig_end(&rig);
}
END_TEST

START_TEST(deadlines_bring_pieces_in_order_and_without_padding)
{
	const struct lt_info *info;
	struct lt_node *n = &rig.node[1];
	size_t k, len, want;
	uint8_t *bytes;
	uint64_t id;
	uint32_t i;

	lt_rig_begin(&rig, 2, false);
	for (k = 0; k < SP_LEN(kinds); k++) {
		lt_rig_forget(&rig, 0);
		lt_rig_forget(&rig, 1);
		bytes = lt_make_bytes(&kinds[k], &len);
		want =
		    kinds[k].sizes[0] + kinds[k].sizes[1] + kinds[k].sizes[2];
		add(0, &kinds[k], true, 0);
		lt_rig_wait(&rig, 0, LT_EV_FINISHED, 1);
		id = add(1, &kinds[k], false, 0);
		info = lt_info_of(n->s, id);
		n->data = calloc(info->n_pieces, info->piece_length);
		n->piece_length = info->piece_length;
		for (i = 0; i < info->n_pieces; i++)
			ck_assert_int_eq(
			    lt_set_deadline(n->s, id, i, 100 * i, true), 0);
		ck_assert_int_eq(lt_set_deadline(n->s, id, i, 1, true),
		    SP_ERR_RANGE);
		connect_to(1, id, 0);
		lt_rig_wait(&rig, 1, LT_EV_DATA, info->n_pieces);
		ck_assert_uint_eq(n->data_len, want);
		ck_assert_uint_eq(n->data_len + n->padding, len);
		ck_assert_mem_eq(n->data, bytes, len);
		/* And once more from the disk. */
		memset(n->data, 0, len);
		for (i = 0; i < info->n_pieces; i++)
			ck_assert_int_eq(lt_read_piece(n->s, id, i), 0);
		lt_rig_wait(&rig, 1, LT_EV_DATA, 2 * info->n_pieces);
		ck_assert_mem_eq(n->data, bytes, len);
		for (i = 0; i < info->n_pieces; i++)
			ck_assert_uint_eq(n->order[info->n_pieces + i], i);
		free(n->data);
		n->data = NULL;
		free(bytes);
	}
	lt_rig_end(&rig);
}
END_TEST

START_TEST(a_piece_that_is_not_here_is_an_error)
{
	uint64_t id;

	lt_rig_begin(&rig, 1, false);
	id = add(0, v1, false, 0);
	lt_rig_wait(&rig, 0, LT_EV_CHECKED, 1);
	ck_assert_int_eq(lt_read_piece(rig.node[0].s, id, 1), 0);
	lt_rig_wait(&rig, 0, LT_EV_DATA, 1);
	ck_assert_int_lt(rig.node[0].error[LT_EV_DATA].code, 0);
	ck_assert_uint_eq(rig.node[0].order[0], 1);
	lt_rig_end(&rig);
}
END_TEST

/* Session 0 gets piece |i| of |m| from us. */
static void
give(const struct lt_make *m, uint64_t id, uint32_t i)
{
	const struct lt_info *info = lt_info_of(rig.node[0].s, id);
	unsigned before = rig.node[0].n[LT_EV_PIECE];
	size_t len;
	uint8_t *bytes = lt_make_bytes(m, &len);

	ck_assert_int_eq(lt_add_piece(rig.node[0].s, id, i,
			     bytes + (size_t)i * info->piece_length,
			     lt_info_piece_size(info, i)),
	    0);
	lt_rig_wait(&rig, 0, LT_EV_PIECE, before + 1);
	free(bytes);
}

static void
status_all(size_t i)
{
	unsigned before = rig.node[i].n[LT_EV_STATUS];

	ck_assert_int_eq(lt_post_status_all(rig.node[i].s), 0);
	lt_rig_wait(&rig, i, LT_EV_STATUS, before + 1);
}

/* Resume data by which the first file is elsewhere; frees |p|. */
static uint8_t *
elsewhere(uint8_t *p, size_t *len)
{
	char path[128], text[256];
	uint8_t *out;
	int n;

	snprintf(path, sizeof(path), "%s/elsewhere", rig.dir);
	n = snprintf(text, sizeof(text), "d12:mapped_filesl%zu:%s/xe",
	    strlen(path) + 2, path);
	ck_assert_ptr_nonnull(out = malloc((size_t)n + *len));
	memcpy(out, text, (size_t)n);
	memcpy(out + n, p + 1, *len - 1);
	*len += (size_t)n - 1;
	free(p);
	return out;
}

START_TEST(resume_data_say_what_is_there_and_not_where)
{
	struct lt_node *n = &rig.node[0];
	struct lt_torrent t = { .size = sizeof(t) };
	char dir[128];
	size_t k, len;
	uint8_t *resume;
	uint64_t id;

	lt_rig_begin(&rig, 1, false);
	for (k = 0; k < SP_LEN(kinds); k++) {
		lt_rig_forget(&rig, 0);
		id = add(0, &kinds[k], false, 0);
		lt_rig_wait(&rig, 0, LT_EV_CHECKED, 1);
		give(&kinds[k], id, 0);
		give(&kinds[k], id, 2);
		ck_assert_int_eq(lt_save_resume(n->s, id, true), 0);
		lt_rig_wait(&rig, 0, LT_EV_RESUME, 1);
		ck_assert_int_eq(n->error[LT_EV_RESUME].code, 0);
		len = n->len;
		resume = elsewhere(n->bytes, &len);
		n->bytes = NULL;
		lt_rig_stop(&rig, 0);
		lt_rig_start(&rig, 0, false, NULL, 0);
		snprintf(dir, sizeof(dir), "%s/%s.0", rig.dir, kinds[k].name);
		t.save_path = dir;
		t.resume = resume;
		t.resume_len = len;
		id = lt_rig_add(&rig, 0, &t);
		ck_assert_ptr_nonnull(lt_info_of(n->s, id));
		lt_rig_wait(&rig, 0, LT_EV_CHECKED, 1);
		status_all(0);
		ck_assert_uint_eq(n->status.have, 2);
		ck_assert_uint_eq(n->status.torrent, id);
		/* Of another torrent they are refused. */
		t.magnet = "magnet:?xt=urn:btih:"
			   "0123456789012345678901234567890123456789";
		ck_assert_int_eq(lt_add(n->s, &t, &id), SP_ERR_HASH);
		t.magnet = NULL;
		free(resume);
	}
	lt_rig_end(&rig);
}
END_TEST

START_TEST(have_bits_are_believed_without_hashing)
{
	struct lt_node *n = &rig.node[0];
	struct lt_torrent t = { .flags = LT_NO_CHECK };
	const uint8_t bits[2] = { 0xff, 0xff };
	char dir[128];
	uint64_t id;
	size_t len;
	uint8_t *p = lt_make_metainfo(v2, &len);

	lt_rig_begin(&rig, 1, false);
	t.save_path = lt_rig_dir(&rig, "two.0", dir);
	lt_make_files(v2, dir);
	t.metainfo = p;
	t.metainfo_len = len;
	t.have = bits;
	t.n_have = 3;
	t.size = sizeof(t);
	ck_assert_int_eq(lt_add(n->s, &t, &id), SP_ERR_RANGE);
	t.n_have = 15;
	id = lt_rig_add(&rig, 0, &t);
	ck_assert_uint_eq(lt_info_of(n->s, id)->n_pieces, 15);
	/* Nothing was looked at, and nothing is said of it. */
	lt_rig_run(&rig, 200, NULL);
	status_all(0);
	ck_assert_uint_eq(n->status.have, 15);
	ck_assert_int_eq(n->status.state, LT_STATE_SEEDING);
	free(p);
	lt_rig_end(&rig);
}
END_TEST

START_TEST(a_magnet_link_finds_its_metadata_at_a_peer)
{
	struct lt_node *n = &rig.node[1];
	struct lt_torrent t = { .n_peers = 1 };
	const struct lt_info *info;
	char dir[128], link[128];
	uint64_t id;

	lt_rig_begin(&rig, 2, false);
	id = add(0, v1, true, 0);
	lt_rig_wait(&rig, 0, LT_EV_FINISHED, 1);
	info = lt_info_of(rig.node[0].s, id);
	memcpy(link, "magnet:?xt=urn:btih:", 21);
	buf_hex(link + 20, info->v1, 20);
	t.magnet = link;
	t.peers = &rig.node[0].tcp;
	t.save_path = lt_rig_dir(&rig, "one.1", dir);
	t.size = sizeof(t);
	ck_assert_int_eq(lt_add(n->s, &t, &id), 0);
	ck_assert_ptr_null(lt_info_of(n->s, id));
	ck_assert_int_eq(lt_set_deadline(n->s, id, 0, 1, true), SP_ERR_AGAIN);
	lt_rig_wait(&rig, 1, LT_EV_METADATA, 1);
	info = lt_info_of(n->s, id);
	ck_assert_ptr_nonnull(info);
	ck_assert_str_eq(info->name, "one");
	ck_assert_uint_eq(info->n_files, 3);
	ck_assert_str_eq(info->files[1].path, "one/b");
	ck_assert_int_eq(info->files[1].length, 70000);
	lt_rig_wait(&rig, 1, LT_EV_FINISHED, 1);
	compare(1, v1);
	lt_rig_end(&rig);
}
END_TEST

START_TEST(priorities_choose_what_is_loaded)
{
	struct lt_node *n = &rig.node[1];
	static const uint8_t prio[3] = { 0, 4, 0 };
	uint64_t id;

	lt_rig_begin(&rig, 2, false);
	add(0, v1, true, 0);
	lt_rig_wait(&rig, 0, LT_EV_FINISHED, 1);
	id = add(1, v1, false, LT_NOTHING);
	ck_assert_int_eq(lt_piece_priorities(n->s, id, 2, 3, 7), 0);
	ck_assert_int_eq(lt_piece_priorities(n->s, id, 2, 3, 8), SP_ERR_ARG);
	ck_assert_int_eq(lt_piece_priorities(n->s, id, 12, 4, 7), SP_ERR_RANGE);
	ck_assert_int_eq(lt_file_priorities(n->s, id, prio, 2), SP_ERR_ARG);
	connect_to(1, id, 0);
	lt_rig_wait(&rig, 1, LT_EV_PIECE, 3);
	lt_rig_run(&rig, 500, NULL);
	ck_assert_uint_eq(n->n[LT_EV_PIECE], 3);
	/* File b is in pieces 3 to 5. */
	ck_assert_int_eq(lt_file_priorities(n->s, id, prio, 3), 0);
	lt_rig_wait(&rig, 1, LT_EV_PIECE, 4);
	lt_rig_run(&rig, 500, NULL);
	ck_assert_uint_eq(n->n[LT_EV_PIECE], 4);
	lt_rig_end(&rig);
}
END_TEST

START_TEST(paused_torrents_and_limits_hold)
{
	struct lt_node *n = &rig.node[1];
	uint64_t id, seed;

	lt_rig_begin(&rig, 2, false);
	seed = add(0, v1, true, 0);
	lt_rig_wait(&rig, 0, LT_EV_FINISHED, 1);
	ck_assert_int_eq(lt_limit(rig.node[0].s, seed, 40000, 0), 0);
	id = add(1, v1, false, LT_PAUSED);
	connect_to(1, id, 0);
	lt_rig_run(&rig, 700, NULL);
	ck_assert_uint_eq(n->n[LT_EV_PIECE], 0);
	status_all(1);
	ck_assert_uint_eq(n->status.flags, LT_PAUSED);
	ck_assert_int_eq(lt_set_flags(n->s, id, 0, LT_PAUSED), 0);
	ck_assert_int_eq(lt_set_flags(n->s, id, 0, LT_SEED_MODE), SP_ERR_ARG);
	connect_to(1, id, 0);
	lt_rig_wait(&rig, 1, LT_EV_PIECE, 1);
	/* 470,001 bytes at 40,000 a second take ten; not one or two. */
	lt_rig_run(&rig, 1500, NULL);
	ck_assert_uint_eq(n->n[LT_EV_FINISHED], 0);
	ck_assert_int_eq(lt_limit(rig.node[0].s, seed, 0, 0), 0);
	lt_rig_wait(&rig, 1, LT_EV_FINISHED, 1);
	compare(1, v1);
	lt_rig_end(&rig);
}
END_TEST

/* 127.0.0.1 is a local network to libtorrent, which lets it off by default. */
START_TEST(limits_of_a_session_hold_on_local_networks)
{
	static const struct lt_kv slow = { "upload_rate_limit", "40000" };
	static const struct lt_kv fast = { "upload_rate_limit", "0" };
	struct lt_node *n = &rig.node[1];
	uint64_t id;

	lt_rig_begin(&rig, 2, false);
	ck_assert_int_eq(lt_apply(rig.node[0].s, &slow, 1), 0);
	add(0, v1, true, 0);
	lt_rig_wait(&rig, 0, LT_EV_FINISHED, 1);
	id = add(1, v1, false, 0);
	connect_to(1, id, 0);
	lt_rig_wait(&rig, 1, LT_EV_PIECE, 1);
	lt_rig_run(&rig, 1500, NULL);
	ck_assert_uint_eq(n->n[LT_EV_FINISHED], 0);
	ck_assert_int_eq(lt_apply(rig.node[0].s, &fast, 1), 0);
	lt_rig_wait(&rig, 1, LT_EV_FINISHED, 1);
	lt_rig_end(&rig);
}
END_TEST

START_TEST(removed_torrents_are_gone_with_files_or_without)
{
	struct lt_session *s;
	char path[160];
	uint64_t id, other;

	lt_rig_begin(&rig, 1, false);
	s = rig.node[0].s;
	id = add(0, v1, true, 0);
	lt_rig_wait(&rig, 0, LT_EV_FINISHED, 1);
	other = add(0, v2, true, 0);
	lt_rig_wait(&rig, 0, LT_EV_FINISHED, 2);
	ck_assert_int_eq(lt_remove(s, id, false), 0);
	ck_assert_int_eq(lt_remove(s, id, false), SP_ERR_NOTFOUND);
	ck_assert_int_eq(lt_recheck(s, id), SP_ERR_NOTFOUND);
	lt_rig_wait(&rig, 0, LT_EV_REMOVED, 1);
	ck_assert_ptr_null(lt_info_of(s, id));
	compare(0, v1);
	ck_assert_int_eq(lt_remove(s, other, true), 0);
	lt_rig_wait(&rig, 0, LT_EV_FILES_REMOVED, 1);
	lt_rig_wait(&rig, 0, LT_EV_REMOVED, 2);
	ck_assert_int_eq(rig.node[0].error[LT_EV_FILES_REMOVED].code, 0);
	snprintf(path, sizeof(path), "%s/two.0/two", rig.dir);
	ck_assert_int_eq(access(path, F_OK), -1);
	lt_rig_end(&rig);
}
END_TEST

START_TEST(a_torrent_that_is_there_or_cannot_be_written_says_so)
{
	struct lt_node *n = &rig.node[0];
	struct lt_torrent t = { .size = sizeof(t) };
	char path[128];
	uint64_t id, again;
	size_t len;
	uint8_t *p = lt_make_metainfo(v1, &len), *bytes;
	FILE *f;

	lt_rig_begin(&rig, 1, false);
	id = add(0, v1, false, 0);
	t.metainfo = p;
	t.metainfo_len = len;
	t.save_path = rig.dir;
	ck_assert_int_eq(lt_add(n->s, &t, &again), 0);
	ck_assert_uint_ne(id, again);
	lt_rig_wait(&rig, 0, LT_EV_REMOVED, 1);
	ck_assert_int_eq(n->error[LT_EV_TORRENT_ERROR].code, SP_ERR_EXISTS);
	ck_assert_int_eq(lt_recheck(n->s, again), SP_ERR_NOTFOUND);
	free(p);
	/* Its directory is a file. */
	lt_rig_forget(&rig, 0);
	p = lt_make_metainfo(v2, &len);
	t.metainfo = p;
	t.metainfo_len = len;
	snprintf(path, sizeof(path), "%s/file", rig.dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fclose(f);
	t.save_path = path;
	id = lt_rig_add(&rig, 0, &t);
	lt_rig_run(&rig, 300, NULL);
	free(p);
	bytes = lt_make_bytes(v2, &len);
	ck_assert_int_eq(lt_add_piece(n->s, id, 0, bytes, v2->piece_length), 0);
	free(bytes);
	lt_rig_wait(&rig, 0, LT_EV_TORRENT_ERROR, 1);
	ck_assert_int_lt(n->error[LT_EV_TORRENT_ERROR].code, 0);
	ck_assert_int_eq(n->error[LT_EV_TORRENT_ERROR].sys, 20); /* ENOTDIR */
	lt_rig_end(&rig);
}
END_TEST

LT_RIG_MAIN("lt_torrent", three_sessions_exchange_every_kind,
    pieces_of_ours_are_checked_and_kept,
    deadlines_bring_pieces_in_order_and_without_padding,
    a_piece_that_is_not_here_is_an_error,
    resume_data_say_what_is_there_and_not_where,
    have_bits_are_believed_without_hashing,
    a_magnet_link_finds_its_metadata_at_a_peer,
    priorities_choose_what_is_loaded, paused_torrents_and_limits_hold,
    limits_of_a_session_hold_on_local_networks,
    removed_torrents_are_gone_with_files_or_without,
    a_torrent_that_is_there_or_cannot_be_written_says_so)
