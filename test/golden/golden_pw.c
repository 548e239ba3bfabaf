#include "test/golden/golden.h"
#include "wire/peerwire.h"

static void
say_ref(FILE *out, const struct pw_block_ref *r)
{
	fprintf(out, "track %u\nnumber %" PRIu64 "\nindex %u\n", r->track,
	    r->number, r->index);
}

static void
say_have(FILE *out, struct sp_buf *again, struct pw_msg *m)
{
	static const char *const kinds[] = { "known", "all", "blocks",
		"arriving", "gone" };
	struct pw_have_group g;
	struct pw_open o;

	fprintf(out, "track %u\nbase %" PRIu64 "\n", m->u.have.track,
	    m->u.have.base);
	pw_have_begin(&o, again, m->u.have.track, m->u.have.base);
	while (pw_have_next(m, &g)) {
		fprintf(out, "%s %" PRIu64 "\n", kinds[g.kind], g.number);
		if (g.n_bytes > 0) {
			fprintf(out, "\tfirst %u\n", g.first);
			golden_hex(out, "\tbits", g.bits, g.n_bytes);
		}
		pw_have_add(&o, again, &g);
	}
	pw_end(&o, again);
}

static void
say_pex(FILE *out, struct sp_buf *again, struct pw_msg *m)
{
	struct pw_pex_entry e;
	char text[ADDR_STRLEN];
	struct pw_open o;

	if (m->type == PW_REDIRECT) {
		fprintf(out, "track %u\nstripe %u\nfrom %llu\n", m->u.pex.track,
		    m->u.pex.stripe, (unsigned long long)m->u.pex.from);
		pw_redirect_begin(&o, again, m->u.pex.track, m->u.pex.stripe,
		    m->u.pex.from);
	} else {
		pw_pex_begin(&o, again);
	}
	while (pw_pex_next(m, &e)) {
		fprintf(out, "peer %s\n\tflags %u\n", addr_str(&e.addr, text),
		    e.flags);
		golden_hex(out, "\tid", e.peer_id, sizeof(e.peer_id));
		pw_pex_add(&o, again, &e);
	}
	pw_end(&o, again);
}

static void
say_ad(FILE *out, struct sp_buf *again, const struct pw_msg *m)
{
	const struct pw_tree *ad = &m->u.tree.ad;
	unsigned s;

	fprintf(out, "track %u\nfree %04x\nstrong %04x\n", m->u.tree.track,
	    ad->free, ad->strong);
	fprintf(out, "wait %u %u\nlate", ad->wait[0], ad->wait[1]);
	for (s = 0; s < PW_STRIPES; s++)
		fprintf(out, " %u", ad->late[s]);
	fputc('\n', out);
	pw_put_tree(again, m->u.tree.track, ad);
}

static void
say_tree(FILE *out, struct sp_buf *again, const struct pw_msg *m)
{
	const struct pw_accept *a = &m->u.tree.accept;
	uint8_t track = m->u.tree.track, stripe = m->u.tree.stripe;
	unsigned i;

	fprintf(out, "track %u\nstripe %u\n", track, stripe);
	if (m->type == PW_ACCEPT) {
		fprintf(out, "depth %u\n", a->depth);
		for (i = 0; i < a->n; i++)
			fprintf(out, "above %08" PRIx32 "\n", a->path[i]);
		pw_put_accept(again, track, stripe, a);
		return;
	}
	if (m->type == PW_SUBSCRIBE)
		fprintf(out, "weight %u\norphan %u\n", m->u.tree.weight,
		    m->u.tree.orphan);
	fprintf(out, "from %" PRIu64 "\n", m->u.tree.from);
	if (m->type == PW_SUBSCRIBE)
		pw_put_subscribe(again, track, stripe, m->u.tree.weight,
		    m->u.tree.orphan, m->u.tree.from);
	else
		pw_put_unsubscribe(again, track, stripe, m->u.tree.from);
}

static void
say_block(FILE *out, struct sp_buf *again, const struct pw_msg *m)
{
	say_ref(out, &m->u.block.ref);
	golden_hex(out, "bytes", m->u.block.p, m->u.block.len);
	pw_put_block_head(again, m->u.block.ref, m->u.block.len);
	buf_put(again, m->u.block.p, m->u.block.len);
}

static void
say_bye(FILE *out, struct sp_buf *again, const struct pw_msg *m)
{
	char text[LIM_BYE_TEXT + 1] = "";

	memcpy(text, m->u.bye.text, m->u.bye.len);
	fprintf(out, "reason %u\ntext %s\n", m->u.bye.reason, text);
	pw_put_bye(again, m->u.bye.reason, text);
}

static void
say_numbers(FILE *out, struct sp_buf *again, const struct pw_msg *m)
{
	switch (m->type) {
	case PW_WANT_RECORDS:
		fprintf(out, "track %u\nnumber %" PRIu64 "\ncount %u\n",
		    m->u.want.track, m->u.want.number, m->u.want.count);
		pw_put_want(again, m->u.want.track, m->u.want.number,
		    m->u.want.count);
		break;
	case PW_WANT_MANIFEST:
		fprintf(out, "serial %" PRIu64 "\n", m->u.serial);
		pw_put_want_manifest(again, m->u.serial);
		break;
	case PW_PING:
		fprintf(out, "token %016" PRIx64 "\n", m->u.ping.token);
		pw_put_ping(again, m->u.ping.token);
		break;
	default: /* PW_PONG */
		fprintf(out, "token %016" PRIx64 "\nqueue_ms %u\nup_kbps %u\n",
		    m->u.ping.token, m->u.ping.queue_ms, m->u.ping.up_kbps);
		pw_put_pong(again, m->u.ping.token, m->u.ping.queue_ms,
		    m->u.ping.up_kbps);
		break;
	}
}

static void
say_body(FILE *out, struct sp_buf *again, struct pw_msg *m)
{
	switch (m->type) {
	case PW_HAVE:
		say_have(out, again, m);
		break;
	case PW_REQUEST:
		say_ref(out, &m->u.request.ref);
		fprintf(out, "slack_ms %u\n", m->u.request.slack_ms);
		pw_put_request(again, m->u.request.ref, m->u.request.slack_ms);
		break;
	case PW_BLOCK:
		say_block(out, again, m);
		break;
	case PW_CANCEL:
		say_ref(out, &m->u.ref);
		pw_put_cancel(again, m->u.ref);
		break;
	case PW_REJECT:
		say_ref(out, &m->u.reject.ref);
		fprintf(out, "reason %u\n", m->u.reject.reason);
		pw_put_reject(again, m->u.reject.ref, m->u.reject.reason);
		break;
	case PW_WARN:
		say_ref(out, &m->u.warn.ref);
		golden_hex(out, "peer_id", m->u.warn.peer_id, LINK_PEERID_LEN);
		pw_put_warn(again, m->u.warn.ref, m->u.warn.peer_id);
		break;
	case PW_RECORD:
	case PW_MANIFEST:
		golden_hex(out, "envelope", m->u.env.p, m->u.env.len);
		pw_put_env(again, (enum pw_type)m->type, m->u.env.p,
		    m->u.env.len);
		break;
	case PW_PEX:
	case PW_REDIRECT:
		say_pex(out, again, m);
		break;
	case PW_TREE:
		say_ad(out, again, m);
		break;
	case PW_SUBSCRIBE:
	case PW_ACCEPT:
	case PW_UNSUBSCRIBE:
		say_tree(out, again, m);
		break;
	case PW_BYE:
		say_bye(out, again, m);
		break;
	case PW_CHOKE:
	case PW_UNCHOKE:
	case PW_INTERESTED:
	case PW_NOT_INTERESTED:
		pw_put_simple(again, (enum pw_type)m->type);
		break;
	default:
		say_numbers(out, again, m);
		break;
	}
}

int
golden_pw(FILE *out, struct sp_buf *again, const uint8_t *p, size_t len)
{
	struct sp_rd rd = buf_rd(p, len);
	struct pw_msg m;
	int rv = pw_read(&rd, &m);

	if (rv != 1)
		return rv < 0 ? rv : SP_ERR_SHORT;
	if (buf_get_left(&rd) > 0)
		return SP_ERR_SYNTAX; /* one message per file */
	fprintf(out, "type %u %s\n", m.type, pw_name(m.type));
	say_body(out, again, &m);
	return 0;
}
