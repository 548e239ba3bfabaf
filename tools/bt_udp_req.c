#include "tools/bt_udp_int.h"

#define INTERVAL_MAX (7 * 86400)

/* ---- requests ------------------------------------------------------------ */

bool
bt_udp_has_more(const struct bt_udp *u)
{
	if (u->mode == BT_FILL || u->mode == BT_VERIFY)
		return u->n_again > 0 || u->next < u->end;
	return true;
}

static enum uw_action
draw_action(struct bt_udp *u)
{
	const struct bt_mix *m = &u->o->mix;
	uint64_t r;

	switch (u->mode) {
	case BT_CONNECT:
		return UW_CONNECT;
	case BT_SCRAPE:
	case BT_VERIFY:
		return UW_SCRAPE;
	case BT_MIX:
		break;
	default:
		return UW_ANNOUNCE;
	}
	r = rng_below(&u->rng, m->connect + m->announce + m->scrape);
	if (r < m->connect)
		return UW_CONNECT;
	return r < m->connect + m->announce ? UW_ANNOUNCE : UW_SCRAPE;
}

bool
bt_udp_next_source(const struct bt_udp *u, uint32_t *out)
{
	uint32_t n = u->n_again > 0 ? u->again[u->n_again - 1] : u->next;

	if (u->mode != BT_FILL || !bt_udp_has_more(u))
		return false;
	*out = bt_load_peer(&u->o->load, n).at % u->o->load.sources;
	return true;
}

/* The next number of a mode that has each once. */
static bool
next_number(struct bt_udp *u, uint32_t *out)
{
	if (u->n_again > 0)
		*out = u->again[--u->n_again];
	else if (u->next < u->end)
		*out = u->next++;
	else
		return false;
	return true;
}

static bool
draw_announce(struct bt_udp *u, struct slot *sl, struct uw_req *r)
{
	const struct bt_load *l = &u->o->load;

	if (u->mode == BT_FILL) {
		if (!next_number(u, &sl->number))
			return false;
		sl->peer = bt_load_peer(l, sl->number);
		r->ann.event = TW_EVENT_STARTED;
	} else {
		sl->peer = bt_load_draw(l, sl->source, &u->rng);
	}
	bt_load_hash(l, sl->peer.swarm, r->ann.info_hash);
	bt_load_peer_id(l, &sl->peer, r->ann.peer_id);
	r->ann.port = bt_load_port(&sl->peer);
	r->ann.left = bt_load_is_seed(l, &sl->peer) ? 0 : 1 << 20;
	r->ann.numwant = (int32_t)u->o->numwant;
	r->ann.has_key = true;
	r->ann.key = sl->peer.at;
	return true;
}

static bool
draw_scrape(struct bt_udp *u, struct slot *sl, struct uw_req *r,
    uint8_t hash[BT_HASHES_MAX][LOAD_HASH])
{
	const struct bt_load *l = &u->o->load;
	uint32_t n = (uint32_t)u->o->hashes;

	if (u->mode == BT_VERIFY) {
		if (!next_number(u, &sl->number))
			return false;
		n = SP_MIN(n, l->swarms - sl->number * n);
		sl->peer.swarm = sl->number * (uint32_t)u->o->hashes;
	} else {
		n = SP_MIN(n, l->swarms);
		sl->peer.swarm =
		    (uint32_t)rng_below(&u->rng, l->swarms - n + 1);
	}
	for (uint32_t i = 0; i < n; i++)
		bt_load_hash(l, sl->peer.swarm + i, hash[i]);
	sl->n_hashes = n;
	r->hashes = hash[0];
	r->n_hashes = n;
	return true;
}

static struct slot *
take_slot(struct bt_udp *u, uint32_t s, sp_time due)
{
	uint32_t at = u->free[--u->n_free];
	struct slot *sl = &u->slot[at];

	sl->tid = (uint32_t)++u->generation << 16 | at;
	sl->busy = true;
	sl->own = false;
	sl->source = (uint8_t)s;
	sl->due = due;
	return sl;
}

struct slot *
bt_udp_draw(struct bt_udp *u, uint32_t s, struct sp_buf *b, sp_time due)
{
	uint8_t hash[BT_HASHES_MAX][LOAD_HASH];
	struct source *src = &u->source[s];
	struct uw_req r = { .action = draw_action(u) };
	uint32_t only;
	struct slot *sl;

	if (bt_udp_next_source(u, &only) && only != s)
		return NULL;
	sl = take_slot(u, s, due);
	r.tid = sl->tid;
	if (src->conn_at == 0 || due - src->conn_at > UDP_CONN_AGE) {
		sl->own = true;
		src->connecting = true;
		r.action = UW_CONNECT;
	}
	sl->action = (uint8_t)r.action;
	r.conn_id = src->conn_id;
	if ((r.action == UW_ANNOUNCE && !draw_announce(u, sl, &r)) ||
	    (r.action == UW_SCRAPE && !draw_scrape(u, sl, &r, hash))) {
		bt_udp_done(u, sl, false);
		return NULL;
	}
	buf_reset(b);
	uw_req_write(b, &r);
	return sl;
}

void
bt_udp_done(struct bt_udp *u, struct slot *sl, bool again)
{
	if (again && sl->own)
		u->source[sl->source].connecting = false;
	else if (again && (u->mode == BT_FILL || u->mode == BT_VERIFY))
		u->again[u->n_again++] = sl->number;
	sl->busy = false;
	u->free[u->n_free++] = (uint32_t)(sl - u->slot);
}

/* ---- replies ------------------------------------------------------------- */

static void
bad(struct bt_udp *u, const char *why)
{
	u->res->bad++;
	bt_result_fault(u->res, why);
}

static void
take_connect(struct bt_udp *u, const struct slot *sl, const struct uw_reply *r,
    sp_time now)
{
	struct source *src = &u->source[sl->source];

	src->conn_id = r->conn_id;
	src->conn_at = now;
	src->connecting = false;
}

static void
take_announce(struct bt_udp *u, const struct slot *sl, const struct uw_reply *r)
{
	int family = u->o->addr.family;
	size_t most = (size_t)u->o->numwant * (family == 4 ? 6 : 18);

	/* BEP 15 leaves it to the tracker what it gives to who wants 0. */
	if (u->o->numwant > 0 && r->body_len > most)
		bad(u, "more peers than were asked for");
	else if (r->interval_s == 0 || r->interval_s > INTERVAL_MAX)
		bad(u, "no interval that makes sense");
	else
		bt_check_peers(&u->check, u->res, &sl->peer, family, r->body,
		    r->body_len);
}

static void
take_scrape(struct bt_udp *u, const struct slot *sl, const struct uw_reply *r)
{
	struct sp_rd rd = buf_rd(r->body, r->body_len);
	struct uw_counts c;
	uint32_t n = 0;

	if (r->body_len != (size_t)sl->n_hashes * UW_COUNTS_LEN) {
		bad(u, "a scrape of another length");
		return;
	}
	for (; uw_counts_get(&rd, &c); n++) {
		uint32_t size =
		    bt_load_swarm_size(&u->o->load, sl->peer.swarm + n);

		u->res->complete += c.seeders;
		u->res->incomplete += c.leechers;
		u->res->wrong += u->mode == BT_VERIFY &&
				 (uint64_t)c.seeders + c.leechers != size;
	}
}

static void
take(struct bt_udp *u, const struct slot *sl, const struct uw_reply *r,
    sp_time now)
{
	if (r->action == UW_ERROR) {
		u->res->errors++;
		u->source[sl->source].conn_at = 0;
		u->source[sl->source].connecting = false;
		bt_result_fault(u->res, "an error where there was none");
	} else if ((uint8_t)r->action != sl->action) {
		bad(u, "an answer to something else");
	} else if (r->action == UW_CONNECT) {
		take_connect(u, sl, r, now);
	} else if (r->action == UW_ANNOUNCE) {
		take_announce(u, sl, r);
	} else {
		take_scrape(u, sl, r);
	}
}

void
bt_udp_reply(struct bt_udp *u, uint32_t s, const uint8_t *p, size_t len,
    sp_time now)
{
	struct bt_result *res = u->res;
	struct uw_reply r = { 0 };
	struct slot *sl;
	int rv;

	res->bytes_in += len;
	rv = uw_reply_read(&r, u->o->addr.family, p, len);
	sl = &u->slot[r.tid & 0xffff & (BT_WINDOW_MAX - 1)];
	if (len < 8 || !sl->busy || sl->tid != r.tid || sl->source != s) {
		res->stray++;
		return;
	}
	if (rv < 0)
		bad(u, "a reply that is none");
	else
		take(u, sl, &r, now);
	if (!sl->own) {
		if (u->sending)
			res->answered++;
		else
			res->late++;
		quantile_add(&res->latency, (uint64_t)(now - sl->due));
	}
	u->heard = now;
	bt_udp_done(u, sl, false);
}
