/*
 * Signed envelopes and what trackers say. Envelopes are signed with the key of
 * the seed 00 01 02 .. 1f, so that they can be built anew.
 */

#include "test/golden/golden.h"
#include "wire/manifest.h"
#include "wire/record.h"
#include "wire/trackwire.h"

static void
make_key(uint8_t pk[HASH_PK_LEN], uint8_t sk[HASH_SK_LEN])
{
	uint8_t seed[HASH_SEED_LEN];

	hash_setup();
	for (size_t i = 0; i < sizeof(seed); i++)
		seed[i] = (uint8_t)i;
	hash_keypair(pk, sk, seed);
}

/* Lines are indented, so that they cannot be taken for keys. */
static void
say_text(FILE *out, const char *key, const char *p, size_t len)
{
	fprintf(out, "%s%s", key, len > 0 ? " " : "");
	for (size_t i = 0; i < len; i++) {
		if (p[i] == '\n' && i + 1 < len)
			fputs("\n\t", out);
		else if (p[i] != '\n')
			fputc(p[i], out);
	}
	fputc('\n', out);
}

/* ---- record ------------------------------------------------------------- */

static void
say_record(FILE *out, const struct record *r)
{
	fprintf(out,
	    "track %u\nnumber %" PRIu64 "\nepoch %" PRIu32 "\nflags 0x%02x\n",
	    r->track, r->number, r->epoch, r->flags);
	if (r->init != RECORD_NO_INIT)
		fprintf(out, "init %" PRIu64 "\n", r->init);
	fprintf(out,
	    "avail_ms %" PRId64 "\nduration_us %" PRIu32 "\nlength %" PRIu32
	    "\ndseq %" PRIu32 "\n",
	    r->avail_ms, r->duration_us, r->length, r->dseq);
	if (r->has_range)
		fprintf(out, "offset %" PRIu64 "\n", r->offset);
	golden_hex(out, "root", r->root, HASH_LEN);
	golden_hex(out, "prev", r->prev, HASH_LEN);
	say_text(out, r->absolute ? "absolute" : "relative", r->uri,
	    r->uri_len);
	say_text(out, "keys", r->keys, r->keys_len);
	say_text(out, "lines", r->lines, r->lines_len);
}

int
golden_record(FILE *out, struct sp_buf *again, const uint8_t *p, size_t len)
{
	uint8_t pk[HASH_PK_LEN], sk[HASH_SK_LEN], digest[HASH_LEN];
	struct record_env env;
	int r;

	make_key(pk, sk);
	if ((r = record_open(&env, p, len)) < 0 ||
	    (r = record_verify(&env, pk)) < 0)
		return r;
	say_record(out, &env.rec);
	for (size_t i = 0; i < env.n_leaves; i++)
		golden_hex(out, "leaf", env.leaves + i * HASH_LEN, HASH_LEN);
	record_digest(digest, &env);
	golden_hex(out, "digest", digest, HASH_LEN);
	golden_hex(out, "signature", env.sig, HASH_SIG_LEN);
	return record_seal(again, &env.rec, env.leaves, env.n_leaves, sk);
}

/* ---- manifest ----------------------------------------------------------- */

static void
say_span(FILE *out, const char *key, const struct manifest_text *t)
{
	say_text(out, key, t->p, t->len);
}

static void
say_track(FILE *out, const struct manifest_track *t)
{
	fprintf(out,
	    "track %u\n\tcontainer %u\n\tsize %ux%u\n\tbandwidth_bps %" PRIu32
	    "\n\ttarget_s %" PRIu32 "\n",
	    t->id, t->container, t->width, t->height, t->bandwidth_bps,
	    t->target_s);
	say_span(out, "\tname", &t->name);
	say_span(out, "\tcodecs", &t->codecs);
	say_span(out, "\tlanguage", &t->language);
	say_span(out, "\thead", &t->head);
}

int
golden_manifest(FILE *out, struct sp_buf *again, const uint8_t *p, size_t len)
{
	static struct manifest m;
	uint8_t pk[HASH_PK_LEN], sk[HASH_SK_LEN];
	size_t i;
	int r;

	make_key(pk, sk);
	if ((r = manifest_open(&m, p, len, pk)) < 0)
		return r;
	golden_hex(out, "key", m.pk, HASH_PK_LEN);
	fprintf(out,
	    "epoch %" PRIu32 "\nserial %" PRIu64 "\nwindow_ms %" PRIu32
	    "\nholdback_ms %" PRIu32 "\npolicy 0x%02" PRIx32 "\n",
	    m.epoch, m.serial, m.window_ms, m.holdback_ms, m.policy);
	say_span(out, "title", &m.title);
	say_span(out, "lines", &m.lines);
	if (m.files.len > 0)
		golden_hex(out, "files", m.files.p, m.files.len);
	for (i = 0; i < m.n_tracks; i++)
		say_track(out, &m.tracks[i]);
	for (i = 0; i < m.n_refs; i++) {
		fprintf(out, "ref kind %u track %d\n", m.refs[i].kind,
		    m.refs[i].track);
		say_span(out, "\tattributes", &m.refs[i].attrs);
	}
	for (i = 0; i < m.n_origins; i++)
		say_span(out, "origin", &m.origins[i]);
	for (i = 0; i < m.n_trackers; i++)
		say_span(out, "tracker", &m.trackers[i]);
	return manifest_seal(again, &m, sk);
}

/* ---- tracker ------------------------------------------------------------ */

int
golden_announce(FILE *out, struct sp_buf *again, const uint8_t *p, size_t len)
{
	static const char *const events[] = { "none", "started", "stopped",
		"completed" };
	struct tw_announce a;
	char ip[ADDR_STRLEN];
	const char *what;
	int r;

	if ((r = tw_announce_parse(&a, (const char *)p, len, &what)) < 0)
		return r;
	golden_hex(out, "info_hash", a.info_hash, sizeof(a.info_hash));
	golden_hex(out, "peer_id", a.peer_id, sizeof(a.peer_id));
	fprintf(out,
	    "port %u\nuploaded %" PRIu64 "\ndownloaded %" PRIu64
	    "\nleft %" PRIu64 "\nevent %s\nnumwant %" PRId32
	    "\ncompact %d\nno_peer_id %d\n",
	    a.port, a.uploaded, a.downloaded, a.left, events[a.event],
	    a.numwant, a.compact, a.no_peer_id);
	if (a.has_key)
		fprintf(out, "key %08" PRIx32 "\n", a.key);
	if (a.ip.family != 0)
		fprintf(out, "ip %s\n", addr_ip_str(&a.ip, ip));
	if (a.live)
		fprintf(out, "up_kbps %" PRIu32 "\nreachable %d\n", a.up_kbps,
		    a.reachable);
	if (a.has_track)
		fprintf(out, "track %u\n", a.track);
	if (a.window)
		fprintf(out,
		    "window\n\tboot %016" PRIx64 "\n\tseq %" PRIu64 "\n",
		    a.since.boot, a.since.seq);
	tw_announce_write(again, &a);
	return 0;
}

static int
say_reply(FILE *out, struct sp_buf *again, const uint8_t *p, size_t len,
    bool compact)
{
	struct tw_announce a = { .compact = compact };
	struct tw_peer peers[16];
	struct tw_reply rep;
	char text[ADDR_STRLEN];
	int r = tw_reply_read(&rep, peers, SP_LEN(peers), p, len);

	if (r < 0)
		return r;
	if (rep.failure != NULL)
		say_text(out, "failure", rep.failure, rep.failure_len);
	if (rep.warning != NULL)
		say_text(out, "warning", rep.warning, rep.warning_len);
	fprintf(out,
	    "interval_s %" PRIu32 "\nmin_interval_s %" PRIu32
	    "\ncomplete %" PRIu32 "\nincomplete %" PRIu32 "\n",
	    rep.interval_s, rep.min_interval_s, rep.complete, rep.incomplete);
	if (rep.external.family != 0)
		fprintf(out, "external %s\n", addr_ip_str(&rep.external, text));
	for (unsigned i = 0; rep.counted && i < LIM_TRACKS; i++)
		if (rep.viewers[i] > 0)
			fprintf(out, "track %u\n\tviewers %u\n", i,
			    rep.viewers[i]);
	for (size_t i = 0; i < rep.n_peers; i++) {
		fprintf(out, "peer %s\n", addr_str(&peers[i].addr, text));
		if (peers[i].has_id)
			golden_hex(out, "\tid", peers[i].peer_id,
			    LINK_PEERID_LEN);
	}
	if (rep.live_len > 0)
		golden_hex(out, "live", rep.live, rep.live_len);
	tw_reply_write(again, &rep, &a);
	return 0;
}

int
golden_reply(FILE *out, struct sp_buf *again, const uint8_t *p, size_t len)
{
	return say_reply(out, again, p, len, true);
}

int
golden_replylist(FILE *out, struct sp_buf *again, const uint8_t *p, size_t len)
{
	return say_reply(out, again, p, len, false);
}

int
golden_scrape(FILE *out, struct sp_buf *again, const uint8_t *p, size_t len)
{
	struct tw_scrape_entry e[16];
	int n = tw_scrape_read(e, SP_LEN(e), p, len);

	for (int i = 0; i < n; i++) {
		golden_hex(out, "swarm", e[i].info_hash, LINK_INFOHASH_LEN);
		fprintf(out,
		    "\tcomplete %" PRIu32 "\n\tdownloaded %" PRIu32
		    "\n\tincomplete %" PRIu32 "\n",
		    e[i].complete, e[i].downloaded, e[i].incomplete);
	}
	if (n >= 0)
		tw_scrape_write(again, e, (size_t)n);
	return n < 0 ? n : 0;
}

static void
say_edges(FILE *out, const uint8_t *p, size_t len)
{
	struct sp_rd rd = buf_rd(p, len);
	struct tw_edge e;

	while (tw_edge_get(&rd, &e))
		fprintf(out,
		    "\ttrack %u epoch %" PRIu32 " number %" PRIu64
		    " avail_ms %" PRIu64 "\n",
		    e.track, e.epoch, e.number, e.avail_ms);
}

int
golden_feed(FILE *out, struct sp_buf *again, const uint8_t *p, size_t len)
{
	struct tw_frame f;
	int n;

	while ((n = tw_frame_read(&f, p, len)) > 0) {
		fprintf(out, "frame %u\n", f.type);
		if (f.type == TW_FRAME_HELLO)
			fprintf(out,
			    "\tboot %016" PRIx64 "\n\tseq %" PRIu64
			    "\n\tclock_ms %" PRIu64 "\n",
			    f.boot, f.seq, f.clock_ms);
		if (f.type == TW_FRAME_RECORD)
			fprintf(out, "\tseq %" PRIu64 "\n", f.seq);
		if (f.type == TW_FRAME_EDGE)
			say_edges(out, f.p, f.len);
		else if (f.len > 0)
			golden_hex(out, "\tbody", f.p, f.len);
		tw_frame_write(again, &f);
		p += n;
		len -= (size_t)n;
	}
	return n < 0 ? n : len > 0 ? SP_ERR_SHORT : 0;
}
