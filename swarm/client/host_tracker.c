#include "swarm/client/host_int.h"

#include "wire/uri.h"

#define ANNOUNCE_TIME (15 * SP_S)
#define LEAVE_TIME    (2 * SP_S)
#define URL_MAX       (LIM_URI + 1024)

/* ---- URLs ---- */

/* Length of the URL up to its last '/', before any query. */
static size_t
url_dir(const char *url)
{
	size_t len = strcspn(url, "?#");

	while (len > 0 && url[len - 1] != '/')
		len--;
	return len;
}

void
mesh_host_live_url(struct sp_buf *b, const char *tracker,
    const uint8_t info_hash[LINK_INFOHASH_LEN], const char *what)
{
	char hex[2 * LINK_INFOHASH_LEN + 1];
	size_t dir = url_dir(tracker);

	/* "http://host" has no path at all */
	if (dir < 9 || tracker[dir - 2] == '/') {
		dir = strcspn(tracker, "?#");
		buf_put(b, tracker, dir);
		buf_put_u8(b, '/');
	} else {
		buf_put(b, tracker, dir);
	}
	buf_hex(hex, info_hash, LINK_INFOHASH_LEN);
	buf_put_str(b, "live/");
	buf_put_str(b, hex);
	buf_put_u8(b, '/');
	buf_put_str(b, what);
}

/* ---- the table ---- */

int
host_tracker_add(struct mesh_host *h, const char *url, size_t len,
    enum origin_reach reach)
{
	struct host_tracker *t;
	size_t i;

	for (i = 0; i < h->n_trackers; i++)
		if (strlen(h->trackers[i].url) == len &&
		    memcmp(h->trackers[i].url, url, len) == 0)
			return 0;
	if (h->n_trackers == SP_LEN(h->trackers) || len == 0)
		return 0;
	t = &h->trackers[h->n_trackers];
	memset(t, 0, sizeof(*t));
	if ((t->url = strndup(url, len)) == NULL)
		return SP_ERR_NOMEM;
	t->h = h;
	t->reach = reach;
	h->n_trackers++;
	return 0;
}

void
host_tracker_fini(struct mesh_host *h)
{
	struct host_tracker *t;

	while (h->n_trackers > 0) {
		t = &h->trackers[--h->n_trackers];
		if (t->f != NULL)
			origin_cancel(t->f);
		free(t->url);
	}
}

bool
host_tracker_busy(const struct mesh_host *h)
{
	size_t i;

	for (i = 0; i < h->n_trackers; i++)
		if (h->trackers[i].f != NULL)
			return true;
	return false;
}

/* ---- answers ---- */

/* Nobody is left to answer the newest announce. */
static void
check_failed(struct mesh_host *h)
{
	if (h->announced || h->leaving || host_tracker_busy(h) ||
	    host_dht_answers(h))
		return;
	h->announced = true;
	mesh_announced(h->mesh, h->announce, NULL, loop_now(h->loop));
}

static void
tracker_failed(struct host_tracker *t, const char *why, size_t len)
{
	struct mesh_host *h = t->h;
	bool news = !t->told || t->ok;

	log_format(t->error, sizeof(t->error), "%q", why, len);
	t->failures++;
	t->ok = false;
	t->told = true;
	if (news && !h->leaving && h->ops->tracker != NULL)
		h->ops->tracker(h->ctx, t->url, t->error);
	check_failed(h);
}

static void
tracker_answered(struct host_tracker *t, const struct tw_reply *r)
{
	struct mesh_host *h = t->h;
	bool news = !t->ok;

	t->answers++;
	t->ok = t->told = true;
	t->error[0] = '\0';
	t->complete = r->complete;
	t->incomplete = r->incomplete;
	if (r->external.family != 0)
		h->external = r->external;
	if (h->leaving)
		return;
	if (!h->feed.up)
		host_feed_tail(h, r->live, r->live_len);
	h->announced = true;
	mesh_announced(h->mesh, t->announce, r, loop_now(h->loop));
	if (news && h->ops->tracker != NULL)
		h->ops->tracker(h->ctx, t->url, NULL);
}

static void
done_cb(void *ctx, const struct origin_done *d, const struct origin_head *head,
    const uint8_t *body, size_t len)
{
	struct host_tracker *t = ctx;
	struct mesh_host *h = t->h;
	struct tw_peer peers[LIM_NUMWANT];
	struct tw_reply r;
	char text[32];

	t->f = NULL;
	if (head != NULL && head->ip.family != 0)
		t->far = head->ip.family == 4 && !addr_is_private(&head->ip);
	if (d->result == ORIGIN_STATUS) {
		log_format(text, sizeof(text), "HTTP status %d", d->status);
		tracker_failed(t, text, strlen(text));
	} else if (d->result != ORIGIN_OK) {
		tracker_failed(t, d->text, strlen(d->text));
	} else if (tw_reply_read(&r, peers, SP_LEN(peers), body, len) < 0) {
		tracker_failed(t, "not a tracker's reply", 21);
	} else if (r.failure != NULL) {
		tracker_failed(t, r.failure, r.failure_len);
	} else {
		tracker_answered(t, &r);
	}
	host_tracker_again(h);
	host_pump(h);
}

/* ---- announces ---- */

/*
 * One that sees us on our own network, or by IPv6, gives others an address to
 * which no gateway leads.
 */
uint16_t
host_tracker_port(const struct host_tracker *t)
{
	uint16_t port = t->far ? host_reach_port(t->h) : t->h->port;

	return port == 0 ? 1 : port;
}

static int
announce_url(struct sp_buf *b, const struct host_tracker *t,
    const struct mesh_act *act)
{
	struct mesh_host *h = t->h;
	struct tw_announce a = {
		.port = t->port,
		.uploaded = act->u.announce.uploaded,
		.downloaded = act->u.announce.downloaded,
		.left = act->u.announce.left,
		.event = act->u.announce.event,
		.numwant = (int32_t)act->u.announce.numwant,
		.has_key = true,
		.key = h->key,
		.live = act->u.announce.live,
		.up_kbps = act->u.announce.up_kbps,
		.reachable = act->u.announce.reachable,
		.has_track = act->u.announce.track >= 0,
		.track = (uint8_t)SP_MAX(act->u.announce.track, 0),
		/* no stream is to be had: what is new comes this way */
		.window = !h->feed.up && h->feed.fails > 0 &&
			  !h->conf.no_feed && !h->conf.mesh.seeder,
		.since = t->since,
	};

	memcpy(a.info_hash, mesh_info_hash(h->mesh), sizeof(a.info_hash));
	memcpy(a.peer_id, mesh_peer_id(h->mesh), sizeof(a.peer_id));
	buf_put_str(b, t->url);
	buf_put_u8(b, strchr(t->url, '?') == NULL ? '?' : '&');
	tw_announce_write(b, &a);
	buf_put_u8(b, '\0');
	return b->err;
}

static int
announce_one(struct host_tracker *t, const struct mesh_act *act)
{
	struct mesh_host *h = t->h;
	struct origin_ask ask = {
		.max_bytes = LIM_TRACKER_REPLY,
		.timeout = ANNOUNCE_TIME,
		.reach = t->reach,
	};
	struct sp_buf b;
	int rv;

	if (t->f != NULL)
		origin_cancel(t->f);
	t->f = NULL;
	t->announce = act->u.announce.announce;
	t->last = act->u.announce.event == TW_EVENT_STOPPED;
	if (!t->moving)
		t->port = host_tracker_port(t);
	if (t->last)
		ask.timeout = LEAVE_TIME;
	buf_init(&b, io_mem(), URL_MAX);
	if ((rv = announce_url(&b, t, act)) == 0) {
		ask.url = (const char *)b.p;
		rv = origin_all(h->origin, &ask, done_cb, t, &t->f);
	}
	buf_fini(&b);
	return rv;
}

static void
announce_to(struct host_tracker *t, const struct mesh_act *act)
{
	int rv = announce_one(t, act);

	if (rv == 0)
		return;
	t->failures++;
	t->ok = false;
	log_format(t->error, sizeof(t->error), "%s", sp_strerror(rv));
}

void
host_tracker_announce(struct mesh_host *h, const struct mesh_act *act)
{
	struct host_tracker *t;
	size_t i;

	h->announce = act->u.announce.announce;
	h->announce_act = *act;
	h->announced = false;
	host_dht_wish(h);
	host_lsd_wish(h);
	for (i = 0; i < h->n_trackers; i++) {
		t = &h->trackers[i];
		/* who never knew us need not hear that we leave */
		if (act->u.announce.event == TW_EVENT_STOPPED &&
		    t->answers == 0)
			continue;
		/* it is told at once that we are at another port */
		if (t->moving && act->u.announce.event != TW_EVENT_STOPPED)
			continue;
		t->moving = false;
		announce_to(t, act);
	}
	check_failed(h);
}

/* First that nobody is at the old one any more: it is another peer's entry. */
static void
move(struct host_tracker *t)
{
	struct mesh_act act = t->h->announce_act;

	t->moving = !t->moving;
	act.u.announce.event = t->moving ? TW_EVENT_STOPPED : TW_EVENT_STARTED;
	announce_to(t, &act);
	if (!t->moving)
		host_feed_again(t->h, t);
}

void
host_tracker_again(struct mesh_host *h)
{
	struct host_tracker *t;

	for (size_t i = 0; i < h->n_trackers && !h->leaving; i++) {
		t = &h->trackers[i];
		if (t->answers > 0 && t->f == NULL &&
		    t->port != host_tracker_port(t))
			move(t);
	}
}

void
host_tracker_new(struct mesh_host *h, const char *url, size_t len,
    enum origin_reach reach)
{
	size_t n = h->n_trackers;

	/* the first announce will be for all */
	if (host_tracker_add(h, url, len, reach) == 0 && h->n_trackers > n &&
	    h->announce != 0 && !h->leaving)
		announce_to(&h->trackers[n], &h->announce_act);
}

/* ---- status ---- */

size_t
mesh_host_trackers(const struct mesh_host *h)
{
	return h->n_trackers;
}

void
mesh_host_tracker(const struct mesh_host *h, size_t i,
    struct mesh_host_tracker *out)
{
	const struct host_tracker *t = &h->trackers[i];

	out->url = t->url;
	out->ok = t->ok;
	out->feed = h->feed.up && h->feed.tracker == i;
	out->answers = t->answers;
	out->failures = t->failures;
	out->complete = t->complete;
	out->incomplete = t->incomplete;
	out->error = t->error;
}
