#include <jansson.h>

#include "swarm/client/vod_count.h"
#include "swarm/client/vod_int.h"

#define PAGE_MAX    ((size_t)4 << 20)
#define METRICS_MAX (64 * 1024)
#define LIST_MAX    5000 /* files on a page */

static void
set(json_t *o, const char *key, json_t *v)
{
	json_object_set_new(o, key, v);
}

/* JSON takes UTF-8 only; what is not becomes null. */
static json_t *
text(const char *s)
{
	json_t *j = json_string(s);

	return j == NULL ? json_null() : j;
}

/* ---- links ---- */

static bool
is_reserved(const char *name)
{
	return strcmp(name, "playlist.m3u") == 0 ||
	       strcmp(name, "status.json") == 0 ||
	       strcmp(name, "metrics") == 0 || strncmp(name, "file/", 5) == 0;
}

void
vod_page_path(const struct vod *v, struct sp_buf *b, uint32_t file)
{
	const char *name = vod_files_name(v->files, file);
	const char *slash = strrchr(name, '/');

	if (!is_reserved(name)) {
		vod_put_path(b, name);
		return;
	}
	buf_put_str(b, "file/");
	buf_put_dec(b, file);
	buf_put_u8(b, '/');
	vod_put_path(b, slash == NULL ? name : slash + 1);
}

static uint64_t
held(const struct vod *v, uint32_t file)
{
	const struct lt_file *f = &v->info->files[file];

	return vod_torrent_held(v, (uint64_t)f->offset,
	    (uint64_t)(f->offset + f->length));
}

/* ---- status.json ---- */

static json_t *
file_json(const struct vod *v, uint32_t file)
{
	const struct lt_file *f = &v->info->files[file];
	json_t *o = json_object();
	struct sp_buf b;

	buf_init(&b, io_mem(), PAGE_MAX);
	buf_put_u8(&b, '/');
	vod_page_path(v, &b, file);
	buf_put_u8(&b, '\0');
	set(o, "name", text(vod_files_name(v->files, file)));
	set(o, "path", b.err < 0 ? json_null() : text((const char *)b.p));
	set(o, "bytes", json_integer((json_int_t)f->length));
	set(o, "here_bytes", json_integer((json_int_t)held(v, file)));
	set(o, "fetched", json_boolean(v->asked[file] || v->conf->all));
	set(o, "main", json_boolean((int)file == v->main));
	buf_fini(&b);
	return o;
}

static json_t *
files_json(const struct vod *v)
{
	json_t *a = json_array();
	const uint32_t *list;
	size_t i, n;

	if (v->files == NULL)
		return a;
	list = vod_files_list(v->files, &n);
	for (i = 0; i < n && i < LIST_MAX; i++)
		json_array_append_new(a, file_json(v, list[i]));
	return a;
}

static json_t *
players_json(const struct vod *v, sp_time now)
{
	json_t *a = json_array(), *o;
	const struct vod_get *g;
	uint64_t begin;

	LIST_FOREACH (g, &v->reads, entry) {
		begin = (uint64_t)v->info->files[g->file].offset;
		o = json_object();
		set(o, "file", text(vod_files_name(v->files, g->file)));
		set(o, "at", json_integer((json_int_t)(g->at - begin)));
		set(o, "end", json_integer((json_int_t)(g->end - begin)));
		set(o, "rate",
		    json_integer((json_int_t)ratemeter_bps(&g->rate, now)));
		set(o, "waits_s",
		    json_real(g->waits_since == 0
				  ? 0
				  : (double)(now - g->waits_since) / 1e9));
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *
torrent_json(const struct vod *v)
{
	char hex[2 * 32 + 1];
	json_t *o = json_object();

	if (v->info == NULL)
		return o;
	set(o, "name", text(v->info->name));
	buf_hex(hex, v->info->v1, 20);
	set(o, "v1", v->info->has_v1 ? json_string(hex) : json_null());
	buf_hex(hex, v->info->v2, 32);
	set(o, "v2", v->info->has_v2 ? json_string(hex) : json_null());
	set(o, "private", json_boolean(v->info->is_private));
	set(o, "piece_bytes", json_integer(v->info->piece_length));
	set(o, "checked", json_boolean(v->trusted));
	set(o, "error",
	    v->trouble.code < 0 ? text(v->trouble.text) : json_null());
	return o;
}

void
vod_page_json(struct vod *v, struct http_req *r)
{
	sp_time now = loop_now(v->loop);
	char url[VOD_URL_MAX];
	json_t *o = json_object();
	struct vod_counts c;
	char *s;

	vod_counts(v, &c);
	set(o, "version", json_string(v->conf->version));
	set(o, "play", text(vod_url(v, url)));
	set(o, "save", text(v->conf->save));
	set(o, "torrent", torrent_json(v));
	set(o, "stats", vod_count_json(&c));
	set(o, "origins", vod_origins_json(v->origins));
	set(o, "players", players_json(v, now));
	set(o, "files", files_json(v));
	s = json_dumps(o, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
	json_decref(o);
	if (s == NULL)
		http_reply_text(r, 500, "out of memory");
	else
		http_reply(r, 200, "application/json", s, strlen(s));
	free(s);
}

void
vod_page_metrics(struct vod *v, struct http_req *r)
{
	struct vod_counts c;
	struct sp_buf b;

	vod_counts(v, &c);
	buf_init(&b, io_mem(), METRICS_MAX);
	if (vod_count_metrics(&b, &c) < 0)
		http_reply_text(r, 500, "out of memory");
	else
		http_reply(r, 200, "text/plain; version=0.0.4", b.p, b.len);
	buf_fini(&b);
}

/* ---- playlist ---- */

static void
put_line(struct sp_buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		buf_put_u8(b, (unsigned char)*s < ' ' ? ' ' : (uint8_t)*s);
}

static bool
is_playable(enum vod_kind k)
{
	return k == VOD_VIDEO || k == VOD_AUDIO || k == VOD_LIST;
}

void
vod_page_playlist(struct vod *v, struct http_req *r, const char *query)
{
	const uint32_t *list = NULL;
	size_t i, n = 0;
	struct sp_buf b;

	buf_init(&b, io_mem(), PAGE_MAX);
	buf_put_str(&b, "#EXTM3U\n");
	if (v->files != NULL)
		list = vod_files_list(v->files, &n);
	for (i = 0; i < n && i < LIST_MAX; i++) {
		if (!is_playable(vod_files_kind(v->files, list[i])))
			continue;
		buf_put_str(&b, "#EXTINF:-1,");
		put_line(&b, vod_files_name(v->files, list[i]));
		buf_put_u8(&b, '\n');
		vod_page_path(v, &b, list[i]);
		buf_put_str(&b, query);
		buf_put_u8(&b, '\n');
	}
	if (b.err < 0)
		http_reply_text(r, 500, "out of memory");
	else
		http_reply(r, 200, "audio/x-mpegurl", b.p, b.len);
	buf_fini(&b);
}

/* ---- the page ---- */

static void
put_html(struct sp_buf *b, const char *s)
{
	static const char special[] = "<>&\"";
	static const char *const by[] = { "&lt;", "&gt;", "&amp;", "&quot;" };
	const char *at;

	for (; *s != '\0'; s++) {
		if ((at = strchr(special, *s)) != NULL)
			buf_put_str(b, by[at - special]);
		else
			buf_put_u8(b, (uint8_t)*s);
	}
}

static void
put_file(const struct vod *v, struct sp_buf *b, uint32_t file,
    const char *query)
{
	uint64_t size = (uint64_t)v->info->files[file].length;
	char bytes[32], cell[128];

	snprintf(cell, sizeof(cell), "<tr><td>%s<td>%u %%<td>",
	    counters_bytes(size, bytes),
	    size == 0 ? 100 : (unsigned)(held(v, file) * 100 / size));
	buf_put_str(b, cell);
	buf_put_str(b, "<a href=\"");
	vod_page_path(v, b, file);
	buf_put_str(b, query);
	buf_put_str(b, "\">");
	put_html(b, vod_files_name(v->files, file));
	buf_put_str(b, (int)file == v->main ? "</a> (main)\n" : "</a>\n");
}

static void
put_files(const struct vod *v, struct sp_buf *b, const char *query)
{
	const uint32_t *list;
	size_t i, n;

	if (v->files == NULL) {
		buf_put_str(b, "<p>What is in the torrent is not known yet: "
			       "nobody who has it was found so far.</p>");
		return;
	}
	list = vod_files_list(v->files, &n);
	buf_put_str(b, "<table>");
	for (i = 0; i < n && i < LIST_MAX; i++)
		put_file(v, b, list[i], query);
	buf_put_str(b, "</table>");
	if (n > LIST_MAX)
		buf_put_str(b, "<p>and more</p>");
}

static void
put_link(struct sp_buf *b, const char *before, const char *path,
    const char *query)
{
	buf_put_str(b, before);
	buf_put_str(b, "<a href=\"");
	buf_put_str(b, path);
	buf_put_str(b, query);
	buf_put_str(b, "\">");
	buf_put_str(b, path);
	buf_put_str(b, "</a>");
}

void
vod_page_html(struct vod *v, struct http_req *r, const char *query)
{
	char line[256];
	struct vod_counts c;
	struct sp_buf b;

	vod_counts(v, &c);
	vod_count_line(line, sizeof(line), &c);
	buf_init(&b, io_mem(), PAGE_MAX);
	buf_put_str(&b, "<!doctype html><meta charset=utf-8>"
			"<meta http-equiv=refresh content=5>"
			"<title>spate</title><h1>");
	put_html(&b, v->info == NULL ? "a torrent" : v->info->name);
	put_link(&b, "</h1><p>Play ", "playlist.m3u", query);
	put_link(&b, "; see ", "status.json", query);
	put_link(&b, " and ", "metrics", query);
	buf_put_str(&b, ".</p><p>");
	put_html(&b, line);
	if (v->trouble.code < 0) {
		buf_put_str(&b, "</p><p>Nothing is fetched: ");
		put_html(&b, v->trouble.text);
	}
	buf_put_str(&b, "</p>");
	put_files(v, &b, query);
	http_header(r, "Content-Security-Policy",
	    "default-src 'none'; frame-ancestors 'none'");
	if (b.err < 0)
		http_reply_text(r, 500, "out of memory");
	else
		http_reply(r, 200, "text/html; charset=utf-8", b.p, b.len);
	buf_fini(&b);
}
