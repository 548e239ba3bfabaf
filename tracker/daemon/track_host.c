#include "tracker/daemon/track_host.h"

#include <errno.h>

#include "io/http.h"
#include "io/sock.h"
#include "tracker/daemon/report.h"
#include "tracker/daemon/streams.h"
#include "tracker/plan.h"

#define TICK      PLAN_GAP
#define WARN_GAP  (10 * SP_S) /* between lines about one kind of trouble */
#define REPLY_MAX (4u << 20)

struct track_host {
	struct loop *loop;
	const struct options *opts;
	const struct sp_log *log;
	struct track *track;
	struct streams *streams;
	struct http *http;
	struct http *admin; /* NULL: no listener of its own */
	struct io_timer timer;
	struct sp_buf buf; /* of the reply under way */
	struct report report;
	sp_time started, next_warn;
};

/* ---- replies ------------------------------------------------------------- */

#define BINARY "application/octet-stream"
#define TEXT   "text/plain"

static void
send_buf(struct track_host *h, struct http_req *r, const char *type)
{
	if (h->buf.err != 0) {
		http_reply_text(r, 503, sp_strerror(h->buf.err));
		return;
	}
	h->report.bytes_out += h->buf.len;
	http_header(r, "Cache-Control", "no-store");
	http_reply(r, 200, type, h->buf.p, h->buf.len);
}

static void
do_announce(struct track_host *h, struct http_req *r, const uint8_t *ih)
{
	const char *q = http_req_query(r);
	struct sp_addr from = http_req_from(r);

	(void)ih;
	track_http_announce(h->track, q, strlen(q), &from, &h->buf,
	    loop_now(h->loop));
	send_buf(h, r, TEXT);
}

static void
do_scrape(struct track_host *h, struct http_req *r, const uint8_t *ih)
{
	const char *q = http_req_query(r);

	(void)ih;
	track_http_scrape(h->track, q, strlen(q), &h->buf, loop_now(h->loop));
	send_buf(h, r, TEXT);
}

static void
warn_publish(struct track_host *h, const uint8_t *ih,
    const struct live_result *res, const struct sp_addr *from)
{
	sp_time now = loop_now(h->loop);
	char addr[ADDR_STRLEN];

	if (res->err != SP_ERR_EQUIV || now < h->next_warn)
		return;
	h->next_warn = now + WARN_GAP;
	log_msg(h->log, LOG_LEVEL_WARN,
	    "publish: two records for one piece channel=%p from=%s", ih,
	    (size_t)LINK_INFOHASH_LEN, addr_str(from, addr));
}

static void
do_publish(struct track_host *h, struct http_req *r, const uint8_t *ih)
{
	struct sp_addr from = http_req_from(r);
	struct live_result res;
	char addr[ADDR_STRLEN];
	const uint8_t *body;
	size_t len;

	body = http_req_body(r, &len);
	track_publish(h->track, ih, body, len, &h->buf, &res,
	    loop_now(h->loop));
	log_msg(h->log, LOG_LEVEL_DEBUG,
	    "publish: %s channel=%p from=%s accepted=%u stale=%u failed=%u",
	    sp_errname(res.err), ih, (size_t)LINK_INFOHASH_LEN,
	    addr_str(&from, addr), res.accepted, res.stale, res.failed);
	warn_publish(h, ih, &res, &from);
	send_buf(h, r, TEXT);
	if (res.woke)
		streams_wake(h->streams, ih, loop_now(h->loop));
}

static void
do_receipts(struct track_host *h, struct http_req *r, const uint8_t *ih)
{
	struct sp_addr from = http_req_from(r);
	const uint8_t *body;
	size_t len;
	int rv;

	body = http_req_body(r, &len);
	rv = track_receipts(h->track, ih, body, len, &from, loop_now(h->loop));
	if (rv == 0)
		http_reply_text(r, 200, "thanks");
	else
		http_reply_text(r, rv == SP_ERR_NOTFOUND ? 404 : 403,
		    sp_strerror(rv));
}

static bool
get_query(struct http_req *r, struct tw_stream *out)
{
	const char *q = http_req_query(r);

	if (tw_stream_parse(out, q, strlen(q)) == 0)
		return true;
	http_reply_text(r, 400, "since is not BOOT.SEQ");
	return false;
}

static void
do_window(struct track_host *h, struct http_req *r, const uint8_t *ih)
{
	struct tw_stream ask;
	int n;

	if (!get_query(r, &ask))
		return;
	n = track_hello(h->track, ih, io_wall_ms(), &h->buf);
	if (n == 0)
		n = track_feed(h->track, ih, &ask.since,
		    LIM_TRACKER_REPLY - 3 * LIM_FEED_FRAME, &h->buf);
	if (n == SP_ERR_NOTFOUND)
		http_reply_text(r, 404, "no such channel");
	else
		send_buf(h, r, BINARY);
}

static void
do_stream(struct track_host *h, struct http_req *r, const uint8_t *ih)
{
	struct tw_stream ask;

	if (!get_query(r, &ask))
		return;
	http_header(r, "Cache-Control", "no-store");
	streams_open(h->streams, r, ih, &ask, loop_now(h->loop));
}

static void
do_manifest(struct track_host *h, struct http_req *r, const uint8_t *ih)
{
	if (track_manifest(h->track, ih, &h->buf) == SP_ERR_NOTFOUND)
		http_reply_text(r, 404, "no such channel");
	else
		send_buf(h, r, BINARY);
}

static void
do_evidence(struct track_host *h, struct http_req *r, const uint8_t *ih)
{
	if (track_evidence(h->track, ih, &h->buf) == 0)
		http_reply_text(r, 404, "none");
	else
		send_buf(h, r, BINARY);
}

static void
fill_report(struct track_host *h)
{
	struct streams_stats s = streams_stats(h->streams);

	h->report.streams = s.open;
	h->report.streams_refused = s.refused;
	h->report.streams_cut = s.cut;
	h->report.up = loop_now(h->loop) - h->started;
}

/*
 * With a listener of their own they are there only, else for this host; not
 * for a web page whose name was made to mean it (DNS rebinding).
 */
static bool
may_see(struct track_host *h, struct http_req *r)
{
	struct sp_addr from = http_req_from(r);

	if (h->admin == NULL && addr_is_loopback(&from) &&
	    http_host_ok(http_req_header(r, "Host"), NULL, 0))
		return true;
	http_reply_text(r, 403, "for the operator only");
	return false;
}

static void
send_stats(struct track_host *h, struct http_req *r)
{
	char *text;

	fill_report(h);
	text = report_json(h->track, &h->report);
	if (text == NULL) {
		http_reply_text(r, 503, sp_strerror(SP_ERR_NOMEM));
		return;
	}
	http_header(r, "Cache-Control", "no-store");
	http_reply(r, 200, "application/json", text, strlen(text));
	free(text);
}

static void
send_metrics(struct track_host *h, struct http_req *r)
{
	fill_report(h);
	report_metrics(h->track, &h->report, &h->buf);
	send_buf(h, r, "text/plain; version=0.0.4");
}

static void
do_stats(struct track_host *h, struct http_req *r, const uint8_t *ih)
{
	(void)ih;
	if (may_see(h, r))
		send_stats(h, r);
}

static void
do_metrics(struct track_host *h, struct http_req *r, const uint8_t *ih)
{
	(void)ih;
	if (may_see(h, r))
		send_metrics(h, r);
}

/* ---- routes -------------------------------------------------------------- */

#define GET (HTTP_M_GET | HTTP_M_HEAD)

struct route {
	const char *path; /* with a slash in front, or below /live/HASH/ */
	unsigned methods;
	enum report_kind kind;
	void (*fn)(struct track_host *h, struct http_req *r, const uint8_t *ih);
};

static const struct route routes[] = {
	{ "/announce", GET, REPORT_ANNOUNCE, do_announce },
	{ "/scrape", GET, REPORT_SCRAPE, do_scrape },
	{ "/stats", GET, REPORT_ADMIN, do_stats },
	{ "/metrics", GET, REPORT_ADMIN, do_metrics },
	{ "publish", HTTP_M_POST, REPORT_PUBLISH, do_publish },
	{ "receipts", HTTP_M_POST, REPORT_RECEIPTS, do_receipts },
	{ "window", GET, REPORT_WINDOW, do_window },
	{ "stream", GET, REPORT_STREAM, do_stream },
	{ "manifest", GET, REPORT_MANIFEST, do_manifest },
	{ "evidence", GET, REPORT_EVIDENCE, do_evidence },
};

/* The part of |path| after /live/HASH/ and the hash, or |path| itself. */
static const char *
live_path(const char *path, uint8_t ih[LINK_INFOHASH_LEN])
{
	static const char live[] = "/live/";
	const char *hash = path + sizeof(live) - 1, *slash;

	if (strncmp(path, live, sizeof(live) - 1) != 0)
		return path;
	slash = strchr(hash, '/');
	if (slash == NULL ||
	    buf_unhex(ih, LINK_INFOHASH_LEN, hash, (size_t)(slash - hash)) < 0)
		return path;
	return slash + 1;
}

static const struct route *
find_route(const char *path)
{
	for (size_t i = 0; i < SP_LEN(routes); i++) {
		if (strcmp(path, routes[i].path) == 0)
			return &routes[i];
	}
	return NULL;
}

static void
handle(void *ctx, struct http_req *r)
{
	struct track_host *h = ctx;
	uint8_t ih[LINK_INFOHASH_LEN] = { 0 };
	const char *path = http_req_path(r);
	const struct route *route = find_route(live_path(path, ih));

	buf_reset(&h->buf);
	if (route != NULL && (http_req_method(r) & route->methods)) {
		h->report.requests[route->kind]++;
		route->fn(h, r, ih);
		return;
	}
	h->report.requests[REPORT_OTHER]++;
	if (route == NULL)
		http_reply_text(r, 404, "nothing here");
	else
		http_reply_method(r, route->methods);
}

static void
handle_admin(void *ctx, struct http_req *r)
{
	struct track_host *h = ctx;
	const char *path = http_req_path(r);

	buf_reset(&h->buf);
	h->report.requests[REPORT_ADMIN]++;
	if (http_req_method(r) & ~GET)
		http_reply_method(r, GET);
	else if (strcmp(path, "/stats") == 0)
		send_stats(h, r);
	else if (strcmp(path, "/metrics") == 0)
		send_metrics(h, r);
	else
		http_reply_text(r, 404, "nothing here");
}

/* ---- life ---------------------------------------------------------------- */

static void
tick(void *ctx, sp_time now)
{
	struct track_host *h = ctx;
	uint8_t ih[LINK_INFOHASH_LEN];

	track_tick(h->track, now);
	while (track_wake(h->track, ih, now))
		streams_wake(h->streams, ih, now);
	streams_tick(h->streams, now);
	io_timer_set(&h->timer, now + TICK);
}

static int
load_lists(struct track_host *h, char *why)
{
	int r;

	r = options_list(h->track, ACCESS_ALLOW, h->opts->access_file, why);
	if (r < 0)
		return r;
	return options_list(h->track, ACCESS_DENY, h->opts->deny_file, why);
}

static int
start(struct track_host *h, char *why)
{
	struct http_conf face = { 0 };
	struct track_conf conf;
	int r;

	options_track(h->opts, io_random_u64() | 1, &conf);
	h->started = loop_now(h->loop);
	r = track_new(&h->track, &conf, io_mem(), io_random_u64(), h->started);
	if (r < 0)
		return r;
	r = streams_new(&h->streams, h->track, (size_t)h->opts->max_streams,
	    io_random_u64());
	if (r < 0)
		return r;
	face.methods = GET | HTTP_M_POST;
	face.max_headers = 2 * LIM_ANNOUNCE_URI;
	face.max_body = LIM_PUBLISH;
	face.timeout = h->opts->timeout;
	r = http_new(&h->http, h->loop, &face, handle, h);
	if (r == 0 && h->opts->admin_listen.n > 0) {
		face.max_body = 1;
		r = http_new(&h->admin, h->loop, &face, handle_admin, h);
	}
	if (r == 0)
		r = io_timer_init(&h->timer, h->loop, tick, h);
	if (r < 0)
		return r;
	io_timer_set(&h->timer, h->started + TICK);
	return load_lists(h, why);
}

int
track_host_new(struct track_host **out, struct loop *l, const struct options *o,
    const struct sp_log *log, char *why)
{
	struct track_host *h = calloc(1, sizeof(*h));
	int r;

	*out = NULL;
	why[0] = '\0';
	if (h == NULL)
		return SP_ERR_NOMEM;
	h->loop = l;
	h->opts = o;
	h->log = log;
	buf_init(&h->buf, io_mem(), REPLY_MAX);
	r = start(h, why);
	if (r < 0) {
		track_host_free(h);
		return r;
	}
	*out = h;
	return 0;
}

void
track_host_free(struct track_host *h)
{
	if (h == NULL)
		return;
	io_timer_fini(&h->timer);
	http_free(h->http);
	http_free(h->admin);
	streams_free(h->streams);
	track_free(h->track);
	buf_fini(&h->buf);
	free(h);
}

static int
listen_all(struct track_host *h, struct http *http, const char *what,
    const struct conf_list *list, const char **where)
{
	struct sp_addr addr[2], bound;
	char text[ADDR_STRLEN];
	int n, r;

	for (size_t i = 0; i < list->n; i++) {
		*where = list->v[i];
		n = sock_listen_parse(list->v[i], addr);
		if (n < 0)
			return n;
		for (int k = 0, up = 0; k < n; k++) {
			r = http_listen(http, &addr[k], &bound);
			/* A host without IPv6 serves IPv4 all the same. */
			if (r < 0 && errno == EAFNOSUPPORT && k + 1 == n &&
			    up > 0)
				break;
			if (r < 0)
				return r;
			up++;
			log_msg(h->log, LOG_LEVEL_INFO, "%s: listens on=%s",
			    what, addr_str(&bound, text));
		}
	}
	return 0;
}

int
track_host_listen(struct track_host *h, const char **where)
{
	int r;

	r = listen_all(h, h->http, "http", &h->opts->listen, where);
	if (r == 0 && h->admin != NULL)
		r = listen_all(h, h->admin, "admin", &h->opts->admin_listen,
		    where);
	return r;
}

void
track_host_reload(struct track_host *h)
{
	static const char *const name[] = { "access-file", "deny-file" };
	const char *path[2] = { h->opts->access_file, h->opts->deny_file };
	char why[OPTIONS_WHY];
	int n;

	h->report.reloads++;
	for (size_t i = 0; i < SP_LEN(path); i++) {
		if (path[i] == NULL)
			continue;
		n = options_list(h->track, i == 0 ? ACCESS_ALLOW : ACCESS_DENY,
		    path[i], why);
		if (n < 0)
			log_msg(h->log, LOG_LEVEL_ERROR,
			    "reload: the old list stays %s why=%q", name[i],
			    why, strlen(why));
		else
			log_msg(h->log, LOG_LEVEL_INFO,
			    "reload: read %s entries=%d", name[i], n);
	}
}
