#include "tracker/daemon/parts.h"

static struct part *
find(struct parts *p, const struct tw_since *from)
{
	struct part *v;

	for (v = p->v; v < p->v + PARTS; v++)
		if (v->blob != NULL && v->from.seq == from->seq &&
		    v->from.boot == from->boot)
			return v;
	return NULL;
}

static void
drop(struct part *v)
{
	http_blob_free(v->blob);
	memset(v, 0, sizeof(*v));
}

int
parts_get(struct parts *p, const struct track *t,
    const uint8_t info_hash[LINK_INFOHASH_LEN], struct tw_since *pos,
    size_t max, struct sp_buf *scratch, struct http_blob **out)
{
	struct part *v = find(p, pos);
	struct tw_since from = *pos;
	int n;

	if (v == NULL) {
		buf_reset(scratch);
		n = track_feed(t, info_hash, pos, max, scratch);
		if (n <= 0)
			return n;
		v = &p->v[p->next++ % PARTS];
		drop(v);
		v->blob = http_blob_new(scratch->p, scratch->len);
		if (v->blob == NULL)
			return SP_ERR_NOMEM;
		v->from = from;
		v->to = *pos;
	}
	v->used = true;
	*pos = v->to;
	*out = v->blob;
	return (int)http_blob_len(v->blob);
}

bool
parts_age(struct parts *p)
{
	bool left = false;
	struct part *v;

	for (v = p->v; v < p->v + PARTS; v++) {
		if (!v->used)
			drop(v);
		left = left || v->used;
		v->used = false;
	}
	return left;
}

void
parts_fini(struct parts *p)
{
	for (unsigned i = 0; i < PARTS; i++)
		drop(&p->v[i]);
}
