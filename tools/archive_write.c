#include "tools/archive_write.h"

#include <errno.h>
#include <sys/stat.h>

#include "io/daemon.h"
#include "io/store.h"

#define MODE 0644

/* ---- files -------------------------------------------------------------- */

/* |path| without its last component, and all above it. */
static bool
make_dirs(const char *path)
{
	char *copy = strdup(path), *p;
	bool ok = copy != NULL;

	for (p = copy; ok && (p = strchr(p + 1, '/')) != NULL;) {
		*p = '\0';
		ok = mkdir(copy, 0755) == 0 || errno == EEXIST;
		*p = '/';
	}
	free(copy);
	return ok;
}

static bool
is_same(const char *path, const void *p, size_t len)
{
	uint8_t *old;
	size_t n;
	bool same;

	if (store_read(path, len, &old, &n) < 0)
		return false;
	same = n == len && memcmp(old, p, len) == 0;
	free(old);
	return same;
}

/*
 * Something else may have the name, such as the playlist of the live channel
 * when the archive is made where the media are: that is left alone.
 */
static bool
put_file(const struct archive_job *j, const char *name, const void *p,
    size_t len)
{
	char *path = archive_path(j->dir, name, NULL);
	int rv = SP_ERR_NOMEM;

	if (path != NULL && is_same(path, p, len)) {
		rv = 0;
	} else if (path != NULL && make_dirs(path)) {
		rv = j->o->force ? store_write(path, p, len, MODE)
				 : store_create(path, p, len, MODE);
	} else if (path != NULL) {
		rv = SP_ERR_IO;
	}
	if (rv == SP_ERR_EXISTS)
		daemon_complain(path,
		    "is there with other bytes: another -o, or --force");
	else if (rv < 0)
		daemon_complain(path != NULL ? path : name,
		    rv == SP_ERR_NOMEM ? sp_strerror(rv) : strerror(errno));
	free(path);
	return rv == 0;
}

/* ---- hashes of hybrids -------------------------------------------------- */

static bool
hash_v1(uint8_t **out, const uint8_t *p, uint64_t len, uint32_t piece, bool pad)
{
	uint8_t *v = malloc(metainfo_pieces(len, piece) * HASH_SHA1_LEN + 1);
	uint64_t at;
	size_t i = 0;
	int rv = v != NULL ? 0 : SP_ERR_NOMEM;

	for (at = 0; at < len && rv == 0; at += piece, i++)
		rv = metainfo_sha1(v + i * HASH_SHA1_LEN, p + at,
		    (size_t)SP_MIN(len - at, piece), piece, pad);
	if (rv < 0)
		daemon_complain("SHA-1", sp_strerror(rv));
	free(*out);
	*out = v;
	return rv == 0;
}

/* Pieces of version 1 alone: all files, one behind the other. */
struct run {
	uint8_t *p; /* a piece */
	size_t len, n;
	uint8_t *out;
};

static bool
run_hash(struct archive_job *j, struct run *r)
{
	int rv = metainfo_sha1(r->out + r->n++ * HASH_SHA1_LEN, r->p, r->len,
	    j->piece_length, false);

	r->len = 0;
	if (rv < 0)
		daemon_complain("SHA-1", sp_strerror(rv));
	return rv == 0;
}

static bool
run_add(struct archive_job *j, struct run *r, const uint8_t *p, uint64_t len)
{
	size_t n;

	while (len > 0) {
		n = (size_t)SP_MIN(len, j->piece_length - r->len);
		memcpy(r->p + r->len, p, n);
		r->len += n;
		p += n;
		len -= n;
		if (r->len == j->piece_length && !run_hash(j, r))
			return false;
	}
	return true;
}

/* The bytes of a file of the torrent; NULL after a complaint. */
static const uint8_t *
bytes_of(struct archive_job *j, const struct metainfo_file *f)
{
	const uint8_t *p;

	for (int i = 0; i < j->n_small; i++)
		if (f->root == j->small[i].root)
			return j->small[i].text.p;
	for (size_t i = 0; i < j->span.n; i++) {
		const struct archive_piece *a = &j->span.v[i];

		if (f->root != a->e.rec.root)
			continue;
		p = archive_media_get(&j->media, &a->e.rec);
		if (p == NULL)
			daemon_complain(a->path, j->media.why);
		return p;
	}
	return NULL;
}

static bool
hash_run(struct archive_job *j)
{
	struct run r = { .p = malloc(j->piece_length) };
	const uint8_t *p;
	uint64_t total = 0;
	bool ok;

	for (size_t i = 0; i < j->m.n_files; i++)
		total += j->m.files[i].length;
	j->m.n_pieces = (size_t)metainfo_pieces(total, j->piece_length);
	j->pieces = r.out = malloc(j->m.n_pieces * HASH_SHA1_LEN + 1);
	ok = r.p != NULL && r.out != NULL;
	for (size_t i = 0; i < j->m.n_files && ok; i++) {
		p = bytes_of(j, &j->m.files[i]);
		ok = p != NULL && run_add(j, &r, p, j->m.files[i].length);
	}
	if (ok && r.len > 0)
		ok = run_hash(j, &r);
	free(r.p);
	j->m.pieces = j->pieces;
	return ok;
}

/* What comes last is not filled up with padding. */
static bool
hash_last(struct archive_job *j, const struct metainfo_file *f)
{
	const uint8_t *p = bytes_of(j, f);
	uint8_t **out = NULL;

	for (int i = 0; i < j->n_small; i++)
		if (f->root == j->small[i].root)
			out = &j->small[i].sha1;
	for (size_t i = 0; i < j->span.n && out == NULL; i++)
		if (f->root == j->span.v[i].e.rec.root)
			out = &j->span.v[i].sha1;
	return p != NULL && hash_v1(out, p, f->length, j->piece_length, false);
}

/* ---- media -------------------------------------------------------------- */

static void
complain_lost(const struct archive_job *j, const struct archive_piece *a)
{
	const struct record *r = &a->e.rec;
	bool init = r->track >= LIM_TRACK_INIT;
	char what[LIM_URI + 100];

	snprintf(what, sizeof(what), "track %u%s number %" PRIu64 ": %.*s",
	    init ? r->track - LIM_TRACK_INIT : r->track, init ? " (init)" : "",
	    r->number, (int)r->uri_len, r->uri != NULL ? r->uri : "");
	daemon_complain(what, j->media.why);
}

static bool
take_piece(struct archive_job *j, struct archive_piece *a)
{
	const struct record *r = &a->e.rec;
	const uint8_t *p = NULL;
	bool there;

	if (a->own || j->o->format != ARCHIVE_V2)
		there = (p = archive_media_get(&j->media, r)) != NULL;
	else
		there = archive_media_look(&j->media, a->path, r->length);
	if (!there) {
		a->lost = "lost";
		j->lost++;
		complain_lost(j, a);
		return true;
	}
	if (archive_is_hybrid(j) &&
	    !hash_v1(&a->sha1, p, r->length, j->piece_length, true))
		return false;
	return !a->own || put_file(j, a->path, p, r->length);
}

bool
archive_take_media(struct archive_job *j)
{
	for (size_t i = 0; i < j->span.n; i++) {
		struct archive_piece *a = &j->span.v[i];

		if (a->path != NULL && a->same == i && !take_piece(j, a))
			return false;
	}
	return true;
}

/* ---- small files -------------------------------------------------------- */

bool
archive_write_small(struct archive_job *j)
{
	bool ok = true;

	j->n_small = archive_small(j->small, &j->span, j->stem);
	if (j->n_small < 0) {
		daemon_complain(j->stem, sp_strerror(j->n_small));
		j->n_small = 0;
		return false;
	}
	for (int i = 0; i < j->n_small && ok; i++) {
		struct archive_small *s = &j->small[i];

		ok = put_file(j, s->path, s->text.p, s->text.len);
		if (ok && archive_is_hybrid(j))
			ok = hash_v1(&s->sha1, s->text.p, s->text.len,
			    j->piece_length, true);
	}
	return ok;
}

/* ---- the torrent -------------------------------------------------------- */

static struct metainfo_text
text(const char *s)
{
	struct metainfo_text t = { s, strlen(s) };

	return t;
}

/* Web seeds are where the name of the torrent leads to the files. */
static void
seeds_of_origins(struct archive_job *j)
{
	const struct manifest *m = j->span.m;
	size_t n = strlen(j->name);

	for (size_t i = 0; i < m->n_origins; i++) {
		struct metainfo_text t = { m->origins[i].p, m->origins[i].len };

		if (t.len < n + 2 || t.p[t.len - 1] != '/' ||
		    t.p[t.len - n - 2] != '/' ||
		    memcmp(t.p + t.len - n - 1, j->name, n) != 0)
			continue;
		t.len -= n + 1;
		if (j->m.n_seeds < LIM_ORIGINS)
			j->m.seeds[j->m.n_seeds++] = t;
	}
	if (j->m.n_seeds == 0)
		daemon_complain("--web-seed origin",
		    "no origin of the channel ends with the torrent's name");
}

static void
fill_urls(struct archive_job *j)
{
	const struct archive_options *o = j->o;

	for (size_t i = 0; i < o->seeds.n; i++) {
		if (strcmp(o->seeds.v[i], "origin") == 0)
			seeds_of_origins(j);
		else if (j->m.n_seeds < LIM_ORIGINS)
			j->m.seeds[j->m.n_seeds++] = text(o->seeds.v[i]);
	}
	for (size_t i = 0; i < o->trackers.n && i < LIM_TRACKERS; i++)
		j->m.trackers[j->m.n_trackers++] = text(o->trackers.v[i]);
}

static bool
fill_files(struct archive_job *j)
{
	int n = archive_files(&j->m.files, &j->span, j->small, j->n_small);

	if (n > 0 && archive_is_hybrid(j)) {
		if (!hash_last(j, &j->m.files[n - 1]))
			return false;
		/* Its hashes moved. */
		free(j->m.files);
		j->m.files = NULL;
		n = archive_files(&j->m.files, &j->span, j->small, j->n_small);
	}
	j->m.n_files = n > 0 ? (size_t)n : 0;
	if (n < 0)
		daemon_complain(j->o->out, sp_strerror(n));
	return n > 0 && (j->o->format != ARCHIVE_V1 || hash_run(j));
}

/* Info-hashes, as who reads it has them. */
static int
take_hashes(struct archive_job *j, const struct sp_buf *b)
{
	struct metainfo got;
	const char *why;
	int rv = metainfo_read(&got, io_mem(), b->p, b->len, &why);

	if (rv < 0) {
		daemon_complain(j->o->out, why);
		return rv;
	}
	memcpy(j->m.v1, got.v1, sizeof(got.v1));
	memcpy(j->m.v2, got.v2, sizeof(got.v2));
	metainfo_fini(&got);
	return 0;
}

static bool
write_out(struct archive_job *j)
{
	struct sp_buf b;
	size_t bad = 0;
	int rv;

	buf_init(&b, io_mem(), LIM_METAINFO);
	rv = metainfo_write(&b, &j->m, &bad);
	if (rv < 0)
		daemon_complain(bad < j->m.n_files ? j->m.files[bad].path.p
						   : j->o->out,
		    sp_strerror(rv));
	if (rv == 0)
		rv = take_hashes(j, &b);
	if (rv == 0) {
		rv = make_dirs(j->o->out)
			 ? store_write(j->o->out, b.p, b.len, MODE)
			 : SP_ERR_IO;
		if (rv < 0)
			daemon_complain(j->o->out, strerror(errno));
	}
	buf_fini(&b);
	return rv == 0;
}

bool
archive_write_torrent(struct archive_job *j)
{
	struct metainfo *m = &j->m;

	m->version = j->o->format == ARCHIVE_V1 ? METAINFO_V1
		     : archive_is_hybrid(j)     ? METAINFO_HYBRID
						: METAINFO_V2;
	m->piece_length = j->piece_length;
	m->name = text(j->name);
	m->created_by = text("spate " PACKAGE_VERSION);
	m->created = io_wall_ms() / 1000;
	if (j->o->comment != NULL)
		m->comment = text(j->o->comment);
	fill_urls(j);
	return fill_files(j) && write_out(j);
}
