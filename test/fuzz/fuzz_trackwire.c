/*
 * The first byte chooses what the rest is. Queries: parse, write, parse is a
 * fixed point. Replies: what is read, written and read again is written to
 * the same bytes. Frames: what is read is written to the same bytes. Receipts:
 * likewise, but for the signature, which is then that of another key.
 */

#include "test/fuzz/fuzz.h"
#include "wire/receipt.h"
#include "wire/trackwire.h"

#define N_PEERS 64

static void
check_announce(const char *q, size_t len)
{
	struct tw_announce a, again;
	const char *what;
	struct sp_buf b, b2;
	int r = tw_announce_parse(&a, q, len, &what);

	if (r < 0) {
		FUZZ_CHECK(r == SP_ERR_TOOBIG || what != NULL);
		return;
	}
	FUZZ_CHECK(what == NULL && a.port > 0 && a.numwant >= -1);
	buf_init(&b, &heap_mem, LIM_ANNOUNCE_URI);
	buf_init(&b2, &heap_mem, LIM_ANNOUNCE_URI);
	tw_announce_write(&b, &a);
	FUZZ_CHECK(b.err == 0);
	r = tw_announce_parse(&again, (const char *)b.p, b.len, &what);
	FUZZ_CHECK(r == 0);
	tw_announce_write(&b2, &again);
	FUZZ_CHECK(b.len == b2.len && memcmp(b.p, b2.p, b.len) == 0);
	buf_fini(&b);
	buf_fini(&b2);
}

static void
check_queries(const char *q, size_t len)
{
	uint8_t hash[LIM_SCRAPE_HASHES][LINK_INFOHASH_LEN];
	struct tw_since s, again;
	struct tw_stream st, st_again;
	struct sp_buf b;
	int r = tw_scrape_parse(hash, LIM_SCRAPE_HASHES, q, len);

	FUZZ_CHECK(r <= LIM_SCRAPE_HASHES);
	if (tw_since_parse(&s, q, len) < 0)
		return;
	buf_init(&b, &heap_mem, 256);
	tw_since_write(&b, &s);
	r = tw_since_parse(&again, (const char *)b.p, b.len);
	FUZZ_CHECK(r == 0 && s.boot == again.boot && s.seq == again.seq);
	FUZZ_CHECK(tw_stream_parse(&st, q, len) == 0);
	FUZZ_CHECK(st.since.boot == s.boot && st.since.seq == s.seq);
	buf_reset(&b);
	tw_stream_write(&b, &st);
	r = tw_stream_parse(&st_again, (const char *)b.p, b.len);
	FUZZ_CHECK(r == 0 && st.named == st_again.named);
	FUZZ_CHECK(!st.named || (st.port != 0 && st.port == st_again.port));
	FUZZ_CHECK(!st.named ||
		   memcmp(st.peer_id, st_again.peer_id, LINK_PEERID_LEN) == 0);
	buf_fini(&b);
}

/* Reads the reply in |b| and writes it to |out|; false when it is refused. */
static bool
reply_copy(struct sp_buf *out, const uint8_t *p, size_t len, bool compact)
{
	struct tw_announce a = { .compact = compact };
	struct tw_peer peers[N_PEERS];
	struct tw_reply r;

	if (tw_reply_read(&r, peers, N_PEERS, p, len) < 0)
		return false;
	FUZZ_CHECK(r.n_peers <= N_PEERS && (r.failure == NULL || !r.n_peers));
	for (size_t i = 0; i < r.n_peers; i++)
		FUZZ_CHECK(
		    peers[i].addr.family == 4 || peers[i].addr.family == 6);
	tw_reply_write(out, &r, &a);
	FUZZ_CHECK(out->err == 0);
	return true;
}

static void
check_reply(const uint8_t *p, size_t len, bool compact)
{
	struct sp_buf b[3];

	for (size_t i = 0; i < SP_LEN(b); i++)
		buf_init(&b[i], &heap_mem, len + 128 * N_PEERS + 512);
	/*
	 * Once more than one would think: peers are put in order by family,
	 * and entries with port 0 are not read from a list.
	 */
	if (reply_copy(&b[0], p, len, compact)) {
		FUZZ_CHECK(reply_copy(&b[1], b[0].p, b[0].len, compact));
		FUZZ_CHECK(reply_copy(&b[2], b[1].p, b[1].len, compact));
		FUZZ_CHECK(b[1].len == b[2].len);
		FUZZ_CHECK(memcmp(b[1].p, b[2].p, b[1].len) == 0);
	}
	for (size_t i = 0; i < SP_LEN(b); i++)
		buf_fini(&b[i]);
}

static void
check_scrape(const uint8_t *p, size_t len)
{
	struct tw_scrape_entry e[8], again[8];
	struct sp_buf b;
	int n = tw_scrape_read(e, SP_LEN(e), p, len), m;

	if (n < 0)
		return;
	buf_init(&b, &heap_mem, 2048);
	tw_scrape_write(&b, e, (size_t)n);
	m = tw_scrape_read(again, SP_LEN(again), b.p, b.len);
	FUZZ_CHECK(m >= 0 && m <= n);
	if (m == n)
		FUZZ_CHECK(memcmp(e, again, (size_t)n * sizeof(e[0])) == 0);
	buf_fini(&b);
}

static void
check_frames(const uint8_t *p, size_t len)
{
	struct tw_frame f;
	struct sp_buf b;
	int n;

	buf_init(&b, &heap_mem, len);
	while ((n = tw_frame_read(&f, p, len)) > 0) {
		FUZZ_CHECK((size_t)n <= len);
		buf_reset(&b);
		tw_frame_write(&b, &f);
		FUZZ_CHECK(b.err == 0 && b.len == (size_t)n);
		FUZZ_CHECK(memcmp(b.p, p, b.len) == 0);
		p += n;
		len -= (size_t)n;
	}
	buf_fini(&b);
}

static void
check_receipts(const uint8_t *p, size_t len)
{
	uint8_t seed[HASH_SEED_LEN] = { 1 }, pk[HASH_PK_LEN], sk[HASH_SK_LEN];
	uint8_t id[LINK_PEERID_LEN];
	struct receipt r, again;
	struct sp_buf b;

	if (receipt_open(&r, p, len) < 0)
		return;
	FUZZ_CHECK(len <= RECEIPT_MAX && r.n > 0 && r.n <= LIM_RECEIPTS);
	if (receipt_peerid(id, r.key) == 0)
		receipt_verify(&r, p, len);
	buf_init(&b, &heap_mem, RECEIPT_MAX);
	hash_keypair(pk, sk, seed);
	receipt_seal(&b, &r, sk);
	FUZZ_CHECK(b.err == 0 && b.len == len);
	FUZZ_CHECK(memcmp(b.p, p, len - HASH_SIG_LEN) == 0);
	memcpy(r.key, pk, sizeof(r.key));
	buf_reset(&b);
	receipt_seal(&b, &r, sk);
	FUZZ_CHECK(receipt_open(&again, b.p, b.len) == 0);
	FUZZ_CHECK(receipt_verify(&again, b.p, b.len) == 0);
	buf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	if (len == 0)
		return 0;
	switch (p[0]) {
	case 'a':
		check_announce((const char *)p + 1, len - 1);
		break;
	case 'q':
		check_queries((const char *)p + 1, len - 1);
		break;
	case 'r':
	case 'R':
		check_reply(p + 1, len - 1, p[0] == 'r');
		break;
	case 's':
		check_scrape(p + 1, len - 1);
		break;
	case 'e':
		check_receipts(p + 1, len - 1);
		break;
	default:
		check_frames(p + 1, len - 1);
		break;
	}
	return 0;
}
