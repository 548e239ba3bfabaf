#include <errno.h>
#include <jansson.h>

#include "io/daemon.h"
#include "io/loop.h"
#include "io/store.h"
#include "tools/archive.h"
#include "tools/channel.h"

struct opts {
	struct conf_std std;
	const char *channel, *media;
	bool allow_lost;
	int output;
};

static const struct conf_row rows[] = {
	{ "channel", 'k', CONF_STR, CONF_AT(struct opts, channel), 1, LIM_LINK,
	    NULL, "KEY",
	    "public key, channel link or key file that it must be of", 0 },
	{ "media", 0, CONF_PATH, CONF_AT(struct opts, media), 1, 4000, NULL,
	    "DIR", "check the bytes of the files there as well", 0 },
	{ "allow-lost", 0, CONF_FLAG, CONF_AT(struct opts, allow_lost), 0, 0,
	    NULL, NULL, "pieces and records may be left out", 0 },
	{ "output", 'o', CONF_ENUM, CONF_AT(struct opts, output), 0, 0, "text",
	    ARCHIVE_OUTPUTS, "what is printed", 0 },
};

static const struct conf_prog prog = {
	.name = "spate-archive verify",
	.version = daemon_version,
	.usage = "[options] FILE.torrent [RECORDS]",
	.text = "prove that a torrent is what was broadcast",
	.std = CONF_STD_TOOL,
	.std_at = offsetof(struct opts, std),
	.rows = rows,
	.nrows = SP_LEN(rows),
	.min_args = 1,
	.max_args = 2,
};

struct proof {
	const struct opts *o;
	struct archive_torrent t;
	struct archive_span span;
	struct archive_small small[ARCHIVE_SMALL];
	int n_small;
	struct metainfo_file *want;
	int n_want;
	const struct archive_piece **index;
	int n_index;
	size_t good, bad, lost;
	/* Of version 1 alone: the piece at work. */
	uint8_t *run;
	size_t run_len, run_n;
};

/* ---- rows --------------------------------------------------------------- */

static void
print_json(const struct metainfo_file *f, const char *track, uint64_t number,
    const char *root, const char *verdict)
{
	json_t *j = json_pack("{ss ss sI sI ss ss%}", "verdict", verdict,
	    "track", track, "number", (json_int_t)number, "length",
	    (json_int_t)f->length, "root", root, "path", f->path.p,
	    f->path.len);

	/* Names in torrents of others need not be UTF-8. */
	if (j == NULL)
		j = json_pack("{ss ss}", "verdict", verdict, "root", root);
	json_dumpf(j, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(j);
}

static void
print_row(const struct proof *p, const struct metainfo_file *f,
    const char *verdict)
{
	const struct archive_piece *a =
	    archive_find(p->index, (size_t)p->n_index, &f->path);
	const struct record *r = a != NULL ? &a->e.rec : NULL;
	char root[2 * HASH_LEN + 1] = "-", track[16] = "-";
	uint64_t number = r != NULL ? r->number : 0;

	if (f->root != NULL)
		buf_hex(root, f->root, HASH_LEN);
	if (r != NULL)
		snprintf(track, sizeof(track),
		    r->track >= LIM_TRACK_INIT ? "%ui" : "%u",
		    r->track % LIM_TRACK_INIT);
	if (p->o->output == ARCHIVE_JSON)
		print_json(f, track, number, root, verdict);
	else if (p->o->output == ARCHIVE_TSV)
		printf("%s\t%s\t%" PRIu64 "\t%" PRIu64 "\t%s\t%.*s\n", verdict,
		    track, number, f->length, root, (int)f->path.len,
		    f->path.p);
	else
		printf("%-6s %5s %12" PRIu64 " %9" PRIu64 " %-64s %.*s\n",
		    strcmp(verdict, "ok") == 0 ? "ok" : "FAILED", track, number,
		    f->length, root, (int)f->path.len, f->path.p);
	if (strcmp(verdict, "ok") != 0 && p->o->output == ARCHIVE_TEXT)
		printf("       %.*s: %s\n", (int)f->path.len, f->path.p,
		    verdict);
}

static void
print_head(const struct proof *p)
{
	if (p->o->output == ARCHIVE_TSV)
		puts("verdict\ttrack\tnumber\tlength\troot\tpath");
	else if (p->o->output == ARCHIVE_TEXT)
		printf("%-6s %5s %12s %9s %-64s %s\n", "", "TRACK", "NUMBER",
		    "BYTES", "ROOT", "PATH");
}

/* ---- bytes -------------------------------------------------------------- */

/* |f| is what was signed. */
static bool
right_root(const struct metainfo_file *f, const uint8_t *p, size_t len)
{
	uint8_t root[HASH_LEN], *leaves;

	if (len != f->length)
		return false;
	if (len == 0)
		return true;
	leaves = malloc(hash_leaf_count(len) * HASH_LEN);
	if (leaves == NULL)
		return false;
	hash_leaves(leaves, p, len);
	hash_tree_root(root, leaves, hash_leaf_count(len));
	free(leaves);
	return memcmp(root, f->root, HASH_LEN) == 0;
}

/* |last|: no padding comes behind it. */
static bool
right_v1(const struct metainfo *m, const struct metainfo_file *f,
    const uint8_t *p, bool last)
{
	uint8_t sha1[HASH_SHA1_LEN];
	uint64_t at;
	size_t i = 0;

	for (at = 0; at < f->length; at += m->piece_length, i++)
		if (metainfo_sha1(sha1, p + at,
			(size_t)SP_MIN(f->length - at, m->piece_length),
			m->piece_length, !last) < 0 ||
		    memcmp(sha1, f->sha1 + i * HASH_SHA1_LEN, sizeof(sha1)) !=
			0)
			return false;
	return true;
}

static bool
run_piece(struct proof *p)
{
	const struct metainfo *m = &p->t.m;
	uint8_t sha1[HASH_SHA1_LEN];
	size_t len = p->run_len, i = p->run_n++;

	p->run_len = 0;
	return i < m->n_pieces &&
	       metainfo_sha1(sha1, p->run, len, m->piece_length, false) == 0 &&
	       memcmp(sha1, m->pieces + i * HASH_SHA1_LEN, sizeof(sha1)) == 0;
}

/* Pieces of version 1 alone go on from file to file. */
static bool
run_add(struct proof *p, const uint8_t *bytes, size_t len)
{
	const struct metainfo *m = &p->t.m;
	bool ok = true;
	size_t n;

	if (p->run == NULL && (p->run = malloc(m->piece_length)) == NULL)
		return false;
	for (; len > 0; len -= n, bytes += n) {
		n = SP_MIN(len, m->piece_length - p->run_len);
		memcpy(p->run + p->run_len, bytes, n);
		p->run_len += n;
		if (p->run_len == m->piece_length)
			ok = run_piece(p) && ok;
	}
	return ok;
}

static const char *
check_bytes(struct proof *p, const struct metainfo_file *f,
    const struct metainfo_file *want)
{
	const struct metainfo *m = &p->t.m;
	bool last = f == &m->files[m->n_files - 1];
	char *name = strndup(f->path.p, f->path.len), *path = NULL;
	const char *why = NULL;
	uint8_t *bytes = NULL;
	size_t len = 0;
	int rv = SP_ERR_NOMEM;

	if (name != NULL)
		path = archive_path(p->o->media, name, NULL);
	if (path != NULL)
		rv = store_read(path, (size_t)f->length, &bytes, &len);
	if (rv == SP_ERR_TOOBIG)
		why = "has more bytes";
	else if (rv < 0)
		why = rv == SP_ERR_NOMEM ? sp_strerror(rv) : strerror(errno);
	else if (!right_root(want, bytes, len))
		why = "has other bytes";
	else if (m->version == METAINFO_HYBRID && !right_v1(m, f, bytes, last))
		why = "hashes of version 1 are others";
	else if (m->version == METAINFO_V1 && !run_add(p, bytes, len))
		why = "hashes of version 1 are others";
	free(bytes);
	free(name);
	free(path);
	return why;
}

/* ---- files -------------------------------------------------------------- */

static void
judge(struct proof *p, const struct metainfo_file *f, const char *why)
{
	print_row(p, f, why != NULL ? why : "ok");
	if (why != NULL)
		p->bad++;
	else
		p->good++;
}

static const char *
compare(struct proof *p, const struct metainfo_file *f,
    const struct metainfo_file *want)
{
	if (f->length != want->length)
		return "length is not that which was signed";
	if (f->length > 0 && (p->t.m.version & METAINFO_V2) &&
	    memcmp(f->root, want->root, HASH_LEN) != 0)
		return "root is not that which was signed";
	return p->o->media != NULL ? check_bytes(p, f, want) : NULL;
}

/* Both are in the order of the tree. */
static void
compare_all(struct proof *p)
{
	const struct metainfo *m = &p->t.m;
	size_t i = 0, k = 0, n = (size_t)p->n_want;
	int c;

	while (i < m->n_files || k < n) {
		c = i == m->n_files ? 1
		    : k == n
			? -1
			: metainfo_compare(&m->files[i].path, &p->want[k].path);
		if (c < 0)
			judge(p, &m->files[i++], "nothing signed tells of it");
		else if (c > 0)
			judge(p, &p->want[k++], "is not in the torrent");
		else {
			judge(p, &m->files[i],
			    compare(p, &m->files[i], &p->want[k]));
			i++;
			k++;
		}
	}
}

/* Pieces that were signed, and the torrent does not have. */
static void
find_lost(struct proof *p)
{
	struct metainfo_file f = { 0 };

	for (size_t i = 0; i < p->span.n; i++) {
		struct archive_piece *a = &p->span.v[i];

		if (a->path == NULL || a->same != i ||
		    archive_torrent_find(&p->t, a->path) != NULL)
			continue;
		a->lost = "lost";
		p->lost++;
		f.path.p = a->path;
		f.path.len = strlen(a->path);
		f.length = a->e.rec.length;
		f.root = a->e.rec.root;
		print_row(p, &f, "was broadcast, and is left out");
	}
}

/* ---- the whole ---------------------------------------------------------- */

static void
sum_up(const struct proof *p)
{
	char pk[2 * HASH_PK_LEN + 1], a[WHEN_MAX], b[WHEN_MAX];
	int64_t from, to;

	if (p->o->output != ARCHIVE_TEXT)
		return;
	buf_hex(pk, p->span.m->pk, HASH_PK_LEN);
	printf("channel %s%s\n", pk,
	    p->o->channel != NULL ? "" : " (not compared: no --channel)");
	if (archive_span_times(&p->span, &from, &to))
		printf("from %s to %s\n", when_text(a, from), when_text(b, to));
	printf("%zu records, signed, %s\n", p->span.n,
	    p->span.holes == 0 ? "in one chain each track"
			       : "with HOLES: some are left out");
	printf("%zu files are what was signed, %zu are not, %zu left out%s\n",
	    p->good, p->bad, p->lost,
	    p->o->media == NULL ? "; bytes were not looked at" : "");
}

static bool
prove(struct proof *p)
{
	p->n_index = archive_index(&p->index, &p->span);
	if (p->n_index < 0) {
		daemon_complain("verify", sp_strerror(p->n_index));
		p->n_index = 0;
		return false;
	}
	print_head(p);
	find_lost(p);
	p->n_small = archive_small(p->small, &p->span, p->t.stem);
	if (p->n_small < 0) {
		daemon_complain("verify", sp_strerror(p->n_small));
		p->n_small = 0;
		return false;
	}
	p->n_want = archive_files(&p->want, &p->span, p->small, p->n_small);
	if (p->n_want < 0) {
		daemon_complain("verify", sp_strerror(p->n_want));
		return false;
	}
	compare_all(p);
	if (p->run_len > 0 && !run_piece(p)) {
		daemon_complain("verify", "hash of the last piece is another");
		p->bad++;
	}
	sum_up(p);
	return p->bad == 0 &&
	       (p->o->allow_lost || (p->lost == 0 && p->span.holes == 0));
}

static char *
records_in(const struct proof *p, const char *given)
{
	char file[ARCHIVE_STEM_MAX + sizeof(ARCHIVE_RECORDS)];

	if (given != NULL || p->o->media == NULL || p->t.stem == NULL)
		return given != NULL ? strdup(given) : NULL;
	snprintf(file, sizeof(file), "%s" ARCHIVE_RECORDS, p->t.stem);
	return archive_path(p->o->media, file, NULL);
}

static bool
verify(struct proof *p, const char *torrent, const char *given)
{
	uint8_t pk[HASH_PK_LEN];
	char *records;
	bool ok;

	if (p->o->channel != NULL && !channel_key_of(pk, p->o->channel))
		return false;
	if (!archive_torrent_read(&p->t, torrent))
		return false;
	if (p->t.m.version == METAINFO_V1 && p->o->media == NULL) {
		daemon_complain(torrent,
		    "version 1 has no roots: --media is needed");
		return false;
	}
	records = records_in(p, given);
	ok = archive_torrent_records(&p->span, &p->t, torrent, records,
	    p->o->channel != NULL ? pk : NULL, false);
	free(records);
	return ok && prove(p);
}

int
archive_verify(int argc, char **argv)
{
	struct opts o;
	struct conf *c;
	struct proof *p;
	int rv = conf_parse(&c, &prog, &o, argc, argv);
	bool ok;

	if (rv != 0)
		return rv < 0 ? 2 : 0;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		daemon_fail("verify", sp_strerror(SP_ERR_NOMEM));
	p->o = &o;
	ok = verify(p, conf_arg(c, 0),
	    conf_nargs(c) > 1 ? conf_arg(c, 1) : NULL);
	archive_small_fini(p->small, p->n_small);
	archive_span_fini(&p->span);
	archive_torrent_fini(&p->t);
	free(p->index);
	free(p->want);
	free(p->run);
	free(p);
	conf_free(c);
	return ok ? 0 : 1;
}
