#include "wire/manifest.h"
#include "wire/envelope.h"
#include "wire/fileitem.h"
#include "wire/uri.h"

#define LABEL            "spate manifest 1"
#define MANIFEST_VERSION 1
#define TARGET_MAX       3600

/* ---- what is allowed ---------------------------------------------------- */

static bool
is_text(const struct manifest_text *t, size_t max)
{
	return t->len <= max && uri_is_text(t->p, t->len);
}

static bool
is_lines(const struct manifest_text *t)
{
	return uri_is_lines(t->p, t->len);
}

static bool
is_url(const struct manifest_text *t, bool base)
{
	if (!uri_is_http(t->p, t->len))
		return false;
	return !base ||
	       (t->p[t->len - 1] == '/' && memchr(t->p, '?', t->len) == NULL);
}

static bool
check_tracks(const struct manifest *m)
{
	const struct manifest_track *t;
	uint32_t seen = 0;
	size_t i;

	for (i = 0; i < m->n_tracks; i++) {
		t = &m->tracks[i];
		if (t->id >= LIM_TRACKS || (seen >> t->id & 1) ||
		    t->container > MANIFEST_OTHER || t->target_s > TARGET_MAX)
			return false;
		seen |= UINT32_C(1) << t->id;
	}
	return true;
}

static bool
check_refs(const struct manifest *m)
{
	const struct manifest_ref *f;
	size_t i;

	for (i = 0; i < m->n_refs; i++) {
		f = &m->refs[i];
		if (f->kind > MANIFEST_REF_IFRAME || f->track < -1 ||
		    f->track >= LIM_TRACKS)
			return false;
		if (f->track >= 0 &&
		    manifest_track(m, (uint8_t)f->track) == NULL)
			return false;
	}
	return true;
}

static bool
check_numbers(const struct manifest *m)
{
	return m->serial <= INT64_MAX && check_tracks(m) && check_refs(m);
}

static bool
check_text(const struct manifest *m)
{
	const struct manifest_track *t;
	size_t i;

	if (!is_text(&m->title, LIM_TITLE) || !is_lines(&m->lines))
		return false;
	for (i = 0; i < m->n_tracks; i++) {
		t = &m->tracks[i];
		if (!is_text(&t->name, LIM_TITLE) ||
		    !is_text(&t->codecs, LIM_TITLE) ||
		    !is_text(&t->language, LIM_TITLE) || !is_lines(&t->head))
			return false;
	}
	for (i = 0; i < m->n_refs; i++)
		if (!is_text(&m->refs[i].attrs, LIM_LINES))
			return false;
	for (i = 0; i < m->n_origins; i++)
		if (!is_url(&m->origins[i], true))
			return false;
	for (i = 0; i < m->n_trackers; i++)
		if (!is_url(&m->trackers[i], false))
			return false;
	return true;
}

/* ---- writing ------------------------------------------------------------ */

static void
put_text(struct sp_buf *b, char key, const struct manifest_text *t)
{
	envelope_put_text(b, key, t->p, t->len);
}

static void
put_track(struct sp_buf *b, const struct manifest_track *t)
{
	bencode_put_dict(b);
	envelope_put_uint(b, 'b', t->bandwidth_bps);
	put_text(b, 'c', &t->codecs);
	envelope_put_uint(b, 'd', t->target_s);
	envelope_put_uint(b, 'f', t->container);
	put_text(b, 'g', &t->head);
	envelope_put_uint(b, 'h', t->height);
	envelope_put_uint(b, 'i', t->id);
	put_text(b, 'l', &t->language);
	put_text(b, 'n', &t->name);
	envelope_put_uint(b, 'w', t->width);
	bencode_put_end(b);
}

static void
put_ref(struct sp_buf *b, const struct manifest_ref *f)
{
	bencode_put_dict(b);
	put_text(b, 'a', &f->attrs);
	envelope_put_uint(b, 'k', f->kind);
	if (f->track != 0) {
		bencode_put_cstr(b, "t");
		bencode_put_int(b, f->track);
	}
	bencode_put_end(b);
}

static void
put_url(struct sp_buf *b, const struct manifest_text *t)
{
	bencode_put_str(b, t->p, t->len);
}

/* A list of |n| elements, left out when empty. */
#define PUT_LIST(b, key, v, n, put)       \
	do {                              \
		size_t i;                 \
                                          \
		if ((n) == 0)             \
			break;            \
		bencode_put_cstr(b, key); \
		bencode_put_list(b);      \
		for (i = 0; i < (n); i++) \
			put(b, &(v)[i]);  \
		bencode_put_end(b);       \
	} while (0)

static int
encode(struct sp_buf *b, const struct manifest *m)
{
	bencode_put_dict(b);
	envelope_put_uint(b, 'e', m->epoch);
	put_text(b, 'f', &m->files);
	envelope_put_uint(b, 'h', m->holdback_ms);
	envelope_put_text(b, 'k', m->pk, HASH_PK_LEN);
	put_text(b, 'n', &m->title);
	PUT_LIST(b, "o", m->origins, m->n_origins, put_url);
	envelope_put_uint(b, 'p', m->policy);
	PUT_LIST(b, "r", m->refs, m->n_refs, put_ref);
	envelope_put_uint(b, 's', m->serial);
	PUT_LIST(b, "t", m->tracks, m->n_tracks, put_track);
	PUT_LIST(b, "u", m->trackers, m->n_trackers, put_url);
	envelope_put_uint(b, 'v', MANIFEST_VERSION);
	envelope_put_uint(b, 'w', m->window_ms);
	put_text(b, 'x', &m->lines);
	bencode_put_end(b);
	return b->err == SP_ERR_FULL ? SP_ERR_TOOBIG : b->err;
}

int
manifest_seal(struct sp_buf *b, const struct manifest *m,
    const uint8_t sk[HASH_SK_LEN])
{
	struct envelope e = { 0 };
	struct sp_buf raw;
	int r;

	if (m->n_tracks > LIM_TRACKS || m->n_refs > LIM_MASTER_REFS ||
	    m->n_origins > LIM_ORIGINS || m->n_trackers > LIM_TRACKERS ||
	    m->files.len > FILEITEM_PACKED || !check_numbers(m) ||
	    !check_text(m))
		return SP_ERR_ARG;
	/* The second half of a secret key is the public one. */
	if (memcmp(sk + HASH_SEED_LEN, m->pk, HASH_PK_LEN) != 0)
		return SP_ERR_ARG;
	buf_init(&raw, b->mem, LIM_MANIFEST);
	if ((r = encode(&raw, m)) == 0) {
		e.raw = raw.p;
		e.raw_len = raw.len;
		r = envelope_seal(b, &e, 'm', LABEL, sk);
	}
	buf_fini(&raw);
	return r;
}

/* ---- reading ------------------------------------------------------------ */

static int
get_text(const struct bcur *v, struct manifest_text *out, size_t max)
{
	return envelope_get_text(v, max, &out->p, &out->len);
}

static int
track_field(struct manifest_track *t, char key, const struct bcur *v)
{
	switch (key) {
	case 'b':
		return envelope_get_u32(v, &t->bandwidth_bps);
	case 'c':
		return get_text(v, &t->codecs, LIM_TITLE);
	case 'd':
		return envelope_get_u32(v, &t->target_s);
	case 'f':
		return envelope_get_u8(v, &t->container);
	case 'g':
		return get_text(v, &t->head, LIM_LINES);
	case 'h':
		return envelope_get_u16(v, &t->height);
	case 'i':
		return envelope_get_u8(v, &t->id);
	case 'l':
		return get_text(v, &t->language, LIM_TITLE);
	case 'n':
		return get_text(v, &t->name, LIM_TITLE);
	case 'w':
		return envelope_get_u16(v, &t->width);
	default:
		return 0;
	}
}

static int
ref_field(struct manifest_ref *f, char key, const struct bcur *v)
{
	int64_t n;

	switch (key) {
	case 'a':
		return get_text(v, &f->attrs, LIM_LINES);
	case 'k':
		return envelope_get_u8(v, &f->kind);
	case 't':
		if (!bencode_int(v, &n))
			return SP_ERR_SYNTAX;
		if (n < -1 || n >= LIM_TRACKS)
			return SP_ERR_RANGE;
		f->track = (int16_t)n;
		return n == 0 ? SP_ERR_CANON : 0;
	default:
		return 0;
	}
}

/* Reads element |i| of a list. */
typedef int element_fn(struct manifest *m, size_t i, const struct bcur *v);

/* A list of 1..max elements, whose number is *n. */
static int
get_list(struct manifest *m, const struct bcur *list, size_t max, size_t *n,
    element_fn *element)
{
	struct bcur k, v;
	size_t it = 0;
	int r;

	if (list->type != BENCODE_LIST)
		return SP_ERR_SYNTAX;
	while (bencode_next(list, &it, &k, &v)) {
		if (*n == max)
			return SP_ERR_TOOBIG;
		if ((r = element(m, *n, &v)) < 0)
			return r;
		++*n;
	}
	return *n == 0 ? SP_ERR_CANON : 0;
}

static int
get_track(struct manifest *m, size_t i, const struct bcur *dict)
{
	struct bcur k, v;
	size_t it = 0;
	int r;

	if (dict->type != BENCODE_DICT)
		return SP_ERR_SYNTAX;
	while (bencode_next(dict, &it, &k, &v))
		if ((r = track_field(&m->tracks[i], envelope_key(&k), &v)) < 0)
			return r;
	return 0;
}

static int
get_ref(struct manifest *m, size_t i, const struct bcur *dict)
{
	struct bcur k, v;
	size_t it = 0;
	int r;

	if (dict->type != BENCODE_DICT)
		return SP_ERR_SYNTAX;
	while (bencode_next(dict, &it, &k, &v))
		if ((r = ref_field(&m->refs[i], envelope_key(&k), &v)) < 0)
			return r;
	return 0;
}

static int
get_origin(struct manifest *m, size_t i, const struct bcur *v)
{
	return get_text(v, &m->origins[i], LIM_URI);
}

static int
get_tracker(struct manifest *m, size_t i, const struct bcur *v)
{
	return get_text(v, &m->trackers[i], LIM_URI);
}

static int
get_key(const struct bcur *v, struct manifest *m)
{
	const uint8_t *p;
	size_t len;

	if (!bencode_str(v, &p, &len) || len != HASH_PK_LEN)
		return SP_ERR_SYNTAX;
	memcpy(m->pk, p, HASH_PK_LEN);
	return 0;
}

static int
decode_field(struct manifest *m, char key, const struct bcur *v)
{
	switch (key) {
	case 'e':
		return envelope_get_u32(v, &m->epoch);
	case 'f':
		return get_text(v, &m->files, FILEITEM_PACKED);
	case 'h':
		return envelope_get_u32(v, &m->holdback_ms);
	case 'k':
		return get_key(v, m);
	case 'n':
		return get_text(v, &m->title, LIM_TITLE);
	case 'o':
		return get_list(m, v, LIM_ORIGINS, &m->n_origins, get_origin);
	case 'p':
		return envelope_get_u32(v, &m->policy);
	case 'r':
		return get_list(m, v, LIM_MASTER_REFS, &m->n_refs, get_ref);
	case 's':
		return envelope_get_uint(v, INT64_MAX, &m->serial);
	case 't':
		return get_list(m, v, LIM_TRACKS, &m->n_tracks, get_track);
	case 'u':
		return get_list(m, v, LIM_TRACKERS, &m->n_trackers,
		    get_tracker);
	case 'w':
		return envelope_get_u32(v, &m->window_ms);
	case 'x':
		return get_text(v, &m->lines, LIM_LINES);
	default:
		return 0;
	}
}

static int
decode(struct manifest *m, const struct envelope *e)
{
	struct bcur root = bencode_root(e->raw, e->raw_len), k, v;
	int64_t version;
	size_t it = 0;
	int r;

	if (!bencode_get_int(&root, "v", &version) ||
	    !bencode_get(&root, "k", &k))
		return SP_ERR_SYNTAX;
	if (version != MANIFEST_VERSION)
		return SP_ERR_UNSUPPORTED;
	while (bencode_next(&root, &it, &k, &v))
		if ((r = decode_field(m, envelope_key(&k), &v)) < 0)
			return r;
	if (!check_numbers(m))
		return SP_ERR_RANGE;
	return check_text(m) ? 0 : SP_ERR_SYNTAX;
}

int
manifest_open(struct manifest *out, const uint8_t *p, size_t len,
    const uint8_t *pk)
{
	struct envelope e;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = envelope_open(&e, p, len, 'm', false, LIM_MANIFEST)) < 0)
		return r;
	if ((r = decode(out, &e)) < 0)
		return r;
	if (pk != NULL && memcmp(out->pk, pk, HASH_PK_LEN) != 0)
		return SP_ERR_WRONGCHAN;
	return hash_verify(e.sig, out->pk, LABEL, e.raw, e.raw_len);
}

int
manifest_digest(uint8_t out[HASH_LEN], const uint8_t *p, size_t len)
{
	struct envelope e;
	int r = envelope_open(&e, p, len, 'm', false, LIM_MANIFEST);

	if (r == 0)
		hash_sha256(out, e.raw, e.raw_len);
	return r;
}

const struct manifest_track *
manifest_track(const struct manifest *m, uint8_t id)
{
	size_t i;

	for (i = 0; i < m->n_tracks; i++)
		if (m->tracks[i].id == id)
			return &m->tracks[i];
	return NULL;
}
