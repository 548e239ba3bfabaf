/*
 * A message of a WebRTC peer: what is read is bounded, and what we write of
 * it is read again as the same.
 */

#include "test/fuzz/fuzz.h"
#include "tracker/daemon/wt_json.h"

static bool
same(const struct wt_bytes *a, const struct wt_bytes *b)
{
	return a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
}

/* An offer goes through us to another tracker's client, and stays as it is. */
static void
check_offer(const struct wt_json *m, const struct wt_offer *o)
{
	static struct wt_json again;
	struct wt_act act = {
		.kind = WT_ACT_ANSWER,
		.info_hash = m->info_hash,
		.peer_id = m->announce.peer_id,
		.offer = o,
	};
	struct sp_buf b, text;

	FUZZ_CHECK(o->id.len >= 1 && o->id.len <= LIM_WT_OFFER_ID);
	FUZZ_CHECK(o->sdp.len >= 2 && o->sdp.len <= LIM_WT_SDP);
	buf_init(&b, &heap_mem, 1 << 20);
	buf_init(&text, &heap_mem, WT_JSON_TEXT);
	wt_json_act(&b, &act);
	FUZZ_CHECK(b.err == 0 && b.len > 2);
	b.len--;
	buf_put_str(&b, ",\"to_peer_id\":\"aaaaaaaaaaaaaaaaaaaa\"}");
	FUZZ_CHECK(wt_json_read(&again, b.p, b.len, &text) == 0);
	FUZZ_CHECK(again.kind == WT_JSON_ANSWER);
	FUZZ_CHECK(memcmp(again.info_hash, m->info_hash, 20) == 0);
	FUZZ_CHECK(memcmp(again.answer.peer_id, act.peer_id, 20) == 0);
	FUZZ_CHECK(same(&again.answer.offer.id, &o->id));
	FUZZ_CHECK(same(&again.answer.offer.sdp, &o->sdp));
	buf_fini(&b);
	buf_fini(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct wt_json m;
	struct sp_buf text, out;
	int r;

	size = SP_MIN(size, LIM_WT_MESSAGE);
	buf_init(&text, &heap_mem, WT_JSON_TEXT);
	buf_init(&out, &heap_mem, 1 << 20);
	r = wt_json_read(&m, data, size, &text);
	FUZZ_CHECK((r == 0) == (m.bad == NULL));
	FUZZ_CHECK(m.announce.n_offers <= LIM_WT_OFFERS);
	FUZZ_CHECK(m.scrape.n <= LIM_SCRAPE_HASHES);
	wt_json_failure(&out, &m, "why");
	FUZZ_CHECK(out.err == 0);
	if (r == 0 && m.kind == WT_JSON_ANSWER)
		check_offer(&m, &m.answer.offer);
	for (size_t i = 0; r == 0 && i < m.announce.n_offers; i++)
		check_offer(&m, &m.announce.offers[i]);
	buf_fini(&text);
	buf_fini(&out);
	return 0;
}
