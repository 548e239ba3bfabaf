#include "wire/fileitem.h"

#include "wire/compact.h"
#include "wire/envelope.h"
#include "wire/uri.h"

#define FILEITEM_VERSION 1
#define SIGNED_MAX       (LIM_HEAD + HEAD_SALT_MAX + 64)

static void
message(struct sp_buf *b, uint8_t *room, size_t size,
    const struct head_item *it)
{
	buf_wrap(b, room, size);
	head_signed(b, FILEITEM_SALT, strlen(FILEITEM_SALT), it->seq, it->v,
	    it->len);
	assert(b->err == 0 && "there is room for the longest one");
}

/* ---- ranges ------------------------------------------------------------- */

static bool
check_seq(int64_t seq)
{
	return seq >= 1 && seq <= LIM_AVAIL_MS;
}

static int
check_urls(const struct head_text *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].len > LIM_URI || !uri_is_http(v[i].p, v[i].len))
			return SP_ERR_SYNTAX;
	return 0;
}

static int
check(const struct fileitem *f)
{
	int rv;

	if (f->name.len > LIM_TITLE)
		return SP_ERR_TOOBIG;
	if (!uri_is_text(f->name.p, f->name.len))
		return SP_ERR_SYNTAX;
	for (size_t i = 0; i < f->n_peers; i++)
		if (addr_is_bogus(&f->peers[i]))
			return SP_ERR_RANGE;
	rv = check_urls(f->seeds, f->n_seeds);
	return rv < 0 ? rv : check_urls(f->trackers, f->n_trackers);
}

/* ---- writing ------------------------------------------------------------ */

static void
put_peer(struct sp_buf *b, const struct sp_addr *a)
{
	uint8_t room[COMPACT_LEN6];
	struct sp_buf s;

	buf_wrap(&s, room, sizeof(room));
	compact_put(&s, a);
	bencode_put_str(b, s.p, s.len);
}

static void
put_urls(struct sp_buf *b, const char *key, const struct head_text *v, size_t n)
{
	if (n == 0)
		return;
	bencode_put_cstr(b, key);
	bencode_put_list(b);
	for (size_t i = 0; i < n; i++)
		bencode_put_str(b, v[i].p, v[i].len);
	bencode_put_end(b);
}

static void
encode(struct sp_buf *b, const struct fileitem *f)
{
	bencode_put_dict(b);
	if (f->n_peers > 0) {
		bencode_put_cstr(b, "a");
		bencode_put_list(b);
		for (size_t i = 0; i < f->n_peers; i++)
			put_peer(b, &f->peers[i]);
		bencode_put_end(b);
	}
	bencode_put_cstr(b, "ih");
	bencode_put_str(b, f->id, sizeof(f->id));
	if (f->has_v2)
		envelope_put_text(b, 'm', f->v2, sizeof(f->v2));
	envelope_put_text(b, 'n', f->name.p, f->name.len);
	put_urls(b, "o", f->seeds, f->n_seeds);
	envelope_put_uint(b, 'p', f->port);
	put_urls(b, "u", f->trackers, f->n_trackers);
	envelope_put_uint(b, 'v', FILEITEM_VERSION);
	bencode_put_end(b);
}

/* One thing less; false: there is nothing more to leave out. */
static bool
shrink(struct fileitem *f)
{
	size_t *n = f->n_trackers > 1   ? &f->n_trackers
		    : f->n_seeds > 1    ? &f->n_seeds
		    : f->n_peers > 0    ? &f->n_peers
		    : f->n_trackers > 0 ? &f->n_trackers
		    : f->n_seeds > 0    ? &f->n_seeds
					: &f->name.len;

	if (*n == 0)
		return false;
	*n = n == &f->name.len ? 0 : *n - 1;
	return true;
}

int
fileitem_seal(struct head_item *out, const struct fileitem *f, int64_t seq,
    const uint8_t sk[HASH_SK_LEN])
{
	uint8_t room[SIGNED_MAX];
	struct fileitem less = *f;
	struct sp_buf b;

	if (!check_seq(seq) || f->n_trackers > LIM_HEAD_URLS ||
	    f->n_seeds > LIM_HEAD_URLS || f->n_peers > LIM_HEAD_PEERS ||
	    check(f) < 0)
		return SP_ERR_ARG;
	memset(out, 0, sizeof(*out));
	do {
		buf_wrap(&b, out->v, sizeof(out->v));
		encode(&b, &less);
	} while (b.err != 0 && shrink(&less));
	assert(b.err == 0 && "hashes alone always fit");
	out->len = b.len;
	out->seq = seq;
	message(&b, room, sizeof(room), out);
	hash_sign_plain(out->sig, sk, b.p, b.len);
	return 0;
}

/* ---- reading ------------------------------------------------------------ */

static int
get_fixed(const struct bcur *v, uint8_t *out, size_t want)
{
	const uint8_t *p;
	size_t len;

	if (!bencode_str(v, &p, &len) || len != want)
		return SP_ERR_SYNTAX;
	memcpy(out, p, want);
	return 0;
}

static int
get_peer(struct fileitem *f, const uint8_t *p, size_t len)
{
	struct sp_addr *a = &f->peers[f->n_peers];
	int family = len == COMPACT_LEN4 ? 4 : 6;
	struct sp_rd rd = buf_rd(p, len);

	if (f->n_peers == LIM_HEAD_PEERS)
		return SP_ERR_TOOBIG;
	if (len != COMPACT_LEN4 && len != COMPACT_LEN6)
		return SP_ERR_SYNTAX;
	compact_get(&rd, family, a);
	f->n_peers++;
	return a->family == family ? 0 : SP_ERR_CANON;
}

static int
get_peers(struct fileitem *f, const struct bcur *list)
{
	struct bcur k, v;
	const uint8_t *p;
	size_t it = 0, len;
	int rv;

	if (list->type != BENCODE_LIST)
		return SP_ERR_SYNTAX;
	while (bencode_next(list, &it, &k, &v)) {
		if (!bencode_str(&v, &p, &len))
			return SP_ERR_SYNTAX;
		if ((rv = get_peer(f, p, len)) < 0)
			return rv;
	}
	return f->n_peers == 0 ? SP_ERR_CANON : 0;
}

static int
get_urls(const struct bcur *list, struct head_text *out, size_t *n)
{
	struct bcur k, v;
	const uint8_t *p;
	size_t it = 0, len;

	if (list->type != BENCODE_LIST)
		return SP_ERR_SYNTAX;
	while (bencode_next(list, &it, &k, &v)) {
		if (!bencode_str(&v, &p, &len))
			return SP_ERR_SYNTAX;
		if (*n == LIM_HEAD_URLS)
			return SP_ERR_TOOBIG;
		out[(*n)++] = (struct head_text){ (const char *)p, len };
	}
	return *n == 0 ? SP_ERR_CANON : 0;
}

static int
field(struct fileitem *f, char key, const struct bcur *v)
{
	switch (key) {
	case 'a':
		return get_peers(f, v);
	case 'm':
		f->has_v2 = true;
		return get_fixed(v, f->v2, sizeof(f->v2));
	case 'n':
		return envelope_get_text(v, LIM_TITLE, &f->name.p,
		    &f->name.len);
	case 'o':
		return get_urls(v, f->seeds, &f->n_seeds);
	case 'p':
		return envelope_get_u16(v, &f->port);
	case 'u':
		return get_urls(v, f->trackers, &f->n_trackers);
	default:
		return 0;
	}
}

static int
decode(struct fileitem *f, const uint8_t *p, size_t len)
{
	struct bcur root, k, v;
	int64_t version;
	size_t it = 0;
	int rv;

	if ((rv = bencode_check(p, len, true)) < 0)
		return rv;
	root = bencode_root(p, len);
	if (!bencode_get(&root, "ih", &v))
		return SP_ERR_SYNTAX;
	if ((rv = get_fixed(&v, f->id, sizeof(f->id))) < 0)
		return rv;
	if (!bencode_get(&root, "v", &v))
		return 0; /* another client's: what else it has is its own */
	if (!bencode_int(&v, &version))
		return SP_ERR_SYNTAX;
	if (version != FILEITEM_VERSION)
		return SP_ERR_UNSUPPORTED;
	while (bencode_next(&root, &it, &k, &v))
		if ((rv = field(f, envelope_key(&k), &v)) < 0)
			return rv;
	return check(f);
}

int
fileitem_open(struct fileitem *out, const struct head_item *it,
    const uint8_t pk[HASH_PK_LEN])
{
	uint8_t room[SIGNED_MAX];
	struct sp_buf b;

	memset(out, 0, sizeof(*out));
	if (it->len > LIM_HEAD)
		return SP_ERR_TOOBIG;
	if (!check_seq(it->seq))
		return SP_ERR_RANGE;
	message(&b, room, sizeof(room), it);
	if (hash_verify_plain(it->sig, pk, b.p, b.len) < 0)
		return SP_ERR_SIG;
	return decode(out, it->v, it->len);
}

int
fileitem_merge(struct head_item *have, const struct head_item *in,
    const uint8_t pk[HASH_PK_LEN])
{
	struct fileitem f;
	int rv;

	if (have->seq > 0 && in->seq < have->seq)
		return SP_ERR_STALE;
	if (have->seq > 0 && in->seq == have->seq && in->len == have->len &&
	    memcmp(in->v, have->v, in->len) == 0)
		return SP_ERR_EXISTS;
	if ((rv = fileitem_open(&f, in, pk)) < 0)
		return rv;
	if (in->seq == have->seq)
		return SP_ERR_EQUIV;
	*have = *in;
	return 0;
}

/* ---- other forms -------------------------------------------------------- */

void
fileitem_pack(struct sp_buf *b, const struct head_item *it)
{
	buf_put_u64(b, (uint64_t)it->seq);
	buf_put(b, it->sig, sizeof(it->sig));
	buf_put(b, it->v, it->len);
}

int
fileitem_unpack(struct head_item *out, const void *p, size_t len)
{
	struct sp_rd rd = buf_rd(p, len);
	uint64_t seq = buf_get_u64(&rd);

	memset(out, 0, sizeof(*out));
	if (len < 8 + HASH_SIG_LEN)
		return SP_ERR_SHORT;
	if (len > FILEITEM_PACKED)
		return SP_ERR_TOOBIG;
	out->seq = seq > INT64_MAX ? 0 : (int64_t)seq;
	buf_get_copy(&rd, out->sig, sizeof(out->sig));
	out->len = len - 8 - HASH_SIG_LEN;
	buf_get_copy(&rd, out->v, out->len);
	return 0;
}

static void
put_param(struct sp_buf *b, const char *head, const char *p, size_t len)
{
	buf_put_str(b, head);
	uri_put_escaped(b, p, len);
}

void
fileitem_magnet(struct sp_buf *b, const struct fileitem *f)
{
	char hex[2 * HASH_LEN + 1], addr[ADDR_STRLEN];
	bool v1 = !f->has_v2 || memcmp(f->id, f->v2, sizeof(f->id)) != 0;

	buf_put_str(b, "magnet:?");
	if (v1) {
		buf_hex(hex, f->id, sizeof(f->id));
		buf_put_str(b, "xt=urn:btih:");
		buf_put_str(b, hex);
	}
	if (f->has_v2) {
		buf_hex(hex, f->v2, sizeof(f->v2));
		buf_put_str(b, v1 ? "&xt=urn:btmh:1220" : "xt=urn:btmh:1220");
		buf_put_str(b, hex);
	}
	if (f->name.len > 0)
		put_param(b, "&dn=", f->name.p, f->name.len);
	for (size_t i = 0; i < f->n_trackers; i++)
		put_param(b, "&tr=", f->trackers[i].p, f->trackers[i].len);
	for (size_t i = 0; i < f->n_seeds; i++)
		put_param(b, "&ws=", f->seeds[i].p, f->seeds[i].len);
	for (size_t i = 0; i < f->n_peers; i++)
		put_param(b, "&x.pe=", addr_str(&f->peers[i], addr),
		    strlen(addr_str(&f->peers[i], addr)));
}
