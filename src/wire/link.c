#include "wire/link.h"
#include "wire/uri.h"

#define SCHEME "magnet:?"
#define KEY_NS "urn:btpk:"

static int
fail(struct link_error *e, int err, const char *what, size_t at)
{
	if (e != NULL) {
		e->what = what;
		e->at = at;
	}
	return err;
}

struct parse {
	struct link *out;
	struct link_error *e;
	size_t at; /* of the parameter's value in the link */
	bool has_key, has_name, has_salt;
};

static int
parse_key(struct parse *ps, const struct uri_param *p)
{
	char text[sizeof(KEY_NS) + 2 * HASH_PK_LEN];
	const size_t ns = strlen(KEY_NS);
	int n = uri_unescape(text, sizeof(text), p->value, p->value_len, false);

	/* Another kind of exact source, such as urn:btih. */
	if (n >= 0 && !uri_has_prefix(text, (size_t)n, KEY_NS))
		return 0;
	if (n == SP_ERR_TOOBIG && !uri_has_prefix(text, sizeof(text), KEY_NS))
		return 0;
	if (n < 0 ||
	    buf_unhex(ps->out->pk, HASH_PK_LEN, text + ns, (size_t)n - ns) < 0)
		return fail(ps->e, SP_ERR_SYNTAX,
		    "channel key is not 64 hex digits", ps->at);
	if (ps->has_key)
		return fail(ps->e, SP_ERR_SYNTAX, "second channel key", ps->at);
	ps->has_key = true;
	return 0;
}

static int
parse_name(struct parse *ps, const struct uri_param *p)
{
	char *name = ps->out->name;
	int n;

	if (ps->has_name)
		return 0;
	n = uri_unescape(name, LIM_TITLE, p->value, p->value_len, true);
	if (n == SP_ERR_TOOBIG)
		return fail(ps->e, n, "name is too long", ps->at);
	if (n < 0)
		return fail(ps->e, n, "bad escape in name", ps->at);
	if (!uri_is_text(name, (size_t)n))
		return fail(ps->e, SP_ERR_SYNTAX, "control byte in name",
		    ps->at);
	name[n] = '\0';
	ps->has_name = true;
	return 0;
}

static int
parse_salt(struct parse *ps, const struct uri_param *p)
{
	struct link *l = ps->out;

	if (ps->has_salt)
		return 0;
	if (p->value_len == 0 || p->value_len > 2 * sizeof(l->salt) ||
	    p->value_len % 2 != 0 ||
	    buf_unhex(l->salt, p->value_len / 2, p->value, p->value_len) < 0)
		return fail(ps->e, SP_ERR_SYNTAX,
		    "salt (s=) is not 2 to 128 hex digits", ps->at);
	l->n_salt = p->value_len / 2;
	ps->has_salt = true;
	return 0;
}

/* A plus stays a plus: a URL has no spaces that it could stand for. */
static int
parse_url(struct parse *ps, const struct uri_param *p,
    char (*list)[LIM_URI + 1], size_t *count, size_t max)
{
	char text[LIM_URI];
	int n = uri_unescape(text, sizeof(text), p->value, p->value_len, false);

	if (n == SP_ERR_TOOBIG)
		return fail(ps->e, n, "URL is too long", ps->at);
	if (n < 0)
		return fail(ps->e, n, "bad escape in URL", ps->at);
	if (list == ps->out->trackers &&
	    uri_has_prefix(text, (size_t)n, "udp://"))
		return 0;
	if (!uri_has_prefix(text, (size_t)n, "http://") &&
	    !uri_has_prefix(text, (size_t)n, "https://"))
		return fail(ps->e, SP_ERR_UNSUPPORTED,
		    "URL is neither http nor https", ps->at);
	if (!uri_is_http(text, (size_t)n))
		return fail(ps->e, SP_ERR_SYNTAX, "malformed URL", ps->at);
	if (*count == max)
		return fail(ps->e, SP_ERR_TOOBIG, "too many URLs", ps->at);
	memcpy(list[*count], text, (size_t)n);
	list[*count][n] = '\0';
	++*count;
	return 0;
}

/*
 * Others write names of hosts here; nothing resolves those. What cannot be
 * dialled is as good as not there.
 */
static void
parse_peer(struct parse *ps, const struct uri_param *p)
{
	struct link *l = ps->out;
	struct sp_addr addr;
	char text[ADDR_STRLEN];
	int n = uri_unescape(text, sizeof(text), p->value, p->value_len, false);

	if (n < 0 || addr_parse(&addr, text, (size_t)n) < 0 ||
	    addr_is_bogus(&addr) || l->n_peers == LIM_LINK_PEERS)
		return;
	l->peers[l->n_peers++] = addr;
}

static int
parse_param(struct parse *ps, const struct uri_param *p)
{
	struct link *l = ps->out;

	if (uri_param_is(p, "xs"))
		return parse_key(ps, p);
	if (uri_param_is(p, "s"))
		return parse_salt(ps, p);
	if (uri_param_is(p, "dn"))
		return parse_name(ps, p);
	if (uri_param_is(p, "tr"))
		return parse_url(ps, p, l->trackers, &l->n_trackers,
		    LIM_TRACKERS);
	if (uri_param_is(p, "ws"))
		return parse_url(ps, p, l->origins, &l->n_origins, LIM_ORIGINS);
	if (uri_param_is(p, "x.pe"))
		parse_peer(ps, p);
	return 0;
}

int
link_parse(struct link *out, const char *s, size_t len, struct link_error *e)
{
	const size_t skip = strlen(SCHEME);
	struct parse ps = { .out = out, .e = e };
	struct uri_param p;
	size_t at = skip;
	int r;

	fail(e, 0, NULL, 0);
	memset(out, 0, sizeof(*out));
	if (len > LIM_LINK)
		return fail(e, SP_ERR_TOOBIG, "link is too long", LIM_LINK);
	if (!uri_has_prefix(s, len, SCHEME))
		return fail(e, SP_ERR_SYNTAX, "not a magnet link", 0);
	while (uri_query_next(&p, s, len, &at)) {
		ps.at = (size_t)(p.value - s);
		if ((r = parse_param(&ps, &p)) < 0)
			return r;
	}
	if (!ps.has_key)
		return fail(e, SP_ERR_NOTFOUND,
		    "no channel key (xs=" KEY_NS ")", len);
	return 0;
}

static void
put_param(struct sp_buf *b, const char *head, const char *value)
{
	buf_put_str(b, head);
	uri_put_escaped(b, value, strlen(value));
}

void
link_write(struct sp_buf *b, const struct link *l)
{
	char hex[2 * SP_MAX(HASH_PK_LEN, LIM_SALT) + 1], addr[ADDR_STRLEN];
	size_t i;

	buf_hex(hex, l->pk, HASH_PK_LEN);
	buf_put_str(b, SCHEME "xs=" KEY_NS);
	buf_put_str(b, hex);
	if (l->n_salt > 0) {
		buf_hex(hex, l->salt, l->n_salt);
		put_param(b, "&s=", hex);
	}
	if (l->name[0] != '\0')
		put_param(b, "&dn=", l->name);
	for (i = 0; i < l->n_trackers; i++)
		put_param(b, "&tr=", l->trackers[i]);
	for (i = 0; i < l->n_origins; i++)
		put_param(b, "&ws=", l->origins[i]);
	for (i = 0; i < l->n_peers; i++)
		put_param(b, "&x.pe=", addr_str(&l->peers[i], addr));
}

/* The NUL that ends |label| is hashed with it. */
static void
derive(uint8_t out[HASH_LEN], const char *label, const uint8_t key[32])
{
	struct hash_span v[2] = { { label, strlen(label) + 1 }, { key, 32 } };

	hash_sha256v(out, v, SP_LEN(v));
}

void
link_infohash(uint8_t out[LINK_INFOHASH_LEN], const uint8_t pk[HASH_PK_LEN])
{
	uint8_t hash[HASH_LEN];

	derive(hash, "spate channel 1", pk);
	memcpy(out, hash, LINK_INFOHASH_LEN);
}

void
link_psk(uint8_t out[32], const uint8_t pk[HASH_PK_LEN])
{
	derive(out, "spate psk 1", pk);
}

void
link_peerid(uint8_t out[LINK_PEERID_LEN], const uint8_t key[32])
{
	uint8_t hash[HASH_LEN];

	derive(hash, "spate peer 1", key);
	memcpy(out, "-SP0100-", 8);
	memcpy(out + 8, hash, LINK_PEERID_LEN - 8);
}
