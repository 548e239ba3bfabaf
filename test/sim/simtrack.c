#include "test/sim/world.h"

#define FEED_CHUNK 16384

void
tracker_boot(struct world *w)
{
	struct track_conf tc;
	int rv;

	track_conf_init(&tc);
	tc.live.boot = ++w->boots;
	w->track_at = SP_NEVER;
	rv =
	    track_new(&w->track, &tc, &sim_mem, rng_u64(&w->rng), world_now(w));
	if (rv < 0) {
		fprintf(stderr, "spate-sim: track_new: %s\n", sp_strerror(rv));
		exit(1);
	}
}

/* As kill -9: nothing is kept. */
void
tracker_halt(struct world *w)
{
	track_free(w->track);
	w->track = NULL;
	w->n_feeds = 0;
}

static void
feed(struct world *w, struct feed_end *f)
{
	int n;

	for (;;) {
		buf_reset(&w->out);
		n = track_feed(w->track, w->info_hash, &f->ask.since,
		    FEED_CHUNK, &w->out);
		if (n <= 0)
			break;
		simnet_send(w->net, f->end, w->out.p, w->out.len, TAG_FEED);
	}
	buf_reset(&w->out);
	if (track_roster(w->track, w->info_hash, &f->from, &f->roster,
		&w->out) > 0)
		simnet_send(w->net, f->end, w->out.p, w->out.len, TAG_FEED);
	buf_reset(&w->out);
	if (f->counted && track_places(w->track, w->info_hash, &f->ask,
			      &f->from, &w->out) > 0)
		simnet_send(w->net, f->end, w->out.p, w->out.len, TAG_FEED);
}

/* Rosters and places that are due, and when the next one is. */
static void
wake(struct world *w, sp_time now)
{
	uint8_t ih[LINK_INFOHASH_LEN];
	sp_time at;

	while (track_wake(w->track, ih, now))
		for (size_t i = 0; i < w->n_feeds; i++)
			feed(w, &w->feeds[i]);
	at = track_deadline(w->track);
	if (at < w->track_at) {
		w->track_at = at;
		simnet_timer(w->net, SIM_TRACKER, SP_MAX(at, now), 0);
	}
}

static void
hang_up(struct world *w, uint32_t end)
{
	world_use(w, end)->open = false;
	simnet_close(w->net, end);
}

static void
subscribe(struct world *w, const struct simnet_ev *ev)
{
	struct tw_stream ask;
	struct feed_end *f;

	buf_reset(&w->out);
	if (tw_stream_parse(&ask, (const char *)ev->p, ev->len) < 0 ||
	    track_hello(w->track, w->info_hash, SIM_WALL_MS + ev->at / SP_MS,
		&w->out) < 0) {
		hang_up(w, ev->end); /* 404 */
		return;
	}
	simnet_send(w->net, ev->end, w->out.p, w->out.len, TAG_FEED);
	if (w->n_feeds == w->cap_feeds) {
		w->cap_feeds = SP_MAX(2 * w->cap_feeds, 64);
		w->feeds =
		    sim_resize(w->feeds, w->cap_feeds, sizeof(*w->feeds));
	}
	f = &w->feeds[w->n_feeds++];
	f->end = ev->end;
	f->node = ev->peer;
	f->ask = ask;
	f->from = world_addr(ev->peer, 40000);
	f->roster = 0;
	f->counted = track_stream_open(w->track, w->info_hash, &f->ask,
			 &f->from, ev->at) == 0;
	buf_reset(&w->out);
	if (track_roster(w->track, w->info_hash, &f->from, &f->roster,
		&w->out) > 0)
		simnet_send(w->net, f->end, w->out.p, w->out.len, TAG_FEED);
	feed(w, f);
}

static void
unsubscribe(struct world *w, size_t i)
{
	struct feed_end *f = &w->feeds[i];

	if (f->counted)
		track_stream_close(w->track, w->info_hash, &f->ask, &f->from,
		    world_now(w));
	*f = w->feeds[--w->n_feeds];
}

void
tracker_vanished(struct world *w, uint32_t node)
{
	simnet_timer(w->net, SIM_TRACKER, world_now(w) + SIM_VANISHED, node);
}

/* As TCP does: nothing has been acknowledged. */
static void
give_up(struct world *w, uint32_t node)
{
	for (size_t i = w->n_feeds; i-- > 0;)
		if (w->feeds[i].node == node) {
			hang_up(w, w->feeds[i].end);
			unsubscribe(w, i);
		}
}

static void
announce(struct world *w, const struct simnet_ev *ev)
{
	struct sp_addr from = world_addr(ev->peer, 40000);

	buf_reset(&w->out);
	track_http_announce(w->track, (const char *)ev->p, ev->len, &from,
	    &w->out, ev->at);
	simnet_send(w->net, ev->end, w->out.p, w->out.len, TAG_ANNOUNCE);
	hang_up(w, ev->end);
}

static void
publish(struct world *w, const struct simnet_ev *ev)
{
	struct live_result res;
	int rv;

	buf_reset(&w->out);
	rv = track_publish(w->track, w->info_hash, ev->p, ev->len, &w->out,
	    &res, ev->at);
	if (rv < 0 && rv != SP_ERR_STALE)
		world_broken(w, "the tracker refuses a publish", (uint64_t)-rv);
	if (!res.woke)
		return;
	for (size_t i = 0; i < w->n_feeds; i++)
		feed(w, &w->feeds[i]);
}

static void
receipts(struct world *w, const struct simnet_ev *ev)
{
	struct sp_addr from = world_addr(ev->peer, 40000);
	int rv = track_receipts(w->track, w->info_hash, ev->p, ev->len, &from,
	    ev->at);

	/* a tracker that has restarted knows nobody yet */
	if (rv < 0 && rv != SP_ERR_NOTFOUND)
		world_broken(w, "the tracker refuses receipts", (uint64_t)-rv);
}

void
tracker_event(struct world *w, const struct simnet_ev *ev)
{
	switch (ev->type) {
	case SIMNET_TIMER:
		if (ev->tag == 0)
			w->track_at = SP_NEVER;
		else
			give_up(w, (uint32_t)ev->tag);
		break;
	case SIMNET_ACCEPT:
		*world_use(w, ev->end) =
		    (struct use){ .use = USE_SERVED, .open = true };
		break;
	case SIMNET_DATA:
		if (ev->tag == TAG_ANNOUNCE)
			announce(w, ev);
		else if (ev->tag == TAG_SUBSCRIBE)
			subscribe(w, ev);
		else if (ev->tag == TAG_PUBLISH)
			publish(w, ev);
		else if (ev->tag == TAG_RECEIPTS)
			receipts(w, ev);
		break;
	case SIMNET_CLOSED:
		world_use(w, ev->end)->open = false;
		for (size_t i = 0; i < w->n_feeds; i++)
			if (w->feeds[i].end == ev->end) {
				unsubscribe(w, i);
				break;
			}
		break;
	default:
		break;
	}
	if (w->track != NULL)
		wake(w, ev->at);
}
