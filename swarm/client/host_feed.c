#include "swarm/client/host_int.h"

/*
 * The live feed of one tracker at a time.
 *
 * state       f     hello  up   leaves on
 * waiting     NULL  -      -    the timer: the next tracker is asked
 * connecting  set   no     no   HELLO; end
 * reading     set   yes    no   all that was there at HELLO has been read
 * up          set   yes    yes  end; silence (the tracker sends ALIVE)
 */

#define FEED_SILENCE (15 * SP_S)
#define FEED_RETRY   (500 * SP_MS) /* then 1 s, then 2 s */
/*
 * A tracker that restarts must be back in the feed before the players run
 * dry; one that is away for longer is asked less often.
 */
#define FEED_EAGER  20 /* rounds over all trackers */
#define FEED_MAX    (15 * SP_S)
#define FEED_GOOD   (10 * SP_S) /* up for so long: the failures are forgotten */
#define FEED_IN_MAX (4 * 1024 * 1024)
#define URL_MAX     (LIM_URI + 256)

#define POST_TIME (10 * SP_S)

static void feed_start(struct mesh_host *h);

static sp_time
retry_delay(struct mesh_host *h)
{
	struct host_feed *f = &h->feed;
	unsigned round = 0;
	sp_time t;

	if (f->fails > 0)
		round = (f->fails - 1) / (unsigned)h->n_trackers;
	t = round < FEED_EAGER ? FEED_RETRY << SP_MIN(round, 2) : FEED_MAX;
	/* 20 % either way: who lost the tracker at once does not come back
	 * at once */
	return t * 4 / 5 + (sp_time)rng_below(&h->rng, (uint64_t)(t * 2 / 5));
}

static void
feed_down(struct mesh_host *h, const char *why)
{
	struct host_feed *f = &h->feed;
	sp_time now = loop_now(h->loop);

	if (f->f != NULL)
		origin_cancel(f->f);
	f->f = NULL;
	buf_reset(&f->in);
	if (f->up) {
		log_msg(h->conf.log, LOG_LEVEL_INFO, "feed: lost url=%s why=%s",
		    h->trackers[f->tracker].url, why);
		mesh_feed_state(h->mesh, false, now);
		if (now - f->since > FEED_GOOD)
			f->fails = 0;
	} else {
		log_msg(h->conf.log, LOG_LEVEL_DEBUG,
		    "feed: failed url=%s why=%s", h->trackers[f->tracker].url,
		    why);
	}
	f->up = f->hello = false;
	f->fails++;
	f->tracker = (f->tracker + 1) % h->n_trackers;
	io_timer_set(&f->timer, now + retry_delay(h));
}

/* It is still up, unless it does not come back. */
void
host_feed_again(struct mesh_host *h, const struct host_tracker *t)
{
	struct host_feed *f = &h->feed;

	if (f->f == NULL || t != &h->trackers[f->tracker])
		return;
	origin_cancel(f->f);
	f->f = NULL;
	buf_reset(&f->in);
	f->hello = false;
	io_timer_set(&f->timer, 0);
}

static void
feed_up(struct mesh_host *h)
{
	struct host_feed *f = &h->feed;

	if (f->up || !f->hello)
		return;
	f->up = true;
	f->since = loop_now(h->loop);
	log_msg(h->conf.log, LOG_LEVEL_DEBUG, "feed: up url=%s",
	    h->trackers[f->tracker].url);
	mesh_feed_state(h->mesh, true, f->since);
}

/* ---- frames ---- */

static void
take_envelope(struct mesh_host *h, const struct tw_frame *fr)
{
	sp_time now = loop_now(h->loop);
	int rv;

	if (fr->type == TW_FRAME_MANIFEST)
		rv = mesh_manifest(h->mesh, fr->p, fr->len, true, now);
	else
		rv = mesh_record(h->mesh, fr->p, fr->len, true, now);
	if (rv == 0 || rv == SP_ERR_STALE || rv == SP_ERR_EXISTS)
		return;
	log_msg(h->conf.log,
	    rv == SP_ERR_CHAIN ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN,
	    "feed: %s refused why=%s",
	    fr->type == TW_FRAME_MANIFEST ? "manifest" : "record",
	    sp_errname(rv));
}

static void
take_roster(struct mesh_host *h, const struct tw_frame *fr)
{
	struct roster *r = &h->feed.roster;
	int rv = roster_take(r, fr->p, fr->len);

	if (rv == 0)
		rv = mesh_roster(h->mesh, r, loop_now(h->loop));
	if (rv < 0)
		log_msg(h->conf.log,
		    rv == SP_ERR_STALE ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN,
		    "feed: roster refused why=%s", sp_errname(rv));
}

static void
take_places(struct mesh_host *h, const struct tw_frame *fr)
{
	struct places *p = &h->feed.places;
	uint16_t told;
	int rv = places_take(p, &told, fr->p, fr->len);

	if (rv == 0)
		rv = mesh_places(h->mesh, p, told, loop_now(h->loop));
	if (rv < 0)
		log_msg(h->conf.log, LOG_LEVEL_WARN,
		    "feed: places refused why=%s", sp_errname(rv));
}

static void
take_frame(struct mesh_host *h, const struct tw_frame *fr)
{
	struct tw_since *since = &h->trackers[h->feed.tracker].since;

	switch (fr->type) {
	case TW_FRAME_HELLO:
		/* another boot counts from the start: all is sent */
		if (fr->boot != since->boot)
			since->seq = 0;
		since->boot = fr->boot;
		h->feed.hello = true;
		h->feed.roster.version = 0; /* a whole one comes first */
		memset(&h->feed.places, 0, sizeof(h->feed.places));
		break;
	case TW_FRAME_RECORD:
		if (fr->seq > since->seq)
			since->seq = fr->seq;
		take_envelope(h, fr);
		break;
	case TW_FRAME_MANIFEST:
		take_envelope(h, fr);
		break;
	case TW_FRAME_ROSTER:
		take_roster(h, fr);
		break;
	case TW_FRAME_PLACES:
		take_places(h, fr);
		break;
	case TW_FRAME_ALIVE:
		break;
	}
}

/* 0, or the error of a frame. */
static int
take_frames(struct mesh_host *h)
{
	struct sp_buf *in = &h->feed.in;
	struct tw_frame fr;
	size_t at = 0;
	int n;

	while ((n = tw_frame_read(&fr, in->p + at, in->len - at)) > 0) {
		take_frame(h, &fr);
		at += (size_t)n;
	}
	buf_consume(in, at);
	if (n == 0 && in->len == 0)
		feed_up(h);
	return n;
}

void
host_feed_tail(struct mesh_host *h, const uint8_t *p, size_t len)
{
	struct tw_frame fr;
	int n;

	while ((n = tw_frame_read(&fr, p, len)) > 0) {
		if (fr.type == TW_FRAME_MANIFEST || fr.type == TW_FRAME_RECORD)
			take_envelope(h, &fr);
		p += n;
		len -= (size_t)n;
	}
}

/* ---- the transfer ---- */

static enum origin_verdict
data_cb(void *ctx, struct origin_fetch *f SP_UNUSED, const uint8_t *p,
    size_t len)
{
	struct mesh_host *h = ctx;
	int rv;

	io_timer_set(&h->feed.timer, loop_now(h->loop) + FEED_SILENCE);
	buf_put(&h->feed.in, p, len);
	rv = h->feed.in.err < 0 ? h->feed.in.err : take_frames(h);
	if (rv < 0)
		feed_down(h, sp_strerror(rv));
	host_pump(h);
	return ORIGIN_GO;
}

static enum origin_verdict
head_cb(void *ctx SP_UNUSED, struct origin_fetch *f SP_UNUSED,
    const struct origin_head *head)
{
	return head->status == 200 ? ORIGIN_GO : ORIGIN_STOP;
}

static void
done_cb(void *ctx, struct origin_fetch *f SP_UNUSED,
    const struct origin_done *d)
{
	struct mesh_host *h = ctx;
	char text[32];

	h->feed.f = NULL;
	if (d->status != 200 && d->status != 0) {
		log_format(text, sizeof(text), "HTTP status %d", d->status);
		feed_down(h, text);
	} else {
		feed_down(h, d->text);
	}
	host_pump(h);
}

static const struct origin_ops ops = { head_cb, data_cb, done_cb };

static int
feed_ask(struct mesh_host *h)
{
	struct host_tracker *t = &h->trackers[h->feed.tracker];
	struct origin_ask ask = {
		.max_bytes = UINT64_MAX,
		.timeout = SP_NEVER,
		.low_speed = SP_NEVER,
		.reach = t->reach,
	};
	/* peer-id and port as they are announced */
	struct tw_stream s = { .since = t->since,
		.named = true,
		.port = host_tracker_port(t) };
	struct sp_buf b;
	int rv;

	memcpy(s.peer_id, mesh_peer_id(h->mesh), sizeof(s.peer_id));
	buf_init(&b, io_mem(), URL_MAX);
	mesh_host_live_url(&b, t->url, mesh_info_hash(h->mesh), "stream?");
	tw_stream_write(&b, &s);
	buf_put_u8(&b, '\0');
	if ((rv = b.err) == 0) {
		ask.url = (const char *)b.p;
		rv = origin_get(h->origin, &ask, &ops, h, &h->feed.f);
	}
	buf_fini(&b);
	return rv;
}

static void
feed_start(struct mesh_host *h)
{
	int rv = feed_ask(h);

	if (rv < 0)
		feed_down(h, sp_strerror(rv));
	else
		io_timer_set(&h->feed.timer, loop_now(h->loop) + FEED_SILENCE);
}

static void
timer_cb(void *ctx, sp_time now SP_UNUSED)
{
	struct mesh_host *h = ctx;

	/* trackers may come with the manifest, which a peer may bring */
	if (h->n_trackers == 0)
		io_timer_set(&h->feed.timer, loop_now(h->loop) + SP_S);
	else if (h->feed.f != NULL)
		feed_down(h, "silent");
	else
		feed_start(h);
	host_pump(h);
}

/* ---- receipts ---- */

static void
receipts_cb(void *ctx, const struct origin_done *d,
    const struct origin_head *head SP_UNUSED, const uint8_t *body SP_UNUSED,
    size_t len SP_UNUSED)
{
	struct mesh_host *h = ctx;

	h->feed.receipts = NULL;
	if (d->result != ORIGIN_OK)
		log_msg(h->conf.log, LOG_LEVEL_DEBUG,
		    "feed: receipts refused status=%d why=%s", d->status,
		    d->text);
}

int
host_feed_post(struct mesh_host *h, const char *what, const uint8_t *p,
    size_t len, origin_all_cb cb, struct origin_fetch **out)
{
	struct host_feed *f = &h->feed;
	const struct host_tracker *t = &h->trackers[f->tracker];
	struct origin_ask ask = {
		.post = true,
		.body = p,
		.body_len = len,
		.body_type = "application/octet-stream",
		.max_bytes = 4096,
		.timeout = POST_TIME,
		.reach = t->reach,
	};
	struct sp_buf b;
	int rv;

	if (!f->up)
		return SP_ERR_AGAIN;
	buf_init(&b, io_mem(), URL_MAX);
	mesh_host_live_url(&b, t->url, mesh_info_hash(h->mesh), what);
	buf_put_u8(&b, '\0');
	ask.url = (const char *)b.p;
	rv = b.err == 0 ? origin_all(h->origin, &ask, cb, h, out) : b.err;
	buf_fini(&b);
	return rv;
}

void
host_feed_receipts(struct mesh_host *h, const struct mesh_act *act)
{
	struct host_feed *f = &h->feed;

	/* a batch that is lost is lost; the next one tells of later */
	if (f->receipts == NULL)
		(void)host_feed_post(h, "receipts", act->u.receipts.p,
		    act->u.receipts.len, receipts_cb, &f->receipts);
}

int
host_feed_init(struct mesh_host *h)
{
	struct host_feed *f = &h->feed;

	buf_init(&f->in, io_mem(), FEED_IN_MAX);
	if (h->conf.no_feed || h->conf.mesh.seeder)
		return 0;
	if (io_timer_init(&f->timer, h->loop, timer_cb, h) < 0)
		return SP_ERR_NOMEM;
	io_timer_set(&f->timer, 0);
	return 0;
}

void
host_feed_fini(struct mesh_host *h)
{
	struct host_feed *f = &h->feed;

	if (f->f != NULL)
		origin_cancel(f->f);
	f->f = NULL;
	if (f->receipts != NULL)
		origin_cancel(f->receipts);
	f->receipts = NULL;
	f->up = false;
	io_timer_fini(&f->timer);
	buf_fini(&f->in);
}
