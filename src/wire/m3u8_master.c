#include "wire/m3u8_in.h"

static int
push_ref(struct m3u8_in *in, enum m3u8_ref_kind kind, struct m3u8_span attrs,
    struct m3u8_span uri)
{
	struct m3u8_master *m = &in->out->master;
	struct m3u8_ref *more;
	size_t cap;

	if (m->n_refs == LIM_MASTER_REFS)
		return m3u8_fail(in, SP_ERR_TOOBIG, "too many renditions");
	if (m->n_refs == in->cap) {
		cap = SP_MAX(in->cap * 2, 8);
		more = mem_resize(in->out->mem, m->refs, cap, sizeof(*more));
		if (more == NULL)
			return m3u8_fail(in, SP_ERR_NOMEM, "out of memory");
		m->refs = more;
		in->cap = cap;
	}
	m->refs[m->n_refs++] =
	    (struct m3u8_ref){ .kind = kind, .uri = uri, .attrs = attrs };
	return 0;
}

int
m3u8_in_stream(struct m3u8_in *in, struct m3u8_span v)
{
	struct m3u8_span none = { NULL, 0 };
	int rv = m3u8_check_attrs(in, v);

	if (rv < 0)
		return rv;
	in->has_stream = true;
	return push_ref(in, M3U8_REF_STREAM, v, none);
}

int
m3u8_in_media(struct m3u8_in *in, struct m3u8_span v)
{
	struct m3u8_span uri = { NULL, 0 };
	int rv = m3u8_get_uri(in, v, LIM_URI, &uri);

	if (rv < 0 && rv != SP_ERR_NOTFOUND)
		return rv;
	return push_ref(in, M3U8_REF_MEDIA, v, uri);
}

int
m3u8_in_iframe(struct m3u8_in *in, struct m3u8_span v)
{
	struct m3u8_span uri = { NULL, 0 };
	int rv = m3u8_get_uri(in, v, LIM_URI, &uri);

	if (rv == SP_ERR_NOTFOUND)
		return m3u8_fail(in, SP_ERR_SYNTAX,
		    "EXT-X-I-FRAME-STREAM-INF without URI");
	if (rv < 0)
		return rv;
	return push_ref(in, M3U8_REF_IFRAME, v, uri);
}

/* The URI line of EXT-X-STREAM-INF. */
int
m3u8_in_stream_uri(struct m3u8_in *in, struct m3u8_span uri)
{
	struct m3u8_master *m = &in->out->master;
	int rv;

	if (!in->has_stream)
		return m3u8_fail(in, SP_ERR_SYNTAX,
		    "URI without EXT-X-STREAM-INF");
	rv = m3u8_check_uri(in, uri, LIM_URI);
	if (rv < 0)
		return rv;
	m->refs[m->n_refs - 1].uri = uri;
	in->has_stream = false;
	return 0;
}
