#include "test/golden/golden.h"

#include <inttypes.h>

#include "wire/head.h"

/*
 * The bytes are what is signed, with the signature behind it: the key of the
 * seed 00 01 02 .. 1f.
 */

#define BEFORE "4:salt4:head3:seqi"

static void
make_key(uint8_t pk[HASH_PK_LEN], uint8_t sk[HASH_SK_LEN])
{
	uint8_t seed[HASH_SEED_LEN];

	for (size_t i = 0; i < sizeof(seed); i++)
		seed[i] = (uint8_t)i;
	hash_keypair(pk, sk, seed);
}

/* Takes the bytes apart into an item. */
static int
get_item(struct head_item *it, const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len - HASH_SIG_LEN;

	memset(it, 0, sizeof(*it));
	if (len < HASH_SIG_LEN + strlen(BEFORE) ||
	    memcmp(p, BEFORE, strlen(BEFORE)) != 0)
		return SP_ERR_SYNTAX;
	for (p += strlen(BEFORE); p < end && *p >= '0' && *p <= '9'; p++)
		it->seq = 10 * it->seq + (*p - '0');
	if (end - p < 4 || end - p - 4 > LIM_HEAD || memcmp(p, "e1:v", 4) != 0)
		return SP_ERR_SYNTAX;
	it->len = (size_t)(end - p) - 4;
	memcpy(it->v, p + 4, it->len);
	memcpy(it->sig, end, HASH_SIG_LEN);
	return 0;
}

static void
say(FILE *out, const struct head *h)
{
	char text[ADDR_STRLEN];

	fprintf(out, "epoch %" PRIu32 "\nserial %" PRIu64 "\n", h->epoch,
	    h->serial);
	golden_hex(out, "manifest", h->manifest, HASH_LEN);
	for (size_t i = 0; i < h->n_pieces; i++) {
		fprintf(out, "track %u\n\tnumber %" PRIu64 "\n",
		    h->pieces[i].track, h->pieces[i].number);
		golden_hex(out, "\tdigest", h->pieces[i].digest, HASH_LEN);
	}
	for (size_t i = 0; i < h->n_trackers; i++)
		fprintf(out, "tracker %.*s\n", (int)h->trackers[i].len,
		    h->trackers[i].p);
	for (size_t i = 0; i < h->n_origins; i++)
		fprintf(out, "origin %.*s\n", (int)h->origins[i].len,
		    h->origins[i].p);
	for (size_t i = 0; i < h->n_peers; i++)
		fprintf(out, "peer %s\n", addr_str(&h->peers[i], text));
}

int
golden_head(FILE *out, struct sp_buf *again, const uint8_t *p, size_t len)
{
	uint8_t pk[HASH_PK_LEN], sk[HASH_SK_LEN];
	struct head_item it, anew;
	struct head h;
	int rv;

	make_key(pk, sk);
	if ((rv = get_item(&it, p, len)) < 0 ||
	    (rv = head_open(&h, &it, pk)) < 0)
		return rv;
	fprintf(out, "seq %" PRId64 "\n", it.seq);
	say(out, &h);
	golden_hex(out, "signature", it.sig, HASH_SIG_LEN);
	if ((rv = head_seal(&anew, &h, it.seq, sk)) < 0)
		return rv;
	head_signed(again, HEAD_SALT, strlen(HEAD_SALT), anew.seq, anew.v,
	    anew.len);
	buf_put(again, anew.sig, HASH_SIG_LEN);
	return 0;
}
