#include <strings.h>

#include "tools/bt_http_int.h"
#include "wire/bencode.h"
#include "wire/trackwire.h"
#include "wire/uri.h"

/* ---- requests ------------------------------------------------------------ */

bool
bt_http_has_more(const struct bt_http *h)
{
	if (h->mode == BT_FILL || h->mode == BT_VERIFY)
		return h->n_again > 0 || h->next < h->end;
	return true;
}

static uint32_t
peek(const struct bt_http *h)
{
	return h->n_again > 0 ? h->again[h->n_again - 1] : h->next;
}

static uint32_t
next_number(struct bt_http *h)
{
	return h->n_again > 0 ? h->again[--h->n_again] : h->next++;
}

bool
bt_http_next_source(const struct bt_http *h, uint32_t *out)
{
	if (h->mode != BT_FILL || !bt_http_has_more(h))
		return false;
	*out = bt_load_peer(&h->o->load, peek(h)).at % h->o->load.sources;
	return true;
}

static void
put_announce(struct bt_http *h, const struct conn *c, struct ask *a)
{
	const struct bt_load *l = &h->o->load;
	struct tw_announce ann = { .compact = true, .no_peer_id = true };

	if (h->mode == BT_FILL) {
		a->number = next_number(h);
		a->peer = bt_load_peer(l, a->number);
		ann.event = TW_EVENT_STARTED;
	} else {
		a->peer = bt_load_draw(l, c->source, &h->rng);
	}
	bt_load_hash(l, a->peer.swarm, ann.info_hash);
	bt_load_peer_id(l, &a->peer, ann.peer_id);
	ann.port = bt_load_port(&a->peer);
	ann.left = bt_load_is_seed(l, &a->peer) ? 0 : 1 << 20;
	ann.numwant = (int32_t)h->o->numwant;
	buf_put_u8(&h->query, '?');
	tw_announce_write(&h->query, &ann);
}

static void
put_scrape(struct bt_http *h, struct ask *a)
{
	const struct bt_load *l = &h->o->load;
	uint32_t n = SP_MIN((uint32_t)h->o->hashes, l->swarms);
	uint8_t hash[LOAD_HASH];

	if (h->mode == BT_VERIFY) {
		a->number = next_number(h);
		a->peer.swarm = a->number * n;
		n = SP_MIN(n, l->swarms - a->peer.swarm);
	} else {
		a->peer.swarm = (uint32_t)rng_below(&h->rng, l->swarms - n + 1);
	}
	a->n_hashes = n;
	for (uint32_t i = 0; i < n; i++) {
		bt_load_hash(l, a->peer.swarm + i, hash);
		buf_put_str(&h->query, i == 0 ? "?info_hash=" : "&info_hash=");
		uri_put_escaped(&h->query, hash, LOAD_HASH);
	}
}

static bool
wants_scrape(struct bt_http *h)
{
	const struct bt_mix *m = &h->o->mix;

	if (h->mode == BT_SCRAPE || h->mode == BT_VERIFY)
		return true;
	return h->mode == BT_MIX && m->announce + m->scrape > 0 &&
	       rng_below(&h->rng, m->announce + m->scrape) >= m->announce;
}

/* The last "announce" of the path becomes "scrape" (BEP 48). */
static void
put_path(struct bt_http *h, struct sp_buf *b, bool scrape)
{
	static const char announce[] = "announce";
	const char *path = h->o->path, *at = strstr(path, announce);

	if (!scrape || at == NULL) {
		buf_put_str(b, path);
		return;
	}
	buf_put(b, path, (size_t)(at - path));
	buf_put_str(b, "scrape");
	buf_put_str(b, at + sizeof(announce) - 1);
}

bool
bt_http_draw(struct bt_http *h, struct conn *c, sp_time due)
{
	struct ask *a = &c->ask[(c->head + c->n) % HTTP_PIPELINE];
	uint32_t only;

	if (!bt_http_has_more(h) ||
	    (bt_http_next_source(h, &only) && only != c->source))
		return false;
	memset(a, 0, sizeof(*a));
	a->due = due;
	a->scrape = wants_scrape(h);
	buf_reset(&h->query);
	if (a->scrape)
		put_scrape(h, a);
	else
		put_announce(h, c, a);
	buf_put_str(&c->out, "GET ");
	put_path(h, &c->out, a->scrape);
	buf_put(&c->out, h->query.p, h->query.len);
	buf_put_str(&c->out, " HTTP/1.1\r\nHost: ");
	buf_put_str(&c->out, h->o->host);
	buf_put_str(&c->out,
	    h->o->keep_alive ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n");
	c->n++;
	h->n_open++;
	h->res->sent++;
	return true;
}

/* ---- replies ------------------------------------------------------------- */

static void
bad(struct bt_http *h, const char *why)
{
	h->res->bad++;
	bt_result_fault(h->res, why);
}

static void
take_announce(struct bt_http *h, const struct ask *a, const struct bcur *d)
{
	static const char *const key[] = { "peers", "peers6" };
	const uint8_t *p;
	int64_t interval;
	size_t len, n = 0;

	if (!bencode_get_int(d, "interval", &interval) || interval < 1) {
		bad(h, "no interval that makes sense");
		return;
	}
	for (size_t i = 0; i < SP_LEN(key); i++) {
		if (!bencode_get_str(d, key[i], &p, &len))
			continue;
		n += len / (i == 0 ? 6 : 18);
		bt_check_peers(&h->check, h->res, &a->peer, i == 0 ? 4 : 6, p,
		    len);
	}
	if (h->o->numwant > 0 && n > (size_t)h->o->numwant)
		bad(h, "more peers than were asked for");
}

/* Which of the hashes of |a| it is; -1: none. */
static int64_t
which(const struct bt_http *h, const struct ask *a, const struct bcur *key)
{
	uint8_t hash[LOAD_HASH];
	const uint8_t *p;
	size_t len;

	if (!bencode_str(key, &p, &len) || len != LOAD_HASH)
		return -1;
	for (uint32_t i = 0; i < a->n_hashes; i++) {
		bt_load_hash(&h->o->load, a->peer.swarm + i, hash);
		if (memcmp(hash, p, LOAD_HASH) == 0)
			return i;
	}
	return -1;
}

static void
take_scrape(struct bt_http *h, const struct ask *a, const struct bcur *d)
{
	struct bcur files, key, val;
	size_t it = 0, n = 0;
	int64_t at, complete, incomplete;

	if (!bencode_get(d, "files", &files)) {
		bad(h, "a scrape without files");
		return;
	}
	for (; bencode_next(&files, &it, &key, &val); n++) {
		at = which(h, a, &key);
		if (at < 0 || !bencode_get_int(&val, "complete", &complete) ||
		    !bencode_get_int(&val, "incomplete", &incomplete)) {
			bad(h, "a scrape of something else");
			return;
		}
		h->res->complete += (uint64_t)complete;
		h->res->incomplete += (uint64_t)incomplete;
		h->res->wrong +=
		    h->mode == BT_VERIFY &&
		    complete + incomplete != bt_load_swarm_size(&h->o->load,
						 a->peer.swarm + (uint32_t)at);
	}
	if (n != a->n_hashes)
		bad(h, "a scrape of another length");
}

static void
take_body(struct bt_http *h, const struct ask *a, const uint8_t *p, size_t len)
{
	struct bcur d;

	if (bencode_check(p, len, false) < 0) {
		bad(h, "no bencoding");
		return;
	}
	d = bencode_root(p, len);
	if (bencode_get(&d, "failure reason", &(struct bcur){ 0 })) {
		h->res->errors++;
		bt_result_fault(h->res,
		    "a failure reason where there was none");
	} else if (a->scrape) {
		take_scrape(h, a, &d);
	} else {
		take_announce(h, a, &d);
	}
}

/* Value of a header in |p|, which ends with an empty line; NULL: none. */
static const char *
header(const char *p, size_t len, const char *name)
{
	size_t n = strlen(name);
	const char *end = p + len;

	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		p++;
		if ((size_t)(end - p) <= n || strncasecmp(p, name, n) != 0 ||
		    p[n] != ':')
			continue;
		p += n + 1;
		while (*p == ' ')
			p++;
		return p;
	}
	return NULL;
}

struct head {
	size_t len;
	size_t body; /* SIZE_MAX: until the end */
	bool ok;     /* 200 */
	bool last;
};

static int
read_head(struct head *out, const struct conn *c)
{
	const char *p = (const char *)c->in, *end, *v;

	end = memmem(p, c->in_len, "\r\n\r\n", 4);
	if (end == NULL)
		return c->in_len == HTTP_IN ? SP_ERR_SYNTAX : 0;
	if (c->in_len < 12 || strncmp(p, "HTTP/1.", 7) != 0)
		return SP_ERR_SYNTAX;
	out->len = (size_t)(end + 4 - p);
	out->ok = strncmp(p + 8, " 200", 4) == 0;
	v = header(p, out->len, "Connection");
	out->last = v != NULL ? strncasecmp(v, "close", 5) == 0 : p[7] == '0';
	v = header(p, out->len, "Content-Length");
	out->body = v != NULL ? strtoull(v, NULL, 10) : SIZE_MAX;
	return 1;
}

static void
answered(struct bt_http *h, struct conn *c, sp_time now)
{
	const struct ask *a = &c->ask[c->head];

	if (h->sending)
		h->res->answered++;
	else
		h->res->late++;
	quantile_add(&h->res->latency, (uint64_t)(now - a->due));
	h->heard = now;
	c->head = (c->head + 1) % HTTP_PIPELINE;
	c->n--;
	h->n_open--;
}

int
bt_http_reply(struct bt_http *h, struct conn *c, bool eof, bool *last,
    sp_time now)
{
	struct head head;
	int rv = read_head(&head, c);

	if (rv <= 0)
		return rv;
	if (head.body == SIZE_MAX && eof)
		head.body = c->in_len - head.len;
	if (head.body > HTTP_IN - head.len)
		return head.body == SIZE_MAX ? 0 : SP_ERR_SYNTAX;
	if (c->in_len < head.len + head.body)
		return 0;
	if (c->n == 0)
		return SP_ERR_SYNTAX;
	*last = *last || head.last;
	if (head.ok)
		take_body(h, &c->ask[c->head], c->in + head.len, head.body);
	else
		bad(h, "a status other than 200");
	answered(h, c, now);
	return (int)(head.len + head.body);
}
