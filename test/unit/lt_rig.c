#include "test/unit/lt_rig.h"

#include "io/loop.h"

#include <ftw.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long a test waits for what has to come. */
static const int PATIENCE_MS = 30000;

/* ---- what sessions say ---- */

static void
keep_peers(struct lt_node *n, const struct lt_event_peers *p)
{
	size_t i, k;

	for (i = 0; i < p->n; i++) {
		for (k = 0; k < n->n_peers; k++)
			if (addr_eq(&n->peers[k], &p->v[i]))
				break;
		if (k == n->n_peers && k < LT_RIG_PEERS)
			n->peers[n->n_peers++] = p->v[i];
	}
}

static void
keep_item(struct lt_node *n, const struct lt_item *item)
{
	n->item = *item;
	ck_assert_uint_le(item->value_len, sizeof(n->value));
	if (item->value_len > 0)
		memcpy(n->value, item->value, item->value_len);
	n->item.value = n->value;
	n->item.salt = NULL;
}

static void
keep_bytes(struct lt_node *n, const struct lt_event *ev)
{
	free(n->bytes);
	n->len = ev->u.bytes.len;
	n->bytes = malloc(n->len + 1);
	ck_assert_ptr_nonnull(n->bytes);
	if (n->len > 0)
		memcpy(n->bytes, ev->u.bytes.p, n->len);
}

static void
keep_data(struct lt_node *n, const struct lt_event_data *d)
{
	unsigned i = n->n[LT_EV_DATA] - 1;

	if (i < LT_RIG_PIECES)
		n->order[i] = d->piece;
	if (d->p == NULL)
		return;
	n->data_len += d->len;
	n->padding += d->padding;
	if (n->data != NULL)
		memcpy(n->data + (size_t)d->piece * n->piece_length, d->p,
		    d->len);
}

static void
keep_counters(struct lt_node *n, const struct lt_event *ev)
{
	size_t i;

	ck_assert_uint_gt(ev->u.counters.n, 50);
	for (i = 0; i < ev->u.counters.n; i++)
		if (strcmp(ev->u.counters.v[i].name, "dht.dht_nodes") == 0)
			n->counter_sum = ev->u.counters.v[i].value;
}

static void
on_event(void *ctx, const struct lt_event *ev)
{
	struct lt_node *n = ctx;

	ck_assert_uint_eq(ev->size, sizeof(*ev));
	ck_assert_uint_lt((unsigned)ev->type, LT_RIG_EVENTS);
	n->n[ev->type]++;
	if (ev->error.code < 0) {
		ck_assert_uint_gt(strlen(ev->error.text), 0);
		n->error[ev->type] = ev->error;
	}
	if (ev->type == LT_EV_LISTENING && ev->u.listen.udp)
		n->udp = ev->u.listen.addr;
	else if (ev->type == LT_EV_LISTENING)
		n->tcp = ev->u.listen.addr;
	else if (ev->type == LT_EV_DHT_PEERS)
		keep_peers(n, &ev->u.peers);
	else if (ev->type == LT_EV_DHT_ITEM)
		keep_item(n, &ev->u.item.item);
	else if (ev->type == LT_EV_DHT_PUT)
		n->put = ev->u.put;
	else if (ev->type == LT_EV_DHT_END)
		n->end = ev->u.end;
	else if (ev->type == LT_EV_DHT_STATS)
		n->dht_nodes = ev->u.dht.nodes;
	else if (ev->type == LT_EV_RESUME || ev->type == LT_EV_STATE)
		keep_bytes(n, ev);
	else if (ev->type == LT_EV_DATA)
		keep_data(n, &ev->u.data);
	else if (ev->type == LT_EV_STATUS && ev->u.status.n > 0)
		n->status = ev->u.status.v[0];
	else if (ev->type == LT_EV_COUNTERS)
		keep_counters(n, ev);
	else if (ev->type == LT_EV_BANNED)
		n->address = ev->u.address;
	else if (ev->type == LT_EV_PEERS)
		n->n_conns = (unsigned)ev->u.conns.n;
}

/* ---- waiting ---- */

bool
lt_rig_run(struct lt_rig *r, int ms, bool (*done)(struct lt_rig *r))
{
	sp_time end = io_now() + (sp_time)ms * SP_MS;
	struct pollfd p[LT_RIG_NODES];
	size_t i, k;

	for (;;) {
		sp_time left = end - io_now();

		if (done != NULL && done(r))
			return true;
		if (left <= 0)
			return false;
		for (i = k = 0; i < r->n; i++) {
			p[k].fd =
			    r->node[i].s != NULL ? lt_fd(r->node[i].s) : -1;
			p[k++].events = POLLIN;
		}
		ck_assert_int_ge(poll(p, k, (int)(left / SP_MS) + 1), 0);
		for (i = 0; i < r->n; i++)
			if (r->node[i].s != NULL)
				ck_assert_int_ge(lt_drain(r->node[i].s,
						     on_event, &r->node[i]),
				    0);
	}
}

static struct {
	size_t i;
	enum lt_event_type type;
	unsigned n;
} waiting;

static bool
was_said(struct lt_rig *r)
{
	return r->node[waiting.i].n[waiting.type] >= waiting.n;
}

void
lt_rig_wait(struct lt_rig *r, size_t i, enum lt_event_type type, unsigned n)
{
	waiting.i = i;
	waiting.type = type;
	waiting.n = n;
	ck_assert_msg(lt_rig_run(r, PATIENCE_MS, was_said),
	    "session %zu said %s %u times, not %u; last trouble: %s", i,
	    lt_event_name(type), r->node[i].n[type], n,
	    r->node[i].error[LT_EV_TORRENT_ERROR].text);
}

void
lt_rig_forget(struct lt_rig *r, size_t i)
{
	struct lt_node *n = &r->node[i];
	struct lt_node keep = *n;

	free(n->bytes);
	memset(n, 0, sizeof(*n));
	n->s = keep.s;
	n->tcp = keep.tcp;
	n->udp = keep.udp;
}

/* ---- the rig ---- */

static bool
all_listen(struct lt_rig *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->node[i].s != NULL &&
		    (r->node[i].tcp.port == 0 || r->node[i].udp.port == 0))
			return false;
	return true;
}

void
lt_rig_start(struct lt_rig *r, size_t i, bool dht, const void *state,
    size_t len)
{
	struct lt_conf conf = { .size = sizeof(conf),
		.pieces = true,
		.bans = true };
	struct lt_kv kv[32] = {
		{ "allow_multiple_connections_per_ip", "1" },
		{ "min_reconnect_time", "1" },
	};
	const struct lt_kv *v;
	struct lt_error why;
	size_t n = 2, k, rows;

	if (dht) {
		rows = lt_preset(LT_PRESET_LOCAL_DHT, &v);
		for (k = 0; k < rows; k++)
			kv[n++] = v[k];
	}
	conf.settings = kv;
	conf.n_settings = n;
	conf.state = state;
	conf.state_len = len;
	conf.dht_timeout_ms = 2000;
	memset(&r->node[i], 0, sizeof(r->node[i]));
	ck_assert_msg(lt_new(&r->node[i].s, &conf, &why) == 0, "%s", why.text);
	ck_assert_msg(lt_rig_run(r, PATIENCE_MS, all_listen), "not listening");
}

void
lt_rig_stop(struct lt_rig *r, size_t i)
{
	lt_free(r->node[i].s);
	free(r->node[i].bytes);
	memset(&r->node[i], 0, sizeof(r->node[i]));
}

static void
introduce(struct lt_rig *r)
{
	size_t i, k;

	for (i = 0; i < r->n; i++)
		for (k = 0; k < r->n; k++)
			if (i != k)
				ck_assert_int_eq(lt_dht_add_node(r->node[i].s,
						     "127.0.0.1",
						     r->node[k].udp.port),
				    0);
}

void
lt_rig_begin(struct lt_rig *r, size_t n, bool dht)
{
	size_t i;

	memset(r, 0, sizeof(*r));
	memcpy(r->dir, "/tmp/check_lt.XXXXXX", 21);
	ck_assert_ptr_nonnull(mkdtemp(r->dir));
	for (i = 0; i < n; i++) {
		r->n = i + 1;
		lt_rig_start(r, i, dht, NULL, 0);
	}
	if (dht)
		introduce(r);
}

static int
unlink_one(const char *path, const struct stat *st SP_UNUSED,
    int type SP_UNUSED, struct FTW *ftw SP_UNUSED)
{
	return remove(path);
}

void
lt_rig_end(struct lt_rig *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		lt_abort(r->node[i].s);
	for (i = 0; i < r->n; i++)
		lt_rig_stop(r, i);
	nftw(r->dir, unlink_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *
lt_rig_dir(struct lt_rig *r, const char *name, char out[128])
{
	snprintf(out, 128, "%s/%s", r->dir, name);
	ck_assert_int_eq(mkdir(out, 0755), 0);
	return out;
}

uint64_t
lt_rig_add(struct lt_rig *r, size_t i, struct lt_torrent *t)
{
	unsigned n = r->node[i].n[LT_EV_ADDED];
	uint64_t id = 0;

	t->size = sizeof(*t);
	ck_assert_msg(lt_add(r->node[i].s, t, &id) == 0, "%s",
	    lt_why(r->node[i].s)->text);
	ck_assert_uint_gt(id, 0);
	lt_rig_wait(r, i, LT_EV_ADDED, n + 1);
	return id;
}

int
lt_rig_main(const char *suite, const TTest *const *tests, size_t n)
{
	if (!lt_is_there()) {
		printf("1..0 # SKIP built without libtorrent\n");
		return 0;
	}
	return unit_run(suite, tests, n);
}
