#include <sys/stat.h>

#include "io/daemon.h"
#include "io/loop.h"
#include "tools/archive_write.h"
#include "tools/channel.h"
#include "wire/link.h"
#include "wire/uri.h"

#define AT(field) CONF_AT(struct archive_options, field)

static const struct conf_row rows[] = {
	{ "output", 'o', CONF_PATH, AT(out), 1, 4000, NULL, "OUT.torrent",
	    "the torrent; its name without .torrent names the small files", 0 },
	{ "from", 0, CONF_STR, AT(from), 1, 40, NULL, "TIME",
	    "start of the span", 0 },
	{ "to", 0, CONF_STR, AT(to), 1, 40, NULL, "TIME", "its end", 0 },
	{ "track", 0, CONF_LIST, AT(tracks), 1, 2, NULL, "N",
	    "only this track; may be repeated", 0 },
	{ "format", 0, CONF_ENUM, AT(format), 0, 0, "v2", "v2|hybrid|v1",
	    "version of the torrent, for clients that are older", 0 },
	{ "piece-length", 0, CONF_SIZE, AT(piece_length), 0, METAINFO_PIECE_MAX,
	    "0", "SIZE", "power of two from 16KiB on; 0 chooses", 0 },
	{ "web-seed", 0, CONF_LIST, AT(seeds), 1, LIM_URI, NULL, "URL|origin",
	    "where clients may fetch too; may be repeated", 0 },
	{ "tracker", 0, CONF_LIST, AT(trackers), 1, LIM_URI, NULL, "URL",
	    "announce URL in the torrent; may be repeated", 0 },
	{ "name", 0, CONF_STR, AT(name), 1, METAINFO_NAME, NULL, "NAME",
	    "folder of the torrent; that of MEDIA when not set", 0 },
	{ "files", 0, CONF_PATH, AT(files), 1, 4000, NULL, "DIR",
	    "where the small files go; NAME beside OUT.torrent", 0 },
	{ "channel", 'k', CONF_STR, AT(channel), 1, LIM_LINK, NULL, "KEY",
	    "public key, channel link or key file that it must be of", 0 },
	{ "comment", 0, CONF_STR, AT(comment), 1, 1000, NULL, "TEXT",
	    "comment in the torrent", 0 },
	{ "allow-lost", 0, CONF_FLAG, AT(allow_lost), 0, 0, NULL, NULL,
	    "leave out pieces that are not there any more", 0 },
	{ "force", 0, CONF_FLAG, AT(force), 0, 0, NULL, NULL,
	    "replace files of these names that have other bytes", 0 },
};

static bool
is_power(int64_t v)
{
	return (v & (v - 1)) == 0;
}

static bool
get_track(const char *s, uint64_t *out)
{
	return uri_get_u64(out, s, strlen(s), LIM_TRACKS - 1) == 0;
}

static const char *
check_urls(const struct archive_options *o, const char **what)
{
	*what = "web-seed";
	if (o->seeds.n > LIM_ORIGINS)
		return "too many";
	for (size_t i = 0; i < o->seeds.n; i++)
		if (strcmp(o->seeds.v[i], "origin") != 0 &&
		    !uri_is_http(o->seeds.v[i], strlen(o->seeds.v[i])))
			return "neither an http or https URL nor origin";
	*what = "tracker";
	if (o->trackers.n > LIM_TRACKERS)
		return "too many";
	for (size_t i = 0; i < o->trackers.n; i++)
		if (!uri_is_http(o->trackers.v[i], strlen(o->trackers.v[i])) &&
		    strncmp(o->trackers.v[i], "udp://", 6) != 0)
			return "not an http, https or udp URL";
	return NULL;
}

static const char *
check(const void *opts, const char **what)
{
	const struct archive_options *o = opts;
	struct when t;
	uint64_t track;

	*what = "output";
	if (o->out == NULL)
		return "is needed: -o OUT.torrent";
	*what = "from";
	if (o->from != NULL && when_parse(&t, o->from, 0) < 0)
		return "not a time";
	*what = "to";
	if (o->to != NULL && when_parse(&t, o->to, 0) < 0)
		return "not a time";
	*what = "track";
	for (size_t i = 0; i < o->tracks.n; i++)
		if (!get_track(o->tracks.v[i], &track))
			return "not a number from 0 to 31";
	*what = "piece-length";
	if (o->piece_length != 0 && (o->piece_length < METAINFO_PIECE_MIN ||
					!is_power(o->piece_length)))
		return "not a power of two from 16KiB on";
	return check_urls(o, what);
}

static const struct conf_prog prog = {
	.name = "spate-archive make",
	.version = daemon_version,
	.usage = "-o OUT.torrent [options] JOURNAL MEDIA",
	.text = "make a torrent of a span of a channel",
	.std = CONF_STD_TOOL,
	.std_at = offsetof(struct archive_options, std),
	.rows = rows,
	.nrows = SP_LEN(rows),
	.min_args = 2,
	.max_args = 2,
	.check = check,
};

/* ---- what is wanted ----------------------------------------------------- */

static void
want(struct archive_want *w, const struct archive_options *o)
{
	int64_t now = io_wall_ms();
	uint64_t track;

	memset(w, 0, sizeof(*w));
	w->timed = o->from != NULL || o->to != NULL;
	w->from.kind = WHEN_START;
	w->to.kind = WHEN_END;
	/* Both were parsed once already. */
	if (o->from != NULL)
		(void)when_parse(&w->from, o->from, now);
	if (o->to != NULL)
		(void)when_parse(&w->to, o->to, now);
	for (size_t i = 0; i < o->tracks.n; i++)
		if (get_track(o->tracks.v[i], &track))
			w->tracks |= UINT32_C(1) << track;
	if (o->tracks.n == 0)
		w->tracks = UINT32_MAX;
}

static bool
load(struct archive_job *j, const char *journal)
{
	struct archive_want w;
	uint8_t pk[HASH_PK_LEN];
	char why[ARCHIVE_WHY];
	int64_t from, to;

	want(&w, j->o);
	if (j->o->channel != NULL && !channel_key_of(pk, j->o->channel))
		return false;
	if (archive_span_load(&j->span, journal, &w,
		j->o->channel != NULL ? pk : NULL, why) < 0) {
		daemon_complain(journal, why);
		return false;
	}
	if (!archive_span_times(&j->span, &from, &to)) {
		daemon_complain(journal, "no pieces in that span");
		return false;
	}
	if (j->span.holes > 0)
		daemon_complain(journal,
		    "has holes: some records of that span are not in it");
	return true;
}

/* ---- names -------------------------------------------------------------- */

static bool
take_names(struct archive_job *j, const char *media)
{
	const char *out = j->o->out;
	char *base = archive_basename(out), *dir = archive_dirname(out);
	size_t n = base != NULL ? strlen(base) : 0;
	size_t k = strlen(ARCHIVE_SUFFIX);
	struct metainfo_text name;

	if (n > k && strcmp(base + n - k, ARCHIVE_SUFFIX) == 0)
		base[n - k] = '\0';
	j->stem = base;
	j->name =
	    j->o->name != NULL ? strdup(j->o->name) : archive_basename(media);
	if (dir != NULL && j->name != NULL)
		j->dir = j->o->files != NULL ? strdup(j->o->files)
					     : archive_path(dir, j->name, NULL);
	free(dir);
	if (j->stem == NULL || j->name == NULL || j->dir == NULL)
		return false;
	name = (struct metainfo_text){ j->name, strlen(j->name) };
	if (!archive_is_stem(j->stem, strlen(j->stem))) {
		daemon_complain(out, "letters, digits and ._- only, please");
		return false;
	}
	if (!metainfo_is_path(&name) || strchr(j->name, '/') != NULL) {
		daemon_complain(j->name, "--name is needed");
		return false;
	}
	return true;
}

/*
 * About four thousand pieces; padding files of hybrids are fetched by clients
 * that do not know them, so these have shorter pieces.
 */
static uint32_t
choose_piece(const struct archive_job *j)
{
	uint64_t pieces;
	uint32_t p = 1u << 16,
		 max = j->o->format != ARCHIVE_V2 ? 1u << 18 : 1u << 22;

	if (j->o->piece_length > 0)
		return (uint32_t)j->o->piece_length;
	for (;; p *= 2) {
		pieces = 0;
		for (size_t i = 0; i < j->span.n; i++)
			pieces += metainfo_pieces(j->span.v[i].e.rec.length, p);
		if (pieces <= 4096 || p >= max)
			return p;
	}
}

/* ---- the whole ---------------------------------------------------------- */

static size_t
take_urls(char (*out)[LIM_URI + 1], const struct manifest_text *v, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		if (v[i].len <= LIM_URI && uri_is_http(v[i].p, v[i].len))
			snprintf(out[k++], LIM_URI + 1, "%.*s", (int)v[i].len,
			    v[i].p);
	return k;
}

/* The channel's link, and in it which archive: for spate --from. */
static void
put_link(struct sp_buf *b, const struct archive_job *j)
{
	const struct manifest *m = j->span.m;
	struct link *l = calloc(1, sizeof(*l));
	char hex[2 * HASH_LEN + 1];

	if (l == NULL) {
		b->err = SP_ERR_NOMEM;
		return;
	}
	memcpy(l->pk, m->pk, sizeof(l->pk));
	snprintf(l->name, sizeof(l->name), "%.*s", (int)m->title.len,
	    m->title.p);
	l->n_trackers = take_urls(l->trackers, m->trackers, m->n_trackers);
	l->n_origins = take_urls(l->origins, m->origins, m->n_origins);
	link_write(b, l);
	free(l);
	if (j->m.version & METAINFO_V1) {
		buf_hex(hex, j->m.v1, HASH_SHA1_LEN);
		buf_put_str(b, "&xt=urn:btih:");
		buf_put_str(b, hex);
	}
	if (j->m.version & METAINFO_V2) {
		buf_hex(hex, j->m.v2, HASH_LEN);
		buf_put_str(b, "&xt=urn:btmh:1220");
		buf_put_str(b, hex);
	}
}

static void
report(const struct archive_job *j)
{
	char a[WHEN_MAX], b[WHEN_MAX];
	uint64_t bytes = 0;
	int64_t from, to;
	struct sp_buf link;

	for (size_t i = 0; i < j->m.n_files; i++)
		bytes += j->m.files[i].length;
	(void)archive_span_times(&j->span, &from, &to);
	printf("torrent: %s\n", j->o->out);
	printf("span: %s %s\n", when_text(a, from), when_text(b, to));
	printf("files: %zu, %" PRIu64 " bytes", j->m.n_files, bytes);
	if (j->lost > 0)
		printf(", %zu pieces lost", j->lost);
	printf("\nfolder: %s\n", j->dir);
	buf_init(&link, io_mem(), (size_t)1 << 18);
	metainfo_magnet(&link, &j->m);
	if (link.err == 0)
		printf("magnet: %.*s\n", (int)link.len, (char *)link.p);
	buf_fini(&link);
	buf_init(&link, io_mem(), (size_t)1 << 18);
	put_link(&link, j);
	if (link.err == 0)
		printf("link: %.*s\n", (int)link.len, (char *)link.p);
	buf_fini(&link);
}

static bool
make(struct archive_job *j, const char *journal, const char *media)
{
	if (!take_names(j, media) || !load(j, journal) ||
	    !archive_media_open(&j->media, media))
		return false;
	if (archive_plan(&j->span, j->stem) < 0) {
		daemon_complain("make", sp_strerror(SP_ERR_NOMEM));
		return false;
	}
	j->piece_length = choose_piece(j);
	if (!archive_take_media(j))
		return false;
	if (j->lost > 0 && !j->o->allow_lost) {
		daemon_complain(media,
		    "pieces are not there; --allow-lost leaves them out");
		return false;
	}
	if (!archive_write_small(j) || !archive_write_torrent(j))
		return false;
	report(j);
	return true;
}

int
archive_make(int argc, char **argv)
{
	struct archive_options o;
	struct archive_job *j;
	struct conf *c;
	int rv = conf_parse(&c, &prog, &o, argc, argv);
	bool ok;

	if (rv != 0)
		return rv < 0 ? 2 : 0;
	/* What it writes is for web servers and torrent clients to read. */
	umask(022);
	j = calloc(1, sizeof(*j));
	if (j == NULL)
		daemon_fail("make", sp_strerror(SP_ERR_NOMEM));
	j->o = &o;
	ok = make(j, conf_arg(c, 0), conf_arg(c, 1));
	archive_small_fini(j->small, j->n_small);
	archive_media_close(&j->media);
	archive_span_fini(&j->span);
	free(j->m.files);
	free(j->pieces);
	free(j->name);
	free(j->stem);
	free(j->dir);
	free(j);
	conf_free(c);
	return ok ? 0 : 1;
}
