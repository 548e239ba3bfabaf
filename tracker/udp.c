#include "tracker/udp.h"

#include "wire/compact.h"

struct udp {
	const struct sp_mem *mem;
	struct cookie cookie;
	struct limit *limit;
	struct udp_stats stats;
};

void
udp_conf_init(struct udp_conf *c)
{
	*c = (struct udp_conf){
		.id_slice = 60 * SP_S,
		.rate = {
			[LIMIT_CONNECT] = { 20, 50 },
			[LIMIT_ANNOUNCE] = { 10, 50 },
		},
		.limit_hosts = 1 << 16,
	};
}

int
udp_new(struct udp **out, const struct udp_conf *conf, const struct sp_mem *mem,
    uint64_t seed)
{
	struct udp *u;
	int r;

	*out = NULL;
	if (conf->id_slice < SP_S)
		return SP_ERR_ARG;
	u = mem_zalloc(mem, 1, sizeof(*u));
	if (u == NULL)
		return SP_ERR_NOMEM;
	u->mem = mem;
	cookie_init(&u->cookie, conf->key, conf->id_slice);
	r = limit_new(&u->limit, mem, conf->rate, conf->limit_hosts, seed);
	if (r < 0) {
		udp_free(u);
		return r;
	}
	*out = u;
	return 0;
}

void
udp_free(struct udp *u)
{
	if (u == NULL)
		return;
	limit_free(u->limit);
	mem_free(u->mem, u);
}

const struct udp_stats *
udp_stats(const struct udp *u)
{
	return &u->stats;
}

/* ---- replies ------------------------------------------------------------ */

static void
count(struct udp *u, const struct udp_ask *ask, enum udp_result r)
{
	static const enum udp_kind kinds[] = { UDP_KIND_CONNECT,
		UDP_KIND_ANNOUNCE, UDP_KIND_SCRAPE };

	u->stats.requests[kinds[ask->req.action]][r]++;
}

static enum udp_next
silence(struct udp *u, const struct udp_ask *ask, enum udp_result r)
{
	count(u, ask, r);
	return UDP_SILENT;
}

static enum udp_next
error(struct udp *u, const struct udp_ask *ask, const char *text,
    enum udp_result r, struct sp_buf *out)
{
	struct uw_reply rep = {
		.action = UW_ERROR,
		.tid = ask->req.tid,
		.body = (const uint8_t *)text,
		.body_len = strlen(text),
	};

	uw_reply_write(out, &rep);
	count(u, ask, r);
	return UDP_REPLY;
}

static const char *
text_of(int err)
{
	switch (err) {
	case SP_ERR_SHORT:
		return "request is cut short";
	case SP_ERR_SYNTAX:
		return "malformed option";
	case SP_ERR_TOOBIG:
		return "URL is too long";
	case SP_ERR_DENIED:
		return "info-hash is not permitted";
	case SP_ERR_RANGE:
		return "nobody can connect to this address and port";
	default:
		return sp_strerror(err);
	}
}

static enum udp_next
refuse(struct udp *u, const struct udp_ask *ask, int err, struct sp_buf *out)
{
	return error(u, ask, text_of(err),
	    err == SP_ERR_DENIED ? UDP_DENIED : UDP_REFUSED, out);
}

/* ---- reading ------------------------------------------------------------ */

static enum udp_next
connect(struct udp *u, const struct udp_ask *ask, struct sp_buf *out,
    sp_time now)
{
	struct uw_reply r = { .action = UW_CONNECT, .tid = ask->req.tid };

	if (!limit_take(u->limit, &ask->from, LIMIT_CONNECT, now))
		return silence(u, ask, UDP_LIMITED);
	r.conn_id = cookie_make(&u->cookie, &ask->from, now);
	uw_reply_write(out, &r);
	count(u, ask, UDP_ANSWERED);
	return UDP_REPLY;
}

/*
 * Clients keep ids for longer than they may; the error has them connect again.
 * Who forges the address of somebody else gets him no more bytes than he sends
 * himself, and no more replies than connects would.
 */
static enum udp_next
bad_id(struct udp *u, const struct udp_ask *ask, size_t len, struct sp_buf *out,
    sp_time now)
{
	static const char text[] = "connection id is not valid";

	if (!limit_take(u->limit, &ask->from, LIMIT_CONNECT, now))
		return silence(u, ask, UDP_LIMITED);
	if (UW_ERROR_LEN + sizeof(text) - 1 > len)
		return silence(u, ask, UDP_BAD_ID);
	return error(u, ask, text, UDP_BAD_ID, out);
}

enum udp_next
udp_read(struct udp *u, struct udp_ask *ask, const uint8_t *p, size_t len,
    const struct sp_addr *from, struct sp_buf *out, sp_time now)
{
	const struct uw_req *req = &ask->req;
	int r = uw_req_read(&ask->req, p, len);

	ask->from = *from;
	ask->warm = false;
	if (r == SP_ERR_PROTO || from->port == 0) {
		u->stats.requests[UDP_KIND_OTHER][UDP_MALFORMED]++;
		return UDP_SILENT;
	}
	if (req->action == UW_CONNECT)
		return connect(u, ask, out, now);
	if (!cookie_is_good(&u->cookie, from, req->conn_id, now))
		return bad_id(u, ask, len, out, now);
	if (!limit_take(u->limit, from, LIMIT_ANNOUNCE, now))
		return silence(u, ask, UDP_LIMITED);
	if (r == 0 && req->action == UW_ANNOUNCE && req->ann.port == 0)
		r = SP_ERR_RANGE;
	return r < 0 ? refuse(u, ask, r, out) : UDP_PLAIN;
}

/* ---- ordinary swarms ---------------------------------------------------- */

static enum udp_next
plain_peers(struct udp *u, const struct udp_ask *ask, struct track *t,
    struct sp_buf *out, sp_time now)
{
	const struct tw_announce *a = &ask->req.ann;
	struct plain_ask pa = {
		.info_hash = a->info_hash,
		.peer_id = a->peer_id,
		.addr = ask->from,
		.event = a->event,
		.seeds = a->left == 0,
		.numwant = a->numwant,
		.hint = ask->warm ? &ask->hint : NULL,
	};
	struct uw_reply rep = { .action = UW_ANNOUNCE, .tid = ask->req.tid };
	struct plain_answer ans;
	uint8_t *room;
	int r;

	pa.addr.port = a->port;
	room = buf_reserve(out, LIM_UDP_REPLY);
	assert(room != NULL && "a whole reply fits");
	/* The head is written when it is known; the peers are there already. */
	r = plain_announce(track_plain(t), &pa, room + UW_ANNOUNCED_LEN,
	    LIM_UDP_REPLY - UW_ANNOUNCED_LEN, &ans, now);
	if (r == PLAIN_LIVE)
		return UDP_LIVE;
	if (r < 0)
		return refuse(u, ask, r, out);
	rep.interval_s = ans.interval_s;
	rep.leechers = ans.incomplete;
	rep.seeders = ans.complete;
	uw_reply_write(out, &rep);
	buf_commit(out, ans.n_peers * (ask->from.family == 4 ? COMPACT_LEN4
							     : COMPACT_LEN6));
	count(u, ask, UDP_ANSWERED);
	return UDP_REPLY;
}

static enum udp_next
plain_counts(struct udp *u, const struct udp_ask *ask, struct plain *p,
    struct sp_buf *out)
{
	struct uw_reply rep = { .action = UW_SCRAPE, .tid = ask->req.tid };
	struct tw_scrape_entry e;
	struct uw_counts c;
	bool live = false;

	uw_reply_write(out, &rep);
	for (size_t i = 0; i < ask->req.n_hashes; i++) {
		if (plain_scrape(p, ask->req.hashes + i * LINK_INFOHASH_LEN,
			&e) == PLAIN_LIVE)
			live = true;
		c = (struct uw_counts){ e.complete, e.downloaded,
			e.incomplete };
		uw_counts_put(out, &c);
	}
	if (live)
		return UDP_LIVE;
	count(u, ask, UDP_ANSWERED);
	return UDP_REPLY;
}

enum udp_next
udp_plain(struct udp *u, const struct udp_ask *ask, struct track *t,
    struct sp_buf *out, sp_time now)
{
	if (ask->req.action == UW_ANNOUNCE)
		return plain_peers(u, ask, t, out, now);
	return plain_counts(u, ask, track_plain(t), out);
}

void
udp_warm(struct udp_ask *ask, const struct plain *p, int step)
{
	if (ask->req.action != UW_ANNOUNCE)
		return;
	plain_warm(p, &ask->hint, ask->req.ann.info_hash, step);
	ask->warm = true;
}

/* ---- live channels ------------------------------------------------------ */

static void
put_peers(struct sp_buf *out, const struct uw_reply *rep,
    const struct tw_reply *ans)
{
	uw_reply_write(out, rep);
	for (size_t i = 0; i < ans->n_peers; i++)
		compact_put(out, &ans->peers[i].addr);
}

/* The reply to |a|, with the window if it was asked for and there is one. */
static void
put_live(struct sp_buf *out, const struct udp_ask *ask, struct track *t,
    const struct tw_announce *a, const struct tw_reply *ans)
{
	struct uw_reply rep = {
		.action = a->window ? UW_LIVE : UW_ANNOUNCE,
		.tid = ask->req.tid,
		.interval_s = ans->interval_s,
		.leechers = ans->incomplete,
		.seeders = ans->complete,
		.n_peers = (uint16_t)ans->n_peers,
	};
	size_t len;

	put_peers(out, &rep, ans);
	len = out->len;
	if (!a->window ||
	    (track_tail(t, a, out->max - len, out) == 0 && out->len > len))
		return;
	rep.action = UW_ANNOUNCE;
	buf_reset(out);
	put_peers(out, &rep, ans);
}

static enum udp_next
live_peers(struct udp *u, const struct udp_ask *ask, struct track *t,
    struct sp_buf *out, sp_time now)
{
	struct tw_peer peers[LIM_NUMWANT];
	struct tw_announce a = ask->req.ann;
	size_t unit = ask->from.family == 4 ? COMPACT_LEN4 : COMPACT_LEN6;
	char url[LIM_UDP_URL];
	struct tw_reply ans;
	const char *q;
	size_t n;
	int r;

	n = uw_url_query(url, uw_url_get(url, &ask->req), &q);
	tw_announce_live(&a, q, n);
	n = (LIM_UDP_REPLY - UW_LIVE_LEN) / unit;
	r = track_announce(t, &a, &ask->from, peers, SP_MIN(n, SP_LEN(peers)),
	    &ans, now);
	if (r < 0)
		return refuse(u, ask, r, out);
	put_live(out, ask, t, &a, &ans);
	count(u, ask, UDP_ANSWERED);
	u->stats.live++;
	return UDP_REPLY;
}

/* Zeros stand there already, in their places. */
static enum udp_next
live_counts(struct udp *u, const struct udp_ask *ask, struct track *t,
    struct sp_buf *out)
{
	const uint8_t *ih = ask->req.hashes;
	struct tw_scrape_entry e;
	size_t at = UW_SCRAPED_LEN;

	for (size_t i = 0; i < ask->req.n_hashes; i++) {
		if (track_scrape(t, ih, &e) == 0) {
			buf_set_u32(out, at, e.complete);
			buf_set_u32(out, at + 4, e.downloaded);
			buf_set_u32(out, at + 8, e.incomplete);
		}
		ih += LINK_INFOHASH_LEN;
		at += UW_COUNTS_LEN;
	}
	count(u, ask, UDP_ANSWERED);
	u->stats.live++;
	return UDP_REPLY;
}

enum udp_next
udp_live(struct udp *u, const struct udp_ask *ask, struct track *t,
    struct sp_buf *out, sp_time now)
{
	if (ask->req.action == UW_ANNOUNCE)
		return live_peers(u, ask, t, out, now);
	return live_counts(u, ask, t, out);
}
