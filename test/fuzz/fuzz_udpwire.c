/*
 * The first byte chooses: 'q' a request, '4' and '6' a reply by that family.
 * What is read, written and read again is written to the same bytes.
 */

#include "test/fuzz/fuzz.h"
#include "wire/compact.h"
#include "wire/udpwire.h"
#include "wire/uri.h"

#define MAX 4096

static void
check_url(struct uw_req *r)
{
	char url[LIM_UDP_URL];
	size_t n = uw_url_get(url, r), at = 0;
	struct uri_param p;
	const char *q;

	FUZZ_CHECK(n == r->url_len && n <= LIM_UDP_URL);
	n = uw_url_query(url, n, &q);
	while (uri_query_next(&p, q, n, &at))
		FUZZ_CHECK(p.key_len + p.value_len <= n);
	tw_announce_live(&r->ann, q, n);
}

static void
check_request(const uint8_t *p, size_t len)
{
	uint8_t out[2][MAX];
	struct sp_buf b[2];
	struct uw_req r, again;

	buf_wrap(&b[0], out[0], MAX);
	buf_wrap(&b[1], out[1], MAX);
	if (len > MAX || uw_req_read(&r, p, len) < 0)
		return;
	FUZZ_CHECK(len >= UW_HEAD_LEN);
	uw_req_write(&b[0], &r);
	FUZZ_CHECK(b[0].err == 0 && b[0].len <= len);
	FUZZ_CHECK(uw_req_read(&again, b[0].p, b[0].len) == 0);
	uw_req_write(&b[1], &again);
	FUZZ_CHECK(b[0].len == b[1].len);
	FUZZ_CHECK(memcmp(b[0].p, b[1].p, b[0].len) == 0);
	if (r.action == UW_ANNOUNCE)
		check_url(&r);
	if (r.action == UW_SCRAPE)
		FUZZ_CHECK(r.n_hashes <= LIM_SCRAPE_HASHES);
}

static void
check_reply(int family, const uint8_t *p, size_t len)
{
	uint8_t out[MAX];
	struct uw_counts c;
	struct uw_reply r;
	struct sp_addr a;
	struct sp_buf b;
	struct sp_rd rd;

	if (len > MAX || uw_reply_read(&r, family, p, len) < 0)
		return;
	buf_wrap(&b, out, MAX);
	uw_reply_write(&b, &r);
	FUZZ_CHECK(b.err == 0 && b.len <= len && memcmp(out, p, b.len) == 0);
	FUZZ_CHECK(b.len == len || r.action == UW_CONNECT);
	rd = buf_rd(r.body, r.body_len);
	if (r.action == UW_ANNOUNCE)
		while (compact_get(&rd, family, &a))
			FUZZ_CHECK(a.family == 4 || a.family == family);
	if (r.action == UW_SCRAPE)
		while (uw_counts_get(&rd, &c))
			;
	if (r.action != UW_ERROR)
		FUZZ_CHECK(buf_get_left(&rd) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	if (len == 0)
		return 0;
	if (p[0] == '4' || p[0] == '6')
		check_reply(p[0] - '0', p + 1, len - 1);
	else
		check_request(p + 1, len - 1);
	return 0;
}
