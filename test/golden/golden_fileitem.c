#include "test/golden/golden.h"

#include <inttypes.h>

#include "wire/fileitem.h"

/* As a manifest has it; the key is that of the seed 00 01 02 .. 1f. */

static void
say(FILE *out, const struct fileitem *f)
{
	char text[ADDR_STRLEN];
	struct sp_buf b;
	char room[4096];

	golden_hex(out, "id", f->id, sizeof(f->id));
	if (f->has_v2)
		golden_hex(out, "v2", f->v2, sizeof(f->v2));
	fprintf(out, "name %.*s\nport %u\n", (int)f->name.len,
	    f->name.p != NULL ? f->name.p : "", f->port);
	for (size_t i = 0; i < f->n_trackers; i++)
		fprintf(out, "tracker %.*s\n", (int)f->trackers[i].len,
		    f->trackers[i].p);
	for (size_t i = 0; i < f->n_seeds; i++)
		fprintf(out, "web seed %.*s\n", (int)f->seeds[i].len,
		    f->seeds[i].p);
	for (size_t i = 0; i < f->n_peers; i++)
		fprintf(out, "peer %s\n", addr_str(&f->peers[i], text));
	buf_wrap(&b, room, sizeof(room));
	fileitem_magnet(&b, f);
	fprintf(out, "magnet %.*s\n", (int)b.len, room);
}

int
golden_fileitem(FILE *out, struct sp_buf *again, const uint8_t *p, size_t len)
{
	uint8_t seed[HASH_SEED_LEN], pk[HASH_PK_LEN], sk[HASH_SK_LEN];
	struct head_item it, anew;
	struct fileitem f;
	int rv;

	for (size_t i = 0; i < sizeof(seed); i++)
		seed[i] = (uint8_t)i;
	hash_keypair(pk, sk, seed);
	if ((rv = fileitem_unpack(&it, p, len)) < 0 ||
	    (rv = fileitem_open(&f, &it, pk)) < 0)
		return rv;
	fprintf(out, "seq %" PRId64 "\n", it.seq);
	say(out, &f);
	if ((rv = fileitem_seal(&anew, &f, it.seq, sk)) < 0)
		return rv;
	fileitem_pack(again, &anew);
	return 0;
}
