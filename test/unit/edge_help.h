#ifndef TEST_UNIT_EDGE_HELP_H
#define TEST_UNIT_EDGE_HELP_H

/* For the files of tests of the edge. */

#include "swarm/client/edge.h"
#include "test/unit/site_rig.h"
#include "test/unit/unit.h"

/* A viewer with its edge, and one HTTP client. */
struct home {
	struct site s;
	struct mesh_host *h;
	struct edge *e;
	char base[128];
	/* what the last answer was */
	bool answered, begun;
	int status;
	char type[64];
	uint64_t length;
	uint8_t body[SITE_BYTES + 1];
	size_t len;
};

static void
on_changed(void *ctx, unsigned what)
{
	struct home *m = ctx;

	if (m->e != NULL)
		edge_changed(m->e, what);
}

static const struct mesh_host_ops home_ops = { .changed = on_changed };

static inline void
home_init(struct home *m, unsigned pieces, const char *token)
{
	struct mesh_host_conf c;
	struct edge_conf ec = {
		.door = { .n_listen = 1, .token = token },
		.track = -1,
		.window_ms = 60000,
		.version = "0",
		.name = "link",
	};
	char *end, url[EDGE_URL_MAX];
	unsigned i;

	memset(m, 0, sizeof(*m));
	site_init(&m->s);
	for (i = 0; i < pieces; i++)
		site_publish(&m->s, (pieces - i) * 1000 + 3000, 0);
	site_conf(&m->s, &c);
	ck_assert_int_eq(
	    mesh_host_new(&m->h, &c, m->s.loop, m->s.origin, &home_ops, m), 0);
	ec.door.listen[0] = addr_make(4, "\x7f\0\0\x01", 0);
	ck_assert_int_eq(edge_new(&m->e, &ec, m->s.loop, m->h), 0);
	snprintf(m->base, sizeof(m->base), "%s", edge_url(m->e, url));
	end = strstr(m->base, "/master.m3u8");
	ck_assert_ptr_nonnull(end);
	*end = '\0';
}

static inline void
home_fini(struct home *m)
{
	edge_free(m->e);
	m->e = NULL;
	mesh_host_free(m->h);
	site_fini(&m->s);
}

/* ---- the client ---- */

static enum origin_verdict
head_cb(void *ctx, struct origin_fetch *f SP_UNUSED,
    const struct origin_head *h)
{
	struct home *m = ctx;

	m->begun = true;
	m->status = h->status;
	m->length = h->length;
	snprintf(m->type, sizeof(m->type), "%s", h->type);
	return ORIGIN_GO;
}

static enum origin_verdict
data_cb(void *ctx, struct origin_fetch *f SP_UNUSED, const uint8_t *p,
    size_t len)
{
	struct home *m = ctx;

	ck_assert_uint_le(m->len + len, SITE_BYTES);
	memcpy(m->body + m->len, p, len);
	m->len += len;
	m->body[m->len] = '\0';
	return ORIGIN_GO;
}

static void
done_cb(void *ctx, struct origin_fetch *f SP_UNUSED,
    const struct origin_done *d)
{
	struct home *m = ctx;

	m->answered = true;
	m->status = d->status;
}

static const struct origin_ops home_client = { head_cb, data_cb, done_cb };

static inline void
ask(struct home *m, const char *path, struct origin_ask *a)
{
	char url[256];

	snprintf(url, sizeof(url), "%s%s", m->base, path);
	a->url = url;
	a->reach = ORIGIN_ANY;
	m->answered = m->begun = false;
	m->len = 0;
	m->body[0] = '\0';
	ck_assert_int_eq(origin_get(m->s.origin, a, &home_client, m,
			     &(struct origin_fetch *){ NULL }),
	    0);
}

static inline const char *
get(struct home *m, const char *path)
{
	struct origin_ask a = { 0 };

	ask(m, path, &a);
	SITE_UNTIL(&m->s, m->answered);
	return (const char *)m->body;
}

static inline int
get_with(struct home *m, const char *path, const char *header)
{
	struct origin_ask a = { .headers = &header, .nheaders = 1 };

	ask(m, path, &a);
	SITE_UNTIL(&m->s, m->answered);
	return m->status;
}

#endif
