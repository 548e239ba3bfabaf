#include <jansson.h>

#include "io/daemon.h"
#include "io/loop.h"
#include "tools/archive.h"

struct opts {
	struct conf_std std;
	int output;
};

static const struct conf_row rows[] = {
	{ "output", 'o', CONF_ENUM, CONF_AT(struct opts, output), 0, 0, "text",
	    ARCHIVE_OUTPUTS, "what is printed", 0 },
};

static const struct conf_prog prog = {
	.name = "spate-archive show",
	.version = daemon_version,
	.usage = "[options] FILE.torrent [RECORDS]",
	.text = "show what a torrent holds",
	.std = CONF_STD_TOOL,
	.std_at = offsetof(struct opts, std),
	.rows = rows,
	.nrows = SP_LEN(rows),
	.min_args = 1,
	.max_args = 2,
};

/* A torrent, and its records if they are to be had. */
struct view {
	struct archive_torrent t;
	struct archive_span span;
	const struct archive_piece **index;
	int n_index; /* 0: no records */
	struct sp_buf magnet;
	char v1[2 * HASH_SHA1_LEN + 1], v2[2 * HASH_LEN + 1];
	uint64_t bytes;
};

static const struct record *
record_of(const struct view *v, const struct metainfo_file *f)
{
	const struct archive_piece *a =
	    archive_find(v->index, (size_t)v->n_index, &f->path);

	return a != NULL ? &a->e.rec : NULL;
}

static const char *
time_of(const struct view *v, const struct metainfo_file *f, char out[WHEN_MAX])
{
	const struct record *r = record_of(v, f);

	return r != NULL && r->track < LIM_TRACK_INIT
		   ? when_text(out, archive_start_ms(r))
		   : "-";
}

static const char *
root_of(const struct metainfo_file *f, char out[2 * HASH_LEN + 1])
{
	if (f->root == NULL)
		return "-";
	buf_hex(out, f->root, HASH_LEN);
	return out;
}

static void
put(bool tsv, const char *name, const char *p, size_t len)
{
	if (len > 0)
		printf(tsv ? "%s\t%.*s\n" : "%-13s %.*s\n", name, (int)len, p);
}

static void
put_number(bool tsv, const char *name, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, v);
	put(tsv, name, text, strlen(text));
}

static void
show_plain(const struct view *v, bool tsv)
{
	const struct metainfo *m = &v->t.m;
	char root[2 * HASH_LEN + 1], when[WHEN_MAX];

	put(tsv, "name", m->name.p, m->name.len);
	put(tsv, "comment", m->comment.p, m->comment.len);
	put(tsv, "created-by", m->created_by.p, m->created_by.len);
	if (m->created > 0)
		put(tsv, "created", when_text(when, m->created * 1000),
		    strlen(when));
	put(tsv, "v1", v->v1, strlen(v->v1));
	put(tsv, "v2", v->v2, strlen(v->v2));
	put(tsv, "magnet", (char *)v->magnet.p, v->magnet.len);
	for (size_t i = 0; i < m->n_trackers; i++)
		put(tsv, "tracker", m->trackers[i].p, m->trackers[i].len);
	for (size_t i = 0; i < m->n_seeds; i++)
		put(tsv, "web-seed", m->seeds[i].p, m->seeds[i].len);
	put_number(tsv, "piece-length", m->piece_length);
	put_number(tsv, "bytes", v->bytes);
	put_number(tsv, "files", m->n_files);
	if (!tsv)
		printf("\n%12s %-24s %-64s %s\n", "BYTES", "FROM", "ROOT",
		    "PATH");
	for (size_t i = 0; i < m->n_files; i++) {
		const struct metainfo_file *f = &m->files[i];

		printf(tsv ? "file\t%" PRIu64 "\t%s\t%s\t%.*s\n"
			   : "%12" PRIu64 " %-24s %-64s %.*s\n",
		    f->length, time_of(v, f, when), root_of(f, root),
		    (int)f->path.len, f->path.p);
	}
}

static json_t *
json_text(const struct metainfo_text *t)
{
	json_t *j = t->len > 0 ? json_stringn(t->p, t->len) : NULL;

	return j != NULL ? j : json_null();
}

static json_t *
json_texts(const struct metainfo_text *v, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, json_text(&v[i]));
	return a;
}

static json_t *
json_files(const struct view *v)
{
	json_t *a = json_array();
	char root[2 * HASH_LEN + 1], when[WHEN_MAX];

	for (size_t i = 0; i < v->t.m.n_files; i++) {
		const struct metainfo_file *f = &v->t.m.files[i];

		json_array_append_new(a,
		    json_pack("{so sI ss ss}", "path", json_text(&f->path),
			"length", (json_int_t)f->length, "root",
			root_of(f, root), "from", time_of(v, f, when)));
	}
	return a;
}

static void
show_json(const struct view *v)
{
	const struct metainfo *m = &v->t.m;
	json_t *j = json_pack("{so so so sI ss ss ss% so so sI sI so}", "name",
	    json_text(&m->name), "comment", json_text(&m->comment),
	    "created_by", json_text(&m->created_by), "created",
	    (json_int_t)m->created, "v1", v->v1, "v2", v->v2, "magnet",
	    (char *)v->magnet.p, v->magnet.len, "trackers",
	    json_texts(m->trackers, m->n_trackers), "web_seeds",
	    json_texts(m->seeds, m->n_seeds), "piece_length",
	    (json_int_t)m->piece_length, "bytes", (json_int_t)v->bytes, "files",
	    json_files(v));

	json_dumpf(j, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(j);
}

static void
show(struct view *v, int output)
{
	const struct metainfo *m = &v->t.m;

	if (m->version & METAINFO_V1)
		buf_hex(v->v1, m->v1, sizeof(m->v1));
	if (m->version & METAINFO_V2)
		buf_hex(v->v2, m->v2, sizeof(m->v2));
	for (size_t i = 0; i < m->n_files; i++)
		v->bytes += m->files[i].length;
	buf_init(&v->magnet, io_mem(), (size_t)1 << 18);
	metainfo_magnet(&v->magnet, m);
	if (output == ARCHIVE_JSON)
		show_json(v);
	else
		show_plain(v, output == ARCHIVE_TSV);
	buf_fini(&v->magnet);
}

/* Times are shown when the records are to be had. */
static bool
load(struct view *v, const char *torrent, const char *records)
{
	bool ok = archive_torrent_records(&v->span, &v->t, torrent, records,
	    NULL, records == NULL);

	if (ok)
		v->n_index = archive_index(&v->index, &v->span);
	if (v->n_index < 0)
		v->n_index = 0;
	return ok || records == NULL;
}

int
archive_show(int argc, char **argv)
{
	struct opts o;
	struct conf *c;
	struct view *v;
	const char *path;
	bool ok;
	int rv = conf_parse(&c, &prog, &o, argc, argv);

	if (rv != 0)
		return rv < 0 ? 2 : 0;
	v = calloc(1, sizeof(*v));
	if (v == NULL)
		daemon_fail("show", sp_strerror(SP_ERR_NOMEM));
	path = conf_arg(c, 0);
	ok = archive_torrent_read(&v->t, path);
	if (ok) {
		ok = load(v, path, conf_nargs(c) > 1 ? conf_arg(c, 1) : NULL);
		if (ok)
			show(v, o.output);
		free(v->index);
		archive_span_fini(&v->span);
		archive_torrent_fini(&v->t);
	}
	free(v);
	conf_free(c);
	return ok ? 0 : 1;
}
