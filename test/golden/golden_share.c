#include "test/golden/golden.h"

#include "wire/sharewire.h"

static void
say(FILE *out, const struct sharewire_peer *p)
{
	char text[ADDR_STRLEN];

	golden_hex(out, "swarm", p->info_hash, LINK_INFOHASH_LEN);
	fprintf(out, "\tat %s%s%s\n", addr_str(&p->addr, text),
	    p->flags & SHAREWIRE_SEEDER ? " seeder" : "",
	    p->flags & SHAREWIRE_STOPPED ? " stopped" : "");
	if (!(p->flags & SHAREWIRE_LIVE))
		return;
	golden_hex(out, "\tid", p->peer_id, LINK_PEERID_LEN);
	fprintf(out, "\tup %u%s\n", p->up_kbps,
	    p->flags & SHAREWIRE_REACHABLE ? " reachable" : "");
	if (p->has_track)
		fprintf(out, "\ttrack %u\n", p->track);
}

int
golden_share(FILE *out, struct sp_buf *again, const uint8_t *p, size_t len)
{
	struct sharewire_peer peer;
	struct sharewire_out o;
	struct sharewire_in in;
	int n = sharewire_open(&in, p, len);

	if (n < 0)
		return n;
	fprintf(out, "node %016" PRIx64 "\nentries %d\n", in.node, n);
	sharewire_init(&o, again->mem);
	sharewire_begin(&o, in.node);
	while (sharewire_next(&in, &peer)) {
		say(out, &peer);
		sharewire_add(&o, &peer);
	}
	buf_put(again, o.buf.p, o.buf.len);
	sharewire_fini(&o);
	return 0;
}
