#include "tracker/daemon/ws_host.h"

#include "io/ws.h"
#include "io/wsframe.h"
#include "tracker/daemon/wt_json.h"

#define PING         (30 * SP_S)
#define PARTIAL_MAX  4096         /* sockets in the middle of a message */
#define BACKLOG_MAX  (256 * 1024) /* bytes unsent of one socket */
#define SCRAPE_BYTES (128 * 1024) /* a scrape of all swarms ends there */

struct ws_host {
	struct track_host *host;
	struct wt *wt;
	struct ws_set *set;
	struct sp_buf text; /* offers of the message under way */
	struct sp_buf out;  /* the message that is sent */
	struct wt_json msg;
};

/* ---- messages ------------------------------------------------------------ */

/* Sends what stands in |out| to |w|; NULL: to nobody. */
static void
send_out(struct ws_host *x, struct ws *w)
{
	if (w != NULL && x->out.err == 0)
		ws_send(w, x->out.p, x->out.len);
	buf_reset(&x->out);
}

static void
send_failure(struct ws_host *x, struct ws *w, const char *why)
{
	x->host->report.ws_errors++;
	wt_json_failure(&x->out, &x->msg, why);
	send_out(x, w);
}

static void
send_acts(struct ws_host *x)
{
	struct wt_act act;

	while (wt_next(x->wt, &act) == 0) {
		wt_json_act(&x->out, &act);
		send_out(x, ws_get(x->set, act.conn));
	}
}

/* Is the swarm on the lists? Their owner is the core. */
static bool
is_served(struct ws_host *x, const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	bool yes;

	locks_take(&x->host->locks);
	yes = track_permits(x->host->track, info_hash);
	locks_give(&x->host->locks);
	return yes;
}

/* Was its address kicked since it came? */
static bool
is_welcome(struct ws_host *x, const struct ws *w)
{
	struct sp_addr from = ws_from(w);
	bool yes;

	locks_take(&x->host->locks);
	yes = track_permits_addr(x->host->track, &from);
	locks_give(&x->host->locks);
	return yes;
}

static void
do_announce(struct ws_host *x, struct ws *w, sp_time now)
{
	int r;

	if (!is_served(x, x->msg.info_hash)) {
		send_failure(x, w, "this tracker does not serve it");
		return;
	}
	r = wt_announce(x->wt, ws_id(w), &x->msg.announce, now);
	if (r < 0)
		send_failure(x, w,
		    r == SP_ERR_EXISTS ? "peer_id is somebody else's"
				       : sp_strerror(r));
	send_acts(x);
}

/* Whom it is for may have left meanwhile: that is no failure of the sender. */
static void
do_answer(struct ws_host *x, struct ws *w, sp_time now)
{
	wt_answer(x->wt, ws_id(w), &x->msg.answer, now);
	send_acts(x);
}

static void
scrape_all(struct ws_host *x)
{
	const uint8_t *ih;
	struct wt_counts c;
	size_t it = 0;

	for (bool first = true; x->out.len < SCRAPE_BYTES &&
				(ih = wt_swarm_next(x->wt, &it, &c)) != NULL;
	     first = false)
		wt_json_scrape_one(&x->out, ih, &c, first);
}

static void
do_scrape(struct ws_host *x, struct ws *w)
{
	const struct wt_json_scrape *s = &x->msg.scrape;
	struct wt_counts c;
	bool first = true;

	if (s->all && !x->host->opts->full_scrape) {
		send_failure(x, w, "info_hash is missing");
		return;
	}
	wt_json_scrape_begin(&x->out);
	if (s->all)
		scrape_all(x);
	for (size_t i = 0; i < s->n; i++) {
		if (!is_served(x, s->info_hash[i]))
			continue;
		wt_scrape(x->wt, s->info_hash[i], &c);
		wt_json_scrape_one(&x->out, s->info_hash[i], &c, first);
		first = false;
	}
	wt_json_scrape_end(&x->out,
	    (uint32_t)(x->host->opts->ws_interval / SP_S));
	send_out(x, w);
}

static void
on_message(void *ctx, struct ws *w, bool text, const uint8_t *p, size_t len)
{
	struct ws_host *x = ctx;
	struct report *report = &x->host->report;
	sp_time now = loop_now(x->host->loop);

	(void)text; /* some send text as binary */
	if (!is_welcome(x, w) || wt_charge(x->wt, ws_id(w), len, now) < 0) {
		report->ws_errors++;
		ws_close(w, WSFRAME_POLICY);
		return;
	}
	if (wt_json_read(&x->msg, p, len, &x->text) < 0) {
		send_failure(x, w,
		    x->msg.bad != NULL ? x->msg.bad : "out of memory");
		return;
	}
	switch (x->msg.kind) {
	case WT_JSON_ANNOUNCE:
		report->requests[REPORT_WS_ANNOUNCE]++;
		do_announce(x, w, now);
		break;
	case WT_JSON_ANSWER:
		report->requests[REPORT_WS_ANSWER]++;
		do_answer(x, w, now);
		break;
	case WT_JSON_SCRAPE:
		report->requests[REPORT_WS_SCRAPE]++;
		do_scrape(x, w);
		break;
	case WT_JSON_NONE:
		break;
	}
}

/* ---- sockets ------------------------------------------------------------- */

static void *
on_open(void *ctx, struct ws *w, uint32_t id, const struct sp_addr *from)
{
	struct ws_host *x = ctx;

	(void)w;
	return wt_open(x->wt, id, from, loop_now(x->host->loop)) == 0 ? x
								      : NULL;
}

static void
on_gone(void *ctx, struct ws *w)
{
	struct ws_host *x = ctx;

	wt_close(x->wt, ws_id(w));
}

void
ws_host_take(struct track_host *h, struct http_req *r)
{
	if (h->ws == NULL)
		http_reply_text(r, 501, "no WebSocket here");
	else
		ws_take(h->ws->set, r);
}

void
ws_host_end(struct track_host *h, size_t n)
{
	if (h->ws != NULL)
		ws_leave(h->ws->set, n);
}

/* ---- the part ------------------------------------------------------------ */

static int
start(struct track_host *h, char *why)
{
	static const struct ws_calls calls = { on_open, on_message, on_gone };
	const struct options *o = h->opts;
	struct ws_conf sockets = {
		.max = (unsigned)o->max_sockets,
		.max_message = LIM_WT_MESSAGE,
		.max_partial = PARTIAL_MAX,
		.max_backlog = BACKLOG_MAX,
		.ping = PING,
		.timeout = o->timeout,
	};
	struct wt_conf conf;
	struct ws_host *x;
	int r;

	(void)why;
	if (o->max_sockets == 0)
		return 0;
	x = h->ws = calloc(1, sizeof(*x));
	if (x == NULL)
		return SP_ERR_NOMEM;
	x->host = h;
	buf_init(&x->text, io_mem(), WT_JSON_TEXT);
	buf_init(&x->out, io_mem(), BACKLOG_MAX);
	wt_conf_init(&conf);
	conf.max_conns = (uint32_t)o->max_sockets;
	conf.max_host_conns = (uint32_t)o->max_ip_sockets;
	conf.max_peers = (uint32_t)SP_MIN(o->max_peers, WT_PEERS_MAX);
	conf.max_swarm_peers = (uint32_t)o->max_swarm_peers;
	conf.interval_s = (uint32_t)(o->ws_interval / SP_S);
	r = wt_new(&x->wt, &conf, io_mem(), io_random_u64(), h->started);
	return r < 0 ? r : ws_new(&x->set, h->loop, &sockets, &calls, x);
}

static void
tick(struct track_host *h, sp_time now)
{
	if (h->ws != NULL && wt_deadline(h->ws->wt) <= now)
		wt_tick(h->ws->wt, now);
}

/* Swarms that are no longer served go, their sockets stay. */
static bool
reload(struct track_host *h)
{
	struct wt_counts c;
	const uint8_t *ih;
	size_t it = 0;

	if (h->ws == NULL)
		return true;
	while ((ih = wt_swarm_next(h->ws->wt, &it, &c)) != NULL) {
		if (!is_served(h->ws, ih))
			wt_drop(h->ws->wt, ih);
	}
	return true;
}

static void
report(struct track_host *h)
{
	struct report *r = &h->report;
	struct ws_stats s;
	struct wt_stats w;

	if (h->ws == NULL)
		return;
	s = ws_stats(h->ws->set);
	wt_stats(h->ws->wt, &w);
	r->ws_open = s.open;
	r->ws_refused = s.refused;
	r->ws_slow = s.slow;
	r->ws_timeouts = s.timeouts;
	r->ws_broken = s.broken;
	r->ws_swarms = w.swarms;
	r->ws_peers = w.peers;
	r->ws_seeders = w.seeders;
	r->ws_offers = w.offers;
	r->ws_answers = w.answers;
	r->ws_expired = w.expired;
	r->ws_evicted = w.evicted;
	r->ws_full = w.refused_full;
	r->ws_foreign = w.refused_id;
	r->ws_bytes_in = s.bytes_in;
	r->ws_bytes_out = s.bytes_out;
}

static void
stop(struct track_host *h)
{
	if (h->ws == NULL)
		return;
	ws_free(h->ws->set);
	wt_free(h->ws->wt);
	buf_fini(&h->ws->text);
	buf_fini(&h->ws->out);
	free(h->ws);
	h->ws = NULL;
}

const struct host_part ws_host_part = {
	.name = "websocket",
	.start = start,
	.tick = tick,
	.reload = reload,
	.report = report,
	.stop = stop,
};
