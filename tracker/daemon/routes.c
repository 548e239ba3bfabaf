/* What the HTTP servers answer: the handlers and their table. */

#include "tracker/daemon/host_int.h"
#include "tracker/daemon/networks.h"
#include "tracker/daemon/redis_host.h"
#include "tracker/daemon/ws_host.h"

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
	track_asker_net(h->track, networks_of(h->networks, &from));
	track_http_announce(h->track, q, strlen(q), &from, &h->buf,
	    loop_now(h->loop));
	/* Addresses are as good as random. */
	http_as_is(r);
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
	h->next_warn = now + HOST_WARN_GAP;
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
	if (res.woke) {
		streams_wake(h->streams, ih, loop_now(h->loop));
		redis_host_publish(h, ih);
	}
}

/* What viewers tell, and nothing is told of in return. */
static void
send_thanks(struct http_req *r, int rv)
{
	if (rv == 0)
		http_reply_text(r, 200, "thanks");
	else
		http_reply_text(r, rv == SP_ERR_NOTFOUND ? 404 : 403,
		    sp_strerror(rv));
}

static void
do_receipts(struct track_host *h, struct http_req *r, const uint8_t *ih)
{
	struct sp_addr from = http_req_from(r);
	const uint8_t *body;
	size_t len;

	body = http_req_body(r, &len);
	send_thanks(r,
	    track_receipts(h->track, ih, body, len, &from, loop_now(h->loop)));
}

static void
do_telemetry(struct track_host *h, struct http_req *r, const uint8_t *ih)
{
	struct sp_addr from = http_req_from(r);
	const uint8_t *body;
	size_t len;

	body = http_req_body(r, &len);
	send_thanks(r,
	    track_telemetry(h->track, ih, body, len, &from, loop_now(h->loop)));
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

	if (get_query(r, &ask))
		streams_poll(h->streams, r, ih, &ask, loop_now(h->loop));
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

	host_report(h);
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
	host_report(h);
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
	{ "telemetry", HTTP_M_POST, REPORT_TELEMETRY, do_telemetry },
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

static bool
is_kicked(struct track_host *h, struct http_req *r)
{
	struct sp_addr host = http_req_from(r);

	host.port = 0;
	if (track_permits_addr(h->track, &host))
		return false;
	http_reply_text(r, 403, "not permitted");
	return true;
}

/* Answers on the public face. */
static void
answer(struct track_host *h, struct http_req *r)
{
	uint8_t ih[LINK_INFOHASH_LEN] = { 0 };
	const struct route *route = find_route(live_path(http_req_path(r), ih));

	buf_reset(&h->buf);
	if (is_kicked(h, r))
		return;
	/* On any path: browsers' clients use / as well as /announce. */
	if (http_wants_upgrade(r, "websocket")) {
		h->report.requests[REPORT_WS_CONNECT]++;
		ws_host_take(h, r);
		return;
	}
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
answer_admin(struct track_host *h, struct http_req *r)
{
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

void
routes_handle(void *ctx, struct http_req *r)
{
	struct track_host *h = ctx;
	struct sp_addr from = http_req_from(r);
	sp_time begun = loop_now(h->loop);

	h->report.family[from.family == 6]++;
	locks_take(&h->locks);
	answer(h, r);
	took_add(&h->report.took, loop_now(h->loop) - begun);
	locks_give(&h->locks);
}

void
routes_handle_admin(void *ctx, struct http_req *r)
{
	struct track_host *h = ctx;

	locks_take(&h->locks);
	answer_admin(h, r);
	locks_give(&h->locks);
}
