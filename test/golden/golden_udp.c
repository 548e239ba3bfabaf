/* The tracker protocol over UDP. Replies: |family| is in the kind's name. */

#include "test/golden/golden.h"
#include "wire/compact.h"
#include "wire/udpwire.h"

static void
say_announce(FILE *out, const struct uw_req *r)
{
	static const char *const events[] = { "none", "started", "stopped",
		"completed" };
	const struct tw_announce *a = &r->ann;
	char url[LIM_UDP_URL], ip[ADDR_STRLEN];
	int n = (int)uw_url_get(url, r);

	golden_hex(out, "info_hash", a->info_hash, sizeof(a->info_hash));
	golden_hex(out, "peer_id", a->peer_id, sizeof(a->peer_id));
	fprintf(out,
	    "downloaded %" PRIu64 "\nleft %" PRIu64 "\nuploaded %" PRIu64
	    "\nevent %s\nip %s\nkey %08" PRIx32 "\nnumwant %" PRId32
	    "\nport %u\n",
	    a->downloaded, a->left, a->uploaded, events[a->event],
	    addr_ip_str(&a->ip, ip), a->key, a->numwant, a->port);
	if (n > 0)
		fprintf(out, "url %.*s\n", n, url);
}

int
golden_udpreq(FILE *out, struct sp_buf *again, const uint8_t *p, size_t len)
{
	static const char *const actions[] = { "connect", "announce",
		"scrape" };
	struct uw_req r;
	int rv = uw_req_read(&r, p, len);

	if (rv < 0)
		return rv;
	fprintf(out, "%s\ntid %08" PRIx32 "\n", actions[r.action], r.tid);
	if (r.action != UW_CONNECT)
		fprintf(out, "conn_id %016" PRIx64 "\n", r.conn_id);
	if (r.action == UW_ANNOUNCE)
		say_announce(out, &r);
	for (size_t i = 0; r.action == UW_SCRAPE && i < r.n_hashes; i++)
		golden_hex(out, "info_hash", r.hashes + i * LINK_INFOHASH_LEN,
		    LINK_INFOHASH_LEN);
	uw_req_write(again, &r);
	return 0;
}

static void
say_body(FILE *out, const struct uw_reply *r, int family)
{
	struct sp_rd rd = buf_rd(r->body, r->body_len);
	char text[ADDR_STRLEN];
	struct uw_counts c;
	struct sp_addr a;

	while ((r->action == UW_ANNOUNCE || r->action == UW_LIVE) &&
	       compact_get(&rd, family, &a))
		fprintf(out, "peer %s\n", addr_str(&a, text));
	if (r->action == UW_LIVE)
		golden_hex(out, "live", r->live, r->live_len);
	while (r->action == UW_SCRAPE && uw_counts_get(&rd, &c))
		fprintf(out,
		    "swarm\n\tseeders %" PRIu32 "\n\tcompleted %" PRIu32
		    "\n\tleechers %" PRIu32 "\n",
		    c.seeders, c.completed, c.leechers);
	if (r->action == UW_ERROR)
		fprintf(out, "text %.*s\n", (int)r->body_len, r->body);
}

static int
say_reply(FILE *out, struct sp_buf *again, const uint8_t *p, size_t len,
    int family)
{
	static const char *const actions[] = { "connect", "announce", "scrape",
		"error", "live" };
	struct uw_reply r;
	int rv = uw_reply_read(&r, family, p, len);

	if (rv < 0)
		return rv;
	fprintf(out, "%s\ntid %08" PRIx32 "\n", actions[r.action], r.tid);
	if (r.action == UW_CONNECT)
		fprintf(out, "conn_id %016" PRIx64 "\n", r.conn_id);
	if (r.action == UW_ANNOUNCE || r.action == UW_LIVE)
		fprintf(out,
		    "interval_s %" PRIu32 "\nleechers %" PRIu32
		    "\nseeders %" PRIu32 "\n",
		    r.interval_s, r.leechers, r.seeders);
	say_body(out, &r, family);
	uw_reply_write(again, &r);
	return 0;
}

int
golden_udprep4(FILE *out, struct sp_buf *again, const uint8_t *p, size_t len)
{
	return say_reply(out, again, p, len, 4);
}

int
golden_udprep6(FILE *out, struct sp_buf *again, const uint8_t *p, size_t len)
{
	return say_reply(out, again, p, len, 6);
}
