#include "lt/lt.h"
#include "test/unit/lt_fault.h"
#include "test/unit/lt_make.h"
#include "test/unit/lt_rig.h"

/*
 * Every call of libtorrent that the shim makes throws in turn, each of four
 * things: each becomes a code and a text, and the call works afterwards.
 */

static struct lt_rig rig;
static uint64_t torrent;
static uint32_t mapping;
static uint8_t *metainfo, *bytes, *state, *resume;
static size_t metainfo_len, bytes_len, state_len, resume_len;

static const struct lt_make make = { .name = "one",
	.v1 = true,
	.v2 = true,
	.piece_length = 32768,
	.n_files = 2,
	.files = { "a", "b" },
	.sizes = { 100000, 70000 } };

static const uint8_t hash[20] = { 1 };
static struct lt_error why; /* of calls without a session */

/* ---- the calls ---- */

static struct lt_session *
ses(void)
{
	return rig.node[0].s;
}

static int
call_new(void)
{
	struct lt_conf conf = { .size = sizeof(conf) };
	struct lt_session *s;
	int r;

	conf.state = state;
	conf.state_len = state_len;
	r = lt_new(&s, &conf, &why);
	lt_free(s);
	return r;
}

static int
call_apply(void)
{
	static const struct lt_kv kv = { "upload_rate_limit", "0" };

	return lt_apply(ses(), &kv, 1);
}

static int
call_counters(void)
{
	return lt_post_counters(ses());
}

static int
call_status(void)
{
	return lt_post_status(ses());
}

static int
call_status_all(void)
{
	return lt_post_status_all(ses());
}

static int
call_dht_stats(void)
{
	return lt_post_dht_stats(ses());
}

static int
call_state(void)
{
	return lt_post_state(ses());
}

static int
call_add_node(void)
{
	return lt_dht_add_node(ses(), "127.0.0.1", 9);
}

static int
call_announce(void)
{
	return lt_dht_announce(ses(), hash, 9);
}

static int
call_get_peers(void)
{
	return lt_dht_get_peers(ses(), hash);
}

static int
call_put(void)
{
	static uint8_t key;
	struct lt_item item = { .size = sizeof(item), .seq = 1 };

	/* A put that is under way would be told instead. */
	item.key[0] = ++key;
	item.value = (const uint8_t *)"1:x";
	item.value_len = 3;
	return lt_dht_put(ses(), &item);
}

static int
call_get(void)
{
	uint8_t key[32] = { 7 };

	return lt_dht_get(ses(), key, "s", 1);
}

static int
call_map(void)
{
	int r = lt_map_port(ses(), true, 1000, 1000, &mapping);

	if (r == 0)
		ck_assert_int_eq(lt_unmap_port(ses(), mapping), 0);
	return r;
}

static int
call_info(void)
{
	struct lt_info *i;
	int r = lt_info_new(&i, metainfo, metainfo_len, &why);

	ck_assert(r < 0 ? i == NULL : i != NULL);
	lt_info_free(i);
	return r;
}

static int
add_and_remove(struct lt_torrent *t)
{
	uint64_t id = 0;
	int r;

	t->size = sizeof(*t);
	t->save_path = rig.dir;
	r = lt_add(ses(), t, &id);
	if (r == 0) {
		lt_rig_wait(&rig, 0, LT_EV_REMOVED,
		    rig.node[0].n[LT_EV_REMOVED] + 1);
		ck_assert_int_eq(lt_remove(ses(), id, false), SP_ERR_NOTFOUND);
	}
	return r;
}

/* It is there already, so it goes away by itself. */
static int
call_add(void)
{
	struct lt_torrent t = { .metainfo = metainfo };

	t.metainfo_len = metainfo_len;
	t.resume = resume;
	t.resume_len = resume_len;
	return add_and_remove(&t);
}

static int
call_add_magnet(void)
{
	char link[80] = "magnet:?xt=urn:btih:";
	struct lt_torrent t = { .magnet = link };
	const struct lt_info *i = lt_info_of(ses(), torrent);
	size_t k;

	for (k = 0; k < 20; k++)
		snprintf(link + 20 + 2 * k, 3, "%02x", i->v1[k]);
	return add_and_remove(&t);
}

static int
call_set_flags(void)
{
	return lt_set_flags(ses(), torrent, 0, LT_PAUSED);
}

static int
call_limit(void)
{
	return lt_limit(ses(), torrent, 0, 0);
}

static int
call_connect(void)
{
	return lt_connect_peer(ses(), torrent, &rig.node[0].tcp);
}

static int
call_add_piece(void)
{
	return lt_add_piece(ses(), torrent, 0, bytes, make.piece_length);
}

static int
call_read(void)
{
	return lt_read_piece(ses(), torrent, 0);
}

static int
call_deadline(void)
{
	return lt_set_deadline(ses(), torrent, 1, 1000, false);
}

static int
call_reset(void)
{
	return lt_reset_deadline(ses(), torrent, 1);
}

static int
call_clear(void)
{
	return lt_clear_deadlines(ses(), torrent);
}

static int
call_files(void)
{
	static const uint8_t prio[3] = { 4, 4, 4 };

	return lt_file_priorities(ses(), torrent, prio, 3);
}

static int
call_pieces(void)
{
	return lt_piece_priorities(ses(), torrent, 0, 2, 4);
}

static int
call_recheck(void)
{
	return lt_recheck(ses(), torrent);
}

static int
call_save(void)
{
	return lt_save_resume(ses(), torrent, true);
}

static void
add(void)
{
	struct lt_torrent t = { .flags = LT_NO_DHT };

	t.metainfo = metainfo;
	t.metainfo_len = metainfo_len;
	t.save_path = rig.dir;
	torrent = lt_rig_add(&rig, 0, &t);
}

static unsigned added_before;

static bool
was_renewed(struct lt_rig *r)
{
	return r->node[0].n[LT_EV_ADDED] > added_before ||
	       lt_info_of(ses(), torrent) == NULL;
}

/* It comes again, or with an error stays, or goes. */
static int
call_renew(void)
{
	int r;

	added_before = rig.node[0].n[LT_EV_ADDED];
	if ((r = lt_renew(ses(), torrent, NULL)) < 0)
		return r;
	ck_assert(lt_rig_run(&rig, 20000, was_renewed));
	if (lt_info_of(ses(), torrent) == NULL)
		add();
	return 0;
}

static int
call_peers(void)
{
	return lt_post_peers(ses(), torrent);
}

static const struct {
	const char *name;
	int (*call)(void);
	unsigned faults; /* calls of libtorrent in it, at least */
	bool own_error;  /* told in |why| */
} calls[] = {
	{ "new", call_new, 6, true },
	{ "apply", call_apply, 2, false },
	{ "counters", call_counters, 1, false },
	{ "status", call_status, 1, false },
	{ "status_all", call_status_all, 1, false },
	{ "dht_stats", call_dht_stats, 1, false },
	{ "state", call_state, 1, false },
	{ "add_node", call_add_node, 1, false },
	{ "announce", call_announce, 1, false },
	{ "get_peers", call_get_peers, 1, false },
	{ "put", call_put, 2, false },
	{ "get", call_get, 1, false },
	{ "map", call_map, 1, false },
	{ "info", call_info, 2, true },
	{ "add", call_add, 4, false },
	{ "add_magnet", call_add_magnet, 2, false },
	{ "set_flags", call_set_flags, 2, false },
	{ "limit", call_limit, 2, false },
	{ "connect", call_connect, 1, false },
	{ "add_piece", call_add_piece, 1, false },
	{ "read", call_read, 1, false },
	{ "deadline", call_deadline, 1, false },
	{ "reset", call_reset, 1, false },
	{ "clear", call_clear, 1, false },
	{ "files", call_files, 1, false },
	{ "pieces", call_pieces, 1, false },
	{ "recheck", call_recheck, 1, false },
	{ "save", call_save, 1, false },
	{ "renew", call_renew, 4, false },
	{ "peers", call_peers, 1, false },
};

/* ---- the rig ---- */

static void
begin(void)
{
	lt_rig_begin(&rig, 1, true);
	metainfo = lt_make_metainfo(&make, &metainfo_len);
	bytes = lt_make_bytes(&make, &bytes_len);
	add();
	lt_rig_wait(&rig, 0, LT_EV_CHECKED, 1);
	ck_assert_int_eq(call_state(), 0);
	lt_rig_wait(&rig, 0, LT_EV_STATE, 1);
	state = rig.node[0].bytes;
	state_len = rig.node[0].len;
	rig.node[0].bytes = NULL;
	ck_assert_int_eq(call_save(), 0);
	lt_rig_wait(&rig, 0, LT_EV_RESUME, 1);
	resume = rig.node[0].bytes;
	resume_len = rig.node[0].len;
	rig.node[0].bytes = NULL;
}

static void
end(void)
{
	lt_rig_end(&rig);
	free(metainfo);
	free(bytes);
	free(state);
	free(resume);
}

static int
code_of(enum lt_fault_kind kind)
{
	return kind == LT_FAULT_BAD_ALLOC ? SP_ERR_NOMEM : SP_ERR_IO;
}

static void
check_error(const struct lt_error *e, enum lt_fault_kind kind, const char *name)
{
	ck_assert_msg(e->code == code_of(kind), "%s: %d %s", name, e->code,
	    e->text);
	ck_assert_msg(e->text[0] != '\0', "%s has no text", name);
	if (kind == LT_FAULT_SYSTEM_ERROR) {
		ck_assert_int_eq(e->sys, 5);
		ck_assert_str_eq(e->category, "system");
	} else if (kind == LT_FAULT_RUNTIME_ERROR) {
		ck_assert_str_eq(e->text, "it was asked for");
	}
}

/* ---- tests ---- */

START_TEST(what_a_call_throws_becomes_a_code_and_a_text)
{
	enum lt_fault_kind kind;
	unsigned nth;
	size_t i;
	int r;

	begin();
	for (i = 0; i < SP_LEN(calls); i++) {
		for (kind = 0; kind < LT_FAULT_KINDS; kind++) {
			for (nth = 0;; nth++) {
				lt_fault_arm(kind, nth, true);
				r = calls[i].call();
				if (lt_fault_disarm() == NULL)
					break;
				/* Draining may have it instead (call_add). */
				if (r == 0)
					continue;
				ck_assert_int_eq(r, code_of(kind));
				check_error(calls[i].own_error ? &why
							       : lt_why(ses()),
				    kind, calls[i].name);
			}
			ck_assert_msg(r == 0, "%s: %d after all", calls[i].name,
			    r);
			ck_assert_msg(nth >= calls[i].faults,
			    "%s: only %u calls are wrapped", calls[i].name,
			    nth);
			lt_rig_run(&rig, 0, NULL);
		}
	}
	end();
}
END_TEST

/* |call| is answered by |type|; its making throws on libtorrent's thread. */
static void
on_its_thread(int (*call)(void), enum lt_event_type type,
    enum lt_event_type told)
{
	enum lt_fault_kind kind;
	unsigned before;
	const char *where;

	for (kind = 0; kind < LT_FAULT_KINDS; kind++) {
		memset(&rig.node[0].error[told], 0, sizeof(struct lt_error));
		before = rig.node[0].n[told];
		lt_fault_arm(kind, 0, false);
		ck_assert_int_eq(call(), 0);
		lt_rig_wait(&rig, 0, told, before + 1);
		where = lt_fault_disarm();
		ck_assert_ptr_nonnull(where);
		check_error(&rig.node[0].error[told], kind, where);
		before = rig.node[0].n[type];
		ck_assert_int_eq(call(), 0);
		lt_rig_wait(&rig, 0, type, before + 1);
	}
}

static int
call_map_kept(void)
{
	return lt_map_port(ses(), true, 1000, 1000, &mapping);
}

START_TEST(what_its_thread_throws_becomes_an_event)
{
	begin();
	on_its_thread(call_state, LT_EV_STATE, LT_EV_STATE);
	on_its_thread(call_peers, LT_EV_PEERS, LT_EV_PEERS);
	on_its_thread(call_status_all, LT_EV_STATUS, LT_EV_DROPPED);
	on_its_thread(call_map_kept, LT_EV_MAP_FAILED, LT_EV_MAP_FAILED);
	end();
}
END_TEST

START_TEST(what_draining_throws_becomes_an_event)
{
	enum lt_fault_kind kind;
	unsigned before;

	begin();
	for (kind = 0; kind < LT_FAULT_KINDS; kind++) {
		/* pop_alerts itself: what is there comes the next time. */
		before = rig.node[0].n[LT_EV_DROPPED];
		ck_assert_int_eq(call_counters(), 0);
		lt_fault_arm(kind, 0, true);
		lt_rig_wait(&rig, 0, LT_EV_DROPPED, before + 1);
		ck_assert_ptr_nonnull(lt_fault_disarm());
		check_error(&rig.node[0].error[LT_EV_DROPPED], kind, "pop");
		/* Nobody asks again: it is still readable. */
		lt_rig_wait(&rig, 0, LT_EV_COUNTERS, kind + 1);
	}
	end();
}
END_TEST

START_TEST(a_session_ends_whatever_is_thrown)
{
	enum lt_fault_kind kind;

	for (kind = 0; kind < LT_FAULT_KINDS; kind++) {
		struct lt_conf conf = { .size = sizeof(conf) };
		struct lt_session *s;

		ck_assert_int_eq(lt_new(&s, &conf, &why), 0);
		lt_fault_arm(kind, 0, true);
		lt_abort(s);
		ck_assert_ptr_nonnull(lt_fault_disarm());
		ck_assert_int_eq(lt_post_counters(s), SP_ERR_CLOSED);
		lt_free(s);
	}
}
END_TEST

LT_RIG_MAIN("lt_fault", what_a_call_throws_becomes_a_code_and_a_text,
    what_its_thread_throws_becomes_an_event,
    what_draining_throws_becomes_an_event, a_session_ends_whatever_is_thrown)
