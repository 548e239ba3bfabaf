#include "test/unit/origin_rig.h"

#include "test/unit/unit.h"

struct rig rig;

static enum origin_verdict
seen_head(void *ctx, struct origin_fetch *f SP_UNUSED,
    const struct origin_head *h)
{
	struct seen *s = ctx;

	s->heads++;
	s->head = *h;
	snprintf(s->type, sizeof(s->type), "%s", h->type);
	snprintf(s->etag, sizeof(s->etag), "%s", h->etag);
	return s->on_head;
}

static enum origin_verdict
seen_data(void *ctx, struct origin_fetch *f SP_UNUSED, const uint8_t *p,
    size_t len)
{
	struct seen *s = ctx;

	ck_assert_uint_eq(s->heads, 1);
	ck_assert_uint_eq(s->dones, 0);
	if (s->cancel != NULL) {
		origin_cancel(s->cancel);
		s->cancel = NULL;
		return ORIGIN_GO;
	}
	ck_assert_uint_lt(s->len + len, sizeof(s->body));
	memcpy(s->body + s->len, p, len);
	s->len += len;
	s->body[s->len] = '\0';
	return s->stop_at > 0 && s->len >= s->stop_at ? ORIGIN_STOP : ORIGIN_GO;
}

static void
seen_done(void *ctx, struct origin_fetch *f SP_UNUSED,
    const struct origin_done *d)
{
	struct seen *s = ctx;

	s->dones++;
	s->done = *d;
	snprintf(s->text, sizeof(s->text), "%s", d->text);
	s->done.text = s->text;
}

const struct origin_ops seen_ops = {
	.head = seen_head,
	.data = seen_data,
	.done = seen_done,
};

static void
redirect(struct http_req *r, const char *to)
{
	http_header(r, "Location", to);
	http_reply_text(r, 302, "elsewhere");
}

static void
note_request(struct http_req *r)
{
	const char *range = http_req_header(r, "Range");
	const char *agent = http_req_header(r, "User-Agent");
	const char *auth = http_req_header(r, "Authorization");
	size_t len;

	rig.asked++;
	http_req_body(r, &len);
	snprintf(rig.request, sizeof(rig.request),
	    "%s %s range=%s agent=%s auth=%s "
	    "body=%zu",
	    http_req_method(r) == HTTP_M_POST ? "POST" : "GET",
	    http_req_path(r), range != NULL ? range : "-",
	    agent != NULL ? agent : "-", auth != NULL ? auth : "-", len);
}

static void
behave(struct http_req *r, const char *path)
{
	if (strcmp(path, "/ignores-range") == 0) {
		http_header(r, "ETag", "\"v1\"");
		http_reply(r, 200, "video/mp2t", "0123456789", 10);
	} else if (strcmp(path, "/short") == 0) {
		http_start(r, 200, "video/mp2t", 10);
		http_write(r, "0123", 4);
		rig.kept = r;
	} else if (strcmp(path, "/busy") == 0) {
		http_header(r, "Retry-After", "7");
		http_reply_text(r, 503, "later");
	} else if (strcmp(path, "/silent") == 0) {
		rig.kept = r;
	} else if (strcmp(path, "/feed") == 0) {
		http_start(r, 200, "application/octet-stream", -1);
		rig.kept = r;
	} else if (strcmp(path, "/once") == 0) {
		redirect(r, "/range");
	} else if (strcmp(path, "/round") == 0) {
		redirect(r, "/round");
	} else if (strcmp(path, "/tolocal") == 0) {
		redirect(r, "http://127.0.0.1:80/admin");
	} else if (strcmp(path, "/file") == 0) {
		redirect(r, "file:///etc/passwd");
	} else if (strcmp(path, "/text") == 0) {
		static char text[2000];

		memset(text, 'y', sizeof(text));
		http_reply(r, 200, "application/json", text, sizeof(text));
	} else if (strcmp(path, "/echo") == 0) {
		size_t len;
		const uint8_t *p = http_req_body(r, &len);

		http_reply(r, 200, "text/plain", p, len);
	} else {
		http_reply_text(r, 404, "no");
	}
}

static void
handler(void *ctx SP_UNUSED, struct http_req *r)
{
	note_request(r);
	if (strcmp(http_req_path(r), "/range") == 0)
		http_reply_range(r, "video/mp2t", "0123456789", 10);
	else
		behave(r, http_req_path(r));
}

void
rig_start(void)
{
	static const struct http_conf conf = {
		.methods = HTTP_M_GET | HTTP_M_HEAD | HTTP_M_POST,
	};
	struct sp_addr any, at;

	unsetenv("http_proxy");
	unsetenv("https_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	rig.asked = 0;
	rig.kept = NULL;
	ck_assert_int_eq(loop_new(&rig.loop), 0);
	ck_assert_int_eq(http_new(&rig.http, rig.loop, &conf, handler, NULL),
	    0);
	ck_assert_int_eq(addr_parse(&any, "127.0.0.1:0", 11), 0);
	ck_assert_int_eq(http_listen(rig.http, &any, &at), 0);
	snprintf(rig.base, sizeof(rig.base), "http://127.0.0.1:%u", at.port);
	ck_assert_int_eq(origin_new(&rig.origin, rig.loop, NULL), 0);
}

void
rig_finish(void)
{
	origin_free(rig.origin);
	http_free(rig.http);
	loop_free(rig.loop);
}

const char *
rig_url(const char *path)
{
	static char url[256];

	snprintf(url, sizeof(url), "%s%s", rig.base, path);
	return url;
}

void
rig_begin(struct seen *s, const char *path, struct origin_ask *ask,
    struct origin_fetch **out)
{
	if (ask->url == NULL)
		ask->url = rig_url(path);
	ck_assert_int_eq(origin_get(rig.origin, ask, &seen_ops, s, out), 0);
	ck_assert_uint_eq(s->dones, 0);
}

void
rig_run_until(const unsigned *count, unsigned n)
{
	sp_time end = io_now() + 10 * SP_S;

	while (*count < n) {
		ck_assert_msg(io_now() < end, "nothing happens");
		loop_step(rig.loop, end);
	}
}

/* One fetch from start to end. */
void
rig_fetch(struct seen *s, const char *path, struct origin_ask *ask)
{
	struct origin_fetch *f;

	ask->reach = ask->reach == ORIGIN_PUBLIC ? ORIGIN_AS_FIRST : ask->reach;
	rig_begin(s, path, ask, &f);
	rig_run_until(&s->dones, 1);
}
