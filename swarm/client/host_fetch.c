#include "swarm/client/host_int.h"

#include "wire/uri.h"

#define FETCH_CONNECT (5 * SP_S)
#define FETCH_SILENT  (5 * SP_S) /* then another try is the better bet */

/* One transfer that the mesh has asked for. */
struct host_fetch {
	LIST_ENTRY(host_fetch) entry;
	struct mesh_host *h;
	struct origin_fetch *f;
	uint32_t id;
	size_t origin; /* index */
	bool bad;      /* the mesh refused the head */
};

/* ---- authority ---- */

/* Length of "host" in "host:port"; the host may be "[v6]". */
static size_t
host_len(const char *s, size_t len)
{
	const char *end = s[0] == '[' ? memchr(s, ']', len) : s;
	const char *colon;

	if (end == NULL)
		return len;
	colon = memchr(end, ':', len - (size_t)(end - s));
	return colon == NULL ? len : (size_t)(colon - s);
}

int
host_authority(char out[HOST_AUTHORITY_MAX], const char *url, size_t len)
{
	bool tls = uri_has_prefix(url, len, "https://");
	size_t at = tls ? 8 : 7, n, i;

	if (!tls && !uri_has_prefix(url, len, "http://"))
		return SP_ERR_SYNTAX;
	for (n = at; n < len && strchr("/?#\\", url[n]) == NULL; n++)
		if (url[n] == '@' || url[n] == '\0')
			return SP_ERR_SYNTAX;
	if (n == at || n + 5 > HOST_AUTHORITY_MAX)
		return SP_ERR_SYNTAX;
	for (i = 0; i < n; i++)
		out[i] = (char)(url[i] >= 'A' && url[i] <= 'Z' ? url[i] + 32
							       : url[i]);
	out[n] = '\0';
	i = at + host_len(out + at, n - at);
	if (i + 1 >= n) /* no port, or an empty one */
		memcpy(out + i, tls ? ":443" : ":80", tls ? 5 : 4);
	return 0;
}

static bool
same_authority(const char *a, const char *url, size_t len)
{
	char x[HOST_AUTHORITY_MAX], y[HOST_AUTHORITY_MAX];

	return host_authority(x, a, strlen(a)) == 0 &&
	       host_authority(y, url, len) == 0 && strcmp(x, y) == 0;
}

/* ---- the origins ---- */

/* Adds a base URL unless it is there; a missing '/' at its end is added. */
static int
origin_add(struct mesh_host *h, const char *url, size_t len,
    enum origin_reach reach)
{
	struct host_origin *o;
	size_t i;
	char *s;

	if (h->n_origins == SP_LEN(h->origins) || len == 0)
		return 0;
	if ((s = malloc(len + 2)) == NULL)
		return SP_ERR_NOMEM;
	memcpy(s, url, len);
	if (s[len - 1] != '/')
		s[len++] = '/';
	s[len] = '\0';
	for (i = 0; i < h->n_origins; i++) {
		if (strcmp(h->origins[i].url, s) == 0) {
			free(s);
			return 0;
		}
	}
	o = &h->origins[h->n_origins++];
	o->url = s;
	o->reach = reach;
	return 0;
}

static void
origin_cut(struct mesh_host *h, size_t n)
{
	while (h->n_origins > n)
		free(h->origins[--h->n_origins].url);
}

int
host_fetch_init(struct mesh_host *h)
{
	size_t i;
	int rv;

	if (h->conf.no_origin || h->conf.mesh.seeder)
		return 0;
	for (i = 0; i < h->conf.n_origins; i++) {
		rv = origin_add(h, h->conf.origins[i],
		    strlen(h->conf.origins[i]), ORIGIN_AS_FIRST);
		if (rv < 0)
			return rv;
	}
	h->n_given = h->n_origins;
	return 0;
}

/* A private address needs the user's word for its host. */
static enum origin_reach
reach_of(const struct mesh_host *h, const char *url, size_t len)
{
	size_t i;

	if (h->conf.mesh.lan)
		return ORIGIN_AS_FIRST;
	for (i = 0; i < h->n_given; i++)
		if (same_authority(h->origins[i].url, url, len))
			return ORIGIN_AS_FIRST;
	return ORIGIN_PUBLIC;
}

void
host_fetch_add(struct mesh_host *h, const char *url, size_t len)
{
	(void)origin_add(h, url, len, reach_of(h, url, len));
}

void
host_fetch_manifest(struct mesh_host *h, const struct manifest *m)
{
	const struct manifest_text *t;
	size_t i;

	if (h->conf.no_origin)
		return;
	origin_cut(h, h->n_given);
	for (i = 0; i < m->n_origins; i++) {
		t = &m->origins[i];
		if (origin_add(h, t->p, t->len, reach_of(h, t->p, t->len)) < 0)
			break;
	}
	host_dht_origins(h);
	mesh_origins(h->mesh, (unsigned)h->n_origins, loop_now(h->loop));
}

const char *
mesh_host_origin(const struct mesh_host *h, size_t i)
{
	return i < h->n_origins ? h->origins[i].url : NULL;
}

/* ---- transfers ---- */

static void
fetch_drop(struct host_fetch *hf)
{
	LIST_REMOVE(hf, entry);
	free(hf);
}

static enum mesh_fetch
result_of(const struct host_fetch *hf, const struct origin_done *d)
{
	if (hf->bad)
		return MESH_FETCH_HTTP;
	switch (d->result) {
	case ORIGIN_OK:
		return MESH_FETCH_OK;
	case ORIGIN_STOPPED:
		return d->status == 200 || d->status == 206 ? MESH_FETCH_OK
							    : MESH_FETCH_HTTP;
	case ORIGIN_STATUS:
		return MESH_FETCH_HTTP;
	case ORIGIN_REFUSED:
		return MESH_FETCH_REFUSED;
	default:
		return MESH_FETCH_NET;
	}
}

static enum origin_verdict
head_cb(void *ctx, struct origin_fetch *f SP_UNUSED,
    const struct origin_head *head)
{
	struct host_fetch *hf = ctx;
	struct mesh_host *h = hf->h;
	uint64_t total = head->total == UINT64_MAX ? 0 : head->total;
	int rv;

	if (head->status != 200 && head->status != 206)
		return ORIGIN_STOP;
	rv = mesh_fetch_head(h->mesh, hf->id, head->first, total,
	    loop_now(h->loop));
	hf->bad = rv < 0;
	return rv < 0 ? ORIGIN_STOP : ORIGIN_GO;
}

static enum origin_verdict
data_cb(void *ctx, struct origin_fetch *f SP_UNUSED, const uint8_t *p,
    size_t len)
{
	struct host_fetch *hf = ctx;
	struct mesh_host *h = hf->h;
	int rv;

	rv = mesh_fetch_data(h->mesh, hf->id, p, len, loop_now(h->loop));
	if (rv < 0)
		return ORIGIN_STOP;
	/* may cancel this very transfer; then the verdict does not count */
	host_pump(h);
	return ORIGIN_GO;
}

/* Nothing else would say why a viewer that is alone gets nothing. */
static void
tell_refused(struct mesh_host *h, const struct host_fetch *hf, const char *why)
{
	const char *url = mesh_host_origin(h, hf->origin);

	if (h->told_refused || url == NULL)
		return;
	h->told_refused = true;
	log_msg(h->conf.log, LOG_LEVEL_WARN,
	    "origin: refused, see --lan and --origin url=%s why=%s", url, why);
}

static void
done_cb(void *ctx, struct origin_fetch *f SP_UNUSED,
    const struct origin_done *d)
{
	struct host_fetch *hf = ctx;
	struct mesh_host *h = hf->h;
	sp_time retry = SP_MIN(d->retry / SP_MS, UINT32_MAX);

	if (d->result != ORIGIN_OK && d->result != ORIGIN_STOPPED)
		log_msg(h->conf.log, LOG_LEVEL_DEBUG,
		    "origin: failed status=%d why=%s", d->status, d->text);
	if (d->result == ORIGIN_REFUSED)
		tell_refused(h, hf, d->text);
	mesh_fetch_done(h->mesh, hf->id, result_of(hf, d),
	    d->status < 0 ? 0 : (unsigned)d->status, (uint32_t)retry,
	    loop_now(h->loop));
	fetch_drop(hf);
	host_pump(h);
}

static const struct origin_ops ops = { head_cb, data_cb, done_cb };

/*
 * The URL of a piece. SP_ERR_DENIED: an absolute one that is not at an
 * origin, or no such origin.
 */
static int
fetch_url(struct mesh_host *h, const struct mesh_act *act, struct sp_buf *b,
    enum origin_reach *reach)
{
	const struct record *rec = act->u.fetch.rec;
	size_t i;

	if (rec->absolute) {
		for (i = 0; i < h->n_origins; i++)
			if (same_authority(h->origins[i].url, rec->uri,
				rec->uri_len))
				break;
	} else {
		i = act->u.fetch.origin;
	}
	if (i >= h->n_origins || rec->uri_len == 0)
		return SP_ERR_DENIED;
	*reach = h->origins[i].reach;
	if (!rec->absolute)
		buf_put_str(b, h->origins[i].url);
	buf_put(b, rec->uri, rec->uri_len);
	buf_put_u8(b, '\0');
	return b->err;
}

static int
fetch_start(struct mesh_host *h, const struct mesh_act *act)
{
	struct origin_ask ask = {
		.ranged = !act->u.fetch.whole,
		.offset = act->u.fetch.whole ? 0 : act->u.fetch.at,
		.length = act->u.fetch.whole ? 0 : act->u.fetch.len,
		.connect = FETCH_CONNECT,
		.low_speed = FETCH_SILENT,
	};
	struct host_fetch *hf;
	struct sp_buf b;
	int rv;

	if ((hf = calloc(1, sizeof(*hf))) == NULL)
		return SP_ERR_NOMEM;
	hf->h = h;
	hf->id = act->u.fetch.fetch;
	hf->origin = act->u.fetch.origin;
	LIST_INSERT_HEAD(&h->fetches, hf, entry);
	buf_init(&b, io_mem(), 2 * LIM_URI + 2);
	if ((rv = fetch_url(h, act, &b, &ask.reach)) == 0) {
		ask.url = (const char *)b.p;
		rv = origin_get(h->origin, &ask, &ops, hf, &hf->f);
	}
	buf_fini(&b);
	if (rv < 0)
		fetch_drop(hf);
	return rv;
}

void
host_fetch_start(struct mesh_host *h, const struct mesh_act *act)
{
	uint32_t id = act->u.fetch.fetch;

	if (fetch_start(h, act) < 0)
		mesh_fetch_done(h->mesh, id, MESH_FETCH_REFUSED, 0, 0,
		    loop_now(h->loop));
}

void
host_fetch_stop(struct mesh_host *h, const struct mesh_act *act)
{
	struct host_fetch *hf;

	LIST_FOREACH (hf, &h->fetches, entry) {
		if (hf->id != act->u.unfetch.fetch)
			continue;
		origin_cancel(hf->f);
		fetch_drop(hf);
		return;
	}
}

void
host_fetch_stop_all(struct mesh_host *h)
{
	struct host_fetch *hf;

	while ((hf = LIST_FIRST(&h->fetches)) != NULL) {
		origin_cancel(hf->f);
		fetch_drop(hf);
	}
}

void
host_fetch_fini(struct mesh_host *h)
{
	host_fetch_stop_all(h);
	origin_cut(h, 0);
}
