#include "tools/checkpoint.h"

#include "wire/uri.h"

#define WORDS 12

void
checkpoint_init(struct checkpoint *c, const struct sp_mem *mem)
{
	memset(c, 0, sizeof(*c));
	c->mem = mem;
}

void
checkpoint_fini(struct checkpoint *c)
{
	for (size_t i = 0; i < c->n_pending; i++)
		mem_free(c->mem, c->pending[i].p);
	checkpoint_init(c, c->mem);
}

/* ---- writing ------------------------------------------------------------ */

static void
put_num(struct sp_buf *b, uint64_t v)
{
	buf_put_u8(b, ' ');
	uri_put_u64(b, v);
}

static void
put_hex(struct sp_buf *b, const uint8_t *p, size_t len)
{
	char hex[2 * 64 + 1];
	size_t n;

	buf_put_u8(b, ' ');
	for (; len > 0; p += n, len -= n) {
		n = SP_MIN(len, (size_t)64);
		buf_hex(hex, p, n);
		buf_put_str(b, hex);
	}
}

static void
put_hash64(struct sp_buf *b, uint64_t v)
{
	uint8_t p[8];

	for (size_t i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> (56 - 8 * i));
	put_hex(b, p, sizeof(p));
}

static void
put_track(struct sp_buf *b, unsigned id, const struct checkpoint_track *t)
{
	buf_put_str(b, "track");
	put_num(b, id);
	put_num(b, t->mark.number);
	put_num(b, t->mark.source_seq);
	put_num(b, t->mark.dseq);
	put_num(b, t->mark.source_dseq);
	put_hash64(b, t->mark.what);
	if (t->mark.pdt_ms < 0)
		buf_put_str(b, " -");
	else
		put_num(b, (uint64_t)t->mark.pdt_ms);
	put_num(b, (uint64_t)t->mark.avail_ms);
	put_num(b, t->mark.ended);
	put_hex(b, t->digest, HASH_LEN);
	if (t->uri[0] != '\0') {
		buf_put_str(b, "\nuri");
		put_num(b, id);
		buf_put_u8(b, ' ');
		buf_put_str(b, t->uri);
	}
	if (t->has_init) {
		buf_put_str(b, "\ninit");
		put_num(b, id);
		put_num(b, t->init_number);
		put_hash64(b, t->init_id);
		put_hex(b, t->init_root, HASH_LEN);
		put_hex(b, t->init_digest, HASH_LEN);
		put_num(b, (uint64_t)t->init_avail_ms);
	}
	buf_put_u8(b, '\n');
}

int
checkpoint_write(struct sp_buf *b, const struct checkpoint *c)
{
	buf_put_str(b, "spate-state 1\nchannel");
	put_hex(b, c->pk, HASH_PK_LEN);
	buf_put_str(b, "\nepoch");
	put_num(b, c->epoch);
	buf_put_str(b, "\nserial");
	put_num(b, c->serial);
	if (c->head_seq != 0) {
		buf_put_str(b, "\nhead");
		put_num(b, c->head_seq);
	}
	buf_put_u8(b, '\n');
	for (unsigned i = 0; i < LIM_TRACKS; i++)
		if (c->tracks[i].used)
			put_track(b, i, &c->tracks[i]);
	for (size_t i = 0; i < c->n_pending; i++) {
		buf_put_str(b, "pending");
		put_hex(b, c->pending[i].p, c->pending[i].len);
		buf_put_u8(b, '\n');
	}
	buf_put_str(b, "end\n");
	return b->err;
}

/* ---- reading ------------------------------------------------------------ */

struct word {
	const char *p;
	size_t len;
};

struct reader {
	struct checkpoint *c;
	const char *what;
	bool has_channel, end;
	struct word w[WORDS];
	size_t n;
};

static int
complain(struct reader *in, int err, const char *what)
{
	in->what = what;
	return err;
}

static bool
is(const struct word *w, const char *s)
{
	return w->len == strlen(s) && memcmp(w->p, s, w->len) == 0;
}

static bool
num(const struct word *w, uint64_t max, uint64_t *out)
{
	return uri_get_u64(out, w->p, w->len, max) == 0;
}

static bool
num32(const struct word *w, uint32_t *out)
{
	uint64_t v;

	if (!num(w, UINT32_MAX, &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool
num_ms(const struct word *w, int64_t *out)
{
	uint64_t v;

	if (!num(w, LIM_AVAIL_MS, &v))
		return false;
	*out = (int64_t)v;
	return true;
}

static bool
hash64(const struct word *w, uint64_t *out)
{
	uint8_t p[8];

	if (buf_unhex(p, sizeof(p), w->p, w->len) < 0)
		return false;
	*out = 0;
	for (size_t i = 0; i < 8; i++)
		*out = *out << 8 | p[i];
	return true;
}

static bool
hash(const struct word *w, uint8_t out[HASH_LEN])
{
	return buf_unhex(out, HASH_LEN, w->p, w->len) == 0;
}

/* The track that the first value names, NULL if there is none. */
static struct checkpoint_track *
track_of(struct reader *in)
{
	uint64_t id;

	if (in->n < 2 || !num(&in->w[1], LIM_TRACKS - 1, &id))
		return NULL;
	return &in->c->tracks[id];
}

static int
read_track(struct reader *in)
{
	struct checkpoint_track *t = track_of(in);
	struct follower_mark *m;
	const struct word *w = in->w;
	uint64_t ended;

	if (t == NULL || t->used || in->n != 11)
		return complain(in, SP_ERR_SYNTAX, "bad track");
	m = &t->mark;
	m->pdt_ms = -1;
	if (!num(&w[2], LIM_NUMBER - 1, &m->number) ||
	    !num(&w[3], LIM_NUMBER - 1, &m->source_seq) ||
	    !num32(&w[4], &m->dseq) || !num32(&w[5], &m->source_dseq) ||
	    !hash64(&w[6], &m->what) ||
	    (!is(&w[7], "-") && !num_ms(&w[7], &m->pdt_ms)) ||
	    !num_ms(&w[8], &m->avail_ms) || !num(&w[9], 1, &ended) ||
	    !hash(&w[10], t->digest))
		return complain(in, SP_ERR_RANGE, "bad value of a track");
	m->ended = ended != 0;
	t->used = true;
	return 0;
}

static int
read_init(struct reader *in)
{
	struct checkpoint_track *t = track_of(in);
	const struct word *w = in->w;

	if (t == NULL || !t->used || t->has_init || in->n != 7)
		return complain(in, SP_ERR_SYNTAX, "bad init");
	if (!num(&w[2], LIM_NUMBER - 1, &t->init_number) ||
	    !hash64(&w[3], &t->init_id) || !hash(&w[4], t->init_root) ||
	    !hash(&w[5], t->init_digest) || !num_ms(&w[6], &t->init_avail_ms))
		return complain(in, SP_ERR_RANGE, "bad value of an init");
	t->has_init = true;
	return 0;
}

static int
read_uri(struct reader *in, const char *line, size_t len)
{
	struct checkpoint_track *t = track_of(in);
	const char *p;

	if (t == NULL || !t->used || in->n < 3)
		return complain(in, SP_ERR_SYNTAX, "bad uri");
	p = in->w[2].p;
	len -= (size_t)(p - line);
	if (len > LIM_URI)
		return complain(in, SP_ERR_TOOBIG, "uri is too long");
	memcpy(t->uri, p, len);
	t->uri[len] = '\0';
	return 0;
}

static int
read_pending(struct reader *in)
{
	struct checkpoint *c = in->c;
	struct checkpoint_env *e = &c->pending[c->n_pending];

	if (in->n != 2 || in->w[1].len % 2 != 0 || in->w[1].len == 0)
		return complain(in, SP_ERR_SYNTAX, "bad envelope");
	if (c->n_pending == CHECKPOINT_PENDING ||
	    in->w[1].len > 2 * LIM_ENVELOPE)
		return complain(in, SP_ERR_TOOBIG, "too many envelopes");
	e->len = in->w[1].len / 2;
	e->p = mem_alloc(c->mem, e->len);
	if (e->p == NULL)
		return complain(in, SP_ERR_NOMEM, "out of memory");
	c->n_pending++;
	if (buf_unhex(e->p, e->len, in->w[1].p, in->w[1].len) < 0)
		return complain(in, SP_ERR_SYNTAX, "not hex");
	return 0;
}

static int
read_plain(struct reader *in)
{
	const struct word *w = in->w;

	if (in->n == 2 && is(&w[0], "channel")) {
		if (!hash(&w[1], in->c->pk))
			return complain(in, SP_ERR_SYNTAX, "bad channel");
		in->has_channel = true;
		return 0;
	}
	if (in->n == 2 && is(&w[0], "epoch"))
		return num32(&w[1], &in->c->epoch)
			   ? 0
			   : complain(in, SP_ERR_RANGE, "bad epoch");
	if (in->n == 2 && is(&w[0], "serial"))
		return num(&w[1], INT64_MAX, &in->c->serial)
			   ? 0
			   : complain(in, SP_ERR_RANGE, "bad serial");
	if (in->n == 2 && is(&w[0], "head"))
		return num(&w[1], LIM_AVAIL_MS, &in->c->head_seq)
			   ? 0
			   : complain(in, SP_ERR_RANGE, "bad head");
	if (in->n == 1 && is(&w[0], "end")) {
		in->end = true;
		return 0;
	}
	return complain(in, SP_ERR_SYNTAX, "unknown word");
}

static void
split(struct reader *in, const char *p, size_t len)
{
	const char *blank;
	size_t n;

	for (in->n = 0; len > 0 && in->n < WORDS;) {
		blank = memchr(p, ' ', len);
		n = blank != NULL ? (size_t)(blank - p) : len;
		in->w[in->n++] = (struct word){ p, n };
		n += blank != NULL;
		p += n;
		len -= n;
	}
}

static int
read_line(struct reader *in, unsigned line, const char *p, size_t len)
{
	split(in, p, len);
	if (line == 1) {
		if (in->n == 2 && is(&in->w[0], "spate-state"))
			return is(&in->w[1], "1")
				   ? 0
				   : complain(in, SP_ERR_UNSUPPORTED,
					 "a version that is not known");
		return complain(in, SP_ERR_SYNTAX, "not a state file");
	}
	if (in->end || in->n == 0)
		return complain(in, SP_ERR_SYNTAX, "unexpected line");
	if (is(&in->w[0], "track"))
		return read_track(in);
	if (is(&in->w[0], "init"))
		return read_init(in);
	if (is(&in->w[0], "uri"))
		return read_uri(in, p, len);
	if (is(&in->w[0], "pending"))
		return read_pending(in);
	return read_plain(in);
}

int
checkpoint_parse(struct checkpoint *c, const char *s, size_t len,
    struct checkpoint_error *e)
{
	struct reader in = { .c = c };
	const char *end = s + len, *lf;
	unsigned line = 0;
	int rv = 0;

	if (len > CHECKPOINT_MAX)
		rv = complain(&in, SP_ERR_TOOBIG, "too long");
	while (rv == 0 && s < end) {
		lf = memchr(s, '\n', (size_t)(end - s));
		if (lf == NULL)
			break;
		rv = read_line(&in, ++line, s, (size_t)(lf - s));
		s = lf + 1;
	}
	if (rv == 0 && (!in.end || !in.has_channel)) {
		line = 0;
		rv = complain(&in, SP_ERR_SHORT, "is not complete");
	}
	if (e != NULL)
		*e = (struct checkpoint_error){ line, in.what };
	if (rv < 0)
		checkpoint_fini(c);
	return rv;
}
