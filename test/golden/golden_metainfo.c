/* Metainfo of BitTorrent, as spate-archive writes it. */

#include "test/golden/golden.h"
#include "test/heap.h"
#include "wire/metainfo.h"

static void
say_text(FILE *out, const char *key, const struct metainfo_text *t)
{
	fprintf(out, "%s %.*s\n", key, (int)t->len, t->p);
}

static void
say_file(FILE *out, const struct metainfo *m, const struct metainfo_file *f)
{
	uint64_t n = metainfo_pieces(f->length, m->piece_length);

	say_text(out, "file", &f->path);
	fprintf(out, "length %" PRIu64 "\n", f->length);
	if (f->length > 0)
		golden_hex(out, "root", f->root, HASH_LEN);
	for (uint64_t i = 0; f->layer != NULL && i < n; i++)
		golden_hex(out, "piece", f->layer + i * HASH_LEN, HASH_LEN);
	for (uint64_t i = 0; f->sha1 != NULL && i < n; i++)
		golden_hex(out, "sha1", f->sha1 + i * HASH_SHA1_LEN,
		    HASH_SHA1_LEN);
}

static void
say(FILE *out, const struct metainfo *m)
{
	say_text(out, "name", &m->name);
	fprintf(out, "version 0x%x\npiece_length %" PRIu32 "\nprivate %d\n",
	    m->version, m->piece_length, m->private);
	fprintf(out, "created %" PRId64 "\n", m->created);
	say_text(out, "created_by", &m->created_by);
	say_text(out, "comment", &m->comment);
	for (size_t i = 0; i < m->n_trackers; i++)
		say_text(out, "tracker", &m->trackers[i]);
	for (size_t i = 0; i < m->n_seeds; i++)
		say_text(out, "seed", &m->seeds[i]);
	if (m->version & METAINFO_V1)
		golden_hex(out, "v1", m->v1, sizeof(m->v1));
	golden_hex(out, "v2", m->v2, sizeof(m->v2));
	for (size_t i = 0; i < m->n_files; i++)
		say_file(out, m, &m->files[i]);
}

int
golden_metainfo(FILE *out, struct sp_buf *again, const uint8_t *p, size_t len)
{
	struct metainfo m;
	const char *why;
	int rv;

	hash_setup();
	rv = metainfo_read(&m, &heap_mem, p, len, &why);
	if (rv < 0)
		return rv;
	say(out, &m);
	rv = metainfo_write(again, &m, NULL);
	metainfo_fini(&m);
	return rv;
}
