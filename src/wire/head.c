#include "wire/head.h"

#include "wire/compact.h"
#include "wire/envelope.h"
#include "wire/uri.h"

#define HEAD_VERSION 1
#define PIECE_LEN    (1 + 8 + HASH_LEN)
#define SIGNED_MAX   (LIM_HEAD + HEAD_SALT_MAX + 64)

static const uint8_t zeros[HASH_LEN];

/* ---- what is signed ----------------------------------------------------- */

void
head_signed(struct sp_buf *b, const void *salt, size_t salt_len, int64_t seq,
    const void *v, size_t len)
{
	if (salt_len > HEAD_SALT_MAX) {
		b->err = b->err == 0 ? SP_ERR_ARG : b->err;
		return;
	}
	if (salt_len > 0) {
		bencode_put_cstr(b, "salt");
		bencode_put_str(b, salt, salt_len);
	}
	bencode_put_cstr(b, "seq");
	bencode_put_int(b, seq);
	bencode_put_cstr(b, "v");
	buf_put(b, v, len);
}

static void
message(struct sp_buf *b, uint8_t *room, size_t size,
    const struct head_item *it)
{
	buf_wrap(b, room, size);
	head_signed(b, HEAD_SALT, strlen(HEAD_SALT), it->seq, it->v, it->len);
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
		if (!uri_is_http(v[i].p, v[i].len))
			return SP_ERR_SYNTAX;
	return 0;
}

static int
check(const struct head *h)
{
	int rv;

	if (h->serial > INT64_MAX)
		return SP_ERR_RANGE;
	for (size_t i = 0; i < h->n_pieces; i++) {
		if (h->pieces[i].track >= LIM_TRACKS ||
		    h->pieces[i].number >= LIM_NUMBER)
			return SP_ERR_RANGE;
		if (i > 0 && h->pieces[i].track <= h->pieces[i - 1].track)
			return SP_ERR_CANON;
	}
	for (size_t i = 0; i < h->n_peers; i++)
		if (addr_is_bogus(&h->peers[i]))
			return SP_ERR_RANGE;
	rv = check_urls(h->trackers, h->n_trackers);
	return rv < 0 ? rv : check_urls(h->origins, h->n_origins);
}

/* ---- writing ------------------------------------------------------------ */

static void
put_piece(struct sp_buf *b, const struct head_piece *p)
{
	uint8_t room[PIECE_LEN];
	struct sp_buf s;

	buf_wrap(&s, room, sizeof(room));
	buf_put_u8(&s, p->track);
	buf_put_u64(&s, p->number);
	buf_put(&s, p->digest, HASH_LEN);
	bencode_put_str(b, s.p, s.len);
}

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
put_url(struct sp_buf *b, const struct head_text *t)
{
	bencode_put_str(b, t->p, t->len);
}

#define PUT_LIST(b, key, v, n, put)              \
	do {                                     \
		if ((n) == 0)                    \
			break;                   \
		bencode_put_cstr(b, key);        \
		bencode_put_list(b);             \
		for (size_t i = 0; i < (n); i++) \
			put(b, &(v)[i]);         \
		bencode_put_end(b);              \
	} while (0)

static void
encode(struct sp_buf *b, const struct head *h)
{
	bencode_put_dict(b);
	PUT_LIST(b, "a", h->peers, h->n_peers, put_peer);
	envelope_put_uint(b, 'e', h->epoch);
	if (memcmp(h->manifest, zeros, HASH_LEN) != 0)
		envelope_put_text(b, 'm', h->manifest, HASH_LEN);
	PUT_LIST(b, "n", h->pieces, h->n_pieces, put_piece);
	PUT_LIST(b, "o", h->origins, h->n_origins, put_url);
	envelope_put_uint(b, 's', h->serial);
	PUT_LIST(b, "u", h->trackers, h->n_trackers, put_url);
	envelope_put_uint(b, 'v', HEAD_VERSION);
	bencode_put_end(b);
}

/* One thing less; false: there is nothing more to leave out. */
static bool
shrink(struct head *h)
{
	size_t *n = h->n_origins > 1    ? &h->n_origins
		    : h->n_trackers > 1 ? &h->n_trackers
		    : h->n_peers > 0    ? &h->n_peers
		    : h->n_pieces > 1   ? &h->n_pieces
		    : h->n_origins > 0  ? &h->n_origins
		    : h->n_trackers > 0 ? &h->n_trackers
					: &h->n_pieces;

	if (*n == 0)
		return false;
	--*n;
	return true;
}

int
head_seal(struct head_item *out, const struct head *h, int64_t seq,
    const uint8_t sk[HASH_SK_LEN])
{
	uint8_t room[SIGNED_MAX];
	struct head less = *h;
	struct sp_buf b;

	if (!check_seq(seq) || h->n_pieces > LIM_HEAD_PIECES ||
	    h->n_trackers > LIM_HEAD_URLS || h->n_origins > LIM_HEAD_URLS ||
	    h->n_peers > LIM_HEAD_PEERS || check(h) < 0)
		return SP_ERR_ARG;
	memset(out, 0, sizeof(*out));
	do {
		buf_wrap(&b, out->v, sizeof(out->v));
		encode(&b, &less);
	} while (b.err != 0 && shrink(&less));
	assert(b.err == 0 && "numbers alone always fit");
	out->len = b.len;
	out->seq = seq;
	message(&b, room, sizeof(room), out);
	hash_sign_plain(out->sig, sk, b.p, b.len);
	return 0;
}

/* ---- reading ------------------------------------------------------------ */

/* Reads element |i| of a list. */
typedef int element_fn(struct head *h, size_t i, const uint8_t *p, size_t len);

static int
get_peer(struct head *h, size_t i, const uint8_t *p, size_t len)
{
	int family = len == COMPACT_LEN4 ? 4 : 6;
	struct sp_rd rd = buf_rd(p, len);

	if (len != COMPACT_LEN4 && len != COMPACT_LEN6)
		return SP_ERR_SYNTAX;
	compact_get(&rd, family, &h->peers[i]);
	return h->peers[i].family == family ? 0 : SP_ERR_CANON;
}

static int
get_piece(struct head *h, size_t i, const uint8_t *p, size_t len)
{
	struct sp_rd rd = buf_rd(p, len);

	h->pieces[i].track = buf_get_u8(&rd);
	h->pieces[i].number = buf_get_u64(&rd);
	buf_get_copy(&rd, h->pieces[i].digest, HASH_LEN);
	return len == PIECE_LEN ? 0 : SP_ERR_SYNTAX;
}

static int
get_origin(struct head *h, size_t i, const uint8_t *p, size_t len)
{
	h->origins[i] = (struct head_text){ (const char *)p, len };
	return 0;
}

static int
get_tracker(struct head *h, size_t i, const uint8_t *p, size_t len)
{
	h->trackers[i] = (struct head_text){ (const char *)p, len };
	return 0;
}

/* A list of 1..max strings, whose number is *n. */
static int
get_list(struct head *h, const struct bcur *list, size_t max, size_t *n,
    element_fn *element)
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
		if (*n == max)
			return SP_ERR_TOOBIG;
		if ((rv = element(h, *n, p, len)) < 0)
			return rv;
		++*n;
	}
	return *n == 0 ? SP_ERR_CANON : 0;
}

static int
get_digest(const struct bcur *v, uint8_t out[HASH_LEN])
{
	const uint8_t *p;
	size_t len;

	if (!bencode_str(v, &p, &len) || len != HASH_LEN)
		return SP_ERR_SYNTAX;
	memcpy(out, p, HASH_LEN);
	return memcmp(out, zeros, HASH_LEN) == 0 ? SP_ERR_CANON : 0;
}

static int
field(struct head *h, char key, const struct bcur *v)
{
	switch (key) {
	case 'a':
		return get_list(h, v, LIM_HEAD_PEERS, &h->n_peers, get_peer);
	case 'e':
		return envelope_get_u32(v, &h->epoch);
	case 'm':
		return get_digest(v, h->manifest);
	case 'n':
		return get_list(h, v, LIM_HEAD_PIECES, &h->n_pieces, get_piece);
	case 'o':
		return get_list(h, v, LIM_HEAD_URLS, &h->n_origins, get_origin);
	case 's':
		return envelope_get_uint(v, INT64_MAX, &h->serial);
	case 'u':
		return get_list(h, v, LIM_HEAD_URLS, &h->n_trackers,
		    get_tracker);
	default:
		return 0;
	}
}

static int
decode(struct head *h, const uint8_t *p, size_t len)
{
	struct bcur root, k, v;
	int64_t version;
	size_t it = 0;
	int rv;

	if ((rv = bencode_check(p, len, true)) < 0)
		return rv;
	root = bencode_root(p, len);
	if (!bencode_get_int(&root, "v", &version))
		return SP_ERR_SYNTAX;
	if (version != HEAD_VERSION)
		return SP_ERR_UNSUPPORTED;
	while (bencode_next(&root, &it, &k, &v))
		if ((rv = field(h, envelope_key(&k), &v)) < 0)
			return rv;
	return check(h);
}

int
head_open(struct head *out, const struct head_item *it,
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

/* ---- which one counts --------------------------------------------------- */

int
head_merge(struct head_item *have, const struct head_item *in,
    const uint8_t pk[HASH_PK_LEN])
{
	struct head h;
	int rv;

	if (have->seq > 0 && in->seq < have->seq)
		return SP_ERR_STALE;
	if (have->seq > 0 && in->seq == have->seq && in->len == have->len &&
	    memcmp(in->v, have->v, in->len) == 0)
		return SP_ERR_EXISTS;
	if ((rv = head_open(&h, in, pk)) < 0)
		return rv;
	if (in->seq == have->seq)
		return SP_ERR_EQUIV;
	*have = *in;
	return 0;
}

int64_t
head_next(int64_t last, int64_t wall_ms)
{
	if (last >= LIM_AVAIL_MS)
		return SP_ERR_FULL;
	return SP_MIN(SP_MAX(wall_ms, last + 1), LIM_AVAIL_MS);
}
