/* The answers of a tracker: announce and scrape replies, feed frames. */

#include "wire/trackwire.h"
#include "wire/bencode.h"
#include "wire/compact.h"

/* ---- announce reply ----------------------------------------------------- */

/* As many as fit; entries that cannot be an endpoint were never added. */
struct list {
	struct tw_peer *v;
	size_t n, max;
};

static void
list_add(struct list *l, const struct tw_peer *p)
{
	if (l->n < l->max)
		l->v[l->n++] = *p;
}

static int
read_compact(struct list *l, const struct bcur *v, int family)
{
	struct tw_peer p = { 0 };
	const uint8_t *s;
	struct sp_rd rd;
	size_t len;

	if (!bencode_str(v, &s, &len) ||
	    len % (family == 4 ? COMPACT_LEN4 : COMPACT_LEN6) != 0)
		return SP_ERR_SYNTAX;
	rd = buf_rd(s, len);
	while (buf_get_left(&rd) > 0 && compact_get(&rd, family, &p.addr))
		list_add(l, &p);
	return 0;
}

/* False for a host name or a port that is none: skipped, not an error. */
static bool
read_peer(struct tw_peer *out, const struct bcur *v)
{
	const uint8_t *s;
	size_t len;
	int64_t port;

	memset(out, 0, sizeof(*out));
	if (!bencode_get_str(v, "ip", &s, &len) ||
	    addr_parse(&out->addr, (const char *)s, len) < 0 ||
	    !bencode_get_int(v, "port", &port) || port < 1 || port > UINT16_MAX)
		return false;
	out->addr.port = (uint16_t)port;
	out->has_id =
	    bencode_get_str(v, "peer id", &s, &len) && len == LINK_PEERID_LEN;
	if (out->has_id)
		memcpy(out->peer_id, s, LINK_PEERID_LEN);
	return true;
}

static int
read_list(struct list *l, const struct bcur *v)
{
	struct bcur key, e;
	struct tw_peer p;
	size_t it = 0;

	while (bencode_next(v, &it, &key, &e)) {
		if (e.type != BENCODE_DICT)
			return SP_ERR_SYNTAX;
		if (read_peer(&p, &e))
			list_add(l, &p);
	}
	return 0;
}

static int
read_peers(struct list *l, const struct bcur *dict)
{
	struct bcur v;
	int r = 0;

	if (bencode_get(dict, "peers", &v))
		r = v.type == BENCODE_LIST ? read_list(l, &v)
					   : read_compact(l, &v, 4);
	if (r == 0 && bencode_get(dict, "peers6", &v))
		r = read_compact(l, &v, 6);
	return r;
}

/* Numbers are advice: what is absent or negative is 0, the rest is capped. */
static uint32_t
read_u32(const struct bcur *dict, const char *key)
{
	int64_t v;

	if (!bencode_get_int(dict, key, &v))
		return 0;
	return (uint32_t)SP_CLAMP(v, 0, (int64_t)UINT32_MAX);
}

static bool
read_text(const struct bcur *dict, const char *key, const char **p, size_t *len)
{
	const uint8_t *s;

	if (!bencode_get_str(dict, key, &s, len))
		return false;
	*p = (const char *)s;
	return true;
}

/* What is no track is skipped: a later version may have more of them. */
static void
read_tracks(struct tw_reply *out, const struct bcur *dict)
{
	const uint8_t *s;
	size_t len, i;

	out->counted = bencode_get_str(dict, "tracks", &s, &len);
	for (i = 0; out->counted && i + 1 < len; i += 2)
		if (s[i] < LIM_TRACKS)
			out->viewers[s[i]] = s[i + 1];
}

int
tw_reply_read(struct tw_reply *out, struct tw_peer *peers, size_t max,
    const uint8_t *p, size_t len)
{
	struct list l = { peers, 0, max };
	struct bcur d, v;
	const uint8_t *s;
	size_t n;
	int r;

	memset(out, 0, sizeof(*out));
	out->peers = peers;
	if (len > LIM_TRACKER_REPLY)
		return SP_ERR_TOOBIG;
	if ((r = bencode_check(p, len, false)) < 0)
		return r;
	d = bencode_root(p, len);
	if (read_text(&d, "failure reason", &out->failure, &out->failure_len))
		return 0;
	if (!bencode_get(&d, "interval", &v) || v.type != BENCODE_INT)
		return SP_ERR_SYNTAX;
	read_text(&d, "warning message", &out->warning, &out->warning_len);
	out->interval_s = read_u32(&d, "interval");
	out->min_interval_s = read_u32(&d, "min interval");
	out->complete = read_u32(&d, "complete");
	out->incomplete = read_u32(&d, "incomplete");
	if (bencode_get_str(&d, "external ip", &s, &n) && (n == 4 || n == 16))
		out->external = addr_make(n == 4 ? 4 : 6, s, 0);
	read_tracks(out, &d);
	if (bencode_get_str(&d, "live", &s, &n) && n <= LIM_LIVE_TAIL) {
		out->live = s;
		out->live_len = n;
	}
	r = read_peers(&l, &d);
	out->n_peers = l.n;
	return r;
}

/* |key| is bencoded already, as all keys are below. */
static inline void
put_int(struct sp_buf *b, const char *key, uint32_t v)
{
	buf_put_str(b, key);
	buf_put_u8(b, 'i');
	buf_put_dec(b, v);
	buf_put_u8(b, 'e');
}

static inline void
put_bytes(struct sp_buf *b, const char *key, const void *p, size_t len)
{
	buf_put_str(b, key);
	bencode_put_str(b, p, len);
}

static void
put_compact(struct sp_buf *b, const char *key, const struct tw_reply *r,
    int family, size_t n)
{
	size_t i, len = family == 4 ? COMPACT_LEN4 : COMPACT_LEN6;
	const struct sp_addr *a;
	uint8_t *to;

	buf_put_str(b, key);
	buf_put_dec(b, (int64_t)(n * len));
	buf_put_u8(b, ':');
	if ((to = buf_reserve(b, n * len)) == NULL)
		return;
	for (i = 0; i < r->n_peers; i++) {
		a = &r->peers[i].addr;
		if (a->family != family)
			continue;
		memcpy(to, a->ip, len - 2);
		to[len - 2] = (uint8_t)(a->port >> 8);
		to[len - 1] = (uint8_t)a->port;
		to += len;
	}
	buf_commit(b, n * len);
}

static void
put_peer(struct sp_buf *b, const struct tw_peer *p, bool with_id)
{
	char ip[ADDR_STRLEN];

	bencode_put_dict(b);
	buf_put_str(b, "2:ip");
	bencode_put_cstr(b, addr_ip_str(&p->addr, ip));
	if (with_id)
		put_bytes(b, "7:peer id", p->peer_id, LINK_PEERID_LEN);
	put_int(b, "4:port", p->addr.port);
	bencode_put_end(b);
}

static void
put_dicts(struct sp_buf *b, const struct tw_reply *r, bool with_ids)
{
	size_t size =
	    r->packed_family == 4 ? COMPACT_LEN4 : (size_t)COMPACT_LEN6;
	struct sp_rd rd = buf_rd(r->packed, r->n_packed * size);
	struct tw_peer p = { 0 };
	size_t i;

	buf_put_str(b, "5:peersl");
	for (i = 0; i < r->n_packed; i++)
		if (compact_get(&rd, r->packed_family, &p.addr))
			put_peer(b, &p, false);
	for (i = 0; i < r->n_peers; i++)
		put_peer(b, &r->peers[i], r->peers[i].has_id && with_ids);
	bencode_put_end(b);
}

static void
put_peers(struct sp_buf *b, const struct tw_reply *r,
    const struct tw_announce *a)
{
	size_t n4 = 0, i;

	if (!a->compact) {
		put_dicts(b, r, !a->no_peer_id);
		return;
	}
	if (r->n_packed > 0 && r->packed_family == 4) {
		put_bytes(b, "5:peers", r->packed, r->n_packed * COMPACT_LEN4);
		return;
	}
	for (i = 0; i < r->n_peers; i++)
		n4 += r->peers[i].addr.family == 4;
	put_compact(b, "5:peers", r, 4, n4);
	if (r->n_packed > 0)
		put_bytes(b, "6:peers6", r->packed, r->n_packed * COMPACT_LEN6);
	else if (n4 < r->n_peers)
		put_compact(b, "6:peers6", r, 6, r->n_peers - n4);
}

static void
put_tracks(struct sp_buf *b, const struct tw_reply *r)
{
	uint8_t pairs[2 * LIM_TRACKS];
	size_t n = 0;
	uint8_t i;

	for (i = 0; i < LIM_TRACKS; i++) {
		if (r->viewers[i] == 0)
			continue;
		pairs[n++] = i;
		pairs[n++] = r->viewers[i];
	}
	put_bytes(b, "6:tracks", pairs, n);
}

void
tw_reply_write(struct sp_buf *b, const struct tw_reply *r,
    const struct tw_announce *a)
{
	bencode_put_dict(b);
	if (r->failure != NULL) {
		put_bytes(b, "14:failure reason", r->failure, r->failure_len);
		bencode_put_end(b);
		return;
	}
	put_int(b, "8:complete", r->complete);
	if (r->external.family != 0)
		put_bytes(b, "11:external ip", r->external.ip,
		    r->external.family == 4 ? 4 : 16);
	put_int(b, "10:incomplete", r->incomplete);
	put_int(b, "8:interval", r->interval_s);
	if (r->live_len > 0)
		put_bytes(b, "4:live", r->live, r->live_len);
	if (r->min_interval_s > 0)
		put_int(b, "12:min interval", r->min_interval_s);
	put_peers(b, r, a);
	if (r->counted)
		put_tracks(b, r);
	if (r->warning != NULL)
		put_bytes(b, "15:warning message", r->warning, r->warning_len);
	bencode_put_end(b);
}

void
tw_failure_write(struct sp_buf *b, const char *text)
{
	bencode_put_dict(b);
	bencode_put_cstr(b, "failure reason");
	bencode_put_cstr(b, text);
	bencode_put_end(b);
}

/* ---- scrape reply ------------------------------------------------------- */

static int
compare(const struct tw_scrape_entry *a, const struct tw_scrape_entry *b)
{
	return memcmp(a->info_hash, b->info_hash, LINK_INFOHASH_LEN);
}

/* By insertion: there are at most LIM_SCRAPE_HASHES, often one. */
static void
sort(struct tw_scrape_entry *e, size_t n)
{
	struct tw_scrape_entry x;
	size_t i, j;

	for (i = 1; i < n; i++) {
		x = e[i];
		for (j = i; j > 0 && compare(&x, &e[j - 1]) < 0; j--)
			e[j] = e[j - 1];
		e[j] = x;
	}
}

void
tw_scrape_write(struct sp_buf *b, struct tw_scrape_entry *e, size_t n)
{
	size_t i;

	sort(e, n);
	bencode_put_dict(b);
	bencode_put_cstr(b, "files");
	bencode_put_dict(b);
	for (i = 0; i < n; i++) {
		if (i > 0 && compare(&e[i - 1], &e[i]) == 0)
			continue;
		bencode_put_str(b, e[i].info_hash, LINK_INFOHASH_LEN);
		bencode_put_dict(b);
		put_int(b, "8:complete", e[i].complete);
		put_int(b, "10:downloaded", e[i].downloaded);
		put_int(b, "10:incomplete", e[i].incomplete);
		bencode_put_end(b);
	}
	bencode_put_end(b);
	bencode_put_end(b);
}

int
tw_scrape_read(struct tw_scrape_entry *out, size_t max, const uint8_t *p,
    size_t len)
{
	struct bcur root, files, k, v;
	const uint8_t *s;
	size_t it = 0, n = 0, key_len;
	int r;

	if (len > LIM_TRACKER_REPLY)
		return SP_ERR_TOOBIG;
	if ((r = bencode_check(p, len, false)) < 0)
		return r;
	root = bencode_root(p, len);
	if (!bencode_get(&root, "files", &files) || files.type != BENCODE_DICT)
		return SP_ERR_SYNTAX;
	while (n < max && bencode_next(&files, &it, &k, &v)) {
		if (!bencode_str(&k, &s, &key_len) ||
		    key_len != LINK_INFOHASH_LEN || v.type != BENCODE_DICT)
			return SP_ERR_SYNTAX;
		memcpy(out[n].info_hash, s, LINK_INFOHASH_LEN);
		out[n].complete = read_u32(&v, "complete");
		out[n].downloaded = read_u32(&v, "downloaded");
		out[n].incomplete = read_u32(&v, "incomplete");
		n++;
	}
	return (int)n;
}

/* ---- feed frames -------------------------------------------------------- */

/* Body of |out->type|; an envelope or an unknown body is left in p, len. */
static int
read_body(struct tw_frame *out, struct sp_rd *rd)
{
	bool envelope =
	    out->type == TW_FRAME_MANIFEST || out->type == TW_FRAME_RECORD;

	if (out->type == TW_FRAME_HELLO) {
		out->boot = buf_get_u64(rd);
		out->seq = buf_get_u64(rd);
		out->clock_ms = buf_get_u64(rd);
	} else if (out->type == TW_FRAME_RECORD) {
		out->seq = buf_get_u64(rd);
	}
	if (rd->bad)
		return SP_ERR_SYNTAX;
	out->len = buf_get_left(rd);
	out->p = buf_get_span(rd, out->len);
	if (envelope && out->len > LIM_ENVELOPE)
		return SP_ERR_TOOBIG;
	if (envelope)
		return out->len > 0 ? 0 : SP_ERR_SYNTAX;
	if (out->type == TW_FRAME_EDGE)
		return out->len % TW_EDGE_LEN == 0 ? 0 : SP_ERR_SYNTAX;
	if (out->type == TW_FRAME_HELLO || out->type == TW_FRAME_ALIVE)
		return out->len == 0 ? 0 : SP_ERR_SYNTAX;
	return 0;
}

int
tw_frame_read(struct tw_frame *out, const uint8_t *p, size_t len)
{
	struct sp_rd rd = buf_rd(p, len), body;
	size_t body_len;
	int r;

	memset(out, 0, sizeof(*out));
	out->type = buf_get_u8(&rd);
	body_len = buf_get_u32(&rd);
	if (rd.bad)
		return 0;
	if (body_len > LIM_FEED_FRAME)
		return SP_ERR_TOOBIG;
	if (buf_get_left(&rd) < body_len)
		return 0;
	body = buf_rd(buf_get_span(&rd, body_len), body_len);
	if ((r = read_body(out, &body)) < 0)
		return r;
	return (int)(TW_FRAME_HEAD + body_len);
}

void
tw_frame_write(struct sp_buf *b, const struct tw_frame *f)
{
	size_t at = b->len;

	buf_put_u8(b, f->type);
	buf_put_u32(b, 0);
	if (f->type == TW_FRAME_HELLO) {
		buf_put_u64(b, f->boot);
		buf_put_u64(b, f->seq);
		buf_put_u64(b, f->clock_ms);
	} else if (f->type == TW_FRAME_RECORD) {
		buf_put_u64(b, f->seq);
	}
	if (f->len > 0)
		buf_put(b, f->p, f->len);
	if (b->err == 0)
		buf_set_u32(b, at + 1, (uint32_t)(b->len - at - TW_FRAME_HEAD));
}

void
tw_edge_put(struct sp_buf *b, const struct tw_edge *e)
{
	buf_put_u8(b, e->track);
	buf_put_u32(b, e->epoch);
	buf_put_u64(b, e->number);
	buf_put_u64(b, e->avail_ms);
}

bool
tw_edge_get(struct sp_rd *rd, struct tw_edge *out)
{
	if (buf_get_left(rd) < TW_EDGE_LEN)
		return false;
	out->track = buf_get_u8(rd);
	out->epoch = buf_get_u32(rd);
	out->number = buf_get_u64(rd);
	out->avail_ms = buf_get_u64(rd);
	return true;
}
