#include "tools/spool.h"

#include "wire/bencode.h"

#define SLACK_MS                                                    \
	10000 /* records outlive the window by this, as in trackers \
	       */

void
spool_init(struct spool *s, const struct sp_mem *mem)
{
	memset(s, 0, sizeof(*s));
	s->mem = mem;
}

void
spool_fini(struct spool *s)
{
	for (size_t i = 0; i < s->n; i++)
		mem_free(s->mem, s->v[i].env);
	mem_free(s->mem, s->v);
	mem_free(s->mem, s->manifest);
	spool_init(s, s->mem);
}

static void
drop(struct spool *s, size_t i)
{
	mem_free(s->mem, s->v[i].env);
	memmove(&s->v[i], &s->v[i + 1], (s->n - i - 1) * sizeof(*s->v));
	s->n--;
}

static int
reserve(struct spool *s)
{
	size_t cap = SP_MIN(SP_MAX(2 * s->cap, 64), SPOOL_MAX);
	struct spool_entry *more;

	if (s->n == SPOOL_MAX)
		drop(s, 0);
	if (s->n < s->cap)
		return 0;
	more = mem_resize(s->mem, s->v, cap, sizeof(*more));
	if (more == NULL)
		return SP_ERR_NOMEM;
	s->v = more;
	s->cap = cap;
	return 0;
}

static bool
has(const struct spool *s, const struct record *r)
{
	for (size_t i = s->n; i-- > 0;)
		if (s->v[i].track == r->track && s->v[i].number == r->number &&
		    s->v[i].epoch == r->epoch)
			return true;
	return false;
}

int
spool_add(struct spool *s, const uint8_t *env, size_t len)
{
	struct record_env e;
	struct spool_entry *n;
	int rv = record_open(&e, env, len);

	if (rv < 0)
		return rv;
	if (has(s, &e.rec))
		return SP_ERR_EXISTS;
	if (reserve(s) < 0)
		return SP_ERR_NOMEM;
	n = &s->v[s->n];
	*n = (struct spool_entry){
		.seq = s->seq + 1,
		.number = e.rec.number,
		.init = e.rec.init,
		.avail_ms = e.rec.avail_ms,
		.duration_ms = e.rec.duration_us / 1000,
		.epoch = e.rec.epoch,
		.dseq = e.rec.dseq,
		.track = e.rec.track,
		.env = mem_dup(s->mem, env, len),
		.len = len,
	};
	if (n->env == NULL)
		return SP_ERR_NOMEM;
	record_digest(n->digest, &e);
	s->n++;
	s->seq++;
	return 0;
}

int
spool_manifest(struct spool *s, const uint8_t *env, size_t len)
{
	uint8_t *copy = mem_dup(s->mem, env, len);

	if (copy == NULL)
		return SP_ERR_NOMEM;
	mem_free(s->mem, s->manifest);
	s->manifest = copy;
	s->manifest_len = len;
	s->manifest_seq++;
	return 0;
}

const struct spool_entry *
spool_newest(const struct spool *s, uint8_t track)
{
	for (size_t i = s->n; i-- > 0;)
		if (s->v[i].track == track)
			return &s->v[i];
	return NULL;
}

/* ---- the window --------------------------------------------------------- */

static bool
is_named(const struct spool *s, const struct spool_entry *init)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].track + LIM_TRACK_INIT == init->track &&
		    s->v[i].init == init->number)
			return true;
	return false;
}

static bool
is_out(const struct spool *s, const struct spool_entry *e, int64_t edge_ms)
{
	if (e->avail_ms + e->duration_ms + SLACK_MS >= edge_ms)
		return false;
	return e->track < LIM_TRACK_INIT ||
	       (!is_named(s, e) && spool_newest(s, e->track) != e);
}

void
spool_trim(struct spool *s, uint32_t window_ms)
{
	int64_t newest = 0;

	for (size_t i = 0; i < s->n; i++)
		newest = SP_MAX(newest, s->v[i].avail_ms);
	for (size_t i = 0; i < s->n;)
		if (is_out(s, &s->v[i], newest - (int64_t)window_ms))
			drop(s, i);
		else
			i++;
}

/* ---- publishing --------------------------------------------------------- */

int
spool_batch(const struct spool *s, const struct spool_cursor *c, bool beat,
    size_t max, struct sp_buf *b, struct spool_batch *out)
{
	struct tw_frame f = { .type = TW_FRAME_MANIFEST };

	*out = (struct spool_batch){ .seq = c->seq,
		.manifest_seq = c->manifest_seq,
		.whole = c->seq == 0 };
	if (s->manifest == NULL)
		return 0;
	if (beat || c->manifest_seq != s->manifest_seq) {
		f.p = s->manifest;
		f.len = s->manifest_len;
		tw_frame_write(b, &f);
		out->manifest_seq = s->manifest_seq;
		out->frames++;
	}
	f.type = TW_FRAME_RECORD;
	for (size_t i = 0; i < s->n && b->err == 0; i++) {
		if (s->v[i].seq <= c->seq)
			continue;
		if (out->frames > 0 && b->len + s->v[i].len + 16 > max)
			break;
		f.p = s->v[i].env;
		f.len = s->v[i].len;
		tw_frame_write(b, &f);
		out->seq = s->v[i].seq;
		out->frames++;
	}
	return b->err;
}

static int
code_of(const uint8_t *p, size_t len)
{
#define CODE(name, value, scope, text)                              \
	if (len == sizeof(#name) - 1 && memcmp(p, #name, len) == 0) \
		return value;
	SP_ERR_LIST(CODE)
#undef CODE
	return SP_ERR_UNSUPPORTED;
}

int
spool_reply_read(struct spool_reply *out, const uint8_t *p, size_t len)
{
	const uint8_t *s;
	struct bcur d;
	uint8_t boot[8];
	size_t n;
	int rv = bencode_check(p, len, false);

	memset(out, 0, sizeof(*out));
	if (rv < 0)
		return rv;
	d = bencode_root(p, len);
	if (bencode_get_str(&d, "code", &s, &n))
		out->code = code_of(s, n);
	if (bencode_get_str(&d, "failure reason", &s, &n)) {
		out->text = (const char *)s;
		out->text_len = n;
	}
	bencode_get_int(&d, "accepted", &out->accepted);
	bencode_get_int(&d, "stale", &out->stale);
	bencode_get_int(&d, "failed", &out->failed);
	if (!bencode_get_str(&d, "boot", &s, &n) ||
	    buf_unhex(boot, sizeof(boot), (const char *)s, n) < 0)
		return out->text != NULL ? 0 : SP_ERR_SYNTAX;
	for (size_t i = 0; i < sizeof(boot); i++)
		out->boot = out->boot << 8 | boot[i];
	return 0;
}

static void
confirm(struct spool *s, const struct spool_cursor *c,
    const struct spool_batch *b)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].seq > c->seq && s->v[i].seq <= b->seq)
			s->v[i].confirmed = true;
}

static void
rewind_cursor(struct spool_cursor *c)
{
	c->seq = 0;
	c->manifest_seq = 0;
}

bool
spool_answer(struct spool *s, struct spool_cursor *c,
    const struct spool_batch *b, const struct spool_reply *r)
{
	bool rebooted = c->boot != 0 && r->boot != 0 && r->boot != c->boot;
	bool ok = r->code == 0 || r->code == SP_ERR_STALE;

	if (r->boot != 0)
		c->boot = r->boot;
	if (rebooted && !b->whole) {
		c->again = false;
		rewind_cursor(c);
		return false;
	}
	if (r->code == SP_ERR_NOTFOUND && !b->whole) {
		rewind_cursor(c);
		return false;
	}
	if (r->code == SP_ERR_CHAIN && !b->whole && !c->again) {
		c->again = true;
		rewind_cursor(c);
		return false;
	}
	if (ok) {
		confirm(s, c, b);
		if (b->frames > 0 && r->accepted > 0)
			c->again = false;
	}
	c->seq = b->seq;
	c->manifest_seq = b->manifest_seq;
	return !ok;
}
