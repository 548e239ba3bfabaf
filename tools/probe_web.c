#include "swarm/client/mesh_host.h"
#include "tools/probe_int.h"
#include "wire/manifest.h"
#include "wire/record.h"
#include "wire/trackwire.h"
#include "wire/uri.h"

/*
 * Trackers are announced to as a viewer would, and told at the end that it is
 * gone. Of a link's channel a segment that the tracker's window names is asked
 * of the origin, a few bytes of it.
 */

#define ASK_TIME  (10 * SP_S)
#define BYE_TIME  (2 * SP_S)
#define RANGE_AT  16
#define RANGE_LEN 16
#define URL_MAX   (2 * LIM_URI + 1024)

/* ---- trackers ---- */

/* "http://host:port/..." -> port */
static uint16_t
port_of(const char *url)
{
	const char *p = strstr(url, "://");
	bool tls = url[4] == 's' || url[4] == 'S';
	size_t n;
	uint64_t v;

	p = p != NULL ? p + 3 : url;
	n = strcspn(p, "/?#");
	while (n > 0 && p[n - 1] >= '0' && p[n - 1] <= '9')
		n--;
	if (n > 0 && p[n - 1] == ':' &&
	    uri_get_u64(&v, p + n, strcspn(p + n, "/?#"), 65535) == 0)
		return (uint16_t)v;
	return tls ? 443 : 80;
}

static void
take_reply(struct probe_ask *a, const struct tw_reply *r)
{
	struct probe_tracker *t = a->t;
	struct probe *p = a->p;

	t->ok = true;
	t->outside = r->external;
	t->outside.port = 0;
	t->complete = r->complete;
	t->incomplete = r->incomplete;
	t->peers = r->n_peers;
	if (r->n_peers > 0 && p->met_at == 0)
		p->met_at = loop_now(p->loop);
}

static void
announce_cb(void *ctx, const struct origin_done *d, const struct origin_head *h,
    const uint8_t *body, size_t len)
{
	struct probe_ask *a = ctx;
	struct probe_tracker *t = a->t;
	struct tw_peer peers[LIM_NUMWANT];
	struct tw_reply r;
	struct sp_addr at;

	a->f = NULL;
	if (t->done)
		return; /* it was the good-bye */
	t->done = true;
	t->ms = (uint32_t)((loop_now(a->p->loop) - a->begun) / SP_MS);
	if (h != NULL && h->ip.family != 0) {
		at = h->ip;
		at.port = port_of(t->url);
		probe_udp_ask(a, &at);
	}
	if (d->result == ORIGIN_STATUS)
		snprintf(t->why, sizeof(t->why), "HTTP status %d", d->status);
	else if (d->result != ORIGIN_OK)
		snprintf(t->why, sizeof(t->why), "%s", d->text);
	else if (tw_reply_read(&r, peers, SP_LEN(peers), body, len) < 0)
		snprintf(t->why, sizeof(t->why), "not a tracker's reply");
	else if (r.failure != NULL)
		log_format(t->why, sizeof(t->why), "%q", r.failure,
		    r.failure_len);
	else
		take_reply(a, &r);
}

static int
announce(struct probe_ask *a, enum tw_event event, sp_time timeout)
{
	struct probe *p = a->p;
	struct tw_announce w = {
		.port = p->f.port,
		.left = 1,
		.event = event,
		.numwant = event == TW_EVENT_STOPPED ? 0 : 50,
		.compact = true,
	};
	struct origin_ask ask = {
		.max_bytes = LIM_TRACKER_REPLY,
		.timeout = timeout,
		.reach = ORIGIN_AS_FIRST,
	};
	struct sp_buf b;
	int rv;

	memcpy(w.info_hash, p->info_hash, sizeof(w.info_hash));
	memcpy(w.peer_id, p->peer_id, sizeof(w.peer_id));
	buf_init(&b, io_mem(), URL_MAX);
	buf_put_str(&b, a->t->url);
	buf_put_u8(&b, strchr(a->t->url, '?') == NULL ? '?' : '&');
	tw_announce_write(&b, &w);
	buf_put_u8(&b, '\0');
	ask.url = (const char *)b.p;
	a->begun = loop_now(p->loop);
	rv = b.err < 0 ? b.err
		       : origin_all(p->origin, &ask, announce_cb, a, &a->f);
	buf_fini(&b);
	return rv;
}

static void
add_tracker(struct probe *p, const char *url)
{
	struct probe_ask *a = &p->asks[p->f.n_trackers];
	int rv;

	for (size_t i = 0; i < p->f.n_trackers; i++)
		if (strcmp(p->f.trackers[i].url, url) == 0)
			return;
	if (p->f.n_trackers == PROBE_TRACKERS)
		return;
	a->t = &p->f.trackers[p->f.n_trackers++];
	a->t->url = url;
	a->p = p;
	a->udp_fd = -1;
	if ((rv = announce(a, TW_EVENT_STARTED, ASK_TIME)) < 0) {
		a->t->done = true;
		snprintf(a->t->why, sizeof(a->t->why), "%s", sp_strerror(rv));
	}
}

/* ---- the origin ---- */

static void
origin_failed(struct probe *p, const char *why)
{
	struct probe_origin *o = &p->f.origin;

	o->done = true;
	snprintf(o->why, sizeof(o->why), "%s", why);
}

static enum origin_verdict
media_head(void *ctx, struct origin_fetch *f SP_UNUSED,
    const struct origin_head *h)
{
	struct probe *p = ctx;
	struct probe_origin *o = &p->f.origin;

	if (h->date_ms != 0) {
		o->has_clock = true;
		o->clock_ms = h->date_ms - io_wall_ms();
	}
	o->ms = (uint32_t)((loop_now(p->loop) - p->media_begun) / SP_MS);
	o->ok = h->status == 200 || h->status == 206;
	o->range = h->partial && h->first == RANGE_AT &&
		   (h->length == RANGE_LEN || h->total < RANGE_AT + RANGE_LEN);
	if (!o->ok)
		snprintf(o->why, sizeof(o->why), "HTTP status %d", h->status);
	return ORIGIN_STOP;
}

static void
media_done(void *ctx, struct origin_fetch *f SP_UNUSED,
    const struct origin_done *d)
{
	struct probe *p = ctx;

	p->media = NULL;
	p->f.origin.done = true;
	if (d->status == 0)
		origin_failed(p, d->text);
}

static const struct origin_ops media_ops = {
	.head = media_head,
	.done = media_done,
};

/* o->url is set. */
static void
ask_media(struct probe *p, enum origin_reach reach)
{
	struct probe_origin *o = &p->f.origin;
	struct origin_ask ask = {
		.url = o->url,
		.ranged = true,
		.offset = RANGE_AT,
		.length = RANGE_LEN,
		.timeout = ASK_TIME,
		.reach = reach,
	};
	int rv;

	p->media_begun = loop_now(p->loop);
	rv = origin_get(p->origin, &ask, &media_ops, p, &p->media);
	if (rv < 0)
		origin_failed(p, sp_strerror(rv));
}

/* The first of the link's, else of the manifest's. */
static enum origin_reach
base_of(const struct probe *p, const struct manifest *m, char *out, size_t size)
{
	*out = '\0';
	if (p->link->n_origins > 0) {
		snprintf(out, size, "%s", p->link->origins[0]);
		return ORIGIN_AS_FIRST;
	}
	if (m != NULL && m->n_origins > 0)
		snprintf(out, size, "%.*s", (int)m->origins[0].len,
		    m->origins[0].p);
	return p->o->lan ? ORIGIN_AS_FIRST : ORIGIN_PUBLIC;
}

/* What the window names: the newest record with a URI. */
static void
take_window(struct probe *p, const uint8_t *b, size_t len)
{
	struct manifest *m = calloc(1, sizeof(*m));
	struct probe_origin *o = &p->f.origin;
	enum origin_reach reach;
	struct record_env env;
	struct tw_frame fr;
	char base[LIM_URI + 2], uri[LIM_URI + 1];
	bool known = false, absolute = false;
	int n;

	uri[0] = '\0';
	for (; m != NULL && (n = tw_frame_read(&fr, b, len)) > 0;
	     b += n, len -= (size_t)n) {
		if (fr.type == TW_FRAME_MANIFEST)
			known =
			    manifest_open(m, fr.p, fr.len, p->link->pk) == 0;
		if (fr.type != TW_FRAME_RECORD ||
		    record_open(&env, fr.p, fr.len) < 0 ||
		    record_verify(&env, p->link->pk) < 0 ||
		    env.rec.uri_len == 0)
			continue;
		snprintf(uri, sizeof(uri), "%.*s", (int)env.rec.uri_len,
		    env.rec.uri);
		absolute = env.rec.absolute;
	}
	reach = base_of(p, known ? m : NULL, base, sizeof(base));
	free(m);
	if (uri[0] == '\0') {
		origin_failed(p, "the tracker knows no segment");
	} else if (absolute) {
		snprintf(o->url, sizeof(o->url), "%s", uri);
		ask_media(p, p->o->lan ? ORIGIN_AS_FIRST : ORIGIN_PUBLIC);
	} else if (base[0] == '\0') {
		origin_failed(p, "the channel has none");
	} else {
		n = (int)strlen(base);
		snprintf(o->url, sizeof(o->url), "%s%s%s", base,
		    base[n - 1] == '/' ? "" : "/", uri);
		ask_media(p, reach);
	}
}

static void
window_cb(void *ctx, const struct origin_done *d,
    const struct origin_head *h SP_UNUSED, const uint8_t *body, size_t len)
{
	struct probe *p = ctx;

	p->window = NULL;
	if (d->result != ORIGIN_OK)
		origin_failed(p, "the tracker knows no segment");
	else
		take_window(p, body, len);
}

static void
ask_window(struct probe *p)
{
	struct origin_ask ask = {
		.max_bytes = LIM_TRACKER_REPLY + LIM_FEED_FRAME,
		.timeout = ASK_TIME,
		.reach = ORIGIN_AS_FIRST,
	};
	struct sp_buf b;
	int rv;

	buf_init(&b, io_mem(), URL_MAX);
	mesh_host_live_url(&b, p->f.trackers[0].url, p->info_hash,
	    "window?since=0.0");
	buf_put_u8(&b, '\0');
	ask.url = (const char *)b.p;
	rv = b.err < 0 ? b.err
		       : origin_all(p->origin, &ask, window_cb, p, &p->window);
	buf_fini(&b);
	if (rv < 0)
		origin_failed(p, sp_strerror(rv));
}

/* ---- the part ---- */

int
probe_web_begin(struct probe *p)
{
	uint8_t key[HASH_LEN];

	io_random(key, sizeof(key));
	link_peerid(p->peer_id, key);
	io_random(p->info_hash, sizeof(p->info_hash));
	if (p->link != NULL)
		link_infohash(p->info_hash, p->link->pk);
	for (size_t i = 0; i < p->o->trackers.n; i++)
		add_tracker(p, p->o->trackers.v[i]);
	for (size_t i = 0; p->link != NULL && i < p->link->n_trackers; i++)
		add_tracker(p, p->link->trackers[i]);
	p->f.origin.asked =
	    p->url != NULL || (p->link != NULL && p->f.n_trackers > 0);
	if (p->url != NULL) {
		snprintf(p->f.origin.url, sizeof(p->f.origin.url), "%s",
		    p->url);
		ask_media(p, ORIGIN_AS_FIRST);
	} else if (p->f.origin.asked) {
		ask_window(p);
	}
	return 0;
}

bool
probe_web_is_through(const struct probe *p, sp_time now SP_UNUSED)
{
	for (size_t i = 0; i < p->f.n_trackers; i++)
		if (!p->f.trackers[i].done || p->asks[i].udp_fd >= 0)
			return false;
	return !p->f.origin.asked || p->f.origin.done;
}

void
probe_web_bye(struct probe *p)
{
	struct probe_tracker *t;

	for (size_t i = 0; i < p->f.n_trackers; i++) {
		t = &p->f.trackers[i];
		if (!t->done)
			snprintf(t->why, sizeof(t->why), "no answer in time");
		t->done = true;
		if (p->asks[i].f != NULL)
			origin_cancel(p->asks[i].f);
		p->asks[i].f = NULL;
		if (t->ok)
			(void)announce(&p->asks[i], TW_EVENT_STOPPED, BYE_TIME);
	}
	if (p->f.origin.asked && !p->f.origin.done)
		origin_failed(p, "no answer in time");
}

bool
probe_web_said_bye(const struct probe *p)
{
	for (size_t i = 0; i < p->f.n_trackers; i++)
		if (p->asks[i].f != NULL)
			return false;
	return true;
}

void
probe_web_end(struct probe *p)
{
	for (size_t i = 0; i < p->f.n_trackers; i++) {
		if (p->asks[i].f != NULL)
			origin_cancel(p->asks[i].f);
		probe_udp_end(&p->asks[i]);
	}
	if (p->window != NULL)
		origin_cancel(p->window);
	if (p->media != NULL)
		origin_cancel(p->media);
}
