#include "wire/manifest.h"
#include "wire/envelope.h"
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
put_urls(struct sp_buf *b, const char *key, const struct manifest_text *v,
    size_t n)
{
	size_t i;

	if (n == 0)
		return;
	bencode_put_cstr(b, key);
	bencode_put_list(b);
	for (i = 0; i < n; i++)
		bencode_put_str(b, v[i].p, v[i].len);
	bencode_put_end(b);
}

static void
put_refs(struct sp_buf *b, const struct manifest *m)
{
	size_t i;

	if (m->n_refs == 0)
		return;
	bencode_put_cstr(b, "r");
	bencode_put_list(b);
	for (i = 0; i < m->n_refs; i++)
		put_ref(b, &m->refs[i]);
	bencode_put_end(b);
}

static void
put_tracks(struct sp_buf *b, const struct manifest *m)
{
	size_t i;

	if (m->n_tracks == 0)
		return;
	bencode_put_cstr(b, "t");
	bencode_put_list(b);
	for (i = 0; i < m->n_tracks; i++)
		put_track(b, &m->tracks[i]);
	bencode_put_end(b);
}

static int
encode(struct sp_buf *b, const struct manifest *m)
{
	bencode_put_dict(b);
	envelope_put_uint(b, 'e', m->epoch);
	envelope_put_uint(b, 'h', m->holdback_ms);
	envelope_put_text(b, 'k', m->pk, HASH_PK_LEN);
	put_text(b, 'n', &m->title);
	put_urls(b, "o", m->origins, m->n_origins);
	envelope_put_uint(b, 'p', m->policy);
	put_refs(b, m);
	envelope_put_uint(b, 's', m->serial);
	put_tracks(b, m);
	put_urls(b, "u", m->trackers, m->n_trackers);
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
	    !check_numbers(m) || !check_text(m))
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
get_u8(const struct bcur *v, uint8_t *out)
{
	uint64_t n;
	int r;

	if ((r = envelope_get_uint(v, UINT8_MAX, &n)) == 0)
		*out = (uint8_t)n;
	return r;
}

static int
get_u16(const struct bcur *v, uint16_t *out)
{
	uint64_t n;
	int r;

	if ((r = envelope_get_uint(v, UINT16_MAX, &n)) == 0)
		*out = (uint16_t)n;
	return r;
}

static int
get_u32(const struct bcur *v, uint32_t *out)
{
	uint64_t n;
	int r;

	if ((r = envelope_get_uint(v, UINT32_MAX, &n)) == 0)
		*out = (uint32_t)n;
	return r;
}

static int
get_text(const struct bcur *v, struct manifest_text *out, size_t max)
{
	return envelope_get_text(v, max, &out->p, &out->len);
}

/* Number of elements, 1..max. */
static int
count(const struct bcur *v, size_t max)
{
	struct bcur k, e;
	size_t it = 0;
	int n = 0;

	if (v->type != BENCODE_LIST)
		return SP_ERR_SYNTAX;
	while (bencode_next(v, &it, &k, &e))
		if (++n > (int)max)
			return SP_ERR_TOOBIG;
	return n == 0 ? SP_ERR_CANON : n;
}

static int
get_urls(const struct bcur *v, struct manifest_text *out, size_t max, size_t *n)
{
	int r = count(v, max);
	struct bcur k, e;
	size_t it = 0;

	if (r < 0)
		return r;
	while (bencode_next(v, &it, &k, &e))
		if ((r = get_text(&e, &out[(*n)++], LIM_URI)) < 0)
			return r;
	return 0;
}

static int
track_field(struct manifest_track *t, char key, const struct bcur *v)
{
	switch (key) {
	case 'b':
		return get_u32(v, &t->bandwidth_bps);
	case 'c':
		return get_text(v, &t->codecs, LIM_TITLE);
	case 'd':
		return get_u32(v, &t->target_s);
	case 'f':
		return get_u8(v, &t->container);
	case 'g':
		return get_text(v, &t->head, LIM_LINES);
	case 'h':
		return get_u16(v, &t->height);
	case 'i':
		return get_u8(v, &t->id);
	case 'l':
		return get_text(v, &t->language, LIM_TITLE);
	case 'n':
		return get_text(v, &t->name, LIM_TITLE);
	case 'w':
		return get_u16(v, &t->width);
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
		return get_u8(v, &f->kind);
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

static int
get_tracks(const struct bcur *list, struct manifest *m)
{
	int r = count(list, LIM_TRACKS);
	struct bcur k, v, dict;
	size_t it = 0, at;

	if (r < 0)
		return r;
	while (bencode_next(list, &it, &k, &dict)) {
		if (dict.type != BENCODE_DICT)
			return SP_ERR_SYNTAX;
		for (at = 0; bencode_next(&dict, &at, &k, &v);)
			if ((r = track_field(&m->tracks[m->n_tracks],
				 envelope_key(&k), &v)) < 0)
				return r;
		m->n_tracks++;
	}
	return 0;
}

static int
get_refs(const struct bcur *list, struct manifest *m)
{
	int r = count(list, LIM_MASTER_REFS);
	struct bcur k, v, dict;
	size_t it = 0, at;

	if (r < 0)
		return r;
	while (bencode_next(list, &it, &k, &dict)) {
		if (dict.type != BENCODE_DICT)
			return SP_ERR_SYNTAX;
		for (at = 0; bencode_next(&dict, &at, &k, &v);)
			if ((r = ref_field(&m->refs[m->n_refs],
				 envelope_key(&k), &v)) < 0)
				return r;
		m->n_refs++;
	}
	return 0;
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
		return get_u32(v, &m->epoch);
	case 'h':
		return get_u32(v, &m->holdback_ms);
	case 'k':
		return get_key(v, m);
	case 'n':
		return get_text(v, &m->title, LIM_TITLE);
	case 'o':
		return get_urls(v, m->origins, LIM_ORIGINS, &m->n_origins);
	case 'p':
		return get_u32(v, &m->policy);
	case 'r':
		return get_refs(v, m);
	case 's':
		return envelope_get_uint(v, INT64_MAX, &m->serial);
	case 't':
		return get_tracks(v, m);
	case 'u':
		return get_urls(v, m->trackers, LIM_TRACKERS, &m->n_trackers);
	case 'w':
		return get_u32(v, &m->window_ms);
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

const struct manifest_track *
manifest_track(const struct manifest *m, uint8_t id)
{
	size_t i;

	for (i = 0; i < m->n_tracks; i++)
		if (m->tracks[i].id == id)
			return &m->tracks[i];
	return NULL;
}
