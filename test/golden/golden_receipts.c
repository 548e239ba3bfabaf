#include "test/golden/golden.h"

#include <inttypes.h>

#include "wire/receipt.h"

/* Signed with the key of the seed 00 01 02 .. 1f. */
int
golden_receipts(FILE *out, struct sp_buf *again, const uint8_t *p, size_t len)
{
	uint8_t seed[HASH_SEED_LEN], pk[HASH_PK_LEN], sk[HASH_SK_LEN];
	uint8_t id[LINK_PEERID_LEN];
	struct receipt r;
	int rv;

	if ((rv = receipt_open(&r, p, len)) < 0 ||
	    (rv = receipt_verify(&r, p, len)) < 0 ||
	    (rv = receipt_peerid(id, r.key)) < 0)
		return rv;
	golden_hex(out, "info-hash", r.info_hash, sizeof(r.info_hash));
	golden_hex(out, "key", r.key, sizeof(r.key));
	golden_hex(out, "peer-id", id, sizeof(id));
	fprintf(out, "%u slices to %" PRIu64 "\n", r.slices, r.slice);
	for (size_t i = 0; i < r.n; i++) {
		golden_hex(out, "from", r.entries[i].peer_id, LINK_PEERID_LEN);
		fprintf(out, "\t%" PRIu32 " bytes flags %u\n",
		    r.entries[i].bytes, r.entries[i].flags);
	}
	for (size_t i = 0; i < sizeof(seed); i++)
		seed[i] = (uint8_t)i;
	hash_keypair(pk, sk, seed);
	receipt_seal(again, &r, sk);
	return 0;
}
