#include "wire/udpwire.h"

#include "wire/compact.h"
#include "wire/uri.h"

enum option {
	OPTION_END,
	OPTION_NOP,
	OPTION_URLDATA,
};

#define OPTION_MAX 255 /* bytes of one */

/* BEP 15 numbers events in its own way. */
static const enum tw_event events[] = {
	TW_EVENT_NONE,
	TW_EVENT_COMPLETED,
	TW_EVENT_STARTED,
	TW_EVENT_STOPPED,
};

/* ---- options ------------------------------------------------------------ */

/* The next piece of the URL; NULL at the end, or when |rd| has turned bad. */
static const uint8_t *
next_url_data(struct sp_rd *rd, size_t *len)
{
	const uint8_t *p;
	uint8_t type;

	while (buf_get_left(rd) > 0) {
		type = buf_get_u8(rd);
		if (type == OPTION_END)
			return NULL;
		if (type == OPTION_NOP)
			continue;
		*len = buf_get_u8(rd);
		p = buf_get_span(rd, *len);
		if (rd->bad || type == OPTION_URLDATA)
			return p;
	}
	return NULL;
}

static int
check_options(struct uw_req *r)
{
	struct sp_rd rd = buf_rd(r->options, r->options_len);
	size_t len;

	while (next_url_data(&rd, &len) != NULL)
		r->url_len += len;
	if (rd.bad)
		return SP_ERR_SYNTAX;
	return r->url_len > LIM_UDP_URL ? SP_ERR_TOOBIG : 0;
}

size_t
uw_url_get(char out[LIM_UDP_URL], const struct uw_req *r)
{
	struct sp_rd rd = buf_rd(r->options, r->options_len);
	size_t n = 0, len;
	const uint8_t *p;

	while (
	    (p = next_url_data(&rd, &len)) != NULL && len <= LIM_UDP_URL - n) {
		memcpy(out + n, p, len);
		n += len;
	}
	return n;
}

size_t
uw_url_query(const char *url, size_t len, const char **q)
{
	const char *mark = len > 0 ? memchr(url, '?', len) : NULL;

	*q = mark == NULL ? url + len : mark + 1;
	return (size_t)(url + len - *q);
}

void
uw_url_put(struct sp_buf *b, const char *url, size_t len)
{
	for (size_t n; len > 0; url += n, len -= n) {
		n = SP_MIN(len, (size_t)OPTION_MAX);
		buf_put_u8(b, OPTION_URLDATA);
		buf_put_u8(b, (uint8_t)n);
		buf_put(b, url, n);
	}
}

/* ---- requests ----------------------------------------------------------- */

static int
read_announce(struct uw_req *r, struct sp_rd *rd)
{
	struct tw_announce *a = &r->ann;
	const uint8_t *ip;
	uint32_t event;
	int32_t numwant;

	if (buf_get_left(rd) < UW_ANNOUNCE_LEN - UW_HEAD_LEN)
		return SP_ERR_SHORT;
	memset(a, 0, sizeof(*a));
	buf_get_copy(rd, a->info_hash, sizeof(a->info_hash));
	buf_get_copy(rd, a->peer_id, sizeof(a->peer_id));
	a->downloaded = buf_get_u64(rd);
	a->left = buf_get_u64(rd);
	a->uploaded = buf_get_u64(rd);
	event = buf_get_u32(rd);
	a->event = event < SP_LEN(events) ? events[event] : TW_EVENT_NONE;
	ip = buf_get_span(rd, 4);
	if (memcmp(ip, "\0\0\0\0", 4) != 0)
		a->ip = addr_make(4, ip, 0);
	a->key = buf_get_u32(rd);
	numwant = (int32_t)buf_get_u32(rd);
	a->numwant = SP_MAX(numwant, -1);
	a->port = buf_get_u16(rd);
	a->compact = a->has_key = true;
	r->options_len = buf_get_left(rd);
	r->options = buf_get_span(rd, r->options_len);
	r->url_len = 0;
	return r->options_len > 0 ? check_options(r) : 0;
}

static int
read_scrape(struct uw_req *r, struct sp_rd *rd)
{
	size_t n = buf_get_left(rd);

	if (n % LINK_INFOHASH_LEN != 0)
		return SP_ERR_SHORT;
	r->n_hashes = SP_MIN(n / LINK_INFOHASH_LEN, (size_t)LIM_SCRAPE_HASHES);
	r->hashes = buf_get_span(rd, n);
	return 0;
}

int
uw_req_read(struct uw_req *out, const uint8_t *p, size_t len)
{
	struct sp_rd rd = buf_rd(p, len);

	out->conn_id = buf_get_u64(&rd);
	out->action = buf_get_u32(&rd);
	out->tid = buf_get_u32(&rd);
	if (rd.bad)
		return SP_ERR_PROTO;
	switch (out->action) {
	case UW_CONNECT:
		return out->conn_id == UW_MAGIC ? 0 : SP_ERR_PROTO;
	case UW_ANNOUNCE:
		return read_announce(out, &rd);
	case UW_SCRAPE:
		return read_scrape(out, &rd);
	case UW_ERROR:
	case UW_LIVE:
		break;
	}
	return SP_ERR_PROTO;
}

static void
write_announce(struct sp_buf *b, const struct uw_req *r)
{
	static const uint8_t no_ip[4];
	const struct tw_announce *a = &r->ann;
	uint32_t event = 0;

	while (event < SP_LEN(events) - 1 && events[event] != a->event)
		event++;
	buf_put(b, a->info_hash, sizeof(a->info_hash));
	buf_put(b, a->peer_id, sizeof(a->peer_id));
	buf_put_u64(b, a->downloaded);
	buf_put_u64(b, a->left);
	buf_put_u64(b, a->uploaded);
	buf_put_u32(b, event);
	buf_put(b, a->ip.family == 4 ? a->ip.ip : no_ip, 4);
	buf_put_u32(b, a->key);
	buf_put_u32(b, (uint32_t)a->numwant);
	buf_put_u16(b, a->port);
	buf_put(b, r->options, r->options_len);
}

void
uw_req_write(struct sp_buf *b, const struct uw_req *r)
{
	assert(r->action != UW_ERROR && "nobody asks for an error");
	buf_put_u64(b, r->action == UW_CONNECT ? UW_MAGIC : r->conn_id);
	buf_put_u32(b, r->action);
	buf_put_u32(b, r->tid);
	if (r->action == UW_ANNOUNCE)
		write_announce(b, r);
	if (r->action == UW_SCRAPE)
		buf_put(b, r->hashes, r->n_hashes * LINK_INFOHASH_LEN);
}

/* ---- replies ------------------------------------------------------------ */

static int
read_live(struct uw_reply *out, struct sp_rd *rd, int family)
{
	size_t unit = family == 4 ? COMPACT_LEN4 : COMPACT_LEN6;

	out->interval_s = buf_get_u32(rd);
	out->leechers = buf_get_u32(rd);
	out->seeders = buf_get_u32(rd);
	out->n_peers = buf_get_u16(rd);
	if (rd->bad || buf_get_left(rd) < out->n_peers * unit)
		return SP_ERR_SHORT;
	out->body_len = out->n_peers * unit;
	out->body = buf_get_span(rd, out->body_len);
	out->live_len = buf_get_left(rd);
	out->live = buf_get_span(rd, out->live_len);
	return 0;
}

int
uw_reply_read(struct uw_reply *out, int family, const uint8_t *p, size_t len)
{
	struct sp_rd rd = buf_rd(p, len);
	size_t unit = 1;

	memset(out, 0, sizeof(*out));
	out->action = buf_get_u32(&rd);
	out->tid = buf_get_u32(&rd);
	switch (out->action) {
	case UW_CONNECT:
		out->conn_id = buf_get_u64(&rd);
		break;
	case UW_LIVE:
		return read_live(out, &rd, family);
	case UW_ANNOUNCE:
		out->interval_s = buf_get_u32(&rd);
		out->leechers = buf_get_u32(&rd);
		out->seeders = buf_get_u32(&rd);
		unit = family == 4 ? COMPACT_LEN4 : COMPACT_LEN6;
		break;
	case UW_SCRAPE:
		unit = UW_COUNTS_LEN;
		break;
	case UW_ERROR:
		break;
	default:
		return rd.bad ? SP_ERR_SHORT : SP_ERR_PROTO;
	}
	if (rd.bad)
		return SP_ERR_SHORT;
	if (buf_get_left(&rd) % unit != 0)
		return SP_ERR_SYNTAX;
	/* Bytes after the connection id mean nothing (BEP 15). */
	if (out->action != UW_CONNECT) {
		out->body_len = buf_get_left(&rd);
		out->body = buf_get_span(&rd, out->body_len);
	}
	return 0;
}

void
uw_reply_write(struct sp_buf *b, const struct uw_reply *r)
{
	buf_put_u32(b, r->action);
	buf_put_u32(b, r->tid);
	if (r->action == UW_CONNECT)
		buf_put_u64(b, r->conn_id);
	if (r->action == UW_ANNOUNCE || r->action == UW_LIVE) {
		buf_put_u32(b, r->interval_s);
		buf_put_u32(b, r->leechers);
		buf_put_u32(b, r->seeders);
	}
	if (r->action == UW_LIVE)
		buf_put_u16(b, r->n_peers);
	buf_put(b, r->body, r->body_len);
	buf_put(b, r->live, r->live_len);
}

bool
uw_counts_get(struct sp_rd *rd, struct uw_counts *out)
{
	if (buf_get_left(rd) < UW_COUNTS_LEN)
		return false;
	out->seeders = buf_get_u32(rd);
	out->completed = buf_get_u32(rd);
	out->leechers = buf_get_u32(rd);
	return true;
}

void
uw_counts_put(struct sp_buf *b, const struct uw_counts *c)
{
	buf_put_u32(b, c->seeders);
	buf_put_u32(b, c->completed);
	buf_put_u32(b, c->leechers);
}
