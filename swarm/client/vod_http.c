#include "swarm/client/vod_int.h"
#include "wire/uri.h"

/* A paused player reads nothing for long. */
#define HTTP_TIMEOUT (900 * SP_S)
#define HTTP_CONNS   256

typedef void own_fn(struct vod *v, struct http_req *r, const char *query);

static void
status(struct vod *v, struct http_req *r, const char *query SP_UNUSED)
{
	vod_page_json(v, r);
}

static void
metrics(struct vod *v, struct http_req *r, const char *query SP_UNUSED)
{
	vod_page_metrics(v, r);
}

static own_fn *
own_page(const char *path)
{
	static const struct {
		const char *path;
		own_fn *fn;
	} pages[] = {
		{ "/", vod_page_html },
		{ "/playlist.m3u", vod_page_playlist },
		{ "/status.json", status },
		{ "/metrics", metrics },
	};
	size_t i;

	for (i = 0; i < SP_LEN(pages); i++)
		if (strcmp(path, pages[i].path) == 0)
			return pages[i].fn;
	return NULL;
}

/* Not for pages of other sites. */
static void
serve_own(struct vod *v, struct http_req *r, own_fn *fn, const char *query)
{
	if (!http_origin_ok(r)) {
		http_reply_text(r, 403, "not for pages of other sites");
		return;
	}
	if (http_req_method(r) == HTTP_M_OPTIONS) {
		http_reply_method(r, HTTP_M_GET | HTTP_M_HEAD);
		return;
	}
	http_header(r, "Cache-Control", "no-store");
	http_header(r, "X-Content-Type-Options", "nosniff");
	fn(v, r, query);
}

/* By its name, or /file/NUMBER/ and anything. */
static int
find_file(const struct vod *v, const char *path)
{
	const char *number = path + strlen("/file/"), *slash;
	uint64_t i;

	if (strncmp(path, "/file/", strlen("/file/")) == 0 &&
	    (slash = strchr(number, '/')) != NULL &&
	    uri_get_u64(&i, number, (size_t)(slash - number), INT_MAX) == 0 &&
	    i < v->info->n_files && !v->info->files[i].pad)
		return (int)i;
	return vod_files_find(v->files, path + 1);
}

static void
serve_file(struct vod *v, struct http_req *r, const char *path)
{
	int file;

	if (http_req_method(r) == HTTP_M_OPTIONS) {
		http_reply_preflight(r, "*", DOOR_METHODS);
		return;
	}
	v->requests++;
	http_cors(r, "*");
	if (v->files == NULL) {
		http_header(r, "Retry-After", "2");
		http_reply_text(r, 503,
		    "what is in the torrent is not known yet");
		return;
	}
	if ((file = find_file(v, path)) < 0) {
		http_reply_text(r, 404, "no such file in the torrent");
		return;
	}
	vod_get_open(v, r, (uint32_t)file);
}

static void
handle(void *ctx, struct http_req *r)
{
	struct vod *v = ctx;
	char text[DOOR_QUERY_MAX];
	const char *path, *query;
	own_fn *fn;

	if ((path = door_admit(&v->conf->door, r, &query, text)) == NULL)
		return;
	if ((fn = own_page(path)) != NULL)
		serve_own(v, r, fn, query);
	else if (!vod_from_serve(v->from, r, path))
		serve_file(v, r, path);
}

int
vod_http_begin(struct vod *v)
{
	struct http_conf hc = {
		.methods = DOOR_METHODS,
		.timeout = HTTP_TIMEOUT,
		.max_conns = HTTP_CONNS,
		.check_host = v->conf->door.token == NULL,
	};
	int rv;

	if ((rv = http_new(&v->http, v->loop, &hc, handle, v)) < 0)
		return rv;
	return door_open(&v->conf->door, v->http, &v->bound);
}
